//! How fast text becomes morphemes and sentences, alone. `cargo bench --bench segmentation`

use std::path::Path;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use meoktong::korean::dictionary::{Bar, data_dir, ensure};
use meoktong::korean::{Tokenizer, sentences};

static DICTIONARY: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let installed = data_dir().and_then(|dir| ensure(&dir, &Bar::new()));
    installed.unwrap_or_else(|e| panic!("{e}"))
});

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::open(&DICTIONARY).unwrap_or_else(|e| panic!("{e}")));

/// The titles and texts of the gold articles.
static ARTICLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gold/dev.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let article = |line: &str| {
        let article: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        format!("{}\n{}", article["title"].as_str().unwrap_or_default(), article["text"].as_str().unwrap_or_default())
    };
    lines.lines().map(article).collect()
});

fn main() {
    LazyLock::force(&TOKENIZER);
    divan::main();
}

fn size() -> (BytesCount, ItemsCount) {
    (BytesCount::new(ARTICLES.iter().map(String::len).sum::<usize>()), ItemsCount::new(ARTICLES.len()))
}

#[divan::bench]
fn open() -> Tokenizer {
    Tokenizer::open(&DICTIONARY).unwrap_or_else(|e| panic!("{e}"))
}

#[divan::bench]
fn tokens(bencher: Bencher) {
    let (bytes, articles) = size();
    bencher.counter(bytes).counter(articles).bench(|| ARTICLES.iter().map(|text| TOKENIZER.tokenize(text).len()).sum::<usize>());
}

#[divan::bench]
fn tokens_and_lemmas(bencher: Bencher) {
    let (bytes, articles) = size();
    let lemmas = |text: &String| TOKENIZER.tokenize(text).iter().map(|token| token.lemma().len()).sum::<usize>();
    bencher.counter(bytes).counter(articles).bench(|| ARTICLES.iter().map(lemmas).sum::<usize>());
}

#[divan::bench]
fn sentence_ends(bencher: Bencher) {
    let (bytes, articles) = size();
    bencher.counter(bytes).counter(articles).bench(|| ARTICLES.iter().map(|text| sentences(text).len()).sum::<usize>());
}
