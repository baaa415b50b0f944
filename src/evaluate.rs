//! Extracted records against a gold file: precision, recall and F1 of articles, events and whole records, and the share of right fields.
//!
//! - article: is there any outage in it, yes or no.
//! - event: service and day agree. A gold record marked `optional` neither helps nor hurts; fields named in its `loose` are not asked.
//! - strict: an event whose start, end and duration are right too (to the minute; a duration within 10 %).
//! - fields: of the matched events in which the gold or the extraction has that field, the share that is right. A value where the text gives
//!   none is wrong.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::record::{Cause, Outage, Role, Status};
use crate::temporal::Moment;

/// A line of a gold file: an article with the records that a careful reader made.
#[derive(Clone, Debug, Deserialize)]
pub struct GoldArticle {
    /// Its id in the file.
    pub id: String,
    /// The same for every article about one real event; empty where the file names none.
    #[serde(default)]
    pub event: String,
    /// Its URL, perhaps empty.
    #[serde(default)]
    pub url: String,
    /// Who published it.
    #[serde(default)]
    pub publisher: String,
    /// Korean time.
    pub published_at: Option<Moment>,
    /// The headline.
    pub title: String,
    /// The body.
    pub text: String,
    /// The records.
    pub outages: Vec<GoldOutage>,
    /// Why it has none.
    #[serde(default)]
    pub negative_kind: Option<String>,
}

/// A record of a gold file.
#[derive(Clone, Debug, Deserialize)]
pub struct GoldOutage {
    /// The service.
    pub service: String,
    /// Other names that would be as right.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Start.
    pub start: Option<Moment>,
    /// End.
    pub end: Option<Moment>,
    /// Minutes.
    pub duration_min: Option<i64>,
    /// Cause.
    pub cause: Option<Cause>,
    /// Status.
    pub status: Status,
    /// Role.
    pub role: Role,
    /// Right to have and right to lack.
    #[serde(default)]
    pub optional: bool,
    /// Fields that are not asked.
    #[serde(default)]
    pub loose: Vec<String>,
}

/// A gold file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GoldError {
    /// It cannot be read.
    #[error("line {line}: {source}")]
    Read {
        /// The line, from 1.
        line: usize,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no gold article.
    #[error("line {line}: {source}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// Reads a gold file, one article a line.
pub fn read_gold(reader: impl BufRead) -> Result<Vec<GoldArticle>, GoldError> {
    let mut out = Vec::new();
    for (n, line) in reader.lines().enumerate() {
        let line = line.map_err(|source| GoldError::Read { line: n + 1, source })?;
        if !line.trim().is_empty() {
            out.push(serde_json::from_str(&line).map_err(|source| GoldError::Line { line: n + 1, source })?);
        }
    }
    Ok(out)
}

/// Names that mean one service, beyond what a bare spelling shows.
#[derive(Clone, Debug, Default)]
pub struct Aliases(HashMap<String, String>);

impl Aliases {
    /// Groups of names; the first of each stands for all.
    pub fn new(groups: &[Vec<String>]) -> Aliases {
        let mut map = HashMap::new();
        for group in groups {
            if let Some(first) = group.first() {
                map.extend(group.iter().map(|name| (fold(name), fold(first))));
            }
        }
        Aliases(map)
    }

    /// The groups of a JSON file: a list of lists of names.
    pub fn from_json(text: &str) -> Result<Aliases, serde_json::Error> {
        Ok(Aliases::new(&serde_json::from_str::<Vec<Vec<String>>>(text)?))
    }

    fn canonical(&self, key: String) -> String {
        self.0.get(&key).cloned().unwrap_or(key)
    }

    /// What a name may stand for: itself, without or only what is in brackets, without its channel (앱, 홈페이지, MTS, …).
    fn forms(&self, name: &str) -> HashSet<String> {
        static BRACKETS: LazyLock<Regex> = LazyLock::new(|| literal(r"\((.*?)\)"));
        static CHANNEL: LazyLock<Regex> = LazyLock::new(|| {
            literal(
                r"(인터넷모바일뱅킹|모바일뱅킹|인터넷뱅킹|모바일앱|앱|홈페이지|누리집|웹사이트|사이트|mts|hts|전산시스템|전산망|시스템|서비스)$",
            )
        });
        let mut parts = vec![name.to_owned(), BRACKETS.replace_all(name, "").into_owned()];
        parts.extend(BRACKETS.captures_iter(name).map(|c| c[1].to_owned()));
        let mut out = HashSet::new();
        for part in parts {
            let key = fold(&part);
            if key.is_empty() {
                continue;
            }
            let key = self.canonical(key);
            let stem = CHANNEL.replace(&key, "").into_owned();
            let stem = if stem.is_empty() { key.clone() } else { stem };
            out.insert(self.canonical(stem));
            out.insert(key);
        }
        out
    }
}

fn literal(pattern: &str) -> Regex {
    // The patterns above are constants and the unit tests compile each of them.
    Regex::new(pattern).unwrap_or_else(|e| unreachable!("{e}"))
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !"()·-_'\"‘’“”".contains(*c)).collect::<String>().to_lowercase()
}

