//! One journal, as this process knows it: its folder, its last segment, and what has to be flushed or healed first.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use highwater_format::WriterId;
use highwater_store::StoreError;

use crate::disk::Disk;
use crate::folder::{self, Listing};
use crate::layout;
use crate::limits::FOLDER_TRIES;
use crate::problem::{corrupt, failed, leaves_unflushed};
use crate::segment::{Segment, read_range};

/// What all journals of one store share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The folder that holds the journals.
    pub(crate) journals: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) segment_bytes: u64,
    /// Who this store is in the seals and the names of temporary files that it writes.
    pub(crate) writer: WriterId,
    pub(crate) counter: AtomicU64,
}

impl Shared {
    /// A number that this store has not used yet.
    pub(crate) fn next_number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A name in `folder` that nobody else uses.
    pub(crate) fn temporary_path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("new-{}-{}{}", self.writer, self.next_number(), layout::TEMPORARY_SUFFIX))
    }
}

/// One journal. Whoever works on it holds its lock, so that one process never races itself on one file descriptor.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: String,
    pub(crate) folder: PathBuf,
    pub(crate) tail: Option<Segment>,
    /// The version that the journal had reached when its log was found removed. 0 if it never was.
    reached: u64,
    /// The version that the journal was started anew at, when it was last looked up. 0 if it never was.
    pub(crate) start: u64,
    /// The start whose name this process has flushed.
    start_durable: u64,
    /// Set after a failed flush, until the bytes that it was for are on the disk after all.
    pub(crate) unflushed: Option<Unflushed>,
}

/// Bytes whose flush failed. The kernel holds them for clean now, and another flush of the same pages would do nothing
/// and succeed.
#[derive(Debug)]
pub(crate) struct Unflushed {
    path: PathBuf,
    /// Where they begin; they end with the file.
    from: u64,
}

/// A result, or the news that files were made or removed meanwhile and that it is best to start over.
pub(crate) type Attempt<T> = Result<Option<T>, StoreError>;

impl Journal {
    pub(crate) fn new(shared: &Arc<Shared>, key: &str) -> Journal {
        let folder = layout::journal_folder(&shared.journals, key);
        Journal {
            shared: Arc::clone(shared),
            key: key.to_owned(),
            folder,
            tail: None,
            reached: 0,
            start: 0,
            start_durable: 0,
            unflushed: None,
        }
    }

