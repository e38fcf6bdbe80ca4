//! Long lists, a page at a time.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::Error;

/// A page, and the cursor of the next one.
type Page<T> = (Vec<T>, Option<String>);
type Fetched<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;

/// A list that is read a page at a time, as far as it is asked for.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("dev/orders")?;
/// pipeline.set_hwms([("a", 1), ("b", 2), ("c", 3)]).await?;
///
/// let mut hwms = pipeline.list_hwms("").page_size(2);
/// while let Some(hwm) = hwms.next().await? {
///     println!("{} = {}", hwm.name, hwm.value);
/// }
/// assert_eq!(pipeline.list_hwms("").all().await?.len(), 3);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[must_use = "nothing is read until it is asked for"]
pub struct Pages<T> {
    fetch: Box<dyn Fn(Option<String>, u32) -> Fetched<T> + Send>,
    page_size: u32,
    ready: VecDeque<T>,
    progress: Progress,
}

enum Progress {
    First,
    Next(String),
    Last,
}

impl<T> Pages<T> {
    pub(crate) fn new(fetch: impl Fn(Option<String>, u32) -> Fetched<T> + Send + 'static) -> Pages<T> {
        Pages { fetch: Box::new(fetch), page_size: 0, ready: VecDeque::new(), progress: Progress::First }
    }

    /// Reads at most so many entries at a time; 0, which is what it starts with, leaves it to the engine.
    pub fn page_size(mut self, entries: u32) -> Self {
        self.page_size = entries;
        self
    }

    /// The next entry, or `None` at the end.
    ///
    /// # Errors
    ///
    /// What reading the page says. The same page is tried again at the next call.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        while self.ready.is_empty() {
            if !self.read_page().await? {
                return Ok(None);
            }
        }
        Ok(self.ready.pop_front())
    }

    /// The rest of the page that was begun, or the next page; `None` at the end.
    ///
    /// # Errors
    ///
    /// What reading the page says. The same page is tried again at the next call.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        if self.ready.is_empty() && !self.read_page().await? {
            return Ok(None);
        }
        Ok(Some(self.ready.drain(..).collect()))
    }

    /// All that is left.
    ///
    /// # Errors
    ///
    /// What reading a page says.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        while self.read_page().await? {}
        Ok(self.ready.into())
    }

    /// False at the end.
    async fn read_page(&mut self) -> Result<bool, Error> {
        let cursor = match &self.progress {
            Progress::First => None,
            Progress::Next(cursor) => Some(cursor.clone()),
            Progress::Last => return Ok(false),
        };
        let (entries, next) = (self.fetch)(cursor, self.page_size).await?;
        self.ready.extend(entries);
        self.progress = next.map_or(Progress::Last, Progress::Next);
        Ok(true)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("page_size", &self.page_size).finish_non_exhaustive()
    }
}
