//! The file operations that change or flush something, in one place, so that a test can make each of them fail.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
#[cfg(feature = "faults")]
use std::sync::Arc;

#[cfg(feature = "faults")]
use crate::faults::{Event, Faults, Operation};

/// Rights of files: only their owner reads and writes them, since a state can name secrets.
const FILE_MODE: u32 = 0o600;
/// Rights of folders.
const FOLDER_MODE: u32 = 0o700;

/// Passes file operations on to the operating system. Without the feature `faults` it is empty and does nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    #[cfg(feature = "faults")]
    pub(crate) faults: Option<Arc<Faults>>,
}

/// Asks the faults, when there are any, whether the operation may go on.
macro_rules! before {
    ($disk:expr, $operation:ident) => {
        #[cfg(feature = "faults")]
        if let Some(faults) = &$disk.faults {
            faults.before(Operation::$operation)?;
        }
    };
}

impl Disk {
    #[cfg(feature = "faults")]
    fn tell(&self, event: Event<'_>) {
        if let Some(faults) = &self.faults {
            faults.tell(event);
        }
    }

    /// To be called when a folder was listed and before its files are looked at.
    pub(crate) fn listed(&self, path: &Path) {
        #[cfg(feature = "faults")]
        self.tell(Event::Listed(path));
        #[cfg(not(feature = "faults"))]
        let _ = path;
    }

    /// One `write`, which may write less than `bytes`.
    pub(crate) fn write_once(&self, mut file: &File, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(feature = "faults")]
        if let Some(faults) = &self.faults {
            let allowed = faults.before_write(bytes.len())?;
            let written = if allowed == 0 { 0 } else { file.write(&bytes[..allowed])? };
            faults.after_write(bytes.len(), allowed)?;
            return Ok(written);
        }
        loop {
            match file.write(bytes) {
                // Nothing was written, so writing again does not write twice.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Writes all bytes to a file that nobody else knows.
    pub(crate) fn write_all(&self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        before!(self, WriteTemporary);
        file.write_all(bytes)
    }

    /// Writes the same bytes in place again.
    pub(crate) fn rewrite(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        before!(self, Rewrite);
        file.write_all_at(bytes, offset)
    }

    /// Makes the content of a file durable.
    pub(crate) fn sync_data(&self, file: &File) -> io::Result<()> {
        before!(self, SyncData);
        file.sync_data()?;
        #[cfg(feature = "faults")]
        self.tell(Event::FlushedContent(file));
        Ok(())
    }

    /// Makes the names in a folder durable.
    pub(crate) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let folder = File::open(path)?;
        before!(self, SyncFolder);
        folder.sync_all()?;
        #[cfg(feature = "faults")]
        self.tell(Event::FlushedNames(path));
        Ok(())
    }

    /// Makes a new file, to be read and appended to.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        before!(self, Create);
        OpenOptions::new().read(true).append(true).create_new(true).mode(FILE_MODE).open(path)
    }

    /// Gives a file a second name, unless the name is in use.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        before!(self, Link);
        fs::hard_link(from, to)
    }

    /// Moves a file over whatever has the new name.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        before!(self, Rename);
        fs::rename(from, to)
    }

    /// Removes a file. That it is gone already is fine.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        before!(self, Remove);
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Makes a folder and those above it. That it is there already is fine.
    pub(crate) fn make_folders(&self, path: &Path) -> io::Result<()> {
        before!(self, MakeFolders);
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
    }
}
