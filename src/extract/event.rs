//! Clauses → events: which clauses speak of the same outage, which services it took down, whether it is the article's news.
//!
//! The reader goes through title and text in order and keeps the events met so far. A clause that asserts a failure joins the event whose
//! day and services agree with it, or opens a new one. What belongs to no day and no service opens nothing: precision comes first.

use std::ops::Range;

use super::Extractor;
use super::clause::{Clause, NameRole, Rejection, ServiceRef, TimeRole, is_product_of};
use super::days::{day_before, day_recalled_before, days, in_korean_time, in_quotes, paired_names, separate_clocks};
use super::lexicon::{Cue, SymptomMatch};
use super::reading::{Event, Reading, days_between, first_text_sentence, headline_services, related, start_of, stops_only, unique};
use super::settle::settle;
use crate::record::{Cause, Place, Role};
use crate::temporal::{Moment, Precision, Relation, Value};

/// Whether a sentence says that it speaks of the time of the one before.
fn opens_or_says_then(reading: &Reading<'_>, clause: &Clause) -> bool {
    let words = reading.text_of(clause);
    ["그때 피해", "당시 피해", "그때 함께", "당시 함께", "그때 영향", "당시 영향"].iter().any(|w| words.contains(w))
        || opens_with(reading, clause, &BACK_THEN)
}

