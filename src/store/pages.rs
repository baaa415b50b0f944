//! What was fetched: a row a URL, with what is needed to ask again politely and the raw body for better rules later; and the crawl runs.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Inner, Put, StoreError, archive};
use crate::config::ArchiveConfig;
use crate::temporal::{KST, Moment, Precision};

/// What stands behind a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// A source's list of articles.
    Feed,
    /// An article, or what was taken for one.
    Article,
}

impl PageKind {
    fn as_str(self) -> &'static str {
        match self {
            PageKind::Feed => "feed",
            PageKind::Article => "article",
        }
    }
}

/// How a page stands. What is due has no state of its own: it is what has a time for the next request, and that time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageState {
    /// Listed by a source, not asked yet.
    Found,
    /// The last answer gave something new.
    Fetched,
    /// The last answer gave what was known.
    Unchanged,
    /// It was there no more, twice.
    Gone,
    /// It failed.
    Failed,
    /// robots.txt forbids it.
    Disallowed,
}

impl PageState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PageState::Found => "found",
            PageState::Fetched => "fetched",
            PageState::Unchanged => "unchanged",
            PageState::Gone => "gone",
            PageState::Failed => "failed",
            PageState::Disallowed => "disallowed",
        }
    }
}

impl std::str::FromStr for PageState {
    type Err = String;

    fn from_str(word: &str) -> Result<PageState, String> {
        use PageState::*;
        [Found, Fetched, Unchanged, Gone, Failed, Disallowed]
            .into_iter()
            .find(|s| s.as_str() == word)
            .ok_or_else(|| "expected found, fetched, unchanged, gone, failed or disallowed".into())
    }
}

/// One fetch of a URL.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The URL that was asked.
    pub url: String,
    /// What it was asked for.
    pub kind: PageKind,
    /// How it stands now. Of a page with a body the store itself tells [`PageState::Fetched`] from [`PageState::Unchanged`].
    pub state: PageState,
    /// Where redirects led.
    pub final_url: Option<String>,
    /// What lay between the URL that was asked and the last.
    pub via: Vec<String>,
    /// The HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// The header, as it came.
    pub content_type: Option<String>,
    /// The header, as it came.
    pub etag: Option<String>,
    /// The header, as it came.
    pub last_modified: Option<String>,
    /// Such as `HTTP/1.1`.
    pub protocol: Option<String>,
    /// All headers, as they came.
    pub headers: Vec<(String, Vec<u8>)>,
    /// When.
    pub fetched_at: Timestamp,
    /// When to ask again; none: never.
    pub next_due: Option<Timestamp>,
    /// How often it has failed since the last success.
    pub failures: u32,
    /// Why it was of no use; none where it was.
    pub reason: Option<String>,
    /// The body, decompressed from its transfer; none where none came. Of a page that came and could not be read it is kept for better rules.
    pub body: Option<Vec<u8>>,
}

/// What is known of a URL, without the body.
#[derive(Clone, Debug, PartialEq)]
pub struct PageHead {
    /// How it stands.
    pub state: PageState,
    /// Whether the last fetch failed.
    pub failed: bool,
    /// How often it has failed since the last success.
    pub failures: u32,
    /// When it is asked next; none: never.
    pub next_due: Option<Timestamp>,
    /// Why it failed.
    pub reason: Option<String>,
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
pub(super) fn iso(at: Timestamp) -> String {
    Moment::new(KST.to_datetime(at), Precision::Second).to_string()
}

/// Reads what [`iso`] wrote.
pub(super) fn timestamp(field: &'static str, text: String) -> Inner<Timestamp> {
    let moment: Moment = super::parse(field, text.clone())?;
    Timestamp::from_second(moment.unix_bounds().0).map_err(|e| StoreError::Corrupt { field, reason: e.to_string(), value: text }.into())
}

pub(super) fn timestamp_option(field: &'static str, text: Option<String>) -> Inner<Option<Timestamp>> {
    text.map(|t| timestamp(field, t)).transpose()
}

/// Scheme, name and port of a URL: whom a request for it bothers.
pub fn host_of(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |u| u.origin().ascii_serialization())
}

pub(super) fn compress(url: &str, body: &[u8]) -> Inner<Vec<u8>> {
    zstd::bulk::compress(body, LEVEL).map_err(|e| {
        let reason = format!("its page cannot be compressed: {e}");
        StoreError::Unstorable { article: url.to_owned(), reason }.into()
    })
}

pub(super) fn decompress(field: &'static str, url: &str, body: &[u8]) -> Inner<Vec<u8>> {
    zstd::decode_all(body).map_err(|e| StoreError::Corrupt { field, value: url.to_owned(), reason: e.to_string() }.into())
}

