//! What can be said to `exec`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use highwater::ArtifactReport;

use super::{environment, program};
use crate::failure::{Failure, Outcome};
use crate::limits::{GRACE, LEASE};
use crate::time::parse_duration;

const AFTER_HELP: &str = "\
The command finds in its environment:
  HIGHWATER_PIPELINE, HIGHWATER_RUN, HIGHWATER_NODE   where it works
  HIGHWATER_ATTEMPT, HIGHWATER_TOKEN                  number of the attempt, and its fencing token for the sink
  HIGHWATER_HWM, HIGHWATER_HWM_<NAME>                 positions of --hwm; absent until they are set
  HIGHWATER_STATE                                     file with the resume state of the attempt before; absent without
  HIGHWATER_RESULT                                    file to write results into
  HIGHWATER_STORE                                     the store, for highwater itself

It may write into HIGHWATER_RESULT, a line each, or all as one JSON object:
  hwm VALUE          the new position, where there is one --hwm
  hwm NAME VALUE     the new position of one --hwm of several
  rows_read N, rows_written N, rows_failed N, bytes N
  state TEXT         what the next attempt finds in HIGHWATER_STATE if this one dies

Positions move in the same record as the success of the command, or not at all.";

/// See [`crate::arguments::Noun::Exec`].
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ExecArguments {
    /// Id of the pipeline.
    #[arg(short, long, value_name = "ID")]
    pub(super) pipeline: String,
    /// Name of the node that the command is.
    #[arg(short, long, value_name = "NAME")]
    pub(super) node: String,
    /// Id of the run, started if there is none. Left out, it is the unfinished run that exec started for this node, or a
    /// new one.
    #[arg(short, long, value_name = "ID")]
    pub(super) run: Option<String>,
    /// A position that the command reads and may move; may be repeated.
    #[arg(long = "hwm", value_name = "NAME")]
    pub(super) hwms: Vec<String>,
    /// A part of what the command works on, such as code=9f2c1e; may be repeated. While nothing of that has changed since its last success,
    /// and what that made is still there, the command is skipped.
    #[arg(long = "fingerprint", value_name = "NAME=TEXT", value_parser = crate::run::parse_pair)]
    fingerprint: Vec<(String, String)>,
    /// A file or folder that the command makes; may be repeated. It must be there at its end, empty or not.
    #[arg(long = "artifact", value_name = "PATH")]
    artifacts: Vec<String>,
    /// How long this process may show no sign of life before others take over [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    lease: Option<Duration>,
    /// Ends with exit code 3 instead of waiting while another process works on the node.
    #[arg(long)]
    pub(super) no_wait: bool,
    /// Time that the command has to end after SIGTERM when it is fenced, before SIGKILL [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    grace: Option<Duration>,
    /// Longest time that one attempt may take, before it has failed. It is kept with the pipeline's graph, for later runs too.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(super) deadline: Option<Duration>,
    /// Attempts in all. This and the next three are kept with the pipeline's graph, for later runs too.
    #[arg(long, value_name = "N", help_heading = "Retries")]
    pub(super) max_attempts: Option<u32>,
    /// Pause after the first failure; it doubles.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Retries")]
    pub(super) backoff: Option<Duration>,
    /// Longest pause.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Retries")]
    pub(super) max_backoff: Option<Duration>,
    /// Tries again only after these exit codes, for example 75,111.
    #[arg(long, value_name = "CODES", value_delimiter = ',', help_heading = "Retries")]
    pub(super) retry_exit_codes: Vec<u8>,
    /// The command and its arguments, after --.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<std::ffi::OsString>,
}

impl ExecArguments {
    /// Finds what would fail every attempt, before anything is recorded.
    pub(super) fn check(&self) -> Outcome<()> {
        let mut variables: BTreeMap<String, &String> = BTreeMap::new();
        for name in &self.hwms {
            if let Some(other) = variables.insert(environment::hwm_variable(name), name) {
                return Err(Failure::usage(format!(
                    "--hwm `{other}` and --hwm `{name}` would be the same variable, {}; rename one of them",
                    environment::hwm_variable(name)
                )));
            }
        }
        program::check(&self.command[0])
    }

    /// What the command works on, if that was said.
    pub(super) fn fingerprint(&self) -> Option<BTreeMap<String, String>> {
        (!self.fingerprint.is_empty()).then(|| self.fingerprint.iter().cloned().collect())
    }

    /// What the command makes. A later call may come from another folder, so paths are absolute.
    pub(super) fn artifacts(&self) -> Vec<ArtifactReport> {
        let absolute = |path: &String| match std::path::absolute(path) {
            Ok(absolute) if !path.contains(':') => absolute.display().to_string(),
            _ => path.clone(),
        };
        self.artifacts.iter().map(|path| absolute(path).into()).collect()
    }

    /// Length of the lease.
    pub(super) fn lease(&self) -> Duration {
        self.lease.unwrap_or(LEASE)
    }

    /// Time between SIGTERM and SIGKILL.
    pub(super) fn grace(&self) -> Duration {
        self.grace.unwrap_or(GRACE)
    }

    /// Name of the program. Its arguments are nobody's business: they may hold passwords.
    pub(super) fn program(&self) -> String {
        let program = std::path::Path::new(&self.command[0]);
        program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
    }
}
