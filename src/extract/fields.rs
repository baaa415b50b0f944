//! An event → a record for each of its services: start, end, duration, cause, status, keywords, and the words that each rests on.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Extractor;
use super::clause::{Clause, NameRole, ServiceRef, TimeRole, is_provider, window};
use super::explain::Reasons;
use super::lexicon::Cue;
use super::reading::{Event, Reading, days_between};
use crate::record::{Cause, Evidence, Field, Outage, Place, Role, Status};
use crate::temporal::{Anchor, Modifier, Moment, Precision, Relation, Value};

/// A value with the words it rests on.
#[derive(Clone, Debug)]
struct Found<T> {
    value: T,
    place: Place,
    range: Range<usize>,
    weight: i32,
    /// Said as about: 께, 쯤, 경.
    about: bool,
}

impl<T> Found<T> {
    fn new(value: T, place: Place, range: Range<usize>, weight: i32) -> Found<T> {
        Found { value, place, range, weight, about: false }
    }
}

/// The records of all events, the article's news first.
pub(crate) fn records(extractor: &Extractor, reading: &Reading<'_>, events: &[Event]) -> Vec<Outage> {
    explained(extractor, reading, events).into_iter().map(|r| r.outage).collect()
}

/// The records of all events with their reasons, the article's news first.
pub(crate) fn explained(extractor: &Extractor, reading: &Reading<'_>, events: &[Event]) -> Vec<Reasons> {
    let mut out: Vec<Reasons> = Vec::new();
    let mut told_in: Vec<Option<usize>> = Vec::new();
    for event in events {
        let shares = Shares::new(extractor, reading, event);
        for service in &event.services {
            let reasons = record(extractor, reading, event, service, &shares, events);
            let record = &reasons.outage;
            let same = out.iter().map(|r| &r.outage).any(|o| {
                o.service == record.service
                    && o.role == record.role
                    && match (o.start, record.start) {
                        (Some(a), Some(b)) => {
                            a == b || a.agrees_with(b) && !(a.has_clock() && b.has_clock()) && a.precision() == b.precision()
                        }
                        _ => false,
                    }
            });
            if !same {
                out.push(reasons);
                told_in.push(event.day_from);
            }
        }
    }
    over_before_the_next(&mut out);
    share_causes(&mut out, &told_in);
    out.sort_by_key(|r| r.outage.role == Role::Background);
    out
}

/// "4일 다시 체결이 늦어졌다. 전날에도 1시간 동안 먹통이 됐다": what failed again on a later day had been back.
fn over_before_the_next(records: &mut [Reasons]) {
    let later = |own: &Outage, other: &Outage| {
        own.service == other.service
            && own
                .start
                .zip(other.start)
                .is_some_and(|(a, b)| a.precision() >= Precision::Day && b.precision() >= Precision::Day && a.date() < b.date())
    };
    for n in 0..records.len() {
        let own = &records[n].outage;
        if own.status == Status::Ongoing && records.iter().any(|r| later(own, &r.outage)) {
            let own = &mut records[n].outage;
            own.status = Status::Resolved;
            own.evidence.retain(|e| e.field != Field::Status);
        }
    }
}

/// "2일과 3일 앱이 먹통이었다. 회사는 과부하 때문이라고 했다": what is given as the cause of one of several days told in one breath is that of all, where no
/// other is given.
fn share_causes(records: &mut [Reasons], told_in: &[Option<usize>]) {
    for n in 0..records.len() {
        let own = &records[n].outage;
        if own.cause.is_some() {
            continue;
        }
        // "서버가 끊겼다. 살아나는가 싶더니 11시 30분 다시 끊겼다": the second of one day.
        let once_more = |m: usize| {
            let other = &records[m].outage;
            own.role == Role::Main
                && own.start.zip(other.start).is_some_and(|(a, b)| {
                    a.has_clock() && b.has_clock() && b < a && days_between(Moment::day(b.date()), Moment::day(a.date())) == Some(0)
                })
        };
        let kin: Vec<&Outage> = (0..records.len())
            .filter(|m| told_in[n].is_some() && told_in[*m] == told_in[n] || once_more(*m))
            .map(|m| &records[m].outage)
            .filter(|o| o.service == own.service && o.role == own.role && o.cause.is_some_and(|c| c != Cause::Investigating))
            .collect();
        let Some(first) = kin.first().filter(|f| kin.iter().all(|o| o.cause == f.cause)) else { continue };
        let cause = first.cause;
        let evidence: Vec<Evidence> = first.evidence.iter().filter(|e| e.field == Field::Cause).cloned().collect();
        let own = &mut records[n].outage;
        own.cause = cause;
        own.evidence.extend(evidence);
        let order = |f: Field| Field::ALL.iter().position(|x| *x == f);
        own.evidence.sort_by_key(|e| (order(e.field), e.place, e.from));
    }
}

