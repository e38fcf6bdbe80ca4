//! An engine under observation, which may be the last thing that its host does.

use std::sync::Arc;

use highwater_core::input::Input;
use highwater_core::output::{Operation, Output};
use highwater_core::{ConflictPolicy, Engine, Error, Options};
use highwater_driver::Stepper;

use crate::fault::Fault;
use crate::invariants::OneReply;
use crate::world::World;

/// An engine of a host.
#[derive(Debug)]
pub(crate) struct Watched {
    engine: Engine,
    world: Arc<World>,
    host: usize,
    is_dead: bool,
    one_reply: OneReply,
}

impl Watched {
    /// An engine with an identity of its own.
    pub(crate) fn new(world: Arc<World>, host: usize, identity: u64) -> Watched {
        let plan = &world.plan;
        let mut options = Options::new((plan.seed, identity));
        options.snapshot_min_bytes = plan.snapshot_bytes;
        options.resident_pipelines = u32::try_from(plan.resident).unwrap_or(u32::MAX);
        let tries = u32::try_from(plan.tries).unwrap_or(u32::MAX);
        options.conflict = ConflictPolicy { tries, ..ConflictPolicy::LOCAL };
        Watched { engine: Engine::new(options), world, host, is_dead: false, one_reply: OneReply::default() }
    }

    /// The host dies before anything is done with the output, or after the requests were sent off.
    fn die(&mut self, output: Output) -> Output {
        self.is_dead = true;
        self.world.doom(self.host);
        let sends = self.world.luck(|luck| luck.chance(500));
        let requests = if sends { output.requests } else { Vec::new() };
        Output { requests, ..Output::default() }
    }

    fn note(&self, now_ms: i64, inputs: usize, output: &Output) {
        let mut parts =
            vec![self.host as u64, now_ms as u64, inputs as u64, output.wake_at_ms.unwrap_or(0) as u64];
        for request in &output.requests {
            parts.push(request.id);
            if let Operation::Append(stored) | Operation::PutSnapshot(stored) = &request.operation {
                let words = stored
                    .bytes
                    .chunks(8)
                    .map(|chunk| chunk.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
                parts.extend(words);
            }
        }
        parts.extend(output.replies.iter().map(|reply| reply.ticket << 1 | u64::from(reply.result.is_ok())));
        self.world.note(&parts, || {
            let requests: Vec<String> =
                output.requests.iter().map(|it| format!("{} {}", it.id, brief(&it.operation))).collect();
            let replies: Vec<u64> = output.replies.iter().map(|reply| reply.ticket).collect();
            format!(
                "step    of host {}: {inputs} inputs -> requests {requests:?} replies {replies:?}",
                self.host
            )
        });
    }
}

fn brief(operation: &Operation) -> String {
    match operation {
        Operation::Append(stored) => format!("append {}", stored.version),
        Operation::PutSnapshot(stored) => format!("snapshot {}", stored.version),
        Operation::Reset(stored) => format!("reset {}", stored.version),
        Operation::PutBackup(named) => format!("backup {}", named.name),
        Operation::Beat(beat) => format!("beat {}", beat.worker),
        other => format!("{other:?}").to_lowercase(),
    }
}

impl Stepper for Watched {
    fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        if self.is_dead {
            return Ok(Output::default());
        }
        let count = inputs.len();
        self.world.count(|figures| figures.steps += 1);
        self.world.check(self.one_reply.takes(&inputs));
        let output = self.engine.step(now_ms, inputs)?;
        self.world.check(self.one_reply.gives(&output));
        self.note(now_ms, count, &output);
        if self.world.is_troubled(10) && self.world.strikes(Fault::CrashInStep) {
            return Ok(self.die(output));
        }
        Ok(output)
    }
}
