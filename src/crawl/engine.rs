//! One crawl: first the sources, then what is due, host beside host.
//!
//! What is to be fetched lies in the database and is taken from it in steps: a lane a host, which asks for one page after another, while what
//! came is read and stored beside it. So memory is bounded by the number of hosts at once, not by the number of pages; and because every
//! page moves on to a later time, or to none, whatever comes of it, a crawl comes to its end.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use url::Url;

use super::fetch::{Fetcher, Validators};
use super::frontier::{self, Trouble};
use super::politeness::Hosts;
use super::request::{Failure, Fetched, Got};
use super::writer::Writer;
use super::{Clock, Event, PageHints, Pipeline, Progress, Source, Summary, feed};
use crate::config::check_url;
use crate::store::{
    Batch, DueFilter, DuePage, HostState, Listed, Page, PageKind, PageState, Put, Run, RunCounts, SourceState, Standing, StoreError,
    host_of,
};
use crate::temporal::{KST, Moment, Precision};

/// So many pages of a host are taken from the database at once.
const STEP: usize = 16;

/// So many hosts have their pages fetched side by side; how many of them are asked in the same moment is for the configuration.
const LANES: usize = 1024;

/// So many hosts are looked up at once.
const HOSTS: usize = 256;

/// Works on a crawl; every task has one.
#[derive(Clone)]
pub(super) struct Engine {
    pub shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub user_agent: String,
    pub max_body: usize,
    pub fetcher: Fetcher,
    pub hosts: Hosts,
    /// Of requests, and of bodies in memory.
    pub slots: Arc<Semaphore>,
    /// Of pages that are read at the same time: more than there are processors would only take memory.
    pub readers: Semaphore,
    pub writer: Writer,
    pub pipeline: Arc<dyn Pipeline>,
    pub progress: Arc<dyn Progress>,
    pub clock: Clock,
    pub stop: watch::Receiver<bool>,
    /// Whether the sources were asked for by name.
    pub named: bool,
    pub since: Option<Moment>,
    /// Whether nothing is to be stored.
    pub dry: bool,
    pub summary: Mutex<Summary>,
    /// Pages that were counted as stored: several sources may list one.
    pub counted: Mutex<HashSet<String>>,
    /// How hosts are, as far as it is known.
    pub health: Mutex<HashMap<String, HostState>>,
    /// By host, what was found and not stored, since nothing is to be.
    pub found: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

/// A list that a source gave.
struct Document {
    feed: feed::Feed,
    /// The page to be stored; where it has not changed, only its URL.
    page: Result<Page, String>,
    /// Held until it is stored.
    slot: Option<OwnedSemaphorePermit>,
}

impl Engine {
    /// Crawls to the end, or until it is stopped. The database's failure is for the writer's thread to tell.
    pub async fn run(&self, sources: Vec<Source>) -> Summary {
        let shared = &self.shared;
        let started = (shared.clock)();
        let run = if shared.dry { None } else { self.write(move |batch| batch.begin_run(started)).await };
        let ids = sources.iter().map(|s| s.id.clone()).collect();
        let mut reading = JoinSet::new();
        for source in sources {
            let engine = self.clone();
            reading.spawn(async move { engine.source(source).await });
        }
        while reading.join_next().await.is_some() {}
        let by = (shared.clock)().max(started);
        let filter = DueFilter { by, since: shared.since, sources: shared.named.then_some(ids) };
        self.pages(&filter).await;
        self.end(run, filter).await
    }

    async fn end(&self, run: Option<Run>, filter: DueFilter) -> Summary {
        let now = (self.shared.clock)();
        let put_off = self.write(move |batch| batch.count_put_off(&filter, now)).await;
        let mut summary = std::mem::take(&mut *lock(&self.shared.summary));
        summary.put_off += put_off.unwrap_or_default();
        summary.interrupted = *self.shared.stop.borrow();
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
        if let Some(run) = run {
            self.write(move |batch| batch.finish_run(run, now, &counts)).await;
        }
        summary
    }

    // ---- Sources

