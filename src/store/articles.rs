//! Articles and the records they carry: storing, knowing again, walking; and what they said before.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::incidents::{self, Changes, FamiliesCache};
use super::pages::{iso, timestamp, timestamp_option};
use super::{Inner, Page, StoreError, copies, list, outage_ids, outages, pages, parse, parse_list, parse_option, short_hash};
use crate::article::{Article, PublishedFrom};
use crate::config::ArchiveConfig;
use crate::record::{ArticleRecords, Label, Outage};
use crate::temporal::Moment;

/// What storing an article did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was not there before.
    New,
    /// It was there, and it or its records have changed.
    Updated,
    /// Nothing changed.
    Unchanged,
}

/// An article as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredArticle {
    /// The article.
    pub article: Article,
    /// Whether it tells of an outage.
    pub label: Label,
    /// How likely, from 0 to 1.
    pub score: f64,
    /// Its records, in order.
    pub outages: Vec<Outage>,
    /// The version of the extractor that made the records.
    pub extractor_version: String,
}

impl StoredArticle {
    fn has(&self, records: &ArticleRecords) -> bool {
        self.label == records.label && self.score == records.score && self.outages == records.outages
    }

    /// The line that `extract --format jsonl` prints for it.
    pub fn records(&self) -> ArticleRecords {
        ArticleRecords {
            id: self.article.id.clone(),
            url: self.article.url.clone(),
            title: self.article.title.clone(),
            publisher: self.article.publisher.clone(),
            published_at: self.article.published_at,
            label: self.label,
            score: self.score,
            outages: self.outages.clone(),
        }
    }
}

/// Which articles are wanted; the default is all.
#[derive(Clone, Debug, Default)]
pub struct ArticleFilter {
    /// Only those whose records another version of the extractor made.
    pub not_by_version: Option<String>,
    /// Only those with this label.
    pub label: Option<Label>,
    /// None that was published earlier, as far as that is known.
    pub since: Option<Moment>,
}

/// What a page says of an article by the rules of today.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The article.
    pub article: Article,
    /// Its records.
    pub records: ArticleRecords,
    /// The URLs that led to it.
    pub urls: Vec<String>,
    /// The page's URL.
    pub page: String,
}

/// What reading again did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Whether the article itself is another now.
    pub article: bool,
    /// Records that were not there before.
    pub new: u64,
    /// Records that say something else now.
    pub changed: u64,
    /// Records that are gone.
    pub withdrawn: u64,
}

impl Reread {
    /// Whether any record is another now.
    pub fn records(&self) -> bool {
        self.new + self.changed + self.withdrawn > 0
    }
}

impl std::ops::AddAssign for Reread {
    fn add_assign(&mut self, other: Reread) {
        self.article |= other.article;
        self.new += other.new;
        self.changed += other.changed;
        self.withdrawn += other.withdrawn;
    }
}

const COLUMNS: &str =
    "id, url, canonical_url, publisher, title, authors, published_at, published_from, modified_at, text, label, score, extractor_version";

/// What follows an article that is stored: the pages that are kept, the incidents of its records.
pub(super) type Tied<'a> = (&'a ArchiveConfig, &'a mut Changes, &'a FamiliesCache);

pub(super) fn put(
    db: &Connection,
    article: &Article,
    records: &ArticleRecords,
    version: &str,
    page: Option<&Page>,
    (archive, changes, families): Tied<'_>,
) -> Inner<Put> {
    check(article, records)?;
    let known = match resolve(db, article)? {
        Some(id) => load(db, &id)?,
        None => None,
    };
    let (put, id) = match known {
        None => {
            let id = free_id(db, article)?;
            insert(db, &Article { id: id.clone(), ..article.clone() }, records, version, changes.regrouped())?;
            changes.after(db, families, &id)?;
            (Put::New, id)
        }
        Some(stored) => {
            let before = stored.article.id.clone();
            changes.before(db, &before)?;
            let (put, id) = update(db, stored, article, records, version, page, changes.regrouped())?;
            if put != Put::Unchanged || id != before {
                changes.after(db, families, &id)?;
            }
            (put, id)
        }
    };
    add_urls(db, &id, article.url.iter().chain(&article.canonical_url).map(String::as_str))?;
    if let Some(page) = page {
        add_urls(db, &id, page.final_url.iter().chain(&page.via).chain([&page.url]).map(String::as_str))?;
        pages::put(db, page, Some(&id), Some(put), archive)?;
    }
    Ok(put)
}

