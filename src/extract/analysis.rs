//! From a passage to clauses with what each of them says: which services, which words of failure and whether they are asserted, which times, and
//! the cues about state and attitude. No decision about events is taken here.

use std::ops::Range;

use super::Extractor;
use super::clause::{Clause, Name, NameRole, Passage, Rejection, ServiceRef, Time, TimeRole, dated, window, window_back};
use super::gazetteer::NameMatch;
use super::lexicon::{Cue, Marks, SymptomMatch};
use super::names::{assign_name_roles, complaints, negated};
use super::times::{SINCE_OPENING, role_of_time};
use super::unlisted;
use crate::record::Place;
use crate::temporal::{Expression, Moment, Precision, Relation, Value};

/// Reads one passage. `first_sentence` is the number of its first sentence. `beside`: of headline and text the other one.
pub(crate) fn read<'a>(
    extractor: &Extractor,
    (place, text, beside): (Place, &'a str, &str),
    published: Option<Moment>,
    first_sentence: usize,
    headline: &[ServiceRef],
) -> Passage<'a> {
    let ignored = if place == Place::Text { crate::article::boilerplate_lines(text) } else { Vec::new() };
    // What people in the street say of times moves no day of the report: "[A씨/식당 운영 : 24·25일 장사하려고 …]".
    let mut unread = ignored.clone();
    if place == Place::Text {
        unread.extend(heard(text));
        unread.sort_by_key(|r| r.start);
    }
    let is_ignored = |r: &Range<usize>| ignored.iter().any(|i| i.start < r.end && r.start < i.end);
    let sentences = crate::korean::sentences(text);
    let neighbourhood = |r: &Range<usize>| {
        let i = sentences.partition_point(|s| s.end <= r.start).min(sentences.len().saturating_sub(1));
        let from = sentences.get(i.saturating_sub(1)).map_or(0, |s| s.start);
        let to = sentences.get(i + 1).or(sentences.get(i)).map_or(text.len(), |s| s.end);
        from.min(r.start)..to.max(r.end)
    };
    let mut found = extractor.gazetteer.find(text, &extractor.lexicon, neighbourhood);
    found.retain(|m| !is_ignored(&m.range));
    if place == Place::Title {
        for m in &mut found {
            m.service = extractor.gazetteer.first_called(beside, &text[m.range.clone()]).unwrap_or(m.service);
        }
    }
    let times: Vec<Expression> = match place {
        Place::Title => crate::temporal::find_in_title(text, published),
        // A caption's day is not the one that the report's 이날 goes back to.
        Place::Text if !unread.is_empty() => crate::temporal::find(&blanked(text, &unread), published),
        Place::Text => crate::temporal::find(text, published),
    }
    .into_iter()
    .filter(|e| !is_ignored(&e.range))
    .collect();
    let mut times = with_part_of_day(text, times);
    times_of_the_past(text, &mut times, published);
    let marks = extractor.lexicon.mark(text);
    let mut clauses = Vec::new();
    let mut spoken_company: Option<usize> = None;
    let mut alone: Option<&Expression> = None;
    let mut opened: Option<(&Expression, usize)> = None;
    let mut launched: Option<&Expression> = None;
    for (n, sentence) in sentences.iter().enumerate() {
        if is_ignored(sentence) && ignored.iter().any(|i| i.start <= sentence.start && sentence.end <= i.end) {
            continue;
        }
        let companies: Vec<NameMatch> = inside(&found, sentence, |m| &m.range).cloned().collect();
        let mut names: Vec<Name> = companies
            .iter()
            .map(|m| Name { service: ServiceRef::Listed(m.service), range: m.range.clone(), role: NameRole::Affected })
            .collect();
        let symptoms = extractor.lexicon.symptoms_in(&marks, text, sentence.clone());
        let told = symptoms.iter().any(|s| s.strength > 1);
        if !symptoms.is_empty() {
            let shortened = extractor.gazetteer.find_shortened(text, sentence, &companies);
            let parts = if told {
                extractor.gazetteer.find_parts(text, sentence, &companies, spoken_company, &extractor.lexicon)
            } else {
                Vec::new()
            };
            let parts = parts.into_iter().map(|part| extractor.gazetteer.whole_of_examples(text, part));
            // Several may stand in one word: the 인터넷 of two companies.
            let known: Vec<Range<usize>> = names.iter().map(|n| n.range.clone()).collect();
            let mut taken: Vec<NameMatch> = Vec::new();
            for part in shortened.into_iter().chain(parts) {
                let overlaps = |r: &Range<usize>| r.start < part.range.end && part.range.start < r.end;
                if !known.iter().any(overlaps) && !taken.iter().any(|t| overlaps(&t.range) && t.range != part.range) {
                    taken.push(part.clone());
                    names.push(Name { service: ServiceRef::Listed(part.service), range: part.range, role: NameRole::Affected });
                }
            }
            names.sort_by_key(|n| n.range.start);
        }
        if told {
            unlisted::find(extractor, text, sentence, beside, &mut names);
        }
        if let Some(last) = companies.last() {
            spoken_company = Some(extractor.gazetteer.company_of(last.service));
        }
        let inside: Vec<&Expression> = inside(&times, sentence, |e| &e.range).collect();
        let said = if told { complaints(text, sentence) } else { Vec::new() };
        let in_said = |r: &Range<usize>| said.iter().any(|q| q.start <= r.start && r.end <= q.end);
        assign_name_roles(extractor, &marks, place, text, sentence, headline, &said, &mut names);
        let (kept, rejected) = judge(extractor, &marks, text, sentence, symptoms, &inside, published);
        // "지메일 또 먹통… 유튜브 먹통 이틀 만에": whose failure that was.
        for (symptom, _) in rejected.iter().filter(|(_, why)| *why == Rejection::Earlier) {
            for name in &mut names {
                let between = text.get(name.range.end..symptom.range.start);
                if between.is_some_and(|b| b.chars().count() <= 4 && !b.contains(['…', ','])) {
                    name.role = NameRole::Earlier;
                }
            }
        }
        let items = if told { dated_items(text, sentence, &inside) } else { Vec::new() };
        let item_names: Vec<Name> = match items.first() {
            Some(first) => names.iter().filter(|n| n.range.end <= first.start && n.role == NameRole::Affected).cloned().collect(),
            None => Vec::new(),
        };
        let ranges = if items.is_empty() {
            split(text, sentence, &names, &kept, &inside)
        } else {
            std::iter::once(sentence.start..items[0].start).chain(items.iter().cloned()).collect()
        };
        for range in ranges {
            let within = |r: &Range<usize>| range.start <= r.start && r.start < range.end;
            let lexicon = &extractor.lexicon;
            let once_before = recalled_of_next(text, &range, sentence);
            let recalled = once_before.is_some();
            let mut clause = Clause {
                place,
                sentence: first_sentence + n,
                names: names.iter().filter(|x| within(&x.range)).cloned().collect(),
                symptoms: kept.iter().filter(|x| within(&x.range)).cloned().collect(),
                rejected: rejected.iter().filter(|(x, _)| within(&x.range)).cloned().collect(),
                // What users guess in quotation marks explains nothing.
                causes: {
                    let mut causes = lexicon.causes_in(&marks, text, range.clone());
                    causes.retain(|c| !in_said(&c.range));
                    causes
                },
                recovery: recovered(extractor, &marks, text, &range),
                // "마비된 충격이 아직 남아 있는데": it is the shock that lasts.
                ongoing: lexicon.cue_in(&marks, Cue::Ongoing, text, range.clone()).filter(|r| {
                    // "추가 장애 여부를 살피고 있다" after it was mended.
                    let beside = ["충격이", "여파가", "불안이", "불만이", "여부를", "여부도"];
                    !beside.iter().any(|w| text[..r.start].trim_end().ends_with(w))
                }),
                background: looks_back(extractor, &marks, text, &range).or(once_before),
                again: lexicon.cue_in(&marks, Cue::Again, text, range.clone()),
                planned: planned(extractor, &marks, text, &range, &inside, published).is_some(),
                hearsay: !said.is_empty() && {
                    let mut strong = kept.iter().filter(|x| within(&x.range) && x.strength > 1).peekable();
                    strong.peek().is_some() && strong.all(|x| said.iter().any(|q| q.contains(&x.range.start)))
                },
                times: Vec::new(),
                range: range.clone(),
            };
            if recalled && clause.affected().next().is_none() {
                clause.names.extend(names.iter().filter(|x| x.range.start == range.end && x.role == NameRole::Affected).cloned());
            }
            // "△2018년 11월 지사 화재로 11시간 △2021년 10월 …": the head says whose outages they are, each item one of them.
            if let Some(listed) = items.first() {
                if range.start < listed.start {
                    clause.symptoms.retain(|_| inside.iter().any(|e| within(&e.range)));
                } else {
                    if clause.affected().next().is_none() {
                        clause.names.extend(item_names.iter().cloned());
                    }
                    if clause.strength() < 2
                        && clause.rejected.is_empty()
                        && let Some(failure) = kept.iter().filter(|x| x.strength > 1).min_by_key(|x| x.range.start)
                        && let Some(date) = inside.iter().find(|e| within(&e.range))
                    {
                        let told = date.range.end..range.start + text[range.clone()].trim_end_matches([' ', ',', '.']).len();
                        let told = told.end - text[told.clone()].trim_start().len()..told.end;
                        if !told.is_empty() {
                            clause.symptoms.push(SymptomMatch { range: told, ..failure.clone() });
                        }
                    }
                }
            }
            // "농협 전산장애가 14일째인 가운데 25일 …": what goes on behind the news.
            let rest = text[range.clone()].trim_end_matches([' ', ',']);
            if range.end < sentence.end && clause.background.is_none() && ["가운데", "와중에", "와중"].iter().any(|w| rest.ends_with(w))
            {
                clause.background = Some(range.start + rest.len() - "가운데".len()..range.start + rest.len());
            }
            clause.times = inside.iter().filter(|e| within(&e.range)).map(|e| role_of_time(extractor, &marks, text, &clause, e)).collect();
            // “탑승권을 손에 쥐는 데 1시간이 걸렸다”: what one of them went through.
            for time in clause.times.iter_mut().filter(|t| t.role == TimeRole::Length && in_said(&t.expression.range)) {
                (time.role, time.weight) = (TimeRole::Aside, 0);
            }
            after_opening(text, &mut clause, opened.map(|(time, _)| time));
            // "오후 5시부터 판매를 시작했다. 하지만 시작과 동시에 홈페이지가 마비됐다": the failure came with what the sentence before opened.
            let at_once =
                ["과 동시에", "와 동시에", "하자마자", "되자마자", "열자마자", "열리자마자", "시작 직후", "개시 직후", "오픈 직후"];
            if clause.strength() >= 2
                && clause.times.iter().all(|t| matches!(t.role, TimeRole::Aside | TimeRole::Length))
                && at_once.iter().any(|w| text[range.clone()].contains(w))
                && let Some((opened, _)) = opened
            {
                clause.times.insert(0, Time { expression: opened.clone(), role: TimeRole::Start, weight: 4 });
            }
            // "지난 20일 새 앱을 선보였다. … 나오자마자 주문이 끊기는 오류가 터졌다"
            let from_the_start = [
                "나오자마자",
                "내놓자마자",
                "출시하자마자",
                "출시되자마자",
                "선보이자마자",
                "출시 직후",
                "출시 첫날",
                "개통 첫날",
                "문을 열자마자",
            ];
            if clause.strength() >= 2
                && clause.times.iter().all(|t| matches!(t.role, TimeRole::Aside | TimeRole::Length))
                && from_the_start.iter().any(|w| text[range.clone()].contains(w))
                && let Some(launched) = launched
            {
                clause.times.insert(0, Time { expression: launched.clone(), role: TimeRole::Day, weight: 3 });
            }
            // "오늘 오후 2시." on its own, then what happened: the way of a broadcast.
            if let Some(time) = alone.take_if(|_| clause.strength() >= 2)
                && clause.times.iter().all(|t| matches!(t.role, TimeRole::Aside | TimeRole::Length))
            {
                clause.times.insert(0, Time { expression: time.clone(), role: TimeRole::Start, weight: 4 });
            }
            clauses.push(clause);
        }
        // "거래소가 먹통 사고를 냈습니다. 새벽 4시 52분. 비트코인이 10분 만에 치솟습니다": what comes behind tells of something else.
        if !told
            && let Some(time) = alone.take()
            && let Some(clause) = clauses.iter_mut().rev().find(|c| c.sentence + 2 == first_sentence + n && c.strength() >= 2)
            && clause.times.iter().all(|t| matches!(t.role, TimeRole::Aside | TimeRole::Length | TimeRole::Day))
        {
            clause.times.insert(0, Time { expression: time.clone(), role: TimeRole::Start, weight: 3 });
        }
        if let Some(day) = inside.iter().find(|e| dated(e) && matches!(e.value, Value::Moment(m) if m.precision() == Precision::Day))
            && ["선보였", "선보인", "출시했", "출시한", "출시됐", "내놨", "내놓았", "문을 열", "개통", "서비스를 시작", "정식 오픈"]
                .iter()
                .any(|w| text[day.range.end..sentence.end.max(day.range.end)].contains(w))
        {
            launched = Some(day);
        }
        opened = match inside[..] {
            [time] if OPENS.iter().any(|w| text[sentence.clone()].contains(w)) && !told => {
                Some((time, n)).filter(|(t, _)| matches!(t.value, Value::Moment(m) if m.has_clock()))
            }
            // A sentence or two on how it sold may stand between.
            _ if !told && inside.iter().all(|e| !dated(e) && !e.start().is_some_and(|m| m.has_clock())) => {
                opened.filter(|(_, at)| n - at <= 4)
            }
            _ => None,
        };
        alone = match inside[..] {
            [time] if clock_alone(text, sentence, time) => Some(time),
            _ => None,
        };
    }
    overran(text, &mut clauses);
    Passage { place, text, clauses }
}

