//! Whatever commands come in whatever order, whatever the store and the clock do: what was promised holds.

mod simulation;

use proptest::prelude::*;
use simulation::{Setup, World, actions};

fn setups() -> impl Strategy<Value = Setup> {
    let bytes = prop_oneof![Just(1_u64), Just(900), Just(1 << 20)];
    (any::<u64>(), bytes, 1..3_u32, 1..6_u32).prop_map(
        |(seed, snapshot_min_bytes, resident_pipelines, tries)| Setup {
            seed,
            snapshot_min_bytes,
            resident_pipelines,
            tries,
        },
    )
}

fn live(setup: Setup, actions: &[simulation::Action]) -> World {
    let mut world = World::new(setup);
    actions.iter().for_each(|action| world.act(action));
    world.settle();
    world
}

proptest! {
    /// Acknowledged is durable, once; refused is nowhere; tokens grow; HWMs move forward; every engine folds to the same
    /// bytes; every snapshot with its tail is the whole.
    #[test]
    fn promises_hold(setup in setups(), actions in actions()) {
        live(setup, &actions).check();
    }

    /// The same seed, inputs and times give the same bytes.
    #[test]
    fn lives_repeat(setup in setups(), actions in actions()) {
        let (first, second) = (live(setup, &actions), live(setup, &actions));
        prop_assert_eq!(first.said, second.said);
    }
}
