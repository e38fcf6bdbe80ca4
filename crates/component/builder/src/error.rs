use std::path::PathBuf;

/// Why a component could not be built. Each message names the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The Rust compiler has no standard library for WebAssembly.
    #[error(
        "the Rust target {target} is not installed (looked in {looked_in}); run `rustup target add {target}`",
        looked_in = looked_in.display()
    )]
    TargetMissing {
        /// Name of the target.
        target: &'static str,
        /// Folder in which its standard library would be.
        looked_in: PathBuf,
    },

    /// A program could not be started.
    #[error("cannot run `{program}`: {source}; the Rust toolchain must be on PATH")]
    Program {
        /// The program's name.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },

    /// Cargo ran and failed. Its own output went to standard error.
    #[error("`cargo build -p {package}` failed; its messages are above: fix them and build again")]
    Cargo {
        /// Name of the package.
        package: String,
    },

    /// A file or folder could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// The core module could not be wrapped.
    #[error("cannot make a component of {path}: {reason}; does the crate export its WIT world?", path = module.display())]
    Wrap {
        /// The core module.
        module: PathBuf,
        /// What wit-component said.
        reason: String,
    },

    /// The component could not be parsed.
    #[error("the component is malformed: {0}; this is a defect of the builder")]
    Parse(#[from] wasmparser::BinaryReaderError),

    /// The component asks its host for something.
    #[error(
        "the component must import nothing, so that every host can load it, but it imports: {}; \
         remove what reaches for the host (a clock, randomness, files), and `export` in the world each interface it uses",
        .0.join(", ")
    )]
    Imports(
        /// Name of each import.
        Vec<String>,
    ),

    /// The component carries paths of source files.
    #[error("the component carries paths of source files, which say nothing to its users: {}", .0.join(", "))]
    SourcePaths(
        /// Each path found.
        Vec<String>,
    ),
}
