//! The loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use highwater_core::input::Input;
use highwater_core::output::{Notice, NoticeLevel, Operation, Output, Request};
use highwater_core::{Error, ErrorKind, bug};
use highwater_store::Store;
use tokio::sync::mpsc;

use crate::clock::{Clock, Until};
use crate::driver::NoticeHook;
use crate::gather::Gather;
use crate::in_flight::{Ended, InFlight};
use crate::inspect::{Inspector, inspect};
use crate::limits::{IN_PLACE, SUBMISSIONS_PER_STEP};
use crate::message::{List, Message, Submission};
use crate::outcome;
use crate::perform::perform;
use crate::stepper::Stepper;
use crate::waiting::Waiting;

pub(crate) struct EventLoop<S, F> {
    /// Absent after it broke down, until the next step makes another.
    stepper: Option<S>,
    factory: F,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    inspector: Arc<dyn Inspector>,
    on_notice: NoticeHook,
    messages: mpsc::UnboundedReceiver<Message>,
    /// No handle can send any more, and everything that was sent is taken.
    closed: bool,
    waiting: Waiting,
    in_flight: InFlight,
    alarm: Option<Alarm>,
    /// Absent where whoever is looked out for runs on this very thread.
    gather: Option<Gather>,
    last_commit: Duration,
    /// Wakes the driver's thread. Absent until it has run.
    waker: Option<Waker>,
}

struct Alarm {
    at_ms: i64,
    /// Made by the driver's thread, whose timer it uses; absent until then.
    until: Option<Until>,
}

enum Event {
    Ended(Ended),
    Message(Message),
    Alarm,
    Close,
}

impl<S: Stepper, F: Fn() -> Result<S, Error>> EventLoop<S, F> {
    pub(crate) fn new(
        stepper: S,
        factory: F,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        inspector: Arc<dyn Inspector>,
        on_notice: NoticeHook,
        messages: mpsc::UnboundedReceiver<Message>,
    ) -> Self {
        EventLoop {
            stepper: Some(stepper),
            factory,
            store,
            clock,
            inspector,
            on_notice,
            messages,
            closed: false,
            waiting: Waiting::default(),
            in_flight: InFlight::default(),
            alarm: None,
            gather: None,
            last_commit: Duration::ZERO,
            waker: None,
        }
    }

    /// Looks out for further submissions before it commits, for loops with a thread of their own.
    pub(crate) fn gathering(mut self) -> Self {
        self.gather = Some(Gather::default());
        self
    }

