use std::sync::LazyLock;

use proptest::prelude::*;
use rusqlite::Connection;

use super::super::*;
use super::{RECENT_COUNT, RECENT_FLOOR, fact, publisher_word, search_in};
use crate::article::PublishedFrom;
use crate::extract::Extractor;
use crate::korean::dictionary;
use crate::korean::token::tests::TOKENIZER;
use crate::record::Label;

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
    let dir = dictionary::ensure(&dictionary::data_dir().unwrap(), &dictionary::Silent).unwrap();
    Extractor::new(Tokenizer::open(&dir).unwrap(), Extractor::dictionaries(&[]).unwrap())
});

fn indexer(scope: IndexScope) -> Indexer {
    Indexer::new(EXTRACTOR.tokenizer().clone(), EXTRACTOR.lexicon().clone(), scope)
}

fn text(id: &str, published: &str, title: &str, text: &str) -> (Article, ArticleRecords) {
    let article = Article {
        id: id.into(),
        url: Some(format!("https://news.example.com/{id}")),
        published_at: published.parse().ok(),
        title: title.into(),
        text: text.into(),
        publisher: Some("예시일보".into()),
        canonical_url: None,
        authors: vec![],
        published_from: Some(PublishedFrom::Given),
        modified_at: None,
    };
    let records = EXTRACTOR.extract(&article);
    (article, records)
}

fn put(store: &mut Store, (article, records): &(Article, ArticleRecords)) -> Put {
    store.put(article, records, "1", None).unwrap()
}

fn filter() -> SearchFilter {
    SearchFilter { limit: 100, now: "2024-01-01T00:00:00Z".parse().unwrap(), snippet: 100, ..SearchFilter::default() }
}

fn found(store: &Store, query: &str, filter: &SearchFilter) -> Vec<Hit> {
    let aliases = |name: &str| EXTRACTOR.gazetteer().sure_names(name).into_iter().map(str::to_owned).collect();
    let search = Search::new(&query.parse().unwrap(), &TOKENIZER, &aliases).unwrap();
    store.search(&TOKENIZER, &search, filter).unwrap().hits
}

fn ids(store: &Store, query: &str, filter: &SearchFilter) -> String {
    let mut ids: Vec<String> = found(store, query, filter).into_iter().map(|h| h.id).collect();
    ids.sort();
    ids.join(" ")
}

fn five() -> [(Article, ArticleRecords); 5] {
    [
        text("a", "2023-05-15T12:30", "카카오톡 접속장애", "카카오톡이 낮 12시 10분부터 접속장애를 일으켜 먹통이 됐다."),
        text("b", "2023-05-16", "카톡 또 접속 장애", "카톡에서 접속 장애가 나 두 시간 동안 멈췄다. KT는 무관하다고 했다."),
        text(
            "c",
            "2021-10-25T12:00",
            "KT 인터넷 먹통",
            "KT의 유선 인터넷이 25일 오전 11시 20분부터 40분간 끊겼다. 접속 장애가 아니라 통신 장애였다.",
        ),
        text("d", "2023-06-01", "봄꽃 축제", "공원에 꽃이 피었다."),
        text("e", "", "발달장애 이해 교육", "먹통 전화기 이야기도 나왔다."),
    ]
}

fn filled(folder: &tempfile::TempDir, scope: IndexScope) -> Store {
    let mut store = Store::open(&folder.path().join("m.db")).unwrap().with_indexer(indexer(scope));
    store.begin_index(&indexer(scope), false).unwrap();
    for article in five() {
        put(&mut store, &article);
    }
    store
}

#[test]
fn words_are_found_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder, IndexScope::Outages);
    let all = filter();
    for (query, expected) in [
        ("접속장애", "a b c"),
        ("접속 장애", "a b c"),
        ("접속장애가", "a b c"),
        ("\"접속 장애\"", "a b c"),
        ("title:접속장애", "a b"),
        ("멈췄다", "b"),
        ("멈춘", "b"),
        ("카카오톡", "a b"),
        ("카톡이", "a b"),
        ("\"카톡\"", "b"),
        ("kt", "b c"),
        ("ＫＴ -인터넷", "b"),
        ("먹통 OR 접속", "a b c e"),
        ("먹통 -(카카오톡 OR 인터넷)", "e"),
        ("text:먹통", "a e"),
        ("\"장애 접속\"", ""),
        ("꽃", ""),
        ("장애", "a b c e"),
    ] {
        assert_eq!(ids(&store, query, &all), expected, "{query}");
    }
    assert!(store.is_indexed(IndexScope::Outages).unwrap() && !store.is_indexed(IndexScope::All).unwrap());
}

