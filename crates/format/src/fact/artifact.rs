//! What a success of a node rests on, and what it made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shared::{is_empty, is_none};

/// What an attempt works on: while all of it is the same, the success of the attempt stands for another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// What the application names, by name: `code`, `config`, `input`, each with a digest or a version of it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub parts: BTreeMap<String, String>,
    /// The nodes before this one, each with the fencing token of its success; 0 of one that did not have to run.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub upstream: BTreeMap<String, u64>,
}

/// An output of an attempt. What is absent is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Where it is.
    pub uri: String,
    /// Its bytes, those of a folder all together.
    #[serde(default, skip_serializing_if = "is_none")]
    pub size_bytes: Option<u64>,
    /// Digest of its content.
    #[serde(default, skip_serializing_if = "is_none")]
    pub digest: Option<String>,
}
