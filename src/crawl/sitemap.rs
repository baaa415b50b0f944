//! A sitemap's bytes → the articles it lists, or the sitemaps that an index lists.
//!
//! It reads `urlset` with the news extension, `sitemapindex`, both with gzip around them, a plain list of addresses, a feed that stands
//! where a sitemap should (the protocol allows it), and a robots.txt for the sitemaps that it names. It promises: bounded in size after decompression and in entries; of too many entries the
//! newest stay; what is not well-formed is an error that names the line. How deep an index may lead is for [`discover`](super::discover).

use std::collections::HashSet;
use std::io::Read;
use std::ops::ControlFlow;

use flate2::read::MultiGzDecoder;
use url::Url;

use super::feed::{self, Entry, FeedError, MAX_ENTRIES};
use super::schedule::Refresh;
use super::xml::{self, Node, XmlError};
use crate::temporal::Moment;

/// The largest sitemap after decompression: what the protocol allows.
pub const MAX_BYTES: usize = 50 << 20;

/// The most sitemaps of an index that are followed. An archive has one for each month since the paper began; only the newest tell news.
pub const MAX_SITEMAPS: usize = 50;

/// The most entries of one sitemap that are looked at: what the protocol allows.
const MAX_LISTED: usize = 50_000;

/// Addresses that are longer are no articles.
const MAX_URL: usize = 8 << 10;

/// A sitemap that an index lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Where it is.
    pub url: Url,
    /// When it changed last; one that has not changed since it was read need not be asked for.
    pub modified_at: Option<Moment>,
}

/// What a sitemap holds: entries, or children where it is an index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sitemap {
    /// In the sitemap's order, or the newest first where there were too many.
    pub entries: Vec<Entry>,
    /// The newest first; those without a date follow in the index's order.
    pub children: Vec<Child>,
    /// How many entries or children were too many.
    pub cut: usize,
    /// How often it says that it changes; only a feed does.
    pub refresh: Refresh,
}

/// Why bytes are no sitemap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SitemapError {
    /// The gzip around it is broken.
    #[error("the sitemap cannot be decompressed: {0}")]
    Gzip(String),
    /// It is larger than any sitemap may be.
    #[error("the sitemap is larger than {} MiB after decompression", MAX_BYTES >> 20)]
    TooLarge,
    /// It is something else.
    #[error("no sitemap: {0}")]
    Other(String),
    /// It is XML, but broken.
    #[error("the sitemap is broken: {0}")]
    Xml(#[from] XmlError),
    /// A line of a plain list is no address.
    #[error("no sitemap: line {0} of the list is no web address")]
    Line(usize),
    /// It is a feed that cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
}

/// Reads a sitemap that came from `base` with the header `content_type`.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<Sitemap, SitemapError> {
    let inflated;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        inflated = inflate(bytes)?;
        &inflated
    } else {
        bytes
    };
    if bytes.len() > MAX_BYTES {
        return Err(SitemapError::TooLarge);
    }
    let text = feed::decode(bytes, content_type);
    if base.path() == "/robots.txt" {
        return Ok(bounded(named_by_robots(&text, base)?));
    }
    let body = text.trim_start();
    if body.is_empty() {
        return Err(SitemapError::Other("it is empty".into()));
    }
    let sitemap = if body.starts_with('<') {
        let lines_before = text[..text.len() - body.len()].matches('\n').count();
        match tags(&feed::mend(body), base, lines_before)? {
            Some(sitemap) => sitemap,
            None => {
                let feed = feed::parse(bytes, content_type, base)?;
                Sitemap { entries: feed.entries, cut: feed.cut, refresh: feed.refresh, ..Sitemap::default() }
            }
        }
    } else {
        list(&text)?
    };
    Ok(bounded(sitemap))
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, SitemapError> {
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes).take(MAX_BYTES as u64 + 1).read_to_end(&mut out).map_err(|e| SitemapError::Gzip(e.to_string()))?;
    if out.len() > MAX_BYTES { Err(SitemapError::TooLarge) } else { Ok(out) }
}

