//! From a passage to clauses with what each of them says: which services, which words of failure and whether they are asserted, which times, and
//! the cues about state and attitude. No decision about events is taken here.

use std::ops::Range;

use super::Extractor;
use super::gazetteer::NameMatch;
use super::lexicon::{CauseMatch, Cue, Marks, SymptomMatch};
use super::unlisted;
use crate::record::Place;
use crate::temporal::{Anchor, Expression, Moment, Precision, Relation, Value};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ServiceRef {
    /// A listed service: index into the gazetteer.
    Listed(usize),
    /// A name that no dictionary lists, as the text has it.
    Unlisted(String),
}

/// What a name does in its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameRole {
    /// It may be what failed.
    Affected,
    /// It only speaks of the failure.
    Source,
    /// People talk about the failure there.
    Platform,
    /// A share, a price.
    Market,
    /// It is said to be well.
    Unaffected,
    /// The failure of another rests on it.
    Reason,
    /// It failed before what the sentence tells of.
    Earlier,
}

#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub service: ServiceRef,
    pub range: Range<usize>,
    pub role: NameRole,
}

/// Why a word of failure tells of no outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    Hypothetical,
    Denied,
    Planned,
    Statistics,
}

impl Rejection {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Rejection::Hypothetical => "only thought of: a condition, a fear, a precaution",
            Rejection::Denied => "said not to have happened",
            Rejection::Planned => "planned and announced ahead",
            Rejection::Statistics => "a sum over many, no single outage",
        }
    }
}

/// What a time does for the event of its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeRole {
    /// The failure began then.
    Start,
    /// It was over then.
    End,
    /// From start to end.
    Whole,
    /// How long it lasted.
    Length,
    /// The day (month, year) of it.
    Day,
    /// When somebody said so, or a time of something else.
    Aside,
}

#[derive(Clone, Debug)]
pub(crate) struct Time {
    pub expression: Expression,
    pub role: TimeRole,
    /// How firmly the role is known; higher is firmer.
    pub weight: i32,
}

/// A clause: the smallest piece that may speak of an event of its own.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub place: Place,
    /// Counts sentences over title and text.
    pub sentence: usize,
    pub range: Range<usize>,
    pub names: Vec<Name>,
    pub symptoms: Vec<SymptomMatch>,
    pub rejected: Vec<(SymptomMatch, Rejection)>,
    pub causes: Vec<CauseMatch>,
    pub recovery: Vec<Range<usize>>,
    pub ongoing: Option<Range<usize>>,
    pub background: Option<Range<usize>>,
    pub again: Option<Range<usize>>,
    /// It speaks of what was announced ahead.
    pub planned: bool,
    /// Private people say so in quotation marks, and nobody else in the clause.
    pub hearsay: bool,
    pub times: Vec<Time>,
}

impl Clause {
    /// The firmest word of failure that is asserted, 0 without one.
    pub fn strength(&self) -> u8 {
        self.symptoms.iter().map(|s| s.strength).max().unwrap_or(0)
    }

    pub fn affected(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().filter(|n| n.role == NameRole::Affected)
    }
}

/// Title or text with its sentences and clauses.
pub(crate) struct Passage<'a> {
    pub place: Place,
    pub text: &'a str,
    pub clauses: Vec<Clause>,
}

/// Reads one passage. `first_sentence` is the number of its first sentence. `beside`: of headline and text the other one.
pub(crate) fn read<'a>(
    extractor: &Extractor,
    (place, text, beside): (Place, &'a str, &str),
    published: Option<Moment>,
    first_sentence: usize,
    headline: &[ServiceRef],
) -> Passage<'a> {
    let ignored = if place == Place::Text { crate::article::boilerplate_lines(text) } else { Vec::new() };
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
    let times: Vec<Expression> = match place {
        Place::Title => crate::temporal::find_in_title(text, published),
        // A caption's day is not the one that the report's 이날 goes back to.
        Place::Text if !ignored.is_empty() => crate::temporal::find(&blanked(text, &ignored), published),
        Place::Text => crate::temporal::find(text, published),
    }
    .into_iter()
    .filter(|e| !is_ignored(&e.range))
    .collect();
    let marks = extractor.lexicon.mark(text);
    let mut clauses = Vec::new();
    let mut spoken_company: Option<usize> = None;
    let mut alone: Option<&Expression> = None;
    let mut opened: Option<&Expression> = None;
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
            for part in shortened.into_iter().chain(parts) {
                if !names.iter().any(|n| n.range.start < part.range.end && part.range.start < n.range.end) {
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
        assign_name_roles(extractor, &marks, place, text, sentence, headline, &said, &mut names);
        let (kept, rejected) = judge(extractor, &marks, text, sentence, symptoms, &inside);
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
            let mut clause = Clause {
                place,
                sentence: first_sentence + n,
                names: names.iter().filter(|x| within(&x.range)).cloned().collect(),
                symptoms: kept.iter().filter(|x| within(&x.range)).cloned().collect(),
                rejected: rejected.iter().filter(|(x, _)| within(&x.range)).cloned().collect(),
                causes: lexicon.causes_in(&marks, text, range.clone()),
                recovery: recovered(extractor, &marks, text, &range),
                ongoing: lexicon.cue_in(&marks, Cue::Ongoing, text, range.clone()),
                background: lexicon.cue_in(&marks, Cue::Background, text, range.clone()),
                again: lexicon.cue_in(&marks, Cue::Again, text, range.clone()),
                planned: planned(extractor, &marks, text, &range).is_some(),
                hearsay: !said.is_empty() && {
                    let mut strong = kept.iter().filter(|x| within(&x.range) && x.strength > 1).peekable();
                    strong.peek().is_some() && strong.all(|x| said.iter().any(|q| q.contains(&x.range.start)))
                },
                times: Vec::new(),
                range: range.clone(),
            };
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
            // "오후 5시부터 판매를 시작했다. 하지만 시작과 동시에 홈페이지가 마비됐다": the failure came with what the sentence before opened.
            let at_once =
                ["과 동시에", "와 동시에", "하자마자", "되자마자", "열자마자", "열리자마자", "시작 직후", "개시 직후", "오픈 직후"];
            if clause.strength() >= 2
                && clause.times.iter().all(|t| matches!(t.role, TimeRole::Aside | TimeRole::Length))
                && at_once.iter().any(|w| text[range.clone()].contains(w))
                && let Some(opened) = opened
            {
                clause.times.insert(0, Time { expression: opened.clone(), role: TimeRole::Start, weight: 4 });
            }
            // "오늘 오후 2시." on its own, then what happened: the way of a broadcast.
            if let Some(time) = alone.take_if(|_| clause.strength() >= 2)
                && clause.times.iter().all(|t| matches!(t.role, TimeRole::Aside | TimeRole::Length))
            {
                clause.times.insert(0, Time { expression: time.clone(), role: TimeRole::Start, weight: 4 });
            }
            clauses.push(clause);
        }
        let opens = ["시작", "판매", "예매", "오픈", "열", "접수", "개시", "진행", "출시"];
        opened = match inside[..] {
            [time] if opens.iter().any(|w| text[sentence.clone()].contains(w)) && !told => {
                Some(time).filter(|t| matches!(t.value, Value::Moment(m) if m.has_clock()))
            }
            _ => None,
        };
        alone = match inside[..] {
            [time] if clock_alone(text, sentence, time) => Some(time),
            _ => None,
        };
    }
    Passage { place, text, clauses }
}

