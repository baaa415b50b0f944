//! Korean time: finds the time expressions of a text and says what they mean.
//!
//! [`find`] reads a text and gives every moment, span and duration in it, resolved against the time of publication and
//! against what the text said before, each with the bytes it stands on. The work is done in two passes:
//!
//! - *phrases* (`date`, `clock`, `duration`, `zone`, `phrase`): hand-written parsers, started by an automaton over all the words that a
//!   time expression can begin with; what they give is the shape of a phrase ("the 8th before publication, afternoon, 1:35"). They only
//!   read forward over a bounded number of words: the time is in proportion to the length of the text.
//! - *resolution* (`resolve`): one walk over the phrases in order, with the state a reader keeps in mind: the day the text speaks
//!   of, the meridiem, the year and month of the sentence.
//!
//! The words are data (`dictionaries/time.toml`, `dictionaries/holidays.csv`). What this room promises: no panic on any
//! string, ranges that lie on character boundaries, sorted and without overlap, and values never more precise than the text.
//! It leaves to others which event a time belongs to.
//!
//! ```
//! use meoktong::temporal::{Moment, Value, find};
//! let published: Moment = "2023-05-17".parse().unwrap();
//! let found = find("지난 8일 오후 1시 35분부터 20분가량 먹통이 됐다.", Some(published));
//! let Value::Span { start, end } = found[0].value else { panic!("a span") };
//! assert_eq!(start.unwrap().to_string(), "2023-05-08T13:35+09:00");
//! assert_eq!(end.unwrap().to_string(), "2023-05-08T13:55+09:00");
//! ```

mod clock;
mod cursor;
mod date;
mod duration;
mod lexicon;
mod moment;
mod number;
mod phrase;
mod print;
mod resolve;
mod syntax;
mod zone;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use moment::{KST, Moment, ParseMomentError, Precision};
pub use print::{korean, korean_length};

/// What closes the naming of a source: "업계에 따르면", "업계 말을 모으면".
pub(crate) const ATTRIBUTED: [&str; 7] = ["따르면", "의하면", "을 모으면", "를 모으면", "종합하면", "을 들어보면", "를 들어보면"];

/// A time expression of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The bytes of the whole phrase, with words such as 약 and 쯤, without the particle behind it.
    pub range: Range<usize>,
    /// What it means.
    pub value: Value,
    /// How exact the phrase says it is.
    pub modifier: Option<Modifier>,
    /// Of a span: the bytes of its ends and of the length it was told by.
    pub parts: Option<Parts>,
    /// What follows it grammatically.
    pub relation: Option<Relation>,
    /// Where its day comes from; of a span, the day of its start.
    pub anchor: Anchor,
    /// A vague part of the day where no clock was given: the value is the day alone.
    pub day_part: Option<DayPart>,
}

/// What an expression means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A point at the precision of the text.
    Moment(Moment),
    /// From one moment to another; the last day or month counts as a whole.
    Span {
        /// Its beginning.
        start: Option<Moment>,
        /// Its end.
        end: Option<Moment>,
    },
    /// A length in minutes (a month as 30 days, a year as 365).
    Duration(f64),
}

/// How exact a phrase says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modifier {
    /// 약, 가량, 쯤, 께, 20여 분, 남짓.
    About,
    /// 넘게, 이상, 최소.
    AtLeast,
    /// 이내, 미만, 최대.
    AtMost,
    /// 째: and still going on.
    SoFar,
}

impl Modifier {
    /// The word of the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Modifier::About => "about",
            Modifier::AtLeast => "at_least",
            Modifier::AtMost => "at_most",
            Modifier::SoFar => "so_far",
        }
    }
}

/// What follows an expression grammatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// 부터, 이후, 들어.
    From,
    /// 까지.
    Until,
    /// 에, 께, 에야.
    At,
    /// 전, 이전, 직전, 앞두고.
    Before,
    /// 뒤, 후, 직후, 를 넘겨.
    After,
    /// 만에, 안에.
    Within,
    /// 동안, 간, 새.
    For,
    /// 째.
    SoFar,
    /// 현재, 기준: how things stood then.
    AsOf,
}

/// Where the day of an expression comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The phrase names a date: 17일, 2023년 10월, 추석 당일.
    Explicit,
    /// The phrase names it by its distance from another: 어제, 이날, 지난주 금요일.
    Relative,
    /// The day the text last named.
    Inherited,
    /// The day of publication, because the text named none.
    Publication,
    /// A length has no day.
    None,
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayPart {
    /// 새벽.
    Dawn,
    /// 아침.
    Morning,
    /// 오전.
    Forenoon,
    /// 낮, 점심.
    Noon,
    /// 오후.
    Afternoon,
    /// 저녁.
    Evening,
    /// 밤.
    Night,
}

/// The pieces of a span, for those who must quote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The phrase of its start, without 부터.
    pub start: Option<Range<usize>>,
    /// The phrase of its end, without 까지.
    pub end: Option<Range<usize>>,
    /// The length, where the end is start plus length.
    pub duration: Option<Range<usize>>,
}

impl Expression {
    /// Its start, where it has one: a moment is its own start.
    pub fn start(&self) -> Option<Moment> {
        match self.value {
            Value::Moment(moment) => Some(moment),
            Value::Span { start, .. } => start,
            Value::Duration(_) => None,
        }
    }

    /// Its end, where it has one.
    pub fn end(&self) -> Option<Moment> {
        match self.value {
            Value::Span { end, .. } => end,
            _ => None,
        }
    }

    /// How long it is in minutes: a length, or a span with two clock times.
    pub fn minutes(&self) -> Option<f64> {
        match self.value {
            Value::Duration(minutes) => Some(minutes),
            Value::Span { start: Some(start), end: Some(end) } if start.has_clock() && end.has_clock() => {
                let seconds = |m: Moment| KST.to_timestamp(m.at()).map(|t| t.as_second()).ok();
                Some((seconds(end)? - seconds(start)?) as f64 / 60.0)
            }
            _ => None,
        }
    }
}

/// The time expressions of a text, in order and without overlap.
///
/// Without `published` nothing relative resolves, and what does not resolve is left out.
pub fn find(text: &str, published: Option<Moment>) -> Vec<Expression> {
    resolve::resolve(text, published, false)
}

/// The time expressions of a headline. A headline is one clause: a part of the day anywhere in it holds for a bare clock
/// before it ("페북은 1시 반, 인스타는 2시… 새벽 메타 먹통"). Nothing of it leaks into the text, which has its own call.
pub fn find_in_title(title: &str, published: Option<Moment>) -> Vec<Expression> {
    resolve::resolve(title, published, true)
}
