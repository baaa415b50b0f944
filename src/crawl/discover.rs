//! What a source asks for, and what its answers hold: one way into the four kinds of sources.
//!
//! - [`requests`]: a source → what to ask the web for.
//! - [`read`]: an answer → articles, and for an index of sitemaps what to ask next.
//!
//! It promises: pure functions, which fetch nothing and read no clock; no input is a panic; everything is bounded, and what is left out is
//! counted; a key goes into a header and is never shown. Fetching, robots.txt, conditions and when is for the crawler.
//!
//! A sitemap's crawler follows [`Found::more`] with a `depth` one greater, and reads at most [`MAX_ANSWERS`] answers in one pass.
//!
//! ```
//! use meoktong::crawl::{Source, discover};
//!
//! let source = Source::feed("example", "https://news.example.com/rss");
//! let asked = discover::requests(&source, &[], &|_| None)?;
//! let answer = br#"<rss version="2.0"><channel><title>t</title><ttl>30</ttl><item><link>/1</link></item></channel></rss>"#;
//! let found = discover::read(&source, answer, Some("text/xml"), &asked[0].url, 0)?;
//! assert_eq!(found.entries[0].url.as_str(), "https://news.example.com/1");
//! assert_eq!(found.refresh.every, Some(std::time::Duration::from_secs(1800)));
//! # Ok::<(), discover::DiscoverError>(())
//! ```

use std::fmt;

use url::Url;

use super::feed::{self, Entry, FeedError};
use super::list::{self, ListError};
use super::schedule::Refresh;
use super::search::{self, SearchError};
use super::sitemap::{self, Child, SitemapError};
use super::sources::{Kind, Source};
use crate::config::check_url;

/// How deep an index of sitemaps may lead: robots.txt, an index, an index by year, its sitemaps.
pub const MAX_DEPTH: usize = 3;

/// How many answers one pass over a source reads: indexes that list indexes would else multiply.
pub const MAX_ANSWERS: usize = 100;

/// What to ask.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// Headers beside the crawler's own. They hold keys: they are for this request only, not for where it redirects to another host.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request").field("url", &self.url.as_str()).field("headers", &names).finish()
    }
}

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Articles.
    pub entries: Vec<Entry>,
    /// Sitemaps to read next, the newest first.
    pub more: Vec<Child>,
    /// How many articles or sitemaps were too many and are left out.
    pub cut: usize,
    /// What it says of how often it changes.
    pub refresh: Refresh,
}

