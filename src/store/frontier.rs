//! What the crawl has to remember between two runs: which pages are due, who listed them, how hosts and sources are. When something is due
//! is for the crawl to decide; here it is only kept, and handed out in steps, so that a million pages need no more memory than a few.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::pages::{compress, decompress, host_of, iso, timestamp, timestamp_option};
use super::{Inner, articles, parse_option};
use crate::temporal::Moment;

/// A page that a source lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Where it is.
    pub url: String,
    /// The headline in the list.
    pub title: Option<String>,
    /// When the list says it was published.
    pub published_at: Option<Moment>,
    /// Who publishes it, where the list says that of each.
    pub publisher: Option<String>,
}

/// How a listed page stood when it was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was not known, and is due.
    New,
    /// It was known, and is due.
    Due,
    /// Its article is stored, and it is not due.
    Stored,
    /// It waits for another try, or was given up.
    Waiting,
}

/// Which of the pages that are due are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DueFilter {
    /// Those that were due by then.
    pub by: Timestamp,
    /// None that the source says was published earlier.
    pub since: Option<Moment>,
    /// Only those that one of these sources listed; none: all.
    pub sources: Option<Vec<String>>,
}

/// A page that is due, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DuePage {
    /// Where it is.
    pub url: String,
    /// Since when it is due.
    pub due: Timestamp,
    /// How often it has failed since the last success.
    pub failures: u32,
    /// The last status.
    pub status: Option<u16>,
    /// When it first gave an article.
    pub first_fetched_at: Option<Timestamp>,
    /// Where redirects led.
    pub final_url: Option<String>,
    /// Whether an article of it is stored, so that "not modified" would be an answer.
    pub stored: bool,
    /// The header of the last success.
    pub etag: Option<String>,
    /// The header of the last success.
    pub last_modified: Option<String>,
    /// What a source said of it; of several the one with the smallest id speaks.
    pub published_at: Option<Moment>,
    /// The headline in the source.
    pub title: Option<String>,
    /// Whose source it is.
    pub publisher: Option<String>,
}

/// A host that fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostState {
    /// How often in a row.
    pub failures: u32,
    /// Until when it is left alone.
    pub next_due: Option<Timestamp>,
    /// Why it failed last.
    pub reason: Option<String>,
}

/// The last answer of a host that says what its robots.txt is.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRobots {
    /// The HTTP status.
    pub status: u16,
    /// The file; empty where there is none.
    pub body: Vec<u8>,
    /// When.
    pub fetched_at: Timestamp,
}

/// How a source is.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    /// When it was last asked.
    pub last_read: Timestamp,
    /// When that last went well.
    pub last_ok: Option<Timestamp>,
    /// How often it has failed since.
    pub failures: u32,
    /// When it is asked next by its schedule, or later where it fails again and again.
    pub next_due: Option<Timestamp>,
    /// Why it failed last, or what of it did.
    pub reason: Option<String>,
    /// How many articles it listed when it was last read.
    pub entries: Option<u64>,
    /// When the newest of them was published.
    pub newest: Option<Moment>,
    /// How many seconds apart it wants to be asked, and in which hours of the day (UTC, bit 0 is midnight) not at all.
    pub wish: (Option<u64>, u32),
}

/// Notes what a source lists; a page that is not known yet is due at once.
pub(super) fn note(db: &Connection, source: &str, publisher: Option<&str>, listed: &[Listed], now: Timestamp) -> Inner<Vec<Standing>> {
    let now = iso(now);
    let mut standings = Vec::with_capacity(listed.len());
    for page in listed {
        let state: Option<(bool, bool)> = db
            .prepare_cached("SELECT next_due IS NOT NULL AND next_due <= ?2, article_id IS NOT NULL FROM pages WHERE url = ?1")?
            .query_row([&page.url, &now], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        let standing = match state {
            Some((true, _)) => Standing::Due,
            Some((_, true)) => Standing::Stored,
            Some((_, false)) => Standing::Waiting,
            None if articles::at_url(db, &page.url)?.is_some() => Standing::Stored,
            None => {
                db.prepare_cached(
                    "INSERT INTO pages (url, kind, host, state, next_due, found_at) VALUES (?1, 'article', ?2, 'found', ?3, ?3)",
                )?
                .execute(params![page.url, host_of(&page.url), now])?;
                Standing::New
            }
        };
        db.prepare_cached(
            "INSERT INTO page_sources (url, source_id, published_at, published_last, title, publisher) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            page.url,
            source,
            page.published_at.map(|m| m.to_string()),
            page.published_at.map(|m| m.unix_bounds().1),
            page.title,
            page.publisher.as_deref().or(publisher)
        ])?;
        standings.push(standing);
    }
    Ok(standings)
}

