//! `highwater pipeline`.

use clap::{Args, Subcommand};
use highwater::RetryPolicy;
use highwater::answer::PipelineView;
use highwater::command::Command;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, fields, grouped, text};
use crate::time;
use crate::views::pipeline::{PipelineData, PipelineEntry};

/// The verbs of `highwater pipeline`.
#[derive(Debug, Subcommand)]
pub(crate) enum PipelineCommand {
    /// Lists the pipelines of the store by id.
    List(ListArguments),
    /// Shows a pipeline: its version, its graph, what is open.
    Show(ShowArguments),
}

/// Names pipelines.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Start of the ids wanted, for example prod/.
    #[arg(default_value = "")]
    prefix: String,
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    at: At,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: PipelineCommand) -> Outcome<()> {
    match command {
        PipelineCommand::List(arguments) => list(session, &arguments.prefix).await,
        PipelineCommand::Show(arguments) => show(&session.at(&arguments.at), &arguments.pipeline).await,
    }
}

async fn list(session: &Session<'_>, prefix: &str) -> Outcome<()> {
    let pipelines = session.pipelines(prefix).await?;
    let entries: Vec<PipelineEntry<'_>> =
        pipelines.iter().map(|pipeline| PipelineEntry { pipeline }).collect();
    session.console.show_list(&entries, || {
        if pipelines.is_empty() {
            return String::new();
        }
        let mut grid = Grid::new(session.console, &["PIPELINE"]);
        pipelines.iter().for_each(|pipeline| grid.row(vec![text(pipeline)]));
        grid.finish()
    })?;
    if pipelines.is_empty() {
        session.console.say("no pipelines");
    }
    Ok(())
}

async fn show(session: &Session<'_>, pipeline: &str) -> Outcome<()> {
    let view = expect_answer!(session.ask(pipeline, Command::DescribePipeline).await?, Pipeline)?;
    if view.version == 0 {
        let when = if session.is_past() {
            "nothing was written yet at that moment"
        } else {
            "nothing was ever written"
        };
        let message = format!("{when} to the pipeline `{pipeline}`");
        return Err(Failure::usage(message).hint("highwater pipeline list"));
    }
    session.console.show(&PipelineData::new(pipeline, &view), || {
        let parts = [
            head(session.console, pipeline, &view),
            graph(session.console, &view),
            guarantees(session.console, &view),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    })
}

fn head(console: &Console, pipeline: &str, view: &PipelineView) -> String {
    let number = |number: u64| Some(cell(Paint::Plain, grouped(number)));
    fields(
        console,
        vec![
            ("pipeline", Some(text(pipeline).add_attribute(comfy_table::Attribute::Bold))),
            ("version", number(view.version)),
            ("digest", Some(cell(Paint::Faint, &view.digest))),
            ("runs", number(view.runs)),
            ("open runs", (!view.open_runs.is_empty()).then(|| text(&view.open_runs.join(", ")))),
            ("HWMs", number(view.hwms)),
            ("leases", number(view.leases)),
            ("in doubt", (view.in_doubt > 0).then(|| cell(Paint::Warn, grouped(view.in_doubt)))),
            (
                "snapshot",
                (view.snapshot_version > 0).then(|| cell(Paint::Plain, grouped(view.snapshot_version))),
            ),
        ],
    )
}

fn graph(console: &Console, view: &PipelineView) -> String {
    if view.graph.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["NODE", "~AFTER", "~RETRY"]);
    for node in &view.graph {
        let mut retry = node.retry.as_ref().map_or_else(|| "default".to_owned(), in_words);
        if let Some(deadline_ms) = node.deadline_ms {
            let within = time::duration(i64::try_from(deadline_ms).unwrap_or(i64::MAX));
            retry.push_str(&format!(", each within {within}"));
        }
        grid.row(vec![text(&node.name), text(&node.after.join(", ")), text(&retry)]);
    }
    grid.finish()
}

/// What the nodes promise, where anything was said of their sinks.
fn guarantees(console: &Console, view: &PipelineView) -> String {
    if view.guarantees.iter().all(|guarantee| guarantee.sink.is_none()) {
        return String::new();
    }
    let mut grid = Grid::new(console, &["NODE", "ROWS", "~BECAUSE"]);
    for guarantee in &view.guarantees {
        let paint = if guarantee.exactly_once { Paint::Good } else { Paint::Warn };
        let effect = crate::batch::effect(guarantee.exactly_once);
        grid.row(vec![text(&guarantee.node), cell(paint, effect), text(&guarantee.reason)]);
    }
    grid.finish()
}

/// `3 attempts, 1.0 s doubling to 1m 00s`.
fn in_words(policy: &RetryPolicy) -> String {
    let pause = |pause_ms: u64| time::duration(i64::try_from(pause_ms).unwrap_or(i64::MAX));
    let growth = match policy.multiplier_percent {
        100 => String::new(),
        200 => format!(" doubling to {}", pause(policy.max_backoff_ms)),
        percent => format!(" growing to {percent} % each time, to {} at most", pause(policy.max_backoff_ms)),
    };
    let classes = match (policy.retryable.is_empty(), policy.fatal.is_empty()) {
        (true, true) => String::new(),
        (false, _) => format!(", only after {}", policy.retryable.join(" ")),
        (true, false) => format!(", never after {}", policy.fatal.join(" ")),
    };
    match policy.max_attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts, {}{growth}{classes}", pause(policy.backoff_ms)),
    }
}
