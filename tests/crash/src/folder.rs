//! Directories made from images of a disk, again and again, with as few operations as possible.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

/// What a directory holds: files with their content, folders without, by path.
pub type Image = BTreeMap<String, Option<Arc<Vec<u8>>>>;

/// A directory in memory that becomes one image after the other.
#[derive(Debug)]
pub struct Folder {
    place: TempDir,
    last: Image,
}

/// A new directory, in memory where there is such a place.
///
/// # Panics
///
/// When none can be made.
pub fn temporary_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

impl Default for Folder {
    fn default() -> Folder {
        Folder { place: temporary_folder(), last: Image::new() }
    }
}

impl Folder {
    /// Its path.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Makes the directory hold the image and nothing else. What is as it was is not written again: a store only
    /// appends to files, makes and removes them, so a file of the same length as before has the same content.
    ///
    /// # Panics
    ///
    /// When the directory cannot be written.
    pub fn become_image(&mut self, image: &Image) {
        self.tidy(self.place.path(), "", image);
        for (path, content) in image {
            let place = self.place.path().join(path);
            let Some(bytes) = content else {
                if !place.is_dir() {
                    fs::create_dir(&place).expect("a folder can be made");
                }
                continue;
            };
            let same = self.last.get(path).and_then(Option::as_ref).is_some_and(|last| last == bytes);
            let length = || fs::metadata(&place).map(|metadata| metadata.len());
            if !(same && length().is_ok_and(|length| length == bytes.len() as u64)) {
                fs::write(&place, bytes.as_slice()).expect("a file can be written");
            }
        }
        self.last = image.clone();
    }

    /// Removes what the image does not have.
    fn tidy(&self, place: &Path, folder: &str, image: &Image) {
        for entry in fs::read_dir(place).expect("a folder").flatten() {
            let name = entry.file_name().into_string().expect("the names of the store are ASCII");
            let path = crate::disk::join(folder, &name);
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match image.get(&path) {
                Some(None) if is_folder => self.tidy(&entry.path(), &path, image),
                Some(Some(_)) if !is_folder => {}
                _ if is_folder => fs::remove_dir_all(entry.path()).expect("a folder can go"),
                _ => fs::remove_file(entry.path()).expect("a file can go"),
            }
        }
    }
}

/// Writes an image into an existing, empty folder.
///
/// # Panics
///
/// When the folder cannot be written.
pub fn write_image(image: &Image, to: &Path) {
    for (path, content) in image {
        let place = to.join(path);
        match content {
            None => fs::create_dir(&place).expect("a folder can be made"),
            Some(bytes) => fs::write(&place, bytes.as_slice()).expect("a file can be written"),
        }
    }
}
