//! Figures of many incidents: how many, how long, how often, and against the period before.
//!
//! A [`Tally`] takes incidents one by one in any order and keeps a few numbers of each; [`Tally::finish`] gives the [`Stats`]. They depend on the
//! set of incidents and the [`Question`] alone.
//!
//! # Definitions
//!
//! **Period.** An incident belongs to the period in which it began; where the start is not known, in which it ended. All that this time may
//! mean has to lie in the period: what is known to the month is in its year but not in its second week, and is counted as *uncertain* instead. With a
//! period asked for, an incident without any time is *undated*. Neither is in any other figure. Without a period all incidents count.
//!
//! **The period before** ends where the period begins and is as long, to the second. It needs a beginning (`since`); an open end is now.
//!
//! **Duration.** As the incident has it, else from start to end where both have a clock time. Anything else is unknown, and so is what goes on: it is counted
//! as such ([`Figures::unknown`], of these [`Figures::ongoing`]) and is in no mean, never as zero.
//!
//! **Downtime** is the sum of the known durations, but minutes in which several outages of one service overlap count once, for the outage that
//! began first. So the downtimes of groups add up to that of all. Outages of different services are added: two services down for an hour
//! are two hours. A duration that has no place in time (the start is known to the day) overlaps nothing.
//!
//! **Mean and median time to recover** are over the known durations of the incidents.
//!
//! **Mean time between failures** is the mean time from the beginning of a failure to that of the next failure of the same service in the period,
//! over all services of the group. A start known to the day counts from the day's beginning, a coarser one not at all; outages of one
//! service that overlap are one failure. It says something of services, so groups by cause, month, weekday and hour have none.
//!
//! **Groups.** By service, operator, category and cause; by the month (known to the month or better), the weekday (to the day) and the hour (to the minute)
//! of the start. What is not known, or not so precisely, is a group without a key, so that the groups always add up to all.

mod print;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use jiff::ToSpan;
use jiff::civil::Weekday;
use serde::Serialize;

use super::minutes;
use crate::record::{Cause, Status};
use crate::store::IncidentRow;
use crate::temporal::{KST, Moment, Precision};

pub use print::{csv, markdown};

/// What incidents can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The service.
    Service,
    /// Who runs it.
    Operator,
    /// The kind of service.
    Category,
    /// Why it failed.
    Cause,
    /// The month of the start.
    Month,
    /// The day of the week of the start.
    Weekday,
    /// The hour of the start.
    Hour,
}

impl By {
    /// All, in the order of the documentation.
    pub const ALL: [By; 7] = [By::Service, By::Operator, By::Category, By::Cause, By::Month, By::Weekday, By::Hour];

    /// Its name on the command line and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            By::Service => "service",
            By::Operator => "operator",
            By::Category => "category",
            By::Cause => "cause",
            By::Month => "month",
            By::Weekday => "weekday",
            By::Hour => "hour",
        }
    }

    /// Whether groups have an order of their own, that of time.
    pub fn is_time(self) -> bool {
        matches!(self, By::Month | By::Weekday | By::Hour)
    }
}

/// Monday first.
const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "Mon"),
    (Weekday::Tuesday, "Tue"),
    (Weekday::Wednesday, "Wed"),
    (Weekday::Thursday, "Thu"),
    (Weekday::Friday, "Fri"),
    (Weekday::Saturday, "Sat"),
    (Weekday::Sunday, "Sun"),
];

/// Months without incidents between others are shown, unless one stray date would make a list of centuries.
const MONTHS_FILLED: usize = 1200;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The groupings wanted.
    pub by: Vec<By>,
    /// The beginning of the period.
    pub since: Option<Moment>,
    /// Its end.
    pub until: Option<Moment>,
    /// The end of a period that has only a beginning, at the precision at which it is to end.
    pub now: Moment,
    /// At most so many groups of each kind; the rest in one. Groups of time are never left out.
    pub top: Option<usize>,
}

impl Question {
    /// Which incidents the answer needs: those of the period and of the one before.
    pub fn reach(&self) -> (Option<Moment>, Option<Moment>) {
        (self.before().map(|p| p.since).or(self.since), self.until)
    }