fn record(
    extractor: &Extractor,
    reading: &Reading<'_>,
    event: &Event,
    service: &ServiceRef,
    shares: &Shares<'_>,
    events: &[Event],
) -> Reasons {
    let all: Vec<&Clause> = event.clauses.iter().map(|c| reading.clauses[*c]).collect();
    // What is said of other services only is not said of this one.
    let services_of_event: HashSet<&ServiceRef> = event.services.iter().collect();
    let own: Vec<&Clause> = all
        .iter()
        .copied()
        .filter(|c| {
            event.services.len() == 1
                || shares.concerns(c, service)
                    && (c.affected().any(|n| n.service == *service) || c.affected().all(|n| !services_of_event.contains(&n.service)))
        })
        .collect();
    let clauses = if own.is_empty() { &all } else { &own };
    let mut evidence = Vec::new();
    let services = extractor.gazetteer.services();
    let (name, id, operator, category) = match service {
        ServiceRef::Listed(i) => {
            let s = &services[*i];
            let mut used: Vec<&str> = reading
                .clauses
                .iter()
                .flat_map(|c| c.names.iter().filter(|n| n.service == *service).map(|n| &reading.text(c.place)[n.range.clone()]))
                .collect();
            used.dedup();
            let mut name = s.name_at(&used, event.day);
            // "하나대투증권 HTS": a part bears the name that its company had then.
            if let Some(company) = s.parent.map(|p| &services[p])
                && let Some(rest) = name.strip_prefix(company.name.as_str())
                && let Some(former) = company.former_at(event.day).find(|f| used.iter().any(|u| u.starts_with(f)))
            {
                name = format!("{former}{rest}");
            }
            (name, Some(s.id.clone()), s.operator.clone(), s.category.clone())
        }
        ServiceRef::Unlisted(name) => (name.clone(), None, None, None),
    };
    if let Some((place, range)) = name_evidence(reading, &all, service) {
        evidence.push(quote(reading, Field::Service, place, range));
    }

    let several = event.services.len() > 1;
    let names_it = |c: &Clause| several && c.affected().any(|n| n.service == *service);
    let starts = candidates(clauses, event, (service, shares), TimeRole::Start, &names_it);
    // "무신사는 오후 7시부터, 올리브영은 8시부터": where each is told its own hour, or one of them several that are no roundings of each other, one
    // without an hour has none. No report tells of more hours than are looked at.
    let own_hours: Vec<(&ServiceRef, Moment)> = all
        .iter()
        .filter(|c| c.place == Place::Text && c.affected().map(|n| &n.service).collect::<HashSet<_>>().len() == 1)
        .flat_map(|c| c.affected().take(1).flat_map(|n| c.times.iter().map(move |t| (&n.service, t))))
        // When a cloud fell by one account and by another says nothing against what hangs on it.
        .filter(|(s, _)| !is_provider(extractor, s))
        .filter(|(_, t)| matches!(t.role, TimeRole::Start | TimeRole::Whole) && t.weight >= 4)
        .filter_map(|(s, t)| super::reading::start_of(&t.expression.value).filter(|m| m.has_clock()).map(|m| (s, m)))
        .take(64)
        .collect();
    let each_its_own = own_hours
        .iter()
        .any(|(s, m)| own_hours.iter().any(|(t, n)| m != n && (s != t || m.minutes_until(*n).is_some_and(|apart| apart > 15))));
    let told = own.iter().any(|c| c.place == Place::Text && c.strength() >= 2 && c.affected().any(|n| n.service == *service));
    // "이날 NH투자증권에서도 접속이 늦어졌다": told by its day in a sentence of its own.
    let by_day = own.iter().any(|c| {
        c.place == Place::Text
            && c.strength() >= 2
            && c.affected().all(|n| n.service == *service)
            && c.affected().next().is_some()
            && c.times.iter().any(|t| {
                t.role == TimeRole::Day
                    && super::reading::start_of(&t.expression.value).zip(event.day).is_some_and(|(m, d)| d.agrees_with(m))
            })
    });
    // "다음과 멜론도 비슷한 시간대에 오류를 일으켰다": about then, no more is known.
    let like_hour = several
        && own.iter().any(|c| {
            let words = reading.text_of(c);
            c.place == Place::Text
                && c.strength() >= 2
                && c.affected().any(|n| n.service == *service)
                && ["비슷한 시간대", "비슷한 시각", "비슷한 시간에", "비슷한 때"].iter().any(|w| words.contains(w))
        });
    // "배민과 요기요가 장애를 겪었다. 배민은 8시 35분부터 40여분간": the hours of one of two that have nothing to do with each other.
    let of_a_stranger = several && !event.services.iter().any(|s| is_provider(extractor, s)) && {
        let timed: Vec<HashSet<&ServiceRef>> = all
            .iter()
            .filter(|c| {
                c.place == Place::Text && c.times.iter().any(|t| matches!(t.role, TimeRole::Start | TimeRole::Whole) && t.weight >= 4)
            })
            .map(|c| c.affected().map(|n| &n.service).filter(|s| services_of_event.contains(*s)).collect())
            .collect();
        // "업비트 입출금도 함께 끊겼다", "넥슨·롤 동시 마비": they have.
        let together = reading.clauses.iter().filter(|c| c.affected().any(|n| n.service == *service)).any(|c| {
            let words = reading.text_of(c);
            c.causes.iter().any(|f| f.cause == Cause::ThirdParty)
                || ["동시에", "동시 ", "함께", "덩달아", "한꺼번에", "나란히", "제휴", "손잡은", "연계", "같은 시", "계정으로", "여파"]
                    .iter()
                    .any(|w| words.contains(w))
        });
        !timed.is_empty()
            && !together
            && timed.iter().all(|s| s.len() == 1 && s.iter().all(|s| *s != service && !super::reading::related(extractor, s, service)))
    };
    let like_hour = like_hour || of_a_stranger;
    let apart = several && told && (each_its_own || by_day) || like_hour;
    let start =
        best(&starts).or_else(|| if apart { None } else { best(&candidates(&all, event, (service, shares), TimeRole::Start, &names_it)) });
    let start = start.or_else(|| if apart { None } else { from_about_then(reading, clauses, event) });
    // A service of the event with no times of its own shares the event's.
    let untimed =
        |c: &Clause| c.times.iter().all(|t| !matches!(t.role, TimeRole::Start | TimeRole::End | TimeRole::Whole | TimeRole::Length));
    let shared =
        !(like_hour || several && told && by_day) && clauses.iter().all(|c| untimed(c)) && clauses.iter().all(|c| c.ongoing.is_none());
    // What would have lasted beyond the news is another's length: "사흘 동안 마비됐던 전산망이 되살아난 뒤로도".
    let by_now = |lasted: &Found<f64>| match (start.as_ref().map(|s| s.value).filter(|s| s.has_clock()), reading.published) {
        (Some(from), Some(now)) => {
            from.unix_bounds().0.saturating_add((lasted.value * 60.0) as i64) <= now.unix_bounds().1.saturating_add(3600)
        }
        _ => true,
    };
    let takes_part = !is_provider(extractor, service)
        && !apart
        && clauses.iter().filter(|c| c.place == Place::Text && names_it(c)).all(|c| untimed(c) && c.recovery.is_empty());
    let provider = event.services.iter().find(|s| *s != service && is_provider(extractor, s)).filter(|_| takes_part);
    let length = duration(reading, event, several.then_some(service), if shared { &all } else { clauses })
        // "AWS 15시간 만에 정상화": what a cloud took down was down as long as it, where nothing else is told of it.
        .or_else(|| provider.and_then(|p| duration(reading, event, Some(p), &all)))
        .filter(by_now);
    let ongoing_length = clauses.iter().flat_map(|c| &c.times).any(|t| t.role == TimeRole::Length && so_far(&t.expression));
    let possible = |mut ends: Vec<Found<Moment>>| {
        // It was over before the same service failed again.
        let next = events
            .iter()
            .filter(|e| !std::ptr::eq(*e, event) && e.services.contains(service))
            .filter_map(|e| e.clock)
            .filter(|c| start.as_ref().is_some_and(|s| *c > s.value))
            .min();
        ends.retain(|e| next.is_none_or(|n| e.value <= n));
        // "지난 3~4일 이틀 내리": each day has its own.
        ends.retain(|e| !super::times::on_each_day(&reading.text(e.place)[e.range.end..]));
        // "20일 오후 6시까지 예약을 받을 예정이었다" on the 19th: to come.
        ends.retain(|e| !reading.is_to_come(e.value));
        latest(&ends, start.as_ref().map(|s| s.value))
    };
    let mut end = possible(candidates(if shared { &all } else { clauses }, event, (service, shares), TimeRole::End, &names_it));

    if end.is_none()
        && let Some(p) = provider
    {
        let told: Vec<&Clause> = all.iter().copied().filter(|c| c.affected().all(|n| n.service == *p)).collect();
        end = possible(candidates(&told, event, (p, shares), TimeRole::End, &|_| false));
    }

    // "약 6시간 만에 복구됐다", and of another of them "6시 45분부터 다시 접속됐다": the clock is what the length was rounded from.
    if let (None, Some(from), Some(lasted)) =
        (&end, start.as_ref().filter(|s| s.value.has_clock()), length.as_ref().filter(|l| l.weight < 20))
    {
        let mut ends = candidates(&all, event, (service, shares), TimeRole::End, &|_| false);
        // "8시부터 8시 15분까지" of another that began later is no end of this one.
        ends.retain(|f| {
            !all.iter().flat_map(|c| c.times.iter().map(move |t| (c.place, t))).any(|(place, t)| {
                t.role == TimeRole::Whole
                    && place == f.place
                    && t.expression.range.start <= f.range.start
                    && f.range.end <= t.expression.range.end
                    && super::reading::start_of(&t.expression.value).is_some_and(|m| m != from.value)
            })
        });
        end = latest(&ends, Some(from.value)).filter(|e| {
            e.value.has_clock()
                && from.value.minutes_until(e.value).is_some_and(|m| (m as f64 - lasted.value).abs() <= (lasted.value * 0.1).max(10.0))
        });
    }

    let exact_length = length.as_ref().is_some_and(|l| l.place == Place::Text && !at_least(&all, l));
    // "15시간째 접속 불가" above a lead that says when it was over.
    let ended_first = end.as_ref().is_some_and(|e| {
        e.value.has_clock()
            && all.iter().any(|c| {
                c.place == Place::Text
                    && e.place == Place::Text
                    && c.range.start <= e.range.start
                    && e.range.end <= c.range.end
                    && told_first(reading, c.sentence)
            })
    });
    let still_running = ongoing_length && !ended_first;
    let status = status(reading, event, clauses, &all, end.as_ref().map(|e| e.value), (length.is_some(), exact_length), still_running);
    if status.0 == Status::Ongoing {
        end = None;
    }
    let mut start_value = start.as_ref().map(|s| s.value);
    if let Some(found) = &start {
        evidence.push(quote(reading, Field::Start, found.place, found.range.clone()));
    } else {
        start_value = event.day;
        if let Some((place, range)) = day_evidence(&all, event) {
            evidence.push(quote(reading, Field::Start, place, range));
        }
    }
    // "멈춘 지 3시간 만인 오후 5시 복구됐다": the start is as exact as the length.
    if start_value.is_some_and(|s| !s.has_clock())
        && let (Some(over), Some(lasted)) = (end.as_ref().filter(|e| e.value.has_clock()), &length)
        && let Some((clause, e)) = all
            .iter()
            .flat_map(|c| c.times.iter().map(move |t| (*c, &t.expression)))
            .find(|(c, e)| c.place == lasted.place && e.range == lasted.range)
        && e.modifier.is_none()
        && lasted.value < 1440.0
        && super::settle::took(clause) == Some(lasted.value)
        && let Ok(began) = over.value.at().checked_sub(jiff::SignedDuration::from_secs((lasted.value * 60.0) as i64))
        && start_value.is_some_and(|s| s.agrees_with(Moment::minute(began)))
    {
        start_value = Some(Moment::minute(began));
        evidence.push(quote(reading, Field::Start, lasted.place, lasted.range.clone()));
        evidence.push(quote(reading, Field::Start, over.place, over.range.clone()));
    }
    // The day of the end alone says nothing that the start does not, unless it is a later one.
    let same_day = |e: &Found<Moment>| match start_value {
        Some(s) => s.precision() < Precision::Day || e.value.precision() < Precision::Day || e.value.date() <= s.date(),
        None => true,
    };
    if end.as_ref().is_some_and(|e| !e.value.has_clock() && same_day(e)) {
        end = None;
    }
    let mut end_value = end.as_ref().map(|e| e.value);
    let mut minutes = None;
    if let Some(found) = &end {
        evidence.push(quote(reading, Field::End, found.place, found.range.clone()));
    }
    let exact = start_value.zip(end_value).and_then(|(a, b)| a.minutes_until(b));
    if let Some(m) = exact {
        minutes = u32::try_from(m).ok();
        for found in [&start, &end].into_iter().flatten() {
            evidence.push(quote(reading, Field::Duration, found.place, found.range.clone()));
        }
    } else if status.0 != Status::Ongoing
        && let Some(found) = &length
        && (!at_least(&all, found) || status.1.is_some() || event.role == Role::Background)
    {
        minutes = Some(found.value.round().clamp(0.0, f64::from(u32::MAX)) as u32);
        evidence.push(quote(reading, Field::Duration, found.place, found.range.clone()));
        if end_value.is_none()
            && (!at_least(&all, found) || status.0 == Status::Resolved)
            && let Some(s) = start_value.filter(|s| s.has_clock())
        {
            end_value = s.at().checked_add(jiff::SignedDuration::from_secs((found.value * 60.0) as i64)).ok().map(Moment::minute);
            for f in [start.as_ref().map(|s| (s.place, s.range.clone())), Some((found.place, found.range.clone()))].into_iter().flatten() {
                evidence.push(quote(reading, Field::End, f.0, f.1));
            }
        }
    }
    let cause = cause(extractor, reading, event, service, clauses, &all, events);
    if let Some(found) = &cause {
        evidence.push(quote(reading, Field::Cause, found.place, found.range.clone()));
    }
    if let Some((place, range)) = status.1 {
        evidence.push(quote(reading, Field::Status, place, range));
    }
    let mut keywords: Vec<String> = Vec::new();
    for clause in clauses {
        for s in clause.symptoms.iter().filter(|s| s.strength > 1) {
            let words = reading.text(clause.place)[s.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
            let word = s.word.clone().unwrap_or(words);
            if !keywords.contains(&word) && keywords.len() < 6 {
                evidence.push(quote(reading, Field::Keywords, clause.place, s.range.clone()));
                keywords.push(word);
            }
        }
    }
    let features = features(reading, event, service, clauses, start_value, &all);
    let confidence = probability(&features);
    let order = |f: Field| Field::ALL.iter().position(|x| *x == f);
    evidence.sort_by_key(|e| (order(e.field), e.place, e.from));
    evidence.dedup();
    let outage = Outage {
        service: name,
        service_id: id,
        operator,
        category,
        start: start_value,
        end: end_value,
        duration_min: minutes,
        cause: cause.map(|c| c.value),
        status: status.0,
        role: event.role,
        keywords,
        confidence,
        evidence,
    };
    let mut sentences: Vec<String> = clauses.iter().map(|c| reading.text_of(c).split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    sentences.dedup();
    Reasons { outage, sentences, features }
}

/// What the clauses of an event say of which of its services, found once for all of them.
struct Shares<'r> {
    /// By clause that names none: whose outage alone it speaks of.
    focus: HashMap<*const Clause, &'r ServiceRef>,
    /// Clauses that name only services which have nothing to do with those of the event.
    others: HashSet<*const Clause>,
    /// By clause in which several services have times of their own: the stretch about each.
    stretches: HashMap<*const Clause, Vec<(&'r ServiceRef, Range<usize>)>>,
}

impl<'r> Shares<'r> {
    fn new(extractor: &Extractor, reading: &Reading<'r>, event: &'r Event) -> Shares<'r> {
        let mut shares = Shares { focus: HashMap::new(), others: HashSet::new(), stretches: HashMap::new() };
        if event.services.len() < 2 {
            return shares;
        }
        let services = extractor.gazetteer.services();
        let own: HashSet<&ServiceRef> = event.services.iter().collect();
        let operator = |s: &ServiceRef| match s {
            ServiceRef::Listed(i) => services[*i].operator.clone().or(Some(services[*i].name.clone())),
            ServiceRef::Unlisted(_) => None,
        };
        let operators: HashSet<String> = event.services.iter().filter(|s| !is_provider(extractor, s)).filter_map(operator).collect();
        let apart = operators.len() == event.services.len();
        let mut spoken: HashMap<usize, Vec<&'r ServiceRef>> = HashMap::new();
        if apart {
            for clause in reading.clauses.iter().filter(|c| c.place == Place::Text) {
                let found = spoken.entry(clause.sentence).or_default();
                for name in &clause.names {
                    if matches!(name.role, NameRole::Affected | NameRole::Source) && found.len() < 2 && !found.contains(&&name.service) {
                        found.extend(own.get(&name.service).copied());
                    }
                }
            }
        }
        for clause in event.clauses.iter().map(|c| reading.clauses[*c]) {
            if clause.affected().next().is_none() {
                shares.focus.extend(focus(reading, clause, &spoken).map(|f| (std::ptr::from_ref(clause), f)));
            } else if clause.affected().all(|n| !own.contains(&n.service))
                && clause.affected().any(|n| stranger(extractor, &n.service, &event.services))
            {
                shares.others.insert(std::ptr::from_ref(clause));
            }
            shares.stretches.extend(stretches(clause, &own).map(|s| (std::ptr::from_ref(clause), s)));
        }
        shares
    }

    /// Whether what a clause says may be said of this service.
    fn concerns(&self, clause: &Clause, service: &ServiceRef) -> bool {
        let at = std::ptr::from_ref(clause);
        !self.others.contains(&at) && self.focus.get(&at).is_none_or(|f| *f == service)
    }

    /// Whether a time of a clause may be this service's.
    fn holds(&self, clause: &Clause, service: &ServiceRef, time: &Range<usize>) -> bool {
        let Some(stretches) = self.stretches.get(&std::ptr::from_ref(clause)) else { return true };
        stretches.iter().any(|(s, r)| *s == service && r.contains(&time.start))
    }
}

/// Whose outage a clause speaks of that names none, where several failed that belong to different companies: who is quoted in its sentence, else who alone
/// was spoken of in the one before ("하나증권도 … 알렸다. 20분 뒤에는 장애가 풀렸다고 안내했다").
fn focus<'r>(reading: &Reading<'_>, clause: &Clause, spoken: &HashMap<usize, Vec<&'r ServiceRef>>) -> Option<&'r ServiceRef> {
    if clause.place != Place::Text {
        return None;
    }
    let all = ["모두", "모든", "이들", "일제히", "나머지", "각 사", "각사", "이번 "].iter().any(|w| reading.text_of(clause).contains(w));
    let told = |sentence: usize| spoken.get(&sentence).filter(|f| !f.is_empty());
    let found = told(clause.sentence).or_else(|| clause.sentence.checked_sub(1).and_then(told))?;
    if let ([only], false) = (&found[..], all) { Some(only) } else { None }
}

/// Whether a listed service has nothing to do with any of these: what is said of it is not said of them.
fn stranger(extractor: &Extractor, service: &ServiceRef, of: &[ServiceRef]) -> bool {
    matches!(service, ServiceRef::Listed(_))
        && !is_provider(extractor, service)
        && of.iter().all(|s| matches!(s, ServiceRef::Listed(_)) && !super::reading::related(extractor, service, s))
}

/// "카카오뱅크는 9시 20분부터 10시까지, 케이뱅크는 10시 15분까지": where several services of a clause have times of their own behind their names, the stretch
/// about each.
fn stretches<'r>(clause: &'r Clause, own: &HashSet<&ServiceRef>) -> Option<Vec<(&'r ServiceRef, Range<usize>)>> {
    let names: Vec<_> = clause.affected().filter(|n| own.contains(&n.service)).collect();
    let mut out: Vec<(&ServiceRef, Range<usize>)> = Vec::new();
    for name in names.iter().rev() {
        let to = out.last().map_or(clause.range.end, |(next, r)| if **next == name.service { r.end } else { r.start });
        out.push((&name.service, name.range.start..to.max(name.range.start)));
    }
    let told = |t: &&super::clause::Time| matches!(t.role, TimeRole::Start | TimeRole::End | TimeRole::Whole) && t.weight >= 4;
    let times: Vec<usize> = clause.times.iter().filter(told).map(|t| t.expression.range.start).collect();
    let of: HashSet<&ServiceRef> = out.iter().filter(|(_, r)| times.iter().any(|t| r.contains(t))).map(|(s, _)| *s).collect();
    // A time before all names is everybody's.
    let first = names.first()?.range.start;
    let shared = clause.times.iter().any(|t| t.expression.range.start < first && !matches!(t.role, TimeRole::Aside | TimeRole::Day));
    (of.len() > 1 && !shared).then_some(out)
}

