//! A node of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use highwater_core::answer::{Answer, Begun, Done, NodeWhy, Wait};
use highwater_core::command::{BeginNode, Command, ForceNode, SkipNode, Why};
use highwater_core::input::Freshness;
use highwater_format::fact::Reason;

use crate::call::{reads, unexpected};
use crate::connection::milliseconds;
use crate::{Attempt, Call, Cover, CoverPartitions, Error, Run};

/// A node of a run, by its name. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Node {
    run: Run,
    name: String,
    lease_ms: u64,
    fingerprint: Option<BTreeMap<String, String>>,
    trust_unknown: bool,
    cover: Option<Cover>,
    partitions: Option<CoverPartitions>,
}

/// What to do with a node.
#[derive(Debug)]
pub enum Begin {
    /// Work on it.
    Run(Attempt),
    /// Leave it, for this reason.
    Skip(Reason),
    /// Ask again later.
    Wait(Wait),
}

/// What to do with a node, after waiting for it.
#[derive(Debug)]
pub enum Ready {
    /// Work on it.
    Run(Attempt),
    /// Leave it, for this reason.
    Skip(Reason),
}

impl Node {
    pub(crate) fn new(run: &Run, name: String) -> Node {
        let lease_ms = run.pipeline.connection.lease_ms;
        Node {
            run: run.clone(),
            name,
            lease_ms,
            fingerprint: None,
            trust_unknown: false,
            cover: None,
            partitions: None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long a worker on this node may show no sign of life before another one takes over, instead of the
    /// [default](crate::OpenOptions::lease). Beats go out by themselves, so it may be much shorter than the work takes.
    #[must_use]
    pub fn lease(mut self, length: Duration) -> Self {
        self.lease_ms = milliseconds(length);
        self
    }

    /// Names a part of what the node works on: `code`, `config`, `input`, with a digest or a version of it. While all parts, the
    /// successes of the nodes before it, and the artifacts of its last success are as they were at that, the node is skipped as
    /// [cached](highwater_format::fact::ReasonCode::Cached), in whatever run it is begun.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Begin, ReasonCode, StartRun};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let out = folder.path().join("orders.csv").display().to_string();
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("dev/orders")?;
    /// let monday = pipeline.start_run(StartRun::new().run_id("monday")).await?;
    /// if let Begin::Run(attempt) = monday.node("export").fingerprint("code", "9f2c1e").begin().await? {
    ///     std::fs::write(&out, "1,2,3").unwrap();
    ///     attempt.succeed().artifact(out.as_str()).await?;
    /// }
    ///
    /// let tuesday = pipeline.start_run(StartRun::new().run_id("tuesday")).await?;
    /// let export = tuesday.node("export").fingerprint("code", "9f2c1e");
    /// assert!(matches!(export.begin().await?, Begin::Skip(reason) if reason.code == ReasonCode::Cached));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn fingerprint(mut self, name: impl Into<String>, part: impl Into<String>) -> Self {
        self.fingerprint.get_or_insert_default().insert(name.into(), part.into());
        self
    }

    /// Takes artifacts that nobody can look at for unchanged. Otherwise they are a reason to run.
    #[must_use]
    pub fn trust_unknown(mut self) -> Self {
        self.trust_unknown = true;
        self
    }

    /// What the work shall cover: the attempt is handed [those intervals](Attempt::intervals) that are not done and that nobody else
    /// works on. Where all of it is done, the node is skipped.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Begin, Counts, Cover, Interval, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("dev/orders")?;
    /// let run = pipeline.start_run(StartRun::new()).await?;
    /// let node = run.node("load").cover(Cover::integers([0..1_000]));
    /// let Begin::Run(attempt) = node.begin().await? else { panic!("nobody else works here") };
    /// assert_eq!(attempt.intervals(), [Interval { start: 0, end: 1_000 }]);
    /// // ... one batch, and then the rest ...
    /// attempt.progress(Counts::default()).covered([0..400]).await?;
    /// attempt.succeed().await?;
    /// assert_eq!(pipeline.coverage("load").describe().await?.edge, Some(1_000));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn cover(mut self, cover: Cover) -> Self {
        self.cover = Some(cover);
        self
    }

