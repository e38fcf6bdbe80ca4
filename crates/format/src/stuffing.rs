//! Keeps the magic out of the bodies of records, so that nothing that a user stores is ever taken for a frame.
//!
//! Readers of a damaged segment search for the next magic. Without this, bytes inside a torn body might be found, and a
//! torn frame might be completed by the first bytes of the one behind it.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::error::FormatError;
use crate::frame::MAGIC;
use crate::message::malformed;

/// What must not be followed by the last byte of the magic.
const PREFIX: [u8; 3] = [MAGIC[0], MAGIC[1], MAGIC[2]];

/// What is put behind each prefix of the magic, and at the end.
const STUFFING: u8 = 0;

/// Whether a body contains the magic, or ends with the beginning of one, or is empty: then the header ends the frame, and
/// its last byte may be any, the first of the magic too.
pub(crate) fn is_needed(body: &[u8]) -> bool {
    body.is_empty()
        || memchr_iter(MAGIC[0], body).any(|at| {
            let rest = &body[at..];
            rest.starts_with(&MAGIC) || MAGIC.starts_with(rest)
        })
}

/// The body without magic: a byte behind each prefix of it, and one at the end.
pub(crate) fn stuff(body: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(body.len() + body.len() / 64 + 1);
    let mut copied = 0;
    for end in prefix_ends(body) {
        stuffed.extend_from_slice(&body[copied..end]);
        stuffed.push(STUFFING);
        copied = end;
    }
    stuffed.extend_from_slice(&body[copied..]);
    stuffed.push(STUFFING);
    stuffed
}

/// The body as it was.
///
/// # Errors
///
/// [`FormatError::Body`] when a byte that was put in is not where it must be.
pub(crate) fn unstuff(stuffed: &[u8]) -> Result<Cow<'_, [u8]>, FormatError> {
    let missing = |at| malformed(at, "a byte that keeps the magic out is missing".into());
    let Some((&STUFFING, rest)) = stuffed.split_last() else {
        return Err(missing(stuffed.len()));
    };
    let mut body = Vec::with_capacity(rest.len());
    let mut copied = 0;
    for end in prefix_ends(rest) {
        if rest.get(end) != Some(&STUFFING) {
            return Err(missing(end));
        }
        body.extend_from_slice(&rest[copied..end]);
        copied = end + 1;
    }
    body.extend_from_slice(&rest[copied..]);
    Ok(Cow::Owned(body))
}

/// Where each prefix of the magic ends. Prefixes do not overlap.
fn prefix_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr_iter(PREFIX[0], bytes).filter(|&at| bytes[at..].starts_with(&PREFIX)).map(|at| at + PREFIX.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_bodies_with_magic_need_it() {
        assert!(!is_needed(b"body"));
        assert!(!is_needed(&[MAGIC[0], b'x', MAGIC[1]]));
        for body in [b"", &MAGIC[..], &MAGIC[..3], &MAGIC[..1], b"body\xf5", b"\xf5HW\xf7 body"] {
            assert!(is_needed(body), "{body:02x?}");
        }
    }

    #[test]
    fn what_was_not_stuffed_is_refused() {
        for bytes in [&b""[..], b"\x01", b"\xf5HW\x00", b"\xf5HW\xf7\x00"] {
            assert!(unstuff(bytes).is_err(), "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn no_magic_is_left_and_nothing_is_lost(
            body in proptest::collection::vec(prop_oneof![Just(0_u8), proptest::sample::select(MAGIC.to_vec())], 0..40),
        ) {
            let stuffed = stuff(&body);
            prop_assert!(!is_needed(&stuffed));
            prop_assert_eq!(unstuff(&stuffed).unwrap().into_owned(), body);
        }
    }
}
