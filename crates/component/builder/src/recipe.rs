use std::fs;
use std::path::{Path, PathBuf};

use wit_component::ComponentEncoder;

use crate::module::{cargo_home, compile};
use crate::{BuildError, Size, SourceTree, find_paths, imports};

/// The compiler target of the core module: the one whose standard library asks nothing of a host.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What to build, and where.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Root of the cargo workspace.
    pub workspace: PathBuf,
    /// The package with a `cdylib` that exports a WIT world.
    pub package: String,
    /// The cargo profile to build it with.
    pub profile: String,
    /// Folders of the workspace whose Rust files end in the component, relative to its root.
    pub source_folders: Vec<PathBuf>,
    /// Other files and folders that decide what the component is, relative to the workspace's root.
    pub other_inputs: Vec<PathBuf>,
    /// Cargo's target folder for this build. It must not be that of a cargo that waits for this build, which holds
    /// its lock.
    pub target_folder: PathBuf,
}

/// A component that passed every check.
#[derive(Debug, Clone)]
pub struct BuiltComponent {
    /// The component in binary form.
    pub bytes: Vec<u8>,
}

impl BuiltComponent {
    /// Measures the component. Compressing it takes a few milliseconds.
    pub fn size(&self) -> Size {
        Size::of(&self.bytes)
    }
}

impl Recipe {
    /// The recipe of the Highwater component. `target_folder` is cargo's; the build takes a folder of its own in it.
    pub fn highwater(target_folder: &Path) -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let crates = ["crates/format", "crates/core", "crates/component"];
        let manifests = crates.map(|folder| Path::new(folder).join("Cargo.toml"));
        let shared = ["wit", "Cargo.toml", "Cargo.lock"].map(PathBuf::from);
        Self {
            workspace: workspace.canonicalize().unwrap_or(workspace),
            package: "highwater-component".to_owned(),
            profile: "component".to_owned(),
            source_folders: crates.map(|folder| Path::new(folder).join("src")).into(),
            other_inputs: manifests.into_iter().chain(shared).collect(),
            target_folder: target_folder.join("component-build"),
        }
    }

    /// Every file and folder whose change calls for a new build, as full paths.
    pub fn inputs(&self) -> impl Iterator<Item = PathBuf> {
        self.source_folders.iter().chain(&self.other_inputs).map(|path| self.workspace.join(path))
    }

    /// Compiles, wraps and checks the component.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which step failed and what to do.
    pub fn build(&self) -> Result<BuiltComponent, BuildError> {
        let sources = SourceTree::collect(&self.workspace, &self.source_folders)?;
        let module = compile(self, &sources)?;
        let bytes = wrap(&module)?;
        let imports = imports(&bytes)?;
        if !imports.is_empty() {
            return Err(BuildError::Imports(imports));
        }
        let paths = find_paths(&bytes, &sources.needles(cargo_home().as_deref()));
        if !paths.is_empty() {
            return Err(BuildError::SourcePaths(paths));
        }
        Ok(BuiltComponent { bytes })
    }
}

fn wrap(module: &Path) -> Result<Vec<u8>, BuildError> {
    let bytes = fs::read(module).map_err(|source| BuildError::Read { path: module.to_owned(), source })?;
    let failed = |error| BuildError::Wrap { module: module.to_owned(), reason: format!("{error:#}") };
    ComponentEncoder::default().validate(true).module(&bytes).map_err(failed)?.encode().map_err(failed)
}
