//! The Highwater store in a database: an SQLite file, or a Postgres server.
//!
//! The only commit point is one update of one row: `head` of a journal moves from N - 1 to N, which the database lets one writer
//! do, and the record of N is written in the same transaction. `sql/statements.sql` has all SQL, the tables included;
//! `store.rs` says what the answers mean. `README.md` beside this crate is the guide: locations, rights, what it rests on, the tables.

mod database;
mod dialect;
#[cfg(feature = "postgres")]
mod postgres;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod store;

pub mod limits;

#[cfg(feature = "postgres")]
pub use postgres::PostgresOptions;
pub use schema::SCHEMA_NUMBER;
pub use store::SqlStore;

/// The guide, whose code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Guide;
