//! `highwater state fork`.

use clap::Args;
use highwater::Moment;
use highwater::command::{Command, Fork};

use crate::failure::{Hint, Outcome};
use crate::moment::{parse, words};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::change::ForkedData;

/// Names two pipelines.
#[derive(Args, Debug)]
pub(crate) struct ForkArguments {
    /// Id of the pipeline whose state is taken; it is only read.
    source: String,
    /// Id of the new pipeline.
    new: String,
    /// The moment: a version, a time such as 2026-11-20T22:00:00Z or 2h for two hours ago, or backup:ID.
    #[arg(long, value_name = "MOMENT", value_parser = parse, default_value = "head")]
    at: Moment,
}

pub(super) async fn fork(session: &Session<'_>, arguments: &ForkArguments) -> Outcome<()> {
    let ForkArguments { source, new, at } = arguments;
    let at_words = match at {
        Moment::Head => String::new(),
        at => format!(" --at {}", word(&words(at))),
    };
    let reason = session.reason(&format!("highwater state fork {} {}{at_words}", word(source), word(new)))?;
    let command = Fork { source: source.clone(), at: at.clone(), reason, actor: Some(session.actor()) };
    let answer = session.ask(new, Command::Fork(command)).await;
    let forked = expect_answer!(answer.or_try(|| "highwater pipeline list".to_owned())?, Forked)?;
    session.console.show(&ForkedData::new(new, &forked), || format!("{new}\n"))?;
    session.say_done(&format!("{new} starts as {source} was at version {}", forked.source_version));
    Ok(())
}
