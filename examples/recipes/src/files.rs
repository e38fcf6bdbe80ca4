//! Files in a folder: a batch is one file, and its name is taken once.

use std::error::Error;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use highwater::SinkKind;

use crate::Sink;

/// A folder with a file for each batch.
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// The folder, which is made if it is not there.
    pub fn open(folder: &Path) -> Result<Files, Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        Ok(Files { folder: folder.to_owned() })
    }

    /// All numbers of all files, as often as they are there.
    pub fn rows(&self) -> Result<Vec<u64>, Box<dyn Error>> {
        let mut rows = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                for line in fs::read_to_string(path)?.lines() {
                    rows.push(line.parse()?);
                }
            }
        }
        rows.sort_unstable();
        Ok(rows)
    }

    /// Numbers sort as text, so that the files stand in the order of their batches.
    fn path(&self, token: u64) -> PathBuf {
        self.folder.join(format!("batch-{token:012}.csv"))
    }

    fn flush_folder(&self) -> Result<(), Box<dyn Error>> {
        Ok(File::open(&self.folder)?.sync_all()?)
    }
}

impl Sink for Files {
    const KIND: SinkKind = SinkKind::Transactional;

    async fn write(&mut self, _key: &str, token: u64, rows: &[u64]) -> Result<String, Box<dyn Error>> {
        let path = self.path(token);
        let temporary = self.folder.join(format!("{token:012}.{}.temporary", std::process::id()));
        let mut file = File::create(&temporary)?;
        for row in rows {
            writeln!(file, "{row}")?;
        }
        file.sync_all()?;
        // A rename would replace what is there. A link takes the name only if nobody has it: there is one file for a batch, whole or not at all.
        let linked = fs::hard_link(&temporary, &path);
        fs::remove_file(&temporary)?;
        linked?;
        self.flush_folder()?;
        Ok(path.display().to_string())
    }

    async fn ask(&mut self, _key: &str, token: u64) -> Result<Option<bool>, Box<dyn Error>> {
        let path = self.path(token);
        // Where it is not there, an empty file takes its name, so that a worker which was thought dead cannot take it any more.
        match File::create_new(&path) {
            Ok(file) => file.sync_all()?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        self.flush_folder()?;
        Ok(Some(fs::metadata(path)?.len() > 0))
    }
}
