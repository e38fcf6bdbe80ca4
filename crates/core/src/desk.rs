//! What all pipelines of an engine share while a step runs: time, randomness, identity, and the output that grows.

use highwater_format::WriterId;

use crate::answer::Answer;
use crate::error::Error;
use crate::options::Options;
use crate::output::{Notice, NoticeLevel, Operation, Output, Reply, Request};
use crate::rng::Rng;
use crate::time::Monotonic;

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) options: Options,
    pub(crate) rng: Rng,
    pub(crate) writer: WriterId,
    /// Records made by this engine; the last one has this number.
    pub(crate) sequence: u64,
    /// Number of the step that runs.
    pub(crate) step: u64,
    /// Time of the host, milliseconds since the Unix epoch.
    pub(crate) now_ms: i64,
    /// Time on the engine's own clock.
    pub(crate) elapsed_ms: u64,
    pub(crate) output: Output,
    /// The requests of this step, and the pipelines that wait for their outcomes.
    pub(crate) owners: Vec<(u64, String)>,
    clock: Monotonic,
    last_request: u64,
}

impl Desk {
    pub(crate) fn new(options: Options) -> Self {
        let mut rng = Rng::new(options.seed);
        let mut writer = [0; 16];
        writer[..8].copy_from_slice(&rng.next_u64().to_be_bytes());
        writer[8..].copy_from_slice(&rng.next_u64().to_be_bytes());
        Desk {
            options,
            rng,
            writer: WriterId(writer),
            sequence: 0,
            step: 0,
            now_ms: 0,
            elapsed_ms: 0,
            output: Output::default(),
            owners: Vec::new(),
            clock: Monotonic::default(),
            last_request: 0,
        }
    }

    pub(crate) fn begin_step(&mut self, now_ms: i64) {
        self.step += 1;
        self.now_ms = now_ms;
        self.elapsed_ms = self.clock.advance(now_ms);
    }

    pub(crate) fn request(&mut self, pipeline: &str, operation: Operation) -> u64 {
        self.request_about(pipeline, pipeline, operation)
    }

    /// A request about the journal of one pipeline whose outcome another one waits for.
    pub(crate) fn request_about(&mut self, pipeline: &str, owner: &str, operation: Operation) -> u64 {
        self.last_request += 1;
        let id = self.last_request;
        self.owners.push((id, owner.to_owned()));
        self.output.requests.push(Request { id, pipeline: pipeline.to_owned(), operation });
        id
    }

    pub(crate) fn reply(&mut self, ticket: u64, result: Result<Vec<Answer>, Error>) {
        self.output.replies.push(Reply { ticket, result });
    }

    pub(crate) fn notice(&mut self, level: NoticeLevel, pipeline: &str, code: &str, message: String) {
        let (pipeline, code) = (pipeline.to_owned(), code.to_owned());
        self.output.notices.push(Notice { level, pipeline, code, message });
    }

    /// Pause after so many tries (from 1), in milliseconds.
    pub(crate) fn pause_ms(&mut self, tries: u32) -> u64 {
        let policy = self.options.conflict;
        let doublings = tries.saturating_sub(1).min(62);
        let pause = match policy.first_delay_ms {
            0 if tries <= 1 => return 0,
            0 => 1 << (doublings - 1),
            first => first.saturating_mul(1 << doublings),
        };
        pause.min(policy.max_delay_ms).saturating_add(self.rng.up_to(policy.jitter_ms))
    }
}
