//! Pages in several layouts against the articles that they hold: `fixtures/article/NAME.html` and beside it `NAME.article.json`, reviewed; and
//! in `fixtures/publishers` pages in the layouts of the publishers that have a rule.
//! `UPDATE_FIXTURES=1 cargo test --test article` writes what is read now, for a person to look at the difference.

use std::path::{Path, PathBuf};

use meoktong::article::{
    Article, Explanation, Fingerprint, Hints, Publishers, canonical, explain_html, fingerprint, read_bytes, read_html, same_text,
};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/article")
}

/// Where a fixture's page pretends to come from.
fn url_of(name: &str) -> Option<String> {
    match name {
        "portal" => Some("https://n.news.naver.com/mnews/article/999/0000000001?sid=105".to_owned()),
        "cms" | "cp949" => None,
        _ => Some(format!("https://www.example.test/{name}?utm_source=feed")),
    }
}

fn form(article: &Article) -> Value {
    json!({
        "url": article.canonical_url,
        "publisher": article.publisher,
        "title": article.title,
        "authors": article.authors,
        "published_at": article.published_at,
        "published_from": article.published_from,
        "modified_at": article.modified_at,
        "text": article.text.lines().collect::<Vec<_>>(),
    })
}

fn read(name: &str, bytes: &[u8]) -> Article {
    let hints = Hints { url: url_of(name), ..Hints::default() };
    read_html(bytes, &hints, Publishers::built_in()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn pages() -> Vec<(String, Vec<u8>)> {
    pages_in(&folder())
}

fn pages_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut pages: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "html"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_fixture_page_gives_its_article() {
    let pages = pages();
    assert!(pages.len() >= 6);
    let wrong: String = pages.iter().map(|(name, bytes)| difference(&folder(), name, &read(name, bytes))).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

/// What differs from the reviewed article; nothing where they are the same.
fn difference(folder: &Path, name: &str, article: &Article) -> String {
    let found = format!("{}\n", serde_json::to_string_pretty(&form(article)).unwrap());
    let path = folder.join(format!("{name}.article.json"));
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if found == expected {
        return String::new();
    }
    let diff = similar::TextDiff::from_lines(&expected, &found);
    format!("{name}\n{}\n", diff.unified_diff().header("expected", "found"))
}

/// Stands in everything on a publisher's page that is no part of the article.
const NOT_THE_ARTICLE: &str = "빠질 글";

/// Each page in a publisher's own layout, its first line says whose: the rule gives title, body, date and author, and drops the rest. What a layout does
/// not show is named here.
#[test]
fn publishers_pages_are_read_by_their_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/publishers");
    let rules = Publishers::built_in();
    let no_author = ["nate", "newsis", "kmib", "ytn"];
    let no_date = ["jtbc"];
    let (mut wrong, mut names) = (String::new(), std::collections::BTreeSet::new());
    for (name, bytes) in pages_in(&folder) {
        let html = std::str::from_utf8(&bytes).unwrap();
        let url = html.strip_prefix("<!-- ").and_then(|rest| rest.split_once(" -->")).unwrap_or_else(|| panic!("{name}: no address")).0;
        assert!(html.matches(NOT_THE_ARTICLE).count() >= 5, "{name} has little to leave out");
        assert_eq!(rules.is_article_url(url), Some(true), "{name}: {url}");
        let hints = Hints { url: Some(url.to_owned()), ..Hints::default() };
        let (article, told) = explain_html(&bytes, &hints, rules).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read_html(&bytes, &hints, rules).as_ref(), Ok(&article), "{name}: told or not, it is the same article");
        wrong += &difference(&folder, &name, &article);
        names.insert(told.rule.clone().unwrap_or_else(|| panic!("{name}: no rule")));
        let Explanation { title, body, authors, published, publisher, .. } = &told;
        let chosen = published.iter().find(|d| d.chosen).map(|d| &d.from);
        for (field, from, expected) in [
            ("title", title.as_ref(), true),
            ("body", body.as_ref(), true),
            ("published_at", chosen, !no_date.contains(&name.as_str())),
            ("authors", authors.as_ref(), !no_author.contains(&name.as_str())),
            ("publisher", publisher.as_ref(), true),
        ] {
            if from.is_some_and(|f| f.by == "rule") != expected {
                wrong += &format!("{name}: {field} is from {from:?}\n");
            }
        }
        let all = format!("{}\n{}\n{}", article.title, article.authors.join("\n"), article.text);
        for unwanted in [NOT_THE_ARTICLE, "@", "무단", "기자 =", "광고"] {
            if all.contains(unwanted) {
                wrong += &format!("{name}: “{unwanted}” is left in {all}\n");
            }
        }
        if article.text.lines().count() < 4 {
            wrong += &format!("{name}: only {}\n", article.text);
        }
        let named = article.canonical_url.unwrap();
        assert_eq!(canonical(&named, rules), named, "{name}");
        assert_eq!(canonical(url, rules), named, "{name}: the address and what the page calls itself are one");
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(names.len() >= 35, "{}", names.len());
}

/// Eight stories in 39 papers, each with its paper's byline, captions and boilerplate: two pages are one text exactly when they tell one story.
#[test]
fn one_story_in_many_papers_is_one_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/publishers");
    let articles: Vec<(String, Article, Fingerprint)> = pages_in(&folder)
        .into_iter()
        .map(|(name, bytes)| {
            let article = read_html(&bytes, &Hints::default(), Publishers::built_in()).unwrap();
            let numbers = fingerprint(Some(&article.title), &article.text);
            (name, article, numbers)
        })
        .collect();
    let mut same = 0;
    for (i, (name, article, numbers)) in articles.iter().enumerate() {
        for (other_name, other, other_numbers) in &articles[i + 1..] {
            let found = same_text(numbers, other_numbers);
            assert_eq!(found, article.title == other.title, "{name} and {other_name}: {}", numbers.similarity(other_numbers));
            same += usize::from(found);
            // The way by which an index finds them.
            let keyed = numbers.keys(|_| 0).iter().any(|k| other_numbers.sentences().contains(k));
            assert!(!found || keyed, "{name} and {other_name} share no key");
        }
    }
    assert!(same >= 50, "{same}");
}

/// Pages whose body a browser would make of a script's data or that only JSON-LD has, in publishers' own forms.
#[test]
fn pages_that_nobody_rendered_give_their_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/unrendered");
    let pages = pages_in(&folder);
    assert!(pages.len() >= 3);
    let mut wrong = String::new();
    for (name, bytes) in pages {
        let url = std::str::from_utf8(&bytes).unwrap().strip_prefix("<!-- ").and_then(|rest| rest.split_once(" -->")).unwrap().0;
        let hints = Hints { url: Some(url.to_owned()), ..Hints::default() };
        let (article, told) = explain_html(&bytes, &hints, Publishers::built_in()).unwrap();
        assert_eq!(told.body.map(|b| b.by), Some(if name == "jtbc" { "json-ld" } else { "script" }), "{name}");
        assert!(!article.text.contains(NOT_THE_ARTICLE), "{name}: {}", article.text);
        wrong += &difference(&folder, &name, &article);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// One page in many encodings and under many labels, as files with these very bytes: letter for letter the same article.
#[test]
fn one_page_in_every_encoding() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/charset");
    let expected = read_html(&std::fs::read(folder.join("utf-8.html")).unwrap(), &Hints::default(), Publishers::built_in()).unwrap();
    assert_eq!(difference(&folder, "page", &expected), "");
    let mut seen = Vec::new();
    for (name, bytes) in pages_in(&folder) {
        // A server that says nothing, says right, says wrong.
        for header in [
            None,
            Some("text/html"),
            Some("text/html; charset=utf-8"),
            Some("text/html;charset=EUC-KR"),
            Some("text/html; charset=ISO-8859-1"),
        ] {
            let hints = Hints { content_type: header.map(str::to_owned), ..Hints::default() };
            let (article, told) = explain_html(&bytes, &hints, Publishers::built_in()).unwrap();
            assert_eq!(article, expected, "{name} under {header:?}");
            let encoding = if name.starts_with("cp949") {
                "EUC-KR"
            } else if name.starts_with("utf-8") {
                "UTF-8"
            } else {
                &name[..8].to_uppercase()
            };
            assert_eq!(told.charset.name, encoding, "{name} under {header:?}");
            if header.is_none() {
                seen.push((name.clone(), serde_json::to_value(told.charset.from).unwrap(), told.charset.overruled));
            }
        }
    }
    let seen: Vec<_> = seen.iter().map(|(name, from, overruled)| (name.as_str(), from.as_str().unwrap(), *overruled)).collect();
    assert_eq!(
        seen,
        [
            ("cp949", "label", false),
            ("cp949-behind-stray-ff-fe", "label", false),
            ("cp949-labelled-utf-8", "sound-bytes", true),
            ("cp949-without-label", "sound-bytes", false),
            ("utf-16be-with-bom", "byte-order-mark", false),
            ("utf-16be-without-bom", "zero-bytes", false),
            ("utf-16le-with-bom", "byte-order-mark", false),
            ("utf-16le-without-bom", "zero-bytes", false),
            ("utf-8", "label", false),
            ("utf-8-behind-stray-ff-fe", "label", false),
            ("utf-8-labelled-euc-kr", "sound-bytes", true),
            ("utf-8-with-bom-labelled-euc-kr", "byte-order-mark", false),
            ("utf-8-without-label", "sound-bytes", false),
        ]
    );
}

/// Without its address a page is read by the rule of the address that it names.
#[test]
fn a_publishers_page_from_a_file_is_read_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/publishers");
    for (name, bytes) in pages_in(&folder) {
        let (article, told) = explain_html(&bytes, &Hints::default(), Publishers::built_in()).unwrap();
        let expected: Value = serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.article.json"))).unwrap()).unwrap();
        assert_eq!(form(&article), expected, "{name} by {:?}", told.rule);
    }
}

