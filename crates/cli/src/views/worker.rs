//! Workers.

use highwater::answer::{Holding, WorkerView};
use serde::Serialize;

use crate::time::rfc3339;

/// A worker.
#[derive(Debug, Serialize)]
pub(crate) struct WorkerData<'a> {
    worker: &'a str,
    place: Option<&'a String>,
    beat: Option<u64>,
    beat_at_ms: Option<i64>,
    beat_at: Option<String>,
    leases: Vec<HoldingData<'a>>,
}

#[derive(Debug, Serialize)]
struct HoldingData<'a> {
    lease: &'a str,
    token: u64,
}

impl<'a> From<&'a Holding> for HoldingData<'a> {
    fn from(holding: &'a Holding) -> HoldingData<'a> {
        HoldingData { lease: &holding.lease, token: holding.token }
    }
}

impl<'a> From<&'a WorkerView> for WorkerData<'a> {
    fn from(worker: &'a WorkerView) -> WorkerData<'a> {
        WorkerData {
            worker: &worker.worker,
            place: worker.place.as_ref(),
            beat: worker.beat,
            beat_at_ms: worker.beat_at_ms,
            beat_at: worker.beat_at_ms.and_then(rfc3339),
            leases: worker.leases.iter().map(HoldingData::from).collect(),
        }
    }
}
