//! Which part each time plays in its clause: when it began, when it was over, how long, on which day, or beside it.

use std::ops::Range;

use super::Extractor;
use super::clause::{Clause, Time, TimeRole, dated, window, window_back};
use super::lexicon::{Cue, Lexicon, Marks};
use crate::record::Place;
use crate::temporal::{ATTRIBUTED, Expression, Modifier, Moment, Precision, Relation, Value};

/// "5월 말", "지난해 초": a stretch of days within a month or a year says the month or the year and no more.
fn stretch_of_days(text: &str, e: &Expression) -> Option<Expression> {
    let Value::Span { start: Some(start), end: Some(end) } = e.value else { return None };
    if start.has_clock() || end.has_clock() || start.precision() < Precision::Day {
        return None;
    }
    let words = &text[e.range.clone()];
    let of_a_year = words.contains(['년', '해', '연']) && !words.contains(['월', '달']);
    let parts: &[Precision] = if of_a_year { &[Precision::Year] } else { &[Precision::Month, Precision::Year] };
    let part = parts.iter().copied().find(|p| Moment::new(start.at(), *p) == Moment::new(end.at(), *p))?;
    let long = start.date().until(end.date()).is_ok_and(|s| s.get_days() >= 7);
    long.then(|| Expression { value: Value::Moment(Moment::new(start.at(), part)), parts: None, ..e.clone() })
}

/// "오후 3시께 접속 장애가 모두 복구됐다": the failure is what was ended, and the time is the end's. "멈췄다가 복구됐다" tells of both.
fn ends_the_failure(text: &str, clause: &Clause, from: usize, recovery: usize) -> bool {
    let Some(failure) = clause.symptoms.iter().filter(|s| s.range.start >= from && s.range.start < recovery).max_by_key(|s| s.range.end)
    else {
        return false;
    };
    // A recovery's pattern may begin with what failed: "장애가 해소됐다".
    let gap = text.get(failure.range.end..recovery).unwrap_or("");
    let noun = !["가 나", "이 나"].iter().any(|w| text[failure.range.clone()].ends_with(w))
        && !text[failure.range.clone()]
            .ends_with(['생', '났', '졌', '됐', '췄', '춰', '겪', '켰', '난', '진', '해', '돼', '겨', '혀', '려']);
    let particle = gap.is_empty() || gap.starts_with([' ', '가', '이', '은', '는', '를', '을', '도', '던', '의', '율', '률', '된', '됐']);
    noun && particle
        && gap.chars().count() <= 14
        && !gap.contains(|c: char| c.is_ascii_digit())
        && ![
            "다가", "다 ", "나 ", "고 ", "며 ", "해 ", "돼 ", "으나", "지만", "후 ", "뒤 ", "만에", "발생", "났", "겪", "일어", "시작", ",",
        ]
        .iter()
        .any(|w| gap.contains(w))
}

/// "오후 5시 10분쯤 “장애가 복구됐다”며": the time is of the statement that opens right behind it, not of what is said in it.
fn spoken_at(text: &str, from: usize, to: usize, end: usize) -> bool {
    let Some(between) = text.get(from..to) else { return false };
    let Some(open) = between.find(['“', '"']) else { return false };
    let first = &between[..open];
    let said = text[to..end.max(to)].find(['”', '"']).map(|i| text[to + i..end].chars().skip(1).take(12).collect::<String>());
    first.chars().count() <= 24
        && said.is_some_and(|s| ["며", "고 ", "라며", "라고", "면서", "는 "].iter().any(|w| s.trim_start().starts_with(w)))
}

/// "14일 오전 1시께 접속 마비에 대한 사과문을 올리고": the failure is what the notice is about.
fn only_spoken_of(text: &str, clause: &Clause, symptom: usize) -> bool {
    let Some(failure) = clause.symptoms.iter().find(|s| s.range.start == symptom) else { return false };
    let rest = &text[failure.range.end..window(text, failure.range.end, 22).min(clause.range.end).max(failure.range.end)];
    // "장애를 알아챘다고 공지했다"
    let noticed = ["를 ", "을 "]
        .iter()
        .filter_map(|w| rest.strip_prefix(w))
        .any(|r| ["알아챘다고", "알아챘다며", "인지했다고", "파악했다고", "확인했다고"].iter().any(|w| r.starts_with(w)));
    if noticed {
        return true;
    }
    if followed_up(text, failure.range.end) {
        return true;
    }
    let theme = ["에 대한 ", "에 대해 ", "에 관한 ", " 관련 ", "와 관련해 ", "과 관련해 ", " 사실을 ", " 사과문"].iter().any(|w| {
        let rest = rest.trim_start_matches(['’', '\'', '”', '"']);
        rest.starts_with(w) || rest.strip_prefix(" 사태").or(rest.strip_prefix(" 사고")).is_some_and(|r| r.starts_with(w))
    });
    theme && ["사과", "해명", "입장", "공지", "안내", "설명", "알렸", "알리", "게시", "문자"].iter().any(|w| rest.contains(w))
}

/// What how long something had been open is told behind: "문을 연 지 3분 만에".
pub(crate) const SINCE_OPENING: [&str; 9] =
    ["연 지", "열린 지", "시작한 지", "시작된 지", "출시한 지", "출시된 지", "개통한 지", "나온 지", "오픈한 지"];

/// "LJ432편이": the number of a flight.
fn is_flight(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
    word.len() - number.len() == 2
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('편')
}

/// "낮 12시 20분께 일부 다시 열렸지만 붙었다 끊겼다를 되풀이했다": when a part was back for a while. `between`: from the time to the failure.
fn opened_again(between: &str) -> bool {
    ["다시 열렸", "복구됐", "복구되", "재개됐", "재개했", "되살아났", "돌아왔"]
        .iter()
        .filter_map(|w| between.find(w))
        .any(|at| ["지만", "으나", "다가 ", "는데"].iter().any(|w| between[at..].contains(w)) && !between[..at].contains(['.', ',']))
}

/// "29일 서비스 장애 피해지원 계획을 내놓고", "장애와 관련한 자료를 낼 계획이다": what is made of a failure, from the `end` of its words on.
pub(crate) fn followed_up(text: &str, end: usize) -> bool {
    let rest = &text[end..window(text, end, 30)];
    let rest = rest.split(['.', ',', '\n']).next().unwrap_or(rest);
    let of_it = [
        " 피해지원",
        " 피해 지원",
        " 피해보상",
        " 피해 보상",
        " 보상",
        " 배상",
        " 재발방지",
        " 재발 방지",
        " 후속 조치",
        " 대책",
        " 관련 자료",
        "와 관련한 자료",
        "와 관련된 자료",
        "와 관련해 자료",
    ];
    of_it.iter().filter_map(|w| rest.strip_prefix(w)).any(|r| {
        ["내놓", "내놨", "낼 ", "냈", "내라", "발표", "밝혔", "공개", "마련", "논의", "지급", "제출", "시작", "확정"]
            .iter()
            .any(|w| r.contains(w))
    })
}

/// "초특가 판매를 5일까지 진행한다", "쿠폰은 오후 4시부터 8시까지 쓸 수 있다": hours of something else, where nothing is said to have been barred.
pub(crate) fn hours_of_something_else(sentence: &str) -> bool {
    let hours =
        ["쓸 수 있", "할 수 있", "행사", "이벤트", "쿠폰", "할인", "예매", "판매", "공연", "경기", "작업", "진행한다", "진행된다", "운영"];
    let barred = ["못", "않", "없", "막", "안 ", "멈", "끊", "불편", "차질", "지연", "늦", "중단", "보상"];
    hours.iter().any(|w| sentence.contains(w)) && !barred.iter().any(|w| sentence.contains(w))
}

/// Whether a private person is the subject: "A씨는", "김모(34)씨가"; but 날씨는, 솜씨가.
fn person_in(text: &str) -> bool {
    ["씨는", "씨가", "씨도", "씨("]
        .iter()
        .any(|w| text.match_indices(w).any(|(at, _)| !text[..at].ends_with(['날', '솜', '불', '글', '말', '음'])))
}

/// "A씨는 6시간 동안 차 안에 갇혀 지냈다": a time that one person went through.
fn ordeal(text: &str, clause: &Clause, time: &Expression) -> bool {
    let (from, to) = (clause.range.start, clause.range.end.max(time.range.end));
    person_in(&text[from..time.range.start.max(from)])
        && ["갇혀", "갇힌", "꼼짝", "기다렸", "기다려", "매달렸", "매달려", "헤맸", "발이 묶"]
            .iter()
            .any(|w| text[time.range.end..to].contains(w))
}

/// "◀ INT ▶ 병원 이용객: “9시부터 기다렸지”": whether a place lies in what a person in the street is heard to say in a broadcast.
fn interviewed(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let head = text[..line].trim_end();
    let before = &head[head.rfind('\n').map_or(0, |i| i + 1)..];
    text[line..].trim_start().starts_with(['"', '“'])
        && before.contains('▶')
        && ["INT", "SYNC", "인터뷰", "녹취"].iter().any(|w| before.contains(w))
}

/// "지난 3~4일 이틀 내리": on each of the days. `after`: what follows them.
pub(crate) fn on_each_day(after: &str) -> bool {
    [" 이틀 내리", " 이틀 연속", " 연이틀", " 이틀 연달아", " 이틀 잇따라", " 이틀간 잇따라", " 사흘 내리", " 사흘 연속"]
        .iter()
        .any(|w| after.starts_with(w))
}

/// "들어갈 수 없다는 신고가 들어왔다". `told`: from the failure on.
fn report_came_in(told: &str) -> bool {
    let near = &told[..window(told, 0, 24)];
    let report = ["신고가", "신고를", "민원이", "제보가", "문의가", "보고가"]
        .iter()
        .any(|w| near.match_indices(w).any(|(at, _)| near[..at].ends_with("다는 ") || near[..at].ends_with("라는 ")));
    report && ["들어왔", "접수됐", "들어와", "접수돼"].iter().any(|w| told.contains(w))
}

/// "0시에 문을 열었지만 오전 10시부터": what stands behind a clock is the opening, and the failure has a clock of its own.
fn opened_first(between: &str) -> bool {
    ["문을 열", "열었", "개통했", "출시했", "시작했", "시작됐"].iter().filter_map(|w| between.find(w)).min().is_some_and(|at| {
        between[..at].chars().count() <= 14
            && ["시부터", "분부터", "시쯤부터", "시께부터", "분께부터", "분쯤부터"].iter().any(|w| between[at..].contains(w))
    })
}

