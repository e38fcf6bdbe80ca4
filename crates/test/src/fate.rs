//! What happens to one life, and when.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::limits::POINTS_PER_LIFE;
use crate::point::Point;

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The process dies.
    Death,
    /// The process stands still until the next one is done, as a virtual machine that is paused does.
    Pause,
    /// The store says that it does not know whether the append happened. Nobody dies.
    Doubt,
}

/// A blow, and the number of the point (from 0) where it falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) at: usize,
    pub(crate) blow: Blow,
}

/// How the process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Alive,
    /// It does nothing any more, and whoever runs it decides what comes next.
    Stopped,
    /// All that it held is gone.
    Buried,
}

/// Why a life does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoOn,
    /// The answer to an append is lost.
    Doubt,
    /// It is dead.
    Dead,
}

#[derive(Debug)]
pub(crate) struct Fate {
    plan: Option<Plan>,
    stage: watch::Sender<Stage>,
    passed: Mutex<Passed>,
}

/// The points that a life came by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passed {
    pub(crate) points: Vec<Point>,
    /// The plan came true.
    pub(crate) struck: bool,
    /// It passed more points than any life should.
    pub(crate) endless: bool,
}

impl Fate {
    pub(crate) fn new(plan: Option<Plan>) -> Fate {
        Fate { plan, stage: watch::Sender::new(Stage::Alive), passed: Mutex::default() }
    }

    /// Comes by a point. Pending while the process stands still.
    pub(crate) async fn reach(&self, point: Point) -> Verdict {
        self.while_stopped().await;
        if *self.stage.borrow() == Stage::Buried {
            return Verdict::Dead;
        }
        match self.pass(point) {
            None => Verdict::GoOn,
            Some(Blow::Doubt) => Verdict::Doubt,
            Some(Blow::Death | Blow::Pause) => {
                self.while_stopped().await;
                if *self.stage.borrow() == Stage::Buried { Verdict::Dead } else { Verdict::GoOn }
            }
        }
    }

    /// The same, for whoever has no way to be told that it is dead.
    pub(crate) async fn reach_or_vanish(&self, point: Point) {
        if self.reach(point).await == Verdict::Dead {
            pending::<()>().await;
        }
    }

    fn pass(&self, point: Point) -> Option<Blow> {
        let mut passed = self.lock();
        let number = passed.points.len();
        passed.points.push(point);
        let mut blow = self.plan.filter(|plan| plan.at == number).map(|plan| plan.blow);
        passed.struck |= blow.is_some();
        if number >= POINTS_PER_LIFE {
            passed.endless = true;
            blow = Some(Blow::Death);
        }
        if matches!(blow, Some(Blow::Death | Blow::Pause)) {
            self.stage.send_replace(Stage::Stopped);
        }
        blow
    }

    /// Resolves when it has stopped.
    pub(crate) async fn stopped(&self) {
        self.wait_for(|stage| stage == Stage::Stopped).await;
    }

    async fn while_stopped(&self) {
        self.wait_for(|stage| stage != Stage::Stopped).await;
    }

    async fn wait_for(&self, is_it: impl Fn(Stage) -> bool) {
        // The sender is ours and lives as long as we do.
        let _ = self.stage.subscribe().wait_for(|stage| is_it(*stage)).await;
    }

    /// After a pause.
    pub(crate) fn resume(&self) {
        self.stage.send_replace(Stage::Alive);
    }

    /// From now on nothing reaches the store.
    pub(crate) fn bury(&self) {
        self.stage.send_replace(Stage::Buried);
    }

    pub(crate) fn passed(&self) -> Passed {
        self.lock().clone()
    }

    pub(crate) fn blow(&self) -> Option<Blow> {
        let passed = self.lock();
        if passed.endless { Some(Blow::Death) } else { self.plan.map(|plan| plan.blow) }
    }

    fn lock(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
