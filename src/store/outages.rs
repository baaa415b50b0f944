//! Records of outages: rows, and the queries over them.
//!
//! A list reads no evidence and no text; every filter and the default order have an index.

use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::Serialize;

use super::{Inner, StoreError, StoredArticle, articles, list, parse, parse_list, parse_option};
use crate::record::{Cause, Evidence, Outage, Role, Status};
use crate::temporal::Moment;

/// Which records are wanted; the default is all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutageQuery {
    /// Names of services, any of which will do; empty for all. Aliases are for the caller to resolve.
    pub services: Vec<String>,
    /// Ids of services, any of which will do beside `services`.
    pub service_ids: Vec<String>,
    /// Names of operators, any of which will do; empty for all.
    pub operators: Vec<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// Why.
    pub cause: Option<Cause>,
    /// How it stood.
    pub status: Option<Status>,
    /// The article's news or background.
    pub role: Option<Role>,
    /// Only what may have lasted into this time or begun after it.
    pub since: Option<Moment>,
    /// Only what may have begun by the end of this time.
    pub until: Option<Moment>,
    /// The order.
    pub sort: Sort,
    /// At most so many.
    pub limit: Option<u64>,
}

/// The order of a list of records. What is not known comes last, what is equal comes in the order of the ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The latest start first.
    #[default]
    Start,
    /// The earliest start first.
    Oldest,
    /// The longest first.
    Duration,
    /// By the service's name.
    Service,
    /// The latest article first.
    Published,
}

/// A record in a list: the contract's fields without the evidence, and the article it stands in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutageRow {
    /// The record's id.
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
    /// How it stood when the article was written.
    pub status: Status,
    /// The article's news, or background.
    pub role: Role,
    /// The words for the failure.
    pub keywords: Vec<String>,
    /// How likely the record is right.
    pub confidence: f64,
    /// How many articles it rests on.
    pub articles: u32,
    /// How many publishers these have.
    pub publishers: u32,
    /// The article.
    pub article_id: String,
    /// Its headline.
    pub title: String,
    /// Where it stands.
    pub url: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// When.
    pub published_at: Option<Moment>,
}

/// One record with all that it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageDetail {
    /// The record's id, in full.
    pub id: String,
    /// The record with its evidence.
    pub outage: Outage,
    /// The article, with all its records.
    pub article: StoredArticle,
    /// Every URL that leads to the article.
    pub urls: Vec<String>,
}