/// The stored article that `article` is: by canonical URL, by URL, by id.
///
/// A given id alone does not make two articles one if each has URLs of its own: files numbered from 1 are common.
pub(super) fn resolve(db: &Connection, article: &Article) -> Inner<Option<String>> {
    for url in article.canonical_url.iter().chain(&article.url) {
        if let Some(id) = at_url(db, url)? {
            return Ok(Some(id));
        }
    }
    let has_url = article.url.is_some() || article.canonical_url.is_some();
    for id in [article.id.clone(), qualified_id(article)] {
        let stored: Option<bool> =
            db.prepare_cached("SELECT url IS NOT NULL FROM articles WHERE id = ?1")?.query_row([&id], |r| r.get(0)).optional()?;
        if let Some(stored_has_url) = stored
            && !(has_url && stored_has_url)
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn free_id(db: &Connection, article: &Article) -> Inner<String> {
    let taken: bool = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM articles WHERE id = ?1)")?.query_row([&article.id], |r| r.get(0))?;
    Ok(if taken { qualified_id(article) } else { article.id.clone() })
}

/// The id of an article whose own is taken by another.
fn qualified_id(article: &Article) -> String {
    let url = article.canonical_url.as_deref().or(article.url.as_deref()).unwrap_or_default();
    format!("{}-{}", article.id, short_hash([url]))
}

/// Brings a stored article up to date; gives the id it has then.
fn update(
    db: &Connection,
    mut stored: StoredArticle,
    article: &Article,
    records: &ArticleRecords,
    version: &str,
    page: Option<&Page>,
    regrouped: &mut BTreeSet<String>,
) -> Inner<(Put, String)> {
    if !decides(article, &stored.article) {
        return Ok((Put::Unchanged, stored.article.id));
    }
    let same_records = stored.has(records);
    if is_other(article, &stored.article) {
        rename(db, &mut stored, free_id(db, article)?)?;
    }
    let old = &stored.article;
    let new = merged(article, old);
    // A twin's or a collection's other reading is no correction: only what stands at the same URL later is.
    if let Some(page) = page
        && new.url == old.url
        && (&new.title, &new.text) != (&old.title, &old.text)
    {
        keep_version(db, old, page)?;
    }
    if new != *old {
        write_article(db, &new, records, version, regrouped)?;
    }
    write_records(db, &stored, records, version)?;
    // Another way to the same article is no change of it.
    let same_article = Article { url: old.url.clone(), ..new } == *old;
    Ok((if same_article && same_records { Put::Unchanged } else { Put::Updated }, stored.article.id))
}

/// The later reading of an article, with what it does not say from the one before: that is no news, another way of reading may have known it.
fn merged(article: &Article, old: &Article) -> Article {
    let same_time = article.published_at.is_none() || article.published_at == old.published_at;
    Article {
        id: old.id.clone(),
        url: article.url.clone().or_else(|| old.url.clone()),
        canonical_url: article.canonical_url.clone().or_else(|| old.canonical_url.clone()),
        publisher: article.publisher.clone().or_else(|| old.publisher.clone()),
        title: article.title.clone(),
        authors: if article.authors.is_empty() { old.authors.clone() } else { article.authors.clone() },
        published_at: article.published_at.or(old.published_at),
        published_from: if same_time { old.published_from } else { article.published_from },
        modified_at: article.modified_at.or(old.modified_at),
        text: article.text.clone(),
    }
}

/// An article as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleVersion {
    /// When it was first seen so; not known of what no crawl brought.
    pub seen_at: Option<Timestamp>,
    /// When it was seen changed.
    pub replaced_at: Timestamp,
    /// The headline then.
    pub title: String,
    /// The text then.
    pub text: String,
    /// When it was published, as it said then.
    pub published_at: Option<Moment>,
    /// When it was changed, as it said then.
    pub modified_at: Option<Moment>,
}

