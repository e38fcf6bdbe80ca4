//! What the store really holds.

use std::collections::{BTreeMap, BTreeSet};

use highwater_format::{Fact, Record};
use highwater_store::{
    Append, BackupFile, Damage, Journal, Page, Reset, Retained, StoreError, Tail, Versioned,
};

use super::backups::Backups;
use crate::bug::Bug;
use crate::fault::Fault;
use crate::invariants::{Audit, Kept, Landed, Snapshots, Violation, Winners};
use crate::random::Random;

/// What a host asked of the store.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Read,
    ReadFrom(u64),
    Append(u64, Vec<u8>),
    PutSnapshot(u64, Vec<u8>),
    Trim(u64),
    List { prefix: String, cursor: Option<String>, limit: usize },
    Beat(String, Vec<u8>),
    Beats,
    ReadAll,
    PutBackup(String, Vec<u8>),
    Backups,
    ReadBackup(String),
    DeleteBackup(String),
    Reset(u64, Vec<u8>),
}

/// What it got.
#[derive(Clone, Debug)]
pub(crate) enum Got {
    Journal(Journal),
    Tail(Tail),
    Append(Append),
    Done,
    Page(Page),
    Beats(Vec<(String, Vec<u8>)>),
    Retained(Retained),
    Backups(Vec<BackupFile>),
    Backup(Option<Vec<u8>>),
    Reset(Reset),
}

/// What becomes of a request.
pub(crate) type Fate = Option<Fault>;

/// A request under way.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Number of the door, that is of the life of a host.
    pub(crate) life: u64,
    pub(crate) host: usize,
    pub(crate) key: String,
    /// Absent once it was carried out, or will never be.
    pub(crate) asked: Option<Asked>,
    pub(crate) fate: Fate,
    /// It is not carried out before this time.
    pub(crate) not_before_us: u64,
    pub(crate) got: Option<Result<Got, StoreError>>,
    /// Nobody waits for it any more.
    pub(crate) is_orphan: bool,
}

/// The beats of a worker, with the times at which they landed.
#[derive(Clone, Debug, Default)]
pub(crate) struct BeatTruth {
    pub(crate) bytes: Vec<u8>,
    /// Number and time of each beat.
    pub(crate) landed: Vec<(u64, u64)>,
}

/// What is known around a record that lands.
#[derive(Clone, Copy, Debug)]
struct Around<'a> {
    at_us: u64,
    clocks_set_us: &'a BTreeMap<usize, u64>,
    origin: Option<&'a Kept>,
}

/// One journal.
#[derive(Debug, Default)]
pub(crate) struct Journaled {
    /// All records that ever landed, trimmed or not; none where a repair has passed over versions.
    pub(crate) records: Vec<Vec<u8>>,
    /// After how many submissions and replies each landed.
    pub(crate) landed: Vec<u64>,
    pub(crate) trimmed: u64,
    pub(crate) snapshots: BTreeMap<u64, Vec<u8>>,
    pub(crate) beats: BTreeMap<String, BeatTruth>,
    pub(crate) backups: Backups,
    is_torn: bool,
    /// Records as they are read, where they went bad.
    bad: BTreeMap<u64, Vec<u8>>,
    /// Some record went bad at some time.
    pub(crate) was_bad: bool,
    /// The snapshots that the journal began anew with.
    pub(crate) bases: BTreeMap<u64, Vec<u8>>,
    pub(crate) audit: Audit,
    pub(crate) put: Snapshots,
    winners: Winners,
}

/// All journals, and what is under way.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) journals: BTreeMap<String, Journaled>,
    pub(crate) pending: BTreeMap<u64, Pending>,
    pub(crate) last: u64,
    /// Versions that each door was told to be there.
    told: BTreeMap<(u64, String), u64>,
    bug: Option<Bug>,
    /// Doors and keys through which a turned bit came.
    pub(crate) flipped: BTreeSet<(u64, String)>,
    /// When the clock of each host was last set.
    pub(crate) clocks_set_us: BTreeMap<usize, u64>,
}

