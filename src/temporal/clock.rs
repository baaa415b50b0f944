//! Clock times as they are said: 오후 3시 5분, 15:20, 열두 시 반, 자정; and the part of the day before them.

use super::cursor::{Cursor, is_blank};
use super::date::unit_ahead;
use super::lexicon::Lexicon;
use super::number::{self, Kind};
use super::syntax::Clock;
use super::{DayPart, Modifier, duration};

/// The part of the day at the cursor.
pub(super) fn day_part(cur: &mut Cursor, lexicon: &Lexicon) -> Option<(DayPart, bool)> {
    let mut c = *cur;
    if let Some(found) = c.eat_word(&lexicon.day_part) {
        let digit = c.peek().is_some_and(|c| c.is_ascii_digit());
        if digit || c.at_particle("에은는이가을를의와과도만로부까께내늦중부열한두세네다여일아자정") {
            // 낮은, 낮아, 밤에 but not 밤을; 오후반.
            if found.0 == DayPart::Noon && c.starts_with_any(&["은", "이", "을", "아", "고", "게"]) {
                return None;
            }
            *cur = c;
            return Some(found);
        }
        return None;
    }
    for (word, part) in [
        ("AM", DayPart::Forenoon),
        ("am", DayPart::Forenoon),
        ("a.m.", DayPart::Forenoon),
        ("PM", DayPart::Afternoon),
        ("pm", DayPart::Afternoon),
        ("p.m.", DayPart::Afternoon),
    ] {
        let mut c = *cur;
        if c.eat(word) && c.spaces() && c.peek().is_some_and(|c| c.is_ascii_digit()) {
            c = *cur;
            c.eat(word);
            *cur = c;
            return Some((part, false));
        }
    }
    None
}

/// A clock time at the cursor; `part` says whether a part of the day came before it.
pub(super) fn clock(cur: &mut Cursor, lexicon: &Lexicon, part: bool) -> Option<(Clock, Option<DayPart>)> {
    colon(cur, part).or_else(|| hours(cur, lexicon, part).map(|c| (c, None))).or_else(|| {
        let mut c = *cur;
        let clock = if c.eat("자정") {
            let midnight = Clock { hour: 0, minute: 0, second: None, exact: false, midnight: true };
            // "자정 12시 20분": the hour is said twice.
            let mut again = c;
            again.spaces();
            match hours(&mut again, lexicon, true) {
                Some(said) if matches!(said.hour, 0 | 12) => {
                    *cur = again;
                    return Some((Clock { minute: said.minute, ..midnight }, None));
                }
                _ => midnight,
            }
        } else if c.eat("정오") {
            Clock { hour: 12, minute: 0, second: None, exact: false, midnight: false }
        } else {
            return None;
        };
        // 자정 능력, 자정 노력: cleaning oneself.
        if !c.at_particle("에은는이을를의와과도만로으부까께쯤경직넘전이무후쯤즈")
            || c.after_spaces().starts_with_any(&["능력", "노력", "작용", "결의", "기능", "운동", "선언"])
        {
            return None;
        }
        *cur = c;
        // "낮 12시 정오" and 정오 carry their own part.
        Some((clock, (clock.hour == 12).then_some(DayPart::Noon)))
    })
}

/// 15:20, 3:20:05, 10:30am.
fn colon(cur: &mut Cursor, part: bool) -> Option<(Clock, Option<DayPart>)> {
    if cur.before().is_some_and(|b| b.is_ascii_alphanumeric() && b != 'T' || matches!(b, ':' | '.' | '/' | '$')) {
        return None;
    }
    let mut c = *cur;
    let exact = c.peek() == Some('0');
    let (hour, 1 | 2) = number::digits(&mut c)? else { return None };
    if !c.eat(":") {
        return None;
    }
    let (minute, 2) = number::digits(&mut c)? else { return None };
    let mut second = None;
    let mut d = c;
    if d.eat(":") {
        let (value, 2) = number::digits(&mut d)? else { return None };
        second = Some(value as i8);
        c = d;
    }
    if hour > 24 || minute > 59 || second.is_some_and(|s| s > 59) || c.peek().is_some_and(|c| c.is_ascii_digit() || c == ':') {
        return None;
    }
    // A score (21:15로 승리) is no time.
    let after = c.after_spaces();
    if !part
        && (c.starts_with_any(&["로 이", "로 승", "로 패", "로 졌", "으로 이", "으로 승"])
            || after.starts_with_any(&["승리", "패배", "역전", "비율"]))
    {
        return None;
    }
    let mut meridiem = None;
    let mut d = after;
    if d.eat_any(&["am", "AM", "a.m."]) && d.at_word_end() {
        meridiem = Some(DayPart::Forenoon);
        c = d;
    } else {
        let mut d = after;
        if d.eat_any(&["pm", "PM", "p.m."]) && d.at_word_end() {
            meridiem = Some(DayPart::Afternoon);
            c = d;
        }
    }
    *cur = c;
    Some((Clock { hour: hour as i8, minute: minute as i8, second, exact, midnight: false }, meridiem))
}

