//! Every scenario says what really happens. `REWRITE=1 cargo test -p highwater-tests --test scenarios` writes them anew.

#[test]
fn transcripts_are_true() {
    let scenarios = highwater_tests::scenarios();
    assert!(!scenarios.is_empty(), "there are scenarios");
    let wrong: Vec<String> = scenarios.iter().filter_map(|scenario| scenario.check().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_scenario_gives_the_same_bytes() {
    for scenario in highwater_tests::scenarios() {
        let (first, second) = (scenario.run().0, scenario.run().0);
        assert_eq!(first.trace().json_lines(), second.trace().json_lines(), "{}", scenario.name);
    }
}
