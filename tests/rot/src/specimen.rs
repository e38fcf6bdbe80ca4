//! A directory that real engines have written, to be damaged.

use std::cell::RefCell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use futures::executor::block_on;
use highwater_core::command::{Command, HwmUpdate, SetHwms};
use highwater_core::input::{Freshness, Journal};
use highwater_core::{Engine, Options, snapshot_of};
use highwater_driver::Driver;
use highwater_format::value::Value;
use highwater_format::{Digest, frame_digest};
use highwater_store::{Store, StoreError, Tail};
use highwater_store_file::FileStore;
use tempfile::TempDir;

use crate::damage::Damage;
use crate::verdict::Verdict;

const KEY: &str = "prod/orders";
/// A pipeline in the same directory, which no damage may touch.
const OTHER_KEY: &str = "prod/weather";
/// HWMs that one record sets.
const HWMS_PER_RECORD: usize = 4;

/// A directory that real engines have written, to be damaged.
#[derive(Debug)]
pub struct Specimen {
    root: TempDir,
    /// Digests of the state after each version, that of none first.
    states: Vec<Digest>,
    other: Journal,
    /// What was folded last: most damages leave one of very few journals.
    folded: RefCell<(Journal, Digest)>,
}

impl Specimen {
    /// One log of at least so many bytes, without a snapshot.
    ///
    /// # Panics
    ///
    /// If the directory cannot be written.
    #[must_use]
    pub fn of_log(bytes: u64) -> Self {
        Self::written(u64::MAX, |specimen| specimen.log_bytes() >= bytes)
    }

    /// A log with several snapshots, the newest of at least so many bytes.
    ///
    /// # Panics
    ///
    /// If the directory cannot be written.
    #[must_use]
    pub fn of_snapshots(bytes: u64) -> Self {
        Self::written(bytes / 4, |specimen| {
            let snapshots = specimen.snapshots();
            snapshots.len() >= 2 && snapshots.last().is_some_and(|path| length(path) >= bytes)
        })
    }

