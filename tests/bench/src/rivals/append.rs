//! The least that makes bytes durable: append them to a file, then `fdatasync`.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use highwater_format::fact::{Fact, HwmSet};
use highwater_format::value::Value;
use highwater_format::{Digest, Entry, RecordHeader, WriterId, encode_record};

use crate::Problem;
use crate::step_loop::hwm_name;

/// A file, and the bytes that Highwater writes when one HWM moves.
pub(crate) struct RawAppend {
    file: File,
    record: Vec<u8>,
}

impl RawAppend {
    pub(crate) fn new(path: &Path) -> Result<RawAppend, Problem> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(RawAppend { file, record: record()? })
    }

    pub(crate) fn commit(&mut self) -> Result<usize, Problem> {
        self.file.write_all(&self.record)?;
        self.file.sync_data()?;
        Ok(1)
    }
}

fn record() -> Result<Vec<u8>, Problem> {
    let (name, value) = (hwm_name(0), Value::Int(1_000_000));
    let fact = Fact::from(HwmSet { name, value, cast: false, run: None, node: None, keys: Vec::new() });
    let header = RecordHeader {
        version: 1_000,
        writer: WriterId([7; 16]),
        sequence: 1_000,
        decided_at_ms: 1_780_000_000_000,
        chain: Digest([7; 32]),
    };
    Ok(encode_record(&header, &[Entry::from(fact)])?)
}
