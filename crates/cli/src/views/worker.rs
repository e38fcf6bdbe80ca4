//! Workers.

use highwater::answer::{Holding, StopView, WorkerStop, WorkerView};
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
    stop: Option<StopData<'a>>,
}

/// That a worker shall stop.
#[derive(Debug, Serialize)]
struct StopData<'a> {
    fence_at_ms: Option<i64>,
    fence_at: Option<String>,
    reason: &'a str,
    actor: Option<&'a String>,
}

impl<'a> From<&'a StopView> for StopData<'a> {
    fn from(stop: &'a StopView) -> StopData<'a> {
        StopData {
            fence_at_ms: stop.fence_at_ms,
            fence_at: stop.fence_at_ms.and_then(rfc3339),
            reason: &stop.reason,
            actor: stop.actor.as_ref(),
        }
    }
}

/// What asking a worker to stop came to.
#[derive(Debug, Serialize)]
pub(crate) struct WorkerStopData<'a> {
    worker: &'a str,
    holds: Vec<HoldingData<'a>>,
    fenced: Vec<HoldingData<'a>>,
    fence_at_ms: Option<i64>,
    fence_at: Option<String>,
}

impl<'a> From<&'a WorkerStop> for WorkerStopData<'a> {
    fn from(stop: &'a WorkerStop) -> WorkerStopData<'a> {
        WorkerStopData {
            worker: &stop.worker,
            holds: stop.holds.iter().map(HoldingData::from).collect(),
            fenced: stop.fenced.iter().map(HoldingData::from).collect(),
            fence_at_ms: stop.fence_at_ms,
            fence_at: stop.fence_at_ms.and_then(rfc3339),
        }
    }
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
            stop: worker.stop.as_ref().map(StopData::from),
        }
    }
}
