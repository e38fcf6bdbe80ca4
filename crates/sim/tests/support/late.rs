//! What is asked about late data.

use highwater_core::command::*;
use highwater_format::fact::{Interval, LateAction, LateRule};

use super::choices::{axis, intervals, name, partition};

pub(crate) fn command(
    which: u8,
    (run, node, worker): (String, String, String),
    (c, d, e): (u8, u8, u8),
) -> Command {
    use LateAction::{Record, Refuse, Reopen};
    match which {
        0 | 1 => {
            let actions = [Reopen, Reopen, Record, Refuse];
            let rule = LateRule {
                action: actions[usize::from(c)],
                allowed: (d & 1 == 1).then_some(u64::from(d % 12)),
                beyond: actions[usize::from(e % 4)],
                downstream: d & 2 == 2,
            };
            let node = (e & 64 == 64).then_some(node);
            Command::DeclareLateRule(DeclareLateRule { node, rule: (d < 230).then_some(rule) })
        }
        2 => Command::ListLateRules(ListLateRules { cursor: None, limit: u32::from(d % 3) }),
        _ => {
            let at = |at: i64| Interval { start: at, end: at + 1 };
            let positions =
                |luck: u8| (0..luck % 4).map(|step| at(i64::from(step * 3 + luck % 16))).collect();
            let arrival = |luck: u8| Arrival {
                node: if luck & 1 == 1 { node.clone() } else { name("n", luck) },
                partition: partition(e),
                axis: axis(luck),
                intervals: if luck & 2 == 2 { intervals(luck) } else { positions(luck) },
                rows: u64::from(luck),
            };
            let arrivals = [d, e].into_iter().take(1 + usize::from(c & 1)).map(arrival).collect();
            let (run, worker) = ((c & 2 == 2).then_some(run), (d & 4 == 4).then_some(worker));
            Command::ReportArrivals(ReportArrivals { arrivals, run, worker })
        }
    }
}
