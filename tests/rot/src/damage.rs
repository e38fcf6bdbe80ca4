//! What disks do to a file.

use crate::random::Random;

/// The unit in which disks lose, zero and mix up what they hold.
pub const SECTOR_BYTES: usize = 512;

/// A change of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One bit is another.
    Flip {
        /// Number of the bit in the file.
        bit: usize,
    },
    /// The file ends earlier.
    Truncate {
        /// How many bytes are left.
        length: usize,
    },
    /// Several bits within a few bytes are others.
    Garble {
        /// First byte.
        at: usize,
        /// How many bytes.
        length: usize,
        /// What they are made from.
        seed: u64,
    },
    /// A sector reads as zeros.
    Zero {
        /// Number of the sector.
        sector: usize,
    },
    /// Two sectors have changed places.
    Swap {
        /// Number of one sector.
        one: usize,
        /// Number of the other.
        other: usize,
    },
    /// A sector holds what belongs to another place in the same file.
    Duplicate {
        /// Number of the sector whose bytes they are.
        from: usize,
        /// Number of the sector that was overwritten.
        to: usize,
    },
    /// A sector holds what belongs to another file.
    Misdirect {
        /// Number of the sector in the other file.
        from: usize,
        /// Number of the sector that was overwritten.
        to: usize,
    },
}

impl Damage {
    /// Some damage of sectors, or of a few bytes, to a file of this length.
    pub fn random(random: &mut Random, length: usize) -> Self {
        let sectors = length.div_ceil(SECTOR_BYTES);
        let (one, other) = (random.below(sectors), random.below(sectors));
        match random.below(5) {
            0 => Damage::Zero { sector: one },
            1 => Damage::Swap { one, other },
            2 => Damage::Duplicate { from: one, to: other },
            3 => Damage::Misdirect { from: one, to: other },
            _ => {
                let (at, seed) = (random.below(length), random.below(usize::MAX) as u64);
                Damage::Garble { at, length: 1 + random.below(64), seed }
            }
        }
    }

    /// Does it. `stranger` is another file, of which a sector may come.
    pub fn apply(self, bytes: &mut Vec<u8>, stranger: &[u8]) {
        match self {
            Damage::Flip { bit } => bytes[bit / 8] ^= 1 << (bit % 8),
            Damage::Truncate { length } => bytes.truncate(length),
            Damage::Garble { at, length, seed } => {
                let mut random = Random::new(seed);
                bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte ^= 1 + random.below(255) as u8);
            }
            Damage::Zero { sector } => overwrite(bytes, sector, &[0; SECTOR_BYTES]),
            Damage::Swap { one, other } => {
                let (first, second) = (sector_of(bytes, one), sector_of(bytes, other));
                overwrite(bytes, one, &second);
                overwrite(bytes, other, &first);
            }
            Damage::Duplicate { from, to } => {
                let sector = sector_of(bytes, from);
                overwrite(bytes, to, &sector);
            }
            Damage::Misdirect { from, to } => overwrite(bytes, to, &sector_of(stranger, from)),
        }
    }
}

fn sector_of(bytes: &[u8], sector: usize) -> Vec<u8> {
    bytes.iter().skip(sector * SECTOR_BYTES).take(SECTOR_BYTES).copied().collect()
}

/// The file keeps its length, as the directory entry says it.
fn overwrite(bytes: &mut [u8], sector: usize, with: &[u8]) {
    let room = bytes.iter_mut().skip(sector * SECTOR_BYTES);
    room.zip(with).for_each(|(byte, new)| *byte = *new);
}