/// Whether a sentence is nothing but a clock time.
fn clock_alone(text: &str, sentence: &Range<usize>, time: &Expression) -> bool {
    let clock = matches!(time.value, Value::Moment(m) if m.has_clock());
    let around = [&text[sentence.start..time.range.start.max(sentence.start)], &text[time.range.end.min(sentence.end)..sentence.end]];
    // A dateline has its hour with a colon.
    let told = text[time.range.clone()].contains('시');
    clock && told && around.iter().all(|t| t.trim_matches(['쯤', '께', '경', '.', ',', ' ', '…']).is_empty())
}

/// The text with blanks for all but the line ends of some ranges; every other byte stays where it is.
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
        .filter(|r| !ongoing.iter().any(|o| o.start < r.end && r.start < o.end))
        .filter(|r| {
            let rest = &text[r.end..window(text, r.end, 14).min(range.end).max(r.end)];
            // What a clause behind it denies is something else: "정상으로 열렸지만, 급여를 주지 못한".
            let rest = ["지만,", "으나,", "고,", "며,"].iter().filter_map(|w| rest.find(w)).min().map_or(rest, |at| &rest[..at]);
            // "설정을 바꾸면 정상으로 돌아온다", "이번 주 안에 복구된다는 말": not yet. "되살린 70여 개를 빼고": not all.
            let always = text[r.clone()].ends_with(['온', '된', '한', '린', '난', '진', '낸']) && rest.starts_with('다');
            let some = text[r.clone()].ends_with(['린', '된', '한', ' ']) && rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
            let before = &text[window_back(text, r.start, 6).max(range.start).min(r.start)..r.start];
            // "정상 운용 중이라고 밝혔지만 여전히 느린 상황이 이어지고 있다": said, and not so.
            let gainsaid = {
                let close = &text[r.end..window(text, r.end, 18).min(range.end).max(r.end)];
                let turn = ["지만", "으나", "는데도", "음에도", "면서도"].iter().filter_map(|w| close.find(w).map(|i| r.end + i)).min();
                // "오후 6시 24분 복구를 마쳤지만": timed, it was done.
                let timed = text[window_back(text, r.start, 12).max(range.start).min(r.start)..r.start].contains(['시', '분']);
                // "오전 10시 15분쯤 “정상화됐다”고 했지만": so they said.
                let said = turn.is_some_and(|at| {
                    ["고 했", "고 밝", "고 알", "고 공지", "고 안내", "고 설명", "고 발표"].iter().any(|w| text[r.end..at].contains(w))
                });
                (!timed || said)
                    && turn.is_some_and(|at| {
                        ongoing.iter().any(|o| o.start > at)
                        && ["여전히", "아직", "계속", "이어지", "지속", "반복", "고 있", "지나도록", "넘도록"].iter().any(|w| text[at..range.end].contains(w))
                        // "복구됐지만 원인은 아직 공개되지 않았다": what goes on is the search for the reason.
                        && !["원인", "이유", "까닭", "경위", "피해", "보상", "불만", "항의"].iter().any(|w| text[at..range.end].contains(w))
                    })
            };
            // "오류를 해결하고자": meant, not done; "악몽이 되살아난": what came back is no service.
            let meant = rest.starts_with("자 ") || rest.starts_with("거나") || ["악몽", "기억", "공포"].iter().any(|w| before.contains(w));
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
            let and_yet = ["뒤에도", "후에도"].iter().any(|w| rest.trim_start().trim_start_matches("이").starts_with(w));
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
                .any(|w| rest.contains(w))
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

/// Whether the phrase itself says on which day (month, year) it was.
pub(crate) fn dated(e: &Expression) -> bool {
    matches!(e.anchor, Anchor::Explicit | Anchor::Relative)
}

/// The byte `chars` characters after `from`, or the end.
pub(crate) fn window(text: &str, from: usize, chars: usize) -> usize {
    text[from..].char_indices().nth(chars).map_or(text.len(), |(i, _)| from + i)
}

/// The byte `chars` characters before `to`, or the start.
pub(crate) fn window_back(text: &str, to: usize, chars: usize) -> usize {
    text[..to].char_indices().rev().nth(chars.saturating_sub(1)).map_or(0, |(i, _)| i)
}

#[allow(clippy::too_many_arguments)]
fn assign_name_roles(
    extractor: &Extractor,
    marks: &Marks,
    place: Place,
    text: &str,
    sentence: &Range<usize>,
    headline: &[ServiceRef],
    complaints: &[Range<usize>],
    names: &mut [Name],
) {
    let lexicon = &extractor.lexicon;
    let others_named = names.iter().any(|n| !is_provider(extractor, &n.service));
    let of_headline: Vec<ServiceRef> = names.iter().map(|n| &n.service).filter(|s| headline.contains(s)).cloned().collect();
    let starts: Vec<usize> = names.iter().map(|n| n.range.start).collect();
    let ends: Vec<Range<usize>> = names.iter().map(|n| n.range.clone()).collect();
    for name in names.iter_mut() {
        // "‘X’(옛 트위터) 실시간 순위": what follows the name follows its closing mark.
        let end = name.range.end
            + text[name.range.end..].chars().take_while(|c| matches!(c, '’' | '\'' | '”' | '"')).map(char::len_utf8).sum::<usize>();
        // "케이티(KT)의 음원 서비스": what follows the bracket follows the name in it.
        let end = if text[..name.range.start].ends_with('(') && text[end..].starts_with(')') { end + 1 } else { end };
        // "엑스(X·전 트위터) 계정에"
        let end = match text[end..].strip_prefix(['·', ',']).and_then(|r| r.find(')').filter(|at| *at <= 24)) {
            Some(_) if text[..name.range.start].ends_with('(') => end + text[end..].find(')').map_or(0, |at| at + 1),
            _ => end,
        };
        let after = end..window(text, end, 70).min(sentence.end).max(end);
        let near = end..window(text, end, 16).min(sentence.end).max(end);
        // Who is in the headline failed, whatever it says of it.
        let speaks = !headline.is_empty() && !headline.contains(&name.service) && speaks(extractor, marks, text, sentence, name);
        // "신한카드에 따르면 26일 오후 9시부터 일부 결제 시스템에 오류가 났으며": it speaks of itself.
        let of_itself = headline.contains(&name.service)
            && ["에 따르면", "에 의하면"].iter().any(|w| text[end..].starts_with(w))
            && of_headline.iter().all(|s| *s == name.service);
        if lexicon.cue_in(marks, Cue::Source, text, near.clone()).is_some() && !of_itself
            || speaks
            || owns(text, &(name.range.start..end), &starts)
            || kind_of_next(text, &name.range, &starts)
            || former(text, &name.range)
            || starts.len() > 1 && text[..name.range.start].ends_with("옛 ")
            || withholds(&text[end..window(text, end, 60).min(sentence.end).max(end)])
            || glosses(text, &name.range, &ends)
            || partner(text, &name.range)
            // "카카오톡>더보기>페이머니 조회": the way through the menus to what failed.
            || ['>', '→', '▷'].iter().any(|c| text[end..].trim_start().starts_with(*c)) && !text[..name.range.start].ends_with('<')
            // "제2의 카카오 먹통을 막겠다": another one, and none yet.
            || text[..name.range.start].trim_end_matches(['‘', '\'', '“', '"']).ends_with("제2의 ")
            || !headline.is_empty() && !headline.contains(&name.service) && complaints.iter().any(|q| q.contains(&name.range.start))
        {
            name.role = NameRole::Source;
        } else if failed_before(text, &name.range, &ends) {
            name.role = NameRole::Earlier;
        } else if spared(extractor, marks, text, sentence, &name.range, &ends)
            || left_out(&text[end..window(text, end, 30).min(sentence.end).max(end)])
        {
            name.role = NameRole::Unaffected;
        } else if lexicon.cue_in(marks, Cue::Market, text, after.clone()).is_some() {
            name.role = NameRole::Market;
        } else if is_place_of_talk(extractor, &name.service)
            && (lexicon.cue_in(marks, Cue::Platform, text, after.clone()).is_some()
                || is_category(extractor, &name.service, &["social", "messenger"])
                    && told_there(extractor, marks, text, sentence, &name.range)
                || is_category(extractor, &name.service, &["social"])
                    && (stands_as_place(text, &name.range) || told_on(text, sentence, &name.range)))
            && lexicon.cue_in(marks, Cue::Entering, text, before_post(text, &after)).is_none()
            || is_airport(extractor, &name.service)
                && at_airport(text, &name.range, &ends, headline.iter().any(|s| !is_airport(extractor, s)))
        {
            name.role = NameRole::Platform;
        } else if is_reason(extractor, marks, text, sentence, name) && (others_named || place == Place::Text) {
            name.role = NameRole::Reason;
        } else if let Some(well) = lexicon
            .cue_in(marks, Cue::Denied, text, name.range.end..window(text, name.range.end, 56).min(sentence.end).max(name.range.end))
            .filter(|r| !negated(text, r.end))
        {
            // "카카오톡은 정상 이용할 수 있다": well, unless a word of failure stands between the name and it.
            let between = name.range.end..well.start;
            if lexicon.symptoms_in(marks, text, between).iter().all(|s| s.strength < 2) {
                name.role = NameRole::Unaffected;
            }
        }
    }
}

/// "우리은행과 산업은행 등이 가상계좌 발급을 멈추자": who stops something of its own will has not failed. `after`: what follows the name in its sentence.
fn withholds(after: &str) -> bool {
    let acts = ["발급을 멈추", "발급을 중단하", "취급을 멈추", "취급을 중단하", "가입을 멈추", "가입을 막", "판매를 멈추", "판매를 중단하"];
    acts.iter().filter_map(|w| after.find(w)).min().is_some_and(|at| {
        let subject = &after[..at];
        subject.chars().count() <= 44 && !subject.contains(['“', '"', '.']) && ["이 ", "가 "].iter().any(|p| subject.contains(p))
    })
}

/// "글과 보이스톡, 사진을 보내는 기능만 빼고": what did not fail with the rest. `after`: what follows the name in its sentence.
fn left_out(after: &str) -> bool {
    [
        "만 빼고",
        "만 제외하고",
        "만 뺀",
        "만 제외한",
        "을 제외한",
        "를 제외한",
        "을 제외하고",
        "를 제외하고",
        "을 뺀",
        "를 뺀",
        "을 빼고",
        "를 빼고",
    ]
    .iter()
    .filter_map(|w| after.find(w))
    .min()
    .is_some_and(|at| !after[..at].replace("같은 ", "").contains(['은', '는', '.', '“', '"']))
}

/// "엑스 계정에 “… 접속할 수 없다”고 적었다": of what follows a name the part before what is written in an account of it.
fn before_post(text: &str, range: &Range<usize>) -> Range<usize> {
    let post = text[range.clone()].find(['“', '"']).filter(|at| text[range.start..range.start + at].contains("계정"));
    range.start..post.map_or(range.end, |at| range.start + at)
}

/// "메타(구 페이스북)": what it was called before.
fn former(text: &str, name: &Range<usize>) -> bool {
    let before = &text[..name.start];
    text[name.end..].starts_with(')') && ["(구 ", "(옛 ", "(舊 ", "(구, ", "(전 ", "(구·", "(옛·"].iter().any(|w| before.ends_with(w))
}

/// What private people say in quotation marks: “작년에는 카카오가 난리더니 올해는 네이버페이네” 등의 글이 올라왔다. What they name beside the news is
/// no news.
fn complaints(text: &str, sentence: &Range<usize>) -> Vec<Range<usize>> {
    let mut quotes = Vec::new();
    let mut outside = String::new();
    let mut at = sentence.start;
    while let Some(open) = text[at..sentence.end].find(['“', '"']).map(|i| at + i) {
        let mark = if text[open..].starts_with('“') { '“' } else { '"' };
        let inner = open + mark.len_utf8();
        let Some(close) = text[inner..sentence.end].find(if mark == '“' { '”' } else { '"' }).map(|i| inner + i) else { break };
        outside.push_str(&text[at..open]);
        outside.push(' ');
        quotes.push(inner..close);
        at = close + text[close..].chars().next().map_or(1, char::len_utf8);
    }
    if quotes.is_empty() {
        return quotes;
    }
    outside.push_str(&text[at..sentence.end]);
    let private = [
        "씨는",
        "씨가",
        "씨도",
        "씨(",
        "누리꾼",
        "네티즌",
        "이용자는",
        "이용자들은",
        "시민은",
        "시민들은",
        "글이",
        "반응",
        "토로",
        "하소연",
        "호소",
        "댓글",
        "제보가",
    ];
    let official = ["관계자", "측은", "측이", "대변인", "공지에서", "담당자"];
    let told_by_people = private.iter().any(|w| outside.contains(w)) && !official.iter().any(|w| outside.contains(w));
    if told_by_people { quotes } else { Vec::new() }
}

/// "체크카드 운영 대행사인 KB카드의 시스템 장애로": whose fault it was that another's service failed.
fn partner(text: &str, name: &Range<usize>) -> bool {
    let before = text[..name.start].trim_end_matches(['‘', '\'', '“', '"']).strip_suffix(' ').unwrap_or("");
    let kinds = ["대행사", "대행업체", "협력사", "협력업체", "제휴사", "위탁사", "위탁업체", "외주사", "외주업체", "수탁사", "공급사"];
    before.strip_suffix('인').is_some_and(|b| kinds.iter().any(|k| b.ends_with(k)))
        || ["대행사", "위탁업체", "협력업체"].iter().any(|k| before.ends_with(k))
}

/// "유튜브 뮤직(유튜브 프리미엄)": another name for the one before it.
fn glosses(text: &str, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    text[name.end..].starts_with(')')
        && names.iter().any(|n| {
            n.end < name.start && matches!(text[n.end..name.start].trim_start_matches(['’', '\'', '”', '"', '>', '》', '〉']), "(" | " (")
        })
}

/// "케이뱅크·우체국 이어 기업은행도", "왓츠앱에 이어 인스타그램도": what failed before, alone or at the head of a list.
fn failed_before(text: &str, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let mut end = name.end;
    loop {
        let rest = text[end..].trim_start_matches(['’', '\'', '”', '"']);
        if [" 이어", "에 이어", " 다음은", " 다음엔", "에 이은"].iter().any(|w| rest.starts_with(w)) {
            return true;
        }
        let Some(next) = names
            .iter()
            .find(|n| n.start > end && matches!(text[end..n.start].trim_matches(['’', '‘', '\'']), "·" | ", " | "," | "과 " | "와 "))
        else {
            return false;
        };
        end = next.end;
    }
}

/// "접속 문제가 생기지 않은 인스타그램, 페이스북", "장애가 없었던 네이버": what is said of the head of a list is said of all of it.
fn spared(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let mut start = name.start;
    while let Some(previous) =
        names.iter().find(|n| n.end <= start && matches!(&text[n.end..start], "·" | ", " | "," | "과 " | "와 " | "나 " | "이나 "))
    {
        start = previous.start;
    }
    let before = text[sentence.start..start].trim_end();
    ["않은", "않던", "없던", "없었던"].iter().any(|w| before.ends_with(w))
        && extractor.lexicon.cue_in(marks, Cue::Denied, text, window_back(text, start, 30).max(sentence.start)..start).is_some()
}

/// "현대차그룹 커넥티드카 서비스 블루링크": only what the service is whose name follows.
fn kind_of_next(text: &str, name: &Range<usize>, starts: &[usize]) -> bool {
    let kind = ["서비스", "앱", "메신저", "플랫폼", "시스템", "사이트"].iter().any(|k| text[name.clone()].ends_with(k));
    kind && starts.iter().any(|s| *s > name.end && text[name.end..*s].trim_matches(['‘', '\'', '“', '"', ' ']).is_empty())
}

/// "카카오의 음원 서비스 멜론이", "메타의 메신저 왓츠앱": the owner of the service that follows.
fn owns(text: &str, name: &Range<usize>, starts: &[usize]) -> bool {
    let rest = &text[name.end..];
    // "앤트로픽(Anthropic)의 인공지능 비서 클로드"
    let bracket = rest.strip_prefix('(').and_then(|r| r.find(')').filter(|at| *at <= 24).map(|at| at + 2)).unwrap_or(0);
    let name = name.start..name.end + bracket;
    text[name.end..].starts_with("의 ")
        && starts.iter().any(|s| {
            // "SK텔레콤의 소프트웨어가 잘못 움직여 VoLTE 서버가": another clause's.
            *s > name.end
                && *s <= window(text, name.end, 26)
                && text[name.end..*s].split(' ').all(|w| !w.ends_with(['가', '를', '을', '은', '는']) || w.chars().count() < 2)
        })
}

/// "대구은행은 “…”라며", "카카오모빌리티는 4일 공지에서", "블룸버그통신은 … 보도했다": the name is the one who speaks.
fn speaks(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Name) -> bool {
    let after = &text[name.range.end..sentence.end.max(name.range.end)];
    let bracket = after.strip_prefix('(').and_then(|r| r.find(')').map(|i| i + 2)).unwrap_or(0);
    let after = &after[bracket..];
    let subject = ["은 ", "는 ", "도 “", "도 \""].iter().any(|p| after.starts_with(p));
    if subject {
        let near = name.range.end + bracket..window(text, name.range.end + bracket, 30).min(sentence.end).max(name.range.end + bracket);
        let quote = text[near.clone()].find(['“', '"']).map(|i| near.start + i);
        let notice = extractor.lexicon.cue_in(marks, Cue::Notice, text, near.clone()).map(|r| r.start);
        if let Some(at) = [quote, notice].into_iter().flatten().min() {
            return extractor.lexicon.symptoms_in(marks, text, name.range.end..at.max(name.range.end)).iter().all(|s| s.strength < 2);
        }
    }
    let listed = subject || ["과 ", "와 ", " 등", "이 ", "가 ", ", ", "·"].iter().any(|p| after.starts_with(p));
    listed
        && extractor.lexicon.cue_in(marks, Cue::Media, text, name.range.clone()).is_some()
        && ["보도했", "보도에", "전했다", "전했습"].iter().any(|w| after.contains(w))
}

/// "총학생회 인스타그램과 페이스북, 카카오톡 단체 채팅방에 먼저 공지된": what follows is said there, and nothing fails in between.
fn told_there(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Range<usize>) -> bool {
    let near = name.end..window(text, name.end, 40).min(sentence.end).max(name.end);
    let subject = ["은 ", "는 ", "이 ", "가 ", "도 "].iter().any(|p| text[name.end..].starts_with(p));
    let Some(notice) = extractor.lexicon.cue_in(marks, Cue::Notice, text, near) else { return false };
    // "사진이 올라가지 않는 오류": not put there at all.
    let undone = &text[notice.end..window(text, notice.end, 8)];
    if ["지 않", "지 못", "가지 않", "가지 못"].iter().any(|w| undone.starts_with(w)) {
        return false;
    }
    !subject && extractor.lexicon.symptoms_in(marks, text, name.end..notice.start.max(name.end)).iter().all(|s| s.strength < 2)
}

/// "페이스북 페이지에", "공식 트위터에", "인스타그램에서": where something is said.
fn stands_as_place(text: &str, name: &Range<usize>) -> bool {
    let after = &text[name.end..window(text, name.end, 8)];
    let before = &text[window_back(text, name.start, 6)..name.start];
    before.ends_with("공식 ")
        || ["에 ", "에는", " 페이지", " 게시", " 글", "로 ", "으로 ", "를 통해", "을 통해"].iter().any(|p| after.starts_with(p))
        || {
            // "블리자드 페이스북, 공식 홈페이지 등을 통해"
            let list = &text[name.end..window(text, name.end, 26)];
            [" 등을 통해", " 등에 "].iter().filter_map(|w| list.find(w)).any(|at| !list[..at].contains(['.', '“', '"', '\n']))
                && list.starts_with([',', '·', ' ', '와', '과'])
        }
}

/// "연방항공청은 트위터에서 시스템에 문제가 생겨 멈췄던 운항이 다시 시작된다고 알렸다": whose word it is stands before, that it is one at the end.
fn told_on(text: &str, sentence: &Range<usize>, name: &Range<usize>) -> bool {
    let before = text[sentence.start..name.start].trim_end_matches(['‘', '\'']);
    let close = text[name.end..sentence.end.max(name.end)].trim_end_matches(['.', ' ', '”', '"', '\n']);
    (before.ends_with("는 ") || before.ends_with("은 "))
        && text[name.end..].trim_start_matches(['’', '\'']).starts_with("에서 ")
        && ["알렸다", "밝혔다", "전했다", "말했다", "적었다", "알렸습니다", "밝혔습니다", "전했습니다", "말했습니다"]
            .iter()
            .any(|w| close.ends_with(w))
}

fn is_airport(extractor: &Extractor, service: &ServiceRef) -> bool {
    matches!(service, ServiceRef::Listed(i) if extractor.gazetteer.services()[*i].name.ends_with("공항"))
}

/// "인천공항에서 수속이 늦어졌다", "히스로와 개트윅 공항에서 뜨는": where what failed was felt, beside the name of what failed.
fn at_airport(text: &str, name: &Range<usize>, names: &[Range<usize>], another_in_headline: bool) -> bool {
    let mut end = name.end;
    // A list of more is no list of airports where something was felt.
    for _ in 0..12 {
        let rest = &text[end..];
        if ["에서", "을 떠나", "을 출발", "으로 가", " 출발", "발 "].iter().any(|w| rest.starts_with(w)) {
            return names.len() > 1 || another_in_headline;
        }
        let next = names.iter().find(|n| n.start > end && matches!(&text[end..n.start], "·" | ", " | "," | "과 " | "와 "));
        let Some(next) = next else { return false };
        end = next.end;
    }
    false
}

pub(crate) fn is_provider(extractor: &Extractor, service: &ServiceRef) -> bool {
    matches!(service, ServiceRef::Listed(i) if extractor.gazetteer.services()[*i].provider)
}

/// "SK C&C 데이터센터 화재로", "금융결제원 회선에 이상이 생겨": the name opens what is given as the cause.
fn is_reason(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Name) -> bool {
    if !is_provider(extractor, &name.service) {
        return false;
    }
    // "예시텔레콤 등 통신사들은 정전 뒤 …": the topic of its sentence is no reason in it.
    let tail = &text[name.range.end..window(text, name.range.end, 16).min(sentence.end).max(name.range.end)];
    let listed = ["과 ", "와 ", ", ", "·", " 등 "].iter().any(|p| tail.starts_with(p));
    // "예시텔레콤 통신장애는 △2006년 6월 …"
    if tail.trim_start().split(' ').next().is_some_and(|w| ["장애는", "먹통은", "중단은"].iter().any(|t| w.ends_with(t))) {
        return false;
    }
    if ["은 ", "는 "].iter().any(|p| tail.starts_with(p)) || listed && ["들은 ", "사는 ", "들도 "].iter().any(|p| tail.contains(p))
    {
        return false;
    }
    let near = name.range.start..window(text, name.range.end, 28).min(sentence.end).max(name.range.end);
    let causes = extractor.lexicon.causes_in(marks, text, near.clone());
    let because = [
        "때문",
        "탓",
        "여파",
        "인해",
        "인한",
        "영향",
        "으로 ",
        "로 ",
        "면서",
        "원인",
        "따라",
        "따른",
        "일으켜",
        "생겨",
        "당해",
        "끊겨",
        "나 ",
        "나,",
        "기대",
        "쓰는",
        "이용하는",
        "입주",
    ];
    // "클라우드플레어 장애로 챗GPT 등이 멈췄다": a cloud that is said to have failed is an outage of its own, whoever else it took down.
    let failed = ["", " 네트워크", " 시스템", " 서비스", " 접속", " 대규모", "의 대규모", "의 서비스", "의 네트워크"].iter().any(|w| {
        text[name.range.end..]
            .strip_prefix(w)
            .is_some_and(|t| [" 장애로", " 장애에", " 먹통으로", " 장애 여파"].iter().any(|f| t.starts_with(f)))
    });
    if failed && is_category(extractor, &name.service, &["cloud"]) {
        return false;
    }
    let to = window(text, name.range.end, 60).min(sentence.end).max(name.range.end);
    if text[name.range.end..].trim_start().starts_with("화재") {
        return true;
    }
    !causes.is_empty() && because.iter().any(|w| text[name.range.end..to].contains(w))
}

/// Social networks, portals and messengers are where complaints and notices appear.
fn is_place_of_talk(extractor: &Extractor, service: &ServiceRef) -> bool {
    is_category(extractor, service, &["social", "portal", "messenger", "streaming"])
}

fn is_category(extractor: &Extractor, service: &ServiceRef, categories: &[&str]) -> bool {
    match service {
        ServiceRef::Unlisted(_) => false,
        ServiceRef::Listed(i) => extractor.gazetteer.services()[*i].category.as_deref().is_some_and(|c| categories.contains(&c)),
    }
}

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
                && matches!(w[3], '것' | '뒤' | '후' | '바' | '지' | '데' | '탓')
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
    past || adnominal || state || of_name || told_of || !rest.trim_end().ends_with(['.', '다', '요', '”', '"'])
}

/// "정상적으로 거래|되지 않고 있다": what would deny the failure is itself denied.
fn negated(text: &str, from: usize) -> bool {
    let after = &text[from..window(text, from, 6)];
    ["지 않", "지 못", "지가 않", "수 없", "이 안 ", "가 안 "].iter().any(|w| after.contains(w))
}

/// What was announced ahead. An emergency is not, whatever it is called: "긴급 서버 점검".
fn planned(extractor: &Extractor, marks: &Marks, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    extractor.lexicon.cues_in(marks, Cue::Planned, text, range.clone()).into_iter().find(|r| {
        let before = text[window_back(text, r.start, 6)..r.start].trim_end();
        !["긴급", "긴급한", "임시", "돌발", "비상"].iter().any(|w| before.ends_with(w))
    })
}

/// "카카오톡의 잦은 장애에 대해 9월 현장 점검을 벌이고": many together, whatever day stands beside them.
fn of_many(text: &str, symptom: &Range<usize>) -> bool {
    let before = text[window_back(text, symptom.start, 8)..symptom.start].trim_end();
    ["잦은", "잦은 서비스", "빈번한", "반복되는", "되풀이되는", "크고 작은"].iter().any(|w| before.ends_with(w))
}

type Rejected = Vec<(SymptomMatch, Rejection)>;

fn judge(
    extractor: &Extractor,
    marks: &Marks,
    text: &str,
    sentence: &Range<usize>,
    symptoms: Vec<SymptomMatch>,
    times: &[&Expression],
) -> (Vec<SymptomMatch>, Rejected) {
    if symptoms.is_empty() {
        return (symptoms, Vec::new());
    }
    let lexicon = &extractor.lexicon;
    let hypothetical = lexicon.cues_in(marks, Cue::Hypothetical, text, sentence.clone());
    let denied: Vec<Range<usize>> =
        lexicon.cues_in(marks, Cue::Denied, text, sentence.clone()).into_iter().filter(|r| !negated(text, r.end)).collect();
    let planned = planned(extractor, marks, text, sentence);
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
        } else if hypothetical.iter().any(|r| touches(r) || near(r)) {
            Some(Rejection::Hypothetical)
        } else if planned.is_some() && !fault {
            Some(Rejection::Planned)
        } else if statistics.is_some() && !has_day || of_many(text, &symptom.range) {
            Some(Rejection::Statistics)
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
        let other_service = !left_services.is_empty()
            && !right_services.is_empty()
            && right_services.iter().all(|s| !left_services.contains(s))
            && times.iter().any(|e| right.contains(&e.range.start));
        if other_day || other_service {
            out.push(left);
            start = cut;
        }
    }
    out.push(start..sentence.end);
    out
}

