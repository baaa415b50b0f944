//! Who may be asked when.
//!
//! - [`Hosts`]: every host that a crawl has to do with, by scheme, name and port.
//! - [`Host`]: owns its one permit, its delay and what its robots.txt said, so that politeness is decided in one place.
//! - [`Turn`]: the permit. While it lives nobody else asks the host; the delay begins when it goes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;

use super::robots::Rules;

/// Every host of a crawl.
#[derive(Debug)]
pub struct Hosts {
    delay: Duration,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Hosts {
    /// None yet; each will wait at least `delay` between two requests.
    pub fn new(delay: Duration) -> Hosts {
        Hosts { delay, hosts: Mutex::default() }
    }

    /// The host that `url` is on.
    pub fn of(&self, url: &Url) -> Arc<Host> {
        let key = url.origin().ascii_serialization();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts
            .entry(key)
            .or_insert_with(|| Arc::new(Host { delay: self.delay, next: tokio::sync::Mutex::default(), rules: OnceCell::new() }));
        host.clone()
    }
}

/// One host.
#[derive(Debug)]
pub struct Host {
    delay: Duration,
    next: tokio::sync::Mutex<Option<Instant>>,
    /// What its robots.txt said, read once a crawl.
    pub rules: OnceCell<Rules>,
}

impl Host {
    /// Waits until the host may be asked. Who waits longest comes first.
    pub async fn turn(&self) -> Turn<'_> {
        let next = self.next.lock().await;
        if let Some(next) = *next {
            tokio::time::sleep_until(next).await;
        }
        Turn { next, host: self }
    }

    fn delay(&self) -> Duration {
        self.delay.max(self.rules.get().and_then(Rules::delay).unwrap_or_default())
    }
}

/// The permission to ask a host once.
#[derive(Debug)]
pub struct Turn<'a> {
    next: tokio::sync::MutexGuard<'a, Option<Instant>>,
    host: &'a Host,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.next = Some(Instant::now() + self.host.delay());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_waits_for_the_one_before_and_the_delay() {
        const DELAY: Duration = Duration::from_millis(40);
        let hosts = Arc::new(Hosts::new(DELAY));
        let url = Url::parse("https://example.com/1").unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (hosts, url, log) = (hosts.clone(), url.clone(), log.clone());
                tokio::spawn(async move {
                    let host = hosts.of(&url);
                    let turn = host.turn().await;
                    let start = Instant::now();
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    log.lock().unwrap().push((start, Instant::now()));
                    drop(turn);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let log = log.lock().unwrap();
        assert_eq!(log.len(), 4);
        assert!(log.windows(2).all(|w| w[1].0 - w[0].1 >= DELAY), "{log:?}");
    }

    #[test]
    fn robots_may_ask_for_more_but_not_for_less() {
        for (asked, expected) in [("5", 5), ("0.1", 2)] {
            let hosts = Hosts::new(Duration::from_secs(2));
            let host = hosts.of(&Url::parse("https://example.com/").unwrap());
            assert_eq!(host.delay(), Duration::from_secs(2));
            host.rules.set(Rules::read(format!("User-agent: *\nCrawl-delay: {asked}").as_bytes(), "meoktong")).unwrap();
            assert_eq!(host.delay(), Duration::from_secs(expected));
        }
    }

    #[test]
    fn a_host_is_scheme_name_and_port() {
        let hosts = Hosts::new(Duration::ZERO);
        let of = |url: &str| Arc::as_ptr(&hosts.of(&Url::parse(url).unwrap()));
        assert_eq!(of("https://Example.com/a"), of("https://example.com:443/b?c"));
        assert_ne!(of("https://example.com/"), of("http://example.com/"));
        assert_ne!(of("http://127.0.0.1:1/"), of("http://127.0.0.1:2/"));
    }
}
