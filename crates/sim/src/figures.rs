//! What a life had in it, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use crate::fault::Fault;

/// Counts of one life, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Steps of engines.
    pub steps: u64,
    /// Submissions of applications.
    pub submissions: u64,
    /// Commands in them.
    pub commands: u64,
    /// Submissions that were answered well.
    pub answered: u64,
    /// Records that landed.
    pub records: u64,
    /// Snapshots that were stored.
    pub snapshots: u64,
    /// Appends that were lost to other writers.
    pub taken: u64,
    /// Hosts that died, with requests under way or not.
    pub crashes: u64,
    /// Requests that were under way when their host died.
    pub cut_off: u64,
    /// Simulated time, in milliseconds.
    pub simulated_ms: u64,
    /// Faults that happened.
    pub faults: BTreeMap<Fault, u64>,
}

impl Figures {
    /// Adds those of another life.
    pub fn add(&mut self, other: &Figures) {
        self.steps += other.steps;
        self.submissions += other.submissions;
        self.commands += other.commands;
        self.answered += other.answered;
        self.records += other.records;
        self.snapshots += other.snapshots;
        self.taken += other.taken;
        self.crashes += other.crashes;
        self.cut_off += other.cut_off;
        self.simulated_ms += other.simulated_ms;
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "engine steps       {:>12}", self.steps)?;
        writeln!(f, "submissions        {:>12}  answered well {}", self.submissions, self.answered)?;
        writeln!(f, "commands           {:>12}", self.commands)?;
        writeln!(f, "records            {:>12}  lost to others {}", self.records, self.taken)?;
        writeln!(f, "snapshots          {:>12}", self.snapshots)?;
        writeln!(f, "crashes            {:>12}  requests cut off {}", self.crashes, self.cut_off)?;
        writeln!(f, "simulated seconds  {:>12}", self.simulated_ms / 1_000)?;
        for (fault, count) in &self.faults {
            writeln!(f, "  {:<17}{count:>12}", fault.name())?;
        }
        Ok(())
    }
}
