//! Partitions: the parts into which a node is divided by keys.

use highwater_core::answer::{
    Answer, Done, PartitionKeyView, PartitionView, Partitioning, PartitionsChanged, PartitionsMoved,
};
use highwater_core::command::{
    ChangePartitionKeys, Command, DeclarePartitions, DescribePartitions, ListPartitions, MarkPartitions,
    PartitionsWanted, RekeyPartitions,
};
use highwater_format::fact::{AddedDimension, CoverageStatus, KeyRename, PartitionDimension, PartitionMark};

use crate::call::reads;
use crate::{Call, Pages, Pipeline, lists};

/// Which partitions an attempt wants to be handed; see [`Node::partitions`](crate::Node::partitions).
#[derive(Clone, Debug, Default)]
pub struct CoverPartitions {
    pub(crate) command: PartitionsWanted,
}

impl CoverPartitions {
    /// All that are not done, and that nobody else works on, in the order of their keys.
    pub fn all() -> CoverPartitions {
        CoverPartitions::default()
    }

    /// Only these.
    pub fn only<P: Into<String>>(partitions: impl IntoIterator<Item = P>) -> CoverPartitions {
        let partitions = partitions.into_iter().map(Into::into).collect();
        CoverPartitions { command: PartitionsWanted { partitions, ..PartitionsWanted::default() } }
    }

    /// Only those whose names begin so: `eu|` for all of the key `eu` of the first dimension.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.command.prefix = prefix.into();
        self
    }

    /// What they would be done with, for example the digest of the code: one that was done with something else is due again.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.command.fingerprint = Some(fingerprint.into());
        self
    }

    /// Hand out what is done as well. It counts as done until the attempt has done it again.
    #[must_use]
    pub fn restate(mut self) -> Self {
        self.command.restate = true;
        self
    }

    /// Most partitions that are handed out at once.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.command.limit = limit;
        self
    }
}

/// The partitions of a node: nothing is asked yet. Made by [`Pipeline::partitions`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{Begin, CoverPartitions, PartitionDimension, PartitionOutcome, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("dev/orders")?;
/// let load = pipeline.partitions("load");
/// load.declare([PartitionDimension::of("region", ["eu", "us"]), PartitionDimension::dynamic("customer")]).await?;
/// load.add_keys("customer", ["acme", "bolt"]).await?;
///
/// let run = pipeline.start_run(StartRun::new()).await?;
/// let node = run.node("load").partitions(CoverPartitions::all().fingerprint("code-1").limit(3));
/// let Begin::Run(attempt) = node.begin().await? else { panic!("nobody else works here") };
/// assert_eq!(attempt.partitions(), ["eu|acme", "eu|bolt", "us|acme"]);
/// // ... all of them, but for one ...
/// attempt.succeed().partitions([PartitionOutcome::failed("eu|bolt")]).await?;
///
/// let counts = load.describe().await?.expect("it is declared").counts;
/// assert_eq!((counts.done, counts.failed, counts.missing), (2, 1, 1));
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Partitions {
    pipeline: Pipeline,
    node: String,
}

impl Pipeline {
    /// The partitions of a node, by its name.
    #[must_use]
    pub fn partitions(&self, node: impl Into<String>) -> Partitions {
        Partitions { pipeline: self.clone(), node: node.into() }
    }

    /// The nodes that are divided, and how many of their partitions stand how.
    pub fn list_partitioned(&self) -> Pages<Partitioning> {
        lists::partitioned(self, None)
    }
}

impl Partitions {
    /// Declares the dimensions, in the order in which their keys make the name of a partition; none takes the declaration back. The same
    /// again changes nothing, and so do keys that a dynamic dimension has. Once a partition has a status, dimensions keep
    /// their names and every key that it needs: [re-key](Partitions::rename_keys) instead.
    pub fn declare(
        &self,
        dimensions: impl IntoIterator<Item = PartitionDimension>,
    ) -> Call<DeclarePartitions, Done> {
        let command =
            DeclarePartitions { node: self.node.clone(), dimensions: dimensions.into_iter().collect() };
        Call::new(&self.pipeline, command, Command::DeclarePartitions, reads!(Done))
    }

    /// Adds keys to a dynamic dimension, thousands at once. Those that are there are left as they are.
    pub fn add_keys<K: Into<String>>(
        &self,
        dimension: impl Into<String>,
        keys: impl IntoIterator<Item = K>,
    ) -> Call<ChangePartitionKeys, Done> {
        let add = keys.into_iter().map(Into::into).collect();
        let command = ChangePartitionKeys { add, ..self.keys_of(dimension) };
        Call::new(&self.pipeline, command, Command::ChangePartitionKeys, reads!(Done))
    }

    /// Removes keys of a dynamic dimension. Refused where a partition of theirs has a status, unless it shall be
    /// [forgotten](Call::forget), and where somebody works on one. Coverage and HWMs of these partitions stay.
    pub fn remove_keys<K: Into<String>>(
        &self,
        dimension: impl Into<String>,
        keys: impl IntoIterator<Item = K>,
    ) -> Call<ChangePartitionKeys, Done> {
        let remove = keys.into_iter().map(Into::into).collect();
        let command = ChangePartitionKeys { remove, ..self.keys_of(dimension) };
        Call::new(&self.pipeline, command, Command::ChangePartitionKeys, reads!(Done))
    }

