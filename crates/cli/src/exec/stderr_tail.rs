//! The end of what a command said on stderr.

use std::collections::VecDeque;

use crate::limits::{STDERR_BYTES, STDERR_LINES};

/// Keeps the last bytes.
#[derive(Debug, Default)]
pub(super) struct StderrTail {
    bytes: VecDeque<u8>,
    is_cut: bool,
}

impl StderrTail {
    /// Takes what came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let excess = self.bytes.len().saturating_sub(STDERR_BYTES);
        self.is_cut |= excess > 0;
        self.bytes.drain(..excess);
    }

    /// The last lines; `None` if nothing was said.
    pub(super) fn lines(&self) -> Option<String> {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let mut lines: Vec<&str> = text.lines().collect();
        if self.is_cut && lines.len() > 1 {
            // The first one may have lost its beginning.
            lines.remove(0);
        }
        let last = lines.split_off(lines.len().saturating_sub(STDERR_LINES)).join("\n");
        (!last.trim().is_empty()).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept() {
        let mut tail = StderrTail::default();
        assert_eq!(tail.lines(), None);
        for line in 0..10_000 {
            tail.push(format!("line {line}\n").as_bytes());
        }
        let lines = tail.lines().expect("there are lines");
        assert_eq!(lines.lines().count(), STDERR_LINES);
        assert!(lines.starts_with("line 9980\n") && lines.ends_with("line 9999"), "{lines}");
    }

    #[test]
    fn one_endless_line_is_bounded() {
        let mut tail = StderrTail::default();
        tail.push(&vec![b'x'; 10 * STDERR_BYTES]);
        assert_eq!(tail.lines().expect("a line").len(), STDERR_BYTES);
    }
}
