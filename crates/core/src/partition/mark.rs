//! Marks: what an attempt says became of partitions, and what people say by hand. As many as there are, in one fact.

use highwater_format::fact::{CoverageStatus, Fact, PartitionMark, PartitionsMarked};

use super::name::{Divided, check_count, check_distinct};
use super::{claim, transition};
use crate::answer::{Answer, PartitionsChanged};
use crate::command::{MarkPartitions, PartitionOutcome};
use crate::coverage::Line;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::{AttemptRow, PartitionRow};
use crate::{batch, limits, names};

/// The facts of an attempt that says this of partitions: one of those that are done, one of those that failed.
pub(crate) fn outcomes(
    context: &mut Context<'_>,
    attempt: &AttemptRow,
    outcomes: &[PartitionOutcome],
) -> Result<Vec<Fact>, Error> {
    if outcomes.is_empty() {
        return Ok(Vec::new());
    }
    let state = context.state;
    let is_done = outcomes.iter().any(|it| !it.failed);
    if let Some(open) = batch::prepared_by(state, attempt).filter(|_| is_done) {
        return Err(Error::conflict(format!(
            "batch {} of node `{}` is prepared; commit it before its partitions count as done",
            open.batch, attempt.node
        )));
    }
    check_count("partitions", outcomes.len())?;
    check_distinct("partition", outcomes.iter().map(|it| it.partition.as_str()))?;
    let divided = Divided::find(state, &attempt.node)?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for PartitionOutcome { partition, failed: has_failed, rows, fingerprint } in outcomes {
        divided.check(partition)?;
        names::check_optional_name("the fingerprint", fingerprint.as_ref())?;
        claim::check_free(state, &attempt.node, partition, Some(&attempt.run))?;
        let claim = state.partition_claims.get(Line::new(&attempt.node, Some(partition)).name());
        let of_claim = claim.filter(|_| !has_failed).and_then(|claim| claim.fingerprint.as_ref());
        let (partition, rows) = (partition.clone(), *rows);
        let mark = PartitionMark { partition, rows, fingerprint: fingerprint.as_ref().or(of_claim).cloned() };
        if *has_failed { failed.push(mark) } else { done.push(mark) }
    }
    context.check_bound("partitions", state.partitions.len(), outcomes.len(), limits::PARTITIONS)?;
    let fact = |(status, marks)| {
        let (node, run) = (attempt.node.clone(), Some(attempt.run.clone()));
        let (reason, actor) = (None, None);
        PartitionsMarked { node, status, marks, run, attempt: Some(attempt.attempt), reason, actor }.into()
    };
    let marks = [(CoverageStatus::Done, done), (CoverageStatus::Failed, failed)];
    Ok(marks.into_iter().filter(|(_, marks)| !marks.is_empty()).map(fact).collect())
}

/// Marks by hand. Only what changes is marked, so that the rest keeps who did it.
pub(crate) fn mark(context: &mut Context<'_>, command: &MarkPartitions) -> Result<Decided, Stop> {
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    let state = context.state;
    let divided = Divided::find(state, &command.node)?;
    if command.marks.is_empty() {
        return Err(Error::invalid("no partition is named; name one at least").into());
    }
    check_count("partitions", command.marks.len())?;
    check_distinct("partition", command.marks.iter().map(|it| it.partition.as_str()))?;
    let mut fact = PartitionsMarked {
        node: command.node.clone(),
        status: command.status,
        reason: Some(command.reason.clone()),
        actor: command.actor.clone(),
        ..PartitionsMarked::default()
    };
    let would = Fact::PartitionsMarked(fact.clone());
    for mark in &command.marks {
        divided.check(&mark.partition)?;
        names::check_optional_name("the fingerprint", mark.fingerprint.as_ref())?;
        claim::check_free(state, &command.node, &mark.partition, None)?;
        let row = state.partitions.get(Line::new(&command.node, Some(&mark.partition)).name());
        let from = row.map_or(CoverageStatus::Missing, |row| row.status);
        if transition(from, &would).is_some() && (from != command.status || says_more(row, mark)) {
            fact.marks.push(mark.clone());
        }
    }
    context.check_bound("partitions", state.partitions.len(), fact.marks.len(), limits::PARTITIONS)?;
    let applied = !command.dry_run && !fact.marks.is_empty();
    let version = if applied { context.next_version } else { context.version() };
    let changed = fact.marks.len() as u64;
    let partitions = fact.marks.iter().take(limits::CHANGES).map(|it| it.partition.clone()).collect();
    let answer = Answer::PartitionsChanged(PartitionsChanged { partitions, changed, applied, version });
    if applied { Decided::facts(vec![fact.into()], answer) } else { Decided::answer(answer) }
}

/// Whether the mark says something beside the status that is not known.
fn says_more(row: Option<&PartitionRow>, mark: &PartitionMark) -> bool {
    let Some(row) = row else { return false };
    (mark.rows.is_some() && mark.rows != row.rows)
        || (mark.fingerprint.is_some() && mark.fingerprint != row.fingerprint)
}
