//! **The same seed, the same bytes.** A plan that is lived twice is the same life.
//!
//! Why it matters: a failure that cannot be repeated cannot be understood; and hosts on different machines must decide alike.

use super::Violation;
use crate::plan::Plan;
use crate::simulation::Simulation;

/// Lives the plan twice and compares all that happened.
///
/// # Errors
///
/// The [`Violation`].
pub fn same_bytes(plan: &Plan) -> Result<(), Violation> {
    let (first, second) = (Simulation::new(plan).run(), Simulation::new(plan).run());
    if first.digest != second.digest || first.figures != second.figures {
        let what = format!("digests {:016x} and {:016x}", first.digest, second.digest);
        return Err(Violation::new("same-seed-same-bytes", what));
    }
    Ok(())
}
