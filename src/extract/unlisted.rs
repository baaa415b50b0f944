//! Services that no dictionary lists: an organisation's name before a word such as 앱, 홈페이지, 누리집, 수강신청, 인터넷뱅킹.
//!
//! Precision first: the words before the channel have to be nouns, and one of them a proper noun, a Latin name or a kind of institution.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Extractor;
use super::clause::{Name, NameRole, ServiceRef};

/// What a digital service of an institution is called.
const CHANNELS: &[&str] = &[
    "홈페이지",
    "누리집",
    "웹사이트",
    "사이트",
    "수강신청",
    "인터넷뱅킹",
    "모바일뱅킹",
    "전산시스템",
    "전산망",
    "예약시스템",
    "예매시스템",
    "사전예약시스템",
    "신청시스템",
    "시스템",
    "통신망",
    "앱",
    "애플리케이션",
    "플랫폼",
    "온라인몰",
    "쇼핑몰",
    "홈피",
    "서버",
    "포털",
    "행정망",
    "전산",
    "사이버캠퍼스",
    "학습관리시스템",
    "강의시스템",
    "강의 시스템",
];

/// Nouns that say nothing of whose system it is.
const VAGUE: &[&str] = &[
    "해당",
    "이",
    "그",
    "일부",
    "모든",
    "전체",
    "관련",
    "자체",
    "내부",
    "외부",
    "공식",
    "각",
    "여러",
    "다른",
    "같은",
    "주요",
    "국내",
    "해외",
    "모바일",
    "온라인",
    "인터넷",
    "웹",
    "전산",
    "통합",
    "운영",
    "관리",
    "기존",
    "신규",
    "새",
    "메인",
    "당사",
    "회사",
    "기업",
    "업체",
    "고객",
    "이용자",
    "서비스",
    "정부",
    "공공",
    "금융",
    "결제",
    "인증",
    "서버",
    "거래",
    "예약",
    "예매",
    "백업",
    "모니터링",
    "스마트폰",
    "휴대전화",
    "PC",
    "컴퓨터",
    "IT",
    "SNS",
    "은행",
    "증권사",
    "증권사들",
    "증권회사",
    "카드사",
    "카드회사",
    "보험사",
    "통신사",
    "이동통신사",
    "통신회사",
    "게임회사",
    "지방자치단체",
    "학교",
    "대학",
    "대학교",
    "병원",
    "대학병원",
    "종합병원",
    "대형병원",
    "공공병원",
    "게임",
    "뒤",
    "후",
    "직후",
    "최근",
    "통상",
    "올해",
    "지난해",
    "이번",
    "미국",
    "유럽",
    "일본",
    "중국",
    "영국",
    "대한민국",
    "한국",
    "국내외",
    "시중은행",
    "클라우드",
    "스토리지",
    "모바일뱅킹",
    "인터넷뱅킹",
    "모바일트레이딩",
    "홈트레이딩",
    "웹트레이딩",
    "트레이딩",
    "항공사",
    "중개",
    "언론",
    "커뮤니티",
    "포털",
    "쇼핑",
    "동영상",
    "누리꾼",
    "교육",
    "민원",
    "행정",
    "전자",
    "디지털",
    "차세대",
    "정보",
    "데이터",
    "네트워크",
    "통신",
    "전용",
    "채팅",
    "로그인",
    "본인",
    "생체",
    "바이오",
    "방송",
    "뉴스",
    "언론사",
    "지자체",
    "부처",
    "기관",
    "공공기관",
    "상황",
    "보안",
    "현재",
    "이날",
    "당시",
    "오전",
    "오후",
    "새벽",
    "아침",
    "저녁",
    "밤",
    "한때",
    "캐나다",
    "독일",
    "프랑스",
    "호주",
    "뉴질랜드",
    "대만",
    "러시아",
    "인도",
    "브라질",
    "북미",
    "남미",
    "아시아",
    "동남아",
    "글로벌",
    "세계",
    "VoLTE",
    "LTE",
    "5G",
    "DNS",
    "DB",
    "CDN",
    "API",
    "HSS",
    "IMS",
];

/// [`CHANNELS`] and, behind them, [`APPOSED`].
static MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = CHANNELS.iter().chain(APPOSED);
    AhoCorasick::new(words).expect("forty short words")
});

