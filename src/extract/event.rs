//! Clauses → events: which clauses speak of the same outage, which services it took down, whether it is the article's news.
//!
//! The reader goes through title and text in order and keeps the events met so far. A clause that asserts a failure joins the event whose
//! day and services agree with it, or opens a new one. What belongs to no day and no service opens nothing: precision comes first.

use std::collections::HashSet;
use std::ops::Range;

use jiff::civil::Date;

use super::Extractor;
use super::analysis::{Clause, NameRole, Passage, Rejection, ServiceRef, TimeRole};
use super::lexicon::{Cue, SymptomMatch};
use crate::record::{Cause, Place, Role};
use crate::temporal::{Modifier, Moment, Precision, Relation, Value};

/// An outage with the clauses that speak of it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub day: Option<Moment>,
    pub services: Vec<ServiceRef>,
    /// Indices into the clauses of title and text together.
    pub clauses: Vec<usize>,
    pub role: Role,
    /// The clock time by which two outages of one day are told apart.
    pub clock: Option<Moment>,
    /// It was told with words of looking back.
    pub recalled: bool,
    /// The services were taken from what was said before, not named beside the failure.
    pub inherited: bool,
    /// The clause that said the day.
    pub day_from: Option<usize>,
    /// The day is that of the recovery, for want of another.
    pub tentative: bool,
}

/// All clauses of an article in reading order, the title's first.
pub(crate) struct Reading<'a> {
    pub passages: &'a [Passage<'a>],
    pub clauses: Vec<&'a Clause>,
    pub published: Option<Moment>,
}

impl<'a> Reading<'a> {
    pub fn new(passages: &'a [Passage<'a>], published: Option<Moment>) -> Reading<'a> {
        Reading { passages, clauses: passages.iter().flat_map(|p| &p.clauses).collect(), published }
    }

    pub fn text(&self, place: Place) -> &'a str {
        self.passages.iter().find(|p| p.place == place).map_or("", |p| p.text)
    }

    pub fn text_of(&self, clause: &Clause) -> &'a str {
        &self.text(clause.place)[clause.range.clone()]
    }
}

/// The events of an article.
pub(crate) fn assemble(extractor: &Extractor, reading: &Reading<'_>) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut current: Option<usize> = None;
    let mut last_sentence = 0usize;
    let headline = headline_services(reading);
    let mut topic: Vec<ServiceRef> = headline.clone();
    let title = reading.text(Place::Title);
    let announced = is_announcement(reading);
    // "삼성카드, 26일 새벽 3시간 결제 서비스 멈춘다": a headline that only announces; so does all that follows, but for what is told of the past.
    let title_of = |pick: &dyn Fn(&Clause) -> bool| reading.clauses.iter().filter(|c| c.place == Place::Title).any(|c| pick(c));
    let title_fails = title_of(&|c| c.strength() >= 2);
    let title_open = !title_of(&|c| !c.rejected.is_empty());
    let will = [
        "멈춘다",
        "멈춥니다",
        "중단한다",
        "중단된다",
        "쉰다",
        "닫는다",
        "제한된다",
        "못 쓴다",
        "일시 중단",
        "일시중단",
        "이용 제한",
        "중단 예정",
        "점검 안내",
    ];
    let ahead = !title_fails
        && title_of(&|c| c.rejected.iter().any(|(_, why)| *why == Rejection::Planned))
        && (will.iter().any(|w| title.contains(w))
            || title_of(&|c| {
                c.times
                    .iter()
                    .filter_map(|t| start_of(&t.expression.value))
                    .any(|m| reading.published.is_some_and(|p| m.unix_bounds().0 > p.unix_bounds().1))
            }));
    let drill = extractor.lexicon.cue(Cue::Drill, title, 0..title.len()).is_some();

    for (i, clause) in reading.clauses.iter().enumerate() {
        let strong = clause.strength() >= 2;
        let timed = clause.times.iter().any(|t| matches!(t.role, TimeRole::Start | TimeRole::End | TimeRole::Whole) && t.weight >= 2);
        let named: Vec<ServiceRef> = unique(clause.affected().map(|n| n.service.clone()));
        if !strong && clause.recovery.is_empty() && !timed {
            let near = clause.sentence.saturating_sub(last_sentence) <= 2;
            // "농협·하나·우리은행에서 고객들이 불편을 겪었다" after the sentence that tells of the failure.
            if let Some(c) = current
                && near
                && clause.strength() == 1
                && clause.rejected.is_empty()
                && !named.is_empty()
                && !events[c].recalled
            {
                if events[c].services.is_empty() || events[c].inherited {
                    events[c].services = named.clone();
                    events[c].inherited = false;
                } else if events[c].services.iter().any(|s| super::analysis::is_provider(extractor, s)) {
                    // What a cloud took down with it is told in one sentence after the other.
                    for s in &named {
                        if !events[c].services.contains(s) {
                            events[c].services.push(s.clone());
                        }
                    }
                }
            }
            let elsewhen = current.and_then(|c| events[c].day).is_some_and(|day| {
                clause.times.iter().filter(|t| super::analysis::dated(&t.expression) && t.role != TimeRole::Aside).any(|t| {
                    start_of(&t.expression.value)
                        .is_some_and(|m| !m.agrees_with(day) && days_between(day, m).is_none_or(|n| !(0..=6).contains(&n)))
                })
            });
            if let Some(c) = current
                && near
                && !elsewhen
                && (!clause.causes.is_empty() || clause.ongoing.is_some() || clause.times.iter().any(|t| t.role == TimeRole::Length))
                && clause.rejected.is_empty()
            {
                events[c].clauses.push(i);
            }
            if !named.is_empty() && clause.rejected.is_empty() && clause.names.iter().any(|n| is_topic(reading, clause, &n.range)) {
                topic = named;
            }
            continue;
        }
        if !clause.rejected.is_empty() && clause.symptoms.is_empty() {
            continue;
        }
        // “작년에는 카카오가 먹통이더니” 등의 글이 올라왔다: nobody's news beside what the report itself tells.
        if clause.hearsay && !events.is_empty() {
            if let Some(c) = current
                && !events[c].recalled
                && clause.times.is_empty()
                && clause.background.is_none()
            {
                events[c].clauses.push(i);
            }
            continue;
        }
        // What an announcement of maintenance says to stop was planned, sentence by sentence.
        if announced && clause.symptoms.iter().all(stops_only) {
            continue;
        }
        // In the report of a drill only what is told of a past day happened.
        if (drill || ahead) && !(clause.background.is_some() && clause.times.iter().any(|t| t.role == TimeRole::Day)) {
            continue;
        }
        let (all_days, of_recovery) = days(reading, clause);
        let to_come = |m: &Moment| reading.published.is_some_and(|p| m.unix_bounds().0 > p.unix_bounds().1);
        let keys: Vec<Moment> = all_days.iter().copied().filter(|m| !to_come(m)).collect();
        // What is to stop on a day to come did not fail; beside a failure the day belongs to something else.
        if keys.len() < all_days.len() && keys.is_empty() && clause.symptoms.iter().all(stops_only) {
            continue;
        }
        // "지난해에도 비슷한 문제가 있었다. 당시엔 티맵이 오후 한때 멈췄다": the hour is of that day, not of the news.
        let back_then = ["당시", "그때", "그날"].iter().any(|w| reading.text_of(clause).contains(w))
            && current.is_some_and(|c| events[c].recalled)
            && !clause.times.iter().any(|t| super::analysis::dated(&t.expression));
        // "이번 장애는 지난달 29일부터 이용자가 늘어난 상태에서 발생했다": it speaks of the news, and no day in it is another outage's.
        let speaks_of_the_news = clause.background.is_none()
            && events.iter().any(|e| !e.recalled)
            && THIS_ONE.iter().any(|w| reading.text_of(clause).trim_start_matches(['“', '"', '‘', '\'']).starts_with(w))
            && !keys.iter().any(|k| events.iter().any(|e| e.day.is_some_and(|d| d.agrees_with(*k))));
        // “17일 낡은 장비를 바꾸면서 사고가 났다”, “연휴 전날 이용자가 몰리면서”: the day of the work that led to the news of the next days.
        let of_the_work = clause.background.is_none()
            && clause.again.is_none()
            && named.is_empty()
            && clause.times.iter().filter(|t| t.role == TimeRole::Day && in_quotes(reading, clause, t.expression.range.start)).any(|t| {
                clause.causes.iter().any(|c| {
                    matches!(c.cause, Cause::Change | Cause::Traffic)
                        && c.range.start >= t.expression.range.end
                        && clause.symptoms.iter().all(|s| s.range.start >= c.range.start)
                })
            })
            && keys.iter().all(|k| {
                events.iter().any(|e| !e.recalled && e.day.and_then(|d| days_between(*k, d)).is_some_and(|n| (1..=3).contains(&n)))
            });
        let keys = if back_then || speaks_of_the_news || of_the_work { Vec::new() } else { keys };
        let clocks = if back_then { Vec::new() } else { separate_clocks(reading, clause) };
        let looking_back = clause.background.is_some();
        let keys: Vec<Option<Moment>> = if keys.is_empty() { vec![None] } else { keys.into_iter().map(Some).collect() };
        let keys: Vec<(Option<Moment>, Option<Moment>)> = if clocks.len() > 1 {
            clocks.into_iter().map(|c| (Some(Moment::new(c.at(), Precision::Day)), Some(c))).collect()
        } else {
            keys.into_iter().map(|k| (k, None)).collect()
        };
        // "전날에 이어 12시간 만에 또 중단됐다": that day had its own, before the one of the news.
        let before_this: Vec<Moment> = clause
            .times
            .iter()
            .filter(|t| t.role == TimeRole::Day && reading.text(clause.place)[t.expression.range.end..].starts_with("에 이어"))
            .filter_map(|t| start_of(&t.expression.value))
            .collect();
        let earlier = |key: Option<Moment>| key.is_some_and(|k| before_this.iter().any(|b| b.agrees_with(k)));
        let keys = if let [(key, None)] = keys[..]
            && earlier(key)
            && clause.again.is_some()
            && reading.text_of(clause).contains("만에")
        {
            vec![(key, None), (None, None)]
        } else {
            keys
        };
        let paired = paired_names(clause, &keys);
        for (n, (key, own_clock)) in keys.into_iter().enumerate() {
            // "2005년 NYSE에서, 2013년 나스닥에서도": each day with the name behind it.
            let named = paired.as_ref().map_or_else(|| named.clone(), |p| p[n].clone());
            let clock = own_clock.or_else(|| {
                clause
                    .times
                    .iter()
                    .filter(|t| matches!(t.role, TimeRole::Start | TimeRole::Whole) && t.weight >= 4)
                    .filter_map(|t| start_of(&t.expression.value))
                    .find(|m| m.has_clock() && key.is_none_or(|k| k.agrees_with(*m)))
            });
            let best = best_event(extractor, reading, &events, current, clause, &named, key, clock, own_clock.is_some())
                .filter(|e| !earlier(key) || events[*e].day.is_some());
            let looking_back = looking_back || earlier(key);
            match best {
                Some(e) => {
                    let event = &mut events[e];
                    if event.clauses.last() != Some(&i) {
                        event.clauses.push(i);
                    }
                    if let Some(k) = key
                        && (event.day.is_none_or(|d| d.precision() < k.precision())
                            || event.tentative && !of_recovery
                            || event.day.and_then(|d| days_between(d, k)) == Some(1) && in_korean_time(reading, clause))
                    {
                        event.day = Some(Moment::new(k.at(), k.precision().min(Precision::Day)));
                        event.day_from = Some(i);
                        event.tentative = of_recovery;
                    }
                    if event.clock.is_none() && strong {
                        event.clock = clock;
                    }
                    if strong || event.services.is_empty() {
                        if event.inherited && !named.is_empty() && strong {
                            event.services.clear();
                            event.inherited = false;
                        }
                        for s in &named {
                            if !event.services.contains(s) {
                                event.services.push(s.clone());
                            }
                        }
                    }
                    current = Some(e);
                }
                None if strong
                    && (!looking_back || key.is_some())
                    && super::analysis::happened(extractor, reading.text(clause.place), clause) =>
                {
                    let mut services = named.clone();
                    let mut inherited = false;
                    if services.is_empty() {
                        inherited = true;
                        // "저녁 9시에 접속했더니 빈 화면만 나왔다”고 토로했다": one user's hour is no outage of its own.
                        let complaint =
                            ["토로", "하소연", "분통", "한숨", "아쉬워", "푸념"].iter().any(|w| reading.text_of(clause).contains(w));
                        if complaint && !clause.times.iter().any(|t| super::analysis::dated(&t.expression)) && !events.is_empty() {
                            continue;
                        }
                        services = spoken_of(extractor, reading, i, &topic, &headline, looking_back, clause.strength());
                        // "지난해 2월에도 해당 사이트에는 같은 문제가 있었다": the one service that the report is of.
                        if let ([], Some([only]), true) = (&services[..], current.map(|c| &events[c].services[..]), clause.strength() >= 2)
                        {
                            services = vec![only.clone()];
                        }
                    }
                    if services.is_empty() && (clause.strength() < 3 || looking_back) {
                        continue;
                    }
                    let day = key.map(|k| Moment::new(k.at(), k.precision().min(Precision::Day)));
                    let day = day.or_else(|| {
                        if events.is_empty()
                            && (title_fails || title_open && (clause.strength() == 3 || !named.is_empty() && headline.is_empty()))
                        {
                            day_before(reading, clause)
                        } else {
                            None
                        }
                    });
                    events.push(Event {
                        day,
                        services,
                        clauses: vec![i],
                        role: Role::Main,
                        clock,
                        recalled: looking_back,
                        inherited,
                        day_from: key.map(|_| i),
                        tentative: of_recovery && key.is_some(),
                    });
                    current = Some(events.len() - 1);
                }
                None => continue,
            }
        }
        last_sentence = clause.sentence;
        if strong && !named.is_empty() {
            topic = named;
        }
    }
    settle(extractor, reading, events)
}

