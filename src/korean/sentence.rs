//! Text → sentences.
//!
//! News is regular enough for rules: a line is at least one sentence (but for a short piece that breaks off behind a particle, as pages leave
//! where a name is a link), and within a line a sentence ends at a full stop, question or
//! exclamation mark that is no part of a number, date, address, abbreviation or quotation. A quotation belongs to the sentence
//! around it (“…다.”라고 말했다), an ellipsis joins what it stands between, as headlines use it. The work is linear in the text.

use std::ops::Range;

/// A bracket or quotation longer than this is a missing bracket.
const LONGEST_PAIR: usize = 2000;
/// Brackets open at the same time; more are no prose.
const DEEPEST: usize = 16;
/// A remark in brackets right after the full stop (했다.(사진=…)) belongs to its sentence up to this many bytes.
const LONGEST_REMARK: usize = 120;

/// The sentences of a text, in order, as byte ranges without white space at the edges. Every character that is no white space is in
/// exactly one of them.
///
/// ```
/// use meoktong::korean::sentences;
/// let text = "“서버가 멈췄다.”라고 밝혔다. 복구율은 3.5%다.";
/// let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
/// assert_eq!(found, ["“서버가 멈췄다.”라고 밝혔다.", "복구율은 3.5%다."]);
/// ```
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in lines(text) {
        let ends = Line::new(line).ends();
        let mut from = 0;
        for end in ends.into_iter().chain([line.len()]) {
            let sentence = line[from..end].trim_end();
            let trimmed = sentence.trim_start();
            if !trimmed.is_empty() {
                let at = start + from + (sentence.len() - trimmed.len());
                found.push(at..at + trimmed.len());
            }
            from = end;
        }
        start += line.len();
    }
    found
}

/// The lines of a text; a piece that its sentence runs on from is one line with what follows.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            let line = rest[end..].split_inclusive(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']).next().unwrap_or("");
            end += line.len();
            if !runs_on(line) || rest[end..].trim_start_matches(' ').starts_with(['\n', '\r']) || rest[end..].trim().is_empty() {
                break;
            }
        }
        let (line, further) = rest.split_at(end);
        rest = further;
        Some(line)
    })
}

/// "이에", "예시텔레콤과": a few words on a line of their own that end in a particle, which ends no sentence and no headline.
fn runs_on(line: &str) -> bool {
    const LONGEST: usize = 16;
    let words = line.trim();
    line.ends_with('\n')
        && !words.is_empty()
        && words.chars().count() <= LONGEST
        && words.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '&' || c == '·' || c == ',')
        && (["과", "와", "은", "는", "을", "를", ",", "이에", "에서", "에서는", "에는"].iter().any(|p| words.ends_with(p)))
        && words.chars().count() >= 2
}

