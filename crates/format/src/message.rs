//! The part of MessagePack that bodies are made of, and a walk over it that trusts nothing.
//!
//! Allowed are nil, booleans, integers, text, bytes, arrays and maps. Floats are refused because they do not compare
//! and print alike everywhere, extension types because nothing writes them.

use rmp::Marker;

use crate::error::FormatError;
use crate::limits::MESSAGE_DEPTH;

/// The length in bytes of the one value that `bytes` begin with.
///
/// After this has passed, every length inside the value is backed by bytes that are there, so that a decoder that
/// allocates by those lengths allocates no more than a small multiple of what it was handed.
///
/// # Errors
///
/// [`FormatError::Body`] when the value is cut off, nests deeper than [`MESSAGE_DEPTH`], or holds what bodies may not.
pub fn measure(bytes: &[u8]) -> Result<usize, FormatError> {
    match head(bytes, 0)? {
        (head, Content::Bytes(length)) if length <= bytes.len() - head => Ok(head + length),
        (head, Content::Bytes(_)) => Err(cut_off(head)),
        (head, Content::Items(count)) => measure_items(bytes, head, count),
    }
}

/// The end of so many values that begin at `at`.
fn measure_items(bytes: &[u8], mut at: usize, mut pending: u64) -> Result<usize, FormatError> {
    let mut open = [0_u64; MESSAGE_DEPTH];
    let mut depth = 1;
    loop {
        while pending == 0 {
            depth -= 1;
            if depth == 0 {
                return Ok(at);
            }
            pending = open[depth];
        }
        pending -= 1;
        let (head, content) = head(bytes, at)?;
        at += head;
        match content {
            Content::Bytes(length) => {
                if length > bytes.len() - at {
                    return Err(cut_off(at));
                }
                at += length;
            }
            Content::Items(0) => {}
            Content::Items(count) => {
                if depth == MESSAGE_DEPTH {
                    return Err(malformed(at, format!("values nest deeper than {MESSAGE_DEPTH}")));
                }
                open[depth] = pending;
                depth += 1;
                pending = count;
            }
        }
    }
}

/// What follows the head of a value: so many bytes, or so many values.
enum Content {
    Bytes(usize),
    Items(u64),
}

/// The length of the head of the value at `at`, and what follows it.
#[inline]
fn head(bytes: &[u8], at: usize) -> Result<(usize, Content), FormatError> {
    let Some(&first) = bytes.get(at) else {
        return Err(cut_off(at));
    };
    let rest = &bytes[at + 1..];
    Ok(match Marker::from_u8(first) {
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => {
            (1, Content::Bytes(0))
        }
        Marker::U8 | Marker::I8 => (1, Content::Bytes(1)),
        Marker::U16 | Marker::I16 => (1, Content::Bytes(2)),
        Marker::U32 | Marker::I32 => (1, Content::Bytes(4)),
        Marker::U64 | Marker::I64 => (1, Content::Bytes(8)),
        Marker::FixStr(length) => (1, Content::Bytes(usize::from(length))),
        Marker::Str8 | Marker::Bin8 => (2, Content::Bytes(number::<1>(rest, at)?)),
        Marker::Str16 | Marker::Bin16 => (3, Content::Bytes(number::<2>(rest, at)?)),
        Marker::Str32 | Marker::Bin32 => (5, Content::Bytes(number::<4>(rest, at)?)),
        Marker::FixArray(count) => (1, Content::Items(u64::from(count))),
        Marker::Array16 => (3, Content::Items(number::<2>(rest, at)? as u64)),
        Marker::Array32 => (5, Content::Items(number::<4>(rest, at)? as u64)),
        Marker::FixMap(count) => (1, Content::Items(2 * u64::from(count))),
        Marker::Map16 => (3, Content::Items(2 * number::<2>(rest, at)? as u64)),
        Marker::Map32 => (5, Content::Items(2 * number::<4>(rest, at)? as u64)),
        Marker::F32 | Marker::F64 => {
            return Err(malformed(at, "a float, which durable bytes never hold".into()));
        }
        other => return Err(malformed(at, format!("{other:?}, which durable bytes never hold"))),
    })
}

