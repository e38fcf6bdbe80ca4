//! What attempts have made in a scenario, and what a host would say of it.

use std::collections::BTreeMap;

use highwater_core::input::{Found, Inspected, Outcome};
use highwater_core::output::Inspection;

use crate::words::Words;

/// What is there, by URI. What is not here is missing.
#[derive(Debug, Default)]
pub(crate) struct Outputs(BTreeMap<String, Inspected>);

impl Outputs {
    /// `make file:out size=7 digest=aa`, `remove file:out` or `hide s3://out`.
    pub(crate) fn tell(&mut self, mut words: Words) -> Result<(), String> {
        let uri = words.next().ok_or("which output?")?;
        match words.head.as_str() {
            "make" => {
                let found = Found { size_bytes: words.number("size")?, digest: words.text("digest") };
                self.0.insert(uri, Inspected::Found(found));
            }
            "remove" => drop(self.0.remove(&uri)),
            "hide" => drop(self.0.insert(uri, Inspected::Unknown("nobody here can look there".to_owned()))),
            other => return Err(format!("`{other}` cannot be done with outputs")),
        }
        words.end()
    }

    /// What a host says.
    pub(crate) fn inspect(&self, inspection: &Inspection) -> Outcome {
        let inspected = self.0.get(&inspection.uri).cloned().unwrap_or(Inspected::Missing);
        Outcome::Artifact(match inspected {
            Inspected::Found(found) => {
                Inspected::Found(Found { digest: found.digest.filter(|_| inspection.with_digest), ..found })
            }
            other => other,
        })
    }
}
