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

/// So many bytes of luck follow those of the fuzzer. When there are none left, a strategy is given zeros, and one that waits
/// for another number waits for ever.
const MORE_LUCK: usize = 1 << 20;

/// What the strategy makes when these bytes are its luck, and then others that follow from them.
fn made<S: Strategy>(strategy: S, bytes: &[u8]) -> S::Value {
    let mut state = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let more = (0..MORE_LUCK).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    let bytes: Vec<u8> = bytes.iter().copied().chain(more).collect();
    let luck = TestRng::from_seed(RngAlgorithm::PassThrough, &bytes);
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
