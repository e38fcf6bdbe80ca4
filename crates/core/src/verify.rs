//! Verify: reads everything that a store still holds and checks it, whether or not the journal opens.

use highwater_format::{Digest, FormatError, Keyring, Record, decode_frame, frame_digest};

use crate::answer::{Answer, Damaged, Integrity};
use crate::decide::{Context, Decided, Stop};
use crate::input::Retained;
use crate::journal;
use crate::output::Stored;
use crate::resident::Live;
use crate::state::State;
use crate::{limits, past, snapshot};

pub(crate) fn verify(context: &Context<'_>) -> Result<Decided, Stop> {
    let retained = context.fetched.retained(context.pipeline)?;
    Decided::answer(Answer::Integrity(integrity(retained, context.keys)))
}

fn integrity(retained: &Retained, keys: &Keyring) -> Integrity {
    let mut walk = Walk::new(keys);
    for damage in &retained.damage {
        walk.found.push(Damaged { version: None, what: damage.what.clone(), place: damage.place.clone() });
    }
    let mut snapshots = retained.snapshots.iter().peekable();
    for record in &retained.records {
        while let Some(snapshot) = snapshots.next_if(|snapshot| snapshot.version < record.version) {
            walk.snapshot(snapshot);
        }
        walk.record(record);
    }
    snapshots.for_each(|snapshot| walk.snapshot(snapshot));
    walk.finish(retained);
    let stored = || retained.records.iter().chain(&retained.snapshots);
    let records = retained.records.len() as u64 - walk.unreadable;
    let bytes = stored().map(|stored| stored.bytes.len() as u64).sum();
    walk.found.truncate(limits::PROBLEMS);
    Integrity {
        first_version: stored().map(|stored| stored.version).min().unwrap_or(0),
        last_version: past::last_version(retained),
        records,
        bytes,
        snapshots: walk.snapshots,
        first_bad: walk.first_bad,
        damage: walk.found,
    }
}

/// The fold of a journal, as far as one can be followed.
struct Walk<'a> {
    keys: &'a Keyring,
    /// The state, while there is one: from the first record or a snapshot on, until something is wrong.
    live: Option<Live>,
    /// There was a state at some time, or there would be one with the key.
    opened: bool,
    /// Version and digest of the record before.
    before: Option<(u64, Digest)>,
    unreadable: u64,
    /// Some record came before. What is missing before the first one was trimmed, if a snapshot stands for it.
    began: bool,
    snapshots: Vec<u64>,
    first_bad: Option<Damaged>,
    found: Vec<Damaged>,
}

impl<'a> Walk<'a> {
    fn new(keys: &'a Keyring) -> Self {
        Walk {
            keys,
            live: None,
            opened: false,
            before: None,
            unreadable: 0,
            began: false,
            snapshots: Vec::new(),
            first_bad: None,
            found: Vec::new(),
        }
    }

    fn bad_record(&mut self, version: u64, what: String) {
        self.live = None;
        let bad = Damaged { version: Some(version), what, place: format!("version {version}") };
        self.first_bad.get_or_insert_with(|| bad.clone());
        self.found.push(bad);
    }

    fn missing(&mut self, from: u64, to: u64) {
        let what = match from < to {
            true => format!("versions {from} to {to} are missing"),
            false => format!("version {from} is missing"),
        };
        self.bad_record(from, what);
    }

    fn record(&mut self, stored: &Stored) {
        let version = stored.version;
        self.began = true;
        let expected = match (&self.before, &self.live) {
            (Some((before, _)), _) => Some(before.saturating_add(1)),
            (None, Some(live)) if version > live.state.version => Some(live.state.version.saturating_add(1)),
            _ => None,
        };
        if expected.is_some_and(|expected| expected < version) {
            self.missing(expected.unwrap_or(version), version - 1);
        }
        if version == 1 && !self.opened {
            self.live = Some(Live::default());
            self.opened = true;
        }
        let header = match decode_frame(&stored.bytes) {
            Ok((header, _)) => header,
            Err(error) => {
                self.unreadable += 1;
                self.before = None;
                return self.bad_record(version, error.to_string());
            }
        };
        if let Some((before, digest)) = self.before
            && before.checked_add(1) == Some(version)
            && digest != header.chain
        {
            self.bad_record(
                version,
                format!("it does not continue version {before}: the history was changed"),
            );
        }
        self.before = Some((version, frame_digest(&stored.bytes)));
        self.fold(stored);
    }

