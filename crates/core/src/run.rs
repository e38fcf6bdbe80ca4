//! Runs: the machine, decide and apply.

use highwater_format::Extra;
use highwater_format::fact::{Fact, FinalStatus, RunCancelled, RunFinished, RunResumed, RunStarted};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Runs};
use crate::bug;
use crate::command::{CancelRun, DescribeRun, FinishRun, ListRuns, ResumeRun, StartRun};
use crate::decide::{Context, Decided, Draft, Stop};
use crate::error::Error;
use crate::node::NodeStatus;
use crate::row::{NodeRow, RunRow};
use crate::state::{At, State};
use crate::{deadline, graph, limits, names, page, pause, run_window, view};

/// Status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Started and not ended, whether or not somebody works on it right now.
    Running,
    /// All that had to be done was done.
    Succeeded,
    /// Some nodes succeeded and some did not.
    Partial,
    /// The work failed.
    Failed,
    /// The worker died and nobody took the run up again.
    Crashed,
    /// Somebody stopped it.
    Cancelled,
    /// Held up: nothing begins in it until it is resumed.
    Paused,
}

/// Every transition of a run: status before, fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<RunStatus>, &str, RunStatus)] = &[
    (None, "run-started", RunStatus::Running),
    (Some(RunStatus::Running), "run-resumed", RunStatus::Running),
    (Some(RunStatus::Running), "run-finished", RunStatus::Succeeded),
    (Some(RunStatus::Running), "run-finished", RunStatus::Partial),
    (Some(RunStatus::Running), "run-finished", RunStatus::Failed),
    (Some(RunStatus::Running), "run-finished", RunStatus::Crashed),
    (Some(RunStatus::Running), "run-cancelled", RunStatus::Cancelled),
    (Some(RunStatus::Running), "run-paused", RunStatus::Paused),
    (Some(RunStatus::Paused), "run-resumed", RunStatus::Running),
    (Some(RunStatus::Paused), "run-finished", RunStatus::Succeeded),
    (Some(RunStatus::Paused), "run-finished", RunStatus::Partial),
    (Some(RunStatus::Paused), "run-finished", RunStatus::Failed),
    (Some(RunStatus::Paused), "run-finished", RunStatus::Crashed),
    (Some(RunStatus::Paused), "run-cancelled", RunStatus::Cancelled),
];

impl RunStatus {
    /// All statuses.
    pub const ALL: [RunStatus; 7] = [
        RunStatus::Running,
        RunStatus::Succeeded,
        RunStatus::Partial,
        RunStatus::Failed,
        RunStatus::Crashed,
        RunStatus::Cancelled,
        RunStatus::Paused,
    ];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Paused => "paused",
            RunStatus::Succeeded => "succeeded",
            RunStatus::Partial => "partial",
            RunStatus::Failed => "failed",
            RunStatus::Crashed => "crashed",
            RunStatus::Cancelled => "cancelled",
        }
    }

    /// Whether the run can never change again.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, RunStatus::Running | RunStatus::Paused)
    }
}

impl From<FinalStatus> for RunStatus {
    fn from(status: FinalStatus) -> Self {
        match status {
            FinalStatus::Succeeded => RunStatus::Succeeded,
            FinalStatus::Partial => RunStatus::Partial,
            FinalStatus::Failed => RunStatus::Failed,
            FinalStatus::Crashed => RunStatus::Crashed,
        }
    }
}

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<RunStatus>, fact: &Fact) -> Option<RunStatus> {
    match (from, fact) {
        (None, Fact::RunStarted(_)) | (Some(RunStatus::Running | RunStatus::Paused), Fact::RunResumed(_)) => {
            Some(RunStatus::Running)
        }
        (Some(RunStatus::Running), Fact::RunPaused(_)) => Some(RunStatus::Paused),
        (Some(RunStatus::Running | RunStatus::Paused), Fact::RunFinished(fact)) => Some(fact.status.into()),
        (Some(RunStatus::Running | RunStatus::Paused), Fact::RunCancelled(_)) => Some(RunStatus::Cancelled),
        _ => None,
    }
}

