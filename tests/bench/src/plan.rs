//! How thoroughly to measure, and where.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Problem;

/// How thoroughly to measure, and where.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// How long each side works in a round.
    pub(crate) round: Duration,
    /// Without the rivals.
    pub(crate) alone: bool,
    /// Where the files go. It must be on a disk: in a file system in memory, flushing costs nothing.
    folder: PathBuf,
    /// The folder `node` of this package, with the scripts for Node.
    pub(crate) scripts: PathBuf,
}

impl Plan {
    pub(crate) fn new(quick: bool, alone: bool, folder: &Path) -> Result<Plan, Problem> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
        let (rounds, round_ms) = if quick { (3, 100) } else { (9, 400) };
        Ok(Plan {
            rounds,
            round: Duration::from_millis(round_ms),
            alone,
            folder: folder.to_owned(),
            scripts: Path::new(env!("CARGO_MANIFEST_DIR")).join("node"),
        })
    }

    /// The same with one round, for what hardly differs from round to round.
    pub(crate) fn once(&self) -> Plan {
        Plan { rounds: 1, ..self.clone() }
    }

    /// An empty folder that goes away with the value.
    pub(crate) fn folder(&self) -> Result<TempDir, Problem> {
        Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(&self.folder)?)
    }

    /// How many times a second `work` can be done, `work` doing one or more at a time and saying how many.
    pub(crate) fn per_second(
        &self,
        mut work: impl FnMut() -> Result<usize, Problem>,
    ) -> Result<f64, Problem> {
        let began = Instant::now();
        let mut done = 0;
        while began.elapsed() < self.round {
            done += work()?;
        }
        Ok(done as f64 / began.elapsed().as_secs_f64())
    }

    /// Microseconds that one takes.
    pub(crate) fn microseconds_each(
        &self,
        work: impl FnMut() -> Result<usize, Problem>,
    ) -> Result<f64, Problem> {
        Ok(1e6 / self.per_second(work)?)
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Plan {
        Plan {
            rounds: 3,
            round: Duration::from_millis(1),
            alone: false,
            folder: PathBuf::new(),
            scripts: PathBuf::new(),
        }
    }
}
