//! What the command finds in its environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Variables of ours that go on to commands as they are.
const PASSED_ON: [&str; 2] = ["HIGHWATER_STORE", "HIGHWATER_ACTOR"];

/// Name of the variable for an HWM: capitals, digits and underscores.
pub(super) fn hwm_variable(name: &str) -> String {
    let plain = |character: char| match character {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
        _ => '_',
    };
    format!("HIGHWATER_HWM_{}", name.chars().map(plain).collect::<String>())
}

/// The environment of this process without what an outer `exec` put there.
pub(super) fn inherited() -> BTreeMap<OsString, OsString> {
    let is_foreign = |name: &OsString| {
        let name = name.to_string_lossy();
        !name.starts_with("HIGHWATER_") || PASSED_ON.contains(&name.as_ref())
    };
    std::env::vars_os().filter(|(name, _)| is_foreign(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        assert_eq!(hwm_variable("loaded_at"), "HIGHWATER_HWM_LOADED_AT");
        assert_eq!(hwm_variable("orders/eu-1.id"), "HIGHWATER_HWM_ORDERS_EU_1_ID");
        assert_eq!(hwm_variable("größe"), "HIGHWATER_HWM_GR__E");
    }
}
