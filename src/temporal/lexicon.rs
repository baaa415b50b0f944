//! The words of time, as data: `dictionaries/time.toml` and `dictionaries/holidays.csv`.
//!
//! The tables are read once. What this promises: looking a word up costs a hash of one character and a few comparisons,
//! and the trigger automaton names every place where an expression can begin.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use jiff::civil::Date;
use serde::Deserialize;

use super::{DayPart, Modifier};

/// Words of one class, the longest that fits first.
#[derive(Debug)]
pub(super) struct Words<T> {
    by_first: HashMap<char, Vec<(Box<str>, T)>>,
    /// A bit for each first character modulo 256: nearly every look-up ends here.
    firsts: [u64; 4],
}

fn bit(first: char) -> (usize, u64) {
    let n = first as u32 % 256;
    ((n / 64) as usize, 1 << (n % 64))
}

impl<T> Default for Words<T> {
    fn default() -> Self {
        Words { by_first: HashMap::new(), firsts: [0; 4] }
    }
}

impl<T: Copy> Words<T> {
    fn add(&mut self, word: &str, value: T) {
        for form in spacings(word) {
            if let Some(first) = form.chars().next() {
                let (word, mask) = bit(first);
                self.firsts[word] |= mask;
                let row = self.by_first.entry(first).or_default();
                if row.iter().any(|(word, _)| **word == *form) {
                    continue;
                }
                row.push((form.into(), value));
                row.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
            }
        }
    }

    /// The longest word that `rest` starts with: its length in bytes and its value.
    pub(super) fn at(&self, rest: &str) -> Option<(usize, T)> {
        let first = rest.chars().next()?;
        let (word, mask) = bit(first);
        if self.firsts[word] & mask == 0 {
            return None;
        }
        let row = self.by_first.get(&first)?;
        row.iter().find(|(word, _)| rest.starts_with(&**word)).map(|(word, value)| (word.len(), *value))
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.by_first.values().flatten().map(|(word, _)| &**word)
    }
}

/// "다음 날" is also written 다음날: every space of a word may be there or not.
fn spacings(word: &str) -> Vec<String> {
    let mut forms = vec![String::new()];
    for (n, piece) in word.split(' ').enumerate() {
        if n > 0 {
            let closed = forms.clone();
            forms.iter_mut().for_each(|form| form.push(' '));
            forms.extend(closed);
        }
        forms.iter_mut().for_each(|form| form.push_str(piece));
    }
    forms
}

/// When a day with a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feast {
    /// The same month and day every year.
    Fixed(i8, i8),
    /// A row of [`Lexicon::moving`].
    Moving(usize),
}

/// A day with a name, as a word says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holiday {
    pub(super) feast: Feast,
    /// The bare word is a season or a topic more often than a day.
    pub(super) needs_more: bool,
    /// Its holidays are three days.
    pub(super) three_days: bool,
}

/// What a modifier word says; `무려 3시간` says nothing about the length but belongs to the phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    Exact,
    As(Modifier),
}

/// Everything that is data.
#[derive(Debug)]
pub(super) struct Lexicon {
    pub(super) triggers: AhoCorasick,
    pub(super) day_publication: Words<i32>,
    pub(super) day_text: Words<i32>,
    pub(super) night: Words<i32>,
    pub(super) month_publication: Words<i32>,
    pub(super) month_text: Words<i32>,
    pub(super) year_publication: Words<i32>,
    pub(super) year_text: Words<i32>,
    pub(super) week: Words<i32>,
    pub(super) weekend: Words<i32>,
    pub(super) weekday: Words<i8>,
    pub(super) weekday_short: Words<i8>,
    pub(super) ordinal: Words<i8>,
    pub(super) direction: Words<i32>,
    /// The part and whether it is an expression by itself.
    pub(super) day_part: Words<(DayPart, bool)>,
    pub(super) native: Words<f64>,
    /// The number of days and whether a word of duration must follow.
    pub(super) days: Words<(f64, bool)>,
    pub(super) before: Words<Shade>,
    before_list: Vec<(Box<str>, Shade)>,
    pub(super) after: Words<Shade>,
    pub(super) zones: Words<usize>,
    pub(super) zone_names: Vec<String>,
    pub(super) local: Words<()>,
    pub(super) places: Words<usize>,
    pub(super) holidays: Words<Holiday>,
    /// The dates of the feasts that move, sorted.
    pub(super) moving: Vec<Vec<Date>>,
    pub(super) events: Words<()>,
    pub(super) historic: HashSet<String>,
    pub(super) follow: Follow,
    pub(super) recurring: Vec<String>,
    pub(super) never: Words<()>,
    pub(super) onset: Vec<String>,
    pub(super) future: Words<()>,
}

