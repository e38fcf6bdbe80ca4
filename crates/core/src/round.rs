//! A round: all that waits is decided, in order, and becomes at most one record.

use highwater_format::fact::{
    Acknowledgement, DeadItem, Fact, Fingerprint, LateArrival, SourcePosition, StatePart,
};
use highwater_format::{Entry, RecordHeader, encode_record_with};

use crate::answer::{Answer, RunStarted};
use crate::bug;
use crate::decide::{Context, Draft, Need, Stop, decide};
use crate::desk::Desk;
use crate::error::{Error, ErrorKind};
use crate::flight::{Flight, Held};
use crate::input::Freshness;
use crate::output::Operation;
use crate::resident::{Io, Live, Resident, Waiting};
use crate::state::{At, State};
use crate::{due, limits, partition, remember, view};

/// What came of one submission.
enum One {
    Facts(Vec<Entry>, Vec<Answer>),
    NoFacts(Result<Vec<Answer>, Error>),
    Need(Need),
}

impl Resident {
    pub(crate) fn round(&mut self, desk: &mut Desk) {
        if self.write_what_is_due(desk) {
            return;
        }
        let mut entries: Vec<Entry> = Vec::new();
        let mut held: Vec<Held> = Vec::new();
        let mut bytes = 0;
        let most = if self.alone > 0 { 1 } else { limits::GROUP_SUBMISSIONS };
        while held.len() < most && bytes < limits::GROUP_BYTES && !self.is_due(desk) {
            let Some(mut waiting) = self.queue.pop_front() else { break };
            let staged = !entries.is_empty();
            if staged && waiting.is_alone() || waiting.is_offline() {
                self.queue.push_front(waiting);
                break;
            }
            if waiting.pins_head() && !self.is_fresh_for(&waiting) {
                self.queue.push_front(waiting);
                return self.refresh(desk);
            }
            match self.decide_one(desk, &mut waiting, staged) {
                One::Facts(mut facts, answers) => {
                    bytes += facts.iter().map(|entry| estimate_bytes(&entry.fact)).sum::<usize>();
                    entries.append(&mut facts);
                    held.push(Held { waiting, result: Ok(answers) });
                }
                One::NoFacts(result) if staged && bug!(AnswerStaged) => {
                    desk.reply(waiting.submission.ticket, result);
                }
                // What was decided on staged facts holds when they do.
                One::NoFacts(result) if staged => held.push(Held { waiting, result }),
                One::NoFacts(result) if self.is_fresh_for(&waiting) => {
                    desk.reply(waiting.submission.ticket, result);
                }
                One::NoFacts(_) => {
                    self.queue.push_front(waiting);
                    return self.refresh(desk);
                }
                One::Need(Need::Inspect(inspection)) => self.inspect(desk, inspection, waiting),
                One::Need(need) => {
                    self.queue.push_front(waiting);
                    if staged {
                        break;
                    }
                    return self.fetch(desk, need);
                }
            }
        }
        if !entries.is_empty() {
            self.append(desk, &entries, held);
        }
    }

    /// Whether a time may have come that is to be written down.
    pub(crate) fn is_due(&self, desk: &Desk) -> bool {
        // Nothing is due at the end of time, so that a clock which shows it does not stand still there.
        let is_due = |live: &Live| live.state.due_from_ms <= desk.now_ms.min(i64::MAX - 1);
        self.due_unwritten.is_none() && self.live.as_ref().is_some_and(is_due)
    }

    /// Makes a record of what is due, before anything is decided that must know of it; says whether there was anything.
    fn write_what_is_due(&mut self, desk: &mut Desk) -> bool {
        if !self.is_due(desk) {
            return false;
        }
        let Some(live) = &mut self.live else { return false };
        let found = due::look(&live.state, desk.now_ms);
        if found.len() == 0 {
            live.state.due_from_ms = found.next_ms;
            return false;
        }
        let at = At { version: live.state.version.saturating_add(1), at_ms: desk.now_ms };
        let mut entries: Vec<Entry> = Vec::new();
        for place in 0..found.len().min(limits::DUE_PER_RECORD) {
            for fact in found.facts(place, &live.state, desk.now_ms, &mut desk.rng) {
                let entry = Entry::from(fact);
                live.state.apply(&entry.fact, &entry.extra, at);
                entries.push(entry);
            }
        }
        self.append(desk, &entries, Vec::new());
        true
    }

    /// Whether an answer without facts may be given now: nothing that was durable when the submission came may be missing.
    fn is_fresh_for(&self, waiting: &Waiting) -> bool {
        let fresh_step = self.live.as_ref().map_or(0, |live| live.fresh_step);
        bug!(StaleAsFresh)
            || waiting.submission.freshness == Freshness::Local
            || waiting.arrived <= fresh_step
    }

    fn refresh(&mut self, desk: &mut Desk) {
        let version = self.live.as_ref().map_or(0, |live| live.state.version);
        let id = desk.request(&self.id, Operation::ReadFrom(version.saturating_add(1)));
        self.io = Some((id, Io::Refresh { step: desk.step }));
    }

