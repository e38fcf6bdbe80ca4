//! Who may use whom: the arrows of the architecture, held against what cargo says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// For each of our packages, those of ours that it may use. A package that is not here is not allowed.
const ARROWS: &[(&str, &[&str])] = &[
    ("highwater-format", &[]),
    ("highwater-core", &["highwater-format"]),
    // Its conformance suite makes records, because a store may refuse bytes that are none.
    ("highwater-store", &["highwater-format"]),
    ("highwater-store-file", &["highwater-store", "highwater-format"]),
    ("highwater-store-sql", &["highwater-store"]),
    ("highwater-driver", &["highwater-core", "highwater-store"]),
    ("highwater-component", &["highwater-core", "highwater-format"]),
    ("highwater-component-builder", &[]),
    (
        "highwater",
        &[
            "highwater-core",
            "highwater-format",
            "highwater-driver",
            "highwater-store",
            "highwater-store-file",
            "highwater-store-sql",
            "highwater-component-builder",
        ],
    ),
    // For the tests of applications, so it stands on what they stand on.
    ("highwater-test", &["highwater", "highwater-driver", "highwater-format", "highwater-store"]),
    ("highwater-cli", &["highwater", "highwater-core", "highwater-format"]),
];

/// Packages that are not published may use all of ours: they are at the end of every arrow.
const ENDS: &[&str] = &[
    "highwater-tests",
    "highwater-bench",
    "highwater-crash-tests",
    "highwater-example-incremental-load",
    "highwater-example-recipes",
    "highwater-example-streams",
    "highwater-figures",
    "highwater-models",
    "highwater-rot-tests",
    "highwater-sim",
    "highwater-test-servers",
];

/// What may never be below these packages, whoever brings it: I/O, clocks, threads, runtimes, randomness.
const FORBIDDEN_BELOW: &[(&str, &[&str])] = &[
    ("highwater-format", IMPURE),
    ("highwater-core", IMPURE),
    ("highwater-component", IMPURE),
    ("highwater-store", &["tokio", "wasmtime"]),
    ("highwater-driver", &["wasmtime"]),
];

const IMPURE: &[&str] = &[
    "tokio",
    "futures",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "rand",
    "getrandom",
    "fastrand",
    "time",
    "rustix",
    "nix",
    "wasmtime",
    "reqwest",
    "hyper",
    "tracing",
    "log",
    "rayon",
    "crossbeam",
    "parking_lot",
    "js-sys",
    "wasm-bindgen",
    "iana-time-zone",
    "tempfile",
    "rusqlite",
    "hashbrown",
];

/// The platform that we run on: what is only for others was never downloaded.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let words = String::from_utf8(output.stdout).expect("rustc prints text");
    words.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .current_dir(highwater_tests::folder())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Names of our packages, each with the names of the packages that it uses outside of its tests.
fn ours(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let members = list(metadata, "workspace_members");
    let is_ours = |package: &&Value| members.contains(&package["id"]);
    let uses = |package| {
        let dependencies = list(package, "dependencies").iter().filter(|it| text(it, "kind") != "dev");
        dependencies.map(|it| text(it, "name")).collect()
    };
    list(metadata, "packages")
        .iter()
        .filter(is_ours)
        .map(|package| (text(package, "name"), uses(package)))
        .collect()
}

#[test]
fn arrows_point_inwards() {
    let metadata = metadata();
    let ours = ours(&metadata);
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, uses) in &ours {
        if ENDS.contains(name) {
            continue;
        }
        let allowed =
            allowed.get(name).unwrap_or_else(|| panic!("package {name} has no line among the arrows"));
        let inner: Vec<&&str> = uses.iter().filter(|used| ours.contains_key(**used)).collect();
        let wrong: Vec<_> = inner.into_iter().filter(|used| !allowed.contains(used)).collect();
        assert!(wrong.is_empty(), "{name} must not use {wrong:?}");
    }
    let ends: Vec<_> = ours.values().flatten().filter(|used| ENDS.contains(used)).collect();
    assert!(ends.is_empty(), "nothing may use {ends:?}");
    let gone: Vec<_> = allowed.keys().filter(|name| !ours.contains_key(**name)).collect();
    assert!(gone.is_empty(), "these arrows begin nowhere: {gone:?}");
}

/// The packages below one, through all that is compiled into it.
fn below<'a>(metadata: &'a Value, name: &str) -> BTreeSet<&'a str> {
    let packages: BTreeMap<&str, &str> =
        list(metadata, "packages").iter().map(|it| (text(it, "id"), text(it, "name"))).collect();
    let nodes = list(&metadata["resolve"], "nodes");
    let nodes: BTreeMap<&str, &Value> = nodes.iter().map(|node| (text(node, "id"), node)).collect();
    // What only builds, tests or expands macros is not linked.
    let linked =
        |dependency: &&Value| list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null());
    let is_macro = |package: &&Value| {
        list(package, "targets")
            .iter()
            .any(|target| list(target, "kind").iter().any(|kind| kind == "proc-macro"))
    };
    let macros = list(metadata, "packages").iter().filter(is_macro);
    let macros: BTreeSet<&str> = macros.map(|it| text(it, "id")).collect();
    let mut found = BTreeSet::new();
    let mut todo: Vec<&str> = packages.iter().filter(|(_, it)| **it == name).map(|(id, _)| *id).collect();
    assert_eq!(todo.len(), 1, "there is one package {name}");
    while let Some(id) = todo.pop() {
        for dependency in list(nodes[id], "deps").iter().filter(linked) {
            let id = text(dependency, "pkg");
            if !macros.contains(id) && found.insert(packages[id]) {
                todo.push(id);
            }
        }
    }
    found
}

#[test]
fn what_is_pure_stays_pure() {
    let metadata = metadata();
    for (name, forbidden) in FORBIDDEN_BELOW {
        let wrong: Vec<&str> =
            below(&metadata, name).into_iter().filter(|it| forbidden.contains(it)).collect();
        assert!(wrong.is_empty(), "{name} must not bring in {wrong:?}");
    }
}

#[test]
fn the_test_sees_what_is_below() {
    let metadata = metadata();
    assert!(below(&metadata, "highwater-core").contains("crc32c"), "through the format");
    assert!(below(&metadata, "highwater-driver").contains("tokio"), "the driver loops over tokio");
}
