//! Plans and backfills.

use highwater::answer::{BackfillView, Plan, PlanStep};
use highwater::{Axis, BackfillOrder, BackfillStatus, PlanAction, ReasonCode};
use serde::Serialize;

use super::coverage::IntervalData;
use crate::time::rfc3339;

/// A plan.
#[derive(Debug, Serialize)]
pub(crate) struct PlanData<'a> {
    pipeline: &'a str,
    version: u64,
    basis: &'a str,
    steps: Vec<StepData<'a>>,
}

#[derive(Debug, Serialize)]
struct StepData<'a> {
    node: &'a str,
    interval: Option<IntervalData>,
    windows: u32,
    action: PlanAction,
    code: ReasonCode,
    reason: &'a str,
}

impl<'a> PlanData<'a> {
    /// The plan of this pipeline.
    pub(crate) fn new(pipeline: &'a str, plan: &'a Plan) -> PlanData<'a> {
        let step = |step: &'a PlanStep| StepData {
            node: &step.node,
            interval: step.interval.map(|it| IntervalData::new(step.axis, it.start, it.end)),
            windows: step.windows,
            action: step.action,
            code: step.reason.code,
            reason: &step.reason.message,
        };
        let steps = plan.steps.iter().map(step).collect();
        PlanData { pipeline, version: plan.version, basis: &plan.basis, steps }
    }
}

/// A backfill.
#[derive(Debug, Serialize)]
pub(crate) struct BackfillData<'a> {
    pipeline: &'a str,
    backfill: &'a str,
    status: BackfillStatus,
    nodes: &'a [String],
    partition: Option<&'a String>,
    axis: Axis,
    interval: IntervalData,
    order: BackfillOrder,
    max_concurrent: u32,
    windows: u32,
    done: u32,
    running: u32,
    failed: u32,
    created_at_ms: i64,
    created_at: Option<String>,
    reason: &'a str,
    actor: Option<&'a String>,
}

impl<'a> BackfillData<'a> {
    /// One of this pipeline.
    pub(crate) fn new(pipeline: &'a str, view: &'a BackfillView) -> BackfillData<'a> {
        BackfillData {
            pipeline,
            backfill: &view.backfill,
            status: view.status,
            nodes: &view.nodes,
            partition: view.partition.as_ref(),
            axis: view.axis,
            interval: IntervalData::new(view.axis, view.interval.start, view.interval.end),
            order: view.order,
            max_concurrent: view.max_concurrent,
            windows: view.windows,
            done: view.done,
            running: view.running,
            failed: view.failed,
            created_at_ms: view.created_at_ms,
            created_at: rfc3339(view.created_at_ms),
            reason: &view.reason,
            actor: view.actor.as_ref(),
        }
    }
}
