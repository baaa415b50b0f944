//! Incidents: kept beside the records that they are made of, and brought up to date in the transaction that changes these.
//!
//! It promises: the incidents are those that [`merge`] makes of all records and edits, whatever the order in which these came, and one article
//! costs the neighbourhood of its records, not the archive. Every id that an incident ever had leads on as long as any record of it is left.
//! What belongs together is decided in [`crate::incident`]; here it is only looked up, compared and written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{Inner, StoreError, articles, copies, list, outage_ids, parse, parse_list, parse_option, short_hash};
use crate::dictionaries;
use crate::extract::gazetteer::Gazetteer;
use crate::incident::{
    Action, Archive, Edit, Families, Incident, Incidents, Part, PartArchive, Probe, Report, Root, Set, Source, Target, merge,
    neighbourhood, reports, root_neighbourhood, roots,
};
use crate::record::{Cause, Role, Status};
use crate::temporal::Moment;

const DAY: i64 = 24 * 3600;

/// The classes of windows by their length: what overlaps a time began at most so long before it. A year's mention is looked for in a year, a
/// minute's in two days.
const SPANS: [i64; 5] = [2 * DAY, 11 * DAY, 70 * DAY, 400 * DAY, 1 << 52];

/// Months and years have a class of their own, so that the others can be counted.
const PERIODS: i64 = SPANS.len() as i64;

fn span_of(report: &Report, (first, last): (i64, i64)) -> i64 {
    if report.period().is_some() {
        return PERIODS;
    }
    let class = SPANS.iter().position(|longest| last - first <= *longest).unwrap_or(SPANS.len() - 1);
    class as i64
}

/// What the built-in dictionaries say; for databases that no other were used with.
static BUILT_IN: LazyLock<Result<Arc<Families>, String>> = LazyLock::new(|| {
    let parsed = dictionaries::Source::parse_all(dictionaries::Source::builtin()).map_err(|e| e.to_string())?;
    let gazetteer = Gazetteer::load(&parsed).map_err(|e| e.to_string())?;
    Ok(Arc::new(Families::new(&gazetteer)))
});

/// The families that the database's keys are made with, read once for as long as they stay the same.
#[derive(Debug, Default)]
pub(super) struct FamiliesCache(RefCell<Option<(String, Arc<Families>)>>);

impl FamiliesCache {
    /// Those of the database; where it has none yet, the built-in ones.
    fn get(&self, db: &Connection) -> Inner<Arc<Families>> {
        let digest: Option<String> =
            db.prepare_cached("SELECT digest FROM incident_families WHERE one = 1")?.query_row([], |r| r.get(0)).optional()?;
        let Some(digest) = digest else {
            let built_in = BUILT_IN.clone().map_err(|reason| corrupt("incident_families.body", "built-in", reason))?;
            self.put(db, &built_in)?;
            return Ok(built_in);
        };
        if let Some((_, families)) = self.0.borrow().as_ref().filter(|(known, _)| *known == digest) {
            return Ok(families.clone());
        }
        let body: String = db.query_row("SELECT body FROM incident_families WHERE one = 1", [], |r| r.get(0))?;
        let families: Families = serde_json::from_str(&body).map_err(|e| corrupt("incident_families.body", &body, e.to_string()))?;
        let families = Arc::new(families);
        self.0.replace(Some((digest, families.clone())));
        Ok(families)
    }

    fn put(&self, db: &Connection, families: &Arc<Families>) -> Inner<()> {
        let body = serde_json::to_string(families.as_ref()).map_err(|e| corrupt("incident_families.body", "", e.to_string()))?;
        let digest = short_hash([body.as_str()]);
        db.execute(
            "INSERT INTO incident_families (one, digest, body) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET digest = ?1, body = ?2",
            [&digest, &body],
        )?;
        self.0.replace(Some((digest, families.clone())));
        Ok(())
    }
}

fn corrupt(field: &'static str, value: &str, reason: String) -> StoreError {
    StoreError::Corrupt { field, value: value.chars().take(80).collect(), reason }
}

/// A report as it was, with its place in the incident that held it.
#[derive(Clone, Debug)]
struct Former {
    report: Report,
    incident: Option<String>,
    position: i64,
    supports: String,
    disputes: String,
}

/// What has changed since the incidents were last brought up to date.
#[derive(Debug, Default)]
pub(super) struct Changes {
    former: BTreeMap<String, Former>,
    articles: BTreeSet<String>,
    regrouped: BTreeSet<String>,
    /// Edits that came or went touch what they name, changed or not.
    all: bool,
}

