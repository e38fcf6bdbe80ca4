//! Dead letters: items that a node could not work on.

use highwater_core::answer::{Answer, DeadLetter, DeadLetters, Done};
use highwater_core::command::{BuryItems, Command, ListDeadLetters, SettleDeadLetters};
use highwater_format::fact::DeadItem;

use crate::call::reads;
use crate::{Attempt, Call, Pages, Pipeline, lists};

impl Attempt {
    /// Puts items aside that cannot be worked on, so that it can go on without them. They are kept until somebody settles them: the
    /// node may count as done all the same. One of a key that was put aside before replaces it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Begin, DeadItem, ErrorRecord, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("dev/orders")?;
    /// let run = pipeline.start_run(StartRun::new()).await?;
    /// let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("nobody else works here") };
    /// let error =
    ///     ErrorRecord { class: "Country".to_owned(), message: "no country `zz`".to_owned(), detail: None };
    /// attempt
    ///     .bury([DeadItem { key: "order 7".to_owned(), error, payload: Some(b"7,zz,12.50".to_vec()) }])
    ///     .await?;
    /// attempt.succeed().await?;
    ///
    /// // Somebody mends the cause, and the next attempt works on what was put aside.
    /// pipeline.requeue_dead_letters("load", ["order 7"], "the country is there now").await?;
    /// let run = pipeline.start_run(StartRun::new()).await?;
    /// let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("nobody else works here") };
    /// for letter in attempt.requeued().await?.letters {
    ///     // ... the work, on letter.payload ...
    ///     attempt.settle([letter.key], "loaded").await?;
    /// }
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn bury(&self, items: impl IntoIterator<Item = DeadItem>) -> Call<BuryItems, Done> {
        let command = BuryItems { attempt: self.reference(), items: items.into_iter().collect() };
        Call::new(self.run().pipeline(), command, Command::BuryItems, reads!(Done)).under(self.hold(), false)
    }

    /// The dead letters of its node that are to be worked on again: a page of them, by key.
    pub fn requeued(&self) -> Call<ListDeadLetters, DeadLetters> {
        let (node, requeued) = (Some(self.node().to_owned()), Some(true));
        let command = ListDeadLetters { node, requeued, ..ListDeadLetters::default() };
        Call::new(self.run().pipeline(), command, Command::ListDeadLetters, reads!(DeadLetters))
    }

    /// It has worked on dead letters of its node: they are dropped.
    pub fn settle<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
        reason: impl Into<String>,
    ) -> Call<SettleDeadLetters, Done> {
        let attempt = Some(self.reference());
        let command = SettleDeadLetters { attempt, ..settle(self.node(), keys, false, reason.into()) };
        Call::new(self.run().pipeline(), command, Command::SettleDeadLetters, reads!(Done))
            .under(self.hold(), false)
    }
}

impl Pipeline {
    /// Items that were put aside, by node and key; of one node, if it is named.
    pub fn dead_letters(&self, node: Option<&str>) -> Pages<DeadLetter> {
        let node = node.map(str::to_owned);
        let command = move |cursor, limit| {
            Command::ListDeadLetters(ListDeadLetters { node: node.clone(), requeued: None, cursor, limit })
        };
        lists::list(self, None, command, |answer| match answer {
            Answer::DeadLetters(page) => Some((page.letters, page.next)),
            _ => None,
        })
    }

    /// Has items worked on again: whoever works on the node next finds them with [`Attempt::requeued`].
    pub fn requeue_dead_letters<K: Into<String>>(
        &self,
        node: impl AsRef<str>,
        keys: impl IntoIterator<Item = K>,
        reason: impl Into<String>,
    ) -> Call<SettleDeadLetters, Done> {
        let command = settle(node.as_ref(), keys, true, reason.into());
        Call::new(self, command, Command::SettleDeadLetters, reads!(Done))
    }

    /// Drops items that were put aside. Nobody will work on them.
    pub fn drop_dead_letters<K: Into<String>>(
        &self,
        node: impl AsRef<str>,
        keys: impl IntoIterator<Item = K>,
        reason: impl Into<String>,
    ) -> Call<SettleDeadLetters, Done> {
        let command = settle(node.as_ref(), keys, false, reason.into());
        Call::new(self, command, Command::SettleDeadLetters, reads!(Done))
    }
}

fn settle<K: Into<String>>(
    node: &str,
    keys: impl IntoIterator<Item = K>,
    requeue: bool,
    reason: String,
) -> SettleDeadLetters {
    let keys = keys.into_iter().map(Into::into).collect();
    SettleDeadLetters { node: node.to_owned(), keys, requeue, reason, actor: None, attempt: None }
}

impl Call<SettleDeadLetters, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
