//! Dead letters.

use highwater::answer::{DeadLetter, Requeued};
use serde::Serialize;

use super::run::ErrorData;
use crate::time::rfc3339;

/// An item that a node could not work on. What of its payload is no text stands in hexadecimal digits.
#[derive(Debug, Serialize)]
pub(crate) struct DeadLetterData<'a> {
    pipeline: &'a str,
    node: &'a str,
    key: &'a str,
    error: ErrorData<'a>,
    payload: Option<String>,
    payload_hex: Option<String>,
    run: &'a str,
    attempt: u32,
    at_ms: i64,
    at: Option<String>,
    times: u32,
    requeued: Option<&'a Requeued>,
}

impl<'a> DeadLetterData<'a> {
    /// A dead letter of this pipeline.
    pub(crate) fn new(pipeline: &'a str, letter: &'a DeadLetter) -> DeadLetterData<'a> {
        let bytes = letter.payload.as_deref();
        let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        DeadLetterData {
            pipeline,
            node: &letter.node,
            key: &letter.key,
            error: ErrorData::from(&letter.error),
            payload: text.map(str::to_owned),
            payload_hex: bytes.filter(|_| text.is_none()).map(hex),
            run: &letter.run,
            attempt: letter.attempt,
            at_ms: letter.at_ms,
            at: rfc3339(letter.at_ms),
            times: letter.times,
            requeued: letter.requeued.as_ref(),
        }
    }
}
