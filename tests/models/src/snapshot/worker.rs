//! A worker: what it folded, what it is reading, and its upkeep.

use super::Rule;
use super::folder::Folder;

/// One worker, that is, one engine with its store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Worker {
    state: Vec<u8>,
    reading: Option<Reading>,
    was_read: bool,
    upkeep: Upkeep,
    /// The last snapshot that it knows to be kept.
    snapshot_version: u8,
}

/// How far a reader is. Each is one look at the folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Reading {
    /// Half of the listing is done: the snapshots, or the log.
    HalfListed { head_at_begin: usize, snapshots: Option<Vec<u8>>, log: Option<(u8, u8)> },
    /// The files of a listing are opened, the newest snapshot first.
    Snapshot { head_at_begin: usize, snapshots: Vec<u8>, at: usize, log: (u8, u8) },
    /// Then the log after it.
    Log { head_at_begin: usize, state: Vec<u8>, last: u8 },
}

/// What goes on beside the commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Upkeep {
    #[default]
    None,
    /// A snapshot has its name, and the folder is to be flushed.
    Named { version: u8 },
    /// It is durable, and so is the one that was listed as the oldest to keep: those before that are to be removed.
    Durable { version: u8, oldest_kept: u8 },
    /// The store was asked to trim.
    Trim { up_to: u8 },
    /// It removes records, the oldest first.
    Removing { up_to: u8 },
    /// There were no records to remove; snapshots are, now that those that stay are durable.
    Cleaning { oldest_kept: u8 },
}

/// Where a step of reading came to.
pub(super) enum Came {
    On,
    /// Something went away meanwhile, and it begins anew.
    Over,
    /// A record is missing.
    ToHole,
    ToEnd {
        head_at_begin: usize,
    },
}

impl Worker {
    /// Whether it knows a state.
    pub fn is_ready(&self) -> bool {
        self.was_read
    }

    /// Whether its next step is the first of reading.
    pub fn begins_to_read(&self) -> bool {
        !self.was_read && self.reading.is_none()
    }

    /// The state that it knows.
    pub fn state(&self) -> &[u8] {
        &self.state
    }

    /// The version that it knows.
    pub fn known(&self) -> usize {
        self.state.len()
    }

    pub(super) fn append(&mut self, record: u8) {
        self.state.push(record);
    }

    /// `read_from`: what is new, or the news that it was trimmed, upon which everything is read.
    pub(super) fn catch_up(&mut self, folder: &Folder, rule: Rule) {
        let new = self.state.len() as u8 + 1..=folder.head();
        if new.clone().all(|version| folder.has_record(version)) || rule == Rule::FoldsOverGap {
            self.state.extend(new.filter_map(|version| folder.record(version)));
        } else {
            self.was_read = false;
            self.state.clear();
        }
    }

    /// `try_read`, one look at the folder at a time. `head` is the last version there is.
    pub(super) fn read(&mut self, folder: &Folder, rule: Rule, head: usize, log_first: bool) -> Came {
        let list_snapshots = || folder.seen().map(|kept| kept.version).collect::<Vec<u8>>();
        let list_log = || (folder.floor(), folder.head());
        match self.reading.take() {
            None => {
                let (snapshots, log) =
                    if log_first { (None, Some(list_log())) } else { (Some(list_snapshots()), None) };
                self.reading = Some(Reading::HalfListed { head_at_begin: head, snapshots, log });
                Came::On
            }
            Some(Reading::HalfListed { head_at_begin, snapshots, log }) => {
                let snapshots = snapshots.unwrap_or_else(list_snapshots);
                let log = log.unwrap_or_else(list_log);
                self.reading = Some(Reading::Snapshot { head_at_begin, snapshots, at: 0, log });
                Came::On
            }
            Some(Reading::Snapshot { head_at_begin, snapshots, at, log: (floor, last) }) => {
                let state = match snapshots.get(at).map(|version| folder.snapshot(*version)) {
                    None => Vec::new(),
                    Some(Some(kept)) if kept.whole => kept.state.clone(),
                    Some(None) => return Came::Over,
                    Some(_) => {
                        let (at, log) = (at + 1, (floor, last));
                        self.reading = Some(Reading::Snapshot { head_at_begin, snapshots, at, log });
                        return Came::On;
                    }
                };
                let covered = state.len() as u8;
                if floor > covered + 1 || last < covered {
                    // Only a hole that a second listing shows too is one.
                    let is_same = (list_snapshots(), list_log()) == (snapshots, (floor, last));
                    let is_same = is_same || rule == Rule::BelievesOneListing;
                    return if is_same { Came::ToHole } else { Came::Over };
                }
                self.reading = Some(Reading::Log { head_at_begin, state, last });
                Came::On
            }
            Some(Reading::Log { head_at_begin, mut state, last }) => {
                let next = state.len() as u8 + 1;
                if next > last {
                    // The listing that is made at the end must show the same last segment.
                    return if folder.head() == last {
                        self.ready(folder, state, head_at_begin)
                    } else {
                        Came::Over
                    };
                }
                match folder.record(next) {
                    Some(record) => state.push(record),
                    None if rule == Rule::GoesOnWithoutFile => {
                        return self.ready(folder, state, head_at_begin);
                    }
                    None => return Came::Over,
                }
                self.reading = Some(Reading::Log { head_at_begin, state, last });
                Came::On
            }
        }
    }