/// What a sentence says of the hour at which something opens.
const OPENS: [&str; 13] = ["시작", "판매", "예매", "오픈", "열", "접수", "개시", "진행", "출시", "행사", "이벤트", "파는 ", "나왔"];

/// "오전 9시 수강신청을 연 지 3분 만에 서버에 탈이 났다": when it failed, told from the hour of the opening in the same clause or before (`opened`).
fn after_opening(text: &str, clause: &mut Clause, opened: Option<&Expression>) {
    if clause.strength() < 2 {
        return;
    }
    let since = |e: &Expression| {
        let before = text[clause.range.start.min(e.range.start)..e.range.start].trim_end();
        matches!(e.value, Value::Duration(_))
            && SINCE_OPENING.iter().any(|w| before.ends_with(w))
            && text[e.range.end..].trim_start().starts_with("만에")
            && clause.symptoms.iter().any(|s| s.strength > 1 && (e.range.end..window(text, e.range.end, 24)).contains(&s.range.start))
    };
    let Some(passed) = clause.times.iter().find(|t| since(&t.expression)) else { return };
    let Value::Duration(minutes) = passed.expression.value else { return };
    let own = clause.times.iter().position(|t| {
        let e = &t.expression;
        e.range.end <= passed.expression.range.start
            && matches!(e.value, Value::Moment(m) if m.has_clock())
            && text[e.range.end..passed.expression.range.start].chars().count() <= 40
    });
    let Some(hour) = own.map(|at| &clause.times[at].expression).or(opened) else { return };
    let Some(moment) = hour.start().filter(|m| m.has_clock()) else { return };
    let Ok(failed) = moment.at().checked_add(jiff::SignedDuration::from_secs((minutes * 60.0) as i64)) else { return };
    let failed = Expression {
        value: Value::Moment(Moment::minute(failed)),
        range: if own.is_some() { hour.range.start..passed.expression.range.end } else { passed.expression.range.clone() },
        ..hour.clone()
    };
    let failed = Time { expression: failed, role: TimeRole::Start, weight: 5 };
    match own {
        Some(at) => clause.times[at] = failed,
        None => clause.times.insert(0, failed),
    }
}

/// What closes a service ahead of its day.
const WORK: [&str; 9] = ["점검", "작업", "교체", "이관", "업그레이드", "전환", "정비", "개편", "손볼"];