/// Up to `limit` hosts behind `after` that have a page that is due, in order. Jumps from host to host, however many pages each has.
pub(super) fn due_hosts(db: &Connection, by: Timestamp, after: &str, limit: usize) -> Inner<Vec<String>> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE known (host) AS (
            SELECT min(host) FROM pages INDEXED BY pages_due WHERE next_due IS NOT NULL AND host > ?1
            UNION ALL
            SELECT (SELECT min(host) FROM pages INDEXED BY pages_due WHERE next_due IS NOT NULL AND host > known.host)
            FROM known WHERE known.host IS NOT NULL
         )
         SELECT host FROM known
         WHERE host IS NOT NULL
            AND EXISTS (SELECT 1 FROM pages INDEXED BY pages_due WHERE pages.host = known.host AND next_due IS NOT NULL AND next_due <= ?2)
         LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(statement.query_map(params![after, iso(by), limit], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// What [`DueFilter`] asks of a page `p`, with `?1` and `?2` for what it compares to.
const WANTED: &str = "
    (?1 IS NULL OR NOT EXISTS (
        SELECT 1 FROM page_sources s
        WHERE s.url = p.url AND s.source_id = (SELECT min(source_id) FROM page_sources WHERE url = p.url) AND s.published_last < ?1))
    AND (?2 IS NULL OR EXISTS (
        SELECT 1 FROM page_sources s WHERE s.url = p.url AND s.source_id IN (SELECT value FROM json_each(?2))))";

fn wanted(filter: &DueFilter) -> (Option<i64>, Option<String>) {
    (filter.since.map(|m| m.unix_bounds().0), filter.sources.as_deref().map(super::list))
}

/// Up to `limit` pages of a host that are due, those that became so last first: news before what was tried in vain. `after` is the last page of the step before.
pub(super) fn due_pages(db: &Connection, host: &str, filter: &DueFilter, after: Option<&DuePage>, limit: usize) -> Inner<Vec<DuePage>> {
    let (since, sources) = wanted(filter);
    let mut statement = db.prepare_cached(&format!(
        "SELECT p.url, p.next_due, p.failures, p.status, p.first_fetched_at, p.final_url, p.article_id IS NOT NULL,
            p.etag, p.last_modified, o.published_at, o.title, o.publisher
         FROM pages p INDEXED BY pages_due
         LEFT JOIN page_sources o ON o.url = p.url AND o.source_id = (SELECT min(source_id) FROM page_sources WHERE url = p.url)
         WHERE p.host = ?3 AND p.next_due IS NOT NULL AND (p.next_due, p.url) < (?4, ?5) AND {WANTED}
         ORDER BY p.next_due DESC, p.url DESC LIMIT ?6"
    ))?;
    // Behind every URL of the last moment that counts.
    let (due, url) = after.map_or((iso(filter.by), "\u{10ffff}"), |a| (iso(a.due), a.url.as_str()));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![since, sources, host, due, url, limit])?;
    let mut pages = Vec::new();
    while let Some(row) = rows.next()? {
        pages.push(DuePage {
            url: row.get(0)?,
            due: timestamp("pages.next_due", row.get(1)?)?,
            failures: row.get(2)?,
            status: row.get(3)?,
            first_fetched_at: timestamp_option("pages.first_fetched_at", row.get(4)?)?,
            final_url: row.get(5)?,
            stored: row.get(6)?,
            etag: row.get(7)?,
            last_modified: row.get(8)?,
            published_at: parse_option("page_sources.published_at", row.get(9)?)?,
            title: row.get(10)?,
            publisher: row.get(11)?,
        });
    }
    Ok(pages)
}

/// How many pages are due.
pub(super) fn count_due(db: &Connection, filter: &DueFilter) -> Inner<u64> {
    let (since, sources) = wanted(filter);
    let sql = format!("SELECT count(*) FROM pages p INDEXED BY pages_due WHERE p.next_due <= ?3 AND {WANTED}");
    Ok(db.prepare_cached(&sql)?.query_row(params![since, sources, iso(filter.by)], |r| r.get::<_, i64>(0))?.cast_unsigned())
}

/// How many pages would be due, but for their host, which is left alone at `now`.
pub(super) fn count_put_off(db: &Connection, filter: &DueFilter, now: Timestamp) -> Inner<u64> {
    let (since, sources) = wanted(filter);
    let sql = format!(
        "SELECT count(*) FROM hosts h CROSS JOIN pages p INDEXED BY pages_due ON p.host = h.host WHERE h.next_due > ?4 AND p.next_due <= ?3 AND {WANTED}"
    );
    let values = params![since, sources, iso(filter.by), iso(now)];
    Ok(db.prepare_cached(&sql)?.query_row(values, |r| r.get::<_, i64>(0))?.cast_unsigned())
}

/// Leaves a page as it is, until later.
pub(super) fn defer(db: &Connection, url: &str, until: Timestamp) -> Inner<()> {
    db.prepare_cached("UPDATE pages SET next_due = ?2 WHERE url = ?1")?.execute([url, &iso(until)])?;
    Ok(())
}

pub(super) fn host(db: &Connection, host: &str) -> Inner<Option<HostState>> {
    let row: Option<(u32, Option<String>, Option<String>)> = db
        .prepare_cached("SELECT failures, next_due, reason FROM hosts WHERE host = ?1")?
        .query_row([host], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    row.map(|(failures, due, reason)| Ok(HostState { failures, next_due: timestamp_option("hosts.next_due", due)?, reason })).transpose()
}

/// `None`: it is well.
pub(super) fn put_host(db: &Connection, host: &str, state: Option<&HostState>) -> Inner<()> {
    match state {
        None => db.prepare_cached("DELETE FROM hosts WHERE host = ?1")?.execute([host])?,
        Some(state) => db
            .prepare_cached(
                "INSERT INTO hosts (host, failures, next_due, reason) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (host) DO UPDATE SET failures = ?2, next_due = ?3, reason = ?4",
            )?
            .execute(params![host, state.failures, state.next_due.map(iso), state.reason])?,
    };
    Ok(())
}

pub(super) fn robots(db: &Connection, host: &str) -> Inner<Option<StoredRobots>> {
    let row: Option<(u16, Option<Vec<u8>>, String)> = db
        .prepare_cached("SELECT status, body, fetched_at FROM robots WHERE host = ?1")?
        .query_row([host], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    row.map(|(status, body, at)| {
        let body = body.map(|b| decompress("robots.body", host, &b)).transpose()?.unwrap_or_default();
        Ok(StoredRobots { status, body, fetched_at: timestamp("robots.fetched_at", at)? })
    })
    .transpose()
}

pub(super) fn put_robots(db: &Connection, host: &str, robots: &StoredRobots) -> Inner<()> {
    let body = if robots.body.is_empty() { None } else { Some(compress(host, &robots.body)?) };
    db.prepare_cached(
        "INSERT INTO robots (host, status, body, fetched_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (host) DO UPDATE SET status = ?2, body = ?3, fetched_at = ?4",
    )?
    .execute(params![host, robots.status, body, iso(robots.fetched_at)])?;
    Ok(())
}

pub(super) fn source(db: &Connection, id: &str) -> Inner<Option<SourceState>> {
    let mut statement = db.prepare_cached(
        "SELECT last_read, last_ok, failures, next_due, reason, entries, newest, wish_s, quiet_hours FROM source_state WHERE source_id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(SourceState {
        last_read: timestamp("source_state.last_read", row.get(0)?)?,
        last_ok: timestamp_option("source_state.last_ok", row.get(1)?)?,
        failures: row.get(2)?,
        next_due: timestamp_option("source_state.next_due", row.get(3)?)?,
        reason: row.get(4)?,
        entries: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        newest: parse_option("source_state.newest", row.get(6)?)?,
        wish: (row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned), row.get(8)?),
    }))
}

