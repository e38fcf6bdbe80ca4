//! The store keeps the contract in an SQLite file.
#![cfg(feature = "sqlite")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::executor::block_on;
use highwater_format::Digest;
use highwater_store::conformance::{self, StoreBuilder, record_frame, snapshot_frame};
use highwater_store::{Append, Reset, Store, StoreError};
use highwater_store_sql::limits::VERSION;
use highwater_store_sql::{SCHEMA_NUMBER, SqlStore};
use rusqlite::Connection;
use tempfile::TempDir;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    fn store(&self) -> SqlStore {
        SqlStore::open_sqlite(self.file()).expect("it opens")
    }
}

impl StoreBuilder for Place {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }
}

#[test]
fn the_contract() {
    conformance::run_all(|_| Place::new()).assert_passed();
}

/// A frame that no store looks into.
fn frame(version: u64) -> Vec<u8> {
    record_frame(version, 1, 10, Digest::ZERO)
}

fn fill(store: &SqlStore, key: &str, to: u64) {
    for version in 1..=to {
        assert_eq!(block_on(store.append(key, version, frame(version))), Ok(Append::Appended));
    }
}

fn refusal(path: &Path) -> StoreError {
    SqlStore::open_sqlite(path).map(drop).expect_err("it is refused")
}

#[test]
fn what_is_no_database_is_named() {
    let place = Place::new();
    let folder = place.folder.path();
    std::fs::write(folder.join("text"), "nothing of the kind, in many words".repeat(100)).expect("written");
    let error = refusal(&folder.join("text"));
    assert!(matches!(&error, StoreError::Corrupt { place, .. } if place.ends_with("/text")), "{error}");
    let error = refusal(&folder.join("nowhere/state.db"));
    assert!(
        matches!(&error, StoreError::Denied { message } if message.contains("make the folder")),
        "{error}"
    );
    let error = refusal(folder);
    assert!(
        matches!(&error, StoreError::Denied { message } if message.contains("name a file in it")),
        "{error}"
    );
}

#[test]
fn tables_of_a_later_version_are_left_alone() {
    let place = Place::new();
    fill(&place.store(), "a", 1);
    let number = SCHEMA_NUMBER.cast_signed() + 1;
    let connection = Connection::open(place.file()).expect("it opens");
    connection.execute("insert into highwater_schema (number) values (?1)", [number]).expect("a row");
    let error = refusal(&place.file());
    assert!(
        matches!(&error, StoreError::Unsupported { message } if message.contains("later version")),
        "{error}"
    );
}

/// State lives beside the tables of others in one file, and nobody else can read it.
#[test]
fn a_file_may_be_shared_with_tables_of_others() {
    let place = Place::new();
    let connection = Connection::open(place.file()).expect("it opens");
    connection
        .execute_batch("create table orders (id integer primary key); insert into orders values (7)")
        .expect("rows");
    fill(&place.store(), "a", 3);
    let id: i64 = connection.query_row("select id from orders", [], |row| row.get(0)).expect("it is there");
    assert_eq!(id, 7);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = Place::new();
        fill(&own.store(), "a", 1);
        for entry in std::fs::read_dir(own.folder.path()).expect("a folder").flatten() {
            let mode = entry.metadata().expect("a file").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
        }
    }
}

#[test]
fn a_missing_record_is_damage() {
    let place = Place::new();
    let store = place.store();
    fill(&store, "a", 5);
    let connection = Connection::open(place.file()).expect("it opens");
    connection.execute("delete from highwater_records where version in (2, 3)", []).expect("deleted");
    let error = block_on(store.read("a")).expect_err("part of a journal is none");
    let StoreError::Corrupt { what, place: table } = &error else { panic!("{error:?}") };
    assert!(what.contains("versions 2 to 3 are missing"), "{what}");
    assert!(table.contains("highwater_records") && table.contains("`a`"), "{table}");
    let all = block_on(store.read_all("a")).expect("what is left");
    assert_eq!(all.records.iter().map(|record| record.version).collect::<Vec<_>>(), [1, 4, 5]);
    assert_eq!((all.damage.len(), all.last_version), (1, 5));
    connection.execute("delete from highwater_records where version = 5", []).expect("deleted");
    assert!(block_on(store.read_from("a", 4)).is_err(), "the end is missing");
    // A new start goes on from there, and what was left stays in the tables.
    let snapshot = snapshot_frame(6, 20, Digest::ZERO);
    let reset = block_on(store.reset("a", 6, snapshot)).expect("it starts anew");
    let Reset::Done { set_aside: Some(aside) } = reset else { panic!("{reset:?}") };
    assert!(aside.contains("generation 0"), "{aside}");
    let kept: i64 = connection
        .query_row("select count(*) from highwater_records where generation = 0", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(kept, 2);
    assert_eq!(block_on(store.append("a", 7, frame(7))), Ok(Append::Appended));
}

/// Two snapshots are kept, and what is after the older one.
#[test]
fn trims_leave_what_a_damaged_snapshot_would_need() {
    let place = Place::new();
    let store = place.store();
    fill(&store, "a", 9);
    for version in [3, 5, 8] {
        let snapshot = snapshot_frame(version, 20, Digest::ZERO);
        block_on(store.put_snapshot("a", version, snapshot)).expect("stored");
        block_on(store.trim("a", version)).expect("trimmed");
    }
    let all = block_on(store.read_all("a")).expect("it is read");
    assert_eq!(all.snapshots.iter().map(|snapshot| snapshot.version).collect::<Vec<_>>(), [5, 8]);
    assert_eq!(all.records.iter().map(|record| record.version).collect::<Vec<_>>(), [6, 7, 8, 9]);
    assert_eq!(all.damage, []);
    assert_eq!(block_on(store.append("a", 4, frame(4))), Ok(Append::Taken));
}

#[test]
fn versions_beyond_the_numbers_of_a_database_are_refused() {
    let place = Place::new();
    let store = place.store();
    fill(&store, "a", 1);
    let snapshot = |version| snapshot_frame(version, 20, Digest::ZERO);
    let error = block_on(store.reset("a", VERSION, snapshot(VERSION))).expect_err("none would be left");
    assert!(matches!(error, StoreError::Unsupported { .. }), "{error}");
    let last = VERSION - 1;
    block_on(store.reset("a", last, snapshot(last))).expect("it starts anew");
    assert_eq!(block_on(store.append("a", VERSION, frame(VERSION))), Ok(Append::Appended));
    let beyond = block_on(store.append("a", VERSION + 1, frame(1))).expect_err("there is none");
    assert!(matches!(beyond, StoreError::Unsupported { .. }), "{beyond}");
    let beyond = block_on(store.put_snapshot("a", VERSION + 1, snapshot(1))).expect_err("there is none");
    assert!(matches!(beyond, StoreError::Unsupported { .. }), "{beyond}");
}

/// Readers go on while somebody writes; a writer waits for others and then says who is in the way.
#[test]
fn a_transaction_of_somebody_else_is_waited_for() {
    let place = Place::new();
    let store = place.store();
    fill(&store, "a", 1);
    let other = Connection::open(place.file()).expect("it opens");
    other.execute_batch("begin immediate").expect("it has the lock");
    assert_eq!(block_on(store.read("a")).expect("readers do not wait").head(), 1);
    let release = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        other.execute_batch("commit").expect("it lets go");
    });
    assert_eq!(block_on(store.append("a", 2, frame(2))), Ok(Append::Appended));
    release.join().expect("it ends");
}
