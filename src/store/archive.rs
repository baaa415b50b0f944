//! The raw archive: what each page answered, every version of it, so that better rules can be applied to old pages.
//!
//! It promises: equal bodies are stored once; a body that a page gave again is no new version; what the settings no longer want goes in small
//! steps, together with what comes, so that nobody waits long: first earlier versions, then what pages say now, the oldest first.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::pages::{compress, decompress, iso, timestamp, timestamp_option};
use super::{Inner, Page, PageKind, PageState, list, parse_list, parse_option};
use crate::config::ArchiveConfig;
use crate::temporal::Moment;

/// A page as it once was.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Of captures of different pages the later stored has the larger.
    pub id: i64,
    /// The URL that was asked.
    pub url: String,
    /// Where redirects led.
    pub final_url: Option<String>,
    /// What lay between the two.
    pub via: Vec<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Such as `HTTP/1.1`.
    pub protocol: Option<String>,
    /// The headers, as they came.
    pub headers: Vec<(String, Vec<u8>)>,
    /// When.
    pub fetched_at: Timestamp,
    /// When the page first gave an article.
    pub first_fetched_at: Option<Timestamp>,
    /// Whether it is what the page says now.
    pub is_last: bool,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// When a source said it was published; of several the one with the smallest id speaks.
    pub published_at: Option<Moment>,
    /// The headline in the source.
    pub title: Option<String>,
    /// Whose source it is.
    pub publisher: Option<String>,
    /// The article that it led to.
    pub article_id: Option<String>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Capture {
    /// What the crawl handed over then; whatever is known of it beside is not in it.
    pub fn into_page(self) -> Page {
        let header = |name: &str| {
            let (_, value) = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
            Some(encoding_rs::mem::decode_latin1(value).into_owned())
        };
        Page {
            etag: header("etag"),
            last_modified: header("last-modified"),
            url: self.url,
            kind: PageKind::Article,
            state: PageState::Fetched,
            final_url: self.final_url,
            via: self.via,
            status: self.status,
            content_type: self.content_type,
            protocol: self.protocol,
            headers: self.headers,
            fetched_at: self.fetched_at,
            next_due: None,
            failures: 0,
            reason: None,
            body: Some(self.body),
        }
    }
}

/// What the archive holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArchiveSize {
    /// Answers.
    pub captures: u64,
    /// Different bodies.
    pub bodies: u64,
    /// Bytes, compressed.
    pub bytes: u64,
}

pub(super) fn hash(body: &[u8]) -> Vec<u8> {
    Sha256::digest(body).to_vec()
}

/// Keeps what `page` answered, unless it is what is known.
pub(super) fn keep(db: &Connection, page: &Page, hash: &[u8], body: &[u8], config: &ArchiveConfig) -> Inner<()> {
    if config.keep.is_zero() {
        return Ok(());
    }
    let at = iso(page.fetched_at);
    // An import may bring what is older than what is known, too.
    let neighbour = |side: &str| -> Inner<Option<bool>> {
        let sql = format!(
            "SELECT b.hash = ?3 FROM captures c JOIN bodies b ON b.id = c.body_id WHERE c.url = ?1 AND c.fetched_at {side}, c.id DESC LIMIT 1"
        );
        Ok(db.prepare_cached(&sql)?.query_row(params![page.url, at, hash], |r| r.get(0)).optional()?)
    };
    let before = neighbour("<= ?2 ORDER BY c.fetched_at DESC")?;
    let after = neighbour("> ?2 ORDER BY c.fetched_at")?;
    if before == Some(true) || after == Some(true) {
        return Ok(());
    }
    let known: Option<i64> = db.prepare_cached("SELECT id FROM bodies WHERE hash = ?1")?.query_row([hash], |r| r.get(0)).optional()?;
    let body_id = match known {
        Some(id) => id,
        None => {
            let bytes = compress(&page.url, body)?;
            db.prepare_cached("INSERT INTO bodies (hash, size, bytes) VALUES (?1, ?2, ?3)")?.execute(params![
                hash,
                i64::try_from(bytes.len()).unwrap_or(i64::MAX),
                bytes
            ])?;
            db.last_insert_rowid()
        }
    };
    if after.is_none() {
        db.prepare_cached("UPDATE captures SET is_last = 0 WHERE url = ?1 AND is_last = 1")?.execute([&page.url])?;
    }
    db.prepare_cached(
        "INSERT INTO captures (url, final_url, via, status, protocol, headers, fetched_at, body_id, is_last)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        page.url,
        page.final_url,
        list(&page.via),
        page.status,
        page.protocol,
        compress(&page.url, &lines(&page.headers))?,
        at,
        body_id,
        after.is_none()
    ])?;
    Ok(())
}

fn lines(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    headers.iter().flat_map(|(name, value)| [name.as_bytes(), b": ", value, b"\r\n"].concat()).collect()
}

