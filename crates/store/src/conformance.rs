//! Holds a store to the contract: runs the cases of `tests/conformance` on it.
//!
//! ```
//! use std::sync::Arc;
//! use highwater_store::conformance::{self, StoreBuilder};
//! use highwater_store::{MemoryStore, Store};
//!
//! struct Memory(MemoryStore);
//!
//! impl StoreBuilder for Memory {
//!     fn open(&self) -> Arc<dyn Store> {
//!         Arc::new(self.0.clone())
//!     }
//! }
//!
//! conformance::run_all(|_case| Memory(MemoryStore::new())).assert_passed();
//! ```

mod case;
mod frames;
mod maintenance;
mod model;
mod race;
mod race_reset;
mod report;
mod run;

use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;

use crate::{Store, StoreError, StoreFuture};

pub use frames::{record_frame, snapshot_frame};
pub use report::{CaseResult, Report};

/// Opens stores on one place that was empty at first: what is open at the same time stands for several processes, what
/// is opened after all others are gone stands for a restart.
pub trait StoreBuilder: Send + Sync {
    /// One more store on the place.
    fn open(&self) -> Arc<dyn Store>;

    /// Drives one operation to its end. A store that needs a runtime of its own enters it here.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    fn wait<T>(&self, future: StoreFuture<'_, T>) -> Result<T, StoreError>
    where
        Self: Sized,
    {
        block_on(future)
    }
}

/// Runs every case, each on the empty place that `place` makes for it (the argument is the case's name), and reports
/// each by name.
///
/// # Panics
///
/// When the case files cannot be read or hold a step that this runner does not know.
pub fn run_all<B: StoreBuilder>(place: impl Fn(&str) -> B) -> Report {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance");
    let cases = case::read_cases(&folder).unwrap_or_else(|problem| panic!("conformance cases: {problem}"));
    let results = cases.into_iter().map(|case| {
        let builder = place(&case.name);
        CaseResult { problem: run::run_case(&builder, &case).err(), name: case.name }
    });
    Report { results: results.collect() }
}