/// The fields that are judged.
pub const FIELDS: [&str; 6] = ["start", "end", "duration", "cause", "status", "role"];

/// For each of [`FIELDS`]: right, wrong, or not asked.
type Verdict = [Option<bool>; 6];

fn minutes(start: Option<Moment>, end: Option<Moment>, given: Option<i64>) -> Option<i64> {
    given.or_else(|| start?.minutes_until(end?))
}

fn judge(gold: &GoldOutage, got: &Outage) -> Verdict {
    let claims = |m: Option<Moment>| m.is_some_and(Moment::has_clock);
    let time = |want: Option<Moment>, got: Option<Moment>| match want {
        None => claims(got).then_some(false),
        Some(w) => Some(got.is_some_and(|g| printed(g) == printed(w))),
    };
    let length = match (minutes(gold.start, gold.end, gold.duration_min), minutes(got.start, got.end, got.duration_min.map(i64::from))) {
        (None, None) => None,
        (None, Some(_)) | (Some(_), None) => Some(false),
        (Some(want), Some(got)) => Some((got - want).abs() as f64 <= (0.1 * want as f64).max(1.0)),
    };
    let cause = if gold.cause.is_none() && got.cause.is_none() { None } else { Some(gold.cause == got.cause) };
    let status = if gold.role == Role::Main && gold.status != Status::Unknown { Some(got.status == gold.status) } else { None };
    let mut verdict = [time(gold.start, got.start), time(gold.end, got.end), length, cause, status, Some(gold.role == got.role)];
    for (i, field) in FIELDS.iter().enumerate() {
        if gold.loose.iter().any(|l| l == field) {
            verdict[i] = None;
        }
    }
    verdict
}

fn printed(m: Moment) -> String {
    m.to_string().chars().take(16).collect()
}

fn same_day(gold: &GoldOutage, got: &Outage) -> bool {
    let day = |m: Moment| m.to_string().chars().take(10).collect::<String>();
    match (gold.start.map(day), got.start.map(day)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => a.starts_with(&b) || b.starts_with(&a),
    }
}

fn same_service(aliases: &Aliases, gold: &GoldOutage, got: &Outage) -> bool {
    let forms = aliases.forms(&got.service);
    std::iter::once(&gold.service).chain(&gold.accept).any(|name| !aliases.forms(name).is_disjoint(&forms))
}

