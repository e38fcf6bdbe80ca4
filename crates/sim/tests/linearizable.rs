//! What clients of simulated lives were told can be explained by the sequential reference; and what is made wrong on purpose cannot.
#![expect(clippy::print_stdout, reason = "how much was checked is for people")]

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::{Error, ErrorKind};
use highwater_sim::{History, Operation, Plan, model};

/// Eight clients, fifty operations each, over a store with faults.
fn history(seed: u64) -> History {
    History::of(&Plan::for_history(seed, 8, 50)).unwrap_or_else(|why| panic!("seed {seed}: {why}"))
}

fn all_are_linearizable(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let checked = model::check(&history(seed)).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        println!("seed {seed}: {checked}");
    }
}

#[test]
fn histories_with_faults_are_linearizable() {
    all_are_linearizable(0..7);
}

#[test]
fn more_histories_with_faults_are_linearizable() {
    all_are_linearizable(7..13);
}

#[test]
fn yet_more_histories_with_faults_are_linearizable() {
    all_are_linearizable(13..20);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

#[test]
#[ignore = "takes minutes; ./test deep runs it, optimized"]
fn a_thousand_histories_are_linearizable() {
    let first = number("HIGHWATER_SEED").unwrap_or(1_000);
    let count = number("HIGHWATER_HISTORIES").unwrap_or(1_000);
    let (mut operations, mut facts, mut unanswered) = (0, 0, 0);
    for seed in first..first + count {
        let checked = model::check(&history(seed)).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        operations += checked.ordered + checked.local;
        facts += checked.facts;
        unanswered += checked.unanswered;
    }
    println!("FIGURE linearizable-histories {count}");
    println!("FIGURE linearizable-operations {operations}");
    println!("FIGURE linearizable-operations-that-happened-unanswered {unanswered}");
    println!("FIGURE linearizable-facts {facts}");
}

/// A read that was answered from the head, and found a value.
fn is_read(operation: &Operation) -> bool {
    operation.freshness == Freshness::Latest
        && matches!(operation.result.as_deref_ok(), Some([Answer::Hwm(Some(_))]))
}

/// Something that was done and answered.
fn is_done(operation: &Operation) -> bool {
    matches!(operation.result.as_deref_ok(), Some([Answer::Done(done), ..]) if done.changed)
}

trait Answers {
    fn as_deref_ok(&self) -> Option<&[Answer]>;
}

impl Answers for Option<Result<Vec<Answer>, Error>> {
    fn as_deref_ok(&self) -> Option<&[Answer]> {
        self.as_ref()?.as_deref().ok()
    }
}

/// Ways to make a history wrong. Each says whether it found something to spoil.
type Spoil = fn(&mut History) -> bool;

fn last(history: &mut History, is_it: fn(&Operation) -> bool) -> Option<&mut Operation> {
    history.operations.iter_mut().rev().find(|operation| is_it(operation))
}

fn a_read_misses_what_was_written(history: &mut History) -> bool {
    let Some(read) = last(history, is_read) else { return false };
    read.result = Some(Ok(vec![Answer::Hwm(None)]));
    true
}

fn an_answer_is_not_in_the_journal(history: &mut History) -> bool {
    let Some(pipeline) = last(history, is_done).map(|done| done.pipeline.clone()) else { return false };
    history.journals.get_mut(&pipeline).is_some_and(|journal| journal.pop().is_some())
}

fn what_was_done_is_refused(history: &mut History) -> bool {
    let Some(done) = last(history, is_done) else { return false };
    done.result = Some(Err(Error::new(ErrorKind::Fenced, "stop this work")));
    true
}

fn what_is_said_to_have_changed_nothing_did(history: &mut History) -> bool {
    let Some(done) = last(history, is_done) else { return false };
    done.result = Some(Err(Error::new(ErrorKind::Unavailable, "no (nothing was changed)")));
    true
}

fn a_token_is_given_out_again(history: &mut History) -> bool {
    let is_begun = |operation: &Operation| {
        matches!(
            operation.result.as_deref_ok(),
            Some([Answer::Begun(highwater_core::answer::Begun::Run(_)), ..])
        )
    };
    let Some(Ok(answers)) = last(history, is_begun).and_then(|begun| begun.result.as_mut()) else {
        return false;
    };
    let Some(Answer::Begun(highwater_core::answer::Begun::Run(go))) = answers.first_mut() else {
        return false;
    };
    go.token -= 1;
    true
}

fn a_key_acts_twice(history: &mut History) -> bool {
    let is_keyed =
        |operation: &Operation| operation.dedupe_key.is_some() && operation.result.as_deref_ok().is_some();
    let Some(keyed) = last(history, is_keyed).cloned() else { return false };
    let end = history.operations.iter().filter_map(|it| it.returned.max(Some(it.invoked))).max().unwrap_or(0);
    let again = Operation { invoked: end + 1, returned: Some(end + 2), ..keyed };
    let mut other = again.clone();
    if let Some(Ok([Answer::RunStarted(started), ..])) = other.result.as_mut().map(|it| it.as_deref_mut()) {
        started.run.restarts += 1;
        history.operations.push(other);
        return true;
    }
    false
}

fn an_operation_takes_effect_before_it_is_asked(history: &mut History) -> bool {
    let end = history.operations.iter().filter_map(|it| it.returned.max(Some(it.invoked))).max().unwrap_or(0);
    let writes = |command: &Command| matches!(command, Command::StartRun(start) if start.run.as_deref() == Some("ledger"));
    let is_it = |it: &&mut Operation| {
        it.returned.is_some() && it.result.as_deref_ok().is_some() && it.commands.iter().any(writes)
    };
    let Some(early) = history.operations.iter_mut().find(is_it) else { return false };
    (early.invoked, early.returned) = (end + 1, Some(end + 2));
    true
}

/// A local read that found a value.
fn is_local(operation: &Operation) -> bool {
    operation.freshness == Freshness::Local
        && matches!(operation.result.as_deref_ok(), Some([Answer::Hwm(Some(_))]))
}

fn a_local_read_tells_of_what_is_not_durable(history: &mut History) -> bool {
    // To a host that was answered nothing before, which would have shown what was durable then.
    let lives = history.operations.iter().map(|operation| operation.client >> 8).max().unwrap_or(0);
    let Some(read) = history.operations.iter_mut().rfind(|it| is_local(it)) else { return false };
    read.client = (lives + 1) << 8;
    let pipeline = read.pipeline.clone();
    history.landed.get_mut(&pipeline).is_some_and(|landed| {
        landed.fill(u64::MAX);
        true
    })
}

fn a_local_read_is_older_than_what_its_host_has_shown(history: &mut History) -> bool {
    let deletes = |operation: &Operation, name: &str| {
        let is_it = |command: &Command| matches!(command, Command::DeleteHwm(delete) if delete.name == name);
        operation.commands.iter().any(is_it)
    };
    let stays = |read: &&Operation| {
        let Some(Command::GetHwm(get)) = read.commands.first() else { return false };
        is_read(read) && !history.operations.iter().any(|operation| deletes(operation, &get.name))
    };
    let Some(read) = history.operations.iter().rfind(stays).cloned() else { return false };
    let end = history.operations.iter().filter_map(|it| it.returned.max(Some(it.invoked))).max().unwrap_or(0);
    let (invoked, returned) = (end + 1, Some(end + 2));
    let (freshness, result) = (Freshness::Local, Some(Ok(vec![Answer::Hwm(None)])));
    history.operations.push(Operation { invoked, returned, freshness, result, ..read });
    true
}

#[test]
fn what_is_made_wrong_on_purpose_is_found() {
    const SPOILS: &[(&str, Spoil)] = &[
        ("a read misses what was written", a_read_misses_what_was_written),
        ("an answer is not in the journal", an_answer_is_not_in_the_journal),
        ("what was done is refused", what_was_done_is_refused),
        ("what is said to have changed nothing did", what_is_said_to_have_changed_nothing_did),
        ("a token is given out again", a_token_is_given_out_again),
        ("a key acts twice", a_key_acts_twice),
        ("an operation takes effect before it is asked", an_operation_takes_effect_before_it_is_asked),
        ("a local read tells of what is not durable", a_local_read_tells_of_what_is_not_durable),
        ("a local read is older than was shown", a_local_read_is_older_than_what_its_host_has_shown),
    ];
    // Not in every history there is something to spoil in every way.
    let seeds: Vec<u64> = [1, 7].into_iter().chain(8..40).collect();
    let mut good: Vec<History> = Vec::new();
    for (what, spoil) in SPOILS {
        let mut spoiled = 0;
        for (at, seed) in seeds.iter().enumerate() {
            if at == good.len() {
                good.push(history(*seed));
            }
            let mut bad = good[at].clone();
            if spoil(&mut bad) {
                spoiled += 1;
                assert!(model::check(&bad).is_err(), "nobody noticed that {what}");
            }
            if at >= 1 && spoiled > 0 {
                break;
            }
        }
        assert!(spoiled > 0, "there was nothing to spoil: {what}");
        println!("found in {spoiled} histories: {what}");
    }
}
