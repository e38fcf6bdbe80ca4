//! Aligned inputs against a naive one, which cuts the whole history of each input at its barriers.

use highwater::ErrorKind;
use highwater::streaming::{Aligned, AlignedInput, Event};
use proptest::prelude::*;

/// What came out, in order.
fn drain(inputs: &mut AlignedInput<u32>) -> Vec<Aligned<u32>> {
    std::iter::from_fn(|| inputs.next()).collect()
}

/// Offers what the inputs have, in an order that `choices` makes, and never to one that is full.
fn run(histories: &[Vec<Event<u32>>], choices: &[prop::sample::Index], most: usize) -> Vec<Aligned<u32>> {
    let mut inputs = AlignedInput::new(histories.len()).expect("inputs").most_waiting(most);
    let mut next = vec![0; histories.len()];
    let (mut out, mut turn) = (Vec::new(), 0);
    loop {
        let open: Vec<usize> = (0..histories.len())
            .filter(|it| next[*it] < histories[*it].len() && !inputs.is_full(*it))
            .collect();
        let Some(choice) = choices.get(turn % choices.len().max(1)).filter(|_| !open.is_empty()) else {
            break;
        };
        let input = *choice.get(&open);
        inputs.offer(input, histories[input][next[input]].clone()).expect("it is not full");
        next[input] += 1;
        turn += 1;
        out.extend(drain(&mut inputs));
    }
    assert!((0..histories.len()).all(|it| next[it] == histories[it].len()), "no input is stuck: {inputs:?}");
    out
}

/// Records of each input, epoch by epoch: an epoch ends with a barrier.
type Epochs = Vec<Vec<Vec<u32>>>;

fn naive(histories: &[Vec<Event<u32>>]) -> Epochs {
    let cut = |history: &Vec<Event<u32>>| {
        let mut epochs = vec![Vec::new()];
        for event in history {
            match event {
                Event::Record(record) => epochs.last_mut().expect("one").push(*record),
                Event::Barrier(_) => epochs.push(Vec::new()),
                Event::Abort(_) | Event::End => {}
            }
        }
        epochs
    };
    let by_input: Vec<_> = histories.iter().map(cut).collect();
    let most = by_input.iter().map(Vec::len).max().unwrap_or(0);
    let epoch =
        |number: usize| by_input.iter().map(|it| it.get(number).cloned().unwrap_or_default()).collect();
    (0..most).map(epoch).collect()
}

fn epochs_of(out: &[Aligned<u32>], inputs: usize) -> Epochs {
    let mut epochs = vec![vec![Vec::new(); inputs]];
    for it in out {
        match it {
            Aligned::Record { input, record } => epochs.last_mut().expect("one")[*input].push(*record),
            Aligned::Barrier(_) => epochs.push(vec![Vec::new(); inputs]),
            Aligned::Abort(_) | Aligned::End => {}
        }
    }
    epochs
}

/// Inputs that give all barriers up to their end.
fn orderly() -> impl Strategy<Value = Vec<Vec<Event<u32>>>> {
    let history = |barriers: u64| {
        proptest::collection::vec(proptest::collection::vec(any::<u32>(), 0..5), barriers as usize + 1)
            .prop_map(|epochs| {
                let mut history = Vec::new();
                for (number, records) in (0_u64..).zip(epochs) {
                    history.extend((number > 0).then_some(Event::Barrier(number)));
                    history.extend(records.into_iter().map(Event::Record));
                }
                history.push(Event::End);
                history
            })
    };
    // Some end before others.
    proptest::collection::vec((0_u64..5).prop_flat_map(history), 1..5)
}

/// Inputs that skip barriers and abort some.
fn disorderly() -> impl Strategy<Value = Vec<Vec<Event<u32>>>> {
    let event = prop_oneof![
        4 => any::<u32>().prop_map(Event::Record),
        2 => (1_u64..8).prop_map(Event::Barrier),
        1 => (1_u64..8).prop_map(Event::Abort),
    ];
    let history = proptest::collection::vec(event, 0..25).prop_map(|mut history| {
        history.push(Event::End);
        history
    });
    proptest::collection::vec(history, 1..5)
}

