//! **One record for each number of a writer.** No two records of a journal have the same writer and sequence.
//!
//! Why it matters: that pair is how an engine recognises its own record when it reads back what became of an append. If two
//! engines share an identity, one takes the record of the other for its own, and acknowledges what never happened.

use std::collections::BTreeMap;

use highwater_format::WriterId;

use super::{Landed, Violation};

#[derive(Debug, Default)]
pub(crate) struct Writers {
    last: BTreeMap<WriterId, u64>,
}

impl Writers {
    pub(crate) fn observe(&mut self, landed: &Landed<'_>) -> Result<(), Violation> {
        let sequence = landed.record.sequence;
        let before = self.last.insert(landed.record.writer, sequence);
        if before.is_some_and(|before| before >= sequence) {
            let what =
                format!("version {} has number {sequence} of its writer, after {before:?}", landed.version);
            return Err(Violation::new("writers", what));
        }
        Ok(())
    }
}
