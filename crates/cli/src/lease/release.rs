//! `highwater lease release`.

use clap::Args;
use highwater::command::{Command, ForceUnlock};

use super::{read, table};
use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::lease::{LeaseData, ReleasedData};

/// Names a lease.
#[derive(Args, Debug)]
pub(crate) struct ReleaseArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the lease, as the list shows it.
    lease: String,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn release(session: &Session<'_>, arguments: &ReleaseArguments) -> Outcome<()> {
    let ReleaseArguments { pipeline, lease: name, apply } = arguments;
    let list_hint = || format!("highwater lease list {}", word(pipeline));
    let held = read(session, pipeline).await?.into_iter().find(|lease| lease.name == *name);
    let missing =
        || Failure::usage(format!("nobody holds the lease `{name}` of `{pipeline}`")).hint(list_hint());
    let held = held.ok_or_else(missing)?;
    let mut version = None;
    if *apply {
        let example = format!("highwater lease release {} {} --apply", word(pipeline), word(name));
        let reason = session.reason(&example)?;
        session.console.say(&format!(
            "worker {} is fenced: all it writes under token {} is refused",
            held.worker, held.token
        ));
        session.confirm(&format!("take the lease {name} away?"))?;
        let command = ForceUnlock { lease: name.clone(), reason, actor: Some(session.actor()) };
        let answer = session.ask(pipeline, Command::ForceUnlock(command)).await.or_try(list_hint)?;
        version = Some(expect_answer!(answer, Done)?.version);
    }
    let data = ReleasedData { lease: LeaseData::from(&held), applied: *apply, version };
    session.console.show(&data, || table(session.console, std::slice::from_ref(&held)))?;
    if *apply {
        session.say_done(&format!("worker {} no longer holds it", held.worker));
    } else {
        session.console.say(&format!("worker {} would be fenced", held.worker));
        session.say_planned();
    }
    Ok(())
}
