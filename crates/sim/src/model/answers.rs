//! Answers without times and words, which the reference does not know.

use highwater_core::answer::{
    Answer, BatchView, Begun, CheckpointTrigger, CheckpointView, Deadline, HwmChange, HwmView, LeaseAnswer,
    LeaseView, NodeView, NodeWhy, RunReport, RunView, SuccessView, WorkerView,
};
use highwater_format::fact::{ErrorRecord, Reason};

use super::due::LATE;

/// Whether an answer is what the reference says.
pub(super) fn agrees(expected: &Answer, told: &Answer) -> bool {
    match (expected, told) {
        // The reference does not know the words of the journal, nor the beats of those who hold nothing.
        (Answer::Log(_), Answer::Log(_)) => true,
        (Answer::Workers(expected), Answer::Workers(told)) => {
            let mut told = told.clone();
            told.retain(|worker| !worker.leases.is_empty() || worker.stop.is_some());
            told.iter_mut().for_each(plain_worker);
            told == *expected
        }
        // Facts of the record that is on its way are in the state before its version is.
        (Answer::Pipeline(expected), Answer::Pipeline(told)) => {
            let mut told = told.clone();
            told.digest = String::new();
            told.snapshot_version = 0;
            told.guarantees.iter_mut().for_each(|guarantee| guarantee.reason.clear());
            if told.version + 1 == expected.version {
                told.version = expected.version;
            }
            *expected == told
        }
        (expected, told) => *expected == plain(told.clone()),
    }
}

/// Without its beats.
fn plain_worker(worker: &mut WorkerView) {
    (worker.beat, worker.beat_at_ms, worker.place) = (None, None, None);
    worker.stop.iter_mut().for_each(|stop| stop.fence_at_ms = stop.fence_at_ms.map(|_| 0));
}

fn plain(mut answer: Answer) -> Answer {
    match &mut answer {
        Answer::RunStarted(started) => plain_run(&mut started.run),
        Answer::Run(run) => plain_run(run),
        Answer::Runs(runs) => runs.runs.iter_mut().for_each(plain_run),
        Answer::Begun(Begun::Run(go)) => {
            plain_reason(&mut go.reason);
            go.deadline_at_ms = go.deadline_at_ms.map(|_| 0);
            go.in_doubt.iter_mut().for_each(plain_batch);
        }
        Answer::Prepared(prepared) => prepared.key.clear(),
        Answer::Batches(batches) => batches.iter_mut().for_each(plain_batch),
        Answer::Begun(Begun::Skip(reason)) => plain_reason(reason),
        Answer::Begun(Begun::Wait(wait)) => {
            wait.until_ms = 0;
            plain_reason(&mut wait.reason);
        }
        Answer::Failed(failed) => {
            failed.retry_at_ms = failed.retry_at_ms.map(|_| 0);
            plain_reason(&mut failed.reason);
        }
        Answer::Plan(plan) => {
            plan.basis.clear();
            plan.steps = super::plans::plain(&plan.steps);
        }
        Answer::Backfills(page) => page.backfills.iter_mut().for_each(|it| it.created_at_ms = 0),
        Answer::CheckpointTrigger(CheckpointTrigger::Triggered(triggered)) => triggered.deadline_at_ms = 0,
        Answer::CheckpointTrigger(CheckpointTrigger::Wait(wait)) => {
            wait.until_ms = wait.until_ms.map(|_| 0);
            wait.reason.clear();
        }
        Answer::Checkpoint(view) => view.iter_mut().for_each(plain_checkpoint),
        Answer::Checkpoints(page) => page.checkpoints.iter_mut().for_each(plain_checkpoint),
        Answer::Node(node) => node.success.iter_mut().for_each(plain_success),
        Answer::Why(nodes) => nodes.iter_mut().for_each(plain_why),
        Answer::Hwm(hwm) => hwm.iter_mut().for_each(plain_hwm),
        Answer::Hwms(hwms) => hwms.hwms.iter_mut().for_each(plain_hwm),
        Answer::HwmHistory(changes) => changes.iter_mut().for_each(plain_change),
        Answer::Positions(positions) => positions.iter_mut().for_each(|position| position.reason.clear()),
        Answer::Coverage(coverage) => {
            coverage.spans.iter_mut().for_each(|span| span.at_ms = span.at_ms.map(|_| 0));
            coverage.claims.iter_mut().for_each(|claim| claim.since_ms = 0);
            let late = coverage.late.iter_mut().flat_map(|late| &mut late.last);
            late.for_each(|report| report.at_ms = 0);
        }
        Answer::Partitionings(page) => page.nodes.iter_mut().for_each(|node| node.at_ms = 0),
        Answer::Partitions(page) => {
            for view in &mut page.partitions {
                view.at_ms = view.at_ms.map(|_| 0);
                view.claim.iter_mut().for_each(|claim| claim.at_ms = 0);
            }
        }
        Answer::Lease(LeaseAnswer::Held(held)) => held.until_ms = 0,
        Answer::Leases(leases) => leases.iter_mut().for_each(plain_lease),
        Answer::DeadLetters(page) => {
            for letter in &mut page.letters {
                letter.at_ms = 0;
                letter.requeued.iter_mut().for_each(|requeued| requeued.at_ms = 0);
            }
        }
        Answer::Report(report) => plain_report(report),
        Answer::WorkerStop(stop) => stop.fence_at_ms = stop.fence_at_ms.map(|_| 0),
        Answer::Beaten(beaten) => {
            beaten.stop.iter_mut().for_each(|asked| asked.fence_at_ms = asked.fence_at_ms.map(|_| 0));
        }
        _ => {}
    }
    answer
}

