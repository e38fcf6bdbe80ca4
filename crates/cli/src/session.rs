//! The open store, and what the caller said about all commands.

use std::path::Path;

use highwater::answer::Answer;
use highwater::command::Command;
use highwater::{ErrorKind, Highwater, NoticeLevel, OpenOptions};

use crate::arguments::Global;
use crate::console::{Console, clean};
use crate::failure::{Failure, Outcome};

/// The store when nothing else is said.
const DEFAULT_STORE: &str = "file:./.highwater";

/// An open store.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    /// Where to write.
    pub(crate) console: &'a Console,
    /// What the caller said about all commands.
    pub(crate) global: Global,
    location: String,
    highwater: Highwater,
}

impl<'a> Session<'a> {
    /// Opens the store. Unless `creates`, a directory that is not there is refused: most probably it is the wrong one.
    pub(crate) async fn open(console: &'a Console, global: Global, creates: bool) -> Outcome<Session<'a>> {
        let location = match &global.store {
            Some(location) => location.as_str(),
            None => {
                console.say(&format!(
                    "using {DEFAULT_STORE}; set --store or HIGHWATER_STORE to use another store"
                ));
                DEFAULT_STORE
            }
        };
        if !creates {
            check_exists(location)?;
        }
        let palette = console.clone();
        let on_notice = move |notice: &highwater::Notice| {
            if notice.level == NoticeLevel::Warn {
                palette.say(&format!("warning: {}", clean(&notice.message)));
            }
        };
        let highwater = OpenOptions::new().on_notice(on_notice).open(location).await?;
        let location = location.to_owned();
        Ok(Session { console, global, location, highwater })
    }

    /// Carries out one command on a pipeline.
    pub(crate) async fn ask(&self, pipeline: &str, command: Command) -> Outcome<Answer> {
        let answers = self.ask_all(pipeline, vec![command], None).await?;
        answers.into_iter().next().ok_or_else(unexpected)
    }

    /// Carries out commands on a pipeline, all or none. The same dedupe key again gives the same answers.
    pub(crate) async fn ask_all(
        &self,
        pipeline: &str,
        commands: Vec<Command>,
        dedupe_key: Option<&str>,
    ) -> Outcome<Vec<Answer>> {
        let mut batch = self.highwater.pipeline(pipeline)?.batch();
        if let Some(key) = dedupe_key {
            batch = batch.dedupe_key(key);
        }
        Ok(commands.into_iter().fold(batch, highwater::Batch::command).await?)
    }

    /// Ids of pipelines that start with `prefix`.
    pub(crate) async fn pipelines(&self, prefix: &str) -> Outcome<Vec<String>> {
        Ok(self.highwater.pipelines(prefix).all().await?)
    }

    /// The name of this process among workers.
    pub(crate) fn worker(&self) -> &str {
        self.highwater.worker()
    }

    /// Where the state is kept, for processes that may work in another folder.
    pub(crate) fn absolute_store(&self) -> String {
        match self.location.strip_prefix("file:") {
            Some(path) => {
                let path = Path::new(path.strip_prefix("//").unwrap_or(path));
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
                format!("file:{}", whole.display())
            }
            None => self.location.clone(),
        }
    }

    /// Finishes what was asked and lets go of the store.
    pub(crate) async fn close(&self) {
        self.highwater.close().await;
    }
}

fn check_exists(location: &str) -> Outcome<()> {
    let Some(path) = location.strip_prefix("file:") else { return Ok(()) };
    let path = Path::new(path.strip_prefix("//").unwrap_or(path));
    // Whatever else is wrong with it, opening it says better.
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let message = format!("there is no store at {}; nothing was ever written there", whole.display());
            Err(Failure::usage(message).hint("highwater --store file:PATH ..., or set HIGHWATER_STORE"))
        }
        _ => Ok(()),
    }
}

/// The engine answered something else than it was asked.
pub(crate) fn unexpected() -> Failure {
    let error = "the engine answered something else than it was asked; this is a defect, report it";
    Failure { kind: Some(ErrorKind::Internal), ..Failure::work(error) }
}

/// Takes the one kind of answer that belongs to a command.
macro_rules! expect_answer {
    ($answer:expr, $variant:ident) => {
        match $answer {
            highwater::answer::Answer::$variant(answer) => Ok(answer),
            _ => Err($crate::session::unexpected()),
        }
    };
}
pub(crate) use expect_answer;
