//! Real servers for tests. Each has a folder and a free port of its own, listens on this machine only, and is stopped when it is
//! dropped. Their programs are those of the system; `./test` installs what is missing.

mod postgres;

pub use postgres::Postgres;
