//! Making a driver and starting its thread.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::thread;

use highwater_core::output::Notice;
use highwater_core::{Error, ErrorKind};
use highwater_store::Store;
use tokio::runtime;
use tokio::sync::{mpsc, watch};

use crate::clock::{Clock, SystemClock};
use crate::event_loop::EventLoop;
use crate::file_inspector::FileInspector;
use crate::handle::Handle;
use crate::in_place::Shared;
use crate::inspect::Inspector;
use crate::message::Message;
use crate::stepper::Stepper;

/// Takes the notices of the engine.
pub(crate) type NoticeHook = Box<dyn Fn(&Notice) + Send>;

/// A driver that was not started yet.
pub struct Driver<F> {
    factory: F,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    inspector: Arc<dyn Inspector>,
    on_notice: NoticeHook,
}

impl<S: Stepper + 'static, F: Fn() -> Result<S, Error> + Send + 'static> Driver<F> {
    /// A driver between the engines that `factory` makes, and `store`. The first engine is made when the driver starts, another
    /// one each time that an engine breaks down, so the factory must draw a new [`seed`](crate::seed) at each call.
    pub fn new(factory: F, store: Arc<dyn Store>) -> Driver<F> {
        Driver {
            factory,
            store,
            clock: Arc::new(SystemClock),
            inspector: Arc::new(FileInspector),
            on_notice: Box::new(|_| ()),
        }
    }

    /// Uses this clock instead of the system's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Looks at artifacts with this inspector instead of [`FileInspector`].
    #[must_use]
    pub fn inspector(mut self, inspector: Arc<dyn Inspector>) -> Self {
        self.inspector = inspector;
        self
    }

    /// Hands each notice to `hook`, on the driver's thread or that of a submitter: it must be quick, and must neither block
    /// nor panic.
    #[must_use]
    pub fn on_notice(mut self, hook: impl Fn(&Notice) + Send + 'static) -> Self {
        self.on_notice = Box::new(hook);
        self
    }

    /// Starts the driver on a thread of its own, where stores may do their I/O inline. A lone submitter that is the main future
    /// of a multi-threaded runtime does it on its own thread instead, where it keeps nobody else waiting.
    ///
    /// # Errors
    ///
    /// What the factory says, or [`ErrorKind::Unavailable`] if the system gives no thread.
    pub fn spawn(self) -> Result<Handle, Error> {
        // First, since a runtime must not be dropped where a caller awaits, should the factory fail.
        let (sender, ended_sender, ended, event_loop) = self.event_loop()?;
        // Everything of tokio that is compiled in: a store may bring its own sockets.
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(|e| no_thread(&e))?;
        let shared = Arc::new(Shared::new(event_loop.gathering()));
        let mine = Shared::drop_loop_at_end(&shared);
        let work = move || {
            runtime.block_on(poll_fn(|context| mine.poll(context)));
            // In this order: who waits for the end may count on the store being let go.
            drop(mine);
            drop(runtime);
            drop(ended_sender);
        };
        thread::Builder::new().name("highwater-driver".to_owned()).spawn(work).map_err(|e| no_thread(&e))?;
        Ok(Handle::new(sender, ended, shared))
    }

    /// The driver as a future, for an executor of the caller's choice: nothing happens unless it is polled, and dropping it
    /// is what a crash would be. The store's I/O is done by whoever polls it. It runs no thread and reads no time but that
    /// of its [`Clock`], so a simulation that controls clock, store and executor controls everything.
    ///
    /// # Errors
    ///
    /// What the factory says.
    pub fn local(self) -> Result<(Handle, impl Future<Output = ()> + Send + use<S, F>), Error> {
        let (sender, ended_sender, ended, event_loop) = self.event_loop()?;
        let shared = Arc::new(Shared::new(event_loop));
        let mine = Shared::drop_loop_at_end(&shared);
        let work = async move {
            poll_fn(|context| mine.poll(context)).await;
            drop(mine);
            drop(ended_sender);
        };
        Ok((Handle::new(sender, ended, shared), work))
    }

    #[expect(clippy::type_complexity, reason = "taken apart at once, by two callers")]
    fn event_loop(
        self,
    ) -> Result<
        (mpsc::UnboundedSender<Message>, watch::Sender<()>, watch::Receiver<()>, EventLoop<S, F>),
        Error,
    > {
        let stepper = (self.factory)()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let (ended_sender, ended) = watch::channel(());
        let event_loop = EventLoop::new(
            stepper,
            self.factory,
            self.store,
            self.clock,
            self.inspector,
            self.on_notice,
            receiver,
        );
        Ok((sender, ended_sender, ended, event_loop))
    }
}

impl<F> fmt::Debug for Driver<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

fn no_thread(error: &std::io::Error) -> Error {
    let message =
        format!("the thread of the driver could not be started ({error}); free some memory or threads");
    Error::new(ErrorKind::Unavailable, message)
}
