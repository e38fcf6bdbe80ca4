//! All HWMs in one JSON file that is written anew for each move: what many people begin with, done carefully.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Problem;
use crate::step_loop::hwm_name;

/// What a file says about one HWM.
#[derive(Debug, Deserialize, Serialize)]
struct Entry {
    value: i64,
    version: u64,
    updated_at_ms: i64,
}

/// A JSON file, and what is in it.
pub(crate) struct JsonFile {
    path: PathBuf,
    hwms: BTreeMap<String, Entry>,
}

impl JsonFile {
    /// A file with so many HWMs.
    pub(crate) fn new(path: &Path, hwms: usize) -> Result<JsonFile, Problem> {
        let entry = || Entry { value: 0, version: 1, updated_at_ms: 1_780_000_000_000 };
        let hwms = (0..hwms).map(|number| (hwm_name(number), entry())).collect();
        let file = JsonFile { path: path.to_owned(), hwms };
        file.write()?;
        Ok(file)
    }

    /// Moves one HWM.
    pub(crate) fn commit(&mut self) -> Result<usize, Problem> {
        let entry = self.hwms.get_mut(&hwm_name(0)).ok_or("the file is empty")?;
        entry.value += 1;
        entry.version += 1;
        self.write()?;
        Ok(1)
    }

    /// Reads the file and looks one HWM up.
    pub(crate) fn open(path: &Path) -> Result<(), Problem> {
        let hwms: BTreeMap<String, Entry> = serde_json::from_slice(&fs::read(path)?)?;
        hwms.get(&hwm_name(0)).ok_or("there is no HWM to read")?;
        Ok(())
    }

    /// Under another name first, so that a crash leaves the old file or the new one, and never half of it.
    fn write(&self) -> Result<(), Problem> {
        let unfinished = self.path.with_extension("unfinished");
        let mut file = File::create(&unfinished)?;
        file.write_all(&serde_json::to_vec(&self.hwms)?)?;
        file.sync_data()?;
        fs::rename(unfinished, &self.path)?;
        Ok(())
    }
}
