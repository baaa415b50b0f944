//! Questions about incidents: lists with every filter, and one incident with all that was reported of it.
//!
//! A list is read along an index in the order that was asked for, as far as it is shown; a test holds every documented question to it.

use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::Serialize;

use super::incidents::{incident_of, pairs};
use super::{Inner, outages, parse, parse_list, parse_option};
use crate::incident::Edit;
use crate::record::{Cause, Evidence, Role, Status};
use crate::temporal::Moment;

/// Which incidents are wanted; the default is all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentQuery {
    /// Services, any of which will do, by [`Report::service_key`](crate::incident::Report::service_key) or by the chosen name; empty for all.
    pub services: Vec<String>,
    /// Names of operators, any of which will do; empty for all.
    pub operators: Vec<String>,
    /// Companies by the key of their service, any of which will do: their own incidents and those of all under them; empty for all.
    pub groups: Vec<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// Why.
    pub cause: Option<Cause>,
    /// How it stands.
    pub status: Option<Status>,
    /// Main: only what an article had as its news. Background: only what was never more than recalled.
    pub role: Option<Role>,
    /// Only what may have lasted into this time or begun after it.
    pub since: Option<Moment>,
    /// Only what may have begun by the end of this time.
    pub until: Option<Moment>,
    /// Only what is known to have lasted so many minutes.
    pub min_duration: Option<u32>,
    /// Only what a record tells of in which each of these pieces of text stands: in the headline, the names, the words of failure.
    pub text: Vec<String>,
    /// The order.
    pub sort: IncidentSort,
    /// At most so many.
    pub limit: Option<u64>,
}

/// The order of a list of incidents. What is not known comes last, what is equal in the order of the ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncidentSort {
    /// The latest start first.
    #[default]
    Start,
    /// The earliest start first.
    Oldest,
    /// The longest first.
    Duration,
    /// The latest end first.
    End,
    /// The most reported first.
    Articles,
    /// By the service's name.
    Service,
    /// The latest first report first.
    Published,
}

/// An incident in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentRow {
    /// Its id.
    pub id: String,
    /// The service by its usual name.
    pub service: String,
    /// The dictionary's id of it.
    pub service_id: Option<String>,
    /// Who runs it.
    pub operator: Option<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// When it began.
    pub start: Option<Moment>,
    /// When it was over.
    pub end: Option<Moment>,
    /// How long it lasted, in whole minutes.
    pub duration_min: Option<u32>,
    /// Why.
    pub cause: Option<Cause>,
    /// The latest that is known of how it stands.
    pub status: Status,
    /// Main: an article has it as its news. Background: it is only recalled.
    pub role: Role,
    /// How likely there was this outage.
    pub confidence: f64,
    /// How many articles tell of it.
    pub articles: u32,
    /// How many publishers do, copies of one wire text counted once.
    pub publishers: u32,
    /// When the first article came out.
    pub first_reported: Option<Moment>,
    /// When the last did that has it as its news.
    pub last_reported: Option<Moment>,
    /// The outages of several services with one cause that it is part of.
    pub root: Option<String>,
    /// The headline of its first article.
    pub title: String,
    /// Where that stands.
    pub url: Option<String>,
}

/// A record of an incident, with its article and what it says for and against the chosen values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentRecord {
    /// The record's id.
    pub id: String,
    /// The service as it names it.
    pub service: String,
    /// The start that it gives.
    pub start: Option<Moment>,
    /// The end.
    pub end: Option<Moment>,
    /// Minutes.
    pub duration_min: Option<u32>,
    /// Why.
    pub cause: Option<Cause>,
    /// How it stood.
    pub status: Status,
    /// The article's news, or background.
    pub role: Role,
    /// How likely the record is right.
    pub confidence: f64,
    /// The fields whose chosen value it gives too.
    pub supports: Vec<String>,
    /// The fields of which it gives another value.
    pub disputes: Vec<String>,
    /// Whether its times stand in the operator's own words.
    pub official: bool,
    /// The article.
    pub article: String,
    /// Its headline.
    pub title: String,
    /// Where it stands.
    pub url: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// When.
    pub published_at: Option<Moment>,
    /// What the record rests on.
    pub evidence: Vec<Evidence>,
    /// The article's text, for the surroundings of the evidence.
    #[serde(skip)]
    pub text: String,
}

