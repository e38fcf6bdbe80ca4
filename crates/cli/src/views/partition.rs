//! Partitions.

use highwater::CoverageStatus;
use highwater::answer::{PartitionKeyView, PartitionView, Partitioning, PartitionsChanged, PartitionsMoved};
use serde::Serialize;

use crate::time::rfc3339;

/// How a node is divided.
#[derive(Debug, Serialize)]
pub(crate) struct PartitioningData<'a> {
    pipeline: &'a str,
    #[serde(flatten)]
    partitioning: &'a Partitioning,
    at: Option<String>,
}

impl<'a> PartitioningData<'a> {
    /// One of this pipeline.
    pub(crate) fn new(pipeline: &'a str, partitioning: &'a Partitioning) -> PartitioningData<'a> {
        PartitioningData { pipeline, partitioning, at: rfc3339(partitioning.at_ms) }
    }
}

/// A partition as it stands.
#[derive(Debug, Serialize)]
pub(crate) struct PartitionData<'a> {
    pipeline: &'a str,
    node: &'a str,
    #[serde(flatten)]
    view: &'a PartitionView,
    at: Option<String>,
}

impl<'a> PartitionData<'a> {
    /// One of this node.
    pub(crate) fn new(pipeline: &'a str, node: &'a str, view: &'a PartitionView) -> PartitionData<'a> {
        PartitionData { pipeline, node, view, at: view.at_ms.and_then(rfc3339) }
    }
}

/// A key of a dimension.
#[derive(Debug, Serialize)]
pub(crate) struct KeyData<'a> {
    pipeline: &'a str,
    node: &'a str,
    dimension: &'a str,
    #[serde(flatten)]
    view: &'a PartitionKeyView,
}

impl<'a> KeyData<'a> {
    /// One of this dimension.
    pub(crate) fn new(
        pipeline: &'a str,
        node: &'a str,
        dimension: &'a str,
        view: &'a PartitionKeyView,
    ) -> KeyData<'a> {
        KeyData { pipeline, node, dimension, view }
    }
}

/// Partitions that were marked by hand, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct MarkedData<'a> {
    pipeline: &'a str,
    node: &'a str,
    status: CoverageStatus,
    #[serde(flatten)]
    marked: &'a PartitionsChanged,
}

impl<'a> MarkedData<'a> {
    /// What became of a mark.
    pub(crate) fn new(
        pipeline: &'a str,
        node: &'a str,
        status: CoverageStatus,
        marked: &'a PartitionsChanged,
    ) -> MarkedData<'a> {
        MarkedData { pipeline, node, status, marked }
    }
}

/// Partitions that are called something else, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct MovedData<'a> {
    pipeline: &'a str,
    node: &'a str,
    #[serde(flatten)]
    moved: &'a PartitionsMoved,
}

impl<'a> MovedData<'a> {
    /// What became of it.
    pub(crate) fn new(pipeline: &'a str, node: &'a str, moved: &'a PartitionsMoved) -> MovedData<'a> {
        MovedData { pipeline, node, moved }
    }
}
