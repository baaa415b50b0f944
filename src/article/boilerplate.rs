//! What stands in an article's text and is not the report: captions, bylines, dates, copyright, related headlines, advertising.
//!
//! Two ways to use it. [`clean`] removes it, for the body of a page. [`find`] only says where it is, for text that must stay as printed because
//! evidence points into it. The rules are data, `dictionaries/boilerplate.toml`, and each is tested against its own examples.
//!
//! Promises: ranges are sorted, do not overlap, lie on character boundaries and never cross a line's end; time is linear in the text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use serde::Deserialize;

const TOML: &str = include_str!("../../dictionaries/boilerplate.toml");

/// What kind of thing a stretch of boilerplate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A picture's caption: it may tell of the event, but not in the article's order.
    Caption,
    /// A picture's credit within a line.
    Credit,
    /// Who wrote it, with or without the place and the agency.
    Byline,
    /// When it was published or changed.
    Date,
    /// Who may copy it.
    Copyright,
    /// Headlines of other articles.
    Related,
    /// Advertising, sharing, subscribing.
    Promotion,
    /// A comment form.
    Comment,
    /// Who speaks in a broadcast's script.
    Marker,
}

/// A stretch of boilerplate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boilerplate {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
    /// Whether it is a whole line.
    pub whole_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Line,
    Part,
    Heading,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    kind: Kind,
    scope: Scope,
    pattern: String,
    #[serde(default = "usual_max")]
    max: usize,
    #[serde(default)]
    alone: bool,
    // The examples are for the tests, which is no reason to let a misspelt key through.
    #[cfg_attr(not(test), expect(dead_code))]
    #[serde(rename = "match")]
    matches: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code))]
    keep: Vec<String>,
}

fn usual_max() -> usize {
    120
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: std::collections::BTreeMap<String, String>,
    rule: Vec<Entry>,
}

struct Rules {
    /// Rules for whole lines, in the order of `set`.
    lines: Vec<Entry>,
    set: RegexSet,
    parts: Vec<(Kind, Regex)>,
    longest: usize,
}

fn rules() -> &'static Rules {
    // The file is part of the program and tested: a mistake in it cannot reach a user.
    static RULES: LazyLock<Rules> = LazyLock::new(|| read(TOML).expect("the built-in dictionaries/boilerplate.toml is tested"));
    &RULES
}

fn read(text: &str) -> Result<Rules, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let expand = |pattern: &str| {
        let mut pattern = pattern.to_owned();
        // Words may be made of words.
        for _ in 0..3 {
            for (name, value) in &file.words {
                pattern = pattern.replace(&format!("<<{name}>>"), value);
            }
        }
        pattern
    };
    let (parts, lines): (Vec<Entry>, Vec<Entry>) = file.rule.into_iter().partition(|r| r.scope == Scope::Part);
    let patterns = lines.iter().map(|r| format!("^(?:{})$", expand(&r.pattern)));
    // Bounded repetitions over all of Hangul make large automata; they are built lazily, only as far as lines need them.
    let set = regex::RegexSetBuilder::new(patterns).size_limit(256 << 20).dfa_size_limit(16 << 20).build().map_err(|e| e.to_string())?;
    let parts = parts
        .iter()
        .map(|r| Ok((r.kind, Regex::new(&expand(&r.pattern)).map_err(|e| format!("{}: {e}", r.id))?)))
        .collect::<Result<_, String>>()?;
    let longest = lines.iter().map(|r| r.max).max().unwrap_or(0);
    Ok(Rules { lines, set, parts, longest })
}

/// Where the text is not the report.
pub fn find(text: &str) -> Vec<Boilerplate> {
    let rules = rules();
    let lines: Vec<Range<usize>> = line_ranges(text);
    let mut found: Vec<Boilerplate> = Vec::new();
    let mut below_heading = false;
    for (index, range) in lines.iter().enumerate() {
        let line = &text[range.clone()];
        let whole = |kind| Boilerplate { range: range.clone(), kind, whole_line: true };
        let around = || (index.checked_sub(1).map(|i| &text[lines[i].clone()]), lines.get(index + 1).map(|r| &text[r.clone()]));
        if let Some(rule) = line_rule(rules, line, &around) {
            below_heading = rule.scope == Scope::Heading || (below_heading && rule.kind == Kind::Related);
            found.push(whole(rule.kind));
            continue;
        }
        if below_heading && !is_prose(line) {
            found.push(whole(Kind::Related));
            continue;
        }
        below_heading = false;
        find_parts(rules, line, range.start, &mut found);
    }
    found
}

/// The byte ranges of [`find`] alone: lines, and credits, bylines and prefixes within a line.
pub fn boilerplate_lines(text: &str) -> Vec<Range<usize>> {
    find(text).into_iter().map(|b| b.range).collect()
}

/// The text without its boilerplate.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for stretch in find(text) {
        out.push_str(&text[at..stretch.range.start]);
        at = stretch.range.end;
        // A line goes with its end, or it would leave an empty one.
        if stretch.whole_line {
            at += usize::from(text[at..].starts_with('\n'));
        }
    }
    out.push_str(&text[at..]);
    super::normalize(&out).into_owned()
}

