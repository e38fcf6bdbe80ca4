//! What says which moment of a pipeline is meant.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeZone};
use highwater_core::moment::Moment;

/// What says which moment of a pipeline is meant: a number is a version, a time is the last version that was decided at or
/// before it, and [`Moment::Backup`] names a backup.
pub trait IntoMoment {
    /// The moment.
    fn into_moment(self) -> Moment;
}

impl IntoMoment for Moment {
    fn into_moment(self) -> Moment {
        self
    }
}

impl IntoMoment for &Moment {
    fn into_moment(self) -> Moment {
        self.clone()
    }
}

impl IntoMoment for u64 {
    fn into_moment(self) -> Moment {
        Moment::Version(self)
    }
}

impl IntoMoment for SystemTime {
    /// What lies before 1970 is before every pipeline.
    fn into_moment(self) -> Moment {
        let since = self.duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment::Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl<Tz: TimeZone> IntoMoment for DateTime<Tz> {
    fn into_moment(self) -> Moment {
        Moment::Time(self.timestamp_millis())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn numbers_are_versions_and_times_are_times() {
        assert_eq!(7.into_moment(), Moment::Version(7));
        assert_eq!((UNIX_EPOCH + Duration::from_millis(1_500)).into_moment(), Moment::Time(1_500));
        assert_eq!((UNIX_EPOCH - Duration::from_secs(1)).into_moment(), Moment::Time(0));
        let noon = DateTime::parse_from_rfc3339("1970-01-01T13:00:00+01:00").expect("a time");
        assert_eq!(noon.into_moment(), Moment::Time(12 * 60 * 60 * 1_000));
    }
}
