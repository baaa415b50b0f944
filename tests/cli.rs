//! The built program from end to end: what it prints, what it stores, what it says of bad input, and its exit status.
//!
//! ko-dic is installed into the user's data directory by the first test that needs it; everything else that a command would keep there goes into
//! data directories of the tests' own, which link to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use meoktong::demo::DemoSite;
use meoktong::korean::dictionary;
use serde_json::{Value, json};
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization;

const PROGRAM: &str = env!("CARGO_BIN_EXE_meoktong");

/// A text of one sentence about which there can be no two opinions.
const SENTENCE: &str = "카카오톡이 8일 오후 1시 35분부터 20분간 먹통이 됐다.";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn gold() -> String {
    project("fixtures/gold/dev.jsonl").display().to_string()
}

/// The installed dictionary; the first need installs it, and other processes that need it meanwhile wait.
fn ko_dic() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| dictionary::ensure(&dictionary::data_dir().unwrap(), &dictionary::Bar::new()).unwrap())
}

/// A working directory and a data directory of a test's own.
struct Home {
    _temporary: Option<TempDir>,
    dir: PathBuf,
}

impl Home {
    fn new() -> Home {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().to_owned();
        Home::in_dir(dir, Some(temporary))
    }

    fn in_dir(dir: PathBuf, temporary: Option<TempDir>) -> Home {
        let data = dir.join("data");
        std::fs::create_dir_all(&data).unwrap();
        let installed = ko_dic();
        link(installed, &data.join(installed.file_name().unwrap()));
        Home { _temporary: temporary, dir }
    }

    /// One in which nothing is installed.
    fn bare() -> Home {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().to_owned();
        Home { _temporary: Some(temporary), dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        name.to_owned()
    }

    fn command(&self, args: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(PROGRAM);
        command.args(args).current_dir(&self.dir).env("MEOKTONG_DATA_DIR", self.path("data")).timeout(Duration::from_secs(120));
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(variable);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::new(args, self.command(args).output().unwrap())
    }

    fn feed(&self, args: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        Ran::new(args, self.command(args).write_stdin(input).output().unwrap())
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).unwrap();
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// What a run gave.
#[derive(Debug)]
struct Ran {
    what: String,
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn new(args: &[&str], output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|e| panic!("{args:?} printed no UTF-8: {e}"));
        let ran = Ran { what: args.join(" "), status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!ran.err.contains("panicked"), "{ran:#?}");
        ran
    }

    #[track_caller]
    fn ok(self) -> Ran {
        self.exits(0)
    }

    #[track_caller]
    fn exits(self, status: i32) -> Ran {
        assert_eq!(self.status, Some(status), "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, parts: &[&str]) -> Ran {
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is missing: {self:#?}");
        }
        self
    }

    #[track_caller]
    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{}: {e}: {l}", self.what))).collect()
    }

    /// The one line.
    #[track_caller]
    fn line(&self) -> Value {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{self:#?}");
        lines.remove(0)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A database with the articles of the gold, made once for all tests that only read.
fn stored() -> &'static Home {
    static HOME: OnceLock<Home> = OnceLock::new();
    HOME.get_or_init(|| {
        // Made once for this build and these articles, whichever test process comes first.
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let changed = |path: &Path| path.metadata().and_then(|m| m.modified()).unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        let stamp = changed(Path::new(env!("CARGO_BIN_EXE_meoktong"))).max(changed(Path::new(&gold()))).as_nanos();
        let lock = std::fs::File::create(place.join("stored.lock")).unwrap();
        lock.lock().unwrap();
        let dir = place.join(format!("stored-{stamp}"));
        if dir.join("complete").exists() {
            return Home { _temporary: None, dir };
        }
        for old in std::fs::read_dir(place).unwrap().map(|e| e.unwrap()).filter(|e| e.file_name().to_string_lossy().starts_with("stored-"))
        {
            std::fs::remove_dir_all(old.path()).unwrap();
        }
        let home = Home::in_dir(dir, None);
        home.run(&["import", &gold()]).ok();
        home.write("complete", "");
        home
    })
}

/// How many articles a dump has; what follows from them comes behind.
fn articles(dump: &str) -> usize {
    dump.lines().filter(|l| l.starts_with("{\"id\":")).count()
}

fn rows(args: &[&str]) -> Vec<Value> {
    stored().run(&[&["outages", "--format", "jsonl"], args].concat()).ok().lines()
}

// ---- The demo and the crawler

#[test]
fn the_demo_shows_the_whole_pipeline() {
    let home = Home::new();
    let first = home.run(&["demo"]).ok().says(&[
        "0 updated, 0 unchanged",
        "1 not allowed by robots.txt",
        "2 failed",
        "/view/error-500.html: status 500",
        "/news/2024/gone.html: status 404",
        "The database is ",
        "meoktong show ",
    ]);
    assert!(first.out.lines().count() > 30, "{}", first.out);
    assert!(first.out.contains("카카오톡") && !first.out.contains('\u{1b}'), "{}", first.out);
    assert!(home.path("data/demo/meoktong.db").is_file());
    assert!(!home.path("data/meoktong.db").exists(), "the user's own database is not touched");

    // Ports are others each time, and with them the ids; nothing else is.
    let shown = |ran: &Ran| -> BTreeSet<String> {
        ran.out.lines().skip(1).map(|l| l.trim_start().split_once(' ').unwrap_or_default().1.trim_start().to_owned()).collect()
    };
    let second = home.run(&["demo"]).ok();
    assert_eq!(shown(&first), shown(&second));
    assert_eq!(first.out.lines().count(), second.out.lines().count());

    let hint = second.err.lines().find_map(|l| l.split_once("meoktong show ")).unwrap().1;
    let id = hint.split(' ').next().unwrap();
    home.run(&["show", id, "--db", "data/demo/meoktong.db"]).ok();
}

#[test]
fn a_crawl_stores_what_is_new_and_nothing_twice() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let site = runtime.block_on(DemoSite::start()).unwrap();
    let home = Home::new();
    let mut settings = String::from(
        "database = \"news.db\"\n[crawl]\nuser_agent = \"tester/1 (+https://example.org)\"\ndelay = \"5ms\"\nallow_private = [\"127.0.0.1\"]\n",
    );
    let mut args = vec!["crawl".to_owned()];
    for publisher in site.publishers() {
        settings += &format!(
            "[[source]]\nid = \"{}\"\nkind = \"feed\"\nurl = \"{}\"\npublisher = \"{}\"\n",
            publisher.dir, publisher.feed, publisher.name
        );
        args.extend(["--source".to_owned(), publisher.dir.clone()]);
    }
    home.write("meoktong.toml", &settings);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();

    let plan =
        home.run(&[&args[..], &["--dry-run"]].concat()).ok().says(&["6 of 6 sources read, nothing stored", "1 not allowed by robots.txt"]);
    assert!(plan.out.lines().count() >= 30 && plan.out.lines().all(|l| l.starts_with("http://127.0.0.1:")), "{}", plan.out);
    assert!(!plan.out.contains("/private") && !home.path("news.db").exists());
    let late = home.run(&[&args[..], &["--dry-run", "--since", "2030-01-01"]].concat()).ok();
    assert!(late.out.lines().count() < plan.out.lines().count() / 2, "{}", late.out);
    home.run(&["crawl", "--since", "soon"]).exits(2).says(&["soon"]);
    assert!(site.publishers().iter().flat_map(|p| p.log()).all(|a| !a.path.ends_with(".html")), "nothing but feeds and robots.txt");

    let first =
        home.run(&args).exits(1).says(&["6 of 6 sources", " 0 unchanged", "1 not allowed by robots.txt", "status 500", "status 404"]);
    assert_eq!(first.out, "", "what a crawl has to say is for people");
    let new = first.err.split(" new articles").next().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert!(new.parse::<usize>().unwrap() >= 30, "{}", first.err);
    let dump = home.run(&["export", "--all"]).ok().out;
    assert_eq!(articles(&dump).to_string(), new);

    home.run(&args).ok().says(&["0 new articles, 0 updated", &format!("{new} unchanged")]);
    assert_eq!(home.run(&["export", "--all"]).ok().out, dump);
    for publisher in site.publishers() {
        let log = publisher.log();
        assert!(log.iter().all(|a| a.user_agent.as_deref().is_some_and(|u| u.starts_with("tester/1"))), "{log:?}");
        assert!(log.iter().all(|a| !a.path.starts_with("/private")), "{log:?}");
        let mut pages = BTreeMap::<&str, usize>::new();
        log.iter().filter(|a| a.status == 200 && a.path.ends_with(".html")).for_each(|a| *pages.entry(&a.path).or_default() += 1);
        assert!(!pages.is_empty() && pages.values().all(|n| *n == 1), "no article is fetched twice: {pages:?}");
    }
    home.run(&["crawl", "--source", "nowhere"]).exits(1).says(&["nowhere"]);

    // One source of the settings that is gone does not stop the others.
    let feed = site.publishers()[0].feed.clone();
    home.write(
        "two.toml",
        format!(
            "[crawl]\ndelay = \"0s\"\nallow_private = [\"127.0.0.1\"]\n[[source]]\nid = \"gone\"\nurl = \"http://127.0.0.1:9/rss\"\n[[source]]\nid = \"there\"\nurl = \"{feed}\"\n"
        ),
    );
    home.run(&["crawl", "--config", "two.toml", "--db", "two.db", "--source", "gone", "--source", "there"])
        .exits(1)
        .says(&["1 of 2 sources", "http://127.0.0.1:9/rss"]);

    // What the crawl knows of them is shown without asking; what is asked is not stored.
    let two = ["--config", "two.toml", "--db", "two.db", "gone", "there"];
    let asked = || site.publishers().iter().map(|p| p.log().len()).sum::<usize>();
    let before = asked();
    let shown = home.run(&[&["sources", "check", "--stored", "--format", "jsonl"], &two[..]].concat()).exits(1).lines();
    assert_eq!(asked(), before);
    let row = |rows: &[Value], id: &str| rows.iter().find(|r| r["id"] == id).cloned().unwrap_or_else(|| panic!("{id}: {rows:#?}"));
    let (gone, there) = (row(&shown, "gone"), row(&shown, "there"));
    assert_eq!((&gone["ok"], &gone["failures"], &gone["last_ok"]), (&false.into(), &1.into(), &Value::Null), "{gone}");
    assert!(gone["reason"].as_str().is_some_and(|r| r.contains("no connection")), "{gone}");
    assert!(
        there["ok"] == true && there["entries"].as_u64() > Some(2) && there["newest"].is_string() && there["next_due"].is_string(),
        "{there}"
    );
    assert!(shown.iter().any(|r| r["host"] == "http://127.0.0.1:9" && r["until"].is_string()), "the host is left alone: {shown:#?}");
    let table = home.run(&[&["sources", "check"], &two[..]].concat()).exits(1).says(&["2 sources, 1 failing"]).out;
    assert!(asked() > before && table.contains("HOST LEFT ALONE") && table.contains("127.0.0.1:9"), "{table}");
    let again = home.run(&[&["sources", "check", "--stored", "--format", "jsonl"], &two[..]].concat()).exits(1).lines();
    assert_eq!(again, shown, "a check stores nothing");
    home.run(&["sources", "check", "there", "--config", "two.toml", "--db", "none.db"]).ok().says(&["1 sources, 0 failing"]);
    assert!(!home.path("none.db").exists());
    home.run(&["sources", "check", "--stored", "--db", "none.db"]).exits(1).says(&["no database"]);
    home.run(&["sources", "check", "nobody"]).exits(1).says(&["nobody"]);
}

#[test]
fn private_addresses_are_not_asked_unless_allowed() {
    let home = Home::new();
    home.write("meoktong.toml", "[[source]]\nid = \"inside\"\nurl = \"http://127.0.0.1:9/rss\"\n");
    home.run(&["crawl", "--source", "inside"]).exits(1).says(&["127.0.0.1", "allow_private"]);
    home.run(&["extract", "http://127.0.0.1:9/page"]).exits(1).says(&["allow_private"]);
}

// ---- extract and article

#[test]
fn one_text_by_file_and_by_standard_input() {
    let home = Home::new();
    home.write("article.txt", SENTENCE);
    let args = ["extract", "article.txt", "--published", "2023-05-17"];
    let from_file = home.run(&args).ok();
    let article = from_file.line();
    assert_eq!((text(&article, "label"), text(&article, "published_at")), ("outage", "2023-05-17"));
    let outage = &article["outages"][0];
    assert_eq!((text(outage, "service"), text(outage, "service_id"), text(outage, "role")), ("카카오톡", "kakaotalk", "main"));
    assert_eq!((text(outage, "start"), text(outage, "end")), ("2023-05-08T13:35+09:00", "2023-05-08T13:55+09:00"));
    assert_eq!(outage["duration_min"], 20);
    let contract = [
        "category",
        "cause",
        "confidence",
        "duration_min",
        "end",
        "evidence",
        "keywords",
        "operator",
        "role",
        "service",
        "service_id",
        "start",
        "status",
    ];
    assert_eq!(outage.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), contract.into());
    let contract = ["id", "label", "outages", "published_at", "publisher", "score", "title", "url"];
    assert_eq!(article.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), contract.into());

