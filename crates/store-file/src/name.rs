//! Names of folders and files from keys and workers, without loss and safe on every file system.
//!
//! Every byte outside of `[a-z0-9_-]` becomes `%XX`, so that names are the same on disks that ignore case, cannot be
//! `..`, a device name or hidden, and contain no separator. The encoded text is cut into pieces of
//! [`NAME_PIECE_CHARACTERS`]; each has the prefix, and each but the last the suffix [`CONTINUED`].

use std::path::PathBuf;

use crate::limits::NAME_PIECE_CHARACTERS;

/// Prefix of each piece of a key.
pub(crate) const KEY_PREFIX: &str = "p_";
/// Prefix of each piece of a worker's name.
pub(crate) const WORKER_PREFIX: &str = "w_";
/// Ends the name of a folder that holds the next pieces of longer names.
const CONTINUED: char = '+';

/// What the name of one folder or file stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A folder with further pieces; the text is encoded.
    Continued(&'a str),
    /// The last piece; the text is encoded.
    Last(&'a str),
}

/// The relative path for `text`, one component a piece.
pub(crate) fn encode(prefix: &str, text: &str) -> PathBuf {
    let encoded = percent_encode(text);
    let mut pieces = encoded.as_bytes().chunks(NAME_PIECE_CHARACTERS).peekable();
    let mut path = PathBuf::new();
    while let Some(piece) = pieces.next() {
        let mut name = String::from(prefix);
        // The encoded text is ASCII, so every cut is between characters.
        name.extend(piece.iter().map(|byte| char::from(*byte)));
        if pieces.peek().is_some() {
            name.push(CONTINUED);
        }
        path.push(name);
    }
    path
}

/// What `name` is a piece of; `None` when it was not made by [`encode`] with this prefix.
pub(crate) fn parse_piece<'a>(prefix: &str, name: &'a str) -> Option<Piece<'a>> {
    let text = name.strip_prefix(prefix)?;
    match text.strip_suffix(CONTINUED) {
        Some(text) if text.len() == NAME_PIECE_CHARACTERS => Some(Piece::Continued(text)),
        Some(_) => None,
        None if text.is_empty() || text.len() > NAME_PIECE_CHARACTERS => None,
        None => Some(Piece::Last(text)),
    }
}

/// The text whose encoding, all pieces joined, is `encoded`; `None` when no text has it.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else { return None };
        bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
        rest = after;
    }
    let text = String::from_utf8(bytes).ok()?;
    // Only one name stands for a text, so that no two folders are the same journal.
    (percent_encode(&text) == encoded).then_some(text)
}

fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

fn hex_digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks the path as a list does.
    fn decode_path(prefix: &str, path: &std::path::Path) -> Option<String> {
        let mut encoded = String::new();
        let mut pieces = path.iter().peekable();
        while let Some(name) = pieces.next() {
            match (parse_piece(prefix, name.to_str()?)?, pieces.peek().is_some()) {
                (Piece::Continued(text), true) | (Piece::Last(text), false) => encoded.push_str(text),
                _ => return None,
            }
        }
        decode(&encoded)
    }

    #[test]
    fn every_text_comes_back_and_no_name_is_dangerous() {
        let long = "🦀".repeat(128);
        let edge = "k".repeat(NAME_PIECE_CHARACTERS);
        let over = "k".repeat(NAME_PIECE_CHARACTERS + 1);
        let texts = [
            "a", "..", "../../x", "con", "nul.txt", "A", "%41", "a+", " ", "é", "\u{1}", &long, &edge, &over,
        ];
        let mut paths = std::collections::BTreeSet::new();
        for text in texts {
            let path = encode(KEY_PREFIX, text);
            assert_eq!(decode_path(KEY_PREFIX, &path).as_deref(), Some(text));
            for name in &path {
                let name = name.to_str().expect("names are ASCII");
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-%+".contains(&byte);
                assert!(name.bytes().all(allowed) && name.len() <= 203 && name.starts_with("p_"), "{name}");
            }
            assert!(paths.insert(path.to_str().map(str::to_lowercase)), "{text} has the name of another");
        }
    }

    #[test]
    fn names_that_we_never_make_are_foreign() {
        let foreign = ["p_", "p_+", "q_a", "p_a+", "pa", "log-1", &format!("p_{}", "k".repeat(201))];
        for name in foreign {
            assert_eq!(parse_piece(KEY_PREFIX, name), None, "{name}");
        }
        for encoded in ["A", "%4", "%", "%zz", "%2f", "%61", "%FF", "a.b", "a+"] {
            assert_eq!(decode(encoded), None, "{encoded}");
        }
    }
}