/// It failed once more.
const ONCE_MORE: [&str; 3] = ["또 ", "다시 ", "재차 "];

/// "예고한 시간에서 3시간을 넘긴", "정해진 시간 안에 끝내지 못했다": what was planned took longer.
pub(crate) fn past_its_hour(told: &str) -> bool {
    let set = [
        "예고한 시간",
        "예고한 시각",
        "정해진 시간",
        "정한 시간",
        "공지한 시간",
        "예정된 시간",
        "예정된 정오",
        "예정된 자정",
        "예정된 오",
        "예정된 새벽",
        "예정됐던",
        "예고됐던",
        "예정 시간",
        "예정보다",
        "예고 시간",
        "약속한 시간",
        "제시간에 끝",
        "제때 끝",
        "제때 마",
    ];
    set.iter().any(|w| told.contains(w)) && ["넘", "지나", "늦", "초과", "못", "않"].iter().any(|w| told.contains(w))
}

/// "28일 오후 8시부터 이날 오전 4시까지 시스템을 세워 두고 손볼 예정이었다. 그런데 정해진 시간 안에 끝내지 못했다": what was planned and overran began
/// when the service was closed, and was not over when it should have been.
fn overran(text: &str, clauses: &mut [Clause]) {
    // Work on the fault itself is not what was planned: "복구 작업을 마쳤다고 공지했다".
    let work = |told: &str| {
        let on_the_fault = |at: usize| {
            let before = told[..at].trim_end();
            ["복구", "수리", "긴급"].iter().any(|w| before.ends_with(w))
        };
        WORK.iter().any(|w| told.match_indices(w).any(|(at, _)| !on_the_fault(at)))
    };
    let planned = |told: &str| {
        work(told)
            && ["예정", "계획", "공지", "예고", "알렸", "알린", "하기로", "시간은", "들어간", "들어갔"].iter().any(|w| told.contains(w))
    };
    let late = |c: &Clause| {
        let told = &text[c.range.clone()];
        past_its_hour(told)
            || work(told)
                && [
                    "끝내지 못",
                    "마치지 못",
                    "끝나지 않",
                    "늦어지면서",
                    "늦어져",
                    "늦어졌",
                    "길어지면서",
                    "길어져",
                    "길어졌",
                    "연장됐",
                    "연장돼",
                    "연장되",
                ]
                .iter()
                .any(|w| told.contains(w))
    };
    if !WORK.iter().any(|w| text.contains(w)) {
        return;
    }
    for n in 0..clauses.len() {
        if clauses[n].times.is_empty() {
            continue;
        }
        let sentence = clauses[n].sentence;
        // "25일 오후 4시 50분부터 점검에 들어갔다. 서버가 다운된 것이 이유였다": what it was closed for.
        let forced = || {
            let why =
                ["것이 이유", "것이 원인", "때문이다", "때문이었다", "탓이다", "탓이었다", "까닭이다", "때문입니다", "때문이었습니다"];
            clauses[n..]
                .iter()
                .skip_while(|c| c.sentence == sentence)
                .take_while(|c| c.sentence == sentence + 1)
                .any(|c| c.strength() >= 2 && why.iter().any(|w| text[c.range.clone()].contains(w)))
        };
        let overran = || clauses[n..].iter().take_while(|c| c.sentence <= sentence + 3).any(late) || forced();
        let end = clauses[n..].iter().take_while(|c| c.sentence == sentence).last().map_or(0, |c| c.range.end);
        if !planned(&text[clauses[n].range.start..end]) || !overran() {
            continue;
        }
        let range = clauses[n].range.clone();
        let work = WORK.iter().find_map(|w| text[range.start..end].find(w).map(|at| range.start + at..range.start + at + w.len()));
        if let (Some(range), 0) = (work, clauses[n].strength()) {
            clauses[n].symptoms.push(SymptomMatch { range, word: None, strength: 2 });
        }
        for time in &mut clauses[n].times {
            match (&time.expression.value, time.expression.relation) {
                (Value::Span { start: Some(start), .. }, _) if start.has_clock() => {
                    time.expression.value = Value::Moment(*start);
                    (time.role, time.weight) = (TimeRole::Start, 4);
                }
                (Value::Moment(_), Some(Relation::From)) => (time.role, time.weight) = (TimeRole::Start, 4),
                (Value::Duration(_), _) | (_, Some(Relation::Until)) => time.role = TimeRole::Aside,
                _ => (),
            }
        }
    }
}

/// Whether a sentence is nothing but a clock time.
fn clock_alone(text: &str, sentence: &Range<usize>, time: &Expression) -> bool {
    let clock = matches!(time.value, Value::Moment(m) if m.has_clock());
    let around = [&text[sentence.start..time.range.start.max(sentence.start)], &text[time.range.end.min(sentence.end)..sentence.end]];
    // A dateline has its hour with a colon.
    let told = text[time.range.clone()].contains('시');
    clock && told && around.iter().all(|t| t.trim_matches(['쯤', '께', '경', '.', ',', ' ', '…']).is_empty())
}

/// "지난달 30일 오후 장애가 났다고 1일 밝혔다. 장애가 발생한 오후 6시부터 …", told on the morning of the 1st: an hour of what happened that lies ahead is one of
/// the day told before.
fn times_of_the_past(text: &str, times: &mut [Expression], published: Option<Moment>) {
    const HAPPENED: [&str; 8] = ["발생한 ", "난 ", "시작된 ", "멈춘 ", "끊긴 ", "생긴 ", "일어난 ", "막힌 "];
    // "오후 8시 48분부터 성능이 떨어지기 시작했다고 18일 밝혔다" on the 19th, before any day is told: of the 18th at the latest.
    let first = times.iter().position(dated).unwrap_or(times.len());
    if let Some((day, range)) = times.get(first).and_then(|e| e.start().map(|m| (m, e.range.clone())))
        && day.precision() == Precision::Day
        && [" 밝", " 전했", " 알렸", " 발표", " 공지", " 설명"].iter().any(|w| text[range.end..].starts_with(w))
    {
        for e in times[..first].iter_mut().filter(|e| e.start().is_some_and(|m| m.has_clock())) {
            let apart = e.start().and_then(|m| m.date().since(day.date()).ok()).filter(|s| (1..=2).contains(&s.get_days()));
            let Some(apart) = apart.filter(|_| !text[e.range.end..range.start].contains(['.', '\n'])) else { continue };
            e.value = with_moments(e.value, |m| earlier(m, apart));
        }
    }
    let Some(now) = published.filter(|p| p.has_clock()) else { return };
    for n in 0..times.len() {
        let e = &times[n];
        let ahead = e.start().filter(|m| m.has_clock() && m.at() > now.at()).filter(|_| !dated(e));
        let Some(ahead) = ahead.filter(|_| HAPPENED.iter().any(|w| text[..e.range.start].ends_with(w))) else { continue };
        let told = times[..n].iter().rev().filter(|o| dated(o)).find_map(|o| {
            o.start()
                .filter(|m| m.precision() >= Precision::Day && m.date() < now.date())
                .filter(|m| now.date().since(m.date()).is_ok_and(|s| s.get_days() <= 7))
        });
        let Some(days) = told.and_then(|day| ahead.date().since(day.date()).ok()) else { continue };
        times[n].value = with_moments(times[n].value, |m| earlier(m, days));
    }
}

fn earlier(m: Moment, by: jiff::Span) -> Moment {
    m.at().checked_sub(by).map_or(m, |at| Moment::new(at, m.precision()))
}

/// A time with each of its moments made another.
fn with_moments(value: Value, other: impl Fn(Moment) -> Moment) -> Value {
    match value {
        Value::Moment(m) => Value::Moment(other(m)),
        Value::Span { start, end } => Value::Span { start: start.map(&other), end: end.map(&other) },
        Value::Duration(minutes) => Value::Duration(minutes),
    }
}

