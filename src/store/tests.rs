use proptest::prelude::*;

use super::*;
use crate::article::PublishedFrom;
use crate::record::{Cause, Evidence, Field, Label, Place, Role, Status};

struct Temp {
    _folder: tempfile::TempDir,
    store: Store,
}

impl std::ops::Deref for Temp {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl std::ops::DerefMut for Temp {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

fn temp() -> Temp {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a/b/m.db")).unwrap();
    Temp { _folder: folder, store }
}

fn outage(service: &str, start: &str, end: Option<&str>) -> Outage {
    Outage {
        service: service.into(),
        service_id: Some(format!("id-{service}")),
        operator: Some("운영사".into()),
        category: Some("messenger".into()),
        start: start.parse().ok(),
        end: end.map(|e| e.parse().unwrap()),
        duration_min: end.map(|_| 20),
        cause: Some(Cause::Network),
        status: Status::Resolved,
        role: Role::Main,
        keywords: vec!["먹통".into(), "접속 장애".into()],
        confidence: 0.875,
        evidence: vec![
            Evidence { field: Field::Start, place: Place::Text, quote: "낮 12시".into(), from: 3, to: 8 },
            Evidence { field: Field::Service, place: Place::Title, quote: service.into(), from: 0, to: 4 },
        ],
    }
}

fn article(url: &str) -> Article {
    Article {
        id: short_hash([url]),
        url: Some(url.into()),
        canonical_url: None,
        publisher: Some("예시일보".into()),
        title: "메신저 먹통".into(),
        authors: vec!["기자".into()],
        published_at: "2023-05-17T09:00".parse().ok(),
        published_from: Some(PublishedFrom::Page),
        modified_at: None,
        text: "첫 줄\n둘째 줄".into(),
    }
}

fn records(article: &Article, outages: Vec<Outage>) -> ArticleRecords {
    ArticleRecords {
        id: article.id.clone(),
        url: article.url.clone(),
        title: article.title.clone(),
        publisher: article.publisher.clone(),
        published_at: article.published_at,
        label: if outages.is_empty() { Label::None } else { Label::Outage },
        score: 0.5,
        outages,
    }
}

/// What incident_outages repeats of other tables is what these say.
fn assert_repeated(store: &Store) {
    let sql =
        "SELECT m.outage_id FROM incident_outages m LEFT JOIN outages o ON o.id = m.outage_id LEFT JOIN articles a ON a.id = o.article_id
        WHERE m.article_id IS NOT a.id OR m.service IS NOT o.service OR m.service_id IS NOT o.service_id OR m.operator IS NOT o.operator
            OR m.category IS NOT o.category OR m.start IS NOT o.start OR m.\"end\" IS NOT o.\"end\" OR m.duration_min IS NOT o.duration_min
            OR m.cause IS NOT o.cause OR m.status IS NOT o.status OR m.role IS NOT o.role OR m.confidence IS NOT o.confidence
            OR m.publisher IS NOT a.publisher OR m.published_at IS NOT a.published_at OR m.wire IS NOT (
                SELECT c.group_id FROM article_copies c
                WHERE c.article_id = a.id AND (SELECT count(*) FROM article_copies d WHERE d.group_id = c.group_id) > 1)";
    let other: Vec<String> = store.db.prepare(sql).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(other, [""; 0]);
}

fn dump(store: &Store) -> String {
    assert_repeated(store);
    let mut out = Vec::new();
    store.export_all(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Every row of every table as SQLite holds it, row ids included.
fn everything(store: &Store) -> String {
    let mut all = String::new();
    for table in ["articles", "article_urls", "outages", "evidence", "pages", "article_versions"] {
        let by = if matches!(table, "article_urls" | "evidence") { "1, 2" } else { "rowid" };
        let columns = if by == "rowid" { "rowid, *" } else { "*" };
        let mut statement = store.db.prepare(&format!("SELECT {columns} FROM {table} ORDER BY {by}")).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for n in 0..width {
                all.push_str(&format!("{:?}|", row.get_ref(n).unwrap()));
            }
            all.push('\n');
        }
    }
    all
}

#[test]
fn stored_again_nothing_changes() {
    let mut store = temp();
    let a = article("https://example.com/1");
    let r = records(&a, vec![outage("가톡", "2023-05-15T12:10", Some("2023-05-15T12:30")), outage("나페이", "2022-10", None)]);
    let page = |at: i64| Page {
        url: "https://example.com/1".into(),
        kind: PageKind::Article,
        state: PageState::Fetched,
        final_url: None,
        via: vec![],
        status: Some(200),
        content_type: Some("text/html".into()),
        etag: Some("\"x\"".into()),
        last_modified: None,
        protocol: Some("HTTP/1.1".into()),
        headers: vec![("content-type".into(), b"text/html".to_vec())],
        fetched_at: jiff::Timestamp::from_second(at).unwrap(),
        next_due: None,
        failures: 0,
        reason: None,
        body: Some(b"<html>".to_vec()),
    };
    assert_eq!(store.put(&a, &r, "1", Some(&page(1))).unwrap(), Put::New);
    let before = everything(&store);
    assert_eq!(store.put(&a, &r, "1", Some(&page(2))).unwrap(), Put::Unchanged);
    assert_eq!(everything(&store), before);
    assert_eq!(store.page_body("https://example.com/1").unwrap().unwrap(), b"<html>");
}

#[test]
fn a_changed_article_takes_its_records_along() {
    let mut store = temp();
    let a = article("https://example.com/1");
    store.put(&a, &records(&a, vec![outage("가톡", "2023-05-15", None)]), "1", None).unwrap();
    let b = Article { text: "고친 글".into(), ..a.clone() };
    assert_eq!(store.put(&b, &records(&b, vec![]), "1", None).unwrap(), Put::Updated);
    assert_eq!(store.counts().unwrap(), (1, 0));
    let evidence: i64 = store.db.query_row("SELECT count(*) FROM evidence", [], |r| r.get(0)).unwrap();
    assert_eq!(evidence, 0, "evidence goes with its record");
}

#[test]
fn better_rules_replace_records_and_only_where_they_differ() {
    let mut store = temp();
    let a = article("https://example.com/1");
    let old = records(&a, vec![outage("가톡", "2023-05-15", None)]);
    store.put(&a, &old, "1", None).unwrap();
    assert!(!store.replace_records(&a.id, &old, "2").unwrap());
    let todo = ArticleFilter { not_by_version: Some("2".into()), ..Default::default() };
    assert_eq!(store.articles(&todo).count(), 0, "the version is noted even where the records stay");
    assert!(store.replace_records(&a.id, &records(&a, vec![outage("가톡", "2023-05-15T12:10", None)]), "2").unwrap());
    assert_eq!(store.article(&a.id).unwrap().unwrap().outages[0].start, "2023-05-15T12:10".parse().ok());
    assert!(matches!(store.replace_records("none", &old, "2"), Err(StoreError::NotFound(_))));
}

#[test]
fn one_article_under_many_urls_is_kept_once() {
    let mut store = temp();
    let canonical = "https://example.com/c";
    let twin = |url: &str, text: &str| Article { canonical_url: Some(canonical.into()), text: text.into(), ..article(url) };
    let forms = [twin("https://m.example.com/c", "모바일"), twin(canonical, "정본"), twin("https://amp.example.com/c", "앰프")];
    let mut dumps = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
        let mut store = temp();
        for n in order {
            // The article stage derives the id from the canonical URL.
            let a = Article { id: short_hash([canonical]), ..forms[n].clone() };
            store.put(&a, &records(&a, vec![outage("가톡", "2023-05-15", None)]), "1", None).unwrap();
        }
        assert_eq!(store.counts().unwrap(), (1, 1));
        assert_eq!(store.article_at("https://amp.example.com/c").unwrap(), store.article_at(canonical).unwrap());
        dumps.push(dump(&store));
    }
    dumps.dedup();
    assert_eq!(dumps.len(), 1, "whatever the order: {dumps:#?}");
    assert!(dumps[0].contains("정본"));

    let imported = Article { id: "mine".into(), ..article(canonical) };
    store.put(&forms[1], &records(&forms[1], vec![]), "1", None).unwrap();
    store.put(&imported, &records(&imported, vec![]), "1", None).unwrap();
    assert_eq!(store.counts().unwrap().0, 1, "from another collection, under another id");
}

#[test]
fn equal_ids_of_different_articles_lose_neither() {
    let mut store = temp();
    let first = Article { id: "1".into(), ..article("https://example.com/a") };
    let second = Article { id: "1".into(), text: "다른 글".into(), ..article("https://example.org/b") };
    for _ in 0..2 {
        store.put(&first, &records(&first, vec![]), "1", None).unwrap();
        store.put(&second, &records(&second, vec![]), "1", None).unwrap();
        assert_eq!(store.counts().unwrap().0, 2);
    }
    let bare = Article { id: "2".into(), url: None, ..article("x") };
    assert_eq!(store.put(&bare, &records(&bare, vec![]), "1", None).unwrap(), Put::New);
    assert_eq!(store.put(&bare, &records(&bare, vec![]), "1", None).unwrap(), Put::Unchanged);
    let corrected = Article { text: "고침".into(), ..bare };
    assert_eq!(store.put(&corrected, &records(&corrected, vec![]), "1", None).unwrap(), Put::Updated);
    assert_eq!(store.counts().unwrap().0, 3);
}

#[test]
fn one_url_under_two_ids_is_one_article_whatever_the_order() {
    let first = Article { id: "x1".into(), ..article("https://example.com/1") };
    let second = Article { id: "x2".into(), text: "더 긴 두 번째 글이 여기 있다".into(), ..first.clone() };
    let mut dumps = Vec::new();
    for order in [[&first, &second], [&second, &first]] {
        let mut store = temp();
        for a in order {
            store.put(a, &records(a, vec![outage("가톡", "2023-05-15", None)]), "1", None).unwrap();
        }
        let before = everything(&store);
        for a in order {
            assert_eq!(store.put(a, &records(a, vec![outage("가톡", "2023-05-15", None)]), "1", None).unwrap(), Put::Unchanged);
        }
        assert_eq!(everything(&store), before);
        assert_eq!(store.counts().unwrap(), (1, 1));
        dumps.push(dump(&store));
    }
    assert_eq!(dumps[0], dumps[1]);
    assert!(dumps[0].contains("더 긴") && dumps[0].contains("\"x2\""), "{}", dumps[0]);
}

#[test]
fn what_an_input_does_not_say_is_kept() {
    let mut store = temp();
    let rich = Article {
        canonical_url: Some("https://example.com/1".into()),
        modified_at: "2023-05-18".parse().ok(),
        ..article("https://example.com/1")
    };
    store.put(&rich, &records(&rich, vec![]), "1", None).unwrap();
    let poor = Article {
        canonical_url: None,
        authors: vec![],
        publisher: None,
        modified_at: None,
        published_from: Some(PublishedFrom::Given),
        ..rich.clone()
    };
    assert_eq!(store.put(&poor, &records(&poor, vec![]), "1", None).unwrap(), Put::Unchanged);
    assert_eq!(store.article(&rich.id).unwrap().unwrap().article, rich);
}

#[test]
fn two_records_of_one_service_and_start_are_two() {
    let a = article("https://example.com/1");
    let twice =
        vec![outage("가톡", "2023-05-15", None), outage("가톡", "2023-05-15", Some("2023-05-16")), outage("나톡", "2023-05-15", None)];
    let ids = outage_ids(&a.id, &twice);
    let mut store = temp();
    store.put(&a, &records(&a, twice.clone()), "1", None).unwrap();
    assert_eq!(store.article(&a.id).unwrap().unwrap().outages, twice);
    for (id, outage) in ids.iter().zip(&twice) {
        assert_eq!(store.outage(id).unwrap().outage, *outage);
    }
    let longer = outage_ids(&a.id, &twice[..1]);
    assert_eq!(longer[0], ids[0], "an id does not depend on what else the article tells");
}

#[test]
fn an_id_may_be_shortened_as_long_as_it_is_unique() {
    let mut store = temp();
    let a = article("https://example.com/1");
    let many: Vec<Outage> = (1..=28).map(|d| outage("가톡", &format!("2023-02-{d:02}"), None)).collect();
    store.put(&a, &records(&a, many.clone()), "1", None).unwrap();
    let id = &outage_ids(&a.id, &many)[3];
    assert_eq!(store.outage(&id[..12].to_uppercase()).unwrap().outage, many[3]);
    let ambiguous = (0..16).filter(|d| matches!(store.outage(&format!("{d:x}")), Err(StoreError::Ambiguous(_)))).count();
    assert!(ambiguous > 0, "28 ids over 16 first digits");
    for none in ["", "zz", "%", "' OR 1=1", &format!("{id}0")] {
        assert!(matches!(store.outage(none), Err(StoreError::NotFound(_))), "{none}");
    }
}

#[test]
fn queries_filter_on_what_a_time_may_mean() {
    let mut store = temp();
    let a = article("https://example.com/1");
    let all = vec![
        outage("시각", "2023-05-15T12:10", Some("2023-05-15T14:15")),
        outage("날", "2023-05-15", None),
        outage("달", "2023-05", None),
        Outage { status: Status::Ongoing, cause: None, operator: None, ..outage("해", "2022", None) },
        outage("모름", "", None),
        outage("이튿날까지", "2023-05-14T23:00", Some("2023-05-15T01:00")),
    ];
    store.put(&a, &records(&a, all), "1", None).unwrap();
    let names = |query: OutageQuery| {
        let mut names: Vec<String> = store.outages(&query).unwrap().into_iter().map(|r| r.service).collect();
        names.sort();
        names.join(" ")
    };
    let time = |t: &str| Some(t.parse::<crate::temporal::Moment>().unwrap());
    let q = OutageQuery::default;
    assert_eq!(names(q()), "날 달 모름 시각 이튿날까지 해");
    assert_eq!(names(OutageQuery { since: time("2023-05-15"), until: time("2023-05-15"), ..q() }), "날 달 시각 이튿날까지");
    assert_eq!(names(OutageQuery { since: time("2023-05-15T14:16"), ..q() }), "날 달");
    assert_eq!(names(OutageQuery { until: time("2022-12"), ..q() }), "해");
    assert_eq!(names(OutageQuery { since: time("2023-06"), ..q() }), "");
    assert_eq!(names(OutageQuery { services: vec!["날".into()], service_ids: vec!["id-해".into()], ..q() }), "날 해");
    assert_eq!(names(OutageQuery { status: Some(Status::Ongoing), ..q() }), "해");
    assert_eq!(
        names(OutageQuery { operators: vec!["운영사".into()], cause: Some(Cause::Network), until: time("2023-05-14"), ..q() }),
        "달 이튿날까지"
    );
    assert_eq!(names(OutageQuery { category: Some("bank".into()), ..q() }), "");
    let order =
        |sort| store.outages(&OutageQuery { sort, limit: Some(2), ..q() }).unwrap().into_iter().map(|r| r.service).collect::<Vec<_>>();
    assert_eq!(order(Sort::Start), ["시각", "날"]);
    assert_eq!(order(Sort::Oldest), ["해", "달"]);
    assert_eq!(order(Sort::Service), ["날", "달"]);
}

#[test]
fn every_filter_has_an_index() {
    let store = temp();
    let q = OutageQuery::default;
    for query in [
        OutageQuery { limit: Some(10), ..q() },
        OutageQuery { services: vec!["a".into()], ..q() },
        OutageQuery { services: vec!["a".into()], service_ids: vec!["b".into()], ..q() },
        OutageQuery { operators: vec!["a".into()], ..q() },
        OutageQuery { cause: Some(Cause::Fire), ..q() },
        OutageQuery { status: Some(Status::Ongoing), ..q() },
        OutageQuery { until: "2023".parse().ok(), ..q() },
    ] {
        let (sql, values) = super::outages::statement(&query);
        let mut statement = store.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> =
            statement.query_map(rusqlite::params_from_iter(values), |r| r.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().any(|step| step.contains("INDEX outages_")), "{query:?}: {plan:?}");
    }
}

/// Incidents are made of what an older program stored, as if it had just been stored.
#[test]
fn an_older_database_gets_its_incidents() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let mut store = Store::open(&new).unwrap();
    for n in 0..12 {
        let mut a = Article { title: format!("소식 {n}"), ..article(&format!("https://example.com/{n}")) };
        // Four publishers, two of which print one agency's text.
        a.publisher = Some(format!("{}번 신문", n % 4));
        if n % 4 < 2 {
            a.text = "가톡이 15일 낮 12시 10분부터 한 시간 동안 먹통이 됐다고 통신사가 전했다. 이용자들은 메시지를 보내지 못해 불편을 겪었다고 한다.".into();
        }
        store.put(&a, &records(&a, vec![outage("가톡", &format!("2023-05-15T12:1{}", n % 3), None)]), "1", None).unwrap();
    }
    let expected = dump(&store);
    assert!(expected.contains("\"articles\":12,"));
    assert!(expected.contains("\"publishers\":3,"), "{expected}");
    store.db.execute("VACUUM INTO ?1", [old.to_str().unwrap()]).unwrap();
    let db = Connection::open(&old).unwrap();
    let ours: Vec<(String, String)> = db
        .prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'trigger') AND (name GLOB 'incident*' OR name = 'outage_uppers') AND name NOT GLOB 'incident_text_*'")
        .unwrap()
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (kind, name) in ours.iter().rev() {
        db.execute_batch(&format!("PRAGMA foreign_keys = off; DROP {kind} IF EXISTS {name}")).unwrap();
    }
    db.execute_batch("DROP TABLE recent_words; DELETE FROM article_sentences; DELETE FROM article_copies; DELETE FROM facts").unwrap();
    let step = super::migrations::STEPS.iter().position(|s| *s == super::migrations::INCIDENTS).unwrap();
    db.pragma_update(None, "user_version", step as i64).unwrap();
    drop(db);
    // A reader brings it up to date, too.
    let store = Store::open_read_only(&old).unwrap();
    assert_eq!(dump(&store), expected);
}

