//! Late data measured against its own rules.

use super::unseen;
use crate::coverage::Line;
use crate::limits;
use crate::row::UnseenRow;
use crate::state::State;
use crate::validate::Found;

/// What is unseen is whole and apart, and there is an attempt that has not seen it.
pub(crate) fn check(found: &mut Found, state: &State) {
    let mut before: Option<&UnseenRow> = None;
    for (key, row) in state.unseen.iter() {
        let line = Line::new(&row.node, Some(&row.partition));
        let place = || format!("what is unseen of {} from {} up to {}", line.words(), row.start, row.end);
        found.rule(*key == line.key(row.start), place, "it does not stand where it begins");
        found.rule(row.start < row.end, place, "it is empty");
        let apart = before.is_none_or(|before| {
            (&before.node, &before.partition) != (&row.node, &row.partition) || before.end <= row.start
        });
        found.rule(apart, place, "it overlaps the one before");
        let is_unseen = unseen::oldest(state, &row.node).is_some_and(|token| token <= row.token);
        found.rule(is_unseen, place, "no attempt runs that could have missed it");
        before = Some(row);
    }
    for (_, row) in state.late.iter() {
        let line = Line::new(&row.node, Some(&row.partition));
        let place = || format!("the late data of {}", line.words());
        found.rule(row.last.len() <= limits::LATE_REPORTS_KEPT, place, "it keeps too many reports");
    }
}
