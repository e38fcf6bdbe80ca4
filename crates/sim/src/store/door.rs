//! The store as one life of a host sees it: slow, and not always obliging.

use std::sync::Arc;

use highwater_store::{
    Append, BackupFile, Journal, Page, Reset, Retained, Store, StoreError, StoreFuture, Tail, check_key,
};

use super::truth::{Asked, Fate, Got, Pending};
use crate::fault::Fault;
use crate::random::Random;
use crate::time::{Due, MS};
use crate::world::{World, lock};

/// The store value of one life of a host.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    world: Arc<World>,
    host: usize,
    life: u64,
}

impl Door {
    pub(crate) fn new(world: Arc<World>, host: usize, life: u64) -> Door {
        Door { world, host, life }
    }

    async fn ask(&self, key: &str, asked: Asked) -> Result<Got, StoreError> {
        check_key(key)?;
        let (number, answer_us) = self.world.begin(self.host, self.life, key, asked);
        self.world.time.sleep_until(answer_us).await;
        match lock(&self.world.truth).take_answer(number) {
            Some(got) => got,
            None => unreachable!("an effect comes before its answer"),
        }
    }
}

fn unavailable(fault: Fault, may_have_happened: bool) -> StoreError {
    StoreError::Unavailable { message: format!("the simulated store fails: {fault}"), may_have_happened }
}