/// `put`: what the page's article did, if it gave one.
pub(super) fn put(db: &Connection, page: &Page, article_id: Option<&str>, put: Option<Put>, config: &ArchiveConfig) -> Inner<()> {
    if let (PageKind::Article, Some(body), Some(_)) = (page.kind, &page.body, &page.reason) {
        archive::keep(db, page, &archive::hash(body), body, config)?;
    }
    let kind = page.kind.as_str();
    let (fetched_at, next_due) = (iso(page.fetched_at), page.next_due.map(iso));
    let Some(body) = page.body.as_deref().filter(|_| page.reason.is_none()) else {
        db.prepare_cached(
            "INSERT INTO pages (url, kind, host, state, final_url, status, content_type, found_at, fetched_at, reason, failures, next_due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)
             ON CONFLICT (url) DO UPDATE SET state = ?4, status = ?6, fetched_at = ?8, reason = ?9, failures = ?10, next_due = ?11",
        )?
        .execute(params![
            page.url,
            kind,
            host_of(&page.url),
            page.state.as_str(),
            page.final_url,
            page.status,
            page.content_type,
            fetched_at,
            page.reason,
            page.failures,
            next_due
        ])?;
        return Ok(());
    };
    let hash = archive::hash(body);
    // A list is needed when its host says that it has not changed, however little the archive is to keep.
    let list = if page.kind == PageKind::Feed { Some(compress(&page.url, body)?) } else { None };
    if page.kind == PageKind::Article {
        archive::keep(db, page, &hash, body, config)?;
    }
    let known: Option<(bool, bool, bool)> = db
        .prepare_cached(
            "SELECT kind = ?2 AND final_url IS ?3 AND article_id IS ?4 AND status IS ?5 AND content_type IS ?6
                AND etag IS ?7 AND last_modified IS ?8 AND body_hash IS ?9,
                state IN ('fetched', 'unchanged') AND next_due IS ?10, body_hash IS NOT NULL
             FROM pages WHERE url = ?1",
        )?
        .query_row(
            params![
                page.url,
                kind,
                page.final_url,
                article_id,
                page.status,
                page.content_type,
                page.etag,
                page.last_modified,
                hash,
                next_due
            ],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .optional()?;
    match known {
        Some((true, true, _)) => {}
        Some((true, false, _)) => unchanged(db, &page.url, page.next_due)?,
        _ => {
            // The page may differ where the article does not: a new advertisement.
            let had_body = known.is_some_and(|(_, _, had_body)| had_body);
            let state = if had_body && put == Some(Put::Unchanged) { PageState::Unchanged } else { PageState::Fetched };
            db.prepare_cached(
                "INSERT INTO pages (url, kind, host, state, final_url, article_id, status, content_type, etag, last_modified, found_at,
                    first_fetched_at, fetched_at, next_due, body_hash, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?11, ?12, ?13, ?14)
                 ON CONFLICT (url) DO UPDATE SET kind = ?2, state = ?4, final_url = ?5, article_id = ?6, status = ?7, content_type = ?8,
                    etag = ?9, last_modified = ?10, first_fetched_at = coalesce(first_fetched_at, ?11), fetched_at = ?11, next_due = ?12,
                    failures = 0, reason = NULL, body_hash = ?13, body = ?14",
            )?
            .execute(params![
                page.url,
                kind,
                host_of(&page.url),
                state.as_str(),
                page.final_url,
                article_id,
                page.status,
                page.content_type,
                page.etag,
                page.last_modified,
                fetched_at,
                next_due,
                hash,
                list
            ])?;
        }
    }
    Ok(())
}

/// What is stored of a page still holds.
pub(super) fn unchanged(db: &Connection, url: &str, next_due: Option<Timestamp>) -> Inner<()> {
    db.prepare_cached("UPDATE pages SET state = 'unchanged', failures = 0, reason = NULL, next_due = ?2 WHERE url = ?1")?
        .execute(params![url, next_due.map(iso)])?;
    Ok(())
}

pub(super) fn head(db: &Connection, url: &str) -> Inner<Option<PageHead>> {
    let mut statement = db.prepare_cached(
        "SELECT state, failures, next_due, reason, final_url, content_type, etag, last_modified,
            body IS NOT NULL OR EXISTS (SELECT 1 FROM captures WHERE captures.url = pages.url) FROM pages WHERE url = ?1",
    )?;
    let mut rows = statement.query([url])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let state = super::parse("pages.state", row.get(0)?)?;
    Ok(Some(PageHead {
        state,
        failed: matches!(state, PageState::Failed | PageState::Gone),
        failures: row.get(1)?,
        next_due: timestamp_option("pages.next_due", row.get(2)?)?,
        reason: row.get(3)?,
        final_url: row.get(4)?,
        content_type: row.get(5)?,
        etag: row.get(6)?,
        last_modified: row.get(7)?,
        has_body: row.get(8)?,
    }))
}

pub(super) fn body(db: &Connection, url: &str) -> Inner<Option<Vec<u8>>> {
    let body: Option<Option<Vec<u8>>> =
        db.prepare_cached("SELECT body FROM pages WHERE url = ?1")?.query_row([url], |r| r.get(0)).optional()?;
    match body.flatten() {
        Some(body) => decompress("pages.body", url, &body).map(Some),
        None => archive::last_body(db, url),
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
