//! What was opened.

use std::sync::Arc;
use std::time::Duration;

use crate::connection::Connection;
use crate::{Error, Pages, Pipeline};

/// Pipelines in one store. Cheap to clone; clones, pipelines, runs and guards keep it open.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hw = highwater::open("memory:").await?;
/// hw.pipeline("prod/orders")?.hwm("loaded").set(7).await?;
/// assert_eq!(hw.pipelines("prod/").all().await?, ["prod/orders"]);
/// hw.close().await;
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Highwater {
    pub(crate) connection: Arc<Connection>,
}

impl Highwater {
    /// The pipeline with this id, whether it exists or not: nothing is asked yet. The first segment of the id is its
    /// environment, for example `prod/orders_daily`.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if no pipeline can have this id.
    pub fn pipeline(&self, id: impl AsRef<str>) -> Result<Pipeline, Error> {
        let id = id.as_ref();
        highwater_core::check_pipeline(id)?;
        Ok(Pipeline { connection: Arc::clone(&self.connection), id: id.into() })
    }

    /// Ids of pipelines that start with `prefix`, in byte order; all for an empty one.
    pub fn pipelines(&self, prefix: impl Into<String>) -> Pages<String> {
        let (handle, prefix) = (self.connection.handle.clone(), prefix.into());
        Pages::new(move |cursor, limit| {
            let (handle, prefix) = (handle.clone(), prefix.clone());
            let limit = if limit == 0 { highwater_core::limits::PAGE_DEFAULT } else { limit as usize };
            Box::pin(async move {
                let page = handle.list(&prefix, cursor, limit).await?;
                Ok((page.keys, page.next))
            })
        })
    }

    /// The name under which this worker begins attempts and holds leases.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.connection.worker
    }

    /// Sends a sign of life for all that is held, now, and learns whether it is held still. Beats go out by themselves, so this is
    /// for tests that open with a [`clock`](crate::OpenOptions::clock) of their own. Gives the time until the next beat is due, or
    /// nothing if nothing is held.
    pub async fn beat(&self) -> Option<Duration> {
        self.connection.beat().await
    }

    /// Carries out what was submitted, dropped guards included, and lets go of the store. Whatever is asked afterwards, through
    /// any clone, is refused. Without it, the same happens in the background when the last clone is dropped.
    pub async fn close(&self) {
        self.connection.handle.close().await;
    }
}