/// Outages of several services with one cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootDetail {
    /// Its id.
    pub id: String,
    /// The part that the others stand on.
    pub head: Option<String>,
    /// The cause of all.
    pub cause: Option<Cause>,
    /// The earliest start.
    pub start: Option<Moment>,
    /// The latest end, once all are over.
    pub end: Option<Moment>,
    /// Ongoing while any part is.
    pub status: Status,
    /// How many articles tell of any part.
    pub articles: u32,
    /// The incidents, the first reported first.
    pub parts: Vec<IncidentRow>,
}

/// One incident with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentDetail {
    /// The chosen values.
    #[serde(flatten)]
    pub row: IncidentRow,
    /// The fields that a person gave.
    pub edited: Vec<String>,
    /// The fields that were computed from others.
    pub derived: Vec<String>,
    /// Its records, the first published first.
    pub records: Vec<IncidentRecord>,
    /// What it is part of.
    pub of_root: Option<RootDetail>,
    /// The corrections that name a record of it.
    pub edits: Vec<(i64, Edit)>,
}

const ROW: &str =
    "i.id, i.service, i.service_id, i.operator, i.category, i.start, i.\"end\", i.duration_min, i.cause, i.status, i.background,
    i.confidence, i.articles, i.publishers, i.first_reported, i.last_reported, i.root_id";

/// How many records with a text are looked up one by one, for their incidents to be sorted. With more it is quicker to go through the incidents in order and to
/// ask each for the text, until there are enough; how soon that is depends on the share of the records that have it. The two cost about the same where
/// the square of the number is some hundred times that of all records.
fn looked_up(all: i64) -> i64 {
    (all.max(0) * 300).isqrt().max(2000)
}

pub(super) fn list(db: &Connection, query: &IncidentQuery) -> Inner<Vec<IncidentRow>> {
    let (sql, values) = sql(db, query)?;
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(db, row)?);
    }
    Ok(found)
}

/// Hands over one incident after the other until `each` has had enough; with `articles` the headline and the address of the first article
/// and the addresses of all.
pub(super) fn walk(
    db: &Connection,
    query: &IncidentQuery,
    articles: bool,
    each: &mut dyn FnMut(IncidentRow, Vec<String>) -> bool,
) -> Inner<()> {
    let (sql, values) = sql(db, query)?;
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let incident = if articles { from_row(db, row)? } else { fields(row)? };
        let urls = if articles { urls(db, &incident.id)? } else { Vec::new() };
        if !each(incident, urls) {
            break;
        }
    }
    Ok(())
}

