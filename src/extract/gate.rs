//! Where many rules match in a text, with few of their expressions tried at few places.
//!
//! Whatever a regular expression matches holds some of its literal characters. A gate knows of each expression pairs of characters of which every
//! match has one (single characters where there is no pair), and looks every pair of the text up. Where the pairs are what the matches begin with,
//! but for one character before them or the start of the text, the expression is tried only there, and only if one of the pairs that every match
//! holds behind the first comes no further on than it may: "접속이 [^.]{0,10}끊" is not tried at every 접속. What is found is the same as if
//! every rule went over the whole text.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::words::{Mixed, Sieve, start};

/// One alternative of a rule.
#[derive(Debug)]
struct Branch {
    rule: u32,
    hir: Hir,
    /// Compiled when it is first tried: an article tries one in ten.
    compiled: OnceLock<Option<Regex>>,
    begin: Begin,
    /// How many characters behind its first key the second begins at most; none where no second is known.
    reach: Option<usize>,
    /// How many bytes a match has at most.
    longest: usize,
}

impl Branch {
    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.hir).ok()).as_ref()
    }
}

/// Alternatives, of which the first that matches at a place counts.
#[derive(Debug, Default)]
struct Rule {
    /// Those that may match at the start of a text whose first key is further on.
    at_start: Vec<u32>,
    pattern: String,
    /// All in one expression, where a match of one of them may begin anywhere.
    whole: Option<Regex>,
}

/// A number of rules.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    rules: Vec<Rule>,
    branches: Vec<Branch>,
    by_start: HashMap<u64, Stands, BuildHasherDefault<Mixed>>,
    likely: Sieve,
    /// Whether there are matches that are known by one character only.
    single: bool,
}

/// For what alternatives a key stands.
#[derive(Clone, Debug, Default)]
struct Stands {
    /// Every match of them holds it or another of their first keys,
    first: Vec<u32>,
    /// or it or another of their second keys.
    second: Vec<u32>,
}

/// Where alternatives are to be tried in a text.
#[derive(Debug)]
pub(crate) struct Hits {
    /// By rule, then place, then alternative.
    places: Vec<Place>,
    /// Where each rule's places begin, and behind the last where they end.
    of_rule: Vec<u32>,
}

/// An alternative of a rule and the byte of the text at which a match of it may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rule: u32,
    at: usize,
    branch: u32,
}

impl Hits {
    fn within(&self, rule: usize, range: &Range<usize>) -> &[Place] {
        let (Some(first), Some(last)) = (self.of_rule.get(rule), self.of_rule.get(rule + 1)) else { return &[] };
        let places = &self.places[*first as usize..*last as usize];
        let rest = &places[places.partition_point(|p| p.at < range.start)..];
        &rest[..rest.partition_point(|p| p.at < range.end)]
    }
}

impl Gate {
    /// What is added from now on belongs to the next rule; they are numbered from 0.
    pub(crate) fn next_rule(&mut self) {
        self.rules.push(Rule::default());
    }

    /// Adds an expression to the last rule, or says what is wrong with it.
    pub(crate) fn add(&mut self, pattern: &str) -> Result<(), String> {
        let hir = regex_syntax::parse(pattern).map_err(|e| e.to_string())?;
        if hir.properties().minimum_len() == Some(0) {
            return Err("it matches nothing at all as well as anything".to_owned());
        }
        let mut all = Vec::new();
        branches(&hir, &mut all);
        let mut anywhere = false;
        for branch in all {
            anywhere |= self.add_branch(branch)?;
        }
        let Some(rule) = self.rules.last_mut() else { return Ok(()) };
        let or = if rule.pattern.is_empty() { "" } else { "|" };
        rule.pattern.push_str(&format!("{or}(?:{pattern})"));
        if anywhere || rule.whole.is_some() {
            let whole = regex_syntax::parse(&rule.pattern).map_err(|e| e.to_string())?;
            rule.whole = Some(compile(&whole)?);
        }
        Ok(())
    }

    /// Adds an alternative, and tells whether a match of it may begin anywhere.
    fn add_branch(&mut self, hir: &Hir) -> Result<bool, String> {
        let number = self.branches.len() as u32;
        let Some(Required { keys, begin, second }) = required(hir) else { return Ok(true) };
        let rule = self.rules.len().saturating_sub(1);
        if begin.start {
            self.rules[rule].at_start.push(number);
        }
        let longest = hir.properties().maximum_len().unwrap_or(usize::MAX);
        let compiled = OnceLock::new();
        // What repeats often enough may be too large to compile, which has to be said now.
        if longest > 4096 {
            let regex = compile(hir)?;
            compiled.get_or_init(|| Some(regex));
        }
        let reach = second.as_ref().map(|second| second.reach);
        self.branches.push(Branch { rule: rule as u32, hir: hir.clone(), compiled, begin, reach, longest });
        keys.into_iter().for_each(|key| self.stands_for(key).first.push(number));
        second.into_iter().flat_map(|second| second.keys).for_each(|key| self.stands_for(key).second.push(number));
        Ok(begin.elsewhere)
    }

