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

use super::Publishers;
use super::dates::{self, FoundDate};
use super::explain::Trail;
use super::html::lines_of;
use super::normalize::normalize_line;
use super::publisher::{Pick, Publisher};
use super::structured::LinkedArticle;
use super::url::doubt;
use super::words::words;
use crate::temporal::{Moment, Precision};

/// What is asked for the fields, best first.
pub(super) struct Sources<'s, 'a> {
    pub page: &'s Html,
    /// All lines of the page.
    pub lines: &'s str,
    pub url: Option<&'s str>,
    pub rule: Option<&'a Publisher>,
    pub layout: Option<&'a Publisher>,
    pub linked: Option<&'s LinkedArticle>,
    pub fetched_at: Option<Moment>,
    /// Whose names a title may end in.
    pub publishers: &'s Publishers,
}

/// What a page says of itself, and where it says so.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Metadata<'a> {
    pub title: String,
    pub title_by: Option<Trail<'a>>,
    pub publisher: Option<String>,
    pub publisher_by: Option<Trail<'a>>,
    pub authors: Vec<String>,
    pub authors_by: Option<Trail<'a>>,
    pub published_at: Option<Moment>,
    pub published: Dates<'a>,
    pub modified_at: Option<Moment>,
    pub modified: Dates<'a>,
    pub canonical_url: Option<String>,
    pub urls: Vec<NamedUrl>,
}

/// What was found for one date, best first, and which was taken.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Dates<'a> {
    pub found: Vec<Candidate<'a>>,
    pub chosen: Option<usize>,
}

/// A URL that a page names as its own.
#[derive(Debug, PartialEq)]
pub(super) struct NamedUrl {
    pub url: String,
    pub by: Trail<'static>,
    pub doubt: Option<&'static str>,
}

static META: LazyLock<Selector> = LazyLock::new(|| Selector::parse("meta[content]").expect("a tested selector"));
static H1: LazyLock<Selector> = LazyLock::new(|| Selector::parse("h1").expect("a tested selector"));
static TITLE: LazyLock<Selector> = LazyLock::new(|| Selector::parse("head > title, title").expect("a tested selector"));
static CANONICAL: LazyLock<Selector> = LazyLock::new(|| Selector::parse("link[rel~='canonical'][href]").expect("a tested selector"));
static AMP: LazyLock<Selector> = LazyLock::new(|| Selector::parse("link[rel~='amphtml'][href]").expect("a tested selector"));
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

    fn all<'a>(&'a self, names: &'static [String]) -> impl Iterator<Item = (&'a str, Trail<'static>)> {
        names.iter().filter_map(|n| Some((self.get(n)?, Trail::at("meta", n))))
    }
}

/// The titles that a page shows, before it is known which is the headline; JSON-LD is matched against them.
pub(super) fn shown_titles(page: &Html) -> Vec<String> {
    let metas = Metas::of(page);
    let mut titles: Vec<String> = metas.all(&words().title_meta).map(|(t, _)| normalize_line(t)).collect();
    titles.extend(page.select(&TITLE).take(1).map(text_of));
    titles.extend(page.select(&H1).take(8).map(text_of));
    titles
}

fn text_of(element: ElementRef) -> String {
    // `<title>` shows nothing in the page, so it has no lines.
    normalize_line(&if element.value().name() == "title" { element.text().collect() } else { lines_of(element, &|_| false) })
}

pub(super) fn read<'a>(sources: &Sources<'_, 'a>) -> Metadata<'a> {
    let metas = Metas::of(sources.page);
    let (publisher, publisher_by) = publisher(sources, &metas).unzip();
    let (title, title_by) = title(sources, &metas, publisher.as_deref()).unzip();
    let title = title.unwrap_or_default();
    let found = published(sources, &metas, &title);
    let (published_at, chosen) = choose(&found).unzip();
    let published = Dates { found, chosen };
    let found = modified(sources, &metas);
    let (modified_at, chosen) = choose(&found)
        // Publishing systems fill it in at once: then nothing was changed.
        .filter(|(m, _)| published_at.is_none_or(|p| m.unix_bounds().1 > p.unix_bounds().1))
        .unzip();
    let modified = Dates { found, chosen };
    let (authors, authors_by) = authors(sources, &metas, publisher.as_deref()).unzip();
    let urls = named_urls(sources, &metas);
    Metadata {
        authors: authors.unwrap_or_default(),
        authors_by,
        canonical_url: urls.iter().find(|u| u.doubt.is_none()).map(|u| u.url.clone()),
        urls,
        title,
        title_by,
        publisher,
        publisher_by,
        published_at,
        published,
        modified_at,
        modified,
    }
}

