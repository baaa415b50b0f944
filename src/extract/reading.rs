//! What the reader goes by: title and text as one row of clauses, and the events found in them.

use std::collections::HashSet;

use jiff::civil::Date;

use super::Extractor;
use super::clause::{Clause, Passage, ServiceRef};
use super::lexicon::SymptomMatch;
use crate::record::{Place, Role};
use crate::temporal::{Moment, Precision, Value};

/// An outage with the clauses that speak of it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub day: Option<Moment>,
    pub services: Vec<ServiceRef>,
    /// Indices into the clauses of title and text together.
    pub clauses: Vec<usize>,
    pub role: Role,
    /// The clock time by which two outages of one day are told apart.
    pub clock: Option<Moment>,
    /// It was told with words of looking back.
    pub recalled: bool,
    /// The services were taken from what was said before, not named beside the failure.
    pub inherited: bool,
    /// The clause that said the day.
    pub day_from: Option<usize>,
    /// The day is that of the recovery, for want of another.
    pub tentative: bool,
}

impl Event {
    /// Takes in the services it does not have yet.
    pub fn add<'s>(&mut self, services: impl IntoIterator<Item = &'s ServiceRef>) {
        for service in services {
            if !self.services.contains(service) {
                self.services.push(service.clone());
            }
        }
    }

    /// Takes in the clauses and services of another telling of the same outage.
    pub fn absorb(&mut self, told_again: Event) {
        self.clauses.extend(told_again.clauses);
        self.clauses.sort_unstable();
        self.clauses.dedup();
        self.add(&told_again.services);
    }
}

/// All clauses of an article in reading order, the title's first.
pub(crate) struct Reading<'a> {
    pub passages: &'a [Passage<'a>],
    pub clauses: Vec<&'a Clause>,
    pub published: Option<Moment>,
}

impl<'a> Reading<'a> {
    pub fn new(passages: &'a [Passage<'a>], published: Option<Moment>) -> Reading<'a> {
        Reading { passages, clauses: passages.iter().flat_map(|p| &p.clauses).collect(), published }
    }

    pub fn text(&self, place: Place) -> &'a str {
        self.passages.iter().find(|p| p.place == place).map_or("", |p| p.text)
    }

    pub fn text_of(&self, clause: &Clause) -> &'a str {
        &self.text(clause.place)[clause.range.clone()]
    }

    /// Whether a moment lies behind the time of publication, whatever the precision of both; not where that is unknown.
    pub fn is_to_come(&self, moment: Moment) -> bool {
        self.published.is_some_and(|p| moment.unix_bounds().0 > p.unix_bounds().1)
    }
}

/// A word that maintenance uses too.
pub(crate) fn stops_only(symptom: &SymptomMatch) -> bool {
    matches!(symptom.word.as_deref(), Some("중단" | "멈춤" | "접속 불가" | "막힘" | "지연" | "불편" | "끊김"))
}

pub(crate) fn unique(items: impl Iterator<Item = ServiceRef>) -> Vec<ServiceRef> {
    let mut out = Vec::new();
    for item in items {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

pub(crate) fn headline_services(reading: &Reading<'_>) -> Vec<ServiceRef> {
    unique(reading.clauses.iter().filter(|c| c.place == Place::Title).flat_map(|c| c.affected().map(|n| n.service.clone())))
}

/// The start of a moment or a span.
pub(crate) fn start_of(value: &Value) -> Option<Moment> {
    match value {
        Value::Moment(m) => Some(*m),
        Value::Span { start, .. } => *start,
        Value::Duration(_) => None,
    }
}

pub(crate) fn related(extractor: &Extractor, a: &ServiceRef, b: &ServiceRef) -> bool {
    match (a, b) {
        (ServiceRef::Listed(a), ServiceRef::Listed(b)) => {
            let services = extractor.gazetteer.services();
            let (x, y) = (&services[*a], &services[*b]);
            a == b
                || x.parent == Some(*b)
                || y.parent == Some(*a)
                || (x.parent.is_some() && x.parent == y.parent)
                || (x.operator.is_some() && x.operator == y.operator)
        }
        (ServiceRef::Unlisted(a), ServiceRef::Unlisted(b)) => a == b || a.contains(b.as_str()) || b.contains(a.as_str()) || respelled(a, b),
        // "저축은행 오픈뱅킹" beside "오픈뱅킹"
        (ServiceRef::Listed(listed), ServiceRef::Unlisted(name)) | (ServiceRef::Unlisted(name), ServiceRef::Listed(listed)) => {
            extractor.gazetteer.services()[*listed].spellings().iter().any(|s| s.chars().count() >= 3 && name.ends_with(s.as_str()))
        }
    }
}

/// Days from `a` to `b`, where both are known to the day.
pub(crate) fn days_between(a: Moment, b: Moment) -> Option<i32> {
    if a.precision() < Precision::Day || b.precision() < Precision::Day {
        return None;
    }
    date_distance(a.date(), b.date())
}

pub(crate) fn date_distance(a: Date, b: Date) -> Option<i32> {
    a.until(b).ok().map(|s| s.get_days())
}

/// Whether two names share most pairs of neighbouring syllables of the shorter one.
pub(crate) fn respelled(a: &str, b: &str) -> bool {
    let pairs = |s: &str| -> HashSet<(char, char)> {
        let letters: Vec<char> = s.chars().filter(|c| c.is_alphanumeric()).collect();
        letters.windows(2).map(|w| (w[0], w[1])).collect()
    };
    // What every institution's system is called says nothing of whose it is.
    let bare = |s: &str| {
        [
            "전산시스템",
            "시스템",
            "인터넷",
            "홈페이지",
            "누리집",
            "웹사이트",
            "사이트",
            "서버",
            "앱",
            "수강신청",
            "사이버캠퍼스",
            "온라인 강의",
            "온라인 수업",
            "사이버 강의",
            "접수",
            "예매",
        ]
        .iter()
        .fold(s.replace("대학교", "대"), |s, w| s.replace(w, " "))
    };
    let (a, b) = (pairs(&bare(a)), pairs(&bare(b)));
    let least = a.len().min(b.len());
    least >= 2 && a.intersection(&b).count() * 10 >= least * 7
}

pub(crate) fn first_text_sentence(reading: &Reading<'_>) -> usize {
    reading.clauses.iter().find(|c| c.place == Place::Text).map_or(0, |c| c.sentence)
}