pub(crate) fn start(context: &mut Context<'_>, command: &StartRun) -> Result<Decided, Stop> {
    check_start(command)?;
    let run = context.id(command.run.as_ref());
    if let Some(row) = context.state.runs.get(&run) {
        return pause::start_again(row, command.worker.as_ref());
    }
    check_room(context)?;
    let fact = RunStarted {
        run: run.clone(),
        params: command.params.clone(),
        tags: command.tags.clone(),
        trigger: command.trigger.clone(),
        code_version: command.code_version.clone(),
        logical_time_ms: command.logical_time_ms,
        parent: command.parent.clone(),
        worker: command.worker.clone(),
        deadline_at_ms: deadline::at_ms(context.now_ms, command.deadline_ms),
        window: command.window,
    };
    Ok(Decided { facts: vec![fact.into()], answer: Draft::RunStarted { run, resumed: false } })
}

pub(crate) fn check_room(context: &mut Context<'_>) -> Result<(), Error> {
    context.check_bound("unfinished runs", context.state.open_runs(), 1, limits::OPEN_RUNS)
}

fn check_start(command: &StartRun) -> Result<(), Error> {
    names::check_optional_name("the run id", command.run.as_ref())?;
    names::check_optional_name("the worker", command.worker.as_ref())?;
    names::check_optional_name("the parent run", command.parent.as_ref())?;
    names::check_optional_name("the trigger", command.trigger.as_ref())?;
    names::check_optional_name("the code version", command.code_version.as_ref())?;
    deadline::check("the run", command.deadline_ms)?;
    run_window::check(command.window)?;
    for (what, count) in [("tags", command.tags.len()), ("parameters", command.params.len())] {
        if count > limits::LABELS {
            return Err(Error::invalid(format!("{count} {what}; a run has at most {}", limits::LABELS)));
        }
    }
    for (name, tag) in &command.tags {
        names::check_name("the name of the tag", name)?;
        names::check_length("the tag", tag, limits::TEXT_BYTES)?;
    }
    for (name, value) in &command.params {
        names::check_name("the name of the parameter", name)?;
        if value.bytes_len() > limits::VALUE_BYTES {
            return Err(Error::invalid(format!(
                "the parameter `{name}` has {} bytes; at most {} are allowed",
                value.bytes_len(),
                limits::VALUE_BYTES
            )));
        }
    }
    Ok(())
}

pub(crate) fn resume(context: &Context<'_>, command: &ResumeRun) -> Result<Decided, Stop> {
    names::check_optional_name("the worker", command.worker.as_ref())?;
    if let Some(reason) = &command.reason {
        names::check_reason(reason, command.actor.as_ref())?;
    }
    let row = find_open(context.state, &command.run)?;
    let (worker, reason, actor) = (command.worker.clone(), command.reason.clone(), command.actor.clone());
    let fact = RunResumed { run: row.run.clone(), worker, reason, actor };
    let answer = Draft::RunStarted { run: row.run.clone(), resumed: true };
    Ok(Decided { facts: vec![fact.into()], answer })
}

pub(crate) fn finish(context: &Context<'_>, command: &FinishRun) -> Result<Decided, Stop> {
    let row = find(context.state, &command.run)?;
    check_open(row, "it cannot be finished again")?;
    if let Some(error) = &command.error {
        crate::attempt::check_error(error)?;
    }
    let nodes: Vec<&NodeRow> = nodes_of(context.state, &command.run).collect();
    let derived = derive_status(context.state, &command.run, &nodes);
    let status = match (command.status, derived) {
        (None, Ok(status)) => status,
        (None | Some(FinalStatus::Succeeded), Err(error)) => return Err(error.into()),
        (Some(FinalStatus::Succeeded), Ok(derived)) if derived != FinalStatus::Succeeded => {
            return Err(Error::conflict(format!(
                "run `{}` did not succeed: {}; leave the status out to have it derived, or reset the failed nodes",
                command.run,
                failed_names(&nodes)
            ))
            .into());
        }
        (Some(status), _) => status,
    };
    let fact = RunFinished { run: command.run.clone(), status, error: command.error.clone() };
    Ok(Decided { facts: vec![fact.into()], answer: Draft::Run(command.run.clone()) })
}

