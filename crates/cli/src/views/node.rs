//! Nodes, their attempts, and why they are as they are.

use std::collections::BTreeMap;

use highwater::answer::{AttemptView, Decision, NodeSummary, NodeView, NodeWhy, SuccessView};
use highwater::{Artifact, AttemptStatus, Fingerprint, NodeStatus, Reason, ReasonCode};
use serde::Serialize;

use super::run::{CountsData, ErrorData};
use crate::time::rfc3339;

/// A node of a run.
#[derive(Debug, Serialize)]
pub(crate) struct NodeData<'a> {
    node: &'a str,
    status: NodeStatus,
    reason: Option<ReasonData<'a>>,
    retry_at_ms: Option<i64>,
    retry_at: Option<String>,
    attempts: Vec<AttemptData<'a>>,
}

impl<'a> From<&'a NodeView> for NodeData<'a> {
    fn from(node: &'a NodeView) -> NodeData<'a> {
        NodeData {
            node: &node.node,
            status: node.status,
            reason: node.reason.as_ref().map(ReasonData::from),
            retry_at_ms: node.retry_at_ms,
            retry_at: node.retry_at_ms.and_then(rfc3339),
            attempts: node.attempts.iter().map(AttemptData::from).collect(),
        }
    }
}

/// Why something was decided.
#[derive(Debug, Serialize)]
pub(crate) struct ReasonData<'a> {
    code: ReasonCode,
    message: &'a str,
}

impl<'a> From<&'a Reason> for ReasonData<'a> {
    fn from(reason: &'a Reason) -> ReasonData<'a> {
        ReasonData { code: reason.code, message: &reason.message }
    }
}

/// One try of a node.
#[derive(Debug, Serialize)]
struct AttemptData<'a> {
    attempt: u32,
    status: AttemptStatus,
    worker: &'a str,
    token: u64,
    started_at_ms: i64,
    started_at: Option<String>,
    finished_at_ms: Option<i64>,
    finished_at: Option<String>,
    counts: CountsData,
    error: Option<ErrorData<'a>>,
    reason: ReasonData<'a>,
    deadline_at_ms: Option<i64>,
    deadline_at: Option<String>,
}

impl<'a> From<&'a AttemptView> for AttemptData<'a> {
    fn from(attempt: &'a AttemptView) -> AttemptData<'a> {
        AttemptData {
            attempt: attempt.attempt,
            status: attempt.status,
            worker: &attempt.worker,
            token: attempt.token,
            started_at_ms: attempt.started_at_ms,
            started_at: rfc3339(attempt.started_at_ms),
            finished_at_ms: attempt.finished_at_ms,
            finished_at: attempt.finished_at_ms.and_then(rfc3339),
            counts: attempt.counts.into(),
            error: attempt.error.as_ref().map(ErrorData::from),
            reason: ReasonData::from(&attempt.reason),
            deadline_at_ms: attempt.deadline_at_ms,
            deadline_at: attempt.deadline_at_ms.and_then(rfc3339),
        }
    }
}

/// A node over all runs.
#[derive(Debug, Serialize)]
pub(crate) struct NodeSummaryData<'a> {
    pipeline: &'a str,
    node: &'a str,
    success: Option<SuccessData<'a>>,
}

impl<'a> NodeSummaryData<'a> {
    pub(crate) fn new(pipeline: &'a str, node: &'a NodeSummary) -> NodeSummaryData<'a> {
        NodeSummaryData { pipeline, node: &node.node, success: node.success.as_ref().map(SuccessData::from) }
    }
}

#[derive(Debug, Serialize)]
struct SuccessData<'a> {
    run: &'a str,
    attempt: u32,
    token: u64,
    version: u64,
    at_ms: i64,
    at: Option<String>,
    fingerprint: Option<FingerprintData<'a>>,
    artifacts: Vec<ArtifactData<'a>>,
    overtaken_by: Option<u64>,
}

#[derive(Debug, Serialize)]
struct FingerprintData<'a> {
    parts: &'a BTreeMap<String, String>,
    upstream: &'a BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct ArtifactData<'a> {
    uri: &'a str,
    size_bytes: Option<u64>,
    digest: Option<&'a str>,
}

impl<'a> From<&'a SuccessView> for SuccessData<'a> {
    fn from(success: &'a SuccessView) -> SuccessData<'a> {
        let fingerprint = |it: &'a Fingerprint| FingerprintData { parts: &it.parts, upstream: &it.upstream };
        let artifact = |it: &'a Artifact| ArtifactData {
            uri: &it.uri,
            size_bytes: it.size_bytes,
            digest: it.digest.as_deref(),
        };
        SuccessData {
            run: &success.run,
            attempt: success.attempt,
            token: success.token,
            version: success.version,
            at_ms: success.at_ms,
            at: rfc3339(success.at_ms),
            fingerprint: success.fingerprint.as_ref().map(fingerprint),
            artifacts: success.artifacts.iter().map(artifact).collect(),
            overtaken_by: success.overtaken_by,
        }
    }
}

/// What was decided about a node.
#[derive(Debug, Serialize)]
pub(crate) struct NodeWhyData<'a> {
    node: &'a str,
    status: NodeStatus,
    decisions: Vec<DecisionData<'a>>,
}

impl<'a> From<&'a NodeWhy> for NodeWhyData<'a> {
    fn from(why: &'a NodeWhy) -> NodeWhyData<'a> {
        let decisions = why.decisions.iter().map(DecisionData::from).collect();
        NodeWhyData { node: &why.node, status: why.status, decisions }
    }
}

#[derive(Debug, Serialize)]
struct DecisionData<'a> {
    version: u64,
    at_ms: i64,
    at: Option<String>,
    what: &'a str,
    why: &'a str,
}

impl<'a> From<&'a Decision> for DecisionData<'a> {
    fn from(decision: &'a Decision) -> DecisionData<'a> {
        DecisionData {
            version: decision.version,
            at_ms: decision.at_ms,
            at: rfc3339(decision.at_ms),
            what: &decision.what,
            why: &decision.why,
        }
    }
}