impl Truth {
    pub(crate) fn new(bug: Option<Bug>) -> Truth {
        Truth { bug, ..Truth::default() }
    }

    pub(crate) fn all_records(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        let written = self.journals.iter().filter(|(_, journal)| !journal.records.is_empty());
        written.map(|(key, journal)| (key.clone(), journal.records.clone())).collect()
    }

    /// A planted bug: the last record of each journal is gone.
    pub(crate) fn lose_last(&mut self) {
        for journal in
            self.journals.values_mut().filter(|journal| journal.records.len() as u64 > journal.trimmed)
        {
            journal.records.pop();
        }
    }

    /// The version that a door was told to be there.
    pub(crate) fn told(&self, life: u64, key: &str) -> u64 {
        self.told.get(&(life, key.to_owned())).copied().unwrap_or(0)
    }

    /// What came of a request, which nobody waits for from now on.
    pub(crate) fn take_answer(&mut self, number: u64) -> Option<Result<Got, StoreError>> {
        let pending = self.pending.get_mut(&number)?;
        let got = pending.got.take();
        pending.is_orphan = true;
        if pending.asked.is_none() {
            self.pending.remove(&number);
        }
        got
    }

    /// Carries out what was asked through this door.
    pub(crate) fn carry_out(
        &mut self,
        life: u64,
        key: &str,
        asked: Asked,
        fate: Fate,
        now_us: u64,
    ) -> Result<Result<Got, StoreError>, Violation> {
        if let Asked::List { prefix, cursor, limit } = asked {
            return Ok(Ok(Got::Page(self.list(&prefix, cursor.as_deref(), limit))));
        }
        let origin = match &asked {
            Asked::Append(1, bytes) => self.origin(bytes),
            _ => None,
        };
        let told = self.told.entry((life, key.to_owned())).or_default();
        let journal = self.journals.entry(key.to_owned()).or_default();
        let head = journal.records.len() as u64;
        let kept = if self.bug == Some(Bug::ForgetTold) { 0 } else { *told };
        let visible = if fate == Some(Fault::Stale) { kept.max(journal.trimmed) } else { head };
        Ok(Ok(match asked {
            Asked::Append(version, bytes) => {
                if version > head + 1 {
                    let what = format!("version {version} of {key} is asked for, and the last one is {head}");
                    return Err(Violation::new("no-gap", what));
                }
                if fate != Some(Fault::UnknownLanded) && fate != Some(Fault::UnknownLate) {
                    *told = (*told).max(version);
                }
                if self.bug == Some(Bug::GiveTrimmedOut) && version <= journal.trimmed {
                    journal.winners.won(version)?;
                    return Ok(Ok(Got::Append(Append::Appended)));
                }
                Got::Append({
                    let clocks_set_us = &self.clocks_set_us;
                    let around = Around { at_us: now_us, clocks_set_us, origin: origin.as_ref() };
                    journal.append(key, version, bytes, &around)?
                })
            }
            Asked::Read => {
                *told = (*told).max(visible);
                Got::Journal(journal.read(visible, fate == Some(Fault::SnapshotDamaged)))
            }
            Asked::ReadFrom(version) if version <= journal.trimmed => {
                Got::Tail(Tail::Trimmed { floor: journal.trimmed + 1 })
            }
            Asked::ReadFrom(version) => {
                *told = (*told).max(visible);
                let mut records = journal.records_from(version.max(1), visible);
                if self.bug == Some(Bug::CutRecord)
                    && let Some(last) = records.last_mut()
                {
                    last.bytes.pop();
                }
                Got::Tail(Tail::Records { records, damage: journal.damage() })
            }
            Asked::Beat(worker, bytes) => {
                journal.beat(worker, bytes, now_us);
                Got::Done
            }
            Asked::Reset(version, bytes) => {
                *told = (*told).max(version);
                Got::Reset(journal.reset(key, version, bytes)?)
            }
            other => return journal.look_after(key, other),
        }))
    }

