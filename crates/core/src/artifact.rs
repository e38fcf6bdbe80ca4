//! Artifacts: what attempts make outside. The host looks at them, and only while a decision needs it.

use highwater_format::fact::Artifact;

use crate::ask::Ask;
use crate::command::{ArtifactCheck, ArtifactReport};
use crate::decide::{Context, Need, Stop};
use crate::error::Error;
use crate::input::{Found, Inspected, Outcome};
use crate::output::Inspection;
use crate::{limits, names};

/// The artifacts that an attempt names at its end, with what the host found of them. One that is missing is refused.
pub(crate) fn record(context: &Context<'_>, reports: &[ArtifactReport]) -> Result<Vec<Artifact>, Stop> {
    if reports.len() > limits::ARTIFACTS {
        return Err(Error::invalid(format!(
            "{} artifacts; an attempt names at most {}: name the folder that they are in",
            reports.len(),
            limits::ARTIFACTS
        ))
        .into());
    }
    let mut artifacts: Vec<Artifact> = Vec::with_capacity(reports.len());
    for report in reports {
        names::check_name("the URI of the artifact", &report.uri)?;
        names::check_optional_name("the digest of the artifact", report.digest.as_ref())?;
        if artifacts.iter().any(|known| known.uri == report.uri) {
            let message = format!("the artifact `{}` is named twice; name it once", report.uri);
            return Err(Error::invalid(message).into());
        }
        artifacts.push(complete(context, report)?);
    }
    Ok(artifacts)
}

/// What the application has not said is looked up.
fn complete(context: &Context<'_>, report: &ArtifactReport) -> Result<Artifact, Stop> {
    let with_digest = report.check == ArtifactCheck::Digest && report.digest.is_none();
    let with_size = report.check != ArtifactCheck::Existence && report.size_bytes.is_none();
    let mut artifact =
        Artifact { uri: report.uri.clone(), size_bytes: report.size_bytes, digest: report.digest.clone() };
    let found = match inspect(context, &report.uri, with_digest)? {
        Inspected::Found(found) => found,
        // Nobody can look: what was said stands.
        Inspected::Unknown(_) => return Ok(artifact),
        Inspected::Missing => {
            let message = format!(
                "the artifact `{}` is not there; write it before the attempt succeeds, or leave it out",
                report.uri
            );
            return Err(Error::invalid(message).into());
        }
    };
    if let Some(what) = mismatch(&artifact, found) {
        return Err(Error::invalid(format!("{what}; say what is there, or leave it out")).into());
    }
    artifact.size_bytes = artifact.size_bytes.or(found.size_bytes.filter(|_| with_size));
    artifact.digest = artifact.digest.or(found.digest.clone().filter(|_| with_digest));
    Ok(artifact)
}

/// Why an artifact is not what it was, in words; absent if it is.
pub(crate) fn difference(
    context: &Context<'_>,
    artifact: &Artifact,
    trust_unknown: bool,
) -> Result<Option<String>, Stop> {
    let uri = &artifact.uri;
    Ok(match inspect(context, uri, artifact.digest.is_some())? {
        Inspected::Found(found) => match mismatch(artifact, found) {
            Some(what) => Some(what),
            None => unknown(artifact, found).filter(|_| !trust_unknown),
        },
        Inspected::Missing => Some(format!("the artifact `{uri}` has gone")),
        Inspected::Unknown(_) if trust_unknown => None,
        Inspected::Unknown(why) => {
            Some(format!("nobody can say what became of the artifact `{uri}` ({why})"))
        }
    })
}

/// What differs between what is known of an artifact and what was found.
fn mismatch(artifact: &Artifact, found: &Found) -> Option<String> {
    let uri = &artifact.uri;
    if let (Some(known), Some(size)) = (artifact.size_bytes, found.size_bytes)
        && known != size
    {
        return Some(format!("the artifact `{uri}` has {size} bytes instead of {known}"));
    }
    match (&artifact.digest, &found.digest) {
        (Some(known), Some(digest)) if known != digest => Some(format!(
            "the artifact `{uri}` has another content: its digest is {digest} instead of {known}"
        )),
        _ => None,
    }
}

/// What should be compared and cannot be.
fn unknown(artifact: &Artifact, found: &Found) -> Option<String> {
    let uri = &artifact.uri;
    let missing = match (artifact.size_bytes, found.size_bytes, &artifact.digest, &found.digest) {
        (Some(_), None, ..) => "size",
        (.., Some(_), None) => "digest",
        _ => return None,
    };
    Some(format!("nobody can say what {missing} the artifact `{uri}` has"))
}

/// What the host says about it. The decision is made again when it has looked.
fn inspect<'a>(context: &'a Context<'_>, uri: &str, with_digest: bool) -> Result<&'a Inspected, Stop> {
    let inspection = Inspection { uri: uri.to_owned(), with_digest };
    match context.fetched.asked.get(&Ask::Artifact(inspection.clone())) {
        Some(Outcome::Artifact(inspected)) => Ok(inspected),
        Some(other) => Err(crate::ask::unexpected(other)),
        None => Err(Stop::Need(Need::Inspect(inspection))),
    }
}
