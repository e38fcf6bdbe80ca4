//! Plans and backfills in the words of scenarios: `plan backfill=2027-01-01..2027-02-01 nodes=load downstream`.

use highwater_core::command::*;
use highwater_format::fact::{BackfillAction, BackfillOrder};

use crate::cover;
use crate::words::Words;

pub(crate) fn command(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "plan" => Command::Plan(Plan {
            of: of(words)?,
            from: words.number("from")?.unwrap_or(0),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "apply-plan" => Command::ApplyPlan(ApplyPlan {
            of: of(words)?,
            basis: words.need("basis")?,
            id: words.text("id"),
            order: if words.flag("newest-first") {
                BackfillOrder::NewestFirst
            } else {
                BackfillOrder::OldestFirst
            },
            max_concurrent: words.number("max-concurrent")?.unwrap_or(0),
            reason: words.text("reason").unwrap_or_default(),
            actor: words.text("actor"),
        }),
        "list-backfills" => Command::ListBackfills(ListBackfills {
            backfill: words.text("backfill"),
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "change-backfill" => Command::ChangeBackfill(ChangeBackfill {
            backfill: words.need("backfill")?,
            action: action(&words.need("action")?)?,
            reason: words.text("reason").unwrap_or_default(),
            actor: words.text("actor"),
        }),
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn of(words: &mut Words) -> Result<PlanOf, String> {
    if let Some(run) = words.text("resume") {
        return Ok(PlanOf::Resume(run));
    }
    if let Some(run) = words.text("retry-failed") {
        return Ok(PlanOf::RetryFailed(run));
    }
    if let Some(text) = words.text("backfill") {
        return Ok(PlanOf::Backfill(range(words, &text)?));
    }
    if let Some(text) = words.text("restatement") {
        return Ok(PlanOf::Restatement(range(words, &text)?));
    }
    Ok(PlanOf::Run)
}

fn range(words: &mut Words, interval: &str) -> Result<PlanRange, String> {
    Ok(PlanRange {
        nodes: words.list("nodes"),
        downstream: words.flag("downstream"),
        partition: words.text("partition"),
        interval: cover::interval(interval)?,
    })
}

fn action(name: &str) -> Result<BackfillAction, String> {
    match name {
        "pause" => Ok(BackfillAction::Pause),
        "resume" => Ok(BackfillAction::Resume),
        "cancel" => Ok(BackfillAction::Cancel),
        "delete" => Ok(BackfillAction::Delete),
        other => Err(format!("there is no action `{other}`")),
    }
}
