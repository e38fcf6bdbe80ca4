//! The checker must be able to fail: a recording in which flushes are left out is found out.

mod common;

use common::{number, recorder};
use highwater_crash_tests::disk::Disk;
use highwater_crash_tests::explore::{Bounds, explore};
use highwater_crash_tests::log::{Entry, Operation};
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;

/// How many entries behind a flush the power fails: far enough for the next promises.
const POINTS_BEHIND: usize = 25;
const STATES_AT_POINT: usize = 10;

/// What was flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Records and seals.
    Log,
    /// A segment with its first record, or a snapshot, before it gets its name.
    Temporary,
    /// Names in the folder of the journal.
    Names,
    /// Names in the folders above it.
    NamesAbove,
}

/// Whoever made a segment goes on with the file that it opened under a temporary name.
fn flush(entries: &[Entry], index: usize) -> Option<Flush> {
    let Entry { operation, path, .. } = &entries[index];
    let is_linked = |path: &str| {
        let link = |entry: &Entry| matches!(&entry.operation, Operation::Link { to } if to.ends_with(".hwl"));
        entries[..index].iter().any(|entry| entry.path == path && link(entry))
    };
    match operation {
        Operation::Sync { .. } if path.ends_with(".hwl") || is_linked(path) => Some(Flush::Log),
        Operation::Sync { .. } => Some(Flush::Temporary),
        Operation::SyncFolder if path.contains("/p_") => Some(Flush::Names),
        Operation::SyncFolder => Some(Flush::NamesAbove),
        _ => None,
    }
}

/// Whether an entry writes to the file that another one flushes.
fn writes(entry: &Entry, flush: &Entry) -> bool {
    match (&entry.operation, &flush.operation) {
        (Operation::Write { inode, .. }, Operation::Sync { inode: flushed }) => inode == flushed,
        _ => false,
    }
}

/// What goes wrong when these entries did nothing; the power fails behind each of them.
fn broken_without(entries: &[Entry], left_out: &[usize], points: usize) -> Option<String> {
    let mut entries = entries.to_vec();
    for index in left_out {
        entries[*index].operation = Operation::Open;
    }
    let bounds = Bounds { first_point: left_out[0], points, ..Bounds::all(STATES_AT_POINT, 7) };
    explore(&entries, &Disk::default(), &Promises::default(), bounds).failures.into_iter().next()
}

/// Whether one flush alone is needed: it is not, when the same is done again before anybody is told of anything (a seal
/// flushes the record before it, a reader the names that it finds), or was done already (who opens a log cannot know that), or, of a seal, before the segment that it announces has its
/// name, or when a snapshot stands for all before it by then, or when nothing was named since the last time.
/// The flushes around a trim are not in this recording: the names of the snapshots are flushed already, since this very
/// process stored them, and segments that come back are harmless.
fn is_needed(entries: &[Entry], index: usize) -> bool {
    let told = entries[..index].iter().rev().find_map(Entry::told).unwrap_or_default();
    let same = |entry: &Entry| match (&entry.operation, &entries[index].operation) {
        (Operation::Sync { inode }, Operation::Sync { inode: ours }) => inode == ours,
        (operation, ours) => operation == ours && entry.path == entries[index].path,
    };
    let names = |entry: &Entry| matches!(entry.operation, Operation::Link { .. } | Operation::Rename { .. });
    let until_told = || entries[index + 1..].iter().take_while(|entry| entry.told().is_none());
    match flush(entries, index) {
        Some(Flush::Names) => {
            let before = entries[..index].iter().rev().take_while(|entry| !same(entry));
            let behind = entries[index + 1..].iter().take(POINTS_BEHIND);
            !told.starts_with("snapshot") && before.into_iter().any(names) && !behind.into_iter().any(same)
        }
        Some(Flush::Log) => {
            let since_same = entries[..index].iter().rev().take_while(|entry| !same(entry));
            if !since_same.into_iter().any(|entry| writes(entry, &entries[index])) {
                return false;
            }
            let mut since_told = entries[..index].iter().rev().take_while(|entry| entry.told().is_none());
            let is_seal = since_told.any(same);
            let names_next =
                |entry: &Entry| matches!(&entry.operation, Operation::Link { to } if to.ends_with(".hwl"));
            let is_named = entries[index + 1..].iter().take(POINTS_BEHIND).any(names_next);
            let until_named = || entries[index + 1..].iter().take_while(|entry| !names_next(entry));
            let stands_for = |entry: &Entry| entry.told().is_some_and(|told| told.starts_with("snapshot"));
            if is_seal {
                is_named && !until_named().any(same) && !until_named().any(stands_for)
            } else {
                !until_told().any(same)
            }
        }
        flushed => flushed.is_some(),
    }
}

