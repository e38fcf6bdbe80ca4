//! The file into which the command writes its results. Its grammar stands in `README.md`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use highwater::{Counts, Value};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::limits::RESULT_BYTES;

/// What the command wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CommandResult {
    /// New positions by name.
    pub(super) hwms: BTreeMap<String, Position>,
    /// Totals; absent if none were written.
    pub(super) counts: Option<Counts>,
    /// Resume state.
    pub(super) state: Option<Vec<u8>>,
}

/// A position as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Position {
    /// Text that gets the type which the HWM has, or looks like.
    Untyped(String),
    /// With its type.
    Typed(Value),
}

/// The end of a file that is still written to may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The command has ended.
    Whole,
    /// Lines without an end are left for later.
    Growing,
}

/// Reads the file. `declared` are the HWMs that the caller named. The error says what is wrong and where.
pub(super) fn read(path: &Path, declared: &[String], reading: Reading) -> Result<CommandResult, String> {
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        // Whoever removes the file has no results.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(CommandResult::default()),
        file => file.map_err(|error| format!("it cannot be read ({error})"))?,
    };
    file.take(RESULT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("it cannot be read ({error})"))?;
    if bytes.len() as u64 > RESULT_BYTES {
        return Err(format!("it has more than {RESULT_BYTES} bytes; keep large state in the sink"));
    }
    if reading == Reading::Growing {
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("it is no UTF-8 at byte {}", error.utf8_error().valid_up_to()))?;
    parse(&text, declared)
}

fn parse(text: &str, declared: &[String]) -> Result<CommandResult, String> {
    if text.trim_start().starts_with('{') {
        return parse_json(text, declared);
    }
    let mut result = CommandResult::default();
    for (index, line) in text.lines().enumerate() {
        parse_line(&mut result, line, declared)
            .map_err(|problem| format!("line {}: {problem}", index + 1))?;
    }
    Ok(result)
}

/// A word, and what belongs to it. What is said twice holds as it was said last.
fn parse_line(result: &mut CommandResult, line: &str, declared: &[String]) -> Result<(), String> {
    let line = line.trim_end_matches('\r');
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let (word, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    match word {
        "hwm" => {
            let (name, value) = parse_position(rest.trim(), declared)?;
            result.hwms.insert(name, Position::Untyped(value));
        }
        "state" => result.state = Some(rest.as_bytes().to_vec()),
        _ => {
            let counts = result.counts.get_or_insert_default();
            let total = total(counts, word).ok_or_else(|| unknown(word))?;
            *total = rest.trim().parse().map_err(|_| format!("`{}` is no count for {word}", rest.trim()))?;
        }
    }
    Ok(())
}

fn parse_position(rest: &str, declared: &[String]) -> Result<(String, String), String> {
    match (rest.split_once([' ', '\t']), declared) {
        (_, []) => Err("a position, but the call names none; add --hwm NAME".to_owned()),
        (None, _) if rest.is_empty() => Err("`hwm` without a value".to_owned()),
        (None, [name]) => Ok((name.clone(), rest.to_owned())),
        (None, _) => Err(format!("`hwm {rest}` does not say which; write hwm NAME VALUE")),
        (Some((name, value)), _) => {
            check_declared(name, declared)?;
            Ok((name.to_owned(), value.trim_start().to_owned()))
        }
    }
}

fn check_declared(name: &str, declared: &[String]) -> Result<(), String> {
    if declared.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(format!("`{name}` is no HWM of this call; add --hwm {name}, or correct the name"))
}

fn total<'a>(counts: &'a mut Counts, word: &str) -> Option<&'a mut u64> {
    match word {
        "rows_read" => Some(&mut counts.rows_read),
        "rows_written" => Some(&mut counts.rows_written),
        "rows_failed" => Some(&mut counts.rows_failed),
        "bytes" => Some(&mut counts.bytes),
        _ => None,
    }
}

fn unknown(word: &str) -> String {
    let word: String = word.chars().take(40).collect();
    format!("`{word}` is not known; there are hwm, rows_read, rows_written, rows_failed, bytes and state")
}

/// The same as one object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow)]
    hwm: Option<&'a RawValue>,
    rows_read: Option<u64>,
    rows_written: Option<u64>,
    rows_failed: Option<u64>,
    bytes: Option<u64>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
}

fn parse_json(text: &str, declared: &[String]) -> Result<CommandResult, String> {
    let object: Object<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Object { hwm, rows_read, rows_written, rows_failed, bytes, state } = object;
    let is_counted = [rows_read, rows_written, rows_failed, bytes].iter().any(Option::is_some);
    let counts = Counts {
        rows_read: rows_read.unwrap_or_default(),
        rows_written: rows_written.unwrap_or_default(),
        rows_failed: rows_failed.unwrap_or_default(),
        bytes: bytes.unwrap_or_default(),
    };
    Ok(CommandResult {
        hwms: hwm.map_or_else(|| Ok(BTreeMap::new()), |hwm| json_positions(hwm.get(), declared))?,
        counts: is_counted.then_some(counts),
        state: state.map(|state| {
            let text = serde_json::from_str::<String>(state.get());
            text.unwrap_or_else(|_| state.get().to_owned()).into_bytes()
        }),
    })
}

/// An object of positions by name, or the one position where one is declared.
fn json_positions(json: &str, declared: &[String]) -> Result<BTreeMap<String, Position>, String> {
    let is_value = serde_json::from_str::<Value>(json).is_ok();
    if is_value || serde_json::from_str::<BTreeMap<String, IgnoredAny>>(json).is_err() {
        return match declared {
            [name] => Ok([(name.clone(), json_position(json)?)].into()),
            [] => Err("a position, but the call names none; add --hwm NAME".to_owned()),
            _ => Err("`hwm` does not say which; write {\"NAME\": VALUE}".to_owned()),
        };
    }
    let named: BTreeMap<String, &RawValue> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let read = |(name, value): (String, &RawValue)| {
        check_declared(&name, declared)?;
        Ok((name, json_position(value.get())?))
    };
    named.into_iter().map(read).collect()
}

/// Numbers are taken as they are written: no digit is lost.
fn json_position(json: &str) -> Result<Position, String> {
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        return Ok(Position::Typed(value));
    }
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return Ok(Position::Untyped(text));
    }
    if let Ok(truth) = serde_json::from_str::<bool>(json) {
        return Ok(Position::Typed(Value::Bool(truth)));
    }
    if json.starts_with(['{', '[', 'n']) {
        return Err(format!(
            "`{json}` is no position; write a text, a number, or {{\"type\": …, \"value\": \"…\"}}"
        ));
    }
    Ok(Position::Untyped(json.to_owned()))
}

#[cfg(test)]
mod tests;
