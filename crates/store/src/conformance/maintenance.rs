//! The steps about reading all, starting anew, and backups.

use super::StoreBuilder;
use super::case::{Action, ResetExpect, RetainedExpect, Text};
use super::frames::snapshot_frame;
use super::model::{Acknowledged, check_undamaged, same_bytes};
use super::race_reset;
use super::run::{Runner, equal, stored, unexpected};
use crate::{Reset, Store, StoreError};

impl<B: StoreBuilder> Runner<'_, B> {
    pub(super) fn maintain(&mut self, store: &dyn Store, action: &Action) -> Result<(), String> {
        match action {
            Action::ReadAll { key, expect } => self.read_all(store, &key.get(), expect),
            Action::Reset { key, version, size, expect } => {
                self.reset(store, &key.get(), *version, *size, *expect)
            }
            Action::PutBackup { key, name, text, expect } => {
                let (key, name, bytes) = (key.get(), name.get(), text.get().into_bytes());
                stored(self.builder.wait(store.put_backup(&key, &name, bytes)), *expect).map(|_| ())
            }
            Action::Backups { key, expect } => self.backups(store, &key.get(), expect),
            Action::ReadBackup { key, name, expect } => {
                let bytes = self.builder.wait(store.read_backup(&key.get(), &name.get()));
                let bytes = bytes.map_err(|error| unexpected(&error))?;
                let expect = expect.as_ref().map(|text| text.get().into_bytes());
                if bytes == expect { Ok(()) } else { Err("the backup has other bytes, or none".to_owned()) }
            }
            Action::DeleteBackup { key, name, expect } => {
                let (key, name) = (key.get(), name.get());
                stored(self.builder.wait(store.delete_backup(&key, &name)), *expect).map(|_| ())
            }
            Action::RaceReset { key, version, writers, resets, backups } => {
                let held = self.keys.entry(key.get()).or_default();
                let race = race_reset::RaceReset { key: &key.get(), version: *version, backups: *backups };
                race.run(self.builder, *writers, *resets, held)
            }
            other => Err(format!("{other:?} is no step of maintenance")),
        }
    }

    fn read_all(&mut self, store: &dyn Store, key: &str, expect: &RetainedExpect) -> Result<(), String> {
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

    fn reset(
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

    fn backups(&self, store: &dyn Store, key: &str, expect: &[(Text, u64)]) -> Result<(), String> {
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
