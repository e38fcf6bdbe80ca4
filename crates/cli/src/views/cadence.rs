//! Cadences and windows.

use highwater::answer::{CadenceView, WindowView, Windows};
use highwater::{Axis, CadenceUnit, WindowStatus};
use serde::Serialize;

use super::coverage::IntervalData;
use crate::time::rfc3339;

/// The cadence of a node.
#[derive(Debug, Serialize)]
pub(crate) struct CadenceData<'a> {
    pipeline: &'a str,
    node: Option<&'a String>,
    axis: Axis,
    unit: CadenceUnit,
    every: u64,
    cron: Option<&'a String>,
    zone: Option<&'a String>,
    start: i64,
    end: Option<i64>,
    start_at: Option<String>,
    end_at: Option<String>,
    lag_ms: u64,
    lookback: u32,
}

impl<'a> CadenceData<'a> {
    /// One of this pipeline.
    pub(crate) fn new(pipeline: &'a str, CadenceView { node, cadence }: &'a CadenceView) -> CadenceData<'a> {
        let at = |number| (cadence.axis == Axis::Time).then(|| rfc3339(number)).flatten();
        CadenceData {
            pipeline,
            node: node.as_ref(),
            axis: cadence.axis,
            unit: cadence.unit,
            every: cadence.every,
            cron: cadence.cron.as_ref(),
            zone: cadence.zone.as_ref(),
            start: cadence.start,
            end: cadence.end,
            start_at: at(cadence.start),
            end_at: cadence.end.and_then(at),
            lag_ms: cadence.lag_ms,
            lookback: cadence.lookback,
        }
    }
}

/// A window of a node.
#[derive(Debug, Serialize)]
pub(crate) struct WindowData<'a> {
    pipeline: &'a str,
    node: &'a str,
    partition: Option<&'a String>,
    #[serde(flatten)]
    interval: IntervalData,
    status: WindowStatus,
    due_at_ms: Option<i64>,
    due_at: Option<String>,
    run: Option<&'a String>,
}

impl<'a> WindowData<'a> {
    /// All windows of a page.
    pub(crate) fn all(
        pipeline: &'a str,
        node: &'a str,
        partition: Option<&'a String>,
        windows: &'a Windows,
    ) -> Vec<WindowData<'a>> {
        let data = |window: &'a WindowView| WindowData {
            pipeline,
            node,
            partition,
            interval: IntervalData::new(windows.axis, window.start, window.end),
            status: window.status,
            due_at_ms: window.due_at_ms,
            due_at: window.due_at_ms.and_then(rfc3339),
            run: window.run.as_ref(),
        };
        windows.windows.iter().map(data).collect()
    }
}
