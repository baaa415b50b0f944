//! Dates as web pages write them → [`Moment`]s.
//!
//! Reads ISO 8601 in all its loose forms, RFC 2822, digits without separators, and what Korean readers see ("2023.01.17. 오후 3:20", "2023년 1월 17일 15시 20분").
//! A time with an offset is converted, one without is Korean time. Seconds are cut off: a page's seconds are its publishing system's, not the editor's.
//!
//! Left to others: dates in prose (`temporal`), which of a page's dates is the right one ([`metadata`](super::metadata)).

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use regex::{Captures, Regex};

use crate::temporal::{KST, Moment};

/// A date found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDate {
    /// The moment, in Korean time.
    pub at: Moment,
    /// Whether it was written with an offset of zero (`Z`, `GMT`, `+00:00`), which Korean pages often write on Korean times.
    pub zulu: bool,
    /// Where it stands.
    pub range: Range<usize>,
}

// The fixed patterns of this module are tested; a compile error cannot reach a user.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let month = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    let clock = r"(?P<ap1>오전|오후|낮|밤|새벽|[AaPp]\.?[Mm]\.?)?\s{0,3}(?P<h>\d{1,2})\s{0,2}(?::|시)\s{0,2}(?P<mi>\d{1,2})?(?:\s{0,2}(?::|분)\s{0,2}(?P<s>\d{2})?)?(?:[.,]\d{1,9})?(?:초)?(?:\s{0,2}(?P<ap2>[AaPp]\.?[Mm]\b\.?))?";
    let zone = r"(?:\s{0,2}(?P<z>Z\b|GMT\b|UTC\b|KST\b|[+-]\d{2}:?\d{2}\b|[+-]\d{2}\b))?";
    let weekday = r"(?:\s{0,3}[(\[]?\s?[월화수목금토일](?:요일)?\s?[)\]]|\s{0,3}[월화수목금토일]요일)?";
    Regex::new(&format!(
        r"(?:(?P<y>(?:19|20)\d\d)\s{{0,2}}(?:[-./]|년)\s{{0,2}}(?P<m>\d{{1,2}})\s{{0,2}}(?:[-./]|월)\s{{0,2}}(?P<d>\d{{1,2}})(?:\s?일|\.)?|(?P<ed>\d{{1,2}})\s(?P<em>{month})\.?,?\s(?P<ey>(?:19|20)\d\d)|(?P<am>{month})\.?\s(?P<ad>\d{{1,2}}),?\s(?P<ay>(?:19|20)\d\d)){weekday}(?:(?:T|[,|/·]?\s{{0,12}}\(?){clock}{zone})?"
    ))
    .expect("a tested pattern")
});

static COMPACT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^((?:19|20)\d\d)([01]\d)([0-3]\d)(?:[T ]?([0-2]\d)([0-5]\d)([0-5]\d)?(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
        .expect("a tested pattern")
});

/// Reads a value that is a date and nothing else (an attribute, a field of JSON-LD).
pub fn parse(text: &str) -> Option<FoundDate> {
    let text = text.trim();
    if text.len() > 80 {
        return None;
    }
    if let Some(c) = COMPACT.captures(text) {
        let part = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
        let date = date_of(part(1)?, part(2)?, part(3)?)?;
        let clock = match (part(4), part(5)) {
            (Some(h), Some(m)) => Some(Time::new(h as i8, m as i8, 0, 0).ok()?),
            _ => None,
        };
        return found(date, clock, c.get(7).map(|m| m.as_str()), 0..text.len());
    }
    // Seconds or milliseconds since 1970.
    if text.bytes().all(|b| b.is_ascii_digit()) && matches!(text.len(), 10 | 13) {
        let seconds: i64 = text[..10].parse().ok()?;
        let at = KST.to_datetime(jiff::Timestamp::from_second(seconds).ok()?);
        return Some(FoundDate { at: Moment::minute(at), zulu: false, range: 0..text.len() });
    }
    find(text)
}

/// Finds the first date in a text.
pub fn find(text: &str) -> Option<FoundDate> {
    find_all(text).next()
}

/// Finds the dates in a text.
pub fn find_all(text: &str) -> impl Iterator<Item = FoundDate> + '_ {
    DATE.captures_iter(text).filter_map(|c| read(text, &c))
}