/// "5월 말", "연초": a stretch of days within a month or a year says the month or the year and no more.
fn stretch_of_days(e: &Expression) -> Option<Expression> {
    let Value::Span { start: Some(start), end: Some(end) } = e.value else { return None };
    if start.has_clock() || end.has_clock() || start.precision() < Precision::Day {
        return None;
    }
    let part = [Precision::Month, Precision::Year].into_iter().find(|p| Moment::new(start.at(), *p) == Moment::new(end.at(), *p))?;
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
    let noun =
        !text[failure.range.clone()].ends_with(['생', '났', '졌', '됐', '췄', '춰', '겪', '켰', '난', '진', '해', '돼', '겨', '혀', '려']);
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
    let theme = ["에 대한 ", "에 대해 ", "에 관한 ", " 관련 ", "와 관련해 ", "과 관련해 ", " 사실을 ", " 사과문"].iter().any(|w| {
        let rest = rest.trim_start_matches(['’', '\'', '”', '"']);
        rest.starts_with(w) || rest.strip_prefix(" 사태").or(rest.strip_prefix(" 사고")).is_some_and(|r| r.starts_with(w))
    });
    theme && ["사과", "해명", "입장", "공지", "안내", "설명", "알렸", "알리", "게시", "문자"].iter().any(|w| rest.contains(w))
}

