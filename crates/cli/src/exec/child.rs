//! The process of the command.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child as Process, ChildStderr, Command};

use super::guard::Guard;
use super::signals::Interruption;
use super::stderr_tail::StderrTail;
use crate::exit_code;
use crate::limits::DRAIN;

/// The command while it runs.
#[derive(Debug)]
pub(super) struct Child {
    process: Process,
    stderr: Option<ChildStderr>,
    target: Target,
    guard: Option<Guard>,
    /// What it said last.
    pub(super) tail: StderrTail,
}

/// Whom signals reach.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// The command and all that it started: it leads a process group of its own.
    Group(Pid),
    /// The command alone: at a terminal it stays in our group, or it could not read what is typed.
    Process(Pid),
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, with this exit code.
    Code(u8),
    /// By this signal.
    Signal(i32),
}

impl Child {
    /// Starts it. Stdin and stdout are ours; stderr passes through us.
    pub(super) fn spawn(
        command: &[OsString],
        environment: &BTreeMap<OsString, OsString>,
    ) -> io::Result<Child> {
        let own_group = !io::stdin().is_terminal();
        let mut builder = Command::new(&command[0]);
        builder.args(&command[1..]).env_clear().envs(environment).stderr(Stdio::piped()).kill_on_drop(true);
        if own_group {
            builder.process_group(0);
        }
        let mut process = builder.spawn()?;
        let stderr = process.stderr.take();
        let pid = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("the new process has no id"))?;
        let target = if own_group { Target::Group(pid) } else { Target::Process(pid) };
        // Without a guard all is well as long as this process is not killed.
        let guard = Guard::start(target).ok();
        Ok(Child { process, stderr, target, guard, tail: StderrTail::default() })
    }

    /// The end of the process, or `None` each time that something on stderr was passed on. Nothing is lost if this is
    /// dropped half-way.
    pub(super) async fn next(&mut self) -> io::Result<Option<End>> {
        let mut buffer = [0; 8 * 1024];
        let stderr = self.stderr.as_mut();
        tokio::select! {
            read = read(stderr, &mut buffer) => {
                self.pass_on(&buffer[..read]);
                Ok(None)
            }
            status = self.process.wait() => status.map(|status| Some(end(status))),
        }
    }

    /// Passes on what is left on stderr after the end. What runs on in the background may hold it open.
    pub(super) async fn drain(&mut self) {
        let deadline = tokio::time::Instant::now() + DRAIN;
        let mut buffer = [0; 8 * 1024];
        while let Some(stderr) = self.stderr.as_mut() {
            match tokio::time::timeout_at(deadline, read(Some(stderr), &mut buffer)).await {
                Ok(length) => self.pass_on(&buffer[..length]),
                Err(_) => break,
            }
        }
        if let Some(guard) = self.guard.take() {
            guard.dismiss().await;
        }
    }

    fn pass_on(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.stderr = None;
            return;
        }
        self.tail.push(bytes);
        // If nobody reads ours, the command need not die of it.
        let _ = io::stderr().lock().write_all(bytes);
    }

    /// Hands a signal on, unless the terminal did so itself.
    pub(super) fn forward(&self, interruption: Interruption) {
        let has_it = interruption.is_from_terminal && matches!(self.target, Target::Process(_));
        if let Some(signal) = Signal::from_named_raw(interruption.signal).filter(|_| !has_it) {
            self.target.send(signal);
        }
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) {
        self.target.send(Signal::TERM);
    }

    /// Ends it, and what it left behind.
    pub(super) fn kill(&self) {
        self.target.send(Signal::KILL);
    }
}

impl Target {
    /// Sends a signal. Who is gone already needs none.
    pub(super) fn send(self, signal: Signal) {
        let _ = match self {
            Target::Group(pid) => kill_process_group(pid, signal),
            Target::Process(pid) => kill_process(pid, signal),
        };
    }
}

impl End {
    /// Exit code for whoever called us: the same, or as shells show signals.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            End::Code(code) => code,
            End::Signal(signal) => {
                exit_code::SIGNAL_BASE.saturating_add(u8::try_from(signal).unwrap_or_default())
            }
        }
    }

    /// Class of the error, on which retry policies match: `exit-N` or `signal-NAME`.
    pub(super) fn class(self) -> String {
        match self {
            End::Code(code) => format!("exit-{code}"),
            End::Signal(signal) => match signal_hook::low_level::signal_name(signal) {
                Some(name) => format!("signal-{}", name.trim_start_matches("SIG")),
                None => format!("signal-{signal}"),
            },
        }
    }
}

async fn read(stderr: Option<&mut ChildStderr>, buffer: &mut [u8]) -> usize {
    match stderr {
        // A broken pipe has as little to say as a closed one.
        Some(stderr) => stderr.read(buffer).await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Code(u8::try_from(code).unwrap_or(exit_code::WORK_FAILED)),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}