    fn stands_for(&mut self, key: Key) -> &mut Stands {
        self.single |= key.1.is_none();
        let key = start(key.0, key.1);
        self.likely.add(key);
        self.by_start.entry(key).or_default()
    }

    /// Where the part `range` of a text has what rules require.
    pub(crate) fn hits(&self, text: &str, range: Range<usize>) -> Hits {
        let mut keys = Vec::new();
        self.visit(&text[range.clone()], |number, at, stands| keys.push((number, range.start + at, stands)));
        let mut places = Vec::with_capacity(keys.len());
        // From the end, so that what follows is known.
        let mut last = vec![usize::MAX; self.branches.len()];
        for &(place, at, stands) in keys.iter().rev() {
            for &number in &stands.first {
                let (branch, next) = (&self.branches[number as usize], last[number as usize]);
                if branch.reach.is_none_or(|reach| next != usize::MAX && next - place <= reach) {
                    let previous = if branch.begin.before { text[range.start..at].chars().next_back() } else { None };
                    let before = previous.map(|c| at - c.len_utf8());
                    places.extend(before.into_iter().chain([at]).map(|at| Place { rule: branch.rule, at, branch: number }));
                }
            }
            stands.second.iter().for_each(|number| last[*number as usize] = place);
        }
        places.sort_unstable();
        let mut of_rule = vec![0; self.rules.len() + 1];
        places.iter().for_each(|p| of_rule[p.rule as usize + 1] += 1);
        for rule in 0..self.rules.len() {
            of_rule[rule + 1] += of_rule[rule];
        }
        Hits { places, of_rule }
    }

    /// The matches of a rule in the part `range` of the text, which is all that its expressions see: at the first place where any alternative
    /// matches the first that does, and so on behind it. (Where all are in one expression, what they begin with in common is put before them, and of
    /// (?:^|[^가])가 and (?:^|[^가])나+가. the second may come first.)
    pub(crate) fn matches<'h>(
        &'h self,
        rule: usize,
        hits: &'h Hits,
        text: &'h str,
        range: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + 'h {
        let part = &text[range.clone()];
        let rule_here = self.rules.get(rule);
        let whole = rule_here.and_then(|rule| rule.whole.as_ref());
        let anywhere = whole.map(|whole| whole.find_iter(part).map(|m| m.range())).into_iter().flatten();
        let places = if whole.is_some() { &[] } else { hits.within(rule, &range) };
        let start = range.start;
        let reached = move |number: u32| {
            let longest = self.branches[number as usize].longest;
            places.iter().take_while(move |p| p.at - start <= longest).any(|p| p.branch == number)
        };
        let at_start = rule_here.filter(|_| !places.is_empty()).map_or(&[][..], |rule| &rule.at_start);
        let mut first: Vec<u32> = at_start.iter().copied().filter(|number| reached(*number)).collect();
        let here = if first.is_empty() { 0 } else { places.partition_point(|p| p.at == start) };
        let other = |p: &&Place| self.branches[p.branch as usize].begin.other();
        first.extend(places[..here].iter().filter(other).map(|p| p.branch));
        first.sort_unstable();
        let rest = places[here..].iter().filter(other).map(move |p| (p.at - start, p.branch));
        let tried = first.into_iter().map(|branch| (0, branch)).chain(rest);
        let mut from = 0;
        let found = tried.filter_map(move |(at, branch)| {
            let input = Input::new(part).span(at..part.len()).anchored(Anchored::Yes);
            let found = (at >= from).then(|| self.branches[branch as usize].regex()?.find(input)).flatten()?;
            from = found.end();
            Some(found.range())
        });
        anywhere.chain(found).map(move |m| start + m.start..start + m.end)
    }

    /// Gives every key of a text: how many characters and how many bytes stand before it, and what it stands for.
    fn visit<'g>(&'g self, text: &str, mut hit: impl FnMut(usize, usize, &'g Stands)) {
        let mut chars = text.char_indices();
        let Some(mut first) = chars.next() else { return };
        for number in 0.. {
            let second = chars.next();
            let pair = second.and_then(|(_, second)| self.stands(start(first.1, Some(second))));
            let one = if self.single { self.stands(start(first.1, None)) } else { None };
            one.into_iter().chain(pair).for_each(|stands| hit(number, first.0, stands));
            match second {
                Some(next) => first = next,
                None => return,
            }
        }
    }

    fn stands(&self, key: u64) -> Option<&Stands> {
        if self.likely.has(key) { self.by_start.get(&key) } else { None }
    }
}

