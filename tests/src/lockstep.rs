//! Random lives in the words of scenarios, for other hosts to repeat: the same inputs must give the same bytes there.

use crate::trace::Trace;
use crate::world::World;

/// What engines `a` and `b` do on one store, with so many submissions, all of it from a seed.
///
/// # Panics
///
/// If a line that is made here cannot be understood, which is a defect of this file.
#[must_use]
pub fn life(seed: u64, submissions: usize) -> Trace {
    let mut world = World::new();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let engine = |name, dice: &mut Dice| {
        let bytes = [200, 2_000, 262_144][dice.below(3)];
        format!(
            "engine {name} seed={} snapshot-min-bytes={bytes} resident={}",
            dice.below(1 << 30),
            1 + dice.below(4)
        )
    };
    let mut lines = vec![engine("a", &mut dice), engine("b", &mut dice)];
    lines.push("outputs: make file:out size=7 digest=d1".to_owned());
    for _ in 0..submissions {
        let who = ["a", "b"][dice.below(2)];
        match dice.below(40) {
            0 => lines.extend([format!("crash {who}"), engine(who, &mut dice)]),
            1 => lines.push(format!("at +{}s", 1 + dice.below(120))),
            2 => lines.push(fault(&mut dice)),
            _ => {}
        }
        lines.push(submission(who, &mut dice));
    }
    world.run(&lines).unwrap_or_else(|error| panic!("life {seed}: {error}"));
    world.trace().clone()
}

/// Xorshift (Marsaglia, "Xorshift RNGs", 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

fn fault(dice: &mut Dice) -> String {
    let fault = [
        "append unavailable",
        "append unknown-landed",
        "append unknown-lost",
        "append denied",
        "read-from unavailable",
        "read-from stale",
        "read unavailable",
    ];
    format!("store: {}", fault[dice.below(fault.len())])
}

fn submission(who: &str, dice: &mut Dice) -> String {
    let pipeline = ["prod/orders", "prod/weather", "dev/orders"][dice.below(3)];
    let key = if dice.below(8) == 0 { format!(" key=k{}", dice.below(20)) } else { String::new() };
    let local = if dice.below(10) == 0 { " local" } else { "" };
    // Those travel alone.
    if key.is_empty() && dice.below(25) == 0 {
        return format!("{who} pipeline={pipeline}: {}", maintenance(dice));
    }
    let commands: Vec<String> = (0..1 + dice.below(3)).map(|_| command(dice)).collect();
    format!("{who}{key}{local} pipeline={pipeline}: {}", commands.join(" & "))
}

fn maintenance(dice: &mut Dice) -> String {
    match dice.below(5) {
        0 => format!("backup keep={}", 1 + dice.below(3)),
        1 => "validate".to_owned(),
        2 => "verify-integrity".to_owned(),
        3 => "revert to=backup:latest reason=\"a wrong load\" actor=ann".to_owned(),
        _ => "list-backups".to_owned(),
    }
}

