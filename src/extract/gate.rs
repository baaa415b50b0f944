//! Which of many rules can match in a text at all, told by one quick look over it.
//!
//! Whatever a regular expression matches holds some of its literal characters. A gate knows for each rule pairs of characters of which every match
//! has one (single characters where there is no pair), and looks every pair of the text up. A rule without such pairs passes always. The gate
//! never closes on a match; it may open for nothing. Where the pairs are what the matches begin with, but for one character before them or the start
//! of the text, only these places are tried.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::words::{Mixed, start};

/// A set of rules, by their numbers. What is numbered higher than the set is wide is always in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules(u128);

impl Rules {
    fn only(rule: usize) -> Rules {
        Rules(if rule < 128 { 1 << rule } else { 0 })
    }

    /// Whether a rule is in it.
    pub(crate) fn has(self, rule: usize) -> bool {
        rule >= 128 || self.0 >> rule & 1 == 1
    }
}

/// The gate before a number of rules.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    rules: usize,
    always: u128,
    /// The rules of which a match may begin elsewhere than at its keys,
    inside: u128,
    /// one character before them,
    before: u128,
    /// or where the text starts.
    start: u128,
    by_start: HashMap<u64, u128, BuildHasherDefault<Mixed>>,
    /// A bit for each key, by its hash: most pairs of a text are in no table and need no look into it.
    likely: Vec<u64>,
    /// Whether there are matches that are known by one character only.
    single: bool,
}

/// Where a text has what rules require.
#[derive(Debug)]
pub(crate) struct Hits {
    always: u128,
    inside: u128,
    before: u128,
    start: u128,
    /// By their place.
    found: Vec<(usize, u128)>,
}

impl Hits {
    fn within(&self, range: &Range<usize>) -> &[(usize, u128)] {
        let rest = &self.found[self.found.partition_point(|(at, _)| *at < range.start)..];
        &rest[..rest.partition_point(|(at, _)| *at < range.end)]
    }

    /// The rules that may match within `range`.
    pub(crate) fn open(&self, range: &Range<usize>) -> Rules {
        Rules(self.within(range).iter().fold(self.always, |all, (_, rules)| all | rules))
    }

    /// The matches of a rule in the part `range` of the text, which is all that its expression sees: those that `regex.find_iter` gives.
    pub(crate) fn matches<'h>(
        &'h self,
        rule: usize,
        regex: &'h Regex,
        text: &'h str,
        range: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + 'h {
        let part = &text[range.clone()];
        let only = Rules::only(rule).0;
        let anywhere = only == 0 || (self.always | self.inside) & only != 0;
        let all = anywhere.then(|| regex.find_iter(part).map(|m| m.range())).into_iter().flatten();
        let mut from = 0;
        let start = range.start;
        let hits = if anywhere { &[] } else { self.within(&range) };
        let (before, at_start) = (self.before & only != 0, !anywhere && self.start & only != 0);
        let places = hits.iter().filter(move |(_, rules)| rules & only != 0).flat_map(move |(at, _)| {
            let at = at - start;
            let previous = if before { part[..at].chars().next_back().map(|c| at - c.len_utf8()) } else { None };
            previous.into_iter().chain([at])
        });
        let tried = at_start.then_some(0).into_iter().chain(places).filter_map(move |at| {
            let found = (at >= from).then(|| regex.find(Input::new(part).span(at..part.len()).anchored(Anchored::Yes))).flatten()?;
            from = found.end();
            Some(found.range())
        });
        all.chain(tried).map(move |m| start + m.start..start + m.end)
    }
}

impl Gate {
    /// What is added from now on belongs to the next rule; they are numbered from 0.
    pub(crate) fn next_rule(&mut self) {
        self.rules += 1;
    }

    /// Adds an expression to the last rule, or says what is wrong with it.
    pub(crate) fn add(&mut self, pattern: &str) -> Result<(), String> {
        let hir = regex_syntax::parse(pattern).map_err(|e| e.to_string())?;
        if hir.properties().minimum_len() == Some(0) {
            return Err("it matches nothing at all as well as anything".to_owned());
        }
        let rule = Rules::only(self.rules.saturating_sub(1)).0;
        match required(&hir) {
            None => self.always |= rule,
            Some(required) => {
                let begin = required.begin;
                for (may, places) in [(begin.before, &mut self.before), (begin.start, &mut self.start), (begin.elsewhere, &mut self.inside)]
                {
                    *places |= if may { rule } else { 0 };
                }
                for key in required.keys {
                    self.single |= key.1.is_none();
                    let key = start(key.0, key.1);
                    self.likely.resize(1024, 0);
                    let (word, bit) = place(key);
                    self.likely[word] |= bit;
                    *self.by_start.entry(key).or_default() |= rule;
                }
            }
        }
        Ok(())
    }

