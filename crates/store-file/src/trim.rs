//! Dropping what snapshots stand for.

use std::fs;
use std::time::Duration;

use highwater_store::StoreError;

use crate::folder::Listing;
use crate::journal::{Attempt, Journal, sync_names};
use crate::layout;
use crate::limits::{SNAPSHOTS_KEPT, TEMPORARY_FILE_AGE_S};
use crate::problem::failed;

impl Journal {
    /// See [`Store::trim`](highwater_store::Store::trim). Only whole segments go, and the last never does.
    pub(crate) fn trim(&mut self, up_to: u64) -> Result<(), StoreError> {
        self.heal()?;
        self.until_done(|journal| journal.try_trim(up_to))
    }

    fn try_trim(&mut self, up_to: u64) -> Attempt<()> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        if !listing.is_journal() && listing.snapshots.is_empty() {
            return Ok(Some(()));
        }
        let Some(trimmable) = self.trimmable(&listing)? else { return Ok(None) };
        let up_to = up_to.min(trimmable);
        // A segment ends before the next begins, and is sealed, since there is a next.
        let mut droppable = listing.segments.windows(2).filter(|pair| pair[1] - 1 <= up_to).peekable();
        if droppable.peek().is_some() || listing.snapshots.len() > SNAPSHOTS_KEPT {
            // The names of the snapshots must be on the disk before that goes which they stand for.
            self.sync_folder()?;
        }
        if droppable.peek().is_some() {
            // From the oldest on, so that a crash in between leaves no hole.
            for pair in droppable {
                let path = layout::segment_path(&self.folder, pair[0]);
                self.shared.disk.remove(&path).map_err(|error| failed("remove", &path, &error))?;
            }
            self.sync_folder()?;
        }
        self.remove_old_snapshots(&listing)?;
        self.move_aside(&listing)?;
        self.remove_old_temporary_files();
        Ok(Some(()))
    }

    fn sync_folder(&self) -> Result<(), StoreError> {
        sync_names(&self.shared, &self.folder, false).map_err(|(path, error)| failed("flush", &path, &error))
    }

    /// Removes what crashes left behind. That it fails is no reason for a trim to fail.
    fn remove_old_temporary_files(&self) {
        let age = Duration::from_secs(TEMPORARY_FILE_AGE_S);
        let folders = ["", layout::BEATS_FOLDER, layout::BACKUPS_FOLDER];
        for folder in folders.map(|name| self.folder.join(name)) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let temporary =
                    entry.file_name().to_str().is_some_and(|name| name.ends_with(layout::TEMPORARY_SUFFIX));
                let modified = entry.metadata().and_then(|metadata| metadata.modified());
                if temporary
                    && modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|since| since > age))
                {
                    let _ = self.shared.disk.remove(&entry.path());
                }
            }
        }
    }
}
