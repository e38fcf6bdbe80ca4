//! Listing the journals of a store.

use std::collections::BinaryHeap;
use std::path::Path;

use highwater_store::limits::LIST_PAGE_KEYS;
use highwater_store::{Page, StoreError};

use crate::folder::{Listing, entries};
use crate::journal::Shared;
use crate::layout;
use crate::name::{self, KEY_PREFIX, Piece};

/// The smallest keys that are wanted, as many as fit on a page and one more.
struct Candidates<'a> {
    prefix: &'a str,
    after: Option<&'a str>,
    limit: usize,
    /// The largest is on top, and leaves first.
    keys: BinaryHeap<String>,
}

impl Candidates<'_> {
    fn offer(&mut self, key: String) {
        if !key.starts_with(self.prefix) || self.after.is_some_and(|after| key.as_str() <= after) {
            return;
        }
        self.keys.push(key);
        if self.keys.len() > self.limit + 1 {
            self.keys.pop();
        }
    }
}

impl Shared {
    /// See [`Store::list`](highwater_store::Store::list).
    pub(crate) fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, LIST_PAGE_KEYS);
        let mut after = cursor.map(str::to_owned);
        let mut page = Page::default();
        // Folders without a log are no journals, so one look at the folders may not fill the page.
        loop {
            let wanted = limit - page.keys.len();
            let mut candidates =
                Candidates { prefix, after: after.as_deref(), limit: wanted, keys: BinaryHeap::new() };
            collect(&self.journals, "", &mut candidates)?;
            let keys = candidates.keys.into_sorted_vec();
            let more = keys.len() > wanted;
            for key in keys.into_iter().take(wanted) {
                after = Some(key.clone());
                if Listing::read(&self.disk, &layout::journal_folder(&self.journals, &key))?.is_journal() {
                    page.keys.push(key);
                }
            }
            if !more {
                return Ok(page);
            }
            if page.keys.len() == limit {
                page.next = after;
                return Ok(page);
            }
        }
    }
}

/// Offers the keys whose folders lie in `folder`, and whose names go on from `encoded`.
fn collect(folder: &Path, encoded: &str, candidates: &mut Candidates<'_>) -> Result<(), StoreError> {
    let Some(entries) = entries(folder)? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else { continue };
        // What is no folder was not made by a store; of what vanishes meanwhile, nothing is known.
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        match name::parse_piece(KEY_PREFIX, file_name) {
            Some(Piece::Continued(text)) => {
                collect(&folder.join(file_name), &format!("{encoded}{text}"), candidates)?;
            }
            Some(Piece::Last(text)) => {
                if let Some(key) = name::decode(&format!("{encoded}{text}")) {
                    candidates.offer(key);
                }
            }
            None => {}
        }
    }
    Ok(())
}
