//! One record of one article, with what merging needs to know of the article and of the service's family.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::short_hash;
use crate::extract::gazetteer::Gazetteer;
use crate::korean::sentences;
use crate::record::{Cause, Field, Outage, Place, Role, Status};
use crate::temporal::{Moment, Precision};

/// The article behind a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The article's id, which is derived from its canonical URL.
    pub article: String,
    /// Who published it.
    pub publisher: Option<String>,
    /// When, in Korean time.
    pub published_at: Option<Moment>,
    /// The same for all articles that print one wire text.
    pub group: Option<String>,
}

/// One record of one article.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The record's id, unique.
    pub id: String,
    /// The article.
    pub source: Source,
    /// How many records of the article on this service begin earlier. Where a record comes or goes, those after it change, too.
    pub ordinal: usize,
    /// What the service is recognised by: `id:` and the dictionary's id, else `name:` and the name without spaces, marks and case.
    pub service_key: String,
    /// The company-level services above it, by their keys, the nearest first.
    pub uppers: Vec<String>,
    /// The service's name.
    pub service: String,
    /// The dictionary's id.
    pub service_id: Option<String>,
    /// Who runs it.
    pub operator: Option<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// When it began.
    pub start: Option<Moment>,
    /// When it was over.
    pub end: Option<Moment>,
    /// How long it lasted.
    pub duration_min: Option<u32>,
    /// Why.
    pub cause: Option<Cause>,
    /// How it stood when the article was written.
    pub status: Status,
    /// The article's news, or background.
    pub role: Role,
    /// How likely the record is right.
    pub confidence: f64,
    /// Whether others' services stand on this one (a cloud, a carrier, a data centre), as the dictionary says.
    pub provider: bool,
    /// Whether the times rest on a sentence that quotes the operator.
    pub official: bool,
    /// Known by its month or year, in which so much happened that it can mean no one outage. Merging finds it out; a report comes with `false`, but for those
    /// of a [`neighbourhood`](super::neighbourhood), which knows what it left out.
    pub crowded: bool,
    /// Known by its month or year, and not to be taken for an outage that an upper's name tells to the day: for it has outages of its own there that are known to
    /// the day, or an upper's family has too many. Found out as `crowded` is.
    pub detached: bool,
}

/// Whose statement a report is: all copies of a wire text speak with one voice, and so does all that one publisher writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Voice<'a> {
    Group(&'a str),
    Publisher(&'a str),
    Article(&'a str),
}

impl Report {
    /// What an incident is called whose anchor this is. It stays when the article is extracted again and the times come out otherwise.
    pub fn incident_id(&self) -> String {
        short_hash(["incident", &self.source.article, &self.service_key, &self.ordinal.to_string()])
    }

    pub(super) fn voice(&self) -> Voice<'_> {
        let given = |s: &'_ Option<String>| s.as_deref().is_some_and(|s| !s.is_empty());
        match (&self.source.group, &self.source.publisher) {
            (Some(group), _) if given(&self.source.group) => Voice::Group(group),
            (_, Some(publisher)) if given(&self.source.publisher) => Voice::Publisher(publisher),
            _ => Voice::Article(&self.source.article),
        }
    }

    /// The first and last second in which it may have been published.
    pub(super) fn published(&self) -> Option<(i64, i64)> {
        self.source.published_at.map(bounds)
    }

    /// First publication, article, service, ordinal; then all that tells two records apart, so that no order of arrival is left to show.
    pub(super) fn cmp_canonical(&self, other: &Report) -> Ordering {
        fn head(r: &Report) -> (i64, &str, &str, usize, &str) {
            (r.published().map_or(i64::MAX, |p| p.0), &r.source.article, &r.service_key, r.ordinal, &r.id)
        }
        fn rest(r: &Report) -> impl Ord + '_ {
            (
                (&r.service, &r.service_id, &r.operator, &r.uppers, &r.category),
                (r.start.map(|m| m.to_string()), r.end.map(|m| m.to_string()), r.duration_min, r.cause, r.status, r.role),
                (r.provider, r.official),
                (&r.source.publisher, &r.source.group, r.source.published_at.map(|m| m.to_string())),
                r.confidence.to_bits(),
            )
        }
        head(self).cmp(&head(other)).then_with(|| rest(self).cmp(&rest(other)))
    }

    /// The part of time in which it can touch other reports, as Unix seconds; none where it says nothing of time.
    pub fn window(&self) -> Option<(i64, i64)> {
        When::of(self).window()
    }

    /// The month or the year, where it is known by that alone.
    pub fn period(&self) -> Option<(i64, i64)> {
        match When::of(self) {
            When::Coarse { first, last, .. } | When::Crowded { first, last } => Some((first, last)),
            _ => None,
        }
    }
}

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// An outage longer than this is a misreading: its end is left out of account when spans are compared.
const LONGEST: i64 = 60 * DAY;
/// News without a time speaks of an outage of the days before it, at most so many.
pub(super) const NEWS: i64 = 7 * DAY;
/// The margin of a window: two of them hold any tolerance within which two times are taken for one.
const MARGIN: i64 = 2 * HOUR;

