//! Retry policies: whether and when a failed node is tried again.

use highwater_format::fact::{ErrorRecord, Reason, ReasonCode, RetryPolicy};

use crate::error::Error;
use crate::rng::Rng;
use crate::{limits, names};

/// What follows a failure.
pub(crate) struct NextTry {
    /// Pause before the next attempt, in milliseconds; absent if there will be none.
    pub(crate) pause_ms: Option<u64>,
    pub(crate) reason: Reason,
}

/// Decides after failure number `failures` (from 1) under this policy.
pub(crate) fn next_try(policy: &RetryPolicy, failures: u32, error: &ErrorRecord, rng: &mut Rng) -> NextTry {
    let give_up = |why: String| NextTry {
        pause_ms: None,
        reason: Reason { code: ReasonCode::AttemptsExhausted, message: why },
    };
    let said = format!("{}: {}", error.class, error.message);
    if policy.fatal.contains(&error.class) {
        return give_up(format!("`{}` is a fatal error class ({said})", error.class));
    }
    if !policy.retryable.is_empty() && !policy.retryable.contains(&error.class) {
        return give_up(format!(
            "`{}` is not among the error classes that are retried ({said})",
            error.class
        ));
    }
    if failures >= policy.max_attempts {
        return give_up(format!("attempt {failures} of {} failed ({said})", policy.max_attempts));
    }
    let pause_ms = backoff_ms(policy, failures, rng);
    let message =
        format!("attempt {failures} of {} failed ({said}); next in {pause_ms} ms", policy.max_attempts);
    NextTry { pause_ms: Some(pause_ms), reason: Reason { code: ReasonCode::RetryBackoff, message } }
}

/// Exponential back-off with a cap, and jitter on top so that many nodes do not come back at once.
fn backoff_ms(policy: &RetryPolicy, failures: u32, rng: &mut Rng) -> u64 {
    let mut pause = u128::from(policy.backoff_ms);
    let most = u128::from(policy.max_backoff_ms);
    for _ in 1..failures {
        if pause >= most || policy.multiplier_percent == 100 {
            break;
        }
        pause = pause * u128::from(policy.multiplier_percent) / 100;
    }
    let pause = u64::try_from(pause.min(most)).unwrap_or(u64::MAX);
    let jitter =
        u64::try_from(u128::from(pause) * u128::from(policy.jitter_percent) / 100).unwrap_or(u64::MAX);
    pause.saturating_add(rng.up_to(jitter))
}

/// Refuses a policy that could never work. `node` says whose it is.
pub(crate) fn check(policy: &RetryPolicy, node: &str) -> Result<(), Error> {
    let refuse = |what: String| Err(Error::invalid(format!("the retry policy of node `{node}` {what}")));
    if policy.max_attempts == 0 || policy.max_attempts > limits::ATTEMPTS {
        return refuse(format!("allows {} attempts; allow 1 to {}", policy.max_attempts, limits::ATTEMPTS));
    }
    if policy.multiplier_percent < 100 || policy.multiplier_percent > 100_000 {
        return refuse(format!("multiplies by {} %; choose 100 to 100000", policy.multiplier_percent));
    }
    if policy.backoff_ms > limits::BACKOFF_MS || policy.max_backoff_ms > limits::BACKOFF_MS {
        return refuse(format!("waits longer than {} ms; choose less", limits::BACKOFF_MS));
    }
    if policy.jitter_percent > 100 {
        return refuse(format!("has {} % of jitter; choose 0 to 100", policy.jitter_percent));
    }
    let classes = policy.retryable.len() + policy.fatal.len();
    if classes > limits::ERROR_CLASSES {
        return refuse(format!("names {classes} error classes; name at most {}", limits::ERROR_CLASSES));
    }
    policy
        .retryable
        .iter()
        .chain(&policy.fatal)
        .try_for_each(|class| names::check_name("the error class", class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(class: &str) -> ErrorRecord {
        ErrorRecord { class: class.to_owned(), message: "no".to_owned(), detail: None }
    }

    fn pauses(policy: &RetryPolicy) -> Vec<Option<u64>> {
        let mut rng = Rng::new((1, 1));
        (1..=policy.max_attempts)
            .map(|failures| next_try(policy, failures, &error("E"), &mut rng).pause_ms)
            .collect()
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_then_end() {
        let policy = RetryPolicy {
            max_attempts: 5,
            backoff_ms: 100,
            multiplier_percent: 200,
            max_backoff_ms: 350,
            jitter_percent: 0,
            ..RetryPolicy::default()
        };
        assert_eq!(pauses(&policy), [Some(100), Some(200), Some(350), Some(350), None]);
    }

    #[test]
    fn jitter_adds_at_most_its_share() {
        let policy =
            RetryPolicy { max_attempts: 2, backoff_ms: 1_000, jitter_percent: 50, ..RetryPolicy::default() };
        for seed in 0..200 {
            let pause =
                next_try(&policy, 1, &error("E"), &mut Rng::new((seed, 0))).pause_ms.expect("a pause");
            assert!((1_000..=1_500).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn error_classes_decide_first() {
        let policy = RetryPolicy { fatal: vec!["Fatal".into()], ..RetryPolicy::default() };
        assert_eq!(next_try(&policy, 1, &error("Fatal"), &mut Rng::new((0, 0))).pause_ms, None);
        let policy = RetryPolicy { retryable: vec!["Timeout".into()], ..RetryPolicy::default() };
        assert_eq!(next_try(&policy, 1, &error("Other"), &mut Rng::new((0, 0))).pause_ms, None);
        assert!(next_try(&policy, 1, &error("Timeout"), &mut Rng::new((0, 0))).pause_ms.is_some());
    }

    #[test]
    fn extreme_policies_do_not_overflow() {
        let policy = RetryPolicy {
            max_attempts: limits::ATTEMPTS,
            backoff_ms: limits::BACKOFF_MS,
            multiplier_percent: 100_000,
            max_backoff_ms: limits::BACKOFF_MS,
            jitter_percent: 100,
            ..RetryPolicy::default()
        };
        assert!(check(&policy, "n").is_ok());
        assert!(pauses(&policy).iter().flatten().all(|pause| *pause <= 2 * limits::BACKOFF_MS));
    }
}
