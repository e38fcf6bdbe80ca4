//! Batches.

use highwater::BatchStatus;
use highwater::answer::BatchView;
use serde::Serialize;

use super::coverage::IntervalData;
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
    covered: Vec<CoveredData<'a>>,
}

/// Intervals that are done with a batch.
#[derive(Debug, Serialize)]
struct CoveredData<'a> {
    partition: Option<&'a String>,
    axis: highwater::Axis,
    intervals: Vec<IntervalData>,
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
        let of_intervals = |it: &'a highwater::CoveredIntervals| CoveredData {
            partition: it.partition.as_ref(),
            axis: it.axis,
            intervals: it
                .intervals
                .iter()
                .map(|one| IntervalData::new(it.axis, one.start, one.end))
                .collect(),
        };
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
            covered: batch.covered.iter().map(of_intervals).collect(),
        }
    }
}
