//! The table of figures, as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::rows::{Aim, FAULT, ROWS, Row};

type Figures = BTreeMap<String, u64>;

/// What is known of the run that gave the figures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    /// The day.
    pub(crate) date: &'a str,
    /// How long it took.
    pub(crate) seconds: u64,
    /// How much of the whole it was.
    pub(crate) percent: u64,
}

/// The whole file.
pub(crate) fn table(figures: &Figures, run: &Run<'_>) -> String {
    let mut text = format!(
        "# Figures\n\n\
         What the long tests did, written by `./test deep` on {}, which took {} minutes{}. Do not edit it: run that again.\n\
         What failed would stand here as a number where none is wanted, or not at all.\n\n\
         | what | number | aim | command |\n|---|---:|---:|---|\n",
        run.date,
        run.seconds.div_ceil(60),
        if run.percent == 100 { String::new() } else { format!(" and was {} % of the whole", run.percent) },
    );
    for row in ROWS {
        let number = figures.get(row.name).map_or("not run".to_owned(), |number| grouped(*number));
        let aim = match row.aim {
            Aim::AtLeast(least) => grouped(least),
            Aim::None => "0".to_owned(),
            Aim::Any => String::new(),
        };
        writeln!(text, "| {} | {number} | {aim} | `{}` |", row.what, row.command).expect("text grows");
    }
    let faults: Vec<_> =
        figures.iter().filter_map(|(name, number)| Some((name.strip_prefix(FAULT)?, number))).collect();
    if !faults.is_empty() {
        text.push_str("\nThe faults of the simulated lives, by kind:\n\n| fault | number |\n|---|---:|\n");
        for (fault, number) in faults {
            writeln!(text, "| {fault} | {} |", grouped(*number)).expect("text grows");
        }
    }
    text
}

/// What is wrong: what has no row, what nobody counted, what is below its aim.
pub(crate) fn problems(figures: &Figures, run: &Run<'_>) -> Vec<String> {
    let is_known = |name: &str| name.starts_with(FAULT) || ROWS.iter().any(|row| row.name == name);
    let unknown = figures.keys().filter(|name| !is_known(name));
    let unknown =
        unknown.map(|name| format!("the figure {name} has no row: give it one in tests/figures/src/rows.rs"));
    unknown.chain(ROWS.iter().filter_map(|row| problem(row, figures.get(row.name).copied(), run))).collect()
}

fn problem(row: &Row, number: Option<u64>, run: &Run<'_>) -> Option<String> {
    let Some(number) = number else {
        return Some(format!(
            "nobody counted {} ({}): run `{}` and see why",
            row.name, row.what, row.command
        ));
    };
    match row.aim {
        Aim::AtLeast(least) if number < least && run.percent >= 100 => Some(format!(
            "{} is {}, and {} are wanted: `{}`",
            row.what,
            grouped(number),
            grouped(least),
            row.command
        )),
        Aim::None if number > 0 => {
            Some(format!("{}: {} of them! See `{}`", row.what, grouped(number), row.command))
        }
        _ => None,
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Run<'_> = Run { date: "2026-11-21", seconds: 61, percent: 100 };

    /// Figures that are what is wanted.
    fn good() -> Figures {
        let number = |row: &Row| match row.aim {
            Aim::AtLeast(least) => least,
            Aim::None => 0,
            Aim::Any => 1_234_567,
        };
        ROWS.iter().map(|row| (row.name.to_owned(), number(row))).collect()
    }

    #[test]
    fn good_figures_are_told_and_pass() {
        let mut figures = good();
        figures.insert(format!("{FAULT}torn"), 1_000);
        assert_eq!(problems(&figures, &WHOLE), [""; 0]);
        let text = table(&figures, &WHOLE);
        for part in
            ["2026-11-21", "took 2 minutes.", "| 10,000,000 | 10,000,000 |", "1,234,567", "| torn | 1,000 |"]
        {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn bad_figures_fail() {
        for (name, number, part) in [
            ("sim-steps", Some(9_999_999), "9,999,999, and 10,000,000 are wanted"),
            ("records-lost", Some(1), "1 of them!"),
            ("kills", None, "nobody counted kills"),
            ("unheard-of", Some(1), "unheard-of has no row"),
        ] {
            let mut figures = good();
            match number {
                Some(number) => figures.insert(name.to_owned(), number),
                None => figures.remove(name),
            };
            let found = problems(&figures, &WHOLE);
            assert!(found.len() == 1 && found[0].contains(part), "{found:?}");
        }
    }

    #[test]
    fn a_part_of_the_whole_misses_aims_and_loses_nothing() {
        let part = Run { percent: 1, ..WHOLE };
        let mut figures = good();
        figures.insert("sim-steps".to_owned(), 1);
        assert_eq!(problems(&figures, &part), [""; 0]);
        figures.insert("records-lost".to_owned(), 1);
        assert_eq!(problems(&figures, &part).len(), 1);
        assert!(table(&figures, &part).contains("1 % of the whole"));
    }
}
