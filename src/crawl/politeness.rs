//! Who may be asked when.
//!
//! - [`Hosts`]: every host that a crawl has to do with, and every site that they are of.
//! - [`Host`]: scheme, name and port: what a robots.txt is for. Owns what that said, its crawl-delay, and the rest that it asked for.
//! - `Site`: what stands behind hosts of one registrable domain. Owns their one permit and the delay between two requests.
//! - [`Turn`]: the permit. While it lives nobody else asks the site; the delays begin when it goes.
//!
//! It promises: of a site one request at a time; between two of them the delay, or more, never less; between two to one host also its
//! crawl-delay, during which the site's other hosts go on; no request to a host that rests.
//!
//! A site is the registrable domain by the public suffix list, whatever the port: `www.`, `m.` and `img.` of a publisher are mostly one machine. An
//! address, and a name without a dot, have no domain; each port of theirs is a site, since in a house network each is a server of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::{Host as UrlHost, Url};

use super::robots::Rules;

/// By how much of itself a delay is lengthened at most, so that requests to many hosts fall out of step.
const JITTER: f64 = 0.25;

/// No host is given up for longer, whatever it asks for.
const MAX_REST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Every host of a crawl.
#[derive(Debug)]
pub struct Hosts {
    delay: Duration,
    random: Arc<Mutex<fastrand::Rng>>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    sites: Mutex<HashMap<String, Arc<Site>>>,
}

impl Hosts {
    /// None yet; each site will wait at least `delay` between two requests.
    pub fn new(delay: Duration) -> Hosts {
        Hosts::seeded(delay, fastrand::u64(..))
    }

    /// The same, with a jitter that `seed` alone decides.
    pub fn seeded(delay: Duration, seed: u64) -> Hosts {
        let random = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
        Hosts { delay, random, hosts: Mutex::default(), sites: Mutex::default() }
    }

    /// The host that `url` is on.
    pub fn of(&self, url: &Url) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        let new =
            || Arc::new(Host { site: self.site(url), next: Default::default(), resting: Mutex::default(), rules: RulesCell::default() });
        hosts.entry(url.origin().ascii_serialization()).or_insert_with(new).clone()
    }

    /// Forgets the hosts that nobody is asking and that no delay or rest holds back, so that a crawl of months knows no more of them than it needs.
    pub fn prune(&self) {
        let is_free = |next: &Next| next.try_lock().is_ok_and(|next| next.is_none_or(|at| at <= Instant::now()));
        // Who has a host holds it by this lock's leave, so nobody can come between the look and the end.
        let mut hosts = lock(&self.hosts);
        hosts
            .retain(|_, host| Arc::strong_count(host) > 1 || host.resting().is_some() || !is_free(&host.next) || !is_free(&host.site.next));
        lock(&self.sites).retain(|_, site| Arc::strong_count(site) > 1);
    }

    /// How many hosts it knows.
    pub fn len(&self) -> usize {
        lock(&self.hosts).len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn site(&self, url: &Url) -> Arc<Site> {
        let new = || Arc::new(Site { delay: self.delay, random: self.random.clone(), next: Default::default() });
        lock(&self.sites).entry(site(url)).or_insert_with(new).clone()
    }
}

/// The name of the site that `url` is of.
pub fn site(url: &Url) -> String {
    let name = match url.host() {
        Some(UrlHost::Domain(name)) => name.trim_end_matches('.'),
        _ => "",
    };
    match psl::domain_str(name) {
        Some(domain) => domain.to_ascii_lowercase(),
        None => format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default()),
    }
}

/// When the next request may be; who waits longest comes first.
type Next = Arc<tokio::sync::Mutex<Option<Instant>>>;

#[derive(Debug)]
struct Site {
    delay: Duration,
    random: Arc<Mutex<fastrand::Rng>>,
    next: Next,
}

impl Site {
    fn delay(&self) -> Duration {
        self.delay.mul_f64(1.0 + JITTER * lock(&self.random).f64())
    }
}

/// One host.
#[derive(Debug)]
pub struct Host {
    site: Arc<Site>,
    next: Next,
    resting: Mutex<Option<Instant>>,
    rules: RulesCell,
}

#[derive(Debug, Default)]
struct RulesCell {
    /// With their end of validity.
    known: Mutex<Option<(Arc<Rules>, Instant)>>,
    /// Held by who reads the robots.txt, so that it is read once.
    reading: tokio::sync::Mutex<()>,
}