#[test]
fn filters_narrow_and_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder, IndexScope::Outages);
    let time = |t: &str| t.parse().ok();
    for (filter, expected) in [
        (SearchFilter { since: time("2023"), ..filter() }, "a b"),
        (SearchFilter { since: time("2023-05-16"), ..filter() }, "b"),
        (SearchFilter { until: time("2023-05-15"), ..filter() }, "a c"),
        (SearchFilter { until: time("2023-05-15T12:29"), ..filter() }, "c"),
        (SearchFilter { publisher: Some("예시일보".into()), ..filter() }, "a b c e"),
        (SearchFilter { publisher: Some("딴신문".into()), ..filter() }, ""),
        (SearchFilter { label: Some(Label::None), ..filter() }, "e"),
        (SearchFilter { services: vec!["카카오톡".into()], ..filter() }, "a b"),
        (SearchFilter { service_ids: vec!["kakaotalk".into()], since: time("2023-05-16"), label: Some(Label::Outage), ..filter() }, "b"),
    ] {
        assert_eq!(ids(&store, "장애", &filter), expected, "{filter:?}");
    }
    let by_date = SearchFilter { sort: SearchSort::Date, ..filter() };
    let order: Vec<String> = found(&store, "장애", &by_date).into_iter().map(|h| h.id).collect();
    assert_eq!(order, ["b", "a", "c", "e"]);
    let two = found(&store, "접속장애", &SearchFilter { limit: 2, ..filter() });
    assert_eq!(two.iter().map(|h| h.id.as_str()).collect::<Vec<_>>(), ["a", "b"], "the title weighs more than the text");
    assert!(two[0].score > two[1].score && two[1].score > Some(0.0), "{two:?}");
    assert_eq!(found(&store, "장애", &by_date)[0].score, None);
}

#[test]
fn newer_articles_come_first_among_equals() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("m.db")).unwrap().with_indexer(indexer(IndexScope::All));
    for (id, year) in [("a", 2015), ("b", 2023), ("c", 2019)] {
        put(&mut store, &text(id, &format!("{year}-12-01"), "먹통", "같은 글"));
    }
    put(&mut store, &text("d", "2023-12-01", "딴말", "다른 글"));
    assert!(store.is_indexed(IndexScope::All).unwrap(), "no search has to index what is indexed");
    let hits = found(&store, "먹통", &filter());
    assert_eq!(hits.iter().map(|h| h.id.as_str()).collect::<Vec<_>>(), ["b", "c", "a"]);
    assert!(hits[0].score > hits[2].score.map(|s| 1.5 * s), "{hits:?}");
}