/// Where the articles of an incident stand, the first published first.
fn urls(db: &Connection, id: &str) -> Inner<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT a.url FROM incident_outages m JOIN articles a ON a.id = m.article_id WHERE m.incident_id = ?1 AND a.url IS NOT NULL
         GROUP BY a.id ORDER BY min(m.position)",
    )?;
    Ok(statement.query_map([id], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// How SQLite goes about a question, a line a step.
pub(super) fn plan(db: &Connection, query: &IncidentQuery) -> Inner<Vec<String>> {
    let (sql, values) = sql(db, query)?;
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let lines = statement.query_map(params_from_iter(values), |r| r.get(3))?.collect::<Result<_, _>>()?;
    Ok(lines)
}

fn sql(db: &Connection, query: &IncidentQuery) -> Inner<(String, Vec<Value>)> {
    let mut conditions: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut marks = |given: &[String]| {
        let from = values.len();
        values.extend(given.iter().map(|v| Value::from(v.clone())));
        (from..values.len()).map(|n| format!("?{}", n + 1)).collect::<Vec<_>>().join(", ")
    };
    if !query.services.is_empty() {
        let marks = marks(&query.services);
        conditions.push(format!("(i.service_key IN ({marks}) OR i.service IN ({marks}))"));
    }
    if !query.groups.is_empty() {
        let marks = marks(&query.groups);
        conditions.push(format!(
            "i.id IN (SELECT id FROM incidents WHERE service_key IN ({marks}) UNION ALL SELECT incident_id FROM incident_uppers WHERE upper IN ({marks}))"
        ));
    }
    if !query.operators.is_empty() {
        conditions.push(format!("i.operator IN ({})", marks(&query.operators)));
    }
    for (column, wanted) in [
        ("i.category", query.category.as_deref()),
        ("i.cause", query.cause.map(Cause::as_str)),
        ("i.status", query.status.map(Status::as_str)),
    ] {
        if let Some(wanted) = wanted {
            conditions.push(format!("{column} = {}", marks(&[wanted.to_owned()])));
        }
    }
    if let Some(role) = query.role {
        conditions.push(format!("i.background = {}", i32::from(role == Role::Background)));
    }
    for text in &query.text {
        let Some(phrase) = phrase(text) else { continue };
        let all: i64 = db.prepare_cached("SELECT coalesce(max(number), 0) FROM incident_outages")?.query_row([], |r| r.get(0))?;
        let most = looked_up(all);
        let rare = db
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM incident_text WHERE incident_text MATCH ?1 LIMIT ?2)")?
            .query_row((&phrase, most + 1), |r| r.get::<_, i64>(0))?
            <= most;
        let mark = marks(&[phrase]);
        conditions.push(match rare {
            true => format!(
                "i.id IN (SELECT m.incident_id FROM incident_text t CROSS JOIN incident_outages m
                    WHERE t.incident_text MATCH {mark} AND m.number = t.rowid)"
            ),
            false => format!(
                "EXISTS (SELECT 1 FROM incident_outages m CROSS JOIN incident_text t
                    WHERE m.incident_id = i.id AND t.rowid = m.number AND t.incident_text MATCH {mark})"
            ),
        });
    }
    let mut number = |value: i64| {
        values.push(value.into());
        values.len()
    };
    if let Some(since) = query.since {
        conditions.push(format!("i.last_at >= ?{}", number(since.unix_bounds().0)));
    }
    if let Some(until) = query.until {
        conditions.push(format!("i.first_at <= ?{}", number(until.unix_bounds().1)));
    }
    if let Some(least) = query.min_duration {
        conditions.push(format!("i.duration_min >= ?{}", number(least.into())));
    }
    let mut sql = format!("SELECT {ROW} FROM incidents i");
    for (n, condition) in conditions.iter().enumerate() {
        let _ = write!(sql, " {} {condition}", if n == 0 { "WHERE" } else { "AND" });
    }
    sql.push_str(match query.sort {
        IncidentSort::Start => " ORDER BY i.first_at DESC, i.last_at DESC, i.id DESC",
        IncidentSort::Oldest => " ORDER BY i.first_at NULLS LAST, i.last_at, i.id",
        IncidentSort::Duration => " ORDER BY i.duration_min DESC, i.id DESC",
        IncidentSort::End => " ORDER BY i.end_first DESC, i.id DESC",
        IncidentSort::Articles => " ORDER BY i.articles DESC, i.id DESC",
        IncidentSort::Service => " ORDER BY i.service, i.first_at, i.id",
        IncidentSort::Published => " ORDER BY i.first_reported_at DESC, i.id DESC",
    });
    if let Some(limit) = query.limit {
        let _ = write!(sql, " LIMIT ?{}", number(i64::try_from(limit).unwrap_or(i64::MAX)));
    }
    Ok((sql, values))
}

