//! What a page costs, stage by stage, beside the bare segmentation of the same articles: the design promises that extraction costs at most
//! 1.5 times [`segmentation`], and that an article without a word of failure is passed over. `cargo bench --bench extraction`
//!
//! The articles are those of `fixtures/gold/dev.jsonl`, the pages those of `fixtures/site`.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use meoktong::Pipeline;
use meoktong::article::{Article, Hints, Publishers, read_html, read_json_line};
use meoktong::config::Config;
use meoktong::extract::Extractor;
use meoktong::korean::dictionary::{Bar, data_dir, ensure};
use meoktong::korean::{Tokenizer, sentences};
use meoktong::temporal;

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| Pipeline::open(&Config::default()).unwrap_or_else(|e| panic!("{e}")));

static DICTIONARY: LazyLock<PathBuf> =
    LazyLock::new(|| data_dir().and_then(|dir| ensure(&dir, &Bar::new())).unwrap_or_else(|e| panic!("{e}")));

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::open(&DICTIONARY).unwrap_or_else(|e| panic!("{e}")));

static ARTICLES: LazyLock<Vec<Article>> = LazyLock::new(|| {
    let path = fixtures().join("gold/dev.jsonl");
    let lines = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = lines.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(n, line)| read_json_line(line, n + 1, Publishers::built_in()).unwrap_or_else(|e| panic!("{e}"))).collect()
});

/// The pages of articles: what the site answers with another status or forbids is none.
static PAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut pages = Vec::new();
    let mut folders = vec![fixtures().join("site")];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.map(|entry| entry.unwrap_or_else(|e| panic!("{e}")).path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "html") && path.with_extension("records.json").exists() {
                pages.push(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
            }
        }
    }
    assert!(!pages.is_empty(), "fixtures/site has no article");
    pages
});

/// 2 KB of news that tells of no failure.
static QUIET: LazyLock<Article> = LazyLock::new(|| {
    let sentences = "시는 새 도서관이 다음 달 문을 연다고 17일 밝혔다. 지하 1층, 지상 4층 규모로 열람실과 강당을 갖췄다. \
                     개관 첫 주에는 작가와의 만남이 열리고, 어린이를 위한 책 읽기 모임도 매주 토요일 오전 10시에 마련된다. ";
    let mut text = String::new();
    while text.len() + sentences.len() <= 2048 {
        text.push_str(sentences);
    }
    let line = serde_json::json!({ "published_at": "2023-05-17", "title": "새 도서관 다음 달 문 연다", "text": text.trim_end() });
    let article = read_json_line(line.to_string().as_bytes(), 1, Publishers::built_in()).unwrap_or_else(|e| panic!("{e}"));
    assert!(PIPELINE.extractor().extract(&article).outages.is_empty());
    article
});

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn size(articles: &[Article]) -> (BytesCount, ItemsCount) {
    (BytesCount::new(articles.iter().map(|a| a.title.len() + a.text.len()).sum::<usize>()), ItemsCount::new(articles.len()))
}

fn main() {
    // What is built once is no part of any figure.
    LazyLock::force(&QUIET);
    LazyLock::force(&PAGES);
    for article in ARTICLES.iter() {
        black_box((PIPELINE.extractor().extract(article), TOKENIZER.tokenize(&article.text)));
    }
    divan::main();
}

/// Runs `work` over all articles of the gold.
fn over_articles<T>(bencher: Bencher, work: impl Fn(&Article) -> T + Sync) {
    let (bytes, articles) = size(&ARTICLES);
    bencher.counter(bytes).counter(articles).bench(|| {
        for article in ARTICLES.iter() {
            black_box(work(article));
        }
    });
}

/// Morphemes alone: the measure of the others.
#[divan::bench]
fn segmentation(bencher: Bencher) {
    over_articles(bencher, |a| TOKENIZER.tokenize(&a.title).len() + TOKENIZER.tokenize(&a.text).len());
}

#[divan::bench]
fn segmentation_with_lemmas(bencher: Bencher) {
    let lemmas = |text: &str| TOKENIZER.tokenize(text).iter().map(|token| token.lemma().len()).sum::<usize>();
    over_articles(bencher, |a| lemmas(&a.title) + lemmas(&a.text));
}

#[divan::bench]
fn sentence_ends(bencher: Bencher) {
    over_articles(bencher, |a| sentences(&a.text).len());
}

#[divan::bench]
fn times(bencher: Bencher) {
    over_articles(bencher, |a| temporal::find(&a.text, a.published_at).len());
}

#[divan::bench]
fn text_to_records(bencher: Bencher) {
    over_articles(bencher, |a| PIPELINE.extractor().extract(a));
}

#[divan::bench]
fn page_to_records(bencher: Bencher) {
    let bytes = BytesCount::new(PAGES.iter().map(Vec::len).sum::<usize>());
    let read = |page: &[u8]| {
        let article = read_html(page, &Hints::default(), PIPELINE.publishers()).unwrap_or_else(|e| panic!("{e}"));
        PIPELINE.extractor().extract(&article)
    };
    bencher.counter(bytes).counter(ItemsCount::new(PAGES.len())).bench(|| {
        for page in PAGES.iter() {
            black_box(read(page));
        }
    });
}

#[divan::bench]
fn no_word_of_failure(bencher: Bencher) {
    let (bytes, articles) = size(std::slice::from_ref(&QUIET));
    bencher.counter(bytes).counter(articles).bench(|| PIPELINE.extractor().extract(&QUIET));
}

/// What every command that extracts pays before its first article.
mod open {
    use super::{Config, DICTIONARY, Extractor, Pipeline, Tokenizer};

    #[divan::bench]
    fn tokenizer() -> Tokenizer {
        Tokenizer::open(&DICTIONARY).unwrap_or_else(|e| panic!("{e}"))
    }

    #[divan::bench]
    fn names_and_words() {
        divan::black_box(Extractor::dictionaries(&[]).unwrap_or_else(|e| panic!("{e}")));
    }

    #[divan::bench]
    fn pipeline() -> Pipeline {
        Pipeline::open(&Config::default()).unwrap_or_else(|e| panic!("{e}"))
    }
}
