//! The words of a text as the index has them.
//!
//! Promises: a run of letters and digits always gives the same words, whatever stands around it, so that a word of a text finds the text; particles,
//! endings, auxiliaries and symbols give none; a predicate gives its dictionary form, a compound its parts in order; letters are folded (case, width,
//! accents). Which of the words a query needs is left to [`super::query`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::korean::{Pos, Token, Tokenizer};

/// Changes with the rules of this file, so that an index made by others is made again.
const VERSION: &str = "1";

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// What the words of an index go by: the rules here and the words that come with meoktong.
pub(super) fn fingerprint() -> String {
    format!("{VERSION}+{}", &super::super::short_hash([include_str!("../../../dictionaries/words.csv")])[..8])
}

/// The words of a text, in order.
pub(super) fn words(tokenizer: &Tokenizer, text: &str) -> Vec<Word> {
    let mut found = Vec::with_capacity(text.len() / 8);
    each(tokenizer, text, |text, range| found.push(Word { text: text.to_owned(), range }));
    found
}

/// What runs gave before: articles say the same ones again and again, and each always gives the same.
pub(super) type Known = HashMap<String, String>;

/// It holds no more runs, and none that is longer than words are.
const MOST_KNOWN: usize = 100_000;
const LONGEST_KNOWN: usize = 64;

/// The words of a text, a blank behind each.
pub(super) fn joined(tokenizer: &Tokenizer, text: &str, known: &mut Known) -> String {
    let mut found = String::with_capacity(text.len());
    for run in runs(text) {
        let run = &text[run];
        if let Some(words) = known.get(run) {
            found.push_str(words);
            continue;
        }
        let start = found.len();
        each(tokenizer, run, |text, _| {
            found.push_str(text);
            found.push(' ');
        });
        if known.len() < MOST_KNOWN && run.len() <= LONGEST_KNOWN {
            known.insert(run.to_owned(), found[start..].to_owned());
        }
    }
    found
}

fn each(tokenizer: &Tokenizer, text: &str, mut word: impl FnMut(&str, Range<usize>)) {
    for run in runs(text) {
        let (folded, exact) = fold(&text[run.clone()]);
        // Where folding may have moved something, a word is only known to stand in the run.
        let place = |part: Range<usize>| if exact { run.start + part.start..run.start + part.end } else { run.clone() };
        if folded.is_ascii() {
            let mut start = 0;
            for part in folded.as_bytes().chunk_by(|a, b| kind(*a) == kind(*b)) {
                // Folding may bring punctuation: ⑴ is (1).
                if part[0].is_ascii_alphanumeric() {
                    word(&folded[start..start + part.len()], place(start..start + part.len()));
                }
                start += part.len();
            }
            continue;
        }
        for token in tokenizer.tokenize(&folded) {
            of_token(&token, |text, part| {
                if text.contains(char::is_alphanumeric) {
                    word(text, place(part));
                }
            });
        }
    }
}

fn kind(byte: u8) -> (bool, bool) {
    (byte.is_ascii_digit(), byte.is_ascii_alphabetic())
}

/// Where letters and digits stand together.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = rest.find(|(_, c)| c.is_alphanumeric())?;
        while rest.next_if(|(_, c)| c.is_alphanumeric() || is_combining_mark(*c)).is_some() {}
        Some(start..rest.peek().map_or(text.len(), |(end, _)| *end))
    })
}

/// The run in one form, and whether each byte is where it was.
fn fold(run: &str) -> (Cow<'_, str>, bool) {
    if run.chars().all(|c| matches!(c, '가'..='힣' | '0'..='9' | 'a'..='z')) {
        return (Cow::Borrowed(run), true);
    }
    if run.chars().all(|c| c.is_ascii() || matches!(c, '가'..='힣')) {
        return (Cow::Owned(run.to_ascii_lowercase()), true);
    }
    (Cow::Owned(run.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).nfc().flat_map(char::to_lowercase).collect()), false)
}

fn of_token(token: &Token<'_>, mut word: impl FnMut(&str, Range<usize>)) {
    if token.tag.as_str().contains('+') {
        if says(token.tag.first()) {
            word(&token.lemma(), token.range.clone());
        }
        return;
    }
    let parts: Vec<(&str, Pos)> = token.morphemes().collect();
    if parts.len() > 1 && parts.iter().map(|(part, _)| part.len()).sum::<usize>() == token.surface.len() {
        let mut start = token.range.start;
        for (part, pos) in parts {
            if says(pos) {
                word(part, start..start + part.len());
            }
            start += part.len();
        }
    } else if says(token.tag.first()) {
        word(&token.lemma(), token.range.clone());
    }
}

/// Whether a morpheme says something by itself.
fn says(pos: Pos) -> bool {
    let grammar = pos.is_particle() || pos.is_ending() || pos.is_symbol();
    !grammar && !matches!(pos, Pos::VX | Pos::VCP | Pos::XSV | Pos::XSA | Pos::MAJ | Pos::SP)
}

