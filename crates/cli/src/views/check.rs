//! What checks found.

use highwater::Finding;
use highwater::answer::{Damaged, Integrity, Problem, Validation};
use serde::Serialize;

/// A state measured against its own rules.
#[derive(Debug, Serialize)]
pub(crate) struct ValidationData<'a> {
    pipeline: &'a str,
    version: u64,
    runs: u64,
    nodes: u64,
    attempts: u64,
    hwms: u64,
    leases: u64,
    problems: Vec<ProblemData<'a>>,
}

#[derive(Debug, Serialize)]
struct ProblemData<'a> {
    what: &'a str,
    place: &'a str,
}

impl<'a> From<&'a Problem> for ProblemData<'a> {
    fn from(problem: &'a Problem) -> ProblemData<'a> {
        ProblemData { what: &problem.what, place: &problem.place }
    }
}

impl<'a> ValidationData<'a> {
    /// The state of this pipeline.
    pub(crate) fn new(pipeline: &'a str, validation: &'a Validation) -> ValidationData<'a> {
        ValidationData {
            pipeline,
            version: validation.version,
            runs: validation.runs,
            nodes: validation.nodes,
            attempts: validation.attempts,
            hwms: validation.hwms,
            leases: validation.leases,
            problems: validation.problems.iter().map(ProblemData::from).collect(),
        }
    }
}

/// What the store holds of a pipeline, checked.
#[derive(Debug, Serialize)]
pub(crate) struct IntegrityData<'a> {
    pipeline: &'a str,
    first_version: u64,
    last_version: u64,
    records: u64,
    bytes: u64,
    snapshots: &'a [u64],
    first_bad: Option<DamagedData<'a>>,
    damage: Vec<DamagedData<'a>>,
}

#[derive(Debug, Serialize)]
struct DamagedData<'a> {
    version: Option<u64>,
    what: &'a str,
    place: &'a str,
}

impl<'a> From<&'a Damaged> for DamagedData<'a> {
    fn from(damaged: &'a Damaged) -> DamagedData<'a> {
        DamagedData { version: damaged.version, what: &damaged.what, place: &damaged.place }
    }
}

impl<'a> IntegrityData<'a> {
    /// What the store holds of this pipeline.
    pub(crate) fn new(pipeline: &'a str, integrity: &'a Integrity) -> IntegrityData<'a> {
        IntegrityData {
            pipeline,
            first_version: integrity.first_version,
            last_version: integrity.last_version,
            records: integrity.records,
            bytes: integrity.bytes,
            snapshots: &integrity.snapshots,
            first_bad: integrity.first_bad.as_ref().map(DamagedData::from),
            damage: integrity.damage.iter().map(DamagedData::from).collect(),
        }
    }
}

/// One thing that needs attention.
#[derive(Debug, Serialize)]
pub(crate) struct FindingData<'a> {
    pipeline: &'a str,
    finding: &'static str,
    what: &'a str,
    place: &'a str,
    advice: &'a str,
    command: Option<String>,
}

impl<'a> FindingData<'a> {
    /// A finding, and the command that comes next.
    pub(crate) fn new(finding: &'a Finding, command: Option<String>) -> FindingData<'a> {
        FindingData {
            pipeline: &finding.pipeline,
            finding: finding.kind.name(),
            what: &finding.what,
            place: &finding.place,
            advice: &finding.advice,
            command,
        }
    }
}
