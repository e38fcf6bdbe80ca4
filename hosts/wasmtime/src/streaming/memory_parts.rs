//! Parts in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::PartStore;

/// Parts in memory, for tests. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryParts {
    parts: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl MemoryParts {
    /// Names of all parts.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartStore for MemoryParts {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let mut parts = self.lock();
        if parts.contains_key(name) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is one with this name"));
        }
        parts.insert(name.to_owned(), bytes);
        Ok(())
    }

    async fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "there is none with this name");
        self.lock().get(name).cloned().ok_or_else(missing)
    }

    async fn delete(&self, name: &str) -> io::Result<()> {
        self.lock().remove(name);
        Ok(())
    }
}
