//! The crawl that does not end: by schedule, through reloads, failures and wrong clocks, until it is stopped.

use meoktong::crawl::schedule::Schedule;
use meoktong::crawl::watch::watch as watch_by;
use meoktong::crawl::{Plan, Status};
use tokio::sync::mpsc;

use super::*;

/// A clock that the test sets.
#[derive(Clone)]
struct Hands(Arc<Mutex<jiff::Timestamp>>);

impl Hands {
    fn at(seconds: i64) -> Hands {
        Hands(Arc::new(Mutex::new(at(seconds))))
    }

    fn set(&self, seconds: i64) {
        *self.0.lock().unwrap() = at(seconds);
    }
}

/// Keeps what a watch tells.
#[derive(Default)]
struct Told(Mutex<(Vec<String>, Status)>);

impl Told {
    fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap().0.iter().any(|t| t.contains(text))
    }
}

impl Progress for Told {
    fn event(&self, event: Event<'_>) {
        let mut told = self.0.lock().unwrap();
        match event {
            Event::Watching { status } => told.1 = status,
            other => told.0.push(format!("{other:?}")),
        }
    }
}

/// A watch in this process.
struct Watch {
    told: Arc<Told>,
    hands: Hands,
    stop: watch::Sender<bool>,
    changes: mpsc::Sender<Plan>,
    task: tokio::task::JoinHandle<()>,
}

fn plan(sources: Vec<Source>) -> Plan {
    let config = CrawlConfig { delay: Duration::ZERO, ..config() };
    Plan { config, sources, words: vec![], pipeline: Arc::new(Plain), prepare: Arc::new(Ok) }
}

impl Watch {
    fn start(sources: Vec<Source>, db: &Path) -> Watch {
        Watch::start_at(0, sources, db)
    }

    /// With the clock there from the first look at it: one that stands before what is stored is a clock that was wrong.
    fn start_at(seconds: i64, sources: Vec<Source>, db: &Path) -> Watch {
        let (told, hands) = (Arc::new(Told::default()), Hands::at(seconds));
        let (stop, stopped) = watch::channel(false);
        let (changes, changed) = mpsc::channel(1);
        let now = hands.clone();
        let clock = Arc::new(move || *now.0.lock().unwrap());
        let (db, progress) = (db.to_owned(), told.clone());
        let task = tokio::spawn(async move { watch_by(&db, plan(sources), changed, progress, clock, stopped).await.unwrap() });
        Watch { told, hands, stop, changes, task }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.task).await.expect("it ends in time").unwrap();
    }
}

async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

/// Long enough that whatever is due would have been begun.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(800)).await;
}

fn count(server: &Server, path: &str) -> usize {
    server.paths().iter().filter(|p| *p == path).count()
}