/// Keeps what `page` is about to replace.
fn keep_version(db: &Connection, old: &Article, page: &Page) -> Inner<()> {
    db.prepare_cached(
        "INSERT INTO article_versions (article_id, number, seen_at, replaced_at, title, text, hash, published_at, modified_at)
         VALUES (?1, (SELECT count(*) + 1 FROM article_versions WHERE article_id = ?1),
            coalesce((SELECT max(replaced_at) FROM article_versions WHERE article_id = ?1),
                (SELECT min(first_fetched_at) FROM pages WHERE article_id = ?1)),
            ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        old.id,
        iso(page.fetched_at),
        old.title,
        old.text,
        short_hash([old.title.as_str(), old.text.as_str()]),
        old.published_at.map(|m| m.to_string()),
        old.modified_at.map(|m| m.to_string()),
    ])?;
    Ok(())
}

pub(super) fn versions(db: &Connection, article_id: &str) -> Inner<Vec<ArticleVersion>> {
    let mut statement = db.prepare_cached(
        "SELECT seen_at, replaced_at, title, text, published_at, modified_at FROM article_versions WHERE article_id = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([article_id])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        versions.push(ArticleVersion {
            seen_at: timestamp_option("article_versions.seen_at", row.get(0)?)?,
            replaced_at: timestamp("article_versions.replaced_at", row.get(1)?)?,
            title: row.get(2)?,
            text: row.get(3)?,
            published_at: parse_option("article_versions.published_at", row.get(4)?)?,
            modified_at: parse_option("article_versions.modified_at", row.get(5)?)?,
        });
    }
    Ok(versions)
}

/// Gives a stored article another id. Its records' ids are made from it, so they go, for the caller to write anew.
fn rename(db: &Connection, stored: &mut StoredArticle, id: String) -> Inner<()> {
    db.prepare_cached("DELETE FROM outages WHERE article_id = ?1")?.execute([&stored.article.id])?;
    stored.outages.clear();
    db.prepare_cached("UPDATE articles SET id = ?2 WHERE id = ?1")?.execute([&stored.article.id, &id])?;
    for article in copies::renamed(db, &id)? {
        incidents::rewire(db, &article)?;
    }
    stored.article.id = id;
    Ok(())
}

/// Whether the two go by different ids: one URL in two collections.
fn is_other(new: &Article, old: &Article) -> bool {
    new.id != old.id && qualified_id(new) != old.id
}

/// Whether `new` may replace what is stored. Where two readings of one article differ, the same one must win whichever comes last, or the
/// database would depend on their order, and storing both again would change it twice.
fn decides(new: &Article, old: &Article) -> bool {
    if is_other(new, old) {
        // The later state of the article, else the fuller text; the winner brings its id.
        let state = |a: &Article| a.modified_at.or(a.published_at).map(Moment::unix_bounds);
        let key = |a: &Article| (state(a), a.text.len(), a.text.clone(), a.title.clone(), std::cmp::Reverse(a.id.clone()));
        return key(new) > key(old);
    }
    // Twins (AMP, mobile): the canonical URL's, else the smallest URL's. The same URL again is a correction.
    let (Some(new_url), Some(old_url)) = (&new.url, &old.url) else { return true };
    let canonical = new.canonical_url.as_ref().or(old.canonical_url.as_ref());
    new_url == old_url || canonical == Some(new_url) || (canonical != Some(old_url) && new_url < old_url)
}

