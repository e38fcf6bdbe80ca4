//! Parts of states that are kept elsewhere: who needs them, and when they may be deleted.
//!
//! An acknowledgement names all parts that its state consists of, and what an earlier checkpoint named is shared with it. A part
//! is needed as long as an acknowledgement of a checkpoint that is kept or under way names it. When none does, it is listed to
//! be deleted, and stays listed until somebody says that it is; before that it cannot be named again.

use std::collections::BTreeSet;

use highwater_format::Extra;
use highwater_format::fact::{StatePart, StatePartsDeleted};

use crate::answer::{Answer, Reclaimable};
use crate::bug;
use crate::command::ReclaimState;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::StatePartRow;
use crate::state::State;
use crate::{limits, names, page};

/// Refuses a part that cannot be what it says, and tells whether it is new.
pub(crate) fn check(state: &State, part: &StatePart) -> Result<bool, Error> {
    names::check_name("the name of a part of a state", &part.name)?;
    names::check_optional_name("the digest of a part", part.digest.as_ref())?;
    if state.reclaimable.get(&part.name).is_some() && !bug!(ReviveParts) {
        return Err(Error::invalid(format!(
            "the part `{}` was given up for deletion, and may be gone; write it again under another name",
            part.name
        )));
    }
    match state.parts.get(&part.name) {
        None => Ok(true),
        Some(row) if row.part == *part => Ok(false),
        Some(row) => Err(Error::invalid(format!(
            "the part `{}` has {} bytes and digest {:?}, and is known with {} bytes and {:?}; what a name stands for \
             never changes, choose another one",
            part.name, part.size_bytes, part.digest, row.part.size_bytes, row.part.digest
        ))),
    }
}

pub(crate) fn reclaim(context: &Context<'_>, command: &ReclaimState) -> Result<Decided, Stop> {
    let state = context.state;
    if command.deleted.len() > limits::PAGE {
        return Err(Error::invalid(format!(
            "{} deleted parts in one command; at most {} are allowed, send several commands",
            command.deleted.len(),
            limits::PAGE
        ))
        .into());
    }
    let mut parts: Vec<String> = Vec::new();
    for name in &command.deleted {
        if state.parts.get(name).is_some() {
            return Err(Error::conflict(format!(
                "the part `{name}` is needed by a checkpoint that is kept; delete only what this command lists"
            ))
            .into());
        }
        if state.reclaimable.get(name).is_some() {
            parts.push(name.clone());
        }
    }
    let limit = page::limit(command.limit);
    let deleted: BTreeSet<&str> = command.deleted.iter().map(String::as_str).collect();
    let mut left = state.reclaimable.iter().filter(|(name, _)| !deleted.contains(name.as_str()));
    let listed: Vec<StatePart> = left.by_ref().take(limit).map(|(_, row)| row.part.clone()).collect();
    let answer = Answer::Reclaimable(Reclaimable { parts: listed, more: left.next().is_some() });
    match parts.is_empty() {
        true => Decided::answer(answer),
        false => Decided::facts(vec![StatePartsDeleted { parts }.into()], answer),
    }
}

/// One more acknowledgement needs the part.
pub(crate) fn need(state: &mut State, part: &StatePart) {
    let counted = state.parts.modify(&part.name, |row| row.references = row.references.saturating_add(1));
    if counted.is_none() {
        let row = StatePartRow { part: part.clone(), references: 1, extra: Extra::default() };
        state.parts.insert(part.name.clone(), row);
    }
}

/// One acknowledgement less needs the part.
pub(crate) fn release(state: &mut State, name: &String) {
    let left = state.parts.modify(name, |row| {
        row.references = row.references.saturating_sub(1);
        row.references
    });
    if left == Some(0) || bug!(DropSharedParts) {
        let Some(row) = state.parts.get(name).cloned() else { return };
        state.parts.remove(name);
        state.reclaimable.insert(name.clone(), row);
    }
}

pub(crate) fn apply(state: &mut State, fact: &StatePartsDeleted) {
    fact.parts.iter().for_each(|name| state.reclaimable.remove(name));
}
