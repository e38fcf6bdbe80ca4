//! The exactly-once processor where something goes wrong within the process. That it dies is tested in `examples/streams`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use highwater::answer::CheckpointTrigger;
use highwater::streaming::{
    BoxError, ExactlyOnceProcessor, KeyedState, MemoryParts, Operator, ProcessorSpec, Progress, Source,
    TransactionalSink, ValueState,
};
use highwater::{CheckpointRef, CheckpointStatus, ErrorKind, Pipeline, SourcePosition, Stream, Value};

/// Gives the numbers up to `last`.
struct Numbers {
    next: u64,
    last: u64,
}

impl Source for Numbers {
    type Record = u64;

    async fn seek(&mut self, positions: &[SourcePosition]) -> Result<(), BoxError> {
        self.next = match positions {
            [] => 1,
            [SourcePosition { value: Value::Uint(next), .. }] => *next,
            other => return Err(format!("{other:?}").into()),
        };
        Ok(())
    }

    async fn read(&mut self, most: usize) -> Result<Option<Vec<u64>>, BoxError> {
        let end = self.last.min(self.next + most as u64 - 1);
        let records: Vec<u64> = (self.next..=end).collect();
        self.next = end + 1;
        Ok((!records.is_empty()).then_some(records))
    }

    fn positions(&self) -> Vec<SourcePosition> {
        vec![SourcePosition { name: "numbers".to_owned(), value: Value::Uint(self.next) }]
    }
}

const SUM: ValueState<String, u64> = ValueState::new("sum");

/// Gives each number with the sum of all up to it.
struct Sums {
    fails_at: Option<u64>,
}

impl Operator for Sums {
    type In = u64;
    type Out = (u64, u64);

    fn process(
        &mut self,
        number: u64,
        state: &mut KeyedState,
        out: &mut Vec<(u64, u64)>,
    ) -> Result<(), BoxError> {
        if self.fails_at == Some(number) {
            return Err("a bad record".into());
        }
        let sum = SUM.get(state, "all")?.unwrap_or(0) + number;
        SUM.put(state, "all", &sum)?;
        out.push((number, sum));
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Rows {
    start: u64,
    count: u64,
    open: Vec<(u64, u64)>,
    prepared: BTreeMap<String, Vec<(u64, u64)>>,
    committed: Vec<(u64, u64)>,
}

/// A sink in memory, which outlives processors.
#[derive(Clone, Default)]
struct Memory {
    rows: Arc<Mutex<Rows>>,
    /// Aborts so many checkpoints while they are under way.
    aborts: Option<(Stream, Arc<Mutex<u32>>)>,
    takes: Duration,
}

impl Memory {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().expect("nobody panicked")
    }
}

impl TransactionalSink for Memory {
    type Record = (u64, u64);

    async fn begin(&mut self, start: u64) -> Result<(), BoxError> {
        let mut rows = self.rows();
        rows.start = start;
        rows.count += 1;
        rows.open.clear();
        Ok(())
    }

    async fn write(&mut self, records: Vec<(u64, u64)>) -> Result<(), BoxError> {
        self.rows().open.extend(records);
        Ok(())
    }

    async fn pre_commit(&mut self) -> Result<Vec<u8>, BoxError> {
        tokio::time::sleep(self.takes).await;
        if let Some((stream, left)) = &self.aborts {
            let aborts = std::mem::replace(&mut *left.lock().expect("nobody panicked"), 0);
            if aborts > 0 {
                let view = stream.describe().await?.ok_or("it is declared")?;
                stream.abort(view.in_flight[0], "a test").await?;
            }
        }
        let mut rows = self.rows();
        let name = format!("{}-{}", rows.start, rows.count);
        let open = std::mem::take(&mut rows.open);
        rows.prepared.insert(name.clone(), open);
        Ok(name.into_bytes())
    }

    async fn commit(&mut self, transaction: &[u8]) -> Result<(), BoxError> {
        let mut rows = self.rows();
        let prepared = rows.prepared.remove(std::str::from_utf8(transaction)?).unwrap_or_default();
        rows.committed.extend(prepared);
        Ok(())
    }

