//! `highwater state revert` and `highwater state restore`.

use clap::Args;
use highwater::Moment;
use highwater::answer::Reverted;
use highwater::command::{Command, Revert};

use super::list_hint;
use crate::changes;
use crate::failure::{Hint, Outcome};
use crate::lease;
use crate::moment::{parse, words};
use crate::paint::Paint;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::change::RevertedData;

/// Names a moment.
#[derive(Args, Debug)]
pub(crate) struct RevertArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// The moment: a version, a time such as 2026-11-20T22:00:00Z or 2h for two hours ago, or backup:ID.
    #[arg(long, value_name = "MOMENT", value_parser = parse)]
    to: Moment,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

/// Names a backup.
#[derive(Args, Debug)]
pub(crate) struct RestoreArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the backup, or latest.
    #[arg(long, value_name = "ID")]
    backup: String,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn revert(session: &Session<'_>, arguments: &RevertArguments) -> Outcome<()> {
    let RevertArguments { pipeline, to, apply } = arguments;
    let call = format!("highwater state revert {} --to {}", word(pipeline), word(&words(to)));
    go_back(session, pipeline, to, *apply, &call).await
}

pub(super) async fn restore(session: &Session<'_>, arguments: &RestoreArguments) -> Outcome<()> {
    let RestoreArguments { pipeline, backup, apply } = arguments;
    let call = format!("highwater state restore {} --backup {}", word(pipeline), word(backup));
    go_back(session, pipeline, &Moment::Backup(backup.clone()), *apply, &call).await
}

async fn go_back(session: &Session<'_>, pipeline: &str, to: &Moment, apply: bool, call: &str) -> Outcome<()> {
    let plan = Revert { to: to.clone(), dry_run: true, reason: String::new(), actor: Some(session.actor()) };
    let planned = ask(session, pipeline, plan.clone()).await?;
    if !apply {
        show(session, pipeline, &planned)?;
        match planned.changes.is_empty() && planned.interrupted.is_empty() {
            true => session.say_done("nothing has to be changed"),
            false => session.say_planned(),
        }
        return Ok(());
    }
    let reason = session.reason(&format!("{call} --apply"))?;
    let count = changes::in_words(planned.changes.len(), planned.truncated);
    session.console.say(&format!("{count}; {}", fenced(planned.interrupted.len())));
    session.confirm(&format!("put {pipeline} back to version {}?", planned.to_version))?;
    // What was planned, even if a backup was made or time has passed since.
    let to =
        if matches!(to, Moment::Backup(_)) { plan.to.clone() } else { Moment::Version(planned.to_version) };
    let reverted = ask(session, pipeline, Revert { to, dry_run: false, reason, ..plan }).await?;
    show(session, pipeline, &reverted)?;
    if reverted.applied {
        session.say_done(&format!(
            "{pipeline} is as it was at version {}; the way back: highwater state revert {} --to {}",
            reverted.to_version,
            word(pipeline),
            reverted.from_version
        ));
    } else {
        session.say_done("nothing had to be changed");
    }
    Ok(())
}

async fn ask(session: &Session<'_>, pipeline: &str, command: Revert) -> Outcome<Reverted> {
    let answer = session.ask(pipeline, Command::Revert(command)).await;
    expect_answer!(answer.or_try(|| list_hint(pipeline))?, Reverted)
}

fn show(session: &Session<'_>, pipeline: &str, reverted: &Reverted) -> Outcome<()> {
    let console = session.console;
    console.show(&RevertedData::new(pipeline, reverted)?, || {
        let changes = changes::table(console, &reverted.changes);
        if reverted.interrupted.is_empty() {
            return changes;
        }
        let title = console.data.paint(Paint::Warn, "These are fenced:");
        format!("{changes}\n{title}\n{}", lease::table(console, &reverted.interrupted))
    })?;
    let count = changes::in_words(reverted.changes.len(), reverted.truncated);
    let (from, to) = (reverted.from_version, reverted.to_version);
    console.say(&format!("{count}: the state of version {to} takes the place of that of version {from}"));
    Ok(())
}

fn fenced(leases: usize) -> String {
    match leases {
        0 => "nobody works on it now".to_owned(),
        1 => "the holder of 1 lease is fenced".to_owned(),
        leases => format!("the holders of {leases} leases are fenced"),
    }
}
