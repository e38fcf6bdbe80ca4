//! What a pipeline is given to live on.

use std::sync::Arc;

use highwater::Highwater;

use crate::fate::Fate;
use crate::point::{Moment, Point};

/// One life of the process: from its start to its end, or to its death. Cheap to clone.
///
/// All that the pipeline's future owns dies with it. What it has started elsewhere (`tokio::spawn`, threads) does not, and must not write
/// to the sink.
#[derive(Clone, Debug)]
pub struct Life {
    pub(crate) number: usize,
    pub(crate) highwater: Highwater,
    pub(crate) fate: Arc<Fate>,
}

impl Life {
    /// The state of the pipeline, opened anew in each life.
    #[must_use]
    pub fn highwater(&self) -> &Highwater {
        &self.highwater
    }

    /// 1 at first, and one more after each death.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// A moment at which the process may die too, for example between two writes to a sink: each request to the store is one anyway.
    pub async fn point(&self, name: &str) {
        let point = Point { moment: Moment::Marked, what: name.to_owned(), is_append: false };
        self.fate.reach_or_vanish(point).await;
    }
}