pub(super) fn replace_records(
    db: &Connection,
    article_id: &str,
    records: &ArticleRecords,
    version: &str,
    (changes, families): (&mut Changes, &FamiliesCache),
) -> Inner<bool> {
    let Some(stored) = load(db, article_id)? else { return Err(StoreError::NotFound(article_id.to_owned()).into()) };
    check(&stored.article, records)?;
    changes.before(db, article_id)?;
    let same = write_records(db, &stored, records, version)?;
    if !same {
        changes.after(db, families, article_id)?;
    }
    Ok(!same)
}

/// Brings an article to what its pages say by the rules of today, as if they came for the first time; `by_text` is what the stored text says,
/// for an article of which no page is kept.
pub(super) fn reread(
    db: &Connection,
    article_id: &str,
    by_text: &ArticleRecords,
    readings: &[Reading],
    version: &str,
    (archive, changes, families): Tied<'_>,
) -> Inner<Reread> {
    let Some(mut stored) = load(db, article_id)? else { return Err(StoreError::NotFound(article_id.to_owned()).into()) };
    check(&stored.article, by_text)?;
    for reading in readings {
        check(&reading.article, &reading.records)?;
    }
    changes.before(db, article_id)?;
    let before = stored.clone();
    // A text that came from elsewhere is not the pages' to change.
    let from_pages = readings.iter().any(|r| r.article.url == stored.article.url);
    let chosen = readings.iter().find(|r| !is_other(&r.article, &stored.article)).or(readings.first()).filter(|_| from_pages);
    let Some(chosen) = chosen else {
        write_records(db, &stored, by_text, version)?;
        changes.after(db, families, &stored.article.id)?;
        return Ok(difference(&before, &stored.article.id, &by_text.outages));
    };
    let (own, others): (Vec<&Reading>, Vec<&Reading>) = readings.iter().partition(|r| r.article.id == chosen.article.id);
    let mut now = (chosen.article.clone(), chosen.records.clone());
    // From the first on, as they came.
    for (at, reading) in own.iter().enumerate() {
        if at == 0 {
            now = (reading.article.clone(), reading.records.clone());
        } else if decides(&reading.article, &now.0) {
            now = (merged(&reading.article, &now.0), reading.records.clone());
        }
    }
    let (mut article, records) = now;
    if is_other(&article, &stored.article) {
        let at = article.canonical_url.iter().chain(&article.url).map(|url| at_url(db, url)).collect::<Inner<Vec<_>>>()?;
        if let Some(other) = at.into_iter().flatten().find(|id| *id != stored.article.id) {
            return unite(db, &before, &other, &own, version, (archive, changes, families));
        }
        rename(db, &mut stored, free_id(db, &article)?)?;
    }
    article.id = stored.article.id.clone();
    let changed = article != stored.article;
    if changed {
        write_article(db, &article, &records, version, changes.regrouped())?;
        forget_name(db, &stored.article, &article, &own)?;
        add_urls(db, &article.id, article.url.iter().chain(&article.canonical_url).map(String::as_str))?;
    }
    write_records(db, &stored, &records, version)?;
    changes.after(db, families, &article.id)?;
    let mut done = difference(&before, &article.id, &records.outages);
    done.article |= changed;
    for other in others {
        // What was taken for a twin is an article of its own.
        for url in other.urls.iter().filter(|url| !own.iter().any(|r| r.urls.contains(url))) {
            db.prepare_cached("DELETE FROM article_urls WHERE url = ?1 AND article_id = ?2")?.execute([url, &article.id])?;
        }
        done.new += move_page(db, other, version, (archive, &mut *changes, families))?;
        done.article = true;
    }
    Ok(done)
}

