use std::io;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server that writes bytes as they are, and remembers what it was sent.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request with these bytes, on one connection after the other request as long as the client likes.
    async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
        let answer = Arc::new(answer);
        Server::serve(move |mut socket, request| {
            let answer = answer.clone();
            Box::pin(async move {
                let bytes = answer(&request);
                socket.write_all(&bytes).await?;
                Ok(socket)
            })
        })
        .await
    }

    /// Leaves the connection to `serve` after each request's head.
    async fn serve(serve: impl Fn(TcpStream, String) -> BoxFuture<'static, io::Result<TcpStream>> + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Server { address: listener.local_addr().unwrap(), requests: Arc::default(), connections: Arc::default() };
        let (requests, connections, serve) = (server.requests.clone(), server.connections.clone(), Arc::new(serve));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (requests, serve) = (requests.clone(), serve.clone());
                tokio::spawn(async move {
                    while let Some(request) = head(&mut socket).await {
                        requests.lock().unwrap().push(request.clone());
                        match serve(socket, request).await {
                            Ok(again) => socket = again,
                            Err(_) => break,
                        }
                    }
                });
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn head(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(socket.read_u8().await.ok()?);
    }
    // Bytes that are no UTF-8 are looked at as ISO 8859-1.
    Some(encoding_rs::mem::decode_latin1(&bytes).into_owned())
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).as_bytes(), body].concat()
}

fn config(allow: &[&str]) -> CrawlConfig {
    let allow_private = allow.iter().map(|a| a.parse().unwrap()).collect();
    CrawlConfig { allow_private, timeout: Duration::from_secs(2), ..Default::default() }
}

fn fetcher(allow: &[&str]) -> Fetcher {
    Fetcher::new(&config(allow)).unwrap()
}

fn loopback() -> Fetcher {
    fetcher(&["127.0.0.1"])
}

async fn outcome(fetcher: &Fetcher, url: &str) -> Result<Answer, FetchError> {
    fetcher.get(&Url::parse(url).unwrap(), &Validators::default(), Limit::Refuse(1000)).await
}

