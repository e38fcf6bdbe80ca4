//! Partitions: workers take shares of them, keys come, go and change their names, and somebody marks by hand.

use highwater_core::answer::{Answer, Begun, Go};
use highwater_core::command::*;
use highwater_core::coverage::STATUSES;
use highwater_format::fact::{Counts, ErrorRecord, KeyRename, PartitionDimension, PartitionMark};

use super::Client;

const NODE: &str = "parts";
const REGIONS: [&str; 4] = ["eu", "us", "emea", "apac"];
const CUSTOMERS: [&str; 5] = ["acme", "bolt", "cyan", "dune", "echo"];

/// What there is to do about partitions.
pub(crate) async fn work(client: &mut Client) {
    let pipeline = client.pipeline();
    let (node, reason, actor) = (NODE.to_owned(), "because".to_owned(), Some(client.worker()));
    let command = match client.luck.below(16) {
        0 => {
            let regions = PartitionDimension::of("region", ["eu", "us"]);
            let dimensions = vec![regions, PartitionDimension::dynamic("customer")];
            Command::DeclarePartitions(DeclarePartitions { node, dimensions })
        }
        1..=3 => {
            let some = |client: &mut Client| vec![(*client.luck.pick(&CUSTOMERS)).to_owned()];
            let (add, remove) = match client.luck.chance(700) {
                true => (some(client), Vec::new()),
                false => (Vec::new(), some(client)),
            };
            let (dimension, forget) = ("customer".to_owned(), client.luck.chance(300));
            let command = ChangePartitionKeys { node, dimension, add, remove, forget, reason, actor };
            Command::ChangePartitionKeys(command)
        }
        4 => {
            let marks =
                (0..2).map(|_| PartitionMark { rows: Some(client.luck.below(9)), ..name(client).into() });
            let marks: Vec<PartitionMark> = marks.collect();
            let (status, dry_run) = (*client.luck.pick(&STATUSES), client.luck.chance(100));
            Command::MarkPartitions(MarkPartitions { node, status, marks, reason, actor, dry_run })
        }
        5 => {
            let [from, to] = [(); 2].map(|()| (*client.luck.pick(&REGIONS)).to_owned());
            let mut keys = vec![KeyRename { from: from.clone(), to: to.clone() }];
            if client.luck.chance(400) {
                keys.push(KeyRename { from: to, to: from });
            }
            let (dimension, dry_run) = (Some("region".to_owned()), client.luck.chance(100));
            let command = RekeyPartitions { node, dimension, keys, add: None, reason, actor, dry_run };
            Command::RekeyPartitions(command)
        }
        6 => return read(client, &pipeline).await,
        _ => return share(client, &pipeline).await,
    };
    client.ask(&pipeline, vec![command]).await;
}

fn name(client: &mut Client) -> String {
    format!("{}|{}", client.luck.pick(&REGIONS), client.luck.pick(&CUSTOMERS))
}

async fn read(client: &mut Client, pipeline: &str) {
    let node = NODE.to_owned();
    let limit = u32::try_from(client.luck.below(5)).unwrap_or(0);
    let command = match client.luck.below(3) {
        0 => Command::DescribePartitions(DescribePartitions::default()),
        1 => Command::ListPartitions(ListPartitions { node, limit, ..ListPartitions::default() }),
        _ => {
            let dimension = (*client.luck.pick(&["region", "customer"])).to_owned();
            Command::ListPartitionKeys(ListPartitionKeys { node, dimension, cursor: None, limit })
        }
    };
    client.read(pipeline, vec![command]).await;
}

/// Takes a share of what is not done, in a run of its own.
async fn share(client: &mut Client, pipeline: &str) {
    let run = format!("parts-{}", client.luck.below(30));
    let start = StartRun { run: Some(run.clone()), ..StartRun::default() };
    if !matches!(client.ask(pipeline, vec![Command::StartRun(start)]).await, Some(Ok(_))) {
        return;
    }
    let wanted = PartitionsWanted {
        limit: u32::try_from(client.luck.below(4)).unwrap_or(0),
        restate: client.luck.chance(200),
        fingerprint: client.luck.chance(500).then(|| format!("code-{}", client.luck.below(2))),
        ..PartitionsWanted::default()
    };
    let begin = BeginNode {
        run: run.clone(),
        node: NODE.to_owned(),
        worker: client.worker(),
        lease_ms: *client.luck.pick(&[100, 150, 400]),
        force: client.luck.chance(100),
        partitions: Some(wanted),
        ..BeginNode::default()
    };
    let told = client.ask(pipeline, vec![Command::BeginNode(begin)]).await;
    let begun = told.and_then(Result::ok).and_then(|answers| answers.into_iter().next());
    if let Some(Answer::Begun(Begun::Run(go))) = begun {
        let attempt = AttemptRef { run, node: NODE.to_owned(), token: go.token };
        do_share(client, pipeline, attempt, &go).await;
    }
}

/// Works partition by partition, and ends or does not.
async fn do_share(client: &mut Client, pipeline: &str, attempt: AttemptRef, go: &Go) {
    for partition in go.partitions.iter().take(3) {
        client.nap(5, 60).await;
        if client.luck.chance(500) {
            let beat = Command::Beat(Beat { worker: client.worker(), place: "partitions".to_owned() });
            client.ask_plain(pipeline, beat).await;
        }
        if client.luck.chance(500) {
            let partitions = vec![outcome(client, partition)];
            let attempt = attempt.clone();
            let progress = ReportProgress { attempt, partitions, ..ReportProgress::default() };
            client.ask(pipeline, vec![Command::ReportProgress(progress)]).await;
        }
    }
    client.nap(0, 60).await;
    let last = go.partitions.last().filter(|_| client.luck.chance(500)).cloned();
    let partitions = last.iter().map(|partition| outcome(client, partition)).collect();
    let end = match client.luck.below(10) {
        0..=5 => Command::SucceedAttempt(SucceedAttempt { attempt, partitions, ..SucceedAttempt::default() }),
        6 => {
            let (counts, state, reason) = (Some(Counts::default()), None, "asked to".to_owned());
            Command::HandBackAttempt(HandBackAttempt { attempt, counts, state, reason })
        }
        7 => {
            let error = ErrorRecord { class: "Bad".to_owned(), message: "luck".to_owned(), detail: None };
            Command::FailAttempt(FailAttempt { attempt, counts: None, error, partitions })
        }
        _ => return,
    };
    client.ask(pipeline, vec![end]).await;
}

fn outcome(client: &mut Client, partition: &str) -> PartitionOutcome {
    match client.luck.chance(800) {
        true => PartitionOutcome::done(partition).rows(client.luck.below(9)),
        false => PartitionOutcome::failed(partition),
    }
}
