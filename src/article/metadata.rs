//! A page's headline, publisher, authors, dates and own URL.
//!
//! Every field has many sources on a page, and they disagree. Each is asked in an order of trust: the publisher's rule, JSON-LD, `<meta>`,
//! microdata and `<time>`, the layout's rule, what a reader sees. Dates are also checked against each other.
//!
//! Left to others: the body ([`body`](super::body)); dates from the URL, the feed and the clock ([`input`](super::input)).

use std::sync::LazyLock;

use jiff::ToSpan;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};

use super::dates::{self, FoundDate};
use super::html::lines_of;
use super::normalize::normalize_line;
use super::publisher::{Pick, Publisher};
use super::structured::LinkedArticle;
use super::words::words;
use crate::temporal::{Moment, Precision};

/// What is asked for the fields, best first.
pub(super) struct Sources<'a> {
    pub page: &'a Html,
    /// All lines of the page.
    pub lines: &'a str,
    pub url: Option<&'a str>,
    pub rule: Option<&'a Publisher>,
    pub layout: Option<&'a Publisher>,
    pub linked: Option<&'a LinkedArticle>,
    pub fetched_at: Option<Moment>,
}

/// What a page says of itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Metadata {
    pub title: String,
    pub title_from: &'static str,
    pub publisher: Option<String>,
    pub authors: Vec<String>,
    pub published_at: Option<Moment>,
    pub published_by: Option<&'static str>,
    pub modified_at: Option<Moment>,
    pub canonical_url: Option<String>,
}

static META: LazyLock<Selector> = LazyLock::new(|| Selector::parse("meta[content]").expect("a tested selector"));
static H1: LazyLock<Selector> = LazyLock::new(|| Selector::parse("h1").expect("a tested selector"));
static TITLE: LazyLock<Selector> = LazyLock::new(|| Selector::parse("head > title, title").expect("a tested selector"));
static CANONICAL: LazyLock<Selector> = LazyLock::new(|| Selector::parse("link[rel~='canonical'][href]").expect("a tested selector"));
static TIME: LazyLock<Selector> = LazyLock::new(|| {
    Selector::parse("time[itemprop='datePublished'], time[pubdate], article time, main time, time[datetime]").expect("a tested selector")
});

/// The `<meta>` elements of a page, by lower-case name.
struct Metas(Vec<(String, String)>);

impl Metas {
    fn of(page: &Html) -> Metas {
        let read = |e: ElementRef| {
            let content = e.attr("content")?.trim();
            let name = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|a| e.attr(a))?;
            (!content.is_empty()).then(|| (name.trim().to_ascii_lowercase(), content.to_owned()))
        };
        Metas(page.select(&META).take(2000).filter_map(read).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, c)| c.as_str())
    }

    fn all<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a str> {
        names.iter().filter_map(|n| self.get(n))
    }
}

/// The titles that a page shows, before it is known which is the headline; JSON-LD is matched against them.
pub(super) fn shown_titles(page: &Html) -> Vec<String> {
    let metas = Metas::of(page);
    let mut titles: Vec<String> = metas.all(&words().title_meta).map(normalize_line).collect();
    titles.extend(page.select(&TITLE).take(1).map(text_of));
    titles.extend(page.select(&H1).take(8).map(text_of));
    titles
}

fn text_of(element: ElementRef) -> String {
    // `<title>` shows nothing in the page, so it has no lines.
    normalize_line(&if element.value().name() == "title" { element.text().collect() } else { lines_of(element, &|_| false) })
}

