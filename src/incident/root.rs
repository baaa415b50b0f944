//! Outages of several services with one cause, linked under one root.
//!
//! Two incidents of different services belong together where their times overlap and their causes do not contradict each other, and where an article tells
//! of both as its news (or recalls both), or one is the company-level service above the other, or both are under one whose own incident overlaps them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::neighbourhood::Sets;
use super::report::{DAY, HOUR, bounds};
use super::{Incident, short_hash};
use crate::record::{Cause, Role, Status};
use crate::temporal::{Moment, Precision};

/// Starts further apart are not of one cause, unless the causes are the same and the second began while the first went on.
const TOGETHER: i64 = 3 * HOUR;

/// What linking needs to know of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The incident.
    pub id: String,
    /// Its service.
    pub service_key: String,
    /// The company-level services above it.
    pub uppers: Vec<String>,
    /// Its start.
    pub start: Option<Moment>,
    /// Its end.
    pub end: Option<Moment>,
    /// Its cause.
    pub cause: Option<Cause>,
    /// How it stands.
    pub status: Status,
    /// When it was first reported.
    pub first_reported: Option<Moment>,
    /// Whether others' services stand on it.
    pub provider: bool,
    /// The articles that have it as their news.
    pub news: BTreeSet<String>,
    /// The articles that recall it.
    pub recalled: BTreeSet<String>,
}

impl Part {
    /// What linking needs of an incident.
    pub fn of(incident: &Incident) -> Part {
        let values = &incident.values;
        let articles = |role: Role| incident.members.iter().filter(move |m| m.role == role).map(|m| m.article.clone()).collect();
        Part {
            id: incident.id.clone(),
            service_key: values.service_key.clone(),
            uppers: incident.uppers.clone(),
            start: values.start.value,
            end: values.end.value,
            cause: values.cause.value,
            status: values.status.value.unwrap_or(Status::Unknown),
            first_reported: incident.first_reported,
            provider: incident.provider,
            news: articles(Role::Main),
            recalled: articles(Role::Background),
        }
    }

    /// The days it may have begun on; none where it is not known to the day.
    pub fn window(&self) -> Option<(i64, i64)> {
        let start = self.start.filter(|s| s.precision() >= Precision::Day)?.unix_bounds();
        Some((start.0 - DAY, start.1 + DAY))
    }

    fn together(&self, other: &Part) -> bool {
        let (Some(a), Some(b)) = (self.start, other.start) else { return false };
        if a.precision() < Precision::Day || b.precision() < Precision::Day {
            return a == b;
        }
        if a.has_clock() && b.has_clock() {
            let apart = (bounds(a).0 - bounds(b).0).abs();
            return apart <= TOGETHER || apart <= DAY && self.same_cause(other) && (self.lasts_into(b) || other.lasts_into(a));
        }
        a.agrees_with(b)
    }

    /// Whether it was known to go on when another began.
    fn lasts_into(&self, begin: Moment) -> bool {
        let (start, end) = (self.start.map(bounds), self.end.map(bounds));
        start.zip(end).is_some_and(|(start, end)| start.0 <= bounds(begin).0 && bounds(begin).0 <= end.1)
    }

    fn same_cause(&self, other: &Part) -> bool {
        self.cause.is_some_and(|c| c != Cause::Investigating && other.cause == Some(c))
    }

    fn contradicts(&self, other: &Part) -> bool {
        let (Some(a), Some(b)) = (self.cause, other.cause) else { return false };
        let vague = |c: Cause| matches!(c, Cause::Investigating | Cause::ThirdParty);
        let agree = a == b || vague(a) || vague(b) || disaster(a) && disaster(b);
        !agree
    }

    fn linked(&self, other: &Part) -> bool {
        if self.service_key == other.service_key || !self.together(other) || self.contradicts(other) {
            return false;
        }
        let above = |a: &Part, b: &Part| b.uppers.contains(&a.service_key);
        above(self, other) || above(other, self) || !self.news.is_disjoint(&other.news) || !self.recalled.is_disjoint(&other.recalled)
    }
}

/// A fire cuts the power and breaks the machines.
fn disaster(c: Cause) -> bool {
    matches!(c, Cause::Fire | Cause::Power | Cause::Hardware | Cause::Disaster)
}

/// Incidents of several services with one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    /// Derived from the part that was reported first.
    pub id: String,
    /// The part that the others stand on, if it has an incident of its own: a cloud, a data centre, the company.
    pub head: Option<String>,
    /// The ids of the incidents, the first reported first.
    pub parts: Vec<String>,
    /// The cause that most parts have, a fire or the like before what it led to.
    pub cause: Option<Cause>,
    /// The earliest start.
    pub start: Option<Moment>,
    /// The latest end, once all parts have one.
    pub end: Option<Moment>,
    /// Ongoing while any part is.
    pub status: Status,
    /// How many articles tell of any part.
    pub articles: usize,
}

