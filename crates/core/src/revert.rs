//! Revert: the state as it was at a moment becomes the present one. Nothing is taken out of the journal.

use highwater_format::fact::ReplaceCause;

use crate::answer::{Answer, Reverted};
use crate::command::Revert;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::moment::{self, Moment};
use crate::replace::{self, Origin};
use crate::state::At;
use crate::{diff, lease, limits, names};

pub(crate) fn revert(context: &Context<'_>, command: &Revert) -> Result<Decided, Stop> {
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    if command.to == Moment::Head {
        let message =
            "a revert to the head, which is where the pipeline stands; name a version, a time or a backup";
        return Err(Error::invalid(message).into());
    }
    let present = context.state;
    let old = moment::open(context.source(), &command.to, Some(present))?;
    let (to_version, from_version) = (old.state.version, context.version());
    let origin = Origin {
        cause: if old.backup.is_some() { ReplaceCause::Restore } else { ReplaceCause::Revert },
        source: None,
        version: to_version,
        backup: old.backup,
        reason: &command.reason,
        actor: command.actor.as_ref(),
    };
    let at = At { version: context.next_version, at_ms: context.now_ms };
    let target = replace::target(present, old.state, &origin, at);
    let (changes, truncated) = diff::changes(present, &target, limits::CHANGES)?;
    let fact = replace::fact(present, &target, &origin)?;
    let applied = fact.is_some() && !command.dry_run;
    let answer = Answer::Reverted(Reverted {
        from_version,
        to_version,
        version: if applied { context.next_version } else { from_version },
        applied,
        changes,
        truncated,
        interrupted: present.leases.iter().map(|(_, row)| lease::view(row)).collect(),
    });
    match fact.filter(|_| applied) {
        Some(fact) => Decided::facts(vec![fact.into()], answer),
        None => Decided::answer(answer),
    }
}
