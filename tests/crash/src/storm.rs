//! Several processes on one directory, killed at any moment, all the time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use highwater_store::Store;

use crate::KEY;
use crate::check::{open, wait};
use crate::promises::Promises;
use crate::random::Random;
use crate::record::{Language, Recorder};

/// Shortest and longest life of a process, in milliseconds. Node needs most of it to start.
fn life_ms(language: Language) -> (usize, usize) {
    match language {
        Language::Rust => (3, 150),
        Language::Node => (300, 1_200),
    }
}

/// How long is waited for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that appends until it is killed.
#[derive(Debug)]
struct Writer {
    language: Language,
    number: usize,
    child: Child,
    due: Instant,
}

/// Processes on one directory.
#[derive(Debug)]
pub struct Storm<'a> {
    recorder: &'a Recorder,
    folder: PathBuf,
    keeps: bool,
    random: Random,
    writers: Vec<Writer>,
    /// How many were killed, by language: Rust, Node.
    pub kills: [usize; 2],
    promises: Promises,
    heard: u64,
}

impl<'a> Storm<'a> {
    /// Starts a process for each language in `crew` that uses the store in `state` below `folder`.
    ///
    /// # Panics
    ///
    /// When one cannot be started.
    pub fn start(
        recorder: &'a Recorder,
        folder: &Path,
        crew: &[Language],
        keeps: bool,
        seed: u64,
    ) -> Storm<'a> {
        let mut storm = Storm {
            recorder,
            folder: folder.to_owned(),
            keeps,
            random: Random::new(seed),
            writers: Vec::new(),
            kills: [0; 2],
            promises: Promises::default(),
            heard: 0,
        };
        for (number, language) in crew.iter().enumerate() {
            let writer = storm.spawn(*language, number + 1);
            storm.writers.push(writer);
        }
        storm
    }

    fn spawn(&mut self, language: Language, number: usize) -> Writer {
        let mut command = self.recorder.command(language, &self.folder);
        command
            .args(["--writer", &number.to_string(), "--appends", "1000000000"])
            .args(["--seed", &(self.random.number() % 1_000_000).to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if self.keeps {
            command.arg("--keep");
        }
        let (shortest, longest) = life_ms(language);
        let life_ms = shortest + self.random.below(longest - shortest);
        let child = command.spawn().expect("a process starts");
        Writer { language, number, child, due: Instant::now() + Duration::from_millis(life_ms as u64) }
    }

    /// Kills the process whose time has come, and starts another in its place.
    ///
    /// # Panics
    ///
    /// When it ended by itself, or something acknowledged is gone.
    pub fn kill_next(&mut self) {
        let index = (0..self.writers.len())
            .min_by_key(|index| self.writers[*index].due)
            .expect("there are processes");
        std::thread::sleep(self.writers[index].due.saturating_duration_since(Instant::now()));
        let (language, number) = (self.writers[index].language, self.writers[index].number);
        self.writers[index].end();
        self.kills[usize::from(language == Language::Node)] += 1;
        self.writers[index] = self.spawn(language, number);
        self.listen();
        let store = open(&self.folder.join("state")).expect("it can be opened at any moment");
        let journal = wait(store.read(KEY)).unwrap_or_else(|error| panic!("after a kill: {error}"));
        assert!(
            journal.head() >= self.promises.head(0),
            "{} was acknowledged, {} is there",
            self.promises.head(0),
            journal.head()
        );
    }

    /// What was promised until now.
    pub fn promises(&mut self) -> Promises {
        self.listen();
        self.promises.clone()
    }

    /// How many appends were acknowledged until now.
    pub fn acknowledged(&mut self) -> usize {
        self.listen();
        self.promises.acknowledged
    }

    /// Waits until so many more appends were acknowledged. Whether that took less than half a minute.
    pub fn wait_for(&mut self, appends: usize) -> bool {
        let (started, wanted) = (Instant::now(), self.acknowledged() + appends);
        while self.acknowledged() < wanted {
            if started.elapsed() > PATIENCE {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Whether somebody was told of an error.
    pub fn has_failed(&mut self) -> bool {
        self.listen();
        !self.promises.errors.is_empty()
    }

    /// Reads what the processes were promised since.
    fn listen(&mut self) {
        let Ok(mut file) = File::open(self.folder.join("acks")) else { return };
        let mut text = String::new();
        file.seek(SeekFrom::Start(self.heard))
            .and_then(|_| file.read_to_string(&mut text))
            .expect("readable");
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        self.heard += whole as u64;
        self.promises.hear(&text[..whole]);
    }

    /// Kills all, and returns what was promised.
    pub fn end(mut self) -> Promises {
        self.writers.iter_mut().for_each(Writer::end);
        self.writers.clear();
        self.listen();
        std::mem::take(&mut self.promises)
    }
}

impl Writer {
    fn end(&mut self) {
        let early = self.child.try_wait().expect("its state can be asked for");
        assert!(early.is_none(), "a process ended by itself: {early:?}");
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ended");
    }
}

impl Drop for Storm<'_> {
    fn drop(&mut self) {
        for writer in &mut self.writers {
            let _ = writer.child.kill();
            let _ = writer.child.wait();
        }
    }
}
