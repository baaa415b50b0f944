//! What an incident is held to be, out of what its reports say.
//!
//! Each independent voice (a publisher; all copies of a wire text together) has one say about a field: its latest report that gives it. A say
//! weighs more where the article has the outage as its news, where the times are the operator's own, and the later in the story it
//! was said: what is written once all is over corrects what was written while it burned. Only values that a report gives are chosen; a duration may be
//! the difference of the chosen times, and is marked as derived unless a report gives it too.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::edit::Set;
use super::report::{HOUR, MINUTE, Report, Voice, bounds};
use crate::record::{Cause, Role, Status};
use crate::temporal::{Moment, Precision};

/// A value with the reports behind it and against it. What says nothing, or nothing so precise that it could differ, is neither.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen<T> {
    /// The value; none where no report gives one.
    pub value: Option<T>,
    /// The reports ([`Report::id`]) that agree, in canonical order.
    pub by: Vec<String>,
    /// The reports that disagree.
    pub against: Vec<String>,
    /// Computed from other values and said by nobody.
    pub derived: bool,
    /// A person said so.
    pub edited: bool,
}

impl<T> Default for Chosen<T> {
    fn default() -> Self {
        Chosen { value: None, by: Vec::new(), against: Vec::new(), derived: false, edited: false }
    }
}

/// The fields of an incident, named as those of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// The service's name.
    pub service: Chosen<String>,
    /// What it is recognised by ([`Report::service_key`]).
    pub service_key: String,
    /// The dictionary's id.
    pub service_id: Option<String>,
    /// Who runs it.
    pub operator: Chosen<String>,
    /// The kind of service.
    pub category: Chosen<String>,
    /// When it began.
    pub start: Chosen<Moment>,
    /// When it was over.
    pub end: Chosen<Moment>,
    /// How long it lasted.
    pub duration_min: Chosen<u32>,
    /// Why.
    pub cause: Chosen<Cause>,
    /// The latest that is known of how it stands.
    pub status: Chosen<Status>,
}

/// How much one say counts.
#[derive(Clone, Copy, Debug)]
struct Say<'a, T> {
    report: &'a Report,
    value: T,
    weight: u64,
}

/// All that the reports of one incident say, in canonical order.
struct Reports<'a> {
    all: &'a [&'a Report],
    first: i64,
}

