//! One crawl: first the sources, then what is due, host beside host.
//!
//! What is to be fetched lies in the database and is taken from it in steps: a lane a host, which asks for one page after another, while what
//! came is read and stored beside it. So memory is bounded by the number of hosts at once, not by the number of pages; and because every
//! page moves on to a later time, or to none, whatever comes of it, a crawl comes to its end.
//!
//! Of several sources that list a page the one with the smallest id says what is known of it beforehand. So that it does not matter who answers
//! first, pages wait until all sources are read; but a source that takes longer than a few requests may (a slow host, an index of many sitemaps)
//! holds up nobody: the others' pages are fetched meanwhile, and its own after them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use url::Url;

use super::discover::{self, Found, Request};
use super::fetch::{Fetcher, Validators};
use super::frontier::{self, Trouble};
use super::politeness::Hosts;
use super::request::{Failure, Fetched, Got, Network};
use super::schedule::Refresh;
use super::sitemap::Child;
use super::writer::Writer;
use super::{Clock, Event, PageHints, Pipeline, Progress, Source, Summary};
use crate::article::Article;
use crate::config::{CrawlConfig, check_url};
use crate::record::{ArticleRecords, Outage};
use crate::store::{
    Batch, DueFilter, DuePage, HostState, Listed, Page, PageKind, PageState, Put, Run, RunCounts, SourceState, Standing, StoreError,
    host_of, outage_ids,
};
use crate::temporal::{KST, Moment, Precision};

/// So many pages of a host are taken from the database at once.
const STEP: usize = 16;

/// So many hosts have their pages fetched side by side; how many of them are asked in the same moment is for the configuration.
const LANES: usize = 1024;

/// Pages wait for the sources no longer than so many requests may take.
const PATIENCE: u32 = 3;

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
    pub hosts: Arc<Hosts>,
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
    /// Whether no page is fetched.
    pub only_sources: bool,
    /// What a search asks for that has no queries of its own.
    pub words: Vec<String>,
    /// How long pages wait for the sources to be read.
    pub patience: Duration,
    /// Whether nothing is to be stored.
    pub dry: bool,
    pub summary: Mutex<Summary>,
    /// Pages that were counted as stored: several sources may list one.
    pub counted: Mutex<HashSet<String>>,
    /// How hosts are, as far as it is known.
    pub health: Mutex<HashMap<String, HostState>>,
    /// Whether the network is there, where the crawl goes on without it.
    pub network: Option<Mutex<Network>>,
    /// By host, what was found and not stored, since nothing is to be.
    pub found: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Shared {
    /// For all that is due, whatever source lists it.
    pub fn new(
        config: &CrawlConfig,
        fetcher: Fetcher,
        writer: Writer,
        pipeline: Arc<dyn Pipeline>,
        progress: Arc<dyn Progress>,
        clock: Clock,
        stop: watch::Receiver<bool>,
    ) -> Shared {
        Shared {
            user_agent: config.user_agent.clone(),
            max_body: config.max_body,
            fetcher,
            hosts: Arc::new(Hosts::new(config.delay)),
            slots: Arc::new(Semaphore::new(config.concurrency)),
            readers: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            writer,
            pipeline,
            progress,
            clock,
            stop,
            named: false,
            since: None,
            only_sources: false,
            words: Vec::new(),
            patience: config.timeout.saturating_mul(PATIENCE),
            dry: false,
            summary: Default::default(),
            counted: Default::default(),
            health: Default::default(),
            network: None,
            found: Default::default(),
        }
    }
}

/// What a source listed in one pass.
#[derive(Default)]
struct Listing {
    answers: usize,
    entries: usize,
    /// Of the pages, those that are due.
    due: usize,
    newest: Option<Moment>,
    /// What the first answer says of how often it changes.
    refresh: Option<Refresh>,
    /// What of it failed first.
    reason: Option<String>,
}

