//! Power failures: what was not flushed may be gone, or half there, in any combination. One store dies at each step of
//! a workload, another goes on, and after each flush the power may fail. Whatever the disk then holds, everything that
//! was acknowledged is there, nothing is found corrupt, and the journal goes on.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use common::*;
use highwater_format::{Digest, frame_digest};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Store};
use highwater_store_file::faults::{Event, Fault, Faults};
use highwater_store_file::{FileStore, FileStoreOptions};

const SEGMENT_BYTES: u64 = 600;

/// Names in a folder, and which file or folder each stands for.
type Names = BTreeMap<String, u64>;

/// What files and folders hold, by their numbers.
#[derive(Debug, Clone, Default)]
struct Image {
    folders: BTreeMap<u64, Names>,
    files: BTreeMap<u64, Vec<u8>>,
}

impl Image {
    /// What a process sees below `folder`.
    fn now(folder: &Path) -> Image {
        let mut image = Image::default();
        image.add(folder);
        image
    }

    fn add(&mut self, folder: &Path) -> u64 {
        let number = fs::metadata(folder).expect("a folder").ino();
        let mut names = Names::new();
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let child = fs::metadata(&path).expect("an entry").ino();
            if path.is_dir() {
                self.add(&path);
            } else {
                self.files.insert(child, fs::read(&path).expect("a file"));
            }
            names.insert(entry.file_name().into_string().expect("our names are ASCII"), child);
        }
        self.folders.insert(number, names);
        number
    }

    /// Writes the tree below the folder with this number to `to`.
    fn write(&self, number: u64, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for (name, child) in self.folders.get(&number).into_iter().flatten() {
            let path = to.join(name);
            match self.files.get(child) {
                Some(bytes) => fs::write(path, bytes).expect("a file"),
                None => self.write(*child, &path),
            }
        }
    }
}

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// The machine: what is on its disk for certain, and what its processes were told.
struct Machine {
    folder: PathBuf,
    root: u64,
    durable: Image,
    acknowledged: BTreeMap<u64, Vec<u8>>,
    /// The newest snapshot that was acknowledged.
    snapshot: u64,
    random: Random,
    failures: usize,
    step: String,
}

impl Machine {
    fn observe(&mut self, event: Event<'_>) {
        if let Event::Begins(_) = event {
            return;
        }
        // At every other flush, and below after every acknowledgement: each takes some milliseconds.
        if self.random.coin() {
            self.fail_power();
        }
        match event {
            Event::Begins(_) | Event::Listed(_) => {}
            Event::FlushedContent(file) => {
                let number = file.metadata().expect("metadata").ino();
                let bytes = fs::read(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file)));
                self.durable.files.insert(number, bytes.expect("an open file"));
            }
            Event::FlushedNames(path) => {
                if !path.starts_with(&self.folder) {
                    return;
                }
                let number = fs::metadata(path).expect("a folder").ino();
                let names = Image::now(path).folders.remove(&number).unwrap_or_default();
                self.durable.folders.insert(number, names);
            }
        }
    }

    /// The power fails now, twice: once nothing survives that was not flushed, once some of it does.
    fn fail_power(&mut self) {
        let current = Image::now(&self.folder);
        let nothing = self.durable.clone();
        self.check(&nothing, "nothing unflushed survived");
        let some = self.mix(&current);
        self.check(&some, "some of what was not flushed survived");
    }

    /// What is durable, with some of what is only in memory.
    fn mix(&mut self, current: &Image) -> Image {
        let mut image = self.durable.clone();
        for (number, bytes) in &current.files {
            let durable = self.durable.files.get(number).cloned().unwrap_or_default();
            image.files.insert(*number, self.mix_content(&durable, bytes));
        }
        for (number, names) in &current.folders {
            let durable = self.durable.folders.get(number).cloned().unwrap_or_default();
            image.folders.insert(*number, self.mix_names(&durable, names));
        }
        image
    }

    fn mix_content(&mut self, durable: &[u8], current: &[u8]) -> Vec<u8> {
        let unflushed = current.len().saturating_sub(durable.len());
        if unflushed == 0 || !current.starts_with(durable) {
            return if self.random.coin() { durable.to_vec() } else { current.to_vec() };
        }
        let mut bytes = current.to_vec();
        let at = durable.len() + self.random.below(unflushed);
        match self.random.below(4) {
            0 => bytes.truncate(at),
            // The length arrived, and the rest did not.
            1 => bytes[at..].fill(0),
            // A part in the middle did not arrive, and what is behind it did.
            2 => {
                let end = (at + 1 + self.random.below(120)).min(bytes.len());
                bytes[at..end].fill(0);
            }
            _ => {}
        }
        bytes
    }

    fn mix_names(&mut self, durable: &Names, current: &Names) -> Names {
        let mut names = Names::new();
        for name in durable.keys().chain(current.keys()) {
            let (before, now) = (durable.get(name), current.get(name));
            if let Some(number) = if before == now || self.random.coin() { now } else { before } {
                names.insert(name.clone(), *number);
            }
        }
        names
    }

    /// What a store finds after the power is back.
    fn check(&mut self, image: &Image, what: &str) {
        self.failures += 1;
        let disk = folder();
        let mut image = image.clone();
        // A name whose file was never flushed may stand for an empty one.
        for names in image.folders.values() {
            for number in names.values() {
                if !image.folders.contains_key(number) {
                    image.files.entry(*number).or_default();
                }
            }
        }
        image.write(self.root, disk.path());
        let case = format!("{}, {what}", self.step);
        let store = open_like(&disk.path().join("state"));
        let journal = read(&store).unwrap_or_else(|error| panic!("{case}: {error}"));
        let snapshot = journal.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
        assert!(snapshot >= self.snapshot, "{case}: the snapshot at {} is gone", self.snapshot);
        assert_eq!(versions(&journal), (snapshot + 1..=journal.head()).collect::<Vec<_>>(), "{case}");
        for (version, frame) in self.acknowledged.range(snapshot + 1..) {
            let found = journal.tail.iter().find(|record| record.version == *version);
            assert_eq!(
                found.map(|record| &record.bytes),
                Some(frame),
                "{case}: version {version} was acknowledged"
            );
        }
        let last = self.acknowledged.keys().last().copied().unwrap_or(0);
        assert!(
            journal.head() >= last,
            "{case}: {last} was acknowledged, and the head is {}",
            journal.head()
        );
        let chain = chain_after(&store, &journal).unwrap_or_else(|error| panic!("{case}: {error}"));
        let frame = record_frame(journal.head() + 1, 200, 10, chain);
        let outcome = wait(store.append(KEY, journal.head() + 1, frame));
        assert_eq!(outcome, Ok(Append::Appended), "{case}");
        read_from(&store, 1).unwrap_or_else(|error| panic!("{case}: from version 1: {error}"));
    }
}

fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_like(path: &Path) -> FileStore {
    FileStore::open_with(path, &FileStoreOptions::new().segment_bytes(SEGMENT_BYTES))
        .expect("it can be opened")
}

/// A store on the machine, whose process dies at the operation `dies_at`.
fn start(machine: &Arc<Mutex<Machine>>, dies_at: Option<(usize, Fault)>) -> (FileStore, Arc<Faults>) {
    let faults = dies_at.map_or_else(Faults::none, |(at, fault)| Faults::at(at, fault));
    let observer = Arc::clone(machine);
    let faults = Arc::new(faults.observed_by(Box::new(move |event| lock(&observer).observe(event))));
    let options = FileStoreOptions::new().segment_bytes(SEGMENT_BYTES).faults(Arc::clone(&faults));
    let root = lock(machine).folder.join("state");
    (FileStore::open_with(root, &options).expect("opening changes nothing"), faults)
}

/// Reads, appends, and stores snapshots and trims now and then, until `appends` are done or something fails.
fn work(machine: &Arc<Mutex<Machine>>, store: &FileStore, writer: u8, appends: u64) -> Option<()> {
    let journal = read(store).ok()?;
    let mut chain = chain_after(store, &journal).ok()?;
    for version in journal.head() + 1..=journal.head() + appends {
        let frame = record_frame(version, writer, 60, chain);
        let outcome = wait(store.append(KEY, version, frame.clone())).ok()?;
        assert_eq!(outcome, Append::Appended, "nobody else is there");
        chain = frame_digest(&frame);
        {
            let mut machine = lock(machine);
            machine.acknowledged.insert(version, frame);
            machine.fail_power();
        }
        if version % 3 == 0 {
            wait(store.put_snapshot(KEY, version, snapshot_frame(version, 40, chain))).ok()?;
            lock(machine).snapshot = version;
            wait(store.trim(KEY, version)).ok()?;
        }
    }
    Some(())
}

/// One store dies at operation `at`, and another goes on where it was. Whether the first one died.
fn die_and_go_on(at: usize, fault: Fault, failures: &mut usize) -> bool {
    let folder = folder();
    let root = fs::metadata(folder.path()).expect("a folder").ino();
    let machine = Arc::new(Mutex::new(Machine {
        folder: folder.path().to_owned(),
        root,
        durable: Image::now(folder.path()),
        acknowledged: BTreeMap::new(),
        snapshot: 0,
        random: Random(at as u64 + 1),
        failures: 0,
        step: format!("{fault:?} at operation {at}, before it"),
    }));
    let (first, faults) = start(&machine, Some((at, fault)));
    let finished = work(&machine, &first, 1, 12).is_some();
    let died = faults.operations().len() > at;
    drop(first);
    lock(&machine).step = format!("{fault:?} at operation {at}, after it");
    let (second, _) = start(&machine, None);
    work(&machine, &second, 2, 7).expect("nothing fails for the second store");
    *failures += lock(&machine).failures;
    died || !finished
}

fn the_power_fails_after_a_store_dies(fault: Fault) {
    let (mut at, mut failures) = (0, 0);
    while die_and_go_on(at, fault, &mut failures) {
        at += 1;
    }
    assert!(at > 60 && failures > 1_000, "{at} operations, {failures} power failures");
}

#[test]
fn the_power_fails_after_a_store_died_before_each_operation() {
    the_power_fails_after_a_store_dies(Fault::Halt);
}

#[test]
fn the_power_fails_after_a_store_died_halfway_through_each_operation() {
    the_power_fails_after_a_store_dies(Fault::HaltHalfway);
}

#[test]
fn the_power_fails_after_each_failed_operation() {
    the_power_fails_after_a_store_dies(Fault::Fail);
}

#[test]
fn the_model_of_a_disk_loses_what_is_not_flushed() {
    // The check must be able to fail: without its flushes, the same workload loses what it acknowledged.
    let folder = folder();
    let root = fs::metadata(folder.path()).expect("a folder").ino();
    let nothing_flushed = Image::now(folder.path());
    let store = open_like(&folder.path().join("state"));
    fill(&store, 3, 10);
    let mut machine = Machine {
        folder: folder.path().to_owned(),
        root,
        durable: nothing_flushed,
        acknowledged: BTreeMap::from([(1, record_frame(1, 1, 10, Digest::ZERO))]),
        snapshot: 0,
        random: Random(1),
        failures: 0,
        step: "no flush at all".to_owned(),
    };
    let noticed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| machine.fail_power()));
    assert!(noticed.is_err(), "a lost record was not noticed");
}