    /// Where the part `range` of a text has what rules require.
    pub(crate) fn hits(&self, text: &str, range: Range<usize>) -> Hits {
        let mut found = Vec::new();
        self.visit(&text[range.clone()], |at, rules| found.push((range.start + at, rules)));
        Hits { always: self.always, inside: self.inside, before: self.before, start: self.start, found }
    }

    fn visit(&self, text: &str, mut hit: impl FnMut(usize, u128)) {
        let mut chars = text.char_indices();
        let Some(mut first) = chars.next() else { return };
        loop {
            let second = chars.next();
            let pair = second.map_or(0, |(_, second)| self.rules_of(start(first.1, Some(second))));
            let one = if self.single { self.rules_of(start(first.1, None)) } else { 0 };
            if pair | one != 0 {
                hit(first.0, pair | one);
            }
            match second {
                Some(next) => first = next,
                None => return,
            }
        }
    }

    fn rules_of(&self, key: u64) -> u128 {
        let (word, bit) = place(key);
        if self.likely.get(word).is_some_and(|bits| bits & bit != 0) { self.by_start.get(&key).copied().unwrap_or(0) } else { 0 }
    }
}

/// The word and the bit of a key in [`Gate::likely`].
fn place(key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// Two characters that follow each other, or one.
type Key = (char, Option<char>);

/// Where a match may begin besides at one of the keys that it holds.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    /// A character before one of them.
    before: bool,
    /// Where the text starts.
    start: bool,
    elsewhere: bool,
}

/// Keys of which every match holds at least one.
struct Required {
    keys: Vec<Key>,
    begin: Begin,
}

/// Whether an expression matches one character or the start of the text, and nothing else.
fn one_before(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(_) => true,
        HirKind::Look(look) => *look == Look::Start,
        HirKind::Capture(capture) => one_before(&capture.sub),
        HirKind::Alternation(branches) => branches.iter().all(one_before),
        _ => false,
    }
}

/// What the matches begin with or, where that cannot be listed, what a later part of them begins with.
fn required(hir: &Hir) -> Option<Required> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => beginnings(hir).or_else(|| required(&repetition.sub)),
        HirKind::Alternation(branches) => {
            let all = branches.iter().map(required).collect::<Option<Vec<_>>>()?;
            let begin = all.iter().fold(Begin::default(), |b, r| Begin {
                before: b.before || r.begin.before,
                start: b.start || r.begin.start,
                elsewhere: b.elsewhere || r.begin.elsewhere,
            });
            Some(Required { keys: all.into_iter().flat_map(|r| r.keys).collect(), begin })
        }
        HirKind::Concat(parts) => {
            let starts = matches!(parts[0].kind(), HirKind::Look(Look::Start));
            let later = |from: usize, found: Option<Required>| {
                found.map(|r| {
                    let at = !(r.begin.before || r.begin.start || r.begin.elsewhere);
                    let begin = match from {
                        0 => r.begin,
                        _ if starts => Begin { start: true, ..Begin::default() },
                        1 if at && one_before(&parts[0]) => Begin { before: true, ..Begin::default() },
                        _ => Begin { elsewhere: true, ..Begin::default() },
                    };
                    Required { begin, ..r }
                })
            };
            let tails = (0..parts.len()).map(|from| later(from, beginnings(&Hir::concat(parts[from..].to_vec()))));
            let inner = parts.iter().enumerate().map(|(from, part)| later(from, required(part)));
            // A few places to try are better than a text to go over, then a pair tells more than a character, what is not at the end of every third word
            // more than what is, and few keys more than many; the first good set will do.
            let singles = |r: &Required| r.keys.iter().filter(|key| key.1.is_none()).count();
            let cost = |r: &Required| (r.begin.elsewhere || singles(r) > 12, singles(r) > 0, r.keys.iter().any(ends_a_word), r.keys.len());
            let mut best: Option<Required> = None;
            for found in tails.chain(inner).flatten() {
                if best.as_ref().is_none_or(|b| cost(&found) < cost(b)) {
                    best = Some(found);
                }
                if best.as_ref().is_some_and(|b| cost(b) < (false, false, false, 8000)) {
                    break;
                }
            }
            best
        }
        _ => beginnings(hir),
    }
}

