//! A place in the text and the few motions that the parsers are made of.

use super::lexicon::Words;

/// A place in the text. It is `Copy`: a parser that fails simply leaves its caller's cursor where it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) pos: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, pos: usize) -> Cursor<'t> {
        Cursor { text, pos }
    }

    /// What is still to be read. `pos` only ever moves by whole matched words, so it is always at a character boundary.
    pub(super) fn rest(self) -> &'t str {
        &self.text[self.pos..]
    }

    pub(super) fn peek(self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character before the cursor.
    pub(super) fn before(self) -> Option<char> {
        self.text[..self.pos].chars().next_back()
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.pos += word.len();
        }
        found
    }

    pub(super) fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    pub(super) fn eat_char(&mut self, among: impl Fn(char) -> bool) -> Option<char> {
        let c = self.peek().filter(|c| among(*c))?;
        self.pos += c.len_utf8();
        Some(c)
    }

    pub(super) fn eat_word<T: Copy>(&mut self, words: &Words<T>) -> Option<T> {
        let (len, value) = words.at(self.rest())?;
        self.pos += len;
        Some(value)
    }

    /// Skips blanks within a line; a wrapped line is another line. More than three are layout, not a space between words.
    pub(super) fn spaces(&mut self) -> bool {
        let from = self.pos;
        while self.pos - from < 9 && self.eat_char(is_blank).is_some() {}
        self.pos > from
    }

    /// A copy moved past the blanks.
    pub(super) fn after_spaces(mut self) -> Cursor<'t> {
        self.spaces();
        self
    }

    pub(super) fn starts_with_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.rest().starts_with(word))
    }

    /// Whether a word ends here: no letter or digit follows.
    pub(super) fn at_word_end(self) -> bool {
        !self.peek().is_some_and(char::is_alphanumeric)
    }

    /// Whether a word of Korean ends here: what follows is no letter, or one of the syllables that particles begin with.
    pub(super) fn at_particle(self, among: &str) -> bool {
        match self.peek() {
            Some(c) if c.is_alphanumeric() => c.is_ascii_digit() || among.contains(c),
            _ => true,
        }
    }
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{3000}' | '\u{2009}' | '\u{202f}')
}

pub(super) fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether a syllable ends in ㄴ, as 난, 긴, 된.
pub(super) fn ends_in_n(c: char) -> bool {
    is_hangul(c) && (c as u32 - '가' as u32) % 28 == 4
}

/// Whether the syllable's final consonant is ㅆ: 했, 었, 됐 (the past), but also 있 and 겠.
pub(super) fn ends_in_ss(c: char) -> bool {
    is_hangul(c) && (c as u32 - '가' as u32) % 28 == 20
}