struct Line<'a> {
    text: &'a str,
    /// Opening and closing quotes and brackets that belong together: both offsets, ordered by the first, outermost first.
    pairs: Vec<(usize, usize)>,
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Line<'a> {
        let mut pairs = pairs(text);
        // A quotation that is the whole line has no sentence around it; its own sentences count.
        if pairs.first().is_some_and(|pair| is_whole_line(text, *pair)) {
            pairs.remove(0);
        }
        Line { text, pairs }
    }

    /// Where a sentence ends inside the line.
    fn ends(&self) -> Vec<usize> {
        let mut ends = Vec::new();
        let (mut at, mut start, mut next_pair) = (0, 0, 0);
        while let Some(c) = self.char_at(at) {
            while self.pairs.get(next_pair).is_some_and(|pair| pair.0 < at) {
                next_pair += 1;
            }
            let end = if let Some((_, close)) = self.pairs.get(next_pair).filter(|pair| pair.0 == at) {
                let after = close + self.char_at(*close).map_or(1, char::len_utf8);
                let closed = self.text[at..*close].trim_end_matches(is_closer);
                let ended = closed.ends_with(is_stop) && !closed.ends_with('…') && !closed.ends_with("..");
                at = after;
                if ended { self.end_after_quotation(after, next_pair) } else { None }
            } else if is_stop(c) {
                let run = self.text[at..].trim_start_matches(is_stop);
                let run = at..self.text.len() - run.len();
                at = run.end;
                self.end_after_stop(run, start, next_pair)
            } else {
                at += c.len_utf8();
                None
            };
            if let Some(end) = end {
                ends.push(end);
                at = end;
                start = end;
            }
        }
        ends
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// The end of a sentence whose full stop stands inside the quotation that closed right before `at`.
    fn end_after_quotation(&self, at: usize, next_pair: usize) -> Option<usize> {
        let end = self.past_closers(at, next_pair);
        let rest = &self.text[end..];
        (rest.starts_with(char::is_whitespace) && !self.quotation_goes_on(end, next_pair)).then_some(end)
    }

    /// Whether what follows a quotation belongs to its sentence: 라고, 등, a further quotation that such a word follows.
    fn quotation_goes_on(&self, at: usize, next_pair: usize) -> bool {
        let rest = self.text[at..].trim_start();
        let here = self.text.len() - rest.len();
        if goes_on_quoted(rest) {
            return true;
        }
        let further = self.pairs[next_pair..].iter().take_while(|pair| pair.0 <= here).find(|pair| pair.0 == here);
        further.is_some_and(|(open, close)| {
            let quoted = self.text[*open..].starts_with(['“', '‘', '"', '\'', '「', '『']);
            let rest = self.text[*close..].trim_start_matches(is_closer);
            quoted && (goes_on_quoted(rest.trim_start()) || rest.starts_with(is_hangul))
        })
    }

    /// The end of a sentence at a run of full stops, question and exclamation marks outside any quotation.
    fn end_after_stop(&self, run: Range<usize>, start: usize, next_pair: usize) -> Option<usize> {
        let stops = &self.text[run.clone()];
        let before = &self.text[start..run.start];
        if stops == "。" {
            return Some(run.end);
        }
        let asks = stops.contains(['?', '!', '？', '！']);
        let ellipsis = stops.contains('…') || stops.contains("..");
        // A full stop of its own may follow an ellipsis.
        if ellipsis && !asks && !stops.ends_with("….") && !stops.ends_with("....") {
            return None;
        }
        let end = self.past_closers(run.end, next_pair);
        let rest = &self.text[end..];
        let Some(next) = rest.chars().next() else { return Some(end) };
        if next.is_whitespace() {
            let goes_on = goes_on(rest.trim_start());
            return (!goes_on && (asks || !is_no_end(before, rest.trim_start()))).then_some(end);
        }
        // No space: only where the words leave no doubt (했다.그는).
        let opens = || self.pairs[next_pair..].iter().take_while(|pair| pair.0 <= end).any(|pair| pair.0 == end);
        (!asks && end == run.end && ends_in_final_ending(before) && (is_hangul(next) || is_bullet(next) || opens())).then_some(end)
    }

    /// Past the quotes and brackets that close after a full stop, and a short remark in brackets.
    fn past_closers(&self, mut at: usize, next_pair: usize) -> usize {
        loop {
            let Some(c) = self.char_at(at) else { return at };
            let opens = self.pairs[next_pair..].iter().take_while(|pair| pair.0 <= at).find(|pair| pair.0 == at);
            match opens {
                Some((_, close)) if matches!(c, '(' | '[') && close - at <= LONGEST_REMARK => at = close + 1,
                Some(_) => return at,
                None if is_closer(c) => at += c.len_utf8(),
                None => return at,
            }
        }
    }
}

/// Whether the full stop after `before` belongs to a number, date, list mark or abbreviation.
fn is_no_end(before: &str, rest: &str) -> bool {
    let token = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = token.trim_start_matches(|c: char| !c.is_alphanumeric());
    let Some(last) = word.chars().next_back() else { return false };
    if last.is_ascii_digit() {
        // 2023.01.17. 오후, 2023. 1. 17., 1. 개요
        return word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    }
    let starts_sentence = token.len() == before.trim_start().len();
    if starts_sentence && "가나다라마바사아자차카타파하".contains(word) && word.chars().count() == 1 {
        return true;
    }
    if last.is_ascii_alphabetic() {
        let word = word.to_ascii_lowercase();
        let initials = word.split('.').all(|part| part.len() == 1);
        let abbreviation = ["mr", "mrs", "ms", "dr", "st", "jr", "sr", "inc", "co", "ltd", "corp", "vs", "etc", "no", "vol", "fig"]
            .contains(&word.as_str());
        return initials || abbreviation || rest.starts_with(|c: char| c.is_ascii_lowercase());
    }
    false
}