    async fn abort(&mut self, transaction: &[u8]) -> Result<(), BoxError> {
        self.rows().prepared.remove(std::str::from_utf8(transaction)?);
        Ok(())
    }
}

type Processor = ExactlyOnceProcessor<Numbers, Sums, Memory, MemoryParts>;

async fn start(
    pipeline: &Pipeline,
    fails_at: Option<u64>,
    sink: &Memory,
    parts: &MemoryParts,
    ms: u64,
) -> Processor {
    let spec = ProcessorSpec::new("sums").read(10).stream(|spec| spec.interval(Duration::from_millis(ms)));
    let (source, operator) = (Numbers { next: 0, last: 100 }, Sums { fails_at });
    ExactlyOnceProcessor::start(pipeline, spec, source, operator, sink.clone(), parts.clone())
        .await
        .expect("it starts")
}

fn expected() -> Vec<(u64, u64)> {
    (1..=100).map(|number| (number, number * (number + 1) / 2)).collect()
}

async fn pipeline() -> (highwater::Highwater, Pipeline) {
    let hw = highwater::open("memory:").await.expect("it opens");
    let pipeline = hw.pipeline("dev/sums").expect("an id");
    (hw, pipeline)
}

/// Each checkpoint is due again before it is over: work goes on all the same.
#[tokio::test]
async fn a_sink_that_is_slower_than_the_interval_starves_nobody() {
    let (_hw, pipeline) = pipeline().await;
    let sink = Memory { takes: Duration::from_millis(5), ..Memory::default() };
    let mut processor = start(&pipeline, None, &sink, &MemoryParts::default(), 1).await;
    tokio::time::timeout(Duration::from_secs(30), processor.run()).await.expect("in time").expect("it runs");
    assert_eq!(sink.rows().committed, expected());
}

#[tokio::test]
async fn an_aborted_checkpoint_takes_everything_back_to_the_last_one() {
    let (_hw, pipeline) = pipeline().await;
    let left = Arc::new(Mutex::new(0));
    let sink = Memory { aborts: Some((pipeline.stream(), left.clone())), ..Memory::default() };
    let parts = MemoryParts::default();
    let mut processor = start(&pipeline, None, &sink, &parts, 0).await;
    assert_eq!(processor.step().await, Ok(Progress::Processed(10)));
    assert_eq!(processor.checkpoint().await, Ok(Progress::Checkpointed(1)));
    assert_eq!(processor.step().await, Ok(Progress::Processed(10)));
    *left.lock().expect("nobody panicked") = 1;
    let Ok(Progress::RolledBack { checkpoint: 2, reason }) = processor.checkpoint().await else {
        panic!("rolled back")
    };
    assert!(reason.contains("a test"), "{reason}");
    assert_eq!(SUM.get(processor.state(), "all"), Ok(Some(55)), "the state of the first checkpoint");
    assert!(sink.rows().prepared.is_empty(), "what was prepared is aborted");
    assert_eq!(parts.names().len(), 1, "and the part that was written for it is deleted: {parts:?}");
    processor.run().await.expect("it runs");
    assert_eq!(sink.rows().committed, expected());
    assert_eq!(processor.step().await, Ok(Progress::Ended));
}

#[tokio::test]
async fn after_a_failure_the_next_processor_goes_on() {
    let (_hw, pipeline) = pipeline().await;
    let (sink, parts) = (Memory::default(), MemoryParts::default());
    for fails_at in [5, 35, 77] {
        let mut processor = start(&pipeline, Some(fails_at), &sink, &parts, 1).await;
        let failed = processor.run().await.expect_err("a bad record");
        assert_eq!(failed.kind(), ErrorKind::Unavailable);
        assert!(
            failed.message().contains("operator") && failed.message().contains("a bad record"),
            "{failed}"
        );
        processor.stop().await.expect("it stops");
    }
    let mut processor = start(&pipeline, None, &sink, &parts, 1).await;
    processor.run().await.expect("it runs");
    assert_eq!(sink.rows().committed, expected());
}

#[tokio::test]
async fn a_savepoint_is_kept_and_can_be_gone_back_to() {
    let (_hw, pipeline) = pipeline().await;
    let (sink, parts) = (Memory::default(), MemoryParts::default());
    let mut processor = start(&pipeline, None, &sink, &parts, 0).await;
    processor.step().await.expect("it reads");
    assert_eq!(processor.savepoint("before").await, Ok(Progress::Checkpointed(1)));
    for _ in 0..5 {
        processor.step().await.expect("it reads");
        processor.checkpoint().await.expect("a checkpoint");
    }
    processor.stop().await.expect("it stops");
    let stream = pipeline.stream();
    stream
        .restore(CheckpointRef::Savepoint("before".to_owned()))
        .because("a test")
        .await
        .expect("it goes back");
    let mut processor = start(&pipeline, None, &sink, &parts, 0).await;
    assert_eq!(SUM.get(processor.state(), "all"), Ok(Some(55)));
    processor.run().await.expect("it runs");
    let rows = sink.rows().committed.clone();
    assert_eq!(rows[..60], expected()[..60], "up to where it was gone back from");
    assert_eq!(rows[60..], expected()[10..], "what was gone back over comes again, as it was asked for");
}

/// `highwater checkpoint savepoint` does this, in another process.
#[tokio::test]
async fn a_savepoint_that_somebody_else_triggers_is_made() {
    let (_hw, pipeline) = pipeline().await;
    let (sink, parts) = (Memory::default(), MemoryParts::default());
    let mut processor = start(&pipeline, None, &sink, &parts, 0).await;
    let triggered = pipeline.stream().savepoint("before the upgrade").await.expect("an answer");
    assert!(matches!(triggered, CheckpointTrigger::Triggered(_)));
    assert_eq!(processor.step().await, Ok(Progress::Checkpointed(1)), "also if nothing was read");
    let kept = pipeline.stream().checkpoint(CheckpointRef::Savepoint("before the upgrade".to_owned())).await;
    assert_eq!(kept.expect("an answer").map(|it| it.status), Some(CheckpointStatus::Completed));
    processor.run().await.expect("it runs");
    assert_eq!(sink.rows().committed, expected());
}
