//! Full-text search of the articles.
//!
//! The index is SQLite's FTS5 with a stock tokenizer over words that [`words`] has told apart, so any SQLite that has FTS5 can open it; the text itself is
//! not in it. It promises: what was stored by a [`Store`](super::Store) with an [`Indexer`] is indexed in the same transaction; what was stored without one,
//! or changed by another program, is known (`search_pending`) and indexed later; deleting an article takes it out.
//!
//! Rows are numbered by time, so FTS5 gives the newest matches first and reads no others: of more than [`CANDIDATES`] matches only the newest are
//! ranked. BM25 has to count every article with a word, so the newest [`RECENT`] articles have an index of their own, which is asked first: what is found
//! there often enough needs no other, and a word that is not is rarer. The score of a match is
//!
//! ```text
//! bm25(title × 4, text × 1) × (1 + 1 / (1 + age in days / 365))
//! ```
//!
//! so an article of today counts twice as much as one of long ago, and one of last year one and a half times.

mod query;
mod snippet;
mod words;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Inner, fact, parse, parse_option, set_fact};
use crate::extract::head;
use crate::extract::lexicon::Lexicon;
use crate::korean::Tokenizer;
use crate::record::Label;
use crate::temporal::Moment;

pub use query::{Aliases, QueryError, SearchWords};

/// Of more matches than this only the newest are ranked.
pub const CANDIDATES: u32 = 2_000;

/// About so many of the newest articles have an index of their own.
const RECENT: i64 = 100_000;

/// How many of them, and above which number all of them are (names in the table `facts`).
const RECENT_COUNT: &str = "search_recent";
const RECENT_FLOOR: &str = "search_floor";

/// Rows within one minute.
const SLOTS: i64 = 1 << 20;

/// Which articles are indexed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexScope {
    /// Those with records or with a word of failure.
    #[default]
    Outages,
    /// All.
    All,
}

impl IndexScope {
    fn as_str(self) -> &'static str {
        match self {
            IndexScope::Outages => "outages",
            IndexScope::All => "all",
        }
    }
}

/// Tells the words of articles apart and chooses which are indexed. Shared freely between threads.
#[derive(Clone)]
pub struct Indexer {
    tokenizer: Arc<Tokenizer>,
    lexicon: Arc<Lexicon>,
    scope: IndexScope,
    recent: i64,
}

impl fmt::Debug for Indexer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Indexer").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Indexer {
    /// An indexer that goes by these words.
    pub fn new(tokenizer: Arc<Tokenizer>, lexicon: Arc<Lexicon>, scope: IndexScope) -> Indexer {
        Indexer { tokenizer, lexicon, scope, recent: RECENT }
    }

    fn wants(&self, document: &Document) -> bool {
        self.scope == IndexScope::All
            || document.label == Label::Outage.as_str()
            || self.lexicon.has_symptom(head(&document.title))
            || self.lexicon.has_symptom(head(&document.text))
    }

    /// Title and text as the index takes them; `None`: the article is not indexed.
    fn read(&self, document: &Document, known: &mut words::Known) -> Option<(String, String)> {
        let mut words = |text: &str| words::joined(&self.tokenizer, head(text), known);
        self.wants(document).then(|| (words(&document.title), words(&document.text)))
    }

    /// All documents, on all cores where that pays.
    fn read_all(&self, documents: &[Document]) -> Vec<Option<(String, String)>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(documents.len() / 8);
        if threads < 2 {
            let mut known = words::Known::new();
            return documents.iter().map(|d| self.read(d, &mut known)).collect();
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let (mut read, mut known) = (Vec::new(), words::Known::new());
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(document) = documents.get(at) else { return read };
                read.push((at, self.read(document, &mut known)));
            }
        };
        let mut all: Vec<_> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            handles.into_iter().flat_map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        all.sort_unstable_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, read)| read).collect()
    }
}

/// The order of hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchSort {
    /// The best match first; see [`crate::store`]'s search for how it is counted.
    #[default]
    Relevance,
    /// The latest article first.
    Date,
}

