//! Parts of keyed state: what the sub-task of an operator keeps of its keys, written at a checkpoint and read at a restore.
//!
//! A *base* holds everything, a *delta* what has changed since. Both are the same bytes: entries by key group, name and key.

use crate::error::FormatError;
use crate::limits::{PART_BYTES, PART_KEY_BYTES, PART_NAME_BYTES, PART_VALUE_BYTES};

/// The first bytes of a part.
pub const PART_MAGIC: [u8; 4] = *b"HWKS";
/// The format of parts that is written, and the highest that is read.
pub const PART_FORMAT: u16 = 1;
/// Bytes before the first entry.
const HEADER_BYTES: usize = 8;
/// Bytes behind the last entry.
const CHECKSUM_BYTES: usize = 4;

/// One entry of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartEntry<'a> {
    /// Key group of the key.
    pub group: u32,
    /// Name of the state that it belongs to.
    pub name: &'a str,
    /// The key, encoded.
    pub key: &'a [u8],
    /// What became of it.
    pub change: PartChange<'a>,
}

/// What a part says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartChange<'a> {
    /// It is not there any more. Only in deltas.
    Removed,
    /// It has this value.
    Put(&'a [u8]),
    /// It has this value until a time.
    PutUntil {
        /// The value, encoded.
        value: &'a [u8],
        /// From then on it is not there any more, milliseconds since the Unix epoch.
        expires_at_ms: i64,
    },
}

impl PartEntry<'_> {
    /// Where it stands among others.
    fn place(&self) -> (u32, &str, &[u8]) {
        (self.group, self.name, self.key)
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        let change = match self.change {
            PartChange::Removed => 0,
            PartChange::Put(value) => 4 + value.len(),
            PartChange::PutUntil { value, .. } => 12 + value.len(),
        };
        11 + self.name.len() + self.key.len() + change
    }
}

/// Writes a part, entry by entry.
#[derive(Clone, Debug)]
pub struct PartWriter {
    bytes: Vec<u8>,
    /// Where the key of the last entry stands, with its group and name.
    last: Option<(u32, String, std::ops::Range<usize>)>,
}

impl Default for PartWriter {
    fn default() -> Self {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&PART_MAGIC);
        bytes.extend_from_slice(&PART_FORMAT.to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        PartWriter { bytes, last: None }
    }
}

impl PartWriter {
    /// A part without entries.
    #[must_use]
    pub fn new() -> PartWriter {
        PartWriter::default()
    }

    /// True if it has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// How many bytes it has when it is finished now.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        self.bytes.len() + CHECKSUM_BYTES
    }

    /// Adds an entry, which must stand behind the last one.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooLarge`] if the part or something in it becomes too long, [`FormatError::Part`] if the entry is out of order.
    pub fn push(&mut self, entry: &PartEntry<'_>) -> Result<(), FormatError> {
        let at = self.bytes.len();
        check_sizes(entry, at)?;
        let length = self.encoded_bytes() + entry.encoded_bytes();
        check_size("the part of a state", 0, length, PART_BYTES)?;
        if let Some((group, name, key)) = &self.last
            && (*group, name.as_str(), &self.bytes[key.clone()]) >= entry.place()
        {
            return Err(malformed(at, "its entries are not in the order of key group, name and key"));
        }
        let kind = match entry.change {
            PartChange::Removed => 0_u8,
            PartChange::Put(_) => 1,
            PartChange::PutUntil { .. } => 2,
        };
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&entry.group.to_le_bytes());
        self.bytes.extend_from_slice(&short(entry.name.len()).to_le_bytes());
        self.bytes.extend_from_slice(&long(entry.key.len()).to_le_bytes());
        match entry.change {
            PartChange::Removed => {}
            PartChange::Put(value) | PartChange::PutUntil { value, .. } => {
                self.bytes.extend_from_slice(&long(value.len()).to_le_bytes());
            }
        }
        if let PartChange::PutUntil { expires_at_ms, .. } = entry.change {
            self.bytes.extend_from_slice(&expires_at_ms.to_le_bytes());
        }
        self.bytes.extend_from_slice(entry.name.as_bytes());
        let key = self.bytes.len()..self.bytes.len() + entry.key.len();
        self.bytes.extend_from_slice(entry.key);
        if let PartChange::Put(value) | PartChange::PutUntil { value, .. } = entry.change {
            self.bytes.extend_from_slice(value);
        }
        self.remember(entry, key);
        Ok(())
    }

    fn remember(&mut self, entry: &PartEntry<'_>, key: std::ops::Range<usize>) {
        match &mut self.last {
            Some(last) if last.1 == entry.name => (last.0, last.2) = (entry.group, key),
            last => *last = Some((entry.group, entry.name.to_owned(), key)),
        }
    }

    /// The whole part, and its checksum, which stands at its end.
    #[must_use]
    pub fn finish(mut self) -> (Vec<u8>, u32) {
        let checksum = crc32c::crc32c(&self.bytes);
        self.bytes.extend_from_slice(&checksum.to_le_bytes());
        (self.bytes, checksum)
    }
}

