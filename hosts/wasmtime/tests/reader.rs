//! Incremental loads from real tables: rows at the edge, late rows, rows without a value, sources in any order.

use std::collections::BTreeMap;

use highwater::{
    Begin, Error, ErrorKind, Highwater, Hwm, HwmBound, HwmFunction, NullPolicy, Pipeline, Reader, StartRun,
    Value,
};
use rusqlite::{Connection, params_from_iter};

/// A source table with a cursor, and a sink that counts how often each row came.
struct Tables {
    source: Connection,
    loaded: BTreeMap<String, u32>,
}

impl Tables {
    fn new() -> Tables {
        let source = Connection::open_in_memory().expect("a database");
        source
            .execute_batch(
                "CREATE TABLE orders (id TEXT PRIMARY KEY, at INTEGER); CREATE INDEX by_at ON orders (at)",
            )
            .expect("a table");
        Tables { source, loaded: BTreeMap::new() }
    }

    fn add(&self, rows: &[(&str, Option<i64>)]) {
        for (id, at) in rows {
            self.source.execute("INSERT INTO orders VALUES (?, ?)", (id, at)).expect("a row");
        }
    }

    /// The rows that the position asks for, in no order.
    fn read(&self, reader: &Reader) -> Vec<(String, Option<i64>)> {
        let (mut clauses, mut values) = (Vec::new(), Vec::new());
        let position = reader.position();
        let down = position.spec.function == HwmFunction::Min;
        if let Some(Value::Int(from)) = &position.from {
            clauses.push(match (position.lower, down) {
                (HwmBound::Closed, false) => "at >= ?",
                (HwmBound::Open, false) => "at > ?",
                (HwmBound::Closed, true) => "at <= ?",
                (HwmBound::Open, true) => "at < ?",
            });
            values.push(*from);
        }
        let condition = match clauses.as_slice() {
            [] => "1".to_owned(),
            clauses => format!("at IS NULL OR {}", clauses.join(" AND ")),
        };
        let sql = format!("SELECT id, at FROM orders WHERE {condition} ORDER BY random()");
        let mut query = self.source.prepare(&sql).expect("a query");
        let rows = query.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// One load; says how many rows it wrote.
    async fn load(&mut self, pipeline: &Pipeline, hwm: &Hwm) -> Result<usize, Error> {
        let run = pipeline.start_run(StartRun::new()).await?;
        let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("it is free") };
        let mut reader = hwm.reader().await?;
        let mut new = Vec::new();
        for (id, at) in self.read(&reader) {
            let is_new = match at {
                Some(at) => reader.admit(at, &id)?,
                None => reader.admit_null()?,
            };
            new.extend(is_new.then_some(id));
        }
        attempt.succeed().up_to(&reader).await?;
        run.finish().await?;
        for id in &new {
            *self.loaded.entry(id.clone()).or_default() += 1;
        }
        Ok(new.len())
    }

    fn often(&self, id: &str) -> u32 {
        self.loaded.get(id).copied().unwrap_or(0)
    }
}

async fn pipeline() -> (Highwater, Pipeline, Hwm) {
    let hw = highwater::open("memory:").await.expect("it opens");
    let pipeline = hw.pipeline("prod/orders").expect("an id");
    let hwm = pipeline.hwm("orders.at");
    (hw, pipeline, hwm)
}

