//! What runs into deadlines: the times that facts got later, and the facts that an engine writes of its own accord.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{counts, reason, retry, text};

pub(super) fn samples() -> Vec<Fact> {
    let late = ErrorRecord {
        class: text("deadline"),
        message: text("it was not over by its deadline"),
        detail: None,
    };
    let nodes = vec![NodeSpec {
        name: text("load"),
        after: vec![],
        retry: Some(RetryPolicy { fatal: vec![text("deadline")], ..retry() }),
        deadline_ms: Some(31_536_000_000),
    }];
    let started =
        RunStarted { run: text("r1"), deadline_at_ms: Some(1_732_150_000_000), ..RunStarted::default() };
    let attempt = AttemptStarted {
        run: text("r1"),
        node: text("load"),
        attempt: 1,
        token: 1,
        worker: text("worker-1"),
        lease_ms: 30_000,
        reason: reason(ReasonCode::FirstAttempt),
        fingerprint: None,
        backfill: None,
        deadline_at_ms: Some(-1),
    };
    let failed = AttemptFailed {
        run: text("r1"),
        node: text("load"),
        attempt: 1,
        counts: counts(),
        error: late.clone(),
        retry_at_ms: None,
        reason: reason(ReasonCode::AttemptsExhausted),
    };
    let finished = RunFinished { run: text("r1"), status: FinalStatus::Failed, error: Some(late) };
    vec![GraphDeclared { nodes }.into(), started.into(), attempt.into(), failed.into(), finished.into()]
}