#[test]
fn marks_stand_in_the_text_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder, IndexScope::Outages);
    let hit = found(&store, "접속장애 카톡", &filter()).into_iter().find(|h| h.id == "b").unwrap();
    let marked = |text: &str, marks: &[Mark]| {
        let characters: Vec<char> = text.chars().collect();
        marks.iter().map(|m| characters[m.from..m.to].iter().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(marked(&hit.title, &hit.title_marks), ["카톡", "접속 장애"]);
    assert_eq!(marked(&hit.snippet, &hit.snippet_marks), ["카톡", "접속 장애"]);
    assert!(!hit.cut_before && hit.snippet.starts_with("카톡에서"), "{hit:?}");
    let hit = found(&store, "title:먹통 text:유선인터넷이", &filter()).remove(0);
    assert_eq!(
        (marked(&hit.title, &hit.title_marks), marked(&hit.snippet, &hit.snippet_marks)),
        (vec!["먹통".into()], vec!["유선 인터넷".into()])
    );
}

#[test]
fn the_index_follows_the_articles() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(&folder, IndexScope::Outages);
    let [a, ..] = five();
    assert_eq!(put(&mut store, &a), Put::Unchanged);
    assert_eq!(ids(&store, "먹통", &filter()), "a c e");
    // Changed, then no outage any more, then deleted by whoever.
    let changed = text("a", "2023-05-15T12:30", "카카오톡 오류", "카카오톡이 느려졌다. 송금 오류가 있었다.");
    assert_eq!(put(&mut store, &changed), Put::Updated);
    assert_eq!((ids(&store, "먹통", &filter()).as_str(), ids(&store, "송금", &filter()).as_str()), ("c e", "a"));
    put(&mut store, &text("a", "2023-05-15T12:30", "카카오톡 새 기능", "송금이 쉬워졌다."));
    assert_eq!(ids(&store, "송금", &filter()), "");
    let mut batch = store.batch().unwrap();
    let moved = text("b", "2022-05-16", "카톡 또 접속 장애", "카톡에서 접속 장애가 나 두 시간 동안 멈췄다.");
    batch.put(&moved.0, &moved.1, "1", &[]).unwrap();
    let new = text("f", "2023-07-01", "은행 앱 불통", "은행 앱이 불통이다.");
    batch.put(&new.0, &new.1, "1", &[]).unwrap();
    batch.commit().unwrap();
    assert_eq!(ids(&store, "카톡", &SearchFilter { until: "2022".parse().ok(), ..filter() }), "b");
    assert_eq!(ids(&store, "불통", &filter()), "f");
    drop(store.batch().unwrap());
    drop(store);
    let path = folder.path().join("m.db");
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    db.execute("DELETE FROM articles WHERE id IN ('c', 'f')", []).unwrap();
    let left: (i64, i64) = db
        .query_row("SELECT (SELECT count(*) FROM search_articles), (SELECT count(*) FROM article_words)", [], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
        .unwrap();
    assert_eq!(left, (2, 2));
    db.execute("INSERT INTO article_words (article_words) VALUES ('integrity-check')", []).unwrap();
    drop(db);
    let store = Store::open_read_only(&path).unwrap();
    assert_eq!(ids(&store, "불통 OR 먹통", &filter()), "e");
    assert!(store.is_indexed(IndexScope::Outages).unwrap());
}

#[test]
fn what_was_stored_without_an_indexer_is_indexed_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.db");
    let mut store = Store::open(&path).unwrap();
    for article in five() {
        put(&mut store, &article);
    }
    let mut before = Vec::new();
    store.export_all(&mut before).unwrap();
    assert!(!store.is_indexed(IndexScope::Outages).unwrap());
    assert_eq!(ids(&store, "장애", &filter()), "");
    let outages = indexer(IndexScope::Outages);
    assert_eq!(store.begin_index(&outages, false).unwrap(), 5);
    assert_eq!([store.index(&outages, 3).unwrap(), store.index(&outages, 3).unwrap(), store.index(&outages, 3).unwrap()], [3, 2, 0]);
    store.tidy_index().unwrap();
    assert_eq!((ids(&store, "장애", &filter()).as_str(), store.is_indexed(IndexScope::Outages).unwrap()), ("a b c e", true));
    // Another choice of articles, and back; then all anew.
    for (scope, anew, expected) in
        [(IndexScope::All, false, "a b c d e"), (IndexScope::Outages, false, "a b c e"), (IndexScope::Outages, true, "a b c e")]
    {
        let indexer = indexer(scope);
        assert_eq!(store.begin_index(&indexer, anew).unwrap(), 5);
        assert_eq!(store.index(&indexer, 100).unwrap(), 5);
        assert!(store.is_indexed(scope).unwrap());
        assert_eq!(ids(&store, "장애 OR 꽃", &filter()), expected);
    }
    // Rules of other days are noticed.
    store.db.execute("UPDATE search_state SET words = 'old'", []).unwrap();
    assert!(!store.is_indexed(IndexScope::Outages).unwrap());
    assert_eq!(store.begin_index(&outages, false).unwrap(), 5);
    assert_eq!(ids(&store, "장애", &filter()), "", "the old index is gone");
    let mut after = Vec::new();
    store.export_all(&mut after).unwrap();
    assert_eq!(before, after, "the dump knows nothing of the index");
}

#[test]
fn a_full_minute_goes_on_in_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(&folder, IndexScope::All);
    store.db.execute("UPDATE search_articles SET number = (1 << 20) - 1 WHERE article_id = 'e'", []).unwrap();
    put(&mut store, &text("g", "", "날짜 없는 글", "먹통"));
    assert_eq!(ids(&store, "날짜", &filter()), "g");
}