/// Reads XML; none where it is a feed.
fn tags(text: &str, base: &Url, lines_before: usize) -> Result<Option<Sitemap>, SitemapError> {
    /// What an element `url` or `sitemap` has said so far.
    #[derive(Default)]
    struct Said {
        url: Option<Url>,
        modified_at: Option<Moment>,
        published_at: Option<Moment>,
        title: Option<String>,
        publisher: Option<String>,
    }
    let mut sitemap = Sitemap::default();
    let mut said = Said::default();
    let (mut other, mut is_feed, mut seen_root) = (None, false, false);
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let walked = xml::walk(text, |path, node| {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match (names.as_slice(), node) {
            ([root], Node::Open) => {
                seen_root = true;
                match *root {
                    "urlset" | "sitemapindex" => {}
                    "rss" | "RDF" | "feed" => is_feed = true,
                    root => other = Some(format!("it is <{}>, not <urlset> or <sitemapindex>", root.escape_debug())),
                }
                if is_feed || other.is_some() {
                    return ControlFlow::Break(());
                }
            }
            ([_, "url" | "sitemap"], Node::Open) => said = Said::default(),
            ([_, _, "loc"], Node::Close { text }) if text.len() <= MAX_URL => said.url = feed::article_url(base, text),
            ([_, _, "lastmod"], Node::Close { text }) => said.modified_at = feed::moment(text),
            ([_, _, "news", "publication_date"], Node::Close { text }) => said.published_at = feed::moment(text),
            ([_, _, "news", "title"], Node::Close { text }) => said.title = some(text),
            ([_, _, "news", "publication", "name"], Node::Close { text }) => said.publisher = some(text),
            (["urlset", "url"], Node::Close { .. }) => {
                let Said { url, modified_at, published_at, title, publisher } = std::mem::take(&mut said);
                let entry = url.map(|url| Entry { url, title, published_at, modified_at, publisher });
                add(&mut sitemap.entries, &mut sitemap.cut, entry);
            }
            (["sitemapindex", "sitemap"], Node::Close { .. }) => {
                let Said { url, modified_at, .. } = std::mem::take(&mut said);
                add(&mut sitemap.children, &mut sitemap.cut, url.map(|url| Child { url, modified_at }));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if let Some(other) = other {
        return Err(SitemapError::Other(other));
    }
    if is_feed {
        return Ok(None);
    }
    walked.map_err(|e| e.moved_down(lines_before))?;
    if !seen_root {
        return Err(SitemapError::Other("it holds no element".into()));
    }
    Ok(Some(sitemap))
}

fn add<T>(to: &mut Vec<T>, cut: &mut usize, new: Option<T>) {
    match new {
        Some(_) if to.len() == MAX_LISTED => *cut += 1,
        new => to.extend(new),
    }
}

/// Reads a plain list, one address a line.
fn list(text: &str) -> Result<Sitemap, SitemapError> {
    let mut sitemap = Sitemap::default();
    for (number, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        // Relative to nothing: a line of prose is not to become an address.
        let url = (line.len() <= MAX_URL).then(|| Url::parse(line).ok()).flatten();
        let url = url.and_then(feed::web_url).ok_or(SitemapError::Line(number + 1))?;
        add(&mut sitemap.entries, &mut sitemap.cut, Some(Entry::new(url)));
    }
    Ok(sitemap)
}

/// The lines `Sitemap: URL` of a robots.txt.
fn named_by_robots(text: &str, base: &Url) -> Result<Sitemap, SitemapError> {
    let (mut sitemap, mut seen) = (Sitemap::default(), HashSet::new());
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.split_once('#').map_or(value, |(value, _)| value).trim();
        if key.trim().eq_ignore_ascii_case("sitemap") && !value.is_empty() && value.len() <= MAX_URL {
            let child = feed::article_url(base, value).map(|url| Child { url, modified_at: None });
            add(&mut sitemap.children, &mut sitemap.cut, child.filter(|c| seen.insert(c.url.clone())));
        }
    }
    if sitemap.children.is_empty() { Err(SitemapError::Other("this robots.txt names none".into())) } else { Ok(sitemap) }
}

/// Only the newest, where there are too many.
fn bounded(mut sitemap: Sitemap) -> Sitemap {
    // Without a date nothing is known to be new.
    let newest = |at: Option<Moment>| std::cmp::Reverse(at.map(|m| m.unix_bounds().0));
    if sitemap.entries.len() > MAX_ENTRIES {
        sitemap.cut += sitemap.entries.len() - MAX_ENTRIES;
        sitemap.entries.sort_by_key(|e| newest(e.published_at.max(e.modified_at)));
        sitemap.entries.truncate(MAX_ENTRIES);
    }
    sitemap.children.sort_by_key(|c| newest(c.modified_at));
    sitemap.cut += sitemap.children.len().saturating_sub(MAX_SITEMAPS);
    sitemap.children.truncate(MAX_SITEMAPS);
    sitemap
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn base() -> Url {
        Url::parse("https://news.example.com/sitemap.xml").unwrap()
    }

    fn read(text: &str) -> Result<Sitemap, SitemapError> {
        parse(text.as_bytes(), Some("application/xml"), &base())
    }

    fn urlset(urls: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
             xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\" xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">{urls}</urlset>"
        )
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn urls(sitemap: &Sitemap) -> Vec<&str> {
        sitemap.entries.iter().map(|e| e.url.as_str()).collect()
    }

    #[test]
    fn a_news_sitemap() {
        let text = urlset(
            "\n<url><loc> https://news.example.com/a/1?x=1&amp;y=2#c </loc><lastmod>2023-05-15T13:00:00+09:00</lastmod>\
             <image:image><image:loc>https://img.example.com/1.jpg</image:loc><image:title>사진</image:title></image:image>\
             <news:news><news:publication><news:name>예시일보</news:name><news:language>ko</news:language></news:publication>\
             <news:publication_date>2023-05-15T03:10:00Z</news:publication_date><news:title><![CDATA[가톡 & 나톡 먹통]]></news:title></news:news></url>\
             <url><loc>/b/2</loc><lastmod>2023-05-08</lastmod></url><url><loc>https://news.example.com/c?a=1&b=2</loc><lastmod>soon</lastmod></url>",
        );
        let moment = |m: &str| m.parse().ok();
        let url = |u: &str| Url::parse(u).unwrap();
        let expected = [
            Entry {
                url: url("https://news.example.com/a/1?x=1&y=2"),
                title: Some("가톡 & 나톡 먹통".into()),
                published_at: moment("2023-05-15T12:10:00"),
                modified_at: moment("2023-05-15T13:00:00"),
                publisher: Some("예시일보".into()),
            },
            Entry { modified_at: moment("2023-05-08"), ..Entry::new(url("https://news.example.com/b/2")) },
            Entry::new(url("https://news.example.com/c?a=1&b=2")),
        ];
        assert_eq!(read(&text).unwrap().entries, expected);
        assert_eq!(parse(&gzip(text.as_bytes()), Some("application/gzip"), &base()).unwrap().entries, expected);
        let korean = text.replace("UTF-8", "euc-kr");
        assert_eq!(parse(&encoding_rs::EUC_KR.encode(&korean).0, None, &base()).unwrap().entries, expected);
    }

    #[test]
    fn an_index_lists_the_newest_first() {
        let text = "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><sitemap><loc>https://news.example.com/s/none.xml</loc></sitemap>\
            <sitemap><loc>https://news.example.com/s/2022.xml.gz</loc><lastmod>2022-12-31</lastmod></sitemap>\
            <sitemap><loc>https://news.example.com/s/2023.xml.gz</loc><lastmod>2023-05-15T12:10:00+09:00</lastmod></sitemap></sitemapindex>";
        let sitemap = read(text).unwrap();
        let children: Vec<&str> = sitemap.children.iter().map(|c| c.url.path()).collect();
        assert_eq!(children, ["/s/2023.xml.gz", "/s/2022.xml.gz", "/s/none.xml"]);
        assert_eq!((sitemap.entries.len(), sitemap.children[1].modified_at), (0, "2022-12-31".parse().ok()));
    }

    #[test]
    fn an_archive_is_cut_to_its_newest() {
        let index: String = (0..400)
            .map(|n| format!("<sitemap><loc>/s/{n}</loc><lastmod>{}-{:02}</lastmod></sitemap>", 1990 + n / 12, n % 12 + 1))
            .collect();
        let sitemap = read(&format!("<sitemapindex>{index}</sitemapindex>")).unwrap();
        assert_eq!((sitemap.children.len(), sitemap.cut), (MAX_SITEMAPS, 400 - MAX_SITEMAPS));
        assert_eq!(sitemap.children[0].url.path(), "/s/399");

        let days: String = (0..MAX_ENTRIES + 2)
            .map(|n| format!("<url><loc>/{n}</loc><lastmod>2023-05-15T{:02}:{:02}:{:02}Z</lastmod></url>", n / 3600, n / 60 % 60, n % 60))
            .collect();
        let sitemap = read(&urlset(&days)).unwrap();
        assert_eq!((sitemap.entries.len(), sitemap.cut), (MAX_ENTRIES, 2));
        assert_eq!(sitemap.entries[0].url.path(), format!("/{}", MAX_ENTRIES + 1), "the newest stay, wherever they stood");

        let endless = "<url><loc>/a</loc></url>".repeat(MAX_LISTED + 10);
        let sitemap = read(&urlset(&endless)).unwrap();
        assert_eq!((sitemap.entries.len(), sitemap.cut), (MAX_ENTRIES, MAX_LISTED + 10 - MAX_ENTRIES));
    }

    #[test]
    fn only_addresses_of_the_web() {
        let text = urlset(
            "<url><loc>ftp://news.example.com/1</loc></url><url><loc>javascript:alert(1)</loc></url><url><loc>file:///etc/passwd</loc></url>\
             <url><loc></loc></url><url><lastmod>2023</lastmod></url><url><loc>http://user:secret@news.example.com/ok</loc></url>",
        );
        assert_eq!(urls(&read(&text).unwrap()), ["http://news.example.com/ok"]);
        let long = urlset(&format!("<url><loc>/{}</loc></url>", "a".repeat(MAX_URL)));
        assert!(read(&long).unwrap().entries.is_empty());
    }

    #[test]
    fn a_plain_list() {
        let list = "\u{feff}https://news.example.com/1\r\n\r\n  http://news.example.com/2#x  \n";
        assert_eq!(urls(&read(list).unwrap()), ["https://news.example.com/1", "http://news.example.com/2"]);
        assert_eq!(read("https://news.example.com/1\n\n없는 페이지입니다\n"), Err(SitemapError::Line(3)));
    }

    #[test]
    fn a_feed_in_its_place() {
        let rss = "<rss version=\"2.0\"><channel><title>t</title><ttl>30</ttl><item><link>https://news.example.com/1</link></item></channel></rss>";
        let sitemap = read(rss).unwrap();
        assert_eq!(urls(&sitemap), ["https://news.example.com/1"]);
        assert_eq!(sitemap.refresh.every, Some(std::time::Duration::from_secs(1800)));
        assert!(matches!(read("<rss><channel>"), Err(SitemapError::Feed(_))));
    }

    #[test]
    fn robots_txt_names_sitemaps() {
        let robots = Url::parse("https://news.example.com/robots.txt").unwrap();
        let text = "User-agent: *\nDisallow: /search\nsitemap : https://news.example.com/news.xml # now\nSitemap: /all.xml\r\nSITEMAP: /all.xml\nSitemap:\nSitemap: ftp://x/y\n";
        let sitemap = parse(text.as_bytes(), Some("text/plain"), &robots).unwrap();
        let children: Vec<&str> = sitemap.children.iter().map(|c| c.url.as_str()).collect();
        assert_eq!(children, ["https://news.example.com/news.xml", "https://news.example.com/all.xml"]);
        assert!(parse(b"User-agent: *\nDisallow: /\n", None, &robots).unwrap_err().to_string().contains("names none"));
    }

    #[test]
    fn what_is_no_sitemap_is_refused_with_the_line() {
        for (text, parts) in [
            ("", &["empty"][..]),
            ("<!doctype html><html><body>404</body></html>", &["<html>"]),
            ("<!-- nothing -->", &["no element"]),
            ("<?xml version=\"1.0\"?>\n<urlset>\n<url><loc>https://a.example.com/1</loc>\n</urlset>", &["line 4", "</url"]),
            ("\n\n<urlset>\n<url><loc>https://a.example.com/1</loc></url>\n", &["line 5", "breaks off"]),
            ("{\"urls\": []}", &["line 1"]),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(parts.iter().all(|p| error.contains(p)), "{text}: {error}");
        }
        assert!(matches!(parse(&gzip(b"<urlset/>")[..12], None, &base()), Err(SitemapError::Gzip(_))));
        assert!(matches!(parse(b"\x1f\x8bno", None, &base()), Err(SitemapError::Gzip(_))));
    }

    #[test]
    fn bombs_do_no_harm() {
        let bomb = gzip(&vec![b' '; MAX_BYTES + 1]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(parse(&bomb, None, &base()), Err(SitemapError::TooLarge));
        let laughs =
            "<!DOCTYPE urlset [<!ENTITY a \"https://a.example.com/\"><!ENTITY b \"&a;&a;&a;\">]><urlset><url><loc>&b;</loc></url></urlset>";
        // The entity is no text; what is left is an odd address, not an expansion.
        assert!(urls(&read(laughs).unwrap()).iter().all(|u| u.contains("&b;")));
        assert!(matches!(read(&format!("<urlset>{}", "<url>".repeat(100_000))), Err(SitemapError::Xml(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_input_is_a_panic(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            xml in "(<urlset>|</urlset>|<url>|</url>|<loc>|</loc>|<sitemapindex>|<sitemap>|<lastmod>|<news:news>|&|;|&#|<!\\[CDATA\\[|\\]\\]>|<!DOCTYPE|<\\?|https://|먹통|[a-z <>\n]){0,40}",
        ) {
            let _ = parse(&bytes, None, &base());
            let _ = parse(&gzip(&bytes), None, &base());
            let _ = read(&xml);
            let _ = read(&format!("<urlset>{xml}</urlset>"));
            let _ = parse(xml.as_bytes(), None, &base().join("/robots.txt").unwrap());
        }

        #[test]
        fn what_is_listed_is_read(paths in proptest::collection::vec("[a-z0-9가-힣&?=/%~.-]{0,30}", 0..20), form in 0..3) {
            let listed: Vec<Url> = paths.iter().map(|p| Url::parse("https://news.example.com/").unwrap().join(&format!("/n/{p}")).unwrap()).collect();
            let escaped = |u: &Url| u.as_str().replace('&', "&amp;");
            let bytes = match form {
                0 => urlset(&listed.iter().map(|u| format!("<url><loc>{}</loc></url>", escaped(u))).collect::<String>()).into_bytes(),
                1 => gzip(urlset(&listed.iter().map(|u| format!("<url>\n<loc><![CDATA[{u}]]></loc>\n</url>")).collect::<String>()).as_bytes()),
                _ => format!("https://news.example.com/\n{}", listed.iter().map(|u| format!("{u}\n")).collect::<String>()).into_bytes(),
            };
            let sitemap = parse(&bytes, None, &base()).unwrap();
            let read: Vec<&Url> = sitemap.entries.iter().map(|e| &e.url).skip(usize::from(form == 2)).collect();
            proptest::prop_assert_eq!(read, listed.iter().collect::<Vec<_>>());
        }
    }
}
