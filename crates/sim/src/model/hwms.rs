//! High-water marks.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, HwmChange, HwmView, Hwms, HwmsSet, Rewound};
use highwater_core::command::{DeleteHwm, HwmUpdate, ListHwms, RewindHwm, SetHwms};
use highwater_format::fact::HwmFunction;
use highwater_format::value::Value;

use super::positions::{along, held_back, typed};
use super::{Refused, Trial, effect, is_explained, is_named, value_of};

/// Changes that are kept of each, the present one included.
const KEPT: usize = 65;

/// What a move comes to.
pub(super) struct Next {
    pub(super) value: Value,
    what: &'static str,
    keys: BTreeSet<String>,
    /// The value stays, and rows at it were loaded.
    joins: bool,
}

impl Trial {
    pub(super) fn get_hwm(&self, name: &str) -> Refused<Answer> {
        is_named(name)?;
        Ok(Answer::Hwm(self.pipeline.hwms.get(name).and_then(|changes| view(name, changes))))
    }

    pub(super) fn set_hwms(&mut self, command: &SetHwms) -> Refused<Answer> {
        if let Some(holder) = &command.holder {
            self.holds(holder)?;
        }
        let moved = self.move_hwms(&command.hwms, None)?;
        Ok(Answer::HwmsSet(HwmsSet { version: self.version_after(moved), moved }))
    }

    /// Moves all of these, or refuses. Says how many moved.
    pub(super) fn move_hwms(&mut self, updates: &[HwmUpdate], origin: Option<(&str, &str)>) -> Refused<u32> {
        for (at, update) in updates.iter().enumerate() {
            is_named(&update.name)?;
            if updates[..at].iter().any(|other| other.name == update.name) {
                return Err(ErrorKind::Invalid);
            }
        }
        let mut moved = 0;
        for update in updates {
            moved += u32::from(self.move_one(update, origin)?);
        }
        Ok(moved)
    }

    /// Moves one, or only adds keys to where it stands. Says whether something changed.
    fn move_one(&mut self, update: &HwmUpdate, origin: Option<(&str, &str)>) -> Refused<bool> {
        let name = &update.name;
        let Some(next) = self.next_of(update)? else { return Ok(false) };
        let Next { value, what, keys, joins } = next;
        self.leave(effect::hwm(what, name, Some(&value)));
        let (run, node) = (origin.map(|(run, _)| run.to_owned()), origin.map(|(_, node)| node.to_owned()));
        let known = self.pipeline.keys.entry(name.clone()).or_default();
        if joins {
            known.extend(keys);
            let version = self.next;
            if let Some(last) = self.pipeline.hwms.get_mut(name).and_then(|changes| changes.last_mut()) {
                (last.version, last.run, last.node) = (version, run, node);
            }
            return Ok(true);
        }
        *known = keys;
        self.change(name, HwmChange { run, node, ..change(what, Some(&value)) });
        Ok(true)
    }

    /// What a move comes to, if it is one.
    pub(super) fn next_of(&self, update: &HwmUpdate) -> Refused<Option<Next>> {
        let spec = self.pipeline.spec(&update.name);
        if spec.coverage.is_some() {
            return Err(ErrorKind::Invalid);
        }
        if spec.partitioned && spec.name == update.name {
            return Err(ErrorKind::Invalid);
        }
        let seen = typed(&spec, &update.value)?;
        let value = held_back(&spec, &seen)?;
        let present = self.pipeline.hwms.get(&update.name).and_then(|changes| value_of(changes)).cloned();
        let way = |present: &Value, next: &Value| along(&spec, present, next);
        let (what, moves) = match present.as_ref().map(|present| (present, way(present, &value))) {
            None | Some((_, Some(Ordering::Less))) => ("set", true),
            Some((_, Some(Ordering::Equal))) => ("set", false),
            Some((present, Some(Ordering::Greater))) => {
                if way(present, &seen) == Some(Ordering::Greater) || seen == value {
                    return Err(ErrorKind::Invalid);
                }
                ("set", false)
            }
            Some((_, None)) if update.cast || spec.value_type.is_some() => ("cast", true),
            Some((_, None)) => return Err(ErrorKind::Invalid),
        };
        let known = self.pipeline.keys.get(&update.name).filter(|_| !moves).cloned().unwrap_or_default();
        let keys: BTreeSet<String> =
            update.keys.iter().filter(|key| !known.contains(*key)).cloned().collect();
        if !keys.is_empty() && known.len() + keys.len() > spec.boundary_keys as usize {
            return Err(ErrorKind::Invalid);
        }
        if !update.keys.is_empty() && spec.boundary_keys == 0 {
            return Err(ErrorKind::Invalid);
        }
        let joins =
            !moves && present.as_ref().and_then(|present| way(present, &value)) == Some(Ordering::Equal);
        // Keys of rows between where it stands and what it holds back are none: such HWMs keep no keys.
        Ok((moves || !keys.is_empty()).then_some(Next { value, what, keys, joins }))
    }

