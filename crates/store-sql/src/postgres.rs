//! Postgres: a server, over as many connections as are needed.

mod location;
mod tls;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{
    Client, GenericClient, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
    Runtime,
};
use highwater_store::{StoreError, StoreFuture};
use tokio::runtime;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::SqlStore;
use crate::database::{Cell, Database, Outcome, Statement};
use crate::dialect::Dialect;
use crate::limits::{CONNECT_WAIT, CONNECTIONS, OPERATION_WAIT};
use crate::schema::Missing;
use location::Location;

/// What roles and databases may have set otherwise. A commit is on the disk before it is acknowledged; who loses a race sees no row
/// instead of an error.
const SETTINGS: &str = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
    set default_transaction_isolation = 'read committed'";

/// Held while tables are made, by one process at a time. The number is chance.
const LOCK: &str = "select cast(pg_advisory_xact_lock(5208337116820412) as text)";

/// How to work with a server.
///
/// ```no_run
/// # futures::executor::block_on(async {
/// use std::time::Duration;
/// use highwater_store_sql::PostgresOptions;
///
/// let options = PostgresOptions::new().connections(8).operation_wait(Duration::from_secs(10));
/// let store = options.connect("postgres://loader@db.example/state?sslmode=verify-full").await?;
/// # Ok::<(), highwater_store::StoreError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PostgresOptions {
    connections: usize,
    operation_wait: Duration,
    creates: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        PostgresOptions { connections: CONNECTIONS, operation_wait: OPERATION_WAIT, creates: true }
    }
}

impl PostgresOptions {
    /// The defaults.
    pub fn new() -> PostgresOptions {
        PostgresOptions::default()
    }

    /// Most connections at once, one at least; [`CONNECTIONS`] where nothing is said.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long an operation may take before its outcome counts as unknown; [`OPERATION_WAIT`] where nothing is said.
    pub fn operation_wait(mut self, wait: Duration) -> Self {
        self.operation_wait = wait;
        self
    }

    /// Whether the tables are made where they are missing, which is the default; otherwise that is refused.
    pub fn create_if_missing(mut self, creates: bool) -> Self {
        self.creates = creates;
        self
    }

    /// Connects, as [`SqlStore::connect_postgres`] does.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn connect(&self, url: &str) -> Result<SqlStore, StoreError> {
        let Location { config, certificates, place } =
            location::parse(url, &|name| std::env::var(name).ok())?;
        let tls = MakeRustlsConnect::new(tls::config(&certificates)?);
        let database = Postgres::new(self, config, tls, place)?;
        let missing = if self.creates { Missing::Make(Some(LOCK)) } else { Missing::Refuse };
        SqlStore::new(database, missing).await
    }
}

impl SqlStore {
    /// Connects to a server, and makes the tables if they are not there: `postgres://user@host:5432/database`. What is left out is
    /// taken from `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE` and `PGSSLROOTCERT`, as other programs do.
    ///
    /// `sslmode` is `disable`, `prefer` (the default: encrypted if the server can, whoever it is), or `require`, `verify-ca`,
    /// `verify-full`, which all three want a certificate for the host that the system trusts, or `sslrootcert` does.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] if the URL is not understood, and what connecting and making tables can come to.
    pub async fn connect_postgres(url: &str) -> Result<SqlStore, StoreError> {
        PostgresOptions::new().connect(url).await
    }
}

struct Postgres {
    place: String,
    pool: Pool,
    operation_wait: Duration,
    /// Sockets belong to a runtime, and futures of a store are polled by whoever holds them: so the connections live on a thread of
    /// their own. Absent only while it is dropped.
    runtime: Option<runtime::Runtime>,
}

impl Postgres {
    fn new(
        options: &PostgresOptions,
        config: tokio_postgres::Config,
        tls: MakeRustlsConnect,
        place: String,
    ) -> Result<Postgres, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Unavailable {
            message: format!("the connections to {place} could not be set up: {error}"),
            may_have_happened: false,
        };
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("highwater-postgres")
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let set_up = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move { client.batch_execute(SETTINGS).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(Manager::from_config(config, tls, manager_config))
            .max_size(options.connections)
            .runtime(Runtime::Tokio1)
            .post_create(set_up)
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Postgres { place, pool, operation_wait: options.operation_wait, runtime: Some(runtime) })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A runtime must not wait for its threads where somebody awaits.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A statement that another thread can hold.
struct Owned {
    sql: String,
    arguments: Vec<Cell>,
}

impl Database for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn run<'a>(&'a self, statements: Vec<Statement<'a>>) -> StoreFuture<'a, Vec<Outcome>> {
        let owned = |statement: Statement<'_>| Owned {
            sql: statement.sql.to_owned(),
            arguments: statement.arguments,
        };
        let statements: Vec<Owned> = statements.into_iter().map(owned).collect();
        let work = work(self.pool.clone(), self.place.clone(), self.operation_wait, statements);
        let Some(runtime) = &self.runtime else { unreachable!("it is only taken by drop") };
        let task = runtime.spawn(work);
        Box::pin(async move {
            task.await.unwrap_or_else(|_| {
                Err(StoreError::Unavailable {
                    message: format!("the connections to {} were given up in the middle", self.place),
                    may_have_happened: true,
                })
            })
        })
    }
}