/// What merging asks is written beside the records that an older program stored.
#[test]
fn an_older_database_has_its_reports_written_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    let mut store = Store::open(&path).unwrap();
    for n in 0..4 {
        let mut a = article(&format!("https://example.com/{n}"));
        a.text = "가톡이 15일 낮 12시 10분부터 한 시간 동안 먹통이 됐다고 통신사가 전했다. 이용자들은 메시지를 보내지 못해 불편을 겪었다고 한다.".into();
        a.publisher = Some(format!("{n}번 신문"));
        store
            .put(&a, &records(&a, vec![outage("가톡", &format!("2023-05-15T12:1{n}"), None), outage("가맵", "2023-05", None)]), "1", None)
            .unwrap();
    }
    let expected = dump(&store);
    let wires = |db: &Connection| db.query_row("SELECT count(wire) FROM incident_outages", [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(wires(&store.db), 8);
    drop(store);
    let db = Connection::open(&path).unwrap();
    let added = include_str!("schema_8.sql").lines().filter_map(|l| l.strip_prefix("ALTER TABLE incident_outages ADD COLUMN "));
    let added: Vec<&str> = added.filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(added.len(), 14);
    for column in added {
        db.execute_batch(&format!("ALTER TABLE incident_outages DROP COLUMN {column}")).unwrap();
    }
    db.pragma_update(None, "user_version", 7).unwrap();
    drop(db);
    let store = Store::open(&path).unwrap();
    assert_eq!((dump(&store), wires(&store.db)), (expected, 8));
}

/// In a year in which very much was reported, what names the year alone is with its like, whichever came first, and leaves when less is left.
#[test]
fn a_crowded_year_is_the_same_in_any_order() {
    let told = |n: usize| {
        let a = Article { published_at: format!("2023-12-{:02}", n + 1).parse().ok(), ..article(&format!("https://example.com/{n}")) };
        let start = if n < 18 { format!("2023-{:02}-0{}T12:10", n % 12 + 1, n / 12 + 1) } else { "2023".to_owned() };
        let o = Outage { role: if n < 18 { Role::Main } else { Role::Background }, ..outage("가톡", &start, None) };
        let r = records(&a, vec![o]);
        (a, r)
    };
    let mut all: Vec<_> = (0..22).map(told).collect();
    let mut whole = temp();
    let mut batch = whole.batch().unwrap();
    for (a, r) in &all {
        batch.put(a, r, "1", &[]).unwrap();
    }
    batch.commit().unwrap();
    assert_eq!(whole.count_incidents().unwrap(), 19, "eighteen days and the year");
    let year = whole.incidents(&IncidentQuery { role: Some(Role::Background), ..Default::default() }).unwrap();
    assert_eq!(year.iter().map(|r| r.articles).collect::<Vec<_>>(), [4]);
    for seed in 0..8 {
        fastrand::Rng::with_seed(seed).shuffle(&mut all);
        let mut store = temp();
        for (a, r) in &all {
            store.put(a, r, "1", None).unwrap();
        }
        assert_eq!(dump(&store), dump(&whole));
        // Down to one day, which the year then means.
        let mut days = 18;
        for (a, r) in all.iter().filter(|(_, r)| r.outages[0].role == Role::Main).take(17) {
            store.replace_records(&a.id, &records(a, vec![]), "2").unwrap();
            days -= 1;
            assert_eq!(store.count_incidents().unwrap(), if days > 1 { days + 1 } else { 1 }, "{seed}: {:?}", r.outages[0].start);
        }
    }
}

/// With another dictionary other companies are above a service; only what that changes is made anew.
#[test]
fn other_families_make_other_incidents() {
    let mut store = temp();
    let family = |json: &str| Arc::new(serde_json::from_str::<Families>(json).unwrap());
    let none = family(r#"{"uppers": {}, "companies": {}, "providers": []}"#);
    let company = family(r#"{"uppers": {"id-가톡": ["id:id-가사"]}, "companies": {}, "providers": []}"#);
    assert!(!store.use_families(&none).unwrap());
    let put = |store: &mut Store, url: &str, service: &str| {
        let a = article(url);
        let o = Outage { operator: None, ..outage(service, "2023-05-15T12:10", None) };
        store.put(&a, &records(&a, vec![o]), "1", None).unwrap();
    };
    put(&mut store, "https://example.com/1", "가톡");
    put(&mut store, "https://example.com/2", "가사");
    assert_eq!(store.count_incidents().unwrap(), 2);
    assert!(store.use_families(&company).unwrap(), "the company's name is its product's");
    assert_eq!(store.count_incidents().unwrap(), 1);
    assert!(!store.use_families(&company).unwrap());
    // Who opens it without a word uses what it was used with.
    let mut again = Store::open(store.path()).unwrap();
    put(&mut again, "https://example.org/3", "가사");
    assert_eq!(again.count_incidents().unwrap(), 1);
    let group = IncidentQuery { groups: vec!["id:id-가사".into()], ..IncidentQuery::default() };
    assert_eq!(again.incidents(&group).unwrap().len(), 1);
    assert!(store.use_families(&none).unwrap());
    assert_eq!((store.count_incidents().unwrap(), store.incidents(&group).unwrap().len()), (2, 1));
}

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(super::migrations::STEPS[0]).unwrap();
    db.pragma_update(None, "application_id", super::migrations::APPLICATION_ID).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    let body = zstd::bulk::compress(b"<html>", 3).unwrap();
    db.execute_batch(
        "INSERT INTO articles (id, title, authors, text, hash, label, score, extractor_version) VALUES ('a', '제목', '[]', '글', 'h', 'none', 0.1, '1')",
    )
    .unwrap();
    for (url, kind, state, article, body) in [
        ("https://example.com/1", "article", "fetched", Some("a"), Some(&body)),
        ("http://127.0.0.1:8080/2?q", "article", "failed", None, None),
        ("https://example.com", "feed", "fetched", None, Some(&body)),
        ("https://example.com/broken", "feed", "failed", None, None),
    ] {
        db.execute(
            "INSERT INTO pages (url, kind, state, article_id, etag, fetched_at, body) VALUES (?1, ?2, ?3, ?4, 'e', '2023-05-15T12:10:00+09:00', ?5)",
            rusqlite::params![url, kind, state, article, body],
        )
        .unwrap();
    }
    drop(db);
    let mut store = Store::open_read_only(&path).unwrap();
    assert_eq!(store.page_body("https://example.com/1").unwrap().unwrap(), b"<html>");
    assert_eq!(store.page_head("https://example.com").unwrap().unwrap().etag.as_deref(), Some("e"));
    let size = store.archive_size().unwrap();
    assert_eq!((size.captures, size.bodies), (1, 1), "the article's body lies in the archive, the list's does not");
    let kept = store.captures_after(None, 9).unwrap().remove(0);
    assert_eq!((kept.body.as_slice(), kept.article_id.as_deref(), kept.is_last), (&b"<html>"[..], Some("a"), true));
    assert_eq!(store.copy_group("a").unwrap().as_deref(), Some("a"), "texts that were stored before have their numbers");
    let by = "2023-05-15T12:10:00+09:00".parse().unwrap();
    let batch = store.batch().unwrap();
    assert_eq!(batch.due_hosts(by, "", 9).unwrap(), ["http://127.0.0.1:8080"], "what failed is tried again");
    let pages = batch.due_pages("http://127.0.0.1:8080", &DueFilter { by, ..Default::default() }, None, 9).unwrap();
    assert_eq!((pages.len(), pages[0].url.as_str(), pages[0].failures), (1, "http://127.0.0.1:8080/2?q", 1));
    drop(batch);
    let host: String = store.db.query_row("SELECT host FROM pages WHERE url = 'https://example.com/1'", [], |r| r.get(0)).unwrap();
    assert_eq!(host, host_of("https://example.com/1"));
    let broken: Vec<String> =
        store.db.prepare("PRAGMA foreign_key_check").unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(broken, [""; 0]);
}

fn listed(url: &str, published_at: &str) -> Listed {
    Listed { url: url.into(), title: Some("제목".into()), published_at: published_at.parse().ok(), publisher: None }
}

#[test]
fn what_is_due_is_handed_out_in_steps_each_page_once() {
    let mut store = temp();
    let at = |s: i64| jiff::Timestamp::from_second(1_700_000_000 + s).unwrap();
    let mut batch = store.batch().unwrap();
    for host in 0..7 {
        for (n, pages) in [(0, 0..40), (1, 40..60)] {
            let pages: Vec<Listed> = pages.map(|p| listed(&format!("https://h{host}.example.com/{p}"), "")).collect();
            assert_eq!(batch.put_listing("a", None, &pages, at(n)).unwrap(), vec![Standing::New; pages.len()]);
        }
    }
    batch.put_listing("a", None, &[listed("https://z.example.com/", "")], at(9)).unwrap();
    let by = DueFilter { by: at(5), ..Default::default() };
    assert_eq!(batch.count_due(&by).unwrap(), 420);
    let (mut hosts, mut after) = (Vec::new(), String::new());
    while let Some(last) = batch.due_hosts(by.by, &after, 3).unwrap().last().cloned() {
        hosts.extend(batch.due_hosts(by.by, &after, 3).unwrap());
        after = last;
    }
    assert_eq!(hosts, (0..7).map(|n| format!("https://h{n}.example.com")).collect::<Vec<_>>());
    for host in hosts {
        let (mut urls, mut last) = (Vec::new(), None);
        loop {
            let step = batch.due_pages(&host, &by, last.as_ref(), 11).unwrap();
            let Some(end) = step.last() else { break };
            last = Some(end.clone());
            urls.extend(step.into_iter().map(|p| (p.due, p.url)));
        }
        assert_eq!(urls.len(), 60);
        assert!(urls.windows(2).all(|w| w[0] > w[1]), "the newest first, none twice");
    }
}

#[test]
fn the_source_with_the_smallest_id_speaks_whatever_the_order() {
    for order in [["a", "b", "c"], ["c", "b", "a"]] {
        let mut store = temp();
        let at = jiff::Timestamp::from_second(1_700_000_000).unwrap();
        let mut batch = store.batch().unwrap();
        for source in order {
            let date = if source == "a" { "2023-05-15" } else { "2023-06" };
            batch.put_listing(source, Some(&format!("{source}일보")), &[listed("https://example.com/1", date)], at).unwrap();
        }
        let due = |filter: DueFilter| batch.due_pages("https://example.com", &DueFilter { by: at, ..filter }, None, 9).unwrap();
        let all = due(DueFilter::default());
        assert_eq!((all.len(), all[0].publisher.as_deref(), all[0].published_at), (1, Some("a일보"), "2023-05-15".parse().ok()));
        assert_eq!(due(DueFilter { since: "2023-05-16".parse().ok(), ..Default::default() }).len(), 0);
        assert_eq!(due(DueFilter { since: "2023-05-15T23:00".parse().ok(), ..Default::default() }).len(), 1, "that day may mean its end");
        assert_eq!(due(DueFilter { sources: Some(vec!["c".into()]), ..Default::default() }).len(), 1);
        assert_eq!(due(DueFilter { sources: Some(vec!["d\"]".into()]), ..Default::default() }).len(), 0);
    }
}

#[test]
fn a_robots_txt_comes_back_as_it_was() {
    let mut store = temp();
    let fetched_at = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    let mut batch = store.batch().unwrap();
    for (status, body) in [(200, b"User-agent: *\n\xff".to_vec()), (404, vec![])] {
        let robots = StoredRobots { status, body, fetched_at };
        batch.put_robots("https://example.com", &robots).unwrap();
        assert_eq!(batch.robots("https://example.com").unwrap(), Some(robots));
    }
    assert_eq!(batch.robots("https://example.org").unwrap(), None);
}

#[test]
fn refuses_what_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("text"), "이것은 데이터베이스가 아니다. ".repeat(200)).unwrap();
    assert!(matches!(Store::open(&file("text")), Err(StoreError::NotADatabase(_))));
    assert!(matches!(Store::open_read_only(&file("text")), Err(StoreError::NotADatabase(_))));
    std::fs::create_dir(file("folder")).unwrap();
    assert!(matches!(Store::open(&file("folder")), Err(StoreError::NotADatabase(_))));
    assert!(matches!(Store::open_read_only(&file("folder")), Err(StoreError::NotADatabase(_))));
    assert!(matches!(Store::open_read_only(&file("none")), Err(StoreError::Missing(_))));
    assert!(!file("none").exists(), "reading makes no file");

    Connection::open(file("other")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(Store::open(&file("other")), Err(StoreError::Foreign(_))));

    drop(Store::open(&file("newer")).unwrap());
    Connection::open(file("newer")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&file("newer")).unwrap_err().to_string();
    assert!(error.contains("newer meoktong") && error.contains("99"), "{error}");
    assert!(Store::open(folder.path()).is_err(), "a folder");
}