    /// Reads a source, and notes what it lists and how it went.
    async fn source(&self, source: Source) {
        let id = source.id.clone();
        let Some(state) = self.write(move |batch| batch.source_state(&id)).await else { return };
        let now = (self.shared.clock)();
        if !self.shared.named && state.as_ref().and_then(|s| s.next_due).is_some_and(|due| due > now) {
            lock(&self.shared.summary).put_off += 1;
            return;
        }
        match self.list(&source).await {
            Ok(standings) => {
                let due = standings.iter().filter(|s| matches!(s, Standing::New | Standing::Due)).count();
                lock(&self.shared.summary).sources += 1;
                self.shared.progress.event(Event::Source { id: &source.id, pages: due });
            }
            Err(Failure::Stopped) => {}
            Err(Failure::PutOff(..)) => lock(&self.shared.summary).put_off += 1,
            Err(failure) => {
                let (status, reason) = match failure {
                    Failure::Disallowed => {
                        lock(&self.shared.summary).disallowed.push(source.url.clone());
                        self.shared.progress.event(Event::Disallowed { url: &source.url });
                        (None, "robots.txt forbids it".to_owned())
                    }
                    Failure::Closed(_, reason) => self.fail(&source.url, None, left_alone(&reason)),
                    Failure::Failed(status, reason) => self.fail(&source.url, status, reason),
                    Failure::Stopped | Failure::PutOff(..) => return,
                };
                let failures = state.as_ref().map_or(0, |s| s.failures).saturating_add(1);
                let after = SourceState {
                    last_read: now,
                    last_ok: state.and_then(|s| s.last_ok),
                    failures,
                    next_due: frontier::source_failed(failures, now),
                    reason: Some(reason.clone()),
                };
                let url = check_url(&source.url).map_or_else(|_| source.url.clone(), String::from);
                let page = Page { failures, ..failed_page(&url, PageKind::Feed, status, reason, now) };
                self.write(move |batch| {
                    batch.put_page(&page)?;
                    batch.put_source_state(&source.id, &after)
                })
                .await;
            }
        }
    }

    /// Asks a source what it lists.
    async fn list(&self, source: &Source) -> Result<Vec<Standing>, Failure> {
        let url = check_url(&source.url).map_err(|reason| Failure::Failed(None, reason))?;
        let Document { feed, page, slot } = self.document(url).await?;
        if feed.cut > 0 {
            self.fail(&source.url, None, format!("the feed lists {} entries too many, which are left out", feed.cut));
        }
        let mut seen = HashSet::new();
        let listed = feed.entries.into_iter().filter(|e| seen.insert(e.url.to_string()));
        let listed: Vec<Listed> = listed.map(|e| Listed { url: e.url.into(), title: e.title, published_at: e.published_at }).collect();
        let (id, publisher, now) = (source.id.clone(), source.publisher.clone(), (self.shared.clock)());
        // Together with the list, so that no kill can lose what it listed.
        let (standings, listed) = self
            .write(move |batch| {
                match &page {
                    Ok(page) => batch.put_page(page)?,
                    Err(url) => batch.unchanged(url, None)?,
                }
                let standings = batch.put_listing(&id, publisher.as_deref(), &listed, now)?;
                let well = SourceState { last_read: now, last_ok: Some(now), failures: 0, next_due: None, reason: None };
                batch.put_source_state(&id, &well)?;
                Ok((standings, listed))
            })
            .await
            .ok_or(Failure::Stopped)?;
        drop(slot);
        self.count_listed(&listed, &standings);
        Ok(standings)
    }

    /// A list as it is now, whether it comes anew or is known.
    async fn document(&self, url: Url) -> Result<Document, Failure> {
        let key = url.to_string();
        let head = self
            .write({
                let key = key.clone();
                move |batch| batch.page_head(&key)
            })
            .await
            .ok_or(Failure::Stopped)?;
        // Without its body, "not modified" would leave nothing to read.
        let last = head.filter(|h| h.has_body);
        let owner = last.as_ref().and_then(|h| h.final_url.clone()).unwrap_or_else(|| key.clone());
        let validators =
            last.as_ref().map(|h| Validators { etag: h.etag.clone(), last_modified: h.last_modified.clone() }).unwrap_or_default();
        let got = self.fetch(&url, &validators, &owner).await?;
        let (bytes, base, content_type, page, slot) = match got {
            Got::NotModified => {
                let stored = self
                    .write({
                        let key = key.clone();
                        move |batch| batch.page_body(&key)
                    })
                    .await
                    .ok_or(Failure::Stopped)?;
                let content_type = last.and_then(|h| h.content_type);
                (stored.unwrap_or_default(), Url::parse(&owner).unwrap_or(url), content_type, None, None)
            }
            Got::Fetched(fetched) => {
                let Fetched { final_url, via, body, slot } = *fetched;
                let page = Page {
                    url: key.clone(),
                    kind: PageKind::Feed,
                    state: PageState::Fetched,
                    final_url: Some(final_url.to_string()),
                    via,
                    status: Some(body.head.status),
                    content_type: body.content_type.clone(),
                    etag: body.validators.etag,
                    last_modified: body.validators.last_modified,
                    protocol: Some(body.head.protocol.to_owned()),
                    headers: body.head.headers,
                    fetched_at: (self.shared.clock)(),
                    next_due: None,
                    failures: 0,
                    reason: None,
                    body: None,
                };
                (body.bytes, final_url, body.content_type, Some(page), Some(slot))
            }
        };
        let parsed = tokio::task::spawn_blocking(move || {
            let feed = feed::parse(&bytes, content_type.as_deref(), &base);
            (feed, bytes)
        });
        let (feed, bytes) = parsed.await.map_err(|e| Failure::Failed(None, our_fault(&e)))?;
        // Only what could be read is kept: its validators would else keep a broken list broken.
        let feed = feed.map_err(|e| Failure::Failed(Some(200), e.to_string()))?;
        let page = page.map(|page| Page { body: Some(bytes), ..page }).ok_or(key);
        Ok(Document { feed, page, slot })
    }

