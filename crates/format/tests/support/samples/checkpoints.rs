//! Facts of streams and their checkpoints.

use highwater_format::Fact;
use highwater_format::fact::*;
use highwater_format::value::{Value, ValueType};

use super::{some, text, value};

pub(super) fn samples() -> Vec<Fact> {
    [least(), most()].concat()
}

fn operator(name: &str, parallelism: u32) -> OperatorSpec {
    OperatorSpec { name: text(name), parallelism }
}

fn aborted(cause: AbortCause, actor: Option<String>) -> Fact {
    CheckpointAborted { checkpoint: 4, cause, reason: text("too slow"), actor }.into()
}

fn discarded(cause: DiscardCause) -> Fact {
    CheckpointsDiscarded { checkpoints: vec![1], cause, reason: None, actor: None }.into()
}

fn least() -> Vec<Fact> {
    let bare = Acknowledgement { operator: text("count"), ..Acknowledgement::default() };
    vec![
        StreamDeclared { operators: vec![], key_groups: 128, policy: CheckpointPolicy::default() }.into(),
        StreamRestored { checkpoint: None, generation: 1, reason: None, actor: None }.into(),
        CheckpointTriggered { checkpoint: 1, savepoint: None, lease: None, token: 0 }.into(),
        CheckpointAcknowledged { checkpoint: 1, acknowledgements: vec![bare] }.into(),
        CheckpointCompleted { checkpoint: 1 }.into(),
        aborted(AbortCause::Timeout, None),
        aborted(AbortCause::Restored, None),
        aborted(AbortCause::Subsumed, None),
        discarded(DiscardCause::Retention),
        discarded(DiscardCause::Expired),
        TransactionsSettled { transactions: vec![] }.into(),
        StatePartsDeleted { parts: vec![] }.into(),
    ]
}

fn most() -> Vec<Fact> {
    let part = StatePart { name: text("s3://b/part-7"), size_bytes: 1 << 40, digest: some("blake3:00ff") };
    let small = StatePart { name: text("part-8"), size_bytes: 0, digest: None };
    let position =
        SourcePosition { name: text("orders/0"), value: value(ValueType::Uint, "9007199254740993") };
    let full = Acknowledgement {
        operator: text("count words"),
        subtask: 3,
        state: Some(vec![0, 255]),
        parts: vec![part, small],
        positions: vec![position, SourcePosition { name: text("orders/1"), value: Value::Int(-1) }],
        transaction: Some(vec![1, 2, 3]),
    };
    let transaction = TransactionRef { checkpoint: u64::MAX, operator: text("sink"), subtask: 3 };
    vec![
        StreamDeclared {
            operators: vec![operator("source", 1), operator("count words", 4)],
            key_groups: 32_768,
            policy: CheckpointPolicy { expire_ms: 86_400_000, max_in_flight: 2, ..Default::default() },
        }
        .into(),
        StreamRestored {
            checkpoint: Some(7),
            generation: u64::MAX,
            reason: some("the deploy was bad"),
            actor: some("ada@example.org"),
        }
        .into(),
        CheckpointTriggered {
            checkpoint: u64::MAX,
            savepoint: some("before the upgrade"),
            lease: some("stream"),
            token: u64::MAX,
        }
        .into(),
        CheckpointAcknowledged { checkpoint: 7, acknowledgements: vec![full, Acknowledgement::default()] }
            .into(),
        CheckpointCompleted { checkpoint: u64::MAX }.into(),
        aborted(AbortCause::Declined, some("ada@example.org")),
        CheckpointsDiscarded {
            checkpoints: vec![1, 300],
            cause: DiscardCause::Deleted,
            reason: some("not needed"),
            actor: some("ada@example.org"),
        }
        .into(),
        TransactionsSettled { transactions: vec![transaction, TransactionRef::default()] }.into(),
        StatePartsDeleted { parts: vec![text("s3://b/part-7")] }.into(),
    ]
}