    /// Tries until an attempt is not disturbed.
    pub(crate) fn until_done<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Journal) -> Attempt<T>,
    ) -> Result<T, StoreError> {
        for _ in 0..FOLDER_TRIES {
            if let Some(done) = attempt(self)? {
                return Ok(done);
            }
        }
        Err(self.restless())
    }

    pub(crate) fn restless(&self) -> StoreError {
        let folder = self.folder.display();
        let message = match folder::phantom(&self.folder) {
            Some(name) => format!(
                "cannot read {folder}: it lists `{name}`, and there is no such file; if it is no broken link, \
                 check the file system and mount it again"
            ),
            None => format!(
                "{folder} changed under each of {FOLDER_TRIES} looks at it; try again, and if this stays so, look for \
                 a process that makes and removes files there"
            ),
        };
        StoreError::Unavailable { message, may_have_happened: false }
    }

    /// Makes `tail` the last segment and takes into account what others wrote. `false` when there is no journal.
    pub(crate) fn catch_up(&mut self) -> Result<bool, StoreError> {
        self.heal()?;
        match self.tail.as_mut().map(Segment::catch_up) {
            None => {}
            // What is found damaged may be what somebody has just set aside.
            Some(Err(problem)) if !self.is_superseded(&problem)? => return Err(problem),
            Some(Err(_)) => self.tail = None,
            Some(Ok(())) => match &self.tail {
                Some(tail) if !tail.sealed && !tail.removed => return Ok(true),
                Some(tail) if !tail.sealed => return Err(self.removed()),
                _ => {}
            },
        }
        self.until_done(Journal::open_last)
    }

    /// Whether the problem is damage, and that of a journal from before it was started anew.
    pub(crate) fn is_superseded(&self, problem: &StoreError) -> Result<bool, StoreError> {
        let Some(tail) = self.tail.as_ref().filter(|_| matches!(problem, StoreError::Corrupt { .. })) else {
            return Ok(false);
        };
        Ok(Listing::read(&self.shared.disk, &self.folder)?.start >= tail.first_version)
    }

    /// Opens the last segment, unless the one that is open still is it.
    ///
    /// A segment is used only when a listing that was made *after* it was opened shows none behind it. This is what
    /// keeps everybody from a segment that was trimmed and whose name a late process has just made again.
    fn open_last(&mut self) -> Attempt<bool> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        self.forget_old(&listing);
        let Some(last) = listing.segments.last().copied() else { return self.no_segments(&listing) };
        if self.tail.as_ref().is_some_and(|tail| tail.first_version >= last) {
            return Ok(Some(true));
        }
        let Some(loaded) = Segment::load(&layout::segment_path(&self.folder, last), last)? else {
            return Ok(None);
        };
        let after = Listing::read(&self.shared.disk, &self.folder)?;
        if after.segments.last() != Some(&last) {
            return Ok(None);
        }
        if !after.has_beginning() {
            let oldest = after.segments.first().copied().unwrap_or(last);
            return self.is_missing(&after, self.missing(after.start + 1, oldest));
        }
        self.adopt(loaded.segment, &after)?;
        Ok(Some(true))
    }

    /// Closes a tail that belongs to a journal from before it was started anew.
    pub(crate) fn forget_old(&mut self, listing: &Listing) {
        self.start = listing.start;
        if self.tail.as_ref().is_some_and(|tail| tail.first_version <= listing.start) {
            self.tail = None;
        }
    }

    /// Makes `segment` the tail, and keeps what was known of it. The listing was made after it was opened.
    pub(crate) fn adopt(&mut self, mut segment: Segment, listing: &Listing) -> Result<(), StoreError> {
        self.forget_old(listing);
        self.require_reached(segment.head, &segment.path, segment.end)?;
        segment.settled = listing.pending.is_empty();
        if let Some(earlier) = &self.tail {
            segment.inherit(earlier)?;
            if earlier.sealed && earlier.head + 1 == segment.first_version && segment.head == earlier.head {
                segment.digest = earlier.digest;
            }
        }
        self.tail = Some(segment);
        Ok(())
    }

    /// What was removed and is there again must not end before what was known of it.
    pub(crate) fn require_reached(&self, head: u64, path: &Path, end: u64) -> Result<(), StoreError> {
        if head >= self.reached {
            return Ok(());
        }
        let what = format!(
            "the log had reached version {} when it was removed, and now ends with {head}; restore the folder from a \
             backup, or start this program anew if this is another journal",
            self.reached
        );
        Err(corrupt(path, end, what))
    }

    /// The log was unlinked and nothing follows it, which nothing of this store does. That it was there is not forgotten:
    /// without a log the journal is not taken for a new one.
    pub(crate) fn removed(&mut self) -> StoreError {
        let place = self.folder.display().to_string();
        self.reached = self.tail.take().map_or(self.reached, |tail| tail.head.max(self.reached));
        StoreError::Unavailable {
            message: format!(
                "the log in {place} was removed while it was in use; restore the folder and try again, or start this \
                 program anew if it was meant to go"
            ),
            may_have_happened: false,
        }
    }

    /// A folder without a segment is a journal that nobody wrote, unless there are traces of one.
    pub(crate) fn no_segments(&mut self, listing: &Listing) -> Attempt<bool> {
        if listing.start > 0 {
            return Ok(Some(false));
        }
        let known = self.tail.as_ref().map_or(self.reached, |tail| tail.head.max(self.reached));
        let known = (known > 0).then_some(known);
        let Some(version) = listing.snapshots.last().copied().or(known) else { return Ok(Some(false)) };
        // It was there, so it is being trimmed while we look, or it is gone. A second look tells.
        if Listing::read(&self.shared.disk, &self.folder)?.is_journal() {
            return Ok(None);
        }
        let what = format!(
            "the journal reached version {version}, and now its folder has no log; nothing of this store removes the \
             last segment: restore the folder from a backup"
        );
        Err(StoreError::Corrupt { what, place: self.folder.display().to_string() })
    }

    /// Makes everything durable that this process has read of the last segment, so that what is built on it cannot
    /// outlive it. Costs nothing when all of it was written or flushed by this process.
    pub(crate) fn make_durable(&mut self) -> Result<(), StoreError> {
        let Some(tail) = &mut self.tail else { return self.make_start_durable() };
        if tail.durable_end < tail.end {
            match self.shared.disk.sync_data(&tail.file) {
                Ok(()) => tail.durable_end = tail.end,
                // A process that must not write builds nothing here, and some disks that cannot be written cannot flush.
                Err(error) if tail.unwritable.is_some() && !leaves_unflushed(&error) => {
                    tail.durable_end = tail.end;
                }
                Err(error) => {
                    let problem = failed("flush", &tail.path, &error);
                    self.flush_failed();
                    return Err(problem);
                }
            }
        }
        if !tail.name_durable {
            let first = tail.first_version == 1;
            match sync_names(&self.shared, &self.folder, first) {
                // The record that a segment was made with is there before anybody has flushed its name.
                Err((path, error)) if tail.unwritable.is_none() || leaves_unflushed(&error) => {
                    return Err(failed("flush", &path, &error));
                }
                _ => tail.name_durable = true,
            }
        }
        Ok(())
    }

    /// Where there is nothing but a start: makes its name durable, since whoever gave it may have died before that.
    fn make_start_durable(&mut self) -> Result<(), StoreError> {
        if self.start == self.start_durable {
            return Ok(());
        }
        match sync_names(&self.shared, &self.folder, true) {
            Err((path, error)) if error.kind() != io::ErrorKind::PermissionDenied => {
                Err(failed("flush", &path, &error))
            }
            _ => {
                self.start_durable = self.start;
                Ok(())
            }
        }
    }

    /// Remembers that what this process wrote or read since its last flush may not be on the disk.
    pub(crate) fn flush_failed(&mut self) {
        if let Some(tail) = self.tail.take() {
            self.unflushed.get_or_insert(Unflushed { path: tail.path, from: tail.durable_end });
        }
    }

    /// After a failed flush: writes the same bytes in place again, which makes their pages dirty again, and flushes
    /// them, before anything is read or built on them.
    pub(crate) fn heal(&mut self) -> Result<(), StoreError> {
        let Some(Unflushed { path, from }) = &self.unflushed else { return Ok(()) };
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.folder.exists() => {
                // Trimmed: the segment was sealed and everything in it is covered by snapshots.
                self.unflushed = None;
                return Ok(());
            }
            Err(error) => return Err(failed("open", path, &error)),
        };
        let length = file.metadata().map_err(|error| failed("look at", path, &error))?.len();
        if length < *from {
            return Err(corrupt(
                path,
                length,
                "the file became shorter than what was flushed of it; restore it from a backup",
            ));
        }
        let bytes = read_range(&file, path, *from, length)?;
        self.shared
            .disk
            .rewrite(&file, &bytes, *from)
            .map_err(|error| failed("write again what could not be flushed of", path, &error))?;
        self.shared.disk.sync_data(&file).map_err(|error| failed("flush", path, &error))?;
        self.unflushed = None;
        Ok(())
    }
}

/// Flushes the names of the folder's files and, when the journal is `new`, the names of the folders above it.
pub(crate) fn sync_names(shared: &Shared, folder: &Path, new: bool) -> Result<(), (PathBuf, io::Error)> {
    let sync = |path: &Path| shared.disk.sync_folder(path).map_err(|error| (path.to_owned(), error));
    sync(folder)?;
    if new {
        for above in folder.ancestors().skip(1).take_while(|above| above.starts_with(&shared.journals)) {
            sync(above)?;
        }
        // The folder of the store, and the one that holds it, which may be closed to us but then was not made by us.
        for above in shared.journals.ancestors().skip(1).take(2).filter(|above| !above.as_os_str().is_empty())
        {
            match sync(above) {
                Err((_, error)) if error.kind() == io::ErrorKind::PermissionDenied => {}
                result => result?,
            }
        }
    }
    Ok(())
}
