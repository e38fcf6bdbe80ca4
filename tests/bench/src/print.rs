//! What people and programs get to see.
#![expect(clippy::print_stdout, reason = "this is what the program is for")]

use std::io::Write;

use crate::Problem;
use crate::duel::Duel;
use crate::rows::Row;

/// Prints each row as soon as it is known.
pub(crate) struct Printer {
    json: bool,
    started: bool,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Printer {
        Printer { json, started: false }
    }

    pub(crate) fn row(&mut self, row: &Row, duel: Duel) -> Result<(), Problem> {
        if self.json {
            println!("{}", json_line(row, duel)?);
        } else {
            if !self.started {
                println!("{:<22} {:>12} {:>12}  {:<12} {:>8}  rival", "", "ours", "rival", "unit", "ratio");
            }
            println!(
                "{:<22} {:>12} {:>12}  {:<12} {:>8}  {}",
                row.name,
                short(duel.ours),
                short(duel.rival),
                row.unit,
                short(duel.ratio),
                row.rival
            );
        }
        self.started = true;
        Ok(std::io::stdout().flush()?)
    }

    pub(crate) fn end(&self) {
        if !self.json && self.started {
            println!(
                "\nEach row: median of rounds in turns with the rival. A ratio above 1 means that ours is better."
            );
        }
    }
}

fn json_line(row: &Row, duel: Duel) -> Result<String, Problem> {
    #[derive(serde::Serialize)]
    struct Line<'a> {
        name: &'a str,
        unit: &'a str,
        ours: f64,
        rival: &'a str,
        rival_value: f64,
        ratio: f64,
    }
    let Row { name, unit, rival, .. } = *row;
    Ok(serde_json::to_string(&Line {
        name,
        unit,
        ours: duel.ours,
        rival,
        rival_value: duel.rival,
        ratio: duel.ratio,
    })?)
}

pub(crate) fn list(rows: &[&Row]) {
    for row in rows {
        println!("{:<22} {} against {}", row.name, row.about, row.rival);
    }
}

/// What a process that was started for one answers.
pub(crate) fn count(count: usize) {
    println!("{count}");
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
