//! A disk as it is after some operations: what is on it for certain, and what is only in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::folder::Image;
use crate::log::{Entry, Operation, is_acks};

/// A file: its number on the disk.
pub type FileNumber = usize;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A file.
    File(FileNumber),
    /// The folder of that path.
    Folder,
}

/// A change of a file's content that was not flushed.
#[derive(Debug, Clone)]
pub enum Change {
    /// These bytes at this offset.
    Write(u64, Arc<Vec<u8>>),
    /// Another length.
    Length(u64),
}

/// A change of the names in a folder that was not flushed. Each happens as a whole or not at all.
#[derive(Debug, Clone)]
pub enum Naming {
    /// The name stands for this.
    Set(String, Target),
    /// The name is gone.
    Unset(String),
    /// The first name is gone, and the second stands for this.
    Move(String, String, Target),
}

/// The content of a file.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// What is on the disk for certain.
    pub durable: Arc<Vec<u8>>,
    /// What was not flushed, in order. A failed flush leaves it here as `lost`.
    pub pending: Vec<Change>,
    /// Unflushed changes whose flush failed: the kernel takes them for clean, so that later flushes do not write them.
    pub lost: Vec<Change>,
}

/// The names in a folder.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Those on the disk for certain.
    pub durable: BTreeMap<String, Target>,
    /// What was not flushed, in order.
    pub pending: Vec<Naming>,
    /// What processes see.
    current: BTreeMap<String, Target>,
}

/// The disk. Folders are named by their path; the recorded folder itself is the empty path, and always there.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Files by number.
    pub files: Vec<Content>,
    /// Folders by path.
    pub folders: BTreeMap<String, Names>,
    inodes: BTreeMap<u64, FileNumber>,
}

/// Folder and name of a path.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The path of a name in a folder.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

impl Disk {
    /// A disk that holds this and nothing that is not flushed.
    pub fn from_image(image: &Image) -> Disk {
        let mut disk = Disk::default();
        disk.folders.entry(String::new()).or_default();
        for (path, content) in image {
            let target = match content {
                None => Target::Folder,
                Some(bytes) => {
                    disk.files.push(Content { durable: Arc::clone(bytes), ..Content::default() });
                    Target::File(disk.files.len() - 1)
                }
            };
            if target == Target::Folder {
                disk.folders.entry(path.clone()).or_default();
            }
            let (folder, name) = split(path);
            let names = disk.folders.entry(folder.to_owned()).or_default();
            names.durable.insert(name.to_owned(), target);
            names.current.insert(name.to_owned(), target);
        }
        disk
    }

    /// Takes an operation into account.
    ///
    /// # Panics
    ///
    /// When the record does not fit: then shim or replay are wrong.
    pub fn apply(&mut self, entry: &Entry) {
        if is_acks(&entry.path) {
            return;
        }
        if !entry.is_done() {
            if let Operation::Sync { inode } = entry.operation
                && let Some(content) = self.content(inode, &entry.path)
            {
                let lost = std::mem::take(&mut content.pending);
                content.lost.extend(lost);
            }
            return;
        }
        let path = entry.path.as_str();
        match &entry.operation {
            Operation::Create { inode } => {
                self.files.push(Content::default());
                let file = self.files.len() - 1;
                self.inodes.insert(*inode, file);
                self.set(path, Target::File(file));
            }
            Operation::Write { inode, offset, bytes } => {
                let change = Change::Write(*offset, Arc::new(bytes.clone()));
                self.content(*inode, path).expect("a file that was made").pending.push(change);
            }
            Operation::Length { inode, length } => {
                let change = Change::Length(*length);
                self.content(*inode, path).expect("a file that was made").pending.push(change);
            }
            Operation::Sync { inode } => {
                if let Some(content) = self.content(*inode, path) {
                    content.flush();
                }
            }
            Operation::SyncFolder => {
                if let Some(names) = self.folders.get_mut(path) {
                    names.flush();
                }
            }
            Operation::Link { to } => {
                let target = self.target(path);
                self.set(to, target);
            }
            Operation::Rename { to } => self.rename(path, to),
            Operation::Unlink | Operation::RemoveFolder => {
                let (folder, name) = split(path);
                let names = self.folders.entry(folder.to_owned()).or_default();
                names.current.remove(name);
                names.pending.push(Naming::Unset(name.to_owned()));
            }
            Operation::MakeFolder => {
                self.folders.insert(path.to_owned(), Names::default());
                self.set(path, Target::Folder);
            }
            Operation::Open => {}
        }
    }

    /// The file with this inode. One that was there before the record began is found by its path.
    fn content(&mut self, inode: u64, path: &str) -> Option<&mut Content> {
        let file = match self.inodes.get(&inode) {
            Some(file) => *file,
            None => {
                let (folder, name) = split(path);
                let Some(Target::File(file)) = self.folders.get(folder)?.current.get(name) else {
                    return None;
                };
                let file = *file;
                self.inodes.insert(inode, file);
                file
            }
        };
        self.files.get_mut(file)
    }

    fn target(&self, path: &str) -> Target {
        let (folder, name) = split(path);
        let found = self.folders.get(folder).and_then(|names| names.current.get(name));
        *found.unwrap_or_else(|| panic!("the record uses {path}, which was never made"))
    }

    fn set(&mut self, path: &str, target: Target) {
        let (folder, name) = split(path);
        let names = self.folders.entry(folder.to_owned()).or_default();
        names.current.insert(name.to_owned(), target);
        names.pending.push(Naming::Set(name.to_owned(), target));
    }

    fn rename(&mut self, from: &str, to: &str) {
        let target = self.target(from);
        let ((folder, from), (to_folder, to)) = (split(from), split(to));
        if folder != to_folder {
            // Each folder is flushed by itself: it may be in both afterwards, or in none.
            self.set(&join(to_folder, to), target);
            let names = self.folders.entry(folder.to_owned()).or_default();
            names.current.remove(from);
            names.pending.push(Naming::Unset(from.to_owned()));
            return;
        }
        let names = self.folders.entry(folder.to_owned()).or_default();
        names.current.remove(from);
        names.current.insert(to.to_owned(), target);
        names.pending.push(Naming::Move(from.to_owned(), to.to_owned(), target));
    }
}

impl Content {
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut bytes = self.durable.to_vec();
        for change in self.pending.drain(..) {
            change.apply(&mut bytes);
        }
        self.durable = Arc::new(bytes);
    }
}

impl Change {
    /// Changes the content of a file.
    pub fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write(offset, bytes) => write_part(content, *offset, bytes),
            Change::Length(length) => content.resize(usize::try_from(*length).unwrap_or(0), 0),
        }
    }
}

/// Puts bytes into a content; what lies between it and them is zeros.
pub fn write_part(content: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let start = usize::try_from(offset).expect("an offset");
    let end = start + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[start..end].copy_from_slice(bytes);
}

impl Names {
    fn flush(&mut self) {
        for naming in self.pending.drain(..) {
            naming.apply(&mut self.durable);
        }
    }
}

impl Naming {
    /// Changes the names of a folder.
    pub fn apply(&self, names: &mut BTreeMap<String, Target>) {
        match self {
            Naming::Set(name, target) => {
                names.insert(name.clone(), *target);
            }
            Naming::Unset(name) => {
                names.remove(name);
            }
            Naming::Move(from, to, target) => {
                names.remove(from);
                names.insert(to.clone(), *target);
            }
        }
    }
}