/// The analyses of a query's word: as it is, and as it would be with a particle, which the dictionary sometimes takes for a part of the word
/// (카카오페이도 → 카카오, 페이도).
pub(super) fn analyses(tokenizer: &Tokenizer, word: &str) -> Vec<Vec<String>> {
    const AFTER_CONSONANT: [&str; 9] = ["이", "은", "을", "과", "도", "만", "의", "에", "에서"];
    const AFTER_VOWEL: [&str; 9] = ["가", "는", "를", "와", "도", "만", "의", "에", "에서"];
    let plain = |text: &str| words(tokenizer, text).into_iter().map(|w| w.text).collect::<Vec<_>>();
    let mut all = vec![plain(word)];
    let syllables = word.chars().rev().take_while(|c| matches!(c, '가'..='힣')).count();
    let noun = tokenizer.tokenize(word).last().is_some_and(|t| t.tag.last().is_noun());
    if syllables >= 2
        && noun
        && let Some(last) = word.chars().next_back()
    {
        let open = (last as u32 - '가' as u32).is_multiple_of(28);
        for particle in if open { AFTER_VOWEL } else { AFTER_CONSONANT } {
            let with = plain(&[word, particle].concat());
            if !all.contains(&with) {
                all.push(with);
            }
        }
    }
    all.retain(|words| !words.is_empty());
    all
}

/// A word without the particles and endings at its end, as a dictionary of names has it.
pub(super) fn stem<'a>(tokenizer: &Tokenizer, word: &'a str) -> &'a str {
    words(tokenizer, word).last().and_then(|last| word.get(..last.range.end)).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::korean::token::tests::TOKENIZER;

    fn list(text: &str) -> String {
        words(&TOKENIZER, text).iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn particles_and_endings_are_left_out() {
        for (text, expected) in [
            ("접속장애", "접속 장애"),
            ("접속 장애", "접속 장애"),
            ("접속장애가 발생했다.", "접속 장애 발생"),
            ("서버가 멈췄다", "서버 멈추다"),
            ("멈춘 서버", "멈추다 서버"),
            ("KT는, ＬＧ유플러스도", "kt lg 유 플러스"),
            ("35분간 5G·LTE 불통", "35 분 간 5 g lte 불통"),
            ("카카오톡이 먹통됐다", "카카오 톡 먹통"),
            ("Café Ünï 데이터센터에서", "cafe uni 데이터 센터"),
            ("…?! ", ""),
            ("⑴항 ⑴", "1 항 1"),
            ("2023-05-17 12:10", "2023 05 17 12 10"),
        ] {
            assert_eq!(list(text), expected, "{text}");
        }
        let decomposed: String = "접속장애가".nfd().collect();
        assert_eq!(list(&decomposed), "접속 장애");
    }

    #[test]
    fn words_know_where_they_stand() {
        let text = "KT 접속장애, ｋｔ 카카오톡이";
        let found: Vec<(String, &str)> = words(&TOKENIZER, text).into_iter().map(|w| (w.text, &text[w.range])).collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(w, s)| (w.as_str(), *s)).collect();
        assert_eq!(found, [("kt", "KT"), ("접속", "접속"), ("장애", "장애"), ("kt", "ｋｔ"), ("카카오", "카카오"), ("톡", "톡")]);
    }

    #[test]
    fn a_swallowed_particle_does_not_hide_a_word() {
        let text: Vec<String> = words(&TOKENIZER, "카카오페이도").into_iter().map(|w| w.text).collect();
        assert!(analyses(&TOKENIZER, "카카오페이").contains(&text), "{text:?}");
        assert!(analyses(&TOKENIZER, "먹통").contains(&words(&TOKENIZER, "먹통의").into_iter().map(|w| w.text).collect()));
        assert_eq!(analyses(&TOKENIZER, "멈췄다"), [["멈추다"]]);
        assert!(analyses(&TOKENIZER, "는").is_empty());
        assert_eq!(stem(&TOKENIZER, "카카오톡이"), "카카오톡");
    }

    proptest! {
        #[test]
        fn a_run_gives_the_same_words_anywhere(before in "\\PC{0,12}", run in "[가-힣A-Za-z0-9]{1,8}", after in "\\PC{0,12}") {
            let alone = list(&run);
            let mut known = Known::new();
            for _ in 0..2 {
                let again = joined(&TOKENIZER, &run, &mut known);
                prop_assert_eq!(again.trim_end(), alone.as_str());
            }
            let text = format!("{before}. {run}, {after}");
            let range = before.len() + 2..before.len() + 2 + run.len();
            let all = words(&TOKENIZER, &text);
            let within: Vec<&str> = all.iter().filter(|w| range.start <= w.range.start && w.range.end <= range.end).map(|w| w.text.as_str()).collect();
            prop_assert_eq!(within.join(" "), alone);
            for word in &all {
                prop_assert!(!text[word.range.clone()].is_empty());
            }
        }

        #[test]
        fn any_text_can_be_read(text in ".{0,60}") {
            for word in words(&TOKENIZER, &text) {
                prop_assert!(text.get(word.range).is_some() && word.text.contains(char::is_alphanumeric));
            }
            analyses(&TOKENIZER, &text);
            stem(&TOKENIZER, &text);
        }
    }
}
