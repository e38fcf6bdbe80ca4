//! A tenth of what the program does: every bit is done there, one bit of each byte here.

use std::fs;
use std::path::Path;

use highwater_rot_tests::{Count, Damage, Random, Specimen};

const BYTES: u64 = 6 * 1024;

fn count(specimen: &Specimen, path: &Path, damages: impl Iterator<Item = Damage>) -> Count {
    let original = fs::read(path).expect("the file");
    let mut count = Count::default();
    damages.for_each(|damage| count.add(specimen.judge(path, &original, &original, damage)));
    assert!(count.silent.is_empty(), "{count}\n{}", count.silent.join("\n"));
    count
}

fn flips(length: usize) -> impl Iterator<Item = Damage> {
    (0..length).map(|byte| Damage::Flip { bit: 8 * byte + byte % 8 })
}

fn cuts(length: usize) -> impl Iterator<Item = Damage> {
    (0..length).map(|length| Damage::Truncate { length })
}

fn sectors(length: usize) -> impl Iterator<Item = Damage> {
    let mut random = Random::new(1);
    (0..500).map(move |_| Damage::random(&mut random, length))
}

#[test]
fn a_flipped_bit_of_a_log_is_refused_or_at_its_end() {
    let specimen = Specimen::of_log(BYTES);
    let log = specimen.log();
    let length = fs::read(&log).expect("the log").len();
    let count = count(&specimen, &log, flips(length));
    assert_eq!((count.harmless, count.whole, count.earlier), (0, 0, 0), "{count}");
    assert_eq!(count.refused + count.shorter, length as u64, "{count}");
    // Only the last record may be taken for one that a crash has torn.
    assert!(count.shorter * 10 < count.done, "{count}");
}

#[test]
fn a_log_that_was_cut_is_the_log_of_an_earlier_time_and_never_another() {
    let specimen = Specimen::of_log(BYTES);
    let log = specimen.log();
    let length = fs::read(&log).expect("the log").len();
    let count = count(&specimen, &log, cuts(length));
    assert!(count.shorter > 0 && count.refused > 0, "{count}");
    // Without a word only at the borders of records, of which there are far fewer than bytes.
    assert!(count.earlier * 50 < count.done, "{count}");
}

#[test]
fn a_damaged_snapshot_loses_nothing_and_is_named() {
    let specimen = Specimen::of_snapshots(BYTES);
    let newest = specimen.snapshots().pop().expect("it has snapshots");
    let length = fs::read(&newest).expect("the snapshot").len();
    for count in [count(&specimen, &newest, flips(length)), count(&specimen, &newest, cuts(length))] {
        assert_eq!(count.whole, count.done, "{count}");
    }
    // A sector that was replaced by its like is no damage.
    let count = count(&specimen, &newest, sectors(length));
    assert_eq!(count.whole + count.harmless, count.done, "{count}");
}

#[test]
fn a_damaged_log_under_a_snapshot_is_noticed_or_not_needed() {
    let specimen = Specimen::of_snapshots(BYTES);
    let log = specimen.log();
    let length = fs::read(&log).expect("the log").len();
    let flips = count(&specimen, &log, flips(length));
    assert_eq!(flips.earlier, 0, "{flips}");
    count(&specimen, &log, sectors(length));
}

#[test]
fn damaged_sectors_of_a_log_are_noticed() {
    let specimen = Specimen::of_log(BYTES);
    let log = specimen.log();
    let length = fs::read(&log).expect("the log").len();
    let count = count(&specimen, &log, sectors(length));
    assert!(count.refused > 0, "{count}");
}
