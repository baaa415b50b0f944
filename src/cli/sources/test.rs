//! `meoktong sources test`: what would be read of a page, and which of the many ways gave it.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use url::Url;

use crate::article::{Article, Explanation, Hints, InputKind, Publishers, explain_html, sniff};
use crate::cli::crawl::words;
use crate::cli::table::{self, one_line, shorten};
use crate::cli::{Global, printable};
use crate::config::{Config, check_url};
use crate::crawl::feed::Entry;
use crate::crawl::fetch::{Answer, Body, Fetcher, Limit, Validators};
use crate::crawl::politeness::Hosts;
use crate::crawl::robots::{self, Rules};
use crate::crawl::{Source, Sources, discover};
use crate::temporal::{KST, Moment};

/// More are a loop.
const MAX_REDIRECTS: usize = 8;

/// How much of a text is shown.
const BEGINNING: usize = 240;

/// How many things that were left out are shown.
const MOST_DROPPED: usize = 12;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong sources test https://news.example.com/article/1
  meoktong sources test page.html --url https://news.example.com/article/1
  meoktong sources test khan-all --limit 3

A URL and a source's pages are fetched as `crawl` would: robots.txt and the delay hold. Nothing is stored.
The exit status is 1 when a page gives no text.")]
pub(super) struct TestArgs {
    /// A source, a page's address, or a file with a page
    #[arg(value_name = "ID|URL|FILE")]
    input: String,
    /// The address that a file came from; its host chooses the rule [default: what the page names as its own]
    #[arg(long)]
    url: Option<String>,
    /// How many of a source's articles
    #[arg(long, value_name = "N", default_value_t = 1)]
    limit: usize,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
}

/// What came of the test.
#[derive(Serialize)]
struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceOutcome>,
    pages: Vec<PageOutcome>,
}

/// What a source's feed holds.
#[derive(Serialize)]
struct SourceOutcome {
    id: String,
    url: String,
    /// Where redirects led.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_url: Option<String>,
    /// Why there is nothing to say of its entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    entries: usize,
    titled: usize,
    dated: usize,
    newest: Option<Moment>,
    oldest: Option<Moment>,
}

/// What one page gives.
#[derive(Serialize)]
struct PageOutcome {
    input: String,
    /// Where redirects led.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<Article>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
}

impl PageOutcome {
    fn new(input: String, bytes: &[u8], hints: &Hints, publishers: &Publishers) -> PageOutcome {
        // The reader of pages would make something of these, too.
        match sniff(bytes) {
            InputKind::Json => return PageOutcome::failed(input, "this is JSON, not an article page".to_owned()),
            InputKind::Text if !bytes.contains(&b'<') => {
                return PageOutcome::failed(input, "this is plain text, not an article page".to_owned());
            }
            _ => {}
        }
        match explain_html(bytes, hints, publishers) {
            Ok((article, explanation)) => {
                PageOutcome { input, final_url: None, error: None, article: Some(article), explanation: Some(explanation) }
            }
            Err(error) => PageOutcome::failed(input, error.to_string()),
        }
    }

    fn failed(input: String, error: String) -> PageOutcome {
        PageOutcome { input, final_url: None, error: Some(error), article: None, explanation: None }
    }

    fn has_text(&self) -> bool {
        self.article.as_ref().is_some_and(|a| !a.text.is_empty())
    }
}