impl Changes {
    /// To be called before an article or its records are changed.
    pub(super) fn before(&mut self, db: &Connection, article: &str) -> Inner<()> {
        for (report, incident) in of_article(db, article)? {
            let (position, supports, disputes) = db
                .prepare_cached("SELECT position, supports, disputes FROM incident_outages WHERE outage_id = ?1")?
                .query_row([&report.id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
            self.former.entry(report.id.clone()).or_insert(Former { report, incident, position, supports, disputes });
        }
        Ok(())
    }

    /// To be called after an article or its records were changed, under the id that it has then.
    pub(super) fn after(&mut self, db: &Connection, families: &FamiliesCache, article: &str) -> Inner<()> {
        let had = of_article(db, article)?;
        let has: bool =
            db.prepare_cached("SELECT EXISTS (SELECT 1 FROM outages WHERE article_id = ?1)")?.query_row([article], |r| r.get(0))?;
        if has {
            let now = made(db, families, article)?;
            if now.iter().ne(had.iter().map(|(report, _)| report)) {
                db.prepare_cached("DELETE FROM incident_outages WHERE article_id = ?1")?.execute([article])?;
                for report in &now {
                    // A record that stays keeps its place until that is looked at again; what comes and goes in one batch ends where it was.
                    insert(db, report, self.former.get(&report.id))?;
                }
            }
        }
        self.articles.insert(article.to_owned());
        Ok(())
    }

    /// The articles that count as one voice with others now, or no longer do, though nothing of their own was changed: they are looked at again.
    pub(super) fn regrouped(&mut self) -> &mut BTreeSet<String> {
        &mut self.regrouped
    }
}

/// The reports that the stored records of an article make, sorted by their ids.
fn made(db: &Connection, families: &FamiliesCache, article: &str) -> Inner<Vec<Report>> {
    let Some(stored) = articles::load(db, article)? else { return Ok(Vec::new()) };
    let source = Source {
        article: article.to_owned(),
        publisher: stored.article.publisher,
        published_at: stored.article.published_at,
        group: copies::shared_group(db, article)?,
    };
    let ids = outage_ids(article, &stored.outages);
    let records: Vec<_> = ids.into_iter().zip(stored.outages).collect();
    let mut made = reports(&source, &records, Some(&stored.article.text), &*families.get(db)?);
    made.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(made)
}

fn insert(db: &Connection, report: &Report, former: Option<&Former>) -> Inner<()> {
    let window = report.window();
    db.prepare_cached(
        "INSERT INTO incident_outages (outage_id, article_id, incident_id, alias, ordinal, service_key, uppers, provider, official, window_first,
            window_last, span, position, supports, disputes, service, service_id, operator, category, start, \"end\", duration_min, cause, status,
            role, confidence, publisher, published_at, wire)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28,
            ?29)",
    )?
    .execute(params![
        report.id,
        report.source.article,
        former.and_then(|f| f.incident.as_deref()),
        report.incident_id(),
        i64::try_from(report.ordinal).unwrap_or(i64::MAX),
        report.service_key,
        list(&report.uppers),
        report.provider,
        report.official,
        window.map(|w| w.0),
        window.map(|w| w.1),
        window.map(|w| span_of(report, w)),
        former.map_or(0, |f| f.position),
        former.map_or("[]", |f| f.supports.as_str()),
        former.map_or("[]", |f| f.disputes.as_str()),
        report.service,
        report.service_id,
        report.operator,
        report.category,
        report.start.map(|m| m.to_string()),
        report.end.map(|m| m.to_string()),
        report.duration_min,
        report.cause.map(Cause::as_str),
        report.status.as_str(),
        report.role.as_str(),
        report.confidence,
        report.source.publisher,
        report.source.published_at.map(|m| m.to_string()),
        report.source.group,
    ])?;
    let number = db.last_insert_rowid();
    if let Some((first, last)) = window {
        for upper in &report.uppers {
            db.prepare_cached("INSERT INTO outage_uppers (upper, span, window_first, window_last, outage_id) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![upper, span_of(report, (first, last)), first, last, report.id])?;
        }
    }
    let words: String = db
        .prepare_cached(
            "SELECT a.title || ' ' || o.service || ' ' || coalesce(o.operator, '') || ' ' || o.keywords
             FROM outages o JOIN articles a ON a.id = o.article_id WHERE o.id = ?1",
        )?
        .query_row([&report.id], |r| r.get(0))?;
    db.prepare_cached("INSERT INTO incident_text (rowid, pairs) VALUES (?1, ?2)")?.execute(params![number, pairs(&words)])?;
    Ok(())
}

/// Notes the wire text of an article's reports, where it is another now.
pub(super) fn rewire(db: &Connection, article: &str) -> Inner<()> {
    let group = copies::shared_group(db, article)?;
    db.prepare_cached("UPDATE incident_outages SET wire = ?2 WHERE article_id = ?1 AND wire IS NOT ?2")?
        .execute(params![article, group])?;
    Ok(())
}

/// The articles whose reports are known as copies.
pub(super) fn wired(db: &Connection) -> Inner<Vec<String>> {
    let mut statement = db.prepare("SELECT DISTINCT article_id FROM incident_outages WHERE wire IS NOT NULL")?;
    Ok(statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// A text as its overlapping pairs of letters, and its last letter: 접속 장애 is 접속 속장 장애 애; spaces and marks between letters do not count.
pub(super) fn pairs(text: &str) -> String {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let mut out = String::with_capacity(text.len() * 3);
    for (n, letter) in letters.iter().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push(*letter);
        out.extend(letters.get(n + 1));
    }
    out
}

const REPORT: &str = "
    SELECT m.outage_id, m.article_id, m.incident_id, m.ordinal, m.service_key, m.uppers, m.provider, m.official, m.service, m.service_id, m.operator,
        m.category, m.start, m.\"end\", m.duration_min, m.cause, m.status, m.role, m.confidence, m.publisher, m.published_at, m.wire
    FROM incident_outages m";

fn report(row: &Row<'_>) -> Inner<(Report, Option<String>)> {
    let report = Report {
        id: row.get(0)?,
        source: Source {
            article: row.get(1)?,
            publisher: row.get(19)?,
            published_at: parse_option("incident_outages.published_at", row.get(20)?)?,
            group: row.get(21)?,
        },
        ordinal: usize::try_from(row.get::<_, i64>(3)?).unwrap_or_default(),
        service_key: row.get(4)?,
        uppers: parse_list("incident_outages.uppers", row.get(5)?)?,
        service: row.get(8)?,
        service_id: row.get(9)?,
        operator: row.get(10)?,
        category: row.get(11)?,
        start: parse_option("incident_outages.start", row.get(12)?)?,
        end: parse_option("incident_outages.end", row.get(13)?)?,
        duration_min: row.get(14)?,
        cause: parse_option("incident_outages.cause", row.get(15)?)?,
        status: parse("incident_outages.status", row.get(16)?)?,
        role: parse("incident_outages.role", row.get(17)?)?,
        confidence: row.get(18)?,
        provider: row.get(6)?,
        official: row.get(7)?,
        crowded: false,
        detached: false,
    };
    Ok((report, row.get(2)?))
}

/// The reports of an article with their incidents, sorted by their ids.
fn of_article(db: &Connection, article: &str) -> Inner<Vec<(Report, Option<String>)>> {
    read(db, "WHERE m.article_id = ?1 ORDER BY m.outage_id", [article])
}

/// Reports with their incidents; `of` says which, behind [`REPORT`].
fn read(db: &Connection, of: &str, params: impl rusqlite::Params) -> Inner<Vec<(Report, Option<String>)>> {
    let mut statement = db.prepare_cached(&format!("{REPORT} {of}"))?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(report(row)?);
    }
    Ok(found)
}

/// The reports as merging asks for them. Remembers what it gave, so that a report is read once, and which incident each was in.
struct Reports<'a> {
    db: &'a Connection,
    given: RefCell<HashMap<i64, Report>>,
    incidents: RefCell<HashMap<String, String>>,
}

