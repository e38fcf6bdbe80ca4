//! `highwater partition list`.

use clap::{Args, ValueEnum};
use highwater::CoverageStatus;
use highwater::answer::PartitionView;
use highwater::command::{Command, ListPartitions};

use super::NodeArguments;
use crate::console::Console;
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::session::{Session, expect_answer};
use crate::status::Status;
use crate::table::{Grid, grouped, optional, text};
use crate::views::partition::PartitionData;

/// How a partition stands, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Standing {
    /// Never done, or forgotten.
    Missing,
    /// Done.
    Done,
    /// The last attempt at it failed.
    Failed,
    /// It was done, and has to be done again.
    Stale,
}

impl From<Standing> for CoverageStatus {
    fn from(standing: Standing) -> CoverageStatus {
        match standing {
            Standing::Missing => CoverageStatus::Missing,
            Standing::Done => CoverageStatus::Done,
            Standing::Failed => CoverageStatus::Failed,
            Standing::Stale => CoverageStatus::Stale,
        }
    }
}

/// Names partitions of a node.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// Only those that stand so: missing, done, failed, stale.
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<Standing>,
    /// Only those whose names begin so, for example 'eu|'.
    #[arg(long, value_name = "START", default_value = "")]
    prefix: String,
    /// Most partitions shown; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    limit: u32,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let NodeArguments { pipeline, node } = &arguments.node;
    let (partitions, more) = read(session, arguments).await?;
    let data: Vec<PartitionData<'_>> =
        partitions.iter().map(|view| PartitionData::new(pipeline, node, view)).collect();
    session.console.show_list(&data, || table(session.console, &partitions))?;
    if partitions.is_empty() {
        session.console.say("no such partitions");
    }
    if more {
        let limit = arguments.limit;
        session.console.say(&format!("there are more partitions than {limit}; --limit 0 shows all"));
    }
    Ok(())
}

/// The partitions, and whether there are more.
async fn read(session: &Session<'_>, arguments: &ListArguments) -> Outcome<(Vec<PartitionView>, bool)> {
    let NodeArguments { pipeline, node } = &arguments.node;
    let wanted = if arguments.limit == 0 { usize::MAX } else { arguments.limit as usize };
    let (mut partitions, mut cursor) = (Vec::new(), None);
    loop {
        let left = u32::try_from(wanted - partitions.len()).unwrap_or(u32::MAX);
        let command = ListPartitions {
            node: node.clone(),
            statuses: arguments.status.iter().map(|standing| (*standing).into()).collect(),
            prefix: arguments.prefix.clone(),
            cursor,
            limit: left.min(PAGE_ENTRIES),
            ..ListPartitions::default()
        };
        let answer = session.ask(pipeline, Command::ListPartitions(command)).await?;
        let page = expect_answer!(answer, Partitions)?;
        partitions.extend(page.partitions);
        match page.next {
            Some(next) if partitions.len() < wanted => cursor = Some(next),
            next => return Ok((partitions, next.is_some())),
        }
    }
}

/// Partitions for people.
pub(super) fn table(console: &Console, partitions: &[PartitionView]) -> String {
    if partitions.is_empty() {
        return String::new();
    }
    let headers =
        ["PARTITION", "STATUS", ">ROWS", "FINGERPRINT", "LAST RUN", "WHEN", "WORKS ON IT", "~REASON", "BY"];
    let mut grid = Grid::new(console, &headers);
    for view in partitions {
        let last = view.run.as_ref().zip(view.attempt);
        grid.row(vec![
            text(&view.partition).add_attribute(comfy_table::Attribute::Bold),
            view.status.look().cell(console),
            text(&view.rows.map(grouped).unwrap_or_default()),
            optional(view.fingerprint.as_ref()),
            text(&last.map(|(run, attempt)| format!("{run} #{attempt}")).unwrap_or_default()),
            text(&view.at_ms.map(|at_ms| console.when(at_ms)).unwrap_or_default()),
            optional(view.claim.as_ref().map(|claim| &claim.run)),
            optional(view.reason.as_ref()),
            optional(view.actor.as_ref()),
        ]);
    }
    grid.finish()
}