pub(super) fn read(sources: &Sources) -> Metadata {
    let metas = Metas::of(sources.page);
    let publisher = publisher(sources, &metas);
    let (title, title_from) = title(sources, &metas, publisher.as_deref());
    let (published_at, published_by) = match choose(published(sources, &metas, &title)) {
        Some((at, by)) => (Some(at), Some(by)),
        None => (None, None),
    };
    let modified_at = choose(modified(sources, &metas))
        .map(|(at, _)| at)
        // Publishing systems fill it in at once: then nothing was changed.
        .filter(|m| published_at.is_none_or(|p| m.unix_bounds().1 > p.unix_bounds().1));
    Metadata {
        authors: authors(sources, &metas, publisher.as_deref()),
        canonical_url: canonical_url(sources, &metas),
        title,
        title_from,
        publisher,
        published_at,
        published_by,
        modified_at,
    }
}

fn picked(picks: Option<&[Pick]>, page: &Html) -> Option<String> {
    picks?.iter().find_map(|p| p.all(page).next())
}

fn publisher(sources: &Sources, metas: &Metas) -> Option<String> {
    let portal = sources.rule.is_some_and(|r| !r.publisher.is_empty());
    let given = picked(sources.rule.map(|r| r.publisher.as_slice()), sources.page);
    let known = sources.rule.filter(|_| !portal).map(|r| r.name.clone());
    let linked = sources.linked.and_then(|l| l.publisher.clone());
    // A publisher that a rule knows has one name, whatever its pages call it.
    let name = given
        .or(known)
        .or(linked)
        .or_else(|| metas.all(&words().publisher_meta).next().map(str::to_owned))
        .or_else(|| sources.rule.map(|r| r.name.clone()))?;
    let name = normalize_line(&name);
    let name = name.trim_start_matches("(주)").trim_start_matches("주식회사").trim_end_matches("(주)").trim_start_matches('@').trim();
    (!name.is_empty() && name.chars().count() <= 60).then(|| name.to_owned())
}

