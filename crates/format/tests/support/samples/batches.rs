//! Facts of batches, with receipts.

use highwater_format::Fact;
use highwater_format::fact::*;
use highwater_format::value::Value;

use super::{counts_of_batch, some, text};

pub(super) fn samples() -> Vec<Fact> {
    let (run, node, key) = (|| text("r1"), || text("load"), text("prod/orders#7"));
    let (hwms, state, counts, covered) = (vec![], None, None, vec![]);
    let prepared =
        BatchPrepared { batch: 7, run: run(), node: node(), attempt: 1, key, hwms, state, counts, covered };
    let committed =
        BatchCommitted { batch: 7, receipt: None, run: None, attempt: None, reason: None, actor: None };
    let aborted = BatchAborted { batch: 7, reason: text("no"), run: None, attempt: None, actor: None };
    let kinds = [SinkKind::Transactional, SinkKind::Idempotent, SinkKind::Token, SinkKind::AtLeastOnce];
    let mut facts: Vec<Fact> = vec![
        BatchPrepared {
            batch: u64::MAX,
            hwms: vec![HwmMove { name: text("h"), value: Value::Int(5), keys: vec![text("a")] }],
            state: Some(vec![0, 255]),
            counts: Some(counts_of_batch()),
            ..prepared.clone()
        }
        .into(),
        BatchPrepared {
            covered: vec![
                CoveredIntervals { intervals: vec![(0..10).into()], ..CoveredIntervals::default() },
                CoveredIntervals {
                    partition: some("eu"),
                    axis: Axis::Integer,
                    intervals: vec![(i64::MIN..0).into(), (5..i64::MAX).into()],
                },
            ],
            ..prepared.clone()
        }
        .into(),
        prepared.into(),
        BatchCommitted {
            receipt: some("0/16B3748"),
            run: Some(run()),
            attempt: Some(2),
            reason: some("asked the sink"),
            actor: some("ada@example.org"),
            ..committed.clone()
        }
        .into(),
        committed.into(),
        BatchAborted {
            run: Some(run()),
            attempt: Some(2),
            actor: some("ada@example.org"),
            ..aborted.clone()
        }
        .into(),
        aborted.into(),
    ];
    facts.extend(kinds.map(|kind| SinkDeclared { node: node(), kind }.into()));
    facts
}
