//! A page that lists articles → the links on it that a CSS selector picks.
//!
//! It promises: the page's order; each address once, with the first text that links to it as its headline; a page on which the selector finds
//! no link is an error, since that is how a rebuilt site shows.

use std::collections::HashMap;

use scraper::{ElementRef, Selector};
use url::Url;

use super::feed::{self, Entry, MAX_ENTRIES};
use crate::article;
use crate::config::Css;

/// What a page lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// In the page's order.
    pub entries: Vec<Entry>,
    /// How many were left out behind [`MAX_ENTRIES`].
    pub cut: usize,
}

/// Why a page lists nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is no page.
    #[error("no page could be read from it: {0}")]
    Page(String),
    /// The selector finds no link.
    #[error("the page has no link where `links = \"{0}\"` looks: was it rebuilt?")]
    NoLinks(String),
}

/// Reads a page that came from `base` with the header `content_type`. What `links` picks is a link, or holds links.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url, links: &Css) -> Result<List, ListError> {
    let text = article::decode(bytes, content_type).map_err(|e| ListError::Page(e.to_string()))?.text;
    let page = article::parse_html(&text);
    // Fixed selectors: they parse.
    let (Ok(with_base), Ok(anchor)) = (Selector::parse("base[href]"), Selector::parse("a[href], area[href]")) else {
        return Err(ListError::NoLinks(links.to_string()));
    };
    let declared = page.select(&with_base).next().and_then(|b| base.join(b.attr("href")?.trim()).ok());
    let base = declared.as_ref().unwrap_or(base);
    let mut list = List::default();
    let mut known: HashMap<Url, usize> = HashMap::new();
    let mut found = false;
    let mut add = |link: ElementRef| {
        let Some(href) = link.attr("href") else { return };
        found = true;
        let Some(url) = feed::article_url(base, href) else { return };
        let at = match known.get(&url) {
            Some(at) => *at,
            None if list.entries.len() == MAX_ENTRIES => return list.cut += 1,
            None => {
                known.insert(url.clone(), list.entries.len());
                list.entries.push(Entry::new(url));
                list.entries.len() - 1
            }
        };
        let entry = &mut list.entries[at];
        // The picture beside a headline leads to the same article, and has no text.
        if entry.title.is_none() {
            entry.title = headline(link);
        }
    };
    for picked in page.select(links.selector()) {
        if matches!(picked.value().name(), "a" | "area") {
            add(picked);
        } else {
            picked.select(&anchor).for_each(&mut add);
        }
    }
    if found { Ok(list) } else { Err(ListError::NoLinks(links.to_string())) }
}

fn headline(link: ElementRef) -> Option<String> {
    let text: String = link.text().collect();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str, links: &str) -> Result<List, ListError> {
        parse(
            page.as_bytes(),
            Some("text/html; charset=utf-8"),
            &Url::parse("https://news.example.com/it/list").unwrap(),
            &links.parse().unwrap(),
        )
    }

    fn shown(list: &List) -> Vec<(&str, Option<&str>)> {
        list.entries.iter().map(|e| (e.url.as_str(), e.title.as_deref())).collect()
    }

    const PAGE: &str = "<!doctype html><title>목록</title><nav><a href='/about'>회사</a></nav><ul>\
        <li><a href='/a/1#photo'><img src=x></a> <a class=t href='/a/1'>가톡 \n <b>먹통</b></a>\
        <li><a class=t href='../b/2?x=1&amp;y=2'>나톡 접속 장애</a>\
        <li><a class=t href='https://other.example.com/3'>다톡</a>\
        <li><a class=t href='#top'>위로</a><a class=t href='javascript:go(4)'>열기</a><a class=t href='mailto:a@example.com'>제보</a>\
        <li><a class=t href='/a/1'>다시</a></ul>";

    #[test]
    fn links_in_order_each_once() {
        let expected = [
            ("https://news.example.com/a/1", Some("가톡 먹통")),
            ("https://news.example.com/b/2?x=1&y=2", Some("나톡 접속 장애")),
            ("https://other.example.com/3", Some("다톡")),
        ];
        assert_eq!(shown(&read(PAGE, "a.t").unwrap()), expected);
        assert_eq!(shown(&read(PAGE, "li").unwrap()), expected, "what holds links will do");
    }

    #[test]
    fn base_href_counts() {
        let page = "<base href='https://m.example.com/section/'><a href='1'>가</a>";
        assert_eq!(shown(&read(page, "a").unwrap()), [("https://m.example.com/section/1", Some("가"))]);
    }

    #[test]
    fn an_old_encoding_is_read() {
        let page = "<meta charset=euc-kr><p><a href=/1>뷁톡 접속 장애가 이어지고 있다는 제보가 잇따랐다</a></p>";
        let bytes = encoding_rs::EUC_KR.encode(page).0;
        let list = parse(&bytes, Some("text/html"), &Url::parse("https://a.example.com/").unwrap(), &"a".parse().unwrap()).unwrap();
        assert_eq!(shown(&list), [("https://a.example.com/1", Some("뷁톡 접속 장애가 이어지고 있다는 제보가 잇따랐다"))]);
    }

    #[test]
    fn a_page_without_such_links_is_an_error() {
        let error = read(PAGE, "div.headline a").unwrap_err();
        assert!(error.to_string().contains("div.headline a"), "{error}");
        assert!(read("", "a").is_err());
        assert!(matches!(
            parse(b"%PDF-1.7 \0\x01", None, &Url::parse("https://a.example.com/").unwrap(), &"a".parse().unwrap()),
            Err(ListError::Page(_))
        ));
    }

    #[test]
    fn a_huge_list_is_cut_and_says_so() {
        let page: String = (0..MAX_ENTRIES + 3).map(|n| format!("<a href=/{n}>{n}</a>")).collect();
        let list = read(&page, "a").unwrap();
        assert_eq!((list.entries.len(), list.cut), (MAX_ENTRIES, 3));
    }

    proptest::proptest! {
        #[test]
        fn no_input_is_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), html in "(<a href=|<base href=|</a>|<li>|'|\"|>|#|//|https://|먹통|[a-z:/ ]){0,30}") {
            let base = Url::parse("https://a.example.com/").unwrap();
            let _ = parse(&bytes, None, &base, &"a".parse().unwrap());
            let _ = parse(html.as_bytes(), None, &base, &"li, a".parse().unwrap());
        }
    }
}
