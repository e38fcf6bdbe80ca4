//! What a run came to, without what only clocks know.

use highwater_core::answer::{
    Answer, Deadline, FailureView, Recommendation, RecommendationCode, RunReport, StatusCount, WorkView,
};
use highwater_core::attempt::AttemptStatus;
use highwater_core::batch::BatchStatus;
use highwater_core::node::NodeStatus;
use highwater_format::fact::Counts;

use super::{Attempt, Node, Pipeline, Refused, Run, Trial, is_named};

impl Trial {
    pub(super) fn report(&self, name: &str) -> Refused<Answer> {
        is_named(name)?;
        let pipeline = &self.pipeline;
        let run = pipeline.run(name)?;
        let nodes = pipeline.nodes_of(run);
        let status = |node: &Option<&Node>| node.map_or(NodeStatus::Pending, |node| node.status);
        let count =
            |wanted: NodeStatus| nodes.iter().filter(|(_, node)| status(node) == wanted).count() as u64;
        let done = count(NodeStatus::Succeeded) + count(NodeStatus::Cached) + count(NodeStatus::Skipped);
        let total = nodes.len() as u64;
        let counted = NodeStatus::ALL.map(|status| StatusCount { status, nodes: count(status) });
        let last: Vec<(&String, usize, &Attempt)> = nodes.iter().filter_map(last_of).collect();
        let attempts = last.iter().map(|(_, made, _)| *made as u64).sum();
        let number = |made: usize| u32::try_from(made).unwrap_or(u32::MAX);
        let work = |(node, made, attempt): &(&String, usize, &Attempt)| WorkView {
            node: (*node).clone(),
            attempt: number(*made),
            worker: attempt.worker.clone(),
            started_at_ms: 0,
            deadline: attempt.has_deadline.then(Deadline::default),
        };
        let failure = |(node, made, attempt): &(&String, usize, &Attempt)| FailureView {
            node: (*node).clone(),
            attempt: number(*made),
            status: attempt.status,
            finished_at_ms: Some(0),
            error: attempt.error.clone(),
            retry_at_ms: (run.nodes[*node].status == NodeStatus::Waiting).then_some(0),
        };
        let is = |wanted: &'static [AttemptStatus]| {
            last.iter().filter(move |(_, _, attempt)| wanted.contains(&attempt.status))
        };
        Ok(Answer::Report(RunReport {
            run: name.to_owned(),
            status: run.status,
            started_at_ms: 0,
            finished_at_ms: run.status.is_final().then_some(0),
            duration_ms: 0,
            window: run.started.window,
            deadline: run.started.deadline_ms.filter(|_| !run.status.is_final()).map(|_| Deadline::default()),
            restarts: run.restarts,
            nodes: total,
            done,
            done_percent: u32::try_from((done * 100).checked_div(total).unwrap_or(0)).unwrap_or(u32::MAX),
            statuses: counted.into_iter().filter(|count| count.nodes > 0).collect(),
            attempts,
            counts: last.iter().fold(Counts::default(), |sum, (_, _, attempt)| sum.plus(attempt.counts)),
            rows_read_per_minute: 0,
            rows_written_per_minute: 0,
            durations: None,
            running: is(&[AttemptStatus::Running]).map(work).collect(),
            failures: is(&[AttemptStatus::Failed, AttemptStatus::Crashed]).map(failure).collect(),
            late: nodes.iter().flat_map(|(node, _)| pipeline.late.lines(node)).collect(),
            estimate: None,
            recommendations: pipeline.advice(run, &nodes, &self.drifted(run)?),
        }))
    }
}

fn last_of<'a>((name, node): &(&'a String, Option<&'a Node>)) -> Option<(&'a String, usize, &'a Attempt)> {
    let attempts = &node.as_ref()?.attempts;
    Some((name, attempts.len(), attempts.last()?))
}

impl Pipeline {
    fn advice(
        &self,
        run: &Run,
        nodes: &[(&String, Option<&Node>)],
        drifted: &[String],
    ) -> Vec<Recommendation> {
        use RecommendationCode::*;
        let mut advice = Vec::new();
        let mut say = |code, nodes: Vec<String>, is_so: bool| {
            if is_so {
                advice.push(Recommendation { code, message: String::new(), nodes });
            }
        };
        let named = |is_it: &dyn Fn(Option<&Node>) -> bool| -> Vec<String> {
            nodes.iter().filter(|(_, node)| is_it(*node)).map(|(name, _)| (*name).clone()).collect()
        };
        let with = |status| named(&|node| node.map_or(NodeStatus::Pending, |node| node.status) == status);
        say(Paused, Vec::new(), run.pause.is_some());
        say(DeadlinePassed, Vec::new(), run.is_late);
        for (code, status) in [
            (FailedNodes, NodeStatus::Failed),
            (WaitingNodes, NodeStatus::Waiting),
            (PendingNodes, NodeStatus::Pending),
        ] {
            let nodes = with(status);
            let is_so = !nodes.is_empty() && (code != PendingNodes || !run.status.is_final());
            say(code, nodes, is_so);
        }
        let crashes =
            |node: &Node| node.attempts.iter().filter(|it| it.status == AttemptStatus::Crashed).count();
        let crashing = named(&|node| node.is_some_and(|node| crashes(node) >= 2));
        say(CrashingNodes, crashing.clone(), !crashing.is_empty());
        let has_failed = |node: &Node| node.attempts.last().is_some_and(|last| last.counts.rows_failed > 0);
        let failed = named(&|node| node.is_some_and(has_failed));
        say(RowsFailed, failed.clone(), !failed.is_empty());
        let in_doubt = |batch: &&highwater_core::answer::BatchView| {
            batch.run == run.name && batch.status == BatchStatus::InDoubt
        };
        say(BatchesInDoubt, Vec::new(), self.batches.values().any(|batch| in_doubt(&batch)));
        say(WindowDrift, drifted.to_vec(), !drifted.is_empty());
        advice
    }
}
