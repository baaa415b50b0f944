//! From a URL to what it gives, wherever it leads: the host's health, its robots.txt and its turn come before each request.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::Event;
use super::engine::{Engine, lock};
use super::fetch::{Answer, Body, FetchError, Head, Limit, Validators};
use super::frontier::{self, HostTrouble};
use super::robots::{self, Rules};
use crate::config::check_url;
use crate::store::{HostState, StoredRobots, host_of};

/// More are a loop.
const MAX_REDIRECTS: usize = 8;

/// RFC 9309: a robots.txt is used no longer, unless no newer one can be had.
const ROBOTS_AGE: Duration = Duration::from_secs(24 * 3600);

/// An older one is used for so long before a newer one is asked for again.
const ROBOTS_RETRY: Duration = Duration::from_secs(3600);

/// So many hosts that were well and cannot be reached, and none that can: it is the network.
const SILENT_HOSTS: usize = 3;

/// How long who could not be reached waits then.
const NETWORK_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// What is known of the network between us and the hosts.
#[derive(Debug, Default)]
pub(super) struct Network {
    /// Hosts that were well and could not be reached since the last answer of any host.
    silent: BTreeMap<String, Url>,
    gone: bool,
}

/// Why a URL gave no body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// robots.txt forbids it.
    Disallowed,
    /// This host is left alone until then.
    PutOff(String, Timestamp),
    /// This host's robots.txt could not be read just now, so that it is left alone from now on.
    Closed(String, String),
    /// The status, if there was one, and the reason.
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
pub(super) enum Got {
    NotModified(Head),
    Fetched(Box<Fetched>),
}

pub(super) struct Fetched {
    pub final_url: Url,
    /// What lay between the URL that was asked and the final one.
    pub via: Vec<String>,
    pub body: Body,
    /// Held until the body is done with, so that no more bodies are in memory than hosts may be asked at once.
    pub slot: OwnedSemaphorePermit,
}

/// Why there is no answer to what a robots.txt says.
enum NoRobots {
    /// It could not be read; perhaps the host asks to be left alone for so long, or it is we who do not ask it.
    Failed { reason: String, retry_after: Option<Duration>, ours: bool },
    /// It was not asked for.
    Not(Failure),
}

