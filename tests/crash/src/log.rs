//! What the shim recorded: file operations in the order in which they happened.

use std::path::Path;

/// One operation. Paths are relative to the recorded folder, files are named by inode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was done.
    pub operation: Operation,
    /// The number of the error when it failed, 0 when it was done.
    pub errno: i32,
    /// The path that it was about.
    pub path: String,
}

/// What a process did to a file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A new, empty file.
    Create {
        /// Its inode.
        inode: u64,
    },
    /// Bytes written to a file.
    Write {
        /// The file.
        inode: u64,
        /// Where the first of them landed.
        offset: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file was cut or extended to a length.
    Length {
        /// The file.
        inode: u64,
        /// The length.
        length: u64,
    },
    /// The content of a file was flushed.
    Sync {
        /// The file.
        inode: u64,
    },
    /// The names in the folder were flushed.
    SyncFolder,
    /// The path became this one.
    Rename {
        /// The new path.
        to: String,
    },
    /// The file got a second path.
    Link {
        /// The new path.
        to: String,
    },
    /// The path was removed.
    Unlink,
    /// A new folder.
    MakeFolder,
    /// The empty folder was removed.
    RemoveFolder,
    /// Something that was there was opened, which changes nothing.
    Open,
}

impl Entry {
    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        self.errno == 0
    }

    /// What a process wrote down about what it was promised.
    pub fn told(&self) -> Option<&str> {
        match &self.operation {
            Operation::Write { bytes, .. } if is_acks(&self.path) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

/// Whether this is the file that a workload writes its promises to.
pub fn is_acks(path: &str) -> bool {
    path.rsplit('/').next() == Some("acks")
}

/// Reads a log. The last entry may be cut off when its process was killed.
///
/// # Panics
///
/// When the file cannot be read or is no log.
pub fn read(path: &Path) -> Vec<Entry> {
    let bytes = std::fs::read(path).expect("the shim made a log");
    let mut entries = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((entry, after)) = after.split_at_checked(length) else { break };
        entries.push(parse(entry).expect("an entry of the shim"));
        rest = after;
    }
    entries
}

fn parse(entry: &[u8]) -> Option<Entry> {
    let (&[kind], rest) = entry.split_first_chunk::<1>()?;
    let (errno, rest) = rest.split_first_chunk::<4>()?;
    let (inode, rest) = rest.split_first_chunk::<8>()?;
    let (offset, rest) = rest.split_first_chunk::<8>()?;
    let (one, rest) = rest.split_first_chunk::<2>()?;
    let (two, rest) = rest.split_first_chunk::<2>()?;
    let (path, rest) = rest.split_at_checked(u16::from_le_bytes(*one).into())?;
    let (to, bytes) = rest.split_at_checked(u16::from_le_bytes(*two).into())?;
    let (inode, offset) = (u64::from_le_bytes(*inode), u64::from_le_bytes(*offset));
    let to = String::from_utf8(to.to_vec()).ok()?;
    let operation = match kind {
        1 => Operation::Create { inode },
        2 => Operation::Write { inode, offset, bytes: bytes.to_vec() },
        3 => Operation::Length { inode, length: offset },
        4 => Operation::Sync { inode },
        5 => Operation::SyncFolder,
        6 => Operation::Rename { to },
        7 => Operation::Link { to },
        8 => Operation::Unlink,
        9 => Operation::MakeFolder,
        10 => Operation::RemoveFolder,
        11 => Operation::Open,
        _ => return None,
    };
    let path = String::from_utf8(path.to_vec()).ok()?;
    Some(Entry { operation, errno: i32::from_le_bytes(*errno), path })
}