/// "8시 35분부터 결제 실패" above a text that says "오후 8시 35분": clocks before the first that names the part of its day are that one, where they read
/// the same.
fn with_part_of_day(text: &str, mut times: Vec<Expression>) -> Vec<Expression> {
    const PARTS: [&str; 10] = ["오전", "오후", "새벽", "아침", "낮", "점심", "저녁", "밤", "정오", "자정"];
    let half_a_day = jiff::SignedDuration::from_hours(12);
    let bare = times
        .iter()
        .take_while(|e| !(e.start().is_some_and(|m| m.has_clock()) && PARTS.iter().any(|w| text[e.range.clone()].contains(w))))
        .count();
    let later = |m: Moment| m.at().checked_add(half_a_day).ok().map(|at| Moment::new(at, m.precision()));
    for n in 0..bare {
        let Some(from) = times[n].start().filter(|m| m.has_clock()) else { continue };
        let Some(there) = later(from) else { continue };
        let told = times[bare..]
            .iter()
            .any(|e| e.start() == Some(there) && ["오후", "저녁", "밤", "낮"].iter().any(|w| text[e.range.clone()].contains(w)));
        if told {
            times[n].value = with_moments(times[n].value, |m| later(m).unwrap_or(m));
        }
    }
    times
}

/// Lines of a broadcast that give what somebody said: "[B씨/고속버스 기사 : 손님들이 표를 끊으면 …]".
fn heard(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let said = line.trim();
        let who = said.strip_prefix('[').and_then(|rest| rest.split_once(" : ")).map(|(who, _)| who)?;
        (said.ends_with(']') && who.chars().count() <= 40 && !who.contains(']')).then_some(start..start + line.len())
    })
}

/// The text with blanks for all but the line ends of some ranges, which are in its order; every other byte stays where it is.
fn blanked(text: &str, ranges: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        let (from, to) = (range.start.max(at), range.end.max(at));
        out.push_str(&text[at..from]);
        for c in text[from..to].chars() {
            if c == '\n' {
                out.push(c);
            } else {
                out.extend(std::iter::repeat_n(' ', c.len_utf8()));
            }
        }
        at = to;
    }
    out.push_str(&text[at..]);
    out
}

/// Those of `all`, which are in the order of the text, that lie in `range`; found without a look at the others.
fn inside<'a, T>(all: &'a [T], range: &Range<usize>, of: fn(&T) -> &Range<usize>) -> impl Iterator<Item = &'a T> {
    let from = all.partition_point(|x| of(x).start < range.start);
    let end = range.end;
    all[from..].iter().take_while(move |x| of(x).start < end).filter(move |x| of(x).end <= end)
}

/// Recoveries that are told as done: neither under way, nor hoped for, nor denied.
fn recovered(extractor: &Extractor, marks: &Marks, text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let lexicon = &extractor.lexicon;
    let recovery = lexicon.cues_in(marks, Cue::Recovery, text, range.clone());
    if recovery.is_empty() {
        return recovery;
    }
    let ongoing = lexicon.cues_in(marks, Cue::Ongoing, text, range.clone());
    recovery
        .into_iter()
        // "장애가 나 18분 만에 풀렸다": what began is no part of what was over.
        .map(|r| ["가 나 ", "이 나 "].iter().find_map(|w| text[r.clone()].find(w)).map_or(r.clone(), |at| r.start + at + "가 나 ".len()..r.end))
        // "1시 55분에 끝났다": the particle belongs to the time.
        .map(|r| r.end - text[r.clone()].trim_start_matches(['에', '께', '쯤', '경', '야']).trim_start().len()..r.end)
        // "일부 정상으로 돌아왔다"
        .filter(|r| !text[range.start.min(r.start)..r.start].ends_with("일부 "))
        .filter(|r| !ongoing.iter().any(|o| o.start < r.end && r.start < o.end))
        // "그중 일부는 풀렸지만 일부는 에러율이 올라갔다"
        .filter(|r| {
            !(["일부는 ", "일부가 ", "몇몇은 "].iter().any(|w| text[range.start.min(r.start)..r.start].ends_with(w))
                && ["지만", "으나", "고 일부", "는데"].iter().any(|w| text[r.end..window(text, r.end, 5)].contains(w)))
        })
        // "7시부터 예매할 수 있게 됐는데 대기 화면만 나왔다": that it opened.
        .filter(|r| !(text[r.clone()].contains("수 있게") && ["는데", "지만", "으나"].iter().any(|w| text[r.end..window(text, r.end, 3)].starts_with(w))))
        // "복구되는 모습이 보이지만": not yet.
        .filter(|r| !["모습이 보", "조짐", "기미", "징후", "신호가"].iter().any(|w| text[r.end..window(text, r.end, 9)].contains(w)))
        // "일부 재생 오류가 있던 영화를 복구했으며": a part of it.
        .filter(|r| {
            let before = text[range.start.min(r.start)..r.start].trim_end();
            let before = before.rsplit([',', '“', '"', '.']).next().unwrap_or(before);
            !(before.ends_with(['를', '을'])
                && before
                    .rfind("일부 ")
                    .is_some_and(|at| before[at..].chars().count() <= 26 && !["이용자", "사용자", "고객", "지역"].iter().any(|w| before[at..].contains(w))))
        })
        // "로그인이 모조리 풀렸다": logged out. "1차전 표가 오후 2시부터 풀렸다": on sale.
        .filter(|r| {
            let before = &text[window_back(text, r.start, 30).max(range.start).min(r.start)..r.start];
            !(text[r.clone()].starts_with('풀')
                && ["로그인이 ", "로그인은 ", "표가", "표는", "티켓이", "티켓은", "입장권이", "좌석이", "물량이"]
                    .iter()
                    .any(|w| before.rfind(w).is_some_and(|at| !["장애", "오류", "막", "않", "안 "].iter().any(|n| before[at..].contains(n)))))
        })
        .filter(|r| {
            let rest = &text[r.end..window(text, r.end, 14).min(range.end).max(r.end)];
            // What a clause behind it denies is something else: "정상으로 열렸지만, 급여를 주지 못한".
            let rest = ["지만,", "으나,", "고,", "며,"].iter().filter_map(|w| rest.find(w)).min().map_or(rest, |at| &rest[..at]);
            // "해결했다고 발표하면서" sets no condition.
            let unconditional = rest.replace("면서", "");
            // "설정을 바꾸면 정상으로 돌아온다", "이번 주 안에 복구된다는 말": not yet. "되살린 70여 개를 빼고": not all.
            let always = text[r.clone()].ends_with(['온', '된', '한', '린', '난', '진', '낸']) && rest.starts_with('다');
            let some = text[r.clone()].ends_with(['린', '된', '한', ' ']) && rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
            let before = &text[window_back(text, r.start, 6).max(range.start).min(r.start)..r.start];
            // "정상 운용 중이라고 밝혔지만 여전히 느린 상황이 이어지고 있다": said, and not so.
            let gainsaid = {
                let close = &text[r.end..window(text, r.end, 18).min(range.end).max(r.end)];
                let turn = ["지만", "으나", "는데도", "음에도", "면서도"].iter().filter_map(|w| close.find(w).map(|i| r.end + i)).min();
                // "오후 6시 24분 복구를 마쳤지만": timed, it was done.
                let timed = text[window_back(text, r.start, 12).max(range.start).min(r.start)..r.start].contains(['시', '분'])
                    // "복구를 마쳤지만 일부 고객의 불편이 이어지고 있다": and yet it goes on.
                    && !["이어지고 있", "계속되고 있", "남아 있"].iter().any(|w| {
                        turn.is_some_and(|at| {
                            text[at..range.end].find(w).is_some_and(|n| ["고객", "이용자", "가입자"].iter().any(|c| text[at..at + n].contains(c)))
                        })
                    });
                // "오전 10시 15분쯤 “정상화됐다”고 했지만": so they said.
                let said = turn.is_some_and(|at| {
                    ["고 했", "고 밝", "고 알", "고 공지", "고 안내", "고 설명", "고 발표"].iter().any(|w| text[r.end..at].contains(w))
                });
                // "13일 주요 기능이 되살아났지만 일부 서비스는 아직 복구하는 중이다": mostly back, then.
                let mostly = text[window_back(text, r.start, 30).max(range.start).min(r.start)..r.start]
                    .rfind(|c: char| c.is_ascii_digit())
                    .is_some_and(|at| {
                        let told = &text[window_back(text, r.start, 30).max(range.start).min(r.start) + at..r.start];
                        ["주요 ", "대부분", "핵심 ", "거의 모든", "대다수"].iter().any(|w| told.contains(w))
                    });
                (!timed && !mostly || said)
                    && turn.is_some_and(|at| {
                        ongoing.iter().any(|o| o.start > at)
                        && ["여전히", "아직", "계속", "이어지", "지속", "반복", "고 있", "지나도록", "넘도록"].iter().any(|w| text[at..range.end].contains(w))
                        // "복구됐지만 원인은 아직 공개되지 않았다": what goes on is the search for the reason.
                        && !["원인", "이유", "까닭", "경위", "피해", "보상", "불만", "항의"].iter().any(|w| text[at..range.end].contains(w))
                    })
            };
            // "오류를 해결하고자": meant, not done; "악몽이 되살아난": what came back is no service.
            let meant = rest.starts_with("자 ") || rest.starts_with("거나") || ["악몽", "기억", "공포"].iter().any(|w| before.contains(w));
            // "10분 만에 복구되는가 싶더니 다시 멈췄다"
            let seemed = ["는가 싶", "나 싶", "는 듯", "는 것 같더니", "나 했더니"].iter().any(|w| rest.trim_start_matches('되').starts_with(w));
            // "그동안은 20분이면 고쳤는데": what it took at other times.
            let at_other_times = text[window_back(text, r.start, 4).max(range.start).min(r.start)..r.start].ends_with("이면 ");
            // "제대로 돌아가는지 지켜보는", "되살아나는 것을 확인하고 있다": asked, under way.
            let meant = meant || seemed || at_other_times || rest.starts_with("는지") || text[r.clone()].ends_with('나') && rest.starts_with("는 ");
            // "복구할 ", "정상화될 ": to come; but "복구가 끝나 주문할 수 있다".
            let to_come = ["할 ", "될 ", "낼 ", "칠 "].iter().any(|w| rest.starts_with(w))
                || rest.contains("수 있을")
                || text[r.clone()].ends_with('있') && rest.starts_with('을');
            // "정상으로 돌아온 뒤 보상 기준을 내놓겠다", "문제를 해결하고 오후에 다시 서비스할 예정": then, not now.
            let after_all = &text[r.end..window(text, r.end, 80).min(range.end).max(r.end)];
            let first = text[r.clone()].ends_with("고") || ["뒤 ", "후 ", "다음 "].iter().any(|w| after_all.trim_start().starts_with(w));
            let then = first && ["겠다", "겠습", "예정", "계획", "방침"].iter().any(|w| after_all.contains(w));
            // "다만 현금자동지급기는 정상 작동하고 있다", "일부 지역은 정상화됐다": what is well beside what is not.
            let head = &text[range.start..r.start.max(range.start)];
            let near_head = &text[window_back(text, r.start, 16).max(range.start).min(r.start)..r.start];
            let well = ["정상", "문제없이", "막힘없이", "무리 없이", "탈 없이", "별 탈 없이", "제대로"];
            let beside = well.iter().any(|w| text[r.clone()].starts_with(w))
                && ["다만", "한편", "반면"].iter().any(|w| head.trim_start().starts_with(w))
                && near_head.contains(['은', '는'])
                || ["은 ", "는 "].iter().any(|p| {
                    near_head.strip_suffix(p).is_some_and(|h| h.rfind("일부 ").is_some_and(|at| !h[at + "일부 ".len()..].contains(' ')))
                });
            // "점검 완료 시간을 늦춘다": when it is to be.
            let due = ["시간", "시각", "목표", "일정", "시한", "예상"].iter().any(|w| rest.trim_start().starts_with(w));
            // "접속이 돌아온 뒤에도 주문은 되지 않고 있다"
            let and_yet = ["뒤에도", "후에도", "뒤로도", "후로도"].iter().any(|w| rest.trim_start().trim_start_matches("이").starts_with(w));
            // "불을 끄고 전산을 되살린 다음에야 쓸 수 있다": not yet.
            let and_yet = and_yet
                || ["다음에야", "뒤에야", "후에야"].iter().any(|w| rest.trim_start().starts_with(w))
                    && after_all.chars().take(24).collect::<String>().contains("수 있다");
            // "인터넷은 97%, 무선통신은 63%가 되살아났다": of a part.
            let share = text[window_back(text, r.start, 8).max(range.start).min(r.start)..r.start].trim_end();
            let share =
                ["%가", "%만", "%를", "%", "퍼센트가", "%는", "%까지"].iter().any(|w| share.ends_with(w)) && !share.contains("100%");
            // "실물 카드가 있어야만 들어갈 수 있게 됐다"
            let only_if = text[window_back(text, r.start, 16).max(range.start).min(r.start)..r.start].contains("야만 ");
            // "할인권이 25일 오전 10시부터 풀리면서": what was let out was no failure.
            let let_out = text[r.clone()].starts_with('풀') && {
                let before = &text[window_back(text, r.start, 28).max(range.start).min(r.start)..r.start];
                RELEASED.iter().any(|w| before.contains(w))
            };
            !meant
                && !always
                && !some
                && !to_come
                && !due
                && !then
                && !beside
                && !and_yet
                && !share
                && !only_if
                && !let_out
                && !gainsaid
                && ![
                    "않",
                    "못",
                    "예정",
                    "계획",
                    "하겠",
                    "전망",
                    "위해",
                    "위한",
                    "려고",
                    "까지 ",
                    "되는 대로",
                    "하는 대로",
                    "하면",
                    "되면",
                    "돼야",
                    "때까지",
                    "목표",
                    "방침",
                    "시점",
                    "여부",
                    "없",
                    "것은 아니",
                    "건 아니",
                ]
                .iter()
                .any(|w| unconditional.contains(w))
        })
        .collect()
}

