//! What a recorded process does with the Rust store, and writes down what it was promised.
//! `node/workload.mjs` does the same with the TypeScript store.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use highwater_format::{Digest, frame_digest};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Reset, Store, StoreError, Tail};
use highwater_store_file::FileStore;

use crate::KEY;
use crate::check::{BACKUP, chain_after, open, wait};
use crate::random::Random;

/// How often an append is followed by a snapshot and a trim.
const SNAPSHOT_EVERY: u64 = 7;
/// How often an append is followed by a beat.
const BEAT_EVERY: u64 = 5;
/// How often the store is opened anew.
const REOPEN_EVERY: u64 = 11;

/// How often an append is followed by a backup, and by a new start of the journal, where it does that.
const RESET_EVERY: u64 = 4;

/// What a process is to do.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Who it is.
    pub writer: u8,
    /// How often it appends, lost races not counted.
    pub appends: u64,
    /// What its sizes are drawn from.
    pub seed: u64,
    /// Whether it starts the journal anew now and then.
    pub resets: bool,
    /// Whether it leaves the log as it is: no trims.
    pub keeps: bool,
    /// Whether it ends when something fails. Then it stays with one store: another would take a directory that is gone for
    /// one that is not there yet.
    pub stops: bool,
}

/// A process at work in `folder`: the store is in `state`, the promises in `acks`.
struct Worker {
    work: Work,
    root: std::path::PathBuf,
    acks: File,
    store: FileStore,
    random: Random,
    head: u64,
    chain: Digest,
    /// Whether head and chain have to be read before the next append.
    is_behind: bool,
    /// Whether anything failed.
    failed: bool,
}

/// Does the work. What fails is written down, and then read back and gone on with, as an engine does.
///
/// # Panics
///
/// When the promises cannot be written down, or the store says what it must not.
pub fn run(folder: &Path, work: Work, start: &str) {
    let path = folder.join("acks");
    let acks = OpenOptions::new().append(true).create(true).open(path).expect("promises can be written");
    let root = folder.join("state");
    let store = open(&root).expect("opening changes nothing");
    let random = Random::new(work.seed.wrapping_mul(251).wrapping_add(work.writer.into()));
    let mut worker = Worker {
        work,
        root,
        acks,
        store,
        random,
        head: 0,
        chain: Digest::ZERO,
        is_behind: true,
        failed: false,
    };
    worker.tell(start);
    for round in 1..=work.appends {
        worker.round(round);
        if work.stops && worker.failed {
            break;
        }
    }
    worker.tell("done");
}

impl Worker {
    fn tell(&mut self, line: &str) {
        if !line.is_empty() {
            self.acks.write_all(format!("{line}\n").as_bytes()).expect("promises can be written");
        }
    }

    fn fail(&mut self, operation: &str, error: &StoreError) {
        let kind = match error {
            StoreError::Unavailable { may_have_happened: true, .. } => "unknown",
            StoreError::Unavailable { .. } => "unavailable",
            StoreError::Denied { .. } => "denied",
            StoreError::Corrupt { .. } => "corrupt",
            StoreError::Unsupported { .. } => "unsupported",
        };
        self.failed = true;
        self.tell(&format!("error {operation} {kind} {}", error.to_string().replace('\n', " ")));
    }

    fn round(&mut self, round: u64) {
        for _ in 0..50 {
            if self.work.stops && self.failed {
                return;
            }
            if (!self.is_behind || self.read()) && self.append() {
                break;
            }
        }
        if round.is_multiple_of(BEAT_EVERY)
            && let Err(error) =
                wait(self.store.beat(KEY, &format!("worker-{}", self.work.writer), vec![1; 40]))
        {
            self.fail("beat", &error);
        }
        if round.is_multiple_of(SNAPSHOT_EVERY) && !self.is_behind && self.head > 0 {
            self.snapshot();
        }
        if self.work.resets && round.is_multiple_of(RESET_EVERY) {
            self.start_anew();
        }
        if round.is_multiple_of(REOPEN_EVERY) && !self.work.stops {
            match open(&self.root) {
                Ok(store) => self.store = store,
                Err(error) => self.fail("open", &error),
            }
            self.is_behind = true;
        }
    }