impl Lexicon {
    /// The modifier word that `head` ends with: where it begins and what it says.
    pub(super) fn modifier_before(&self, head: &str) -> Option<(usize, Shade)> {
        let trimmed = head.trim_end_matches([' ', '\u{a0}']);
        if head.len() - trimmed.len() > 2 {
            return None;
        }
        self.before_list.iter().find_map(|(word, shade)| {
            let start = trimmed.strip_suffix(&**word)?.len();
            let free = !trimmed[..start].ends_with(|c: char| c.is_alphanumeric());
            free.then_some((start, *shade))
        })
    }
}

/// The first syllables that may come right after a number and its unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Follow {
    pub(super) year: String,
    pub(super) month: String,
    pub(super) day: String,
    pub(super) hour: String,
    pub(super) minute: String,
    pub(super) second: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    day: DayFile,
    month: BaseFile,
    year: BaseFile,
    week: BTreeMap<String, i32>,
    weekend: BTreeMap<String, i32>,
    weekday: BTreeMap<String, i8>,
    weekday_short: BTreeMap<String, i8>,
    ordinal: BTreeMap<String, i8>,
    direction: BTreeMap<String, i32>,
    day_part: Vec<DayPartFile>,
    native: BTreeMap<String, f64>,
    days: BTreeMap<String, f64>,
    days_need_marker: ListFile,
    modifier: ModifierFile,
    zone: ZoneFile,
    holiday: BTreeMap<String, String>,
    holiday_needs_more: ListFile,
    holiday_span: NamesFile,
    event: EventFile,
    follow: Follow,
    recurring: RecurringFile,
    never: NeverFile,
    onset: ListFile,
    tense: TenseFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayFile {
    publication: BTreeMap<String, i32>,
    text: BTreeMap<String, i32>,
    night: BTreeMap<String, i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseFile {
    publication: BTreeMap<String, i32>,
    text: BTreeMap<String, i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayPartFile {
    name: DayPart,
    words: Vec<String>,
    alone: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModifierFile {
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneFile {
    named: BTreeMap<String, String>,
    local: Vec<String>,
    place: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    nouns: Vec<String>,
    historic: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecurringFile {
    before: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeverFile {
    lengths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenseFile {
    future: Vec<String>,
}

/// The built-in tables.
pub(super) fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
        // Both files are part of the program and a unit test reads them: a mistake in them never leaves the developer's machine.
        build(include_str!("../../dictionaries/time.toml"), include_str!("../../dictionaries/holidays.csv"))
            .expect("the built-in tables are sound")
    });
    &LEXICON
}

fn words<T: Copy>(rows: &BTreeMap<String, T>) -> Words<T> {
    let mut words = Words::default();
    for (word, value) in rows {
        words.add(word, *value);
    }
    words
}

fn set(list: &[String]) -> Words<()> {
    let mut words = Words::default();
    for word in list {
        words.add(word, ());
    }
    words
}

fn shade(word: &str) -> Result<Shade, String> {
    Ok(match word {
        "exact" => Shade::Exact,
        "about" => Shade::As(Modifier::About),
        "at_least" => Shade::As(Modifier::AtLeast),
        "at_most" => Shade::As(Modifier::AtMost),
        "so_far" => Shade::As(Modifier::SoFar),
        _ => return Err(format!("time.toml: `{word}` is no modifier: exact, about, at_least, at_most or so_far")),
    })
}

fn build(toml_text: &str, holidays: &str) -> Result<Lexicon, String> {
    let file: File = toml::from_str(toml_text).map_err(|e| format!("time.toml: {e}"))?;

    let (names, moving) = moving_feasts(holidays)?;
    let mut feasts = Words::default();
    for (word, what) in &file.holiday {
        let feast = match names.get(what.as_str()) {
            Some(&row) => Feast::Moving(row),
            None => {
                let (month, day) = what.split_once('-').ok_or_else(|| format!("time.toml: the holiday {word} is `{what}`"))?;
                Feast::Fixed(number(month)?, number(day)?)
            }
        };
        let needs_more = file.holiday_needs_more.words.contains(word);
        let three_days = file.holiday_span.names.contains(what);
        feasts.add(word, Holiday { feast, needs_more, three_days });
    }

    let mut day_part = Words::default();
    for part in &file.day_part {
        for word in &part.words {
            day_part.add(word, (part.name, part.alone));
        }
    }
    let mut days = Words::default();
    for (word, n) in &file.days {
        days.add(word, (*n, file.days_need_marker.words.contains(word)));
    }
    let mut before = Words::default();
    let mut before_list = Vec::new();
    for (word, what) in &file.modifier.before {
        before.add(word, shade(what)?);
        before_list.push((word.as_str().into(), shade(what)?));
    }
    let mut after = Words::default();
    for (word, what) in &file.modifier.after {
        after.add(word, shade(what)?);
    }
    let mut zone_names: Vec<String> = Vec::new();
    let mut zone_row = |name: &String| {
        zone_names.iter().position(|n| n == name).unwrap_or_else(|| {
            zone_names.push(name.clone());
            zone_names.len() - 1
        })
    };
    let mut zones = Words::default();
    for (word, name) in &file.zone.named {
        zones.add(word, zone_row(name));
    }
    let mut places = Words::default();
    for (word, name) in &file.zone.place {
        places.add(word, zone_row(name));
    }

    let mut lexicon = Lexicon {
        triggers: AhoCorasick::new(["0"]).map_err(|e| e.to_string())?,
        day_publication: words(&file.day.publication),
        day_text: words(&file.day.text),
        night: words(&file.day.night),
        month_publication: words(&file.month.publication),
        month_text: words(&file.month.text),
        year_publication: words(&file.year.publication),
        year_text: words(&file.year.text),
        week: words(&file.week),
        weekend: words(&file.weekend),
        weekday: words(&file.weekday),
        weekday_short: words(&file.weekday_short),
        ordinal: words(&file.ordinal),
        direction: words(&file.direction),
        day_part,
        native: words(&file.native),
        days,
        before,
        before_list,
        after,
        zones,
        zone_names,
        local: set(&file.zone.local),
        places,
        holidays: feasts,
        moving,
        events: set(&file.event.nouns),
        historic: file.event.historic.into_iter().collect(),
        follow: file.follow,
        recurring: file.recurring.before,
        never: set(&file.never.lengths),
        onset: file.onset.words,
        future: set(&file.tense.future),
    };
    lexicon.triggers = triggers(&lexicon)?;
    Ok(lexicon)
}

fn number(text: &str) -> Result<i8, String> {
    text.parse().map_err(|_| format!("time.toml: `{text}` is no number of a date"))
}

type Feasts<'a> = (HashMap<&'a str, usize>, Vec<Vec<Date>>);

fn moving_feasts(holidays: &str) -> Result<Feasts<'_>, String> {
    let mut names = HashMap::new();
    let mut moving: Vec<Vec<Date>> = Vec::new();
    for (n, line) in holidays.lines().enumerate() {
        if line.starts_with('#') || line == "name,date" || line.is_empty() {
            continue;
        }
        let wrong = || format!("holidays.csv:{}: `{line}` is not name,date", n + 1);
        let (name, date) = line.split_once(',').ok_or_else(wrong)?;
        let date: Date = date.parse().map_err(|_| wrong())?;
        let row = *names.entry(name).or_insert_with(|| {
            moving.push(Vec::new());
            moving.len() - 1
        });
        moving[row].push(date);
    }
    for dates in &mut moving {
        dates.sort();
    }
    Ok((names, moving))
}

/// Everything with which an expression can begin.
fn triggers(lexicon: &Lexicon) -> Result<AhoCorasick, String> {
    let mut patterns: Vec<String> = ('0'..='9').map(String::from).collect();
    let mut add = |word: &str| patterns.push(word.to_owned());
    lexicon.day_publication.words().for_each(&mut add);
    lexicon.day_text.words().for_each(&mut add);
    lexicon.night.words().for_each(&mut add);
    lexicon.month_publication.words().for_each(&mut add);
    lexicon.month_text.words().for_each(&mut add);
    lexicon.year_publication.words().for_each(&mut add);
    lexicon.year_text.words().for_each(&mut add);
    lexicon.week.words().for_each(&mut add);
    lexicon.weekend.words().for_each(&mut add);
    lexicon.weekday.words().for_each(&mut add);
    lexicon.direction.words().for_each(&mut add);
    lexicon.day_part.words().for_each(&mut add);
    lexicon.days.words().for_each(&mut add);
    lexicon.zones.words().for_each(&mut add);
    lexicon.local.words().for_each(&mut add);
    lexicon.places.words().for_each(&mut add);
    lexicon.holidays.words().for_each(&mut add);
    for word in ["올 ", "올해", "자정", "정오", "반나절", "한나절", "반년", "상반기", "하반기", "월초", "월말", "연초", "연말", "정초"]
    {
        add(word);
    }
    for word in ["AM ", "PM ", "am ", "pm ", "a.m.", "p.m."] {
        add(word);
    }
    // A native numeral alone (한, 세, 열) begins too many words: only with its unit.
    for numeral in lexicon.native.words() {
        for unit in ["시", "달", "주", "해", "시간", "나절"] {
            patterns.push(format!("{numeral}{unit}"));
            patterns.push(format!("{numeral} {unit}"));
        }
    }
    for tens in ["십", "이십", "삼십", "사십", "오십", "육십", "칠십", "팔십", "구십", "이천"] {
        patterns.push(tens.to_owned());
    }
    for unit in ["분", "초", "일", "년", "월", "개월"] {
        for one in ["일", "이", "삼", "사", "오", "육", "칠", "팔", "구", "유", "시"] {
            if unit == "월" || !matches!(one, "유" | "시") {
                patterns.push(format!("{one}{unit}"));
            }
        }
    }
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(patterns)
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_tables_are_sound() {
        let lexicon = lexicon();
        assert_eq!(lexicon.day_text.at("다음날 오전"), Some(("다음날".len(), 1)));
        assert_eq!(lexicon.day_text.at("다음 날 오전"), Some(("다음 날".len(), 1)));
        for name in &lexicon.zone_names {
            assert!(jiff::tz::TimeZone::get(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn every_year_has_its_feasts() {
        let (names, moving) = moving_feasts(include_str!("../../dictionaries/holidays.csv")).unwrap();
        for name in ["설날", "추석", "부처님오신날"] {
            let years: Vec<i16> = moving[names[name]].iter().map(|d| d.year()).collect();
            assert_eq!(years, (2005..=2032).collect::<Vec<i16>>(), "{name}");
        }
    }

    #[test]
    fn a_wrong_table_says_where() {
        let ok = include_str!("../../dictionaries/time.toml");
        assert!(build(ok, "name,date\n설날\n").unwrap_err().contains("holidays.csv:2"));
        assert!(build("[day]\nx = 1", "").unwrap_err().contains("time.toml"));
    }
}