/// Runs the statements on a connection of the pool.
async fn work(
    pool: Pool,
    place: String,
    wait: Duration,
    statements: Vec<Owned>,
) -> Result<Vec<Outcome>, StoreError> {
    let mut client = match timeout(CONNECT_WAIT, pool.get()).await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return Err(no_connection(&place, &error)),
        Err(_) => return Err(too_long(&place, "a connection", CONNECT_WAIT, false)),
    };
    // Whether the server may have taken something that it has not said it took.
    let sent = AtomicBool::new(false);
    let result = timeout(wait, run(&mut client, &statements, &sent)).await;
    let maybe = sent.load(Ordering::Relaxed) && statements.iter().any(|statement| !is_read(&statement.sql));
    match result {
        Ok(Ok(outcomes)) => Ok(outcomes),
        Ok(Err(error)) => {
            if error.is_closed() || error.code().is_none() {
                drop(Object::take(client));
            }
            Err(problem(&place, &error, maybe))
        }
        Err(_) => {
            // Whatever still runs on it is not to be waited for by the next one.
            drop(Object::take(client));
            Err(too_long(&place, "an answer", wait, maybe))
        }
    }
}

async fn run(client: &mut Client, statements: &[Owned], sent: &AtomicBool) -> Result<Vec<Outcome>, Error> {
    if let [statement] = statements {
        let prepared = client.prepare_cached(&statement.sql).await?;
        sent.store(true, Ordering::Relaxed);
        return Ok(vec![execute(client, &prepared, statement).await?]);
    }
    let transaction = client.transaction().await?;
    let mut outcomes = Vec::with_capacity(statements.len());
    for statement in statements {
        // Tables are made once, and what makes them cannot be prepared before the one before it has run.
        let prepared = transaction.prepare_cached(&statement.sql).await?;
        outcomes.push(execute(&transaction, &prepared, statement).await?);
    }
    sent.store(true, Ordering::Relaxed);
    transaction.commit().await?;
    Ok(outcomes)
}

async fn execute(
    client: &impl GenericClient,
    prepared: &tokio_postgres::Statement,
    statement: &Owned,
) -> Result<Outcome, Error> {
    let arguments: Vec<&(dyn ToSql + Sync)> = statement.arguments.iter().map(argument).collect();
    if prepared.columns().is_empty() {
        let changed = client.execute(prepared, &arguments).await?;
        return Ok(Outcome { rows: Vec::new(), changed });
    }
    let rows = client.query(prepared, &arguments).await?;
    Ok(Outcome { rows: rows.iter().map(cells).collect(), changed: 0 })
}

fn is_read(sql: &str) -> bool {
    sql.starts_with("select") || sql.starts_with("with j")
}

fn argument(cell: &Cell) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Null => &None::<i64>,
        Cell::Integer(number) => number,
        Cell::Text(text) => text,
        Cell::Bytes(bytes) => bytes,
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    let cell = |(index, column): (usize, &tokio_postgres::Column)| -> Option<Cell> {
        match *column.type_() {
            Type::INT4 => row.get::<_, Option<i32>>(index).map(|number| Cell::Integer(number.into())),
            Type::INT8 => row.get::<_, Option<i64>>(index).map(Cell::Integer),
            Type::BYTEA => row.get::<_, Option<Vec<u8>>>(index).map(Cell::Bytes),
            _ => row.try_get::<_, Option<String>>(index).ok().flatten().map(Cell::Text),
        }
    };
    row.columns().iter().enumerate().map(|column| cell(column).unwrap_or(Cell::Null)).collect()
}

fn too_long(place: &str, what: &str, wait: Duration, may_have_happened: bool) -> StoreError {
    StoreError::Unavailable {
        message: format!(
            "{place} was waited for {} ms, and {what} did not come; look whether the server is overloaded or a transaction holds the tables highwater_*",
            wait.as_millis()
        ),
        may_have_happened,
    }
}

fn no_connection(place: &str, error: &PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            problem(place, error, false)
        }
        error => StoreError::Unavailable {
            message: format!("no connection to {place}: {error}"),
            may_have_happened: false,
        },
    }
}

/// What the server or the connection says. Whatever the server itself refuses did not happen, unless it was shut down meanwhile.
fn problem(place: &str, error: &Error, sent: bool) -> StoreError {
    let words = words(error);
    let Some(code) = error.code() else {
        return StoreError::Unavailable {
            message: format!("{place}: {words}; look whether the server runs and can be reached"),
            may_have_happened: sent,
        };
    };
    match code.code() {
        class if class.starts_with("28") => StoreError::Denied {
            message: format!(
                "{place} lets this user not in: {words}; check user and password, PGPASSWORD for example, and pg_hba.conf"
            ),
        },
        "42501" => StoreError::Denied {
            message: format!(
                "{place}: {words}; this user needs select, insert, update and delete on the tables highwater_*, and at first the right to create them"
            ),
        },
        "42P01" => StoreError::Unsupported {
            message: format!("there is no store in {place}: nothing was ever written there"),
        },
        "25006" => StoreError::Denied {
            message: format!("{place} can only be read: {words}; name the primary server"),
        },
        "3D000" | "3F000" => StoreError::Denied { message: format!("{place}: {words}; create it first") },
        "XX001" | "XX002" => StoreError::Corrupt {
            what: format!("the server found damage: {words}; put a backup of the database back"),
            place: place.to_owned(),
        },
        _ => StoreError::Unavailable {
            message: format!("{place}: {words}"),
            may_have_happened: sent && leaves_open(code),
        },
    }
}

/// Whether the server says so of a commit of which it does not know what became.
fn leaves_open(code: &SqlState) -> bool {
    code.code().starts_with("08") || code.code().starts_with("57P") || code.code() == "40003"
}

fn words(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
    }
}
