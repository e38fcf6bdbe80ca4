//! What is asked about streams.

use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::command::*;
use highwater_format::fact::{
    Acknowledgement, CheckpointPolicy, OperatorSpec, SourcePosition, TransactionRef,
};
use highwater_format::value::Value;

use super::Host;
use super::choices::{name, reason};

fn operators(shape: u8) -> Vec<OperatorSpec> {
    let parallelism = |at: u8| u32::from(1 + (shape >> at & 1));
    let count = if shape.is_multiple_of(31) { 0 } else { 1 + shape % 2 };
    (0..count).map(|at| OperatorSpec { name: name("o", at), parallelism: parallelism(at) }).collect()
}

fn declared(d: u8, e: u8) -> DeclareStream {
    let policy = CheckpointPolicy {
        interval_ms: u64::from(d % 2) * 20,
        timeout_ms: 100,
        max_in_flight: 1 + u32::from(d % 3),
        retain: 1 + u32::from(e % 2),
        ..CheckpointPolicy::default()
    };
    DeclareStream { operators: operators(e), key_groups: u32::from(d % 3) * 4, policy: Some(policy) }
}

/// Mostly the last one.
fn number(host: &Host, luck: u8) -> u64 {
    host.last_checkpoint.saturating_sub(u64::from(luck % 6).saturating_sub(3))
}

fn reference(host: &Host, luck: u8) -> CheckpointRef {
    match luck % 3 {
        0 => CheckpointRef::Latest,
        1 => CheckpointRef::Number(number(host, luck)),
        _ => CheckpointRef::Savepoint(name("s", luck)),
    }
}

/// What all sub-tasks hand over that were declared last, or some of them.
fn acknowledgements(host: &Host, d: u8, e: u8) -> Vec<Acknowledgement> {
    let of = |it: &OperatorSpec| (0..it.parallelism).map(|subtask| (it.name.clone(), subtask)).collect();
    let all: Vec<(String, u32)> = host.last_operators.iter().flat_map::<Vec<_>, _>(of).collect();
    let from = if e < 100 { 0 } else { usize::from(d) % all.len().max(1) };
    let it = |(operator, subtask): (String, u32)| {
        let name = format!("{}-{subtask}", name("h", d));
        let positions = (e & 1 == 1).then(|| SourcePosition { name, value: Value::Uint(u64::from(d) / 8) });
        Acknowledgement {
            operator,
            subtask,
            state: (e & 2 == 2).then(|| vec![d % 4]),
            positions: positions.into_iter().collect(),
            transaction: (e & 4 == 4).then(|| vec![d % 2]),
            ..Acknowledgement::default()
        }
    };
    all.into_iter().skip(from).map(it).collect()
}

pub(crate) fn command(host: &Host, which: u8, (c, d, e): (u8, u8, u8), actor: Option<String>) -> Command {
    let holder = host.last_lease.clone().filter(|_| c == 0);
    match which {
        0 => Command::DeclareStream(declared(d, e)),
        1..=3 => {
            let savepoint = e.is_multiple_of(5).then(|| name("s", d));
            Command::TriggerCheckpoint(TriggerCheckpoint { savepoint, if_due: e & 1 == 1, holder })
        }
        4..=7 => {
            let (checkpoint, acknowledgements) = (number(host, d), acknowledgements(host, d, e));
            Command::AcknowledgeCheckpoint(AcknowledgeCheckpoint { checkpoint, acknowledgements, holder })
        }
        8 if d < 90 => {
            let (checkpoint, reason) = (number(host, d), reason(e));
            Command::AbortCheckpoint(AbortCheckpoint { checkpoint, reason, actor })
        }
        8 => {
            let (checkpoint, reason) = (reference(host, d), reason(e));
            Command::DeleteCheckpoint(DeleteCheckpoint { checkpoint, reason, actor })
        }
        9 if d < 90 => Command::DescribeCheckpoint(DescribeCheckpoint { checkpoint: reference(host, d) }),
        9 => {
            let statuses =
                if d & 1 == 1 { vec![CheckpointStatus::ALL[usize::from(d % 4)]] } else { Vec::new() };
            Command::ListCheckpoints(ListCheckpoints { statuses, cursor: None, limit: u32::from(e % 3) })
        }
        _ => {
            let checkpoint = number(host, d);
            let it = |subtask| TransactionRef { checkpoint, operator: name("o", e), subtask };
            let transactions = (0..1 + u32::from(c % 2)).map(it).collect();
            Command::SettleTransactions(SettleTransactions { transactions })
        }
    }
}
