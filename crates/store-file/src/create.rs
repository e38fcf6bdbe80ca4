//! Making a segment.

use std::io;
use std::path::Path;

use highwater_format::{SegmentHeader, SegmentKind};
use highwater_store::StoreError;

use crate::journal::{Journal, sync_names};
use crate::layout;
use crate::problem::failed;

impl Journal {
    /// Makes the segment that begins with `first_version`, unless somebody else was first, which is just as good: the
    /// bytes are the same. It gets its name when its header is on the disk, so there is no half-made segment.
    pub(crate) fn make_segment(&mut self, first_version: u64) -> Result<(), StoreError> {
        let header = SegmentHeader { first_version, kind: SegmentKind::Shared };
        let header =
            header.encode().map_err(|error| StoreError::Unsupported { message: error.to_string() })?;
        let path = layout::segment_path(&self.folder, first_version);
        let disk = &self.shared.disk;
        disk.make_folders(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        let temporary = self.shared.temporary_path(&self.folder);
        let named =
            self.write_durably(&temporary, &header).and_then(|()| match disk.link(&temporary, &path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    Err(failed("make", &path, &error))
                }
                _ => Ok(()),
            });
        // A temporary file that stays is only untidy: a later trim removes it.
        let _ = disk.remove(&temporary);
        named?;
        sync_names(&self.shared, &self.folder, first_version == 1)
            .map_err(|(path, error)| failed("flush", &path, &error))?;
        self.made = Some(first_version);
        Ok(())
    }

    /// Writes a new file and flushes its content.
    pub(crate) fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let disk = &self.shared.disk;
        let file = disk.create(path).map_err(|error| failed("make", path, &error))?;
        disk.write_all(&file, bytes).map_err(|error| failed("write", path, &error))?;
        disk.sync_data(&file).map_err(|error| failed("flush", path, &error))
    }
}
