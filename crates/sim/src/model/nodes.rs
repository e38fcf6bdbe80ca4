//! Nodes of runs, and the attempts on them.

use std::collections::BTreeMap;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, Begun, Failed, Go, Wait};
use highwater_core::attempt::AttemptStatus;
use highwater_core::command::{
    AttemptRef, BeginNode, FailAttempt, ForceNode, ReportProgress, SucceedAttempt,
};
use highwater_core::node::NodeStatus;
use highwater_format::fact::{Counts, CoverageStatus, ErrorRecord, ReasonCode};

use super::cached::Success;
use super::coverage::{Hand, Handed};
use super::leases::lease_ms;
use super::views::reason;
use super::{Attempt, Node, Refused, Trial, effect, is_explained, is_named};

/// Why an attempt failed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Why {
    Said,
    Late,
}

impl Node {
    fn new() -> Node {
        Node {
            status: NodeStatus::Pending,
            failures: 0,
            reason: None,
            next_reason: None,
            skipped_as: String::new(),
            attempts: Vec::new(),
            extents: BTreeMap::new(),
            decisions: Vec::new(),
        }
    }

    pub(super) fn decide(&mut self, version: u64, what: &'static str, why: String) {
        self.decisions.push((version, what, why));
        if self.decisions.len() > 32 {
            self.decisions.remove(0);
        }
    }

    /// Made ready again by hand.
    fn make_ready(&mut self, code: ReasonCode) {
        self.status = NodeStatus::Pending;
        self.failures = 0;
        self.reason = Some(code);
        self.next_reason = Some(code);
    }
}

/// The name of the lease behind the attempts of a node.
pub(super) fn lease_name(run: &str, node: &str) -> String {
    let escaped =
        if run.contains(['/', '%']) { run.replace('%', "%25").replace('/', "%2F") } else { run.to_owned() };
    format!("node:{escaped}/{node}")
}

impl Trial {
    pub(super) fn node(&mut self, run: &str, node: &str) -> Refused<&mut Node> {
        let run = self.pipeline.runs.iter_mut().find(|it| it.name == run).ok_or(ErrorKind::Invalid)?;
        Ok(run.nodes.entry(node.to_owned()).or_insert_with(Node::new))
    }

    pub(super) fn attempt(&mut self, run: &str, node: &str, at: usize) -> Refused<&mut Attempt> {
        self.node(run, node)?.attempts.get_mut(at).ok_or(ErrorKind::Internal)
    }

    pub(super) fn status(&self, run: &str, node: &str) -> NodeStatus {
        let run = self.pipeline.run(run).ok();
        run.and_then(|run| run.nodes.get(node)).map_or(NodeStatus::Pending, |node| node.status)
    }

    pub(super) fn begin(&mut self, command: &BeginNode) -> Refused<Answer> {
        is_named(&command.node)?;
        is_named(&command.worker)?;
        lease_ms(command.lease_ms)?;
        let (run, node, force) = (&command.run, &command.node, command.force);
        let is_paused = self.open_run(run)?.pause.is_some();
        self.check_allowed(&command.worker)?;
        if is_paused {
            return Ok(wait(ReasonCode::Paused));
        }
        let known = self.open_run(run)?.nodes.get(node).cloned();
        let status = self.status(run, node);
        let attempts = known.as_ref().map_or(0, |known| known.attempts.len());
        match status {
            NodeStatus::Running => return self.contend(command),
            NodeStatus::Succeeded if !force => {
                return self.skip(command, ReasonCode::AlreadySucceeded, &attempts.to_string());
            }
            NodeStatus::Cached | NodeStatus::Skipped if !force => {
                let code = known.and_then(|known| known.reason).ok_or(ErrorKind::Internal)?;
                return Ok(Answer::Begun(Begun::Skip(reason(code))));
            }
            NodeStatus::Failed if !force => {
                return self.skip(command, ReasonCode::AttemptsExhausted, "");
            }
            NodeStatus::Cancelled => return Err(ErrorKind::Conflict),
            _ => {}
        }
        let was_tried = known.as_ref().is_some_and(|known| !known.attempts.is_empty());
        let next_reason = known.and_then(|known| known.next_reason);
        let pushed = force || next_reason == Some(ReasonCode::Forced);
        if let (false, Some((upstream, status))) = (pushed, self.blocking(run, node)) {
            return self.held_back(command, &upstream, status);
        }
        if status == NodeStatus::Waiting && !force && !self.is_over() {
            return Ok(wait(ReasonCode::RetryBackoff));
        }
        let why = match (force, next_reason) {
            (true, _) => ReasonCode::Forced,
            (false, Some(code)) => code,
            (false, None) if status == NodeStatus::Waiting => ReasonCode::Retry,
            (false, None) => ReasonCode::FirstAttempt,
        };
        let mut why = why;
        let has_share = command.cover.is_some() || command.partitions.is_some();
        let fingerprint = self.fingerprint(command)?;
        if let Some(fingerprint) =
            fingerprint.filter(|_| !force && !has_share && !was_tried && next_reason.is_none())
        {
            match self.stands(node, &fingerprint) {
                Some(true) => return self.skip_as_cached(command),
                Some(false) => why = ReasonCode::Changed,
                None => {}
            }
        }
        let hand = self.hand(command)?;
        self.go(command, why, Vec::new(), hand)
    }

