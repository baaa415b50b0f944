//! Makes a large database, to measure with: outages of the listed services over twenty years, each told by some ten articles that differ as papers do, with
//! background mentions by the day, the month and the year. The same numbers give the same database.
//!
//! ```text
//! cargo run --release --example large_database -- large.db 1000000 100000
//! ```
//!
//! Then it stores a thousand articles more, one at a time, asks every documented query, and says how long each took.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::DateTime;
use meoktong::article::{Article, PublishedFrom};
use meoktong::dictionaries::Source;
use meoktong::extract::gazetteer::{Gazetteer, Service};
use meoktong::incident::Families;
use meoktong::record::{ArticleRecords, Cause, Evidence, Field, Label, Outage, Place, Role, Status};
use meoktong::store::{IncidentQuery, IncidentSort, Store};
use meoktong::temporal::{Moment, Precision};

const BATCH: usize = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, articles, incidents] = args.as_slice() else { return Err("give a file, a number of articles and one of incidents".into()) };
    let (articles, incidents): (usize, usize) = (articles.parse()?, incidents.parse()?);
    let gazetteer = Gazetteer::load(&Source::parse_all(Source::builtin())?)?;
    let mut store = Store::open(Path::new(path))?;
    store.use_families(&Arc::new(Families::new(&gazetteer)))?;
    let mut rng = fastrand::Rng::with_seed(7);
    let begin = Instant::now();
    if store.counts()?.0 == 0 {
        let mut told = told(&gazetteer, articles, incidents, &mut rng);
        told.sort_by_key(|t| (t.published, t.number));
        for step in told.chunks(BATCH) {
            let mut batch = store.batch()?;
            for told in step {
                let (article, records) = told.article();
                batch.put(&article, &records, "1", &[])?;
            }
            batch.commit()?;
            if begin.elapsed().as_secs().is_multiple_of(10) {
                eprintln!("{:?}: {:?} articles and records", begin.elapsed(), store.counts()?);
            }
        }
    }
    println!("{:?} articles and records, {} incidents, after {:?}", store.counts()?, store.count_incidents()?, begin.elapsed());

    // News of the present, and of the past; on every run other news.
    let known = usize::try_from(store.counts()?.0)?;
    let mut one_at_a_time = told(&gazetteer, 1000, 100, &mut fastrand::Rng::with_seed(8 + known as u64));
    one_at_a_time.iter_mut().for_each(|t| t.number += 100_000_000 + known);
    let mut took = Vec::new();
    for told in &one_at_a_time {
        let (article, records) = told.article();
        let begin = Instant::now();
        store.put(&article, &records, "1", None)?;
        took.push(begin.elapsed());
    }
    println!("an article stored alone: {}", figures(&mut took));

    let company = gazetteer.services().iter().find(|s| s.id == "kakao").map_or("id:kakao".to_owned(), |s| format!("id:{}", s.id));
    let all = || IncidentQuery { limit: Some(51), ..IncidentQuery::default() };
    let services: Vec<&Service> = gazetteer.services().iter().filter(|s| !s.company).collect();
    type Make<'a> = Box<dyn Fn(&mut fastrand::Rng) -> IncidentQuery + 'a>;
    let some_day = |rng: &mut fastrand::Rng| {
        Moment::new(DateTime::constant(2006 + rng.i16(0..20), 1 + rng.i8(0..12), 1, 0, 0, 0, 0), Precision::Month)
    };
    let queries: Vec<(&str, Make<'_>)> = vec![
        ("all", Box::new(|_| all())),
        ("--since", Box::new(|r| IncidentQuery { since: Some(some_day(r)), ..all() })),
        ("--until", Box::new(|r| IncidentQuery { until: Some(some_day(r)), ..all() })),
        (
            "--since --until",
            Box::new(|r| {
                let day = some_day(r);
                IncidentQuery { since: Some(day), until: Some(day), ..all() }
            }),
        ),
        (
            "--service",
            Box::new(|r| {
                let s = services[r.usize(..services.len())];
                IncidentQuery { services: vec![format!("id:{}", s.id), s.name.clone()], ..all() }
            }),
        ),
        (
            "--operator",
            Box::new(|r| IncidentQuery { operators: services[r.usize(..services.len())].operator.clone().into_iter().collect(), ..all() }),
        ),
        ("--group", Box::new(|_| IncidentQuery { groups: vec![company.clone()], ..all() })),
        ("--category", Box::new(|r| IncidentQuery { category: services[r.usize(..services.len())].category.clone(), ..all() })),
        (
            "--category --sort duration",
            Box::new(|r| IncidentQuery {
                category: services[r.usize(..services.len())].category.clone(),
                sort: IncidentSort::Duration,
                ..all()
            }),
        ),
        ("--cause", Box::new(|r| IncidentQuery { cause: Some(Cause::ALL[r.usize(..Cause::ALL.len())]), ..all() })),
        ("--cause --since", Box::new(|r| IncidentQuery { cause: Some(Cause::Fire), since: Some(some_day(r)), ..all() })),
        ("--status ongoing", Box::new(|_| IncidentQuery { status: Some(Status::Ongoing), ..all() })),
        ("--role background", Box::new(|_| IncidentQuery { role: Some(Role::Background), ..all() })),
        ("--min-duration", Box::new(|r| IncidentQuery { min_duration: Some(r.u32(1..600)), ..all() })),
        ("--min-duration --sort duration", Box::new(|_| IncidentQuery { min_duration: Some(120), sort: IncidentSort::Duration, ..all() })),
        ("--sort oldest", Box::new(|_| IncidentQuery { sort: IncidentSort::Oldest, ..all() })),
        ("--sort end", Box::new(|_| IncidentQuery { sort: IncidentSort::End, ..all() })),
        ("--sort articles", Box::new(|_| IncidentQuery { sort: IncidentSort::Articles, ..all() })),
        ("--sort service", Box::new(|_| IncidentQuery { sort: IncidentSort::Service, ..all() })),
        ("--text (common)", Box::new(|_| IncidentQuery { text: vec!["먹통".into()], ..all() })),
        ("--text (a name)", Box::new(|r| IncidentQuery { text: vec![services[r.usize(..services.len())].name.clone()], ..all() })),
        ("--text (none)", Box::new(|_| IncidentQuery { text: vec!["세상에 없는 말".into()], ..all() })),
    ];
    for (name, make) in queries {
        let mut rng = fastrand::Rng::with_seed(9);
        let mut took = Vec::new();
        for _ in 0..100 {
            let query = make(&mut rng);
            let begin = Instant::now();
            store.incidents(&query)?;
            took.push(begin.elapsed());
        }
        println!("{name:32} {}", figures(&mut took));
    }
    let rows = store.incidents(&IncidentQuery { sort: IncidentSort::Articles, ..all() })?;
    let mut took = Vec::new();
    for row in &rows {
        let begin = Instant::now();
        store.incident(&row.id)?;
        took.push(begin.elapsed());
    }
    println!("{:32} {}", "show (the most reported)", figures(&mut took));
    Ok(())
}

