//! Two ways of doing the same, measured in turns.

use crate::{Plan, Problem};

/// What a row found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duel {
    /// Median of what was measured of Highwater, in the unit of the row.
    pub(crate) ours: f64,
    /// Median of what was measured of its rival.
    pub(crate) rival: f64,
    /// Median of the ratios of each round; above 1 Highwater is better.
    pub(crate) ratio: f64,
}

/// Which numbers are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    /// Throughput.
    More,
    /// Time, or anything that costs.
    Less,
}

/// Measures both in each round, in turns which comes first, so that whatever else the machine does hits both. The first round
/// warms up and does not count.
pub(crate) fn duel(
    plan: &Plan,
    better: Better,
    mut ours: impl FnMut() -> Result<f64, Problem>,
    mut rival: impl FnMut() -> Result<f64, Problem>,
) -> Result<Duel, Problem> {
    let mut rival = || if plan.alone { Ok(f64::NAN) } else { rival() };
    let mut rounds = Vec::with_capacity(plan.rounds);
    for round in 0..=plan.rounds {
        let pair = if round % 2 == 0 {
            let ours = ours()?;
            (ours, rival()?)
        } else {
            let rival = rival()?;
            (ours()?, rival)
        };
        if round > 0 {
            rounds.push(pair);
        }
    }
    let ratio = |&(ours, rival): &(f64, f64)| match better {
        Better::More => ours / rival,
        Better::Less => rival / ours,
    };
    Ok(Duel {
        ours: median(rounds.iter().map(|round| round.0).collect()),
        rival: median(rounds.iter().map(|round| round.1).collect()),
        ratio: median(rounds.iter().map(ratio).collect()),
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_ratio_is_above_one_for_whoever_is_better() {
        let plan = Plan::for_tests();
        let faster = duel(&plan, Better::More, || Ok(300.0), || Ok(100.0)).expect("it measures");
        let slower = duel(&plan, Better::Less, || Ok(300.0), || Ok(100.0)).expect("it measures");
        assert_eq!((faster.ratio, slower.ratio), (3.0, 1.0 / 3.0));
    }

    #[test]
    fn one_bad_round_does_not_count() {
        let round = Cell::new(0);
        let ours = || {
            round.set(round.get() + 1);
            Ok(if round.get() == 2 { 1e9 } else { 5.0 })
        };
        let found = duel(&Plan::for_tests(), Better::Less, ours, || Ok(5.0)).expect("it measures");
        assert_eq!((found.ours, found.rival, found.ratio), (5.0, 5.0, 1.0));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![4.0, 1.0, 2.0, 8.0]), 3.0);
    }
}
