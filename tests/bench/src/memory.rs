//! Work for a process of its own: holds many keys, and says how much memory they take.

use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::Problem;
use crate::rivals::keys::Keys;
use crate::rows::keyed::{KEYS, filled};
use crate::worker::count_of;

/// What a process holds; other processes of this program are started with it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Memory {
    /// Who holds the keys.
    #[arg(long, hide = true)]
    holder: Option<Holder>,
}

/// Who holds the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Holder {
    /// Highwater, in a keyed state.
    Highwater,
    /// SQLite, in memory.
    Sqlite,
}

impl Memory {
    /// Holds them if this process was started for it, and gives the bytes by which it has grown.
    pub(crate) fn run(self) -> Result<Option<usize>, Problem> {
        let Some(holder) = self.holder else { return Ok(None) };
        let before = resident()?;
        let after = match holder {
            Holder::Highwater => {
                let held = filled()?;
                let after = resident()?;
                drop(held);
                after
            }
            Holder::Sqlite => {
                let held = Keys::in_memory(KEYS)?;
                let after = resident()?;
                drop(held);
                after
            }
        };
        Ok(Some(after.saturating_sub(before)))
    }
}

impl Holder {
    /// Bytes for each of so many keys, in a process that holds nothing else.
    pub(crate) fn bytes_of_a_process(self, keys: u64) -> Result<f64, Problem> {
        let name = self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let program = std::env::current_exe()?;
        let child = Command::new(program).args(["--holder", &name]).stdout(Stdio::piped()).spawn()?;
        Ok(count_of(child)? as f64 / keys as f64)
    }
}

/// Memory of this process that is in use, in bytes.
fn resident() -> Result<usize, Problem> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("the system does not say VmRSS")?;
    Ok(kilobytes.trim().parse::<usize>()? * 1024)
}
