//! `highwater stream restore`.

use clap::Args;
use highwater::answer::StreamRestored;
use highwater::command::{Command, RestoreStream};

use crate::checkpoint::{list_hint, name, reference};
use crate::console::Console;
use crate::failure::{Hint, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{fields, text};
use crate::views::stream::RestoredData;

/// Names a stream and a checkpoint.
#[derive(Args, Debug)]
pub(crate) struct RestoreArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// `latest`, the number of a checkpoint, or the name of a savepoint.
    #[arg(default_value = "latest")]
    checkpoint: String,
    /// Lets go of the state of operators that are not declared any more.
    #[arg(long)]
    drop_operators: bool,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn restore(session: &Session<'_>, arguments: &RestoreArguments) -> Outcome<()> {
    let RestoreArguments { pipeline, checkpoint, drop_operators, apply } = arguments;
    let mut command = RestoreStream {
        from: reference(checkpoint),
        drop_operators: *drop_operators,
        dry_run: true,
        actor: Some(session.actor()),
        ..RestoreStream::default()
    };
    if *apply {
        let example = format!("highwater stream restore {} {} --apply", word(pipeline), word(checkpoint));
        command.reason = session.reason(&example)?;
        session.confirm(&format!("restore the stream of {pipeline} from {checkpoint}?"))?;
        command.dry_run = false;
    }
    let answer =
        session.ask(pipeline, Command::RestoreStream(command)).await.or_try(|| list_hint(pipeline))?;
    let restored = expect_answer!(answer, StreamRestored)?;
    session.console.show(&RestoredData::new(&restored), || table(session.console, &restored))?;
    if restored.applied {
        session.say_done(
            "restored; the next start of the stream goes on from here, whoever runs now must be started anew",
        );
    } else {
        session.say_planned();
    }
    Ok(())
}

fn table(console: &Console, restored: &StreamRestored) -> String {
    let numbers = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let some = |words: String| Some(words).filter(|words| !words.is_empty()).map(|words| text(&words));
    let positions = restored.positions.iter().map(|it| format!("{}={}", it.name, it.value));
    let count = |count: usize| Some(count).filter(|it| *it > 0).map(|it| cell(Paint::Plain, it));
    fields(
        console,
        vec![
            ("from", Some(text(&restored.checkpoint.as_ref().map_or("the beginning".to_owned(), name)))),
            ("positions", some(positions.collect::<Vec<_>>().join(", "))),
            ("start", Some(cell(Paint::Plain, restored.generation))),
            ("aborts", some(numbers(&restored.aborted))),
            ("to commit", count(restored.commit.len())),
            ("to abort", count(restored.abort.len())),
            ("given to sinks again", some(numbers(&restored.repeated))),
            ("without state of", some(restored.dropped_operators.join(", "))),
        ],
    )
}
