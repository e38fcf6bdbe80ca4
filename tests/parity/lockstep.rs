//! Random lives in step: native, wasmtime, and with the feature `parity` Node as well, byte for byte.

#![expect(clippy::print_stdout, reason = "how much was checked is for people")]

use highwater_tests::{Trace, lockstep};

const SUBMISSIONS: usize = 500;
/// Commands in all; HIGHWATER_LOCKSTEP_COMMANDS wants more.
const COMMANDS: usize = 2_000;

#[test]
fn random_lives_are_the_same_everywhere() {
    let wanted = std::env::var("HIGHWATER_LOCKSTEP_COMMANDS")
        .map_or(COMMANDS, |text| text.parse().expect("HIGHWATER_LOCKSTEP_COMMANDS is a number"));
    let (mut commands, mut seed) = (0, 0);
    while commands < wanted {
        seed += 1;
        let trace = lockstep::life(seed, SUBMISSIONS);
        commands += trace.commands();
        let name = format!("life-{seed}");
        super::in_wasmtime(&name, &trace);
        in_node(name, trace);
    }
    println!("FIGURE lockstep-commands {commands}");
}

#[cfg(feature = "parity")]
fn in_node(name: String, trace: Trace) {
    let traces = [(name, trace)];
    assert_eq!(super::in_node(&traces), super::digests(&traces));
}

#[cfg(not(feature = "parity"))]
fn in_node(_: String, _: Trace) {}