fn plain_checkpoint(view: &mut CheckpointView) {
    view.triggered_at_ms = 0;
    view.ended_at_ms = view.ended_at_ms.map(|_| 0);
    view.abort_reason.iter_mut().for_each(String::clear);
    view.acknowledgements.iter_mut().for_each(|it| it.at_ms = 0);
}

fn plain_success(success: &mut SuccessView) {
    success.at_ms = 0;
    for artifact in &mut success.artifacts {
        (artifact.size_bytes, artifact.digest) = (None, None);
    }
}

fn plain_batch(batch: &mut BatchView) {
    batch.key.clear();
    batch.prepared_at_ms = 0;
    batch.ended_at_ms = batch.ended_at_ms.map(|_| 0);
}

fn plain_reason(reason: &mut Reason) {
    reason.message = String::new();
}

fn plain_run(run: &mut RunView) {
    run.started_at_ms = 0;
    run.finished_at_ms = run.finished_at_ms.map(|_| 0);
    run.deadline_at_ms = run.deadline_at_ms.map(|_| 0);
    plain_error(&mut run.error);
    run.pause.iter_mut().for_each(|pause| pause.since_ms = 0);
    run.nodes.iter_mut().for_each(plain_node);
}

fn plain_report(report: &mut RunReport) {
    (report.started_at_ms, report.duration_ms) = (0, 0);
    report.finished_at_ms = report.finished_at_ms.map(|_| 0);
    (report.rows_read_per_minute, report.rows_written_per_minute) = (0, 0);
    (report.durations, report.estimate) = (None, None);
    report.deadline = report.deadline.map(|_| Deadline::default());
    for work in &mut report.running {
        work.started_at_ms = 0;
        work.deadline = work.deadline.map(|_| Deadline::default());
    }
    report.recommendations.iter_mut().for_each(|advice| advice.message.clear());
    for failure in &mut report.failures {
        failure.finished_at_ms = failure.finished_at_ms.map(|_| 0);
        failure.retry_at_ms = failure.retry_at_ms.map(|_| 0);
        plain_error(&mut failure.error);
    }
}

/// When a deadline was stands in its words.
fn plain_error(error: &mut Option<ErrorRecord>) {
    error.iter_mut().filter(|error| error.class == LATE).for_each(|error| error.message.clear());
}

fn plain_node(node: &mut NodeView) {
    node.retry_at_ms = node.retry_at_ms.map(|_| 0);
    node.reason.iter_mut().for_each(plain_reason);
    for attempt in &mut node.attempts {
        attempt.started_at_ms = 0;
        attempt.finished_at_ms = attempt.finished_at_ms.map(|_| 0);
        attempt.deadline_at_ms = attempt.deadline_at_ms.map(|_| 0);
        plain_error(&mut attempt.error);
        plain_reason(&mut attempt.reason);
    }
}

fn plain_why(node: &mut NodeWhy) {
    for decision in &mut node.decisions {
        decision.at_ms = 0;
        decision.why = String::new();
    }
}

fn plain_hwm(hwm: &mut HwmView) {
    hwm.updated_at_ms = 0;
}

fn plain_change(change: &mut HwmChange) {
    change.at_ms = 0;
}

fn plain_lease(lease: &mut LeaseView) {
    lease.acquired_at_ms = 0;
    lease.evidence = None;
}