    fn count_listed(&self, listed: &[Listed], standings: &[Standing]) {
        let mut counted = lock(&self.shared.counted);
        let mut stored = 0;
        for (page, standing) in listed.iter().zip(standings) {
            match standing {
                Standing::Stored => stored += u64::from(counted.insert(page.url.clone())),
                Standing::New if self.shared.dry && self.is_wanted(page) => {
                    lock(&self.shared.found).entry(host_of(&page.url)).or_default().insert(page.url.clone());
                }
                _ => {}
            }
        }
        lock(&self.shared.summary).unchanged += stored;
    }

    fn is_wanted(&self, page: &Listed) -> bool {
        let bounds = page.published_at.map(Moment::unix_bounds).zip(self.shared.since.map(Moment::unix_bounds));
        bounds.is_none_or(|(published, since)| published.1 >= since.0)
    }

    // ---- Pages

    /// Fetches what is due, a lane a host.
    async fn pages(&self, filter: &DueFilter) {
        let counted = filter.clone();
        let Some(due) = self.write(move |batch| batch.count_due(&counted)).await else { return };
        let found: usize = lock(&self.shared.found).values().map(BTreeSet::len).sum();
        self.shared.progress.event(Event::Due { pages: due + found as u64 });
        let mut lanes = JoinSet::new();
        let mut after = String::new();
        while !self.is_over() {
            let (by, last) = (filter.by, after.clone());
            let Some(hosts) = self.write(move |batch| batch.due_hosts(by, &last, HOSTS)).await else { break };
            let Some(last) = hosts.last() else { break };
            after.clone_from(last);
            for host in hosts {
                if lanes.len() >= LANES {
                    lanes.join_next().await;
                }
                let (engine, filter) = (self.clone(), filter.clone());
                lanes.spawn(async move { engine.lane(host, filter).await });
            }
        }
        while lanes.join_next().await.is_some() {}
        // What a dry crawl found lies in no database.
        let found = std::mem::take(&mut *lock(&self.shared.found));
        for (_, urls) in found {
            let engine = self.clone();
            lanes.spawn(async move { engine.plan(urls).await });
        }
        while lanes.join_next().await.is_some() {}
    }

    /// Fetches what is due of one host, one after another.
    async fn lane(&self, host: String, filter: DueFilter) {
        let mut reading = JoinSet::new();
        let mut after = None;
        loop {
            let (key, wanted, last) = (host.clone(), filter.clone(), after.take());
            let step = self.write(move |batch| batch.due_pages(&key, &wanted, last.as_ref(), STEP)).await.unwrap_or_default();
            let Some(last) = step.last() else { break };
            after = Some(last.clone());
            if self.shared.dry {
                self.plan(step.into_iter().map(|p| p.url)).await;
                continue;
            }
            let mut may_go_on = true;
            for page in step {
                may_go_on = !self.is_over() && self.page(page, &host, &mut reading).await;
                if !may_go_on {
                    break;
                }
                while reading.try_join_next().is_some() {}
            }
            if !may_go_on {
                break;
            }
        }
        while reading.join_next().await.is_some() {}
    }

