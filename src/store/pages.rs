//! What was fetched: a row a URL, with what is needed to ask again politely and the raw body for better rules later; and the crawl runs.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Inner, StoreError};
use crate::temporal::{KST, Moment, Precision};

/// What stands behind a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// A source's list of articles.
    Feed,
    /// An article, or what was taken for one.
    Article,
}

/// One fetch of a URL.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The URL that was asked.
    pub url: String,
    /// What it was asked for.
    pub kind: PageKind,
    /// Where redirects led.
    pub final_url: Option<String>,
    /// The HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// The header, as it came.
    pub content_type: Option<String>,
    /// The header, as it came.
    pub etag: Option<String>,
    /// The header, as it came.
    pub last_modified: Option<String>,
    /// When.
    pub fetched_at: Timestamp,
    /// Why it was of no use; none where it was.
    pub reason: Option<String>,
    /// The body, decompressed from its transfer; none on failure.
    pub body: Option<Vec<u8>>,
}

/// What is known of a URL, without the body.
#[derive(Clone, Debug, PartialEq)]
pub struct PageHead {
    /// Whether the last fetch failed.
    pub failed: bool,
    /// Where redirects led.
    pub final_url: Option<String>,
    /// The header of the last success.
    pub content_type: Option<String>,
    /// The header of the last success.
    pub etag: Option<String>,
    /// The header of the last success.
    pub last_modified: Option<String>,
    /// Whether a body is kept.
    pub has_body: bool,
}

/// A crawl that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run(i64);

/// How a crawl went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// New articles.
    pub new: u64,
    /// Changed ones.
    pub updated: u64,
    /// Known ones.
    pub unchanged: u64,
    /// Records of new and changed articles.
    pub outages: u64,
    /// Pages that robots.txt forbids.
    pub disallowed: u64,
    /// Pages and feeds that failed.
    pub failed: u64,
}

const LEVEL: i32 = 3;

/// Korean time to the second, as everywhere else in the database.
fn iso(at: Timestamp) -> String {
    Moment::new(KST.to_datetime(at), Precision::Second).to_string()
}

pub(super) fn put(db: &Connection, page: &Page, article_id: Option<&str>) -> Inner<()> {
    let kind = match page.kind {
        PageKind::Feed => "feed",
        PageKind::Article => "article",
    };
    let fetched_at = iso(page.fetched_at);
    let Some(body) = page.body.as_deref().filter(|_| page.reason.is_none()) else {
        db.prepare_cached(
            "INSERT INTO pages (url, kind, state, final_url, status, content_type, fetched_at, reason)
             VALUES (?1, ?2, 'failed', ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (url) DO UPDATE SET state = 'failed', status = ?4, fetched_at = ?6, reason = ?7",
        )?
        .execute(params![page.url, kind, page.final_url, page.status, page.content_type, fetched_at, page.reason])?;
        return Ok(());
    };
    // The same bytes compress to the same bytes, so that an equal page can be told without decompressing.
    let body = zstd::bulk::compress(body, LEVEL)
        .map_err(|e| StoreError::Unstorable { article: page.url.clone(), reason: format!("its page cannot be compressed: {e}") })?;
    let same: Option<bool> = db
        .prepare_cached(
            "SELECT state = 'fetched' AND kind = ?2 AND final_url IS ?3 AND article_id IS ?4 AND status IS ?5 AND content_type IS ?6
                AND etag IS ?7 AND last_modified IS ?8 AND body IS ?9
             FROM pages WHERE url = ?1",
        )?
        .query_row(
            params![page.url, kind, page.final_url, article_id, page.status, page.content_type, page.etag, page.last_modified, body],
            |r| r.get(0),
        )
        .optional()?;
    if same != Some(true) {
        db.prepare_cached(
            "INSERT INTO pages (url, kind, state, final_url, article_id, status, content_type, etag, last_modified, fetched_at, reason, body)
             VALUES (?1, ?2, 'fetched', ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, ?10)
             ON CONFLICT (url) DO UPDATE SET kind = ?2, state = 'fetched', final_url = ?3, article_id = ?4, status = ?5, content_type = ?6,
                etag = ?7, last_modified = ?8, fetched_at = ?9, reason = NULL, body = ?10",
        )?
        .execute(params![
            page.url,
            kind,
            page.final_url,
            article_id,
            page.status,
            page.content_type,
            page.etag,
            page.last_modified,
            fetched_at,
            body
        ])?;
    }
    Ok(())
}

pub(super) fn head(db: &Connection, url: &str) -> Inner<Option<PageHead>> {
    Ok(db
        .prepare_cached(
            "SELECT state = 'failed', final_url, content_type, etag, last_modified, body IS NOT NULL FROM pages WHERE url = ?1",
        )?
        .query_row([url], |r| {
            Ok(PageHead {
                failed: r.get(0)?,
                final_url: r.get(1)?,
                content_type: r.get(2)?,
                etag: r.get(3)?,
                last_modified: r.get(4)?,
                has_body: r.get(5)?,
            })
        })
        .optional()?)
}

pub(super) fn body(db: &Connection, url: &str) -> Inner<Option<Vec<u8>>> {
    let body: Option<Option<Vec<u8>>> =
        db.prepare_cached("SELECT body FROM pages WHERE url = ?1")?.query_row([url], |r| r.get(0)).optional()?;
    let Some(body) = body.flatten() else { return Ok(None) };
    match zstd::decode_all(body.as_slice()) {
        Ok(body) => Ok(Some(body)),
        Err(error) => Err(StoreError::Corrupt { field: "pages.body", value: url.to_owned(), reason: error.to_string() }.into()),
    }
}

pub(super) fn begin_run(db: &Connection, started: Timestamp) -> Inner<Run> {
    db.execute("INSERT INTO crawl_runs (started_at) VALUES (?1)", [iso(started)])?;
    Ok(Run(db.last_insert_rowid()))
}

pub(super) fn finish_run(db: &Connection, run: Run, finished: Timestamp, counts: &RunCounts) -> Inner<()> {
    db.execute(
        "UPDATE crawl_runs SET finished_at = ?2, new = ?3, updated = ?4, unchanged = ?5, outages = ?6, disallowed = ?7, failed = ?8 WHERE id = ?1",
        params![
            run.0,
            iso(finished),
            counts.new.cast_signed(),
            counts.updated.cast_signed(),
            counts.unchanged.cast_signed(),
            counts.outages.cast_signed(),
            counts.disallowed.cast_signed(),
            counts.failed.cast_signed()
        ],
    )?;
    Ok(())
}
