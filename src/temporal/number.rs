//! Numerals: digits with thousands separators and a fraction, native (한, 두, 스물네) and Sino-Korean (십오, 이천이십삼).

use super::cursor::Cursor;
use super::lexicon::Lexicon;

/// A numeral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    /// How many digits it was written with; none for a word.
    pub(super) digits: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Digits,
    Native,
    Sino,
}

impl Number {
    /// The value as a whole number, where it is one.
    pub(super) fn whole(self) -> Option<i64> {
        (self.value.fract() == 0.0 && self.value.abs() < 1e9).then_some(self.value as i64)
    }
}

/// The plain digits at the cursor, at most nine of them.
pub(super) fn digits(cur: &mut Cursor) -> Option<(i64, usize)> {
    let rest = cur.rest().as_bytes();
    let len = rest.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
    if len == 0 || len > 9 {
        return None;
    }
    let value = rest[..len].iter().fold(0i64, |n, b| n * 10 + i64::from(b - b'0'));
    cur.pos += len;
    Some((value, len))
}

/// Digits, with thousands separators and a fraction if there are any.
pub(super) fn decimal(cur: &mut Cursor) -> Option<Number> {
    let mut c = *cur;
    let (mut whole, mut len) = digits(&mut c)?;
    while len <= 9 {
        let mut d = c;
        match (d.eat(","), digits(&mut d)) {
            (true, Some((group, 3))) => {
                whole = whole * 1000 + group;
                len += 3;
                c = d;
            }
            _ => break,
        }
    }
    let mut value = whole as f64;
    let mut d = c;
    if d.eat(".")
        && let Some((fraction, places)) = digits(&mut d)
    {
        value += fraction as f64 / 10f64.powi(places as i32);
        c = d;
    }
    if c.peek().is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    *cur = c;
    Some(Number { value, digits: len, kind: Kind::Digits })
}

/// A native numeral.
pub(super) fn native(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Number> {
    let value = cur.eat_word(&lexicon.native)?;
    Some(Number { value, digits: 0, kind: Kind::Native })
}

/// A Sino-Korean numeral below ten thousand. 일 is one and also the unit day: what follows it decides.
pub(super) fn sino(cur: &mut Cursor) -> Option<Number> {
    let start = *cur;
    let mut total = 0i64;
    let mut digit: Option<i64> = None;
    let mut last_unit = i64::MAX;
    let mut c = *cur;
    for _ in 0..9 {
        let Some(ch) = c.peek() else { break };
        let place = match ch {
            '십' => 10,
            '백' => 100,
            '천' => 1000,
            _ => 0,
        };
        if place > 0 {
            if place >= last_unit {
                break;
            }
            total += digit.take().unwrap_or(1) * place;
            last_unit = place;
        } else if let Some(n) = "일이삼사오육칠팔구".chars().position(|d| d == ch) {
            // Two digits in a row are no numeral: the second is the unit 일.
            if digit.is_some() {
                break;
            }
            // "십일" before a particle is the tenth, before another 일 it is eleven.
            if ch == '일' && c.pos > start.pos {
                let mut after = c;
                after.pos += ch.len_utf8();
                let next = after.peek();
                let unit_follows = matches!(next, Some('일' | '월' | '년' | '분' | '초' | '시' | '주' | '개' | '십' | '백'));
                if !unit_follows {
                    break;
                }
            }
            digit = Some(n as i64 + 1);
        } else {
            break;
        }
        c.pos += ch.len_utf8();
    }
    if c.pos == start.pos {
        return None;
    }
    *cur = c;
    let value = (total + digit.unwrap_or(0)) as f64;
    Some(Number { value, digits: 0, kind: Kind::Sino })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(f64, &str)> {
        let mut cur = Cursor::new(text, 0);
        let n = sino(&mut cur)?;
        Some((n.value, cur.rest()))
    }

    #[test]
    fn sino_numerals_stop_at_the_unit() {
        assert_eq!(read("십오일"), Some((15.0, "일")));
        assert_eq!(read("십일일"), Some((11.0, "일")));
        assert_eq!(read("십일에"), Some((10.0, "일에")));
        assert_eq!(read("이천이십삼년"), Some((2023.0, "년")));
        assert_eq!(read("삼월"), Some((3.0, "월")));
        assert_eq!(read("삼십일일"), Some((31.0, "일")));
        assert_eq!(read("가십"), None);
    }

    #[test]
    fn decimals() {
        let read = |text: &str| {
            let mut cur = Cursor::new(text, 0);
            decimal(&mut cur).map(|n| (n.value, cur.pos))
        };
        assert_eq!(read("1,234시간"), Some((1234.0, 5)));
        assert_eq!(read("2.5시간"), Some((2.5, 3)));
        assert_eq!(read("15, 16일"), Some((15.0, 2)));
        assert_eq!(read("1234567890"), None);
    }
}
