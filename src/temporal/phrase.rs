//! Phrases: a day with its clock, and two ends or an end and a length that make a span.
//!
//! Every parser here reads forward from the cursor over a bounded number of words, so a pass over the text takes time
//! in proportion to its length, whatever it holds.

use super::cursor::{Cursor, is_blank, is_hangul};
use super::lexicon::{Lexicon, Shade};
use super::number;
use super::syntax::{Close, Date, Direction, Finest, Item, Length, Point};
use super::{DayPart, Modifier, Relation, clock, date, duration, zone};

const TILDE: [&str; 8] = ["~", "∼", "〜", "～", "–", "—", "-", "→"];

/// Every phrase of the text, in order.
pub(super) fn phrases(text: &str, lexicon: &Lexicon) -> Vec<Item> {
    let mut items = Vec::new();
    let mut pos = 0;
    while let Some(found) = lexicon.triggers.find(aho_corasick::Input::new(text).range(pos..)) {
        let mut cur = Cursor::new(text, found.start());
        match item(&mut cur, lexicon) {
            Some(found_item) if cur.pos > found.start() => {
                pos = cur.pos;
                if found_item != Item::Nothing {
                    items.push(found_item);
                }
            }
            _ => pos = skip(text, found.start()),
        }
    }
    items
}

