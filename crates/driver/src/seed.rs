//! The engine's randomness.

use highwater_core::{Error, ErrorKind};

/// A seed for [`Options::seed`](highwater_core::Options::seed), drawn from the operating system. Draw a new one for every
/// engine: the writer id comes from it, and two engines with one id could take each other's records for their own.
///
/// # Errors
///
/// [`ErrorKind::Unavailable`] if the system gives no random bytes.
pub fn seed() -> Result<(u64, u64), Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        let message = format!(
            "the operating system gave no random bytes for a writer id ({error}); without them no engine can be made, \
             because its records could not be told from those of others"
        );
        Error::new(ErrorKind::Unavailable, message)
    })?;
    let both = u128::from_le_bytes(bytes);
    Ok(((both >> 64) as u64, both as u64))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_seeds_are_alike() {
        assert_ne!(super::seed(), super::seed());
    }
}