    fn keys_of(&self, dimension: impl Into<String>) -> ChangePartitionKeys {
        let (node, dimension) = (self.node.clone(), dimension.into());
        ChangePartitionKeys { node, dimension, ..ChangePartitionKeys::default() }
    }

    /// Marks partitions by hand, thousands at once. Only what is not so already is marked, and what a mark does not say stays.
    pub fn mark<M: Into<PartitionMark>>(
        &self,
        status: CoverageStatus,
        marks: impl IntoIterator<Item = M>,
        reason: impl Into<String>,
    ) -> Call<MarkPartitions, PartitionsChanged> {
        let command = MarkPartitions {
            node: self.node.clone(),
            status,
            marks: marks.into_iter().map(Into::into).collect(),
            reason: reason.into(),
            ..MarkPartitions::default()
        };
        Call::new(&self.pipeline, command, Command::MarkPartitions, reads!(PartitionsChanged))
    }

    /// Renames keys of a dimension, all at once: how each partition stands goes with it, and so do its coverage and its late data.
    /// Refused where two partitions would become one.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{CoverageStatus, PartitionDimension};
    ///
    /// let load = highwater::open("memory:").await?.pipeline("dev/orders")?.partitions("load");
    /// load.declare([PartitionDimension::of("region", ["eu", "us"])]).await?;
    /// load.mark(CoverageStatus::Done, ["eu"], "loaded before").await?;
    /// let plan = load.rename_keys("region", [("eu", "emea")], "").dry_run().await?;
    /// assert_eq!((plan.moves[0].from.as_str(), plan.moves[0].to.as_str()), ("eu", "emea"));
    /// load.rename_keys("region", [("eu", "emea")], "as the others call it").await?;
    /// assert_eq!(load.get("emea").await?.status, CoverageStatus::Done);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn rename_keys<F: Into<String>, T: Into<String>>(
        &self,
        dimension: impl Into<String>,
        keys: impl IntoIterator<Item = (F, T)>,
        reason: impl Into<String>,
    ) -> Call<RekeyPartitions, PartitionsMoved> {
        let rename = |(from, to): (F, T)| KeyRename { from: from.into(), to: to.into() };
        let keys = keys.into_iter().map(rename).collect();
        self.rekey(RekeyPartitions {
            dimension: Some(dimension.into()),
            keys,
            reason: reason.into(),
            ..RekeyPartitions::default()
        })
    }

    /// Adds a dimension behind those that there are, with this key for all partitions that there are.
    pub fn add_dimension(
        &self,
        dimension: PartitionDimension,
        key: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<RekeyPartitions, PartitionsMoved> {
        let add = Some(AddedDimension { dimension, key: key.into() });
        self.rekey(RekeyPartitions { add, reason: reason.into(), ..RekeyPartitions::default() })
    }

    fn rekey(&self, command: RekeyPartitions) -> Call<RekeyPartitions, PartitionsMoved> {
        let command = RekeyPartitions { node: self.node.clone(), ..command };
        Call::new(&self.pipeline, command, Command::RekeyPartitions, reads!(PartitionsMoved))
    }

    /// The dimensions, and how many partitions stand how; `None` if nothing is declared.
    pub fn describe(&self) -> Call<DescribePartitions, Option<Partitioning>> {
        let command = DescribePartitions { node: Some(self.node.clone()), ..DescribePartitions::default() };
        Call::new(&self.pipeline, command, Command::DescribePartitions, |_, answer| match answer {
            Answer::Partitionings(mut page) => Some(page.nodes.pop()),
            _ => None,
        })
    }

    /// One partition.
    pub fn get(&self, partition: impl Into<String>) -> Call<ListPartitions, PartitionView> {
        let (node, partitions) = (self.node.clone(), vec![partition.into()]);
        let command = ListPartitions { node, partitions, ..ListPartitions::default() };
        Call::new(&self.pipeline, command, Command::ListPartitions, |_, answer| match answer {
            Answer::Partitions(mut page) => page.partitions.pop(),
            _ => None,
        })
    }

    /// Partitions in these statuses, or all, whose names begin so, in the order of their keys.
    pub fn list(
        &self,
        statuses: impl IntoIterator<Item = CoverageStatus>,
        prefix: impl Into<String>,
    ) -> Pages<PartitionView> {
        lists::partitions(&self.pipeline, None, self.filter(statuses, prefix))
    }

    pub(crate) fn filter(
        &self,
        statuses: impl IntoIterator<Item = CoverageStatus>,
        prefix: impl Into<String>,
    ) -> ListPartitions {
        let (node, statuses) = (self.node.clone(), statuses.into_iter().collect());
        ListPartitions { node, statuses, prefix: prefix.into(), ..ListPartitions::default() }
    }

    /// The keys of a dimension in their order, and how many partitions of each stand how.
    pub fn keys(&self, dimension: impl Into<String>) -> Pages<PartitionKeyView> {
        lists::partition_keys(&self.pipeline, None, self.node.clone(), dimension.into())
    }
}

impl Call<ChangePartitionKeys, Done> {
    /// Lets keys go whose partitions have a status, which is forgotten.
    pub fn forget(self, reason: impl Into<String>) -> Self {
        self.edit(|command| (command.forget, command.reason) = (true, reason.into()))
    }

    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Call<MarkPartitions, PartitionsChanged> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says what would change.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}

impl Call<RekeyPartitions, PartitionsMoved> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says what would move.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}