    fn fold(&mut self, stored: &Stored) {
        match Record::decode_with(&stored.bytes, self.keys) {
            Ok(_) => {}
            Err(error) if self.is_locked(&error) => return,
            Err(error) => {
                self.unreadable += 1;
                return self.bad_record(stored.version, error.to_string());
            }
        }
        if let Some(live) = &mut self.live
            && let Err(error) = journal::fold(live, &stored.bytes, self.keys)
        {
            self.bad_record(stored.version, error.message);
        }
    }

    /// Without its key a body cannot be checked, and nothing can be folded on; that is no damage.
    fn is_locked(&mut self, error: &FormatError) -> bool {
        if error.needs_key() {
            self.live = None;
            self.opened = true;
        }
        error.needs_key()
    }

    fn snapshot(&mut self, stored: &Stored) {
        let state = match snapshot::decode(&stored.bytes, self.keys) {
            Ok(state) => state,
            Err(error) => {
                if !self.is_locked(&error) {
                    self.bad_snapshot(stored.version, error.to_string());
                }
                return;
            }
        };
        let folded = self.live.as_ref().filter(|live| live.state.version == stored.version);
        if folded.is_some_and(|live| !same(&live.state, &state)) {
            return self.bad_snapshot(stored.version, "it is not what the records say".to_owned());
        }
        if self.before.is_some_and(|(before, digest)| before == stored.version && digest != state.digest) {
            return self.bad_snapshot(stored.version, "it does not belong to this history".to_owned());
        }
        self.snapshots.push(stored.version);
        self.opened = true;
        if folded.is_none() {
            let version = stored.version;
            if let Some((before, _)) = self.before.filter(|(before, _)| self.began && *before < version) {
                self.missing(before.saturating_add(1), version);
            }
            self.before = Some((version, state.digest));
            self.live = Some(Live { state, ..Live::default() });
        }
    }

    fn bad_snapshot(&mut self, version: u64, what: String) {
        let place = format!("snapshot of version {version}");
        self.found.push(Damaged { version: Some(version), what, place });
    }

    /// A journal whose beginning is gone opens from a snapshot, or not at all.
    fn finish(&mut self, retained: &Retained) {
        // Damage alone may be a first record that a crash has torn, which is missed by nobody.
        let anything = past::last_version(retained).max(retained.last_version) > 0;
        if anything && !self.opened && self.first_bad.is_none() {
            self.bad_record(1, "version 1 is missing, and no snapshot is whole".to_owned());
        }
        let last = past::last_version(retained);
        if retained.last_version > last && last > 0 {
            self.missing(last + 1, retained.last_version);
        }
        // The store knows the places of what is damaged, the fold knows the first version that it lacks.
        if let (Some(bad), Some(damage)) = (&mut self.first_bad, retained.damage.first()) {
            bad.place.clone_from(&damage.place);
        }
    }
}

fn same(a: &State, b: &State) -> bool {
    match (snapshot::encode(a, &Keyring::default()), snapshot::encode(b, &Keyring::default())) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot_at(version: u64) -> Stored {
        let state = State { version, ..State::default() };
        Stored {
            version,
            bytes: snapshot::encode(&state, &Keyring::default()).expect("an empty state is small"),
        }
    }

    #[test]
    fn an_old_snapshot_that_outlived_the_trimmed_records_is_no_damage() {
        let snapshots = vec![snapshot_at(8), snapshot_at(15)];
        let retained = Retained { snapshots, last_version: 15, ..Retained::default() };
        let told = integrity(&retained, &Keyring::default());
        assert_eq!((told.first_bad, told.snapshots), (None, vec![8, 15]));
        assert_eq!(told.damage, []);
    }

    #[test]
    fn a_torn_first_record_is_named_and_nothing_is_missing() {
        let torn = crate::input::Damage { what: "torn".to_owned(), place: "byte 0".to_owned() };
        let retained = Retained { damage: vec![torn], ..Retained::default() };
        let told = integrity(&retained, &Keyring::default());
        assert_eq!((told.first_bad, told.damage.len()), (None, 1));
    }
}
