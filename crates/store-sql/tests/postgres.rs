//! The store keeps the contract on a Postgres server.
#![cfg(feature = "postgres")]

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use highwater_format::Digest;
use highwater_store::conformance::{self, StoreBuilder, record_frame};
use highwater_store::{Append, Store, StoreError};
use highwater_store_sql::{PostgresOptions, SqlStore};
use highwater_test_servers::Postgres;

struct Place {
    url: String,
}

fn connect(url: &str) -> SqlStore {
    block_on(SqlStore::connect_postgres(url)).expect("it connects")
}

impl StoreBuilder for Place {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(connect(&self.url))
    }
}

#[test]
fn the_contract() {
    // Its disk is not what is tried here.
    let server = Postgres::start_with("-c fsync=off");
    conformance::run_all(|_| Place { url: server.url(&server.database()) }).assert_passed();
}

fn refusal(url: &str) -> StoreError {
    block_on(SqlStore::connect_postgres(url)).map(drop).expect_err("it is refused")
}

fn append(store: &SqlStore, version: u64) -> Result<Append, StoreError> {
    block_on(store.append("a", version, record_frame(version, 1, 10, Digest::ZERO)))
}

/// SQL of somebody else.
fn sql(url: &str, text: &str) {
    let psql = Command::new("psql").args(["-v", "ON_ERROR_STOP=1", "-q", url, "-c", text]).output();
    let output = psql.expect("psql runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_keeps_it_from_connecting_is_named() {
    let server = Postgres::start();
    let error = refusal(&server.url("nowhere"));
    assert!(
        matches!(&error, StoreError::Denied { message } if message.contains("create it first")),
        "{error}"
    );
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let error = refusal(&format!("postgres://me:hush@127.0.0.1:{free}/state"));
    assert!(!error.to_string().contains("hush"), "{error}");
    let says = |message: &str| message.contains(&format!("127.0.0.1:{free}")) && message.contains("runs");
    assert!(
        matches!(&error, StoreError::Unavailable { message, may_have_happened: false } if says(message)),
        "{error}"
    );
    let error = refusal("postgres://127.0.0.1:x/state");
    assert!(matches!(&error, StoreError::Unsupported { .. }), "{error}");
}

/// Who only looks makes no tables.
#[test]
fn a_database_without_a_store_stays_as_it_is() {
    let server = Postgres::start();
    let url = server.url(&server.database());
    let looks = PostgresOptions::new().create_if_missing(false);
    let none = block_on(looks.connect(&url)).map(drop).expect_err("it is refused");
    let says = |message: &str| message.contains("nothing was ever written there");
    assert!(matches!(&none, StoreError::Unsupported { message } if says(message)), "{none}");
    assert_eq!(append(&connect(&url), 1), Ok(Append::Appended));
    let store = block_on(looks.connect(&url)).expect("it is there now");
    assert_eq!(block_on(store.read("a")).expect("it is read").head(), 1);
}

/// Whoever may only read and write rows can work on tables that somebody else has made; settings of the role change nothing.
#[test]
fn a_role_needs_no_more_than_its_rows() {
    let server = Postgres::start();
    let database = server.database();
    let owner = server.url(&database);
    drop(connect(&owner));
    sql(
        &owner,
        "create role loader login; grant select, insert, update, delete on all tables in schema public to loader;
         alter role loader set synchronous_commit = off; alter role loader set default_transaction_isolation = serializable;",
    );
    let loader = owner.replace("postgres@", "loader@");
    let store = connect(&loader);
    assert_eq!(append(&store, 1), Ok(Append::Appended));
    let other = connect(&loader);
    assert_eq!(append(&other, 1), Ok(Append::Taken));
    sql(&owner, "revoke insert on highwater_records from loader");
    let error = append(&store, 2).expect_err("it may not");
    assert!(matches!(&error, StoreError::Denied { message } if message.contains("highwater_*")), "{error}");
    sql(&owner, "create role reader login");
    let error = refusal(&owner.replace("postgres@", "reader@"));
    assert!(matches!(&error, StoreError::Denied { .. }), "{error}");
}

/// A server that does not answer leaves the outcome open, and the next operation is not held up by the one before it.
#[test]
fn an_answer_that_does_not_come_is_not_waited_for_for_ever() {
    let server = Postgres::start();
    let url = server.url(&server.database());
    let options = PostgresOptions::new().operation_wait(Duration::from_millis(300)).connections(1);
    let store = block_on(options.connect(&url)).expect("it connects");
    assert_eq!(append(&store, 1), Ok(Append::Appended));
    let holder = {
        let url = url.clone();
        std::thread::spawn(move || {
            sql(
                &url,
                "begin; lock table highwater_journals in access exclusive mode; select pg_sleep(2); commit",
            );
        })
    };
    let error = loop {
        // Until the other one has the lock.
        match append(&store, 2) {
            Err(error) => break error,
            Ok(Append::Appended | Append::Taken) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert!(matches!(&error, StoreError::Unavailable { .. }), "{error:?}");
    holder.join().expect("it ends");
    assert!(block_on(store.read("a")).expect("it answers again").head() >= 1);
}

#[test]
fn connections_can_be_encrypted() {
    let server = Postgres::start();
    let folder = server.folder();
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    // Comes with the server.
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    server.own(&[&*certificate, &*key]);
    let ssl =
        format!("-c ssl=on -c ssl_cert_file='{}' -c ssl_key_file='{}'", certificate.display(), key.display());
    server.kill();
    server.start_again(&ssl);
    let url = server.url(&server.database()).replace("127.0.0.1", "localhost");
    // Whoever does not ask who it is gets what there is.
    assert_eq!(append(&connect(&url), 1), Ok(Append::Appended));
    let error = refusal(&format!("{url}?sslmode=require"));
    assert!(error.to_string().contains("certificate"), "{error}");
    let checked = format!("{url}?sslmode=verify-full&sslrootcert={}", certificate.display());
    assert_eq!(append(&connect(&checked), 2), Ok(Append::Appended));
    let error = refusal(&checked.replace("localhost", "127.0.0.1"));
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(append(&connect(&format!("{url}?sslmode=disable")), 3), Ok(Append::Appended));
}
