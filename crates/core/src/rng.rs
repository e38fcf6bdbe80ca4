//! A small generator: xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64.

/// Pseudo-random numbers from a seed; the same on every host.
#[derive(Clone, Debug)]
pub(crate) struct Rng {
    state: [u64; 4],
}

impl Rng {
    pub(crate) fn new(seed: (u64, u64)) -> Self {
        let mut first = seed.0;
        let mut second = seed.1;
        Rng {
            state: [
                split_mix(&mut first),
                split_mix(&mut second),
                split_mix(&mut first),
                split_mix(&mut second),
            ],
        }
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        let result = self.state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = self.state[1] << 17;
        self.state[2] ^= self.state[0];
        self.state[3] ^= self.state[1];
        self.state[1] ^= self.state[2];
        self.state[0] ^= self.state[3];
        self.state[2] ^= shifted;
        self.state[3] = self.state[3].rotate_left(45);
        result
    }

    /// A number from 0 to `most`, both included. The bias is below one in 2^32 for the small ranges used here.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        match most.checked_add(1) {
            Some(range) => ((u128::from(self.next_u64()) * u128::from(range)) >> 64) as u64,
            None => self.next_u64(),
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let mut first = Rng::new((1, 2));
        let mut second = Rng::new((1, 2));
        let numbers: Vec<u64> = (0..4).map(|_| first.next_u64()).collect();
        assert_eq!(numbers, (0..4).map(|_| second.next_u64()).collect::<Vec<_>>());
        assert_ne!(numbers[0], Rng::new((2, 1)).next_u64());
    }

    #[test]
    fn ranges_are_kept() {
        let mut rng = Rng::new((7, 7));
        assert!((0..1_000).all(|_| rng.up_to(3) <= 3));
        assert_eq!(rng.up_to(0), 0);
    }
}
