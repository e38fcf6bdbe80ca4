//! Many submitters on one SQLite file: each with a connection of its own, or all behind one writer.

use std::path::Path;
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Instant;

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use crate::rivals::sqlite::Sqlite;
use crate::step_loop::hwm_name;
use crate::{Plan, Problem};

/// A connection for each submitter, on a thread of its own: what people do.
pub(crate) struct Connections {
    connections: Vec<Sqlite>,
}

impl Connections {
    pub(crate) fn open(path: &Path, submitters: usize) -> Result<Connections, Problem> {
        let connections = (0..submitters).map(|_| Sqlite::durable(path)).collect::<Result<_, _>>()?;
        Ok(Connections { connections })
    }

    /// Commits a second of all submitters together.
    pub(crate) fn commits_per_second(&mut self, plan: &Plan) -> Result<f64, Problem> {
        let began = Instant::now();
        let until = began + plan.round;
        let (sender, results) = std_mpsc::channel();
        thread::scope(|scope| {
            for (submitter, sqlite) in self.connections.iter_mut().enumerate() {
                let sender = sender.clone();
                scope.spawn(move || sender.send(upsert_until(sqlite, submitter, until)));
            }
        });
        drop(sender);
        let commits = results.into_iter().sum::<Result<usize, Problem>>()?;
        Ok(commits as f64 / began.elapsed().as_secs_f64())
    }
}

fn upsert_until(sqlite: &mut Sqlite, submitter: usize, until: Instant) -> Result<usize, Problem> {
    let name = hwm_name(submitter);
    let mut commits = 0;
    while Instant::now() < until {
        commits += sqlite.upsert(&name)?;
    }
    Ok(commits)
}

type Wish = (String, oneshot::Sender<()>);

/// One writer on a thread of its own that puts everything that waits into one transaction: as well as it can be done.
pub(crate) struct BatchingWriter {
    runtime: Runtime,
    wishes: mpsc::Sender<Wish>,
    submitters: usize,
}

impl BatchingWriter {
    pub(crate) fn open(path: &Path, submitters: usize) -> Result<BatchingWriter, Problem> {
        let mut sqlite = Sqlite::durable(path)?;
        let (wishes, mut waiting) = mpsc::channel::<Wish>(submitters);
        thread::spawn(move || {
            let mut batch = Vec::with_capacity(submitters);
            while waiting.blocking_recv_many(&mut batch, submitters) > 0 {
                let (names, replies): (Vec<String>, Vec<_>) = batch.drain(..).unzip();
                // Whoever waits for a reply that never comes reports it.
                if sqlite.upsert_all(&names).is_err() {
                    return;
                }
                for reply in replies {
                    let _ = reply.send(());
                }
            }
        });
        Ok(BatchingWriter { runtime: Runtime::new()?, wishes, submitters })
    }

    /// Commits a second of all submitters together.
    pub(crate) fn commits_per_second(&self, plan: &Plan) -> Result<f64, Problem> {
        let began = Instant::now();
        let until = began + plan.round;
        let commits = self.runtime.block_on(async {
            let submitters: Vec<_> = (0..self.submitters)
                .map(|submitter| tokio::spawn(wish_until(self.wishes.clone(), submitter, until)))
                .collect();
            let mut commits = 0;
            for submitter in submitters {
                commits += submitter.await??;
            }
            Ok::<_, Problem>(commits)
        })?;
        Ok(commits as f64 / began.elapsed().as_secs_f64())
    }
}

async fn wish_until(wishes: mpsc::Sender<Wish>, submitter: usize, until: Instant) -> Result<usize, Problem> {
    let mut commits = 0;
    while Instant::now() < until {
        let (reply, done) = oneshot::channel();
        wishes.send((hwm_name(submitter), reply)).await?;
        done.await?;
        commits += 1;
    }
    Ok(commits)
}