    /// Says what would be fetched.
    async fn plan(&self, urls: impl IntoIterator<Item = String>) {
        for text in urls {
            let Ok(url) = Url::parse(&text) else { continue };
            match self.admit(&url).await {
                Ok(()) => self.shared.progress.event(Event::Planned { url: &text }),
                Err(Failure::Disallowed) => self.disallowed(&text),
                Err(Failure::PutOff(..)) => lock(&self.shared.summary).put_off += 1,
                Err(Failure::Closed(_, reason)) => _ = self.fail(&text, None, left_alone(&reason)),
                Err(Failure::Failed(status, reason)) => _ = self.fail(&text, status, reason),
                Err(Failure::Stopped) => return,
            }
        }
    }

    /// Fetches a page of `host`, and leaves what came to a task. `false`: no more of this host now.
    async fn page(&self, page: DuePage, host: &str, reading: &mut JoinSet<()>) -> bool {
        let Ok(url) = Url::parse(&page.url) else {
            self.failed(&page, Trouble::Unreadable, None, "it is no web address".into()).await;
            return true;
        };
        let validators = if page.stored {
            Validators { etag: page.etag.clone(), last_modified: page.last_modified.clone() }
        } else {
            Validators::default()
        };
        let owner = page.final_url.clone().unwrap_or_else(|| page.url.clone());
        match self.fetch(&url, &validators, &owner).await {
            Ok(Got::Fetched(fetched)) => {
                let engine = self.clone();
                reading.spawn(async move { engine.read(page, url, *fetched).await });
            }
            Ok(Got::NotModified) if page.stored => {
                let now = (self.shared.clock)();
                let next = frontier::revisit(page.first_fetched_at.unwrap_or(now), now, None);
                let key = page.url.clone();
                if self.write(move |batch| batch.unchanged(&key, next)).await.is_some() {
                    lock(&self.shared.summary).unchanged += 1;
                    self.shared.progress.event(Event::Unchanged { url: &page.url });
                }
            }
            Ok(Got::NotModified) => {
                self.failed(&page, Trouble::Other, Some(304), "status 304 to a request that did not ask for it".into()).await;
            }
            Err(Failure::Stopped) => return false,
            Err(Failure::Disallowed) => self.failed(&page, Trouble::Disallowed, None, "robots.txt forbids it".into()).await,
            Err(Failure::Closed(at, reason)) if at == host => {
                _ = self.fail(&page.url, None, left_alone(&reason));
                return false;
            }
            Err(Failure::Closed(_, reason)) => self.failed(&page, Trouble::Other, None, left_alone(&reason)).await,
            Err(Failure::PutOff(at, _)) if at == host => return false,
            // It leads to a host that is left alone, and waits for that.
            Err(Failure::PutOff(_, until)) => {
                lock(&self.shared.summary).put_off += 1;
                self.write(move |batch| batch.defer(&page.url, until)).await;
            }
            Err(Failure::Failed(status, reason)) => {
                let trouble = if frontier::is_missing(status) { Trouble::Missing } else { Trouble::Other };
                self.failed(&page, trouble, status, reason).await;
            }
        }
        true
    }