/// Two characters that follow each other, or one.
type Key = (char, Option<char>);

/// Where a match may begin, seen from one of the keys that it holds.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    here: bool,
    /// A character before one of them.
    before: bool,
    /// Where the text starts.
    start: bool,
    elsewhere: bool,
}

impl Begin {
    const HERE: Begin = Begin { here: true, before: false, start: false, elsewhere: false };

    /// Whether it may begin elsewhere than where the text starts.
    fn other(self) -> bool {
        self.here || self.before || self.elsewhere
    }
}

/// Keys of which every match holds at least one.
struct Required {
    keys: Vec<Key>,
    begin: Begin,
    /// What stands behind that; none where nothing is known that tells much.
    second: Option<Second>,
}

/// Keys of which every match holds one behind its first.
struct Second {
    keys: Vec<Key>,
    /// How many characters behind the first it begins at most.
    reach: usize,
}

/// How many characters an expression matches at most.
fn most_chars(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum(),
        HirKind::Class(_) => 1,
        HirKind::Repetition(repetition) => {
            repetition.max.map_or(usize::MAX, |max| most_chars(&repetition.sub).saturating_mul(max as usize))
        }
        HirKind::Capture(capture) => most_chars(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(most_chars).fold(0, usize::saturating_add),
        HirKind::Alternation(branches) => branches.iter().map(most_chars).max().unwrap_or(0),
    }
}

/// An expression that is tried at given places.
fn compile(hir: &Hir) -> Result<Regex, String> {
    let config = Config::new()
        .nfa_size_limit(Some(64 << 20))
        .hybrid_cache_capacity(32 << 20)
        .which_captures(WhichCaptures::Implicit)
        .auto_prefilter(false)
        .onepass(false)
        .backtrack(false);
    Regex::builder().configure(config).build_from_hir(hir).map_err(|e| e.to_string())
}

/// The alternatives of an expression one by one, or itself.
fn branches<'h>(hir: &'h Hir, all: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Capture(capture) => branches(&capture.sub, all),
        HirKind::Alternation(several) => several.iter().for_each(|branch| branches(branch, all)),
        _ => all.push(hir),
    }
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
                here: b.here || r.begin.here,
                before: b.before || r.begin.before,
                start: b.start || r.begin.start,
                elsewhere: b.elsewhere || r.begin.elsewhere,
            });
            Some(Required { keys: all.into_iter().flat_map(|r| r.keys).collect(), begin, second: None })
        }
        HirKind::Concat(parts) => {
            let starts = matches!(parts[0].kind(), HirKind::Look(Look::Start));
            let later = |from: usize, found: Option<Required>| {
                found.map(|r| {
                    let here = !(r.begin.before || r.begin.start || r.begin.elsewhere);
                    let begin = match from {
                        0 => r.begin,
                        _ if starts => Begin { start: true, ..Begin::default() },
                        1 if here && one_before(&parts[0]) => Begin { before: true, ..Begin::HERE },
                        _ => Begin { elsewhere: true, ..Begin::default() },
                    };
                    (from, Required { begin, ..r })
                })
            };
            let tails = (0..parts.len()).map(|from| later(from, beginnings(&Hir::concat(parts[from..].to_vec()))));
            let inner = parts.iter().enumerate().map(|(from, part)| later(from, required(part)));
            // A few places to try are better than a text to go over, then a pair tells more than a character, what is not at the end of every third word
            // more than what is, and few keys more than many; the first good set will do.
            let singles = |r: &Required| r.keys.iter().filter(|key| key.1.is_none()).count();
            let cost = |r: &Required| (r.begin.elsewhere || singles(r) > 12, singles(r) > 0, r.keys.iter().any(ends_a_word), r.keys.len());
            let mut best: Option<(usize, Required)> = None;
            for found in tails.chain(inner).flatten() {
                if best.as_ref().is_none_or(|(_, b)| cost(&found.1) < cost(b)) {
                    best = Some(found);
                }
                if best.as_ref().is_some_and(|(_, b)| cost(b) < (false, false, false, 8000)) {
                    break;
                }
            }
            best.map(|(from, found)| Required { second: second(&parts[from..]), ..found })
        }
        _ => beginnings(hir),
    }
}

