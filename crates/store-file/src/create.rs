//! Making a segment.

use std::io;
use std::path::Path;

use highwater_format::{SegmentHeader, SegmentKind};
use highwater_store::StoreError;

use crate::folder::Listing;
use crate::journal::{Journal, sync_names};
use crate::layout;
use crate::problem::failed;
use crate::segment::Segment;

impl Journal {
    /// Makes the first segment of a journal. Nothing else of a writer makes folders: where versions were, folders were, and
    /// when they are gone, whoever goes on would write what no reader accepts.
    pub(crate) fn begin(&mut self, first_version: u64) -> Result<(), StoreError> {
        let disk = &self.shared.disk;
        disk.make_folders(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        self.make_segment(first_version)?;
        Ok(())
    }

    /// Makes the segment that follows a sealed one, when nobody has yet.
    pub(crate) fn follow_seal(&mut self) -> Result<(), StoreError> {
        match &self.tail {
            Some(tail) if tail.sealed => {}
            _ => return Ok(()),
        }
        // The seal must be on the disk before the segment that it announces.
        self.make_durable()?;
        self.require_log()?;
        let Some(tail) = self.tail.as_ref().filter(|tail| tail.has_name().unwrap_or(true)) else {
            return Ok(());
        };
        let next = tail.head + 1;
        let made = self.make_segment(next).map_err(|problem| self.because_removed(problem))?;
        // Between the look and the link the folder may have been removed, and made again by others.
        if made && !self.tail.as_ref().map_or(Ok(true), Segment::has_name)? {
            let path = layout::segment_path(&self.folder, next);
            self.shared.disk.remove(&path).map_err(|error| failed("remove", &path, &error))?;
        }
        self.require_log()
    }

    /// The log that this process knows is there: only what has a name can be read by others. Without one it was trimmed,
    /// and then it is sealed and there are later segments, or it was removed.
    pub(crate) fn require_log(&mut self) -> Result<(), StoreError> {
        let Some(tail) = &mut self.tail else { return Ok(()) };
        if tail.has_name()? {
            return Ok(());
        }
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
        if is_there && self.folder.exists() { problem } else { self.removed() }
    }

    /// Makes the segment that begins with `first_version`, unless somebody else was first, which is just as good: the
    /// bytes are the same. It gets its name when its header is on the disk, so there is no half-made segment.
    /// Whether it was made here.
    fn make_segment(&mut self, first_version: u64) -> Result<bool, StoreError> {
        let header = SegmentHeader { first_version, kind: SegmentKind::Shared };
        let header =
            header.encode().map_err(|error| StoreError::Unsupported { message: error.to_string() })?;
        let path = layout::segment_path(&self.folder, first_version);
        let disk = &self.shared.disk;
        let temporary = self.shared.temporary_path(&self.folder);
        let named =
            self.write_durably(&temporary, &header).and_then(|()| match disk.link(&temporary, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(failed("make", &path, &error)),
                Ok(()) => Ok(true),
            });
        // A temporary file that stays is only untidy: a later trim removes it.
        let _ = disk.remove(&temporary);
        let made = named?;
        sync_names(&self.shared, &self.folder, first_version == 1)
            .map_err(|(path, error)| failed("flush", &path, &error))?;
        self.made = Some(first_version);
        Ok(made)
    }

    /// Writes a new file and flushes its content.
    pub(crate) fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let disk = &self.shared.disk;
        let file = disk.create(path).map_err(|error| failed("make", path, &error))?;
        disk.write_all(&file, bytes).map_err(|error| failed("write", path, &error))?;
        disk.sync_data(&file).map_err(|error| failed("flush", path, &error))
    }
}