/// Why a source cannot be asked, or an answer not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoverError {
    /// The source's URL is none.
    #[error("{0}")]
    Url(String),
    /// No feed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// No sitemap.
    #[error(transparent)]
    Sitemap(#[from] SitemapError),
    /// An index within an index within an index.
    #[error("the index of sitemaps leads deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// No list.
    #[error(transparent)]
    List(#[from] ListError),
    /// No search.
    #[error(transparent)]
    Search(#[from] SearchError),
}

/// What to ask for one pass over `source`. A search asks for its own queries, else for `words`; `env` reads a variable of the environment.
pub fn requests(source: &Source, words: &[String], env: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Request>, DiscoverError> {
    let url = check_url(&source.url).map_err(DiscoverError::Url)?;
    match &source.kind {
        Kind::Search(search) => Ok(search::requests(search, &url, words, env)?),
        Kind::Feed | Kind::Sitemap | Kind::List { .. } => Ok(vec![Request { url, headers: Vec::new() }]),
    }
}

/// Reads what `source` answered: `bytes` that came from `base`, where redirects ended, with the header `content_type`. `depth` is 0 for the
/// source itself and one more for each index of sitemaps that led there.
pub fn read(source: &Source, bytes: &[u8], content_type: Option<&str>, base: &Url, depth: usize) -> Result<Found, DiscoverError> {
    let of_feed = |feed: feed::Feed| Found { entries: feed.entries, more: Vec::new(), cut: feed.cut, refresh: feed.refresh };
    let mut found = match &source.kind {
        Kind::Feed => of_feed(feed::parse(bytes, content_type, base)?),
        Kind::Search(search) => of_feed(search::parse(search.engine, bytes, content_type, base)?),
        Kind::List { links } => {
            let list = list::parse(bytes, content_type, base, links)?;
            Found { entries: list.entries, cut: list.cut, ..Found::default() }
        }
        Kind::Sitemap => {
            let sitemap = sitemap::parse(bytes, content_type, base)?;
            if depth >= MAX_DEPTH && !sitemap.children.is_empty() {
                return Err(DiscoverError::TooDeep);
            }
            Found { entries: sitemap.entries, more: sitemap.children, cut: sitemap.cut, refresh: sitemap.refresh }
        }
    };
    if let Some(pattern) = &source.article_url {
        found.entries.retain(|e| pattern.is_match(e.url.as_str()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::crawl::Sources;

    fn source(keys: &str) -> Source {
        let text = format!("[[source]]\nid = \"mine\"\n{keys}");
        let sources =
            Sources::load(&Config::parse(&text, Path::new("m.toml")).unwrap_or_else(|e| panic!("{e}"))).unwrap_or_else(|e| panic!("{e}"));
        sources.select(&["mine".into()]).unwrap().remove(0)
    }

    fn asked(source: &Source) -> Vec<String> {
        let requests = requests(source, &["먹통".into()], &|name| Some(format!("value-of-{name}"))).unwrap_or_else(|e| panic!("{e}"));
        requests.iter().map(|r| r.url.to_string()).collect()
    }

    fn found(source: &Source, text: &str, depth: usize) -> Result<Found, DiscoverError> {
        read(source, text.as_bytes(), None, &Url::parse("https://news.example.com/at").unwrap(), depth)
    }

    #[test]
    fn each_kind_asks_and_reads() {
        let feed = source("url = \"https://news.example.com/rss\"\narticle_url = \"/a/[0-9]+$\"");
        assert_eq!(asked(&feed), ["https://news.example.com/rss"]);
        let rss = "<rss version=\"2.0\"><channel><title>t</title><ttl>15</ttl><item><link>/a/1</link></item><item><link>/ad/x</link></item></channel></rss>";
        let read = found(&feed, rss, 0).unwrap();
        assert_eq!(read.entries, [Entry::new(Url::parse("https://news.example.com/a/1").unwrap())], "what is no article goes");
        assert_eq!(read.refresh.every, Some(std::time::Duration::from_secs(900)));

        let sitemap = source("kind = \"sitemap\"\nurl = \"https://news.example.com/robots.txt\"");
        let index = "<sitemapindex><sitemap><loc>/s/1.xml</loc></sitemap></sitemapindex>";
        assert_eq!(found(&sitemap, index, 2).unwrap().more[0].url.path(), "/s/1.xml");
        assert_eq!(found(&sitemap, index, MAX_DEPTH), Err(DiscoverError::TooDeep));
        let leaf = found(&sitemap, "<urlset><url><loc>/a/1</loc></url></urlset>", MAX_DEPTH).unwrap();
        assert_eq!((leaf.entries.len(), leaf.more.len()), (1, 0));

        let list = source("kind = \"list\"\nurl = \"https://news.example.com/it\"\nlinks = \"li a\"");
        assert_eq!(found(&list, "<ul><li><a href=/a/1>가</a></ul><a href=/b>나</a>", 0).unwrap().entries.len(), 1);
        assert!(matches!(found(&list, rss, 0), Err(DiscoverError::List(_))));

        let google = source("kind = \"search\"\nengine = \"google\"");
        assert_eq!(asked(&google), ["https://news.google.com/rss/search?q=%EB%A8%B9%ED%86%B5+when%3A1d&hl=ko&gl=KR&ceid=KR%3Ako"]);
        assert_eq!(found(&google, rss, 0).unwrap().entries.len(), 2);

        let naver = source(
            "kind = \"search\"\nengine = \"naver\"\nurl = \"http://127.0.0.1:8080/news.json\"\nqueries = [\"접속 장애\"]\nkey_env = [\"ID\", \"SECRET\"]",
        );
        let request = &requests(&naver, &[], &|name| Some(format!("value-of-{name}"))).unwrap()[0];
        assert!(request.url.as_str().starts_with("http://127.0.0.1:8080/news.json?query="));
        assert_eq!(request.headers[1], ("X-Naver-Client-Secret".into(), "value-of-SECRET".into()));
        assert_eq!(found(&naver, r#"{"items": [{"link": "https://news.example.com/1"}]}"#, 0).unwrap().entries.len(), 1);
        let unset = requests(&naver, &[], &|_| None).unwrap_err();
        assert!(unset.to_string().contains("ID") && unset.to_string().contains("key_env"), "{unset}");
    }

    #[test]
    fn a_source_without_a_web_address_is_refused() {
        assert!(matches!(requests(&Source::feed("a", "file:///etc/passwd"), &[], &|_| None), Err(DiscoverError::Url(_))));
    }
}
