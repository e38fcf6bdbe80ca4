//! Bytes of keys and values, of which most are few.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Deref;

/// How many bytes take no memory of their own.
const INLINE: usize = 22;

/// Bytes that are kept in place if they are few, so that a look-up does not wait for memory at each key that it passes.
#[derive(Clone, Debug)]
pub(super) enum SmallBytes {
    /// How many, and they.
    Inline(u8, [u8; INLINE]),
    Heap(Box<[u8]>),
}

impl From<&[u8]> for SmallBytes {
    fn from(bytes: &[u8]) -> SmallBytes {
        match u8::try_from(bytes.len()) {
            Ok(length) if bytes.len() <= INLINE => {
                let mut inline = [0; INLINE];
                inline[..bytes.len()].copy_from_slice(bytes);
                SmallBytes::Inline(length, inline)
            }
            _ => SmallBytes::Heap(bytes.into()),
        }
    }
}

impl Deref for SmallBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            SmallBytes::Inline(length, inline) => &inline[..usize::from(*length)],
            SmallBytes::Heap(bytes) => bytes,
        }
    }
}

impl Borrow<[u8]> for SmallBytes {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl PartialEq for SmallBytes {
    fn eq(&self, other: &SmallBytes) -> bool {
        **self == **other
    }
}

impl Eq for SmallBytes {}

impl PartialOrd for SmallBytes {
    fn partial_cmp(&self, other: &SmallBytes) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SmallBytes {
    fn cmp(&self, other: &SmallBytes) -> Ordering {
        (**self).cmp(&**other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_bytes_at_any_length() {
        assert_eq!(size_of::<SmallBytes>(), 24);
        let all: Vec<Vec<u8>> = (0..60).map(|length| (0..length).map(|at| at % 5).collect()).collect();
        for bytes in &all {
            assert_eq!(*SmallBytes::from(&bytes[..]), bytes[..]);
            for other in &all {
                assert_eq!(SmallBytes::from(&bytes[..]).cmp(&SmallBytes::from(&other[..])), bytes.cmp(other));
            }
        }
    }
}
