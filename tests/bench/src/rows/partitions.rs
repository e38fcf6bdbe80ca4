//! What it costs to keep many partitions of one node, without any I/O.

use highwater_core::answer::Answer;
use highwater_core::command::{
    ChangePartitionKeys, Command, DeclarePartitions, DescribePartitions, MarkPartitions,
};
use highwater_core::{Engine, Options, limits};
use highwater_format::fact::{CoverageStatus, PartitionDimension, PartitionMark};

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::rivals::partitions::{PARTITIONS, Partitions, customers, name, regions};
use crate::step_loop::StepLoop;
use crate::{Plan, Problem};

const NODE: &str = "load";

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "partition-marks",
        unit: "us/partition",
        about: "10,000 partitions of 100,000 marked with other rows in one fact, through the native engine",
        rival: "SQLite in memory, a row for each partition, upserts in one transaction",
        measure: marks,
    },
    Row {
        name: "partition-counts",
        unit: "us/partition",
        about: "100,000 partitions counted by status, through the native engine",
        rival: "SQLite in memory, a row for each partition, sums over the table",
        measure: counts,
    },
];

fn marks(plan: &Plan) -> Result<Duel, Problem> {
    let (mut ours, mut rival) = (engine()?, Partitions::in_memory()?);
    let some: Vec<String> = (0..limits::PARTITIONS_PER_COMMAND).map(|number| name(number * 10)).collect();
    let (mut our_turn, mut rival_turn) = (0, 0);
    duel(
        plan,
        Better::Less,
        || {
            plan.microseconds_each(|| {
                our_turn += 1;
                mark(&mut ours, &some, our_turn)
            })
        },
        || {
            plan.microseconds_each(|| {
                rival_turn += 1;
                rival.mark(&some, rival_turn)
            })
        },
    )
}

fn counts(plan: &Plan) -> Result<Duel, Problem> {
    let (mut ours, mut rival) = (engine()?, Partitions::in_memory()?);
    duel(
        plan,
        Better::Less,
        || plan.microseconds_each(|| count(&mut ours)),
        || plan.microseconds_each(|| rival.count()),
    )
}

fn engine() -> Result<StepLoop<Engine>, Problem> {
    let mut steps = StepLoop::new(Engine::new(Options::new((1, 1))), 1);
    let node = NODE.to_owned();
    let dimensions =
        vec![PartitionDimension::of("region", regions()), PartitionDimension::dynamic("customer")];
    steps.ask(Command::DeclarePartitions(DeclarePartitions { node: node.clone(), dimensions }))?;
    let (dimension, add) = ("customer".to_owned(), customers());
    let change = ChangePartitionKeys { node, dimension, add, ..ChangePartitionKeys::default() };
    steps.ask(Command::ChangePartitionKeys(change))?;
    let all: Vec<String> = (0..PARTITIONS).map(name).collect();
    for some in all.chunks(limits::PARTITIONS_PER_COMMAND) {
        mark(&mut steps, some, 0)?;
    }
    Ok(steps)
}

fn mark(steps: &mut StepLoop<Engine>, names: &[String], rows: u64) -> Result<usize, Problem> {
    let mark = |name: &String| PartitionMark { rows: Some(rows), ..name.as_str().into() };
    let command = MarkPartitions {
        node: NODE.to_owned(),
        status: CoverageStatus::Done,
        marks: names.iter().map(mark).collect(),
        reason: "measured".to_owned(),
        ..MarkPartitions::default()
    };
    match steps.ask(Command::MarkPartitions(command))? {
        Answer::PartitionsChanged(changed) => Ok(usize::try_from(changed.changed)?.max(1)),
        other => Err(format!("{other:?} is no answer to a mark").into()),
    }
}

fn count(steps: &mut StepLoop<Engine>) -> Result<usize, Problem> {
    let node = Some(NODE.to_owned());
    let command = DescribePartitions { node, ..DescribePartitions::default() };
    match steps.ask(Command::DescribePartitions(command))? {
        Answer::Partitionings(page) if page.nodes.len() == 1 => {
            Ok(usize::try_from(page.nodes[0].counts.done)?)
        }
        other => Err(format!("{other:?} is no answer to a wish for counts").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_count_the_same() {
        let (mut ours, mut rival) = (engine().expect("an engine"), Partitions::in_memory().expect("a table"));
        assert_eq!(count(&mut ours).expect("counts"), PARTITIONS);
        assert_eq!(rival.count().expect("counts"), PARTITIONS);
        assert_eq!(mark(&mut ours, &[name(7)], 5).expect("marked"), 1);
    }
}