fn command(dice: &mut Dice) -> String {
    let run = format!("run=r{}", dice.below(6));
    let node = format!("node={}", ["extract", "load", "report"][dice.below(3)]);
    let token = format!("token={}", 1 + dice.below(30));
    let worker = format!("worker=w{}", dice.below(3));
    let name = ["orders.id", "orders.day", "orders.zurück"][dice.below(3)];
    let value = match dice.below(4) {
        0 => format!("uint:{}", u64::MAX - dice.below(1_000) as u64),
        1 => format!("decimal:{}.{:03}", dice.below(100), dice.below(1_000)),
        _ => format!("int:{}", dice.below(10_000)),
    };
    if dice.below(5) == 0 {
        return stream(dice);
    }
    match dice.below(49) {
        0 | 1 => {
            let start = dice.below(40);
            let window = [String::new(), format!(" window={start}..{} axis=integer", start + 40)];
            format!("start-run {run} {worker} tag:team=sales param:limit={value}{}", window[dice.below(2)])
        }
        2..=5 => {
            let part =
                if dice.below(2) == 0 { format!(" part:code=v{}", dice.below(3)) } else { String::new() };
            format!("begin-node {run} {node} {worker} lease-ms={}{part}", 100 + dice.below(60_000))
        }
        6 | 7 => {
            let made = ["", " artifact:file:out=digest", " artifact:file:none=existence"][dice.below(3)];
            format!("succeed-attempt {run} {node} {token} read={} hwm:{name}={value}{made}", dice.below(500))
        }
        8 => format!("fail-attempt {run} {node} {token} error=Timeout:\"it took {} s\"", dice.below(90)),
        9 => format!(
            "report-progress {run} {node} {token} written={} state=page-{}",
            dice.below(500),
            dice.below(50)
        ),
        10..=12 => format!("set-hwms {name}={value} cast={name}"),
        13 => format!("rewind-hwm name={name} to={value} reason=\"read it again\""),
        14 => format!("acquire-lease name=export {worker} lease-ms={}", 100 + dice.below(60_000)),
        15 => format!("release-lease name=export {token}"),
        16 => format!("finish-run {run}"),
        17 => format!("describe-run {run}"),
        18 => format!("list-hwms prefix=orders limit={}", 1 + dice.below(5)),
        19 => format!("beat {worker} place=here"),
        22 => format!(
            "declare-hwm name={name} function={} lower=closed boundary-keys={} initial={value}",
            ["max", "min", "last"][dice.below(3)],
            dice.below(3)
        ),
        23 => format!("set-hwms {name}={value} keys:{name}=row-{},row-{}", dice.below(3), dice.below(9)),
        24 => format!("get-positions names={name}"),
        25 => format!("skip-node {run} {node} reason=\"not today\""),
        26 => format!("describe-node {node}"),
        27 => preparing(&format!("{run} {node} {token} hwm:{name}={value}"), dice),
        28 => format!("commit-batch batch={} {run} {node} {token} receipt=ok", 1 + dice.below(30)),
        29 => format!("abort-batch batch={} reason=\"the sink has it not\"", 1 + dice.below(30)),
        30 => covering(&run, &node, &worker, dice),
        31 => format!(
            "report-progress {run} {node} {token} covered={0}..{1}",
            dice.below(50),
            50 + dice.below(50)
        ),
        32 => format!(
            "mark-coverage {node} intervals={0}..{1} status=stale reason=\"late rows\"",
            dice.below(50),
            50 + dice.below(50)
        ),
        33 => format!("describe-coverage {node} limit={}", 1 + dice.below(4)),
        34 => format!("pause-run {run} reason=\"the source is down\" actor=ann"),
        35 => format!("resume-run {run} reason=\"it is up again\""),
        36 => {
            format!("hand-back-attempt {run} {node} {token} reason=\"asked to\" state=page-{}", dice.below(9))
        }
        37 => format!("stop-worker {worker} reason=\"new release\" grace-ms={}", dice.below(3) * 20_000),
        39 => format!("{} {run}", ["report-run", "report-drift"][dice.below(2)]),
        40 => format!("bury-items {run} {node} {token} item:row-{}=Poison:bad", dice.below(5)),
        41 => format!("list-dead-letters {node} limit={}", 1 + dice.below(3)),
        42 => format!("settle-dead-letters {node} keys=row-{} reason=mended requeue", dice.below(5)),
        38 => format!("allow-worker {worker} reason=\"released\""),
        20 => format!("reset-failed {run} reason=\"try again\""),
        43 => cadence(&node, dice),
        44 | 45 => late(&node, dice),
        46..=48 => partition(&run, &node, &token, &worker, dice),
        _ => format!("why {run}"),
    }
}

/// Of the axis of integers and of that of time, so that either may be refused.
fn cadence(node: &str, dice: &mut Dice) -> String {
    let start = dice.below(20);
    match dice.below(10) {
        6 => format!("plan backfill={start}..{} nodes=load", start + 40),
        7 => format!("apply-plan backfill={start}..{} nodes=load basis=00 reason=fill", start + 40),
        8 => "list-backfills".to_owned(),
        9 => "plan".to_owned(),
        0 => format!(
            "declare-cadence every={} axis=integer start={start} end=120 lookback={}",
            5 + dice.below(9),
            dice.below(3)
        ),
        1 => format!(
            "declare-cadence {node} every={} zone=Europe/Berlin start=2026-10-{:02}",
            ["1d", "1w", "1month"][dice.below(3)],
            1 + start
        ),
        2 => format!(
            "declare-cadence {node} cron=\"{start} */6 * * *\" zone=America/Sao_Paulo start=2026-12-20"
        ),
        3 => "list-cadences limit=2".to_owned(),
        4 => format!("find-window date=2026-10-{:02} every=1d zone=Europe/Berlin", 1 + start),
        _ => {
            format!("list-windows {node} limit=5 statuses={}", ["", "missing", "done,running"][dice.below(3)])
        }
    }
}

