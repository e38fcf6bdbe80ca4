//! What differs between two states, for people: `+` came, `-` went, `~` changed.

use std::collections::BTreeMap;

use highwater::Value;
use highwater::answer::Change;
use serde_json::Value as Json;

use crate::console::{Console, clean};
use crate::log::shorten;
use crate::paint::{Paint, cell};
use crate::table::{Grid, text};
use crate::time;
use crate::views::change::ChangeData;

/// Fields by their path, those that say most first.
type Fields = BTreeMap<(bool, String), String>;

/// `3 changes`, with `at least` if there are more than are listed.
pub(crate) fn in_words(changes: usize, truncated: bool) -> String {
    let count = match changes {
        0 => "no change".to_owned(),
        1 => "1 change".to_owned(),
        changes => format!("{changes} changes"),
    };
    if truncated { format!("at least {count}") } else { count }
}

/// A row for each thing that came or went, and for each field that changed.
pub(crate) fn table(console: &Console, changes: &[Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["", "KIND", "NAME", "~CHANGE"]);
    for change in changes {
        let (mark, paint, lines) = look(console, change);
        for (index, line) in lines.iter().enumerate() {
            let first = |text: &str| if index == 0 { text.to_owned() } else { String::new() };
            grid.row(vec![
                cell(paint, first(mark)),
                text(&first(&change.kind)),
                text(&first(&change.key)).add_attribute(comfy_table::Attribute::Bold),
                cell(if mark == "~" { Paint::Plain } else { paint }, line),
            ]);
        }
    }
    grid.finish()
}

fn look(console: &Console, change: &Change) -> (&'static str, Paint, Vec<String>) {
    let (mark, paint) = match (&change.before, &change.after) {
        (None, _) => ("+", Paint::Good),
        (_, None) => ("-", Paint::Bad),
        _ => ("~", Paint::Warn),
    };
    let lines = match ChangeData::new(change) {
        Ok(ChangeData { before: Some(before), after: Some(after), .. }) => {
            differences(console, &before, &after)
        }
        Ok(ChangeData { before, after, .. }) => {
            vec![whole(&after.or(before).unwrap_or_default(), &change.key)]
        }
        // The JSON as it is says more than that it is none.
        Err(_) => [&change.before, &change.after].into_iter().flatten().map(|json| clean(json)).collect(),
    };
    (mark, paint, lines)
}

/// `value: 4 → 2`, a line for each field.
fn differences(console: &Console, before: &Json, after: &Json) -> Vec<String> {
    let arrow = console.either("→", "->");
    if let (Some(before), Some(after)) = (value(before), value(after)) {
        let words = |value: &Value| match before.value_type() == after.value_type() {
            true => shorten(clean(&value.to_text())),
            false => format!("{} ({})", shorten(clean(&value.to_text())), value.value_type()),
        };
        return vec![format!("{} {arrow} {}", words(&before), words(&after))];
    }
    let (before, after) = (flat(before), flat(after));
    let nothing = console.either("∅", "(none)").to_owned();
    let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differ = paths.into_iter().filter(|path| before.get(path) != after.get(path));
    let lines = differ.map(|path| {
        let side = |fields: &Fields| fields.get(path).unwrap_or(&nothing).clone();
        format!("{}: {} {arrow} {}", path.1, side(&before), side(&after))
    });
    lines.collect()
}

/// `status=running started_at=...`, without what the name of the thing says already, and without what is only detail.
fn whole(json: &Json, key: &str) -> String {
    if let Some(value) = value(json) {
        return shorten(clean(&value.to_text()));
    }
    let names: Vec<&str> = key.split('/').collect();
    let is_new =
        |path: &str, text: &str| !names.contains(&text) && text != "0" && !path.starts_with("reason");
    let told = flat(json).into_iter().filter(|((_, path), text)| is_new(path, text));
    told.map(|((_, path), text)| format!("{path}={text}")).collect::<Vec<_>>().join(" ")
}

fn value(json: &Json) -> Option<Value> {
    let fields = json.as_object()?;
    (fields.len() == 2 && fields.contains_key("type") && fields.contains_key("value"))
        .then(|| serde_json::from_value(json.clone()).ok())
        .flatten()
}

/// The fields of a thing by their paths, without empty ones.
fn flat(json: &Json) -> Fields {
    let mut fields = Fields::new();
    flatten("", json, &mut fields);
    fields
}

fn flatten(path: &str, json: &Json, fields: &mut Fields) {
    let text = match json {
        Json::Null => return,
        Json::Array(entries) if entries.is_empty() => return,
        Json::String(text) if text.is_empty() => return,
        Json::Object(_) if value(json).is_some() => {
            value(json).map(|value| value.to_text()).unwrap_or_default()
        }
        Json::Object(inner) => {
            for (name, json) in inner {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, json, fields);
            }
            return;
        }
        Json::Number(at_ms) if path.ends_with("_at_ms") => {
            at_ms.as_i64().map_or_else(|| at_ms.to_string(), time::absolute)
        }
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let path = path.strip_suffix("_at_ms").map_or_else(|| path.to_owned(), |path| format!("{path}_at"));
    fields.insert((path != "status", path), shorten(clean(&text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        let json = |json: Option<&str>| json.map(str::to_owned);
        Change { kind: "run".to_owned(), key: "r1".to_owned(), before: json(before), after: json(after) }
    }

    fn lines(before: Option<&str>, after: Option<&str>) -> (&'static str, Vec<String>) {
        let console = Console { unicode: true, ..Console::new(crate::format::Format::Table, false) };
        let (mark, _, lines) = look(&console, &change(before, after));
        (mark, lines)
    }

    #[test]
    fn only_the_fields_that_differ_are_told() {
        let before =
            r#"{"run":"r1","status":"running","counts":{"rows_read":3},"started_at_ms":0,"error":null}"#;
        let after = r#"{"run":"r1","status":"failed","counts":{"rows_read":4},"started_at_ms":0,"error":{"class":"x"}}"#;
        let (mark, told) = lines(Some(before), Some(after));
        assert_eq!(mark, "~");
        assert_eq!(told, ["status: running → failed", "counts.rows_read: 3 → 4", "error.class: ∅ → x"]);
        let (mark, told) = lines(None, Some(before));
        assert_eq!(mark, "+");
        assert_eq!(told, ["status=running counts.rows_read=3 started_at=1970-01-01 00:00:00Z"]);
    }

    #[test]
    fn values_are_told_as_they_are_and_with_their_types_when_those_differ() {
        let int = |text: &str| format!(r#"{{"type":"int","value":"{text}"}}"#);
        assert_eq!(lines(Some(&int("4")), Some(&int("2"))), ("~", vec!["4 → 2".to_owned()]));
        assert_eq!(lines(Some(&int("4")), None), ("-", vec!["4".to_owned()]));
        let text = r#"{"type":"text","value":"4"}"#;
        assert_eq!(lines(Some(&int("4")), Some(text)).1, ["4 (int) → 4 (text)"]);
    }
}
