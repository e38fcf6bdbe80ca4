//! Where scenarios happen: engines, one store, one clock, and a transcript of what they say to each other.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::input::{Completion, Freshness, Input, Inspected, Outcome, Submission};
use highwater_core::output::{NoticeLevel, Operation, Reply, Request};
use highwater_core::{Engine, Error, Options};
use highwater_format::{FactTable, Record, fact_json};

use crate::brief::{START_MS, line};
use crate::fault::{Fault, FaultyStore, name};
use crate::maintain::moment;
use crate::outputs::Outputs;
use crate::trace::{Step, Trace};
use crate::words::{Words, duration};
use crate::{ask, wire};

/// The pipeline that commands are about when they do not say.
const PIPELINE: &str = "prod/orders";
/// More steps than any line may take.
const STEPS: usize = 10_000;
/// A fact whose JSON is longer is cut in the transcript.
const FACT_CHARACTERS: usize = 300;

/// Engines, a store and a clock.
#[derive(Debug)]
pub struct World {
    now_ms: i64,
    store: FaultyStore,
    outputs: Outputs,
    engines: BTreeMap<String, Seat>,
    /// Requests that the store does not get to see yet, with the engine that asked.
    held: Vec<(String, Request)>,
    holding: bool,
    tickets: u64,
    seeds: u64,
    landed: BTreeMap<String, Vec<Record>>,
    transcript: Vec<String>,
    trace: Trace,
}

#[derive(Debug)]
struct Seat {
    engine: Engine,
    waiting: BTreeSet<u64>,
}

impl World {
    pub(crate) fn new() -> World {
        World {
            now_ms: START_MS,
            store: FaultyStore::default(),
            outputs: Outputs::default(),
            engines: BTreeMap::new(),
            held: Vec::new(),
            holding: false,
            tickets: 0,
            seeds: 0,
            landed: BTreeMap::new(),
            transcript: Vec::new(),
            trace: Trace::default(),
        }
    }

    /// What went into the engines, and what came out.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// All records that ever became durable, by pipeline, in order.
    #[must_use]
    pub fn landed(&self) -> &BTreeMap<String, Vec<Record>> {
        &self.landed
    }

    /// Runs the lines of a block, and says what came of them.
    pub(crate) fn run(&mut self, lines: &[String]) -> Result<Vec<String>, String> {
        let mut lines = lines.iter().peekable();
        while let Some(line) = lines.next() {
            let mut below = Vec::new();
            while let Some(indented) = lines.next_if(|line| line.starts_with(' ')) {
                below.push(Words::parse(indented.trim())?);
            }
            self.run_line(line, &below)?;
        }
        Ok(std::mem::take(&mut self.transcript))
    }

    fn run_line(&mut self, line: &str, below: &[Words]) -> Result<(), String> {
        if let Some((who, what)) = line.split_once(": ") {
            return match who {
                "store" => self.tell_store(Words::parse(what)?),
                "outputs" => self.outputs.tell(Words::parse(what)?),
                who => self.submit(Words::parse(who)?, what, below),
            };
        }
        let mut words = Words::parse(line)?;
        match words.head.as_str() {
            "engine" => self.make_engine(&mut words)?,
            "crash" => {
                let who = words.next().ok_or("crash whom?")?;
                self.engines.remove(&who).ok_or_else(|| format!("there is no engine {who}"))?;
                self.held.retain(|(engine, _)| *engine != who);
            }
            "at" => self.now_ms += duration(&words.next().ok_or("at what time?")?)?,
            "wake" => {
                let who = words.next().ok_or("wake whom?")?;
                self.drive(&who, Vec::new())?;
            }
            "complete" => {
                let who = words.next().ok_or("whose request?")?;
                let id = words.number("request")?.ok_or("which request?")?;
                self.drive(&who, vec![Input::Completion(Completion { id, outcome: Outcome::Appended })])?;
            }
            "journal" => self.show_journal(&words.next().unwrap_or_else(|| PIPELINE.to_owned())),
            other => return Err(format!("`{other}` is not understood")),
        }
        words.end()
    }