/// The first and last second that a moment may mean, within a range in which sums cannot overflow: a misread year 9999 is no reason to panic.
pub(super) fn bounds(m: Moment) -> (i64, i64) {
    const FAR: i64 = 1 << 48;
    let (first, last) = m.unix_bounds();
    (first.clamp(-FAR, FAR), last.clamp(-FAR, FAR))
}

/// When a report says that its outage was, as far as merging uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// A start to the minute; the end if the report gives one; the last second that the outage is known to have lasted.
    Minute { start: i64, end: Option<i64>, until: i64 },
    /// A day on which it began, or only an end: the first and last second that it covers. `end` only where it has a clock time.
    Day { first: i64, last: i64, end: Option<i64>, until: i64, starts: bool },
    /// A month or a year.
    Coarse { first: i64, last: i64, precision: Precision },
    /// A month or a year in which too much happened ([`Report::crowded`]).
    Crowded { first: i64, last: i64 },
    /// News that gives no time.
    News { first: i64, last: i64 },
    /// Nothing to go by.
    Never,
}

impl When {
    pub(super) fn of(r: &Report) -> When {
        let clock = |m: Moment| m.has_clock().then(|| bounds(m).0);
        let lasts = |start: (i64, i64)| {
            let sane = |t: i64| t >= start.0 && t - start.0 <= LONGEST;
            let end = r.end.filter(|e| e.precision() >= Precision::Day).map(|e| bounds(e).1).filter(|t| sane(*t));
            let length = r.duration_min.map(|d| start.0.saturating_add(i64::from(d) * MINUTE)).filter(|t| sane(*t));
            let news = (r.status == Status::Ongoing && r.role == Role::Main).then(|| r.published().map(|p| p.0)).flatten();
            end.or(length).or(news.filter(|t| sane(*t))).unwrap_or(start.1).max(start.1)
        };
        match (r.start, r.end) {
            (Some(s), _) if s.precision() >= Precision::Minute => {
                let start = bounds(s);
                let start = (start.0 - start.0.rem_euclid(MINUTE), start.1);
                let end = r.end.and_then(clock).filter(|e| *e >= start.0 && e - start.0 <= LONGEST);
                let length = r.duration_min.map(|d| start.0 + i64::from(d) * MINUTE).filter(|e| e - start.0 <= LONGEST);
                When::Minute { start: start.0, end: end.or(length), until: lasts(start) }
            }
            (Some(s), _) if s.precision() == Precision::Day => {
                let (first, last) = bounds(s);
                let end = r.end.and_then(clock).filter(|e| *e >= first && e - first <= LONGEST);
                When::Day { first, last, end, until: lasts((first, last)), starts: true }
            }
            (None, Some(e)) if e.precision() >= Precision::Day => {
                let (first, last) = bounds(Moment::day(e.date()));
                When::Day { first, last, end: clock(e), until: last, starts: false }
            }
            (Some(m), _) | (None, Some(m)) => {
                let (first, last) = bounds(m);
                if r.crowded { When::Crowded { first, last } } else { When::Coarse { first, last, precision: m.precision() } }
            }
            (None, None) => match r.published() {
                Some((first, last)) if r.role == Role::Main => When::News { first, last },
                _ => When::Never,
            },
        }
    }

