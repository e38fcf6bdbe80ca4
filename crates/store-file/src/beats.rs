//! Signs of life: one file a worker, replaced as a whole and never flushed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use highwater_store::StoreError;

use crate::folder::entries;
use crate::journal::Shared;
use crate::layout::{self, BEAT_SUFFIX, BEATS_FOLDER};
use crate::name::{self, Piece, WORKER_PREFIX};
use crate::problem::failed;

impl Shared {
    fn beats_folder(&self, key: &str) -> PathBuf {
        layout::journal_folder(&self.journals, key).join(BEATS_FOLDER)
    }

    /// See [`Store::beat`](highwater_store::Store::beat).
    pub(crate) fn beat(&self, key: &str, worker: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let beats = self.beats_folder(key);
        let mut path = beats.join(name::encode(WORKER_PREFIX, worker)).into_os_string();
        path.push(BEAT_SUFFIX);
        let path = PathBuf::from(path);
        if bytes.is_empty() {
            return match self.disk.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path, &error)),
                _ => Ok(()),
            };
        }
        let temporary = self.temporary_path(&beats);
        let result = match self.replace(&temporary, &path, bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // The first beat of the journal, or of a worker with a long name.
                let folder = path.parent().unwrap_or(&beats);
                self.disk.make_folders(folder).and_then(|()| self.replace(&temporary, &path, bytes))
            }
            result => result,
        };
        result.map_err(|error| {
            let _ = self.disk.remove(&temporary);
            failed("write", &path, &error)
        })
    }

    fn replace(&self, temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let file = self.disk.create(temporary).or_else(|error| match error.kind() {
            // Left by the try before this one.
            io::ErrorKind::AlreadyExists => {
                self.disk.remove(temporary)?;
                self.disk.create(temporary)
            }
            _ => Err(error),
        })?;
        self.disk.write_all(&file, bytes)?;
        self.disk.rename(temporary, path)
    }

    /// See [`Store::beats`](highwater_store::Store::beats).
    pub(crate) fn beats(&self, key: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut beats = Vec::new();
        read_beats(&self.beats_folder(key), "", &mut beats)?;
        beats.sort();
        Ok(beats)
    }
}

/// Reads the beats in a folder, whose names go on from `encoded`.
fn read_beats(folder: &Path, encoded: &str, beats: &mut Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
    let Some(entries) = entries(folder)? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else { continue };
        let path = entry.path();
        match name::parse_piece(WORKER_PREFIX, file_name.strip_suffix(BEAT_SUFFIX).unwrap_or(file_name)) {
            Some(Piece::Continued(text)) => read_beats(&path, &format!("{encoded}{text}"), beats)?,
            Some(Piece::Last(text)) if file_name.ends_with(BEAT_SUFFIX) => {
                let Some(worker) = name::decode(&format!("{encoded}{text}")) else { continue };
                match fs::read(&path) {
                    // Emptied by a crash of the machine, or removed: then there is none.
                    Ok(bytes) if bytes.is_empty() => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Ok(bytes) => beats.push((worker, bytes)),
                    Err(error) => return Err(failed("read", &path, &error)),
                }
            }
            _ => {}
        }
    }
    Ok(())
}
