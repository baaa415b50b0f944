//! Pages in several layouts against the articles that they hold: `fixtures/article/NAME.html` and beside it `NAME.article.json`, reviewed.
//! `UPDATE_FIXTURES=1 cargo test --test article` writes what is read now, for a person to look at the difference.

use std::path::{Path, PathBuf};

use meoktong::article::{Article, Hints, Publishers, read_bytes, read_html};
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
    let mut pages: Vec<_> = std::fs::read_dir(folder())
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
    let mut wrong = String::new();
    for (name, bytes) in pages {
        let found = format!("{}\n", serde_json::to_string_pretty(&form(&read(&name, &bytes))).unwrap());
        let path = folder().join(format!("{name}.article.json"));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        if found != expected {
            let diff = similar::TextDiff::from_lines(&expected, &found);
            wrong.push_str(&format!("{name}\n{}\n", diff.unified_diff().header("expected", "found")));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
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
