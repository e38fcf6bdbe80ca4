//! Commands in the words of scenarios: kebab-case names, `key=value`, lists with commas, values as `type:text`.

use std::collections::BTreeMap;

use highwater_core::command::*;
use highwater_core::run::RunStatus;
use highwater_format::fact::{Counts, ErrorRecord, FinalStatus, HwmLag, NodeSpec, RetryPolicy};
use highwater_format::value::{Value, ValueType};

use crate::words::Words;
use crate::{cadence, control, cover, late, maintain, partition, plan, stream};

/// The command of one line; `nodes` are the indented lines below it.
pub(crate) fn command(mut words: Words, nodes: &[Words]) -> Result<Command, String> {
    if let Some(command) = maintain::command(&mut words)? {
        return words.end().map(|()| command);
    }
    if let Some(command) = stream::command(&mut words)? {
        return words.end().map(|()| command);
    }
    if let Some(command) = control::command(&mut words)? {
        return words.end().map(|()| command);
    }
    let command = match words.head.as_str() {
        "describe-pipeline" => Command::DescribePipeline,
        "declare-graph" => {
            let nodes = nodes.iter().cloned().map(node).collect::<Result<_, _>>()?;
            Command::DeclareGraph(DeclareGraph { nodes })
        }
        "read-log" => Command::ReadLog(ReadLog {
            from_version: words.number("from")?.unwrap_or(1),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "list-leases" => Command::ListLeases,
        "list-workers" => Command::ListWorkers,
        "beat" => Command::Beat(Beat {
            worker: words.need("worker")?,
            place: words.text("place").unwrap_or_default(),
        }),
        head if head.contains("partition") => partition::command(&mut words)?,
        head if head.contains("hwm") => hwm(&mut words)?,
        "observe-source" | "get-positions" => positions(&mut words)?,
        head if head.contains("batch") || head == "declare-sink" => batch(&mut words)?,
        head if head.contains("lease") || head == "force-unlock" => lease(&mut words)?,
        head if head.ends_with("plan") || head.contains("backfill") => plan::command(&mut words)?,
        head if head.contains("late-rule") || head == "report-arrivals" => late::command(&mut words)?,
        head if head.contains("cadence") || head.contains("window") => cadence::command(&mut words)?,
        head if head.contains("coverage") => cover::command(&mut words)?,
        head if head.contains("run") && !head.contains("node") || head == "report-drift" => run(&mut words)?,
        _ => work(&mut words)?,
    };
    words.end()?;
    Ok(command)
}

fn run(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "start-run" => Command::StartRun(StartRun {
            run: words.text("run"),
            params: values(words.starting("param:"))?,
            tags: words.starting("tag:").into_iter().collect(),
            trigger: words.text("trigger"),
            code_version: words.text("code-version"),
            logical_time_ms: words.number("logical-time-ms")?,
            parent: words.text("parent"),
            worker: words.text("worker"),
            deadline_ms: words.number("deadline-ms")?,
            window: cover::window(words)?,
        }),
        "resume-run" => {
            let (run, worker) = (words.need("run")?, words.text("worker"));
            let (reason, actor) = (words.text("reason"), words.text("actor"));
            Command::ResumeRun(ResumeRun { run, worker, reason, actor })
        }
        "finish-run" => Command::FinishRun(FinishRun {
            run: words.need("run")?,
            status: words.text("status").map(|status| final_status(&status)).transpose()?,
            error: error(words),
        }),
        "cancel-run" => {
            let (run, reason, actor) = (words.need("run")?, reason(words), words.text("actor"));
            Command::CancelRun(CancelRun { run, reason, actor })
        }
        "describe-run" => Command::DescribeRun(DescribeRun { run: words.need("run")? }),
        "report-drift" => Command::ReportDrift(ReportDrift {
            run: words.need("run")?,
            from: words.number("from")?.unwrap_or(0),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "report-run" => Command::ReportRun(ReportRun { run: words.need("run")? }),
        "list-runs" => Command::ListRuns(ListRuns {
            statuses: words.list("statuses").iter().map(|name| run_status(name)).collect::<Result<_, _>>()?,
            tags: words.starting("tag:").into_iter().collect(),
            since_ms: words.number("since-ms")?,
            until_ms: words.number("until-ms")?,
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn work(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "begin-node" => Command::BeginNode(BeginNode {
            run: words.need("run")?,
            node: words.need("node")?,
            worker: words.need("worker")?,
            lease_ms: words.number("lease-ms")?.unwrap_or(0),
            force: words.flag("force"),
            fingerprint: fingerprint(words),
            trust_unknown: words.flag("trust-unknown"),
            cover: cover::cover(words)?,
            partitions: partition::wanted(words)?,
        }),
        "report-progress" => Command::ReportProgress(ReportProgress {
            attempt: attempt(words)?,
            counts: counts(words)?.unwrap_or_default(),
            state: words.text("state").map(String::into_bytes),
            hwms: moves(words, "hwm:")?,
            covered: cover::covered(words)?,
            partitions: partition::outcomes(words)?,
        }),
        "succeed-attempt" => Command::SucceedAttempt(SucceedAttempt {
            attempt: attempt(words)?,
            counts: counts(words)?,
            hwms: moves(words, "hwm:")?,
            artifacts: artifacts(words)?,
            covered: cover::covered(words)?,
            partitions: partition::outcomes(words)?,
        }),
        "fail-attempt" => Command::FailAttempt(FailAttempt {
            attempt: attempt(words)?,
            counts: counts(words)?,
            error: error(words).ok_or("`fail-attempt` needs error=")?,
            partitions: partition::outcomes(words)?,
        }),
        "force-node" => Command::ForceNode(ForceNode {
            run: words.need("run")?,
            node: words.need("node")?,
            reason: reason(words),
            actor: words.text("actor"),
            downstream: words.flag("downstream"),
        }),
        "skip-node" => Command::SkipNode(SkipNode {
            run: words.need("run")?,
            node: words.need("node")?,
            reason: reason(words),
            actor: words.text("actor"),
            downstream: words.flag("downstream"),
        }),
        "describe-node" => Command::DescribeNode(DescribeNode { node: words.need("node")? }),
        "reset-failed" => Command::ResetFailed(ResetFailed {
            run: words.need("run")?,
            reason: reason(words),
            actor: words.text("actor"),
            dry_run: words.flag("dry-run"),
        }),
        "why" => Command::Why(Why { run: words.need("run")?, node: words.text("node") }),
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn hwm(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "get-hwm" => Command::GetHwm(GetHwm { name: words.need("name")? }),
        "set-hwms" => {
            let holder = match words.text("lease") {
                Some(lease) => Some(Holder { lease, token: words.number("token")?.unwrap_or(0) }),
                None => None,
            };
            Command::SetHwms(SetHwms { hwms: moves(words, "")?, holder })
        }
        "rewind-hwm" => Command::RewindHwm(RewindHwm {
            name: words.need("name")?,
            value: value(&words.need("to")?)?,
            reason: reason(words),
            actor: words.text("actor"),
            dry_run: words.flag("dry-run"),
        }),
        "delete-hwm" => {
            let (name, reason, actor) = (words.need("name")?, reason(words), words.text("actor"));
            Command::DeleteHwm(DeleteHwm { name, reason, actor })
        }
        "list-hwms" => Command::ListHwms(ListHwms {
            prefix: words.text("prefix").unwrap_or_default(),
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "hwm-history" => Command::HwmHistory(HwmHistory { name: words.need("name")? }),
        "declare-hwm" => Command::DeclareHwm(hwm_spec(words)?),
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn batch(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "prepare-batch" => Command::PrepareBatch(PrepareBatch {
            attempt: attempt(words)?,
            hwms: moves(words, "hwm:")?,
            state: words.text("state").map(String::into_bytes),
            counts: counts(words)?,
            supersede: words.text("supersede").unwrap_or_default(),
            covered: cover::covered(words)?,
        }),
        "commit-batch" => Command::CommitBatch(CommitBatch {
            batch: words.number("batch")?.ok_or("a batch is needed")?,
            attempt: said_by(words)?,
            receipt: words.text("receipt"),
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "abort-batch" => Command::AbortBatch(AbortBatch {
            batch: words.number("batch")?.ok_or("a batch is needed")?,
            attempt: said_by(words)?,
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "list-batches" => Command::ListBatches(ListBatches {
            statuses: words.list("statuses").iter().map(|name| named(name)).collect::<Result<_, _>>()?,
            node: words.text("node"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "declare-sink" => Command::DeclareSink(DeclareSink {
            node: words.need("node")?,
            kind: named(&words.need("kind")?)?,
        }),
        other => return Err(format!("there is no command `{other}`")),
    })
}

/// The attempt that says what became of a batch, if one does.
fn said_by(words: &mut Words) -> Result<Option<AttemptRef>, String> {
    match words.text("run") {
        None => Ok(None),
        Some(run) => {
            let (node, token) = (words.need("node")?, words.number("token")?.ok_or("a token is needed")?);
            Ok(Some(AttemptRef { run, node, token }))
        }
    }
}

fn positions(words: &mut Words) -> Result<Command, String> {
    let known = |text: Option<String>| text.map(|text| value(&text)).transpose();
    Ok(match words.head.as_str() {
        "observe-source" => Command::ObserveSource(ObserveSource {
            name: words.need("name")?,
            earliest: known(words.text("earliest"))?,
            latest: known(words.text("latest"))?,
        }),
        _ => Command::GetPositions(GetPositions { names: words.list("names") }),
    })
}

/// `lag=read-back:3600000`, words of enumerations as they are written.
fn hwm_spec(words: &mut Words) -> Result<HwmSpec, String> {
    let known = |text: Option<String>| text.map(|text| value(&text)).transpose();
    let lag = match words.text("lag") {
        None => None,
        Some(text) => {
            let (mode, amount) = text.split_once(':').ok_or("write lag=read-back:5")?;
            let amount = amount.parse().map_err(|_| format!("lag={text} has no amount that fits"))?;
            Some(HwmLag { mode: named(mode)?, amount })
        }
    };
    let or_default = |text: Option<String>| text.unwrap_or_else(|| "open".to_owned());
    Ok(HwmSpec {
        name: words.need("name")?,
        function: named(&words.text("function").unwrap_or_else(|| "max".to_owned()))?,
        value_type: words.text("type").map(|name| named(&name)).transpose()?,
        lag,
        lower: named(&or_default(words.text("lower")))?,
        upper: named(&or_default(words.text("upper")))?,
        boundary_keys: words.number("boundary-keys")?.unwrap_or(0),
        nulls: named(&words.text("nulls").unwrap_or_else(|| "raise".to_owned()))?,
        initial: known(words.text("initial"))?,
        end: known(words.text("end"))?,
        unordered: words.flag("unordered"),
        partitioned: words.flag("partitioned"),
        coverage: words.text("coverage").map(|text| hwm_coverage(&text)),
    })
}

/// `coverage=load`, or `coverage=load/eu` of a partition.
fn hwm_coverage(text: &str) -> HwmCoverage {
    let (node, partition) = text.split_once('/').map_or((text, None), |(node, key)| (node, Some(key)));
    HwmCoverage { node: node.to_owned(), partition: partition.map(str::to_owned) }
}

/// The case of an enumeration with this name.
fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

fn lease(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "acquire-lease" => Command::AcquireLease(AcquireLease {
            name: words.need("name")?,
            worker: words.need("worker")?,
            lease_ms: words.number("lease-ms")?.unwrap_or(0),
        }),
        "release-lease" => {
            let holder = Holder { lease: words.need("name")?, token: words.number("token")?.unwrap_or(0) };
            Command::ReleaseLease(ReleaseLease { holder })
        }
        "force-unlock" => {
            let (lease, reason, actor) = (words.need("lease")?, reason(words), words.text("actor"));
            Command::ForceUnlock(ForceUnlock { lease, reason, actor })
        }
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn node(mut words: Words) -> Result<NodeSpec, String> {
    let mut policy = RetryPolicy::default();
    let default = policy.clone();
    policy.max_attempts = words.number("attempts")?.unwrap_or(policy.max_attempts);
    policy.backoff_ms = words.number("backoff-ms")?.unwrap_or(policy.backoff_ms);
    policy.multiplier_percent = words.number("multiplier")?.unwrap_or(policy.multiplier_percent);
    policy.max_backoff_ms = words.number("most-ms")?.unwrap_or(policy.max_backoff_ms);
    policy.jitter_percent = words.number("jitter")?.unwrap_or(policy.jitter_percent);
    policy.retryable = words.list("retryable");
    policy.fatal = words.list("fatal");
    let retry = (policy != default).then_some(policy);
    let (after, deadline_ms) = (words.list("after"), words.number("deadline-ms")?);
    let spec = NodeSpec { name: words.head.clone(), after, retry, deadline_ms };
    words.end()?;
    Ok(spec)
}

/// `part:code=a1`, or the word `fingerprint` for one that has no parts.
fn fingerprint(words: &mut Words) -> Option<BTreeMap<String, String>> {
    let parts: BTreeMap<String, String> = words.starting("part:").into_iter().collect();
    (words.flag("fingerprint") || !parts.is_empty()).then_some(parts)
}

/// `artifact:URI=CHECK`, or `artifact:URI=existence/SIZE/DIGEST`.
fn artifacts(words: &mut Words) -> Result<Vec<ArtifactReport>, String> {
    let artifact = |(uri, how): (String, String)| {
        let mut parts = how.split('/');
        let check = match parts.next() {
            Some("existence") => ArtifactCheck::Existence,
            Some("size") => ArtifactCheck::Size,
            Some("digest") => ArtifactCheck::Digest,
            other => return Err(format!("there is no check {other:?}")),
        };
        let size_bytes = parts.next().map(|size| size.parse().map_err(|_| format!("{size} is no size")));
        let digest = parts.next().map(str::to_owned);
        Ok(ArtifactReport { uri, size_bytes: size_bytes.transpose()?, digest, check })
    };
    words.starting("artifact:").into_iter().map(artifact).collect()
}

pub(crate) fn attempt(words: &mut Words) -> Result<AttemptRef, String> {
    let (run, node) = (words.need("run")?, words.need("node")?);
    Ok(AttemptRef { run, node, token: words.number("token")?.ok_or("a token is needed")? })
}

/// `error=Class:message`, and `detail=`.
fn error(words: &mut Words) -> Option<ErrorRecord> {
    let text = words.text("error")?;
    let (class, message) = text.split_once(':').unwrap_or((&text, ""));
    Some(ErrorRecord { class: class.to_owned(), message: message.to_owned(), detail: words.text("detail") })
}

pub(crate) fn reason(words: &mut Words) -> String {
    words.text("reason").unwrap_or_default()
}

pub(crate) fn counts(words: &mut Words) -> Result<Option<Counts>, String> {
    let read = words.number("read")?;
    let written = words.number("written")?;
    let failed = words.number("failed")?;
    let bytes = words.number("bytes")?;
    let any = read.or(written).or(failed).or(bytes).is_some();
    Ok(any.then(|| Counts {
        rows_read: read.unwrap_or(0),
        rows_written: written.unwrap_or(0),
        rows_failed: failed.unwrap_or(0),
        bytes: bytes.unwrap_or(0),
    }))
}

/// HWMs that move; those named in `cast=` may change their type. `keys:NAME=a,b` are keys of rows at the edge.
fn moves(words: &mut Words, prefix: &str) -> Result<Vec<HwmUpdate>, String> {
    let casts = words.list("cast");
    let keys: BTreeMap<String, String> = words.starting("keys:").into_iter().collect();
    let update = |(name, text): (String, String)| {
        let keys = keys.get(&name).into_iter().flat_map(|keys| keys.split(',')).map(str::to_owned);
        Ok(HwmUpdate { value: value(&text)?, cast: casts.contains(&name), keys: keys.collect(), name })
    };
    words.starting(prefix).into_iter().map(update).collect()
}

fn values(pairs: Vec<(String, String)>) -> Result<BTreeMap<String, Value>, String> {
    pairs.into_iter().map(|(name, text)| Ok((name, value(&text)?))).collect()
}

/// `type:text`, for example `int:5`.
pub(crate) fn value(text: &str) -> Result<Value, String> {
    let (name, text) = text.split_once(':').ok_or_else(|| format!("`{text}` is no value; write int:5"))?;
    let value_type: ValueType = name.parse().map_err(|_| format!("there is no type `{name}`"))?;
    Value::parse(value_type, text).map_err(|error| error.to_string())
}

fn final_status(name: &str) -> Result<FinalStatus, String> {
    use FinalStatus::{Crashed, Failed, Partial, Succeeded};
    match name {
        "succeeded" => Ok(Succeeded),
        "partial" => Ok(Partial),
        "failed" => Ok(Failed),
        "crashed" => Ok(Crashed),
        other => Err(format!("there is no final status `{other}`")),
    }
}

fn run_status(name: &str) -> Result<RunStatus, String> {
    let found = RunStatus::ALL.into_iter().find(|status| status.name() == name);
    found.ok_or_else(|| format!("there is no status `{name}`"))
}
