//! Builds small crates with the real compiler, to show what passes the builder and what it refuses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use highwater_component_builder::{BuildError, Recipe, WASM_TARGET, find_paths, imports};
use tempfile::TempDir;

const MANIFEST: &str = "\
[workspace]
[package]
name = \"guest-module\"
version = \"0.0.0\"
edition = \"2024\"
[lib]
crate-type = [\"cdylib\"]
[profile.component]
inherits = \"release\"
";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"guest-module\"\nversion = \"0.0.0\"\n";

/// Panics in a way that the optimizer cannot remove, in a file with a name that is easy to find.
const PANICKING: &str = "\
pub fn pick(index: usize) -> u8 {
    let numbers = [1_u8, 2, 3];
    assert!(index < 9, \"index {index} is large\");
    numbers[index]
}
";

fn workspace(lib: &str) -> (TempDir, Recipe) {
    let folder = TempDir::new().expect("a temporary folder");
    let source = folder.path().join("src/inner");
    fs::create_dir_all(&source).expect("a source folder");
    for (path, text) in [
        ("Cargo.toml", MANIFEST),
        ("Cargo.lock", LOCK),
        ("src/lib.rs", lib),
        ("src/inner/deep.rs", PANICKING),
    ] {
        fs::write(folder.path().join(path), text).expect("a source file");
    }
    let recipe = Recipe {
        workspace: folder.path().to_owned(),
        package: "guest-module".to_owned(),
        profile: "component".to_owned(),
        source_folders: vec!["src".into()],
        other_inputs: vec![],
        target_folder: folder.path().join("target"),
    };
    (folder, recipe)
}

const PANICKING_LIB: &str = "\
mod inner { pub mod deep; }
#[unsafe(no_mangle)]
pub extern \"C\" fn pick(index: usize) -> u8 { inner::deep::pick(index) }
";

#[test]
fn a_crate_that_asks_for_nothing_becomes_a_component_without_imports_and_paths() {
    let (folder, recipe) = workspace(PANICKING_LIB);
    let component = recipe.build().expect("a component");
    assert_eq!(imports(&component.bytes).expect("a well-formed component"), Vec::<String>::new());
    let needles = ["deep.rs".to_owned(), folder.path().display().to_string()];
    assert_eq!(find_paths(&component.bytes, &needles), Vec::<String>::new());
    assert!(component.size().gzipped < component.size().plain);

    // The same crate built by cargo alone does carry the path, so the check above can fail.
    let plain = build_by_cargo_alone(folder.path());
    assert_eq!(find_paths(&fs::read(plain).expect("a module"), &needles), ["deep.rs"]);
}

fn build_by_cargo_alone(workspace: &Path) -> PathBuf {
    let target_folder = workspace.join("plain");
    let status = Command::new("cargo")
        .current_dir(workspace)
        .args(["build", "--quiet", "--locked", "--release", "--target", WASM_TARGET, "--target-dir"])
        .arg(&target_folder)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo");
    assert!(status.success());
    target_folder.join(WASM_TARGET).join("release/guest_module.wasm")
}

#[test]
fn a_crate_that_asks_its_host_for_the_time_is_refused_by_name() {
    let (_folder, recipe) = workspace(
        "#[link(wasm_import_module = \"clock\")]
        unsafe extern \"C\" { fn current_time() -> u64; }
        #[unsafe(no_mangle)]
        pub extern \"C\" fn now() -> u64 { unsafe { current_time() } }",
    );
    let error = recipe.build().expect_err("an import");
    assert!(error.to_string().contains("clock"), "{error}");
}

#[test]
fn a_component_that_imports_an_interface_is_refused_with_the_list() {
    let component = wat::parse_str(
        "(component
            (import \"wasi:clocks/monotonic-clock@0.2.0\" (instance))
            (import \"wasi:random/random@0.2.0\" (instance))
            (component (import \"inner\" (instance))))",
    )
    .expect("a component");
    let names = imports(&component).expect("a well-formed component");
    assert_eq!(names, ["wasi:clocks/monotonic-clock@0.2.0", "wasi:random/random@0.2.0"]);
    let message = BuildError::Imports(names).to_string();
    assert!(message.contains("wasi:random/random@0.2.0"), "{message}");
}

#[test]
fn bytes_that_are_no_component_are_an_error() {
    assert!(matches!(imports(b"not wasm"), Err(BuildError::Parse(_))));
    assert!(matches!(imports(b"\0asm\x0d\0\x01\0\xff"), Err(BuildError::Parse(_))));
}

#[test]
fn a_crate_that_does_not_compile_is_named() {
    let (_folder, recipe) = workspace("compile_error!(\"as intended by a test\");");
    let error = recipe.build().expect_err("a compiler error");
    assert!(matches!(&error, BuildError::Cargo { package } if package == "guest-module"), "{error}");
}
