//! `highwater run report`.

use highwater::AttemptStatus;
use highwater::answer::{
    Deadline, Durations, Estimate, FailureView, LateLine, RecommendationCode, RunReport,
};
use highwater::command::{Command, ReportRun};

use super::drift::window_words;
use super::{RunOrNewest, in_words, list_hint, run_or_newest};
use crate::console::{Console, clean};
use crate::failure::{Hint, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::table::{Grid, fields, grouped, text};
use crate::time;
use crate::views::report::ReportData;

pub(super) async fn report(session: &Session<'_>, arguments: &RunOrNewest) -> Outcome<()> {
    let pipeline = &arguments.pipeline;
    let run = run_or_newest(session, pipeline, arguments.run.as_ref()).await?;
    let command = Command::ReportRun(ReportRun { run });
    let answer = session.ask(pipeline, command).await.or_try(|| list_hint(pipeline))?;
    let report = expect_answer!(answer, Report)?;
    session.console.show(&ReportData::new(pipeline, &report), || table(session.console, pipeline, &report))
}

fn table(console: &Console, pipeline: &str, report: &RunReport) -> String {
    let parts =
        [head(console, pipeline, report), failures(console, report), advice(console, pipeline, report)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(console: &Console, pipeline: &str, report: &RunReport) -> String {
    let plain = |words: String| (!words.is_empty()).then(|| cell(Paint::Plain, words));
    let moment = |at_ms: i64| cell(Paint::Plain, console.moment(at_ms));
    let statuses = report.statuses.iter().map(|it| format!("{} {}", grouped(it.nodes), it.status.name()));
    let duration = time::duration(i64::try_from(report.duration_ms).unwrap_or(i64::MAX));
    let done = format!("{} of {} nodes ({} %)", report.done, report.nodes, report.done_percent);
    let running = report.running.iter().map(|it| {
        let since = console.when(it.started_at_ms);
        let until = it.deadline.map(|deadline| format!(", {}", left(deadline))).unwrap_or_default();
        format!("{} (attempt {}, on {}, since {since}{until})", it.node, it.attempt, it.worker)
    });
    let deadline = report.deadline.map(|it| format!("{}, {}", console.when(it.at_ms), left(it)));
    fields(
        console,
        vec![
            ("run", Some(text(&report.run).add_attribute(comfy_table::Attribute::Bold))),
            ("pipeline", Some(text(pipeline))),
            ("status", Some(report.status.look().cell(console))),
            ("started", Some(moment(report.started_at_ms))),
            ("finished", report.finished_at_ms.map(moment)),
            ("duration", plain(duration)),
            ("deadline", plain(deadline.unwrap_or_default())),
            ("window", report.window.map(window_words).as_deref().map(text)),
            ("restarts", (report.restarts > 0).then(|| cell(Paint::Plain, report.restarts))),
            ("done", plain(done)),
            ("nodes", plain(statuses.collect::<Vec<_>>().join(", "))),
            ("attempts", plain(grouped(report.attempts))),
            ("rows", plain(in_words(report.counts))),
            ("rate", plain(rates(report))),
            ("late data", plain(late(report))),
            ("took", plain(report.durations.as_ref().map(took).unwrap_or_default())),
            ("running", plain(clean(&running.collect::<Vec<_>>().join(", ")))),
            (
                "expected end",
                plain(report.estimate.as_ref().map(|it| expected(console, it)).unwrap_or_default()),
            ),
        ],
    )
}

fn left(deadline: Deadline) -> String {
    format!("{} left", time::duration(i64::try_from(deadline.left_ms).unwrap_or(i64::MAX)))
}

fn rates(report: &RunReport) -> String {
    let rates = [(report.rows_read_per_minute, "read"), (report.rows_written_per_minute, "written")];
    let some = rates.iter().filter(|(rate, _)| *rate > 0);
    some.map(|(rate, what)| format!("{} rows {what} a minute", grouped(*rate))).collect::<Vec<_>>().join(", ")
}

fn late(report: &RunReport) -> String {
    let of = |line: &LateLine| {
        let place = line.partition.as_ref().map_or_else(String::new, |partition| format!("/{partition}"));
        let counts = [(line.reopened, "reopened"), (line.recorded, "recorded"), (line.refused, "refused")];
        let some = counts.iter().filter(|(count, _)| count.reports > 0);
        let words: Vec<String> =
            some.map(|(count, what)| format!("{} {what}", grouped(count.reports))).collect();
        format!("{}{} ({})", clean(&line.node), clean(&place), words.join(", "))
    };
    report.late.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn took(durations: &Durations) -> String {
    let words = |duration_ms: u64| time::duration(i64::try_from(duration_ms).unwrap_or(i64::MAX));
    let Durations { average_ms, fastest, slowest } = durations;
    let named = |which: &str, it: &highwater::answer::NodeDuration| {
        format!("{which} {} ({})", words(it.duration_ms), clean(&it.node))
    };
    format!("{} on average, {}, {}", words(*average_ms), named("fastest", fastest), named("slowest", slowest))
}

fn expected(console: &Console, estimate: &Estimate) -> String {
    let mut words = format!("{}, from {}", console.when(estimate.finish_at_ms), clean(&estimate.rests_on));
    for (nodes, what) in [(&estimate.unknown, "not known of"), (&estimate.late, "late by now")] {
        if !nodes.is_empty() {
            words.push_str(&format!("; {what}: {}", clean(&nodes.join(", "))));
        }
    }
    if let Some(missed_ms) = estimate.misses_deadline_by_ms {
        let missed = time::duration(i64::try_from(missed_ms).unwrap_or(i64::MAX));
        words.push_str(&format!("; it will miss its deadline by {missed}"));
    }
    words
}

fn failures(console: &Console, report: &RunReport) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["NODE", "STATUS", ">ATTEMPT", "ENDED", "NEXT TRY", "~ERROR"]);
    for failure in &report.failures {
        let when = |at_ms: Option<i64>| at_ms.map_or_else(String::new, |at_ms| console.when(at_ms));
        grid.row(vec![
            text(&failure.node).add_attribute(comfy_table::Attribute::Bold),
            failure.status.look().cell(console),
            cell(Paint::Plain, failure.attempt),
            cell(Paint::Plain, when(failure.finished_at_ms)),
            cell(Paint::Plain, when(failure.retry_at_ms)),
            text(&error(failure)),
        ]);
    }
    grid.finish()
}

fn error(failure: &FailureView) -> String {
    match (&failure.error, failure.status) {
        (Some(error), _) => format!("{}: {}", error.class, error.message),
        (None, AttemptStatus::Crashed) => "its worker died".to_owned(),
        (None, _) => String::new(),
    }
}

/// What to do, each with what to type where that is one command.
fn advice(console: &Console, pipeline: &str, report: &RunReport) -> String {
    let mut lines = String::new();
    let (of, run) = (word(pipeline), word(&report.run));
    for advice in &report.recommendations {
        let line = format!("{} {}", console.either("→", "->"), clean(&advice.message));
        lines.push_str(&format!("{}\n", console.data.paint(Paint::Strong, &line)));
        let next = match advice.code {
            RecommendationCode::Paused => format!("highwater run resume {of} {run}"),
            RecommendationCode::FailedNodes if !report.status.is_final() => {
                format!("highwater run reset-failed {of} {run}")
            }
            RecommendationCode::CrashingNodes | RecommendationCode::RowsFailed => {
                format!("highwater run why {of} {run}")
            }
            RecommendationCode::DeadlinePassed => {
                format!("highwater run start {of} --parent {run} --deadline DURATION")
            }
            RecommendationCode::WindowDrift => format!("highwater run drift {of} {run}"),
            RecommendationCode::BatchesInDoubt => format!("highwater batch list {of}"),
            _ => continue,
        };
        lines.push_str(&format!("  {}\n", console.data.paint(Paint::Faint, &next)));
    }
    lines
}
