//! Coverage measured against its own rules.

use highwater_format::fact::CoverageStatus;

use super::{Line, tell_the_same};
use crate::attempt::{self, AttemptStatus};
use crate::state::State;
use crate::validate::Found;

/// Pieces are whole, apart, and as large as they can be.
pub(crate) fn pieces(found: &mut Found, state: &State) {
    let mut before: Option<&crate::row::PieceRow> = None;
    for (key, row) in state.pieces.iter() {
        let line = Line::new(&row.node, Some(&row.partition));
        let place = || format!("the piece of {} from {} up to {}", line.words(), row.start, row.end);
        found.rule(*key == line.key(row.start), place, "it does not stand where it begins");
        found.rule(row.start < row.end, place, "it is empty");
        found.rule(row.status != CoverageStatus::Missing, place, "what is missing has no piece");
        if let Some(before) =
            before.filter(|before| (&before.node, &before.partition) == (&row.node, &row.partition))
        {
            found.rule(before.end <= row.start, place, "it overlaps the one before");
            let apart = before.end < row.start || !tell_the_same(before, row);
            found.rule(apart, place, "it and the one before touch and tell the same");
            found.rule(before.axis == row.axis, place, "it and the one before are on two axes");
        }
        before = Some(row);
    }
}

/// Claims are apart, and each is that of an attempt that runs.
pub(crate) fn claims(found: &mut Found, state: &State) {
    let mut before: Option<&crate::row::ClaimRow> = None;
    for (_, row) in state.claims.iter() {
        let line = Line::new(&row.node, Some(&row.partition));
        let place = || format!("the claim on {} from {} up to {}", line.words(), row.start, row.end);
        let node = state.nodes.get(&(row.run.clone(), row.node.to_string()));
        let runs = node
            .and_then(|node| attempt::last(state, node))
            .is_some_and(|last| last.status == AttemptStatus::Running && last.token == row.token);
        found.rule(runs, place, "it is that of an attempt that is not running under its token");
        if let Some(before) =
            before.filter(|before| (&before.node, &before.partition) == (&row.node, &row.partition))
        {
            found.rule(before.end <= row.start, place, "somebody else works on a part of it");
        }
        before = Some(row);
    }
}
