//! The reviewed records of every fixture, and how far the whole site is from what a careful reader would write down.
//!
//! `NAME.records.json` is what the extractor gave when a person last looked (`cargo run -- review` shows what changed and takes it over);
//! `NAME.gold.json` is what is right.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use meoktong::config::Config;
use meoktong::evaluate::{Aliases, Evaluation, GoldArticle, GoldOutage};
use meoktong::record::{Label, Place};
use meoktong::review::{Comparison, Fixture, find};
use meoktong::temporal::Moment;
use meoktong::{Pipeline, article::Article};
use serde::Deserialize;

/// The F1 of articles and of events over the bundled site must not fall below these. Raise them with the extractor.
const ARTICLE_FLOOR: f64 = 0.95;
const EVENT_FLOOR: f64 = 0.85;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pipeline() -> &'static Pipeline {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    PIPELINE.get_or_init(|| Pipeline::open(&Config::default()).expect("ko-dic is installed on first need"))
}

fn fixtures() -> Vec<Fixture> {
    find(&[root().join("fixtures/site"), root().join("fixtures/article")]).unwrap()
}

fn name(fixture: &Fixture) -> String {
    fixture.input.strip_prefix(root()).unwrap_or(&fixture.input).display().to_string()
}

#[test]
fn every_fixture_has_its_reviewed_records() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 48, "{}", fixtures.len());
    let mut changed = String::new();
    for fixture in &fixtures {
        let expected = fixture.expected().unwrap();
        let comparison = Comparison::new(expected.as_ref(), &fixture.actual(pipeline()).unwrap());
        if !comparison.same() {
            let new = if expected.is_none() { ": not reviewed yet" } else { "" };
            changed += &format!("{}{new}\n{comparison}\n", name(fixture));
        }
    }
    assert!(changed.is_empty(), "records changed; to look at each and accept or refuse it: cargo run -- review\n\n{changed}");
}

/// Which of the bundled pages are articles is said by site.toml; each has both its reviewed and its right records.
#[test]
fn every_article_of_the_site_is_a_fixture() {
    #[derive(Deserialize)]
    struct Site {
        publisher: Vec<Publisher>,
    }
    #[derive(Deserialize)]
    struct Publisher {
        dir: String,
        articles: usize,
        #[serde(default)]
        disallowed: Vec<String>,
    }
    let site = root().join("fixtures/site");
    let declared: Site = toml::from_str(&std::fs::read_to_string(site.join("site.toml")).unwrap()).unwrap();
    for publisher in declared.publisher {
        let found = find(&[site.join(&publisher.dir)]).unwrap();
        assert_eq!(found.len(), publisher.articles + publisher.disallowed.len(), "{}", publisher.dir);
        for fixture in found {
            assert!(fixture.snapshot.is_file() && gold_file(&fixture).is_file(), "{}", name(&fixture));
        }
    }
}

/// Evidence counts characters of title and text as printed, and the label follows the records; on the gold too, whose texts are not so tame.
#[test]
fn quotes_stand_where_they_say() {
    let read_gold = |file: &str| -> Vec<Article> {
        let path = root().join("fixtures/gold").join(file);
        pipeline().read(&std::fs::read(path).unwrap(), &Default::default()).into_iter().map(Result::unwrap).collect()
    };
    let pages = fixtures().iter().map(|f| f.article(pipeline()).unwrap()).collect();
    let (mut articles, mut quotes) = (0, 0);
    for article in [pages, read_gold("dev.jsonl"), read_gold("own.jsonl")].concat() {
        let records = pipeline().extractor().extract(&article);
        articles += 1;
        assert_eq!(records.label == Label::Outage, !records.outages.is_empty(), "{}", article.title);
        for outage in &records.outages {
            for evidence in &outage.evidence {
                let text = if evidence.place == Place::Title { &article.title } else { &article.text };
                let at: String = text.chars().skip(evidence.from).take(evidence.to - evidence.from).collect();
                assert!(
                    evidence.to > evidence.from && at == evidence.quote,
                    "{}: {}: {evidence:?} but there is “{at}”",
                    article.title,
                    outage.service
                );
                quotes += 1;
            }
        }
    }
    assert!(articles > 300 && quotes > articles, "{articles} articles, {quotes} quotes");
}

fn gold_file(fixture: &Fixture) -> PathBuf {
    fixture.input.with_extension("gold.json")
}

#[derive(Deserialize)]
struct Gold {
    published_at: Option<Moment>,
    title: String,
    label: Label,
    outages: Vec<GoldOutage>,
}

#[test]
fn the_figures_do_not_fall() {
    let aliases = std::fs::read_to_string(root().join("fixtures/gold/aliases.json")).unwrap();
    let aliases = Aliases::from_json(&aliases).unwrap();
    let mut result = Evaluation::default();
    for fixture in find(&[root().join("fixtures/site")]).unwrap() {
        let text = std::fs::read_to_string(gold_file(&fixture)).unwrap();
        let gold: Gold = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", gold_file(&fixture).display()));
        assert_eq!(gold.label == Label::Outage, !gold.outages.is_empty(), "{}", name(&fixture));
        let article = fixture.article(pipeline()).unwrap();
        let records = pipeline().extractor().extract(&article);
        assert_eq!(records.published_at, gold.published_at, "{}", name(&fixture));
        let gold = GoldArticle {
            id: name(&fixture),
            event: String::new(),
            url: String::new(),
            publisher: String::new(),
            published_at: gold.published_at,
            title: gold.title,
            text: article.text,
            outages: gold.outages,
            negative_kind: None,
        };
        result.add(&aliases, &gold, &records.outages);
    }
    let (article, event, strict) = (result.article.f1(), result.event.f1(), result.strict.f1());
    println!("{} articles: article F1 {article:.3}, event F1 {event:.3}, strict F1 {strict:.3}", result.articles);
    let notes: String = result.notes.iter().map(|n| format!("{}: {}\n", n.article, n.text)).collect();
    println!("{notes}");
    assert!(article >= ARTICLE_FLOOR, "article F1 {article:.3} < {ARTICLE_FLOOR}\n{notes}");
    assert!(event >= EVENT_FLOOR, "event F1 {event:.3} < {EVENT_FLOOR}\n{notes}");
}