/// The stretches of a sentence over whose ends no name reaches: it is cut before what opens a bracket or a quotation, and behind a comma or what closes
/// them unless a particle follows.
fn pieces(sentence: &str) -> impl Iterator<Item = Range<usize>> {
    let mut chars = sentence.char_indices().peekable();
    let mut from = 0;
    std::iter::from_fn(move || {
        if from == sentence.len() {
            return None;
        }
        let end = loop {
            let Some((at, c)) = chars.next() else { break sentence.len() };
            let next = chars.peek().map(|(_, next)| *next);
            if ['(', '[', '<', '‘', '“'].contains(&c) && at > from {
                break at;
            }
            if [',', ')', ']', '>', '’', '”', '"', '\'', '…'].contains(&c) && next.is_some_and(char::is_whitespace) {
                break at + c.len_utf8();
            }
        };
        Some(std::mem::replace(&mut from, end)..end)
    })
}

/// Adds names that the sentence gives and no dictionary lists.
///
/// What headline and text both call a system of its own ("자동차검사 전산망") needs no owner; `beside` is of headline and text the other one.
pub(crate) fn find(extractor: &Extractor, text: &str, sentence: &Range<usize>, beside: &str, names: &mut Vec<Name>) {
    quoted(extractor, text, sentence, names);
    systems_of_offices(text, sentence, names);
    enrolment(text, sentence, beside, names);
    let part = &text[sentence.clone()];
    // Segmentation costs more than all else here: a channel within a name that is known, or with no word before it, makes no new name.
    let known = |at: usize, length: usize| {
        let range = sentence.start + at..sentence.start + at + length;
        names.iter().any(|n| n.range.start < range.end && range.start < n.range.end)
    };
    let words: Vec<_> = MARKS.find_overlapping_iter(part).collect();
    let is_apposed = |m: &aho_corasick::Match| m.pattern().as_usize() >= CHANNELS.len() && part[m.end()..].starts_with([' ', '인']);
    let is_channel = |m: &aho_corasick::Match| {
        m.pattern().as_usize() < CHANNELS.len() && !known(m.start(), m.len()) && !part[..m.start()].trim().is_empty()
    };
    let apposed = words.iter().any(is_apposed);
    let marks: Vec<usize> = words.iter().filter(|m| is_apposed(m) || is_channel(m)).map(|m| m.start()).collect();
    if marks.is_empty() {
        return;
    }
    let mut tokens = Vec::new();
    for piece in pieces(part) {
        if marks.iter().any(|at| piece.contains(at)) {
            tokens.extend(extractor.tokenizer.tokenize_range(text, sentence.start + piece.start..sentence.start + piece.end));
        }
    }
    if apposed {
        beside_kind(text, sentence, &tokens, names);
    }
    universities(text, sentence, names);
    let noun = |tag: &str| matches!(tag, "NNG" | "NNP" | "SL" | "SN" | "XSN" | "XPN" | "SH");
    let mut i = 0;
    while i < tokens.len() {
        if !noun(tokens[i].tag.as_str()) {
            i += 1;
            continue;
        }
        let mut j = i;
        while j + 1 < tokens.len()
            && text[tokens[j].range.end..tokens[j + 1].range.start].chars().all(|c| c == ' ')
            // "충북소방본부의 119 신고 접수 시스템": the owner may stand in the genitive.
            && (noun(tokens[j + 1].tag.as_str())
                || tokens[j].range.end == tokens[j + 1].range.start && matches!(tokens[j + 1].tag.as_str(), "NNB" | "NNBC" | "NR") || tokens[j + 1].tag.as_str() == "JKG" && tokens.get(j + 2).is_some_and(|t| noun(t.tag.as_str())))
        {
            j += 1;
        }
        let range = tokens[i].range.start..tokens[j].range.end;
        candidate(text, range, &tokens[i..=j], beside, names);
        i = j + 1;
    }
    names.sort_by_key(|n| n.range.start);
}

/// Words of three syllables and more that end like a university's short name and are none.
const NO_UNIVERSITY: &[&str] = &[
    "시간대",
    "가격대",
    "금액대",
    "요금대",
    "연령대",
    "주파수대",
    "대역대",
    "세대",
    "시대",
    "무대",
    "부대",
    "군대",
    "확대",
    "최대",
    "상대",
    "기대",
    "연대",
    "초대",
    "절대",
    "해병대",
    "경찰대",
    "수비대",
];

