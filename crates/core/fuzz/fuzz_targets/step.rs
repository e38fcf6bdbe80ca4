//! Any inputs, and any life of two engines, made from the bytes that the fuzzer finds. Run with
//! `cargo +nightly fuzz run step` in this folder; the same bodies run on random bytes in the ordinary tests.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../tests/chaos/mod.rs"]
mod chaos;
#[path = "../../tests/simulation/mod.rs"]
mod simulation;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// What the strategy makes when all its luck follows from these bytes. They are a seed and not the luck itself: a strategy
/// whose luck has run out is given zeros, and one that waits for another number waits for ever.
fn made<S: Strategy>(strategy: S, bytes: &[u8]) -> S::Value {
    let mut seed = [0_u8; 32];
    for (at, byte) in bytes.iter().enumerate() {
        let place = &mut seed[at % 32];
        *place = place.rotate_left(3) ^ byte;
    }
    let luck = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), luck);
    strategy.new_tree(&mut runner).expect("no strategy here refuses a value").current()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match bytes.split_first() {
    Some((0..128, luck)) => chaos::check(made(chaos::chaos(), luck)),
    Some((seed, luck)) => {
        let (snapshot_min_bytes, resident_pipelines) = (u64::from(*seed) * 8, 1 + u32::from(seed % 2));
        let setup = simulation::Setup {
            seed: 1,
            snapshot_min_bytes,
            resident_pipelines,
            tries: u32::from(seed % 5) + 1,
        };
        let mut world = simulation::World::new(setup);
        made(simulation::actions(), luck).iter().for_each(|action| world.act(action));
        world.settle();
        world.check();
    }
    None => {}
});