impl Engine {
    /// Fetches a URL, wherever it leads. `validators` belong to `owner`, the URL that gave them, and are sent to no other; `headers` hold keys, and
    /// are sent to the host that was asked and to no other.
    pub(super) async fn fetch(
        &self,
        url: &Url,
        headers: &[(String, String)],
        validators: &Validators,
        owner: &str,
    ) -> Result<Got, Failure> {
        let none = Validators::default();
        let (mut at, mut via) = (url.clone(), Vec::new());
        for _ in 0..=MAX_REDIRECTS {
            check_url(at.as_str()).map_err(|_| FetchError::Redirect)?;
            self.admit(&at).await?;
            let validators = if at.as_str() == owner { validators } else { &none };
            let headers = if at.origin() == url.origin() { headers } else { &[] };
            let (answer, slot) = self.ask(&at, headers, validators, Limit::Refuse(self.shared.max_body)).await?;
            self.judge(&at, &answer).await;
            match answer? {
                Answer::Body(body) => return Ok(Got::Fetched(Box::new(Fetched { final_url: at, via, body, slot }))),
                Answer::NotModified(head) => return Ok(Got::NotModified(head)),
                Answer::Status(head) => return Err(Failure::Failed(Some(head.status), format!("status {}", head.status))),
                Answer::Redirect(target, _) => {
                    if at != *url {
                        via.push(at.to_string());
                    }
                    at = target;
                }
            }
        }
        Err(Failure::Failed(None, format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// Whether a URL may be asked for: its host is not to be left alone, and its robots.txt allows it.
    pub(super) async fn admit(&self, url: &Url) -> Result<(), Failure> {
        self.may_ask(url).await?;
        let host = self.shared.hosts.of(url);
        match &*host.rules(async || self.robots(url).await).await? {
            Rules::Closed(_) if self.network_is_gone() => self.wait_for_network(url),
            Rules::Closed(reason) => Err(Failure::Closed(host_of(url.as_str()), reason.clone())),
            rules if !rules.allow(url) => Err(Failure::Disallowed),
            _ => Ok(()),
        }
    }

    /// What a host allows, and how long ago it said so: as it said within a day, else as it says now, else, where it says nothing, as it said
    /// before that.
    async fn robots(&self, url: &Url) -> Result<(Rules, Duration), Failure> {
        let host = host_of(url.as_str());
        let key = host.clone();
        let known = self.write(move |batch| batch.robots(&key)).await.ok_or(Failure::Stopped)?;
        let now = (self.shared.clock)();
        // A time that is still to come is the mark of a clock that was wrong.
        let age = known.as_ref().and_then(|k| Duration::try_from(now.duration_since(k.fetched_at)).ok());
        if let Some((known, age)) = known.as_ref().zip(age).filter(|(_, age)| *age < ROBOTS_AGE) {
            return Ok((self.rules(known), age));
        }
        match self.read_robots(url).await {
            Ok(Some(robots)) => {
                let rules = self.rules(&robots);
                self.write(move |batch| batch.put_robots(&host, &robots)).await;
                Ok((rules, Duration::ZERO))
            }
            Ok(None) => Ok((Rules::Open, Duration::ZERO)),
            Err(NoRobots::Failed { reason, retry_after, ours }) => {
                if let Some(known) = known {
                    return Ok((self.rules(&known), ROBOTS_AGE.saturating_sub(ROBOTS_RETRY)));
                }
                if !ours {
                    let problem = format!("its robots.txt could not be read: {reason}");
                    self.host_failed(&host, HostTrouble::LeaveAlone, retry_after, problem).await;
                }
                Ok((Rules::Closed(reason), Duration::ZERO))
            }
            Err(NoRobots::Not(failure)) => Err(failure),
        }
    }

    fn rules(&self, robots: &StoredRobots) -> Rules {
        Rules::of_status(robots.status).unwrap_or_else(|| Rules::read(&robots.body, &self.shared.user_agent))
    }

    /// Asks for the robots.txt of the host that `url` is on. `None`: it is nowhere to be found.
    async fn read_robots(&self, url: &Url) -> Result<Option<StoredRobots>, NoRobots> {
        let failed = |reason: String| Err(NoRobots::Failed { reason, retry_after: None, ours: false });
        let Ok(mut at) = url.join("/robots.txt") else { return failed("it has no address".into()) };
        // RFC 9309: at least five redirects are followed; where there are more, the file counts as missing.
        for _ in 0..=5 {
            let (answer, _slot) = self.ask(&at, &[], &Validators::default(), Limit::Cut(robots::MAX_BYTES)).await.map_err(NoRobots::Not)?;
            let fetched_at = (self.shared.clock)();
            match answer {
                Ok(Answer::Body(body)) => return Ok(Some(StoredRobots { status: body.head.status, body: body.bytes, fetched_at })),
                Ok(Answer::Status(Head { status, retry_after, .. })) => {
                    return match Rules::of_status(status) {
                        Some(Rules::Open) => Ok(Some(StoredRobots { status, body: Vec::new(), fetched_at })),
                        _ => Err(NoRobots::Failed { reason: format!("status {status}"), retry_after, ours: false }),
                    };
                }
                Ok(Answer::NotModified(_)) => return failed("status 304".into()),
                Ok(Answer::Redirect(target, _)) => at = target,
                Err(error) => {
                    // An address that the configuration does not open is no sickness of the host.
                    let ours = matches!(error, FetchError::Private(_) | FetchError::Scheme);
                    return Err(NoRobots::Failed { reason: error.to_string(), retry_after: None, ours });
                }
            }
        }
        Ok(None)
    }

    /// One request, in the host's turn and in one of the slots. An error is the crawl's, not the request's.
    async fn ask(
        &self,
        url: &Url,
        headers: &[(String, String)],
        validators: &Validators,
        limit: Limit,
    ) -> Result<(Result<Answer, FetchError>, OwnedSemaphorePermit), Failure> {
        let host = self.shared.hosts.of(url);
        let turn = tokio::select! {
            turn = host.turn() => turn,
            () = self.stopped() => return Err(Failure::Stopped),
        };
        // While this one waited, the one before may have learned that the host is to be left alone.
        self.may_ask(url).await?;
        let slot = tokio::select! {
            // The semaphore is never closed.
            slot = self.shared.slots.clone().acquire_owned() => slot.map_err(|_| Failure::Stopped)?,
            () = self.stopped() => return Err(Failure::Stopped),
        };
        if self.is_over() {
            return Err(Failure::Stopped);
        }
        let answer = self.shared.fetcher.get_with(url, headers, validators, limit).await;
        drop(turn);
        self.note_network(url, &answer).await?;
        Ok((answer, slot))
    }

    /// Tells a network that is gone from hosts that are: where one after another of those that were well cannot be reached, and none can, it is
    /// held against none of them, and all wait a little.
    async fn note_network(&self, url: &Url, answer: &Result<Answer, FetchError>) -> Result<(), Failure> {
        let Some(network) = &self.shared.network else { return Ok(()) };
        let host = host_of(url.as_str());
        // What was never sent says nothing.
        if matches!(answer, Err(FetchError::Private(_) | FetchError::Scheme | FetchError::Header)) {
            return Ok(());
        }
        if !matches!(answer, Err(FetchError::Name(_) | FetchError::Connect(_) | FetchError::Timeout(_))) {
            let before = std::mem::take(&mut *lock(network));
            if before.gone {
                self.shared.progress.event(Event::Network { gone: false });
                // What failed while that was being found out was no fault of theirs either.
                for (host, url) in before.silent {
                    self.shared.hosts.of(&url).forget_rules();
                    self.host_is_well(host).await;
                }
            }
            return Ok(());
        }
        let was_well = self.health(&host).await? == HostState::default();
        let (gone, is_news) = {
            let mut network = lock(network);
            if was_well {
                network.silent.insert(host.clone(), url.clone());
            }
            let is_news = !network.gone && network.silent.len() >= SILENT_HOSTS;
            network.gone |= is_news;
            (network.gone, is_news)
        };
        if is_news {
            self.shared.progress.event(Event::Network { gone: true });
        }
        if gone { self.wait_for_network(url) } else { Ok(()) }
    }

    fn wait_for_network(&self, url: &Url) -> Result<(), Failure> {
        let now = (self.shared.clock)();
        Err(Failure::PutOff(host_of(url.as_str()), now.checked_add(NETWORK_WAIT).unwrap_or(now)))
    }

    pub(super) fn network_is_gone(&self) -> bool {
        self.shared.network.as_ref().is_some_and(|network| lock(network).gone)
    }

    /// Until when a host is left alone; none: it may be asked. `None`: the database failed.
    pub(super) async fn left_alone(&self, host: &str) -> Option<Option<Timestamp>> {
        let state = self.health(host).await.ok()?;
        Some(state.next_due.filter(|until| *until > (self.shared.clock)()))
    }

    /// Forgets what can be found again.
    pub(super) fn prune(&self) {
        self.shared.hosts.prune();
        // Those that fail are few; and all are in the database, to which nothing was written meanwhile that was not handed over before.
        lock(&self.shared.health).retain(|_, state| *state != HostState::default());
    }

    /// Whether the host that `url` is on is to be left alone.
    async fn may_ask(&self, url: &Url) -> Result<(), Failure> {
        let host = host_of(url.as_str());
        match self.health(&host).await?.next_due {
            Some(until) if until > (self.shared.clock)() => Err(Failure::PutOff(host, until)),
            _ => Ok(()),
        }
    }

    async fn health(&self, host: &str) -> Result<HostState, Failure> {
        if let Some(state) = lock(&self.shared.health).get(host) {
            return Ok(state.clone());
        }
        let key = host.to_owned();
        let state = self.write(move |batch| batch.host_state(&key)).await.ok_or(Failure::Stopped)?.unwrap_or_default();
        // Whoever was faster knows more.
        Ok(lock(&self.shared.health).entry(host.to_owned()).or_insert(state).clone())
    }

    /// Notes what an answer says of the host that gave it.
    async fn judge(&self, url: &Url, answer: &Result<Answer, FetchError>) {
        let host = host_of(url.as_str());
        let (trouble, retry_after, reason) = match answer {
            Ok(Answer::Status(Head { status: status @ (429 | 500..=599), retry_after, .. })) => {
                // One page may be broken; who asks for patience speaks for the host.
                let all = *status == 429 || retry_after.is_some();
                (if all { HostTrouble::LeaveAlone } else { HostTrouble::Failed }, *retry_after, format!("status {status}"))
            }
            Err(error @ (FetchError::Name(_) | FetchError::Connect(_) | FetchError::Timeout(_) | FetchError::Broken(_))) => {
                (HostTrouble::Failed, None, error.to_string())
            }
            Ok(_) => return self.host_is_well(host).await,
            // A body too large, an address that is not allowed: the host works.
            Err(_) => return,
        };
        self.host_failed(&host, trouble, retry_after, reason).await;
    }

    async fn host_failed(&self, host: &str, trouble: HostTrouble, asked: Option<Duration>, reason: String) {
        let Ok(before) = self.health(host).await else { return };
        let state = frontier::host_failed(&before, trouble, asked, reason, (self.shared.clock)());
        lock(&self.shared.health).insert(host.to_owned(), state.clone());
        let host = host.to_owned();
        self.write(move |batch| batch.put_host_state(&host, Some(&state))).await;
    }

    async fn host_is_well(&self, host: String) {
        let was_well = match lock(&self.shared.health).get_mut(&host) {
            Some(state) => std::mem::take(state) == HostState::default(),
            None => true,
        };
        if !was_well {
            self.write(move |batch| batch.put_host_state(&host, None)).await;
        }
    }
}
