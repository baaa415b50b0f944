//! The crawler against real servers on loopback: what it stores, how it behaves by the servers' own logs, and what goes wrong.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, header};
use meoktong::article::{Article, PublishedFrom};
use meoktong::config::{Config, CrawlConfig};
use meoktong::crawl::{Event, Origin, PageHints, Pipeline, Progress, Scope, Source, Sources, Summary, crawl};
use meoktong::demo::DemoSite;
use meoktong::record::{ArticleRecords, Label, Outage, Role, Status};
use meoktong::store::{PageState, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;

mod watching;

/// Reads a page's title, canonical link and paragraphs, and takes every 먹통 for an outage: enough to see what the crawler hands over.
struct Plain;

impl Pipeline for Plain {
    fn version(&self) -> &str {
        "test"
    }

    fn page(&self, bytes: &[u8], hints: PageHints) -> Result<(Article, ArticleRecords), String> {
        let html = scraper::Html::parse_document(&String::from_utf8_lossy(bytes));
        let select = |css: &str| scraper::Selector::parse(css).unwrap();
        let title = html.select(&select("title")).next().map(|t| t.text().collect::<String>());
        let title = title.or(hints.feed_title).ok_or("no headline")?;
        let text: Vec<String> = html.select(&select("p")).map(|p| p.text().collect()).collect();
        if text.is_empty() {
            return Err("no text".into());
        }
        if title == "panic" {
            panic!("asked to");
        }
        let canonical = html.select(&select("link[rel=canonical]")).next().and_then(|l| hints.final_url.join(l.attr("href")?).ok());
        let article = Article {
            id: canonical.as_ref().unwrap_or(&hints.final_url).to_string(),
            url: Some(hints.final_url.to_string()),
            canonical_url: canonical.map(|c| c.to_string()),
            publisher: hints.publisher,
            title: title.clone(),
            authors: vec![],
            published_at: hints.feed_date,
            published_from: hints.feed_date.map(|_| PublishedFrom::Feed),
            modified_at: None,
            text: text.join("\n"),
        };
        let outages: Vec<Outage> = title.contains("먹통").then(|| outage(&title)).into_iter().collect();
        let label = if outages.is_empty() { Label::None } else { Label::Outage };
        let records = ArticleRecords {
            id: article.id.clone(),
            url: article.url.clone(),
            title,
            publisher: article.publisher.clone(),
            published_at: article.published_at,
            label,
            score: 1.0,
            outages,
        };
        Ok((article, records))
    }

    fn line(&self, _: &[u8], number: usize) -> Result<(Article, ArticleRecords), String> {
        Err(format!("line {number}: a crawl reads no lines"))
    }
}

fn outage(title: &str) -> Outage {
    Outage {
        service: title.split(' ').next().unwrap_or(title).into(),
        service_id: None,
        operator: None,
        category: None,
        start: None,
        end: None,
        duration_min: None,
        cause: None,
        status: Status::Unknown,
        role: Role::Main,
        keywords: vec!["먹통".into()],
        confidence: 1.0,
        evidence: vec![],
    }
}

#[derive(Clone, Debug)]
struct Asked {
    path: String,
    headers: HeaderMap,
    start: Instant,
    end: Instant,
}

type Answers = dyn Fn(&str, &HeaderMap) -> Response<Body> + Send + Sync;

/// A host whose answers the test writes, and which remembers when it was asked for what.
struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone)]
struct Host {
    answers: Arc<Answers>,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    async fn start(answers: impl Fn(&str, &HeaderMap) -> Response<Body> + Send + Sync + 'static) -> Server {
        Server::start_at(Ipv4Addr::LOCALHOST, answers).await
    }

    async fn start_at(ip: Ipv4Addr, answers: impl Fn(&str, &HeaderMap) -> Response<Body> + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::<Mutex<Vec<Asked>>>::default();
        let host = Host { answers: Arc::new(answers), log: log.clone() };
        async fn answer(State(host): State<Host>, request: Request) -> Response<Body> {
            let start = Instant::now();
            let path = request.uri().to_string();
            // Long enough that requests side by side would be seen to overlap.
            tokio::time::sleep(Duration::from_millis(3)).await;
            let response = (host.answers)(&path, request.headers());
            let asked = Asked { path, headers: request.headers().clone(), start, end: Instant::now() };
            host.log.lock().unwrap().push(asked);
            response
        }
        let router = Router::new().fallback(answer).with_state(host);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Server { address, log }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.log().into_iter().map(|a| a.path).collect();
        paths.sort();
        paths
    }

    fn source(&self, path: &str) -> Source {
        source(&self.url(path))
    }
}

fn source(url: &str) -> Source {
    Source { publisher: Some("예시일보".into()), origin: Origin::Config, ..Source::feed(url, url) }
}

fn ok(body: impl Into<Body>) -> Response<Body> {
    Response::new(body.into())
}

fn status(code: u16) -> Response<Body> {
    Response::builder().status(code).body(Body::empty()).unwrap()
}

fn redirect(to: &str) -> Response<Body> {
    Response::builder().status(302).header(header::LOCATION, to).body(Body::empty()).unwrap()
}

fn page(title: &str) -> Response<Body> {
    ok(format!("<title>{title}</title><p>{title} 본문</p>"))
}

fn rss(links: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let items: String = links
        .into_iter()
        .map(|l| format!("<item><title>t</title><link>{}</link><pubDate>Mon, 15 May 2023 12:10:00 +0900</pubDate></item>", l.as_ref()))
        .collect();
    format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
}

fn config() -> CrawlConfig {
    CrawlConfig {
        delay: Duration::from_millis(20),
        timeout: Duration::from_secs(1),
        max_body: 100_000,
        allow_private: vec!["127.0.0.1".parse().unwrap()],
        user_agent: "meoktong/test (+https://example.org)".into(),
        ..CrawlConfig::default()
    }
}

async fn run_until(config: &CrawlConfig, sources: Vec<Source>, db: &Path, stop: watch::Receiver<bool>) -> Summary {
    let clock = Arc::new(jiff::Timestamp::now);
    crawl(config, sources, Store::open(db).unwrap(), Arc::new(Plain), Arc::new(()), clock, stop).await.unwrap()
}

/// A crawl for which it is 15 May 2023, 12:10, the time of the feeds' entries, and so many seconds later.
async fn run_at(seconds: i64, scope: impl Into<Scope>, db: &Path) -> Summary {
    let (_keep, stop) = watch::channel(false);
    let config = CrawlConfig { delay: Duration::ZERO, ..config() };
    let clock = Arc::new(move || at(seconds));
    crawl(&config, scope, Store::open(db).unwrap(), Arc::new(Plain), Arc::new(()), clock, stop).await.unwrap()
}

