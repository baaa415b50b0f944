//! Search engines: questions → requests, answers → entries.
//!
//! - Google News answers with RSS. Its links lead through a page of its own that only a browser resolves; they are handed on as they come, with
//!   the headline and the publisher.
//! - [`words`] makes the words to ask for of the symptoms in the dictionaries.
//! - Naver's news search answers with JSON and wants a key, which comes from the environment and goes into headers, never into a URL or a message.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::Deserialize;
use url::Url;

use super::discover::Request;
use super::feed::{self, Entry, Feed, FeedError, MAX_ENTRIES};
use super::sources::Search;
use crate::config::Engine;
use crate::dictionaries::SymptomEntry;

/// How many words one question may hold: engines ignore the rest of a long one.
const WORDS_A_QUESTION: usize = 8;

/// The most requests of one pass: a key allows so many a day.
pub const MAX_QUESTIONS: usize = 100;

/// A pattern that stands for more phrases than this is too general to search for each.
const MAX_PHRASES: usize = 60;

/// Why a search cannot be asked, or its answer not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// There is nothing to ask.
    #[error("there is nothing to search for: give `queries = [\"…\"]`")]
    NothingToAsk,
    /// There is too much to ask.
    #[error("{0} queries are too many for one pass: choose at most {MAX_QUESTIONS} with `queries`")]
    TooMany(usize),
    /// The key is not there.
    #[error("the search needs a key: set the environment variable {0}, or name another in `key_env`")]
    NoKey(String),
    /// The key can be no header.
    #[error("the environment variable {0} holds no key: expected letters, digits and signs without a blank")]
    BadKey(String),
    /// The engine refuses.
    #[error("the search engine refuses: {code} {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The answer is no answer.
    #[error("no answer of the search engine could be read from it: {0}")]
    Answer(String),
    /// The answer is no feed.
    #[error(transparent)]
    Feed(#[from] FeedError),
}

/// What names a failure by itself in the dictionaries: what a search asks for where its source says nothing. The keywords come first, then the
/// phrases that patterns without a keyword stand for (`(?:접속|통신)\\s?장애` is 접속 장애 and 통신 장애).
pub fn words<'a>(symptoms: impl IntoIterator<Item = &'a SymptomEntry>) -> Vec<String> {
    let (named, unnamed): (Vec<_>, Vec<_>) = symptoms.into_iter().filter(|s| s.strength >= 3).partition(|s| s.word.is_some());
    let phrases = unnamed.iter().flat_map(|s| &s.patterns).filter_map(|p| phrases(&regex_syntax::parse(p).ok()?)).flatten();
    let mut words: Vec<String> = Vec::new();
    for word in named.iter().filter_map(|s| s.word.clone()).chain(phrases) {
        let word = word.trim().to_owned();
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// The phrases that a pattern stands for, without what may be left out; none where they are too many or cannot be listed.
fn phrases(hir: &Hir) -> Option<Vec<String>> {
    let listed = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8(literal.0.to_vec()).ok()?],
        HirKind::Capture(capture) => phrases(&capture.sub)?,
        HirKind::Class(class) if has_blank(class) => vec![" ".into()],
        HirKind::Class(Class::Unicode(class)) => {
            let many: usize = class.ranges().iter().map(|r| r.len()).sum();
            if many > MAX_PHRASES {
                return None;
            }
            // Engines do not mind the case.
            let upper = |c: char| c.to_uppercase().eq([c]);
            let letters: Vec<char> = class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect();
            letters.iter().filter(|c| upper(**c) || !c.to_uppercase().any(|u| letters.contains(&u))).map(char::to_string).collect()
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        // A blank that may be left out is the usual spelling; anything else that may be is left out.
        HirKind::Repetition(r) if r.min == 0 => match r.sub.kind() {
            HirKind::Class(class) if has_blank(class) => vec![" ".into()],
            _ => vec![String::new()],
        },
        HirKind::Repetition(r) if r.min == 1 => phrases(&r.sub)?,
        HirKind::Repetition(_) => return None,
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(phrases(part)?);
            }
            all
        }
        HirKind::Concat(parts) => {
            let mut all = vec![String::new()];
            for part in parts {
                let next = phrases(part)?;
                if all.len() * next.len() > MAX_PHRASES {
                    return None;
                }
                all = all.iter().flat_map(|a| next.iter().map(move |b| format!("{a}{b}"))).collect();
            }
            all
        }
    };
    (listed.len() <= MAX_PHRASES).then_some(listed)
}