fn read(text: &str, c: &Captures) -> Option<FoundDate> {
    let number = |name: &str| c.name(name).and_then(|m| m.as_str().parse::<i16>().ok());
    let whole = c.get(0)?.range();
    // "12023.01.17" is no date.
    if text[..whole.start].ends_with(|b: char| b.is_ascii_digit()) {
        return None;
    }
    let date = if let Some(y) = number("y") {
        // A third digit means that the day was cut out of a longer number.
        let end = c.name("d")?.end();
        if text[end..].starts_with(|b: char| b.is_ascii_digit()) {
            return None;
        }
        date_of(y, number("m")?, number("d")?)?
    } else if let Some(y) = number("ey") {
        date_of(y, month_of(c.name("em")?.as_str())?, number("ed")?)?
    } else {
        date_of(number("ay")?, month_of(c.name("am")?.as_str())?, number("ad")?)?
    };
    let clock = number("h").and_then(|hour| clock_of(hour, number("mi"), c.name("ap1").or(c.name("ap2")).map(|m| m.as_str())));
    let end = if clock.is_some() { whole.end } else { ["d", "ey", "ay"].iter().filter_map(|n| c.name(n)).map(|m| m.end()).max()? };
    found(date, clock, c.name("z").map(|m| m.as_str()), whole.start..end)
}

fn found(date: Date, clock: Option<Time>, zone: Option<&str>, range: Range<usize>) -> Option<FoundDate> {
    let Some(clock) = clock else {
        return Some(FoundDate { at: Moment::day(date), zulu: false, range });
    };
    let offset = match zone {
        None | Some("KST") => KST,
        Some("Z" | "GMT" | "UTC") => Offset::UTC,
        Some(text) => offset_of(text).unwrap_or(KST),
    };
    let at: DateTime = KST.to_datetime(offset.to_timestamp(date.to_datetime(clock)).ok()?);
    Some(FoundDate { at: Moment::minute(at), zulu: offset == Offset::UTC, range })
}

