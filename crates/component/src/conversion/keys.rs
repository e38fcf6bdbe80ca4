//! Encryption keys: bytes across the boundary, a keyring inside.

use highwater_format::{KEY_BYTES, Key, Keyring};

use super::{FromCore, FromWit, Problem};

impl FromWit<Vec<Vec<u8>>> for Keyring {
    fn from_wit(wit: Vec<Vec<u8>>) -> Result<Self, Problem> {
        wit.into_iter().map(key).collect::<Result<_, _>>().map(Keyring::new)
    }
}

fn key(bytes: Vec<u8>) -> Result<Key, Problem> {
    let length = bytes.len();
    let secret = <[u8; KEY_BYTES]>::try_from(bytes).map_err(|_| {
        Problem::new(format!("an encryption key has {KEY_BYTES} bytes, and this one has {length}"))
    })?;
    Ok(Key::new(secret))
}

impl FromCore<Keyring> for Vec<Vec<u8>> {
    fn from_core(core: Keyring) -> Self {
        core.keys().map(|key| key.secret().to_vec()).collect()
    }
}

#[cfg(test)]
impl super::sample::Sample for Keyring {
    fn sample(source: &mut super::sample::Source) -> Self {
        let count = source.below(3);
        Keyring::new((0..count).map(|_| Key::new(std::array::from_fn(|_| source.next() as u8))).collect())
    }
}