/// Final status as the nodes have it, or what is still to be done.
fn derive_status(state: &State, run: &str, nodes: &[&NodeRow]) -> Result<FinalStatus, Error> {
    let declared = graph::nodes(state);
    let mut begun: Vec<&str> = nodes.iter().map(|node| node.node.as_str()).collect();
    begun.sort_unstable();
    let untouched = declared.iter().find(|spec| begun.binary_search(&spec.name.as_str()).is_err());
    let unfinished = nodes
        .iter()
        .find(|node| matches!(node.status, NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting));
    let succeeded =
        nodes.iter().any(|node| matches!(node.status, NodeStatus::Succeeded | NodeStatus::Cached));
    let failed =
        nodes.iter().any(|node| matches!(node.status, NodeStatus::Failed | NodeStatus::UpstreamFailed));
    if let Some(node) = unfinished {
        return Err(Error::conflict(format!(
            "run `{run}` is not done: node `{}` is {}; finish its nodes, cancel the run, or end it as failed",
            node.node,
            node.status.name()
        )));
    }
    match (failed, succeeded, untouched) {
        (true, true, _) => Ok(FinalStatus::Partial),
        (true, false, _) => Ok(FinalStatus::Failed),
        (false, _, None) => Ok(FinalStatus::Succeeded),
        (false, _, Some(spec)) => Err(Error::conflict(format!(
            "run `{run}` is not done: node `{}` was never begun; begin it, cancel the run, or end it as partial",
            spec.name
        ))),
    }
}

fn failed_names(nodes: &[&NodeRow]) -> String {
    let failed = |node: &&&NodeRow| matches!(node.status, NodeStatus::Failed | NodeStatus::UpstreamFailed);
    let names: Vec<String> = nodes
        .iter()
        .filter(failed)
        .take(5)
        .map(|node| format!("node `{}` is {}", node.node, node.status.name()))
        .collect();
    names.join(", ")
}

pub(crate) fn cancel(context: &Context<'_>, command: &CancelRun) -> Result<Decided, Stop> {
    names::check_reason(&command.reason, command.actor.as_ref())?;
    if !bug!(EndTwice) {
        check_open(find(context.state, &command.run)?, "there is nothing to cancel")?;
    }
    let fact = RunCancelled {
        run: command.run.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    Ok(Decided { facts: vec![fact.into()], answer: Draft::Run(command.run.clone()) })
}

pub(crate) fn describe(context: &Context<'_>, command: &DescribeRun) -> Result<Decided, Stop> {
    let row = find(context.state, &command.run)?;
    Decided::answer(Answer::Run(view::run(context.state, row, true)))
}

pub(crate) fn list(context: &Context<'_>, command: &ListRuns) -> Result<Decided, Stop> {
    let before = match &command.cursor {
        None => u64::MAX,
        Some(cursor) => cursor.parse().map_err(|_| {
            let start: String = cursor.chars().take(32).collect();
            Error::invalid(format!(
                "`{start}` is no cursor of a list of runs; pass `next` of the page before"
            ))
        })?,
    };
    let limit = page::limit(command.limit);
    let state = context.state;
    let mut rows = state
        .runs_by_number
        .range(..before)
        .rev()
        .filter_map(|(_, run)| state.runs.get(run))
        .filter(|row| matches(row, command));
    let found: Vec<&RunRow> = rows.by_ref().take(limit).collect();
    let next = rows.next().and_then(|_| found.last().map(|row| row.number.to_string()));
    let runs = found.into_iter().map(|row| view::run(state, row, false)).collect();
    Decided::answer(Answer::Runs(Runs { runs, next }))
}

fn matches(row: &RunRow, filter: &ListRuns) -> bool {
    (filter.statuses.is_empty() || filter.statuses.contains(&row.status))
        && filter.tags.iter().all(|(name, tag)| row.tags.get(name) == Some(tag))
        && filter.since_ms.is_none_or(|since| row.started_at_ms >= since)
        && filter.until_ms.is_none_or(|until| row.started_at_ms < until)
}

pub(crate) fn find<'a>(state: &'a State, run: &str) -> Result<&'a RunRow, Error> {
    names::check_name("the run id", run)?;
    state.runs.get(run).ok_or_else(|| {
        Error::invalid(format!("there is no run `{run}`; list the runs to see which there are, or start it"))
    })
}

pub(crate) fn find_open<'a>(state: &'a State, run: &str) -> Result<&'a RunRow, Error> {
    let row = find(state, run)?;
    check_open(row, "start a new run, with this one as its parent")?;
    Ok(row)
}