fn title(sources: &Sources, metas: &Metas, publisher: Option<&str>) -> (String, &'static str) {
    let mut candidates: Vec<(String, &'static str)> = Vec::new();
    let mut add = |text: Option<String>, from| {
        candidates.extend(text.map(|t| (normalize_line(&t), from)).filter(|(t, _)| !t.is_empty()));
    };
    let page = sources.page;
    add(picked(sources.rule.map(|r| r.title.as_slice()), page), "rule");
    add(sources.linked.and_then(|l| l.headline.clone()), "json-ld");
    for content in metas.all(&words().title_meta) {
        add(Some(content.to_owned()), "meta");
    }
    add(picked(sources.layout.map(|r| r.title.as_slice()), page), "layout");
    // The logo is an <h1> as often as the headline is: one of many says nothing.
    let mut headings = page.select(&H1).map(text_of).filter(|t| !t.is_empty());
    add(headings.next().filter(|_| headings.next().is_none()), "h1");
    add(page.select(&TITLE).next().map(text_of), "title");
    let sites: Vec<String> =
        [publisher, metas.get("og:site_name"), sources.linked.and_then(|l| l.publisher.as_deref()), sources.rule.map(|r| r.name.as_str())]
            .into_iter()
            .flatten()
            .map(squeeze)
            .filter(|s| s.chars().count() >= 2)
            .collect();
    for candidate in &mut candidates {
        candidate.0 = without_site(&candidate.0, &sites);
    }
    // A page that has only its site's name for a title has none.
    candidates.retain(|(t, _)| !t.is_empty() && !sites.contains(&squeeze(t)));
    let Some((first, from)) = candidates.first().cloned() else { return (String::new(), "none") };
    let stem = first.trim_end_matches(['.', '…', ' ']);
    // JSON-LD headlines are cut at 110 characters by some systems.
    let longer =
        candidates.iter().find(|(t, _)| stem.len() < first.len() && t.starts_with(stem) && t.chars().count() > first.chars().count() + 2);
    longer.cloned().unwrap_or((first, from))
}

/// For comparing names: without spaces, lower case.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// A title without what a site puts before and behind it.
fn without_site(title: &str, sites: &[String]) -> String {
    static SEPARATOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\s*\|\s*|\s+(?:-|–|—|:|::|<|>|«|»|·|/)\s+|\s*:\s+|\s*::\s*|\s*-\s*").expect("a tested pattern"));
    let mut title = title;
    for _ in 0..6 {
        let Some(separator) = SEPARATOR.find_iter(title).last() else { break };
        let part = squeeze(&title[separator.end()..]);
        let spaced = separator.as_str().contains([' ', '|']);
        let exact = sites.contains(&part);
        let alike = sites.iter().any(|s| part.contains(s.as_str()) || (s.contains(&part) && part.chars().count() * 2 >= s.chars().count()));
        let section = words().sections.iter().any(|s| squeeze(s) == part);
        if part.is_empty() || exact || (spaced && (alike || section)) {
            title = &title[..separator.start()];
        } else {
            break;
        }
    }
    if let Some(separator) = SEPARATOR.find(title)
        && separator.as_str().contains([' ', '|'])
        && sites.contains(&squeeze(&title[..separator.start()]))
    {
        title = &title[separator.end()..];
    }
    if let Some((site, rest)) = title.strip_prefix('[').and_then(|t| t.split_once(']'))
        && sites.contains(&squeeze(site))
    {
        title = rest;
    }
    title.trim().to_owned()
}

fn authors(sources: &Sources, metas: &Metas, publisher: Option<&str>) -> Vec<String> {
    let picks = |publisher: Option<&Publisher>| -> Vec<String> {
        publisher
            .and_then(|r| r.author.iter().map(|p| p.all(sources.page).take(12).collect::<Vec<_>>()).find(|v| !v.is_empty()))
            .unwrap_or_default()
    };
    let clean = |names: Vec<String>| -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for name in names.iter().flat_map(|n| names_in(n)) {
            if !out.contains(&name) && publisher.is_none_or(|p| squeeze(p) != squeeze(&name)) {
                out.push(name);
            }
        }
        out
    };
    let linked = sources.linked.map(|l| l.authors.clone()).unwrap_or_default();
    let metas = metas.all(&words().author_meta).map(str::to_owned);
    [picks(sources.rule), linked]
        .into_iter()
        .chain(metas.map(|m| vec![m]))
        .chain([picks(sources.layout)])
        .map(clean)
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

/// The names in a byline: "○○○·○○○ 기자 a@b.com" has two.
fn names_in(byline: &str) -> Vec<String> {
    static NOISE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"https?://\S+|[\w.+-]+@[\w.-]+|\([^)]*\)|\[[^\]]*\]|[=|]").expect("a tested pattern"));
    let byline = normalize_line(byline);
    let byline = NOISE.replace_all(&byline, " ");
    byline
        .split([',', '·', '/', '&', ';', '\n'])
        .filter_map(|part| {
            let mut name = part.trim();
            for role in &words().roles {
                // What stands before the role is the name, what stands behind it the department.
                if let Some(at) = name.find(role.as_str()) {
                    name = name[..at].trim();
                }
            }
            // "부산 ○○○": a department or place stands before a name of two to four syllables.
            if let Some((_, last)) = name.rsplit_once(' ')
                && last.chars().all(|c| ('가'..='힣').contains(&c))
                && (2..=4).contains(&last.chars().count())
            {
                name = last;
            }
            let count = name.chars().count();
            (2..=30).contains(&count).then(|| name.to_owned()).filter(|n| n.chars().any(char::is_alphabetic))
        })
        .collect()
}

