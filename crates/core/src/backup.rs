//! Backups: snapshots that are pinned under an id beside the journal. They are made without a record, and deleted only when
//! somebody says so.

use crate::answer::{Answer, BackedUp, BackupInfo, Done};
use crate::ask::{Ask, unexpected};
use crate::command::{Backup, DeleteBackup};
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::input::{BackupFile, Outcome};
use crate::order::sorted;
use crate::past::Source;
use crate::state::State;
use crate::{journal, limits, names, snapshot, time};

/// The moment `latest` is the newest backup.
const LATEST: &str = "latest";

pub(crate) fn make(context: &mut Context<'_>, command: &Backup) -> Result<Decided, Stop> {
    check(command)?;
    let Some(backup) = context.fetched.backup.clone() else { return begin(context, command) };
    done(context, Ask::PutBackup(backup.id.clone()))?;
    let mut deleted = Vec::new();
    if command.keep.is_some() || command.keep_ms.is_some() {
        let backups = context.source().backups()?;
        for old in superfluous(&backups, &backup, command, context.now_ms) {
            done(context, Ask::DeleteBackup(old.clone())).map_err(|stop| but_made(stop, &backup.id))?;
            deleted.insert(0, old);
        }
    }
    Decided::answer(Answer::BackedUp(BackedUp { backup, deleted }))
}