fn quote(reading: &Reading<'_>, field: Field, place: Place, range: Range<usize>) -> Evidence {
    let text = reading.text(place);
    let from = text[..range.start].chars().count();
    let quote = text[range].to_owned();
    Evidence { field, place, from, to: from + quote.chars().count(), quote }
}

fn name_evidence(reading: &Reading<'_>, clauses: &[&Clause], service: &ServiceRef) -> Option<(Place, Range<usize>)> {
    let here = clauses.iter().copied().chain(reading.clauses.iter().copied());
    let mut first = None;
    for clause in here {
        for n in clause.names.iter().filter(|n| n.service == *service) {
            if clause.place == Place::Text {
                return Some((clause.place, n.range.clone()));
            }
            first = first.or(Some((clause.place, n.range.clone())));
        }
    }
    first
}

fn day_evidence(clauses: &[&Clause], event: &Event) -> Option<(Place, Range<usize>)> {
    let day = event.day?;
    clauses
        .iter()
        .flat_map(|c| c.times.iter().map(move |t| (c.place, t)))
        .find(|(_, t)| super::reading::start_of(&t.expression.value).is_some_and(|m| m.agrees_with(day)))
        .map(|(place, t)| (place, t.expression.range.clone()))
}

/// Starts or ends that the clauses give for the event.
fn candidates(
    clauses: &[&Clause],
    event: &Event,
    (service, shares): (&ServiceRef, &Shares<'_>),
    role: TimeRole,
    names_it: &dyn Fn(&Clause) -> bool,
) -> Vec<Found<Moment>> {
    let mut out = Vec::new();
    for clause in clauses {
        for t in &clause.times {
            if !shares.holds(clause, service, &t.expression.range) {
                continue;
            }
            let part = |range: Option<&Range<usize>>| range.cloned().unwrap_or_else(|| t.expression.range.clone());
            let (value, range) = match (&t.expression.value, t.role) {
                (Value::Moment(m), r) if r == role => (*m, t.expression.range.clone()),
                (Value::Span { start: Some(m), .. }, TimeRole::Whole) if role == TimeRole::Start => {
                    (*m, part(t.expression.parts.as_ref().and_then(|p| p.start.as_ref())))
                }
                // "27일 밤부터 28일 오전까지": on which day it was over.
                (Value::Span { start: Some(from), end: Some(m) }, TimeRole::Day)
                    if role == TimeRole::End
                        && from.date() < m.date()
                        && m.precision() == Precision::Day
                        && clause.ongoing.is_none()
                        && event.day.is_some_and(|d| d.date() == from.date()) =>
                {
                    (*m, part(t.expression.parts.as_ref().and_then(|p| p.end.as_ref())))
                }
                // Of a clause about several days: the end of another.
                (Value::Span { start: Some(from), .. }, TimeRole::Whole)
                    if role == TimeRole::End
                        && event.day.is_some_and(|d| {
                            d.precision() == Precision::Day && days_between(d, Moment::day(from.date())).is_some_and(|n| n >= 2)
                        }) =>
                {
                    continue;
                }
                (Value::Span { end: Some(m), .. }, TimeRole::Whole)
                    if role == TimeRole::End && (clause.ongoing.is_none() || !clause.recovery.is_empty()) =>
                {
                    (*m, part(t.expression.parts.as_ref().and_then(|p| p.end.as_ref())))
                }
                _ => continue,
            };
            // "밤 10시 반 복구" in a line before any date, when the text tells the same clock with its day.
            let assumed = t.expression.anchor == Anchor::Publication
                && clauses.iter().flat_map(|c| &c.times).filter(|o| o.expression.anchor != Anchor::Publication).any(|o| {
                    let ends = match &o.expression.value {
                        Value::Moment(m) => [Some(*m), None],
                        Value::Span { start, end } => [*start, *end],
                        Value::Duration(_) => [None, None],
                    };
                    ends.into_iter().flatten().any(|m| m.has_clock() && m.at().time() == value.at().time() && m.date() != value.date())
                });
            if assumed {
                continue;
            }
            let fits = event.day.is_none_or(|d| match role {
                TimeRole::Start => d.agrees_with(value),
                // A clock with no day of its own is of no use beside a month.
                _ if d.precision() < Precision::Day && !super::clause::dated(&t.expression) => d.agrees_with(value),
                // "지난달 26일 멈춘 … 28일 19시부터 재개한다"
                _ if t.weight >= 4 && super::clause::dated(&t.expression) => days_between(d, value).is_none_or(|n| (0..=60).contains(&n)),
                _ => days_between(d, value).is_none_or(|n| (0..=15).contains(&n)),
            });
            if !fits {
                continue;
            }
            // Several outages in one clause: each takes its own clock.
            let begun = super::reading::start_of(&t.expression.value).filter(|m| m.has_clock());
            if let (Some(own), Some(begun)) = (event.clock, begun)
                && own != begun
                && t.role != TimeRole::End
                && clause.times.iter().any(|o| super::reading::start_of(&o.expression.value) == Some(own))
            {
                continue;
            }
            let mut weight = t.weight + i32::from(clause.place == Place::Text);
            // "5시 51분부터 50분간", and later "6시 40분께 모두 복구됐다": what is told is exacter than what is reckoned.
            if role == TimeRole::End && t.expression.parts.as_ref().is_some_and(|p| p.duration.is_some()) {
                weight -= 3;
            }
            if value.has_clock() {
                weight += 3;
            }
            // Of several services each has what is said of it by name.
            if names_it(clause) {
                weight += 20;
                // "오후 2시부터 챗GPT와 티맵 등이 끊겼다. … 티맵은 2시 10분쯤부터": told of it alone.
                if role == TimeRole::Start && t.weight >= 6 && value.has_clock() && clause.affected().all(|n| n.service == *service) {
                    weight += 2;
                }
            }
            out.push(Found {
                value: Moment::new(value.at(), value.precision().min(Precision::Minute)),
                place: clause.place,
                range,
                weight,
                about: t.expression.modifier == Some(Modifier::About),
            });
        }
    }
    out
}

/// The firmest, the first of equals.
fn best(found: &[Found<Moment>]) -> Option<Found<Moment>> {
    let mut best: Option<&Found<Moment>> = None;
    for f in found {
        if best.is_none_or(|b| f.weight > b.weight || f.weight == b.weight && exactly(b, f)) {
            best = Some(f);
        }
    }
    best.cloned()
}

/// "20시 48분께 장애가 감지됐다고 공지했다. 이 무렵부터 접속이 막혔다": the hour of the notice, which the text says it began at.
fn from_about_then(reading: &Reading<'_>, clauses: &[&Clause], event: &Event) -> Option<Found<Moment>> {
    clauses.iter().filter(|c| c.place == Place::Text && c.strength() >= 2).find_map(|c| {
        let text = reading.text(c.place);
        let at = ["이 무렵부터", "그 무렵부터", "이 무렵 ", "그 무렵 ", "이때부터", "이 시각부터", "이즈음부터"]
            .iter()
            .find_map(|w| text[c.range.clone()].find(w).map(|at| c.range.start + at))?;
        let before = reading.clauses.iter().filter(|o| o.place == c.place && o.sentence <= c.sentence && o.sentence + 3 > c.sentence);
        before
            .flat_map(|o| &o.times)
            .filter(|t| t.expression.range.end <= at)
            .filter_map(|t| Some((t.expression.range.clone(), super::reading::start_of(&t.expression.value).filter(|m| m.has_clock())?)))
            .filter(|(_, m)| event.day.is_none_or(|d| d.agrees_with(*m)))
            .max_by_key(|(range, _)| range.end)
            .map(|(range, m)| Found::new(m, c.place, range, 4))
    })
}

/// "오후 3시 20분께", and later "오후 3시 17분": the one is the other, rounded.
fn exactly(rounded: &Found<Moment>, exact: &Found<Moment>) -> bool {
    let apart = rounded.value.minutes_until(exact.value).or_else(|| exact.value.minutes_until(rounded.value));
    let grain = |m: Moment| [60, 30, 10, 5].into_iter().find(|g| i64::from(m.at().minute()) % g == 0).unwrap_or(1);
    // To the full hour one rounds from further off.
    let near = if grain(rounded.value) == 60 { 20 } else { 10 };
    rounded.about && !exact.about && grain(exact.value) < grain(rounded.value) && apart.is_some_and(|m| (1..=near).contains(&m.abs()))
}

/// The firmest end after the start, the latest of equals.
fn latest(found: &[Found<Moment>], start: Option<Moment>) -> Option<Found<Moment>> {
    let mut best: Option<&Found<Moment>> = None;
    for f in found {
        if start.is_some_and(|s| f.value <= s) {
            continue;
        }
        // Restored step by step: the last firm end counts.
        let firm = |x: &Found<Moment>| (x.weight >= 20, x.weight % 20 >= 8);
        if best.is_none_or(|b| match firm(f).cmp(&firm(b)) {
            Ordering::Equal if exactly(b, f) => true,
            Ordering::Equal if exactly(f, b) => false,
            Ordering::Equal if firm(f).1 => f.value > b.value,
            Ordering::Equal => f.weight > b.weight || f.weight == b.weight && f.value > b.value,
            order => order == Ordering::Greater,
        }) {
            best = Some(f);
        }
    }
    // "12일 새벽까지 장애를 겪었다. … 12일 새벽 1시 30분까지 이어졌다": the hour of that day.
    if let Some(day) = best.filter(|b| !b.value.has_clock()) {
        let hours = found.iter().filter(|f| f.value.has_clock() && day.value.agrees_with(f.value) && start.is_none_or(|s| f.value > s));
        return hours.max_by_key(|f| (f.weight, f.value)).or(Some(day)).cloned();
    }
    best.cloned()
}

fn so_far_time(t: &super::clause::Time) -> bool {
    t.role == TimeRole::Length && so_far(&t.expression)
}

fn so_far(e: &crate::temporal::Expression) -> bool {
    e.modifier == Some(Modifier::SoFar) || matches!(e.relation, Some(Relation::SoFar))
}

fn duration(reading: &Reading<'_>, event: &Event, of: Option<&ServiceRef>, clauses: &[&Clause]) -> Option<Found<f64>> {
    let mut best: Option<Found<f64>> = None;
    // A past told in one sentence has its length there or in the next one.
    let told: Vec<usize> = clauses
        .iter()
        .filter(|c| {
            c.times
                .iter()
                .any(|t| super::reading::start_of(&t.expression.value).is_some_and(|m| event.day.is_some_and(|d| d.agrees_with(m))))
        })
        .map(|c| c.sentence)
        .collect();
    for clause in clauses {
        if event.role == Role::Background && !told.iter().any(|s| clause.sentence == *s || clause.sentence == s + 1) {
            continue;
        }
        // "지난 5월에도 오전 7시 45분부터 10시 15분까지": the day is not told, so the clocks give the length alone.
        let coarse = event.day.filter(|d| d.precision() < Precision::Day);
        for t in clause.times.iter().filter(|t| t.role == TimeRole::Whole && t.weight >= 4 && !super::clause::dated(&t.expression)) {
            let Value::Span { start: Some(from), end: Some(to) } = t.expression.value else { continue };
            if let (Some(minutes), true) = (from.minutes_until(to), coarse.is_some_and(|d| !d.agrees_with(from)))
                && best.as_ref().is_none_or(|b| 10 > b.weight)
            {
                best = Some(Found::new(minutes as f64, clause.place, t.expression.range.clone(), 10));
            }
        }
        for t in clause.times.iter().filter(|t| t.role == TimeRole::Length && t.weight >= 2 && !so_far(&t.expression)) {
            let Value::Duration(minutes) = t.expression.value else { continue };
            // "8시간 가까이 이어지고 있다": so far.
            let going_on = clause.recovery.is_empty()
                && clause
                    .ongoing
                    .as_ref()
                    .is_some_and(|o| o.start >= t.expression.range.end && reading.text(clause.place)[o.clone()].contains("있"));
            if going_on {
                continue;
            }
            // "8일에는 20분간, 15일에는 2시간 동안", "74분(5월 25일), 193분(6월 9일)": each day has its own.
            if event.day.zip(day_of_length(reading, clause, &t.expression.range)).is_some_and(|(d, own)| !d.agrees_with(own)) {
                continue;
            }
            // "닷새 만에 재개했다": days that are counted are no length in minutes.
            let counted = t.expression.relation == Some(Relation::Within)
                && minutes >= 1440.0
                && !reading.text(clause.place)[t.expression.range.clone()].contains(['시', '분']);
            if counted {
                continue;
            }
            let mut weight = t.weight * 2;
            match t.expression.modifier {
                None => weight += 1,
                Some(Modifier::AtLeast | Modifier::AtMost) => weight -= 2,
                Some(Modifier::About | Modifier::SoFar) => {}
            }
            // "3시간여", "2시간 넘게": a length with minutes is the exact one.
            if minutes % 60.0 != 0.0 && minutes > 60.0 {
                weight += 2;
            }
            // "업비트 99분·빗썸 62분": of several services each has its own.
            match of.and_then(|s| Some((s, beside(reading, clause, &t.expression.range)?))) {
                Some((service, owner)) if owner == service => weight += 20,
                Some(_) => continue,
                None => {}
            }
            if best.as_ref().is_none_or(|b| weight > b.weight) {
                best = Some(Found::new(minutes, clause.place, t.expression.range.clone(), weight));
            }
        }
    }
    best
}

/// The day that a length belongs to, where a clause tells of several: the one in brackets behind it, else the last before it.
fn day_of_length(reading: &Reading<'_>, clause: &Clause, length: &Range<usize>) -> Option<Moment> {
    let days: Vec<(&Range<usize>, Moment)> = clause
        .times
        .iter()
        .filter(|t| matches!(t.role, TimeRole::Day | TimeRole::Start | TimeRole::Whole) && super::clause::dated(&t.expression))
        .filter_map(|t| super::reading::start_of(&t.expression.value).map(|m| (&t.expression.range, m)))
        .collect();
    // "7일 … 30분 동안": of another day alone.
    if let [(range, day)] = days[..]
        && range.end <= length.start
    {
        return Some(day);
    }
    let lengths = clause.times.iter().filter(|t| matches!(t.expression.value, Value::Duration(_))).count();
    if lengths < 2 || days.windows(2).all(|w| w[0].1.agrees_with(w[1].1)) {
        return None;
    }
    let text = reading.text(clause.place);
    let bracket = days.iter().find(|(r, _)| r.start > length.end && matches!(&text[length.end..r.start], "(" | " ("));
    bracket.or_else(|| days.iter().rfind(|(r, _)| r.end <= length.start)).map(|(_, m)| *m)
}

/// The service whose name stands right before a length, with no more than a particle between.
fn beside<'c>(reading: &Reading<'_>, clause: &'c Clause, range: &Range<usize>) -> Option<&'c ServiceRef> {
    let name = clause.affected().filter(|n| n.range.end <= range.start).max_by_key(|n| n.range.end)?;
    let text = reading.text(clause.place);
    // "페이스북, 인스타그램, 메신저가 5시간 동안": of the last of a list what is said of all.
    let listed = clause.affected().any(|n| {
        n.range.end < name.range.start && matches!(&text[n.range.end..name.range.start], ", " | "·" | "와 " | "과 " | "," | " 및 ")
    });
    if listed {
        return None;
    }
    let between = text[name.range.end..range.start].trim();
    ["", "은", "는", "이", "가", "약", "은 약", "는 약", "도"].contains(&between).then_some(&name.service)
}

/// "2시간 넘게": a length that says only how long it was at least.
fn at_least(clauses: &[&Clause], found: &Found<f64>) -> bool {
    clauses
        .iter()
        .filter(|c| c.place == found.place)
        .flat_map(|c| &c.times)
        .any(|t| t.expression.range == found.range && t.expression.modifier == Some(Modifier::AtLeast))
}

type StatusFound = (Status, Option<(Place, Range<usize>)>);

#[allow(clippy::too_many_arguments)]
fn status(
    reading: &Reading<'_>,
    event: &Event,
    clauses: &[&Clause],
    all: &[&Clause],
    end: Option<Moment>,
    (lasted, exactly_lasted): (bool, bool),
    running: bool,
) -> StatusFound {
    let find = |set: &[&Clause], pick: &dyn Fn(&Clause) -> Option<Range<usize>>| {
        set.iter().rev().find_map(|c| pick(c).map(|r| (c.sentence, c.place, r)))
    };
    let recovered = find(if event.role == Role::Background { all } else { clauses }, &|c| {
        // "복구됐으나 오후 3시 다시 멈춰 이어지고 있다": of the second failure nothing before its hour tells.
        let its_clock = c.times.iter().find(|t| {
            matches!(t.role, TimeRole::Start | TimeRole::Whole)
                && event.clock.is_some()
                && super::reading::start_of(&t.expression.value) == event.clock
        });
        c.recovery.last().filter(|r| its_clock.is_none_or(|t| c.ongoing.is_none() || t.expression.range.start < r.end)).cloned()
    });
    let ongoing = find(clauses, &|c| c.ongoing.clone().filter(|_| c.rejected.is_empty()));
    // "9일 멈췄다. … 원인을 조사하고 있다" on the 11th: of the failure itself nothing goes on.
    let days_ago = event.day.zip(reading.published).and_then(|(d, p)| days_between(d, p)).unwrap_or(0);
    let counted_on = all.iter().flat_map(|c| &c.times).any(|t| so_far(&t.expression));
    let only_inquiry = days_ago >= 2 && !counted_on && ongoing.as_ref().is_some_and(|o| inquiry(reading, o));
    let ongoing = if only_inquiry {
        find(clauses, &|c| c.ongoing.clone().filter(|r| c.rejected.is_empty() && !inquiry(reading, &(c.sentence, c.place, r.clone()))))
    } else {
        ongoing
    };
    let place = |f: Option<(usize, Place, Range<usize>)>| f.map(|(_, p, r)| (p, r));
    if event.role == Role::Background {
        return (Status::Resolved, place(recovered));
    }
    // "지금은 일부 트래픽만 되살아난 상태다": only a part is back, and nothing later says more.
    let partly = clauses.iter().rev().find_map(|c| {
        let r = c.ongoing.clone().filter(|r| partly_back(&reading.text(c.place)[r.clone()]))?;
        Some((c.sentence, c.place, r))
    });
    if let Some(o) = partly
        && recovered.as_ref().is_none_or(|r| (r.0, r.2.start) < (o.0, o.2.start) && !whole(reading, r))
    {
        return (Status::Ongoing, place(Some(o)));
    }
    let still = running && clauses.iter().any(|c| told_first(reading, c.sentence) && c.times.iter().any(so_far_time));
    // "두 시간이 넘도록 결제를 못 해 불편을 겪고 있다": what of it is back below is a part.
    let goes_on = clauses.iter().filter(|c| c.place == Place::Text && told_first(reading, c.sentence)).find_map(|c| {
        let so_long = |r: &Range<usize>| ["넘도록", "지나도록", "흐르도록"].iter().any(|w| reading.text(c.place)[r.clone()].contains(w));
        c.ongoing.clone().filter(so_long).map(|r| (c.sentence, c.place, r))
    });
    if goes_on.is_some() && recovered.as_ref().is_none_or(|r| !whole(reading, r)) {
        return (Status::Ongoing, place(goes_on));
    }
    // "13일 낮 12시 35분부터 창구 업무를 다시 시작했다" beside "14일 오전 6시 현재까지 복구하지 못하고 있다": only a part was back then.
    let outstanding = clauses.iter().find_map(|c| {
        let r = c.ongoing.clone().filter(|_| c.rejected.is_empty() && c.place == Place::Text)?;
        let later = c.times.iter().filter_map(|t| super::reading::start_of(&t.expression.value).filter(|m| m.has_clock())).max();
        let words = reading.text_of(c);
        let text = reading.text(c.place);
        let not_yet = ["못하", "않"].iter().any(|w| text[r.start..window(text, r.end, 6)].contains(w))
            && ["복구", "정상", "풀리", "해소", "재개", "되살"].iter().any(|w| words.contains(w));
        (not_yet && later.zip(end).is_some_and(|(m, e)| m > e) && !inquiry(reading, &(c.sentence, c.place, r.clone())))
            .then_some((c.sentence, c.place, r))
    });
    if outstanding.is_some() {
        return (Status::Ongoing, place(outstanding));
    }
    if end.is_some() && !still {
        return (Status::Resolved, place(recovered));
    }
    // What headline or lead say that goes on, whatever of it is told once more below.
    let ongoing = match (&recovered, &ongoing) {
        (Some(r), Some(o)) if running && !told_first(reading, o.0) && o.0 < r.0 => clauses
            .iter()
            .find_map(|c| c.ongoing.clone().filter(|_| c.rejected.is_empty()).map(|r| (c.sentence, c.place, r)))
            .filter(|first| told_first(reading, first.0))
            .or(ongoing),
        _ => ongoing,
    };
    match (recovered, ongoing) {
        // "닷새째인 13일 판매를 재개했다": what comes last in a sentence is how it stands.
        (Some(r), Some(o)) if running && (o.0 > r.0 || o.0 == r.0 && o.2.start > r.2.start) => (Status::Ongoing, place(Some(o))),
        // The news itself says that it goes on; only parts of it are back.
        (Some(r), Some(o)) if told_first(reading, o.0) && !told_first(reading, r.0) && !whole(reading, &r) && !inquiry(reading, &o) => {
            (Status::Ongoing, place(Some(o)))
        }
        (Some(r), _) => (Status::Resolved, place(Some(r))),
        // "약 20분간 조회할 수 없었다. 회사는 원인을 확인하고 있다"
        (None, Some(o)) if exactly_lasted && !running && inquiry(reading, &o) => (Status::Resolved, None),
        (None, Some(o)) => (Status::Ongoing, place(Some(o))),
        (None, None) if running => (Status::Ongoing, None),
        (None, None) if lasted || only_inquiry || recalled_days(reading, event) => (Status::Resolved, None),
        (None, None) => {
            // The whole text may close with the state of things.
            let tail = reading.clauses.iter().rev().filter(|c| c.place == Place::Text);
            let earlier = event.day.zip(reading.published).and_then(|(d, p)| days_between(d, p)).is_some_and(|n| n >= 1);
            for c in tail {
                // What is told of another service today says nothing of what failed the day before.
                if earlier && c.affected().next().is_some() && c.affected().all(|n| !event.services.contains(&n.service)) {
                    continue;
                }
                if let Some(r) = c.recovery.last() {
                    return (Status::Resolved, Some((c.place, r.clone())));
                }
                if let Some(r) = c.ongoing.clone() {
                    return (Status::Ongoing, Some((c.place, r)));
                }
            }
            (Status::Unknown, None)
        }
    }
}

/// "조사 중", "원인을 파악하고 있다": what goes on is the search for the reason.
fn inquiry(reading: &Reading<'_>, found: &(usize, Place, Range<usize>)) -> bool {
    ["조사", "파악", "확인", "찾고"].iter().any(|w| reading.text(found.1)[found.2.clone()].contains(w))
}

/// "일부 서비스만 복구됐다", "70%를 되살렸다".
fn partly_back(told: &str) -> bool {
    told.contains('%') || told.starts_with("일부") && told.contains('만')
}

/// Whether a sentence is headline or lead.
fn told_first(reading: &Reading<'_>, sentence: usize) -> bool {
    let lead = reading.clauses.iter().filter(|c| c.place == Place::Text).map(|c| c.sentence).min().unwrap_or(0);
    sentence <= lead + 2
}

/// Whether a recovery is told of everything.
fn whole(reading: &Reading<'_>, found: &(usize, Place, Range<usize>)) -> bool {
    let text = reading.text(found.1);
    let around = &text[super::clause::window_back(text, found.2.start, 30)..window(text, found.2.end, 20)];
    ["모두", "모든", "전부", "완전", "전면", "현재", "지금은", "이제", "끝내", "최종", "마쳤", "완료"].iter().any(|w| around.contains(w))
}

/// Whether the outage lies days before the article: told as the past, it is over.
fn recalled_days(reading: &Reading<'_>, event: &Event) -> bool {
    match (event.day, reading.published) {
        (Some(d), Some(p)) => days_between(d, p).is_none_or(|n| n >= 2),
        _ => false,
    }
}

fn cause(
    extractor: &Extractor,
    reading: &Reading<'_>,
    event: &Event,
    service: &ServiceRef,
    clauses: &[&Clause],
    all: &[&Clause],
    events: &[Event],
) -> Option<Found<Cause>> {
    let lexicon = &extractor.lexicon;
    let mut best: Option<(u8, Found<Cause>)> = None;
    // What belongs to no event may give the cause of the news; what belongs to another event does not.
    // An inquiry that goes on is into the news, beside whatever past it is told.
    let mut taken: HashSet<usize> = events.iter().flat_map(|e| e.clauses.iter().copied()).collect();
    let asked = |c: &usize| reading.clauses[*c].causes.iter().all(|f| f.cause == Cause::Investigating);
    for past in events.iter().filter(|e| e.role == Role::Background) {
        past.clauses.iter().filter(|c| asked(c)).for_each(|c| {
            taken.remove(c);
        });
    }
    let others: Vec<&Clause> = match event.role {
        Role::Main => (0..).zip(&reading.clauses).filter(|(i, _)| !taken.contains(i)).map(|(_, c)| *c).collect(),
        Role::Background => Vec::new(),
    };
    let provider = event.services.iter().any(|s| is_provider(extractor, s));
    // "전산서버에 장애가 나면서 멎었다. 장애 원인은 아직 파악하고 있다"
    let looked_for = clauses
        .iter()
        .copied()
        .chain(others.iter().copied())
        .any(|c| c.causes.iter().any(|f| f.cause == Cause::Investigating && reading.text(c.place)[f.range.clone()].contains("원인")));
    // "처음에는 디도스 공격이라고 했다. … 초기에는 디도스로 추정했으나 라우팅 오류가 문제였다": taken back, wherever it was said.
    let taken_back: Vec<&str> = reading
        .clauses
        .iter()
        .flat_map(|c| c.causes.iter().filter(|f| f.cause == Cause::Attack).map(move |f| (reading.text(c.place), c, f)))
        .filter(|(text, c, f)| {
            let after = f.range.end..window(text, f.range.end, 16).min(c.range.end).max(f.range.end);
            lexicon.cue(Cue::Corrected, text, after).is_some()
        })
        .map(|(text, _, f)| &text[f.range.clone()])
        .collect();
    for (set, extra) in [(clauses, 0u8), (all, 1), (&others, 2)] {
        for clause in set {
            let text = reading.text(clause.place);
            for found in &clause.causes {
                let reach = if found.cause == Cause::Attack { 40 } else { 22 };
                let after = found.range.end..window(text, found.range.end, reach).max(found.range.end);
                // "서버가 고장 난 탓이지 이용자가 몰린 것은 아니다": the reason first, then what was none.
                let given = NOT_BUT.iter().filter_map(|w| text[after.clone()].find(w)).min();
                let told = &text[super::clause::window_back(text, found.range.start, 40).min(found.range.start)..found.range.start];
                if NOT_BUT.iter().any(|w| told.rfind(w).is_some_and(|at| !told[at..].contains(['.', '”', '"']))) {
                    continue;
                }
                let after = given.map_or(after.clone(), |at| after.start..after.start + at);
                // "원인은 파악 중이며 디도스는 아닌 것으로": what is denied is another thing.
                let corrected = found.cause != Cause::Investigating && lexicon.cue(Cue::Corrected, text, after).is_some();
                if corrected || only_rumoured(text, clause, &found.range) {
                    continue;
                }
                let before = &text[super::clause::window_back(text, found.range.start, 8)..found.range.start];
                if ["당초", "애초", "처음"].iter().any(|w| before.contains(w)) {
                    continue;
                }
                // "데이터센터 화재 후 1월·5월 ‘먹통’": since when.
                if found.cause == Cause::Fire && {
                    let rest = &text[found.range.end..window(text, found.range.end, 12).min(clause.range.end).max(found.range.end)];
                    [" 후 ", " 이후 ", " 뒤 "].iter().any(|w| {
                        rest.strip_prefix(w).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()) && r.contains(['월', '년']))
                    })
                } {
                    continue;
                }
                // "지사 화재에 앞서 같은 해 8월에는": of another outage.
                if text[found.range.end..].starts_with("에 앞서") {
                    continue;
                }
                if event.role == Role::Background && found.cause == Cause::Investigating {
                    continue;
                }
                // "8일은 중개사의 문제로 난 오류다. 그러나 7일과 10일은 내부 시스템 문제로 난 오류다": of other days.
                if of_other_days((event, events), service, clause, &found.range) {
                    continue;
                }
                // "피해 사례를 파악하고 있다": counted is what happened, not why.
                if found.cause == Cause::Investigating
                    && text[found.range.clone()].starts_with("파악")
                    && ["사례를", "사례", "현황을", "현황", "규모를", "규모", "피해를", "건수를"]
                        .iter()
                        .any(|w| before.trim_end().ends_with(w))
                {
                    continue;
                }
                // "오류를 고치는 작업에 들어갔다": the mending of it.
                if found.cause == Cause::Change
                    && text[found.range.clone()].ends_with("는 작업")
                    && ["에 들어", "을 벌", "에 나섰", "을 하고", "을 시작", "을 진행", " 중", "을 서두"]
                        .iter()
                        .any(|w| text[found.range.end..].starts_with(w))
                {
                    continue;
                }
                // "장비가 오류를 일으켜 통화가 끊겼다": of a system it would be the failure itself.
                let gave_out = || {
                    let rest = &text[found.range.start..window(text, found.range.end, 10).min(clause.range.end).max(found.range.end)];
                    matches!(found.cause, Cause::Hardware | Cause::Network)
                        && ["오류를 일으", "고장을 일으", "말썽", "문제였", "이슈였"].iter().any(|w| rest.contains(w))
                };
                if (found.rank >= 5 || extra == 2) && found.cause != Cause::Investigating && !causal(text, &found.range) && !gave_out() {
                    continue;
                }
                if found.cause == Cause::ThirdParty
                    && (is_provider(extractor, service)
                        || event
                            .services
                            .iter()
                            .any(|s| s != service && is_provider(extractor, s) && super::reading::related(extractor, s, service))
                        || own_name(extractor, service, &text[word_start(text, found.range.start)..found.range.end]))
                {
                    continue;
                }
                if found.cause == Cause::Attack && taken_back.contains(&&text[found.range.clone()]) && event.role == Role::Main {
                    continue;
                }
                if found.cause == Cause::Attack && !attacked(text, clause, &found.range) {
                    continue;
                }
                // "시스템을 바꾼 뒤 처음 맞는 월말에": only since when.
                if found.cause == Cause::Change && text[found.range.end..].trim_start().starts_with("처음 ") {
                    continue;
                }
                // "손님이 카운터로 한꺼번에 몰려": a crowd of bodies.
                if found.cause == Cause::Traffic && {
                    let before = super::clause::window_back(text, found.range.start, 12).max(clause.range.start).min(found.range.start);
                    ["카운터", "창구", "매표소", "계산대", "대합실"].iter().any(|w| text[before..found.range.start].contains(w))
                } {
                    continue;
                }
                // "한편 이 서비스는 이용자가 불어나고 있다": beside the news.
                if found.cause == Cause::Traffic && clause.strength() < 2 && text[clause.range.clone()].trim_start().starts_with("한편 ")
                {
                    continue;
                }
                // "연말 트래픽 폭증에 대비하고 있다": what is to be met.
                if found.cause == Cause::Traffic
                    && ["대비", "대응 모드", "대처", "맞선", "막으려"]
                        .iter()
                        .any(|w| text[found.range.end..window(text, found.range.end, 14)].contains(w))
                {
                    continue;
                }
                // ‘시스템 오류로 지금 이용할 수 없다’는 안내가 떴다: what a screen says explains nothing.
                if on_screen(text, &found.range, clause) {
                    continue;
                }
                // "시스템 오류로 멈췄다, 원인은 파악 중": an error that is not said to be the reason is none yet.
                let plain = found.cause == Cause::System
                    && (!reason(text, clause, &found.range)
                        || looked_for && only_an_error(&text[found.range.clone()]) && !given_as_reason(text, clause, &found.range));
                let rank = if plain { 40 } else { found.rank.saturating_mul(3) } + extra;
                // What is concluded to be the reason beats what is only told beside it, if that is not two classes above it.
                let settled = found.rank >= 5 && found.cause != Cause::Investigating && concluded(text, clause, &found.range)
                    // "시스템을 바꾼 뒤 접속이 폭증해 장애가 난 것으로 보고": the nearest to the conclusion.
                    && !clause.causes.iter().any(|c| c.cause != found.cause && c.range.start >= found.range.end && !text[found.range.end..c.range.start].contains("데다"));
                let rank = if settled { rank.saturating_sub(7) } else { rank };
                if best.as_ref().is_none_or(|(r, _)| rank < *r) {
                    best = Some((rank, Found::new(found.cause, clause.place, found.range.clone(), 0)));
                }
            }
        }
        if best.is_some() && extra == 1 {
            break;
        }
    }
    const UNTOLD: [&str; 5] = ["밝히지 않", "밝히진 않", "공개하지 않", "설명하지 않", "내놓지 않"];
    // "조사 중이라고 했다. … 원인은 밝히지 않았다": what was looked for was never told.
    let untold = |f: &Found<Cause>| {
        // “기술적 문제로 쓰지 못한다”고 했다. 그러나 구체적인 원인은 설명하지 않았다: as much as nothing.
        let nothing_said = f.value == Cause::System && reading.text(f.place)[f.range.clone()].starts_with("기술");
        (f.value == Cause::Investigating || nothing_said)
            && reading.clauses.iter().filter(|c| c.place == Place::Text).any(|c| {
                let text = reading.text_of(c);
                (nothing_said || !["구체적", "정확", "아직"].iter().any(|w| text.contains(w)))
                    && UNTOLD.iter().chain(nothing_said.then_some(&"말하지 않")).any(|w| {
                        text.find(w).is_some_and(|at| {
                            ["원인", "이유", "까닭", "무엇 때문"].iter().any(|c| text[..at].contains(c)) && c.range.start + at > f.range.end
                        })
                    })
            })
    };
    let found = best.map(|(_, f)| f).filter(|f| !untold(f));
    // Beside a cloud or a network that failed, the others failed because of it, unless fire, power or disaster did.
    // A cloud's own house ("유튜브, 지메일, 클라우드") hangs on nobody else.
    let provider = provider && event.services.iter().any(|s| is_provider(extractor, s) && !super::reading::related(extractor, s, service));
    if provider && !is_provider(extractor, service) && event.services.len() > 1 {
        let stronger = found.as_ref().is_some_and(|f| matches!(f.value, Cause::Fire | Cause::Power | Cause::Disaster));
        if !stronger {
            let (place, range) = event.services.iter().find(|s| is_provider(extractor, s)).and_then(|s| name_evidence(reading, all, s))?;
            return Some(Found::new(Cause::ThirdParty, place, range, 0));
        }
    }
    found.or_else(|| hangs_on_another(extractor, reading, event, service, all)).or_else(|| took_along(extractor, reading, service, all))
}

