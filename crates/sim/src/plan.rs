//! What a life is made of: everything else follows from it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::bug::Bug;
use crate::fault::Fault;
use crate::random::Random;

/// A simulation to be run. Its text form is one line, which a regression test keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Seed of all luck.
    pub seed: u64,
    /// Hosts, each with a driver, an engine and a clock of its own.
    pub hosts: u64,
    /// Applications on each host.
    pub clients: u64,
    /// Submissions that each application makes before it ends.
    pub operations: u64,
    /// Pipelines that they work on.
    pub pipelines: u64,
    /// See [`Options::snapshot_min_bytes`](highwater_core::Options::snapshot_min_bytes).
    pub snapshot_bytes: u64,
    /// See [`Options::resident_pipelines`](highwater_core::Options::resident_pipelines).
    pub resident: u64,
    /// See [`ConflictPolicy::tries`](highwater_core::ConflictPolicy::tries).
    pub tries: u64,
    /// Writers of a later version, which know more facts and fields.
    pub newer: u64,
    /// Chance that an application looks after its journal instead of working, in a thousand.
    pub upkeep: u64,
    /// Chance that an application coordinates a stream instead of working, in a thousand.
    pub streams: u64,
    /// Chance that an application plans, or works on a backfill, instead of working, in a thousand.
    pub backfills: u64,
    /// Chance that an application works on partitions instead, in a thousand.
    pub partitions: u64,
    /// The faults that may happen.
    pub faults: BTreeSet<Fault>,
    /// Only so many faults happen, the first ones.
    pub fault_limit: u64,
    /// Chance of a fault in each operation of the store, in a thousand, and of disturbances of hosts.
    pub trouble: u64,
    /// A bug that is planted, to be found.
    pub bug: Option<Bug>,
}

impl Plan {
    /// The life of this seed: how many hosts and faults there are is its luck too.
    #[must_use]
    pub fn of_seed(seed: u64) -> Plan {
        let mut luck = Random::stream(seed, "plan", 0);
        let share = *luck.pick(&[0, 200, 500, 1_000]);
        let faults =
            Fault::ALL.iter().copied().filter(|fault| *fault != Fault::Rot && luck.chance(share)).collect();
        let plan = Plan {
            seed,
            hosts: luck.between(2, 8),
            clients: luck.between(1, 4),
            operations: luck.between(20, 60),
            pipelines: luck.between(1, 3),
            snapshot_bytes: *luck.pick(&[1, 900, 3_000, 20_000]),
            resident: luck.between(1, 3),
            tries: luck.between(2, 12),
            newer: luck.below(2),
            upkeep: 0,
            streams: 0,
            backfills: 0,
            partitions: 0,
            faults,
            fault_limit: u64::MAX,
            trouble: *luck.pick(&[5, 20, 60, 150, 400]),
            bug: None,
        };
        let mut plan = Plan { upkeep: *luck.pick(&[0, 60, 200]), ..plan };
        if plan.upkeep > 0 && luck.chance(400) {
            plan.faults.insert(Fault::Rot);
        }
        plan.streams = *luck.pick(&[0, 250, 600]);
        plan.backfills = *luck.pick(&[0, 200, 500]);
        plan.partitions = *luck.pick(&[0, 0, 200, 500]);
        plan
    }

    /// A life whose reads are never stale and whose every effect is an operation of the history, so that the history can
    /// be held against a sequential model.
    #[must_use]
    pub fn for_history(seed: u64, clients: u64, operations: u64) -> Plan {
        let plan = Plan::of_seed(seed);
        let faults =
            plan.faults.iter().copied().filter(|fault| ![Fault::Stale, Fault::Rot].contains(fault)).collect();
        let hosts = plan.hosts.min(clients).max(1);
        Plan {
            hosts,
            clients: clients.div_ceil(hosts),
            operations,
            newer: 0,
            upkeep: 0,
            streams: 0,
            faults,
            ..plan
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed={} hosts={} clients={} operations={}",
            self.seed, self.hosts, self.clients, self.operations
        )?;
        write!(f, " pipelines={} snapshot-bytes={}", self.pipelines, self.snapshot_bytes)?;
        write!(f, " resident={} tries={} newer={}", self.resident, self.tries, self.newer)?;
        write!(f, " upkeep={} streams={} backfills={}", self.upkeep, self.streams, self.backfills)?;
        write!(f, " partitions={} trouble={}", self.partitions, self.trouble)?;
        if self.fault_limit != u64::MAX {
            write!(f, " fault-limit={}", self.fault_limit)?;
        }
        if let Some(bug) = self.bug {
            write!(f, " bug={bug}")?;
        }
        let names: Vec<&str> = self.faults.iter().map(|fault| fault.name()).collect();
        write!(f, " faults={}", names.join(","))
    }
}

impl FromStr for Plan {
    type Err = String;

    /// Reads the text form. What is left out is as the seed has it, but for the faults and their limit.
    fn from_str(text: &str) -> Result<Plan, String> {
        let pairs: Vec<(&str, &str)> = text
            .split_whitespace()
            .map(|word| word.split_once('=').ok_or_else(|| format!("`{word}` is not of the form name=value")))
            .collect::<Result<_, _>>()?;
        let number = |value: &str| value.parse::<u64>().map_err(|_| format!("`{value}` is not a number"));
        let seed = pairs.iter().find(|(name, _)| *name == "seed").ok_or("a plan names its seed")?;
        let mut plan = Plan::of_seed(number(seed.1)?);
        plan.faults.clear();
        for (name, value) in pairs {
            let field = match name {
                "seed" => &mut plan.seed,
                "hosts" => &mut plan.hosts,
                "clients" => &mut plan.clients,
                "operations" => &mut plan.operations,
                "pipelines" => &mut plan.pipelines,
                "snapshot-bytes" => &mut plan.snapshot_bytes,
                "resident" => &mut plan.resident,
                "tries" => &mut plan.tries,
                "newer" => &mut plan.newer,
                "upkeep" => &mut plan.upkeep,
                "streams" => &mut plan.streams,
                "backfills" => &mut plan.backfills,
                "partitions" => &mut plan.partitions,
                "fault-limit" => &mut plan.fault_limit,
                "trouble" => &mut plan.trouble,
                "bug" => {
                    plan.bug = Some(value.parse()?);
                    continue;
                }
                "faults" => {
                    let names = value.split(',').filter(|name| !name.is_empty());
                    plan.faults = names.map(str::parse).collect::<Result<_, _>>()?;
                    continue;
                }
                other => return Err(format!("a plan has no `{other}`")),
            };
            *field = number(value)?;
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bug, Plan};

    #[test]
    fn a_plan_is_read_as_it_is_written() {
        for seed in 0..50 {
            let bug = (seed == 7).then_some(Bug::SameWriter);
            let plan = Plan { fault_limit: seed % 3, bug, ..Plan::of_seed(seed) };
            assert_eq!(plan.to_string().parse(), Ok(plan));
        }
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        for text in ["", "seed", "seed=x", "seed=1 faults=rain", "seed=1 rain=1"] {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
    }
}
