//! The last look over all events of an article: days that were never said, company and product, news and past.

use super::Extractor;
use super::clause::{Clause, Rejection, ServiceRef, TimeRole, is_product_of, runs};
use super::reading::{
    Event, Reading, date_distance, days_between, first_text_sentence, headline_services, related, respelled, start_of, stops_only,
};
use crate::record::{Cause, Place, Role};
use crate::temporal::{Modifier, Moment, Precision, Relation, Value};

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
pub(crate) fn settle(extractor: &Extractor, reading: &Reading<'_>, mut events: Vec<Event>) -> Vec<Event> {
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
                events[j].absorb(gone);
                continue;
            }
        }
        i += 1;
    }
    join_looking_back(extractor, reading, &mut events);
    join_day_of_recovery(reading, &mut events);
    join_vague_days(extractor, reading, &mut events);
    drop_from_others_events(extractor, reading, &mut events);
    let headline = headline_services(reading);
    for event in &mut events {
        drop_company_beside_product(extractor, reading, event, &headline);
        drop_house_of_part(extractor, reading, event);
        drop_scene(reading, event);
        keep_headlines_part(extractor, event, &headline);
        drop_respelled(reading, event);
        drop_shortened(extractor, reading, event);
        // A name in no dictionary beside one that is listed is seldom what failed, unless the headline has it.
        let title = reading.text(Place::Title);
        if event.services.iter().any(|s| matches!(s, ServiceRef::Listed(_))) {
            let listed_in_title = headline.iter().any(|s| matches!(s, ServiceRef::Listed(_)) && event.services.contains(s));
            // "국무총리실의 국정관리시스템, 환경부의 배출권 등록 시스템 등": one of a list of them.
            let of_a_list = |s: &ServiceRef| {
                event.clauses.iter().map(|c| reading.clauses[*c]).any(|c| {
                    let unlisted = c.affected().filter(|n| matches!(n.service, ServiceRef::Unlisted(_))).count();
                    unlisted >= 2
                        && super::unlisted::LIST_ENDS.iter().any(|w| reading.text_of(c).contains(w))
                        && c.affected().any(|n| n.service == *s)
                })
            };
            let stay = |s: &ServiceRef| match s {
                ServiceRef::Listed(_) => true,
                ServiceRef::Unlisted(name) => !listed_in_title && title.contains(name.as_str()) || of_a_list(s),
            };
            let stay: Vec<bool> = event.services.iter().map(stay).collect();
            let mut stay = stay.into_iter();
            event.services.retain(|_| stay.next().unwrap_or(true));
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
            .filter(|t| super::clause::dated(&t.expression))
            .filter_map(|t| start_of(&t.expression.value))
            .any(|m| days_between(m, p) == Some(0))
    });
    // What the other events that are not only recalled took down.
    let elsewhere: Vec<Vec<ServiceRef>> = (0..events.len())
        .map(|n| events.iter().enumerate().filter(|(m, e)| *m != n && !e.recalled).flat_map(|(_, e)| e.services.clone()).collect())
        .collect();
    let fresh_days: Vec<Moment> = events
        .iter()
        .filter(|e| told_early(e) && !e.recalled)
        .filter_map(|e| e.day.filter(|d| published.and_then(|p| days_between(*d, p)).is_some_and(|n| (0..=3).contains(&n))))
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
        // "지난달 19일 장애를 낸 지 보름밖에 안 돼 또": the lead may begin with the one before.
        let before_todays =
            event.recalled && fresh_days.iter().any(|d| event.day.and_then(|own| days_between(own, *d)).is_some_and(|n| n >= 1));
        let first = n == 0 && !before_todays && !(old && (coarse || event.recalled));
        event.role = if first && distance.is_none_or(|d| d <= 330)
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
    give_back(extractor, reading, &mut events);
    // "대법, 2014년 SK텔레콤 통신 불통 배상 안 해도": what the headline tells is what the report is about, however long ago it was.
    let consequence = ["대법", "법원", "판결", "배상", "과태료", "과징금", "제재", "소송", "패소", "승소", "보상"]
        .iter()
        .any(|w| reading.text(Place::Title).contains(w));
    if consequence
        && events.iter().all(|e| e.role == Role::Background || e.day.is_none())
        && let Some(told) = events.iter_mut().find(|e| {
            e.day.is_some() && e.clauses.iter().any(|c| reading.clauses[*c].place == Place::Title && reading.clauses[*c].strength() >= 2)
        })
    {
        told.role = Role::Main;
    }
    let tells_of_the_past = events.iter().any(|e| e.recalled || e.role == Role::Background);
    events.retain(|e| {
        if e.services.is_empty() {
            return false;
        }
        // A past without a day is no record; a future is none either.
        if e.day.is_none() && (e.role == Role::Background || e.recalled && count > 1) {
            return false;
        }
        if e.day.is_some_and(|d| reading.is_to_come(d)) {
            return false;
        }
        // "당시 … 오후 8시 10분 전후로 공지가 뜨지 않았다" read as today's: that hour has not come, and nobody is named who failed then. (Where somebody is,
        // the report was brought up to date after its hour of publication.)
        let named = || e.clauses.iter().map(|c| reading.clauses[*c]).any(|c| c.strength() >= 2 && c.affected().next().is_some());
        // "10일 오후 8시부터 서비스를 멈춘다" on the 10th: what is to stop has not.
        let to_stop = || e.clauses.iter().flat_map(|c| &reading.clauses[*c].symptoms).all(stops_only);
        if e.clock.is_some_and(|c| reading.is_to_come(c)) && (tells_of_the_past && !named() || to_stop()) {
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
            // "‘카카오톡 먹통’ 사태를 겪은 정부가" under such a headline: what everybody remembers.
            let remembered = title().any(|c| !c.rejected.is_empty())
                && title().all(|c| c.strength() < 2)
                && e.clauses.iter().map(|c| reading.clauses[*c]).filter(|c| c.strength() >= 2).all(|c| {
                    let text = reading.text(c.place);
                    c.symptoms.iter().filter(|s| s.strength >= 2).all(|s| {
                        let rest = text[s.range.end..].trim_start_matches(['’', '\'', '”', '"']);
                        [" 사태를 겪", " 사태 이후", " 사태 뒤", " 사태를 계기", " 사태로 ", " 사태 때", " 사태 재발"]
                            .iter()
                            .any(|w| rest.starts_with(w))
                    })
                });
            // "24일부터 은행업무를 멈춘다. 멈추는 업무는 …": what the report announces.
            let announced = reading.clauses.iter().any(|c| {
                c.place == Place::Text
                    && c.sentence <= first_text_sentence(reading) + 3
                    && c.rejected.iter().any(|(_, why)| *why == Rejection::Planned)
                    && c.times.iter().filter_map(|t| start_of(&t.expression.value)).any(|m| reading.is_to_come(m))
            }) && e.clauses.iter().flat_map(|c| &reading.clauses[*c].symptoms).all(stops_only);
            return firm && !planned && !thought && !remembered && !announced;
        }
        true
    });
    for event in &mut events {
        if event.day.is_none() || event.tentative {
            // The day of the first notice, where it is not long ago, else the day of publication.
            let noticed_in = |beside_the_failure: bool| {
                event
                    .clauses
                    .iter()
                    .map(|c| reading.clauses[*c])
                    .filter(|c| {
                        !beside_the_failure
                            || c.strength() >= 2 && ["보고됐", "신고됐", "접수됐", "감지됐"].iter().any(|w| reading.text_of(c).contains(w))
                    })
                    .flat_map(|c| &c.times)
                    .find_map(|t| {
                        let day =
                            start_of(&t.expression.value).filter(|_| t.role == TimeRole::Aside && super::clause::dated(&t.expression))?;
                        let day = Moment::new(day.at(), day.precision().min(Precision::Day));
                        days_between(day, published?).filter(|n| (0..=3).contains(n)).map(|_| day)
                    })
            };
            // "장애가 지난 10일 보고됐다고 전했다" says more of it than "13일 메일을 보내".
            let noticed = noticed_in(true).or_else(|| noticed_in(false));
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
                .filter(|t| super::clause::dated(&t.expression))
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
                    super::clause::dated(&t.expression)
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
                // "멈춰 선 지 나흘째. … 오늘 오전 9시 다시 시작했다": its day is that of the recovery.
                if let Some(day) = running.filter(|r| event.day.and_then(|d| days_between(*r, d)).is_some_and(|n| n >= 1)) {
                    event.day = Some(day);
                } else if let Some(day) =
                    noticed.filter(|n| event.day.and_then(|d| days_between(*n, d)).is_some_and(|n| (1..=3).contains(&n)))
                {
                    event.day = Some(day);
                }
                continue;
            }
            event.day = running.or(noticed).or(published).map(|p| Moment::new(p.at(), p.precision().min(Precision::Day)));
        }
    }
    events
}

