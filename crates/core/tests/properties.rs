//! Whatever commands come in whatever order, whatever the store and the clock do: what was promised holds.

mod chaos;
mod simulation;

use highwater_core::input::Journal;
use highwater_core::snapshot_of;
use proptest::prelude::*;
use simulation::{Action, Setup, World, action};

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

/// A life of two engines.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(action(), 1..150)
}

fn live(setup: Setup, actions: &[Action]) -> World {
    let mut world = World::new(setup);
    actions.iter().for_each(|action| world.act(action));
    world.settle();
    world
}

/// So many random cases, or as many as `PROPTEST_CASES` says.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    ProptestConfig { cases: if asked { config.cases } else { usual }, ..config }
}

proptest! {
    #![proptest_config(cases(96))]

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

    /// Unknown ids, wrong outcomes, damaged and forged bytes, times at the ends of time.
    #[test]
    fn no_input_breaks_the_engine(steps in prop::collection::vec(chaos::moment(), 1..40)) {
        chaos::check(steps);
    }

    /// Whatever facts follow each other, they fold; and from any snapshot the rest folds to the same bytes.
    #[test]
    fn any_facts_fold(facts in chaos::facts(), cut in any::<prop::sample::Index>()) {
        let journal = chaos::chained(&facts);
        let whole = snapshot_of(&Journal { tail: journal.clone(), ..Journal::default() }).expect("it folds");
        let (before, after) = journal.split_at(cut.index(journal.len()));
        if !before.is_empty() {
            let snapshot = snapshot_of(&Journal { tail: before.to_vec(), ..Journal::default() }).expect("it folds");
            let from = Journal { snapshot: Some(snapshot), tail: after.to_vec(), ..Journal::default() };
            prop_assert!(snapshot_of(&from).expect("it folds") == whole);
        }
    }
}
