//! `highwater hwm delete`.

use highwater::command::{Command, DeleteHwm};

use super::{HwmArguments, list_hint, present};
use crate::failure::{Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::hwm::DeletedData;

pub(super) async fn delete(session: &Session<'_>, arguments: &HwmArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = arguments;
    let reason = session.reason(&format!("highwater hwm delete {} {}", word(pipeline), word(name)))?;
    let before = present(session, pipeline, name).await?.value;
    session
        .console
        .say(&format!("delete HWM {name}, which is at {before}: the next load begins at the start"));
    session.confirm(&format!("delete HWM {name}?"))?;
    let command = DeleteHwm { name: name.clone(), reason, actor: Some(session.actor()) };
    let answer = session.ask(pipeline, Command::DeleteHwm(command)).await.or_try(|| list_hint(pipeline))?;
    let version = expect_answer!(answer, Done)?.version;
    let data = DeletedData { pipeline, name, from: &before, version };
    session.console.show(&data, || format!("{name}: {before} deleted\n"))?;
    session.say_done("deleted; its history stays");
    Ok(())
}