/// The words for a checksum of a part in the place of a digest.
#[must_use]
pub fn part_digest(checksum: u32) -> String {
    format!("crc32c:{checksum:08x}")
}

/// The entries of a part, in order. After an error there are none.
#[derive(Clone, Debug)]
pub struct PartReader<'a> {
    bytes: &'a [u8],
    at: usize,
    checksum: u32,
    last: Option<(u32, &'a str, &'a [u8])>,
}

impl<'a> PartReader<'a> {
    /// Checks the frame around the entries; they are read one by one.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooLarge`], or [`FormatError::Part`] for bytes that are no part, damaged, or of a newer format.
    pub fn new(bytes: &'a [u8]) -> Result<PartReader<'a>, FormatError> {
        check_size("the part of a state", 0, bytes.len(), PART_BYTES)?;
        if !bytes.starts_with(&PART_MAGIC) {
            return Err(malformed(0, "the magic is missing; check that this is a part of a state"));
        }
        let Some((content, checksum)) = bytes.split_last_chunk().filter(|it| it.0.len() >= HEADER_BYTES)
        else {
            return Err(malformed(bytes.len(), "it is cut off; restore it from a backup"));
        };
        let checksum = u32::from_le_bytes(*checksum);
        if crc32c::crc32c(content) != checksum {
            return Err(malformed(content.len(), "its checksum does not match; restore it from a backup"));
        }
        if content[4..HEADER_BYTES] != [1, 0, 0, 0] {
            return Err(malformed(4, "it was written by a newer version; upgrade this one"));
        }
        Ok(PartReader { bytes: content, at: HEADER_BYTES, checksum, last: None })
    }

    /// The checksum at its end.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        self.checksum
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| malformed(self.at, "an entry is longer than the part"))?;
        self.at += length;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let mut number = [0; N];
        number.copy_from_slice(self.take(N)?);
        Ok(number)
    }

    fn length(&mut self) -> Result<usize, FormatError> {
        Ok(usize::try_from(u32::from_le_bytes(self.number()?)).unwrap_or(usize::MAX))
    }

    fn entry(&mut self) -> Result<PartEntry<'a>, FormatError> {
        let at = self.at;
        let [kind] = self.number()?;
        let group = u32::from_le_bytes(self.number()?);
        let name = usize::from(u16::from_le_bytes(self.number()?));
        let key = self.length()?;
        let value = if kind == 0 { 0 } else { self.length()? };
        let expires_at_ms = if kind == 2 { Some(i64::from_le_bytes(self.number()?)) } else { None };
        let name_at = self.at;
        let name =
            std::str::from_utf8(self.take(name)?).map_err(|_| malformed(name_at, "the name is not text"))?;
        let key = self.take(key)?;
        let value = self.take(value)?;
        let change = match (kind, expires_at_ms) {
            (0, _) => PartChange::Removed,
            (1, _) => PartChange::Put(value),
            (2, Some(expires_at_ms)) => PartChange::PutUntil { value, expires_at_ms },
            _ => return Err(malformed(at, "an entry of a kind that format 1 does not have")),
        };
        let entry = PartEntry { group, name, key, change };
        check_sizes(&entry, at)?;
        if self.last.is_some_and(|last| last >= (group, name, key)) {
            return Err(malformed(at, "its entries are not in the order of key group, name and key"));
        }
        self.last = Some((group, name, key));
        Ok(entry)
    }
}

impl<'a> Iterator for PartReader<'a> {
    type Item = Result<PartEntry<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.at = self.bytes.len();
        }
        Some(entry)
    }
}

fn check_sizes(entry: &PartEntry<'_>, at: usize) -> Result<(), FormatError> {
    let value = match entry.change {
        PartChange::Removed => 0,
        PartChange::Put(value) | PartChange::PutUntil { value, .. } => value.len(),
    };
    check_size("the name of a state", at, entry.name.len(), PART_NAME_BYTES)?;
    check_size("the key of an entry of a state", at, entry.key.len(), PART_KEY_BYTES)?;
    check_size("the value of an entry of a state", at, value, PART_VALUE_BYTES)
}

fn check_size(what: &'static str, at: usize, length: usize, limit: usize) -> Result<(), FormatError> {
    if length <= limit {
        return Ok(());
    }
    Err(FormatError::TooLarge { what, offset: at as u64, length: length as u64, limit: limit as u64 })
}

fn malformed(at: usize, reason: &'static str) -> FormatError {
    FormatError::Part { at: at as u64, reason }
}

/// Lengths are within their limits here, which these hold.
fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn long(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
