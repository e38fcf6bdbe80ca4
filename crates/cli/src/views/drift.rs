//! What the nodes of a run covered, compared.

use highwater::answer::{DriftKind, DriftReport, NodeDrift};
use highwater::{Axis, Interval, NodeStatus, RunWindow};
use serde::Serialize;

use super::coverage::IntervalData;

/// What a run is asked to cover.
#[derive(Debug, Serialize)]
pub(crate) struct RunWindowData {
    axis: Axis,
    #[serde(flatten)]
    interval: IntervalData,
}

impl From<RunWindow> for RunWindowData {
    fn from(RunWindow { axis, start, end }: RunWindow) -> RunWindowData {
        RunWindowData { axis, interval: IntervalData::new(axis, start, end) }
    }
}

/// The report of drift of a run.
#[derive(Debug, Serialize)]
pub(crate) struct DriftData<'a> {
    pipeline: &'a str,
    run: &'a str,
    consistent: bool,
    drifted: u32,
    window: Option<RunWindowData>,
    compared_with: Option<RunWindowData>,
    nodes: Vec<LineData<'a>>,
}

#[derive(Debug, Serialize)]
struct LineData<'a> {
    node: &'a str,
    partition: Option<&'a String>,
    status: NodeStatus,
    axis: Option<Axis>,
    expected: Option<IntervalData>,
    covered: Option<IntervalData>,
    missing: Vec<IntervalData>,
    outside: Vec<IntervalData>,
    drift: &'a [DriftKind],
}

impl<'a> DriftData<'a> {
    /// The report of a run of this pipeline, with all of its lines.
    pub(crate) fn new(pipeline: &'a str, report: &'a DriftReport) -> DriftData<'a> {
        DriftData {
            pipeline,
            run: &report.run,
            consistent: report.consistent,
            drifted: report.drifted,
            window: report.window.map(RunWindowData::from),
            compared_with: report.compared_with.map(RunWindowData::from),
            nodes: report.nodes.iter().map(LineData::from).collect(),
        }
    }
}

impl<'a> From<&'a NodeDrift> for LineData<'a> {
    fn from(line: &'a NodeDrift) -> LineData<'a> {
        let axis = line.axis.unwrap_or_default();
        let data = |it: &Interval| IntervalData::new(axis, it.start, it.end);
        LineData {
            node: &line.node,
            partition: line.partition.as_ref(),
            status: line.status,
            axis: line.axis,
            expected: line.expected.as_ref().map(data),
            covered: line.covered.as_ref().map(data),
            missing: line.missing.iter().map(data).collect(),
            outside: line.outside.iter().map(data).collect(),
            drift: &line.drift,
        }
    }
}