/// What is let out, sold, paid: "풀렸다" of these is no recovery.
const RELEASED: [&str; 19] = [
    "거리두기",
    "통제",
    "봉쇄",
    "할인권",
    "쿠폰",
    "티켓",
    "입장권",
    "승차권",
    "예매권",
    "물량",
    "재고",
    "좌석",
    "상품권",
    "지원금",
    "자금",
    "규제",
    "궁금증",
    "의문",
    "매물",
];

/// Whether the words after a word of failure tell it as having happened: a past ending, 고 있다, a state; or there is no predicate at all, as in a
/// headline.
pub(crate) fn happened(extractor: &Extractor, text: &str, clause: &Clause) -> bool {
    if clause.place == Place::Title {
        // "KT, 통신장애 보상 약관 개정": a rule for the case.
        return extractor.lexicon.cue(Cue::Policy, text, 0..text.len()).is_none();
    }
    let Some(from) = clause.symptoms.iter().filter(|s| s.strength > 1).map(|s| s.range.start).min() else { return false };
    let rest = &text[from..clause.range.end];
    // A past ending leaves ㅆ under its syllable; 있 and 겠 have it too.
    let past = rest.chars().any(|c| ('가'..='힣').contains(&c) && (c as u32 - 0xAC00) % 28 == 20 && c != '있' && c != '겠');
    // "멈춘 것이 계기다", "끊긴 뒤": so has a past adnominal before such a noun.
    let adnominal = {
        let letters: Vec<char> = rest.chars().collect();
        letters.windows(4).any(|w| {
            ('가'..='힣').contains(&w[1])
                && (w[1] as u32 - 0xAC00) % 28 == 4
                && !matches!(w[1], '는' | '은' | '산' | '신' | '전' | '안')
                && w[0] != '위'
                && w[2] == ' '
                && matches!(w[3], '것' | '뒤' | '후' | '바' | '지' | '데' | '탓' | '사' | '일')
        })
    };
    let state = [
        "고 있",
        "중이",
        "중인",
        "상태",
        "째",
        "입니다",
        "이다",
        "거든",
        "않는다",
        "없다",
        "안 된다",
        "습니다",
        "바 있",
        "적이 있",
        "적 있",
        "적도 있",
        "된 ",
        "한 것",
        "난 것",
        "던 ",
        "킨 ",
        // "지난해 10월 KT 네트워크 장애 사고를 계기로"
        "를 계기로",
        "사고 이후",
        "사태 이후",
        "사고 당시",
        "사태 당시",
        "후속 조치",
        // "곤욕을 치른 터라"
        " 터라",
        // "지난해 10월 서비스 장애 사태로 불편을 겪은 이용자에게 보상한다"
        "불편을 겪은 ",
        "피해를 입은 ",
        "피해를 본 ",
    ]
    .iter()
    .any(|w| rest.contains(w));
    // "3일과 4일 주문이 멈춘 키움증권을 점검한다": what has failed is named right behind.
    let of_name = clause.symptoms.iter().filter(|s| s.strength > 1).any(|s| {
        let last = text[s.range.clone()].chars().next_back();
        let past = last
            .is_some_and(|c| ('가'..='힣').contains(&c) && (c as u32 - 0xAC00) % 28 == 4 && !matches!(c, '는' | '은' | '전' | '산' | '신'));
        past && clause
            .affected()
            .any(|n| n.range.start > s.range.end && text[s.range.end..n.range.start].trim_matches(['‘', '\'', ' ']).is_empty())
    });
    // "2021년 10월 25일 일어난 전국 인터넷망 장애로, 3000만 회선이 여기에 든다"
    let head = &text[clause.range.start..from];
    let told_of = clause.times.iter().any(|t| {
        let after = text.get(t.expression.range.end..from).unwrap_or("").trim_start();
        t.role == TimeRole::Day && ["일어난 ", "발생한 ", "벌어진 ", "빚어진 ", "있었던 "].iter().any(|w| after.starts_with(w))
    }) && !head.is_empty();
    // "카카오톡 접속 장애 발생.": told in nouns.
    let noun = rest.trim_end().trim_end_matches('.');
    let told_in_nouns = ["장애 발생", "오류 발생", "먹통", "불통", "장애 중", "복구 완료"].iter().any(|w| noun.ends_with(w));
    past || adnominal || told_in_nouns || state || of_name || told_of || !rest.trim_end().ends_with(['.', '다', '요', '”', '"'])
}