    /// Decides the commands of one submission: the facts of all of them are in the state afterwards, or of none.
    fn decide_one(&mut self, desk: &mut Desk, waiting: &mut Waiting, staged: bool) -> One {
        let Some(live) = &mut self.live else {
            return One::NoFacts(Err(Error::unavailable("the journal is not read")));
        };
        let mark = live.state.mark();
        let result = decide_all(&self.id, live, &mut self.watch, desk, waiting, staged);
        match result {
            Ok((entries, answers)) if entries.is_empty() => One::NoFacts(Ok(answers)),
            Ok((entries, answers)) => match self.due_unwritten.take() {
                None => One::Facts(entries, answers),
                Some(error) => {
                    live.state.roll_back(&mark);
                    One::NoFacts(Err(error))
                }
            },
            Err(stop) => {
                live.state.roll_back(&mark);
                match stop {
                    Stop::Refused(error) => One::NoFacts(Err(error)),
                    Stop::Need(need) => One::Need(need),
                }
            }
        }
    }

    /// Makes the record and sends it off.
    fn append(&mut self, desk: &mut Desk, entries: &[Entry], mut held: Vec<Held>) {
        let Some(live) = &mut self.live else { return };
        let version = live.state.version.saturating_add(1);
        let header = RecordHeader {
            version,
            writer: desk.writer,
            sequence: desk.sequence + 1,
            decided_at_ms: desk.now_ms,
            chain: live.state.digest,
        };
        match encode_record_with(&header, entries, &desk.options.encryption_keys) {
            Ok(bytes) => {
                desk.sequence += 1;
                self.alone = self.alone.saturating_sub(held.len());
                if bug!(AcknowledgeEarly) {
                    held.drain(..).for_each(|one| desk.reply(one.waiting.submission.ticket, one.result));
                }
                self.send(
                    desk,
                    Flight {
                        version,
                        sequence: desk.sequence,
                        bytes,
                        held,
                        step: desk.step,
                        failures: 0,
                        unsure: false,
                    },
                );
            }
            Err(error) => {
                live.state.roll_back(&crate::state::Mark::START);
                match held.is_empty() {
                    true => self.due_is_unwritten(desk, ErrorKind::Internal, &error.to_string()),
                    false => self.too_large(desk, held, &error.to_string()),
                }
            }
        }
    }

    /// A record that cannot be written: alone, its submission is refused; in company, each is tried alone.
    fn too_large(&mut self, desk: &mut Desk, held: Vec<Held>, why: &str) {
        if let [one] = held.as_slice() {
            let error =
                Error::invalid(format!("this does not fit into one record; split it into several: {why}"));
            self.alone = self.alone.saturating_sub(1);
            return desk.reply(one.waiting.submission.ticket, Err(error));
        }
        self.alone = held.len();
        for one in held.into_iter().rev() {
            self.queue.push_front(one.waiting);
        }
    }
}

pub(crate) fn decide_all(
    pipeline: &str,
    live: &mut Live,
    watch: &mut crate::observe::Watch,
    desk: &mut Desk,
    waiting: &mut Waiting,
    staged: bool,
) -> Result<(Vec<Entry>, Vec<Answer>), Stop> {
    let submission = &waiting.submission;
    if let Some(key) = &submission.dedupe_key
        && let Some(answers) = remember::recall(&live.state, key, &submission.commands)?
    {
        return Ok((Vec::new(), answers));
    }
    let at = At { version: live.state.version.saturating_add(1), at_ms: desk.now_ms };
    let mut entries: Vec<Entry> = Vec::new();
    let mut answers = Vec::with_capacity(submission.commands.len());
    for (index, command) in submission.commands.iter().enumerate() {
        let mut context = Context {
            state: &live.state,
            now_ms: desk.now_ms,
            next_version: at.version,
            staged: staged || !entries.is_empty(),
            snapshot_version: live.snapshot_version,
            rng: &mut desk.rng,
            watch: &mut *watch,
            fetched: &mut waiting.fetched,
            notices: &mut desk.output.notices,
            keys: &desk.options.encryption_keys,
            pipeline,
        };
        let decided = decide(&mut context, command)
            .map_err(|stop| name_command(stop, index, submission.commands.len()))?;
        for fact in decided.facts {
            let entry = Entry::from(fact);
            live.state.apply(&entry.fact, &entry.extra, at);
            entries.push(entry);
        }
        answers.push(finish(decided.answer, &live.state)?);
    }
    if let Some(key) = &submission.dedupe_key {
        let entry = Entry::from(Fact::from(remember::remember(key, &submission.commands, &answers)?));
        live.state.apply(&entry.fact, &entry.extra, at);
        entries.push(entry);
    }
    Ok((entries, answers))
}

/// In a batch, says which command was refused.
fn name_command(stop: Stop, index: usize, count: usize) -> Stop {
    match stop {
        Stop::Refused(error) if count > 1 => Stop::Refused(Error::new(
            error.kind,
            format!("command {} of {count}: {}; none of them was carried out", index + 1, error.message),
        )),
        stop => stop,
    }
}

