//! Every host says the same: the scenarios are recorded on the native engine and repeated elsewhere, byte for byte.
//!
//! `digests.txt` holds what each scenario gives, so that a change of bytes is seen in review; `REWRITE=1` writes it anew.
//! The feature `component` repeats the scenarios in wasmtime, the feature `parity` in Node as well.

use std::fmt::Write as _;

#[cfg(feature = "component")]
mod lockstep;

fn recorded() -> Vec<(String, highwater_tests::Trace)> {
    let record = |scenario: highwater_tests::Scenario| {
        let (world, _) = scenario.run();
        (scenario.name, world.trace().clone())
    };
    highwater_tests::scenarios().into_iter().map(record).collect()
}

/// One line a scenario: its name, and the digests of its outputs and of its journal.
fn expected() -> String {
    digests(&recorded())
}

fn digests(traces: &[(String, highwater_tests::Trace)]) -> String {
    let mut text = String::new();
    for (name, trace) in traces {
        let digests = trace.digests();
        writeln!(text, "{name} {} {}", digests.outputs, digests.journal).expect("text grows");
    }
    text
}

#[test]
fn the_digests_are_those_in_review() {
    let path = highwater_tests::folder().join("parity/digests.txt");
    let found = expected();
    if std::env::var_os("REWRITE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &found).expect("the digests can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> = found.lines().filter(|line| !kept.lines().any(|kept| kept == *line)).collect();
    assert!(
        kept == found,
        "these scenarios give other bytes than before, or are new: {changed:#?}; if that is meant, run with REWRITE=1"
    );
}

#[test]
#[cfg(feature = "component")]
fn the_component_in_wasmtime_says_the_same() {
    for (name, trace) in recorded() {
        in_wasmtime(&name, &trace);
    }
}

#[cfg(feature = "component")]
fn in_wasmtime(name: &str, trace: &highwater_tests::Trace) {
    use highwater_driver::Stepper;

    let replayed = trace.replay(
        |options| highwater::ComponentEngine::new(options.clone()),
        |engine, now_ms, inputs| Stepper::step(engine, now_ms, inputs),
    );
    assert_eq!(replayed.unwrap_or_else(|error| panic!("{name}: {error}")), trace.digests(), "{name}");
}

#[test]
#[cfg(feature = "parity")]
fn the_component_in_node_says_the_same() {
    assert_eq!(in_node(&recorded()), expected());
}

/// What Node says of these traces, a line each: name and digests.
#[cfg(feature = "parity")]
fn in_node(traces: &[(String, highwater_tests::Trace)]) -> String {
    let folder = tempfile::tempdir().expect("a directory");
    for (name, trace) in traces {
        let file = folder.path().join(format!("{name}.jsonl"));
        std::fs::write(file, trace.json_lines()).expect("the trace can be written");
    }
    let script = highwater_tests::folder().join("parity/node.mjs");
    let output =
        std::process::Command::new("node").arg(script).arg(folder.path()).output().expect("node starts");
    assert!(output.status.success(), "node: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("digests are text")
}