/// Whether the text says of hours to come that something is planned for them, and tells of no failure before.
fn announces_hours(reading: &Reading<'_>) -> bool {
    let text = || reading.clauses.iter().filter(|c| c.place == Place::Text);
    let planned = text().any(|c| {
        c.rejected.iter().any(|(_, why)| *why == Rejection::Planned)
            && c.times.iter().any(
                |t| matches!(t.expression.value, Value::Span { start: Some(from), .. } if from.has_clock() && reading.is_to_come(from)),
            )
    });
    let failed = || {
        text().any(|c| {
            c.strength() >= 2
                && c.times.iter().any(|t| {
                    matches!(t.role, TimeRole::Start | TimeRole::Whole | TimeRole::Day | TimeRole::End)
                        && start_of(&t.expression.value).is_some_and(|m| !reading.is_to_come(m))
                })
        })
    };
    planned && !failed()
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
            || title_of(&|c| c.times.iter().filter_map(|t| start_of(&t.expression.value)).any(|m| reading.is_to_come(m))));
    // "카톡 6시간 먹통 예고": the text has the hours, and they are to come.
    let ahead = ahead || announces_hours(reading);
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
                // "작년 12월 AWS가 멈췄다. 코인베이스와 슬랙 등이 그때 피해를 봤다"
                && (!events[c].recalled || opens_or_says_then(reading, clause))
            {
                let took_down = events[c].recalled && events[c].services.iter().any(|s| super::clause::is_provider(extractor, s));
                if (events[c].services.is_empty() || events[c].inherited) && !took_down {
                    events[c].services = named.clone();
                    events[c].inherited = false;
                } else if events[c].services.iter().any(|s| super::clause::is_provider(extractor, s)) {
                    // What a cloud took down with it is told in one sentence after the other.
                    events[c].add(&named);
                }
            }
            // "계약한 클라우드 업체 ‘패스틀리’의 기술적 문제가 발단으로 보인다": what took the others down failed too.
            if let Some(c) = current
                && near
                && !events[c].recalled
                && !clause.causes.is_empty()
                && clause.rejected.is_empty()
                && !events[c].services.is_empty()
            {
                let text = reading.text(clause.place);
                let at_fault = clause.affected().filter(|n| super::clause::is_provider(extractor, &n.service));
                for name in at_fault.filter(|n| super::names::own_fault(&text[n.range.end..])) {
                    events[c].add([&name.service]);
                }
            }
            // "다음으로 로그인하는 메일과 카페 등 서비스가 영향을 받았다", "리니지M, 아이온 이용자에게 보상한다": what felt it with what failed.
            let words = reading.text_of(clause);
            let felt = words.contains("영향을 받") && !words.contains("영향을 받지");
            let made_good = ["보상", "달래"].iter().any(|w| title.contains(w))
                && ["이용자에게", "이용자들에게", "유저에게", "유저들에게", "고객에게", "이용자 몫", "이용자도"]
                    .iter()
                    .any(|w| words.contains(w));
            if let Some(c) = current
                && (felt && near || made_good)
                && !events[c].recalled
                && clause.place == Place::Text
                && clause.rejected.is_empty()
            {
                let kin: Vec<ServiceRef> =
                    named.iter().filter(|n| events[c].services.iter().any(|s| related(extractor, n, s))).cloned().collect();
                events[c].add(&kin);
            }
            // "유튜브가 열리지 않았다. 지메일과 구글 지도 등도 마찬가지였다"
            let likewise = ["도 마찬가지", "역시 마찬가지"].iter().any(|w| reading.text_of(clause).contains(w));
            if let Some(c) = current
                && likewise
                && clause.sentence == last_sentence + 1
                && clause.rejected.is_empty()
            {
                events[c].add(&named);
                last_sentence = clause.sentence;
            }
            let elsewhen = current.and_then(|c| events[c].day).is_some_and(|day| {
                clause.times.iter().filter(|t| super::clause::dated(&t.expression) && t.role != TimeRole::Aside).any(|t| {
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
            // "SC제일은행 역시 서비스가 여러 번 멈췄다. 2022년 7월 …": the times are told behind it.
            let counted = clause.rejected.iter().all(|(_, why)| *why == Rejection::Statistics);
            if counted && !named.is_empty() && clause.place == Place::Text {
                topic = named;
            }
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
        let stopped = |s: &SymptomMatch| stops_only(s) || STOPPED.iter().any(|w| reading.text(clause.place)[s.range.clone()].ends_with(w));
        if announced && clause.symptoms.iter().all(stopped) {
            continue;
        }
        // "배출권 등록 시스템, 관세청 홈페이지 등도 정상을 찾았다": what came back had been down with the others.
        if let Some(c) = current
            && strong
            && events[c].day.zip(reading.published).and_then(|(d, p)| days_between(d, p)).is_some_and(|n| (0..=60).contains(&n))
            && !named.is_empty()
            && came_back(reading, clause)
            && !clause.times.iter().any(|t| super::clause::dated(&t.expression) && t.role != TimeRole::Aside)
        {
            events[c].add(&named);
            events[c].clauses.push(i);
            last_sentence = clause.sentence;
            continue;
        }
        // In the report of a drill only what is told of a past day happened.
        let long_ago = |t: &super::clause::Time| {
            start_of(&t.expression.value).zip(reading.published).is_some_and(|(m, p)| {
                days_between(m, p).is_some_and(|n| n >= 14) || m.precision() < Precision::Day && !m.agrees_with(p) && m.date() < p.date()
            })
        };
        if (drill || ahead)
            && !clause.times.iter().any(|t| t.role == TimeRole::Day && (clause.background.is_some() || long_ago(t) && !named.is_empty()))
        {
            continue;
        }
        let (all_days, of_recovery) = days(reading, clause);
        let keys: Vec<Moment> = all_days.iter().copied().filter(|m| !reading.is_to_come(*m)).collect();
        // What is to stop on a day to come did not fail; beside a failure the day belongs to something else.
        if keys.len() < all_days.len() && keys.is_empty() && clause.symptoms.iter().all(stops_only) {
            continue;
        }
        // "지난해에도 비슷한 문제가 있었다. 당시엔 티맵이 오후 한때 멈췄다": the hour is of that day, not of the news.
        let back_then = ["당시", "그때", "그날"].iter().any(|w| reading.text_of(clause).contains(w))
            && current.is_some_and(|c| events[c].recalled)
            && !clause.times.iter().any(|t| super::clause::dated(&t.expression));
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
        // "가장 아픈 기억은 2018년 11월 지사 화재다. 당시 불로 인터넷이 끊겼다": the day that the sentence before goes back to.
        // "2021년 6월 8일엔 사이트 수천 곳이 피해를 봤다. 아마존과 CNN이 막혔다" in a list of past days.
        let listed_past = || {
            !named.is_empty()
                && current.is_some_and(|c| long_past(reading, &events[c]) && !goes_on(reading, &events[c], clause))
                && named.iter().all(|n| events.iter().filter(|e| !long_past(reading, e)).all(|e| !e.services.contains(n)))
        };
        // "2018년 11월 24일에는 지사에서 불이 났다. 케이블이 타면서 통신이 끊겼다" behind what was told of another past.
        let led_up = || {
            let before = || reading.clauses.iter().filter(|c| c.place == Place::Text && c.sentence + 1 == clause.sentence);
            clause.place == Place::Text
                && current.is_some_and(|c| events[c].recalled || long_past(reading, &events[c]))
                && before().all(|c| c.strength() < 2)
                && before().flat_map(|c| &c.causes).any(|c| matches!(c.cause, Cause::Fire | Cause::Power | Cause::Disaster | Cause::Attack))
        };
        let opens_then = || opens_with(reading, clause, &BACK_THEN) || listed_past() || led_up();
        let told_before = if keys.is_empty() && strong && !back_then && opens_then() {
            day_recalled_before(reading, clause)
                .filter(|(m, _)| !events.iter().any(|e| !e.recalled && e.day.is_some_and(|d| d.agrees_with(*m))))
        } else {
            None
        };
        let keys: Vec<Moment> = keys.into_iter().chain(told_before.map(|(m, _)| m)).collect();
        let clocks = if back_then { Vec::new() } else { separate_clocks(reading, clause) };
        let looking_back = clause.background.is_some() || told_before.is_some();
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
        let by_clock = keys.iter().all(|(_, clock)| clock.is_some());
        for (n, (key, own_clock)) in keys.into_iter().enumerate() {
            // "2005년 NYSE에서, 2013년 나스닥에서도": each day with the name behind it.
            let own = paired.as_ref().map(|p| p[n].clone());
            // "8일 카톡은 1시부터, 페이는 2시부터": which outage of the day it is the clock says, whose it is the name.
            let named = own.clone().filter(|_| !by_clock).unwrap_or_else(|| named.clone());
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
                        event.add(own.as_ref().unwrap_or(&named));
                    }
                    current = Some(e);
                }
                None if strong
                    && (!looking_back || key.is_some())
                    && super::analysis::happened(extractor, reading.text(clause.place), clause) =>
                {
                    let mut services = own.clone().unwrap_or_else(|| named.clone());
                    let mut inherited = false;
                    if services.is_empty() {
                        inherited = true;
                        // "저녁 9시에 접속했더니 빈 화면만 나왔다”고 토로했다": one user's hour is no outage of its own.
                        let complaint =
                            ["토로", "하소연", "분통", "한숨", "아쉬워", "푸념"].iter().any(|w| reading.text_of(clause).contains(w));
                        if complaint && !clause.times.iter().any(|t| super::clause::dated(&t.expression)) && !events.is_empty() {
                            continue;
                        }
                        services = spoken_of(extractor, reading, i, &topic, &headline, looking_back, clause.strength());
                        name_product_spoken_for(extractor, &events, &mut services);
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
                    if let Some((_, c)) = told_before {
                        // The cloud that the day is told of.
                        for name in reading.clauses[c].affected().filter(|n| super::clause::is_provider(extractor, &n.service)) {
                            if !services.contains(&name.service) {
                                services.push(name.service.clone());
                            }
                        }
                    }
                    let opening = told_before.map(|(_, c)| c).filter(|c| !events.iter().any(|e| e.clauses.contains(c)));
                    events.push(Event {
                        day,
                        services,
                        clauses: opening.into_iter().chain([i]).collect(),
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

/// Whether a clause tells of no failure but that things are back.
fn came_back(reading: &Reading<'_>, clause: &Clause) -> bool {
    !clause.recovery.is_empty()
        && clause.symptoms.iter().filter(|s| s.strength >= 2).all(|s| {
            let words = &reading.text(clause.place)[s.range.clone()];
            words.contains(" 등") && ["정상", "복구", "되살아"].iter().any(|w| words.contains(w))
        })
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

/// What maintenance announces as well as a report of failure tells.
const STOPPED: [&str; 3] = ["중단", "제한", "불가"];

/// What a sentence goes back to a day with that was told before.
const BACK_THEN: [&str; 5] = ["당시", "그 당시", "그때", "그해", "그날"];

/// What a sentence goes on with to what came of the one before.
const THROUGH_IT: [&str; 12] = [
    "이 일로",
    "이 사고로",
    "이 장애로",
    "이 화재로",
    "이 사태로",
    "이 오류로",
    "이 때문에",
    "이로 인해",
    "이로 인한",
    "이 여파로",
    "그 여파로",
    "이 바람에",
];

/// Whether a clause opens its sentence with one of these words.
fn opens_with(reading: &Reading<'_>, clause: &Clause, words: &[&str]) -> bool {
    let text = reading.text_of(clause).trim_start_matches(['“', '"', '‘', '\'', ' ']);
    words.iter().any(|w| text.starts_with(w))
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
    if !ahead && planned.len() < 2 {
        return false;
    }
    let fault = opening().any(|c| {
        let stops = |s: &SymptomMatch| STOPPED.iter().any(|w| reading.text(c.place)[s.range.clone()].ends_with(w));
        c.symptoms
            .iter()
            .any(|s| s.strength == 3 && !stops(s) || matches!(s.word.as_deref(), Some("장애" | "오류" | "마비" | "다운" | "먹통")))
    });
    // "예고한 시간에서 3시간을 넘긴 오전 9시까지 서버가 불안했다": what was planned went wrong.
    let overrun = opening().any(|c| {
        let text = reading.text_of(c);
        super::analysis::past_its_hour(text)
    });
    // "8일 오후 1시부터 20분간 멈췄다. 한편 10일에는 정기점검이 있다": what is over was not announced.
    let over = opening().any(|c| {
        let text = reading.text(c.place);
        let past = |s: &SymptomMatch| {
            s.strength >= 2
                && text[..s.range.end].ends_with(['췄', '됐', '났', '었', '였', '혔', '졌', '겼', '켰'])
                && text[s.range.end..].starts_with(['다', '습'])
        };
        !c.planned
            && c.rejected.is_empty()
            && c.symptoms.iter().any(past)
            && c.times.iter().any(|t| {
                matches!(t.role, TimeRole::Start | TimeRole::Whole)
                    && start_of(&t.expression.value).is_some_and(|m| m.has_clock() && !reading.is_to_come(m))
            })
    });
    !fault && !overrun && !over
}

/// Whether a name is its sentence's topic: 은, 는, 이, 가, 도, 에서 follow it.
fn is_topic(reading: &Reading<'_>, clause: &Clause, name: &Range<usize>) -> bool {
    let rest = reading.text(clause.place)[name.end..clause.range.end].trim_start_matches(['’', '\'', '”', '"']);
    // "‘내보험 찾아줌’ 홈페이지를 열면"
    let opened = [" 홈페이지", " 누리집", " 앱", " 사이트"]
        .iter()
        .filter_map(|w| rest.strip_prefix(w))
        .any(|r| ["를 ", "을 ", "에 ", "는 ", "은 ", "가 ", "이 "].iter().any(|p| r.starts_with(p)));
    opened || ["은 ", "는 ", "이 ", "가 ", "도 ", " 역시 ", " 또한 ", "에서", "의 "].iter().any(|p| rest.starts_with(p))
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
    // "2018년 8월에는 데이터센터에 문제가 생겨 장애가 났다. 이 일로 게임 접속이 막혔다": what the sentence before tells led to it.
    let through_it = key.is_none() && opens_with(reading, clause, &THROUGH_IT);
    let then = then || through_it;
    // "하루 두 차례": the headline counts.
    let title = reading.text(Place::Title);
    let counted = ["두 차례", "2차례", "세 차례", "3차례", "두 번", "2번", "세 번", "3번"].iter().any(|w| title.contains(w));
    let strangers_to_the_news = |named: &[ServiceRef]| {
        !named.is_empty()
            && events
                .iter()
                .filter(|e| !long_past(reading, e))
                .flat_map(|e| &e.services)
                .all(|s| named.iter().all(|n| !related(extractor, s, n)))
    };
    let mut best: Option<(i32, usize)> = None;
    for (i, event) in events.iter().enumerate() {
        let mut score = 0;
        let mut joins_later = false;
        // "이달 초에도 24분간 장애를 겪은 적이 있다": another than that of a day of this month.
        let earlier_this_month = |a: Moment, b: Moment| {
            back && !event.recalled
                && b.precision() == Precision::Month
                && a.precision() >= Precision::Day
                && reading.published.is_some_and(|p| b.agrees_with(p))
        };
        match (event.day, key) {
            (Some(a), Some(b)) if earlier_this_month(a, b) => continue,
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
                // "국민신문고 서비스를 28일 19시부터 재개한다", a month after it stopped.
                let reopens = !strong
                    && !event.recalled
                    && days_between(a, b).is_some_and(|d| (1..=60).contains(&d))
                    && clause.times.iter().any(|t| t.role == TimeRole::End && t.weight >= 4)
                    && !named.is_empty()
                    && named.iter().all(|n| event.services.contains(n));
                if !(reported || later && ends || before || here || within || reopens) {
                    continue;
                }
                joins_later = true;
                score += 1;
            }
            (None, Some(b)) => {
                // "23일 오후 8시 기준으로 들어갈 수 없는 상태다. … 22일에는 다른 곳이": how things stand today is no outage of the day before.
                let stands = event.clauses.iter().flat_map(|c| &reading.clauses[*c].times).any(|t| {
                    t.expression.relation == Some(Relation::AsOf)
                        && super::clause::dated(&t.expression)
                        && start_of(&t.expression.value).is_some_and(|m| days_between(b, m).is_some_and(|n| n >= 1))
                });
                if stands && named.is_empty() {
                    continue;
                }
                // The news has no day yet; a past told beside it does not give it one.
                let distant = reading.published.is_some_and(|p| days_between(b, p).is_none_or(|d| d > 45))
                    // "지난달 19일 장애를 부른 지 보름밖에 안 돼": the one before the news.
                    || clause.background.as_ref().is_some_and(|r| reading.text(clause.place)[r.clone()].contains(" 지 "));
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
        } else if key.is_none()
            && long_past(reading, event)
            && current == Some(i)
            && goes_on(reading, event, clause)
            && strangers_to_the_news(named)
        {
            score += 3;
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
            score += if through_it { 6 } else { 1 };
        }
        if best.is_none_or(|(s, _)| score > s) {
            best = Some((score, i));
        }
    }
    best.map(|(_, i)| i)
}

/// Whether an event is told as past, or lies months behind.
fn long_past(reading: &Reading<'_>, event: &Event) -> bool {
    event.recalled || event.day.zip(reading.published).and_then(|(d, p)| days_between(d, p)).is_some_and(|n| n > 60)
}

/// Whether a clause of the text follows the last one of an event in the same paragraph and turns to nothing new.
fn goes_on(reading: &Reading<'_>, event: &Event, clause: &Clause) -> bool {
    let Some(last) = event.clauses.last().map(|c| reading.clauses[*c]) else { return false };
    let turned = ["이번", "한편", "이날", "최근", "올해", "현재"].iter().any(|w| reading.text_of(clause).contains(w));
    last.place == Place::Text
        && clause.place == Place::Text
        && clause.sentence <= last.sentence + 2
        && !reading.text(Place::Text)[last.range.end.min(clause.range.start)..clause.range.start].contains('\n')
        && !turned
}

/// Whether a day does not lie within the week before a recovery, or is told as another failure's.
fn back_days_apart(recovery: Moment, day: Moment, again: &Option<Range<usize>>) -> bool {
    again.is_some() || days_between(day, recovery).is_none_or(|n| !(0..=7).contains(&n))
}

/// "펄어비스는 … 점검을 했다. 지난 2일 또다시 서버가 흔들렸다": of a company that spoke for the one product whose failure was told, that one is meant.
fn name_product_spoken_for(extractor: &Extractor, events: &[Event], services: &mut Vec<ServiceRef>) {
    let [company] = &services[..] else { return };
    let told: Vec<ServiceRef> = unique(events.iter().filter(|e| !e.recalled).flat_map(|e| e.services.clone()));
    if !told.contains(company)
        && let [product] = &told.iter().filter(|s| is_product_of(extractor, s, company)).collect::<Vec<_>>()[..]
    {
        *services = vec![(*product).clone()];
    }
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
    if let ([company], [product]) = (topic, headline)
        && is_product_of(extractor, product, company)
    {
        return headline.to_vec();
    }
    if !topic.is_empty() {
        return if looking_back { topic[..1].to_vec() } else { topic.to_vec() };
    }
    headline.to_vec()
}
