//! Dates as they are said: 2023년 1월 17일, 23.1.17, 지난 8일, 전날, 지난주 금요일, 추석 당일, 사흘 전, 10·15.

use super::cursor::{Cursor, is_blank, is_hangul};
use super::duration;
use super::lexicon::Lexicon;
use super::number;
use super::syntax::{Base, Date, Direction, Finest, MonthRef, Part, YearRef};

const RANGE: [&str; 8] = ["~", "∼", "〜", "～", "–", "—", "-", "·"];
const LIST: [&str; 9] = ["·", "∙", "ㆍ", "・", ",", "~", "∼", "–", "-"];

/// Reads a date at the cursor.
pub(super) fn date(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Date> {
    let mut c = *cur;
    let mut found = single(&mut c, lexicon)?;
    // 월요일인 15일, 전날인 17일, 하루 전인 지난 20일, 오늘(10일), 15일(오늘): two names of one day; the one with the number is the value.
    let mut d = c;
    if (d.eat("인") || d.eat("이던") || d.eat("이자"))
        && {
            d.eat(",");
            d.spaces()
        }
        && let Some(second) = single(&mut d, lexicon)
        && let Some(both) = same_day(found, second)
    {
        found = both;
        c = d;
    }
    let mut d = c;
    if !matches!(found, Date::Calendar { day: None, .. } | Date::Part { .. }) && d.eat("(") {
        d.spaces();
        if let Some(second) = single(&mut d, lexicon)
            && d.eat(")")
            && let Some(both) = same_day(found, second)
        {
            found = both;
            c = d;
        }
    }
    *cur = c;
    Some(found)
}

/// Of two names of one day, the one that says more; none if they cannot be one day.
fn same_day(first: Date, second: Date) -> Option<Date> {
    let weight = |date: Date| match date {
        Date::Calendar { year, month, day: Some(_), .. } => 4 + i32::from(year.is_some()) + i32::from(month.is_some()),
        Date::Holiday { span: false, .. } | Date::Event { .. } => 3,
        Date::Near { .. } => 2,
        Date::Calendar { year: Some(_), .. } | Date::Calendar { month: Some(_), .. } => 3,
        Date::Ago { .. } | Date::Week { weekday: Some(_), .. } => 2,
        Date::Weekday { .. } => 1,
        _ => 0,
    };
    let (strong, weak) = if weight(first) >= weight(second) { (first, second) } else { (second, first) };
    if weight(strong) == 0 || (weight(weak) >= 4 && weight(strong) >= 4) {
        return None;
    }
    let named = match weak {
        Date::Weekday { weekday, .. } => Some(weekday),
        Date::Week { weekday, .. } => weekday,
        _ => None,
    };
    // 전날인 17일, 이틀 전인 15일: a day looked back at.
    let back = matches!(weak, Date::Near { base: Base::Text, days: ..0 } | Date::Ago { sign: -1, .. });
    Some(match (strong, weak) {
        (Date::Calendar { year: None, month: None, day, .. }, Date::Holiday { direction, year, holiday, offset, span, .. }) => {
            Date::Holiday { direction, year, holiday, offset, span, day }
        }
        (Date::Calendar { direction: Direction::None, year, month, day, weekday }, _) if back => {
            Date::Calendar { direction: Direction::Back, year, month, day, weekday }
        }
        (
            Date::Calendar { direction: Direction::None, year: None, month: None, day, weekday },
            Date::Near { base: Base::Text, days: 1.. },
        ) => Date::Calendar { direction: Direction::After, year: None, month: None, day, weekday },
        (Date::Calendar { direction, year, month, day, weekday }, _) => {
            Date::Calendar { direction, year, month, day, weekday: weekday.or(named) }
        }
        (other, _) => other,
    })
}

fn single(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Date> {
    if cur.peek()?.is_ascii_digit() || cur.starts_with_any(&["'", "‘", "’"]) {
        if let Some(date) = numeric(cur) {
            weekday_paren(cur, lexicon);
            return Some(date);
        }
        if let Some(date) = event(cur, lexicon) {
            return Some(date);
        }
    }
    if let Some(date) = ago(cur, lexicon) {
        return Some(date);
    }
    calendar(cur, lexicon).or_else(|| named(cur, lexicon))
}

/// 2023-01-17, 2023.01.17., 2023. 1. 17, 23.1.17, 2023/01/17, 1/17.
fn numeric(cur: &mut Cursor) -> Option<Date> {
    let before = cur.before();
    let mut c = *cur;
    let quoted = c.eat_any(&["'", "’", "‘"]);
    // A digit before it, or a word of Latin letters (iOS 17.1.2, v23.1.17), says that it is no date.
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, '.' | '/' | '-' | '=' | '_' | '#' | '%' | '$' | '₩')) {
        return None;
    }
    let latin_word = cur.text[..cur.pos].trim_end_matches(is_blank).ends_with(|c: char| c.is_ascii_alphabetic())
        || cur.text[..cur.pos].trim_end_matches(is_blank).ends_with("버전");
    let (first, width) = number::digits(&mut c)?;
    let separator = c.eat_char(|c| matches!(c, '.' | '-' | '/'))?;
    if quoted && width != 2 {
        return None;
    }
    let dots = separator == '.';
    if dots {
        c.spaces();
    }
    let (second, second_width) = number::digits(&mut c)?;
    if second_width > 2 {
        return None;
    }
    let mut d = c;
    if d.eat_char(|x| x == separator).is_some() {
        if dots {
            d.spaces();
        }
        if let Some((third, third_width)) = number::digits(&mut d) {
            let year = match width {
                4 => first,
                2 if !latin_word && (quoted || (dots && first >= 4)) => 2000 + first,
                _ => return None,
            };
            if third_width > 2 || !(1900..=2099).contains(&year) || !(1..=12).contains(&second) || !(1..=31).contains(&third) {
                return None;
            }
            // 2023.01.17.: the last dot belongs to the date where it does not end the sentence.
            let mut e = d;
            if dots && e.eat(".") {
                if e.peek().is_some_and(|c| c.is_ascii_digit()) {
                    return None;
                }
                d = e;
            } else if d.peek().is_some_and(|c| c.is_ascii_alphanumeric() && c != 'T') || d.rest().starts_with(separator) {
                return None;
            }
            *cur = d;
            return Some(calendar_date(Some(YearRef::Number(year as i16)), second as i8, third as i8));
        }
    }
    // 1/17: a day above 12, or a weekday or a clock behind it, tells it from a fraction.
    let weekday = c.rest().starts_with('(')
        && c.rest().chars().nth(2) == Some(')')
        && c.rest().chars().nth(1).is_some_and(|w| "월화수목금토일".contains(w));
    let leads_on = c.after_spaces().starts_with_any(&["오전", "오후", "새벽", "낮", "밤", "부터", "까지"]);
    let sure = second >= 13 || second_width == 2 && second < 10 || weekday || leads_on;
    if separator == '/'
        && width <= 2
        && sure
        && !latin_word
        && (1..=12).contains(&first)
        && (1..=31).contains(&second)
        && c.at_particle("에은는부까께일자의쯤오")
        && !c.starts_with_any(&["/", "-", "."])
    {
        c.eat("일");
        *cur = c;
        return Some(calendar_date(None, first as i8, second as i8));
    }
    None
}

