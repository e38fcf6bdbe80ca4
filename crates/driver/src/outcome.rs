//! From the words of the store contract to the words of the engine.

use highwater_core::input::{self, FailureKind, Journal, Outcome, StoreFailure};
use highwater_core::output::{Notice, NoticeLevel, Stored};
use highwater_core::{Error, ErrorKind};
use highwater_store::{Append, BackupFile, Damage, Reset, Retained, StoreError, Tail, Versioned};

pub(crate) fn journal(journal: highwater_store::Journal) -> Outcome {
    Outcome::Journal(Journal {
        snapshot: journal.snapshot.map(|snapshot| snapshot.bytes),
        tail: bytes(journal.tail),
        damage: journal.damage.iter().map(in_words).collect(),
    })
}

/// What the engine is told of a tail, and the damage that it has no word for.
pub(crate) fn tail(tail: Tail) -> (Outcome, Vec<Damage>) {
    match tail {
        Tail::Records { records, damage } => (Outcome::Tail(bytes(records)), damage),
        // The store names the first version that is left, the engine wants the last one that is gone.
        Tail::Trimmed { floor } => (Outcome::Trimmed(floor.saturating_sub(1)), Vec::new()),
    }
}

pub(crate) fn append(append: Append) -> Outcome {
    match append {
        Append::Appended => Outcome::Appended,
        Append::Taken => Outcome::Taken,
    }
}

pub(crate) fn retained(retained: Retained) -> Outcome {
    let damage = |damage: Damage| input::Damage { what: damage.what, place: damage.place };
    Outcome::Retained(input::Retained {
        snapshots: stored(retained.snapshots),
        records: stored(retained.records),
        last_version: retained.last_version,
        damage: retained.damage.into_iter().map(damage).collect(),
    })
}

pub(crate) fn reset(reset: Reset) -> Outcome {
    match reset {
        Reset::Done { set_aside } => Outcome::Reset(set_aside),
        Reset::Taken => Outcome::Taken,
    }
}

pub(crate) fn backups(backups: Vec<BackupFile>) -> Outcome {
    let backup = |backup: BackupFile| input::BackupFile { name: backup.name, size_bytes: backup.size_bytes };
    Outcome::Backups(backups.into_iter().map(backup).collect())
}

pub(crate) fn failed(error: StoreError) -> Outcome {
    Outcome::Failed(failure(error))
}

pub(crate) fn failure(error: StoreError) -> StoreFailure {
    let (kind, message) = match error {
        StoreError::Unavailable { message, may_have_happened: false } => (FailureKind::Unavailable, message),
        StoreError::Unavailable { message, may_have_happened: true } => (FailureKind::Unknown, message),
        StoreError::Denied { message } => (FailureKind::Denied, message),
        StoreError::Corrupt { what, place } => (FailureKind::Corrupt, format!("{what} ({place})")),
        StoreError::Unsupported { message } => (FailureKind::Unsupported, message),
    };
    StoreFailure { kind, message }
}

/// What an error of a store is called where it does not pass through the engine, for example when a store is opened.
#[must_use]
pub fn store_error(error: StoreError) -> Error {
    let failure = failure(error);
    let kind = match failure.kind {
        FailureKind::Unavailable | FailureKind::Unknown | FailureKind::Denied => ErrorKind::Unavailable,
        FailureKind::Corrupt => ErrorKind::Corrupt,
        FailureKind::Unsupported => ErrorKind::Invalid,
    };
    Error::new(kind, failure.message)
}

pub(crate) fn damage_notice(pipeline: &str, damage: &Damage) -> Notice {
    Notice {
        level: NoticeLevel::Warn,
        pipeline: pipeline.to_owned(),
        code: "damage".to_owned(),
        message: in_words(damage),
    }
}

fn in_words(damage: &Damage) -> String {
    format!("{} ({})", damage.what, damage.place)
}

fn stored(versioned: Vec<Versioned>) -> Vec<Stored> {
    versioned.into_iter().map(|it| Stored { version: it.version, bytes: it.bytes }).collect()
}

fn bytes(versioned: Vec<Versioned>) -> Vec<Vec<u8>> {
    versioned.into_iter().map(|versioned| versioned.bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_of_a_store_is_the_first_version_left() {
        assert_eq!(tail(Tail::Trimmed { floor: 8 }).0, Outcome::Trimmed(7));
        assert_eq!(tail(Tail::Trimmed { floor: 0 }).0, Outcome::Trimmed(0));
    }

    #[test]
    fn a_failed_append_is_known_or_unknown() {
        for (may_have_happened, kind) in [(false, FailureKind::Unavailable), (true, FailureKind::Unknown)] {
            let error = StoreError::Unavailable { message: "gone".to_owned(), may_have_happened };
            assert_eq!(failure(error), StoreFailure { kind, message: "gone".to_owned() });
        }
    }

    #[test]
    fn corruption_keeps_its_place() {
        let corrupt =
            StoreError::Corrupt { what: "bad checksum".to_owned(), place: "log-1 at 77".to_owned() };
        assert_eq!(store_error(corrupt), Error::new(ErrorKind::Corrupt, "bad checksum (log-1 at 77)"));
    }
}
