//! Each example as a process of its own that is killed (SIGKILL) again and again, and what it has made in the end, held against a run that
//! nobody disturbed: no row is lost, none is there twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use highwater_example_streams::between_logs::{Booking, Payment};
use highwater_example_streams::file_log::FileLog;
use highwater_example_streams::session_windows::{Click, Session};

/// Kills of each example, if it does not end before.
const KILLS: u64 = 25;

/// Longer than any example takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn start(example: &str, folder: &Path, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater-example-streams"));
    command.arg(example).arg(folder).args(more).stderr(Stdio::piped());
    command.spawn().expect("the example starts")
}

fn run_to_its_end(example: &str, folder: &Path, more: &[&str]) {
    let mut child = start(example, folder, more);
    let began = Instant::now();
    while child.try_wait().expect("its state").is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().expect("it can be killed");
            panic!("{example} does not come to its end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let done = child.wait_with_output().expect("it has ended");
    assert!(done.status.success(), "{example}: {}", String::from_utf8_lossy(&done.stderr));
}

/// How long the journal is, in bytes: it grows with each step of a checkpoint.
fn journal_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let bytes = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => journal_bytes(&entry.path()),
        _ if entry.path().extension().is_some_and(|it| it == "hwl") => {
            entry.metadata().map_or(0, |it| it.len())
        }
        _ => 0,
    };
    entries.flatten().map(bytes).sum()
}

/// Kills it at moments without a pattern, each some steps after it has gone on, and then lets it go to its end. Gives the number of kills.
fn run_with_kills(example: &str, folder: &Path, more: impl Fn(u64) -> Vec<&'static str>) -> u64 {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..KILLS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let until = journal_bytes(folder) + 300 + random % 2_500;
        let mut child = start(example, folder, &more(kill));
        let began = Instant::now();
        while journal_bytes(folder) < until && began.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait().expect("its state") {
                assert!(status.success(), "{example} failed by itself after {kill} kills");
                return kill;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(random % 5_000));
        // On Unix this is SIGKILL.
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }
    run_to_its_end(example, folder, &more(KILLS));
    KILLS
}

/// Two folders with the same input: one for the run that nobody disturbs.
fn folders(fill: impl Fn(&Path)) -> [tempfile::TempDir; 2] {
    [(), ()].map(|()| {
        let folder = tempfile::tempdir().expect("a folder");
        fill(folder.path());
        folder
    })
}

fn log(folder: &Path, name: &str) -> FileLog {
    FileLog::open(&folder.join(name), 2).expect("a log")
}

fn bookings(folder: &Path) -> Vec<Booking> {
    let mut all: Vec<Booking> = log(folder, "bookings").all().expect("they are read");
    all.sort();
    all
}

#[test]
fn between_logs_no_row_is_lost_or_doubled() {
    const PAYMENTS: u64 = 2_000;
    let folders = folders(|folder| {
        let payment =
            |number: u64| Payment { account: format!("account {}", number % 37), cents: number as i64 };
        for partition in 0..2 {
            let some: Vec<Payment> =
                (0..PAYMENTS).filter(|it| it % 37 % 2 == partition).map(payment).collect();
            log(folder, "payments").append(partition as u32, None, &some).expect("written");
        }
    });
    let [undisturbed, killed] = folders.each_ref().map(tempfile::TempDir::path);
    run_to_its_end("between-logs", undisturbed, &[]);
    let kills = run_with_kills("between-logs", killed, |_| vec![]);
    assert!(kills >= 5, "only {kills} kills");
    assert_eq!(bookings(undisturbed).len() as u64, PAYMENTS);
    assert_eq!(bookings(killed), bookings(undisturbed), "after {kills} kills");
    // Once more at the end: there is nothing left to do.
    run_to_its_end("between-logs", killed, &[]);
    assert_eq!(bookings(killed).len() as u64, PAYMENTS);
}

fn sessions(folder: &Path) -> Vec<Session> {
    let mut all: Vec<Session> = log(folder, "sessions").all().expect("they are read");
    all.sort();
    all
}

#[test]
fn each_session_is_there_once_and_whole() {
    const CLICKS: u64 = 2_000;
    let click = |number: u64| Click {
        user: format!("user {}", number % 50),
        // Every seventh click of a user comes after a pause.
        at_s: (number * 10 + number / 50 / 7 * 2_000) as i64,
        page: format!("/{number}"),
    };
    let folders = folders(|folder| {
        for partition in 0..2 {
            let some: Vec<Click> = (0..CLICKS).filter(|number| number % 2 == partition).map(click).collect();
            log(folder, "clicks").append(partition as u32, None, &some).expect("written");
        }
    });
    let [undisturbed, killed] = folders.each_ref().map(tempfile::TempDir::path);
    run_to_its_end("session-windows", undisturbed, &[]);
    let kills = run_with_kills("session-windows", killed, |_| vec![]);
    assert!(kills >= 5, "only {kills} kills");
    let expected = sessions(undisturbed);
    assert_eq!(expected.iter().map(|session| session.pages.len() as u64).sum::<u64>(), CLICKS);
    assert_eq!(expected.len(), 50 * 6, "40 clicks of each user, seven a session");
    assert_eq!(sessions(killed), expected, "after {kills} kills");
}

fn counts(folder: &Path) -> BTreeMap<String, u64> {
    let text = std::fs::read(folder.join("counts.json")).expect("the counts are there");
    serde_json::from_slice(&text).expect("they are JSON")
}

#[test]
fn each_word_is_counted_once_at_any_parallelism() {
    const LINES: u64 = 2_000;
    let line = |number: u64| format!("line {} has w{} and w{}", number, number * 31 % 97, number * 17 % 13);
    let folders = folders(|folder| {
        for partition in 0..2 {
            let some: Vec<String> = (0..LINES).filter(|number| number % 2 == partition).map(line).collect();
            log(folder, "lines").append(partition as u32, None, &some).expect("written");
        }
    });
    let [undisturbed, killed] = folders.each_ref().map(tempfile::TempDir::path);
    run_to_its_end("word-count", undisturbed, &["2"]);
    // Each life has another number of counters.
    let kills = run_with_kills("word-count", killed, |kill| vec![["2", "3", "1", "4"][kill as usize % 4]]);
    assert!(kills >= 5, "only {kills} kills");
    assert_eq!(counts(undisturbed)["line"], LINES);
    assert_eq!(counts(killed), counts(undisturbed), "after {kills} kills");
}
