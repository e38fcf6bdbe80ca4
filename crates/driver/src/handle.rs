//! The end of the driver that applications hold.

use std::fmt;
use std::sync::Arc;

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;
use highwater_core::{Error, ErrorKind};
use highwater_store::Page;
use tokio::sync::{mpsc, oneshot, watch};

use crate::in_place::{InPlace, Submitters};
use crate::message::{List, Message, ReplyTo, Submission};

/// Talks to a driver. Clones talk to the same one; it ends when the last of them is gone and everything that was submitted
/// has been carried out.
///
/// The futures may be polled by any runtime, and dropped at any time: a command that has reached the driver is carried out
/// whether or not anybody still waits for the answer.
#[derive(Clone)]
pub struct Handle {
    /// Without a bound: each submission that waits is held by somebody's future, which would hold it just the same outside.
    messages: mpsc::UnboundedSender<Message>,
    /// Closes when the loop has ended and its store is let go.
    ended: watch::Receiver<()>,
    in_place: Arc<dyn InPlace>,
    submitters: Submitters,
}

impl Handle {
    pub(crate) fn new(
        messages: mpsc::UnboundedSender<Message>,
        ended: watch::Receiver<()>,
        in_place: Arc<dyn InPlace>,
    ) -> Handle {
        Handle { messages, ended, in_place, submitters: Submitters::default() }
    }

    /// Carries out these commands on a pipeline, all or none, and gives one answer for each. When it says so, it is durable.
    ///
    /// The same `dedupe_key` again gives the same answers without a second effect.
    ///
    /// # Errors
    ///
    /// Whatever the engine refuses, in its six kinds. [`ErrorKind::Internal`] if the engine broke down; the next
    /// submission meets a new engine, and this one was carried out or not. [`ErrorKind::Invalid`] after [`Handle::close`].
    pub async fn submit(
        &self,
        pipeline: &str,
        commands: Vec<Command>,
        dedupe_key: Option<String>,
        freshness: Freshness,
    ) -> Result<Vec<Answer>, Error> {
        let (reply_to, reply) = oneshot::channel();
        let submission = submission(pipeline, commands, reply_to);
        self.pass(Submission { dedupe_key, freshness, ..submission }, reply).await
    }

    /// Answers reads from a moment of the pipeline's past: a version, a time or a backup. Whatever would write is refused.
    ///
    /// # Errors
    ///
    /// As for [`Handle::submit`]. [`ErrorKind::Invalid`] for a moment that is not retained any more, or not written yet.
    pub async fn read_at(
        &self,
        pipeline: &str,
        commands: Vec<Command>,
        at: Moment,
    ) -> Result<Vec<Answer>, Error> {
        let (reply_to, reply) = oneshot::channel();
        let submission = submission(pipeline, commands, reply_to);
        self.pass(Submission { at: Some(at), ..submission }, reply).await
    }

    async fn pass(
        &self,
        submission: Submission,
        reply: oneshot::Receiver<Result<Vec<Answer>, Error>>,
    ) -> Result<Vec<Answer>, Error> {
        let _here = self.submitters.enter();
        if let Some(submission) = self.submit_in_place(submission).await {
            self.messages.send(Message::Submission(submission)).map_err(|_| closed())?;
        }
        reply.await.unwrap_or_else(|_| Err(no_reply()))
    }

    /// Gives the submission back if it is better passed to the driver's thread.
    async fn submit_in_place(&self, submission: Submission) -> Option<Submission> {
        if !self.submitters.is_alone() || !Submitters::may_block_here() {
            return Some(submission);
        }
        // Others may be polled by this very thread, after us: let them come, they are better committed together.
        tokio::task::yield_now().await;
        if self.submitters.is_alone() { self.in_place.submit(submission) } else { Some(submission) }
    }

    /// Submits and does not wait, for destructors. False if the driver is closed.
    pub fn submit_detached(&self, pipeline: &str, commands: Vec<Command>) -> bool {
        let (reply_to, _) = oneshot::channel();
        let submission = submission(pipeline, commands, reply_to);
        self.messages.send(Message::Submission(submission)).is_ok()
    }

    /// Pipelines in the store whose id starts with `prefix`, in byte order, after `cursor` (the `next` of the page
    /// before), at most `limit` of them. It goes past the engine: what is in no journal yet is not listed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] or [`ErrorKind::Corrupt`] from the store, [`ErrorKind::Invalid`] after [`Handle::close`].
    pub async fn list(&self, prefix: &str, cursor: Option<String>, limit: usize) -> Result<Page, Error> {
        let (reply_to, reply) = oneshot::channel();
        let list = List { prefix: prefix.to_owned(), cursor, limit, reply_to };
        self.messages.send(Message::List(list)).map_err(|_| closed())?;
        reply.await.unwrap_or_else(|_| Err(no_reply()))
    }

    /// Lets the driver finish what was submitted, and waits until it has ended and let go of its store. From now on
    /// every clone of this handle is refused. Closing twice is fine.
    pub async fn close(&self) {
        // A driver that has ended already is what was asked for.
        let _ = self.messages.send(Message::Close);
        let mut ended = self.ended.clone();
        // Nothing is ever sent: this resolves when the other side is gone.
        let _ = ended.changed().await;
    }

    /// True once the driver takes no submissions any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.messages.is_closed()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

fn submission(pipeline: &str, commands: Vec<Command>, reply_to: ReplyTo) -> Submission {
    Submission {
        pipeline: pipeline.to_owned(),
        commands,
        dedupe_key: None,
        freshness: Freshness::Latest,
        at: None,
        reply_to,
    }
}

fn closed() -> Error {
    Error::new(
        ErrorKind::Invalid,
        "this Highwater was closed and takes nothing any more; open the store again",
    )
}

fn no_reply() -> Error {
    let message = "the engine broke down before it answered, so it is not known whether this was carried out; \
                   read the state, or submit again with the same dedupe key";
    Error::new(ErrorKind::Internal, message)
}
