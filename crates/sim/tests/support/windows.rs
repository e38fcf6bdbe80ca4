//! What runs and attempts are asked to cover.

use highwater_core::command::*;
use highwater_format::fact::{Axis, RunWindow};

use super::choices::{axis, intervals, partition};

pub(crate) fn cover(luck: u8, more: u8) -> Option<Cover> {
    let (partition, axis, intervals) = (partition(more), axis(more), intervals(luck));
    let (limit, restate) = (u32::from(luck % 3), more & 6 == 6);
    let due = luck & 0x60 == 0x60;
    // Without both, it is the window of the run that is asked for.
    let is_left = (due || more & 16 == 16) && more & 8 == 8;
    let intervals = if is_left { Vec::new() } else { intervals };
    (luck & 3 != 0).then_some(Cover { partition, axis, intervals, due, limit, restate, ..Cover::default() })
}

/// What a run is asked to cover, if it is: now and then nothing at all.
pub(crate) fn window(luck: u8) -> Option<RunWindow> {
    let start = i64::from(luck % 7);
    let axis = if luck & 4 == 4 { Axis::Integer } else { Axis::Time };
    (luck & 0x30 == 0x30).then(|| RunWindow { axis, start, end: start + i64::from(luck % 24) })
}

pub(crate) fn covered(luck: u8, more: u8) -> Vec<Covered> {
    let covered = Covered { partition: partition(more), axis: axis(more), intervals: intervals(luck) };
    if luck & 3 == 1 { vec![covered] } else { Vec::new() }
}

pub(crate) fn start(run: String, worker: Option<String>, luck: u8) -> Command {
    let deadline_ms = (luck & 15 == 15).then(|| 1 + u64::from(luck) * 4);
    let window = window(luck);
    Command::StartRun(StartRun { run: Some(run), worker, deadline_ms, window, ..StartRun::default() })
}