    /// Reads the journal.
    fn read(&mut self) -> bool {
        match wait(self.store.read(KEY)) {
            Ok(journal) => {
                self.is_behind = false;
                (self.head, self.chain) = (journal.head(), chain_after(&journal));
                if self.head > 0 {
                    self.tell(&format!("seen {} {}", self.head, self.chain));
                }
                true
            }
            Err(error) => {
                self.fail("read", &error);
                false
            }
        }
    }

    /// Appends one record; whether that was acknowledged.
    fn append(&mut self) -> bool {
        let version = self.head + 1;
        let size = match self.random.below(4) {
            0 => self.random.below(1_500),
            _ => self.random.below(300),
        };
        let frame = record_frame(version, self.work.writer, size, self.chain);
        let digest = frame_digest(&frame);
        self.tell(&format!("try {version} {digest}"));
        match wait(self.store.append(KEY, version, frame)) {
            Ok(Append::Appended) => {
                self.tell(&format!("ack {version} {digest}"));
                (self.head, self.chain) = (version, digest);
                return true;
            }
            Ok(Append::Taken) => self.follow(version),
            Err(error) => {
                let happened = matches!(error, StoreError::Unavailable { may_have_happened: true, .. });
                self.tell(&format!("{} {version} {digest}", if happened { "unknown" } else { "never" }));
                self.fail("append", &error);
                self.is_behind = true;
            }
        }
        false
    }

    /// Reads what somebody else appended.
    fn follow(&mut self, version: u64) {
        match wait(self.store.read_from(KEY, version)) {
            Ok(Tail::Records { records, .. }) if !records.is_empty() => {
                for record in &records {
                    (self.head, self.chain) = (record.version, frame_digest(&record.bytes));
                    self.tell(&format!("seen {} {}", self.head, self.chain));
                }
            }
            Ok(Tail::Records { .. }) => {
                self.tell(&format!("gone {version} {}", self.work.writer));
                self.is_behind = true;
            }
            Ok(Tail::Trimmed { .. }) => self.is_behind = true,
            Err(error) => {
                self.fail("read", &error);
                self.is_behind = true;
            }
        }
    }

    /// Keeps a backup, and starts the journal anew above all that was ever written.
    fn start_anew(&mut self) {
        self.is_behind = true;
        let version = match wait(self.store.read_all(KEY)) {
            Ok(retained) => retained.last_version + 1,
            Err(error) => return self.fail("read", &error),
        };
        match wait(self.store.put_backup(KEY, &version.to_string(), BACKUP.to_vec())) {
            Ok(()) => self.tell(&format!("backup {version}")),
            Err(error) => self.fail("backup", &error),
        }
        let size = self.random.below(400);
        // A digest that nobody else comes upon.
        let chain = frame_digest(&record_frame(version, self.work.writer, size, self.chain));
        self.tell(&format!("starting {version} {chain}"));
        match wait(self.store.reset(KEY, version, snapshot_frame(version, size, chain))) {
            Ok(Reset::Done { .. }) => self.tell(&format!("started {version} {chain}")),
            Ok(Reset::Taken) => {}
            Err(error) => self.fail("reset", &error),
        }
    }

    fn snapshot(&mut self) {
        let size = 40 + self.random.below(700);
        let snapshot = snapshot_frame(self.head, size, self.chain);
        match wait(self.store.put_snapshot(KEY, self.head, snapshot)) {
            Ok(()) => self.tell(&format!("snapshot {}", self.head)),
            Err(error) => self.fail("snapshot", &error),
        }
        if !self.work.keeps
            && let Err(error) = wait(self.store.trim(KEY, self.head))
        {
            self.fail("trim", &error);
        }
    }
}
