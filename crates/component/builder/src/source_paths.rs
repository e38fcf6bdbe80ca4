use std::fs;
use std::path::{Path, PathBuf};

use crate::BuildError;

/// The Rust files that a component is made of, with the paths by which the compiler knows them.
///
/// Each place that can panic carries the path of its source file into the binary. In a component nobody can read
/// it (there is no standard error), so the compiler is told to call each of these files by a number.
#[derive(Debug, Clone)]
pub struct SourceTree {
    workspace: PathBuf,
    files: Vec<PathBuf>,
}

impl SourceTree {
    /// Collects the Rust files under `folders`, which are relative to the root of the workspace.
    ///
    /// # Errors
    ///
    /// [`BuildError::Read`] when a folder cannot be listed.
    pub fn collect(workspace: &Path, folders: &[PathBuf]) -> Result<Self, BuildError> {
        let mut files = Vec::new();
        for folder in folders {
            collect_folder(workspace, folder, &mut files)?;
        }
        files.sort();
        Ok(Self { workspace: workspace.to_owned(), files })
    }

    /// The compiler flags that keep the paths of these files, and of `cargo_home`, out of the binary.
    ///
    /// A file's new name is its position in the sorted list, because the compiler mixes up files that share a name.
    /// Its own messages keep the true paths.
    pub fn remap_flags(&self, cargo_home: Option<&Path>) -> Vec<String> {
        let remap = |path: &Path, name: &str| format!("--remap-path-prefix={}={name}", path.display());
        let mut flags = vec!["--remap-path-scope=object".to_owned(), remap(&self.workspace, "highwater")];
        flags.extend(cargo_home.map(|home| remap(&home.join("registry").join("src"), "registry")));
        // Cargo hands the compiler paths relative to the workspace; of several matches the last one counts. Each flag
        // names a whole file, because what follows a folder's name would stay.
        let files = self.files.iter().enumerate();
        flags.extend(files.map(|(position, file)| remap(file, &position.to_string())));
        flags
    }

    /// What must not occur in a component: each file's path, the workspace's, and `cargo_home`.
    pub fn needles(&self, cargo_home: Option<&Path>) -> Vec<String> {
        let folders = [Some(self.workspace.as_path()), cargo_home];
        folders
            .into_iter()
            .flatten()
            .chain(self.files.iter().map(PathBuf::as_path))
            .map(|path| path.display().to_string())
            .collect()
    }
}

/// Which of `needles` occur in `haystack`.
pub fn find_paths(haystack: &[u8], needles: &[String]) -> Vec<String> {
    let occurs = |needle: &str| {
        !needle.is_empty() && haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    needles.iter().filter(|needle| occurs(needle)).cloned().collect()
}

fn collect_folder(workspace: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), BuildError> {
    let path = workspace.join(folder);
    let failed = |source| BuildError::Read { path: path.clone(), source };
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let relative = folder.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            collect_folder(workspace, &relative, files)?;
        } else if relative.extension().is_some_and(|extension| extension == "rs") {
            files.push(relative);
        }
    }
    Ok(())
}
