//! Plans: what would run, be skipped or wait, and why. A plan is made anew each time; what somebody saw is bound to what it rests on by
//! its basis, a digest of its steps: it can be applied as long as a plan made now has the same steps.

mod apply;
mod run;
mod windows;

use highwater_format::fact::{Axis, Interval, Reason, ReasonCode};

use crate::answer::{self, Answer, PlanAction, PlanStep};
use crate::command::{self, PlanOf};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::{limits, page};

pub(crate) use apply::apply;
pub(crate) use windows::each_window;

/// The steps of a plan as they are made.
#[derive(Default)]
struct Steps {
    steps: Vec<PlanStep>,
}

impl Steps {
    /// A node whose work has no windows.
    fn node(
        &mut self,
        node: &str,
        action: PlanAction,
        code: ReasonCode,
        message: String,
    ) -> Result<(), Error> {
        let reason = Reason { code, message };
        self.push(PlanStep {
            node: node.to_owned(),
            axis: Axis::Time,
            interval: None,
            windows: 0,
            action,
            reason,
        })
    }

    /// A window. One that follows on another of the node to which the same happens joins its step.
    fn window(
        &mut self,
        (node, axis): (&str, Axis),
        window: Interval,
        (action, code, message): (PlanAction, ReasonCode, &str),
    ) -> Result<(), Error> {
        if let Some(last) = self.steps.last_mut()
            && last.node == node
            && (last.action, last.reason.code, last.reason.message.as_str()) == (action, code, message)
            && let Some(interval) = &mut last.interval
            && interval.end == window.start
        {
            interval.end = window.end;
            last.windows = last.windows.saturating_add(1);
            return Ok(());
        }
        let (node, reason) = (node.to_owned(), Reason { code, message: message.to_owned() });
        self.push(PlanStep { node, axis, interval: Some(window), windows: 1, action, reason })
    }

    fn push(&mut self, step: PlanStep) -> Result<(), Error> {
        if self.steps.len() == limits::PLAN_STEPS {
            return Err(Error::invalid(format!(
                "the plan has more than {} steps; name fewer nodes, or a shorter interval",
                limits::PLAN_STEPS
            )));
        }
        self.steps.push(step);
        Ok(())
    }

    /// What the steps rest on. Messages are for people and may name times, so they are left out.
    fn basis(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for step in &self.steps {
            let Interval { start, end } = step.interval.unwrap_or_default();
            // Of a width that is the same on every host: a `usize` has four bytes in WebAssembly.
            let length = u64::try_from(step.node.len()).unwrap_or(u64::MAX);
            hasher.update(&length.to_le_bytes()).update(step.node.as_bytes());
            hasher.update(&start.to_le_bytes()).update(&end.to_le_bytes());
            hasher.update(&step.windows.to_le_bytes());
            hasher.update(&[step.action as u8, step.reason.code as u8, step.axis as u8]);
            hasher.update(&[u8::from(step.interval.is_some())]);
        }
        hasher.finalize().to_hex()[..limits::BASIS_DIGITS].to_owned()
    }
}

fn steps(context: &Context<'_>, of: &PlanOf) -> Result<Steps, Error> {
    let mut steps = Steps::default();
    match of {
        PlanOf::Run => run::fresh(context, &mut steps)?,
        PlanOf::Resume(run) => run::rest(context, run, false, &mut steps)?,
        PlanOf::RetryFailed(run) => run::rest(context, run, true, &mut steps)?,
        PlanOf::Backfill(range) => windows::range(context, range, false, &mut steps)?,
        PlanOf::Restatement(range) => windows::range(context, range, true, &mut steps)?,
    }
    Ok(steps)
}

pub(crate) fn plan(context: &Context<'_>, command: &command::Plan) -> Result<Decided, Stop> {
    let all = steps(context, &command.of)?;
    let basis = all.basis();
    let count = u32::try_from(all.steps.len()).unwrap_or(u32::MAX);
    let (from, limit) = (command.from as usize, page::limit(command.limit));
    let next = from.saturating_add(limit);
    let next = (next < all.steps.len()).then(|| u32::try_from(next).unwrap_or(u32::MAX));
    let steps = all.steps.into_iter().skip(from).take(limit).collect();
    Decided::answer(Answer::Plan(answer::Plan { version: context.version(), basis, steps, count, next }))
}
