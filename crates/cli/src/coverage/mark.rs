//! `highwater coverage mark-done`, `invalidate` and `forget`.

use std::fmt::Write as _;

use clap::Args;
use highwater::command::{Command, MarkCoverage};
use highwater::{CoverageStatus, Interval};

use super::LineArguments;
use super::interval::{self, Written};
use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::views::coverage::MarkedData;

/// Names intervals of a node.
#[derive(Args, Debug)]
pub(crate) struct MarkArguments {
    #[command(flatten)]
    line: LineArguments,
    /// The intervals: days, months or years in UTC such as 2026-11-20, times from..up to, or whole numbers such as 0..500.
    #[arg(required = true, value_name = "INTERVAL", value_parser = interval::parse)]
    intervals: Vec<Written>,
    /// Does it; without this word it only says what would change.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn mark(
    session: &Session<'_>,
    arguments: &MarkArguments,
    verb: &str,
    status: CoverageStatus,
) -> Outcome<()> {
    let LineArguments { pipeline, node, partition } = &arguments.line;
    let axis = arguments.intervals[0].axis;
    if arguments.intervals.iter().any(|written| written.axis != axis) {
        return Err(Failure::usage(
            "some of these intervals are times and some are numbers; name them in two commands",
        ));
    }
    let intervals: Vec<Interval> = arguments.intervals.iter().map(|written| written.interval).collect();
    let again = again(arguments, verb);
    let mut command = MarkCoverage {
        node: node.clone(),
        partition: partition.clone(),
        axis: Some(axis),
        intervals,
        status,
        reason: String::new(),
        actor: Some(session.actor()),
        dry_run: true,
    };
    if arguments.apply {
        command.reason = session.reason(&again)?;
        session.confirm(&format!("mark intervals of {node} as {}?", status.look().name()))?;
        command.dry_run = false;
    }
    let answer = session.ask(pipeline, Command::MarkCoverage(command)).await;
    let marked = expect_answer!(
        answer.or_try(|| format!("highwater coverage show {} {}", word(pipeline), word(node)))?,
        CoverageChanged
    )?;
    let data = MarkedData::new(pipeline, node, partition.as_ref(), status, &marked);
    session.console.show(&data, || {
        let lines = marked.changed.iter().map(|changed| interval::words(marked.axis, *changed));
        lines.fold(String::new(), |mut text, words| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{words}: {}", status.look().painted(session.console));
            text
        })
    })?;
    if marked.changed.is_empty() {
        session.console.say("nothing would change");
    } else if marked.applied {
        session.say_done(&format!("marked as {}", status.look().name()));
    } else {
        session.say_planned();
    }
    Ok(())
}

/// The command that does it.
fn again(arguments: &MarkArguments, verb: &str) -> String {
    let LineArguments { pipeline, node, partition } = &arguments.line;
    let mut words = format!("highwater coverage {verb} {} {}", word(pipeline), word(node));
    for written in &arguments.intervals {
        words += &format!(" {}", interval::words(written.axis, written.interval));
    }
    if let Some(partition) = partition {
        words += &format!(" --partition {}", word(partition));
    }
    words + " --apply"
}