#[test]
fn many_may_open_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut store = Store::open(&path).unwrap();
                let a = article(&format!("https://example.com/{n}"));
                store.put(&a, &records(&a, vec![]), "1", None).unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(Store::open_read_only(&path).unwrap().counts().unwrap().0, 8);
}

#[test]
fn a_batch_keeps_the_good_and_drops_the_bad() {
    let mut store = temp();
    let (good, bad) = (article("https://example.com/1"), article("https://example.com/2"));
    let mut nan = records(&bad, vec![outage("가톡", "2023", None)]);
    nan.outages[0].confidence = f64::NAN;
    let mut batch = store.batch().unwrap();
    assert!(matches!(batch.put(&bad, &nan, "1", &[]), Err(StoreError::Unstorable { .. })));
    assert_eq!(batch.put(&good, &records(&good, vec![]), "1", &["https://example.com/also".into()]).unwrap(), Put::New);
    batch.commit().unwrap();
    assert_eq!(store.counts().unwrap().0, 1);
    assert_eq!(store.article_at("https://example.com/also").unwrap(), Some(good.id.clone()));
    store.batch().unwrap().put(&bad, &records(&bad, vec![]), "1", &[]).unwrap();
    assert_eq!(store.counts().unwrap().0, 1, "a batch that is not committed leaves nothing");
}

