//! `highwater state list-backups` and `highwater state delete-backup`.

use clap::Args;
use highwater::answer::BackupInfo;
use highwater::command::{Command, DeleteBackup};

use super::list_hint;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, optional, size, text};
use crate::views::backup::{BackupData, DeletedData};

/// Names a backup.
#[derive(Args, Debug)]
pub(crate) struct DeleteArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the backup, as the list shows it.
    id: String,
}

pub(super) async fn list(session: &Session<'_>, pipeline: &str) -> Outcome<()> {
    let backups = read(session, pipeline).await?;
    let data: Vec<BackupData<'_>> = backups.iter().map(|backup| BackupData::new(pipeline, backup)).collect();
    let rows: Vec<_> = backups.iter().map(|backup| (pipeline, backup)).collect();
    session.console.show_list(&data, || table(session.console, &rows))?;
    if backups.is_empty() {
        session.console.say(&format!("no backups; make one: highwater state backup {}", word(pipeline)));
    }
    Ok(())
}

pub(super) async fn delete(session: &Session<'_>, arguments: &DeleteArguments) -> Outcome<()> {
    let DeleteArguments { pipeline, id } = arguments;
    if !read(session, pipeline).await?.iter().any(|backup| backup.id == *id) {
        let message = format!("pipeline `{pipeline}` has no backup `{id}`");
        return Err(Failure::usage(message).hint(list_hint(pipeline)));
    }
    session.confirm(&format!("delete the backup {id}?"))?;
    session.ask(pipeline, Command::DeleteBackup(DeleteBackup { id: id.clone() })).await?;
    session.console.show(&DeletedData { pipeline, id }, || format!("{id}\n"))?;
    session.say_done("deleted");
    Ok(())
}

async fn read(session: &Session<'_>, pipeline: &str) -> Outcome<Vec<BackupInfo>> {
    expect_answer!(session.ask(pipeline, Command::ListBackups).await?, Backups)
}

/// Backups for people, each with its pipeline.
pub(super) fn table(console: &Console, backups: &[(&str, &BackupInfo)]) -> String {
    if backups.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["PIPELINE", "BACKUP", ">VERSION", "TAKEN", "NAME", ">SIZE"]);
    for (pipeline, backup) in backups {
        grid.row(vec![
            text(pipeline),
            text(&backup.id).add_attribute(comfy_table::Attribute::Bold),
            cell(Paint::Plain, backup.version),
            cell(Paint::Plain, console.when(backup.taken_at_ms)),
            optional(backup.name.as_ref()),
            cell(Paint::Faint, size(backup.size_bytes)),
        ]);
    }
    grid.finish()
}
