//! Changes by hand: who, why, and whether it is really meant.

use std::io::{self, BufRead, IsTerminal};

use crate::failure::{Failure, Outcome};
use crate::paint::Paint;
use crate::session::Session;

impl Session<'_> {
    /// Who makes changes here.
    pub(crate) fn actor(&self) -> String {
        self.global.actor.clone().unwrap_or_else(default_actor)
    }

    /// Why, if it was said.
    pub(crate) fn given_reason(&self) -> Option<String> {
        let reason = self.global.reason.as_deref().map(str::trim);
        reason.filter(|reason| !reason.is_empty()).map(str::to_owned)
    }

    /// Why; refuses when nothing was said, with `example` completing the call.
    pub(crate) fn reason(&self, example: &str) -> Outcome<String> {
        match self.global.reason.as_deref().map(str::trim) {
            None | Some("") => Err(Failure::usage("a reason is needed: say why, it is kept with the change")
                .hint(format!("{example} --reason 'the source was loaded twice'"))),
            Some(reason) => Ok(reason.to_owned()),
        }
    }

    /// Asks whether `question` is meant. Without a terminal only `--yes` says so.
    pub(crate) fn confirm(&self, question: &str) -> Outcome<()> {
        if self.global.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let message =
                format!("`{question}` needs a yes, and there is no terminal to ask at; nothing was changed");
            return Err(Failure::usage(message).hint("the same command with --yes"));
        }
        let prompt = self.console.words.paint(Paint::Strong, &format!("{question} [y/N] "));
        // A prompt stands on one line with the answer.
        eprint!("{prompt}");
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(|error| {
            Failure::usage(format!("the answer cannot be read ({error}); nothing was changed"))
        })?;
        if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::usage("nothing was changed, because the answer was not yes"))
    }

    /// Says that this was only the plan.
    pub(crate) fn say_planned(&self) {
        let label = self.console.words.paint(Paint::Warn, "dry run:");
        self.console.say(&format!("{label} nothing was changed; add --apply to do it"));
    }

    /// Says what was done.
    pub(crate) fn say_done(&self, what: &str) {
        let mark = self.console.words.paint(Paint::Good, self.console.either("✓", "ok:"));
        self.console.say(&format!("{mark} {what}"));
    }
}

fn default_actor() -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = set("USER").or_else(|| set("LOGNAME")).or_else(|| set("USERNAME"));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{}@{host}", user.unwrap_or_else(|| "unknown".to_owned()))
}
