//! The open store, and what the caller said about all commands.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use highwater::answer::Answer;
use highwater::command::Command;
use highwater::{Checkup, ErrorKind, Highwater, Moment, Notice, NoticeLevel, OpenOptions};

use crate::arguments::Global;
use crate::console::{Console, clean};
use crate::failure::{Failure, Hint, Outcome};
use crate::moment::At;
use crate::shell::word;

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
    /// Reads are answered from here; the present if absent.
    at: Option<Moment>,
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
        let options = OpenOptions::new().create_if_missing(creates).on_notice(warn(console.clone()));
        let highwater = options.open(location).await.map_err(Failure::from);
        let highwater =
            highwater.or_try(|| "highwater --store file:PATH ..., or set HIGHWATER_STORE".to_owned())?;
        let location = location.to_owned();
        Ok(Session { console, global, location, highwater, at: None })
    }

    /// The same store, read as it was at a moment.
    pub(crate) fn at(&self, at: &At) -> Session<'a> {
        let (console, highwater) = (self.console, self.highwater.clone());
        let (global, location) = (self.global.clone(), self.location.clone());
        Session { console, global, location, highwater, at: at.moment.clone() }
    }

    /// True if reads look at the past.
    pub(crate) fn is_past(&self) -> bool {
        self.at.is_some()
    }

    /// Carries out one command on a pipeline.
    pub(crate) async fn ask(&self, pipeline: &str, command: Command) -> Outcome<Answer> {
        let answers = self.ask_all(pipeline, vec![command], None).await?;
        answers.into_iter().next().ok_or_else(unexpected)
    }

    /// All pages of a list as one. `command` asks for the page at a cursor, `read` takes the entries and the next cursor out of an answer.
    pub(crate) async fn ask_for_all<T>(
        &self,
        pipeline: &str,
        command: impl Fn(Option<String>) -> Command,
        read: impl Fn(Answer) -> Outcome<(Vec<T>, Option<String>)>,
    ) -> Outcome<Vec<T>> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let (entries, next) = read(self.ask(pipeline, command(cursor)).await?)?;
            all.extend(entries);
            if next.is_none() {
                return Ok(all);
            }
            cursor = next;
        }
    }

    /// Carries out commands on a pipeline, all or none. The same dedupe key again gives the same answers.
    pub(crate) async fn ask_all(
        &self,
        pipeline: &str,
        commands: Vec<Command>,
        dedupe_key: Option<&str>,
    ) -> Outcome<Vec<Answer>> {
        let asked = self.highwater.pipeline(pipeline)?;
        let mut batch = match &self.at {
            Some(moment) => asked.at(moment).batch(),
            None => asked.batch(),
        };
        if let Some(key) = dedupe_key {
            batch = batch.dedupe_key(key);
        }
        let answers = commands.into_iter().fold(batch, highwater::Batch::command).await;
        answers.map_err(|error| match Failure::from(error) {
            damaged if damaged.is(ErrorKind::Corrupt) => {
                damaged.hint(format!("highwater state verify-integrity {}", word(pipeline)))
            }
            failure => failure,
        })
    }

    /// Ids of pipelines that start with `prefix`.
    pub(crate) async fn pipelines(&self, prefix: &str) -> Outcome<Vec<String>> {
        Ok(self.highwater.pipelines(prefix).all().await?)
    }

    /// Looks at all pipelines whose ids start with `prefix`.
    pub(crate) async fn check_up(&self, prefix: &str) -> Outcome<Checkup> {
        Ok(self.highwater.doctor(prefix).await?)
    }

    /// The name of this process among workers.
    pub(crate) fn worker(&self) -> &str {
        self.highwater.worker()
    }

    /// Where the state is kept, for processes that may work in another folder.
    pub(crate) fn absolute_store(&self) -> String {
        match path_in(&self.location) {
            Some((scheme, path)) => {
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
                format!("{scheme}:{}", whole.display())
            }
            None => self.location.clone(),
        }
    }

    /// Finishes what was asked and lets go of the store.
    pub(crate) async fn close(&self) {
        self.highwater.close().await;
    }
}

/// Says warnings, each once as long as no other comes between.
fn warn(console: Console) -> impl Fn(&Notice) + Send {
    let last = Mutex::new(String::new());
    move |notice| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if notice.level == NoticeLevel::Warn && *last != notice.message {
            console.say(&format!("warning: {}", clean(&notice.message)));
            last.clone_from(&notice.message);
        }
    }
}

/// The scheme and the path of a location that has one.
fn path_in(location: &str) -> Option<(&str, &Path)> {
    let (scheme, path) =
        location.split_once(':').filter(|(scheme, _)| matches!(*scheme, "file" | "sqlite"))?;
    Some((scheme, Path::new(path.strip_prefix("//").unwrap_or(path))))
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
