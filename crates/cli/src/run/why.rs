//! `highwater run why`.

use clap::Args;
use highwater::answer::NodeWhy;
use highwater::command::{Command, Why};

use super::{list_hint, run_or_newest, show_hint};
use crate::console::{Console, clean};
use crate::failure::{Hint, Outcome};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::status::Status;
use crate::table::{Grid, text};
use crate::views::node::NodeWhyData;

/// Names a run and perhaps a node.
#[derive(Args, Debug)]
pub(crate) struct WhyArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the run; the newest one if left out.
    run: Option<String>,
    /// Name of the node; all if left out.
    node: Option<String>,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn why(session: &Session<'_>, arguments: &WhyArguments) -> Outcome<()> {
    let pipeline = &arguments.pipeline;
    let run = run_or_newest(session, pipeline, arguments.run.as_ref()).await?;
    let command = Command::Why(Why { run: run.clone(), node: arguments.node.clone() });
    let hint = || arguments.node.as_ref().map_or_else(|| list_hint(pipeline), |_| show_hint(pipeline, &run));
    let nodes = expect_answer!(session.ask(pipeline, command).await.or_try(hint)?, Why)?;
    let data: Vec<NodeWhyData<'_>> = nodes.iter().map(NodeWhyData::from).collect();
    session.console.show_list(&data, || {
        nodes.iter().map(|node| explain(session.console, node)).collect::<Vec<_>>().join("\n")
    })?;
    if nodes.is_empty() {
        session.console.say(&format!("nothing was decided in run {run} yet"));
    }
    Ok(())
}

fn explain(console: &Console, node: &NodeWhy) -> String {
    let status = node.status.look();
    let name = console.data.paint(Paint::Strong, &clean(&node.node));
    let mut lines = format!("{name} {}\n", status.painted(console));
    if node.decisions.is_empty() {
        lines.push_str("  nothing was decided yet\n");
        return lines;
    }
    let mut grid = Grid::new(console, &["  WHEN", ">VERSION", "DECISION", "~WHY"]);
    for decision in &node.decisions {
        grid.row(vec![
            cell(Paint::Plain, format!("  {}", console.when(decision.at_ms))),
            cell(Paint::Faint, decision.version),
            cell(paint_of(&decision.what), &decision.what),
            text(&decision.why),
        ]);
    }
    lines.push_str(&grid.finish());
    lines
}

fn paint_of(what: &str) -> Paint {
    match what {
        "succeed" => Paint::Good,
        "give-up" | "crash" => Paint::Bad,
        "retry" | "force" | "reset" | "cancel" => Paint::Warn,
        "run" => Paint::Busy,
        _ => Paint::Plain,
    }
}
