//! Rows of backfills.

use highwater_format::Extra;
use highwater_format::fact::{Axis, BackfillCreated, BackfillOrder, Interval};
use serde::{Deserialize, Serialize};

use crate::backfill::BackfillStatus;

/// A backfill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackfillRow {
    /// Id.
    pub backfill: String,
    /// Status; never done, which follows from coverage.
    pub status: BackfillStatus,
    /// The nodes that it is for.
    pub nodes: Vec<String>,
    /// Partition; absent where the nodes have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// What the numbers are.
    pub axis: Axis,
    /// The windows of the nodes that lie in this are worked off.
    pub interval: Interval,
    /// In which order.
    pub order: BackfillOrder,
    /// Most attempts that work on it at once; 0 leaves it open.
    pub max_concurrent: u32,
    /// When it was made.
    pub created_at_ms: i64,
    /// Why it was made, or changed last.
    pub reason: String,
    /// Who did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

impl BackfillRow {
    pub(crate) fn of(fact: &BackfillCreated, created_at_ms: i64, extra: &Extra) -> BackfillRow {
        BackfillRow {
            backfill: fact.backfill.clone(),
            status: BackfillStatus::Running,
            nodes: fact.nodes.clone(),
            partition: fact.partition.clone(),
            axis: fact.axis,
            interval: fact.interval,
            order: fact.order,
            max_concurrent: fact.max_concurrent,
            created_at_ms,
            reason: fact.reason.clone(),
            actor: fact.actor.clone(),
            extra: extra.clone(),
        }
    }
}
