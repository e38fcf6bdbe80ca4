//! Sets of numbers as half-open intervals: in order, none empty, no two that touch. Everything here takes such lists, gives such
//! lists, and looks at each interval once.

use highwater_format::fact::Interval;

use crate::order::sorted;

/// Whether the interval has anything in it.
pub(crate) fn is_whole(interval: &Interval) -> bool {
    interval.start < interval.end
}

/// Any intervals as a set: put in order, and joined where they touch or overlap.
pub(crate) fn union(intervals: Vec<Interval>) -> Vec<Interval> {
    let mut set: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in sorted(intervals, Ord::cmp).into_iter().filter(is_whole) {
        match set.last_mut() {
            Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
            _ => set.push(interval),
        }
    }
    set
}

/// What `a` has and `b` has not.
pub(crate) fn subtract(a: &[Interval], b: &[Interval]) -> Vec<Interval> {
    let (mut left, mut from) = (Vec::new(), 0);
    for interval in a {
        let mut start = interval.start;
        while b.get(from).is_some_and(|taken| taken.end <= interval.start) {
            from += 1;
        }
        for taken in b[from..].iter().take_while(|taken| taken.start < interval.end) {
            let before = Interval { start, end: taken.start };
            if is_whole(&before) {
                left.push(before);
            }
            start = start.max(taken.end);
        }
        let rest = Interval { start, end: interval.end };
        if is_whole(&rest) {
            left.push(rest);
        }
    }
    left
}

/// Whether the set has something of the interval.
pub(crate) fn touches(set: &[Interval], interval: Interval) -> bool {
    let after = set.partition_point(|one| one.end <= interval.start);
    set.get(after).is_some_and(|one| one.start < interval.end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAST: i64 = 24;

    fn intervals() -> impl Strategy<Value = Vec<Interval>> {
        let one = (0..LAST, 0..LAST).prop_map(|(start, end)| Interval { start, end });
        prop::collection::vec(one, 0..8)
    }

    /// The same set, number by number.
    fn bits(intervals: &[Interval]) -> Vec<bool> {
        (0..LAST).map(|at| intervals.iter().any(|it| (it.start..it.end).contains(&at))).collect()
    }

    fn is_set(intervals: &[Interval]) -> bool {
        intervals.iter().all(is_whole) && intervals.windows(2).all(|pair| pair[0].end < pair[1].start)
    }

    proptest! {
        #[test]
        fn they_do_what_a_bitmap_does(a in intervals(), b in intervals()) {
            let (a_bits, b_bits) = (bits(&a), bits(&b));
            let (a, b) = (union(a), union(b));
            prop_assert!(is_set(&a));
            prop_assert_eq!(bits(&a), &a_bits[..]);
            let left = subtract(&a, &b);
            let expected: Vec<bool> = a_bits.iter().zip(&b_bits).map(|(a, b)| *a && !b).collect();
            prop_assert!(is_set(&left));
            prop_assert_eq!(bits(&left), expected);
            for one in &b {
                let has = (one.start..one.end).any(|at| a_bits[at as usize]);
                prop_assert_eq!(touches(&a, *one), has);
            }
        }
    }

    #[test]
    fn the_ends_of_the_axis_are_numbers_like_others() {
        let all = [Interval { start: i64::MIN, end: i64::MAX }];
        let hole = [Interval { start: -1, end: 1 }];
        let left = subtract(&all, &hole);
        assert_eq!(left, [Interval { start: i64::MIN, end: -1 }, Interval { start: 1, end: i64::MAX }]);
        assert_eq!(union([&left[..], &hole[..]].concat()), all);
    }
}
