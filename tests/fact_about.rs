//! What a fact is about.

use highwater_format::fact::Fact;

/// Run, node and attempt that a fact is about.
pub(crate) fn about(fact: &Fact) -> (Option<&String>, Option<&String>, Option<u32>) {
    match fact {
        Fact::RunStarted(fact) => (Some(&fact.run), None, None),
        Fact::RunResumed(fact) => (Some(&fact.run), None, None),
        Fact::RunFinished(fact) => (Some(&fact.run), None, None),
        Fact::RunCancelled(fact) => (Some(&fact.run), None, None),
        Fact::RunPaused(fact) => (Some(&fact.run), None, None),
        Fact::AttemptStarted(fact) => (Some(&fact.run), Some(&fact.node), Some(fact.attempt)),
        Fact::AttemptProgressed(fact) => (Some(&fact.run), Some(&fact.node), Some(fact.attempt)),
        Fact::AttemptSucceeded(fact) => (Some(&fact.run), Some(&fact.node), Some(fact.attempt)),
        Fact::AttemptFailed(fact) => (Some(&fact.run), Some(&fact.node), Some(fact.attempt)),
        Fact::AttemptCrashed(fact) => (Some(&fact.run), Some(&fact.node), Some(fact.attempt)),
        Fact::AttemptHandedBack(fact) => (Some(&fact.run), Some(&fact.node), Some(fact.attempt)),
        Fact::NodeSkipped(fact) => (Some(&fact.run), Some(&fact.node), None),
        Fact::NodeForced(fact) => (Some(&fact.run), Some(&fact.node), None),
        Fact::NodeReset(fact) => (Some(&fact.run), Some(&fact.node), None),
        _ => (None, None, None),
    }
}

pub(crate) fn lease_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::LeaseAcquired(fact) => Some(fact.name.clone()),
        Fact::LeaseReleased(fact) => Some(fact.name.clone()),
        Fact::LeaseForced(fact) => Some(fact.name.clone()),
        fact => {
            let (run, node, attempt) = about(fact);
            attempt.and(node).map(|node| format!("node:{}/{node}", run.map_or("", String::as_str)))
        }
    }
}