    fn held_back(&mut self, command: &BeginNode, upstream: &str, status: NodeStatus) -> Refused<Answer> {
        use NodeStatus::{Cancelled, Failed, Skipped, UpstreamFailed};
        if status == Skipped {
            return self.skip(command, ReasonCode::SkippedWithDownstream, upstream);
        }
        if !matches!(status, Failed | UpstreamFailed | Cancelled) {
            return Ok(wait(ReasonCode::UpstreamPending));
        }
        self.skip(command, ReasonCode::UpstreamFailed, &format!("{upstream} {}", status.name()))
    }

    /// Somebody works on it: whether the holder has stood still for its lease, only the clock knows.
    fn contend(&mut self, command: &BeginNode) -> Refused<Answer> {
        let name = lease_name(&command.run, &command.node);
        let held = self.pipeline.leases.get(&name).cloned().ok_or(ErrorKind::Internal)?;
        if held.worker == command.worker {
            return Err(ErrorKind::Conflict);
        }
        if !self.is_over() {
            return Ok(wait(ReasonCode::Held));
        }
        // On what stands before the other one is over, its claims among it.
        let hand = self.hand(command)?;
        let crashed = self.crash(&command.run, &command.node);
        self.go(command, ReasonCode::TookOver, vec![crashed], hand)
    }

    /// What it is to be handed, if it asks for intervals or partitions.
    fn hand(&mut self, command: &BeginNode) -> Refused<Handed> {
        if let Some(wanted) = &command.partitions {
            return self.hand_out_partitions(command, wanted);
        }
        command.cover.as_ref().map(|cover| self.hand_out(command, cover)).transpose()
    }

    fn go(
        &mut self,
        command: &BeginNode,
        why: ReasonCode,
        before: Vec<String>,
        hand: Handed,
    ) -> Refused<Answer> {
        let (run, node, worker) = (&command.run, &command.node, &command.worker);
        let backfill = command.cover.as_ref().and_then(|cover| cover.backfill.clone());
        before.into_iter().for_each(|effect| self.leave(effect));
        match hand {
            Some((_, _, Hand::Covered)) => return self.all_covered(command),
            Some((_, _, Hand::Taken)) => return Ok(wait(ReasonCode::Held)),
            _ => {}
        }
        if command.force && why == ReasonCode::Forced {
            self.force_one(run, node)?;
        }
        let lease = lease_name(run, node);
        let key = Some((run.clone(), node.clone()));
        let token = self.hold(&lease, worker, lease_ms(command.lease_ms)?, key);
        let next = self.next;
        let fingerprint = self.fingerprint(command)?;
        if let Some(success) = self.pipeline.successes.get_mut(node) {
            success.overtaken_by = Some(token);
        }
        let (has_deadline, is_bound) = self.deadlines(run, node)?;
        let row = self.node(run, node)?;
        let last = row.attempts.last();
        let (state, previous) = (last.and_then(|last| last.state.clone()), last.map(|last| last.counts));
        row.attempts.push(Attempt {
            status: AttemptStatus::Running,
            worker: worker.clone(),
            token,
            counts: highwater_format::fact::Counts::default(),
            state: state.clone(),
            error: None,
            reason: why,
            proposed: BTreeMap::new(),
            fingerprint,
            backfill: backfill.clone(),
            has_deadline,
            is_late: false,
        });
        let attempt = u32::try_from(row.attempts.len()).unwrap_or(u32::MAX);
        row.status = NodeStatus::Running;
        row.reason = Some(why);
        row.next_reason = None;
        row.decide(next, "run", String::new());
        self.leave(effect::attempt_started((run, node, attempt), token, worker, backfill.as_ref()));
        let in_doubt = self.pipeline.in_doubt(&command.run, &command.node);
        let reason = reason(why);
        let (intervals, partitions) = self.take_share(command, (attempt, token), hand);
        Ok(Answer::Begun(Begun::Run(Go {
            attempt,
            token,
            lease,
            reason,
            state,
            previous,
            in_doubt,
            intervals,
            partitions,
            deadline_at_ms: is_bound.then_some(0),
        })))
    }