/// The big-endian length in the first `N` bytes.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<usize, FormatError> {
    let bytes = bytes.get(..N).ok_or_else(|| cut_off(at))?;
    Ok(bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
}

/// The number of values of the array that `bytes` begin with, and what follows its head.
///
/// # Errors
///
/// [`FormatError::Body`] when they do not begin with an array.
pub(crate) fn array<'a>(bytes: &'a [u8], what: &str) -> Result<(u32, &'a [u8]), FormatError> {
    let mut rest = bytes;
    match rmp::decode::read_array_len(&mut rest) {
        Ok(count) => Ok((count, rest)),
        Err(_) => Err(malformed(0, format!("{what} is not an array"))),
    }
}

/// The number of pairs of the map that `bytes` begin with, and what follows its head.
///
/// # Errors
///
/// [`FormatError::Body`] when they do not begin with a map.
pub(crate) fn map<'a>(bytes: &'a [u8], what: &str) -> Result<(u32, &'a [u8]), FormatError> {
    let mut rest = bytes;
    match rmp::decode::read_map_len(&mut rest) {
        Ok(count) => Ok((count, rest)),
        Err(_) => Err(malformed(0, format!("{what} is not a map"))),
    }
}

/// The text that `bytes` begin with, and what follows it.
///
/// # Errors
///
/// [`FormatError::Body`] when they do not begin with text.
pub(crate) fn text<'a>(bytes: &'a [u8], what: &str) -> Result<(&'a str, &'a [u8]), FormatError> {
    rmp::decode::read_str_from_slice(bytes).map_err(|_| malformed(0, format!("{what} is not text")))
}

/// The bytes of the text that `bytes` begin with, and what follows it. Whether they are UTF-8 is not looked at.
///
/// # Errors
///
/// [`FormatError::Body`] when they do not begin with text.
#[inline]
pub(crate) fn key<'a>(bytes: &'a [u8], what: &str) -> Result<(&'a [u8], &'a [u8]), FormatError> {
    if let Some((&first @ 0xa0..=0xbf, rest)) = bytes.split_first()
        && let Some(split) = rest.split_at_checked(usize::from(first & 0x1f))
    {
        return Ok(split);
    }
    text(bytes, what).map(|(key, rest)| (key.as_bytes(), rest))
}

pub(crate) fn malformed(at: usize, what: String) -> FormatError {
    FormatError::Body { at: at as u64, what }
}

#[cold]
fn cut_off(at: usize) -> FormatError {
    malformed(at, "a value is cut off".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_measured() {
        let values: [&[u8]; 13] = [
            &[0xc0],
            &[0xc3],
            &[0x7f],
            &[0xff],
            &[0xd3, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xa2, b'a', b'b'],
            &[0xd9, 1, b'a'],
            &[0xda, 0, 1, b'a'],
            &[0xc6, 0, 0, 0, 1, 9],
            &[0x92, 0x90, 0x80],
            &[0xdc, 0, 2, 0x91, 0xc0, 0x01],
            &[0x82, 0xa1, b'a', 0x91, 0x01, 0xa1, b'b', 0x81, 0x01, 0x02],
            &[0xdf, 0, 0, 0, 1, 0xc0, 0xdd, 0, 0, 0, 0],
        ];
        for value in values {
            let followed = [value, &[0xc1]].concat();
            assert_eq!(measure(&followed), Ok(value.len()), "{value:02x?}");
            for length in 0..value.len() {
                assert!(measure(&value[..length]).is_err(), "{value:02x?} {length}");
            }
        }
    }

    #[test]
    fn what_bodies_never_hold_is_refused() {
        for (value, expected) in
            [(0xca, "float"), (0xcb, "float"), (0xc1, "Reserved"), (0xc7, "Ext8"), (0xd4, "FixExt1")]
        {
            let error = measure(&[0x91, value, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("byte 1"), "{error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| [vec![0x91; depth], vec![0x00]].concat();
        assert_eq!(measure(&nested(MESSAGE_DEPTH)), Ok(MESSAGE_DEPTH + 1));
        assert!(measure(&nested(MESSAGE_DEPTH + 1)).unwrap_err().to_string().contains("nest deeper"));
    }
}