    /// The period, where it has two ends.
    fn bounded(&self) -> Option<(i64, i64)> {
        let first = self.since?.unix_bounds().0;
        let last = self.until.unwrap_or(self.now).unix_bounds().1;
        (first <= last).then_some((first, last))
    }

    /// The period before.
    fn before(&self) -> Option<Period> {
        let (first, last) = self.bounded()?;
        let length = last.checked_sub(first)?.checked_add(1)?;
        Period::of(first.checked_sub(length)?, first - 1)
    }
}

/// A stretch of time with both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Period {
    /// Its first day, or minute or second where it does not consist of whole days.
    pub since: Moment,
    /// Its last day, minute or second.
    pub until: Moment,
}

impl Period {
    fn of(first: i64, last: i64) -> Option<Period> {
        let at = |unix| Some(KST.to_datetime(jiff::Timestamp::from_second(unix).ok()?));
        let (since, until, after) = (at(first)?, at(last)?, at(last + 1)?);
        // As coarse as both ends allow.
        let whole = |precision| Moment::new(since, precision).at() == since && Moment::new(after, precision).at() == after;
        let precision = [Precision::Day, Precision::Minute].into_iter().find(|p| whole(*p)).unwrap_or(Precision::Second);
        Some(Period { since: Moment::new(since, precision), until: Moment::new(until, precision) })
    }

    fn bounds(self) -> (i64, i64) {
        (self.since.unix_bounds().0, self.until.unix_bounds().1)
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stats {
    /// The period asked for.
    pub since: Option<Moment>,
    /// Its end; none where it is open to both sides.
    pub until: Option<Moment>,
    /// The period before.
    pub before_period: Option<Period>,
    /// All incidents of the period.
    pub total: Figures,
    /// All of the one before.
    pub before: Option<Figures>,
    /// Incidents that may lie in the period, but not surely.
    pub uncertain: u64,
    /// Incidents without any time, where a period is asked for.
    pub undated: u64,
    /// The groupings asked for.
    pub groupings: Vec<Grouping>,
}

/// The incidents by one of their properties.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grouping {
    /// Which.
    pub by: By,
    /// Most incidents first, or in the order of time; what is not known last.
    pub groups: Vec<Group>,
    /// All groups that `top` leaves out.
    pub others: Option<Others>,
}

/// Incidents that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// What they have in common: a service's id or name, a word, `2023-05`, `Mon`, `09`; none: it is not known.
    pub key: Option<String>,
    /// The key for people: a service by its name.
    pub name: Option<String>,
    /// Their figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Those of the period before; none where there is none, and for months, which come once.
    pub before: Option<Figures>,
}

/// What is left out of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Others {
    /// How many groups.
    pub groups: u64,
    /// Their figures together.
    #[serde(flatten)]
    pub figures: Figures,
    /// Those of the period before.
    pub before: Option<Figures>,
}

/// The figures of a set of incidents; see the [definitions](self).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// How many there are.
    pub incidents: u64,
    /// Those of which the duration is known.
    pub known: u64,
    /// Those of which it is not.
    pub unknown: u64,
    /// Of the unknown those that go on.
    pub ongoing: u64,
    /// Minutes of downtime.
    pub downtime_min: u64,
    /// Mean minutes to recover.
    pub mean_min: Option<f64>,
    /// Median minutes to recover.
    pub median_min: Option<f64>,
    /// The longest.
    pub longest: Option<Longest>,
    /// Mean minutes between failures of a service.
    pub mtbf_min: Option<f64>,
}

/// The longest outage of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Longest {
    /// The incident.
    pub id: String,
    /// Its service.
    pub service: String,
    /// Its start.
    pub start: Option<Moment>,
    /// How long it lasted.
    pub minutes: u32,
}

/// The figures of `rows`.
pub fn stats<'a>(rows: impl IntoIterator<Item = &'a IncidentRow>, question: Question) -> Stats {
    let mut tally = Tally::new(question);
    rows.into_iter().for_each(|row| tally.add(row));
    tally.finish()
}

