//! Streams: barriers, sinks in two phases, checkpoints that can be found again.

use std::time::Duration;

use highwater::streaming::{
    BoxError, ExactlyOnceProcessor, FileParts, KeyedState, Operator, ProcessorSpec, Progress, Source,
    TransactionalSink, ValueState,
};
use highwater::{CheckpointRef, CheckpointStatus, Pipeline, SourcePosition, Value};

use crate::support::{directory, open_pipeline};

const TOTAL: ValueState<String, u64> = ValueState::new("total");

/// Gives rows without end.
struct Rows(u64);

impl Source for Rows {
    type Record = u64;

    async fn seek(&mut self, positions: &[SourcePosition]) -> Result<(), BoxError> {
        self.0 = match positions.first().map(|position| &position.value) {
            Some(Value::Uint(next)) => *next,
            _ => 0,
        };
        Ok(())
    }

    async fn read(&mut self, most: usize) -> Result<Option<Vec<u64>>, BoxError> {
        let from = self.0;
        self.0 += most as u64;
        Ok(Some((from..self.0).collect()))
    }

    fn positions(&self) -> Vec<SourcePosition> {
        vec![SourcePosition { name: "rows".to_owned(), value: Value::Uint(self.0) }]
    }
}

/// Counts rows, and passes them on.
struct Count;

impl Operator for Count {
    type In = u64;
    type Out = u64;

    fn process(&mut self, row: u64, state: &mut KeyedState, out: &mut Vec<u64>) -> Result<(), BoxError> {
        let total = TOTAL.get(state, "rows")?.unwrap_or(0);
        TOTAL.put(state, "rows", &(total + 1))?;
        out.push(row);
        Ok(())
    }
}

/// Shows what is committed.
#[derive(Default)]
struct Sink {
    open: Vec<u64>,
    prepared: Vec<u64>,
    committed: Vec<u64>,
}

impl TransactionalSink for Sink {
    type Record = u64;

    async fn begin(&mut self, _start: u64) -> Result<(), BoxError> {
        self.open.clear();
        Ok(())
    }

    async fn write(&mut self, records: Vec<u64>) -> Result<(), BoxError> {
        self.open.extend(records);
        Ok(())
    }

    async fn pre_commit(&mut self) -> Result<Vec<u8>, BoxError> {
        self.prepared.append(&mut self.open);
        Ok(b"prepared".to_vec())
    }

    async fn commit(&mut self, _transaction: &[u8]) -> Result<(), BoxError> {
        self.committed.append(&mut self.prepared);
        Ok(())
    }

    async fn abort(&mut self, _transaction: &[u8]) -> Result<(), BoxError> {
        self.prepared.clear();
        Ok(())
    }
}

type Processor = ExactlyOnceProcessor<Rows, Count, Sink, FileParts>;

async fn processor(pipeline: &Pipeline, folder: &std::path::Path) -> Processor {
    let spec = ProcessorSpec::new("count").read(10).stream(|spec| spec.interval(Duration::ZERO).retain(4));
    let parts = FileParts::new(folder.join("parts"));
    ExactlyOnceProcessor::start(pipeline, spec, Rows(0), Count, Sink::default(), parts)
        .await
        .expect("it starts")
}

/// X37: at a barrier the processor waited for ever for a lock that it held itself.
#[tokio::test]
async fn x37_a_barrier_locks_nobody_out() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let mut processor = processor(&pipeline, directory.path()).await;
    let work = async {
        for _ in 0..3 {
            processor.step().await.expect("it reads");
            processor.checkpoint().await.expect("a barrier");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it does not hang");
    assert_eq!(processor.sink().committed.len(), 30);
}

/// X38: 10 rows and 10 rows with a barrier; the sink got 10, because the batch that came with the barrier was dropped.
#[tokio::test]
async fn x38_the_rows_at_a_barrier_are_in_the_sink() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let mut processor = processor(&pipeline, directory.path()).await;
    assert_eq!(processor.step().await, Ok(Progress::Processed(10)));
    assert_eq!(processor.step().await, Ok(Progress::Processed(10)));
    assert_eq!(processor.sink().committed.len(), 0, "nothing is shown before the checkpoint is completed");
    assert_eq!(processor.checkpoint().await, Ok(Progress::Checkpointed(1)));
    assert_eq!(processor.sink().committed, (0..20).collect::<Vec<u64>>());
}

/// X39: of four checkpoints only the first could be found, none was ever completed, and nothing was restored.
#[tokio::test]
async fn x39_the_last_of_four_checkpoints_is_restored() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let mut first = processor(&pipeline, directory.path()).await;
    for checkpoint in 1..=4 {
        first.step().await.expect("it reads");
        assert_eq!(first.checkpoint().await, Ok(Progress::Checkpointed(checkpoint)));
    }
    first.step().await.expect("this is read, and in no checkpoint");
    first.stop().await.expect("it stops");
    highwater.close().await;

    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let checkpoints = pipeline.stream().checkpoints().all().await.expect("a list");
    let found: Vec<_> = checkpoints.iter().map(|it| (it.checkpoint, it.status)).collect();
    assert_eq!(found, [4, 3, 2, 1].map(|number| (number, CheckpointStatus::Completed)));
    for number in 1..=4 {
        pipeline.stream().checkpoint(CheckpointRef::Number(number)).await.expect("each is found");
    }
    let mut second = processor(&pipeline, directory.path()).await;
    assert_eq!(TOTAL.get(second.state(), "rows"), Ok(Some(40)), "the state of the fourth");
    second.step().await.expect("it reads");
    second.checkpoint().await.expect("it goes on");
    assert_eq!(second.sink().committed, (40..50).collect::<Vec<u64>>(), "behind the fourth");
}
