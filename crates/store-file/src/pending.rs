//! A reset that is pending, as everybody else sees it.
//!
//! Who makes a segment gives it a name with a record in it, and lists the folder afterwards; only if nothing is pending then is
//! the record acknowledged. Until that is known, whoever is about to start the journal anew may not know of the segment,
//! and may be the one who succeeds. Nobody hands the record out before that is decided.

use std::path::Path;
use std::thread;
use std::time::Duration;

use highwater_store::StoreError;

use crate::folder::Listing;
use crate::journal::Journal;
use crate::limits::{FOLDER_TRIES, PENDING_LOOKS, PENDING_WAIT_MS};
use crate::problem::failed;

impl Journal {
    /// Withdraws all pending resets but `ours`. Whoever meant them starts over, or has just succeeded.
    pub(crate) fn withdraw(&self, listing: &Listing, ours: Option<&Path>) -> Result<(), StoreError> {
        for name in &listing.pending {
            let path = self.folder.join(name);
            if ours != Some(path.as_path()) {
                self.shared.disk.remove(&path).map_err(|error| failed("remove", &path, &error))?;
            }
        }
        Ok(())
    }

    /// Before an append: withdraws what is pending, and lets the tail be looked up again, when it is known whether that
    /// came too late.
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        self.withdraw(&listing, None)?;
        self.make_durable()?;
        self.tail = None;
        Ok(())
    }

    /// Does `work`, which reads and makes the last segment the tail, until it is decided whether what it read counts.
    pub(crate) fn without_doubt<T>(
        &mut self,
        mut work: impl FnMut(&mut Journal) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for tries in 0..FOLDER_TRIES {
            let found = work(self)?;
            if !self.tail.as_ref().is_some_and(|tail| !tail.settled && tail.has_only_its_first()) {
                return Ok(found);
            }
            self.wait_for_reset(tries)?;
            let listing = Listing::read(&self.shared.disk, &self.folder)?;
            self.forget_old(&listing);
            if let Some(tail) = &mut self.tail {
                let is_last = listing.segments.last() == Some(&tail.first_version);
                tail.settled |= is_last && listing.pending.is_empty();
            }
        }
        Err(self.restless())
    }

    /// Lets whoever is about to start the journal anew go on. If that takes long they died, and it is withdrawn.
    pub(crate) fn wait_for_reset(&self, tries: usize) -> Result<(), StoreError> {
        if tries < PENDING_LOOKS {
            thread::sleep(Duration::from_millis(PENDING_WAIT_MS));
            return Ok(());
        }
        self.withdraw(&Listing::read(&self.shared.disk, &self.folder)?, None)
    }
}
