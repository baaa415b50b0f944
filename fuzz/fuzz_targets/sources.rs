//! Any answer of a source of any kind: no panic, and what is found is on the web and bounded.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use meoktong::config::Config;
use meoktong::crawl::discover::{MAX_DEPTH, read};
use meoktong::crawl::feed::MAX_ENTRIES;
use meoktong::crawl::sitemap::MAX_SITEMAPS;
use meoktong::crawl::{Source, Sources};
use url::Url;

const SOURCES: &str = r#"
[[source]]
id = "feed"
url = "https://news.example.com/rss"
[[source]]
id = "sitemap"
kind = "sitemap"
url = "https://news.example.com/sitemap.xml"
[[source]]
id = "list"
kind = "list"
url = "https://news.example.com/it"
links = "li, a"
article_url = "[0-9]"
[[source]]
id = "google"
kind = "search"
engine = "google"
[[source]]
id = "naver"
kind = "search"
engine = "naver"
"#;

static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let config = Config::parse(SOURCES, Path::new("sources.toml")).expect("the text above is sound");
    let ids = ["feed", "sitemap", "list", "google", "naver"].map(str::to_owned);
    Sources::load(&config).and_then(|s| s.select(&ids)).expect("the text above is sound")
});

fuzz_target!(|data: (u8, bool, Option<&str>, &[u8])| {
    let (kind, robots, content_type, bytes) = data;
    let source = &ALL[usize::from(kind) % ALL.len()];
    let base = if robots { "https://news.example.com/robots.txt" } else { "https://news.example.com/at" };
    let base = Url::parse(base).expect("a URL");
    let Ok(found) = read(source, bytes, content_type, &base, usize::from(kind) % (MAX_DEPTH + 1)) else { return };
    assert!(found.entries.len() <= MAX_ENTRIES && found.more.len() <= MAX_SITEMAPS);
    for url in found.entries.iter().map(|e| &e.url).chain(found.more.iter().map(|m| &m.url)) {
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none(), "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    }
});