pub(super) fn put_source(db: &Connection, id: &str, state: &SourceState) -> Inner<()> {
    db.prepare_cached(
        "INSERT INTO source_state (source_id, last_read, last_ok, failures, next_due, reason, entries, newest, wish_s, quiet_hours)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (source_id) DO UPDATE SET last_read = ?2, last_ok = ?3, failures = ?4, next_due = ?5, reason = ?6, entries = ?7,
            newest = ?8, wish_s = ?9, quiet_hours = ?10",
    )?
    .execute(params![
        id,
        iso(state.last_read),
        state.last_ok.map(iso),
        state.failures,
        state.next_due.map(iso),
        state.reason,
        state.entries.map(u64::cast_signed),
        state.newest.map(|m| m.to_string()),
        state.wish.0.map(u64::cast_signed),
        state.wish.1
    ])?;
    Ok(())
}

/// The hosts that are left alone at `now`, in order.
pub(super) fn hosts_left_alone(db: &Connection, now: Timestamp) -> Inner<Vec<(String, HostState)>> {
    let mut statement = db.prepare_cached("SELECT host, failures, next_due, reason FROM hosts WHERE next_due > ?1 ORDER BY host")?;
    let mut rows = statement.query([iso(now)])?;
    let mut hosts = Vec::new();
    while let Some(row) = rows.next()? {
        let next_due = timestamp_option("hosts.next_due", row.get(2)?)?;
        hosts.push((row.get(0)?, HostState { failures: row.get(1)?, next_due, reason: row.get(3)? }));
    }
    Ok(hosts)
}