/// The page's AMP form, where it names one.
pub(super) fn amp_url(page: &Html, base: Option<&str>) -> Option<String> {
    let href = page.select(&AMP).next()?.attr("href")?.trim();
    let url = match base.and_then(|b| url::Url::parse(b).ok()) {
        Some(base) => base.join(href).ok()?,
        None => url::Url::parse(href).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

fn picked<'a>(by: &'static str, picks: &'a [Pick], page: &Html) -> Option<(String, Trail<'a>)> {
    picks.iter().find_map(|p| Some((p.all(page).next()?, Trail::at(by, p.as_str()))))
}

fn publisher<'a>(sources: &Sources<'_, 'a>, metas: &Metas) -> Option<(String, Trail<'a>)> {
    let portal = sources.rule.is_some_and(|r| !r.publisher.is_empty());
    let given = sources.rule.and_then(|r| picked("rule", &r.publisher, sources.page));
    let named = |rule: &'a Publisher| (rule.name.clone(), Trail::at("rule", "name"));
    let known = sources.rule.filter(|_| !portal).map(named);
    let linked = sources.linked.and_then(|l| Some((l.publisher.clone()?, Trail::at("json-ld", "publisher"))));
    // A publisher that a rule knows has one name, whatever its pages call it.
    let (name, by) = given
        .or(known)
        .or(linked)
        .or_else(|| metas.all(&words().publisher_meta).next().map(|(name, by)| (name.to_owned(), by)))
        .or_else(|| sources.rule.map(named))?;
    let name = normalize_line(&name);
    let name = name.trim_start_matches("(주)").trim_start_matches("주식회사").trim_end_matches("(주)").trim_start_matches('@').trim();
    (!name.is_empty() && name.chars().count() <= 60).then(|| (name.to_owned(), by))
}

fn title<'a>(sources: &Sources<'_, 'a>, metas: &Metas, publisher: Option<&str>) -> Option<(String, Trail<'a>)> {
    let mut candidates: Vec<(String, Trail<'a>)> = Vec::new();
    let mut add = |found: Option<(String, Trail<'a>)>| {
        candidates.extend(found.map(|(t, by)| (normalize_line(&t), by)).filter(|(t, _)| !t.is_empty()));
    };
    let page = sources.page;
    add(sources.rule.and_then(|r| picked("rule", &r.title, page)));
    add(sources.linked.and_then(|l| Some((l.headline.clone()?, Trail::at("json-ld", "headline")))));
    for (content, by) in metas.all(&words().title_meta) {
        add(Some((content.to_owned(), by)));
    }
    add(sources.layout.and_then(|l| picked("layout", &l.title, page)));
    // The logo is an <h1> as often as the headline is: one of many says nothing.
    let mut headings = page.select(&H1).map(text_of).filter(|t| !t.is_empty());
    add(headings.next().filter(|_| headings.next().is_none()).map(|t| (t, Trail::of("h1"))));
    add(page.select(&TITLE).next().map(|e| (text_of(e), Trail::of("title"))));
    let linked = sources.linked.and_then(|l| l.publisher.as_deref());
    let names = [publisher, metas.get("og:site_name"), linked, sources.rule.map(|r| r.name.as_str())];
    let sites: Vec<String> = names.into_iter().flatten().map(squeeze).filter(|s| s.chars().count() >= 2).collect();
    for candidate in &mut candidates {
        candidate.0 = without_site(&candidate.0, &sites, sources.publishers);
    }
    // A page that has only its site's name for a title has none.
    candidates.retain(|(t, _)| !t.is_empty() && !sites.contains(&squeeze(t)));
    let (first, by) = candidates.first().cloned()?;
    let stem = first.trim_end_matches(['.', '…', ' ']);
    // JSON-LD headlines are cut at 110 characters by some systems.
    let longer =
        candidates.iter().find(|(t, _)| stem.len() < first.len() && t.starts_with(stem) && t.chars().count() > first.chars().count() + 2);
    Some(longer.cloned().unwrap_or((first, by)))
}

/// For comparing names: without spaces, lower case.
pub(super) fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// A title without what a site puts before and behind it.
fn without_site(title: &str, sites: &[String], publishers: &Publishers) -> String {
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
        // Where the page does not say who published it, a publisher that is known, or a name as only publishers have.
        let published = || publishers.knows_name(&part) || words().site_name.is_match(&title[separator.end()..]);
        if part.is_empty() || exact || (spaced && (alike || section || published())) {
            title = &title[..separator.start()];
        } else {
            break;
        }
    }
    let is_site = |name: &str| sites.contains(&squeeze(name)) || publishers.knows_name(&squeeze(name));
    if let Some(separator) = SEPARATOR.find(title)
        && separator.as_str().contains('|')
        && is_site(&title[..separator.start()])
    {
        title = &title[separator.end()..];
    } else if let Some(separator) = SEPARATOR.find(title)
        && separator.as_str().contains(' ')
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

fn authors<'a>(sources: &Sources<'_, 'a>, metas: &Metas, publisher: Option<&str>) -> Option<(Vec<String>, Trail<'a>)> {
    let picks = |by: &'static str, publisher: Option<&'a Publisher>| {
        let all = |p: &'a Pick| (p.all(sources.page).take(12).collect::<Vec<_>>(), Trail::at(by, p.as_str()));
        publisher.and_then(|r| r.author.iter().map(all).find(|(names, _)| !names.is_empty()))
    };
    let clean = |(names, by): (Vec<String>, Trail<'a>)| {
        let mut out: Vec<String> = Vec::new();
        for name in names.iter().flat_map(|n| names_in(n)) {
            if !out.contains(&name) && publisher.is_none_or(|p| squeeze(p) != squeeze(&name)) {
                out.push(name);
            }
        }
        (out, by)
    };
    let linked = sources.linked.map(|l| (l.authors.clone(), Trail::at("json-ld", "author")));
    picks("rule", sources.rule)
        .into_iter()
        .chain(linked)
        .chain(metas.all(&words().author_meta).map(|(names, by)| (vec![names.to_owned()], by)))
        .chain(picks("layout", sources.layout))
        .map(clean)
        .find(|(names, _)| !names.is_empty())
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

/// A date and where it stands.
pub(super) type Candidate<'a> = (FoundDate, Trail<'a>);