/// The name that an article was wrongly given leads to it no more.
fn forget_name(db: &Connection, old: &Article, new: &Article, readings: &[&Reading]) -> Inner<()> {
    if let Some(name) = &old.canonical_url
        && new.canonical_url.as_ref() != Some(name)
        && !readings.iter().any(|r| r.urls.contains(name) || r.article.url.as_ref() == Some(name))
    {
        db.prepare_cached("DELETE FROM article_urls WHERE url = ?1 AND article_id IN (?2, ?3)")?.execute([name, &old.id, &new.id])?;
    }
    Ok(())
}

/// Makes two articles one that turn out to be: what stood under the wrong name moves to `other`.
fn unite(
    db: &Connection,
    old: &StoredArticle,
    other: &str,
    readings: &[&Reading],
    version: &str,
    (archive, changes, families): Tied<'_>,
) -> Inner<Reread> {
    if let Some(now) = readings.first() {
        forget_name(db, &old.article, &now.article, readings)?;
    }
    for table in ["article_urls", "pages"] {
        db.prepare_cached(&format!("UPDATE {table} SET article_id = ?2 WHERE article_id = ?1"))?.execute([&old.article.id, other])?;
    }
    copies::remove(db, &old.article.id, changes.regrouped())?;
    db.prepare_cached("DELETE FROM articles WHERE id = ?1")?.execute([&old.article.id])?;
    changes.after(db, families, &old.article.id)?;
    let mut done = Reread { article: true, withdrawn: old.outages.len() as u64, ..Reread::default() };
    for reading in readings {
        done.new += move_page(db, reading, version, (archive, &mut *changes, families))?;
    }
    Ok(done)
}

/// Stores what a page says, and that it is that article's now; gives how many records are new.
fn move_page(db: &Connection, reading: &Reading, version: &str, tied: Tied<'_>) -> Inner<u64> {
    let put = put(db, &reading.article, &reading.records, version, None, tied)?;
    if let Some(id) = resolve(db, &reading.article)? {
        add_urls(db, &id, reading.urls.iter().map(String::as_str))?;
        db.prepare_cached("UPDATE pages SET article_id = ?2 WHERE url = ?1")?.execute([&reading.page, &id])?;
    }
    Ok(if put == Put::New { reading.records.outages.len() as u64 } else { 0 })
}

fn difference(before: &StoredArticle, id: &str, after: &[Outage]) -> Reread {
    let old: std::collections::HashMap<String, &Outage> =
        outage_ids(&before.article.id, &before.outages).into_iter().zip(&before.outages).collect();
    let new: std::collections::HashMap<String, &Outage> = outage_ids(id, after).into_iter().zip(after).collect();
    Reread {
        article: id != before.article.id,
        new: new.keys().filter(|id| !old.contains_key(*id)).count() as u64,
        changed: new.iter().filter(|(id, outage)| old.get(*id).is_some_and(|old| old != *outage)).count() as u64,
        withdrawn: old.keys().filter(|id| !new.contains_key(*id)).count() as u64,
    }
}

/// Stores what a page said at `page.fetched_at`, which may be before what is known of it: then only the archive takes it.
pub(super) fn put_past(
    db: &Connection,
    article: &Article,
    records: &ArticleRecords,
    version: &str,
    page: &Page,
    (archive, changes, families): Tied<'_>,
) -> Inner<Put> {
    let known: Option<(bool, Option<String>)> = db
        .prepare_cached("SELECT fetched_at > ?2 AND body_hash IS NOT NULL AND article_id IS NOT NULL, next_due FROM pages WHERE url = ?1")?
        .query_row([&page.url, &iso(page.fetched_at)], |r| Ok((r.get::<_, Option<bool>>(0)?.unwrap_or(false), r.get(1)?)))
        .optional()?;
    match known {
        Some((true, _)) => {
            if let Some(body) = &page.body {
                super::archive::keep(db, page, &super::archive::hash(body), body, archive)?;
            }
            Ok(Put::Unchanged)
        }
        // A crawl's plans for it stay.
        Some((false, due)) => {
            let page = Page { next_due: timestamp_option("pages.next_due", due)?, ..page.clone() };
            put(db, article, records, version, Some(&page), (archive, changes, families))
        }
        None => put(db, article, records, version, Some(page), (archive, changes, families)),
    }
}