/// The roots of a set of incidents: those links that join two parts or more. A function of the set.
pub fn roots(parts: &[Part]) -> Vec<Root> {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(&key(b)));
    sorted.dedup_by(|a, b| a.id == b.id);
    let mut sets = Sets::new(sorted.len());
    for (a, b) in candidates(&sorted) {
        if sorted[a].linked(sorted[b]) {
            sets.join(a, b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<&Part>> = BTreeMap::new();
    for (i, part) in sorted.iter().enumerate() {
        groups.entry(sets.find(i)).or_default().push(part);
    }
    groups.into_values().filter(|g| g.len() > 1).map(|g| root(&g)).collect()
}

fn key(p: &Part) -> (i64, &str) {
    (p.first_reported.map_or(i64::MAX, |m| bounds(m).0), &p.id)
}

/// Pairs that share an article or a family and so may be linked.
fn candidates(parts: &[&Part]) -> BTreeSet<(usize, usize)> {
    let mut by_article: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, part) in parts.iter().enumerate() {
        part.news.iter().chain(&part.recalled).for_each(|a| by_article.entry(a).or_default().push(i));
        by_key.entry(&part.service_key).or_default().push(i);
    }
    let mut out = BTreeSet::new();
    for of in by_article.values() {
        for (n, a) in of.iter().enumerate() {
            out.extend(of[n + 1..].iter().filter(|b| a != *b).map(|b| (*a.min(b), *a.max(b))));
        }
    }
    by_key.values_mut().for_each(|of| of.sort_by_key(|i| (parts[*i].window(), *i)));
    for (i, part) in parts.iter().enumerate() {
        for upper in &part.uppers {
            let Some(of) = by_key.get(upper.as_str()) else { continue };
            match part.window() {
                Some((first, last)) => {
                    // Windows of starts are two days and a little: none that begins earlier can reach.
                    let from = of.partition_point(|j| parts[*j].window().is_none_or(|w| w.0 < first - 4 * DAY));
                    let near = of[from..].iter().take_while(|j| parts[**j].window().is_some_and(|w| w.0 <= last));
                    out.extend(near.map(|j| (i.min(*j), i.max(*j))));
                }
                None => out.extend(of.iter().take_while(|j| parts[**j].window().is_none()).map(|j| (i.min(*j), i.max(*j)))),
            }
        }
    }
    out
}

fn root(parts: &[&Part]) -> Root {
    let above = |p: &Part| parts.iter().filter(|q| q.uppers.contains(&p.service_key)).count();
    let provides = |p: &&&Part| p.provider && p.cause != Some(Cause::ThirdParty);
    let head = match parts.iter().filter(|p| above(p) > 0).max_by_key(|p| (above(p), p.news.len(), std::cmp::Reverse(&p.id))) {
        // Of two carriers neither stands on the other.
        None => parts.iter().find(provides).filter(|_| parts.iter().filter(provides).count() == 1),
        company => company,
    };
    let mut causes: BTreeMap<Cause, usize> = BTreeMap::new();
    for cause in parts.iter().filter_map(|p| p.cause) {
        *causes.entry(cause).or_default() += 1;
    }
    let rank = |c: Cause| match c {
        Cause::Investigating => 0,
        Cause::ThirdParty => 1,
        _ => 2,
    };
    let articles: BTreeSet<&String> = parts.iter().flat_map(|p| p.news.iter().chain(&p.recalled)).collect();
    let end = || parts.iter().map(|p| p.end).collect::<Option<Vec<Moment>>>()?.into_iter().max_by_key(|m| bounds(*m).1);
    let all = |s: Status| parts.iter().all(|p| p.status == s);
    let any = |s: Status| parts.iter().any(|p| p.status == s);
    Root {
        id: short_hash(["root", &parts[0].id]),
        head: head.map(|p| p.id.clone()),
        parts: parts.iter().map(|p| p.id.clone()).collect(),
        cause: head
            .and_then(|h| h.cause)
            .filter(|c| rank(*c) == 2)
            .or_else(|| causes.into_iter().max_by_key(|(c, n)| (rank(*c), *n, std::cmp::Reverse(*c))).map(|(c, _)| c)),
        start: parts.iter().filter_map(|p| p.start).min_by_key(|m| bounds(*m)),
        end: end(),
        status: if any(Status::Ongoing) {
            Status::Ongoing
        } else if all(Status::Resolved) {
            Status::Resolved
        } else {
            Status::Unknown
        },
        articles: articles.len(),
    }
}

/// Where incidents are kept.
pub trait PartArchive {
    /// Why a look-up fails.
    type Error;
    /// An incident by its id.
    fn one(&self, id: &str) -> Result<Option<Part>, Self::Error>;
    /// All incidents with a member of any of these articles.
    fn of_articles(&self, articles: &BTreeSet<&str>) -> Result<Vec<Part>, Self::Error>;
    /// All incidents of the part's service or with it among their uppers, or of a service among its uppers, whose [`Part::window`] overlaps that of the
    /// part. Where it has none: those without one that have the same start; without a start, none.
    fn family(&self, part: &Part) -> Result<Vec<Part>, Self::Error>;
}

/// All incidents whose root may be another now that these have come, changed or gone (the former versions, too). The roots of what is returned replace
/// all former roots of these incidents.
pub fn root_neighbourhood<A: PartArchive>(archive: &A, changed: &[Part]) -> Result<Vec<Part>, A::Error> {
    let mut found: BTreeMap<String, Part> = BTreeMap::new();
    let mut queue: Vec<Part> = changed.to_vec();
    while let Some(part) = queue.pop() {
        let mut next = archive.family(&part)?;
        if part.start.is_some() {
            next.extend(archive.of_articles(&part.news.iter().chain(&part.recalled).map(String::as_str).collect())?);
        }
        // The part itself, if it is still there: without a start it has no family.
        next.extend(archive.one(&part.id)?);
        // What is only near is no link: the closure follows links alone, or one article with a list of years would draw in everything.
        for other in next {
            if (other.id == part.id || part.linked(&other)) && !found.contains_key(&other.id) {
                found.insert(other.id.clone(), other.clone());
                queue.push(other);
            }
        }
    }
    Ok(found.into_values().collect())
}