/// The dates that a rule's or a layout's selectors find.
fn picked_dates<'a>(by: &'static str, picks: &'a [Pick], page: &Html, labels: &Regex) -> Vec<Candidate<'a>> {
    picks
        .iter()
        .filter_map(|p| {
            let texts: Vec<String> = p.all(page).take(8).collect();
            // "수정 … 등록 …" in one list: the label says which is which.
            let meant = texts.iter().find_map(|t| labelled(t, labels));
            let first = || texts.first().and_then(|t| dates::parse(t).or_else(|| dates::find(t)));
            Some((meant.or_else(first)?, Trail::at(by, p.as_str())))
        })
        .collect()
}

fn published<'a>(sources: &Sources<'_, 'a>, metas: &Metas, title: &str) -> Vec<Candidate<'a>> {
    let labels = &words().published_label;
    let mut found: Vec<Candidate<'a>> = Vec::new();
    found.extend(sources.rule.into_iter().flat_map(|r| picked_dates("rule", &r.published_at, sources.page, labels)));
    let linked = sources.linked.and_then(|l| dates::parse(l.published.as_deref()?));
    found.extend(linked.map(|d| (d, Trail::at("json-ld", "datePublished"))));
    found.extend(metas.all(&words().meta_published).filter_map(|(text, by)| Some((dates::parse(text)?, by))));
    // The selector lists the forms, but a page's order decides; the marked ones are asked first.
    let mut times: Vec<ElementRef> = sources.page.select(&TIME).take(20).collect();
    times.sort_by_key(|e| e.attr("itemprop") != Some("datePublished") && e.attr("pubdate").is_none());
    found.extend(
        times
            .into_iter()
            .take(1)
            .filter_map(|e| dates::parse(e.attr("datetime").unwrap_or_default()).or_else(|| dates::find(&text_of(e))))
            .map(|d| (d, Trail::of("time"))),
    );
    found.extend(sources.layout.into_iter().flat_map(|r| picked_dates("layout", &r.published_at, sources.page, labels)));
    found.extend(labelled(sources.lines, labels).map(|d| (d, Trail::at("visible", "behind its label"))));
    found.extend(below_title(sources.lines, title).map(|d| (d, Trail::at("visible", "below the title"))));
    plausible(found, sources.fetched_at)
}