fn calendar_date(year: Option<YearRef>, month: i8, day: i8) -> Date {
    Date::Calendar { direction: Direction::None, year, month: Some(MonthRef::Number(month)), day: Some(day), weekday: None }
}

/// 1015 사태, 10·15, 12·3 비상계엄, 12.3 계엄.
fn event(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Date> {
    if cur.before().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, '.' | '·' | '/' | '-' | '$')) {
        return None;
    }
    let mut c = *cur;
    let (first, width) = number::digits(&mut c)?;
    let (month, day, sure) = if width == 4 {
        (first / 100, first % 100, false)
    } else {
        let point = c.eat_char(|c| matches!(c, '·' | '∙' | 'ㆍ' | '・' | '.'))?;
        let (second, second_width) = number::digits(&mut c)?;
        if width > 2 || second_width > 2 {
            return None;
        }
        (first, second, point != '.' && (first >= 10 || second >= 13))
    };
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || lexicon.historic.contains(&cur.text[cur.pos..c.pos].replace(['∙', 'ㆍ', '・'], "·"))
    {
        return None;
    }
    let noun = c.after_spaces();
    let mut d = noun;
    let named = d.eat_word(&lexicon.events).is_some();
    let closed = c.at_particle("를을은는이의에")
        && !c.starts_with_any(&["·", ".", "/", "-", "%", "∙"])
        && !noun.peek().is_some_and(|n| n.is_ascii_digit());
    let alone = sure && closed;
    if !named && !alone {
        return None;
    }
    *cur = c;
    Some(Date::Event { month: month as i8, day: day as i8 })
}

