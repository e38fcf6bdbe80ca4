//! A command on its way.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;

use crate::hold::Hold;
use crate::{Error, ErrorKind, Pipeline};

/// A command that is sent when it is awaited, or when the [`Batch`](crate::Batch) is that it was put into.
///
/// `C` is the command, `T` what awaiting it gives. What can be said about one command only stands further down, by command.
/// Dropping the future after it was polled does not undo the command.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hw = highwater::open("memory:").await?;
/// let loaded = hw.pipeline("dev/orders")?.hwm("loaded");
/// let first = loaded.set(20).dedupe_key("batch-1").await?;
/// let second = loaded.set(20).dedupe_key("batch-1").await?;
/// assert_eq!(first, second);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[must_use = "a command is only sent when it is awaited"]
pub struct Call<C, T> {
    pipeline: Pipeline,
    /// Or why it cannot be sent.
    command: Result<C, Error>,
    into_command: fn(C) -> Command,
    read: fn(&Pipeline, Answer) -> Option<T>,
    dedupe_key: Option<String>,
    freshness: Freshness,
    at: Option<Moment>,
    hold: Option<Arc<Hold>>,
    ends_hold: bool,
}

/// A command without its answer, on its way into a batch.
pub(crate) struct Bare {
    pub(crate) pipeline: Pipeline,
    pub(crate) command: Result<Command, Error>,
    pub(crate) at: Option<Moment>,
    pub(crate) hold: Option<(Arc<Hold>, bool)>,
}

impl<C, T> Call<C, T> {
    pub(crate) fn new(
        pipeline: &Pipeline,
        command: C,
        into_command: fn(C) -> Command,
        read: fn(&Pipeline, Answer) -> Option<T>,
    ) -> Self {
        Call {
            pipeline: pipeline.clone(),
            command: Ok(command),
            into_command,
            read,
            dedupe_key: None,
            freshness: Freshness::Latest,
            at: None,
            hold: None,
            ends_hold: false,
        }
    }

    /// The same key again gives the same answer, without a second effect: for callers that try again when they do not know
    /// what became of the first time.
    pub fn dedupe_key(mut self, key: impl Into<String>) -> Self {
        self.dedupe_key = Some(key.into());
        self
    }

    /// Lets a read rest on what is in memory, instead of asking the store first whether others have written since.
    pub fn local(mut self) -> Self {
        self.freshness = Freshness::Local;
        self
    }

    /// Answers the read from a moment of the past.
    pub(crate) fn seen_at(mut self, moment: &Moment) -> Self {
        self.at = Some(moment.clone());
        self
    }

    /// Tells the guard what becomes of the command.
    pub(crate) fn under(mut self, hold: &Arc<Hold>, ends_hold: bool) -> Self {
        self.hold = Some(Arc::clone(hold));
        self.ends_hold = ends_hold;
        self
    }

    pub(crate) fn edit(self, edit: impl FnOnce(&mut C)) -> Self {
        self.try_edit(|command| {
            edit(command);
            Ok(())
        })
    }

    pub(crate) fn try_edit(mut self, edit: impl FnOnce(&mut C) -> Result<(), Error>) -> Self {
        self.command = self.command.and_then(|mut command| edit(&mut command).map(|()| command));
        self
    }

    pub(crate) fn bare(self) -> Bare {
        Bare {
            pipeline: self.pipeline,
            command: self.command.map(self.into_command),
            at: self.at,
            hold: self.hold.map(|hold| (hold, self.ends_hold)),
        }
    }

    async fn send(self) -> Result<T, Error> {
        let command = (self.into_command)(self.command?);
        let hold = self.hold.as_deref().inspect(|hold| {
            if self.ends_hold {
                hold.start_ending();
            }
        });
        let result = match self.at {
            Some(moment) => self.pipeline.read_at(command, moment).await,
            None => self.pipeline.submit_one(command, self.dedupe_key, self.freshness).await,
        };
        if let Some(hold) = hold {
            hold.learn(&result, self.ends_hold);
        }
        (self.read)(&self.pipeline, result?).ok_or_else(unexpected)
    }
}

impl<C: Send + 'static, T: 'static> IntoFuture for Call<C, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<C: fmt::Debug, T> fmt::Debug for Call<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("pipeline", &self.pipeline.id())
            .field("command", &self.command)
            .field("dedupe_key", &self.dedupe_key)
            .finish_non_exhaustive()
    }
}

pub(crate) fn unexpected() -> Error {
    Error::new(
        ErrorKind::Internal,
        "the engine answered something else than it was asked; this is a defect, report it",
    )
}

/// Takes the value out of the one variant of [`Answer`] that belongs to a command.
macro_rules! reads {
    ($variant:ident) => {
        |_, answer| match answer {
            highwater_core::answer::Answer::$variant(value) => Some(value),
            _ => None,
        }
    };
}
pub(crate) use reads;
