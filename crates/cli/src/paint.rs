//! Colours, with meanings instead of names.

use comfy_table::{Attribute, Cell, Color};

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// As it should be.
    Good,
    /// Failed.
    Bad,
    /// Wants attention.
    Warn,
    /// In progress.
    Busy,
    /// Less important.
    Faint,
    /// More important.
    Strong,
    /// Nothing to say.
    Plain,
}

/// Whether one of the streams takes colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    /// False writes plain text.
    pub(crate) is_coloured: bool,
}

impl Palette {
    /// As the conventions of `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` have it.
    pub(crate) fn for_stream(is_terminal: bool) -> Palette {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = set("CLICOLOR_FORCE") || (is_terminal && !is_dumb);
        Palette { is_coloured: wanted && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    /// Text for a line.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Warn => "33",
            Paint::Busy => "36",
            Paint::Faint => "2",
            Paint::Strong => "1",
            Paint::Plain => return text.to_owned(),
        };
        if self.is_coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A cell of a table; whether it shows the colour is up to the table.
pub(crate) fn cell(paint: Paint, text: impl ToString) -> Cell {
    let cell = Cell::new(text);
    match paint {
        Paint::Good => cell.fg(Color::DarkGreen),
        Paint::Bad => cell.fg(Color::DarkRed),
        Paint::Warn => cell.fg(Color::DarkYellow),
        Paint::Busy => cell.fg(Color::DarkCyan),
        Paint::Faint => cell.add_attribute(Attribute::Dim),
        Paint::Strong => cell.add_attribute(Attribute::Bold),
        Paint::Plain => cell,
    }
}