/// Which of the articles with the words are wanted; the default is all.
#[derive(Clone, Debug, Default)]
pub struct SearchFilter {
    /// Only articles that have a record of one of these services, by canonical name.
    pub services: Vec<String>,
    /// Or by id.
    pub service_ids: Vec<String>,
    /// Only articles of this publisher.
    pub publisher: Option<String>,
    /// Only articles with this label.
    pub label: Option<Label>,
    /// Published in this time or later.
    pub since: Option<Moment>,
    /// Published by the end of this time.
    pub until: Option<Moment>,
    /// The order.
    pub sort: SearchSort,
    /// At most so many.
    pub limit: u32,
    /// From when the age of an article is counted.
    pub now: Timestamp,
    /// About how long a snippet is, in columns of a terminal.
    pub snippet: usize,
}

/// Where something stands in a title or a snippet, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The first.
    pub from: usize,
    /// The one behind the last.
    pub to: usize,
}

/// An article that has the words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The article's id.
    pub id: String,
    /// Its address.
    pub url: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// When.
    pub published_at: Option<Moment>,
    /// Its headline.
    pub title: String,
    /// Whether it tells of an outage.
    pub label: Label,
    /// How well it matches; only worth comparing within one answer. None where the order is that of time.
    pub score: Option<f64>,
    /// The part of the text that has the most of the words, in one line.
    pub snippet: String,
    /// Whether text comes before the snippet.
    pub cut_before: bool,
    /// Whether text comes after it.
    pub cut_after: bool,
    /// The words in the title.
    pub title_marks: Vec<Mark>,
    /// The words in the snippet.
    pub snippet_marks: Vec<Mark>,
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The hits, at most as many as were asked for.
    pub hits: Vec<Hit>,
    /// How many articles match; where it is [`CANDIDATES`], perhaps more.
    pub matches: u64,
}

/// An article that is to be indexed, or taken out.
struct Document {
    id: String,
    title: String,
    text: String,
    publisher: Option<String>,
    label: String,
    hash: String,
    published: Option<i64>,
}

/// Behind which number of `search_pending` new rows will stand.
pub(super) fn mark(db: &Connection) -> Inner<i64> {
    Ok(db.prepare_cached("SELECT coalesce(max(number), 0) FROM search_pending")?.query_row([], |r| r.get(0))?)
}

