//! What is written down at the end of an attempt and of a run.

use std::io;

use highwater::answer::{Answer, Failed};
use highwater::command::{
    AttemptRef, Command, FailAttempt, FinishRun, HandBackAttempt, HwmUpdate, StartRun, SucceedAttempt,
};
use highwater::{Counts, ErrorKind, ErrorRecord, FinalStatus, NodeStatus};

use super::Work;
use super::attempt::{Attempt, Ended, Finish};
use super::child::End;
use super::heart::report;
use super::result_file::{self, CommandResult, Position, Reading};
use super::selection::Selected;
use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::infer;
use crate::limits::{RECORD_PAUSE, RECORD_TRIES};
use crate::session::{expect_answer, unexpected};

/// Class of errors for results that cannot be recorded.
const RESULT_CLASS: &str = "result-invalid";
/// Class of errors for attempts that `exec` could not even begin to carry out.
const SETUP_CLASS: &str = "setup";

/// Records what came of the command.
pub(super) async fn finish(
    work: &Work<'_>,
    attempt: &Attempt<'_>,
    finish: &Finish,
    said: Option<String>,
) -> Outcome<Ended> {
    let result = result_file::read(&attempt.result, &work.arguments.hwms, Reading::Whole);
    if let Some(asked) = finish.asked.as_ref().filter(|_| finish.end != End::Code(exit_code::OK)) {
        return hand_back(work, attempt, finish, (result.ok(), &asked.reason)).await;
    }
    if finish.end != End::Code(exit_code::OK) {
        let message = match finish.end {
            End::Code(code) => format!("`{}` exited with {code}", work.arguments.program()),
            End::Signal(_) => {
                format!("`{}` was ended by {}", work.arguments.program(), finish.end.class())
            }
        };
        let error = ErrorRecord { class: finish.end.class(), message, detail: said };
        let ended = failure(work, attempt, error, result.ok(), finish.end.exit_code()).await?;
        return Ok(match (finish.interruption, ended) {
            // Who stopped it does not want it tried again now.
            (Some(_), Ended::TryAgain) => {
                work.say_left(attempt.selected);
                Ended::Exit(finish.end.exit_code())
            }
            (_, ended) => ended,
        });
    }
    match result.and_then(|result| updates(attempt, &result).map(|updates| (result, updates))) {
        Ok((result, updates)) => success(work, attempt, result, updates).await,
        Err(problem) => refuse_result(work, attempt, &problem).await,
    }
}

/// The command ended because its worker was asked to stop: that is no failure, and the next attempt goes on from its state.
async fn hand_back(
    work: &Work<'_>,
    attempt: &Attempt<'_>,
    finish: &Finish,
    (result, why): (Option<CommandResult>, &str),
) -> Outcome<Ended> {
    let CommandResult { counts, state, .. } = result.unwrap_or_default();
    let (reference, reason) = (attempt.reference.clone(), why.to_owned());
    let command = Command::HandBackAttempt(HandBackAttempt { attempt: reference, counts, state, reason });
    submit(work, attempt.reference, "hand-back", vec![command]).await?;
    work.say_left(attempt.selected);
    Ok(Ended::Exit(finish.end.exit_code()))
}

/// The command could not be started.
pub(super) async fn not_started(work: &Work<'_>, attempt: &Attempt<'_>, error: &io::Error) -> Outcome<Ended> {
    let class = format!("exit-{}", exit_code::NOT_EXECUTABLE);
    let message = format!("the command cannot be started ({error})");
    failure(work, attempt, ErrorRecord { class, message, detail: None }, None, exit_code::NOT_EXECUTABLE)
        .await
}

/// Positions with their types, or what is wrong with them.
fn updates(attempt: &Attempt<'_>, result: &CommandResult) -> Result<Vec<HwmUpdate>, String> {
    let update = |(name, position): (&String, &Position)| {
        let value = match position {
            Position::Typed(value) => value.clone(),
            Position::Untyped(text) => {
                let present = attempt.hwms.get(name).and_then(Option::as_ref);
                infer::read(text, None, present)
                    .map_err(|failure| format!("hwm {name}: {}", failure.message))?
                    .value
            }
        };
        Ok(HwmUpdate { name: name.clone(), value, cast: false, keys: Vec::new() })
    };
    result.hwms.iter().map(update).collect()
}