    fn window(self) -> Option<(i64, i64)> {
        let (first, last, margin) = match self {
            When::Minute { start, until, .. } => (start, until, MARGIN),
            When::Day { first, until, .. } => (first, until, MARGIN),
            // What it can mean lies within it; a margin would tie each year to the next.
            When::Coarse { first, last, .. } => (first, last, 0),
            When::News { first, last } => (first - NEWS, last, DAY),
            When::Crowded { .. } | When::Never => return None,
        };
        Some((first - margin, last + margin))
    }
}

/// A name without spaces, marks and case.
fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a dictionary knows of who is above whom, and on whom others stand.
///
/// A store keeps it beside the keys that it gave, to see when other dictionaries ask for others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Families {
    uppers: BTreeMap<String, Vec<String>>,
    companies: BTreeMap<String, String>,
    providers: BTreeSet<String>,
}

impl Families {
    /// Reads it out of the dictionary.
    pub fn new(gazetteer: &Gazetteer) -> Families {
        let services = gazetteer.services();
        let mut families = Families::default();
        for service in services {
            let mut uppers = Vec::new();
            let mut at = service.parent;
            // A circle of parents would never end.
            while let Some(upper) = at.map(|i| &services[i]).filter(|u| u.id != service.id) {
                let key = format!("id:{}", upper.id);
                if uppers.contains(&key) {
                    break;
                }
                uppers.push(key);
                at = upper.parent;
            }
            families.uppers.insert(service.id.clone(), uppers);
            if service.provider {
                families.providers.insert(service.id.clone());
            }
            if service.company {
                for name in std::iter::once(&service.name).chain(&service.operator) {
                    families.companies.entry(fold(name)).or_insert_with(|| service.id.clone());
                }
            }
        }
        families
    }

    /// What a service is recognised by.
    pub fn key(&self, service: &str, service_id: Option<&str>) -> String {
        match service_id {
            Some(id) => format!("id:{id}"),
            None => format!("name:{}", fold(service)),
        }
    }

    /// Whether others' services stand on this one.
    pub fn is_provider(&self, service_id: Option<&str>) -> bool {
        service_id.is_some_and(|id| self.providers.contains(id))
    }

    /// The company-level services above a service, the nearest first: the parents that the dictionary gives it, then the company that runs it.
    pub fn uppers(&self, service: &str, service_id: Option<&str>, operator: Option<&str>) -> Vec<String> {
        let own = self.key(service, service_id);
        let mut uppers = service_id.and_then(|id| self.uppers.get(id)).cloned().unwrap_or_default();
        if let Some(operator) = operator.map(fold).filter(|o| !o.is_empty() && *o != fold(service)) {
            uppers.push(self.companies.get(&operator).map_or_else(|| format!("name:{operator}"), |id| format!("id:{id}")));
        }
        let mut seen = Vec::new();
        uppers.retain(|u| {
            *u != own && !seen.contains(u) && {
                seen.push(u.clone());
                true
            }
        });
        uppers
    }
}

/// The reports of an article: its records, each with the id that is given beside it. `text` is the article's, to see which times rest on a
/// statement of the operator; without it none does.
pub fn reports(source: &Source, records: &[(String, Outage)], text: Option<&str>, families: &Families) -> Vec<Report> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by(|a, b| {
        let key = |i: usize| (records[i].1.start.map_or((i64::MAX, i64::MAX), bounds), &records[i].0);
        key(*a).cmp(&key(*b))
    });
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut ordinals = vec![0; records.len()];
    let keys: Vec<String> = records.iter().map(|(_, o)| families.key(&o.service, o.service_id.as_deref())).collect();
    for i in order {
        let count = counts.entry(keys[i].clone()).or_default();
        ordinals[i] = *count;
        *count += 1;
    }
    let mut out = Vec::with_capacity(records.len());
    for (((id, o), service_key), ordinal) in records.iter().zip(keys).zip(ordinals) {
        out.push(Report {
            id: id.clone(),
            source: source.clone(),
            ordinal,
            uppers: families.uppers(&o.service, o.service_id.as_deref(), o.operator.as_deref()),
            service_key,
            service: o.service.clone(),
            service_id: o.service_id.clone(),
            operator: o.operator.clone(),
            category: o.category.clone(),
            start: o.start,
            end: o.end,
            duration_min: o.duration_min,
            cause: o.cause,
            status: o.status,
            role: o.role,
            confidence: o.confidence,
            provider: families.is_provider(o.service_id.as_deref()),
            official: text.is_some_and(|text| official(o, text)),
            crowded: false,
            detached: false,
        });
    }
    out
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Official {
    speakers: Vec<String>,
    statements: Vec<String>,
}