#[tokio::test]
async fn rows_with_the_value_of_the_edge_come_once_each() -> Result<(), Error> {
    let (_hw, pipeline, hwm) = pipeline().await;
    hwm.declare().boundary_keys(3).await?;
    let mut tables = Tables::new();
    tables.add(&[("a", Some(1)), ("b", Some(2)), ("c", Some(2))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 3);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 0);
    // One more with the value that was the last: an open bound would miss it, a closed one alone would double the others.
    tables.add(&[("d", Some(2))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 1);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 0);
    // More of them than keys are kept is an error before anything is loaded, not a row that is lost or doubled.
    tables.add(&[("e", Some(2))]);
    let error = tables.load(&pipeline, &hwm).await.expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    hwm.declare().boundary_keys(4).await?;
    tables.add(&[("f", Some(3))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 2);
    assert!(tables.loaded.values().all(|times| *times == 1), "{:?}", tables.loaded);
    assert_eq!(tables.loaded.len(), 6);
    Ok(())
}

#[tokio::test]
async fn without_a_declaration_reading_begins_behind_the_value() -> Result<(), Error> {
    let (_hw, pipeline, hwm) = pipeline().await;
    let mut tables = Tables::new();
    tables.add(&[("a", Some(1)), ("b", Some(2))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 2);
    tables.add(&[("c", Some(2)), ("d", Some(3))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 1, "only what is above 2");
    Ok(())
}

#[tokio::test]
async fn late_rows_within_the_lag_are_found() -> Result<(), Error> {
    for hold_back in [false, true] {
        let (_hw, pipeline, hwm) = pipeline().await;
        match hold_back {
            false => hwm.declare().read_back(10).await?,
            true => hwm.declare().hold_back(10).await?,
        };
        let mut tables = Tables::new();
        tables.add(&[("a", Some(100)), ("b", Some(120))]);
        tables.load(&pipeline, &hwm).await?;
        let stands = hwm.get_as::<i64>().await?;
        assert_eq!(stands, Some(if hold_back { 110 } else { 120 }));
        // They come late: the first within the lag, the second beyond it.
        tables.add(&[("late", Some(115)), ("too late", Some(105)), ("c", Some(121))]);
        tables.load(&pipeline, &hwm).await?;
        assert_eq!((tables.often("late"), tables.often("too late"), tables.often("c")), (1, 0, 1));
        // Whoever reads a lag again gets its rows again: the sink has to take them twice.
        assert_eq!((tables.often("a"), tables.often("b")), (1, 2));
        // A load that finds only rows within the lag leaves the HWM where it is.
        tables.source.execute("DELETE FROM orders WHERE at = 121", ()).expect("a deletion");
        let before = hwm.get_as::<i64>().await?;
        tables.load(&pipeline, &hwm).await?;
        assert_eq!(hwm.get_as::<i64>().await?, before);
    }
    Ok(())
}

#[tokio::test]
async fn rows_without_a_value_are_an_error_unless_somebody_says_what_they_are() -> Result<(), Error> {
    for (policy, expected) in
        [(NullPolicy::Raise, None), (NullPolicy::Include, Some(2)), (NullPolicy::Exclude, Some(0))]
    {
        let (_hw, pipeline, hwm) = pipeline().await;
        hwm.declare().nulls(policy).await?;
        let mut tables = Tables::new();
        tables.add(&[("a", Some(1)), ("nothing", None)]);
        let first = tables.load(&pipeline, &hwm).await;
        match expected {
            None => assert!(first.expect_err("a null").message().contains("no value"), "it is named"),
            Some(times) => {
                first?;
                tables.load(&pipeline, &hwm).await?;
                assert_eq!((tables.often("a"), tables.often("nothing")), (1, times), "{policy:?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_source_is_read_backwards() -> Result<(), Error> {
    let (_hw, pipeline, hwm) = pipeline().await;
    hwm.declare().function(HwmFunction::Min).initial(50).end(10, HwmBound::Closed).await?;
    let mut tables = Tables::new();
    tables.add(&[("new", Some(60)), ("a", Some(50)), ("b", Some(30))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 2);
    tables.add(&[("c", Some(10)), ("old", Some(9))]);
    assert_eq!(tables.load(&pipeline, &hwm).await?, 1);
    assert_eq!(hwm.get_as::<i64>().await?, Some(10));
    assert_eq!((tables.often("new"), tables.often("old")), (0, 0));
    Ok(())
}

#[tokio::test]
async fn an_unordered_source_moves_its_hwm_at_the_end() -> Result<(), Error> {
    let (_hw, pipeline, hwm) = pipeline().await;
    hwm.declare().unordered().await?;
    let run = pipeline.start_run(StartRun::new().run_id("r1")).await?;
    let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("it is free") };
    let mut reader = hwm.reader().await?;
    assert!(reader.admit(9, "a")?);
    attempt.progress(highwater::Counts::default()).up_to(&reader).await?;
    // It dies here: what it saw first was not the least, so nothing may have moved.
    drop(attempt);
    assert_eq!(hwm.get_as::<i64>().await?, None);
    let run = pipeline.start_run(StartRun::new().run_id("r2")).await?;
    let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("it is free") };
    for (at, key) in [(9, "a"), (3, "b")] {
        let mut part = hwm.reader().await?;
        assert!(part.admit(at, key)?);
        attempt.progress(highwater::Counts::default()).up_to(&part).await?;
    }
    assert_eq!(hwm.get_as::<i64>().await?, None);
    attempt.succeed().await?;
    assert_eq!(hwm.get_as::<i64>().await?, Some(9));
    Ok(())
}

#[tokio::test]
async fn partitions_stand_for_themselves_and_the_whole_where_the_least_stands() -> Result<(), Error> {
    let (_hw, pipeline, hwm) = pipeline().await;
    hwm.declare().partitioned().boundary_keys(5).await?;
    let mut eu = hwm.partition("eu").reader().await?;
    assert!(eu.admit(7, "a")?);
    let mut us = hwm.partition("us").reader().await?;
    assert!(us.admit(3, "b")?);
    pipeline.set_hwms(Vec::<(String, i64)>::new()).up_to(&eu).up_to(&us).await?;
    let positions = pipeline.positions(["orders.at"]).await?;
    let names: Vec<&str> = positions.iter().map(|position| position.name.as_str()).collect();
    assert_eq!(names, ["orders.at", "orders.at[eu]", "orders.at[us]"]);
    assert_eq!(positions[0].value, Some(Value::Int(3)));
    assert_eq!(positions[2].keys, ["b"]);
    Ok(())
}

/// Rows come at random, some at the last value again; every load takes each exactly once.
#[tokio::test]
async fn whatever_comes_at_the_edge_comes_once() -> Result<(), Error> {
    let mut seed = 7_u64;
    let mut below = |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    for _ in 0..20 {
        let (_hw, pipeline, hwm) = pipeline().await;
        hwm.declare().boundary_keys(100).await?;
        let mut tables = Tables::new();
        let (mut at, mut rows) = (0, 0);
        for _ in 0..12 {
            for _ in 0..below(6) {
                at += i64::from(below(3) == 0);
                rows += 1;
                tables.add(&[(&format!("row {rows}"), Some(at))]);
            }
            tables.load(&pipeline, &hwm).await?;
            assert_eq!(tables.loaded.len(), rows);
        }
        assert!(tables.loaded.values().all(|times| *times == 1), "{:?}", tables.loaded);
    }
    Ok(())
}
