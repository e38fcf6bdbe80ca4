//! Key groups: which group a key falls into, and which groups a sub-task has. The groups are what moves when the
//! parallelism changes; a key never changes its group.

/// The group of a key among so many: MurmurHash3 (x86, 32 bits, seed 0) of its bytes, modulo the groups.
#[must_use]
pub fn of(key: &[u8], groups: u32) -> u32 {
    murmur3(key) % groups.max(1)
}

/// The first and the last group of a sub-task: contiguous ranges, whose lengths differ by one at most. Requires a
/// parallelism between 1 and the number of groups.
#[must_use]
pub fn range(subtask: u32, parallelism: u32, groups: u32) -> (u32, u32) {
    let (subtask, parallelism, groups) = (u64::from(subtask), u64::from(parallelism), u64::from(groups));
    let first = (subtask * groups).div_ceil(parallelism.max(1));
    let end = ((subtask + 1) * groups).div_ceil(parallelism.max(1));
    (u32::try_from(first).unwrap_or(u32::MAX), u32::try_from(end.saturating_sub(1)).unwrap_or(u32::MAX))
}

/// The sub-task that has a group.
#[must_use]
pub fn subtask(group: u32, parallelism: u32, groups: u32) -> u32 {
    let subtask = u64::from(group) * u64::from(parallelism) / u64::from(groups.max(1));
    u32::try_from(subtask).unwrap_or(u32::MAX)
}

/// MurmurHash3 by Austin Appleby, which he placed in the public domain.
fn murmur3(bytes: &[u8]) -> u32 {
    let mix = |word: u32| word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let mut hash = 0_u32;
    let words = bytes.chunks_exact(4);
    let mut last = 0_u32;
    for (at, byte) in words.remainder().iter().enumerate() {
        last |= u32::from(*byte) << (8 * at);
    }
    for word in words {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        hash = (hash ^ mix(word)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    hash ^= mix(last);
    hash ^= u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_the_hash_that_others_compute() {
        let vectors: [(&[u8], u32); 6] = [
            (b"", 0),
            (b"a", 0x3c25_69b2),
            (b"abc", 0xb3dd_93fa),
            (b"abcd", 0x43ed_676a),
            (b"Hello, world!", 0xc036_3e43),
            (b"The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ];
        for (bytes, hash) in vectors {
            assert_eq!(murmur3(bytes), hash, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn every_group_has_one_subtask(groups in 1_u32..400, parallelism in 1_u32..400) {
            prop_assume!(parallelism <= groups);
            let mut next = 0;
            for number in 0..parallelism {
                let (first, last) = range(number, parallelism, groups);
                prop_assert_eq!(first, next);
                prop_assert!(last >= first);
                prop_assert!((first..=last).all(|group| subtask(group, parallelism, groups) == number));
                next = last + 1;
            }
            prop_assert_eq!(next, groups);
        }
    }
}