type Candidate = (FoundDate, &'static str);

fn published(sources: &Sources, metas: &Metas, title: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let labels = &words().published_label;
    let picks = |publisher: Option<&Publisher>, from: &'static str, found: &mut Vec<Candidate>| {
        for text in publisher.iter().flat_map(|r| &r.published_at).filter_map(|p| p.all(sources.page).next()) {
            found.extend(labelled(&text, labels).or_else(|| dates::parse(&text)).or_else(|| dates::find(&text)).map(|d| (d, from)));
        }
    };
    picks(sources.rule, "rule", &mut found);
    found.extend(sources.linked.and_then(|l| dates::parse(l.published.as_deref()?)).map(|d| (d, "json-ld")));
    found.extend(metas.all(&words().meta_published).filter_map(dates::parse).map(|d| (d, "meta")));
    // The selector lists the forms, but a page's order decides; the marked ones are asked first.
    let mut times: Vec<ElementRef> = sources.page.select(&TIME).take(20).collect();
    times.sort_by_key(|e| e.attr("itemprop") != Some("datePublished") && e.attr("pubdate").is_none());
    found.extend(
        times
            .into_iter()
            .take(1)
            .filter_map(|e| dates::parse(e.attr("datetime").unwrap_or_default()).or_else(|| dates::find(&text_of(e))))
            .map(|d| (d, "time")),
    );
    picks(sources.layout, "layout", &mut found);
    found.extend(labelled(sources.lines, labels).map(|d| (d, "visible")));
    found.extend(below_title(sources.lines, title).map(|d| (d, "visible")));
    plausible(found, sources.fetched_at)
}

fn modified(sources: &Sources, metas: &Metas) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let labels = &words().modified_label;
    for (publisher, from) in [(sources.rule, "rule"), (sources.layout, "layout")] {
        for text in publisher.iter().flat_map(|r| &r.modified_at).filter_map(|p| p.all(sources.page).next()) {
            found.extend(labelled(&text, labels).or_else(|| dates::parse(&text)).or_else(|| dates::find(&text)).map(|d| (d, from)));
        }
    }
    found.extend(sources.linked.and_then(|l| dates::parse(l.modified.as_deref()?)).map(|d| (d, "json-ld")));
    found.extend(metas.all(&words().meta_modified).filter_map(dates::parse).map(|d| (d, "meta")));
    found.extend(labelled(sources.lines, labels).map(|d| (d, "visible")));
    plausible(found, sources.fetched_at)
}

/// The first date that stands behind one of the labels.
pub(super) fn labelled(text: &str, labels: &Regex) -> Option<FoundDate> {
    dates::find_all(text).find(|date| {
        // Long enough for the longest label and its gap.
        let from = text[..date.range.start].char_indices().rev().nth(23).map_or(0, |(i, _)| i);
        labels.is_match(&text[from..date.range.start])
    })
}

/// A date with a clock in the few lines below the headline, where bylines stand.
fn below_title(lines: &str, title: &str) -> Option<FoundDate> {
    if title.is_empty() {
        return None;
    }
    let mut below = lines.lines().skip_while(|l| *l != title).skip(1);
    below.by_ref().take(12).filter(|l| l.chars().count() <= 80).find_map(|l| dates::find_all(l).find(|d| d.at.has_clock()))
}

/// Without dates before the web and after the fetch.
fn plausible(mut found: Vec<Candidate>, fetched_at: Option<Moment>) -> Vec<Candidate> {
    let latest = fetched_at.map(|f| f.unix_bounds().1 + 24 * 3600);
    found.retain(|(d, _)| d.at.date().year() >= 1990 && d.at.date().year() < 2100 && latest.is_none_or(|l| d.at.unix_bounds().0 <= l));
    found
}

/// The best of what was found, at the precision that it really has.
fn choose(candidates: Vec<Candidate>) -> Option<(Moment, &'static str)> {
    let ((first, by), others) = candidates.split_first()?;
    let at = first.at;
    if first.zulu && at.has_clock() {
        // Korean time that was marked UTC comes out nine hours late.
        let local = at.at().checked_sub(9.hours()).ok().map(Moment::minute);
        if let Some((other, by)) = others.iter().find(|(o, _)| !o.zulu && Some(o.at) == local) {
            return Some((other.at, by));
        }
    }
    let midnight = |m: Moment| m.has_clock() && m.at().time() == jiff::civil::Time::midnight();
    if at.precision() == Precision::Day || midnight(at) {
        let day = Moment::day(at.date());
        if let Some((finer, _)) = others.iter().find(|(o, _)| o.at.has_clock() && !midnight(o.at) && Moment::day(o.at.date()) == day) {
            return Some((finer.at, by));
        }
        // Midnight sharp is mostly a day without a clock, unless a reader sees it too.
        let seen = others.iter().any(|(o, from)| *from == "visible" && midnight(o.at) && o.at == at);
        return Some((if seen { at } else { day }, by));
    }
    Some((at, by))
}

