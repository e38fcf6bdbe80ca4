//! Answers about plans and backfills.

use highwater_format::fact::{Axis, BackfillOrder, Interval, Reason};
use serde::{Deserialize, Serialize};

use crate::backfill::BackfillStatus;

/// See [`Answer::Plan`](super::Answer::Plan).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the pipeline at which it was made.
    pub version: u64,
    /// What its steps rest on: another state with the same steps has the same basis.
    pub basis: String,
    /// Steps, upstream nodes first and then in the order of the axis.
    pub steps: Vec<PlanStep>,
    /// Steps of all pages together.
    pub count: u32,
    /// `from` of the next page; absent at the end.
    pub next: Option<u32>,
}

/// What would be done with a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanAction {
    /// It would run.
    #[default]
    Run,
    /// It would be left out.
    Skip,
    /// It would wait.
    Wait,
}

/// A node, or some of its windows in a row to which the same happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    /// Name of the node.
    pub node: String,
    /// What the numbers of the interval are.
    pub axis: Axis,
    /// From the start of the first window to the end of the last one; absent if the work has no windows.
    pub interval: Option<Interval>,
    /// How many windows that are.
    pub windows: u32,
    /// What would be done.
    pub action: PlanAction,
    /// Why.
    pub reason: Reason,
}

/// See [`Answer::PlanApplied`](super::Answer::PlanApplied).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanApplied {
    /// The run that was started, or goes on.
    pub run: Option<String>,
    /// The backfill that was made.
    pub backfill: Option<String>,
    /// Version of the pipeline at which it holds.
    pub version: u64,
}

/// See [`Answer::Backfills`](super::Answer::Backfills).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Backfills {
    /// By their ids.
    pub backfills: Vec<BackfillView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// A backfill as it stands. Its progress follows from the coverage of its nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackfillView {
    /// Id.
    pub backfill: String,
    /// Status.
    pub status: BackfillStatus,
    /// The nodes that it is for.
    pub nodes: Vec<String>,
    /// Partition; absent where the nodes have none.
    pub partition: Option<String>,
    /// What the numbers are.
    pub axis: Axis,
    /// The windows of the nodes that lie in this are worked off.
    pub interval: Interval,
    /// In which order.
    pub order: BackfillOrder,
    /// Most attempts that work on it at once; 0 leaves it open.
    pub max_concurrent: u32,
    /// Windows of all nodes.
    pub windows: u32,
    /// Windows that are done.
    pub done: u32,
    /// Windows that are worked on.
    pub running: u32,
    /// Windows of which the last attempt failed.
    pub failed: u32,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// Why it was made, or changed last.
    pub reason: String,
    /// Who did.
    pub actor: Option<String>,
}
