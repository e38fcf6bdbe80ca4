//! `highwater run drift`.

use highwater::answer::{DriftKind, DriftReport, NodeDrift};
use highwater::command::{Command, ReportDrift};
use highwater::{Axis, Interval, RunWindow};

use super::{RunOrNewest, list_hint, run_or_newest};
use crate::console::Console;
use crate::coverage::interval;
use crate::failure::{Failure, Hint, Outcome};
use crate::limits::PAGE_ENTRIES;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::table::{Grid, fields, optional, text};
use crate::views::drift::DriftData;

pub(super) async fn drift(session: &Session<'_>, arguments: &RunOrNewest) -> Outcome<()> {
    let pipeline = &arguments.pipeline;
    let run = run_or_newest(session, pipeline, arguments.run.as_ref()).await?;
    let report = whole(session, pipeline, &run).await?;
    session.console.show(&DriftData::new(pipeline, &report), || table(session.console, pipeline, &report))?;
    if report.consistent {
        session.say_done(match (report.compared_with, report.window) {
            (None, _) => "its nodes have covered nothing yet, so nothing has drifted",
            (Some(_), None) => "its nodes agree with each other",
            (Some(_), Some(_)) => "its nodes agree with its window",
        });
        return Ok(());
    }
    let lines = report.nodes.iter().filter(|line| !line.drift.is_empty());
    let node = lines.map(|line| word(&line.node)).next().unwrap_or_default();
    let others = if report.window.is_some() { "its window" } else { "each other" };
    let message = format!("{} of {} nodes of run {run} differ from {others}", report.drifted, report.count);
    Err(Failure::work(message).hint(format!("highwater coverage show {} {node}", word(pipeline))))
}

/// All pages in one.
async fn whole(session: &Session<'_>, pipeline: &str, run: &str) -> Outcome<DriftReport> {
    let mut nodes = Vec::new();
    let mut from = 0;
    loop {
        let command = Command::ReportDrift(ReportDrift { run: run.to_owned(), from, limit: PAGE_ENTRIES });
        let answer = session.ask(pipeline, command).await.or_try(|| list_hint(pipeline))?;
        let page = expect_answer!(answer, Drift)?;
        nodes.extend(page.nodes);
        match page.next {
            Some(next) => from = next,
            None => return Ok(DriftReport { nodes, ..page }),
        }
    }
}

/// A window as it is written.
pub(super) fn window_words(RunWindow { axis, start, end }: RunWindow) -> String {
    interval::words(axis, Interval { start, end })
}

fn table(console: &Console, pipeline: &str, report: &DriftReport) -> String {
    let compared = report.compared_with.filter(|_| report.window.is_none()).map(window_words);
    let head = fields(
        console,
        vec![
            ("run", Some(text(&report.run).add_attribute(comfy_table::Attribute::Bold))),
            ("pipeline", Some(text(pipeline))),
            ("window", report.window.map(window_words).as_deref().map(text)),
            ("compared with", compared.as_deref().map(text)),
        ],
    );
    if report.nodes.is_empty() {
        return head;
    }
    let mut grid =
        Grid::new(console, &["NODE", "PARTITION", "STATUS", "COVERED", "DRIFT", "~MISSING", "~OUTSIDE"]);
    for line in &report.nodes {
        let axis = line.axis.unwrap_or_default();
        let (paint, drift) = drift_words(line);
        grid.row(vec![
            text(&line.node).add_attribute(comfy_table::Attribute::Bold),
            optional(line.partition.as_ref()),
            line.status.look().cell(console),
            cell(Paint::Plain, line.covered.map(|it| interval::words(axis, it)).unwrap_or_default()),
            cell(paint, drift),
            cell(Paint::Plain, list(axis, &line.missing)),
            cell(Paint::Plain, list(axis, &line.outside)),
        ]);
    }
    format!("{head}\n{}", grid.finish())
}

fn drift_words(line: &NodeDrift) -> (Paint, String) {
    if line.axis.is_none() {
        return (Paint::Faint, "no coverage".to_owned());
    }
    if line.drift.is_empty() {
        return (Paint::Plain, "none".to_owned());
    }
    (Paint::Bad, line.drift.iter().map(|kind| kind_words(*kind)).collect::<Vec<_>>().join(", "))
}

fn kind_words(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::Nothing => "nothing done",
        DriftKind::StartsLate => "starts late",
        DriftKind::Behind => "behind",
        DriftKind::Gap => "gap",
        DriftKind::StartsEarly => "starts early",
        DriftKind::Ahead => "ahead",
        DriftKind::OtherAxis => "other axis",
    }
}

fn list(axis: Axis, intervals: &[Interval]) -> String {
    intervals.iter().map(|it| interval::words(axis, *it)).collect::<Vec<_>>().join(", ")
}