    let from_stdin = home.feed(&["extract", "-", "--published", "2023-05-17", "--format", "jsonl"], SENTENCE).ok();
    assert_eq!(from_stdin.out, from_file.out);
    let json = home.run(&[&args[..], &["--format", "json"]].concat()).ok().out;
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), Value::Array(vec![article]));
    let table = home.run(&[&args[..], &["--format", "table"]].concat()).ok().out;
    assert!(table.contains("카카오톡") && table.contains("2023-05-08 13:35") && !table.contains('\u{1b}'), "{table}");
    let url = "https://news.example.com/1";
    assert_eq!(text(&home.run(&[&args[..], &["--url", url]].concat()).ok().line(), "url"), url);
}

#[test]
fn json_lines_come_out_one_by_one_in_order() {
    let home = Home::new();
    let ids = |lines: &str| -> Vec<String> { lines.lines().map(|l| text(&serde_json::from_str(l).unwrap(), "id").to_owned()).collect() };
    let file = std::fs::read_to_string(gold()).unwrap();
    let ran = home.run(&["extract", "--format", "jsonl", &gold()]).ok();
    assert_eq!(ids(&ran.out), ids(&file));
    let some: String = file.lines().skip(20).take(10).map(|l| format!("{l}\n")).collect();
    let from_stdin = home.feed(&["extract", "-"], some).ok();
    assert_eq!(from_stdin.out.lines().collect::<Vec<_>>(), ran.out.lines().skip(20).take(10).collect::<Vec<_>>());
}

#[test]
fn pages_of_any_charset_give_article_and_records() {
    let home = Home::new();
    for (page, charset) in
        [("fixtures/site/byeori/articles/aws-2021-12-08.html", "UTF-8"), ("fixtures/site/gaetbaram/news/1502.html", "EUC-KR")]
    {
        let page = project(page).display().to_string();
        let records = home.run(&["extract", &page]).ok().line();
        assert_eq!(text(&records, "label"), "outage", "{charset}");
        let article = home.run(&["article", &page, "--format", "json"]).ok().line();
        for key in ["title", "published_at"] {
            assert!(!text(&article, key).is_empty() && article[key] == records[key], "{page}: {key}");
        }
        let keys = ["authors", "modified_at", "published_at", "publisher", "text", "title", "url"];
        assert_eq!(article.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), keys.into());
        let plain = home.run(&["article", &page]).ok().out;
        assert!(plain.starts_with(text(&article, "title")) && plain.contains(text(&article, "text")), "{plain}");
        assert!(!plain.contains('\u{fffd}') && !plain.contains('<'), "{plain}");
        let bytes = std::fs::read(&page).unwrap();
        assert_eq!(home.feed(&["extract", "-"], bytes).ok().line(), records);
    }
}

#[test]
fn explanations_have_colour_only_where_wanted() {
    let home = Home::new();
    let args = ["extract", "-", "--published", "2023-05-17", "--explain"];
    let plain = home.feed(&args, SENTENCE).ok().out;
    assert!(plain.contains(SENTENCE) && plain.contains("confidence") && !plain.contains('\u{1b}'), "{plain}");
    let coloured = Ran::new(&args, home.command(&args).env("CLICOLOR_FORCE", "1").write_stdin(SENTENCE).output().unwrap()).ok().out;
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    let none = home.feed(&args, "정부는 오늘 회의를 열었다.").ok().out;
    assert!(none.contains("no outage"), "{none}");
    // What an article holds is shown, never obeyed.
    let hostile = home.feed(&args, format!("\u{1b}[31m{SENTENCE}\u{9b}2J")).ok().out;
    assert!(!hostile.contains('\u{1b}') && !hostile.contains('\u{9b}'), "{hostile:?}");
}

// ---- Bad input of each kind

#[test]
fn what_holds_no_article_is_refused_by_name() {
    let home = Home::new();
    let program = std::fs::read(PROGRAM).unwrap();
    for (name, bytes, parts) in [
        ("empty.txt", &b""[..], &["empty.txt", "empty"][..]),
        ("blank.txt", b" \n\n ", &["blank.txt", "empty"]),
        ("zeros.txt", &[0; 5000], &["zeros.txt", "not a text"]),
        ("program.html", &program[..200_000], &["program.html", "not a text"]),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &["picture.png", "not a text"]),
        ("feed.xml", b"<?xml version='1.0'?><rss><channel/></rss>", &["feed.xml", "not an article"]),
    ] {
        home.write(name, bytes);
        let ran = home.run(&["article", name]).exits(1).says(parts);
        assert_eq!(ran.out, "", "{name}");
    }
    for name in ["empty.txt", "program.html"] {
        let ran = home.run(&["extract", name]).exits(1).says(&[name]);
        assert_eq!(ran.out, "", "{name}");
    }
    std::fs::create_dir(home.path("folder")).unwrap();
    for command in ["extract", "article", "import"] {
        home.run(&[command, "missing.html"]).exits(1).says(&["missing.html"]);
        home.run(&[command, "folder"]).exits(1).says(&["folder", "irectory"]);
    }
}

#[test]
fn spelling_does_not_matter() {
    let home = Home::new();
    let args = ["extract", "-", "--published", "2023-05-17"];
    let expected = home.feed(&args, SENTENCE).ok();
    assert_eq!(expected.line()["outages"].as_array().unwrap().len(), 1);
    let decomposed: String = SENTENCE.nfd().collect();
    assert_ne!(decomposed, SENTENCE);
    assert_eq!(home.feed(&args, decomposed).ok().out, expected.out, "NFD");
    let wide: String = SENTENCE.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32('０' as u32 + d)).unwrap_or(c)).collect();
    assert_ne!(wide, SENTENCE);
    assert_eq!(home.feed(&args, wide).ok().out, expected.out, "full-width digits");
    let marked = format!("\u{feff}{SENTENCE}\r\n");
    assert_eq!(home.feed(&args, marked).ok().out, expected.out, "byte order mark and CR LF");
    // Broken bytes at the end of a download: what is readable is read.
    let broken = [SENTENCE.as_bytes(), b"\n\xff\xfe\xc0"].concat();
    let line = home.feed(&args, broken).ok().line();
    assert_eq!(line["outages"][0]["start"], expected.line()["outages"][0]["start"]);
}

#[test]
fn without_a_date_nothing_relative_is_resolved() {
    let home = Home::new();
    let article = home.feed(&["extract", "-"], SENTENCE).ok().line();
    assert_eq!((&article["published_at"], &article["outages"][0]["start"]), (&Value::Null, &Value::Null));
    assert_eq!(article["outages"][0]["duration_min"], 20, "what is not relative stays");
}

