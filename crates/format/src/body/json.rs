//! How the parts of JSON stand one after the other. Whether a comma is due shows in what stands before.

use std::fmt;

use super::encoder::{EncodeError, in_words};

/// Between a name and its value.
pub(super) const NAMED: u8 = b':';

fn separate(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'[' | b'{' | &NAMED)) {
        out.push(b',');
    }
}

/// A number, a truth value or nothing.
pub(super) fn word(out: &mut Vec<u8>, word: &dyn fmt::Display) {
    separate(out);
    out.extend_from_slice(word.to_string().as_bytes());
}

pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    separate(out);
    // Writing text to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

pub(super) fn open(out: &mut Vec<u8>, bracket: u8) {
    separate(out);
    out.push(bracket);
}

pub(super) fn end_name(out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if out.last() != Some(&b'"') {
        return Err(in_words(&"it has names that are not text"));
    }
    out.push(NAMED);
    Ok(())
}
