//! `highwater batch`.

use clap::{Args, Subcommand};
use highwater::answer::BatchView;
use highwater::command::{AbortBatch, Command, CommitBatch, DeclareSink, ListBatches};
use highwater::{BatchStatus, SinkKind};

use crate::failure::Outcome;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, optional, text};
use crate::views::batch::BatchData;

/// The verbs of `highwater batch`.
#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// Lists batches that are in doubt: the sink may have taken them, and nobody said so. --all lists the others too.
    List(ListArguments),
    /// Says that the sink took a batch that is in doubt: its HWMs move.
    Commit(CommitArguments),
    /// Says that the sink did not take a batch that is in doubt, and will not.
    Abort(AbortArguments),
    /// Declares what the sink of a node does with rows that come twice.
    Sink(SinkArguments),
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Node wanted.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Lists batches that are not in doubt as well.
    #[arg(long)]
    all: bool,
    /// Most batches shown.
    #[arg(long, value_name = "N", default_value_t = 0)]
    limit: u32,
    #[command(flatten)]
    at: At,
}

/// Names a batch.
#[derive(Args, Debug)]
pub(crate) struct CommitArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Number of the batch.
    batch: u64,
    /// What the sink gave as a proof.
    #[arg(long, value_name = "TEXT")]
    receipt: Option<String>,
}

/// Names a batch.
#[derive(Args, Debug)]
pub(crate) struct AbortArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Number of the batch.
    batch: u64,
}

/// Names a node.
#[derive(Args, Debug)]
pub(crate) struct SinkArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node.
    node: String,
    /// transactional (it keeps the key of a batch with its rows), idempotent (the same rows again change nothing), token (it
    /// keeps the fencing token and refuses lower ones), or at-least-once.
    #[arg(value_parser = ["transactional", "idempotent", "token", "at-least-once"])]
    kind: String,
}

impl BatchCommand {
    /// Whether it makes the store if there is none.
    pub(crate) fn creates(&self) -> bool {
        matches!(self, BatchCommand::Sink(_))
    }
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: BatchCommand) -> Outcome<()> {
    match command {
        BatchCommand::List(arguments) => list(&session.at(&arguments.at), &arguments).await,
        BatchCommand::Commit(arguments) => commit(session, arguments).await,
        BatchCommand::Abort(arguments) => abort(session, arguments).await,
        BatchCommand::Sink(arguments) => sink(session, arguments).await,
    }
}

async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let statuses = if arguments.all { Vec::new() } else { vec![BatchStatus::InDoubt] };
    let command = ListBatches { statuses, node: arguments.node.clone(), limit: arguments.limit };
    let answer = session.ask(&arguments.pipeline, Command::ListBatches(command)).await?;
    let batches = expect_answer!(answer, Batches)?;
    let data: Vec<BatchData<'_>> =
        batches.iter().map(|batch| BatchData::new(&arguments.pipeline, batch)).collect();
    session.console.show_list(&data, || table(session, &batches))?;
    if let Some(doubt) = batches.iter().find(|batch| batch.status == BatchStatus::InDoubt) {
        let pipeline = word(&arguments.pipeline);
        session.console.say(&format!(
            "ask the sink for `{}`, then: highwater batch commit {pipeline} {} --reason …, or: highwater batch abort {pipeline} {} --reason …",
            doubt.key, doubt.batch, doubt.batch
        ));
    }
    if batches.is_empty() {
        session.console.say(if arguments.all { "no batches" } else { "no batch is in doubt" });
    }
    Ok(())
}

fn table(session: &Session<'_>, batches: &[BatchView]) -> String {
    if batches.is_empty() {
        return String::new();
    }
    let headers = [">BATCH", "STATUS", "NODE", "RUN", "PREPARED", "~MOVES", "~KEY", "~RECEIPT", "~WHY"];
    let mut grid = Grid::new(session.console, &headers);
    for batch in batches {
        let paint = match batch.status {
            BatchStatus::InDoubt => Paint::Warn,
            BatchStatus::Committed => Paint::Good,
            _ => Paint::Plain,
        };
        let moves = batch.hwms.iter().map(|hwm| format!("{} to {}", hwm.name, hwm.value.to_text()));
        grid.row(vec![
            cell(Paint::Plain, batch.batch),
            cell(paint, batch.status.name()),
            text(&batch.node),
            text(&batch.run),
            cell(Paint::Plain, session.console.when(batch.prepared_at_ms)),
            text(&moves.collect::<Vec<_>>().join(", ")),
            text(&batch.key),
            optional(batch.receipt.as_ref()),
            optional(batch.reason.as_ref()),
        ]);
    }
    grid.finish()
}

async fn commit(session: &Session<'_>, arguments: CommitArguments) -> Outcome<()> {
    let CommitArguments { pipeline, batch, receipt } = arguments;
    let reason = session.reason(&format!("highwater batch commit {} {batch}", word(&pipeline)))?;
    session.confirm(&format!("the sink has batch {batch}, so its HWMs move?"))?;
    let command = CommitBatch { batch, attempt: None, receipt, reason, actor: Some(session.actor()) };
    expect_answer!(session.ask(&pipeline, Command::CommitBatch(command)).await?, Done)?;
    session.say_done("committed; its HWMs moved as far as they were not ahead");
    Ok(())
}

async fn abort(session: &Session<'_>, arguments: AbortArguments) -> Outcome<()> {
    let AbortArguments { pipeline, batch } = arguments;
    let reason = session.reason(&format!("highwater batch abort {} {batch}", word(&pipeline)))?;
    session.confirm(&format!("the sink has not got batch {batch}, and never will?"))?;
    let command = AbortBatch { batch, attempt: None, reason, actor: Some(session.actor()) };
    expect_answer!(session.ask(&pipeline, Command::AbortBatch(command)).await?, Done)?;
    session.say_done("aborted; its rows are loaded again");
    Ok(())
}

async fn sink(session: &Session<'_>, arguments: SinkArguments) -> Outcome<()> {
    let SinkArguments { pipeline, node, kind } = arguments;
    let kind = match kind.as_str() {
        "transactional" => SinkKind::Transactional,
        "idempotent" => SinkKind::Idempotent,
        "token" => SinkKind::Token,
        _ => SinkKind::AtLeastOnce,
    };
    let command = DeclareSink { node: node.clone(), kind };
    expect_answer!(session.ask(&pipeline, Command::DeclareSink(command)).await?, Done)?;
    let view = expect_answer!(session.ask(&pipeline, Command::DescribePipeline).await?, Pipeline)?;
    if let Some(guarantee) = view.guarantees.iter().find(|guarantee| guarantee.node == node) {
        session.say_done(&format!(
            "{node}: {}, because {}",
            effect(guarantee.exactly_once),
            guarantee.reason
        ));
    }
    Ok(())
}

/// What a node promises, in words.
pub(crate) fn effect(exactly_once: bool) -> &'static str {
    if exactly_once { "exactly-once effect" } else { "at least once" }
}
