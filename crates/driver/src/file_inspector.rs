//! Artifacts that are files and folders.
//!
//! The digest of a file is the BLAKE3 of its content, as `b3sum` prints it. That of a folder is the BLAKE3 of a list of all that
//! is in it at any depth, in byte order of path, a piece for each:
//!
//! ```text
//! f SIZE DIGEST PATH NUL      a file, with the digest of its content
//! d 0 - PATH NUL              a folder
//! l 0 DIGEST PATH NUL         a symbolic link, with the BLAKE3 of what it names; it is not followed
//! o 0 - PATH NUL              anything else
//! ```
//!
//! Paths are relative to the folder, with slashes, in the bytes that the file system has. The size of a folder is that of all files in it.
//! The artifact itself is followed when it is a link. The npm package computes the same.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use highwater_core::input::{Found, Inspected};
use highwater_core::output::Inspection;

use crate::inspect::Inspector;
use crate::limits::INSPECT_BYTES;

/// Looks at files and folders: plain paths, `file:PATH` and `file:///PATH`. Relative paths start from the working directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileInspector;

impl Inspector for FileInspector {
    /// On a thread of its own, because reading a large output may take long.
    fn inspect(&self, inspection: Inspection) -> BoxFuture<'static, Inspected> {
        let (sender, receiver) = oneshot::channel();
        let work = move || drop(sender.send(look(&inspection)));
        if let Err(error) = thread::Builder::new().name("highwater-inspector".to_owned()).spawn(work) {
            let why = format!("the system gave no thread to look with: {error}");
            return futures::future::ready(Inspected::Unknown(why)).boxed();
        }
        let gone = |_| Inspected::Unknown("the thread that looked broke down".to_owned());
        receiver.map(move |looked| looked.unwrap_or_else(gone)).boxed()
    }
}

fn look(inspection: &Inspection) -> Inspected {
    let path = match path_of(&inspection.uri) {
        Ok(path) => path,
        Err(why) => return Inspected::Unknown(why),
    };
    match found(&path, inspection.with_digest) {
        Ok(found) => Inspected::Found(found),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Inspected::Missing
        }
        Err(error) => Inspected::Unknown(format!("it cannot be read: {error}")),
    }
}

/// The path that a URI names, or why it names none.
fn path_of(uri: &str) -> Result<PathBuf, String> {
    let is_scheme = |scheme: &str| {
        // One letter is a drive of Windows.
        scheme.len() > 1
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    };
    match uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
        None => Ok(PathBuf::from(uri)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => match rest.strip_prefix("//") {
            None => Ok(PathBuf::from(rest)),
            Some(path) if path.starts_with('/') => decoded(path).map(PathBuf::from),
            Some(_) => {
                Err("it names a host before its path; write `file:///` and an absolute path".to_owned())
            }
        },
        Some((scheme, _)) => Err(format!("nobody here can look at `{scheme}:`")),
    }
}

/// Text with its `%2F` and the like replaced.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err("it has a `%` without two hexadecimal digits".to_owned());
        };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn found(path: &Path, with_digest: bool) -> io::Result<Found> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return folder(path, with_digest);
    }
    if !metadata.is_file() {
        return Ok(Found::default());
    }
    let digest = if with_digest { Some(digest_of(path)?) } else { None };
    Ok(Found { size_bytes: Some(metadata.len()), digest })
}

fn folder(path: &Path, with_digest: bool) -> io::Result<Found> {
    let mut entries: Vec<(Vec<u8>, PathBuf, Metadata)> = Vec::new();
    list(path, &[], &mut entries)?;
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let files = entries.iter().filter(|(.., metadata)| metadata.is_file());
    let size_bytes = files.map(|(.., metadata)| metadata.len()).sum();
    if !with_digest {
        return Ok(Found { size_bytes: Some(size_bytes), digest: None });
    }
    let mut hasher = blake3::Hasher::new();
    for (name, path, metadata) in &entries {
        let (kind, size, digest) = match metadata.file_type() {
            it if it.is_dir() => ('d', 0, "-".to_owned()),
            it if it.is_file() => ('f', metadata.len(), digest_of(path)?),
            it if it.is_symlink() => ('l', 0, hash(&name_bytes(fs::read_link(path)?.as_os_str()))),
            _ => ('o', 0, "-".to_owned()),
        };
        let mut head = String::new();
        let _ = write!(head, "{kind} {size} {digest} ");
        hasher.update(head.as_bytes()).update(name).update(&[0]);
    }
    Ok(Found { size_bytes: Some(size_bytes), digest: Some(hasher.finalize().to_hex().to_string()) })
}

/// Everything below a folder, with its path from there.
fn list(folder: &Path, name: &[u8], entries: &mut Vec<(Vec<u8>, PathBuf, Metadata)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let mut name = name.to_vec();
        if !name.is_empty() {
            name.push(b'/');
        }
        name.extend(name_bytes(&entry.file_name()));
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            list(&entry.path(), &name, entries)?;
        }
        entries.push((name, entry.path(), metadata));
    }
    Ok(())
}

fn name_bytes(name: &std::ffi::OsStr) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec();
    #[cfg(not(unix))]
    return name.to_string_lossy().replace('\\', "/").into_bytes();
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; INSPECT_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            length => hasher.update(&buffer[..length]),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_at(uri: &str) -> Inspected {
        look(&Inspection { uri: uri.to_owned(), with_digest: true })
    }

    fn digest(path: &Path) -> String {
        match look_at(&path.display().to_string()) {
            Inspected::Found(Found { digest: Some(digest), .. }) => digest,
            other => panic!("{other:?}"),
        }
    }

    /// The same folder stands in the tests of the npm package, with the same digest.
    #[test]
    fn files_and_folders_have_the_digests_that_every_host_gives_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("out");
        fs::create_dir_all(root.join("day=1/empty")).expect("made");
        fs::write(root.join("day=1/part.csv"), "a,b\n").expect("written");
        fs::write(root.join("_SUCCESS"), "").expect("written");
        #[cfg(unix)]
        std::os::unix::fs::symlink("day=1", root.join("latest")).expect("linked");
        assert_eq!(
            look_at(&format!("file://{}/day%3D1/part.csv", root.display())),
            Inspected::Found(Found {
                size_bytes: Some(4),
                digest: Some("bb8c3eaa219465f5d51a3073a55c338276ecdecd2de5b3aed9797234d2afb676".to_owned())
            })
        );
        assert_eq!(digest(&root), "f8db9cb2cce445d0e7cea2746e1d354a0a4482f958916046e3428fea92974cf6");
        fs::write(root.join("day=1/part.csv"), "a,c\n").expect("written");
        assert_ne!(digest(&root), "f8db9cb2cce445d0e7cea2746e1d354a0a4482f958916046e3428fea92974cf6");
    }

    #[test]
    fn nothing_empty_and_unknown_are_three_things() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(folder.path().join("empty"), "").expect("written");
        fs::create_dir(folder.path().join("folder")).expect("made");
        assert_eq!(look_at(&path("none")), Inspected::Missing);
        assert_eq!(look_at(&path("empty/below")), Inspected::Missing);
        for name in ["empty", "folder"] {
            let Inspected::Found(found) = look_at(&path(name)) else { panic!("{name} is there") };
            assert_eq!((found.size_bytes, found.digest), (Some(0), Some(hash(b""))));
        }
        for uri in ["s3://bucket/key", "file://host/path", "file:///%zz"] {
            assert!(matches!(look_at(uri), Inspected::Unknown(_)), "{uri}");
        }
    }
}
