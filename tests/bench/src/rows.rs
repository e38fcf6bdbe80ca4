//! The rows of the table.

use crate::duel::Duel;
use crate::{Plan, Problem};

mod commit;
mod coverage;
pub(crate) mod keyed;
mod open;
mod partitions;
mod plan;
mod processes;
mod step;

/// One line of the table.
pub(crate) struct Row {
    /// Short, and the same for ever.
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// What is measured of Highwater.
    pub(crate) about: &'static str,
    pub(crate) rival: &'static str,
    pub(crate) measure: fn(&Plan) -> Result<Duel, Problem>,
}

/// All of them, in the order of the table.
const ROWS: &[&[Row]] = &[
    commit::ROWS,
    processes::ROWS,
    open::ROWS,
    step::ROWS,
    coverage::ROWS,
    partitions::ROWS,
    plan::ROWS,
    keyed::ROWS,
];

/// The rows with these names, or all.
pub(crate) fn select(names: &[String]) -> Result<Vec<&'static Row>, Problem> {
    let all: Vec<&Row> = ROWS.iter().copied().flatten().collect();
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|row| row.name == **name)) {
        return Err(format!("there is no row `{unknown}`; `--list` names those that there are").into());
    }
    Ok(all.into_iter().filter(|row| names.is_empty() || names.iter().any(|name| name == row.name)).collect())
}
