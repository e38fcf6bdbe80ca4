//! The engine gives the answers of the sequential reference, for whatever is asked of it one by one.

mod support;

use std::collections::BTreeSet;

use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_format::{FactTable, Record};
use highwater_sim::{Operation, model};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::Host;
use support::choices::{
    BEGINS, COMMANDS, Choice, ENDS, HOLDS, LATE, PARTITIONS, PLANS, STREAMS, command, opening,
};

/// One submission: commands, perhaps a key, and how much time went by before it.
#[derive(Clone, Debug)]
struct Ask {
    commands: Vec<Choice>,
    key: u8,
    pause_ms: u16,
    /// It is asked so often, with the pause before each time, as somebody does who waits.
    times: u8,
    restarts: bool,
}

/// Any command, and more often those that a history needs to get anywhere: begin, end, plan.
fn choice() -> impl Strategy<Value = Choice> {
    let which = prop_oneof![
        8 => 0..LATE,
        4 => prop::sample::select(BEGINS),
        4 => prop::sample::select(ENDS),
        2 => prop::sample::select(HOLDS),
        6 => PLANS..STREAMS,
        2 => STREAMS..LATE,
        1 => LATE..PARTITIONS,
        2 => PARTITIONS..COMMANDS,
    ];
    (which, 0..4_u8, 0..4_u8, 0..4_u8, any::<u8>(), any::<u8>())
}

fn ask() -> impl Strategy<Value = Ask> {
    let commands = prop_oneof![6 => 1..2_usize, 1 => 2..4_usize]
        .prop_flat_map(|count| proptest::collection::vec(choice(), count));
    let pause_ms = prop_oneof![4 => 0..30_u16, 1 => 30..3_000_u16];
    let times = prop_oneof![6 => Just(1_u8), 1 => 5..9_u8];
    (commands, 0..24_u8, pause_ms, times, proptest::bool::weighted(0.05)).prop_map(
        |(commands, key, pause_ms, times, restarts)| Ask { commands, key, pause_ms, times, restarts },
    )
}

fn operation(host: &mut Host, ask: &Ask, commands: &[Command]) -> Operation {
    host.now_ms += i64::from(ask.pause_ms);
    let dedupe_key = (ask.key < 4).then(|| format!("key{}", ask.key));
    let result = host.submit(commands.to_vec(), dedupe_key.clone());
    Operation {
        client: 0,
        pipeline: "p".to_owned(),
        commands: commands.to_vec(),
        dedupe_key,
        freshness: Freshness::Latest,
        invoked: 2 * host.tickets,
        returned: Some(2 * host.tickets + 1),
        now_ms: host.now_ms,
        result: Some(result),
    }
}

fn operations(host: &mut Host, asks: &[Ask]) -> Vec<Operation> {
    let mut operations = Vec::new();
    for command in asks.iter().take(1).flat_map(|ask| opening(ask.commands[0])) {
        let ask = Ask { commands: Vec::new(), key: u8::MAX, pause_ms: 1, times: 1, restarts: false };
        operations.push(operation(host, &ask, &[command]));
    }
    for ask in asks {
        if ask.restarts {
            host.restart();
        }
        let commands: Vec<Command> = ask.commands.iter().map(|choice| command(host, *choice)).collect();
        operations.extend((0..ask.times).map(|_| operation(host, ask, &commands)));
    }
    operations
}

/// What answers must have said, so that they were worth comparing.
const KINDS: [&str; 22] = [
    "Wait(",
    "TookOver",
    "code: Retry,",
    "Fenced",
    "Conflict",
    "Invalid",
    "taken_from: Some",
    "resumed: true",
    "action: Wait",
    "code: Reset",
    "run: None, backfill: Some",
    "what the plan rests on has moved",
    "is the most that it allows",
    "have not done their part",
    " is paused: because",
    " is cancelled: because",
    "a backfill leaves HWMs alone",
    "status: Done, nodes",
    "works on what is left",
    "status: Committing",
    "another coordinator",
    "are under way",
];

/// Histories in which all of that is reached, the rarest of it several times.
const SEEDS: u64 = 1_500;

#[test]
fn what_is_asked_reaches_every_fact_and_every_kind_of_answer() {
    let mut runner = TestRunner::deterministic();
    let asks = proptest::collection::vec(ask(), 40..50);
    let (mut facts, mut words) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..SEEDS {
        let mut host = Host::new(seed);
        let asks = asks.new_tree(&mut runner).expect("a list").current();
        for operation in operations(&mut host, &asks) {
            let told = format!("{:?}", operation.result);
            words.extend(KINDS.into_iter().filter(|kind| told.contains(kind)));
        }
        for record in &host.records {
            let record = Record::decode(record).expect("a record");
            facts.extend(record.facts.iter().map(|entry| entry.fact.name()));
        }
    }
    assert_eq!(words.len(), KINDS.len(), "{words:?}");
    assert_eq!(facts.len(), 51, "{facts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_answers_as_the_reference_does(asks in proptest::collection::vec(ask(), 1..50), seed in any::<u64>()) {
        let mut host = Host::new(seed);
        let operations = operations(&mut host, &asks);
        let all: Vec<&Operation> = operations.iter().collect();
        let checked = model::check_pipeline(&all, Some(&host.records)).map_err(TestCaseError::fail)?;
        prop_assert_eq!(checked.ordered, operations.len());
        // Without the journal, the answers alone must be enough.
        model::check_pipeline(&all, None).map_err(TestCaseError::fail)?;
    }
}
