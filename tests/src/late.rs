//! Late data in the words of scenarios: `arrival:load=0..5,7` says that rows arrived there, intervals and single positions.

use highwater_core::command::*;
use highwater_format::fact::{Interval, LateAction, LateRule};

use crate::cover::{axis, interval, number};
use crate::words::Words;

pub(crate) fn command(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "declare-late-rule" => {
            let node = words.text("node");
            let rule = if words.flag("none") { None } else { Some(rule(words)?) };
            Command::DeclareLateRule(DeclareLateRule { node, rule })
        }
        "list-late-rules" => Command::ListLateRules(ListLateRules {
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "report-arrivals" => {
            let partition = words.text("partition");
            let (axis, rows) = (axis(words)?, words.number("rows")?.unwrap_or(0));
            let mut arrivals = Vec::new();
            for (node, places) in words.starting("arrival:") {
                let (partition, mut arrival) =
                    (partition.clone(), Arrival { node, axis, rows, ..Arrival::default() });
                arrival.partition = partition;
                for place in places.split(',').filter(|place| !place.is_empty()) {
                    arrival.intervals.push(match place.contains("..") {
                        true => interval(place)?,
                        false => {
                            number(place).map(|start| Interval { start, end: start.saturating_add(1) })?
                        }
                    });
                }
                arrivals.push(arrival);
            }
            Command::ReportArrivals(ReportArrivals {
                arrivals,
                run: words.text("run"),
                worker: words.text("worker"),
            })
        }
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn rule(words: &mut Words) -> Result<LateRule, String> {
    Ok(LateRule {
        action: action(&words.need("action")?)?,
        allowed: words.number("allowed")?,
        beyond: words.text("beyond").map_or(Ok(LateAction::Record), |name| action(&name))?,
        downstream: words.flag("downstream"),
    })
}

fn action(name: &str) -> Result<LateAction, String> {
    match name {
        "record" => Ok(LateAction::Record),
        "reopen" => Ok(LateAction::Reopen),
        "refuse" => Ok(LateAction::Refuse),
        other => Err(format!("there is nothing that `{other}` does to late data")),
    }
}
