//! `highwater checkpoint show`.

use clap::Args;
use highwater::answer::CheckpointView;

use super::{CheckpointArguments, find, list};
use crate::console::Console;
use crate::failure::Outcome;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::Session;
use crate::table::{Grid, fields, size, text};
use crate::time;
use crate::views::checkpoint::CheckpointData;

/// Names a checkpoint.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn show(session: &Session<'_>, arguments: &ShowArguments) -> Outcome<()> {
    let checkpoint = find(session, &arguments.checkpoint).await?;
    session.console.show(&CheckpointData::new(&checkpoint), || {
        format!("{}\n{}", head(session.console, &checkpoint), table(session.console, &checkpoint))
    })
}

fn head(console: &Console, checkpoint: &CheckpointView) -> String {
    let plain = |text: String| Some(cell(Paint::Plain, text));
    let took = |ended: i64| time::duration(ended - checkpoint.triggered_at_ms);
    fields(
        console,
        vec![
            ("checkpoint", Some(cell(Paint::Strong, checkpoint.checkpoint))),
            ("status", Some(cell(list::paint(checkpoint.status), checkpoint.status.name()))),
            ("savepoint", checkpoint.savepoint.as_deref().map(text)),
            ("triggered", plain(console.when(checkpoint.triggered_at_ms))),
            ("took", checkpoint.ended_at_ms.map(took).and_then(plain)),
            ("size", plain(size(checkpoint.size_bytes))),
            ("new", plain(size(checkpoint.added_bytes))),
            ("missing", Some(checkpoint.missing).filter(|it| *it > 0).map(|it| cell(Paint::Warn, it))),
            ("why", checkpoint.abort_reason.as_deref().map(text)),
            ("who", checkpoint.abort_actor.as_deref().map(text)),
        ],
    )
}

/// What the sub-tasks handed over.
fn table(console: &Console, checkpoint: &CheckpointView) -> String {
    if checkpoint.acknowledgements.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["OPERATOR", ">SUBTASK", ">STATE", "~PARTS", "~POSITIONS"]);
    for it in &checkpoint.acknowledgements {
        let parts = it.parts.iter().map(|part| format!("{} ({})", part.name, size(part.size_bytes)));
        let positions = it.positions.iter().map(|position| format!("{}={}", position.name, position.value));
        grid.row(vec![
            text(&it.operator),
            cell(Paint::Plain, it.subtask),
            cell(Paint::Plain, it.state.as_ref().map(|state| size(state.len() as u64)).unwrap_or_default()),
            text(&parts.collect::<Vec<_>>().join(", ")),
            text(&positions.collect::<Vec<_>>().join(", ")),
        ]);
    }
    grid.finish()
}