impl<'a> Reports<'a> {
    /// The say of each voice about a field: of its news before what it recalls, then of its latest report.
    fn says<T>(&self, get: impl Fn(&'a Report) -> Option<T>) -> Vec<Say<'a, T>> {
        type Rank = (bool, i64, usize);
        let mut by_voice: BTreeMap<Voice<'a>, (Rank, Say<'a, T>)> = BTreeMap::new();
        for (n, report) in self.all.iter().enumerate() {
            let Some(value) = get(report) else { continue };
            let rank = (report.role == Role::Main, told(report).unwrap_or(i64::MIN), n);
            let say = (rank, Say { report, value, weight: self.weight(report) });
            match by_voice.entry(report.voice()) {
                Entry::Vacant(e) => {
                    e.insert(say);
                }
                Entry::Occupied(mut e) if e.get().0 < rank => {
                    e.insert(say);
                }
                Entry::Occupied(_) => {}
            }
        }
        by_voice.into_values().map(|(_, say)| say).collect()
    }

    fn weight(&self, report: &Report) -> u64 {
        let after = told(report).map_or(0, |at| at - self.first);
        let stage = [HOUR, 6 * HOUR].iter().filter(|limit| after > **limit).count() as u64 + 2;
        let told_to_the_end = if report.status == Status::Resolved { 3 } else { 2 };
        // What is recalled years later is late but no correction.
        let role = if report.role == Role::Main { 4 * stage } else { 4 };
        let official = if report.official { 3 } else { 2 };
        let confidence = 50 + (report.confidence.clamp(0.0, 1.0) * 50.0).round() as u64;
        role * told_to_the_end * official * confidence
    }
}

/// When it was told, at the earliest: of an article known by its day alone, not before the times that it gives.
fn told(report: &Report) -> Option<i64> {
    let (first, last) = report.published()?;
    let times = [report.start, report.end].into_iter().flatten().filter(|m| m.has_clock()).map(|m| bounds(m).0);
    Some(times.filter(|t| *t <= last).fold(first, i64::max))
}

/// The value with the most weight behind it; of equals the one that the latest news has, then the smaller.
fn best<T: Ord + Clone>(says: &[Say<'_, T>]) -> Option<T> {
    let mut sums: BTreeMap<&T, (u64, i64)> = BTreeMap::new();
    for say in says {
        let sum = sums.entry(&say.value).or_insert((0, i64::MIN));
        sum.0 += say.weight;
        if say.report.role == Role::Main {
            sum.1 = sum.1.max(told(say.report).unwrap_or(i64::MIN));
        }
    }
    sums.into_iter().max_by_key(|(value, sum)| (*sum, Reverse(*value))).map(|(value, _)| value.clone())
}

/// Who stands behind a value and who against it; `None` is neither.
fn sides<T>(all: &[&Report], value: Option<T>, agrees: impl Fn(&Report) -> Option<bool>) -> Chosen<T> {
    let mut chosen = Chosen { value, ..Chosen::default() };
    for report in all {
        match agrees(report) {
            Some(true) => chosen.by.push(report.id.clone()),
            Some(false) => chosen.against.push(report.id.clone()),
            None => {}
        }
    }
    chosen
}

/// A moment that is no more precise than asked.
fn coarsened(m: Moment, precision: Precision) -> Moment {
    Moment::new(m.at(), precision.min(m.precision()))
}

fn order(m: Moment) -> (jiff::civil::DateTime, Precision) {
    (m.at(), m.precision())
}

/// The best moment: first the year with the most weight, in it the month, the day, the minute, each among those that say so much. So a minute wins over
/// the day that it is in, but one paper's minute of another day does not win over the day that all others give.
fn moment(says: &[Say<'_, Moment>]) -> Option<Moment> {
    let mut left: Vec<Say<'_, Moment>> = says.to_vec();
    let mut value = None;
    for precision in [Precision::Year, Precision::Month, Precision::Day, Precision::Minute, Precision::Second] {
        let finer: Vec<Say<'_, (jiff::civil::DateTime, Precision)>> = left
            .iter()
            .filter(|s| s.value.precision() >= precision)
            .map(|s| Say { report: s.report, value: order(coarsened(s.value, precision)), weight: s.weight })
            .collect();
        let Some((at, _)) = best(&finer) else { break };
        let chosen = Moment::new(at, precision);
        left.retain(|s| s.value.precision() >= precision && coarsened(s.value, precision) == chosen);
        value = Some(chosen);
    }
    value
}

fn minutes_between(start: Moment, end: Moment) -> Option<u32> {
    let exact = start.has_clock() && end.has_clock();
    u32::try_from((bounds(end).0 - bounds(start).0).div_euclid(MINUTE)).ok().filter(|_| exact)
}

/// "20여분" stands behind 22.
fn rounds_to(said: u32, exact: u32) -> bool {
    said.abs_diff(exact) <= (exact / 10).max(5)
}

pub(super) fn choose(members: &[&Report], sets: &[&Set]) -> Values {
    let first = members.iter().filter_map(|r| told(r)).min().unwrap_or_default();
    let reports = Reports { all: members, first };
    let mut values = Values::default();
    service(&reports, &mut values);
    let last = |pick: fn(&Set) -> bool| sets.iter().rev().find(|s| pick(s)).copied();

    let mut start = moment(&reports.says(|r| r.start));
    let mut edited = [false; 3];
    if let Some(Set::Start(set)) = last(|s| matches!(s, Set::Start(_))) {
        (start, edited[0]) = (set.map(|t| t.0), true);
    }
    values.start = sides(members, start, |r| Some(r.start?.agrees_with(start?)));

    values.status = status(&reports);
    if let Some(Set::Status(set)) = last(|s| matches!(s, Set::Status(_))) {
        values.status = sides(members, Some(*set), |r| (r.status != Status::Unknown).then_some(r.status == *set));
        values.status.edited = true;
    }
    let over = values.status.value != Some(Status::Ongoing);

    // Only an end that does not lie before the start.
    let follows = |e: Moment| start.is_none_or(|s| bounds(e).1 >= bounds(s).0);
    let mut end = if over { moment(&reports.says(|r| r.end.filter(|e| follows(*e)))) } else { None };
    if let Some(Set::End(set)) = last(|s| matches!(s, Set::End(_))) {
        (end, edited[1]) = (set.map(|t| t.0), true);
    }
    values.end = sides(members, end, |r| Some(end.is_some_and(|e| e.agrees_with(r.end.unwrap_or(e)))).filter(|_| r.end.is_some()));

    let exact = start.zip(end).and_then(|(s, e)| minutes_between(s, e));
    let fits = |d: u32| match start.zip(end) {
        // Days bound a duration from both sides.
        Some((s, e)) => {
            let ((s0, s1), (e0, e1)) = (bounds(s), bounds(e));
            let seconds = i64::from(d) * MINUTE;
            e0 - s1 - HOUR <= seconds && seconds <= e1 - s0 + HOUR
        }
        None => true,
    };
    let mut duration = exact.or_else(|| if over { best(&reports.says(|r| r.duration_min.filter(|d| fits(*d)))) } else { None });
    if let Some(Set::DurationMin(set)) = last(|s| matches!(s, Set::DurationMin(_))) {
        (duration, edited[2]) = (*set, true);
    }
    values.duration_min = sides(members, duration, |r| {
        Some(duration.is_some_and(|d| r.duration_min.is_some_and(|m| rounds_to(m, d)))).filter(|_| r.duration_min.is_some())
    });
    values.duration_min.derived = duration.is_some() && !edited[2] && !members.iter().any(|r| r.duration_min == duration);
    values.start.edited = edited[0];
    values.end.edited = edited[1];
    values.duration_min.edited = edited[2];

    let specific = best(&reports.says(|r| r.cause.filter(|c| *c != Cause::Investigating)));
    let mut cause = specific.or_else(|| best(&reports.says(|r| r.cause)));
    let cause_edit = last(|s| matches!(s, Set::Cause(_)));
    if let Some(Set::Cause(set)) = cause_edit {
        cause = *set;
    }
    values.cause = sides(members, cause, |r| match (r.cause?, cause) {
        // Still looking for it is no other opinion.
        (Cause::Investigating, Some(c)) if c != Cause::Investigating => None,
        (said, chosen) => Some(Some(said) == chosen),
    });
    values.cause.edited = cause_edit.is_some();

    for set in sets {
        match set {
            Set::Service(name) => (values.service.value, values.service.edited) = (Some(name.clone()), true),
            Set::Operator(name) => (values.operator.value, values.operator.edited) = (name.clone(), true),
            Set::Category(name) => (values.category.value, values.category.edited) = (name.clone(), true),
            _ => {}
        }
    }
    values
}

/// The service that most speak of, by the name that most give it.
fn service(reports: &Reports<'_>, values: &mut Values) {
    let members = reports.all;
    // Of a company and its product equally often named, the product, which has the more above it.
    let key = best(
        &reports
            .says(|r| Some((Reverse(r.uppers.len()), r.service_key.as_str())))
            .iter()
            .map(|s| Say { report: s.report, value: s.value.1, weight: s.weight * 8 + s.report.uppers.len().min(1) as u64 })
            .collect::<Vec<_>>(),
    );
    let key = key.unwrap_or_default();
    let of = |r: &Report| r.service_key == key;
    values.service_key = key.to_owned();
    values.service_id = members.iter().filter(|r| of(r)).find_map(|r| r.service_id.clone());
    let name = best(&reports.says(|r| of(r).then_some(r.service.as_str())));
    values.service = sides(members, name.map(str::to_owned), |r| Some(of(r)));
    let operator = best(&reports.says(|r| r.operator.as_deref().filter(|_| of(r))));
    values.operator = sides(members, operator.map(str::to_owned), |r| Some(Some(r.operator.as_deref()?) == operator));
    let category = best(&reports.says(|r| r.category.as_deref().filter(|_| of(r))));
    values.category = sides(members, category.map(str::to_owned), |r| Some(Some(r.category.as_deref()?) == category));
}

/// The latest that is known: what is over stays over, unless more voices say afterwards that it goes on.
fn status(reports: &Reports<'_>) -> Chosen<Status> {
    let says = reports.says(|r| (r.status != Status::Unknown).then_some(r.status));
    let over: Vec<_> = says.iter().filter(|s| s.value == Status::Resolved).collect();
    let first_over = over.iter().filter_map(|s| told(s.report)).min();
    let later = says.iter().filter(|s| s.value == Status::Ongoing && told(s.report) > first_over).count();
    let status = match (over.len(), says.len()) {
        (0, 0) => Status::Unknown,
        (n, _) if n > 0 && n >= later => Status::Resolved,
        _ => Status::Ongoing,
    };
    sides(reports.all, Some(status), |r| (r.status != Status::Unknown).then_some(r.status == status))
}

/// Independent voices add up, each at its most confident; none makes it certain.
pub(super) fn confidence(members: &[&Report]) -> f64 {
    let mut voices: BTreeMap<Voice<'_>, f64> = BTreeMap::new();
    for report in members {
        let best = voices.entry(report.voice()).or_default();
        // `max` passes over what is no number.
        *best = best.max(report.confidence).min(1.0);
    }
    let mut doubts: Vec<f64> = voices.into_values().map(|c| 1.0 - 0.98 * c).collect();
    // A product of floats depends on its order.
    doubts.sort_by(f64::total_cmp);
    let doubt: f64 = doubts.into_iter().product();
    ((1.0 - doubt) * 1000.0).round() / 1000.0
}