/// Success, positions and, where it is ours, the end of the run: one record.
async fn success(
    work: &Work<'_>,
    attempt: &Attempt<'_>,
    result: CommandResult,
    hwms: Vec<HwmUpdate>,
) -> Outcome<Ended> {
    let mut commands = Vec::new();
    if result.state.is_some() {
        commands.push(report(attempt.reference, &result));
    }
    let moved = hwms.clone();
    commands.push(Command::SucceedAttempt(SucceedAttempt {
        attempt: attempt.reference.clone(),
        counts: result.counts,
        hwms,
        artifacts: work.arguments.artifacts(),
        ..SucceedAttempt::default()
    }));
    let mut ends = false;
    if attempt.selected.is_ours {
        let mut with_end = commands.clone();
        with_end.push(finish_run(attempt.selected, None, None));
        ends = match submit(work, attempt.reference, "succeed-finish", with_end).await {
            Ok(_) => true,
            // Either the run has more to do, or the results are refused, which the next try tells.
            Err(failure) if is_refusal(&failure) => false,
            Err(failure) => return Err(failure),
        };
    }
    if !ends {
        match submit(work, attempt.reference, "succeed", commands).await {
            Ok(_) => {}
            Err(failure) if is_refusal(&failure) => {
                return refuse_result(work, attempt, &failure.message).await;
            }
            Err(failure) => return Err(failure),
        }
    }
    work.say_succeeded(attempt, result.counts.unwrap_or_default(), &moved);
    if attempt.selected.is_ours && !ends {
        end_unfinished(work, attempt.selected).await?;
    }
    Ok(Ended::Exit(exit_code::OK))
}

/// The node is done, and its run has other nodes that are not. A run that only this call knows ends as partial: nobody else
/// would end it, and it would stand in the way of the next one.
async fn end_unfinished(work: &Work<'_>, selected: &Selected) -> Outcome<()> {
    let pipeline = &work.arguments.pipeline;
    let Err(failure) = work.session.ask(pipeline, finish_run(selected, None, None)).await else {
        return Ok(());
    };
    if work.arguments.run.is_none() && is_refusal(&failure) {
        work.session.ask(pipeline, finish_run(selected, Some(FinalStatus::Partial), None)).await?;
        work.say_partial(selected, &failure.message);
        return Ok(());
    }
    work.say_open(selected, &failure.message);
    Ok(())
}

async fn refuse_result(work: &Work<'_>, attempt: &Attempt<'_>, problem: &str) -> Outcome<Ended> {
    let message = format!("the result of the command is refused, and nothing moved: {problem}");
    let error = ErrorRecord { class: RESULT_CLASS.to_owned(), message, detail: None };
    failure(work, attempt, error, None, exit_code::WORK_FAILED).await
}

/// A failed attempt; its totals and state are kept, its positions are not. Ends the run if there is no next attempt.
async fn failure(
    work: &Work<'_>,
    attempt: &Attempt<'_>,
    error: ErrorRecord,
    result: Option<CommandResult>,
    code: u8,
) -> Outcome<Ended> {
    let result = result.unwrap_or_default();
    let mut commands = Vec::new();
    if result.state.is_some() {
        commands.push(report(attempt.reference, &result));
    }
    let fail = FailAttempt {
        attempt: attempt.reference.clone(),
        counts: result.counts,
        error: error.clone(),
        partitions: Vec::new(),
    };
    commands.push(Command::FailAttempt(fail));
    let answers = submit(work, attempt.reference, "fail", commands).await?;
    let failed = expect_answer!(answers.into_iter().next_back().ok_or_else(unexpected)?, Failed)?;
    work.say_failed(attempt, &error, &failed, !result.hwms.is_empty());
    if failed.retry_at_ms.is_some() {
        return Ok(Ended::TryAgain);
    }
    if attempt.selected.is_ours {
        finish_failed(work, attempt.selected, Some(error)).await?;
    }
    Ok(Ended::Exit(code))
}

