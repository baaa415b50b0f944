//! From the shape of phrases to their values: one walk over the text, with what a reader keeps in mind.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date as Day, DateTime, Time};

use super::cursor::{ends_in_n, ends_in_ss, is_blank, is_hangul};
use super::lexicon::{Feast, Holiday, Lexicon, lexicon};
use super::syntax::{Amount, Base, Clock, Close, Date, Direction, Finest, Item, Length, MonthRef, Part, Point, YearRef, Zone};
use super::{Anchor, DayPart, Expression, Moment, Parts, Precision, Relation, Value, clock, phrase, zone};

/// How far the tense of a clause is looked for, in bytes: a long sentence, and a bound on the work.
const CLAUSE: usize = 300;

pub(super) fn resolve(text: &str, published: Option<Moment>, title: bool) -> Vec<Expression> {
    let lexicon = lexicon();
    let items = phrase::phrases(text, lexicon);
    let published = published.filter(|p| p.precision() >= Precision::Day);
    let mut reader = Reader {
        text,
        lexicon,
        title,
        today: published.map(Moment::date),
        now: published.filter(|p| p.has_clock()).map(Moment::at),
        scanned: 0,
        sentence: 0,
        last_end: 0,
        topic: None,
        framed: false,
        stands_today: false,
        sentence_start: 0,
        spoken: None,
        passing: None,
        clock: None,
        part: None,
        year: None,
        frames_next: false,
        month: None,
        from: None,
        places: items.iter().filter_map(|item| if let Item::Place { at, row } = item { Some((*at, *row)) } else { None }).collect(),
        elsewhere: None,
        throughout: false,
        named: BTreeSet::new(),
        story: None,
    };
    items.iter().flat_map(|item| reader.read(item)).collect()
}

/// A date at the precision that was said.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dated {
    Day(Day),
    Month(Day),
    Year(Day),
    Span(Day, Day),
}

impl Dated {
    fn first(self) -> Day {
        match self {
            Dated::Day(d) | Dated::Month(d) | Dated::Year(d) | Dated::Span(d, _) => d,
        }
    }

    fn as_start(self) -> Moment {
        match self {
            Dated::Day(d) | Dated::Span(d, _) => Moment::day(d),
            Dated::Month(d) => Moment::new(midnight(d), Precision::Month),
            Dated::Year(d) => Moment::new(midnight(d), Precision::Year),
        }
    }

    fn as_end(self) -> Moment {
        match self {
            Dated::Span(_, last) => Moment::day(last),
            other => other.as_start(),
        }
    }
}

/// The month that the text last named, for the bare days after it.
#[derive(Clone, Copy, Debug)]
struct MonthContext {
    year: i16,
    month: i8,
    day: Option<i8>,
    sentence: usize,
    /// Whether the month itself was said: a bare day only passes it on within a list.
    named: bool,
}

/// What a reader keeps in mind.
struct Reader<'t> {
    text: &'t str,
    lexicon: &'static Lexicon,
    title: bool,
    today: Option<Day>,
    now: Option<DateTime>,
    /// How far sentence ends have been counted.
    scanned: usize,
    sentence: usize,
    last_end: usize,
    /// The day that 이날 means, and whether it was only recalled (지난 8일, 2022년 10월 15일).
    topic: Option<(Day, bool)>,
    /// The day before the report that the story turned out to be of: 이날 means it, 전날 still counts from the report.
    story: Option<Day>,
    /// Whether the text has named the day of its own news (17일, 오늘).
    framed: bool,
    /// Whether the text has said of today how things stand: "30일 현재".
    stands_today: bool,
    /// Where the sentence began.
    sentence_start: usize,
    /// The day last spoken of in any way: a bare clock belongs to it.
    spoken: Option<Day>,
    /// A day mentioned in passing, for the rest of its sentence only.
    passing: Option<(Day, usize)>,
    clock: Option<(DateTime, usize)>,
    part: Option<(DayPart, Option<Day>, usize)>,
    year: Option<(i16, usize)>,
    /// Whether the sentence that named the year was about it: the months of the next are its months.
    frames_next: bool,
    month: Option<MonthContext>,
    /// The last "…부터", for a "…까지" later in the sentence.
    from: Option<(DateTime, usize)>,
    /// The places that the text names, for its 현지시간.
    places: Vec<(usize, usize)>,
    /// The zone elsewhere that the text last told a time in, and in which sentence: the bare clocks that follow are of the same place.
    elsewhere: Option<(Zone, usize)>,
    /// "(이하 현지시간)": all that follows is told in it.
    throughout: bool,
    /// The days that the text has given with their month or with 지난.
    named: BTreeSet<Day>,
}