impl Reports<'_> {
    fn remember(&self, found: Vec<(Report, Option<String>)>) -> Vec<Report> {
        let mut incidents = self.incidents.borrow_mut();
        let reports = found.into_iter().map(|(report, incident)| {
            if let Some(incident) = incident {
                incidents.insert(report.id.clone(), incident);
            }
            report
        });
        reports.collect()
    }
}

impl Archive for Reports<'_> {
    type Error = super::Fault;

    fn related(&self, probe: &Probe) -> Inner<Vec<Report>> {
        let mut statement = self.db.prepare_cached(RELATED)?;
        let mut rows = statement.query(params![
            probe.key,
            list(&probe.uppers),
            probe.first,
            probe.last,
            SPANS[0],
            SPANS[1],
            SPANS[2],
            SPANS[3],
            SPANS[4],
            probe.coarse,
            probe.days_above,
            probe.family,
        ])?;
        let mut numbers: Vec<i64> = Vec::new();
        while let Some(row) = rows.next()? {
            numbers.push(row.get(0)?);
        }
        let mut statement = self.db.prepare_cached(&format!("{REPORT} WHERE m.number = ?1"))?;
        let mut given = self.given.borrow_mut();
        let mut found = Vec::with_capacity(numbers.len());
        let mut new = Vec::new();
        for number in numbers {
            if let Some(known) = given.get(&number) {
                found.push(known.clone());
                continue;
            }
            let mut rows = statement.query([number])?;
            if let Some(row) = rows.next()? {
                let (report, incident) = report(row)?;
                given.insert(number, report.clone());
                new.push((report, incident));
            }
        }
        found.extend(self.remember(new));
        Ok(found)
    }

    fn of_article(&self, article: &str) -> Inner<Vec<Report>> {
        Ok(self.remember(of_article(self.db, article)?))
    }

    fn count(&self, key: &str, first: i64, last: i64, most: usize) -> Inner<usize> {
        let most = count(most).saturating_add(1);
        let n: i64 = self
            .db
            .prepare_cached(COUNT)?
            .query_row(params![key, most, first, last, SPANS[0], SPANS[1], SPANS[2], SPANS[3], SPANS[4]], |r| r.get(0))?;
        Ok(usize::try_from(n).unwrap_or_default())
    }

    fn of_period(&self, key: &str, (first, last): (i64, i64)) -> Inner<Vec<Report>> {
        let of = "WHERE m.service_key = ?1 AND m.span = ?2 AND m.window_first = ?3 AND m.window_last = ?4";
        Ok(self.remember(read(self.db, of, params![key, PERIODS, first, last])?))
    }

    fn periods_below(&self, key: &str, first: i64, last: i64) -> Inner<Vec<(i64, i64)>> {
        let mut statement = self.db.prepare_cached(PERIODS_BELOW)?;
        let found = statement.query_map(params![key, PERIODS, first, last, SPANS[3]], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn below_of_period(&self, key: &str, (first, last): (i64, i64)) -> Inner<Vec<Report>> {
        let of = "JOIN outage_uppers u ON u.outage_id = m.outage_id
            WHERE u.upper = ?1 AND u.span = ?2 AND u.window_first = ?3 AND u.window_last = ?4";
        Ok(self.remember(read(self.db, of, params![key, PERIODS, first, last])?))
    }

    fn copies(&self, group: &str, key: &str) -> Inner<Vec<Report>> {
        let mut found = Vec::new();
        for article in copies::members(self.db, group)? {
            found.extend(of_article(self.db, &article)?.into_iter().filter(|(r, _)| r.service_key == key && r.window().is_none()));
        }
        Ok(self.remember(found))
    }
}

/// What a [`Probe`] finds, by the class of the window: on the service, below it, above it.
const RELATED: &str = "
    WITH c (span, least) AS (VALUES (0, ?3 - ?5), (1, ?3 - ?6), (2, ?3 - ?7), (3, ?3 - ?8), (4, ?3 - ?9), (5, ?3 - ?8))
    SELECT m.number FROM c CROSS JOIN incident_outages m
    WHERE (?12 OR c.span < 5) AND m.service_key = ?1 AND m.span = c.span AND m.window_first BETWEEN c.least AND ?4 AND m.window_last >= ?3
    UNION ALL
    SELECT m.number FROM c CROSS JOIN outage_uppers u CROSS JOIN incident_outages m ON m.outage_id = u.outage_id
    WHERE ?12 AND (?10 OR c.span < 5) AND u.upper = ?1 AND u.span = c.span AND u.window_first BETWEEN c.least AND ?4 AND u.window_last >= ?3
    UNION ALL
    SELECT m.number FROM json_each(?2) k CROSS JOIN c CROSS JOIN incident_outages m
    WHERE ?12 AND (c.span = 5 OR ?11) AND m.service_key = k.value AND m.span = c.span AND m.window_first BETWEEN c.least AND ?4 AND m.window_last >= ?3";

/// The months and years by which alone outages below a service are known.
const PERIODS_BELOW: &str = "
    SELECT DISTINCT window_first, window_last FROM outage_uppers
    WHERE upper = ?1 AND span = ?2 AND window_first BETWEEN ?3 - ?5 AND ?4 AND window_last >= ?3";

/// How many reports that tell the day are on a service or below it.
const COUNT: &str = "
    WITH c (span, least) AS (VALUES (0, ?3 - ?5), (1, ?3 - ?6), (2, ?3 - ?7), (3, ?3 - ?8), (4, ?3 - ?9))
    SELECT count(*) FROM (
        SELECT 1 FROM c CROSS JOIN incident_outages m
        WHERE m.service_key = ?1 AND m.span = c.span AND m.window_first BETWEEN c.least AND ?4 AND m.window_last >= ?3
        UNION ALL
        SELECT 1 FROM c CROSS JOIN outage_uppers u
        WHERE u.upper = ?1 AND u.span = c.span AND u.window_first BETWEEN c.least AND ?4 AND u.window_last >= ?3
        LIMIT ?2)";

/// The incidents as linking asks for them. Each is read once: one of a thousand articles is near many times.
struct Parts<'a> {
    db: &'a Connection,
    read: RefCell<HashMap<String, Option<Part>>>,
}

