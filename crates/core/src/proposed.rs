//! HWMs of unordered sources: what an attempt has seen so far says nothing about what it has not, so the HWM moves when the
//! attempt succeeds, and if it dies, never.

use std::borrow::Cow;
use std::cmp::Ordering;

use highwater_format::fact::{HwmFunction, HwmMove};

use crate::bug;
use crate::command::HwmUpdate;
use crate::error::Error;
use crate::order::sorted;
use crate::row::AttemptRow;
use crate::state::State;
use crate::{hwm, hwm_spec, limits};

/// Where the HWMs of unordered sources shall stand if the attempt succeeds. They are taken out of `updates`.
pub(crate) fn propose(
    state: &State,
    attempt: &AttemptRow,
    updates: &mut Vec<HwmUpdate>,
) -> Result<Vec<HwmMove>, Error> {
    let is_unordered =
        |name: &str| hwm_spec::of(state, name).filter(|spec| spec.unordered && !bug!(MoveUnordered));
    if !updates.iter().any(|update| is_unordered(&update.name).is_some()) {
        return Ok(Vec::new());
    }
    hwm::check_names(updates)?;
    let (mut proposed, mut ordered) = (Vec::new(), Vec::new());
    for update in std::mem::take(updates) {
        match is_unordered(&update.name) {
            None => ordered.push(update),
            Some(spec) => {
                hwm::moved(state, &update, None)?;
                proposed.push(merged(spec.function, &attempt.proposed, update));
            }
        }
    }
    *updates = ordered;
    let is_new = |it: &&HwmMove| attempt.proposed.iter().all(|known| known.name != it.name);
    let count = attempt.proposed.len() + proposed.iter().filter(is_new).count();
    if count > limits::PROPOSED_HWMS {
        return Err(Error::invalid(format!(
            "attempt {} of node `{}` would propose {count} HWMs; at most {} are allowed: split the node",
            attempt.attempt,
            attempt.node,
            limits::PROPOSED_HWMS
        )));
    }
    Ok(proposed)
}

/// The moves of an attempt that succeeds: those it says now, and those it proposed.
pub(crate) fn with_proposed<'a>(
    state: &State,
    attempt: &AttemptRow,
    updates: &'a [HwmUpdate],
) -> Cow<'a, [HwmUpdate]> {
    let known = &attempt.proposed;
    if known.is_empty() {
        return Cow::Borrowed(updates);
    }
    let mut all: Vec<HwmUpdate> = Vec::with_capacity(updates.len() + known.len());
    for update in updates {
        let cast = update.cast;
        let HwmMove { name, value, keys } =
            merged(hwm::function(hwm_spec::of(state, &update.name)), known, update.clone());
        all.push(HwmUpdate { name, value, cast, keys });
    }
    let is_unsaid = |it: &&HwmMove| updates.iter().all(|update| update.name != it.name);
    // Where coverage has taken over since, nothing is left to move.
    let follows = |it: &&HwmMove| hwm_spec::of(state, &it.name).is_some_and(|spec| spec.coverage.is_some());
    all.extend(
        known
            .iter()
            .filter(is_unsaid)
            .filter(|it| !follows(it))
            .cloned()
            .map(|HwmMove { name, value, keys }| HwmUpdate { name, value, cast: false, keys }),
    );
    Cow::Owned(all)
}

/// The move that is further, or both if they are at the same value.
fn merged(function: HwmFunction, known: &[HwmMove], update: HwmUpdate) -> HwmMove {
    let HwmUpdate { name, value, mut keys, .. } = update;
    let known = known.iter().find(|known| known.name == name);
    let order = known.and_then(|known| hwm_spec::order(function, &known.value, &value));
    match (known, order) {
        (Some(known), Some(Ordering::Greater)) => return known.clone(),
        (Some(known), Some(Ordering::Equal)) => {
            keys.extend(known.keys.iter().cloned());
            keys = sorted(keys, Ord::cmp);
            keys.dedup();
        }
        _ => {}
    }
    HwmMove { name, value, keys }
}
