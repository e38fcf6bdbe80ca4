//! Commands that are decided without the journal being open: reads of the past, and what must work on a damaged journal.

use crate::answer::Answer;
use crate::command::Command;
use crate::decide::Stop;
use crate::desk::Desk;
use crate::error::Error;
use crate::moment;
use crate::observe::Watch;
use crate::past::Source;
use crate::resident::{Live, Resident, Waiting};
use crate::round;

impl Waiting {
    /// Whether it is decided without the journal being open.
    pub(crate) fn is_offline(&self) -> bool {
        match self.submission.commands.as_slice() {
            _ if self.submission.at.is_some() => true,
            [Command::VerifyIntegrity | Command::ListBackups | Command::DeleteBackup(_)] => true,
            [Command::Repair(_)] => self.fetched.repaired.is_none(),
            _ => false,
        }
    }

    /// Whether it must not rest on facts that are not durable yet.
    pub(crate) fn is_alone(&self) -> bool {
        self.submission.commands.iter().any(Command::is_maintenance)
    }

    /// Whether it writes the head elsewhere, which must therefore be the head before it is decided.
    pub(crate) fn pins_head(&self) -> bool {
        matches!(self.submission.commands.as_slice(), [Command::Backup(_)])
    }
}

impl Resident {
    /// Decides the first submission without the journal.
    pub(crate) fn offline_round(&mut self, desk: &mut Desk) {
        let Some(mut waiting) = self.queue.pop_front() else { return };
        let ticket = waiting.submission.ticket;
        match answers(&self.id, &mut self.watch, desk, &mut waiting) {
            Ok(answers) => desk.reply(ticket, Ok(answers)),
            Err(Stop::Refused(error)) => desk.reply(ticket, Err(error)),
            Err(Stop::Need(need)) => {
                self.queue.push_front(waiting);
                self.fetch(desk, need);
            }
        }
    }
}

fn answers(
    pipeline: &str,
    watch: &mut Watch,
    desk: &mut Desk,
    waiting: &mut Waiting,
) -> Result<Vec<Answer>, Stop> {
    let mut live = Live::default();
    if let Some(at) = &waiting.submission.at {
        waiting.submission.commands.iter().try_for_each(check_read)?;
        let source = Source { pipeline, fetched: &waiting.fetched, keys: &desk.options.encryption_keys };
        live.state = moment::open(source, at, None)?.state;
        waiting.fetched.past = true;
    }
    let (facts, answers) = round::decide_all(pipeline, &mut live, watch, desk, waiting, false)?;
    match facts.as_slice() {
        [] => Ok(answers),
        _ => Err(only_read().into()),
    }
}

/// Refuses what cannot be asked of a state of the past.
fn check_read(command: &Command) -> Result<(), Error> {
    match command {
        Command::DescribePipeline
        | Command::ReadLog(_)
        | Command::DescribeRun(_)
        | Command::ReportRun(_)
        | Command::ReportDrift(_)
        | Command::ListRuns(_)
        | Command::Why(_)
        | Command::DescribeNode(_)
        | Command::GetHwm(_)
        | Command::DescribeCoverage(_)
        | Command::ListCoverage(_)
        | Command::ListCadences(_)
        | Command::ListWindows(_)
        | Command::ListLateRules(_)
        | Command::DescribePartitions(_)
        | Command::ListPartitions(_)
        | Command::ListPartitionKeys(_)
        | Command::FindWindow(_)
        | Command::Plan(_)
        | Command::ListBackfills(_)
        | Command::ListHwms(_)
        | Command::HwmHistory(_)
        | Command::GetPositions(_)
        | Command::ListBatches(_)
        | Command::ListDeadLetters(_)
        | Command::ListLeases
        | Command::DescribeStream
        | Command::DescribeCheckpoint(_)
        | Command::ListCheckpoints(_)
        | Command::Validate => Ok(()),
        Command::ResetFailed(command) if command.dry_run => Ok(()),
        Command::RestoreStream(command) if command.dry_run => Ok(()),
        Command::RewindHwm(command) if command.dry_run => Ok(()),
        _ => Err(only_read()),
    }
}

fn only_read() -> Error {
    Error::invalid(
        "a moment of the past can only be read; leave the moment out, or revert to it if you want it back",
    )
}