impl Parts<'_> {
    fn ids(&self, sql: &str, params: impl rusqlite::Params) -> Inner<Vec<String>> {
        let ids = self.db.prepare_cached(sql)?.query_map(params, |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    fn all(&self, ids: BTreeSet<String>) -> Inner<Vec<Part>> {
        let mut parts = Vec::with_capacity(ids.len());
        for id in ids {
            parts.extend(self.one(&id)?);
        }
        Ok(parts)
    }
}

impl PartArchive for Parts<'_> {
    type Error = super::Fault;

    fn one(&self, id: &str) -> Inner<Option<Part>> {
        if let Some(known) = self.read.borrow().get(id) {
            return Ok(known.clone());
        }
        let found = part(self.db, id)?;
        self.read.borrow_mut().insert(id.to_owned(), found.clone());
        Ok(found)
    }

    fn of_articles(&self, articles: &BTreeSet<&str>) -> Inner<Vec<Part>> {
        let sql = "SELECT DISTINCT m.incident_id FROM json_each(?1) a CROSS JOIN incident_outages m
            WHERE m.article_id = a.value AND m.incident_id IS NOT NULL";
        self.all(self.ids(sql, [list(articles.iter().copied())])?.into_iter().collect())
    }

    fn family(&self, of: &Part) -> Inner<Vec<Part>> {
        // The days around a start are three.
        let (first, last, start) = match (of.window(), of.start) {
            (Some((first, last)), _) => (Some(first - 4 * DAY), Some(last), None),
            (None, Some(start)) => (None, None, Some(start.to_string())),
            (None, None) => return Ok(Vec::new()),
        };
        let mut ids = BTreeSet::new();
        for key in std::iter::once(&of.service_key).chain(&of.uppers) {
            ids.extend(match &start {
                None => {
                    self.ids("SELECT id FROM incidents WHERE service_key = ?1 AND near_first BETWEEN ?2 AND ?3", params![key, first, last])?
                }
                Some(start) => {
                    self.ids("SELECT id FROM incidents WHERE service_key = ?1 AND near_first IS NULL AND start = ?2", params![key, start])?
                }
            });
        }
        let key = &of.service_key;
        ids.extend(match &start {
            None => self.ids(
                "SELECT incident_id FROM incident_uppers WHERE upper = ?1 AND near_first BETWEEN ?2 AND ?3",
                params![key, first, last],
            )?,
            Some(start) => self.ids(
                "SELECT incident_id FROM incident_uppers WHERE upper = ?1 AND near_first IS NULL AND start = ?2",
                params![key, start],
            )?,
        });
        let mut parts = self.all(ids)?;
        parts.retain(|p| match (p.window(), of.window()) {
            (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
            (None, None) => true,
            _ => false,
        });
        Ok(parts)
    }
}

fn part(db: &Connection, id: &str) -> Inner<Option<Part>> {
    let mut statement = db.prepare_cached(
        "SELECT service_key, uppers, start, \"end\", cause, status, first_reported, provider FROM incidents WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut part = Part {
        id: id.to_owned(),
        service_key: row.get(0)?,
        uppers: parse_list("incidents.uppers", row.get(1)?)?,
        start: parse_option("incidents.start", row.get(2)?)?,
        end: parse_option("incidents.end", row.get(3)?)?,
        cause: parse_option("incidents.cause", row.get(4)?)?,
        status: parse("incidents.status", row.get(5)?)?,
        first_reported: parse_option("incidents.first_reported", row.get(6)?)?,
        provider: row.get(7)?,
        news: BTreeSet::new(),
        recalled: BTreeSet::new(),
    };
    let mut statement = db.prepare_cached(
        "SELECT m.article_id, o.role FROM incident_outages m JOIN outages o ON o.id = m.outage_id WHERE m.incident_id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        match parse("outages.role", row.get(1)?)? {
            Role::Main => part.news.insert(row.get(0)?),
            Role::Background => part.recalled.insert(row.get(0)?),
        };
    }
    Ok(Some(part))
}