fn figures(took: &mut [Duration]) -> String {
    took.sort();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    format!("median {:>10.2?}  p95 {:>10.2?}  longest {:>10.2?}", at(50), at(95), took.last().copied().unwrap_or_default())
}

/// One article on one outage.
struct Told<'a> {
    number: usize,
    service: &'a Service,
    published: DateTime,
    start: Option<Moment>,
    end: Option<Moment>,
    duration: Option<u32>,
    cause: Option<Cause>,
    status: Status,
    role: Role,
    /// Texts of one story are copies.
    story: usize,
}

fn told<'a>(gazetteer: &'a Gazetteer, articles: usize, incidents: usize, rng: &mut fastrand::Rng) -> Vec<Told<'a>> {
    let services = gazetteer.services();
    let mut out = Vec::with_capacity(articles);
    let first = DateTime::constant(2006, 1, 1, 0, 0, 0, 0);
    let minutes = 20 * 365 * 24 * 60;
    while out.len() < articles {
        // Some services fail, and are written of, far more than others: of a hundred thousand outages the first has more than a thousand.
        let service = &services[((services.len() as f64) * rng.f64().powf(1.5)) as usize % services.len()];
        let start = first.saturating_add((rng.i64(0..minutes)).minutes());
        let length = 5 + (rng.f64().powi(4) * 2000.0) as i64;
        let cause = Cause::ALL[rng.usize(..Cause::ALL.len())];
        let share = (articles / incidents.max(1)).max(1);
        let count = 1 + (rng.f64() * rng.f64() * 4.0 * (share as f64 - 1.0)).round() as usize;
        let first_of_outage = out.len();
        for n in 0..count.min(articles - out.len()) {
            let background = n > 0 && rng.u8(..12) == 0;
            let after = if background { rng.i64(0..3 * 365 * 24 * 60) } else { 10 + (rng.f64().powi(2) * 2.0 * 24.0 * 60.0) as i64 };
            let published = start.saturating_add(after.minutes());
            let apart = i64::from(rng.u8(..10) == 0) * rng.i64(-15..=15);
            let began = Moment::minute(start.saturating_add(apart.minutes()));
            let over = after > length;
            let precise = rng.u8(..20);
            let said = match (background, precise) {
                (true, 0..=9) => Some(Moment::new(start, Precision::Day)),
                (true, 10..=14) => Some(Moment::new(start, Precision::Month)),
                (true, _) => Some(Moment::new(start, Precision::Year)),
                (false, 0..=13) => Some(began),
                (false, 14..=18) => Some(Moment::new(start, Precision::Day)),
                (false, _) => None,
            };
            let exact = over && said.is_some_and(|m| m.has_clock());
            out.push(Told {
                number: out.len(),
                service,
                published,
                start: said,
                end: exact.then(|| Moment::minute(start.saturating_add(length.minutes()))),
                duration: exact.then(|| u32::try_from(length - apart).unwrap_or(1)),
                cause: (rng.u8(..3) > 0).then_some(cause),
                status: if over { Status::Resolved } else { Status::Ongoing },
                role: if background { Role::Background } else { Role::Main },
                // Every fifth prints the agency's text.
                story: if rng.u8(..5) == 0 { first_of_outage } else { out.len() },
            });
        }
    }
    out
}