/// How a run stands, and why, where its time was up.
pub(crate) fn words(row: &RunRow) -> String {
    let status = row.status.name();
    match row.error.as_ref().filter(|_| deadline::ended_run(row)) {
        Some(error) => format!("{status} ({})", error.message),
        None => status.to_owned(),
    }
}

pub(crate) fn check_open(row: &RunRow, next: &str) -> Result<(), Error> {
    if row.status.is_final() {
        return Err(Error::conflict(format!("run `{}` is {} for good; {next}", row.run, words(row))));
    }
    Ok(())
}

pub(crate) fn nodes_of<'a>(state: &'a State, run: &str) -> impl Iterator<Item = &'a NodeRow> + use<'a> {
    let first = (run.to_owned(), String::new());
    let run = run.to_owned();
    state.nodes.range(first..).take_while(move |(key, _)| key.0 == run).map(|(_, row)| row)
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    let run = match fact {
        Fact::RunStarted(fact) => &fact.run,
        Fact::RunResumed(fact) => &fact.run,
        Fact::RunFinished(fact) => &fact.run,
        Fact::RunCancelled(fact) => &fact.run,
        Fact::RunPaused(fact) => &fact.run,
        _ => return,
    };
    let Some(status) = transition(state.runs.get(run).map(|row| row.status), fact) else { return };
    if let Fact::RunStarted(fact) = fact {
        return insert(state, fact, extra, at);
    }
    state.runs.modify(run, |row| {
        // That a run goes on after a pause is no restart of it.
        let was_paused = std::mem::replace(&mut row.status, status) == RunStatus::Paused;
        row.pause = pause::of(fact, at);
        row.extra.absorb(extra);
        match fact {
            Fact::RunResumed(fact) => {
                row.restarts = row.restarts.saturating_add(u32::from(!was_paused));
                row.worker = fact.worker.clone().or(row.worker.take());
            }
            Fact::RunFinished(fact) => row.error.clone_from(&fact.error),
            Fact::RunCancelled(fact) => {
                row.cancel_reason = Some(fact.reason.clone());
                row.cancel_actor.clone_from(&fact.actor);
            }
            _ => {}
        }
    });
    if status.is_final() {
        retire(state, run, at);
    }
}

fn insert(state: &mut State, fact: &RunStarted, extra: &Extra, at: At) {
    let number = state.head().runs_started;
    state.change_head(|head| head.runs_started = head.runs_started.saturating_add(1));
    let row = RunRow {
        run: fact.run.clone(),
        number,
        finish_number: None,
        status: RunStatus::Running,
        started_at_ms: at.at_ms,
        finished_at_ms: None,
        restarts: 0,
        params: fact.params.clone(),
        tags: fact.tags.clone(),
        trigger: fact.trigger.clone(),
        code_version: fact.code_version.clone(),
        logical_time_ms: fact.logical_time_ms,
        parent: fact.parent.clone(),
        worker: fact.worker.clone(),
        deadline_at_ms: fact.deadline_at_ms,
        window: fact.window,
        error: None,
        cancel_reason: None,
        cancel_actor: None,
        pause: None,
        extra: if bug!(DropUnknownFields) { Extra::default() } else { extra.clone() },
    };
    state.runs.insert(fact.run.clone(), row);
    state.runs_by_number.insert(number, fact.run.clone());
}

/// Notes the end of a run, and drops the run that ended first when there are too many.
fn retire(state: &mut State, run: &String, at: At) {
    let finish_number = state.head().runs_finished;
    state.change_head(|head| head.runs_finished = head.runs_finished.saturating_add(1));
    state.runs.modify(run, |row| {
        row.finished_at_ms = Some(at.at_ms);
        row.finish_number = Some(finish_number);
    });
    state.runs_by_finish.insert(finish_number, run.clone());
    if state.runs_by_finish.len() <= limits::FINISHED_RUNS_KEPT {
        return;
    }
    let Some((number, run)) = state.runs_by_finish.iter().next().map(|(number, run)| (*number, run.clone()))
    else {
        return;
    };
    state.runs_by_finish.remove(&number);
    if let Some(number) = state.runs.get(&run).map(|row| row.number) {
        state.runs_by_number.remove(&number);
    }
    state.runs.remove(&run);
    let nodes: Vec<_> = nodes_of(state, &run).map(|row| (row.run.clone(), row.node.clone())).collect();
    for key in nodes {
        crate::attempt::drop_all(state, &key);
        state.nodes.remove(&key);
    }
}
