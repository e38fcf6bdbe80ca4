//! Where state is: it is said once, and that is where it is.

use std::sync::Arc;

use highwater::{Cover, CoverageStatus, ErrorKind, Interval, NodeStatus, OpenOptions};

use crate::support::{begin, directory, file, open_at, pipeline_at, sqlite, start};

/// X21, SK-05, SK-06: a database was configured, and the state went into a file all the same.
#[tokio::test]
async fn x21_sk05_state_is_where_it_was_said_to_be() {
    let directory = directory();
    let (highwater, pipeline) = pipeline_at(&sqlite(directory.path()), "one").await;
    pipeline.hwm("n").set(1).await.expect("the set");
    highwater.close().await;
    let bytes = std::fs::read(directory.path().join("state.db")).expect("the database");
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    let names = std::fs::read_dir(directory.path()).expect("the folder").flatten();
    let others: Vec<_> = names.map(|it| it.file_name().into_string().expect("a name")).collect();
    assert!(others.iter().all(|name| name.starts_with("state.db")), "nothing else was made: {others:?}");
}

/// OD-10, SK-09, DE-01: a function that makes the backend that a word names.
#[tokio::test]
async fn od10_sk09_de01_one_call_opens_any_store() {
    let directory = directory();
    let places = ["memory:".to_owned(), file(&directory.path().join("state")), sqlite(directory.path())];
    for place in &places {
        let (highwater, pipeline) = pipeline_at(place, "one").await;
        pipeline.hwm("n").set(1).await.expect("the set");
        assert_eq!(pipeline.hwm("n").get_as::<i64>().await, Ok(Some(1)), "{place}");
        highwater.close().await;
    }
    let refused = highwater::open("turbo:there").await.expect_err("nobody knows it");
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.message().contains("file:"), "it says what there is: {refused}");
}

/// SK-18: a backend of one's own: a class with eighteen methods, put into a register.
#[tokio::test]
async fn sk18_a_store_of_ones_own() {
    let store = Arc::new(highwater_store::MemoryStore::new());
    for value in 1..=2 {
        let highwater = OpenOptions::new().open_store(Arc::<highwater_store::MemoryStore>::clone(&store));
        let highwater = highwater.expect("it opens");
        let pipeline = highwater.pipeline("prod/orders").expect("an id");
        pipeline.hwm("n").set(value).await.expect("the set");
        assert_eq!(pipeline.describe().await.expect("the pipeline").version, value);
        highwater.close().await;
    }
}

/// SK-02, SK-04: runs, nodes and intervals in tables of a database, of which half was never made.
#[tokio::test]
async fn sk02_sk04_a_database_has_runs_nodes_and_intervals() {
    let directory = directory();
    let location = sqlite(directory.path());
    let days = Interval { start: 0, end: 10 };
    {
        let (highwater, pipeline) = pipeline_at(&location, "one").await;
        let run = start(&pipeline, "run_1").await;
        begin(&run, "node1").await.succeed().await.expect("it succeeds");
        pipeline.coverage("node2").mark(CoverageStatus::Done, [days], "adopted").await.expect("marked");
        let europe = pipeline.coverage("node3").partition("eu");
        europe.mark(CoverageStatus::Done, [days], "adopted").await.expect("marked");
        highwater.close().await;
    }
    let (_highwater, pipeline) = pipeline_at(&location, "two").await;
    let run = start(&pipeline, "run_1").await;
    assert!(run.resumed());
    let nodes = run.describe().await.expect("the run").nodes;
    assert_eq!((nodes.len(), nodes[0].status), (1, NodeStatus::Succeeded));
    let coverage = pipeline.coverage("node2").describe().await.expect("the coverage");
    assert_eq!(coverage.edge, Some(10));
    let partition = |key: &str| pipeline.coverage("node3").partition(key).describe();
    assert_eq!(partition("eu").await.expect("a partition").edge, Some(10));
    assert_eq!(partition("us").await.expect("a partition").edge, None);
    let covered = run.node("node2").cover(Cover::times([days])).begin().await.expect("an answer");
    assert!(matches!(covered, highwater::Begin::Skip(_)), "all of it is done");
}

/// SK-01: the state of a run and the states of its nodes were two copies, of which one was not written.
#[tokio::test]
async fn sk01_a_node_stands_in_one_place() {
    let directory = directory();
    let highwater = open_at(&file(directory.path()), "one").await;
    let pipeline = highwater.pipeline("prod/features").expect("an id");
    let run = start(&pipeline, "r").await;
    begin(&run, "clean").await.succeed().await.expect("it succeeds");
    let from_run = run.describe().await.expect("the run").nodes.remove(0);
    let from_node = run.node("clean").why().await.expect("why");
    let from_past = pipeline.at(highwater::Moment::Head).run("r").await.expect("the run").nodes.remove(0);
    assert_eq!(from_run.status, from_node.status);
    assert_eq!(from_run, from_past);
}