fn canonical_url(sources: &Sources, metas: &Metas) -> Option<String> {
    let base = sources.url.and_then(|u| url::Url::parse(u).ok());
    let link = sources.page.select(&CANONICAL).next().and_then(|e| e.attr("href"));
    let candidates = [link, metas.get("og:url"), sources.linked.and_then(|l| l.url.as_deref())];
    candidates.into_iter().flatten().find_map(|href| {
        let href = href.trim();
        let url = match &base {
            Some(base) => base.join(href).ok()?,
            None => url::Url::parse(href).ok()?,
        };
        let home = |u: &url::Url| u.path() == "/" && u.query().is_none();
        // Many templates name the home page on every page.
        (matches!(url.scheme(), "http" | "https") && url.has_host() && !href.is_empty() && !home(&url)).then(|| url.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::html::parse;
    use crate::article::structured::linked_article;

    fn metadata(html: &str) -> Metadata {
        let page = parse(html);
        let titles = shown_titles(&page);
        let linked = linked_article(&page, &titles.iter().map(String::as_str).collect::<Vec<_>>());
        let lines = lines_of(page.root_element(), &|_| false);
        read(&Sources {
            page: &page,
            lines: &lines,
            url: Some("https://news.example.com/a/12?x=1"),
            rule: None,
            layout: None,
            linked: linked.as_ref(),
            fetched_at: None,
        })
    }

    fn published_of(html: &str) -> Option<String> {
        metadata(html).published_at.map(|m| m.to_string())
    }

    #[test]
    fn titles_lose_the_site() {
        let sites = ["예시신문".to_owned(), "예시뉴스24".to_owned()];
        for (title, want) in [
            ("메신저 먹통 - 예시신문", "메신저 먹통"),
            ("메신저 먹통 | 예시뉴스24", "메신저 먹통"),
            ("메신저 먹통 < 사회 < 기사본문 - 예시신문", "메신저 먹통"),
            ("메신저 먹통 : 뉴스", "메신저 먹통"),
            ("메신저 먹통-예시신문", "메신저 먹통"),
            ("예시신문 | 메신저 먹통", "메신저 먹통"),
            ("[예시신문] 메신저 먹통", "메신저 먹통"),
            ("[속보] 메신저 먹통", "[속보] 메신저 먹통"),
            ("이용자 \"분통\" - 메신저 먹통", "이용자 \"분통\" - 메신저 먹통"),
            ("서비스 3-4시간 먹통", "서비스 3-4시간 먹통"),
            ("KT: 복구 완료", "KT: 복구 완료"),
        ] {
            assert_eq!(without_site(title, &sites), want);
        }
    }

    #[test]
    fn bylines_give_names() {
        for (byline, want) in [
            ("홍길동 기자", vec!["홍길동"]),
            ("홍길동·김철수 기자 a@example.com", vec!["홍길동", "김철수"]),
            ("부산=홍길동 기자", vec!["홍길동"]),
            ("John Doe", vec!["John Doe"]),
            ("https://example.com/reporter", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(names_in(byline), want, "{byline}");
        }
    }

    #[test]
    fn dates_by_source() {
        for (html, want) in [
            (
                "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":\"2023-01-17T15:20:11+09:00\"}</script><meta name=date content='2020-01-01 10:00'>",
                Some("2023-01-17T15:20+09:00"),
            ),
            ("<meta property='article:published_time' content='2023-01-17T06:20:00Z'>", Some("2023-01-17T15:20+09:00")),
            ("<meta name='DC.date' content='2023-01-17'>", Some("2023-01-17")),
            ("<meta name='Sailthru.Date' content='Tue, 17 Jan 2023 06:20:00 GMT'>", Some("2023-01-17T15:20+09:00")),
            ("<time datetime='2023-01-17T15:20'>어제</time>", Some("2023-01-17T15:20+09:00")),
            ("<article><time>2023.01.17 15:20</time></article>", Some("2023-01-17T15:20+09:00")),
            ("<p>2020.01.02</p><span>입력</span> <span>2023.01.17. 오후 3:20</span>", Some("2023-01-17T15:20+09:00")),
            ("<dl><dt>승인</dt><dd>2017.09.20 20:37</dd></dl>", Some("2017-09-20T20:37+09:00")),
            ("<li>기사입력 : 2023-01-17 15:20</li><li>최종수정 2023-01-18 10:00</li>", Some("2023-01-17T15:20+09:00")),
            ("<p>수정 2023-01-18 10:00</p>", None),
            ("<title>먹통</title><h1>먹통</h1><p>홍길동 기자 2024. 5. 23. 06:41</p>", Some("2024-05-23T06:41+09:00")),
            ("<p>2022년 10월 15일 화재가 났다.</p>", None),
            // The day from one source, the clock from another.
            ("<meta name=pubdate content='2023-01-17'><p>입력 2023.01.17 15:20</p>", Some("2023-01-17T15:20+09:00")),
            ("<meta name=pubdate content='2023-01-17T00:00:00+09:00'>", Some("2023-01-17")),
            ("<meta name=pubdate content='2023-01-17T00:00:00+09:00'><p>입력 2023.01.17 00:00</p>", Some("2023-01-17T00:00+09:00")),
            // Korean time marked UTC.
            (
                "<meta property='article:published_time' content='2023-01-17T15:20:00Z'><p>입력 2023.01.17 15:20</p>",
                Some("2023-01-17T15:20+09:00"),
            ),
            ("<meta name=pubdate content='1970-01-01'>", None),
        ] {
            assert_eq!(published_of(html).as_deref(), want, "{html}");
        }
    }

    #[test]
    fn a_change_is_after_the_publication() {
        let with = |modified: &str| metadata(&format!("<p>입력 2023.01.17 15:20 수정 {modified}</p>")).modified_at.map(|m| m.to_string());
        assert_eq!(with("2023.01.17 17:48").as_deref(), Some("2023-01-17T17:48+09:00"));
        assert_eq!(with("2023.01.17 15:20"), None);
        assert_eq!(with("2023.01.16 15:20"), None);
    }

    #[test]
    fn headline_publisher_and_url() {
        let found = metadata(
            "<html><head><title>메신저 먹통…이용자 불편 - 예시신문</title><meta property='og:site_name' content='예시신문'><meta property='og:title' content='메신저 먹통…이용자 불편 | 예시신문'>
             <link rel=canonical href='/a/12'><meta name=author content='홍길동 기자'></head><body><h1>예시신문</h1></body></html>",
        );
        assert_eq!((found.title.as_str(), found.title_from), ("메신저 먹통…이용자 불편", "meta"));
        assert_eq!(found.publisher.as_deref(), Some("예시신문"));
        assert_eq!(found.authors, ["홍길동"]);
        assert_eq!(found.canonical_url.as_deref(), Some("https://news.example.com/a/12"));
        let home = metadata(
            "<link rel=canonical href='https://news.example.com/'><meta property='og:url' content='https://news.example.com/b/1'>",
        );
        assert_eq!(home.canonical_url.as_deref(), Some("https://news.example.com/b/1"));
        let cut = metadata(
            "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"메신저가 오늘...\"}</script><title>메신저가 오늘 낮 한때 먹통</title>",
        );
        assert_eq!(cut.title, "메신저가 오늘 낮 한때 먹통");
        assert_eq!(metadata("<title>예시신문</title><meta property='og:site_name' content='예시신문'>").title, "");
    }
}
