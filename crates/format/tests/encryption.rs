//! Encrypted bodies: who can read them, who cannot, and what is said then.

use highwater_format::fact::RunResumed;
use highwater_format::{
    Digest, Entry, Fact, FormatError, HEADER_BYTES, Key, Keyring, Record, RecordHeader, Snapshot, WriterId,
    decode_frame, encode_frame, encode_record_with, frame_digest,
};

const SECRET: &[u8] = b"orders-of-2026-11-21";

fn header(sequence: u64) -> RecordHeader {
    let (writer, chain) = (WriterId([7; 16]), Digest([9; 32]));
    RecordHeader { version: 3, writer, sequence, decided_at_ms: 1_800_000_000_000, chain }
}

fn facts() -> Vec<Entry> {
    let run = String::from_utf8(SECRET.to_vec()).unwrap();
    vec![Entry::from(Fact::from(RunResumed { run, ..RunResumed::default() }))]
}

fn keyring(secrets: &[u8]) -> Keyring {
    Keyring::new(secrets.iter().map(|secret| Key::new([*secret; 32])).collect())
}

fn encrypted(sequence: u64, keys: &Keyring) -> Vec<u8> {
    encode_record_with(&header(sequence), &facts(), keys).unwrap()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn only_the_key_reads_it() {
    let bytes = encrypted(1, &keyring(&[1]));
    assert!(!holds(&bytes, SECRET));
    assert!(holds(&encrypted(1, &Keyring::default()), SECRET), "this would have been seen");
    assert_eq!(Record::decode_with(&bytes, &keyring(&[1])).unwrap().facts, facts());

    let (right, wrong) = (Key::new([1; 32]).id().to_string(), Key::new([2; 32]).id().to_string());
    let error = Record::decode_with(&bytes, &keyring(&[2])).unwrap_err();
    assert!(error.needs_key(), "{error}");
    let message = error.to_string();
    assert!(message.contains(&right) && message.contains(&wrong), "{message}");
    let message = Record::decode(&bytes).unwrap_err().to_string();
    assert!(message.contains("no key was given"), "{message}");
}

#[test]
fn an_older_key_still_reads() {
    let bytes = encrypted(1, &keyring(&[1]));
    let rotated = keyring(&[2, 1]);
    assert_eq!(Record::decode_with(&bytes, &rotated).unwrap().facts, facts());
    let newer = encrypted(2, &rotated);
    assert!(Record::decode_with(&newer, &keyring(&[1])).unwrap_err().needs_key(), "the first key encrypts");
}

#[test]
fn a_store_checks_it_without_the_key() {
    let bytes = encrypted(1, &keyring(&[1]));
    let (frame, _) = decode_frame(&bytes).unwrap();
    assert_eq!((frame.version, frame.sequence, frame.chain), (3, 1, Digest([9; 32])));
    let mut damaged = bytes.clone();
    damaged[HEADER_BYTES + 40] ^= 1;
    assert_eq!(decode_frame(&damaged).unwrap_err(), FormatError::Checksum { offset: 0 });
}

#[test]
fn the_same_again_has_the_same_bytes_and_nothing_else_has_its_nonce() {
    let keys = keyring(&[1]);
    assert_eq!(encrypted(1, &keys), encrypted(1, &keys));
    let nonce = |bytes: &[u8]| bytes[HEADER_BYTES + 8..HEADER_BYTES + 32].to_vec();
    assert_ne!(nonce(&encrypted(1, &keys)), nonce(&encrypted(2, &keys)));
    let chain = frame_digest(b"");
    let snapshot =
        |body: &[u8]| Snapshot { version: 3, chain, body: body.to_vec() }.encode_with(&keys).unwrap();
    assert_eq!(snapshot(b"rows"), snapshot(b"rows"));
    assert_ne!(nonce(&snapshot(b"rows")), nonce(&snapshot(b"rowS")));
}

/// Whoever can write checksums but has no key cannot change a body, and cannot put it under another header.
#[test]
fn forgeries_do_not_decrypt() {
    let keys = keyring(&[1]);
    let (frame, body) =
        decode_frame(&encrypted(1, &keys)).map(|(frame, body)| (frame, body.into_owned())).unwrap();
    let mut moved = frame;
    moved.sequence += 1;
    let mut changed = body.clone();
    *changed.last_mut().unwrap() ^= 1;
    let cut = &body[..20];
    for (header, body) in [(&moved, &body[..]), (&frame, &changed[..]), (&frame, cut), (&frame, &[])] {
        let forged = encode_frame(header, body).unwrap();
        let error = Record::decode_with(&forged, &keys).unwrap_err();
        assert_eq!(error, FormatError::Decryption { kind: "record", version: 3 });
    }
}

#[test]
fn keys_are_read_from_text_and_never_printed() {
    let text = format!("  {}\n", "0a".repeat(32));
    assert_eq!(Key::from_hex(&text).unwrap(), Key::new([10; 32]));
    assert!(!format!("{:?}", Keyring::new(vec![Key::new([10; 32])])).contains("0a0a"));
    for text in ["", "0a", &"0a".repeat(33), &"zz".repeat(32), "sésame"] {
        let message = Key::from_hex(text).unwrap_err().to_string();
        assert!(message.contains("64 hexadecimal digits"), "{message}");
        assert!(text.is_empty() || !message.contains(text), "{message}");
    }
}