    /// Whether attempts of the node have a deadline, and whether they or their run have one.
    fn deadlines(&mut self, run: &str, node: &str) -> Refused<(bool, bool)> {
        let own = self.pipeline.graph.iter().any(|spec| spec.name == node && spec.deadline_ms.is_some());
        Ok((own, own || self.open_run(run)?.started.deadline_ms.is_some()))
    }

    /// The first node before this one that is not done.
    fn blocking(&self, run: &str, node: &str) -> Option<(String, NodeStatus)> {
        let spec = self.pipeline.graph.iter().find(|spec| spec.name == node)?;
        let upstream = spec.after.iter().map(|name| (name.clone(), self.status(run, name)));
        upstream.into_iter().find(|(name, status)| match status {
            NodeStatus::Succeeded | NodeStatus::Cached => false,
            NodeStatus::Skipped => self.code(run, name) != Some(ReasonCode::Skipped),
            _ => true,
        })
    }

    fn code(&self, run: &str, node: &str) -> Option<ReasonCode> {
        self.pipeline.run(run).ok()?.nodes.get(node)?.reason
    }

    /// A skip is recorded when it is another one than the last decision.
    pub(super) fn skip(&mut self, command: &BeginNode, code: ReasonCode, why: &str) -> Refused<Answer> {
        let answer = Answer::Begun(Begun::Skip(reason(code)));
        let next = self.next;
        let why = format!("{code:?} {why}");
        let known = self.pipeline.run(&command.run)?.nodes.get(&command.node);
        let last = known.and_then(|node| node.decisions.last());
        if last.is_some_and(|(_, what, last)| *what == "skip" && *last == why) {
            return Ok(answer);
        }
        let node = self.node(&command.run, &command.node)?;
        if code == ReasonCode::UpstreamFailed {
            node.status = NodeStatus::UpstreamFailed;
        }
        if code == ReasonCode::SkippedWithDownstream {
            node.status = NodeStatus::Skipped;
            node.skipped_as.clear();
        }
        node.reason = Some(code);
        node.decide(next, "skip", why);
        self.leave(effect::node_skipped(&command.run, &command.node, code));
        Ok(answer)
    }

    /// All that it was to cover is done: for its run, the node is done.
    fn all_covered(&mut self, command: &BeginNode) -> Refused<Answer> {
        let next = self.next;
        let node = self.node(&command.run, &command.node)?;
        node.status = NodeStatus::Succeeded;
        node.reason = Some(ReasonCode::AlreadyCovered);
        node.decide(next, "skip", format!("{:?} ", ReasonCode::AlreadyCovered));
        self.leave(effect::node_skipped(&command.run, &command.node, ReasonCode::AlreadyCovered));
        Ok(Answer::Begun(Begun::Skip(reason(ReasonCode::AlreadyCovered))))
    }

    /// The attempt that runs is over, although its worker has not said so.
    pub(super) fn crash(&mut self, run: &str, node: &str) -> String {
        self.pipeline.leases.remove(&lease_name(run, node));
        self.pipeline.doubt(run, Some(node));
        self.end_claims(run, node, None);
        let next = self.next;
        let mut number = 0;
        if let Ok(row) = self.node(run, node) {
            row.status = NodeStatus::Pending;
            row.reason = Some(ReasonCode::TookOver);
            row.next_reason = Some(ReasonCode::TookOver);
            row.decide(next, "crash", String::new());
            number = row.attempts.len();
            if let Some(last) = row.attempts.last_mut() {
                last.status = AttemptStatus::Crashed;
            }
        }
        effect::attempt_ended("crashed", run, node, number)
    }

