//! Whatever happened before: reverts, forks and repairs keep their rules.

#[path = "history/host.rs"]
mod host;

use std::collections::BTreeMap;

use highwater_core::answer::{Answer, Change, LeaseAnswer};
use highwater_core::command::*;
use highwater_core::moment::Moment;
use highwater_format::value::Value;
use highwater_format::{Fact, Record};
use host::Host;
use proptest::prelude::*;

/// Something that an application does; what does not fit is refused and does no harm.
fn command(choice: u8, number: u8) -> (Command, Option<String>) {
    let (run, node, worker) = (format!("r{}", number % 3), format!("n{}", number % 2), "w".to_owned());
    let name = format!("h{}", number % 3);
    let attempt = AttemptRef { run: run.clone(), node: node.clone(), token: u64::from(number % 9) };
    let command = match choice % 10 {
        0 => Command::StartRun(StartRun { run: Some(run), ..StartRun::default() }),
        1 | 2 => Command::BeginNode(BeginNode { run, node, worker, lease_ms: 1_000, ..BeginNode::default() }),
        3 => Command::SucceedAttempt(SucceedAttempt { attempt, ..SucceedAttempt::default() }),
        4 => Command::AcquireLease(AcquireLease { name, worker, lease_ms: 1_000 }),
        5 => Command::CancelRun(CancelRun { run, reason: "x".into(), actor: None }),
        6 => Command::DeleteHwm(DeleteHwm { name, reason: "x".into(), actor: None }),
        _ => {
            let value = Value::Int(i64::from(number));
            let hwms = vec![HwmUpdate { name, value, cast: false, keys: Vec::new() }];
            let key = (choice % 10 == 9).then(|| format!("key {}", number % 4));
            return (Command::SetHwms(SetHwms { hwms, holder: None }), key);
        }
    };
    (command, None)
}

fn lived(steps: &[(u8, u8)], snapshot_min_bytes: u64) -> Host {
    let mut host = Host::new(snapshot_min_bytes);
    let start = Command::StartRun(StartRun { run: Some("r0".into()), ..StartRun::default() });
    host.ask("p", start).expect("a first record");
    for (choice, number) in steps {
        let (command, key) = command(*choice, *number);
        // Refusals are part of it.
        let _ = host.submit("p", command, key, None);
    }
    host
}

fn hwms(answer: Answer) -> BTreeMap<String, Value> {
    let Answer::Hwms(hwms) = answer else { panic!("{answer:?}") };
    hwms.hwms.into_iter().map(|hwm| (hwm.name, hwm.value)).collect()
}

fn list() -> Command {
    Command::ListHwms(ListHwms::default())
}

fn last_version(host: &Host, pipeline: &str) -> u64 {
    host.journals[pipeline].records.last_key_value().map_or(0, |(version, _)| *version)
}

/// The state keeps its own rules, nobody holds a lease, and a new engine folds to the same bytes.
fn sound(host: &mut Host, pipeline: &str) {
    let answer = host.ask(pipeline, Command::Validate).expect("validated");
    let Answer::Validation(validation) = answer else { panic!("{answer:?}") };
    assert_eq!(validation.problems, [], "after {} records", validation.version);
    let Ok(Answer::Leases(leases)) = host.ask(pipeline, Command::ListLeases) else { panic!("leases") };
    assert_eq!(leases, []);
    let backup = |name: &str| Command::Backup(Backup { name: Some(name.to_owned()), ..Backup::default() });
    let bytes = |host: &Host, answer: Answer| {
        let Answer::BackedUp(made) = answer else { panic!("{answer:?}") };
        host.journals[pipeline].backups[&made.backup.id].clone()
    };
    let live = host.ask(pipeline, backup("live")).expect("backed up");
    host.restart();
    let folded = host.ask(pipeline, backup("folded")).expect("backed up");
    assert!(bytes(host, live) == bytes(host, folded), "replay is not what was live");
}

/// The largest fencing token that was ever given out.
fn last_token<'a>(records: impl Iterator<Item = &'a Vec<u8>>) -> u64 {
    let facts = records.flat_map(|bytes| Record::decode(bytes).expect("a record").facts);
    let token = |fact| match fact {
        Fact::AttemptStarted(fact) => fact.token,
        Fact::LeaseAcquired(fact) => fact.token,
        _ => 0,
    };
    facts.map(|entry| token(entry.fact)).max().unwrap_or(0)
}

fn next_token(host: &mut Host, pipeline: &str) -> u64 {
    let (name, worker) = ("new".to_owned(), "new".to_owned());
    match host.ask(pipeline, Command::AcquireLease(AcquireLease { name, worker, lease_ms: 0 })) {
        Ok(Answer::Lease(LeaseAnswer::Granted(granted))) => granted.token,
        other => panic!("{other:?}"),
    }
}

fn steps() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec(any::<(u8, u8)>(), 1..40)
}

