//! What the full-text index costs and how fast it answers, on a database of made-up articles: each tells of a failure of a listed service, in 500
//! characters, as news does, whose words are drawn by Zipf's law from common nouns and the names of the listed services.
//! `cargo bench --bench search -- [ARTICLES]` (100000 where nothing is said).

use std::time::{Duration, Instant};

use meoktong::Pipeline;
use meoktong::article::{Article, PublishedFrom};
use meoktong::config::Config;
use meoktong::extract::gazetteer::Gazetteer;
use meoktong::record::{ArticleRecords, Label};
use meoktong::store::{IndexScope, Search, SearchFilter, SearchSort, Store};

/// The same numbers on every run.
struct Numbers(u64);

impl Numbers {
    /// A rank of `n`, the first most often, by Zipf's law.
    fn rank(&mut self, n: usize) -> usize {
        let share = self.below(1 << 30) as f64 / (1u64 << 30) as f64;
        ((n as f64 + 1.0).powf(share) as usize - 1).min(n - 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

const SYMPTOMS: [&str; 8] = ["접속 장애", "먹통", "결제 오류", "서비스 중단", "통신 장애", "불통", "전산 장애", "로그인 오류"];
const WORDS: [&str; 40] = [
    "이용자",
    "불편",
    "복구",
    "원인",
    "조사",
    "네트워크",
    "서버",
    "데이터센터",
    "화재",
    "점검",
    "보상",
    "약관",
    "정부",
    "과기정통부",
    "금융감독원",
    "사과",
    "안내",
    "공지",
    "트래픽",
    "급증",
    "오전",
    "오후",
    "시간",
    "전국",
    "일부",
    "지역",
    "고객센터",
    "문의",
    "거래",
    "송금",
    "메시지",
    "전송",
    "지연",
    "정상화",
    "긴급",
    "대응",
    "재발",
    "방지",
    "대책",
    "발표",
];
const ENDINGS: [&str; 6] = ["이 이어졌다.", "을 밝혔다.", "에 나섰다.", "이 늘었다.", "을 확인하고 있다.", "으로 보인다."];

/// The common nouns first, then names: the rank in it says how often a word comes.
fn vocabulary(gazetteer: &Gazetteer) -> Vec<String> {
    WORDS.iter().map(|w| (*w).to_owned()).chain(gazetteer.services().iter().map(|s| s.name.clone())).collect()
}

fn article(n: usize, words: &[String], numbers: &mut Numbers) -> (Article, ArticleRecords) {
    let names = &words[WORDS.len()..];
    let service = &names[numbers.rank(names.len())];
    let symptom = SYMPTOMS[numbers.below(SYMPTOMS.len())];
    let mut text = format!("{service}에서 {symptom}가 발생했다. ");
    while text.len() < 1400 {
        // A number of its own now and then, as in real articles.
        let own = if numbers.below(4) == 0 { format!("{}호 ", numbers.below(1_000_000)) } else { String::new() };
        let [a, b, c] = [0; 3].map(|_| &words[numbers.rank(words.len())]);
        text += &format!("{own}{a}에 따르면 {b} {c}{} ", ENDINGS[numbers.below(ENDINGS.len())]);
    }
    let seconds = 1_262_304_000 + numbers.below(500_000_000) as i64;
    let published = jiff::Timestamp::from_second(seconds).ok().map(|t| t.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))));
    let article = Article {
        id: format!("a{n:08}"),
        url: Some(format!("https://news.example.com/{n}")),
        canonical_url: None,
        publisher: Some(format!("신문{}", numbers.below(60))),
        title: format!("{service} {symptom} {}", words[numbers.rank(words.len())]),
        authors: vec![],
        published_at: published.and_then(|z| z.strftime("%Y-%m-%dT%H:%M").to_string().parse().ok()),
        published_from: Some(PublishedFrom::Given),
        modified_at: None,
        text,
    };
    let records = ArticleRecords {
        id: article.id.clone(),
        url: article.url.clone(),
        title: article.title.clone(),
        publisher: article.publisher.clone(),
        published_at: article.published_at,
        label: if n.is_multiple_of(4) { Label::None } else { Label::Outage },
        score: 0.0,
        outages: vec![],
    };
    (article, records)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(100_000);
    let pipeline = Pipeline::open(&Config::default())?;
    let indexer = pipeline.indexer(IndexScope::default());
    let vocabulary = vocabulary(pipeline.extractor().gazetteer());
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("m.db");
    let mut store = Store::open(&path)?;
    let mut numbers = Numbers(7);
    let begun = Instant::now();
    for step in (0..count).collect::<Vec<_>>().chunks(1000) {
        let mut batch = store.batch()?;
        for n in step {
            let (article, records) = article(*n, &vocabulary, &mut numbers);
            batch.put(&article, &records, "1", &[])?;
        }
        batch.commit()?;
    }
    println!("{count} articles stored in {:.1?}, {} MB", begun.elapsed(), std::fs::metadata(&path)?.len() >> 20);