    /// The number of the running attempt that this token holds, from 0.
    pub(super) fn held(&self, attempt: &AttemptRef) -> Refused<usize> {
        is_named(&attempt.run)?;
        is_named(&attempt.node)?;
        let run = self.pipeline.run(&attempt.run);
        // A token that was given out is worth nothing where there is nothing left to work on.
        let was_given = (1..=self.pipeline.token).contains(&attempt.token);
        let gone = if was_given { ErrorKind::Fenced } else { ErrorKind::Invalid };
        let node = run.map_err(|_| gone)?.nodes.get(&attempt.node).ok_or(gone)?;
        let found = node.attempts.iter().position(|it| it.token == attempt.token).ok_or(ErrorKind::Fenced)?;
        match node.attempts[found].status {
            AttemptStatus::Running => Ok(found),
            AttemptStatus::Cancelled | AttemptStatus::Crashed => Err(ErrorKind::Fenced),
            AttemptStatus::Failed if node.attempts[found].is_late => Err(ErrorKind::Fenced),
            AttemptStatus::Succeeded | AttemptStatus::Failed | AttemptStatus::HandedBack => {
                Err(ErrorKind::Conflict)
            }
        }
    }

    pub(super) fn progress(&mut self, command: &ReportProgress) -> Refused<Answer> {
        let AttemptRef { run, node, .. } = &command.attempt;
        let at = self.held(&command.attempt)?;
        self.leaves_alone((run, node), at, &command.hwms)?;
        let hwms = self.propose((run, node), at, &command.hwms)?;
        let attempt = self.attempt(run, node, at)?;
        attempt.counts = command.counts;
        attempt.state = command.state.clone().or(attempt.state.take());
        self.leave(effect::attempt_ended("progressed", run, node, at + 1));
        self.move_hwms(&hwms, Some((run, node)))?;
        self.covered(run, node, &command.covered)?;
        self.outcomes((run, node), at, &command.partitions)?;
        let done = Trial::lines_covered(node, &command.covered)?;
        self.outdate((run, command.attempt.token), node, &done);
        Ok(self.changed())
    }

    pub(super) fn succeed(&mut self, command: &SucceedAttempt) -> Refused<Answer> {
        let AttemptRef { run, node, .. } = &command.attempt;
        let at = self.held(&command.attempt)?;
        if self.pipeline.has_prepared(run, node) {
            return Err(ErrorKind::Conflict);
        }
        self.leaves_alone((run, node), at, &command.hwms)?;
        let hwms = self.with_proposed((run, node), at, &command.hwms)?;
        self.move_hwms(&hwms, Some((run, node)))?;
        let artifacts = self.outputs(&command.artifacts)?;
        self.covered(run, node, &command.covered)?;
        self.outcomes((run, node), at, &command.partitions)?;
        let mut done = Trial::lines_covered(node, &command.covered)?;
        done.extend(self.claims_of(run, node));
        self.end_claims(run, node, Some(CoverageStatus::Done));
        let next = self.next;
        let row = self.node(run, node)?;
        row.status = NodeStatus::Succeeded;
        row.failures = 0;
        row.decide(next, "succeed", String::new());
        let attempt = &mut row.attempts[at];
        attempt.status = AttemptStatus::Succeeded;
        attempt.counts = command.counts.unwrap_or(attempt.counts);
        let (token, fingerprint) = (attempt.token, attempt.fingerprint.clone());
        self.pipeline.successes.remove(node);
        if fingerprint.is_some() || !artifacts.is_empty() {
            let (run, attempt) = (run.clone(), u32::try_from(at + 1).unwrap_or(u32::MAX));
            let success =
                Success { run, attempt, token, version: next, fingerprint, artifacts, overtaken_by: None };
            self.pipeline.successes.insert(node.clone(), success);
        }
        self.pipeline.leases.remove(&lease_name(run, node));
        self.leave(effect::attempt_ended("succeeded", run, node, at + 1));
        self.outdate((run, command.attempt.token), node, &done);
        Ok(self.changed())
    }