#[test]
fn a_failure_keeps_the_last_good_body() {
    let mut store = temp();
    let page = Page {
        url: "https://example.com/feed".into(),
        kind: PageKind::Feed,
        state: PageState::Fetched,
        final_url: None,
        via: vec![],
        status: Some(200),
        content_type: Some("text/xml".into()),
        etag: Some("W/\"1\"".into()),
        last_modified: Some("Mon, 15 May 2023 00:00:00 GMT".into()),
        protocol: None,
        headers: vec![],
        fetched_at: jiff::Timestamp::from_second(0).unwrap(),
        next_due: None,
        failures: 0,
        reason: None,
        body: Some(vec![0, 159, 146, 150]),
    };
    store.put_page(&page).unwrap();
    store
        .put_page(&Page { state: PageState::Failed, status: Some(503), reason: Some("503".into()), body: None, etag: None, ..page.clone() })
        .unwrap();
    let head = store.page_head(&page.url).unwrap().unwrap();
    assert!(head.failed && head.has_body);
    assert_eq!(head.etag, page.etag);
    assert_eq!(store.page_body(&page.url).unwrap(), page.body);
    assert_eq!(store.page_head("https://example.com/none").unwrap(), None);
}

fn came(url: &str, at: i64, body: &str) -> Page {
    Page {
        url: url.into(),
        kind: PageKind::Article,
        state: PageState::Fetched,
        final_url: Some(format!("{url}?final")),
        via: vec![format!("{url}?via")],
        status: Some(200),
        content_type: Some("text/html".into()),
        etag: None,
        last_modified: None,
        protocol: Some("HTTP/2".into()),
        headers: vec![("content-type".into(), b"text/html; charset=euc-kr".to_vec()), ("x".into(), vec![0xb0, 0xa1])],
        fetched_at: jiff::Timestamp::from_second(1_700_000_000 + at).unwrap(),
        next_due: None,
        failures: 0,
        reason: None,
        body: Some(body.into()),
    }
}

