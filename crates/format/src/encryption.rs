//! Bodies that only the holder of a key can read.
//!
//! The body of a record or snapshot may be encrypted; its header never is, so that a store orders, chains, seals and checks
//! frames without the key. The cipher is XChaCha20-Poly1305. Its nonce is not drawn but made from header and body with a
//! keyed BLAKE3 (a synthetic nonce, as in SIV modes: Rogaway and Shrimpton, "Deterministic Authenticated-Encryption",
//! 2006). So there is no randomness to get wrong, two different bodies never share a nonce, and a snapshot still has the
//! same bytes whoever writes it. What an observer learns is when two frames of one header and body are the same.

use std::fmt;

use chacha20poly1305::{AeadInOut, Key as CipherKey, KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroize;

use crate::error::FormatError;
use crate::frame::FrameHeader;
use crate::hex;

/// How many bytes a key has.
pub const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;

/// A secret of 32 bytes. It is never printed, and wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    secret: [u8; KEY_BYTES],
    id: KeyId,
    cipher: [u8; KEY_BYTES],
    nonce: [u8; KEY_BYTES],
}

/// Which key encrypted something: 8 bytes that follow from the key and say nothing about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// The keys of a host: the first one encrypts, all of them decrypt. An empty keyring writes in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring(Vec<Key>);

impl Key {
    /// The key of these bytes, which should be random: `openssl rand -hex 32` makes them as text.
    #[must_use]
    pub fn new(secret: [u8; KEY_BYTES]) -> Self {
        let derive = |purpose| blake3::derive_key(purpose, &secret);
        let id = derive("highwater format 1: id of an encryption key");
        Self {
            secret,
            id: KeyId(std::array::from_fn(|index| id[index])),
            cipher: derive("highwater format 1: cipher of bodies"),
            nonce: derive("highwater format 1: nonces of bodies"),
        }
    }

    /// The bytes that it was made of, to hand them on to an engine behind a border.
    #[must_use]
    pub fn secret(&self) -> &[u8; KEY_BYTES] {
        &self.secret
    }

    /// The key that 64 hexadecimal digits stand for. White space around them is ignored, as files end with a line break.
    ///
    /// # Errors
    ///
    /// [`FormatError::Key`] that says what is wrong with the text, but not the text.
    pub fn from_hex(text: &str) -> Result<Self, FormatError> {
        let text = text.trim();
        let mut bytes = hex::decode(text)
            .ok_or(FormatError::Key { reason: "it has something else than pairs of digits" })?;
        let secret = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
        bytes.zeroize();
        secret.map(Self::new).map_err(|_| FormatError::Key { reason: "it has another length" })
    }

    /// Which key it is.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The body as it is stored: key id, nonce, ciphertext, tag.
    fn seal(&self, header: &FrameHeader, body: &[u8]) -> Result<Vec<u8>, FormatError> {
        let bound = bound_header(header);
        let nonce = self.nonce_of(&bound, body);
        let mut ciphertext = body.to_vec();
        self.cipher().encrypt_in_place(&XNonce::from(nonce), &bound, &mut ciphertext).map_err(|_| {
            FormatError::Encode { what: "an encrypted body".to_owned(), reason: "it is too long".to_owned() }
        })?;
        Ok([&self.id.0[..], &nonce[..], &ciphertext[..]].concat())
    }

    fn open(&self, header: &FrameHeader, nonce: [u8; NONCE_BYTES], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut body = sealed.to_vec();
        let bound = bound_header(header);
        self.cipher().decrypt_in_place(&XNonce::from(nonce), &bound, &mut body).ok()?;
        Some(body)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&CipherKey::from(self.cipher))
    }

    fn nonce_of(&self, bound: &[u8], body: &[u8]) -> [u8; NONCE_BYTES] {
        let digest = blake3::Hasher::new_keyed(&self.nonce).update(bound).update(body).finalize();
        std::array::from_fn(|index| digest.as_bytes()[index])
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.cipher.zeroize();
        self.nonce.zeroize();
    }
}

impl Keyring {
    /// These keys. The first one encrypts.
    #[must_use]
    pub fn new(keys: Vec<Key>) -> Self {
        Self(keys)
    }

    /// The keys, the one that encrypts first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// Whether what is written with it is in the clear.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The body as it is stored under this header, if there is a key to encrypt it with.
    pub(crate) fn seal(&self, header: &FrameHeader, body: &[u8]) -> Result<Option<Vec<u8>>, FormatError> {
        self.0.first().map(|key| key.seal(header, body)).transpose()
    }

    /// The body behind what was stored encrypted.
    pub(crate) fn open(&self, header: &FrameHeader, stored: &[u8]) -> Result<Vec<u8>, FormatError> {
        let damaged = || FormatError::Decryption { kind: header.kind.name(), version: header.version };
        let (id, rest) = stored.split_first_chunk::<KEY_ID_BYTES>().ok_or_else(damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let Some(key) = self.0.iter().find(|key| key.id.0 == *id) else {
            return Err(FormatError::Encrypted {
                kind: header.kind.name(),
                version: header.version,
                key: KeyId(*id),
                given: self.0.iter().map(Key::id).collect(),
            });
        };
        key.open(header, *nonce, sealed).ok_or_else(damaged)
    }
}

/// What of the header the body is bound to: all that is known before the body is.
fn bound_header(header: &FrameHeader) -> Vec<u8> {
    let mut bound = vec![header.kind.code()];
    bound.extend_from_slice(&header.version.to_le_bytes());
    bound.extend_from_slice(&header.writer.0);
    bound.extend_from_slice(&header.sequence.to_le_bytes());
    bound.extend_from_slice(&header.decided_at_ms.to_le_bytes());
    bound.extend_from_slice(&header.chain.0);
    bound
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}
