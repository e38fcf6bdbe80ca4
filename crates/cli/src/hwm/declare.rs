//! `highwater hwm declare`.

use clap::Args;
use highwater::command::{Command, HwmSpec};
use highwater::{HwmBound, HwmCoverage, HwmFunction, HwmLag, LagMode, NullPolicy, ValueType};

use super::HwmArguments;
use crate::failure::{Failure, Outcome};
use crate::infer;
use crate::session::{Session, expect_answer};

/// How an HWM is kept and read. What is left out is as if it had never been declared.
#[derive(Args, Debug)]
pub(crate) struct DeclareArguments {
    #[command(flatten)]
    hwm: HwmArguments,
    /// Which of the values that were seen it stands at: max, min, or last.
    #[arg(long, value_name = "NAME", default_value = "max", value_parser = ["max", "min", "last"])]
    function: String,
    /// Type that its values are converted to, where that loses nothing.
    #[arg(long = "type", value_name = "TYPE")]
    value_type: Option<ValueType>,
    /// Begins to read so much before it, for rows that come late: 90s, 15m, 24h or 7d of a time; a number of days of a date, or
    /// of units of a whole number.
    #[arg(long, value_name = "LAG", value_parser = lag)]
    read_back: Option<u64>,
    /// Lets it stand so much before what was seen, for rows that come late.
    #[arg(long, value_name = "LAG", value_parser = lag, conflicts_with = "read_back")]
    hold_back: Option<u64>,
    /// Reads rows equal to it again.
    #[arg(long)]
    closed: bool,
    /// Reads rows equal to it again, and keeps the keys of at most so many that were loaded, so that none is loaded twice.
    #[arg(long, value_name = "N", default_value_t = 0)]
    boundary_keys: u32,
    /// What to do with rows that have no value: raise an error, include or exclude them.
    #[arg(long, value_name = "POLICY", default_value = "raise", value_parser = ["raise", "include", "exclude"])]
    nulls: String,
    /// Where reading begins at first; rows equal to it are read.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    initial: Option<String>,
    /// Where reading ends.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    end: Option<String>,
    /// Reads rows equal to the end.
    #[arg(long, requires = "end")]
    end_closed: bool,
    /// The source gives rows in any order: it moves only when an attempt succeeds.
    #[arg(long)]
    unordered: bool,
    /// Keeps one for each partition, as `NAME[KEY]`.
    #[arg(long)]
    partitioned: bool,
    /// Lets it follow the coverage of a node, or of NODE/PARTITION: it stands up to where everything is done, from the initial value
    /// on, or else from the start of the cadence, and nothing else moves it.
    #[arg(long, value_name = "NODE[/PARTITION]")]
    from_coverage: Option<String>,
    /// The partition whose coverage it follows; --from-coverage is then the name of the node as it is, whatever slashes it has.
    #[arg(long, value_name = "KEY", requires = "from_coverage")]
    partition: Option<String>,
}

pub(super) async fn declare(session: &Session<'_>, arguments: &DeclareArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = &arguments.hwm;
    let done = expect_answer!(session.ask(pipeline, Command::DeclareHwm(spec(arguments)?)).await?, Done)?;
    super::show::print(session, pipeline, vec![name.clone()]).await?;
    session.console.say(if done.changed { "declared" } else { "it was declared so already" });
    Ok(())
}

fn spec(arguments: &DeclareArguments) -> Outcome<HwmSpec> {
    let bound = |closed| if closed { HwmBound::Closed } else { HwmBound::Open };
    let lag = |mode| move |amount| HwmLag { mode, amount };
    let value = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => infer::read(text, arguments.value_type, None).map(|typed| Some(typed.value)),
    };
    Ok(HwmSpec {
        name: arguments.hwm.name.clone(),
        function: match arguments.function.as_str() {
            "min" => HwmFunction::Min,
            "last" => HwmFunction::Last,
            _ => HwmFunction::Max,
        },
        value_type: arguments.value_type,
        lag: arguments
            .read_back
            .map(lag(LagMode::ReadBack))
            .or(arguments.hold_back.map(lag(LagMode::HoldBack))),
        lower: bound(arguments.closed || arguments.boundary_keys > 0),
        upper: bound(arguments.end_closed),
        boundary_keys: arguments.boundary_keys,
        nulls: match arguments.nulls.as_str() {
            "include" => NullPolicy::Include,
            "exclude" => NullPolicy::Exclude,
            _ => NullPolicy::Raise,
        },
        initial: value(&arguments.initial)?,
        end: value(&arguments.end)?,
        unordered: arguments.unordered,
        partitioned: arguments.partitioned,
        coverage: arguments
            .from_coverage
            .as_deref()
            .map(|node| coverage(node, arguments.partition.as_deref())),
    })
}

fn coverage(text: &str, partition: Option<&str>) -> HwmCoverage {
    let (node, partition) = match partition {
        Some(partition) => (text, Some(partition).filter(|partition| !partition.is_empty())),
        None => text.split_once('/').map_or((text, None), |(node, key)| (node, Some(key))),
    };
    HwmCoverage { node: node.to_owned(), partition: partition.map(str::to_owned) }
}

/// A time with its unit in milliseconds, or a plain number.
fn lag(text: &str) -> Result<u64, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1)];
    let parse = |(unit, scale): (&str, u64)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(scale);
    units.into_iter().find_map(parse).ok_or_else(|| {
        Failure::usage(format!(
            "`{text}` is no lag; write for example 24h, 15m, or a number of days or units"
        ))
        .message
    })
}