/// Bytes that do not compress, and are others for each seed.
fn noise(seed: u64, len: usize) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| random.alphanumeric()).collect()
}

const DAY: i64 = 86_400;

#[test]
fn every_version_of_a_page_is_kept_and_equal_bodies_once() {
    let mut store = temp();
    let (a, b) = (article("https://example.com/1"), article("https://example.com/2"));
    let put = |store: &mut Temp, article: &Article, at, body| {
        let url = article.url.clone().unwrap();
        store.put(article, &records(article, vec![]), "1", Some(&came(&url, at, body))).unwrap();
    };
    for (at, body) in [(0, "하나"), (1, "하나"), (2, "둘"), (3, "하나")] {
        put(&mut store, &a, at, body);
    }
    put(&mut store, &b, 4, "둘");
    let size = store.archive_size().unwrap();
    assert_eq!((size.captures, size.bodies), (4, 2));
    let all = store.captures_after(None, 99).unwrap();
    let seen: Vec<_> = all.iter().map(|c| (std::str::from_utf8(&c.body).unwrap(), c.is_last)).collect();
    assert_eq!(seen, [("하나", false), ("둘", false), ("하나", true), ("둘", true)]);
    let (first, sent) = (&all[0], came("https://example.com/1", 0, "하나"));
    assert_eq!((&first.url, &first.final_url, &first.via, &first.protocol), (&sent.url, &sent.final_url, &sent.via, &sent.protocol));
    assert_eq!((&first.headers, first.fetched_at, first.status), (&sent.headers, sent.fetched_at, sent.status));
    assert_eq!(first.content_type.as_deref(), Some("text/html; charset=euc-kr"));
    assert_eq!((first.article_id.as_ref(), first.first_fetched_at), (Some(&a.id), Some(sent.fetched_at)));
    assert_eq!(store.page_body("https://example.com/1").unwrap().unwrap(), "하나".as_bytes());
    let mut stepped = Vec::new();
    while let Some(next) = store.captures_after(stepped.last(), 1).unwrap().pop() {
        stepped.push(next);
    }
    assert_eq!(stepped, all);

    // What an import brings later, from before and between.
    for (at, body, grows) in [(-9, "영", true), (-9, "영", false), (-8, "영", false), (1, "하나", false), (1, "사이", true)] {
        let before = store.archive_size().unwrap().captures;
        put(&mut store, &a, at, body);
        assert_eq!(store.archive_size().unwrap().captures - before, u64::from(grows), "{body} at {at}");
    }
    let last: Vec<_> =
        store.captures_after(None, 99).unwrap().into_iter().filter(|c| c.is_last).map(|c| c.fetched_at.as_second()).collect();
    assert_eq!(last, [1_700_000_003, 1_700_000_004], "the latest is what a page says now");
}

