//! Batches.

use highwater::BatchStatus;
use highwater::answer::BatchView;
use serde::Serialize;

use crate::time::rfc3339;

/// A batch.
#[derive(Debug, Serialize)]
pub(crate) struct BatchData<'a> {
    pipeline: &'a str,
    batch: u64,
    key: &'a str,
    status: BatchStatus,
    run: &'a str,
    node: &'a str,
    attempt: u32,
    hwms: Vec<MoveData<'a>>,
    prepared_at_ms: i64,
    prepared_at: Option<String>,
    ended_at_ms: Option<i64>,
    receipt: Option<&'a String>,
    reason: Option<&'a String>,
    actor: Option<&'a String>,
}

/// Where an HWM moves with a batch.
#[derive(Debug, Serialize)]
struct MoveData<'a> {
    name: &'a str,
    value: &'a highwater::Value,
}

impl<'a> BatchData<'a> {
    /// A batch of this pipeline.
    pub(crate) fn new(pipeline: &'a str, batch: &'a BatchView) -> BatchData<'a> {
        let of_hwm = |hwm: &'a highwater::HwmMove| MoveData { name: &hwm.name, value: &hwm.value };
        BatchData {
            pipeline,
            batch: batch.batch,
            key: &batch.key,
            status: batch.status,
            run: &batch.run,
            node: &batch.node,
            attempt: batch.attempt,
            hwms: batch.hwms.iter().map(of_hwm).collect(),
            prepared_at_ms: batch.prepared_at_ms,
            prepared_at: rfc3339(batch.prepared_at_ms),
            ended_at_ms: batch.ended_at_ms,
            receipt: batch.receipt.as_ref(),
            reason: batch.reason.as_ref(),
            actor: batch.actor.as_ref(),
        }
    }
}
