//! The past of a pipeline: states that are folded anew from what the store still holds.

use highwater_format::{Keyring, decode_frame};

use crate::answer::BackupInfo;
use crate::backup;
use crate::decide::{Fetched, Stop};
use crate::error::Error;
use crate::input::Retained;
use crate::journal;
use crate::moment;
use crate::output::Stored;
use crate::resident::Live;
use crate::snapshot;
use crate::state::State;

/// The journal that a question is about, and what was read of it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) fetched: &'a Fetched,
    pub(crate) keys: &'a Keyring,
}

impl<'a> Source<'a> {
    /// All that can still be read of it.
    pub(crate) fn retained(self) -> Result<&'a Retained, Stop> {
        self.fetched.retained(self.pipeline)
    }

    /// Its backups, newest first.
    pub(crate) fn backups(self) -> Result<Vec<BackupInfo>, Stop> {
        self.fetched.backup_files(self.pipeline).map(backup::newest_first)
    }
}

/// The newest version of which anything is retained; 0 if nothing is.
pub(crate) fn last_version(retained: &Retained) -> u64 {
    let last = |stored: &[Stored]| stored.last().map_or(0, |last| last.version);
    last(&retained.snapshots).max(last(&retained.records))
}

/// Folds the records that follow a state, up to a version, to a gap, or to one that cannot be folded, and says why it
/// stopped there.
pub(crate) fn fold_on(base: State, records: &[Stored], up_to: u64, keys: &Keyring) -> (State, Option<Error>) {
    let first = records.partition_point(|record| record.version <= base.version);
    let mut live = Live { state: base, ..Live::default() };
    for record in &records[first..] {
        let next = live.state.version.saturating_add(1);
        if record.version > up_to {
            break;
        }
        if record.version != next {
            let error = Error::corrupt(format!("version {next} is missing"));
            return (live.state, Some(error));
        }
        if let Err(error) = journal::fold(&mut live, &record.bytes, keys) {
            return (live.state, Some(error));
        }
    }
    (live.state, None)
}

/// The version that was the newest one at a time.
pub(crate) fn version_at(source: Source<'_>, at_ms: i64) -> Result<u64, Stop> {
    let retained = source.retained()?;
    let decided =
        |record: &&Stored| decode_frame(&record.bytes).is_ok_and(|(header, _)| header.decided_at_ms <= at_ms);
    if let Some(record) = retained.records.iter().rev().find(decided) {
        return Ok(record.version);
    }
    match (retained.records.first(), retained.snapshots.last()) {
        (Some(first), _) if first.version == 1 => Ok(0),
        // Nothing says when it was made, and nothing came after it.
        (None, Some(snapshot)) => Ok(snapshot.version),
        (None, None) => Ok(0),
        (Some(_), _) => {
            let what = format!("the time {}", crate::time::readable(at_ms));
            Err(gone(source, &what)?.into())
        }
    }
}

/// The state after the record of a version.
pub(crate) fn at_version(source: Source<'_>, version: u64) -> Result<State, Stop> {
    let retained = source.retained()?;
    let last = last_version(retained);
    if version > last {
        return Err(moment::not_written(source.pipeline, version, last).into());
    }
    let mut trouble = None;
    for stored in retained.snapshots.iter().rev().filter(|stored| stored.version <= version) {
        match snapshot::decode(&stored.bytes, source.keys) {
            Ok(base) => match fold_on(base, &retained.records, version, source.keys) {
                (state, _) if state.version == version => return Ok(state),
                (_, error) => trouble = trouble.or(error),
            },
            Err(error) => {
                trouble = trouble
                    .or(Some(Error::corrupt(format!("the snapshot of version {}: {error}", stored.version))));
            }
        }
    }
    match fold_on(State::default(), &retained.records, version, source.keys) {
        (state, _) if state.version == version => return Ok(state),
        (_, error) => trouble = trouble.or(error),
    }
    if let Some(state) = from_backups(source, retained, version)? {
        return Ok(state);
    }
    // A snapshot may have outlived the records after it, which were trimmed and are not damaged.
    let is_trimmed =
        trouble.is_none() && retained.records.first().is_none_or(|first| version < first.version);
    if is_trimmed || oldest(retained).is_none_or(|oldest| version < oldest) {
        return Err(gone(source, &format!("version {version}"))?.into());
    }
    let mut why = trouble.map_or_else(|| "records are missing".to_owned(), |error| error.message);
    if let Some(damage) = retained.damage.first() {
        why = format!("{why}; {} ({})", damage.what, damage.place);
    }
    Err(Error::corrupt(format!(
        "version {version} of pipeline `{}` cannot be opened: {why}; verify the journal to see all that is damaged",
        source.pipeline
    ))
    .into())
}

/// The state at a version from the newest backup that leads there.
fn from_backups(source: Source<'_>, retained: &Retained, version: u64) -> Result<Option<State>, Stop> {
    for backup in source.backups()? {
        let follows = |record: &&Stored| record.version > backup.version && record.version <= version;
        let records = retained.records.iter().filter(follows).count() as u64;
        if backup.version > version || records != version - backup.version {
            continue;
        }
        let (base, _) = backup::open(source, &backup.id)?;
        if let (state, None) = fold_on(base, &retained.records, version, source.keys) {
            return Ok(Some(state));
        }
    }
    Ok(None)
}

/// The oldest version that can be opened.
fn oldest(retained: &Retained) -> Option<u64> {
    let begins = retained.records.first().is_some_and(|first| first.version == 1);
    begins.then_some(1).or(retained.snapshots.first().map(|first| first.version))
}

/// The refusal of a moment that is too long ago.
fn gone(source: Source<'_>, what: &str) -> Result<Error, Stop> {
    let oldest = match oldest(source.retained()?) {
        Some(version) => format!("the oldest version that can be opened is {version}"),
        None => "no version can be opened".to_owned(),
    };
    let ids: Vec<String> = source.backups()?.into_iter().map(|backup| backup.id).collect();
    let backups = match ids.as_slice() {
        [] => "there are no backups".to_owned(),
        ids => format!("the backups are {}", ids.join(", ")),
    };
    Ok(Error::invalid(format!(
        "{what} of pipeline `{}` is not retained any more; {oldest}, and {backups}",
        source.pipeline
    )))
}