fn at(seconds: i64) -> jiff::Timestamp {
    "2023-05-15T12:10:00+09:00".parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn run(config: &CrawlConfig, sources: Vec<Source>, db: &Path) -> Summary {
    let (_keep, stop) = watch::channel(false);
    run_until(config, sources, db, stop).await
}

fn dump(db: &Path) -> String {
    let mut out = Vec::new();
    Store::open_read_only(db).unwrap().export_all(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The articles of a dump, without the incidents that follow from them.
fn articles_of(dump: &str) -> usize {
    dump.lines().filter(|line| line.starts_with("{\"id\":")).count()
}

/// The reason of the one failure of `url`.
fn reason<'a>(summary: &'a Summary, url: &str) -> &'a str {
    let found: Vec<_> = summary.failed.iter().filter(|(u, _)| u == url).collect();
    assert_eq!(found.len(), 1, "{url}: {:#?}", summary.failed);
    &found[0].1
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_once_politely_and_the_second_time_only_what_changed() {
    const HOSTS: usize = 6;
    const PAGES: usize = 10;
    let mut servers = Vec::new();
    for _ in 0..HOSTS {
        let server = Server::start(|path, headers| match path {
            "/robots.txt" => ok("User-agent: meoktong\nDisallow: /secret/"),
            "/feed" if headers.contains_key(header::IF_NONE_MATCH) => status(304),
            "/feed" => {
                let links = (0..PAGES).map(|n| format!("/a/{n}")).chain(["/secret/1".into(), "/a/0#again".into()]);
                let mut response = ok(rss(links));
                response.headers_mut().insert(header::ETAG, "W/\"1-\u{0031}\"".parse().unwrap());
                response
            }
            path if path.starts_with("/a/") => page(&format!("가톡{path} 먹통")),
            _ => status(404),
        })
        .await;
        servers.push(server);
    }
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let sources: Vec<Source> = servers.iter().map(|s| s.source("/feed")).collect();

    let first = run(&config(), sources.clone(), &db).await;
    assert_eq!(first.failed, []);
    assert_eq!((first.new, first.outages, first.unchanged), ((HOSTS * PAGES) as u64, (HOSTS * PAGES) as u64, 0));
    assert_eq!(first.disallowed.len(), HOSTS);
    for server in &servers {
        let mut expected: Vec<String> = (0..PAGES).map(|n| format!("/a/{n}")).chain(["/feed".into(), "/robots.txt".into()]).collect();
        expected.sort();
        assert_eq!(server.paths(), expected);
        let mut log = server.log();
        log.sort_by_key(|a| a.start);
        assert_eq!(log[0].path, "/robots.txt", "before anything else");
        for pair in log.windows(2) {
            // Its end is taken before the answer travels back, so the client's delay can only be longer.
            let gap = pair[1].start.checked_duration_since(pair[0].end);
            assert!(gap.is_some_and(|g| g >= config().delay), "{} then {}: {gap:?}", pair[0].path, pair[1].path);
        }
        assert!(log.iter().all(|a| a.headers[header::USER_AGENT] == "meoktong/test (+https://example.org)"));
    }
    // Hosts side by side: one after another they would need six times as long.
    let spans: Vec<_> = servers.iter().map(|s| s.log()).map(|l| (l[0].start, l[l.len() - 1].end)).collect();
    assert!(spans.iter().map(|s| s.0).max() < spans.iter().map(|s| s.1).min(), "all hosts are under way before the first is done");

    let before = dump(&db);
    servers.iter().for_each(|s| s.log.lock().unwrap().clear());
    let second = run(&config(), sources, &db).await;
    assert_eq!((second.new, second.updated, second.outages), (0, 0, 0));
    assert_eq!(second.unchanged, (HOSTS * PAGES) as u64);
    for server in &servers {
        assert_eq!(server.paths(), ["/feed"], "no page is asked for again, nor the robots.txt of a minute ago");
        let feed = server.log().into_iter().find(|a| a.path == "/feed").unwrap();
        assert_eq!(feed.headers[header::IF_NONE_MATCH], "W/\"1-1\"", "sent back byte for byte");
    }
    assert_eq!(dump(&db), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_at_once_are_bounded() {
    let active = Arc::new(Mutex::new((0usize, 0usize)));
    let mut sources = Vec::new();
    for _ in 0..8 {
        let active = active.clone();
        let server = Server::start(move |path, _| {
            let active = active.clone();
            let body = if path == "/feed" { rss(["/a"]) } else { "<title>t</title><p>p</p>".into() };
            let stream = futures_util::stream::once(async move {
                {
                    let mut active = active.lock().unwrap();
                    active.0 += 1;
                    active.1 = active.1.max(active.0);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                active.lock().unwrap().0 -= 1;
                Ok::<_, std::io::Error>(body)
            });
            ok(Body::from_stream(stream))
        })
        .await;
        sources.push(server.source("/feed"));
    }
    let folder = tempfile::tempdir().unwrap();
    let summary = run(&CrawlConfig { concurrency: 3, ..config() }, sources, &folder.path().join("m.db")).await;
    assert_eq!(summary.new, 8);
    assert_eq!(active.lock().unwrap().1, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_is_one_entry_and_the_rest_goes_on() {
    let bomb = {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![b' '; 50 << 20]).unwrap();
        gzip.finish().unwrap()
    };
    // Accepts and hangs up in the middle of an answer.
    let rude = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let rude_url = format!("http://{}/", rude.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut socket, _)) = rude.accept().await {
            let mut request = [0; 1000];
            let n = socket.read(&mut request).await.unwrap_or(0);
            let answer: &[u8] = if request[..n].starts_with(b"GET /robots.txt") {
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            } else {
                b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<title>"
            };
            let _ = socket.write_all(answer).await;
        }
    });
    let mut feed_links: Vec<String> =
        ["bomb", "endless", "slow", "loop", "inside", "500", "gone", "notext", "panic", "binary", "nowhere", "ok"]
            .map(|p| format!("/{p}"))
            .into();
    feed_links.push(rude_url.clone());
    feed_links.push("http://no-such-host.invalid/".into());
    let hostile = Server::start(move |path, _| match path {
        "/feed" => ok(rss(&feed_links)),
        "/bomb" => Response::builder().header(header::CONTENT_ENCODING, "gzip").body(Body::from(bomb.clone())).unwrap(),
        "/endless" => ok(Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(1000))))),
        "/slow" => ok(Body::from_stream(futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        }))),
        "/loop" => redirect("/loop"),
        "/inside" => redirect("http://169.254.169.254/latest/meta-data"),
        "/nowhere" => redirect("ftp://example.com/"),
        "/500" => status(500),
        "/gone" => status(410),
        "/notext" => ok("<title>x</title>"),
        "/panic" => ok("<title>panic</title><p>x</p>"),
        "/binary" => ok(vec![0u8, 255, 254, 0, 1, 2, 3]),
        "/ok" => page("가톡 먹통"),
        _ => status(404),
    })
    .await;
    let no_feed = Server::start(|_, _| ok("<html><body>점검 중</body></html>")).await;
    let no_robots = Server::start(|path, _| if path == "/robots.txt" { status(503) } else { page("x") }).await;
    let healthy = Server::start(|path, _| if path == "/feed" { ok(rss(["/1", "/2"])) } else { page("나페이 먹통") }).await;
    let closed = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        format!("http://{}/feed", listener.local_addr().unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let sources = vec![
        hostile.source("/feed"),
        no_feed.source("/feed"),
        no_robots.source("/feed"),
        source(&closed),
        source("http://10.0.0.1/feed"),
        healthy.source("/feed"),
    ];
    let begin = Instant::now();
    let summary = run(&config(), sources, &db).await;
    assert!(begin.elapsed() < Duration::from_secs(20));

    assert_eq!((summary.new, summary.outages), (3, 3), "{:#?}", summary.failed);
    for (path, part) in [
        ("/bomb", "larger than 100000 bytes"),
        ("/endless", "larger than 100000 bytes"),
        ("/slow", "within 1 s"),
        ("/loop", "redirects"),
        ("/inside", "169.254.169.254 is private"),
        ("/nowhere", "redirects to no web address"),
        ("/500", "status 500"),
        ("/gone", "status 410"),
        ("/notext", "no text"),
        ("/binary", "no text"),
        ("/panic", "a fault to report"),
    ] {
        let reason = reason(&summary, &hostile.url(path));
        assert!(reason.contains(part), "{path}: {reason}");
    }
    for (url, part) in [
        (rude_url.as_str(), "broken"),
        (&no_feed.url("/feed"), "no feed"),
        (&no_robots.url("/feed"), "robots.txt could not be read: status 503"),
        (&closed, "no connection"),
        ("http://10.0.0.1/feed", "10.0.0.1 is private"),
    ] {
        let reason = reason(&summary, url);
        assert!(reason.contains(part), "{url}: {reason}");
    }
    assert_eq!(summary.failed.len(), 17, "{:#?}", summary.failed);
    // A machine without a name server may take longer than we wait.
    let unknown = reason(&summary, "http://no-such-host.invalid/");
    assert!(unknown.contains("no address") || unknown.contains("within 1 s"), "{unknown}");
    assert_eq!(no_robots.paths(), ["/robots.txt"]);
    let store = Store::open_read_only(&db).unwrap();
    for path in ["/500", "/inside"] {
        assert!(store.page_head(&hostile.url(path)).unwrap().unwrap().failed, "failures are written down");
    }
    for private in ["http://169.254.169.254", "http://10.0.0.1"] {
        assert_eq!(store.host_state(private).unwrap(), None, "it is our configuration that closes it");
    }
    assert!(store.host_state(&no_robots.url("")).unwrap().is_some_and(|h| h.next_due.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn robots_hold_where_redirects_lead_and_one_article_is_kept_once() {
    let target = Server::start(|path, _| match path {
        "/robots.txt" => ok("User-agent: *\nDisallow: /private"),
        _ => page("가톡 먹통"),
    })
    .await;
    let (there, hidden) = (target.url("/a"), target.url("/private/a"));
    let server = Server::start(move |path, _| match path {
        "/feed" => ok(rss(["/short", "/hidden", "/twin?utm=1", "/twin?utm=2"])),
        "/short" => redirect(&there),
        "/hidden" => redirect(&hidden),
        path if path.starts_with("/twin") => ok("<title>나톡 먹통</title><link rel=canonical href=/twin><p>x</p>"),
        _ => status(404),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let summary = run(&config(), vec![server.source("/feed")], &db).await;
    assert_eq!((summary.new, summary.unchanged, summary.disallowed.len()), (2, 1, 1), "{summary:#?}");
    assert!(target.paths().iter().all(|p| !p.starts_with("/private")));
    let store = Store::open_read_only(&db).unwrap();
    let id = store.article_at(&server.url("/short")).unwrap();
    assert!(id.is_some());
    assert_eq!(id, store.article_at(&target.url("/a")).unwrap(), "both ends of a redirect lead to the article");
    let again = run(&config(), vec![server.source("/feed")], &db).await;
    assert_eq!((again.new, again.unchanged), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_page_is_tried_again_and_a_broken_feed_is_not_kept() {
    let healed = Arc::new(Mutex::new(false));
    let now = healed.clone();
    let server = Server::start(move |path, headers| {
        let healed = *now.lock().unwrap();
        let mut response = match path {
            "/feed" if headers.contains_key(header::IF_NONE_MATCH) => return status(304),
            "/feed" => ok(rss(["/a", "/b"])),
            "/broken" if !healed => ok("<html>"),
            "/broken" => ok(rss(["/c"])),
            "/b" if !healed => return status(500),
            path => return page(path),
        };
        response.headers_mut().insert(header::ETAG, "\"same\"".parse().unwrap());
        response
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let sources = vec![server.source("/feed"), server.source("/broken")];
    let first = run_at(0, sources.clone(), &db).await;
    assert_eq!((first.new, first.failed.len()), (1, 2), "{first:#?}");
    *healed.lock().unwrap() = true;
    let second = run_at(299, sources.clone(), &db).await;
    assert_eq!((second.new, second.unchanged, second.failed.len()), (1, 1, 0), "the feed at once, the page not yet: {second:#?}");
    let third = run_at(300, sources, &db).await;
    assert_eq!((third.new, third.unchanged, third.failed.len()), (1, 2, 0), "{third:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_it_ends_soon_and_goes_on_later() {
    let server = Server::start(|path, _| if path == "/feed" { ok(rss((0..200).map(|n| format!("/{n}")))) } else { page(path) }).await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.send_replace(true);
        std::future::pending::<()>().await;
    });
    let begin = Instant::now();
    let first = run_until(&config(), vec![server.source("/feed")], &db, stopped).await;
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert!(first.interrupted && first.failed.is_empty(), "{first:#?}");
    assert!((1..200).contains(&first.new), "{}", first.new);
    let second = run(&CrawlConfig { delay: Duration::ZERO, ..config() }, vec![server.source("/feed")], &db).await;
    assert_eq!((second.new, second.unchanged), (200 - first.new, first.new));
    let mut asked = HashMap::<String, usize>::new();
    server.log().into_iter().for_each(|a| *asked.entry(a.path).or_default() += 1);
    assert!((0..200).all(|n| asked[&format!("/{n}")] == 1), "no page twice");
}

/// What a host answers, which a test may change while it runs.
#[derive(Clone, Default)]
struct Content(Arc<Mutex<HashMap<String, String>>>);

impl Content {
    fn set(&self, path: &str, body: impl Into<String>) {
        self.0.lock().unwrap().insert(path.into(), body.into());
    }

    /// As a well-behaved host answers: with a validator, and 304 to who has it already.
    fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let Some(body) = self.0.lock().unwrap().get(path).cloned() else { return status(404) };
        let etag = format!("W/\"{}-{}\"", body.len(), body.bytes().map(u64::from).sum::<u64>());
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag.as_str());
        let mut response = if known { status(304) } else { ok(body) };
        response.headers_mut().insert(header::ETAG, etag.parse().unwrap());
        response
    }

    async fn serve(&self) -> Server {
        let content = self.clone();
        Server::start(move |path, headers| content.answer(path, headers)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_young_article_is_asked_for_again_and_each_of_its_versions_kept() {
    let content = Content::default();
    content.set("/feed", rss(["/a"]));
    content.set("/a", "<title>가톡 먹통</title><p>처음</p>");
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let sources = vec![server.source("/feed")];
    let visit = async |seconds, pages: usize| {
        server.log.lock().unwrap().clear();
        let summary = run_at(seconds, sources.clone(), &db).await;
        let asked: Vec<Asked> = server.log().into_iter().filter(|a| a.path == "/a").collect();
        assert_eq!(asked.len(), pages, "after {seconds} s");
        assert!(seconds == 0 || asked.iter().all(|a| a.headers.contains_key(header::IF_NONE_MATCH)), "only for what changed");
        assert_eq!(summary.failed, []);
        (summary.new, summary.updated, summary.unchanged, summary.outages)
    };
    let state = |url: &str| Store::open_read_only(&db).unwrap().page_head(url).unwrap().unwrap().state;
    assert_eq!(visit(0, 1).await, (1, 0, 0, 1));
    assert_eq!(visit(HOUR - 1, 0).await, (0, 0, 1, 0));
    assert_eq!(visit(HOUR, 1).await, (0, 0, 1, 0));
    assert_eq!(state(&server.url("/a")), PageState::Unchanged);
    content.set("/a", "<title>가톡 복구</title><p>고침</p>");
    assert_eq!(visit(5 * HOUR, 0).await, (0, 0, 1, 0));
    assert_eq!(visit(7 * HOUR, 1).await, (0, 1, 0, 0));
    assert_eq!(state(&server.url("/a")), PageState::Fetched);
    content.set("/a", "<title>가톡 먹통</title><p>다시 고침</p>");
    assert_eq!(visit(DAY, 1).await, (0, 1, 0, 1));
    content.set("/a", "<title>가톡</title><p>늦은 고침</p>");
    assert_eq!(visit(30 * DAY, 0).await, (0, 0, 1, 0), "it is old");

    let store = Store::open_read_only(&db).unwrap();
    let id = store.article_at(&server.url("/a")).unwrap().unwrap();
    let versions = store.article_versions(&id).unwrap();
    let told: Vec<_> = versions.iter().map(|v| (v.text.as_str(), v.seen_at, v.replaced_at)).collect();
    assert_eq!(told, [("처음", Some(at(0)), at(7 * HOUR)), ("고침", Some(at(7 * HOUR)), at(DAY))]);
    let now = store.article(&id).unwrap().unwrap();
    assert_eq!((now.article.text.as_str(), now.outages.len()), ("다시 고침", 1), "its records follow it");
    drop(store);

    // Another database, which only ever saw the last version, dumps the same but for nothing.
    content.set("/a", "<title>가톡 먹통</title><p>다시 고침</p>");
    let late = folder.path().join("late.db");
    run_at(2 * DAY, sources.clone(), &late).await;
    assert_eq!(dump(&late), dump(&db));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_was_old_when_it_was_found_is_left_alone() {
    let content = Content::default();
    content.set("/feed", rss(["/a"]));
    content.set("/a", "<title>가톡 먹통</title><p>x</p>");
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    for day in [10, 11, 12] {
        run_at(day * DAY, vec![server.source("/feed")], &db).await;
    }
    assert_eq!(server.paths().iter().filter(|p| *p == "/a").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_feed_listed_is_fetched_later_even_if_it_lists_it_no_more() {
    let content = Content::default();
    content.set("/feed", rss(["/a", "/b"]));
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let (stop, stopped) = watch::channel(false);
    let store = Store::open(&db).unwrap();
    let clock = Arc::new(|| at(0));
    let sources = vec![server.source("/feed")];
    let first = crawl(&config(), sources.clone(), store, Arc::new(Plain), Arc::new(StopWhenRead(stop)), clock, stopped).await.unwrap();
    assert!(first.interrupted && first.new == 0, "{first:#?}");
    let head = Store::open_read_only(&db).unwrap().page_head(&server.url("/a")).unwrap().unwrap();
    assert_eq!((head.state, head.next_due), (PageState::Found, Some(at(0))));

    content.set("/a", "<title>가톡 먹통</title><p>x</p>");
    content.set("/b", "<title>나톡 먹통</title><p>x</p>");
    content.set("/feed", rss(["/c"]));
    content.set("/c", "<title>다톡 먹통</title><p>x</p>");
    let second = run_at(60, sources.clone(), &db).await;
    assert_eq!((second.new, second.failed.len()), (3, 0), "{second:#?}");
    assert_eq!(
        dump(&db).lines().filter(|l| l.contains("예시일보") && l.contains("2023-05-15T12:10")).count(),
        3,
        "with what the feed said"
    );

    // Another source's pages are not fetched when one is named.
    content.set("/feed", rss(["/c", "/d"]));
    content.set("/other", rss(["/e"]));
    content.set("/d", "<title>라톡 먹통</title><p>x</p>");
    content.set("/e", "<title>마톡 먹통</title><p>x</p>");
    let (stop, stopped) = watch::channel(false);
    let (store, clock) = (Store::open(&db).unwrap(), Arc::new(|| at(120)));
    crawl(&config(), sources, store, Arc::new(Plain), Arc::new(StopWhenRead(stop)), clock, stopped).await.unwrap();
    let named = Scope { named: true, ..vec![server.source("/other")].into() };
    assert_eq!(run_at(180, named, &db).await.new, 1);
    assert_eq!(run_at(180, vec![], &db).await.new, 1);
}

/// Stops a crawl as soon as a source is read.
struct StopWhenRead(watch::Sender<bool>);

impl Progress for StopWhenRead {
    fn event(&self, event: Event<'_>) {
        if let Event::Source { .. } = event {
            self.0.send_replace(true);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_page_is_given_up_and_a_missing_one_is_gone() {
    let server = Server::start(|path, _| match path {
        "/feed" => ok(rss(["/500", "/404", "/empty"])),
        "/500" => status(500),
        "/empty" => ok("<title>x</title>"),
        _ => status(404),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    // A run every quarter of an hour, for twelve days.
    for quarter in 0..12 * 96 {
        if quarter < 8 || quarter % 24 == 0 {
            run_at(quarter * 900, vec![server.source("/feed")], &db).await;
        }
    }
    let count = |path: &str| server.paths().iter().filter(|p| *p == path).count();
    assert_eq!((count("/500"), count("/404"), count("/empty")), (7, 2, 3));
    let store = Store::open_read_only(&db).unwrap();
    for (path, state) in [("/500", PageState::Failed), ("/404", PageState::Gone), ("/empty", PageState::Failed)] {
        let head = store.page_head(&server.url(path)).unwrap().unwrap();
        assert_eq!((head.state, head.next_due), (state, None), "{path}: {head:?}");
    }
    assert_eq!(count("/robots.txt"), 12, "once a day");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_robots_txt_counts_while_no_newer_one_can_be_had() {
    let robots = Arc::new(Mutex::new((200, "User-agent: *\nDisallow: /secret")));
    let (now, n) = (robots.clone(), Arc::new(Mutex::new(0)));
    let server = Server::start(move |path, _| match path {
        "/robots.txt" => {
            let (code, text) = *now.lock().unwrap();
            Response::builder().status(code).body(Body::from(text)).unwrap()
        }
        "/feed" => {
            *n.lock().unwrap() += 1;
            ok(rss([format!("/secret/{}", n.lock().unwrap()), format!("/{}", n.lock().unwrap())]))
        }
        path => page(path),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let count = || server.paths().iter().filter(|p| *p == "/robots.txt").count();
    let step = async |seconds, asked: usize| {
        let summary = run_at(seconds, vec![server.source("/feed")], &db).await;
        assert_eq!(count(), asked, "after {seconds} s");
        (summary.new, summary.disallowed.len(), summary.failed.len())
    };
    assert_eq!(step(0, 1).await, (1, 1, 0));
    assert_eq!(step(DAY - 1, 1).await, (1, 1, 0), "a day old");
    *robots.lock().unwrap() = (503, "");
    assert_eq!(step(DAY, 2).await, (1, 2, 0), "the new page and the one of yesterday");
    *robots.lock().unwrap() = (200, "");
    assert_eq!(step(2 * DAY, 3).await, (4, 0, 0), "the rule is gone: the two new pages, and the two that are tried again");
    let secret: Vec<String> = server.paths().into_iter().filter(|p| p.starts_with("/secret")).collect();
    assert_eq!(secret, ["/secret/2", "/secret/3", "/secret/4"], "the first was forbidden twice, and waits longer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_fails_is_asked_less_and_less_across_runs() {
    let well = Arc::new(Mutex::new(false));
    let now = well.clone();
    let server = Server::start(move |path, _| match path {
        "/robots.txt" => status(404),
        "/feed" => ok(rss((0..50).map(|n| format!("/{n}")))),
        _ if !*now.lock().unwrap() => status(502),
        path => page(path),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let pages = || server.paths().iter().filter(|p| *p != "/feed" && *p != "/robots.txt").count();
    let first = run_at(0, vec![server.source("/feed")], &db).await;
    assert_eq!((first.failed.len(), first.put_off, pages()), (3, 47, 3), "three in a row are enough");
    let state = Store::open_read_only(&db).unwrap().host_state(&server.url("")).unwrap().unwrap();
    assert_eq!((state.failures, state.next_due), (3, Some(at(300))));
    let second = run_at(299, vec![server.source("/feed")], &db).await;
    assert_eq!((second.sources, second.put_off, pages()), (0, 48, 3), "the source waits with its host: {second:#?}");
    // The feed works, so the host seems well again, until pages fail three times more.
    let third = run_at(300, vec![server.source("/feed")], &db).await;
    assert_eq!((third.failed.len(), pages()), (3, 6), "{third:#?}");
    *well.lock().unwrap() = true;
    let last = run_at(3 * HOUR, vec![server.source("/feed")], &db).await;
    assert_eq!((last.new, last.put_off), (50, 0), "{last:#?}");
    assert_eq!(Store::open_read_only(&db).unwrap().host_state(&server.url("")).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_asks_for_patience_gets_it() {
    for code in [429, 503] {
        let server = Server::start(move |path, _| match path {
            "/robots.txt" => status(404),
            "/feed" => ok(rss((0..9).map(|n| format!("/{n}")))),
            _ => Response::builder().status(code).header(header::RETRY_AFTER, "7200").body(Body::empty()).unwrap(),
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("m.db");
        let pages = || server.paths().iter().filter(|p| *p != "/feed" && *p != "/robots.txt").count();
        for (seconds, asked) in [(0, 1), (HOUR, 1), (2 * HOUR - 1, 1), (2 * HOUR, 2), (3 * HOUR, 2)] {
            let summary = run_at(seconds, vec![server.source("/feed")], &db).await;
            assert_eq!(pages(), asked, "{code} after {seconds} s: {summary:#?}");
        }
        assert_eq!(server.paths().iter().filter(|p| *p == "/feed").count(), 2, "the feed is the same host's");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_an_answer_is_asked_once_a_run_at_last() {
    let closed = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        format!("http://{}/feed", listener.local_addr().unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let mut asked = Vec::new();
    for hour in 0..72 {
        let summary = run_at(hour * HOUR, vec![source(&closed)], &db).await;
        assert_eq!(summary.failed.len() as u64 + summary.put_off, 1);
        if !summary.failed.is_empty() {
            asked.push(hour);
        }
    }
    assert!((6..=12).contains(&asked.len()), "{asked:?}");
    assert!(asked.windows(2).all(|w| w[1] - w[0] <= 25), "at least once a day: {asked:?}");
    let state = Store::open_read_only(&db).unwrap().source_state(&closed).unwrap().unwrap();
    assert!(state.last_ok.is_none() && state.failures as usize == asked.len() && state.reason.unwrap().contains("robots.txt"));
    // Asked for by name the source's own patience does not count, but the host's does.
    let named = Scope { named: true, ..vec![source(&closed)].into() };
    assert_eq!(run_at(72 * HOUR, named, &db).await.put_off, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_url_that_led_to_an_article_is_kept() {
    let server = Server::start(|path, _| match path {
        "/feed" => ok(rss(["/short", "/m/1", "/amp/1"])),
        "/short" => redirect("/middle"),
        "/middle" => redirect("/news/1?from=short"),
        "/news/1?from=short" | "/m/1" | "/amp/1" => ok("<title>가톡 먹통</title><link rel=canonical href=/news/1><p>x</p>"),
        _ => status(404),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let summary = run_at(0, vec![server.source("/feed")], &db).await;
    assert_eq!((summary.new, summary.failed.len()), (1, 0), "{summary:#?}");
    let store = Store::open_read_only(&db).unwrap();
    let id = store.article_at(&server.url("/news/1")).unwrap();
    assert!(id.is_some());
    for path in ["/short", "/middle", "/news/1?from=short", "/m/1", "/amp/1"] {
        assert_eq!(store.article_at(&server.url(path)).unwrap(), id, "{path}");
    }
    assert_eq!(store.article_versions(&id.unwrap()).unwrap(), [], "a twin is no correction");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_stores_nothing() {
    #[derive(Default)]
    struct Planned(Mutex<Vec<String>>);
    impl Progress for Planned {
        fn event(&self, event: Event<'_>) {
            if let Event::Planned { url } = event {
                self.0.lock().unwrap().push(url.to_owned());
            }
        }
    }
    let content = Content::default();
    content.set("/robots.txt", "User-agent: *\nDisallow: /secret");
    content.set("/feed", rss(["/a", "/secret/b"]));
    content.set("/a", "<title>가톡 먹통</title><p>x</p>");
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let plan = async |seconds, since: Option<&str>| {
        let planned = Arc::new(Planned::default());
        let (_keep, stop) = watch::channel(false);
        let since = since.map(|s| s.parse().unwrap());
        let scope = Scope { dry: true, since, ..vec![server.source("/feed")].into() };
        let (store, clock) = (Store::open(&db).unwrap(), Arc::new(move || at(seconds)));
        let summary = crawl(&config(), scope, store, Arc::new(Plain), planned.clone(), clock, stop).await.unwrap();
        let planned = planned.0.lock().unwrap().clone();
        (planned, summary.disallowed.len(), summary.new)
    };
    assert_eq!(plan(0, None).await, (vec![server.url("/a")], 1, 0));
    assert_eq!(plan(0, Some("2023-05-16")).await, (vec![], 0, 0), "published the day before");
    assert_eq!(Store::open_read_only(&db).unwrap().page_head(&server.url("/a")).unwrap(), None);
    assert!(server.paths().iter().all(|p| p == "/robots.txt" || p == "/feed"));
    run_at(0, vec![server.source("/feed")], &db).await;
    assert_eq!(plan(60, None).await, (vec![], 0, 0));
    assert_eq!(plan(HOUR, None).await, (vec![server.url("/a")], 0, 0), "it is young");
    assert_eq!(plan(HOUR, Some("2023-05-15T12:11")).await, (vec![], 0, 0));
    assert_eq!(plan(HOUR, Some("2023-05-15T12:10")).await, (vec![server.url("/a")], 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn since_leaves_out_what_was_published_earlier() {
    let server = Server::start(|path, _| match path {
        "/feed" => ok(rss(["/old"]) + ""),
        "/atom" => ok("<rss version=\"2.0\"><channel><title>t</title><item><title>t</title><link>/new</link>\
             <pubDate>Tue, 16 May 2023 00:00:00 +0900</pubDate></item><item><title>t</title><link>/undated</link></item></channel></rss>"),
        path => page(path),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let scope = Scope { since: "2023-05-16".parse().ok(), ..vec![server.source("/feed"), server.source("/atom")].into() };
    assert_eq!(run_at(DAY, scope, &db).await.new, 2);
    assert!(!server.paths().contains(&"/old".to_owned()));
    assert_eq!(run_at(DAY, vec![], &db).await.new, 1, "it was not lost");
}

/// A source as the settings declare it.
fn declared(keys: &str) -> Source {
    let text = format!("[[source]]\nid = \"mine\"\n{keys}");
    let config = Config::parse(&text, Path::new("m.toml")).unwrap_or_else(|e| panic!("{e}"));
    Sources::load(&config).unwrap_or_else(|e| panic!("{e}")).select(&["mine".into()]).unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_sitemaps_is_followed_and_only_what_changed_is_asked_again() {
    let content = Content::default();
    let child = |name: &str, day: u8| format!("<sitemap><loc>/s/{name}.xml</loc><lastmod>2023-05-{day:02}</lastmod></sitemap>");
    let index = |days: [u8; 2]| {
        format!("<sitemapindex>{}{}<sitemap><loc>/s/none.xml</loc></sitemap></sitemapindex>", child("old", days[0]), child("new", days[1]))
    };
    let urls =
        |pages: &[&str]| format!("<urlset>{}</urlset>", pages.iter().map(|p| format!("<url><loc>{p}</loc></url>")).collect::<String>());
    content.set("/index.xml", index([1, 14]));
    content.set("/s/old.xml", urls(&["/a/1"]));
    content.set("/s/new.xml", urls(&["/a/2", "/skip/1"]));
    for n in 1..=3 {
        content.set(&format!("/a/{n}"), format!("<title>{n} 먹통</title><p>x</p>"));
    }
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let source = declared(&format!("kind = \"sitemap\"\nurl = \"{}\"\narticle_url = \"/a/\"", server.url("/index.xml")));
    let first = run_at(0, vec![source.clone()], &db).await;
    assert_eq!((first.new, first.sources), (2, 1), "{first:#?}");
    assert!(reason(&first, &server.url("/s/none.xml")).contains("404"), "one sitemap that is missing costs nothing else");
    let state = || Store::open_read_only(&db).unwrap().source_state("mine").unwrap().unwrap();
    assert_eq!((state().failures, state().entries, state().last_ok), (0, Some(2), Some(at(0))));
    assert!(state().reason.is_some_and(|r| r.contains("none.xml")));

    content.set("/s/none.xml", urls(&[]));
    run_at(60, vec![source.clone()], &db).await;
    server.log.lock().unwrap().clear();
    content.set("/index.xml", index([1, 16]));
    content.set("/s/new.xml", urls(&["/a/2", "/a/3"]));
    let third = run_at(120, vec![source], &db).await;
    assert_eq!((third.new, third.failed.len()), (1, 0), "{third:#?}");
    assert_eq!(server.paths(), ["/a/3", "/index.xml", "/s/new.xml", "/s/none.xml"], "the old one is not asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_searches_lead_to_articles() {
    let server = Server::start(|path, _| match path {
        "/it" => ok("<ul><li><a href=/l/1>목록의 제목입니다</a></li></ul><a href=/about>회사 소개</a>"),
        path if path.starts_with("/search?q=%EB%A8%B9%ED%86%B5") => {
            ok(rss(["/g/1"]).replace("<title>t</title><link>", "<title>가톡 먹통 - 보기신문</title><link>"))
        }
        path if path.starts_with("/search") => status(500),
        path => ok(format!("<title>{path} 먹통</title><p>x</p>")),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let list = declared(&format!("kind = \"list\"\nurl = \"{}\"\nlinks = \"li a\"", server.url("/it")));
    let search = declared(&format!("kind = \"search\"\nengine = \"google\"\nurl = \"{}\"", server.url("/search")));
    let search = Source { id: "search".into(), ..search };
    let broken = declared(&format!("kind = \"search\"\nengine = \"google\"\nurl = \"{}\"\nqueries = [\"x\"]", server.url("/search")));
    let broken = Source { id: "broken".into(), ..broken };
    let scope = Scope { words: vec!["먹통".into()], ..vec![list, search, broken].into() };
    let summary = run_at(0, scope, &db).await;
    assert_eq!((summary.new, summary.sources, summary.failed.len()), (2, 2, 1), "{summary:#?}");
    assert!(server.paths().contains(&"/search?q=%EB%A8%B9%ED%86%B5+when%3A1d&hl=ko&gl=KR&ceid=KR%3Ako".to_owned()), "{:?}", server.paths());
    assert!(dump(&db).lines().any(|l| l.contains("/g/1") && l.contains("보기신문")), "whose article it is the answer says");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_the_search_engine_and_nowhere_else() {
    let elsewhere = Server::start(|_, _| ok("{\"items\": []}")).await;
    let there = elsewhere.url("/news.json");
    let engine =
        Server::start(move |path, _| if path.contains("moved") { redirect(&there) } else { redirect(&path.replace("at?", "moved?")) })
            .await;
    // Two variables that cargo sets for every test.
    let source = declared(&format!(
        "kind = \"search\"\nengine = \"naver\"\nurl = \"{}\"\nqueries = [\"x\"]\nkey_env = [\"CARGO_PKG_NAME\", \"CARGO_MANIFEST_DIR\"]",
        engine.url("/at")
    ));
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let summary = run_at(0, vec![source], &db).await;
    assert_eq!((summary.sources, summary.failed.len()), (1, 0), "{summary:#?}");
    let secret = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let asked: Vec<Asked> = engine.log().into_iter().filter(|a| a.path != "/robots.txt").collect();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|a| a.headers["x-naver-client-secret"] == secret.as_str()), "also where the engine itself leads");
    assert!(engine.log().iter().filter(|a| a.path == "/robots.txt").all(|a| !a.headers.contains_key("x-naver-client-secret")));
    assert!(
        elsewhere.log().iter().all(|a| !a.headers.contains_key("x-naver-client-secret") && !a.headers.contains_key("x-naver-client-id"))
    );
    assert!(elsewhere.paths().contains(&"/news.json".to_owned()));
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "it is not stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_source_holds_up_nobody() {
    let slow = Server::start(|path, _| match path {
        "/robots.txt" => ok("User-agent: *\nCrawl-delay: 3"),
        "/first" => ok(rss([] as [&str; 0])),
        "/second" => ok(rss(["/late"])),
        path => page(path),
    })
    .await;
    let quick = Server::start(|path, _| if path == "/feed" { ok(rss((0..3).map(|n| format!("/{n}")))) } else { page(path) }).await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let config = CrawlConfig { timeout: Duration::from_millis(500), ..config() };
    let begin = Instant::now();
    let summary = run(&config, vec![slow.source("/first"), slow.source("/second"), quick.source("/feed")], &db).await;
    assert_eq!((summary.new, summary.failed.len()), (4, 0), "{summary:#?}");
    let asked = |server: &Server, path: &str| server.log().iter().find(|a| a.path == path).unwrap().start - begin;
    let last = asked(&slow, "/first").max(asked(&slow, "/second"));
    assert!(asked(&quick, "/2") < last, "its pages came while the other was waited for");
    assert!(asked(&slow, "/late") >= last + Duration::from_secs(3), "and the other is treated as it wishes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_feed_says_of_itself_decides_when_it_is_asked_next() {
    let server = Server::start(|path, headers| match path {
        "/ttl" => ok(rss(["/a"]).replace("<title>t</title><item>", "<title>t</title><ttl>30</ttl><item>")),
        "/fresh" => {
            let mut response = if headers.contains_key(header::IF_NONE_MATCH) { status(304) } else { ok(rss(["/a"])) };
            response.headers_mut().insert(header::ETAG, "\"1\"".parse().unwrap());
            response.headers_mut().insert(header::CACHE_CONTROL, "max-age=2400".parse().unwrap());
            response
        }
        "/plain" => ok(rss(["/a"])),
        path => page(path),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let sources: Vec<Source> = ["/ttl", "/fresh", "/plain"].map(|p| server.source(p)).into();
    for seconds in [0, 60] {
        let summary = run_at(seconds, sources.clone(), &db).await;
        assert_eq!(summary.sources, 3, "a crawl asks at once all the same");
        let store = Store::open_read_only(&db).unwrap();
        for (source, least) in sources.iter().zip([1800, 2400, 600]) {
            let next = store.source_state(&source.id).unwrap().unwrap().next_due.unwrap();
            let wait = next.as_second() - at(seconds).as_second();
            assert!((least..=least + 300).contains(&wait), "{}: {wait}", source.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_site_can_be_crawled() {
    let site = DemoSite::start().await.unwrap();
    let sources: Vec<Source> = site.publishers().iter().map(|p| Source { publisher: Some(p.name.clone()), ..source(&p.feed) }).collect();
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let summary = run(&CrawlConfig { delay: Duration::ZERO, ..config() }, sources, &db).await;
    assert!(summary.new >= 30, "{summary:#?}");
    assert_eq!(summary.disallowed.len(), 1, "{summary:#?}");
    assert!(summary.failed.iter().any(|(_, reason)| reason == "status 500"), "{summary:#?}");
    for publisher in site.publishers() {
        assert!(publisher.log().iter().all(|a| a.user_agent.as_deref() == Some("meoktong/test (+https://example.org)")));
    }
}

/// Fifty publishers and five thousand pages: minutes in all.
#[cfg(feature = "slow")]
mod slow {
    use std::process::{Child, Command, Stdio};

    use meoktong::korean::dictionary;

    use super::*;

    const HOSTS: u8 = 50;
    const PAGES: usize = 100;

    /// The bodies of one publisher, which answers as a well-behaved host does. Beside its articles it has redirects, twins, pages that it
    /// forbids, that are gone or hold nothing, and an article that two of its feeds list.
    fn publisher(host: u8, pages: usize, article: &dyn Fn(u8, usize) -> String) -> Content {
        let content = Content::default();
        content.set("/robots.txt", "User-agent: *\nDisallow: /secret/\n");
        let links = (0..pages).map(|n| match n % 25 {
            7 => format!("/go/{n}"),
            8 => format!("/m/{n}"),
            _ => format!("/a/{n}"),
        });
        let more = ["/a/8", "/a/0#top", "/secret/1", "/go/secret", "/gone", "/empty"].map(str::to_owned);
        content.set("/feed", rss(links.chain(more)));
        content.set("/best", rss(["/a/0", "/a/1"]));
        content.set("/empty", "<html></html>");
        for n in 0..pages {
            content.set(&format!("/a/{n}"), article(host, n));
            content.set(&format!("/m/{n}"), article(host, n));
        }
        content
    }

    /// Where a publisher answers with another place.
    fn led_elsewhere(path: &str) -> Option<Response<Body>> {
        let there = path.strip_prefix("/go/")?;
        Some(redirect(&if there == "secret" { "/secret/2".to_owned() } else { format!("/a/{there}") }))
    }

    async fn publishers(pages: usize, article: impl Fn(u8, usize) -> String) -> Vec<Server> {
        let mut servers = Vec::new();
        for host in 0..HOSTS {
            let content = publisher(host, pages, &article);
            let answers = move |path: &str, headers: &HeaderMap| led_elsewhere(path).unwrap_or_else(|| content.answer(path, headers));
            servers.push(Server::start_at(Ipv4Addr::new(127, 0, 0, 2 + host), answers).await);
        }
        servers
    }

    /// The most requests that the servers had to do with in one moment.
    fn most_at_once<'a>(log: impl Iterator<Item = &'a Asked>) -> i32 {
        let mut moments: Vec<(Instant, i32)> = log.flat_map(|a| [(a.start, 1), (a.end, -1)]).collect();
        moments.sort();
        moments
            .iter()
            .scan(0, |active, (_, change)| {
                *active += change;
                Some(*active)
            })
            .max()
            .unwrap_or(0)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn five_thousand_pages_of_fifty_hosts() {
        const DELAY: Duration = Duration::from_millis(10);
        let servers =
            publishers(PAGES, |host, n| format!("<title>가톡{host}-{n} 먹통</title><link rel=canonical href=/a/{n}><p>{n}번째 글</p>"))
                .await;
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("m.db");
        let config = CrawlConfig {
            delay: DELAY,
            concurrency: 16,
            timeout: Duration::from_secs(20),
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            ..config()
        };
        let sources: Vec<Source> = servers.iter().flat_map(|s| [s.source("/feed"), s.source("/best")]).collect();
        let crawl_at = async |seconds| {
            servers.iter().for_each(|s| s.log.lock().unwrap().clear());
            let (_keep, stop) = watch::channel(false);
            let (store, clock) = (Store::open(&db).unwrap(), Arc::new(move || at(seconds)));
            let begin = Instant::now();
            let summary = crawl(&config, sources.clone(), store, Arc::new(Plain), Arc::new(()), clock, stop).await.unwrap();
            println!("{:?}: {} new, {} unchanged", begin.elapsed(), summary.new, summary.unchanged);
            let logs: Vec<Vec<Asked>> = servers
                .iter()
                .map(|s| {
                    let mut log = s.log();
                    log.sort_by_key(|a| a.start);
                    log
                })
                .collect();
            for log in &logs {
                for pair in log.windows(2) {
                    let gap = pair[1].start.checked_duration_since(pair[0].end);
                    assert!(gap.is_some_and(|g| g >= DELAY), "{} then {}: {gap:?}", pair[0].path, pair[1].path);
                }
                assert!(log.iter().all(|a| !a.path.starts_with("/secret")), "robots.txt holds, for redirects too");
            }
            assert!(most_at_once(logs.iter().flatten()) <= 16);
            (summary, logs)
        };
        let hosts = u64::from(HOSTS);
        let (first, logs) = crawl_at(0).await;
        assert_eq!((first.new, first.updated), (hosts * PAGES as u64, 0));
        assert_eq!(first.disallowed.len(), 2 * usize::from(HOSTS));
        assert_eq!(first.failed.len(), 2 * usize::from(HOSTS), "gone and empty: {:#?}", first.failed);
        for log in &logs {
            assert_eq!(log[0].path, "/robots.txt", "before anything else");
            let mut asked = HashMap::<&str, usize>::new();
            log.iter().for_each(|a| *asked.entry(&a.path).or_default() += 1);
            let expected = 1 + 2 + PAGES + PAGES / 25 + 1 + 3;
            assert_eq!((asked.len(), log.len()), (expected, expected), "each once: {asked:#?}");
        }
        let before = dump(&db);
        assert_eq!(articles_of(&before), usize::from(HOSTS) * PAGES);

        let (second, logs) = crawl_at(2 * HOUR).await;
        assert_eq!((second.new, second.updated, second.outages), (0, 0, 0), "{second:#?}");
        assert_eq!(dump(&db), before);
        for log in &logs {
            let plain = log.iter().filter(|a| !a.headers.contains_key(header::IF_NONE_MATCH)).map(|a| a.path.as_str());
            let mut plain: Vec<&str> = plain.filter(|p| !p.starts_with("/go/")).collect();
            plain.sort();
            assert_eq!(plain, ["/empty", "/gone"], "all else only if it changed; what failed is tried again");
            assert!(log.len() > PAGES);
        }
    }

    /// A page as the real reader wants it.
    fn news(host: u8, n: usize) -> String {
        let service = ["카카오톡", "네이버", "토스", "업비트", "배달의민족"][(n + usize::from(host)) % 5];
        let (day, hour, minutes) = (1 + n % 28, 1 + n % 11, 10 + n % 45);
        let (title, lead) = if n.is_multiple_of(3) {
            let lead = format!(
                "{service}이 {day}일 오후 {hour}시 5분부터 {minutes}분간 접속 장애를 겪었다. 회사는 서버를 점검한 뒤 모두 복구했다고 밝혔다."
            );
            (format!("{service} {minutes}분간 접속 장애 {host}-{n}"), lead)
        } else {
            let lead = format!("{service}은 {day}일 새 기능 {n}가지를 내놓는다고 밝혔다. 이용자는 다음 주부터 차례로 쓸 수 있다.");
            (format!("{service} 새 기능 {n}가지 {host}-{n}"), lead)
        };
        let rest =
            format!("이 소식은 {host}번 신문의 {n}번째 기사로 실렸다. 관계자는 이용자에게 불편이 없도록 살피겠다고 말했다. ").repeat(3);
        format!(
            "<html lang=ko><head><meta charset=utf-8><title>{title}</title><link rel=canonical href=/a/{n}>\
             <meta property=article:published_time content=2023-05-{day:02}T18:00:00+09:00></head>\
             <body><article><h1>{title}</h1><p>{lead}</p><p>{rest}</p></article></body></html>"
        )
    }

    /// Equal numbers for equal seeds.
    struct Seeded(u64);

    impl Seeded {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % n
        }
    }

    fn program(settings: &Path, db: &Path) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meoktong"));
        command.arg("crawl").arg("--config").arg(settings).arg("--db").arg(db);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Settings with these servers' feeds for sources, and no others.
    fn settings(path: &Path, servers: &[Server]) {
        let mut text = String::from("[crawl]\ndelay = \"0s\"\nconcurrency = 16\nallow_private = [\"127.0.0.0/8\"]\n");
        for source in meoktong::crawl::Sources::builtin().unwrap().all().iter().filter(|s| s.enabled) {
            text += &format!("[[source]]\nid = \"{}\"\nenabled = false\n", source.id);
        }
        for (n, server) in servers.iter().enumerate() {
            for feed in ["feed", "best"] {
                let url = server.url(&format!("/{feed}"));
                text += &format!("[[source]]\nid = \"{feed}-{n}\"\nurl = \"{url}\"\npublisher = \"{n}번 {feed}\"\n");
            }
        }
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn killed_twenty_times_it_gives_what_an_undisturbed_crawl_gives() {
        const KILLS: u64 = 20;
        dictionary::ensure(&dictionary::data_dir().unwrap(), &dictionary::Bar::new()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let servers = runtime.block_on(publishers(PAGES, news));
        let asked = || servers.iter().map(|s| s.log.lock().unwrap().len()).sum::<usize>();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("meoktong.toml");
        settings(&config, &servers);

        let straight = folder.path().join("straight.db");
        let begin = Instant::now();
        assert_eq!(program(&config, &straight).wait().unwrap().code(), Some(1), "some pages are gone");
        println!("undisturbed: {:?} for {} requests", begin.elapsed(), asked());
        let expected = dump(&straight);
        assert_eq!(articles_of(&expected), usize::from(HOSTS) * (PAGES + 1), "the empty page has at least its feed's headline");
        assert!(expected.matches("\"outage\"").count() > 1000, "it tells of outages");
        let undisturbed = asked();

        let db = folder.path().join("killed.db");
        let mut random = Seeded(20_230_515);
        for kill in 0..KILLS {
            let before = asked();
            let mut child = program(&config, &db);
            // Anywhere from before the first request on, so that twenty fit into the crawl.
            let (requests, rest) = (random.below(2 * undisturbed as u64 * 9 / (10 * KILLS)) as usize, random.below(20_000));
            let begin = Instant::now();
            while asked() < before + requests {
                assert!(child.try_wait().unwrap().is_none(), "kill {kill}: it ended by itself, {requests} requests were expected");
                assert!(begin.elapsed() < Duration::from_secs(120), "kill {kill}: it stands still");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(rest));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let stored = Store::open_read_only(&db).unwrap().counts().unwrap().0;
        assert!(stored < articles_of(&expected) as u64, "every kill came in the middle");
        program(&config, &db).wait().unwrap();
        assert!(dump(&db) == expected, "the dumps differ");
        // What a kill costs is what was under way; and a source is read once a run.
        let most = 2 * undisturbed + KILLS as usize * (16 + usize::from(HOSTS) * 4);
        println!("killed: {} requests", asked() - undisturbed);
        assert!(asked() <= most, "{} of {most}", asked());
    }

    /// The most memory that a process ever had, as the kernel counts it, in KiB.
    #[cfg(target_os = "linux")]
    fn peak(process: u32) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn ten_times_the_pages_do_not_need_more_memory() {
        dictionary::ensure(&dictionary::data_dir().unwrap(), &dictionary::Bar::new()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("meoktong.toml");
        let mut peaks = Vec::new();
        for pages in [PAGES, 10 * PAGES] {
            let servers = runtime.block_on(publishers(pages, news));
            settings(&config, &servers);
            let db = folder.path().join(format!("{pages}.db"));
            let begin = Instant::now();
            let mut child = program(&config, &db);
            let mut most = 0;
            while child.try_wait().unwrap().is_none() {
                most = peak(child.id()).unwrap_or(0).max(most);
                std::thread::sleep(Duration::from_millis(20));
            }
            let stored = Store::open_read_only(&db).unwrap().counts().unwrap().0;
            println!("{stored} articles: {most} KiB, {:?}", begin.elapsed());
            assert_eq!(stored, u64::from(HOSTS) * (pages as u64 + 1));
            peaks.push(most);
        }
        assert!(peaks[1] * 2 <= peaks[0] * 3, "{peaks:?}");
    }
}