/// Whether days stand before a reason in its clause that are those of other outages of the service.
fn of_other_days((event, events): (&Event, &[Event]), service: &ServiceRef, clause: &Clause, range: &Range<usize>) -> bool {
    let Some(day) = event.day.filter(|d| d.precision() == Precision::Day) else { return false };
    let mut days = clause
        .times
        .iter()
        .filter(|t| t.expression.range.end <= range.start && super::clause::dated(&t.expression))
        .filter_map(|t| super::reading::start_of(&t.expression.value).filter(|m| m.precision() >= Precision::Day))
        .peekable();
    let of_another = |m: Moment| {
        m.date() != day.date()
            && events.iter().any(|e| e.services.contains(service) && e.day.is_some_and(|d| d.agrees_with(Moment::day(m.date()))))
    };
    days.peek().is_some() && days.all(of_another)
}

/// "해킹을 당해 멈췄다는 소문이 돌았다", "해킹당한 것일 수 있다는 추측": what people said.
fn only_rumoured(text: &str, clause: &Clause, range: &Range<usize>) -> bool {
    let rest = &text[range.end..window(text, range.end, 40).min(clause.range.end).max(range.end)];
    ["소문", "낭설", "루머", "괴담", "수 있다는 추측", "수도 있다는 추측", "수 있다는 의심", "수 있다는 불안"]
        .iter()
        .filter_map(|w| rest.find(w))
        .min()
        .is_some_and(|at| {
            // "정전으로 멈췄는데 해킹이라는 소문이": of several the nearest is rumoured.
            !rest[..at].contains('.') && !clause.causes.iter().any(|c| c.range.start >= range.end && c.range.end <= range.end + at)
        })
}