pub(super) fn run(global: &Global, args: TestArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let publishers = crate::pipeline::publishers(&config.dictionaries.extra)?;
    let outcome = if args.input.starts_with("http://") || args.input.starts_with("https://") {
        let polite = Polite::new(&config)?;
        let hints = Hints { url: args.url.clone(), ..Hints::default() };
        let page = block_on(polite.page(&args.input, hints, &publishers))?;
        Outcome { source: None, pages: vec![page] }
    } else if Path::new(&args.input).is_file() {
        let hints = Hints { url: args.url.clone(), ..Hints::default() };
        let bytes = read_file(&args.input, config.crawl.max_body)?;
        Outcome { source: None, pages: vec![PageOutcome::new(args.input.clone(), &bytes, &hints, &publishers)] }
    } else {
        let source = Sources::load(&config)?.select(std::slice::from_ref(&args.input));
        let Ok([source]) = source.as_deref() else {
            anyhow::bail!("`{}` is no source (`meoktong sources list` shows all), no http(s) address and no file", printable(&args.input));
        };
        let words = words(&config, std::slice::from_ref(source))?;
        block_on(test_source(&Polite::new(&config)?, source, &words, args.limit, &publishers))?
    };
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&outcome)?)?,
        Format::Table => show(&outcome, &mut out)?,
    }
    out.flush()?;
    let wanted = outcome.source.as_ref().is_none_or(|s| s.error.is_none() && (s.entries > 0 || args.limit == 0));
    Ok(u8::from(!wanted || !outcome.pages.iter().all(PageOutcome::has_text)))
}

fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work))
}