/// Brings the incidents up to date with what has changed.
pub(super) fn refresh(db: &Connection, changes: &mut Changes) -> Inner<()> {
    let changes = std::mem::take(changes);
    let mut changed: Vec<Report> = Vec::new();
    let mut now: HashSet<String> = HashSet::new();
    for article in changes.articles.union(&changes.regrouped) {
        let regrouped = changes.regrouped.contains(article);
        if regrouped {
            rewire(db, article)?;
        }
        for (report, _) in of_article(db, article)? {
            now.insert(report.id.clone());
            if changes.all || regrouped || changes.former.get(&report.id).is_none_or(|f| f.report != report || f.incident.is_none()) {
                changed.push(report);
            }
        }
    }
    let differs = |f: &&Former| !now.contains(&f.report.id) || changed.iter().any(|r| r.id == f.report.id);
    let gone: Vec<&Former> = changes.former.values().filter(differs).collect();
    changed.extend(gone.iter().map(|f| f.report.clone()));
    if changed.is_empty() {
        return Ok(());
    }

    let edits: Vec<Edit> = edits(db)?.into_iter().map(|e| e.edit).collect();
    let archive = Reports { db, given: RefCell::default(), incidents: RefCell::default() };
    let near = neighbourhood(&archive, &edits, &changed)?;
    let was_in = archive.incidents.into_inner();
    let mut merged = merge(&near.reports, &edits);
    merged.all.retain(|incident| near.settles(incident));

    let mut old: BTreeSet<&str> = near.reports.iter().filter_map(|r| was_in.get(&r.id)).map(String::as_str).collect();
    old.extend(gone.iter().filter_map(|f| f.incident.as_deref()));
    for id in near.beside.iter().filter_map(|r| was_in.get(r)) {
        old.remove(id.as_str());
    }
    let near = near.reports;
    let mut digests: HashMap<&str, String> = HashMap::new();
    for id in &old {
        let digest = db.prepare_cached("SELECT digest FROM incidents WHERE id = ?1")?.query_row([id], |r| r.get(0)).optional()?;
        digests.extend(digest.map(|d: String| (*id, d)));
    }
    let digest = |i: &Incident| short_hash([format!("{i:?}").as_str()]);
    let new: Vec<(&Incident, String)> =
        merged.all.iter().map(|i| (i, digest(i))).filter(|(i, d)| digests.get(i.id.as_str()) != Some(d)).collect();
    let staying: HashSet<&str> = merged.all.iter().map(|i| i.id.as_str()).collect();

    // As they were, with the records that are gone.
    let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
    for id in digests.keys().filter(|id| !staying.contains(**id) || new.iter().any(|(i, _)| i.id == **id)) {
        parts.extend(part(db, id)?.map(|p| (*id, p)));
    }
    for former in &gone {
        if let Some(part) = former.incident.as_deref().and_then(|id| parts.get_mut(id)) {
            let articles = if former.report.role == Role::Main { &mut part.news } else { &mut part.recalled };
            articles.insert(former.report.source.article.clone());
        }
    }
    forward(db, &merged, &gone, &near, &was_in)?;
    let mut old_roots: BTreeSet<String> = BTreeSet::new();
    for id in parts.keys() {
        let root: Option<String> = db.prepare_cached("SELECT root_id FROM incidents WHERE id = ?1")?.query_row([id], |r| r.get(0))?;
        old_roots.extend(root);
    }
    for id in digests.keys().filter(|id| !staying.contains(**id)) {
        db.prepare_cached("DELETE FROM incidents WHERE id = ?1")?.execute([id])?;
    }
    for (incident, digest) in &new {
        write(db, incident, digest)?;
    }
    let mut changed: Vec<Part> = parts.into_values().collect();
    changed.extend(new.iter().map(|(i, _)| Part::of(i)));
    if changed.is_empty() { Ok(()) } else { link(db, &changed, old_roots) }
}

/// Notes where the ids of records that are gone lead now: to the incident that holds most of what theirs held.
fn forward(db: &Connection, merged: &Incidents, gone: &[&Former], near: &[Report], was_in: &HashMap<String, String>) -> Inner<()> {
    let aliases = merged.aliases();
    let alias_of: HashMap<&str, String> = near.iter().map(|r| (r.id.as_str(), r.incident_id())).collect();
    for former in gone {
        let alias = former.report.incident_id();
        let Some(held_by) = former.incident.as_ref().filter(|_| !aliases.contains_key(alias.as_str())) else { continue };
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for (report, _) in was_in.iter().filter(|(_, incident)| *incident == held_by) {
            if let Some(to) = alias_of.get(report.as_str()).and_then(|alias| aliases.get(alias.as_str())) {
                *votes.entry(to).or_default() += 1;
            }
        }
        if let Some((to, _)) = votes.iter().max_by_key(|(id, n)| (**n, std::cmp::Reverse(**id))) {
            db.prepare_cached(
                "INSERT INTO incident_aliases (alias, leads_to) VALUES (?1, ?2) ON CONFLICT (alias) DO UPDATE SET leads_to = ?2",
            )?
            .execute([alias.as_str(), to])?;
        }
    }
    Ok(())
}

