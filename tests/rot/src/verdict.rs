//! What became of a damaged directory.

/// What became of a damaged directory when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is refused, with the name of the file.
    Refused,
    /// Everything is there, and the damage is named.
    NamedAndWhole,
    /// Everything is there, and nothing is said: the bytes that changed mean nothing.
    Harmless,
    /// The last records are gone, and the damage is named: bytes at the end of a log may have been torn by a crash.
    NamedAndShorter {
        /// How many records are gone.
        lost: usize,
    },
    /// The last records are gone and nothing is said. Only a log that was cut between two records looks like that, which
    /// is a log as it once was.
    Earlier {
        /// How many records are gone.
        lost: usize,
    },
    /// A defect: another state, another pipeline, a panic, or an error that does not name the file.
    Silent(String),
}