/// What is kept of an incident.
#[derive(Debug)]
struct Fact {
    id: Box<str>,
    service: usize,
    name: usize,
    operator: Option<usize>,
    category: Option<usize>,
    cause: Option<Cause>,
    start: Option<Moment>,
    minutes: Option<u32>,
    ongoing: bool,
    /// From and to in Unix minutes, where it has a place in time.
    interval: Option<(i64, i64)>,
    /// Minutes of downtime that no earlier outage of the service has.
    share: u64,
    /// Minutes since the failure of the service before.
    gap: Option<u64>,
}

/// Each text once.
#[derive(Debug, Default)]
struct Texts {
    index: HashMap<Box<str>, usize>,
    all: Vec<Box<str>>,
}

impl Texts {
    fn number(&mut self, text: &str) -> usize {
        if let Some(n) = self.index.get(text) {
            return *n;
        }
        self.index.insert(text.into(), self.all.len());
        self.all.push(text.into());
        self.all.len() - 1
    }
}

/// Figures in the making.
#[derive(Debug)]
pub struct Tally {
    question: Question,
    before: Option<Period>,
    /// First and last second; open where none is given.
    bounds: Option<(i64, i64)>,
    texts: Texts,
    now: Vec<Fact>,
    then: Vec<Fact>,
    uncertain: u64,
    undated: u64,
}

impl Tally {
    /// No incident yet.
    pub fn new(question: Question) -> Tally {
        let bounds = match (question.since, question.until) {
            (None, None) => None,
            (None, Some(until)) => Some((i64::MIN, until.unix_bounds().1)),
            (Some(since), until) => Some((since.unix_bounds().0, until.unwrap_or(question.now).unix_bounds().1)),
        };
        let before = question.before();
        Tally { question, before, bounds, texts: Texts::default(), now: Vec::new(), then: Vec::new(), uncertain: 0, undated: 0 }
    }

    /// One more incident; those outside both periods are passed over.
    pub fn add(&mut self, row: &IncidentRow) {
        let Some(period) = self.bounds else {
            let fact = self.fact(row);
            return self.now.push(fact);
        };
        let Some((first, last)) = row.start.or(row.end).map(Moment::unix_bounds) else {
            self.undated += 1;
            return;
        };
        let inside = |(from, to): (i64, i64)| from <= first && last <= to;
        if inside(period) {
            let fact = self.fact(row);
            self.now.push(fact);
        } else if self.before.is_some_and(|p| inside(p.bounds())) {
            let fact = self.fact(row);
            self.then.push(fact);
        } else if first <= period.1 && period.0 <= last {
            self.uncertain += 1;
        }
    }

    fn fact(&mut self, row: &IncidentRow) -> Fact {
        let minutes = minutes(row).filter(|_| row.status != Status::Ongoing);
        let clock = |m: Option<Moment>| m.filter(|m| m.has_clock()).map(|m| m.unix_bounds().0.div_euclid(60));
        let interval = minutes.map(i64::from).and_then(|length| match (clock(row.start), clock(row.end)) {
            (Some(start), _) => Some((start, start + length)),
            (None, Some(end)) if row.start.is_none() => Some((end - length, end)),
            (None, _) => None,
        });
        Fact {
            id: row.id.as_str().into(),
            service: self.texts.number(row.service_id.as_deref().unwrap_or(&row.service)),
            name: self.texts.number(&row.service),
            operator: row.operator.as_deref().map(|t| self.texts.number(t)),
            category: row.category.as_deref().map(|t| self.texts.number(t)),
            cause: row.cause,
            start: row.start,
            minutes,
            ongoing: row.status == Status::Ongoing,
            interval,
            share: 0,
            gap: None,
        }
    }

