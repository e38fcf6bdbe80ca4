use super::*;

fn declared(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn untyped(text: &str) -> Position {
    Position::Untyped(text.to_owned())
}

#[test]
fn lines_say_positions_counts_and_state() {
    let text = "# loaded\nhwm 1\nrows_read 12\nrows_written 10\r\n\nstate {\"page\": 3}\nhwm loaded 2024-01-01 00:00\n";
    let result = parse(text, &declared(&["loaded"])).expect("it is right");
    assert_eq!(result.hwms, [("loaded".to_owned(), untyped("2024-01-01 00:00"))].into());
    assert_eq!(result.counts, Some(Counts { rows_read: 12, rows_written: 10, ..Counts::default() }));
    assert_eq!(result.state.as_deref(), Some(&b"{\"page\": 3}"[..]));
    assert_eq!(parse("", &[]), Ok(CommandResult::default()));
}

#[test]
fn an_object_says_the_same_and_keeps_every_digit() {
    let text = r#"{"hwm": {"a": 9007199254740993, "b": 0.10, "c": {"type": "uint", "value": "7"}, "d": true}, "rows_read": 3, "state": {"page": 3}}"#;
    let result = parse(text, &declared(&["a", "b", "c", "d"])).expect("it is right");
    let expected = [
        ("a", untyped("9007199254740993")),
        ("b", untyped("0.10")),
        ("c", Position::Typed(Value::Uint(7))),
        ("d", Position::Typed(Value::Bool(true))),
    ];
    assert_eq!(result.hwms, expected.map(|(name, position)| (name.to_owned(), position)).into());
    assert_eq!(result.counts, Some(Counts { rows_read: 3, ..Counts::default() }));
    assert_eq!(result.state.as_deref(), Some(&b"{\"page\": 3}"[..]));
    for one in [r#"{"hwm": "5"}"#, r#"{"hwm": 5}"#] {
        let result = parse(one, &declared(&["a"])).expect("it is right");
        assert_eq!(result.hwms, [("a".to_owned(), untyped("5"))].into());
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let one = declared(&["a"]);
    let two = declared(&["a", "b"]);
    for (text, names, words) in [
        ("rows_read 1\nrows 5", &one, "line 2: `rows` is not known"),
        ("rows_read -1", &one, "line 1: `-1` is no count for rows_read"),
        ("rows_read 1.5", &one, "line 1: `1.5` is no count"),
        ("rows_read", &one, "line 1: `` is no count"),
        ("hwm", &one, "line 1: `hwm` without a value"),
        ("hwm 5", &two, "write hwm NAME VALUE"),
        ("hwm c 5", &two, "`c` is no HWM of this call"),
        ("hwm 5", &Vec::new(), "add --hwm NAME"),
        (r#"{"hwm": {"c": 5}}"#, &two, "`c` is no HWM of this call"),
        (r#"{"hwm": 5}"#, &two, "does not say which"),
        (r#"{"hwm": {"a": null}}"#, &two, "`null` is no position"),
        (r#"{"rows": 5}"#, &one, "unknown field `rows`"),
        (r#"{"rows_read": 5"#, &one, "EOF"),
        (r#"{"rows_read": -5}"#, &one, "invalid value"),
    ] {
        let problem = parse(text, names).expect_err(text);
        assert!(problem.contains(words), "{text}: {problem}");
    }
}

#[test]
fn a_growing_file_is_read_up_to_its_last_line_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("result");
    std::fs::write(&path, "rows_read 5\nrows_wri").expect("written");
    let growing = read(&path, &[], Reading::Growing).expect("whole lines are right");
    assert_eq!(growing.counts, Some(Counts { rows_read: 5, ..Counts::default() }));
    assert!(read(&path, &[], Reading::Whole).is_err());
    std::fs::write(&path, [b'x', 0xff]).expect("written");
    assert!(read(&path, &[], Reading::Whole).expect_err("no text").contains("no UTF-8 at byte 1"));
    assert_eq!(read(&folder.path().join("none"), &[], Reading::Whole), Ok(CommandResult::default()));
}
