//! Digests and the identities of writers: fixed numbers of bytes that print as hexadecimal.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A BLAKE3 digest of 32 bytes. Serialised as bytes, printed as hexadecimal.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// Who wrote a frame: 16 bytes that every engine instance draws anew. Serialised as bytes, printed as hexadecimal.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriterId(pub [u8; 16]);

impl Digest {
    /// What stands where there is nothing to digest, such as before version 1.
    pub const ZERO: Self = Self([0; 32]);
}

impl WriterId {
    /// The writer of what has no writer, such as snapshots.
    pub const ZERO: Self = Self([0; 16]);
}

/// The digest of a whole frame, which the next record carries as its `chain`.
pub fn frame_digest(frame: &[u8]) -> Digest {
    Digest(*blake3::hash(frame).as_bytes())
}

/// Printing, and reading and writing as bytes of a fixed number.
macro_rules! fixed_bytes {
    ($Name:ident, $length:literal) => {
        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($Name))
            }
        }

        impl Serialize for $Name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $Name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Bytes;

                impl Visitor<'_> for Bytes {
                    type Value = $Name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} bytes", $length)
                    }

                    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<$Name, E> {
                        bytes.try_into().map($Name).map_err(|_| E::invalid_length(bytes.len(), &self))
                    }
                }

                deserializer.deserialize_bytes(Bytes)
            }
        }
    };
}

fixed_bytes!(Digest, 32);
fixed_bytes!(WriterId, 16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_hexadecimal() {
        assert_eq!(WriterId([0xab; 16]).to_string(), "ab".repeat(16));
        assert_eq!(format!("{:?}", Digest::ZERO), format!("Digest({})", "00".repeat(32)));
    }

    #[test]
    fn digest_is_blake3() {
        let expected = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(frame_digest(b"").to_string(), expected);
    }

    #[test]
    fn another_number_of_bytes_is_refused() {
        let bytes = rmp_serde::to_vec(&WriterId([7; 16])).unwrap();
        assert_eq!(rmp_serde::from_slice::<WriterId>(&bytes).unwrap(), WriterId([7; 16]));
        let message = rmp_serde::from_slice::<Digest>(&bytes).unwrap_err().to_string();
        assert!(message.contains("32 bytes"), "{message}");
    }
}
