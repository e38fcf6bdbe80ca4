//! Last successes of nodes: when one stands for an attempt that is asked for. What became of artifacts only the world outside knows.

use std::collections::BTreeMap;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, NodeSummary, SuccessView};
use highwater_core::command::{ArtifactReport, BeginNode, SkipNode};
use highwater_core::node::NodeStatus;
use highwater_format::fact::{Artifact, Fingerprint, ReasonCode};

use super::{Pipeline, Refused, Trial, effect, is_explained, is_named};

/// The last success of a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Success {
    pub(super) run: String,
    pub(super) attempt: u32,
    pub(super) token: u64,
    pub(super) version: u64,
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) artifacts: Vec<String>,
    pub(super) overtaken_by: Option<u64>,
}

impl Trial {
    /// What an attempt of the node would work on now, if the command says it.
    pub(super) fn fingerprint(&self, command: &BeginNode) -> Refused<Option<Fingerprint>> {
        let Some(parts) = &command.fingerprint else { return Ok(None) };
        parts.keys().try_for_each(|name| is_named(name))?;
        let spec = self.pipeline.graph.iter().find(|spec| spec.name == command.node);
        let before = spec.map_or(&[][..], |spec| &spec.after);
        let upstream: BTreeMap<String, u64> = before
            .iter()
            .map(|name| (name.clone(), self.pipeline.success_token(&command.run, name, self.next)))
            .collect();
        Ok(Some(Fingerprint { parts: parts.clone(), upstream }))
    }

    /// Whether the last success stands for what would be done: `None` if there is nothing to compare with.
    pub(super) fn stands(&mut self, node: &str, fingerprint: &Fingerprint) -> Option<bool> {
        let success = self.pipeline.successes.get(node)?.clone();
        let known = success.fingerprint?;
        if success.overtaken_by.is_some() || known != *fingerprint {
            return Some(false);
        }
        Some(success.artifacts.iter().all(|_| self.is_over()))
    }

    pub(super) fn skip_as_cached(&mut self, command: &BeginNode) -> Refused<Answer> {
        let answer = self.skip(command, ReasonCode::Cached, "")?;
        self.node(&command.run, &command.node)?.status = NodeStatus::Cached;
        Ok(answer)
    }

    /// The attempts' outputs must be there when it succeeds.
    pub(super) fn outputs(&mut self, reports: &[ArtifactReport]) -> Refused<Vec<String>> {
        let mut uris: Vec<String> = Vec::new();
        for report in reports {
            is_named(&report.uri)?;
            if uris.contains(&report.uri) || self.is_over() {
                return Err(ErrorKind::Invalid);
            }
            uris.push(report.uri.clone());
        }
        Ok(uris)
    }

    pub(super) fn skip_node(&mut self, command: &SkipNode) -> Refused<Answer> {
        is_named(&command.node)?;
        is_explained(&command.reason)?;
        self.open_run(&command.run)?;
        let next = self.next;
        let code = if command.downstream { ReasonCode::SkippedWithDownstream } else { ReasonCode::Skipped };
        let why = format!("{code:?} by {:?}: {}", command.actor, command.reason);
        let known = self.pipeline.run(&command.run)?.nodes.get(&command.node);
        match self.status(&command.run, &command.node) {
            NodeStatus::Skipped if known.is_some_and(|node| node.skipped_as == why) => {
                return Ok(self.done(Vec::new()));
            }
            NodeStatus::Running | NodeStatus::Succeeded | NodeStatus::Cached => {
                return Err(ErrorKind::Conflict);
            }
            _ => {}
        }
        let node = self.node(&command.run, &command.node)?;
        node.status = NodeStatus::Skipped;
        node.reason = Some(code);
        node.skipped_as.clone_from(&why);
        node.decide(next, "skip", why);
        Ok(self.done(vec![effect::node_skipped(&command.run, &command.node, code)]))
    }

    pub(super) fn describe_node(&self, node: &str) -> Refused<Answer> {
        is_named(node)?;
        let artifact = |uri: &String| Artifact { uri: uri.clone(), ..Artifact::default() };
        let success = self.pipeline.successes.get(node).map(|success| SuccessView {
            run: success.run.clone(),
            attempt: success.attempt,
            token: success.token,
            version: success.version,
            at_ms: 0,
            fingerprint: success.fingerprint.clone(),
            artifacts: success.artifacts.iter().map(artifact).collect(),
            overtaken_by: success.overtaken_by,
        });
        Ok(Answer::Node(NodeSummary { node: node.to_owned(), success }))
    }
}

impl Pipeline {
    /// The token of what a node has left, as a run sees it.
    fn success_token(&self, run: &str, node: &str, next: u64) -> u64 {
        let in_run = self.run(run).ok().and_then(|run| run.nodes.get(node));
        let here = match in_run.map(|node| (node.status, node.attempts.last())) {
            Some((NodeStatus::Succeeded, Some(last))) => last.token,
            // What it was to cover was done before; which rows that are, no token says.
            Some((NodeStatus::Succeeded, None)) => return u64::MAX - next,
            Some((NodeStatus::Cached, _)) => 0,
            _ => return 0,
        };
        self.successes.get(node).map_or(here, |success| success.token.max(here))
    }

    /// All nodes that come after this one.
    pub(super) fn after(&self, node: &str) -> Vec<String> {
        let mut found = vec![node.to_owned()];
        for spec in &self.graph {
            if spec.after.iter().any(|name| found.contains(name)) {
                found.push(spec.name.clone());
            }
        }
        found.split_off(1)
    }
}
