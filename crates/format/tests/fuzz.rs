//! The body of the fuzz target on a fixed number of inputs: what is worth keeping, changed the way that fuzzers change it.
//!
//! The same inputs in every run. `HIGHWATER_FUZZ_EXECUTIONS` tries more of them; a fuzzer that sees which lines an input
//! reaches is in `fuzz/`.

mod support;

use std::fs;
use std::path::Path;

use support::{reseal, total};

/// Inputs that are tried when nothing else is said.
const EXECUTIONS: u64 = 150_000;
/// Longest input, in bytes.
const LENGTH: usize = 16 * 1024;
/// Folders with bytes that are worth changing.
const FOLDERS: &[&str] = &["fuzz/seeds", "../../tests/compat/format-1"];
/// Numbers at which decoders turn.
const TURNS: &[u8] =
    &[0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xc0, 0xc4, 0xcf, 0xd3, 0xd9, 0xdc, 0xdd, 0xdf, 0xff];
/// Where the length of the body of a frame stands, and where its body begins.
const BODY_LENGTH: usize = 8;
const BODY: usize = 88;

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }
}

/// What is kept, each with and without the byte that chooses the awaited version.
fn corpus() -> Vec<Vec<u8>> {
    let mut corpus = Vec::new();
    for folder in FOLDERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let bytes = fs::read(path).unwrap();
            corpus.push([&[1], &bytes[..]].concat());
            corpus.push(bytes);
        }
    }
    corpus
}

/// One change.
fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let (at, to) = (random.below(bytes.len()), random.below(bytes.len()));
    let (from, until) = (at.min(to), at.max(to));
    match random.below(9) {
        _ if bytes.is_empty() => bytes.push(random.number() as u8),
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.number() as u8,
        2 => bytes[at] = TURNS[random.below(TURNS.len())],
        3 => bytes[at] = bytes[at].wrapping_add(1),
        4 => drop(bytes.drain(from..until.min(from + 64))),
        5 => bytes.truncate(at),
        6 => {
            let part = bytes[from..until.min(from + 256)].to_vec();
            bytes.splice(at..at, part);
        }
        7 => {
            let other = &corpus[random.below(corpus.len())];
            let begin = random.below(other.len());
            let part = other[begin..].iter().copied().take(1 + random.below(256));
            bytes.splice(from..until.min(from + 32), part);
        }
        _ => {
            let number = [0, 1, u64::MAX, u64::MAX - 1, random.number()][random.below(5)];
            let end = bytes.len().min(at + 8);
            bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
        }
    }
    bytes.truncate(LENGTH);
}

/// Makes the length and the checksum of the frame that begins there right again, so that its body is looked at.
fn mend(frame: &mut [u8]) {
    if frame.len() >= BODY {
        let length = (frame.len() - BODY) as u32;
        frame[BODY_LENGTH..BODY_LENGTH + 4].copy_from_slice(&length.to_le_bytes());
        reseal(frame);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried is for people")]
fn changed_bytes_hold() {
    let executions =
        std::env::var("HIGHWATER_FUZZ_EXECUTIONS").map_or(EXECUTIONS, |text| text.parse().unwrap());
    let corpus = corpus();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut last = Vec::new();
    for _ in 0..executions {
        // Half of the time the last input goes on changing, so that changes meet.
        if random.below(2) == 0 || last.is_empty() {
            last.clone_from(&corpus[random.below(corpus.len())]);
        }
        for _ in 0..=random.below(4) {
            change(&mut last, &corpus, &mut random);
        }
        match random.below(3) {
            0 => mend(&mut last),
            1 if !last.is_empty() => mend(&mut last[1..]),
            _ => {}
        }
        total::check(&last);
    }
    println!("FIGURE mutants-decoded {executions}");
}

#[test]
fn mended_frames_are_read() {
    let mut bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/beat")).unwrap();
    assert!(highwater_format::Beat::decode(&bytes).is_ok());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(highwater_format::decode_frame(&bytes).is_err());
    mend(&mut bytes);
    assert!(highwater_format::decode_frame(&bytes).is_ok());
}
