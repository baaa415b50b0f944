//! How to read one publisher's pages, as data: `dictionaries/publishers.toml` and the user's own files.
//!
//! ```toml
//! [[publisher]]
//! name = "예시신문"
//! domain = "example.com"                     # or a list; subdomains belong to it
//! title = "h1.headline"                      # a CSS selector or a list, tried in order
//! body = ["#articleBody", ".article_view"]
//! published_at = "span.date@data-date-time"  # selector@attribute reads an attribute instead of the text
//! modified_at = "span.updated"
//! author = ".reporter .name"
//! publisher = "img.press@alt"                # only for portals: whose article it is
//! drop = [".ad", ".related"]                 # left out of the body
//! article_url = '/news/\d+'                  # which links are articles (a regular expression)
//! keep_params = ["id"]                       # the URL parameters that say which article it is; all others go
//! home = "www.example.com"                   # the main host: the bare domain and m., mobile., amp. before it are the same pages
//! # other forms of an address and their usual one; what the pattern leaves over stays
//! rewrite = [['^https?://m\.example\.com/v/(\d+).*', 'https://www.example.com/view/$1']]
//! ```
//!
//! A later file wins over an earlier one for the same domain, and the longer domain wins over the shorter.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use serde::Deserialize;
use serde_spanned::Spanned;

use super::metadata::squeeze;

const BUILT_IN: &str = include_str!("../../dictionaries/publishers.toml");

/// A publisher file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct PublisherError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A CSS selector and what to read of the element that it finds.
#[derive(Debug, Clone)]
pub struct Pick {
    pub(super) selector: Selector,
    attribute: Option<String>,
    text: String,
}

impl Pick {
    fn parse(rule: &str) -> Result<Pick, String> {
        let (selector, attribute) = match rule.rsplit_once('@') {
            Some((selector, name))
                if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':')) =>
            {
                (selector, Some(name.to_ascii_lowercase()))
            }
            _ => (rule, None),
        };
        let selector = Selector::parse(selector).map_err(|e| format!("`{rule}` is not a CSS selector: {e}"))?;
        Ok(Pick { selector, attribute, text: rule.to_owned() })
    }

    /// As the rule writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it finds, in the order of the page, without empty ones.
    pub(super) fn all<'a>(&'a self, page: &'a Html) -> impl Iterator<Item = String> + 'a {
        page.select(&self.selector).filter_map(|element| self.read(element))
    }

    fn read(&self, element: ElementRef) -> Option<String> {
        let text = match &self.attribute {
            Some(name) => element.attr(name)?.to_owned(),
            None => super::html::lines_of(element, &|_| false),
        };
        (!text.trim().is_empty()).then_some(text)
    }
}

/// How to read one publisher's pages.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// Its name, as readers know it.
    pub name: String,
    /// Its domains.
    pub domains: Vec<String>,
    pub(super) title: Vec<Pick>,
    pub(super) body: Vec<Pick>,
    pub(super) published_at: Vec<Pick>,
    pub(super) modified_at: Vec<Pick>,
    pub(super) author: Vec<Pick>,
    pub(super) publisher: Vec<Pick>,
    pub(super) drop: Vec<Selector>,
    /// Which of its URLs are articles.
    pub article_url: Option<Regex>,
    /// The URL parameters that say which article it is; `None` when nobody has said.
    pub keep_params: Option<Vec<String>>,
    /// The host that its pages are best known under.
    pub home: Option<String>,
    /// Other forms of its addresses, and what they become.
    pub rewrite: Vec<(Regex, String)>,
}

impl Publisher {
    /// The usual form of an address of its, where a rule rewrites it.
    pub(super) fn rewritten(&self, url: &str) -> Option<String> {
        self.rewrite.iter().find(|(pattern, _)| pattern.is_match(url)).map(|(pattern, to)| pattern.replace(url, to).into_owned())
    }
}

/// All publishers known by rule.
#[derive(Debug, Clone, Default)]
pub struct Publishers {
    publishers: Vec<Publisher>,
    by_domain: HashMap<String, usize>,
    /// Their names, squeezed.
    names: HashSet<String>,
}

