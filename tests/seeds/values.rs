//! Values: what is set is what is read, on every restart, digit by digit.

use highwater::Value;

use crate::support::{directory, file, pipeline_at, sqlite};

/// X19: watermarks of some types were lost on the way through the database.
#[tokio::test]
async fn x19_a_position_of_any_type_comes_back_as_it_was() {
    let directory = directory();
    every_type_comes_back(&file(directory.path())).await;
}

/// X19, where it happened: in an SQLite database.
#[tokio::test]
async fn x19_a_position_of_any_type_comes_back_from_a_database() {
    let directory = directory();
    every_type_comes_back(&sqlite(directory.path())).await;
}

async fn every_type_comes_back(location: &str) {
    let values = [
        ("int", "-9223372036854775808"),
        ("uint", "18446744073709551615"),
        ("decimal", "9223372036854775813.50"),
        ("timestamp", "2025-01-03T04:05:06.000789+00:00"),
        ("timestamp", "2025-01-03T04:05:06.000789012+05:45"),
        ("local-timestamp", "2025-01-03T04:05:06.000789"),
        ("date", "2024-02-29"),
        ("text", "zażółć 🦀"),
        ("bytes", "00ff"),
        ("uuid", "00000000-0000-4000-8000-00000000002a"),
        ("bool", "true"),
        ("json", r#"{"lsn":"16/B374D848","rows":[1,2]}"#),
    ]
    .map(|(kind, text)| Value::parse(kind.parse().expect("a type"), text).expect("a value"));
    {
        let (highwater, pipeline) = pipeline_at(location, "one").await;
        for (number, value) in values.iter().enumerate() {
            pipeline.hwm(format!("h{number:02}")).set(value.clone()).await.expect("the set");
        }
        highwater.close().await;
    }
    let (_highwater, pipeline) = pipeline_at(location, "two").await;
    let read = pipeline.list_hwms("").all().await.expect("the list");
    let read: Vec<String> = read.into_iter().map(|hwm| hwm.value.to_text()).collect();
    let set: Vec<String> = values.iter().map(Value::to_text).collect();
    assert_eq!(read, set);
}