    fn make_engine(&mut self, words: &mut Words) -> Result<(), String> {
        self.seeds += 1;
        let name = words.next().ok_or("an engine needs a name")?;
        let seed = words.number("seed")?.unwrap_or(self.seeds);
        let mut options = Options::new((seed, seed));
        let policy = &mut options.conflict;
        policy.tries = words.number("tries")?.unwrap_or(policy.tries);
        policy.first_delay_ms = words.number("first-delay-ms")?.unwrap_or(policy.first_delay_ms);
        policy.max_delay_ms = words.number("max-delay-ms")?.unwrap_or(policy.max_delay_ms);
        policy.jitter_ms = words.number("jitter-ms")?.unwrap_or(policy.jitter_ms);
        options.resident_pipelines = words.number("resident")?.unwrap_or(options.resident_pipelines);
        options.snapshot_min_bytes =
            words.number("snapshot-min-bytes")?.unwrap_or(options.snapshot_min_bytes);
        self.trace.steps.push(Step::Engine { name: name.clone(), options: options.clone() });
        self.engines.insert(name, Seat { engine: Engine::new(options), waiting: BTreeSet::new() });
        Ok(())
    }

    /// `store: hold`, `go`, `heal`, `damage version=2`, `append unavailable` or `append unavailable times=3`.
    fn tell_store(&mut self, mut words: Words) -> Result<(), String> {
        match words.head.as_str() {
            "hold" => self.holding = true,
            "go" => self.let_go()?,
            "heal" => self.store.heal(),
            "damage" => {
                let pipeline = words.text("pipeline").unwrap_or_else(|| PIPELINE.to_owned());
                self.store.damage(&pipeline, words.number("version")?.ok_or("which version?")?);
            }
            operation => {
                let operation = operation.to_owned();
                let fault = Fault::parse(&words.next().ok_or("which fault?")?)?;
                self.store.plan(&operation, fault, words.number("times")?.unwrap_or(1));
            }
        }
        words.end()
    }

    /// `a key=k local pipeline=p: command & command | command`: `&` makes a batch, `|` another submission.
    fn submit(&mut self, mut who: Words, what: &str, below: &[Words]) -> Result<(), String> {
        let pipeline = who.text("pipeline").unwrap_or_else(|| PIPELINE.to_owned());
        let dedupe_key = who.text("key");
        let at = who.text("at").map(|at| moment(&at)).transpose()?;
        let freshness = if who.flag("local") { Freshness::Local } else { Freshness::Latest };
        let name = who.head.clone();
        who.end()?;
        let mut inputs = Vec::new();
        for batch in what.split(" | ") {
            let commands = batch.split(" & ").filter(|command| *command != "nothing");
            let commands = commands.map(|command| ask::command(Words::parse(command)?, below));
            let commands = commands.collect::<Result<_, String>>()?;
            self.tickets += 1;
            let (ticket, pipeline, at) = (self.tickets, pipeline.clone(), at.clone());
            let dedupe_key = dedupe_key.clone();
            inputs.push(Input::Submission(Submission {
                ticket,
                pipeline,
                commands,
                dedupe_key,
                freshness,
                at,
            }));
            self.seat(&name)?.waiting.insert(ticket);
        }
        self.drive(&name, inputs)
    }

    fn seat(&mut self, name: &str) -> Result<&mut Seat, String> {
        self.engines.get_mut(name).ok_or_else(|| format!("there is no engine {name}"))
    }