/// Brings the records up to date, touching nothing that stays the same; `true`: all was the same.
fn write_records(db: &Connection, stored: &StoredArticle, records: &ArticleRecords, version: &str) -> Inner<bool> {
    let same = stored.has(records);
    if !same || stored.extractor_version != version {
        db.prepare_cached("UPDATE articles SET label = ?2, score = ?3, extractor_version = ?4 WHERE id = ?1")?.execute(params![
            stored.article.id,
            records.label.as_str(),
            records.score,
            version
        ])?;
    }
    if stored.outages != records.outages {
        db.prepare_cached("DELETE FROM outages WHERE article_id = ?1")?.execute([&stored.article.id])?;
        insert_outages(db, &stored.article.id, &records.outages)?;
    }
    Ok(same)
}

fn insert(db: &Connection, article: &Article, records: &ArticleRecords, version: &str, regrouped: &mut BTreeSet<String>) -> Inner<()> {
    write_article(db, article, records, version, regrouped)?;
    insert_outages(db, &article.id, &records.outages)
}

fn insert_outages(db: &Connection, article_id: &str, records: &[Outage]) -> Inner<()> {
    for (position, (id, outage)) in outage_ids(article_id, records).iter().zip(records).enumerate() {
        outages::insert(db, id, article_id, position, outage)?;
    }
    Ok(())
}

fn write_article(
    db: &Connection,
    article: &Article,
    records: &ArticleRecords,
    version: &str,
    regrouped: &mut BTreeSet<String>,
) -> Inner<()> {
    let bounds = |moment: Option<Moment>| moment.map(Moment::unix_bounds).unzip();
    let (published_first, published_last): (Option<i64>, Option<i64>) = bounds(article.published_at);
    let (modified_first, modified_last): (Option<i64>, Option<i64>) = bounds(article.modified_at);
    db.prepare_cached(
        "INSERT INTO articles (id, url, canonical_url, publisher, title, authors, published_at, published_first, published_last,
            published_from, modified_at, modified_first, modified_last, text, hash, label, score, extractor_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT (id) DO UPDATE SET url = ?2, canonical_url = ?3, publisher = ?4, title = ?5, authors = ?6, published_at = ?7,
            published_first = ?8, published_last = ?9, published_from = ?10, modified_at = ?11, modified_first = ?12, modified_last = ?13,
            text = ?14, hash = ?15",
    )?
    .execute(params![
        article.id,
        article.url,
        article.canonical_url,
        article.publisher,
        article.title,
        list(&article.authors),
        article.published_at.map(|m| m.to_string()),
        published_first,
        published_last,
        article.published_from.map(published_from_word),
        article.modified_at.map(|m| m.to_string()),
        modified_first,
        modified_last,
        article.text,
        short_hash([article.title.as_str(), article.text.as_str()]),
        records.label.as_str(),
        records.score,
        version,
    ])?;
    copies::put(db, &article.id, &article.title, &article.text, regrouped)
}

/// A URL that already leads to an article keeps leading there.
pub(super) fn add_urls<'a>(db: &Connection, article_id: &str, urls: impl IntoIterator<Item = &'a str>) -> Inner<()> {
    for url in urls {
        db.prepare_cached("INSERT INTO article_urls (url, article_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute([url, article_id])?;
    }
    Ok(())
}

pub(super) fn at_url(db: &Connection, url: &str) -> Inner<Option<String>> {
    Ok(db.prepare_cached("SELECT article_id FROM article_urls WHERE url = ?1")?.query_row([url], |r| r.get(0)).optional()?)
}

pub(super) fn urls(db: &Connection, article_id: &str) -> Inner<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT url FROM article_urls WHERE article_id = ?1 ORDER BY url")?;
    let urls = statement.query_map([article_id], |r| r.get(0))?.collect::<Result<_, _>>()?;
    Ok(urls)
}

