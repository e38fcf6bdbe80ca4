//! The engine: many pipelines behind one entry point.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::Command;
use crate::decide::Fetched;
use crate::desk::Desk;
use crate::error::Error;
use crate::input::{Completion, Input, Submission};
use crate::moment::Moment;
use crate::options::Options;
use crate::output::{NoticeLevel, Output};
use crate::resident::{Resident, Waiting};
use crate::{limits, names};

/// Many pipelines behind one entry point, [`Engine::step`].
#[derive(Debug)]
pub struct Engine {
    desk: Desk,
    residents: BTreeMap<String, Box<Resident>>,
    /// Pipelines of the requests under way, shared only so that this tree is of the same kind as those of tables.
    requests: BTreeMap<u64, Arc<String>>,
    /// Pipelines that want to be looked at, by when on the engine's own clock.
    wakes: BTreeSet<(u64, String)>,
    uses: u64,
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Engine {
            desk: Desk::new(options),
            residents: BTreeMap::new(),
            requests: BTreeMap::new(),
            wakes: BTreeSet::new(),
            uses: 0,
        }
    }

    /// Takes the inputs in order at this time (milliseconds since the Unix epoch) and says what comes of them.
    ///
    /// The contract: every submission gets exactly one reply, after its facts are durable, or a refusal; every request
    /// wants exactly one completion; completions that nobody waits for are noted and ignored; the same options, inputs
    /// and times give the same outputs, byte for byte.
    ///
    /// # Errors
    ///
    /// Only [`ErrorKind::Internal`](crate::ErrorKind::Internal), from hosts that run the engine behind a border: drop the
    /// instance and make a new one. This implementation never gives it.
    pub fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        self.desk.begin_step(now_ms);
        let mut touched: BTreeSet<String> = BTreeSet::new();
        for input in inputs {
            match input {
                Input::Submission(submission) => self.submit(submission, &mut touched),
                Input::Completion(completion) => self.complete(completion, &mut touched),
            }
        }
        while let Some((at, _)) = self.wakes.first()
            && *at <= self.desk.elapsed_ms
            && let Some((_, id)) = self.wakes.pop_first()
        {
            if let Some(resident) = self.residents.get_mut(&id) {
                resident.registered_wake = None;
            }
            touched.insert(id);
        }
        for id in touched {
            self.pump(id);
        }
        self.evict();
        let wake = self.wakes.first().map(|(at, _)| at.saturating_sub(self.desk.elapsed_ms));
        let wake_at_ms = wake.map(|wait| now_ms.saturating_add_unsigned(wait));
        Ok(Output { wake_at_ms, ..std::mem::take(&mut self.desk.output) })
    }

    fn submit(&mut self, mut submission: Submission, touched: &mut BTreeSet<String>) {
        if let Err(error) = check(&submission) {
            return self.desk.reply(submission.ticket, Err(error));
        }
        submission.at = submission.at.filter(|at| *at != Moment::Head);
        let id = &submission.pipeline;
        if !touched.contains(id) {
            touched.insert(id.clone());
        }
        if !self.residents.contains_key(id) {
            self.residents.insert(id.clone(), Box::new(Resident::new(id.clone())));
        }
        let Some(resident) = self.residents.get_mut(id) else { return };
        if resident.queue.len() >= limits::QUEUE {
            let error = Error::unavailable(format!(
                "{} commands wait for pipeline `{id}` already; send the next ones when some have been answered",
                limits::QUEUE
            ));
            return self.desk.reply(submission.ticket, Err(error));
        }
        if resident.queue.is_empty() {
            resident.due_unwritten = None;
        }
        self.uses += 1;
        resident.used = self.uses;
        let arrived = self.desk.step;
        resident.queue.push_back(Waiting { submission, arrived, lost: 0, fetched: Fetched::default() });
    }

    fn complete(&mut self, completion: Completion, touched: &mut BTreeSet<String>) {
        let Completion { id, outcome } = completion;
        let Some(pipeline) = self.requests.remove(&id) else {
            let message = format!("request {id} is not under way; its completion was ignored");
            return self.desk.notice(NoticeLevel::Warn, "", "unknown-completion", message);
        };
        if let Some(resident) = self.residents.get_mut(pipeline.as_str()) {
            resident.complete(&mut self.desk, id, outcome);
        }
        touched.insert(Arc::unwrap_or_clone(pipeline));
    }

    fn pump(&mut self, id: String) {
        let Some(resident) = self.residents.get_mut(&id) else { return };
        resident.pump(&mut self.desk);
        let wake = resident.wake(&self.desk);
        if wake != resident.registered_wake {
            if let Some(old) = resident.registered_wake {
                self.wakes.remove(&(old, id.clone()));
            }
            if let Some(new) = wake {
                self.wakes.insert((new, id));
            }
            resident.registered_wake = wake;
        }
    }

    /// Forgets the pipelines that were used longest ago, as long as there are too many. What they knew is in the store.
    fn evict(&mut self) {
        for (id, owner) in self.desk.owners.drain(..) {
            self.requests.insert(id, Arc::new(owner));
        }
        let most = self.desk.options.resident_pipelines.max(1) as usize;
        while self.residents.len() > most {
            let idle = self.residents.values().filter(|resident| resident.is_idle());
            let Some(id) = idle.min_by_key(|resident| resident.used).map(|resident| resident.id.clone())
            else {
                return;
            };
            if let Some(wake) = self.residents.remove(&id).and_then(|resident| resident.registered_wake) {
                self.wakes.remove(&(wake, id));
            }
        }
    }
}

fn check(submission: &Submission) -> Result<(), Error> {
    names::check_pipeline(&submission.pipeline)?;
    match submission.commands.len() {
        0 => Err(Error::invalid("a submission without commands; send at least one")),
        count if count > limits::BATCH_COMMANDS => Err(Error::invalid(format!(
            "{count} commands in one submission; at most {} are allowed, send several",
            limits::BATCH_COMMANDS
        ))),
        _ => check_alone(submission),
    }
}

/// Maintenance is about the journal as a whole, and a moment of the past is only read: neither mixes with anything else.
fn check_alone(submission: &Submission) -> Result<(), Error> {
    let keyed = submission.dedupe_key.is_some();
    if keyed && submission.commands.iter().any(Command::is_about_stream) {
        return Err(Error::invalid(
            "a command about a stream came with a dedupe key; send it without one: saying it again changes nothing",
        ));
    }
    let is_report = |command: &Command| matches!(command, Command::ReportRun(_) | Command::ReportDrift(_));
    if keyed && submission.commands.iter().any(is_report) {
        return Err(Error::invalid(
            "a report came with a dedupe key; send it without one: it changes nothing, and is another one each time",
        ));
    }
    if submission.commands.iter().any(Command::is_maintenance) && (keyed || submission.commands.len() > 1) {
        return Err(Error::invalid(
            "a command about the journal as a whole came with other commands or with a dedupe key; send it alone and without one",
        ));
    }
    if submission.at.is_some() && keyed {
        return Err(Error::invalid(
            "a read of a moment with a dedupe key, which would be written; send it without one",
        ));
    }
    Ok(())
}
