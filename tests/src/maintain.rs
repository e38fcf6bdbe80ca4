//! Maintenance and history in the words of scenarios.

use highwater_core::command::{Backup, Command, DeleteBackup, Diff, Fork, Repair, Revert};
use highwater_core::moment::Moment;

use crate::brief::START_MS;
use crate::words::{Words, duration};

/// The command, if it is one of these.
pub(crate) fn command(words: &mut Words) -> Result<Option<Command>, String> {
    let reason = |words: &mut Words| words.text("reason").unwrap_or_default();
    Ok(Some(match words.head.as_str() {
        "validate" => Command::Validate,
        "verify-integrity" => Command::VerifyIntegrity,
        "list-backups" => Command::ListBackups,
        "delete-backup" => Command::DeleteBackup(DeleteBackup { id: words.need("id")? }),
        "backup" => Command::Backup(Backup {
            name: words.text("name"),
            keep: words.number("keep")?,
            keep_ms: words.number("keep-ms")?,
        }),
        "repair" => Command::Repair(Repair {
            dry_run: words.flag("dry-run"),
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "diff" => Command::Diff(Diff {
            from: moment(&words.need("from")?)?,
            to: moment(&words.need("to")?)?,
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "revert" => Command::Revert(Revert {
            to: moment(&words.need("to")?)?,
            dry_run: words.flag("dry-run"),
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "fork" => Command::Fork(Fork {
            source: words.need("source")?,
            at: moment(&words.text("at").unwrap_or_else(|| "head".to_owned()))?,
            reason: reason(words),
            actor: words.text("actor"),
        }),
        _ => return Ok(None),
    }))
}

/// `head`, `version:3`, `time:+30s` since the start of the scenario, or `backup:ID`.
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    let (kind, which) = text.split_once(':').unwrap_or((text, ""));
    match kind {
        "head" => Ok(Moment::Head),
        "version" => which.parse().map(Moment::Version).map_err(|_| format!("`{text}` is no version")),
        "time" => duration(which).map(|since| Moment::Time(START_MS + since)),
        "backup" => Ok(Moment::Backup(which.to_owned())),
        _ => Err(format!("`{text}` is no moment; write head, version:3, time:+30s or backup:ID")),
    }
}
