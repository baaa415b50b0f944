//! The database under conditions that a unit test does not reach: a process that is killed, a reader beside a writer, a large one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use meoktong::article::{Article, PublishedFrom};
use meoktong::record::{ArticleRecords, Cause, Evidence, Field, Label, Outage, Place, Role, Status};
use meoktong::store::{ArticleFilter, IncidentQuery, IncidentSort, OutageQuery, Put, Store};

fn article(n: usize) -> (Article, ArticleRecords) {
    let article = Article {
        id: format!("a{n:06}"),
        url: Some(format!("https://news.example.com/{n}")),
        canonical_url: None,
        publisher: Some("예시일보".into()),
        title: format!("가톡 먹통 {n}"),
        authors: vec![],
        published_at: "2023-05-17T09:00".parse().ok(),
        published_from: Some(PublishedFrom::Given),
        modified_at: None,
        text: format!("{n}번째 글. 가톡이 낮 12시에 멈췄다."),
    };
    let outage = Outage {
        service: format!("서비스{}", n % 50),
        service_id: Some(format!("service-{}", n % 50)),
        operator: Some(format!("운영사{}", n % 20)),
        category: Some("messenger".into()),
        start: format!("20{:02}-{:02}-{:02}T{:02}:{:02}", 10 + n % 15, 1 + n % 12, 1 + n % 28, n % 24, n % 60).parse().ok(),
        end: None,
        duration_min: Some((n % 500) as u32),
        cause: Some(Cause::ALL[n % Cause::ALL.len()]),
        status: if n.is_multiple_of(1000) { Status::Ongoing } else { Status::Resolved },
        role: Role::Main,
        keywords: vec!["먹통".into()],
        confidence: 0.9,
        evidence: vec![Evidence { field: Field::Service, place: Place::Title, quote: "가톡".into(), from: 0, to: 2 }],
    };
    let records = ArticleRecords {
        id: article.id.clone(),
        url: article.url.clone(),
        title: article.title.clone(),
        publisher: article.publisher.clone(),
        published_at: article.published_at,
        label: Label::Outage,
        score: 0.9,
        outages: vec![outage],
    };
    (article, records)
}

fn dump(path: &Path) -> String {
    let mut out = Vec::new();
    Store::open_read_only(path).unwrap().export_all(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Not a test of its own: the process that [`what_was_reported_survives_a_kill`] kills. It says what is stored after it is.
#[test]
fn stores_until_killed() {
    let Some(path) = std::env::var_os("MEOKTONG_TEST_STORE") else { return };
    let mut store = Store::open(Path::new(&path)).unwrap();
    for n in 0.. {
        let (article, records) = article(n);
        let put = store.put(&article, &records, "1", None).unwrap();
        println!("\nstored {n} {put:?}");
    }
}

#[test]
fn what_was_reported_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    let rounds = if cfg!(feature = "slow") { 30 } else { 4 };
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["stores_until_killed", "--exact", "--nocapture"])
            .env("MEOKTONG_TEST_STORE", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Each round gets further than the one before, and dies at another moment of a transaction.
        let enough = 20 + round * 17;
        let mut reported = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(rest) = line.unwrap().strip_prefix("stored ") {
                reported.push(rest.split(' ').next().unwrap().parse::<usize>().unwrap());
            }
            if reported.len() >= enough {
                std::thread::sleep(std::time::Duration::from_micros(731 * round as u64));
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        assert!(reported.len() >= enough, "it came that far");
        let store = Store::open(&path).unwrap();
        for n in reported {
            let (article, records) = article(n);
            let stored = store.article(&article.id).unwrap().unwrap_or_else(|| panic!("{n} was reported and is lost"));
            assert_eq!((stored.article.clone(), stored.records()), (article, records));
        }
    }
    let stored = Store::open(&path).unwrap().counts().unwrap().0;
    let undisturbed = folder.path().join("undisturbed.db");
    let mut store = Store::open(&undisturbed).unwrap();
    for n in 0..stored as usize {
        let (article, records) = article(n);
        store.put(&article, &records, "1", None).unwrap();
    }
    assert_eq!(dump(&path), dump(&undisturbed), "no half of a transaction is left");
}

#[test]
fn readers_see_whole_states_beside_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    let mut store = Store::open(&path).unwrap();
    let reader = {
        let path = path.clone();
        std::thread::spawn(move || {
            let store = Store::open_read_only(&path).unwrap();
            let mut last = 0;
            while last < 200 {
                let (articles, outages) = store.counts().unwrap();
                assert_eq!(articles, outages, "an article comes with its record");
                assert!(articles >= last);
                last = articles;
            }
        })
    };
    for n in 0..200 {
        let (article, records) = article(n);
        assert_eq!(store.put(&article, &records, "1", None).unwrap(), Put::New);
    }
    reader.join().unwrap();
}

