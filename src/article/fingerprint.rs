//! The sentences of a text as numbers, to tell that many papers print the same wire story.
//!
//! ```text
//! text ─▶ without boilerplate ─▶ sentences ─▶ letters and digits only ─▶ a hash each ─▶ Fingerprint
//! ```
//!
//! Promises: the same text gives the same numbers on every machine and in every build ([`FINGERPRINT_VERSION`] rises when it does not); the order of
//! the sentences, their line breaks, spacing, punctuation, width and letter case make no difference, nor does a byline, a dateline with its agency,
//! a caption or a copyright line of a known form; time is linear in the text.
//!
//! Left to others: storing them, choosing whom to compare. For that a text has [`keys`](Fingerprint::keys): two texts that
//! [`same_text`] takes for one always share a key of one with a sentence of the other, so that an index over the sentences finds every candidate.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::boilerplate;
use super::normalize::{normalize, normalize_line};

/// The version of the numbers. Those of different versions are not to be compared.
pub const FINGERPRINT_VERSION: u32 = 1;

/// Shorter sentences ("그는 사과했다.") stand in texts that have nothing to do with each other.
const MIN_LETTERS: usize = 10;

/// More sentences than any report has: what is beyond is a list or a mistake.
const MAX_SENTENCES: usize = 2000;

/// Two texts are the same when this share of the shorter one, by letters, stands in the other.
///
/// A wire story keeps all but its lead in most papers, a cut one all of what is left. Independent reports of one event share at most the quoted
/// statement, a third of a short report.
pub const SAME_SHARE: f64 = 0.6;

/// A text of fewer sentences must be found in the other whole.
pub const FEW_SENTENCES: usize = 3;

/// And it must have this many letters: "예시톡 접속 장애가 발생했다." is written by many without copying.
pub const FEW_SENTENCES_LETTERS: usize = 40;

/// The low bits of a number hold how many letters its sentence has.
const LENGTH_BITS: u32 = 12;
const LENGTH_MASK: u64 = (1 << LENGTH_BITS) - 1;

/// A text's sentences, each as a number: 52 bits of its hash and 12 of its length. Equal numbers mean equal sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
pub struct Fingerprint(Vec<u64>);

impl From<Vec<u64>> for Fingerprint {
    /// From stored numbers, in whatever order.
    fn from(mut sentences: Vec<u64>) -> Fingerprint {
        sentences.sort_unstable();
        sentences.dedup();
        Fingerprint(sentences)
    }
}

impl From<Fingerprint> for Vec<u64> {
    fn from(fingerprint: Fingerprint) -> Vec<u64> {
        fingerprint.0
    }
}

impl Fingerprint {
    /// The numbers of the sentences, sorted and each once. SQLite's integers hold them as `i64` bit for bit.
    pub fn sentences(&self) -> &[u64] {
        &self.0
    }

    /// Whether there is no sentence that is long enough to tell anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sentences which hold more than 1 − [`SAME_SHARE`] of all letters together: no text can be the same as this one without one of them, when
    /// this one is the shorter. Any such will do; these are those for which `common` is least, of equals the longest, since what stands below
    /// thousands of articles leads to thousands of candidates.
    pub fn keys(&self, common: impl Fn(u64) -> usize) -> Vec<u64> {
        // Of equally long ones the order is that of the numbers, so that it is the same everywhere.
        let mut order: Vec<_> = self.0.iter().map(|s| (common(*s), std::cmp::Reverse(letters_of(*s)), *s)).collect();
        order.sort_unstable();
        let all = self.letters() as f64;
        let mut held = 0;
        let mut keys = Vec::new();
        for (_, _, sentence) in order {
            if held as f64 > (1.0 - SAME_SHARE) * all {
                break;
            }
            held += letters_of(sentence);
            keys.push(sentence);
        }
        keys
    }

    /// How many letters its sentences have.
    pub fn letters(&self) -> usize {
        self.0.iter().map(|s| letters_of(*s)).sum()
    }