    /// Which partitions the attempt wants to be handed: [those of them](Attempt::partitions) that are not done and that nobody else
    /// works on. Where all are done, the node is skipped. Not to be used beside [`Node::cover`].
    #[must_use]
    pub fn partitions(mut self, partitions: CoverPartitions) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// Asks to work on the node. The answer is to run, to skip, or to wait.
    ///
    /// If this future is dropped half-way, the attempt may have begun, with nobody to hold it: another one begins when its
    /// lease has run out.
    ///
    /// # Errors
    ///
    /// What the engine refuses, for example a run that is finished ([`Conflict`](crate::ErrorKind::Conflict)).
    pub async fn begin(&self) -> Result<Begin, Error> {
        self.begin_with(false).await
    }

    /// Asks to work on the node even if it has succeeded or used up its attempts.
    ///
    /// # Errors
    ///
    /// As [`Node::begin`].
    pub async fn begin_forced(&self) -> Result<Begin, Error> {
        self.begin_with(true).await
    }

    /// Asks until the answer is to run or to skip.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Ready, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let run = hw.pipeline("dev/orders")?.start_run(StartRun::new()).await?;
    /// match run.node("load").begin_or_wait().await? {
    ///     Ready::Run(attempt) => {
    ///         // ... the work ...
    ///         attempt.succeed().await?;
    ///     }
    ///     Ready::Skip(reason) => println!("skipped: {}", reason.message),
    /// }
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Node::begin`].
    pub async fn begin_or_wait(&self) -> Result<Ready, Error> {
        loop {
            match self.begin().await? {
                Begin::Run(attempt) => return Ok(Ready::Run(attempt)),
                Begin::Skip(reason) => return Ok(Ready::Skip(reason)),
                Begin::Wait(wait) => {
                    self.run.pipeline.connection.sleep_before_asking_again(wait.until_ms).await;
                }
            }
        }
    }

    /// Makes the node run again the next time that somebody begins it, whatever its status is.
    pub fn force(&self, reason: impl Into<String>) -> Call<ForceNode, Done> {
        let (run, node) = (self.run.id.to_string(), self.name.clone());
        let command = ForceNode { run, node, reason: reason.into(), ..ForceNode::default() };
        Call::new(&self.run.pipeline, command, Command::ForceNode, reads!(Done))
    }

    /// Says that the node need not run in this run. For the nodes after it, it is done.
    pub fn skip(&self, reason: impl Into<String>) -> Call<SkipNode, Done> {
        let (run, node) = (self.run.id.to_string(), self.name.clone());
        let command = SkipNode { run, node, reason: reason.into(), ..SkipNode::default() };
        Call::new(&self.run.pipeline, command, Command::SkipNode, reads!(Done))
    }

    /// Why the node is where it is: the decisions about it, oldest first.
    pub fn why(&self) -> Call<Why, NodeWhy> {
        let command = Why { run: self.run.id.to_string(), node: Some(self.name.clone()) };
        Call::new(&self.run.pipeline, command, Command::Why, |_, answer| match answer {
            Answer::Why(mut nodes) => nodes.pop(),
            _ => None,
        })
    }

    async fn begin_with(&self, force: bool) -> Result<Begin, Error> {
        let pipeline = &self.run.pipeline;
        let command = Command::BeginNode(BeginNode {
            run: self.run.id.to_string(),
            node: self.name.clone(),
            worker: pipeline.connection.worker.to_string(),
            lease_ms: self.lease_ms,
            force,
            fingerprint: self.fingerprint.clone(),
            trust_unknown: self.trust_unknown,
            cover: self.cover.clone().map(|cover| cover.command),
            partitions: self.partitions.clone().map(|wanted| wanted.command),
        });
        let partition = self.cover.as_ref().and_then(|cover| cover.command.partition.clone());
        match pipeline.submit_one(command, None, Freshness::Latest).await? {
            Answer::Begun(Begun::Run(go)) => {
                Ok(Begin::Run(Attempt::new(&self.run, &self.name, go, self.lease_ms, partition)))
            }
            Answer::Begun(Begun::Skip(reason)) => Ok(Begin::Skip(reason)),
            Answer::Begun(Begun::Wait(wait)) => Ok(Begin::Wait(wait)),
            _ => Err(unexpected()),
        }
    }
}

impl Call<ForceNode, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// The nodes after it run again too, each when those before it are done.
    pub fn downstream(self) -> Self {
        self.edit(|command| command.downstream = true)
    }
}

impl Call<SkipNode, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// The nodes after it are skipped too.
    pub fn downstream(self) -> Self {
        self.edit(|command| command.downstream = true)
    }
}