/// "지난 14일 오후 8시 예매가 시작됐다. 시작 전부터 서버가 마비됐고": the one day that the sentence before tells, where it is of the last week.
fn day_before(reading: &Reading<'_>, clause: &Clause) -> Option<Moment> {
    let published = reading.published?;
    let mut days: Vec<Moment> = reading
        .clauses
        .iter()
        .filter(|c| c.place == clause.place && c.place == Place::Text && c.sentence + 1 == clause.sentence)
        .flat_map(|c| &c.times)
        .filter(|t| super::analysis::dated(&t.expression))
        .filter_map(|t| start_of(&t.expression.value).filter(|m| m.precision() >= Precision::Day))
        .map(|m| Moment::day(m.date()))
        .filter(|m| days_between(*m, published).is_some_and(|n| (0..=7).contains(&n)))
        .collect();
    days.dedup();
    if let [day] = days[..] { Some(day) } else { None }
}

/// Whether a clause says a day of elsewhere again for readers in Korea.
fn in_korean_time(reading: &Reading<'_>, clause: &Clause) -> bool {
    let text = reading.text_of(clause);
    clause.times.iter().filter(|t| super::analysis::dated(&t.expression)).count() == 1
        && ["한국 시간으로", "한국시간으로", "한국 시간 기준", "한국시간 기준", "우리 시간으로", "우리시간으로"]
            .iter()
            .any(|w| text.contains(w))
}

/// Whether a place lies within quotation marks of its clause.
fn in_quotes(reading: &Reading<'_>, clause: &Clause, at: usize) -> bool {
    let before = &reading.text(clause.place)[clause.range.start..at.max(clause.range.start)];
    before.matches('“').count() > before.matches('”').count() || before.matches('"').count() % 2 == 1
}

/// What the report goes back to its own outage with.
const THIS_ONE: [&str; 12] = [
    "이번 장애는",
    "이번 장애가",
    "이번 오류는",
    "이번 먹통은",
    "이번 사태는",
    "이번 사고는",
    "이번 중단은",
    "이번 문제는",
    "이번 접속 장애는",
    "이번 서비스 장애는",
    "이번 현상은",
    "이번 불통은",
];

