//! Samples of every type that crosses the boundary, for tests. The macros that make the conversions make these too, so
//! that no field and no case is left out.

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};

use highwater_format::value::{Value, ValueType};

/// Made from numbers that look random and are the same at each run.
pub(crate) trait Sample: Sized {
    fn sample(source: &mut Source) -> Self;
}

/// Where samples come from; it knows which cases of which variants it has given.
pub(crate) struct Source {
    state: u64,
    given: BTreeMap<&'static str, BTreeSet<usize>>,
    cases: BTreeMap<&'static str, usize>,
}

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Source { state: seed, given: BTreeMap::new(), cases: BTreeMap::new() }
    }

    /// SplitMix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Chooses one of the cases of `T`.
    pub(crate) fn case<T>(&mut self, cases: usize) -> usize {
        let case = self.below(cases);
        let name = type_name::<T>();
        self.cases.insert(name, cases);
        self.given.entry(name).or_default().insert(case);
        case
    }

    /// Variants of which some case was never given.
    pub(crate) fn incomplete(&self) -> Vec<&'static str> {
        let complete = |name: &&str| self.given[*name].len() == self.cases[*name];
        self.cases.keys().filter(|name| !complete(name)).copied().collect()
    }
}

macro_rules! numbers {
    ($($Type:ty),*) => {
        $(
            impl Sample for $Type {
                fn sample(source: &mut Source) -> Self {
                    match source.below(8) {
                        0 => <$Type>::MIN,
                        1 => <$Type>::MAX,
                        _ => source.next() as $Type,
                    }
                }
            }
        )*
    };
}

numbers!(u8, u32, u64, i64);

impl Sample for bool {
    fn sample(source: &mut Source) -> Self {
        source.below(2) == 1
    }
}

impl Sample for String {
    fn sample(source: &mut Source) -> Self {
        let characters = ['a', 'Z', '0', '/', '.', ' ', '"', '\\', '\n', '\0', 'é', '漢', '🌊'];
        (0..source.below(12)).map(|_| characters[source.below(characters.len())]).collect()
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(source: &mut Source) -> Self {
        bool::sample(source).then(|| T::sample(source))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(source: &mut Source) -> Self {
        (0..source.below(4)).map(|_| T::sample(source)).collect()
    }
}

impl<T: Sample> Sample for BTreeMap<String, T> {
    fn sample(source: &mut Source) -> Self {
        (0..source.below(4)).map(|_| Sample::sample(source)).collect()
    }
}

impl<A: Sample, B: Sample> Sample for (A, B) {
    fn sample(source: &mut Source) -> Self {
        (A::sample(source), B::sample(source))
    }
}

impl<T: Sample, E: Sample> Sample for Result<T, E> {
    fn sample(source: &mut Source) -> Self {
        if bool::sample(source) { Ok(T::sample(source)) } else { Err(E::sample(source)) }
    }
}

impl Sample for Value {
    fn sample(source: &mut Source) -> Self {
        let value_type = ValueType::sample(source);
        let (year, small, digits) = (1970 + source.below(100), source.below(10), source.next());
        let text = match value_type {
            ValueType::Int => return Value::Int(Sample::sample(source)),
            ValueType::Uint => return Value::Uint(Sample::sample(source)),
            ValueType::Text => return Value::Text(Sample::sample(source)),
            ValueType::Bytes => return Value::Bytes(Sample::sample(source)),
            ValueType::Bool => return Value::Bool(Sample::sample(source)),
            ValueType::Decimal => format!("-{digits}.{small}00"),
            ValueType::Timestamp => format!("{year}-02-03T04:05:06.{small}00+0{small}:30"),
            ValueType::LocalTimestamp => format!("{year}-02-03T04:05:06.{small}"),
            ValueType::Date => format!("{year}-12-0{}", small.max(1)),
            ValueType::Uuid => format!("{:08x}-{:04x}-4{small}00-8000-{:012x}", year, small, digits >> 16),
            ValueType::Json => format!("{{\"b\":[{digits},1.{small}0],\"a\":null}}"),
        };
        Value::parse(value_type, &text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }
}