pub(super) fn load(db: &Connection, id: &str) -> Inner<Option<StoredArticle>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM articles WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| from_row(db, row)).transpose()
}

/// What [`ArticleFilter`] asks of a row.
const WANTED: &str = "(?2 IS NULL OR extractor_version <> ?2) AND (?3 IS NULL OR label = ?3)
    AND (?4 IS NULL OR published_last IS NULL OR published_last >= ?4)";

pub(super) fn count(db: &Connection, filter: &ArticleFilter, after: Option<&str>) -> Inner<u64> {
    let since = filter.since.map(|m| m.unix_bounds().0);
    let count: i64 = db
        .prepare_cached(&format!("SELECT count(*) FROM articles WHERE id > ?1 AND {WANTED}"))?
        .query_row(params![after.unwrap_or(""), filter.not_by_version, filter.label.map(Label::as_str), since], |r| r.get(0))?;
    Ok(count.cast_unsigned())
}

pub(super) fn after(db: &Connection, filter: &ArticleFilter, after: Option<&str>, limit: usize) -> Inner<Vec<StoredArticle>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM articles
         WHERE id > ?1 AND {WANTED} ORDER BY id LIMIT ?5"
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let since = filter.since.map(|m| m.unix_bounds().0);
    let mut rows = statement.query(params![after.unwrap_or(""), filter.not_by_version, filter.label.map(Label::as_str), since, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(db, row)?);
    }
    Ok(found)
}

fn from_row(db: &Connection, row: &Row<'_>) -> Inner<StoredArticle> {
    let id: String = row.get(0)?;
    Ok(StoredArticle {
        outages: outages::of_article(db, &id)?,
        article: Article {
            url: row.get(1)?,
            canonical_url: row.get(2)?,
            publisher: row.get(3)?,
            title: row.get(4)?,
            authors: parse_list("articles.authors", row.get(5)?)?,
            published_at: parse_option("articles.published_at", row.get(6)?)?,
            published_from: row.get::<_, Option<String>>(7)?.map(published_from).transpose()?,
            modified_at: parse_option("articles.modified_at", row.get(8)?)?,
            text: row.get(9)?,
            id,
        },
        label: parse("articles.label", row.get(10)?)?,
        score: row.get(11)?,
        extractor_version: row.get(12)?,
    })
}

/// What SQLite cannot hold as it is: it reads NaN as NULL.
fn check(article: &Article, records: &ArticleRecords) -> Inner<()> {
    let unstorable = |reason: &str| Err(StoreError::Unstorable { article: article.id.clone(), reason: reason.to_owned() }.into());
    if article.id.is_empty() {
        return unstorable("it has no id");
    }
    if !records.score.is_finite() || records.outages.iter().any(|o| !o.confidence.is_finite()) {
        return unstorable("its score or a confidence is no finite number");
    }
    Ok(())
}

pub(super) fn published_from_word(from: PublishedFrom) -> &'static str {
    match from {
        PublishedFrom::Given => "given",
        PublishedFrom::Page => "page",
        PublishedFrom::Url => "url",
        PublishedFrom::Feed => "feed",
        PublishedFrom::Fetch => "fetch",
    }
}

fn published_from(word: String) -> Inner<PublishedFrom> {
    Ok(match word.as_str() {
        "given" => PublishedFrom::Given,
        "page" => PublishedFrom::Page,
        "url" => PublishedFrom::Url,
        "feed" => PublishedFrom::Feed,
        "fetch" => PublishedFrom::Fetch,
        _ => {
            return Err(StoreError::Corrupt {
                field: "articles.published_from",
                value: word,
                reason: "expected given, page, url, feed or fetch".into(),
            }
            .into());
        }
    })
}
