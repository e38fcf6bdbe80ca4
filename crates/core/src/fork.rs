//! Fork: a new pipeline starts with the state that another one has, or had.

use highwater_format::fact::ReplaceCause;

use crate::answer::{Answer, Forked};
use crate::command::Fork;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::past::Source;
use crate::replace::{self, Origin};
use crate::state::At;
use crate::{moment, names};

pub(crate) fn fork(context: &Context<'_>, command: &Fork) -> Result<Decided, Stop> {
    names::check_pipeline(&command.source)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let (pipeline, source) = (context.pipeline, command.source.as_str());
    if context.version() > 0 {
        return Err(Error::invalid(format!(
            "pipeline `{pipeline}` is at version {} already; a fork must be a new pipeline, choose another id",
            context.version()
        ))
        .into());
    }
    if pipeline == source {
        let message = format!("pipeline `{pipeline}` cannot be its own fork; choose another id");
        return Err(Error::invalid(message).into());
    }
    let other = moment::open(Source { pipeline: source, ..context.source() }, &command.at, None)?;
    let source_version = other.state.version;
    if source_version == 0 {
        return Err(Error::invalid(format!(
            "pipeline `{source}` has nothing to fork: at that moment it was not written yet"
        ))
        .into());
    }
    let origin = Origin {
        cause: ReplaceCause::Fork,
        source: Some(source),
        version: source_version,
        backup: other.backup,
        reason: &command.reason,
        actor: command.actor.as_ref(),
    };
    let at = At { version: context.next_version, at_ms: context.now_ms };
    let target = replace::target(context.state, other.state, &origin, at);
    let fact = replace::fact(context.state, &target, &origin)?;
    let forked = Forked { source: source.to_owned(), source_version, version: context.next_version };
    Decided::facts(fact.map(Into::into).into_iter().collect(), Answer::Forked(forked))
}
