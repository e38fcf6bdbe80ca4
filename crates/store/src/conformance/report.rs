//! What came out of the cases.

use std::fmt;

/// What came out of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The name of the case.
    pub name: String,
    /// The first thing that was not as the contract says, or `None` when the store passed.
    pub problem: Option<String>,
}

/// What came out of all cases. Prints one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One result a case, in the order of the files.
    pub results: Vec<CaseResult>,
}

impl Report {
    /// The cases that the store did not pass.
    pub fn failures(&self) -> impl Iterator<Item = &CaseResult> {
        self.results.iter().filter(|result| result.problem.is_some())
    }

    /// Ends the test with every failure by name.
    ///
    /// # Panics
    ///
    /// When any case failed, or none was run.
    pub fn assert_passed(&self) {
        assert!(!self.results.is_empty(), "no conformance case was run");
        assert!(self.failures().next().is_none(), "the store breaks the contract:\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CaseResult { name, problem } in &self.results {
            match problem {
                None => writeln!(formatter, "passed: {name}")?,
                Some(problem) => writeln!(formatter, "FAILED: {name}: {problem}")?,
            }
        }
        Ok(())
    }
}