    let begun = Instant::now();
    store.begin_index(&indexer, false)?;
    while store.index(&indexer, 500)? > 0 {}
    let took = begun.elapsed();
    println!("indexed in {took:.1?}: {:.3} ms an article", took.as_secs_f64() * 1e3 / count as f64);
    let begun = Instant::now();
    store.tidy_index()?;
    println!("tidied in {:.1?}, {} MB", begun.elapsed(), std::fs::metadata(&path)?.len() >> 20);

    for indexed in [false, true] {
        let mut store = Store::open(&path)?;
        if indexed {
            store = store.with_indexer(indexer.clone());
        }
        let mut times = Vec::new();
        for n in 0..200 {
            let (article, records) = article(count + 200 * usize::from(indexed) + n, &vocabulary, &mut numbers);
            let begun = Instant::now();
            store.put(&article, &records, "1", None)?;
            times.push(begun.elapsed());
        }
        println!("one article stored alone, indexed: {indexed}: {}", spread(&mut times));
    }

    let tokenizer = pipeline.extractor().tokenizer();
    let plain = || SearchFilter { limit: 20, now: jiff::Timestamp::now(), snippet: 160, ..SearchFilter::default() };
    let mut all = Vec::new();
    for (words, filter) in [
        ("먹통", plain()),
        ("장애", plain()),
        ("이용자", plain()),
        ("접속장애", plain()),
        ("\"결제 오류\" 데이터센터 -화재", plain()),
        ("먹통 OR 불통 OR 장애 서버 네트워크", plain()),
        ("카카오톡", plain()),
        ("title:카카오톡 복구", plain()),
        ("카카오톡 OR 네이버 -게임", plain()),
        ("123456호", plain()),
        ("장애", SearchFilter { publisher: Some("신문7".into()), ..plain() }),
        ("장애", SearchFilter { publisher: Some("없는신문".into()), ..plain() }),
        ("장애", SearchFilter { since: "2020-03".parse().ok(), until: "2020-03".parse().ok(), ..plain() }),
        ("장애", SearchFilter { sort: SearchSort::Date, ..plain() }),
        ("장애 복구", SearchFilter { label: Some(Label::Outage), ..plain() }),
    ] {
        let search = Search::new(&words.parse()?, tokenizer, &|_| vec![])?;
        let mut times = Vec::new();
        let mut matches = 0;
        for _ in 0..20 {
            let begun = Instant::now();
            matches = store.search(tokenizer, &search, &filter)?.matches;
            times.push(begun.elapsed());
        }
        println!("{} for {matches}: {words} {:?} {:?}", spread(&mut times), filter.publisher, filter.sort);
        all.extend(times);
    }
    println!("all searches: {}", spread(&mut all));
    Ok(())
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    format!("median {:.1?}, p95 {:.1?}", at(50), at(95))
}
