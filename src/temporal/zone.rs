//! Zones as they are said: 한국시간, (현지시간), 미 동부시간 기준, UTC; and the conversion to Korean time.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::KST;
use super::cursor::Cursor;
use super::lexicon::Lexicon;
use super::syntax::Zone;

/// "한국시간으로", "현지시간 기준", "UTC ", before a date or a clock.
pub(super) fn prefix(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Zone> {
    let mut c = *cur;
    let zone = name(&mut c, lexicon)?;
    gloss(&mut c);
    c.eat_any(&["으로는", "으로", "상", "은", "로"]);
    let mut d = c.after_spaces();
    if d.eat("기준") {
        d.eat_any(&["으로", "은"]);
        c = d;
    }
    c.eat(",");
    c.spaces();
    *cur = c;
    Some(zone)
}

/// "(현지시간)", "(한국 시간 기준)", "(이하 현지시각)", " UTC", after a date or a clock.
pub(super) fn suffix(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Zone> {
    let mut c = *cur;
    let spaced = c.spaces();
    let bracket = c.eat_any(&["(", "["]);
    c.eat("이하 ");
    let zone = name(&mut c, lexicon)?;
    if bracket {
        // "(그리니치표준시·GMT)": the same twice.
        let mut again = c;
        if again.eat_any(&["·", ", ", "/"]) && name(&mut again, lexicon) == Some(zone) {
            c = again;
        }
        let mut d = c.after_spaces();
        if d.eat("기준") {
            c = d;
        }
        if !c.eat_any(&[")", "]"]) {
            return None;
        }
    } else if !spaced || !c.at_word_end() || !cur.rest().trim_start().starts_with(|c: char| c.is_ascii_uppercase()) {
        // Without brackets only the Latin abbreviations stand behind.
        return None;
    }
    *cur = c;
    Some(zone)
}

/// "협정세계시(UTC)", "미 동부시간(ET)": the abbreviation that only repeats the name.
fn gloss(cur: &mut Cursor) {
    let mut c = *cur;
    if c.eat("(") && c.eat_char(|c| c.is_ascii_uppercase()).is_some() {
        for _ in 0..5 {
            c.eat_char(|c| c.is_ascii_uppercase());
        }
        if c.eat(")") {
            *cur = c;
        }
    }
}

/// The bare name of a zone.
pub(super) fn name(cur: &mut Cursor, lexicon: &Lexicon) -> Option<Zone> {
    let mut c = *cur;
    if c.eat_word(&lexicon.local).is_some() {
        *cur = c;
        return Some(Zone::Local);
    }
    if c.before().is_some_and(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let row = c.eat_word(&lexicon.zones)?;
    if c.peek().is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    *cur = c;
    Some(Zone::Named(row))
}

/// A civil time of the zone in Korean civil time, daylight saving by the time zone database.
pub(super) fn to_korean(at: DateTime, zone: &str) -> Option<DateTime> {
    let zoned = at.to_zoned(TimeZone::get(zone).ok()?).ok()?;
    Some(KST.to_datetime(zoned.timestamp()))
}
