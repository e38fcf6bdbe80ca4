//! Completions for shells.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Outcome;

/// See [`crate::arguments::Noun::Completions`].
#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    shell: Shell,
}

/// Writes the script to stdout.
pub(crate) fn print(console: &Console, arguments: &CompletionsArguments) -> Outcome<()> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Arguments::command(), "highwater", &mut script);
    console.print(&String::from_utf8_lossy(&script))
}
