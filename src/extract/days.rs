//! The days that a clause gives for what failed in it: one, several in a list, one counted back from another.

use super::clause::{Clause, ServiceRef, TimeRole};
use super::reading::{Reading, days_between, start_of, unique};
use crate::record::Place;
use crate::temporal::{Modifier, Moment, Precision, Value};

/// "지난 14일 오후 8시 예매가 시작됐다. 시작 전부터 서버가 마비됐고": the one day that the sentence before tells, where it is of the last week.
pub(crate) fn day_before(reading: &Reading<'_>, clause: &Clause) -> Option<Moment> {
    let published = reading.published?;
    let mut days: Vec<Moment> = reading
        .clauses
        .iter()
        .filter(|c| c.place == clause.place && c.place == Place::Text && c.sentence + 1 == clause.sentence)
        .flat_map(|c| &c.times)
        .filter(|t| super::clause::dated(&t.expression))
        .filter_map(|t| start_of(&t.expression.value).filter(|m| m.precision() >= Precision::Day))
        .map(|m| Moment::day(m.date()))
        .filter(|m| days_between(*m, published).is_some_and(|n| (0..=7).contains(&n)))
        .collect();
    days.dedup();
    if let [day] = days[..] { Some(day) } else { None }
}

/// The one day (month, year) that the sentence before goes back to, where it is not one of the last weeks, with the clause that tells it.
pub(crate) fn day_recalled_before(reading: &Reading<'_>, clause: &Clause) -> Option<(Moment, usize)> {
    let published = reading.published?;
    let mut days: Vec<(Moment, usize)> = (0..)
        .zip(&reading.clauses)
        .filter(|(_, c)| c.place == clause.place && c.place == Place::Text && c.sentence + 1 == clause.sentence)
        .flat_map(|(i, c)| c.times.iter().map(move |t| (t, i)))
        .filter(|(t, _)| super::clause::dated(&t.expression))
        .filter_map(|(t, i)| start_of(&t.expression.value).map(|m| (Moment::new(m.at(), m.precision().min(Precision::Day)), i)))
        .collect();
    // "3년 전인 2018년 11월": one day, told twice.
    days.sort_by_key(|(m, _)| std::cmp::Reverse(m.precision()));
    let finest = *days.first()?;
    let distant = days_between(finest.0, published).is_none_or(|n| n > 21) && !finest.0.agrees_with(published);
    (distant && days.iter().all(|(m, _)| m.agrees_with(finest.0))).then_some(finest)
}

/// Whether a clause says a day of elsewhere again for readers in Korea.
pub(crate) fn in_korean_time(reading: &Reading<'_>, clause: &Clause) -> bool {
    let text = reading.text_of(clause);
    clause.times.iter().filter(|t| super::clause::dated(&t.expression)).count() == 1
        && ["한국 시간으로", "한국시간으로", "한국 시간 기준", "한국시간 기준", "우리 시간으로", "우리시간으로"]
            .iter()
            .any(|w| text.contains(w))
}

/// Whether a place lies within quotation marks of its clause.
pub(crate) fn in_quotes(reading: &Reading<'_>, clause: &Clause, at: usize) -> bool {
    let before = &reading.text(clause.place)[clause.range.start..at.max(clause.range.start)];
    before.matches('“').count() > before.matches('”').count() || before.matches('"').count() % 2 == 1
}