/// An attempt that ran into its deadline: the engine has written down that it failed, and what comes next.
pub(super) async fn late(work: &Work<'_>, attempt: &Attempt<'_>) -> Outcome<Ended> {
    let run = crate::run::describe(work.session, &work.arguments.pipeline, &attempt.selected.run).await?;
    let node = run.nodes.iter().find(|node| node.node == work.arguments.node);
    if node.is_some_and(|node| node.status == NodeStatus::Waiting) {
        return Ok(Ended::TryAgain);
    }
    if attempt.selected.is_ours && !run.status.is_final() {
        let last = node.and_then(|node| node.attempts.last());
        finish_failed(work, attempt.selected, last.and_then(|last| last.error.clone())).await?;
    }
    Ok(Ended::Exit(exit_code::WORK_FAILED))
}

/// Ends a run whose node failed for good.
pub(super) async fn finish_failed(
    work: &Work<'_>,
    selected: &Selected,
    error: Option<ErrorRecord>,
) -> Outcome<()> {
    let pipeline = &work.arguments.pipeline;
    let derived = work.session.ask(pipeline, finish_run(selected, None, error.clone())).await;
    match derived {
        Err(failure) if is_refusal(&failure) && work.arguments.run.is_none() => {
            work.session.ask(pipeline, finish_run(selected, Some(FinalStatus::Failed), error)).await?;
        }
        Err(failure) if is_refusal(&failure) => work.say_open(selected, &failure.message),
        other => {
            other?;
        }
    }
    Ok(())
}

/// Ends a run of ours in which there was nothing to do.
pub(super) async fn finish_skipped(work: &Work<'_>, selected: &Selected) -> Outcome<()> {
    if selected.is_ours { end_unfinished(work, selected).await } else { Ok(()) }
}

/// Notes that a run which was left behind goes on.
pub(super) async fn resume(work: &Work<'_>, selected: &Selected) -> Outcome<()> {
    let worker = Some(work.session.worker().to_owned());
    // Starting it again, and not resuming it: that would undo a pause that came in between.
    let command =
        Command::StartRun(StartRun { run: Some(selected.run.clone()), worker, ..StartRun::default() });
    work.session.ask(&work.arguments.pipeline, command).await.map(|_| ())
}

/// Ends an attempt that could not be carried out.
pub(super) async fn give_back(work: &Work<'_>, attempt: &AttemptRef, failure: &Failure) -> Outcome<Failed> {
    let error = ErrorRecord { class: SETUP_CLASS.to_owned(), message: failure.message.clone(), detail: None };
    let fail = FailAttempt {
        attempt: attempt.clone(),
        counts: Some(Counts::default()),
        error,
        partitions: Vec::new(),
    };
    let answers = submit(work, attempt, "fail", vec![Command::FailAttempt(fail)]).await?;
    expect_answer!(answers.into_iter().next().ok_or_else(unexpected)?, Failed)
}

fn finish_run(selected: &Selected, status: Option<FinalStatus>, error: Option<ErrorRecord>) -> Command {
    Command::FinishRun(FinishRun { run: selected.run.clone(), status, error })
}

/// The engine says no, now and at the next try.
fn is_refusal(failure: &Failure) -> bool {
    failure.is(ErrorKind::Invalid) || failure.is(ErrorKind::Conflict)
}

/// Records, and tries again while the store cannot be reached: the work is done, it must not be lost for that. The key keeps
/// it to one effect.
async fn submit(
    work: &Work<'_>,
    attempt: &AttemptRef,
    step: &str,
    commands: Vec<Command>,
) -> Outcome<Vec<Answer>> {
    let key = format!("exec/{}/{step}", attempt.token);
    let mut pause = RECORD_PAUSE;
    for _ in 1..RECORD_TRIES {
        match work.session.ask_all(&work.arguments.pipeline, commands.clone(), Some(&key)).await {
            Err(failure) if failure.is(ErrorKind::Unavailable) => work.say_unavailable(&failure, pause),
            result => return result,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    work.session.ask_all(&work.arguments.pipeline, commands, Some(&key)).await
}
