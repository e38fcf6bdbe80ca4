//! **The chain.** Each record has the version after the one before, and names its digest.
//!
//! Why it matters: a reader that folds record after record must never meet a gap or another history.

use highwater_format::{Digest, frame_digest};

use super::{Landed, Violation};

#[derive(Debug, Default)]
pub(crate) struct Chain {
    version: u64,
    digest: Digest,
}

impl Chain {
    /// The journal begins anew after this version.
    pub(super) fn begin_anew(&mut self, version: u64, digest: Digest) {
        (self.version, self.digest) = (version, digest);
    }

    pub(crate) fn observe(&mut self, landed: &Landed<'_>) -> Result<(), Violation> {
        let record = landed.record;
        if record.version != landed.version || record.version != self.version + 1 {
            let (says, stands) = (record.version, landed.version);
            let what = format!("a record says version {says} and stands at {stands}, after {}", self.version);
            return Err(Violation::new("chain", what));
        }
        if record.chain != self.digest {
            return Err(Violation::new(
                "chain",
                format!("version {} does not continue the one before", record.version),
            ));
        }
        self.version = record.version;
        self.digest = frame_digest(landed.bytes);
        Ok(())
    }
}