/// What was announced ahead. An emergency is not, whatever it is called: "긴급 서버 점검".
fn planned(
    extractor: &Extractor,
    marks: &Marks,
    text: &str,
    range: &Range<usize>,
    times: &[&Expression],
    published: Option<Moment>,
) -> Option<Range<usize>> {
    // "20일 오후 8시부터 접속할 수 없다", told at ten: it has begun.
    let begun = |r: &Range<usize>| {
        text[r.clone()].starts_with("부터")
            && text[r.clone()].contains("수 없다")
            && times.iter().any(|e| {
                e.relation == Some(Relation::From)
                    && (e.range.end == r.start || e.range.contains(&r.start))
                    && e.start()
                        .zip(published)
                        .is_some_and(|(from, now)| from.has_clock() && if now.has_clock() { from <= now } else { from.date() < now.date() })
            })
    };
    // "전산 정비 작업을 하다 문제가 생겨": what went wrong in it was not announced.
    let went_wrong = |r: &Range<usize>| {
        let rest = text[r.end..range.end.max(r.end)].trim_start_matches(['을', '를', ' ']);
        let rest = rest.strip_prefix("작업").unwrap_or(rest).trim_start_matches(['을', '를', ' ']);
        ["하다 ", "하다가 ", "하던 ", "벌이다 ", "벌이던 ", "진행하다 ", "진행하던 ", "도중 ", "도중에 ", "중 ", "과정에서 "]
            .iter()
            .find_map(|w| rest.strip_prefix(w))
            .is_some_and(|rest| {
                let near = &rest[..window(rest, 0, 16)];
                [
                    "문제가",
                    "문제를",
                    "오류가",
                    "오류를",
                    "장애가",
                    "장애를",
                    "사고가",
                    "사고를",
                    "이상이",
                    "탈이",
                    "결함이",
                    "에러가",
                    "말썽",
                    "고장",
                    "먹통",
                    "멈",
                    "다운",
                    "끊",
                    "실수",
                ]
                .iter()
                .any(|w| near.contains(w))
            })
    };
    // "아직 쓸 수 없다"
    let still = |r: &Range<usize>| ["여전히 ", "아직 ", "아직도 ", "지금도 ", "현재도 "].iter().any(|w| text[r.clone()].contains(w));
    // "시스템 점검 팝업이 뜨면서 들어가지 못했다": what users were shown.
    let shown = |r: &Range<usize>| {
        let rest = text[r.end..].trim_start();
        ["팝업", "화면이", "화면만", "문구", "메시지", "안내창", "안내 창"].iter().any(|w| rest.starts_with(w))
    };
    // "긴급 서버 점검을 이유로 거래를 멈춘다고 공지했다": nobody announced it ahead.
    let forced = |r: &Range<usize>| {
        let before = &text[window_back(text, r.start, 60).max(range.start).min(r.start)..r.start];
        ["긴급 점검을 이유로", "긴급 서버 점검을 이유로", "긴급 시스템 점검을 이유로", "긴급점검을 이유로"]
            .iter()
            .any(|w| before.contains(w))
    };
    let not_planned = |r: &Range<usize>| begun(r) || went_wrong(r) || still(r) || shown(r) || forced(r);
    extractor.lexicon.cues_in(marks, Cue::Planned, text, range.clone()).into_iter().filter(|r| !not_planned(r)).find(|r| {
        let before = text[window_back(text, r.start, 6)..r.start].trim_end();
        !["긴급", "긴급한", "임시", "돌발", "비상"].iter().any(|w| before.ends_with(w))
    })
}

/// "서비스 장애가 5년간 66건에 이르는": a count over years, from the `end` of the words on.
fn over_years(text: &str, end: usize) -> bool {
    let rest = &text[end..window(text, end, 24)];
    let rest = rest.split(['.', ',', '\n']).next().unwrap_or(rest);
    ["년간 ", "년 동안 ", "년 새 ", "개월간 "].iter().filter_map(|w| rest.find(w).map(|at| (at, &rest[at + w.len()..]))).any(
        |(at, count)| {
            let count = ["모두 ", "총 ", "무려 "].iter().find_map(|w| count.strip_prefix(w)).unwrap_or(count);
            let counted = count.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
            rest[..at].ends_with(|c: char| c.is_ascii_digit())
                && counted.len() < count.len()
                && ["건", "회", "번", "차례"].iter().any(|u| counted.trim_start().starts_with(u))
        },
    )
}

/// Whether a syllable closes a past stem: 났, 졌, 했.
fn is_past_stem(syllable: char) -> bool {
    const FINALS: u32 = 28;
    const DOUBLE_SIOT: u32 = 20;
    ('가'..='힣').contains(&syllable) && (syllable as u32 - '가' as u32) % FINALS == DOUBLE_SIOT
}

/// "걸핏하면 먹통인데", "툭하면 오류에" in a headline: how often, and none in particular.
fn often(sentence: &str, symptom: usize) -> bool {
    // A report says it of what it goes on to tell.
    if sentence.trim_end_matches(['.', '”', '"', '’', '\'', ' ']).ends_with(['다', '요']) {
        return false;
    }
    let before = &sentence[window_back(sentence, symptom, 14)..symptom];
    ["걸핏하면 ", "툭하면 ", "심심하면 ", "번번이 ", "잊을 만하면 ", "시도 때도 없이 "]
        .iter()
        .filter_map(|w| before.rfind(w).map(|at| &before[at + w.len()..]))
        .any(|between| !between.contains(['.', ',', '…']))
}

/// "그동안 여러 번 서비스가 끊겼다", "지난 1년간 장애를 겪었고", "장애가 잦자": how often, and none in particular. `symptom`: where its words stand;
/// `on_a_day`: whether the sentence has a day.
fn again_and_again(text: &str, sentence: &Range<usize>, symptom: &Range<usize>, on_a_day: bool) -> bool {
    if ["가 잦", "이 잦"].iter().any(|w| text[symptom.end..].starts_with(w)) {
        return true;
    }
    if on_a_day || !text[sentence.clone()].trim_end_matches(['.', '”', '"', '’', '\'']).ends_with(['다', '요']) {
        return false;
    }
    let before = &text[window_back(text, symptom.start, 22).max(sentence.start).min(symptom.start)..symptom.start];
    let years = ["년간 ", "년 동안 ", "개월간 "]
        .iter()
        .filter_map(|w| before.rfind(w))
        .any(|at| before[..at].ends_with(|c: char| c.is_ascii_digit()) && ["지난 ", "최근 "].iter().any(|w| before[..at].contains(w)));
    let times = ["여러 번 ", "여러번 ", "여러 차례 ", "수차례 "]
        .iter()
        .filter_map(|w| before.rfind(w))
        .any(|at| !before[at..].contains([',', '.']));
    years || times
}

