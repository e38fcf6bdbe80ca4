//! From one log to another, exactly once: payments are numbered and summed for each account.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use highwater::Pipeline;
use highwater::streaming::{
    BoxError, ExactlyOnceProcessor, FileParts, KeyedState, Operator, ProcessorSpec, Source,
    TransactionalSink, ValueState,
};
use serde::{Deserialize, Serialize};

use crate::file_log::FileLog;
use crate::log_sink::{Keyed, LogSink};
use crate::log_source::LogSource;

/// What comes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payment {
    /// Who pays.
    pub account: String,
    /// How much, in cents.
    pub cents: i64,
}

/// What goes: the same, with what the account has paid up to then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Booking {
    /// Who paid.
    pub account: String,
    /// The how-manieth payment of the account it is. Twice the same would be a row too many, a gap a row too few.
    pub number: u64,
    /// What the account has paid with it, in cents.
    pub total: i64,
}

impl Keyed for Booking {
    fn key(&self) -> &str {
        &self.account
    }
}

const BOOKED: ValueState<String, (u64, i64)> = ValueState::new("booked");

/// Numbers and sums the payments of each account.
#[derive(Debug)]
pub struct Book;

impl Operator for Book {
    type In = Payment;
    type Out = Booking;

    fn process(
        &mut self,
        it: Payment,
        state: &mut KeyedState,
        out: &mut Vec<Booking>,
    ) -> Result<(), BoxError> {
        let (number, total) = BOOKED.get(state, &it.account)?.unwrap_or_default();
        let (number, total) = (number + 1, total + it.cents);
        BOOKED.put(state, &it.account, &(number, total))?;
        out.push(Booking { account: it.account, number, total });
        Ok(())
    }
}

/// Books all payments of the one log into the other one.
pub async fn book<S, K>(
    pipeline: &Pipeline,
    payments: S,
    bookings: K,
    parts: FileParts,
) -> Result<(), Box<dyn Error>>
where
    S: Source<Record = Payment>,
    K: TransactionalSink<Record = Booking>,
{
    // As often as can be, so that kills meet every step of a checkpoint. A minute is usual.
    let spec = ProcessorSpec::new("book").read(20).stream(|spec| spec.interval(Duration::from_millis(1)));
    let mut processor = ExactlyOnceProcessor::start(pipeline, spec, payments, Book, bookings, parts).await?;
    processor.run().await?;
    processor.stop().await?;
    Ok(())
}

/// The same in a folder: from the log `payments`, which must be there, to the log `bookings`.
pub async fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let hw = crate::open(folder).await?;
    let payments = LogSource::new(FileLog::open(&folder.join("payments"), 2)?);
    let bookings = LogSink::new(FileLog::open(&folder.join("bookings"), 2)?);
    book(&hw.pipeline("dev/payments")?, payments, bookings, FileParts::new(folder.join("parts"))).await?;
    hw.close().await;
    Ok(())
}
