//! `build-component [FILE]`: builds the Highwater component and writes it to FILE.
//!
//! Without FILE it becomes `highwater.wasm` in cargo's target folder. The path goes to standard output, the size to
//! standard error.
#![allow(clippy::print_stdout, reason = "a program's output")]

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use highwater_component_builder::Recipe;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("build-component: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let target_folder = target_folder()?;
    let file = env::args_os().nth(1).map_or_else(|| target_folder.join("highwater.wasm"), PathBuf::from);
    let component = Recipe::highwater(&target_folder).build().map_err(|error| error.to_string())?;
    let failed = |error| format!("cannot write {}: {error}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(&file, &component.bytes).map_err(failed)?;
    eprintln!("component: {}", component.size());
    println!("{}", file.display());
    Ok(())
}

/// Cargo's target folder, which is two levels above this program: `<target>/<profile>/build-component`.
fn target_folder() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| format!("cannot find my own path: {error}"))?;
    let folder = program.ancestors().nth(2);
    folder.map(PathBuf::from).ok_or_else(|| format!("{} is not in a target folder", program.display()))
}
