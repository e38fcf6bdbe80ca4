//! The body of the fuzz target, on what it has found, on every golden file, and on their neighbours.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use support::total;

/// The files of a folder of the repository, in the order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// The golden files, each behind the byte that chooses the awaited version.
fn golden() -> Vec<Vec<u8>> {
    let files = files("../../tests/compat/format-1");
    files.iter().map(|path| [&[1], &fs::read(path).unwrap()[..]].concat()).collect()
}

#[test]
fn seeds_hold() {
    for path in files("fuzz/seeds") {
        total::check(&fs::read(path).unwrap());
    }
}

#[test]
fn golden_files_and_their_prefixes_hold() {
    for bytes in golden() {
        for length in (0..bytes.len()).step_by(7).chain([bytes.len()]) {
            total::check(&bytes[..length]);
            total::check(&bytes[1..1 + length.saturating_sub(1)]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_golden_files_hold(
        file in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = file.get(&golden()).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        total::check(&bytes);
        total::check(&bytes[1..]);
    }

    /// The checksum of a frame keeps changes from its body, so bodies are changed on their own as well.
    #[test]
    fn changed_bodies_hold(
        from in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let record = fs::read(&files("../../tests/compat/format-1")[0]).unwrap();
        let mut body = record[88..].to_vec();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        total::check(&body);
        let from = from.index(body.len());
        total::check(&[&[0x91], &body[from..]].concat());
    }

    #[test]
    fn random_bytes_hold(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        total::check(&bytes);
    }

    #[test]
    fn random_texts_hold(text in "[-+0-9eEtTzZ:. {}\\[\\],\"\\\\uabcf]{0,60}") {
        total::check(text.as_bytes());
    }
}