    /// What the first record of a fork starts from.
    fn origin(&self, bytes: &[u8]) -> Option<Kept> {
        let record = Record::decode(bytes).ok()?;
        let Fact::StateReplaced(fact) = &record.facts.first()?.fact else { return None };
        self.journals.get(fact.source.as_ref()?)?.audit.kept(fact.source_version).cloned()
    }

    fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Page {
        let written = self.journals.iter().filter(|(_, journal)| !journal.records.is_empty());
        let after =
            |key: &&String| key.starts_with(prefix) && cursor.is_none_or(|cursor| key.as_str() > cursor);
        let mut keys: Vec<String> = written.map(|(key, _)| key).filter(after).cloned().collect();
        let more = keys.len() > limit.max(1);
        keys.truncate(limit.max(1));
        let next = if more { keys.last().cloned() } else { None };
        Page { keys, next }
    }
}

impl Journaled {
    /// What is done beside the commits.
    fn look_after(&mut self, key: &str, asked: Asked) -> Result<Result<Got, StoreError>, Violation> {
        Ok(Ok(match asked {
            Asked::PutSnapshot(version, bytes) => {
                self.put_snapshot(key, version, bytes)?;
                Got::Done
            }
            Asked::Trim(up_to) => {
                self.trim(key, up_to)?;
                Got::Done
            }
            Asked::Beats => {
                let beats = self.beats.iter().map(|(name, beat)| (name.clone(), beat.bytes.clone()));
                Got::Beats(beats.collect())
            }
            Asked::ReadAll => Got::Retained(self.read_all()),
            Asked::PutBackup(name, bytes) => {
                crate::invariants::check_backup(&bytes, self).map_err(|it| it.of(key))?;
                return Ok(self.backups.put(&name, bytes).map(|()| Got::Done));
            }
            Asked::Backups => Got::Backups(self.backups.list()),
            Asked::ReadBackup(name) => Got::Backup(self.backups.read(&name)),
            Asked::DeleteBackup(name) => {
                self.backups.delete(&name);
                Got::Done
            }
            other => unreachable!("{other:?} is carried out by the truth"),
        }))
    }

    fn beat(&mut self, worker: String, bytes: Vec<u8>, at_us: u64) {
        let number = highwater_format::Beat::decode(&bytes).map_or(0, |beat| beat.sequence);
        let beat = self.beats.entry(worker).or_default();
        beat.bytes = bytes;
        beat.landed.push((number, at_us));
    }

    fn append(
        &mut self,
        key: &str,
        version: u64,
        bytes: Vec<u8>,
        around: &Around<'_>,
    ) -> Result<Append, Violation> {
        if version <= self.records.len() as u64 {
            return Ok(Append::Taken);
        }
        self.winners.won(version)?;
        let record = Record::decode(&bytes).map_err(|error| {
            Violation::new("records-are-whole", format!("version {version} of {key}: {error}"))
        })?;
        let Around { at_us, clocks_set_us, origin } = *around;
        let (record, bytes_of, beats) = (&record, bytes.as_slice(), &self.beats);
        let landed = Landed { version, record, bytes: bytes_of, at_us, beats, clocks_set_us, origin };
        let audited = self.audit.observe(&landed).map_err(|violation| violation.of(key));
        self.records.push(bytes);
        audited.map(|()| Append::Appended)
    }

    fn records_from(&self, version: u64, last: u64) -> Vec<Versioned> {
        (version..=last)
            .filter_map(|version| {
                let whole = self.records.get(usize::try_from(version).ok()?.checked_sub(1)?)?;
                let bytes = self.bad.get(&version).unwrap_or(whole).clone();
                Some(Versioned { version, bytes })
            })
            .collect()
    }

