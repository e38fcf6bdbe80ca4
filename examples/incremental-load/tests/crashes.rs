//! The load of the demo, with its real sink, under every crash: no row is lost, and none is there twice.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use chrono::NaiveDate;
use highwater::{Counts, Ready, StartRun};
use highwater_example_incremental_load::weather::{Day, rows_after};
use highwater_example_incremental_load::{BATCH_ROWS, HWM, Job, PIPELINE, load_new};
use highwater_test::{Kind, Life, Report, crash_test};
use rusqlite::Connection;
use tempfile::TempDir;

/// Two whole batches and one that is not: as many days of the first year.
const DAYS: u32 = 100;

/// A folder with a source in it, which outlives the processes.
#[derive(Clone)]
struct Site(Rc<TempDir>);

impl Site {
    fn new() -> Site {
        let site = Site(Rc::new(tempfile::tempdir().expect("a folder")));
        let rows = dates().map(|date| format!("{date},4.1,4.4,-0.6,5.3,snow\n"));
        let header = "date,precipitation,temp_max,temp_min,wind,weather\n".to_owned();
        fs::write(site.path("source.csv"), header + &rows.collect::<String>()).expect("it is written");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The days in the sink.
    fn rows(&self) -> Vec<String> {
        let connection = Connection::open(self.path("weather.sqlite")).expect("SQLite opens");
        let mut select = connection.prepare("select date from weather").expect("the table is there");
        let rows = select.query_map([], |row| row.get(0)).expect("it is read");
        rows.collect::<Result<_, _>>().expect("each is text")
    }
}

fn dates() -> impl Iterator<Item = String> {
    (0..DAYS).map(|day| format!("2012-{:02}-{:02}", 1 + day / 28, 1 + day % 28))
}

async fn load(life: Life, site: Site) -> Result<(), Box<dyn Error>> {
    let (source, folder) = (site.path("source.csv"), site.path(""));
    let job = Job { source, folder, run: "night-1".to_owned(), pause: Duration::ZERO };
    load_new(life.highwater(), &job).await
}

#[tokio::test]
async fn no_crash_loses_or_doubles_a_day() {
    let report = crash_test(Site::new, Site::rows, load).expect_rows(dates()).double_crashes(40).run().await;
    report.assert();
    // Graph, start, begin and end of three nodes, three batches, finish.
    assert!(report.tried(Kind::Crash) > 2 * 12, "{report}");
    assert_eq!(report.tried(Kind::Pause), report.tried(Kind::Crash), "{report}");
}

/// What is easily written instead.
#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    /// The high-water mark moves, then the rows are written.
    MarkFirst,
    /// The sink knows how far it is, but not who writes.
    NoToken,
}

async fn load_wrongly(mistake: Mistake, life: Life, site: Site) -> Result<(), Box<dyn Error>> {
    let pipeline = life.highwater().pipeline(PIPELINE)?;
    let run = pipeline.start_run(StartRun::new().run_id("night-1")).await?;
    if let Ready::Run(attempt) = run.node("load").begin_or_wait().await? {
        let mut sink = Connection::open(site.path("weather.sqlite"))?;
        sink.execute_batch("create table if not exists weather (date text)")?;
        let position = match mistake {
            Mistake::MarkFirst => pipeline.hwm(HWM).get_as::<NaiveDate>().await?,
            Mistake::NoToken => position(&sink)?,
        };
        let text = fs::read_to_string(site.path("source.csv"))?;
        let rows = rows_after(&text, position)?;
        let days = rows.into_iter().map(Day::from_source).collect::<Result<Vec<_>, _>>()?;
        for batch in days.chunks(BATCH_ROWS) {
            let last = batch[batch.len() - 1].date;
            if mistake == Mistake::MarkFirst {
                attempt.progress(Counts::default()).hwm(HWM, last).await?;
            }
            let transaction = sink.transaction()?;
            for day in batch {
                transaction.execute("insert into weather values (?1)", [day.date.to_string()])?;
            }
            transaction.commit()?;
            attempt.progress(Counts::default()).hwm(HWM, last).await?;
        }
        attempt.succeed().await?;
    }
    run.finish().await?;
    Ok(())
}

fn position(sink: &Connection) -> Result<Option<NaiveDate>, Box<dyn Error>> {
    let last: Option<String> = sink.query_row("select max(date) from weather", [], |row| row.get(0))?;
    Ok(last.map(|date| date.parse()).transpose()?)
}

async fn report(mistake: Mistake) -> Report {
    crash_test(Site::new, Site::rows, move |life, site| load_wrongly(mistake, life, site))
        .expect_rows(dates())
        .double_crashes(0)
        .run()
        .await
}

#[tokio::test]
async fn a_mark_that_moves_first_loses_days() {
    let report = report(Mistake::MarkFirst).await;
    let killed = report.failures().iter().find(|failure| failure.kind() == Kind::Crash).expect("one was");
    assert_eq!(killed.lost().len(), BATCH_ROWS, "{killed}");
    assert!(killed.to_string().contains("hwm-set `weather.date`"), "{killed}");
}

#[tokio::test]
async fn a_sink_without_tokens_has_days_twice() {
    let report = report(Mistake::NoToken).await;
    let woken = report.failures().iter().find(|failure| failure.kind() == Kind::Pause).expect("one was");
    assert_eq!((woken.lost().len(), woken.doubled().len()), (0, BATCH_ROWS), "{woken}");
}
