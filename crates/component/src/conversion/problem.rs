//! What can be wrong with something that came across the boundary.

use std::fmt;

/// Says what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, from the outside in: `commands[2].hwms[0].value`.
    place: String,
    message: String,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Problem { place: String::new(), message: message.into() }
    }

    /// The same problem, seen from the record that has the field.
    #[cold]
    pub(super) fn in_field(self, field: &str) -> Self {
        self.inside(field)
    }

    /// The same problem, seen from the list.
    #[cold]
    pub(super) fn in_item(self, index: usize) -> Self {
        self.inside(&format!("[{index}]"))
    }

    /// The same problem, seen from the list of names and what they stand for.
    #[cold]
    pub(super) fn in_entry(self, name: &str) -> Self {
        self.inside(&format!("[{name:?}]"))
    }

    fn inside(mut self, outer: &str) -> Self {
        let separator = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place.insert_str(0, separator);
        self.place.insert_str(0, outer);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.place, self.message)
    }
}
