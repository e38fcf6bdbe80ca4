//! What the tests share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use highwater::{Begin, EngineKind, Error, Highwater, OpenOptions};
use highwater_store::MemoryStore;

/// Makes a test of each function, once for every engine.
macro_rules! for_each_engine {
    ($($test:ident),+ $(,)?) => {
        mod native {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(highwater::EngineKind::Native).await.expect("nothing is refused");
                }
            )+
        }
        #[cfg(feature = "component")]
        mod component {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(highwater::EngineKind::Component).await.expect("nothing is refused");
                }
            )+
        }
    };
}
pub(crate) use for_each_engine;

#[allow(dead_code, reason = "not every test needs it")]
pub(crate) async fn open_file(kind: EngineKind, folder: &Path) -> Result<Highwater, Error> {
    OpenOptions::new().engine(kind).open(&format!("file:{}", folder.display())).await
}

#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn open_memory(kind: EngineKind, store: &MemoryStore) -> Result<Highwater, Error> {
    OpenOptions::new().engine(kind).open_store(Arc::new(store.clone()))
}

#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn attempt_of(begin: Begin) -> highwater::Attempt {
    match begin {
        Begin::Run(attempt) => attempt,
        other => panic!("the node can be worked on, but: {other:?}"),
    }
}

/// Whatever is waited for must come long before this.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it comes soon")
}
