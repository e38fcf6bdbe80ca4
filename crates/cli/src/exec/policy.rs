//! The retry policy of the node and the deadline of its attempts, where the caller says one.

use highwater::answer::PipelineView;
use highwater::command::{Command, DeclareGraph};
use highwater::{NodeSpec, RetryPolicy};

use super::ExecArguments;
use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::limits::SELECT_TRIES;
use crate::session::{Session, expect_answer};
use crate::time::whole_milliseconds;

/// Puts the policy into the pipeline's graph, if it is not there yet. The other nodes stay as they are.
///
/// A graph is declared as a whole, so whoever declares another at the same moment may win; then it is put in again.
pub(super) async fn declare(session: &Session<'_>, arguments: &ExecArguments) -> Outcome<()> {
    if is_unsaid(arguments) {
        return Ok(());
    }
    for _ in 0..SELECT_TRIES {
        let answer = session.ask(&arguments.pipeline, Command::DescribePipeline).await?;
        let Some(nodes) = changed(expect_answer!(answer, Pipeline)?, arguments) else { return Ok(()) };
        session.ask(&arguments.pipeline, Command::DeclareGraph(DeclareGraph { nodes })).await?;
    }
    let message = format!(
        "others keep changing the graph of `{}`; what was said of the node did not stay",
        arguments.pipeline
    );
    Err(Failure::new(exit_code::CONFLICT, message))
}

fn is_unsaid(arguments: &ExecArguments) -> bool {
    says_no_policy(arguments) && arguments.deadline.is_none()
}

fn says_no_policy(arguments: &ExecArguments) -> bool {
    let ExecArguments { max_attempts, backoff, max_backoff, retry_exit_codes, .. } = arguments;
    max_attempts.is_none() && backoff.is_none() && max_backoff.is_none() && retry_exit_codes.is_empty()
}

/// The graph with the policy in it; `None` if it is there already.
fn changed(view: PipelineView, arguments: &ExecArguments) -> Option<Vec<NodeSpec>> {
    let mut nodes = view.graph;
    let index = nodes.iter().position(|spec| spec.name == arguments.node).unwrap_or_else(|| {
        let name = arguments.node.clone();
        nodes.push(NodeSpec { name, ..NodeSpec::default() });
        nodes.len() - 1
    });
    let before = nodes[index].clone();
    if !says_no_policy(arguments) {
        nodes[index].retry = Some(merge(before.retry.clone().unwrap_or_default(), arguments));
    }
    nodes[index].deadline_ms = arguments.deadline.map(whole_milliseconds).or(before.deadline_ms);
    (nodes[index] != before).then_some(nodes)
}

/// What was said, over what stands there.
fn merge(mut policy: RetryPolicy, arguments: &ExecArguments) -> RetryPolicy {
    if let Some(max_attempts) = arguments.max_attempts {
        policy.max_attempts = max_attempts;
    }
    if let Some(backoff) = arguments.backoff {
        policy.backoff_ms = whole_milliseconds(backoff);
        policy.max_backoff_ms = policy.max_backoff_ms.max(policy.backoff_ms);
    }
    if let Some(max_backoff) = arguments.max_backoff {
        policy.max_backoff_ms = whole_milliseconds(max_backoff);
    }
    if !arguments.retry_exit_codes.is_empty() {
        policy.retryable = arguments.retry_exit_codes.iter().map(|code| format!("exit-{code}")).collect();
    }
    policy
}
