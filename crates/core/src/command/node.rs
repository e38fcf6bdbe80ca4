//! Commands about nodes that need no attempt, and what attempts say about their outputs.

use serde::{Deserialize, Serialize};

/// See [`Command::SkipNode`](super::Command::SkipNode).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkipNode {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// The nodes after it are skipped too; otherwise it counts as done for them.
    pub downstream: bool,
}

/// See [`Command::DescribeNode`](super::Command::DescribeNode).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DescribeNode {
    /// Name of the node.
    pub node: String,
}

/// An output that an attempt names at its end. What is left out of it is looked up, as far as `check` wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactReport {
    /// Where it is: a path, or a URI whose scheme the host can look into.
    pub uri: String,
    /// Its bytes; absent lets the host count them.
    pub size_bytes: Option<u64>,
    /// Digest of its content; absent lets the host compute it.
    pub digest: Option<String>,
    /// What must still be so for the success to stand for a later one.
    pub check: ArtifactCheck,
}

/// How closely an artifact is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactCheck {
    /// It is there. What was given of size and digest is compared too.
    Existence,
    /// It is there with the same size.
    Size,
    /// It is there with the same content: all of it is read.
    #[default]
    Digest,
}

impl From<&str> for ArtifactReport {
    fn from(uri: &str) -> Self {
        ArtifactReport { uri: uri.to_owned(), ..ArtifactReport::default() }
    }
}

impl From<String> for ArtifactReport {
    fn from(uri: String) -> Self {
        ArtifactReport { uri, ..ArtifactReport::default() }
    }
}
