//! Figures, as tests print them.

use std::collections::BTreeMap;

/// What stands before a figure. A test runner may have begun the line.
const MARK: &str = "FIGURE ";

/// All figures in the text, by name. What is printed more than once adds up.
///
/// # Errors
///
/// A line that looks like a figure and is none.
pub(crate) fn figures(text: &str) -> Result<BTreeMap<String, u64>, String> {
    let mut figures = BTreeMap::new();
    for line in text.lines() {
        let Some((_, figure)) = line.split_once(MARK) else { continue };
        let (name, number) = parse(figure)
            .ok_or_else(|| format!("`{line}` is no figure; it looks like `{MARK}crash-states 17`"))?;
        *figures.entry(name.to_owned()).or_default() += number;
    }
    Ok(figures)
}

fn parse(figure: &str) -> Option<(&str, u64)> {
    let (name, number) = figure.trim().split_once(' ')?;
    let is_name = !name.is_empty()
        && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    is_name.then_some((name, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn what_is_printed_twice_adds_up() {
        let text = "running 2 tests\ntest a ... FIGURE kills 3\nFIGURE kills 4\nFIGURE steps 1\nok\n";
        let found = figures(text).expect("all are figures");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("kills".to_owned(), 7), ("steps".to_owned(), 1)]);
    }

    #[test]
    fn what_is_no_figure_is_said() {
        for line in
            ["FIGURE kills", "FIGURE kills many", "FIGURE Kills 3", "FIGURE kills 3 or 4", "FIGURE kills -1"]
        {
            assert!(figures(line).expect_err(line).contains(line));
        }
    }
}