/// The names between each day and the next, where every day of a clause has some and they differ.
pub(crate) fn paired_names(clause: &Clause, keys: &[(Option<Moment>, Option<Moment>)]) -> Option<Vec<Vec<ServiceRef>>> {
    if keys.len() < 2 {
        return None;
    }
    let at: Vec<usize> = keys
        .iter()
        .map(|(key, clock)| {
            let is_its = |m: Moment| clock.map_or_else(|| key.is_some_and(|k| k.agrees_with(m)), |c| c == m);
            let time = clause.times.iter().find(|t| start_of(&t.expression.value).is_some_and(is_its))?;
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

/// The days (months, years) that a clause itself gives for its event.
pub(crate) fn days(reading: &Reading<'_>, clause: &Clause) -> (Vec<Moment>, bool) {
    let today = reading.published.map(|p| Moment::day(p.date()));
    let mut firm: Vec<Moment> = Vec::new();
    let mut clocks: Vec<Moment> = Vec::new();
    for t in &clause.times {
        let Some(m) = start_of(&t.expression.value) else { continue };
        let day = Moment::new(m.at(), m.precision().min(Precision::Day));
        match t.role {
            TimeRole::Start | TimeRole::Whole if t.weight >= 2 && !firm.contains(&day) => {
                if super::clause::dated(&t.expression) {
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
        // "이달 20일 9시 24분부터 메시지가 늦게 오갔고, 올해 5월 13일·20일, 7월 18일에도 장애가 있었다": what is added behind.
        let last =
            clause.times.iter().filter(|t| matches!(t.role, TimeRole::Start | TimeRole::Whole)).map(|t| t.expression.range.end).max();
        let text = reading.text(clause.place);
        let mut added = Vec::new();
        for t in &clause.times {
            let Some(day) = start_of(&t.expression.value).filter(|m| t.role == TimeRole::Day && m.precision() == Precision::Day) else {
                continue;
            };
            let behind = last.and_then(|at| text.get(at..t.expression.range.start));
            let turned = behind.is_some_and(|b| ["고, ", "으며, ", "었고 ", "했고 ", "됐고 "].iter().any(|w| b.contains(w)));
            let even = text[t.expression.range.end..].starts_with(['·', ',']) || text[t.expression.range.end..].starts_with("에도 ");
            if turned
                && even
                && super::clause::dated(&t.expression)
                && clause.symptoms.iter().any(|s| s.range.start > t.expression.range.end)
            {
                added.push(Moment::day(day.date()));
            }
        }
        added.retain(|d| !firm.iter().any(|f| f.agrees_with(*d)));
        firm.extend(added);
        return (firm, false);
    }
    let mut plain: Vec<&super::clause::Time> = clause.times.iter().filter(|t| t.role == TimeRole::Day).collect();
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
    let moment = |t: &super::clause::Time| start_of(&t.expression.value);
    // "웨이브는 3일 ‘지난 1월 27일부터 볼 수 없다’고 알렸다": the day of the message, and what it tells.
    let text = reading.text(clause.place);
    let told: Vec<usize> = plain.iter().map(|t| t.expression.range.start).collect();
    let plain_days: Vec<(usize, Moment)> = plain.iter().filter_map(|t| Some((t.expression.range.start, moment(t)?))).collect();
    plain.retain(|t| {
        let rest = text[t.expression.range.end..].trim_start();
        let quote = text.len() - rest.len();
        // "질병관리청은 14일 전날 쿠브가 멈춘 것은 …라고 설명했다"
        let of_a_statement = told.contains(&quote)
            && ["전날", "지난 ", "어제", "그제", "앞서"].iter().any(|w| rest.starts_with(w))
            && ["밝혔", "설명했", "말했", "전했", "알렸", "해명했", "발표했", "공지했", "강조했"]
                .iter()
                .any(|w| reading.text_of(clause).contains(w));
        // "시작되기 하루 전인 20일"
        let only_describes = text[t.expression.range.end..].starts_with("인 ")
            && told.iter().any(|at| *at >= t.expression.range.end && *at <= t.expression.range.end + "인 지난 ".len());
        // "5년 전 오늘(2011년 4월 12일)": what stands in the bracket is the day.
        let explained = text[t.expression.range.end..].starts_with('(')
            && told.contains(&(t.expression.range.end + 1))
            && plain_days.iter().any(|(at, m)| *at == t.expression.range.end + 1 && moment(t).is_some_and(|own| !own.agrees_with(*m)));
        !of_a_statement
            && !explained
            && !only_describes
            && (!rest.starts_with(['‘', '\'', '“', '"'])
                || !told.iter().any(|at| *at > quote && *at <= super::clause::window(text, quote, 8)))
    });
    // "9월 3일 등 올해 들어서만 다섯 번": the year of what is told to the day.
    let all: Vec<Moment> = plain.iter().filter_map(|t| moment(t)).collect();
    plain.retain(|t| {
        moment(t).is_none_or(|m| m.precision() > Precision::Year || !all.iter().any(|o| o.precision() > m.precision() && o.agrees_with(m)))
    });
    let finest = plain.iter().filter_map(|t| moment(t)).map(Moment::precision).max();
    if plain.len() > 1 && finest == Some(Precision::Day) {
        let fine: Vec<&super::clause::Time> =
            plain.iter().copied().filter(|t| moment(t).is_some_and(|m| m.precision() == Precision::Day)).collect();
        let framed = plain.iter().filter_map(|t| moment(t)).all(|m| fine.iter().any(|f| moment(f).is_some_and(|d| d.agrees_with(m))));
        if framed {
            plain = fine;
        }
        let past: Vec<&super::clause::Time> = plain.iter().copied().filter(|t| moment(t) != today).collect();
        if past.len() > 1 {
            plain = past;
        }
    }
    // "7일(현지시간) … 동부시간 오전 10시 45분부터": the clock, converted, says on which Korean day.
    let several = plain
        .windows(2)
        .any(|w| text.get(w[0].expression.range.end..w[1].expression.range.start).is_some_and(|between| between.contains(", ")));
    if let Some(clock) = clocks
        .iter()
        // "9일에는 업비트가, 13일에는 빗썸이 오전 9시부터": the clock of one of the days.
        .filter(|c| !several || !plain.iter().any(|t| moment(t).is_some_and(|m| days_between(m, **c) == Some(0))))
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
            // "2017년 빗썸에서 1시간 30분, 지난 1월 업비트에서 2시간"
            let lasted =
                |at: usize| clause.times.iter().any(|t| matches!(t.expression.value, Value::Duration(_)) && t.expression.range.end == at);
            head.strip_suffix(',')
                .is_some_and(|h| h.ends_with(['이', '가', '도', '은', '는']) || h.ends_with("에서") || lasted(between.start + h.len()))
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
        || plain.len() > 1
            && plain.windows(2).all(|w| {
                let between = reading.text(clause.place).get(w[0].expression.range.end..w[1].expression.range.start).unwrap_or("");
                // "2002년 4월 출범 직후와 2011년 3월 대지진 때에도"
                between.len() <= 14 || between.chars().count() <= 12 && ["와 ", "과 "].iter().any(|p| between.ends_with(p))
            });
    let day = |t: &super::clause::Time| {
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
    // "지난 3~4일 이틀 내리": each of them.
    let days_of = |t: &super::clause::Time| -> Vec<Moment> {
        let Some(first) = day(t) else { return Vec::new() };
        match t.expression.value {
            Value::Span { start: Some(from), end: Some(to) }
                if from.precision() == Precision::Day
                    && to.precision() == Precision::Day
                    && super::times::on_each_day(&reading.text(clause.place)[t.expression.range.end..]) =>
            {
                let all = from.date().series(jiff::Span::new().days(1)).take_while(|d| *d <= to.date()).take(7);
                all.map(Moment::day).collect()
            }
            _ => vec![first],
        }
    };
    let mut out: Vec<Moment> = Vec::new();
    for m in plain.into_iter().flat_map(days_of) {
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
    let after_length = |t: &super::clause::Time| {
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
fn counted_back(reading: &Reading<'_>, clause: &Clause, time: &super::clause::Time, day: Moment) -> Option<Moment> {
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
pub(crate) fn separate_clocks(reading: &Reading<'_>, clause: &Clause) -> Vec<Moment> {
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
                let after = &text[t.expression.range.end..super::clause::window(text, t.expression.range.end, 12)];
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