#[test]
fn the_encoding_makes_no_difference() {
    for (name, bytes) in pages() {
        let text = meoktong::article::decode(&bytes, None).unwrap().text;
        let expected = read(&name, &bytes);
        let cp949 = encoding_rs::EUC_KR.encode(&text).0.into_owned();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        for (encoding, bytes) in [("UTF-8", text.into_bytes()), ("CP949", cp949), ("UTF-16LE", utf16), ("UTF-16BE", marked)] {
            assert_eq!(read(&name, &bytes), expected, "{name} in {encoding}");
        }
    }
}

/// Hostile and broken input: an article or an error, in bounded time, never a panic.
#[test]
fn nothing_breaks_it() {
    let rules = Publishers::built_in();
    let sentence = "예시톡이 오늘 낮 두 시간 동안 멈췄다고 운영사가 밝혔다. ";
    let mut inputs: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("zeros", vec![0; 100_000]),
        ("invalid UTF-8", [b"<p>".as_slice(), &[0xC0, 0xFF, 0xFE, 0x80].repeat(2000)].concat()),
        ("no body", b"<html><head></head></html>".to_vec()),
        ("frames", b"<frameset cols='1,2'><frame src=a><frame src=b></frameset>".to_vec()),
        ("only tags", b"<".repeat(200_000)),
        ("cut tag", format!("<p>{sentence}<a href='").into_bytes()),
        (
            "deep JSON-LD",
            format!("<script type='application/ld+json'>{}</script><p>{sentence}</p>", "{\"@graph\":[".repeat(100_000)).into_bytes(),
        ),
        ("text of 10 MB", sentence.repeat(10_000_000 / sentence.len()).into_bytes()),
    ];
    for tag in
        ["div", "span", "b", "font color=red", "table><tr><td", "ul><li", "blockquote", "a href=x", "svg", "form", "button", "ruby><rt"]
    {
        inputs.push((tag, format!("<title>가</title>{}{sentence}", format!("<{tag}>").repeat(100_000)).into_bytes()));
    }
    for (what, bytes) in &inputs {
        let started = std::time::Instant::now();
        for article in read_bytes(bytes, &Hints::default(), rules).into_iter().flatten() {
            for range in meoktong::article::boilerplate_lines(&article.text) {
                assert!(article.text.get(range).is_some(), "{what}");
            }
        }
        assert!(started.elapsed().as_secs() < 20, "{what}: {:?}", started.elapsed());
    }
}

/// Pages cut and flipped at many places, as a broken connection or disk would.
#[test]
fn damaged_pages_never_panic() {
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below.max(1) as u64) as usize
    };
    for (name, bytes) in pages() {
        for _ in 0..20 {
            let mut damaged = bytes.clone();
            for _ in 0..random(30) {
                let at = random(damaged.len());
                damaged[at] = random(256) as u8;
            }
            damaged.truncate(random(damaged.len() + 1));
            let hints = Hints { url: url_of(&name), ..Hints::default() };
            if let Ok(article) = read_html(&damaged, &hints, Publishers::built_in()) {
                assert_eq!(meoktong::article::normalize(&article.text), article.text);
                assert_eq!(meoktong::article::normalize(&article.title), article.title);
            }
        }
    }
}
