//! Any inputs, and any life of two engines, made from the bytes that the fuzzer finds. Run with
//! `cargo +nightly fuzz run step` in this folder; the same bodies run on random bytes in the ordinary tests.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../tests/chaos/mod.rs"]
mod chaos;
#[path = "../../tests/simulation/mod.rs"]
mod simulation;

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// So many bytes decide one thing that happens. When the fuzzer changes one of them, all else in that life stays as it was, so
/// what it has learned of which bytes lead where stays true.
const LUCK_BYTES: usize = 4;

/// How many things may happen in one life.
const HAPPENINGS: usize = 150;

/// What the strategy makes of each piece of luck. The bytes are a seed and not the luck itself: a strategy whose luck has run
/// out is given zeros, and one that waits for another number waits for ever.
fn made<T: std::fmt::Debug>(strategy: BoxedStrategy<T>, luck: &[u8]) -> impl Iterator<Item = T> {
    luck.chunks(LUCK_BYTES).take(HAPPENINGS).map(move |bytes| {
        let mut seed = [0_u8; 32];
        seed[..bytes.len()].copy_from_slice(bytes);
        let luck = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), luck);
        strategy.new_tree(&mut runner).expect("no strategy here refuses a value").current()
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match bytes.split_first() {
    Some((0..128, luck)) => chaos::check(made(chaos::moment().boxed(), luck).collect()),
    Some((seed, luck)) => {
        let (snapshot_min_bytes, resident_pipelines) = (u64::from(*seed) * 8, 1 + u32::from(seed % 2));
        let setup = simulation::Setup {
            seed: 1,
            snapshot_min_bytes,
            resident_pipelines,
            tries: u32::from(seed % 5) + 1,
        };
        let mut world = simulation::World::new(setup);
        made(simulation::action().boxed(), luck).for_each(|action| world.act(&action));
        world.settle();
        world.check();
    }
    None => {}
});