/// A piece of text as a phrase of pairs; none where no letter is in it.
fn phrase(text: &str) -> Option<String> {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    match letters {
        0 => None,
        1 => Some(format!("\"{}\" *", pairs(text))),
        // What ends in the text need not end where it is found.
        _ => Some(format!("\"{}\"", pairs(text).rsplit_once(' ').map_or(String::new(), |(before, _)| before.to_owned()))),
    }
}

fn from_row(db: &Connection, row: &Row<'_>) -> Inner<IncidentRow> {
    let incident = fields(row)?;
    let first: Option<(String, Option<String>)> = db
        .prepare_cached(
            "SELECT a.title, a.url FROM incident_outages m JOIN articles a ON a.id = m.article_id WHERE m.incident_id = ?1 AND m.position = 0",
        )?
        .query_row([&incident.id], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let (title, url) = first.unwrap_or_default();
    Ok(IncidentRow { title, url, ..incident })
}

/// All but the first article.
fn fields(row: &Row<'_>) -> Inner<IncidentRow> {
    Ok(IncidentRow {
        id: row.get(0)?,
        service: row.get(1)?,
        service_id: row.get(2)?,
        operator: row.get(3)?,
        category: row.get(4)?,
        start: parse_option("incidents.start", row.get(5)?)?,
        end: parse_option("incidents.end", row.get(6)?)?,
        duration_min: row.get(7)?,
        cause: parse_option("incidents.cause", row.get(8)?)?,
        status: parse("incidents.status", row.get(9)?)?,
        role: if row.get(10)? { Role::Background } else { Role::Main },
        confidence: row.get(11)?,
        articles: row.get(12)?,
        publishers: row.get(13)?,
        first_reported: parse_option("incidents.first_reported", row.get(14)?)?,
        last_reported: parse_option("incidents.last_reported", row.get(15)?)?,
        root: row.get(16)?,
        title: String::new(),
        url: None,
    })
}

pub(super) fn row(db: &Connection, id: &str) -> Inner<Option<IncidentRow>> {
    let mut statement = db.prepare_cached(&format!("SELECT {ROW} FROM incidents i WHERE i.id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| from_row(db, row)).transpose()
}

pub(super) fn detail(db: &Connection, given: &str) -> Inner<IncidentDetail> {
    let id = incident_of(db, given)?;
    let gone = || super::StoreError::NoIncident(id.clone());
    let row = row(db, &id)?.ok_or_else(gone)?;
    let (edited, derived): (String, String) =
        db.query_row("SELECT edited, derived FROM incidents WHERE id = ?1", [&id], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let records = records(db, &id)?;
    let of_root = match &row.root {
        Some(root) => root_detail(db, root)?,
        None => None,
    };
    let mut edits = Vec::new();
    for stored in super::incidents::edits(db)? {
        if stored.edit.targets().any(|t| records.iter().any(|r| r.article == t.article)) {
            edits.push((stored.number, stored.edit));
        }
    }
    Ok(IncidentDetail {
        row,
        edited: parse_list("incidents.edited", edited)?,
        derived: parse_list("incidents.derived", derived)?,
        records,
        of_root,
        edits,
    })
}

fn records(db: &Connection, id: &str) -> Inner<Vec<IncidentRecord>> {
    let mut statement = db.prepare_cached(
        "SELECT o.id, o.service, o.start, o.\"end\", o.duration_min, o.cause, o.status, o.role, o.confidence, m.supports, m.disputes, m.official,
            a.id, a.title, a.url, a.publisher, a.published_at, a.text
         FROM incident_outages m JOIN outages o ON o.id = m.outage_id JOIN articles a ON a.id = m.article_id
         WHERE m.incident_id = ?1 ORDER BY m.position",
    )?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        found.push(IncidentRecord {
            service: row.get(1)?,
            start: parse_option("outages.start", row.get(2)?)?,
            end: parse_option("outages.end", row.get(3)?)?,
            duration_min: row.get(4)?,
            cause: parse_option("outages.cause", row.get(5)?)?,
            status: parse("outages.status", row.get(6)?)?,
            role: parse("outages.role", row.get(7)?)?,
            confidence: row.get(8)?,
            supports: parse_list("incident_outages.supports", row.get(9)?)?,
            disputes: parse_list("incident_outages.disputes", row.get(10)?)?,
            official: row.get(11)?,
            article: row.get(12)?,
            title: row.get(13)?,
            url: row.get(14)?,
            publisher: row.get(15)?,
            published_at: parse_option("articles.published_at", row.get(16)?)?,
            evidence: outages::evidence(db, &id)?,
            text: row.get(17)?,
            id,
        });
    }
    Ok(found)
}

fn root_detail(db: &Connection, id: &str) -> Inner<Option<RootDetail>> {
    let mut statement =
        db.prepare_cached("SELECT head, parts, cause, start, \"end\", status, articles FROM incident_roots WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let mut parts = Vec::new();
    for part in parse_list("incident_roots.parts", found.get(1)?)? {
        parts.extend(row(db, &part)?);
    }
    Ok(Some(RootDetail {
        id: id.to_owned(),
        head: found.get(0)?,
        cause: parse_option("incident_roots.cause", found.get(2)?)?,
        start: parse_option("incident_roots.start", found.get(3)?)?,
        end: parse_option("incident_roots.end", found.get(4)?)?,
        status: parse("incident_roots.status", found.get(5)?)?,
        articles: found.get(6)?,
        parts,
    }))
}

/// The ids of the roots, in order; each with the ids of its parts, the first reported first.
pub(super) fn root_ids(db: &Connection) -> Inner<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT id FROM incident_roots ORDER BY id")?;
    let ids = statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

/// An incident as the logical dump has it.
#[derive(Serialize)]
pub(super) struct Dumped {
    #[serde(flatten)]
    row: IncidentRow,
    records: Vec<(String, Vec<String>, Vec<String>)>,
}

/// Up to `limit` incidents behind `after`, in the order of their ids.
pub(super) fn dumped_after(db: &Connection, after: &str, limit: usize) -> Inner<Vec<(String, Dumped)>> {
    let mut statement = db.prepare_cached(&format!("SELECT {ROW} FROM incidents i WHERE i.id > ?1 ORDER BY i.id LIMIT ?2"))?;
    let mut rows = statement.query((after, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = from_row(db, row)?;
        let mut statement =
            db.prepare_cached("SELECT outage_id, supports, disputes FROM incident_outages WHERE incident_id = ?1 ORDER BY position")?;
        let mut rows = statement.query([&row.id])?;
        let mut records = Vec::new();
        while let Some(of) = rows.next()? {
            let supports = parse_list("incident_outages.supports", of.get(1)?)?;
            records.push((of.get(0)?, supports, parse_list("incident_outages.disputes", of.get(2)?)?));
        }
        found.push((row.id.clone(), Dumped { row, records }));
    }
    Ok(found)
}

#[derive(Serialize)]
pub(super) struct DumpedRoot {
    id: String,
    head: Option<String>,
    cause: Option<Cause>,
    start: Option<Moment>,
    end: Option<Moment>,
    status: Status,
    articles: u32,
    parts: Vec<String>,
}

pub(super) fn dumped_roots(db: &Connection) -> Inner<Vec<DumpedRoot>> {
    let mut found = Vec::new();
    for id in root_ids(db)? {
        if let Some(root) = root_detail(db, &id)? {
            let parts = root.parts.into_iter().map(|p| p.id).collect();
            let RootDetail { id, head, cause, start, end, status, articles, .. } = root;
            found.push(DumpedRoot { id, head, cause, start, end, status, articles, parts });
        }
    }
    Ok(found)
}
