//! What a crash test found.

use std::collections::BTreeMap;
use std::fmt;

use crate::case::Ran;
use crate::difference::Difference;
use crate::fate::Plan;
use crate::limits::{FAILURES_SHOWN, ROWS_SHOWN};

/// What was done to the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    Undisturbed,
    /// The process died, and was started again.
    Crash,
    /// The process stood still, another one took over and went to the end, then the first one went on.
    Pause,
    /// The store did not know whether an append had happened.
    Doubt,
    /// The process died, and the next one died too.
    DoubleCrash,
}

/// What was tried, and what went wrong. Its text says both.
#[derive(Clone, Debug, Default)]
pub struct Report {
    tried: BTreeMap<Kind, usize>,
    lost: usize,
    doubled: usize,
    pub(crate) failures: Vec<Failure>,
}

/// A case that went wrong. Its text tells the story.
#[derive(Clone, Debug)]
pub struct Failure {
    kind: Kind,
    places: Vec<String>,
    difference: Difference,
    recovered: bool,
    story: Vec<String>,
}

impl Report {
    pub(crate) fn count(&mut self, kind: Kind, difference: &Difference) {
        *self.tried.entry(kind).or_default() += 1;
        self.lost += difference.lost.len();
        self.doubled += difference.doubled.len();
    }

    /// Nothing went wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// How many cases of this kind were tried. Of [`Kind::Crash`]: how many points there are.
    #[must_use]
    pub fn tried(&self, kind: Kind) -> usize {
        self.tried.get(&kind).copied().unwrap_or(0)
    }

    /// Rows that were lost, in all cases together.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.lost
    }

    /// Rows that were there too often, in all cases together, also where that is allowed.
    #[must_use]
    pub fn doubled(&self) -> usize {
        self.doubled
    }

    /// The cases that went wrong.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// For tests.
    ///
    /// # Panics
    ///
    /// With the text of the report, if anything went wrong.
    pub fn assert(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

impl Failure {
    pub(crate) fn new(kind: Kind, plans: &[Plan], ran: &Ran, difference: Difference) -> Failure {
        let place = |(plan, number): (&Plan, usize)| {
            let point = ran.lives.get(number).and_then(|life| life.passed.points.get(plan.at));
            point.map_or_else(String::new, |point| format!("in life {}, {point}", number + 1))
        };
        let story = (1..).zip(&ran.lives).flat_map(|(number, life)| life.story(number)).collect();
        let places = plans.iter().zip(0..).map(place).collect();
        Failure { kind, places, difference, recovered: ran.recovered, story }
    }

    /// What was done to the pipeline.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The rows that are missing, as text.
    #[must_use]
    pub fn lost(&self) -> &[String] {
        &self.difference.lost
    }

    /// The rows that are there too often, once for each time that is too much, as text.
    #[must_use]
    pub fn doubled(&self) -> &[String] {
        &self.difference.doubled
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = |kind| self.tried(kind);
        let all: usize = self.tried.values().sum();
        writeln!(
            f,
            "{} of {all} cases went wrong ({} crash points, {} pauses, {} doubts, {} double crashes); {} rows lost, {} doubled in all",
            self.failures.len(),
            tried(Kind::Crash),
            tried(Kind::Pause),
            tried(Kind::Doubt),
            tried(Kind::DoubleCrash),
            self.lost,
            self.doubled
        )?;
        for (number, failure) in (1..).zip(self.failures.iter().take(FAILURES_SHOWN)) {
            write!(f, "\n{number}. {failure}")?;
        }
        match self.failures.len().checked_sub(FAILURES_SHOWN + 1) {
            Some(more) => writeln!(f, "\n... and {} more", more + 1),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Undisturbed => "undisturbed",
            Kind::Crash => "killed",
            Kind::Pause => "stood still",
            Kind::Doubt => "the answer was lost",
            Kind::DoubleCrash => "killed twice",
        };
        writeln!(f, "{what} {}", self.places.join("; then "))?;
        let Difference { lost, doubled, stray } = &self.difference;
        for (rows, what) in [(lost, "lost"), (doubled, "doubled"), (stray, "nobody expected")] {
            if !rows.is_empty() {
                let left_out = if rows.len() > ROWS_SHOWN { ", ..." } else { "" };
                let shown = rows[..rows.len().min(ROWS_SHOWN)].join(", ");
                writeln!(f, "   {what}: {} rows: {shown}{left_out}", rows.len())?;
            }
        }
        if !self.recovered {
            writeln!(f, "   it never ended well, however often it was started again")?;
        }
        self.story.iter().try_for_each(|line| writeln!(f, "   {line}"))
    }
}