fn records(history: &[Event<u32>]) -> Vec<u32> {
    history
        .iter()
        .filter_map(|event| if let Event::Record(record) = event { Some(*record) } else { None })
        .collect()
}

fn choices() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    proptest::collection::vec(any::<prop::sample::Index>(), 1..60)
}

proptest! {
    #[test]
    fn each_epoch_has_the_records_that_it_should(
        histories in orderly(), choices in choices(), most in 1_usize..40,
    ) {
        let out = run(&histories, &choices, most);
        prop_assert_eq!(epochs_of(&out, histories.len()), naive(&histories));
        let barriers: Vec<u64> = out.iter().filter_map(|it| if let Aligned::Barrier(number) = it { Some(*number) } else { None }).collect();
        prop_assert_eq!(barriers, (1..naive(&histories).len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(out.last(), Some(&Aligned::End));
    }

    #[test]
    fn whatever_comes_no_record_is_lost_or_doubled_or_crosses_a_barrier(
        histories in disorderly(), choices in choices(), most in 1_usize..40,
    ) {
        let out = run(&histories, &choices, most);
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); histories.len()];
        let mut over = 0;
        for it in &out {
            match it {
                Aligned::Record { input, record } => before[*input].push(*record),
                Aligned::Abort(number) => {
                    prop_assert!(*number > over, "it is said once, in order: {:?}", out);
                    over = *number;
                }
                Aligned::Barrier(number) => {
                    prop_assert!(*number > over, "it is said once, in order: {:?}", out);
                    over = *number;
                    for (history, before) in histories.iter().zip(&before) {
                        // Whoever has not given it has ended.
                        let end = history.iter().position(|event| *event == Event::Barrier(*number));
                        prop_assert_eq!(before, &records(&history[..end.unwrap_or(history.len())]));
                    }
                }
                Aligned::End => {}
            }
        }
        for (history, before) in histories.iter().zip(&before) {
            prop_assert_eq!(before, &records(history));
        }
        prop_assert_eq!(out.iter().filter(|it| **it == Aligned::End).count(), 1);
    }
}

#[test]
fn an_abort_overtakes_what_waits() {
    let mut inputs = AlignedInput::new(2).expect("inputs");
    inputs.offer(0, Event::Barrier(1)).expect("taken");
    inputs.offer(0, Event::Record(7)).expect("it waits");
    assert_eq!((drain(&mut inputs), inputs.aligning()), (vec![], Some(1)));
    inputs.abort(1);
    assert_eq!(drain(&mut inputs), [Aligned::Abort(1), Aligned::Record { input: 0, record: 7 }]);
    inputs.offer(1, Event::Barrier(1)).expect("taken");
    assert_eq!((drain(&mut inputs), inputs.aligning()), (vec![], None), "it comes too late");
    inputs.offer(0, Event::Barrier(2)).expect("taken");
    inputs.offer(0, Event::Abort(2)).expect("taken");
    assert_eq!(drain(&mut inputs), [Aligned::Abort(2)]);
}

#[test]
fn what_waits_is_bounded() {
    let mut inputs = AlignedInput::new(2).expect("inputs").most_waiting(2);
    inputs.offer(0, Event::Barrier(1)).expect("taken");
    for record in 0..2 {
        assert!(!inputs.is_full(0));
        inputs.offer(0, Event::Record(record)).expect("it waits");
    }
    assert!(inputs.is_full(0) && !inputs.is_full(1));
    let refused = inputs.offer(0, Event::Record(2)).expect_err("it is full");
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    inputs.offer(1, Event::Barrier(1)).expect("taken");
    assert_eq!(drain(&mut inputs).len(), 3);
    inputs.offer(1, Event::End).expect("taken");
    assert!(inputs.offer(1, Event::Record(1)).is_err(), "it has ended");
    assert!(inputs.offer(2, Event::End).is_err(), "there is no such input");
    assert!(AlignedInput::<u32>::new(0).is_err());
}
