//! `highwater coverage late rule`, `rules` and `remove`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use highwater::answer::LateRuleView;
use highwater::command::{Command, DeclareLateRule, ListLateRules};
use highwater::{LateAction, LateRule};

use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, text};
use crate::time::{duration, parse_duration};
use crate::views::late::RuleData;

/// What happens to late data, as people write it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Action {
    /// It is counted, and what is done stays done.
    Record,
    /// What is done has to be done again.
    Reopen,
    /// It is counted, and the reporter is told that nobody will load it.
    Refuse,
}

impl From<Action> for LateAction {
    fn from(action: Action) -> LateAction {
        match action {
            Action::Record => LateAction::Record,
            Action::Reopen => LateAction::Reopen,
            Action::Refuse => LateAction::Refuse,
        }
    }
}

/// Declares a rule.
#[derive(Args, Debug)]
pub(crate) struct RuleArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node; without it all nodes that have no rule of their own.
    node: Option<String>,
    /// What happens to late data.
    #[arg(long, value_name = "WHAT")]
    action: Action,
    /// How far behind the end of what was done last it may be: 3days, or so many whole numbers such as 1000.
    #[arg(long, value_name = "HOW FAR", value_parser = allowed)]
    allowed: Option<u64>,
    /// What happens to what is further behind.
    #[arg(long, value_name = "WHAT", default_value = "record", requires = "allowed")]
    beyond: Action,
    /// What the nodes after it have done of the same intervals has to be done again too.
    #[arg(long)]
    downstream: bool,
}

/// Names the rule of a node.
#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node; without it the rule of all nodes that have none of their own.
    node: Option<String>,
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct RulesArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    pub(super) at: At,
}

/// Whole numbers, or the milliseconds of a duration.
fn allowed(text: &str) -> Result<u64, String> {
    let milliseconds = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    text.parse().or_else(|_| parse_duration(text).map(milliseconds))
}

pub(super) async fn set(session: &Session<'_>, arguments: RuleArguments) -> Outcome<()> {
    let RuleArguments { pipeline, node, action, allowed, beyond, downstream } = arguments;
    let mut rule = match action {
        Action::Record => LateRule::record(),
        Action::Reopen => LateRule::reopen(),
        Action::Refuse => LateRule::refuse(),
    };
    rule = rule.beyond(beyond.into());
    if let Some(units) = allowed {
        rule = rule.allowed(units);
    }
    if downstream {
        rule = rule.downstream();
    }
    declare(session, &pipeline, DeclareLateRule { node, ..rule.into() }).await
}

pub(super) async fn remove(session: &Session<'_>, arguments: RemoveArguments) -> Outcome<()> {
    let RemoveArguments { pipeline, node } = arguments;
    declare(session, &pipeline, DeclareLateRule { node, rule: None }).await
}

async fn declare(session: &Session<'_>, pipeline: &str, command: DeclareLateRule) -> Outcome<()> {
    let removes = command.rule.is_none();
    let node = command.node.as_ref();
    let whose = node.map_or_else(|| "all other nodes".to_owned(), |node| format!("node {node}"));
    let done = expect_answer!(session.ask(pipeline, Command::DeclareLateRule(command)).await?, Done)?;
    session.say_done(&match (removes, done.changed) {
        (false, true) => format!("{whose}: this is what happens to late data now"),
        (false, false) => format!("{whose}: this is what happens to late data already"),
        (true, true) => format!("{whose}: late data is recorded now, or as declared for all nodes"),
        (true, false) => format!("{whose}: there was no rule"),
    });
    Ok(())
}

pub(super) async fn list(session: &Session<'_>, arguments: &RulesArguments) -> Outcome<()> {
    let command = |cursor| Command::ListLateRules(ListLateRules { cursor, limit: PAGE_ENTRIES });
    let read = |answer| expect_answer!(answer, LateRules).map(|page| (page.rules, page.next));
    let rules = session.ask_for_all(&arguments.pipeline, command, read).await?;
    let data: Vec<RuleData<'_>> = rules.iter().map(|view| RuleData::new(&arguments.pipeline, view)).collect();
    session.console.show_list(&data, || table(session, &rules))?;
    if rules.is_empty() {
        session.console.say("no rules are declared: late data is recorded");
    }
    Ok(())
}

/// The word for what happens to late data.
pub(crate) fn word(action: LateAction) -> &'static str {
    match action {
        LateAction::Record => "record",
        LateAction::Reopen => "reopen",
        LateAction::Refuse => "refuse",
    }
}

fn table(session: &Session<'_>, rules: &[LateRuleView]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let mut grid =
        Grid::new(session.console, &["NODE", "LATE DATA", ">UP TO", "BEYOND THAT", "NODES AFTER IT"]);
    for LateRuleView { node, rule } in rules {
        // Milliseconds or whole numbers: the rule of all nodes is for both.
        let far = |units: u64| {
            let words = duration(i64::try_from(units).unwrap_or(i64::MAX));
            if units >= 60_000 { format!("{units} ({words})") } else { units.to_string() }
        };
        grid.row(vec![
            text(node.as_deref().unwrap_or("(all others)")).add_attribute(comfy_table::Attribute::Bold),
            cell(Paint::Plain, word(rule.action)),
            optional(rule.allowed.map(far).as_ref()),
            cell(Paint::Plain, if rule.allowed.is_some() { word(rule.beyond) } else { "" }),
            cell(Paint::Plain, if rule.downstream { "reopened too" } else { "" }),
        ]);
    }
    grid.finish()
}
