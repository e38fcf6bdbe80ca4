//! Highwater as an application uses it: opened, with a pipeline in which HWMs move.

use std::path::Path;
use std::time::Instant;

use highwater::{EngineKind, Highwater, OpenOptions, Pipeline};
use tokio::runtime::Runtime;

use crate::step_loop::hwm_name;
use crate::{PIPELINE, Plan, Problem};

/// HWMs that one command sets while a pipeline is filled.
const FILL_AT_ONCE: usize = 10_000;
/// No submitter moves its HWM so often in one round.
const MOVES_PER_ROUND: i64 = 1_000_000_000;

/// An opened state, and submitters for it.
pub(crate) struct Ours {
    runtime: Runtime,
    hw: Highwater,
    pipeline: Pipeline,
    /// The HWM that moves where one alone does.
    pub(crate) hwm: usize,
    position: i64,
}

impl Ours {
    /// Opens the state in a folder.
    pub(crate) fn open(folder: &Path, engine: EngineKind) -> Result<Ours, Problem> {
        let runtime = Runtime::new()?;
        let location = format!("file:{}", folder.display());
        let hw = runtime.block_on(OpenOptions::new().engine(engine).open(&location))?;
        let pipeline = hw.pipeline(PIPELINE)?;
        Ok(Ours { runtime, hw, pipeline, hwm: 0, position: 1 })
    }

    /// Makes so many HWMs.
    pub(crate) fn fill(&self, hwms: usize) -> Result<(), Problem> {
        for first in (0..hwms).step_by(FILL_AT_ONCE) {
            let names = (first..hwms.min(first + FILL_AT_ONCE)).map(hwm_name);
            self.runtime.block_on(async { self.pipeline.set_hwms(names.map(|name| (name, 0))).await })?;
        }
        Ok(())
    }

    /// Reads one HWM, which reads the journal when nobody has yet.
    pub(crate) fn read_one(&self) -> Result<(), Problem> {
        let read = async { self.pipeline.hwm(hwm_name(0)).get().await };
        self.runtime.block_on(read)?.ok_or("there is no HWM to read")?;
        Ok(())
    }

    /// One durable move of one HWM.
    pub(crate) fn commit(&mut self) -> Result<usize, Problem> {
        self.position += 1;
        let commit = async { self.pipeline.hwm(hwm_name(self.hwm)).set(self.position).await };
        self.runtime.block_on(commit)?;
        Ok(1)
    }

    /// Durable moves a second, with so many submitters at once, of which each waits for its answer before the next move.
    pub(crate) fn commits_per_second(&mut self, plan: &Plan, submitters: usize) -> Result<f64, Problem> {
        let first = self.position;
        self.position += MOVES_PER_ROUND;
        let began = Instant::now();
        let until = began + plan.round;
        let moves = self.runtime.block_on(async {
            let submitters: Vec<_> = (0..submitters)
                .map(|submitter| tokio::spawn(submit(self.pipeline.clone(), submitter, first, until)))
                .collect();
            let mut moves = 0;
            for submitter in submitters {
                moves += submitter.await??;
            }
            Ok::<_, Problem>(moves)
        })?;
        Ok(moves as f64 / began.elapsed().as_secs_f64())
    }

    /// Lets go of the state.
    pub(crate) fn close(self) {
        self.runtime.block_on(self.hw.close());
    }
}

async fn submit(pipeline: Pipeline, submitter: usize, first: i64, until: Instant) -> Result<usize, Problem> {
    let hwm = pipeline.hwm(hwm_name(submitter));
    let mut moves = 0;
    while Instant::now() < until {
        moves += 1;
        hwm.set(first + moves).await?;
    }
    Ok(moves.unsigned_abs() as usize)
}
