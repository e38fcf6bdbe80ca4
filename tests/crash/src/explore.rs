//! Every point of a recording, and at each of them what the disk may hold after the power failed.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::check::{hold, look};
use crate::choices::Choices;
use crate::disk::Disk;
use crate::folder::{Folder, Image};
use crate::log::Entry;
use crate::promises::Promises;
use crate::random::Random;

/// A store that finds a torn end sleeps before it looks again, so more threads than there are cores are of use.
const THREADS: usize = 16;
/// After so many failures nobody reads on.
const FAILURES_TOLD: usize = 8;

/// How much to look at.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most states at each point.
    pub states_at_point: usize,
    /// Every so many states, one is kept for other checks.
    pub sample_every: usize,
    /// What choices are drawn from.
    pub seed: u64,
    /// The first entry behind which the power fails.
    pub first_point: usize,
    /// How many entries from there on.
    pub points: usize,
}

impl Bounds {
    /// All points, and so many states at each.
    pub fn all(states_at_point: usize, seed: u64) -> Bounds {
        Bounds { states_at_point, sample_every: 40, seed, first_point: 0, points: usize::MAX }
    }
}

/// One state of the disk and what must hold there.
#[derive(Debug, Clone)]
pub struct State {
    /// What is on the disk.
    pub image: Image,
    /// What must hold.
    pub promises: Arc<Promises>,
    /// How it came about.
    pub story: String,
}

/// What was looked at.
#[derive(Debug, Default)]
pub struct Report {
    /// Points at which the power failed.
    pub points: usize,
    /// Different pairs of a state and what must hold in it; each was made, opened, and gone on with.
    pub states: usize,
    /// Broken promises.
    pub failures: Vec<String>,
    /// Some of the states.
    pub samples: Vec<State>,
}

impl Report {
    /// Adds what another look found.
    pub fn add(&mut self, other: Report) {
        self.points += other.points;
        self.states += other.states;
        self.failures.extend(other.failures);
        self.samples.extend(other.samples);
    }

    /// Fails the test when a promise was broken.
    ///
    /// # Panics
    ///
    /// When there is a failure, with all of them in words.
    pub fn assert_clean(&self) {
        assert!(
            self.failures.is_empty(),
            "{} broken promises:\n{}",
            self.failures.len(),
            self.failures.join("\n")
        );
    }
}

struct Shared<'a> {
    entries: &'a [Entry],
    next: AtomicUsize,
    seen: Mutex<HashSet<u64>>,
    report: Mutex<Report>,
    bounds: Bounds,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the power fail after each entry, on a disk that was like this before, when this had been promised.
///
/// # Panics
///
/// When a process was told that a version is taken which is not there.
pub fn explore(entries: &[Entry], disk: &Disk, promises: &Promises, bounds: Bounds) -> Report {
    let mut told = promises.clone();
    entries.iter().filter_map(Entry::told).for_each(|text| told.hear(text));
    assert!(!told.errors.is_empty() || told.gone.is_empty(), "taken, and not there: {:?}", told.gone);
    let shared = Shared {
        entries,
        next: AtomicUsize::new(bounds.first_point),
        seen: Mutex::default(),
        report: Mutex::default(),
        bounds,
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| shared.work(disk.clone(), Arc::new(promises.clone())));
        }
    });
    shared.report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Shared<'_> {
    /// Takes one point after the other, until there is none.
    fn work(&self, mut disk: Disk, mut promises: Arc<Promises>) {
        let mut folder = Folder::default();
        let mut applied = 0;
        loop {
            let point = self.next.fetch_add(1, Ordering::Relaxed);
            let last = self.bounds.first_point.saturating_add(self.bounds.points).min(self.entries.len());
            if point >= last || lock(&self.report).failures.len() >= FAILURES_TOLD {
                return;
            }
            for entry in &self.entries[applied..=point] {
                disk.apply(entry);
                if let Some(told) = entry.told() {
                    Arc::make_mut(&mut promises).hear(told);
                }
            }
            applied = point + 1;
            self.fail_power(point, &disk, &promises, &mut folder);
        }
    }

    fn fail_power(&self, point: usize, disk: &Disk, promises: &Arc<Promises>, folder: &mut Folder) {
        let mut random = Random::new(self.bounds.seed.wrapping_mul(1_000_003).wrapping_add(point as u64));
        let choices = Choices::new(disk);
        let mut states = 0;
        for choice in choices.some(self.bounds.states_at_point, &mut random) {
            let image = choices.image(&choice, &mut random);
            if !self.is_new(&image, promises) {
                continue;
            }
            states += 1;
            folder.become_image(&image);
            let result = catch_unwind(AssertUnwindSafe(|| look(&folder.path().join("state"))))
                .unwrap_or_else(|_| Err("the store panicked".to_owned()))
                .and_then(|found| hold(&found, promises));
            let story = || {
                let Entry { operation, path, errno } = &self.entries[point];
                let text = format!("{operation:?} {path} {errno}");
                format!(
                    "point {point} after {}: {}",
                    text.chars().take(120).collect::<String>(),
                    choices.describe(&choice)
                )
            };
            let mut report = lock(&self.report);
            report.states += 1;
            if let Err(problem) = result {
                report.failures.push(format!("{problem}\n    {}", story()));
            }
            if report.states.is_multiple_of(self.bounds.sample_every) {
                let promises = Arc::clone(promises);
                report.samples.push(State { image, promises, story: story() });
            }
        }
        lock(&self.report).points += usize::from(states > 0);
    }

    /// Whether this state was not looked at yet when as much was promised.
    fn is_new(&self, image: &Image, promises: &Promises) -> bool {
        let mut hasher = DefaultHasher::new();
        image.hash(&mut hasher);
        let Promises { kept, snapshot, never, starts, started, backups, .. } = promises;
        let promised = (kept.len(), snapshot, never.len(), starts.len(), started, backups.len());
        promised.hash(&mut hasher);
        lock(&self.seen).insert(hasher.finish())
    }
}