#[test]
fn the_archive_keeps_to_its_age_and_size() {
    let a = article("https://example.com/1");
    let fill = |store: &mut Store, versions: u64| {
        for n in 0..versions {
            let body = noise(n, 4000);
            store.put(&a, &records(&a, vec![]), "1", Some(&came("https://example.com/1", n as i64 * DAY, &body))).unwrap();
        }
        let b = article("https://example.com/2");
        store.put(&b, &records(&b, vec![]), "1", Some(&came("https://example.com/2", 0, &noise(999, 4000)))).unwrap();
    };
    let urls = |store: &Store| -> Vec<(i64, bool)> {
        let all = store.captures_after(None, 999).unwrap();
        all.iter().map(|c| ((c.fetched_at.as_second() - 1_700_000_000) / DAY, c.is_last)).collect()
    };
    let days = |n: u64| std::time::Duration::from_secs(n * 86_400);
    let at = |day: i64| jiff::Timestamp::from_second(1_700_000_000 + day * DAY).unwrap();

    let mut store = temp();
    store.set_archive(&ArchiveConfig { keep: days(10), ..Default::default() });
    fill(&mut store, 30);
    assert_eq!(urls(&store).len(), 10 + 1 + 1, "versions of ten days, what the page says now, another page");
    assert!(urls(&store).contains(&(0, true)), "what a page says now stays, however old");
    store.set_archive(&ArchiveConfig { keep: days(10), keep_last: Some(days(20)), ..Default::default() });
    assert!(!store.prune(at(29)).unwrap());
    assert!(!urls(&store).contains(&(0, true)));

    let mut store = temp();
    fill(&mut store, 200);
    let full = store.archive_size().unwrap();
    assert!(full.captures > 90, "{full:?}");
    store.set_archive(&ArchiveConfig { max_size: 5 * 4000, ..Default::default() });
    assert!(store.prune(at(199)).unwrap(), "a large archive shrinks in steps");
    while store.prune(at(199)).unwrap() {}
    let left = urls(&store);
    let size = store.archive_size().unwrap();
    assert!(size.bytes <= 5 * 4000 && size.bytes > 3 * 4000, "{size:?}");
    assert!(left.contains(&(0, true)) && left.contains(&(199, true)), "earlier versions go first: {left:?}");
    assert!(left.iter().all(|(day, is_last)| *is_last || *day > 190), "the oldest first: {left:?}");
    assert_eq!(store.counts().unwrap().0, 2, "articles stay");

    store.set_archive(&ArchiveConfig { keep: days(0), ..Default::default() });
    while store.prune(at(200)).unwrap() {}
    assert_eq!(store.archive_size().unwrap(), ArchiveSize::default(), "nothing is left behind, and the sum is right");
    store.put(&a, &records(&a, vec![]), "1", Some(&came("https://example.com/1", 300 * DAY, "neu"))).unwrap();
    assert_eq!(store.archive_size().unwrap(), ArchiveSize::default());
    let due = store.batch().unwrap().due_pages("https://example.com", &DueFilter { by: at(999), ..Default::default() }, None, 9).unwrap();
    assert_eq!(due, []);
}

