//! The graph of a pipeline.

use std::time::Duration;

use highwater_core::command::DeclareGraph;
use highwater_format::fact::{NodeSpec, RetryPolicy};

use crate::connection::milliseconds;

/// The nodes of a pipeline and their order.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use highwater::{Graph, RetryPolicy};
///
/// let graph = Graph::new()
///     .node("extract").retry(RetryPolicy { max_attempts: 5, ..RetryPolicy::default() })
///     .node("transform").after("extract")
///     .node("load").after("transform").deadline(Duration::from_secs(30 * 60));
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders_daily")?;
/// pipeline.declare_graph(graph).await?;
/// assert_eq!(pipeline.describe().await?.graph[2].after, ["transform"]);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Graph {
    pub(crate) command: DeclareGraph,
}

impl Graph {
    /// A graph without nodes.
    pub fn new() -> Graph {
        Graph::default()
    }

    /// Adds a node. What follows is about this one, until the next.
    pub fn node(mut self, name: impl Into<String>) -> Self {
        let node = NodeSpec { name: name.into(), ..NodeSpec::default() };
        self.command.nodes.push(node);
        self
    }

    /// The node may begin once `upstream` has succeeded in the same run. Said before any node, it says nothing.
    pub fn after(mut self, upstream: impl Into<String>) -> Self {
        if let Some(node) = self.command.nodes.last_mut() {
            node.after.push(upstream.into());
        }
        self
    }

    /// How often and when the node is tried again. Said before any node, it says nothing.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        if let Some(node) = self.command.nodes.last_mut() {
            node.retry = Some(policy);
        }
        self
    }

    /// The longest time that one attempt of the node may take. One that takes longer has failed, with the error class `deadline`,
    /// and the retry policy says what comes next. Said before any node, it says nothing.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        if let Some(node) = self.command.nodes.last_mut() {
            node.deadline_ms = Some(milliseconds(deadline));
        }
        self
    }
}
