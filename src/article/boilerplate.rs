//! What stands in an article's text and is not the report: captions, bylines, dates, copyright, related headlines, advertising.
//!
//! Two ways to use it. [`clean`] removes it, for the body of a page. [`find`] only says where it is, for text that must stay as printed because
//! evidence points into it. The rules are data, `dictionaries/boilerplate.toml`, and each is tested against its own examples.
//!
//! Promises: ranges are sorted, do not overlap, lie on character boundaries and never cross a line's end; time is linear in the text.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;
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

impl Kind {
    /// Its name, as the rules have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Caption => "caption",
            Kind::Credit => "credit",
            Kind::Byline => "byline",
            Kind::Date => "date",
            Kind::Copyright => "copyright",
            Kind::Related => "related",
            Kind::Promotion => "promotion",
            Kind::Comment => "comment",
            Kind::Marker => "marker",
        }
    }
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
    hint: Vec<String>,
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

struct Rule {
    entry: Entry,
    /// Compiled when the first line with its hint comes: most articles have few.
    pattern: LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>,
}

struct Rules {
    rules: Vec<Rule>,
    /// All hints; a hint's rule is at the same index in `hinted`.
    hints: AhoCorasick,
    hinted: Vec<usize>,
    longest: usize,
}

impl Rules {
    /// The rules whose hint a line holds, in their order.
    fn hinted_by(&self, line: &str, found: &mut Vec<usize>) {
        found.clear();
        for hint in self.hints.find_overlapping_iter(line) {
            let rule = self.hinted[hint.pattern().as_usize()];
            if !found.contains(&rule) {
                found.push(rule);
            }
        }
        found.sort_unstable();
    }
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
    let mut rules = Vec::new();
    for entry in file.rule {
        let pattern = expand(&entry.pattern);
        let pattern = if entry.scope == Scope::Part { pattern } else { format!("^(?:{pattern})$") };
        let id = entry.id.clone();
        // A test compiles every rule.
        let compile = move || Regex::new(&pattern).unwrap_or_else(|e| panic!("{id}: {e}"));
        rules.push(Rule { entry, pattern: LazyLock::new(Box::new(compile)) });
    }
    let (hints, hinted): (Vec<&str>, Vec<usize>) =
        rules.iter().enumerate().flat_map(|(i, r)| r.entry.hint.iter().map(move |h| (h.as_str(), i))).unzip();
    let hints = AhoCorasick::new(&hints).map_err(|e| e.to_string())?;
    let longest = rules.iter().map(|r| r.entry.max).max().unwrap_or(0);
    Ok(Rules { rules, hints, hinted, longest })
}

/// Where the text is not the report.
pub fn find(text: &str) -> Vec<Boilerplate> {
    let rules = rules();
    let lines: Vec<Range<usize>> = line_ranges(text);
    let mut found: Vec<Boilerplate> = Vec::new();
    let mut below_heading = false;
    let mut hinted = Vec::new();
    for (index, range) in lines.iter().enumerate() {
        let line = &text[range.clone()];
        let whole = |kind| Boilerplate { range: range.clone(), kind, whole_line: true };
        let around = || (index.checked_sub(1).map(|i| &text[lines[i].clone()]), lines.get(index + 1).map(|r| &text[r.clone()]));
        rules.hinted_by(line, &mut hinted);
        let hinted = || hinted.iter().map(|i| &rules.rules[*i]);
        if let Some(rule) = line_rule(hinted(), rules.longest, line, &around) {
            below_heading = rule.scope == Scope::Heading || (below_heading && rule.kind == Kind::Related);
            found.push(whole(rule.kind));
            continue;
        }
        if below_heading && !is_prose(line) {
            found.push(whole(Kind::Related));
            continue;
        }
        below_heading = false;
        find_parts(hinted(), line, range.start, &mut found);
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

fn line_rule<'r, 't>(
    mut hinted: impl Iterator<Item = &'r Rule>,
    longest: usize,
    line: &str,
    around: &dyn Fn() -> (Option<&'t str>, Option<&'t str>),
) -> Option<&'r Entry> {
    // A character has at most four bytes, so long paragraphs need no counting.
    if line.len() > longest * 4 {
        return None;
    }
    let chars = line.chars().count();
    let alone = || {
        let first = line.chars().next();
        let (before, after) = around();
        [before, after].into_iter().flatten().all(|l| l.chars().next() != first)
    };
    let rule =
        hinted.find(|r| r.entry.scope != Scope::Part && chars <= r.entry.max && r.pattern.is_match(line) && (!r.entry.alone || alone()));
    rule.map(|r| &r.entry)
}

fn find_parts<'r>(hinted: impl Iterator<Item = &'r Rule>, line: &str, start: usize, found: &mut Vec<Boilerplate>) {
    let first = found.len();
    for rule in hinted.filter(|r| r.entry.scope == Scope::Part) {
        for m in rule.pattern.find_iter(line).filter(|m| !m.is_empty()) {
            let range = start + m.start()..start + m.end();
            if found[first..].iter().all(|f| f.range.end <= range.start || range.end <= f.range.start) {
                found.push(Boilerplate { range, kind: rule.entry.kind, whole_line: false });
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

    #[test]
    fn every_rule_keeps_its_word() {
        let mut wrong = Vec::new();
        let mut hinted = Vec::new();
        for (index, Rule { entry, pattern }) in rules().rules.iter().enumerate() {
            assert!(!entry.matches.is_empty() && !entry.keep.is_empty(), "{}: needs examples", entry.id);
            let part = entry.scope == Scope::Part;
            for example in &entry.matches {
                let line: String = example.chars().filter(|c| !part || !matches!(c, '«' | '»')).collect();
                rules().hinted_by(&line, &mut hinted);
                let found = pattern.find(&line).map(|m| m.as_str()).filter(|_| hinted.contains(&index));
                let want =
                    if part { &example[example.find('«').unwrap() + '«'.len_utf8()..example.find('»').unwrap()] } else { line.as_str() };
                if found != Some(want) || (!part && line.chars().count() > entry.max) {
                    wrong.push(format!("{}: {example}: {found:?}", entry.id));
                }
            }
            wrong.extend(
                entry
                    .keep
                    .iter()
                    .filter(|l| pattern.is_match(l) && l.chars().count() <= entry.max)
                    .map(|l| format!("{}: takes {l}", entry.id)),
            );
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_one_rule_keeps_no_rule_takes_if_it_is_prose() {
        for entry in rules().rules.iter().map(|r| &r.entry) {
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