pub(super) fn insert(db: &Connection, id: &str, article_id: &str, position: usize, outage: &Outage) -> Inner<()> {
    let (start, end) = (outage.start.map(Moment::unix_bounds), outage.end.map(Moment::unix_bounds));
    let first_at = start.or(end).map(|b| b.0);
    let last_at = [start, end].into_iter().flatten().map(|b| b.1).max();
    db.prepare_cached(
        "INSERT INTO outages (id, article_id, position, service, service_id, operator, category, start, start_first, start_last,
            \"end\", end_first, end_last, first_at, last_at, duration_min, cause, status, role, keywords, confidence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?
    .execute(params![
        id,
        article_id,
        number(position),
        outage.service,
        outage.service_id,
        outage.operator,
        outage.category,
        outage.start.map(|m| m.to_string()),
        start.map(|b| b.0),
        start.map(|b| b.1),
        outage.end.map(|m| m.to_string()),
        end.map(|b| b.0),
        end.map(|b| b.1),
        first_at,
        last_at,
        outage.duration_min,
        outage.cause.map(Cause::as_str),
        outage.status.as_str(),
        outage.role.as_str(),
        list(&outage.keywords),
        outage.confidence,
    ])?;
    let mut statement = db.prepare_cached(
        "INSERT INTO evidence (outage_id, position, field, \"in\", quote, \"from\", \"to\") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (position, e) in outage.evidence.iter().enumerate() {
        statement.execute(params![id, number(position), e.field.as_str(), e.place.as_str(), e.quote, number(e.from), number(e.to)])?;
    }
    Ok(())
}

/// Positions are counted in memory, so they fit.
fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

const FIELDS: &str = "o.id, o.service, o.service_id, o.operator, o.category, o.start, o.\"end\", o.duration_min, o.cause, o.status, o.role,
    o.keywords, o.confidence";

pub(super) fn of_article(db: &Connection, article_id: &str) -> Inner<Vec<Outage>> {
    let mut statement = db.prepare_cached(&format!("SELECT {FIELDS} FROM outages o WHERE o.article_id = ?1 ORDER BY o.position"))?;
    let mut rows = statement.query([article_id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        found.push(Outage {
            service: row.get(1)?,
            service_id: row.get(2)?,
            operator: row.get(3)?,
            category: row.get(4)?,
            start: parse_option("outages.start", row.get(5)?)?,
            end: parse_option("outages.end", row.get(6)?)?,
            duration_min: row.get(7)?,
            cause: parse_option("outages.cause", row.get(8)?)?,
            status: parse("outages.status", row.get(9)?)?,
            role: parse("outages.role", row.get(10)?)?,
            keywords: parse_list("outages.keywords", row.get(11)?)?,
            confidence: row.get(12)?,
            evidence: evidence(db, &id)?,
        });
    }
    Ok(found)
}

pub(super) fn evidence(db: &Connection, outage_id: &str) -> Inner<Vec<Evidence>> {
    let mut statement =
        db.prepare_cached("SELECT field, \"in\", quote, \"from\", \"to\" FROM evidence WHERE outage_id = ?1 ORDER BY position")?;
    let mut rows = statement.query([outage_id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let count = |n: i64| {
            usize::try_from(n).map_err(|e| StoreError::Corrupt { field: "evidence.from", value: n.to_string(), reason: e.to_string() })
        };
        found.push(Evidence {
            field: parse("evidence.field", row.get(0)?)?,
            place: parse("evidence.in", row.get(1)?)?,
            quote: row.get(2)?,
            from: count(row.get(3)?)?,
            to: count(row.get(4)?)?,
        });
    }
    Ok(found)
}

pub(super) fn query(db: &Connection, query: &OutageQuery) -> Inner<Vec<OutageRow>> {
    let (sql, values) = statement(query);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

/// The statement is put together from fixed pieces; all that comes from outside is bound.
pub(super) fn statement(query: &OutageQuery) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut conditions: Vec<String> = Vec::new();
    let mut any_of = |column: &str, wanted: &mut dyn Iterator<Item = Value>| {
        let from = values.len();
        values.extend(wanted);
        let marks: Vec<String> = (from..values.len()).map(|n| format!("?{}", n + 1)).collect();
        format!("{column} IN ({})", marks.join(", "))
    };
    let text = |s: &String| Value::from(s.clone());
    let mut services = Vec::new();
    if !query.services.is_empty() {
        services.push(any_of("o.service", &mut query.services.iter().map(text)));
    }
    if !query.service_ids.is_empty() {
        services.push(any_of("o.service_id", &mut query.service_ids.iter().map(text)));
    }
    if !services.is_empty() {
        conditions.push(format!("({})", services.join(" OR ")));
    }
    if !query.operators.is_empty() {
        conditions.push(any_of("o.operator", &mut query.operators.iter().map(text)));
    }
    for (column, wanted) in [
        ("o.category", query.category.as_deref()),
        ("o.cause", query.cause.map(Cause::as_str)),
        ("o.status", query.status.map(Status::as_str)),
        ("o.role", query.role.map(Role::as_str)),
    ] {
        if let Some(wanted) = wanted {
            conditions.push(any_of(column, &mut std::iter::once(Value::from(wanted.to_owned()))));
        }
    }
    if let Some(since) = query.since {
        values.push(since.unix_bounds().0.into());
        conditions.push(format!("o.last_at >= ?{}", values.len()));
    }
    if let Some(until) = query.until {
        values.push(until.unix_bounds().1.into());
        conditions.push(format!("o.first_at <= ?{}", values.len()));
    }
    let mut sql = format!(
        "SELECT {FIELDS}, o.article_id, a.title, a.url, a.publisher, a.published_at FROM outages o JOIN articles a ON a.id = o.article_id"
    );
    for (n, condition) in conditions.iter().enumerate() {
        let _ = write!(sql, " {} {condition}", if n == 0 { "WHERE" } else { "AND" });
    }
    sql.push_str(match query.sort {
        Sort::Start => " ORDER BY o.first_at DESC, o.id",
        Sort::Oldest => " ORDER BY o.first_at IS NULL, o.first_at, o.id",
        Sort::Duration => " ORDER BY o.duration_min DESC, o.id",
        Sort::Service => " ORDER BY o.service, o.first_at DESC, o.id",
        Sort::Published => " ORDER BY a.published_first DESC, o.id",
    });
    if let Some(limit) = query.limit {
        values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        let _ = write!(sql, " LIMIT ?{}", values.len());
    }
    (sql, values)
}

fn from_row(row: &Row<'_>) -> Inner<OutageRow> {
    let publisher: Option<String> = row.get(16)?;
    Ok(OutageRow {
        id: row.get(0)?,
        service: row.get(1)?,
        service_id: row.get(2)?,
        operator: row.get(3)?,
        category: row.get(4)?,
        start: parse_option("outages.start", row.get(5)?)?,
        end: parse_option("outages.end", row.get(6)?)?,
        duration_min: row.get(7)?,
        cause: parse_option("outages.cause", row.get(8)?)?,
        status: parse("outages.status", row.get(9)?)?,
        role: parse("outages.role", row.get(10)?)?,
        keywords: parse_list("outages.keywords", row.get(11)?)?,
        confidence: row.get(12)?,
        articles: 1,
        publishers: publisher.is_some().into(),
        article_id: row.get(13)?,
        title: row.get(14)?,
        url: row.get(15)?,
        publisher,
        published_at: parse_option("articles.published_at", row.get(17)?)?,
    })
}

pub(super) fn detail(db: &Connection, prefix: &str) -> Inner<OutageDetail> {
    // Ids are hexadecimal: `g` is behind every id that begins with the prefix, and nothing else can be an id.
    if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(StoreError::NotFound(prefix.to_owned()).into());
    }
    let prefix = prefix.to_ascii_lowercase();
    let found: Vec<(String, String, i64)> = db
        .prepare_cached("SELECT id, article_id, position FROM outages WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 2")?
        .query_map([&prefix], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let [(id, article_id, position)] = found.as_slice() else {
        return Err(if found.is_empty() { StoreError::NotFound(prefix) } else { StoreError::Ambiguous(prefix) }.into());
    };
    let gone = || StoreError::NotFound(id.clone());
    let article = articles::load(db, article_id)?.ok_or_else(gone)?;
    let outage = usize::try_from(*position).ok().and_then(|p| article.outages.get(p)).ok_or_else(gone)?.clone();
    Ok(OutageDetail { id: id.clone(), outage, urls: articles::urls(db, article_id)?, article })
}
