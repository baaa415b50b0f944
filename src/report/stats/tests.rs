use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::record::Role;

fn moment(text: &str) -> Option<Moment> {
    (!text.is_empty()).then(|| text.parse().unwrap())
}

fn row(id: &str, service: &str, start: &str, end: &str, minutes: Option<u32>) -> IncidentRow {
    IncidentRow {
        id: id.to_owned(),
        service: service.to_owned(),
        service_id: None,
        operator: None,
        category: None,
        start: moment(start),
        end: moment(end),
        duration_min: minutes,
        cause: None,
        status: Status::Resolved,
        role: Role::Main,
        confidence: 0.9,
        articles: 1,
        publishers: 1,
        first_reported: None,
        last_reported: None,
        root: None,
        title: String::new(),
        url: None,
    }
}

fn asked(by: &[By], since: &str, until: &str) -> Question {
    Question { by: by.to_vec(), since: moment(since), until: moment(until), now: moment("2024-06-30T12:00").unwrap(), top: None }
}

fn all(rows: &[IncidentRow]) -> Figures {
    stats(rows, asked(&[], "", "")).total
}

#[test]
fn unknown_is_unknown_and_never_zero() {
    let mut ongoing = row("3", "다", "2024-01-01T10:00", "", Some(30));
    ongoing.status = Status::Ongoing;
    let figures = all(&[
        row("1", "가", "2024-01-01T10:00", "2024-01-01T11:00", None),
        row("2", "나", "2024-01-01T10:00", "2024-01-02", None),
        ongoing,
        row("4", "라", "", "", None),
        row("5", "마", "2024-01", "", Some(30)),
    ]);
    assert_eq!((figures.incidents, figures.known, figures.unknown, figures.ongoing), (5, 2, 3, 1));
    assert_eq!((figures.downtime_min, figures.mean_min, figures.median_min), (90, Some(45.0), Some(45.0)));
    assert_eq!(figures.longest.unwrap().id, "1");
    let none = all(&[row("1", "가", "2024-01-01", "", None)]);
    assert_eq!((none.mean_min, none.median_min, none.longest, none.mtbf_min), (None, None, None, None));
}

#[test]
fn overlapping_outages_of_one_service_count_once() {
    let rows = [
        row("1", "가", "2024-01-31T23:00", "2024-02-01T02:00", None),
        row("2", "가", "2024-02-01T01:00", "2024-02-01T03:00", None),
        // Within the first.
        row("3", "가", "2024-01-31T23:30", "2024-01-31T23:40", None),
        // Another service.
        row("4", "나", "2024-02-01T01:00", "2024-02-01T03:00", None),
        // Half an hour that day, nobody knows when.
        row("5", "가", "2024-02-01", "", Some(30)),
    ];
    assert_eq!(all(&rows).downtime_min, 240 + 120 + 30);
    let stats = stats(&rows, asked(&[By::Month, By::Service], "", ""));
    let month: Vec<_> = stats.groupings[0].groups.iter().map(|g| (g.key.as_deref(), g.figures.downtime_min)).collect();
    assert_eq!(month, [(Some("2024-01"), 180), (Some("2024-02"), 60 + 120 + 30)]);
    // Each incident recovered in its own time.
    assert_eq!(stats.total.mean_min, Some(f64::from(180 + 120 + 10 + 120 + 30) / 5.0));
}

#[test]
fn time_between_failures_is_that_of_a_service() {
    let rows = [
        row("1", "가", "2024-01-01T00:00", "2024-01-01T01:00", None),
        // While it was down: the same failure.
        row("2", "가", "2024-01-01T00:30", "2024-01-01T00:40", None),
        row("3", "가", "2024-01-03", "", None),
        row("4", "가", "2024-01-04T00:00", "", None),
        row("5", "나", "2024-01-01T12:00", "", None),
        // Too coarse, and no start.
        row("6", "나", "2024-01", "", None),
        row("7", "나", "", "2024-01-09T12:00", None),
    ];
    let stats = stats(&rows, asked(&[By::Service, By::Cause], "", ""));
    // Two days and one.
    assert_eq!(stats.total.mtbf_min, Some(1.5 * 1440.0));
    let by_service: Vec<_> = stats.groupings[0].groups.iter().map(|g| (g.key.as_deref().unwrap(), g.figures.mtbf_min)).collect();
    assert_eq!(by_service, [("가", Some(2160.0)), ("나", None)]);
    assert_eq!(stats.groupings[1].groups[0].figures.mtbf_min, None);
}

