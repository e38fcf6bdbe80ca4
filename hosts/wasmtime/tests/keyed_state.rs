//! Keyed state against a map with a clock, through checkpoints that are completed and aborted, restarts, and other parallelisms.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use highwater::answer::{CheckpointTrigger, StreamRestored};
use highwater::streaming::{KeyedState, ListState, MapState, MemoryParts, PartStore, ValueState, reclaim};
use highwater::{CheckpointRef, ErrorKind, Stream, StreamSpec, key_group};
use proptest::prelude::*;

const OPERATOR: &str = "count";
const COUNTS: ValueState<String, u64> = ValueState::new("counts");
const SEEN: ListState<String, u64> = ListState::new("seen");
const STOCK: MapState<String, u64, String> = MapState::new("stock");

/// All that a test sees of a state.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    counts: BTreeMap<String, u64>,
    lists: BTreeMap<String, Vec<u64>>,
    maps: BTreeMap<String, BTreeMap<u64, String>>,
}

/// What it ought to be: plain maps, and the time at which a value ends.
#[derive(Clone, Debug, Default)]
struct Model {
    counts: BTreeMap<String, (u64, i64)>,
    lists: BTreeMap<String, Vec<u64>>,
    maps: BTreeMap<String, BTreeMap<u64, String>>,
}

