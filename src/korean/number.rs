//! Korean numerals → integers: digits with Korean units (3만5천), Sino-Korean (이십오), native (스물세).
//!
//! What is counted, and whether 한두 means one or two, is left to the caller: only exact numbers are read.

/// A number at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its value.
    pub value: u64,
    /// How many bytes of the text it takes.
    pub len: usize,
}

/// The value of a text that is one number from end to end.
///
/// ```
/// use meoktong::korean::number::parse;
/// assert_eq!(parse("삼만 5천"), Some(35_000));
/// assert_eq!(parse("1억2천만"), Some(120_000_000));
/// assert_eq!(parse("스물세"), Some(23));
/// assert_eq!(parse("한두"), None);
/// ```
pub fn parse(text: &str) -> Option<u64> {
    prefix(text).filter(|number| number.len == text.len()).map(|number| number.value)
}

/// The longest number that a text begins with.
///
/// None where it begins with none, or with a guess (한두, 서너), a fraction (3.5) or a number beyond 64 bits.
pub fn prefix(text: &str) -> Option<Number> {
    let mut at = 0;
    let mut total: u128 = 0;
    let mut below = u128::MAX;
    loop {
        // A space may stand after a unit only: 3만 5천, but 30 5천 are two numbers.
        let gap = if at > 0 && text[at..].starts_with(' ') { 1 } else { 0 };
        let rest = &text[at + gap..];
        let group = group(rest)?;
        let after = &rest[group.len..];
        let big = BIG.iter().find(|(unit, size)| after.starts_with(unit) && *size < below);
        let (value, length) = match (big, group.len) {
            (Some((unit, size)), 0) if at == 0 && *unit == "만" => (*size * SCALE, unit.len()),
            (Some((unit, size)), length) if length > 0 => (group.value.checked_mul(*size)?, length + unit.len()),
            (None, length) if length > 0 && (gap == 0 || group.value < below.saturating_mul(SCALE)) => (group.value, length),
            _ => break,
        };
        total = total.checked_add(value)?;
        at += gap + length;
        match big {
            Some((_, size)) => below = *size,
            None => break,
        }
    }
    let value = total.checked_div(SCALE).filter(|value| at > 0 && value * SCALE == total)?;
    Some(Number { value: u64::try_from(value).ok()?, len: at })
}

/// Values are counted in millionths until the units are known (3.5만).
const SCALE: u128 = 1_000_000;
const BIG: &[(&str, u128)] = &[("경", 10u128.pow(16)), ("조", 10u128.pow(12)), ("억", 10u128.pow(8)), ("만", 10u128.pow(4))];
const SMALL: &[(&str, u128)] = &[("천", 1000), ("백", 100), ("십", 10)];
const SINO: &[(&str, u128)] =
    &[("일", 1), ("이", 2), ("삼", 3), ("사", 4), ("오", 5), ("육", 6), ("륙", 6), ("칠", 7), ("팔", 8), ("구", 9), ("영", 0), ("공", 0)];
const NATIVE_TENS: &[(&str, u128)] = &[
    ("열", 10),
    ("스물", 20),
    ("스무", 20),
    ("서른", 30),
    ("마흔", 40),
    ("쉰", 50),
    ("예순", 60),
    ("일흔", 70),
    ("여든", 80),
    ("아흔", 90),
];
const NATIVE: &[(&str, u128)] = &[
    ("하나", 1),
    ("한", 1),
    ("둘", 2),
    ("두", 2),
    ("셋", 3),
    ("세", 3),
    ("석", 3),
    ("넷", 4),
    ("네", 4),
    ("넉", 4),
    ("다섯", 5),
    ("여섯", 6),
    ("일곱", 7),
    ("여덟", 8),
    ("아홉", 9),
];

#[derive(Clone, Copy)]
struct Group {
    /// In millionths.
    value: u128,
    len: usize,
}

/// What stands before 만, 억, …; empty where nothing does. None where a guess stands there.
fn group(text: &str) -> Option<Group> {
    let (mut at, mut value, mut below) = (0, 0u128, u128::MAX);
    loop {
        let rest = &text[at..];
        if let Some(native) = native(rest)? {
            return Some(Group { value: value + native.value * SCALE, len: at + native.len });
        }
        let digit = digits(rest).or_else(|| word(SINO, rest).map(|(n, len)| Group { value: n * SCALE, len }));
        let length = digit.map_or(0, |d| d.len);
        match word(SMALL, &rest[length..]).filter(|(unit, _)| *unit < below) {
            Some((unit, unit_length)) => {
                value = value.checked_add(digit.map_or(SCALE, |d| d.value).checked_mul(unit)?)?;
                at += length + unit_length;
                below = unit;
            }
            None => {
                value = value.checked_add(digit.map_or(0, |d| d.value))?;
                return Some(Group { value, len: at + length });
            }
        }
    }
}