/// The names between each day and the next, where every day of a clause has some and they differ.
fn paired_names(clause: &Clause, keys: &[(Option<Moment>, Option<Moment>)]) -> Option<Vec<Vec<ServiceRef>>> {
    if keys.len() < 2 {
        return None;
    }
    let at: Vec<usize> = keys
        .iter()
        .map(|(key, _)| {
            let time =
                clause.times.iter().find(|t| start_of(&t.expression.value).is_some_and(|m| key.is_some_and(|k| k.agrees_with(m))))?;
            Some(time.expression.range.end)
        })
        .collect::<Option<_>>()?;
    let ends: Vec<usize> = at.iter().skip(1).copied().chain([clause.range.end]).collect();
    let groups: Vec<Vec<ServiceRef>> = at
        .iter()
        .zip(ends)
        .map(|(from, to)| unique(clause.affected().filter(|n| n.range.start >= *from && n.range.end <= to).map(|n| n.service.clone())))
        .collect();
    let first = clause.affected().next()?.range.start;
    // "네이버는 6일, 카카오는 15일 각각": each name before its day.
    if at.first().is_some_and(|a| *a > first) {
        let starts = [clause.range.start].into_iter().chain(at.iter().copied());
        let groups: Vec<Vec<ServiceRef>> = starts
            .zip(at.iter().copied())
            .map(|(from, to)| unique(clause.affected().filter(|n| n.range.start >= from && n.range.end <= to).map(|n| n.service.clone())))
            .collect();
        return (groups.iter().all(|g| !g.is_empty()) && groups.windows(2).all(|w| w[0] != w[1])).then_some(groups);
    }
    (groups.iter().all(|g| !g.is_empty()) && groups.windows(2).all(|w| w[0] != w[1]) && at.first().is_some_and(|a| *a <= first))
        .then_some(groups)
}

/// A word that maintenance uses too.
fn stops_only(symptom: &SymptomMatch) -> bool {
    matches!(symptom.word.as_deref(), Some("중단" | "멈춤" | "접속 불가" | "막힘" | "지연" | "불편" | "끊김"))
}

/// Whether headline and lead announce maintenance and name no fault.
fn is_announcement(reading: &Reading<'_>) -> bool {
    let first = first_text_sentence(reading);
    let opening = || reading.clauses.iter().filter(|c| c.place == Place::Title || c.sentence <= first + 4);
    let planned = opening().filter(|c| c.planned).map(|c| (c.place, c.sentence)).collect::<std::collections::BTreeSet<_>>();
    // "8일부터 입출금 중단" before the 8th.
    let ahead = opening().any(|c| {
        c.times.iter().any(|t| {
            start_of(&t.expression.value)
                .zip(reading.published)
                .is_some_and(|(m, p)| m.precision() >= Precision::Day && m.date() > p.date())
        }) && c.symptoms.iter().chain(c.rejected.iter().map(|(s, _)| s)).any(|s| s.strength == 2)
    });
    let fault = opening().any(|c| {
        let stops = |s: &SymptomMatch| ["중단", "제한"].iter().any(|w| reading.text(c.place)[s.range.clone()].ends_with(w));
        c.symptoms
            .iter()
            .any(|s| s.strength == 3 && !stops(s) || matches!(s.word.as_deref(), Some("장애" | "오류" | "마비" | "다운" | "먹통")))
    });
    // "예고한 시간에서 3시간을 넘긴 오전 9시까지 서버가 불안했다": what was planned went wrong.
    let overrun = opening().any(|c| {
        let text = reading.text_of(c);
        ["예고한 시간", "예고한 시각", "예정 시간", "예정보다", "공지한 시간", "예정된 시간", "예고 시간"].iter().any(|w| text.contains(w))
            && ["넘", "지나", "늦", "초과"].iter().any(|w| text.contains(w))
    });
    (ahead || planned.len() >= 2) && !fault && !overrun
}