#[test]
fn each_kind_of_flush_is_needed() {
    let entries = recorder().record(&[Language::Rust], 22, 11);
    for kind in [Flush::Log, Flush::Temporary, Flush::Names, Flush::NamesAbove] {
        let all: Vec<usize> =
            (0..entries.len()).filter(|index| flush(&entries, *index) == Some(kind)).collect();
        let broken = broken_without(&entries, &all, usize::MAX);
        say(&format!(
            "without {} flushes of {kind:?}: {}",
            all.len(),
            broken.as_deref().unwrap_or("nothing is wrong")
        ));
        assert!(broken.is_some(), "without flushes of {kind:?} nothing is found");
    }
}

#[test]
fn each_single_flush_is_needed() {
    let entries = recorder().record(&[Language::Rust], 26, 12);
    let needed: Vec<usize> = (0..entries.len()).filter(|index| is_needed(&entries, *index)).collect();
    let step = number("HIGHWATER_CRASH_CONTROL_STEP", 3);
    let mut left_out = 0;
    for index in needed.iter().copied().step_by(step) {
        left_out += 1;
        let broken = broken_without(&entries, &[index], POINTS_BEHIND);
        let around: Vec<String> = entries
            [index.saturating_sub(4)..(index + POINTS_BEHIND).min(entries.len())]
            .iter()
            .map(|entry| format!("{} {} {:?}", entry.path, entry.told().unwrap_or_default(), entry.operation))
            .map(|text| text.chars().take(150).collect())
            .collect();
        assert!(broken.is_some(), "without {index} nothing is found:\n{}", around.join("\n"));
    }
    say(&format!("{left_out} of {} flushes left out, one at a time: each was found out", needed.len()));
    assert!(left_out >= 10, "{left_out} flushes");
}

#[test]
fn the_flushes_of_a_new_start_are_needed() {
    let entries = recorder().record_resets(&[Language::Rust], 9, 13);
    let pending: Vec<usize> = (0..entries.len())
        .filter(|index| flush(&entries, *index) == Some(Flush::Temporary))
        .filter(|index| entries[*index].path.contains("/reset-"))
        .collect();
    // From the rename that decides until somebody is told of it.
    let decides =
        |entry: &Entry| matches!(&entry.operation, Operation::Rename { to } if to.contains("/start-"));
    let names: Vec<usize> = (0..entries.len())
        .filter(|index| flush(&entries, *index) == Some(Flush::Names))
        .filter(|index| {
            let before = entries[..*index].iter().rev().take_while(|entry| entry.told().is_none());
            before.into_iter().any(decides)
        })
        .collect();
    for (what, left_out) in [("pending snapshots", pending), ("names of starts", names)] {
        let broken = broken_without(&entries, &left_out, usize::MAX);
        let said = broken.as_deref().unwrap_or("nothing is wrong").lines().next().unwrap_or_default();
        say(&format!("without {} flushes of {what}: {said}", left_out.len()));
        assert!(left_out.len() > 1 && broken.is_some(), "without flushes of {what} nothing is found");
    }
}