/// Past what cannot begin an expression: a whole run of digits, or one character.
fn skip(text: &str, from: usize) -> usize {
    let digits = text.as_bytes()[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    if digits > 0 {
        return from + digits;
    }
    from + text[from..].chars().next().map_or(1, char::len_utf8)
}

fn item(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Item> {
    let first = cur.peek()?;
    let digit = first.is_ascii_digit();
    if !digit && cur.before().is_some_and(|b| is_hangul(b) || b.is_ascii_alphabetic()) {
        return None;
    }
    // 1만2000시간: the tail of a larger number.
    if digit
        && matches!(cur.before(), Some('만' | '억' | '조' | '천'))
        && cur.text[..cur.pos].chars().nth_back(1).is_some_and(|b| b.is_ascii_digit())
    {
        return None;
    }
    // '23년: the apostrophe belongs to the year.
    if digit && matches!(cur.before(), Some('\'' | '’' | '‘')) {
        let mut c = *cur;
        c.pos -= c.before().map_or(0, char::len_utf8);
        if let Some(p) = point(&mut c, lexicon)
            && c.pos > cur.pos
        {
            *cur = c;
            return Some(span_or_point(p, cur, lexicon));
        }
    }
    let at = cur.pos;
    if let Some(row) = place(cur, lexicon) {
        return Some(Item::Place { at, row });
    }
    let recurring = recurs(cur, lexicon);
    let mut c = *cur;
    let length = if duration::of_failure(&cur.text[..cur.pos]) { duration::length(&mut c, lexicon) } else { None };
    let found = match length.map(Item::Length).or_else(|| point(&mut c, lexicon).map(|p| span_or_point(p, &mut c, lexicon))) {
        Some(found) => found,
        None => day_and_length(&mut c, lexicon).or_else(|| duration::length(&mut c, lexicon).map(Item::Length))?,
    };
    *cur = c;
    Some(if recurring { Item::Nothing } else { found })
}

/// "14일 4시간가량": a number that may be a day, then hours; with minutes too where it is more days than are counted so exactly.
fn day_and_length(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Item> {
    let mut c = *cur;
    let (day, 1 | 2) = number::digits(&mut c)? else { return None };
    if !(1..=31).contains(&day) || !c.eat("일") || lexicon.modifier_before(&cur.text[..cur.pos]).is_some() {
        return None;
    }
    let day_end = c.pos;
    if !c.spaces() {
        return None;
    }
    let length = duration::length(&mut c, lexicon)?;
    if length.amount.finest != Finest::Minute || length.amount.days > 0.0 || day <= 7 && length.amount.minutes % 60.0 != 0.0 {
        return None;
    }
    let mut d = *cur;
    let whole = duration::length(&mut d, lexicon)?;
    if d.pos != c.pos {
        return None;
    }
    let calendar = Date::Calendar { direction: Direction::None, year: None, month: None, day: Some(day as i8), weekday: None };
    let date = Point { range: cur.pos..day_end, date: Some(calendar), part: None, clock: None, zone: None, modifier: None, relation: None };
    *cur = c;
    Some(Item::Either { date, length, whole })
}

/// A country or city, unless it is part of the name of a zone (미국 동부시간).
fn place(cur: &mut Cursor, lexicon: &Lexicon) -> Option<usize> {
    let mut c = *cur;
    if zone::name(&mut c.clone(), lexicon).is_some() {
        return None;
    }
    let row = c.eat_word(&lexicon.places)?;
    *cur = c;
    Some(row)
}

/// 매일 오전 9시: said of every day.
fn recurs(cur: &Cursor, lexicon: &Lexicon) -> bool {
    let head = cur.text[..cur.pos].trim_end_matches(is_blank);
    head.len() < cur.pos
        && lexicon.recurring.iter().any(|word| head.strip_suffix(word.as_str()).is_some_and(|before| !before.ends_with(is_hangul)))
}

/// A day, a clock time or both.
pub(super) fn point(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Point> {
    let start = cur.pos;
    let mut c = *cur;
    let mut zone = zone::prefix(&mut c, lexicon);
    let date_found = date::date(&mut c, lexicon);
    let mut end = c.pos;
    if date_found.is_some() {
        if let Some(found) = zone::suffix(&mut c, lexicon) {
            zone = zone.or(Some(found));
            end = c.pos;
        }
        glue(&mut c);
    }
    let mut part = None;
    let mut alone = false;
    if let Some((found, by_itself)) = night(&mut c, lexicon, date_found.is_some()).or_else(|| clock::day_part(&mut c, lexicon)) {
        // 20일 밤낮, 15일 낮은: checked by the parser of parts.
        part = Some(found);
        alone = by_itself;
        end = c.pos;
        c.eat("에");
        if !c.spaces() && c.pos > end {
            c.pos = end;
        }
        if let Some(found) = zone::prefix(&mut c, lexicon) {
            zone = zone.or(Some(found));
        }
    } else if date_found.is_some()
        && let Some(found) = zone::prefix(&mut c.clone(), lexicon)
    {
        zone::prefix(&mut c, lexicon);
        zone = zone.or(Some(found));
        if let Some((found, _)) = clock::day_part(&mut c, lexicon) {
            part = Some(found);
            end = c.pos;
            c.spaces();
        }
    }
    let night_word = date_found.is_none() && part == Some(DayPart::Night) && lexicon.night.at(&cur.text[start..]).is_some();
    let clock_found = clock::clock(&mut c, lexicon, part.is_some());
    let (clock, mut named_part) = match clock_found {
        Some((clock, named)) => (Some(clock), named),
        None => (None, None),
    };
    if clock.is_some() {
        end = c.pos;
        if let Some(found) = korean_time_beside(&mut c, lexicon) {
            // 오전 10시(한국시간 오후 11시): the Korean time is the value of both.
            let mut inner = found;
            inner.range = start..c.pos;
            *cur = c;
            return Some(inner);
        }
        if let Some(found) = zone::suffix(&mut c, lexicon) {
            zone = zone.or(Some(found));
            end = c.pos;
        }
        if zone == seoul(lexicon) {
            drop_local_time(&mut c, lexicon, &mut end);
        }
    }
    part = part.or(named_part.take());
    let date = match (date_found, night_word) {
        (None, true) => {
            let days = lexicon.night.at(&cur.text[start..]).map_or(-1, |(_, days)| days);
            Some(Date::Near { base: super::syntax::Base::Publication, days })
        }
        (found, _) => found,
    };
    if date.is_none() && clock.is_none() && !(part.is_some() && alone) {
        return None;
    }
    c.pos = end;
    // 반도체의 오후반, 새벽배송: a part alone needs a word's end.
    if date.is_none() && clock.is_none() && !c.at_particle("에은는이가을를의와과도만부까께내늦중") {
        return None;
    }
    let mut modifier = None;
    if let Some((after, shade)) = duration::modifier_after(c, lexicon) {
        let word = c.text[c.pos..after].trim_start();
        // 15일 이상 is a length; 3시 이상 is nothing; 여 is no suffix of a moment.
        if !matches!(
            word,
            "이상"
                | "이하"
                | "이내"
                | "미만"
                | "초과"
                | "여"
                | "째"
                | "남짓"
                | "넘게"
                | "넘는"
                | "넘도록"
                | "가까이"
                | "넘은"
                | "넘긴"
                | "남게"
                | "가까운"
        ) {
            modifier = shade;
            c.pos = after;
        }
    } else if c.eat("대") && !c.at_particle("에은는이가을를의부까로와과") {
        c.pos = end;
    }
    if let Some(found) = zone::suffix(&mut c, lexicon) {
        zone = zone.or(Some(found));
    }
    let mut range = start..c.pos;
    if let Some((from, Shade::As(m))) = lexicon.modifier_before(&c.text[..start])
        && m == Modifier::About
        && clock.is_some()
    {
        range.start = from;
        modifier = modifier.or(Some(m));
    }
    let relation = relation(c);
    *cur = c;
    Some(Point { range, date, part, clock, zone, modifier, relation })
}

/// Past what may stand between a day and its clock (17일, 오후 / 16일인 오늘의 오전); the caller keeps the day's own end.
fn glue(c: &mut Cursor) {
    c.eat("의");
    if !c.eat(",") {
        c.eat("인");
    }
    c.spaces();
}

/// 간밤, 어젯밤: the day and the part in one word.
fn night(cur: &mut Cursor, lexicon: &Lexicon, dated: bool) -> Option<(DayPart, bool)> {
    if dated {
        return None;
    }
    let mut c = *cur;
    c.eat_word(&lexicon.night)?;
    if !c.at_particle("에은는이의부까내") {
        return None;
    }
    *cur = c;
    Some((DayPart::Night, true))
}

fn seoul(lexicon: &Lexicon) -> Option<super::syntax::Zone> {
    lexicon.zone_names.iter().position(|name| name == "Asia/Seoul").map(super::syntax::Zone::Named)
}

/// "(한국시간 오후 11시)" right after another zone's clock.
fn korean_time_beside(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Point> {
    let mut c = *cur;
    let mut spaced = c.after_spaces();
    if spaced.eat_any(&["께", "쯤", "경"]) {
        c = spaced;
    }
    let mut d = c;
    zone::suffix(&mut d, lexicon);
    c = d;
    c.spaces();
    if !c.eat("(") {
        return None;
    }
    let zone = zone::name(&mut c.clone(), lexicon);
    if zone.is_none() || zone != seoul(lexicon) {
        return None;
    }
    let inner = point(&mut c, lexicon)?;
    if inner.clock.is_none() || !c.eat(")") {
        return None;
    }
    *cur = c;
    Some(inner)
}

/// "한국시간 오후 11시(현지시간 오전 10시)": the Korean time stands, the other is read away.
fn drop_local_time(cur: &mut Cursor, lexicon: &Lexicon, end: &mut usize) {
    let mut c = *cur;
    c.eat_any(&["께", "쯤", "경"]);
    c.spaces();
    if !c.eat("(") {
        return;
    }
    if zone::name(&mut c.clone(), lexicon).is_some() && point(&mut c, lexicon).is_some() && c.eat(")") {
        *cur = c;
        *end = c.pos;
    }
}

/// What follows a moment grammatically.
fn relation(cur: Cursor) -> Option<Relation> {
    if cur.starts_with_any(&["부터", "께부터"]) {
        return Some(Relation::From);
    }
    if cur.starts_with_any(&["까지"]) {
        return Some(Relation::Until);
    }
    let c = cur.after_spaces();
    if c.starts_with_any(&["현재까지", "전까지", "이전까지"]) {
        return Some(Relation::Until);
    }
    if c.starts_with_any(&["현재", "기준"]) || cur.starts_with_any(&["을 기준", "를 기준"]) {
        return Some(Relation::AsOf);
    }
    if c.starts_with_any(&["이후", "이래", "부로", "들어"]) {
        return Some(Relation::From);
    }
    if c.starts_with_any(&["이전", "직전"]) {
        return Some(Relation::Before);
    }
    if c.starts_with_any(&["직후"]) {
        return Some(Relation::After);
    }
    let word_end = |word: &str, among: &str| {
        let mut d = c;
        d.eat(word) && d.at_particle(among)
    };
    if c.pos > cur.pos && word_end("전", "에부까인의보") || cur.starts_with_any(&["을 앞두", "를 앞두"]) {
        return Some(Relation::Before);
    }
    if c.pos > cur.pos && (word_end("뒤", "에인의늦") || word_end("후", "에인의"))
        || cur.starts_with_any(&["을 넘", "를 넘", "을 지나", "를 지나", "가 지나", "이 지나", "가 넘", "이 넘"])
    {
        return Some(Relation::After);
    }
    if cur.starts_with_any(&["에서야", "에야", "에", "께", "을 기해", "를 기해"]) {
        return Some(Relation::At);
    }
    None
}

/// Looks behind a point for the second end of a span.
fn span_or_point(start: Point, cur: &mut Cursor, lexicon: &Lexicon) -> Item {
    match close(&start, cur, lexicon) {
        Some((close, end)) => {
            cur.pos = end;
            Item::Span { range: start.range.start..end, start, close }
        }
        None => Item::Point(start),
    }
}

fn close(start: &Point, cur: &Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    let at = *cur;
    // 2시~3시, 14∼15일.
    let mut c = at.after_spaces();
    if c.eat_any(&TILDE) {
        c.spaces();
        if let Some(found) = end_point(start, c, lexicon) {
            let end = found.1;
            return Some((found.0, after_end(Cursor::new(c.text, end))));
        }
        return None;
    }
    let mut c = at;
    if c.eat("부터") || c.eat("에서부터") {
        // 부터 opens a span only where an end with 까지 or 사이, or a length, follows.
        c.eat(",");
        c.spaces();
        return from(start, c, lexicon);
    }
    let mut c = at;
    if c.eat("에서") {
        c.spaces();
        return until(start, c, lexicon);
    }
    let mut c = at;
    if c.eat("과") || c.eat("와") {
        c.spaces();
        let (found, end) = end_point(start, c, lexicon)?;
        let mut d = Cursor::new(c.text, end);
        d.spaces();
        if d.eat("사이") {
            return Some((found, d.pos));
        }
        return None;
    }
    onset(start, at, lexicon)
}

/// After 부터: an end with 까지, or a length.
fn from(start: &Point, c: Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    if let Some(found) = until(start, c, lexicon).or_else(|| listed_end(start, c, lexicon)) {
        return Some(found);
    }
    length_after(start, c, lexicon)
}

/// An end and 까지 or 사이.
fn until(start: &Point, c: Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    let (found, end) = end_point(start, c, lexicon)?;
    let closed = after_end(Cursor::new(c.text, end));
    (closed > end).then_some((found, closed))
}

/// "(오전 11시 39분부터 오후 12시 55분, …)": in a list the second clock needs no 까지.
fn listed_end(start: &Point, c: Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    start.clock?;
    let (found, end) = end_point(start, c, lexicon)?;
    let rest = Cursor::new(c.text, end);
    let clock = matches!(&found, Close::Point(p) if p.clock.is_some() && p.date.is_none());
    (clock && rest.starts_with_any(&[")", ",", "·", "/"])).then_some((found, end))
}

/// A second end: a point, or the minute alone (오후 1시 44분부터 50분까지).
fn end_point(start: &Point, c: Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    if let Some(clock) = start.clock
        && let Some((minute, second, end)) = bare_minute(c)
        && minute > clock.minute
    {
        let mut d = Cursor::new(c.text, end);
        let mut modifier = None;
        if let Some((after, shade)) = duration::modifier_after(d, lexicon) {
            d.pos = after;
            modifier = shade;
        }
        return Some((Close::Minute(minute, second, c.pos..d.pos, modifier), d.pos));
    }
    let mut d = c;
    let found = point(&mut d, lexicon)?;
    // 2018년부터 올해까지 and 15일부터 18일까지; but a clock does not run to a bare month.
    if start.clock.is_some() && found.clock.is_none() && matches!(found.date, Some(Date::Part { .. })) {
        return None;
    }
    Some((Close::Point(found), d.pos))
}

/// "50분" before 까지 or the end of a range: a clock's minute, not a length.
fn bare_minute(c: Cursor) -> Option<(i8, Option<i8>, usize)> {
    let mut d = c;
    let (minute, 1 | 2) = number::digits(&mut d)? else { return None };
    if minute > 59 || !d.eat("분") {
        return None;
    }
    let mut second = None;
    let mut e = d.after_spaces();
    if let Some((value, 1 | 2)) = number::digits(&mut e)
        && value < 60
        && e.eat("초")
    {
        second = Some(value as i8);
        d = e;
    }
    if d.starts_with_any(&["간", "가량 ", "동안", "여"]) || d.after_spaces().starts_with_any(&["동안", "만에", "넘게"]) {
        return None;
    }
    Some((minute as i8, second, d.pos))
}

/// Past 까지 or 사이 behind the second end; without one, stays.
fn after_end(c: Cursor) -> usize {
    let mut d = c;
    let mut e = d.after_spaces();
    if e.eat("현재") {
        d = e;
    }
    if d.eat("까지") {
        return d.pos;
    }
    let mut e = c.after_spaces();
    if e.eat("사이") && e.at_particle("에의인로") {
        return e.pos;
    }
    c.pos
}

/// "부터 약 9분간", "부터 1시간 30분가량": a length that belongs to the start.
fn length_after(start: &Point, c: Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    let mut d = c;
    let mut words = 0;
    // Modifier words before the length; the length parser looks back for them.
    while let Some(_shade) = d.eat_word(&lexicon.before) {
        d.spaces();
        words += 1;
        if words == 2 {
            break;
        }
    }
    let found = duration::length(&mut d, lexicon)?;
    if matches!(found.relation, Some(Relation::SoFar | Relation::Within | Relation::After | Relation::Before)) {
        return None;
    }
    // A length of hours needs a clock to begin at; one of days runs from a day.
    if start.clock.is_none() && found.amount.finest > Finest::Day {
        return None;
    }
    let end = duration_end(d, &found);
    Some((Close::Length(found), end))
}

/// Past 간 and 동안.
fn duration_end(c: Cursor, found: &Length) -> usize {
    if found.relation == Some(Relation::For) {
        let mut d = c.after_spaces();
        if d.eat("동안") || d.eat("간") {
            return d.pos;
        }
    }
    c.pos
}

/// "3시 10분에 시작돼 40분 만에 복구됐다": a word of onset between the moment and the length, within a short clause.
fn onset(start: &Point, c: Cursor, lexicon: &Lexicon) -> Option<(Close, usize)> {
    start.clock?;
    if !c.starts_with_any(&["에", "께", "쯤", "경", " "]) && start.relation != Some(Relation::At) {
        return None;
    }
    let mut end = c.pos + 90.min(c.text.len() - c.pos);
    while !c.text.is_char_boundary(end) {
        end -= 1;
    }
    let clause = &c.text[c.pos..end];
    let digit = clause.find(|c: char| c.is_ascii_digit() || matches!(c, '.' | '\n' | '?' | '!' | '"' | '”' | '“' | ';'))?;
    let word = lexicon.days.at(clause.get(digit..)?).is_some();
    let between = clause.get(..digit)?;
    if word || !between.ends_with(is_blank) && !between.ends_with('약') || between.chars().count() > 24 {
        return None;
    }
    // "오전 10시경 복구됐으며, 이는 장애 발생 뒤 3시간 30분 만이다": the clock is the end's.
    if ["복구", "정상", "해소", "재개", "풀"].iter().any(|w| between.contains(w)) {
        return None;
    }
    if !lexicon.onset.iter().take(2).any(|verb| between.contains(verb.as_str())) {
        return None;
    }
    let mut d = Cursor::new(c.text, c.pos + digit);
    let found = duration::length(&mut d, lexicon)?;
    if found.relation != Some(Relation::Within) || found.amount.finest < Finest::Minute {
        return None;
    }
    let end = d.pos;
    Some((Close::Length(found), end))
}
