//! Facts about who may go on.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{counts, error, reason, some, text};

pub(super) fn samples() -> Vec<Fact> {
    [least(), most()].concat()
}

fn least() -> Vec<Fact> {
    let (run, node, why) = (|| text("r1"), || text("load"), || text("the source is down"));
    vec![
        RunPaused { run: run(), reason: why(), actor: None }.into(),
        AttemptHandedBack {
            run: run(),
            node: node(),
            attempt: 1,
            counts: Counts::default(),
            state: None,
            reason: why(),
        }
        .into(),
        WorkerStopped { worker: text("w1"), fence_at_ms: None, reason: why(), actor: None }.into(),
        WorkerAllowed { worker: text("w1"), reason: why(), actor: None }.into(),
        DeadLettersBuried { run: run(), node: node(), attempt: 1, items: vec![item(None)] }.into(),
        DeadLettersSettled {
            node: node(),
            keys: vec![text("row 7")],
            requeued: false,
            reason: why(),
            actor: None,
            token: None,
        }
        .into(),
    ]
}

fn most() -> Vec<Fact> {
    let (run, node, why, actor) =
        (|| text("r1"), text("load"), || text("the source is down"), || some("ada"));
    vec![
        RunPaused { run: run(), reason: why(), actor: actor() }.into(),
        RunResumed { run: run(), worker: some("w2"), reason: some("it is up again"), actor: actor() }.into(),
        AttemptHandedBack {
            run: run(),
            node,
            attempt: u32::MAX,
            counts: counts(),
            state: Some(vec![0, 255]),
            reason: why(),
        }
        .into(),
        WorkerStopped { worker: text("w1"), fence_at_ms: Some(i64::MAX), reason: why(), actor: actor() }
            .into(),
        WorkerAllowed { worker: text("w1"), reason: why(), actor: actor() }.into(),
        DeadLettersBuried {
            run: run(),
            node: text("load"),
            attempt: u32::MAX,
            items: vec![item(Some(vec![0, 255])), item(None)],
        }
        .into(),
        DeadLettersSettled {
            node: text("load"),
            keys: vec![text("row 7"), text("row 8")],
            requeued: true,
            reason: why(),
            actor: actor(),
            token: Some(u64::MAX),
        }
        .into(),
        AttemptStarted {
            run: run(),
            node: text("load"),
            attempt: 2,
            token: 2,
            worker: text("w2"),
            lease_ms: 30_000,
            reason: reason(ReasonCode::HandedBack),
            fingerprint: None,
            backfill: None,
            deadline_at_ms: None,
        }
        .into(),
    ]
}

fn item(payload: Option<Vec<u8>>) -> DeadItem {
    DeadItem { key: text("row 7"), error: error(), payload }
}
