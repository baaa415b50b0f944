//! What a crawl does in a second, against a hundred hosts on loopback that answer at once and ask for no delay: pages through fetch, article,
//! extraction and store; and beside it the crawl alone, with a reader that only looks for the headline. `cargo bench --bench crawl`
//!
//! The pages hold the articles of `fixtures/gold/dev.jsonl`. The first bench has in it what `cargo bench --bench extraction` measures alone.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Html;
use divan::Bencher;
use divan::counter::ItemsCount;
use meoktong::article::{Article, Publishers, read_json_line};
use meoktong::config::{Config, CrawlConfig};
use meoktong::crawl::{Origin, PageHints, Pipeline, Source, crawl};
use meoktong::record::{ArticleRecords, Label};
use meoktong::store::Store;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const HOSTS: u8 = 100;
const PAGES: usize = 20;

fn main() {
    divan::main();
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap_or_else(|e| panic!("{e}")));

static READER: LazyLock<Arc<meoktong::Pipeline>> =
    LazyLock::new(|| Arc::new(meoktong::Pipeline::open(&Config::default()).unwrap_or_else(|e| panic!("{e}"))));

static ARTICLES: LazyLock<Vec<Article>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gold/dev.jsonl");
    let lines = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = lines.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(n, line)| read_json_line(line, n + 1, Publishers::built_in()).unwrap_or_else(|e| panic!("{e}"))).collect()
});

/// The hosts' feeds.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| RUNTIME.block_on(serve()));

async fn serve() -> Vec<Source> {
    let mut sources = Vec::new();
    for host in 0..HOSTS {
        let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2 + host), 0)).await.unwrap_or_else(|e| panic!("{e}"));
        let address = listener.local_addr().unwrap_or_else(|e| panic!("{e}"));
        let mut bodies = HashMap::new();
        let items: String = (0..PAGES).map(|n| format!("<item><title>t</title><link>/{n}</link></item>")).collect();
        bodies.insert("/feed".to_owned(), format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>"));
        for n in 0..PAGES {
            bodies.insert(format!("/{n}"), page(usize::from(host) * PAGES + n));
        }
        async fn answer(State(bodies): State<Arc<HashMap<String, String>>>, request: Request) -> (StatusCode, Html<String>) {
            match bodies.get(request.uri().path()) {
                Some(body) => (StatusCode::OK, Html(body.clone())),
                None => (StatusCode::NOT_FOUND, Html(String::new())),
            }
        }
        let router = Router::new().fallback(answer).with_state(Arc::new(bodies));
        tokio::spawn(async move { axum::serve(listener, router).await });
        sources.push(Source {
            publisher: Some("예시일보".into()),
            origin: Origin::Config,
            ..Source::feed(format!("bench-{host}"), format!("http://{address}/feed"))
        });
    }
    sources
}

fn page(n: usize) -> String {
    let article = &ARTICLES[n % ARTICLES.len()];
    let paragraphs: String = article.text.lines().map(|line| format!("<p>{line}</p>")).collect();
    let date = article.published_at.map(|m| m.to_string()).unwrap_or_default();
    format!(
        "<html lang=ko><head><meta charset=utf-8><title>{0}</title><meta property=article:published_time content='{date}'></head>\
         <body><header><nav><a href=/>처음</a></nav></header><article><h1>{0}</h1>{paragraphs}</article></body></html>",
        article.title
    )
}

/// Crawls all of it into a new database; gives that, so that its removal is not measured.
fn crawl_all(folder: TempDir, pipeline: Arc<dyn Pipeline>) -> TempDir {
    let config = CrawlConfig {
        delay: Duration::ZERO,
        allow_private: "127.0.0.0/8".parse().into_iter().collect(),
        user_agent: "meoktong/bench (+https://example.org)".into(),
        ..CrawlConfig::default()
    };
    let store = Store::open(&folder.path().join("m.db")).unwrap_or_else(|e| panic!("{e}"));
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let clock = Arc::new(jiff::Timestamp::now);
    let summary = RUNTIME.block_on(crawl(&config, SOURCES.clone(), store, pipeline, Arc::new(()), clock, stop));
    let summary = summary.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((summary.new, summary.failed.len()), (u64::from(HOSTS) * PAGES as u64, 0), "{:?}", summary.failed.first());
    folder
}

fn bench(bencher: Bencher, pipeline: Arc<dyn Pipeline>) {
    LazyLock::force(&SOURCES);
    bencher
        .counter(ItemsCount::new(usize::from(HOSTS) * PAGES))
        .with_inputs(|| tempfile::tempdir().unwrap_or_else(|e| panic!("{e}")))
        .bench_values(|folder| crawl_all(folder, pipeline.clone()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fetch_article_extraction_store(bencher: Bencher) {
    bench(bencher, READER.clone());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fetch_store(bencher: Bencher) {
    bench(bencher, Arc::new(Headline));
}

/// Takes the whole page for the text.
struct Headline;

impl Pipeline for Headline {
    fn version(&self) -> &str {
        "bench"
    }

    fn page(&self, bytes: &[u8], hints: PageHints) -> Result<(Article, ArticleRecords), String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let title = text.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).ok_or("no headline")?.to_owned();
        let article = Article {
            id: hints.final_url.to_string(),
            url: Some(hints.final_url.into()),
            canonical_url: None,
            publisher: hints.publisher,
            title: title.clone(),
            authors: Vec::new(),
            published_at: None,
            published_from: None,
            modified_at: None,
            text,
        };
        let records = ArticleRecords {
            id: article.id.clone(),
            url: article.url.clone(),
            title,
            publisher: article.publisher.clone(),
            published_at: None,
            label: Label::None,
            score: 0.0,
            outages: Vec::new(),
        };
        Ok((article, records))
    }

    fn line(&self, _: &[u8], number: usize) -> Result<(Article, ArticleRecords), String> {
        Err(format!("line {number}: a crawl reads no lines"))
    }
}
