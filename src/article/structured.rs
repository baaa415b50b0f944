//! Data inside a page's scripts: JSON-LD, and the state from which a browser would render the page.
//!
//! Promises: broken JSON of the usual kinds (trailing commas, raw control characters, HTML comments, entities, rubbish after the end) is read as meant;
//! nothing is executed; walks do not recurse.

use std::borrow::Cow;

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use std::sync::LazyLock;

use super::html::fragment_lines;

/// What JSON-LD says of the page's article.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LinkedArticle {
    pub headline: Option<String>,
    pub publisher: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    pub url: Option<String>,
    pub body: Option<String>,
}

static SCRIPT: LazyLock<Selector> = LazyLock::new(|| Selector::parse("script").expect("a tested selector"));

fn scripts(page: &Html) -> impl Iterator<Item = (ElementRef<'_>, String)> {
    page.select(&SCRIPT).map(|e| (e, e.text().collect::<String>()))
}

fn is_json_ld(script: ElementRef) -> bool {
    script.attr("type").is_some_and(|t| t.to_ascii_lowercase().contains("ld+json"))
}

/// The article that JSON-LD describes; of several, the one whose headline the page shows in `titles`, else the first.
pub(super) fn linked_article(page: &Html, titles: &[&str]) -> Option<LinkedArticle> {
    let mut found = Vec::new();
    for (_, text) in scripts(page).filter(|(e, _)| is_json_ld(*e)) {
        for value in lenient(&text) {
            articles_in(&value, &mut found);
        }
    }
    let shown = |a: &LinkedArticle| {
        a.headline.as_deref().is_some_and(|h| {
            let h = super::normalize::normalize_line(h);
            !h.is_empty() && titles.iter().any(|t| t.contains(&h))
        })
    };
    let best = found.iter().position(shown).unwrap_or(0);
    (best < found.len()).then(|| found.swap_remove(best))
}

fn articles_in(value: &Value, found: &mut Vec<LinkedArticle>) {
    // In page order: a stack, its children pushed in reverse.
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items.iter().rev()),
            Value::Object(map) => {
                if types(value).any(is_article_type) {
                    found.push(read_article(value));
                }
                for key in ["mainEntityOfPage", "mainEntity", "@graph"] {
                    stack.extend(map.get(key));
                }
            }
            _ => {}
        }
    }
}

fn types(value: &Value) -> impl Iterator<Item = &str> {
    let of = &value["@type"];
    let many = of.as_array().map(Vec::as_slice).unwrap_or_default();
    of.as_str().into_iter().chain(many.iter().filter_map(Value::as_str))
}

fn is_article_type(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.ends_with("Article") || name.ends_with("BlogPosting") || name == "Report"
}

fn read_article(value: &Value) -> LinkedArticle {
    let text = |key: &str| value[key].as_str().map(|s| unescape(s.trim()).into_owned()).filter(|s| !s.is_empty());
    LinkedArticle {
        headline: text("headline").or_else(|| text("name")),
        publisher: names(&value["publisher"]).into_iter().next(),
        authors: names(&value["author"]),
        published: text("datePublished").or_else(|| text("dateCreated")),
        modified: text("dateModified"),
        url: text("url").or_else(|| value["mainEntityOfPage"]["@id"].as_str().map(str::to_owned)).or_else(|| text("mainEntityOfPage")),
        body: text("articleBody").map(|b| fragment_lines(&b)),
    }
}

/// The names of people or organisations, given as a string, an object or an array of them.
fn names(value: &Value) -> Vec<String> {
    let one = |v: &Value| match v {
        Value::String(s) => Some(s.clone()),
        Value::Object(m) => m.get("name").and_then(|n| n.as_str().or_else(|| n[0].as_str())).map(str::to_owned),
        _ => None,
    };
    let list = match value {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect::<Vec<_>>(),
    };
    list.into_iter().map(|n| unescape(n.trim()).into_owned()).filter(|n| !n.is_empty()).collect()
}

fn unescape(text: &str) -> Cow<'_, str> {
    // Only entities: a headline may hold a bare "<".
    if text.contains('&') && !text.contains('<') { Cow::Owned(fragment_lines(text)) } else { Cow::Borrowed(text) }
}

/// The JSON values of a script, mended where that is needed.
fn lenient(text: &str) -> Vec<Value> {
    let text = strip_wrapping(text);
    let values =
        |text: &str| -> Vec<Value> { serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok).collect() };
    let read = values(text);
    if !read.is_empty() {
        return read;
    }
    let entities;
    let text = if text.starts_with("{&quot;") || text.starts_with("[{&quot;") {
        entities = text.replace("&quot;", "\"").replace("&amp;", "&");
        entities.as_str()
    } else {
        text
    };
    values(&mend(text))
}

