//! State in other places than a directory.

use crate::lab::Lab;

#[test]
fn a_database_file_is_a_store() {
    let lab = Lab::new();
    lab.refused(
        2,
        &["--store", "sqlite:./state.db", "hwm", "list", "prod/orders"],
        "nothing was ever written there",
    );
    assert!(!lab.path("state.db").exists(), "who only looks makes nothing");
    lab.ok(&["--store", "sqlite:./state.db", "hwm", "set", "prod/orders", "loaded", "7"]);
    assert!(
        lab.ok(&["--store", "sqlite:./state.db", "hwm", "get", "prod/orders", "loaded"]).stdout.contains('7')
    );
    lab.ok(&["--store", "sqlite:./state.db", "state", "verify-integrity", "prod/orders"]);
}

#[test]
fn a_store_that_cannot_be_reached_says_where_it_is_and_keeps_the_password() {
    let lab = Lab::new();
    let said = lab.run(&["--store", "postgres://me:hush@127.0.0.1:1/state", "hwm", "list", "prod/orders"]);
    assert_ne!(said.code, Some(0));
    assert!(said.stderr.contains("127.0.0.1:1") && !said.stderr.contains("hush"), "{}", said.stderr);
    lab.refused(2, &["--store", "redis:there", "hwm", "list", "prod/orders"], "`sqlite:PATH`");
}
