//! Answers in the short form of transcripts: what is absent or empty is left out, and times count from the start.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// When every scenario starts, milliseconds since the Unix epoch: 2027-01-15T08:00:00Z.
pub(crate) const START_MS: i64 = 1_800_000_000_000;

/// How many bytes are shown before they are only counted.
const BYTES_SHOWN: usize = 16;

/// The case first, then its fields.
pub(crate) fn line(value: &Value) -> String {
    match tagged(value) {
        Some((tag, Some(Value::Object(fields))))
            if tagged(&fields.clone().into()).is_none() && !is_special(fields) =>
        {
            format!("{tag} {}", pairs(fields, "=", " ")).trim_end().to_owned()
        }
        Some((tag, Some(inner))) => format!("{tag} {}", line(inner)),
        _ => brief(value, ""),
    }
}

fn tagged(value: &Value) -> Option<(&str, Option<&Value>)> {
    let fields = value.as_object()?;
    let tag = fields.get("tag")?.as_str()?;
    (fields.len() == 1 + usize::from(fields.contains_key("val"))).then(|| (tag, fields.get("val")))
}

fn is_special(fields: &Map<String, Value>) -> bool {
    fields.keys().any(|name| name.starts_with('$'))
}

fn brief(value: &Value, name: &str) -> String {
    match value {
        Value::String(text) if text.len() > 2_000 => format!("({} bytes of text)", text.len()),
        Value::Null => "none".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => word(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| brief(item, name)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => object(value, fields, name),
    }
}

fn object(value: &Value, fields: &Map<String, Value>, name: &str) -> String {
    if let Some(number) = fields.get("$int").and_then(Value::as_str) {
        return number.parse().map_or_else(|_| number.to_owned(), |number| moment(name, number));
    }
    if let Some(bytes) = fields.get("$bytes").and_then(Value::as_str) {
        return match bytes.len() / 2 {
            count if count > BYTES_SHOWN => format!("({count} bytes)"),
            _ => format!("0x{bytes}"),
        };
    }
    match tagged(value) {
        Some((tag, Some(inner))) => format!("{tag}:{}", brief(inner, name)),
        Some((tag, None)) => tag.to_owned(),
        None => format!("{{{}}}", pairs(fields, ": ", ", ")),
    }
}

/// A time of the scenario as the time since its start; other numbers as they are.
fn moment(name: &str, number: i64) -> String {
    let is_moment = name.ends_with("AtMs") || matches!(name, "atMs" | "untilMs");
    match is_moment.then(|| number.checked_sub(START_MS)).flatten() {
        Some(since) => format!("start{since:+}ms"),
        None => number.to_string(),
    }
}

fn pairs(fields: &Map<String, Value>, equals: &str, separator: &str) -> String {
    let told: BTreeMap<&String, &Value> = fields.iter().filter(|(_, value)| !is_nothing(value)).collect();
    let pair = |(name, value): (&String, &Value)| format!("{}{equals}{}", kebab(name), brief(value, name));
    told.into_iter().map(pair).collect::<Vec<_>>().join(separator)
}

/// Absent, empty, or counts that are all zero.
fn is_nothing(value: &Value) -> bool {
    let is_zero = |value: &Value| value.get("$int").and_then(Value::as_str) == Some("0");
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.contains_key("rowsRead") && fields.values().all(is_zero),
        _ => false,
    }
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

fn word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:+%".contains(character);
    match !text.is_empty() && text.len() <= 200 && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("{text:?}"),
    }
}
