//! State in databases, through the whole of it.
#![cfg(any(feature = "sqlite", feature = "postgres"))]

use highwater::{EngineKind, Error, ErrorKind, Highwater, OpenOptions};

async fn open(location: &str) -> Result<Highwater, Error> {
    OpenOptions::new().engine(EngineKind::Native).open(location).await
}

/// Several that know nothing of each other move HWMs of one pipeline: each move is there, and nobody lost one.
async fn share(location: &str) {
    let mut writers = Vec::new();
    for writer in 0..3 {
        let hw = open(location).await.expect("it opens");
        writers.push(tokio::spawn(async move {
            let pipeline = hw.pipeline("prod/orders").expect("a name");
            for value in 1..=20 {
                pipeline.hwm(format!("of-{writer}")).set(value).await.expect("it moves");
            }
            hw.close().await;
        }));
    }
    for writer in writers {
        writer.await.expect("it ends");
    }
    let hw = OpenOptions::new().create_if_missing(false).open(location).await.expect("it is there");
    let pipeline = hw.pipeline("prod/orders").expect("a name");
    for writer in 0..3 {
        assert_eq!(pipeline.hwm(format!("of-{writer}")).get_as::<i64>().await, Ok(Some(20)));
    }
    let report = pipeline.verify_integrity().await.expect("it is verified");
    assert_eq!((report.last_version, report.damage.len()), (60, 0));
    hw.close().await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_shared() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = format!("sqlite:{}", folder.path().join("state.db").display());
    let missing =
        OpenOptions::new().create_if_missing(false).open(&location).await.expect_err("it is refused");
    assert_eq!(missing.kind(), ErrorKind::Invalid);
    share(&location).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_shared() {
    let server = highwater_test_servers::Postgres::start();
    let location = server.url(&server.database());
    let missing =
        OpenOptions::new().create_if_missing(false).open(&location).await.expect_err("it is refused");
    assert_eq!(missing.kind(), ErrorKind::Invalid);
    share(&location).await;
}