/// Whether the word before the full stop ends as Korean sentences do, and is longer than a list mark.
fn ends_in_final_ending(before: &str) -> bool {
    let mut back = before.chars().rev();
    back.next().is_some_and(|c| "다요죠까".contains(c)) && back.next().is_some_and(is_hangul)
}

const QUOTATIVES: &[&str] = &["라고", "라는", "라며", "라면서", "라던", "이라고", "이라는", "이라며", "이라면서", "이라던"];

/// Whether the words cannot begin a sentence: 라고, 라며, …
fn goes_on(rest: &str) -> bool {
    QUOTATIVES.iter().any(|word| rest.starts_with(word))
}

/// Whether the words after a quotation go on with its sentence.
fn goes_on_quoted(rest: &str) -> bool {
    let word = rest.split(|c: char| !is_hangul(c)).next().unwrap_or_default();
    let others = [
        "고",
        "는",
        "며",
        "면서",
        "하고",
        "하며",
        "등",
        "등의",
        "등을",
        "등으로",
        "등이",
        "등은",
        "등도",
        "등과",
        "란",
        "이란",
        "식의",
        "같은",
    ];
    goes_on(rest) || others.contains(&word)
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '?' | '!' | '…' | '。' | '？' | '！')
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

fn is_bullet(c: char) -> bool {
    matches!(c, '■' | '□' | '▲' | '△' | '▶' | '▷' | '◆' | '◇' | '●' | '○' | '◎' | '☞' | '※')
}

fn is_closer(c: char) -> bool {
    closes(c).is_some() || matches!(c, '"' | '\'')
}

/// The opening bracket of a closing one.
fn closes(c: char) -> Option<char> {
    Some(match c {
        '”' => '“',
        '’' => '‘',
        ')' => '(',
        ']' => '[',
        '}' => '{',
        '」' => '「',
        '』' => '『',
        '》' => '《',
        '〉' => '〈',
        '】' => '【',
        '）' => '（',
        _ => return None,
    })
}

fn is_opener(c: char) -> bool {
    matches!(c, '“' | '‘' | '(' | '[' | '{' | '「' | '『' | '《' | '〈' | '【' | '（')
}

fn is_whole_line(line: &str, (from, to): (usize, usize)) -> bool {
    let before = line[..from].chars().all(|c| c.is_whitespace() || c == '-' || is_bullet(c));
    before && line[to..].chars().all(|c| c.is_whitespace() || is_closer(c) || is_stop(c))
}

fn pairs(line: &str) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        let opener = match c {
            '"' | '\'' => {
                let next = line[at + 1..].chars().next().unwrap_or(' ');
                let begins = !next.is_whitespace() && (previous.is_whitespace() || is_opener(previous));
                let is_open = open.iter().any(|(_, o)| *o == c);
                if is_open && begins {
                    // The earlier one was no quote ('22년, 6.7").
                    open.retain(|(_, o)| *o != c);
                }
                if is_open && !begins {
                    Some(c)
                } else {
                    if begins || (c == '"' && !previous.is_ascii_digit()) {
                        push(&mut open, at, c);
                    }
                    None
                }
            }
            _ if is_opener(c) => {
                push(&mut open, at, c);
                None
            }
            _ => closes(c),
        };
        if let Some(opener) = opener
            && let Some(depth) = open.iter().rposition(|(_, o)| *o == opener)
        {
            let from = open[depth].0;
            open.truncate(depth);
            if at - from <= LONGEST_PAIR {
                pairs.push((from, at));
            }
        }
        previous = c;
    }
    pairs.sort_unstable_by_key(|(from, to)| (*from, std::cmp::Reverse(*to)));
    pairs
}