/// Writes an incident and what each of its records says for and against it.
fn write(db: &Connection, incident: &Incident, digest: &str) -> Inner<()> {
    let v = &incident.values;
    let text = |m: Option<Moment>| m.map(|m| m.to_string());
    let bounds = |m: Option<Moment>| m.map(Moment::unix_bounds);
    let (start, end) = (bounds(v.start.value), bounds(v.end.value));
    let status = v.status.value.unwrap_or(Status::Unknown);
    let lasts = incident.last_reported.filter(|_| status == Status::Ongoing).map(Moment::unix_bounds);
    let first_at = start.or(end).map(|b| b.0);
    let last_at = [start, end, lasts.filter(|_| first_at.is_some())].into_iter().flatten().map(|b| b.1).max();
    let near_first = v.start.value.filter(|s| s.precision() >= crate::temporal::Precision::Day).map(|s| s.unix_bounds().0 - DAY);
    let flags = |pick: [bool; 8]| list(FIELDS.iter().zip(pick).filter(|(_, on)| *on).map(|(f, _)| (*f).to_owned()).collect::<Vec<_>>());
    let edited = [
        v.service.edited,
        v.operator.edited,
        v.category.edited,
        v.start.edited,
        v.end.edited,
        v.duration_min.edited,
        v.cause.edited,
        v.status.edited,
    ];
    let derived = [false, false, false, false, false, v.duration_min.derived, false, false];
    let number = |n: Option<i64>| n.map_or(Value::Null, Value::Integer);
    let words = |t: Option<String>| t.map_or(Value::Null, Value::Text);
    let row: [(&str, Value); 30] = [
        ("service", words(Some(v.service.value.clone().unwrap_or_default()))),
        ("service_id", words(v.service_id.clone())),
        ("service_key", words(Some(v.service_key.clone()))),
        ("uppers", words(Some(list(&incident.uppers)))),
        ("provider", number(Some(incident.provider.into()))),
        ("operator", words(v.operator.value.clone())),
        ("category", words(v.category.value.clone())),
        ("start", words(text(v.start.value))),
        ("start_first", number(start.map(|b| b.0))),
        ("start_last", number(start.map(|b| b.1))),
        ("\"end\"", words(text(v.end.value))),
        ("end_first", number(end.map(|b| b.0))),
        ("end_last", number(end.map(|b| b.1))),
        ("first_at", number(first_at)),
        ("last_at", number(last_at)),
        ("duration_min", number(v.duration_min.value.map(i64::from))),
        ("cause", words(v.cause.value.map(|c| c.as_str().to_owned()))),
        ("status", words(Some(status.as_str().to_owned()))),
        ("confidence", Value::Real(incident.confidence)),
        ("articles", number(Some(count(incident.articles)))),
        ("publishers", number(Some(count(incident.publishers)))),
        ("background", number(Some(incident.background.into()))),
        ("first_reported", words(text(incident.first_reported))),
        ("first_reported_at", number(bounds(incident.first_reported).map(|b| b.0))),
        ("last_reported", words(text(incident.last_reported))),
        ("last_reported_at", number(bounds(incident.last_reported).map(|b| b.0))),
        ("edited", words(Some(flags(edited)))),
        ("derived", words(Some(flags(derived)))),
        ("near_first", number(near_first)),
        ("digest", words(Some(digest.to_owned()))),
    ];
    let changed = put_row(db, &incident.id, &row)?;
    // What incident_uppers repeats.
    if changed.iter().any(|column| ["uppers", "near_first", "first_at", "start"].contains(column)) {
        db.prepare_cached("DELETE FROM incident_uppers WHERE incident_id = ?1")?.execute([&incident.id])?;
        for upper in &incident.uppers {
            db.prepare_cached("INSERT INTO incident_uppers (upper, near_first, incident_id, first_at, start) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![upper, near_first, incident.id, first_at, text(v.start.value)])?;
        }
    }
    let sides: [(&[String], &[String]); 8] = [
        (&v.service.by, &v.service.against),
        (&v.operator.by, &v.operator.against),
        (&v.category.by, &v.category.against),
        (&v.start.by, &v.start.against),
        (&v.end.by, &v.end.against),
        (&v.duration_min.by, &v.duration_min.against),
        (&v.cause.by, &v.cause.against),
        (&v.status.by, &v.status.against),
    ];
    let mut said: HashMap<&str, (Vec<String>, Vec<String>)> = HashMap::new();
    for (field, (by, against)) in FIELDS.iter().zip(sides) {
        by.iter().for_each(|id| said.entry(id).or_default().0.push((*field).to_owned()));
        against.iter().for_each(|id| said.entry(id).or_default().1.push((*field).to_owned()));
    }
    // What the members are told already, read at once: of many papers on one outage nearly all stay as they are.
    let mut statement = db.prepare_cached("SELECT outage_id, position, supports, disputes FROM incident_outages WHERE incident_id = ?1")?;
    let told = statement.query_map([&incident.id], |r| Ok((r.get::<_, String>(0)?, (r.get(1)?, r.get(2)?, r.get(3)?))))?;
    let mut told: HashMap<String, (i64, String, String)> = told.collect::<Result<_, _>>()?;
    // An index on the incident and the place in it is not written where only the support is another.
    let mut place = db.prepare_cached("UPDATE incident_outages SET incident_id = ?2, position = ?3 WHERE outage_id = ?1")?;
    let mut support = db.prepare_cached("UPDATE incident_outages SET supports = ?2, disputes = ?3 WHERE outage_id = ?1")?;
    for (position, member) in incident.members.iter().enumerate() {
        let (supports, disputes) = said.remove(member.report.as_str()).unwrap_or_default();
        let (position, supports, disputes) = (count(position), list(&supports), list(&disputes));
        let before = told.remove(&member.report);
        if before.as_ref().is_none_or(|(at, ..)| *at != position) {
            place.execute(params![member.report, incident.id, position])?;
        }
        if before.is_none_or(|(_, by, against)| by != supports || against != disputes) {
            support.execute(params![member.report, supports, disputes])?;
        }
    }
    Ok(())
}

/// Writes the row of an incident; gives the columns that are others now. Only they are named, since SQLite writes every index on a column that is
/// named, changed or not, and a new article seldom changes more than the counts.
fn put_row<'c>(db: &Connection, id: &str, row: &[(&'c str, Value)]) -> Inner<Vec<&'c str>> {
    let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
    let stored: Option<Vec<Value>> = db
        .prepare_cached(&format!("SELECT {} FROM incidents WHERE id = ?1", names.join(", ")))?
        .query_row([id], |r| (0..names.len()).map(|n| r.get(n)).collect())
        .optional()?;
    let values = |of: &[&(&str, Value)]| -> Vec<Value> {
        std::iter::once(Value::Text(id.to_owned())).chain(of.iter().map(|(_, value)| value.clone())).collect()
    };
    let changed: Vec<&(&'c str, Value)> = match &stored {
        Some(stored) => row.iter().zip(stored).filter(|((_, new), old)| new != *old).map(|(column, _)| column).collect(),
        None => row.iter().collect(),
    };
    let sql = match &stored {
        _ if changed.is_empty() => return Ok(Vec::new()),
        Some(_) => {
            let set: Vec<String> = changed.iter().zip(2..).map(|((name, _), n)| format!("{name} = ?{n}")).collect();
            format!("UPDATE incidents SET {} WHERE id = ?1", set.join(", "))
        }
        None => {
            let marks: Vec<String> = (1..=names.len() + 1).map(|n| format!("?{n}")).collect();
            format!("INSERT INTO incidents (id, {}) VALUES ({})", names.join(", "), marks.join(", "))
        }
    };
    db.prepare_cached(&sql)?.execute(params_from_iter(values(&changed)))?;
    Ok(changed.into_iter().map(|(name, _)| *name).collect())
}

/// The fields of an incident that are chosen, as the record names them.
pub(super) const FIELDS: [&str; 8] = ["service", "operator", "category", "start", "end", "duration_min", "cause", "status"];

