//! Tables for people: no lines, a quiet header, as wide as the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

use crate::console::{Console, clean};
use crate::paint::{Paint, cell};

/// Spaces between two columns.
const GUTTER: u16 = 2;
/// Narrowest column of prose; a terminal without room for it breaks the lines itself.
const PROSE: u16 = 12;

/// A table on its way.
#[derive(Debug)]
pub(crate) struct Grid {
    table: Table,
    columns: Vec<Column>,
}

/// What a column holds.
#[derive(Debug)]
struct Column {
    kind: ColumnKind,
    /// Characters in its longest cell. One with none is not shown.
    widest: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnKind {
    /// Ids and other words that must stay whole, so that they can be copied.
    Word,
    /// Numbers, to the right.
    Number,
    /// Text that may be broken where the terminal is too narrow.
    Prose,
}

impl Grid {
    /// A table with these headers; `>` before one makes a column of numbers of it, `~` one of prose.
    pub(crate) fn new(console: &Console, headers: &[&str]) -> Grid {
        let (titles, columns) = headers.iter().map(|header| column(header)).unzip();
        let mut table = plain(console);
        table.set_header::<Vec<Cell>>(titles);
        Grid { table, columns }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.widest = column.widest.max(cell.content().chars().count());
        }
        self.table.add_row(cells);
    }

    /// The text, each line with its end.
    pub(crate) fn finish(mut self) -> String {
        for (target, column) in self.table.column_iter_mut().zip(&self.columns) {
            if column.kind == ColumnKind::Number {
                target.set_cell_alignment(CellAlignment::Right);
            }
            target.set_constraint(match (column.widest, column.kind) {
                (0, _) => ColumnConstraint::Hidden,
                (widest, ColumnKind::Prose) if widest > usize::from(PROSE) => {
                    ColumnConstraint::LowerBoundary(Width::Fixed(PROSE))
                }
                _ => ColumnConstraint::ContentWidth,
            });
        }
        finish(self.table)
    }
}

fn column(header: &str) -> (Cell, Column) {
    let (kind, title) = match (header.strip_prefix('>'), header.strip_prefix('~')) {
        (Some(title), _) => (ColumnKind::Number, title),
        (_, Some(title)) => (ColumnKind::Prose, title),
        _ => (ColumnKind::Word, header),
    };
    (cell(Paint::Faint, title), Column { kind, widest: 0 })
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

/// `312 B`, `4.2 KiB`, `17 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), 0);
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    match tenths % 10 {
        tenth if unit > 0 && tenths < 100 => format!("{}.{tenth} {}", tenths / 10, UNITS[unit]),
        _ => format!("{} {}", tenths / 10, UNITS[unit]),
    }
}

fn plain(console: &Console) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if let Some(width) = console.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if console.data.is_coloured {
        table.enforce_styling().style_text_only();
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

    #[test]
    fn sizes_have_two_digits_that_matter() {
        for (bytes, words) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (4_300, "4.1 KiB"),
            (17 << 20, "17 MiB"),
            (u64::MAX, "1677721 TiB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }
}
