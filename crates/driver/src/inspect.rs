//! Looking at what attempts have made, which is no business of a store.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use highwater_core::input::{Completion, Inspected, Outcome};
use highwater_core::output::Inspection;

use crate::perform::Performed;

/// Says whether an artifact is there, how large it is, and what digest its content has.
///
/// A host that keeps outputs where [`FileInspector`](crate::FileInspector) cannot look brings its own, and may ask that one about the rest.
pub trait Inspector: Send + Sync {
    /// Looks. What cannot be looked at is [`Inspected::Unknown`], with the reason: then the node runs, unless it was begun with
    /// trust. A digest that is given must be the same for the same content, whoever computes it.
    fn inspect(&self, inspection: Inspection) -> BoxFuture<'static, Inspected>;
}

/// Carries out one inspection. It never fails: whoever breaks down knows nothing.
pub(crate) async fn inspect(inspector: Arc<dyn Inspector>, id: u64, inspection: Inspection) -> Performed {
    let looked = AssertUnwindSafe(async move { inspector.inspect(inspection).await }).catch_unwind().await;
    let inspected = looked.unwrap_or_else(|_| {
        Inspected::Unknown("the inspector panicked; this is a defect of the inspector".to_owned())
    });
    let completion = Completion { id, outcome: Outcome::Artifact(inspected) };
    Performed { completion, notices: Vec::new(), was_commit: false }
}
