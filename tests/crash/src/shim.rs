//! The two C programs of this crate: the shim that is preloaded, and the one that stops a file system.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// A file of this crate, compiled once in each process.
///
/// # Panics
///
/// When there is no C compiler: Rust needs one for linking, so there is.
fn compiled(name: &str) -> PathBuf {
    static PLACE: OnceLock<TempDir> = OnceLock::new();
    let place = PLACE.get_or_init(|| {
        let place = tempfile::tempdir().expect("a temporary folder");
        compile("shim", &["-shared", "-fPIC"], place.path());
        compile("shutdown", &[], place.path());
        place
    });
    place.path().join(name)
}

fn compile(name: &str, options: &[&str], to: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).with_extension("c");
    let output = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(to.join(name))
        .args(options)
        .arg(source)
        .output()
        .expect("the C compiler `cc` runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Records what the command does below `root` into `log`. Behind each operation it pauses up to `pause_us`.
pub fn preload(command: &mut Command, root: &Path, log: &Path, pause_us: u32) {
    command
        .env("LD_PRELOAD", compiled("shim"))
        .env("HIGHWATER_CRASH_ROOT", root)
        .env("HIGHWATER_CRASH_LOG", log)
        .env("HIGHWATER_CRASH_PAUSE_US", pause_us.to_string())
        // Operations that Node hands to the kernel in a ring of memory would not be seen.
        .env("UV_USE_IO_URING", "0");
}

/// Stops the file system that is mounted there, as if the power had failed.
///
/// # Panics
///
/// When it cannot be stopped so.
pub fn cut_power(mounted: &Path) {
    let status = Command::new(compiled("shutdown")).arg(mounted).status().expect("the program runs");
    assert!(status.success(), "the file system at {} goes on", mounted.display());
}