    /// Steps an engine and the store in turns until nothing is left to be done.
    fn drive(&mut self, who: &str, mut inputs: Vec<Input>) -> Result<(), String> {
        for _ in 0..STEPS {
            let now_ms = self.now_ms;
            let many = self.seat(who)?.waiting.len() > 1;
            let output =
                self.seat(who)?.engine.step(now_ms, inputs.clone()).map_err(|error| error.to_string())?;
            let step = Step::Step { name: who.to_owned(), now_ms, inputs, output: output.clone() };
            self.trace.steps.push(step);
            for notice in &output.notices {
                let level = if notice.level == NoticeLevel::Warn { "warn" } else { "info" };
                self.transcript.push(format!("{who} ! {level} {}: {}", notice.code, notice.message));
            }
            for reply in &output.replies {
                if !self.seat(who)?.waiting.remove(&reply.ticket) {
                    return Err(format!("ticket {} was answered, and nobody waits for it", reply.ticket));
                }
                self.tell_reply(who, reply, many);
            }
            let completions = self.perform_all(who, output.requests);
            let is_waiting = !self.seat(who)?.waiting.is_empty();
            inputs = match (completions.is_empty(), output.wake_at_ms) {
                (false, _) => completions,
                (true, Some(wake_at_ms)) if is_waiting && !self.holding => {
                    self.transcript.push(format!(". {:+}ms", wake_at_ms - now_ms));
                    self.now_ms = wake_at_ms;
                    Vec::new()
                }
                (true, _) => {
                    if is_waiting && !self.holding {
                        self.transcript.push(format!("{who} waits"));
                    }
                    return Ok(());
                }
            };
        }
        Err(format!("engine {who} was not done after {STEPS} steps"))
    }

    fn tell_reply(&mut self, who: &str, reply: &Reply, many: bool) {
        let ticket = if many { format!("#{} ", reply.ticket) } else { String::new() };
        match &reply.result {
            Ok(answers) => {
                for answer in answers {
                    self.transcript.push(format!("{who} < {ticket}{}", line(&wire::answer(answer))));
                }
            }
            Err(Error { kind, message }) => {
                self.transcript.push(format!("{who} < {ticket}{}: {message}", kind.name()));
            }
        }
    }

    fn perform_all(&mut self, who: &str, requests: Vec<Request>) -> Vec<Input> {
        let mut completions = Vec::new();
        for request in requests {
            if self.holding {
                self.transcript.push(format!("{who} > {} (held)", operation(&request)));
                self.held.push((who.to_owned(), request));
            } else {
                completions.extend(self.perform(who, &request));
            }
        }
        completions
    }

    fn perform(&mut self, who: &str, request: &Request) -> Option<Input> {
        let outcome = match &request.operation {
            Operation::InspectArtifact(inspection) => Some(self.outputs.inspect(inspection)),
            operation => self.store.perform(&request.pipeline, operation),
        };
        let words = outcome.as_ref().map_or_else(|| ": nobody hears of it".to_owned(), outcome_words);
        self.transcript.push(format!("{who} > {}{words}", operation(request)));
        self.tell_landed(&request.pipeline);
        outcome.map(|outcome| Input::Completion(Completion { id: request.id, outcome }))
    }

    /// Performs what was held back, in the order in which it was asked, and then lets the engines know.
    fn let_go(&mut self) -> Result<(), String> {
        self.holding = false;
        let mut completions: BTreeMap<String, Vec<Input>> = BTreeMap::new();
        for (who, request) in std::mem::take(&mut self.held) {
            let completion = self.perform(&who, &request);
            completions.entry(who).or_default().extend(completion);
        }
        completions.into_iter().try_for_each(|(who, inputs)| self.drive(&who, inputs))
    }

    /// Writes down the records that became durable since the last time.
    fn tell_landed(&mut self, pipeline: &str) {
        let landed = self.landed.entry(pipeline.to_owned()).or_default();
        let known = landed.last().map_or(0, |record| record.version);
        let (_, records) = self.store.journal(pipeline);
        for (version, bytes) in records.into_iter().filter(|(version, _)| *version > known) {
            let record = Record::decode(&bytes).expect("an engine writes records that can be read");
            assert_eq!(record.version, version, "a record says the version at which it stands");
            self.transcript.extend(facts(pipeline, &record));
            landed.push(record);
        }
    }