/// Pairs (gold, got), the best agreeing first, each used once.
fn pair(aliases: &Aliases, gold: &[GoldOutage], got: &[Outage]) -> Vec<(usize, usize, Verdict)> {
    let mut pairs = Vec::new();
    for (i, g) in gold.iter().enumerate() {
        for (j, p) in got.iter().enumerate() {
            if same_service(aliases, g, p) && same_day(g, p) {
                let verdict = judge(g, p);
                let score: i32 = verdict.iter().map(|v| v.map_or(0, |right| if right { 1 } else { -1 })).sum();
                pairs.push((score, i, j, verdict));
            }
        }
    }
    pairs.sort_by_key(|(score, i, j, _)| (-score, *i, *j));
    let (mut used_gold, mut used_got) = (HashSet::new(), HashSet::new());
    let mut out = Vec::new();
    for (_, i, j, verdict) in pairs {
        if !used_gold.contains(&i) && !used_got.contains(&j) {
            used_gold.insert(i);
            used_got.insert(j);
            out.push((i, j, verdict));
        }
    }
    out
}

/// Right, wrong and missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Found and right.
    pub right: usize,
    /// Found and wrong.
    pub wrong: usize,
    /// Not found.
    pub missed: usize,
}

impl Counts {
    /// Of what was found, the share that is right.
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Of what is to find, the share that was found.
    pub fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The figures of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// Articles compared.
    pub articles: usize,
    /// Outage or none.
    pub article: Counts,
    /// Service and day.
    pub event: Counts,
    /// Start, end and duration too.
    pub strict: Counts,
    /// For each of [`FIELDS`]: how often right, how often asked.
    pub fields: [(usize, usize); 6],
    /// What went wrong, an article's together.
    pub notes: Vec<Note>,
    /// Confidence of each extracted record, and whether it matched.
    pub confidences: Vec<(f64, bool)>,
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The article.
    pub article: String,
    /// What is wrong.
    pub text: String,
}

impl Evaluation {
    /// Takes one article in.
    pub fn add(&mut self, aliases: &Aliases, gold: &GoldArticle, got: &[Outage]) {
        self.articles += 1;
        match (gold.outages.is_empty(), got.is_empty()) {
            (false, false) => self.article.right += 1,
            (false, true) => self.article.missed += 1,
            (true, false) => self.article.wrong += 1,
            (true, true) => {}
        }
        let pairs = pair(aliases, &gold.outages, got);
        let mut note = |text: String| self.notes.push(Note { article: gold.id.clone(), text });
        for (i, j, verdict) in &pairs {
            let (want, have) = (&gold.outages[*i], &got[*j]);
            self.confidences.push((have.confidence, true));
            if want.optional {
                continue;
            }
            self.event.right += 1;
            if verdict[..3].iter().all(|v| *v != Some(false)) {
                self.strict.right += 1;
            } else {
                self.strict.wrong += 1;
                self.strict.missed += 1;
            }
            let mut wrong = Vec::new();
            for (k, v) in verdict.iter().enumerate() {
                let Some(right) = v else { continue };
                self.fields[k].1 += 1;
                if *right {
                    self.fields[k].0 += 1;
                } else {
                    wrong.push(format!("{} {} ≠ {}", FIELDS[k], gold_field(want, k), got_field(have, k)));
                }
            }
            if !wrong.is_empty() {
                note(format!("{}: {}", want.service, wrong.join("; ")));
            }
        }
        for (i, want) in gold.outages.iter().enumerate() {
            if !want.optional && !pairs.iter().any(|p| p.0 == i) {
                self.event.missed += 1;
                self.strict.missed += 1;
                note(format!("missed: {} {} ({})", want.service, show(want.start), want.role));
            }
        }
        for (j, have) in got.iter().enumerate() {
            if !pairs.iter().any(|p| p.1 == j) {
                self.event.wrong += 1;
                self.strict.wrong += 1;
                self.confidences.push((have.confidence, false));
                note(format!("false alarm: {} {} ({})", have.service, show(have.start), have.role));
            }
        }
    }
}

fn show<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "—".to_owned(), |v| v.to_string())
}

