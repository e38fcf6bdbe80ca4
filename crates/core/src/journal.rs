//! Reading the journal: from a snapshot, and on from where the state stands.

use highwater_format::{FormatError, Keyring, Record};

use crate::desk::Desk;
use crate::error::Error;
use crate::input::Journal;
use crate::output::NoticeLevel;
use crate::resident::{Live, Resident};
use crate::state::{At, State};
use crate::{replace, snapshot};

impl Resident {
    pub(crate) fn loaded(&mut self, desk: &mut Desk, step: u64, journal: &Journal) {
        self.read_failures = 0;
        for damage in &journal.damage {
            desk.notice(NoticeLevel::Warn, &self.id, "damage", damage.clone());
        }
        match load(journal, &desk.options.encryption_keys) {
            Ok(live) => self.live = Some(Live { fresh_step: step, ..live }),
            Err(error) => self.refuse_all(desk, &self.name_it(&error)),
        }
    }

    pub(crate) fn refreshed(&mut self, desk: &mut Desk, step: u64, records: &[Vec<u8>]) {
        self.read_failures = 0;
        if self.follow(desk, records)
            && let Some(live) = &mut self.live
        {
            live.fresh_step = step;
        }
    }

    /// Folds records that others wrote. False if they cannot be trusted; then everybody was told.
    pub(crate) fn follow(&mut self, desk: &mut Desk, records: &[Vec<u8>]) -> bool {
        let Some(live) = &mut self.live else { return false };
        let keys = &desk.options.encryption_keys;
        let followed = records.iter().try_for_each(|bytes| fold(live, bytes, keys));
        match followed {
            Ok(()) => true,
            Err(error) => {
                self.refuse_all(desk, &self.name_it(&error));
                false
            }
        }
    }

    fn name_it(&self, error: &Error) -> Error {
        Error::new(error.kind, format!("the journal of pipeline `{}`: {}", self.id, error.message))
    }
}

/// The snapshot that a journal in the clear folds to: what every engine that has read it would write, byte for byte. For tests, and for
/// tools that check a store.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) for whatever reading the journal would refuse, and for an empty one.
#[doc(hidden)]
pub fn snapshot_of(journal: &Journal) -> Result<Vec<u8>, Error> {
    let keys = Keyring::default();
    snapshot::encode(&load(journal, &keys)?.state, &keys).map_err(|error| Error::corrupt(error.to_string()))
}

pub(crate) fn load(journal: &Journal, keys: &Keyring) -> Result<Live, Error> {
    let mut live = Live::default();
    if let Some(bytes) = &journal.snapshot {
        live.state = snapshot::decode(bytes, keys).map_err(|error| unreadable(&error, "its snapshot: "))?;
        live.snapshot_version = live.state.version;
        live.snapshot_bytes = bytes.len() as u64;
    }
    journal.tail.iter().try_for_each(|bytes| fold(&mut live, bytes, keys))?;
    Ok(live)
}

/// Durable bytes that cannot be read: they are damaged, unless only the key for them is missing.
pub(crate) fn unreadable(error: &FormatError, what: &str) -> Error {
    if error.needs_key() {
        return Error::invalid(format!("{what}{error}"));
    }
    Error::corrupt(format!("{what}{error}"))
}

/// Folds one record, if it is the next one.
pub(crate) fn fold(live: &mut Live, bytes: &[u8], keys: &Keyring) -> Result<(), Error> {
    let state: &mut State = &mut live.state;
    let expected = state.version.saturating_add(1);
    let record = Record::decode_with(bytes, keys)
        .map_err(|error| unreadable(&error, &format!("version {expected}: ")))?;
    if record.version < expected {
        return Ok(());
    }
    if record.version != expected {
        return Err(Error::corrupt(format!(
            "version {expected} is missing, the next one is {}; restore it from a backup",
            record.version
        )));
    }
    if record.chain != state.digest {
        return Err(Error::corrupt(format!(
            "version {expected} does not continue version {}: it names the digest {} and that is {}; the history was changed",
            state.version, record.chain, state.digest
        )));
    }
    record.facts.iter().try_for_each(|entry| replace::check(&entry.fact))?;
    let at = At { version: record.version, at_ms: record.decided_at_ms };
    for entry in &record.facts {
        state.apply(&entry.fact, &entry.extra, at);
    }
    state.settle();
    state.version = record.version;
    state.digest = highwater_format::frame_digest(bytes);
    live.tail_bytes += bytes.len() as u64;
    Ok(())
}