/// Brings back what was put off beyond `latest`, where nothing is put off so far: a clock had been wrong.
pub(super) fn recall(db: &Connection, now: Timestamp, latest: Timestamp) -> Inner<u64> {
    let (now, latest) = (iso(now), iso(latest));
    let pages = db.execute("UPDATE pages SET next_due = ?1 WHERE next_due IS NOT NULL AND next_due > ?2", [&now, &latest])?;
    db.execute("DELETE FROM hosts WHERE next_due > ?1", [&latest])?;
    Ok(pages as u64)
}

/// How a watch is, as it said itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    /// Its process.
    pub pid: u32,
    /// Since when it runs.
    pub started_at: Timestamp,
    /// When it last had the database and nothing else to do.
    pub beat_at: Timestamp,
    /// When it ended, if it could say so.
    pub ended_at: Option<Timestamp>,
}

pub(super) fn heartbeat(db: &Connection) -> Inner<Option<Heartbeat>> {
    let mut statement = db.prepare_cached("SELECT pid, started_at, beat_at, ended_at FROM watch WHERE id = 1")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Heartbeat {
        pid: row.get(0)?,
        started_at: timestamp("watch.started_at", row.get(1)?)?,
        beat_at: timestamp("watch.beat_at", row.get(2)?)?,
        ended_at: timestamp_option("watch.ended_at", row.get(3)?)?,
    }))
}

pub(super) fn put_heartbeat(db: &Connection, beat: &Heartbeat) -> Inner<()> {
    db.prepare_cached(
        "INSERT INTO watch (id, pid, started_at, beat_at, ended_at) VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET pid = ?1, started_at = ?2, beat_at = ?3, ended_at = ?4",
    )?
    .execute(params![beat.pid, iso(beat.started_at), iso(beat.beat_at), beat.ended_at.map(iso)])?;
    Ok(())
}

/// Notes what an import knows of how a page was found, beside what sources say, and when it was first fetched.
pub(super) fn note_origin(db: &Connection, listed: &Listed, publisher: Option<&str>, first: Option<Timestamp>) -> Inner<()> {
    if listed.title.is_some() || listed.published_at.is_some() || publisher.is_some() {
        db.prepare_cached(
            "INSERT INTO page_sources (url, source_id, published_at, published_last, title, publisher) VALUES (?1, 'import', ?2, ?3, ?4, ?5)
             ON CONFLICT (url, source_id) DO UPDATE SET published_at = ?2, published_last = ?3, title = ?4, publisher = ?5",
        )?
        .execute(params![
            listed.url,
            listed.published_at.map(|m| m.to_string()),
            listed.published_at.map(|m| m.unix_bounds().1),
            listed.title,
            publisher
        ])?;
    }
    if let Some(first) = first {
        db.prepare_cached("UPDATE pages SET first_fetched_at = min(coalesce(first_fetched_at, ?2), ?2) WHERE url = ?1")?
            .execute([&listed.url, &iso(first)])?;
    }
    Ok(())
}