impl Model {
    fn seen(&self, now_ms: i64) -> Seen {
        let counts = self.counts.iter().filter(|(_, (_, end))| now_ms < *end);
        Seen {
            counts: counts.map(|(key, (value, _))| (key.clone(), *value)).collect(),
            lists: self.lists.clone(),
            maps: self.maps.clone(),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u64),
    PutWithTtl(u8, u64, u16),
    Remove(u8),
    Clear,
    Append(u8, u64),
    Replace(u8, Vec<u64>),
    RemoveList(u8),
    MapPut(u8, u64, String),
    MapRemove(u8, u64),
    RemoveMap(u8),
    /// Changes that fail in the end.
    FailedBatch(u8, u64),
    Wait(u16),
    Compact,
    /// A checkpoint that is completed or aborted, and changes that are made while it is under way.
    Checkpoint(bool, Vec<Step>),
    Restart,
    /// A restart with so many sub-tasks.
    Rescale(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let meanwhile = proptest::collection::vec(change(), 0..4);
    prop_oneof![
        27 => change(),
        2 => (1_u16..200).prop_map(Step::Wait),
        1 => Just(Step::Compact),
        5 => (any::<bool>(), meanwhile).prop_map(|(completes, meanwhile)| Step::Checkpoint(completes, meanwhile)),
        1 => Just(Step::Restart),
        1 => (1_u32..7).prop_map(Step::Rescale),
    ]
}

fn change() -> impl Strategy<Value = Step> {
    let key = || 0_u8..12;
    prop_oneof![
        6 => (key(), any::<u64>()).prop_map(|(key, value)| Step::Put(key, value)),
        3 => (key(), any::<u64>(), 1_u16..300).prop_map(|(key, value, ttl)| Step::PutWithTtl(key, value, ttl)),
        3 => key().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        4 => (key(), any::<u64>()).prop_map(|(key, value)| Step::Append(key, value)),
        1 => (key(), proptest::collection::vec(any::<u64>(), 0..4)).prop_map(|(key, all)| Step::Replace(key, all)),
        1 => key().prop_map(Step::RemoveList),
        4 => (key(), 0_u64..20, "[a-z]{0,3}").prop_map(|(key, within, value)| Step::MapPut(key, within, value)),
        2 => (key(), 0_u64..20).prop_map(|(key, within)| Step::MapRemove(key, within)),
        1 => key().prop_map(Step::RemoveMap),
        1 => (key(), any::<u64>()).prop_map(|(key, value)| Step::FailedBatch(key, value)),
    ]
}

/// The sub-tasks of an operator on one stream.
struct World {
    _hw: highwater::Highwater,
    stream: Stream,
    parts: MemoryParts,
    states: Vec<KeyedState>,
    now_ms: Arc<AtomicI64>,
}

impl World {
    async fn new() -> World {
        let hw = highwater::open("memory:").await.expect("it opens");
        let stream = hw.pipeline("dev/keys").expect("an id").stream();
        let (parts, now_ms) = (MemoryParts::default(), Arc::new(AtomicI64::new(1_000_000)));
        let mut world = World { _hw: hw, stream, parts, states: Vec::new(), now_ms };
        world.restart(1).await;
        world
    }

    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    async fn start(&self, parallelism: u32) -> StreamRestored {
        let spec = StreamSpec::new().operator(OPERATOR, parallelism).key_groups(16).retain(2);
        self.stream.declare(spec).await.expect("it is declared");
        self.stream.restore(CheckpointRef::Latest).await.expect("it starts")
    }

    async fn restart(&mut self, parallelism: u32) {
        let start = self.start(parallelism).await;
        self.states.clear();
        for subtask in 0..parallelism {
            let state =
                KeyedState::restore(&start, OPERATOR, subtask, &self.parts).await.expect("it is read");
            let clock = self.now_ms.clone();
            self.states.push(state.with_clock(move || clock.load(Ordering::SeqCst)));
        }
    }

    fn of(&mut self, key: &str) -> &mut KeyedState {
        let group = key_group::of(&COUNTS.key_bytes(key).expect("bytes"), 16);
        let parallelism = u32::try_from(self.states.len()).expect("few");
        &mut self.states[key_group::subtask(group, parallelism, 16) as usize]
    }

    async fn checkpoint(&mut self, completes: bool) {
        self.checkpoint_while(completes, |_| ()).await;
    }

    async fn checkpoint_while(&mut self, completes: bool, work: impl FnOnce(&mut World)) {
        let CheckpointTrigger::Triggered(barrier) = self.stream.trigger().await.expect("an answer") else {
            panic!("none is under way")
        };
        let mut acknowledgements = Vec::new();
        for state in &mut self.states {
            let snapshot = state.snapshot(barrier.checkpoint).expect("a snapshot");
            acknowledgements.push(snapshot.write(&self.parts).await.expect("it is written"));
        }
        work(self);
        if completes {
            self.stream.acknowledge(barrier.checkpoint, acknowledgements).await.expect("it completes");
            self.states.iter_mut().for_each(|state| state.complete(barrier.checkpoint));
        } else {
            // All but one have handed over, so that their parts are known and given up.
            acknowledgements.pop();
            self.stream.acknowledge(barrier.checkpoint, acknowledgements).await.expect("they are kept");
            self.stream.abort(barrier.checkpoint, "a test").await.expect("it is aborted");
            self.states.iter_mut().for_each(|state| state.abort(barrier.checkpoint));
        }
        reclaim(&self.stream, &self.parts).await.expect("parts are deleted");
    }

    /// How many entries were dropped.
    fn compact(&mut self) -> u64 {
        self.states.iter_mut().map(KeyedState::compact).sum()
    }

    fn seen(&mut self, keys: impl Iterator<Item = String>) -> Seen {
        let mut seen = Seen::default();
        for state in &mut self.states {
            seen.counts.extend(COUNTS.entries(state).expect("entries"));
        }
        for key in keys {
            let value = COUNTS.get(self.of(&key), &key).expect("a value");
            assert_eq!(value.as_ref(), seen.counts.get(&key), "one by one it is the same");
            let list = SEEN.get(self.of(&key), &key).expect("a list");
            let map: BTreeMap<u64, String> =
                STOCK.entries(self.of(&key), &key).expect("a map").into_iter().collect();
            seen.lists.extend((!list.is_empty()).then_some((key.clone(), list)));
            seen.maps.extend((!map.is_empty()).then_some((key, map)));
        }
        seen
    }
}

fn name(key: u8) -> String {
    format!("kä{key}")
}

/// Does a change of values to both.
fn apply(world: &mut World, model: &mut Model, step: &Step) {
    let now_ms = world.now_ms();
    match step {
        Step::Put(key, value) => {
            COUNTS.put(world.of(&name(*key)), &name(*key), value).expect("it is put");
            model.counts.insert(name(*key), (*value, i64::MAX));
        }
        Step::PutWithTtl(key, value, ttl) => {
            let length = Duration::from_millis(u64::from(*ttl));
            COUNTS.put_with_ttl(world.of(&name(*key)), &name(*key), value, length).expect("it is put");
            model.counts.insert(name(*key), (*value, now_ms + i64::from(*ttl)));
        }
        Step::Remove(key) => {
            let was_there = COUNTS.remove(world.of(&name(*key)), &name(*key)).expect("it is removed");
            let before = model.counts.remove(&name(*key));
            assert_eq!(was_there, before.is_some_and(|(_, end)| now_ms < end));
        }
        Step::Clear => {
            world.states.iter_mut().for_each(|state| COUNTS.clear(state));
            model.counts.clear();
        }
        Step::Append(key, value) => {
            SEEN.append(world.of(&name(*key)), &name(*key), value).expect("it is appended");
            model.lists.entry(name(*key)).or_default().push(*value);
        }
        Step::Replace(key, values) => {
            SEEN.replace(world.of(&name(*key)), &name(*key), values).expect("it is replaced");
            model.lists.remove(&name(*key));
            model.lists.extend((!values.is_empty()).then(|| (name(*key), values.clone())));
        }
        Step::RemoveList(key) => {
            SEEN.remove(world.of(&name(*key)), &name(*key)).expect("it is removed");
            model.lists.remove(&name(*key));
        }
        Step::MapPut(key, within, value) => {
            STOCK.put(world.of(&name(*key)), &name(*key), within, value).expect("it is put");
            model.maps.entry(name(*key)).or_default().insert(*within, value.clone());
        }
        Step::MapRemove(key, within) => {
            let was_there = STOCK.remove(world.of(&name(*key)), &name(*key), within).expect("it is removed");
            let map = model.maps.entry(name(*key)).or_default();
            assert_eq!(was_there, map.remove(within).is_some());
            model.maps.retain(|_, map| !map.is_empty());
        }
        Step::RemoveMap(key) => {
            STOCK.remove_map(world.of(&name(*key)), &name(*key)).expect("it is removed");
            model.maps.remove(&name(*key));
        }
        Step::FailedBatch(key, value) => fail(world.of(&name(*key)), &name(*key), *value),
        Step::Wait(_) | Step::Compact | Step::Checkpoint(..) | Step::Restart | Step::Rescale(_) => {}
    }
}

fn fail(state: &mut KeyedState, key: &str, value: u64) {
    let failed = state.batch(|state| {
        COUNTS.put(state, key, &value)?;
        state.batch(|state| SEEN.append(state, key, &value))?;
        STOCK.put(state, key, &1, &"x".to_owned())?;
        SEEN.replace(state, key, &[])?;
        COUNTS.remove(state, key)?;
        COUNTS.put(state, key, &(value / 2))?;
        Err::<(), Box<dyn std::error::Error>>("no".into())
    });
    assert!(failed.is_err());
}

async fn story(steps: &[Step]) {
    let (mut world, mut model) = (World::new().await, Model::default());
    let mut completed = model.clone();
    for step in steps {
        apply(&mut world, &mut model, step);
        match step {
            Step::Wait(ms) => drop(world.now_ms.fetch_add(i64::from(*ms), Ordering::SeqCst)),
            Step::Compact => _ = world.compact(),
            Step::Checkpoint(completes, meanwhile) => {
                if *completes {
                    completed = model.clone();
                }
                let work =
                    |world: &mut World| meanwhile.iter().for_each(|step| apply(world, &mut model, step));
                world.checkpoint_while(*completes, work).await;
            }
            Step::Restart | Step::Rescale(_) => {
                let present = u32::try_from(world.states.len()).expect("few");
                let parallelism = if let Step::Rescale(new) = step { *new } else { present };
                world.restart(parallelism).await;
                model = completed.clone();
            }
            _ => {}
        }
        let now_ms = world.now_ms();
        assert_eq!(world.seen((0..12).map(name)), model.seen(now_ms), "after {step:?}");
    }
    world.compact();
    let statistics = world.states.iter().map(KeyedState::statistics);
    let entries: u64 = statistics.map(|it| it.get("counts").map_or(0, |it| it.entries)).sum();
    assert_eq!(entries, model.seen(world.now_ms()).counts.len() as u64, "what has expired takes no room");
    assert!(world.parts.names().len() <= 3 * (64 + 2) * world.states.len(), "parts are given up");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn it_is_a_map_with_a_clock(steps in proptest::collection::vec(step(), 1..80)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(story(&steps));
    }
}

/// Sums of the sizes of what is written, checkpoint by checkpoint.
#[tokio::test]
async fn a_checkpoint_writes_what_has_changed_and_all_of_them_little_more() {
    let mut world = World::new().await;
    for key in 0..5_000_u64 {
        COUNTS.put(&mut world.states[0], &format!("key {key}"), &key).expect("it is put");
    }
    let mut sizes = Vec::new();
    for checkpoint in 1..=400_u64 {
        for key in 0..50 {
            COUNTS
                .put(&mut world.states[0], &format!("key {}", (checkpoint * 50 + key) % 5_000), &checkpoint)
                .expect("it is put");
        }
        let CheckpointTrigger::Triggered(barrier) = world.stream.trigger().await.expect("an answer") else {
            panic!("wait")
        };
        let snapshot = world.states[0].snapshot(barrier.checkpoint).expect("a snapshot");
        sizes.push(snapshot.new_bytes());
        let done = snapshot.write(&world.parts).await.expect("it is written");
        world.stream.acknowledge(barrier.checkpoint, [done]).await.expect("it completes");
        world.states[0].complete(barrier.checkpoint);
        reclaim(&world.stream, &world.parts).await.expect("parts are deleted");
    }
    let (base, deltas) = (sizes[0], &sizes[1..64]);
    assert!(deltas.iter().all(|size| size * 50 < base), "{sizes:?}");
    let bases = sizes.iter().filter(|size| **size * 2 > base).count();
    assert_eq!(bases, 1 + 399 / 65, "one for so many deltas: {sizes:?}");
    assert!(world.parts.names().len() < 140, "{} parts", world.parts.names().len());
    world.restart(1).await;
    let entries = COUNTS.entries(&world.states[0]).expect("entries");
    assert_eq!(entries.len(), 5_000);
}

#[tokio::test]
async fn a_part_that_is_missing_or_damaged_is_named() {
    let mut world = World::new().await;
    COUNTS.put(&mut world.states[0], "a", &1).expect("it is put");
    world.checkpoint(true).await;
    let names = world.parts.names();
    let [part] = &names[..] else { panic!("one part: {names:?}") };
    assert!(part.starts_with("count/0/1-base-"), "{part}");
    let start = world.start(1).await;
    let bytes = world.parts.get(part).await.expect("it is read");
    world.parts.delete(part).await.expect("it is deleted");
    let missing =
        KeyedState::restore(&start, OPERATOR, 0, &world.parts).await.expect_err("a part is missing");
    assert_eq!(missing.kind(), ErrorKind::Corrupt);
    assert!(missing.message().contains(part.as_str()) && missing.message().contains("count/0"), "{missing}");
    let mut damaged = bytes.clone();
    damaged[20] ^= 1;
    world.parts.put(part, damaged).await.expect("it is put");
    let damaged =
        KeyedState::restore(&start, OPERATOR, 0, &world.parts).await.expect_err("a part is damaged");
    assert!(damaged.message().contains(part.as_str()) && damaged.message().contains("checksum"), "{damaged}");
    let unknown = KeyedState::restore(&start, OPERATOR, 3, &world.parts).await.expect_err("no such sub-task");
    assert_eq!(unknown.kind(), ErrorKind::Invalid);
}

/// A checkpoint that somebody deleted took parts along that the next delta would rest on.
#[tokio::test]
async fn a_state_whose_parts_were_given_up_is_written_anew() {
    let mut world = World::new().await;
    COUNTS.put(&mut world.states[0], "a", &1).expect("it is put");
    world.checkpoint(true).await;
    world.stream.delete(1, "a test").await.expect("it is deleted");
    COUNTS.put(&mut world.states[0], "b", &2).expect("it is put");
    let CheckpointTrigger::Triggered(barrier) = world.stream.trigger().await.expect("an answer") else {
        panic!("wait")
    };
    let snapshot = world.states[0].snapshot(barrier.checkpoint).expect("a snapshot");
    let done = snapshot.write(&world.parts).await.expect("it is written");
    let refused =
        world.stream.acknowledge(barrier.checkpoint, [done]).await.expect_err("a part was given up");
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    world.stream.abort(barrier.checkpoint, "a part was given up").await.expect("it is aborted");
    world.states[0].rebase();
    world.checkpoint(true).await;
    world.restart(3).await;
    assert_eq!(COUNTS.get(world.of("a"), "a").expect("a value"), Some(1));
    assert_eq!(COUNTS.get(world.of("b"), "b").expect("a value"), Some(2));
}

#[test]
fn a_key_of_another_subtask_is_refused() {
    let mut states = [0, 1].map(|subtask| KeyedState::new(OPERATOR, subtask, 2, 128).expect("a sub-task"));
    let group = key_group::of(&COUNTS.key_bytes("apple").expect("bytes"), 128);
    let other = 1 - key_group::subtask(group, 2, 128) as usize;
    let refused = COUNTS.put(&mut states[other], "apple", &1).expect_err("it is not its key");
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.message().contains(&format!("key group {group}")), "{refused}");
    assert!(KeyedState::new(OPERATOR, 2, 2, 128).is_err());
}

#[test]
fn an_operator_whose_parts_could_not_be_named_is_refused() {
    let mut state = KeyedState::new("o".repeat(250), 0, 1, 128).expect("a sub-task");
    COUNTS.put(&mut state, "a", &7).expect("it is put");
    let refused = state.snapshot(1).expect_err("the name is too long");
    assert!(refused.message().contains("shorter name"), "{refused}");
}

#[test]
fn a_value_of_another_type_is_refused_and_not_lost() {
    let mut state = KeyedState::new(OPERATOR, 0, 1, 128).expect("a sub-task");
    COUNTS.put(&mut state, "a", &7).expect("it is put");
    let as_text: ValueState<String, String> = ValueState::named("counts");
    assert_eq!(as_text.get(&mut state, "a").expect_err("it is a number").kind(), ErrorKind::Corrupt);
    assert_eq!(COUNTS.get(&mut state, "a").expect("a value"), Some(7));
}

#[test]
fn statistics_say_how_large_it_is() {
    let now_ms = Arc::new(AtomicI64::new(0));
    let clock = now_ms.clone();
    let state = KeyedState::new(OPERATOR, 0, 1, 128).expect("a sub-task");
    let mut state = state.with_clock(move || clock.load(Ordering::SeqCst));
    COUNTS.put(&mut state, "a", &10).expect("it is put");
    COUNTS.put_with_ttl(&mut state, "b", &1, Duration::from_millis(5)).expect("it is put");
    COUNTS.put_with_ttl(&mut state, "c", &1, Duration::from_millis(5)).expect("it is put");
    SEEN.append(&mut state, "a", &1).expect("it is appended");
    now_ms.store(5, Ordering::SeqCst);
    assert_eq!(COUNTS.get(&mut state, "b").expect("a value"), None);
    assert_eq!(state.compact(), 1);
    let counts = state.statistics()["counts"];
    assert_eq!((counts.entries, counts.bytes, counts.expired, counts.dirty), (1, 5, 2, 1));
    assert_eq!(state.statistics()["seen"].entries, 1);
    now_ms.store(0, Ordering::SeqCst);
    assert!(
        !COUNTS.contains(&mut state, "b").expect("an answer"),
        "a clock that is set back brings nothing back"
    );
}

/// A state that does not fit into one part goes on in others.
#[tokio::test]
async fn a_long_base_is_several_parts() {
    let blobs: ValueState<u64, String> = ValueState::new("blobs");
    let mut world = World::new().await;
    for key in 0..10 {
        blobs.put(&mut world.states[0], &key, &"x".repeat(15 << 20)).expect("it is put");
    }
    world.checkpoint(true).await;
    assert_eq!(world.parts.names().len(), 3);
    blobs.put(&mut world.states[0], &3, &"y".to_owned()).expect("it is put");
    world.checkpoint(true).await;
    assert_eq!(world.parts.names().len(), 4, "a delta and no other base");
    world.restart(1).await;
    let entries = blobs.entries(&world.states[0]).expect("entries");
    assert_eq!(entries.iter().map(|(_, blob)| blob.len()).sum::<usize>(), 9 * (15 << 20) + 1);
}