#[test]
fn a_bad_line_does_not_stop_the_others() {
    let home = Home::new();
    let good = |id: &str| format!("{{\"id\": \"{id}\", \"published_at\": \"2023-05-17\", \"title\": \"\", \"text\": \"{SENTENCE}\"}}\n");
    let lines = [
        good("a").into_bytes(),
        b"{\"id\": \"no-text\", \"title\": \"x\"}\n".to_vec(),
        good("b").into_bytes(),
        b"\n{\"id\": \"cut\", \"text\": \"\n".to_vec(),
        b"{\"id\": \"bytes\", \"text\": \"\xff\xff\"}\n".to_vec(),
        b"[1]\n".to_vec(),
        b"{\"id\": \"when\", \"published_at\": \"someday\", \"text\": \"x\"}\n".to_vec(),
        good("c").into_bytes(),
    ];
    home.write("mixed.jsonl", lines.concat());
    let complaints =
        ["line 2: neither `text` nor `html`", "line 5: ", "line 6: ", "invalid UTF-8", "line 7: ", "line 8: ", "`published_at`"];
    let ran = home.run(&["extract", "mixed.jsonl"]).exits(1).says(&complaints);
    assert_eq!(ran.lines().iter().map(|l| text(l, "id").to_owned()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(ran.err.lines().count(), 5, "{}", ran.err);
    home.run(&["import", "mixed.jsonl", "--db", "m.db"]).exits(1).says(&complaints).says(&["3 new articles", "5 lines could not be used"]);
    assert_eq!(articles(&home.run(&["export", "--all", "--db", "m.db"]).ok().out), 3);
}

#[test]
fn deep_nesting_is_read() {
    let home = Home::new();
    for tag in ["div", "span", "table><tr><td", "b"] {
        let page = format!("<title>먹통</title>{}<p>{SENTENCE}</p>", format!("<{tag}>").repeat(100_000));
        let ran = home.feed(&["extract", "-", "--published", "2023-05-17"], page);
        assert!(matches!(ran.status, Some(0 | 1)), "{ran:#?}");
        assert_eq!(ran.out.lines().count() + ran.err.lines().count(), 1, "an article or a reason: {ran:#?}");
    }
    let json = format!("{{\"text\": {}\n", "[".repeat(100_000));
    home.feed(&["extract", "-"], json).exits(1).says(&["line 1"]);
}

/// The most memory that a run held, in bytes, by looking again and again; the system keeps the peak.
#[cfg(target_os = "linux")]
fn peak_memory(home: &Home, args: &[&str]) -> (Option<i32>, u64) {
    let mut child = Command::new(PROGRAM)
        .args(args)
        .current_dir(&home.dir)
        .env("MEOKTONG_DATA_DIR", home.path("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kib = text
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:"))
            .and_then(|l| l.trim().strip_suffix(" kB"))
            .and_then(|n| n.trim().parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ten_megabytes_take_less_than_one_gigabyte() {
    let home = Home::new();
    let quiet = "정부는 오늘 회의를 열고 내년도 예산안을 논의했다. 참석자들은 물가와 금리를 함께 살폈다.\n";
    let to = |size: usize, line: &str| line.repeat(size / line.len() + 1);
    // Unoptimised, 10 MB that have to be segmented take half a minute.
    let told = if cfg!(feature = "slow") { 10_000_000 } else { 200_000 };
    home.write("quiet.txt", to(10_000_000, quiet));
    home.write("one.txt", SENTENCE.to_owned() + "\n" + &to(told, quiet));
    home.write("outages.txt", to(told, &format!("{SENTENCE}\n")));
    home.write("line.txt", to(10_000_000, "가나다라마바사"));
    home.write("page.html", format!("<title>회의</title><article>{}</article>", to(10_000_000, &format!("<p>{quiet}</p>"))));
    for file in ["quiet.txt", "one.txt", "outages.txt", "line.txt", "page.html"] {
        let (status, peak) = peak_memory(&home, &["extract", file, "--published", "2023-05-17"]);
        assert_eq!(status, Some(0), "{file}");
        assert!(peak > 1 << 20, "{file}: the measurement works");
        assert!(peak < 1_000_000_000, "{file}: {} MB", peak / 1_000_000);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for args in [
        &["outages", "--format", "jsonl"][..],
        &["outages", "--format", "csv"],
        &["export", "--all"],
        &["extract", &gold()],
        &["evaluate", &gold(), "--errors"],
    ] {
        let mut child = Command::new(PROGRAM)
            .args(args)
            .current_dir(&stored().dir)
            .env("MEOKTONG_DATA_DIR", stored().path("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success() && err.is_empty(), "{args:?}: {status}: {err}");
    }
}

// ---- Settings and dictionaries

#[test]
fn wrong_settings_name_file_and_line() {
    let home = Home::new();
    for (settings, parts) in [
        ("[crawl]\ndelay = \"1s\"\nuser_agnt = \"x\"\n", &["meoktong.toml, line 3", "`user_agnt`", "did you mean `user_agent`?"][..]),
        ("databse = \"x\"\n", &["meoktong.toml, line 1", "`databse`", "did you mean `database`?"]),
        ("[crawl]\ndelay = \"soon\"\n", &["meoktong.toml, line 2", "`soon`"]),
        ("[[source]]\nid = \"a\"\nurl = \"ftp://x\"\n", &["meoktong.toml, line 3"]),
        ("[[source]]\nid = \"a\"\ncron = \"99 * * * *\"\n", &["meoktong.toml, line 3", "no cron line"]),
        ("[crawl\n", &["meoktong.toml, line 1"]),
    ] {
        home.write("meoktong.toml", settings);
        for command in [&["outages"][..], &["extract", "x.txt"], &["crawl"], &["sources", "list"]] {
            home.run(command).exits(1).says(parts);
        }
    }
    // What a source lacks shows where sources are used, once the built-in one of its id is known.
    home.write("meoktong.toml", "\n[[source]]\nid = \"a\"\nkind = \"list\"\nurl = \"https://news.example.com/\"\n");
    for command in [&["crawl"][..], &["sources", "list"]] {
        home.run(command).exits(1).says(&["meoktong.toml, line 2", "needs `links`"]);
    }
    home.run(&["outages", "--config", "none.toml"]).exits(1).says(&["none.toml"]);
}

#[test]
fn the_users_words_count_with_no_build() {
    let home = Home::new();
    let news = "가온누리톡이 17일 오후 1시부터 2시까지 두문불출했다. 다람쥐가 갉아 먹은 탓으로 조사됐다.";
    let args = ["extract", "-", "--published", "2023-05-17"];
    assert_eq!(home.feed(&args, news).ok().line()["outages"], serde_json::json!([]));

    let service = "[[service]]\nid = \"gaonnuri-talk\"\nname = \"가온누리톡\"\noperator = \"가온누리\"\ncategory = \"messenger\"\naliases = [\"가누톡\"]\n";
    let symptom = "[[symptom]]\nword = \"두문불출\"\nstrength = 3\npatterns = [\"두문불출\"]\n";
    let cause = "[[cause]]\nid = \"hardware\"\nrank = 1\npatterns = [\"다람쥐가 갉아\"]\n";
    home.write("meoktong.toml", "[dictionaries]\nextra = [\"my.toml\"]\n");
    home.write("my.toml", service);
    assert_eq!(home.feed(&args, news).ok().line()["outages"], serde_json::json!([]), "the word of failure is not known yet");
    home.write("my.toml", format!("{service}\n{symptom}"));
    let outage = home.feed(&args, news).ok().line()["outages"][0].clone();
    assert_eq!(
        (text(&outage, "service_id"), text(&outage, "operator"), text(&outage, "category")),
        ("gaonnuri-talk", "가온누리", "messenger")
    );
    assert_eq!((text(&outage, "start"), text(&outage, "end")), ("2023-05-17T13:00+09:00", "2023-05-17T14:00+09:00"));
    assert_eq!((&outage["keywords"][0], &outage["cause"]), (&Value::from("두문불출"), &Value::Null));
    home.write("my.toml", format!("{service}\n{symptom}\n{cause}"));
    let alias = news.replace("가온누리톡", "가누톡");
    for news in [news, &alias] {
        let outage = home.feed(&args, news).ok().line()["outages"][0].clone();
        assert_eq!((text(&outage, "service"), text(&outage, "cause")), ("가온누리톡", "hardware"), "{news}");
    }

    // A new name of a service that is built in; what the built-in entry says stays.
    home.write("my.toml", "[[service]]\nid = \"kakaotalk\"\naliases = [\"노란톡\"]\n");
    let outage = home.feed(&args, SENTENCE.replace("카카오톡", "노란톡")).ok().line()["outages"][0].clone();
    assert_eq!((text(&outage, "service"), text(&outage, "service_id"), text(&outage, "operator")), ("카카오톡", "kakaotalk", "카카오"));

    // New words show in what is stored already, once it is read again.
    home.write("one.jsonl", format!("{{\"id\": \"one\", \"published_at\": \"2023-05-17\", \"title\": \"\", \"text\": \"{news}\"}}\n"));
    home.write("none.toml", "");
    home.run(&["import", "one.jsonl", "--db", "m.db", "--config", "none.toml"]).ok().says(&["1 new articles", "0 outage records"]);
    home.write("my.toml", format!("{service}\n{symptom}\n{cause}"));
    home.run(&["extract", "--stored", "--db", "m.db"]).ok().says(&["1 articles read again, the records of 1 changed"]);
    let row = home.run(&["outages", "--db", "m.db", "--format", "jsonl", "--service", "가누톡"]).ok().line();
    assert_eq!(text(&row, "service_id"), "gaonnuri-talk");
    home.run(&["extract", "--stored", "--db", "m.db"]).ok().says(&["the records of 0 changed"]);
}

#[test]
fn a_broken_dictionary_names_file_and_line() {
    let home = Home::new();
    home.write("meoktong.toml", "[dictionaries]\nextra = [\"my.toml\"]\n");
    for (words, line, part) in [
        ("[[service]]\nid = \"x\"\nnam = \"y\"\n", 3, "nam"),
        ("[[service]\n", 1, ""),
        ("\n[[symptom]]\nstrength = 3\npatterns = [\"(\"]\n", 4, ""),
        ("[[cause]]\nid = \"gremlins\"\nrank = 1\npatterns = [\"x\"]\n", 2, "gremlins"),
    ] {
        home.write("my.toml", words);
        let ran = home.feed(&["extract", "-"], SENTENCE).exits(1).says(&["my.toml", part]);
        let named = (1..=4).find(|n| ran.err.contains(&format!("my.toml:{n}")));
        // A pattern is named by its entry or by its own line.
        assert!(named.is_some_and(|n| n <= line && n + 2 >= line), "{ran:#?}");
    }
    std::fs::remove_file(home.path("my.toml")).unwrap();
    home.feed(&["extract", "-"], SENTENCE).exits(1).says(&["my.toml"]);
}

#[test]
fn the_dictionary_can_be_checked() {
    let home = Home::new();
    let checked = home.run(&["dictionary", "check"]).ok().out;
    assert!(checked.contains("2.1.1") && checked.contains("entries  816283") && checked.contains("place"), "{checked}");
    home.run(&["dictionary", "install"]).ok().says(&["already installed"]);
    let bare = Home::bare();
    bare.run(&["dictionary", "check"]).exits(1).says(&["meoktong dictionary install"]);
    bare.run(&["dictionary", "install", "--from", "missing.whl"]).exits(1).says(&["missing.whl"]);
    let junk = bare.write("junk.whl", "no wheel");
    bare.run(&["dictionary", "install", "--from", &junk]).exits(1).says(&["junk.whl"]);
}

#[test]
fn queries_need_no_dictionary() {
    let bare = Home::bare();
    std::fs::create_dir(bare.path("data")).unwrap();
    std::fs::copy(stored().path("data/meoktong.db"), bare.path("data/meoktong.db")).unwrap();
    assert!(!bare.run(&["outages", "--service", "카톡", "--format", "jsonl"]).ok().lines().is_empty());
    bare.run(&["export", "--all"]).ok();
    bare.run(&["sources", "list"]).ok();
    let left: Vec<_> = std::fs::read_dir(bare.path("data")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(left.iter().all(|f| f.to_string_lossy().starts_with("meoktong.db")), "{left:?}");
}

#[test]
fn sources_are_listed() {
    let home = Home::new();
    home.write(
        "meoktong.toml",
        "[[source]]\nid = \"mine\"\nurl = \"https://news.example.com/rss\"\npublisher = \"예시일보\"\nenabled = false\n\
         [[source]]\nid = \"list\"\nkind = \"list\"\nurl = \"https://news.example.com/it\"\nlinks = \"a.title\"\ncron = \"0 9 * * *\"\n",
    );
    let all = home.run(&["sources", "list", "--format", "jsonl"]).ok().lines();
    let mine = all.iter().find(|s| text(s, "id") == "mine").unwrap();
    assert_eq!(
        (text(mine, "origin"), &mine["enabled"], text(mine, "url")),
        ("config", &Value::Bool(false), "https://news.example.com/rss")
    );
    let on = home.run(&["sources", "list", "--enabled", "--format", "jsonl"]).ok().lines();
    assert!(!on.is_empty() && on.len() < all.len());
    assert!(on.iter().all(|s| s["enabled"] == true));
    // What only some kinds have, and when they are asked.
    let of = |id: &str| all.iter().find(|s| text(s, "id") == id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!((text(mine, "kind"), text(mine, "every")), ("feed", "10m"));
    let list = of("list");
    assert_eq!((text(list, "kind"), text(list, "cron"), text(list, "links")), ("list", "0 9 * * *", "a.title"));
    let search = of("naver-news");
    assert_eq!((text(search, "engine"), &search["key_env"][0]), ("naver", &Value::from("NAVER_CLIENT_ID")));
    let table = home.run(&["sources", "list"]).ok().says(&[&format!("{} sources, {} of them on", all.len(), on.len())]).out;
    assert_eq!(table.lines().count(), all.len() + 1, "{table}");
}

// ---- The database

#[test]
fn imported_and_exported_is_the_same() {
    let home = Home::new();
    let all = stored().run(&["export", "--all"]).ok().out;
    home.write("all.jsonl", &all);
    home.run(&["import", "all.jsonl", "--db", "b.db"]).ok().says(&["0 updated", "0 lines could not be used"]);
    assert_eq!(home.run(&["export", "--all", "--db", "b.db"]).ok().out, all);
    let count = articles(&all);
    assert!(count < all.lines().count(), "incidents and roots are told, too");
    home.run(&["import", "all.jsonl", "--db", "b.db"]).ok().says(&[&format!("0 new articles, 0 updated, {count} unchanged")]);
    assert_eq!(home.run(&["export", "--all", "--db", "b.db"]).ok().out, all);

    // The order in which articles come makes no difference.
    let backwards: String = all.lines().rev().map(|l| format!("{l}\n")).collect();
    home.feed(&["import", "-", "--db", "c.db"], backwards).ok();
    assert_eq!(home.run(&["export", "--all", "--db", "c.db"]).ok().out, all);
    home.run(&["extract", "--stored", "--db", "c.db"]).ok().says(&["the records of 0 changed"]);

    home.run(&["export", "--all", "--db", "b.db", "--output", "out.jsonl"]).ok();
    assert_eq!(std::fs::read_to_string(home.path("out.jsonl")).unwrap(), all);
    let exported = home.run(&["export", "--articles", "--db", "b.db"]).ok().lines();
    assert_eq!(exported.len(), count);
    let records: usize = exported.iter().map(|a| a["outages"].as_array().unwrap().len()).sum();
    assert_eq!(home.run(&["export", "--records", "--db", "b.db"]).ok().lines().len(), records);
}

#[test]
fn every_filter_gives_what_it_says() {
    for records in [&[][..], &["--records"]] {
        let rows = |args: &[&str]| rows(&[args, records].concat());
        let all = rows(&[]);
        assert!(all.len() > 100, "{}", all.len());
        let check = |args: &[&str], keep: &dyn Fn(&Value) -> bool| {
            let id = |row: &Value| text(row, "id").to_owned();
            let expected: BTreeSet<String> = all.iter().filter(|r| keep(r)).map(id).collect();
            let found: BTreeSet<String> = rows(args).iter().map(id).collect();
            assert!(!expected.is_empty() && expected.len() < all.len(), "{args:?} tells nothing: {}", expected.len());
            assert_eq!(found, expected, "{args:?}");
        };
        let is = |key: &'static str, value: &'static str| move |row: &Value| text(row, key) == value;
        check(&["--service", "카카오톡"], &is("service_id", "kakaotalk"));
        check(&["--service", "카톡"], &is("service_id", "kakaotalk"));
        check(&["--service", "kakaotalk"], &is("service_id", "kakaotalk"));
        check(&["--service", "카톡", "--service", "네이버페이"], &|r| ["kakaotalk", "naverpay"].contains(&text(r, "service_id")));
        check(&["--operator", "카카오"], &is("operator", "카카오"));
        check(&["--category", "payment"], &is("category", "payment"));
        check(&["--cause", "fire"], &is("cause", "fire"));
        check(&["--status", "resolved"], &is("status", "resolved"));
        check(&["--ongoing"], &is("status", "ongoing"));
        check(&["--role", "background"], &is("role", "background"));
        check(&["--service", "카톡", "--cause", "fire"], &|r| text(r, "service_id") == "kakaotalk" && text(r, "cause") == "fire");
        // A time without its offset compares as text; one that only the year is known of lies on every day of it.
        check(&["--until", "2021"], &|r| !text(r, "start").is_empty() && text(r, "start") < "2022");
        check(&["--until", "2021년"], &|r| !text(r, "start").is_empty() && text(r, "start") < "2022");
        check(&["--since", "2023"], &|r| {
            let timed = !text(r, "start").is_empty() || !text(r, "end").is_empty();
            // What goes on lasts until the latest news of it.
            let goes_on = if text(r, "status") == "ongoing" && timed { r["last_reported"].as_str().unwrap_or_default() } else { "" };
            [text(r, "start"), text(r, "end"), goes_on].into_iter().max().unwrap_or_default() >= "2023"
        });
        assert_eq!(rows(&["--service", "세상에 없는 서비스"]), Vec::<Value>::new());

        let minutes = |rows: &[Value]| -> Vec<i64> { rows.iter().map(|r| r["duration_min"].as_i64().unwrap_or(-1)).collect() };
        assert!(minutes(&rows(&["--sort", "duration"])).is_sorted_by(|a, b| a >= b));
        let services: Vec<String> = rows(&["--sort", "service"]).iter().map(|r| text(r, "service").to_owned()).collect();
        assert!(services.is_sorted());
        let oldest = rows(&["--sort", "oldest", "--until", "2030"]);
        assert!(oldest.iter().map(|r| text(r, "start")[..4].to_owned()).is_sorted());
        assert_eq!(rows(&["--limit", "7"]), all[..7]);
        if records.is_empty() {
            check(&["--min-duration", "2h"], &|r| r["duration_min"].as_i64() >= Some(120));
            check(&["--min-duration", "2시간"], &|r| r["duration_min"].as_i64() >= Some(120));
            let number = |rows: &[Value], key: &str| -> Vec<i64> { rows.iter().map(|r| r[key].as_i64().unwrap()).collect() };
            assert!(number(&rows(&["--sort", "articles"]), "articles").is_sorted_by(|a, b| a >= b));
            let ends: Vec<String> = rows(&["--sort", "end"]).iter().map(|r| text(r, "end").to_owned()).collect();
            assert!(!ends[0].is_empty() && ends.iter().position(|e| e.is_empty()).unwrap() > 5);
            assert!(ends.iter().map(|e| e.chars().take(10).collect::<String>()).is_sorted_by(|a, b| a >= b || a.len() != b.len()));
            // A company and all under it, which is more than what it runs by its own name.
            let group = rows(&["--group", "카카오"]);
            assert!(group.iter().any(|r| text(r, "service_id") == "kakaopay") && group.len() > rows(&["--service", "카카오"]).len());
            assert!(
                group.iter().all(|r| text(r, "service_id").starts_with("kakao")
                    || text(r, "operator").contains("카카오")
                    || text(r, "service").contains("다음")),
                "{group:#?}"
            );
            // Text is found with spaces and without, in part, and in any record.
            let found = rows(&["--text", "카카오톡"]);
            assert!(found.iter().any(|r| text(r, "service_id") == "kakaotalk") && found.len() < all.len());
            assert_eq!(rows(&["--text", "카카오 톡"]), found);
            assert!(rows(&["--text", "카오"]).len() >= found.len());
            assert!(!rows(&["--text", "톡"]).is_empty());
            assert!(rows(&["--text", "카카오톡", "--text", "먹통"]).len() < found.len());
            assert_eq!(rows(&["--text", "없는말이다"]), Vec::<Value>::new());
        }
    }
}

#[test]
fn every_format_tells_the_same() {
    for records in [&[][..], &["--records"]] {
        let run = |format: &str| stored().run(&[&["outages", "--service", "카톡", "--format", format], records].concat()).ok().out;
        let lines = rows(&[&["--service", "카톡"], records].concat());
        assert_eq!(serde_json::from_str::<Vec<Value>>(&run("json")).unwrap(), lines);
        let csv = run("csv");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().take(4).collect::<Vec<_>>(), ["id", "service", "service_id", "operator"]);
        let ids: Vec<String> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
        assert_eq!(ids, lines.iter().map(|r| text(r, "id")).collect::<Vec<_>>());
        for format in ["table", "md"] {
            let shown = run(format);
            let heads = if format == "md" { 2 } else { 1 };
            assert_eq!(shown.lines().count(), lines.len() + heads, "{shown}");
            assert!(shown.lines().skip(heads).all(|l| l.contains("카카오톡")) && !shown.contains('\u{1b}'), "{shown}");
        }
    }
    let cut = stored().run(&["outages"]).ok().says(&["Only the first 50"]);
    assert_eq!(cut.out.lines().count(), 51);
    let none = stored().run(&["outages", "--service", "세상에 없는 서비스"]).ok().says(&["No incident matches"]);
    assert_eq!(none.out, "");

    let picked = ["outages", "--limit", "3", "--columns", "start,service,articles", "--format"];
    let run = |format: &[&str]| stored().run(&[&picked[..], format].concat()).ok().out;
    assert!(run(&["csv"]).starts_with("start,service,articles\n"));
    assert!(run(&["csv", "--bom"]).starts_with("\u{feff}start,service,articles\n"));
    assert!(
        run(&["jsonl"]).lines().all(|l| l.starts_with("{\"start\":") && l.contains(",\"articles\":")),
        "in the order that was asked for"
    );
    assert!(run(&["md"]).starts_with("| start | service | articles |\n|---|---|--:|\n"));
    assert!(run(&["table"]).starts_with("START "));
    stored().run(&["outages", "--columns", "start,nonsense"]).exits(2).says(&["`nonsense`", "duration_min"]);
    stored().run(&["outages", "--bom"]).exits(2).says(&["--format csv"]);
    stored().run(&["outages", "--records", "--sort", "articles"]).exits(2).says(&["--records"]);
}

#[test]
fn one_record_is_shown_by_the_beginning_of_its_id() {
    let row = rows(&["--service", "카톡", "--limit", "1", "--records"]).remove(0);
    let id = text(&row, "id");
    let shown = stored().run(&["show", &id[..12]]).ok().out;
    for part in [id, "카카오톡", text(&row, "title"), "Evidence", "incident "] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json: Value = serde_json::from_str(&stored().run(&["show", id, "--format", "json"]).ok().out).unwrap();
    assert_eq!((text(&json, "id"), &json["outage"]["service"]), (id, &row["service"]));
    assert!(!json["outage"]["evidence"].as_array().unwrap().is_empty());
    stored().run(&["show", "ffffffffffff"]).exits(1).says(&["ffffffffffff"]);
    let incident = text(&json, "incident");
    let detail: Value = serde_json::from_str(&stored().run(&["show", incident, "--format", "json"]).ok().out).unwrap();
    assert!(detail["records"].as_array().unwrap().iter().any(|r| text(r, "id") == id));
}

#[test]
fn an_incident_is_shown_with_all_that_was_reported_of_it() {
    let row = rows(&["--service", "카톡", "--sort", "articles", "--limit", "1"]).remove(0);
    let id = text(&row, "id");
    let shown = stored().run(&["show", &id[..10]]).ok().out;
    let json: Value = serde_json::from_str(&stored().run(&["show", id, "--format", "json"]).ok().out).unwrap();
    assert_eq!((text(&json, "id"), &json["start"], &json["articles"]), (id, &row["start"], &row["articles"]));
    let records = json["records"].as_array().unwrap();
    assert!(records.len() > 2, "{shown}");
    for record in records {
        for part in [text(record, "id"), text(record, "publisher"), text(record, "url")] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!record["evidence"].as_array().unwrap().is_empty());
    }
    for part in ["Timeline", "publishers", id] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let disputed = records.iter().any(|r| r["disputes"].as_array().unwrap().iter().any(|f| f == "start"));
    assert_eq!(shown.lines().any(|l| l.starts_with("start ") && l.contains("against ")), disputed, "{shown}");
    // What is of one cause with others says so.
    let part = rows(&[]).into_iter().find(|r| r["root"].is_string()).unwrap();
    let shown = stored().run(&["show", text(&part, "id")]).ok().out;
    assert!(shown.contains("One cause") && shown.contains('▸'), "{shown}");
}

#[test]
fn incidents_are_corrected_by_hand() {
    let home = Home::new();
    home.run(&["import", &gold(), "--db", "m.db"]).ok();
    let db = ["--db", "m.db"];
    let run = |args: &[&str]| home.run(&[args, &db].concat());
    let rows = |args: &[&str]| run(&[&["outages", "--format", "jsonl", "--sort", "articles"], args].concat()).ok().lines();
    let before = rows(&[]);
    let (a, b) = (text(&before[0], "id"), text(&before[1], "id"));
    run(&["incident", "edits"]).ok().says(&["No correction"]);
    run(&["incident", "merge", &a[..9], b, "--reason", "같은 일"]).ok().says(&["Edit 1", "undo 1"]);
    assert_eq!(rows(&[]).len(), before.len() - 1);
    run(&["incident", "edit", b, "cause=fire", "end=", "--reason", "발표"]).ok().says(&["Edit 2", "Edit 3"]);
    let shown = run(&["show", a]).ok().out;
    for part in ["given by hand", "Corrections", "같은 일", "cause=fire", "end not known", "발표"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let record = shown.lines().rev().find_map(|l| l.trim().strip_prefix("record ")).unwrap().split(' ').next().unwrap().to_owned();
    run(&["incident", "split", a, "--record", &record[..10]]).ok().says(&["Edit 4"]);
    assert_eq!(rows(&[]).len(), before.len());
    let listed = run(&["incident", "edits"]).ok().out;
    assert_eq!(listed.lines().count(), 4);
    assert_eq!(run(&["incident", "edits", "--format", "jsonl"]).ok().lines()[0]["number"], 1);

    // They hold when all is extracted again, and go along in the dump.
    let corrected = run(&["export", "--all"]).ok().out;
    run(&["extract", "--stored"]).ok();
    assert_eq!(run(&["export", "--all"]).ok().out, corrected);
    home.write("dump.jsonl", &corrected);
    home.run(&["import", "dump.jsonl", "--db", "again.db"]).ok().says(&["0 lines could not be used"]);
    assert_eq!(home.run(&["export", "--all", "--db", "again.db"]).ok().out, corrected);

    for number in ["4", "2", "3", "1"] {
        run(&["incident", "undo", number]).ok().says(&["Taken back"]);
    }
    assert_eq!(rows(&[]), before);
    run(&["incident", "undo", "1"]).exits(1).says(&["no edit 1"]);
    run(&["incident", "merge", a, a]).exits(1).says(&["nothing to merge"]);
    run(&["incident", "merge", a, "eeeeeeee"]).exits(1).says(&["eeeeeeee"]);
    run(&["incident", "split", a, "--record", "eeeeeeee"]).exits(1).says(&["no record", "eeeeeeee"]);
    run(&["incident", "edit", a, "cause=gremlins", "--reason", "x"]).exits(2).says(&["gremlins"]);
    run(&["incident", "edit", a, "colour=red", "--reason", "x"]).exits(2).says(&["`colour`", "status"]);
    home.run(&["incident", "undo", "1", "--db", "none.db"]).exits(1).says(&["none.db"]);
    assert!(!home.path("none.db").exists());
}

#[test]
fn what_is_no_database_is_said_to_be_none() {
    let home = Home::new();
    home.write("text.db", "no database");
    std::fs::create_dir(home.path("folder.db")).unwrap();
    for db in ["text.db", "none.db", "folder.db"] {
        for command in [&["outages"][..], &["show", "abc"], &["export", "--all"], &["extract", "--stored"]] {
            let ran = home.run(&[command, &["--db", db]].concat()).exits(1).says(&[db]);
            assert_eq!(ran.out, "");
        }
    }
    assert!(!home.path("none.db").exists(), "a question makes no database");
    home.run(&["import", &gold(), "--db", "text.db"]).exits(1).says(&["text.db"]);
    assert_eq!(std::fs::read_to_string(home.path("text.db")).unwrap(), "no database", "a file that is none of ours stays as it is");
    home.run(&["outages"]).exits(1).says(&["meoktong crawl"]);
}

// ---- The gold and the fixtures

#[test]
fn figures_are_given_and_can_be_demanded() {
    let home = Home::new();
    let figures = home.run(&["evaluate", &gold(), "--json"]).ok().line();
    assert_eq!(figures["articles"], 160);
    for level in ["article", "event", "strict"] {
        let f1 = figures[level]["f1"].as_f64().unwrap();
        assert!((0.3..=1.0).contains(&f1), "{level}: {f1}");
    }
    let listed = home.run(&["evaluate", &gold(), "--errors", "--at-least", "0,0,0"]).ok().out;
    assert!(listed.contains("160 articles") && listed.contains("F1") && listed.contains("duration"), "{listed}");
    home.run(&["evaluate", &gold(), "--at-least", "0,1.1,0"]).exits(1).says(&["event F1", "is below 1.1"]);
    home.write("bad.jsonl", "\n{\"id\": 1}\n");
    home.run(&["evaluate", "bad.jsonl"]).exits(1).says(&["bad.jsonl", "line 2"]);
    home.run(&["evaluate", "none.jsonl"]).exits(1).says(&["none.jsonl"]);
}

#[test]
fn changed_records_are_reviewed() {
    let home = Home::new();
    let folder = home.path("fixtures/site/x");
    std::fs::create_dir_all(&folder).unwrap();
    let article = format!("{{\"published_at\": \"2023-05-17\", \"title\": \"\", \"text\": \"{SENTENCE}\"}}");
    std::fs::write(folder.join("a.json"), &article).unwrap();
    home.run(&["review"]).exits(1).says(&["no fixture"]);
    // A new one is named once, and found from then on.
    home.run(&["review", "fixtures/site/x/a.json"]).exits(1).says(&["1 not accepted"]);
    home.run(&["review", "--accept", "fixtures/site/x/a.json"]).ok().says(&["a.records.json", "1 accepted"]);
    let same = home.run(&["review"]).ok().says(&["1 unchanged, 0 accepted, 0 not accepted"]);
    assert_eq!(same.out, "");

    let snapshot = std::fs::read_to_string(folder.join("a.records.json")).unwrap();
    assert!(!snapshot.contains("confidence") && !snapshot.contains("score") && snapshot.contains("\"quote\""), "{snapshot}");
    std::fs::write(folder.join("a.records.json"), snapshot.replace("T13:35", "T13:30").replace("\"resolved\"", "\"unknown\"")).unwrap();
    let changed = home.run(&["review", "fixtures"]).exits(1).says(&["1 not accepted"]).out;
    assert!(changed.contains("카카오톡 (main)\n") && !changed.contains('\u{1b}'), "{changed}");
    assert!(
        changed.contains("- start        2023-05-08T13:30+09:00\n") && changed.contains("+ start        2023-05-08T13:35+09:00\n"),
        "{changed}"
    );
    assert!(!changed.contains("duration_min"), "only what differs: {changed}");
    assert_ne!(std::fs::read_to_string(folder.join("a.records.json")).unwrap(), snapshot, "nothing is taken over unasked");
    home.run(&["review", "--accept"]).ok();
    assert_eq!(std::fs::read_to_string(folder.join("a.records.json")).unwrap(), snapshot);

    std::fs::write(folder.join("a.records.json"), "{\n\"title\": 1}").unwrap();
    home.run(&["review"]).exits(1).says(&["a.records.json", "line 2", "1 not readable"]);
    std::fs::remove_file(folder.join("a.json")).unwrap();
    home.run(&["review"]).exits(1).says(&["a.records.json", "beside it"]);
    Home::new().run(&["review"]).exits(1).says(&["fixtures/site"]);
}

// ---- The search

#[test]
fn stored_articles_are_searched() {
    let home = stored();
    let search = |args: &[&str]| home.run(&[&["search", "--format", "jsonl", "--limit", "1000"], args].concat()).ok().lines();
    let ids = |args: &[&str]| search(args).iter().map(|hit| text(hit, "id").to_owned()).collect::<BTreeSet<_>>();
    let all = ids(&["접속장애"]);
    assert!(all.len() > 5, "{all:?}");
    assert_eq!((ids(&["접속 장애"]).is_superset(&all), ids(&["접속장애가"])), (true, all.clone()));
    assert!(ids(&["\"접속 장애\""]).is_subset(&all));
    assert!(ids(&["카톡"]).is_superset(&ids(&["카카오톡"])) && ids(&["카톡", "--no-aliases"]).len() < ids(&["카톡"]).len());
    let (with, without) = (ids(&["접속장애 카카오톡"]), ids(&["접속장애", "--without", "카카오톡"]));
    assert!(!with.is_empty() && with.is_disjoint(&without) && all == &with | &without, "{with:?} {without:?}");
    assert_eq!(ids(&["접속장애 -카카오톡"]), without);
    for hit in search(&["접속장애"]) {
        let characters: Vec<char> = text(&hit, "snippet").chars().chain(['\n']).chain(text(&hit, "title").chars()).collect();
        let offset = text(&hit, "snippet").chars().count() + 1;
        let marks = |key: &str, offset: usize| -> Vec<String> {
            let range = |m: &Value| m["from"].as_u64().unwrap() as usize + offset..m["to"].as_u64().unwrap() as usize + offset;
            hit[key].as_array().unwrap().iter().map(|m| characters[range(m)].iter().collect()).collect()
        };
        let marked = [marks("snippet_marks", 0), marks("title_marks", offset)].concat();
        assert!(!marked.is_empty() && marked.iter().all(|m| m.starts_with("접속") && m.ends_with("장애")), "{marked:?} in {hit}");
        assert!(hit["score"].as_f64().unwrap() > 0.0);
    }
    let dates: Vec<String> = search(&["먹통", "--sort", "date"]).iter().map(|hit| text(hit, "published_at").to_owned()).collect();
    assert!(dates.len() > 3 && dates.iter().zip(&dates[1..]).all(|(a, b)| a[..10] >= b[..10]), "{dates:?}");
    let year: Vec<Value> = search(&["장애", "--since", "2023", "--until", "2023", "--label", "outage"]);
    assert!(!year.is_empty() && year.iter().all(|hit| text(hit, "published_at").starts_with("2023") && text(hit, "label") == "outage"));
    assert!(ids(&["장애", "--service", "카톡"]).is_subset(&ids(&["카카오톡"])));

    let table = home.run(&["search", "접속장애", "--limit", "2"]).ok().says(&["2 of ", "--limit N shows more"]);
    assert!(table.out.contains("https://") && !table.out.contains('\u{1b}'), "{}", table.out);
    let json: Value = serde_json::from_str(&home.run(&["search", "먹통", "--format", "json", "--limit", "3"]).ok().out).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(3));
    home.run(&["search", "없는말없는말"]).ok().says(&["No article matches", "index = \"all\""]);
}

#[test]
fn a_wrong_query_names_the_character() {
    let home = stored();
    home.run(&["search", "먹통 \"접속"]).exits(2).says(&["character 4 of the query", "never closed"]);
    home.run(&["search", "먹통", "titel:x"]).exits(2).says(&["character 4", "no field `titel`"]);
    home.run(&["search", "--without", "먹통"]).exits(2);
    home.run(&["search", "는"]).exits(2).says(&["only particles"]);
    home.run(&["search"]).exits(2).says(&["<WORDS>"]);
    home.run(&["search", "먹통", "--db", "none.db"]).exits(1).says(&["there is no database none.db"]);
}

#[test]
fn an_index_is_made_where_it_is_missing() {
    let home = Home::new();
    let articles = [("1", SENTENCE), ("2", "공원에 봄꽃이 피었다.")]
        .map(|(id, text)| json!({"id": id, "title": "제목", "text": text, "published_at": "2023-05-17"}).to_string());
    home.feed(&["import", "-", "--db", "a.db"], articles.join("\n")).ok();
    let found = |args: &[&str]| home.run(&[&["search", "--db", "a.db", "--format", "jsonl"], args].concat()).ok().lines().len();
    assert_eq!((found(&["먹통이었다"]), found(&["봄꽃"])), (1, 0));
    // As another program, or an older meoktong, leaves it.
    home.write("all.toml", "[search]\nindex = \"all\"\n");
    assert_eq!((found(&["봄꽃", "--config", "all.toml"]), found(&["봄꽃"])), (1, 0));
    home.run(&["search", "--reindex", "--db", "a.db"]).ok();
    assert_eq!(found(&["먹통"]), 1);
    home.write("bad.toml", "[search]\nindex = \"some\"\n");
    home.run(&["search", "먹통", "--config", "bad.toml"]).exits(1).says(&["bad.toml", "line 2", "outages", "all"]);
}

// ---- The command line itself

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.lines().skip_while(|l| !l.starts_with("Commands:")).skip(1).take_while(|l| !l.is_empty());
    // A description goes on in lines that are further in.
    let names = commands.filter(|l| l.starts_with("  ") && !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
    names.filter(|n| *n != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_help_with_examples() {
    let home = Home::bare();
    let commands = listed(&home.run(&["--help"]).ok().out);
    assert!(commands.len() >= 13, "{commands:?}");
    for command in &commands {
        let help = home.run(&[command, "--help"]).ok().out;
        let inner = listed(&help);
        let leaves: Vec<Vec<&str>> = match inner.is_empty() {
            true => vec![vec![command]],
            false => inner.iter().map(|i| vec![command.as_str(), i.as_str()]).collect(),
        };
        for leaf in leaves {
            let help = home.run(&[&leaf[..], &["--help"]].concat()).ok().out;
            let example = format!("  meoktong {}", leaf.join(" "));
            assert!(help.contains("Examples:") && help.lines().any(|l| l.starts_with(&example)), "{leaf:?} has no example:\n{help}");
        }
    }
    let version = home.run(&["--version"]).ok().out;
    assert_eq!(version, format!("meoktong {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_is_told_apart_from_failed_work() {
    let home = Home::bare();
    for args in [
        &[][..],
        &["frobnicate"],
        &["extract"],
        &["extract", "a.txt", "--format", "xml"],
        &["extract", "a.txt", "--published", "yesterday"],
        &["extract", "a.txt", "--stored"],
        &["extract", "a.txt", "--explain", "--format", "json"],
        &["article"],
        &["outages", "--cause", "gremlins"],
        &["outages", "--status", "gone"],
        &["outages", "--since", "soon"],
        &["outages", "--limit", "0"],
        &["outages", "--no-such-option"],
        &["show"],
        &["import"],
        &["export", "--all", "--articles"],
        &["export", "--all", "--format", "csv"],
        &["export", "--articles", "--format", "ics"],
        &["export", "--records", "--format", "parquet"],
        &["export", "--all", "--since", "2020"],
        &["export", "--bom"],
        &["stats", "--by", "mood"],
        &["stats", "--top", "0"],
        &["sources"],
        &["watch", "--log", "xml"],
        &["dictionary", "burn"],
        &["evaluate"],
        &["evaluate", "gold.jsonl", "--at-least", "much"],
        &["evaluate", "gold.jsonl", "--at-least", "0.9"],
    ] {
        let ran = home.run(args).exits(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{ran:#?}");
    }
    assert!(!home.path("data").exists(), "nothing was begun");
}

// ---- The raw archive and WARC files

/// A record of a WARC file; `fields` are lines.
fn warc_record(fields: &str, block: &[u8]) -> Vec<u8> {
    [format!("WARC/1.0\r\n{fields}Content-Length: {}\r\n\r\n", block.len()).as_bytes(), block, b"\r\n\r\n"].concat()
}

fn warc_response(url: &str, date: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let fields = format!(
        "WARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\nContent-Type: application/http; msgtype=response\r\n"
    );
    warc_record(&fields, &[head.as_bytes(), b"\r\n\r\n", body].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn html(title: &str, text: &str) -> String {
    format!("<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>")
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";

#[test]
fn warc_files_come_in() {
    let home = Home::new();
    let page = html("가톡 먹통", SENTENCE);
    let chunked: Vec<u8> =
        gzip(page.as_bytes()).chunks(50).flat_map(|c| [format!("{:x}\r\n", c.len()).as_bytes(), c, b"\r\n"].concat()).collect();
    let good = [
        warc_record("WARC-Type: warcinfo\r\nContent-Type: application/warc-fields\r\n", b"software: x\r\n"),
        warc_record(
            "WARC-Type: request\r\nWARC-Target-URI: https://news.example.com/1\r\nContent-Type: application/http; msgtype=request\r\n",
            b"GET /1 HTTP/1.1\r\n\r\n",
        ),
        warc_response(
            "https://news.example.com/1",
            "2023-05-17T03:10:00Z",
            &format!("{OK}\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip"),
            &[&chunked[..], b"0\r\n\r\n"].concat(),
        ),
        warc_response("https://news.example.com/2", "2023-05-18T03:10:00.5Z", OK, html("날씨", "오늘은 맑고 따뜻하겠다.").as_bytes()),
        warc_response(
            "https://news.example.com/3",
            "2023-05-17T03:10:00Z",
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/html",
            page.as_bytes(),
        ),
        warc_response("https://news.example.com/4.png", "2023-05-17T03:10:00Z", "HTTP/1.1 200 OK\r\nContent-Type: image/png", b"\x89PNG"),
        warc_response("dns:news.example.com", "2023-05-17T03:10:00Z", OK, page.as_bytes()),
    ];
    let broken = [
        (warc_response("https://news.example.com/5", "gestern", OK, page.as_bytes()), "its WARC-Date `gestern` is no time"),
        (warc_response("https://news.example.com/6", "2023-05-17T03:10:00Z", "nonsense", b""), "it holds no HTTP answer"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n".to_vec(), "it has no Content-Length"),
    ];
    let end = warc_response("https://news.example.com/9", "2023-05-19T03:10:00Z", OK, html("나톡 소식", "새 기능이 나왔다.").as_bytes());
    let mut plain = good.concat();
    let mut packed: Vec<u8> = good.iter().flat_map(|r| gzip(r)).collect();
    let mut places = Vec::new();
    for (record, reason) in &broken {
        places.push((plain.len(), packed.len(), *reason));
        plain.extend(record);
        packed.extend(gzip(record));
    }
    plain.extend(&end);
    packed.extend(gzip(&end));
    home.write("plain.warc", &plain);
    home.write("packed.warc.gz", &packed);
    let mut dumps = Vec::new();
    for (n, file) in ["plain.warc", "packed.warc.gz", "-"].into_iter().enumerate() {
        let db = format!("{n}.db");
        let args = ["import", file, "--db", &db];
        let ran = if file == "-" { home.feed(&args, packed.clone()) } else { home.run(&args) };
        let ran = ran
            .exits(1)
            .says(&["3 new articles, 0 updated, 0 unchanged; 1 outage records; 3 lines or records could not be used, 3 pages passed over"]);
        for (plain, packed, reason) in &places {
            let at = if n == 0 { plain } else { packed };
            let line = format!("{file}: record at byte {at}: {reason}");
            assert!(ran.err.contains(&line), "{line}: {}", ran.err);
        }
        dumps.push(home.run(&["export", "--all", "--db", &db]).ok().out);
    }
    assert!(dumps.windows(2).all(|d| d[0] == d[1]), "{dumps:#?}");
    let first: Value =
        dumps[0].lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).find(|a| text(a, "url").ends_with("/1")).unwrap();
    assert_eq!((text(&first, "published_at"), text(&first, "published_from")), ("2023-05-17T12:10+09:00", "fetch"));
    assert_eq!(text(&first["outages"][0], "start"), "2023-05-08T13:35+09:00");
    home.run(&["import", "packed.warc.gz", "--db", "1.db"]).exits(1).says(&["0 new articles, 0 updated, 3 unchanged"]);

    home.run(&["import", "packed.warc.gz", "--only-outages", "--db", "only.db"])
        .exits(1)
        .says(&["1 new articles, 0 updated", "5 pages passed over"]);
    let stored = home.run(&["export", "--all", "--db", "only.db"]).ok().lines();
    assert_eq!(stored[0], first);
    assert!(stored[1..].iter().all(|line| line["id"].is_null()), "one article, and what follows from it");

    // What is older than what is known goes into the archive, and changes no article.
    let older =
        warc_response("https://news.example.com/1", "2023-05-16T03:10:00Z", OK, html("가톡 소식", "아직 아무 일도 없다.").as_bytes());
    home.write("older.warc", older);
    home.run(&["import", "older.warc", "--db", "1.db"]).ok().says(&["0 new articles, 0 updated, 1 unchanged"]);
    assert_eq!(home.run(&["export", "--all", "--db", "1.db"]).ok().out, dumps[0]);
    home.run(&["export", "--format", "warc", "--db", "1.db", "--output", "out.warc.gz"]).ok();
    let file = std::fs::read(home.path("out.warc.gz")).unwrap();
    let mut reader = meoktong::warc::Reader::new(file.as_slice());
    let mut dates = Vec::new();
    while let Some(record) = reader.next_where(|_| true).unwrap() {
        dates.extend(record.unwrap().field("WARC-Target-URI").map(str::to_owned));
    }
    assert_eq!(dates, [1, 1, 2, 9].map(|n| format!("https://news.example.com/{n}")), "every version, in order");
}

/// Crawls the demo site with these settings into `db`.
fn crawl_demo(home: &Home, site: &DemoSite, db: &str, more: &str) {
    let mut settings = format!("database = \"{db}\"\n{more}\n[crawl]\ndelay = \"5ms\"\nallow_private = [\"127.0.0.1\"]\n");
    let mut args = vec!["crawl".to_owned()];
    for publisher in site.publishers() {
        settings += &format!(
            "[[source]]\nid = \"{0}\"\nkind = \"feed\"\nurl = \"{1}\"\npublisher = \"{2}\"\n",
            publisher.dir, publisher.feed, publisher.name
        );
        args.extend(["--source".to_owned(), publisher.dir.clone()]);
    }
    home.write("meoktong.toml", &settings);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    home.run(&args).exits(1).says(&["6 of 6 sources"]);
}

#[test]
fn kept_pages_go_out_come_in_and_are_read_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let site = runtime.block_on(DemoSite::start()).unwrap();
    let home = Home::new();
    crawl_demo(&home, &site, "a.db", "");
    let dump = home.run(&["export", "--all"]).ok().out;
    home.run(&["export", "--format", "warc", "--output", "pages.warc.gz"]).ok();
    home.run(&["export", "--format", "warc", "--all"]).exits(2).says(&["a WARC file holds all pages that are kept"]);
    let count = dump.lines().filter(|line| line.starts_with("{\"id\":")).count();
    home.run(&["import", "pages.warc.gz", "--db", "b.db"])
        .ok()
        .says(&[&format!("{count} new articles"), " 0 lines or records could not be used"]);
    let again = home.run(&["export", "--all", "--db", "b.db"]).ok().out;
    for (a, b) in dump.lines().zip(again.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(again, dump);

    home.run(&["extract", "--stored"]).ok().says(&["0 articles read again"]);
    home.run(&["extract", "--stored", "--all"]).ok().says(&[&format!("{count} articles read again, the records of 0 changed")]);
    assert_eq!(home.run(&["export", "--all"]).ok().out, dump);

    // Other rules: a publisher's pages are read another way, a service has another name, and what was stored is as if it came today.
    let host = site.publishers()[0].feed.split('/').nth(2).unwrap().split(':').next().unwrap().to_owned();
    home.write(
        "my.toml",
        format!("[[publisher]]\ndomain = \"{host}\"\nname = \"새이름일보\"\ndrop = [\"h1\"]\n\n[[cause]]\nid = \"hardware\"\nrank = 1\npatterns = [\"장애|오류|먹통\"]\n"),
    );
    let rules = "[dictionaries]\nextra = [\"my.toml\"]\n";
    home.write("new.toml", rules);
    home.run(&["import", "pages.warc.gz", "--db", "fresh.db", "--config", "new.toml"]).ok();
    let fresh = home.run(&["export", "--all", "--db", "fresh.db"]).ok().out;
    assert_ne!(fresh, dump);
    home.run(&["extract", "--stored", "--db", "a.db", "--config", "new.toml", "--limit", "5"]).ok().says(&["5 articles read again"]);
    home.run(&["extract", "--stored", "--db", "a.db", "--config", "new.toml"]).ok().says(&[&format!("{} articles read again", count - 5)]);
    let reread = home.run(&["export", "--all", "--db", "a.db"]).ok().out;
    for (a, b) in reread.lines().zip(fresh.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(reread, fresh);
    home.run(&["extract", "--stored", "--db", "a.db", "--config", "new.toml"]).ok().says(&["0 articles read again"]);
    home.write("old.toml", "");
    let back = home.run(&["extract", "--stored", "--db", "a.db", "--config", "old.toml"]).ok();
    assert!(back.err.contains(" records new, ") && !back.err.contains(", 0 changed, "), "{}", back.err);
    assert_eq!(home.run(&["export", "--all", "--db", "a.db"]).ok().out, dump, "and back");

    // Nothing is kept where nothing is wanted, and then the texts are read again.
    crawl_demo(&home, &site, "none.db", "[archive]\nkeep = \"0d\"\n");
    home.run(&["export", "--format", "warc", "--output", "none.warc.gz"]).ok();
    assert!(std::fs::metadata(home.path("none.warc.gz")).unwrap().len() < 1000);
    home.run(&["extract", "--stored", "--all"]).ok().says(&["the records of 0 changed"]);
    home.run(&["extract", "--all", "x.txt"]).exits(2);
}

#[test]
fn a_killed_import_goes_on_where_it_was() {
    let home = Home::new();
    let articles = if cfg!(feature = "slow") { 6000 } else { 450 };
    let line = |n: usize| {
        format!(
            "{{\"id\": \"a{n}\", \"published_at\": \"2023-05-17\", \"title\": \"소식 {n}\", \"text\": \"{n}번째 글이다. {SENTENCE}\"}}\n"
        )
    };
    let lines: String = (0..articles).map(line).collect();
    let record = |n: usize| {
        let page = html(&format!("소식 {n}"), &format!("{n}번째 글이다. {SENTENCE}"));
        warc_response(&format!("https://news.example.com/{n}"), "2023-05-17T03:10:00Z", OK, page.as_bytes())
    };
    let members: Vec<u8> = (0..articles).flat_map(|n| gzip(&record(n))).collect();
    home.write("lines.jsonl", &lines);
    home.write("lines.jsonl.gz", gzip(lines.as_bytes()));
    home.write("members.warc.gz", &members);
    home.write("whole.warc.gz", gzip(&(0..articles).flat_map(record).collect::<Vec<u8>>()));
    let mut dumps = BTreeMap::new();
    let forms: &[&str] = if cfg!(feature = "slow") {
        &["lines.jsonl", "lines.jsonl.gz", "members.warc.gz", "whole.warc.gz"]
    } else {
        &["lines.jsonl.gz", "whole.warc.gz"]
    };
    for &file in forms {
        let (db, undisturbed) = (format!("{file}.db"), format!("{file}.undisturbed.db"));
        let mut child = Command::new(PROGRAM)
            .args(["import", file, "--db", &db])
            .current_dir(&home.dir)
            .env("MEOKTONG_DATA_DIR", home.path("data"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stored =
            || meoktong::store::Store::open_read_only(&home.path(&db)).and_then(|s| s.counts()).map_or(0, |(articles, _)| articles);
        for _ in 0..60_000 {
            if stored() > 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let before = stored();
        assert!(before > 0 && before < articles as u64, "{file}: killed in the middle, at {before}");
        let rest = home.run(&["import", file, "--db", &db]).ok();
        rest.says(&["going on at byte ", &format!("{} new articles, 0 updated, 0 unchanged", articles as u64 - before)]);
        home.run(&["import", file, "--db", &undisturbed]).ok().says(&[&format!("{articles} new articles")]);
        let dump = home.run(&["export", "--all", "--db", &db]).ok().out;
        assert_eq!(dump, home.run(&["export", "--all", "--db", &undisturbed]).ok().out, "{file}");
        dumps.insert(file, dump);
        home.run(&["import", file, "--db", &db]).ok().says(&[&format!("0 new articles, 0 updated, {articles} unchanged")]);
    }
    if cfg!(feature = "slow") {
        assert_eq!(dumps["lines.jsonl"], dumps["lines.jsonl.gz"]);
        assert_eq!(dumps["members.warc.gz"], dumps["whole.warc.gz"]);
    }
}

// ---- Exports and figures

#[test]
fn incidents_go_out_in_every_format() {
    let home = Home::bare();
    let file = |name: &str| home.path(name).display().to_string();
    let export = |args: &[&str]| stored().run(&[&["export"], args].concat());
    let lines = export(&[]).ok().lines();
    assert!(lines.len() > 100);
    let ids: Vec<&str> = lines.iter().map(|l| text(l, "id")).collect();
    assert_eq!(BTreeSet::from_iter(&ids).len(), ids.len());

    assert_eq!(serde_json::from_str::<Vec<Value>>(&export(&["--format", "json"]).ok().out).unwrap(), lines);
    let marked = export(&["--format", "csv", "--bom"]).ok().out;
    let mut csv = csv::Reader::from_reader(marked.strip_prefix('\u{feff}').unwrap().as_bytes());
    let found: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
    assert_eq!(found.iter().map(|r| r["id"].as_str()).collect::<Vec<_>>(), ids);
    assert!(
        found.iter().zip(&lines).all(|(cells, line)| cells["service"] == text(line, "service") && cells["start"] == text(line, "start"))
    );
    assert_eq!(export(&["--format", "md"]).ok().out.lines().count(), ids.len() + 2);

    let ics = export(&["--format", "ics"]).ok();
    let calendar: icalendar::Calendar = ics.out.parse().unwrap();
    let left_out = ids.len() - calendar.components.len();
    assert!(left_out == 0 || ics.err.contains(&format!("{left_out} incident")), "{}", ics.err);
    let feed = export(&["--format", "atom", "--limit", "20"]).ok().out;
    let feed = feed_rs::parser::parse(feed.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 20);
    assert!(feed.entries.iter().map(|e| e.published).is_sorted_by(|a, b| a >= b));
    assert!(feed.updated >= feed.entries.iter().filter_map(|e| e.updated).max());

    export(&["--format", "parquet", "--output", &file("out.parquet")]).ok();
    assert_eq!(parquet_rows(&home.path("out.parquet")), ids.len());
    export(&["--articles", "--format", "parquet", "--output", &file("articles.parquet")]).ok();
    let articles = export(&["--articles"]).ok().lines();
    assert_eq!(parquet_rows(&home.path("articles.parquet")), articles.len());
    let csv = export(&["--articles", "--format", "csv"]).ok().out;
    assert_eq!(csv::Reader::from_reader(csv.as_bytes()).records().filter(|r| r.is_ok()).count(), articles.len());

    let messengers = export(&["--category", "messenger", "--since", "2020"]).ok().lines();
    assert!(!messengers.is_empty() && messengers.len() < ids.len());
    assert!(messengers.iter().all(|l| text(l, "category") == "messenger"));
    assert!(!export(&["--records"]).ok().lines().is_empty());
    for column in ["`start`", "`urls`", "`published_at`", "start_first"] {
        assert!(home.run(&["export", "--schema"]).ok().out.contains(column));
    }
}

fn parquet_rows(path: &Path) -> usize {
    let file = std::fs::File::open(path).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(|batch| batch.unwrap().num_rows()).sum()
}

#[test]
fn figures_add_up_to_what_is_stored() {
    let run = |args: &[&str]| stored().run(args).ok();
    let stats = |args: &[&str]| serde_json::from_str::<Value>(&run(&[&["stats", "--format", "json"], args].concat()).out).unwrap();
    let incidents = run(&["export"]).lines();
    let all = stats(&[]);
    assert_eq!(all["total"]["incidents"], incidents.len());
    assert_eq!(all["before"], Value::Null);
    let unknown = incidents.iter().filter(|i| i["duration_min"].is_null() || i["status"] == "ongoing").count();
    assert_eq!(all["total"]["unknown"], unknown);
    let groupings = all["groupings"].as_array().unwrap();
    assert_eq!(groupings.len(), 7);
    for grouping in groupings {
        let groups = grouping["groups"].as_array().unwrap();
        for field in ["incidents", "unknown", "downtime_min"] {
            assert_eq!(groups.iter().map(|g| g[field].as_u64().unwrap()).sum::<u64>(), all["total"][field].as_u64().unwrap());
        }
    }
    let year = stats(&["--since", "2022", "--until", "2022", "--by", "cause,hour", "--top", "2"]);
    assert_eq!(year["before_period"]["since"], "2021-01-01");
    assert!(year["before"]["incidents"].as_u64().unwrap() > 0);
    assert_eq!(year["groupings"].as_array().unwrap().len(), 2);
    assert_eq!(year["groupings"][0]["others"]["groups"].as_u64().map(|n| n > 0), Some(true));
    let talk = stats(&["--service", "카톡", "--by", "service"]);
    assert_eq!(talk["groupings"][0]["groups"][0]["key"], "kakaotalk");

    let table = run(&["stats", "--since", "2020", "--until", "2023"]).out;
    assert!(table.contains("against 2016-01-01 to 2019-12-31") && table.contains("카카오톡"), "{table}");
    assert!(!table.contains('\u{1b}') && !table.contains('█'), "{table}");
    let csv = run(&["stats", "--format", "csv", "--by", "weekday"]).out;
    assert_eq!(csv.lines().filter(|l| l.starts_with("weekday,")).count(), 8, "{csv}");
    assert!(run(&["stats", "--format", "md", "--by", "category"]).out.starts_with("| By |"));
}
