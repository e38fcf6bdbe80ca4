//! Dead letters: items that a node cannot work on, put aside so that it goes on without them, and kept until somebody settles them.
//!
//! A letter is told from others by node and key. It is *buried* by an attempt, may be *requeued* by hand, and is dropped by hand or
//! by the attempt that has worked on it since; buried again, it is no longer requeued. They stand for what is outside, so no revert
//! takes them back or brings them back.

use highwater_format::Extra;
use highwater_format::fact::{DeadLettersBuried, DeadLettersSettled, Fact};

use crate::answer::{Answer, DeadLetter, DeadLetters, Requeued};
use crate::command::{BuryItems, ListDeadLetters, SettleDeadLetters};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::DeadLetterRow;
use crate::state::{At, NodeKey, State};
use crate::{attempt, bug, limits, names, page};

pub(crate) fn bury(context: &mut Context<'_>, command: &BuryItems) -> Result<Decided, Stop> {
    let state = context.state;
    let row = attempt::check_held(state, &command.attempt)?;
    check_keys(command.items.iter().map(|item| &item.key))?;
    for item in &command.items {
        attempt::check_error(&item.error)?;
        let bytes = item.payload.as_ref().map_or(0, Vec::len);
        if bytes > limits::DEAD_LETTER_BYTES {
            return Err(Error::invalid(format!(
                "the item `{}` has {bytes} bytes; at most {} are kept: keep large ones elsewhere, and say where in the payload",
                item.key,
                limits::DEAD_LETTER_BYTES
            ))
            .into());
        }
    }
    let is_new = |key: &String| state.dead_letters.get(&(row.node.clone(), key.clone())).is_none();
    let new = command.items.iter().filter(|item| is_new(&item.key)).count();
    context.check_bound("dead letters", state.dead_letters.len(), new, limits::DEAD_LETTERS)?;
    let (run, node, items) = (row.run.clone(), row.node.clone(), command.items.clone());
    context.done(vec![DeadLettersBuried { run, node, attempt: row.attempt, items }.into()])
}

/// Refuses none, too many, and one that is there twice.
fn check_keys<'a>(keys: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    let keys = sorted(keys.collect(), Ord::cmp);
    if keys.is_empty() || keys.len() > limits::DEAD_LETTERS_PER_COMMAND {
        return Err(Error::invalid(format!(
            "{} items in one command; name 1 to {}",
            keys.len(),
            limits::DEAD_LETTERS_PER_COMMAND
        )));
    }
    keys.iter().try_for_each(|key| names::check_name("the key of the item", key))?;
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::invalid(format!("the item `{}` is named twice; name it once", pair[0]))),
        None => Ok(()),
    }
}

pub(crate) fn settle(context: &Context<'_>, command: &SettleDeadLetters) -> Result<Decided, Stop> {
    let SettleDeadLetters { node, keys, requeue, reason, actor, attempt } = command;
    names::check_name("the name of the node", node)?;
    names::check_reason(reason, actor.as_ref())?;
    check_keys(keys.iter())?;
    let token = match attempt {
        None => None,
        Some(of) => {
            let row = attempt::check_held(context.state, of)?;
            if row.node != *node {
                return Err(Error::invalid(format!(
                    "an attempt of node `{}` cannot settle dead letters of node `{node}`; it settles its own",
                    row.node
                ))
                .into());
            }
            Some(row.token)
        }
    };
    let is_missing =
        |key: &&String| context.state.dead_letters.get(&(node.clone(), (*key).clone())).is_none();
    if let Some(key) = keys.iter().find(is_missing) {
        return Err(Error::conflict(format!(
            "node `{node}` has no dead letter `{key}`, or not any more; list them to see which there are"
        ))
        .into());
    }
    let (node, keys, reason) = (node.clone(), keys.clone(), reason.clone());
    let settled = DeadLettersSettled { node, keys, requeued: *requeue, reason, actor: actor.clone(), token };
    context.done(vec![settled.into()])
}

pub(crate) fn list(context: &Context<'_>, command: &ListDeadLetters) -> Result<Decided, Stop> {
    names::check_optional_name("the name of the node", command.node.as_ref())?;
    let after = command.cursor.as_deref().map(parse_cursor).transpose()?;
    let is_wanted = |row: &&DeadLetterRow| {
        command.node.as_ref().is_none_or(|node| *node == row.node)
            && command.requeued.is_none_or(|requeued| requeued == row.requeued.is_some())
            && after.as_ref().is_none_or(|(node, key)| (node, key) < (&row.node, &row.key))
    };
    let limit = page::limit(command.limit);
    let mut rows = context.state.dead_letters.iter().map(|(_, row)| row).filter(is_wanted);
    let letters: Vec<DeadLetter> = rows.by_ref().take(limit).map(view).collect();
    let next = rows.next().and_then(|_| letters.last().map(cursor));
    Decided::answer(Answer::DeadLetters(DeadLetters { letters, next }))
}

fn cursor(last: &DeadLetter) -> String {
    format!("{}:{}{}", last.node.len(), last.node, last.key)
}

fn parse_cursor(cursor: &str) -> Result<NodeKey, Error> {
    let parse = || {
        let (length, rest) = cursor.split_once(':')?;
        let (node, key) = rest.split_at_checked(length.parse().ok()?)?;
        Some((node.to_owned(), key.to_owned()))
    };
    parse().ok_or_else(|| {
        let start: String = cursor.chars().take(32).collect();
        Error::invalid(format!(
            "`{start}` is no cursor of a list of dead letters; pass `next` of the page before"
        ))
    })
}

fn view(row: &DeadLetterRow) -> DeadLetter {
    DeadLetter {
        node: row.node.clone(),
        key: row.key.clone(),
        error: row.error.clone(),
        payload: row.payload.clone(),
        run: row.run.clone(),
        attempt: row.attempt,
        at_ms: row.at_ms,
        times: row.times,
        requeued: row.requeued.clone(),
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::DeadLettersBuried(fact) => buried(state, fact, extra, at),
        Fact::DeadLettersSettled(fact) if fact.requeued => {
            for key in &fact.keys {
                let (reason, actor) = (fact.reason.clone(), fact.actor.clone());
                state.dead_letters.modify(&(fact.node.clone(), key.clone()), |row| {
                    row.requeued = Some(Requeued { at_ms: at.at_ms, reason, actor });
                });
            }
        }
        Fact::DeadLettersSettled(fact) => {
            fact.keys.iter().for_each(|key| state.dead_letters.remove(&(fact.node.clone(), key.clone())));
        }
        _ => {}
    }
}

fn buried(state: &mut State, fact: &DeadLettersBuried, extra: &Extra, at: At) {
    for item in &fact.items {
        let key = (fact.node.clone(), item.key.clone());
        let times = state.dead_letters.get(&key).map_or(0, |row| row.times).saturating_add(1);
        if times > 1 && bug!(BuryOnce) {
            continue;
        }
        let row = DeadLetterRow {
            node: fact.node.clone(),
            key: item.key.clone(),
            error: item.error.clone(),
            payload: item.payload.clone(),
            run: fact.run.clone(),
            attempt: fact.attempt,
            at_ms: at.at_ms,
            times,
            requeued: None,
            extra: extra.clone(),
        };
        state.dead_letters.insert(key, row);
    }
}
