//! Rows that are there, against rows that should be.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// Rows in words, so that a report is of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Not there, or not often enough.
    pub(crate) lost: Vec<String>,
    /// There too often.
    pub(crate) doubled: Vec<String>,
    /// Nobody expected them.
    pub(crate) stray: Vec<String>,
}

impl Difference {
    pub(crate) fn between<R: Ord + Debug>(expected: &[R], found: &[R]) -> Difference {
        let mut counts: BTreeMap<&R, (usize, usize)> = BTreeMap::new();
        for row in expected {
            counts.entry(row).or_default().0 += 1;
        }
        for row in found {
            counts.entry(row).or_default().1 += 1;
        }
        let mut difference = Difference::default();
        for (row, (wanted, there)) in counts {
            let kind = match (wanted, there) {
                (0, _) => &mut difference.stray,
                _ if there > wanted => &mut difference.doubled,
                _ => &mut difference.lost,
            };
            kind.extend(std::iter::repeat_n(format!("{row:?}"), wanted.abs_diff(there)));
        }
        difference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_whatever_their_order() {
        let difference = Difference::between(&[1, 2, 2, 3], &[3, 3, 2, 4, 3]);
        assert_eq!(difference.lost, ["1", "2"]);
        assert_eq!(difference.doubled, ["3", "3"]);
        assert_eq!(difference.stray, ["4"]);
        assert_eq!(Difference::between(&[1, 2], &[2, 1]), Difference::default());
    }
}