/// Indexes up to `most` articles that wait behind `mark`; how many there were.
pub(super) fn index(db: &Connection, indexer: &Indexer, mark: i64, most: usize) -> Inner<usize> {
    let mut statement = db.prepare_cached(
        "SELECT a.id, a.title, a.text, a.publisher, a.label, a.hash, a.published_first
         FROM search_pending p JOIN articles a ON a.id = p.article_id WHERE p.number > ?1 ORDER BY p.number LIMIT ?2",
    )?;
    let rows = statement.query_map(params![mark, i64::try_from(most).unwrap_or(i64::MAX)], |r| {
        Ok(Document {
            id: r.get(0)?,
            title: r.get(1)?,
            text: r.get(2)?,
            publisher: r.get(3)?,
            label: r.get(4)?,
            hash: r.get(5)?,
            published: r.get(6)?,
        })
    })?;
    let mut documents: Vec<Document> = rows.collect::<Result<_, _>>()?;
    // FTS5 writes a piece of index of its own whenever the numbers do not rise.
    documents.sort_by_key(|d| d.published);
    let mut changed = Vec::with_capacity(documents.len());
    for document in documents.iter_mut() {
        let stored: Option<(i64, String, Option<String>)> = db
            .prepare_cached("SELECT number, hash, publisher FROM search_articles WHERE article_id = ?1")?
            .query_row([&document.id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .optional()?;
        let same = stored.as_ref().is_some_and(|(number, hash, publisher)| {
            number / SLOTS == minute(document.published)
                && *hash == document.hash
                && *publisher == document.publisher
                && indexer.wants(document)
        });
        if same {
            db.prepare_cached("UPDATE search_articles SET label = ?2 WHERE article_id = ?1")?
                .execute(params![document.id, document.label])?;
        } else if stored.is_some() {
            db.prepare_cached("DELETE FROM search_articles WHERE article_id = ?1")?.execute([&document.id])?;
        }
        changed.push(!same);
    }
    for document in &documents {
        db.prepare_cached("DELETE FROM search_pending WHERE article_id = ?1")?.execute([&document.id])?;
    }
    // The first to index says how; who goes by other words or another scope sees it and makes it anew.
    db.prepare_cached("INSERT INTO search_state (words, scope) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM search_state)")?
        .execute(params![words::fingerprint(), indexer.scope.as_str()])?;
    let count = documents.len();
    let mut keep = changed.into_iter();
    documents.retain(|_| keep.next().unwrap_or(true));
    let (mut recent, floor) = (fact(db, RECENT_COUNT)?.unwrap_or(0), fact(db, RECENT_FLOOR)?.unwrap_or(-1));
    for (document, read) in documents.iter().zip(indexer.read_all(&documents)) {
        let Some((title, text)) = read else { continue };
        let number = free_number(db, minute(document.published))?;
        db.prepare_cached("INSERT INTO search_articles (number, article_id, publisher, label, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![number, document.id, document.publisher, document.label, document.hash])?;
        let facts = document.publisher.as_deref().map(publisher_word);
        db.prepare_cached("INSERT INTO article_words (rowid, title, text, facts) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![number, title, text, facts])?;
        if number > floor {
            db.prepare_cached("INSERT INTO recent_words (rowid, title, text, facts) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![number, title, text, facts])?;
            recent += 1;
        }
    }
    set_fact(db, RECENT_COUNT, recent)?;
    // A few more than came in, so that no single step has much to take out.
    trim_recent(db, indexer.recent, 2 * i64::try_from(count).unwrap_or(i64::MAX / 4) + 8)?;
    Ok(count)
}

/// The word of the index that stands for a publisher.
fn publisher_word(publisher: &str) -> String {
    format!("p{}", super::short_hash([publisher]))
}

/// Takes the oldest out of the index of the newest where it has more than `most`; at most `step` of them.
fn trim_recent(db: &Connection, most: i64, step: i64) -> Inner<()> {
    let count = fact(db, RECENT_COUNT)?.unwrap_or(0);
    let surplus = (count - most).min(step);
    if surplus <= 0 {
        return Ok(());
    }
    let floor = fact(db, RECENT_FLOOR)?.unwrap_or(-1);
    let oldest: Vec<i64> = db
        .prepare_cached("SELECT number FROM search_articles WHERE number > ?1 ORDER BY number LIMIT ?2")?
        .query_map([floor, surplus], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for number in &oldest {
        db.prepare_cached("DELETE FROM recent_words WHERE rowid = ?1")?.execute([number])?;
    }
    if let Some(last) = oldest.last() {
        set_fact(db, RECENT_FLOOR, *last)?;
        set_fact(db, RECENT_COUNT, count - i64::try_from(oldest.len()).unwrap_or(0))?;
    }
    Ok(())
}

/// 0 for what has no time, or one that no news has.
fn minute(published: Option<i64>) -> i64 {
    // Past the year 9999 no time can be written; the check keeps a foreign value from overflowing.
    published.map_or(0, |seconds| (seconds / 60).clamp(0, 1 << 40))
}

fn free_number(db: &Connection, minute: i64) -> Inner<i64> {
    let mut minute = minute;
    loop {
        let (first, last) = (minute * SLOTS, (minute + 1) * SLOTS - 1);
        let taken: Option<i64> = db
            .prepare_cached("SELECT max(number) FROM search_articles WHERE number BETWEEN ?1 AND ?2")?
            .query_row([first, last], |r| r.get(0))?;
        match taken {
            None => return Ok(first),
            Some(taken) if taken < last => return Ok(taken + 1),
            // Its last place is taken; that is a million articles in one minute, or of no date.
            Some(_) => minute += 1,
        }
    }
}

/// Puts everything that has to be indexed anew among what waits; how many articles wait then.
pub(super) fn prepare(db: &Connection, indexer: &Indexer, anew: bool) -> Inner<u64> {
    match state(db)? {
        Some((words, scope)) if words == words::fingerprint() && !anew => {
            if scope != indexer.scope.as_str() {
                all_wait(db)?;
            }
        }
        None if !anew => {}
        _ => {
            // Emptied at once; then there is nothing that the trigger would have to delete word by word.
            db.execute("INSERT INTO article_words (article_words) VALUES ('delete-all')", [])?;
            db.execute("INSERT INTO recent_words (recent_words) VALUES ('delete-all')", [])?;
            db.execute("DELETE FROM search_articles", [])?;
            db.execute("DELETE FROM facts WHERE name IN (?1, ?2)", [RECENT_COUNT, RECENT_FLOOR])?;
            all_wait(db)?;
        }
    }
    db.execute("DELETE FROM search_state", [])?;
    db.execute("INSERT INTO search_state (words, scope) VALUES (?1, ?2)", params![words::fingerprint(), indexer.scope.as_str()])?;
    waiting(db)
}

fn all_wait(db: &Connection) -> Inner<()> {
    db.execute("DELETE FROM search_pending", [])?;
    db.execute("INSERT INTO search_pending (article_id) SELECT id FROM articles ORDER BY published_first", [])?;
    Ok(())
}

fn state(db: &Connection) -> Inner<Option<(String, String)>> {
    Ok(db.query_row("SELECT words, scope FROM search_state", [], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

fn waiting(db: &Connection) -> Inner<u64> {
    Ok(db.query_row("SELECT count(*) FROM search_pending", [], |r| r.get::<_, i64>(0))?.cast_unsigned())
}

/// Whether every article is indexed that has to be, by the words of today.
pub(super) fn is_complete(db: &Connection, scope: IndexScope) -> Inner<bool> {
    let same = state(db)?.is_some_and(|(words, indexed)| words == words::fingerprint() && indexed == scope.as_str());
    Ok(same && waiting(db)? == 0)
}

/// Makes one piece of the index of many, which many articles at once leave behind.
pub(super) fn optimize(db: &Connection) -> Inner<()> {
    db.execute("INSERT INTO article_words (article_words) VALUES ('optimize')", [])?;
    db.execute("INSERT INTO recent_words (recent_words) VALUES ('optimize')", [])?;
    Ok(())
}

/// A [`SearchWords`] cut into morphemes, ready to be asked.
#[derive(Clone, Debug)]
pub struct Search {
    compiled: query::Compiled,
}

impl Search {
    /// Reads what a person typed. `aliases` gives other names of what a word (without its particles) names.
    pub fn new(words: &SearchWords, tokenizer: &Tokenizer, aliases: Aliases<'_>) -> Result<Search, QueryError> {
        Ok(Search { compiled: words.compile(tokenizer, aliases)? })
    }
}

pub(super) fn search(db: &Connection, tokenizer: &Tokenizer, search: &Search, filter: &SearchFilter) -> Inner<Found> {
    // The newest matches are in the index of the newest articles, if there are enough of them; without a floor all articles are in it.
    let newest = search_in(db, "recent_words", CANDIDATES, tokenizer, search, filter)?;
    if newest.matches >= u64::from(CANDIDATES) || fact(db, RECENT_FLOOR)?.is_none() {
        return Ok(newest);
    }
    search_in(db, "article_words", CANDIDATES, tokenizer, search, filter)
}

fn search_in(db: &Connection, index: &str, candidates: u32, tokenizer: &Tokenizer, search: &Search, filter: &SearchFilter) -> Inner<Found> {
    // In brackets: a field or an OR of the query ends with it.
    let expression = match &filter.publisher {
        Some(publisher) => format!("({}) AND {{facts}} : (\"{}\")", search.compiled.expression, publisher_word(publisher)),
        None => search.compiled.expression.clone(),
    };
    let mut values: Vec<Value> = vec![Value::Text(expression)];
    let mut bind = |value: Value| {
        values.push(value);
        format!("?{}", values.len())
    };
    let mut conditions = vec![format!("{index} MATCH ?1")];
    if filter.since.is_some() || filter.until.is_some() {
        // What has no date is in no time.
        let since = filter.since.map_or(1, |m| minute(Some(m.unix_bounds().0)).max(1));
        let until = filter.until.map_or(i64::MAX >> 20, |m| minute(Some(m.unix_bounds().1)) + 1);
        let (first, last) = (bind(Value::Integer(since * SLOTS)), bind(Value::Integer(until.saturating_mul(SLOTS) - 1)));
        conditions.push(format!("rowid BETWEEN {first} AND {last}"));
    }
    if let Some(label) = filter.label {
        let label = bind(Value::Text(label.as_str().to_owned()));
        conditions.push(format!("EXISTS (SELECT 1 FROM search_articles s WHERE s.number = {index}.rowid AND s.label = {label})"));
    }
    if !filter.services.is_empty() || !filter.service_ids.is_empty() {
        let mut list = |names: &[String]| names.iter().map(|n| bind(Value::Text(n.clone()))).collect::<Vec<_>>().join(", ");
        let (services, ids) = (list(&filter.services), list(&filter.service_ids));
        conditions.push(format!(
            "rowid IN (SELECT s.number FROM outages o JOIN search_articles s ON s.article_id = o.article_id
                WHERE o.service IN ({services}) OR o.service_id IN ({ids}))"
        ));
    }
    let conditions = conditions.join(" AND ");
    let now = bind(Value::Integer(filter.now.as_second() / 60));
    let limit = bind(Value::Integer(i64::from(filter.limit)));
    // bm25 goes over every article that has a word, so it is not asked where nobody looks at it.
    let (relevance, order) = match filter.sort {
        SearchSort::Relevance => (format!("-bm25({index}, 4.0, 1.0, 0.0)"), "score DESC, number DESC"),
        SearchSort::Date => ("NULL".to_owned(), "number DESC"),
    };
    // The inner query streams in the order of time and stops; the outer one never sees more than it let through.
    let sql = format!(
        "SELECT number, relevance * (1 + 1 / (1 + max(0, {now} - (number >> 20)) / 1440.0 / 365)) AS score, count(*) OVER () FROM (
            SELECT rowid AS number, {relevance} AS relevance FROM {index}
            WHERE {conditions} ORDER BY rowid DESC LIMIT {candidates})
         ORDER BY {order} LIMIT {limit}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let (mut hits, mut matches) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        matches = row.get::<_, i64>(2)?.cast_unsigned();
        if let Some(hit) = hit(db, tokenizer, search, filter.snippet, row.get(0)?, row.get(1)?)? {
            hits.push(hit);
        }
    }
    Ok(Found { hits, matches })
}

fn hit(db: &Connection, tokenizer: &Tokenizer, search: &Search, width: usize, number: i64, score: Option<f64>) -> Inner<Option<Hit>> {
    let mut statement = db.prepare_cached(
        "SELECT a.id, a.url, a.publisher, a.published_at, a.title, a.label, a.text
         FROM search_articles s JOIN articles a ON a.id = s.article_id WHERE s.number = ?1",
    )?;
    let mut rows = statement.query([number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (title, text): (String, String) = (row.get(4)?, row.get(6)?);
    let wanted = &search.compiled.wanted;
    let in_title = wanted.iter().filter(|w| w.title).map(|w| w.words.as_slice());
    let in_text = wanted.iter().filter(|w| w.text).map(|w| w.words.as_slice());
    let found_in_title = snippet::matches(&words::words(tokenizer, head(&title)), in_title);
    let found_in_text = snippet::matches(&words::words(tokenizer, head(&text)), in_text);
    let part = snippet::best(&text, &found_in_text, width);
    let within: Vec<Range<usize>> = snippet::merged(&found_in_text)
        .into_iter()
        .filter(|r| r.start >= part.start && r.end <= part.end)
        .map(|r| r.start - part.start..r.end - part.start)
        .collect();
    let shown = &text[part.clone()];
    Ok(Some(Hit {
        id: row.get(0)?,
        url: row.get(1)?,
        publisher: row.get(2)?,
        published_at: parse_option("articles.published_at", row.get(3)?)?,
        label: parse("articles.label", row.get(5)?)?,
        score,
        cut_before: part.start > 0,
        cut_after: part.end < text.len(),
        snippet_marks: marks(shown, &within),
        title_marks: marks(&title, &snippet::merged(&found_in_title)),
        // One character for one, so that the marks stay right.
        snippet: shown.replace('\n', " "),
        title,
    }))
}

/// Ranges of bytes, in order, as ranges of characters.
fn marks(text: &str, ranges: &[Range<usize>]) -> Vec<Mark> {
    let (mut at, mut characters) = (0, 0);
    let mut forward = |to: usize| {
        characters += text.get(at..to).map_or(0, |part| part.chars().count());
        at = to;
        characters
    };
    ranges.iter().map(|r| Mark { from: forward(r.start), to: forward(r.end) }).collect()
}

#[cfg(test)]
mod tests;