fn line_rule<'r, 't>(rules: &'r Rules, line: &str, around: &dyn Fn() -> (Option<&'t str>, Option<&'t str>)) -> Option<&'r Entry> {
    // A character has at most four bytes, so long paragraphs need no counting.
    if line.len() > rules.longest * 4 {
        return None;
    }
    let chars = line.chars().count();
    if chars > rules.longest {
        return None;
    }
    rules.set.matches(line).into_iter().map(|i| &rules.lines[i]).find(|rule| {
        chars <= rule.max
            && (!rule.alone || {
                let first = line.chars().next();
                let (before, after) = around();
                [before, after].into_iter().flatten().all(|l| l.chars().next() != first)
            })
    })
}

fn find_parts(rules: &Rules, line: &str, start: usize, found: &mut Vec<Boilerplate>) {
    let first = found.len();
    for (kind, pattern) in &rules.parts {
        for m in pattern.find_iter(line).filter(|m| !m.is_empty()) {
            let range = start + m.start()..start + m.end();
            if found[first..].iter().all(|f| f.range.end <= range.start || range.end <= f.range.start) {
                found.push(Boilerplate { range, kind: *kind, whole_line: false });
            }
        }
    }
    found[first..].sort_by_key(|f| f.range.start);
}

/// The lines that are not empty, trimmed.
fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split('\n')
        .filter_map(|line| {
            let start = at;
            at += line.len() + 1;
            let trimmed = line.trim();
            let from = start + (line.len() - line.trim_start().len());
            (!trimmed.is_empty()).then_some(from..from + trimmed.len())
        })
        .collect()
}

/// Whether a line ends as a Korean sentence does, which headlines do not.
fn is_prose(line: &str) -> bool {
    let line = line.trim_end_matches(['"', '\'', '”', '’', ')', ']', ' ']);
    let bare = line.trim_end_matches(['.', '!', '?']);
    bare.len() < line.len() && bare.ends_with(['다', '요', '까', '죠', '음', '함', '됨']) || line.chars().count() > 120
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        toml::from_str::<File>(TOML).unwrap().rule
    }

    #[test]
    fn every_rule_keeps_its_word() {
        let rules = rules();
        let mut wrong = Vec::new();
        for entry in entries() {
            assert!(!entry.matches.is_empty(), "{}: needs examples", entry.id);
            match entry.scope {
                Scope::Part => {
                    let at = rules.parts.iter().map(|(_, r)| r.as_str()).collect::<Vec<_>>();
                    let own = toml::from_str::<File>(TOML)
                        .unwrap()
                        .rule
                        .into_iter()
                        .filter(|r| r.scope == Scope::Part)
                        .position(|r| r.id == entry.id)
                        .unwrap();
                    let pattern = Regex::new(at[own]).unwrap();
                    for example in &entry.matches {
                        let line: String = example.chars().filter(|c| !matches!(c, '«' | '»')).collect();
                        let cut = &example[example.find('«').unwrap() + '«'.len_utf8()..example.find('»').unwrap()];
                        if pattern.find(&line).map(|m| m.as_str()) != Some(cut) {
                            wrong.push(format!("{}: {example}: {:?}", entry.id, pattern.find(&line).map(|m| m.as_str())));
                        }
                    }
                    for line in &entry.keep {
                        if let Some(m) = pattern.find(line) {
                            wrong.push(format!("{}: keeps {line}: {:?}", entry.id, m.as_str()));
                        }
                    }
                }
                Scope::Line | Scope::Heading => {
                    let own = rules.lines.iter().position(|r| r.id == entry.id).unwrap();
                    let is = |line: &str| rules.set.matches(line).matched(own) && line.chars().count() <= entry.max;
                    wrong.extend(entry.matches.iter().filter(|l| !is(l)).map(|l| format!("{}: misses {l}", entry.id)));
                    wrong.extend(entry.keep.iter().filter(|l| is(l)).map(|l| format!("{}: takes {l}", entry.id)));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_one_rule_keeps_no_rule_takes_if_it_is_prose() {
        for entry in entries() {
            for line in entry.keep.iter().filter(|l| l.ends_with("다.")) {
                assert!(find(line).iter().all(|b| !b.whole_line), "{}: {line}", entry.id);
            }
        }
    }

    #[test]
    fn headlines_below_a_heading_go_until_prose_resumes() {
        let text = "메신저가 멈췄다.\n관련기사\n은행 앱 또 먹통…고객 분통\n통신 장애 3시간\n회사는 복구를 마쳤다고 밝혔다.\n끝이다.";
        assert_eq!(clean(text), "메신저가 멈췄다.\n회사는 복구를 마쳤다고 밝혔다.\n끝이다.");
    }

    #[test]
    fn prefixes_and_credits_leave_the_sentence() {
        assert_eq!(
            clean("[서울=예시스] 홍길동 기자 = 메신저가 멈췄다. [사진=예시] 이날 복구됐다. 홍길동 기자 a@example.com"),
            "메신저가 멈췄다. 이날 복구됐다."
        );
    }

    #[test]
    fn ranges_are_sorted_and_apart() {
        let text =
            "[예시뉴스 기자] 앱이 멈췄다. (사진=가) 그리고 (사진=나) 복구됐다. 기자 a@example.com\n\n댓글 0\n  ⓒ 예시, 무단전재 금지  \n";
        let found = find(text);
        assert!(found.len() >= 5);
        assert!(found.windows(2).all(|w| w[0].range.end <= w[1].range.start));
        for b in &found {
            assert!(!text[b.range.clone()].contains('\n'));
        }
        assert!(boilerplate_lines("").is_empty());
    }

    #[test]
    fn a_list_of_marks_is_no_caption() {
        let list = "▲ 예시톡 접속 장애\n▲ 예시맵 검색 불가";
        assert_eq!(find(list), []);
        assert_eq!(find("앱이 멈췄다.\n▲ 예시톡 접속 장애\n회사는 사과했다.").len(), 1);
    }
}
