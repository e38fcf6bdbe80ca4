//! `highwater partition show`.

use clap::Args;
use highwater::answer::{Dimension, Partitioning};
use highwater::command::{Command, DescribePartitions, ListPartitions};

use super::list;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::session::{Session, expect_answer};
use crate::table::{Grid, count, grouped, text};
use crate::views::partition::{PartitionData, PartitioningData};

/// Names what is to be shown.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node; without it all nodes that are divided.
    node: Option<String>,
    /// One partition: its keys, joined by `|`.
    #[arg(requires = "node")]
    partition: Option<String>,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn show(session: &Session<'_>, arguments: &ShowArguments) -> Outcome<()> {
    let pipeline = &arguments.pipeline;
    if let (Some(node), Some(partition)) = (&arguments.node, &arguments.partition) {
        let (node, partitions) = (node.clone(), vec![partition.clone()]);
        let command = ListPartitions { node: node.clone(), partitions, ..ListPartitions::default() };
        let answer = session.ask(pipeline, Command::ListPartitions(command)).await?;
        let page = expect_answer!(answer, Partitions)?;
        let view = page.partitions.first().ok_or_else(crate::session::unexpected)?;
        let data = PartitionData::new(pipeline, &node, view);
        return session.console.show(&data, || list::table(session.console, &page.partitions));
    }
    let command = |cursor| {
        let node = arguments.node.clone();
        Command::DescribePartitions(DescribePartitions { node, cursor, limit: PAGE_ENTRIES })
    };
    let read = |answer| expect_answer!(answer, Partitionings).map(|page| (page.nodes, page.next));
    let nodes = session.ask_for_all(pipeline, command, read).await?;
    let data: Vec<PartitioningData<'_>> =
        nodes.iter().map(|it| PartitioningData::new(pipeline, it)).collect();
    match (&arguments.node, data.first()) {
        (Some(node), None) => {
            let message = format!("node {node} is not divided into partitions");
            Err(Failure::work(message)
                .hint("highwater partition declare PIPELINE NODE --dimension region=eu,us"))
        }
        (Some(_), Some(one)) => session.console.show(one, || table(session.console, &nodes)),
        (None, first) => {
            if first.is_none() {
                session.console.say("no node is divided into partitions");
            }
            session.console.show_list(&data, || table(session.console, &nodes))
        }
    }
}

fn table(console: &Console, nodes: &[Partitioning]) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    let headers =
        ["NODE", "~DIMENSIONS", ">PARTITIONS", ">DONE", ">FAILED", ">STALE", ">MISSING", ">CLAIMED", ">ROWS"];
    let mut grid = Grid::new(console, &headers);
    let dimension = |it: &Dimension| {
        let kind = if it.dynamic { ", dynamic" } else { "" };
        format!("{} ({} keys{kind})", it.name, grouped(it.keys))
    };
    for Partitioning { node, dimensions, counts, .. } in nodes {
        grid.row(vec![
            text(node).add_attribute(comfy_table::Attribute::Bold),
            text(&dimensions.iter().map(dimension).collect::<Vec<_>>().join(" | ")),
            text(&grouped(counts.total)),
            text(&count(counts.done)),
            text(&count(counts.failed)),
            text(&count(counts.stale)),
            text(&count(counts.missing)),
            text(&count(counts.claimed)),
            text(&count(counts.rows)),
        ]);
    }
    grid.finish()
}
