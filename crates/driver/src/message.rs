//! What handles say to the loop.

use highwater_core::Error;
use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;
use highwater_store::Page;
use tokio::sync::oneshot;

/// Where the reply to a submission goes.
pub(crate) type ReplyTo = oneshot::Sender<Result<Vec<Answer>, Error>>;

pub(crate) enum Message {
    Submission(Submission),
    List(List),
    Close,
}

pub(crate) struct Submission {
    pub(crate) pipeline: String,
    pub(crate) commands: Vec<Command>,
    pub(crate) dedupe_key: Option<String>,
    pub(crate) freshness: Freshness,
    pub(crate) at: Option<Moment>,
    pub(crate) reply_to: ReplyTo,
}

pub(crate) struct List {
    pub(crate) prefix: String,
    pub(crate) cursor: Option<String>,
    pub(crate) limit: usize,
    pub(crate) reply_to: oneshot::Sender<Result<Page, Error>>,
}