#[test]
fn the_period_before_is_as_long() {
    let rows = [
        row("1", "가", "2024-05-01T00:00", "", Some(10)),
        row("2", "가", "2024-05-31T23:59", "", Some(20)),
        row("3", "가", "2024-04-30T23:59", "", Some(40)),
        row("4", "가", "2024-03-31", "", Some(50)),
        row("5", "가", "2024-03-30T23:59", "", Some(60)),
        row("6", "가", "2024-06-01", "", None),
        row("7", "가", "2024", "", None),
        row("8", "가", "2024-05", "", None),
        row("9", "가", "", "", None),
        // Began before, went on in it.
        row("10", "가", "2024-04-30T23:00", "2024-05-01T02:00", None),
        // Only the end is known.
        row("11", "가", "", "2024-05-02T02:00", None),
    ];
    let question = asked(&[By::Service, By::Month], "2024-05", "2024-05");
    assert_eq!(question.reach(), (moment("2024-03-31"), moment("2024-05")));
    let stats = stats(&rows, question);
    assert_eq!(stats.before_period, Some(Period { since: moment("2024-03-31").unwrap(), until: moment("2024-04-30").unwrap() }));
    assert_eq!((stats.total.incidents, stats.total.known, stats.total.downtime_min), (4, 2, 30));
    let before = stats.before.unwrap();
    // The third lies within the tenth.
    assert_eq!((before.incidents, before.downtime_min), (3, 180 + 50));
    assert_eq!((stats.uncertain, stats.undated), (1, 1));
    assert_eq!(stats.groupings[0].groups[0].before.as_ref().unwrap().incidents, 3);
    assert_eq!(stats.groupings[1].groups[0].before, None);
}

#[test]
fn an_open_end_is_now_and_an_open_beginning_has_nothing_before() {
    let question = asked(&[], "2024-06-30T00:00", "");
    assert_eq!(question.reach().0, moment("2024-06-29T11:59"));
    let rows = [row("1", "가", "2024-06-30T12:00", "", None), row("2", "가", "2024-06-30T12:01", "", None)];
    let open = stats(&rows, question);
    assert_eq!((open.total.incidents, open.until), (1, moment("2024-06-30T12:00")));
    let until = stats(&rows, asked(&[], "", "2024-06"));
    assert_eq!((until.total.incidents, until.before, until.before_period), (2, None, None));
    // Nothing lies between an end and a later beginning.
    let reversed = stats(&rows, asked(&[], "2024-07", "2024-06"));
    assert_eq!((reversed.total.incidents, reversed.before), (0, None));
}

#[test]
fn groups_of_time_need_their_precision_and_have_no_holes() {
    let rows = [
        row("1", "가", "2024-01-01T09:59", "", None),
        row("2", "가", "2024-01-02", "", None),
        row("3", "가", "2024-04", "", None),
        row("4", "가", "2024", "", None),
        row("5", "가", "", "2024-04-01T10:00", None),
    ];
    let stats = stats(&rows, asked(&[By::Month, By::Weekday, By::Hour], "", ""));
    let counts = |n: usize| {
        let groups = &stats.groupings[n].groups;
        groups.iter().map(|g| (g.key.clone().unwrap_or("-".into()), g.figures.incidents)).collect::<Vec<_>>()
    };
    let expected = |pairs: &[(&str, u64)]| pairs.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(counts(0), expected(&[("2024-01", 2), ("2024-02", 0), ("2024-03", 0), ("2024-04", 1), ("-", 2)]));
    let days = [("Mon", 1), ("Tue", 1), ("Wed", 0), ("Thu", 0), ("Fri", 0), ("Sat", 0), ("Sun", 0), ("-", 3)];
    assert_eq!(counts(1), expected(&days));
    let hours = counts(2);
    assert_eq!(hours.len(), 25);
    assert_eq!((hours[9].clone(), hours[24].clone()), (("09".to_owned(), 1), ("-".to_owned(), 4)));
    // One stray date makes no list of centuries.
    let stray = [row("1", "가", "0001-01", "", None), row("2", "가", "2024-01", "", None)];
    assert_eq!(super::stats(&stray, asked(&[By::Month], "", "")).groupings[0].groups.len(), 2);
}