/// "부터 서비스를 정상 재개한다고 밝혔다". `after`: what follows the hour.
fn resumes(after: &str) -> bool {
    let near = &after[..window(after, 0, 30)];
    [
        "새 주문을 받았",
        "새 주문을 받기",
        "거래가 열렸",
        "재개한다고",
        "재개된다고",
        "정상화한다고",
        "정상화된다고",
        "다시 연다고",
        "다시 문을 연다고",
        "복구한다고",
    ]
    .iter()
    .filter_map(|w| near.find(w))
    .any(|at| !near[..at].contains(['.', ',', '“', '"']))
}

/// Whether a past day, month or year stands right behind a place; not "8일 지난달에 이어 또".
fn another_day_follows(text: &str, at: usize) -> bool {
    let rest = &text[at..window(text, at, 24)];
    let Some(rest) = rest.strip_prefix(' ') else { return false };
    let year = rest.get(..4).is_some_and(|y| y.bytes().all(|b| b.is_ascii_digit())) && rest[4..].starts_with('년');
    let told = year || ["지난해 ", "작년 ", "재작년 ", "지난달 ", "지난 "].iter().any(|w| rest.starts_with(w));
    told && rest.contains(|c: char| c.is_ascii_digit()) && !rest.contains("에 이어")
}

/// "1시 54분까지 이어졌다고 했다가 풀린 시각을 1시 50분으로 고쳤다": whether a time is what was taken back, and whether it is what was said instead.
fn corrected(text: &str, time: &Range<usize>) -> (bool, bool) {
    const AMENDED: [&str; 7] = ["정정했", "고쳤", "고쳐 ", "바로잡", "수정했", "정정해", "번복"];
    let rest = &text[time.end..window(text, time.end, 120)];
    let rest = rest.split('\n').next().unwrap_or(rest);
    let rest = rest.split(". ").next().unwrap_or(rest);
    let taken_back = ["했다가", "추정했다가", "밝혔다가", "알렸다가", "발표했다가", "공지했다가", "전했다가", "봤다가", "알려졌다가"]
        .iter()
        .filter_map(|w| rest.find(w))
        .min()
        .is_some_and(|at| rest[at..].contains(|c: char| c.is_ascii_digit()) && AMENDED.iter().any(|w| rest[at..].contains(w)));
    let instead = ["으로 ", "로 "].iter().find_map(|w| rest.strip_prefix(w)).is_some_and(|r| AMENDED.iter().any(|w| r.starts_with(w)));
    (taken_back, instead)
}

/// "16시 일부 재생 오류가 있던 영화를 복구했으며": the failure is only what was mended, and a part of it.
fn mended_in_part(lexicon: &Lexicon, marks: &Marks, text: &str, clause: &Clause, symptom: usize) -> bool {
    let Some(failure) = clause.symptoms.iter().find(|s| s.range.start == symptom) else { return false };
    let rest = failure.range.end..clause.range.end.max(failure.range.end);
    lexicon.cue_in(marks, Cue::Recovery, text, rest.clone()).is_some_and(|r| {
        !clause.recovery.iter().any(|own| own.start < r.end && r.start < own.end)
            && text[rest.start..r.start.max(rest.start)].contains("던 ")
    })
}