/// "카카오톡의 잦은 장애에 대해 9월 현장 점검을 벌이고": many together, whatever day stands beside them.
fn of_many(text: &str, symptom: &Range<usize>) -> bool {
    let before = text[window_back(text, symptom.start, 8)..symptom.start].trim_end();
    // "나스닥이 예전에도 여러 차례 멈췄다"
    let earlier = &text[window_back(text, symptom.start, 40)..symptom.start];
    let often = ["예전에도", "과거에도", "이전에도", "그동안"].iter().filter_map(|w| earlier.rfind(w)).max().is_some_and(|at| {
        let between = &earlier[at..];
        !between.contains(['.', '“', '"']) && ["여러 차례", "여러 번", "수차례", "몇 차례"].iter().any(|w| between.contains(w))
    });
    often || ["잦은", "잦은 서비스", "빈번한", "반복되는", "되풀이되는", "크고 작은"].iter().any(|w| before.ends_with(w))
}

type Rejected = Vec<(SymptomMatch, Rejection)>;

fn judge(
    extractor: &Extractor,
    marks: &Marks,
    text: &str,
    sentence: &Range<usize>,
    symptoms: Vec<SymptomMatch>,
    times: &[&Expression],
    published: Option<Moment>,
) -> (Vec<SymptomMatch>, Rejected) {
    if symptoms.is_empty() {
        return (symptoms, Vec::new());
    }
    let lexicon = &extractor.lexicon;
    // "지난해 9월 접속 장애가 났을 때 보상한 적이 있다": then it did.
    let past = times.iter().filter(|e| dated(e)).find(|e| {
        super::reading::start_of(&e.value).zip(published).is_some_and(|(m, p)| m.date() < p.date() && m.precision() >= Precision::Month)
    });
    let then = |r: &Range<usize>| {
        past.is_some_and(|day| day.range.end <= r.start)
            && text[r.clone()].strip_suffix("을 때").is_some_and(|before| before.ends_with(is_past_stem))
    };
    // "작년 11월 KT 아현국사 화재 같은 통신장애가 일어나면", "지난해 10월 카카오톡 먹통 같은 일": what is taken as an example did happen.
    let example = |symptom: &Range<usize>| {
        past.and_then(|day| text.get(day.range.end..symptom.start)).is_some_and(|between| {
            between.chars().count() <= 30 && !between.contains(['.', ',', '…']) && {
                let (before, rest) = (between.trim_end(), &text[symptom.end..]);
                [" 같은 ", "과 같은 ", "와 같은 ", " 사태 같은 ", "처럼 "].iter().any(|w| rest.starts_with(w))
                    || ["화재", "정전", "사고", "사태", "대란"]
                        .iter()
                        .any(|w| [" 같은", "와 같은", "처럼"].iter().any(|like| before.strip_suffix(like).is_some_and(|b| b.ends_with(w))))
            }
        })
    };
    let hypothetical: Vec<Range<usize>> =
        lexicon.cues_in(marks, Cue::Hypothetical, text, sentence.clone()).into_iter().filter(|r| !then(r)).collect();
    let denied: Vec<Range<usize>> =
        lexicon.cues_in(marks, Cue::Denied, text, sentence.clone()).into_iter().filter(|r| !negated(text, r.end)).collect();
    let planned = planned(extractor, marks, text, sentence, times, published);
    // "거래 240만 건이 멈췄다", "신고가 3만 건": what one outage did is no count of outages.
    let statistics = lexicon.cues_in(marks, Cue::Statistics, text, sentence.clone()).into_iter().find(|r| {
        let before = &text[window_back(text, r.start, 14).max(sentence.start).min(r.start)..r.start];
        !text[r.clone()].starts_with(|c: char| c.is_ascii_digit())
            || ![
                "거래",
                "신고",
                "주문",
                "결제",
                "접수",
                "제보",
                "송금",
                "이체",
                "메시지",
                "예약",
                "글",
                "요청",
                "호출",
                "택배",
                "청약",
                "계약",
                "문의",
                "민원",
            ]
            .iter()
            .any(|w| before.contains(w))
    });
    // "약관에 ‘서버 장애가 발생한 경우 책임을 지지 않는다’고 적어 두었다": what a rule says of any of them.
    let disclaimed = {
        let words = &text[sentence.clone()];
        ["면책", "책임을 지지", "책임지지", "책임이 면제", "책임에서", "책임이 없다"].iter().any(|w| words.contains(w))
            && ["약관", "조항", "규정", "경우", "사유"].iter().any(|w| words.contains(w))
    };
    let has_day = times.iter().any(|e| match &e.value {
        Value::Moment(m) => m.precision() >= crate::temporal::Precision::Month,
        Value::Span { start, .. } => start.is_some_and(Moment::has_clock),
        Value::Duration(_) => false,
    });
    let fault = symptoms.iter().any(|s| s.strength == 3 || matches!(s.word.as_deref(), Some("장애" | "오류" | "먹통" | "다운" | "마비")));
    let mut kept = Vec::new();
    let mut rejected = Vec::new();
    for symptom in symptoms {
        let touches = |r: &Range<usize>| r.start < symptom.range.end && symptom.range.start < r.end;
        let near = |r: &Range<usize>| {
            r.start >= symptom.range.start && r.start < window(text, symptom.range.end, 12)
                || r.end <= symptom.range.start && window(text, r.end, 12) > symptom.range.start
        };
        let reason = if denied.iter().any(&touches) {
            Some(Rejection::Denied)
        } else if !example(&symptom.range) && (hypothetical.iter().any(|r| touches(r) || near(r)) || disclaimed && !has_day) {
            Some(Rejection::Hypothetical)
        } else if often(&text[sentence.clone()], symptom.range.start - sentence.start) {
            Some(Rejection::Statistics)
        } else if planned.is_some() && !fault {
            Some(Rejection::Planned)
        } else if statistics.is_some() && !has_day
            || of_many(text, &symptom.range)
            || over_years(text, symptom.range.end)
            || again_and_again(text, sentence, &symptom.range, times.iter().any(|e| dated(e)))
        {
            Some(Rejection::Statistics)
        } else if days_after(text, sentence, &symptom.range, times) || asked_whether_linked(text, &symptom.range) {
            Some(Rejection::Earlier)
        } else {
            None
        };
        match reason {
            Some(reason) => rejected.push((symptom, reason)),
            None => kept.push(symptom),
        }
    }
    (kept, rejected)
}

/// "지난 20일 방송사 전산망이 멎은 일과 관련이 있는지 조사하고 있다": another failure, of which it is only asked.
fn asked_whether_linked(text: &str, symptom: &Range<usize>) -> bool {
    let near = &text[symptom.end..window(text, symptom.end, 24)];
    let near = near.split(['.', ',', '\n']).next().unwrap_or("");
    ["일과", "사건과", "사고와", "사태와", "장애와", "공격과"].iter().filter_map(|w| near.find(w)).min().is_some_and(|at| {
        ["관련이 있는지", "관련 있는지", "관련됐는지", "관련된 것인지", "이어지는지", "연관이 있는지", "연관됐는지"]
            .iter()
            .any(|w| near[at..].contains(w))
    })
}