fn read_file(path: &str, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {path}"))?;
    file.take(most as u64 + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {path}"))?;
    if bytes.len() > most {
        anyhow::bail!("{path} is larger than {most} bytes, the most that is read of a page ([crawl] max_body)");
    }
    Ok(bytes)
}

async fn test_source(polite: &Polite, source: &Source, words: &[String], limit: usize, publishers: &Publishers) -> Outcome {
    let mut told = SourceOutcome {
        id: source.id.clone(),
        url: source.url.clone(),
        final_url: None,
        error: None,
        entries: 0,
        titled: 0,
        dated: 0,
        newest: None,
        oldest: None,
    };
    let entries = polite.list(source, words, &mut told.final_url).await.unwrap_or_else(|error| {
        told.error = Some(error);
        Vec::new()
    });
    let dates = || entries.iter().filter_map(|e| e.published_at);
    told.entries = entries.len();
    told.titled = entries.iter().filter(|e| e.title.is_some()).count();
    told.dated = dates().count();
    told.newest = dates().max_by_key(|d| d.unix_bounds());
    told.oldest = dates().min_by_key(|d| d.unix_bounds());
    let mut pages = Vec::new();
    for entry in entries.into_iter().take(limit) {
        let feed_publisher = entry.publisher.or_else(|| source.publisher.clone());
        let hints = Hints { feed_date: entry.published_at, feed_title: entry.title, feed_publisher, ..Hints::default() };
        pages.push(polite.page(entry.url.as_str(), hints, publishers).await);
    }
    Outcome { source: Some(told), pages }
}

/// Fetches as the crawl does: a turn and a delay for each host, robots.txt obeyed, for what redirects lead to as well.
struct Polite {
    fetcher: Fetcher,
    hosts: Hosts,
    user_agent: String,
    max_body: usize,
}

impl Polite {
    fn new(config: &Config) -> anyhow::Result<Polite> {
        let crawl = &config.crawl;
        let fetcher = Fetcher::new(crawl)?;
        Ok(Polite { fetcher, hosts: Hosts::new(crawl.delay), user_agent: crawl.user_agent.clone(), max_body: crawl.max_body })
    }

    async fn page(&self, url: &str, hints: Hints, publishers: &Publishers) -> PageOutcome {
        let (final_url, body) = match self.get(url).await {
            Ok(got) => got,
            Err(error) => return PageOutcome::failed(url.to_owned(), error),
        };
        let hints = Hints {
            url: Some(hints.url.clone().unwrap_or_else(|| final_url.to_string())),
            content_type: body.content_type,
            fetched_at: Some(Moment::minute(KST.to_datetime(jiff::Timestamp::now()))),
            ..hints
        };
        let mut outcome = PageOutcome::new(url.to_owned(), &body.bytes, &hints, publishers);
        outcome.final_url = (final_url.as_str() != url).then(|| final_url.to_string());
        outcome
    }

    /// What a source lists: the answer to its first question, or the first sitemap that an index leads to. Notes where redirects led.
    async fn list(&self, source: &Source, words: &[String], final_url: &mut Option<String>) -> Result<Vec<Entry>, String> {
        let asked = discover::requests(source, words, &|name| std::env::var(name).ok()).map_err(|e| e.to_string())?;
        let mut request = asked.into_iter().next().ok_or("there is nothing to ask")?;
        for depth in 0..=discover::MAX_DEPTH {
            let (url, body) = self.get_with(request.url.as_str(), &request.headers).await?;
            if depth == 0 {
                *final_url = (url != request.url).then(|| url.to_string());
            }
            let found =
                discover::read(source, &body.bytes, body.content_type.as_deref(), &url, depth).map_err(|e| format!("{url}: {e}"))?;
            match found.more.into_iter().next() {
                Some(child) if found.entries.is_empty() => request = discover::Request { url: child.url, headers: Vec::new() },
                _ => return Ok(found.entries),
            }
        }
        Err(discover::DiscoverError::TooDeep.to_string())
    }

    async fn get(&self, url: &str) -> Result<(Url, Body), String> {
        self.get_with(url, &[]).await
    }

    /// With headers that hold keys, and are for the host that is asked only.
    async fn get_with(&self, url: &str, headers: &[(String, String)]) -> Result<(Url, Body), String> {
        let mut at = check_url(url)?;
        let asked = at.origin();
        for _ in 0..=MAX_REDIRECTS {
            check_url(at.as_str())?;
            let host = self.hosts.of(&at);
            let rules = host.rules(async || Ok::<_, String>((self.robots(&at).await, Duration::ZERO))).await?;
            if let Rules::Closed(reason) = &*rules {
                return Err(format!("the host is left alone, since its robots.txt could not be read: {reason}"));
            }
            if !rules.allow(&at) {
                return Err(format!("robots.txt does not allow {at}"));
            }
            let headers = if at.origin() == asked { headers } else { &[] };
            match self.ask(&at, headers, Limit::Refuse(self.max_body)).await? {
                Answer::Body(body) => return Ok((at, body)),
                Answer::Redirect(target, _) => at = target,
                Answer::Status(head) => return Err(format!("the server answered {}", head.status)),
                Answer::NotModified(_) => return Err("the server answered 304 to a question without a condition".to_owned()),
            }
        }
        Err(format!("more than {MAX_REDIRECTS} redirects"))
    }

    async fn robots(&self, url: &Url) -> Rules {
        let Ok(mut at) = url.join("/robots.txt") else { return Rules::Closed("it has no address".to_owned()) };
        for _ in 0..=5 {
            match self.ask(&at, &[], Limit::Cut(robots::MAX_BYTES)).await {
                Ok(Answer::Body(body)) => return Rules::read(&body.bytes, &self.user_agent),
                Ok(Answer::Status(head)) => {
                    return Rules::of_status(head.status).unwrap_or_else(|| Rules::Closed(format!("status {}", head.status)));
                }
                Ok(Answer::Redirect(target, _)) => at = target,
                Ok(Answer::NotModified(_)) => return Rules::Closed("status 304".to_owned()),
                Err(reason) => return Rules::Closed(reason),
            }
        }
        Rules::Open
    }

    async fn ask(&self, url: &Url, headers: &[(String, String)], limit: Limit) -> Result<Answer, String> {
        let host = self.hosts.of(url);
        let _turn = host.turn().await;
        self.fetcher.get_with(url, headers, &Validators::default(), limit).await.map_err(|e| e.to_string())
    }
}

fn show(outcome: &Outcome, out: &mut dyn Write) -> std::io::Result<()> {
    if let Some(source) = &outcome.source {
        let mut rows = table::new(&["SOURCE", &one_line(&source.id)]);
        let mut row = |name: &str, value: String| {
            rows.add_row(vec![table::cell(name), table::cell(&value)]);
        };
        row("url", source.url.clone());
        if let Some(url) = &source.final_url {
            row("led to", url.clone());
        }
        match &source.error {
            Some(error) => row("error", error.clone()),
            None => {
                row("entries", format!("{}, {} with a title, {} with a date", source.entries, source.titled, source.dated));
                if source.newest.is_some() {
                    row("dates", format!("{} to {}", to_the_minute(source.oldest), to_the_minute(source.newest)));
                }
            }
        }
        writeln!(out, "{}", table::render(&rows))?;
    }
    for (i, page) in outcome.pages.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", page_table(page))?;
    }
    Ok(())
}