/// Between a reason and one that is denied.
const NOT_BUT: [&str; 6] = ["탓이지 ", "때문이지 ", "것이지 ", "탓이지, ", "때문이지, ", "것이지, "];

/// "9월에도 이 회사 플랫폼에서 오류가 나 티맵과 배민이 접속 장애를 겪었다" in an article about a cloud: it took them down that time too.
fn took_along(extractor: &Extractor, reading: &Reading<'_>, service: &ServiceRef, all: &[&Clause]) -> Option<Found<Cause>> {
    let cloud = |s: &ServiceRef| super::clause::is_category(extractor, s, &["cloud"]);
    if cloud(service) || super::clause::is_category(extractor, service, &["telecom"]) {
        return None;
    }
    let title = reading.clauses.iter().filter(|c| c.place == Place::Title);
    let of = title.flat_map(|c| c.affected()).map(|n| &n.service).find(|s| cloud(s) && !super::reading::related(extractor, s, service))?;
    all.iter().filter(|c| c.place == Place::Text && c.affected().any(|n| n.service == *service)).find_map(|c| {
        let text = reading.text(c.place);
        let words = &text[c.range.clone()];
        ["이 회사", "같은 회사", "동반 장애", "영향을 받", "피해를 봤", "피해를 입", "여파"]
            .iter()
            .find_map(|w| words.find(w).map(|at| c.range.start + at..c.range.start + at + w.len()))
            .or_else(|| c.names.iter().find(|n| n.service == *of).map(|n| n.range.clone()))
            .map(|range| Found::new(Cause::ThirdParty, c.place, range, 0))
    })
}

