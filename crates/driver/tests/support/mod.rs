//! A stepper that is small enough to break in every way, and a store that takes its time.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use highwater_core::answer::{Answer, Done};
use highwater_core::command::{Command, GetHwm};
use highwater_core::input::{Freshness, Input, Outcome};
use highwater_core::output::{Operation, Output, Reply, Request, Stored};
use highwater_core::{Error, ErrorKind};
use highwater_driver::{Driver, Handle, Stepper};
use highwater_store::{MemoryStore, Store, StoreFuture};

/// Writes one record for all submissions that wait, and answers with its version. A command that gets the HWM
/// `sleep` is answered ten seconds later; `panic` and `defect` do what they say.
#[derive(Default)]
pub(crate) struct Recorder {
    version: u64,
    queue: Vec<u64>,
    committing: Vec<u64>,
    sleeping: BTreeMap<u64, i64>,
}

impl Recorder {
    fn submit(&mut self, now_ms: i64, ticket: u64, command: &Command) -> Result<(), Error> {
        match command {
            Command::GetHwm(GetHwm { name }) if name == "sleep" => {
                self.sleeping.insert(ticket, now_ms + 10_000);
            }
            Command::GetHwm(GetHwm { name }) if name == "panic" => panic!("asked to"),
            Command::GetHwm(GetHwm { name }) if name == "defect" => {
                return Err(Error::new(ErrorKind::Internal, "asked to"));
            }
            _ => self.queue.push(ticket),
        }
        Ok(())
    }

    fn done(&self, ticket: u64) -> Reply {
        Reply { ticket, result: Ok(vec![Answer::Done(Done { version: self.version, changed: true })]) }
    }
}

impl Stepper for Recorder {
    fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        let mut output = Output::default();
        for input in inputs {
            match input {
                Input::Submission(submission) => {
                    self.submit(now_ms, submission.ticket, &submission.commands[0])?;
                }
                Input::Completion(completion) => {
                    assert_eq!(completion.outcome, Outcome::Appended);
                    let committed = std::mem::take(&mut self.committing);
                    output.replies.extend(committed.into_iter().map(|ticket| self.done(ticket)));
                }
            }
        }
        let woken: Vec<u64> =
            self.sleeping.iter().filter(|(_, at_ms)| **at_ms <= now_ms).map(|(ticket, _)| *ticket).collect();
        for ticket in woken {
            self.sleeping.remove(&ticket);
            output.replies.push(self.done(ticket));
        }
        if self.committing.is_empty() && !self.queue.is_empty() {
            self.version += 1;
            self.committing = std::mem::take(&mut self.queue);
            let record = Stored { version: self.version, bytes: vec![0; self.committing.len()] };
            let operation = Operation::Append(record);
            output.requests.push(Request { id: self.version, pipeline: "p".to_owned(), operation });
        }
        output.wake_at_ms = self.sleeping.values().min().copied();
        Ok(output)
    }
}

/// Keeps each append waiting as a disk does, on the thread that polls, or as a network does. Panics when it is read whole.
pub(crate) struct SlowStore {
    pub(crate) store: MemoryStore,
    pub(crate) pause: Duration,
    pub(crate) blocks: bool,
    /// The threads that began the commits.
    pub(crate) committers: Arc<Mutex<Vec<ThreadId>>>,
}

impl Store for SlowStore {
    fn read<'a>(&'a self, _: &'a str) -> StoreFuture<'a, highwater_store::Journal> {
        Box::pin(async { panic!("a defect of the store") })
    }
    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, highwater_store::Tail> {
        self.store.read_from(key, version)
    }
    fn append<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        bytes: Vec<u8>,
    ) -> StoreFuture<'a, highwater_store::Append> {
        Box::pin(async move {
            self.committers.lock().expect("no panic").push(thread::current().id());
            if self.blocks {
                thread::sleep(self.pause);
            } else {
                tokio::time::sleep(self.pause).await;
            }
            self.store.append(key, version, bytes).await
        })
    }
    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        self.store.put_snapshot(key, version, bytes)
    }
    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        self.store.trim(key, up_to)
    }
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        cursor: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, highwater_store::Page> {
        self.store.list(prefix, cursor, limit)
    }
    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        self.store.beat(key, worker, bytes)
    }
    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        self.store.beats(key)
    }
    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, highwater_store::Retained> {
        self.store.read_all(key)
    }
    fn reset<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        bytes: Vec<u8>,
    ) -> StoreFuture<'a, highwater_store::Reset> {
        self.store.reset(key, version, bytes)
    }
    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        self.store.put_backup(key, name, bytes)
    }
    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<highwater_store::BackupFile>> {
        self.store.backups(key)
    }
    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.read_backup(key, name)
    }
    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        self.store.delete_backup(key, name)
    }
    fn is_local(&self) -> bool {
        true
    }
}

pub(crate) fn start(store: &MemoryStore) -> Handle {
    Driver::new(|| Ok(Recorder::default()), Arc::new(store.clone())).spawn().expect("it starts")
}

pub(crate) fn start_slow(store: &MemoryStore, pause: Duration, blocks: bool) -> Handle {
    let store = SlowStore { store: store.clone(), pause, blocks, committers: Arc::default() };
    Driver::new(|| Ok(Recorder::default()), Arc::new(store)).spawn().expect("it starts")
}

pub(crate) async fn submit(handle: &Handle, name: &str) -> Result<u64, Error> {
    let command = Command::GetHwm(GetHwm { name: name.to_owned() });
    match handle.submit("p", vec![command], None, Freshness::Latest).await?.as_slice() {
        [Answer::Done(done)] => Ok(done.version),
        other => unreachable!("the recorder answers `Done`, not {other:?}"),
    }
}

pub(crate) async fn head(store: &MemoryStore) -> u64 {
    store.read("p").await.expect("memory can be read").head()
}
