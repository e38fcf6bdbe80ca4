//! Repair: a damaged journal begins anew with the state that can still be folded. Nothing is thrown away: what the journal
//! had is set aside, and what is lost is listed.

use highwater_format::fact::{Fact, JournalRepaired};
use highwater_format::{FormatError, Keyring, Record, decode_entries};

use crate::answer::{Answer, LogRecord, LostRange, Repaired};
use crate::ask::{Ask, unexpected};
use crate::bug;
use crate::command::Repair;
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::input::{FailureKind, Outcome, Retained};
use crate::order::sorted;
use crate::output::Stored;
use crate::resident::{failure, failure_error};
use crate::row::{HeadRow, Row};
use crate::state::{At, State};
use crate::{backup, journal, limits, log, names, past, replace, snapshot, success};

pub(crate) fn repair(context: &mut Context<'_>, command: &Repair) -> Result<Decided, Stop> {
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    if let Some(repaired) = context.fetched.repaired.clone() {
        return note(command, repaired);
    }
    if let Some(repaired) = whole(context)? {
        return Decided::answer(Answer::Repaired(repaired));
    }
    let plan = plan(context)?;
    let mut repaired = plan.answer(context.fetched.retained(context.pipeline)?, context.keys);
    if command.dry_run {
        return Decided::answer(Answer::Repaired(repaired));
    }
    let reset = Ask::Reset(plan.new_version);
    let Some(outcome) = context.fetched.asked.get(&reset) else {
        let bytes = plan.snapshot(context, command)?;
        return Err(Stop::Need(Need::Ask { of: context.pipeline.to_owned(), ask: reset, bytes }));
    };
    match outcome {
        Outcome::Reset(set_aside) => {
            repaired.applied = true;
            repaired.set_aside.clone_from(set_aside);
            context.fetched.repaired = Some(repaired);
            Err(Stop::Need(Need::Reopen))
        }
        Outcome::Taken => look_again(context, command),
        other => {
            let effect =
                "whether the journal begins anew is not known; repair again, which does nothing if it does";
            Err(failure_error(&failure(other.clone()), effect).into())
        }
    }
}

/// Something stands at the new version: somebody has written or repaired meanwhile, which is seen when everything is read
/// again, or the store knows of versions that nobody can read any more, which are then passed over in growing steps.
fn look_again(context: &mut Context<'_>, command: &Repair) -> Result<Decided, Stop> {
    if context.fetched.hidden > limits::HIDDEN_VERSIONS {
        return Err(Error::conflict(format!(
            "others are faster with pipeline `{}`; look whether it still has to be repaired",
            context.pipeline
        ))
        .into());
    }
    context.fetched.hidden = context.fetched.hidden * 2 + 1;
    context.fetched.asked.clear();
    repair(context, command)
}

