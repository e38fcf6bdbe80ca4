//! **Tokens only grow.** Each fencing token that a pipeline gives out is larger than all before.
//!
//! Why it matters: a sink compares tokens to tell a stale worker from the present one.

use highwater_format::Fact;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) last: u64,
}

impl Tokens {
    pub(crate) fn observe(&mut self, fact: &Fact) -> Result<(), Violation> {
        let token = match fact {
            Fact::AttemptStarted(fact) => fact.token,
            Fact::LeaseAcquired(fact) => fact.token,
            Fact::BatchPrepared(fact) => fact.batch,
            _ => return Ok(()),
        };
        if token <= self.last {
            return Err(Violation::new("tokens-only-grow", format!("token {token} follows {}", self.last)));
        }
        self.last = token;
        Ok(())
    }
}
