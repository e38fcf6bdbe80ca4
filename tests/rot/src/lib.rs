//! Damages the files of the directory store in every way that disks do, and looks what is noticed.
//!
//! A [`Specimen`] is a directory that real engines have written. A [`Damage`] is done to one of its files, the directory is
//! opened and folded as after a restart, and [`Specimen::judge`] gives the [`Verdict`]. Whatever is neither noticed nor
//! harmless is a defect, and so is a panic.

mod count;
mod damage;
mod random;
mod specimen;
mod verdict;

pub use count::Count;
pub use damage::{Damage, SECTOR_BYTES};
pub use random::Random;
pub use specimen::Specimen;
pub use verdict::Verdict;
