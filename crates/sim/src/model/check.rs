//! Histories of simulations against the reference.
//!
//! The journal of each pipeline is part of what was seen: it says in which order the facts became durable. So an order of the operations must
//! also leave exactly these facts, each operation in one record, and none may be left over. That an operation without an answer happened
//! is seen there, and so is an answer whose effect is missing. An operation that was refused with the words that nothing was
//! changed must have left nothing.

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::{Error, ErrorKind};
use highwater_format::Record;

use super::due::Due;
use super::linear::{Object, Span, linearize};
use super::plans::Bases;
use super::{Pipeline, answers, effect, local};
use crate::history::{History, Operation};

/// What was held against the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Operations that have a place in the order.
    pub ordered: usize,
    /// Reads that allowed for an old state, and saw one.
    pub local: usize,
    /// Operations without an answer that happened all the same.
    pub unanswered: usize,
    /// Facts in the journals.
    pub facts: usize,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checked { ordered, local, unanswered, facts } = self;
        write!(
            f,
            "{ordered} operations in order ({unanswered} of them unanswered), {local} local reads, {facts} facts"
        )
    }
}

/// Holds a history against the reference, pipeline by pipeline.
///
/// # Errors
///
/// What cannot be explained, in words.
pub fn check(history: &History) -> Result<Checked, String> {
    let mut names: Vec<&String> = history.operations.iter().map(|operation| &operation.pipeline).collect();
    names.extend(history.journals.keys());
    names.sort_unstable();
    names.dedup();
    let mut all = Checked::default();
    for name in names {
        let operations: Vec<&Operation> =
            history.operations.iter().filter(|it| it.pipeline == *name).collect();
        let journal = history.journals.get(name).map_or(&[][..], Vec::as_slice);
        let landed = history.landed.get(name).map(Vec::as_slice);
        let one = explain(&operations, Some(journal), landed).map_err(|why| format!("{name}: {why}"))?;
        all.ordered += one.ordered;
        all.local += one.local;
        all.unanswered += one.unanswered;
        all.facts += one.facts;
    }
    Ok(all)
}

/// Holds the operations on one pipeline against the reference, and against its journal from version 1 on where there is one.
/// Local reads must not be among them: only a [`History`] says what was durable when.
///
/// # Errors
///
/// What cannot be explained, in words.
pub fn check_pipeline(operations: &[&Operation], journal: Option<&[Vec<u8>]>) -> Result<Checked, String> {
    explain(operations, journal, None)
}

fn explain(
    operations: &[&Operation],
    journal: Option<&[Vec<u8>]>,
    landed: Option<&[u64]>,
) -> Result<Checked, String> {
    let (facts, due) = journal.map(words).transpose()?.unzip();
    let due: Vec<(usize, Due)> = due.unwrap_or_default();
    let unasked: Vec<Operation> = due.iter().map(|_| unasked()).collect();
    let (local, mut ordered): (Vec<&Operation>, Vec<&Operation>) = operations
        .iter()
        .filter(|it| may_have_happened(it) && !is_upkeep(it))
        .partition(|it| is_local_read(it));
    let pipeline = Pipeline { bases: Bases::of(operations)?, ..Pipeline::default() };
    let start = Moment { pipeline, facts: 0 };
    let asked = ordered.len();
    ordered.extend(&unasked);
    let seen = Seen { operations: ordered, due, facts, start: start.clone() };
    let spans: Vec<Span> = seen.operations.iter().map(|operation| span(operation)).collect();
    let order = linearize(&seen, start, &spans).map_err(|stuck| seen.explain(&stuck.order, stuck.tried))?;
    if !local.is_empty() {
        let moments = order.states.windows(2).map(|pair| (pair[0].facts < pair[1].facts, &pair[1].pipeline));
        let left = moments.map(|(wrote, pipeline)| wrote.then_some(pipeline.version));
        let calls = || order.calls.iter().map(|call| seen.operations[*call]);
        let others = calls().zip(left).collect();
        let (whole, within): (Vec<_>, Vec<_>) =
            order.states.iter().enumerate().partition(|(_, now)| seen.is_whole(now));
        let states = whole.into_iter().map(|(_, now)| (now.pipeline.version, now.pipeline.clone())).collect();
        // There is one moment more than there are calls: the one before the first.
        let after = |(at, now): (usize, &Moment)| {
            let call = calls().nth(at.checked_sub(1)?)?;
            Some((call, now.pipeline.version, now.pipeline.clone()))
        };
        let within = within.into_iter().filter_map(after).collect();
        let landed = landed.unwrap_or_default();
        local::check(&local::Seen { states, within, landed, others }, &local)?;
    }
    let asked: Vec<usize> = order.calls.into_iter().filter(|call| *call < asked).collect();
    let unanswered = asked.iter().filter(|call| spans[**call].returned.is_none()).count();
    let facts = seen.facts.as_ref().map_or(0, Vec::len);
    Ok(Checked { ordered: asked.len(), local: local.len(), unanswered, facts })
}

