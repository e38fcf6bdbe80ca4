//! Runs the steps of one case.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StoreBuilder;
use super::case::{Action, AppendExpect, Case, Step, StoreExpect};
use super::frames::{record_frame, snapshot_frame};
use super::model::Acknowledged;
use super::race;
use crate::{Append, Store, StoreError};

/// The stores that a case has open, and what they acknowledged.
pub(super) struct Runner<'a, B> {
    pub(super) builder: &'a B,
    stores: BTreeMap<usize, Arc<dyn Store>>,
    pub(super) keys: BTreeMap<String, Acknowledged>,
}

/// Runs one case; the error names the step and what was not as the contract says.
pub(super) fn run_case<B: StoreBuilder>(builder: &B, case: &Case) -> Result<(), String> {
    let mut runner = Runner { builder, stores: BTreeMap::new(), keys: BTreeMap::new() };
    for (index, step) in case.steps.iter().enumerate() {
        runner.step(step).map_err(|problem| {
            let step: String = format!("{:?}", step.action).chars().take(160).collect();
            format!("step {}, {step}: {problem}", index + 1)
        })?;
    }
    Ok(())
}

pub(super) fn unexpected(error: &StoreError) -> String {
    format!("failed with {error:?}")
}

impl<B: StoreBuilder> Runner<'_, B> {
    fn store(&mut self, number: usize) -> Arc<dyn Store> {
        Arc::clone(self.stores.entry(number).or_insert_with(|| self.builder.open()))
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        if matches!(step.action, Action::Reopen) {
            self.stores.clear();
            return Ok(());
        }
        let store = self.store(step.store);
        let store = store.as_ref();
        match &step.action {
            Action::Append { key, version, writer, size, expect } => {
                self.append(store, &key.get(), (*version, *writer, *size), *expect)
            }
            Action::Fill { key, from, to, writer, size } => (*from..=*to).try_for_each(|version| {
                self.append(store, &key.get(), (version, *writer, *size), AppendExpect::Appended)
            }),
            Action::Read { key, expect } => {
                let key = key.get();
                let journal = self.builder.wait(store.read(&key)).map_err(|error| unexpected(&error))?;
                self.keys.entry(key).or_default().check_read(&journal, expect)
            }
            Action::ReadFrom { key, version, expect } => {
                let key = key.get();
                let tail =
                    self.builder.wait(store.read_from(&key, *version)).map_err(|error| unexpected(&error))?;
                self.keys.entry(key).or_default().check_tail(&tail, *version, expect)
            }
            Action::PutSnapshot { key, version, size, expect } => {
                self.put_snapshot(store, &key.get(), *version, *size, *expect)
            }
            Action::Trim { key, up_to } => {
                self.builder.wait(store.trim(&key.get(), *up_to)).map_err(|error| unexpected(&error))
            }
            Action::List { prefix, limit, expect } => {
                let expect: Vec<String> = expect.iter().map(super::case::Text::get).collect();
                equal("the keys", &self.list(store, &prefix.get(), *limit)?, &expect)
            }
            Action::ListCount { prefix, limit, expect } => {
                equal("the number of keys", &self.list(store, &prefix.get(), *limit)?.len(), expect)
            }
            Action::Beat { key, worker, text, expect } => {
                let (key, worker, bytes) = (key.get(), worker.get(), text.get().into_bytes());
                stored(self.builder.wait(store.beat(&key, &worker, bytes)), *expect).map(|_| ())
            }
            Action::Beats { key, expect } => {
                let beats = self.builder.wait(store.beats(&key.get())).map_err(|error| unexpected(&error))?;
                let expect: Vec<_> =
                    expect.iter().map(|(worker, text)| (worker.get(), text.get().into_bytes())).collect();
                if beats == expect { Ok(()) } else { Err(format!("the beats are {beats:?}")) }
            }
            Action::Refused { key } => self.refused(store, &key.get()),
            Action::Reopen => Ok(()),
            Action::Race { key, to, writers, shared, size } => {
                let race = race::Race { key: &key.get(), to: *to, size: *size };
                let held = self.keys.entry(race.key.to_owned()).or_default();
                race.writers(self.builder, *writers, shared.then_some(store), held)
            }
            Action::ReadWhileAppending { key, to, readers, size } => {
                let race = race::Race { key: &key.get(), to: *to, size: *size };
                let held = self.keys.entry(race.key.to_owned()).or_default();
                race.readers(self.builder, *readers, held)
            }
            action => self.maintain(store, action),
        }
    }

    fn append(
        &mut self,
        store: &dyn Store,
        key: &str,
        (version, writer, size): (u64, u8, usize),
        expect: AppendExpect,
    ) -> Result<(), String> {
        let held = self.keys.entry(key.to_owned()).or_default();
        let frame = record_frame(version, writer, size, held.digest(version.wrapping_sub(1)));
        let outcome = match self.builder.wait(store.append(key, version, frame.clone())) {
            Ok(Append::Appended) => AppendExpect::Appended,
            Ok(Append::Taken) => AppendExpect::Taken,
            Err(StoreError::Unsupported { .. }) => AppendExpect::Unsupported,
            Err(error) => return Err(unexpected(&error)),
        };
        if outcome == AppendExpect::Appended && held.records.insert(version, frame).is_some() {
            return Err(format!("version {version} was acknowledged a second time"));
        }
        equal(&format!("the append of version {version}"), &outcome, &expect)
    }

    fn put_snapshot(
        &mut self,
        store: &dyn Store,
        key: &str,
        version: u64,
        size: usize,
        expect: StoreExpect,
    ) -> Result<(), String> {
        let held = self.keys.entry(key.to_owned()).or_default();
        let frame = snapshot_frame(version, size, held.digest(version));
        if stored(self.builder.wait(store.put_snapshot(key, version, frame.clone())), expect)? {
            held.snapshots.insert(version, frame);
        }
        Ok(())
    }

    /// All keys of all pages.
    fn list(&self, store: &dyn Store, prefix: &str, limit: usize) -> Result<Vec<String>, String> {
        let mut keys: Vec<String> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = self.builder.wait(store.list(prefix, cursor.as_deref(), limit));
            let page = page.map_err(|error| unexpected(&error))?;
            if page.keys.len() > limit.max(1) {
                return Err(format!("a page of {} keys is above the limit of {limit}", page.keys.len()));
            }
            if page.next.is_some() && page.next == cursor {
                return Err(format!("the cursor {cursor:?} leads to itself"));
            }
            keys.extend(page.keys);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        if keys.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(format!("the keys are not in byte order, or repeat: {keys:?}"));
        }
        Ok(keys)
    }

    /// Every operation must refuse the key.
    fn refused(&self, store: &dyn Store, key: &str) -> Result<(), String> {
        let frame = record_frame(1, 1, 10, highwater_format::Digest::ZERO);
        let wait = |operation: &str, result: Result<(), StoreError>| match result {
            Err(StoreError::Unsupported { .. }) => Ok(()),
            other => Err(format!("{operation} answered {other:?} instead of refusing the key")),
        };
        wait("read", self.builder.wait(store.read(key)).map(drop))?;
        wait("read_from", self.builder.wait(store.read_from(key, 1)).map(drop))?;
        wait("append", self.builder.wait(store.append(key, 1, frame.clone())).map(drop))?;
        wait("put_snapshot", self.builder.wait(store.put_snapshot(key, 1, frame)))?;
        wait("trim", self.builder.wait(store.trim(key, 1)))?;
        wait("beat", self.builder.wait(store.beat(key, "w", vec![1])))?;
        wait("beats", self.builder.wait(store.beats(key)).map(drop))?;
        let snapshot = snapshot_frame(1, 10, highwater_format::Digest::ZERO);
        wait("read_all", self.builder.wait(store.read_all(key)).map(drop))?;
        wait("reset", self.builder.wait(store.reset(key, 1, snapshot)).map(drop))?;
        wait("put_backup", self.builder.wait(store.put_backup(key, "b", vec![1])))?;
        wait("backups", self.builder.wait(store.backups(key)).map(drop))?;
        wait("read_backup", self.builder.wait(store.read_backup(key, "b")).map(drop))?;
        wait("delete_backup", self.builder.wait(store.delete_backup(key, "b")))
    }
}

/// Whether it was stored; an error when that is not what the case expects.
pub(super) fn stored(result: Result<(), StoreError>, expect: StoreExpect) -> Result<bool, String> {
    let outcome = match result {
        Ok(()) => StoreExpect::Stored,
        Err(StoreError::Unsupported { .. }) => StoreExpect::Unsupported,
        Err(error) => return Err(unexpected(&error)),
    };
    equal("the outcome", &outcome, &expect)?;
    Ok(outcome == StoreExpect::Stored)
}

pub(super) fn equal<T: PartialEq + std::fmt::Debug>(noun: &str, found: &T, expect: &T) -> Result<(), String> {
    if found == expect { Ok(()) } else { Err(format!("{noun}: {found:?} instead of {expect:?}")) }
}