/// Whether nearly every text has a key at nearly every place.
fn says_little(key: &Key) -> bool {
    ends_a_word(key) || key.1.is_none() && (key.0 == ' ' || PARTICLES.contains(key.0) || "다고".contains(key.0))
}

/// What every match of `parts` holds behind its first character; the fewest keys, or none.
fn second(parts: &[Hir]) -> Option<Second> {
    let mut best: Option<(_, Second)> = None;
    let mut length = 0;
    let mut before = 0_usize;
    for (at, part) in parts.iter().enumerate() {
        // What belongs to the first word says little more than its first two characters.
        let mut offer = |keys: Vec<Key>, reach: usize| {
            let cost = (length == 0, keys.iter().any(|key| key.1.is_none()), keys.len());
            if !keys.iter().any(says_little) && best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, Second { keys, reach }));
            }
        };
        if let HirKind::Literal(literal) = part.kind() {
            let chars: Vec<char> = String::from_utf8_lossy(&literal.0).chars().collect();
            let skipped = usize::from(length == 0);
            chars
                .windows(2)
                .enumerate()
                .skip(skipped)
                .for_each(|(n, pair)| offer(vec![(pair[0], Some(pair[1]))], before.saturating_add(n)));
        }
        let within = most_chars(part);
        if length > 0 {
            beginnings(&Hir::concat(parts[at..].to_vec())).into_iter().for_each(|found| offer(found.keys, before));
            required(part).into_iter().for_each(|found| offer(found.keys, before.saturating_add(within)));
        }
        length += part.properties().minimum_len().unwrap_or(0);
        before = before.saturating_add(within);
    }
    best.map(|(_, second)| second)
}

/// A particle before a space.
fn ends_a_word(key: &Key) -> bool {
    key.1 == Some(' ') && PARTICLES.contains(key.0)
}

const PARTICLES: &str = "이가은는을를에도의로";

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
    Some(Required { keys, begin: Begin::HERE, second: None })
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

    /// The rules that are tried in a part of a text.
    fn tried(gate: &Gate, text: &str, range: Range<usize>) -> Vec<usize> {
        let hits = gate.hits(text, 0..text.len());
        let open = |rule: &usize| gate.rules[*rule].whole.is_some() || !hits.within(*rule, &range).is_empty();
        (0..gate.rules.len()).filter(open).collect()
    }

    #[test]
    fn it_opens_for_what_can_begin() {
        let gate = gate(&["(?:접속|통신)\\s?장애", "먹통", "[^.]불가", "째", "(?i)kt", "접속이 [^.]{0,10}(?:끊|막)"]);
        assert!(tried(&gate, "", 0..0).is_empty());
        let all = |text: &str| tried(&gate, text, 0..text.len());
        assert_eq!(all("통신 장애는 없다"), [0]);
        assert_eq!(all("먹통 사흘째 Kt 불가"), [1, 2, 3, 4]);
        assert_eq!(all("접속이 자주 끊긴다"), [5]);
        assert_eq!(all("접속이 잘 된다. 물은 내일 낮에 두 시간쯤 끊긴다"), [0_usize; 0]);
        assert_eq!(tried(&self::gate(&["[^.]+", "먹통"]), "가", 0..3), [0]);
        assert_eq!(tried(&gate, "먹통 사흘째", 0..6), [1]);
        assert_eq!(tried(&gate, "먹통 사흘째", 6..16), [3]);
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
            let (Ok(one), Ok(other), Ok(joined)) = (Regex::new(&first), Regex::new(&second), Regex::new(&joined)) else { return Ok(()) };
            let mut gate = Gate::default();
            gate.next_rule();
            if gate.add(&first).is_ok() && gate.add(&second).is_ok() {
                let from = text.char_indices().nth(skipped).map_or(text.len(), |(at, _)| at);
                let part = &text[from..];
                let mut expected = Vec::new();
                if gate.rules[0].whole.is_some() {
                    expected.extend(joined.find_iter(part).map(|m| from + m.start()..from + m.end()));
                } else {
                    let mut end = 0;
                    for at in part.char_indices().map(|(at, _)| at) {
                        let input = Input::new(part).span(at..part.len()).anchored(Anchored::Yes);
                        if at >= end && let Some(found) = one.find(input.clone()).or_else(|| other.find(input)) {
                            end = found.end();
                            expected.push(from + found.start()..from + end);
                        }
                    }
                }
                let hits = gate.hits(&text, 0..text.len());
                prop_assert_eq!(gate.matches(0, &hits, &text, from..text.len()).collect::<Vec<_>>(), expected, "{} | {}", first, second);
            }
        }
    }
}