fn scheduled(source: Source, schedule: Schedule) -> Source {
    Source { schedule, ..source }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_source_when_its_schedule_says_and_each_page_when_it_is_due() {
    let content = Content::default();
    content.set("/cron", rss(["/a"]));
    content.set("/every", rss(["/b"]));
    for path in ["/a", "/b", "/c"] {
        content.set(path, format!("<title>{path} 먹통</title><p>x</p>"));
    }
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    // It is 12:10.
    let sources = vec![
        scheduled(server.source("/cron"), Schedule::cron("30 12 * * *").unwrap()),
        scheduled(server.source("/every"), Schedule::every("10m").unwrap()),
    ];
    let watch = Watch::start(sources.clone(), &db);
    eventually("it says how it stands", || watch.told.0.lock().unwrap().1.sources == 2).await;
    watch.hands.set(60);
    let stored = |n| Store::open_read_only(&db).unwrap().counts().unwrap().0 == n;
    eventually("a source that was never asked is asked soon", || stored(1)).await;
    watch.hands.set(9 * 60);
    a_while().await;
    assert_eq!((count(&server, "/every"), count(&server, "/cron")), (1, 0), "neither is due");
    watch.hands.set(13 * 60);
    eventually("ten minutes, and its jitter, are over", || count(&server, "/every") == 2).await;
    watch.hands.set(20 * 60 - 2);
    a_while().await;
    assert_eq!(count(&server, "/cron"), 0, "12:29:58");
    content.set("/every", rss(["/b", "/c"]));
    watch.hands.set(20 * 60 + 30);
    eventually("half past twelve, and its jitter", || count(&server, "/a") == 1 && stored(2)).await;
    watch.hands.set(HOUR + 120);
    eventually("an article is asked for again after an hour", || count(&server, "/b") == 2).await;
    eventually("what a source lists later is found", || count(&server, "/c") == 1).await;
    assert_eq!((count(&server, "/cron"), count(&server, "/a")), (1, 1), "until tomorrow; not an hour old");
    let beat = Store::open_read_only(&db).unwrap().heartbeat().unwrap().unwrap();
    assert_eq!((beat.pid, beat.started_at, beat.ended_at), (std::process::id(), at(0), None));
    eventually("all is stored", || stored(3)).await;
    watch.end().await;
    let beat = Store::open_read_only(&db).unwrap().heartbeat().unwrap().unwrap();
    assert_eq!(beat.ended_at, Some(at(HOUR + 120)));

    // A restart asks nobody sooner.
    let watch = Watch::start_at(HOUR + 120, sources, &db);
    a_while().await;
    assert_eq!(count(&server, "/cron"), 1);
    watch.hands.set(DAY + 20 * 60 + 30);
    eventually("half past twelve of the next day", || count(&server, "/cron") == 2).await;
    watch.end().await;
    assert_eq!(articles_of(&dump(&db)), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_again_and_again_is_asked_less() {
    let server = Server::start(|path, _| if path == "/robots.txt" { status(404) } else { status(500) }).await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let watch = Watch::start(vec![scheduled(server.source("/feed"), Schedule::every("1m").unwrap())], &db);
    let mut asked = vec![];
    for minute in [0, 5, 10, 15, 30, 45, 60, 70, 75, 80, 90, 120, 150] {
        watch.hands.set(minute * 60);
        a_while().await;
        if count(&server, "/feed") > asked.len() {
            asked.push(minute);
        }
    }
    // Three times as planned, then after one hour, and not before two more.
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked[2] <= 15 && asked[3] >= asked[2] + 60 && asked[3] <= 80, "{asked:?}");
    let store = Store::open_read_only(&db).unwrap();
    let state = store.source_state(&server.url("/feed")).unwrap().unwrap();
    assert_eq!((state.failures as usize, state.reason.as_deref(), state.last_ok), (asked.len(), Some("status 500"), None));
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_wrong_delays_nothing_for_ever() {
    let broken = Arc::new(Mutex::new(true));
    let now = broken.clone();
    let server = Server::start(move |path, _| match path {
        "/feed" => ok(rss(["/a"])),
        "/a" if *now.lock().unwrap() => status(500),
        path => page(path),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let watch = Watch::start(vec![server.source("/feed")], &db);
    eventually("it began", || watch.told.0.lock().unwrap().1.sources == 1).await;
    // A year ahead.
    watch.hands.set(365 * DAY);
    eventually("it was tried", || count(&server, "/a") == 1).await;
    *broken.lock().unwrap() = false;
    watch.hands.set(600);
    eventually("that is told", || watch.told.has("ClockSetBack")).await;
    eventually("the page is tried again", || count(&server, "/a") == 2).await;
    watch.hands.set(660);
    eventually("the source is asked again", || count(&server, "/feed") == 2).await;
    watch.end().await;
    assert_eq!(articles_of(&dump(&db)), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_is_told_and_tried_again() {
    let content = Content::default();
    content.set("/feed", rss(["/a"]));
    content.set("/a", "<title>가톡 먹통</title><p>x</p>");
    let server = content.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let watch = Watch::start(vec![server.source("/feed")], &db);
    eventually("it began", || watch.told.0.lock().unwrap().1.sources == 1).await;
    let other = rusqlite::Connection::open(&db).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("ALTER TABLE page_sources RENAME TO elsewhere").unwrap();
    watch.hands.set(60);
    eventually("that is told", || watch.told.has("Trouble")).await;
    assert!(watch.told.has("page_sources"), "with its reason");
    other.execute_batch("ALTER TABLE elsewhere RENAME TO page_sources").unwrap();
    for minute in 2..20 {
        watch.hands.set(minute * 60);
        a_while().await;
        if count(&server, "/a") > 0 {
            break;
        }
    }
    eventually("it went on by itself", || Store::open_read_only(&db).unwrap().counts().unwrap().0 == 1).await;
    watch.end().await;
    assert_eq!(articles_of(&dump(&db)), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_gone_is_held_against_no_host() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("m.db");
    let mut addresses = vec![];
    for n in 0..6 {
        // Nobody else is given the port so soon.
        addresses.push(TcpListener::bind((Ipv4Addr::new(127, 0, 0, 100 + n), 0)).await.unwrap().local_addr().unwrap());
    }
    let sources: Vec<Source> =
        addresses.iter().map(|a| scheduled(source(&format!("http://{a}/feed")), Schedule::every("1m").unwrap())).collect();
    let mut plan = plan(sources.clone());
    plan.config.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    let watch = Watch::start(vec![], &db);
    watch.changes.send(plan).await.unwrap();
    for minute in 0..8 {
        watch.hands.set(minute * 60);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert!(watch.told.has("Network { gone: true }"));
    let store = Store::open_read_only(&db).unwrap();
    assert_eq!(store.hosts_left_alone(at(8 * 60)).unwrap(), []);
    for source in &sources {
        let failures = store.source_state(&source.id).unwrap().map_or(0, |s| s.failures);
        assert!(failures <= 1, "{}: {failures}", source.id);
    }
    for address in &addresses {
        let router = Router::new()
            .fallback(|request: Request| async move { if request.uri().path() == "/feed" { ok(rss(["/a"])) } else { page("가톡 먹통") } });
        let listener = TcpListener::bind(address).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    for seconds in 1..6 {
        watch.hands.set(9 * 60 + 31 * seconds);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    eventually("all is read", || store.counts().unwrap().0 == 6).await;
    assert!(watch.told.has("Network { gone: false }"));
    watch.end().await;
}

#[cfg(unix)]
mod program {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, ExitStatus, Stdio};

    use meoktong::korean::dictionary;

    use super::*;

    struct Running {
        child: Child,
        lines: Arc<Mutex<Vec<String>>>,
    }

    impl Running {
        fn start(args: &[&str], settings: &Path, db: &Path) -> Running {
            let mut command = Command::new(env!("CARGO_BIN_EXE_meoktong"));
            command.args(args).arg("--config").arg(settings).arg("--db").arg(db);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let lines = Arc::<Mutex<Vec<String>>>::default();
            let (told, err) = (lines.clone(), child.stderr.take().unwrap());
            std::thread::spawn(move || {
                for line in BufReader::new(err).lines() {
                    told.lock().unwrap().push(line.unwrap());
                }
            });
            Running { child, lines }
        }

        fn lines(&self) -> Vec<String> {
            self.lines.lock().unwrap().clone()
        }

        async fn says(&self, text: &str) {
            eventually(&format!("{text} in {:#?}", self.lines()), || self.lines().iter().any(|l| l.contains(text))).await;
        }

        fn signal(&self, name: &str) {
            let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
            assert!(sent.success());
        }

        async fn ended(&mut self, within: Duration) -> ExitStatus {
            let begin = Instant::now();
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                assert!(begin.elapsed() < within, "it goes on: {:#?}", self.lines());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// Settings with these sources and no others.
    fn settings(path: &Path, sources: &[(&str, String)]) {
        let mut text = String::from("[crawl]\ndelay = \"0s\"\nallow_private = [\"127.0.0.1\"]\n");
        for source in Sources::builtin().unwrap().all().iter().filter(|s| s.enabled) {
            text += &format!("[[source]]\nid = \"{}\"\nenabled = false\n", source.id);
        }
        for (id, url) in sources {
            text += &format!("[[source]]\nid = \"{id}\"\nurl = \"{url}\"\nevery = \"1s\"\n");
        }
        std::fs::write(path, text).unwrap();
    }

    fn article(service: &str) -> String {
        format!(
            "<html lang=ko><head><meta charset=utf-8><title>{service} 20분간 접속 장애</title>\
             <meta property=article:published_time content=2023-05-15T18:00:00+09:00></head><body><article><h1>{service} 20분간 접속 장애</h1>\
             <p>{service}이 15일 오후 1시 35분부터 20분간 접속 장애를 겪었다. 회사는 서버를 점검한 뒤 모두 복구했다고 밝혔다.</p></article></body></html>"
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_watches_reloads_is_alone_and_ends_in_order() {
        dictionary::ensure(&dictionary::data_dir().unwrap(), &dictionary::Bar::new()).unwrap();
        let content = Content::default();
        content.set("/one", rss(["/a/1"]));
        content.set("/two", rss([] as [&str; 0]));
        content.set("/three", rss(["/a/3"]));
        content.set("/a/1", article("카카오톡"));
        content.set("/a/2", article("네이버"));
        content.set("/a/3", article("쿠팡"));
        content.set("/a/slow", article("업비트"));
        let shown = content.clone();
        let server = Server::start(move |path, headers| {
            let response = shown.answer(path, headers);
            if path != "/a/slow" {
                return response;
            }
            // Its headers come at once, its body two seconds later.
            let body = article("업비트");
            ok(Body::from_stream(futures_util::stream::once(async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                Ok::<_, std::io::Error>(body)
            })))
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let (toml, db) = (folder.path().join("m.toml"), folder.path().join("m.db"));
        let mut sources = vec![("one", server.url("/one")), ("two", server.url("/two"))];
        settings(&toml, &sources);
        let mut program = Running::start(&["watch", "--log", "json"], &toml, &db);
        program.says("카카오톡").await;

        content.set("/two", rss(["/a/2"]));
        eventually("a new article is found", || dump_if_there(&db).contains("/a/2")).await;

        for command in ["watch", "crawl"] {
            let mut second = Running::start(&[command], &toml, &db);
            assert_eq!(second.ended(Duration::from_secs(20)).await.code(), Some(1));
            second.says(&format!("`meoktong watch` (process {})", program.child.id())).await;
        }
        let mut reader = Running::start(&["outages"], &toml, &db);
        assert_eq!(reader.ended(Duration::from_secs(20)).await.code(), Some(0), "who only reads may");
        let mut check = Running::start(&["sources", "check", "--stored"], &toml, &db);
        assert_eq!(check.ended(Duration::from_secs(20)).await.code(), Some(0));
        check.says(&format!("process {}", program.child.id())).await;

        std::fs::write(&toml, "[crawl]\ndelay = \"soon\"\n").unwrap();
        program.signal("HUP");
        program.says("the new settings are not used").await;
        program.says("line 2").await;
        sources.push(("three", server.url("/three")));
        settings(&toml, &sources);
        program.signal("HUP");
        program.says("the settings were read again").await;
        eventually("the new source is read", || dump_if_there(&db).contains("/a/3")).await;

        content.set("/one", rss(["/a/1", "/a/slow"]));
        eventually("it is asked for", || count(&server, "/a/slow") == 1).await;
        program.signal("TERM");
        assert_eq!(program.ended(Duration::from_secs(10)).await.code(), Some(0));
        let dumped = dump(&db);
        assert!(dumped.contains("/a/slow") && articles_of(&dumped) == 4, "what was under way is stored: {dumped}");

        program.says("\"ended\"").await;
        let lines: Vec<serde_json::Value> =
            program.lines().iter().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}: {e}"))).collect();
        let outage = lines.iter().find(|l| l["message"] == "outage" && l["service_id"] == "kakaotalk").unwrap();
        assert_eq!(outage["start"], "2023-05-15T13:35+09:00", "{outage}");
        assert_eq!((&outage["status"], &outage["level"]), (&"resolved".into(), &"INFO".into()), "{outage}");
        assert_eq!(outage["url"], server.url("/a/1"));
        assert_eq!(lines.iter().filter(|l| l["message"] == "outage").count(), 4, "each once: {lines:#?}");
        let beat = Store::open_read_only(&db).unwrap().heartbeat().unwrap().unwrap();
        assert!(beat.ended_at.is_some() && beat.pid == program.child.id());

        // The next one may begin at once, and has nothing to do.
        let mut next = Running::start(&["watch", "--log", "text"], &toml, &db);
        next.says("watching").await;
        next.signal("INT");
        assert_eq!(next.ended(Duration::from_secs(10)).await.code(), Some(0), "{:#?}", next.lines());
        assert_eq!(dump(&db), dumped);
    }

    fn dump_if_there(db: &Path) -> String {
        if db.exists() { dump(db) } else { String::new() }
    }
}
