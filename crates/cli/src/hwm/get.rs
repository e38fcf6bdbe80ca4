//! `highwater hwm get`.

use clap::Args;

use super::{HwmArguments, list, present};
use crate::failure::Outcome;
use crate::moment::At;
use crate::session::Session;
use crate::views::hwm::HwmData;

/// Names an HWM.
#[derive(Args, Debug)]
pub(crate) struct GetArguments {
    #[command(flatten)]
    hwm: HwmArguments,
    /// Prints the value alone, for scripts.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn get(session: &Session<'_>, arguments: &GetArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = &arguments.hwm;
    let hwm = present(session, pipeline, name).await?;
    if arguments.raw {
        return session.console.print(&format!("{}\n", hwm.value));
    }
    session
        .console
        .show(&HwmData::new(pipeline, &hwm), || list::table(session.console, std::slice::from_ref(&hwm)))
}