/// "지메일 또 먹통… 유튜브 먹통 이틀 만에", "페이스북이 멈춘 지 한 달 만이다": what it is so long after, and no more of it is told.
fn days_after(text: &str, sentence: &Range<usize>, symptom: &Range<usize>, times: &[&Expression]) -> bool {
    let distance = |e: &Expression| matches!(e.value, Value::Duration(minutes) if minutes >= 1440.0);
    if !times.iter().any(|e| distance(e)) {
        return false;
    }
    let head = &text[window_back(text, symptom.start, 30).max(sentence.start).min(symptom.start)..symptom.start];
    let this_one = ONCE_MORE.iter().any(|w| head.split('…').next_back().is_some_and(|h| h.contains(w)));
    // Beside a failure that came again, or in a line of its own above the text; what was over so long after is told by its recovery.
    let again = ONCE_MORE.iter().any(|w| text[..symptom.start].contains(w));
    let over = ["복구", "정상", "재개", "되살", "풀렸", "사퇴"].iter().any(|w| text[sentence.clone()].contains(w));
    let line = text[..sentence.start].rfind('\n').map_or(0, |i| i + 1);
    let deck = text.len() > 400 && !text[line..sentence.end].contains("다.") && text[..line].trim().chars().count() < 200;
    // "지난 26일 저녁 화재로 끊긴 지 사흘 만입니다": its day is told.
    let dated_before = times.iter().any(|e| e.range.end <= symptom.start && e.range.start >= sentence.start && dated(e));
    !this_one
        && (again || deck)
        && !over
        && !dated_before
        && times.iter().any(|e| {
            let gap = text.get(symptom.end..e.range.start).unwrap_or("…").trim_end();
            let rest = text[e.range.end..].trim_start();
            let rest = rest.strip_prefix('만').map_or(rest, |r| r.strip_prefix('에').unwrap_or(r));
            let said = &text[e.range.start..window(text, e.range.end, 4)];
            distance(e)
                && said.contains('만')
                && (gap.is_empty() || gap.chars().count() <= 14 && gap.ends_with(" 지"))
                && (rest.is_empty() || rest.starts_with(['…', '\n', '.']) || rest.starts_with("이다.") || rest.starts_with("입니다."))
        })
}

/// The items of a sentence that lists outages by their dates: "△2018년 11월 … △2021년 10월 …". None where an item has no date at its head.
fn dated_items(text: &str, sentence: &Range<usize>, times: &[&Expression]) -> Vec<Range<usize>> {
    let marks: Vec<(usize, usize)> = text[sentence.clone()]
        .char_indices()
        .filter(|(_, c)| matches!(c, '△' | '▲' | '▷' | '▶' | '◇' | '◆' | '○' | '●' | '①'..='⑳'))
        .map(|(i, c)| (sentence.start + i, sentence.start + i + c.len_utf8()))
        .collect();
    if marks.len() < 2 {
        return Vec::new();
    }
    let headed = |(_, from): &(usize, usize)| {
        times.iter().any(|e| {
            let coarse = matches!(e.value, Value::Moment(_) | Value::Span { .. });
            coarse && e.range.start >= *from && dated(e) && text[*from..e.range.start].trim().is_empty()
        })
    };
    if !marks.iter().all(headed) {
        return Vec::new();
    }
    let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([sentence.end]);
    let items: Vec<Range<usize>> = marks.iter().zip(ends).map(|((_, from), to)| *from..to).collect();
    // "▲1월 17일 ▲5월 8일 등 두 차례 장애를 냈다": of bare dates the sentence around them tells.
    let told = |item: &Range<usize>| {
        let date = times.iter().filter(|e| item.contains(&e.range.start)).map(|e| e.range.end).min().unwrap_or(item.end);
        text[date.min(item.end)..item.end].chars().filter(|c| c.is_alphanumeric()).count() >= 4
    };
    if items.iter().all(told) { items } else { Vec::new() }
}

/// "지난 10월 25일 통신장애를 낸 | KT 통신망이 또다시 탈이 났다": what is said of the name that follows is of another time.
fn recalled_of_next(text: &str, range: &Range<usize>, sentence: &Range<usize>) -> Option<Range<usize>> {
    let word = FAILED_ONCE.iter().find(|w| text[range.clone()].ends_with(**w))?;
    let again = ["또다시", "또 ", "재차", "다시 멈", "다시 끊", "다시 장애", "다시 먹통", "다시 오류", "다시 탈", "다시 말썽"]
        .iter()
        .any(|w| text[range.end..sentence.end.max(range.end)].contains(w));
    again.then(|| range.end - word.len()..range.end - 1)
}

/// What tells a clause as the past. "한편 페이스북도 불통이다" turns to something else, and to nothing past.
fn looks_back(extractor: &Extractor, marks: &Marks, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let now = || {
        let told = text[range.clone()].trim_end();
        ["불통이다.", "먹통이다.", "상태다.", "않는다.", "있다.", "없다.", "중이다.", "않고 있다.", "먹통입니다.", "있습니다."]
            .iter()
            .any(|w| told.ends_with(w))
    };
    extractor
        .lexicon
        .cues_in(marks, Cue::Background, text, range.clone())
        .into_iter()
        // "레딧과 스포티파이 등에도 접속 장애가 나타났다": others beside, no other time.
        .find(|r| {
            let words = &text[r.clone()];
            // "3월과 8월 등에도" is of other times all the same.
            let others = || {
                let near = &text[window_back(text, r.start, 12).max(range.start).min(r.start)..r.start];
                near.ends_with('등') && !near.contains(['년', '월', '일'])
            };
            !(words.starts_with("한편") && now() || words.starts_with("에도") && others())
        })
}

/// Of what has failed once: "장애를 낸", "장애를 겪은".
const FAILED_ONCE: [&str; 8] = ["를 낸 ", "을 낸 ", "를 일으킨 ", "을 일으킨 ", "를 겪은 ", "을 겪은 ", "를 빚은 ", "을 빚은 "];

/// Cuts a sentence where a new statement with a day or a service of its own begins.
fn split(text: &str, sentence: &Range<usize>, names: &[Name], symptoms: &[SymptomMatch], times: &[&Expression]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let bytes = &text[sentence.clone()];
    let mut previous = ' ';
    for (i, c) in bytes.char_indices() {
        // A connective ending (…했고, …했으며, …했지만, …한 데 이어) before a comma or a space.
        if (c == ' ' || c == ',') && matches!(previous, '고' | '며' | '만' | '데' | '나' | '니' | '어' | '서' | '뒤' | '자') {
            let at = sentence.start + i + c.len_utf8();
            if c == ',' || matches!(previous, '고' | '며' | '만' | '데' | '어') {
                cuts.push(at);
            }
        }
        if c == ' ' && FAILED_ONCE.iter().any(|w| bytes[..i + 1].ends_with(w)) {
            cuts.push(sentence.start + i + 1);
        }
        if c == '…' || c == '△' || c == '▲' || c == ';' {
            cuts.push(sentence.start + i + c.len_utf8());
        }
        previous = c;
    }
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut start = sentence.start;
    for cut in cuts {
        if cut <= start || cut >= sentence.end {
            continue;
        }
        let left = start..cut;
        let right = cut..sentence.end;
        let has_symptom = |r: &Range<usize>| symptoms.iter().any(|s| s.strength > 1 && r.contains(&s.range.start));
        let days = |r: &Range<usize>| -> Vec<String> {
            times
                .iter()
                .filter(|e| r.contains(&e.range.start) && dated(e))
                .filter_map(|e| match &e.value {
                    Value::Moment(m) => Some(m.to_string().chars().take(10).collect()),
                    Value::Span { start: Some(m), .. } => Some(m.to_string().chars().take(10).collect()),
                    _ => None,
                })
                .collect()
        };
        let services = |r: &Range<usize>| -> Vec<&ServiceRef> {
            names.iter().filter(|n| n.role == NameRole::Affected && r.contains(&n.range.start)).map(|n| &n.service).collect()
        };
        if !has_symptom(&left) || !has_symptom(&right) {
            continue;
        }
        let (left_days, right_days) = (days(&left), days(&right));
        let other_day = !right_days.is_empty() && right_days.iter().any(|d| !left_days.contains(d)) && !left_days.is_empty();
        let (left_services, right_services) = (services(&left), services(&right));
        // "키움증권의 HTS가 오류를 낸 데 이어 이번에는 신한금융투자 MTS가"
        let this_time = || text[right.clone()].trim_start().starts_with("이번에") || text[right.clone()].trim_start().starts_with("이번엔");
        let other_service = !left_services.is_empty()
            && !right_services.is_empty()
            && right_services.iter().all(|s| !left_services.contains(s))
            && (times.iter().any(|e| right.contains(&e.range.start)) || this_time());
        let once_before = !left_days.is_empty() && right_days.is_empty() && recalled_of_next(text, &left, sentence).is_some();
        if other_day || other_service || once_before {
            out.push(left);
            start = cut;
        }
    }
    out.push(start..sentence.end);
    out
}
