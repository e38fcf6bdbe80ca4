//! Opening.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use highwater_core::output::Notice;
use highwater_core::{ConflictPolicy, Options};
use highwater_driver::{Clock, Driver, FileInspector, Inspector, SystemClock};
use highwater_format::Keyring;
use highwater_store::{MemoryStore, Store};
use highwater_store_file::FileStore;

use crate::connection::{Connection, milliseconds};
use crate::heart::Pace;
use crate::location::Location;
use crate::worker::Worker;
use crate::{EngineKind, Error, Highwater, keys};

/// Opens the state at a location.
///
/// | location | what it is | feature |
/// |---|---|---|
/// | `file:PATH` | a directory, which is made if it is not there | |
/// | `sqlite:PATH` | an SQLite database file, which is made if it is not there | `sqlite` |
/// | `postgres://USER@HOST:PORT/DATABASE` | a Postgres server; what is left out, and the password, is taken from `PGHOST`, `PGUSER`, `PGPASSWORD` and so on | `postgres` |
/// | `memory:` | lives as long as what is returned | |
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// let hw = highwater::open("file:./state").await?;
/// hw.pipeline("prod/orders")?.hwm("loaded").set(7).await?;
/// hw.close().await;
///
/// let again = highwater::open("file:./state").await?;
/// assert_eq!(again.pipeline("prod/orders")?.hwm("loaded").get_as::<i64>().await?, Some(7));
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
///
/// # Errors
///
/// [`Invalid`](crate::ErrorKind::Invalid) if the location is not understood, otherwise what the store says.
pub async fn open(location: &str) -> Result<Highwater, Error> {
    OpenOptions::new().open(location).await
}

/// How to open.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use highwater::{EngineKind, OpenOptions};
///
/// let hw = OpenOptions::new()
///     .engine(EngineKind::Native)
///     .worker("loader-1")
///     .lease(Duration::from_secs(10))
///     .on_notice(|notice| eprintln!("{}: {}", notice.code, notice.message))
///     .open("memory:")
///     .await?;
/// assert_eq!(hw.worker(), "loader-1");
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[must_use]
pub struct OpenOptions {
    engine: EngineKind,
    worker: Option<String>,
    lease: Option<Duration>,
    resident_pipelines: Option<u32>,
    encryption_keys: Option<Keyring>,
    on_notice: Box<dyn Fn(&Notice) + Send>,
    clock: Option<Arc<dyn Clock>>,
    inspector: Arc<dyn Inspector>,
    seeds: Seeds,
    creates: bool,
}

type Seeds = Box<dyn Fn() -> Result<(u64, u64), highwater_core::Error> + Send>;

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            engine: EngineKind::default(),
            worker: None,
            lease: None,
            resident_pipelines: None,
            encryption_keys: None,
            on_notice: Box::new(|_| ()),
            clock: None,
            inspector: Arc::new(FileInspector),
            seeds: Box::new(highwater_driver::seed),
            creates: true,
        }
    }
}

impl OpenOptions {
    /// The defaults.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Which engine does the work.
    pub fn engine(mut self, kind: EngineKind) -> Self {
        self.engine = kind;
        self
    }

    /// The name of this worker, **unique to this process**: two processes of one name would take each other's leases for their
    /// own. Left out, it is made of the host, the process and chance.
    pub fn worker(mut self, name: impl Into<String>) -> Self {
        self.worker = Some(name.into());
        self
    }

    /// How long this worker may show no sign of life before others take over what it holds, where nothing else is said.
    /// The default is [`LEASE_DEFAULT_MS`](highwater_core::limits::LEASE_DEFAULT_MS).
    pub fn lease(mut self, length: Duration) -> Self {
        self.lease = Some(length);
        self
    }

    /// How many pipelines are kept in memory when nothing is asked of them.
    pub fn resident_pipelines(mut self, pipelines: u32) -> Self {
        self.resident_pipelines = Some(pipelines);
        self
    }

    /// The keys of what is stored: the first one encrypts records and snapshots, all of them decrypt. Left out, they are taken
    /// from the environment: `HIGHWATER_KEY` holds them as 64 hexadecimal digits each, or `HIGHWATER_KEY_FILE` names the file
    /// that does. Without any, what is written is in the clear.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let location = format!("file:{}", folder.path().join("state").display());
    /// use highwater::{ErrorKind, Key, Keyring, OpenOptions};
    ///
    /// # let digits = "0f".repeat(32);
    /// let keys = Keyring::new(vec![Key::from_hex(&digits).expect("64 digits")]);
    /// let hw = OpenOptions::new().encryption_keys(keys).open(&location).await?;
    /// hw.pipeline("prod/orders")?.hwm("loaded").set(7).await?;
    /// # hw.close().await;
    ///
    /// let without = highwater::open(&location).await?;
    /// let error = without.pipeline("prod/orders")?.hwm("loaded").get().await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Invalid); // it names the key that is needed
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn encryption_keys(mut self, keys: Keyring) -> Self {
        self.encryption_keys = Some(keys);
        self
    }

    /// Takes what is worth a line in a log. It is called on the thread that does the work: it must be quick, and must neither
    /// block nor panic.
    pub fn on_notice(mut self, hook: impl Fn(&Notice) + Send + 'static) -> Self {
        self.on_notice = Box::new(hook);
        self
    }