fn reason() -> (String, Option<String>) {
    ("a test".to_owned(), Some("ann".to_owned()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_revert_keeps_nothing_but_what_the_rules_keep(steps in steps(), pick in any::<prop::sample::Index>(), small in any::<bool>()) {
        let mut host = lived(&steps, if small { 1 } else { 1 << 20 });
        let last = last_version(&host, "p");
        let version = pick.index(last as usize) as u64;
        let then = hwms(host.at(Moment::Version(version), list()).expect("it was so"));
        let tokens = last_token(host.journals["p"].records.values());
        let (reason, actor) = reason();
        let to = Moment::Version(version);
        let dry = Command::Revert(Revert { to: to.clone(), dry_run: true, reason: String::new(), actor: None });
        let revert = Command::Revert(Revert { to: to.clone(), dry_run: false, reason, actor });
        let Ok(Answer::Reverted(planned)) = host.ask("p", dry) else { panic!("no plan") };
        let Ok(Answer::Reverted(done)) = host.ask("p", revert.clone()) else { panic!("not reverted") };
        prop_assert_eq!(planned.changes.len(), done.changes.len());
        prop_assert_eq!(hwms(host.ask("p", list()).expect("listed")), then);
        let diff = Command::Diff(highwater_core::command::Diff { from: to, to: Moment::Head, limit: 10_000 });
        let Ok(Answer::Diff(diff)) = host.ask("p", diff) else { panic!("no diff") };
        for change in diff.changes {
            let fenced = match change.kind.as_str() {
                "lease" => change.after.is_none(),
                "attempt" | "node" => change.before.is_some_and(|row| row.contains("\"status\":\"running\"")),
                _ => false,
            };
            prop_assert!(fenced, "{} {}", change.kind, change.key);
        }
        let Ok(Answer::Reverted(again)) = host.ask("p", revert) else { panic!("not reverted") };
        let once_more = |change: &Change| matches!(change.kind.as_str(), "attempt" | "node");
        prop_assert!(again.changes.iter().all(once_more), "only the fence is new: {:?}", again.changes);
        sound(&mut host, "p");
        prop_assert!(next_token(&mut host, "p") > tokens);
    }

    #[test]
    fn a_fork_is_the_state_of_the_moment(steps in steps(), pick in any::<prop::sample::Index>()) {
        let mut host = lived(&steps, 1 << 20);
        let version = 1 + pick.index(last_version(&host, "p") as usize) as u64;
        let then = hwms(host.at(Moment::Version(version), list()).expect("it was so"));
        let tokens = last_token(host.journals["p"].records.range(..=version).map(|(_, bytes)| bytes));
        let (reason, actor) = reason();
        let fork = Fork { source: "p".into(), at: Moment::Version(version), reason, actor };
        let Ok(Answer::Forked(forked)) = host.ask("q", Command::Fork(fork)) else { panic!("not forked") };
        prop_assert_eq!((forked.source_version, forked.version), (version, 1));
        prop_assert_eq!(hwms(host.ask("q", list()).expect("listed")), then);
        sound(&mut host, "q");
        prop_assert!(next_token(&mut host, "q") > tokens);
    }

    #[test]
    fn a_repair_loses_only_what_it_lists(
        steps in steps(),
        pick in any::<prop::sample::Index>(),
        pick_snapshot in prop::option::of(any::<prop::sample::Index>()),
        small in any::<bool>(),
        backed_up in any::<bool>(),
    ) {
        let mut host = lived(&steps, if small { 1 } else { 1 << 20 });
        if backed_up {
            host.ask("p", Command::Backup(Backup::default())).expect("backed up");
            let hwms = vec![HwmUpdate { name: "after".into(), value: Value::Int(1), cast: false, keys: Vec::new() }];
            let set = Command::SetHwms(SetHwms { hwms, holder: None });
            host.ask("p", set).expect("one more record");
        }
        let last = last_version(&host, "p");
        let states: Vec<_> = (0..=last)
            .map(|version| hwms(host.at(Moment::Version(version), list()).expect("it was so")))
            .collect();
        let tokens = last_token(host.journals["p"].records.values());
        let journal = host.journals.get_mut("p").expect("a journal");
        let bad = 1 + pick.index(last as usize) as u64;
        journal.bad_records.insert(bad);
        if let Some(pick) = pick_snapshot.filter(|_| !journal.snapshots.is_empty()) {
            let version = *journal.snapshots.keys().nth(pick.index(journal.snapshots.len())).expect("one of them");
            journal.bad_snapshots.insert(version);
        }
        let opens_from = journal.snapshots.keys().rfind(|version| !journal.bad_snapshots.contains(version)).copied();
        host.restart();
        let Ok(Answer::Integrity(integrity)) = host.ask("p", Command::VerifyIntegrity) else { panic!("not verified") };
        prop_assert!(!integrity.damage.is_empty());
        // A first record that is missing below a snapshot may as well have been trimmed.
        let first_bad = (bad > 1 || opens_from.is_none()).then_some(bad);
        prop_assert_eq!(integrity.first_bad.and_then(|bad| bad.version), first_bad);
        let (reason, actor) = reason();
        let repair = Command::Repair(Repair { dry_run: false, reason, actor });
        let Ok(Answer::Repaired(repaired)) = host.ask("p", repair.clone()) else { panic!("not repaired") };
        prop_assert!(repaired.needed, "something is damaged");
        let opens = opens_from.is_some_and(|from| from >= bad);
        prop_assert!(!opens || repaired.lost.is_empty(), "what opens loses nothing");
        let lost: u64 = repaired.lost.iter().map(|range| range.to - range.from + 1).sum();
        prop_assert_eq!(repaired.kept_up_to + lost, last.max(repaired.new_version - 1));
        prop_assert!(repaired.kept_up_to + 1 >= bad, "all before the damage is kept");
        prop_assert_eq!(&hwms(host.ask("p", list()).expect("listed")), &states[repaired.kept_up_to as usize]);
        let Ok(Answer::Integrity(after)) = host.ask("p", Command::VerifyIntegrity) else { panic!("not verified") };
        prop_assert_eq!(after.damage, []);
        sound(&mut host, "p");
        prop_assert!(next_token(&mut host, "p") > tokens, "no token is given out twice");
        let Ok(Answer::Repaired(again)) = host.ask("p", repair) else { panic!("not repaired") };
        prop_assert!(!again.needed);
    }
}
