//! Formats of data.

use clap::ValueEnum;
use serde::Serialize;

use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// One JSON document a line, one line an entry.
    Ndjson,
}

impl Console {
    /// Writes one thing; `table` is what people see.
    pub(crate) fn show<T: Serialize>(&self, data: &T, table: impl FnOnce() -> String) -> Outcome<()> {
        match self.format {
            Format::Table => self.print(&table()),
            Format::Json => self.print(&pretty_json(data)?),
            Format::Yaml => self.print(&yaml(data)?),
            Format::Ndjson => self.print(&json_line(data)?),
        }
    }

    /// Writes a list; `table` is what people see.
    pub(crate) fn show_list<T: Serialize>(
        &self,
        entries: &[T],
        table: impl FnOnce() -> String,
    ) -> Outcome<()> {
        match self.format {
            Format::Ndjson => {
                let lines = entries.iter().map(json_line).collect::<Outcome<String>>()?;
                self.print(&lines)
            }
            _ => self.show(&entries, table),
        }
    }
}

fn pretty_json<T: Serialize>(data: &T) -> Outcome<String> {
    let json = serde_json::to_string_pretty(data).map_err(|error| unwritable("JSON", &error))?;
    Ok(json + "\n")
}

fn json_line<T: Serialize>(data: &T) -> Outcome<String> {
    let json = serde_json::to_string(data).map_err(|error| unwritable("JSON", &error))?;
    Ok(json + "\n")
}

fn yaml<T: Serialize>(data: &T) -> Outcome<String> {
    serde_saphyr::to_string(data).map_err(|error| unwritable("YAML", &error))
}

fn unwritable(format: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::work(format!("this cannot be written as {format} ({error}); report it"))
}
