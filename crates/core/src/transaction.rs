//! Transactions of sinks: the machine, decide and apply.
//!
//! A sink pre-commits at the barrier and hands over what commits or aborts its transaction. Which of the two it will be is
//! decided by one record, that in which the checkpoint completes or is aborted; after that the sink is told the same as often as it
//! asks, until it has confirmed it.

use highwater_format::Extra;
use highwater_format::fact::{Fact, TransactionRef, TransactionsSettled};
use serde::{Deserialize, Serialize};

use crate::answer::TransactionView;
use crate::bug;
use crate::command::SettleTransactions;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::TransactionRow;
use crate::state::{AttemptKey, State};
use crate::{checkpoint, limits};

/// Status of a transaction of a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionStatus {
    /// Pre-committed, and its checkpoint is under way.
    Prepared,
    /// To be committed: its checkpoint is completed.
    Committing,
    /// To be aborted: its checkpoint was aborted.
    Aborting,
    /// The sink has confirmed that it is committed.
    Committed,
    /// The sink has confirmed that it is aborted.
    Aborted,
}

use TransactionStatus::{Aborted, Aborting, Committed, Committing, Prepared};

/// Every transition of a transaction: status before, fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<TransactionStatus>, &str, TransactionStatus)] = &[
    (None, "checkpoint-acknowledged", Prepared),
    (Some(Prepared), "checkpoint-completed", Committing),
    (Some(Prepared), "checkpoint-aborted", Aborting),
    (Some(Committing), "transactions-settled", Committed),
    (Some(Aborting), "transactions-settled", Aborted),
];

impl TransactionStatus {
    /// All statuses.
    pub const ALL: [TransactionStatus; 5] = [Prepared, Committing, Aborting, Committed, Aborted];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Prepared => "prepared",
            Committing => "committing",
            Aborting => "aborting",
            Committed => "committed",
            Aborted => "aborted",
        }
    }
}

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<TransactionStatus>, fact: &Fact) -> Option<TransactionStatus> {
    match (from, fact) {
        (None, Fact::CheckpointAcknowledged(_)) => Some(Prepared),
        (Some(Prepared), Fact::CheckpointCompleted(_)) => Some(Committing),
        (Some(Prepared), Fact::CheckpointAborted(_)) => Some(Aborting),
        (Some(Committing), Fact::TransactionsSettled(_)) => Some(Committed),
        (Some(Aborting), Fact::TransactionsSettled(_)) => Some(Aborted),
        _ => None,
    }
}

pub(crate) fn settle(context: &Context<'_>, command: &SettleTransactions) -> Result<Decided, Stop> {
    if command.transactions.len() > limits::SUBTASKS {
        return Err(Error::invalid(format!(
            "{} transactions in one command; at most {} are allowed, send several commands",
            command.transactions.len(),
            limits::SUBTASKS
        ))
        .into());
    }
    let mut transactions: Vec<TransactionRef> = Vec::new();
    for it in &command.transactions {
        let key = checkpoint::key(it.checkpoint, &it.operator, it.subtask);
        // What is not there is settled already.
        let Some(row) = context.state.transactions.get(&key) else { continue };
        if row.status == Prepared && !bug!(SettlePrepared) {
            return Err(Error::conflict(format!(
                "the transaction of {}/{} in checkpoint {} is only prepared: it is not decided yet whether it will be \
                 committed; wait until the checkpoint is completed or aborted",
                it.operator, it.subtask, it.checkpoint
            ))
            .into());
        }
        transactions.push(it.clone());
    }
    let facts =
        if transactions.is_empty() { Vec::new() } else { vec![TransactionsSettled { transactions }.into()] };
    context.done(facts)
}

/// Transactions with these statuses, by checkpoint, operator and sub-task.
pub(crate) fn views(
    state: &State,
    wanted: impl Fn(TransactionStatus) -> bool,
) -> impl Iterator<Item = TransactionView> {
    state.transactions.iter().filter(move |(_, row)| wanted(row.status)).map(|(_, row)| view(row))
}

pub(crate) fn view(row: &TransactionRow) -> TransactionView {
    TransactionView {
        checkpoint: row.checkpoint,
        operator: row.operator.clone(),
        subtask: row.subtask,
        status: row.status,
        transaction: row.transaction.clone(),
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra) {
    match fact {
        Fact::CheckpointAcknowledged(acknowledged) => {
            for it in &acknowledged.acknowledgements {
                let key = checkpoint::key(acknowledged.checkpoint, &it.operator, it.subtask);
                let status = transition(status(state, &key), fact);
                if let (Some(status), Some(transaction)) = (status, &it.transaction) {
                    let row = TransactionRow {
                        checkpoint: acknowledged.checkpoint,
                        operator: it.operator.clone(),
                        subtask: it.subtask,
                        status,
                        transaction: transaction.clone(),
                        extra: extra.clone(),
                    };
                    state.transactions.insert(key, row);
                }
            }
        }
        Fact::CheckpointCompleted(completed) => decide_all(state, fact, completed.checkpoint),
        Fact::CheckpointAborted(aborted) => decide_all(state, fact, aborted.checkpoint),
        Fact::TransactionsSettled(settled) => {
            for it in &settled.transactions {
                let key = checkpoint::key(it.checkpoint, &it.operator, it.subtask);
                if transition(status(state, &key), fact).is_some() {
                    state.transactions.remove(&key);
                }
            }
        }
        _ => {}
    }
}

fn status(state: &State, key: &AttemptKey) -> Option<TransactionStatus> {
    state.transactions.get(key).map(|row| row.status)
}

/// All transactions of a checkpoint go the same way.
fn decide_all(state: &mut State, fact: &Fact, checkpoint: u64) {
    let keys: Vec<AttemptKey> = checkpoint::keys_of(&state.transactions, checkpoint);
    for key in keys {
        if let Some(status) = transition(status(state, &key), fact) {
            state.transactions.modify(&key, |row| row.status = status);
        }
    }
}
