//! The crawl that does not end: each source when its schedule says, each page when it is due, until it is told to stop.
//!
//! - [`Plan`]: what it works by; a new one takes the place of the old whenever it comes.
//! - [`watch`]: the work.
//!
//! It promises: sources and hosts go on side by side, so that none waits for another; what was under way when it is stopped ends within
//! [`GRACE`] or is begun again the next time; a database that fails, as on a full disk, is told and tried again, less and less often; while no
//! host can be reached at all, that is held against none; a clock that is set forth or back delays nothing for ever; memory depends on how many
//! hosts and sources there are at once, not on how long it runs.
//!
//! It works in sessions: a plan, an open database, tasks. A new plan, or the database's failure, ends a session in order, and the next one
//! begins with what the database holds.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch as channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::engine::{Engine, Shared, lock, refresh_of};
use super::fetch::Fetcher;
use super::politeness::Hosts;
use super::writer::Writer;
use super::{Clock, CrawlError, Event, Pipeline, Progress, Source, Summary, frontier};
use crate::config::CrawlConfig;
use crate::store::{DueFilter, Heartbeat, Run, RunCounts, Store, StoreError};
use crate::temporal::KST;

/// How long what is under way may take once it is to end.
pub const GRACE: Duration = Duration::from_secs(8);

/// How often the database is told that the watch is alive. One that has not been for several times as long is not.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// The writer's last transaction may take so long once all is over.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// How long at most nothing is looked at: the system's clock may be set while all sleep.
const TICK: Duration = Duration::from_millis(500);

/// How often, at least, it is looked up which pages are due.
const SWEEP: SignedDuration = SignedDuration::from_secs(5);

/// A host whose pages gave no more is not looked at for so long, if nothing else says for how long.
const HOLD: SignedDuration = SignedDuration::from_mins(5);

/// A clock that goes back by less is only being adjusted.
const BACKWARDS: SignedDuration = SignedDuration::from_mins(1);

/// Nothing is ever put off for longer, see `frontier`.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(8 * 24);

/// How often hosts that nothing holds back are forgotten.
const PRUNE: SignedDuration = SignedDuration::from_mins(10);

/// The first wait after the database failed; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_TROUBLE: Duration = Duration::from_secs(300);

/// So many hosts have their pages fetched side by side.
const LANES: usize = 256;

/// So many hosts are looked up at once.
const STEP: usize = 256;

/// What a watch works by.
#[derive(Clone)]
pub struct Plan {
    /// How pages are fetched.
    pub config: CrawlConfig,
    /// The sources that are asked.
    pub sources: Vec<Source>,
    /// What a search asks for that has no queries of its own, see [`super::search::words`].
    pub words: Vec<String>,
    /// What makes records of pages.
    pub pipeline: Arc<dyn Pipeline>,
    /// Makes a database that was just opened ready to be written to: what is indexed of it, what is kept.
    pub prepare: Arc<dyn Fn(Store) -> Result<Store, StoreError> + Send + Sync>,
}

/// How a watch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Sources that it asks.
    pub sources: usize,
    /// Sources that are being read now.
    pub reading: usize,
    /// Pages that are due.
    pub due: u64,
    /// Pages that were fetched since it began.
    pub fetched: u64,
    /// Records of new and changed articles since it began.
    pub outages: u64,
    /// Pages and sources that failed since it began.
    pub failed: u64,
    /// When a source is asked next.
    pub next: Option<Timestamp>,
}

/// Why a session ended.
enum End {
    Stopped,
    Changed(Box<Plan>),
    /// The writer's thread says why.
    Broken,
}

/// Crawls into the database at `path` by `plan`, and by what comes out of `changes` from then on, until `stop` says so.
///
/// It begins by opening the database; what is wrong with it then is an error, what goes wrong later is told and tried again.
pub async fn watch(
    path: &Path,
    plan: Plan,
    mut changes: mpsc::Receiver<Plan>,
    progress: Arc<dyn Progress>,
    clock: Clock,
    stop: channel::Receiver<bool>,
) -> Result<(), CrawlError> {
    let mut store = Some(Store::open(path)?);
    let hosts = Arc::new(Hosts::new(plan.config.delay));
    let started = clock();
    let mut watcher = Watcher { plan, hosts, progress, clock, stop, started, counts: RunCounts::default(), totals: RunCounts::default() };
    let mut wait = FIRST_WAIT;
    loop {
        let begun = Instant::now();
        let opened = match store.take() {
            Some(store) => Ok(store),
            None => {
                let path = path.to_owned();
                // It may wait for another process.
                tokio::task::spawn_blocking(move || Store::open(&path)).await?
            }
        };
        let ended = match opened {
            Ok(store) => watcher.session(store, &mut changes).await,
            Err(error) => Err(error.into()),
        };
        let error = match ended {
            Ok(End::Changed(plan)) => {
                watcher.change(*plan);
                continue;
            }
            Ok(End::Stopped) => return Ok(()),
            // The writer gave up without a reason; that is strange, and no reason to end.
            Ok(End::Broken) => "the database is not answering".to_owned(),
            Err(CrawlError::Store(error)) if may_pass(&error) => error.to_string(),
            Err(error) => return Err(error),
        };
        if begun.elapsed() > LONGEST_TROUBLE {
            wait = FIRST_WAIT;
        }
        watcher.progress.event(Event::Trouble { reason: &error, wait });
        let mut stop = watcher.stop.clone();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = told(&mut stop) => return Ok(()),
        }
        wait = (wait * 2).min(LONGEST_TROUBLE);
    }
}