    /// The figures.
    pub fn finish(mut self) -> Stats {
        place(&mut self.now);
        place(&mut self.then);
        let texts = &self.texts;
        let all = |facts: &[Fact]| figures(&facts.iter().collect::<Vec<_>>(), true, texts);
        let grouping = |by: &By| self.grouping(*by);
        Stats {
            since: self.question.since,
            until: self.question.until.or(self.question.since.map(|_| self.question.now)),
            before_period: self.before,
            total: all(&self.now),
            before: self.before.map(|_| all(&self.then)),
            uncertain: self.uncertain,
            undated: self.undated,
            groupings: self.question.by.iter().map(grouping).collect(),
        }
    }

    fn grouping(&self, by: By) -> Grouping {
        let mut found: BTreeMap<Option<String>, (Vec<&Fact>, Vec<&Fact>)> = BTreeMap::new();
        for fact in &self.now {
            found.entry(self.key(by, fact)).or_default().0.push(fact);
        }
        // A month is in one of the periods only.
        let compared = self.before.is_some() && by != By::Month;
        if compared {
            for fact in &self.then {
                found.entry(self.key(by, fact)).or_default().1.push(fact);
            }
        }
        for key in self.known_keys(by, &found) {
            found.entry(Some(key)).or_default();
        }
        let mtbf = matches!(by, By::Service | By::Operator | By::Category);
        let both = |now: &[&Fact], then: &[&Fact]| (figures(now, mtbf, &self.texts), compared.then(|| figures(then, mtbf, &self.texts)));
        let mut groups: Vec<(Group, Vec<&Fact>, Vec<&Fact>)> = Vec::new();
        for (key, (now, then)) in found {
            let (figures, before) = both(&now, &then);
            let name = if by == By::Service { self.name(now.iter().chain(&then)) } else { key.clone() };
            groups.push((Group { key, name, figures, before }, now, then));
        }
        let rank = |g: &Group| (g.key.is_none(), Reverse(g.figures.incidents), Reverse(g.figures.downtime_min));
        if by == By::Weekday {
            let day = |g: &Group| WEEKDAYS.iter().position(|(_, name)| g.key.as_deref() == Some(name)).unwrap_or(WEEKDAYS.len());
            groups.sort_by_key(|(g, ..)| day(g));
        } else if by.is_time() {
            groups.sort_by_key(|(g, ..)| g.key.is_none());
        } else {
            // Stable, so what is equal stays in the order of the keys.
            groups.sort_by_key(|(g, ..)| rank(g));
        }
        let others = self.question.top.filter(|_| !by.is_time()).and_then(|top| {
            let keyed = groups.iter().filter(|(g, ..)| g.key.is_some()).count();
            let cut: Vec<_> = groups.drain(top.min(keyed)..keyed).collect();
            let now: Vec<&Fact> = cut.iter().flat_map(|(_, now, _)| now.iter().copied()).collect();
            let then: Vec<&Fact> = cut.iter().flat_map(|(_, _, then)| then.iter().copied()).collect();
            let (figures, before) = both(&now, &then);
            (!cut.is_empty()).then_some(Others { groups: cut.len() as u64, figures, before })
        });
        Grouping { by, groups: groups.into_iter().map(|(group, ..)| group).collect(), others }
    }

    fn key(&self, by: By, fact: &Fact) -> Option<String> {
        let text = |n: usize| self.texts.all[n].to_string();
        let start = |precision: Precision| fact.start.filter(|s| s.precision() >= precision);
        match by {
            By::Service => Some(text(fact.service)),
            By::Operator => fact.operator.map(text),
            By::Category => fact.category.map(text),
            By::Cause => fact.cause.map(|c| c.to_string()),
            By::Month => start(Precision::Month).map(|s| s.at().strftime("%Y-%m").to_string()),
            By::Weekday => start(Precision::Day).map(|s| weekday(s.date().weekday()).to_owned()),
            By::Hour => start(Precision::Minute).map(|s| format!("{:02}", s.at().hour())),
        }
    }