/// A particle before a space.
fn ends_a_word(key: &Key) -> bool {
    key.1 == Some(' ') && "이가은는을를에도의로".contains(key.0)
}

/// What every match begins with.
fn beginnings(hir: &Hir) -> Option<Required> {
    let mut extractor = Extractor::new();
    // Two syllables are enough; the white space of `\\s` is a class of 25.
    extractor.kind(ExtractKind::Prefix).limit_literal_len(8).limit_class(64).limit_total(8192);
    let key = |bytes: &[u8]| {
        let mut chars = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid()).chars();
        Some((chars.next()?, chars.next()))
    };
    let mut keys = extractor.extract(hir).literals()?.iter().map(|l| key(l.as_bytes())).collect::<Option<Vec<_>>>()?;
    keys.sort_unstable();
    keys.dedup();
    Some(Required { keys, begin: Begin::default() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gate(patterns: &[&str]) -> Gate {
        let mut gate = Gate::default();
        for pattern in patterns {
            gate.next_rule();
            gate.add(pattern).unwrap();
        }
        gate
    }

    fn open(gate: &Gate, text: &str) -> Vec<usize> {
        let hits = gate.hits(text, 0..text.len());
        (0..gate.rules).filter(|rule| hits.open(&(0..text.len())).has(*rule)).collect()
    }

    #[test]
    fn it_opens_for_what_can_begin() {
        let gate = gate(&["(?:접속|통신)\\s?장애", "먹통", "[^.]{0,3}불가", "째", "(?i)kt"]);
        assert!(open(&gate, "").is_empty());
        assert_eq!(open(&gate, "통신 장애는 없다"), [0]);
        assert_eq!(open(&gate, "먹통 사흘째 Kt 불가"), [1, 2, 3, 4]);
        assert_eq!(open(&self::gate(&["[^.]+", "먹통"]), "가"), [0]);
        let hits = gate.hits("먹통 사흘째", 0..16);
        assert!(hits.open(&(0..6)).has(1) && !hits.open(&(6..16)).has(1) && hits.open(&(6..16)).has(3));
    }

    #[test]
    fn more_rules_than_it_can_number_always_pass() {
        let many = vec!["먹통"; 130];
        assert_eq!(open(&gate(&many), "가"), [128, 129]);
    }

    #[test]
    fn it_says_what_is_wrong() {
        assert!(Gate::default().add("(접속").unwrap_err().contains("unclosed group"));
        assert!(Gate::default().add("접속?속?").is_ok());
        assert!(Gate::default().add("(?:접속)?").unwrap_err().contains("matches nothing"));
    }

    /// An expression of a few letters, perhaps only at the start of a text or behind another letter.
    const EXPRESSION: &str = "(\\^|\\(\\?:\\^\\|\\[\\^가\\]\\)|\\[가나\\])?(\\(\\?:[가나a.]{1,3}\\|[가나]{1,2}\\)|[가나a.]\\??|\\[가-나b\\]|\\\\s\\?|나\\+){1,4}";

    proptest! {
        #[test]
        fn it_finds_what_the_expressions_find(first in EXPRESSION, second in EXPRESSION, text in "[가나ab ]{0,12}", skipped in 0..3usize) {
            let joined = format!("(?:{first})|(?:{second})");
            let Ok(regex) = Regex::new(&joined) else { return Ok(()) };
            let mut gate = Gate::default();
            gate.next_rule();
            if gate.add(&first).is_ok() && gate.add(&second).is_ok() {
                let from = text.char_indices().nth(skipped).map_or(text.len(), |(at, _)| at);
                let expected: Vec<_> = regex.find_iter(&text[from..]).map(|m| from + m.start()..from + m.end()).collect();
                let hits = gate.hits(&text, 0..text.len());
                prop_assert!(expected.is_empty() || hits.open(&(from..text.len())).has(0), "{}", joined);
                prop_assert_eq!(hits.matches(0, &regex, &text, from..text.len()).collect::<Vec<_>>(), expected, "{}", joined);
            }
        }
    }
}
