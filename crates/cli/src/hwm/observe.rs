//! `highwater hwm observe`.

use clap::Args;
use highwater::ValueType;
use highwater::command::{Command, ObserveSource};

use super::{HwmArguments, find};
use crate::failure::{Failure, Outcome};
use crate::infer;
use crate::session::{Session, expect_answer};

/// What the source of an HWM has.
#[derive(Args, Debug)]
pub(crate) struct ObserveArguments {
    #[command(flatten)]
    hwm: HwmArguments,
    /// The least value that the source still has.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    earliest: Option<String>,
    /// The greatest value that the source has.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    latest: Option<String>,
    /// Type of the values; left out, it is the type that the HWM has, or else what they look like.
    #[arg(long = "type", value_name = "TYPE")]
    value_type: Option<ValueType>,
}

pub(super) async fn observe(session: &Session<'_>, arguments: &ObserveArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = &arguments.hwm;
    if arguments.earliest.is_none() && arguments.latest.is_none() {
        return Err(Failure::usage("say what the source has: --earliest, --latest, or both"));
    }
    let present = find(session, pipeline, name).await?.map(|hwm| hwm.value);
    let value = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            infer::read(text, arguments.value_type, present.as_ref()).map(|typed| Some(typed.value))
        }
    };
    let command = ObserveSource {
        name: name.clone(),
        earliest: value(&arguments.earliest)?,
        latest: value(&arguments.latest)?,
    };
    expect_answer!(session.ask(pipeline, Command::ObserveSource(command)).await?, Done)?;
    super::show::print(session, pipeline, vec![name.clone()]).await.map(drop)
}
