//! Hosts that mean harm, or are merely broken: each gives one recorded failure, or an article where that is right, within its time limit, and
//! the others go on. The servers write bytes as they are, since no decent server library would.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use meoktong::Pipeline;
use meoktong::config::{Config, CrawlConfig};
use meoktong::crawl::{Event, Origin, Progress, Source, Summary, crawl};
use meoktong::korean::dictionary;
use meoktong::store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Long enough that what is no waste of time ends before it on a busy machine, too.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Room for ten thousand entries.
const MAX_BODY: usize = 600_000;

/// What a host does once it has been asked.
#[derive(Clone)]
enum Act {
    /// Writes and closes.
    Write(Vec<u8>),
    /// Writes, then this again and again as fast as it is read.
    Flood(Vec<u8>, Vec<u8>),
    /// Writes, then a byte now and then.
    Drip(Vec<u8>),
    /// Writes, then breaks the connection off.
    Reset(Vec<u8>),
    /// Says nothing.
    Hang,
}

/// A host that does as the test says, and remembers what it was asked for.
#[derive(Clone)]
struct Host {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// For every path but robots.txt, which is missing unless `act` has one.
    async fn start(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Host {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let host = Host { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let (asked, act) = (host.asked.clone(), Arc::new(act));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (asked, act) = (asked.clone(), act.clone());
                tokio::spawn(async move {
                    let _ = serve(socket, &asked, &*act).await;
                });
            }
        });
        host
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut socket: TcpStream, asked: &Mutex<Vec<String>>, act: &(dyn Fn(&str) -> Act + Send + Sync)) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(socket.read_u8().await?);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(path.clone());
    match act(&path) {
        Act::Write(bytes) => {
            socket.write_all(&bytes).await?;
            socket.shutdown().await
        }
        Act::Flood(head, again) => {
            socket.write_all(&head).await?;
            let again = again.repeat((16 << 10) / again.len());
            loop {
                socket.write_all(&again).await?;
            }
        }
        Act::Drip(head) => {
            socket.write_all(&head).await?;
            loop {
                socket.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Act::Reset(bytes) => {
            socket.write_all(&bytes).await?;
            socket.flush().await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            socket.set_zero_linger()
        }
        Act::Hang => std::future::pending().await,
    }
}

fn head(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes()
}

fn whole(headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    Act::Write([head(&format!("Content-Length: {}\r\n{headers}", body.len())), body.to_vec()].concat())
}

fn missing() -> Act {
    Act::Write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec())
}

fn redirect(to: &str) -> Act {
    Act::Write(format!("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {to}\r\n\r\n").into_bytes())
}

fn page(title: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{title}</title><meta property=\"article:published_time\" content=\"2023-05-08T15:00:00+09:00\"></head>\
         <body><article><h1>{title}</h1><p>카카오톡이 8일 오후 1시 35분부터 20분간 먹통이 됐다. 이용자들은 메시지를 보내지 못했다고 전했다.</p>\
         <p>회사는 원인을 살피는 중이며 지금은 모든 기능을 다시 쓸 수 있다고 밝혔다.</p></article></body></html>"
    )
}

