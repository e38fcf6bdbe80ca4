//! `highwater exec`: results that are refused move nothing.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn a_bad_result_fails_the_attempt_and_moves_nothing() {
    for (script, because) in [
        ("echo hwm abc", "hwm a: `abc` is not a value of type int"),
        ("echo hwm 4", "an HWM only moves forward"),
        ("echo hwm c 9", "`c` is no HWM of this call"),
        ("echo rows 9", "line 1: `rows` is not known"),
        ("printf 'hwm 9\\nrows_read x\\n'", "line 2: `x` is no count for rows_read"),
        ("printf '{\"hwm\": {\"a\": 9}, \"nonsense\": 1}'", "unknown field `nonsense`"),
        ("printf '{\"hwm\": {\"a\": 9'", "EOF"),
        ("printf 'hwm 9\\n\\377'", "no UTF-8 at byte 6"),
        ("printf '{\"hwm\": {\"type\": \"text\", \"value\": \"9\"}}'", "to change the type on purpose"),
        ("head -c 5000000 /dev/zero", "more than 4194304 bytes"),
    ] {
        let lab = Lab::new();
        lab.ok(&["hwm", "set", "p", "a", "5"]);
        let said = lab.exec(&["--hwm", "a", "--max-attempts", "1"], &format!("{script} > $HIGHWATER_RESULT"));
        assert_eq!(said.code, Some(1), "{script}: {said:?}");
        assert!(said.stderr.contains(because), "{script}: {}", said.stderr);
        assert_eq!(lab.ok(&["hwm", "get", "p", "a", "--raw"]).stdout, "5\n", "{script}");
        let run = lab.newest_run();
        assert_eq!(
            (&run["status"], &run["error"]["class"]),
            (&json!("failed"), &json!("result-invalid")),
            "{script}"
        );
    }
}

#[test]
fn one_bad_position_holds_back_the_good_ones() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "b", "5"]);
    let script = "printf 'hwm a 1\\nhwm b 4\\n' > $HIGHWATER_RESULT";
    let said = lab.exec(&["--hwm", "a", "--hwm", "b", "--max-attempts", "1"], script);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(lab.json(&["hwm", "list", "p"]).as_array().map(Vec::len), Some(1));
}

#[test]
fn a_failed_command_keeps_its_state_and_not_its_positions() {
    let lab = Lab::new();
    let script = "if [ -n \"$HIGHWATER_STATE\" ]; then cat $HIGHWATER_STATE > resumed; echo hwm 2 > $HIGHWATER_RESULT; exit 0; fi; \
                  printf 'hwm 1\\nrows_read 7\\nstate {\"page\": 3}\\n' > $HIGHWATER_RESULT; exit 1";
    let said = lab.exec(&["--hwm", "a", "--backoff", "1ms"], script);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("its positions were not taken"), "{}", said.stderr);
    assert_eq!(lab.read("resumed"), "{\"page\": 3}");
    let attempts = &lab.newest_run()["nodes"][0]["attempts"];
    assert_eq!((&attempts[0]["counts"]["rows_read"], &attempts[0]["status"]), (&json!(7), &json!("failed")));
    let history = lab.json(&["hwm", "history", "p", "a"]);
    assert_eq!(history.as_array().map(Vec::len), Some(1), "1 was never there: {history}");
}

#[test]
fn an_object_moves_many_positions_at_once() {
    let lab = Lab::new();
    let script = "cat > $HIGHWATER_RESULT <<'END'\n{\"hwm\": {\"id\": 9007199254740993, \"at\": \"2024-01-01T00:00:00Z\", \
                  \"price\": {\"type\": \"decimal\", \"value\": \"1.10\"}}, \"rows_written\": 3, \"bytes\": 12000}\nEND";
    let said = lab.exec(&["--hwm", "id", "--hwm", "at", "--hwm", "price"], script);
    assert_eq!(said.code, Some(0), "{said:?}");
    let values: Vec<String> = lab
        .json(&["hwm", "list", "p"])
        .as_array()
        .expect("a list")
        .iter()
        .map(|hwm| hwm["value"].to_string())
        .collect();
    assert_eq!(
        values,
        [
            r#"{"type":"timestamp","value":"2024-01-01T00:00:00Z"}"#,
            r#"{"type":"int","value":"9007199254740993"}"#,
            r#"{"type":"decimal","value":"1.10"}"#,
        ]
    );
}
