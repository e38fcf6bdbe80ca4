//! As many crash-and-recover points as wanted.

use std::time::Instant;

use highwater_crash_tests::again::{explore_recoveries, spread};
use highwater_crash_tests::disk::Disk;
use highwater_crash_tests::explore::{Bounds, Report, explore};
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::{Language, Recorder};
use highwater_crash_tests::{node, say};

/// Appends of each recorded process.
const APPENDS: u64 = 40;
/// States of each recording in which a process goes on and the power fails again.
const RECOVERIES: usize = 10;
/// States of each recording that the TypeScript store opens too.
const OPENED_BY_NODE: usize = 100;

/// Records one run after the other, with other sizes and races each, until `count` states were opened.
pub(crate) fn states(count: usize, with_node: bool, at_point: usize, first_seed: u64) {
    let program = std::env::current_exe().expect("this program has a file");
    let recorder = Recorder { program, pause_us: 300 };
    let (started, mut total, mut recordings, mut opened_by_node) = (Instant::now(), Report::default(), 0, 0);
    let crews = crews(with_node);
    for (seed, crew) in (first_seed..).zip(crews.iter().cycle()) {
        if total.states >= count {
            break;
        }
        let entries = recorder.record(crew, APPENDS / crew.len() as u64, seed);
        let mut report =
            explore(&entries, &Disk::default(), &Promises::default(), Bounds::all(at_point, seed));
        let samples = std::mem::take(&mut report.samples);
        report.add(explore_recoveries(&recorder, &samples, RECOVERIES, at_point / 2));
        if with_node {
            let states: Vec<_> = spread(&samples, OPENED_BY_NODE).into_iter().cloned().collect();
            report.failures.extend(node::check(&states));
            opened_by_node += states.len();
        }
        report.samples.clear();
        if !report.failures.is_empty() {
            say(&format!("seed {seed}, {crew:?}"));
        }
        report.assert_clean();
        total.add(report);
        recordings += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "{recordings} recordings, the power failed at {} points, {} states opened ({opened_by_node} by Node too) in \
         {seconds:.0} s, {:.0} a minute, 0 promises broken",
        total.points,
        total.states,
        total.states as f64 * 60.0 / seconds
    ));
    say(&format!("FIGURE crash-points {}\nFIGURE crash-states {}", total.points, total.states));
}

fn crews(with_node: bool) -> Vec<Vec<Language>> {
    use Language::{Node, Rust};
    match with_node {
        false => vec![vec![Rust], vec![Rust; 2], vec![Rust; 3]],
        true => vec![vec![Rust], vec![Rust; 2], vec![Node], vec![Rust, Node], vec![Node; 2], vec![Rust; 3]],
    }
}
