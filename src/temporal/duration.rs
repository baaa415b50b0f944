//! Lengths of time: 2시간 25분, 20여 분, 두 시간 반, 사흘, 한 달, 5일 7시간 30분, 20~30분.

use super::cursor::{Cursor, is_hangul};
use super::lexicon::{Lexicon, Shade};
use super::number::{self, Kind, Number};
use super::syntax::{Amount, Finest, Length};
use super::{Modifier, Relation};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// What a number with its unit may have been.
struct Piece {
    low: f64,
    high: f64,
    unit: Unit,
    digits: usize,
    kind: Kind,
    about: bool,
}

/// Reads a length, its modifiers and what follows it. A number of days or years is a length only when something says so
/// (15일간, 3년 만에): otherwise it is a date, and the date parser's.
pub(super) fn length(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Length> {
    let start = cur.pos;
    let mut c = *cur;
    let (amount, sure, mut about) = amount(&mut c, lexicon)?;

    let bare_end = c.pos;
    let mut modifier = None;
    let mut marked = false;
    if let Some((end, shade)) = modifier_after(c, lexicon) {
        c.pos = end;
        marked = true;
        modifier = shade;
        // 20분 가까이나, 2시간여쯤: the second word rarely changes anything but belongs to the phrase.
        if let Some((end, second)) = modifier_after(c, lexicon) {
            c.pos = end;
            modifier = second.or(modifier);
        }
    } else if exceeds(c) {
        marked = true;
        modifier = Some(Modifier::AtLeast);
    }
    let relation = relation(c);
    marked |= relation.is_some() || takes(c);
    marked |= of_failure(&cur.text[..start]) && c.starts_with_any(&["이 ", "은 ", "의 ", "이나 "]);
    if !sure && !marked {
        return None;
    }
    if matches!(relation, Some(Relation::SoFar)) {
        modifier = Some(Modifier::SoFar);
        c.spaces();
        c.eat("째");
    } else if modifier == Some(Modifier::SoFar) && relation.is_none() {
        about = false;
    }
    // 24시간 상담, 365일: a figure for the whole day or year.
    let said = &cur.text[start..bare_end];
    if lexicon.never.at(said).is_some_and(|(len, ())| len == said.len()) && !marked {
        return None;
    }
    if about && modifier.is_none() {
        modifier = Some(Modifier::About);
    }
    let mut range = start..c.pos;
    if let Some((from, shade)) = lexicon.modifier_before(&cur.text[..start]) {
        range.start = from;
        if let (Shade::As(m), true) = (shade, modifier.is_none() || modifier == Some(Modifier::About)) {
            modifier = Some(m);
        }
    }
    let relation = match modifier {
        Some(Modifier::SoFar) => Some(Relation::SoFar),
        _ => relation,
    };
    *cur = c;
    Some(Length { range, amount, modifier, relation })
}

/// "서버가 다운된 3일이 연휴와 겹쳤다": whether a number of days behind `before` is how long something was down, and no day.
pub(super) fn of_failure(before: &str) -> bool {
    ["다운된 ", "멈춘 ", "끊긴 ", "막힌 ", "마비된 ", "멈춰 선 "].iter().any(|w| before.ends_with(w))
}

/// The amount alone; whether it is sure to be one; whether it is a rough one (두세 시간, 20여 분).
pub(super) fn amount(cur: &mut Cursor, lexicon: &Lexicon) -> Option<(Amount, bool, bool)> {
    let mut c = *cur;
    let mut total = Amount::default();
    let mut sure = false;
    let mut about = false;
    let mut last: Option<Unit> = None;
    for _ in 0..6 {
        let mut d = c;
        if last.is_some() {
            d.spaces();
        }
        let Some(piece) = piece(&mut d, lexicon, last) else { break };
        if last.is_some_and(|unit| piece.unit >= unit) {
            break;
        }
        // "하루 8시간" is a rate.
        if last == Some(Unit::Day) && cur.starts_with_any(&["하루"]) && piece.kind == Kind::Digits {
            break;
        }
        let middle = (piece.low + piece.high) / 2.0;
        about |= piece.about || piece.low != piece.high;
        add(&mut total, piece.unit, middle);
        sure |= match piece.unit {
            // 십분 is also "fully".
            Unit::Minute if piece.kind == Kind::Sino && piece.low == 10.0 => false,
            Unit::Hour | Unit::Minute | Unit::Second | Unit::Month => true,
            Unit::Week => true,
            Unit::Day => piece.kind == Kind::Native || piece.about,
            Unit::Year => piece.kind == Kind::Native || piece.about,
        };
        if piece.unit == Unit::Year && piece.digits >= 3 && piece.kind == Kind::Digits {
            return None;
        }
        last = Some(piece.unit);
        c = d;
        // 반: half of the unit just read.
        let half = c.after_spaces();
        let mut h = half;
        if h.eat("반") && h.at_particle("에만간가쯤정이을의께경여동째넘남으도과") && !h.starts_with_any(&["이나 ", "도체"])
        {
            add(&mut total, piece.unit, 0.5);
            sure = true;
            c = h;
            break;
        }
    }
    last?;
    if total.total() <= 0.0 {
        return None;
    }
    // "여" after the last unit: 한 시간여.
    let mut d = c;
    if d.eat("여") && !d.peek().is_some_and(|c| is_hangul(c) && !"간의동만에를가쯤이째은는".contains(c)) {
        about = true;
        sure = true;
        c = d;
    }
    *cur = c;
    Some((total, sure, about))
}

fn add(total: &mut Amount, unit: Unit, n: f64) {
    let finest = match unit {
        Unit::Year => {
            total.years += n.trunc();
            total.months += n.fract() * 12.0;
            if n.fract() == 0.0 { Finest::Year } else { Finest::Month }
        }
        Unit::Month => {
            total.months += n.trunc();
            total.days += n.fract() * 30.0;
            if n.fract() == 0.0 { Finest::Month } else { Finest::Day }
        }
        Unit::Week => {
            total.days += n * 7.0;
            Finest::Day
        }
        Unit::Day => {
            total.days += n.trunc();
            total.minutes += n.fract() * 1440.0;
            if n.fract() == 0.0 { Finest::Day } else { Finest::Minute }
        }
        Unit::Hour => {
            total.minutes += n * 60.0;
            Finest::Minute
        }
        Unit::Minute => {
            total.minutes += n;
            Finest::Minute
        }
        Unit::Second => {
            total.minutes += n / 60.0;
            Finest::Second
        }
    };
    total.finest = total.finest.max(finest);
}

/// One number with its unit, or a word that is both.
fn piece(cur: &mut Cursor, lexicon: &Lexicon, after: Option<Unit>) -> Option<Piece> {
    let mut c = *cur;
    if let Some((n, needs_marker)) = c.eat_word(&lexicon.days)
        && (c.at_particle("에만간가쯤정이을의께경여동째넘남으도과와전뒤후내안새사앞로당나라씩은는보")
            || c.starts_with_any(&["연속", "내리"]))
    {
        // 열흘 남짓 and 이틀 연속 are lengths by themselves; 하루 평균 is a rate.
        let kind = if needs_marker { Kind::Digits } else { Kind::Native };
        *cur = c;
        return Some(Piece { low: n, high: n, unit: Unit::Day, digits: 0, kind, about: false });
    }
    let mut c = *cur;
    if c.eat("반나절") || c.eat("한나절") {
        *cur = c;
        return Some(Piece { low: 6.0, high: 6.0, unit: Unit::Hour, digits: 0, kind: Kind::Native, about: true });
    }
    if c.eat("반년") {
        *cur = c;
        return Some(Piece { low: 6.0, high: 6.0, unit: Unit::Month, digits: 0, kind: Kind::Native, about: false });
    }
    let number = numeral(&mut c, lexicon)?;
    let mut low = number;
    let mut high = number;
    let mut about = number.kind == Kind::Native && number.value.fract() != 0.0;
    let mut rough = false;
    // 20~30분, 2시간~3시간, 2, 3시간.
    let mut d = c;
    if after.is_none() && number.kind == Kind::Digits {
        let first_unit = unit(&mut d, lexicon, number).map(|(unit, _)| unit);
        if first_unit.is_none() {
            d = c;
        }
        d.spaces();
        if d.eat_any(&["~", "∼", "〜", "～", "–", "-"]) {
            d.spaces();
            if let Some(second) = number::decimal(&mut d) {
                let mut e = d;
                if let Some((second_unit, _)) = unit(&mut e, lexicon, second)
                    && first_unit.is_none_or(|unit| unit == second_unit)
                    && matches!(second_unit, Unit::Hour | Unit::Minute | Unit::Second | Unit::Day | Unit::Month | Unit::Week)
                    && second.value > number.value
                    && !(second_unit == Unit::Minute && first_unit.is_some())
                {
                    c = d;
                    high = second;
                }
            }
        }
    }
    if c.eat("여") {
        rough = true;
        c.spaces();
    } else if number.kind != Kind::Digits {
        c.spaces();
    } else if c.after_spaces().starts_with_any(&["시간", "분", "초", "개월", "주일"]) {
        // "1시간 30 분": some papers part the number from its unit.
        c.spaces();
    }
    let (unit, _) = unit(&mut c, lexicon, high)?;
    about |= rough;
    if low.kind == Kind::Native && !matches!(unit, Unit::Hour | Unit::Month | Unit::Week | Unit::Year) {
        return None;
    }
    low.value = low.value.min(high.value);
    *cur = c;
    Some(Piece { low: low.value, high: high.value, unit, digits: number.digits, kind: number.kind, about })
}

fn numeral(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Number> {
    number::decimal(cur).or_else(|| number::native(cur, lexicon)).or_else(|| number::sino(cur))
}

/// The unit at the cursor, where it is one of a length and not of a date or a clock.
fn unit(cur: &mut Cursor, lexicon: &Lexicon, number: Number) -> Option<(Unit, usize)> {
    let start = cur.pos;
    let mut c = *cur;
    let native = number.kind == Kind::Native;
    let found = if c.eat("시간") {
        if c.starts_with_any(&["당 ", "강", "표", "외 ", "제", "대 "]) {
            return None;
        }
        Unit::Hour
    } else if c.eat("개월") {
        Unit::Month
    } else if c.eat("주일") {
        Unit::Week
    } else if native && c.eat("달") {
        // 한 달란트, 두 달팽이.
        if !c.at_particle("에만간가쯤정이을의께경여동째넘남으도과전뒤후내안새사반은는") {
            return None;
        }
        Unit::Month
    } else if c.eat("달") {
        if !c.at_particle("에만간가쯤정이을의여동째넘남과전뒤후내안새사반") || c.eat("러") {
            return None;
        }
        Unit::Month
    } else if c.eat("주") {
        if c.starts_with_any(&["년", "기", "택", "차", "식", "째 주", "의", "당", "민", "가", "를", "로", "도", "인", "문"])
            || !c.at_particle("에만간쯤정여동째넘남전뒤후내안새사일연")
        {
            return None;
        }
        Unit::Week
    } else if native && c.eat("해") {
        if !c.at_particle("에만간가쯤를의여동째넘남전뒤후내안새사") {
            return None;
        }
        Unit::Year
    } else if !native && c.eat("분") {
        if c.starts_with_any(&["의 ", "의", "기", "위", "당", "량", "할", "산", "리", "야", "류"]) {
            let fraction = c.starts_with_any(&["의"]) && !number_follows(c);
            if !fraction {
                return None;
            }
        }
        if !c.at_particle(&lexicon.follow.minute) {
            return None;
        }
        Unit::Minute
    } else if !native && c.eat("초") {
        if !c.at_particle(&lexicon.follow.second) {
            return None;
        }
        Unit::Second
    } else if !native && c.eat("일") {
        if !c.at_particle(&lexicon.follow.day) {
            return None;
        }
        Unit::Day
    } else if !native && c.eat("년") {
        if !c.at_particle(&lexicon.follow.year) || c.starts_with_any(&["도"]) {
            return None;
        }
        Unit::Year
    } else {
        return None;
    };
    *cur = c;
    Some((found, c.pos - start))
}

/// "3분의 1" is a fraction: a number follows 의.
fn number_follows(cur: Cursor) -> bool {
    let mut c = cur;
    c.eat("의");
    c.spaces();
    c.peek().is_some_and(|c| c.is_ascii_digit() || "일이삼사오육칠팔구".contains(c))
}

/// A modifier after the length: where it ends and what it says.
pub(super) fn modifier_after(cur: Cursor, lexicon: &Lexicon) -> Option<(usize, Option<Modifier>)> {
    let mut c = cur;
    let spaced = c.spaces();
    let word_start = c;
    let shade = c.eat_word(&lexicon.after)?;
    let word = &c.text[word_start.pos..c.pos];
    // 께, 경, 여, 째 lean on the number; and a longer word may only begin like one (경찰, 정도전, 이상하다).
    // "오후 3시 38분 경부터": written apart only before what closes the expression.
    let apart = matches!(word, "께" | "경") && c.starts_with_any(&["부터", "까지", "에 ", "에는", " ", ",", ")"]);
    if spaced && matches!(word, "께" | "경" | "여" | "째") && !apart {
        return None;
    }
    if !c.at_particle("의은는을를이가에도만과와나동간로으였인지후뒤전부까대넘들보라안기") {
        return None;
    }
    if word == "이상" && c.starts_with_any(&["하", "한", "이 있", "이 생", "이 없", "을 일"]) {
        return None;
    }
    let modifier = match shade {
        Shade::Exact => None,
        Shade::As(modifier) => Some(modifier),
    };
    Some((c.pos, modifier))
}

/// "2시간이 넘도록", "1시간을 훌쩍 넘겼다", "30분이 지나서도": a particle and a verb of passing.
fn exceeds(cur: Cursor) -> bool {
    let mut c = cur;
    if !c.eat_any(&["이나", "이", "을", "를", "도", "가", "은", "는"]) {
        return false;
    }
    c.spaces();
    c.eat_any(&["훌쩍 ", "훨씬 ", "더 "]);
    c.starts_with_any(&["넘", "웃도"])
}

/// "2~3일 걸린다", "닷새가 걸렸다".
fn takes(cur: Cursor) -> bool {
    let mut c = cur;
    c.eat_any(&["이", "가", "은", "는", "이나", "나"]);
    c.spaces() && c.rest().starts_with('걸')
}

/// What follows grammatically.
fn relation(cur: Cursor) -> Option<Relation> {
    let mut c = cur;
    let spaced = c.spaces();
    let ends = |word: &str, among: &str| -> bool {
        let mut d = c;
        d.eat(word) && d.at_particle(among)
    };
    if c.starts_with_any(&["만에", "만의", "만인", "만이", "만으로"]) {
        return Some(Relation::Within);
    }
    if ends("동안", "의만은에도")
        || (!spaced && ends("간", "의이은만격씩은에"))
        || ends("내내", "")
        || ends("내리", "")
        || ends("연속", "으")
        || ends("꼬박", "")
        || c.starts_with_any(&["에 걸쳐", "에 걸친", "에 걸려"])
    {
        return Some(Relation::For);
    }
    if ends("째", "다이인였") {
        return Some(Relation::SoFar);
    }
    if c.starts_with_any(&["안에", "내에", "이내", "내로", "내 "]) {
        return Some(Relation::Within);
    }
    if ends("새", "에") || ends("사이", "에의") {
        return Some(Relation::For);
    }
    if ends("뒤", "에인엔부까의쯤늦로면") || ends("후", "에인엔부까의쯤로면") || ends("지나", "서고") || ends("만큼", "")
    {
        return Some(Relation::After);
    }
    if ends("전", "에인엔부까의쯤보만과이으") || ends("앞서", "") || ends("앞두", "고") {
        return Some(Relation::Before);
    }
    None
}