/// A list that a source gave.
struct Document {
    found: Found,
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
            reading.spawn(async move { engine.source(&source).await });
        }
        let all_read = async { while reading.join_next().await.is_some() {} };
        let in_time = tokio::time::timeout(shared.patience, all_read).await.is_ok();
        let mut filter = DueFilter { by: started, since: shared.since, sources: shared.named.then_some(ids) };
        if !shared.only_sources {
            filter.by = (shared.clock)().max(started);
            self.pages(&filter).await;
        }
        if !in_time {
            while reading.join_next().await.is_some() {}
            if !shared.only_sources {
                filter.by = (shared.clock)().max(filter.by);
                self.pages(&filter).await;
            }
        }
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

    /// Reads a source, and notes what it lists and how it went. Tells when it is to be asked next; nothing where the crawl is over.
    pub async fn source(&self, source: &Source) -> Option<Timestamp> {
        let id = source.id.clone();
        let before = self.write(move |batch| batch.source_state(&id)).await?;
        let now = (self.shared.clock)();
        let left_alone = before.as_ref().filter(|s| !self.shared.named && s.last_read <= now);
        if let Some(until) = left_alone.and_then(|s| frontier::source_failed(s.failures, s.last_read)).filter(|until| *until > now) {
            lock(&self.shared.summary).put_off += 1;
            self.shared.progress.event(Event::SourcePutOff { id: &source.id, until });
            return Some(until);
        }
        let wish = before.as_ref().map_or((None, 0), |s| s.wish);
        let (after, page) = match self.list(source, before.as_ref()).await {
            Ok(listing) => {
                lock(&self.shared.summary).sources += 1;
                let Listing { entries, newest, due, refresh, .. } = listing;
                self.shared.progress.event(Event::Source { id: &source.id, pages: due, entries, newest });
                let refresh = refresh.unwrap_or_default();
                let after = SourceState {
                    last_read: now,
                    last_ok: Some(now),
                    failures: 0,
                    next_due: Some(source.schedule.next(&source.id, now, &refresh)),
                    reason: listing.reason,
                    entries: Some(entries as u64),
                    newest,
                    wish: (refresh.every.map(|every| every.as_secs()), refresh.quiet_hours),
                };
                (after, None)
            }
            Err(Failure::Stopped) => return None,
            Err(Failure::PutOff(_, until)) => {
                lock(&self.shared.summary).put_off += 1;
                self.shared.progress.event(Event::SourcePutOff { id: &source.id, until });
                return Some(until);
            }
            Err(failure) => {
                let (status, reason) = match failure {
                    Failure::Disallowed => {
                        self.disallowed(&source.url);
                        (None, "robots.txt forbids it".to_owned())
                    }
                    Failure::Closed(_, reason) => self.fail(&source.url, None, left_alone_since(&reason)),
                    Failure::Failed(status, reason) => self.fail(&source.url, status, reason),
                    Failure::Stopped | Failure::PutOff(..) => return None,
                };
                self.shared.progress.event(Event::SourceFailed { id: &source.id, reason: &reason });
                let failures = before.as_ref().map_or(0, |s| s.failures).saturating_add(1);
                let planned = source.schedule.next(&source.id, now, &refresh_of(wish));
                let after = SourceState {
                    last_read: now,
                    last_ok: before.as_ref().and_then(|s| s.last_ok),
                    failures,
                    next_due: Some(planned).max(frontier::source_failed(failures, now)),
                    reason: Some(reason.clone()),
                    entries: before.as_ref().and_then(|s| s.entries),
                    newest: before.and_then(|s| s.newest),
                    wish,
                };
                let url = check_url(&source.url).map_or_else(|_| source.url.clone(), String::from);
                (after, Some(Page { failures, ..failed_page(&url, PageKind::Feed, status, reason, now) }))
            }
        };
        let (id, next) = (source.id.clone(), after.next_due);
        self.write(move |batch| {
            if let Some(page) = &page {
                batch.put_page(page)?;
            }
            batch.put_source_state(&id, &after)
        })
        .await?;
        next
    }

    /// Asks a source what it lists: its questions, and the sitemaps that its answers name. What one of several does not give, the others do.
    async fn list(&self, source: &Source, before: Option<&SourceState>) -> Result<Listing, Failure> {
        let asked = discover::requests(source, &self.shared.words, &|name| std::env::var(name).ok());
        let asked = asked.map_err(|error| Failure::Failed(None, error.to_string()))?;
        let (mut listing, mut failed) = (Listing::default(), Vec::new());
        let mut seen: HashSet<Url> = asked.iter().map(|r| r.url.clone()).collect();
        let mut waiting: VecDeque<(Request, usize)> = asked.into_iter().map(|request| (request, 0)).collect();
        for _ in 0..discover::MAX_ANSWERS {
            let Some((request, depth)) = waiting.pop_front() else { break };
            let url = request.url.clone();
            match self.answer(source, request, depth, &mut listing).await {
                Ok(more) => {
                    for Child { url, modified_at } in more {
                        if seen.insert(url.clone()) && !self.is_known(&url, modified_at, before).await {
                            waiting.push_back((Request { url, headers: Vec::new() }, depth + 1));
                        }
                        // Those that are known count too: else a pass would go deeper into the archive than the one before.
                        if seen.len() >= discover::MAX_ANSWERS {
                            break;
                        }
                    }
                }
                Err(Failure::Stopped) => return Err(Failure::Stopped),
                Err(failure) => failed.push((url, failure)),
            }
        }
        if listing.answers == 0 {
            return Err(failed.into_iter().next().map_or_else(|| Failure::Failed(None, "there is nothing to ask".into()), |(_, f)| f));
        }
        for (url, failure) in failed {
            let (status, reason) = match failure {
                Failure::Disallowed => {
                    self.disallowed(url.as_str());
                    (None, "robots.txt forbids it".to_owned())
                }
                Failure::Closed(_, reason) => self.fail(url.as_str(), None, left_alone_since(&reason)),
                Failure::Failed(status, reason) => self.fail(url.as_str(), status, reason),
                Failure::PutOff(host, until) => (None, format!("{host} is left alone until {}", moment(until))),
                Failure::Stopped => continue,
            };
            let page = failed_page(url.as_str(), PageKind::Feed, status, reason.clone(), (self.shared.clock)());
            self.write(move |batch| batch.put_page(&page)).await.ok_or(Failure::Stopped)?;
            listing.reason.get_or_insert_with(|| format!("{url}: {reason}"));
        }
        Ok(listing)
    }

    /// Whether a sitemap was read since it changed last.
    async fn is_known(&self, url: &Url, modified_at: Option<Moment>, before: Option<&SourceState>) -> bool {
        let last = before.filter(|s| s.reason.is_none()).and_then(|s| s.last_ok);
        let Some((modified, last)) = modified_at.zip(last) else { return false };
        if modified.unix_bounds().1 >= last.as_second() {
            return false;
        }
        let key = url.to_string();
        let head = self.write(move |batch| batch.page_head(&key)).await;
        head.flatten().is_some_and(|h| h.has_body && !h.failed)
    }

    /// Asks once, and stores what the answer lists. Tells which sitemaps it names.
    async fn answer(&self, source: &Source, request: Request, depth: usize, listing: &mut Listing) -> Result<Vec<Child>, Failure> {
        let url = request.url.clone();
        let Document { found, page, slot } = self.document(source, request, depth).await?;
        if found.cut > 0 {
            let reason = format!("the {} lists {} entries too many, which are left out", source.kind.name(), found.cut);
            self.fail(url.as_str(), None, reason);
        }
        let mut seen = HashSet::new();
        let entries = found.entries.into_iter().filter(|e| seen.insert(e.url.to_string()));
        let listed: Vec<Listed> =
            entries.map(|e| Listed { url: e.url.into(), title: e.title, published_at: e.published_at, publisher: e.publisher }).collect();
        let (id, publisher, now) = (source.id.clone(), source.publisher.clone(), (self.shared.clock)());
        // Together with the list, so that no kill can lose what it listed.
        let (standings, listed) = self
            .write(move |batch| {
                match &page {
                    Ok(page) => batch.put_page(page)?,
                    Err(url) => batch.unchanged(url, None)?,
                }
                let standings = batch.put_listing(&id, publisher.as_deref(), &listed, now)?;
                Ok((standings, listed))
            })
            .await
            .ok_or(Failure::Stopped)?;
        drop(slot);
        self.count_listed(&listed, &standings);
        listing.answers += 1;
        listing.entries += listed.len();
        listing.due += standings.iter().filter(|s| matches!(s, Standing::New | Standing::Due)).count();
        listing.newest = listed.iter().filter_map(|l| l.published_at).chain(listing.newest).max_by_key(|m| m.unix_bounds());
        listing.refresh.get_or_insert(found.refresh);
        Ok(found.more)
    }

    /// A list as it is now, whether it comes anew or is known.
    async fn document(&self, source: &Source, request: Request, depth: usize) -> Result<Document, Failure> {
        let Request { url, headers } = request;
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
        let got = self.fetch(&url, &headers, &validators, &owner).await?;
        let (bytes, base, content_type, page, slot, fresh_for) = match got {
            Got::NotModified(head) => {
                let stored = self
                    .write({
                        let key = key.clone();
                        move |batch| batch.page_body(&key)
                    })
                    .await
                    .ok_or(Failure::Stopped)?;
                let content_type = last.and_then(|h| h.content_type);
                (stored.unwrap_or_default(), Url::parse(&owner).unwrap_or(url), content_type, None, None, head.fresh_for)
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
                (body.bytes, final_url, body.content_type, Some(page), Some(slot), body.head.fresh_for)
            }
        };
        let source = source.clone();
        let parsed = tokio::task::spawn_blocking(move || {
            let found = discover::read(&source, &bytes, content_type.as_deref(), &base, depth);
            (found, bytes)
        });
        let (found, bytes) = parsed.await.map_err(|e| Failure::Failed(None, our_fault(&e)))?;
        // Only what could be read is kept: its validators would else keep a broken list broken.
        let mut found = found.map_err(|e| Failure::Failed(Some(200), e.to_string()))?;
        if let Some(age) = fresh_for {
            found.refresh = found.refresh.fresh_for(age);
        }
        let page = page.map(|page| Page { body: Some(bytes), ..page }).ok_or(key);
        Ok(Document { found, page, slot })
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
            lanes.spawn(async move {
                engine.plan(urls).await;
                true
            });
        }
        while lanes.join_next().await.is_some() {}
    }

    /// Fetches what is due of one host, one after another. `false`: it gave no more, though there is more.
    pub async fn lane(&self, host: String, filter: DueFilter) -> bool {
        let mut reading = JoinSet::new();
        let mut after = None;
        let mut may_go_on = true;
        while may_go_on {
            let (key, wanted, last) = (host.clone(), filter.clone(), after.take());
            let step = self.write(move |batch| batch.due_pages(&key, &wanted, last.as_ref(), STEP)).await.unwrap_or_default();
            let Some(last) = step.last() else { break };
            after = Some(last.clone());
            if self.shared.dry {
                self.plan(step.into_iter().map(|p| p.url)).await;
                continue;
            }
            for page in step {
                may_go_on = !self.is_over() && self.page(page, &host, &mut reading).await;
                if !may_go_on {
                    break;
                }
                while reading.try_join_next().is_some() {}
            }
        }
        while reading.join_next().await.is_some() {}
        may_go_on
    }

    /// Says what would be fetched.
    async fn plan(&self, urls: impl IntoIterator<Item = String>) {
        for text in urls {
            let Ok(url) = Url::parse(&text) else { continue };
            match self.admit(&url).await {
                Ok(()) => self.shared.progress.event(Event::Planned { url: &text }),
                Err(Failure::Disallowed) => self.disallowed(&text),
                Err(Failure::PutOff(..)) => lock(&self.shared.summary).put_off += 1,
                Err(Failure::Closed(_, reason)) => _ = self.fail(&text, None, left_alone_since(&reason)),
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
        match self.fetch(&url, &[], &validators, &owner).await {
            Ok(Got::Fetched(fetched)) => {
                let engine = self.clone();
                reading.spawn(async move { engine.read(page, url, *fetched).await });
            }
            Ok(Got::NotModified(_)) if page.stored => {
                let now = (self.shared.clock)();
                let next = frontier::revisit(page.first_fetched_at.unwrap_or(now), now, None);
                let key = page.url.clone();
                if self.write(move |batch| batch.unchanged(&key, next)).await.is_some() {
                    lock(&self.shared.summary).unchanged += 1;
                    self.shared.progress.event(Event::Unchanged { url: &page.url });
                }
            }
            Ok(Got::NotModified(_)) => {
                self.failed(&page, Trouble::Other, Some(304), "status 304 to a request that did not ask for it".into()).await;
            }
            Err(Failure::Stopped) => return false,
            Err(Failure::Disallowed) => self.failed(&page, Trouble::Disallowed, None, "robots.txt forbids it".into()).await,
            Err(Failure::Closed(at, reason)) if at == host => {
                _ = self.fail(&page.url, None, left_alone_since(&reason));
                return false;
            }
            Err(Failure::Closed(_, reason)) => self.failed(&page, Trouble::Other, None, left_alone_since(&reason)).await,
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
        let put = self.shared.writer.run(move |batch| put(batch, &article, &records, &version, &stored)).await;
        drop(slot);
        match put {
            None => {}
            Some(Err(error)) => self.failed(&page, Trouble::Unreadable, status, error.to_string()).await,
            Some(Ok((put, fresh))) => {
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
                self.shared.progress.event(Event::Stored { put, url: final_url.as_str(), title: &title, outages, fresh: &fresh });
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

/// Stores an article with its page. Tells which of its records were not stored before.
fn put(
    batch: &mut Batch<'_>,
    article: &Article,
    records: &ArticleRecords,
    version: &str,
    page: &Page,
) -> Result<(Put, Vec<Outage>), StoreError> {
    let stored = |batch: &Batch<'_>| -> Result<Vec<(String, Outage)>, StoreError> {
        let article = if records.outages.is_empty() { None } else { batch.article_like(article)? };
        Ok(article.map_or_else(Vec::new, |a| outage_ids(&a.article.id, &a.outages).into_iter().zip(a.outages).collect()))
    };
    let before: HashSet<String> = stored(batch)?.into_iter().map(|(id, _)| id).collect();
    let put = batch.put_from(article, records, version, page)?;
    let after = if put == Put::Unchanged { Vec::new() } else { stored(batch)? };
    Ok((put, after.into_iter().filter(|(id, _)| !before.contains(id)).map(|(_, outage)| outage).collect()))
}

/// What a source says of how often it changes, as it was stored.
pub(super) fn refresh_of((every, quiet_hours): (Option<u64>, u32)) -> Refresh {
    Refresh { every: every.map(Duration::from_secs), quiet_hours }
}

/// Korean time to the minute.
fn moment(at: Timestamp) -> Moment {
    Moment::minute(KST.to_datetime(at))
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

fn left_alone_since(reason: &str) -> String {
    format!("the host is left alone, since its robots.txt could not be read: {reason}")
}

fn our_fault(error: &tokio::task::JoinError) -> String {
    format!("reading it failed inside meoktong, which is a fault to report: {error}")
}

/// What the lock guards is whole after every statement, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
