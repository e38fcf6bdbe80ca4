//! `highwater coverage late`.

mod report;
mod rule;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::session::Session;

/// The verbs of `highwater coverage late`.
#[derive(Debug, Subcommand)]
pub(crate) enum LateCommand {
    /// Reports that rows arrived: what of them is late is reopened, recorded or refused, as declared. Exits with 1 if any are refused.
    Report(report::ReportArguments),
    /// Declares what a node does about late data.
    Rule(rule::RuleArguments),
    /// Lists what nodes do about late data.
    Rules(rule::RulesArguments),
    /// Takes the rule of a node back; without one, late data is recorded.
    Remove(rule::RemoveArguments),
}

impl LateCommand {
    /// Whether it makes the store if there is none.
    pub(crate) fn creates(&self) -> bool {
        matches!(self, LateCommand::Rule(_))
    }
}

/// Carries out a verb.
pub(super) async fn speak(session: &Session<'_>, command: LateCommand) -> Outcome<()> {
    match command {
        LateCommand::Report(arguments) => report::report(session, &arguments).await,
        LateCommand::Rule(arguments) => rule::set(session, arguments).await,
        LateCommand::Rules(arguments) => rule::list(&session.at(&arguments.at), &arguments).await,
        LateCommand::Remove(arguments) => rule::remove(session, arguments).await,
    }
}
