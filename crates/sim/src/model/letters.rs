//! Dead letters.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, DeadLetter, DeadLetters, Requeued};
use highwater_core::command::{BuryItems, ListDeadLetters, SettleDeadLetters};

use super::{Refused, Trial, effect, is_explained, is_named};

impl Trial {
    pub(super) fn bury(&mut self, command: &BuryItems) -> Refused<Answer> {
        let (run, node) = (&command.attempt.run, &command.attempt.node);
        let at = self.held(&command.attempt)?;
        are_named_once(command.items.iter().map(|item| &item.key).collect())?;
        command.items.iter().try_for_each(|item| is_named(&item.error.class))?;
        for item in &command.items {
            let key = (node.clone(), item.key.clone());
            let times = self.pipeline.letters.get(&key).map_or(0, |letter| letter.times) + 1;
            let letter = DeadLetter {
                node: node.clone(),
                key: item.key.clone(),
                error: item.error.clone(),
                payload: item.payload.clone(),
                run: run.clone(),
                attempt: u32::try_from(at + 1).unwrap_or(u32::MAX),
                at_ms: 0,
                times,
                requeued: None,
            };
            self.pipeline.letters.insert(key, letter);
        }
        self.leave(effect::buried(node, command.items.len()));
        Ok(self.changed())
    }

    pub(super) fn settle(&mut self, command: &SettleDeadLetters) -> Refused<Answer> {
        let SettleDeadLetters { node, keys, requeue, reason, actor, attempt } = command;
        is_named(node)?;
        is_explained(reason)?;
        are_named_once(keys.iter().collect())?;
        if let Some(attempt) = attempt {
            self.held(attempt)?;
            if attempt.node != *node {
                return Err(ErrorKind::Invalid);
            }
        }
        let letters = &mut self.pipeline.letters;
        if !keys.iter().all(|key| letters.contains_key(&(node.clone(), key.clone()))) {
            return Err(ErrorKind::Conflict);
        }
        for key in keys {
            let key = (node.clone(), key.clone());
            match letters.get_mut(&key).filter(|_| *requeue) {
                Some(letter) => {
                    let (reason, actor) = (reason.clone(), actor.clone());
                    letter.requeued = Some(Requeued { at_ms: 0, reason, actor });
                }
                None => drop(letters.remove(&key)),
            }
        }
        self.leave(effect::letters_settled(node, *requeue, keys));
        Ok(self.changed())
    }

    pub(super) fn list_letters(&self, command: &ListDeadLetters) -> Answer {
        let is_wanted = |letter: &&DeadLetter| {
            command.node.as_ref().is_none_or(|node| *node == letter.node)
                && command.requeued.is_none_or(|requeued| requeued == letter.requeued.is_some())
        };
        let limit = if command.limit == 0 { 100 } else { command.limit.min(10_000) as usize };
        let mut letters: Vec<DeadLetter> =
            self.pipeline.letters.values().filter(is_wanted).cloned().collect();
        let next = letters.len() > limit;
        letters.truncate(limit);
        let last = letters.last().map(|last| format!("{}:{}{}", last.node.len(), last.node, last.key));
        Answer::DeadLetters(DeadLetters { letters, next: last.filter(|_| next) })
    }
}

fn are_named_once(mut keys: Vec<&String>) -> Refused<()> {
    keys.iter().try_for_each(|key| is_named(key))?;
    let count = keys.len();
    keys.sort();
    keys.dedup();
    if (1..=100).contains(&count) && keys.len() == count { Ok(()) } else { Err(ErrorKind::Invalid) }
}