/// "케이뱅크와 손잡은 업비트에서도", "업비트까지 덩달아 장애를 빚어": what failed because it hangs on another company's service that failed.
fn hangs_on_another(
    extractor: &Extractor,
    reading: &Reading<'_>,
    event: &Event,
    service: &ServiceRef,
    all: &[&Clause],
) -> Option<Found<Cause>> {
    let stranger = |s: &ServiceRef| s != service && !super::reading::related(extractor, s, service);
    if !event.services.iter().any(stranger) {
        return None;
    }
    all.iter().filter(|c| c.place == Place::Text && c.strength() >= 2).find_map(|c| {
        let text = reading.text(c.place);
        let name = c.affected().find(|n| n.service == *service)?;
        let head = text[c.range.start..name.range.start.max(c.range.start)].trim_end_matches(['‘', '\'', '“', '"']);
        let link =
            ["손잡은 ", "제휴한 ", "제휴를 맺은 ", "연계된 ", "연계한 ", "연결된 ", "연동된 ", "연동한 ", "기대는 ", "물린 ", "물려 있는 "]
                .iter()
                .find(|w| head.ends_with(*w));
        if let Some(link) = link {
            let at = c.range.start + head.len();
            return Some(Found::new(Cause::ThirdParty, c.place, at - link.len()..at - 1, 0));
        }
        let along = text[name.range.end..c.range.end.max(name.range.end)].find("덩달아")?;
        let at = name.range.end + along;
        (c.affected().all(|n| !stranger(&n.service)) && event.services.first() != Some(service))
            .then(|| Found::new(Cause::ThirdParty, c.place, at..at + "덩달아".len(), 0))
    })
}

