//! Several commands at once.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;

use crate::hold::Hold;
use crate::{Call, Error, Pipeline};

/// Commands that are carried out together, in one record: all or none. Awaiting it gives an answer for each, in order.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders")?;
/// pipeline.hwm("b").set(5).await?;
///
/// let (a, b) = (pipeline.hwm("a"), pipeline.hwm("b"));
/// let refused = pipeline.batch().with(a.set(1)).with(b.set(4)).await;
/// assert!(refused.is_err());
/// assert!(a.get().await?.is_none());
///
/// let answers = pipeline.batch().with(a.set(1)).with(b.set(6)).dedupe_key("load 17").await?;
/// assert_eq!(answers.len(), 2);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a batch is only sent when it is awaited"]
pub struct Batch {
    pipeline: Pipeline,
    commands: Result<Vec<Command>, Error>,
    holds: Vec<(Arc<Hold>, bool)>,
    dedupe_key: Option<String>,
    at: Option<Moment>,
}

impl Batch {
    pub(crate) fn new(pipeline: &Pipeline, at: Option<Moment>) -> Batch {
        let (pipeline, commands, holds) = (pipeline.clone(), Ok(Vec::new()), Vec::new());
        Batch { pipeline, commands, holds, dedupe_key: None, at }
    }

    /// Adds a command. A dedupe key of its own is left out: a batch has one, or none.
    pub fn with<C, T>(mut self, call: Call<C, T>) -> Self {
        let bare = call.bare();
        self.holds.extend(bare.hold);
        let (here, there) = (self.pipeline.id(), bare.pipeline.id());
        let command = match bare.command {
            _ if here != there => Err(elsewhere(here, there)),
            _ if self.at != bare.at => Err(another_moment()),
            command => command,
        };
        self.commands = self.commands.and_then(|mut commands| {
            commands.push(command?);
            Ok(commands)
        });
        self
    }

    /// Adds a command as the engine knows it.
    pub fn command(mut self, command: Command) -> Self {
        if let Ok(commands) = &mut self.commands {
            commands.push(command);
        }
        self
    }

    /// The same key again gives the same answers, without a second effect.
    pub fn dedupe_key(mut self, key: impl Into<String>) -> Self {
        self.dedupe_key = Some(key.into());
        self
    }

    async fn send(self) -> Result<Vec<Answer>, Error> {
        let commands = self.commands?;
        for (hold, ends) in &self.holds {
            if *ends {
                hold.start_ending();
            }
        }
        let Pipeline { connection, id } = &self.pipeline;
        let result = match self.at {
            Some(_) if self.dedupe_key.is_some() => Err(keyed()),
            Some(moment) => connection.read_at(id, commands, moment).await,
            None => connection.submit(id, commands, self.dedupe_key, Freshness::Latest).await,
        };
        for (hold, ends) in &self.holds {
            hold.learn(&result, *ends);
        }
        result
    }
}

impl IntoFuture for Batch {
    type Output = Result<Vec<Answer>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

fn elsewhere(here: &str, there: &str) -> Error {
    Error::invalid(format!(
        "a batch of pipeline `{here}` cannot take a command for `{there}`: only what is in one pipeline can happen together; make two batches"
    ))
}

fn another_moment() -> Error {
    Error::invalid(
        "a batch cannot mix moments: reads of the past go into the batch of `Pipeline::at`, all others into that of the pipeline; make two batches",
    )
}

fn keyed() -> Error {
    Error::invalid(
        "a dedupe key is kept with what was written, and reads of the past write nothing; leave it out",
    )
}