/// 3시, 3시 5분 30초, 3시 반, 열두 시.
fn hours(cur: &mut Cursor, lexicon: &Lexicon, part: bool) -> Option<Clock> {
    if cur.before().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, '.' | '제' | ':' | '$')) {
        return None;
    }
    let mut c = *cur;
    let exact = c.peek() == Some('0');
    let numeral = match number::digits(&mut c) {
        Some((value, 1 | 2)) => number::Number { value: value as f64, digits: 2, kind: Kind::Digits },
        Some(_) => return None,
        None => {
            let native = number::native(&mut c, lexicon)?;
            c.spaces();
            native
        }
    };
    let hour = numeral.whole().filter(|h| (0..=24).contains(h))?;
    let words = numeral.kind == Kind::Native;
    if words && !(1..=12).contains(&hour) {
        return None;
    }
    let shared = !words && c.peek() != Some('시') && unit_ahead(c, '시');
    if shared {
        *cur = c;
        return Some(Clock { hour: hour as i8, minute: 0, second: None, exact, midnight: false });
    }
    if !c.eat("시") {
        return None;
    }
    let bare_end = c;
    let mut minute = None;
    let mut second = None;
    let mut d = c;
    d.spaces();
    if d.eat("반") && d.at_particle("에부까께쯤경이을의정무만가으") && !d.starts_with_any(&["이나", "도"]) {
        minute = Some(30);
        c = d;
    } else if let Some((value, end)) = minutes_between(c).filter(|(_, end)| !leads_to_length(*end, lexicon)) {
        minute = Some(value);
        c = end;
    } else if let Some((value, end)) = sixtieth(c, "분").filter(|(_, end)| !leads_to_length(*end, lexicon)) {
        minute = Some(value);
        c = end;
        if let Some((value, end)) = sixtieth(c, "초").filter(|(_, end)| !leads_to_length(*end, lexicon)) {
            second = Some(value);
            c = end;
        }
    }
    // "4시30부터": the word for minutes left out.
    if minute.is_none()
        && let Some((value, end)) = glued_minutes(bare_end)
    {
        minute = Some(value);
        c = end;
    }
    let follow = if minute.is_some() { &lexicon.follow.minute } else { &lexicon.follow.hour };
    let glued_minute = minute.is_none() && bare_end.peek().is_some_and(|c| c.is_ascii_digit());
    if !c.at_particle(follow) && !c.starts_with_any(&["쯤", "즘"])
        || glued_minute
        || c.starts_with_any(&["간 ", "간에"])
        || minute.is_none() && false_friend(c)
    {
        return None;
    }
    // 한시도, 한시가 급하다, 두시럭: a native hour needs a sign that it is one.
    if words && minute.is_none() && !part {
        let close = c.starts_with_any(&["에", "께", "쯤", "경", "부터", "까지", "정각", "무렵", "가 되", "가 넘", "를 넘", "간"])
            || c.after_spaces().starts_with_any(&["정각", "무렵", "쯤", "이후"]);
        if !close || c.starts_with_any(&["에 쏠", "간"]) {
            return None;
        }
    }
    *cur = c;
    Some(Clock { hour: hour as i8, minute: minute.unwrap_or(0), second, exact, midnight: false })
}

/// Words whose first syllable a particle shares: 3시의회, 2시가지, 1시이사회.
fn false_friend(cur: Cursor) -> bool {
    cur.starts_with_any(&[
        "의회", "가지", "정책", "정부", "사립", "기업", "대회", "대표", "안전", "보건", "현안", "내버", "내 버", "하수", "이사",
    ])
}

/// "4시30부터", "4시 30까지": two digits right before what follows a clock.
fn glued_minutes(cur: Cursor) -> Option<(i8, Cursor)> {
    let mut c = cur;
    let (value, _) = number::digits(&mut c).filter(|(_, digits)| *digits == 2)?;
    (value < 60 && c.starts_with_any(&["부터", "까지", "께", "쯤", "경"])).then_some((value as i8, c))
}

/// "20~30분" after the hour: between the two; the first of them stands for both.
fn minutes_between(cur: Cursor) -> Option<(i8, Cursor)> {
    let mut c = cur.after_spaces();
    let (from, _) = number::digits(&mut c).filter(|(_, digits)| *digits <= 2)?;
    if !c.eat_any(&["~", "∼", "～", "-", "–"]) {
        return None;
    }
    let (to, _) = number::digits(&mut c).filter(|(_, digits)| *digits <= 2)?;
    (from < to && to < 60 && c.eat("분")).then_some((from as i8, c))
}

/// "5분", "삼십 분" after the hour.
fn sixtieth<'t>(cur: Cursor<'t>, unit: &str) -> Option<(i8, Cursor<'t>)> {
    let mut c = cur.after_spaces();
    let value = match number::digits(&mut c) {
        Some((value, 1 | 2)) => value,
        Some(_) => return None,
        None => number::sino(&mut c)?.whole()?,
    };
    c.spaces();
    if !(0..60).contains(&value) || !c.eat(unit) {
        return None;
    }
    Some((value as i8, c))
}

/// "오후 3시 20분간 멈췄다": the minutes are a length, not part of the clock.
fn leads_to_length(cur: Cursor, lexicon: &Lexicon) -> bool {
    if cur.starts_with_any(&["간"]) || cur.starts_with_any(&["여"]) {
        return true;
    }
    let after = cur.after_spaces();
    if after.starts_with_any(&["만에", "동안", "째", "남짓", "넘게"]) {
        return true;
    }
    duration::modifier_after(cur, lexicon).is_some_and(|(_, m)| matches!(m, Some(Modifier::SoFar)))
}

/// The first part of the day that is named in the rest of the sentence.
pub(super) fn part_ahead(text: &str, from: usize, to: usize, lexicon: &Lexicon) -> Option<DayPart> {
    let mut c = Cursor::new(text, from);
    while c.pos < to {
        let start = c;
        if !c.before().is_some_and(|b| !is_blank(b) && b.is_alphanumeric())
            && let Some((part, _)) = day_part(&mut c, lexicon)
        {
            return Some(part);
        }
        c = start;
        c.pos += c.peek()?.len_utf8();
    }
    None
}