/// Whether it may be otherwise later: a full disk, a file that another process holds. What is no database of ours stays none.
fn may_pass(error: &StoreError) -> bool {
    !matches!(error, StoreError::NotADatabase(_) | StoreError::Foreign(_) | StoreError::Newer { .. })
}

struct Watcher {
    plan: Plan,
    hosts: Arc<Hosts>,
    progress: Arc<dyn Progress>,
    clock: Clock,
    stop: channel::Receiver<bool>,
    started: Timestamp,
    /// Of the run that is under way.
    counts: RunCounts,
    /// Of all runs.
    totals: RunCounts,
}

/// What a session keeps in mind.
struct Session {
    engine: Engine,
    sources: HashMap<String, Arc<Source>>,
    /// When each source is asked next.
    due: HashMap<String, Timestamp>,
    being_read: HashSet<String>,
    reading: JoinSet<(String, Option<Timestamp>)>,
    /// Hosts whose pages are being fetched.
    busy: HashSet<String>,
    lanes: JoinSet<(String, bool)>,
    /// Hosts that gave no more, and until when they are not looked at.
    held: HashMap<String, Timestamp>,
    run: Option<(Run, jiff::civil::Date)>,
    now: Timestamp,
    /// When it was looked up what is due, by both clocks; none: it is to be done now.
    swept: Option<(Timestamp, Instant)>,
    /// Whether hosts were passed over then, because their pages were being fetched.
    passed_over: bool,
    beaten: Option<Instant>,
    pruned: Timestamp,
    due_pages: u64,
}

impl Watcher {
    /// Takes over a new plan. How long ago hosts were asked is not forgotten.
    fn change(&mut self, plan: Plan) {
        if plan.config.delay != self.plan.config.delay {
            self.hosts = Arc::new(Hosts::new(plan.config.delay));
        }
        self.plan = plan;
    }

    async fn session(&mut self, store: Store, changes: &mut mpsc::Receiver<Plan>) -> Result<End, CrawlError> {
        let config = &self.plan.config;
        let fetcher = Fetcher::new(config)?;
        let (writer, thread) = Writer::start((self.plan.prepare)(store)?, false);
        let (stop, stopped) = channel::channel(false);
        let (pipeline, progress, clock) = (self.plan.pipeline.clone(), self.progress.clone(), self.clock.clone());
        let shared = Shared {
            hosts: self.hosts.clone(),
            words: self.plan.words.clone(),
            network: Some(Default::default()),
            ..Shared::new(config, fetcher, writer, pipeline, progress, clock, stopped)
        };
        let now = (self.clock)();
        self.counts = RunCounts::default();
        let mut session = Session {
            engine: Engine { shared: Arc::new(shared) },
            sources: self.plan.sources.iter().map(|s| (s.id.clone(), Arc::new(s.clone()))).collect(),
            due: HashMap::new(),
            being_read: HashSet::new(),
            reading: JoinSet::new(),
            busy: HashSet::new(),
            lanes: JoinSet::new(),
            held: HashMap::new(),
            run: None,
            now,
            swept: None,
            passed_over: false,
            beaten: None,
            pruned: now,
            due_pages: 0,
        };
        let end = self.drive(&mut session, changes).await;
        stop.send_replace(true);
        let wind_up = async {
            while session.reading.join_next().await.is_some() {}
            while session.lanes.join_next().await.is_some() {}
        };
        // What has not ended by then is cut off; the database knows it as due.
        let _ = tokio::time::timeout(GRACE, wind_up).await;
        let last = async {
            session.reading.shutdown().await;
            session.lanes.shutdown().await;
            self.beat(&mut session, matches!(end, End::Stopped)).await;
            // The writer's thread ends with the last who could give it work.
            drop(session);
            thread.await
        };
        // A database that does not answer must hold up neither the end nor a new plan. A transaction is whole or not there at all.
        if let Ok(ended) = tokio::time::timeout(LAST_WRITE, last).await {
            ended??;
        }
        Ok(end)
    }

