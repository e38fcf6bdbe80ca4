# What ./test, ./demo and ./bench need, installed where it is missing. Sourced, from the root of the repository.

say() {
    printf '\n\033[1m== %s\033[0m\n' "$*"
}

need_rust() {
    command -v cargo >/dev/null || {
        echo "cargo is missing: install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or later (https://rustup.rs), then run this again" >&2
        exit 1
    }
}

# The engine as a component is built for this target; the standard library for it is a separate download.
need_wasm_target() {
    if ! rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null | xargs -r ls >/dev/null 2>&1; then
        say "Installing the Rust target wasm32-unknown-unknown"
        rustup target add wasm32-unknown-unknown
    fi
}

# The recipes load into a server of their own, which the tests start and stop; they only want its programs.
need_postgres() {
    if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && [ ! -x /usr/local/bin/initdb ]; then
        say "Installing Postgres"
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

need_node() {
    local major
    major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    if [ "${major:-0}" -lt 20 ]; then
        echo "Node 20 or later is missing: install it (https://nodejs.org), then run this again" >&2
        exit 1
    fi
}

# Installs what a package.json locks, once for each state of the lock file. Not `npm ci`: it wants the lock file to name what every other
# platform would install, and npm leaves out of it what was not published for all of them when it was written.
npm_install() {
    local folder=$1 stamp=$1/node_modules/.installed-lock
    if ! cmp -s "$folder/package-lock.json" "$stamp" 2>/dev/null; then
        say "Installing the npm packages of $folder"
        (cd "$folder" && npm install --no-save --no-audit --no-fund --loglevel=error)
        cp "$folder/package-lock.json" "$stamp"
    fi
}

# Makes npm/highwater/dist, the component included.
build_npm_package() {
    npm_install npm/highwater
    say "npm: building the package"
    (cd npm/highwater && npm run --silent build)
}
