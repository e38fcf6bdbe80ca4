//! The checksum of frames, and how to check very many candidates in linear time.

use crate::frame::CHECKSUM_OFFSET;

/// The CRC-32C of the header up to the checksum, and of the body.
pub(crate) fn frame_checksum(header: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header[..CHECKSUM_OFFSET]), body)
}

/// How many bytes lie between two known checksums of an [`Index`].
const STRIDE_BYTES: usize = 512;

/// Checksums of any part of some bytes, each in constant time, after one pass over all of them.
///
/// Searching for a frame in hostile bytes meets a candidate every few bytes, and each may claim a body that reaches
/// to the end. Summing each body would take quadratic time.
pub(crate) struct Index<'a> {
    bytes: &'a [u8],
    /// The checksum of everything before each multiple of [`STRIDE_BYTES`].
    prefixes: Vec<u32>,
    /// For each `k`: what `2^k` zero bytes do to each bit of a checksum.
    zeros: Vec<[u32; 32]>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut prefixes = vec![0];
        let mut checksum = 0;
        for stride in bytes.chunks_exact(STRIDE_BYTES) {
            checksum = crc32c::crc32c_append(checksum, stride);
            prefixes.push(checksum);
        }
        Self { bytes, prefixes, zeros: zeros(bytes.len()) }
    }

    /// The same as [`frame_checksum`], for a body that is the part from `start` to `end`.
    pub(crate) fn frame_checksum(&self, header: &[u8], start: usize, end: usize) -> u32 {
        let header = crc32c::crc32c(&header[..CHECKSUM_OFFSET]);
        self.prefix(end) ^ self.shift(self.prefix(start) ^ header, end - start)
    }

    /// The checksum of everything before `end`.
    fn prefix(&self, end: usize) -> u32 {
        let stride = end / STRIDE_BYTES;
        crc32c::crc32c_append(self.prefixes[stride], &self.bytes[stride * STRIDE_BYTES..end])
    }

    /// What `length` bytes of zeros make of a checksum, not counting what they add themselves.
    fn shift(&self, checksum: u32, length: usize) -> u32 {
        let bits = (0..self.zeros.len()).filter(|bit| length >> bit & 1 == 1);
        bits.fold(checksum, |checksum, bit| apply(&self.zeros[bit], checksum))
    }
}

/// The matrices of [`Index::zeros`] for lengths up to this: that for one bit by definition, each next one the square
/// of the one before.
fn zeros(longest: usize) -> Vec<[u32; 32]> {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut one_bit = [POLYNOMIAL; 32];
    for (bit, column) in one_bit.iter_mut().enumerate().skip(1) {
        *column = 1 << (bit - 1);
    }
    let one_byte = (0..3).fold(one_bit, |matrix, _| square(&matrix));
    std::iter::successors(Some(one_byte), |matrix| Some(square(matrix)))
        .take((usize::BITS - longest.leading_zeros()) as usize)
        .collect()
}

fn square(matrix: &[u32; 32]) -> [u32; 32] {
    matrix.map(|column| apply(matrix, column))
}

fn apply(matrix: &[u32; 32], vector: u32) -> u32 {
    let columns = matrix.iter().enumerate().filter(|(bit, _)| vector >> bit & 1 == 1);
    columns.fold(0, |sum, (_, column)| sum ^ column)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn checksum_is_crc32c() {
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    }

    proptest! {
        #[test]
        fn index_agrees_with_the_sum(bytes in proptest::collection::vec(any::<u8>(), 0..5000), cut in any::<[prop::sample::Index; 2]>()) {
            let header = [0x5a; CHECKSUM_OFFSET];
            let mut ends = cut.map(|cut| cut.index(bytes.len() + 1));
            ends.sort_unstable();
            let [start, end] = ends;
            let expected = frame_checksum(&header, &bytes[start..end]);
            prop_assert_eq!(Index::new(&bytes).frame_checksum(&header, start, end), expected);
        }
    }
}
