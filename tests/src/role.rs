//! Tests that need other processes: the test program starts itself again, to play a role on a directory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const ROLE: &str = "HIGHWATER_TEST_ROLE";
const DIRECTORY: &str = "HIGHWATER_TEST_DIRECTORY";

/// Starts this test program again with only the test called `test`, which looks at [`current`] for its role.
///
/// # Panics
///
/// When the program cannot be started.
#[must_use]
pub fn spawn(test: &str, role: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts again")
}

/// The role and the directory of this process; `None` when the tests are run as usual.
#[must_use]
pub fn current() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, PathBuf::from(std::env::var_os(DIRECTORY)?)))
}