/// Whether a word ends as the names of universities do.
fn is_university(word: &str) -> bool {
    (word.ends_with('대') || word.ends_with("대학교"))
        && (3..=8).contains(&word.chars().count())
        && word.chars().all(|c| ('가'..='힣').contains(&c))
        && !NO_UNIVERSITY.iter().any(|n| word.ends_with(n))
        && !VAGUE.contains(&word)
}

/// What a university's students are kept from.
const STUDY: [&str; 11] = [
    "수강신청",
    "수강 신청",
    "홈페이지",
    "누리집",
    "온라인 강의",
    "온라인강의",
    "사이버 강의",
    "사이버캠퍼스",
    "사이버 캠퍼스",
    "온라인 수업",
    "학습관리시스템",
];

/// "수강 신청이 제대로 이뤄지지 못했다" under "수강 신청 미룬 ○○대": the headline says whose it is.
fn enrolment(text: &str, sentence: &Range<usize>, headline: &str, names: &mut Vec<Name>) {
    let part = &text[sentence.clone()];
    let told = |of: &str| ["수강신청", "수강 신청"].iter().find_map(|w| of.find(w).map(|at| at..at + w.len()));
    // Beside the headline stands a long text, which may speak of many.
    if headline.contains('\n') || told(headline).is_none() {
        return;
    }
    let Some(found) = told(part) else { return };
    let mut owners = headline.split(|c: char| !c.is_alphanumeric()).map(|w| {
        let bare = ["는", "은", "도", "가", "이", "의", "서"].iter().find_map(|p| w.strip_suffix(p).filter(|o| is_university(o)));
        bare.unwrap_or(w)
    });
    let Some(owner) = owners.find(|w| is_university(w)) else { return };
    let spoken = part.split(|c: char| !c.is_alphanumeric()).any(|w| w != owner && is_university(w));
    let range = sentence.start + found.start..sentence.start + found.end;
    if !spoken && !names.iter().any(|n| n.range.start < range.end && range.start < n.range.end) {
        names.push(Name { service: ServiceRef::Unlisted(format!("{owner} 수강신청")), range, role: NameRole::Affected });
    }
}

/// What closes a list; not 등록, 등급.
pub(crate) const LIST_ENDS: [&str; 8] = [" 등도 ", " 등이 ", " 등은 ", " 등을 ", " 등의 ", " 등에 ", " 등에서 ", " 등 "];

/// What a system of a public office is called.
const OFFICE_SYSTEMS: [&str; 9] = ["시스템", "정보망", "전산망", "포털", "누리집", "홈페이지", "플랫폼", "정보센터", "신문고"];

/// "국무총리실의 국정관리시스템, 환경부의 배출권 등록 시스템과 온실가스종합정보센터, 관세청 대표 홈페이지 등도": a list of systems with the offices that run
/// them, two at least.
fn systems_of_offices(text: &str, sentence: &Range<usize>, names: &mut Vec<Name>) {
    let part = &text[sentence.clone()];
    let Some(until) = LIST_ENDS.iter().filter_map(|w| part.find(w)).min() else { return };
    if !OFFICE_SYSTEMS.iter().any(|w| part.contains(w)) {
        return;
    }
    let office = |w: &str| {
        w.chars().count() >= 3
            && w.chars().all(|c| ('가'..='힣').contains(&c))
            && ["부", "청", "처", "실", "위원회", "공단", "공사", "위", "원"].iter().any(|e| w.ends_with(e))
    };
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    let mut owned = false;
    let mut from = 0;
    // The items end at commas and at 과/와 behind a system's word.
    let mut ends: Vec<usize> = part[..until].match_indices(", ").map(|(at, _)| at).collect();
    ends.extend(
        ["과 ", "와 "]
            .iter()
            .flat_map(|p| part[..until].match_indices(*p))
            .map(|(at, _)| at)
            .filter(|at| OFFICE_SYSTEMS.iter().any(|w| part[..*at].ends_with(w))),
    );
    ends.sort_unstable();
    ends.push(until);
    for end in ends {
        if end <= from {
            continue;
        }
        let item = part[from..end].trim();
        let words: Vec<&str> = item.split(' ').collect();
        // "이와 함께 국무총리실의": what leads up to the list is no part of its first item.
        let owner = words.iter().rposition(|w| w.strip_suffix('의').is_some_and(office));
        let (name, own) = match owner {
            Some(at) => (words[at + 1..].join(" "), true),
            None if words.len() >= 2 && office(words[0]) => (item.to_owned(), true),
            None => (item.to_owned(), false),
        };
        let system = OFFICE_SYSTEMS.iter().any(|w| name.ends_with(w));
        let length = name.chars().count();
        owned = own || owned && !item.is_empty();
        if system
            && owned
            && (4..=24).contains(&length)
            && !name.contains(['“', '‘', '(', '"'])
            && let Some(at) = part[from..end].find(&name)
        {
            found.push((sentence.start + from + at..sentence.start + from + at + name.len(), name));
        }
        from = end + part[end..].chars().take_while(|c| matches!(c, ',' | ' ' | '과' | '와')).map(char::len_utf8).sum::<usize>();
    }
    if found.len() < 2 {
        return;
    }
    for (range, name) in found {
        if !names.iter().any(|n| n.range.start < range.end && range.start < n.range.end) {
            names.push(Name { service: ServiceRef::Unlisted(name), range, role: NameRole::Affected });
        }
    }
}