fn check(command: &Backup) -> Result<(), Error> {
    if command.keep == Some(0) {
        return Err(Error::invalid(
            "a backup that keeps none; keep at least 1, which is the one that is made",
        ));
    }
    let Some(name) = &command.name else { return Ok(()) };
    names::check_name("the name of the backup", name)?;
    names::check_length("the name of the backup", name, limits::BACKUP_NAME_BYTES)?;
    if let Some(bad) = name.chars().find(|character| !is_plain(*character)) {
        return Err(Error::invalid(format!(
            "the name of the backup `{name}` has `{bad}`; letters, digits, `.`, `_` and `-` are allowed"
        )));
    }
    Ok(())
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// Settles the id, and asks for the bytes to be kept under it.
fn begin(context: &mut Context<'_>, command: &Backup) -> Result<Decided, Stop> {
    let state = context.state;
    if state.version == 0 {
        return Err(Error::invalid(format!(
            "pipeline `{}` has nothing to back up: it was never written",
            context.pipeline
        ))
        .into());
    }
    let bytes = snapshot::encode(state, context.keys)
        .map_err(|error| Error::invalid(format!("the state cannot be backed up: {error}")))?;
    let word = command.name.as_ref().map_or_else(String::new, |name| format!("-{name}"));
    let id = format!("{}-v{:012}{word}", time::compact(context.now_ms), state.version);
    let backup = BackupInfo {
        id: id.clone(),
        version: state.version,
        taken_at_ms: context.now_ms.div_euclid(1_000).saturating_mul(1_000),
        name: command.name.clone(),
        size_bytes: bytes.len() as u64,
    };
    context.fetched.backup = Some(backup);
    Err(Stop::Need(Need::Ask { of: context.pipeline.to_owned(), ask: Ask::PutBackup(id), bytes }))
}

/// Stops until the store has done this.
fn done(context: &Context<'_>, ask: Ask) -> Result<(), Stop> {
    match context.fetched.answer_to(context.pipeline, ask)? {
        Outcome::Done => Ok(()),
        other => Err(unexpected(other)),
    }
}

/// Says of a failure to delete old backups that the new one is there all the same.
fn but_made(stop: Stop, id: &str) -> Stop {
    match stop {
        Stop::Refused(error) => {
            Stop::Refused(Error::new(error.kind, format!("{}; the backup `{id}` was made", error.message)))
        }
        need => need,
    }
}

/// Ids of the backups that are too many or too old, newest first; never the one that was just made.
fn superfluous(backups: &[BackupInfo], made: &BackupInfo, command: &Backup, now_ms: i64) -> Vec<String> {
    let keep = command.keep.map_or(usize::MAX, |keep| keep as usize);
    let oldest_ms = command.keep_ms.map_or(i64::MIN, |keep_ms| now_ms.saturating_sub_unsigned(keep_ms));
    let others = backups.iter().filter(|backup| backup.id != made.id).enumerate();
    let superfluous = others.filter(|(others, backup)| others + 1 >= keep || backup.taken_at_ms < oldest_ms);
    superfluous.map(|(_, backup)| backup.id.clone()).collect()
}

pub(crate) fn list(context: &Context<'_>) -> Result<Decided, Stop> {
    let backups = context.source().backups()?;
    Decided::answer(Answer::Backups(backups))
}

pub(crate) fn delete(context: &Context<'_>, command: &DeleteBackup) -> Result<Decided, Stop> {
    let backups = context.source().backups()?;
    let found = backups.into_iter().find(|backup| backup.id == command.id);
    if let Some(backup) = &found {
        done(context, Ask::DeleteBackup(backup.id.clone()))?;
    }
    let version = found.as_ref().map_or(0, |backup| backup.version);
    Decided::answer(Answer::Done(Done { version, changed: found.is_some() }))
}

/// The state that a backup holds, and its id.
pub(crate) fn open(source: Source<'_>, id: &str) -> Result<(State, String), Stop> {
    let (pipeline, fetched) = (source.pipeline, source.fetched);
    let mut wanted = source.backups()?.into_iter().filter(|backup| id == LATEST || backup.id == id);
    let Some(backup) = wanted.next() else {
        return Err(Error::invalid(format!(
            "pipeline `{pipeline}` has no backup `{id}`; list the backups to see which there are"
        ))
        .into());
    };
    let bytes = match fetched.answer_to(pipeline, Ask::ReadBackup(backup.id.clone()))? {
        Outcome::Backup(Some(bytes)) => bytes,
        Outcome::Backup(None) => {
            let message = format!("the backup `{}` was deleted a moment ago; list the backups", backup.id);
            return Err(Error::conflict(message).into());
        }
        other => return Err(unexpected(other)),
    };
    let state = snapshot::decode(bytes, source.keys)
        .map_err(|error| journal::unreadable(&error, &format!("the backup `{}`: ", backup.id)))?;
    Ok((state, backup.id))
}

/// The backups behind these names. What has another kind of name is none of ours.
pub(crate) fn newest_first(files: &[BackupFile]) -> Vec<BackupInfo> {
    let backups = files.iter().filter_map(info).collect();
    sorted(backups, |a: &BackupInfo, b| {
        (b.taken_at_ms, b.version, &b.id).cmp(&(a.taken_at_ms, a.version, &a.id))
    })
}

fn info(file: &BackupFile) -> Option<BackupInfo> {
    let (at, rest) = file.name.split_once("-v")?;
    let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (version, word) = rest.split_at(digits);
    let name = match word {
        "" => None,
        word => Some(word.strip_prefix('-')?.to_owned()),
    };
    Some(BackupInfo {
        id: file.name.clone(),
        version: version.parse().ok()?,
        taken_at_ms: time::from_compact(at)?,
        name,
        size_bytes: file.size_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> BackupFile {
        BackupFile { name: name.to_owned(), size_bytes: 1 }
    }

    #[test]
    fn ids_say_what_they_hold_and_strangers_are_left_alone() {
        let files = [
            file("20261120T222304Z-v000000000012"),
            file("notes.txt"),
            file("20261120T222305Z-v000000000012-before-v2"),
            file("20261120T222304Z-v1234567890123"),
            file("20261120T222304Z-vx"),
        ];
        let found: Vec<_> = newest_first(&files)
            .into_iter()
            .map(|backup| (backup.taken_at_ms, backup.version, backup.name))
            .collect();
        assert_eq!(
            found,
            [
                (1_795_213_385_000, 12, Some("before-v2".to_owned())),
                (1_795_213_384_000, 1_234_567_890_123, None),
                (1_795_213_384_000, 12, None),
            ]
        );
    }

    #[test]
    fn retention_never_deletes_what_was_just_made() {
        let made = |second: u32| {
            format!("202611201{second:05}Z-v000000000001").replacen("202611201", "20261120T1", 1)
        };
        let backups = newest_first(&[file(&made(3)), file(&made(2)), file(&made(1))]);
        let newest = &backups[0];
        let keep = |keep, keep_ms| {
            let command = Backup { name: None, keep, keep_ms };
            superfluous(&backups, newest, &command, newest.taken_at_ms + 1_500).len()
        };
        assert_eq!(
            [keep(None, None), keep(Some(1), None), keep(Some(2), None), keep(Some(9), None)],
            [0, 2, 1, 0]
        );
        assert_eq!([keep(None, Some(0)), keep(None, Some(3_000)), keep(None, Some(1_500))], [2, 1, 2]);
    }
}
