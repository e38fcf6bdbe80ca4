//! Tables for people: no lines, a quiet header, as wide as the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table};

use crate::console::{Console, clean};
use crate::paint::{Paint, cell};

/// Spaces between two columns.
const GUTTER: u16 = 2;

/// A table on its way.
#[derive(Debug)]
pub(crate) struct Grid {
    table: Table,
    /// Columns that hold numbers.
    right: Vec<usize>,
    /// Columns that hold anything at all; the others are not shown.
    used: Vec<bool>,
}

impl Grid {
    /// A table with these headers; one that starts with `>` heads a column of numbers.
    pub(crate) fn new(console: &Console, headers: &[&str]) -> Grid {
        let mut grid = Grid { table: plain(console), right: Vec::new(), used: vec![false; headers.len()] };
        let titles = headers.iter().enumerate().map(|(index, header)| {
            let title = header.strip_prefix('>').inspect(|_| grid.right.push(index)).unwrap_or(header);
            cell(Paint::Faint, title)
        });
        let titles: Vec<Cell> = titles.collect();
        grid.table.set_header(titles);
        grid
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        for (used, cell) in self.used.iter_mut().zip(&cells) {
            *used |= !cell.content().is_empty();
        }
        self.table.add_row(cells);
    }

    /// The text, each line with its end.
    pub(crate) fn finish(mut self) -> String {
        for index in &self.right {
            if let Some(column) = self.table.column_mut(*index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for (column, _) in self.table.column_iter_mut().zip(&self.used).filter(|(_, used)| !**used) {
            column.set_constraint(ColumnConstraint::Hidden);
        }
        finish(self.table)
    }
}

/// Two columns, names and what they stand for; what is absent is left out.
pub(crate) fn fields(console: &Console, fields: Vec<(&str, Option<Cell>)>) -> String {
    let mut table = plain(console);
    for (name, value) in fields {
        if let Some(value) = value {
            table.add_row(vec![cell(Paint::Faint, name), value]);
        }
    }
    finish(table)
}

/// Text of others in a cell.
pub(crate) fn text(text: &str) -> Cell {
    Cell::new(clean(text))
}

/// Text of others in a cell, or nothing.
pub(crate) fn optional(text: Option<&String>) -> Cell {
    Cell::new(text.map(|text| clean(text)).unwrap_or_default())
}

/// `1,234,567`; nothing for 0, which would only be noise.
pub(crate) fn count(number: u64) -> String {
    if number == 0 { String::new() } else { grouped(number) }
}

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut result = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

fn plain(console: &Console) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if let Some(width) = console.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if console.data.is_coloured {
        table.enforce_styling();
    }
    table
}

fn finish(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, GUTTER));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, words) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), words);
        }
    }
}