    pub(super) fn changed(&self) -> Answer {
        Answer::Done(highwater_core::answer::Done { version: self.next, changed: true })
    }

    pub(super) fn fail(&mut self, command: &FailAttempt) -> Refused<Answer> {
        is_named(&command.error.class)?;
        let AttemptRef { run, node, .. } = &command.attempt;
        let at = self.held(&command.attempt)?;
        self.outcomes((run, node), at, &command.partitions)?;
        let code = self.end_badly((run, node), at, command.counts, &command.error, Why::Said)?;
        let again = code == ReasonCode::RetryBackoff;
        let attempts = u32::try_from(at + 1).unwrap_or(u32::MAX);
        Ok(Answer::Failed(Failed { retry_at_ms: again.then_some(0), attempts, reason: reason(code) }))
    }

    /// The attempt has failed, and its node with it if it is not tried again.
    pub(super) fn end_badly(
        &mut self,
        (run, node): (&str, &str),
        at: usize,
        counts: Option<Counts>,
        error: &ErrorRecord,
        why: Why,
    ) -> Refused<ReasonCode> {
        let failures = self.node(run, node)?.failures + 1;
        let again = self.is_tried_again(node, failures, error);
        self.pipeline.doubt(run, Some(node));
        let next = self.next;
        let row = self.node(run, node)?;
        row.failures = failures;
        let (status, code, what) = if again {
            (NodeStatus::Waiting, ReasonCode::RetryBackoff, "retry")
        } else {
            (NodeStatus::Failed, ReasonCode::AttemptsExhausted, "give-up")
        };
        row.status = status;
        row.reason = Some(code);
        row.decide(next, what, String::new());
        let attempt = &mut row.attempts[at];
        attempt.status = AttemptStatus::Failed;
        attempt.counts = counts.unwrap_or(attempt.counts);
        attempt.error = Some(error.clone());
        self.pipeline.leases.remove(&lease_name(run, node));
        let what = if why == Why::Late { format!("late, {what}") } else { what.to_owned() };
        self.leave(effect::attempt_ended(&what, run, node, at + 1));
        self.end_claims(run, node, Some(CoverageStatus::Failed));
        Ok(code)
    }

    fn is_tried_again(&self, node: &str, failures: u32, error: &ErrorRecord) -> bool {
        let spec = self.pipeline.graph.iter().find(|spec| spec.name == node);
        let policy = spec.and_then(|spec| spec.retry.clone()).unwrap_or_default();
        let is_retryable = policy.retryable.is_empty() || policy.retryable.contains(&error.class);
        !policy.fatal.contains(&error.class) && is_retryable && failures < policy.max_attempts
    }

    pub(super) fn force(&mut self, command: &ForceNode) -> Refused<Answer> {
        is_named(&command.node)?;
        is_explained(&command.reason)?;
        self.open_run(&command.run)?;
        let after = if command.downstream { self.pipeline.after(&command.node) } else { Vec::new() };
        let is_running = |node: &String| self.status(&command.run, node) == NodeStatus::Running;
        if is_running(&command.node) || after.iter().any(is_running) {
            return Err(ErrorKind::Conflict);
        }
        self.force_one(&command.run, &command.node)?;
        for node in &after {
            use NodeStatus::{Cached, Failed, Skipped, Succeeded, UpstreamFailed};
            let status = self.status(&command.run, node);
            if matches!(status, Cached | Failed | Skipped | Succeeded | UpstreamFailed) {
                self.reset_one(&command.run, node)?;
            }
        }
        Ok(self.changed())
    }

    fn force_one(&mut self, run: &str, node: &str) -> Refused<()> {
        let next = self.next;
        let row = self.node(run, node)?;
        row.make_ready(ReasonCode::Forced);
        row.decide(next, "force", String::new());
        self.leave(effect::node_changed("forced", run, node));
        Ok(())
    }

    pub(super) fn reset_one(&mut self, run: &str, node: &str) -> Refused<()> {
        let next = self.next;
        let row = self.node(run, node)?;
        row.make_ready(ReasonCode::Reset);
        row.decide(next, "reset", String::new());
        self.leave(effect::node_changed("reset", run, node));
        Ok(())
    }
}

fn wait(code: ReasonCode) -> Answer {
    Answer::Begun(Begun::Wait(Wait { until_ms: 0, reason: reason(code) }))
}
