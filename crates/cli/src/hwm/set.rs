//! `highwater hwm set`.

use clap::Args;
use highwater::ValueType;
use highwater::command::{Command, HwmUpdate, SetHwms};

use super::{HwmArguments, find};
use crate::failure::{Hint, Outcome};
use crate::infer;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::hwm::SetData;

/// Names an HWM and where it shall stand.
#[derive(Args, Debug)]
pub(crate) struct SetArguments {
    #[command(flatten)]
    hwm: HwmArguments,
    /// The new value.
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// Type of the value: int, uint, decimal, timestamp, local-timestamp, date, text, bytes, uuid, bool or json. Left
    /// out, it is the type that the HWM has, or else what the value looks like.
    #[arg(long = "type", value_name = "TYPE")]
    value_type: Option<ValueType>,
    /// Allows the type to change, and records that it did.
    #[arg(long)]
    cast: bool,
}

pub(super) async fn set(session: &Session<'_>, arguments: &SetArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = &arguments.hwm;
    let before = find(session, pipeline, name).await?.map(|hwm| hwm.value);
    // A cast without a type goes by the form: the present type is what it leaves.
    let present = before.as_ref().filter(|_| !arguments.cast);
    let typed = infer::read(&arguments.value, arguments.value_type, present)?;
    if arguments.value_type.is_none() {
        let value_type = typed.value.value_type();
        session.console.say(&format!("taken as {value_type}, {}; --type says otherwise", typed.because));
    }
    let update =
        HwmUpdate { name: name.clone(), value: typed.value.clone(), cast: arguments.cast, keys: Vec::new() };
    let command = Command::SetHwms(SetHwms { hwms: vec![update], holder: None });
    let next = || {
        let (pipeline, name, text) = (word(pipeline), word(name), word(&arguments.value));
        let value_type = typed.value.value_type();
        match &before {
            Some(before) if before.value_type() != value_type => {
                format!("highwater hwm set {pipeline} {name} {text} --type {value_type} --cast")
            }
            Some(_) => format!("highwater hwm rewind {pipeline} {name} {text}"),
            None => format!("highwater hwm set {pipeline} NAME {text}"),
        }
    };
    let answer = session.ask(pipeline, command).await.or_try(next)?;
    let done = expect_answer!(answer, HwmsSet)?;
    let (moved, version) = (done.moved > 0, done.version);
    let data = SetData { pipeline, name, from: before.as_ref(), to: &typed.value, moved, version };
    session.console.show(&data, || {
        let arrow = session.console.either("→", "->");
        match (&before, moved) {
            (_, false) => format!("{name} stays at {}\n", typed.value),
            (Some(before), true) => format!("{name}: {before} {arrow} {}\n", typed.value),
            (None, true) => format!("{name}: {arrow} {}\n", typed.value),
        }
    })
}