    /// Works until something ends the session.
    async fn drive(&mut self, session: &mut Session, changes: &mut mpsc::Receiver<Plan>) -> End {
        let mut stop = self.stop.clone();
        if session.recall().await.is_none() || session.schedule_all().await.is_none() {
            return End::Broken;
        }
        loop {
            if session.tick(&*self.progress).await.is_none() || self.keep_books(session).await.is_none() {
                return End::Broken;
            }
            let pause = session.pause();
            tokio::select! {
                biased;
                () = told(&mut stop) => return End::Stopped,
                Some(plan) = changes.recv() => return End::Changed(Box::new(plan)),
                Some(read) = session.reading.join_next() => session.was_read(read),
                Some(lane) = session.lanes.join_next() => session.lane_ended(lane),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes over what was counted, tells how it stands, and lets the database know that the watch is alive. `None`: the database failed.
    async fn keep_books(&mut self, session: &mut Session) -> Option<()> {
        let shared = &session.engine.shared;
        let counted = std::mem::take(&mut *lock(&shared.summary));
        lock(&shared.counted).clear();
        self.count(&counted);
        let status = Status {
            sources: session.sources.len(),
            reading: session.being_read.len(),
            due: session.due_pages,
            fetched: self.totals.new + self.totals.updated + self.totals.unchanged,
            outages: self.totals.outages,
            failed: self.totals.failed + self.totals.disallowed,
            next: session.due.iter().filter(|(id, _)| !session.being_read.contains(*id)).map(|(_, due)| *due).min(),
        };
        self.progress.event(Event::Watching { status });
        if session.beaten.is_none_or(|at| at.elapsed() >= HEARTBEAT) {
            self.beat(session, false).await?;
        }
        Some(())
    }

    fn count(&mut self, counted: &Summary) {
        for counts in [&mut self.counts, &mut self.totals] {
            counts.new += counted.new;
            counts.updated += counted.updated;
            counts.unchanged += counted.unchanged;
            counts.outages += counted.outages;
            counts.disallowed += counted.disallowed.len() as u64;
            counts.failed += counted.failed.len() as u64;
        }
    }

    /// The heartbeat, and the day's entry among the runs. At the end of all both are closed.
    async fn beat(&mut self, session: &mut Session, ended: bool) -> Option<()> {
        let counted = std::mem::take(&mut *lock(&session.engine.shared.summary));
        self.count(&counted);
        let now = (self.clock)();
        let today = KST.to_datetime(now).date();
        let beat = Heartbeat { pid: std::process::id(), started_at: self.started, beat_at: now, ended_at: ended.then_some(now) };
        let (run, counts) = (session.run, self.counts);
        let is_over = run.is_some_and(|(_, day)| day != today);
        let write = move |batch: &mut crate::store::Batch<'_>| {
            batch.put_heartbeat(&beat)?;
            let run = match run {
                Some((run, day)) => {
                    batch.finish_run(run, now, &counts)?;
                    if day == today { run } else { batch.begin_run(now)? }
                }
                None => batch.begin_run(now)?,
            };
            Ok(run)
        };
        let run = session.engine.write(write).await?;
        session.run = Some((run, today));
        if is_over {
            self.counts = RunCounts::default();
        }
        session.beaten = Some(Instant::now());
        Some(())
    }
}

impl Session {
    fn clock(&self) -> Timestamp {
        (self.engine.shared.clock)()
    }

    /// What lies further in the future than anything is ever put off was written while the clock was wrong.
    async fn recall(&mut self) -> Option<()> {
        self.now = self.clock();
        let (now, latest) = (self.now, after(self.now, LONGEST_WAIT));
        self.engine.write(move |batch| batch.recall(now, latest)).await?;
        Some(())
    }

    /// Decides for each source when it is asked next.
    async fn schedule_all(&mut self) -> Option<()> {
        for source in self.sources.values() {
            let id = source.id.clone();
            let state = self.engine.write(move |batch| batch.source_state(&id)).await?;
            // A time that is still to come is the mark of a clock that was wrong.
            let due = state.filter(|s| s.last_read <= self.now).map(|s| {
                let planned = source.schedule.next(&source.id, s.last_read, &refresh_of(s.wish));
                frontier::source_failed(s.failures, s.last_read).map_or(planned, |until| until.max(planned))
            });
            // What was missed is not made up for all at once.
            let due = due.filter(|due| *due > self.now).unwrap_or_else(|| source.schedule.first(&source.id, self.now));
            self.due.insert(source.id.clone(), due);
        }
        Some(())
    }

    /// Begins what is due. `None`: the database failed.
    async fn tick(&mut self, progress: &dyn Progress) -> Option<()> {
        if self.engine.is_over() {
            return None;
        }
        let now = self.clock();
        if after(now, BACKWARDS) < self.now {
            progress.event(Event::ClockSetBack { from: self.now, to: now });
            self.recall().await?;
            self.schedule_all().await?;
            self.held.clear();
            self.swept = None;
        }
        self.now = now;
        let due: Vec<String> =
            self.due.iter().filter(|(id, due)| **due <= now && !self.being_read.contains(*id)).map(|(id, _)| id.clone()).collect();
        for id in due {
            let Some(source) = self.sources.get(&id).cloned() else { continue };
            self.being_read.insert(id);
            let engine = self.engine.clone();
            self.reading.spawn(async move { (source.id.clone(), engine.source(&source).await) });
        }
        let wait = if self.passed_over { TICK } else { SWEEP.unsigned_abs() };
        if self.swept.is_none_or(|(at, instant)| now >= after(at, SWEEP) || instant.elapsed() >= wait) {
            self.sweep().await?;
        }
        if now >= after(self.pruned, PRUNE) {
            self.engine.prune();
            self.pruned = now;
        }
        Some(())
    }

    /// Gives each host that has pages due a lane of its own.
    async fn sweep(&mut self) -> Option<()> {
        let now = self.now;
        self.swept = Some((now, Instant::now()));
        self.passed_over = false;
        self.held.retain(|_, until| *until > now);
        let filter = DueFilter { by: now, ..DueFilter::default() };
        let mut last = String::new();
        while self.busy.len() < LANES {
            let behind = last.clone();
            let hosts = self.engine.write(move |batch| batch.due_hosts(now, &behind, STEP)).await?;
            let Some(end) = hosts.last() else { break };
            last.clone_from(end);
            for host in hosts {
                if self.busy.len() >= LANES || self.busy.contains(&host) {
                    self.passed_over = true;
                    continue;
                }
                if self.held.contains_key(&host) {
                    continue;
                }
                if let Some(until) = self.engine.left_alone(&host).await? {
                    self.held.insert(host, until);
                    continue;
                }
                self.busy.insert(host.clone());
                let (engine, filter) = (self.engine.clone(), filter.clone());
                self.lanes.spawn(async move {
                    let went_on = engine.lane(host.clone(), filter).await;
                    (host, went_on)
                });
            }
        }
        self.due_pages = self.engine.write(move |batch| batch.count_due(&filter)).await?;
        Some(())
    }

    fn was_read(&mut self, read: Result<(String, Option<Timestamp>), tokio::task::JoinError>) {
        let mut read = Some(read);
        while let Some(one) = read {
            match one {
                Ok((id, next)) => {
                    self.being_read.remove(&id);
                    // Where nothing was decided it was not asked.
                    let next = next.unwrap_or_else(|| after(self.now, HOLD));
                    self.due.insert(id, next);
                }
                // It broke off, and is asked again by and by.
                Err(error) => self.broke_off(&error),
            }
            read = self.reading.try_join_next();
        }
        self.swept = None;
    }

    fn lane_ended(&mut self, lane: Result<(String, bool), tokio::task::JoinError>) {
        match lane {
            Ok((host, went_on)) => {
                self.busy.remove(&host);
                if !went_on {
                    let wait = if self.engine.network_is_gone() { SWEEP } else { HOLD };
                    self.held.insert(host, after(self.now, wait));
                }
            }
            Err(error) => self.broke_off(&error),
        }
    }

    /// A task that broke off by a fault of ours does not say which it was: all that no task works on any more are free again.
    fn broke_off(&mut self, error: &tokio::task::JoinError) {
        self.engine.shared.progress.event(Event::Failed { url: "meoktong", reason: &format!("a fault to report: {error}") });
        if self.reading.is_empty() {
            for id in self.being_read.drain() {
                self.due.insert(id, after(self.now, HOLD));
            }
        }
        if self.lanes.is_empty() {
            self.busy.clear();
        }
    }

    /// Until the next source is due, or so long as may be slept.
    fn pause(&self) -> Duration {
        let next = self.due.iter().filter(|(id, _)| !self.being_read.contains(*id)).map(|(_, due)| *due).min();
        let left = next.map(|due| due.duration_since(self.clock()));
        left.map_or(TICK, |left| Duration::try_from(left).unwrap_or_default().clamp(Duration::from_millis(1), TICK))
    }
}

/// Ends when the watch is told to stop.
async fn told(stop: &mut channel::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody is left who could tell.
        std::future::pending::<()>().await;
    }
}

fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
