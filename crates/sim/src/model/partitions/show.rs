//! Partitions as they are told, counted one by one each time.

use highwater_core::ErrorKind;
use highwater_core::answer::{
    Answer, Dimension, PartitionKeyView, PartitionKeys, Partitioning, Partitionings, Partitions as Page,
};
use highwater_core::command::{DescribePartitions, ListPartitionKeys, ListPartitions};

use super::super::{Refused, Trial, is_named};
use super::{Divided, invalid};

impl Trial {
    pub(in crate::model) fn describe_partitions(&self, command: &DescribePartitions) -> Refused<Answer> {
        command.node.as_ref().map_or(Ok(()), |node| is_named(node))?;
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let view = |(node, divided): (&String, &Divided)| Partitioning {
            node: node.clone(),
            dimensions: divided
                .dimensions
                .iter()
                .map(|it| Dimension {
                    name: it.name.clone(),
                    dynamic: it.dynamic,
                    keys: it.keys.len() as u64,
                })
                .collect(),
            counts: divided.counts(|_| true),
            version: divided.version,
            at_ms: 0,
        };
        let all = self.pipeline.partitions.iter();
        let mut wanted = all.filter(|(node, _)| command.node.as_ref().is_none_or(|it| it == *node));
        let nodes = wanted.by_ref().take(limit).map(view).collect();
        let next = wanted.next().map(|(node, _)| node.clone());
        Ok(Answer::Partitionings(Partitionings { nodes, next }))
    }

    pub(in crate::model) fn list_partitions(&self, command: &ListPartitions) -> Refused<Answer> {
        let divided = self.divided(&command.node)?;
        invalid(command.partitions.iter().any(|name| !divided.has(name)), ())?;
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let wants = |status| command.statuses.is_empty() || command.statuses.contains(&status);
        let is_wanted = |name: &str| name.starts_with(&command.prefix) && wants(divided.status(name));
        if !command.partitions.is_empty() {
            let named = command.partitions.iter().filter(|name| is_wanted(name));
            let partitions = named.map(|name| divided.view(name)).collect();
            return Ok(Answer::Partitions(Page { partitions, next: None }));
        }
        let (mut partitions, mut next) = (Vec::new(), None);
        let all = divided.all();
        for (numbers, name) in all.iter().filter(|(_, name)| name.starts_with(&command.prefix)) {
            if partitions.len() == limit {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                next = Some(numbers.join("."));
                break;
            }
            if is_wanted(name) {
                partitions.push(divided.view(name));
            }
        }
        Ok(Answer::Partitions(Page { partitions, next }))
    }

    pub(in crate::model) fn list_partition_keys(&self, command: &ListPartitionKeys) -> Refused<Answer> {
        let divided = self.divided(&command.node)?;
        let place = divided.dimensions.iter().position(|it| it.name == command.dimension);
        let place = place.ok_or(ErrorKind::Invalid)?;
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let from = command.cursor.unwrap_or(0);
        let mut all = divided.dimensions[place].keys.iter().filter(|(number, _)| *number >= from);
        let view = |(_, key): &(u64, String)| PartitionKeyView {
            key: key.clone(),
            counts: divided.counts(|name| name.split('|').nth(place) == Some(key)),
        };
        let keys = all.by_ref().take(limit).map(view).collect();
        let next = all.next().map(|(number, _)| *number);
        Ok(Answer::PartitionKeys(PartitionKeys { keys, next }))
    }
}
