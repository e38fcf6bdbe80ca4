//! One request, carried out.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use highwater_core::input::{Completion, FailureKind, Outcome, StoreFailure};
use highwater_core::output::{Notice, Operation, Request};
use highwater_store::{Store, StoreError};

use crate::outcome;

/// A request that was carried out.
pub(crate) struct Performed {
    pub(crate) completion: Completion,
    pub(crate) notices: Vec<Notice>,
    /// It made a record durable, or tried to.
    pub(crate) was_commit: bool,
}

pub(crate) async fn perform(store: Arc<dyn Store>, request: Request) -> Performed {
    let Request { id, pipeline, operation } = request;
    let was_commit = matches!(operation, Operation::Append(_));
    let mut notices = Vec::new();
    let operated =
        AssertUnwindSafe(operate(&*store, &pipeline, operation, &mut notices)).catch_unwind().await;
    let outcome = match operated {
        Ok(result) => result.unwrap_or_else(outcome::failed),
        Err(_) => Outcome::Failed(StoreFailure {
            kind: FailureKind::Unknown,
            message: format!(
                "the store panicked while it worked on `{pipeline}`; this is a defect of the store"
            ),
        }),
    };
    Performed { completion: Completion { id, outcome }, notices, was_commit }
}

async fn operate(
    store: &dyn Store,
    key: &str,
    operation: Operation,
    notices: &mut Vec<Notice>,
) -> Result<Outcome, StoreError> {
    Ok(match operation {
        Operation::Read => outcome::journal(store.read(key).await?),
        Operation::ReadFrom(version) => {
            let (outcome, damage) = outcome::tail(store.read_from(key, version).await?);
            notices.extend(damage.iter().map(|damage| outcome::damage_notice(key, damage)));
            outcome
        }
        Operation::Append(record) => outcome::append(store.append(key, record.version, record.bytes).await?),
        Operation::PutSnapshot(snapshot) => {
            store.put_snapshot(key, snapshot.version, snapshot.bytes).await?;
            Outcome::Done
        }
        Operation::Trim(up_to) => {
            store.trim(key, up_to).await?;
            Outcome::Done
        }
        Operation::Beat(beat) => {
            store.beat(key, &beat.worker, beat.bytes).await?;
            Outcome::Done
        }
        Operation::Beats => Outcome::Beats(store.beats(key).await?),
        Operation::ReadAll => outcome::retained(store.read_all(key).await?),
        Operation::Reset(snapshot) => {
            outcome::reset(store.reset(key, snapshot.version, snapshot.bytes).await?)
        }
        Operation::PutBackup(backup) => {
            store.put_backup(key, &backup.name, backup.bytes).await?;
            Outcome::Done
        }
        Operation::Backups => outcome::backups(store.backups(key).await?),
        Operation::ReadBackup(name) => Outcome::Backup(store.read_backup(key, &name).await?),
        Operation::DeleteBackup(name) => {
            store.delete_backup(key, &name).await?;
            Outcome::Done
        }
        Operation::InspectArtifact(_) => {
            return Err(StoreError::Unsupported { message: "a store does not look at artifacts".to_owned() });
        }
    })
}