    /// The version at which it holds that so many of something changed.
    fn version_after(&self, moved: u32) -> u64 {
        if moved > 0 { self.next } else { self.version() }
    }

    pub(super) fn rewind(&mut self, command: &RewindHwm) -> Refused<Answer> {
        is_named(&command.name)?;
        if !command.dry_run {
            is_explained(&command.reason)?;
        }
        let from = self.present(&command.name)?;
        let spec = self.pipeline.spec(&command.name);
        if spec.coverage.is_some() {
            return Err(ErrorKind::Invalid);
        }
        let to = typed(&spec, &command.value)?;
        let goes_back = match spec.function {
            HwmFunction::Max => from.compare(&to) == Some(Ordering::Greater),
            HwmFunction::Min => from.compare(&to) == Some(Ordering::Less),
            HwmFunction::Last => from.compare(&to).is_some_and(Ordering::is_ne),
        };
        if !goes_back {
            return Err(ErrorKind::Invalid);
        }
        let name = command.name.clone();
        if command.dry_run {
            let version = self.version();
            return Ok(Answer::Rewound(Rewound { name, from, to, applied: false, version }));
        }
        self.leave(effect::hwm("rewind", &name, Some(&to)));
        let (reason, actor) = (Some(command.reason.clone()), command.actor.clone());
        self.pipeline.keys.remove(&name);
        self.change(&name, HwmChange { reason, actor, ..change("rewind", Some(&to)) });
        Ok(Answer::Rewound(Rewound { name, from, to, applied: true, version: self.next }))
    }

    pub(super) fn delete(&mut self, command: &DeleteHwm) -> Refused<Answer> {
        is_named(&command.name)?;
        is_explained(&command.reason)?;
        self.present(&command.name)?;
        if self.pipeline.spec(&command.name).coverage.is_some() {
            return Err(ErrorKind::Invalid);
        }
        let (reason, actor) = (Some(command.reason.clone()), command.actor.clone());
        self.pipeline.keys.remove(&command.name);
        self.change(&command.name, HwmChange { reason, actor, ..change("delete", None) });
        Ok(self.done(vec![effect::hwm("delete", &command.name, None)]))
    }

    fn present(&self, name: &str) -> Refused<Value> {
        self.pipeline.hwms.get(name).and_then(|changes| value_of(changes)).cloned().ok_or(ErrorKind::Invalid)
    }

    pub(super) fn change(&mut self, name: &str, change: HwmChange) {
        let changes = self.pipeline.hwms.entry(name.to_owned()).or_default();
        changes.push(HwmChange { version: self.next, ..change });
        if changes.len() > KEPT {
            changes.remove(0);
        }
    }

    pub(super) fn list_hwms(&self, command: &ListHwms) -> Answer {
        let limit = if command.limit == 0 { 100 } else { command.limit.min(10_000) as usize };
        let is_wanted = |name: &String| {
            name.starts_with(&command.prefix) && command.cursor.as_ref().is_none_or(|cursor| name > cursor)
        };
        let wanted = self.pipeline.hwms.iter().filter(|(name, _)| is_wanted(name));
        let all: Vec<HwmView> = wanted.filter_map(|(name, changes)| view(name, changes)).collect();
        let next = (all.len() > limit).then(|| all[limit - 1].name.clone());
        Answer::Hwms(Hwms { hwms: all.into_iter().take(limit).collect(), next })
    }

    pub(super) fn hwm_history(&self, name: &str) -> Refused<Answer> {
        is_named(name)?;
        let changes = self.pipeline.hwms.get(name);
        Ok(Answer::HwmHistory(changes.into_iter().flatten().rev().cloned().collect()))
    }
}

pub(super) fn change(what: &str, value: Option<&Value>) -> HwmChange {
    let what = what.to_owned();
    HwmChange {
        version: 0,
        at_ms: 0,
        what,
        value: value.cloned(),
        run: None,
        node: None,
        reason: None,
        actor: None,
    }
}

fn view(name: &str, changes: &[HwmChange]) -> Option<HwmView> {
    let last = changes.last()?;
    Some(HwmView {
        name: name.to_owned(),
        value: last.value.clone()?,
        version: last.version,
        updated_at_ms: 0,
        run: last.run.clone(),
        node: last.node.clone(),
    })
}
