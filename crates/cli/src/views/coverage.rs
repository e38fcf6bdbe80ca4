//! Coverage of nodes. On the axis of time, each end stands twice: in milliseconds, and in RFC 3339.

use highwater::answer::{ClaimView, Coverage, CoverageChanged, CoverageLine, Span};
use highwater::{Axis, CoverageStatus, Interval};
use serde::Serialize;

use super::late::LateSummary;
use crate::time::rfc3339;

/// An interval.
#[derive(Debug, Serialize)]
pub(crate) struct IntervalData {
    start: i64,
    end: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_at: Option<String>,
}

impl IntervalData {
    pub(crate) fn new(axis: Axis, start: i64, end: i64) -> IntervalData {
        let at = |number| (axis == Axis::Time).then(|| rfc3339(number)).flatten();
        IntervalData { start, end, start_at: at(start), end_at: at(end) }
    }
}

/// What of its axis a node has done.
#[derive(Debug, Serialize)]
pub(crate) struct CoverageData<'a> {
    pipeline: &'a str,
    node: &'a str,
    partition: Option<&'a String>,
    axis: Axis,
    edge: Option<i64>,
    edge_at: Option<String>,
    spans: Vec<SpanData<'a>>,
    claims: Vec<ClaimData<'a>>,
    late: Option<LateSummary<'a>>,
}

#[derive(Debug, Serialize)]
struct SpanData<'a> {
    #[serde(flatten)]
    interval: IntervalData,
    status: CoverageStatus,
    version: Option<u64>,
    at_ms: Option<i64>,
    at: Option<String>,
    run: Option<&'a String>,
    reason: Option<&'a String>,
    actor: Option<&'a String>,
}

#[derive(Debug, Serialize)]
struct ClaimData<'a> {
    #[serde(flatten)]
    interval: IntervalData,
    run: &'a str,
    token: u64,
    since_ms: i64,
    since: Option<String>,
}

impl<'a> CoverageData<'a> {
    /// The coverage of this node.
    pub(crate) fn new(
        pipeline: &'a str,
        node: &'a str,
        partition: Option<&'a String>,
        coverage: &'a Coverage,
    ) -> CoverageData<'a> {
        let axis = coverage.axis;
        let edge_at = coverage.edge.filter(|_| axis == Axis::Time).and_then(rfc3339);
        let span = |span: &'a Span| SpanData {
            interval: IntervalData::new(axis, span.start, span.end),
            status: span.status,
            version: span.version,
            at_ms: span.at_ms,
            at: span.at_ms.and_then(rfc3339),
            run: span.run.as_ref(),
            reason: span.reason.as_ref(),
            actor: span.actor.as_ref(),
        };
        let claim = |claim: &'a ClaimView| ClaimData {
            interval: IntervalData::new(axis, claim.start, claim.end),
            run: &claim.run,
            token: claim.token,
            since_ms: claim.since_ms,
            since: rfc3339(claim.since_ms),
        };
        let spans = coverage.spans.iter().map(span).collect();
        let claims = coverage.claims.iter().map(claim).collect();
        let late = coverage.late.as_ref().map(|late| LateSummary::new(axis, late));
        CoverageData { pipeline, node, partition, axis, edge: coverage.edge, edge_at, spans, claims, late }
    }
}

/// A node and partition that has coverage.
#[derive(Debug, Serialize)]
pub(crate) struct LineData<'a> {
    pipeline: &'a str,
    node: &'a str,
    partition: Option<&'a String>,
    axis: Axis,
    #[serde(flatten)]
    interval: IntervalData,
    edge: Option<i64>,
    edge_at: Option<String>,
    late_reports: u64,
}

impl<'a> LineData<'a> {
    /// One of this pipeline.
    pub(crate) fn new(pipeline: &'a str, line: &'a CoverageLine) -> LineData<'a> {
        LineData {
            pipeline,
            node: &line.node,
            partition: line.partition.as_ref(),
            axis: line.axis,
            interval: IntervalData::new(line.axis, line.start, line.end),
            edge: line.edge,
            edge_at: line.edge.filter(|_| line.axis == Axis::Time).and_then(rfc3339),
            late_reports: line.late_reports,
        }
    }
}

/// Intervals that were marked by hand, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct MarkedData<'a> {
    pipeline: &'a str,
    node: &'a str,
    partition: Option<&'a String>,
    status: CoverageStatus,
    changed: Vec<IntervalData>,
    applied: bool,
    version: u64,
}

impl<'a> MarkedData<'a> {
    /// What became of a mark.
    pub(crate) fn new(
        pipeline: &'a str,
        node: &'a str,
        partition: Option<&'a String>,
        status: CoverageStatus,
        marked: &CoverageChanged,
    ) -> MarkedData<'a> {
        let data = |changed: &Interval| IntervalData::new(marked.axis, changed.start, changed.end);
        let (changed, applied, version) =
            (marked.changed.iter().map(data).collect(), marked.applied, marked.version);
        MarkedData { pipeline, node, partition, status, changed, applied, version }
    }
}