/// Whether the sentence says that the attack took place and hit: "공격을 받아", "감염돼", and no "아니다", "여부", "가능성은 낮다".
fn attacked(text: &str, clause: &Clause, range: &Range<usize>) -> bool {
    let from = super::clause::window_back(text, range.start, 30).max(clause.range.start).min(range.start);
    let to = window(text, range.end, 50).min(clause.range.end).max(range.end);
    let around = &text[from..to];
    let after = &text[range.end..to];
    let denied = [
        "아니",
        "아닌",
        "아냐",
        "아님",
        "없",
        "무관",
        "낮다",
        "낮은",
        "일축",
        "부인",
        "선을 그",
        "여부",
        "포함해 여러",
        "등 여러 가능성",
        "비롯해 여러",
        "의혹",
        "막기",
        // What a product is for.
        "하는 기능",
        "막는 기능",
        "막는 서비스",
        "막는 시스템",
        "막는 장비",
        "막는 프로그램",
        "막는 솔루션",
        "막아 주",
        "막아주",
        "예방",
        "대비",
        "우려",
        "배제",
        // A theft of data stops nothing.
        "유심",
        "유출",
        "빼앗",
        "털린",
    ]
    .iter()
    .any(|w| after.contains(w));
    let hit = [
        "공격", "감염", "당했", "당해", "당한", "때문", "탓", "추정", "의심", "로 인", "으로 ", "로 ", "받", "에 의", "원인", "뚫", "침입",
        "막힌", "막혀", "꼽", "소행", "들어",
    ]
    .iter()
    .any(|w| around.contains(w));
    hit && !denied
}

/// Whether words stand in a message that is shown: within quotation marks, and a notice or a message behind these.
fn on_screen(text: &str, range: &Range<usize>, clause: &Clause) -> bool {
    let rest = &text[range.end..window(text, range.end, 60).min(clause.range.end).max(range.end)];
    // "네트워크 연결을 확인한 뒤 다시 시도하라는 메시지가 떴다"
    let said = ["라는 메시지", "라는 문구", "라는 안내", "라는 글", "라는 알림", "다는 메시지", "다는 문구", "다는 안내문", "다는 알림"];
    if said.iter().filter_map(|w| rest.find(w)).min().is_some_and(|at| !rest[..at].contains(['.', ',', '“', '"', '‘'])) {
        return true;
    }
    let Some((before, after)) = rest.split_once(['’', '”', '"', '\'']) else { return false };
    let after = after.trim_start_matches("이라").trim_start_matches('라');
    !before.contains(['‘', '“'])
        && ["는 안내", "는 문구", "는 메시지", "는 글귀", "는 알림", "는 창이", "는 화면", " 안내가", " 문구가", " 메시지가"]
            .iter()
            .any(|w| after.starts_with(w))
}

