//! The steps about reading all, starting anew, and backups.

use super::StoreBuilder;
use super::case::{ResetExpect, RetainedExpect, Text};
use super::frames::snapshot_frame;
use super::model::{Acknowledged, check_undamaged, same_bytes};
use super::run::{Runner, equal, unexpected};
use crate::{Reset, Store, StoreError};

impl<B: StoreBuilder> Runner<'_, B> {
    pub(super) fn read_all(
        &mut self,
        store: &dyn Store,
        key: &str,
        expect: &RetainedExpect,
    ) -> Result<(), String> {
        let retained = self.builder.wait(store.read_all(key)).map_err(|error| unexpected(&error))?;
        check_undamaged(&retained.damage)?;
        equal("the last version", &retained.last_version, &expect.last)?;
        let snapshot = retained.snapshots.last().map(|snapshot| snapshot.version);
        equal("the newest snapshot", &snapshot, &expect.snapshot)?;
        let held = self.keys.entry(key.to_owned()).or_default();
        for snapshot in &retained.snapshots {
            same_bytes("snapshot", snapshot, held.snapshots.get(&snapshot.version))?;
        }
        // Trimming is a permission, so there may be more than the case says.
        let last = expect.records.map_or(0, |(_, last)| last);
        let first = retained.records.first().map_or(1, |record| record.version);
        if expect.records.is_some_and(|(due, _)| first > due) {
            return Err(format!("the records begin with {first}"));
        }
        held.check_records(
            &retained.records,
            (last > 0 || !retained.records.is_empty()).then_some((first, last)),
        )
    }

    pub(super) fn reset(
        &mut self,
        store: &dyn Store,
        key: &str,
        version: u64,
        size: usize,
        expect: ResetExpect,
    ) -> Result<(), String> {
        let frame = snapshot_frame(version, size, highwater_format::Digest::ZERO);
        let outcome = match self.builder.wait(store.reset(key, version, frame.clone())) {
            Ok(Reset::Done { set_aside: Some(_) }) => ResetExpect::SetAside,
            Ok(Reset::Done { set_aside: None }) => ResetExpect::New,
            Ok(Reset::Taken) => ResetExpect::Taken,
            Err(StoreError::Unsupported { .. }) => ResetExpect::Unsupported,
            Err(error) => return Err(unexpected(&error)),
        };
        if matches!(outcome, ResetExpect::SetAside | ResetExpect::New) {
            self.keys.insert(key.to_owned(), Acknowledged::started_with(version, frame));
        }
        equal("the reset", &outcome, &expect)
    }

    pub(super) fn backups(&self, store: &dyn Store, key: &str, expect: &[(Text, u64)]) -> Result<(), String> {
        let backups = self.builder.wait(store.backups(key)).map_err(|error| unexpected(&error))?;
        let found: Vec<_> = backups.into_iter().map(|backup| (backup.name, backup.size_bytes)).collect();
        let expect: Vec<_> = expect.iter().map(|(name, size)| (name.get(), *size)).collect();
        equal("the backups", &found, &expect)
    }
}

impl Acknowledged {
    /// What is acknowledged after a reset.
    pub(super) fn started_with(version: u64, frame: Vec<u8>) -> Acknowledged {
        Acknowledged { snapshots: [(version, frame)].into(), ..Acknowledged::default() }
    }
}
