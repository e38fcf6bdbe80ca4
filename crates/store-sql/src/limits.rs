//! Every bound of this store, by name.

use std::time::Duration;

/// Last version that a database can count to.
pub const VERSION: u64 = i64::MAX.unsigned_abs();
/// How long a transaction waits for those of others on one SQLite file before it gives up.
pub const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Connections to a Postgres server when nothing else is said.
pub const CONNECTIONS: usize = 4;
/// How long one operation may take on a Postgres server, the wait for a connection included, before its outcome counts as unknown.
pub const OPERATION_WAIT: Duration = Duration::from_secs(30);
/// How long a connection to a Postgres server may take to come about.
pub const CONNECT_WAIT: Duration = Duration::from_secs(10);
