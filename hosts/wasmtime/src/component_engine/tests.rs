use highwater_core::command::{Command, GetHwm};
use highwater_core::input::{Freshness, Submission};

use super::*;

fn submission(ticket: u64) -> Input {
    Input::Submission(Submission {
        ticket,
        pipeline: "dev/orders".into(),
        commands: vec![Command::GetHwm(GetHwm { name: "updated_at".into() })],
        dedupe_key: None,
        freshness: Freshness::Latest,
    })
}

#[test]
fn it_answers_what_the_native_engine_answers() {
    let options = Options::new((1, 2));
    let mut native = highwater_core::Engine::new(options.clone());
    let mut component = ComponentEngine::new(options).expect("the component of this build");
    let inputs = || vec![submission(1), submission(2)];
    assert_eq!(component.step(5, inputs()), native.step(5, inputs()));
}
