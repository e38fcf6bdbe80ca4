//! `highwater doctor`.

use clap::Args;
use highwater::{Checkup, Finding, FindingKind};

use crate::console::{Console, clean, clean_lines};
use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::paint::Paint;
use crate::session::Session;
use crate::shell::word;
use crate::views::check::FindingData;

/// Names pipelines.
#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    /// Start of the ids wanted, for example prod/.
    #[arg(default_value = "")]
    prefix: String,
}

pub(crate) async fn doctor(session: &Session<'_>, arguments: &DoctorArguments) -> Outcome<()> {
    let checkup = session.check_up(&arguments.prefix).await?;
    let findings = &checkup.findings;
    let data: Vec<FindingData<'_>> =
        findings.iter().map(|finding| FindingData::new(finding, command(finding))).collect();
    session.console.show_list(&data, || {
        let blocks = blocks(findings);
        blocks.iter().map(|block| tell(session.console, block)).collect::<Vec<_>>().join("\n")
    })?;
    conclude(session, &checkup)
}

/// How it ends: damage with 4, a pipeline that cannot be looked at with 1, and what is only advice well.
fn conclude(session: &Session<'_>, checkup: &Checkup) -> Outcome<()> {
    let pipelines = checkup.pipelines;
    let looked_at = if pipelines == 1 { "1 pipeline".to_owned() } else { format!("{pipelines} pipelines") };
    let ill = |kinds: &[FindingKind]| {
        let found = checkup.findings.iter().filter(|finding| kinds.contains(&finding.kind));
        let pipelines: std::collections::BTreeSet<&str> =
            found.map(|finding| finding.pipeline.as_str()).collect();
        pipelines.len()
    };
    let damaged = ill(&[FindingKind::Broken, FindingKind::Damaged, FindingKind::Invalid]);
    let unreadable = ill(&[FindingKind::Unreadable]);
    if damaged > 0 {
        let message = format!("{damaged} of {pipelines} pipelines damaged");
        return Err(Failure::new(exit_code::DAMAGED, message));
    }
    if unreadable > 0 {
        return Err(Failure::work(format!("{unreadable} of {pipelines} pipelines could not be looked at")));
    }
    match checkup.findings.len() {
        0 => session.say_done(&format!("{looked_at}, nothing to do")),
        _ => session.say_done(&format!("{looked_at}, nothing is damaged")),
    }
    Ok(())
}

/// Findings that are told together: those of one kind in one pipeline, and missing backups of all.
fn blocks(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut blocks: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let belongs = |block: &&mut Vec<&Finding>| {
            let first = block[0];
            let is_same = first.pipeline == finding.pipeline || finding.kind == FindingKind::NoBackup;
            // Each lease has a command of its own.
            first.kind == finding.kind && is_same && finding.kind != FindingKind::StaleLease
        };
        match blocks.last_mut().filter(belongs) {
            Some(block) => block.push(finding),
            None => blocks.push(vec![finding]),
        }
    }
    blocks
}

fn tell(console: &Console, block: &[&Finding]) -> String {
    let first = block[0];
    let (symbol, paint) = match first.kind {
        FindingKind::NoBackup => ("○", Paint::Faint),
        FindingKind::StaleLease => ("◐", Paint::Warn),
        _ => ("✗", Paint::Bad),
    };
    let symbol = if console.unicode { format!("{symbol} ") } else { String::new() };
    let kind = console.data.paint(paint, &format!("{symbol}{}", first.kind.name()));
    let names: Vec<String> = match first.kind {
        FindingKind::NoBackup => block.iter().map(|finding| clean(&finding.pipeline)).collect(),
        _ => vec![clean(&first.pipeline)],
    };
    let mut lines = format!("{kind} {}\n", console.data.paint(Paint::Strong, &names.join(", ")));
    let told = if first.kind == FindingKind::NoBackup { &block[..1] } else { block };
    for finding in told {
        lines.push_str(&format!("  {}\n", clean_lines(&finding.what)));
        if !finding.place.is_empty() {
            lines.push_str(&format!("    {}\n", console.data.paint(Paint::Faint, &clean(&finding.place))));
        }
    }
    lines.push_str(&format!("  {}\n", clean(&first.advice)));
    let command = match block {
        [_, _, ..] if first.kind == FindingKind::NoBackup => {
            Some("highwater state backup --all --keep 7".to_owned())
        }
        _ => command(first),
    };
    if let Some(command) = command {
        lines.push_str(&format!("  {} {command}\n", console.data.paint(Paint::Faint, "try:")));
    }
    lines
}

/// The command that comes next, to be copied.
fn command(finding: &Finding) -> Option<String> {
    let pipeline = word(&finding.pipeline);
    match finding.kind {
        FindingKind::Broken => Some(format!("highwater state repair {pipeline}")),
        FindingKind::Damaged => Some(format!("highwater state backup {pipeline}")),
        FindingKind::Invalid => Some(format!("highwater state list-backups {pipeline}")),
        FindingKind::StaleLease => {
            Some(format!("highwater lease release {pipeline} {}", word(&finding.place)))
        }
        FindingKind::NoBackup => Some(format!("highwater state backup {pipeline} --keep 7")),
        _ => None,
    }
}