/// Whether the words are given as the reason: 로, 탓, 때문 follow, or the sentence speaks of the cause.
fn reason(text: &str, clause: &Clause, range: &Range<usize>) -> bool {
    // "시스템 오류의 원인을 파악하고 있다": the error is what is to be explained.
    if ["의 원인", " 원인", "의 까닭", "의 이유", "가 난 원인", "가 난 까닭", "가 난 이유"].iter().any(|w| text[range.end..].starts_with(w))
        && clause.causes.iter().any(|c| c.cause == Cause::Investigating && c.range.end > range.end)
    {
        return false;
    }
    let after = &text[range.end..window(text, range.end, 12)];
    let sentence = &text[clause.range.clone()];
    ["로 ", "으로 ", "로,", "탓", "때문", "에 따른", "여파", "가 원인", "이 원인", "라고", "이라고", "라며"]
        .iter()
        .any(|w| after.contains(w))
        || ["원인", "까닭", "이유", "탓", "때문", "비롯"].iter().any(|w| sentence.contains(w))
}

/// "시스템 오류", "서버에 장애": that it failed, said once more.
fn only_an_error(words: &str) -> bool {
    let bare: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    ["전산서버", "전산시스템", "서버", "시스템", "내부시스템", "내부서버", "서비스", "전산"]
        .iter()
        .filter_map(|w| bare.strip_prefix(w))
        .any(|rest| {
            let rest = rest.trim_start_matches(['에', '의', '가', '이']).trim_end_matches('로');
            ["장애", "오류", "문제", "이상", "에러"].contains(&rest)
        })
}

/// Whether the sentence says outright that this was the reason: 때문, 탓, 원인.
fn given_as_reason(text: &str, clause: &Clause, range: &Range<usize>) -> bool {
    let after = &text[range.end..window(text, range.end, 16).min(clause.range.end).max(range.end)];
    let before = &text[super::clause::window_back(text, range.start, 20).max(clause.range.start).min(range.start)..range.start];
    ["때문", "탓", "가 원인", "이 원인", "로 추정", "으로 추정", "로 보", "으로 보", "로 파악", "로 확인", "로 드러"]
        .iter()
        .any(|w| after.contains(w))
        || ["원인은", "이유는", "까닭은"].iter().any(|w| before.contains(w))
}

/// Where the word begins in which `at` lies: "증권거래소" may be meant by what begins with 거래소.
fn word_start(text: &str, at: usize) -> usize {
    text[..at].char_indices().rev().take_while(|(_, c)| c.is_alphanumeric()).last().map_or(at, |(i, _)| i)
}

/// Whether the words name the service itself, its company or its operator: then no third party is meant.
fn own_name(extractor: &Extractor, service: &ServiceRef, words: &str) -> bool {
    let ServiceRef::Listed(i) = service else { return false };
    let services = extractor.gazetteer.services();
    let own = &services[*i];
    let mut names: Vec<&str> = own.spellings().iter().map(String::as_str).collect();
    names.extend(own.operator.as_deref());
    if let Some(parent) = own.parent {
        names.extend(services[parent].spellings().iter().map(String::as_str));
    }
    // "MS 클라우드 장애로 팀즈가 멈췄다": of one house.
    let of_house = own.operator.iter().flat_map(|o| services.iter().filter(move |s| s.provider && s.operator.as_ref() == Some(o)));
    names.extend(of_house.flat_map(|s| s.spellings().iter().map(String::as_str)));
    names.iter().any(|n| words.contains(n))
}

/// Whether the sentence concludes that this was the reason: "이용자가 몰린 탓으로 보인다", "접속이 폭증해 장애가 난 것으로 파악됐다".
fn concluded(text: &str, clause: &Clause, range: &Range<usize>) -> bool {
    let after = &text[range.end..clause.range.end.max(range.end)];
    let near: String = after.chars().take(50).collect();
    [
        "것으로 보",
        "것으로 파악",
        "것으로 확인",
        "것으로 추정",
        "것으로 드러",
        "것으로 나타",
        "것으로 알려",
        "것으로 전해",
        "것으로 풀이",
        "때문이라",
        "탓이라",
        "때문으로",
        "탓으로",
        "원인으로",
        "원인이",
        "이 원인",
        "때문이다",
        "탓이다",
    ]
    .iter()
    .any(|w| near.contains(w))
}

/// Whether the sentence gives the words as a reason: 때문, 탓, 로 인해, 원인, …면서, …다가.
fn causal(text: &str, range: &Range<usize>) -> bool {
    const WORDS: &[&str] = &[
        "때문",
        "탓",
        "원인",
        "인해",
        "인한",
        "여파",
        "영향",
        "따른",
        "따라",
        "이유",
        "까닭",
        "비롯",
        "빌미",
        "발단",
        "추정",
        "추측",
        "보인다",
        "보고 있",
        "풀이",
        "드러났",
        "확인됐",
        "밝혀졌",
        "파악됐",
        "해명",
        "설명",
        "발생한",
        "바람에",
        "결과",
        "몰려",
        "몰리",
        "쏠려",
        "쏠리",
        "폭주",
        "급증",
        "폭증",
        "과부하",
        "나면서",
        "생기면서",
        "되면서",
        "하면서",
        "하다",
        "도중",
        "과정",
        "로 한때",
        "로 서비스",
        "로 접속",
        "밝혔",
        "밝히며",
        "바로잡",
        "꼽",
        "작업",
        "뒤로",
        "몰렸",
        "몰린",
        "쏠렸",
        "쏠린",
        "고장",
        "시인",
        "잘못",
        "밀려",
        "불어나",
        "늘면서",
        "늘어",
        "넘쳐",
        "생겨",
        "가 나",
        "이 나",
        "생겼",
        "생긴",
        "벌어",
        "빚어",
        "알려졌",
        "나타났",
        "조사됐",
        "문제가 있",
        "넘어섰",
        "견디지",
        "감당하지",
        "오작동",
        "탈이 났",
        "옮기다",
        "바꾸다",
        "알아내고",
        "알아냈",
        "찾아내",
        "던 중",
        "화근",
    ];
    // "네트워크 장애로 멈췄다", "서버 과부하 탓에".
    if [
        "로 ",
        "으로 ",
        "로,",
        "으로,",
        " 탓",
        " 때문",
        "에 따른",
        "에 따라",
        " 여파",
        "가 원인",
        "이 원인",
        "를 원인",
        "을 원인",
        "가 발단",
        "에 의한",
        "에서 비롯",
        " 장애로 ",
        " 문제로 ",
        " 결함으로 ",
        " 오류로 ",
        " 고장으로 ",
    ]
    .iter()
    .any(|w| text[range.end..].starts_with(w))
        || text[range.clone()].ends_with('로')
    {
        return true;
    }
    // “DB 서버 장애”라며 사과했다.
    let rest = text[range.end..].trim_start_matches(['"', '”', '’', '\'']);
    if ["라며", "라고", "이라며", "이라고", "라면서", "이라면서", "였다고", "이었다고"].iter().any(|w| rest.starts_with(w))
    {
        return true;
    }
    let from = super::clause::window_back(text, range.start, 40);
    let to = window(text, range.end, 40);
    WORDS.iter().any(|w| text[from.min(range.start)..to].contains(w))
}

/// What speaks for a record and against it, in log-odds. The weights are those of a logistic regression (right: service and day) on 960 records
/// of 650 news articles annotated by readers, rounded; the base is lower by a quarter, since rules had seen most of these articles.
fn features(
    reading: &Reading<'_>,
    event: &Event,
    service: &ServiceRef,
    clauses: &[&Clause],
    start: Option<Moment>,
    all: &[&Clause],
) -> Vec<(String, f64)> {
    let strongest = all.iter().map(|c| c.strength()).max().unwrap_or(0);
    let named = clauses.iter().filter(|c| c.strength() >= 2 && c.affected().any(|n| n.service == *service)).count();
    let mut headline = reading.clauses.iter().filter(|c| c.place == Place::Title).flat_map(|c| c.affected().map(|n| &n.service)).peekable();
    let untitled = headline.peek().is_none();
    let mut out = vec![("base".to_owned(), -0.2)];
    let mut add = |name: &str, weight: f64| out.push((name.to_owned(), weight));
    if strongest >= 3 {
        add("a word that names an outage by itself", 1.0);
    }
    if headline.any(|s| s == service) {
        add("named in the headline", 0.25);
    } else if !untitled {
        add("another is named in the headline", -0.4);
    }
    match named {
        0 => add("never named beside the failure", -0.75),
        1 => {}
        _ => add("named beside the failure again and again", 0.65),
    }
    match event.services.len() {
        1 => {}
        2 | 3 => add("one of a few", -0.85),
        _ => add("one of many", 0.5),
    }
    match service {
        ServiceRef::Listed(_) => add("listed", 0.35),
        ServiceRef::Unlisted(_) => add("in no dictionary", -1.0),
    }
    match start {
        Some(s) if s.has_clock() => add("a clock time", 0.65),
        Some(s) if s.precision() < Precision::Day => add("no day, so none that could be wrong", 0.5),
        Some(_) if day_evidence(all, event).is_none() => add("only the day of publication", -1.0),
        _ => {}
    }
    if clauses.iter().all(|c| c.causes.is_empty()) {
        add("no cause told", -0.4);
    }
    if event.inherited {
        add("service taken from what was said before", -0.8);
    }
    if event.role == Role::Background {
        add("told as background", 1.4);
    }
    if reading.published.is_none() {
        add("no date of publication", -0.3);
    }
    out
}

fn probability(features: &[(String, f64)]) -> f64 {
    let z: f64 = features.iter().map(|(_, w)| w).sum();
    (100.0 / (1.0 + f64::exp(-z))).round() / 100.0
}
