//! The long lists of a pipeline, now or at a moment of its past.

use highwater_core::answer::{
    Answer, BackfillView, CadenceView, CoverageLine, HwmView, LateRuleView, LogRecord, PartitionKeyView,
    PartitionView, Partitioning, RunView,
};
use highwater_core::command::{
    Command, DescribePartitions, ListBackfills, ListCadences, ListCoverage, ListHwms, ListLateRules,
    ListPartitionKeys, ListPartitions, ListRuns, ReadLog,
};
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;

use crate::call::unexpected;
use crate::{Error, Pages, Pipeline, RunFilter};

/// A page, and the cursor of the next one.
type Page<T> = (Vec<T>, Option<String>);

pub(crate) fn runs(pipeline: &Pipeline, at: Option<Moment>, filter: RunFilter) -> Pages<RunView> {
    let command =
        move |cursor, limit| Command::ListRuns(ListRuns { cursor, limit, ..filter.command.clone() });
    list(pipeline, at, command, |answer| match answer {
        Answer::Runs(page) => Some((page.runs, page.next)),
        _ => None,
    })
}

pub(crate) fn hwms(pipeline: &Pipeline, at: Option<Moment>, prefix: String) -> Pages<HwmView> {
    let command = move |cursor, limit| Command::ListHwms(ListHwms { prefix: prefix.clone(), cursor, limit });
    list(pipeline, at, command, |answer| match answer {
        Answer::Hwms(page) => Some((page.hwms, page.next)),
        _ => None,
    })
}

pub(crate) fn coverage(pipeline: &Pipeline, at: Option<Moment>) -> Pages<CoverageLine> {
    let command = move |cursor, limit| Command::ListCoverage(ListCoverage { cursor, limit });
    list(pipeline, at, command, |answer| match answer {
        Answer::CoverageLines(page) => Some((page.lines, page.next)),
        _ => None,
    })
}

pub(crate) fn cadences(pipeline: &Pipeline, at: Option<Moment>) -> Pages<CadenceView> {
    let command = move |cursor, limit| Command::ListCadences(ListCadences { cursor, limit });
    list(pipeline, at, command, |answer| match answer {
        Answer::Cadences(page) => Some((page.cadences, page.next)),
        _ => None,
    })
}

pub(crate) fn late_rules(pipeline: &Pipeline, at: Option<Moment>) -> Pages<LateRuleView> {
    let command = move |cursor, limit| Command::ListLateRules(ListLateRules { cursor, limit });
    list(pipeline, at, command, |answer| match answer {
        Answer::LateRules(page) => Some((page.rules, page.next)),
        _ => None,
    })
}

pub(crate) fn partitioned(pipeline: &Pipeline, at: Option<Moment>) -> Pages<Partitioning> {
    let command =
        move |cursor, limit| Command::DescribePartitions(DescribePartitions { node: None, cursor, limit });
    list(pipeline, at, command, |answer| match answer {
        Answer::Partitionings(page) => Some((page.nodes, page.next)),
        _ => None,
    })
}

pub(crate) fn partitions(
    pipeline: &Pipeline,
    at: Option<Moment>,
    filter: ListPartitions,
) -> Pages<PartitionView> {
    let command =
        move |cursor, limit| Command::ListPartitions(ListPartitions { cursor, limit, ..filter.clone() });
    list(pipeline, at, command, |answer| match answer {
        Answer::Partitions(page) => Some((page.partitions, page.next)),
        _ => None,
    })
}

pub(crate) fn partition_keys(
    pipeline: &Pipeline,
    at: Option<Moment>,
    node: String,
    dimension: String,
) -> Pages<PartitionKeyView> {
    let command = move |cursor: Option<String>, limit| {
        let (node, dimension) = (node.clone(), dimension.clone());
        let cursor = cursor.and_then(|cursor| cursor.parse().ok());
        Command::ListPartitionKeys(ListPartitionKeys { node, dimension, cursor, limit })
    };
    list(pipeline, at, command, |answer| match answer {
        Answer::PartitionKeys(page) => Some((page.keys, page.next.map(|number| number.to_string()))),
        _ => None,
    })
}

pub(crate) fn backfills(pipeline: &Pipeline, at: Option<Moment>) -> Pages<BackfillView> {
    let command =
        move |cursor, limit| Command::ListBackfills(ListBackfills { backfill: None, cursor, limit });
    list(pipeline, at, command, |answer| match answer {
        Answer::Backfills(page) => Some((page.backfills, page.next)),
        _ => None,
    })
}

pub(crate) fn log(pipeline: &Pipeline, at: Option<Moment>, from_version: u64) -> Pages<LogRecord> {
    let command = move |cursor: Option<String>, limit| {
        let from_version = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(from_version);
        Command::ReadLog(ReadLog { from_version, limit })
    };
    list(pipeline, at, command, |answer| match answer {
        Answer::Log(page) => Some((page.records, page.next.map(|version| version.to_string()))),
        _ => None,
    })
}

pub(crate) fn list<T: 'static>(
    pipeline: &Pipeline,
    at: Option<Moment>,
    command: impl Fn(Option<String>, u32) -> Command + Send + 'static,
    read: fn(Answer) -> Option<Page<T>>,
) -> Pages<T> {
    let pipeline = pipeline.clone();
    Pages::new(move |cursor, limit| {
        let (pipeline, at, command) = (pipeline.clone(), at.clone(), command(cursor, limit));
        Box::pin(async move {
            let answer = ask(&pipeline, at, command).await?;
            read(answer).ok_or_else(unexpected)
        })
    })
}

async fn ask(pipeline: &Pipeline, at: Option<Moment>, command: Command) -> Result<Answer, Error> {
    match at {
        Some(moment) => pipeline.read_at(command, moment).await,
        None => pipeline.submit_one(command, None, Freshness::Latest).await,
    }
}
