//! Bugs that can be planted, to see whether the simulator finds them: those of the product, which the feature `known-bugs`
//! compiles in, and those of hosts and stores, which are played here.

use std::fmt;
use std::str::FromStr;

use highwater_core::known_bug::KnownBug;

/// A bug that a plan can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// One of the core or the driver.
    Product(KnownBug),
    /// A host gives all its engines the same seed, and so the same writer id.
    SameWriter,
    /// The store gives out a trimmed version again.
    GiveTrimmedOut,
    /// The store forgets the last record, which it has acknowledged, when a host dies.
    LoseAcknowledged,
    /// The store answers a read from before what it has told this host.
    ForgetTold,
    /// The store gives out a record without its last byte.
    CutRecord,
}

const HERE: &[(Bug, &str)] = &[
    (Bug::SameWriter, "same-writer"),
    (Bug::GiveTrimmedOut, "give-trimmed-out"),
    (Bug::LoseAcknowledged, "lose-acknowledged"),
    (Bug::ForgetTold, "forget-told"),
    (Bug::CutRecord, "cut-record"),
];

impl Bug {
    /// All bugs.
    pub fn all() -> impl Iterator<Item = Bug> {
        KnownBug::ALL.iter().map(|bug| Bug::Product(*bug)).chain(HERE.iter().map(|(bug, _)| *bug))
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bug::Product(bug) => f.write_str(bug.name()),
            here => f.write_str(HERE.iter().find(|(bug, _)| bug == here).map_or("", |(_, name)| name)),
        }
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Bug, String> {
        Bug::all().find(|bug| bug.to_string() == text).ok_or_else(|| format!("there is no bug `{text}`"))
    }
}

/// Plants the product's bug of a plan on this thread, and takes it away with itself.
#[derive(Debug)]
pub(crate) struct Planted(());

impl Planted {
    pub(crate) fn new(bug: Option<Bug>) -> Planted {
        let product = match bug {
            Some(Bug::Product(bug)) => Some(bug),
            _ => None,
        };
        plant(product);
        Planted(())
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        plant(None);
    }
}

#[cfg(feature = "known-bugs")]
fn plant(bug: Option<KnownBug>) {
    highwater_core::known_bug::plant(bug);
}

#[cfg(not(feature = "known-bugs"))]
fn plant(_: Option<KnownBug>) {}
