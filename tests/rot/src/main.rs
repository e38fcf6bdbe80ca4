//! `highwater-rot-tests [BYTES] [SECTOR-DAMAGES]`: every single bit and every length of a log and of a snapshot of so many
//! bytes, and so many damages of sectors; prints what was noticed.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use highwater_rot_tests::{Count, Damage, Random, Specimen};

/// What is done when nothing else is said.
const BYTES: u64 = 64 * 1024;
const SECTOR_DAMAGES: usize = 20_000;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let bytes = arguments.next().and_then(Result::ok).unwrap_or(BYTES);
    let sectors = arguments.next().and_then(Result::ok).map_or(SECTOR_DAMAGES, |number| number as usize);
    let log = Specimen::of_log(bytes);
    let snapshots = Specimen::of_snapshots(bytes);
    let newest = snapshots.snapshots().pop().expect("it has snapshots");
    let stranger = fs::read(&newest).expect("the snapshot");
    let mut silent = 0;
    // Of the log that snapshots stand for, most is not needed: one bit of each byte is enough there.
    for (name, specimen, path, bits) in [
        ("log", &log, log.log(), 8),
        ("log under snapshots", &snapshots, snapshots.log(), 1),
        ("snapshot", &snapshots, newest, 8),
    ] {
        let length = fs::read(&path).expect("the file").len();
        let mut random = Random::new(length as u64);
        let flips = (0..bits * length).map(|number| Damage::Flip { bit: 8 / bits * number });
        silent += report(&format!("bit-flips of the {name}"), specimen, &path, &stranger, flips);
        let cuts = (0..length).map(|length| Damage::Truncate { length });
        silent += report(&format!("truncations of the {name}"), specimen, &path, &stranger, cuts);
        let damages = (0..sectors).map(|_| Damage::random(&mut random, length));
        silent += report(&format!("sector damages of the {name}"), specimen, &path, &stranger, damages);
    }
    say(&format!("FIGURE silent-damages {silent}"));
    if silent > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Does all of them, one at a time, and gives how many were neither noticed nor harmless.
fn report(
    what: &str,
    specimen: &Specimen,
    path: &Path,
    stranger: &[u8],
    damages: impl Iterator<Item = Damage>,
) -> usize {
    let began = Instant::now();
    let original = fs::read(path).expect("the file");
    let mut count = Count::default();
    damages.for_each(|damage| count.add(specimen.judge(path, &original, stranger, damage)));
    let seconds = began.elapsed().as_secs_f64();
    say(&format!("{what}: {count} ({:.0} a second)", count.done as f64 / seconds));
    say(&format!("FIGURE {} {}", what.replace(" of the ", "-").replace(' ', "-"), count.done));
    count.silent.iter().take(10).for_each(|what| say(what));
    count.silent.len()
}

#[expect(clippy::print_stdout, reason = "a program that prints figures")]
fn say(line: &str) {
    println!("{line}");
}
