use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{BuildError, Recipe, SourceTree, WASM_TARGET};

/// Compiles the recipe's package to a core module and returns where it is.
pub(crate) fn compile(recipe: &Recipe, sources: &SourceTree) -> Result<PathBuf, BuildError> {
    require_target(&recipe.workspace)?;
    let flags = sources.remap_flags(cargo_home().as_deref()).join("\u{1f}");
    let mut cargo = Command::new(program("CARGO", "cargo"));
    cargo
        .current_dir(&recipe.workspace)
        .args(["build", "--locked", "--quiet", "--lib", "--package", &recipe.package])
        .args(["--target", WASM_TARGET, "--profile", &recipe.profile])
        .arg("--target-dir")
        .arg(&recipe.target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        // Cargo takes a build script's standard output for instructions to itself.
        .stdout(Stdio::null());
    // Set by `cargo clippy` and by coverage tools for the outer build; they are not meant for this one.
    for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    let status =
        cargo.status().map_err(|source| BuildError::Program { program: "cargo".to_owned(), source })?;
    if !status.success() {
        return Err(BuildError::Cargo { package: recipe.package.clone() });
    }
    let file = format!("{}.wasm", recipe.package.replace('-', "_"));
    Ok(recipe.target_folder.join(WASM_TARGET).join(&recipe.profile).join(file))
}

/// The folder in which cargo keeps the sources of other people's crates.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let default = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default)
}

fn require_target(workspace: &Path) -> Result<(), BuildError> {
    let rustc = program("RUSTC", "rustc");
    let output = Command::new(&rustc)
        .current_dir(workspace)
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .output()
        .map_err(|source| BuildError::Program { program: rustc.to_string_lossy().into_owned(), source })?;
    let looked_in = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && looked_in.is_dir() {
        Ok(())
    } else {
        Err(BuildError::TargetMissing { target: WASM_TARGET, looked_in })
    }
}

fn program(variable: &str, default: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| default.into())
}
