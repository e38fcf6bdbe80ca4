//! Whether the command can be started at all, found out before an attempt is spent on it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::exit_code;
use crate::failure::{Failure, Outcome};

/// Refuses a program that is not there or may not be started, with the exit codes that shells use.
pub(super) fn check(program: &OsStr) -> Outcome<()> {
    let shown = program.to_string_lossy();
    if program.is_empty() {
        return Err(Failure::usage("the command is empty; write it after --"));
    }
    let places = places(program);
    if places.iter().any(|place| is_executable(place)) {
        return Ok(());
    }
    if places.iter().any(|place| place.exists()) {
        let message =
            format!("`{shown}` may not be executed; chmod +x it, or start it through its interpreter");
        return Err(Failure::new(exit_code::NOT_EXECUTABLE, message));
    }
    let message = format!("there is no command `{shown}`; check its spelling and PATH");
    Err(Failure::new(exit_code::NOT_FOUND, message))
}

/// Where the system looks for it.
fn places(program: &OsStr) -> Vec<PathBuf> {
    if program.to_string_lossy().contains('/') {
        return vec![PathBuf::from(program)];
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
}

fn is_executable(place: &Path) -> bool {
    place.is_file() && access(place, Access::EXEC_OK).is_ok()
}
