//! Text as printed: the one form in which titles and texts are kept, whatever they were read from.
//!
//! Promises: NFC; full-width digits, Latin letters and ASCII punctuation (U+FF01–FF5E) folded to ASCII; every odd space is a space, every middle dot
//! is ·; no zero-width or control characters but `\n`; lines trimmed; at most one empty line in a row, none at the ends. It is idempotent and takes
//! linear time; text that is already so is only looked at.
//!
//! Left to others: what a line means. Nothing that a reader would see is added or dropped.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text as printed.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if is_normal(text) {
        return Cow::Borrowed(text);
    }
    // Folding comes first: dropping a zero-width character or folding a letter may bring together what NFC composes.
    let folded: String = FoldChars { chars: text.chars().peekable() }.filter(|c| !is_dropped(*c)).nfc().collect();
    let mut out = String::with_capacity(folded.len());
    let mut empty = false;
    for line in folded.split('\n') {
        let line = line.trim_matches(' ');
        if line.is_empty() {
            empty = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty { "\n\n" } else { "\n" });
        }
        empty = false;
        out.push_str(line);
    }
    Cow::Owned(out)
}

/// A title as printed: one line, single spaces.
pub fn normalize_line(text: &str) -> String {
    normalize(text).split([' ', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_normal(text: &str) -> bool {
    let mut before = '\n';
    let mut newlines = 1;
    for c in text.chars() {
        match c {
            '\n' => {
                newlines += 1;
                if newlines > 2 || before == ' ' || (before == '\n' && newlines == 2 && text.starts_with('\n')) {
                    return false;
                }
            }
            ' ' if before == '\n' => return false,
            ' '..='~' | '가'..='힣' => newlines = 0,
            _ if fold(c) != c || is_dropped(c) || c == '\r' => return false,
            _ => newlines = 0,
        }
        before = c;
    }
    !text.starts_with('\n') && !text.ends_with([' ', '\n']) && is_nfc_quick(text.chars()) == IsNormalized::Yes
}

struct FoldChars<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Iterator for FoldChars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\r' {
            self.chars.next_if_eq(&'\n');
            return Some('\n');
        }
        Some(fold(c))
    }
}

fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' | '\u{3164}' => ' ',
        '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        // The dots that papers put between the names of a list; one is the old vowel ㆍ.
        '\u{318D}' | '\u{30FB}' | '\u{FF65}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' => '·',
        _ => c,
    }
}

fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{9}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table() {
        for (from, to) in [
            ("", ""),
            (" \n\n ", ""),
            ("１７일　오후 ２：３０", "17일 오후 2:30"),
            ("ＫＴ（케이티）", "KT(케이티)"),
            ("한양ㆍ하나・신흥‧모아", "한양·하나·신흥·모아"),
            ("카카오\u{200B}톡\u{FEFF}", "카카오톡"),
            ("가\u{A0}나\tⓒ", "가 나 ⓒ"),
            ("\u{1112}\u{1161}\u{11AB}글", "한글"),
            ("\u{1112}\u{200B}\u{1161}", "하"),
            ("가\r\n나\r다", "가\n나\n다"),
            ("  가  \n\n\n\n 나 다 \n", "가\n\n나 다"),
            ("\n\n가", "가"),
            ("가\n \n나", "가\n\n나"),
            ("Ａ\u{30A}", "Å"),
            ("가\u{3}나\0", "가나"),
        ] {
            assert_eq!(normalize(from), to, "{from:?}");
            assert!(matches!(normalize(to), Cow::Borrowed(_)), "{to:?}");
        }
        assert_eq!(normalize_line(" 먹통…\n  2시간 "), "먹통… 2시간");
    }

    proptest! {
        #[test]
        fn is_idempotent_and_clean(text in "[a １：가-갃\u{1100}-\u{1112}\u{1161}-\u{1165}\u{11A8}-\u{11AF}\u{200B}\u{3000}\u{0301}\r\n\t\u{0}]{0,40}|\\PC{0,30}") {
            let once = normalize(&text).into_owned();
            prop_assert_eq!(normalize(&once), once.as_str());
            prop_assert!(!once.contains("\n\n\n"));
            prop_assert!(once.chars().all(|c| c == '\n' || (fold(c) == c && !is_dropped(c))));
            prop_assert!(once.lines().all(|l| l.trim_matches(' ') == l));
            prop_assert!(unicode_normalization::is_nfc(&once));
        }
    }
}