/// 사흘 전, 2주 뒤, 석 달 전, 1년 후. A length with a clock in it (3시간 전) stays a length.
fn ago(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Date> {
    let mut c = *cur;
    let (amount, _, _) = duration::amount(&mut c, lexicon)?;
    if amount.finest > Finest::Day {
        return None;
    }
    if let Some((end, _)) = duration::modifier_after(c, lexicon) {
        c.pos = end;
    }
    c.spaces();
    let sign = if c.eat("전") {
        -1
    } else if c.eat("뒤") || c.eat("후") {
        1
    } else {
        return None;
    };
    if !c.at_particle("에인엔부까의쯤보만과이으늦로") || c.starts_with_any(&["에 없", "의 "]) && sign > 0 {
        return None;
    }
    // 19일 전 거래일보다, 전 세계, 전 직원: 전 belongs to the noun.
    if c.after_spaces().starts_with_any(&["거래일", "세계", "직원", "국민", "점포", "지점", "구간", "노선", "종목"]) {
        return None;
    }
    // 2주 전 금요일.
    let mut d = c;
    if sign < 0
        && amount.finest == Finest::Day
        && amount.years + amount.months == 0.0
        && amount.days % 7.0 == 0.0
        && d.spaces()
        && let Some(weekday) = d.eat_word(&lexicon.weekday)
    {
        *cur = d;
        return Some(Date::Week { weeks: -((amount.days / 7.0).min(10_000.0) as i32), weekday: Some(weekday) });
    }
    let head = cur.text[..cur.pos].trim_end_matches(is_blank);
    // 하루 전 is 전날, seen from the day that the text is on.
    let day_before = sign < 0 && amount.finest == Finest::Day && amount.days == 1.0 && amount.years + amount.months == 0.0;
    let text_based = sign > 0
        || day_before
        || ["그보다", "이보다", "그", "그로부터", "이로부터", "사고", "사태", "발생"].iter().any(|w| head.ends_with(w));
    *cur = c;
    Some(Date::Ago { base: if text_based { Base::Text } else { Base::Publication }, amount, sign })
}

/// "오류가 난 지 15시간이 더 지난 26일": the verb, not the direction.
fn elapsed(cur: &Cursor) -> bool {
    let before = cur.text[..cur.pos].trim_end_matches(is_blank);
    let before = ["더", "훌쩍", "이미", "벌써"].iter().find_map(|w| before.strip_suffix(w)).unwrap_or(before).trim_end_matches(is_blank);
    let before = ["이", "가", "도", "넘게", "가까이", "이상", "남짓"].iter().find_map(|w| before.strip_suffix(w));
    before.is_some_and(|b| {
        let unit = b.trim_end_matches(is_blank);
        ["시간", "분", "일", "달", "개월", "년", "주"]
            .iter()
            .filter_map(|u| unit.strip_suffix(u))
            .any(|b| b.ends_with(|c: char| c.is_ascii_digit()))
            || ["하루", "이틀", "사흘", "나흘", "닷새", "보름"].iter().any(|u| unit.ends_with(u))
    })
}

/// Year, month, day in their Korean order, each of which may be missing.
fn calendar(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Date> {
    let mut c = *cur;
    let mut direction = Direction::None;
    let mut d = c;
    // 지난 해 is 지난해 written apart.
    if !c.starts_with_any(&["지난 해"])
        && let Some(sign) = d.eat_word(&lexicon.direction)
        && d.spaces()
        && !c.before().is_some_and(is_hangul)
        && !elapsed(&c)
    {
        direction = if sign < 0 { Direction::Past } else { Direction::Future };
        c = d;
    }
    let year = year(&mut c, lexicon);
    let named_year = year.is_some();
    if named_year {
        let mut e = c;
        e.spaces();
        if let Some(part) = year_part(&mut e) {
            *cur = e;
            return Some(Date::Part { direction, year, month: None, part });
        }
        let mut e = c;
        e.spaces();
        if let Some(holiday) = holiday(&mut e, lexicon, direction, year) {
            *cur = e;
            return Some(holiday);
        }
    } else if let Some(part) = year_part(&mut c) {
        *cur = c;
        return Some(Date::Part { direction, year: None, month: None, part });
    }
    let mut m = c;
    if named_year {
        m.eat("의");
        m.eat(",");
        m.spaces();
    }
    let month = month(&mut m, lexicon, named_year);
    if month.is_some() {
        c = m;
        let mut e = c;
        e.spaces();
        if let Some(part) = month_part(&mut e) {
            *cur = e;
            return Some(Date::Part { direction, year, month, part });
        }
        if let Some(found) = nth_weekday(&mut c, lexicon, direction, year, month) {
            *cur = c;
            return Some(found);
        }
    }
    let mut day_at = c;
    if month.is_some() {
        day_at.eat("의");
        day_at.spaces();
    }
    let day = if named_year && month.is_none() { None } else { day(&mut day_at, lexicon, month.is_some()) };
    if day.is_some() {
        c = day_at;
    }
    if year.is_none() && month.is_none() && day.is_none() {
        if direction == Direction::None {
            return None;
        }
        // 지난 금요일, 지난 추석.
        let mut e = c;
        if let Some(weekday) = e.eat_word(&lexicon.weekday) {
            *cur = e;
            return Some(Date::Weekday { direction, weekday });
        }
        let mut e = c;
        let found = holiday(&mut e, lexicon, direction, None)?;
        *cur = e;
        return Some(found);
    }
    let weekday = if day.is_some() { weekday_paren(&mut c, lexicon) } else { None };
    *cur = c;
    Some(Date::Calendar { direction, year, month, day, weekday })
}

/// 2023년, '23년, 23년 (before a month), 올해, 올 (before a month), 지난해, 같은 해.
fn year(cur: &mut Cursor, lexicon: &Lexicon) -> Option<YearRef> {
    let mut c = *cur;
    let word = c
        .eat_word(&lexicon.year_publication)
        .map(|n| YearRef::Relative(Base::Publication, n))
        .or_else(|| c.eat_word(&lexicon.year_text).map(|n| YearRef::Relative(Base::Text, n)));
    if let Some(year) = word {
        if !c.at_particle(&lexicon.follow.year) || c.starts_with_any(&["대비"]) {
            return None;
        }
        *cur = c;
        return Some(year);
    }
    let mut c = *cur;
    if c.eat("올") && c.spaces() {
        let d = c;
        let leads_on = d.peek().is_some_and(|c| c.is_ascii_digit()) && digits_then(d, &["월", "분기"])
            || d.starts_with_any(&["상반기", "하반기", "들어", "한 해", "초", "연초", "초부터"]);
        if leads_on {
            // The blank belongs to what follows.
            c = *cur;
            c.eat("올");
            *cur = c;
            return Some(YearRef::Relative(Base::Publication, 0));
        }
        return None;
    }
    let mut c = *cur;
    let quoted = c.eat_any(&["'", "’", "‘"]);
    let (value, width) = match number::digits(&mut c) {
        Some((value, width)) => (value, width),
        None if !quoted => {
            let n = number::sino(&mut c)?;
            let value = n.whole()?;
            if value < 1000 {
                return None;
            }
            (value, 4)
        }
        None => return None,
    };
    let shared = width == 4 && !c.rest().starts_with('년') && unit_ahead(c, '년');
    if !shared && !c.eat("년") {
        return None;
    }
    let month_follows = digits_then(c.after_spaces(), &["월"]);
    let year = match width {
        4 if (1900..=2099).contains(&value) => value,
        2 if quoted || month_follows => 2000 + value,
        _ => return None,
    };
    if !shared && (!c.at_particle(&lexicon.follow.year) || c.starts_with_any(&["생", "대", "산 ", "식 ", "차 ", "만에", "가량", "이상"]))
    {
        return None;
    }
    c.eat("도");
    *cur = c;
    Some(YearRef::Number(year as i16))
}

/// Whether digits and then one of the units come next, perhaps with a range or list in between (1~7월).
fn digits_then(cur: Cursor, units: &[&str]) -> bool {
    let mut c = cur;
    for _ in 0..8 {
        if number::digits(&mut c).is_none_or(|(_, width)| width > 2) {
            return false;
        }
        if c.starts_with_any(units) {
            return true;
        }
        if !c.eat_any(&LIST) {
            return false;
        }
        c.spaces();
    }
    false
}

/// In 14∼15일 and 1·4·5·8일 the unit stands once, at the end.
pub(super) fn unit_ahead(cur: Cursor, unit: char) -> bool {
    let mut c = cur;
    for _ in 0..8 {
        c.spaces();
        if !c.eat_any(&LIST) && !c.eat_any(&RANGE) {
            return false;
        }
        c.spaces();
        let Some((_, width)) = number::digits(&mut c) else { return false };
        if width > 4 {
            return false;
        }
        if c.peek() == Some(unit) {
            let mut after = c;
            after.eat_char(|_| true);
            // 3~4시간, 1967~68년생, 1980~90년대, 3~4월호.
            return !after.starts_with_any(&["간", "생", "대", "호", "차", "치"]);
        }
    }
    false
}

/// 상반기, 4분기, 초, 말 after a year; 상반기, 1분기, 연말 and 연초 alone.
fn year_part(cur: &mut Cursor) -> Option<Part> {
    let mut c = *cur;
    let after_year = c.before().is_some_and(|b| is_hangul(b) || is_blank(b));
    let part = if c.eat("상반기") {
        Part::Half(1)
    } else if c.eat("하반기") {
        Part::Half(2)
    } else if c.eat("연초") || c.eat("정초") {
        Part::YearStart
    } else if c.eat("연말") {
        Part::YearEnd
    } else if after_year
        && (cur.text[..cur.pos].trim_end_matches(is_blank).ends_with(['년', '해']) || cur.text[..cur.pos].trim_end().ends_with('올'))
        && c.starts_with_any(&["초", "말"])
    {
        if c.eat("초") { Part::YearStart } else { c.eat("말").then_some(Part::YearEnd)? }
    } else {
        let (n, 1) = number::digits(&mut c)? else { return None };
        if !(1..=4).contains(&n) || !(c.eat("분기") || c.eat("/4분기") || c.eat("·4분기") || c.eat("사분기") || c.eat("4분기"))
        {
            return None;
        }
        Part::Quarter(n as i8)
    };
    if !c.at_particle("에은는이가을를의와과도만로부까쯤중말초보대내동")
        || c.starts_with_any(&["연시", "정산", "대비", "과 "]) && matches!(part, Part::YearEnd | Part::YearStart)
    {
        return None;
    }
    *cur = c;
    Some(part)
}

/// 1월, 이달, 지난달, 같은 달, 삼월.
fn month(cur: &mut Cursor, lexicon: &Lexicon, after_year: bool) -> Option<MonthRef> {
    let mut c = *cur;
    let word = c
        .eat_word(&lexicon.month_publication)
        .map(|n| MonthRef::Relative(Base::Publication, n))
        .or_else(|| c.eat_word(&lexicon.month_text).map(|n| MonthRef::Relative(Base::Text, n)));
    if let Some(month) = word {
        if !c.at_particle(&lexicon.follow.month) {
            return None;
        }
        *cur = c;
        return Some(month);
    }
    let mut c = *cur;
    let mut sino = false;
    let value = match number::digits(&mut c) {
        Some((value, 1 | 2)) => value,
        Some(_) => return None,
        None if c.eat("유") => 6,
        None if c.eat("시") => 10,
        None => {
            sino = true;
            number::sino(&mut c)?.whole()?
        }
    };
    let shared = !sino && c.peek() != Some('월') && unit_ahead(c, '월');
    if !(1..=12).contains(&value) || !(shared || c.eat("월")) {
        return None;
    }
    if !shared && !c.at_particle(&lexicon.follow.month) {
        return None;
    }
    // 이월, 구월, 유월 are words of their own: by themselves they need a day or a year.
    let written = &cur.text[cur.pos..c.pos];
    if !written.starts_with(|c: char| c.is_ascii_digit()) && !after_year {
        let mut d = c.after_spaces();
        let day_follows = number::sino(&mut d).is_some() && d.eat("일");
        let plain = matches!(written, "삼월" | "사월" | "오월" | "칠월" | "팔월" | "십일월" | "십이월")
            && c.starts_with_any(&["에", "부터", "까지", "의", "말", "초", " 초", " 말", " 중순"]);
        if !day_follows && !plain {
            return None;
        }
    }
    *cur = c;
    Some(MonthRef::Number(value as i8))
}

/// "셋째 주 금요일", "마지막 금요일" after a month.
fn nth_weekday(cur: &mut Cursor, lexicon: &Lexicon, direction: Direction, year: Option<YearRef>, month: Option<MonthRef>) -> Option<Date> {
    let mut c = cur.after_spaces();
    let nth = c.eat_word(&lexicon.ordinal)?;
    c.spaces();
    if c.eat("주") {
        c.spaces();
    }
    let weekday = c.eat_word(&lexicon.weekday)?;
    *cur = c;
    Some(Date::Nth { direction, year, month: month?, nth, weekday })
}

/// 초, 초순, 중순, 하순, 말 after a month.
fn month_part(cur: &mut Cursor) -> Option<Part> {
    let mut c = *cur;
    let part = if c.eat("초순") || c.eat("상순") || c.eat("초") {
        Part::First
    } else if c.eat("중순") {
        Part::Middle
    } else if c.eat("하순") || c.eat("말") {
        Part::Last
    } else {
        return None;
    };
    if !c.at_particle("에은는이가을를의와과도만로부까께쯤경") {
        return None;
    }
    *cur = c;
    Some(part)
}

/// 17일, 십오일; a number of days (15일간, 3일 만에) is none.
fn day(cur: &mut Cursor, lexicon: &Lexicon, after_month: bool) -> Option<i8> {
    let mut c = *cur;
    if !after_month && c.before().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, '.' | '제' | '$' | '₩')) {
        return None;
    }
    let mut sino = false;
    let value = match number::digits(&mut c) {
        Some((value, 1 | 2)) => value,
        Some(_) => return None,
        None => {
            sino = true;
            let value = number::sino(&mut c)?.whole()?;
            // 삼일, 오일, 이일 are other words; 십오일 is not.
            if !after_month && value < 10 {
                return None;
            }
            value
        }
    };
    let shared = !sino && c.peek() != Some('일') && unit_ahead(c, '일');
    if !(1..=31).contains(&value) || !(shared || c.eat("일")) {
        return None;
    }
    if shared {
        // "2~3일 걸린다", "1~2일간" are lengths.
        let end = c.rest().find('일').map(|i| &c.rest()[i + '일'.len_utf8()..]).unwrap_or_default();
        if !after_month
            && (end.starts_with("간")
                || [" 걸", "이 걸", " 동안", " 정도", " 안에", " 이내", " 만에", " 만인"].iter().any(|w| end.starts_with(w)))
        {
            return None;
        }
        *cur = c;
        return Some(value as i8);
    }
    if !c.at_particle(&lexicon.follow.day)
        || c.starts_with_any(&[
            "정도",
            "가량",
            "여 ",
            "치",
            "차",
            "이내",
            "이상",
            "에 한 번",
            "만에",
            "만인",
            "만의",
            "만이",
            "동안",
            "째",
            "면 ",
            "의 시간",
        ])
    {
        return None;
    }
    let after = c.after_spaces();
    let length = c.starts_with_any(&["간", "내내"]) && !c.starts_with_any(&["간담"])
        || after.starts_with_any(&[
            "만에",
            "만인",
            "만의 ",
            "만이",
            "동안",
            "이내",
            "연속",
            "내리",
            "이상",
            "가까이",
            "남짓",
            "넘게",
            "정도",
            "안에",
            "내에",
            "간의",
            "간 ",
        ])
        || (!after_month && c.pos < after.pos && hours_follow(after));
    if length {
        return None;
    }
    *cur = c;
    Some(value as i8)
}

