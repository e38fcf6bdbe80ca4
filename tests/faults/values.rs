//! Values and calls at the edges.

use highwater::{EngineKind, ErrorKind, Highwater, IntoValue, OpenOptions, StartRun, Value, ValueType};

async fn memory() -> Highwater {
    OpenOptions::new().engine(EngineKind::Native).open("memory:").await.expect("memory opens")
}

#[tokio::test]
async fn values_at_the_edges_come_back_as_they_were() {
    let highwater = memory().await;
    let pipeline = highwater.pipeline("p").expect("an id");
    let parse = |value_type, text| Value::parse(value_type, text).expect("a good value");
    let values = [
        i64::MIN.into_value().expect("a value"),
        i64::MAX.into_value().expect("a value"),
        u64::MAX.into_value().expect("a value"),
        ((1_i64 << 53) + 1).into_value().expect("a value"),
        parse(ValueType::Decimal, "1234567890123456789012345678901234567.890"),
        parse(ValueType::Decimal, "-0.0000000000000000000000000000000000000001"),
        parse(ValueType::Timestamp, "2026-11-20T22:23:04.123456789+05:45"),
        parse(ValueType::LocalTimestamp, "2026-11-20T22:23:04"),
        parse(ValueType::Date, "2024-02-29"),
        parse(ValueType::Json, r#"{"b":[1,2.50],"a":null}"#),
        Value::Text("🌊".repeat(1_000)),
        Value::Bytes((0..=255).collect()),
    ];
    for (number, value) in values.into_iter().enumerate() {
        let hwm = pipeline.hwm(format!("h{number}"));
        hwm.set(value.clone()).await.expect("the set");
        let back = hwm.get().await.expect("an answer").expect("a value").value;
        assert_eq!(back, value);
        assert_eq!(back.to_text(), value.to_text());
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for (value_type, text) in [
        (ValueType::Int, "NaN"),
        (ValueType::Decimal, "NaN"),
        (ValueType::Decimal, "Infinity"),
        (ValueType::Int, "9223372036854775808"),
        (ValueType::Uint, "-1"),
        (ValueType::Uint, "18446744073709551616"),
        (ValueType::Int, "1.0"),
        (ValueType::Int, ""),
    ] {
        assert!(Value::parse(value_type, text).is_err(), "{value_type} {text}");
    }
}

#[tokio::test]
async fn an_hwm_keeps_its_direction_and_its_type() {
    let highwater = memory().await;
    let pipeline = highwater.pipeline("p").expect("an id");
    let hwm = pipeline.hwm("position");
    hwm.set(i64::MAX).await.expect("the set");
    assert_eq!(hwm.set(i64::MAX - 1).await.expect_err("backwards").kind(), ErrorKind::Invalid);
    assert_eq!(hwm.set("9223372036854775808").await.expect_err("another type").kind(), ErrorKind::Invalid);
    assert_eq!(hwm.set(u64::MAX).await.expect_err("another type").kind(), ErrorKind::Invalid);
    hwm.set(u64::MAX).cast().await.expect("a cast is recorded");
    let history = hwm.history().await.expect("the history");
    assert_eq!(history.iter().map(|change| change.what.as_str()).collect::<Vec<_>>(), ["cast", "set"]);
}

#[tokio::test]
async fn ids_that_cannot_be_are_refused_with_a_short_message() {
    let highwater = memory().await;
    let long = "x".repeat(1024 * 1024);
    for id in ["", "../../x", "a/../b", long.as_str()] {
        let error = match highwater.pipeline(id) {
            Err(error) => error,
            Ok(pipeline) => pipeline.start_run(StartRun::new()).await.expect_err("refused"),
        };
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().len() < 500);
    }
    let pipeline = highwater.pipeline("p").expect("an id");
    let error = pipeline.hwm(long).set(1).await.expect_err("a name of a megabyte");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().len() < 500);
}