/// "인하대 대표 홈페이지", "고려대는 20일 2학년 수강신청 때": the short names of universities, most of which the dictionary of morphemes takes apart
/// ("인하/하다 대").
fn universities(text: &str, sentence: &Range<usize>, names: &mut Vec<Name>) {
    let part = &text[sentence.clone()];
    let word_end = |at: usize| part[at..].find(|c: char| !c.is_alphanumeric()).map_or(part.len(), |i| at + i);
    let mut at = 0;
    while at < part.len() {
        let Some(start) = part[at..].find(|c: char| c.is_alphanumeric()).map(|i| at + i) else { return };
        let end = word_end(start);
        at = end;
        let word = &part[start..end];
        let owned = ["는", "은", "도", "가", "이", "의", "에서", "에서는", "에서도", "와", "과", ""];
        let Some((owner, particle)) =
            owned.iter().filter_map(|p| word.strip_suffix(p).map(|owner| (owner, *p))).find(|(owner, _)| is_university(owner))
        else {
            continue;
        };
        let rest = &part[end..];
        // "고려대·중앙대 등은 온라인 강의를 듣는 서버가"
        let listed = [" 등은 ", " 등이 ", " 등의 ", " 등에서 ", " 등에서는 ", " 등도 ", " 등 "].iter().find_map(|w| rest.strip_prefix(w));
        let channel = if let (Some(behind), "") = (listed, particle) {
            let near = &behind[..super::clause::window(behind, 0, 34)];
            let said = |c: &&&str| near.find(**c).is_some_and(|i| !near[..i].contains(['“', '"', '.']));
            // "고려대·중앙대 등 주요 대학의 서버가"
            STUDY
                .iter()
                .find(said)
                .or_else(|| if near.contains("대학") { ["서버", "홈페이지", "웹사이트"].iter().find(said) } else { None })
        } else if matches!(particle, "" | "의") {
            let skipped = ["대표 ", "공식 ", "메인 "].iter().find_map(|w| rest.trim_start().strip_prefix(w)).unwrap_or(rest.trim_start());
            STUDY.iter().chain(&["포털", "전산망", "전산시스템", "e클래스"]).find(|c| skipped.starts_with(**c))
        } else if rest.starts_with(' ') {
            // The owner is the subject, and what it ran is told in the same breath.
            let near = &rest[..super::clause::window(rest, 0, 34)];
            let said = |c: &&&str| near.find(**c).is_some_and(|i| near[..i].ends_with(' ') && !near[..i].contains(['“', '"', '.', '대']));
            // "인하대도 수강생이 몰려 웹사이트 접속에 오류가 났다"
            let site = ["홈페이지", "웹사이트", "서버"].iter().find(|c| {
                said(c) && near.find(**c).is_some_and(|i| [" 접속", "가 ", "이 "].iter().any(|w| near[i + c.len()..].starts_with(w)))
            });
            STUDY.iter().find(said).or(site)
        } else {
            None
        };
        let Some(channel) = channel else { continue };
        let called = match *channel {
            "수강 신청" => "수강신청",
            "사이버 캠퍼스" => "사이버캠퍼스",
            "온라인강의" => "온라인 강의",
            other => other,
        };
        let found = start + rest.find(*channel).map_or(0, |i| end - start + i + channel.len());
        let whole = if matches!(particle, "" | "의") && listed.is_none() { start..found } else { start..start + owner.len() };
        let range = sentence.start + whole.start..sentence.start + whole.end;
        if names.iter().any(|n| n.range.start < range.end && range.start < n.range.end) {
            continue;
        }
        names.push(Name { service: ServiceRef::Unlisted(format!("{owner} {called}")), range: range.clone(), role: NameRole::Affected });
        // "고려대와 중앙대 수강신청": those before it share it.
        let mut first = range.start;
        while let Some(before) = ["와 ", "과 ", "·", ", "].iter().find_map(|joint| text[sentence.start..first].strip_suffix(joint)) {
            let from = before.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
            let other = &before[from..];
            if !is_university(other) {
                break;
            }
            let at = sentence.start + from..sentence.start + before.len();
            first = at.start;
            if !names.iter().any(|n| n.range.start < at.end && at.start < n.range.end) {
                names.push(Name { service: ServiceRef::Unlisted(format!("{other} {called}")), range: at, role: NameRole::Affected });
            }
        }
    }
    names.sort_by_key(|n| n.range.start);
}