fn page_table(page: &PageOutcome) -> String {
    let mut rows = table::new(&["FIELD", "VALUE", "FROM"]);
    let mut row = |field: &str, value: &str, from: &str| {
        rows.add_row(vec![table::cell(field), table::cell(value), table::cell(from)]);
    };
    row("page", &page.input, "");
    if let Some(url) = &page.final_url {
        row("led to", url, "");
    }
    if let Some(error) = &page.error {
        row("error", error, "");
    }
    let (Some(article), Some(told)) = (&page.article, &page.explanation) else { return table::render(&rows) };
    let from = |origin: &Option<crate::article::Origin>| origin.as_ref().map(ToString::to_string).unwrap_or_default();
    row("rule", told.rule.as_deref().unwrap_or("none"), told.layout.as_ref().map(|l| format!("layout {l}")).as_deref().unwrap_or_default());
    let charset = &told.charset;
    let labels = match (charset.overruled, charset.labels.first()) {
        (true, Some(label)) => format!("{}; it calls itself {label}", charset.from.as_str()),
        _ => charset.from.as_str().to_owned(),
    };
    row("charset", charset.name, &labels);
    row("title", &article.title, &from(&told.title));
    row("publisher", article.publisher.as_deref().unwrap_or_default(), &from(&told.publisher));
    row("authors", &article.authors.join(", "), &from(&told.authors));
    for (name, taken, dates) in [("published", article.published_at, &told.published), ("modified", article.modified_at, &told.modified)] {
        let chosen = dates.iter().find(|d| d.chosen);
        row(name, &to_the_minute(taken), &chosen.map(|d| d.from.to_string()).unwrap_or_default());
        for other in dates.iter().filter(|d| !d.chosen) {
            let at = to_the_minute(Some(other.at));
            row(if at == to_the_minute(taken) { "  also" } else { "  not taken" }, &at, &other.from.to_string());
        }
    }
    let believed = told.urls.iter().find(|u| u.doubt.is_none());
    let from_url = || if article.url.is_some() { "url" } else { "" }.to_owned();
    row("canonical", article.canonical_url.as_deref().unwrap_or_default(), &believed.map_or_else(from_url, |u| u.from.to_string()));
    for (url, doubt) in told.urls.iter().filter_map(|u| Some((u, u.doubt?))) {
        row("  not believed", &url.url, &format!("{}: {doubt}", url.from));
    }
    if let Some(amp) = &told.amp_url {
        row("amp", amp, "link rel=amphtml");
    }
    let (letters, lines) = (article.text.chars().count(), article.text.lines().count());
    let length = if letters == 0 {
        "none".to_owned()
    } else {
        format!("{letters} characters, {lines} {}", if lines == 1 { "paragraph" } else { "paragraphs" })
    };
    row("body", &length, &from(&told.body));
    for dropped in told.dropped.iter().take(MOST_DROPPED) {
        row("  left out", &shorten(&one_line(&dropped.text), 60), &dropped.by);
    }
    if let Some(more) = told.dropped.len().checked_sub(MOST_DROPPED).filter(|n| *n > 0) {
        row("  left out", &format!("{more} more (--format json shows all)"), "");
    }
    let mut shown = table::render(&rows);
    if letters > 0 {
        // Below the table, where it has the whole width.
        shown += &format!("\n{}\n", shorten(&one_line(&article.text), BEGINNING));
    }
    shown
}

