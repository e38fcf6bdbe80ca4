//! The recipes under every crash: killed before and after each request to the store, killed again while they recover, and stopped while
//! another worker takes over and wakes up later.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use highwater_example_recipes::files::Files;
use highwater_example_recipes::http::Http;
use highwater_example_recipes::load;
use highwater_example_recipes::sqlite::Sqlite;
use highwater_test::{Kind, Life, crash_test};
use tempfile::TempDir;

/// Two whole batches and one that is not.
const ROWS: u64 = 20;

/// A folder that outlives the processes.
#[derive(Clone)]
struct Site(Rc<TempDir>);

impl Site {
    fn new() -> Site {
        Site(Rc::new(tempfile::tempdir().expect("a folder")))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sqlite(&self) -> Result<Sqlite, Box<dyn Error>> {
        Sqlite::open(&self.path("sink.sqlite"))
    }

    fn files(&self) -> Result<Files, Box<dyn Error>> {
        Files::open(&self.path("sink"))
    }
}

async fn into_sqlite(life: Life, site: Site) -> Result<(), Box<dyn Error>> {
    load(life.highwater(), &mut site.sqlite()?, ROWS).await
}

#[tokio::test]
async fn sqlite_has_each_row_once() {
    let rows = |site: &Site| site.sqlite().and_then(|sink| sink.rows()).expect("it is read");
    let report =
        crash_test(Site::new, rows, into_sqlite).expect_rows(1..=ROWS).double_crashes(60).run().await;
    report.assert();
    assert!(report.tried(Kind::Crash) > 2 * 10, "{report}");
}

async fn into_files(life: Life, site: Site) -> Result<(), Box<dyn Error>> {
    load(life.highwater(), &mut site.files()?, ROWS).await
}

#[tokio::test]
async fn a_folder_has_each_row_once() {
    let rows = |site: &Site| site.files().and_then(|sink| sink.rows()).expect("it is read");
    crash_test(Site::new, rows, into_files).expect_rows(1..=ROWS).double_crashes(60).run().await.assert();
}

/// Keys and the rows that came with them.
type Bodies = Vec<(String, Vec<u64>)>;

/// A service of its own for each story, which outlives the processes: bodies by key, in the order in which they came.
#[derive(Clone)]
struct Service {
    address: SocketAddr,
    took: Arc<Mutex<Bodies>>,
}

impl Service {
    fn new() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let took = Arc::default();
        let service = Service { address, took: Arc::clone(&took) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A request that was cut off is none.
                let _ = serve(stream, &took);
            }
        });
        service
    }

    /// The rows, if the service knows the header.
    fn once(&self) -> Vec<u64> {
        let took = self.took.lock().expect("nobody panicked");
        let by_key: BTreeMap<&String, &Vec<u64>> = took.iter().map(|(key, rows)| (key, rows)).collect();
        by_key.into_values().flatten().copied().collect()
    }
}

fn serve(mut stream: TcpStream, took: &Mutex<Bodies>) -> Result<(), Box<dyn Error>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some(("Idempotency-Key", value)) => key = value.to_owned(),
            Some(("Content-Length", value)) => length = value.parse()?,
            _ if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let rows = String::from_utf8(body)?.lines().map(str::parse).collect::<Result<_, _>>()?;
    took.lock().map_err(|_| "somebody panicked")?.push((key, rows));
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
    Ok(())
}

async fn into_service(life: Life, service: Service) -> Result<(), Box<dyn Error>> {
    load(life.highwater(), &mut Http::at(service.address), ROWS).await
}

#[tokio::test]
async fn a_service_that_knows_the_header_has_each_row_once() {
    let report = crash_test(Service::new, Service::once, into_service)
        .expect_rows(1..=ROWS)
        .double_crashes(20)
        .run()
        .await;
    report.assert();
}

#[tokio::test]
async fn a_service_that_does_not_has_each_row_at_least_once() {
    let whatever = |service: &Service| {
        let took = service.took.lock().expect("nobody panicked");
        took.iter().flat_map(|(_, rows)| rows.clone()).collect::<Vec<u64>>()
    };
    let report =
        crash_test(Service::new, whatever, into_service).expect_rows(1..=ROWS).double_crashes(0).run().await;
    assert!(report.failures().iter().all(|failure| failure.lost().is_empty()), "{report}");
    assert!(
        report.failures().iter().any(|failure| !failure.doubled().is_empty()),
        "what is promised is honest: {report}"
    );
}