/// 열두, 스물세, 서른; None where it is a guess (한두).
fn native(text: &str) -> Option<Option<Group>> {
    let (tens, tens_length) = word(NATIVE_TENS, text).unwrap_or((0, 0));
    let (ones, ones_length) = word(NATIVE, &text[tens_length..]).unwrap_or((0, 0));
    let len = tens_length + ones_length;
    if len == 0 {
        // 일곱 begins with the Sino-Korean 일, so the native words are looked at first; the guesses have forms of their own.
        let guesses = ["서너", "너댓", "네댓", "대여섯", "예닐곱", "일고여덟", "엳아홉"];
        return if guesses.iter().any(|guess| text.starts_with(guess)) { None } else { Some(None) };
    }
    let guess =
        ones_length > 0 && (word(NATIVE, &text[len..]).is_some() || text[len..].starts_with("서너") || text[len..].starts_with("댓"));
    (!guess).then_some(Some(Group { value: tens + ones, len }))
}

fn word(words: &[(&str, u128)], text: &str) -> Option<(u128, usize)> {
    words.iter().find(|(word, _)| text.starts_with(word)).map(|(word, value)| (*value, word.len()))
}

/// 1234, 1,234, 3.5
fn digits(text: &str) -> Option<Group> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).filter(|b| b.is_ascii_digit()).map(|b| u128::from(b - b'0'));
    let (mut at, mut value) = (0, 0u128);
    loop {
        if let Some(d) = digit(at) {
            value = value.checked_mul(10)?.checked_add(d)?;
            at += 1;
        } else if at > 0 && bytes.get(at) == Some(&b',') && (1..=3).all(|i| digit(at + i).is_some()) && digit(at + 4).is_none() {
            at += 1;
        } else {
            break;
        }
    }
    if at == 0 {
        return None;
    }
    let mut value = value.checked_mul(SCALE)?;
    if bytes.get(at) == Some(&b'.') && digit(at + 1).is_some() {
        at += 1;
        let mut place = SCALE;
        while let Some(d) = digit(at) {
            place /= 10;
            value += d * place;
            at += 1;
        }
    }
    Some(Group { value, len: at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_table() {
        let table: &[(&str, u64)] = &[
            ("0", 0),
            ("15", 15),
            ("1,234", 1234),
            ("1,234,567", 1_234_567),
            ("3만", 30_000),
            ("3.5만", 35_000),
            ("3만5천", 35_000),
            ("삼만 5천", 35_000),
            ("삼만오천", 35_000),
            ("1억2천만", 120_000_000),
            ("1억 2,000만", 120_000_000),
            ("2천5백", 2500),
            ("5천", 5000),
            ("천만", 10_000_000),
            ("만", 10_000),
            ("만 이천", 12_000),
            ("백이십", 120),
            ("이십오", 25),
            ("십", 10),
            ("십육", 16),
            ("이천이십삼", 2023),
            ("1조 2억", 1_000_200_000_000),
            ("한", 1),
            ("하나", 1),
            ("열두", 12),
            ("열", 10),
            ("스물세", 23),
            ("스무", 20),
            ("서른여덟", 38),
            ("아흔아홉", 99),
            ("백열두", 112),
            ("일곱", 7),
            ("일흔일곱", 77),
            ("네", 4),
        ];
        for (text, value) in table {
            assert_eq!(parse(text), Some(*value), "{text}");
        }
    }

    #[test]
    fn takes_the_longest_number_in_front() {
        for (text, value, taken) in [
            ("두 시간", 2, "두"),
            ("열두 시 30분", 12, "열두"),
            ("15일", 15, "15"),
            ("3만 명", 30_000, "3만"),
            ("3만 5천여 명", 35_000, "3만 5천"),
            ("30 5천", 30, "30"),
            ("2023년", 2023, "2023"),
            ("1,2", 1, "1"),
            ("천 명", 1000, "천"),
            ("이십분", 20, "이십"),
        ] {
            assert_eq!(prefix(text), Some(Number { value, len: taken.len() }), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_exact_number() {
        for text in [
            "",
            "명",
            "한두",
            "두세",
            "서너",
            "두서너",
            "네댓",
            "대여섯",
            "3.5",
            "열한두",
            "99999999999999999999999999999999999999999",
            "5천5천",
            "억",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_inside(text in "[0-9,. 일이삼사오육칠팔구십백천만억조경한두세네열스물서른아흔년\u{0}-\u{ff}]{0,40}") {
            if let Some(number) = prefix(&text) {
                prop_assert!(number.len > 0 && text.is_char_boundary(number.len));
            }
        }

        #[test]
        fn reads_what_is_written_with_units(eok in 0u64..10_000, man in 0u64..10_000, ones in 0u64..10_000) {
            let mut text = String::new();
            for (value, unit) in [(eok, "억"), (man, "만"), (ones, "")] {
                if value > 0 {
                    text.push_str(&format!("{value}{unit}"));
                }
            }
            prop_assume!(!text.is_empty());
            prop_assert_eq!(parse(&text), Some(eok * 100_000_000 + man * 10_000 + ones));
        }
    }
}
