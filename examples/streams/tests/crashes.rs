//! The pipeline between two logs, killed before and after each request to the store, each call of its sink and each part, killed again while it
//! recovers, and stopped while another process takes over and wakes up later.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use highwater::streaming::{
    BoxError, ExactlyOnceProcessor, FileParts, PartStore, ProcessorSpec, TransactionalSink,
};
use highwater_example_streams::between_logs::{Book, Booking, Payment};
use highwater_example_streams::file_log::FileLog;
use highwater_example_streams::log_sink::LogSink;
use highwater_example_streams::log_source::LogSource;
use highwater_test::{Kind, Life, crash_test};
use tempfile::TempDir;

const PAYMENTS: u64 = 18;
const ACCOUNTS: u64 = 3;

/// A folder that outlives the processes, with the payments in it.
#[derive(Clone)]
struct Site(Rc<TempDir>);

impl Site {
    fn new() -> Site {
        let site = Site(Rc::new(tempfile::tempdir().expect("a folder")));
        for partition in 0..2 {
            let payment = |number| Payment { account: account(number), cents: 1 };
            let some = (0..PAYMENTS).filter(|number| number % ACCOUNTS % 2 == partition).map(payment);
            let some: Vec<Payment> = some.collect();
            site.log("payments").append(partition as u32, None, &some).expect("written");
        }
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn log(&self, name: &str) -> FileLog {
        FileLog::open(&self.path(name), 2).expect("a log")
    }

    fn rows(&self) -> Vec<Booking> {
        self.log("bookings").all().expect("they are read")
    }
}

fn account(number: u64) -> String {
    format!("account {}", number % ACCOUNTS)
}

/// What must be there in the end.
fn expected() -> impl Iterator<Item = Booking> {
    let of_each = PAYMENTS / ACCOUNTS;
    (0..ACCOUNTS).flat_map(move |number| {
        (1..=of_each).map(move |it| Booking { account: account(number), number: it, total: it as i64 })
    })
}

/// A sink and a store of parts during whose calls the process may die.
#[derive(Clone)]
struct Mortal<T> {
    inner: T,
    life: Life,
}

impl TransactionalSink for Mortal<LogSink<Booking>> {
    type Record = Booking;

    async fn begin(&mut self, start: u64) -> Result<(), BoxError> {
        self.life.point("before begin").await;
        self.inner.begin(start).await
    }

    async fn write(&mut self, records: Vec<Booking>) -> Result<(), BoxError> {
        self.inner.write(records).await?;
        self.life.point("after write").await;
        Ok(())
    }

    async fn pre_commit(&mut self) -> Result<Vec<u8>, BoxError> {
        let transaction = self.inner.pre_commit().await?;
        self.life.point("after pre-commit").await;
        Ok(transaction)
    }

    async fn commit(&mut self, transaction: &[u8]) -> Result<(), BoxError> {
        self.life.point("before commit").await;
        self.inner.commit(transaction).await?;
        self.life.point("after commit").await;
        Ok(())
    }

    async fn abort(&mut self, transaction: &[u8]) -> Result<(), BoxError> {
        self.life.point("before abort").await;
        self.inner.abort(transaction).await
    }
}

impl PartStore for Mortal<FileParts> {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.inner.put(name, bytes).await?;
        self.life.point("after a part").await;
        Ok(())
    }

    async fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.inner.get(name).await
    }

    async fn delete(&self, name: &str) -> io::Result<()> {
        self.life.point("before a part is deleted").await;
        self.inner.delete(name).await
    }
}

async fn book(life: Life, site: Site) -> Result<(), Box<dyn Error>> {
    let pipeline = life.highwater().pipeline("dev/payments")?;
    let payments = LogSource::new(site.log("payments"));
    let bookings = Mortal { inner: LogSink::new(site.log("bookings")), life: life.clone() };
    let parts = Mortal { inner: FileParts::new(site.path("parts")), life: life.clone() };
    let spec = ProcessorSpec::new("book").read(4);
    let mut processor = ExactlyOnceProcessor::start(&pipeline, spec, payments, Book, bookings, parts).await?;
    let mut steps = 0;
    while processor.step().await? != highwater::streaming::Progress::Ended {
        steps += 1;
        if steps % 2 == 0 {
            processor.checkpoint().await?;
        }
    }
    processor.stop().await?;
    Ok(())
}

#[tokio::test]
async fn no_crash_loses_or_doubles_a_booking() {
    let test = crash_test(Site::new, Site::rows, book).expect_rows(expected()).double_crashes(40);
    let report = test.run().await;
    report.assert();
    assert!(report.tried(Kind::Crash) > 60, "{report}");
    assert!(report.tried(Kind::Pause) > 60, "{report}");
}