/// What an engine does of its own accord, as an operation: nobody asked for it, and nobody is told. It can be at any time.
fn unasked() -> Operation {
    Operation {
        client: u32::MAX,
        pipeline: String::new(),
        commands: Vec::new(),
        dedupe_key: None,
        freshness: Freshness::Latest,
        invoked: 0,
        returned: None,
        now_ms: 0,
        result: None,
    }
}

/// The facts of a journal in words, each with its version; and the places of those that nobody needs to have asked for.
type Words = (Vec<(u64, String)>, Vec<(usize, Due)>);

fn words(journal: &[Vec<u8>]) -> Result<Words, String> {
    let (mut facts, mut due) = (Vec::new(), Vec::new());
    for bytes in journal {
        let record = Record::decode(bytes).map_err(|error| format!("a record of the journal: {error}"))?;
        for entry in record.facts {
            let word =
                effect::of(&entry.fact).ok_or_else(|| format!("the reference does not know {entry:?}"))?;
            due.extend(Due::of(&entry.fact).map(|it| (facts.len(), it)));
            facts.push((record.version, word));
        }
    }
    Ok((facts, due))
}

/// Whether nobody can tell from the error what became of the operation.
fn is_open(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Corrupt | ErrorKind::Internal)
}

fn may_have_happened(operation: &Operation) -> bool {
    let says_no = |error: &Error| {
        error.message.contains("nothing was changed")
            || (error.kind == ErrorKind::Conflict && error.message.contains("were faster"))
    };
    !matches!(&operation.result, Some(Err(error)) if says_no(error))
}

/// Looking after a journal changes nothing that the reference knows, and is checked elsewhere.
fn is_upkeep(operation: &Operation) -> bool {
    let looks_after = |command: &Command| {
        matches!(
            command,
            Command::Validate
                | Command::VerifyIntegrity
                | Command::Backup(_)
                | Command::ListBackups
                | Command::DeleteBackup(_)
                | Command::Diff(_)
        )
    };
    operation.commands.iter().all(looks_after)
}

pub(super) fn span(operation: &Operation) -> Span {
    let is_known = operation.result.as_ref().is_some_and(|result| !result.as_ref().is_err_and(is_open));
    Span { invoked: operation.invoked, returned: operation.returned.filter(|_| is_known) }
}

/// A read that may be answered from memory is looked at apart.
fn is_local_read(operation: &Operation) -> bool {
    operation.freshness == Freshness::Local && is_read(operation)
}

/// Whether the operation only reads.
pub(super) fn is_read(operation: &Operation) -> bool {
    let reads = |command: &Command| {
        matches!(
            command,
            Command::DescribePipeline
                | Command::ReadLog(_)
                | Command::DescribeRun(_)
                | Command::ListRuns(_)
                | Command::ReportRun(_)
                | Command::ReportDrift(_)
                | Command::ListDeadLetters(_)
                | Command::Why(_)
                | Command::DescribeNode(_)
                | Command::GetHwm(_)
                | Command::ListHwms(_)
                | Command::HwmHistory(_)
                | Command::GetPositions(_)
                | Command::ListBatches(_)
                | Command::DescribeCoverage(_)
                | Command::ListCoverage(_)
                | Command::ListCadences(_)
                | Command::DescribeCheckpoint(_)
                | Command::ListCheckpoints(_)
                | Command::ListWindows(_)
                | Command::Plan(_)
                | Command::ListBackfills(_)
                | Command::ListLateRules(_)
                | Command::DescribePartitions(_)
                | Command::ListPartitions(_)
                | Command::ListPartitionKeys(_)
                | Command::ListLeases
                | Command::ListWorkers
        )
    };
    operation.dedupe_key.is_none() && operation.commands.iter().all(reads)
}

/// The operations on one pipeline, and what they left.
struct Seen<'a> {
    /// Those that were asked for, and then those that were not.
    operations: Vec<&'a Operation>,
    /// What those are that were not asked for, and the place of each in the journal.
    due: Vec<(usize, Due)>,
    facts: Option<Vec<(u64, String)>>,
    start: Moment,
}

/// The pipeline at a place of the order.
#[derive(Clone)]
struct Moment {
    pipeline: Pipeline,
    /// So many facts of the journal are there.
    facts: usize,
}

impl Object for Seen<'_> {
    type State = Moment;

    fn after(&self, now: &Moment, call: usize) -> Vec<Moment> {
        let asked = self.operations.len() - self.due.len();
        if let Some((place, due)) = call.checked_sub(asked).map(|call| &self.due[call]) {
            return self.after_due(now, *place, due);
        }
        if self.facts.is_some() {
            return self.after_one(now, call);
        }
        // Without a journal, whatever may be due may have been.
        let mut found = Vec::new();
        for due in subsets(&now.pipeline.may_be_due()) {
            let next = now.pipeline.version + u64::from(!due.is_empty());
            let apply = |pipeline: Pipeline, due: &Due| pipeline.after_due(due, next).map(|(after, _)| after);
            let pipeline = due.iter().try_fold(now.pipeline.clone(), apply);
            let now = pipeline.map(|pipeline| Moment { pipeline, facts: now.facts });
            found.extend(now.iter().flat_map(|now| self.after_one(now, call)));
        }
        found
    }

    fn fingerprint(&self, now: &Moment) -> u64 {
        if self.facts.is_some() {
            // The same facts make the same pipeline.
            return now.facts as u64;
        }
        let mut hasher = DefaultHasher::new();
        format!("{:?}", now.pipeline).hash(&mut hasher);
        hasher.finish()
    }

    fn is_complete(&self, now: &Moment) -> bool {
        self.facts.as_ref().is_none_or(|facts| facts.len() == now.facts)
    }
}

