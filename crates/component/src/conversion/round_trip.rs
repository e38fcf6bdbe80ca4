//! What goes across the boundary and back is what it was.

use std::collections::BTreeMap;

use highwater_core::command::Command;
use highwater_core::input::{Completion, Input, Submission};
use highwater_core::output::Output;
use highwater_core::{Error, Options};
use highwater_format::value::Value;

use super::super::wit::{commands, engine, storage, types};
use super::sample::{Sample, Source};
use super::{FromCore, FromWit};

const ROUNDS: usize = 5_000;

fn there_and_back<C, W>(source: &mut Source)
where
    C: Sample + Clone + PartialEq + std::fmt::Debug + FromWit<W>,
    W: FromCore<C>,
{
    let before = C::sample(source);
    let after = C::from_wit(W::from_core(before.clone())).expect("what the core made");
    assert_eq!(after, before);
}

#[test]
fn every_case_of_every_type_comes_back_as_it_was() {
    let mut source = Source::new(1);
    for _ in 0..ROUNDS {
        there_and_back::<Input, engine::Input>(&mut source);
        there_and_back::<Output, engine::Output>(&mut source);
        there_and_back::<Options, engine::Options>(&mut source);
        there_and_back::<Error, types::Error>(&mut source);
        there_and_back::<Value, types::Value>(&mut source);
    }
    assert_eq!(source.incomplete(), Vec::<&str>::new(), "cases that were never tried");
}

#[test]
fn a_completion_always_converts() {
    let mut source = Source::new(2);
    for _ in 0..ROUNDS {
        there_and_back::<Completion, storage::Completion>(&mut source);
    }
}

fn submission(commands: Vec<commands::Command>) -> engine::Submission {
    let freshness = engine::Freshness::Latest;
    engine::Submission {
        ticket: 7,
        pipeline: "dev/orders".into(),
        commands,
        dedupe_key: None,
        freshness,
        at: None,
    }
}

#[test]
fn a_problem_says_where_it_is() {
    let decimal = |text: &str| types::Value::Decimal(text.into());
    let update = |value| commands::HwmUpdate { name: "total".into(), value, cast: false, keys: vec![] };
    let hwms = vec![update(decimal("1.50")), update(decimal("1.5.0"))];
    let commands = vec![
        commands::Command::DescribePipeline,
        commands::Command::SetHwms(commands::SetHwms { hwms, holder: None }),
    ];
    let problem = Submission::from_wit(submission(commands)).expect_err("1.5.0 is no decimal").to_string();
    assert!(problem.starts_with("commands[1].hwms[1].value: "), "{problem}");
    assert!(problem.contains("1.5.0"), "{problem}");
}

#[test]
fn a_name_that_is_given_twice_is_refused() {
    let pairs = vec![("day".to_owned(), "1".to_owned()), ("day".to_owned(), "2".to_owned())];
    let problem = BTreeMap::<String, String>::from_wit(pairs).expect_err("twice").to_string();
    assert_eq!(problem, "[\"day\"]: this name is given twice; give each name once");
}

#[test]
fn text_becomes_canonical_on_its_way() {
    let command = commands::Command::SetHwms(commands::SetHwms {
        hwms: vec![commands::HwmUpdate {
            name: "at".into(),
            value: types::Value::Uuid("67E55044-10B1-426F-9247-BB680E5FE0C8".into()),
            cast: false,
            keys: vec![],
        }],
        holder: None,
    });
    let Ok(Command::SetHwms(set)) = Command::from_wit(command) else { panic!("a good command") };
    assert_eq!(set.hwms[0].value.to_text(), "67e55044-10b1-426f-9247-bb680e5fe0c8");
}

#[test]
fn maps_cross_in_the_order_of_their_names() {
    let map = BTreeMap::from([("b".to_owned(), Value::Int(2)), ("a".to_owned(), Value::Int(1))]);
    let pairs: Vec<(String, types::Value)> = FromCore::from_core(map);
    assert_eq!(pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}
