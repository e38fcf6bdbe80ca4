//! A pipeline under every crash.

use std::fmt;
use std::fmt::{Debug, Display};
use std::future::Future;

use crate::case::{Ran, run};
use crate::difference::Difference;
use crate::fate::{Blow, Plan};
use crate::life::Life;
use crate::limits::DOUBLE_CRASHES;
use crate::report::{Failure, Kind, Report};

/// Tries a pipeline under every crash, pause and doubt: `sink` makes an empty sink, of which clones are the same one, `rows` reads what
/// is in it, and `pipeline` does the work of one process. It is called again after each death, with the same store and the same sink.
///
/// The pipeline must cope with that as it must in production: resume its run, and wait for what somebody else holds
/// (`begin_or_wait`, which takes no time here).
///
/// See the [crate](crate) for an example.
pub fn crash_test<M, Q, P, S, R, F, E>(sink: M, rows: Q, pipeline: P) -> CrashTest<M, Q, P, R>
where
    M: Fn() -> S,
    Q: Fn(&S) -> Vec<R>,
    P: Fn(Life, S) -> F,
    S: Clone,
    R: Ord + Debug,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    CrashTest {
        sink,
        rows,
        pipeline,
        expected: Vec::new(),
        allow_duplicates: false,
        double_crashes: DOUBLE_CRASHES,
        seed: 0,
    }
}

/// What is tried, and what is expected. Made by [`crash_test`].
#[must_use = "nothing is tried before it runs"]
pub struct CrashTest<M, Q, P, R> {
    sink: M,
    rows: Q,
    pipeline: P,
    expected: Vec<R>,
    allow_duplicates: bool,
    double_crashes: usize,
    seed: u64,
}

impl<M, Q, P, R> CrashTest<M, Q, P, R> {
    /// The rows that must be in the sink in the end, in any order.
    pub fn expect_rows(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        self.expected = rows.into_iter().collect();
        self
    }

    /// Lets a row be there more than once: for sinks that give at-least-once. A lost row is never allowed.
    pub fn allow_duplicates(mut self) -> Self {
        self.allow_duplicates = true;
        self
    }

    /// How many double crashes (the second one during the recovery from the first) are tried, of all that there are. The default is
    /// [`DOUBLE_CRASHES`].
    pub fn double_crashes(mut self, cases: usize) -> Self {
        self.double_crashes = cases;
        self
    }

    /// Draws other double crashes, and other ids that are made up.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl<M, Q, P, R, S, F, E> CrashTest<M, Q, P, R>
where
    M: Fn() -> S,
    Q: Fn(&S) -> Vec<R>,
    P: Fn(Life, S) -> F,
    S: Clone,
    R: Ord + Debug,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    /// Tries everything: first nothing, then a death and a pause at each point, doubt about each append, and pairs of deaths.
    ///
    /// # Panics
    ///
    /// If the system gives no threads.
    pub async fn run(&self) -> Report {
        let mut report = Report::default();
        let undisturbed = self.run_case(Kind::Undisturbed, &[], &mut report).await;
        if !report.is_ok() {
            return report;
        }
        let recoveries = self.run_each(Kind::Crash, Blow::Death, &mut report).await;
        self.run_each(Kind::Pause, Blow::Pause, &mut report).await;
        for (at, point) in undisturbed.lives[0].passed.points.iter().enumerate() {
            if point.is_append {
                self.run_case(Kind::Doubt, &[Plan { at, blow: Blow::Doubt }], &mut report).await;
            }
        }
        self.run_pairs(&recoveries, &mut report).await;
        report
    }

    /// A blow at each point of the first life. Gives how many points each second life had.
    async fn run_each(&self, kind: Kind, blow: Blow, report: &mut Report) -> Vec<usize> {
        let mut recoveries = Vec::new();
        loop {
            let plan = Plan { at: recoveries.len(), blow };
            let ran = self.run_case(kind, &[plan], report).await;
            // Then that life had come to its end before the blow fell.
            if !ran.came_true(&[plan]) {
                return recoveries;
            }
            recoveries.push(ran.lives.get(1).map_or(0, |life| life.passed.points.len()));
        }
    }

    /// Deaths in the first and in the second life.
    async fn run_pairs(&self, recoveries: &[usize], report: &mut Report) {
        let blow = Blow::Death;
        let all = recoveries.iter().enumerate().flat_map(|(first, &points)| {
            (0..points).map(move |second| [Plan { at: first, blow }, Plan { at: second, blow }])
        });
        let mut pairs = fastrand::Rng::with_seed(self.seed).choose_multiple(all, self.double_crashes);
        pairs.sort_by_key(|[first, second]| (first.at, second.at));
        for pair in pairs {
            self.run_case(Kind::DoubleCrash, &pair, report).await;
        }
    }

    async fn run_case(&self, kind: Kind, plans: &[Plan], report: &mut Report) -> Ran {
        let sink = (self.sink)();
        let ran = run(&self.pipeline, &sink, self.seed, plans).await;
        if ran.came_true(plans) {
            let difference = Difference::between(&self.expected, &(self.rows)(&sink));
            report.count(kind, &difference);
            let is_wrong = !difference.lost.is_empty()
                || !difference.stray.is_empty()
                || (!self.allow_duplicates && !difference.doubled.is_empty());
            if is_wrong || !ran.recovered {
                report.failures.push(Failure::new(kind, plans, &ran, difference));
            }
        }
        ran
    }
}

impl<M, Q, P, R> fmt::Debug for CrashTest<M, Q, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashTest")
            .field("expected", &self.expected.len())
            .field("allow_duplicates", &self.allow_duplicates)
            .field("double_crashes", &self.double_crashes)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
