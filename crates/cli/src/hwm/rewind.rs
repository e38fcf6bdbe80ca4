//! `highwater hwm rewind`.

use clap::Args;
use highwater::ValueType;
use highwater::command::{Command, RewindHwm};

use super::{HwmArguments, list_hint, present};
use crate::failure::{Hint, Outcome};
use crate::infer;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::hwm::RewoundData;

/// Names an HWM and where it shall stand.
#[derive(Args, Debug)]
pub(crate) struct RewindArguments {
    #[command(flatten)]
    hwm: HwmArguments,
    /// The new value, behind the present one and of its type.
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// Type of the value; left out, it is the type that the HWM has.
    #[arg(long = "type", value_name = "TYPE")]
    value_type: Option<ValueType>,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn rewind(session: &Session<'_>, arguments: &RewindArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = &arguments.hwm;
    let before = present(session, pipeline, name).await?;
    let value = infer::read(&arguments.value, arguments.value_type, Some(&before.value))?.value;
    let actor = Some(session.actor());
    let mut command = RewindHwm { name: name.clone(), value, reason: String::new(), actor, dry_run: true };
    if arguments.apply {
        let (pipeline, name, value) = (word(pipeline), word(name), word(&arguments.value));
        command.reason =
            session.reason(&format!("highwater hwm rewind {pipeline} {name} {value} --apply"))?;
        session.confirm(&format!("rewind {name} from {} to {}?", before.value, command.value))?;
        command.dry_run = false;
    }
    let answer = session.ask(pipeline, Command::RewindHwm(command)).await.or_try(|| list_hint(pipeline))?;
    let rewound = expect_answer!(answer, Rewound)?;
    session.console.show(&RewoundData::new(pipeline, &rewound), || {
        let arrow = session.console.either("→", "->");
        format!("{}: {} {arrow} {}\n", rewound.name, rewound.from, rewound.to)
    })?;
    if rewound.applied {
        session.say_done("rewound; what comes after the new value is read again");
    } else {
        session.say_planned();
    }
    Ok(())
}