/// All choices of some of these, in their order; of more than six, only of the first ones.
fn subsets(due: &[Due]) -> Vec<Vec<Due>> {
    let choices = 0_u32..1 << due.len().min(6);
    let chosen = |choice: u32| due.iter().enumerate().filter(move |(at, _)| choice >> at & 1 == 1);
    choices.map(|choice| chosen(choice).map(|(_, due)| due.clone()).collect()).collect()
}

impl Seen<'_> {
    /// The states after what nobody asked for, if the journal has it here.
    fn after_due(&self, now: &Moment, place: usize, due: &Due) -> Vec<Moment> {
        let Some(facts) = self.facts.as_ref().filter(|_| now.facts == place) else { return Vec::new() };
        let left = &facts[place..];
        let Some((pipeline, effects)) = now.pipeline.after_due(due, left[0].0) else { return Vec::new() };
        let is_there = effects.len() <= left.len()
            && effects
                .iter()
                .zip(left)
                .all(|(word, (version, left))| *version == pipeline.version && word == left);
        let after = Moment { facts: place + effects.len(), pipeline };
        is_there.then_some(after).into_iter().collect()
    }

    /// The states after an operation.
    fn after_one(&self, now: &Moment, call: usize) -> Vec<Moment> {
        let operation = self.operations[call];
        let version = now.pipeline.version;
        let nexts = match &self.facts {
            Some(facts) => vec![facts.get(now.facts).map_or(version + 1, |(version, _)| *version)],
            // Who was decided together with others shares a record with them.
            None if version > 0 => vec![version + 1, version],
            None => vec![1],
        };
        let told = operation.result.as_ref().and_then(|result| result.as_deref().ok());
        let mut found = Vec::new();
        for next in nexts {
            for outcome in now.pipeline.submit(&operation.commands, operation.dedupe_key.as_ref(), next, told)
            {
                if !is_told(operation, &outcome.result) {
                    continue;
                }
                if let Some(left) = &self.facts {
                    let expected = outcome.effects.iter().map(|word| (next, word));
                    let rest = left[now.facts..].iter().map(|(version, word)| (*version, word));
                    if !expected.eq(rest.take(outcome.effects.len())) {
                        continue;
                    }
                }
                found.push(Moment { pipeline: outcome.after, facts: now.facts + outcome.effects.len() });
            }
        }
        found
    }
}

/// Whether the operation was told what the reference says.
pub(super) fn is_told(operation: &Operation, expected: &Result<Vec<Answer>, ErrorKind>) -> bool {
    match (&operation.result, expected) {
        (Some(Ok(told)), Ok(expected)) => {
            told.len() == expected.len()
                && expected.iter().zip(told).all(|(expected, told)| answers::agrees(expected, told))
        }
        (Some(Err(error)), expected) if !is_open(error) => expected.as_ref().err() == Some(&error.kind),
        (Some(Err(_)) | None, Ok(_)) => true,
        _ => false,
    }
}

impl Seen<'_> {
    /// Whether no fact of the record that was written last is still to come.
    fn is_whole(&self, now: &Moment) -> bool {
        let next = self.facts.as_ref().and_then(|facts| facts.get(now.facts));
        next.map(|(version, _)| *version) != Some(now.pipeline.version)
    }

    /// The pipeline before the first operation and after each, as far as the order goes.
    fn moments(&self, order: &[usize]) -> Vec<Moment> {
        let mut moments = vec![self.start.clone()];
        for call in order {
            let Some(next) = moments.last().and_then(|now| self.after(now, *call).into_iter().next()) else {
                break;
            };
            moments.push(next);
        }
        moments
    }

    fn explain(&self, order: &[usize], tried: usize) -> String {
        let moments = self.moments(order);
        let now = moments.last();
        let at = now.map_or(0, |now| now.facts);
        let mut text =
            format!("no order explains what was seen; after {} operations ({tried} tries) ", order.len());
        if let Some(facts) = &self.facts {
            text += &format!("the journal goes on with {:?}, and none of these fits:\n", facts.get(at));
        }
        let left = (0..self.operations.len()).filter(|call| !order.contains(call));
        for call in left.take(12) {
            let operation = self.operations[call];
            let expected = now.map(|now| {
                let outcomes =
                    now.pipeline.submit(&operation.commands, operation.dedupe_key.as_ref(), u64::MAX, None);
                outcomes.into_iter().map(|outcome| outcome.result).collect::<Vec<_>>()
            });
            text += &format!("  {operation:?}\n    the reference says {expected:?}\n");
        }
        text
    }
}