#[test]
fn a_page_that_cannot_be_read_is_kept_too() {
    let mut store = temp();
    let page = Page { reason: Some("no article".into()), state: PageState::Failed, failures: 1, ..came("https://example.com/x", 0, "<p>") };
    store.put_page(&page).unwrap();
    let kept = store.captures_after(None, 9).unwrap().remove(0);
    assert_eq!((kept.body.as_slice(), kept.article_id), (&b"<p>"[..], None));
    assert!(store.page_head("https://example.com/x").unwrap().unwrap().failed);
}

fn reading(a: &Article, page: &str) -> Reading {
    Reading {
        article: a.clone(),
        records: records(a, vec![outage("가톡", "2023-05-15", None)]),
        urls: vec![page.into()],
        page: page.into(),
    }
}

/// The dump of a database that gets these readings for the first time, and those of pages that are not read again.
fn fresh(readings: &[Reading]) -> String {
    let mut store = temp();
    for r in readings {
        store.put(&r.article, &r.records, "2", Some(&came(&r.page, 0, &r.page))).unwrap();
    }
    dump(&store)
}

#[test]
fn reading_again_gives_what_a_fresh_crawl_would() {
    let (one, two) = ("https://example.com/1", "https://m.example.com/1");
    let named = |url: &str, canonical: &str| Article {
        id: short_hash([canonical]),
        canonical_url: Some(canonical.into()),
        ..article(&format!("{url}?final"))
    };
    let apart = [named(one, "https://example.com/1"), named(two, "https://example.com/2")];
    let united = [named(one, "https://example.com/0"), named(two, "https://example.com/0")];
    let renamed = [named(one, "https://example.com/7"), named(two, "https://example.com/8")];
    let poorer = apart.clone().map(|a| Article { authors: vec![], publisher: None, text: "다르게 읽은 글".into(), ..a });
    let all = [apart, united, renamed, poorer];
    let urls = |r: &Reading| Reading { urls: vec![r.page.clone(), format!("{}?final", r.page), format!("{}?via", r.page)], ..r.clone() };
    for before in &all {
        for after in &all {
            let mut store = temp();
            for (a, page) in before.iter().zip([one, two]) {
                store.put(a, &records(a, vec![]), "1", Some(&came(page, 0, page))).unwrap();
            }
            let now = [(one, &after[0]), (two, &after[1])].map(|(page, a)| urls(&reading(a, page)));
            let ids: Vec<String> = store.articles(&ArticleFilter::default()).map(|a| a.unwrap().article.id).collect();
            for _ in 0..2 {
                for id in &ids {
                    let Some(stored) = store.article(id).unwrap() else { continue };
                    let pages: Vec<String> = store.captures_of(id).unwrap().into_iter().map(|c| c.url).collect();
                    let readings: Vec<Reading> = now.iter().filter(|r| pages.contains(&r.page)).cloned().collect();
                    let mut batch = store.batch().unwrap();
                    batch.reread(id, &stored.records(), &readings, "2").unwrap();
                    batch.commit().unwrap();
                }
            }
            assert_eq!(dump(&store), fresh(&now), "{before:#?} {after:#?}");
            let broken: Vec<String> =
                store.db.prepare("PRAGMA foreign_key_check").unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
            assert_eq!(broken, [""; 0]);
        }
    }
}

#[test]
fn reading_again_tells_what_became_of_the_records() {
    let mut store = temp();
    let a = article("https://example.com/1");
    let old = vec![outage("가톡", "2023-05-15", None), outage("나톡", "2023-05-15", None), outage("다톡", "2023-05-15", None)];
    store.put(&a, &records(&a, old.clone()), "1", None).unwrap();
    let new =
        vec![old[0].clone(), Outage { operator: None, ..old[1].clone() }, outage("라톡", "2023-05-15", None), outage("마톡", "2023", None)];
    let mut batch = store.batch().unwrap();
    let done = batch.reread(&a.id, &records(&a, new.clone()), &[], "2").unwrap();
    assert_eq!(done, Reread { article: false, new: 2, changed: 1, withdrawn: 1 });
    assert_eq!(batch.reread(&a.id, &records(&a, new.clone()), &[], "2").unwrap(), Reread::default());
    assert!(matches!(batch.reread("none", &records(&a, vec![]), &[], "2"), Err(StoreError::NotFound(_))));
    // A text that came from elsewhere is not the page's to change.
    let other = Article { text: "딴 글".into(), ..article("https://example.org/1") };
    batch.reread(&a.id, &records(&a, new), &[reading(&other, "https://example.org/1")], "2").unwrap();
    batch.commit().unwrap();
    assert_eq!(store.article(&a.id).unwrap().unwrap().article, a);
}

