//! What is in the folder: records, which stand for segments, and snapshots.

/// Whether a name is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// For good.
    Durable,
    /// Until a power cut.
    Made,
    /// It is gone, until a power cut.
    Removed,
    /// Gone for good.
    Gone,
}

impl Presence {
    /// Whether a listing shows it.
    pub fn is_seen(self) -> bool {
        matches!(self, Presence::Durable | Presence::Made)
    }

    fn flushed(self) -> Presence {
        if self.is_seen() { Presence::Durable } else { Presence::Gone }
    }
}

/// A snapshot file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kept {
    /// Its version.
    pub version: u8,
    /// The fold in it.
    pub state: Vec<u8>,
    /// It is what was written.
    pub whole: bool,
    /// Whether its name is there.
    pub presence: Presence,
}

/// The folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Folder {
    /// Records from version 1 on.
    pub records: Vec<(u8, Presence)>,
    /// Snapshots, ascending.
    pub snapshots: Vec<Kept>,
}

impl Folder {
    /// A record that is there.
    pub fn record(&self, version: u8) -> Option<u8> {
        let (record, presence) = self.records.get(usize::from(version) - 1)?;
        presence.is_seen().then_some(*record)
    }

    /// Whether the record of a version is there.
    pub fn has_record(&self, version: u8) -> bool {
        self.record(version).is_some()
    }

    /// The oldest version that is there; one more than the last where none is.
    pub fn floor(&self) -> u8 {
        let gone = self.records.iter().take_while(|(_, presence)| !presence.is_seen()).count();
        gone as u8 + 1
    }

    /// The last version.
    pub fn head(&self) -> u8 {
        self.records.len() as u8
    }

    /// Snapshots that a listing shows, newest first.
    pub fn seen(&self) -> impl Iterator<Item = &Kept> {
        self.snapshots.iter().rev().filter(|kept| kept.presence.is_seen())
    }

    /// Versions of the snapshots that can be read.
    pub fn whole_snapshots(&self) -> impl Iterator<Item = u8> {
        self.seen().filter(|kept| kept.whole).map(|kept| kept.version)
    }

    /// A snapshot file, if it is there.
    pub fn snapshot(&self, version: u8) -> Option<&Kept> {
        self.seen().find(|kept| kept.version == version)
    }

    /// Gives a snapshot its name; one that is there is replaced.
    pub fn name_snapshot(&mut self, version: u8, state: Vec<u8>) {
        let kept = Kept { version, state, whole: true, presence: Presence::Made };
        match self.snapshots.binary_search_by_key(&version, |kept| kept.version) {
            Ok(at) if self.snapshots[at].presence == Presence::Durable => {
                self.snapshots[at] = Kept { presence: Presence::Durable, ..kept };
            }
            Ok(at) => self.snapshots[at] = kept,
            Err(at) => self.snapshots.insert(at, kept),
        }
    }

    /// The older of the two newest whole snapshots; 0 where there are no two.
    pub fn oldest_kept(&self) -> u8 {
        self.whole_snapshots().nth(1).unwrap_or(0)
    }

    /// Removes the snapshots before a version.
    pub fn remove_snapshots_before(&mut self, version: u8) {
        for kept in self.snapshots.iter_mut().filter(|kept| kept.version < version) {
            remove(&mut kept.presence);
        }
    }

    /// Removes a record.
    pub fn remove_record(&mut self, version: u8) {
        remove(&mut self.records[usize::from(version) - 1].1);
    }

    /// Flushes the folder.
    pub fn sync(&mut self) {
        self.names().for_each(|presence| *presence = presence.flushed());
        self.forget();
    }

    /// A snapshot is not what was written any more.
    pub fn damage(&mut self, version: u8) {
        self.snapshots.iter_mut().filter(|kept| kept.version == version).for_each(|kept| kept.whole = false);
    }

    /// How many names a power cut decides about.
    pub fn open_questions(&self) -> u32 {
        let mut copy = self.clone();
        copy.names().filter(|presence| !matches!(presence, Presence::Durable | Presence::Gone)).count() as u32
    }

    /// The power fails. Each bit of `kept` says whether what was done to a name had reached the disk.
    pub fn cut(&mut self, mut kept: u32) {
        for presence in self.names() {
            if matches!(presence, Presence::Made | Presence::Removed) {
                let undone = if *presence == Presence::Made { Presence::Gone } else { Presence::Durable };
                *presence = if kept & 1 == 1 { presence.flushed() } else { undone };
                kept >>= 1;
            }
        }
        self.forget();
    }

    fn names(&mut self) -> impl Iterator<Item = &mut Presence> {
        let records = self.records.iter_mut().map(|(_, presence)| presence);
        records.chain(self.snapshots.iter_mut().map(|kept| &mut kept.presence))
    }

    fn forget(&mut self) {
        self.snapshots.retain(|kept| kept.presence != Presence::Gone);
    }
}

fn remove(presence: &mut Presence) {
    *presence = match presence {
        Presence::Durable | Presence::Removed => Presence::Removed,
        Presence::Made | Presence::Gone => Presence::Gone,
    };
}