    fn read(&self, visible: u64, damaged: bool) -> Journal {
        let mut kept = self.snapshots.range(..=visible).rev();
        let mut damage = self.damage();
        // What is not kept any more was there once, and a stale answer may still be of then.
        let mut newest = kept.next().or_else(|| self.bases.range(..=visible).next_back());
        if damaged
            && let Some(before) = kept.next()
            && *before.0 >= self.trimmed
        {
            newest = Some(before);
            damage
                .push(Damage { what: "a snapshot cannot be read".to_owned(), place: "snapshots".to_owned() });
        }
        let from = newest.map_or(0, |(version, _)| *version);
        let snapshot = newest.map(|(version, bytes)| Versioned { version: *version, bytes: bytes.clone() });
        Journal { snapshot, tail: self.records_from(from + 1, visible), damage }
    }

    pub(crate) fn read_all(&self) -> Retained {
        let snapshots = self.snapshots.iter();
        let snapshots =
            snapshots.map(|(version, bytes)| Versioned { version: *version, bytes: bytes.clone() }).collect();
        let records = self.records_from(self.trimmed + 1, self.records.len() as u64);
        let last_version = self.records.len() as u64;
        Retained { snapshots, records, last_version, damage: self.damage() }
    }

    fn damage(&self) -> Vec<Damage> {
        let torn = || Damage { what: "a torn record was skipped".to_owned(), place: "the log".to_owned() };
        self.is_torn.then(torn).into_iter().collect()
    }

    pub(crate) fn tear(&mut self) {
        self.is_torn = true;
    }

    fn put_snapshot(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Result<(), Violation> {
        if self.bases.keys().next_back().is_some_and(|base| version < *base) {
            return Ok(());
        }
        let base = self.bases.last_key_value().map(|(version, bytes)| (*version, bytes.clone()));
        let put = self.put.observe(version, &bytes, base, &self.records, &self.audit);
        self.snapshots.insert(version, bytes);
        while self.snapshots.len() > 3 {
            self.snapshots.pop_first();
        }
        put.map_err(|violation| violation.of(key))
    }

    fn trim(&mut self, key: &str, up_to: u64) -> Result<(), Violation> {
        if up_to <= self.trimmed {
            return Ok(());
        }
        crate::invariants::check_trim(&self.snapshots, up_to).map_err(|violation| violation.of(key))?;
        let covered = self.snapshots.keys().next_back().copied().unwrap_or(0);
        self.trimmed = self.trimmed.max(up_to.min(covered));
        self.bad = self.bad.split_off(&(self.trimmed + 1));
        Ok(())
    }

    /// Whether there is a record that can go bad.
    pub(crate) fn has_records(&self) -> bool {
        self.records.len() as u64 > self.trimmed
    }

    /// A bit of some record is turned, and stays so. Says of which.
    pub(crate) fn rot(&mut self, luck: &mut Random) -> u64 {
        let version = luck.between(self.trimmed + 1, self.records.len() as u64);
        let mut bytes = self.records[version as usize - 1].clone();
        let bit = luck.below(bytes.len() as u64 * 8);
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        self.was_bad = true;
        self.bad.insert(version, bytes);
        version
    }

    fn reset(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Result<Reset, Violation> {
        if version <= self.records.len() as u64 {
            return Ok(Reset::Taken);
        }
        self.winners.won(version)?;
        self.audit.repaired(version, &bytes).map_err(|violation| violation.of(key))?;
        let skipped = version as usize;
        self.records.resize(skipped, Vec::new());
        self.landed.resize(skipped, u64::MAX);
        self.trimmed = version;
        self.bad.clear();
        self.snapshots = BTreeMap::from([(version, bytes.clone())]);
        self.put = Snapshots::default();
        self.bases.insert(version, bytes);
        Ok(Reset::Done { set_aside: Some("beside it".to_owned()) })
    }
}
