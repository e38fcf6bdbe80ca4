//! `highwater coverage show` and `gaps`.

use clap::Args;
use highwater::answer::{Coverage, LateData, Span};
use highwater::command::{Command, DescribeCoverage};
use highwater::{CoverageStatus, Interval};

use super::interval::{self, Written};
use super::{LineArguments, bar};
use crate::console::Console;
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::status::Status;
use crate::table::{Grid, grouped, optional, text};
use crate::views::coverage::CoverageData;

/// Names the coverage of a node, and how much of it.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    line: LineArguments,
    /// Only this part of it, for example 2026-11 or 0..500; otherwise from its first to its last interval.
    #[arg(long, value_name = "INTERVAL", value_parser = interval::parse, allow_hyphen_values = true)]
    within: Option<Written>,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn show(session: &Session<'_>, arguments: &ShowArguments, gaps: bool) -> Outcome<()> {
    let coverage = read(session, arguments, gaps).await?;
    let line = &arguments.line;
    let data = CoverageData::new(&line.pipeline, &line.node, line.partition.as_ref(), &coverage);
    let console = session.console;
    console.show(&data, || if gaps { table(console, &coverage) } else { picture(console, &coverage) })?;
    if coverage.spans.is_empty() {
        session.console.say(if gaps { "no gaps" } else { "nothing is covered yet" });
    }
    Ok(())
}

/// All pages as one.
async fn read(session: &Session<'_>, arguments: &ShowArguments, gaps: bool) -> Outcome<Coverage> {
    let line = &arguments.line;
    let within = arguments.within.map(|written| written.interval);
    let (mut from, to) = (within.map(|within| within.start), within.map(|within| within.end));
    let mut all: Option<Coverage> = None;
    loop {
        let (node, partition) = (line.node.clone(), line.partition.clone());
        let command = DescribeCoverage { node, partition, from, to, gaps, limit: PAGE_ENTRIES };
        let answer = session.ask(&line.pipeline, Command::DescribeCoverage(command)).await?;
        let page = expect_answer!(answer, Coverage)?;
        from = page.next;
        let all = match &mut all {
            None => all.insert(page),
            Some(all) => {
                all.spans.extend(page.spans);
                let known = all.claims.last().map(|claim| claim.start);
                all.claims.extend(page.claims.into_iter().filter(|claim| Some(claim.start) > known));
                all
            }
        };
        if from.is_none() {
            all.next = None;
            return Ok(all.clone());
        }
    }
}

fn picture(console: &Console, coverage: &Coverage) -> String {
    let (Some(first), Some(last)) = (coverage.spans.first(), coverage.spans.last()) else {
        return String::new();
    };
    let all = interval::words(coverage.axis, Interval { start: first.start, end: last.end });
    let edge = match coverage.edge {
        Some(edge) => format!("all done up to {}", interval::number(coverage.axis, edge)),
        None => "not done from the start on".to_owned(),
    };
    let late = coverage.late.as_ref().map(|late| late_words(console, late)).unwrap_or_default();
    format!(
        "{}  {}\n{all}, {edge}\n{late}\n{}",
        bar::bar(console, coverage),
        share(coverage),
        table(console, coverage)
    )
}

/// How much came late, and when last.
fn late_words(console: &Console, late: &LateData) -> String {
    let counts = [(late.reopened, "reopened"), (late.recorded, "recorded"), (late.refused, "refused")];
    let some = counts.iter().filter(|(count, _)| count.reports > 0);
    let words = some.map(|(count, what)| {
        let rows = if count.rows == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(count.rows)) };
        format!("{} times {what} ({rows})", grouped(count.reports))
    });
    let last = late.last.first().map(|last| console.when(last.at_ms)).unwrap_or_default();
    format!("late data: {}, last {last}\n", words.collect::<Vec<_>>().join(", "))
}

/// How much of what is shown is done.
fn share(coverage: &Coverage) -> String {
    let length = |span: &Span| i128::from(span.end) - i128::from(span.start);
    let all: i128 = coverage.spans.iter().map(length).sum();
    let done = coverage.spans.iter().filter(|span| span.status == CoverageStatus::Done);
    let tenths = done.map(length).sum::<i128>() * 1_000 / all.max(1);
    format!("{}.{} % done", tenths / 10, tenths % 10)
}

fn table(console: &Console, coverage: &Coverage) -> String {
    if coverage.spans.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["FROM", "UP TO", "STATUS", "SINCE", "RUN", "~REASON", "BY"]);
    for span in &coverage.spans {
        grid.row(vec![
            text(&interval::number(coverage.axis, span.start)),
            text(&interval::number(coverage.axis, span.end)),
            span.status.look().cell(console),
            cell(Paint::Plain, span.at_ms.map(|at_ms| console.when(at_ms)).unwrap_or_default()),
            optional(span.run.as_ref()),
            optional(span.reason.as_ref()),
            optional(span.actor.as_ref()),
        ]);
    }
    for claim in &coverage.claims {
        grid.row(vec![
            text(&interval::number(coverage.axis, claim.start)),
            text(&interval::number(coverage.axis, claim.end)),
            highwater::AttemptStatus::Running.look().cell(console),
            cell(Paint::Plain, console.when(claim.since_ms)),
            text(&claim.run),
            cell(Paint::Faint, format!("token {}", claim.token)),
            cell(Paint::Plain, ""),
        ]);
    }
    grid.finish()
}
