//! Partitions in the words of scenarios: `dim:region=eu,us` is a dimension with its keys, `dim:customer=*` one that is dynamic;
//! `partitions=all` asks for partitions, `done:eu=5` has done one with five rows, `failed:us=` failed at one.

use highwater_core::command::*;
use highwater_format::fact::{AddedDimension, KeyRename, PartitionDimension, PartitionMark};

use crate::ask::reason;
use crate::cover::status;
use crate::words::Words;

pub(crate) fn command(words: &mut Words) -> Result<Command, String> {
    let limit = words.number("limit")?.unwrap_or(0);
    Ok(match words.head.as_str() {
        "declare-partitions" => Command::DeclarePartitions(DeclarePartitions {
            node: words.need("node")?,
            dimensions: words.starting("dim:").into_iter().map(dimension).collect(),
        }),
        "change-partition-keys" => Command::ChangePartitionKeys(ChangePartitionKeys {
            node: words.need("node")?,
            dimension: words.need("dimension")?,
            add: words.list("add"),
            remove: words.list("remove"),
            forget: words.flag("forget"),
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "mark-partitions" => {
            let (rows, fingerprint) = (words.number("rows")?, words.text("as"));
            let names = words.list("partitions").into_iter();
            let mark = |partition| PartitionMark { partition, rows, fingerprint: fingerprint.clone() };
            Command::MarkPartitions(MarkPartitions {
                marks: names.map(mark).collect(),
                node: words.need("node")?,
                status: status(&words.need("status")?)?,
                reason: reason(words),
                actor: words.text("actor"),
                dry_run: words.flag("dry-run"),
            })
        }
        "rekey-partitions" => {
            let rename = |(from, to)| KeyRename { from, to };
            let dimension_of_name = |added: (String, String)| dimension(added);
            let added: Vec<PartitionDimension> =
                words.starting("dim:").into_iter().map(dimension_of_name).collect();
            let key = words.text("key").unwrap_or_default();
            Command::RekeyPartitions(RekeyPartitions {
                node: words.need("node")?,
                dimension: words.text("dimension"),
                keys: words.starting("rename:").into_iter().map(rename).collect(),
                add: added.into_iter().next().map(|dimension| AddedDimension { dimension, key }),
                reason: reason(words),
                actor: words.text("actor"),
                dry_run: words.flag("dry-run"),
            })
        }
        "describe-partitions" => Command::DescribePartitions(DescribePartitions {
            node: words.text("node"),
            cursor: words.text("cursor"),
            limit,
        }),
        "list-partitions" => Command::ListPartitions(ListPartitions {
            node: words.need("node")?,
            partitions: words.list("partitions"),
            statuses: words.list("statuses").iter().map(|name| status(name)).collect::<Result<_, _>>()?,
            prefix: words.text("prefix").unwrap_or_default(),
            cursor: words.text("cursor"),
            limit,
        }),
        "list-partition-keys" => Command::ListPartitionKeys(ListPartitionKeys {
            node: words.need("node")?,
            dimension: words.need("dimension")?,
            cursor: words.number("cursor")?,
            limit,
        }),
        other => return Err(format!("there is no command `{other}`")),
    })
}

fn dimension((name, keys): (String, String)) -> PartitionDimension {
    let dynamic = keys == "*";
    let keys = keys.split(',').filter(|key| !dynamic && !key.is_empty()).map(str::to_owned).collect();
    PartitionDimension { name, dynamic, keys }
}

/// `partitions=all`, `partitions=eu,us` or `partitions=eu*`, with `as=`, `limit=` and `restate` beside it.
pub(crate) fn wanted(words: &mut Words) -> Result<Option<PartitionsWanted>, String> {
    let names = words.list("partitions");
    let Some(first) = names.first() else { return Ok(None) };
    let prefix = first.strip_suffix('*').unwrap_or_default().to_owned();
    let all = first == "all" || first.ends_with('*');
    Ok(Some(PartitionsWanted {
        partitions: if all { Vec::new() } else { names },
        prefix,
        fingerprint: words.text("as"),
        restate: words.flag("restate"),
        limit: words.number("limit")?.unwrap_or(0),
    }))
}

/// `done:eu=5` and `failed:us=`, with `as=` for all of them.
pub(crate) fn outcomes(words: &mut Words) -> Result<Vec<PartitionOutcome>, String> {
    let fingerprint = words.text("as");
    let outcome = |failed: bool, (partition, rows): (String, String)| {
        let rows = Some(rows).filter(|rows| !rows.is_empty());
        let rows = rows.map(|rows| rows.parse().map_err(|_| format!("{rows} is no number of rows")));
        Ok(PartitionOutcome { partition, failed, rows: rows.transpose()?, fingerprint: fingerprint.clone() })
    };
    let done = words.starting("done:").into_iter().map(|it| outcome(false, it));
    let mut outcomes: Vec<PartitionOutcome> = done.collect::<Result<_, String>>()?;
    for it in words.starting("failed:") {
        outcomes.push(outcome(true, it)?);
    }
    Ok(outcomes)
}
