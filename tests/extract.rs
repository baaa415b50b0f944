//! The rules of reading, one short text each (`fixtures/extract/cases.toml`), and what a user's own dictionary changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use meoktong::Pipeline;
use meoktong::article::Article;
use meoktong::config::Config;
use meoktong::record::{Field, Outage, Place};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    published: String,
    title: String,
    text: String,
    outages: Vec<String>,
}

#[derive(Deserialize)]
struct Wordings {
    wording: Vec<Wording>,
}

/// What is said in many ways, and what a reader records of each.
#[derive(Deserialize)]
struct Wording {
    of: String,
    published: String,
    title: String,
    text: String,
    outages: Vec<String>,
    phrases: Vec<String>,
}

/// Whether a record is what was asked for, where `*` asks for nothing.
fn answers(want: &str, got: &str) -> bool {
    let parts = |line: &str| line.replace(" ~ ", " | ").split(" | ").map(str::to_owned).collect::<Vec<_>>();
    let (want, got) = (parts(want), parts(got));
    want.len() == got.len() && want.iter().zip(&got).all(|(want, got)| want == "*" || want == got)
}

fn pipeline() -> &'static Pipeline {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    PIPELINE.get_or_init(|| Pipeline::open(&Config::default()).unwrap())
}

fn article(published: &str, title: &str, text: &str) -> Article {
    Article {
        id: "test".into(),
        url: None,
        canonical_url: None,
        publisher: None,
        title: title.into(),
        authors: Vec::new(),
        published_at: Some(published.parse().unwrap()),
        published_from: None,
        modified_at: None,
        text: text.into(),
    }
}

fn line(o: &Outage) -> String {
    let time = |m: Option<meoktong::temporal::Moment>| m.map_or("–".into(), |m| m.to_string().trim_end_matches("+09:00").to_owned());
    format!(
        "{} | {} ~ {} | {} | {} | {} | {}",
        o.service,
        time(o.start),
        time(o.end),
        o.duration_min.map_or("–".into(), |m| m.to_string()),
        o.cause.map_or("–".into(), |c| c.to_string()),
        o.status,
        o.role
    )
}

