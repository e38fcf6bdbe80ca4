//! The rows: as the source has them, and as they are loaded.

use std::error::Error;

use chrono::NaiveDate;

/// What the source begins with.
const COLUMNS: &str = "date,precipitation,temp_max,temp_min,wind,weather";

/// Weather of a day. Millimetres, degrees and metres a second are counted in tenths.
#[derive(Debug, PartialEq)]
pub struct Day {
    /// Which day.
    pub date: NaiveDate,
    /// Rain and snow, in tenths of millimetres.
    pub precipitation_tenths: i64,
    /// Highest temperature, in tenths of degrees Celsius.
    pub temp_max_tenths: i64,
    /// Lowest temperature, in tenths of degrees Celsius.
    pub temp_min_tenths: i64,
    /// Wind, in tenths of metres a second.
    pub wind_tenths: i64,
    /// In a word.
    pub weather: String,
}

/// The rows of a source that lie behind a position, as they stand there.
///
/// # Errors
///
/// If it is no such source.
pub fn rows_after(source: &str, position: Option<NaiveDate>) -> Result<Vec<&str>, Box<dyn Error>> {
    let mut lines = source.lines();
    if lines.next() != Some(COLUMNS) {
        return Err(format!("the source does not begin with `{COLUMNS}`").into());
    }
    let mut rows = Vec::new();
    for line in lines {
        if Some(date(line)?) > position {
            rows.push(line);
        }
    }
    Ok(rows)
}

impl Day {
    /// Reads a row of the source.
    pub fn from_source(line: &str) -> Result<Day, Box<dyn Error>> {
        Day::read(line, tenths)
    }

    /// Reads a row that [`Day::to_line`] wrote.
    pub fn from_line(line: &str) -> Result<Day, Box<dyn Error>> {
        Day::read(line, |text| Ok(text.parse()?))
    }

    /// A row for [`Day::from_line`].
    pub fn to_line(&self) -> String {
        let Day { date, precipitation_tenths, temp_max_tenths, temp_min_tenths, wind_tenths, weather } = self;
        format!("{date},{precipitation_tenths},{temp_max_tenths},{temp_min_tenths},{wind_tenths},{weather}")
    }

    fn read(line: &str, number: impl Fn(&str) -> Result<i64, Box<dyn Error>>) -> Result<Day, Box<dyn Error>> {
        let columns: Vec<&str> = line.split(',').collect();
        let &[_, precipitation, temp_max, temp_min, wind, weather] = columns.as_slice() else {
            return Err(format!("the row `{line}` has {} columns instead of 6", columns.len()).into());
        };
        Ok(Day {
            date: date(line)?,
            precipitation_tenths: number(precipitation)?,
            temp_max_tenths: number(temp_max)?,
            temp_min_tenths: number(temp_min)?,
            wind_tenths: number(wind)?,
            weather: weather.to_owned(),
        })
    }
}

fn date(line: &str) -> Result<NaiveDate, Box<dyn Error>> {
    let column = line.split(',').next().unwrap_or_default();
    column.parse().map_err(|error| format!("the row `{line}` has no date: {error}").into())
}

/// A number with one digit behind the point, in tenths. Without floats, which lose digits.
fn tenths(text: &str) -> Result<i64, Box<dyn Error>> {
    match text.split_once('.') {
        Some((whole, digit)) if digit.len() == 1 => Ok(format!("{whole}{digit}").parse()?),
        _ => Err(format!("`{text}` is not a number with one digit behind the point").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "date,precipitation,temp_max,temp_min,wind,weather\n\
                          2012-01-14,4.1,4.4,0.6,5.3,snow\n2012-01-15,5.3,1.1,-3.3,3.2,snow\n";

    #[test]
    fn only_rows_behind_the_position_are_new() {
        let position = NaiveDate::from_ymd_opt(2012, 1, 14);
        assert_eq!(rows_after(SOURCE, position).expect("it reads"), ["2012-01-15,5.3,1.1,-3.3,3.2,snow"]);
        assert_eq!(rows_after(SOURCE, None).expect("it reads").len(), 2);
        assert!(rows_after("day,rain\n", None).is_err());
    }

    #[test]
    fn measurements_become_whole_tenths_and_back() {
        let day = Day::from_source("2012-01-15,5.3,1.1,-0.6,3.2,snow").expect("it reads");
        assert_eq!((day.precipitation_tenths, day.temp_min_tenths), (53, -6));
        assert_eq!(Day::from_line(&day.to_line()).expect("it reads"), day);
        assert!(Day::from_source("2012-01-15,5.37,1.1,-3.3,3.2,snow").is_err());
        assert!(Day::from_source("2012-01-15,5.3").is_err());
    }
}