fn strip_wrapping(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let before = text;
        for open in ["<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA[", "// <![CDATA[", "\u{FEFF}"] {
            text = text.strip_prefix(open).unwrap_or(text).trim_start();
        }
        for close in ["-->", "//]]>", "/*]]>*/", "]]>", "// ]]>", "//", ";"] {
            text = text.strip_suffix(close).unwrap_or(text).trim_end();
        }
        if text == before {
            return text;
        }
    }
}

/// Escapes raw control characters and stray backslashes inside strings, drops commas before a closing bracket.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut in_string = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => match chars.peek() {
                Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                    out.push(c);
                    out.extend(chars.next());
                }
                _ => out.push_str("\\\\"),
            },
            '\n' if in_string => out.push_str("\\n"),
            '\r' if in_string => {}
            '\0'..='\x1F' if in_string => out.push(' '),
            ',' if !in_string => {
                let mut ahead = chars.clone().take(4096);
                if !matches!(ahead.find(|c| !c.is_whitespace()), Some('}' | ']') | None) {
                    out.push(c);
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// The longest piece of Korean prose that a script's data holds: a body string, or the strings of one array that are a body's paragraphs.
///
/// It is a page's body when the page is rendered in the browser, so nothing else has it.
pub(super) fn script_body(page: &Html) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for (element, text) in scripts(page).filter(|(e, _)| !is_json_ld(*e)) {
        let kind = element.attr("type").unwrap_or_default();
        for value in data_in(kind, &text) {
            for text in prose_in(&value) {
                let score = hangul(&text);
                if best.as_ref().is_none_or(|(s, _)| score > *s) {
                    best = Some((score, text));
                }
            }
        }
    }
    best.filter(|(score, _)| *score >= 60).map(|(_, text)| text)
}

fn hangul(text: &str) -> usize {
    text.chars().filter(|c| ('가'..='힣').contains(c)).count()
}

/// The objects that a script is or assigns: `{…}`, `window.state = {…};`, `parse("{\"…\"}")`.
fn data_in(kind: &str, text: &str) -> Vec<Value> {
    if text.len() < 200 {
        return Vec::new();
    }
    if kind.contains("json") {
        return lenient(text);
    }
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    // A script that assigns hundreds of objects is code, not data.
    let mut tries = 0;
    while tries < 200
        && let Some(offset) = bytes[at..].iter().position(|b| matches!(b, b'=' | b'('))
    {
        let after = at + offset + 1;
        let start = after + bytes[after..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        at = after;
        let mut read = |text: &str| {
            tries += 1;
            let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            let value = stream.next().and_then(Result::ok);
            value.map(|v| (v, stream.byte_offset()))
        };
        match bytes.get(start) {
            Some(b'{' | b'[') => {
                if let Some((value, length)) = read(&text[start..]) {
                    at = start + length;
                    found.push(value);
                }
            }
            Some(b'"') => {
                if let Some((Value::String(inner), length)) = read(&text[start..]) {
                    at = start + length;
                    if inner.trim_start().starts_with(['{', '[']) {
                        found.extend(serde_json::from_str(&inner).ok());
                    } else if inner.len() > 200 {
                        found.push(Value::String(inner));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Strings that are prose, those of one array and key together.
fn prose_in(root: &Value) -> Vec<String> {
    let mut singles = Vec::new();
    // (the array, the key within its objects) → paragraphs
    let mut groups: Vec<(usize, &str, Vec<String>)> = Vec::new();
    let mut arrays = 0;
    let mut stack: Vec<(&Value, usize, &str)> = vec![(root, 0, "")];
    while let Some((value, array, key)) = stack.pop() {
        match value {
            Value::String(text) if is_prose(text) => {
                let text = fragment_lines(text);
                // One long string is a body by itself; short ones are paragraphs.
                if hangul(&text) > 300 || array == 0 {
                    singles.push(text.clone());
                }
                if array > 0 {
                    match groups.iter_mut().rev().take(64).find(|g| g.0 == array && g.1 == key) {
                        Some(group) => group.2.push(text),
                        None => groups.push((array, key, vec![text])),
                    }
                }
            }
            Value::Array(items) => {
                arrays += 1;
                let id = arrays;
                stack.extend(items.iter().rev().map(|v| (v, id, "")));
            }
            Value::Object(map) => stack.extend(map.iter().rev().map(|(k, v)| (v, array, k.as_str()))),
            _ => {}
        }
    }
    singles.extend(groups.into_iter().map(|(_, _, paragraphs)| paragraphs.join("\n")));
    singles
}

/// Korean that ends sentences, which headlines, labels and code do not.
fn is_prose(text: &str) -> bool {
    let count = hangul(text);
    count >= 12
        && count * 4 >= text.chars().filter(|c| c.is_alphanumeric()).count()
        && ["다.", "요.", "다\"", "다”", "까?"].iter().any(|end| text.contains(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::html::parse;

    fn ld(json: &str) -> Option<LinkedArticle> {
        linked_article(&parse(&format!("<script type='application/ld+json'>{json}</script>")), &["메신저 먹통"])
    }

    #[test]
    fn reads_an_article_in_its_shapes() {
        for json in [
            r#"{"@type":"NewsArticle","headline":"메신저 먹통","author":{"@type":"Person","name":"홍길동"},"publisher":{"name":"예시신문"},"datePublished":"2023-01-17"}"#,
            r#"[{"@type":"BreadcrumbList"},{"@type":["Article","NewsArticle"],"headline":"메신저 먹통","author":["홍길동"],"publisher":"예시신문","datePublished":"2023-01-17"}]"#,
            r#"{"@context":"https://schema.org","@graph":[{"@type":"WebSite"},{"@type":"ReportageNewsArticle","headline":"메신저 먹통","author":[{"name":"홍길동"}],"publisher":{"name":"예시신문"},"datePublished":"2023-01-17"}]}"#,
            "<!-- {\"@type\":\"NewsArticle\",\"headline\":\"메신저 먹통\",\"author\":\"홍길동\",\"publisher\":{\"name\":\"예시신문\",},\"datePublished\":\"2023-01-17\",} -->",
            "{\"@type\":\"NewsArticle\",\"headline\":\"메신저 먹통\",\"description\":\"줄이\n바뀐다 \\(역사선)\t\",\"author\":\"홍길동\",\"publisher\":\"예시신문\",\"datePublished\":\"2023-01-17\"};",
            "{\"@type\":\"NewsArticle\",\"headline\":\"은행 앱 점검\"}\n{\"@type\":\"NewsArticle\",\"headline\":\"메신저 먹통\",\"author\":\"홍길동\",\"publisher\":\"예시신문\",\"datePublished\":\"2023-01-17\"}",
        ] {
            let found = ld(json).unwrap_or_else(|| panic!("{json}"));
            assert_eq!(found.headline.as_deref(), Some("메신저 먹통"), "{json}");
            assert_eq!(
                (found.authors.as_slice(), found.publisher.as_deref()),
                (["홍길동".to_owned()].as_slice(), Some("예시신문")),
                "{json}"
            );
            assert_eq!(found.published.as_deref(), Some("2023-01-17"), "{json}");
        }
        assert_eq!(ld(r#"{"@type":"Organization","name":"예시신문"}"#), None);
        assert_eq!(ld("{not json"), None);
        assert_eq!(ld(&"[".repeat(100_000)), None);
    }

    #[test]
    fn finds_a_body_in_data() {
        let body = "메신저가 17일 낮 멈췄다고 회사가 밝혔다. 이용자들은 오후 내내 불편을 겪었다고 전했다. 회사는 원인을 찾고 있다고 설명했다. 복구 시각은 아직 알려지지 않았다고 한다.";
        let json = serde_json::json!({"menu": ["정치", "경제"], "article": {"title": "메신저 먹통", "content": format!("<p>{body}</p><p>끝이다.</p>")}}).to_string();
        let escaped = serde_json::to_string(&json).unwrap();
        for script in [
            format!("<script type='application/json' id='data'>{json}</script>"),
            format!("<script>window.a=1; window.__STATE__ = {json};(function(){{}})()</script>"),
            format!("<script>var s = JSON.parse({escaped});</script>"),
        ] {
            assert_eq!(script_body(&parse(&script)).as_deref(), Some(format!("{body}\n끝이다.").as_str()), "{script}");
        }
        let parts: Vec<_> = body.split_inclusive(". ").map(|p| serde_json::json!({"type": "text", "content": p.trim()})).collect();
        let json = serde_json::json!({"content_elements": parts, "related": [{"content": "다른 기사 제목이 여기에 있다."}]}).to_string();
        let found = script_body(&parse(&format!("<script>Fusion.globalContent={json};</script>"))).unwrap();
        assert_eq!(found.replace('\n', " "), body);
        assert_eq!(script_body(&parse("<script>var a = {\"x\": \"짧다.\"}; f(\"가나다\");</script>")), None);
    }
}
