//! Ids and digests as lower-case hexadecimal text.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Exactly `N` bytes, two digits each; `what` names them in the refusal.
pub(crate) fn decode<const N: usize>(what: &str, text: &str) -> Result<[u8; N], String> {
    let refusal = || format!("{what} must be {} hexadecimal digits, not {text:?}", 2 * N);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(refusal()) };
    let pairs: &[[u8; 2]; N] = pairs.try_into().map_err(|_| refusal())?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (high, low) else { return Err(refusal()) };
        *byte = (high << 4 | low) as u8;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        assert_eq!(encode(&[0x00, 0x9f, 0xff]), "009fff");
        assert_eq!(decode::<3>("it", "009FfF"), Ok([0x00, 0x9f, 0xff]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "0", "00", "000g", "00000", "+0+0", "éé"] {
            let refusal = decode::<2>("the writer", text).expect_err(text);
            assert!(refusal.starts_with("the writer must be 4 hexadecimal digits"), "{refusal}");
        }
    }
}