fn gold_field(o: &GoldOutage, field: usize) -> String {
    match field {
        0 => show(o.start),
        1 => show(o.end),
        2 => show(minutes(o.start, o.end, o.duration_min)),
        3 => show(o.cause),
        4 => o.status.to_string(),
        _ => o.role.to_string(),
    }
}

fn got_field(o: &Outage, field: usize) -> String {
    match field {
        0 => show(o.start),
        1 => show(o.end),
        2 => show(minutes(o.start, o.end, o.duration_min.map(i64::from))),
        3 => show(o.cause),
        4 => o.status.to_string(),
        _ => o.role.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(service: &str, start: &str, end: Option<&str>) -> Outage {
        Outage {
            service: service.into(),
            service_id: None,
            operator: None,
            category: None,
            start: Some(start.parse().unwrap()),
            end: end.map(|e| e.parse().unwrap()),
            duration_min: None,
            cause: None,
            status: Status::Resolved,
            role: Role::Main,
            keywords: Vec::new(),
            confidence: 0.5,
            evidence: Vec::new(),
        }
    }

    fn gold(outages: serde_json::Value) -> GoldArticle {
        serde_json::from_value(serde_json::json!({"id": "a", "published_at": "2023-05-17", "title": "", "text": "", "outages": outages}))
            .unwrap()
    }

    fn one(service: &str, start: &str, end: Option<&str>) -> serde_json::Value {
        serde_json::json!({"service": service, "start": start, "end": end, "duration_min": null, "cause": null, "status": "resolved", "role": "main"})
    }

    #[test]
    fn names_without_their_channel_are_the_same() {
        let aliases = Aliases::new(&[vec!["X".into(), "트위터".into()]]);
        for (a, b) in [("코레일톡 앱", "코레일톡"), ("우리원(WON)뱅킹", "우리원뱅킹"), ("트위터", "X"), ("키움증권 MTS", "키움증권")]
        {
            assert!(!aliases.forms(a).is_disjoint(&aliases.forms(b)), "{a} {b}");
        }
        assert!(aliases.forms("카카오톡").is_disjoint(&aliases.forms("카카오페이")));
    }

    #[test]
    fn counts_what_is_right_wrong_and_missed() {
        let mut e = Evaluation::default();
        let article = gold(serde_json::json!([
            one("카카오톡", "2023-05-08T13:35", Some("2023-05-08T13:55")),
            one("카카오페이", "2023-05-15T12:10", None)
        ]));
        e.add(
            &Aliases::default(),
            &article,
            &[outage("카카오톡", "2023-05-08T13:35", Some("2023-05-08T13:55")), outage("네이버", "2023-05-15", None)],
        );
        assert_eq!(e.article, Counts { right: 1, wrong: 0, missed: 0 });
        assert_eq!(e.event, Counts { right: 1, wrong: 1, missed: 1 });
        assert_eq!(e.strict, Counts { right: 1, wrong: 1, missed: 1 });
        assert_eq!(e.notes.len(), 2);
    }

    #[test]
    fn a_minute_where_the_text_gives_a_day_is_wrong() {
        let mut e = Evaluation::default();
        e.add(
            &Aliases::default(),
            &gold(serde_json::json!([one("카카오톡", "2023-05-08", None)])),
            &[outage("카카오톡", "2023-05-08T13:35", None)],
        );
        assert_eq!(e.event.right, 1);
        assert_eq!(e.strict.right, 0);
        assert_eq!(e.fields[0], (0, 1));
    }

    #[test]
    fn optional_records_neither_help_nor_hurt() {
        let mut record = one("카카오톡", "2023-05-08", None);
        record["optional"] = true.into();
        for got in [vec![], vec![outage("카카오톡", "2023-05-08", None)]] {
            let mut e = Evaluation::default();
            e.add(&Aliases::default(), &gold(serde_json::json!([record])), &got);
            assert_eq!(e.event, Counts::default());
        }
    }
}
