//! `highwater partition declare`.

use clap::Args;
use highwater::PartitionDimension;
use highwater::command::{Command, DeclarePartitions};

use super::{NodeArguments, dimension};
use crate::failure::{Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;

/// Declares dimensions.
#[derive(Args, Debug)]
pub(crate) struct DeclareArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// A dimension, in the order in which their keys make the name of a partition: region=eu,us with all its keys, or customer for one
    /// whose keys come and go.
    #[arg(long, value_name = "NAME[=KEYS]", value_parser = dimension, required_unless_present = "none")]
    dimension: Vec<PartitionDimension>,
    /// Takes the declaration back.
    #[arg(long, conflicts_with = "dimension")]
    none: bool,
}

pub(super) async fn declare(session: &Session<'_>, arguments: DeclareArguments) -> Outcome<()> {
    let NodeArguments { pipeline, node } = arguments.node;
    let command = DeclarePartitions { node: node.clone(), dimensions: arguments.dimension };
    let answer = session.ask(&pipeline, Command::DeclarePartitions(command)).await;
    let show = || format!("highwater partition show {} {}", word(&pipeline), word(&node));
    let done = expect_answer!(answer.or_try(show)?, Done)?;
    let already = if done.changed { "" } else { " already" };
    let what = if arguments.none { "is not divided into partitions" } else { "is divided so" };
    session.say_done(&format!("node {node} {what}{already}"));
    Ok(())
}
