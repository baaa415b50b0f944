//! The inputs: a page, plain text, JSON lines; each gives the same kind of [`Article`].

use scraper::Html;
use serde_json::{Map, Value};

use super::body::{self, Body};
use super::explain::{Charset, DateFound, Explanation, Origin, Trail, UrlFound};
use super::metadata::{self, Dates, Metadata, Sources};
use super::structured::linked_article;
use super::url::{canonical, id_of_text, id_of_url};
use super::words::words;
use super::{
    Article, ArticleError, Decoded, PublishedFrom, Publisher, Publishers, boilerplate, dates, decode, html, normalize, normalize_line,
};
use crate::temporal::Moment;

/// What is known of an input besides its bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hints {
    /// Where it came from.
    pub url: Option<String>,
    /// The HTTP header `Content-Type`.
    pub content_type: Option<String>,
    /// When it was published, as the user says; it beats the page.
    pub published_at: Option<Moment>,
    /// When the feed says it was published.
    pub feed_date: Option<Moment>,
    /// The headline in the feed.
    pub feed_title: Option<String>,
    /// Who the feed says published it.
    pub feed_publisher: Option<String>,
    /// When it was fetched.
    pub fetched_at: Option<Moment>,
}

/// What kind of input bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// An HTML page.
    Html,
    /// JSON objects, one a line, or one JSON document.
    Json,
    /// A feed, a sitemap or another XML document.
    Xml,
    /// Plain text.
    Text,
    /// No text.
    Binary,
    /// Nothing.
    Empty,
}

/// What kind of input this is, by its beginning.
pub fn sniff(bytes: &[u8]) -> InputKind {
    let mut head = &bytes[..bytes.len().min(4096)];
    // A cut through a character is no fault of the input's.
    if head.len() < bytes.len()
        && let Some(end) = head.iter().rposition(|b| b.is_ascii())
        && end > 0
    {
        head = &head[..end];
    }
    match decode(head, None) {
        Ok(decoded) => sniff_text(&decoded.text),
        Err(_) => InputKind::Binary,
    }
}

fn sniff_text(text: &str) -> InputKind {
    let head: String =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}').chars().take(4096).collect::<String>().to_ascii_lowercase();
    if head.is_empty() {
        return InputKind::Empty;
    }
    if head.starts_with('{') || head.starts_with("[{") || head.starts_with("[\n") {
        return InputKind::Json;
    }
    if !head.starts_with('<') {
        return InputKind::Text;
    }
    let has = |names: &[&str]| names.iter().any(|n| head.contains(n));
    if has(&["<html", "<!doctype html", "<head", "<body"]) {
        InputKind::Html
    } else if has(&["<rss", "<feed", "<urlset", "<sitemapindex", "<rdf:rdf"]) || (head.starts_with("<?xml") && !has(&["<div", "<p>"])) {
        InputKind::Xml
    } else if has(&[
        "<meta",
        "<title",
        "<div",
        "<p>",
        "<p ",
        "<script",
        "<article",
        "<table",
        "<span",
        "<br",
        "<h1",
        "<section",
        "<!--",
        "<frameset",
        "<link",
    ]) {
        InputKind::Html
    } else {
        // A broadcast's script begins "<앵커>".
        InputKind::Text
    }
}

/// Reads whatever the bytes are: a page, a text, JSON lines, one JSON document. One entry an article; blank JSON lines are skipped.
pub fn read_bytes(bytes: &[u8], hints: &Hints, publishers: &Publishers) -> Vec<Result<Article, ArticleError>> {
    let one = match sniff(bytes) {
        InputKind::Empty => Err(ArticleError::Empty),
        InputKind::Html | InputKind::Xml => read_html(bytes, hints, publishers),
        InputKind::Binary => decode(bytes, None).and(Err(ArticleError::Binary("binary data"))),
        InputKind::Text => decode(bytes, hints.content_type.as_deref()).map(|d| read_text(&d.text, hints, publishers)),
        InputKind::Json => return read_json(bytes, publishers),
    };
    vec![one]
}