/// What the second index holds: every indexed article above the floor, and no other; and it answers as the whole index does.
fn check_recent(store: &Store) {
    let db = &store.db;
    let numbers =
        |sql: &str| -> Vec<i64> { db.prepare(sql).unwrap().query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap() };
    let floor = fact(db, RECENT_FLOOR).unwrap().unwrap_or(-1);
    let above = numbers(&format!("SELECT number FROM search_articles WHERE number > {floor} ORDER BY number"));
    assert_eq!(numbers("SELECT id FROM recent_words_docsize ORDER BY id"), above);
    assert_eq!(fact(db, RECENT_COUNT).unwrap().unwrap_or(0), above.len() as i64);
    assert_eq!(numbers("SELECT id FROM article_words_docsize ORDER BY id"), numbers("SELECT number FROM search_articles ORDER BY number"));
    for table in ["article_words", "recent_words"] {
        db.execute(&format!("INSERT INTO {table} ({table}) VALUES ('integrity-check')"), []).unwrap();
    }
    let search = Search::new(&"먹통".parse().unwrap(), &TOKENIZER, &|_| vec![]).unwrap();
    // 40: more than there are.
    for candidates in [1, 2, 4, 40] {
        let ids = |index: &str| {
            let filter = SearchFilter { sort: SearchSort::Date, ..filter() };
            let found = search_in(db, index, candidates, &TOKENIZER, &search, &filter).unwrap();
            found.hits.into_iter().map(|h| h.id).collect::<Vec<_>>()
        };
        let newest = ids("recent_words");
        if newest.len() == candidates as usize || floor < 0 {
            assert_eq!(newest, ids("article_words"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_newest_articles_have_an_index_of_their_own(
        steps in proptest::collection::vec((0u8..12, 1u8..28, 0u8..3, prop::bool::weighted(0.2)), 1..30), recent in 1i64..6,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let indexer = Indexer { recent, ..indexer(IndexScope::All) };
        let mut store = Store::open(&folder.path().join("m.db")).unwrap().with_indexer(indexer.clone());
        for (id, day, version, gone) in steps {
            if gone {
                store.db.execute("DELETE FROM articles WHERE id = ?1", [format!("a{id}")]).unwrap();
            } else {
                let body = format!("{} {}", if version == 0 { "정상" } else { "먹통" }, "장애 ".repeat(usize::from(version)));
                put(&mut store, &text(&format!("a{id}"), &format!("2023-05-{day:02}"), "제목", &body));
            }
            check_recent(&store);
        }
        store.begin_index(&indexer, true).unwrap();
        while store.index(&indexer, 5).unwrap() > 0 {
            check_recent(&store);
        }
    }
}

#[test]
fn a_publisher_narrows_by_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(&folder, IndexScope::All);
    let mut other = text("h", "2023-05-17", "카톡 먹통 끝", "카톡 접속 장애가 끝났다.");
    other.0.publisher = Some("다른 신문".into());
    other.1.publisher = Some("다른 신문".into());
    put(&mut store, &other);
    let of = |publisher: &str| SearchFilter { publisher: Some(publisher.into()), ..filter() };
    assert_eq!(ids(&store, "장애", &of("다른 신문")), "h");
    assert_eq!(ids(&store, "카톡 OR 인터넷", &of("예시일보")), "a b c");
    assert_eq!(ids(&store, "title:먹통", &of("다른 신문")), "h");
    assert_eq!(ids(&store, "장애 -끝", &of("다른 신문")), "");
    assert_eq!(ids(&store, "장애", &of("없는 신문")), "");
    // It is known by another name now.
    other.0.publisher = Some("새 이름".into());
    other.1.publisher = Some("새 이름".into());
    put(&mut store, &other);
    assert_eq!((ids(&store, "장애", &of("다른 신문")), ids(&store, "장애", &of("새 이름"))), (String::new(), "h".to_owned()));
    // What stands for a publisher is no word.
    assert_eq!(ids(&store, &publisher_word("새 이름"), &filter()), "");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_query_has_an_answer(text in "(\\PC|[-()\"|:*^{}+ ]|OR|AND|NOT|NEAR|title:|먹통|는|[가-힣]{1,4}){0,24}") {
        static STORE: LazyLock<(tempfile::TempDir, std::sync::Mutex<Store>)> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let store = filled(&folder, IndexScope::All);
            (folder, std::sync::Mutex::new(store))
        });
        let Ok(words) = text.parse() else { return Ok(()) };
        let Ok(search) = Search::new(&words, &TOKENIZER, &|_| vec![]) else { return Ok(()) };
        let store = STORE.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        prop_assert!(store.search(&TOKENIZER, &search, &filter()).is_ok(), "{}", text);
    }

    #[test]
    fn every_word_finds_its_article(body in "([가-힣]{1,5}(이|을|에서|했다)?|[A-Za-z]{1,6}|[0-9]{1,4}|[,.!?()·]){1,12}( [가-힣]{1,6}| [a-zA-Z0-9é]{1,5}| 서버가| 멈췄다){0,12}") {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("m.db")).unwrap().with_indexer(indexer(IndexScope::All));
        put(&mut store, &text("a", "2023-05-15", "제목", &body));
        for word in body.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
            let Ok(search) = Search::new(&word.parse().unwrap(), &TOKENIZER, &|_| vec![]) else { continue };
            let hits = store.search(&TOKENIZER, &search, &filter()).unwrap().hits;
            prop_assert_eq!(hits.len(), 1, "{} in {}", word, &body);
            prop_assert!(!hits[0].snippet_marks.is_empty(), "{} in {}", word, &body);
        }
    }
}