impl Publishers {
    /// The publishers that the program knows.
    pub fn built_in() -> &'static Publishers {
        // The file is part of the program and tested: a mistake in it cannot reach a user.
        static PUBLISHERS: LazyLock<Publishers> = LazyLock::new(|| {
            Publishers::parse(&[("dictionaries/publishers.toml", BUILT_IN)]).expect("the built-in dictionaries/publishers.toml is tested")
        });
        &PUBLISHERS
    }

    /// The publishers that the program knows and those of the user's files (name, text).
    pub fn load(extra: &[(&str, &str)]) -> Result<Publishers, PublisherError> {
        let mut files = vec![("dictionaries/publishers.toml", BUILT_IN)];
        files.extend(extra);
        Publishers::parse(&files)
    }

    /// Only the publishers of the given files (name, text).
    pub fn parse(files: &[(&str, &str)]) -> Result<Publishers, PublisherError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            publisher: Vec<Entry>,
            // What `crate::dictionaries` reads of the same file.
            #[serde(default, rename = "service")]
            _service: serde::de::IgnoredAny,
            #[serde(default, rename = "symptom")]
            _symptom: serde::de::IgnoredAny,
            #[serde(default, rename = "homonym")]
            _homonym: serde::de::IgnoredAny,
            #[serde(default, rename = "cause")]
            _cause: serde::de::IgnoredAny,
            #[serde(default, rename = "cue")]
            _cue: serde::de::IgnoredAny,
        }
        let mut all = Publishers::default();
        for (file, text) in files {
            let parsed: File = toml::from_str(text).map_err(|e| PublisherError {
                file: (*file).to_owned(),
                line: e.span().map_or(1, |s| line_of(text, s.start)),
                message: e.message().to_owned(),
            })?;
            for entry in parsed.publisher {
                all.add(entry.compile(text, file)?);
            }
        }
        Ok(all)
    }

    fn add(&mut self, publisher: Publisher) {
        let index = self.publishers.len();
        for domain in &publisher.domains {
            self.by_domain.insert(domain.clone(), index);
        }
        self.names.insert(squeeze(&publisher.name));
        self.publishers.push(publisher);
    }

    /// Whether a publisher has this name, which must be squeezed.
    pub(super) fn knows_name(&self, squeezed: &str) -> bool {
        self.names.contains(squeezed)
    }

    /// Every publisher, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Publisher> {
        self.publishers.iter().enumerate().filter(|(i, p)| p.domains.iter().any(|d| self.by_domain.get(d) == Some(i))).map(|(_, p)| p)
    }

    /// The publisher of a host name.
    pub fn by_host(&self, host: &str) -> Option<&Publisher> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let mut domain = host.as_str();
        loop {
            if let Some(index) = self.by_domain.get(domain) {
                return self.publishers.get(*index);
            }
            domain = domain.split_once('.')?.1;
        }
    }

    /// The publisher of a URL.
    pub fn by_url(&self, url: &str) -> Option<&Publisher> {
        self.by_host(url::Url::parse(url).ok()?.host_str()?)
    }

    /// Whether a link is an article, as far as a rule says.
    pub fn is_article_url(&self, url: &str) -> Option<bool> {
        Some(self.by_url(url)?.article_url.as_ref()?.is_match(url))
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

type Field = Option<Spanned<OneOrMany>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    domain: Spanned<OneOrMany>,
    title: Field,
    body: Field,
    published_at: Field,
    modified_at: Field,
    author: Field,
    publisher: Field,
    drop: Field,
    article_url: Option<Spanned<String>>,
    keep_params: Option<Vec<String>>,
    home: Option<Spanned<String>>,
    #[serde(default)]
    rewrite: Vec<Spanned<(String, String)>>,
}

/// A `[[layout]]` of `dictionaries/pages.toml`: a publisher without domain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayoutEntry {
    name: String,
    title: Field,
    body: Field,
    published_at: Field,
    modified_at: Field,
    author: Field,
    drop: Field,
}

struct Compiler<'a> {
    text: &'a str,
    file: &'a str,
}

impl Compiler<'_> {
    fn error(&self, at: usize, message: String) -> PublisherError {
        PublisherError { file: self.file.to_owned(), line: line_of(self.text, at), message }
    }

    fn picks(&self, field: &Field) -> Result<Vec<Pick>, PublisherError> {
        let Some(field) = field else { return Ok(Vec::new()) };
        field.get_ref().list().iter().map(|s| Pick::parse(s).map_err(|m| self.error(field.span().start, m))).collect()
    }

    fn selectors(&self, field: &Field) -> Result<Vec<Selector>, PublisherError> {
        Ok(self.picks(field)?.into_iter().map(|p| p.selector).collect())
    }
}

impl Entry {
    fn compile(self, text: &str, file: &str) -> Result<Publisher, PublisherError> {
        let c = Compiler { text, file };
        let domains: Vec<String> =
            self.domain.get_ref().list().iter().map(|d| d.trim().trim_end_matches('.').to_ascii_lowercase()).collect();
        if domains.is_empty() || domains.iter().any(|d| d.is_empty() || d.contains(['/', ':', ' ', '*'])) {
            return Err(c.error(
                self.domain.span().start,
                "`domain` is a host name such as \"example.com\" (or a list), without scheme, port or path".to_owned(),
            ));
        }
        if self.name.get_ref().trim().is_empty() {
            return Err(c.error(self.name.span().start, "`name` is empty".to_owned()));
        }
        let article_url = self
            .article_url
            .map(|p| {
                Regex::new(p.get_ref()).map_err(|e| c.error(p.span().start, format!("`article_url` is not a regular expression: {e}")))
            })
            .transpose()?;
        if let Some(home) = &self.home
            && !domains.iter().any(|d| home.get_ref() == d || home.get_ref().ends_with(&format!(".{d}")))
        {
            return Err(c.error(home.span().start, "`home` is a host of the publisher's `domain`".to_owned()));
        }
        let rewrite = self.rewrite.iter().map(|entry| {
            let (pattern, to) = entry.get_ref();
            let pattern =
                Regex::new(pattern).map_err(|e| c.error(entry.span().start, format!("`rewrite` begins with a regular expression: {e}")))?;
            Ok((pattern, to.clone()))
        });
        Ok(Publisher {
            title: c.picks(&self.title)?,
            body: c.picks(&self.body)?,
            published_at: c.picks(&self.published_at)?,
            modified_at: c.picks(&self.modified_at)?,
            author: c.picks(&self.author)?,
            publisher: c.picks(&self.publisher)?,
            rewrite: rewrite.collect::<Result<_, _>>()?,
            home: self.home.as_ref().map(|h| h.get_ref().clone()),
            drop: c.selectors(&self.drop)?,
            name: self.name.into_inner(),
            domains,
            article_url,
            keep_params: self.keep_params,
        })
    }
}