    /// Goes by this clock instead of the system's: what is decided, and calls that wait. For tests, and so beats do not go out by
    /// themselves then, but when [`Highwater::beat`] asks for them.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use highwater::{OpenOptions, StartRun};
    /// use highwater_driver::ManualClock;
    ///
    /// let clock = ManualClock::new(1_700_000_000_000);
    /// let hw = OpenOptions::new().clock(Arc::new(clock.clone())).open("memory:").await?;
    /// clock.advance(5_000);
    /// let run = hw.pipeline("dev/orders")?.start_run(StartRun::new()).await?;
    /// assert_eq!(run.describe().await?.started_at_ms, 1_700_000_005_000);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Takes the randomness of engines from here instead of the system, for tests that repeat themselves: names that are made up,
    /// pauses, and the mark by which an engine knows its own records. It is asked anew for each engine; **two engines on one store
    /// must never get the same**.
    pub fn seeds(mut self, seeds: impl Fn() -> (u64, u64) + Send + 'static) -> Self {
        self.seeds = Box::new(move || Ok(seeds()));
        self
    }

    /// Whether a store that is not there is made, which is the default. Otherwise [`open`](OpenOptions::open) refuses it: whoever only
    /// looks has most probably named the wrong place.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let location = format!("file:{}", folder.path().join("nowhere").display());
    /// use highwater::{ErrorKind, OpenOptions};
    ///
    /// let error = OpenOptions::new().create_if_missing(false).open(&location).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Invalid); // nothing was ever written there
    /// # });
    /// ```
    pub fn create_if_missing(mut self, creates: bool) -> Self {
        self.creates = creates;
        self
    }

    /// Looks at artifacts with this inspector, instead of one that knows files and folders.
    pub fn inspector(mut self, inspector: Arc<dyn Inspector>) -> Self {
        self.inspector = inspector;
        self
    }

    /// Opens the state at a location, as [`open`] does.
    ///
    /// # Errors
    ///
    /// As [`open`].
    pub async fn open(self, location: &str) -> Result<Highwater, Error> {
        let location = Location::parse(location)?;
        if !self.creates {
            location.check_exists()?;
        }
        match location {
            Location::Memory => self.open_store(Arc::new(MemoryStore::new())),
            Location::File(path) => {
                let store = FileStore::open(&path).map_err(highwater_driver::store_error)?;
                self.open_store(Arc::new(store))
            }
            #[cfg(feature = "sqlite")]
            Location::Sqlite(path) => {
                let store = highwater_store_sql::SqlStore::open_sqlite(path);
                self.open_store(Arc::new(store.map_err(highwater_driver::store_error)?))
            }
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => {
                let options = highwater_store_sql::PostgresOptions::new().create_if_missing(self.creates);
                let store = options.connect(&url).await;
                self.open_store(Arc::new(store.map_err(highwater_driver::store_error)?))
            }
            #[cfg(not(feature = "sqlite"))]
            Location::Sqlite(_) => Err(without("sqlite")),
            #[cfg(not(feature = "postgres"))]
            Location::Postgres(_) => Err(without("postgres")),
        }
    }

    /// Opens the state in a store of one's own.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use highwater::OpenOptions;
    /// use highwater_store::MemoryStore;
    ///
    /// let store = MemoryStore::new();
    /// let one = OpenOptions::new().open_store(Arc::new(store.clone()))?;
    /// let other = OpenOptions::new().open_store(Arc::new(store))?;
    /// one.pipeline("dev/orders")?.hwm("loaded").set(7).await?;
    /// assert_eq!(other.pipeline("dev/orders")?.hwm("loaded").get_as::<i64>().await?, Some(7));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if the system gives no threads or no random bytes,
    /// [`Invalid`](crate::ErrorKind::Invalid) if the environment names an encryption key that is none.
    pub fn open_store(self, store: Arc<dyn Store>) -> Result<Highwater, Error> {
        let policy = if store.is_local() { ConflictPolicy::LOCAL } else { ConflictPolicy::REMOTE };
        let (kind, resident_pipelines, seeds) = (self.engine, self.resident_pipelines, self.seeds);
        let encryption_keys = self.encryption_keys.map_or_else(keys::of_environment, Ok)?;
        let engine = move || {
            let mut options = Options::new(seeds()?);
            options.conflict = policy;
            options.resident_pipelines = resident_pipelines.unwrap_or(options.resident_pipelines);
            options.encryption_keys = encryption_keys.clone();
            kind.make(options)
        };
        let worker = Worker::new(self.worker)?;
        let lease_ms = self.lease.map_or(highwater_core::limits::LEASE_DEFAULT_MS, milliseconds);
        let pace = if self.clock.is_some() { Pace::ByHand } else { Pace::Timer };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let driver = Driver::new(engine, store).clock(Arc::clone(&clock));
        let driver = driver.inspector(self.inspector).on_notice(self.on_notice);
        let connection = Connection::new(driver.spawn()?, &worker, lease_ms, clock, pace)?;
        Ok(Highwater { connection: Arc::new(connection) })
    }
}

/// A store that was not built in.
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn without(feature: &str) -> Error {
    Error::invalid(format!(
        "this program was built without the store `{feature}:`; build it with the feature `{feature}` of the crate `highwater`"
    ))
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOptions")
            .field("engine", &self.engine)
            .field("worker", &self.worker)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
