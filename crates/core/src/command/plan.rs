//! Commands about plans and backfills.

use highwater_format::fact::{BackfillAction, BackfillOrder, Interval};
use serde::{Deserialize, Serialize};

/// What a plan is of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum PlanOf {
    /// A new run of all nodes of the graph.
    #[default]
    Run,
    /// What is left of an unfinished run.
    Resume(String),
    /// An unfinished run, with its failed nodes tried again.
    RetryFailed(String),
    /// The windows of nodes that are not done.
    Backfill(PlanRange),
    /// The windows of nodes that were done, once more.
    Restatement(PlanRange),
}

/// Which windows a plan is of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanRange {
    /// Nodes; empty means all that have a cadence of their own.
    pub nodes: Vec<String>,
    /// The nodes that come after them as well.
    pub downstream: bool,
    /// Partition whose coverage it is; absent where the nodes have none.
    pub partition: Option<String>,
    /// The windows that lie in this. Of a node without a cadence, the interval is one window.
    pub interval: Interval,
}

/// See [`Command::Plan`](super::Command::Plan).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What the plan is of.
    pub of: PlanOf,
    /// Number of the first step wanted, from 0; `next` of the page before.
    pub from: u32,
    /// Most steps wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ApplyPlan`](super::Command::ApplyPlan).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ApplyPlan {
    /// What the plan is of.
    pub of: PlanOf,
    /// `basis` of the plan that somebody has seen. If one made now would have another one, this is a conflict.
    pub basis: String,
    /// Id of the run or backfill that it makes; absent lets the engine make one that sorts by time.
    pub id: Option<String>,
    /// In which order the windows of a backfill are handed out.
    pub order: BackfillOrder,
    /// Most attempts that work on a backfill at once; 0 leaves it open.
    pub max_concurrent: u32,
    /// Why; needed for all but a run.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::ListBackfills`](super::Command::ListBackfills).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListBackfills {
    /// Only this one.
    pub backfill: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ChangeBackfill`](super::Command::ChangeBackfill).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeBackfill {
    /// Its id.
    pub backfill: String,
    /// What shall become of it.
    pub action: BackfillAction,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}