impl LayoutEntry {
    pub(super) fn compile(self, text: &str, file: &str) -> Result<Publisher, PublisherError> {
        let c = Compiler { text, file };
        Ok(Publisher {
            title: c.picks(&self.title)?,
            body: c.picks(&self.body)?,
            published_at: c.picks(&self.published_at)?,
            modified_at: c.picks(&self.modified_at)?,
            author: c.picks(&self.author)?,
            publisher: Vec::new(),
            drop: c.selectors(&self.drop)?,
            name: self.name,
            domains: Vec::new(),
            article_url: None,
            keep_params: None,
            home: None,
            rewrite: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules_compile_and_are_found() {
        let publishers = Publishers::built_in();
        assert!(publishers.iter().count() >= 20);
        for publisher in publishers.iter() {
            assert!(!publisher.body.is_empty(), "{}", publisher.name);
            for domain in &publisher.domains {
                assert_eq!(publishers.by_host(domain).unwrap().name, publisher.name, "{domain} is listed twice");
            }
        }
        assert_eq!(publishers.by_url("https://n.news.naver.com/mnews/article/001/0012345678").unwrap().name, "네이버 뉴스");
        assert!(publishers.by_url("https://unknown.example.org/").is_none());
        assert!(publishers.by_url("not a url").is_none());
    }

    #[test]
    fn the_longer_domain_and_the_later_file_win() {
        let first = (
            "a.toml",
            "[[publisher]]\nname = '가'\ndomain = 'example.com'\nbody = 'p'\n[[publisher]]\nname = '나'\ndomain = ['it.example.com']\n",
        );
        let second = ("b.toml", "[[publisher]]\nname = '다'\ndomain = 'example.com'\narticle_url = '/news/\\d+$'\n");
        let publishers = Publishers::parse(&[first, second]).unwrap();
        let name = |host: &str| publishers.by_host(host).map(|p| p.name.as_str());
        assert_eq!(name("www.example.com"), Some("다"));
        assert_eq!(name("IT.example.com."), Some("나"));
        assert_eq!(name("m.it.example.com"), Some("나"));
        assert_eq!(name("notexample.com"), None);
        assert_eq!(publishers.is_article_url("https://example.com/news/12"), Some(true));
        assert_eq!(publishers.is_article_url("https://example.com/about"), Some(false));
        assert_eq!(publishers.is_article_url("https://it.example.com/about"), None);
        assert_eq!(publishers.iter().count(), 2);
    }

    #[test]
    fn errors_name_file_and_line() {
        for (text, line, part) in [
            ("[[publisher]]\nname = '가'\ndomain = 'example.com'\nbody = 'p[['\n", 4, "CSS selector"),
            ("[[publisher]]\nname = '가'\ndomain = 'https://example.com/'\n", 3, "host name"),
            ("[[publisher]]\nname = '가'\ndomain = 'example.com'\narticle_url = '('\n", 4, "regular expression"),
            ("[[publisher]]\nname = '가'\ndomain = 'example.com'\nboddy = 'p'\n", 4, "boddy"),
            ("[[publisher]]\nname = ''\ndomain = 'example.com'\n", 2, "empty"),
            ("[[publisher]]\nname = '가'\ndomain = 'example.com'\nhome = 'www.example.org'\n", 4, "`home`"),
            ("[[publisher]]\nname = '가'\ndomain = 'example.com'\nrewrite = [['(', 'x']]\n", 4, "`rewrite`"),
            ("\n[[publisher]\n", 2, ""),
        ] {
            let error = Publishers::parse(&[("my.toml", text)]).unwrap_err();
            assert_eq!((error.file.as_str(), error.line), ("my.toml", line), "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_pick_reads_text_or_attribute() {
        let page = super::super::html::parse("<span class=a data-date-time='2023'>가<b>나</b></span><span class=a> </span>");
        let read = |pick: &str| Pick::parse(pick).unwrap().all(&page).collect::<Vec<_>>();
        assert_eq!(read(".a"), ["가나"]);
        assert_eq!(read(".a@data-date-time"), ["2023"]);
        assert_eq!(read(".b"), Vec::<String>::new());
    }
}
