//! Session windows: clicks of a user that are close together are one session, which is given out when a later click shows that it is over.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use highwater::Pipeline;
use highwater::streaming::{
    BoxError, ExactlyOnceProcessor, FileParts, KeyedState, ListState, Operator, ProcessorSpec, Source,
    TransactionalSink, ValueState,
};
use serde::{Deserialize, Serialize};

use crate::file_log::FileLog;
use crate::log_sink::{Keyed, LogSink};
use crate::log_source::LogSource;

/// A pause that ends a session, in seconds.
pub const GAP_S: i64 = 1_800;

/// What comes. The clicks of one user are in one partition, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Click {
    /// Who.
    pub user: String,
    /// When, in seconds.
    pub at_s: i64,
    /// Where.
    pub page: String,
}

/// What goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub user: String,
    /// When it began, in seconds.
    pub from_s: i64,
    /// When the last click was, in seconds.
    pub to_s: i64,
    /// All pages, in order.
    pub pages: Vec<String>,
}

impl Keyed for Session {
    fn key(&self) -> &str {
        &self.user
    }
}

/// Times of the first and the last click of the session that is open.
const OPEN: ValueState<String, (i64, i64)> = ValueState::new("open");
/// Its pages.
const PAGES: ListState<String, String> = ListState::new("pages");

/// Makes sessions of clicks.
#[derive(Debug)]
pub struct Sessions;

impl Operator for Sessions {
    type In = Click;
    type Out = Session;

    fn process(
        &mut self,
        click: Click,
        state: &mut KeyedState,
        out: &mut Vec<Session>,
    ) -> Result<(), BoxError> {
        let open = OPEN.get(state, &click.user)?;
        let from_s = match open {
            Some((from_s, to_s)) if click.at_s - to_s < GAP_S => from_s,
            Some(over) => {
                out.push(close(state, click.user.clone(), over)?);
                click.at_s
            }
            None => click.at_s,
        };
        OPEN.put(state, &click.user, &(from_s, click.at_s))?;
        PAGES.append(state, &click.user, &click.page)?;
        Ok(())
    }

    fn end(&mut self, state: &mut KeyedState, out: &mut Vec<Session>) -> Result<(), BoxError> {
        for (user, open) in OPEN.entries(state)? {
            out.push(close(state, user, open)?);
        }
        Ok(())
    }
}

/// Takes a session out of the state.
fn close(state: &mut KeyedState, user: String, (from_s, to_s): (i64, i64)) -> Result<Session, BoxError> {
    let pages = PAGES.get(state, &user)?;
    PAGES.remove(state, &user)?;
    OPEN.remove(state, &user)?;
    Ok(Session { user, from_s, to_s, pages })
}

/// Makes sessions of all clicks.
pub async fn sessions<S, K>(
    pipeline: &Pipeline,
    clicks: S,
    sink: K,
    parts: FileParts,
) -> Result<(), Box<dyn Error>>
where
    S: Source<Record = Click>,
    K: TransactionalSink<Record = Session>,
{
    // As often as can be, so that kills meet every step of a checkpoint. A minute is usual.
    let spec = ProcessorSpec::new("sessions").read(20).stream(|spec| spec.interval(Duration::from_millis(1)));
    let mut processor = ExactlyOnceProcessor::start(pipeline, spec, clicks, Sessions, sink, parts).await?;
    processor.run().await?;
    processor.stop().await?;
    Ok(())
}

/// The same in a folder: from the log `clicks`, which must be there, to the log `sessions`.
pub async fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let hw = crate::open(folder).await?;
    let clicks = LogSource::new(FileLog::open(&folder.join("clicks"), 2)?);
    let sink = LogSink::new(FileLog::open(&folder.join("sessions"), 2)?);
    sessions(&hw.pipeline("dev/clicks")?, clicks, sink, FileParts::new(folder.join("parts"))).await?;
    hw.close().await;
    Ok(())
}
