//! Runs and decisions as answers show them, without times and words.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, AttemptView, Decision, NodeView, NodeWhy, RunView};
use highwater_core::command::Why;
use highwater_core::node::NodeStatus;
use highwater_format::fact::{Counts, Reason, ReasonCode};

use super::{Attempt, Node, Pipeline, Refused, Run, Trial, is_named};

pub(super) fn reason(code: ReasonCode) -> Reason {
    Reason { code, message: String::new() }
}

impl Pipeline {
    pub(super) fn view(&self, name: &str, with_nodes: bool) -> Refused<RunView> {
        is_named(name)?;
        let run = self.run(name)?;
        let last = run.nodes.values().filter_map(|node| node.attempts.last());
        let nodes = if with_nodes { self.nodes_of(run) } else { Vec::new() };
        let started = &run.started;
        Ok(RunView {
            run: name.to_owned(),
            status: run.status,
            started_at_ms: 0,
            finished_at_ms: run.status.is_final().then_some(0),
            restarts: run.restarts,
            params: started.params.clone(),
            tags: started.tags.clone(),
            trigger: started.trigger.clone(),
            code_version: started.code_version.clone(),
            logical_time_ms: started.logical_time_ms,
            parent: started.parent.clone(),
            worker: run.worker.clone(),
            counts: last.fold(Counts::default(), |sum, attempt| sum.plus(attempt.counts)),
            error: run.error.clone(),
            cancel_reason: run.cancelled.as_ref().map(|(reason, _)| reason.clone()),
            cancel_actor: run.cancelled.as_ref().and_then(|(_, actor)| actor.clone()),
            pause: run.pause.clone(),
            deadline_at_ms: started.deadline_ms.map(|_| 0),
            window: started.window,
            nodes: nodes.into_iter().map(|(name, node)| view_node(name, node)).collect(),
        })
    }

    /// Those of the graph in its order, then the others by name. A run that is over has only what was touched.
    pub(super) fn nodes_of<'a>(&'a self, run: &'a Run) -> Vec<(&'a String, Option<&'a Node>)> {
        let declared = self.graph.iter().map(|spec| (&spec.name, run.nodes.get(&spec.name)));
        let open = !run.status.is_final();
        let mut nodes: Vec<_> = declared.filter(|(_, node)| open || node.is_some()).collect();
        let is_declared = |name: &String| self.graph.iter().any(|spec| spec.name == *name);
        let others = run.nodes.iter().filter(|(name, _)| !is_declared(name));
        nodes.extend(others.map(|(name, node)| (name, Some(node))));
        nodes
    }
}

impl Trial {
    pub(super) fn why(&self, command: &Why) -> Refused<Answer> {
        is_named(&command.run)?;
        let run = self.pipeline.run(&command.run)?;
        let is_wanted = |name: &String| command.node.as_ref().is_none_or(|wanted| wanted == name);
        let nodes = self.pipeline.nodes_of(run).into_iter().filter(|(name, _)| is_wanted(name));
        let found: Vec<NodeWhy> = nodes.map(|(name, node)| explain(name, node)).collect();
        if command.node.is_some() && found.is_empty() {
            Err(ErrorKind::Invalid)
        } else {
            Ok(Answer::Why(found))
        }
    }
}

fn explain(name: &str, node: Option<&Node>) -> NodeWhy {
    let decision = |(version, what, _): &(u64, &'static str, String)| Decision {
        version: *version,
        at_ms: 0,
        what: (*what).to_owned(),
        why: String::new(),
    };
    NodeWhy {
        node: name.to_owned(),
        status: node.map_or(NodeStatus::Pending, |node| node.status),
        decisions: node.into_iter().flat_map(|node| &node.decisions).map(decision).collect(),
    }
}

fn view_node(name: &str, node: Option<&Node>) -> NodeView {
    let numbered = node.into_iter().flat_map(|node| (1..).zip(&node.attempts));
    NodeView {
        node: name.to_owned(),
        status: node.map_or(NodeStatus::Pending, |node| node.status),
        reason: node.and_then(|node| node.reason).map(reason),
        retry_at_ms: node.filter(|node| node.status == NodeStatus::Waiting).map(|_| 0),
        attempts: numbered.map(|(number, attempt)| view_attempt(number, attempt)).collect(),
    }
}

fn view_attempt(number: u32, attempt: &Attempt) -> AttemptView {
    AttemptView {
        attempt: number,
        status: attempt.status,
        worker: attempt.worker.clone(),
        token: attempt.token,
        started_at_ms: 0,
        finished_at_ms: (attempt.status != highwater_core::attempt::AttemptStatus::Running).then_some(0),
        counts: attempt.counts,
        error: attempt.error.clone(),
        reason: reason(attempt.reason),
        deadline_at_ms: attempt.has_deadline.then_some(0),
    }
}
