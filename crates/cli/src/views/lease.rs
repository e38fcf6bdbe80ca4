//! Leases.

use highwater::Evidence;
use highwater::answer::LeaseView;
use serde::Serialize;

use crate::time::rfc3339;

/// A lease.
#[derive(Debug, Serialize)]
pub(crate) struct LeaseData<'a> {
    name: &'a str,
    worker: &'a str,
    token: u64,
    lease_ms: u64,
    acquired_at_ms: i64,
    acquired_at: Option<String>,
    taken_over: Option<EvidenceData<'a>>,
}

#[derive(Debug, Serialize)]
struct EvidenceData<'a> {
    observer: &'a str,
    beat: Option<u64>,
    still_ms: u64,
}

impl<'a> From<&'a Evidence> for EvidenceData<'a> {
    fn from(evidence: &'a Evidence) -> EvidenceData<'a> {
        EvidenceData { observer: &evidence.observer, beat: evidence.beat, still_ms: evidence.still_ms }
    }
}

impl<'a> From<&'a LeaseView> for LeaseData<'a> {
    fn from(lease: &'a LeaseView) -> LeaseData<'a> {
        LeaseData {
            name: &lease.name,
            worker: &lease.worker,
            token: lease.token,
            lease_ms: lease.lease_ms,
            acquired_at_ms: lease.acquired_at_ms,
            acquired_at: rfc3339(lease.acquired_at_ms),
            taken_over: lease.evidence.as_ref().map(EvidenceData::from),
        }
    }
}

/// A lease that was taken away, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct ReleasedData<'a> {
    /// The lease as it stood.
    #[serde(flatten)]
    pub(crate) lease: LeaseData<'a>,
    /// False if this was only the plan.
    pub(crate) applied: bool,
    /// Version of the pipeline; absent in a plan.
    pub(crate) version: Option<u64>,
}
