//! A pipeline at a moment of its past.

use highwater_core::answer::{
    CadenceView, CheckpointView, Coverage, CoverageLine, DriftReport, HwmChange, HwmView, LateRuleView,
    LeaseView, LogRecord, NodeSummary, NodeWhy, PartitionKeyView, PartitionView, Partitioning, PipelineView,
    Position, RunReport, RunView, StreamView, Windows,
};
use highwater_core::command::{
    CheckpointRef, DescribeCheckpoint, DescribeCoverage, DescribeNode, DescribePartitions, DescribeRun,
    GetHwm, GetPositions, HwmHistory, ListWindows, ReportDrift, ReportRun, Why,
};
use highwater_core::moment::Moment;

use crate::{Batch, Call, Pages, Pipeline, RunFilter};

/// A pipeline as it was at a moment of its past. It can only be read; [`Pipeline::revert`] makes it the present again, and
/// [`Pipeline::fork_from`] goes on from it elsewhere. Cheap to clone. Made by [`Pipeline::at`].
///
/// A moment is [`Invalid`](crate::ErrorKind::Invalid) when it was not reached yet, or when the store no longer holds what it
/// would take; the error says which is the oldest one that can be read.
#[derive(Clone, Debug)]
pub struct PipelineAt {
    pipeline: Pipeline,
    moment: Moment,
}

impl PipelineAt {
    pub(crate) fn new(pipeline: &Pipeline, moment: Moment) -> PipelineAt {
        PipelineAt { pipeline: pipeline.clone(), moment }
    }

    /// The moment.
    #[must_use]
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// A summary; its version says which one the moment means.
    pub fn describe(&self) -> Call<(), PipelineView> {
        self.pipeline.describe().seen_at(&self.moment)
    }

    /// Runs, newest first, without their nodes.
    pub fn list_runs(&self, filter: RunFilter) -> Pages<RunView> {
        crate::lists::runs(&self.pipeline, Some(self.moment.clone()), filter)
    }

    /// A run with its nodes and all attempts.
    pub fn run(&self, run: impl Into<String>) -> Call<DescribeRun, RunView> {
        self.pipeline.run(run).describe().seen_at(&self.moment)
    }

    /// What a run had come to.
    pub fn report(&self, run: impl Into<String>) -> Call<ReportRun, RunReport> {
        self.pipeline.run(run).report().seen_at(&self.moment)
    }

    /// What the nodes of a run had covered, compared.
    pub fn drift(&self, run: impl Into<String>) -> Call<ReportDrift, DriftReport> {
        self.pipeline.run(run).drift().seen_at(&self.moment)
    }

    /// Why the nodes of a run were where they were.
    pub fn why(&self, run: impl Into<String>) -> Call<Why, Vec<NodeWhy>> {
        self.pipeline.run(run).why().seen_at(&self.moment)
    }

    /// The last success that a node had.
    pub fn describe_node(&self, node: impl Into<String>) -> Call<DescribeNode, NodeSummary> {
        self.pipeline.describe_node(node).seen_at(&self.moment)
    }

    /// Where an HWM stood and who had moved it there, or `None` if it did not exist.
    pub fn hwm(&self, name: impl Into<String>) -> Call<GetHwm, Option<HwmView>> {
        self.pipeline.hwm(name).get().seen_at(&self.moment)
    }

    /// From where to where the readers of these HWMs would have read; of all that were declared, if none is named.
    pub fn positions<N: Into<String>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Call<GetPositions, Vec<Position>> {
        self.pipeline.positions(names).seen_at(&self.moment)
    }

    /// HWMs whose name starts with `prefix`, by name; all for an empty one.
    pub fn list_hwms(&self, prefix: impl Into<String>) -> Pages<HwmView> {
        crate::lists::hwms(&self.pipeline, Some(self.moment.clone()), prefix.into())
    }

    /// What had happened to an HWM, newest first.
    pub fn hwm_history(&self, name: impl Into<String>) -> Call<HwmHistory, Vec<HwmChange>> {
        self.pipeline.hwm(name).history().seen_at(&self.moment)
    }

    /// What a node had done of its axis.
    pub fn coverage(&self, node: impl Into<String>) -> Call<DescribeCoverage, Coverage> {
        self.pipeline.coverage(node).describe().seen_at(&self.moment)
    }

    /// Nodes and partitions that had coverage.
    pub fn list_coverage(&self) -> Pages<CoverageLine> {
        crate::lists::coverage(&self.pipeline, Some(self.moment.clone()))
    }

    /// The windows that the cadence of a node made, and how each stood. What was due then is told by the clock of now.
    pub fn windows(&self, node: impl Into<String>) -> Call<ListWindows, Windows> {
        self.pipeline.coverage(node).windows().seen_at(&self.moment)
    }

    /// Cadences as they were declared.
    pub fn list_cadences(&self) -> Pages<CadenceView> {
        crate::lists::cadences(&self.pipeline, Some(self.moment.clone()))
    }

    /// The dimensions of a node, and how many of its partitions stood how.
    pub fn partitions(&self, node: impl Into<String>) -> Call<DescribePartitions, Option<Partitioning>> {
        self.pipeline.partitions(node).describe().seen_at(&self.moment)
    }

    /// The partitions of a node, and how each stood.
    pub fn list_partitions(&self, node: impl Into<String>) -> Pages<PartitionView> {
        let filter = self.pipeline.partitions(node).filter([], "");
        crate::lists::partitions(&self.pipeline, Some(self.moment.clone()), filter)
    }

    /// The nodes that were divided.
    pub fn list_partitioned(&self) -> Pages<Partitioning> {
        crate::lists::partitioned(&self.pipeline, Some(self.moment.clone()))
    }

    /// The keys of a dimension, and how many partitions of each stood how.
    pub fn list_partition_keys(
        &self,
        node: impl Into<String>,
        dimension: impl Into<String>,
    ) -> Pages<PartitionKeyView> {
        let (node, dimension) = (node.into(), dimension.into());
        crate::lists::partition_keys(&self.pipeline, Some(self.moment.clone()), node, dimension)
    }

    /// What nodes did about late data, as it was declared.
    pub fn list_late_rules(&self) -> Pages<LateRuleView> {
        crate::lists::late_rules(&self.pipeline, Some(self.moment.clone()))
    }

    /// All leases that were held, those of attempts included.
    pub fn list_leases(&self) -> Call<(), Vec<LeaseView>> {
        self.pipeline.list_leases().seen_at(&self.moment)
    }

    /// The stream as it was; `None` if it was not declared.
    pub fn stream(&self) -> Call<(), Option<StreamView>> {
        self.pipeline.stream().describe().seen_at(&self.moment)
    }

    /// A checkpoint as it was; `None` if the latest is asked for and there was none.
    pub fn checkpoint(
        &self,
        checkpoint: impl Into<CheckpointRef>,
    ) -> Call<DescribeCheckpoint, Option<CheckpointView>> {
        self.pipeline.stream().checkpoint(checkpoint).seen_at(&self.moment)
    }

    /// The journal up to the moment, record by record, from this version on.
    pub fn log(&self, from_version: u64) -> Pages<LogRecord> {
        crate::lists::log(&self.pipeline, Some(self.moment.clone()), from_version)
    }

    /// Several reads that are answered from the same state.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.pipeline, Some(self.moment.clone()))
    }
}
