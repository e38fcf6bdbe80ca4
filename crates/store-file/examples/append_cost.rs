//! Measures an append through the file store against a bare append and fdatasync of the same bytes, taking turns on
//! the same disk, so that both meet the same load.
//!
//! `cargo run --release -p highwater-store-file --example append_cost -- [FOLDER] [COMMITS] [BODY_BYTES]`

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use highwater_format::{Digest, frame_digest};
use highwater_store::conformance::record_frame;
use highwater_store::{Append, Store};
use highwater_store_file::FileStore;

/// Commits of one round; the ratio is taken round by round, and its median is what counts.
const ROUND_COMMITS: u64 = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let commits: u64 = arguments.next().map_or(Ok(4_000), |text| text.parse())?;
    let body_bytes: usize = arguments.next().map_or(Ok(200), |text| text.parse())?;

    let place = tempfile::tempdir_in(folder)?;
    let store = FileStore::open(place.path().join("state"))?;
    let raw = OpenOptions::new().create(true).append(true).open(place.path().join("raw"))?;
    let frames = frames(commits, body_bytes);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (version, frame) in (1..).zip(frames) {
        let bytes = frame.clone();
        // Who goes first changes with every commit.
        if version % 2 == 0 {
            theirs.push(append_raw(&raw, &bytes)?);
            ours.push(append_ours(&store, version, frame)?);
        } else {
            ours.push(append_ours(&store, version, frame)?);
            theirs.push(append_raw(&raw, &bytes)?);
        }
    }
    report(&ours, &theirs, body_bytes)?;
    Ok(())
}

/// A chain of records, made before anything is measured.
fn frames(count: u64, body_bytes: usize) -> Vec<Vec<u8>> {
    let mut chain = Digest::ZERO;
    let frame = |version| {
        let frame = record_frame(version, 1, body_bytes, chain);
        chain = frame_digest(&frame);
        frame
    };
    (1..=count).map(frame).collect()
}

fn append_ours(
    store: &FileStore,
    version: u64,
    frame: Vec<u8>,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let outcome = block_on(store.append("bench/append", version, frame))?;
    let time = start.elapsed();
    if outcome == Append::Appended { Ok(time) } else { Err("somebody else writes here".into()) }
}

fn append_raw(mut file: &File, bytes: &[u8]) -> io::Result<Duration> {
    let start = Instant::now();
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(start.elapsed())
}

fn report(ours: &[Duration], theirs: &[Duration], body_bytes: usize) -> io::Result<()> {
    let rounds = ours.chunks(ROUND_COMMITS as usize).zip(theirs.chunks(ROUND_COMMITS as usize));
    let mut ratios: Vec<f64> = rounds
        .map(|(ours, theirs)| {
            theirs.iter().sum::<Duration>().as_secs_f64() / ours.iter().sum::<Duration>().as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let mut output = io::stdout();
    writeln!(output, "{} commits of {body_bytes} bytes each, in turns", ours.len())?;
    for (name, times) in [("file store", ours), ("append + fdatasync", theirs)] {
        let mut times = times.to_vec();
        times.sort();
        let at = |part: f64| times[(times.len() as f64 * part) as usize];
        writeln!(output, "{name:>20}: p50 {:?}, p99 {:?}", at(0.5), at(0.99))?;
    }
    writeln!(
        output,
        "speed of the file store as a part of the bare speed, by rounds of {ROUND_COMMITS}: median {:.3}, lowest {:.3}, highest {:.3}",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1]
    )
}
