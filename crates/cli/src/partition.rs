//! `highwater partition`.

mod declare;
mod keys;
mod list;
mod mark;
mod rekey;
mod show;

use clap::{Args, Subcommand};
use highwater::PartitionDimension;

use crate::failure::Outcome;
use crate::session::Session;

/// The verbs of `highwater partition`.
#[derive(Debug, Subcommand)]
pub(crate) enum PartitionCommand {
    /// Shows how nodes are divided and how many partitions stand how, or one partition.
    Show(show::ShowArguments),
    /// Lists the partitions of a node; --status missing,failed shows what is left to do.
    List(list::ListArguments),
    /// Lists the keys of a dimension, and how many partitions of each stand how.
    Keys(keys::KeysArguments),
    /// Declares into which partitions a node is divided.
    Declare(declare::DeclareArguments),
    /// Adds keys to a dynamic dimension, as many as there are at once.
    AddKeys(keys::AddArguments),
    /// Removes keys of a dynamic dimension.
    RemoveKeys(keys::RemoveArguments),
    /// Says by hand how partitions stand. Plans only, unless --apply.
    Mark(mark::MarkArguments),
    /// Renames keys, or adds a dimension; what was done stays done. Plans only, unless --apply.
    Rekey(rekey::RekeyArguments),
}

impl PartitionCommand {
    /// Whether it makes the store if there is none.
    pub(crate) fn creates(&self) -> bool {
        matches!(self, PartitionCommand::Declare(_))
    }
}

/// Names a node.
#[derive(Args, Debug)]
pub(crate) struct NodeArguments {
    /// Id of the pipeline.
    pub(crate) pipeline: String,
    /// Name of the node.
    pub(crate) node: String,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: PartitionCommand) -> Outcome<()> {
    match command {
        PartitionCommand::Show(arguments) => show::show(&session.at(&arguments.at), &arguments).await,
        PartitionCommand::List(arguments) => list::list(&session.at(&arguments.at), &arguments).await,
        PartitionCommand::Keys(arguments) => keys::list(&session.at(&arguments.at), &arguments).await,
        PartitionCommand::Declare(arguments) => declare::declare(session, arguments).await,
        PartitionCommand::AddKeys(arguments) => keys::add(session, arguments).await,
        PartitionCommand::RemoveKeys(arguments) => keys::remove(session, arguments).await,
        PartitionCommand::Mark(arguments) => mark::mark(session, &arguments).await,
        PartitionCommand::Rekey(arguments) => rekey::rekey(session, &arguments).await,
    }
}

/// `region=eu,us` as a dimension with these keys, `customer` as one whose keys come and go.
fn dimension(text: &str) -> Result<PartitionDimension, String> {
    match text.split_once('=') {
        None => Ok(PartitionDimension::dynamic(text)),
        Some((name, keys)) if !keys.is_empty() => Ok(PartitionDimension::of(name, keys.split(','))),
        Some((name, _)) => {
            Err(format!("name the keys: {name}=eu,us, or write {name} for one that is dynamic"))
        }
    }
}