/// "5일 7시간 30분": hours make the days before them a length.
fn hours_follow(cur: Cursor) -> bool {
    let mut c = cur;
    number::digits(&mut c).is_some() && c.eat("시간")
}

/// (화), 화요일, (화요일).
fn weekday_paren(cur: &mut Cursor, lexicon: &Lexicon) -> Option<i8> {
    let mut c = *cur;
    let spaced = c.spaces();
    if c.eat("(") {
        let weekday = c.eat_word(&lexicon.weekday).or_else(|| c.eat_word(&lexicon.weekday_short))?;
        if !c.eat(")") {
            return None;
        }
        *cur = c;
        return Some(weekday);
    }
    let weekday = if spaced { c.eat_word(&lexicon.weekday)? } else { return None };
    *cur = c;
    Some(weekday)
}

/// 오늘, 전날, 지난주 금요일, 지난 주말, 금요일, 추석 당일, 월초.
fn named(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Date> {
    let follow = &lexicon.follow.day;
    let mut c = *cur;
    let near = c.eat_word(&lexicon.day_publication).map(|days| Date::Near { base: Base::Publication, days }).or_else(|| {
        let base = if c.starts_with_any(&["같은", "그날"]) { Base::Spoken } else { Base::Text };
        c.eat_word(&lexicon.day_text).map(|days| Date::Near { base, days })
    });
    if let Some(date) = near {
        let word = &cur.text[cur.pos..c.pos];
        // 오늘날, 그제야, 당일치기, 어제오늘.
        if !c.at_particle(follow) && !c.starts_with_any(&["치 "]) || c.starts_with_any(&["날", "치기", "야 ", "서야", "오늘"]) {
            return None;
        }
        if word == "그제" && c.starts_with_any(&["야", "서"]) {
            return None;
        }
        *cur = c;
        return Some(date);
    }
    let mut c = *cur;
    if let Some(weeks) = c.eat_word(&lexicon.weekend) {
        *cur = c;
        return Some(Date::Weekend { weeks });
    }
    if let Some(weeks) = c.eat_word(&lexicon.week) {
        let d = c.after_spaces();
        let mut e = d;
        if let Some(weekday) = e.eat_word(&lexicon.weekday) {
            *cur = e;
            return Some(Date::Week { weeks, weekday: Some(weekday) });
        }
        if e.eat("주말") || e.eat("말") {
            *cur = e;
            return Some(Date::Weekend { weeks });
        }
        if !c.at_particle("에은는이가을를의와과도만로부까내중") {
            return None;
        }
        *cur = c;
        return Some(Date::Week { weeks, weekday: None });
    }
    let mut c = *cur;
    if let Some(weekday) = c.eat_word(&lexicon.weekday) {
        if !c.at_particle(follow) {
            return None;
        }
        *cur = c;
        return Some(Date::Weekday { direction: Direction::None, weekday });
    }
    let mut c = *cur;
    if (c.eat("월초") || c.eat("월말")) && c.at_particle("에은는이가을를의와과도만로부까께쯤") {
        let part = if cur.rest().starts_with("월초") { Part::First } else { Part::Last };
        *cur = c;
        return Some(Date::Part { direction: Direction::None, year: None, month: Some(MonthRef::Relative(Base::Publication, 0)), part });
    }
    holiday(cur, lexicon, Direction::None, None)
}

/// 설날, 추석 당일, 추석 전날, 추석 연휴, 크리스마스이브, 수능일.
fn holiday(cur: &mut Cursor, lexicon: &Lexicon, direction: Direction, year: Option<YearRef>) -> Option<Date> {
    let mut c = *cur;
    let found = c.eat_word(&lexicon.holidays)?;
    let after = c.after_spaces();
    let mut d = after;
    let mut offset = 0;
    let mut span = false;
    let mut more = true;
    if d.eat("연휴") {
        let mut e = d.after_spaces();
        if found.three_days && (e.eat("첫날") || e.eat("첫째 날")) {
            offset = -1;
            d = e;
        } else if found.three_days && (e.eat("마지막 날") || e.eat("마지막날")) {
            offset = 1;
            d = e;
        } else if found.three_days && e.eat("이튿날") {
            d = e;
        } else {
            span = found.three_days;
        }
    } else if d.eat("당일") {
    } else if d.eat("전날") || d.eat("하루 전") {
        offset = -1;
    } else if d.eat("다음 날") || d.eat("다음날") || d.eat("이튿날") {
        offset = 1;
    } else {
        d = c;
        let mut e = c;
        let date_follows = e.eat("(") && e.peek().is_some_and(|c| c.is_ascii_digit()) || c.rest().starts_with("인 ");
        more = date_follows || direction != Direction::None || year.is_some() && !found.three_days;
        // "광복절 특별사면", "어린이날 선물": what it is for, not when it was.
        let theme = ["특사", "특별", "사면", "기념", "경축", "맞이", "특집", "세일", "선물", "할인", "행사", "이벤트", "프로모션"];
        if !c.at_particle("에은는이가을를의와과도부까인였") || theme.iter().any(|w| after.rest().starts_with(w)) {
            return None;
        }
    }
    if found.needs_more && !more {
        return None;
    }
    *cur = d;
    Some(Date::Holiday { direction, year, holiday: found, offset, span, day: None })
}
