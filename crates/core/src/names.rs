//! What ids, names and texts may look like.

use crate::error::Error;
use crate::limits;

/// Refuses a pipeline id that is empty, too long, or made of anything but plain path segments.
///
/// # Errors
///
/// [`Invalid`](crate::ErrorKind::Invalid), with what to write instead.
pub fn check_pipeline(id: &str) -> Result<(), Error> {
    if id.is_empty() {
        return Err(Error::invalid("the pipeline id is empty; give it a name such as `prod/orders_daily`"));
    }
    check_length("the pipeline id", id, limits::PIPELINE_ID_BYTES)?;
    check_characters("the pipeline id", id)?;
    for segment in id.split('/') {
        if matches!(segment, "" | "." | "..") {
            return Err(Error::invalid(format!(
                "the pipeline id `{id}` has the segment `{segment}`; segments between slashes must be names, not empty, `.` or `..`"
            )));
        }
    }
    Ok(())
}

/// Refuses a name that is empty, too long, or has control characters. `what` says whose name it is.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::invalid(format!("{what} is empty; give it a name")));
    }
    check_length(what, name, limits::NAME_BYTES)?;
    check_characters(what, name)
}

/// Refuses what cannot be the name of a lease. Those of attempts hold two names and are longer than one.
pub(crate) fn check_lease(name: &str) -> Result<(), Error> {
    check_length("the name of the lease", name, limits::LEASE_NAME_BYTES)?;
    check_characters("the name of the lease", name)
}

pub(crate) fn check_optional_name(what: &str, name: Option<&String>) -> Result<(), Error> {
    name.map_or(Ok(()), |name| check_name(what, name))
}

/// Refuses a reason that is missing or too long: what people change by hand, they explain.
pub(crate) fn check_reason(reason: &str, actor: Option<&String>) -> Result<(), Error> {
    if reason.trim().is_empty() {
        return Err(Error::invalid("a reason is needed: say why, it is kept with the change"));
    }
    check_length("the reason", reason, limits::TEXT_BYTES)?;
    actor.map_or(Ok(()), |actor| check_length("the actor", actor, limits::TEXT_BYTES))
}

pub(crate) fn check_length(what: &str, text: &str, limit: usize) -> Result<(), Error> {
    if text.len() > limit {
        let start: String = text.chars().take(32).collect();
        return Err(Error::invalid(format!(
            "{what} `{start}…` has {} bytes; at most {limit} are allowed, shorten it",
            text.len()
        )));
    }
    Ok(())
}

fn check_characters(what: &str, name: &str) -> Result<(), Error> {
    match name.chars().find(|character| character.is_control()) {
        None => Ok(()),
        Some(character) => Err(Error::invalid(format!(
            "{what} {name:?} has the control character U+{:04X}; leave it out",
            u32::from(character)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn good_ids_pass() {
        for id in ["orders", "prod/orders_daily", "прод/заказы", "🦀", "con", "a.b/c-d", "a b"] {
            assert_eq!(check_pipeline(id), Ok(()), "{id}");
        }
    }

    #[test]
    fn bad_ids_are_refused_with_what_to_do() {
        let long = "x".repeat(1024 * 1024);
        for id in ["", "../../x", "a/../b", "/a", "a/", "a//b", ".", "a\0b", "a\nb", long.as_str()] {
            let error = check_pipeline(id).expect_err("refused");
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.message.len() < 400, "a long id must not flood the message");
        }
    }
}