#[test]
fn the_rest_is_one_group() {
    let mut rows: Vec<IncidentRow> =
        (0..6).map(|n| row(&n.to_string(), ["가", "가", "가", "나", "나", "다"][n], "2024-01-01", "", Some(10))).collect();
    rows[5].operator = Some("회사".into());
    let stats = stats(&rows, Question { top: Some(1), ..asked(&[By::Service, By::Operator], "2024", "") });
    let services = &stats.groupings[0];
    assert_eq!((services.groups.len(), services.groups[0].figures.incidents), (1, 3));
    let others = services.others.as_ref().unwrap();
    assert_eq!((others.groups, others.figures.incidents, others.figures.downtime_min), (2, 3, 30));
    // What is not known is no group to be left out.
    let operators = &stats.groupings[1];
    assert_eq!((operators.groups.len(), operators.others.as_ref()), (2, None));
    assert_eq!((operators.groups[1].key.as_ref(), operators.groups[1].figures.incidents), (None, 5));
}

#[test]
fn a_service_is_known_by_its_id_and_called_by_its_usual_name() {
    let mut rows = [row("1", "트위터", "2023", "", None), row("2", "엑스", "2024", "", None), row("3", "엑스", "2024", "", None)];
    rows.iter_mut().for_each(|r| r.service_id = Some("twitter".into()));
    let stats = stats(&rows, asked(&[By::Service], "", ""));
    let group = &stats.groupings[0].groups[0];
    assert_eq!((group.key.as_deref(), group.name.as_deref(), group.figures.incidents), (Some("twitter"), Some("엑스"), 3));
}

#[test]
fn prints_a_row_a_group() {
    let rows = [row("1", "=가|", "2024-06-01T10:00", "2024-06-01T11:30", None), row("2", "나", "2024-05-02", "", None)];
    let stats = stats(&rows, asked(&[By::Service], "2024-06", "2024-06"));
    let (mut text, mut table) = (Vec::new(), Vec::new());
    csv(&stats, &mut text).unwrap();
    markdown(&stats, &mut table).unwrap();
    let lines: Vec<_> = std::str::from_utf8(&text).unwrap().lines().skip(1).collect();
    assert_eq!(
        lines,
        ["all,,,1,1,0,0,90,90,90,90,1,,1,0,,,", "service,'=가|,'=가|,1,1,0,0,90,90,90,90,1,,0,0,,,", "service,나,나,0,0,0,0,0,,,,,,1,0,,,",]
    );
    let line = std::str::from_utf8(&table).unwrap().lines().nth(3).unwrap().to_owned();
    assert_eq!(line, "| service | =가\\| | 1 | 0 | 0 | 90 | 90 | 90 | 90 |  |");
}

fn any_moment() -> impl Strategy<Value = Option<Moment>> {
    // A narrow time, so that outages overlap.
    (0..5u8, 0..4320i64).prop_map(|(sort, minute)| {
        let at = jiff::civil::date(2024, 1, 30).at(0, 0, 0, 0) + minute.minutes();
        let precision = [Precision::Month, Precision::Day, Precision::Minute, Precision::Minute];
        precision.get(usize::from(sort)).map(|p| Moment::new(at, *p))
    })
}

fn any_row() -> impl Strategy<Value = IncidentRow> {
    (0..3usize, any_moment(), any_moment(), proptest::option::of(0..600u32), 0..3usize, 0..4usize).prop_map(
        |(service, start, end, minutes, status, cause)| {
            let mut row = row("", ["가", "나", "다"][service], "", "", minutes);
            (row.start, row.end) = (start, end);
            row.operator = [Some("회사".to_owned()), None, Some("공사".to_owned())][service].clone();
            row.status = Status::ALL[status];
            row.cause = Cause::ALL.get(cause).copied().filter(|_| cause < 3);
            row
        },
    )
}

