//! Sees to it that the command does not outlive us.
//!
//! If this process is killed, nobody beats for the command any more, and after the lease another worker does the same work.
//! So a second process of this program waits at a pipe for our end, and then ends the command and all that it started.

use std::io::{self, Read};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process, test_kill_process_group};
use tokio::process::{Child, Command};

use super::child::Target;
use crate::exit_code;
use crate::limits::GRACE;

/// The verb under which this program is its own guard.
pub(crate) const VERB: &str = "exec-guard";
const GROUP: &str = "group";
const PROCESS: &str = "process";
/// How often the guard looks whether the command has ended.
const LOOK: Duration = Duration::from_millis(50);

/// The other process.
#[derive(Debug)]
pub(super) struct Guard {
    process: Child,
}

impl Guard {
    /// Starts it, out of reach of signals to our group.
    pub(super) fn start(target: Target) -> io::Result<Guard> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(VERB);
        match target {
            Target::Group(pid) => command.args([GROUP, &pid.as_raw_nonzero().to_string()]),
            Target::Process(pid) => command.args([PROCESS, &pid.as_raw_nonzero().to_string()]),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Guard { process: command.kill_on_drop(true).spawn()? })
    }

    /// The command has ended: nothing is left to guard.
    pub(super) async fn dismiss(mut self) {
        let _ = self.process.kill().await;
    }
}

/// The work of the guard: ends the command when stdin closes, which happens when the process dies that holds its other end.
pub(crate) fn guard(words: impl Iterator<Item = String>) -> u8 {
    let Some(target) = told(words) else { return exit_code::USAGE };
    let mut rest = Vec::new();
    // However it ends, nobody is at the other end any more.
    let _ = io::stdin().read_to_end(&mut rest);
    target.send(Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while is_alive(target) && Instant::now() < deadline {
        sleep(LOOK);
    }
    if is_alive(target) {
        target.send(Signal::KILL);
    }
    exit_code::OK
}

/// What [`Guard::start`] said.
fn told(mut words: impl Iterator<Item = String>) -> Option<Target> {
    let (kind, pid) = (words.next()?, words.next()?.parse().ok()?);
    // Lower numbers mean everybody.
    let pid = Pid::from_raw(pid).filter(|_| pid > 1)?;
    match kind.as_str() {
        GROUP => Some(Target::Group(pid)),
        PROCESS => Some(Target::Process(pid)),
        _ => None,
    }
}

fn is_alive(target: Target) -> bool {
    match target {
        Target::Group(pid) => test_kill_process_group(pid).is_ok(),
        Target::Process(pid) => test_kill_process(pid).is_ok(),
    }
}
