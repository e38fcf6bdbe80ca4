//! A MessagePack array of entries: what the bodies of records and snapshots hold.

use crate::entry::{EntryOf, Extra, decode_entry, encode_entry, encode_parts, write_array};
use crate::error::FormatError;
use crate::fact_table::FactTable;
use crate::message::{self, malformed};

/// How many bytes an entry often has; room for it is made at once.
const USUAL_ENTRY_BYTES: usize = 96;

/// Entries that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<F> {
    /// The entries that are known, in order.
    pub entries: Vec<EntryOf<F>>,
    /// How many optional entries were skipped because this version does not know them.
    pub skipped: usize,
}

/// An array of these entries.
///
/// # Errors
///
/// [`FormatError::Encode`] when an entry cannot be written.
pub fn encode_entries<'a, F: FactTable + 'a>(
    entries: impl ExactSizeIterator<Item = &'a EntryOf<F>>,
) -> Result<Vec<u8>, FormatError> {
    let mut body = Vec::with_capacity(entries.len().saturating_mul(USUAL_ENTRY_BYTES));
    append_entries(entries, &mut body)?;
    Ok(body)
}

/// Appends an array of these entries to `out`.
pub(crate) fn append_entries<'a, F: FactTable + 'a>(
    entries: impl ExactSizeIterator<Item = &'a EntryOf<F>>,
    out: &mut Vec<u8>,
) -> Result<(), FormatError> {
    write_array(out, count_of(entries.len())?);
    entries.into_iter().try_for_each(|entry| encode_entry(entry, out))
}

/// Reads an array of entries. Unknown optional ones are skipped and counted.
///
/// # Errors
///
/// [`FormatError::Body`] when the bytes are not such an array, [`FormatError::Fields`] when the fields of a fact do not
/// fit it, [`FormatError::UnknownFact`] for a fact that may not be skipped.
pub fn decode_entries<F: FactTable>(body: &[u8]) -> Result<Entries<F>, FormatError> {
    let (count, mut rest) = message::array(body, "the body")?;
    // The count may be a lie, so that room is only made for a few entries ahead of what was really there.
    let mut entries = Vec::with_capacity(rest.len().min(count as usize).min(64));
    let mut skipped = 0;
    for _ in 0..count {
        let at = body.len() - rest.len();
        let (entry, following) = decode_entry(rest).map_err(|error| place(error, at))?;
        rest = following;
        match entry {
            Some(entry) => entries.push(entry),
            None => skipped += 1,
        }
    }
    if !rest.is_empty() {
        return Err(malformed(body.len() - rest.len(), format!("{} bytes follow the entries", rest.len())));
    }
    Ok(Entries { entries, skipped })
}

/// Makes an offset within an entry one within the body.
fn place(error: FormatError, entry_at: usize) -> FormatError {
    match error {
        FormatError::Body { at, what } => FormatError::Body { at: at + entry_at as u64, what },
        other => other,
    }
}

/// Writes entries one by one, for bodies of so many that they are not all in memory as entries.
///
/// What it writes reads back through [`decode_entries`]; the head of the array is always the long one.
#[derive(Clone, Debug)]
pub struct EntriesWriter {
    body: Vec<u8>,
    count: usize,
}

impl EntriesWriter {
    /// The length of the long head of an array.
    const HEAD_BYTES: usize = 5;

    /// A writer without entries, with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut body = Vec::with_capacity(Self::HEAD_BYTES + bytes);
        body.resize(Self::HEAD_BYTES, 0);
        Self { body, count: 0 }
    }

    /// Appends one entry.
    ///
    /// # Errors
    ///
    /// [`FormatError::Encode`] when it cannot be written. Nothing is appended then.
    pub fn push<F: FactTable>(&mut self, fact: &F, extra: &Extra) -> Result<(), FormatError> {
        let end = self.body.len();
        let pushed = encode_parts(fact, extra, &mut self.body);
        match pushed {
            Ok(()) => self.count += 1,
            Err(_) => self.body.truncate(end),
        }
        pushed
    }

    /// How many bytes the body has so far.
    pub fn bytes_len(&self) -> usize {
        self.body.len()
    }

    /// The finished body.
    ///
    /// # Errors
    ///
    /// [`FormatError::Encode`] when there are more entries than an array can count.
    pub fn finish(mut self) -> Result<Vec<u8>, FormatError> {
        self.body[0] = rmp::Marker::Array32.to_u8();
        self.body[1..Self::HEAD_BYTES].copy_from_slice(&count_of(self.count)?.to_be_bytes());
        Ok(self.body)
    }
}

impl Default for EntriesWriter {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

fn count_of(count: usize) -> Result<u32, FormatError> {
    u32::try_from(count).map_err(|_| FormatError::Encode {
        what: "a body".into(),
        reason: format!("{count} entries are more than one body can count"),
    })
}
