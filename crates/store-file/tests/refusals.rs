//! What the file store refuses to write, because it would count as damage afterwards.

mod common;

use common::*;
use highwater_format::{Digest, Seal, WriterId};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Store, StoreError};

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Unsupported { message }) => message,
        other => panic!("{other:?} instead of a refusal"),
    }
}

#[test]
fn only_one_whole_record_frame_of_the_version_is_appended() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 2, 10);
    let chain = chain_after(&store, &read(&store).expect("readable")).expect("readable");
    let good = record_frame(3, 1, 10, chain);
    let seal = Seal { version: 3, writer: WriterId([1; 16]), sequence: 1, decided_at_ms: 0, chain };
    let mut flipped = good.clone();
    flipped[90] ^= 1;
    let bad = [
        Vec::new(),
        b"text".to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], b"x"].concat(),
        flipped,
        record_frame(4, 1, 10, chain),
        snapshot_frame(3, 10, chain),
        seal.encode().expect("a seal"),
    ];
    let before = contents(folder.path());
    for frame in bad {
        let message = refusal(wait(store.append(KEY, 3, frame)));
        assert!(message.contains(KEY) && message.contains("version 3"), "{message}");
    }
    assert_eq!(contents(folder.path()), before);
    assert_eq!(wait(store.append(KEY, 3, good)), Ok(Append::Appended));
}

#[test]
fn a_record_that_was_decided_on_another_journal_is_refused() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 2, 10);
    let message = refusal(wait(store.append(KEY, 3, record_frame(3, 1, 10, Digest([7; 32])))));
    assert!(message.contains("digest of version 2"), "{message}");
    let message = refusal(wait(store.append("new", 1, record_frame(1, 1, 10, Digest([7; 32])))));
    assert!(message.contains("first"), "{message}");
    assert_eq!(read(&store).expect("readable").head(), 2);
    // Also behind a seal, where the record before is in another segment.
    let small = highwater_store_file::FileStoreOptions::new().segment_bytes(0);
    let store =
        highwater_store_file::FileStore::open_with(folder.path(), &small).expect("the folder can be opened");
    fill(&store, 1, 10);
    for next in [4, 5] {
        refusal(wait(store.append(KEY, next, record_frame(next, 1, 10, Digest([7; 32])))));
        assert_eq!(segments(&store).len() as u64, next - 3, "each behind a seal, and nothing was made");
        fill(&store, 1, 10);
    }
    assert_eq!(wait(store.read("new")).expect("readable").head(), 0);
}

#[test]
fn a_snapshot_must_be_a_snapshot_of_its_version() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 3, 10);
    for frame in [Vec::new(), snapshot_frame(2, 10, Digest::ZERO), record_frame(3, 1, 10, Digest::ZERO)] {
        let message = refusal(wait(store.put_snapshot(KEY, 3, frame)));
        assert!(message.contains("version 3"), "{message}");
    }
    assert!(files(&store, ".hws").is_empty());
}