/// A time without the seconds that only feeds have.
fn to_the_minute(at: Option<Moment>) -> String {
    table::time(at).chars().take("2023-01-17 15:20".len()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse;
    use axum::routing::get;

    use super::*;

    const TEXT: &str = "예시톡이 17일 오후 2시부터 20분 동안 멈췄다고 운영사가 밝혔다. 이용자들은 메시지를 주고받지 못했다고 전했다. 회사는 네트워크 장비를 바꾸다 오류가 났다고 설명했다. 서비스는 모두 되살아났다고 덧붙였다.";

    /// A small news site on loopback; gives its address and what it was asked.
    async fn site() -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let page = format!(
            "<title>예시톡 먹통 - 예시신문</title><link rel=canonical href='/'><p>입력 2023.01.17 15:20</p><div id=articleBody>{TEXT}<br><br>홍길동 기자 a@example.com</div>"
        );
        let item = |path: &str| {
            format!("<item><title>예시톡 먹통</title><link>{base}{path}</link><pubDate>Tue, 17 Jan 2023 15:20:00 +0900</pubDate></item>")
        };
        let feed = format!(
            "<rss version='2.0'><channel><title>t</title>{}{}{}<item><link>{base}/news/empty</link></item></channel></rss>",
            item("/moved/1"),
            item("/private/2"),
            item("/news/gone")
        );
        let html = |body: String| move || async move { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body) };
        let app = Router::new()
            .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /private/" }))
            .route("/rss", get(|| async move { ([(header::CONTENT_TYPE, "text/xml")], feed) }))
            .route("/index.xml", get(|| async { "<sitemapindex><sitemap><loc>/map.xml</loc></sitemap></sitemapindex>" }))
            .route("/map.xml", get(|| async { "<urlset><url><loc>/news/20230117/1</loc></url></urlset>" }))
            .route("/list", get(html("<ul><li><a href=/news/20230117/1>예시톡이 멈췄다</a></ul>".to_owned())))
            .route("/moved/1", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/news/20230117/1")]) }))
            .route("/news/20230117/1", get(html(page)))
            .route("/news/empty", get(html("<html></html>".to_owned())))
            .fallback(|| async { StatusCode::GONE.into_response() })
            .layer(axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
                log.lock().unwrap().push(request.uri().path().to_owned());
                next.run(request)
            }));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (base, asked)
    }

    fn polite() -> Polite {
        let text = "[crawl]\nallow_private = [\"127.0.0.1\"]\ndelay = \"1ms\"";
        Polite::new(&Config::parse(text, Path::new("m.toml")).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_sources_first_articles_are_tested() {
        let (base, asked) = site().await;
        let toml = format!("[[source]]\nid = \"mine\"\nurl = \"{base}/rss\"\npublisher = \"예시신문\"");
        let sources = Sources::load(&Config::parse(&toml, Path::new("m.toml")).unwrap()).unwrap();
        let [source] = &sources.select(&["mine".to_owned()]).unwrap()[..] else { panic!("one source") };
        let outcome = test_source(&polite(), source, &[], 10, Publishers::built_in()).await;
        let told = outcome.source.as_ref().unwrap();
        assert_eq!((told.entries, told.titled, told.dated, told.error.as_deref()), (4, 3, 3, None));
        let errors: Vec<_> = outcome.pages.iter().map(|p| p.error.as_deref().unwrap_or("none")).collect();
        assert!(errors[1].contains("robots.txt does not allow"), "{errors:?}");
        assert!(errors[2].contains("410"), "{errors:?}");
        assert!(errors[3].contains("neither a headline nor a body"), "{errors:?}");
        let page = &outcome.pages[0];
        let article = page.article.as_ref().unwrap();
        assert_eq!((page.error.as_deref(), article.title.as_str(), article.text.as_str()), (None, "예시톡 먹통", TEXT));
        assert_eq!(article.canonical_url, Some(format!("{base}/news/20230117/1")), "it calls itself the front page");
        let asked = asked.lock().unwrap();
        assert_eq!(asked.iter().filter(|p| *p == "/robots.txt").count(), 1, "{asked:?}");
        assert!(!asked.iter().any(|p| p.starts_with("/private")), "{asked:?}");

        let mut shown = Vec::new();
        show(&outcome, &mut shown).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        for part in [
            "4, 3 with a title, 3 with a date",
            "2023-01-17 15:20 to 2023-01-17 15:20",
            "/news/20230117/1",
            "link rel=canonical: the front page",
            "visible behind its label",
            "116 characters, 1 paragraph",
            "홍길동 기자 a@example.com",
            "UTF-8",
            "예시톡이 17일",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let json = serde_json::to_value(&outcome).unwrap();
        assert_eq!(json["pages"][0]["explanation"]["published"][0]["from"]["by"], "visible");
        assert_eq!(json["pages"][0]["explanation"]["urls"][0]["doubt"], "the front page");
    }

    #[tokio::test]
    async fn sources_of_every_kind_are_tested() {
        let (base, _) = site().await;
        for keys in [
            format!("kind = \"sitemap\"\nurl = \"{base}/index.xml\""),
            format!("kind = \"list\"\nurl = \"{base}/list\"\nlinks = \"li a\""),
            format!("kind = \"search\"\nengine = \"google\"\nurl = \"{base}/rss\""),
        ] {
            let toml = format!("[[source]]\nid = \"mine\"\n{keys}");
            let sources = Sources::load(&Config::parse(&toml, Path::new("m.toml")).unwrap()).unwrap();
            let [source] = &sources.select(&["mine".to_owned()]).unwrap()[..] else { panic!("one source") };
            let outcome = test_source(&polite(), source, &["먹통".to_owned()], 1, Publishers::built_in()).await;
            assert_eq!(outcome.source.unwrap().error, None, "{keys}");
            assert!(outcome.pages[0].article.as_ref().is_some_and(|a| a.text == TEXT), "{keys}: {:?}", outcome.pages[0].error);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_reached_is_told() {
        let (base, _) = site().await;
        let none = Publishers::built_in();
        let page = polite().page(&format!("{base}/private/1"), Hints::default(), none).await;
        assert!(page.error.unwrap().contains("robots.txt"));
        let page = Polite::new(&Config::default()).unwrap().page(&format!("{base}/news/1"), Hints::default(), none).await;
        assert!(page.error.as_deref().unwrap().contains("private"), "{:?}", page.error);
        let page = polite().page("http://", Hints::default(), none).await;
        assert!(page.error.is_some() && !page.has_text());
    }

    #[test]
    fn a_file_is_read_by_the_rule_of_its_address() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/publishers/yna.html");
        let page = PageOutcome::new("yna.html".to_owned(), &read_file(path, 1 << 20).unwrap(), &Hints::default(), Publishers::built_in());
        let shown = page_table(&page);
        for part in ["연합뉴스", "rule .title-article01 .tit01", "rule .update-time@data-published-time", "left out", ".comp-box", "  also"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        for (bytes, error) in
            [("{\"text\": \"가\"}", "JSON"), ("메신저 먹통\n오늘 멈췄다.", "plain text"), ("", "empty"), ("%PDF-1.4", "PDF")]
        {
            let page = PageOutcome::new(String::new(), bytes.as_bytes(), &Hints::default(), Publishers::built_in());
            assert!(page.error.as_deref().is_some_and(|e| e.contains(error)) && !page.has_text(), "{error}: {:?}", page.error);
        }
        assert!(read_file(path, 10).unwrap_err().to_string().contains("larger than 10 bytes"));
    }
}