fn read_json(bytes: &[u8], publishers: &Publishers) -> Vec<Result<Article, ArticleError>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // A document over several lines does not end with its first line.
    let first_line = bytes.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default();
    if serde_json::from_slice::<serde::de::IgnoredAny>(first_line).is_err() {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(map)) => return vec![article_of(map, 1, publishers)],
            Ok(Value::Array(items)) => return (1..).zip(items).map(|(n, item)| read_value(item, n, publishers)).collect(),
            _ => {}
        }
    } else if let Ok(Value::Array(items)) = serde_json::from_slice::<Value>(bytes) {
        return (1..).zip(items).map(|(n, item)| read_value(item, n, publishers)).collect();
    }
    (1..)
        .zip(bytes.split(|b| *b == b'\n'))
        .filter(|(_, l)| !l.trim_ascii().is_empty())
        .map(|(n, l)| read_json_line(l, n, publishers))
        .collect()
}

/// Reads an HTML page.
pub fn read_html(bytes: &[u8], hints: &Hints, publishers: &Publishers) -> Result<Article, ArticleError> {
    let decoded = decode_page(bytes, hints)?;
    read_page(&decoded.text, hints, publishers).map(|page| page.0)
}

/// Reads an HTML page and says how: the same article, with what gave each of its values.
pub fn explain_html(bytes: &[u8], hints: &Hints, publishers: &Publishers) -> Result<(Article, Explanation), ArticleError> {
    let Decoded { text, encoding, overruled, from, labels } = decode_page(bytes, hints)?;
    let charset = Charset { name: encoding, from, labels, overruled };
    explain_page(&text, charset, hints, publishers)
}

fn decode_page(bytes: &[u8], hints: &Hints) -> Result<Decoded, ArticleError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ArticleError::Empty);
    }
    decode(bytes, hints.content_type.as_deref())
}

fn read_page(text: &str, hints: &Hints, publishers: &Publishers) -> Result<(Article, ()), ArticleError> {
    read_page_and(text, hints, publishers, |_| ())
}

fn explain_page(text: &str, charset: Charset, hints: &Hints, publishers: &Publishers) -> Result<(Article, Explanation), ArticleError> {
    read_page_and(text, hints, publishers, |steps| steps.explain(charset))
}

/// All that was found on a page, before it is forgotten.
struct Steps<'a> {
    page: &'a Html,
    hints: &'a Hints,
    rule: Option<&'a Publisher>,
    layout: Option<&'a Publisher>,
    found: &'a Metadata<'a>,
    body: &'a Body<'a>,
    published: &'a [(Moment, PublishedFrom)],
}

impl Steps<'_> {
    fn explain(&self, charset: Charset) -> Explanation {
        let Steps { hints, found, published, .. } = self;
        let page_wins = published.first().is_some_and(|(_, from)| *from == PublishedFrom::Page);
        let dates = |dates: &Dates, taken: bool| -> Vec<DateFound> {
            let found = dates.found.iter().enumerate();
            found.map(|(i, (date, by))| DateFound { at: date.at, from: (*by).into(), chosen: taken && dates.chosen == Some(i) }).collect()
        };
        let mut all = dates(&found.published, page_wins);
        for (i, (at, from)) in published.iter().enumerate() {
            let by = match from {
                PublishedFrom::Page => continue,
                PublishedFrom::Given => "given",
                PublishedFrom::Url => "url",
                PublishedFrom::Feed => "feed",
                PublishedFrom::Fetch => "fetch",
            };
            let date = DateFound { at: *at, from: Trail::of(by).into(), chosen: i == 0 };
            if i == 0 { all.insert(0, date) } else { all.push(date) }
        }
        let feed = |wanted: bool| wanted.then(|| Trail::of("feed").into());
        Explanation {
            charset,
            rule: self.rule.map(|r| r.name.clone()),
            layout: self.layout.map(|l| l.name.clone()),
            title: found.title_by.map(Origin::from),
            publisher: found.publisher_by.map(Origin::from).or_else(|| feed(hints.feed_publisher.is_some())),
            authors: found.authors_by.map(Origin::from),
            published: all,
            published_from: published.first().map(|(_, from)| *from),
            modified: dates(&found.modified, true),
            urls: found.urls.iter().map(|u| UrlFound { url: u.url.clone(), from: u.by.into(), doubt: u.doubt }).collect(),
            amp_url: metadata::amp_url(self.page, hints.url.as_deref()),
            body: self.body.by.map(Origin::from),
            dropped: self.body.dropped(self.page, self.rule, self.layout),
        }
    }
}