fn unique(items: impl Iterator<Item = ServiceRef>) -> Vec<ServiceRef> {
    let mut out = Vec::new();
    for item in items {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

fn headline_services(reading: &Reading<'_>) -> Vec<ServiceRef> {
    unique(reading.clauses.iter().filter(|c| c.place == Place::Title).flat_map(|c| c.affected().map(|n| n.service.clone())))
}

/// Whether a name is its sentence's topic: 은, 는, 이, 가, 도, 에서 follow it.
fn is_topic(reading: &Reading<'_>, clause: &Clause, name: &Range<usize>) -> bool {
    let rest = reading.text(clause.place)[name.end..clause.range.end].trim_start_matches(['’', '\'', '”', '"']);
    // "‘내보험 찾아줌’ 홈페이지를 열면"
    let opened = [" 홈페이지", " 누리집", " 앱", " 사이트"]
        .iter()
        .filter_map(|w| rest.strip_prefix(w))
        .any(|r| ["를 ", "을 ", "에 ", "는 ", "은 ", "가 ", "이 "].iter().any(|p| r.starts_with(p)));
    opened || ["은 ", "는 ", "이 ", "가 ", "도 ", "에서", "의 "].iter().any(|p| rest.starts_with(p))
}

/// The start of a moment or a span.
pub(crate) fn start_of(value: &Value) -> Option<Moment> {
    match value {
        Value::Moment(m) => Some(*m),
        Value::Span { start, .. } => *start,
        Value::Duration(_) => None,
    }
}

/// The days (months, years) that a clause itself gives for its event.
fn days(reading: &Reading<'_>, clause: &Clause) -> (Vec<Moment>, bool) {
    let today = reading.published.map(|p| Moment::day(p.date()));
    let mut firm: Vec<Moment> = Vec::new();
    let mut clocks: Vec<Moment> = Vec::new();
    for t in &clause.times {
        let Some(m) = start_of(&t.expression.value) else { continue };
        let day = Moment::new(m.at(), m.precision().min(Precision::Day));
        match t.role {
            TimeRole::Start | TimeRole::Whole if t.weight >= 2 && !firm.contains(&day) => {
                if super::analysis::dated(&t.expression) {
                    firm.push(day);
                } else if clause.place == Place::Text {
                    // A headline's clock belongs to the day that the text will name.
                    clocks.push(day);
                }
            }
            _ => {}
        }
    }
    if !firm.is_empty() {
        return (firm, false);
    }
    let mut plain: Vec<&super::analysis::Time> = clause.times.iter().filter(|t| t.role == TimeRole::Day).collect();
    if plain.is_empty() {
        let of_recovery = clocks.is_empty();
        if of_recovery && clause.place == Place::Text {
            // "오전 10시 40분께가 돼서야 복구했다": the day of the recovery, for want of another.
            clocks.extend(clause.times.iter().filter(|t| t.role == TimeRole::End && t.weight >= 4).filter_map(
                |t| match t.expression.value {
                    Value::Moment(m) if m.has_clock() => Some(Moment::day(m.date())),
                    _ => None,
                },
            ));
        }
        clocks.dedup();
        clocks.truncate(1);
        return (clocks, of_recovery);
    }
    // A year that only frames the days after it ("올해 들어서만 네 차례(1월 7일, …)"), and the day of the report among days of outages.
    let moment = |t: &super::analysis::Time| start_of(&t.expression.value);
    // "웨이브는 3일 ‘지난 1월 27일부터 볼 수 없다’고 알렸다": the day of the message, and what it tells.
    let text = reading.text(clause.place);
    let told: Vec<usize> = plain.iter().map(|t| t.expression.range.start).collect();
    plain.retain(|t| {
        let rest = text[t.expression.range.end..].trim_start();
        let quote = text.len() - rest.len();
        !rest.starts_with(['‘', '\'', '“', '"']) || !told.iter().any(|at| *at > quote && *at <= super::analysis::window(text, quote, 8))
    });
    // "9월 3일 등 올해 들어서만 다섯 번": the year of what is told to the day.
    let all: Vec<Moment> = plain.iter().filter_map(|t| moment(t)).collect();
    plain.retain(|t| {
        moment(t).is_none_or(|m| m.precision() > Precision::Year || !all.iter().any(|o| o.precision() > m.precision() && o.agrees_with(m)))
    });
    let finest = plain.iter().filter_map(|t| moment(t)).map(Moment::precision).max();
    if plain.len() > 1 && finest == Some(Precision::Day) {
        let fine: Vec<&super::analysis::Time> =
            plain.iter().copied().filter(|t| moment(t).is_some_and(|m| m.precision() == Precision::Day)).collect();
        let framed = plain.iter().filter_map(|t| moment(t)).all(|m| fine.iter().any(|f| moment(f).is_some_and(|d| d.agrees_with(m))));
        if framed {
            plain = fine;
        }
        let past: Vec<&super::analysis::Time> = plain.iter().copied().filter(|t| moment(t) != today).collect();
        if past.len() > 1 {
            plain = past;
        }
    }
    // "7일(현지시간) … 동부시간 오전 10시 45분부터": the clock, converted, says on which Korean day.
    if let Some(clock) = clocks
        .iter()
        .find(|c| plain.iter().any(|t| start_of(&t.expression.value).and_then(|d| days_between(d, **c)).is_some_and(|n| n.abs() <= 1)))
    {
        return (vec![*clock], false);
    }
    // "어제는 유튜브, 오늘 점심엔 네이버페이": a name behind each of them.
    let each_named = clause.place == Place::Title && plain.len() == 2 && {
        let between = plain[0].expression.range.end..plain[1].expression.range.start;
        let of = |inside: &dyn Fn(usize) -> bool| unique(clause.affected().filter(|n| inside(n.range.start)).map(|n| n.service.clone()));
        let (first, second) = (of(&|at| between.contains(&at)), of(&|at| at >= plain[1].expression.range.end));
        !first.is_empty() && !second.is_empty() && first != second
    };
    // "지난 18일에는 가나·라마은행이, 10월에는 바사은행의 인터넷뱅킹이 말썽이었다": one word of failure for both.
    let elliptic = plain.len() > 1 && clause.place == Place::Text && {
        let text = reading.text(clause.place);
        plain.windows(2).all(|w| {
            let between = w[0].expression.range.end..w[1].expression.range.start;
            let head = text.get(between.clone()).unwrap_or("").trim_end();
            head.strip_suffix(',').is_some_and(|h| h.ends_with(['이', '가', '도', '은', '는']) || h.ends_with("에서"))
                && clause.affected().any(|n| between.contains(&n.range.start))
        }) && clause.affected().any(|n| plain.last().is_some_and(|t| n.range.start >= t.expression.range.end))
    };
    // "네이버는 6일, 카카오는 15일 각각 멈췄다"
    let each = plain.len() > 1 && reading.text_of(clause).contains("각각") && {
        let mut from = clause.range.start;
        plain.iter().all(|t| {
            let named = clause.affected().any(|n| n.range.start >= from && n.range.end <= t.expression.range.start);
            from = t.expression.range.end;
            named
        })
    };
    let listed = each_named
        || each
        || elliptic
        || plain.len() > 1 && plain.windows(2).all(|w| w[1].expression.range.start - w[0].expression.range.end <= 14);
    let day = |t: &super::analysis::Time| {
        let m = start_of(&t.expression.value).map(|m| Moment::new(m.at(), m.precision().min(Precision::Day)))?;
        Some(counted_back(reading, clause, t, m).unwrap_or(m))
    };
    if !listed && plain.len() > 1 {
        // The day nearest before the word of failure is its day.
        let symptom = clause.symptoms.iter().map(|s| s.range.start).max().unwrap_or(usize::MAX);
        let nearest = plain.iter().rposition(|t| t.expression.range.end <= symptom).unwrap_or(0);
        // "74분(5월 25일), 193분(6월 9일)의 장애를 냈고 유튜브는 어제": with those that stand in one list with it.
        let text = reading.text(clause.place);
        let close = |a: usize| {
            let between = text.get(plain[a].expression.range.end..plain[a + 1].expression.range.start).unwrap_or("");
            between.chars().count() <= 18
                // "7월 여러 차례, 9월 3일"
                && (between.starts_with(')') || between.trim_end().ends_with(',') && between.chars().count() <= 10 || matches!(between.trim(), "" | "," | "·" | "와" | "과" | "및" | "그리고" | "에 이어"))
        };
        let from = (0..nearest).rev().take_while(|a| close(*a)).last().unwrap_or(nearest);
        let to = (nearest..plain.len() - 1).take_while(|a| close(*a)).last().map_or(nearest, |a| a + 1);
        plain = plain[from..=to].to_vec();
    }
    let mut out: Vec<Moment> = Vec::new();
    for m in plain.into_iter().filter_map(day) {
        // "지난해 10월 15일" may come as a year and a day of it: the finer stays.
        if let Some(same) = out.iter_mut().find(|o| o.agrees_with(m)) {
            if same.precision() < m.precision() {
                *same = m;
            }
        } else {
            out.push(m);
        }
    }
    // "멈춘 지 닷새 만인 13일 재개했다", "먹통이 된 지 나흘 만에 13일 복구됐다"
    let after_length = |t: &super::analysis::Time| {
        let before = reading.text(clause.place)[..t.expression.range.start].trim_end();
        (before.ends_with("만인") || before.ends_with("만에"))
            && clause.recovery.iter().any(|r| r.start >= t.expression.range.end)
            && clause.symptoms.iter().all(|s| s.range.end <= t.expression.range.start)
    };
    // "20일 오전 현재 서버는 복구된 상태다": the day of the recovery, for want of another.
    let of_recovery = clause.place == Place::Text
        && (clause.strength() < 2 || clause.times.iter().any(after_length))
        && !clause.recovery.is_empty()
        && clause.times.iter().all(|t| !matches!(t.role, TimeRole::Start | TimeRole::Whole));
    (out, of_recovery)
}

/// "먹통 닷새째인 13일": the first of the days that are counted up to one.
fn counted_back(reading: &Reading<'_>, clause: &Clause, time: &super::analysis::Time, day: Moment) -> Option<Moment> {
    let text = reading.text(clause.place);
    let days = clause.times.iter().find_map(|t| match t.expression.value {
        Value::Duration(minutes)
            if t.expression.modifier == Some(Modifier::SoFar)
                && minutes >= 2.0 * 1440.0
                && (t.expression.range.end <= time.expression.range.start
                    && text[t.expression.range.end..time.expression.range.start].trim() == "인"
                    // "온라인 수업 나흘째인 14일" counts something else.
                    && clause.symptoms.iter().any(|s| {
                        s.range.end <= t.expression.range.start && text[s.range.end..t.expression.range.start].chars().count() <= 4
                    })
                    // "장애가 19일로 사흘째에 접어들었다"
                    || time.expression.range.end <= t.expression.range.start
                        && matches!(text[time.expression.range.end..t.expression.range.start].trim(), "로" | "까지")
                        && clause.symptoms.iter().any(|s| {
                            s.range.end <= time.expression.range.start && text[s.range.end..time.expression.range.start].chars().count() <= 4
                        })) =>
        {
            Some((minutes / 1440.0).round() as i32 - 1)
        }
        _ => None,
    })?;
    let first = day.date().checked_sub(jiff::Span::new().try_days(days).ok()?).ok()?;
    (day.precision() == Precision::Day).then(|| Moment::day(first))
}

/// "오후 4시와 11시", "9시 5분부터 20분간, 14시 10분부터 30분간": one clause, several outages of one day.
fn separate_clocks(reading: &Reading<'_>, clause: &Clause) -> Vec<Moment> {
    let text = reading.text(clause.place);
    let mut out: Vec<Moment> = Vec::new();
    let mut end: Option<(usize, Option<Moment>)> = None;
    for t in clause.times.iter().filter(|t| matches!(t.role, TimeRole::Start | TimeRole::Whole) && t.weight >= 4) {
        let Some(start) = start_of(&t.expression.value).filter(|m| m.has_clock()) else { continue };
        let joined = match end {
            None => true,
            Some((at, over)) => {
                let between = text.get(at..t.expression.range.start).unwrap_or("");
                let list = between.chars().count() <= 8 && [",", "와", "과", "·", "및", "그리고"].iter().any(|w| between.contains(w));
                // A day between them says that each has its own.
                let redated = clause.times.iter().any(|o| {
                    o.expression.range.start >= at && o.expression.range.end <= t.expression.range.start && o.role == TimeRole::Day
                });
                let span = t.role == TimeRole::Whole && over.is_some_and(|o| o <= start) && between.chars().count() <= 24 && !redated;
                // "2시 10분부터 2시 40분까지 끊겼고, 4시 25분 다시 끊겨"
                let after = &text[t.expression.range.end..super::analysis::window(text, t.expression.range.end, 6)];
                let again = over.is_none_or(|o| o <= start) && ["다시", "또 ", "재차"].iter().any(|w| after.contains(w));
                list || span || again
            }
        };
        if !joined {
            return Vec::new();
        }
        let over = match t.expression.value {
            Value::Span { end, .. } => end,
            _ => None,
        };
        end = Some((t.expression.range.end, over));
        if !out.contains(&start) {
            out.push(start);
        }
    }
    out
}

pub(crate) fn related(extractor: &Extractor, a: &ServiceRef, b: &ServiceRef) -> bool {
    match (a, b) {
        (ServiceRef::Listed(a), ServiceRef::Listed(b)) => {
            let services = extractor.gazetteer.services();
            let (x, y) = (&services[*a], &services[*b]);
            a == b
                || x.parent == Some(*b)
                || y.parent == Some(*a)
                || (x.parent.is_some() && x.parent == y.parent)
                || (x.operator.is_some() && x.operator == y.operator)
        }
        (ServiceRef::Unlisted(a), ServiceRef::Unlisted(b)) => a == b || a.contains(b.as_str()) || b.contains(a.as_str()) || respelled(a, b),
        _ => false,
    }
}

#[allow(clippy::too_many_arguments)]
fn best_event(
    extractor: &Extractor,
    reading: &Reading<'_>,
    events: &[Event],
    current: Option<usize>,
    clause: &Clause,
    named: &[ServiceRef],
    key: Option<Moment>,
    clock: Option<Moment>,
    listed: bool,
) -> Option<usize> {
    let strong = clause.strength() >= 2;
    let back = clause.background.is_some();
    let then = {
        let text = reading.text_of(clause);
        text.contains("당시") || text.contains("그때") || text.contains("그날") || text.contains("이때")
    };
    // "하루 두 차례": the headline counts.
    let title = reading.text(Place::Title);
    let counted = ["두 차례", "2차례", "세 차례", "3차례", "두 번", "2번", "세 번", "3번"].iter().any(|w| title.contains(w));
    let mut best: Option<(i32, usize)> = None;
    for (i, event) in events.iter().enumerate() {
        let mut score = 0;
        let mut joins_later = false;
        match (event.day, key) {
            (Some(a), Some(b)) if a.agrees_with(b) => score += if a.precision() == b.precision() { 4 } else { 3 },
            (Some(a), Some(b)) => {
                // An outage goes on past midnight: a recovery or an end on the next days is still the same one.
                let later = days_between(a, b).is_some_and(|d| (1..=6).contains(&d));
                let ends = clock.is_none() && !clause.recovery.is_empty() && clause.times.iter().any(|t| t.role == TimeRole::End);
                // What is said on the day of the report without a clock of its own still speaks of the outage of the days before.
                let reported = clock.is_none()
                    && clause.again.is_none()
                    && !event.recalled
                    && days_between(a, b).is_some_and(|d| (1..=3).contains(&d))
                    && reading.published.and_then(|p| days_between(b, p)).is_some_and(|n| {
                        n == 0
                            || n == 1
                                && (!clause.recovery.is_empty() || clause.ongoing.is_some())
                                && clause.times.iter().all(|t| t.weight < 4)
                    })
                    && named.iter().all(|n| event.services.iter().any(|s| related(extractor, n, s)));
                // "27일 밤부터 28일 오전까지 멈췄다. 28일 출근길에 호출이 되지 않았다"
                let within = !event.recalled
                    && clock.is_none()
                    && clause.again.is_none()
                    && event.clauses.iter().map(|c| reading.clauses[*c]).filter(|c| !std::ptr::eq(*c, clause)).flat_map(|c| &c.times).any(
                        |t| {
                            matches!(t.expression.value, Value::Span { start: Some(start), end: Some(end) }
                            if matches!(t.role, TimeRole::Whole | TimeRole::Day) && start.date() < end.date() && end.date() == b.date())
                        },
                    );
                // "오전 9시 정상화됐다. 지난 26일 끊긴 지 사흘 만이다": the failure came before its recovery.
                let before = event.tentative && !back_days_apart(a, b, &clause.again);
                // "현지시간 27일 밤에 멈췄다. 한국 시간으로는 28일 낮이다"
                let here = !event.recalled && days_between(a, b) == Some(1) && in_korean_time(reading, clause);
                if !(reported || later && ends || before || here || within) {
                    continue;
                }
                joins_later = true;
                score += 1;
            }
            (None, Some(b)) => {
                // "23일 오후 8시 기준으로 들어갈 수 없는 상태다. … 22일에는 다른 곳이": how things stand today is no outage of the day before.
                let stands = event.clauses.iter().flat_map(|c| &reading.clauses[*c].times).any(|t| {
                    t.expression.relation == Some(Relation::AsOf)
                        && super::analysis::dated(&t.expression)
                        && start_of(&t.expression.value).is_some_and(|m| days_between(b, m).is_some_and(|n| n >= 1))
                });
                if stands && named.is_empty() {
                    continue;
                }
                // The news has no day yet; a past told beside it does not give it one.
                let distant = reading.published.is_some_and(|p| days_between(b, p).is_none_or(|d| d > 45));
                if back && (distant || b.precision() < Precision::Day)
                    || distant && event.role == Role::Main && !event.recalled && b.precision() < Precision::Day
                {
                    continue;
                }
                // "제주항공 역시 지난 20일 홈페이지가 다운되면서": another's day is not that of the news.
                let listed = |s: &ServiceRef| matches!(s, ServiceRef::Listed(_));
                let stranger = !named.is_empty()
                    && !event.services.is_empty()
                    && named.iter().chain(&event.services).all(listed)
                    && !named.iter().any(|n| event.services.iter().any(|s| related(extractor, n, s)));
                if stranger {
                    continue;
                }
                score += 2;
            }
            (_, None) => score += 1,
        }
        let overlap = named.iter().any(|n| event.services.contains(n));
        let kin = named.iter().any(|n| event.services.iter().any(|s| related(extractor, n, s)));
        if overlap {
            score += 4;
        } else if kin {
            score += 3;
        } else if named.is_empty() {
            score += 2;
        } else if key.is_none() && (event.recalled && !then || back && !then && clause.recovery.is_empty()) {
            continue;
        }
        // A second outage of the same day.
        if !joins_later && let (Some(a), Some(b)) = (event.clock, clock) {
            let apart = a.minutes_until(b).or_else(|| b.minutes_until(a)).unwrap_or(0);
            if apart > 5 && (clause.again.is_some() || back || listed || apart > 30 && counted) && (overlap || named.is_empty()) && strong {
                continue;
            }
        }
        if key.is_none() && back && !event.recalled && !then && strong && clause.recovery.is_empty() {
            score -= 2;
        }
        if then && event.recalled {
            score += 2;
        }
        if current == Some(i) {
            score += 1;
        }
        if best.is_none_or(|(s, _)| score > s) {
            best = Some((score, i));
        }
    }
    best.map(|(_, i)| i)
}

/// Whether a day does not lie within the week before a recovery, or is told as another failure's.
fn back_days_apart(recovery: Moment, day: Moment, again: &Option<Range<usize>>) -> bool {
    again.is_some() || days_between(day, recovery).is_none_or(|n| !(0..=7).contains(&n))
}

/// Days from `a` to `b`, where both are known to the day.
pub(crate) fn days_between(a: Moment, b: Moment) -> Option<i32> {
    if a.precision() < Precision::Day || b.precision() < Precision::Day {
        return None;
    }
    date_distance(a.date(), b.date())
}

fn date_distance(a: Date, b: Date) -> Option<i32> {
    a.until(b).ok().map(|s| s.get_days())
}

/// The service of a clause that names none: who is quoted in it, else what was spoken of last, else the headline's.
fn spoken_of(
    extractor: &Extractor,
    reading: &Reading<'_>,
    index: usize,
    topic: &[ServiceRef],
    headline: &[ServiceRef],
    looking_back: bool,
    strength: u8,
) -> Vec<ServiceRef> {
    let clause = reading.clauses[index];
    let same_sentence: Vec<ServiceRef> = unique(
        reading
            .clauses
            .iter()
            .filter(|c| c.place == clause.place && c.sentence == clause.sentence)
            .flat_map(|c| c.names.iter())
            .filter(|n| matches!(n.role, NameRole::Affected | NameRole::Source))
            .filter(|n| match &n.service {
                ServiceRef::Listed(s) => {
                    // A ministry or a foreign news service that is quoted is not what failed.
                    let service = &extractor.gazetteer.services()[*s];
                    n.role == NameRole::Affected || !matches!(service.category.as_deref(), Some("government" | "other" | "education"))
                }
                ServiceRef::Unlisted(_) => true,
            })
            .map(|n| n.service.clone()),
    );
    if !same_sentence.is_empty() {
        return same_sentence;
    }
    if clause.place == Place::Title || strength < 2 {
        return Vec::new();
    }
    // "카카오는 기간을 늘려 보상했다. 두 번째는 8월이었다": who spoke for the headline's product last is not what failed.
    let services = extractor.gazetteer.services();
    let speaks_for = |t: &ServiceRef, h: &ServiceRef| match (t, h) {
        (ServiceRef::Listed(t), ServiceRef::Listed(h)) => {
            t != h
                && services[*t].company
                && (services[*h].parent == Some(*t) || services[*h].operator.as_deref() == Some(services[*t].name.as_str()))
        }
        _ => false,
    };
    if let ([company], [product]) = (topic, headline)
        && speaks_for(company, product)
    {
        return headline.to_vec();
    }
    if !topic.is_empty() {
        return if looking_back { topic[..1].to_vec() } else { topic.to_vec() };
    }
    headline.to_vec()
}

/// "3시간 만에 복구", "닷새 만인 13일 재개했다": how many minutes a clause says went by until the service was back.
pub(crate) fn took(clause: &Clause) -> Option<f64> {
    clause.times.iter().find_map(|t| match t.expression.value {
        Value::Duration(minutes)
            if t.role == TimeRole::Length
                && t.expression.relation == Some(Relation::Within)
                && clause.recovery.iter().any(|r| r.end > t.expression.range.end) =>
        {
            Some(minutes)
        }
        _ => None,
    })
}

/// The day on which began what was over so many minutes later on `day`. Papers count the first day in or leave it out; up to three days ("사흘 만에")
/// nearly all leave it out, and beyond that only the month is sure.
fn day_before_length(reading: &Reading<'_>, event: &Event, day: Moment, minutes: f64) -> Option<Moment> {
    if minutes < 1440.0 {
        let end = event.clauses.iter().flat_map(|c| &reading.clauses[*c].times).find_map(|t| match t.expression.value {
            Value::Moment(m) if t.role == TimeRole::End && m.has_clock() && day.agrees_with(m) => Some(m),
            _ => None,
        })?;
        let began = end.at().checked_sub(jiff::SignedDuration::from_secs((minutes * 60.0) as i64)).ok()?;
        return Some(Moment::day(began.date()));
    }
    let days = (minutes / 1440.0).round() as i32;
    let back = |n: i32| day.date().checked_sub(jiff::Span::new().try_days(n).ok()?).ok();
    let began = back(days)?;
    if days <= 3 {
        return Some(Moment::day(began));
    }
    let counted_in = back(days - 1)?;
    let precision = if began.first_of_month() == counted_in.first_of_month() {
        Precision::Month
    } else if began.year() == counted_in.year() {
        Precision::Year
    } else {
        return None;
    };
    Some(Moment::new(began.to_datetime(jiff::civil::Time::midnight()), precision))
}

/// The last look over all events: days that were never said, company and product, news and past.
fn settle(extractor: &Extractor, reading: &Reading<'_>, mut events: Vec<Event>) -> Vec<Event> {
    // A headline that names no day and the text's first event are one.
    let mut i = 0;
    while i < events.len() {
        if events[i].day.is_none() {
            let mate = (0..events.len()).find(|&j| {
                j != i
                    && events[j].day.is_some_and(|d| {
                        d.precision() == Precision::Day && reading.published.is_none_or(|p| days_between(d, p).is_some_and(|n| n <= 60))
                    })
                    && !events[j].recalled
                    && events[j].services.iter().any(|s| events[i].services.iter().any(|t| related(extractor, s, t)))
            });
            if let Some(j) = mate {
                let gone = events.remove(i);
                let j = if j > i { j - 1 } else { j };
                let event = &mut events[j];
                event.clauses.extend(gone.clauses);
                event.clauses.sort_unstable();
                for s in gone.services {
                    if !event.services.contains(&s) {
                        event.services.push(s);
                    }
                }
                continue;
            }
        }
        i += 1;
    }
    join_looking_back(extractor, reading, &mut events);
    join_vague_days(extractor, reading, &mut events);
    drop_from_others_events(reading, &mut events);
    let headline = headline_services(reading);
    for event in &mut events {
        drop_company_beside_product(extractor, reading, event);
        drop_house_of_part(extractor, reading, event);
        keep_headlines_part(extractor, event, &headline);
        drop_respelled(reading, event);
        // A name in no dictionary beside one that is listed is seldom what failed, unless the headline has it.
        let title = reading.text(Place::Title);
        if event.services.iter().any(|s| matches!(s, ServiceRef::Listed(_))) {
            let listed_in_title = headline.iter().any(|s| matches!(s, ServiceRef::Listed(_)) && event.services.contains(s));
            event.services.retain(|s| match s {
                ServiceRef::Listed(_) => true,
                ServiceRef::Unlisted(name) => !listed_in_title && title.contains(name.as_str()),
            });
        }
        // A past failure of the company is told by the name it has there, unless that says "이 서비스가".
        let same = event.clauses.iter().any(|c| {
            let text = reading.text_of(reading.clauses[*c]);
            ["이 서비스", "해당 서비스", "같은 서비스"].iter().any(|w| text.contains(w))
        });
        if !event.recalled || event.inherited || same {
            name_product_of_headline(extractor, event, &headline);
        }
    }
    let published = reading.published;
    // News is what the headline or the lead tells; without such an event the first recent one.
    let told_early = |e: &Event| {
        e.clauses.iter().any(|c| reading.clauses[*c].place == Place::Title)
            || e.clauses.iter().any(|c| reading.clauses[*c].sentence <= first_text_sentence(reading) + 2)
    };
    let news_day = events.iter().filter(|e| told_early(e) && !e.recalled).find_map(|e| e.day);
    // "17일에는 새올, 22일에는 주민등록시스템": what other services did on days before the news of the day.
    let fresh = events
        .first()
        .filter(|e| told_early(e) && !e.recalled)
        .and_then(|e| Some((e.day?, e.services.clone())))
        .filter(|(d, _)| published.and_then(|p| days_between(*d, p)).is_some_and(|n| n <= 1));
    let other_days = |day: Option<Moment>, services: &[ServiceRef]| {
        fresh.as_ref().is_some_and(|(news, those)| {
            day.and_then(|d| days_between(d, *news)).is_some_and(|n| n >= 1)
                && services.iter().all(|s| !headline.contains(s) && !those.iter().any(|t| related(extractor, s, t)))
        })
    };
    let title_fails =
        reading.clauses.iter().filter(|c| c.place == Place::Title).any(|c| c.symptoms.iter().any(|s| s.strength >= 2 && !stops_only(s)));
    let todays = published.is_some_and(|p| {
        reading
            .clauses
            .iter()
            .filter(|c| c.place == Place::Text && c.sentence <= first_text_sentence(reading) + 4)
            .flat_map(|c| &c.times)
            .filter(|t| super::analysis::dated(&t.expression))
            .filter_map(|t| start_of(&t.expression.value))
            .any(|m| days_between(m, p) == Some(0))
    });
    // What the other events that are not only recalled took down.
    let elsewhere: Vec<Vec<ServiceRef>> = (0..events.len())
        .map(|n| events.iter().enumerate().filter(|(m, e)| *m != n && !e.recalled).flat_map(|(_, e)| e.services.clone()).collect())
        .collect();
    let count = events.len();
    for (n, event) in events.iter_mut().enumerate() {
        let distance = match (event.day, published) {
            (Some(d), Some(p)) => days_between(d, p).or_else(|| date_distance(d.date(), p.date())),
            _ => None,
        };
        let coarse = event.day.is_some_and(|d| d.precision() < Precision::Day);
        let old = distance.is_some_and(|d| d > if coarse { 75 } else { 60 });
        // What happened on the day of the report is its news, whatever is recalled beside it.
        let today = event.day.zip(published).and_then(|(d, p)| days_between(d, p)) == Some(0);
        let before_news = match (event.day, news_day) {
            (Some(d), Some(m)) => !d.agrees_with(m) && d < m,
            _ => false,
        };
        event.role = if n == 0 && !(old && coarse) && !(old && event.recalled) && distance.is_none_or(|d| d <= 330)
            || count == 1 && !old
            || today && event.recalled
            // "앞서 전날 오전 새올에서 오류가 났다" under a headline that says that it goes on.
            || event.recalled
                && distance.is_some_and(|d| (0..=3).contains(&d))
                && !coarse
                && event.services.iter().any(|s| headline.contains(s) && !elsewhere[n].contains(s))
        {
            Role::Main
        } else if event.recalled
            || coarse
            || old
            || before_news && distance.is_some_and(|d| d > 21)
            || other_days(event.day, &event.services)
        {
            Role::Background
        } else {
            Role::Main
        };
    }
    events.retain(|e| {
        if e.services.is_empty() {
            return false;
        }
        // A past without a day is no record; a future is none either.
        if e.day.is_none() && (e.role == Role::Background || e.recalled && count > 1) {
            return false;
        }
        if let (Some(d), Some(p)) = (e.day, published)
            && d.unix_bounds().0 > p.unix_bounds().1
        {
            return false;
        }
        if e.day.is_none() {
            // Only headline or lead may leave the day to the date of publication.
            let firm = e.clauses.iter().any(|c| {
                let c = reading.clauses[*c];
                c.place == Place::Title && c.strength() >= 2
                    || c.sentence <= first_text_sentence(reading) + 3
                        && (c.strength() == 3 || c.strength() == 2 && c.affected().next().is_some())
                    || c.sentence <= first_text_sentence(reading) + 8
                        && (c.strength() == 3 || c.strength() == 2 && c.affected().next().is_some() && c.ongoing.is_some())
                        && e.services.iter().all(|s| headline.contains(s))
                    // "27일 …" opens the report; a few sentences on it tells what failed.
                    || todays
                        && c.place == Place::Text
                        && c.sentence <= first_text_sentence(reading) + 8
                        && c.strength() >= 2
                        && title_fails
                        && !c.hearsay
            });
            let planned = e.clauses.iter().all(|c| reading.clauses[*c].planned);
            // "2시간 넘게 끊기면 알려야": a headline that only thinks of it is no news of an outage without a day.
            let title = || reading.clauses.iter().filter(|c| c.place == Place::Title);
            let thought = title().any(|c| !c.rejected.is_empty())
                && title().all(|c| c.strength() < 2)
                && e.clauses.iter().all(|c| reading.clauses[*c].affected().next().is_none());
            return firm && !planned && !thought;
        }
        true
    });
    for event in &mut events {
        if event.day.is_none() || event.tentative {
            // The day of the first notice, where it is not long ago, else the day of publication.
            let noticed = event.clauses.iter().flat_map(|c| &reading.clauses[*c].times).find_map(|t| {
                let day = start_of(&t.expression.value).filter(|_| t.role == TimeRole::Aside && super::analysis::dated(&t.expression))?;
                let day = Moment::new(day.at(), day.precision().min(Precision::Day));
                days_between(day, published?).filter(|n| (0..=3).contains(n)).map(|_| day)
            });
            // "이틀째": it began a day before the report.
            let running = event.clauses.iter().flat_map(|c| &reading.clauses[*c].times).find_map(|t| match t.expression.value {
                Value::Duration(minutes)
                    if t.expression.modifier == Some(Modifier::SoFar) && (2.0 * 1440.0..=20.0 * 1440.0).contains(&minutes) =>
                {
                    let days = (minutes / 1440.0).round() as i32 - 1;
                    published.and_then(|p| p.date().checked_sub(jiff::Span::new().days(days)).ok()).map(Moment::day)
                }
                _ => None,
            });
            // "… 장애를 일으켰다. 8일 SNS에는 이날 오전부터 항의가 빗발쳤다": the one day that the report opens with.
            let mut opened: Vec<Moment> = reading
                .clauses
                .iter()
                .filter(|c| c.place == Place::Text && c.sentence <= first_text_sentence(reading) + 4)
                .flat_map(|c| &c.times)
                .filter(|t| super::analysis::dated(&t.expression))
                .filter_map(|t| start_of(&t.expression.value).filter(|m| m.precision() >= Precision::Day))
                .map(|m| Moment::day(m.date()))
                .filter(|m| published.and_then(|p| days_between(*m, p)).is_some_and(|n| (0..=2).contains(&n)))
                .collect();
            opened.dedup();
            let opened = if let [day] = opened[..] { Some(day) } else { None };
            // "지난 7일 벌어진 디도스 공격은 …. 그때 연결이 끊겼다": the one day that the text gives to what caused it.
            let mut led: Vec<Moment> = reading
                .clauses
                .iter()
                .filter(|c| c.place == Place::Text && !event.recalled)
                .flat_map(|c| c.times.iter().map(move |t| (*c, t)))
                .filter(|(c, t)| {
                    super::analysis::dated(&t.expression)
                        && c.causes.iter().any(|f| {
                            matches!(f.cause, Cause::Attack | Cause::Fire | Cause::Power | Cause::Disaster)
                                && f.range.start >= t.expression.range.end
                                && reading.text(c.place)[t.expression.range.end..f.range.start].chars().count() <= 10
                        })
                })
                .filter_map(|(_, t)| start_of(&t.expression.value).filter(|m| m.precision() >= Precision::Day))
                .map(|m| Moment::day(m.date()))
                .filter(|m| published.and_then(|p| days_between(*m, p)).is_some_and(|n| (0..=30).contains(&n)))
                .collect();
            led.dedup();
            let led = if let [day] = led[..] { Some(day) } else { None };
            let noticed = noticed.or(opened).or(led);
            if let Some(day) = event.day.or(published).map(|p| Moment::new(p.at(), p.precision().min(Precision::Day)))
                && let Some(began) =
                    event.clauses.iter().find_map(|c| took(reading.clauses[*c])).and_then(|m| day_before_length(reading, event, day, m))
            {
                event.day = Some(began);
                continue;
            }
            if event.day.is_some() {
                if let Some(day) = noticed.filter(|n| event.day.and_then(|d| days_between(*n, d)).is_some_and(|n| (1..=3).contains(&n))) {
                    event.day = Some(day);
                }
                continue;
            }
            event.day = running.or(noticed).or(published).map(|p| Moment::new(p.at(), p.precision().min(Precision::Day)));
        }
    }
    events
}

/// "3년 지난 KT 먹통, 무엇이 바뀌었나": a headline alone, and a text that tells of one long past failure of the same service.
fn join_looking_back(extractor: &Extractor, reading: &Reading<'_>, events: &mut Vec<Event>) {
    let titled = |e: &Event| e.day.is_none() && e.clauses.iter().all(|c| reading.clauses[*c].place == Place::Title);
    let Some(i) = events.iter().position(titled) else { return };
    let kin: Vec<usize> = (0..events.len())
        .filter(|&j| {
            j != i
                && events[j].day.is_some()
                && events[j].services.iter().any(|s| events[i].services.iter().any(|t| related(extractor, s, t)))
        })
        .collect();
    if let [j] = kin[..] {
        let gone = events.remove(i);
        let event = &mut events[if j > i { j - 1 } else { j }];
        event.clauses.extend(gone.clauses);
        event.clauses.sort_unstable();
        event.clauses.dedup();
    }
}

/// "케이뱅크 이어 기업은행도 먹통": a service named beside another's failure without a time, whose own failure the text tells with its own day,
/// belongs to that one only.
fn drop_from_others_events(reading: &Reading<'_>, events: &mut [Event]) {
    let timed = |c: &Clause| c.times.iter().any(|t| matches!(t.role, TimeRole::Start | TimeRole::Whole | TimeRole::Day | TimeRole::End));
    let told_with_time = |e: &Event, s: &ServiceRef| {
        e.clauses.iter().map(|c| reading.clauses[*c]).any(|c| c.place == Place::Text && timed(c) && c.affected().any(|n| n.service == *s))
    };
    // "그때는 페이스북과 메신저, 인스타그램이 6시간 가까이 열리지 않았다": named with the failure in the text of a past event.
    let told_of_itself = |e: &Event, s: &ServiceRef| {
        e.recalled
            && e.clauses
                .iter()
                .map(|c| reading.clauses[*c])
                .any(|c| c.place == Place::Text && c.strength() >= 2 && c.affected().any(|n| n.service == *s))
    };
    for i in 0..events.len() {
        if events[i].services.len() < 2 {
            continue;
        }
        let gone: Vec<ServiceRef> = events[i]
            .services
            .iter()
            .filter(|s| !told_with_time(&events[i], s) && !told_of_itself(&events[i], s))
            .filter(|s| {
                events.iter().enumerate().any(|(j, f)| {
                    j != i
                        && f.services.contains(s)
                        && told_with_time(f, s)
                        && f.day.zip(events[i].day).is_none_or(|(a, b)| !a.agrees_with(b))
                })
            })
            .cloned()
            .collect();
        if gone.len() < events[i].services.len() {
            events[i].services.retain(|s| !gone.contains(s));
        }
    }
}

/// "어린이날 연휴에 멈춘 따릉이", "11일(현지시간) 트위터가 먹통": a day without a clock beside an event of the same service that has both, a day or
/// two away, is the same event told loosely.
fn join_vague_days(extractor: &Extractor, reading: &Reading<'_>, events: &mut Vec<Event>) {
    let mut i = 0;
    while i < events.len() {
        let vague = &events[i];
        let loose = vague.clock.is_none() && !vague.recalled && vague.day.is_some_and(|d| d.precision() == Precision::Day);
        let again = vague.clauses.iter().any(|c| reading.clauses[*c].again.is_some());
        let first = first_text_sentence(reading);
        let opening = vague.day_from.is_some_and(|c| reading.clauses[c].place == Place::Title || reading.clauses[c].sentence <= first + 3);
        let titled = vague.day_from.is_some_and(|c| reading.clauses[c].place == Place::Title);
        let mate = (loose && !again && opening).then(|| {
            (0..events.len()).find(|&j| {
                let other = &events[j];
                j != i
                    && !other.recalled
                    && (other.clock.is_some() || titled)
                    && other.services.iter().any(|s| vague.services.iter().any(|t| related(extractor, s, t)))
                    && match (vague.day, other.day) {
                        (Some(a), Some(b)) => days_between(a, b).is_some_and(|n| n.abs() <= 2 && n != 0),
                        _ => false,
                    }
            })
        });
        match mate.flatten() {
            Some(j) => {
                let gone = events.remove(i);
                let j = if j > i { j - 1 } else { j };
                events[j].clauses.extend(gone.clauses);
                events[j].clauses.sort_unstable();
                events[j].clauses.dedup();
                for s in gone.services {
                    if !events[j].services.contains(&s) {
                        events[j].services.push(s);
                    }
                }
            }
            None => i += 1,
        }
    }
}

/// "토스 앱에서 토스뱅크 페이지가 열리지 않았다": the part failed. Where what holds it is never named without it, it did not.
fn drop_house_of_part(extractor: &Extractor, reading: &Reading<'_>, event: &mut Event) {
    let services = extractor.gazetteer.services();
    let naming = |s: &ServiceRef| -> Vec<usize> {
        event
            .clauses
            .iter()
            .copied()
            .filter(|c| reading.clauses[*c].strength() >= 2 && reading.clauses[*c].affected().any(|n| n.service == *s))
            .collect()
    };
    let gone: Vec<ServiceRef> = event
        .services
        .iter()
        .filter(|s| {
            let ServiceRef::Listed(house) = s else { return false };
            let own = naming(s);
            event.services.iter().any(|p| {
                let ServiceRef::Listed(part) = p else { return false };
                let told = naming(p);
                services[*part].parent == Some(*house)
                    && !own.is_empty()
                    && own.iter().all(|c| {
                        let clause = reading.clauses[*c];
                        told.contains(c)
                            && clause.affected().filter(|n| n.service == **s).all(|n| {
                                let after = &reading.text(clause.place)
                                    [n.range.end..super::analysis::window(reading.text(clause.place), n.range.end, 6)];
                                let after = after.trim_start_matches(['’', '\'', '”', '"']);
                                ["앱에서", " 앱에서", "에서", " 안", "앱 안", " 내 ", " 앱 안", "의 "].iter().any(|w| after.starts_with(w))
                            })
                    })
            })
        })
        .cloned()
        .collect();
    event.services.retain(|s| !gone.contains(s));
}

/// "홈택스 먹통… 연말정산 간소화 서비스 이용자 몰려": of a public service and its part the headline has the one that failed.
fn keep_headlines_part(extractor: &Extractor, event: &mut Event, headline: &[ServiceRef]) {
    let services = extractor.gazetteer.services();
    let gone: Vec<ServiceRef> = event
        .services
        .iter()
        .filter(|s| {
            let ServiceRef::Listed(a) = s else { return false };
            !headline.contains(s)
                && services[*a].category.as_deref() == Some("government")
                && event.services.iter().any(|o| {
                    let ServiceRef::Listed(b) = o else { return false };
                    headline.contains(o) && (services[*a].parent == Some(*b) || services[*b].parent == Some(*a))
                })
        })
        .cloned()
        .collect();
    event.services.retain(|s| !gone.contains(s));
}

/// "제주 한라병원 전산시스템", "제주한라병원의 중앙 전산시스템": one name in two spellings; the headline's stays, else the first.
fn drop_respelled(reading: &Reading<'_>, event: &mut Event) {
    let title = reading.text(Place::Title);
    let mut kept: Vec<ServiceRef> = Vec::new();
    let mut names = std::mem::take(&mut event.services);
    names.sort_by_key(|s| !matches!(s, ServiceRef::Unlisted(n) if title.contains(n.as_str())));
    for service in names {
        let again = match &service {
            ServiceRef::Unlisted(n) => kept.iter().any(|k| matches!(k, ServiceRef::Unlisted(m) if respelled(m, n))),
            ServiceRef::Listed(_) => false,
        };
        if !again {
            kept.push(service);
        }
    }
    event.services = kept;
}

/// Whether two names share most pairs of neighbouring syllables of the shorter one.
fn respelled(a: &str, b: &str) -> bool {
    let pairs = |s: &str| -> HashSet<(char, char)> {
        let letters: Vec<char> = s.chars().filter(|c| c.is_alphanumeric()).collect();
        letters.windows(2).map(|w| (w[0], w[1])).collect()
    };
    // What every institution's system is called says nothing of whose it is.
    let bare = |s: &str| {
        [
            "전산시스템",
            "시스템",
            "인터넷",
            "홈페이지",
            "누리집",
            "웹사이트",
            "사이트",
            "서버",
            "앱",
            "수강신청",
            "사이버캠퍼스",
            "접수",
            "예매",
        ]
        .iter()
        .fold(s.replace("대학교", "대"), |s, w| s.replace(w, " "))
    };
    let (a, b) = (pairs(&bare(a)), pairs(&bare(b)));
    let least = a.len().min(b.len());
    least >= 2 && a.intersection(&b).count() * 10 >= least * 7
}

/// The headline names the product, a later sentence only its company, which speaks for it: the product is meant.
fn name_product_of_headline(extractor: &Extractor, event: &mut Event, headline: &[ServiceRef]) {
    let services = extractor.gazetteer.services();
    let [ServiceRef::Listed(company)] = event.services[..] else { return };
    if headline.contains(&ServiceRef::Listed(company)) {
        return;
    }
    let products: Vec<usize> = headline
        .iter()
        .filter_map(|s| match s {
            ServiceRef::Listed(p)
                if services[*p].parent == Some(company) && services[company].company
                    || *p != company && services[*p].operator.as_deref() == Some(services[company].name.as_str()) =>
            {
                Some(*p)
            }
            _ => None,
        })
        .collect();
    if let [product] = products[..] {
        event.services = vec![ServiceRef::Listed(product)];
    }
}

fn first_text_sentence(reading: &Reading<'_>) -> usize {
    reading.clauses.iter().find(|c| c.place == Place::Text).map_or(0, |c| c.sentence)
}

/// "카카오 먹통… 카카오톡이 멈췄다": the product failed, the company is only its owner.
fn drop_company_beside_product(extractor: &Extractor, reading: &Reading<'_>, event: &mut Event) {
    let services = extractor.gazetteer.services();
    // "구글과 유튜브에 들어가지 못했다": named as one of several, the company stands for its own service.
    let listed: Vec<ServiceRef> = event
        .clauses
        .iter()
        .map(|c| reading.clauses[*c])
        .filter(|c| c.place == Place::Text && c.strength() >= 2)
        .flat_map(|c| {
            let names: Vec<_> = c.affected().collect();
            let text = reading.text(c.place);
            names
                .windows(2)
                .filter(|w| {
                    w[0].range.end <= w[1].range.start
                        && matches!(&text[w[0].range.end..w[1].range.start], "과 " | "와 " | ", " | "·" | ",")
                })
                .filter(|w| related(extractor, &w[0].service, &w[1].service))
                .map(|w| w[0].service.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let products: Vec<usize> = event
        .services
        .iter()
        .filter_map(|s| match s {
            ServiceRef::Listed(i) if !services[*i].company => Some(*i),
            _ => None,
        })
        .collect();
    event.services.retain(|s| match s {
        ServiceRef::Listed(_) if listed.contains(s) => true,
        ServiceRef::Listed(i) => {
            let own = &services[*i];
            !products.iter().any(|p| {
                let product = &services[*p];
                let kin = product.parent == Some(*i) || product.operator.as_deref() == Some(own.name.as_str());
                // A product may have products (유튜브 뮤직): only a company, or a carrier's name for all it sells, is not what failed.
                let operator = product.operator.as_deref() == Some(own.name.as_str()) && product.name != own.name;
                p != i
                    && kin
                    && (own.company
                        || operator && product.name.starts_with(&own.name)
                        || own.category.as_deref() == Some("telecom") && own.parent.is_none())
            })
        }
        ServiceRef::Unlisted(_) => true,
    });
}
