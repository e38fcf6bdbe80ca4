//! `highwater state backup`.

use std::time::Duration;

use clap::Args;
use highwater::answer::BackedUp;
use highwater::command::{Backup, Command};

use super::backups::table;
use crate::failure::{Failure, Outcome};
use crate::session::{Session, expect_answer};
use crate::time;
use crate::views::backup::BackedUpData;

/// Names what is backed up, and what is kept.
#[derive(Args, Debug)]
pub(crate) struct BackupArguments {
    /// Id of the pipeline; with --all, the start of the ids wanted.
    #[arg(required_unless_present = "all")]
    pipeline: Option<String>,
    /// Backs up every pipeline of the store.
    #[arg(long)]
    all: bool,
    /// A word that becomes part of the id: letters, digits, `.`, `_` and `-`.
    #[arg(long, value_name = "WORD")]
    name: Option<String>,
    /// Keeps so many backups, this one counted, and deletes the oldest beyond them.
    #[arg(long, value_name = "N")]
    keep: Option<u32>,
    /// Deletes backups that are older, for example 30d.
    #[arg(long, value_name = "AGE", value_parser = time::parse_duration)]
    keep_for: Option<Duration>,
}

pub(super) async fn backup(session: &Session<'_>, arguments: &BackupArguments) -> Outcome<()> {
    let wanted = arguments.pipeline.clone().unwrap_or_default();
    let pipelines = if arguments.all { session.pipelines(&wanted).await? } else { vec![wanted] };
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    for pipeline in pipelines {
        match back_up(session, &pipeline, arguments).await {
            Ok(backup) => made.push((pipeline, backup)),
            Err(failure) if !arguments.all => return Err(failure),
            // One damaged pipeline must not keep the others from being backed up.
            Err(failure) => {
                session.console.fail(&failure);
                failed.push(failure.exit_code);
            }
        }
    }
    let data: Vec<BackedUpData<'_>> =
        made.iter().map(|(pipeline, made)| BackedUpData::new(pipeline, made)).collect();
    let rows: Vec<_> = made.iter().map(|(pipeline, made)| (pipeline.as_str(), &made.backup)).collect();
    match data.as_slice() {
        [data] if !arguments.all => session.console.show(data, || table(session.console, &rows))?,
        data => session.console.show_list(data, || table(session.console, &rows))?,
    }
    let deleted: usize = made.iter().map(|(_, made)| made.deleted.len()).sum();
    if deleted > 0 {
        session.console.say(&format!("{deleted} older {} deleted", plural(deleted)));
    }
    match failed.iter().max() {
        Some(worst) => {
            Err(Failure::new(*worst, format!("{} of the pipelines could not be backed up", failed.len())))
        }
        None => {
            session.say_done(&format!("{} {} made", made.len(), plural(made.len())));
            Ok(())
        }
    }
}

async fn back_up(session: &Session<'_>, pipeline: &str, arguments: &BackupArguments) -> Outcome<BackedUp> {
    let keep_ms = arguments.keep_for.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let command = Backup { name: arguments.name.clone(), keep: arguments.keep, keep_ms };
    expect_answer!(session.ask(pipeline, Command::Backup(command)).await?, BackedUp)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "backup" } else { "backups" }
}
