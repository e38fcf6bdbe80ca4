//! Several processes on one directory: races, and SIGKILL at any moment.
//!
//! The children are this very test binary: [`child`] does nothing unless the environment says what to do.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::*;
use highwater_format::frame_digest;
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Journal, Store, Tail};
use highwater_store_file::{FileStore, FileStoreOptions};

const FOLDER: &str = "HIGHWATER_TEST_FOLDER";
const WRITER: &str = "HIGHWATER_TEST_WRITER";
const UNTIL: &str = "HIGHWATER_TEST_UNTIL";
const TOGETHER: &str = "HIGHWATER_TEST_TOGETHER";
const TRIMS: &str = "HIGHWATER_TEST_TRIMS";

/// Begins each line that tells of an acknowledged append.
const ACKNOWLEDGED: &str = "acknowledged ";

/// A child that won so many versions lets the others in: on a busy machine one of them might have won all before
/// the next one had its first turn.
const STREAK: u64 = 16;

/// What a child says when it waits for a line of input to start.
const READY: &str = "ready";

fn open_for_processes(folder: &Path) -> FileStore {
    let options = FileStoreOptions::new().segment_bytes(16 * 1024);
    FileStore::open_with(folder, &options).expect("the folder can be opened")
}

/// Appends until the given version is there, and prints each version and digest as soon as it is acknowledged.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (writer, until, trims) = (number(WRITER) as u8, number(UNTIL), number(TRIMS));
    if std::env::var_os(TOGETHER).is_some() {
        writeln!(std::io::stdout(), "{READY}")
            .and_then(|()| std::io::stdout().flush())
            .expect("the parent listens");
        std::io::stdin().read_line(&mut String::new()).expect("the parent says when to start");
    }
    let store = open_for_processes(Path::new(&folder));
    let mut output = std::io::stdout();
    let journal = read(&store).expect("readable");
    let mut chain = chain_after(&store, &journal).expect("readable");
    let mut head = journal.head();
    let mut streak = 0;
    while head < until {
        let size = (head * 37 % 400) as usize;
        let frame = record_frame(head + 1, writer, size, chain);
        match wait(store.append(KEY, head + 1, frame.clone())) {
            Ok(Append::Appended) => {
                (head, chain) = (head + 1, frame_digest(&frame));
                writeln!(output, "{ACKNOWLEDGED}{head} {chain}")
                    .and_then(|()| output.flush())
                    .expect("the parent listens");
                if trims > 0 && head.is_multiple_of(trims) {
                    wait(store.put_snapshot(KEY, head, snapshot_frame(head, 500, chain))).expect("stored");
                    wait(store.trim(KEY, head)).expect("trimmed");
                }
                streak += 1;
                if streak == STREAK {
                    streak = 0;
                    thread::sleep(Duration::from_micros(200));
                }
            }
            Ok(Append::Taken) => match read_from(&store, head + 1).expect("readable") {
                Tail::Records { records, .. } => {
                    let last = records.last().expect("what is taken can be read");
                    (head, chain) = (last.version, frame_digest(&last.bytes));
                }
                Tail::Trimmed { .. } => {
                    let journal = read(&store).expect("readable");
                    (head, chain) = (journal.head(), chain_after(&store, &journal).expect("readable"));
                }
            },
            Err(error) => panic!("append: {error:?}"),
        }
    }
}

fn command(folder: &Path, writer: u8, until: u64, trims: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test has a file"));
    command
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(WRITER, writer.to_string())
        .env(UNTIL, until.to_string())
        .env(TRIMS, trims.to_string())
        .stdout(Stdio::piped());
    command
}

fn spawn(folder: &Path, writer: u8, trims: u64) -> Child {
    command(folder, writer, u64::MAX, trims).spawn().expect("the child can be started")
}

/// Reads what a child acknowledges, until it ends, in a thread of its own; tells of each one through `told`.
fn listen(child: &mut Child, told: &mpsc::Sender<()>) -> thread::JoinHandle<Vec<(u64, String)>> {
    let output = BufReader::new(child.stdout.take().expect("the output is piped"));
    let told = told.clone();
    thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for line in output.lines().map_while(Result::ok) {
            if line.ends_with(READY) {
                let _ = told.send(());
            }
            // The test harness of the child may have begun the line.
            let Some((_, text)) = line.split_once(ACKNOWLEDGED) else { continue };
            // A line that the kill cut off is no acknowledgement that anybody received.
            let Some((version, digest)) = text.split_once(' ').filter(|(_, digest)| digest.len() == 64)
            else {
                continue;
            };
            acknowledged.push((version.parse().expect("a version"), digest.to_owned()));
            let _ = told.send(());
        }
        acknowledged
    })
}

/// Adds what a child was told; no version may be told to two.
fn merge(all: &mut BTreeMap<u64, String>, acknowledged: Vec<(u64, String)>) {
    for (version, digest) in acknowledged {
        assert!(all.insert(version, digest).is_none(), "version {version} was acknowledged twice");
    }
}

