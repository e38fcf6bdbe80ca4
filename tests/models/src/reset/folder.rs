//! What is in the folder of a journal: segments, pending snapshots, and the one that it was started anew with.

use std::collections::BTreeMap;

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// A record of a version, by its owner.
    Record(u8, u8),
    /// A seal that claims a version.
    Seal(u8),
    /// A seal that claims whatever version is awaited.
    Stop,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct File {
    /// The first version that it can hold.
    pub first: u8,
    /// Its frames, in the order in which they were written.
    pub frames: Vec<Frame>,
}

/// What a reader makes of some frames of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    /// The last version that has a record.
    pub head: u8,
    /// The owner of that, when it is in the segment.
    pub owner: Option<u8>,
    /// Whether a seal or a stop ended it.
    pub sealed: bool,
}

/// One look at the names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    /// The version that the journal was started anew at.
    pub start: u8,
    /// The first versions of the segments above it.
    pub segments: Vec<u8>,
    /// Whose snapshots are pending.
    pub pending: Vec<u8>,
}

/// The folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Folder {
    /// Every segment that was made.
    pub files: Vec<File>,
    /// Their names: first versions, and which file it is. A segment that does not count keeps its name here.
    pub names: BTreeMap<u8, usize>,
    /// Whose snapshots are pending.
    pub pending: Vec<u8>,
    /// The version that the journal was started anew at, and by whom.
    pub start: Option<(u8, u8)>,
}

impl File {
    /// What is in the first `until` frames.
    pub fn scan(&self, until: usize) -> Scan {
        let mut found = Scan { head: self.first - 1, owner: None, sealed: false };
        for frame in &self.frames[..until] {
            match frame {
                _ if found.sealed => {}
                Frame::Record(version, owner) if *version == found.head + 1 => {
                    found.head = *version;
                    found.owner = Some(*owner);
                }
                Frame::Seal(version) if *version == found.head + 1 => found.sealed = true,
                Frame::Stop => found.sealed = true,
                Frame::Record(..) | Frame::Seal(_) => {}
            }
        }
        found
    }

    /// What is in all of it.
    pub fn look(&self) -> Scan {
        self.scan(self.frames.len())
    }

    /// Whether nothing stands behind the record that it was made with.
    pub fn has_only_its_first(&self) -> bool {
        matches!(self.frames[..], [Frame::Record(..)])
    }

    /// Whether somebody has gone on with it.
    pub fn is_used(&self) -> bool {
        self.frames.iter().skip(1).any(|frame| *frame != Frame::Stop)
    }
}

impl Folder {
    /// Lists it.
    pub fn list(&self) -> Listing {
        let start = self.start.map_or(0, |(version, _)| version);
        let segments = self.names.keys().copied().filter(|first| *first > start).collect();
        Listing { start, segments, pending: self.pending.clone() }
    }

    /// The segment of this name.
    pub fn file(&self, first: u8) -> &File {
        &self.files[self.names[&first]]
    }

    /// Gives a new segment its name, unless there is one.
    pub fn link(&mut self, first: u8, frames: Vec<Frame>) -> Option<usize> {
        if self.names.contains_key(&first) {
            return None;
        }
        self.names.insert(first, self.files.len());
        self.files.push(File { first, frames });
        Some(self.files.len() - 1)
    }

    /// Removes what somebody has pending, if it is there.
    pub fn withdraw(&mut self, whose: u8) -> bool {
        let before = self.pending.len();
        self.pending.retain(|other| *other != whose);
        self.pending.len() < before
    }

    /// Who has a version: the owner of its record, or whoever started the journal anew there. `None` when nobody has, or when it
    /// is below that.
    pub fn owner_of(&self, version: u8) -> Option<u8> {
        let Listing { start, segments, .. } = self.list();
        if version == start {
            return self.start.map(|(_, owner)| owner);
        }
        let first = segments.into_iter().rfind(|first| *first <= version)?;
        let file = self.file(first);
        let until = (1..=file.frames.len()).find(|until| file.scan(*until).head == version)?;
        file.scan(until).owner
    }

    /// Whether a record can follow: the segment after the last one has a name of its own.
    pub fn goes_on(&self) -> bool {
        self.list().segments.last().is_none_or(|first| {
            let found = self.file(*first).look();
            !found.sealed || found.head >= *first
        })
    }
}