/// What is counted in memory fits.
fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Brings the roots up to date. `changed`: incidents as they were and as they are; `old`: the roots that those were of which are gone.
fn link(db: &Connection, changed: &[Part], mut old: BTreeSet<String>) -> Inner<()> {
    let near = root_neighbourhood(&Parts { db, read: RefCell::default() }, changed)?;
    let new: Vec<Root> = roots(&near);
    let mut root_of: HashMap<&str, &str> = HashMap::new();
    for root in &new {
        root_of.extend(root.parts.iter().map(|p| (p.as_str(), root.id.as_str())));
    }
    for part in &near {
        let (had, has): (Option<String>, _) = (
            db.prepare_cached("SELECT root_id FROM incidents WHERE id = ?1")?.query_row([&part.id], |r| r.get(0))?,
            root_of.get(part.id.as_str()).copied(),
        );
        if had.as_deref() != has {
            db.prepare_cached("UPDATE incidents SET root_id = ?2 WHERE id = ?1")?.execute(params![part.id, has])?;
        }
        old.extend(had);
    }
    for id in old.iter().filter(|id| !new.iter().any(|r| r.id == **id)) {
        db.prepare_cached("DELETE FROM incident_roots WHERE id = ?1")?.execute([id])?;
    }
    for root in new {
        db.prepare_cached(
            "INSERT INTO incident_roots (id, head, parts, cause, start, \"end\", status, articles) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET head = ?2, parts = ?3, cause = ?4, start = ?5, \"end\" = ?6, status = ?7, articles = ?8",
        )?
        .execute(params![
            root.id,
            root.head,
            list(&root.parts),
            root.cause.map(Cause::as_str),
            root.start.map(|m| m.to_string()),
            root.end.map(|m| m.to_string()),
            root.status.as_str(),
            count(root.articles),
        ])?;
    }
    Ok(())
}

/// Makes the incidents of all articles that have none yet, the earliest published first.
pub(super) fn build(db: &Connection, families: &FamiliesCache, mut progress: impl FnMut(u64, u64)) -> Inner<()> {
    const STEP: usize = 500;
    let mut statement = db.prepare(
        "SELECT a.id FROM articles a WHERE EXISTS (SELECT 1 FROM outages o WHERE o.article_id = a.id) ORDER BY a.published_first, a.id",
    )?;
    let ids: Vec<String> = statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    let mut done = 0;
    for step in ids.chunks(STEP) {
        let mut changes = Changes::default();
        for id in step {
            changes.after(db, families, id)?;
        }
        refresh(db, &mut changes)?;
        done += step.len() as u64;
        progress(done, ids.len() as u64);
    }
    Ok(())
}

/// Makes the keys anew where other dictionaries give others; `true`: something is another now.
pub(super) fn use_families(db: &Connection, cache: &FamiliesCache, families: &Arc<Families>) -> Inner<bool> {
    let known: bool = db.query_row("SELECT EXISTS (SELECT 1 FROM incident_families)", [], |r| r.get(0))?;
    if !known {
        // No record was ever stored: each would have asked.
        cache.put(db, families)?;
        return Ok(false);
    }
    let before = cache.get(db)?;
    if before == *families {
        return Ok(false);
    }
    cache.put(db, families)?;
    let mut statement =
        db.prepare("SELECT DISTINCT o.service, o.service_id, o.operator FROM outages o JOIN incident_outages m ON m.outage_id = o.id")?;
    type Named = (String, Option<String>, Option<String>);
    let named: Vec<Named> = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<Result<_, _>>()?;
    let mut changes = Changes::default();
    let mut articles = BTreeSet::new();
    for (service, id, operator) in named {
        let of = |f: &Families| (f.uppers(&service, id.as_deref(), operator.as_deref()), f.is_provider(id.as_deref()));
        if of(&before) != of(families) {
            let mut statement =
                db.prepare_cached("SELECT DISTINCT article_id FROM outages WHERE service = ?1 AND service_id IS ?2 AND operator IS ?3")?;
            let found = statement.query_map(params![service, id, operator], |r| r.get::<_, String>(0))?;
            articles.extend(found.collect::<Result<Vec<_>, _>>()?);
        }
    }
    for article in &articles {
        changes.before(db, article)?;
        changes.after(db, cache, article)?;
    }
    refresh(db, &mut changes)?;
    Ok(!articles.is_empty())
}

/// A correction as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEdit {
    /// What `undo` calls it.
    pub number: i64,
    /// The correction.
    pub edit: Edit,
    /// The incidents that it speaks of today; none where no record is left that it names.
    pub incidents: Vec<String>,
}

pub(super) fn edits(db: &Connection) -> Inner<Vec<StoredEdit>> {
    let mut statement = db.prepare_cached("SELECT number, edit FROM incident_edits ORDER BY at, number")?;
    let mut rows = statement.query([])?;
    let mut edits = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        let edit = serde_json::from_str(&text).map_err(|e| corrupt("incident_edits.edit", &text, e.to_string()))?;
        edits.push(StoredEdit { number: row.get(0)?, edit, incidents: Vec::new() });
    }
    Ok(edits)
}

pub(super) fn listed_edits(db: &Connection) -> Inner<Vec<StoredEdit>> {
    let mut all = edits(db)?;
    for stored in &mut all {
        let mut ids = BTreeSet::new();
        for target in stored.edit.targets() {
            let mut statement = db.prepare_cached(
                "SELECT DISTINCT incident_id FROM incident_outages WHERE article_id = ?1 AND service_key = ?2 AND incident_id IS NOT NULL",
            )?;
            let found = statement.query_map([&target.article, &target.service], |r| r.get::<_, String>(0))?;
            ids.extend(found.collect::<Result<Vec<_>, _>>()?);
        }
        stored.incidents = ids.into_iter().collect();
    }
    Ok(all)
}

/// Keeps a correction and follows it; the number that it has. One that is there already is not kept twice.
pub(super) fn put_edit(db: &Connection, edit: &Edit) -> Inner<i64> {
    let text = serde_json::to_string(edit).map_err(|e| StoreError::CannotEdit(e.to_string()))?;
    let known = db.prepare_cached("SELECT number FROM incident_edits WHERE edit = ?1")?.query_row([&text], |r| r.get(0)).optional()?;
    if let Some(number) = known {
        return Ok(number);
    }
    db.prepare_cached("INSERT INTO incident_edits (at, edit) VALUES (?1, ?2)")?.execute(params![edit.at, text])?;
    let number = db.last_insert_rowid();
    touch(db, edit)?;
    Ok(number)
}

