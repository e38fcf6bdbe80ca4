//! Dedupe keys: the same key gets the same answers, without a second effect.

use highwater_format::fact::CommandRemembered;
use highwater_format::{Extra, from_body, to_body};

use crate::answer::Answer;
use crate::bug;
use crate::command::Command;
use crate::error::Error;
use crate::row::RememberedRow;
use crate::state::State;
use crate::{limits, names};

/// The answers that this key got before, if it did.
pub(crate) fn recall(state: &State, key: &str, commands: &[Command]) -> Result<Option<Vec<Answer>>, Error> {
    names::check_name("the dedupe key", key)?;
    let Some(row) = state.remembered.get(key).filter(|_| !bug!(ForgetKey)) else { return Ok(None) };
    if row.command != digest(commands)? {
        return Err(Error::conflict(format!(
            "the dedupe key `{key}` was used for another command; use a new key for each command"
        )));
    }
    let answers = from_body(&row.answers).map_err(|error| {
        Error::corrupt(format!("the answers kept under the dedupe key `{key}` cannot be read: {error}"))
    })?;
    Ok(Some(answers))
}

/// The fact that makes these answers stick.
pub(crate) fn remember(
    key: &str,
    commands: &[Command],
    answers: &Vec<Answer>,
) -> Result<CommandRemembered, Error> {
    let encoded =
        to_body(answers).map_err(|error| Error::invalid(format!("the answers cannot be kept: {error}")))?;
    Ok(CommandRemembered { key: key.to_owned(), command: digest(commands)?, answers: encoded })
}

/// First eight bytes of the BLAKE3 digest of the encoded commands.
fn digest(commands: &[Command]) -> Result<u64, Error> {
    let encoded =
        to_body(&commands).map_err(|error| Error::invalid(format!("the command cannot be kept: {error}")))?;
    let digest = blake3::hash(&encoded);
    Ok(digest.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

pub(crate) fn apply(state: &mut State, fact: &CommandRemembered, extra: &Extra) {
    if state.remembered.get(&fact.key).is_some() {
        return;
    }
    let number = state.head().remembered;
    state.change_head(|head| head.remembered = head.remembered.saturating_add(1));
    let row = RememberedRow {
        key: fact.key.clone(),
        number,
        command: fact.command,
        answers: fact.answers.clone(),
        extra: extra.clone(),
    };
    state.remembered.insert(fact.key.clone(), row);
    state.remembered_by_number.insert(number, fact.key.clone());
    if state.remembered.len() > limits::DEDUPE_KEYS {
        let oldest = state.remembered_by_number.iter().next().map(|(number, key)| (*number, key.clone()));
        if let Some((number, key)) = oldest {
            state.remembered_by_number.remove(&number);
            state.remembered.remove(&key);
        }
    }
}

/// Puts the row in place, and what is derived from it.
pub(crate) fn place(state: &mut State, row: RememberedRow, can_be_taken_back: bool) {
    state.remembered_by_number.put(row.number, row.key.clone(), can_be_taken_back);
    state.remembered.put(row.key.clone(), row, can_be_taken_back);
}