fn modified<'a>(sources: &Sources<'_, 'a>, metas: &Metas) -> Vec<Candidate<'a>> {
    let labels = &words().modified_label;
    let mut found: Vec<Candidate<'a>> = Vec::new();
    for (publisher, by) in [(sources.rule, "rule"), (sources.layout, "layout")] {
        found.extend(publisher.into_iter().flat_map(|r| picked_dates(by, &r.modified_at, sources.page, labels)));
    }
    let linked = sources.linked.and_then(|l| dates::parse(l.modified.as_deref()?));
    found.extend(linked.map(|d| (d, Trail::at("json-ld", "dateModified"))));
    found.extend(metas.all(&words().meta_modified).filter_map(|(text, by)| Some((dates::parse(text)?, by))));
    found.extend(labelled(sources.lines, labels).map(|d| (d, Trail::at("visible", "behind its label"))));
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

/// The best of what was found, at the precision that it really has, and which it was.
fn choose(candidates: &[Candidate]) -> Option<(Moment, usize)> {
    let (first, _) = candidates.first()?;
    let at = first.at;
    let others = || candidates.iter().enumerate().skip(1);
    if first.zulu && at.has_clock() {
        // Korean time that was marked UTC comes out nine hours late.
        let local = at.at().checked_sub(9.hours()).ok().map(Moment::minute);
        if let Some((i, (other, _))) = others().find(|(_, (o, _))| !o.zulu && Some(o.at) == local) {
            return Some((other.at, i));
        }
    }
    let midnight = |m: Moment| m.has_clock() && m.at().time() == jiff::civil::Time::midnight();
    if at.precision() == Precision::Day || midnight(at) {
        let day = Moment::day(at.date());
        if let Some((i, (finer, _))) = others().find(|(_, (o, _))| o.at.has_clock() && !midnight(o.at) && Moment::day(o.at.date()) == day) {
            return Some((finer.at, i));
        }
        // Midnight sharp is mostly a day without a clock, unless a reader sees it too.
        let seen = others().any(|(_, (o, from))| from.by == "visible" && midnight(o.at) && o.at == at);
        return Some((if seen { at } else { day }, 0));
    }
    Some((at, 0))
}

/// What the page names as its own address, the most trusted first.
fn named_urls(sources: &Sources, metas: &Metas) -> Vec<NamedUrl> {
    let base = sources.url.and_then(|u| url::Url::parse(u).ok());
    let link = sources.page.select(&CANONICAL).next().and_then(|e| e.attr("href"));
    let candidates = [
        (link, Trail::at("link", "rel=canonical")),
        (metas.get("og:url"), Trail::at("meta", "og:url")),
        (sources.linked.and_then(|l| l.url.as_deref()), Trail::at("json-ld", "url")),
    ];
    let named = candidates.into_iter().filter_map(|(href, by)| {
        let href = href?.trim();
        let url = match &base {
            Some(base) => base.join(href).ok()?,
            None => url::Url::parse(href).ok()?,
        };
        (!href.is_empty()).then(|| NamedUrl { doubt: doubt(&url, base.as_ref(), sources.publishers), url: url.into(), by })
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::html::parse;
    use crate::article::structured::linked_article;

    /// What a page says, on a site that no rule knows.
    fn with_metadata<T>(html: &str, ask: impl FnOnce(Metadata) -> T) -> T {
        let page = parse(html);
        let titles = shown_titles(&page);
        let linked = linked_article(&page, &titles.iter().map(String::as_str).collect::<Vec<_>>());
        let lines = lines_of(page.root_element(), &|_| false);
        ask(read(&Sources {
            page: &page,
            lines: &lines,
            url: Some("https://news.example.com/a/12?x=1"),
            rule: None,
            layout: None,
            linked: linked.as_ref(),
            fetched_at: None,
            publishers: Publishers::built_in(),
        }))
    }

    fn published_of(html: &str) -> Option<String> {
        with_metadata(html, |m| m.published_at.map(|m| m.to_string()))
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
            // Nobody said whose page it is.
            ("메신저 먹통 | 연합뉴스", "메신저 먹통"),
            ("메신저 먹통 - 전자신문", "메신저 먹통"),
            ("메신저 먹통 - 조선일보 - 조선일보", "메신저 먹통"),
            ("메신저 먹통 < IT < 기사본문 - 가나다일보", "메신저 먹통"),
            ("메신저 먹통 | 새벽뉴스", "메신저 먹통"),
            ("연합뉴스 | 메신저 먹통", "메신저 먹통"),
            ("한국경제 - 먹통의 대가", "한국경제 - 먹통의 대가"),
            ("메신저 먹통 - 원인은 전력", "메신저 먹통 - 원인은 전력"),
            ("앱 먹통에 뿔난 이용자들 | 다음 수순은", "앱 먹통에 뿔난 이용자들 | 다음 수순은"),
        ] {
            assert_eq!(without_site(title, &sites, Publishers::built_in()), want);
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
        let with = |modified: &str| {
            with_metadata(&format!("<p>입력 2023.01.17 15:20 수정 {modified}</p>"), |m| m.modified_at.map(|m| m.to_string()))
        };
        assert_eq!(with("2023.01.17 17:48").as_deref(), Some("2023-01-17T17:48+09:00"));
        assert_eq!(with("2023.01.17 15:20"), None);
        assert_eq!(with("2023.01.16 15:20"), None);
    }

    #[test]
    fn headline_publisher_and_url() {
        with_metadata(
            "<html><head><title>메신저 먹통…이용자 불편 - 예시신문</title><meta property='og:site_name' content='예시신문'><meta property='og:title' content='메신저 먹통…이용자 불편 | 예시신문'>
             <link rel=canonical href='/a/12'><meta name=author content='홍길동 기자'></head><body><h1>예시신문</h1></body></html>",
            |found| {
                assert_eq!((found.title.as_str(), found.title_by), ("메신저 먹통…이용자 불편", Some(Trail::at("meta", "og:title"))));
                assert_eq!((found.publisher.as_deref(), found.publisher_by), (Some("예시신문"), Some(Trail::at("meta", "og:site_name"))));
                assert_eq!((found.authors.as_slice(), found.authors_by), (["홍길동".to_owned()].as_slice(), Some(Trail::at("meta", "author"))));
                assert_eq!(found.canonical_url.as_deref(), Some("https://news.example.com/a/12"));
            },
        );
        let canonical = |html: &str| with_metadata(html, |m| m.canonical_url);
        assert_eq!(
            canonical(
                "<link rel=canonical href='https://news.example.com/'><meta property='og:url' content='https://news.example.com/b/1'>"
            )
            .as_deref(),
            Some("https://news.example.com/b/1")
        );
        assert_eq!(
            canonical(
                "<link rel=canonical href='https://other.example.org/a/12'><meta property='og:url' content='https://m.example.com/a/12'>"
            )
            .as_deref(),
            Some("https://m.example.com/a/12")
        );
        assert_eq!(canonical("<link rel=canonical href='https://other.example.org/a/12'>"), None);
        let title = |html: &str| with_metadata(html, |m| m.title);
        assert_eq!(
            title(
                "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"메신저가 오늘...\"}</script><title>메신저가 오늘 낮 한때 먹통</title>"
            ),
            "메신저가 오늘 낮 한때 먹통"
        );
        assert_eq!(title("<title>예시신문</title><meta property='og:site_name' content='예시신문'>"), "");
    }

    #[test]
    fn says_what_was_found_and_what_was_taken() {
        with_metadata(
            "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":\"2023-01-17\"}</script>
             <meta name=date content='2020-01-01 10:00'><p>입력 2023.01.17 15:20 수정 2023.01.17 17:00</p><link rel=canonical href='https://other.example.org/'>",
            |found| {
                let dates = |dates: &Dates| -> Vec<_> { dates.found.iter().map(|(d, by)| (d.at.to_string(), by.by)).collect() };
                assert_eq!(
                    dates(&found.published),
                    [("2023-01-17", "json-ld"), ("2020-01-01T10:00+09:00", "meta"), ("2023-01-17T15:20+09:00", "visible")].map(|(d, by)| (d.to_owned(), by))
                );
                assert_eq!(found.published.chosen, Some(2), "the clock is only there");
                assert_eq!((dates(&found.modified), found.modified.chosen), (vec![("2023-01-17T17:00+09:00".to_owned(), "visible")], Some(0)));
                assert_eq!(found.urls.iter().map(|u| u.doubt).collect::<Vec<_>>(), [Some("the front page")]);
            },
        );
        let amp = |html: &str| amp_url(&parse(html), Some("https://news.example.com/a/1"));
        assert_eq!(amp("<link rel=amphtml href='/amp/a/1'>").as_deref(), Some("https://news.example.com/amp/a/1"));
        assert_eq!(amp("<link rel=amphtml href='javascript:x'>"), None);
    }
}
