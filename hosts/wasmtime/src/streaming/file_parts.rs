//! Parts as files in a folder.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::PartStore;

/// Parts as files in a folder, one for each. The TypeScript library reads and writes the same folder.
///
/// A part is written aside, flushed, and linked to its name, so it is there whole or not at all.
#[derive(Clone, Debug)]
pub struct FileParts {
    folder: PathBuf,
}

impl FileParts {
    /// Parts in this folder, which is made with the first of them.
    pub fn new(folder: impl Into<PathBuf>) -> FileParts {
        FileParts { folder: folder.into() }
    }

    /// Where the part with this name is.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let mut path = self.folder.clone();
        for segment in name.split('/') {
            if segment.is_empty() {
                let message = format!("`{name}` has an empty segment, which no folder has");
                return Err(io::Error::new(ErrorKind::InvalidInput, message));
            }
            path.push(escaped(segment));
        }
        Ok(path)
    }
}

/// A name that every file system takes, and that is another one for another segment.
fn escaped(segment: &str) -> String {
    let mut escaped = String::with_capacity(segment.len());
    for (at, byte) in segment.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => escaped.push(char::from(byte)),
            b'.' if at > 0 => escaped.push('.'),
            other => write!(escaped, "%{other:02X}").unwrap_or_default(),
        }
    }
    escaped
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folders(folder)?;
    let (first, second) = highwater_driver::seed().map_err(io::Error::other)?;
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{:016x}.tmp", first ^ second));
    let written = write_aside(Path::new(&aside), bytes).and_then(|()| fs::hard_link(&aside, path));
    // Also when it could not be written: nobody else will look for it.
    let removed = fs::remove_file(&aside);
    written.and(removed)?;
    File::open(folder)?.sync_all()
}

fn write_aside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the folder, and flushes the name of each one that is new.
fn make_folders(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folders(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(parent)?.sync_all()
}

/// Does it on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

impl PartStore for FileParts {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let path = self.path(name)?;
        blocking(move || put(&path, &bytes)).await
    }

    async fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.path(name)?;
        blocking(move || fs::read(path)).await
    }

    async fn delete(&self, name: &str) -> io::Result<()> {
        let path = self.path(name)?;
        let delete = move || match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        blocking(delete).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let parts = FileParts::new(folder.path().join("deep/er"));
        parts.put("count/0/1-base-00", b"one".to_vec()).await.expect("it is written");
        let again = parts.put("count/0/1-base-00", b"two".to_vec()).await.expect_err("the name is taken");
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        assert_eq!(parts.get("count/0/1-base-00").await.expect("it is read"), b"one");
        let files: Vec<_> =
            fs::read_dir(folder.path().join("deep/er/count/0")).expect("a folder").flatten().collect();
        assert_eq!(files.len(), 1, "nothing is left beside it: {files:?}");
        parts.delete("count/0/1-base-00").await.expect("it is deleted");
        parts.delete("count/0/1-base-00").await.expect("it is deleted already");
        assert_eq!(parts.get("count/0/1-base-00").await.expect_err("gone").kind(), ErrorKind::NotFound);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let parts = FileParts::new("parts");
        let path = |name: &str| parts.path(name).map(|path| path.display().to_string());
        assert_eq!(path("../a b/.c.d/ö%").expect("a path"), "parts/%2E./a%20b/%2Ec.d/%C3%B6%25");
        assert!(path("/etc").is_err());
        assert!(path("a//b").is_err());
        assert!(path("").is_err());
    }
}