    /// The share of the shorter one's letters that stand in sentences of both: 0 to 1.
    pub fn similarity(&self, other: &Fingerprint) -> f64 {
        let shorter = self.letters().min(other.letters());
        if shorter == 0 {
            return 0.0;
        }
        self.shared(other) as f64 / shorter as f64
    }

    /// The letters of the sentences that both have.
    fn shared(&self, other: &Fingerprint) -> usize {
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        few.0.iter().filter(|s| many.0.binary_search(s).is_ok()).map(|s| letters_of(*s)).sum()
    }
}

fn letters_of(sentence: u64) -> usize {
    (sentence & LENGTH_MASK) as usize
}

/// The fingerprint of a text. The headline's own line is left out where the text repeats it, since each paper writes its own.
pub fn fingerprint(title: Option<&str>, text: &str) -> Fingerprint {
    let text = boilerplate::clean(&normalize(text));
    let title = title.map(|t| letters(&normalize_line(t))).filter(|t| !t.is_empty());
    let numbers = sentences(&text).take(MAX_SENTENCES).filter_map(|sentence| {
        let letters = letters(sentence);
        let count = letters.chars().count();
        (count >= MIN_LETTERS && title.as_ref() != Some(&letters)).then(|| number(&letters, count))
    });
    Fingerprint::from(numbers.collect::<Vec<_>>())
}

/// Whether two texts are one: copies of the same story, whole or cut, each with its paper's headline, lead and captions.
///
/// Of the shorter one [`SAME_SHARE`] must stand in the other; of a text of fewer than [`FEW_SENTENCES`] sentences all, and it must have
/// [`FEW_SENTENCES_LETTERS`] letters. A text without any sentence is the same as none.
pub fn same_text(a: &Fingerprint, b: &Fingerprint) -> bool {
    let shorter = if (a.letters(), a.0.len()) <= (b.letters(), b.0.len()) { a } else { b };
    let (shared, all) = (a.shared(b), shorter.letters());
    if shorter.0.len() < FEW_SENTENCES {
        return shared == all && all >= FEW_SENTENCES_LETTERS;
    }
    shared as f64 >= SAME_SHARE * all as f64
}

/// The sentences of a text. Both sides of a comparison are split alike, so a wrong split costs little; a line's end always ends one.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            if rest.trim().is_empty() {
                return None;
            }
            let (sentence, after) = rest.split_at(sentence_end(rest));
            rest = after;
            Some(sentence.trim())
        })
    })
}

/// Where the first sentence of a line ends: behind a full stop and what closes with it, where a space follows. A digit before the stop makes it a number's
/// or a date's.
fn sentence_end(line: &str) -> usize {
    let mut before = ' ';
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if matches!(c, '.' | '?' | '!' | '。') && !before.is_ascii_digit() {
            let mut end = at + c.len_utf8();
            while let Some((next, close)) = chars.peek().copied()
                && matches!(close, '.' | '?' | '!' | '"' | '\'' | '”' | '’' | ')' | ']' | '」' | '』')
            {
                end = next + close.len_utf8();
                chars.next();
            }
            if chars.peek().is_none_or(|(_, c)| c.is_whitespace()) {
                return end;
            }
        }
        before = c;
    }
    line.len()
}

