//! Time that passes without anybody sleeping.

use std::time::{Duration, Instant};

use highwater::{Begin, ErrorKind, Highwater, Ready, Run, StartRun};
use highwater_test::TestKit;

async fn run_of(highwater: &Highwater) -> Run {
    let pipeline = highwater.pipeline("dev/orders").expect("an id");
    pipeline.start_run(StartRun::new().run_id("night-1")).await.expect("it starts or is resumed")
}

#[tokio::test]
async fn who_lives_is_not_taken_over_however_long_somebody_waits() {
    let kit = TestKit::new();
    let (first, second) = (kit.open("first").expect("it opens"), kit.open("second").expect("it opens"));
    let Begin::Run(attempt) = run_of(&first).await.node("load").begin().await.expect("it begins") else {
        panic!("nobody else is there");
    };
    let began_ms = kit.now_ms();
    let works = async {
        while kit.now_ms() < began_ms + 60_000 {
            tokio::task::yield_now().await;
        }
        attempt.succeed().await
    };
    let node = run_of(&second).await.node("load");
    let (worked, waited) = futures::join!(works, node.begin_or_wait());
    worked.expect("it is still ours");
    assert!(matches!(waited, Ok(Ready::Skip(_))), "{waited:?}");
}

#[tokio::test]
async fn who_stands_still_is_taken_over_without_sleeping() {
    let kit = TestKit::new();
    let (first, second) = (kit.open("first").expect("it opens"), kit.open("second").expect("it opens"));
    let lease = Duration::from_secs(3_600);
    let node = run_of(&first).await.node("load").lease(lease);
    let Begin::Run(lost) = node.begin().await.expect("it begins") else { panic!("nobody else is there") };
    kit.stop_beats(&first);
    let (began, began_ms) = (Instant::now(), kit.now_ms());
    let taken = run_of(&second).await.node("load").begin_or_wait().await;
    let Ok(Ready::Run(taken)) = taken else { panic!("{taken:?}") };
    assert!(taken.token() > lost.token());
    assert!(kit.now_ms() - began_ms >= 3_600_000, "the whole lease went by");
    assert!(began.elapsed() < lease / 10, "and nobody waited for it");
    assert_eq!(lost.succeed().await.expect_err("it was taken over").kind(), ErrorKind::Fenced);
}

#[tokio::test]
async fn chance_is_given_by_the_seed() {
    let mut ids = Vec::new();
    for seed in [1, 1, 2] {
        let kit = TestKit::with_seed(seed);
        let pipeline = kit.open("first").expect("it opens").pipeline("dev/orders").expect("an id");
        ids.push(pipeline.start_run(StartRun::new()).await.expect("it starts").id().to_owned());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[1], ids[2]);
}
