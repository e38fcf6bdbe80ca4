//! What applications leave outside: it changes and vanishes, whatever the journal says.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use highwater_core::input::{Found, Inspected};
use highwater_core::output::Inspection;
use highwater_driver::Inspector;

use crate::time::MS;
use crate::world::World;

/// Looks at outputs, and takes its time.
#[derive(Debug)]
pub(crate) struct Outputs(pub(crate) Arc<World>);

impl Inspector for Outputs {
    fn inspect(&self, inspection: Inspection) -> BoxFuture<'static, Inspected> {
        let (pause_ms, fate) = self.0.luck(|luck| (luck.between(1, 8), luck.below(10)));
        self.0.note(&[fate], || format!("somebody looks at {}: {fate}", inspection.uri));
        let sleep = self.0.time.sleep(pause_ms * MS);
        async move {
            sleep.await;
            let digest = |content: &str| inspection.with_digest.then(|| content.to_owned());
            match fate {
                0 => Inspected::Missing,
                1 => Inspected::Unknown("the network is down".to_owned()),
                2 => Inspected::Found(Found { size_bytes: Some(8), digest: digest("other") }),
                _ => Inspected::Found(Found { size_bytes: Some(8), digest: digest("usual") }),
            }
        }
        .boxed()
    }
}