async fn body(fetcher: &Fetcher, url: &str) -> Body {
    match outcome(fetcher, url).await {
        Ok(Answer::Body(body)) => body,
        other => panic!("{url}: {other:?}"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 9, 22).write_all(bytes).unwrap();
    out
}

/// 128 KiB of one byte for every four bytes: 64 GiB in 2 MiB.
fn zstd_bomb() -> Vec<u8> {
    // Magic number; no checksum, no size; a window of 128 KiB. Then blocks that repeat one byte.
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    let block = (128 << 10 << 3 | 0b010_u32).to_le_bytes();
    (0..512 << 10).for_each(|_| bytes.extend_from_slice(&[block[0], block[1], block[2], b'x']));
    bytes
}

#[tokio::test]
async fn bodies_are_decompressed_and_connections_kept() {
    let text = "먹통 ".repeat(50);
    let bodies: HashMap<&str, Vec<u8>> = [
        ("gzip", gzip(text.as_bytes())),
        ("br", brotli(text.as_bytes())),
        ("zstd", zstd::encode_all(text.as_bytes(), 3).unwrap()),
        ("identity", text.clone().into()),
    ]
    .into();
    let server = Server::start(move |request| {
        let encoding = request.split(['/', ' ']).nth(2).unwrap();
        match bodies.get(encoding) {
            Some(body) => answer(&format!("Content-Encoding: {encoding}\r\nX-Two: 1\r\nX-Two: 2\r\n"), body),
            None => answer(&format!("Content-Encoding: {encoding}\r\n"), b"x"),
        }
    })
    .await;
    let fetcher = loopback();
    for encoding in ["gzip", "br", "zstd", "identity"] {
        let body = body(&fetcher, &server.url(&format!("/{encoding}"))).await;
        assert_eq!(body.bytes, text.as_bytes(), "{encoding}");
        assert_eq!((body.head.status, body.head.protocol, body.head.address), (200, "HTTP/1.1", Some(server.address)));
        let two: Vec<&[u8]> = body.head.headers.iter().filter(|(name, _)| name == "x-two").map(|(_, value)| value.as_slice()).collect();
        assert_eq!(two, [b"1", b"2"]);
    }
    assert_eq!(server.connections(), 1, "one connection for all");
    let asked = server.requests()[0].to_lowercase();
    assert!(["gzip", "br", "zstd"].iter().all(|e| asked.lines().any(|l| l.starts_with("accept-encoding:") && l.contains(e))), "{asked}");
    for unknown in ["compress", "gzip,%20gzip", "x-먹통"] {
        let outcome = outcome(&fetcher, &server.url(&format!("/{unknown}"))).await;
        assert!(matches!(outcome, Err(FetchError::Encoding(_))), "{unknown}: {outcome:?}");
    }
}

#[tokio::test]
async fn bombs_stop_early() {
    let zeros = vec![0; 20 << 20];
    let bombs: HashMap<&str, Vec<u8>> = [("gzip", gzip(&zeros)), ("br", brotli(&zeros)), ("zstd", zstd_bomb())].into();
    let server = Server::start(move |request| {
        let encoding = request.split(['/', ' ']).nth(2).unwrap();
        answer(&format!("Content-Encoding: {encoding}\r\n"), &bombs[encoding])
    })
    .await;
    let fetcher = loopback();
    let begin = Instant::now();
    for encoding in ["gzip", "br", "zstd"] {
        let url = Url::parse(&server.url(&format!("/{encoding}"))).unwrap();
        assert_eq!(outcome(&fetcher, url.as_str()).await.unwrap_err(), FetchError::TooLarge(1000), "{encoding}");
        match fetcher.get(&url, &Validators::default(), Limit::Cut(1000)).await {
            Ok(Answer::Body(body)) => assert_eq!(body.bytes.len(), 1000, "{encoding}"),
            other => panic!("{encoding}: {other:?}"),
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn broken_and_endless_bodies() {
    let server = Server::serve(|mut socket, request| {
        Box::pin(async move {
            let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
            match request.split(' ').nth(1).unwrap_or_default() {
                "/chunks" => {
                    socket.write_all(head("Transfer-Encoding: chunked\r\n").as_bytes()).await?;
                    loop {
                        socket.write_all(b"a\r\n0123456789\r\n").await?;
                    }
                }
                "/drip" => {
                    socket.write_all(head("Content-Length: 900\r\n").as_bytes()).await?;
                    loop {
                        socket.write_all(b"x").await?;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
                "/silent" => std::future::pending().await,
                "/short" => socket.write_all((head("Content-Length: 900\r\n") + "only this").as_bytes()).await?,
                "/long" => socket.write_all((head("Content-Length: 4\r\n") + "only this").as_bytes()).await?,
                "/announced" => socket.write_all(head("Content-Length: 5000\r\n").as_bytes()).await?,
                "/until-closed" => socket.write_all((head("") + "the end").as_bytes()).await?,
                "/bad-chunk" => socket.write_all((head("Transfer-Encoding: chunked\r\n") + "zz\r\nx").as_bytes()).await?,
                "/bad-gzip" => socket.write_all((head("Content-Length: 4\r\nContent-Encoding: gzip\r\n") + "nope").as_bytes()).await?,
                "/two-lengths" => socket.write_all((head("Content-Length: 4\r\nContent-Length: 5\r\n") + "nopes").as_bytes()).await?,
                "/nothing" => {}
                "/no-http" => socket.write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await?,
                "/old" => socket.write_all(b"HTTP/1.0 200 OK\r\n\r\nold").await?,
                path => panic!("{path}"),
            }
            // The end of the connection.
            Err(io::ErrorKind::Other.into())
        })
    })
    .await;
    let fetcher = loopback();
    let get = async |path: &str| outcome(&fetcher, &server.url(path)).await;
    let begin = Instant::now();
    assert_eq!(get("/chunks").await.unwrap_err(), FetchError::TooLarge(1000));
    assert_eq!(get("/announced").await.unwrap_err(), FetchError::TooLarge(1000), "without waiting for it");
    for path in ["/short", "/bad-chunk", "/bad-gzip", "/two-lengths", "/nothing", "/no-http"] {
        let outcome = get(path).await;
        assert!(matches!(outcome, Err(FetchError::Broken(_))), "{path}: {outcome:?}");
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    for (path, text, protocol) in [("/long", "only", "HTTP/1.1"), ("/until-closed", "the end", "HTTP/1.1"), ("/old", "old", "HTTP/1.0")] {
        let body = body(&fetcher, &server.url(path)).await;
        assert_eq!((body.bytes.as_slice(), body.head.protocol), (text.as_bytes(), protocol));
    }
    let begin = Instant::now();
    let (drip, silent) = tokio::join!(get("/drip"), get("/silent"));
    assert_eq!(drip.unwrap_err(), FetchError::Timeout(Duration::from_secs(2)));
    assert_eq!(silent.unwrap_err(), FetchError::Timeout(Duration::from_secs(2)));
    assert!((2.0..3.0).contains(&begin.elapsed().as_secs_f64()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_kept_connection_that_the_host_gives_up_costs_nothing() {
    // Hangs up, without a word, on every second request of a connection, and on all that ask for nothing.
    let server = Server::serve(|mut socket, request| {
        Box::pin(async move {
            if request.starts_with("GET /nothing") {
                return Err(io::ErrorKind::Other.into());
            }
            socket.write_all(&answer("", b"x")).await?;
            head(&mut socket).await;
            Err(io::ErrorKind::Other.into())
        })
    })
    .await;
    let fetcher = loopback();
    // Who never answered is not asked again.
    assert!(matches!(outcome(&fetcher, &server.url("/nothing")).await, Err(FetchError::Broken(_))));
    assert_eq!(server.connections(), 1);
    for _ in 0..3 {
        assert_eq!(body(&fetcher, &server.url("/")).await.bytes, b"x");
    }
    assert_eq!(server.connections(), 4);
    assert!(matches!(outcome(&fetcher, &server.url("/nothing")).await, Err(FetchError::Broken(_))));
    assert_eq!(server.connections(), 5, "asked twice: on the kept connection and on a new one");
}

#[tokio::test]
async fn heads_have_limits() {
    let server = Server::serve(|mut socket, request| {
        Box::pin(async move {
            let ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n";
            match request.split(' ').nth(1).unwrap_or_default() {
                "/many" => socket.write_all(format!("{ok}{}\r\nx", "X-A: 1\r\n".repeat(300)).as_bytes()).await?,
                "/large" => socket.write_all(format!("{ok}X-A: {}\r\n\r\nx", "1".repeat(100_000)).as_bytes()).await?,
                "/some" => socket.write_all(format!("{ok}{}\r\nx", "X-A: 1\r\n".repeat(150)).as_bytes()).await?,
                "/endless" => {
                    socket.write_all(ok.as_bytes()).await?;
                    loop {
                        socket.write_all(&[b'a'; 1000]).await?;
                    }
                }
                "/drip" => {
                    socket.write_all(ok.as_bytes()).await?;
                    loop {
                        socket.write_all(b"a").await?;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
                "/continue" => loop {
                    socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                },
                "/control" => socket.write_all(format!("{ok}X-A: \x1b[31m\0\r\n\r\nx").as_bytes()).await?,
                "/status" => socket.write_all(b"HTTP/1.1 2000000000 OK\r\n\r\n").await?,
                path => panic!("{path}"),
            }
            Err(io::ErrorKind::Other.into())
        })
    })
    .await;
    let fetcher = loopback();
    let get = async |path: &str| outcome(&fetcher, &server.url(path)).await;
    assert!(matches!(get("/some").await, Ok(Answer::Body(_))));
    assert_eq!(get("/large").await.unwrap_err(), FetchError::Headers(MAX_HEAD));
    for path in ["/many", "/endless", "/control", "/status"] {
        let outcome = get(path).await;
        assert!(matches!(outcome, Err(FetchError::Broken(_))), "{path}: {outcome:?}");
    }
    let (drip, endless) = tokio::join!(get("/drip"), get("/continue"));
    assert!(matches!(drip, Err(FetchError::Timeout(_))), "{drip:?}");
    assert!(matches!(endless, Err(FetchError::Timeout(_) | FetchError::Broken(_))), "{endless:?}");
}

#[tokio::test]
async fn validators_go_back_byte_for_byte() {
    let tag = b"W/\"\xeb\xa8\xb9 \xff\x80 \t\"";
    let server = Server::start(move |request| {
        if request.to_lowercase().contains("if-none-match") {
            return b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\n\r\n".to_vec();
        }
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nLast-Modified: some day\r\nContent-Type: text/html\r\nETag: ";
        [head, tag.as_slice(), b"\r\n\r\nx"].concat()
    })
    .await;
    let fetcher = loopback();
    let first = body(&fetcher, &server.url("/")).await;
    assert_eq!(first.content_type.as_deref(), Some("text/html"));
    let again = fetcher.get(&Url::parse(&server.url("/")).unwrap(), &first.validators, Limit::Refuse(10)).await;
    assert!(matches!(&again, Ok(Answer::NotModified(head)) if head.fresh_for == Some(Duration::from_secs(60))), "{again:?}");
    let sent = server.requests()[1].clone();
    let value = |name: &str| sent.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name))).unwrap().1;
    assert_eq!(encoding_rs::mem::encode_latin1_lossy(value("if-none-match")).as_ref(), tag);
    assert_eq!(value("if-modified-since"), "some day");
    // What never was a header is not sent.
    for odd in ["먹통", "a\r\nX-Evil: 1", "\0"] {
        let odd = Validators { etag: Some(odd.into()), last_modified: None };
        assert!(matches!(fetcher.get(&Url::parse(&server.url("/")).unwrap(), &odd, Limit::Refuse(10)).await, Ok(Answer::Body(_))));
    }
}

#[tokio::test]
async fn the_crawler_says_who_it_is() {
    let server = Server::start(|_| answer("", b"x")).await;
    let config = CrawlConfig { user_agent: "bot/1".into(), contact: Some("mailto:bot@example.org".into()), ..config(&["127.0.0.1"]) };
    body(&Fetcher::new(&config).unwrap(), &server.url("/").replace("http://", "http://user:secret@")).await;
    let sent = server.requests()[0].to_lowercase();
    assert!(sent.contains("user-agent: bot/1 (+mailto:bot@example.org)\r\n"), "{sent}");
    assert!(sent.contains("from: bot@example.org\r\n"), "{sent}");
    assert!(!sent.contains("authorization") && !sent.contains("referer") && !sent.contains("cookie"), "{sent}");
    let injected = CrawlConfig { contact: Some("a\r\nX-Evil: 1".into()), ..config };
    assert!(Fetcher::new(&injected).is_err());
}

#[tokio::test]
async fn statuses_and_redirects_are_handed_over() {
    const LOCATIONS: [&[u8]; 7] = [
        b"/b?c",
        b"//other.example/",
        b"http://u:p@other.example/x",
        b"/\xb4\xba",
        "/뉴스".as_bytes(),
        b"http://[fe80::1%25eth0]/",
        b"http://",
    ];
    let server = Server::start(|request| match request.split(['/', ' ']).nth(2).unwrap().parse::<usize>() {
        Ok(n) => [b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", LOCATIONS[n], b"\r\n\r\n"].concat(),
        Err(_) if request.starts_with("GET /lost") => b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n".to_vec(),
        Err(_) => b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 4\r\n\r\nbusy".to_vec(),
    })
    .await;
    let fetcher = loopback();
    let expected = [
        Some(server.url("/b?c")),
        Some("http://other.example/".into()),
        Some("http://other.example/x".into()),
        Some(server.url("/%B4%BA")),
        Some(server.url("/%EB%89%B4%EC%8A%A4")),
        None,
        None,
    ];
    for (n, expected) in expected.into_iter().enumerate() {
        match (outcome(&fetcher, &server.url(&format!("/{n}"))).await, expected) {
            (Ok(Answer::Redirect(to, head)), Some(expected)) => assert_eq!((to.to_string(), head.status), (expected, 302)),
            (Err(FetchError::Redirect), None) => {}
            other => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!(outcome(&fetcher, &server.url("/lost")).await.unwrap_err(), FetchError::Redirect);
    match outcome(&fetcher, &server.url("/busy")).await {
        Ok(Answer::Status(head)) => assert_eq!((head.status, head.retry_after), (503, Some(Duration::from_secs(30)))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let fetcher = fetcher(&[]);
    for url in [
        "http://127.0.0.1:1/",
        "http://127.0.0.1.:1/",
        "http://127.1:1/",
        "http://127.0.1:1/",
        "http://2130706433:1/",
        "http://017700000001:1/",
        "http://0177.0.0.01:1/",
        "http://0x7f000001:1/",
        "http://0x7f.1:1/",
        "http://0x7F.0x0.0x0.0x1:1/",
        "http://%31%32%37.0.0.1:1/",
        "http://１２７.０.０.１:1/",
        "http://127。0。0。1:1/",
        "http://①27.0.0.1:1/",
        "http:\\\\127.0.0.1:1\\",
        "http:127.0.0.1:1",
        "http://user@127.0.0.1:1/",
        "http://8.8.8.8@127.0.0.1:1/",
        "http://0:1/",
        "http://[::]:1/",
        "http://[::1]:1/",
        "http://[0:0:0:0:0:0:0:1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://[::ffff:7f00:1]:1/",
        "http://[::127.0.0.1]:1/",
        "http://[64:ff9b::127.0.0.1]:1/",
        "http://[2002:7f00:1::]:1/",
        "http://[fe80::1]:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://10.0.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "https://192.168.0.1/",
        "http://localhost:1/",
        "http://LOCALHOST:1/",
    ] {
        let outcome = outcome(&fetcher, url).await;
        assert!(matches!(outcome, Err(FetchError::Private(_))), "{url}: {outcome:?}");
    }
    for nowhere in ["http://[fe80::1%25eth0]/", "http://[::1%lo]/", "http://256.0.0.1/", "http://127.0.0.1.1/", "http://0x/g"] {
        assert!(Url::parse(nowhere).is_err() || outcome(&fetcher, nowhere).await.is_err(), "{nowhere}");
    }
    for other in ["ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "data:text/html,x", "javascript:1"] {
        assert_eq!(outcome(&fetcher, other).await.unwrap_err(), FetchError::Scheme, "{other}");
    }
}

/// Knows what it is told to, in turn, and counts how often it was asked.
#[derive(Debug)]
struct Names {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Names {
    fn new<const N: usize>(answers: [&[&str]; N]) -> Arc<Names> {
        let answers = answers.iter().rev().map(|a| a.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(Names { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }
}

impl Resolver for Names {
    fn addresses(&self, _: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.lock().unwrap().pop().ok_or_else(|| io::Error::other("unknown"));
        Box::pin(async move { answer })
    }
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_and_the_judged_address_is_the_one_connected_to() {
    let server = Server::start(|_| answer("Connection: close\r\n", b"x")).await;
    let url = format!("http://rebinding.example:{}/", server.address.port());
    // Only 127.0.0.1 is open. One answer is one connection: were the name looked up again, the second answer would be connected to.
    let names = Names::new([&["127.0.0.1"], &["127.0.0.2"], &["10.0.0.1", "169.254.169.254"], &["127.0.0.2", "127.0.0.1", "::1"], &[]]);
    let fetcher = Fetcher::with_resolver(&config(&["127.0.0.1"]), names.clone()).unwrap();
    assert_eq!(body(&fetcher, &url).await.bytes, b"x");
    assert_eq!((names.asked.load(Ordering::Relaxed), server.connections()), (1, 1));
    let private = |ip: &str| FetchError::Private(ip.parse().unwrap());
    assert_eq!(outcome(&fetcher, &url).await.unwrap_err(), private("127.0.0.2"));
    assert_eq!(outcome(&fetcher, &url).await.unwrap_err(), private("10.0.0.1"));
    assert_eq!(server.connections(), 1);
    let body = body(&fetcher, &url).await;
    assert_eq!(body.head.address, Some(server.address), "of several addresses only the open ones");
    assert!(matches!(outcome(&fetcher, &url).await, Err(FetchError::Name(_))), "no address at all");
    assert!(matches!(outcome(&fetcher, &url).await, Err(FetchError::Name(_))), "unknown");
    assert_eq!(names.asked.load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn a_rule_opens_what_it_names_and_no_more() {
    let with_port = fetcher(&["127.0.0.1:1"]);
    // Nothing listens on port 1, so to be let through is to find no connection.
    assert!(matches!(outcome(&with_port, "http://127.0.0.1:1/").await, Err(FetchError::Connect(_))));
    assert!(matches!(outcome(&with_port, "http://127.0.0.1:2/").await, Err(FetchError::Private(_))));
    assert!(matches!(outcome(&with_port, "http://127.0.0.2:1/").await, Err(FetchError::Private(_))));
    assert!(matches!(outcome(&with_port, "http://localhost:1/").await, Err(FetchError::Connect(_))), "a name at that port");
    assert!(matches!(outcome(&with_port, "http://localhost:2/").await, Err(FetchError::Private(_))), "and at no other");
    let usual = fetcher(&["127.0.0.1:80"]);
    assert!(!matches!(outcome(&usual, "http://localhost/").await, Err(FetchError::Private(_))), "a port that is not written");
    assert!(matches!(outcome(&usual, "https://localhost/").await, Err(FetchError::Private(_))));
    let whole = fetcher(&["127.0.0.0/8", "::1"]);
    assert!(matches!(outcome(&whole, "http://localhost:1/").await, Err(FetchError::Connect(_))));
}

#[tokio::test]
async fn an_unknown_name_is_said_to_be_one() {
    // A machine without a name server may take longer than we wait.
    let outcome = outcome(&fetcher(&[]), "http://no-such-host.invalid/").await;
    assert!(matches!(outcome, Err(FetchError::Name(_) | FetchError::Timeout(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_proxy_is_used_where_it_is_named_and_leads_to_no_private_address() {
    let proxy = Server::start(|request| answer("", request.lines().next().unwrap_or_default().as_bytes())).await;
    // Private itself, by address and by name; nothing but its being named opens it.
    let by_address: Proxy = format!("http://{}", proxy.address).parse().unwrap();
    let by_name: Proxy = format!("http://proxy.example:{}", proxy.address.port()).parse().unwrap();

    let unknown = Fetcher::with_resolver(&CrawlConfig { proxy: by_address.clone(), ..config(&[]) }, Names::new([])).unwrap();
    let body = body(&unknown, "http://only.known.there.example/a?b").await;
    assert_eq!(body.bytes, b"GET http://only.known.there.example/a?b HTTP/1.1", "whole addresses, names left to the proxy");
    for private in ["http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "https://169.254.169.254/", "http://0x7f.1/"] {
        assert!(matches!(outcome(&unknown, private).await, Err(FetchError::Private(_))), "{private}");
    }
    // Known here as well: none may be private, since it is the proxy that chooses.
    let names = Names::new([&["8.8.8.8"], &["8.8.8.8", "10.0.0.1"], &["127.0.0.1"]]);
    let known = Fetcher::with_resolver(&CrawlConfig { proxy: by_address, ..config(&[]) }, names).unwrap();
    assert!(matches!(outcome(&known, "http://a.example/").await, Ok(Answer::Body(_))));
    assert!(matches!(outcome(&known, "http://a.example/").await, Err(FetchError::Private(_))));
    assert!(matches!(outcome(&known, "https://a.example/").await, Err(FetchError::Private(_))));

    let names = Names::new([&["8.8.8.8"], &["127.0.0.1"], &["127.0.0.1"]]);
    let named = Fetcher::with_resolver(&CrawlConfig { proxy: by_name, ..config(&[]) }, names).unwrap();
    assert!(matches!(outcome(&named, "http://a.example/").await, Ok(Answer::Body(_))), "the proxy's name may be private");
    assert!(matches!(outcome(&named, "http://proxy.example/").await, Err(FetchError::Private(_))), "as a host it may not");
    // What https asks a proxy for.
    let names = Names::new([&["8.8.8.8"]]);
    let address = format!("http://{}", proxy.address).parse().unwrap();
    let tunnel = Fetcher::with_resolver(&CrawlConfig { proxy: address, ..config(&[]) }, names).unwrap();
    assert!(outcome(&tunnel, "https://a.example/").await.is_err(), "it speaks no TLS");
    assert!(proxy.requests().last().unwrap().starts_with("CONNECT a.example:443 HTTP/1.1"), "{:?}", proxy.requests());
}