#[test]
fn articles_can_be_walked_while_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("m.db")).unwrap();
    let mut batch = store.batch().unwrap();
    for n in 0..300 {
        let (article, records) = article(n);
        batch.put(&article, &records, "1", &[]).unwrap();
    }
    batch.commit().unwrap();
    assert_eq!(store.articles(&ArticleFilter::default()).count(), 300);
    let todo = ArticleFilter { not_by_version: Some("2".into()), ..Default::default() };
    let (mut after, mut seen) = (None::<String>, 0);
    loop {
        let step = store.articles_after(&todo, after.as_deref(), 7).unwrap();
        let Some(last) = step.last() else { break };
        after = Some(last.article.id.clone());
        for stored in step {
            let records = ArticleRecords { label: Label::None, outages: vec![], ..stored.records() };
            assert!(store.replace_records(&stored.article.id, &records, "2").unwrap());
            seen += 1;
        }
    }
    assert_eq!((seen, store.counts().unwrap()), (300, (300, 0)));
}

#[cfg(feature = "slow")]
#[test]
fn queries_take_milliseconds_in_a_large_database() {
    use std::time::{Duration, Instant};
    const ARTICLES: usize = 300_000;
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("m.db")).unwrap();
    let mut batch = store.batch().unwrap();
    for n in 0..ARTICLES {
        let (article, records) = article(n);
        batch.put(&article, &records, "1", &[]).unwrap();
    }
    batch.commit().unwrap();
    let q = || OutageQuery { limit: Some(50), ..OutageQuery::default() };
    for query in [
        q(),
        OutageQuery { since: "2024-06".parse().ok(), ..q() },
        OutageQuery { since: "2012-06".parse().ok(), until: "2012-06".parse().ok(), ..q() },
        OutageQuery { since: "2030".parse().ok(), ..q() },
        OutageQuery { until: "2001".parse().ok(), ..q() },
        OutageQuery { services: vec!["서비스7".into()], service_ids: vec!["service-7".into()], ..q() },
        OutageQuery { operators: vec!["운영사3".into()], cause: Some(Cause::Fire), ..q() },
        OutageQuery { status: Some(Status::Ongoing), ..q() },
    ] {
        let begin = Instant::now();
        let found = store.outages(&query).unwrap().len();
        let took = begin.elapsed();
        println!("{took:?} for {found}: {query:?}");
        assert!(took < Duration::from_millis(250), "{took:?}: {query:?}");
    }
}

#[test]
fn an_empty_database_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    drop(Store::open(&path).unwrap());
    let store = Store::open_read_only(&path).unwrap();
    assert_eq!(store.outages(&OutageQuery::default()).unwrap(), []);
    assert_eq!((store.counts().unwrap(), dump(&path)), ((0, 0), String::new()));
}

