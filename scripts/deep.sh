# The long tests: `./test deep`. Sourced by ./test, after setup.sh.
#
# What each test counts, it prints as `FIGURE name number`; all of it becomes the table crates/sim/FIGURES.md.
# HIGHWATER_DEEP_PERCENT=1 does about a hundredth of everything, to try this script, and leaves the table alone.
# HIGHWATER_DEEP_ONLY='sim fuzz' runs only the parts whose names begin so.

deep_percent=${HIGHWATER_DEEP_PERCENT:-100}
deep_logs=target/deep

# Its part of a number, and 1 at least.
part() {
    local number=$(($1 * deep_percent / 100))
    echo $((number > 0 ? number : 1))
}

# deep_run NAME COMMAND...: runs it with its output in a log, and goes on if it fails. All failures are told at the end.
deep_run() {
    local name=$1 began=$SECONDS only=${HIGHWATER_DEEP_ONLY:-}
    shift
    if [ -n "$only" ] && ! grep -qE "^(${only// /|})" <<<"$name"; then return; fi
    if "$@" >"$deep_logs/$name.log" 2>&1; then
        echo "  $name: $((SECONDS - began)) s"
    else
        echo "  $name: FAILED after $((SECONDS - began)) s, see $deep_logs/$name.log"
        echo "$name" >>"$deep_logs/failed"
    fi
}

need_fuzzer() {
    if ! cargo +nightly --version >/dev/null 2>&1; then
        say "Installing the nightly compiler, which the sanitizer needs"
        rustup toolchain install nightly --profile minimal
    fi
    if ! cargo fuzz --version >/dev/null 2>&1; then
        say "Installing cargo-fuzz"
        cargo install cargo-fuzz --locked
    fi
}

# Whatever is run by deep_run says itself that it failed: `set -e` does not hold there.

# fuzz FOLDER TARGET SECONDS [SEEDS]: what it finds stays in FOLDER/corpus and FOLDER/artifacts.
fuzz() {
    local folder=$1 target=$2 seconds=$3 log failed=0
    shift 3
    log=$(mktemp)
    (cd "$folder" && mkdir -p "corpus/$target" && cargo +nightly fuzz run "$target" "corpus/$target" "$@" -- \
        -max_total_time="$seconds" -print_final_stats=1 -verbosity=0) 2>&1 | tee "$log" || failed=1
    sed -n "s/^stat::number_of_executed_units: */FIGURE fuzz-$target /p" "$log"
    rm "$log"
    return $failed
}

# Random lives and chaos: each of the properties so many times.
lives() {
    local cases=$1 properties
    PROPTEST_CASES=$cases cargo test --release -p highwater-core --test properties || return 1
    properties=$(cargo test --release -p highwater-core --test properties -- --list 2>/dev/null | grep -c ': test$')
    echo "FIGURE random-lives $((cases * properties))"
}

# Everything is compiled before the clock starts, one after the other: they would only wait for each other.
deep_build() {
    cargo build --release -p highwater-sim
    cargo build --release -p highwater-rot-tests
    cargo build --release -p highwater-crash-tests
    cargo build --release -p highwater-figures
    cargo test --release -p highwater-sim --test linearizable --no-run
    cargo test --release -p highwater-models --no-run
    cargo test --release -p highwater-store-file --test processes --no-run
    cargo test --release -p highwater-crash-tests --features node --no-run
    cargo test --release -p highwater-format --test fuzz --no-run
    cargo test --release -p highwater-core --test properties --no-run
    cargo test -p highwater-tests --features parity --test parity --no-run
    (cd crates/format/fuzz && cargo +nightly fuzz build decode)
    (cd crates/core/fuzz && cargo +nightly fuzz build step)
}

# What computes, and what waits for processes and disks: a core for each.
deep_lane_one() {
    deep_run sim cargo run --release -p highwater-sim -- --seeds 0..1000000 --steps "$(part 10000000)"
    deep_run known-bugs cargo test --release -p highwater-sim --features known-bugs --test bugs -- --nocapture
    deep_run linearizable env HIGHWATER_HISTORIES="$(part 1000)" \
        cargo test --release -p highwater-sim --test linearizable -- --ignored --nocapture
    deep_run lockstep env HIGHWATER_LOCKSTEP_COMMANDS="$(part 100000)" \
        cargo test -p highwater-tests --features parity --test parity lockstep -- --nocapture
    deep_run fuzz-step fuzz crates/core/fuzz step "$(part 360)"
    deep_run lives lives "$(part 20000)"
}

deep_lane_two() {
    deep_run crash-states cargo run --release -p highwater-crash-tests -- states "$(part 1000000)" --node
    deep_run crash-calls env HIGHWATER_CRASH_CALL_STEP=$((deep_percent < 100 ? 9 : 1)) \
        cargo test --release -p highwater-crash-tests --features node --test calls -- --nocapture
    deep_run crash-storms env HIGHWATER_CRASH_KILLS="$(part 500)" \
        cargo test --release -p highwater-crash-tests --features node --test storms -- --nocapture
    deep_run crash-devices env HIGHWATER_CRASH_CUTS="$(part 100)" \
        cargo test --release -p highwater-crash-tests --features node --test devices -- --nocapture
    deep_run crash-races env HIGHWATER_CRASH_RACE="$(part 10000)" \
        cargo test --release -p highwater-crash-tests --features node --test races -- --nocapture
    deep_run races env HIGHWATER_RACE_APPENDS="$(part 80000)" \
        cargo test --release -p highwater-store-file --test processes race -- --nocapture
    deep_run fuzz-mutants env HIGHWATER_FUZZ_EXECUTIONS="$(part 10000000)" \
        cargo test --release -p highwater-format --test fuzz -- --nocapture
    deep_run fuzz-decode fuzz crates/format/fuzz decode "$(part 180)" seeds
    deep_run rot cargo run --release -p highwater-rot-tests -- "$(part 65536)" "$(part 20000)"
    # The larger bounds take gigabytes, so they come when nothing else needs any.
    if [ "$deep_percent" -ge 100 ]; then
        deep_run models cargo test --release -p highwater-models -- --ignored --nocapture --test-threads=1
    fi
}

deep() {
    local began table=crates/sim/FIGURES.md failed=0
    [ "$deep_percent" -ge 100 ] && [ -z "${HIGHWATER_DEEP_ONLY:-}" ] || table=$deep_logs/FIGURES.md
    rm -rf "$deep_logs"
    mkdir -p "$deep_logs"
    need_fuzzer
    build_npm_package
    say "Deep: building"
    deep_build
    say "Deep: $deep_percent % of everything, on two cores; what is printed goes to $deep_logs"
    began=$SECONDS
    deep_lane_one &
    deep_lane_two
    wait
    say "Deep: the figures"
    cargo run --release --quiet -p highwater-figures -- "$deep_logs" --date "$(date +%F)" --seconds $((SECONDS - began)) \
        --percent "$deep_percent" --into "$table" || failed=1
    echo "  $table"
    if [ -e "$deep_logs/failed" ]; then
        echo "failed: $(tr '\n' ' ' <"$deep_logs/failed")" >&2
        return 1
    fi
    return $failed
}
