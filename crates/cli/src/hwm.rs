//! `highwater hwm`.

mod declare;
mod delete;
mod get;
mod history;
mod list;
mod observe;
mod rewind;
mod set;
mod show;

use clap::{Args, Subcommand};
use highwater::answer::HwmView;
use highwater::command::{Command, GetHwm};

use crate::failure::{Failure, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;

/// The verbs of `highwater hwm`.
#[derive(Debug, Subcommand)]
pub(crate) enum HwmCommand {
    /// Shows one HWM.
    Get(get::GetArguments),
    /// Moves an HWM forward, or makes it.
    Set(set::SetArguments),
    /// Lists HWMs by name.
    List(list::ListArguments),
    /// Shows earlier values of an HWM, newest first.
    History(history::HistoryArguments),
    /// Moves an HWM backwards, so that rows are read again. Plans only, unless --apply.
    Rewind(rewind::RewindArguments),
    /// Deletes an HWM.
    Delete(HwmArguments),
    /// Declares how an HWM is kept and read: lag, bounds, keys at the edge, nulls, partitions.
    Declare(declare::DeclareArguments),
    /// Shows how HWMs were declared, and from where to where their readers read.
    Show(show::ShowArguments),
    /// Says what the source of an HWM has, so that it is seen when it has forgotten rows.
    Observe(observe::ObserveArguments),
}

impl HwmCommand {
    /// Whether it makes the store if there is none.
    pub(crate) fn creates(&self) -> bool {
        matches!(self, HwmCommand::Set(_) | HwmCommand::Declare(_))
    }
}

/// Names an HWM.
#[derive(Args, Debug)]
pub(crate) struct HwmArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the HWM.
    name: String,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: HwmCommand) -> Outcome<()> {
    match command {
        HwmCommand::Get(arguments) => get::get(&session.at(&arguments.at), &arguments).await,
        HwmCommand::Set(arguments) => set::set(session, &arguments).await,
        HwmCommand::List(arguments) => list::list(&session.at(&arguments.at), &arguments).await,
        HwmCommand::History(arguments) => history::history(&session.at(&arguments.at), &arguments.hwm).await,
        HwmCommand::Rewind(arguments) => rewind::rewind(session, &arguments).await,
        HwmCommand::Delete(arguments) => delete::delete(session, &arguments).await,
        HwmCommand::Declare(arguments) => declare::declare(session, &arguments).await,
        HwmCommand::Show(arguments) => show::show(&session.at(&arguments.at), &arguments).await,
        HwmCommand::Observe(arguments) => observe::observe(session, &arguments).await,
    }
}

/// The HWM as it stands, if there is one.
pub(crate) async fn find(session: &Session<'_>, pipeline: &str, name: &str) -> Outcome<Option<HwmView>> {
    let command = Command::GetHwm(GetHwm { name: name.to_owned() });
    expect_answer!(session.ask(pipeline, command).await?, Hwm)
}

/// The HWM as it stands; refuses where there is none.
async fn present(session: &Session<'_>, pipeline: &str, name: &str) -> Outcome<HwmView> {
    let missing =
        || Failure::usage(format!("pipeline `{pipeline}` has no HWM `{name}`")).hint(list_hint(pipeline));
    find(session, pipeline, name).await?.ok_or_else(missing)
}

fn list_hint(pipeline: &str) -> String {
    format!("highwater hwm list {}", word(pipeline))
}
