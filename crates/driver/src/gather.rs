//! Looking out for further submissions, so that one commit takes them all.

use std::hint::spin_loop;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use crate::limits::{GATHER, GATHER_EACH, GATHER_FIRST, GATHER_MIN, GATHER_PAUSE, GATHER_SHARE};

/// Submitters that were just answered mostly ask again at once. Without a look out for them, the next commit starts with the
/// few that were fastest, the others wait for it, and from then on half of them miss every commit. It also saves a lone
/// submitter the time that a parked thread needs to wake. Where it turns out to be useless, it is done ever more rarely.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    disappointments: u32,
    pauses_left: u32,
}

impl Gather {
    /// Spins until as many submissions have come as were just answered, but only for a share of what the last commit took.
    /// `take` takes those that are there, and says how many it took.
    pub(crate) fn look_out(&mut self, commit: Duration, answered: usize, take: impl FnMut() -> usize) {
        let Some(further) = answered.checked_sub(1) else { return };
        let wanted = GATHER_FIRST
            .saturating_add(GATHER_EACH.saturating_mul(u32::try_from(further).unwrap_or(u32::MAX)));
        let patience = (commit / GATHER_SHARE).min(wanted).min(GATHER);
        if patience < GATHER_MIN {
            return;
        }
        if self.pauses_left > 0 {
            self.pauses_left -= 1;
            return;
        }
        let came = spin(patience, take, answered);
        self.learn(came * 2 >= answered);
    }

    fn learn(&mut self, useful: bool) {
        if useful {
            self.disappointments = 0;
            return;
        }
        self.disappointments = (self.disappointments + 1).min(GATHER_PAUSE.ilog2());
        self.pauses_left = 1 << self.disappointments;
    }
}

fn spin(patience: Duration, mut take: impl FnMut() -> usize, wanted: usize) -> usize {
    const SPINS_PER_LOOK: u32 = 16;
    let began = Instant::now();
    let mut came = 0;
    loop {
        came += take();
        if came >= wanted || began.elapsed() >= patience {
            return came;
        }
        for _ in 0..SPINS_PER_LOOK {
            spin_loop();
        }
        // Whoever is to submit may need this very core.
        yield_now();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const COMMIT: Duration = Duration::from_micros(100);

    /// How often the queue was looked at in so many commits, where nobody ever submits.
    fn looks(gather: &mut Gather, commits: u32, commit: Duration, answered: usize) -> u32 {
        let looks = Cell::new(0);
        for _ in 0..commits {
            let looked = Cell::new(false);
            gather.look_out(commit, answered, || {
                looked.set(true);
                0
            });
            looks.set(looks.get() + u32::from(looked.get()));
        }
        looks.get()
    }

    #[test]
    fn useless_lookouts_become_rare() {
        assert!(looks(&mut Gather::default(), 1_000, COMMIT, 1) < 30);
    }

    #[test]
    fn useful_lookouts_go_on_and_end_at_once() {
        let mut gather = Gather::default();
        for _ in 0..100 {
            let mut calls = 0;
            gather.look_out(Duration::from_secs(3_600), 64, || {
                calls += 1;
                32
            });
            assert_eq!(calls, 2);
        }
    }

    #[test]
    fn nothing_is_awaited_where_commits_are_free_or_nobody_was_answered() {
        assert_eq!(looks(&mut Gather::default(), 10, Duration::from_nanos(800), 1), 0);
        assert_eq!(looks(&mut Gather::default(), 10, COMMIT, 0), 0);
    }
}
