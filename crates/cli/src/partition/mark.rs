//! `highwater partition mark`.

use std::fmt::Write as _;

use clap::Args;
use highwater::command::{Command, MarkPartitions};
use highwater::{CoverageStatus, PartitionMark};

use super::NodeArguments;
use super::list::Standing;
use crate::console::clean;
use crate::failure::{Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::table::grouped;
use crate::views::partition::MarkedData;

/// Names partitions, and what they shall be.
#[derive(Args, Debug)]
pub(crate) struct MarkArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// The partitions: their keys, joined by `|`.
    #[arg(required = true, value_name = "PARTITION")]
    partitions: Vec<String>,
    /// What they shall be.
    #[arg(long, value_name = "STATUS")]
    status: Standing,
    /// How many rows each has.
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// What they were done with.
    #[arg(long, value_name = "TEXT")]
    fingerprint: Option<String>,
    /// Does it; without this word it only says what would change.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn mark(session: &Session<'_>, arguments: &MarkArguments) -> Outcome<()> {
    let NodeArguments { pipeline, node } = &arguments.node;
    let status = CoverageStatus::from(arguments.status);
    let mark = |partition: &String| PartitionMark {
        partition: partition.clone(),
        rows: arguments.rows,
        fingerprint: arguments.fingerprint.clone(),
    };
    let mut command = MarkPartitions {
        node: node.clone(),
        status,
        marks: arguments.partitions.iter().map(mark).collect(),
        reason: String::new(),
        actor: Some(session.actor()),
        dry_run: true,
    };
    if arguments.apply {
        command.reason = session.reason(&again(arguments))?;
        session.confirm(&format!("mark partitions of {node} as {}?", status.look().name()))?;
        command.dry_run = false;
    }
    let answer = session.ask(pipeline, Command::MarkPartitions(command)).await;
    let show = || format!("highwater partition show {} {}", word(pipeline), word(node));
    let marked = expect_answer!(answer.or_try(show)?, PartitionsChanged)?;
    session.console.show(&MarkedData::new(pipeline, node, status, &marked), || {
        let mut lines = marked.partitions.iter().fold(String::new(), |mut lines, partition| {
            // Writing to a text cannot fail.
            let _ = writeln!(lines, "{}: {}", clean(partition), status.look().painted(session.console));
            lines
        });
        let more = marked.changed.saturating_sub(marked.partitions.len() as u64);
        if more > 0 {
            let _ = writeln!(lines, "and {} more", grouped(more));
        }
        lines
    })?;
    if marked.changed == 0 {
        session.console.say("nothing would change");
    } else if marked.applied {
        session.say_done(&format!("{} marked as {}", grouped(marked.changed), status.look().name()));
    } else {
        session.say_planned();
    }
    Ok(())
}

/// The command that does it.
fn again(arguments: &MarkArguments) -> String {
    let NodeArguments { pipeline, node } = &arguments.node;
    let partitions: Vec<String> = arguments.partitions.iter().map(|partition| word(partition)).collect();
    let status = CoverageStatus::from(arguments.status).look().name();
    format!(
        "highwater partition mark {} {} {} --status {status} --apply",
        word(pipeline),
        word(node),
        partitions.join(" ")
    )
}
