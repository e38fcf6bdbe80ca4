//! Where parts of states are kept.

use std::future::Future;
use std::io;

use crate::{Error, ErrorKind, Stream};

/// Keeps parts of states by name: a folder, a bucket. What a name stands for never changes.
pub trait PartStore: Send + Sync {
    /// Keeps a part. It must be durable when this returns: the checkpoint that names it may be the one to start from.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if there is one with this name, otherwise what the store says.
    fn put(&self, name: &str, bytes: Vec<u8>) -> impl Future<Output = io::Result<()>> + Send;

    /// The bytes of a part.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if it is not there, otherwise what the store says.
    fn get(&self, name: &str) -> impl Future<Output = io::Result<Vec<u8>>> + Send;

    /// Deletes a part. To delete what is not there is no error.
    ///
    /// # Errors
    ///
    /// What the store says.
    fn delete(&self, name: &str) -> impl Future<Output = io::Result<()>> + Send;
}

/// Deletes the parts that no checkpoint needs any more, and says how many they were. If it is interrupted, the next call goes on.
///
/// # Errors
///
/// What the store says ([`Unavailable`](crate::ErrorKind::Unavailable)), and what the engine refuses.
pub async fn reclaim<P: PartStore>(stream: &Stream, parts: &P) -> Result<usize, Error> {
    let mut count = 0;
    let mut deleted: Vec<String> = Vec::new();
    loop {
        let given_up = stream.reclaim(std::mem::take(&mut deleted)).await?;
        if given_up.parts.is_empty() {
            return Ok(count);
        }
        for part in given_up.parts {
            parts.delete(&part.name).await.map_err(|error| unavailable("deleted", &part.name, &error))?;
            deleted.push(part.name);
            count += 1;
        }
    }
}

pub(super) fn unavailable(what: &str, name: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the part `{name}` of a state could not be {what}: {error}"))
}
