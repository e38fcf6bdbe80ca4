//! **A report adds up.** Every node of a run has one status in its report, no more of them are done than there are, and what was
//! repeated counts once.
//!
//! Why it matters: whoever looks at how far a run is plans the night by it. The data extractor that we learned from reported 250 %.

use highwater_core::answer::{Answer, RunReport};
use highwater_core::node::NodeStatus;

use super::Violation;

/// Holds what was told of a run against itself.
pub(crate) fn check(answers: &[Answer]) -> Result<(), Violation> {
    answers.iter().try_for_each(|answer| match answer {
        Answer::Report(report) if !adds_up(report) => {
            Err(Violation::new("a-report-adds-up", format!("{report:?}")))
        }
        _ => Ok(()),
    })
}

fn adds_up(report: &RunReport) -> bool {
    let count = |is_it: fn(NodeStatus) -> bool| -> u64 {
        report.statuses.iter().filter(|it| is_it(it.status)).map(|it| it.nodes).sum()
    };
    let done = count(|it| matches!(it, NodeStatus::Succeeded | NodeStatus::Cached | NodeStatus::Skipped));
    let percent = (done * 100).checked_div(report.nodes).unwrap_or(0);
    count(|_| true) == report.nodes
        && done == report.done
        && percent == u64::from(report.done_percent)
        && report.running.len() as u64 == count(|it| it == NodeStatus::Running)
        && report.attempts >= report.running.len() as u64 + report.failures.len() as u64
}
