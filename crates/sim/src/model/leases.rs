//! Leases and workers.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, Granted, Held, LeaseAnswer, LeaseView, WorkerView};
use highwater_core::command::{AcquireLease, ForceUnlock, Holder};

use super::{Lease, Refused, Trial, effect, is_explained, is_named};

impl Trial {
    /// The lease, if this token holds it.
    pub(super) fn holds(&self, holder: &Holder) -> Refused<Lease> {
        let lease = self.pipeline.leases.get(&holder.lease);
        lease.filter(|lease| lease.token == holder.token).cloned().ok_or(ErrorKind::Fenced)
    }

    pub(super) fn acquire(&mut self, command: &AcquireLease) -> Refused<Answer> {
        is_named(&command.name)?;
        is_named(&command.worker)?;
        if command.name.starts_with("node:") {
            return Err(ErrorKind::Invalid);
        }
        let lease_ms = lease_ms(command.lease_ms)?;
        self.check_allowed(&command.worker)?;
        let held = self.pipeline.leases.get(&command.name).cloned();
        if let Some(Lease { worker, token, lease_ms, .. }) = held.clone() {
            if worker == command.worker {
                let granted = Granted { token, lease_ms, taken_from: None };
                return Ok(Answer::Lease(LeaseAnswer::Granted(granted)));
            }
            if !self.is_over() {
                return Ok(Answer::Lease(LeaseAnswer::Held(Held { worker, token, until_ms: 0 })));
            }
        }
        let token = self.hold(&command.name, &command.worker, lease_ms, None);
        self.leave(effect::lease_acquired(&command.name, token, &command.worker));
        let taken_from = held.map(|held| held.worker);
        Ok(Answer::Lease(LeaseAnswer::Granted(Granted { token, lease_ms, taken_from })))
    }

    /// Gives out a lease under a token that is greater than all before.
    pub(super) fn hold(
        &mut self,
        name: &str,
        worker: &str,
        lease_ms: u64,
        attempt: Option<(String, String)>,
    ) -> u64 {
        self.pipeline.token += 1;
        let token = self.pipeline.token;
        let lease = Lease { worker: worker.to_owned(), token, lease_ms, attempt };
        self.pipeline.leases.insert(name.to_owned(), lease);
        token
    }

    pub(super) fn release(&mut self, holder: &Holder) -> Refused<Answer> {
        if self.holds(holder)?.attempt.is_some() {
            return Err(ErrorKind::Invalid);
        }
        self.pipeline.leases.remove(&holder.lease);
        Ok(self.done(vec![effect::lease_released(&holder.lease, holder.token)]))
    }

    pub(super) fn force_unlock(&mut self, command: &ForceUnlock) -> Refused<Answer> {
        is_explained(&command.reason)?;
        let lease = self.pipeline.leases.remove(&command.lease).ok_or(ErrorKind::Invalid)?;
        let mut effects = vec![effect::lease_forced(&command.lease, lease.token)];
        if let Some((run, node)) = &lease.attempt {
            effects.push(self.crash(run, node));
        }
        Ok(self.done(effects))
    }

    pub(super) fn list_leases(&self) -> Answer {
        let view = |(name, lease): (&String, &Lease)| LeaseView {
            name: name.clone(),
            worker: lease.worker.clone(),
            token: lease.token,
            lease_ms: lease.lease_ms,
            acquired_at_ms: 0,
            evidence: None,
        };
        Answer::Leases(self.pipeline.leases.iter().map(view).collect())
    }

    /// Workers that hold something or shall stop. The beats are not known here.
    pub(super) fn list_workers(&self) -> Answer {
        let holders = self.pipeline.leases.values().map(|lease| &lease.worker);
        let workers: std::collections::BTreeSet<&String> =
            holders.chain(self.pipeline.stops.keys()).collect();
        let view = |worker: &String| WorkerView {
            worker: worker.clone(),
            leases: self.pipeline.held_by(worker),
            stop: self.pipeline.stops.get(worker).map(super::control::Stopped::view),
            ..WorkerView::default()
        };
        Answer::Workers(workers.into_iter().map(view).collect())
    }
}

pub(super) fn lease_ms(wanted: u64) -> Refused<u64> {
    match wanted {
        0 => Ok(30_000),
        100..=86_400_000 => Ok(wanted),
        _ => Err(ErrorKind::Invalid),
    }
}
