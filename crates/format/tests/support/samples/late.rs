//! Facts of late data.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{some, text};

pub(super) fn samples() -> Vec<Fact> {
    use LateAction::{Record, Refuse, Reopen};
    let most = LateRule { action: Reopen, allowed: Some(u64::MAX), beyond: Refuse, downstream: true };
    let rules = [LateRule { action: Record, ..LateRule::default() }, most];
    let mut facts: Vec<Fact> = vec![LateRuleDeclared { node: String::new(), rule: None }.into()];
    facts.extend(rules.map(|rule| LateRuleDeclared { node: text("load"), rule: Some(rule) }.into()));
    let intervals = |start, end| vec![Interval { start, end }];
    let least = LateArrival { node: text("load"), ..LateArrival::default() };
    let arrival = LateArrival {
        node: text("report"),
        partition: some("eu"),
        axis: Axis::Integer,
        rows: u64::MAX,
        reopened: intervals(i64::MIN, 0),
        recorded: intervals(0, 1),
        refused: intervals(1, 2),
        unseen: intervals(2, i64::MAX),
        upstream: some("load"),
        reason: text("late data of node `load`"),
    };
    facts.push(LateDataReported { token: 0, arrivals: vec![least.clone()], run: None, worker: None }.into());
    let (arrivals, run, worker) = (vec![arrival, least], some("r1"), some("worker-1"));
    facts.push(LateDataReported { token: u64::MAX, arrivals, run, worker }.into());
    facts
}
