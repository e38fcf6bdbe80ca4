//! What is in the folder of a journal: segments of frames, names, one snapshot; and what a reader makes of it.

use std::collections::BTreeMap;

/// One frame, or what a crash left of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// A record of a version, by the life of a writer.
    Record(u8, u8),
    /// The end of a segment, which claims a version as a record does.
    Seal(u8),
    /// Bytes that are no frame.
    Torn,
}

/// A segment, with or without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct File {
    /// The first version that it can hold.
    pub first: u8,
    /// Its frames in the order in which they were written.
    pub frames: Vec<Frame>,
    /// So many frames are on the disk; the others are in memory only.
    pub synced: usize,
}

/// What a scan of frames found: the model's `highwater_format::scan`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Position and owner of each record that won its version, ascending.
    pub winners: Vec<(usize, u8)>,
    /// Position of the seal that won.
    pub sealed_at: Option<usize>,
    /// Behind the last valid frame.
    pub end: usize,
    /// A version is there although the one before it is not.
    pub corrupt: bool,
}

/// The folder of one journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    /// Every file that ever was; those without a name may still be open.
    pub files: Vec<File>,
    /// Names, by first version, and their files.
    pub names: BTreeMap<u8, usize>,
    /// The names as they are after a power cut.
    pub durable_names: BTreeMap<u8, usize>,
    /// Owners of the versions that the snapshot stands for, from version 1 on.
    pub snapshot: Vec<u8>,
}

/// Looks at the frames from `from` up to `until`, for a reader that has seen the versions up to `head`.
pub fn scan(frames: &[Frame], from: usize, until: usize, head: u8) -> Scan {
    let mut found = Scan { end: from, ..Scan::default() };
    let mut awaited = head + 1;
    for (at, frame) in frames.iter().enumerate().take(until).skip(from) {
        let (version, owner) = match frame {
            Frame::Torn => continue,
            Frame::Record(version, owner) => (*version, Some(*owner)),
            Frame::Seal(version) => (*version, None),
        };
        found.end = at + 1;
        if found.sealed_at.is_some() || version < awaited {
            continue;
        }
        found.corrupt |= version > awaited;
        match owner {
            Some(owner) => {
                found.winners.push((at, owner));
                awaited += 1;
            }
            None => found.sealed_at = Some(at),
        }
    }
    found
}

impl Disk {
    /// The last name of a listing.
    pub fn last(&self) -> Option<u8> {
        self.names.keys().next_back().copied()
    }

    /// Makes a segment of this name with a record in it that is on the disk, if there is none.
    pub fn link(&mut self, first: u8, owner: u8) -> Option<usize> {
        if self.names.contains_key(&first) {
            return None;
        }
        let file = self.files.len();
        self.names.insert(first, file);
        self.files.push(File { first, frames: vec![Frame::Record(first, owner)], synced: 1 });
        Some(file)
    }

    /// Removes the name of a file, when it still has it.
    pub fn unlink(&mut self, file: usize) {
        self.names.retain(|_, named| *named != file);
    }

    /// Flushes the folder.
    pub fn sync_names(&mut self) {
        self.durable_names = self.names.clone();
    }

    /// Flushes a file: everything that is in it by now.
    pub fn sync(&mut self, file: usize) {
        self.files[file].synced = self.files[file].frames.len();
    }

    /// Owners of all versions, as a reader finds them (`read.rs`, `collect`), or `None` when it finds damage.
    pub fn read(&self, sealed: bool) -> Option<Vec<u8>> {
        let mut owners = self.snapshot.clone();
        let covered = owners.len() as u8;
        if self.names.is_empty() {
            return owners.is_empty().then_some(owners);
        }
        let start = *self.names.range(..=covered + 1).next_back()?.0;
        let mut names = self.names.range(start..).peekable();
        while let Some((first, file)) = names.next() {
            let frames = &self.files[*file].frames;
            let found = scan(frames, 0, frames.len(), first - 1);
            let head = first - 1 + found.winners.len() as u8;
            let ends_well = names.peek().is_none_or(|(next, _)| {
                (found.sealed_at.is_some() && head + 1 == **next) || (!sealed && head + 1 >= **next)
            });
            if found.corrupt || !ends_well {
                return None;
            }
            let versions = (*first..).zip(&found.winners);
            owners.extend(versions.filter(|(version, _)| *version > covered).map(|(_, (_, owner))| *owner));
        }
        (owners.len() as u8 >= covered).then_some(owners)
    }

    /// How many independent things a power cut decides: each frame and each name that is in memory only.
    pub fn open_questions(&self) -> u32 {
        let frames: usize = self.files.iter().map(|file| file.frames.len() - file.synced).sum();
        frames as u32 + self.names_in_doubt().count() as u32
    }

    fn names_in_doubt(&self) -> impl Iterator<Item = u8> + '_ {
        let all: std::collections::BTreeSet<u8> =
            self.names.keys().chain(self.durable_names.keys()).copied().collect();
        all.into_iter().filter(|name| self.names.get(name) != self.durable_names.get(name))
    }

    /// The power fails. Each bit of `kept` says of one thing in memory whether it had reached the disk.
    pub fn cut(&mut self, mut kept: u32) {
        let mut is_kept = || {
            let bit = kept & 1 == 1;
            kept >>= 1;
            bit
        };
        let doubts: Vec<u8> = self.names_in_doubt().collect();
        for name in doubts {
            if !is_kept() {
                match self.durable_names.get(&name) {
                    Some(file) => self.names.insert(name, *file),
                    None => self.names.remove(&name),
                };
            }
        }
        for file in &mut self.files {
            for frame in file.frames.iter_mut().skip(file.synced) {
                if !is_kept() {
                    *frame = Frame::Torn;
                }
            }
            // Bytes that are no frame at the end are as good as no bytes.
            while file.frames.last() == Some(&Frame::Torn) {
                file.frames.pop();
            }
            file.synced = file.frames.len();
        }
        self.sync_names();
        for (at, file) in self.files.iter_mut().enumerate() {
            if !self.names.values().any(|named| *named == at) {
                *file = File::default();
            }
        }
    }
}