/// "신고는 전날 오후 10시부터 늘었다. 1일 오전 7시 문제를 해결했다고 밝혔다": what one day has only a recovery for is the end of what began on the day
/// before with a clock, if that has no other end or the same.
fn join_day_of_recovery(reading: &Reading<'_>, events: &mut Vec<Event>) {
    let ends = |e: &Event| -> Vec<Moment> {
        let times = e.clauses.iter().flat_map(|c| &reading.clauses[*c].times);
        times
            .filter_map(|t| match t.expression.value {
                Value::Moment(m) if t.role == TimeRole::End && m.has_clock() => Some(m),
                Value::Span { end: Some(m), .. } if t.role == TimeRole::Whole && m.has_clock() => Some(m),
                _ => None,
            })
            .collect()
    };
    let mut i = 0;
    while i < events.len() {
        let later = &events[i];
        let clauses = || later.clauses.iter().map(|c| reading.clauses[*c]);
        let recovered = later.clock.is_none()
            && clauses().any(|c| c.place == Place::Text && !c.recovery.is_empty())
            // "4일에는 주문이 지연됐다가 1시간 만에 복구됐다" tells of another.
            && clauses().filter(|c| c.place == Place::Text).all(|c| {
                let told = |t: &super::clause::Time| t.role == TimeRole::Day && super::clause::dated(&t.expression);
                c.recovery.is_empty() || !c.times.iter().any(|t| t.role == TimeRole::Length) || !c.times.iter().any(told)
            })
            && clauses().all(|c| c.again.is_none() || c.place == Place::Title);
        let over = ends(later);
        let mate = events.iter().position(|began| {
            recovered
                && began.clock.is_some()
                && began.recalled == later.recalled
                && began.services.len() == later.services.len()
                && began.services.iter().all(|s| later.services.contains(s))
                && began.day.zip(later.day).and_then(|(a, b)| days_between(a, b)) == Some(1)
                && {
                    let told = ends(began);
                    told.is_empty() || told.iter().any(|m| over.contains(m))
                }
        });
        match mate {
            Some(j) if j != i => {
                let gone = events.remove(i);
                let j = if j > i { j - 1 } else { j };
                events[j].absorb(gone);
            }
            _ => i += 1,
        }
    }
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

/// "카카오, 먹통 피해 보상한다" above a text that tells of last October's: a failure that the headline names without a day, of a service that the text
/// tells no other of than one long past, is that one, and what the report is about if it is all that is left.
fn give_back(extractor: &Extractor, reading: &Reading<'_>, events: &mut [Event]) {
    let dated = |c: &Clause| c.times.iter().any(|t| t.role != TimeRole::Aside && super::clause::dated(&t.expression));
    // "29일 장애 피해지원 계획을 내놓았다" tells of none.
    let fails = |c: &Clause| c.symptoms.iter().any(|s| s.strength >= 2 && !super::times::followed_up(reading.text(c.place), s.range.end));
    let mut of_headline = None;
    for i in 0..events.len() {
        let clauses = || events[i].clauses.iter().map(|c| reading.clauses[*c]);
        if events[i].recalled || events[i].role != Role::Main || clauses().any(|c| c.again.is_some()) {
            continue;
        }
        let alone = events[i].services.len() == 1;
        let past = |s: &ServiceRef| {
            let kin = |other: &ServiceRef| other == s || is_product_of(extractor, other, s) || is_product_of(extractor, s, other);
            let told = |c: &Clause| c.place == Place::Text && c.strength() >= 2 && c.affected().any(|n| kin(&n.service));
            let of_this = clauses().any(|c| match c.place {
                Place::Text => fails(c) && (alone || told(c)),
                Place::Title => dated(c) && c.affected().any(|n| n.service == *s),
            });
            let long_past = |e: &Event| {
                (e.recalled || e.role == Role::Background)
                    && e.day.zip(reading.published).and_then(|(d, p)| date_distance(d.date(), p.date())).is_some_and(|n| n > 21)
            };
            let mut others = (0..events.len()).filter(|j| *j != i && events[*j].clauses.iter().any(|c| told(reading.clauses[*c])));
            match (others.next(), others.next()) {
                (Some(j), None) if !of_this && long_past(&events[j]) && events[j].services.iter().any(kin) => Some(j),
                _ => None,
            }
        };
        let given: Vec<(ServiceRef, usize)> = events[i].services.iter().filter_map(|s| past(s).map(|j| (s.clone(), j))).collect();
        if let Some((_, j)) = given.first()
            && given.len() == events[i].services.len()
        {
            of_headline = Some(*j);
        }
        events[i].services.retain(|s| !given.iter().any(|(g, _)| g == s));
    }
    if let Some(j) = of_headline
        && events.iter().all(|e| e.services.is_empty() || e.role != Role::Main)
    {
        events[j].role = Role::Main;
    }
}

/// "케이뱅크 이어 기업은행도 먹통": a service named beside another's failure without a time, whose own failure the text tells with its own day,
/// belongs to that one only.
fn drop_from_others_events(extractor: &Extractor, reading: &Reading<'_>, events: &mut [Event]) {
    let headline = headline_services(reading);
    let timed = |c: &Clause| c.times.iter().any(|t| matches!(t.role, TimeRole::Start | TimeRole::Whole | TimeRole::Day | TimeRole::End));
    let told_with_time = |e: &Event, s: &ServiceRef| {
        e.clauses.iter().map(|c| reading.clauses[*c]).any(|c| c.place == Place::Text && timed(c) && c.affected().any(|n| n.service == *s))
    };
    // "그때는 페이스북과 메신저, 인스타그램이 6시간 가까이 열리지 않았다": named with the failure in the text of a past event.
    let told_of_itself = |e: &Event, s: &ServiceRef| {
        e.clauses.iter().map(|c| reading.clauses[*c]).any(|c| {
            c.place == Place::Text
                && c.strength() >= 2
                && c.affected().any(|n| {
                    n.service == *s
                        // "지도 서비스인 ‘카카오맵’도 매끄럽게 열리지 않았다"
                        && (e.recalled
                            || reading.text(c.place)[n.range.end..].trim_start_matches(['’', '\'', '”', '"']).starts_with("도 "))
                })
        })
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
                    // "네이버와 카카오가 잇따라 오류를 냈다", then each product with its day.
                    let of_products = || f.services.iter().any(|p| super::clause::is_product_of(extractor, p, s) && told_with_time(f, p));
                    // What is recalled beside it takes nothing from the news of the headline.
                    let recalled_beside = !events[i].recalled
                        && (f.recalled
                            || f.day.zip(events[i].day).and_then(|(a, b)| date_distance(a.date(), b.date())).is_some_and(|n| n > 21))
                        && headline.contains(s);
                    j != i
                        && !recalled_beside
                        && (f.services.contains(s) && told_with_time(f, s) || of_products())
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
        // "4일(현지시각) 접속 장애를 일으켰다": another day here, which the clock, converted, has.
        let abroad = vague.day_from.is_some_and(|c| {
            let text = reading.text_of(reading.clauses[c]);
            text.contains("현지시") || text.contains("현지 시")
        });
        let opening = opening || abroad;
        let titled = vague.day_from.is_some_and(|c| reading.clauses[c].place == Place::Title);
        let mate = (loose && (!again || abroad) && opening).then(|| {
            (0..events.len()).find(|&j| {
                let other = &events[j];
                // "21일 대표가 사과했다. 앞서 20일 오후 6시부터 통화가 끊겼다": the news is of the day before.
                let told_after = other.recalled
                    && other.clock.is_some()
                    && vague.services.iter().all(|s| other.services.contains(s))
                    && vague.day.zip(reading.published).and_then(|(d, p)| days_between(d, p)) == Some(0)
                    && other.day.zip(vague.day).and_then(|(o, v)| days_between(o, v)).is_some_and(|n| (1..=2).contains(&n));
                j != i
                    && (!other.recalled || told_after)
                    && (other.clock.is_some() || titled)
                    && other.services.iter().any(|s| vague.services.iter().any(|t| related(extractor, s, t)))
                    && match (vague.day, other.day) {
                        (Some(a), Some(b)) => days_between(a, b).is_some_and(|n| n == 1 || !again && n.abs() <= 2 && n != 0),
                        _ => false,
                    }
            })
        });
        match mate.flatten() {
            Some(j) => {
                let gone = events.remove(i);
                let j = if j > i { j - 1 } else { j };
                events[j].recalled = false;
                events[j].absorb(gone);
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
                runs(services, *house, *part)
                    && !own.is_empty()
                    && own.iter().all(|c| {
                        let clause = reading.clauses[*c];
                        told.contains(c)
                            && clause.affected().filter(|n| n.service == **s).all(|n| {
                                let after = &reading.text(clause.place)
                                    [n.range.end..super::clause::window(reading.text(clause.place), n.range.end, 6)];
                                let after = after.trim_start_matches(['’', '\'', '”', '"']);
                                // "국세청은 홈택스에 전산 장애가 났다고 전했다"
                                let tells = after.starts_with(['은', '는'])
                                    && clause.names.iter().any(|m| m.service == *p && m.range.start > n.range.end)
                                    && ["밝혔", "전했", "설명", "알렸", "말했", "해명"]
                                        .iter()
                                        .any(|w| reading.text(clause.place)[n.range.end..clause.range.end].contains(w));
                                tells
                                    || ["앱에서", " 앱에서", "에서", " 안", "앱 안", " 내 ", " 앱 안", "의 "]
                                        .iter()
                                        .any(|w| after.starts_with(w))
                            })
                    })
            })
        })
        .cloned()
        .collect();
    event.services.retain(|s| !gone.contains(s));
}