/// "초특가 판매를 5일까지 진행한다", "쿠폰은 오후 4시부터 8시까지 쓸 수 있다": hours of something else, where nothing is said to have been barred.
fn hours_of_something_else(sentence: &str) -> bool {
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

/// "0시에 문을 열었지만 오전 10시부터": what stands behind a clock is the opening, and the failure has a clock of its own.
fn opened_first(between: &str) -> bool {
    ["문을 열", "열었", "개통했", "출시했", "시작했", "시작됐"].iter().filter_map(|w| between.find(w)).min().is_some_and(|at| {
        between[..at].chars().count() <= 14
            && ["시부터", "분부터", "시쯤부터", "시께부터", "분께부터", "분쯤부터"].iter().any(|w| between[at..].contains(w))
    })
}

fn role_of_time(extractor: &Extractor, marks: &Marks, text: &str, clause: &Clause, e: &Expression) -> Time {
    if let Some(coarse) = stretch_of_days(e) {
        return role_of_time(extractor, marks, text, clause, &coarse);
    }
    let lexicon = &extractor.lexicon;
    let rest = e.range.end..clause.range.end.max(e.range.end);
    let first = |ranges: Option<Range<usize>>| ranges.map_or(usize::MAX, |r| r.start);
    let symptom_after = clause.symptoms.iter().map(|s| s.range.start).find(|s| *s >= e.range.end).unwrap_or(usize::MAX);
    let recovery_after = clause.recovery.iter().map(|r| r.start).find(|s| *s + 3 >= e.range.end).unwrap_or(usize::MAX);
    let onset_after = first(lexicon.cue_in(marks, Cue::Onset, text, rest.clone()));
    let notice_after = first(lexicon.cue_in(marks, Cue::Notice, text, rest.clone()));
    let near_after = e.range.end..window(text, e.range.end, 14).min(clause.range.end).max(e.range.end);
    let near_before = window_back(text, e.range.start, 14).max(clause.range.start).min(e.range.start)..e.range.start;
    // "한국시간 기준 11일 오후 6시": the clock's place, not another time.
    let by_zone = |r: &Range<usize>| {
        let before = &text[window_back(text, r.start, 8)..r.start];
        text[r.clone()].starts_with("기준") && before.trim_end_matches([' ', ')']).ends_with(['간', '시', 'T', 'C'])
    };
    let unrelated = lexicon.cue_in(marks, Cue::UnrelatedTime, text, near_after.clone()).is_some()
        || lexicon.cue_in(marks, Cue::UnrelatedTime, text, near_before.clone()).is_some_and(|r| !by_zone(&r));
    let deadline = ["마감", "연장", "접수", "신청", "늦추", "늦춘", "늦췄", "늦춰", "미루", "미룬", "미뤘"]
        .iter()
        .any(|w| text[near_before.clone()].contains(w) || text[near_after.clone()].contains(w));
    // "접속이 막힌 것은 오전 7시부터다", "살아난 시각은 오후 3시께다": what stands before the copula is what happened then.
    let cleft = ["것은 ", "건 ", "시각은 ", "때는 ", "시점은 ", "시간은 "]
        .iter()
        .find_map(|w| text[clause.range.start..e.range.start].rfind(w))
        .filter(|at| text[clause.range.start + at..e.range.start].chars().count() < 26)
        .map(|at| clause.range.start + at);
    // "오후 11시께면 다시 쓸 수 있을 것으로 내다봤다": hoped for.
    let hoped = text[e.range.end..clause.range.end.max(e.range.end)].chars().take(50).collect::<String>();
    let hoped =
        ["내다봤", "내다보", "전망", "예정", "예상", "것으로 보고", "수 있을 것", "될 것", "계획", "목표", "방침", "기로 했", "하겠다"]
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
    let (role, weight) = match &e.value {
        // When the fire broke out is the start only where the text has no better one.
        Value::Moment(m) if m.has_clock() && fire => (TimeRole::Start, 1),
        Value::Duration(_) if fire || hoped || burning => (TimeRole::Aside, 0),
        Value::Moment(m) if m.has_clock() && hoped && symptom_after == usize::MAX => (TimeRole::Aside, 0),
        Value::Duration(minutes) => {
            // "두 달 만에 또", "한 달도 안 돼": how long since the last one, not how long this one.
            let days = *minutes >= 60.0 * 24.0;
            let since = days
                && (e.relation == Some(Relation::Within)
                    && (clause.again.is_some() || clause.background.is_some() || clause.recovery.is_empty())
                    || e.relation.is_none())
                || e.relation == Some(Relation::Before)
                || e.relation == Some(Relation::After) && days
                || ["도 안", "도 채", "도 지나지", "이 채", "가 채"].iter().any(|w| text[e.range.end..near_after.end].starts_with(w));
            // "일주일 사이 네 번": a stretch in which it happened several times.
            let counted = days && ["번", "차례", "건", "회"].iter().any(|w| text[near_after.clone()].contains(w));
            // "짧으면 20~30분, 길어도 한 시간 반": no length of one outage.
            let ranged = ["평소", "보통", "원래", "짧으면", "짧게는", "길면", "길게는", "길어도", "많게는", "적게는", "대개", "평균"]
                .iter()
                .any(|w| text[near_before.clone()].contains(w));
            let after = &text[e.range.end..];
            // "15시간 치를 줬다": how much was paid.
            let paid = after.starts_with(" 치") || after.starts_with("치 ") || after.starts_with(" 분량") || after.starts_with(" 이용권");
            // "예매가 시작된 지 10분 만에 마비됐다", "7분 만에 동났다": until it failed, not until it was back.
            let until_failure = e.relation == Some(Relation::Within)
                && clause.recovery.iter().all(|r| r.end <= e.range.start)
                && (symptom_after != usize::MAX && text.get(e.range.end..symptom_after).is_some_and(|t| t.chars().count() <= 16)
                    || ["완판", "동나", "동났", "매진", "품절", "팔렸", "팔려", "소진"]
                        .iter()
                        .any(|w| text[near_after.clone()].contains(w)));
            // "하루 동안 항의 글이 1000개": how long it was counted.
            let tallied = ["글이", "항의", "문의", "민원", "신고가", "신고는"].iter().any(|w| text[near_after.clone()].contains(w));
            // "오류가 난 지 두 시간이 넘었는데": so far.
            let still = text[..e.range.start].ends_with("지 ")
                && ["이 넘", "이 지나", "이 됐", "이 다 ", "가 넘", "가 지나", "이나 지"].iter().any(|w| after.starts_with(w))
                // "9시간이 지나도록 풀리지 않았다"
                || ["이 지나도록", "가 지나도록", "이 넘도록", "가 넘도록", "이 되도록", "이 다 되도록", "이 흐르도록"].iter().any(|w| after.starts_with(w));
            // "장 시작 5분 뒤인 9시 5분께 멈췄다": only says again which clock.
            let again_said = [" 뒤인 ", " 후인 ", "뒤인 ", "후인 "].iter().any(|w| after.starts_with(w))
                && symptom_after != usize::MAX
                && recovery_after > symptom_after
                || ["이 지난 ", "가 지난 ", " 지난 "].iter().any(|w| after.starts_with(w));
            // "이틀 내리 멈췄다", "사흘 연속": on each of the days, not all through them.
            let day_by_day =
                days && [" 사이", " 새 ", " 내리", " 연속", " 연달아", " 잇따라", " 연이어", "내리 "].iter().any(|w| after.starts_with(w));
            // "밝힌 시각보다 45분 늦은 오후 1시 45분"; "후반 43분": minutes of a match.
            let late =
                [" 늦은", " 늦게", " 늦다", " 늦어", " 늦었", " 이상 늦", " 이른", " 일찍", " 앞당"].iter().any(|w| after.starts_with(w));
            // "2주간 오르던 값이": how long something else went on.
            let of_a_price = ["오르던", "오른", "상승", "하락", "내리던", "떨어지던"].iter().any(|w| after.trim_start().starts_with(w));
            // "등 모두 15시간 8분": the sum of a list.
            let sum =
                ["등 모두", "등 총", "모두 합쳐", "모두 합해", "통틀어"].iter().any(|w| text[..e.range.start].trim_end().ends_with(w));
            let of_a_match = ["전반 ", "후반 ", "전반전 ", "후반전 ", "쿼터 "].iter().any(|w| text[..e.range.start].ends_with(w));
            let of_a_sale =
                clause.symptoms.is_empty() && clause.recovery.is_empty() && hours_of_something_else(&text[clause.range.clone()]);
            if again_said
                || day_by_day
                || late
                || of_a_match
                || of_a_price
                || sum
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
        // "오후 8시 예매가 시작된 지 10분 만에 마비됐다": opened then, and failed soon after.
        Value::Span { start: Some(start), .. }
            if e.parts.as_ref().is_some_and(|p| p.duration.is_some())
                && text[e.range.end..].trim_start().starts_with("만에")
                && text[e.range.clone()].contains("지 ")
                && symptom_after != usize::MAX
                && recovery_after > symptom_after
                && text.get(e.range.end..symptom_after).is_some_and(|t| t.chars().count() <= 16) =>
        {
            let opened = Expression { value: Value::Moment(*start), parts: None, ..e.clone() };
            return Time { expression: opened, role: TimeRole::Start, weight: 4 };
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
                .or_else(|| text[e.range.end..clause.range.end.max(e.range.end)].find("쏟아"))
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
            // "27일 밤부터 28일 오전까지 앱이 돌아가지 않았다": on which days.
            let of_days = [*start, *end].iter().all(|m| m.is_some_and(|m| m.precision() == Precision::Day && !m.has_clock()))
                && dated(e)
                && text[e.range.clone()].contains(['까', '~', '∼', '–'])
                && symptom_after != usize::MAX
                && symptom_after <= window(text, e.range.end, 24)
                && !["연휴", "기간", "휴무"].iter().any(|w| text[e.range.end..symptom_after].contains(w))
                && start.zip(*end).is_some_and(|(a, b)| a.date().until(b.date()).is_ok_and(|s| (1..=3).contains(&s.get_days())));
            if of_days && !unrelated && !open && !repair && !hoped {
                return Time { expression: e.clone(), role: TimeRole::Day, weight: 3 };
            }
            // "2013년 12월 23일부터 올해 7월 12일까지 법규를 어겨": no outage is that long.
            let season = start.zip(*end).is_some_and(|(a, b)| a.date().until(b.date()).is_ok_and(|s| s.get_days() > 45));
            if unrelated || open || repair || season || !(start.is_some_and(|m| m.has_clock()) || end.is_some_and(|m| m.has_clock())) {
                (TimeRole::Aside, 0)
            } else if clause.symptoms.is_empty() && clause.recovery.is_empty() && onset_after == usize::MAX {
                let elsewhere = hours_of_something_else(&text[clause.range.clone()]);
                if elsewhere || hoped { (TimeRole::Aside, 0) } else { (TimeRole::Whole, 2) }
            } else {
                (TimeRole::Whole, 6)
            }
        }
        Value::Moment(m) if !m.has_clock() => {
            let other = first(
                lexicon
                    .cue_in(marks, Cue::OtherEvent, text, e.range.end..window(text, e.range.end, 24).min(clause.range.end).max(e.range.end))
                    // "7일 개장 직후", "4일 신작이 출시되자": the failure came with it.
                    .filter(|r| {
                        let rest = text[r.end..].trim_start_matches([' ', '’', '\'']);
                        !["직후", "되자", "하자", "된 직후", "한 직후", "첫날", "당일", "과 동시에", "와 동시에", "과 함께"]
                            .iter()
                            .any(|w| rest.starts_with(w))
                    }),
            );
            let source = &text[e.range.end..window(text, e.range.end, 26).min(clause.range.end).max(e.range.end)];
            let reported = source.contains("따르면") || source.contains("의하면") || e.relation == Some(Relation::AsOf);
            let said = notice_after.min(first(lexicon.cue_in(marks, Cue::Source, text, near_after.clone())))
                < symptom_after.min(onset_after).min(recovery_after)
                && text.get(e.range.end..notice_after.min(text.len())).is_some_and(|t| t.chars().count() < 26);
            // "4일 이용자들에게 이메일을 보내 “앱이 멈춘 것은 …”이라고 밝혔다": the day of the message.
            let in_a_message = symptom_after != usize::MAX && {
                let between = &text[e.range.end..symptom_after.min(window(text, e.range.end, 120))];
                let open = between.find(['“', '"']).map(|at| &between[..at]);
                open.is_some_and(|b| {
                    b.chars().count() <= 60
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
                        ]
                        .iter()
                        .any(|w| b.contains(w))
                }) && between.matches(['”', '"']).count() <= 1
            };
            // "7일 ○○증권 주문 체결 오류 조사": the day of the inquiry.
            let looked_into = symptom_after != usize::MAX && {
                let close = text[symptom_after..clause.range.end.max(symptom_after)].trim_end_matches(['.', ' ', '\n']);
                ["조사", "조사 착수", "검사", "검사 착수", "검사 시작", "현장점검", "현장 점검"].iter().any(|w| close.ends_with(w))
            };
            // "멈춰 섰던 정부24가 오늘 아침 다시 열렸다": the day of the recovery, the failure lies behind.
            let recovered = symptom_after == usize::MAX
                && recovery_after != usize::MAX
                && text.get(e.range.end..recovery_after).is_some_and(|t| t.chars().count() <= 14)
                && clause.symptoms.iter().any(|s| text[s.range.end..].chars().take(4).collect::<String>().contains('던'));
            // "이용권 2일 연장", "3일 늘려 준다": how much, not when.
            let granted = [" 연장", " 늘", " 무료", " 추가"].iter().any(|w| text[e.range.end..].starts_with(w));
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
                let spent = ["원을 들인", "원을 들여", "원을 쏟", "원이 들어간"].iter().any(|w| between.contains(w));
                (since || spent) && !["불", "화재", "공격", "감염", "정전", "해킹"].iter().any(|w| between.contains(w))
            };
            // "거리두기 시행 전날인 데다": the day before something, not before the report.
            let eve = text[e.range.clone()].starts_with("전날")
                && ["시행", "연휴", "명절", "개막", "선거", "수능", "시험", "마감", "개학", "개강", "출시", "결승", "공연", "발표", "투표"]
                    .iter()
                    .any(|w| text[..e.range.start].strip_suffix(' ').is_some_and(|t| t.ends_with(w)))
                && ["인데", "인 데", "이라", "이어서", "이었", "이던"].iter().any(|w| text[e.range.end..].starts_with(w));
            // "전날 문을 열었는데, 그때부터 지금까지 오류가 떴다": the opening and the failure began together.
            let together = ["그때부터", "이때부터", "첫날부터", "개통 직후부터", "열자마자"].iter().any(|w| text[rest.clone()].contains(w));
            let other = if together { usize::MAX } else { other };
            // "크리스마스 연휴가 끝난 데다": what lay behind or ahead.
            let holidays = text[e.range.end..].trim_start().starts_with("연휴")
                && ["앞두", "앞둔", "앞둬", "끝난", "끝나", "지난", "지나"].iter().any(|w| text[near_after.clone()].contains(w));
            if eve
                || holidays
                || other < symptom_after
                || reported
                || said
                || in_a_message
                || looked_into
                || recovered
                || granted
                || led
                || launched
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
            // "‘밤 10시까지’라는 소문이 돌았다": only said.
            Some(Relation::Until)
                if text[rest.clone()].trim_start_matches("까지").trim_start_matches(['’', '”', '\'', '"']).starts_with("라는") =>
            {
                (TimeRole::Aside, 0)
            }
            // "오전 7시까지 7300여 건이 올라왔다": how long it was counted.
            Some(Relation::Until)
                if ["건", "명이", "개"].iter().any(|w| text[near_after.clone()].contains(w))
                    && text[near_after.clone()].contains(|c: char| c.is_ascii_digit()) =>
            {
                (TimeRole::Aside, 0)
            }
            // "장애가 난 뒤 그날 자정까지 들어온 주문에는 수수료를 받지 않는다": what is made good.
            Some(Relation::Until)
                if ["들어온 주문", "접수된 주문", "주문에", "보상", "환불", "면제", "가입한", "결제한"]
                    .iter()
                    .any(|w| text[near_after.clone()].contains(w)) =>
            {
                (TimeRole::Aside, 0)
            }
            Some(Relation::Until) if deadline || clause.ongoing.is_some() && clause.recovery.is_empty() => (TimeRole::Aside, 0),
            Some(Relation::Until) => (TimeRole::End, if clause.symptoms.is_empty() && clause.recovery.is_empty() { 1 } else { 4 }),
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
                    if lexicon.cue_in(marks, Cue::Recovery, text, before.clone()).is_some() {
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
                    if nearest == usize::MAX {
                        if cut() { (TimeRole::Start, 1) } else { (TimeRole::Aside, 0) }
                    } else if nearest == recovery_after
                        || onset_after > recovery_after && ends_the_failure(text, clause, e.range.end, recovery_after)
                    {
                        // The hour of the statement, for want of a better one.
                        (TimeRole::End, if spoken_at(text, e.range.end, nearest, clause.range.end) { 2 } else { 5 })
                    } else if nearest == notice_after
                        && ["신고가 시작", "신고가 급증", "신고가 쏟아지기 시작", "신고가 늘기 시작", "신고가 들어오기 시작"]
                            .iter()
                            .any(|w| text[nearest..].starts_with(w))
                    {
                        // Nothing is known of it before users say so.
                        (TimeRole::Start, 3)
                    } else if nearest == notice_after || nearest == symptom_after && only_spoken_of(text, clause, nearest) {
                        (TimeRole::Aside, 0)
                    } else if spoken_at(text, e.range.end, nearest, clause.range.end) {
                        (TimeRole::Start, 2)
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
    let said = &text[window_back(text, e.range.start, 8).max(clause.range.start).min(e.range.start)..e.range.end];
    let korean = weight > 0 && ["한국시간", "한국 시간", "우리 시간", "우리시간"].iter().any(|w| said.contains(w));
    Time { expression: e.clone(), role, weight: weight + if korean { 6 } else { 0 } }
}
