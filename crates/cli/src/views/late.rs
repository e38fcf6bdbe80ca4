//! Late data.

use highwater::answer::{Arrived, LateCount, LateData, LateReport, LateRuleView};
use highwater::{Axis, Interval, LateAction};
use serde::Serialize;

use super::coverage::IntervalData;
use crate::time::rfc3339;

/// What a node does about late data.
#[derive(Debug, Serialize)]
pub(crate) struct RuleData<'a> {
    pipeline: &'a str,
    node: Option<&'a String>,
    action: LateAction,
    allowed: Option<u64>,
    beyond: LateAction,
    downstream: bool,
}

impl<'a> RuleData<'a> {
    /// One of this pipeline.
    pub(crate) fn new(pipeline: &'a str, LateRuleView { node, rule }: &'a LateRuleView) -> RuleData<'a> {
        RuleData {
            pipeline,
            node: node.as_ref(),
            action: rule.action,
            allowed: rule.allowed,
            beyond: rule.beyond,
            downstream: rule.downstream,
        }
    }
}

/// What became of rows that arrived.
#[derive(Debug, Serialize)]
pub(crate) struct ArrivedData<'a> {
    pipeline: &'a str,
    node: &'a str,
    partition: Option<&'a String>,
    axis: Axis,
    reopened: Vec<IntervalData>,
    recorded: Vec<IntervalData>,
    refused: Vec<IntervalData>,
    pending: Vec<IntervalData>,
    upstream: Option<&'a String>,
    version: u64,
}

impl<'a> ArrivedData<'a> {
    /// What became of one arrival.
    pub(crate) fn new(pipeline: &'a str, it: &'a Arrived, version: u64) -> ArrivedData<'a> {
        let data = |intervals: &[Interval]| {
            intervals.iter().map(|part| IntervalData::new(it.axis, part.start, part.end)).collect()
        };
        ArrivedData {
            pipeline,
            node: &it.node,
            partition: it.partition.as_ref(),
            axis: it.axis,
            reopened: data(&it.reopened),
            recorded: data(&it.recorded),
            refused: data(&it.refused),
            pending: data(&it.pending),
            upstream: it.upstream.as_ref(),
            version,
        }
    }
}

/// Late data of a node and partition, counted up.
#[derive(Debug, Serialize)]
pub(crate) struct LateSummary<'a> {
    reopened: LateCount,
    recorded: LateCount,
    refused: LateCount,
    last: Vec<ReportData<'a>>,
}

#[derive(Debug, Serialize)]
struct ReportData<'a> {
    version: u64,
    at_ms: i64,
    at: Option<String>,
    action: LateAction,
    #[serde(flatten)]
    interval: IntervalData,
    rows: u64,
    run: Option<&'a String>,
    worker: Option<&'a String>,
    upstream: Option<&'a String>,
}

impl<'a> LateSummary<'a> {
    /// The late data of a node whose numbers are on this axis.
    pub(crate) fn new(axis: Axis, late: &'a LateData) -> LateSummary<'a> {
        let report = |it: &'a LateReport| ReportData {
            version: it.version,
            at_ms: it.at_ms,
            at: rfc3339(it.at_ms),
            action: it.action,
            interval: IntervalData::new(axis, it.start, it.end),
            rows: it.rows,
            run: it.run.as_ref(),
            worker: it.worker.as_ref(),
            upstream: it.upstream.as_ref(),
        };
        let LateData { reopened, recorded, refused, last } = late;
        let last = last.iter().map(report).collect();
        LateSummary { reopened: *reopened, recorded: *recorded, refused: *refused, last }
    }
}