/// Every documented question reads along an index: no walk over all incidents but the one that is asked for in order, and no sorting of it.
#[test]
fn every_question_about_incidents_has_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("m.db")).unwrap();
    let mut batch = store.batch().unwrap();
    for n in 0..500 {
        let (article, records) = article(n);
        batch.put(&article, &records, "1", &[]).unwrap();
    }
    batch.commit().unwrap();
    let q = || IncidentQuery { limit: Some(50), ..IncidentQuery::default() };
    let time = |t: &str| t.parse().ok();
    let plan = |query: &IncidentQuery| store.incidents_plan(query).unwrap().join("; ");
    for (query, index) in [
        (q(), "incidents_time"),
        (IncidentQuery { since: time("2024-06"), ..q() }, "incidents_time"),
        (IncidentQuery { until: time("2012"), ..q() }, "incidents_time"),
        (IncidentQuery { since: time("2012-06"), until: time("2012-06"), ..q() }, "incidents_time"),
        (IncidentQuery { sort: IncidentSort::Oldest, ..q() }, "incidents_time"),
        (IncidentQuery { sort: IncidentSort::Duration, ..q() }, "incidents_duration"),
        (IncidentQuery { sort: IncidentSort::Duration, min_duration: Some(120), ..q() }, "incidents_duration"),
        (IncidentQuery { sort: IncidentSort::End, ..q() }, "incidents_end"),
        (IncidentQuery { sort: IncidentSort::Articles, ..q() }, "incidents_articles"),
        (IncidentQuery { sort: IncidentSort::Published, ..q() }, "incidents_reported"),
    ] {
        let plan = plan(&query);
        assert!(plan.contains(index), "{query:?}: {plan}");
        assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{query:?} sorts: {plan}");
    }
    for (query, index) in [
        (IncidentQuery { services: vec!["id:service-7".into(), "서비스7".into()], ..q() }, "(service_key=?)"),
        (IncidentQuery { operators: vec!["운영사3".into()], ..q() }, "incidents_operator"),
        (IncidentQuery { groups: vec!["id:service-3".into()], ..q() }, "incident_uppers_time"),
        (IncidentQuery { category: Some("messenger".into()), ..q() }, "incidents_category"),
        (IncidentQuery { cause: Some(Cause::Fire), ..q() }, "incidents_cause"),
        (IncidentQuery { status: Some(Status::Ongoing), ..q() }, "incidents_status"),
        (IncidentQuery { text: vec!["가톡 먹통 77".into()], ..q() }, "VIRTUAL TABLE INDEX"),
    ] {
        let plan = plan(&query);
        assert!(plan.contains(index), "{query:?}: {plan}");
        assert!(!plan.contains("SCAN i"), "{query:?} reads everything: {plan}");
        assert!(!store.incidents(&query).unwrap().is_empty() || !query.groups.is_empty(), "{query:?} finds nothing");
    }
}

/// Two writers, one article by article and one in batches, and four readers on one file: nobody is refused, nothing is lost, and what comes out is what
/// one writer alone would have made.
#[test]
fn writers_and_readers_do_not_disturb_each_other() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};
    let long = Duration::from_secs(if cfg!(feature = "slow") { 60 } else { 2 });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    drop(Store::open(&path).unwrap());
    let done = AtomicBool::new(false);
    let begin = Instant::now();
    let (alone, batched) = std::thread::scope(|scope| {
        let one = scope.spawn(|| {
            let mut store = Store::open(&path).unwrap();
            let mut n = 0;
            // SQLite's lock has no queue: where the other got it all the time, this one writes when that is done.
            while begin.elapsed() < long || n <= 10 && begin.elapsed() < 10 * long {
                let (article, records) = article(2 * n);
                assert_eq!(store.put(&article, &records, "1", None).unwrap(), Put::New);
                n += 1;
            }
            n
        });
        let many = scope.spawn(|| {
            let mut store = Store::open(&path).unwrap();
            let mut n = 0;
            while begin.elapsed() < long {
                let mut batch = store.batch().unwrap();
                for _ in 0..20 {
                    let (article, records) = article(2 * n + 1);
                    assert_eq!(batch.put(&article, &records, "1", &[]).unwrap(), Put::New);
                    n += 1;
                }
                batch.commit().unwrap();
                // The other waits for the lock without a queue.
                std::thread::sleep(Duration::from_millis(5));
            }
            n
        });
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let store = Store::open_read_only(&path).unwrap();
                    let mut seen = 0;
                    while !done.load(Ordering::Relaxed) {
                        let (articles, outages) = store.counts().unwrap();
                        assert_eq!(articles, outages);
                        assert!(articles >= seen, "nothing goes");
                        seen = articles;
                        for row in store.incidents(&IncidentQuery { limit: Some(5), ..Default::default() }).unwrap() {
                            // It may have become part of another since, to which its id leads then.
                            assert!(!store.incident(&row.id).unwrap().records.is_empty());
                        }
                    }
                })
            })
            .collect();
        let counts = (one.join().unwrap(), many.join().unwrap());
        done.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|r| r.join().unwrap());
        counts
    });
    assert!(alone > 10 && batched >= 20, "both came to write: {alone}, {batched}");
    let other = folder.path().join("other.db");
    let mut store = Store::open(&other).unwrap();
    let mut batch = store.batch().unwrap();
    for n in (0..alone).map(|n| 2 * n).chain((0..batched).map(|n| 2 * n + 1)) {
        let (article, records) = article(n);
        batch.put(&article, &records, "1", &[]).unwrap();
    }
    batch.commit().unwrap();
    assert!(dump(&path) == dump(&other));
}