pub(super) fn undo(db: &Connection, number: i64) -> Inner<Edit> {
    let stored = edits(db)?.into_iter().find(|e| e.number == number);
    let Some(stored) = stored else {
        return Err(StoreError::CannotEdit(format!("there is no edit {number}; `meoktong incident edits` lists them")).into());
    };
    db.prepare_cached("DELETE FROM incident_edits WHERE number = ?1")?.execute([number])?;
    touch(db, &stored.edit)?;
    Ok(stored.edit)
}

fn touch(db: &Connection, edit: &Edit) -> Inner<()> {
    let mut changes = Changes { all: true, ..Changes::default() };
    for target in edit.targets() {
        changes.before(db, &target.article)?;
        changes.articles.insert(target.article.clone());
    }
    refresh(db, &mut changes)
}

/// What a person asks for, by ids as people see them.
#[derive(Clone, Debug, PartialEq)]
pub enum Correction {
    /// Two incidents are one.
    Merge(String, String),
    /// These records are another incident than the rest.
    Split(String, Vec<String>),
    /// A value.
    Set(String, Set),
}

/// Keeps a correction of today's incidents, made at `now`; gives its number and the incident that it led to.
pub(super) fn correct(db: &Connection, correction: &Correction, reason: &str, now: i64) -> Inner<(i64, String)> {
    let say = |text: String| Err(StoreError::CannotEdit(text).into());
    let (action, id) = match correction {
        Correction::Merge(a, b) => {
            let (a, b) = (incident_of(db, a)?, incident_of(db, b)?);
            if a == b {
                return say(format!("both ids lead to the incident {a}: there is nothing to merge"));
            }
            (Action::Merge { a: targets(db, &a)?, b: targets(db, &b)? }, a)
        }
        Correction::Split(id, records) => {
            let id = incident_of(db, id)?;
            let mut members = members(db, &id)?;
            let mut out = Vec::new();
            for record in records {
                let fits = |m: &(String, Target)| m.0.starts_with(record.as_str()) || m.1.article == *record;
                let found: Vec<usize> = members.iter().enumerate().filter(|(_, m)| fits(m)).map(|(n, _)| n).collect();
                match found.as_slice() {
                    [n] => out.push(members.remove(*n).1),
                    [] => return say(format!("the incident {id} has no record `{record}`; `meoktong show {id}` lists its records")),
                    _ => return say(format!("the incident {id} has several records `{record}`: give more of the id")),
                }
            }
            if members.is_empty() {
                return say(format!("all records of the incident {id} would go: nothing would be left to split from"));
            }
            (Action::Split { kept: members.into_iter().map(|m| m.1).collect(), out }, id)
        }
        Correction::Set(id, set) => {
            let id = incident_of(db, id)?;
            (Action::Set { of: targets(db, &id)?, set: set.clone() }, id)
        }
    };
    // Two in one second keep their order.
    let last: Option<i64> = db.query_row("SELECT max(at) FROM incident_edits", [], |r| r.get(0))?;
    let at = last.map_or(now, |last| now.max(last.saturating_add(1)));
    let number = put_edit(db, &Edit { at, action, reason: reason.to_owned() })?;
    Ok((number, incident_of(db, &id)?))
}

fn members(db: &Connection, id: &str) -> Inner<Vec<(String, Target)>> {
    let mut statement = db.prepare_cached(
        "SELECT m.outage_id, m.article_id, m.service_key, o.start FROM incident_outages m JOIN outages o ON o.id = m.outage_id
         WHERE m.incident_id = ?1 ORDER BY m.position",
    )?;
    let found = statement.query_map([id], |r| Ok((r.get(0)?, Target { article: r.get(1)?, service: r.get(2)?, start: r.get(3)? })))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn targets(db: &Connection, id: &str) -> Inner<Vec<Target>> {
    Ok(members(db, id)?.into_iter().map(|m| m.1).collect())
}

/// The incident that an id leads to: its own, a former one, that of a record; or the beginning of one, if it can mean no other.
pub(super) fn incident_of(db: &Connection, given: &str) -> Inner<String> {
    let none = || StoreError::NoIncident(given.chars().take(80).collect());
    // Ids are hexadecimal: `g` is behind every id that begins so, and nothing else can be an id.
    if given.is_empty() || !given.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(none().into());
    }
    let prefix = given.to_ascii_lowercase();
    for sql in [
        "SELECT DISTINCT id FROM incidents WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2",
        "SELECT DISTINCT incident_id FROM incident_outages WHERE alias >= ?1 AND alias < ?1 || 'g' AND incident_id IS NOT NULL LIMIT 2",
        "SELECT DISTINCT incident_id FROM incident_outages WHERE outage_id >= ?1 AND outage_id < ?1 || 'g' AND incident_id IS NOT NULL LIMIT 2",
    ] {
        let found: Vec<String> = db.prepare_cached(sql)?.query_map([&prefix], |r| r.get(0))?.collect::<Result<_, _>>()?;
        match found.as_slice() {
            [] => {}
            [id] => return Ok(id.clone()),
            _ => return Err(StoreError::AmbiguousIncident(prefix).into()),
        }
    }
    let found: Vec<String> = db
        .prepare_cached("SELECT leads_to FROM incident_aliases WHERE alias >= ?1 AND alias < ?1 || 'g' LIMIT 2")?
        .query_map([&prefix], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    let mut at = match found.as_slice() {
        [] => return Err(none().into()),
        [to] => to.clone(),
        _ => return Err(StoreError::AmbiguousIncident(prefix).into()),
    };
    // A chain of ids, each of which was withdrawn after the one before; not longer than anyone would wait for.
    for _ in 0..64 {
        let lives: Option<String> = db
            .prepare_cached("SELECT incident_id FROM incident_outages WHERE alias = ?1 AND incident_id IS NOT NULL")?
            .query_row([&at], |r| r.get(0))
            .optional()?;
        if let Some(id) = lives {
            return Ok(id);
        }
        let next =
            db.prepare_cached("SELECT leads_to FROM incident_aliases WHERE alias = ?1")?.query_row([&at], |r| r.get(0)).optional()?;
        let Some(next) = next else { break };
        at = next;
    }
    Err(none().into())
}
