//! Compiles the shim and preloads it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The compiled shim, made once in each process.
///
/// # Panics
///
/// When there is no C compiler: Rust needs one for linking, so there is.
fn library() -> PathBuf {
    static PLACE: OnceLock<TempDir> = OnceLock::new();
    let place = PLACE.get_or_init(|| {
        let place = tempfile::tempdir().expect("a temporary folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim.c");
        let output = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(place.path().join("shim.so"))
            .arg(source)
            .output()
            .expect("the C compiler `cc` runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        place
    });
    place.path().join("shim.so")
}

/// Records what the command does below `root` into `log`. Behind each operation it pauses up to `pause_us`.
pub fn preload(command: &mut Command, root: &Path, log: &Path, pause_us: u32) {
    command
        .env("LD_PRELOAD", library())
        .env("HIGHWATER_CRASH_ROOT", root)
        .env("HIGHWATER_CRASH_LOG", log)
        .env("HIGHWATER_CRASH_PAUSE_US", pause_us.to_string())
        // Operations that Node hands to the kernel in a ring of memory would not be seen.
        .env("UV_USE_IO_URING", "0");
}
