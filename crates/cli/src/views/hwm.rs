//! High-water marks.

use highwater::answer::{HwmChange, HwmView, Position, Rewound};
use highwater::{HwmBound, HwmCoverage, HwmFunction, HwmLag, NullPolicy, Value, ValueType};
use serde::Serialize;

use crate::time::rfc3339;

/// An HWM.
#[derive(Debug, Serialize)]
pub(crate) struct HwmData<'a> {
    pipeline: &'a str,
    name: &'a str,
    value: &'a Value,
    version: u64,
    updated_at_ms: i64,
    updated_at: Option<String>,
    run: Option<&'a String>,
    node: Option<&'a String>,
}

impl<'a> HwmData<'a> {
    /// An HWM of this pipeline.
    pub(crate) fn new(pipeline: &'a str, hwm: &'a HwmView) -> HwmData<'a> {
        HwmData {
            pipeline,
            name: &hwm.name,
            value: &hwm.value,
            version: hwm.version,
            updated_at_ms: hwm.updated_at_ms,
            updated_at: rfc3339(hwm.updated_at_ms),
            run: hwm.run.as_ref(),
            node: hwm.node.as_ref(),
        }
    }
}

/// From where to where a reader reads.
#[derive(Debug, Serialize)]
pub(crate) struct PositionData<'a> {
    pipeline: &'a str,
    name: &'a str,
    value: Option<&'a Value>,
    from: Option<&'a Value>,
    lower: HwmBound,
    end: Option<&'a Value>,
    upper: HwmBound,
    keys: &'a [String],
    function: HwmFunction,
    value_type: Option<ValueType>,
    lag: Option<&'a HwmLag>,
    boundary_keys: u32,
    nulls: NullPolicy,
    initial: Option<&'a Value>,
    unordered: bool,
    partitioned: bool,
    coverage: Option<&'a HwmCoverage>,
    earliest: Option<&'a Value>,
    latest: Option<&'a Value>,
    forgotten: bool,
    reason: &'a str,
}

impl<'a> PositionData<'a> {
    /// A position in this pipeline.
    pub(crate) fn new(pipeline: &'a str, position: &'a Position) -> PositionData<'a> {
        let spec = &position.spec;
        PositionData {
            pipeline,
            name: &position.name,
            value: position.value.as_ref(),
            from: position.from.as_ref(),
            lower: position.lower,
            end: spec.end.as_ref(),
            upper: spec.upper,
            keys: &position.keys,
            function: spec.function,
            value_type: spec.value_type,
            lag: spec.lag.as_ref(),
            boundary_keys: spec.boundary_keys,
            nulls: spec.nulls,
            initial: spec.initial.as_ref(),
            unordered: spec.unordered,
            partitioned: spec.partitioned,
            coverage: spec.coverage.as_ref(),
            earliest: position.earliest.as_ref(),
            latest: position.latest.as_ref(),
            forgotten: position.forgotten,
            reason: &position.reason,
        }
    }
}

/// What `hwm set` did.
#[derive(Debug, Serialize)]
pub(crate) struct SetData<'a> {
    /// Pipeline.
    pub(crate) pipeline: &'a str,
    /// Name.
    pub(crate) name: &'a str,
    /// Value before, if there was one.
    pub(crate) from: Option<&'a Value>,
    /// Value now.
    pub(crate) to: &'a Value,
    /// False if it stood there already.
    pub(crate) moved: bool,
    /// Version of the pipeline.
    pub(crate) version: u64,
}

/// A change of an HWM.
#[derive(Debug, Serialize)]
pub(crate) struct HwmChangeData<'a> {
    version: u64,
    at_ms: i64,
    at: Option<String>,
    what: &'a str,
    value: Option<&'a Value>,
    run: Option<&'a String>,
    node: Option<&'a String>,
    reason: Option<&'a String>,
    actor: Option<&'a String>,
}

impl<'a> From<&'a HwmChange> for HwmChangeData<'a> {
    fn from(change: &'a HwmChange) -> HwmChangeData<'a> {
        HwmChangeData {
            version: change.version,
            at_ms: change.at_ms,
            at: rfc3339(change.at_ms),
            what: &change.what,
            value: change.value.as_ref(),
            run: change.run.as_ref(),
            node: change.node.as_ref(),
            reason: change.reason.as_ref(),
            actor: change.actor.as_ref(),
        }
    }
}

/// A rewind, done or planned.
#[derive(Debug, Serialize)]
pub(crate) struct RewoundData<'a> {
    pipeline: &'a str,
    name: &'a str,
    from: &'a Value,
    to: &'a Value,
    applied: bool,
    version: u64,
}

impl<'a> RewoundData<'a> {
    /// A rewind in this pipeline.
    pub(crate) fn new(pipeline: &'a str, rewound: &'a Rewound) -> RewoundData<'a> {
        RewoundData {
            pipeline,
            name: &rewound.name,
            from: &rewound.from,
            to: &rewound.to,
            applied: rewound.applied,
            version: rewound.version,
        }
    }
}

/// A deletion.
#[derive(Debug, Serialize)]
pub(crate) struct DeletedData<'a> {
    /// Pipeline.
    pub(crate) pipeline: &'a str,
    /// Name.
    pub(crate) name: &'a str,
    /// Value that it had.
    pub(crate) from: &'a Value,
    /// Version of the pipeline.
    pub(crate) version: u64,
}