static OFFICIAL: LazyLock<Official> = LazyLock::new(|| {
    // The file is part of the program, and a unit test reads it.
    toml::from_str(include_str!("../../dictionaries/official.toml")).unwrap_or_else(|e| unreachable!("dictionaries/official.toml: {e}"))
});

/// Whether a time of the record stands in a sentence in which the operator speaks.
fn official(outage: &Outage, text: &str) -> bool {
    let times = outage.evidence.iter().filter(|e| e.place == Place::Text && matches!(e.field, Field::Start | Field::End | Field::Duration));
    let mut times = times.map(|e| e.from).peekable();
    if times.peek().is_none() {
        return false;
    }
    let starts: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    let sentences = sentences(text);
    times.any(|from| {
        let Some(at) = starts.get(from) else { return false };
        let Some(range) = sentences.iter().find(|s| s.contains(at)) else { return false };
        let sentence = &text[range.clone()];
        let names = std::iter::once(outage.service.as_str()).chain(outage.operator.as_deref()).filter(|n| !n.is_empty());
        let mut speakers = names.chain(OFFICIAL.speakers.iter().map(String::as_str));
        OFFICIAL.statements.iter().any(|w| sentence.contains(w.as_str())) && speakers.any(|w| sentence.contains(w))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Evidence;

    fn outage(quote: &str, text: &str) -> Outage {
        let from = text[..text.find(quote).unwrap()].chars().count();
        Outage {
            service: "카카오톡".into(),
            service_id: Some("kakaotalk".into()),
            operator: Some("카카오".into()),
            category: None,
            start: Some("2023-05-08T13:35".parse().unwrap()),
            end: None,
            duration_min: None,
            cause: None,
            status: Status::Unknown,
            role: Role::Main,
            keywords: Vec::new(),
            confidence: 0.9,
            evidence: vec![Evidence {
                field: Field::Start,
                place: Place::Text,
                quote: quote.into(),
                from,
                to: from + quote.chars().count(),
            }],
        }
    }

    #[test]
    fn a_time_in_the_operators_own_words_is_official() {
        let text = "8일 오후 2시쯤 누리꾼들이 불편을 호소했다. 카카오는 \"오후 1시 35분부터 전송이 늦어졌다\"고 밝혔다.";
        assert!(official(&outage("오후 1시 35분", text), text));
        assert!(!official(&outage("오후 2시", text), text));
        assert!(!official(&outage("오후 2시", text), ""));
    }

    #[test]
    fn a_family_is_parents_and_the_company_that_runs_it() {
        let mut families = Families::default();
        families.uppers.insert("kakaotalk".into(), vec!["id:kakao".into()]);
        families.companies.insert("카카오".into(), "kakao".into());
        assert_eq!(families.uppers("카카오톡", Some("kakaotalk"), Some("카카오")), ["id:kakao"]);
        assert_eq!(families.uppers("카카오 알림판", None, Some("카카오")), ["id:kakao"]);
        assert_eq!(families.uppers("새벽앱", None, Some("새벽 회사")), ["name:새벽회사"]);
        assert!(families.uppers("카카오", Some("kakao"), Some("카카오")).is_empty());
        assert_eq!(families.key("새벽 앱(App)", None), "name:새벽앱app");
    }
}