    fn ready(&mut self, folder: &Folder, state: Vec<u8>, head_at_begin: usize) -> Came {
        self.state = state;
        self.was_read = true;
        self.snapshot_version = self.snapshot_version.max(folder.whole_snapshots().next().unwrap_or(0));
        Came::ToEnd { head_at_begin }
    }

    /// Whether there is upkeep to do.
    pub fn has_upkeep(&self) -> bool {
        self.upkeep != Upkeep::None || (self.was_read && self.known() > usize::from(self.snapshot_version))
    }

    /// `maintain`, `put_snapshot`, `snapshot_kept` and `try_trim`, one change of the folder at a time.
    pub(super) fn upkeep(&mut self, folder: &mut Folder, rule: Rule) {
        self.upkeep = match std::mem::take(&mut self.upkeep) {
            Upkeep::None => self.name_snapshot(folder, rule),
            Upkeep::Named { version } if rule == Rule::TrimsBeforeDurable => {
                self.snapshot_version = version;
                Upkeep::Removing { up_to: version }
            }
            Upkeep::Named { version } => {
                // The listing comes before the flush. What others name in between is flushed too, and so changes nothing.
                let oldest_kept = folder.oldest_kept();
                folder.sync();
                Upkeep::Durable { version, oldest_kept }
            }
            Upkeep::Durable { version, mut oldest_kept } => {
                if rule == Rule::RemovesBeforeDurable {
                    oldest_kept = folder.oldest_kept();
                }
                folder.remove_snapshots_before(oldest_kept);
                self.kept(version, rule)
            }
            Upkeep::Trim { up_to } => {
                let whole = folder.whole_snapshots().nth(usize::from(rule != Rule::TrimsUpToNewest));
                let up_to = up_to.min(whole.unwrap_or(0));
                if folder.floor() <= up_to && folder.floor() < folder.head() {
                    folder.sync();
                    Upkeep::Removing { up_to }
                } else {
                    let oldest_kept = folder.oldest_kept();
                    folder.sync();
                    Upkeep::Cleaning { oldest_kept }
                }
            }
            Upkeep::Cleaning { oldest_kept } => {
                folder.remove_snapshots_before(oldest_kept);
                Upkeep::None
            }
            Upkeep::Removing { up_to } => {
                let oldest = folder.floor();
                // The last segment never goes.
                if oldest <= up_to && oldest < folder.head() {
                    folder.remove_record(oldest);
                    Upkeep::Removing { up_to }
                } else {
                    folder.sync();
                    Upkeep::None
                }
            }
        };
    }

    fn name_snapshot(&mut self, folder: &mut Folder, rule: Rule) -> Upkeep {
        let mut state = self.state.clone();
        if rule == Rule::SnapshotOfStaged && state.len() < usize::from(folder.head()) {
            // Its own record, which another writer was faster than.
            state.push(u8::MAX);
        }
        let version = state.len() as u8;
        let newer = folder.seen().filter(|kept| kept.version > version).count();
        if newer < 2 {
            folder.name_snapshot(version, state);
            return Upkeep::Named { version };
        }
        self.kept(version, rule)
    }

    /// The engine is told that its snapshot is kept, and lets go of the log before the one before.
    fn kept(&mut self, version: u8, rule: Rule) -> Upkeep {
        let before = self.snapshot_version;
        if version <= before {
            return Upkeep::None;
        }
        self.snapshot_version = version;
        let up_to = if rule == Rule::TrimsUpToNewest { version } else { before };
        if up_to > 0 { Upkeep::Trim { up_to } } else { Upkeep::None }
    }
}
