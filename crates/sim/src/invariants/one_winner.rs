//! **One winner for each version.** Of all the appends of one version, at most one is told that it was appended.
//!
//! Why it matters: two winners are two histories.

use std::collections::BTreeSet;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct Winners {
    won: BTreeSet<u64>,
}

impl Winners {
    /// Somebody is told that it has this version.
    pub(crate) fn won(&mut self, version: u64) -> Result<(), Violation> {
        if self.won.insert(version) {
            return Ok(());
        }
        Err(Violation::new("one-winner", format!("version {version} was given out twice")))
    }
}
