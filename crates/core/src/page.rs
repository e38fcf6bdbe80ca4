//! Sizes of pages.

use crate::limits;

/// How many entries a page gets when `wanted` are asked for; 0 leaves it open.
pub(crate) fn limit(wanted: u32) -> usize {
    match wanted as usize {
        0 => limits::PAGE_DEFAULT,
        wanted => wanted.min(limits::PAGE),
    }
}
