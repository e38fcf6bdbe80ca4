//! `highwater run show`.

use comfy_table::Cell;
use highwater::answer::{AttemptView, NodeView, RunView};
use highwater::{AttemptStatus, Counts};

use super::drift::window_words;
use super::{RunOrNewest, describe, run_or_newest};
use crate::console::{Console, clean, clean_lines};
use crate::failure::Outcome;
use crate::paint::{Paint, cell};
use crate::session::Session;
use crate::status::Status;
use crate::table::{Grid, count, fields, grouped, text};
use crate::time;
use crate::views::run::RunData;

pub(super) async fn show(session: &Session<'_>, arguments: &RunOrNewest) -> Outcome<()> {
    let pipeline = &arguments.pipeline;
    let run = run_or_newest(session, pipeline, arguments.run.as_ref()).await?;
    let run = describe(session, pipeline, &run).await?;
    show_run(session.console, pipeline, &run)
}

/// Writes a run as data.
pub(crate) fn show_run(console: &Console, pipeline: &str, run: &RunView) -> Outcome<()> {
    console.show(&RunData::full(pipeline, run), || {
        let parts =
            [head(console, pipeline, run), attempts(console, &run.nodes), errors(console, &run.nodes)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    })
}

fn head(console: &Console, pipeline: &str, run: &RunView) -> String {
    let moment = |at_ms: i64| cell(Paint::Plain, console.moment(at_ms));
    let end_ms = run.finished_at_ms.unwrap_or(console.now_ms);
    let cancelled = run.cancel_reason.as_ref().map(|reason| match &run.cancel_actor {
        Some(actor) => format!("by {actor}: {reason}"),
        None => reason.clone(),
    });
    let pairs = |pairs: Vec<String>| (!pairs.is_empty()).then(|| text(&pairs.join(", ")));
    fields(
        console,
        vec![
            ("run", Some(text(&run.run).add_attribute(comfy_table::Attribute::Bold))),
            ("pipeline", Some(text(pipeline))),
            ("status", Some(run.status.look().cell(console))),
            ("started", Some(moment(run.started_at_ms))),
            ("finished", run.finished_at_ms.map(moment)),
            ("duration", Some(cell(Paint::Plain, time::duration(end_ms.saturating_sub(run.started_at_ms))))),
            ("deadline", run.deadline_at_ms.map(moment)),
            ("window", run.window.map(window_words).as_deref().map(text)),
            ("restarts", (run.restarts > 0).then(|| cell(Paint::Plain, run.restarts))),
            ("trigger", run.trigger.as_deref().map(text)),
            ("code version", run.code_version.as_deref().map(text)),
            ("for", run.logical_time_ms.map(|at_ms| cell(Paint::Plain, time::absolute(at_ms)))),
            ("parent", run.parent.as_deref().map(text)),
            ("worker", run.worker.as_deref().map(text)),
            ("params", pairs(run.params.iter().map(|(name, value)| format!("{name}={value}")).collect())),
            ("tags", pairs(run.tags.iter().map(|(name, tag)| format!("{name}={tag}")).collect())),
            ("rows", rows(run.counts)),
            ("error", run.error.as_ref().map(|error| text(&format!("{}: {}", error.class, error.message)))),
            ("cancelled", cancelled.as_deref().map(text)),
            ("paused", paused(console, run).as_deref().map(text)),
        ],
    )
}

/// Who paused it why, and how long ago.
fn paused(console: &Console, run: &RunView) -> Option<String> {
    let pause = run.pause.as_ref()?;
    let by = pause.actor.as_ref().map(|actor| format!("by {actor}, ")).unwrap_or_default();
    Some(format!("{by}{}: {}", console.when(pause.since_ms), pause.reason))
}

fn rows(counts: Counts) -> Option<Cell> {
    let words = in_words(counts);
    (!words.is_empty()).then(|| cell(Paint::Plain, words))
}

/// `1,200 rows read, 1,200 written`; empty if nothing was counted.
pub(crate) fn in_words(counts: Counts) -> String {
    let named = [
        (counts.rows_read, "rows read"),
        (counts.rows_written, "rows written"),
        (counts.rows_failed, "rows failed"),
        (counts.bytes, "bytes"),
    ];
    let counted = named.iter().filter(|(number, _)| *number > 0);
    counted.map(|(number, what)| format!("{} {what}", grouped(*number))).collect::<Vec<_>>().join(", ")
}

fn attempts(console: &Console, nodes: &[NodeView]) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    let headers =
        ["NODE", "STATUS", ">ATTEMPT", ">TOKEN", "STARTED", ">DURATION", ">READ", ">WRITTEN", "~WHY"];
    let mut grid = Grid::new(console, &headers);
    for node in nodes {
        let name = || text(&node.node).add_attribute(comfy_table::Attribute::Bold);
        for attempt in &node.attempts {
            // The last attempt of a node stands for the node.
            let is_last = node.attempts.last().is_some_and(|last| last.attempt == attempt.attempt);
            let status = if is_last { node.status.look() } else { attempt.status.look() };
            grid.row(attempt_row(console, name(), status.cell(console), attempt));
        }
        if node.attempts.is_empty() {
            let why = node.reason.as_ref().map(|reason| clean(&reason.message)).unwrap_or_default();
            let mut row = vec![name(), node.status.look().cell(console)];
            row.extend((0..6).map(|_| Cell::new("")));
            row.push(cell(Paint::Plain, why));
            grid.row(row);
        }
    }
    grid.finish()
}

fn attempt_row(console: &Console, name: Cell, status: Cell, attempt: &AttemptView) -> Vec<Cell> {
    let end_ms = match attempt.status {
        AttemptStatus::Running => console.now_ms,
        _ => attempt.finished_at_ms.unwrap_or(attempt.started_at_ms),
    };
    vec![
        name,
        status,
        cell(Paint::Plain, attempt.attempt),
        cell(Paint::Plain, attempt.token),
        cell(Paint::Plain, console.when(attempt.started_at_ms)),
        cell(Paint::Plain, time::duration(end_ms.saturating_sub(attempt.started_at_ms))),
        cell(Paint::Plain, count(attempt.counts.rows_read)),
        cell(Paint::Plain, count(attempt.counts.rows_written)),
        text(&attempt.reason.message),
    ]
}

fn errors(console: &Console, nodes: &[NodeView]) -> String {
    let mut lines = String::new();
    for node in nodes {
        for attempt in &node.attempts {
            let Some(error) = &attempt.error else { continue };
            let head = format!(
                "{} attempt {} failed with {}:",
                clean(&node.node),
                attempt.attempt,
                clean(&error.class)
            );
            lines.push_str(&format!("{} {}\n", console.data.paint(Paint::Bad, &head), clean(&error.message)));
            for line in error.detail.iter().flat_map(|detail| detail.lines()) {
                lines.push_str(&format!("  {}\n", console.data.paint(Paint::Faint, &clean_lines(line))));
            }
        }
    }
    lines
}
