//! Moments of a pipeline, as people write them.

use clap::Args;
use highwater::Moment;

use crate::time;

/// When a read looks at the state.
#[derive(Args, Debug)]
pub(crate) struct At {
    /// As it was then: a version, a time such as 2026-11-20T22:00:00Z or 2h for two hours ago, or backup:ID.
    #[arg(long = "at", value_name = "MOMENT", value_parser = parse)]
    pub(crate) moment: Option<Moment>,
}

/// Reads a version, a time, `backup:ID`, or `head`.
pub(crate) fn parse(text: &str) -> Result<Moment, String> {
    if text == "head" {
        return Ok(Moment::Head);
    }
    if let Some(id) = text.strip_prefix("backup:") {
        return match id {
            "" => Err("`backup:` names no backup; write backup:ID, or backup:latest".to_owned()),
            id => Ok(Moment::Backup(id.to_owned())),
        };
    }
    if let Ok(version) = text.parse() {
        return Ok(Moment::Version(version));
    }
    time::parse_instant(text).map(Moment::Time).map_err(|_| {
        format!(
            "`{text}` is no moment; write a version, a time such as 2026-11-20T22:00:00Z, 2h for two hours ago, \
             backup:ID, or head"
        )
    })
}

/// The moment as [`parse`] reads it.
pub(crate) fn words(moment: &Moment) -> String {
    match moment {
        Moment::Head => "head".to_owned(),
        Moment::Version(version) => version.to_string(),
        Moment::Time(at_ms) => time::rfc3339(*at_ms).unwrap_or_else(|| time::absolute(*at_ms)),
        Moment::Backup(id) => format!("backup:{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_said_alike() {
        for (text, moment) in [
            ("head", Moment::Head),
            ("0", Moment::Version(0)),
            ("12", Moment::Version(12)),
            ("1970-01-01T00:00:01.500Z", Moment::Time(1_500)),
            ("backup:latest", Moment::Backup("latest".to_owned())),
        ] {
            assert_eq!(parse(text), Ok(moment.clone()));
            assert_eq!(words(&moment), text);
        }
        assert_eq!(parse("1970-01-02"), Ok(Moment::Time(86_400_000)));
        assert!(matches!(parse("2h"), Ok(Moment::Time(_))));
        assert!(parse("backup:").is_err_and(|error| error.contains("backup:latest")));
        assert!(parse("yesterday").is_err_and(|error| error.contains("write a version")));
    }
}