    /// The log.
    ///
    /// # Panics
    ///
    /// If there is not exactly one segment.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        let mut segments = self.files("log-");
        assert_eq!(segments.len(), 1, "the specimen is small enough for one segment");
        segments.remove(0)
    }

    /// The snapshots, the oldest first.
    #[must_use]
    pub fn snapshots(&self) -> Vec<PathBuf> {
        self.files("snapshot-")
    }

    /// Does the damage to one file, opens the directory, and puts the file back as it was.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn judge(&self, path: &Path, original: &[u8], stranger: &[u8], damage: Damage) -> Verdict {
        let mut bytes = original.to_vec();
        damage.apply(&mut bytes, stranger);
        fs::write(path, &bytes).expect("the file can be damaged");
        let verdict = catch_unwind(AssertUnwindSafe(|| self.verdict(path)))
            .unwrap_or_else(|_| Verdict::Silent("it panicked".to_owned()));
        fs::write(path, original).expect("the file can be put back");
        match verdict {
            // A sector may be overwritten with the bytes that it had.
            Verdict::Harmless if bytes == original => Verdict::Harmless,
            Verdict::Silent(what) => Verdict::Silent(format!("{damage:?} of {}: {what}", path.display())),
            verdict => verdict,
        }
    }

    fn verdict(&self, damaged: &Path) -> Verdict {
        let store = self.open();
        if journal(&store, OTHER_KEY).map(|found| found != self.other).unwrap_or(true) {
            return Verdict::Silent("another pipeline was touched".to_owned());
        }
        let names_file = |text: &str| text.contains(&*damaged.to_string_lossy());
        // Where the log ends before its snapshot does, nothing of the log itself says so.
        let is_about_the_end =
            |place: &str| self.snapshots().iter().any(|path| place.contains(&*path.to_string_lossy()));
        let journal = match journal(&store, KEY) {
            Ok(journal) => journal,
            Err(StoreError::Corrupt { place, .. }) if names_file(&place) || is_about_the_end(&place) => {
                return Verdict::Refused;
            }
            Err(error) => return Verdict::Silent(format!("the error does not name the file: {error:?}")),
        };
        let is_named = journal.damage.iter().any(|what| names_file(what));
        let state = match self.fold(journal) {
            Ok(state) => state,
            // The store found nothing, and the chain of digests did.
            Err(error) => return Verdict::Silent(format!("only the engine noticed: {error}")),
        };
        let last = self.states.len() - 1;
        match (self.states.iter().rposition(|known| *known == state), is_named) {
            (Some(version), true) if version == last => Verdict::NamedAndWhole,
            (Some(version), false) if version == last => Verdict::Harmless,
            (Some(version), true) => Verdict::NamedAndShorter { lost: last - version },
            (Some(version), false) => Verdict::Earlier { lost: last - version },
            (None, _) => Verdict::Silent("a state that never was".to_owned()),
        }
    }

    fn fold(&self, journal: Journal) -> Result<Digest, highwater_core::Error> {
        let mut folded = self.folded.borrow_mut();
        if folded.0.snapshot != journal.snapshot || folded.0.tail != journal.tail {
            let state = state_of(&journal)?;
            *folded = (journal, state);
        }
        Ok(folded.1)
    }

    fn written(snapshot_min_bytes: u64, is_enough: impl Fn(&Self) -> bool) -> Self {
        let root = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
        let mut specimen = Specimen {
            root,
            states: Vec::new(),
            other: Journal::default(),
            folded: RefCell::new((Journal::default(), Digest::ZERO)),
        };
        let mut seeds = 0;
        let mut round = 0;
        while round == 0 || !is_enough(&specimen) {
            seeds += 1;
            let mut options = Options::new((seeds, 7));
            options.snapshot_min_bytes = snapshot_min_bytes;
            let store = Arc::new(specimen.open());
            let driver = Driver::new(move || Ok(Engine::new(options.clone())), store);
            let handle = driver.spawn().expect("a driver");
            for _ in 0..8 {
                round += 1;
                block_on(handle.submit(KEY, vec![hwms(round)], None, Freshness::Latest)).expect("a record");
            }
            if seeds == 1 {
                block_on(handle.submit(OTHER_KEY, vec![hwms(1)], None, Freshness::Latest)).expect("a record");
            }
            block_on(handle.close());
        }
        let store = specimen.open();
        specimen.other = journal(&store, OTHER_KEY).expect("the other pipeline");
        specimen.states = states(&store);
        specimen
    }

    fn open(&self) -> FileStore {
        FileStore::open(self.root.path()).expect("the directory can be opened")
    }

    fn log_bytes(&self) -> u64 {
        length(&self.log())
    }

    fn files(&self, prefix: &str) -> Vec<PathBuf> {
        let store = self.open();
        let folder = store.journal_folder(KEY).expect("a key that is allowed");
        let entries = fs::read_dir(folder).expect("the journal is there");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        let named =
            |path: &PathBuf| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(prefix));
        let mut paths: Vec<PathBuf> = paths.filter(named).collect();
        paths.sort();
        paths
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).expect("the file is there").len()
}

/// New names and new values, so that every record weighs in the state.
fn hwms(round: usize) -> Command {
    let update = |index: usize| HwmUpdate {
        name: format!("orders.{:04}.position", round * HWMS_PER_RECORD + index),
        value: Value::Text(format!("{round:032}")),
        cast: false,
        keys: Vec::new(),
    };
    Command::SetHwms(SetHwms { hwms: (0..HWMS_PER_RECORD).map(update).collect(), holder: None })
}

fn journal(store: &FileStore, key: &str) -> Result<Journal, StoreError> {
    let read = store.read(key).now_or_never().expect("a file store waits for nothing but the disk")?;
    Ok(Journal {
        snapshot: read.snapshot.map(|snapshot| snapshot.bytes),
        tail: read.tail.into_iter().map(|record| record.bytes).collect(),
        damage: read.damage.iter().map(|damage| format!("{} ({})", damage.what, damage.place)).collect(),
    })
}

/// The digest of the state that a journal folds to.
fn state_of(journal: &Journal) -> Result<Digest, highwater_core::Error> {
    if journal.snapshot.is_none() && journal.tail.is_empty() {
        return Ok(Digest::ZERO);
    }
    snapshot_of(journal).map(|bytes| frame_digest(&bytes))
}

fn states(store: &FileStore) -> Vec<Digest> {
    let tail = store.read_from(KEY, 1).now_or_never().expect("a file store waits for nothing but the disk");
    let Ok(Tail::Records { records, .. }) = tail else { panic!("the whole log is there") };
    let records: Vec<Vec<u8>> = records.into_iter().map(|record| record.bytes).collect();
    let state = |count| {
        let tail = records[..count].to_vec();
        state_of(&Journal { tail, ..Journal::default() }).expect("the journal can be folded")
    };
    (0..=records.len()).map(state).collect()
}