/// The journal begins anew already, and says so in its first record.
fn note(command: &Repair, repaired: Repaired) -> Result<Decided, Stop> {
    let fact = JournalRepaired {
        from_version: repaired.from,
        kept_up_to: repaired.kept_up_to,
        lost_up_to: repaired.new_version - 1,
        set_aside: repaired.set_aside.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    Decided::facts(vec![fact.into()], Answer::Repaired(repaired))
}

/// The answer for a journal that opens, and of which nothing is damaged. One that opens around damage, such as a torn end,
/// can be repaired too: that sets the damaged bytes aside, which are found again and again otherwise.
fn whole(context: &Context<'_>) -> Result<Option<Repaired>, Stop> {
    let live = match context.fetched.answer_to(context.pipeline, Ask::Journal)? {
        Outcome::Journal(journal) => journal::load(journal, context.keys).ok(),
        Outcome::Failed(failure) if failure.kind == FailureKind::Corrupt => None,
        other => return Err(unexpected(other)),
    };
    let Some(live) = live else { return Ok(None) };
    let is_whole = context.fetched.retained(context.pipeline)?.damage.is_empty();
    Ok(is_whole.then(|| Repaired {
        from: live.snapshot_version,
        kept_up_to: live.state.version,
        new_version: live.state.version,
        ..Repaired::default()
    }))
}

/// What can be kept, and where the journal begins anew.
struct Plan {
    state: State,
    from: u64,
    kept_up_to: u64,
    new_version: u64,
}

fn plan(context: &Context<'_>) -> Result<Plan, Stop> {
    let retained = context.fetched.retained(context.pipeline)?;
    check_readable(retained, context.keys)?;
    let (mut from, mut state) =
        (0, past::fold_on(State::default(), &retained.records, u64::MAX, context.keys).0);
    for stored in &retained.snapshots {
        let Ok(base) = snapshot::decode(&stored.bytes, context.keys) else { continue };
        let folded = past::fold_on(base, &retained.records, u64::MAX, context.keys).0;
        // Of those that lead equally far, the newest one.
        if folded.version >= state.version {
            (from, state) = (stored.version, folded);
        }
    }
    let backups = sorted(context.source().backups()?, |a, b| b.version.cmp(&a.version));
    for backup in backups.iter().filter(|backup| backup.version > state.version) {
        match backup::open(context.source(), &backup.id) {
            Ok((base, _)) => {
                (from, state) =
                    (backup.version, past::fold_on(base, &retained.records, u64::MAX, context.keys).0);
                break;
            }
            Err(Stop::Need(need)) => return Err(Stop::Need(need)),
            // It is damaged too, or gone.
            Err(Stop::Refused(_)) => {}
        }
    }
    let kept_up_to = state.version;
    let of_backups = backups.first().map_or(0, |backup| backup.version);
    let seen = past::last_version(retained).max(retained.last_version).max(of_backups).max(kept_up_to);
    let new_version = seen.saturating_add(context.fetched.hidden).saturating_add(1);
    Ok(Plan { state, from, kept_up_to, new_version })
}

/// What a newer version wrote, or what is encrypted with another key, is not damaged: it must not be given up.
fn check_readable(retained: &Retained, keys: &Keyring) -> Result<(), Error> {
    let refuse = |error: FormatError| match error.needs_upgrade() || error.needs_key() {
        true => Err(Error::invalid(format!(
            "the journal is not repaired, because not all of it is damaged: {error}"
        ))),
        false => Ok(()),
    };
    let of_record = |stored: &Stored| Record::decode_with(&stored.bytes, keys).err().map_or(Ok(()), refuse);
    let of_snapshot = |stored: &Stored| snapshot::decode(&stored.bytes, keys).err().map_or(Ok(()), refuse);
    retained.records.iter().try_for_each(of_record)?;
    retained.snapshots.iter().try_for_each(of_snapshot)
}

impl Plan {
    fn last(&self) -> u64 {
        self.new_version - 1
    }

    /// Records that are lost and can still be read.
    fn readable<'a>(
        &self,
        retained: &'a Retained,
        keys: &'a Keyring,
    ) -> impl Iterator<Item = (&'a Stored, Record)> {
        let kept_up_to = self.kept_up_to;
        let lost = retained.records.iter().filter(move |stored| stored.version > kept_up_to);
        lost.filter_map(|stored| Some((stored, Record::decode_with(&stored.bytes, keys).ok()?)))
    }

    fn answer(&self, retained: &Retained, keys: &Keyring) -> Repaired {
        let readable =
            self.readable(retained, keys).filter_map(|(stored, _)| log::readable(&stored.bytes, keys).ok());
        let mut lost_records: Vec<LogRecord> = readable.take(limits::LOST_RECORDS + 1).collect();
        let truncated = lost_records.len() > limits::LOST_RECORDS;
        lost_records.truncate(limits::LOST_RECORDS);
        let lost = LostRange { from: self.kept_up_to.saturating_add(1), to: self.last() };
        Repaired {
            needed: true,
            applied: false,
            from: self.from,
            kept_up_to: self.kept_up_to,
            lost: (lost.from <= lost.to).then_some(lost).into_iter().collect(),
            lost_records,
            truncated,
            new_version: self.new_version,
            set_aside: None,
        }
    }

    /// The last fencing token and the last numbers that may have been given out: those that can be read are known, and what
    /// cannot be read may have held as many as fit.
    fn last_given_out(&self, retained: &Retained, keys: &Keyring) -> HeadRow {
        let mut head = self.state.head();
        let mut unreadable = self.last() - self.kept_up_to;
        for (_, record) in self.readable(retained, keys) {
            unreadable = unreadable.saturating_sub(1);
            record.facts.iter().for_each(|entry| give_out(&mut head, &entry.fact));
        }
        let hidden = unreadable.saturating_add(retained.damage.len() as u64);
        let unknown = hidden.saturating_mul(limits::TOKENS_PER_RECORD);
        for number in [&mut head.token, &mut head.checkpoints, &mut head.generation] {
            *number = number.saturating_add(unknown);
        }
        head
    }

    /// What the journal begins anew with: nobody holds a lease, and no token is given out twice.
    fn snapshot(&self, context: &Context<'_>, command: &Repair) -> Result<Vec<u8>, Stop> {
        let retained = context.fetched.retained(context.pipeline)?;
        let mut state = self.state.clone();
        let at = At { version: self.new_version, at_ms: context.now_ms };
        let why = format!("the journal was repaired: {}", command.reason);
        if !bug!(RepairLeases) {
            replace::fence(&mut state, &why, command.actor.as_ref(), at);
        }
        // What was lost may have begun to overwrite what they left.
        let nodes: Vec<String> = state.successes.iter().map(|(node, _)| node.clone()).collect();
        nodes.iter().for_each(|node| success::forget(&mut state, node));
        let last = self.last_given_out(retained, context.keys);
        if !bug!(RepairToken) {
            state.change_head(|head| {
                (head.token, head.checkpoints, head.generation) =
                    (last.token, last.checkpoints, last.generation);
            });
        }
        state.version = self.new_version;
        let bytes = snapshot::encode(&state, context.keys);
        bytes.map_err(|error| Error::invalid(format!("the repaired state cannot be kept: {error}")).into())
    }
}

/// Notes the token, or the number, that a fact gives out.
fn give_out(head: &mut HeadRow, fact: &Fact) {
    let given = match fact {
        Fact::LeaseAcquired(fact) => HeadRow { token: fact.token, ..HeadRow::default() },
        Fact::AttemptStarted(fact) => HeadRow { token: fact.token, ..HeadRow::default() },
        Fact::BatchPrepared(fact) => HeadRow { token: fact.batch, ..HeadRow::default() },
        Fact::CheckpointTriggered(fact) => HeadRow { checkpoints: fact.checkpoint, ..HeadRow::default() },
        Fact::StreamRestored(fact) => HeadRow { generation: fact.generation, ..HeadRow::default() },
        Fact::StateReplaced(fact) => {
            let rows = decode_entries::<Row>(&fact.rows_put).map(|rows| rows.entries).unwrap_or_default();
            let head = rows.into_iter().find_map(|entry| match entry.fact {
                Row::HeadRow(row) => Some(row),
                _ => None,
            });
            head.unwrap_or_default()
        }
        _ => return,
    };
    head.token = head.token.max(given.token);
    head.checkpoints = head.checkpoints.max(given.checkpoints);
    head.generation = head.generation.max(given.generation);
}