    /// Does what there is to do. Ready when nothing will ever be to do again.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.waker.get_or_insert_with(|| context.waker().clone()).clone_from(context.waker());
        loop {
            match std::task::ready!(self.poll_event(context)) {
                Event::Ended(ended) => {
                    let (held, answered) = (ended.held, self.finish_work(ended));
                    let mut inputs = self.take_messages();
                    if self.in_flight.is_empty() {
                        self.look_out(&mut inputs, held, answered);
                    }
                    self.step_if_any(inputs);
                }
                Event::Message(message) => {
                    let mut inputs = Vec::new();
                    self.take_message(message, &mut inputs);
                    inputs.append(&mut self.take_messages());
                    self.step_if_any(inputs);
                }
                Event::Alarm => {
                    self.alarm = None;
                    self.step(Vec::new());
                }
                Event::Close => break,
            }
        }
        self.waiting.fail_all(&unanswered());
        Poll::Ready(())
    }

    /// Whether a submission could be carried out by whoever has it, with nobody else to wait for.
    pub(crate) fn is_idle(&self) -> bool {
        self.waker.is_some()
            && self.in_flight.is_empty()
            && self.waiting.is_empty()
            && self.messages.is_empty()
            && !self.messages.is_closed()
            && self.store.is_local()
            && self.last_commit < IN_PLACE
    }

    /// Carries out a submission on the thread of the submitter, up to its reply. What is left then, or has to be waited for,
    /// is left to the driver's thread.
    pub(crate) fn submit_in_place(&mut self, submission: Submission) {
        let Some(waker) = self.waker.clone() else { return };
        let input = self.waiting.admit(submission);
        self.step(vec![input]);
        let mut context = Context::from_waker(&waker);
        while !self.waiting.is_empty()
            && let Poll::Ready(ended) = self.in_flight.poll_next(&mut context, &*self.clock)
        {
            self.finish_work(ended);
        }
        let alarm_is_new = self.alarm.as_ref().is_some_and(|alarm| alarm.until.is_none());
        if alarm_is_new || !self.in_flight.is_empty() {
            waker.wake();
        }
    }

    /// What ended comes before what is new: its replies are due, and they free submitters for the next commit.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(ended) = self.in_flight.poll_next(context, &*self.clock) {
            return Poll::Ready(Event::Ended(ended));
        }
        if !self.closed {
            match self.messages.poll_recv(context) {
                Poll::Ready(Some(message)) => return Poll::Ready(Event::Message(message)),
                Poll::Ready(None) => self.closed = true,
                Poll::Pending => (),
            }
        }
        if self.closed && self.in_flight.is_empty() && (self.waiting.is_empty() || self.alarm.is_none()) {
            return Poll::Ready(Event::Close);
        }
        let Some(alarm) = &mut self.alarm else { return Poll::Pending };
        let until = alarm.until.get_or_insert_with(|| self.clock.sleep_until(alarm.at_ms));
        until.as_mut().poll(context).map(|()| Event::Alarm)
    }

    /// The completion gets a step of its own, before any new submission: its replies go out at once, and whoever is answered
    /// has the chance to be in the next commit. Gives the number of replies.
    fn finish_work(&mut self, ended: Ended) -> usize {
        let Some(performed) = ended.performed else { return 0 };
        for notice in &performed.notices {
            (self.on_notice)(notice);
        }
        if performed.was_commit {
            self.last_commit = ended.held;
        }
        self.step(vec![Input::Completion(performed.completion)])
    }

    /// Everything that waits, to go into one step, and thereby into one commit a pipeline.
    fn take_messages(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        while inputs.len() < SUBMISSIONS_PER_STEP
            && let Ok(message) = self.messages.try_recv()
        {
            self.take_message(message, &mut inputs);
        }
        inputs
    }

    fn take_message(&mut self, message: Message, inputs: &mut Vec<Input>) {
        match message {
            Message::Submission(submission) => inputs.push(self.waiting.admit(submission)),
            Message::List(list) => self.list(list),
            Message::Close => self.messages.close(),
        }
    }

    /// Adds those to the inputs who come back at once after they were answered.
    fn look_out(&mut self, inputs: &mut Vec<Input>, commit: Duration, answered: usize) {
        let Some(mut gather) = self.gather.take() else { return };
        gather.look_out(commit, answered, || {
            let mut came = self.take_messages();
            let count = came.len();
            inputs.append(&mut came);
            count
        });
        self.gather = Some(gather);
    }

    fn step_if_any(&mut self, inputs: Vec<Input>) {
        if !inputs.is_empty() {
            self.step(inputs);
        }
    }

    /// Gives the number of replies.
    fn step(&mut self, inputs: Vec<Input>) -> usize {
        let now_ms = self.clock.now_ms();
        match self.stepper().and_then(|stepper| step_guarded(stepper, now_ms, inputs)) {
            Ok(output) => self.carry_out(output),
            Err(error) => {
                self.start_over(&error);
                0
            }
        }
    }

    fn stepper(&mut self) -> Result<&mut S, Error> {
        match &mut self.stepper {
            Some(stepper) => Ok(stepper),
            none => Ok(none.insert((self.factory)()?)),
        }
    }

    fn carry_out(&mut self, output: Output) -> usize {
        let answered = output.replies.len();
        for reply in output.replies {
            let ticket = reply.ticket;
            if !self.waiting.reply(reply) {
                (self.on_notice)(&unknown_ticket(ticket));
            }
        }
        for notice in &output.notices {
            (self.on_notice)(notice);
        }
        for request in output.requests {
            self.start_request(request);
        }
        self.set_alarm(output.wake_at_ms);
        answered
    }

    fn start_request(&mut self, mut request: Request) {
        request.id -= u64::from(bug!(MixUpCompletions) && !self.in_flight.is_empty());
        if let Operation::InspectArtifact(inspection) = request.operation {
            let (inspector, id) = (Arc::clone(&self.inspector), request.id);
            return self
                .in_flight
                .push(Box::pin(async move { Some(inspect(inspector, id, inspection).await) }));
        }
        let store = Arc::clone(&self.store);
        self.in_flight.push(Box::pin(async move { Some(perform(store, request).await) }));
    }

    fn list(&mut self, list: List) {
        let store = Arc::clone(&self.store);
        self.in_flight.push(Box::pin(async move {
            let page = store.list(&list.prefix, list.cursor.as_deref(), list.limit).await;
            let _ = list.reply_to.send(page.map_err(outcome::store_error));
            None
        }));
    }

    fn set_alarm(&mut self, wake_at_ms: Option<i64>) {
        let unchanged = self.alarm.as_ref().map(|alarm| alarm.at_ms) == wake_at_ms;
        if !unchanged {
            self.alarm = wake_at_ms.filter(|_| !bug!(LoseWakeUp)).map(|at_ms| Alarm { at_ms, until: None });
        }
    }

    /// After a defect the engine is gone, and with it what it knew of its requests; a new one reads the store, as after a crash.
    fn start_over(&mut self, error: &Error) {
        self.stepper = None;
        self.in_flight.clear();
        self.alarm = None;
        self.waiting.fail_all(error);
        let message = format!("the engine broke down and is made anew: {error}");
        (self.on_notice)(&notice("engine-broken", message));
    }
}

/// A panic of the native core is a defect like any other, and must not take the other submitters' thread with it.
fn step_guarded(stepper: &mut impl Stepper, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
    // The stepper is dropped after an error, so nobody sees what the panic left behind.
    catch_unwind(AssertUnwindSafe(|| stepper.step(now_ms, inputs))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".to_owned());
        Err(Error::new(ErrorKind::Internal, format!("the engine panicked: {text}")))
    })
}

fn notice(code: &str, message: String) -> Notice {
    Notice { level: NoticeLevel::Warn, pipeline: String::new(), code: code.to_owned(), message }
}

fn unknown_ticket(ticket: u64) -> Notice {
    notice(
        "unknown-ticket",
        format!("the engine replied to ticket {ticket}, which nobody holds; this is a defect"),
    )
}

fn unanswered() -> Error {
    Error::new(
        ErrorKind::Internal,
        "the engine has nothing left to do and did not answer this; this is a defect",
    )
}
