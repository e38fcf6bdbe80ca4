//! Encryption keys of the environment.

use highwater_format::{Key, Keyring};

use crate::Error;

/// Holds the keys.
const KEY: &str = "HIGHWATER_KEY";
/// Names the file that holds them.
const KEY_FILE: &str = "HIGHWATER_KEY_FILE";

/// The keys that the environment names; none if it names none.
pub(crate) fn of_environment() -> Result<Keyring, Error> {
    if let Some(text) = variable(KEY)? {
        return parse(&text, &format!("`{KEY}`"));
    }
    match variable(KEY_FILE)? {
        Some(path) => of_file(&path),
        None => Ok(Keyring::default()),
    }
}

fn of_file(path: &str) -> Result<Keyring, Error> {
    let what = format!("the key file {path} (`{KEY_FILE}`)");
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::invalid(format!("{what} cannot be read: {error}; without it what is encrypted stays unread"))
    })?;
    parse(&text, &what)
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    value.into_string().map(Some).map_err(|_| Error::invalid(format!("`{name}` is not text")))
}

/// A text with several lines is several keys, as after a rotation: the first one encrypts.
pub(crate) fn parse(text: &str, what: &str) -> Result<Keyring, Error> {
    let keys = text.split_whitespace().map(Key::from_hex);
    let keys: Vec<Key> =
        keys.collect::<Result<_, _>>().map_err(|error| Error::invalid(format!("{what}: {error}")))?;
    if keys.is_empty() {
        return Err(Error::invalid(format!(
            "{what} is empty; put a key there, `openssl rand -hex 32` makes one"
        )));
    }
    Ok(Keyring::new(keys))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn several_lines_are_several_keys() {
        let text = format!("{}\n{}\n", "0a".repeat(32), "0B".repeat(32));
        assert_eq!(parse(&text, "it").unwrap().keys().count(), 2);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_key() {
        for text in ["", " \n", "0a", "secret-but-no-key"] {
            let message = parse(text, "`HIGHWATER_KEY`").unwrap_err().to_string();
            assert!(message.contains("HIGHWATER_KEY") && message.contains("openssl rand"), "{message}");
            assert!(!message.contains("secret-but"), "{message}");
        }
    }
}