fn finish(draft: Draft, state: &State) -> Result<Answer, Error> {
    let run = |run: &str| crate::run::find(state, run).map(|row| view::run(state, row, true));
    match draft {
        Draft::Ready(answer) => Ok(answer),
        Draft::Run(id) => run(&id).map(Answer::Run),
        Draft::RunStarted { run: id, resumed } => {
            Ok(Answer::RunStarted(RunStarted { run: run(&id)?, resumed }))
        }
    }
}

/// About how many bytes a fact needs in a record; never far too few.
fn estimate_bytes(fact: &Fact) -> usize {
    128 + match fact {
        Fact::HwmSet(fact) => fact.name.len() + fact.value.bytes_len(),
        Fact::AttemptProgressed(fact) => fact.state.as_ref().map_or(0, Vec::len),
        Fact::DeadLettersBuried(fact) => fact.items.iter().map(dead_item_bytes).sum(),
        Fact::DeadLettersSettled(fact) => {
            512 + fact.reason.len() + fact.keys.iter().map(|key| 8 + key.len()).sum::<usize>()
        }
        Fact::AttemptHandedBack(fact) => 512 + fact.reason.len() + fact.state.as_ref().map_or(0, Vec::len),
        Fact::AttemptFailed(fact) => {
            fact.error.message.len() + fact.error.detail.as_ref().map_or(0, String::len)
        }
        Fact::RunStarted(fact) => {
            fact.params.values().map(|value| 64 + value.bytes_len()).sum::<usize>()
                + fact.tags.values().map(|tag| 64 + tag.len()).sum::<usize>()
        }
        Fact::AttemptSucceeded(fact) => 512 + crate::success::estimate_bytes(&fact.artifacts),
        Fact::AttemptStarted(fact) => 512 + fingerprint_bytes(fact.fingerprint.as_ref()),
        Fact::NodeSkipped(fact) => 512 + fingerprint_bytes(fact.fingerprint.as_ref()),
        Fact::GraphDeclared(fact) => 128 * fact.nodes.len(),
        Fact::CommandRemembered(fact) => fact.answers.len(),
        Fact::StreamDeclared(fact) => 300 * fact.operators.len(),
        Fact::CheckpointAcknowledged(fact) => fact.acknowledgements.iter().map(acknowledgement_bytes).sum(),
        Fact::TransactionsSettled(fact) => 300 * fact.transactions.len(),
        Fact::StatePartsDeleted(fact) => fact.parts.iter().map(|name| 8 + name.len()).sum(),
        Fact::BatchPrepared(fact) => {
            let moves = fact.hwms.iter();
            let keys = |keys: &[String]| keys.iter().map(|key| 8 + key.len()).sum::<usize>();
            let moves = moves.map(|it| 64 + it.name.len() + it.value.bytes_len() + keys(&it.keys));
            let intervals = fact.covered.iter().map(|it| 64 + 40 * it.intervals.len()).sum::<usize>();
            512 + fact.state.as_ref().map_or(0, Vec::len) + moves.sum::<usize>() + intervals
        }
        Fact::CoverageClaimed(fact) => 512 + 40 * fact.intervals.len(),
        Fact::CoverageMarked(fact) => 512 + 40 * fact.intervals.len(),
        Fact::LateDataReported(fact) => 512 + fact.arrivals.iter().map(arrival_bytes).sum::<usize>(),
        Fact::PartitionsDeclared(_)
        | Fact::PartitionKeysChanged(_)
        | Fact::PartitionsClaimed(_)
        | Fact::PartitionsMarked(_)
        | Fact::PartitionsRekeyed(_) => partition::estimate_bytes(fact),
        Fact::StateReplaced(fact) => fact.rows_put.len() + 128 * fact.rows_removed.len(),
        _ => 512,
    }
}

fn arrival_bytes(it: &LateArrival) -> usize {
    let intervals = it.reopened.len() + it.recorded.len() + it.refused.len() + it.unseen.len();
    512 + it.reason.len() + 40 * intervals
}

fn dead_item_bytes(item: &DeadItem) -> usize {
    let detail = item.error.detail.as_ref().map_or(0, String::len);
    256 + item.key.len() + item.error.message.len() + detail + item.payload.as_ref().map_or(0, Vec::len)
}

fn fingerprint_bytes(fingerprint: Option<&Fingerprint>) -> usize {
    let Some(Fingerprint { parts, upstream }) = fingerprint else { return 0 };
    parts.iter().map(|(name, part)| 16 + name.len() + part.len()).sum::<usize>()
        + upstream.keys().map(|name| 16 + name.len()).sum::<usize>()
}

fn acknowledgement_bytes(it: &Acknowledgement) -> usize {
    let position = |position: &SourcePosition| 64 + position.name.len() + position.value.bytes_len();
    let part = |part: &StatePart| 64 + part.name.len() + part.digest.as_ref().map_or(0, String::len);
    let blob = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    128 + it.operator.len()
        + blob(&it.state)
        + blob(&it.transaction)
        + it.parts.iter().map(part).sum::<usize>()
        + it.positions.iter().map(position).sum::<usize>()
}