/// "국가정보자원관리원에 난 불로 복지로가 멈췄다": where it burned is not what failed, beside what did.
fn drop_scene(reading: &Reading<'_>, event: &mut Event) {
    if event.services.len() < 2 {
        return;
    }
    let scene = |s: &ServiceRef| {
        let mut mentions = event
            .clauses
            .iter()
            .map(|c| reading.clauses[*c])
            .filter(|c| c.strength() >= 2)
            .flat_map(|c| c.affected().filter(|n| n.service == *s).map(move |n| (c.place, n.range.end)))
            .peekable();
        mentions.peek().is_some()
            && mentions.all(|(place, end)| {
                let text = reading.text(place);
                let after = &text[end..super::clause::window(text, end, 30)];
                let after = after.split(['.', '…', '\n']).next().unwrap_or("");
                after.trim_end().ends_with(" 불")
                    || ["화재", "난 불", "불이 ", "불로 ", "에 불", "에서 불"].iter().any(|w| after.contains(w))
            })
    };
    let gone: Vec<ServiceRef> = event.services.iter().filter(|s| scene(s)).cloned().collect();
    if gone.len() < event.services.len() {
        event.services.retain(|s| !gone.contains(s));
    }
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
                    headline.contains(o) && (runs(services, *b, *a) || runs(services, *a, *b))
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

/// "토스·키움·메리츠 등 전산장애" above a text about 토스증권: in a list of short names the longer one is meant.
fn drop_shortened(extractor: &Extractor, reading: &Reading<'_>, event: &mut Event) {
    let services = extractor.gazetteer.services();
    let name = |s: &ServiceRef| match s {
        ServiceRef::Listed(i) => Some(services[*i].name.as_str()),
        ServiceRef::Unlisted(_) => None,
    };
    // "이날 새벽 토스, 케이뱅크, 카카오뱅크 이용객들은": of houses that are called by short names commas tell as much.
    let house = |s: &ServiceRef| super::clause::is_category(extractor, s, &["bank", "brokerage"]);
    let in_list = |s: &ServiceRef, commas: bool| {
        let mut mentions = reading
            .clauses
            .iter()
            .flat_map(|c| c.affected().filter(|n| n.service == *s).map(move |n| (c.place, n.range.clone())))
            .peekable();
        mentions.peek().is_some()
            && mentions.all(|(place, range)| {
                let text = reading.text(place);
                let listed = |after: &str, before: &str| after.starts_with('·') || before.ends_with('·');
                listed(&text[range.end..], &text[..range.start])
                    || commas && (text[range.end..].starts_with(", ") || text[..range.start].ends_with(", "))
            })
    };
    let gone: Vec<ServiceRef> = event
        .services
        .iter()
        .filter(|s| {
            name(s).is_some_and(|short| {
                event.services.iter().any(|o| {
                    name(o).is_some_and(|long| long != short && long.starts_with(short))
                        // "네이버·네이버페이가 멈췄다": both.
                        && !in_list(o, false)
                        && in_list(s, house(o))
                })
            })
        })
        .cloned()
        .collect();
    if gone.len() < event.services.len() {
        event.services.retain(|s| !gone.contains(s));
    }
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

/// "카카오 먹통… 카카오톡이 멈췄다": the product failed, the company is only its owner.
fn drop_company_beside_product(extractor: &Extractor, reading: &Reading<'_>, event: &mut Event, headline: &[ServiceRef]) {
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
                        // "오픈AI, 챗GPT 장애 사과": the headline said once more, whose comma stands for a particle.
                        && (text[w[0].range.end..].starts_with(['과', '와', '·'])
                            || names.len() > 2
                            || reading.text_of(c).trim_end_matches(['.', ' ', '”', '"']).ends_with(['다', '요']))
                })
                .filter(|w| related(extractor, &w[0].service, &w[1].service))
                .map(|w| w[0].service.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    // "티머니 전산망에 오류가 났다": the company's own.
    let own_system = |s: &ServiceRef| {
        event.clauses.iter().map(|c| reading.clauses[*c]).filter(|c| c.place == Place::Text && c.strength() >= 2).any(|c| {
            c.affected().filter(|n| n.service == *s).any(|n| {
                !super::clause::is_category(extractor, s, &["bank", "brokerage"])
                    && [" 전산망", " 단말기", " 결제망"].iter().any(|w| reading.text(c.place)[n.range.end..].starts_with(w))
            })
        })
    };
    let listed: Vec<ServiceRef> = listed.into_iter().chain(event.services.iter().filter(|s| own_system(s)).cloned()).collect();
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
                let kin = runs(services, *i, *p);
                // A product may have products (유튜브 뮤직): only a company, or a carrier's name for all it sells, is not what failed.
                let operator = product.operator.as_deref() == Some(own.name.as_str()) && product.name != own.name;
                // "한화생명은 …다운됐다고 했다" under a headline that names 한화생명금융서비스.
                let named_after =
                    product.name.starts_with(own.name.as_str()) && headline.contains(&ServiceRef::Listed(*p)) && !headline.contains(s);
                let owner = own.company
                    || operator && product.name.starts_with(&own.name)
                    || own.category.as_deref() == Some("telecom") && own.parent.is_none();
                // "왓챠가 멈췄다. 왓챠피디아도 쓸 수 없었다": the headline's own product, whoever else is named after it.
                let of_its_own = !own.company
                    && own.category.as_deref() != Some("telecom")
                    && headline.contains(s)
                    && !headline.contains(&ServiceRef::Listed(*p))
                    && event.clauses.iter().map(|c| reading.clauses[*c]).any(|c| {
                        c.affected().any(|n| n.service == ServiceRef::Listed(*p) && reading.text(c.place)[n.range.end..].starts_with("도 "))
                    });
                p != i && (named_after || kin && owner && !of_its_own)
            })
        }
        ServiceRef::Unlisted(_) => true,
    });
}
