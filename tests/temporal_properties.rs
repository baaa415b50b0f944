//! The laws of the temporal room.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use meoktong::temporal::{Expression, Moment, Precision, Value, find, find_in_title, korean, korean_length};
use proptest::prelude::*;

fn days() -> impl Strategy<Value = Date> {
    (2005i16..=2031, 1i8..=12, 1i8..=31).prop_filter_map("a day of the calendar", |(y, m, d)| Date::new(y, m, d).ok())
}

fn times() -> impl Strategy<Value = DateTime> {
    (days(), 0i8..24, 0i8..60, 0i8..60).prop_map(|(d, h, m, s)| d.at(h, m, s, 0))
}

fn precisions() -> impl Strategy<Value = Precision> {
    prop_oneof![Just(Precision::Year), Just(Precision::Month), Just(Precision::Day), Just(Precision::Minute), Just(Precision::Second)]
}

/// Prose without a word of time in it.
const PROSE: [&str; 10] = [
    "카카오톡에서 메시지가 오가지 않았다. ",
    "이용자들은 불편을 호소했고 회사는 원인을 찾고 있다. ",
    "서버에 접속자가 몰린 탓으로 보인다. ",
    "사회관계망서비스에는 불만 글이 쏟아졌다.\n",
    "“결제가 안 돼 밥값을 못 냈다”는 글도 있었다. ",
    "시스템 오류 탓이라고 설명했다. ",
    "일부 서비스는 정상적으로 열렸다. ",
    "분당 사옥에서 기자들과 만났다. ",
    "Outage trackers showed a spike.\n",
    "보상 계획은 없다고 선을 그었다. ",
];

/// Relative phrases whose values follow publication day for day.
const RELATIVE: [&str; 15] = [
    "어제",
    "오늘",
    "그제",
    "사흘 전",
    "3일 전",
    "2주 전",
    "지난주 금요일",
    "이번 주 월요일",
    "다음 주 수요일",
    "지난 금요일",
    "어제 오후 3시 20분",
    "전날 밤 10시",
    "지난주",
    "지난 주말",
    "어젯밤 11시부터 오늘 새벽 2시까지",
];

/// Phrases of every family, some of which need the day before them.
const PHRASES: [&str; 26] = [
    "2023년 1월 17일",
    "지난 8일 오후 1시 35분부터 20분가량",
    "이날 낮 12시 10분부터 2시 15분까지",
    "오전 11시~1시",
    "약 127시간 30분",
    "두 시간 반",
    "20여 분",
    "이틀째",
    "23.1.17",
    "15:20",
    "10·15 사태",
    "추석 당일",
    "지난해 4분기",
    "3월 초",
    "1·4·5·8일",
    "14∼15일",
    "미 동부시간 18일 오전 6시",
    "18일(현지시간)",
    "간밤",
    "자정",
    "24시간 상담",
    "3분의 1",
    "매일 오전 9시",
    "14일 4시간가량",
    "사흘 뒤",
    "월요일인 15일",
];

fn values(found: &[Expression]) -> Vec<Value> {
    found.iter().map(|e| e.value).collect()
}

fn moved(moment: Option<Moment>, weeks: i32) -> Option<Moment> {
    moment.map(|m| Moment::new(m.at().checked_add((weeks * 7).days()).unwrap(), m.precision()))
}

