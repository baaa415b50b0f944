//! A point in Korean time that knows how precisely it is known.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Korean Standard Time. Korea has kept it without daylight saving since 1988, before the first article we could read.
pub const KST: Offset = jiff::tz::offset(9);

/// How precisely a [`Moment`] is known, from coarse to fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// Only the year.
    Year,
    /// Year and month.
    Month,
    /// The day.
    Day,
    /// The minute.
    Minute,
    /// The second.
    Second,
}

/// A point in Korean time at the precision that a text gives, never more.
///
/// It prints as ISO 8601 at reduced precision, with the offset once it has a clock time:
///
/// ```
/// use meoktong::temporal::Moment;
/// let m: Moment = "2023-05-15T12:10+09:00".parse().unwrap();
/// assert_eq!(m.to_string(), "2023-05-15T12:10+09:00");
/// assert_eq!("2022-10".parse::<Moment>().unwrap().to_string(), "2022-10");
/// // A time without an offset is Korean time; one with another offset is converted.
/// assert_eq!("2023-05-15T03:10Z".parse::<Moment>().unwrap(), m);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    at: DateTime,
    precision: Precision,
}

impl Moment {
    /// Makes a moment; whatever is finer than `precision` is cut off.
    pub fn new(at: DateTime, precision: Precision) -> Moment {
        let date = at.date();
        let at = match precision {
            Precision::Year => date.first_of_year().to_datetime(jiff::civil::Time::midnight()),
            Precision::Month => date.first_of_month().to_datetime(jiff::civil::Time::midnight()),
            Precision::Day => date.to_datetime(jiff::civil::Time::midnight()),
            Precision::Minute => at.with().second(0).subsec_nanosecond(0).build().unwrap_or(at),
            Precision::Second => at.with().subsec_nanosecond(0).build().unwrap_or(at),
        };
        Moment { at, precision }
    }

    /// A moment known to the day.
    pub fn day(date: Date) -> Moment {
        Moment::new(date.to_datetime(jiff::civil::Time::midnight()), Precision::Day)
    }

    /// A moment known to the minute.
    pub fn minute(at: DateTime) -> Moment {
        Moment::new(at, Precision::Minute)
    }

    /// The first instant it may mean, in Korean civil time.
    pub fn at(self) -> DateTime {
        self.at
    }

    /// Its day, or the first day it may mean.
    pub fn date(self) -> Date {
        self.at.date()
    }

    /// How precisely it is known.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// Whether it has a clock time (minute or second).
    pub fn has_clock(self) -> bool {
        self.precision >= Precision::Minute
    }

    /// The first and the last second it may mean, as Unix time.
    pub fn unix_bounds(self) -> (i64, i64) {
        use jiff::ToSpan;
        let first = unix(self.at);
        // Korean time has one offset, so that a day has as many seconds as another; asked for often, the calendar would be slow.
        let after = |step: jiff::Span| self.at.checked_add(step).map_or(first.saturating_add(1), unix);
        let end = match self.precision {
            Precision::Year => after(1.year()),
            Precision::Month => after(1.month()),
            Precision::Day => first.saturating_add(24 * 3600),
            Precision::Minute => first.saturating_add(60),
            Precision::Second => first.saturating_add(1),
        };
        (first, end - 1)
    }

    /// Whole minutes from `self` to `later`, where both have a clock time and `later` is not earlier.
    pub fn minutes_until(self, later: Moment) -> Option<i64> {
        if !self.has_clock() || !later.has_clock() {
            return None;
        }
        let seconds = unix(later.at) - unix(self.at);
        (seconds >= 0).then_some(seconds / 60)
    }

    /// Whether two moments can be the same: equal as far as both are known.
    pub fn agrees_with(self, other: Moment) -> bool {
        let coarser = self.precision.min(other.precision);
        Moment::new(self.at, coarser) == Moment::new(other.at, coarser)
    }
}

