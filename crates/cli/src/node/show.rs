//! `highwater node show`.

use clap::Args;
use highwater::answer::{NodeSummary, SuccessView};
use highwater::command::{Command, DescribeNode};

use crate::console::Console;
use crate::failure::Outcome;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{fields, grouped, text};
use crate::views::node::NodeSummaryData;

/// Names a node.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node.
    node: String,
    #[command(flatten)]
    at: At,
}

pub(super) async fn show(session: &Session<'_>, arguments: &ShowArguments) -> Outcome<()> {
    let session = session.at(&arguments.at);
    let command = Command::DescribeNode(DescribeNode { node: arguments.node.clone() });
    let node = expect_answer!(session.ask(&arguments.pipeline, command).await?, Node)?;
    let console = session.console;
    console.show(&NodeSummaryData::new(&arguments.pipeline, &node), || table(console, &node))?;
    if node.success.is_none() {
        console.say("it has no success with a fingerprint or artifacts, so it always runs");
    }
    Ok(())
}

fn table(console: &Console, node: &NodeSummary) -> String {
    let Some(success) = &node.success else { return String::new() };
    let overtaken = success.overtaken_by.map(|token| {
        cell(
            Paint::Warn,
            format!("an attempt with token {token} has started since, so it stands for nothing"),
        )
    });
    let lines = |lines: Vec<String>| (!lines.is_empty()).then(|| text(&lines.join("\n")));
    fields(
        console,
        vec![
            ("node", Some(text(&node.node).add_attribute(comfy_table::Attribute::Bold))),
            ("last success", Some(cell(Paint::Plain, console.moment(success.at_ms)))),
            ("run", Some(text(&success.run))),
            ("attempt", Some(cell(Paint::Plain, success.attempt))),
            ("token", Some(cell(Paint::Plain, success.token))),
            ("fingerprint", lines(parts(success))),
            ("upstream", lines(upstream(success))),
            ("artifacts", lines(artifacts(success))),
            ("overtaken", overtaken),
        ],
    )
}

fn parts(success: &SuccessView) -> Vec<String> {
    let parts = success.fingerprint.iter().flat_map(|fingerprint| &fingerprint.parts);
    parts.map(|(name, part)| format!("{name}={part}")).collect()
}

fn upstream(success: &SuccessView) -> Vec<String> {
    let upstream = success.fingerprint.iter().flat_map(|fingerprint| &fingerprint.upstream);
    upstream.map(|(node, token)| format!("{node} (token {token})")).collect()
}

fn artifacts(success: &SuccessView) -> Vec<String> {
    let words = |artifact: &highwater::Artifact| {
        let size = artifact.size_bytes.map(|size| format!(", {} bytes", grouped(size))).unwrap_or_default();
        let digest = artifact.digest.as_ref().map(|digest| format!(", {digest}")).unwrap_or_default();
        format!("{}{size}{digest}", artifact.uri)
    };
    success.artifacts.iter().map(words).collect()
}