#[test]
fn reads_each_case_as_a_careful_reader_does() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/extract/cases.toml")).unwrap();
    let cases: Cases = toml::from_str(&text).unwrap();
    assert!(cases.case.len() >= 25);
    let mut wrong = String::new();
    for case in &cases.case {
        let found = pipeline().extractor().extract(&article(&case.published, &case.title, &case.text)).outages;
        let got: BTreeSet<String> = found.iter().map(line).collect();
        let want: BTreeSet<String> = case.outages.iter().cloned().collect();
        if got != want {
            wrong += &format!("\n{}\n", case.name);
            want.difference(&got).for_each(|l| wrong += &format!("  - {l}\n"));
            got.difference(&want).for_each(|l| wrong += &format!("  + {l}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn reads_every_wording_alike() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/extract/wordings.toml")).unwrap();
    let wordings: Wordings = toml::from_str(&text).unwrap();
    let mut read = 0;
    let mut wrong = String::new();
    for wording in &wordings.wording {
        for phrase in &wording.phrases {
            read += 1;
            let text = wording.text.replace("{}", phrase);
            let mut got: Vec<String> =
                pipeline().extractor().extract(&article(&wording.published, &wording.title, &text)).outages.iter().map(line).collect();
            // What asks for most chooses first.
            let mut want = wording.outages.clone();
            want.sort_by_key(|line| line.matches('*').count());
            want.retain(|want| {
                let answer = got.iter().position(|got| answers(want, got));
                answer.map(|at| got.remove(at)).is_none()
            });
            if !want.is_empty() || !got.is_empty() {
                wrong += &format!("\n{}: {text}\n", wording.of);
                want.iter().for_each(|l| wrong += &format!("  - {l}\n"));
                got.iter().for_each(|l| wrong += &format!("  + {l}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(read >= 700, "{read}");
}

#[test]
fn every_quote_slices_back() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gold/dev.jsonl")).unwrap();
    let gold = meoktong::evaluate::read_gold(text.as_bytes()).unwrap();
    let mut quotes = 0;
    for g in &gold {
        let article = article("2023-05-17", &g.title, &g.text);
        for outage in pipeline().extractor().extract(&article).outages {
            for e in &outage.evidence {
                let whole = if e.place == Place::Title { &article.title } else { &article.text };
                let slice: String = whole.chars().skip(e.from).take(e.to - e.from).collect();
                assert_eq!(slice, e.quote, "{}", g.id);
                quotes += 1;
            }
            let has = |field| outage.evidence.iter().any(|e| e.field == field);
            assert!(has(Field::Service) && has(Field::Keywords), "{} {}", g.id, outage.service);
            assert!(outage.end.is_none() || has(Field::End), "{} {}", g.id, outage.service);
            assert!(outage.cause.is_none() || has(Field::Cause), "{} {}", g.id, outage.service);
            assert!(outage.duration_min.is_none() || has(Field::Duration), "{} {}", g.id, outage.service);
        }
    }
    assert!(quotes > 1000);
}

fn with_words(toml: &str) -> Result<Pipeline, meoktong::PipelineError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    std::fs::write(&path, toml).unwrap();
    let mut config = Config::default();
    config.dictionaries.extra = vec![path];
    Pipeline::open(&config)
}

fn services(pipeline: &Pipeline, title: &str, text: &str) -> Vec<(String, Option<String>)> {
    let found = pipeline.extractor().extract(&article("2024-03-05", title, text)).outages;
    found.into_iter().map(|o| (o.service, o.service_id)).collect()
}

#[test]
fn a_users_own_words_change_the_result() {
    let mine = with_words(
        r#"
        [[service]]
        id = "my-pay"
        name = "가람페이"
        operator = "가람"
        category = "payment"

        [[service]]
        id = "kakaotalk"
        aliases = ["노랑톡"]

        [[symptom]]
        word = "나가리"
        strength = 3
        patterns = ["나가리"]

        [[cause]]
        id = "power"
        rank = 1
        patterns = ["두꺼비집"]
        "#,
    )
    .unwrap();
    let (title, text) = ("가람페이 접속 장애", "가람페이가 5일 오전 9시부터 접속 장애를 일으켰다.");
    assert_eq!(services(pipeline(), title, text), vec![]);
    assert_eq!(services(&mine, title, text), vec![("가람페이".to_owned(), Some("my-pay".to_owned()))]);
    let (title, text) = ("노랑톡 먹통", "노랑톡이 5일 먹통이 됐다.");
    assert_eq!(services(&mine, title, text), vec![("카카오톡".to_owned(), Some("kakaotalk".to_owned()))]);
    let (title, text) = ("카카오톡 나가리", "카카오톡이 5일 오전 9시부터 나가리가 됐다. 두꺼비집이 내려간 탓이다.");
    assert_eq!(services(pipeline(), title, text), vec![]);
    let found = mine.extractor().extract(&article("2024-03-05", title, text)).outages;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].cause, Some(meoktong::record::Cause::Power));
    assert_eq!(found[0].keywords, ["나가리"]);
    assert_ne!(mine.extractor().version(), pipeline().extractor().version());
}

#[test]
fn a_broken_dictionary_names_file_and_line() {
    for (toml, line, word) in [
        ("[[service]]\nid = \"x\"\nname = \"엑\"\ncategory = \"pizza\"\n", ":1:", "pizza"),
        ("\n[[service]]\nid = \"x\"\ncolour = 3\n", ":4:", "colour"),
        ("[[symptom]]\nstrength = 2\npatterns = [\"(\"]\n", ":1:", "regular expression"),
        ("[[symptom]]\nstrength = 7\npatterns = [\"가\"]\n", ":1:", "strength 7"),
        ("[[cause]]\nid = \"moon\"\nrank = 1\npatterns = [\"달\"]\n", ":1:", "moon"),
        ("[[cue]]\nkind = \"mood\"\npatterns = [\"달\"]\n", ":1:", "mood"),
        ("[[service]]\nid = \"x\"\nname = \"엑\"\nparent = \"nobody\"\n", ":1:", "nobody"),
        ("[[service]]\nid = \"kakaotalk\"\n[[service]]\nid = \"kakaotalk\"\n", ":3:", "twice"),
        ("this is no toml", ":1:", "="),
    ] {
        let error = with_words(toml).err().unwrap_or_else(|| panic!("{toml}")).to_string();
        assert!(error.contains("mine.toml") && error.contains(line) && error.contains(word), "{toml}\n{error}");
    }
}

#[test]
fn a_missing_dictionary_is_named() {
    let mut config = Config::default();
    config.dictionaries.extra = vec![PathBuf::from("no/such/file.toml")];
    let error = Pipeline::open(&config).err().unwrap().to_string();
    assert!(error.contains("no/such/file.toml"), "{error}");
}