impl Host {
    /// Waits until the host may be asked. Who waits longest comes first.
    pub async fn turn(&self) -> Turn<'_> {
        // Always the host before its site, so that nobody waits for both in a circle, and a long crawl-delay holds up only the host.
        let host_next = self.next.lock().await;
        if let Some(next) = *host_next {
            tokio::time::sleep_until(next).await;
        }
        loop {
            while let Some(left) = self.resting() {
                tokio::time::sleep(left).await;
            }
            let site_next = self.site.next.lock().await;
            if let Some(next) = *site_next {
                tokio::time::sleep_until(next).await;
            }
            // Nobody of this host can have been asked meanwhile, but it may have been told to rest.
            if self.resting().is_none() {
                return Turn { host: self, host_next, site_next };
            }
        }
    }

    /// Leaves the host alone for so long, since it asked for that or cannot answer; a rest that is under way is never shortened.
    pub fn rest(&self, duration: Duration) {
        let until = Instant::now() + duration.min(MAX_REST);
        let mut resting = lock(&self.resting);
        *resting = Some(resting.map_or(until, |r| r.max(until)));
    }

    /// How long the host still rests. Who has something better to do than to wait asks before taking a turn.
    pub fn resting(&self) -> Option<Duration> {
        lock(&self.resting).map(|until| until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// What the host's robots.txt says: as known, or, where that is unknown or too old, as `read` finds it, with how old that is already. Many may
    /// ask at once; one reads.
    pub async fn rules<E>(&self, read: impl AsyncFnOnce() -> Result<(Rules, Duration), E>) -> Result<Arc<Rules>, E> {
        if let Some(rules) = self.known_rules() {
            return Ok(rules);
        }
        let _reading = self.rules.reading.lock().await;
        if let Some(rules) = self.known_rules() {
            return Ok(rules);
        }
        let (rules, age) = read().await?;
        Ok(self.remember(rules, age))
    }

    /// Takes over what was read of the host's robots.txt `age` ago, as from a run before.
    pub fn remember(&self, rules: Rules, age: Duration) -> Arc<Rules> {
        let until = Instant::now() + rules.lifetime().saturating_sub(age);
        let rules = Arc::new(rules);
        *lock(&self.rules.known) = Some((rules.clone(), until));
        rules
    }

    /// Has the host's robots.txt read again, since what came of it was none of the host's.
    pub fn forget_rules(&self) {
        *lock(&self.rules.known) = None;
    }

    fn known_rules(&self) -> Option<Arc<Rules>> {
        lock(&self.rules.known).as_ref().filter(|(_, until)| Instant::now() < *until).map(|(rules, _)| rules.clone())
    }

    /// However old the rules are: until they are read anew, the crawl-delay is the one that was asked for.
    fn crawl_delay(&self) -> Option<Duration> {
        lock(&self.rules.known).as_ref().and_then(|(rules, _)| rules.delay())
    }
}

/// The permission to ask a host once.
#[derive(Debug)]
pub struct Turn<'a> {
    host: &'a Host,
    host_next: tokio::sync::MutexGuard<'a, Option<Instant>>,
    site_next: tokio::sync::MutexGuard<'a, Option<Instant>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        *self.site_next = Some(now + self.host.site.delay());
        *self.host_next = self.host.crawl_delay().map(|delay| now + delay);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(1000);

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn rules(robots: &str) -> Rules {
        Rules::read(robots.as_bytes(), "meoktong")
    }

    /// Asks each URL at once, each request taking 100 ms, and tells when each began and ended.
    async fn ask(hosts: &Arc<Hosts>, urls: &[&str]) -> Vec<(Instant, Instant)> {
        let tasks: Vec<_> = urls
            .iter()
            .map(|u| {
                let host = hosts.of(&url(u));
                tokio::spawn(async move {
                    let turn = host.turn().await;
                    let start = Instant::now();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    drop(turn);
                    (start, Instant::now())
                })
            })
            .collect();
        let mut log = Vec::new();
        for task in tasks {
            log.push(task.await.unwrap());
        }
        log.sort();
        log
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_is_asked_one_by_one_with_the_delay_between() {
        let hosts = Arc::new(Hosts::new(DELAY));
        let urls =
            ["https://www.example.co.kr/1", "http://m.example.co.kr/2", "https://example.co.kr:8443/3", "https://www.example.co.kr/4"];
        let log = ask(&hosts, &urls).await;
        for pair in log.windows(2) {
            let gap = pair[1].0 - pair[0].1;
            assert!(gap >= DELAY && gap <= DELAY.mul_f64(1.0 + JITTER) + Duration::from_millis(2), "{gap:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn other_sites_do_not_wait() {
        let hosts = Arc::new(Hosts::new(DELAY));
        let begin = Instant::now();
        let log = ask(&hosts, &["https://a.co.kr/", "https://b.co.kr/", "http://127.0.0.1:1/", "http://127.0.0.1:2/", "http://one/"]).await;
        assert!(log.iter().all(|(start, _)| *start == begin), "{log:?}");
    }

    #[test]
    fn a_site_is_the_registrable_domain() {
        for (one, other) in [
            ("https://www.example.com/", "http://news.img.example.com:8080/"),
            ("https://www.example.co.kr/", "https://example.co.kr/"),
            ("https://EXAMPLE.com./", "https://example.com/"),
            ("https://뉴스.한국/", "https://www.xn--vg1b002a.xn--3e0b707e/"),
            ("http://127.0.0.1:80/", "http://127.1/"),
            ("http://localhost/a", "http://localhost:80/b"),
        ] {
            assert_eq!(site(&url(one)), site(&url(other)));
        }
        for (one, other) in [
            ("https://a.co.kr/", "https://b.co.kr/"),
            ("https://a.go.kr/", "https://b.go.kr/"),
            ("https://a.github.io/", "https://b.github.io/"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:2/"),
            ("http://127.0.0.1/", "http://127.0.0.2/"),
            ("http://[::1]:1/", "http://[::1]:2/"),
            ("http://localhost:1/", "http://localhost:2/"),
            ("http://co.kr/", "http://a.co.kr/"),
        ] {
            assert_ne!(site(&url(one)), site(&url(other)));
        }
    }

    #[test]
    fn jitter_only_lengthens_and_its_seed_decides() {
        let delays = |seed| -> Vec<Duration> {
            let hosts = Hosts::seeded(DELAY, seed);
            let host = hosts.of(&url("https://example.com/"));
            (0..100).map(|_| host.site.delay()).collect()
        };
        let some = delays(1);
        assert!(some.iter().all(|d| (DELAY..DELAY.mul_f64(1.0 + JITTER)).contains(d)), "{some:?}");
        assert!(some.iter().max() > some.iter().min());
        assert_eq!(some, delays(1));
        assert_ne!(some, delays(2));
        let none = Hosts::new(Duration::ZERO);
        assert_eq!(none.of(&url("https://example.com/")).site.delay(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crawl_delay_lengthens_but_never_shortens_and_holds_up_no_other_host() {
        let hosts = Arc::new(Hosts::seeded(DELAY, 1));
        hosts.of(&url("https://slow.example.com/")).remember(rules("User-agent: *\nCrawl-delay: 60"), Duration::ZERO);
        hosts.of(&url("https://fast.example.org/")).remember(rules("User-agent: *\nCrawl-delay: 0.1"), Duration::ZERO);
        let slow = ask(&hosts, &["https://slow.example.com/1", "https://slow.example.com/2"]);
        let beside = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ask(&hosts, &["https://www.example.com/1", "https://www.example.com/2"]).await
        };
        let begin = Instant::now();
        let (slow, beside, fast) = tokio::join!(slow, beside, ask(&hosts, &["https://fast.example.org/1", "https://fast.example.org/2"]));
        assert!(slow[1].0 - slow[0].1 >= Duration::from_secs(60));
        assert!(beside[1].1 - begin < Duration::from_secs(5), "{beside:?}");
        assert!(fast[1].0 - fast[0].1 >= DELAY);
    }

    #[tokio::test(start_paused = true)]
    async fn who_rests_is_not_asked() {
        let hosts = Arc::new(Hosts::new(DELAY));
        let host = hosts.of(&url("https://www.example.com/"));
        assert_eq!(host.resting(), None);
        host.rest(Duration::from_secs(30));
        host.rest(Duration::from_secs(3));
        assert_eq!(host.resting(), Some(Duration::from_secs(30)), "not shortened");
        let begin = Instant::now();
        let log = ask(&hosts, &["https://www.example.com/1", "https://m.example.com/1"]).await;
        assert_eq!(log[0].0, begin, "the site's other host goes on");
        assert!(log[1].0 - begin >= Duration::from_secs(30));
        assert_eq!(host.resting(), None);
        // Told while others wait for their turn.
        let first = host.turn().await;
        let (other, waiting) = (host.clone(), Instant::now());
        let second = tokio::spawn(async move {
            other.turn().await;
            Instant::now()
        });
        tokio::task::yield_now().await;
        host.rest(Duration::from_secs(30));
        drop(first);
        assert!(second.await.unwrap() - waiting >= Duration::from_secs(30));
        host.rest(Duration::MAX);
        assert_eq!(host.resting(), Some(MAX_REST));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_forgotten_when_nothing_holds_it_back() {
        let hosts = Hosts::new(DELAY);
        let (slow, quick) = (url("https://slow.example.com/"), url("https://quick.example.org/"));
        hosts.of(&slow).remember(rules("User-agent: *\nCrawl-delay: 60"), Duration::ZERO);
        hosts.of(&url("https://resting.example.net/")).rest(Duration::from_secs(600));
        drop(hosts.of(&slow).turn().await);
        let asking = hosts.of(&quick);
        let turn = asking.turn().await;
        hosts.prune();
        assert_eq!(hosts.len(), 3, "one is waited for, one rests, one is being asked");
        drop(turn);
        drop(asking);
        hosts.prune();
        assert_eq!(hosts.len(), 3, "the delay holds after a request");
        tokio::time::advance(2 * DELAY).await;
        hosts.prune();
        assert_eq!(hosts.len(), 2);
        tokio::time::advance(Duration::from_secs(60)).await;
        hosts.prune();
        assert_eq!(hosts.len(), 1);
        tokio::time::advance(Duration::from_secs(600)).await;
        hosts.prune();
        assert!(hosts.is_empty() && lock(&hosts.sites).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn rules_of_a_run_before_hold_for_the_rest_of_their_day() {
        let hosts = Hosts::new(DELAY);
        let host = hosts.of(&url("https://example.com/"));
        let read = async |age: u64, n: u64| {
            host.rules(async || Ok::<_, ()>((rules(&format!("User-agent: *\nDisallow: /{n}")), Duration::from_secs(age)))).await
        };
        let allows = |rules: Result<Arc<Rules>, ()>, path: &str| rules.unwrap().allow(&url(&format!("https://example.com/{path}")));
        assert!(!allows(read(23 * 3600, 1).await, "1"));
        tokio::time::advance(Duration::from_secs(3599)).await;
        assert!(allows(read(0, 2).await, "2"), "still those of yesterday");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!allows(read(0, 2).await, "2"));
    }

    #[tokio::test(start_paused = true)]
    async fn robots_are_read_once_a_day_and_sooner_where_they_could_not_be() {
        let hosts = Hosts::new(DELAY);
        let reads = std::sync::atomic::AtomicUsize::new(0);
        let count = || reads.load(std::sync::atomic::Ordering::Relaxed);
        let host = hosts.of(&url("https://example.com/"));
        let get = |give: Result<Rules, ()>| {
            let (host, reads) = (&host, &reads);
            host.rules(async move || {
                reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                give.map(|rules| (rules, Duration::ZERO))
            })
        };
        assert_eq!(get(Err(())).await, Err(()));
        let (a, b) = tokio::join!(get(Ok(Rules::Open)), get(Ok(Rules::Closed("not asked".into()))));
        assert_eq!((a.as_deref(), b.as_deref(), count()), (Ok(&Rules::Open), Ok(&Rules::Open), 2), "what failed is tried again");
        tokio::time::advance(Duration::from_secs(23 * 3600)).await;
        get(Ok(Rules::Open)).await.unwrap();
        assert_eq!(count(), 2);
        tokio::time::advance(Duration::from_secs(2 * 3600)).await;
        get(Ok(Rules::Closed("status 500".into()))).await.unwrap();
        assert_eq!(count(), 3);
        tokio::time::advance(Duration::from_secs(3600)).await;
        get(Ok(Rules::Open)).await.unwrap();
        assert_eq!(count(), 4, "a closed host is asked before the day is over");
        // What a run before has read is as old as it is.
        host.remember(Rules::Open, Duration::from_secs(23 * 3600));
        get(Ok(Rules::Open)).await.unwrap();
        assert_eq!(count(), 4);
        tokio::time::advance(Duration::from_secs(2 * 3600)).await;
        get(Ok(Rules::Open)).await.unwrap();
        assert_eq!(count(), 5);
    }

    #[test]
    fn a_host_is_scheme_name_and_port() {
        let hosts = Hosts::new(Duration::ZERO);
        let of = |u: &str| Arc::as_ptr(&hosts.of(&url(u)));
        assert_eq!(of("https://Example.com/a"), of("https://example.com:443/b?c"));
        assert_ne!(of("https://example.com/"), of("http://example.com/"));
        assert_ne!(of("http://127.0.0.1:1/"), of("http://127.0.0.1:2/"));
    }
}
