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
use meoktong::config::CrawlConfig;
use meoktong::crawl::{PageHints, Pipeline, Source, Summary, crawl};
use meoktong::demo::DemoSite;
use meoktong::record::{ArticleRecords, Label, Outage, Role, Status};
use meoktong::store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
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
    Source { publisher: Some("예시일보".into()), ..Source::feed(url, url) }
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

async fn run(config: &CrawlConfig, sources: Vec<Source>, db: &Path) -> Summary {
    let (_keep, stop) = watch::channel(false);
    run_until(config, sources, db, stop).await
}

fn dump(db: &Path) -> String {
    let mut out = Vec::new();
    Store::open_read_only(db).unwrap().export_all(&mut out).unwrap();
    String::from_utf8(out).unwrap()
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
        assert_eq!(server.paths(), ["/feed", "/robots.txt"], "no page is asked for again");
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
    assert!(store.page_head(&hostile.url("/500")).unwrap().unwrap().failed, "failures are written down");
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
            "/b" if !healed => return status(503),
            path => return page(path),
        };
        response.headers_mut().insert(header::ETAG, "\"same\"".parse().unwrap());
        response
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let sources = vec![server.source("/feed"), server.source("/broken")];
    let first = run(&config(), sources.clone(), &db).await;
    assert_eq!((first.new, first.failed.len()), (1, 2), "{first:#?}");
    *healed.lock().unwrap() = true;
    let second = run(&config(), sources, &db).await;
    assert_eq!((second.new, second.unchanged, second.failed.len()), (2, 1, 0), "{second:#?}");
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
