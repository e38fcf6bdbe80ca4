//! How often there was which verdict.

use std::fmt;

use crate::verdict::Verdict;

/// How often there was which verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Damages done.
    pub done: u64,
    /// Refused with the name of the file.
    pub refused: u64,
    /// Named, and nothing is missing.
    pub whole: u64,
    /// Not named, and nothing is missing.
    pub harmless: u64,
    /// Named, and the end of the log is missing.
    pub shorter: u64,
    /// Not named, and the end of the log is missing.
    pub earlier: u64,
    /// What was neither noticed nor harmless, in words.
    pub silent: Vec<String>,
}

impl Count {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        self.done += 1;
        match verdict {
            Verdict::Refused => self.refused += 1,
            Verdict::NamedAndWhole => self.whole += 1,
            Verdict::Harmless => self.harmless += 1,
            Verdict::NamedAndShorter { .. } => self.shorter += 1,
            Verdict::Earlier { .. } => self.earlier += 1,
            Verdict::Silent(what) => self.silent.push(what),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} done: {} refused, {} named and whole, {} harmless, {} named and shorter, {} earlier, {} silent",
            self.done,
            self.refused,
            self.whole,
            self.harmless,
            self.shorter,
            self.earlier,
            self.silent.len()
        )
    }
}
