//! Pipelines.

use highwater::answer::{Guarantee, PipelineView};
use highwater::{NodeSpec, RetryPolicy, SinkKind};
use serde::Serialize;

/// A pipeline in a list.
#[derive(Debug, Serialize)]
pub(crate) struct PipelineEntry<'a> {
    /// Its id.
    pub(crate) pipeline: &'a str,
}

/// A pipeline.
#[derive(Debug, Serialize)]
pub(crate) struct PipelineData<'a> {
    pipeline: &'a str,
    version: u64,
    digest: &'a str,
    runs: u64,
    open_runs: &'a [String],
    hwms: u64,
    leases: u64,
    snapshot_version: u64,
    in_doubt: u64,
    guarantees: Vec<GuaranteeData<'a>>,
    graph: Vec<GraphNode<'a>>,
}

#[derive(Debug, Serialize)]
struct GuaranteeData<'a> {
    node: &'a str,
    sink: Option<SinkKind>,
    exactly_once: bool,
    reason: &'a str,
}

impl<'a> From<&'a Guarantee> for GuaranteeData<'a> {
    fn from(guarantee: &'a Guarantee) -> GuaranteeData<'a> {
        let Guarantee { node, sink, exactly_once, reason } = guarantee;
        GuaranteeData { node, sink: *sink, exactly_once: *exactly_once, reason }
    }
}

#[derive(Debug, Serialize)]
struct GraphNode<'a> {
    node: &'a str,
    after: &'a [String],
    retry: Option<RetryData<'a>>,
    deadline_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct RetryData<'a> {
    max_attempts: u32,
    backoff_ms: u64,
    multiplier_percent: u32,
    max_backoff_ms: u64,
    jitter_percent: u32,
    retryable: &'a [String],
    fatal: &'a [String],
}

impl<'a> PipelineData<'a> {
    /// The pipeline with this id.
    pub(crate) fn new(pipeline: &'a str, view: &'a PipelineView) -> PipelineData<'a> {
        PipelineData {
            pipeline,
            version: view.version,
            digest: &view.digest,
            runs: view.runs,
            open_runs: &view.open_runs,
            hwms: view.hwms,
            leases: view.leases,
            snapshot_version: view.snapshot_version,
            in_doubt: view.in_doubt,
            guarantees: view.guarantees.iter().map(GuaranteeData::from).collect(),
            graph: view.graph.iter().map(GraphNode::from).collect(),
        }
    }
}

impl<'a> From<&'a NodeSpec> for GraphNode<'a> {
    fn from(spec: &'a NodeSpec) -> GraphNode<'a> {
        let NodeSpec { name, after, retry, deadline_ms } = spec;
        let retry = retry.as_ref().map(RetryData::from);
        GraphNode { node: name, after, retry, deadline_ms: *deadline_ms }
    }
}

impl<'a> From<&'a RetryPolicy> for RetryData<'a> {
    fn from(policy: &'a RetryPolicy) -> RetryData<'a> {
        RetryData {
            max_attempts: policy.max_attempts,
            backoff_ms: policy.backoff_ms,
            multiplier_percent: policy.multiplier_percent,
            max_backoff_ms: policy.max_backoff_ms,
            jitter_percent: policy.jitter_percent,
            retryable: &policy.retryable,
            fatal: &policy.fatal,
        }
    }
}
