//! What this engine has seen of other workers: expiry is observed, not computed.
//!
//! Nobody's clock is compared with anybody else's. An observer times how long the holder's beat stands still, on its own
//! clock that never runs backwards, and may take over when that is the whole lease (the rule of the DynamoDB lock client).
//! Between two looks at most a quarter of the lease is credited, so one jump of the clock never expires a lease alone.

use std::collections::BTreeMap;

use highwater_format::fact::Evidence;

use crate::bug;
use crate::limits;
use crate::row::{LeaseRow, NodeRow};

/// Shortest and longest pause between two looks at a holder, in milliseconds.
const LOOK_MS: std::ops::RangeInclusive<u64> = 20..=1_000;

/// Everything volatile that an engine knows about a pipeline. Losing it only makes observers wait again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// The engine's own clock.
    pub(crate) elapsed_ms: u64,
    /// Beats as read last, by worker.
    pub(crate) beats: BTreeMap<String, Box<SeenBeat>>,
    /// The last beats that this engine wrote, whether or not they landed, by worker.
    pub(crate) written: BTreeMap<String, Box<SeenBeat>>,
    holders: BTreeMap<String, Box<Seen>>,
    /// In a box, so that this tree is of the same kind as that of attempts.
    failures: BTreeMap<(String, String, u32), Box<u64>>,
}

/// The last beat of a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeenBeat {
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    pub(crate) place: String,
}

/// A holder under observation.
#[derive(Clone, Debug)]
struct Seen {
    token: u64,
    beat: Option<u64>,
    still_ms: u64,
    looked_at: u64,
}

/// What an observer concludes about a holder.
pub(crate) enum Holding {
    /// Its beat stood still for the whole lease.
    Still(Evidence),
    /// It may be alive.
    Alive { ask_again_ms: i64, left_ms: u64 },
}

impl Watch {
    /// Looks at the holder of a lease. The beats must be fresh.
    pub(crate) fn judge(&mut self, held: &LeaseRow, observer: &str) -> Holding {
        let beat = self.beats.get(&held.worker).map(|beat| beat.number);
        if !self.holders.contains_key(&held.name) && self.holders.len() >= limits::LEASES {
            self.holders.clear();
        }
        let fresh = Box::new(Seen { token: held.token, beat, still_ms: 0, looked_at: self.elapsed_ms });
        let seen = self.holders.entry(held.name.clone()).or_insert_with(|| fresh.clone());
        if seen.token == held.token && (seen.beat == beat || bug!(IgnoreBeats)) {
            let credit = self.elapsed_ms.saturating_sub(seen.looked_at).min(held.lease_ms / 4);
            seen.still_ms = seen.still_ms.saturating_add(credit);
            seen.looked_at = self.elapsed_ms;
        } else {
            *seen = fresh;
        }
        if seen.still_ms >= held.lease_ms || bug!(TakeOverAtOnce) {
            return Holding::Still(Evidence { observer: observer.to_owned(), beat, still_ms: seen.still_ms });
        }
        let left_ms = held.lease_ms - seen.still_ms;
        let look = (held.lease_ms / 10).clamp(*LOOK_MS.start(), *LOOK_MS.end()).min(left_ms);
        Holding::Alive { ask_again_ms: i64::try_from(look).unwrap_or(i64::MAX), left_ms }
    }

    /// How long the back-off of a failed node still lasts, in milliseconds; 0 or less if it is over.
    ///
    /// The time since the failure is what the calendar says or what this engine has lived through, whichever is more: a
    /// clock that jumps back does not make a node wait for the day to come again.
    pub(crate) fn backoff_left(&mut self, row: &NodeRow, now_ms: i64) -> i64 {
        let (Some(retry_at_ms), Some(failed_at_ms)) = (row.retry_at_ms, row.failed_at_ms) else { return 0 };
        let pause_ms = retry_at_ms.saturating_sub(failed_at_ms);
        if self.failures.len() >= limits::NODES {
            self.failures.clear();
        }
        let key = (row.run.clone(), row.node.clone(), row.attempts);
        let first_seen = **self.failures.entry(key).or_insert_with(|| Box::new(self.elapsed_ms));
        let lived_ms = i64::try_from(self.elapsed_ms - first_seen).unwrap_or(i64::MAX);
        pause_ms.saturating_sub(lived_ms.max(now_ms.saturating_sub(failed_at_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> LeaseRow {
        LeaseRow {
            name: "l".into(),
            worker: "holder".into(),
            token: 1,
            lease_ms: 1_000,
            acquired_at_ms: 0,
            evidence: None,
            attempt: None,
            extra: highwater_format::Extra::default(),
        }
    }

    fn is_still(watch: &mut Watch, elapsed_ms: u64) -> bool {
        watch.elapsed_ms = elapsed_ms;
        matches!(watch.judge(&lease(), "observer"), Holding::Still(_))
    }

    #[test]
    fn a_holder_is_dead_when_its_beat_stood_still_for_the_whole_lease() {
        let mut watch = Watch::default();
        assert!((0..10).all(|look| !is_still(&mut watch, look * 100)));
        assert!(is_still(&mut watch, 1_000));
    }

    #[test]
    fn a_beat_starts_the_observation_again() {
        let mut watch = Watch::default();
        (0..10).for_each(|look| assert!(!is_still(&mut watch, look * 100)));
        watch.beats.insert("holder".into(), Box::new(SeenBeat { number: 7, ..SeenBeat::default() }));
        assert!((10..20).all(|look| !is_still(&mut watch, look * 100)));
        assert!(is_still(&mut watch, 2_000));
    }

    #[test]
    fn one_jump_of_the_clock_expires_nothing() {
        let mut watch = Watch::default();
        assert!(!is_still(&mut watch, 0));
        assert!(!is_still(&mut watch, 86_400_000));
        assert!(!is_still(&mut watch, 2 * 86_400_000));
    }
}