fn unix(at: DateTime) -> i64 {
    KST.to_timestamp(at).map(|t| t.as_second()).unwrap_or(i64::MAX - 1)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (d, t) = (self.at.date(), self.at.time());
        write!(f, "{:04}", d.year())?;
        if self.precision >= Precision::Month {
            write!(f, "-{:02}", d.month())?;
        }
        if self.precision >= Precision::Day {
            write!(f, "-{:02}", d.day())?;
        }
        if self.precision >= Precision::Minute {
            write!(f, "T{:02}:{:02}", t.hour(), t.minute())?;
        }
        if self.precision == Precision::Second {
            write!(f, ":{:02}", t.second())?;
        }
        if self.precision >= Precision::Minute {
            f.write_str("+09:00")?;
        }
        Ok(())
    }
}

/// Why a string is no [`Moment`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a time: expected 2023, 2023-05, 2023-05-15, 2023-05-15T12:10 or 2023-05-15T12:10:30, after a clock time perhaps an offset (+09:00, Z)"
)]
pub struct ParseMomentError(String);

impl FromStr for Moment {
    type Err = ParseMomentError;

    fn from_str(text: &str) -> Result<Moment, ParseMomentError> {
        parse(text.trim()).ok_or_else(|| ParseMomentError(text.chars().take(60).collect()))
    }
}

fn parse(text: &str) -> Option<Moment> {
    let number = |s: &str, width: usize| -> Option<i16> {
        (s.len() == width && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().ok()).flatten()
    };
    let (date, clock) = match text.split_once(['T', ' ']) {
        Some((d, c)) => (d, Some(c)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map(|p| number(p, 2));
    let day = parts.next().map(|p| number(p, 2));
    if parts.next().is_some() {
        return None;
    }
    let precision = match (month, day) {
        (None, _) => Precision::Year,
        (Some(_), None) => Precision::Month,
        (Some(_), Some(_)) => Precision::Day,
    };
    let date = Date::new(year, month.unwrap_or(Some(1))? as i8, day.unwrap_or(Some(1))? as i8).ok()?;
    let Some(clock) = clock else {
        return Some(Moment::new(date.to_datetime(jiff::civil::Time::midnight()), precision));
    };
    if precision != Precision::Day {
        return None;
    }
    let split = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(split);
    let clock = clock.split('.').next()?;
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let second = parts.next().map(|p| number(p, 2));
    if parts.next().is_some() {
        return None;
    }
    let precision = if second.is_some() { Precision::Second } else { Precision::Minute };
    let time = jiff::civil::Time::new(hour as i8, minute as i8, second.unwrap_or(Some(0))? as i8, 0).ok()?;
    let at = date.to_datetime(time);
    let offset = match zone {
        "" => KST,
        "Z" | "z" => Offset::UTC,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
            let (h, m) = match digits.len() {
                2 => (number(&digits, 2)?, 0),
                4 => (number(&digits[..2], 2)?, number(&digits[2..], 2)?),
                _ => return None,
            };
            Offset::from_seconds(sign * (i32::from(h) * 3600 + i32::from(m) * 60)).ok()?
        }
    };
    let at = KST.to_datetime(offset.to_timestamp(at).ok()?);
    Some(Moment::new(at, precision))
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parsed() {
        for text in ["2022", "2022-10", "2022-10-15", "2022-10-15T15:33+09:00", "2022-10-15T15:33:07+09:00"] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "20",
            "2022-13",
            "2022-02-30",
            "2022-10T10:00",
            "2022-10-15T25:00",
            "2022-10-15T10:00+9",
            "내일",
            "2022-10-15T10",
            "2022-1-5",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_cover_what_is_not_known() {
        let (first, last) = "2022-10".parse::<Moment>().unwrap().unix_bounds();
        assert_eq!((last - first + 1) / 86_400, 31);
        assert_eq!("1970-01-01T09:00".parse::<Moment>().unwrap().unix_bounds(), (0, 59));
    }
}
