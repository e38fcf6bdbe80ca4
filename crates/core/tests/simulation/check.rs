//! What must hold when everything has happened.

use std::collections::BTreeMap;

use highwater_core::answer::Answer;
use highwater_core::input::Journal;
use highwater_core::{ErrorKind, snapshot_of};
use highwater_format::value::Value;
use highwater_format::{Fact, Record};

use super::store::Journaled;
use super::world::{Told, World};

impl World {
    /// Holds the journals against what was said, and against themselves.
    pub(crate) fn check(&self) {
        let empty = Journaled::default();
        for told in self.told.values() {
            let journal = self.store.journals.get(&told.pipeline).unwrap_or(&empty);
            told.check(&records(journal));
        }
        self.check_keys();
        for journal in self.store.journals.values() {
            let records = records(journal);
            check_chain(&records);
            check_tokens(&records);
            check_hwms(&records);
            check_snapshots(journal);
        }
    }

    /// One key has one answer, whoever asked, and one effect.
    fn check_keys(&self) {
        let mut answers: BTreeMap<(&String, &String), &Vec<Answer>> = BTreeMap::new();
        for told in self.told.values() {
            if let (Some(key), Some(Ok(found))) = (&told.key, &told.result) {
                let first = answers.entry((&told.pipeline, key)).or_insert(found);
                assert_eq!(*first, found, "the dedupe key {key} has one answer");
            }
        }
        for (pipeline, journal) in &self.store.journals {
            let mut started: BTreeMap<String, u32> = BTreeMap::new();
            for record in records(journal) {
                for entry in record.facts {
                    if let Fact::RunStarted(fact) = entry.fact
                        && let Some(trigger) = fact.trigger
                    {
                        *started.entry(trigger).or_default() += 1;
                    }
                }
            }
            assert!(
                started.values().all(|count| *count == 1),
                "{pipeline}: a key started several runs: {started:?}"
            );
        }
    }
}

fn records(journal: &Journaled) -> Vec<Record> {
    journal
        .records
        .iter()
        .map(|bytes| Record::decode(bytes).expect("an engine writes what can be read"))
        .collect()
}

impl Told {
    /// What was acknowledged is there, once; what was refused is not.
    fn check(&self, records: &[Record]) {
        let Some(mark) = &self.mark else { return };
        let is_mark = |fact: &Fact| matches!(fact, Fact::HwmSet(set) if set.name == *mark);
        let found: Vec<&Record> =
            records.iter().filter(|record| record.facts.iter().any(|entry| is_mark(&entry.fact))).collect();
        match &self.result {
            Some(Ok(answers)) => {
                assert_eq!(found.len(), 1, "{mark} was acknowledged and stands in {} records", found.len());
                let said = match answers.last() {
                    Some(Answer::HwmsSet(set)) => set.version,
                    other => panic!("a mark is answered with {other:?}"),
                };
                assert_eq!(found[0].version, said, "{mark} stands where the answer says");
            }
            Some(Err(error)) if error.kind == ErrorKind::Unavailable => {
                assert!(found.len() <= 1, "{mark}: {error}");
            }
            Some(Err(error)) => assert!(found.is_empty(), "{mark} was refused ({error}) and is there"),
            None => assert!(found.len() <= 1, "{mark} is there several times"),
        }
    }
}

fn check_chain(records: &[Record]) {
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.version, index as u64 + 1);
    }
}

fn check_tokens(records: &[Record]) {
    let mut last = 0;
    for entry in records.iter().flat_map(|record| &record.facts) {
        let token = match &entry.fact {
            Fact::AttemptStarted(fact) => fact.token,
            Fact::LeaseAcquired(fact) => fact.token,
            _ => continue,
        };
        assert!(token > last, "token {token} follows {last}");
        last = token;
    }
}

/// An HWM only moves forward, unless it is cast, rewound or deleted on purpose.
fn check_hwms(records: &[Record]) {
    let mut values: BTreeMap<&str, &Value> = BTreeMap::new();
    for entry in records.iter().flat_map(|record| &record.facts) {
        match &entry.fact {
            Fact::HwmSet(fact) => {
                if let Some(before) = values.insert(&fact.name, &fact.value) {
                    let order = before.compare(&fact.value);
                    assert_eq!(order.is_none(), fact.cast, "{}: a cast changes the type", fact.name);
                    assert!(order.is_none_or(std::cmp::Ordering::is_lt), "{} moved backwards", fact.name);
                }
            }
            Fact::HwmRewound(fact) => {
                let before = values.insert(&fact.name, &fact.value).expect("only what is there is rewound");
                assert!(before.compare(&fact.value).is_some_and(std::cmp::Ordering::is_gt), "{}", fact.name);
            }
            Fact::HwmDeleted(fact) => {
                let deleted = values.remove(fact.name.as_str());
                assert!(deleted.is_some(), "only what is there is deleted");
            }
            _ => {}
        }
    }
}

/// Every snapshot and the records after it give what all records give.
fn check_snapshots(journal: &Journaled) {
    if journal.records.is_empty() {
        return;
    }
    let tail = journal.records.clone();
    let whole = snapshot_of(&Journal { tail, ..Journal::default() }).expect("the journal can be read");
    for (version, bytes) in &journal.snapshots {
        let tail = journal.records[*version as usize..].to_vec();
        let from = Journal { snapshot: Some(bytes.clone()), tail, damage: Vec::new() };
        assert!(
            snapshot_of(&from).expect("the snapshot can be read") == whole,
            "from the snapshot at {version}"
        );
        let alone = Journal { snapshot: Some(bytes.clone()), ..Journal::default() };
        assert!(
            snapshot_of(&alone).expect("the snapshot can be read") == *bytes,
            "a snapshot read is itself"
        );
    }
}
