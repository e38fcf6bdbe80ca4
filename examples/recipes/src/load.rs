//! The load that all recipes share: batches of rows into a sink, with receipts.

use std::error::Error;

use highwater::{Highwater, Pipeline, Ready, SinkKind, StartRun};

/// The pipeline.
pub const PIPELINE: &str = "dev/numbers";
/// The HWM: the last number that was loaded.
pub const HWM: &str = "numbers.last";
/// Rows of one batch.
pub const BATCH_ROWS: u64 = 8;

/// What a sink must be able to do.
pub trait Sink {
    /// What it does with a batch that comes twice.
    const KIND: SinkKind;

    /// Takes the rows of a batch under its key, all or none, and gives a receipt. The token is larger than that of every batch before.
    fn write(
        &mut self,
        key: &str,
        token: u64,
        rows: &[u64],
    ) -> impl Future<Output = Result<String, Box<dyn Error>>>;

    /// Whether it has the batch with this key. If it has not, it must never take it later, from a worker that was thought dead for
    /// example. `None` means that it cannot say: the same rows are then sent again under the same key.
    fn ask(&mut self, key: &str, token: u64) -> impl Future<Output = Result<Option<bool>, Box<dyn Error>>>;
}

/// Loads the numbers up to `last`, and first finds out what became of a batch that an earlier process left in doubt.
pub async fn load<S: Sink>(hw: &Highwater, sink: &mut S, last: u64) -> Result<(), Box<dyn Error>> {
    let pipeline = hw.pipeline(PIPELINE)?;
    pipeline.declare_sink("load", S::KIND).await?;
    let run = pipeline.start_run(StartRun::new().run_id("night-1")).await?;
    if let Ready::Run(attempt) = run.node("load").begin_or_wait().await? {
        for doubt in attempt.in_doubt() {
            let rows = rows_after(done(&pipeline).await?, end_of(doubt));
            match sink.ask(&doubt.key, doubt.batch).await? {
                Some(true) => drop(attempt.commit_in_doubt(doubt).receipt("found in the sink").await?),
                Some(false) => drop(attempt.abort_in_doubt(doubt, "the sink has it not").await?),
                None => {
                    let receipt = sink.write(&doubt.key, doubt.batch, &rows).await?;
                    attempt.commit_in_doubt(doubt).receipt(receipt).await?;
                }
            }
        }
        loop {
            let from = done(&pipeline).await?;
            let rows = rows_after(from, last.min(from + BATCH_ROWS));
            let Some(end) = rows.last().copied() else { break };
            // Written down first: if this process dies behind this line, the next one knows that it must ask.
            let delivery = attempt.prepare().hwm(HWM, end).await?;
            let receipt = sink.write(delivery.key(), delivery.token(), &rows).await?;
            // Only now the HWM moves.
            delivery.commit().receipt(receipt).await?;
        }
        attempt.succeed().await?;
    }
    run.finish().await?;
    Ok(())
}

async fn done(pipeline: &Pipeline) -> Result<u64, Box<dyn Error>> {
    Ok(pipeline.hwm(HWM).get_as::<u64>().await?.unwrap_or(0))
}

fn rows_after(from: u64, last: u64) -> Vec<u64> {
    (from + 1..=last).collect()
}

/// The last row of a batch: where its HWM would have moved.
fn end_of(batch: &highwater::answer::BatchView) -> u64 {
    match batch.hwms.first().map(|hwm| &hwm.value) {
        Some(highwater::Value::Uint(end)) => *end,
        _ => 0,
    }
}
