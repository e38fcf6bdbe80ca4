//! `highwater state diff`.

use clap::Args;
use highwater::Moment;
use highwater::command::{Command, Diff};

use super::list_hint;
use crate::changes;
use crate::failure::{Hint, Outcome};
use crate::limits::{LIST_ENTRIES, PAGE_ENTRIES};
use crate::moment::parse;
use crate::session::{Session, expect_answer};
use crate::views::change::DiffData;

/// Names two moments.
#[derive(Args, Debug)]
pub(crate) struct DiffArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// The moment before: a version, a time such as 2026-11-20T22:00:00Z or 2h for two hours ago, or backup:ID.
    #[arg(value_name = "BEFORE", value_parser = parse)]
    from: Moment,
    /// The moment after.
    #[arg(value_name = "AFTER", value_parser = parse, default_value = "head")]
    to: Moment,
    /// Most changes shown; 0 for all that one answer may hold.
    #[arg(long, value_name = "N", default_value_t = LIST_ENTRIES)]
    limit: u32,
}

pub(super) async fn diff(session: &Session<'_>, arguments: &DiffArguments) -> Outcome<()> {
    let DiffArguments { pipeline, from, to, limit } = arguments;
    let limit = if *limit == 0 { PAGE_ENTRIES } else { *limit };
    let command = Diff { from: from.clone(), to: to.clone(), limit };
    let answer = session.ask(pipeline, Command::Diff(command)).await.or_try(|| list_hint(pipeline))?;
    let diff = expect_answer!(answer, Diff)?;
    let data = DiffData::new(pipeline, &diff)?;
    session.console.show(&data, || changes::table(session.console, &diff.changes))?;
    let count = changes::in_words(diff.changes.len(), diff.truncated);
    let (from, to) = (diff.from_version, diff.to_version);
    session.console.say(&format!("{count} from version {from} to version {to}"));
    Ok(())
}
