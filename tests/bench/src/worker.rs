//! Work for a process of its own: commits one after another, and says how many there were.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use highwater::EngineKind;

use crate::ours::Ours;
use crate::rivals::sqlite::Sqlite;
use crate::step_loop::hwm_name;
use crate::{Plan, Problem};

/// What a process does; other processes of this program are started with it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Work {
    /// Who commits.
    #[arg(long, hide = true, requires = "millis")]
    worker: Option<Who>,
    /// How long, in milliseconds.
    #[arg(long, hide = true)]
    millis: Option<u64>,
    /// Stop after so many commits.
    #[arg(long, hide = true, default_value_t = usize::MAX)]
    commits: usize,
}

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    /// Highwater, on the directory `state`.
    Highwater,
    /// SQLite, on the file `sqlite`.
    Sqlite,
}

impl Work {
    /// Does the work if this process was started for it, and gives the number of commits.
    pub(crate) fn run(self, folder: &Path) -> Result<Option<usize>, Problem> {
        let (Some(who), Some(millis)) = (self.worker, self.millis) else { return Ok(None) };
        let until = Instant::now() + Duration::from_millis(millis);
        let mut commit = who.open(folder)?;
        let mut commits = 0;
        while commits < self.commits && Instant::now() < until {
            commits += commit()?;
        }
        Ok(Some(commits))
    }
}

impl Who {
    fn open(self, folder: &Path) -> Result<Box<dyn FnMut() -> Result<usize, Problem>>, Problem> {
        // Each process moves an HWM of its own, since none may move backwards.
        let hwm = std::process::id() as usize;
        match self {
            Who::Highwater => {
                let mut ours = Ours::open(&folder.join("state"), EngineKind::Native)?;
                ours.hwm = hwm;
                Ok(Box::new(move || ours.commit()))
            }
            Who::Sqlite => {
                let mut sqlite = Sqlite::durable(&folder.join("sqlite"))?;
                let name = hwm_name(hwm);
                Ok(Box::new(move || sqlite.upsert(&name)))
            }
        }
    }

    /// The arguments that make a process of this program do that.
    pub(crate) fn arguments(self, folder: &Path, time: Duration) -> Vec<String> {
        let name = self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let (millis, folder) = (time.as_millis().to_string(), folder.display().to_string());
        ["--worker", &name, "--millis", &millis, "--folder", &folder].map(str::to_owned).to_vec()
    }

    /// Commits a second of so many processes together.
    pub(crate) fn commits_per_second(
        self,
        plan: &Plan,
        folder: &Path,
        processes: usize,
    ) -> Result<f64, Problem> {
        let program = std::env::current_exe()?;
        let start = || {
            let arguments = self.arguments(folder, plan.round);
            Command::new(&program).args(arguments).stdout(Stdio::piped()).spawn()
        };
        let children = (0..processes).map(|_| start()).collect::<Result<Vec<_>, _>>()?;
        let commits = children.into_iter().map(count_of).sum::<Result<usize, Problem>>()?;
        Ok(commits as f64 / plan.round.as_secs_f64())
    }
}

/// What a process says at its end.
pub(crate) fn count_of(child: Child) -> Result<usize, Problem> {
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("a worker process ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
