//! stub
use crate::{failure::Outcome, session::Session};
#[derive(clap::Args, Debug)]
pub(crate) struct ExecArguments {
    x: Option<String>,
}
pub(crate) async fn exec(_: &Session<'_>, _: ExecArguments) -> Outcome<u8> {
    Ok(0)
}
