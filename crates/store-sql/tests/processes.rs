//! Several processes on one database, of which some are killed at any moment, and the server too.
//!
//! The children are this very test binary: [`child`] does nothing unless the environment says what to do.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::{KEY, Told, Writer, check, open};
use futures::executor::block_on;
use highwater_store::Store;

const LOCATION: &str = "HIGHWATER_TEST_LOCATION";
const WRITER: &str = "HIGHWATER_TEST_WRITER";

/// Begins each line that tells of an acknowledged append.
const ACKNOWLEDGED: &str = "acknowledged ";

/// How long children work and die.
const STORM: Duration = Duration::from_secs(4);

/// Appends for ever, and prints each version and digest as soon as it is acknowledged.
#[test]
fn child() {
    let Some(location) = std::env::var_os(LOCATION).and_then(|it| it.into_string().ok()) else { return };
    let number = std::env::var(WRITER).ok().and_then(|it| it.parse().ok()).expect("a number");
    let store = open(&location).expect("it opens");
    let mut writer = Writer::new(number);
    loop {
        if let Told::Acknowledged(version, digest) = writer.append(&store) {
            let mut output = std::io::stdout();
            let told = writeln!(output, "{ACKNOWLEDGED}{version} {digest}").and_then(|()| output.flush());
            told.expect("the parent listens");
        }
    }
}

struct Worker {
    child: Child,
    told: JoinHandle<Vec<Told>>,
}

fn spawn(location: &str, number: u8) -> Worker {
    let mut child = Command::new(std::env::current_exe().expect("this test has a file"))
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(LOCATION, location)
        .env(WRITER, number.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child can be started");
    let output = BufReader::new(child.stdout.take().expect("the output is piped"));
    let told =
        thread::spawn(move || output.lines().map_while(Result::ok).filter_map(|line| read(&line)).collect());
    Worker { child, told }
}

/// What a whole line says; the last one may be cut off.
fn read(line: &str) -> Option<Told> {
    let (_, told) = line.split_once(ACKNOWLEDGED)?;
    let (version, digest) = told.split_once(' ')?;
    // A digest that is cut off is none.
    (digest.len() == highwater_format::Digest::ZERO.to_string().len())
        .then(|| version.parse().ok().map(|version| Told::Acknowledged(version, digest.to_owned())))
        .flatten()
}

fn kill(mut worker: Worker) -> Vec<Told> {
    worker.child.kill().expect("it is killed");
    worker.child.wait().expect("it is gone");
    worker.told.join().expect("its output was read")
}

/// Children append, and every moment one of them is killed and another one starts.
fn storm(location: &str) {
    drop(open(location).expect("it opens"));
    let mut workers: Vec<Worker> = (1..=3).map(|number| spawn(location, number)).collect();
    let mut told = Vec::new();
    let until = Instant::now() + STORM;
    let mut number = 4;
    while Instant::now() < until {
        thread::sleep(Duration::from_millis(150 + u64::from(number) * 37 % 300));
        told.extend(kill(workers.remove(0)));
        workers.push(spawn(location, number));
        number += 1;
    }
    workers.into_iter().for_each(|worker| told.extend(kill(worker)));
    let journal = block_on(open(location).expect("it opens").read(KEY)).expect("it is read");
    check(&journal, &told);
}

#[cfg(feature = "sqlite")]
#[test]
fn workers_on_a_file_die_at_any_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    storm(&format!("sqlite:{}", folder.path().join("state.db").display()));
}

#[cfg(feature = "postgres")]
#[test]
fn workers_on_a_server_die_at_any_moment() {
    let server = highwater_test_servers::Postgres::start();
    storm(&server.url(&server.database()));
}

/// The server itself dies in the middle of commits, again and again: what it acknowledged is there, what the store said can never be
/// there is not, and the rest is one or the other.
#[cfg(feature = "postgres")]
#[test]
fn the_server_dies_at_any_moment() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let server = highwater_test_servers::Postgres::start();
    let location = server.url(&server.database());
    drop(open(&location).expect("it opens"));
    let over = AtomicBool::new(false);
    let told: Vec<Told> = thread::scope(|scope| {
        let work = |number| {
            let (location, over) = (&location, &over);
            scope.spawn(move || {
                let store = open(location).expect("it opens");
                let mut writer = Writer::new(number);
                let mut told = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    told.push(writer.append(&store));
                }
                told
            })
        };
        let writers: Vec<_> = (1..=4).map(work).collect();
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(600));
            server.kill();
            server.start_again("");
        }
        thread::sleep(Duration::from_millis(300));
        over.store(true, Ordering::Relaxed);
        writers.into_iter().flat_map(|writer| writer.join().expect("it ends")).collect()
    });
    let unknown = told.iter().filter(|told| matches!(told, Told::Unknown(..) | Told::Refused(..))).count();
    assert!(unknown > 0, "no append was under way when the server died");
    let journal = block_on(open(&location).expect("it opens").read(KEY)).expect("it is read");
    check(&journal, &told);
}
