//! Workloads that are recorded, and `states`: as many crash-and-recover points as wanted.

mod soak;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use highwater_crash_tests::workload::{Work, run};

/// Crash tests of the file stores.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Uses the store in a folder, and writes down what it was promised. Runs with the shim preloaded.
    Work {
        /// The folder of the store and the promises.
        #[arg(long)]
        folder: PathBuf,
        /// Says when it is ready, and waits for a line.
        #[arg(long)]
        wait: bool,
        /// Number of the writer.
        #[arg(long, default_value_t = 1)]
        writer: u8,
        /// How many records to append.
        #[arg(long)]
        appends: u64,
        /// What sizes are drawn from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Starts the journal anew now and then.
        #[arg(long)]
        resets: bool,
        /// Leaves the log as it is: no trims.
        #[arg(long)]
        keep: bool,
        /// Ends when something fails.
        #[arg(long)]
        stop: bool,
        /// How a call fails: EIO, ENOSPC or SHORT.
        #[arg(long)]
        fail: Option<String>,
        /// For each of these, a run in a folder of its own whose call of this number fails.
        #[arg(long, value_delimiter = ',')]
        calls: Vec<u64>,
    },
    /// Lets the power fail under recorded processes until so many states were opened, and fails when a promise is broken.
    States {
        /// How many states.
        count: usize,
        /// Records Node beside Rust.
        #[arg(long)]
        node: bool,
        /// Most states after each operation.
        #[arg(long, default_value_t = 100)]
        at_point: usize,
        /// The first seed; each recording has the next.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Goes on with the store in each folder below a folder.
    Recover {
        /// The folder above.
        #[arg(long)]
        folder: PathBuf,
    },
}

/// Appends of a recovery: enough for a snapshot.
const RECOVERY_APPENDS: u64 = 8;
/// The writer of a recovery.
const RECOVERY_WRITER: u8 = 90;

fn main() {
    match Arguments::parse().command {
        Command::Work { folder, wait, writer, appends, seed, resets, keep, stop, fail, calls } => {
            if wait {
                wait_for_start();
            }
            let work = Work { writer, appends, seed, resets, keeps: keep, stops: stop };
            match fail {
                None => run(&folder, work, ""),
                Some(how) => fail_calls(&folder, work, &how, &calls),
            }
        }
        Command::States { count, node, at_point, seed } => soak::states(count, node, at_point, seed),
        Command::Recover { folder } => recover(&folder),
    }
}

fn wait_for_start() {
    use std::io::Write;
    std::io::stdout()
        .write_all(b"ready\n")
        .and_then(|()| std::io::stdout().flush())
        .expect("the parent listens");
    std::io::stdin().read_line(&mut String::new()).expect("the parent says when to start");
}

fn fail_calls(folder: &Path, work: Work, how: &str, calls: &[u64]) {
    for call in calls {
        let folder = folder.join(call.to_string());
        std::fs::create_dir(&folder).expect("a new folder");
        run(&folder, work, &format!("!fail {call} {how}"));
    }
}

/// Whether somebody has started the journal there anew, or is about to: then whoever goes on does so too.
fn has_start(folder: &Path) -> bool {
    let journals = std::fs::read_dir(folder.join("state/journals-1")).into_iter().flatten().flatten();
    let names =
        journals.flat_map(|journal| std::fs::read_dir(journal.path()).into_iter().flatten().flatten());
    let mut names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|name| name.starts_with("start-") || name.starts_with("reset-"))
}

fn recover(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let seed = entry.file_name().len() as u64;
        let work = Work {
            writer: RECOVERY_WRITER,
            appends: RECOVERY_APPENDS,
            seed,
            resets: has_start(&entry.path()),
            keeps: false,
            stops: false,
        };
        run(&entry.path(), work, "");
    }
}
