//! Luck, from a seed.

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and fixed here, because a seed must mean the same life for ever, whatever
/// a library does in its next version.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream of this seed.
    #[must_use]
    pub(crate) fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// A stream of its own for each purpose, so that one more draw here changes nothing there.
    #[must_use]
    pub(crate) fn stream(seed: u64, purpose: &str, number: u64) -> Random {
        let named =
            purpose.bytes().fold(seed, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        let mut random = Random::new(named ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.state = random.draw();
        random
    }

    /// The next number.
    pub(crate) fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 if there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `first` to `last`, both included.
    pub(crate) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of these, of which there is at least one.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut random = Random::stream(7, "schedule", 1);
        assert_eq!([random.draw(), random.draw()], [1_605_259_697_354_555_590, 300_673_314_512_011_326]);
    }

    #[test]
    fn ranges_are_kept() {
        let mut random = Random::new(1);
        assert!((0..1_000).all(|_| (3..=5).contains(&random.between(3, 5))));
        assert_eq!(random.below(0), 0);
    }
}
