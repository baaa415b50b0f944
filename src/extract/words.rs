//! A set of words and where a text has them: leftmost, longest, without overlap.
//!
//! What an automaton would find, for a set that changes with every start of the program: ten thousand names are indexed in a millisecond or two,
//! where an automaton over them takes fifty. A lookup costs one hash of two characters at most places of a text.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// The words of each first pair of characters.
type ByStart = HashMap<u64, Vec<(Box<str>, usize)>, BuildHasherDefault<Mixed>>;

/// The words, by their first two characters.
pub(crate) struct Words {
    /// The words that begin so, with their numbers: the longest first, of equals the first given.
    by_start: ByStart,
    likely: Sieve,
    /// Whether there are words of one character.
    single: bool,
    /// Whether ASCII letters count in either case.
    fold: bool,
}

impl Words {
    /// Words whose ASCII letters stand for both cases. An empty word is nowhere.
    pub(crate) fn new<S: AsRef<str>>(words: &[S]) -> Words {
        Words::index(words, true)
    }

    /// Words as they are.
    pub(crate) fn exact<S: AsRef<str>>(words: &[S]) -> Words {
        Words::index(words, false)
    }

    fn index<S: AsRef<str>>(words: &[S], fold: bool) -> Words {
        let mut by_start: ByStart = HashMap::default();
        let mut likely = Sieve::default();
        let mut single = false;
        for (number, word) in words.iter().enumerate() {
            let word = word.as_ref();
            let mut chars = word.chars().map(|c| if fold { c.to_ascii_lowercase() } else { c });
            if let Some(first) = chars.next() {
                let second = chars.next();
                single |= second.is_none();
                likely.add(start(first, second));
                by_start.entry(start(first, second)).or_default().push((word.into(), number));
            }
        }
        for row in by_start.values_mut() {
            row.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Words { by_start, likely, single, fold }
    }

    /// The words of a text in order: their numbers and bytes. Of words that begin at one place the longest counts, and none begins inside another.
    pub(crate) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        let mut at = 0;
        std::iter::from_fn(move || {
            let mut chars = text[at..].chars().map(|c| if self.fold { c.to_ascii_lowercase() } else { c });
            let mut first = chars.next();
            while let Some(c) = first {
                let second = chars.next();
                if let Some((number, length)) = self.longest(&text[at..], c, second) {
                    let range = at..at + length;
                    at = range.end;
                    return Some((number, range));
                }
                at += c.len_utf8();
                first = second;
            }
            None
        })
    }

    fn longest(&self, rest: &str, first: char, second: Option<char>) -> Option<(usize, usize)> {
        let starts = |word: &str| match rest.as_bytes().get(..word.len()) {
            Some(bytes) if self.fold => bytes.eq_ignore_ascii_case(word.as_bytes()),
            Some(bytes) => bytes == word.as_bytes(),
            None => false,
        };
        let row = |start| if self.likely.has(start) { self.by_start.get(&start) } else { None };
        let of = |start| row(start)?.iter().find(|(word, _)| starts(word)).map(|(word, number)| (*number, word.len()));
        let longer = second.and_then(|second| of(start(first, Some(second))));
        longer.or_else(|| self.single.then(|| of(start(first, None))).flatten())
    }
}

/// Two characters, or one, as a key; no character is `u32::MAX`.
pub(super) fn start(first: char, second: Option<char>) -> u64 {
    u64::from(u32::from(first)) << 32 | u64::from(second.map_or(u32::MAX, u32::from))
}

/// A bit for each key, by its hash: most pairs of a text are in no table and need no look into it.
#[derive(Debug, Default)]
pub(super) struct Sieve(Vec<u64>);

impl Sieve {
    pub(super) fn add(&mut self, key: u64) {
        self.0.resize(1024, 0);
        let (word, bit) = Sieve::place(key);
        self.0[word] |= bit;
    }

    /// Whether the key may have been added.
    pub(super) fn has(&self, key: u64) -> bool {
        let (word, bit) = Sieve::place(key);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn place(key: u64) -> (usize, u64) {
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

/// Spreads a pair of characters over the table. The words come from files of the user's own, so nobody picks them to collide.
#[derive(Debug, Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasickBuilder, MatchKind};
    use proptest::prelude::*;

    use super::*;

    fn found(words: &Words, text: &str) -> Vec<(usize, Range<usize>)> {
        words.find(text).collect()
    }

    #[test]
    fn the_longest_word_at_the_first_place_counts() {
        let words = Words::new(&["카카오", "카카오톡", "오톡", "X", "KT", ""]);
        assert_eq!(found(&words, "카카오톡 카카오 kT x"), [(1, 0..12), (0, 13..22), (4, 23..25), (3, 26..27)]);
        assert!(found(&words, "").is_empty());
        assert!(found(&Words::exact(&["KT"]), "kt").is_empty());
        assert_eq!(found(&Words::exact(&["가", "가나", "가"]), "가가나"), [(0, 0..3), (1, 3..9)]);
    }

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(words in prop::collection::vec("[가나aA ]{1,4}", 0..12), text in "[가나aA ]{0,40}") {
            for fold in [false, true] {
                let automaton = AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(fold).build(&words).unwrap();
                let expected: Vec<_> = automaton.find_iter(&text).map(|m| (m.pattern().as_usize(), m.range())).collect();
                prop_assert_eq!(found(&Words::index(&words, fold), &text), expected);
            }
        }
    }
}
