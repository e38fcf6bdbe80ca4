//! What is counted, and how much of it is wanted.

/// How much is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// So much or more.
    AtLeast(u64),
    /// Exactly none.
    None,
    /// As many as come.
    Any,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The name under which tests print it.
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) what: &'static str,
    /// How much is wanted.
    pub(crate) aim: Aim,
    /// What counts it.
    pub(crate) command: &'static str,
}

/// Names that begin so are faults of the simulator, by kind.
pub(crate) const FAULT: &str = "sim-fault-";

const SIM: &str = "cargo run --release -p highwater-sim -- --seeds 0..1000000 --steps 10000000";
const HUNT: &str = "cargo test --release -p highwater-sim --features known-bugs --test bugs";
const HISTORIES: &str = "cargo test --release -p highwater-sim --test linearizable -- --ignored";
const MODELS: &str = "cargo test --release -p highwater-models -- --ignored";
const ROT: &str = "cargo run --release -p highwater-rot-tests";
const STATES: &str = "cargo run --release -p highwater-crash-tests -- states 1000000 --node";
const CALLS: &str =
    "HIGHWATER_CRASH_CALL_STEP=1 cargo test --release -p highwater-crash-tests --features node --test calls";
const STORMS: &str =
    "HIGHWATER_CRASH_KILLS=500 cargo test --release -p highwater-crash-tests --features node --test storms";
const DEVICES: &str =
    "HIGHWATER_CRASH_CUTS=100 cargo test --release -p highwater-crash-tests --features node --test devices";
const RACES: &str =
    "HIGHWATER_RACE_APPENDS=80000 cargo test --release -p highwater-store-file --test processes";
const MIXED: &str =
    "HIGHWATER_CRASH_RACE=10000 cargo test --release -p highwater-crash-tests --features node --test races";
const FUZZ_FORMAT: &str = "cargo +nightly fuzz run decode corpus seeds -- -max_total_time=180";
const FUZZ_CORE: &str = "cargo +nightly fuzz run step -- -max_total_time=360";
const MUTANTS: &str =
    "HIGHWATER_FUZZ_EXECUTIONS=10000000 cargo test --release -p highwater-format --test fuzz";
const LOCKSTEP: &str =
    "HIGHWATER_LOCKSTEP_COMMANDS=100000 cargo test -p highwater-tests --features parity lockstep";
const LIVES: &str = "PROPTEST_CASES=20000 cargo test --release -p highwater-core --test properties";

const fn row(name: &'static str, what: &'static str, aim: Aim, command: &'static str) -> Row {
    Row { name, what, aim, command }
}

/// The whole table, in its order.
pub(crate) const ROWS: &[Row] = &[
    row("sim-steps", "steps of engines in simulated lives", Aim::AtLeast(10_000_000), SIM),
    row("sim-lives", "simulated lives", Aim::Any, SIM),
    row("sim-commands", "commands in them", Aim::Any, SIM),
    row("sim-records", "records written in them", Aim::Any, SIM),
    row("sim-crashes", "hosts that died in them", Aim::Any, SIM),
    row("sim-faults", "faults in them", Aim::Any, SIM),
    row("sim-violations", "promises broken in them", Aim::None, SIM),
    row("known-bugs-found", "bugs planted in the product and found by the simulator", Aim::AtLeast(20), HUNT),
    row("known-bugs-missed", "bugs planted and not found", Aim::None, HUNT),
    row(
        "linearizable-histories",
        "histories of 8 clients held against the reference",
        Aim::AtLeast(1_000),
        HISTORIES,
    ),
    row("linearizable-operations", "operations in them", Aim::Any, HISTORIES),
    row(
        "linearizable-operations-that-happened-unanswered",
        "of these, happened though nobody was told",
        Aim::Any,
        HISTORIES,
    ),
    row("linearizable-facts", "facts in their journals", Aim::Any, HISTORIES),
    row("model-states-append", "states of the append, visited whole", Aim::Any, MODELS),
    row("model-states-lease", "states of leases, visited whole", Aim::Any, MODELS),
    row("model-states-reset", "states of journals that are started anew, visited whole", Aim::Any, MODELS),
    row("model-states-snapshot", "states of snapshots and trimming, visited whole", Aim::Any, MODELS),
    row("bit-flips-log", "bits turned in a log of 64 KiB", Aim::AtLeast(524_288), ROT),
    row("truncations-log", "lengths to which it was cut", Aim::AtLeast(65_536), ROT),
    row("sector-damages-log", "sectors lost, zeroed, swapped or misdirected in it", Aim::Any, ROT),
    row("bit-flips-snapshot", "bits turned in a snapshot of 64 KiB", Aim::AtLeast(524_288), ROT),
    row("truncations-snapshot", "lengths to which it was cut", Aim::AtLeast(65_536), ROT),
    row("sector-damages-snapshot", "sectors lost, zeroed, swapped or misdirected in it", Aim::Any, ROT),
    row(
        "bit-flips-log-under-snapshots",
        "bits turned in a log that snapshots stand for, one of each byte",
        Aim::Any,
        ROT,
    ),
    row("truncations-log-under-snapshots", "lengths to which it was cut", Aim::Any, ROT),
    row("sector-damages-log-under-snapshots", "sectors damaged in it", Aim::Any, ROT),
    row("silent-damages", "damages that were neither noticed nor harmless", Aim::None, ROT),
    row("crash-points", "operations of real processes after which the power failed", Aim::Any, STATES),
    row(
        "crash-states",
        "states of the disk after that, each recovered from",
        Aim::AtLeast(1_000_000),
        STATES,
    ),
    row("failed-calls", "system calls that failed, each of a run once in each way", Aim::AtLeast(500), CALLS),
    row("kills", "processes killed, Rust and Node", Aim::AtLeast(1_000), STORMS),
    row("power-cuts", "power failures of a real ext4", Aim::Any, DEVICES),
    row(
        "raced-appends",
        "appends by 8 racing processes on one directory, and by 4 and 3",
        Aim::AtLeast(80_000),
        RACES,
    ),
    row(
        "mixed-appends",
        "appends by 6 Rust and 2 Node processes that race, trim and open again",
        Aim::AtLeast(40_000),
        MIXED,
    ),
    row(
        "fuzz-decode",
        "inputs of all decoders, chosen by coverage, with a sanitizer",
        Aim::AtLeast(1_000_000),
        FUZZ_FORMAT,
    ),
    row(
        "fuzz-step",
        "lives and chaos of engines, chosen by coverage, with a sanitizer",
        Aim::AtLeast(50_000),
        FUZZ_CORE,
    ),
    row("mutants-decoded", "golden files, changed and decoded", Aim::AtLeast(10_000_000), MUTANTS),
    row("random-lives", "random lives and chaos of engines", Aim::AtLeast(50_000), LIVES),
    row(
        "lockstep-commands",
        "random commands that native, wasmtime and Node answered with the same bytes",
        Aim::AtLeast(100_000),
        LOCKSTEP,
    ),
    row(
        "acknowledged-records",
        "records acknowledged to processes that raced or were killed",
        Aim::Any,
        STORMS,
    ),
    row("records-lost", "of these, lost or there twice", Aim::None, STORMS),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ROWS;

    #[test]
    fn every_name_has_one_row() {
        let names: BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
    }
}