fn from_lines(lines: &[u8]) -> Vec<(String, Vec<u8>)> {
    lines
        .split(|b| *b == b'\n')
        .filter_map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let colon = line.iter().position(|b| *b == b':')?;
            let value = line.get(colon + 1..)?;
            Some((String::from_utf8_lossy(line.get(..colon)?).into_owned(), value.strip_prefix(b" ").unwrap_or(value).to_owned()))
        })
        .collect()
}

/// Lets at most `most` captures go that are no longer wanted at `now`; gives how many went.
pub(super) fn prune(db: &Connection, config: &ArchiveConfig, now: Timestamp, most: usize) -> Inner<usize> {
    let mut gone = 0;
    let by_age = [(false, Some(config.keep)), (true, if config.keep.is_zero() { Some(config.keep) } else { config.keep_last })];
    for (is_last, keep) in by_age {
        let Some(keep) = keep else { continue };
        // An age that reaches back before all time is none.
        let Some(oldest) = jiff::SignedDuration::try_from(keep).ok().and_then(|keep| now.checked_sub(keep).ok()) else { continue };
        let limit = i64::try_from(most - gone).unwrap_or(i64::MAX);
        let old: Vec<(i64, i64)> = db
            .prepare_cached("SELECT id, body_id FROM captures WHERE is_last = ?1 AND fetched_at < ?2 ORDER BY fetched_at, id LIMIT ?3")?
            .query_map(params![is_last, iso(oldest), limit], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<Result<_, _>>()?;
        gone += old.len();
        for (id, body) in old {
            remove(db, id, body)?;
        }
    }
    while gone < most && size(db)?.bytes > config.max_size {
        let next = db
            .prepare_cached("SELECT id, body_id FROM captures ORDER BY is_last, fetched_at LIMIT 1")?
            .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        let Some((id, body)) = next else { break };
        remove(db, id, body)?;
        gone += 1;
    }
    Ok(gone)
}

fn remove(db: &Connection, id: i64, body: i64) -> Inner<()> {
    db.prepare_cached("DELETE FROM captures WHERE id = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM bodies WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM captures WHERE body_id = ?1)")?.execute([body])?;
    Ok(())
}

fn size(db: &Connection) -> Inner<ArchiveSize> {
    let bytes: i64 = db.prepare_cached("SELECT size FROM archive")?.query_row([], |r| r.get(0))?;
    Ok(ArchiveSize { bytes: bytes.cast_unsigned(), ..ArchiveSize::default() })
}

/// With the numbers that take a walk over the indices.
pub(super) fn full_size(db: &Connection) -> Inner<ArchiveSize> {
    let (captures, bodies): (i64, i64) =
        db.query_row("SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM bodies)", [], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(ArchiveSize { captures: captures.cast_unsigned(), bodies: bodies.cast_unsigned(), ..size(db)? })
}

const COLUMNS: &str = "c.id, c.url, c.final_url, c.via, c.status, c.protocol, c.headers, c.fetched_at, p.first_fetched_at, c.is_last,
    p.content_type, o.published_at, o.title, o.publisher, p.article_id, b.bytes
    FROM captures c JOIN bodies b ON b.id = c.body_id LEFT JOIN pages p ON p.url = c.url
    LEFT JOIN page_sources o ON o.url = c.url AND o.source_id = (SELECT min(source_id) FROM page_sources WHERE url = c.url)";

fn from_row(row: &Row<'_>) -> Inner<Capture> {
    let url: String = row.get(1)?;
    let headers = from_lines(&decompress("captures.headers", &url, &row.get::<_, Vec<u8>>(6)?)?);
    // Of an earlier version the page's own row does not speak.
    let sent = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = sent.map(|(_, value)| encoding_rs::mem::decode_latin1(value).into_owned());
    Ok(Capture {
        id: row.get(0)?,
        final_url: row.get(2)?,
        via: parse_list("captures.via", row.get(3)?)?,
        status: row.get(4)?,
        protocol: row.get(5)?,
        fetched_at: timestamp("captures.fetched_at", row.get(7)?)?,
        first_fetched_at: timestamp_option("pages.first_fetched_at", row.get(8)?)?,
        is_last: row.get(9)?,
        content_type: content_type.or(row.get(10)?),
        published_at: parse_option("page_sources.published_at", row.get(11)?)?,
        title: row.get(12)?,
        publisher: row.get(13)?,
        article_id: row.get(14)?,
        body: decompress("bodies.bytes", &url, &row.get::<_, Vec<u8>>(15)?)?,
        headers,
        url,
    })
}

/// Up to `limit` captures behind `after`, in the order of their times.
pub(super) fn after(db: &Connection, after: Option<&Capture>, limit: usize) -> Inner<Vec<Capture>> {
    let sql = format!("SELECT {COLUMNS} WHERE (c.fetched_at, c.id) > (?1, ?2) ORDER BY c.fetched_at, c.id LIMIT ?3");
    let mut statement = db.prepare_cached(&sql)?;
    let (at, id) = after.map_or((String::new(), 0), |c| (iso(c.fetched_at), c.id));
    let mut rows = statement.query(params![at, id, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut captures = Vec::new();
    while let Some(row) = rows.next()? {
        captures.push(from_row(row)?);
    }
    Ok(captures)
}

/// What the pages of an article say now, in the order in which they were fetched.
pub(super) fn of_article(db: &Connection, article_id: &str) -> Inner<Vec<Capture>> {
    let sql = format!("SELECT {COLUMNS} WHERE p.article_id = ?1 AND c.is_last = 1 ORDER BY c.fetched_at, c.url");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([article_id])?;
    let mut captures = Vec::new();
    while let Some(row) = rows.next()? {
        captures.push(from_row(row)?);
    }
    Ok(captures)
}

/// Up to `limit` pages behind `after` that gave no article to the rules that read them last, which were others than `version`.
pub(super) fn unread(db: &Connection, version: Option<&str>, after: i64, limit: usize) -> Inner<Vec<Capture>> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE c.id > ?1 AND c.is_last = 1 AND p.article_id IS NULL AND (?2 IS NULL OR c.read_by IS NOT ?2) ORDER BY c.id LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![after, version, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut captures = Vec::new();
    while let Some(row) = rows.next()? {
        captures.push(from_row(row)?);
    }
    Ok(captures)
}

/// Notes which rules read a capture.
pub(super) fn read_by(db: &Connection, id: i64, version: &str) -> Inner<()> {
    db.prepare_cached("UPDATE captures SET read_by = ?2 WHERE id = ?1")?.execute(params![id, version])?;
    Ok(())
}

pub(super) fn last_body(db: &Connection, url: &str) -> Inner<Option<Vec<u8>>> {
    let sql = "SELECT b.bytes FROM captures c JOIN bodies b ON b.id = c.body_id WHERE c.url = ?1 AND c.is_last = 1";
    let bytes: Option<Vec<u8>> = db.prepare_cached(sql)?.query_row([url], |r| r.get(0)).optional()?;
    bytes.map(|b| decompress("bodies.bytes", url, &b)).transpose()
}

/// Takes over the bodies that databases of the second schema keep with the pages.
pub(super) fn adopt(db: &Connection) -> Inner<()> {
    let mut after = String::new();
    loop {
        type Old = (String, String, Option<String>, Option<u16>, Option<String>, String, Vec<u8>);
        let next: Option<Old> = db
            .prepare_cached(
                "SELECT url, kind, final_url, status, content_type, coalesce(fetched_at, found_at), body FROM pages
                 WHERE url > ?1 AND body IS NOT NULL ORDER BY url LIMIT 1",
            )?
            .query_row([&after], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?)))
            .optional()?;
        let Some((url, kind, final_url, status, content_type, fetched_at, compressed)) = next else { return Ok(()) };
        let hash = hash(&decompress("pages.body", &url, &compressed)?);
        if kind == "article" {
            let size = i64::try_from(compressed.len()).unwrap_or(i64::MAX);
            db.prepare_cached("INSERT INTO bodies (hash, size, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
                .execute(params![hash, size, compressed])?;
            let headers: Vec<_> = content_type.into_iter().map(|c| ("content-type".to_owned(), c.into_bytes())).collect();
            db.prepare_cached(
                "INSERT INTO captures (url, final_url, via, status, headers, fetched_at, body_id, is_last)
                 VALUES (?1, ?2, '[]', ?3, ?4, ?5, (SELECT id FROM bodies WHERE hash = ?6), 1)",
            )?
            .execute(params![url, final_url, status, compress(&url, &lines(&headers))?, fetched_at, hash])?;
        }
        db.prepare_cached("UPDATE pages SET body_hash = ?2, body = CASE WHEN kind = 'feed' THEN body END WHERE url = ?1")?
            .execute(params![url, hash])?;
        after = url;
    }
}

/// How far a task has come; none where it is done or was never begun.
pub(super) fn progress(db: &Connection, task: &str) -> Inner<Option<String>> {
    Ok(db.prepare_cached("SELECT position FROM progress WHERE task = ?1")?.query_row([task], |r| r.get(0)).optional()?)
}

/// `None`: the work is done.
pub(super) fn set_progress(db: &Connection, task: &str, position: Option<&str>) -> Inner<()> {
    match position {
        None => db.prepare_cached("DELETE FROM progress WHERE task = ?1")?.execute([task])?,
        Some(position) => db
            .prepare_cached("INSERT INTO progress (task, position) VALUES (?1, ?2) ON CONFLICT (task) DO UPDATE SET position = ?2")?
            .execute([task, position])?,
    };
    Ok(())
}