fn rss(items: impl IntoIterator<Item = (String, String)>) -> String {
    let items: String = items.into_iter().map(|(title, link)| format!("<item><title>{title}</title><link>{link}</link></item>")).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn source(url: &str) -> Source {
    Source { publisher: Some("예시일보".into()), origin: Origin::Config, ..Source::feed(url, url) }
}

/// ko-dic, which the first need installs; other processes that need it meanwhile wait.
fn ko_dic() -> PathBuf {
    dictionary::ensure(&dictionary::data_dir().unwrap(), &dictionary::Bar::new()).unwrap()
}

/// What was stored and what failed, in its order.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Progress for Log {
    fn event(&self, event: Event<'_>) {
        let line = match event {
            Event::Stored { title, .. } => format!("stored {title}"),
            Event::Failed { url, .. } => format!("failed {url}"),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

async fn run(config: &CrawlConfig, sources: Vec<Source>, db: &Path, log: Arc<Log>) -> Summary {
    ko_dic();
    let pipeline = Arc::new(Pipeline::open(&Config::default()).unwrap());
    let (_keep, stop) = watch::channel(false);
    crawl(config, sources, Store::open(db).unwrap(), pipeline, log, Arc::new(jiff::Timestamp::now), stop).await.unwrap()
}

/// What must come of a page.
enum Expect {
    /// A failure that says one of these.
    Fails(&'static [&'static str]),
    /// An article whose title has this in it.
    Stored(&'static str),
}
use Expect::{Fails, Stored};

const TIMED_OUT: Expect = Fails(&["within 3 s"]);
const BROKEN: Expect = Fails(&["the answer is broken"]);

/// Pages, each on a host of its own. `forbidden` is a host on loopback that no rule opens.
fn pages(forbidden: SocketAddr) -> Vec<(&'static str, Act, Expect)> {
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    let port = forbidden.port();
    let (euc_kr, _, _) = encoding_rs::EUC_KR.encode("<p>다른 문자셋으로 적힌 문단</p>");
    vec![
        ("gzip bomb", whole("Content-Encoding: gzip\r\n", gzip(&vec![b' '; 50 << 20])), Fails(&["larger than 600000 bytes"])),
        ("gzip bomb in gzip", whole("Content-Encoding: gzip\r\n", gzip(&gzip(&vec![b' '; 5 << 20]))), Fails(&["not a text", "no article"])),
        ("broken gzip", whole("Content-Encoding: gzip\r\n", &gzip(page("x").as_bytes())[..200]), BROKEN),
        (
            "endless body",
            Act::Flood(head("Transfer-Encoding: chunked\r\n"), b"a\r\n<p>xxxxxxx\r\n".to_vec()),
            Fails(&["larger than 600000 bytes"]),
        ),
        ("announced too large", Act::Drip(head("Content-Length: 99999999\r\n")), Fails(&["larger than 600000 bytes"])),
        ("one byte now and then", Act::Drip(head("Content-Length: 5000\r\n")), TIMED_OUT),
        ("headers now and then", Act::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), TIMED_OUT),
        ("no answer", Act::Hang, TIMED_OUT),
        ("reset in the middle", Act::Reset([head("Content-Length: 5000\r\n"), b"<title>".to_vec()].concat()), BROKEN),
        ("reset at once", Act::Reset(vec![]), BROKEN),
        ("less than announced", Act::Write([head("Content-Length: 5000\r\n"), page("x").into_bytes()].concat()), BROKEN),
        ("nothing", Act::Write(vec![]), BROKEN),
        ("empty body", whole(html, ""), Fails(&["empty"])),
        ("no HTTP", Act::Write(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), BROKEN),
        ("a header without end", Act::Flood(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; 1000]), BROKEN),
        ("headers without end", Act::Flood(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: 1\r\n".to_vec()), BROKEN),
        ("a huge header", whole(&format!("X: {}\r\n", "a".repeat(200_000)), page("x")), Fails(&["headers are larger"])),
        ("control characters in a header", whole("X: \x1b[2J\x07\r\n", page("x")), BROKEN),
        ("continue without end", Act::Flood(vec![], b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), Fails(&["within 3 s", "is broken"])),
        ("redirect to itself", redirect("?"), Fails(&["redirects"])),
        ("redirect by scheme", redirect("file:///etc/passwd"), Fails(&["redirects to no web address"])),
        ("redirect without a target", redirect(""), Fails(&["redirects"])),
        ("redirect to metadata", redirect("http://169.254.169.254/latest/meta-data/"), Fails(&["169.254.169.254 is private"])),
        ("redirect to loopback", redirect(&format!("http://{forbidden}/")), Fails(&["127.0.0.1 is private"])),
        ("redirect to a number", redirect(&format!("http://2130706433:{port}/")), Fails(&["127.0.0.1 is private"])),
        ("redirect to octal", redirect(&format!("http://0177.1:{port}/")), Fails(&["127.0.0.1 is private"])),
        ("redirect to mapped", redirect(&format!("http://[::ffff:127.0.0.1]:{port}/")), Fails(&["is private"])),
        ("redirect to a private name", redirect(&format!("http://localhost:{port}/")), Fails(&["is private"])),
        (
            "PDF as a page",
            whole(html, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n\0\x01\x02".repeat(20)),
            Fails(&["not a text"]),
        ),
        ("a picture as a page", whole(html, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".repeat(50)), Fails(&["not a text"])),
        ("a feed as a page", whole(html, rss([("가톡".into(), "/1".into())])), Fails(&["not an article page"])),
        ("a page as XML", whole("Content-Type: application/xml\r\n", page("XML이라던 장애")), Stored("XML이라던 장애")),
        ("a page as a picture", whole("Content-Type: image/png\r\n", page("그림이라던 장애")), Stored("그림이라던 장애")),
        (
            "an unknown charset",
            whole("Content-Type: text/html; charset=x-unknown\r\n", page("모를 문자셋 장애")),
            Stored("모를 문자셋 장애"),
        ),
        ("a lying charset", whole("Content-Type: text/html; charset=euc-kr\r\n", page("거짓 문자셋 장애")), Stored("거짓 문자셋 장애")),
        ("a broken charset", whole(html, [page("깨진 문자셋 장애").as_bytes(), b"\xff\xfe\xc3\x28"].concat()), Stored("깨진 문자셋 장애")),
        ("two charsets", whole(html, [page("섞인 문자셋 장애").as_bytes(), &euc_kr].concat()), Stored("섞인 문자셋 장애")),
        (
            "control characters in a title",
            whole(html, page("가톡 장애 \x1b]0;evil\x07 \u{9b}31m &#27;[2J \u{202e}\0")),
            Stored("가톡 장애"),
        ),
        ("brackets without end", whole(html, "<div>".repeat(30_000)), Fails(&["no article"])),
        ("a page among brackets", whole(html, format!("{}{}", "<b><i><div>".repeat(3_000), page("깊은 장애"))), Stored("장애")),
        ("attributes without end", whole(html, format!("<p {}>", "a=1 ".repeat(40_000))), Fails(&["no article"])),
    ]
}

/// What a host does for each path.
type Acts = Arc<dyn Fn(&str) -> Act + Send + Sync>;

/// Feeds and robots.txt, each on a host of its own, and what must be said of them; the pages that some list are closed by their robots.txt.
fn feeds() -> Vec<(&'static str, Acts, &'static [&'static str])> {
    let only = |feed: Act| -> Acts {
        Arc::new(move |path| if path == "/robots.txt" { whole("", "User-agent: *\nDisallow: /x") } else { feed.clone() })
    };
    let robots = |robots: Act| -> Acts { Arc::new(move |path| if path == "/robots.txt" { robots.clone() } else { whole("", rss([])) }) };
    let xml = "Content-Type: application/xml\r\n";
    let laughs: String = (1..12).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let laughs = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY l0 \"ha\">{laughs}]><rss version=\"2.0\"><channel><title>&l11;</title>\
         <item><title>&l11;</title><link>/x</link></item></channel></rss>"
    );
    let outside = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><rss version=\"2.0\"><channel><title>&f;</title>\
                   <item><title>&f;</title><link>/x?&f;</link></item></channel></rss>";
    let links = ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://", "mailto:a@example.org"];
    vec![
        ("10,000 entries", only(whole(xml, rss((0..10_000).map(|n| ("t".into(), format!("/x{n}")))))), &["5000 entries too many"]),
        ("an entity bomb", only(whole(xml, laughs)), &[]),
        ("an entity from a file", only(whole(xml, outside)), &[]),
        ("links to no web address", only(whole(xml, rss(links.map(|l| ("t".into(), l.into()))))), &[]),
        ("a page for a feed", only(whole("", page("x"))), &["no feed"]),
        ("noise for a feed", only(whole(xml, [0xfe_u8, 0xff, 0, 0x1b, b'<'].repeat(1000))), &["no feed"]),
        ("an endless feed", only(Act::Flood(head(""), b"<item><title>x</title></item>".to_vec())), &["larger than 600000 bytes"]),
        ("a feed bomb", only(whole("Content-Encoding: gzip\r\n", gzip(&vec![b'<'; 20 << 20]))), &["larger than 600000 bytes"]),
        ("tags without end", only(whole(xml, format!("<rss version=\"2.0\"><channel>{}", "<a>".repeat(50_000)))), &["no feed"]),
        ("a robots.txt without end", robots(Act::Flood(head(""), b"Disallow: /\n# all day long\n".to_vec())), &[]),
        ("a robots.txt bomb", robots(whole("Content-Encoding: gzip\r\n", gzip(&vec![b'\n'; 20 << 20]))), &[]),
        ("a silent robots.txt", robots(Act::Hang), &["robots.txt could not be read: no complete answer within 3 s"]),
        ("a slow robots.txt", robots(Act::Drip(head("Content-Length: 900\r\n"))), &["robots.txt could not be read: no complete answer"]),
        (
            "a broken robots.txt",
            robots(Act::Reset(head("Content-Length: 900\r\n"))),
            &["robots.txt could not be read: the answer is broken"],
        ),
        (
            "a robots.txt elsewhere",
            robots(redirect("http://10.0.0.1/robots.txt")),
            &["robots.txt could not be read", "10.0.0.1 is private"],
        ),
        ("a robots.txt in circles", robots(redirect("/robots.txt")), &[]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gives_one_failure_in_time_and_the_others_go_on() {
    const GOOD: usize = 10;
    let forbidden = Host::start(|_| whole("", page("집 안의 비밀"))).await;

    let mut allowed = Vec::new();
    let mut expected = HashMap::new();
    for (name, act, expect) in pages(forbidden.address) {
        let host = Host::start(move |path| if path == "/robots.txt" { missing() } else { act.clone() }).await;
        allowed.push(host.address);
        expected.insert(host.url("/page"), (name, expect));
    }
    // A chain that never comes back to where it was, and one across hosts.
    let chain = Host::start(|path| match path.trim_start_matches("/page").parse::<u64>() {
        _ if path == "/robots.txt" => missing(),
        n => redirect(&format!("/page{}", n.unwrap_or_default() + 1)),
    })
    .await;
    allowed.push(chain.address);
    expected.insert(chain.url("/page"), ("redirects without end", Fails(&["more than 8 redirects"])));

    let mut sources = Vec::new();
    let mut said = Vec::new();
    for (name, act, parts) in feeds() {
        let host = Host::start(move |path| act(path)).await;
        allowed.push(host.address);
        sources.push(source(&host.url("/feed")));
        said.push((name, host, parts));
    }
    let links: Vec<(String, String)> = expected.keys().map(|url| (String::new(), url.clone())).collect();
    let index = Host::start(move |path| if path == "/robots.txt" { missing() } else { whole("", rss(links.clone())) }).await;
    let good = Host::start(|path| match path {
        "/robots.txt" => missing(),
        "/feed" => whole("", rss((0..GOOD).map(|n| ("t".into(), format!("/{n}"))))),
        path => whole("", page(&format!("나톡 장애 {path}"))),
    })
    .await;
    allowed.extend([index.address, good.address]);
    sources.extend([source(&index.url("/feed")), source(&good.url("/feed"))]);

    let config = CrawlConfig {
        delay: Duration::ZERO,
        timeout: TIMEOUT,
        max_body: MAX_BODY,
        concurrency: 200,
        allow_private: allowed.iter().map(|a| a.to_string().parse().unwrap()).collect(),
        ..CrawlConfig::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let log = Arc::new(Log::default());
    let begin = Instant::now();
    let summary = run(&config, sources, &db, log.clone()).await;
    let took = begin.elapsed();

    let store = Store::open_read_only(&db).unwrap();
    let reasons = |url: &str| -> Vec<&str> { summary.failed.iter().filter(|(u, _)| u == url).map(|(_, r)| r.as_str()).collect() };
    let mut failures = 0;
    for (url, (name, expect)) in &expected {
        match (reasons(url).as_slice(), expect) {
            ([reason], Fails(parts)) => {
                assert!(parts.iter().any(|p| reason.contains(p)), "{name}: {reason}");
                assert!(store.page_head(url).unwrap().is_some_and(|h| h.failed), "{name}: the failure is written down");
                failures += 1;
            }
            ([], Stored(title)) => {
                let stored = log.0.lock().unwrap().iter().any(|line| line.starts_with("stored ") && line.contains(title));
                assert!(stored && store.article_at(url).unwrap().is_some(), "{name}");
            }
            (reasons, _) => panic!("{name}: {reasons:?}, stored: {}", store.article_at(url).unwrap().is_some()),
        }
    }
    for (name, host, parts) in &said {
        match (reasons(&host.url("/feed")).as_slice(), parts.is_empty()) {
            ([], true) => {}
            ([reason], false) => {
                assert!(parts.iter().all(|p| reason.contains(p)), "{name}: {reason}");
                failures += 1;
            }
            (reasons, _) => panic!("{name}: {reasons:?}"),
        }
        assert!(host.asked().iter().all(|path| path == "/robots.txt" || path == "/feed"), "{name}: {:?}", host.asked());
        let closed = parts.iter().any(|p| p.contains("robots.txt"));
        assert_eq!(host.asked().iter().filter(|path| *path == "/feed").count(), usize::from(!closed), "{name}");
    }
    assert_eq!(summary.failed.len(), failures, "nothing else failed: {:#?}", summary.failed);
    assert_eq!(forbidden.asked(), [] as [&str; 0], "what is private was never connected to");
    let stored = expected.values().filter(|(_, e)| matches!(e, Stored(_))).count() + GOOD;
    assert_eq!(summary.new, stored as u64);

    // While some hosts used up their time, the others went on.
    let timed_out = summary.failed.iter().filter(|(_, reason)| reason.contains("within 3 s")).count();
    assert!(timed_out >= 5 && took < TIMEOUT * timed_out as u32, "{timed_out} timed out: {took:?}");
    let log = log.0.lock().unwrap();
    let first_good = log.iter().position(|line| line.starts_with("stored 나톡"));
    let last_failure = log.iter().rposition(|line| line.starts_with("failed"));
    assert!(first_good.is_some() && first_good < last_failure);
}

fn meoktong(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    ko_dic();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meoktong"));
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(name);
    }
    command.current_dir(dir).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn write_config(dir: &Path, crawl: &str, feed: &str) {
    let text = format!("database = \"m.db\"\n[crawl]\ndelay = \"0s\"\n{crawl}\n[[source]]\nid = \"evil\"\nurl = \"{feed}\"\n");
    std::fs::write(dir.join("meoktong.toml"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_from_outside_reaches_a_terminal_as_it_is() {
    let host = Host::start(|path| match path {
        "/robots.txt" => missing(),
        "/feed" => {
            let links = ["/1", "/2?\u{9b}31m\u{202e}", "/3", "/4", "/5?&#27;[2J"].map(|l| ("t \u{1b}[2J".to_owned(), l.to_owned()));
            whole("", rss(links))
        }
        "/3" => Act::Write([&head("Content-Length: 1\r\nContent-Encoding: \u{9b}31m\u{202e}\r\n")[..], b"x"].concat()),
        "/4" => redirect("http://\u{9b}31m\u{202e}.example/"),
        _ => whole("", page("카카오톡 먹통\x1b]0;evil\x07 \u{9b}31m&#27;[2J &#x9b;31m \u{202e}\u{2066}끝")),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &format!("allow_private = [\"{}\"]", host.address), &host.url("/feed"));
    let outputs = tokio::task::spawn_blocking(move || {
        let dir = folder.path();
        let crawled = meoktong(dir, &["crawl", "--source", "evil"], &[]);
        let jsonl = meoktong(dir, &["outages", "--format", "jsonl"], &[]);
        let first: serde_json::Value = serde_json::from_slice(jsonl.stdout.split(|b| *b == b'\n').next().unwrap()).unwrap();
        let id = first["id"].as_str().map(str::to_owned).unwrap_or_else(|| first["id"].to_string());
        vec![("crawl", crawled), ("outages", meoktong(dir, &["outages"], &[])), ("show", meoktong(dir, &["show", &id], &[]))]
    })
    .await
    .unwrap();
    for (command, output) in outputs {
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let obeyed =
            |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
        assert!(!text.contains(obeyed), "{command}: {text:?}");
        match command {
            "crawl" => assert!(text.contains("3 new articles") && text.contains("2 failed"), "{text}"),
            "outages" => assert!(text.contains("카카오톡"), "{text}"),
            _ => assert!(text.contains("먹통") && text.contains("끝"), "{text}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_variables_count_only_when_the_configuration_says_so() {
    let host =
        Host::start(|path| if path == "/feed" { whole("", rss([("t".into(), "/1".into())])) } else { whole("", page("가톡 장애")) }).await;
    let address = host.address;
    let proxy = Host::start(move |url| match url.strip_prefix(&format!("http://{address}")) {
        Some("/feed") => whole("", rss([("t".into(), "/1".into())])),
        Some("/1") => whole("", page("대신 받은 장애")),
        _ => missing(),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (at, seen, target) = (format!("http://{}", proxy.address), proxy.clone(), host.clone());
    tokio::task::spawn_blocking(move || {
        let variables = ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"].map(|name| (name, at.as_str()));
        let allow = format!("allow_private = [\"{}\"]\n", target.address);
        let crawl = |more: &str, environment: &[(&str, &str)]| {
            write_config(folder.path(), &(allow.clone() + more), &target.url("/feed"));
            let _ = std::fs::remove_file(folder.path().join("m.db"));
            let output = meoktong(folder.path(), &["crawl", "--source", "evil"], environment);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            (std::mem::take(&mut *seen.asked.lock().unwrap()), std::mem::take(&mut *target.asked.lock().unwrap()))
        };
        let whole_urls = ["/robots.txt", "/feed", "/1"].map(|path| target.url(path));
        assert_eq!(crawl("", &variables), (vec![], ["/robots.txt", "/feed", "/1"].map(str::to_owned).into()));
        assert_eq!(crawl("proxy = \"environment\"", &variables), (whole_urls.clone().into(), vec![]));
        assert_eq!(crawl(&format!("proxy = \"{at}\""), &[]), (whole_urls.into(), vec![]));
        assert_eq!(crawl("proxy = \"environment\"", &[]).0, [] as [&str; 0]);
    })
    .await
    .unwrap();
}