/// What is compared of a sentence.
fn letters(sentence: &str) -> String {
    sentence.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn number(letters: &str, count: usize) -> u64 {
    let hash = Sha256::digest(letters.as_bytes());
    // A SHA-256 is 32 bytes.
    let hash = hash.iter().take(8).fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    (hash & !LENGTH_MASK) | (count as u64).min(LENGTH_MASK)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEAD: &str = "메신저 '예시톡'이 15일 오후 3시 30분부터 두 시간 넘게 멈춰 이용자들이 불편을 겪었다.";
    const REST: [&str; 6] = [
        "운영사 예시소프트에 따르면 이날 판교 데이터센터의 전력 설비에서 불이 나 서버 전원이 끊겼다.",
        "메시지 전송과 로그인은 물론 같은 센터를 쓰는 예시지도와 예시페이도 함께 멈췄다.",
        "회사 관계자는 \"백업 설비로 옮기는 작업에 시간이 걸렸다\"며 \"불편을 드려 죄송하다\"고 말했다.",
        "서비스는 오후 5시 50분께부터 차례로 되살아나 오후 7시에는 모두 정상으로 돌아왔다.",
        "과학기술정보통신부는 현장에 담당자를 보내 사고 경위와 피해 규모를 살피고 있다.",
        "예시톡은 지난해 10월에도 네트워크 장비 오류로 한 시간가량 접속이 되지 않았다.",
    ];

    /// The story as the agency sent it.
    fn wire() -> String {
        format!(
            "(서울=연합뉴스) 홍길동 기자 = {LEAD} {}\n{} {}\n{}\n{}\n{}\ngildong@example.com",
            REST[0], REST[1], REST[2], REST[3], REST[4], REST[5]
        )
    }

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (fingerprint(None, a), fingerprint(None, b));
        assert_eq!(same_text(&a, &b), same_text(&b, &a), "whoever comes first");
        same_text(&a, &b)
    }

    #[test]
    fn copies_of_a_wire_story_are_one_text() {
        let changed_lead = LEAD.replace("15일 오후 3시 30분부터", "15일");
        for (what, copy) in [
            (
                "another byline and line breaks",
                format!("[예시경제 김철수 기자] {LEAD}\n\n{}\n\n기자 chulsoo@example.com", REST.join("\n\n")),
            ),
            ("a rewritten lead", format!("{changed_lead}\n{}", REST.join("\n"))),
            ("a cut tail", format!("[서울=예시스]김철수 기자 = {LEAD} {} {}", REST[0], REST[1])),
            (
                "captions, related headlines and a copyright line",
                format!(
                    "불이 난 데이터센터. [사진=연합뉴스]\n{LEAD}\n{}\n관련기사\n예시톡 또 먹통…이용자 분통\n<저작권자(c) 예시뉴스, 무단 전재-재배포 금지>",
                    REST.join("\n")
                ),
            ),
            (
                "other punctuation, width and spacing",
                format!("{LEAD} {}", REST.join(" "))
                    .replace('"', "”")
                    .replace("15일", "１５일")
                    .replace("예시지도와 ", "예시지도와  ")
                    .replace("'예시톡'", "‘예시톡’"),
            ),
            ("paragraphs in another order, one left out", format!("{LEAD}\n{}\n{}\n{}\n{}", REST[2], REST[0], REST[1], REST[4])),
        ] {
            assert!(same(&wire(), &copy), "{what}: {}", fingerprint(None, &wire()).similarity(&fingerprint(None, &copy)));
        }
    }

    #[test]
    fn independent_reports_of_one_event_are_two_texts() {
        let other = format!(
            "15일 오후 국민 메신저 예시톡이 먹통이 되면서 주말 나들이객들이 큰 혼란을 겪었다.\n\
             약속 장소에 나간 직장인 A씨는 \"길을 찾을 수도, 택시를 부를 수도 없었다\"고 말했다.\n{}\n\
             자영업자들은 결제가 막혀 손님을 돌려보내야 했다고 하소연했다.\n\
             전문가들은 데이터센터를 한곳에 모아 둔 것이 피해를 키웠다고 지적한다.",
            REST[2]
        );
        assert!(!same(&wire(), &other));
        assert!(fingerprint(None, &wire()).similarity(&fingerprint(None, &other)) > 0.15, "they quote the same statement");
        // The company's earlier outages end many reports alike.
        let follow_up = format!(
            "예시소프트는 16일 보상안을 내놓았다.\n피해를 본 이용자 모두에게 한 달 이용권을 준다고 회사는 밝혔다.\n신청은 다음 달 말까지 받는다고 덧붙였다.\n{}",
            REST[5]
        );
        assert!(!same(&wire(), &follow_up));
    }

    #[test]
    fn short_texts_need_all_of_it() {
        let flash =
            "메신저 예시톡이 15일 오후 3시 30분께부터 접속되지 않고 있다고 이용자들이 전하고 있다. 운영사는 원인을 파악하고 있다고 밝혔다.";
        assert!(same(flash, &format!("(서울=연합뉴스) 홍길동 기자 = {flash}")));
        assert!(same(flash, &format!("{flash}\n{}", REST.join("\n"))), "the first words of a story that grew");
        assert!(!same(
            flash,
            "메신저 예시톡이 15일 오후 3시 30분께부터 접속되지 않고 있다고 이용자들이 전하고 있다. 복구 시각은 알려지지 않았다고 한다."
        ));
        let stock = "예시톡 접속 장애가 발생했다.";
        assert!(!same(stock, stock), "too short to be anybody's");
        assert!(!same("", ""));
        assert!(!same("(서울=연합뉴스) 홍길동 기자 =", "사진=연합뉴스"));
    }

    #[test]
    fn the_headline_is_no_sentence_of_the_text() {
        let title = "예시톡 두 시간 먹통…데이터센터 불";
        let with = fingerprint(Some(title), &format!("{title}\n{LEAD}"));
        assert_eq!(with, fingerprint(Some("다른 제목"), LEAD));
        assert_eq!(with.sentences().len(), 1);
    }

    #[test]
    fn sentences_end_where_they_end() {
        for (line, want) in [
            ("가다. 나다! 다까?", vec!["가다.", "나다!", "다까?"]),
            ("\"멈췄다.\" 그가 말했다. (끝이다.) 다음", vec!["\"멈췄다.\"", "그가 말했다.", "(끝이다.)", "다음"]),
            ("\"멈췄다.\"고 했다.", vec!["\"멈췄다.\"고 했다."]),
            ("2023.01.17. 오후 3.5시간 멈췄다.", vec!["2023.01.17. 오후 3.5시간 멈췄다."]),
            ("멈췄다… 그리고", vec!["멈췄다… 그리고"]),
            ("  ", vec![]),
        ] {
            assert_eq!(sentences(line).collect::<Vec<_>>(), want, "{line}");
        }
    }

    /// Stored numbers must mean the same tomorrow: a change here needs a new version.
    #[test]
    fn the_numbers_stay() {
        assert_eq!(FINGERPRINT_VERSION, 1);
        // The first 52 bits of the SHA-256 of the sentence's letters, and how many they are.
        assert_eq!(fingerprint(None, LEAD).sentences(), [0xe61efadb251f7025]);
        assert_eq!(fingerprint(None, LEAD).letters(), 37);
        let stored: Vec<u64> = fingerprint(None, &wire()).into();
        assert_eq!(Fingerprint::from(stored.iter().rev().copied().collect::<Vec<_>>()), fingerprint(None, &wire()));
        assert_eq!(serde_json::from_str::<Fingerprint>(&serde_json::to_string(&stored).unwrap()).unwrap().sentences(), stored);
    }

    proptest! {
        /// The law by which an index finds every candidate.
        #[test]
        fn whoever_is_the_same_shares_a_key(common in prop::collection::vec(1u64.., 0..30), a in prop::collection::vec(1u64.., 0..20), b in prop::collection::vec(1u64.., 0..20)) {
            let with = |own: &[u64]| Fingerprint::from(common.iter().chain(own).map(|n| (n & !LENGTH_MASK) | (n % 90 + 10)).collect::<Vec<_>>());
            let (a, b) = (with(&a), with(&b));
            prop_assert_eq!(same_text(&a, &b), same_text(&b, &a));
            let common = |s: u64| (s % 7) as usize;
            let holds = |keys: &Fingerprint, all: &Fingerprint| {
                [keys.keys(|_| 0), keys.keys(common)].iter().all(|keys| keys.iter().any(|k| all.sentences().contains(k)))
            };
            prop_assert!(!same_text(&a, &b) || holds(&a, &b) || holds(&b, &a));
            prop_assert!((0.0..=1.0).contains(&a.similarity(&b)));
        }

        #[test]
        fn nothing_breaks_it(text in "(?s).{0,300}", title in ".{0,30}") {
            let found = fingerprint(Some(&title), &text);
            prop_assert_eq!(&found, &fingerprint(Some(&title), &text.replace('\n', "\n\n")));
            prop_assert!(found.keys(|_| 0).iter().all(|k| found.sentences().contains(k)));
        }
    }
}
