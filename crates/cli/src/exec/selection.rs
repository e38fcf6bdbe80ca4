//! Which run the command belongs to.
//!
//! Runs that `exec` starts carry a label with the name of their node. Without `--run`, the newest run with the label is
//! taken up if it is unfinished: that is how a call resumes what an earlier one left behind. Otherwise a new run is started
//! under a dedupe key that names the one before, so that two calls at the same moment get the same run and not one each.

use highwater::ErrorKind;
use highwater::answer::RunView;
use highwater::command::{Command, ListRuns, StartRun};

use super::Work;
use crate::failure::Outcome;
use crate::limits::SELECT_TRIES;
use crate::session::expect_answer;

/// Label of runs that `exec` started; its text is the name of the node.
const LABEL: &str = "highwater.exec";

/// A run that was found or started.
#[derive(Debug)]
pub(super) struct Selected {
    /// Its id.
    pub(super) run: String,
    /// True if `exec` started it for this node, now or before: then `exec` ends it.
    pub(super) is_ours: bool,
    /// True if it was started just now.
    pub(super) is_new: bool,
}

impl Selected {
    /// True if it is a run of ours that was left behind.
    pub(super) fn is_resumed_by_us(&self) -> bool {
        self.is_ours && !self.is_new
    }
}

pub(super) async fn select(work: &Work<'_>) -> Outcome<Selected> {
    match &work.arguments.run {
        Some(run) => named(work, run).await,
        None => newest(work).await,
    }
}

async fn named(work: &Work<'_>, run: &str) -> Outcome<Selected> {
    match crate::run::describe(work.session, &work.arguments.pipeline, run).await {
        Ok(view) => Ok(found(work, &view)),
        Err(failure) if failure.is(ErrorKind::Invalid) => start(work, Some(run), None).await,
        Err(failure) => Err(failure),
    }
}

async fn newest(work: &Work<'_>) -> Outcome<Selected> {
    for _ in 0..SELECT_TRIES {
        let newest = newest_of_ours(work).await?;
        if let Some(run) = newest.as_ref().filter(|run| !run.status.is_final()) {
            return Ok(found(work, run));
        }
        let after = newest.map_or_else(String::new, |run| run.run);
        let key = dedupe_key(&work.arguments.node, &after);
        match start(work, None, Some(&key)).await {
            // The key may be older than what is kept of runs.
            Ok(selected) if exists(work, &selected.run).await? => return Ok(selected),
            Ok(_) => break,
            Err(failure) if failure.is(ErrorKind::Conflict) => {}
            Err(failure) => return Err(failure),
        }
    }
    start(work, None, None).await
}

/// The newest run that `exec` started for this node.
async fn newest_of_ours(work: &Work<'_>) -> Outcome<Option<RunView>> {
    let tags = [(LABEL.to_owned(), work.arguments.node.clone())].into();
    let command = Command::ListRuns(ListRuns { tags, limit: 1, ..ListRuns::default() });
    let runs = expect_answer!(work.session.ask(&work.arguments.pipeline, command).await?, Runs)?;
    Ok(runs.runs.into_iter().next())
}

async fn exists(work: &Work<'_>, run: &str) -> Outcome<bool> {
    match crate::run::describe(work.session, &work.arguments.pipeline, run).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.is(ErrorKind::Invalid) => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn found(work: &Work<'_>, view: &RunView) -> Selected {
    let is_ours = view.tags.get(LABEL) == Some(&work.arguments.node);
    Selected { run: view.run.clone(), is_ours, is_new: false }
}

/// Commands under one key must be the same, so nothing of this process goes into the command.
async fn start(work: &Work<'_>, run: Option<&str>, dedupe_key: Option<&str>) -> Outcome<Selected> {
    let command = StartRun {
        run: run.map(str::to_owned),
        tags: [(LABEL.to_owned(), work.arguments.node.clone())].into(),
        trigger: Some("exec".to_owned()),
        ..StartRun::default()
    };
    let pipeline = &work.arguments.pipeline;
    let answers = work.session.ask_all(pipeline, vec![Command::StartRun(command)], dedupe_key).await?;
    let answer = answers.into_iter().next().ok_or_else(crate::session::unexpected)?;
    let started = expect_answer!(answer, RunStarted)?;
    Ok(Selected { is_new: !started.resumed, ..found(work, &started.run) })
}

/// Short whatever the names are: a key has no room for two of them.
fn dedupe_key(node: &str, after: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let plain = format!("exec/{node}/after/{after}");
    if plain.len() <= 200 {
        return plain;
    }
    let mut hasher = DefaultHasher::new();
    plain.hash(&mut hasher);
    format!("exec/{:016x}/after", hasher.finish())
}
