//! **A plan that is applied does what its steps said.** One basis is one list of steps; what the steps rest on still held in the
//! record in which the plan was applied; and that record changed what they said, and nothing else.
//!
//! Why it matters: somebody has looked at the plan and said yes. What happens then must be what they saw.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::answer::{Answer, PlanAction, PlanApplied, PlanStep};
use highwater_core::command::{ApplyPlan, Command, PlanOf};
use highwater_format::Fact;
use highwater_format::fact::{BackfillCreated, CoverageStatus, ReasonCode};

use super::one_claim::{Covers, Line};
use super::{Audit, Violation};

type Numbers = BTreeMap<Line, BTreeSet<i64>>;

/// How everything stood when a backfill was made.
#[derive(Debug)]
struct Moment {
    made: BackfillCreated,
    done: Numbers,
    claimed: Numbers,
    /// What was done until this record made it stale for the same reason.
    stale: Numbers,
}

#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The steps of plans that were told whole, by their basis.
    told: BTreeMap<String, Vec<PlanStep>>,
    /// By version and id.
    moments: BTreeMap<(u64, String), Moment>,
    /// What became stale by hand, by version and reason.
    stale: BTreeMap<(u64, String), Numbers>,
    /// Nodes that were reset, by version, run and reason.
    resets: BTreeMap<(u64, String, String), BTreeSet<String>>,
}

impl Applied {
    /// Looks at the next fact, with coverage as it is before.
    pub(super) fn observe(&mut self, version: u64, covers: &Covers, fact: &Fact) {
        match fact {
            Fact::CoverageMarked(fact) if fact.status == CoverageStatus::Stale => {
                let line = (fact.node.clone(), fact.partition.clone().unwrap_or_default());
                let numbers = fact.intervals.iter().flat_map(|it| it.start..it.end);
                let stale = self.stale.entry((version, fact.reason.clone().unwrap_or_default()));
                stale.or_default().entry(line).or_default().extend(numbers);
            }
            Fact::BackfillCreated(made) => {
                let stale = self.stale.get(&(version, made.reason.clone())).cloned().unwrap_or_default();
                let all = covers.claims.iter();
                let claimed = all.map(|(line, claims)| (line.clone(), claims.keys().copied().collect()));
                let (done, claimed) = (covers.done.clone(), claimed.collect());
                let moment = Moment { made: made.clone(), done, claimed, stale };
                self.moments.insert((version, made.backfill.clone()), moment);
            }
            Fact::NodeReset(fact) => {
                let key = (version, fact.run.clone(), fact.reason.clone());
                self.resets.entry(key).or_default().insert(fact.node.clone());
            }
            _ => {}
        }
    }

    fn plan(&mut self, basis: &str, steps: &[PlanStep]) -> Result<(), String> {
        let mut steps = steps.to_vec();
        steps.iter_mut().for_each(|step| step.reason.message.clear());
        let same = self.told.iter().find(|(known, other)| *known != basis && **other == steps);
        match self.told.get(basis) {
            Some(other) if *other != steps => {
                Err(format!("the basis {basis} is that of {other:?}, and of {steps:?}"))
            }
            _ if same.is_some() => Err(format!("{steps:?} have the basis {basis}, and had {same:?}")),
            _ => {
                self.told.insert(basis.to_owned(), steps);
                Ok(())
            }
        }
    }

    fn apply(&self, command: &ApplyPlan, told: &PlanApplied) -> Result<(), String> {
        let Some(steps) = self.told.get(&command.basis) else { return Ok(()) };
        let of = told.run.clone().or(told.backfill.clone()).unwrap_or_default();
        match &command.of {
            PlanOf::Run | PlanOf::Resume(_) => Ok(()),
            PlanOf::RetryFailed(run) => {
                let failed = steps.iter().filter(|step| step.reason.code == ReasonCode::Reset);
                let failed: BTreeSet<String> = failed.map(|step| step.node.clone()).collect();
                let key = (told.version, run.clone(), command.reason.clone());
                let reset = self.resets.get(&key).cloned().unwrap_or_default();
                if reset == failed { Ok(()) } else { Err(format!("it reset {reset:?}: {steps:?}")) }
            }
            PlanOf::Backfill(_) | PlanOf::Restatement(_) => {
                let moment = self.moments.get(&(told.version, of)).ok_or("there is no backfill")?;
                moment.holds(steps)
            }
        }
    }
}

impl Moment {
    fn holds(&self, steps: &[PlanStep]) -> Result<(), String> {
        let mut stale = self.stale.clone();
        for step in steps {
            let Some(interval) = step.interval else { return Err(format!("{step:?} has no windows")) };
            let line = (step.node.clone(), self.made.partition.clone().unwrap_or_default());
            let numbers: Vec<i64> = (interval.start..interval.end).collect();
            let of = |set: &Numbers| set.get(&line).cloned().unwrap_or_default();
            let (done, claimed) = (of(&self.done), of(&self.claimed));
            let all = |set: &BTreeSet<i64>| numbers.iter().all(|number| set.contains(number));
            let any = |set: &BTreeSet<i64>| numbers.iter().any(|number| set.contains(number));
            let holds = match (step.action, step.reason.code) {
                (PlanAction::Skip, ReasonCode::AlreadyCovered) => all(&done) && !any(&claimed),
                (PlanAction::Skip, _) => !any(&done) && !any(&claimed),
                (PlanAction::Wait, ReasonCode::Held) => any(&claimed),
                (PlanAction::Wait, _) => !any(&claimed),
                (PlanAction::Run, ReasonCode::Forced) => all(&of(&self.stale)) && !any(&claimed),
                (PlanAction::Run, _) => !all(&done) && !any(&claimed),
            };
            let is_of_it = self.made.nodes.contains(&step.node)
                && self.made.interval.start <= interval.start
                && interval.end <= self.made.interval.end;
            if !holds || !is_of_it {
                return Err(format!("{step:?} does not hold in {self:?}"));
            }
            if step.action == PlanAction::Run {
                stale.entry(line).or_default().retain(|number| !numbers.contains(number));
            }
        }
        match stale.values().any(|numbers| !numbers.is_empty()) {
            true => Err(format!("{stale:?} became stale as well, and no step says so")),
            false => Ok(()),
        }
    }
}

/// Holds what was told of plans against each other and against the records.
pub(crate) fn check(audit: &mut Audit, commands: &[Command], answers: &[Answer]) -> Result<(), Violation> {
    for (command, answer) in commands.iter().zip(answers) {
        let checked = match (command, answer) {
            (Command::Plan(_), Answer::Plan(plan)) if plan.steps.len() == plan.count as usize => {
                audit.applied.plan(&plan.basis, &plan.steps)
            }
            (Command::ApplyPlan(apply), Answer::PlanApplied(told)) => audit.applied.apply(apply, told),
            _ => Ok(()),
        };
        checked.map_err(|what| {
            Violation::new("applied-as-planned", format!("{command:?} was told {answer:?}: {what}"))
        })?;
    }
    Ok(())
}