fn any_rows() -> impl Strategy<Value = Vec<IncidentRow>> {
    proptest::collection::vec(any_row(), 0..30).prop_map(|mut rows| {
        rows.iter_mut().enumerate().for_each(|(n, row)| row.id = format!("{n:02}"));
        rows
    })
}

fn any_question() -> impl Strategy<Value = Question> {
    (proptest::option::of(28..32u8), proptest::option::of(0..4usize)).prop_map(|(since, top)| {
        let since = since.map(|d| format!("2024-01-{d}")).unwrap_or_default();
        Question { top, ..asked(&By::ALL, &since, "") }
    })
}

proptest! {
    #[test]
    fn groups_add_up_to_all(rows in any_rows(), question in any_question()) {
        let stats = stats(&rows, question);
        for grouping in &stats.groupings {
            let sums = |pick: &dyn Fn(&Figures) -> u64| {
                let others = grouping.others.iter().map(|o| pick(&o.figures));
                grouping.groups.iter().map(|g| pick(&g.figures)).chain(others).sum::<u64>()
            };
            let picks: [&dyn Fn(&Figures) -> u64; 5] =
                [&|f| f.incidents, &|f| f.known, &|f| f.unknown, &|f| f.ongoing, &|f| f.downtime_min];
            for pick in picks {
                prop_assert_eq!(sums(pick), pick(&stats.total), "{:?}", grouping.by);
            }
            if let (Some(before), true) = (&stats.before, grouping.by != By::Month) {
                let others = grouping.others.iter().filter_map(|o| Some(o.before.as_ref()?.incidents));
                let groups = grouping.groups.iter().filter_map(|g| Some(g.before.as_ref()?.incidents));
                prop_assert_eq!(groups.chain(others).sum::<u64>(), before.incidents);
            }
        }
        prop_assert_eq!(stats.total.known + stats.total.unknown, stats.total.incidents);
        prop_assert!(stats.total.ongoing <= stats.total.unknown);
        let counted = stats.total.incidents + stats.before.as_ref().map_or(0, |b| b.incidents) + stats.uncertain + stats.undated;
        prop_assert!(counted <= rows.len() as u64);
    }

    #[test]
    fn the_order_does_not_matter(rows in any_rows(), question in any_question(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(stats(&rows, question.clone()), stats(&shuffled, question));
    }

    #[test]
    fn downtime_is_the_minutes_in_which_a_service_was_down(rows in any_rows()) {
        let (mut down, mut loose): (BTreeMap<&str, BTreeSet<i64>>, u64) = Default::default();
        for row in rows.iter().filter(|r| r.status != Status::Ongoing) {
            let Some(minutes) = minutes(row) else { continue };
            let minute = |m: Option<Moment>| m.filter(|m| m.has_clock()).map(|m| m.unix_bounds().0 / 60);
            let from = minute(row.start).or(minute(row.end).filter(|_| row.start.is_none()).map(|e| e - i64::from(minutes)));
            match from {
                Some(from) => down.entry(&row.service).or_default().extend(from..from + i64::from(minutes)),
                None => loose += u64::from(minutes),
            }
        }
        let expected = down.values().map(|m| m.len() as u64).sum::<u64>() + loose;
        prop_assert_eq!(all(&rows).downtime_min, expected);
    }
}

#[test]
fn a_hundred_thousand_incidents_take_well_under_a_second() {
    let mut random = fastrand::Rng::with_seed(1);
    let rows: Vec<IncidentRow> = (0..100_000)
        .map(|n| {
            let start = jiff::civil::date(2005, 1, 1).at(0, 0, 0, 0) + random.i64(0..20 * 365 * 1440).minutes();
            let mut row = row(&n.to_string(), &format!("서비스{}", random.u32(0..800)), "", "", Some(random.u32(0..600)));
            row.start = Some(Moment::minute(start));
            row.operator = Some(format!("회사{}", random.u32(0..300)));
            row
        })
        .collect();
    let began = std::time::Instant::now();
    let stats = stats(&rows, asked(&By::ALL, "2015", "2024"));
    assert!(stats.total.incidents > 40_000 && stats.before.unwrap().incidents > 40_000);
    // Unoptimised and beside other tests; a release build takes a twentieth.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