    fn show_journal(&mut self, pipeline: &str) {
        let (snapshot, records) = self.store.journal(pipeline);
        self.transcript.push(match (snapshot, records.first(), records.last()) {
            (snapshot, Some((first, _)), Some((last, _))) => {
                let snapshot = snapshot.map_or("no snapshot".to_owned(), |it| format!("a snapshot at {it}"));
                format!("{pipeline} has {snapshot} and the records {first} to {last}")
            }
            (Some(snapshot), _, _) => format!("{pipeline} has a snapshot at {snapshot} and no records"),
            _ => format!("{pipeline} was never written"),
        });
    }
}

fn facts(pipeline: &str, record: &Record) -> Vec<String> {
    let place = if pipeline == PIPELINE { String::new() } else { format!("{pipeline} ") };
    let line = |entry| {
        let json = fact_json(entry).expect("facts have a form in JSON");
        let cut = json.char_indices().nth(FACT_CHARACTERS).map(|(at, _)| format!("{}…", &json[..at]));
        format!("    {place}{} {} {}", record.version, FactTable::name(&entry.fact), cut.unwrap_or(json))
    };
    record.facts.iter().map(line).collect()
}

fn operation(request: &Request) -> String {
    let what = match &request.operation {
        Operation::ReadFrom(version) | Operation::Trim(version) => format!(" {version}"),
        Operation::Append(stored) | Operation::PutSnapshot(stored) => format!(" {}", stored.version),
        Operation::Reset(stored) => format!(" {}", stored.version),
        Operation::Beat(beat) => format!(" {}", beat.worker),
        Operation::InspectArtifact(inspection) => {
            format!(" {}{}", inspection.uri, if inspection.with_digest { " with-digest" } else { "" })
        }
        Operation::PutBackup(backup) => format!(" {}", backup.name),
        Operation::ReadBackup(name) | Operation::DeleteBackup(name) => format!(" {name}"),
        Operation::Read | Operation::Beats | Operation::ReadAll | Operation::Backups => String::new(),
    };
    let place =
        if request.pipeline == PIPELINE { String::new() } else { format!(" of {}", request.pipeline) };
    format!("{}{what}{place}", name(&request.operation))
}

fn outcome_words(outcome: &Outcome) -> String {
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match outcome {
        Outcome::Appended | Outcome::Done => String::new(),
        Outcome::Taken => ": taken".to_owned(),
        Outcome::Trimmed(floor) => format!(": trimmed up to {floor}"),
        Outcome::Failed(failure) => format!(": {}", format!("{:?}", failure.kind).to_lowercase()),
        Outcome::Beats(beats) => format!(": {}", count(beats.len(), "beat")),
        Outcome::Tail(records) => format!(": {}", count(records.len(), "record")),
        Outcome::Retained(retained) => format!(
            ": {}, {}, {} of damage",
            count(retained.snapshots.len(), "snapshot"),
            count(retained.records.len(), "record"),
            count(retained.damage.len(), "place")
        ),
        Outcome::Reset(set_aside) => {
            set_aside.as_ref().map_or_else(String::new, |place| format!(": the old journal is {place}"))
        }
        Outcome::Backups(backups) => format!(": {}", count(backups.len(), "backup")),
        Outcome::Backup(backup) => {
            format!(": {}", if backup.is_some() { "its bytes" } else { "no such backup" })
        }
        Outcome::Artifact(Inspected::Missing) => ": missing".to_owned(),
        Outcome::Artifact(Inspected::Unknown(why)) => format!(": {why}"),
        Outcome::Artifact(Inspected::Found(found)) => {
            let size = found.size_bytes.map_or_else(|| "no size".to_owned(), |size| format!("{size} bytes"));
            format!(
                ": {size}{}",
                found.digest.as_ref().map_or_else(String::new, |digest| format!(", {digest}"))
            )
        }
        Outcome::Journal(journal) => {
            let snapshot = if journal.snapshot.is_some() { "a snapshot, " } else { "" };
            format!(": {snapshot}{}", count(journal.tail.len(), "record"))
        }
    }
}