impl Reader<'_> {
    fn read(&mut self, item: &Item) -> Vec<Expression> {
        match item {
            Item::Nothing | Item::Place { .. } => Vec::new(),
            Item::Length(length) => {
                self.advance(length.range.start);
                let found = self.minute_again(length).unwrap_or_else(|| duration(length));
                self.last_end = length.range.end;
                vec![found]
            }
            Item::Either { date, length, whole } => {
                self.advance(whole.range.start);
                // "14일 4시간가량 멈췄다" on the 14th or the 15th is a day and a length, and so is what would be more than a week to the minute.
                let near = self.today.is_some_and(|today| {
                    [0, -1]
                        .iter()
                        .filter_map(|n| shift(today, *n))
                        .any(|d| matches!(date.date, Some(Date::Calendar { day: Some(day), .. }) if day == d.day()))
                });
                let minutes = self.today.is_some() && length.amount.minutes % 60.0 != 0.0;
                let found =
                    if near || minutes { self.point(date).into_iter().chain([duration(length)]).collect() } else { vec![duration(whole)] };
                self.last_end = whole.range.end;
                found
            }
            Item::Point(point) => {
                self.advance(point.range.start);
                let found = self.point(point);
                self.last_end = point.range.end;
                found.into_iter().collect()
            }
            Item::Span { range, start, close } => {
                self.advance(start.range.start);
                let found = self.span(range, start, close);
                self.last_end = range.end;
                found.into_iter().collect()
            }
        }
    }

    /// Counts the sentence ends up to `to`.
    fn advance(&mut self, to: usize) {
        let from = self.scanned.max(self.last_end).min(to);
        let gap = &self.text.as_bytes()[from..to];
        for (i, b) in gap.iter().enumerate() {
            let end = match b {
                b'\n' => true,
                // "다." and "?" before a blank or a quotation mark; the dot of a number is followed by a digit.
                b'.' | b'?' | b'!' => !gap.get(i + 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.'),
                _ => false,
            };
            if end {
                // A blank line is no sentence.
                if !self.text[self.sentence_start.min(from + i)..from + i].trim().is_empty() {
                    self.sentence += 1;
                }
                self.sentence_start = from + i + 1;
            }
        }
        self.scanned = to;
    }

    /// "오전 10시 16분 … 했다가 58분에 …": after a clock in the same sentence, a later minute said as a moment is a clock too.
    fn minute_again(&mut self, length: &Length) -> Option<Expression> {
        let (last, sentence) = self.clock?;
        let said = &self.text[length.range.clone()];
        let minute = said.strip_suffix('분').and_then(|n| n.parse::<i8>().ok())?;
        let tail = &self.text[length.range.end..];
        let moment = tail.starts_with("에 ") || tail.starts_with("께") || tail.starts_with(" “") || tail.starts_with(" \"");
        if sentence != self.sentence
            || !moment
            || minute >= 60
            || minute <= last.minute()
            || last.minute() == 0
            || length.relation.is_some()
        {
            return None;
        }
        let at = last.with().minute(minute).second(0).build().ok()?;
        self.clock = Some((at, sentence));
        Some(Expression {
            range: length.range.clone(),
            value: Value::Moment(Moment::minute(at)),
            modifier: length.modifier,
            parts: None,
            relation: Some(Relation::At),
            anchor: Anchor::Inherited,
            day_part: None,
        })
    }

    /// The zone of a point: its own, else the one that the text told its last time in, for a bare clock in the sentences that follow.
    fn zone_of(&mut self, point: &Point) -> Option<Zone> {
        const REACH: usize = 6;
        let said = &self.text[point.range.clone()];
        if ["한국", "우리", "국내"].iter().any(|w| said.contains(w)) {
            self.elsewhere = None;
            return point.zone;
        }
        if point.zone.is_some() {
            self.elsewhere = point.zone.map(|zone| (zone, self.sentence));
            self.throughout |= said.contains("이하");
            return point.zone;
        }
        // "앞서 지난 2일에도": a day of the past told here ends the story from there.
        let recalled = matches!(point.date, Some(Date::Calendar { day: Some(_), .. })) && point.clock.is_none() && said.starts_with("지난");
        let also = self.text[point.range.end..].starts_with("에도");
        if !self.throughout && (recalled || also && matches!(point.date, Some(Date::Calendar { day: Some(_), .. }))) {
            self.elsewhere = None;
        }
        let (zone, sentence) = self.elsewhere?;
        point.clock?;
        let here = &self.text[self.sentence_start.min(point.range.start)..point.range.start];
        let own_day = matches!(point.date, Some(Date::Calendar { .. } | Date::Near { base: Base::Publication, .. }));
        let korean = ["한국", "우리", "국내", "이용자들은", "서울"].iter().any(|w| here.contains(w));
        let near = self.throughout || !own_day && self.sentence - sentence <= REACH;
        (!self.title && !korean && near).then_some(zone)
    }

    fn point(&mut self, point: &Point) -> Option<Expression> {
        let (dated, anchor) = self.dated(point, None)?;
        let zone = self.zone_of(point);
        let value = match point.clock {
            None => {
                self.remember_part(point.part, dated.first());
                match dated {
                    Dated::Span(start, end) => Value::Span { start: Some(Moment::day(start)), end: Some(Moment::day(end)) },
                    other => Value::Moment(other.as_start()),
                }
            }
            Some(clock) => {
                // A clock on no day that is known says no more than the month or the year.
                if matches!(dated, Dated::Month(_) | Dated::Year(_)) {
                    let value = Value::Moment(dated.as_start());
                    let range = point.range.clone();
                    return Some(Expression {
                        range,
                        value,
                        modifier: None,
                        parts: None,
                        relation: point.relation,
                        anchor,
                        day_part: None,
                    });
                }
                let day = dated.first();
                let after = self.open_start(point);
                let at = self.clock_on(point, clock, day, after, None)?;
                self.remember_clock(at, point, day);
                if point.relation == Some(Relation::From) {
                    self.from = Some((at, self.sentence));
                }
                match self.convert(at, zone) {
                    Some(at) => Value::Moment(precise(self.not_to_come(point, zone, at), clock)),
                    None => Value::Moment(Moment::day(day)),
                }
            }
        };
        let day_part = if point.clock.is_none() { point.part } else { None };
        Some(Expression {
            range: point.range.clone(),
            value,
            modifier: point.modifier,
            parts: None,
            relation: point.relation,
            anchor,
            day_part,
        })
    }

    /// "…부터" earlier in the sentence, for a bare clock with 까지.
    fn open_start(&self, point: &Point) -> Option<DateTime> {
        let (from, sentence) = self.from?;
        (point.relation == Some(Relation::Until) && sentence == self.sentence && point.date.is_none()).then_some(from)
    }

    fn span(&mut self, range: &Range<usize>, start: &Point, close: &Close) -> Option<Expression> {
        let mut parts = Parts { start: Some(start.range.clone()), ..Parts::default() };
        let Some((dated, anchor)) = self.dated(start, None) else {
            // The start means nothing without a day; a length still does.
            return match close {
                Close::Length(length) => Some(duration(length)),
                _ => None,
            };
        };
        if start.clock.is_some() && matches!(dated, Dated::Month(_) | Dated::Year(_)) {
            return match close {
                Close::Length(length) => Some(duration(length)),
                _ => None,
            };
        }
        let mut modifier = start.modifier;
        let day = dated.first();
        let start_at = match start.clock {
            Some(clock) => {
                let before = match close {
                    Close::Point(end) => self.bound_by_end(start, end, day),
                    _ => None,
                };
                let at = self.clock_on(start, clock, day, None, before)?;
                self.remember_clock(at, start, day);
                Some(at)
            }
            None => {
                self.remember_part(start.part, day);
                None
            }
        };
        let mut zone = self.zone_of(start);
        let mut day_part = None;
        let (from, to) = match (start_at, close) {
            (Some(at), Close::Minute(minute, second, phrase, about)) => {
                parts.end = Some(phrase.clone());
                modifier = modifier.or(*about);
                let end = at.with().minute(*minute).second(second.unwrap_or(0)).build().ok()?;
                let clock = Clock { hour: 0, minute: *minute, second: *second, exact: true, midnight: false };
                self.clock = Some((end, self.sentence));
                (self.moment(at, start, zone, day), self.convert(end, zone).map(|end| precise(end, clock)))
            }
            (None, Close::Minute(..)) => return None,
            (Some(at), Close::Length(length)) => {
                parts.duration = Some(length.range.clone());
                modifier = length.modifier.or(modifier);
                let end = add_seconds(at, (length.amount.total() * 60.0).round());
                let precision = if length.amount.finest == Finest::Second { Precision::Second } else { Precision::Minute };
                let from = self.moment(at, start, zone, day);
                let end = end
                    .and_then(|end| self.convert(end, zone))
                    .map(|end| Moment::new(end, precision.max(from.map_or(precision, Moment::precision))));
                (from, end)
            }
            (None, Close::Length(length)) => {
                parts.duration = Some(length.range.clone());
                modifier = length.modifier.or(modifier);
                day_part = start.part;
                (Some(dated.as_start()), last_day(dated, length.amount))
            }
            (_, Close::Point(end)) => {
                parts.end = Some(end.range.clone());
                modifier = modifier.or(end.modifier);
                zone = start.zone.or(end.zone).or(zone);
                let from = match start_at {
                    Some(at) => self.moment(at, start, zone, day),
                    None => Some(dated.as_start()),
                };
                let to = self.span_end(end, start_at, dated, zone);
                (from, to)
            }
        };
        if from.is_none() && to.is_none() {
            return None;
        }
        let relation = None;
        Some(Expression {
            range: range.clone(),
            value: Value::Span { start: from, end: to },
            modifier,
            parts: Some(parts),
            relation,
            anchor,
            day_part,
        })
    }

    fn moment(&self, at: DateTime, point: &Point, zone: Option<Zone>, day: Day) -> Option<Moment> {
        let clock = point.clock?;
        Some(match self.convert(at, zone) {
            Some(at) => precise(at, clock),
            None => Moment::day(day),
        })
    }

    /// The second end of a span.
    fn span_end(&mut self, end: &Point, start_at: Option<DateTime>, start: Dated, zone: Option<Zone>) -> Option<Moment> {
        let after = start_at.map_or(start.first(), DateTime::date);
        let (dated, _) = match end.date {
            Some(_) => self.dated(end, Some((after, start)))?,
            None => (Dated::Day(after), Anchor::Inherited),
        };
        let Some(clock) = end.clock else {
            self.remember_part(end.part, dated.first());
            return Some(dated.as_end());
        };
        let day = dated.first();
        let bound = start_at.or_else(|| end.date.is_none().then(|| midnight(day)));
        let at = self.clock_on(end, clock, day, bound, None)?;
        self.remember_clock(at, end, at.date());
        match self.convert(at, zone) {
            Some(at) => Some(precise(at, clock)),
            None => Some(Moment::day(day)),
        }
    }

    /// "9시부터 오후 3시까지": the bare start is the last such hour before the end.
    fn bound_by_end(&self, start: &Point, end: &Point, day: Day) -> Option<DateTime> {
        let (clock, end_clock) = (start.clock?, end.clock?);
        if start.part.is_some()
            || clock.hour > 12
            || clock.hour == 0
            || end.date.is_some()
            || (end.part.is_none() && end_clock.hour <= 12 && end_clock.hour != 0)
        {
            return None;
        }
        let option = options(end_clock, end.part).first().copied()?;
        at_minute(day, option)
    }

    /// "이날 오후 5시 30분(미 동부시간 기준)": where that would lie behind the report, it was this day over there, which is the one before here.
    fn not_to_come(&self, point: &Point, zone: Option<Zone>, at: DateTime) -> DateTime {
        let this_day = ["이날", "오늘"].iter().any(|w| self.text[point.range.clone()].contains(w));
        let to_come = self.now.map_or_else(|| self.today.is_some_and(|today| at.date() > today), |now| at > now);
        if zone.is_some() && this_day && to_come { at.checked_sub(jiff::Span::new().days(1)).unwrap_or(at) } else { at }
    }

    /// A zoned time in Korean time; none if the zone cannot be known.
    fn convert(&self, at: DateTime, zone: Option<Zone>) -> Option<DateTime> {
        let row = match zone {
            None => return Some(at),
            Some(Zone::Named(row)) => row,
            Some(Zone::Local) => self.place()?,
        };
        zone::to_korean(at, self.lexicon.zone_names.get(row)?)
    }

    /// Where 현지시간 is: the place last named, else the one that follows soon. `scanned` is where the phrase begins.
    fn place(&self) -> Option<usize> {
        let next = self.places.partition_point(|(at, _)| *at < self.scanned);
        let before = next.checked_sub(1).map(|i| self.places[i]);
        let after = self.places.get(next).filter(|(at, _)| at - self.scanned <= CLAUSE);
        before.or(after.copied()).map(|(_, row)| row)
    }

    fn remember_part(&mut self, part: Option<DayPart>, day: Day) {
        if let Some(part) = part {
            self.part = Some((part, Some(day), self.sentence));
        }
    }

    fn remember_clock(&mut self, at: DateTime, point: &Point, day: Day) {
        self.clock = Some((at, self.sentence));
        self.remember_part(point.part, day);
        // A bare clock that ran past midnight takes the text with it; "밤 12시" stays with its evening.
        if self.passing.is_none_or(|(passing, sentence)| sentence != self.sentence || passing != day) {
            self.spoken = Some(if point.date.is_none() && point.part != Some(DayPart::Night) && at.hour() < 7 { at.date() } else { day });
        }
    }

    // ---- dates ----

    /// The date of a point: its own, or the one the text is at. For the second end of a span, `after` is the first.
    fn dated(&mut self, point: &Point, after: Option<(Day, Dated)>) -> Option<(Dated, Anchor)> {
        let Some(date) = point.date else {
            let (day, anchor) = match (self.spoken_day(), self.today) {
                (Some(day), _) => (day, Anchor::Inherited),
                (None, today) => (today?, Anchor::Publication),
            };
            return Some((Dated::Day(day), anchor));
        };
        let mut found = self.date(date, point, after)?;
        // "이 사고는 2021년 오전 11시 20분쯤부터": a clock of the day last told, which lies in that year.
        if point.clock.is_some()
            && let (Dated::Month(_) | Dated::Year(_), Some(day)) = (found, self.spoken_day())
            && found.as_start().agrees_with(Moment::day(day))
        {
            found = Dated::Day(day);
        }
        self.remember_date(date, found, point, after.is_some());
        let anchor = match date {
            Date::Calendar { year: Some(YearRef::Relative(..)), month: None, day: None, .. }
            | Date::Calendar { month: Some(MonthRef::Relative(..)), day: None, .. } => Anchor::Relative,
            Date::Calendar { .. } | Date::Part { .. } | Date::Nth { .. } | Date::Holiday { .. } | Date::Event { .. } => Anchor::Explicit,
            _ => Anchor::Relative,
        };
        Some((found, anchor))
    }

    fn remember_date(&mut self, date: Date, found: Dated, point: &Point, span_end: bool) {
        let first = found.first();
        let sentence = self.sentence;
        match date {
            Date::Calendar { direction, year, month, day, .. } => {
                if day.is_some() && (month.is_some() || direction == Direction::Past) {
                    self.named.insert(first);
                }
                if year.is_some() || matches!(month, Some(MonthRef::Relative(..))) {
                    self.year = Some((first.year(), sentence));
                    self.frames_next = month.is_none() && day.is_none() && self.tells_of_a_year(point);
                }
                if month.is_some() || day.is_some() {
                    let kept = self
                        .month
                        .is_some_and(|m| m.named && sentence - m.sentence <= 2 && (m.year, m.month) == (first.year(), first.month()));
                    self.month =
                        Some(MonthContext { year: first.year(), month: first.month(), day, sentence, named: month.is_some() || kept });
                }
            }
            Date::Part { year, month, part, .. } => {
                if year.is_some() {
                    self.year = Some((first.year(), sentence));
                    self.frames_next = month.is_none() && self.tells_of_a_year(point);
                }
                if month.is_some() || matches!(part, Part::YearStart | Part::YearEnd) {
                    self.month = Some(MonthContext { year: first.year(), month: first.month(), day: None, sentence, named: true });
                }
            }
            _ => {}
        }
        let Dated::Day(day) = found else { return };
        // A night that passed, 간밤, ends this morning: it holds no clock that follows, "오전 2시" is today's.
        if point.part == Some(DayPart::Night)
            && point.clock.is_none()
            && matches!(date, Date::Near { base: Base::Publication, days: -1 })
            && ["간밤", "밤사이", "밤새", "지난밤"].iter().any(|w| self.text[point.range.clone()].starts_with(w))
        {
            return;
        }
        match date {
            // "내일 아침까지 복구하겠다": promised, and no day that the story goes on from.
            Date::Near { base: Base::Publication, days } if days > 0 => self.passing = Some((day, sentence)),
            // "전날(87만 주)의 14배", "전날보다 2% 내려": only what something is measured by.
            Date::Near { base: Base::Text, days } if days < 0 && self.measures(point) => {}
            Date::Near { base: Base::Text | Base::Spoken, days } if days <= 0 => {
                self.spoken = Some(day);
                self.passing = None;
                // "20일 업계에 따르면 전날 … 멈췄다. 이날 오전 8시에 …": the story is of the day before.
                let bare = point.clock.is_none() && point.part.is_none();
                if days < 0 && bare && self.attributed(point) && !self.rest_of_sentence(point).contains("이날") {
                    self.story = Some(day);
                }
            }
            Date::Calendar { direction: Direction::Back, .. } => {
                self.spoken = Some(day);
                self.passing = None;
            }
            Date::Event { .. } => {}
            _ => {
                // "이달 5일과 7일에도": the second is recalled as the first is.
                let listed = matches!(date, Date::Calendar { direction: Direction::None, year: None, month: None, .. })
                    && self.passing.is_some_and(|(_, told)| told == sentence)
                    && point.range.start.saturating_sub(self.last_end) <= 6;
                let recalled = recalls(&date) || listed;
                let aside = recalled && self.framed && !self.opens_sentence(point) && !self.attributed(point);
                let in_passing = !self.sentence_head(point).1 || matches!(point.relation, Some(Relation::From | Relation::Until));
                if aside && in_passing && point.clock.is_none() {
                    self.passing = Some((day, sentence));
                } else {
                    self.spoken = Some(day);
                    self.passing = None;
                }
                self.stands_today |= Some(day) == self.today && self.text[point.range.end..].trim_start().starts_with("현재");
                // "19일 밤부터 20일 새벽까지" on the 20th: 이날 and 전날 count from the 20th.
                let reaches_today = span_end && Some(day) == self.today;
                if reaches_today {
                    self.topic = Some((day, false));
                    self.story = None;
                    self.framed = true;
                } else if !span_end && !aside {
                    self.topic = Some((day, recalled));
                    self.story = None;
                    self.framed |= !recalled;
                }
            }
        }
    }

    fn date(&self, date: Date, point: &Point, after: Option<(Day, Dated)>) -> Option<Dated> {
        match date {
            Date::Calendar { direction, year, month, day, weekday } => self.calendar(direction, year, month, day, weekday, point, after),
            Date::Part { direction, year, month, part } => self.part_of(direction, year, month, part, point, after),
            Date::Near { base, days } => {
                let base = match base {
                    Base::Publication => self.today?,
                    Base::Spoken => {
                        after.map(|(day, _)| day).or(self.just_told()).or(self.spoken_day()).or(self.topic_day()).or(self.today)?
                    }
                    Base::Text if after.is_some() => {
                        let start = after.map(|(day, _)| day)?;
                        // "전날 오후 2시부터 이날 오전 2시까지": 이날 is still the day of the news.
                        self.topic
                            .filter(|(_, recalled)| !recalled)
                            .map(|(day, _)| day)
                            .or(self.today)
                            .filter(|topic| days == 0 && *topic >= start)
                            .unwrap_or(start)
                    }
                    Base::Text if days > 0 => self.spoken_day().or(self.topic_day()).or(self.today)?,
                    // 전날 counts from the day of the news; a day that was only recalled is not that.
                    Base::Text if days < 0 => {
                        // "30일 현재 제자리를 찾았다. 회사는 29일 밤 … 밝혔다. 전날 오후 8시께": from the 30th.
                        self.topic
                            .filter(|(_, recalled)| self.today.is_none() || !recalled && !self.stands_today)
                            .map(|(day, _)| day)
                            .or(self.today)?
                    }
                    Base::Text => self.story.or(self.topic_day()).or(self.today)?,
                };
                shift(base, i64::from(days)).map(Dated::Day)
            }
            Date::Week { weeks, weekday } => {
                let monday = self.monday(weeks)?;
                match weekday {
                    Some(weekday) => shift(monday, i64::from(weekday) - 1).map(Dated::Day),
                    None => Some(Dated::Span(monday, shift(monday, 6)?)),
                }
            }
            Date::Weekend { weeks } => {
                let monday = self.monday(weeks)?;
                Some(Dated::Span(shift(monday, 5)?, shift(monday, 6)?))
            }
            Date::Weekday { direction, weekday } => {
                let today = self.today?;
                let back = i64::from((today.weekday().to_monday_one_offset() - weekday).rem_euclid(7));
                let last = shift(today, -back)?;
                Some(Dated::Day(match direction {
                    Direction::Past | Direction::Back if back == 0 => shift(today, -7)?,
                    Direction::Past | Direction::Back => last,
                    Direction::Future => shift(last, 7)?,
                    Direction::None | Direction::After if after.is_some() => {
                        let (start, _) = after?;
                        let ahead = i64::from((weekday - start.weekday().to_monday_one_offset()).rem_euclid(7));
                        shift(start, ahead)?
                    }
                    Direction::None | Direction::After => self.choose(last, shift(last, 7)?, 14, point),
                }))
            }
            Date::Holiday { direction, year, holiday, offset, span, day } => {
                let day = self.holiday(direction, year, holiday, offset, day, point)?;
                let day = shift(day, i64::from(offset))?;
                Some(if span { Dated::Span(shift(day, -1)?, shift(day, 1)?) } else { Dated::Day(day) })
            }
            Date::Nth { direction, year, month, nth, weekday } => {
                let month = self.calendar(direction, year, Some(month), None, None, point, after)?.first();
                let first = i64::from((weekday - month.weekday().to_monday_one_offset()).rem_euclid(7));
                let last = i64::from(month.days_in_month()) - 1;
                let offset = if nth < 0 { first + (last - first) / 7 * 7 } else { first + i64::from(nth - 1) * 7 };
                if offset > last {
                    return None;
                }
                shift(month, offset).map(Dated::Day)
            }
            Date::Event { month, day } => {
                let today = self.today?;
                let this = Day::new(today.year(), month, day).ok().filter(|d| *d <= today);
                this.or_else(|| (1..=8).find_map(|n| Day::new(today.year() - n, month, day).ok())).map(Dated::Day)
            }
            Date::Ago { base, amount, sign } => {
                let base = match (base, after) {
                    (Base::Text | Base::Spoken, Some((day, _))) => day,
                    (Base::Text | Base::Spoken, None) => self.spoken_day().or(self.topic_day()).or(self.today)?,
                    (Base::Publication, _) => self.today?,
                };
                let months = (amount.years * 12.0 + amount.months).round() as i64 * i64::from(sign);
                let day = add_months(base, months)?;
                Some(match amount.finest {
                    Finest::Year => Dated::Year(first_of_year(day)),
                    Finest::Month => Dated::Month(day.first_of_month()),
                    _ => Dated::Day(shift(day, amount.days.round() as i64 * i64::from(sign))?),
                })
            }
        }
    }

    fn spoken_day(&self) -> Option<Day> {
        self.passing.filter(|(_, sentence)| *sentence == self.sentence).map(|(day, _)| day).or(self.spoken)
    }

    /// "가나증권은 지난 11일 멈췄다. 같은 날 라마증권도 …": the day mentioned in passing in this sentence or the one before.
    fn just_told(&self) -> Option<Day> {
        self.passing.filter(|(_, sentence)| self.sentence - sentence <= 1).map(|(day, _)| day)
    }

    fn topic_day(&self) -> Option<Day> {
        self.topic.map(|(day, _)| day)
    }

    /// Whether a phrase stands at the head of its sentence and carries the story on from there: "지난 17일에는 …", not
    /// "지난 17일 멈춘 뒤로 …" and not "앞서 지난 17일 …".
    fn opens_sentence(&self, point: &Point) -> bool {
        let (head, short) = self.sentence_head(point);
        let tail = &self.text[point.range.end..];
        let leads = point.clock.is_some() || point.part.is_some() || tail.starts_with(['에', ',', '은', '도']);
        let plain = matches!(point.date, Some(Date::Calendar { direction: Direction::None, year: None, .. })) && head.is_empty();
        (leads || plain) && short && !head.contains("앞서")
    }

    /// "13일 업계에 따르면 지난 4일 …": the first day says when it was told, and the story is of the other.
    fn attributed(&self, point: &Point) -> bool {
        let from = self.sentence_start.min(point.range.start);
        let head = &self.text[from..point.range.start];
        // The longest word that names a source, and what may stand behind it.
        let near = head.char_indices().rev().nth(30).map_or(0, |(at, _)| at);
        let head = &head[near..];
        super::ATTRIBUTED.iter().any(|w| {
            head.trim_end().trim_end_matches(',').ends_with(w)
                // "10일 업계에 따르면 새해 증시가 처음 열린 지난 4일"
                || head.rfind(w).is_some_and(|at| {
                    let between = &head[at + w.len()..];
                    between.chars().count() <= 20
                        && between.trim_end().ends_with(['린', '된', '한', '선', '간', '난'])
                        && self.text[point.range.clone()].starts_with("지난 ")
                        && !between.contains([',', '.', '“', '"'])
                        && !between.contains(|c: char| c.is_ascii_digit())
                })
        })
    }

    /// "지난해에는 두 번이나 멈췄다", "장애가 몰린 때는 2017년 하반기다": the sentence is about the year.
    fn tells_of_a_year(&self, point: &Point) -> bool {
        let rest = &self.text[point.range.end..];
        let rest = [" 하반기", " 상반기"].iter().find_map(|half| rest.strip_prefix(half)).unwrap_or(rest);
        ["에는 ", "엔 ", "에만 ", "에도 ", "입니다", "이다", "이었", "였"].iter().any(|w| rest.starts_with(w))
    }

    fn measures(&self, point: &Point) -> bool {
        let rest = &self.text[point.range.end..];
        let number = |t: &str| t.starts_with(|c: char| c.is_ascii_digit());
        rest.starts_with("보다")
            || rest.starts_with(" 대비")
            || rest.strip_prefix('(').is_some_and(number)
            || rest.strip_prefix("의 ").is_some_and(number)
    }

    fn rest_of_sentence(&self, point: &Point) -> &str {
        let rest = &self.text[point.range.end..];
        &rest[..rest.find(['\n', '.']).unwrap_or(rest.len())]
    }

    /// What stands before a phrase in its sentence, and whether it is no more than a word or two (한편, 이보다 앞선).
    fn sentence_head(&self, point: &Point) -> (&str, bool) {
        let from = self.sentence_start.min(point.range.start);
        let head = self.text[from..point.range.start].trim_matches(|c: char| !c.is_alphanumeric());
        (head, head.len() <= 24)
    }

    fn monday(&self, weeks: i32) -> Option<Day> {
        let today = self.today?;
        shift(today, i64::from(weeks) * 7 - i64::from(today.weekday().to_monday_zero_offset()))
    }

    #[allow(clippy::too_many_arguments)]
    fn holiday(
        &self,
        direction: Direction,
        year: Option<YearRef>,
        holiday: Holiday,
        offset: i32,
        hint: Option<i8>,
        point: &Point,
    ) -> Option<Day> {
        if let Some(year) = year {
            let year = self.year_of(year)?;
            return match holiday.feast {
                Feast::Fixed(month, day) => Day::new(year, month, day).ok(),
                Feast::Moving(row) => self.lexicon.moving[row].iter().find(|d| d.year() == year).copied(),
            };
        }
        let today = self.today?;
        if let Some((year, sentence)) = self.year
            && sentence == self.sentence
        {
            let found = match holiday.feast {
                Feast::Fixed(month, day) => Day::new(year, month, day).ok(),
                Feast::Moving(row) => self.lexicon.moving[row].iter().find(|d| d.year() == year).copied(),
            };
            if found.is_some_and(|d| d <= today) {
                return found;
            }
        }
        let (last, next) = match holiday.feast {
            Feast::Fixed(month, day) => {
                let this = Day::new(today.year(), month, day).ok()?;
                if this <= today {
                    (Some(this), Day::new(today.year() + 1, month, day).ok())
                } else {
                    (Day::new(today.year() - 1, month, day).ok(), Some(this))
                }
            }
            Feast::Moving(row) => {
                let dates = &self.lexicon.moving[row];
                let next = dates.partition_point(|d| *d <= today);
                (next.checked_sub(1).map(|i| dates[i]), dates.get(next).copied())
            }
        };
        // 추석(6일): the year in which it fell on the sixth.
        if let Some(found) = hint.and_then(|hint| [last, next].into_iter().flatten().find(|d| d.day() == hint)) {
            return Some(found);
        }
        // "추석 연휴 첫날인 28일": the feast itself may lie ahead of the day of the news by as much as its eve.
        if let (true, Some(next)) = (offset < 0 && direction == Direction::None, next)
            && shift(next, i64::from(offset)).is_some_and(|eve| eve <= today)
        {
            return Some(next);
        }
        match (direction, last, next) {
            (Direction::Past | Direction::Back, last, _) => last,
            (Direction::Future, _, next) => next,
            (_, Some(last), Some(next)) => Some(self.choose(last, next, 60, point)),
            (_, last, next) => last.or(next),
        }
    }

    fn year_of(&self, year: YearRef) -> Option<i16> {
        match year {
            YearRef::Number(year) => Some(year),
            YearRef::Relative(Base::Publication, n) => Some(self.today?.year() + n as i16),
            YearRef::Relative(Base::Text | Base::Spoken, n) => {
                let base = self
                    .year
                    .map(|(year, _)| year)
                    .or(self.month.map(|m| m.year))
                    .or(self.topic_day().map(|d| d.year()))
                    .or(self.today.map(|d| d.year()))?;
                Some(base + n as i16)
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn calendar(
        &self,
        direction: Direction,
        year: Option<YearRef>,
        month: Option<MonthRef>,
        day: Option<i8>,
        weekday: Option<i8>,
        point: &Point,
        after: Option<(Day, Dated)>,
    ) -> Option<Dated> {
        let said_year = match year {
            Some(year) => Some(self.year_of(year)?),
            None => None,
        };
        let (year, month) = match month {
            Some(MonthRef::Number(month)) => (said_year, Some(month)),
            Some(MonthRef::Relative(base, n)) => {
                let base = match base {
                    Base::Publication => self.today?,
                    Base::Text | Base::Spoken => match self.month {
                        Some(m) => Day::new(m.year, m.month, 1).ok()?,
                        None => self.topic_day().or(self.today)?,
                    },
                };
                let found = add_months(base.first_of_month(), i64::from(n))?;
                (said_year.or(Some(found.year())), Some(found.month()))
            }
            None => (said_year, None),
        };
        match (year, month, day) {
            (Some(year), Some(month), Some(day)) => Day::new(year, month, day).ok().map(Dated::Day),
            (Some(year), Some(month), None) => Day::new(year, month, 1).ok().map(Dated::Month),
            (Some(year), None, _) => Day::new(year, 1, 1).ok().map(Dated::Year),
            (None, Some(month), Some(day)) => self.month_day(direction, month, day, weekday, point, after).map(Dated::Day),
            (None, Some(month), None) => self.bare_month(direction, month, point, after).map(Dated::Month),
            (None, None, Some(day)) => self.bare_day(direction, day, weekday, point, after).map(Dated::Day),
            (None, None, None) => None,
        }
    }

    /// "10월 15일" without a year.
    fn month_day(
        &self,
        direction: Direction,
        month: i8,
        day: i8,
        weekday: Option<i8>,
        point: &Point,
        after: Option<(Day, Dated)>,
    ) -> Option<Day> {
        let on = |year: i16| Day::new(year, month, day).ok();
        if let Some((start, _)) = after {
            return (0..=8).filter_map(|n| on(start.year() + n)).find(|d| *d >= start);
        }
        if direction == Direction::None
            && let Some(year) = self.carried_year(month, Some(day))
            && let Some(found) = on(year)
        {
            return Some(found);
        }
        let today = self.today?;
        let last = (0..=8).filter_map(|n| on(today.year() - n)).find(|d| *d <= today);
        let next = (0..=8).filter_map(|n| on(today.year() + n)).find(|d| *d > today);
        if let Some(weekday) = weekday {
            let matches = |d: &Day| d.weekday().to_monday_one_offset() == weekday;
            let near = [last, next].into_iter().flatten().find(matches);
            if near.is_some() {
                return near;
            }
        }
        match (direction, last, next) {
            (Direction::Past | Direction::Back, Some(last), _) if last == today => on(today.year() - 1).or(Some(last)),
            (Direction::Past | Direction::Back, last, _) => last,
            (Direction::Future, last, next) => last.filter(|d| *d == today).or(next),
            (Direction::None | Direction::After, Some(last), Some(next)) => Some(self.choose(last, next, 120, point)),
            (_, last, next) => last.or(next),
        }
    }

    /// "10월" alone.
    fn bare_month(&self, direction: Direction, month: i8, point: &Point, after: Option<(Day, Dated)>) -> Option<Day> {
        let on = |year: i16| Day::new(year, month, 1).ok();
        if let Some((start, _)) = after {
            let from = start.first_of_month();
            return (0..=1).filter_map(|n| on(start.year() + n)).find(|d| *d >= from);
        }
        if direction == Direction::None
            && let Some(year) = self.carried_year(month, None)
        {
            return on(year);
        }
        let this = self.today?.first_of_month();
        let last = if month <= this.month() { on(this.year())? } else { on(this.year() - 1)? };
        let next = if last == this { on(this.year() + 1)? } else { on(last.year() + 1)? };
        Some(match direction {
            Direction::Past | Direction::Back if last == this => on(this.year() - 1)?,
            Direction::Past | Direction::Back => last,
            Direction::Future if last == this => this,
            Direction::Future => next,
            Direction::None | Direction::After if last == this => this,
            Direction::None | Direction::After => self.choose(last, next, 120, point),
        })
    }

    /// The year that the sentence named before, for the months after it.
    fn carried_year(&self, month: i8, day: Option<i8>) -> Option<i16> {
        let carried = match (self.year, self.month) {
            (Some((year, sentence)), m) if sentence == self.sentence => {
                // "지난해 12월에 시작해 3월에 끝났다": the list runs forward, into the next year if it must.
                let wraps = m.is_some_and(|m| {
                    m.sentence == sentence && m.year == year && (m.month, m.day.unwrap_or(1)) > (month, day.unwrap_or(31))
                });
                let next = Day::new(year + 1, month, day.unwrap_or(1)).ok();
                if !wraps {
                    year
                } else if next.is_some_and(|d| self.today.is_none_or(|today| d <= today)) {
                    year + 1
                } else {
                    return None;
                }
            }
            // "지난해에는 두 번이나 멈췄다. 5월에는 …, 7월에는 …"
            (Some((year, sentence)), _)
                if self.frames_next && sentence + 1 == self.sentence && self.today.is_some_and(|today| year < today.year()) =>
            {
                year
            }
            // The month that the last sentences were about, said again.
            (_, Some(m)) if m.month == month && self.sentence - m.sentence <= 3 => m.year,
            _ => return None,
        };
        let found = Day::new(carried, month, day.unwrap_or(1)).ok()?;
        // A year that would make it the future is not what was meant.
        (self.today.is_none_or(|today| found <= today)).then_some(carried)
    }

    /// "17일" alone.
    fn bare_day(&self, direction: Direction, day: i8, weekday: Option<i8>, point: &Point, after: Option<(Day, Dated)>) -> Option<Day> {
        let on = |month: Day| Day::new(month.year(), month.month(), day).ok();
        let forward = |from: Day| (0..=12).filter_map(|n| on(add_months(from.first_of_month(), n)?)).find(|d| *d >= from);
        if let Some((start, _)) = after {
            return forward(start);
        }
        if direction == Direction::None
            && let Some(found) = self.carried_month(day, point)
        {
            return Some(found);
        }
        let today = self.today?;
        // "지난달 3일 …. 이튿날인 4일": the first such day after the one just told.
        if direction == Direction::After
            && let Some(before) = self.spoken_day().or(self.topic_day())
            && let Some(found) = shift(before, 1).and_then(forward).filter(|d| *d <= today && days_between(before, *d) <= 3)
        {
            return Some(found);
        }
        let last = (0..=12).filter_map(|n| on(add_months(today.first_of_month(), -n)?)).find(|d| *d <= today)?;
        let next = forward(shift(today, 1)?)?;
        if let Some(weekday) = weekday {
            let matches = |d: &Day| d.weekday().to_monday_one_offset() == weekday;
            let back = (0..=12).filter_map(|n| on(add_months(today.first_of_month(), -n)?)).filter(|d| *d <= today);
            if let Some(found) = [last, next].into_iter().chain(back).find(matches) {
                return Some(found);
            }
        }
        // "이달 8일 …. 8일 장애는 …": the day that the text has named goes on being meant.
        if matches!(direction, Direction::None | Direction::After) && self.named.contains(&last) {
            return Some(last);
        }
        Some(match direction {
            // "새 제도가 시작되기 하루 전인 20일" on the 20th: it is what comes that it lies before.
            Direction::Back if last == today => today,
            Direction::Past if last == today => (1..=12).filter_map(|n| on(add_months(today.first_of_month(), -n)?)).next()?,
            Direction::Past | Direction::Back => last,
            Direction::Future if last == today => today,
            Direction::Future => next,
            Direction::None | Direction::After => self.choose(last, next, 14, point),
        })
    }

    /// "1월 17일과 29일", "올해 1월 17일 …, 닷새 이른 12일": the month goes on.
    fn carried_month(&self, day: i8, point: &Point) -> Option<Day> {
        let m = self.month?;
        let found = Day::new(m.year, m.month, day).ok()?;
        let Some(today) = self.today else { return (m.sentence == self.sentence).then_some(found) };
        let gap = &self.text[self.last_end.min(point.range.start)..point.range.start];
        let list = gap.len() <= 16
            && gap
                .trim_start_matches([
                    '과', '와', '의', '일', '에', '도', '이', '나', '은', '는', ',', '·', '∙', 'ㆍ', '・', '▲', '△', '및', '그', '리',
                    '고', ' ', '/',
                ])
                .is_empty();
        if m.sentence == self.sentence {
            if list {
                return Some(found);
            }
            // A day or two before publication is the day on which somebody spoke.
            let fresh = Day::new(today.year(), today.month(), day).ok().is_some_and(|d| (0..=1).contains(&days_between(d, today)));
            return (m.named && (m.day.is_some() || m.year != today.year()) && !fresh && found <= today).then_some(found);
        }
        // A story of long ago goes on in its month: the next day of it, a fortnight at most, where the bare reading is not fresh news.
        let month_start = Day::new(m.year, m.month, 1).ok()?;
        let long_ago = days_between(month_start, today) > 62;
        let bare = Day::new(today.year(), today.month(), day).ok().filter(|d| *d <= today);
        let fresh = bare.is_some_and(|d| days_between(d, today) <= 10);
        let goes_on = m.day.is_none_or(|before| (0..=14).contains(&(day - before)));
        (m.named && self.sentence - m.sentence <= 2 && long_ago && goes_on && !fresh).then_some(found)
    }

    fn part_of(
        &self,
        direction: Direction,
        year: Option<YearRef>,
        month: Option<MonthRef>,
        part: Part,
        point: &Point,
        after: Option<(Day, Dated)>,
    ) -> Option<Dated> {
        if matches!(part, Part::First | Part::Middle | Part::Last) {
            let month = self.calendar(direction, year, month, None, None, point, after)?.first();
            let (first, last) = match part {
                Part::First => (1, 10),
                Part::Middle => (11, 20),
                _ => (21, month.days_in_month()),
            };
            return Some(Dated::Span(
                Day::new(month.year(), month.month(), first).ok()?,
                Day::new(month.year(), month.month(), last).ok()?,
            ));
        }
        let (from, to) = match part {
            Part::Half(n) => (n * 6 - 5, n * 6),
            Part::Quarter(n) => (n * 3 - 2, n * 3),
            Part::YearStart => (1, 1),
            _ => (12, 12),
        };
        let said = match year {
            Some(year) => Some(self.year_of(year)?),
            None => {
                after.map(|(start, _)| start.year()).or(self.year.filter(|(_, sentence)| *sentence == self.sentence).map(|(year, _)| year))
            }
        };
        let year = match said {
            Some(year) => year,
            None => {
                let today = self.today?;
                let this = Day::new(today.year(), from, 1).ok()?;
                let (last, next) = if this <= today { (this, add_months(this, 12)?) } else { (add_months(this, -12)?, this) };
                match (self.tense(point.range.end), point.relation) {
                    (Tense::Past, _) => last.year(),
                    (Tense::Future, _) => next.year(),
                    // "연말까지 늘린다", "하반기부터 시행한다".
                    (Tense::Open, Some(Relation::From | Relation::Until)) if days_between(today, next) < 270 => next.year(),
                    (Tense::Open, _) => self.choose(last, next, 120, point).year(),
                }
            }
        };
        let first = Day::new(year, from, 1).ok()?;
        if from == to {
            return Some(Dated::Month(first));
        }
        Some(Dated::Span(first, Day::new(year, to, 1).ok()?.last_of_month()))
    }

    /// The last such day, unless the clause speaks of the future, or of no time at all while the next one is near.
    fn choose(&self, last: Day, next: Day, near: i64, point: &Point) -> Day {
        let Some(today) = self.today else { return last };
        let (back, ahead) = (days_between(last, today), days_between(today, next));
        if back == 0 || ahead >= back {
            return last;
        }
        // "열흘 만인 27일": what comes at the end of a length has come.
        if self.text[..point.range.start].trim_end_matches(is_blank).ends_with("만인") {
            return last;
        }
        match self.tense(point.range.end) {
            Tense::Past => last,
            Tense::Future => next,
            Tense::Open if ahead <= near && back > near.min(14) => next,
            Tense::Open => last,
        }
    }

    /// The tense of the clause after `from`: the first sign of one decides.
    fn tense(&self, from: usize) -> Tense {
        let mut end = (from + CLAUSE).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let clause = &self.text[from..end];
        let mut before = ' ';
        let mut chars = clause.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            match c {
                '\n' => break,
                '.' | '?' | '!' if !next.is_some_and(|n| n.is_ascii_digit()) => break,
                '겠' => return Tense::Future,
                '있' => {}
                // "멈춘다고 밝혔다": what was said is in the present, only the saying is past.
                '다' if is_hangul(before)
                    && !ends_in_ss(before)
                    && !matches!(before, '보' | '마' | '바')
                    && clause[i + c.len_utf8()..].trim_start_matches(['”', '"', '’', '\'']).starts_with(['고', '며', '는', '면']) =>
                {
                    return Tense::Open;
                }
                _ if ends_in_ss(c) => return Tense::Past,
                // "막힌 것이다", "끊긴 것으로": an adnominal of the past; 하는 것, 많은 것 and 아닌 것 are none.
                _ if ends_in_n(c)
                    && !matches!(c, '는' | '은' | '인' | '닌')
                    && is_hangul(before)
                    && [" 것이", " 것으로"].iter().any(|w| clause[i + c.len_utf8()..].starts_with(w)) =>
                {
                    return Tense::Past;
                }
                '것' if before_is_rieul(clause, i) => return Tense::Future,
                _ => {
                    // 할 계획, 예정이다; but not 관리계획을.
                    if !is_hangul(before) && self.lexicon.future.at(&clause[i..]).is_some() {
                        return Tense::Future;
                    }
                }
            }
            before = c;
        }
        Tense::Open
    }

    // ---- clocks ----

    /// The date and time of a clock on a day. `after` is the first end of its span, `before` the second.
    fn clock_on(&self, point: &Point, clock: Clock, day: Day, after: Option<DateTime>, before: Option<DateTime>) -> Option<DateTime> {
        // A clock of another zone is given on 24 hours unless a part of the day is named.
        let foreign =
            matches!(point.zone, Some(Zone::Named(row)) if self.lexicon.zone_names.get(row).is_some_and(|zone| zone != "Asia/Seoul"));
        let choices = options(Clock { exact: clock.exact || foreign && clock.hour < 12, ..clock }, point.part);
        let seconds = i64::from(clock.second.unwrap_or(0));
        let at = |day: Day, minute: i64| {
            let at = at_minute(day, minute)?;
            if seconds == 0 { Some(at) } else { at.checked_add(seconds.seconds()).ok() }
        };
        if let Some(after) = after {
            let last_day = if point.date.is_none() { 1 } else { 0 };
            // With a day of its own the end may still stand before the start only by mistake; then the text is taken at its word.
            for ahead in 0..=last_day {
                let day = shift(day, ahead)?;
                let found = choices.iter().filter_map(|m| at(day, *m)).find(|found| *found > after);
                if found.is_some() {
                    return found;
                }
            }
            return at(day, *choices.first()?);
        }
        if let Some(before) = before {
            let found = choices.iter().rev().filter_map(|m| at(day, *m)).find(|found| *found < before);
            if found.is_some() {
                return found;
            }
        }
        if let [only] = choices.as_slice() {
            let found = at(day, *only)?;
            return Some(self.rolled(point, clock, found, day));
        }
        self.likely(point, clock, day, &choices).and_then(|m| at(day, m))
    }

    /// A clock that is sure but for its day: past midnight in a story of the evening, or before it in the news of the morning.
    fn rolled(&self, point: &Point, clock: Clock, found: DateTime, day: Day) -> DateTime {
        if point.date.is_some() {
            // "15일 밤 1시" that would come after publication was the night before.
            let too_late =
                self.now.is_some_and(|now| found > now) && point.part == Some(DayPart::Night) && clock.hour <= 4 && found.date() > day;
            if too_late && self.tense(point.range.end) == Tense::Past {
                return found.checked_sub(1.day()).unwrap_or(found);
            }
            return found;
        }
        if let Some((last, sentence)) = self.clock
            && self.sentence - sentence <= if clock.midnight { 3 } else { 1 }
            && last.date() == day
            && last.hour() >= 20
            && (0..=6).contains(&found.hour())
            && found.date() == day
            && !self.text[..point.range.start].trim_end_matches(|c: char| c == ',' || is_blank(c)).ends_with("앞서")
        {
            let next = found.checked_add(1.day()).unwrap_or(found);
            let known = match (self.now, self.today) {
                (Some(now), _) => next <= now,
                (None, Some(today)) => next.date() <= today,
                _ => true,
            };
            if known || clock.midnight {
                return next;
            }
        }
        if self.spoken.is_none() && self.now.is_some_and(|now| found > now) && self.tense(point.range.end) == Tense::Past {
            return found.checked_sub(1.day()).unwrap_or(found);
        }
        found
    }

    /// The minute of the day that a bare hour most likely means.
    fn likely(&self, point: &Point, clock: Clock, day: Day, choices: &[i64]) -> Option<i64> {
        let midnight = midnight(day);
        let known: Vec<i64> = choices
            .iter()
            .copied()
            .filter(|m| match (self.now, at_minute(day, *m)) {
                (Some(now), Some(at)) => {
                    at <= now || day > now.date() || self.tense(point.range.end) != Tense::Past && point.relation == Some(Relation::Until)
                }
                _ => true,
            })
            .collect();
        let choices = if known.is_empty() { choices.to_vec() } else { known };
        if let [only] = choices.as_slice() {
            return Some(*only);
        }
        let part = |part: DayPart| choices.iter().copied().find(|m| fits(part, *m));
        // The clock before it, if it was of the same day: the nearest reading, forward rather than back.
        if let Some((last, sentence)) = self.clock
            && (point.date.is_none() || last.date() == day)
            && self.sentence - sentence <= 4
        {
            let last = minutes_between(midnight, last);
            let mut near = choices.clone();
            if point.date.is_none() && last >= 20 * 60 && clock.hour <= 6 && self.today.is_none_or(|today| day < today) {
                near.push(i64::from(clock.hour) * 60 + i64::from(clock.minute) + 1440);
            }
            let cost = |m: i64| if m >= last { (m - last) * 2 } else { (last - m) * 3 };
            if last.abs() < 3 * 1440 {
                return near.into_iter().min_by_key(|m| cost(*m));
            }
        }
        if let Some((named, part_day, sentence)) = self.part
            && (sentence == self.sentence || part_day == Some(day))
            && let Some(found) = part(named)
        {
            return Some(found);
        }
        let end = self.sentence_end(point.range.end);
        if self.title
            && let Some(named) = clock::part_ahead(self.text, point.range.end, end, self.lexicon)
            && let Some(found) = part(named)
        {
            return Some(found);
        }
        // Nothing said: office hours and the evening before dawn.
        let usual = match clock.hour {
            12 => 12 * 60,
            1..=6 => (i64::from(clock.hour) + 12) * 60,
            hour => i64::from(hour) * 60,
        } + i64::from(clock.minute);
        Some(if choices.contains(&usual) { usual } else { *choices.last()? })
    }

    /// The end of the sentence, or of what is looked at.
    fn sentence_end(&self, from: usize) -> usize {
        let mut end = (from + CLAUSE).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text[from..end].find('\n').map_or(end, |i| from + i)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tense {
    Past,
    Future,
    Open,
}

/// A day recalled from outside the news of the day: with its month or year, with 지난 or 오는, a holiday.
fn recalls(date: &Date) -> bool {
    match date {
        Date::Calendar { direction, year, month, .. } => *direction != Direction::None || year.is_some() || month.is_some(),
        Date::Near { .. } | Date::Weekday { direction: Direction::None, .. } => false,
        _ => true,
    }
}

/// "…ㄹ 것": the syllable before ends in ㄹ.
fn before_is_rieul(clause: &str, at: usize) -> bool {
    let head = clause[..at].trim_end_matches(is_blank);
    head.len() < at && head.chars().next_back().is_some_and(|c| is_hangul(c) && (c as u32 - '가' as u32) % 28 == 8)
}

/// The minutes of the day that a clock may mean, early to late.
fn options(clock: Clock, part: Option<DayPart>) -> Vec<i64> {
    let hour = i64::from(clock.hour);
    let hours: Vec<i64> = if clock.midnight {
        // 밤 자정 is the midnight that follows, 자정 the one that the day begins with.
        vec![if part == Some(DayPart::Night) { 24 } else { 0 }]
    } else if hour >= 13 || clock.exact && part.is_none() {
        vec![hour]
    } else {
        match (part, hour) {
            (Some(DayPart::Dawn | DayPart::Forenoon), 12) => vec![0],
            (Some(DayPart::Dawn | DayPart::Forenoon), h) => vec![h],
            (Some(DayPart::Morning), h) => vec![h],
            (Some(DayPart::Noon), h @ 1..=6) => vec![h + 12],
            (Some(DayPart::Noon), h) => vec![h],
            (Some(DayPart::Afternoon), 12) => vec![12],
            (Some(DayPart::Afternoon), h) => vec![h + 12],
            (Some(DayPart::Evening), h) => vec![h + 12],
            (Some(DayPart::Night), 12 | 0) => vec![24],
            (Some(DayPart::Night), h @ 1..=4) => vec![24 + h],
            (Some(DayPart::Night), h) => vec![h + 12],
            (None, 0) => vec![0],
            (None, 12) => vec![12, 24],
            (None, h) => vec![h, h + 12],
        }
    };
    hours.into_iter().map(|h| h * 60 + i64::from(clock.minute)).collect()
}

/// Whether a minute of the day is in a part of it.
fn fits(part: DayPart, minute: i64) -> bool {
    let hour = minute.div_euclid(60);
    match part {
        DayPart::Dawn => (0..7).contains(&hour) || hour >= 24,
        DayPart::Morning => (5..12).contains(&hour),
        DayPart::Forenoon => (0..12).contains(&hour),
        DayPart::Noon => (10..17).contains(&hour),
        DayPart::Afternoon => (12..24).contains(&hour),
        DayPart::Evening => (16..24).contains(&hour),
        DayPart::Night => (18..30).contains(&hour),
    }
}

fn duration(length: &Length) -> Expression {
    Expression {
        range: length.range.clone(),
        value: Value::Duration(length.amount.total()),
        modifier: length.modifier,
        parts: None,
        relation: length.relation,
        anchor: Anchor::None,
        day_part: None,
    }
}

/// "24일부터 사흘간": the last day counts.
fn last_day(start: Dated, amount: Amount) -> Option<Moment> {
    let months = (amount.years * 12.0 + amount.months).round() as i64;
    let days = amount.days.round() as i64;
    match start {
        Dated::Day(day) | Dated::Span(day, _) => Some(Moment::day(shift(add_months(day, months)?, days - 1)?)),
        Dated::Month(day) if months > 0 => Some(Moment::new(midnight(add_months(day, months - 1)?), Precision::Month)),
        Dated::Year(day) if months >= 12 => Some(Moment::new(midnight(add_months(day, months - 12)?), Precision::Year)),
        _ => None,
    }
}

fn precise(at: DateTime, clock: Clock) -> Moment {
    Moment::new(at, if clock.second.is_some() { Precision::Second } else { Precision::Minute })
}

fn midnight(day: Day) -> DateTime {
    day.to_datetime(Time::midnight())
}

fn first_of_year(day: Day) -> Day {
    day.first_of_year()
}

fn at_minute(day: Day, minute: i64) -> Option<DateTime> {
    let day = shift(day, minute.div_euclid(1440))?;
    let minute = minute.rem_euclid(1440);
    Some(day.to_datetime(Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?))
}

fn add_seconds(at: DateTime, seconds: f64) -> Option<DateTime> {
    if seconds.abs() > 1e11 {
        return None;
    }
    at.checked_add((seconds as i64).seconds()).ok()
}

// The calendar by plain arithmetic: these run several times an expression.

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn day_number(day: Day) -> i64 {
    let (y, m, d) = (i64::from(day.year()), i64::from(day.month()), i64::from(day.day()));
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn from_day_number(n: i64) -> Option<Day> {
    let n = n + 719_468;
    let era = n.div_euclid(146_097);
    let of_era = n - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Day::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()
}

fn shift(day: Day, days: i64) -> Option<Day> {
    if days == 0 {
        return Some(day);
    }
    if days.abs() > 4_000_000 {
        return None;
    }
    from_day_number(day_number(day) + days)
}

/// The same day of another month, or that month's last.
fn add_months(day: Day, months: i64) -> Option<Day> {
    if months.abs() > 240_000 {
        return None;
    }
    let n = i64::from(day.year()) * 12 + i64::from(day.month()) - 1 + months;
    let first = Day::new(i16::try_from(n.div_euclid(12)).ok()?, n.rem_euclid(12) as i8 + 1, 1).ok()?;
    Day::new(first.year(), first.month(), day.day().min(first.days_in_month())).ok()
}

fn days_between(from: Day, to: Day) -> i64 {
    day_number(to) - day_number(from)
}

fn minutes_between(from: DateTime, to: DateTime) -> i64 {
    let minute = |at: DateTime| day_number(at.date()) * 1440 + i64::from(at.hour()) * 60 + i64::from(at.minute());
    minute(to) - minute(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_that_of_jiff() {
        let mut day = Day::new(1899, 12, 25).unwrap();
        let epoch = Day::new(1970, 1, 1).unwrap();
        while day.year() < 2110 {
            assert_eq!(from_day_number(day_number(day)), Some(day));
            assert_eq!(days_between(epoch, day), i64::from(epoch.until(day).unwrap().get_days()), "{day}");
            for months in [-13, -1, 0, 1, 11, 25] {
                assert_eq!(add_months(day, months), day.checked_add(months.months()).ok(), "{day} {months}");
            }
            day = shift(day, 3).unwrap();
        }
        assert_eq!(shift(Day::MAX, 1), None);
        assert_eq!(shift(Day::MIN, -1), None);
    }
}
