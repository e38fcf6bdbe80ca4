//! The two ends of the command that people and programs see: data on stdout, words on stderr.

use std::io::{self, IsTerminal, Write};

use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::paint::{Paint, Palette};
use crate::time;

/// Narrower terminals are spared what is nice to know.
const WIDE_COLUMNS: u16 = 130;

/// How to speak: what the caller asked for, and what the terminal can show.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    /// Format of the data.
    pub(crate) format: Format,
    /// Words that are no error are left out.
    pub(crate) quiet: bool,
    /// Symbols beyond ASCII are fine.
    pub(crate) unicode: bool,
    /// Columns of the terminal behind stdout; absent where it is none.
    pub(crate) width: Option<u16>,
    /// Now, for relative times.
    pub(crate) now_ms: i64,
    /// Colours of the data.
    pub(crate) data: Palette,
    /// Colours of the words.
    pub(crate) words: Palette,
}

impl Console {
    /// Looks at the terminal and the environment.
    pub(crate) fn new(format: Format, quiet: bool) -> Console {
        let width = io::stdout().is_terminal().then(columns).flatten();
        Console {
            format,
            quiet,
            unicode: is_unicode(),
            width,
            now_ms: time::now_ms(),
            data: Palette::for_stream(io::stdout().is_terminal()),
            words: Palette::for_stream(io::stderr().is_terminal()),
        }
    }

    /// Room for everything: a wide terminal, or none, where lines have no end.
    pub(crate) fn is_wide(&self) -> bool {
        self.width.is_none_or(|width| width >= WIDE_COLUMNS)
    }

    /// Writes data.
    pub(crate) fn print(&self, text: &str) -> Outcome<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        match written {
            // Who reads has had enough, as in `highwater run list | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::work(format!("stdout cannot be written ({error})"))),
            Ok(()) => Ok(()),
        }
    }

    /// Says something that is neither data nor an error.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.shout(text);
        }
    }

    /// Says something even to those who want quiet.
    pub(crate) fn shout(&self, text: &str) {
        // Nobody can be told that nobody listens.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Says why it did not work, and what to try.
    pub(crate) fn fail(&self, failure: &Failure) {
        let kind = failure.kind.map(|kind| format!("[{}]", kind.name())).unwrap_or_default();
        let label = self.words.paint(Paint::Bad, &format!("error{kind}:"));
        self.shout(&format!("{label} {}", clean_lines(&failure.message)));
        if let Some(hint) = &failure.hint {
            self.shout(&format!("{} {hint}", self.words.paint(Paint::Faint, "  try:")));
        }
    }

    /// The first where symbols can be shown, the second elsewhere.
    pub(crate) fn either(&self, symbol: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { symbol } else { ascii }
    }
}

/// Text of others made harmless: control characters could move the cursor, or worse.
pub(crate) fn clean(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len()), |mut cleaned, character| {
        match character {
            control if control.is_control() => cleaned.extend(control.escape_default()),
            other => cleaned.push(other),
        }
        cleaned
    })
}

/// As [`clean`], with the line ends left.
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

fn columns() -> Option<u16> {
    terminal_size::terminal_size().map(|(width, _)| width.0)
}

/// What the locale says, in the order in which POSIX asks.
fn is_unicode() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(clean_lines("a\u{7}\nb"), "a\\u{7}\nb");
        assert_eq!(clean("Zürich 🦀"), "Zürich 🦀");
    }
}