/// Sorted, apart from each other, on character boundaries, and never empty.
fn sound(text: &str, found: &[Expression]) -> Result<(), TestCaseError> {
    let mut last = 0;
    for e in found {
        prop_assert!(e.range.start >= last && e.range.start < e.range.end, "{:?} in {text:?}", e.range);
        let quote = text.get(e.range.clone());
        prop_assert!(quote.is_some_and(|q| q.trim() == q), "{:?} quotes {quote:?} of {text:?}", e.range);
        last = e.range.end;
        if let Some(parts) = &e.parts {
            for part in [&parts.start, &parts.end, &parts.duration].into_iter().flatten() {
                prop_assert!(
                    text.get(part.clone()).is_some() && part.start >= e.range.start.min(part.start) && part.end <= e.range.end,
                    "{part:?} of {:?}",
                    e.range
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn printed_moments_read_back(at in times(), precision in precisions(), published in days()) {
        let moment = Moment::new(at, precision);
        let text = korean(&moment);
        let found = find(&text, Some(Moment::day(published)));
        prop_assert_eq!(found.len(), 1, "{}", text);
        prop_assert_eq!(found[0].value, Value::Moment(moment), "{}", text);
        prop_assert_eq!(found[0].range.clone(), 0..text.len());
    }

    #[test]
    fn printed_spans_read_back(start in times(), minutes in 1i64..5000, published in days()) {
        let start = Moment::minute(start);
        let end = Moment::minute(start.at().checked_add(minutes.minutes()).unwrap());
        let text = format!("{}부터 {}까지", korean(&start), korean(&end));
        let found = find(&text, Some(Moment::day(published)));
        prop_assert_eq!(found.len(), 1, "{}", text);
        prop_assert_eq!(found[0].value, Value::Span { start: Some(start), end: Some(end) }, "{}", text);
        prop_assert_eq!(found[0].minutes(), Some(minutes as f64));
    }

    #[test]
    fn printed_lengths_read_back(seconds in 1u32..4_000_000) {
        let minutes = f64::from(seconds) / 60.0;
        let text = format!("{} 동안", korean_length(minutes)).replace("일간 동안", "일 동안");
        let found = find(&text, None);
        prop_assert_eq!(found.len(), 1, "{}", text);
        let Value::Duration(read) = found[0].value else { return Err(TestCaseError::fail(text)) };
        prop_assert!((read - minutes).abs() < 1e-6, "{} is {}", text, read);
    }

    #[test]
    fn weeks_move_relative_days_alike(day in days(), weeks in -40i32..40, phrase in prop::sample::select(&RELATIVE[..])) {
        let text = format!("{phrase} 서비스가 멈췄다.");
        let later = day.checked_add((weeks * 7).days()).unwrap();
        let now = find(&text, Some(Moment::day(day)));
        let then = find(&text, Some(Moment::day(later)));
        prop_assert!(!now.is_empty());
        prop_assert_eq!(now.len(), then.len());
        for (a, b) in now.iter().zip(&then) {
            prop_assert_eq!(&a.range, &b.range);
            match (a.value, b.value) {
                (Value::Moment(a), b) => prop_assert_eq!(Value::Moment(moved(Some(a), weeks).unwrap()), b),
                (Value::Span { start, end }, b) => prop_assert_eq!(Value::Span { start: moved(start, weeks), end: moved(end, weeks) }, b),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn neutral_prose_changes_nothing(
        published in times(),
        phrase in prop::sample::select(&PHRASES[..]),
        before in prop::sample::subsequence(&PROSE[..], 0..4),
        after in prop::sample::subsequence(&PROSE[..], 0..4),
    ) {
        let published = Some(Moment::minute(published));
        let sentence = format!("{phrase} 멈췄다. ");
        let alone = find(&sentence, published);
        let head = before.concat();
        let text = format!("{head}{sentence}{}", after.concat());
        let within = find(&text, published);
        prop_assert_eq!(values(&within), values(&alone), "{}", text);
        for (a, b) in alone.iter().zip(&within) {
            prop_assert_eq!(&sentence[a.range.clone()], &text[b.range.clone()]);
        }
    }

    #[test]
    fn ranges_slice_back(
        published in prop::option::of(times()),
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(&PHRASES[..]).prop_map(str::to_owned),
            prop::sample::select(&RELATIVE[..]).prop_map(str::to_owned),
            prop::sample::select(&PROSE[..]).prop_map(str::to_owned),
            "[0-9시분일월년초 .~:/·()\\-부터까지오전후약간째만에]{0,14}",
            "\\PC{0,6}",
        ], 0..14),
    ) {
        let text = pieces.concat();
        let published = published.map(Moment::minute);
        sound(&text, &find(&text, published))?;
        sound(&text, &find_in_title(&text, published))?;
    }
}