impl Told<'_> {
    fn article(&self) -> (Article, ArticleRecords) {
        let name = &self.service.name;
        let publisher = format!("신문{}", self.number % 37);
        let article = Article {
            id: format!("{:020x}", self.number),
            url: Some(format!("https://news{}.example.com/{}", self.number % 37, self.number)),
            canonical_url: None,
            publisher: Some(publisher.clone()),
            title: format!("{name} 접속 장애… 이용자 불편 {}", self.number % 9),
            authors: Vec::new(),
            published_at: Some(Moment::minute(self.published)),
            published_from: Some(PublishedFrom::Given),
            modified_at: None,
            text: format!(
                "{name}이 한때 먹통이 돼 이용자 {0}명이 불편을 겪었다. 접속이 되지 않는다는 신고는 {0}건이었다.\n\
                 회사는 장비 {0}대를 점검하고 있다고 밝혔다. 자세한 내용은 회사의 공지에서 볼 수 있다.",
                self.story
            ),
        };
        let outage = Outage {
            service: name.clone(),
            service_id: Some(self.service.id.clone()),
            operator: self.service.operator.clone(),
            category: self.service.category.clone(),
            start: self.start,
            end: self.end,
            duration_min: self.duration,
            cause: self.cause,
            status: self.status,
            role: self.role,
            keywords: vec!["먹통".into()],
            confidence: 0.9,
            evidence: vec![Evidence { field: Field::Service, place: Place::Text, quote: name.clone(), from: 0, to: name.chars().count() }],
        };
        let records = ArticleRecords {
            id: article.id.clone(),
            url: article.url.clone(),
            title: article.title.clone(),
            publisher: Some(publisher),
            published_at: article.published_at,
            label: Label::Outage,
            score: 0.9,
            outages: vec![outage],
        };
        (article, records)
    }
}
