//! What can go wrong, by name.

use std::fmt;
use std::str::FromStr;

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// One way in which things go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Fault] = &[$(Fault::$variant,)*];

            /// The name, in lower case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Fault::$variant => $name,)*
                }
            }
        }
    };
}

faults! {
    /// The store does nothing, and knows it.
    Unavailable = "unavailable",
    /// The store does nothing, and does not know it.
    UnknownLost = "unknown-lost",
    /// The store does it, and does not know it.
    UnknownLanded = "unknown-landed",
    /// The store does it long after it has said that it does not know.
    UnknownLate = "unknown-late",
    /// The first bytes of a record are written; whoever reads is told of damage.
    Torn = "torn",
    /// The store refuses on grounds of rights.
    Denied = "denied",
    /// The store has no room for anything new.
    Full = "full",
    /// A read answers from the past, but not from before what this store was told.
    Stale = "stale",
    /// A bit of what is read is turned.
    Flip = "flip",
    /// The newest snapshot cannot be read, so the one before stands in.
    SnapshotDamaged = "snapshot-damaged",
    /// An operation takes a hundred times as long.
    Slow = "slow",
    /// A host dies at any moment.
    Crash = "crash",
    /// A host dies right after a step of its engine, before or after its requests were sent off.
    CrashInStep = "crash-in-step",
    /// All hosts die at once.
    PowerCut = "power-cut",
    /// A host stands still for a while, and does not know it.
    Pause = "pause",
    /// The clock of a host is set forward or back.
    ClockJump = "clock-jump",
    /// A bit of a stored record is turned, for good.
    Rot = "rot",
    /// Whoever submitted something does not wait for the answer.
    GiveUp = "give-up",
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let found = Fault::ALL.iter().find(|fault| fault.name() == text);
        found.copied().ok_or_else(|| format!("there is no fault `{text}`"))
    }
}