fn offset_of(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    // "15:20 -2024" is no offset.
    if hours > 14 {
        return None;
    }
    let minutes: i32 = digits.get(2..).filter(|m| !m.is_empty()).map_or(Some(0), |m| m.parse().ok())?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn date_of(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn clock_of(hour: i16, minute: Option<i16>, half: Option<&str>) -> Option<Time> {
    let half = half.map(|h| h.to_ascii_lowercase());
    let hour = match half.as_deref() {
        Some("오후" | "밤") if hour < 12 => hour + 12,
        Some("낮") if hour < 6 => hour + 12,
        Some(h) if h.starts_with('p') && hour < 12 => hour + 12,
        Some("오전" | "새벽") if hour == 12 => 0,
        Some(h) if h.starts_with('a') && hour == 12 => 0,
        _ => hour,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute.unwrap_or(0)).ok()?, 0, 0).ok()
}

fn month_of(name: &str) -> Option<i16> {
    let name = name.get(..3)?.to_ascii_lowercase();
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        .iter()
        .position(|m| *m == name)
        .map(|i| i as i16 + 1)
}

/// The day that a URL names: `/2023/01/17/`, `20230117…`, `A201507100685`. Digits after the day are as often a serial number as a clock, so it is a day only.
pub fn in_url(url: &str) -> Option<Moment> {
    static PARTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|\D)((?:19|20)\d\d)([-/._])(\d{1,2})[-/._](\d{1,2})(?:\D|$)").expect("a tested pattern"));
    static JOINED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|\D)((?:19|20)\d\d)/?([01]\d)/?([0-3]\d)").expect("a tested pattern"));
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = &path[path.find(['/', '?']).unwrap_or(path.len())..];
    let number = |c: &Captures, i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
    let parted = PARTED.captures_iter(path).filter_map(|c| date_of(number(&c, 1)?, number(&c, 3)?, number(&c, 4)?));
    let joined = JOINED.captures_iter(path).filter_map(|c| date_of(number(&c, 1)?, number(&c, 2)?, number(&c, 3)?));
    parted.chain(joined).find(|d| d.year() >= 1995).map(Moment::day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, want) in [
            ("2023-01-17T15:20:00+09:00", "2023-01-17T15:20+09:00"),
            ("2023-01-17T06:20:00Z", "2023-01-17T15:20+09:00"),
            ("2023-01-17T06:20:00.123Z", "2023-01-17T15:20+09:00"),
            ("2023-01-17T15:20:00+0900", "2023-01-17T15:20+09:00"),
            ("2023-01-17T15:20+09", "2023-01-17T15:20+09:00"),
            ("2023-01-17T01:20:00-05:00", "2023-01-17T15:20+09:00"),
            ("2023-01-17 15:20:33", "2023-01-17T15:20+09:00"),
            ("2023-01-17", "2023-01-17"),
            ("2023.01.17. 오후 3:20", "2023-01-17T15:20+09:00"),
            ("2024.05.15 (21:15)", "2024-05-15T21:15+09:00"),
            ("2023.01.17 15:20", "2023-01-17T15:20+09:00"),
            ("2023/01/17 15:20", "2023-01-17T15:20+09:00"),
            ("2024. 5. 23. 06:41", "2024-05-23T06:41+09:00"),
            ("2023년 1월 17일 오후 3시 20분", "2023-01-17T15:20+09:00"),
            ("2023년 1월 17일 오전 12시", "2023-01-17T00:00+09:00"),
            ("2023-01-17 (화) 15:20", "2023-01-17T15:20+09:00"),
            ("2023.01.17(화) 오전 9:05", "2023-01-17T09:05+09:00"),
            ("2023-01-17 PM 3:20:00", "2023-01-17T15:20+09:00"),
            ("2023-01-17 3:20 PM", "2023-01-17T15:20+09:00"),
            ("20230117152000", "2023-01-17T15:20+09:00"),
            ("202301171520", "2023-01-17T15:20+09:00"),
            ("20230117", "2023-01-17"),
            ("20230117T152000Z", "2023-01-18T00:20+09:00"),
            ("1673936400", "2023-01-17T15:20+09:00"),
            ("1673936400000", "2023-01-17T15:20+09:00"),
            ("Tue, 17 Jan 2023 15:20:00 +0900", "2023-01-17T15:20+09:00"),
            ("Tue, 17 Jan 2023 06:20:00 GMT", "2023-01-17T15:20+09:00"),
            ("17 Jan 2023", "2023-01-17"),
            ("January 17, 2023 3:20 PM", "2023-01-17T15:20+09:00"),
        ] {
            assert_eq!(parse(text).unwrap_or_else(|| panic!("{text}")).at.to_string(), want, "{text}");
        }
        for text in ["", "어제", "2023-13-01", "2023-02-30", "20231301", "12023.01.17", "3:20", "2023", "2023-01-171"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse("2023-01-17T06:20:00Z").unwrap().zulu);
        assert!(!parse("2023-01-17T06:20:00").unwrap().zulu);
    }

    #[test]
    fn a_date_ends_where_it_ends() {
        let text = "입력 2023.01.17. 오후 3:20 수정 2023.01.18 40명";
        let found: Vec<_> = find_all(text).map(|d| &text[d.range]).collect();
        assert_eq!(found, ["2023.01.17. 오후 3:20", "2023.01.18"]);
    }

    #[test]
    fn urls() {
        for (url, want) in [
            ("https://news.example.com/2023/01/17/abc", Some("2023-01-17")),
            ("https://news.example.com/article/20230117152012", Some("2023-01-17")),
            ("http://example.com/n_news/news/view.html?no=201507100685", Some("2015-07-10")),
            ("http://example.com/view/A201507100685", Some("2015-07-10")),
            ("http://example.com/view/AKR20230117123400017", Some("2023-01-17")),
            ("http://example.com/site/data/html_dir/2023/06/15/2023061580054.html", Some("2023-06-15")),
            ("http://example.com/news?date=2023-6-5&id=3", Some("2023-06-05")),
            ("http://20230117.example.com/view/12", None),
            ("http://example.com/view?idx=120230117", None),
            ("http://example.com/view?idx=20231317", None),
            ("http://example.com/news/articleView.html?idxno=193012", None),
        ] {
            assert_eq!(in_url(url).map(|m| m.to_string()).as_deref(), want, "{url}");
        }
    }
}