fn late(node: &str, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!(
            "declare-late-rule {} action={} allowed={}{}",
            ["", node][dice.below(2)],
            ["reopen", "record", "refuse"][dice.below(3)],
            dice.below(60),
            ["", " downstream"][dice.below(2)]
        ),
        1 => "list-late-rules limit=2".to_owned(),
        _ => {
            let (start, position) = (dice.below(80), dice.below(100));
            let node = node.trim_start_matches("node=");
            format!("report-arrivals arrival:{node}={start}..{},{position} rows={position}", start + 20)
        }
    }
}

/// Keys and partitions that may not be there, so that some of it is refused.
fn partition(run: &str, node: &str, token: &str, worker: &str, dice: &mut Dice) -> String {
    let customer = format!("c{}", dice.below(6));
    let partition = format!("{}|{customer}", ["eu", "us", "emea"][dice.below(3)]);
    match dice.below(12) {
        0 => format!("declare-partitions {node} dim:region=eu,us dim:customer=*"),
        1 => format!("declare-partitions {node} dim:region=us,eu,{customer} dim:customer=*"),
        2 | 3 => format!("change-partition-keys {node} dimension=customer add={customer},{customer}x"),
        4 => format!(
            "change-partition-keys {node} dimension=customer remove={customer}{}",
            ["", " forget reason=\"they left\""][dice.below(2)]
        ),
        5 => format!(
            "mark-partitions {node} partitions={partition} status={} rows=5 as=v1 reason=\"by hand\"",
            ["done", "failed", "stale", "missing"][dice.below(4)]
        ),
        6 => format!(
            "rekey-partitions {node} dimension=region rename:eu=emea rename:us={} reason=\"one name\"",
            ["eu", "apac"][dice.below(2)]
        ),
        7 => format!("rekey-partitions {node} dim:tenant=t1,t2 key=t1 dry-run"),
        8 => format!(
            "list-partitions {node} limit=3 statuses={}",
            ["", "missing", "done,stale"][dice.below(3)]
        ),
        9 => format!("list-partition-keys {node} dimension=customer limit=2 & describe-partitions"),
        10 => format!("report-progress {run} {node} {token} done:{partition}=7 as=v{}", dice.below(3)),
        _ => format!("begin-node {run} {node} {worker} partitions=all as=v1 limit=2"),
    }
}

fn stream(dice: &mut Dice) -> String {
    let checkpoint = 1 + dice.below(9);
    match dice.below(12) {
        0 | 1 => format!(
            "declare-stream op:in=2 op:out=1 interval-ms=1000 timeout-ms=60000 retain={}",
            1 + dice.below(3)
        ),
        2 | 3 => format!("trigger-checkpoint{}", ["", " if-due", " savepoint=pinned"][dice.below(3)]),
        4..=6 => format!(
            "acknowledge-checkpoint checkpoint={checkpoint} by=in/{} parts=base:10,part-{}:7 at:log/{}=int:{}",
            dice.below(2),
            dice.below(20),
            dice.below(2),
            dice.below(10_000)
        ),
        7 | 8 => format!(
            "acknowledge-checkpoint checkpoint={checkpoint} by=in/0,in/1,out/0 transaction=t-{checkpoint}"
        ),
        9 => format!("settle-transactions transactions={checkpoint}/out/0,{checkpoint}/in/1"),
        10 => ["restore-stream", "describe-stream", "list-checkpoints limit=3"][dice.below(3)].to_owned(),
        _ => format!("reclaim-state deleted=part-{}", dice.below(20)),
    }
}

fn preparing(batch: &str, dice: &mut Dice) -> String {
    let state = dice.below(9);
    let covered = match dice.below(3) {
        0 => format!(" covered={}..60", dice.below(50)),
        _ => String::new(),
    };
    format!("prepare-batch {batch} state=page-{state}{covered}")
}

fn covering(run: &str, node: &str, worker: &str, dice: &mut Dice) -> String {
    if dice.below(4) == 0 {
        return format!("begin-node {run} {node} {worker} cover=due limit=2");
    }
    if dice.below(4) == 0 {
        return format!("begin-node {run} {node} {worker} cover=window");
    }
    let (start, length, limit) = (dice.below(80), 1 + dice.below(30), dice.below(3));
    format!("begin-node {run} {node} {worker} cover={start}..{},90..100 limit={limit}", start + length)
}
