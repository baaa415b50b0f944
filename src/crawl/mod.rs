//! The crawl: sources → feeds → pages → the database, politely.
//!
//! - [`Sources`]: which sources there are.
//! - [`feed`]: a feed's bytes → its entries.
//! - [`robots`]: what a host allows.
//! - [`politeness`]: who may be asked when.
//! - [`fetch`]: one request within limits.
//! - [`Crawler`]: brings them together.
//!
//! It promises: one request at a time and a delay for each host; robots.txt is obeyed, for what redirects lead to as well; what is stored
//! already is not fetched again; one bad page or feed is one entry in the summary's failures and never stops the rest. What a page holds is left to a [`Pipeline`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use url::Url;

pub mod discover;
pub mod feed;
pub mod fetch;
pub mod list;
pub mod politeness;
pub mod robots;
pub mod schedule;
pub mod search;
pub mod sitemap;
mod sources;
mod xml;

pub use sources::{Kind, Origin, Search, Source, SourceError, Sources};
pub use xml::XmlError;

use crate::article::Article;
use crate::config::{CrawlConfig, check_url};
use crate::record::ArticleRecords;
use crate::store::{Page, PageKind, Put, RunCounts, Store, StoreError};
use crate::temporal::{KST, Moment, Precision};
use fetch::{Answer, Body, FetchError, Fetcher, Limit, Validators};
use politeness::Hosts;
use robots::Rules;

/// More are a loop.
const MAX_REDIRECTS: usize = 8;

/// What is known of a page beside its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct PageHints {
    /// The URL that was asked.
    pub url: Url,
    /// Where redirects led; the same where there were none.
    pub final_url: Url,
    /// The header, as it came.
    pub content_type: Option<String>,
    /// When the feed says it was published.
    pub feed_date: Option<Moment>,
    /// The headline in the feed.
    pub feed_title: Option<String>,
    /// Whose source led there.
    pub publisher: Option<String>,
    /// When it was fetched.
    pub fetched_at: Moment,
}

/// What makes records of a page. It is called on threads that may block.
pub trait Pipeline: Send + Sync {
    /// The version that the records are marked with.
    fn version(&self) -> &str;

    /// The article that a page holds, and its records; else why there is none.
    fn page(&self, bytes: &[u8], hints: PageHints) -> Result<(Article, ArticleRecords), String>;

    /// The article that a JSON line holds, and its records; else what is wrong with the line, which the message names by its `number`.
    fn line(&self, line: &[u8], number: usize) -> Result<(Article, ArticleRecords), String>;
}

/// What happened to one URL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A source was read; so many pages of it will follow.
    Source {
        /// Its id.
        id: &'a str,
        /// Pages that were not seen before.
        pages: usize,
    },
    /// A page gave an article.
    Stored {
        /// New, or changed, or not.
        put: Put,
        /// Its headline.
        title: &'a str,
        /// How many records it has.
        outages: usize,
    },
    /// robots.txt forbids it.
    Disallowed {
        /// The page.
        url: &'a str,
    },
    /// It failed.
    Failed {
        /// The page or feed.
        url: &'a str,
        /// Why.
        reason: &'a str,
    },
}