/// What the groups must be, by comparing all with all.
fn groups_by_force(texts: &std::collections::BTreeMap<String, String>) -> std::collections::BTreeMap<String, String> {
    let prints: Vec<_> = texts.iter().map(|(id, text)| (id, crate::article::fingerprint(Some("메신저 먹통"), text))).collect();
    let mut groups: std::collections::BTreeMap<String, String> = texts.keys().map(|id| (id.clone(), id.clone())).collect();
    for (a, x) in &prints {
        for (b, y) in &prints {
            if a < b && crate::article::same_text(x, y) {
                let (x, y) = (groups[*a].clone(), groups[*b].clone());
                let (low, high) = if x < y { (x, y) } else { (y, x) };
                groups.values_mut().filter(|g| **g == high).for_each(|g| *g = low.clone());
            }
        }
    }
    groups
}

fn moment() -> impl Strategy<Value = crate::temporal::Moment> {
    (1990i16..2100, 1i8..=12, 1i8..=28, 0i8..24, 0i8..60, 0usize..5).prop_map(|(y, mo, d, h, mi, p)| {
        use crate::temporal::Precision::*;
        crate::temporal::Moment::new(jiff::civil::datetime(y, mo, d, h, mi, 7, 0), [Year, Month, Day, Minute, Second][p])
    })
}

fn any_outage() -> impl Strategy<Value = Outage> {
    let words = || proptest::option::of(".{0,12}");
    let choice = |n: usize| 0..n;
    (
        (".{0,12}", words(), words(), words()),
        (proptest::option::of(moment()), proptest::option::of(moment()), proptest::option::of(any::<u32>())),
        (proptest::option::of(choice(Cause::ALL.len())), choice(Status::ALL.len()), choice(Role::ALL.len())),
        (proptest::collection::vec(".{0,8}", 0..3), 0.0f64..=1.0),
        proptest::collection::vec((choice(Field::ALL.len()), choice(Place::ALL.len()), ".{0,9}", 0usize..99_999, 0usize..99_999), 0..4),
    )
        .prop_map(
            |(
                (service, service_id, operator, category),
                (start, end, duration_min),
                (cause, status, role),
                (keywords, confidence),
                evidence,
            )| {
                Outage {
                    service,
                    service_id,
                    operator,
                    category,
                    start,
                    end,
                    duration_min,
                    cause: cause.map(|n| Cause::ALL[n]),
                    status: Status::ALL[status],
                    role: Role::ALL[role],
                    keywords,
                    confidence,
                    evidence: evidence
                        .into_iter()
                        .map(|(f, p, quote, from, to)| Evidence { field: Field::ALL[f], place: Place::ALL[p], quote, from, to })
                        .collect(),
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_stored_comes_back(outages in proptest::collection::vec(any_outage(), 0..5), title in ".{0,20}", text in "(?s).{0,60}") {
        let mut store = temp();
        let a = Article { title, text, ..article("https://example.com/p") };
        let r = records(&a, outages);
        prop_assert_eq!(store.put(&a, &r, "v", None).unwrap(), Put::New);
        let stored = store.article(&a.id).unwrap().unwrap();
        prop_assert_eq!(&stored.article, &a);
        prop_assert_eq!(&stored.records(), &r);
        prop_assert_eq!(store.put(&a, &r, "v", None).unwrap(), Put::Unchanged);
    }

    #[test]
    fn copies_are_found_whatever_comes_and_changes(changes in proptest::collection::vec((0usize..9, proptest::collection::btree_set(0usize..8, 0..6)), 1..30)) {
        const SENTENCES: [&str; 8] = [
            "가톡 접속이 오전부터 되지 않아 이용자들이 불편을 겪었다.",
            "회사는 원인을 찾고 있다고 밝혔다.",
            "복구에는 두 시간이 넘게 걸렸으며 결제와 송금도 함께 멈췄던 것으로 알려졌다.",
            "이용자 수는 천만 명이 넘는다.",
            "당국은 경위를 살펴보고 있다.",
            "지난해에도 비슷한 일이 두 차례 있었다고 업계 관계자는 설명했다.",
            "보상은 정해지지 않았다고 한다.",
            "짧다.",
        ];
        let mut store = temp();
        let mut texts = std::collections::BTreeMap::new();
        for (n, sentences) in changes {
            let text: Vec<&str> = sentences.into_iter().map(|s| SENTENCES[s]).collect();
            let a = Article { id: format!("a{n}"), text: text.join(" "), title: "메신저 먹통".into(), ..article(&format!("https://example.com/{n}")) };
            store.put(&a, &records(&a, vec![outage("가톡", "2023-05-15T12:10", None)]), "v", None).unwrap();
            assert_repeated(&store);
            texts.insert(a.id, a.text);
            let found: std::collections::BTreeMap<String, String> =
                texts.keys().map(|id| (id.clone(), store.copy_group(id).unwrap().unwrap())).collect();
            prop_assert_eq!(&found, &groups_by_force(&texts));
        }
        for id in texts.keys() {
            let group = store.copy_group(id).unwrap();
            let copies: Vec<String> = texts.keys().filter(|o| *o != id && store.copy_group(o).unwrap() == group).cloned().collect();
            prop_assert_eq!(store.copies_of(id).unwrap(), copies);
        }
        let before = dump(&store);
        store.db.execute("UPDATE facts SET value = 0", []).unwrap();
        let path = store.path().to_owned();
        store.store = Store::open(&path).unwrap();
        prop_assert_eq!(dump(&store), before, "numbers of another version are made anew");
    }

    #[test]
    fn the_dump_does_not_depend_on_the_way(order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle()) {
        let put = |store: &mut Store, n: usize| {
            let a = article(&format!("https://example.com/{n}"));
            let r = records(&a, vec![outage("가톡", &format!("2023-01-{:02}", n + 1), None)]);
            store.put(&a, &r, "v", None).unwrap();
        };
        let (mut straight, mut shuffled) = (temp(), temp());
        (0..12).for_each(|n| put(&mut straight, n));
        for n in order {
            put(&mut shuffled, (n + 5) % 12);
            put(&mut shuffled, n);
        }
        prop_assert_eq!(dump(&straight), dump(&shuffled));
    }
}
