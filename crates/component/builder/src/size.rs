use std::fmt;
use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

/// How large a component is, in bytes: on disk, and as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Length of the file.
    pub plain: usize,
    /// Length after gzip at its best level.
    pub gzipped: usize,
}

impl Size {
    /// Measures `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut encoder = GzEncoder::new(Counter(0), Compression::best());
        // A counter takes whatever it is given.
        let gzipped = match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
            Ok(counter) => counter.0,
            Err(never) => unreachable!("{never}"),
        };
        Self { plain: bytes.len(), gzipped }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: usize| bytes as f64 / 1024.0;
        write!(out, "{:.1} KiB, {:.1} KiB gzipped", kib(self.plain), kib(self.gzipped))
    }
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
