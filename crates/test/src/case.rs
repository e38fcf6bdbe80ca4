//! One story: lives of one process after the other, over one store and one sink.

use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use highwater::Highwater;

use crate::fate::{Blow, Fate, Passed, Plan};
use crate::life::Life;
use crate::life_store::LifeStore;
use crate::limits::{LIVES, RESTART, STEPS_SHOWN};
use crate::point::Point;
use crate::world::World;

/// How a case went.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) lives: Vec<Lived>,
    /// A life ended well, or there was nothing left to do.
    pub(crate) recovered: bool,
}

/// How a life went.
#[derive(Debug)]
pub(crate) struct Lived {
    pub(crate) passed: Passed,
    end: String,
}

/// A life of which the process stands still.
struct Asleep<'a> {
    number: usize,
    fate: Arc<Fate>,
    highwater: Highwater,
    body: Body<'a>,
}

type Body<'a> = LocalBoxFuture<'a, Result<(), String>>;

impl Ran {
    /// How many of so many plans came true.
    pub(crate) fn came_true(&self, plans: &[Plan]) -> bool {
        plans.iter().zip(&self.lives).filter(|(_, life)| life.passed.struck).count() == plans.len()
    }
}

/// Lets the pipeline live until it has ended well. Plan 1 is for life 1, and so on.
pub(crate) async fn run<P, F, S, E>(pipeline: &P, sink: &S, seed: u64, plans: &[Plan]) -> Ran
where
    P: Fn(Life, S) -> F,
    F: Future<Output = Result<(), E>>,
    S: Clone,
    E: Display,
{
    let world = World::new(seed);
    let mut lives: Vec<Lived> = Vec::new();
    let mut asleep = None;
    let mut recovered = false;
    while !recovered && lives.len() < LIVES {
        let plan = plans.get(lives.len()).copied();
        let number = lives.len() + 1;
        let fate = Arc::new(Fate::new(plan));
        let highwater = open(&world, number, &fate);
        let life = Life { number, highwater: highwater.clone(), fate: Arc::clone(&fate) };
        let mut body: Body<'_> = Box::pin(live(pipeline, life, sink.clone()));
        let returned = until_stopped(&fate, &mut body).await;
        world.clock.stop_heart(&highwater);
        let end = match returned {
            Some(Ok(())) => {
                recovered = true;
                "ended well".to_owned()
            }
            Some(Err(error)) => {
                recovered = world.is_finished().await.unwrap_or(false);
                let why =
                    if recovered { " (all its runs have ended, so there is nothing left to do)" } else { "" };
                format!("failed: {error}{why}")
            }
            None if fate.blow() == Some(Blow::Pause) => {
                asleep = Some(Asleep { number, fate: Arc::clone(&fate), highwater, body });
                "stood still, and another one began".to_owned()
            }
            None => {
                bury(&fate, highwater, body).await;
                "died".to_owned()
            }
        };
        lives.push(Lived { passed: fate.passed(), end });
        world.clock.advance(RESTART).await;
    }
    if let Some(asleep) = asleep {
        let number = asleep.number;
        let woken = wake(&world, asleep).await;
        recovered &= woken.is_some();
        let woken = woken.unwrap_or_else(|| "never ended".to_owned());
        if let Some(life) = lives.get_mut(number - 1) {
            life.end = format!("{}; then it woke up, and {woken}", life.end);
        }
    }
    world.clock.stop_all_hearts();
    Ran { lives, recovered }
}

fn open(world: &World, number: usize, fate: &Arc<Fate>) -> Highwater {
    let store = LifeStore { inner: world.store.clone(), fate: Arc::clone(fate) };
    match world.open(&format!("life-{number}"), Arc::new(store)) {
        Ok(highwater) => {
            world.clock.start_heart(&highwater);
            highwater
        }
        Err(error) => panic!("the crash test could not open its store: {error}"),
    }
}

impl Lived {
    /// What it wrote and said, and how it ended.
    pub(crate) fn story(&self, number: usize) -> Vec<String> {
        let telling: Vec<&Point> = self.passed.points.iter().filter(|point| point.is_telling()).collect();
        let left_out = telling.len().saturating_sub(STEPS_SHOWN);
        let mut story = vec![format!("life {number}:")];
        if left_out > 0 {
            story.push(format!("  {left_out} steps"));
        }
        story.extend(telling[left_out..].iter().map(|point| format!("  {}", point.what)));
        story.push(format!("  {}", self.end));
        story
    }
}

/// From the start of the process to its orderly end.
async fn live<P, F, S, E>(pipeline: &P, life: Life, sink: S) -> Result<(), String>
where
    P: Fn(Life, S) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let highwater = life.highwater().clone();
    let work = async { pipeline(life, sink).await.map_err(|error| error.to_string()) };
    let result = AssertUnwindSafe(work).catch_unwind().await;
    highwater.close().await;
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(format!("it panicked: {}", text.unwrap_or_else(|| "no message".to_owned())))
    })
}

/// What the life came to, or nothing if it does not go on.
async fn until_stopped(fate: &Fate, body: &mut Body<'_>) -> Option<Result<(), String>> {
    tokio::select! {
        biased;
        () = fate.stopped() => None,
        result = body => Some(result),
    }
}

/// In this order: what the death of the future sets off must not reach the store.
async fn bury(fate: &Fate, highwater: Highwater, body: Body<'_>) {
    // Guards in there report that they are dropped. The store is dead to them, as it is to all of this life.
    drop(body);
    fate.bury();
    highwater.close().await;
}

/// The process goes on as if nothing had happened, long after others have taken over. Nothing if it never ends.
async fn wake(world: &World, asleep: Asleep<'_>) -> Option<String> {
    let Asleep { fate, highwater, mut body, .. } = asleep;
    world.clock.start_heart(&highwater);
    fate.resume();
    match until_stopped(&fate, &mut body).await {
        Some(Ok(())) => Some("ended well".to_owned()),
        Some(Err(error)) => Some(format!("failed: {error}")),
        None => {
            bury(&fate, highwater, body).await;
            None
        }
    }
}
