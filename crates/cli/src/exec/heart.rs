//! Signs of life while the command runs, and its progress.

use std::path::Path;
use std::time::Duration;

use highwater::ErrorKind;
use highwater::answer::{Beaten, StopAsked};
use highwater::command::{AttemptRef, Beat, Command, ReportProgress};

use tokio::sync::watch;

use super::Work;
use super::result_file::{self, CommandResult, Reading};
use crate::failure::{Failure, Outcome};
use crate::limits::{BEAT, BEAT_MIN, BEATS_PER_LEASE};
use crate::session::expect_answer;

/// Beats for one attempt.
#[derive(Debug)]
pub(super) struct Heart<'a> {
    /// The attempt, and its proof.
    pub(super) attempt: &'a AttemptRef,
    /// Name of the lease behind it.
    pub(super) lease: &'a str,
    /// Length of the lease.
    pub(super) lease_length: Duration,
    /// Where the command writes its results.
    pub(super) result: &'a Path,
    /// What the last beat said of stopping.
    pub(super) asked: &'a watch::Sender<Option<StopAsked>>,
}

impl Heart<'_> {
    /// Beats until the attempt is fenced, and returns what the engine says about that. Whatever else goes wrong is tried
    /// again at the next beat: the tokens keep what is written safe.
    pub(super) async fn beat(&self, work: &Work<'_>) -> Failure {
        let every = (self.lease_length / BEATS_PER_LEASE).clamp(BEAT_MIN, BEAT);
        let mut reported = CommandResult::default();
        loop {
            // First of all a pause: most commands are short, and a worker that never beats leaves no trace to clean up.
            tokio::time::sleep(every).await;
            if let Ok(false) = self.holds(work).await
                && let Err(failure) = self.report(work, &reported).await
                && failure.is(ErrorKind::Fenced)
            {
                return failure;
            }
            if let Err(failure) = self.report_news(work, &mut reported).await
                && failure.is(ErrorKind::Fenced)
            {
                return failure;
            }
        }
    }

    /// One beat; false if the lease is no longer ours.
    async fn holds(&self, work: &Work<'_>) -> Outcome<bool> {
        let beat = Beat { worker: work.session.worker().to_owned(), place: place() };
        let answer = work.session.ask(&work.arguments.pipeline, Command::Beat(beat)).await?;
        let Beaten { leases, stop } = expect_answer!(answer, Beaten)?;
        let asked = stop.into_iter().find(|asked| asked.holding.token == self.attempt.token);
        self.asked.send_if_modified(|known| {
            let is_new = *known != asked;
            *known = asked;
            is_new
        });
        Ok(leases.iter().any(|held| held.lease == self.lease && held.token == self.attempt.token))
    }

    /// Records totals and state that the command has written since, so that a crash does not lose them.
    async fn report_news(&self, work: &Work<'_>, reported: &mut CommandResult) -> Outcome<()> {
        // What is wrong with the file is said when the command has ended.
        let Ok(now) = result_file::read(self.result, &work.arguments.hwms, Reading::Growing) else {
            return Ok(());
        };
        if (now.counts, &now.state) == (reported.counts, &reported.state) {
            return Ok(());
        }
        self.report(work, &now).await?;
        *reported = now;
        Ok(())
    }

    async fn report(&self, work: &Work<'_>, result: &CommandResult) -> Outcome<()> {
        let command = report(self.attempt, result);
        work.session.ask(&work.arguments.pipeline, command).await.map(|_| ())
    }
}

/// The command that records totals and state.
pub(super) fn report(attempt: &AttemptRef, result: &CommandResult) -> Command {
    Command::ReportProgress(ReportProgress {
        attempt: attempt.clone(),
        counts: result.counts.unwrap_or_default(),
        state: result.state.clone(),
        ..ReportProgress::default()
    })
}

/// Where this process is, for people.
fn place() -> String {
    format!("{} pid {}", rustix::system::uname().nodename().to_string_lossy(), std::process::id())
}