/// Whether it is `\s` or the like; what holds every character holds a blank too, but does not mean one.
fn has_blank(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return false };
    class.ranges().iter().any(|r| (r.start()..=r.end()).contains(&' ')) && class.ranges().iter().all(|r| r.len() <= MAX_PHRASES)
}

/// The requests that ask `search` at `url` for its queries, else for `words`. `env` reads a variable of the environment.
pub(super) fn requests(
    search: &Search,
    url: &Url,
    words: &[String],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Request>, SearchError> {
    let headers = match search.engine {
        Engine::Google => Vec::new(),
        Engine::Naver => ["X-Naver-Client-Id", "X-Naver-Client-Secret"]
            .into_iter()
            .zip(&search.key_env)
            .map(|(header, variable)| Ok((header.to_owned(), key(variable, env)?)))
            .collect::<Result<_, SearchError>>()?,
    };
    let questions = questions(search, words);
    match questions.len() {
        0 => return Err(SearchError::NothingToAsk),
        many if many > MAX_QUESTIONS => return Err(SearchError::TooMany(many)),
        _ => {}
    }
    let request = |question: &String| {
        let mut url = url.clone();
        match search.engine {
            Engine::Google => {
                // Without a bound in time the answer is the best of all years.
                let dated = ["when:", "after:", "before:"].iter().any(|p| question.contains(p));
                let question = if dated { question.clone() } else { format!("{question} when:1d") };
                url.query_pairs_mut().extend_pairs([("q", question.as_str()), ("hl", "ko"), ("gl", "KR"), ("ceid", "KR:ko")]);
            }
            Engine::Naver => {
                url.query_pairs_mut().extend_pairs([("query", question.as_str()), ("display", "100"), ("start", "1"), ("sort", "date")]);
            }
        }
        Request { url, headers: headers.clone() }
    };
    Ok(questions.iter().map(request).collect())
}

/// The configuration's queries as they stand, else questions made of the words, each word once.
fn questions(search: &Search, words: &[String]) -> Vec<String> {
    if !search.queries.is_empty() {
        return search.queries.clone();
    }
    let mut quoted: Vec<String> = Vec::new();
    for word in words {
        // The quotation marks are the engine's, a word has none of its own.
        let word = word.replace('"', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let word = if word.contains(' ') { format!("\"{word}\"") } else { word };
        if !word.is_empty() && !quoted.contains(&word) {
            quoted.push(word);
        }
    }
    match search.engine {
        Engine::Google => quoted.chunks(WORDS_A_QUESTION).map(|words| words.join(" OR ")).collect(),
        Engine::Naver => quoted,
    }
}

fn key(variable: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, SearchError> {
    let key = env(variable).filter(|k| !k.is_empty()).ok_or_else(|| SearchError::NoKey(variable.to_owned()))?;
    if key.bytes().all(|b| b.is_ascii_graphic()) { Ok(key) } else { Err(SearchError::BadKey(variable.to_owned())) }
}

/// Reads an answer of `engine` that came from `base` with the header `content_type`.
pub(super) fn parse(engine: Engine, bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<Feed, SearchError> {
    match engine {
        Engine::Google => google(bytes, content_type, base),
        Engine::Naver => naver(bytes),
    }
}

fn google(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<Feed, SearchError> {
    let mut feed = feed::parse(bytes, content_type, base)?;
    for entry in &mut feed.entries {
        // "headline - publisher", always; the headline may have a dash of its own.
        let parts = entry.title.as_deref().and_then(|t| t.rsplit_once(" - ")).map(|(t, p)| (t.trim().to_owned(), p.trim().to_owned()));
        if let Some((title, publisher)) = parts.filter(|(title, publisher)| !title.is_empty() && !publisher.is_empty()) {
            (entry.title, entry.publisher) = (Some(title), Some(publisher));
        }
    }
    Ok(feed)
}

/// Naver's answer, as its documentation has it; an error has the other two keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    items: Option<Vec<Item>>,
    error_code: Option<String>,
    error_message: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    title: String,
    #[serde(default)]
    originallink: String,
    #[serde(default)]
    link: String,
    #[serde(default, rename = "pubDate")]
    published: String,
}

fn naver(bytes: &[u8]) -> Result<Feed, SearchError> {
    let answer: Answer = serde_json::from_slice(bytes).map_err(|e| SearchError::Answer(e.to_string()))?;
    let Some(items) = answer.items else {
        return Err(match (answer.error_code, answer.error_message) {
            (None, None) => SearchError::Answer("it has no `items`".into()),
            // Words from outside: they may reach a terminal.
            (code, message) => SearchError::Refused {
                code: code.unwrap_or_default().escape_debug().to_string(),
                message: message.unwrap_or_default().escape_debug().to_string(),
            },
        });
    };
    let cut = items.len().saturating_sub(MAX_ENTRIES);
    let entries = items.into_iter().take(MAX_ENTRIES).filter_map(|item| {
        // Of both addresses the publisher's own is the article; the other is the portal's copy of it.
        let url = [&item.originallink, &item.link].into_iter().find_map(|link| Url::parse(&plain(link)).ok().and_then(feed::web_url))?;
        let title = Some(plain(&item.title)).filter(|t| !t.is_empty());
        Some(Entry { title, published_at: feed::moment(&item.published), ..Entry::new(url) })
    });
    Ok(Feed { entries: entries.collect(), cut, ..Feed::default() })
}

/// The text of a bit of HTML: the marks around what was searched for go, references become characters.
fn plain(html: &str) -> String {
    let text: String = scraper::Html::parse_fragment(html).root_element().text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(engine: Engine, queries: &[&str]) -> Search {
        Search { engine, queries: queries.iter().map(|q| q.to_string()).collect(), key_env: vec!["TEST_ID".into(), "TEST_SECRET".into()] }
    }

    fn env(name: &str) -> Option<String> {
        match name {
            "TEST_ID" => Some("an-id".into()),
            "TEST_SECRET" => Some("a-secret".into()),
            _ => None,
        }
    }

    fn asked(search: &Search, words: &[&str]) -> Result<Vec<Request>, SearchError> {
        let words: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        let url = match search.engine {
            Engine::Google => "https://news.google.com/rss/search",
            Engine::Naver => "https://openapi.naver.com/v1/search/news.json",
        };
        requests(search, &Url::parse(url).unwrap(), &words, &env)
    }

    fn value(request: &Request, name: &str) -> String {
        request.url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap()
    }

    #[test]
    fn questions_are_made_of_words() {
        let google = asked(&search(Engine::Google, &[]), &["먹통", "접속 장애", "먹통", " ", "\"불통\""]).unwrap();
        assert_eq!(google.len(), 1);
        assert_eq!(value(&google[0], "q"), "먹통 OR \"접속 장애\" OR 불통 when:1d");
        assert_eq!((value(&google[0], "hl"), value(&google[0], "ceid")), ("ko".into(), "KR:ko".into()));
        assert!(google[0].headers.is_empty());
        let naver = asked(&search(Engine::Naver, &[]), &["먹통", "접속 장애"]).unwrap();
        assert_eq!(naver.iter().map(|r| value(r, "query")).collect::<Vec<_>>(), ["먹통", "\"접속 장애\""]);
        assert_eq!(value(&naver[0], "sort"), "date");
    }

    fn symptom(word: Option<&str>, strength: u8, patterns: &[&str]) -> SymptomEntry {
        SymptomEntry { word: word.map(str::to_owned), strength, patterns: patterns.iter().map(|p| p.to_string()).collect() }
    }

    #[test]
    fn words_are_made_of_symptoms() {
        let symptoms = [
            symptom(
                None,
                3,
                &[
                    "(?:접속|통신|[Ii]T)\\s?(?:등의? )?장애",
                    "블랙아웃$",
                    "무한\\s?로딩",
                    ".+장애",
                    "[가-힣]{2}먹통",
                    "(",
                    "(?:가|나|다|라|마|바|사|아)(?:가|나|다|라|마|바|사|아)",
                ],
            ),
            symptom(Some("먹통"), 3, &["먹통(?:이|$)"]),
            symptom(Some("장애"), 2, &["장애"]),
            symptom(None, 1, &["불편"]),
        ];
        assert_eq!(words(&symptoms), ["먹통", "접속 장애", "통신 장애", "IT 장애", "블랙아웃", "무한 로딩"]);
    }

    #[test]
    fn the_built_in_symptoms_give_words_for_each_engine() {
        let dictionaries = crate::dictionaries::Source::parse_all(crate::dictionaries::Source::builtin()).unwrap();
        let symptoms: Vec<SymptomEntry> = dictionaries.into_iter().flat_map(|d| d.entries.symptom).map(|s| s.into_inner()).collect();
        let words = words(&symptoms);
        for word in ["먹통", "접속 장애", "전산 장애", "접속 불가", "블랙아웃"] {
            assert!(words.iter().any(|w| w == word), "{word}: {words:?}");
        }
        assert!(words.len() >= 20 && words.iter().all(|w| !w.contains(['(', '\\', '|', '?'])), "{words:?}");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for engine in [Engine::Google, Engine::Naver] {
            let requests = asked(&search(engine, &[]), &words).unwrap_or_else(|e| panic!("{engine}: {e}"));
            assert!(requests.iter().all(|r| r.url.as_str().len() < 2000));
        }
    }

    #[test]
    fn queries_override_words() {
        let google = asked(&search(Engine::Google, &["카드 결제 오류", "먹통 when:1h"]), &["불통"]).unwrap();
        assert_eq!(google.iter().map(|r| value(r, "q")).collect::<Vec<_>>(), ["카드 결제 오류 when:1d", "먹통 when:1h"]);
    }

    #[test]
    fn a_key_is_a_header_and_is_shown_nowhere() {
        let naver = asked(&search(Engine::Naver, &["먹통"]), &[]).unwrap();
        let expected = [("X-Naver-Client-Id", "an-id"), ("X-Naver-Client-Secret", "a-secret")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(naver[0].headers, expected);
        let shown = format!("{:?} {}", naver[0], naver[0].url);
        assert!(!shown.contains("a-secret") && !shown.contains("an-id"), "{shown}");
        assert!(shown.contains("X-Naver-Client-Secret"), "{shown}");

        let mut unset = search(Engine::Naver, &["먹통"]);
        unset.key_env[1] = "TEST_UNSET".into();
        assert_eq!(asked(&unset, &[]), Err(SearchError::NoKey("TEST_UNSET".into())));
        let url = Url::parse("https://openapi.naver.com/").unwrap();
        let bad = requests(&search(Engine::Naver, &["먹통"]), &url, &[], &|_| Some("se\ncret".into())).unwrap_err();
        assert_eq!(bad, SearchError::BadKey("TEST_ID".into()));
        assert!(!bad.to_string().contains("cret"), "{bad}");
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(asked(&search(Engine::Google, &[]), &["", " \""]), Err(SearchError::NothingToAsk));
        let many: Vec<String> = (0..=MAX_QUESTIONS).map(|n| format!("말{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(asked(&search(Engine::Naver, &[]), &many), Err(SearchError::TooMany(MAX_QUESTIONS + 1)));
        assert_eq!(asked(&search(Engine::Google, &[]), &many).unwrap().len(), 13);
    }

    #[test]
    fn google_names_the_publisher_behind_the_headline() {
        let answer = "<rss version=\"2.0\"><channel><title>먹통 - Google 뉴스</title><item><title>가톡 - 나톡 동시에 먹통 - 예시일보</title>\
            <link>https://news.google.com/rss/articles/CBMiAA?oc=5</link><pubDate>Mon, 15 May 2023 03:10:00 GMT</pubDate>\
            <source url=\"https://www.example.com\">예시일보</source></item><item><title>제목뿐</title><link>https://news.google.com/rss/articles/CBMiAB</link></item>\
            </channel></rss>";
        let base = Url::parse("https://news.google.com/rss/search?q=x").unwrap();
        let feed = parse(Engine::Google, answer.as_bytes(), Some("application/xml"), &base).unwrap();
        assert_eq!(
            feed.entries[0],
            Entry {
                title: Some("가톡 - 나톡 동시에 먹통".into()),
                publisher: Some("예시일보".into()),
                published_at: "2023-05-15T12:10:00".parse().ok(),
                ..Entry::new(Url::parse("https://news.google.com/rss/articles/CBMiAA?oc=5").unwrap())
            }
        );
        assert_eq!((feed.entries[1].title.as_deref(), feed.entries[1].publisher.as_deref()), (Some("제목뿐"), None));
        assert!(matches!(parse(Engine::Google, b"<html>sorry</html>", None, &base), Err(SearchError::Feed(_))));
    }

    #[test]
    fn naver_answers() {
        let answer = r#"{"lastBuildDate": "Mon, 15 May 2023 12:30:00 +0900", "total": 3, "start": 1, "display": 3, "items": [
            {"title": "&quot;가톡&quot; 또 <b>먹통</b> &amp; 사과", "originallink": "https://www.example.com/news?id=1&amp;p=2", "link": "https://n.news.naver.com/1",
             "description": "…", "pubDate": "Mon, 15 May 2023 12:10:00 +0900"},
            {"title": "나톡", "originallink": "", "link": "https://n.news.naver.com/2", "pubDate": "언젠가"},
            {"title": "다톡", "originallink": "javascript:alert(1)", "link": ""}]}"#;
        let feed = naver(answer.as_bytes()).unwrap();
        let url = |text: &str| Url::parse(text).unwrap();
        let first = Entry {
            title: Some("\"가톡\" 또 먹통 & 사과".into()),
            published_at: "2023-05-15T12:10:00".parse().ok(),
            ..Entry::new(url("https://www.example.com/news?id=1&p=2"))
        };
        assert_eq!(feed.entries, [first, Entry { title: Some("나톡".into()), ..Entry::new(url("https://n.news.naver.com/2")) }]);
    }

    #[test]
    fn what_naver_refuses_is_told() {
        let refused = naver(r#"{"errorMessage": "Authentication failed (인증에 실패했습니다.)\u001b[2J", "errorCode": "024"}"#.as_bytes());
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("024") && message.contains("Authentication failed") && !message.contains('\u{1b}'), "{message}");
        for wrong in ["", "[]", "{}", "{\"items\": 3}", "<rss/>"] {
            assert!(matches!(naver(wrong.as_bytes()), Err(SearchError::Answer(_))), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_is_a_panic(title in ".{0,30}", link in ".{0,30}", words in proptest::collection::vec(".{0,10}", 0..20)) {
            let answer = serde_json::json!({"items": [{"title": title, "originallink": link, "link": format!("https://{link}"), "pubDate": title}]});
            let _ = naver(answer.to_string().as_bytes());
            let _ = naver(title.as_bytes());
            for engine in [Engine::Google, Engine::Naver] {
                let url = Url::parse("https://search.example.com/?a=1").unwrap();
                let _ = requests(&search(engine, &[]), &url, &words, &env);
            }
        }
    }
}