    /// Makes an article of what came, and stores it.
    async fn read(&self, page: DuePage, url: Url, fetched: Fetched) {
        let Fetched { final_url, via, body, slot } = fetched;
        let now = (self.shared.clock)();
        let first = page.first_fetched_at.unwrap_or(now);
        let hints = PageHints {
            url,
            final_url: final_url.clone(),
            content_type: body.content_type.clone(),
            feed_date: page.published_at,
            feed_title: page.title.clone(),
            publisher: page.publisher.clone(),
            // The anchor of an article without a date must not wander from visit to visit.
            fetched_at: Moment::new(KST.to_datetime(first), Precision::Minute),
        };
        // The semaphore is never closed.
        let Ok(turn) = self.shared.readers.acquire().await else { return };
        let (pipeline, bytes) = (self.shared.pipeline.clone(), body.bytes);
        let read = tokio::task::spawn_blocking(move || {
            let read = pipeline.page(&bytes, hints);
            (read, bytes)
        });
        let read = read.await;
        drop(turn);
        let mut came = Page {
            url: page.url.clone(),
            kind: PageKind::Article,
            state: PageState::Fetched,
            final_url: Some(final_url.to_string()),
            via,
            status: Some(body.head.status),
            content_type: body.content_type,
            etag: body.validators.etag,
            last_modified: body.validators.last_modified,
            protocol: Some(body.head.protocol.to_owned()),
            headers: body.head.headers,
            fetched_at: now,
            next_due: None,
            failures: 0,
            reason: None,
            body: None,
        };
        let (article, records) = match read {
            Ok((Ok(read), bytes)) => {
                came.body = Some(bytes);
                read
            }
            // It is kept all the same: better rules may read it.
            Ok((Err(reason), bytes)) => {
                came.body = Some(bytes);
                return self.unreadable(&page, came, reason).await;
            }
            // A page that breaks the reader must not break the crawl.
            Err(error) => return self.unreadable(&page, came, our_fault(&error)).await,
        };
        let status = came.status;
        let stored = Page { next_due: frontier::revisit(first, now, article.published_at), ..came };
        let version = self.shared.pipeline.version().to_owned();
        let (title, outages) = (article.title.clone(), records.outages.len());
        let put = self.shared.writer.run(move |batch| batch.put_from(&article, &records, &version, &stored)).await;
        drop(slot);
        match put {
            None => {}
            Some(Err(error)) => self.failed(&page, Trouble::Unreadable, status, error.to_string()).await,
            Some(Ok(put)) => {
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
        }
    }

    /// Notes that a page gave nothing, and when it is tried again.
    async fn failed(&self, page: &DuePage, trouble: Trouble, status: Option<u16>, reason: String) {
        let now = (self.shared.clock)();
        self.note_failure(page, trouble, failed_page(&page.url, PageKind::Article, status, reason.clone(), now), reason).await;
    }

    /// Notes that what came of a page gave no article.
    async fn unreadable(&self, page: &DuePage, came: Page, reason: String) {
        let came = Page { reason: Some(reason.clone()), ..came };
        self.note_failure(page, Trouble::Unreadable, came, reason).await;
    }

    async fn note_failure(&self, page: &DuePage, trouble: Trouble, came: Page, reason: String) {
        let status = came.status;
        let (state, next_due) = frontier::after_failure(trouble, page.failures, page.status, came.fetched_at);
        let failures = page.failures.saturating_add(1);
        let noted = Page { state, next_due, failures, ..came };
        if self.write(move |batch| batch.put_page(&noted)).await.is_none() {
            return;
        }
        match trouble {
            Trouble::Disallowed => self.disallowed(&page.url),
            _ => _ = self.fail(&page.url, status, reason),
        }
    }

    // ---- What all share

    fn disallowed(&self, url: &str) {
        lock(&self.shared.summary).disallowed.push(url.to_owned());
        self.shared.progress.event(Event::Disallowed { url });
    }

    fn fail(&self, url: &str, status: Option<u16>, reason: String) -> (Option<u16>, String) {
        self.shared.progress.event(Event::Failed { url, reason: &reason });
        lock(&self.shared.summary).failed.push((url.to_owned(), reason.clone()));
        (status, reason)
    }

    /// Works with the database. `None`: it failed, and the crawl is over.
    pub async fn write<T: Send + 'static>(&self, job: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send + 'static) -> Option<T> {
        match self.shared.writer.run(job).await? {
            Ok(value) => Some(value),
            Err(error) => {
                self.fail("the database", None, error.to_string());
                None
            }
        }
    }

    /// Whether nothing new is to be begun.
    pub fn is_over(&self) -> bool {
        *self.shared.stop.borrow() || self.shared.writer.is_broken()
    }

    pub async fn stopped(&self) {
        let mut stop = self.shared.stop.clone();
        if stop.wait_for(|stop| *stop).await.is_err() {
            // Nobody is left who could stop it.
            std::future::pending::<()>().await;
        }
    }
}

fn failed_page(url: &str, kind: PageKind, status: Option<u16>, reason: String, now: Timestamp) -> Page {
    Page {
        url: url.to_owned(),
        kind,
        state: PageState::Failed,
        final_url: None,
        via: Vec::new(),
        status,
        content_type: None,
        etag: None,
        last_modified: None,
        protocol: None,
        headers: Vec::new(),
        fetched_at: now,
        next_due: None,
        failures: 1,
        reason: Some(reason),
        body: None,
    }
}

fn left_alone(reason: &str) -> String {
    format!("the host is left alone, since its robots.txt could not be read: {reason}")
}

fn our_fault(error: &tokio::task::JoinError) -> String {
    format!("reading it failed inside meoktong, which is a fault to report: {error}")
}

/// What the lock guards is whole after every statement, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
