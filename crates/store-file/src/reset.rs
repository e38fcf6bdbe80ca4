//! Starting a journal anew, also one that is damaged, against writers that know nothing of it.
//!
//! The new snapshot first stands under a name that says that it is *pending*. Then every segment gets a stop at its end,
//! which is a seal that wins whatever version a writer awaits. What was claimed before the stops can be seen by us, what
//! is claimed behind them has lost. A segment that is made meanwhile is not used: whoever takes one into use looks at the
//! folder afterwards, and withdraws what is pending first. If nobody did, the pending snapshot gets its final name, and
//! from that moment on it is the journal: nothing of a version up to its own counts any more. See README.md.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use highwater_format::{Digest, STOP_VERSION, Seal};
use highwater_store::{Reset, StoreError};

use crate::folder::Listing;
use crate::journal::{Journal, sync_names};
use crate::layout;
use crate::limits::{FOLDER_TRIES, RESET_WAIT_MS};
use crate::problem::{failed, unknown};
use crate::snapshots::check_frame;

/// What became of one try.
enum Try {
    Done,
    Taken,
    /// Somebody who wanted to go on with the old journal withdrew it, or another reset did.
    Withdrawn,
}

impl Journal {
    /// See [`Store::reset`](highwater_store::Store::reset).
    pub(crate) fn reset(&mut self, version: u64, frame: &[u8]) -> Result<Reset, StoreError> {
        if let Err(what) = check_frame(version, frame) {
            let message = format!(
                "`{}` cannot start anew at version {version} with {what}; hand in a snapshot frame of that version",
                self.key
            );
            return Err(StoreError::Unsupported { message });
        }
        match self.heal() {
            // What could not be flushed is damaged now, and is set aside with the rest.
            Err(StoreError::Corrupt { .. }) => self.unflushed = None,
            result => result?,
        }
        self.shared.disk.make_folders(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        let had_one = Listing::read(&self.shared.disk, &self.folder)?.is_journal();
        for number in 0..FOLDER_TRIES as u64 {
            // Before anything is sealed in vain.
            if self.retained()?.last_version >= version {
                return Ok(Reset::Taken);
            }
            match self.try_reset(version, frame)? {
                Try::Done => {
                    let place = layout::aside_folder(&self.folder, version).display().to_string();
                    return Ok(Reset::Done { set_aside: had_one.then_some(place) });
                }
                Try::Taken => return Ok(Reset::Taken),
                // Resets that withdraw each other wait for different times.
                Try::Withdrawn => {
                    let apart = u64::from(self.shared.writer.0[0]) % 8;
                    thread::sleep(Duration::from_millis(RESET_WAIT_MS * (number % 8 + 1) + apart));
                }
            }
        }
        Err(StoreError::Unavailable {
            message: format!(
                "others went on with the journal in {} each of {FOLDER_TRIES} times; try again when they pause",
                self.folder.display()
            ),
            may_have_happened: false,
        })
    }

    fn try_reset(&mut self, version: u64, frame: &[u8]) -> Result<Try, StoreError> {
        let unique = format!("{}-{}", self.shared.writer, self.shared.next_number());
        let pending = layout::pending_path(&self.folder, &unique);
        let tried = self.write_durably(&pending, frame).and_then(|_| self.decide(version, &pending));
        if !matches!(tried, Ok(Try::Done)) {
            // If it stays, whoever appends next withdraws it.
            let _ = self.shared.disk.remove(&pending);
            return tried;
        }
        self.tail = None;
        self.start = version;
        sync_names(&self.shared, &self.folder, true)
            .map_err(|(path, error)| unknown("flush", &path, &error))?;
        // It counts no more wherever it lies, so a failure is no failure of the reset: trimming tries again.
        if let Ok(listing) = Listing::read(&self.shared.disk, &self.folder) {
            let _ = self.move_aside(&listing);
        }
        Ok(Try::Done)
    }

    fn decide(&mut self, version: u64, pending: &Path) -> Result<Try, StoreError> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        self.withdraw(&listing, Some(pending))?;
        // Those that are there by now may be in use; later ones will not be, as long as ours is pending. The last one first:
        // readers of a segment with one record wait for that.
        for first_version in listing.segments.iter().rev() {
            self.stop(&layout::segment_path(&self.folder, *first_version))?;
        }
        if self.retained()?.last_version >= version {
            return Ok(Try::Taken);
        }
        match self.shared.disk.rename(pending, &layout::start_path(&self.folder, version)) {
            Ok(()) => Ok(Try::Done),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Try::Withdrawn),
            Err(error) => Err(failed("give its name to", pending, &error)),
        }
    }

    /// Ends a segment for everybody, durably. The stop may come behind a seal, or behind another stop; then it is dead.
    fn stop(&self, path: &Path) -> Result<(), StoreError> {
        let file = match OpenOptions::new().append(true).open(path) {
            Ok(file) => file,
            // Trimmed meanwhile, and therefore sealed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("open", path, &error)),
        };
        let (writer, sequence) = (self.shared.writer, self.shared.next_number());
        let stop = Seal { version: STOP_VERSION, writer, sequence, decided_at_ms: 0, chain: Digest::ZERO };
        let frame = stop.encode().map_err(|error| StoreError::Unsupported { message: error.to_string() })?;
        let written =
            self.shared.disk.write_once(&file, &frame).map_err(|error| failed("append to", path, &error))?;
        if written < frame.len() {
            return Err(failed("append to", path, &io::Error::from(io::ErrorKind::StorageFull)));
        }
        self.shared.disk.sync_data(&file).map_err(|error| failed("flush", path, &error))
    }

    /// Moves what counts no more into a folder of its own, that nothing of this store reads or removes.
    pub(crate) fn move_aside(&self, listing: &Listing) -> Result<(), StoreError> {
        if listing.superseded.is_empty() {
            return Ok(());
        }
        let aside = layout::aside_folder(&self.folder, listing.start);
        let disk = &self.shared.disk;
        disk.make_folders(&aside).map_err(|error| failed("make", &aside, &error))?;
        for name in &listing.superseded {
            let (from, to): (PathBuf, PathBuf) = (self.folder.join(name), aside.join(name));
            match disk.rename(&from, &to) {
                // Somebody else does the same.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result.map_err(|error| failed("move aside", &from, &error))?,
            }
        }
        let flush = |folder: &Path| {
            sync_names(&self.shared, folder, false).map_err(|(path, error)| failed("flush", &path, &error))
        };
        flush(&aside)?;
        flush(&self.folder)
    }
}