/// Is told what happens, from many tasks.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// Nobody watches.
impl Progress for () {
    fn event(&self, _: Event<'_>) {}
}

/// How a crawl went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Sources that were read.
    pub sources: u64,
    /// New articles.
    pub new: u64,
    /// Articles that were known and have not changed, or were not asked for again.
    pub unchanged: u64,
    /// Articles that have changed.
    pub updated: u64,
    /// Records of new and changed articles.
    pub outages: u64,
    /// Pages and feeds that failed, and why; sorted.
    pub failed: Vec<(String, String)>,
    /// Pages that robots.txt forbids; sorted.
    pub disallowed: Vec<String>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Why a crawl could not be done at all.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// No request can be sent.
    #[error(transparent)]
    Setup(#[from] fetch::SetupError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// All that a crawl needs.
#[derive(Clone)]
pub struct Crawler {
    shared: Arc<Shared>,
}

struct Shared {
    user_agent: String,
    max_body: usize,
    fetcher: Fetcher,
    hosts: Hosts,
    slots: Arc<Semaphore>,
    store: Mutex<Store>,
    pipeline: Arc<dyn Pipeline>,
    progress: Arc<dyn Progress>,
    clock: Clock,
    stop: watch::Receiver<bool>,
    summary: Mutex<Summary>,
    seen: Mutex<HashSet<String>>,
    broken: Mutex<Option<StoreError>>,
}

/// Why a URL gave no body.
enum Failure {
    Disallowed,
    Failed(Option<u16>, String),
    /// Nothing failed: the crawl is to end.
    Stopped,
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Failure {
        Failure::Failed(None, error.to_string())
    }
}

/// What a URL gave.
enum Got {
    NotModified,
    Fetched(Box<Fetched>),
}

struct Fetched {
    final_url: Url,
    body: Body,
    /// Held until the body is done with, so that no more bodies are in memory than hosts may be asked at once.
    slot: OwnedSemaphorePermit,
}

/// Crawls `sources` into `store`, until done or until `stop` says so.
pub async fn crawl(
    config: &CrawlConfig,
    sources: Vec<Source>,
    store: Store,
    pipeline: Arc<dyn Pipeline>,
    progress: Arc<dyn Progress>,
    clock: Clock,
    stop: watch::Receiver<bool>,
) -> Result<Summary, CrawlError> {
    let crawler = Crawler {
        shared: Arc::new(Shared {
            user_agent: config.user_agent.clone(),
            max_body: config.max_body,
            fetcher: Fetcher::new(config)?,
            hosts: Hosts::new(config.delay),
            slots: Arc::new(Semaphore::new(config.concurrency)),
            store: Mutex::new(store),
            pipeline,
            progress,
            clock,
            stop,
            summary: Mutex::default(),
            seen: Mutex::default(),
            broken: Mutex::default(),
        }),
    };
    crawler.run(sources).await
}

impl Crawler {
    async fn run(self, sources: Vec<Source>) -> Result<Summary, CrawlError> {
        let shared = &self.shared;
        let started = (shared.clock)();
        let run = lock(&shared.store).begin_run(started)?;
        let mut tasks = JoinSet::new();
        for source in sources {
            let crawler = self.clone();
            tasks.spawn(async move { crawler.source(source).await });
        }
        while tasks.join_next().await.is_some() {}
        if let Some(error) = lock(&shared.broken).take() {
            return Err(error.into());
        }
        let mut summary = std::mem::take(&mut *lock(&shared.summary));
        summary.interrupted = *shared.stop.borrow();
        summary.failed.sort();
        summary.disallowed.sort();
        let counts = RunCounts {
            new: summary.new,
            updated: summary.updated,
            unchanged: summary.unchanged,
            outages: summary.outages,
            disallowed: summary.disallowed.len() as u64,
            failed: summary.failed.len() as u64,
        };
        lock(&shared.store).finish_run(run, (shared.clock)(), &counts)?;
        Ok(summary)
    }

    async fn source(&self, source: Source) {
        let Some((feed, known)) = self.feed(&source).await else { return };
        if feed.cut > 0 {
            self.fail(&source.url, format!("the feed lists {} entries too many, which are left out", feed.cut));
        }
        let fresh: Vec<feed::Entry> = {
            let mut seen = lock(&self.shared.seen);
            feed.entries.into_iter().filter(|e| seen.insert(e.url.to_string())).collect()
        };
        let (known, fresh): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|e| known.contains(e.url.as_str()));
        {
            let mut summary = lock(&self.shared.summary);
            summary.sources += 1;
            summary.unchanged += known.len() as u64;
        }
        self.shared.progress.event(Event::Source { id: &source.id, pages: fresh.len() });
        let mut pages = JoinSet::new();
        for entry in fresh {
            let (crawler, publisher) = (self.clone(), source.publisher.clone());
            pages.spawn(async move { crawler.page(entry, publisher).await });
        }
        while pages.join_next().await.is_some() {}
    }

    /// Reads a source's feed, and tells which of its entries are stored already.
    async fn feed(&self, source: &Source) -> Option<(feed::Feed, HashSet<String>)> {
        let url = match check_url(&source.url) {
            Ok(url) => url,
            Err(reason) => {
                self.fail(&source.url, reason);
                return None;
            }
        };
        let key = source.url.clone();
        let head = self.with_store(move |store| store.page_head(&key)).await?;
        // Without its body, "not modified" would leave nothing to read.
        let last = head.filter(|h| h.has_body && h.final_url.as_deref().is_none_or(|u| u == url.as_str()));
        let validators =
            last.as_ref().map(|h| Validators { etag: h.etag.clone(), last_modified: h.last_modified.clone() }).unwrap_or_default();
        let got = match self.fetch(&url, &validators).await {
            Ok(got) => got,
            Err(failure) => {
                self.note_failure(&source.url, PageKind::Feed, failure).await;
                return None;
            }
        };
        let (source_url, fetched_at) = (source.url.clone(), (self.shared.clock)());
        let read = self
            .with_store(move |store| {
                let (bytes, content_type, base, fresh) = match got {
                    Got::NotModified => (store.page_body(&source_url)?.unwrap_or_default(), last.and_then(|h| h.content_type), url, None),
                    Got::Fetched(fetched) => {
                        let Fetched { final_url, body, slot: _slot } = *fetched;
                        (body.bytes, body.content_type.clone(), final_url, Some((body.head.status, body.content_type, body.validators)))
                    }
                };
                let feed = match feed::parse(&bytes, content_type.as_deref(), &base) {
                    Ok(feed) => feed,
                    Err(error) => return Ok(Err(error.to_string())),
                };
                // Only what could be read is kept: its validators would else keep a broken feed broken.
                if let Some((status, content_type, validators)) = fresh {
                    store.put_page(&Page {
                        url: source_url,
                        kind: PageKind::Feed,
                        final_url: Some(base.to_string()),
                        status: Some(status),
                        content_type,
                        etag: validators.etag,
                        last_modified: validators.last_modified,
                        fetched_at,
                        reason: None,
                        body: Some(bytes),
                    })?;
                }
                let mut known = HashSet::new();
                for entry in &feed.entries {
                    if store.article_at(entry.url.as_str())?.is_some() {
                        known.insert(entry.url.to_string());
                    }
                }
                Ok(Ok((feed, known)))
            })
            .await?;
        match read {
            Ok(read) => Some(read),
            Err(reason) => {
                self.note_failure(&source.url, PageKind::Feed, Failure::Failed(Some(200), reason)).await;
                None
            }
        }
    }

    async fn page(&self, entry: feed::Entry, publisher: Option<String>) {
        let url = entry.url.to_string();
        let Fetched { final_url, body, slot } = match self.fetch(&entry.url, &Validators::default()).await {
            Ok(Got::Fetched(fetched)) => *fetched,
            Ok(Got::NotModified) => {
                let failure = Failure::Failed(Some(304), "status 304 to a request that did not ask for it".into());
                return self.note_failure(&url, PageKind::Article, failure).await;
            }
            Err(failure) => return self.note_failure(&url, PageKind::Article, failure).await,
        };
        let fetched_at = (self.shared.clock)();
        let hints = PageHints {
            url: entry.url,
            final_url: final_url.clone(),
            content_type: body.content_type.clone(),
            feed_date: entry.published_at,
            feed_title: entry.title,
            publisher,
            fetched_at: Moment::new(KST.to_datetime(fetched_at), Precision::Minute),
        };
        let shared = self.shared.clone();
        let page = Page {
            url: url.clone(),
            kind: PageKind::Article,
            final_url: Some(final_url.to_string()),
            status: Some(body.head.status),
            content_type: body.content_type,
            etag: body.validators.etag,
            last_modified: body.validators.last_modified,
            fetched_at,
            reason: None,
            body: Some(body.bytes),
        };
        let done = tokio::task::spawn_blocking(move || {
            let bytes = page.body.as_deref().unwrap_or_default();
            let (article, records) = match shared.pipeline.page(bytes, hints) {
                Ok(read) => read,
                Err(reason) => return Ok(Err((page.status, reason))),
            };
            let put = lock(&shared.store).put(&article, &records, shared.pipeline.version(), Some(&page));
            drop(slot);
            match put {
                Ok(put) => Ok(Ok((put, article.title, records.outages.len()))),
                Err(error @ StoreError::Unstorable { .. }) => Ok(Err((page.status, error.to_string()))),
                Err(error) => Err(error),
            }
        });
        match done.await {
            Ok(Ok(Ok((put, title, outages)))) => {
                {
                    let mut summary = lock(&self.shared.summary);
                    match put {
                        Put::New => summary.new += 1,
                        Put::Updated => summary.updated += 1,
                        Put::Unchanged => summary.unchanged += 1,
                    }
                    if put != Put::Unchanged {
                        summary.outages += outages as u64;
                    }
                }
                self.shared.progress.event(Event::Stored { put, title: &title, outages });
            }
            Ok(Ok(Err((status, reason)))) => self.note_failure(&url, PageKind::Article, Failure::Failed(status, reason)).await,
            Ok(Err(error)) => self.give_up(error),
            // A page that breaks the reader must not break the crawl.
            Err(error) => {
                let failure = Failure::Failed(None, format!("reading it failed inside meoktong, which is a fault to report: {error}"));
                self.note_failure(&url, PageKind::Article, failure).await;
            }
        }
    }

    /// Fetches a URL, wherever it leads, asking each host's robots.txt and waiting for its turn.
    async fn fetch(&self, url: &Url, validators: &Validators) -> Result<Got, Failure> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            check_url(at.as_str()).map_err(|_| FetchError::Redirect)?;
            let host = self.shared.hosts.of(&at);
            let rules = host.rules(async || self.robots(&at).await).await?;
            if let Rules::Closed(reason) = &*rules {
                return Err(Failure::Failed(None, format!("the host is left alone, since its robots.txt could not be read: {reason}")));
            }
            if !rules.allow(&at) {
                return Err(Failure::Disallowed);
            }
            // Validators belong to the URL that gave them.
            let none = Validators::default();
            let validators = if at == *url { validators } else { &none };
            match self.ask(&at, validators, Limit::Refuse(self.shared.max_body)).await? {
                (Answer::Body(body), slot) => return Ok(Got::Fetched(Box::new(Fetched { final_url: at, body, slot }))),
                (Answer::NotModified(_), _) => return Ok(Got::NotModified),
                (Answer::Status(head), _) => return Err(Failure::Failed(Some(head.status), format!("status {}", head.status))),
                (Answer::Redirect(target, _), _) => at = target,
            }
        }
        Err(Failure::Failed(None, format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// Reads the robots.txt of the host that `url` is on.
    async fn robots(&self, url: &Url) -> Result<Rules, Failure> {
        let closed = |e: String| Ok(Rules::Closed(e));
        let Ok(mut at) = url.join("/robots.txt") else { return closed("it has no address".into()) };
        // RFC 9309: at least five redirects are followed; where there are more, the file counts as missing.
        for _ in 0..=5 {
            match self.ask(&at, &Validators::default(), Limit::Cut(robots::MAX_BYTES)).await {
                Ok((Answer::Body(body), _)) => return Ok(Rules::read(&body.bytes, &self.shared.user_agent)),
                Ok((Answer::Status(head), _)) => {
                    return Ok(Rules::of_status(head.status).unwrap_or_else(|| Rules::Closed(format!("status {}", head.status))));
                }
                Ok((Answer::NotModified(_), _)) => return closed("status 304".into()),
                Ok((Answer::Redirect(target, _), _)) => at = target,
                Err(Failure::Failed(_, reason)) => return closed(reason),
                Err(failure) => return Err(failure),
            }
        }
        Ok(Rules::Open)
    }

    /// One request, in the host's turn and in one of the slots.
    async fn ask(&self, url: &Url, validators: &Validators, limit: Limit) -> Result<(Answer, OwnedSemaphorePermit), Failure> {
        let host = self.shared.hosts.of(url);
        let turn = tokio::select! {
            turn = host.turn() => turn,
            () = self.stopped() => return Err(Failure::Stopped),
        };
        let slot = tokio::select! {
            // The semaphore is never closed.
            slot = self.shared.slots.clone().acquire_owned() => slot.map_err(|_| Failure::Stopped)?,
            () = self.stopped() => return Err(Failure::Stopped),
        };
        if *self.shared.stop.borrow() || lock(&self.shared.broken).is_some() {
            return Err(Failure::Stopped);
        }
        let answer = self.shared.fetcher.get(url, validators, limit).await;
        drop(turn);
        Ok((answer?, slot))
    }

    async fn stopped(&self) {
        let mut stop = self.shared.stop.clone();
        if stop.wait_for(|stop| *stop).await.is_err() {
            // Nobody is left who could stop it.
            std::future::pending::<()>().await;
        }
    }

    async fn note_failure(&self, url: &str, kind: PageKind, failure: Failure) {
        let (status, reason) = match failure {
            Failure::Stopped => return,
            Failure::Disallowed => {
                lock(&self.shared.summary).disallowed.push(url.to_owned());
                return self.shared.progress.event(Event::Disallowed { url });
            }
            Failure::Failed(status, reason) => (status, reason),
        };
        let page = Page {
            url: url.to_owned(),
            kind,
            final_url: None,
            status,
            content_type: None,
            etag: None,
            last_modified: None,
            fetched_at: (self.shared.clock)(),
            reason: Some(reason.clone()),
            body: None,
        };
        self.fail(url, reason);
        self.with_store(move |store| store.put_page(&page)).await;
    }

    fn fail(&self, url: &str, reason: String) {
        self.shared.progress.event(Event::Failed { url, reason: &reason });
        lock(&self.shared.summary).failed.push((url.to_owned(), reason));
    }

    /// Works with the database on a thread that may block. `None`: the database failed, and the crawl is over.
    async fn with_store<T: Send + 'static>(&self, work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static) -> Option<T> {
        if lock(&self.shared.broken).is_some() {
            return None;
        }
        let shared = self.shared.clone();
        match tokio::task::spawn_blocking(move || work(&mut lock(&shared.store))).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                self.give_up(error);
                None
            }
            Err(error) => {
                self.fail("the database", format!("working with it failed inside meoktong, which is a fault to report: {error}"));
                None
            }
        }
    }

    /// Without its database a crawl has no end to work towards.
    fn give_up(&self, error: StoreError) {
        lock(&self.shared.broken).get_or_insert(error);
    }
}

/// What the lock guards is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
