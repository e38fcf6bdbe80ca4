//! `highwater stream show`.

use clap::Args;
use highwater::answer::StreamView;
use highwater::command::Command;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{fields, text};
use crate::time;
use crate::views::stream::StreamData;

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn show(session: &Session<'_>, arguments: &ShowArguments) -> Outcome<()> {
    let stream = find(session, &arguments.pipeline).await?;
    session.console.show(&StreamData::new(&stream), || table(session.console, &stream))
}

/// The stream; refuses where none is declared.
async fn find(session: &Session<'_>, pipeline: &str) -> Outcome<StreamView> {
    let missing = || Failure::usage(format!("pipeline `{pipeline}` has no stream; its program declares it"));
    expect_answer!(session.ask(pipeline, Command::DescribeStream).await?, Stream)?.ok_or_else(missing)
}

fn table(console: &Console, stream: &StreamView) -> String {
    let plain =
        |text: String| Some(text).filter(|text| !text.is_empty()).map(|text| cell(Paint::Plain, text));
    let operators = stream.operators.iter().map(|it| format!("{} x {}", it.name, it.parallelism));
    let numbers = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let interval = match stream.policy.interval_ms {
        0 => "by hand".to_owned(),
        ms => format!("every {}", time::duration(i64::try_from(ms).unwrap_or(i64::MAX))),
    };
    let to_settle = stream
        .transactions
        .iter()
        .map(|it| format!("{} {} of {}/{}", it.status.name(), it.checkpoint, it.operator, it.subtask));
    let to_settle: Vec<String> = to_settle.take(10).collect();
    fields(
        console,
        vec![
            ("operators", Some(text(&operators.collect::<Vec<_>>().join(", ")))),
            ("key groups", plain(stream.key_groups.to_string())),
            ("checkpoints", plain(format!("{interval}, the last {} are kept", stream.policy.retain))),
            ("starts", plain(stream.generation.to_string())),
            ("started from", stream.restored_from.map(|it| cell(Paint::Plain, it))),
            ("latest", stream.latest.map(|it| cell(Paint::Good, it))),
            ("kept", plain(numbers(&stream.retained))),
            ("under way", plain(numbers(&stream.in_flight))),
            ("due", stream.due_at_ms.and_then(|due| plain(console.when(due)))),
            ("to settle", plain(to_settle.join(", "))),
            ("may be deleted", Some(stream.reclaimable).filter(|it| *it > 0).map(|it| cell(Paint::Warn, it))),
        ],
    )
}