fn read_page_and<T>(
    text: &str,
    hints: &Hints,
    publishers: &Publishers,
    look: impl FnOnce(Steps) -> T,
) -> Result<(Article, T), ArticleError> {
    if sniff_text(text) == InputKind::Xml {
        return Err(ArticleError::NotAPage);
    }
    let page = html::parse(text);
    let titles = metadata::shown_titles(&page);
    let linked = linked_article(&page, &titles.iter().map(String::as_str).collect::<Vec<_>>());
    let lines = html::lines_of(page.root_element(), &|_| false);
    let layout = words().layouts.iter().find(|l| body::has_layout(&page, l));
    let read = |url: Option<&str>, rule| {
        let (lines, linked, fetched_at) = (head_of(&lines), linked.as_ref(), hints.fetched_at);
        metadata::read(&Sources { page: &page, lines, url, rule, layout, linked, fetched_at, publishers })
    };
    let mut rule = hints.url.as_deref().and_then(|u| publishers.by_url(u));
    let mut found = read(hints.url.as_deref(), rule);
    // A page from a file names its own URL, and with it the publisher whose rule applies.
    if hints.url.is_none() && found.canonical_url.is_some() {
        let url = found.canonical_url.clone();
        rule = url.as_deref().and_then(|u| publishers.by_url(u));
        found = read(url.as_deref(), rule);
    }
    if found.title.is_empty()
        && let Some(title) = &hints.feed_title
    {
        found.title = normalize_line(title);
        found.title_by = Some(Trail::of("feed"));
    }
    let body = body::extract(&page, rule, layout, linked.as_ref().and_then(|l| l.body.as_deref()), &found.title);
    if found.title.is_empty() && body.text.is_empty() {
        return Err(ArticleError::NoArticle { url: hints.url.clone() });
    }
    let canonical_url = found.canonical_url.clone().or_else(|| hints.url.clone()).map(|u| canonical(&u, publishers));
    // Best first.
    let published: Vec<(Moment, PublishedFrom)> = [
        hints.published_at.map(|at| (at, PublishedFrom::Given)),
        found.published_at.map(|at| (at, PublishedFrom::Page)),
        url_date(hints.url.as_deref(), hints.fetched_at).or_else(|| url_date(canonical_url.as_deref(), hints.fetched_at)),
        hints.feed_date.map(|at| (at, PublishedFrom::Feed)),
        hints.fetched_at.map(|at| (at, PublishedFrom::Fetch)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let seen = look(Steps { page: &page, hints, rule, layout, found: &found, body: &body, published: &published });
    let article = Article {
        id: canonical_url.as_deref().map_or_else(|| id_of_text(&found.title, &body.text), id_of_url),
        url: hints.url.clone(),
        canonical_url,
        publisher: found.publisher.or_else(|| hints.feed_publisher.as_deref().map(normalize_line).filter(|p| !p.is_empty())),
        title: found.title,
        authors: found.authors,
        published_at: published.first().map(|(at, _)| *at),
        published_from: published.first().map(|(_, from)| *from),
        modified_at: found.modified_at,
        text: body.text,
    };
    Ok((article, seen))
}

/// Where dates stand that are the page's own; below are comments and lists.
fn head_of(lines: &str) -> &str {
    let mut end = lines.len().min(256 * 1024);
    while !lines.is_char_boundary(end) {
        end -= 1;
    }
    &lines[..end]
}

fn url_date(url: Option<&str>, fetched_at: Option<Moment>) -> Option<(Moment, PublishedFrom)> {
    let at = dates::in_url(url?)?;
    // A number that names a day to come is a serial number.
    fetched_at.is_none_or(|f| at.date() <= f.date()).then_some((at, PublishedFrom::Url))
}

/// Reads plain text.
///
/// The first line is the headline when it looks like one: at most 100 characters, more text below it, no sentence's end, and no byline, caption or date.
/// Without an empty line below it, it must be no longer than 70 characters. "제목:" before it says so outright. Otherwise the title is empty and all of it is text.
/// The text stays as printed; a line such as "입력 2023.01.17 15:20" in it says when it was published.
pub fn read_text(text: &str, hints: &Hints, publishers: &Publishers) -> Article {
    let text = normalize(text);
    let (title, body) = split_title(&text);
    from_text(None, title.to_owned(), body.to_owned(), hints.published_at, None, hints, publishers)
}

fn split_title(text: &str) -> (&str, &str) {
    let Some((first, rest)) = text.split_once('\n') else { return ("", text) };
    let body = rest.trim_start_matches('\n');
    if let Some(title) = ["제목:", "제목 :"].iter().find_map(|label| first.strip_prefix(label)) {
        return (title.trim(), body);
    }
    let limit = if rest.starts_with('\n') { 100 } else { 70 };
    let bare = first.trim_end_matches(['"', '\'', '”', '’', ')', ']']);
    let sentence = bare.ends_with('.') && !bare.ends_with("...");
    let headline = first.chars().count() <= limit && !sentence && boilerplate::find(first).is_empty();
    if headline { (first, body) } else { ("", text) }
}

fn from_text(
    id: Option<String>,
    title: String,
    text: String,
    published_at: Option<Moment>,
    publisher: Option<String>,
    hints: &Hints,
    publishers: &Publishers,
) -> Article {
    let canonical_url = hints.url.as_deref().map(|u| canonical(u, publishers));
    let published = published_at
        .map(|at| (at, PublishedFrom::Given))
        .or_else(|| metadata::labelled(head_of(&text), &words().published_label).map(|d| (d.at, PublishedFrom::Page)))
        .or_else(|| url_date(hints.url.as_deref(), hints.fetched_at))
        .or(hints.feed_date.map(|at| (at, PublishedFrom::Feed)))
        .or(hints.fetched_at.map(|at| (at, PublishedFrom::Fetch)));
    let known = || hints.url.as_deref().and_then(|u| publishers.by_url(u)).filter(|p| p.publisher.is_empty()).map(|p| p.name.clone());
    Article {
        id: id.unwrap_or_else(|| canonical_url.as_deref().map_or_else(|| id_of_text(&title, &text), id_of_url)),
        url: hints.url.clone(),
        canonical_url,
        publisher: publisher.or_else(known),
        title,
        authors: Vec::new(),
        published_at: published.map(|(at, _)| at),
        published_from: published.map(|(_, from)| from),
        modified_at: None,
        text,
    }
}

/// Reads one JSON line: `{"id", "url", "publisher", "published_at", "title", "text" or "html"}`. Any other key is ignored; `null` and an empty string
/// are as good as nothing. `number` counts lines from 1, for errors.
pub fn read_json_line(line: &[u8], number: usize, publishers: &Publishers) -> Result<Article, ArticleError> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let json = |message: String| ArticleError::Json { line: number, message };
    let text = std::str::from_utf8(line).map_err(|e| json(format!("invalid UTF-8 at byte {}", e.valid_up_to() + 1)))?;
    if text.trim().is_empty() {
        return Err(json("the line is empty".to_owned()));
    }
    let value = serde_json::from_str(text).map_err(|e| {
        // serde_json's own "line 1" would be taken for the file's.
        let message = e.to_string();
        json(match message.rsplit_once(" at line ") {
            Some((what, _)) => format!("{what} at column {}", e.column()),
            None => message,
        })
    })?;
    read_value(value, number, publishers)
}

fn read_value(value: Value, line: usize, publishers: &Publishers) -> Result<Article, ArticleError> {
    match value {
        Value::Object(map) => article_of(map, line, publishers),
        other => Err(ArticleError::Json { line, message: format!("expected an object, found {}", kind_of(&other)) }),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn article_of(mut map: Map<String, Value>, line: usize, publishers: &Publishers) -> Result<Article, ArticleError> {
    let mut string = |field: &'static str| match map.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|t| !t.trim().is_empty())),
        Some(Value::Number(number)) if field == "id" => Ok(Some(number.to_string())),
        Some(other) => Err(ArticleError::Field { line, field, message: format!("expected a string, found {}", kind_of(&other)) }),
    };
    let id = string("id")?;
    let url = string("url")?.map(|u| u.trim().to_owned());
    let publisher = string("publisher")?.map(|p| normalize_line(&p));
    let published_at = match string("published_at")? {
        None => None,
        Some(text) => Some(match text.parse::<Moment>() {
            Ok(at) => at,
            Err(error) => {
                dates::parse(&text).map(|d| d.at).ok_or(ArticleError::Field { line, field: "published_at", message: error.to_string() })?
            }
        }),
    };
    let title = string("title")?.map(|t| normalize_line(&t));
    let text = string("text")?;
    let html = string("html")?;
    let hints = Hints { url, published_at, ..Hints::default() };
    match (text, html) {
        (None, Some(html)) => {
            let at_line = |error| ArticleError::Line { line, error: Box::new(error) };
            let mut article = match read_page(&html, &Hints { feed_title: title.clone(), ..hints }, publishers) {
                Ok((article, _)) => article,
                Err(error) => return Err(at_line(error)),
            };
            article.title = title.unwrap_or(article.title);
            article.publisher = publisher.or(article.publisher);
            article.id = id.unwrap_or(article.id);
            Ok(article)
        }
        (None, None) => Err(ArticleError::NoBody { line }),
        (Some(text), _) => {
            let text = normalize(&text).into_owned();
            Ok(from_text(id, title.unwrap_or_default(), text, published_at, publisher, &hints, publishers))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> &'static Publishers {
        Publishers::built_in()
    }

    fn line(json: &str) -> Result<Article, ArticleError> {
        read_json_line(json.as_bytes(), 3, rules())
    }

    #[test]
    fn sniffs() {
        for (bytes, want) in [
            (b"".as_slice(), InputKind::Empty),
            (b" \n ", InputKind::Empty),
            (b"<!DOCTYPE html><p>", InputKind::Html),
            (b"\n<!-- x --><html>", InputKind::Html),
            (b"<div>a</div>", InputKind::Html),
            (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC><html>", InputKind::Html),
            (b"<?xml version='1.0'?><rss>", InputKind::Xml),
            (b"{\"text\": 1}", InputKind::Json),
            (b"[{\"text\": 1}]", InputKind::Json),
            ("<앵커> 메신저가 멈췄습니다.".as_bytes(), InputKind::Text),
            ("메신저 먹통".as_bytes(), InputKind::Text),
            ("[속보] 메신저 먹통".as_bytes(), InputKind::Text),
            (b"%PDF-1.4", InputKind::Binary),
            (b"\0\0\0\0\0\0\0\0", InputKind::Binary),
        ] {
            assert_eq!(sniff(bytes), want, "{}", String::from_utf8_lossy(bytes));
        }
        let utf16: Vec<u8> = "<html><body>가</body></html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff(&utf16), InputKind::Html);
        assert_eq!(sniff("가".repeat(5000).as_bytes()), InputKind::Text);
    }

    #[test]
    fn plain_text_finds_its_headline() {
        for (text, title, body) in [
            ("메신저 먹통\n\n오늘 멈췄다.", "메신저 먹통", "오늘 멈췄다."),
            ("메신저 먹통…이용자 분통\n오늘 멈췄다.\n\n끝이다.", "메신저 먹통…이용자 분통", "오늘 멈췄다.\n\n끝이다."),
            ("제목: 메신저가 멈췄다.\n오늘 멈췄다.", "메신저가 멈췄다.", "오늘 멈췄다."),
            ("오늘 메신저가 멈췄다.\n\n회사는 사과했다.", "", "오늘 메신저가 멈췄다.\n\n회사는 사과했다."),
            (
                "[서울=예시스] 홍길동 기자 = 메신저가 멈췄다\n회사는 사과했다.",
                "",
                "[서울=예시스] 홍길동 기자 = 메신저가 멈췄다\n회사는 사과했다.",
            ),
            ("메신저 먹통", "", "메신저 먹통"),
            ("", "", ""),
        ] {
            let article = read_text(text, &Hints::default(), rules());
            assert_eq!((article.title.as_str(), article.text.as_str()), (title, body));
        }
        let article = read_text("메신저 먹통\r\n입력 ２０２３.01.17 15:20\r\n오늘 멈췄다.", &Hints::default(), rules());
        assert_eq!(
            (article.published_at.unwrap().to_string().as_str(), article.published_from),
            ("2023-01-17T15:20+09:00", Some(PublishedFrom::Page))
        );
        assert_eq!(article.text, "입력 2023.01.17 15:20\n오늘 멈췄다.");
    }

    #[test]
    fn json_lines() {
        let article = line(r#"{"id": 12, "url": "https://news.example.com/2023/01/17/1?utm_source=x", "publisher": " 예시 ", "published_at": "2023-01-17T15:20", "title": "먹통\n", "text": "１시에 멈췄다.", "outages": [1]}"#).unwrap();
        assert_eq!(
            (article.id.as_str(), article.publisher.as_deref(), article.title.as_str(), article.text.as_str()),
            ("12", Some("예시"), "먹통", "1시에 멈췄다.")
        );
        assert_eq!(article.canonical_url.as_deref(), Some("https://news.example.com/2023/01/17/1"));
        assert_eq!(
            (article.published_at.unwrap().to_string().as_str(), article.published_from),
            ("2023-01-17T15:20+09:00", Some(PublishedFrom::Given))
        );
        let from_url = line(r#"{"url": "https://news.example.com/2023/01/17/1", "title": "먹통", "text": "멈췄다."}"#).unwrap();
        assert_eq!(
            (from_url.published_at.unwrap().to_string().as_str(), from_url.published_from),
            ("2023-01-17", Some(PublishedFrom::Url))
        );
        assert_eq!(from_url.id.len(), 16);
        let from_html = line(r#"{"id": "a", "title": "먹통", "html": "<h1>다른 제목</h1><p>입력 2023.01.17 15:20</p><article><p>메신저가 멈췄다.</p></article>"}"#).unwrap();
        assert_eq!((from_html.id.as_str(), from_html.title.as_str(), from_html.published_from), ("a", "먹통", Some(PublishedFrom::Page)));
        assert!(from_html.text.contains("메신저가 멈췄다."));
        assert_eq!(line(r#"{"title": "먹통", "text": ""}"#).err(), line(r#"{"title": "먹통"}"#).err());
    }

    #[test]
    fn json_errors_name_line_and_field() {
        for (json, message) in [
            (r#"{"title": "먹통"}"#, "line 3: neither `text` nor `html`: an article needs one of them"),
            (r#"{}"#, "line 3: neither `text` nor `html`: an article needs one of them"),
            (r#"{"text": 1}"#, "line 3: field `text`: expected a string, found a number"),
            (r#"{"text": "가", "title": []}"#, "line 3: field `title`: expected a string, found an array"),
            (r#"{"id": {}, "text": "가"}"#, "line 3: field `id`: expected a string, found an object"),
            (r#"[1]"#, "line 3: not a JSON object: expected an object, found an array"),
            (r#"{"text": "가""#, "line 3: not a JSON object: EOF while parsing an object at column 14"),
            ("", "line 3: not a JSON object: the line is empty"),
            (r#"{"html": "<p></p>"}"#, "line 3: no article found: the page has neither a headline nor a body text"),
        ] {
            assert_eq!(line(json).unwrap_err().to_string(), message, "{json}");
        }
        assert!(
            line(r#"{"text": "가", "published_at": "어제"}"#)
                .unwrap_err()
                .to_string()
                .starts_with("line 3: field `published_at`: `어제` is not a time")
        );
        assert_eq!(
            read_json_line(b"{\"text\": \"\xFF\"}", 7, rules()).unwrap_err().to_string(),
            "line 7: not a JSON object: invalid UTF-8 at byte 11"
        );
    }

    #[test]
    fn bytes_of_any_kind() {
        let read = |bytes: &[u8]| read_bytes(bytes, &Hints::default(), rules());
        assert_eq!(read(b""), [Err(ArticleError::Empty)]);
        assert!(matches!(read(b"%PDF-1.4")[..], [Err(ArticleError::Binary("a PDF file"))]));
        assert_eq!(read(b"<?xml version='1.0'?><rss></rss>"), [Err(ArticleError::NotAPage)]);
        let lines = read("{\"text\": \"가\"}\n\n{\"text\": 1}\n{\"text\": \"나\"}\n".as_bytes());
        assert_eq!(lines.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        assert!(lines[1].as_ref().unwrap_err().to_string().starts_with("line 3"));
        assert_eq!(read("{\n \"text\": \"가\"\n}\n".as_bytes())[0].as_ref().unwrap().text, "가");
        assert_eq!(read("[{\"text\": \"가\"}, {\"text\": \"나\"}]".as_bytes()).len(), 2);
        assert_eq!(read("메신저 먹통\n\n멈췄다.".as_bytes())[0].as_ref().unwrap().title, "메신저 먹통");
    }

    #[test]
    fn the_date_comes_from_page_url_feed_or_fetch() {
        let page = |extra: &str| format!("<title>먹통</title>{extra}<article><p>메신저가 멈췄다.</p></article>");
        let day = |text: &str| Some(text.parse::<Moment>().unwrap());
        let read = |html: &str, url: &str, feed: Option<Moment>| {
            let hints = Hints { url: Some(url.to_owned()), feed_date: feed, fetched_at: day("2023-02-01T10:00"), ..Hints::default() };
            let article = read_html(html.as_bytes(), &hints, rules()).unwrap();
            (article.published_at.unwrap().to_string(), article.published_from.unwrap())
        };
        let (dated, plain) = ("https://news.example.com/20230117/1", "https://news.example.com/1");
        let with_line = page("<p>입력 2023.01.18 15:20</p>");
        assert_eq!(read(&with_line, dated, None), ("2023-01-18T15:20+09:00".to_owned(), PublishedFrom::Page));
        assert_eq!(read(&page(""), dated, day("2023-01-19")), ("2023-01-17".to_owned(), PublishedFrom::Url));
        assert_eq!(read(&page(""), plain, day("2023-01-19")), ("2023-01-19".to_owned(), PublishedFrom::Feed));
        assert_eq!(read(&page(""), plain, None), ("2023-02-01T10:00+09:00".to_owned(), PublishedFrom::Fetch));
        assert_eq!(read(&page("<p>입력 2033.01.18 15:20</p>"), "https://news.example.com/20330117/1", None).1, PublishedFrom::Fetch);
    }
}