    /// Keys that are there even without incidents.
    fn known_keys<T>(&self, by: By, found: &BTreeMap<Option<String>, T>) -> Vec<String> {
        match by {
            By::Weekday => WEEKDAYS.iter().map(|(_, name)| (*name).to_owned()).collect(),
            By::Hour => (0..24).map(|hour| format!("{hour:02}")).collect(),
            By::Month => {
                let mut months = found.keys().flatten().filter_map(|k| k.parse::<Moment>().ok()).map(Moment::date);
                let (Some(first), Some(last)) = (months.next(), months.next_back()) else { return Vec::new() };
                let months = first.series(1.month()).take_while(|m| *m < last).map(|m| m.strftime("%Y-%m").to_string());
                let months: Vec<String> = months.take(MONTHS_FILLED + 1).collect();
                if months.len() > MONTHS_FILLED { Vec::new() } else { months }
            }
            By::Service | By::Operator | By::Category | By::Cause => Vec::new(),
        }
    }

    /// The name that most incidents of a service have.
    fn name<'a>(&'a self, facts: impl Iterator<Item = &'a &'a Fact>) -> Option<String> {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for fact in facts {
            *names.entry(&self.texts.all[fact.name]).or_default() += 1;
        }
        names.into_iter().max_by_key(|(name, n)| (*n, Reverse(*name))).map(|(name, _)| name.to_owned())
    }
}

fn weekday(day: Weekday) -> &'static str {
    // All seven are in the list.
    WEEKDAYS.iter().find(|(d, _)| *d == day).map_or("", |(_, name)| name)
}

/// Gives each incident its share of its service's downtime and the time since the failure before.
fn place(facts: &mut [Fact]) {
    let begin = |f: &Fact| {
        let known = f.start.filter(|s| s.precision() >= Precision::Day).map(|s| s.unix_bounds().0.div_euclid(60));
        f.interval.map(|i| i.0).or(known)
    };
    facts.sort_by(|a, b| {
        let order = |f: &Fact| (f.service, begin(f), f.interval.map(|i| i.1));
        order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id))
    });
    for service in facts.chunk_by_mut(|a, b| a.service == b.service) {
        let (mut covered, mut last): (i64, Option<i64>) = (i64::MIN, None);
        for fact in service {
            let begin = begin(fact);
            let fresh = begin.is_none_or(|at| at >= covered);
            fact.share = match fact.interval {
                Some((from, to)) => u64::try_from(to - from.max(covered)).unwrap_or(0),
                None => fact.minutes.map_or(0, u64::from),
            };
            if let Some((_, to)) = fact.interval {
                covered = covered.max(to);
            }
            // An end alone says when it was over; the failure began before.
            if let Some(at) = begin.filter(|_| fresh && fact.start.is_some()) {
                fact.gap = last.and_then(|last| u64::try_from(at - last).ok());
                last = Some(at);
            }
        }
    }
}

fn figures(facts: &[&Fact], mtbf: bool, texts: &Texts) -> Figures {
    let mut minutes: Vec<u32> = facts.iter().filter_map(|f| f.minutes).collect();
    minutes.sort_unstable();
    let known = minutes.len() as u64;
    let longest = facts.iter().filter_map(|f| Some((f.minutes?, Reverse(&f.id), *f))).max_by_key(|(m, id, _)| (*m, *id));
    let gaps: Vec<u64> = facts.iter().filter_map(|f| f.gap).filter(|_| mtbf).collect();
    let incidents = facts.len() as u64;
    Figures {
        incidents,
        known,
        unknown: incidents - known,
        ongoing: facts.iter().filter(|f| f.ongoing).count() as u64,
        downtime_min: facts.iter().map(|f| f.share).sum(),
        mean_min: mean(minutes.iter().map(|m| u64::from(*m)).sum(), known),
        median_min: match minutes.len() {
            0 => None,
            n => mean(u64::from(minutes[(n - 1) / 2]) + u64::from(minutes[n / 2]), 2),
        },
        longest: longest.map(|(minutes, _, fact)| Longest {
            id: fact.id.to_string(),
            service: texts.all[fact.name].to_string(),
            start: fact.start,
            minutes,
        }),
        mtbf_min: mean(gaps.iter().sum(), gaps.len() as u64),
    }
}

/// To a tenth of a minute.
fn mean(sum: u64, count: u64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests;