fn brief(asked: &Asked) -> String {
    match asked {
        Asked::Append(version, _) => format!("append {version}"),
        Asked::PutSnapshot(version, _) => format!("snapshot {version}"),
        Asked::Beat(worker, _) => format!("beat {worker}"),
        Asked::Reset(version, _) => format!("reset {version}"),
        Asked::PutBackup(name, _) => format!("backup {name}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// What the host is told instead of what really came out.
fn told_instead(fate: Fate) -> Option<StoreError> {
    let fault = fate?;
    Some(match fault {
        Fault::Unavailable | Fault::Full => unavailable(fault, false),
        Fault::UnknownLost | Fault::UnknownLanded | Fault::UnknownLate | Fault::Torn => {
            unavailable(fault, true)
        }
        Fault::Denied => StoreError::Denied { message: "the simulated store refuses".to_owned() },
        _ => return None,
    })
}

/// Whether the request has its effect all the same.
fn has_effect(fate: Fate) -> bool {
    !matches!(fate, Some(Fault::Unavailable | Fault::Full | Fault::UnknownLost | Fault::Torn | Fault::Denied))
}

/// The faults that a request of this kind can meet.
fn candidates(asked: &Asked) -> &'static [Fault] {
    use Fault::{
        Denied, Flip, Full, SnapshotDamaged, Stale, Torn, Unavailable, UnknownLanded, UnknownLate,
        UnknownLost,
    };
    match asked {
        Asked::Append(..) => {
            &[Unavailable, UnknownLost, UnknownLanded, UnknownLanded, UnknownLate, Torn, Denied, Full]
        }
        Asked::Read => &[Unavailable, Stale, Stale, Flip, SnapshotDamaged, Denied],
        Asked::ReadFrom(_) => &[Unavailable, Stale, Stale, Stale, Flip, Denied],
        Asked::PutSnapshot(..) | Asked::Trim(_) => {
            &[Unavailable, UnknownLost, UnknownLanded, UnknownLate, Full]
        }
        Asked::Beat(..) => &[Unavailable, UnknownLost, UnknownLanded, UnknownLate],
        Asked::Beats => &[Unavailable, Flip],
        Asked::List { .. } | Asked::ReadAll | Asked::Backups | Asked::ReadBackup(_) => &[Unavailable, Denied],
        Asked::PutBackup(..) => &[Unavailable, UnknownLost, UnknownLanded, UnknownLate, Full, Denied],
        Asked::Reset(..) => &[Unavailable, UnknownLost, UnknownLanded, UnknownLate, Denied],
        Asked::DeleteBackup(_) => &[Unavailable, UnknownLost, UnknownLanded, Denied],
    }
}

impl World {
    /// Sends a request off, and says when its answer comes.
    fn begin(&self, host: usize, life: u64, key: &str, asked: Asked) -> (u64, u64) {
        let now_us = self.time.now_us();
        let candidates = candidates(&asked);
        let fault = self.is_troubled(100).then(|| self.luck(|luck| *luck.pick(candidates)));
        let fate = fault.filter(|fault| self.strikes(*fault));
        let slow = if self.is_troubled(30) && self.strikes(Fault::Slow) { 100 } else { 1 };
        // The way there, or the way back.
        let (slow, slow_back) = self.luck(|luck| if luck.chance(500) { (slow, 1) } else { (1, slow) });
        let (there_us, back_us) = self.luck(|luck| (luck.between(100, 2 * MS), luck.between(100, MS)));
        let effect_us = now_us + there_us * slow;
        let answer_us = effect_us + back_us * slow_back;
        let late = fate == Some(Fault::UnknownLate);
        let not_before_us =
            if late { answer_us + self.luck(|luck| luck.between(1, 800)) * MS } else { effect_us };
        let mut truth = lock(&self.truth);
        truth.last += 1;
        let number = truth.last;
        let got = if late { told_instead(fate).map(Err) } else { None };
        let (key, asked) = (key.to_owned(), Some(asked));
        let pending = Pending { life, host, key, asked, fate, not_before_us, got, is_orphan: false };
        truth.pending.insert(number, pending);
        drop(truth);
        self.time.book(not_before_us, Due::Effect(number));
        (number, answer_us)
    }

    /// The time of a request has come: it is carried out, or not.
    pub(crate) fn carry_out(&self, number: u64) {
        let now_us = self.time.now_us();
        let mut truth = lock(&self.truth);
        let Some(pending) = truth.pending.get_mut(&number) else { return };
        if pending.not_before_us > now_us {
            return;
        }
        let (life, host, key, fate) = (pending.life, pending.host, pending.key.clone(), pending.fate);
        let Some(asked) = pending.asked.take() else { return };
        let words = brief(&asked);
        let is_snapshot = matches!(asked, Asked::PutSnapshot(..));
        let mut result = Ok(());
        let mut got = None;
        if has_effect(fate) {
            match truth.carry_out(life, &key, asked, fate, now_us) {
                Ok(done) => {
                    if matches!(done, Ok(Got::Append(Append::Appended))) {
                        truth.journals.entry(key.clone()).or_default().landed.push(self.order());
                    }
                    self.count(|figures| figures.snapshots += u64::from(is_snapshot));
                    got = Some(done);
                }
                Err(violation) => result = Err(violation),
            }
        } else if fate == Some(Fault::Torn) {
            truth.journals.entry(key.clone()).or_default().tear();
        }
        if fate == Some(Fault::Flip)
            && let Some(Ok(got)) = &mut got
            && self.luck(|luck| flip(got, luck))
        {
            truth.flipped.insert((life, key.clone()));
        }
        let outcome = told_instead(fate).map(Err).or(got.clone());
        let failed = outcome.clone().unwrap_or_else(|| Err(unavailable(Fault::Unavailable, true)));
        if let Some(pending) = truth.pending.get_mut(&number) {
            if pending.is_orphan {
                truth.pending.remove(&number);
            } else {
                pending.got.get_or_insert(failed);
            }
        }
        drop(truth);
        self.noted(host, &key, &words, fate, got.as_ref());
        self.check(result);
    }

    fn noted(&self, host: usize, key: &str, words: &str, fate: Fate, got: Option<&Result<Got, StoreError>>) {
        let (code, short) = match got {
            Some(Ok(Got::Append(Append::Appended))) => {
                self.count(|figures| figures.records += 1);
                (1, "appended".to_owned())
            }
            Some(Ok(Got::Append(Append::Taken))) => {
                self.count(|figures| figures.taken += 1);
                (2, "taken".to_owned())
            }
            Some(Ok(Got::Journal(journal))) => {
                (3 + (journal.head() << 8), format!("head {}", journal.head()))
            }
            Some(Ok(Got::Tail(Tail::Records { records, .. }))) => {
                (4 + ((records.len() as u64) << 8), format!("{} records", records.len()))
            }
            Some(Ok(Got::Tail(Tail::Trimmed { floor }))) => {
                (5 + (floor << 8), format!("trimmed below {floor}"))
            }
            Some(Ok(Got::Beats(beats))) => (6, format!("{} beats", beats.len())),
            Some(Ok(_)) => (7, "done".to_owned()),
            Some(Err(error)) => (8, error.to_string()),
            None => (9, "no effect".to_owned()),
        };
        let fault = fate.map_or(String::new(), |fault| format!("  !! {fault}"));
        self.note(&[host as u64, code, fate.map_or(99, |fault| fault as u64)], || {
            format!("store   for host {host}, {key}: {words} -> {short}{fault}")
        });
    }

    /// The host is dead: of its requests, some are lost, some have their effect, some have it later.
    pub(crate) fn orphan(&self, host: usize) {
        let now_us = self.time.now_us();
        let mut late = Vec::new();
        let mut cut_off = 0;
        let mut truth = lock(&self.truth);
        let of_host = |(number, pending): (&u64, &Pending)| {
            (pending.host == host && !pending.is_orphan).then_some(*number)
        };
        let numbers: Vec<u64> = truth.pending.iter().filter_map(of_host).collect();
        for number in numbers {
            let Some(pending) = truth.pending.get_mut(&number) else { continue };
            pending.is_orphan = true;
            if pending.asked.is_none() {
                truth.pending.remove(&number);
                continue;
            }
            cut_off += 1;
            match self.luck(|luck| luck.below(3)) {
                0 => {
                    truth.pending.remove(&number);
                }
                1 => {
                    pending.not_before_us = now_us + self.luck(|luck| luck.between(1, 3_000)) * MS;
                    late.push((pending.not_before_us, number));
                }
                _ => {}
            }
        }
        drop(truth);
        late.into_iter().for_each(|(at_us, number)| self.time.book(at_us, Due::Effect(number)));
        self.count(|figures| figures.cut_off += cut_off);
    }
}

/// Turns one bit of what is read. False if there is none.
fn flip(got: &mut Got, luck: &mut Random) -> bool {
    let mut blobs: Vec<&mut Vec<u8>> = match got {
        Got::Journal(Journal { snapshot, tail, .. }) => {
            snapshot.iter_mut().chain(tail.iter_mut()).map(|versioned| &mut versioned.bytes).collect()
        }
        Got::Tail(Tail::Records { records, .. }) => {
            records.iter_mut().map(|record| &mut record.bytes).collect()
        }
        Got::Beats(beats) => beats.iter_mut().map(|(_, bytes)| bytes).collect(),
        _ => Vec::new(),
    };
    if blobs.is_empty() {
        return false;
    }
    let at = luck.below(blobs.len() as u64) as usize;
    let bytes = &mut blobs[at];
    if bytes.is_empty() {
        return false;
    }
    let bit = luck.below(bytes.len() as u64 * 8);
    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    true
}

/// The door answers each request with what belongs to it.
macro_rules! answer {
    ($self:ident, $key:ident, $asked:expr, $got:pat => $value:expr) => {
        Box::pin(async move {
            match $self.ask($key, $asked).await? {
                $got => Ok($value),
                other => unreachable!("asked for something else than {other:?}"),
            }
        })
    };
}

impl Store for Door {
    fn read<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Journal> {
        answer!(self, key, Asked::Read, Got::Journal(journal) => journal)
    }

    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, Tail> {
        answer!(self, key, Asked::ReadFrom(version), Got::Tail(tail) => tail)
    }

    fn append<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Append> {
        answer!(self, key, Asked::Append(version, bytes), Got::Append(append) => append)
    }

    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        answer!(self, key, Asked::PutSnapshot(version, bytes), Got::Done => ())
    }

    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        answer!(self, key, Asked::Trim(up_to), Got::Done => ())
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page> {
        Box::pin(async move {
            let asked = Asked::List { prefix: prefix.to_owned(), cursor: cursor.map(str::to_owned), limit };
            match self.ask("-", asked).await? {
                Got::Page(page) => Ok(page),
                other => unreachable!("asked for something else than {other:?}"),
            }
        })
    }

    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        answer!(self, key, Asked::Beat(worker.to_owned(), bytes), Got::Done => ())
    }

    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        answer!(self, key, Asked::Beats, Got::Beats(beats) => beats)
    }

    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Retained> {
        answer!(self, key, Asked::ReadAll, Got::Retained(retained) => retained)
    }

    fn reset<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset> {
        answer!(self, key, Asked::Reset(version, bytes), Got::Reset(reset) => reset)
    }

    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        answer!(self, key, Asked::PutBackup(name.to_owned(), bytes), Got::Done => ())
    }

    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<BackupFile>> {
        answer!(self, key, Asked::Backups, Got::Backups(backups) => backups)
    }

    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        answer!(self, key, Asked::ReadBackup(name.to_owned()), Got::Backup(backup) => backup)
    }

    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        answer!(self, key, Asked::DeleteBackup(name.to_owned()), Got::Done => ())
    }

    fn is_local(&self) -> bool {
        true
    }
}
