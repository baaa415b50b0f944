//! What the parsers find, before anything is resolved: the shape of a phrase, not its value.

use std::ops::Range;

use super::lexicon::Holiday;
use super::{DayPart, Modifier, Relation};

/// What an offset counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// 오늘, 어제, 지난달, 올해.
    Publication,
    /// 이날, 전날, 같은 달, 그해.
    Text,
    /// 같은 날: the day last spoken of, even in passing.
    Spoken,
}

/// 지난 turns a bare date back, 오는 forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    None,
    Past,
    Future,
    /// 전날인 17일: looked back at from a day that stays the text's own.
    Back,
    /// 이튿날인 4일: the day after one that was just told.
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum YearRef {
    Number(i16),
    Relative(Base, i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MonthRef {
    Number(i8),
    Relative(Base, i32),
}

/// A part of a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// 초: the first ten days.
    First,
    /// 중순: the second ten.
    Middle,
    /// 말, 하순: the rest.
    Last,
    /// 상반기, 하반기.
    Half(i8),
    /// 1분기 to 4분기.
    Quarter(i8),
    /// 연초, 연말: the first or the last month of the year.
    YearStart,
    YearEnd,
}

/// Years, months, days and minutes, kept apart because a month is no fixed number of days.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Amount {
    pub(super) years: f64,
    pub(super) months: f64,
    pub(super) days: f64,
    pub(super) minutes: f64,
    /// Whether weeks or days were named at all.
    pub(super) finest: Finest,
}

/// The finest unit that was named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finest {
    #[default]
    Year,
    Month,
    Day,
    Minute,
    Second,
}

impl Amount {
    /// In minutes, a month as 30 days and a year as 365.
    pub(super) fn total(self) -> f64 {
        (self.years * 365.0 + self.months * 30.0 + self.days) * 1440.0 + self.minutes
    }
}

/// A date as it was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Date {
    /// Any of year, month and day; the weekday only checks.
    Calendar { direction: Direction, year: Option<YearRef>, month: Option<MonthRef>, day: Option<i8>, weekday: Option<i8> },
    /// 3월 초, 지난해 4분기, 상반기.
    Part { direction: Direction, year: Option<YearRef>, month: Option<MonthRef>, part: Part },
    /// 오늘, 전날.
    Near { base: Base, days: i32 },
    /// 지난주, 지난주 금요일.
    Week { weeks: i32, weekday: Option<i8> },
    /// 지난 주말.
    Weekend { weeks: i32 },
    /// 금요일, 지난 금요일.
    Weekday { direction: Direction, weekday: i8 },
    /// 설날, 지난해 추석 전날; `span` for 추석 연휴, `day` for 추석(6일).
    Holiday { direction: Direction, year: Option<YearRef>, holiday: Holiday, offset: i32, span: bool, day: Option<i8> },
    /// 1월 셋째 주 금요일; -1 is the last of the month.
    Nth { direction: Direction, year: Option<YearRef>, month: MonthRef, nth: i8, weekday: i8 },
    /// 10·15, 1015 사태.
    Event { month: i8, day: i8 },
    /// 사흘 전, 2주 뒤.
    Ago { base: Base, amount: Amount, sign: i32 },
}

/// A clock time as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: Option<i8>,
    /// Written 03시 or 03:20: the 24-hour clock.
    pub(super) exact: bool,
    /// 자정: T00:00 of the day named, or the midnight that a span runs into.
    pub(super) midnight: bool,
}

/// Where a zone was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// A row of the table of zones.
    Named(usize),
    /// 현지시간: wherever the text is.
    Local,
}

/// A day, a clock time or both.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) range: Range<usize>,
    pub(super) date: Option<Date>,
    pub(super) part: Option<DayPart>,
    pub(super) clock: Option<Clock>,
    pub(super) zone: Option<Zone>,
    pub(super) modifier: Option<Modifier>,
    pub(super) relation: Option<Relation>,
}

/// A length of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Length {
    pub(super) range: Range<usize>,
    pub(super) amount: Amount,
    pub(super) modifier: Option<Modifier>,
    pub(super) relation: Option<Relation>,
}

/// The second end of a span.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Close {
    /// 부터 2시 15분까지.
    Point(Point),
    /// 오후 1시 44분부터 50분까지: only the minute is said again.
    Minute(i8, Option<i8>, Range<usize>, Option<Modifier>),
    /// 부터 20분간, 에 시작돼 40분 만에.
    Length(Length),
}

/// One phrase.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Point(Point),
    Length(Length),
    /// "14일 4시간": a length, or a day and a length; the days of publication decide.
    Either {
        date: Point,
        length: Length,
        whole: Length,
    },
    Span {
        range: Range<usize>,
        start: Point,
        close: Close,
    },
    /// A country or a city, for the 현지시간 that may follow.
    Place {
        at: usize,
        row: usize,
    },
    /// 매일 오전 9시: read so that its parts are not, and then dropped.
    Nothing,
}
