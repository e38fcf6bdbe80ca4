//! What a process was promised, as it wrote it down: one line each.
//!
//! `try VERSION DIGEST` it is about to append this record; `ack VERSION DIGEST` the store says it did; `never VERSION DIGEST`
//! the store says it did not and never will; `unknown VERSION DIGEST` it does not know; `seen VERSION DIGEST` it read the
//! record; `gone VERSION` it was taken a moment ago and is not there; `snapshot VERSION` the snapshot is stored;
//! `starting VERSION DIGEST` it is about to start the journal anew there, with a snapshot that carries this digest; `started VERSION DIGEST` the
//! store says it did; `backup VERSION` the backup of this name is kept; `error OPERATION KIND MESSAGE` something failed; `done` the end.

use std::collections::{BTreeMap, BTreeSet};

/// What must hold after some operations.
#[derive(Debug, Clone, Default)]
pub struct Promises {
    /// Records that must be there, by version: acknowledged, or read by somebody.
    pub kept: BTreeMap<u64, String>,
    /// Records that may be there, by version.
    pub tried: BTreeMap<u64, BTreeSet<String>>,
    /// Records that must not be there.
    pub never: BTreeSet<String>,
    /// The newest snapshot that was stored.
    pub snapshot: u64,
    /// Versions at which the journal may have been started anew, and what the snapshots there carry.
    pub starts: BTreeMap<u64, BTreeSet<String>>,
    /// The last version of which it is known that it was. What was promised up to it does not count any more.
    pub started: u64,
    /// Names of backups.
    pub backups: BTreeSet<u64>,
    /// How many appends were acknowledged.
    pub acknowledged: usize,
    /// Versions that were taken, and then were not there: only a failed flush of another process explains that.
    pub gone: Vec<u64>,
    /// What failed, in words.
    pub errors: Vec<String>,
    /// How many workloads came to their end.
    pub done: usize,
}

impl Promises {
    /// The last version that must be there, in a journal that was started anew at `start`.
    pub fn head(&self, start: u64) -> u64 {
        let kept = self.kept.range(start..).map(|(version, _)| *version).next_back();
        kept.unwrap_or(0).max(self.snapshot).max(start)
    }

    /// Takes into account what was written down.
    ///
    /// # Panics
    ///
    /// When a workload writes what nobody understands, or the store acknowledged a version twice.
    pub fn hear(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('!')) {
            self.hear_line(line);
        }
    }

    fn hear_line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.split(' ');
        let version = words.next().and_then(|word| word.parse::<u64>().ok());
        let digest = words.next().unwrap_or_default().to_owned();
        match (word, version) {
            ("try", Some(version)) => {
                self.tried.entry(version).or_default().insert(digest);
            }
            ("ack", Some(version)) => {
                let earlier = self.kept.insert(version, digest.clone());
                assert!(
                    earlier.as_ref().is_none_or(|earlier| *earlier == digest),
                    "version {version} is two records: {earlier:?} and {digest}"
                );
                self.acknowledged += 1;
            }
            ("starting", Some(version)) => {
                self.starts.entry(version).or_default().insert(digest);
            }
            ("seen" | "started", Some(version)) => {
                if self.starts.get(&version).is_some_and(|starts| starts.contains(&digest)) {
                    self.started = self.started.max(version);
                }
                let earlier = self.kept.insert(version, digest.clone());
                assert!(
                    earlier.as_ref().is_none_or(|earlier| *earlier == digest),
                    "version {version} was read as {digest}, and is {earlier:?}"
                );
            }
            ("never", Some(_)) => {
                self.never.insert(digest);
            }
            ("unknown", Some(_)) => {}
            ("gone", Some(version)) => self.gone.push(version),
            ("backup", Some(name)) => {
                self.backups.insert(name);
            }
            ("snapshot", Some(version)) => self.snapshot = self.snapshot.max(version),
            ("error", _) => self.errors.push(rest.to_owned()),
            ("done", _) => self.done += 1,
            _ => panic!("nobody understands `{line}`"),
        }
    }
}