pub(crate) fn role_of_time(extractor: &Extractor, marks: &Marks, text: &str, clause: &Clause, e: &Expression) -> Time {
    if let Some(coarse) = stretch_of_days(text, e) {
        return role_of_time(extractor, marks, text, clause, &coarse);
    }
    let lexicon = &extractor.lexicon;
    let rest = e.range.end..clause.range.end.max(e.range.end);
    let has_clock = e.start().is_some_and(|m| m.has_clock());
    // "복구 시각: 8일 13:55": a line of a notice.
    let label = text[window_back(text, e.range.start, 12)..e.range.start].trim_end_matches([' ', ':', '：', '-', '=']);
    if has_clock
        && ["복구 시각", "복구시각", "복구 시간", "복구시간", "종료 시각", "종료시각", "정상화 시각", "해소 시각"]
            .iter()
            .any(|w| label.ends_with(w))
    {
        return Time { expression: e.clone(), role: TimeRole::End, weight: 6 };
    }
    // "오후 9시 30분쯤 정상화되기 시작해": the first of it back.
    let near = &text[e.range.end..window(text, e.range.end, 18).min(rest.end).max(rest.start)];
    if has_clock
        && [
            "정상화되기 시작",
            "복구되기 시작",
            "회복되기 시작",
            "풀리기 시작",
            "돌아오기 시작",
            "되살아나기 시작",
            "재개되기 시작",
            "해소되기 시작",
        ]
        .iter()
        .filter_map(|w| near.find(w))
        .any(|at| !near[..at].contains(['.', ',']))
    {
        return Time { expression: e.clone(), role: TimeRole::End, weight: 4 };
    }
    let (taken_back, instead) = if has_clock { corrected(text, &e.range) } else { (false, false) };
    if taken_back {
        return Time { expression: e.clone(), role: TimeRole::Aside, weight: 0 };
    }
    if instead {
        let before = &text[window_back(text, e.range.start, 120)..e.range.start];
        let before = before.rsplit('\n').next().and_then(|line| line.rsplit(". ").next()).unwrap_or(before);
        let over = ["풀린", "끝난", "복구", "종료", "해소", "정상화", "까지", "마친", "재개"].iter().any(|w| before.contains(w));
        return Time { expression: e.clone(), role: if over { TimeRole::End } else { TimeRole::Start }, weight: 8 };
    }
    // "어제 새벽 6시 20분까진 멀쩡했는데": when nothing had failed yet.
    let near = &text[e.range.end..window(text, e.range.end, 14).min(rest.end).max(rest.start)];
    if (["까진", "까지는", "까지"].iter().any(|w| near.starts_with(w)) || text[e.range.clone()].ends_with("까지"))
        && (["멀쩡", "괜찮", "잘 됐", "문제없", "이상 없"].iter().any(|w| near.contains(w))
            // "오후 5시 25분까지 국내 네트워크에 눈에 띄는 이상이 없다고 전했다"
            || {
                let wide = &text[e.range.end..window(text, e.range.end, 40).min(rest.end).max(rest.start)];
                ["이상이 없", "이상은 없", "이상 없", "문제가 없", "문제는 없", "탈 없이"]
                    .iter()
                    .filter_map(|w| wide.find(w))
                    .any(|at| {
                        !wide[..at].contains(['.', ','])
                            && !["복구", "해소", "풀", "고쳐", "고치", "재개", "마쳤"].iter().any(|w| wide[..at].contains(w))
                    })
            })
    {
        return Time { expression: e.clone(), role: TimeRole::Aside, weight: 0 };
    }
    // For when something was set: "오전 10시에 수강신청이 잡혀 있었으나, 9시 50분께 장애가 나"; when a flight was due: "9시 35분 LJ432편이", "6시 50분
    // 김포로 가려던 첫 비행기".
    if has_clock && {
        let wide = &text[e.range.end..window(text, e.range.end, 30).min(rest.end).max(rest.start)];
        let wide = wide.split(['.', ',']).next().unwrap_or(wide);
        let set = ["잡혀 있", "예정돼 있", "예정되어 있", "예고돼 있", "시작될 예정", "시작할 예정", "열릴 예정", "열 예정이었"];
        let due = [
            "가려던 ",
            "떠나려던 ",
            "출발하려던 ",
            "뜨려던 ",
            "이륙하려던 ",
            "출발 예정",
            "출발할 예정",
            "갈 예정",
            "떠날 예정",
            "뜰 예정",
        ];
        set.iter().filter_map(|w| wide.find(w)).any(|at| !wide[..at].contains(|c: char| c.is_ascii_digit()))
            || due.iter().any(|w| wide.contains(w))
            || wide.split_whitespace().take(3).any(is_flight)
    } {
        return Time { expression: e.clone(), role: TimeRole::Aside, weight: 0 };
    }
    let first = |ranges: Option<Range<usize>>| ranges.map_or(usize::MAX, |r| r.start);
    let symptom_after = clause.symptoms.iter().map(|s| s.range.start).find(|s| *s >= e.range.end).unwrap_or(usize::MAX);
    // "결제 오류가 10시 22분께 끝났다": the time may stand within what tells of the recovery.
    let recovery_after = clause
        .recovery
        .iter()
        .map(|r| if r.start < e.range.start && r.end > e.range.end { e.range.end } else { r.start })
        .find(|s| *s + 3 >= e.range.end)
        .unwrap_or(usize::MAX);
    let onset_after = first(lexicon.cue_in(marks, Cue::Onset, text, rest.clone()));
    // "오류가 난 지 15시간이 더 지난 26일 오후에도 원인을 파악하는 중": how long after.
    let elapsed = text[window_back(text, e.range.start, 24)..e.range.start]
        .trim_end()
        .strip_suffix("지난")
        .is_some_and(|b| b.contains(" 지 ") && recovery_after == usize::MAX);
    if elapsed {
        return Time { expression: e.clone(), role: TimeRole::Aside, weight: 0 };
    }
    // "119 신고 접수 시스템이 장애를 일으켰다": the name says nothing of a notice.
    let in_a_name = |r: &Range<usize>| {
        clause.names.iter().any(|n| n.range.start < r.end && r.start < n.range.end)
            // "길 안내를 하지 못했다": guidance on the road.
            || ["길 ", "경로 ", "음성 ", "도착 ", "버스 "].iter().any(|w| text[..r.start].ends_with(w)) && text[r.clone()].starts_with("안내")
    };
    let notice_after =
        lexicon.cues_in(marks, Cue::Notice, text, rest.clone()).into_iter().find(|r| !in_a_name(r)).map_or(usize::MAX, |r| r.start);
    let near_after = e.range.end..window(text, e.range.end, 14).min(clause.range.end).max(e.range.end);
    let near_before = window_back(text, e.range.start, 14).max(clause.range.start).min(e.range.start)..e.range.start;
    // "한국시간 기준 11일 오후 6시": the clock's place, not another time.
    let by_zone = |r: &Range<usize>| {
        let before = &text[window_back(text, r.start, 8)..r.start];
        text[r.clone()].starts_with("기준") && before.trim_end_matches([' ', ')']).ends_with(['간', '시', 'T', 'C'])
    };
    // "이번 장애는 오후 4시부터 6시 50분까지여서 보상 대상이 아니지만"
    let told =
        ["까지여서", "까지였", "까지이어서", "여서 ", "였다", "였습", "였지", "였으"].iter().any(|w| text[e.range.end..].starts_with(w));
    let unrelated = !told && lexicon.cue_in(marks, Cue::UnrelatedTime, text, near_after.clone()).is_some()
        || lexicon.cue_in(marks, Cue::UnrelatedTime, text, near_before.clone()).is_some_and(|r| !by_zone(&r));
    let deadline = ["마감", "연장", "접수", "신청", "늦추", "늦춘", "늦췄", "늦춰", "미루", "미룬", "미뤘", "영업시간", "영업 시간", "늘렸", "늘린"]
            .iter()
            .any(|w| text[near_before.clone()].contains(w) || text[near_after.clone()].contains(w))
        // "마감 30분 전인 오후 4시까지": which clock that was.
        && !["전인 ", "뒤인 ", "후인 "].iter().any(|w| text[..e.range.start].ends_with(w));
    // "접속이 막힌 것은 오전 7시부터다", "살아난 시각은 오후 3시께다": what stands before the copula is what happened then.
    let cleft = ["것은 ", "건 ", "시각은 ", "때는 ", "시점은 ", "시간은 "]
        .iter()
        .find_map(|w| text[clause.range.start..e.range.start].rfind(w))
        .filter(|at| text[clause.range.start + at..e.range.start].chars().count() < 26)
        // "마감이 미뤄진 것은 2020년 2월 문을 연 뒤로 처음이다": since when it is counted.
        .filter(|_| {
            let near = &text[e.range.end..window(text, e.range.end, 24).min(clause.range.end).max(e.range.end)];
            !["뒤로 처음", "후로 처음", "이후 처음", "이래 처음"].iter().any(|w| near.contains(w))
        })
        .map(|at| clause.range.start + at);
    // "오후 11시께면 다시 쓸 수 있을 것으로 내다봤다": hoped for.
    let hoped = text[e.range.end..clause.range.end.max(e.range.end)].chars().take(50).collect::<String>();
    let hoped = [
        "내다봤",
        "내다보",
        "전망",
        "예정",
        "예상",
        "것으로 보고",
        "수 있을 것",
        "될 것",
        "계획",
        "목표",
        "방침",
        "기로 했",
        "하겠다",
        "끝내려던",
        "마치려던",
    ]
    .iter()
    .any(|w| hoped.contains(w));
    // “10시 5분께 모두 복구했다”며 “최선을 다하겠다”고: what is asserted right behind is not hoped for.
    let done = recovery_after <= window(text, e.range.end, 10) && recovery_after >= e.range.end;
    let hoped = hoped && !done;
    let fire = {
        let until = symptom_after.min(recovery_after).min(clause.range.end);
        text.get(e.range.end..until).is_some_and(|t| {
            [
                "불이 ",
                "불길",
                "화재가",
                "화재는",
                "불은",
                "진화",
                "전기가 나갔",
                "전기가 끊",
                "전원이 나갔",
                "전원이 끊",
                "정전이 ",
                "정전 사고가",
            ]
            .iter()
            .any(|w| t.contains(w))
        })
    };
    // "화재로 카카오톡이 127시간 동안": whose time it is stands between the fire and the time.
    let named_near = clause.affected().any(|n| near_before.contains(&n.range.start));
    let burning = !named_near && ["불을", "불길", "화재", "진화"].iter().any(|w| text[near_before.clone()].contains(w));
    // "24일 7시부터 19시까지 점검이 잡혀 있었다": when nothing was to fail.
    let of_maintenance = clause.symptoms.is_empty()
        && clause.recovery.is_empty()
        && ["점검이 잡혀 있", "점검이 예정돼 있", "점검이 예고돼 있", "점검이 계획돼 있"]
            .iter()
            .any(|w| text[clause.range.clone()].contains(w));
    let (role, weight) = match &e.value {
        _ if of_maintenance || interviewed(text, e.range.start) => (TimeRole::Aside, 0),
        // When the fire broke out is the start only where the text has no better one.
        Value::Moment(m) if m.has_clock() && fire => {
            // "오후 3시 30분께 불이 나 멈췄다": with it the service stopped.
            let with_it = symptom_after != usize::MAX
                && [" 나 ", " 나면서 ", "로 ", "해 "].iter().any(|w| {
                    let back = window_back(text, symptom_after, 14).max(e.range.end);
                    text[back..symptom_after].rfind(w).is_some_and(|at| !text[back + at + w.len()..symptom_after].contains([',', '.']))
                })
                && symptom_after <= window(text, e.range.end, 44);
            (TimeRole::Start, if with_it { 3 } else { 1 })
        }
        Value::Duration(_) if fire || hoped || burning => (TimeRole::Aside, 0),
        Value::Moment(m) if m.has_clock() && hoped && symptom_after == usize::MAX => (TimeRole::Aside, 0),
        Value::Duration(minutes) => {
            // "두 달 만에 또", "한 달도 안 돼": how long since the last one, not how long this one.
            let days = *minutes >= 60.0 * 24.0;
            // "복구까지 29시간이 걸렸다" tells how long it took.
            let took = !clause.recovery.is_empty() && ["걸렸", "걸려", "걸린", "소요"].iter().any(|w| text[near_after.clone()].contains(w));
            let since = days
                && (e.relation == Some(Relation::Within)
                    && (clause.again.is_some() || clause.background.is_some() || clause.recovery.is_empty())
                    || e.relation.is_none() && !took)
                || e.relation == Some(Relation::Before)
                || e.relation == Some(Relation::After) && days
                || ["도 안", "도 채", "도 지나지", "이 채", "가 채"].iter().any(|w| text[e.range.end..near_after.end].starts_with(w));
            // "일주일 사이 네 번": a stretch in which it happened several times.
            let counted = days && ["번", "차례", "건", "회"].iter().any(|w| text[near_after.clone()].contains(w));
            // "짧으면 20~30분, 길어도 한 시간 반": no length of one outage.
            let ranged = [
                "마다 달라",
                "수분에서",
                "수 분에서",
                "몇 분에서",
                "평소",
                "보통",
                "원래",
                "짧으면",
                "짧게는",
                "길면",
                "길게는",
                "길어도",
                "많게는",
                "적게는",
                "대개",
                "평균",
            ]
            .iter()
            .any(|w| text[near_before.clone()].contains(w));
            let after = &text[e.range.end..];
            // "15시간 치를 줬다": how much was paid. "하루 동안 결제 수수료를 받지 않았다": for how long it was made good.
            let paid = after.starts_with(" 치")
                || after.starts_with("치 ")
                || after.starts_with(" 분량")
                || after.starts_with(" 이용권")
                || ["수수료", "이용료", "요금", "광고비", "배달비"].iter().filter_map(|w| after.find(w)).min().is_some_and(|at| {
                    let rest = &after[at..window(after, at, 16)];
                    after[..at].chars().count() <= 24
                        && !after[..at].contains(['.', ','])
                        && symptom_after > e.range.end + at
                        && ["받지 않", "안 받", "면제", "깎아", "돌려", "무료"].iter().any(|w| rest.contains(w))
                });
            // "서비스를 시작한 지 2시간여 만인 오전 9시부터": how long after the opening.
            let since_opening = e.relation == Some(Relation::Within)
                && SINCE_OPENING.iter().any(|w| text[..e.range.start].trim_end().ends_with(w) || text[e.range.clone()].starts_with(w));
            // "2주간 테스트를 했는데도": how long it was made ready.
            let rehearsed =
                days && ["테스트", "시범", "준비", "개발", "교육", "훈련", "연습"].iter().any(|w| text[near_after.clone()].contains(w));
            // "최근 한 주 동안 세 곳이 탈을 냈다": a stretch that is looked back on.
            let looked_back_on = days
                && ["최근 ", "지난 ", "요 ", "근래 "]
                    .iter()
                    .any(|w| text[..e.range.start].ends_with(w) || text[e.range.clone()].starts_with(w));
            // "예매가 시작된 지 10분 만에 마비됐다", "7분 만에 동났다": until it failed, not until it was back.
            let until_failure = e.relation == Some(Relation::Within)
                && clause.recovery.iter().all(|r| r.end <= e.range.start)
                && (symptom_after != usize::MAX && text.get(e.range.end..symptom_after).is_some_and(|t| t.chars().count() <= 16)
                    || [
                        "완판",
                        "동나",
                        "동났",
                        "매진",
                        "품절",
                        "팔렸",
                        "팔려",
                        "소진",
                        " 최대 ",
                        "동시 접속",
                        "동시접속",
                        "대기자",
                        "몰렸",
                    ]
                    .iter()
                    .any(|w| text[near_after.clone()].contains(w)));
            // "약 20분 뒤에는 “복구되는 모습이 보인다”고 알렸다": when more was said.
            let said_then = ["뒤", "후"].iter().find_map(|w| after.trim_start().strip_prefix(w)).is_some_and(|r| {
                let r = ["에는", "엔", "에"].iter().find_map(|p| r.strip_prefix(p)).unwrap_or(r);
                r.trim_start().starts_with(['“', '"'])
            });
            // "하루 동안 항의 글이 1000개": how long it was counted.
            let tallied = ["글이", "항의", "문의", "민원", "신고가", "신고는"].iter().any(|w| text[near_after.clone()].contains(w));
            // "오류가 난 지 두 시간이 넘었는데": so far.
            let still = text[..e.range.start].ends_with("지 ")
                && ["이 넘", "이 지나", "이 됐", "이 다 ", "가 넘", "가 지나", "이나 지", "이 더 지", "이 훌쩍 지", "이 지난", "가 지난"].iter().any(|w| after.starts_with(w))
                && recovery_after == usize::MAX
                // "9시간이 지나도록 풀리지 않았다"
                || ["이 지나도록", "가 지나도록", "이 넘도록", "가 넘도록", "이 되도록", "이 다 되도록", "이 흐르도록"].iter().any(|w| after.starts_with(w));
            // "A씨는 6시간 동안 차 안에 갇혀 지냈다": what one user went through.
            let ordeal = ordeal(text, clause, e);
            // "8시간 동안 거래가 멎었던 2000년 4월 5일 이후 가장 큰 사고였다": of the one that it is measured by.
            let of_a_record = {
                let near = &after[..window(after, 0, 44)];
                near.find("던 ").is_some_and(|at| {
                    let then = &near[at..];
                    !near[..at].contains(['.', ','])
                        && then.contains(|c: char| c.is_ascii_digit())
                        && ["이후 가장", "이래 가장", "이후 최", "이래 최", "이후 처음", "이래 처음"].iter().any(|w| then.contains(w))
                })
            };
            // "장애를 알아차리고 약 3시간 뒤 복구에 들어갔다": until the work began.
            let until_the_work = {
                let rest = after.trim_start();
                let rest =
                    ["뒤에야 ", "뒤에 ", "뒤 ", "후에 ", "후 ", "만에 ", "지나 ", "지나서야 "].iter().find_map(|w| rest.strip_prefix(w));
                rest.is_some_and(|r| {
                    ["복구에 ", "복구 작업에 ", "점검에 ", "대응에 ", "조치에 "]
                        .iter()
                        .find_map(|w| r.strip_prefix(w))
                        .is_some_and(|r| ["들어", "나섰", "나서", "착수", "돌입"].iter().any(|w| r.starts_with(w)))
                })
            };
            // "장 시작 5분 뒤인 9시 5분께 멈췄다": only says again which clock.
            let again_said = ["이 더 지나자 ", "가 더 지나자 ", "이 지나자 ", "가 지나자 ", "이 흐르자 "].iter().any(|w| after.starts_with(w))
                && recovery_after > window(text, e.range.end, 24)
                || [" 뒤인 ", " 후인 ", "뒤인 ", "후인 "].iter().any(|w| after.starts_with(w))
                && symptom_after != usize::MAX
                && recovery_after > symptom_after
                || ["이 지난 ", "가 지난 ", " 지난 "].iter().find_map(|w| after.strip_prefix(w)).is_some_and(|r| {
                    // "20분이 지난 뒤에야 돌아왔다" is how long.
                    !(["뒤에야 ", "뒤에 ", "뒤 ", "후에야 ", "후에 ", "후 "].iter().any(|w| r.starts_with(w)) && recovery_after <= window(text, e.range.end, 16))
                })
                // "선언하고 30분이 지나 지연된다고 알렸다": when, seen from another thing.
                || text[..e.range.start].trim_end().ends_with('고')
                    && ["이 지나 ", "이 지나서 ", "이 흐른 뒤 ", "이 지난 뒤 "].iter().any(|w| after.starts_with(w))
                    && recovery_after == usize::MAX;
            // "이틀 내리 멈췄다", "사흘 연속": on each of the days, not all through them.
            let day_by_day =
                days && [" 사이", " 새 ", " 내리", " 연속", " 연달아", " 잇따라", " 연이어", "내리 "].iter().any(|w| after.starts_with(w));
            // "밝힌 시각보다 45분 늦은 오후 1시 45분"; "후반 43분": minutes of a match.
            let late = [
                "을 남기고",
                "을 앞두고",
                " 남기고",
                " 앞두고",
                "을 남긴",
                "을 앞둔",
                " 늦은",
                " 늦게",
                " 늦다",
                " 늦어",
                " 늦었",
                " 이상 늦",
                " 이른",
                " 일찍",
                " 앞당",
            ]
            .iter()
            .any(|w| after.starts_with(w));
            // "2주간 오르던 값이": how long something else went on.
            let of_a_price = ["오르던", "오른", "상승", "하락", "내리던", "떨어지던"].iter().any(|w| after.trim_start().starts_with(w));
            // "등 모두 15시간 8분": the sum of a list.
            let sum =
                ["등 모두", "등 총", "모두 합쳐", "모두 합해", "통틀어"].iter().any(|w| text[..e.range.start].trim_end().ends_with(w));
            // "오류가 알려지고 2시간이 흐른 뒤였다": until something else.
            let behind = ["이 흐른 뒤였", "이 흐른 뒤여", "이 지난 뒤였", "이 지난 뒤여", "가 지난 뒤였", "가 흐른 뒤였"]
                .iter()
                .any(|w| after.starts_with(w));
            // "10분 만에 복구되는가 싶더니"
            let seemed = ["는가 싶", "나 싶", "는 듯하", "는 듯했"].iter().any(|w| after[..window(after, 0, 14)].contains(w));
            // "30분 넘게 멈춘 것은 처음이다": what it is measured by.
            let near = &after[..window(after, 0, 40)];
            let record = ["것은 처음", "것은 이번이 처음", "건 처음", "일은 처음"]
                .iter()
                .filter_map(|w| near.find(w))
                .min()
                .is_some_and(|at| after[..at].chars().count() <= 24 && !after[..at].contains(['.', '“', '"']))
                && [" 넘게", " 이상", "이 넘"].iter().any(|w| after.starts_with(w) || text[e.range.clone()].ends_with(w.trim_start()));
            let of_a_match = ["전반 ", "후반 ", "전반전 ", "후반전 ", "쿼터 "].iter().any(|w| text[..e.range.start].ends_with(w));
            let of_a_sale =
                clause.symptoms.is_empty() && clause.recovery.is_empty() && hours_of_something_else(&text[clause.range.clone()]);
            if again_said
                || said_then
                || ordeal
                || until_the_work
                || of_a_record
                || day_by_day
                || late
                || record
                || seemed
                || behind
                || of_a_match
                || of_a_price
                || sum
                || looked_back_on
                || since_opening
                || rehearsed
                || of_a_sale
                || paid
                || until_failure
                || tallied
                || still
                || unrelated
                || since
                || counted
                || ranged
                || *minutes > 60.0 * 24.0 * 45.0
                || *minutes <= 0.0
            {
                (TimeRole::Aside, 0)
            } else if clause.symptoms.iter().any(|s| s.strength > 1) || !clause.recovery.is_empty() {
                (TimeRole::Length, if e.relation == Some(Relation::For) { 4 } else { 3 })
            } else if ["신고", "건을", "건이", "접수", "민원", "문의"].iter().any(|w| text[clause.range.clone()].contains(w)) {
                (TimeRole::Aside, 0)
            } else if clause.symptoms.is_empty()
                && (clause.names.is_empty()
                    || e.relation.is_none()
                        && !["이어", "지속", "계속", "동안", "걸렸", "못"].iter().any(|w| text[clause.range.clone()].contains(w)))
            {
                (TimeRole::Length, 1)
            } else {
                (TimeRole::Length, 2)
            }
        }
        // "오후 8시 예매가 시작된 지 10분 만에 마비됐다": opened then, and failed ten minutes later.
        Value::Span { start: Some(_), end: Some(failed) }
            if e.parts.as_ref().is_some_and(|p| p.duration.is_some())
                && text[e.range.end..].trim_start().starts_with("만에")
                && text[e.range.clone()].contains("지 ")
                && symptom_after != usize::MAX
                && recovery_after > symptom_after
                && text.get(e.range.end..symptom_after).is_some_and(|t| t.chars().count() <= 16) =>
        {
            let failed = Expression { value: Value::Moment(*failed), parts: None, ..e.clone() };
            return Time { expression: failed, role: TimeRole::Start, weight: 4 };
        }
        // "오전 11시 20분부터 오후 12시 30분 현재까지 끊겨 있다": how far it had come.
        Value::Span { start: Some(from), .. }
            if from.has_clock()
                && e.parts.as_ref().is_none_or(|p| p.duration.is_none())
                && ["현재 ", "현재까지"].iter().any(|w| text[e.range.end..].trim_start().starts_with(w)) =>
        {
            let opened = Expression { value: Value::Moment(*from), parts: None, ..e.clone() };
            return Time { expression: opened, role: TimeRole::Start, weight: if symptom_after == usize::MAX { 2 } else { 6 } };
        }
        // "오전 10시부터는 서류를 뗄 수 있게 됐다": from then on it was back.
        Value::Span { start: Some(from), end: None }
            if from.has_clock() && recovery_after != usize::MAX && recovery_after < symptom_after.min(onset_after) =>
        {
            let over = Expression { value: Value::Moment(*from), parts: None, ..e.clone() };
            return Time { expression: over, role: TimeRole::End, weight: 4 };
        }
        // "밤 9시부터 금융 서비스를 정상 재개한다고 밝혔다": then it is to be over.
        Value::Span { start: Some(from), end: None }
            if from.has_clock() && resumes(&text[e.range.end..clause.range.end.max(e.range.end)]) =>
        {
            let over = Expression { value: Value::Moment(*from), parts: None, ..e.clone() };
            return Time { expression: over, role: TimeRole::End, weight: 4 };
        }
        // "오전 8~9시경 장애가 났다": about when, which a minute told elsewhere says better.
        Value::Span { start: Some(from), end: Some(to) }
            if from.has_clock()
                && to.has_clock()
                && !text[e.range.clone()].contains('분')
                && text[e.range.clone()].contains(['~', '∼', '～'])
                && from.minutes_until(*to).is_some_and(|m| m <= 60)
                && symptom_after != usize::MAX
                && !unrelated
                && !hoped
                && (e.modifier == Some(Modifier::About)
                    || text[e.range.end..].trim_start().starts_with("사이")
                        && ["발생", "시작", "일어", "생겼", "생긴", "났"].iter().any(|w| text[near_after.clone()].contains(w))) =>
        {
            let about = Expression { value: Value::Moment(*from), parts: None, ..e.clone() };
            return Time { expression: about, role: TimeRole::Start, weight: 1 };
        }
        // "애프터마켓(오후 3시 30분~8시)이 열려 있을 때": the hours of a market.
        Value::Span { .. }
            if [
                "마켓(",
                "정규장(",
                "시장(",
                "세션(",
                "거래시간(",
                "영업시간(",
                "운영시간(",
                "개장시간(",
                "주간거래(",
                "매매(",
                "영업(",
                "접수(",
            ]
            .iter()
            .any(|w| text[..e.range.start].ends_with(w))
                && text[e.range.end..].starts_with(')') =>
        {
            (TimeRole::Aside, 0)
        }
        Value::Span { start, end } => {
            // "24일 오후 6시까지 예약할 수 있는 55세": when something may be done.
            let hours = text[near_before.clone()].trim_end();
            let of_a_desk = ["시간을", "시간은", "시간이"].iter().any(|w| {
                hours.strip_suffix(w).is_some_and(|h| {
                    ["예매", "판매", "접수", "운영", "영업", "신청", "발매", "상담", "근무"].iter().any(|n| h.trim_end().ends_with(n))
                })
            });
            let open = of_a_desk
                || [
                    "할 수 있는",
                    "할 수 있다",
                    "쓸 수 있는",
                    "신청을 받",
                    "예약을 받",
                    "접수를 받",
                    "판매",
                    "진행되는",
                    "진행하는",
                    "해야 하",
                    "해야 한",
                ]
                .iter()
                .any(|w| text[near_after.clone()].contains(w));
            // "접속 장애를 풀려고 6시부터 10시까지 임시점검을 하고": the hours of the repair.
            let before = &text[clause.range.start..e.range.start.max(clause.range.start)];
            let repair = symptom_after == usize::MAX
                && clause.recovery.is_empty()
                && ["해결하", "풀려고", "풀기 위", "고치려", "해소하", "개선하"].iter().any(|w| before.contains(w))
                && ["점검을 하", "점검을 했", "점검을 진행", "점검을 실시", "점검에 들어", "점검했", "점검하고", "점검하며"]
                    .iter()
                    .any(|w| text[near_after.clone()].contains(w));
            // "0시 15분쯤부터 0시 30분쯤까지 장애 신고가 무더기로 접수됐다": when they were counted.
            let counted = text[e.range.end..clause.range.end.max(e.range.end)]
                .find("접수")
                .or_else(|| {
                    ["쏟아", "들어왔", "올라왔", "집계"].iter().find_map(|w| text[e.range.end..clause.range.end.max(e.range.end)].find(w))
                })
                .is_some_and(|at| {
                    ["신고가", "신고는", "신고도", "보고가", "제보가", "신고 건수", "보고도", "글이"]
                        .iter()
                        .any(|w| text[e.range.end..e.range.end + at].contains(w))
                });
            if let (true, Some(from)) = (counted, *start)
                && from.has_clock()
            {
                let opened = Expression { value: Value::Moment(from), parts: None, ..e.clone() };
                return Time { expression: opened, role: TimeRole::Start, weight: 3 };
            }
            // "지난 17일부터 사흘간 전산망이 멈췄다"
            let for_days = dated(e) && e.parts.as_ref().is_some_and(|p| p.duration.is_some());
            // "27일 밤부터 28일 오전까지 앱이 돌아가지 않았다": on which days.
            let of_days = [*start, *end].iter().all(|m| m.is_some_and(|m| m.precision() == Precision::Day && !m.has_clock()))
                && dated(e)
                && (for_days || text[e.range.clone()].contains(['까', '~', '∼', '–']))
                && symptom_after != usize::MAX
                && (symptom_after <= window(text, e.range.end, 24) || on_each_day(&text[e.range.end..]))
                && !["연휴", "기간", "휴무"].iter().any(|w| text[e.range.end..symptom_after].contains(w))
                && start.zip(*end).is_some_and(|(a, b)| {
                    a.date().until(b.date()).is_ok_and(|s| (1..=if for_days { 30 } else { 3 }).contains(&s.get_days()))
                });
            if of_days && !unrelated && !open && !repair && !hoped {
                return Time { expression: e.clone(), role: TimeRole::Day, weight: 3 };
            }
            // "A씨는 낮 12시 반부터 오후 6시까지 차 안에 갇혀 지냈다": what one user went through.
            let ordeal = ordeal(text, clause, e);
            // "오후 2시 45분부터 4시 15분까지의 결제가 취소됐다": of which trades.
            let of_trades = ["의 결제", "의 거래", "의 주문", "의 체결", " 체결된", " 들어온", " 접수된", " 주문한"].iter().any(|w| {
                let rest = &text[e.range.end..];
                rest.strip_prefix("까지").unwrap_or(rest).starts_with(w)
            }) && text[e.range.end..clause.range.end.max(e.range.end)].contains("취소");
            // "오전 6시부터 오후 2시까지로 잡아 둔 서버점검은": as it was planned.
            let as_planned = {
                let rest = text[e.range.end..].strip_prefix("까지").unwrap_or(&text[e.range.end..]);
                ["로 잡아", "로 잡힌", "로 잡았", "로 예정", "로 계획", "로 예고", "로 공지"].iter().any(|w| rest.starts_with(w))
            };
            // "2013년 12월 23일부터 올해 7월 12일까지 법규를 어겨": no outage is that long.
            let season = start.zip(*end).is_some_and(|(a, b)| a.date().until(b.date()).is_ok_and(|s| s.get_days() > 45));
            if unrelated
                || open
                || repair
                || season
                || ordeal
                || of_trades
                || as_planned
                || !(start.is_some_and(|m| m.has_clock()) || end.is_some_and(|m| m.has_clock()))
            {
                (TimeRole::Aside, 0)
            } else if clause.symptoms.is_empty() && clause.recovery.is_empty() && onset_after == usize::MAX {
                let elsewhere = hours_of_something_else(&text[clause.range.clone()]);
                if elsewhere || hoped { (TimeRole::Aside, 0) } else { (TimeRole::Whole, 2) }
            } else {
                (TimeRole::Whole, 6)
            }
        }
        // "장애는 이튿날 새벽까지 이어졌다"
        Value::Moment(m)
            if !m.has_clock()
                && m.precision() == Precision::Day
                && !deadline
                && (["에야 ", "에서야 "].iter().any(|w| text[e.range.end..].starts_with(w))
                    && symptom_after == usize::MAX
                    && recovery_after <= window(text, e.range.end, 12)
                    || ["까지 이어졌", "까지 이어지면서", "까지 이어지며", "까지 계속됐", "까지 지속됐", "까지 이어진", "까지 갔"]
                        .iter()
                        .any(|w| text[e.range.end..].starts_with(w))) =>
        {
            (TimeRole::End, 4)
        }
        // "13일 주요 기능이 되살아났다": a day that has nothing but the recovery.
        Value::Moment(m)
            if !m.has_clock()
                && m.precision() == Precision::Day
                && dated(e)
                && clause.place == Place::Text
                && clause.symptoms.iter().all(|s| s.strength < 2)
                && clause.causes.is_empty()
                && !hoped
                && !text[e.range.end..].starts_with("까지")
                && text[clause.range.start.min(e.range.start)..e.range.start].matches(['“', '”', '"']).count().is_multiple_of(2)
                && recovery_after != usize::MAX
                && text.get(e.range.end..recovery_after).is_some_and(|t| {
                    let close = &text[recovery_after..window(text, recovery_after, 12).min(clause.range.end).max(recovery_after)];
                    let mostly = ["주요 ", "대부분", "핵심 ", "거의 모든", "대다수"].iter().any(|w| t.contains(w));
                    t.chars().count() <= 20
                        && !t.contains(['.', ',', '“', '"'])
                        && !["다고", "라고", "겠"].iter().any(|w| close.contains(w))
                        && (mostly || !["지만", "으나", "는데"].iter().any(|w| close.contains(w)))
                }) =>
        {
            (TimeRole::End, 4)
        }
        // "국회는 8일 지난해 10월 15일 장애와 관련한 청문회를 열었다": of two days side by side the first is that of the sentence, not of the failure.
        Value::Moment(m)
            if m.precision() == Precision::Day
                && !m.has_clock()
                && (text[..e.range.start].ends_with("은 ") || text[..e.range.start].ends_with("는 "))
                && another_day_follows(text, e.range.end) =>
        {
            (TimeRole::Aside, 0)
        }
        Value::Moment(m) if !m.has_clock() => {
            let other = first(
                lexicon
                    .cue_in(marks, Cue::OtherEvent, text, e.range.end..window(text, e.range.end, 24).min(clause.range.end).max(e.range.end))
                    // "7일 개장 직후", "4일 신작이 출시되자": the failure came with it.
                    .filter(|r| {
                        let rest = text[r.end..].trim_start_matches([' ', '’', '\'']);
                        !["직후", "초기", "초반", "되자", "하자", "된 직후", "한 직후", "첫날", "당일", "과 동시에", "와 동시에", "과 함께"]
                            .iter()
                            .any(|w| rest.starts_with(w))
                    }),
            );
            let source = &text[e.range.end..window(text, e.range.end, 26).min(clause.range.end).max(e.range.end)];
            let reported = ATTRIBUTED.iter().any(|w| source.contains(w)) || e.relation == Some(Relation::AsOf);
            let said = notice_after.min(first(lexicon.cue_in(marks, Cue::Source, text, near_after.clone())))
                < symptom_after.min(onset_after).min(recovery_after)
                && text.get(e.range.end..notice_after.min(text.len())).is_some_and(|t| t.chars().count() < 26)
                // "지난달 3일 비상계엄 발표 뒤 접속이 늦어졌을 때"
                && !["발표 뒤 ", "발표 후 ", "발표 직후 ", "발표 이후 "].iter().any(|w| text[notice_after.min(text.len())..].starts_with(w));
            // "4일 이용자들에게 이메일을 보내 “앱이 멈춘 것은 …”이라고 밝혔다": the day of the message.
            let told_at = symptom_after.min(recovery_after);
            let in_a_message = told_at != usize::MAX && {
                let between = &text[e.range.end..told_at.min(window(text, e.range.end, 120)).max(e.range.end)];
                let open = between.find(['“', '"']).map(|at| &between[..at]);
                open.is_some_and(|b| {
                    // "관계자는 5일 “한때 다운됐다”고 말했다": the day of the speech.
                    let spoken = b.trim().is_empty() && spoken_at(text, e.range.end, told_at, clause.range.end);
                    spoken
                        || b.chars().count() <= 60
                            && [
                                "메일을 보내",
                                "메일에서",
                                "공지에서",
                                "공지를 ",
                                "공지문",
                                "보도자료",
                                "브리핑에서",
                                "기자회견",
                                "회견에서",
                                "입장문",
                                "통화에서",
                                "인터뷰에서",
                                "성명에서",
                                "성명을",
                                "발표문에서",
                                "홈페이지에",
                                "누리집에",
                                "사이트에",
                                "블로그에",
                                "트위터에",
                                "페이스북에",
                                "계정에",
                                "게시판에",
                            ]
                            .iter()
                            .any(|w| b.contains(w))
                }) && (between.matches(['”', '"']).count() <= 1
                    // The second or third piece of what was said.
                    || between.matches('“').count() > between.matches('”').count()
                    || between.matches('"').count() % 2 == 1)
            };
            // "2일 장애가 난 것은 직원의 실수 때문이었다고 밝혔다": the day on which the reason was told.
            let first_day = || {
                !text[clause.range.start..e.range.start.max(clause.range.start)]
                    .char_indices()
                    .any(|(at, c)| c == '일' && text[..clause.range.start + at].ends_with(|d: char| d.is_ascii_digit()))
            };
            let reason_told =
                symptom_after != usize::MAX && first_day() && {
                    let told = &text[symptom_after..clause.range.end.max(symptom_after)];
                    ["것은 ", "건 ", "원인은 ", "이유는 "].iter().filter_map(|w| told.find(w)).min().is_some_and(|at| {
                        ["때문이", "탓이", "때문인", "탓인"].iter().filter_map(|w| told[at..].find(w)).min().is_some_and(|why| {
                            ["밝혔", "설명", "발표", "전했", "알렸", "해명"].iter().any(|w| told[at + why..].contains(w))
                        })
                    })
                };
            // "7일 ○○증권 주문 체결 오류 조사": the day of the inquiry.
            // "지난달 21일과 23일에도 카카오톡 장애 원인과 복구현황을 놓고 점검한 바 있다": the days of the inspection.
            let inspected = clause.symptoms.iter().find(|s| s.range.start == symptom_after).is_some_and(|s| {
                let told = &text[s.range.end..clause.range.end.max(s.range.end)];
                [" 원인", "의 원인", " 대응", " 복구현황", " 복구 현황"].iter().any(|w| told.starts_with(w))
                    && ["점검한 바", "점검했", "점검을 했", "점검을 벌", "점검에 나섰", "조사한 바", "조사했"]
                        .iter()
                        .any(|w| told.contains(w))
            });
            let looked_into = inspected
                || symptom_after != usize::MAX && {
                    let close = text[symptom_after..clause.range.end.max(symptom_after)].trim_end_matches(['.', ' ', '\n']);
                    // "29일 KT 장애 조사 결과를 내놓았다"
                    let made_known = {
                        let rest = &text[symptom_after..window(text, symptom_after, 12).min(clause.range.end).max(symptom_after)];
                        ["조사 결과", "분석 결과", "감사 결과"].iter().any(|w| rest.contains(w))
                    };
                    made_known
                        || ["조사", "조사 착수", "검사", "검사 착수", "검사 시작", "현장점검", "현장 점검"]
                            .iter()
                            .any(|w| close.ends_with(w))
                };
            let made_of_it =
                clause.symptoms.iter().find(|s| s.range.start == symptom_after).is_some_and(|s| followed_up(text, s.range.end))
                    && text.get(e.range.end..symptom_after).is_some_and(|between| {
                        !["생긴", "발생", "난 ", "빚", "벌어진", "일어난", "겪은", "있었"].iter().any(|w| between.contains(w))
                    });
            // "멈춰 섰던 정부24가 오늘 아침 다시 열렸다": the day of the recovery, the failure lies behind.
            let recovered = symptom_after == usize::MAX
                && recovery_after != usize::MAX
                && text.get(e.range.end..recovery_after).is_some_and(|t| t.chars().count() <= 14)
                && clause.symptoms.iter().any(|s| text[s.range.end..].chars().take(4).collect::<String>().contains('던'));
            // "‘7.7 대란’ 넉 달 만에": what an outage of then is called.
            let nickname = text[..e.range.start].ends_with(['‘', '\'', '“', '"'])
                && [" 대란", "대란", " 사태", " 디도스"].iter().any(|w| text[e.range.end..].starts_with(w));
            // "쓸 수 없는 상태가 21일에도 이어지고 있다": how things stood then.
            let up_to =
                text[e.range.end..].strip_prefix("까지").or(text[e.range.clone()].ends_with("까지").then_some(&text[e.range.end..]));
            let until_then = up_to.is_some_and(|rest| rest.starts_with("도 "))
                && ["않", "못", "없", "안 "].iter().any(|w| text[e.range.end..window(text, e.range.end, 30)].contains(w));
            let stands = until_then
                || text[e.range.end..].starts_with("에도 ")
                    && symptom_after == usize::MAX
                    && ["이어지", "계속되", "계속됐", "이어졌", "지속", "풀리지", "여전히"]
                        .iter()
                        .any(|w| text[near_after.clone()].contains(w));
            // "쿠브 이틀째 먹통… “어제 그 난리를 치고도”": a piece of a headline that tells of no failure.
            let other_piece = clause.place == Place::Title
                && {
                    let from = text[..e.range.start].rfind('…').map_or(0, |at| at + '…'.len_utf8());
                    let to = text[e.range.end..].find('…').map_or(text.len(), |at| e.range.end + at);
                    (from > 0 || to < text.len())
                        && text[from..to].starts_with([' ', '"', '“', '‘', '\''])
                        && (text[from..to].trim_start().starts_with(['"', '“'])
                        // "이틀 내리 멈췄던 키움증권… 금감원 오늘부터 수시검사"
                        || ["검사", "조사", "보상", "사과", "압수수색", "소환", "국감", "청문"].iter().any(|w| text[e.range.end..to].contains(w)))
                        && !clause.symptoms.iter().any(|s| s.range.start >= from && s.range.end <= to)
                };
            let behind = &text[e.range.end..];
            // "지난달 요금을 올린 상황에서, 12일 오전 장애가 이어져": what lay behind the failure of another day.
            let setting = m.precision() < Precision::Day
                && symptom_after != usize::MAX
                && ["상황에서", "가운데", "와중에", "마당에", "터에", "데다", "상태에서"].iter().any(|w| {
                    text[e.range.end..symptom_after].find(w).is_some_and(|at| {
                        let behind = &text[e.range.end + at..symptom_after];
                        behind.char_indices().any(|(i, c)| matches!(c, '일' | '월') && behind[..i].ends_with(|d: char| d.is_ascii_digit()))
                    })
                });
            // "2012년 이후 가장 긴 장애": since when it is counted.
            let near = &text[e.range.start..window(text, e.range.end, 8)];
            let counted_since = ["이후 가장", "이래 가장", "이후 최", "이후 두 번", "이후 세 번", "이후 네 번", "이후 다섯", "이후 두번", "이후 세번"]
                    .iter()
                    .any(|w| near.contains(w))
                    // "2001년 9·11 테러 뒤로 처음"
                    || {
                        let wide = &text[e.range.end..window(text, e.range.end, 24).min(clause.range.end).max(e.range.end)];
                        ["뒤로 처음", "이후로 처음", "이후 처음", "이래 처음", "이래로 처음"]
                            .iter()
                            .filter_map(|w| wide.find(w))
                            .any(|at| !wide[..at].contains(['.', ',']))
                    };
            // "지난해부터 비슷한 오류가 보고돼": since when it goes on.
            let goes_on_since = m.precision() == Precision::Year && (e.relation == Some(Relation::From) || behind.starts_with("부터 "));
            // "2일까지 80%를 돌려줬다": by when something was done.
            let done_by = e.relation == Some(Relation::Until)
                && m.precision() == Precision::Day
                && symptom_after == usize::MAX
                && recovery_after == usize::MAX
                && clause.ongoing.is_none();
            // "28일과는 다른 까닭으로": only likened.
            let likened = ["과는 다", "와는 다", "과 달리", "와 달리", "과는 별"].iter().any(|w| behind.starts_with(w));
            // "20일로 잡힌 급여": when something is due.
            let due = ["로 잡힌 ", "로 예정된 ", "로 정해진 ", "로 잡혀 "].iter().any(|w| behind.starts_with(w));
            // "이용권 2일 연장", "3일 늘려 준다", "축복 패키지(3일) 1개": how much, not when.
            let granted = [" 연장", " 늘", " 무료", " 추가"].iter().any(|w| text[e.range.end..].starts_with(w))
                || text[e.range.end..].strip_prefix(") ").is_some_and(|rest| {
                    let number = rest.chars().take_while(char::is_ascii_digit).count();
                    number > 0 && ["개", "장", "권", "매", "회"].iter().any(|c| rest[number..].starts_with(c))
                });
            // "출시 당일 서버가 마비됐다" before any day is told: not the day of the report.
            let of_an_opening = text[e.range.clone()].starts_with("당일")
                && ["출시 ", "오픈 ", "개통 ", "개막 ", "시행 ", "발매 ", "행사 ", "공연 ", "예매 ", "추석 ", "설날 ", "명절 "]
                    .iter()
                    .any(|w| text[..e.range.start].ends_with(w))
                && !text[..e.range.start].contains("일 ");
            // "지난 21일 발생한 화재와 관련이 있다", "지난달 29일 불거진 해킹 사태로": the day of what led to it.
            let led = {
                let near = &text[e.range.end..window(text, e.range.end, 22).min(clause.range.end).max(e.range.end)];
                ["발생한 ", "일어난 ", "난 ", "시작된 ", "불거진 "].iter().filter_map(|w| near.find(w).map(|at| at + w.len())).any(|at| {
                    ["화재", "불", "정전", "지진", "해킹", "폭우", "홍수", "산불", "사이버 공격", "침해"]
                        .iter()
                        .any(|w| near[at..].starts_with(w))
                })
            } && clause.times.is_empty()
                && !text[..e.range.start].ends_with("이날 ")
                && text[e.range.end..clause.range.end.max(e.range.end)].contains("관련");
            // "2017년 팀즈를 처음 들여온 뒤 이번이 첫 중단이다", "2020년부터 2800억원을 들인 나이스가": since when it is there.
            let launched = m.precision() < Precision::Day && {
                let to = symptom_after.min(clause.range.end).min(window(text, e.range.end, 60)).max(e.range.end);
                let between = &text[e.range.end..to];
                let since = [" 뒤", " 이후", " 이래", " 후 ", " 후로"].iter().any(|w| {
                    between.find(w).is_some_and(|at| {
                        between[..at].ends_with(['한', '된', '온', '인', '연', '낸', '든', '린', '친', '쓴', '산', '운', '꾼', '긴'])
                    })
                });
                let spent = ["원을 들", "원을 쏟", "원이 들어간", "원가량을 들", "원 넘게 들"].iter().any(|w| between.contains(w));
                (since || spent) && !["불", "화재", "공격", "감염", "정전", "해킹"].iter().any(|w| between.contains(w))
            };
            // "이번 연말에 새로 마련한 비상 대응 모드에서 오류가 났다": when it was made.
            let readied = symptom_after != usize::MAX && !text[rest.clone()].contains("자마자") && {
                let near = &text[e.range.end..window(text, e.range.end, 14).min(clause.range.end).max(e.range.end)];
                ["새로 마련한", "새로 들인", "새로 도입한", "도입한 ", "새로 내놓은", "새로 꾸민", "개편한 "]
                    .iter()
                    .any(|w| near.contains(w))
            };
            // "AP통신은 “목요일 거의 한 시간 동안”": a weekday as it was there.
            let weekday_abroad = text[e.range.clone()].contains("요일")
                && !text[e.range.clone()].contains(|c: char| c.is_ascii_digit())
                && ["AP통신", "AFP", "로이터", "블룸버그", "CNN", "BBC", "뉴욕타임스", "월스트리트저널", "가디언"]
                    .iter()
                    .any(|w| text[clause.range.start..e.range.start.max(clause.range.start)].contains(w));
            // "거리두기 시행 전날인 데다": the day before something, not before the report.
            let eve = text[e.range.clone()].starts_with("전날")
                && ["시행", "연휴", "명절", "개막", "선거", "수능", "시험", "마감", "개학", "개강", "출시", "결승", "공연", "발표", "투표"]
                    .iter()
                    .any(|w| text[..e.range.start].strip_suffix(' ').is_some_and(|t| t.ends_with(w)))
                && ["인데", "인 데", "이라", "이어서", "이었", "이던"].iter().any(|w| text[e.range.end..].starts_with(w));
            // "전날 문을 열었는데, 그때부터 지금까지 오류가 떴다": the opening and the failure began together.
            let together = ["그때부터", "이때부터", "첫날부터", "개통 직후부터", "열자마자"].iter().any(|w| text[rest.clone()].contains(w));
            // "지난 20일 특가 항공권을 판매했지만 홈페이지가 다운됐다": on that day, and no other is told.
            let with_it = symptom_after != usize::MAX
                && other < symptom_after
                && ["했지만", "했으나", "했는데", "하자 ", "되자 ", "됐지만", "됐으나", "었다가", "했다가"]
                    .iter()
                    .any(|w| text[other..symptom_after].contains(w))
                && text[other..symptom_after].chars().count() <= 40
                && !text[other..symptom_after].contains(|c: char| c.is_ascii_digit());
            // "작년 1월 창립 기념 행사를 할 때도 홈페이지가 마비됐다"
            let then_too = symptom_after != usize::MAX
                && other < symptom_after
                && text[other..symptom_after].contains(" 때도 ")
                && text[other..symptom_after].chars().count() <= 40;
            let other = if together || with_it || then_too { usize::MAX } else { other };
            // "어린이날 연휴 동안 거래를 닫았던 은행이": when it was closed of its own will.
            let closed_then = text[e.range.end..].strip_prefix(" 동안 ").is_some_and(|rest| {
                let near = &rest[..window(rest, 0, 18)];
                ["닫았던", "쉬었던", "세웠던"].iter().any(|w| near.contains(w))
            });
            // "크리스마스 연휴가 끝난 데다": what lay behind or ahead.
            let holidays = text[e.range.end..].trim_start().starts_with("연휴")
                && ["앞두", "앞둔", "앞둬", "끝난", "끝나", "지난", "지나"].iter().any(|w| text[near_after.clone()].contains(w));
            if eve
                || holidays
                || other < symptom_after
                || reported
                || said
                || in_a_message
                || reason_told
                || looked_into
                || made_of_it
                || recovered
                || granted
                || nickname
                || of_an_opening
                || stands
                || other_piece
                || led
                || launched
                || readied
                || counted_since
                || goes_on_since
                || done_by
                || likened
                || due
                || closed_then
                || weekday_abroad
                || setting
            {
                (TimeRole::Aside, 0)
            } else {
                (TimeRole::Day, 3)
            }
        }
        // "장애 신고는 오전 6시 53분 1만6천여 건까지 치솟았다": how many at what time.
        Value::Moment(_)
            if e.relation != Some(Relation::From)
                && ["신고", "제보", "보고"].iter().any(|w| {
                    text[window_back(text, e.range.start, 80).max(clause.range.start).min(e.range.start)..e.range.start].contains(w)
                })
                && {
                    let near = &text[near_after.clone()];
                    near.contains("건") && near.contains(|c: char| c.is_ascii_digit())
                        || ["정점", "꼭짓점", "최고", "가장 많"].iter().any(|w| near.contains(w))
                } =>
        {
            (TimeRole::Aside, 0)
        }
        // "프리마켓(오후 5시 개장)": when a market opens.
        Value::Moment(_)
            if text[..e.range.start].ends_with('(')
                && [" 개장)", " 개장 예정)", " 시작)", " 마감)", " 오픈)"].iter().any(|w| text[e.range.end..].starts_with(w)) =>
        {
            (TimeRole::Aside, 0)
        }
        // "장애가 절정이던 9시 27분에는": when it was worst.
        Value::Moment(_)
            if [
                "절정이던",
                "절정에 이른",
                "절정에 달한",
                "정점이던",
                "정점에 이른",
                "가장 심했던",
                "가장 심하던",
                "가장 많았던",
                "한창이던",
                "최고조이던",
            ]
            .iter()
            .any(|w| text[..e.range.start].trim_end().ends_with(w)) =>
        {
            (TimeRole::Aside, 0)
        }
        // "오전 7시쯤 나이스에 들어갈 수 없다는 신고가 들어왔다": the hour of the report.
        Value::Moment(m)
            if m.has_clock()
                && e.relation != Some(Relation::From)
                && symptom_after != usize::MAX
                && report_came_in(&text[symptom_after..clause.range.end.max(symptom_after)]) =>
        {
            (TimeRole::Day, 2)
        }
        // "낮 12시 직전 정상화": the text tells the minute.
        Value::Moment(_) if clause.place == Place::Title && text[e.range.end..].starts_with(" 직전") && recovery_after < symptom_after => {
            (TimeRole::Aside, 0)
        }
        // "오전 11시가 지나도록 먹통이다": how things stood then.
        Value::Moment(_)
            if [
                "가 가까워",
                "이 가까워",
                "가 다가오",
                "가 지나도록",
                "이 지나도록",
                "를 지나도록",
                "가 넘도록",
                "이 넘도록",
                "가 되도록",
                "이 되도록",
                "를 넘겨서도",
                "을 넘겨서도",
                "가 넘어서도",
                "이 넘어서도",
                "를 넘어서도",
                "를 넘긴 뒤에도",
                "를 넘긴 지금",
                "을 넘긴 지금",
                "가 넘은 지금",
                "이 넘은 지금",
                "가 지난 지금",
                "이 지난 지금",
                "가 지나서도",
                "이 지나서도",
                "가 지났지만",
                "이 지났지만",
            ]
            .iter()
            .any(|w| text[e.range.end..].starts_with(w)) =>
        {
            (TimeRole::Aside, 0)
        }
        Value::Moment(_) => match e.relation {
            // "오전 7시 45분부터 복구에 나섰다": the work began, not the failure.
            Some(Relation::From)
                if ["부터 복구에", "부터 복구 작업", "부터 점검에", "부터 대응에", "부터 조치에"]
                    .iter()
                    .any(|w| text[e.range.end..].starts_with(w))
                    || ["부터 복구가 시작", "부터 복구를 시작", "부터 시스템 복구가", "부터 시스템 복구를", "부터 서버 복구"]
                        .iter()
                        .any(|w| text[e.range.end..].starts_with(w))
                    || ["복구", "점검에", "조사", "대응", "조치", "수습", "안내", "보상"]
                        .iter()
                        .any(|w| text[near_after.clone()].contains(w))
                        && clause.strength() < 2
                        && onset_after == usize::MAX =>
            {
                (TimeRole::Aside, 0)
            }
            Some(Relation::From)
                if clause.symptoms.is_empty()
                    && clause.recovery.is_empty()
                    && onset_after == usize::MAX
                    && hours_of_something_else(&text[clause.range.clone()]) =>
            {
                (TimeRole::Aside, 0)
            }
            // "0시부터 사전예약을 받은 판매 사이트는 한때 접속이 늦어졌다": what opened then.
            Some(Relation::From)
                if symptom_after != usize::MAX
                    && [
                        "예약을 받",
                        "예매를 받",
                        "신청을 받",
                        "접수를 받",
                        "판매를 시작",
                        "예매를 시작",
                        "예약을 시작",
                        "접수를 시작",
                        "신청을 시작",
                    ]
                    .iter()
                    .any(|w| text[near_after.clone()].contains(w)) =>
            {
                (TimeRole::Start, 1)
            }
            // "8시부터 열리지 않는다는 이용자 반응이 이어졌다": what users say of it.
            Some(Relation::From)
                if symptom_after != usize::MAX
                    && [
                        "다는 이용자",
                        "다는 반응",
                        "다는 글",
                        "다는 제보",
                        "다는 신고",
                        "다는 불만",
                        "다는 누리꾼",
                        "다는 호소",
                        "다는 고객",
                    ]
                    .iter()
                    .any(|w| text[symptom_after..clause.range.end.max(symptom_after)].contains(w)) =>
            {
                (TimeRole::Start, 4)
            }
            // "10시 55분부터 공격이 멎었고": so it was over.
            Some(Relation::From)
                if ["공격이 멎", "공격이 멈", "공격이 그쳤", "공격이 그치", "공격이 잦아들", "공격이 끊", "공격이 중단"]
                    .iter()
                    .any(|w| text[near_after.clone()].contains(w)) =>
            {
                (TimeRole::End, 4)
            }
            Some(Relation::From) if resumes(&text[rest.clone()]) => (TimeRole::End, 4),
            Some(Relation::From) => {
                if recovery_after <= symptom_after.min(onset_after) && recovery_after != usize::MAX {
                    (TimeRole::End, 4)
                } else {
                    (TimeRole::Start, if symptom_after < usize::MAX || !clause.symptoms.is_empty() { 6 } else { 2 })
                }
            }
            // "오후 3시까지도 정상화가 이뤄지지 않았다": how things stood then.
            Some(Relation::Until)
                if text[rest.clone()].trim_start_matches("까지").starts_with("도 ")
                    && clause.recovery.is_empty()
                    && ["않", "못", "없", "안 "].iter().any(|w| text[rest.clone()].contains(w)) =>
            {
                (TimeRole::Aside, 0)
            }
            // "오후 1시 30분까지 어떤 서비스도 쓸 수 없는 상태다": how things stand.
            Some(Relation::Until)
                if clause.recovery.is_empty()
                    && symptom_after != usize::MAX
                    && ["상태다", "상태이다", "상태입니다", "있다", "있습니다", "못한다", "않는다"]
                        .iter()
                        .any(|w| text[rest.clone()].trim_end_matches(['.', ' ', '\n']).ends_with(w)) =>
            {
                (TimeRole::Aside, 0)
            }
            // "‘밤 10시까지’라는 소문이 돌았다": only said.
            Some(Relation::Until)
                if text[rest.clone()].trim_start_matches("까지").trim_start_matches(['’', '”', '\'', '"']).starts_with("라는") =>
            {
                (TimeRole::Aside, 0)
            }
            // "오전 7시까지 7300여 건이 올라왔다": how long it was counted.
            Some(Relation::Until)
                if (["건", "명이", "개"].iter().any(|w| text[near_after.clone()].contains(w))
                    || text[near_after.clone()]
                        .match_indices("편")
                        .any(|(at, _)| text[near_after.start..near_after.start + at].ends_with(|c: char| c.is_ascii_digit())))
                    && text[near_after.clone()].contains(|c: char| c.is_ascii_digit()) =>
            {
                (TimeRole::Aside, 0)
            }
            // "장애가 난 뒤 그날 자정까지 들어온 주문에는 수수료를 받지 않는다": what is made good.
            Some(Relation::Until)
                if ["들어온 주문", "접수된 주문", "주문에", "해야 ", "내야 ", "보상", "환불", "면제", "가입한", "결제한"]
                    .iter()
                    .any(|w| text[near_after.clone()].contains(w)) =>
            {
                (TimeRole::Aside, 0)
            }
            // "7시까지 긴급점검에 들어갔다": what was planned.
            Some(Relation::Until)
                if ["점검에 들어", "점검을 진행", "점검을 실시", "점검한다"].iter().any(|w| text[near_after.clone()].contains(w)) =>
            {
                (TimeRole::Aside, 0)
            }
            // "오후 2시 38분까지 7만 명이 장애를 알렸다": how far it was counted.
            Some(Relation::Until)
                if {
                    let near = &text[e.range.end..window(text, e.range.end, 44).min(clause.range.end).max(e.range.end)];
                    let people = ["명이 ", "명의 ", "건이었", "건의 ", "건이 ", "건에 "].iter().filter_map(|w| near.find(w)).min();
                    people.is_some_and(|at| {
                        near[..at].contains(|c: char| c.is_ascii_digit())
                            && ["알렸", "신고", "보고", "접수", "제보", "집계", "건이었"].iter().any(|w| near[at..].contains(w))
                    })
                } =>
            {
                (TimeRole::Aside, 0)
            }
            Some(Relation::Until) if deadline || clause.ongoing.is_some() && clause.recovery.is_empty() => (TimeRole::Aside, 0),
            Some(Relation::Until) => (TimeRole::End, if clause.symptoms.is_empty() && clause.recovery.is_empty() { 1 } else { 4 }),
            // "오후 5시 50분 기준으로 모든 서비스가 제자리를 찾았다": by then at the latest.
            Some(Relation::AsOf)
                if (text[e.range.clone()].ends_with("기준") || text[e.range.end..].trim_start().starts_with("기준"))
                    && recovery_after != usize::MAX
                    && (symptom_after == usize::MAX || ends_the_failure(text, clause, e.range.end, recovery_after))
                    && {
                        // "오후 1시 기준 서울, 익산역 창구 복구": of some places.
                        let between = &text[e.range.end..recovery_after.min(clause.range.end).max(e.range.end)];
                        !between.contains(['%', '개', '편', '곳', ',', '·']) && !between.contains("일부")
                    } =>
            {
                // An end that is told otherwise is more exact.
                (TimeRole::End, 2)
            }
            Some(Relation::AsOf) => (TimeRole::Aside, 0),
            // "3시 50분께 복구되기까지 1시간 30분가량 멈췄다"
            _ if [
                "복구되기까지",
                "복구하기까지",
                "풀리기까지",
                "정상화되기까지",
                "정상화하기까지",
                "돌아오기까지",
                "재개되기까지",
                "재개하기까지",
                "해소되기까지",
                "복구될 때까지",
                "복구가 끝날 때까지",
                "복구를 마칠 때까지",
                "복구를 끝낼 때까지",
                "풀릴 때까지",
                "정상화될 때까지",
            ]
            .iter()
            .any(|w| text[e.range.end..].trim_start_matches(['에', ' ']).starts_with(w)) =>
            {
                (TimeRole::End, 5)
            }
            _ => {
                if let Some(at) = cleft {
                    let before = clause.range.start..at;
                    // "이용자에게 장애를 알린 것은 오전 8시께였다"
                    let told = [
                        "알린 ",
                        "밝힌 ",
                        "공지한 ",
                        "안내한 ",
                        "올린 ",
                        "띄운 ",
                        "파악한 ",
                        "인지한 ",
                        "알게 된 ",
                        "신고한 ",
                        "출동한 ",
                        "나선 ",
                    ]
                    .iter()
                    .any(|w| text[before.clone()].ends_with(w));
                    if told {
                        (TimeRole::Aside, 0)
                    } else if lexicon.cue_in(marks, Cue::Recovery, text, before.clone()).is_some() {
                        (TimeRole::End, 5)
                    } else if lexicon.symptoms_in(marks, text, before).iter().any(|s| s.strength > 1) {
                        (TimeRole::Start, 5)
                    } else {
                        (TimeRole::Aside, 0)
                    }
                } else {
                    let nearest = symptom_after.min(onset_after).min(recovery_after).min(notice_after);
                    // "오전 10시 16분께 ‘전화가 되지 않으니 …’는 문자를 직원에게 보냈다": the hour of a message.
                    let message = || {
                        let rest = &text[e.range.end..clause.range.end.max(e.range.end)];
                        rest.trim_start().starts_with(['‘', '“', '"', '\''])
                            && ["문자를", "메일을", "문자메시지를", "메시지를"]
                                .iter()
                                .filter_map(|w| rest.find(w))
                                .any(|at| ["보냈", "돌렸", "보내", "발송"].iter().any(|w| rest[at..].contains(w)))
                    };
                    if message() {
                        return Time { expression: e.clone(), role: TimeRole::Aside, weight: 0 };
                    }
                    // "오전 11시 10분께 공사를 하다가 통신 케이블을 끊었다"
                    let cut = || {
                        let rest = &text[e.range.end..clause.range.end.max(e.range.end)];
                        ["케이블을 끊", "케이블을 절단", "케이블을 건드", "케이블을 잘", "회선을 끊", "광케이블을 훼손", "통신선을 끊"]
                            .iter()
                            .any(|w| rest.contains(w))
                    };
                    // "오전 11시 선고가 시작되자 이용량이 불어난 것이 오류를 부른 것으로 풀이된다": what brought the crowd.
                    let occasion = || {
                        let rest = &text[e.range.end..clause.range.end.max(e.range.end)];
                        let near = &rest[..window(rest, 0, 40)];
                        !clause.causes.is_empty()
                            && ["가 시작되자 ", "이 시작되자 ", "가 시작된 ", "이 시작된 ", "가 끝나자 ", "이 끝나자 "]
                                .iter()
                                .any(|w| near.contains(w))
                            && ["풀이된다", "풀이됩니다", "보인다", "보입니다", "추정된다", "추정됩니다", "때문이다", "탓이다"]
                                .iter()
                                .any(|w| rest.contains(w))
                    };
                    if occasion() {
                        return Time { expression: e.clone(), role: TimeRole::Day, weight: 2 };
                    }
                    if nearest == usize::MAX {
                        if cut() { (TimeRole::Start, 1) } else { (TimeRole::Aside, 0) }
                    } else if nearest == recovery_after
                        || onset_after > recovery_after && ends_the_failure(text, clause, e.range.end, recovery_after)
                    {
                        // The hour of the statement, for want of a better one, but for the last word.
                        let last_word = ["최종 발표", "최종 선언", "최종 공지", "종료를 선언", "완전 복구"]
                            .iter()
                            .any(|w| text[rest.clone()].contains(w));
                        (TimeRole::End, if !last_word && spoken_at(text, e.range.end, nearest, clause.range.end) { 2 } else { 5 })
                    } else if nearest == notice_after
                        && ["신고가 시작", "신고가 급증", "신고가 쏟아지기 시작", "신고가 늘기 시작", "신고가 들어오기 시작"]
                            .iter()
                            .any(|w| text[nearest..].starts_with(w))
                    {
                        // Nothing is known of it before users say so.
                        (TimeRole::Start, 3)
                    } else if nearest == notice_after
                        || nearest == symptom_after
                            && (only_spoken_of(text, clause, nearest)
                                || mended_in_part(lexicon, marks, text, clause, nearest)
                                || opened_again(&text[e.range.end..nearest.min(window(text, e.range.end, 40)).max(e.range.end)]))
                    {
                        (TimeRole::Aside, 0)
                    } else if spoken_at(text, e.range.end, nearest, clause.range.end) {
                        (TimeRole::Day, 2)
                    } else if opened_first(&text[e.range.end..nearest.min(window(text, e.range.end, 60)).max(e.range.end)]) {
                        (TimeRole::Start, 1)
                    } else {
                        // A bare clock in a headline may be anything; the text says what it was.
                        (TimeRole::Start, if unrelated || clause.place == Place::Title { 1 } else { 4 })
                    }
                }
            }
        },
    };
    // "A씨는 저녁 8시께 앱을 켰지만 접속되지 않았다": one user's hour.
    let anecdote = role == TimeRole::Start && clause.place == Place::Text && {
        let people = window_back(text, e.range.start, 60).max(clause.range.start).min(e.range.start);
        person_in(&text[people..window(text, e.range.end, 60).min(clause.range.end).max(e.range.end)])
    };
    let weight = if anecdote { weight.min(1) } else { weight };
    // "한국시간으로는 17일 오전 7시부터": what is said for the reader here counts more than what was converted.
    let said = &text[window_back(text, e.range.start, 12).max(clause.range.start).min(e.range.start)..e.range.end];
    let korean = weight > 0 && ["한국시간", "한국 시간", "우리 시간", "우리시간"].iter().any(|w| said.contains(w));
    Time { expression: e.clone(), role, weight: weight + if korean { 6 } else { 0 } }
}