fn push(open: &mut Vec<(usize, char)>, at: usize, c: char) {
    if open.len() == DEEPEST {
        open.remove(0);
    }
    open.push((at, c));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A bar marks each end inside the text.
    const TABLE: &[&str] = &[
        // Plain.
        "",
        "   \n \t ",
        "카카오톡이 멈췄다.",
        "카카오톡이 멈췄다.| 복구는 오후에 끝났다.",
        "카카오톡이 멈췄다.|  복구는 오후에 끝났다.|\n회사는 사과했다.",
        "접속이 안 됩니다.| 언제 되나요?| 답답해요!",
        "접속이 안 된다고?!| 정말 그렇다.",
        "카카오톡이 멈췄다。|복구는 끝났다。",
        // Lines.
        "카카오톡 또 먹통|\n이용자 불편 이어져",
        "접속 장애 카카오페이|\r\n잦아진 먹통",
        "■ 잦은 접속 장애=장애는 횟수부터 늘고 있다.",
        "기자 reporter@example.com|\n저작권자 © 무단전재 및 재배포 금지",
        // Quotations.
        "회사는 “서버가 멈췄다.”라고 밝혔다.| 이어 사과했다.",
        "회사는 “서버가 멈췄다. 복구하고 있다.”고 밝혔다.| 이어 사과했다.",
        "회사는 \"서버가 멈췄다.\"라고 밝혔다.| 이어 사과했다.",
        "회사는 “서버가 멈췄다.” 라고 밝혔다.| 이어 사과했다.",
        "회사는 '서버가 멈췄다.'며 사과했다.| 복구는 끝났다.",
        "“서버가 멈췄다.”| 이용자 A씨의 말이다.",
        "\"서버가 멈췄다.\"| 이용자 A씨의 말이다.",
        "“왜 안 되지?” “나만 이런가?” 등의 글이 올라왔다.| 회사는 말이 없다.",
        "“왜 안 되지?” “나만 이런가?”라는 글이 올라왔다.| 회사는 말이 없다.",
        "“왜 안 되지?”라는 글이 올라왔다.",
        "‘또 먹통이다. 못 쓰겠다’는 반응이 나왔다.| 불만이 크다.",
        "“그는 ‘멈췄다.’고 했다. 정말이다.”라고 전했다.| 끝이다.",
        "먹통이다. 라고 적었다.| 그렇다.",
        "왜 안 되지? 라고 물었다.| 답은 없었다.",
        "“서버가 멈췄다.| 복구하고 있다.”",
        "- \"서버가 멈췄습니다.| 복구하고 있습니다.\"",
        "[A씨 / 직장인 : 송금이 안 돼요.| 답답합니다.]",
        "「통신망이 멈췄다.」라고 적었다.| 끝이다.",
        "회사는 사과했다.”| 복구는 끝났다.",
        "“회사는 사과했다.| 복구는 끝났다.",
        "그는 \"회사가 사과했다.| 복구는 끝났다.",
        "'22년에도 멈췄다.| '먹통'이 잦다.| 불만이 크다.",
        "6.7\" 화면이 꺼졌다.| 고장이다.",
        "KT's 망이 멈췄다.| 복구는 끝났다.",
        // Brackets.
        "접속이 안 됐다.(사진=뉴스)| 복구는 끝났다.",
        "접속이 안 됐다.| (사진=뉴스. 무단 전재 금지)",
        "접속이 안 됐다(오후 2시 기준. 잠정 집계다).| 복구는 끝났다.",
        "(서울=뉴스) 홍길동 기자 = 카카오톡이 멈췄다.| 복구는 끝났다.",
        "[앵커] 카카오톡이 멈췄습니다.| [기자] 네, 그렇습니다.",
        "카카오톡이 멈췄다.]| 복구는 끝났다.",
        // Numbers.
        "점유율은 3.5%다.| 지난해는 4.2%였다.",
        "버전 11.2.3에서 멈췄다.| 11.2.4에서 고쳤다.",
        "주소는 10.0.0.1이다.| 끝이다.",
        "2023.01.17. 오후 3시 20분에 멈췄다.| 복구는 끝났다.",
        "2023. 1. 17. 오후 3시 20분에 멈췄다.| 복구는 끝났다.",
        "입력 2023.01.17. 오후 3:20",
        "’23.1.17. 발생한 장애다.| 복구는 끝났다.",
        "1. 개요|\n2. 원인",
        "가. 개요|\n나. 원인",
        "피해는 1,234건이다.| 보상은 없다.",
        "손실은 37억원.| 보상은 없다.",
        // Addresses and abbreviations.
        "https://status.example.com/a.b?c=d.e 에서 알렸다.| 복구는 끝났다.",
        "www.example.co.kr이 멈췄다.| 복구는 끝났다.",
        "주소는 https://example.com.| 복구는 끝났다.",
        "help@example.com으로 알리면 된다.| 답은 늦다.",
        "U.S. 서비스가 멈췄다.| 복구는 끝났다.",
        "J. 스미스는 사과했다.| 복구는 끝났다.",
        "Example Inc. 서비스가 멈췄다.| 복구는 끝났다.",
        "Service is down.| We are working on it.",
        "The 3 p.m. outage is over.| Sorry.",
        "A.B.C 서비스와 Node.js 앱이 멈췄다.",
        // A line that breaks off behind a particle.
        "불이 났습니다.|\n이에\n예시텔레콤과\n견본플러스 등은 복구에 나섰습니다.|\n카드 결제도 막혔다.",
        "예시 서비스|\n접속 장애|\n이용자 불편",
        "예시텔레콤은|\n\n따로 선 문단이다.",
        // Ellipses and headlines.
        "카카오페이도 멈췄다… 되풀이되는 ‘먹통’",
        "카카오페이도 멈췄다...되풀이되는 먹통",
        "카카오페이 또 장애... 이용자 불편",
        "또 먹통이라니…| \n할 말이 없다.",
        "또 먹통이라니…? 라고 물었다.",
        "이게 무슨 일인지….| 모르겠다.",
        "[속보] 카카오톡 접속 장애…\"원인 파악 중\"",
        "\"또 멈췄다\"…카카오톡 먹통에 불만 폭주",
        // No space.
        "카카오톡이 멈췄다.|복구는 끝났다.",
        "카카오톡이 멈췄어요.|언제 되나요?",
        "카카오톡이 멈췄다.|“복구 중이다”라고 했다.",
        "카카오톡이 멈췄다.|■복구 상황",
        "네이버.다음.카카오가 멈췄다.| 복구는 끝났다.",
        "나.다.라 순서로 멈췄다.",
        // Bullets of a list inside a sentence.
        "△카카오톡 △카카오페이 ▲멜론 등이 멈췄다.| 복구는 끝났다.",
        "멈춘 서비스는 다음과 같다.| ▲ 카카오톡 ▲ 멜론",
        // Closers and stops in odd places.
        "?",
        "...",
        "다.",
        ".| .| .",
        ")))",
        "“”",
    ];

    #[test]
    fn finds_the_sentences_of_the_table() {
        let mut wrong = Vec::new();
        for marked in TABLE {
            let text = marked.replace('|', "");
            let found: Vec<&str> = sentences(&text).into_iter().map(|range| &text[range]).collect();
            let expected: Vec<&str> = marked.split('|').map(str::trim).filter(|s| !s.is_empty()).collect();
            if found != expected {
                wrong.push(format!("{found:?} instead of {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn long_lines_take_linear_time() {
        for unit in ["(", "“", "\"가 ", "다. ", "a.", "가. “", "((([[[", "다.(", "'가 '"] {
            let text = unit.repeat(200_000 / unit.len());
            let started = std::time::Instant::now();
            sentences(&text);
            assert!(started.elapsed().as_secs() < 5, "{unit}");
        }
    }

    proptest! {
        #[test]
        fn covers_every_character_once(text in "[가-힣 a.?!…\"'“”()\n0-9다요라고\u{0}-\u{ff}]{0,120}") {
            let mut at = 0;
            for range in sentences(&text) {
                prop_assert!(text[at..range.start].chars().all(char::is_whitespace));
                prop_assert!(!range.is_empty() && text[range.clone()].trim() == &text[range.clone()]);
                at = range.end;
            }
            prop_assert!(text[at..].chars().all(char::is_whitespace));
        }
    }
}
