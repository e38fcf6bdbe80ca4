//! High-water marks.

use std::cmp::Ordering;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, HwmChange, HwmView, Hwms, HwmsSet, Rewound};
use highwater_core::command::{DeleteHwm, HwmUpdate, ListHwms, RewindHwm, SetHwms};
use highwater_format::value::Value;

use super::{Refused, Trial, effect, is_explained, is_named, value_of};

/// Changes that are kept of each, the present one included.
const KEPT: usize = 65;

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
            let present = self.pipeline.hwms.get(&update.name).and_then(|changes| value_of(changes)).cloned();
            let what = match present.map(|present| present.compare(&update.value)) {
                Some(Some(Ordering::Equal)) => continue,
                Some(Some(Ordering::Greater)) => return Err(ErrorKind::Invalid),
                Some(None) if !update.cast => return Err(ErrorKind::Invalid),
                Some(None) => "cast",
                None | Some(Some(Ordering::Less)) => "set",
            };
            moved += 1;
            self.leave(effect::hwm(what, &update.name, Some(&update.value)));
            let (run, node) =
                (origin.map(|(run, _)| run.to_owned()), origin.map(|(_, node)| node.to_owned()));
            self.change(&update.name, HwmChange { run, node, ..change(what, Some(&update.value)) });
        }
        Ok(moved)
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
        if from.compare(&command.value) != Some(Ordering::Greater) {
            return Err(ErrorKind::Invalid);
        }
        let (name, to) = (command.name.clone(), command.value.clone());
        if command.dry_run {
            let version = self.version();
            return Ok(Answer::Rewound(Rewound { name, from, to, applied: false, version }));
        }
        self.leave(effect::hwm("rewind", &name, Some(&to)));
        let (reason, actor) = (Some(command.reason.clone()), command.actor.clone());
        self.change(&name, HwmChange { reason, actor, ..change("rewind", Some(&to)) });
        Ok(Answer::Rewound(Rewound { name, from, to, applied: true, version: self.next }))
    }

    pub(super) fn delete(&mut self, command: &DeleteHwm) -> Refused<Answer> {
        is_named(&command.name)?;
        is_explained(&command.reason)?;
        self.present(&command.name)?;
        let (reason, actor) = (Some(command.reason.clone()), command.actor.clone());
        self.change(&command.name, HwmChange { reason, actor, ..change("delete", None) });
        Ok(self.done(vec![effect::hwm("delete", &command.name, None)]))
    }

    fn present(&self, name: &str) -> Refused<Value> {
        self.pipeline.hwms.get(name).and_then(|changes| value_of(changes)).cloned().ok_or(ErrorKind::Invalid)
    }

    fn change(&mut self, name: &str, change: HwmChange) {
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

fn change(what: &str, value: Option<&Value>) -> HwmChange {
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
