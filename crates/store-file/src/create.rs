//! Making a segment, with the record in it that it begins with: there is never one without.

use std::fs::File;
use std::io;
use std::path::Path;

use highwater_format::{FrameHeader, SegmentHeader, SegmentKind};
use highwater_store::{Append, StoreError};

use crate::folder::Listing;
use crate::journal::{Journal, sync_names};
use crate::layout;
use crate::limits::FOLDER_TRIES;
use crate::problem::{failed, may_have_happened, maybe};
use crate::segment::Segment;

impl Journal {
    /// Appends the first record of a journal, or the first since it was started anew. Nothing else of a writer makes folders:
    /// where versions were, folders were, and when they are gone, whoever goes on would write what no reader accepts.
    /// `None` when others made a segment.
    pub(crate) fn begin(&mut self, header: &FrameHeader, frame: &[u8]) -> Result<Option<Append>, StoreError> {
        let path = layout::segment_path(&self.folder, header.version);
        self.require_reached(header.version - 1, &path, 0)?;
        let disk = &self.shared.disk;
        disk.make_folders(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        // What the journal was started anew with must not be lost when what follows it is not.
        self.make_durable()?;
        self.make_segment(header, frame)
    }

    /// Appends the record that follows a seal. `None` when others made the next segment, or the sealed one is gone.
    pub(crate) fn follow_seal(
        &mut self,
        header: &FrameHeader,
        frame: &[u8],
    ) -> Result<Option<Append>, StoreError> {
        // The seal must be on the disk before the segment that it announces.
        self.make_durable()?;
        let Some(tail) = &self.tail else { return Ok(None) };
        if tail.head < tail.first_version {
            return Err(stopped_without_record(tail));
        }
        if !tail.is_in_place()? {
            self.require_later()?;
            return Ok(None);
        }
        self.make_segment(header, frame).map_err(|problem| self.because_removed(problem))
    }

    /// The log that this process knows is there: only what has a name can be read by others.
    pub(crate) fn require_log(&mut self) -> Result<(), StoreError> {
        match &self.tail {
            Some(tail) if !tail.has_name()? => self.require_later(),
            _ => Ok(()),
        }
    }

    /// A segment that is not there any more was trimmed, and then it is sealed and there are later ones, or it is from before
    /// the journal was started anew, or it was removed.
    fn require_later(&mut self) -> Result<(), StoreError> {
        let Some(tail) = &mut self.tail else { return Ok(()) };
        if !tail.sealed {
            tail.catch_up()?;
        }
        let (first_version, sealed) = (tail.first_version, tail.sealed);
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        let is_trimmed = sealed && listing.segments.last().is_some_and(|last| *last > first_version);
        if is_trimmed || listing.start >= first_version { Ok(()) } else { Err(self.removed()) }
    }

    /// What went wrong, in better words when it went wrong because the folder is gone.
    fn because_removed(&mut self, problem: StoreError) -> StoreError {
        let is_there = self.tail.as_ref().is_none_or(|tail| tail.has_name().unwrap_or(true));
        match is_there && self.folder.exists() {
            true => problem,
            false if maybe(&problem) => may_have_happened(self.removed()),
            false => self.removed(),
        }
    }

    /// Appends a record by making the segment that begins with it. Of several who try, the link lets one through.
    fn make_segment(&mut self, header: &FrameHeader, frame: &[u8]) -> Result<Option<Append>, StoreError> {
        let Some(made) = self.link_segment(header, frame)? else { return Ok(None) };
        // From here on it can be read, whatever becomes of this process.
        self.confirm(made).map(Some).map_err(may_have_happened)
    }

    /// Gives a segment its name, when its header and its record are on the disk: there is no half-made one.
    fn link_segment(&self, header: &FrameHeader, frame: &[u8]) -> Result<Option<Segment>, StoreError> {
        let first_version = header.version;
        let mut bytes = SegmentHeader { first_version, kind: SegmentKind::Shared }
            .encode()
            .map_err(|error| StoreError::Unsupported { message: error.to_string() })?;
        let header_bytes = bytes.len() as u64;
        bytes.extend_from_slice(frame);
        let path = layout::segment_path(&self.folder, first_version);
        Ok(self.link_durably(&self.folder, &path, &bytes)?.map(|file| {
            let mut segment = Segment::new(path, file, None, first_version, header_bytes);
            segment.win(header, frame, header_bytes);
            segment.durable_end = segment.end;
            segment
        }))
    }

    /// Whether the segment that this process has just given its name is what the journal goes on with. README.md says why
    /// each answer holds.
    fn confirm(&mut self, mut made: Segment) -> Result<Append, StoreError> {
        let first = made.first_version;
        sync_names(&self.shared, &self.folder, first == 1)
            .map_err(|(path, error)| failed("flush", &path, &error))?;
        made.name_durable = true;
        for _ in 0..FOLDER_TRIES {
            // In this order: nothing is trimmed before there is a later segment, which the listing shows.
            let before = self.tail.as_ref().map(Segment::is_in_place).transpose()?;
            let has_name = made.is_in_place()?;
            let listing = Listing::read(&self.shared.disk, &self.folder)?;
            if listing.start > self.start {
                return self.superseded(made, listing.start);
            }
            if !listing.pending.is_empty() {
                self.withdraw(&listing, None)?;
                continue;
            }
            if listing.segments.last().is_some_and(|last| *last > first) {
                return self.overtaken(made);
            }
            if has_name && self.is_its_folder(&listing, before, first) {
                made.settled = true;
                self.tail = Some(made);
                return Ok(Append::Appended);
            }
            self.take_back(&made)?;
            return Err(self.removed());
        }
        Err(self.restless())
    }

    /// Whether a folder whose last segment begins with `first` is the one that this process knows, and was not removed and made
    /// again. `before` is whether the segment before that is there, if there was one.
    fn is_its_folder(&self, listing: &Listing, before: Option<bool>, first: u64) -> bool {
        match before {
            Some(true) => true,
            None => listing.start == self.start,
            // It was trimmed, for which there must be two snapshots that stand for it.
            Some(false) => listing.snapshots.iter().rev().nth(1).is_some_and(|older| *older >= first - 1),
        }
    }

    /// There is a later segment, so the one that begins with this version is sealed. If ours is, others have gone on with it;
    /// if not, it is another, which was trimmed before ours got its name.
    fn overtaken(&mut self, mut made: Segment) -> Result<Append, StoreError> {
        if made.is_used()? {
            self.tail = Some(made);
            return Ok(Append::Appended);
        }
        self.take_back(&made)?;
        match made.sealed {
            true => Err(unsure(&format!("{} was ended by a reset while it was made", made.path.display()))),
            false => Ok(Append::Taken),
        }
    }

    /// The journal was started anew, at the version `start`, while the segment was made.
    fn superseded(&mut self, mut made: Segment, start: u64) -> Result<Append, StoreError> {
        self.tail = None;
        let version = made.first_version;
        if made.is_used()? {
            return Ok(Append::Appended);
        }
        if version == start {
            // Whoever did it has seen nothing of this version, and was about to when ours got its name. So nobody has.
            return Ok(Append::Taken);
        }
        if version > start + 1 {
            // What it was decided on was lost. With it, no reader accepts the journal.
            self.take_back(&made)?;
        }
        let place = self.folder.display();
        Err(unsure(&format!("{place} was started anew at {start} while version {version} was appended")))
    }

    fn take_back(&self, made: &Segment) -> Result<(), StoreError> {
        if made.is_in_place()? {
            let removed = self.shared.disk.remove(&made.path);
            removed.map_err(|error| failed("remove", &made.path, &error))?;
        }
        Ok(())
    }

    /// Makes a file of `folder` that gets its name when its content is on the disk, and never replaces another: `None` where
    /// there is one of that name. The name is not flushed.
    pub(crate) fn link_durably(
        &self,
        folder: &Path,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Option<File>, StoreError> {
        let temporary = self.shared.temporary_path(folder);
        let disk = &self.shared.disk;
        let file = self.write_durably(&temporary, bytes).and_then(|file| match disk.link(&temporary, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(failed("make", path, &error)),
            Ok(()) => Ok(Some(file)),
        });
        // A temporary file that stays is only untidy: a later trim removes it.
        let _ = disk.remove(&temporary);
        file
    }

    /// Writes a new file and flushes its content.
    pub(crate) fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<File, StoreError> {
        let disk = &self.shared.disk;
        let file = disk.create(path).map_err(|error| failed("make", path, &error))?;
        disk.write_all(&file, bytes).map_err(|error| failed("write", path, &error))?;
        disk.sync_data(&file).map_err(|error| failed("flush", path, &error))?;
        Ok(file)
    }
}

fn unsure(what: &str) -> StoreError {
    StoreError::Unavailable { message: format!("{what}; read the journal again"), may_have_happened: true }
}

/// An earlier version made segments without a record, and a reset that was not finished has ended this one. The next would
/// have the same name.
fn stopped_without_record(tail: &Segment) -> StoreError {
    StoreError::Unavailable {
        message: format!(
            "{} was ended by a reset that was not finished, and has no record that can be read, so nothing can follow it; \
             start the journal anew once more",
            tail.path.display()
        ),
        may_have_happened: false,
    }
}
