//! What can be said on the command line.

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand};

use crate::backfill::BackfillCommand;
use crate::batch::BatchCommand;
use crate::cadence::CadenceCommand;
use crate::checkpoint::CheckpointCommand;
use crate::completions::CompletionsArguments;
use crate::coverage::CoverageCommand;
use crate::dead_letter::DeadLetterCommand;
use crate::doctor::DoctorArguments;
use crate::exec::ExecArguments;
use crate::format::Format;
use crate::hwm::HwmCommand;
use crate::lease::LeaseCommand;
use crate::log::LogCommand;
use crate::node::NodeCommand;
use crate::partition::PartitionCommand;
use crate::pipeline::PipelineCommand;
use crate::plan::PlanCommand;
use crate::run::RunCommand;
use crate::state::StateCommand;
use crate::stream::StreamCommand;
use crate::worker::WorkerCommand;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::White.on_default().bold())
    .usage(AnsiColor::White.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::White.on_default().dimmed());

const AFTER_HELP: &str = "\
Exit codes: 0 ok, 1 the work failed or the store could not be reached, 2 wrong usage, 3 conflict or fenced, \
4 damaged bytes. `exec` passes on the exit code of its command.

Data goes to stdout, words to stderr. Colours follow NO_COLOR.";

/// Looks into the state of data pipelines, changes it, and makes any script resumable.
#[derive(Debug, Parser)]
#[command(name = "highwater", version, about, after_help = AFTER_HELP, styles = STYLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) noun: Noun,
}

/// What goes with every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the state is kept: file:PATH, sqlite:PATH, postgres://USER@HOST/DATABASE, or memory: [default: file:./.highwater]
    #[arg(long, global = true, value_name = "URL", env = "HIGHWATER_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
    /// Format of the data: table, json, yaml or ndjson.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "table",
        hide_possible_values = true
    )]
    pub(crate) output: Format,
    /// Says nothing but errors on stderr.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Does what is asked without asking back; needed where there is no terminal.
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    /// Why; kept with the change.
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Who; kept with the change (default: user@host)
    #[arg(long, global = true, value_name = "NAME", env = "HIGHWATER_ACTOR", hide_env_values = true)]
    pub(crate) actor: Option<String>,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Noun {
    /// Pipelines: what there is in the store.
    #[command(subcommand)]
    Pipeline(PipelineCommand),
    /// Runs: one execution of a pipeline each.
    #[command(subcommand)]
    Run(RunCommand),
    /// Nodes: the steps of runs, and what they have left.
    #[command(subcommand)]
    Node(NodeCommand),
    /// High-water marks: positions in sources.
    #[command(subcommand)]
    Hwm(HwmCommand),
    /// Batches: what sinks were given, and whether they took it.
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Dead letters: items that nodes could not work on, and what becomes of them.
    #[command(subcommand)]
    DeadLetter(DeadLetterCommand),
    /// Coverage: which intervals the nodes have done, and what is missing.
    #[command(subcommand)]
    Coverage(CoverageCommand),
    /// Partitions: the parts into which nodes are divided by keys, and how each stands.
    #[command(subcommand)]
    Partition(PartitionCommand),
    /// Cadences: into which windows the nodes divide their axis, and when each is due.
    #[command(subcommand)]
    Cadence(CadenceCommand),
    /// Plans: what would run, be skipped or wait, and why; with --apply it is carried out.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Backfills: ranges of windows that are worked off beside the daily runs.
    #[command(subcommand)]
    Backfill(BackfillCommand),
    /// The journal, as it stands in the store.
    #[command(subcommand)]
    Log(LogCommand),
    /// Workers: who shows signs of life, and what they hold.
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// Leases: who may work on what.
    #[command(subcommand)]
    Lease(LeaseCommand),
    /// Streams: operators that run without end, and where they start again.
    #[command(subcommand)]
    Stream(StreamCommand),
    /// Checkpoints of streams, and savepoints.
    #[command(subcommand)]
    Checkpoint(CheckpointCommand),
    /// The state as a whole: checks, repair, backups, differences, going back.
    #[command(subcommand)]
    State(StateCommand),
    /// Looks at all pipelines and says what needs attention, worst first.
    Doctor(DoctorArguments),
    /// Runs a command as a node: skips it if it is done, resumes it after a crash, tries it again if it fails.
    Exec(ExecArguments),
    /// Prints completions for a shell.
    Completions(CompletionsArguments),
}