/// Everything that was acknowledged, and that is not behind the snapshot, is there with the same bytes.
fn check(folder: &Path, all: &BTreeMap<u64, String>) -> Journal {
    let journal = read(&open_for_processes(folder)).expect("readable after every kill");
    let after = journal.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
    assert_eq!(versions(&journal), (after + 1..=journal.head()).collect::<Vec<_>>());
    let last = all.keys().last().copied().unwrap_or(0);
    assert!(journal.head() >= last, "version {last} was acknowledged, and the head is {}", journal.head());
    for record in &journal.tail {
        if let Some(digest) = all.get(&record.version) {
            assert_eq!(
                frame_digest(&record.bytes).to_string(),
                *digest,
                "version {} was replaced",
                record.version
            );
        }
    }
    journal
}

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Starts two children a round, which race, and kills both at a random moment.
fn kill_storm(folder: &Path, rounds: u64, trims: u64) {
    let mut all = BTreeMap::new();
    let mut random = Random(trims + 7);
    for _ in 0..rounds {
        let mut children = [spawn(folder, 1, trims), spawn(folder, 2, trims)];
        let (sender, told) = mpsc::channel();
        let listeners = children.each_mut().map(|child| listen(child, &sender));
        // From before the first append to the middle of a burst of them.
        if random.below(4) > 0 {
            told.recv_timeout(Duration::from_secs(60)).expect("one of two writers gets through");
        }
        thread::sleep(Duration::from_micros(random.below(4_000)));
        for child in &mut children {
            child.kill().and_then(|()| child.wait()).expect("the child can be killed");
        }
        for lines in listeners {
            merge(&mut all, lines.join().expect("the listener ends with its child"));
        }
        check(folder, &all);
    }
    assert!(all.len() as u64 > rounds, "the children did next to nothing: {} appends", all.len());
    let (_, outcome) = append_next(&open_for_processes(folder), 9, 10).expect("the journal goes on");
    assert_eq!(outcome, Append::Appended);
}

#[test]
fn a_hundred_kills_lose_nothing_that_was_acknowledged() {
    for _ in 0..5 {
        kill_storm(folder().path(), 10, 0);
    }
}

#[test]
fn sixty_kills_between_snapshots_and_trims_lose_nothing() {
    kill_storm(folder().path(), 30, 10);
}

#[test]
fn forty_kills_on_a_disk_lose_nothing() {
    kill_storm(tempfile::tempdir().expect("a folder").path(), 20, 25);
}

/// Lets processes race for every version up to `until`, from the same moment on.
fn race(writers: u8, until: u64, trims: u64) {
    let folder = folder();
    let spawn = |writer| {
        let mut command = command(folder.path(), writer, until, trims);
        command.env(TOGETHER, "").stdin(Stdio::piped()).spawn().expect("the child can be started")
    };
    let mut children: Vec<Child> = (1..=writers).map(spawn).collect();
    let (sender, ready) = mpsc::channel();
    let listeners: Vec<_> = children.iter_mut().map(|child| listen(child, &sender)).collect();
    for _ in &children {
        ready.recv_timeout(Duration::from_secs(60)).expect("each child gets ready");
    }
    for child in &mut children {
        child.stdin.take().expect("the input is piped").write_all(b"start\n").expect("the child listens");
    }
    let mut all = BTreeMap::new();
    let mut winners = 0;
    for lines in listeners {
        let acknowledged = lines.join().expect("the listener ends with its child");
        winners += usize::from(!acknowledged.is_empty());
        merge(&mut all, acknowledged);
    }
    for child in &mut children {
        assert!(child.wait().expect("the child ends").success(), "a child failed");
    }
    let journal = check(folder.path(), &all);
    assert_eq!(journal.head(), until);
    let lost = (1..=until).filter(|version| !all.contains_key(version)).count();
    let figures = format!("FIGURE raced-appends {}\nFIGURE records-lost {lost}\n", all.len());
    std::io::stdout().write_all(figures.as_bytes()).expect("somebody reads it");
    assert_eq!(
        all.keys().copied().collect::<Vec<_>>(),
        (1..=until).collect::<Vec<_>>(),
        "each version has one winner"
    );
    assert!(winners > 1, "nobody raced");
}

#[test]
fn four_processes_race_and_rotate() {
    race(4, 3_000, 0);
}

/// `HIGHWATER_RACE_APPENDS` is how many appends they do together.
#[test]
fn eight_processes_race() {
    let appends = std::env::var("HIGHWATER_RACE_APPENDS").map(|text| text.parse().expect("a number"));
    race(8, appends.unwrap_or(2_000), 0);
}

#[test]
fn three_processes_race_rotate_and_trim() {
    race(3, 3_000, 20);
}
