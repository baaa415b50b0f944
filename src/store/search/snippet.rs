//! Where a hit has the words that were asked for, and the part of it that shows them.
//!
//! Marks are ranges of the text itself, found by reading the words of it again: the index holds none.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::words::Word;

/// Where one of `wanted` stands in a text of these words: what follows each other there as it does in the query.
pub(super) fn matches<'a>(words: &[Word], wanted: impl Iterator<Item = &'a [String]> + Clone) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    for start in 0..words.len() {
        for (which, phrase) in wanted.clone().enumerate() {
            let here = words.get(start..start + phrase.len());
            if let Some(here @ [first, .., last] | here @ [first @ last]) = here
                && here.iter().zip(phrase).all(|(word, wanted)| word.text == *wanted)
            {
                found.push((which, first.range.start..last.range.end));
            }
        }
    }
    found
}

/// The ranges without what lies within or runs into another, in order.
pub(super) fn merged(found: &[(usize, Range<usize>)]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = found.iter().map(|(_, range)| range.clone()).collect();
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// The part of `text`, some `width` columns of a terminal, that holds the most of what was found; without any the beginning.
pub(super) fn best(text: &str, found: &[(usize, Range<usize>)], width: usize) -> Range<usize> {
    let between = |range: Range<usize>| text.get(range).map_or(usize::MAX, |part| part.chars().map(columns).sum());
    let mut best: Option<(usize, usize)> = None;
    for (at, (_, first)) in found.iter().enumerate() {
        let mut seen: Vec<usize> = Vec::new();
        for (which, range) in &found[at..] {
            // A column is at least a byte's third, so what is far off in bytes need not be measured.
            if range.end.saturating_sub(first.start) > width * 4 || between(first.start..range.end) > width * 3 / 4 {
                break;
            }
            if !seen.contains(which) {
                seen.push(*which);
            }
        }
        if best.is_none_or(|(count, _)| seen.len() > count) {
            best = Some((seen.len(), first.start));
        }
    }
    let center = best.map_or(0, |(_, at)| at);
    let mut start = center;
    let mut used = 0;
    for (at, c) in text[..center].char_indices().rev() {
        used += columns(c);
        if used > width / 4 {
            break;
        }
        start = at;
    }
    // A snippet begins with a whole word, where one begins there.
    if start > 0 && !text[..start].ends_with(char::is_whitespace) {
        let blank = text[start..center].find(char::is_whitespace).map(|at| start + at);
        start = blank.map_or(start, |at| text[at..].find(|c: char| !c.is_whitespace()).map_or(center, |skip| at + skip));
    }
    let mut end = start;
    used = 0;
    for (at, c) in text[start..].char_indices() {
        used += columns(c);
        if used > width {
            break;
        }
        end = start + at + c.len_utf8();
    }
    // And ends with one, unless that would cost a match or half of it.
    let kept = found.iter().map(|(_, r)| r.end).filter(|at| *at <= end).max().unwrap_or(start);
    if end < text.len()
        && !text[end..].starts_with(char::is_whitespace)
        && let Some(blank) = text[kept.max(start)..end].rfind(char::is_whitespace).map(|at| kept.max(start) + at)
        && (end - blank) * 2 < end - start
    {
        end = blank;
    }
    start..end
}

/// A line's end will be a blank.
fn columns(c: char) -> usize {
    c.width().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str, range: Range<usize>) -> Word {
        Word { text: text.into(), range }
    }

    #[test]
    fn phrases_are_found_where_their_words_follow_each_other() {
        let words = [word("a", 0..1), word("b", 2..3), word("a", 4..5), word("b", 6..7), word("c", 8..9)];
        let wanted = [vec!["a".to_owned(), "b".into()], vec!["b".to_owned(), "c".into()], vec!["c".to_owned()]];
        let found = matches(&words, wanted.iter().map(Vec::as_slice));
        assert_eq!(found, [(0, 0..3), (0, 4..7), (1, 6..9), (2, 8..9)]);
        assert_eq!(merged(&found), [0..3, 4..9]);
        assert_eq!(matches(&words, [].iter().map(|w: &Vec<String>| w.as_slice())), []);
    }

    #[test]
    fn the_best_part_holds_the_most() {
        let text = format!("먹통 {} 먹통 서버 {}", "가나 ".repeat(60), "다라 ".repeat(60));
        let places: Vec<(usize, Range<usize>)> = text
            .match_indices("먹통")
            .map(|(at, w)| (0, at..at + w.len()))
            .chain(text.match_indices("서버").map(|(at, w)| (1, at..at + w.len())))
            .collect();
        let part = &text[best(&text, &places, 60)];
        assert!(
            part.contains("먹통 서버")
                && part.chars().map(columns).sum::<usize>() <= 60
                && part.starts_with("가나 ")
                && part.ends_with("다라"),
            "{part}"
        );
        assert_eq!(&text[best(&text, &[], 10)], "먹통 가나");
        assert_eq!(best("", &[], 60), 0..0);
    }

    proptest! {
        #[test]
        fn a_part_is_a_part(text in "([가-힣 ]|\\PC|\n){0,80}", at in 0usize..80, width in 1usize..50) {
            let start = text.char_indices().nth(at).map_or(0, |(at, _)| at);
            let end = text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
            let range = best(&text, &[(0, start..end)], width);
            prop_assert!(text.get(range.clone()).is_some_and(|part| part.chars().map(columns).sum::<usize>() <= width), "{:?}", range);
        }
    }
}