fn candidate(text: &str, range: Range<usize>, tokens: &[crate::korean::Token<'_>], beside: &str, names: &mut Vec<Name>) {
    let phrase = &text[range.clone()];
    // Up to and with the last channel word of the phrase.
    let Some((end, channel)) =
        CHANNELS.iter().filter_map(|c| phrase.rfind(c).map(|at| (at + c.len(), *c))).max_by_key(|(end, c)| (*end, c.len()))
    else {
        return;
    };
    let full = range.start..range.start + end;
    // "중앙병원 전산장애": the computing of an institution, only where its failure follows.
    let computing = channel == "전산";
    if computing
        && !["장애", "마비", "먹통", "오류", "다운", "고장", "사고", "랜섬웨어", "감염", "멈"]
            .iter()
            .any(|w| text[full.end..].trim_start().starts_with(w))
    {
        return;
    }
    let mut head = full.start..full.end - channel.len();
    // At most three words before it; vague words in front go.
    loop {
        let words: Vec<&str> = text[head.clone()].split_whitespace().collect();
        match words.first() {
            // The owner in the genitive is not one of the three.
            Some(first)
                if words.len() > 3 + usize::from(first.ends_with('의'))
                    || VAGUE.contains(first)
                    || first.strip_suffix('의').is_some_and(|f| VAGUE.contains(&f))
                    || dated(first) =>
            {
                let cut = text[head.clone()].find(first).unwrap_or(0) + first.len();
                let rest = &text[head.start + cut..head.end];
                head = head.start + cut + (rest.len() - rest.trim_start().len())..head.end;
            }
            _ => break,
        }
    }
    let owner = text[head.clone()].trim();
    if owner.chars().count() < 2 || owner.chars().count() > 24 || VAGUE.contains(&owner) || CHANNELS.contains(&owner) {
        return;
    }
    // "서울 주요 대학의 서버": of many.
    if owner.split(' ').any(|w| ["주요", "일부", "여러", "각종", "가운데"].contains(&w)) {
        return;
    }
    // "LCC 3사 시스템": as many of them.
    let of_several = |w: &str| {
        w.starts_with(|c: char| c.is_ascii_digit())
            && ["사", "개사", "곳", "개교", "개 사"].contains(&w.trim_start_matches(|c: char| c.is_ascii_digit()))
    };
    if owner.split(' ').any(of_several) {
        return;
    }
    // A name that the tokenizer cut in two, "저|비용항공사", is none.
    if text[..head.start].chars().next_back().is_some_and(char::is_alphanumeric) {
        return;
    }
    if names.iter().any(|n| n.range.start < full.end && head.start < n.range.end) {
        return;
    }
    let proper = tokens.iter().any(|t| {
        t.range.start >= head.start
            && t.range.end <= head.end
            && (matches!(t.tag.as_str(), "NNP") || t.tag.as_str() == "SL" && t.range.len() > 2)
    });
    const INSTITUTION: &[&str] = &[
        "시",
        "도",
        "군",
        "구",
        "청",
        "부",
        "처",
        "원",
        "공사",
        "공단",
        "대",
        "대학교",
        "병원",
        "은행",
        "증권",
        "카드",
        "생명",
        "화재",
        "항공",
        "저축은행",
        "교육청",
        "법원",
        "협회",
        "중앙회",
        "재단",
        "위원회",
        "우체국",
        "본부",
    ];
    // An office of state is one however short its name.
    let institution = owner.split_whitespace().any(|w| ["국회", "법원", "검찰", "경찰", "청와대"].contains(&w))
        || owner.split_whitespace().any(|w| {
            // 항공사 and the like are a kind of company, not a 공사.
            w.chars().count() >= 3 && !w.ends_with("항공사") && !CHANNELS.contains(&w) && INSTITUTION.iter().any(|s| w.ends_with(s))
        });
    // "고객 시스템" is nobody's; a short proper noun before such a word is too little.
    let bare = matches!(channel, "서버" | "시스템" | "플랫폼" | "포털") && owner.chars().count() < 3;
    let called = proper && !bare && !computing;
    let spoken_of = matches!(channel, "전산망" | "전산시스템" | "행정망" | "예약시스템" | "예매시스템" | "신청시스템" | "시스템")
        && owner.chars().count() >= 3
        && owner.split_whitespace().count() <= 2
        && owner.split_whitespace().all(|w| !VAGUE.contains(&w) && !dated(w))
        && beside.contains(&text[head.start..full.end]);
    // Of a train, a door, an alarm: no digital service.
    let machine = ["신호", "출입문", "제동", "냉방", "스크린도어", "스프링클러", "경보", "브레이크", "조향", "엔진"]
        .iter()
        .any(|w| owner.contains(w));
    // "샤프 홈페이지" where headline and text speak of 샤프 again and again: a name, whatever else the word means.
    let subject = || {
        matches!(channel, "홈페이지" | "누리집" | "홈피" | "온라인몰" | "쇼핑몰" | "앱")
            && !owner.contains(' ')
            && !VAGUE.contains(&owner)
            && beside.contains(owner)
            && ["가 ", "이 ", "는 ", "은 "]
                .iter()
                .map(|p| text.matches(&format!(" {owner}{p}")).count() + text.matches(&format!("\n{owner}{p}")).count())
                .sum::<usize>()
                >= 2
    };
    if machine || !institution && !called && !spoken_of && !subject() {
        return;
    }
    // "경동나비엔의 원격제어 앱 ‘나비엔 스마트’": the name follows, these words only say what it is.
    let named = names.iter().any(|n| {
        matches!(n.service, ServiceRef::Unlisted(_))
            && n.range.start > full.end
            && text[full.end..n.range.start].trim().chars().all(|c| matches!(c, '‘' | '\'' | '“' | '"'))
    });
    if named {
        return;
    }
    let name = text[head.start..full.end].replace("의 ", " ");
    let mut name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if computing {
        name.push_str("시스템");
    }
    names.push(Name { service: ServiceRef::Unlisted(name), range: head.start..full.end, role: NameRole::Affected });
    // "부산시와 경상남도, 창원시 홈페이지": those before it share it.
    let is_town = |w: &str| {
        (2..=6).contains(&w.chars().count())
            && w.ends_with(['시', '도', '군', '구'])
            && !VAGUE.contains(&w)
            && w.chars().all(|c| ('가'..='힣').contains(&c))
    };
    if is_town(owner) && matches!(channel, "홈페이지" | "누리집" | "홈피" | "앱" | "웹사이트") {
        let mut first = head.start;
        while let Some(before) = ["와 ", "과 ", "·", ", "].iter().find_map(|joint| text[..first].strip_suffix(joint)) {
            let from = before.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
            let other = &before[from..];
            if !is_town(other) || names.iter().any(|n| n.range.start < before.len() && from < n.range.end) {
                break;
            }
            first = from;
            names.push(Name {
                service: ServiceRef::Unlisted(format!("{other} {channel}")),
                range: from..before.len(),
                role: NameRole::Affected,
            });
        }
    }
}

/// "9시", "2학기": a number with a counter says when, not whose.
fn dated(word: &str) -> bool {
    let word = word.trim_end_matches(['쯤', '께', '경']);
    ["전날", "이날", "오늘", "어제", "당일", "당시"].contains(&word)
        || word.starts_with(|c: char| c.is_ascii_digit())
            && ["시", "분", "일", "월", "년", "학년도", "학기", "년도", "차", "번째"].iter().any(|c| word.ends_with(c))
}

/// What a service is, said right before its name: 온라인몰 에스아이빌리지가.
const APPOSED: &[&str] = &["온라인몰", "쇼핑몰", "플랫폼", "애플리케이션", "앱", "거래소", "메신저", "사이트", "누리집", "게임", "신작"];

/// An unquoted proper name right behind the word for what it is, with a particle or a bracket after it.
fn beside_kind(text: &str, sentence: &Range<usize>, tokens: &[crate::korean::Token<'_>], names: &mut Vec<Name>) {
    for kind in APPOSED {
        for (at, _) in text[sentence.clone()].match_indices(kind) {
            let behind = sentence.start + at + kind.len();
            let start = match &text[behind..sentence.end] {
                rest if rest.starts_with("인 ") => behind + "인 ".len(),
                rest if rest.starts_with(' ') => behind + 1,
                _ => continue,
            };
            let word: Vec<_> = tokens
                .iter()
                .skip_while(|t| t.range.start < start)
                .scan(start, |end, t| {
                    let joined = t.range.start == *end;
                    *end = t.range.end;
                    joined.then_some(t)
                })
                .collect();
            let length =
                word.iter().take_while(|t| matches!(t.tag.as_str(), "NNG" | "NNP" | "SL" | "SN" | "XSN" | "NNB" | "UNKNOWN")).count();
            let (Some(first), Some(last)) = (word.first(), length.checked_sub(1).map(|n| word[n])) else { continue };
            let range = first.range.start..last.range.end;
            let name = &text[range.clone()];
            let closed = word.get(length).is_some_and(|t| t.tag.as_str().starts_with('J')) || text[range.end..].starts_with('(');
            let proper = word[..length].iter().any(|t| matches!(t.tag.as_str(), "NNP" | "SL"));
            if closed
                && proper
                && (2..=12).contains(&name.chars().count())
                && !VAGUE.contains(&name)
                && !CHANNELS.contains(&name)
                && !names.iter().any(|n| n.range.start < range.end && range.start < n.range.end)
            {
                names.push(Name { service: ServiceRef::Unlisted(name.to_owned()), range, role: NameRole::Affected });
            }
        }
    }
    names.sort_by_key(|n| n.range.start);
}

/// Words beside a quoted name that say it is a digital service.
const KINDS: &[&str] = &[
    "앱",
    "애플리케이션",
    "어플",
    "서비스",
    "사이트",
    "플랫폼",
    "시스템",
    "게임",
    "신작",
    "누리집",
    "홈페이지",
    "포털",
    "메신저",
    "전산망",
    "거래소",
    "프로그램",
    "쇼핑몰",
    "온라인몰",
    "뱅킹",
    "MTS",
    "HTS",
    "커뮤니티",
    "챗봇",
    "화폐",
    "패스",
    "페이",
    "예매",
    "예약",
    "클라우드",
    "SNS",
];

/// A name in quotation marks beside a word for a digital service: 원격제어 앱 ‘나비엔 스마트’.
fn quoted(extractor: &Extractor, text: &str, sentence: &Range<usize>, names: &mut Vec<Name>) {
    let part = &text[sentence.clone()];
    let mut at = 0;
    while let Some(open) = part[at..].find(['‘', '\'', '“', '"', '<', '《', '〈']).map(|i| at + i) {
        let Some(mark) = part[open..].chars().next() else { return };
        let inner = open + mark.len_utf8();
        let close = match mark {
            '‘' => '’',
            '“' => '”',
            '<' => '>',
            '《' => '》',
            '〈' => '〉',
            other => other,
        };
        // "<디아블로 3>가": how the trade papers of games write a title.
        let title = matches!(mark, '<' | '《' | '〈');
        let Some(length) = part[inner..].find(close) else {
            at = inner;
            continue;
        };
        let name = &part[inner..inner + length];
        let after = inner + length + close.len_utf8();
        at = after;
        let chars = name.chars().count();
        let range = sentence.start + inner..sentence.start + inner + length;
        if !(2..=16).contains(&chars)
            || name.split_whitespace().count() > if title { 4 } else { 3 }
            || name.contains(['.', ',', '?', '!', '…'])
            // "MTS ‘버벅’": how it did.
            || ["버벅", "버벅버벅", "삐끗", "휘청", "삐걱", "뚝", "뚝뚝", "멈칫", "주춤", "엉금엉금", "와르르", "먹먹", "깜깜", "감감"].contains(&name)
            // ‘장병e음’ with a letter in it is coined, and no sentence that ends in 음.
            || name.ends_with(['다', '요', '까', '라', '자', '지', '죠', '네', '해', '돼', '음', '함', '중'])
                && (name.contains(' ') || !name.contains(|c: char| c.is_ascii_alphabetic()))
            || !name.chars().any(char::is_alphabetic)
            || names.iter().any(|n| n.range.start < range.end && range.start < n.range.end)
            || [
                "먹통",
                "장애",
                "오류",
                "대란",
                "사태",
                "불통",
                "중단",
                "접속",
                "복구",
                "지연",
                "논란",
                "다운",
                "마비",
                "화재",
                "안내",
                "공지",
                "문구",
                "점검",
                "실수",
                "멈춤",
                "구멍",
                "비상",
                "불안",
                "허점",
                "반쪽",
                "뭇매",
                "분통",
                "원성",
                "허술",
                "부실",
                "몸살",
                "말썽",
                "휘청",
                "스톱",
                "셧다운",
                "불만",
                "진땀",
            ]
            .iter()
            .any(|w| name.contains(w))
        {
            continue;
        }
        let behind = &part[after..super::clause::window(part, after, 6)];
        let before = &part[super::clause::window_back(part, open, 9)..open];
        // ‘전은넷’에 장애가 나
        let failed = {
            let rest = sentence.start + after
                ..super::clause::window(text, sentence.start + after, 14).min(sentence.end).max(sentence.start + after);
            ["에 ", "에서 ", "이 ", "가 ", "은 ", "는 ", "의 "].iter().any(|p| text[rest.clone()].starts_with(p))
                && extractor
                    .lexicon
                    .symptoms(text, rest.clone())
                    .iter()
                    .any(|s| s.strength > 1 && s.range.start <= super::clause::window(text, rest.start, 4))
                && !["태풍", "허리케인", "가수", "영화", "드라마", "그룹", "행사", "행성"].iter().any(|w| before.trim_end().ends_with(w))
        };
        // "'확산성 밀리언아서'가 8일 서버 불안정으로 곤욕을 치렀다": the only name of a sentence about a server, and one the article keeps to.
        let subject = ["이 ", "가 ", "은 ", "는 ", "의 "].iter().any(|p| part[after..].starts_with(p))
            && (names.is_empty() || title)
            && ["서버", "접속", "로그인"].iter().any(|w| part.contains(w))
            && ["게임", "유저", "이용자", "앱", "서비스", "출시"].iter().any(|w| part.contains(w))
            && text.matches(name).count() >= 2
            && extractor.lexicon.symptoms(text, sentence.clone()).iter().any(|s| s.strength > 1);
        let kind = subject
            || failed && (!title || text.contains("게임"))
            // ‘예방접종통합시스템’
            || !title && ["시스템", "전산망", "홈페이지", "누리집", "포털", "플랫폼"].iter().any(|k| name.strip_suffix(k).is_some_and(|of| of.chars().count() >= 3 && !VAGUE.contains(&of.trim())))
            || !title
                && KINDS.iter().any(|k| {
                    // "업무 관리 시스템인 ‘온나라’"
                    let before = before.trim_end();
                    before.ends_with(k) || before.strip_suffix('인').is_some_and(|b| b.ends_with(k)) || behind.trim_start().starts_with(k)
                });
        if kind {
            names.push(Name { service: ServiceRef::Unlisted(name.to_owned()), range, role: NameRole::Affected });
        }
    }
    names.sort_by_key(|n| n.range.start);
}
