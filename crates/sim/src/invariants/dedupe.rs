//! **One key, one effect.** A dedupe key is remembered once, and whoever submits it again gets the same answers.
//!
//! Why it matters: a caller that does not know what became of its submission repeats it.

use std::collections::BTreeMap;

use highwater_core::answer::Answer;
use highwater_format::Fact;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) remembered: BTreeMap<String, u64>,
    answers: BTreeMap<String, Vec<Answer>>,
}

impl Keys {
    pub(crate) fn observe(&mut self, fact: &Fact) -> Result<(), Violation> {
        let Fact::CommandRemembered(fact) = fact else { return Ok(()) };
        let count = self.remembered.entry(fact.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            return Err(Violation::new(
                "one-key-one-effect",
                format!("key {} acted {count} times", fact.key),
            ));
        }
        Ok(())
    }

    /// The journal begins anew, and these keys are remembered.
    pub(super) fn begin_anew(&mut self, remembered: BTreeMap<String, u64>) {
        self.remembered = remembered;
        self.answers.clear();
    }

    /// Somebody got these answers under the key.
    pub(crate) fn answered(&mut self, key: &str, answers: &[Answer]) -> Result<(), Violation> {
        if !self.remembered.contains_key(key) {
            let what = format!("key {key} was answered and is not remembered");
            return Err(Violation::new("one-key-one-effect", what));
        }
        let first = self.answers.entry(key.to_owned()).or_insert_with(|| answers.to_vec());
        if first != answers {
            let what = format!("key {key} was answered with {answers:?} after {first:?}");
            return Err(Violation::new("one-key-one-effect", what));
        }
        Ok(())
    }
}
