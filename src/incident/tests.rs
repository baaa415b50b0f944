use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::record::{Cause, Outage, Status};

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn some(text: &str) -> Option<Moment> {
    (!text.is_empty()).then(|| at(text))
}

/// An article with one record.
struct Article<'a> {
    id: &'a str,
    published: &'a str,
    service: &'a str,
    start: &'a str,
    end: &'a str,
    role: Role,
    status: Status,
}

const A: Article<'static> =
    Article {
        id: "a", published: "2023-05-08T14:00", service: "카카오톡", start: "", end: "", role: Role::Main, status: Status::Unknown
    };

fn outage(service: &str, start: &str, end: &str) -> Outage {
    let company = matches!(service, "카카오");
    Outage {
        service: service.into(),
        service_id: None,
        operator: service.starts_with("카카오").then(|| "카카오".into()).filter(|_| !company),
        category: None,
        start: some(start),
        end: some(end),
        duration_min: some(start).zip(some(end)).and_then(|(s, e)| s.minutes_until(e)).map(|m| m as u32),
        cause: None,
        status: Status::Unknown,
        role: Role::Main,
        keywords: Vec::new(),
        confidence: 0.9,
        evidence: Vec::new(),
    }
}

fn source(id: &str, published: &str) -> Source {
    Source { article: id.into(), publisher: Some(format!("{id}신문")), published_at: some(published), group: None }
}

fn records(id: &str, published: &str, outages: &[Outage]) -> Vec<Report> {
    let records: Vec<(String, Outage)> = outages.iter().enumerate().map(|(n, o)| (format!("{id}-{n}"), o.clone())).collect();
    reports(&source(id, published), &records, None, &Families::default())
}

fn report(a: Article<'_>) -> Report {
    let mut o = outage(a.service, a.start, a.end);
    (o.role, o.status) = (a.role, a.status);
    records(a.id, a.published, &[o]).remove(0)
}

/// The articles of each incident.
fn parts(reports: &[Report], edits: &[Edit]) -> Vec<String> {
    let found = merge(reports, edits);
    let names = found.all.iter().map(|i| {
        let mut of: Vec<&str> = i.members.iter().map(|m| m.report.trim_end_matches("-0")).collect();
        of.sort_unstable();
        of.join(" ")
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn papers_that_differ_by_minutes_mean_one_start() {
    let reports = [
        report(Article { id: "a", start: "2023-05-08T13:35", end: "2023-05-08T13:55", ..A }),
        report(Article { id: "b", start: "2023-05-08T13:40", ..A }),
        report(Article { id: "c", start: "2023-05-08", ..A }),
        report(Article { id: "d", published: "2023-05-09T09:00", ..A }),
        report(Article { id: "e", published: "2025-01-02", start: "2023-05-08", role: Role::Background, ..A }),
        report(Article { id: "f", published: "2025-01-02", start: "2023-05", role: Role::Background, ..A }),
        report(Article { id: "g", published: "2025-01-02", start: "2023", role: Role::Background, ..A }),
    ];
    assert_eq!(parts(&reports, &[]), ["a b c d e f g"]);
}

#[test]
fn two_outages_stay_two() {
    for (what, a, b) in [
        ("hours apart", ("2023-05-08T08:00", ""), ("2023-05-08T13:00", "")),
        ("the first was over", ("2023-05-08T13:00", "2023-05-08T13:20"), ("2023-05-08T13:50", "2023-05-08T14:10")),
        ("other days", ("2023-05-08", ""), ("2023-05-09", "")),
        ("other months", ("2023-05", ""), ("2023-06", "")),
    ] {
        let pair = [
            report(Article { id: "a", published: "2024-01-01", start: a.0, end: a.1, ..A }),
            report(Article { id: "b", published: "2024-01-01", start: b.0, end: b.1, ..A }),
        ];
        assert_eq!(parts(&pair, &[]), ["a", "b"], "{what}");
    }
    // One article that tells them apart does so for all.
    let mut told =
        records("a", "2023-05-08T16:00", &[outage("카카오톡", "2023-05-08T13:35", ""), outage("카카오톡", "2023-05-08T14:10", "")]);
    told.push(report(Article { id: "b", start: "2023-05-08T13:36", ..A }));
    told.push(report(Article { id: "c", published: "2023-05-08T15:00", start: "2023-05-08T14:12", ..A }));
    assert_eq!(parts(&told, &[]), ["a b", "a-1 c"]);
}

#[test]
fn what_may_mean_either_joins_neither() {
    let mut reports = vec![
        report(Article { id: "a", published: "2023-05-08", start: "2023-05-08T08:00", end: "2023-05-08T08:20", ..A }),
        report(Article { id: "b", published: "2023-05-20", start: "2023-05-20T08:00", end: "2023-05-20T10:00", ..A }),
        report(Article { id: "c", published: "2024-01-01", start: "2023-05", role: Role::Background, ..A }),
    ];
    assert_eq!(parts(&reports, &[]), ["a", "b", "c"]);
    // Unless it says how long it was.
    reports[2].duration_min = Some(120);
    assert_eq!(parts(&reports, &[]), ["a", "b c"]);
}

#[test]
fn a_company_is_the_product_that_it_can_only_mean() {
    let talk = report(Article { id: "a", start: "2023-05-08T13:35", ..A });
    let company = report(Article { id: "b", service: "카카오", start: "2023-05-08T13:40", ..A });
    let map = report(Article { id: "c", service: "카카오맵", start: "2023-05-08T13:40", ..A });
    let later = report(Article { id: "d", service: "카카오", start: "2023-05-08T19:00", published: "2023-05-08T20:00", ..A });
    assert_eq!(parts(&[talk.clone(), company.clone()], &[]), ["a b"]);
    assert_eq!(parts(&[talk.clone(), company.clone(), map], &[]), ["a", "b", "c"]);
    assert_eq!(parts(&[talk.clone(), later], &[]), ["a", "d"]);
    // A year of the product is a day of the company, but where the product's own days are known.
    let years_after = |id, service, start| report(Article { id, service, start, published: "2025-01-01", role: Role::Background, ..A });
    let other = report(Article { id: "f", start: "2023-07-01T10:00", published: "2023-07-02", ..A });
    let again = report(Article { id: "g", start: "2023-09-01T10:00", published: "2023-09-02", ..A });
    assert_eq!(parts(&[company.clone(), years_after("e", "카카오톡", "2023")], &[]), ["b e"]);
    assert_eq!(parts(&[company.clone(), years_after("e", "카카오톡", "2023"), other.clone()], &[]), ["b", "e f"]);
    assert_eq!(parts(&[company.clone(), years_after("e", "카카오톡", "2023"), other, again], &[]), ["b", "e", "f", "g"]);
    assert_eq!(parts(&[talk.clone(), years_after("e", "카카오", "2023-05")], &[]), ["a e"]);
    assert_eq!(parts(&[years_after("e", "카카오", "2023"), years_after("f", "카카오톡", "2023")], &[]), ["e f"]);
    let both = records("x", "2023-05-08T15:00", &[outage("카카오", "2023-05-08T13:40", ""), outage("카카오톡", "2023-05-08T13:40", "")]);
    assert_eq!(parts(&both, &[]), ["x", "x-1"]);
}

#[test]
fn values_are_chosen_by_support() {
    let early = |id, published| report(Article { id, published, start: "2023-05-08T14:00", status: Status::Ongoing, ..A });
    let late = |id, published| {
        let mut r = report(Article { id, published, start: "2023-05-08T13:35", end: "2023-05-08T13:57", status: Status::Resolved, ..A });
        r.cause = Some(Cause::Network);
        r.official = true;
        r
    };
    let mut looking = early("c", "2023-05-08T14:20");
    looking.cause = Some(Cause::Investigating);
    let reports = [
        early("a", "2023-05-08T14:05"),
        early("b", "2023-05-08T14:10"),
        looking,
        late("d", "2023-05-08T18:00"),
        late("e", "2023-05-09T09:00"),
    ];
    let found = merge(&reports, &[]);
    assert_eq!(found.all.len(), 1);
    let v = &found.all[0].values;
    assert_eq!((v.start.value, v.end.value), (Some(at("2023-05-08T13:35")), Some(at("2023-05-08T13:57"))));
    assert_eq!((v.duration_min.value, v.duration_min.derived), (Some(22), false));
    assert_eq!((v.cause.value, v.status.value), (Some(Cause::Network), Some(Status::Resolved)));
    assert_eq!(
        (v.start.by.clone(), v.start.against.clone()),
        (vec!["d-0".to_owned(), "e-0".into()], vec!["a-0".to_owned(), "b-0".into(), "c-0".into()])
    );
    assert!(v.cause.against.is_empty());
    assert_eq!(found.all[0].first_reported, Some(at("2023-05-08T14:05")));
}

#[test]
fn copies_of_a_wire_text_have_one_voice() {
    let copy = |id| {
        let mut r = report(Article { id, start: "2023-05-08T13:00", ..A });
        r.source.group = Some("wire".into());
        r
    };
    let own = |id| report(Article { id, start: "2023-05-08T13:20", ..A });
    let reports = [copy("a"), copy("b"), copy("c"), own("d"), own("e")];
    let found = merge(&reports, &[]);
    assert_eq!((found.all.len(), found.all[0].articles, found.all[0].publishers), (1, 5, 3));
    assert_eq!(found.all[0].values.start.value, Some(at("2023-05-08T13:20")));
}

#[test]
fn a_duration_is_derived_only_from_what_was_chosen() {
    let mut begin = report(Article { id: "a", start: "2023-05-08T13:00", ..A });
    let mut over = report(Article { id: "b", start: "2023-05-08", end: "2023-05-08T13:50", status: Status::Resolved, ..A });
    let found = merge(&[begin.clone(), over.clone()], &[]);
    let duration = &found.all[0].values.duration_min;
    assert_eq!((duration.value, duration.derived, duration.by.len()), (Some(50), true, 0));
    over.duration_min = Some(45);
    begin.duration_min = Some(300);
    let found = merge(&[begin, over], &[]);
    let duration = &found.all[0].values.duration_min;
    assert_eq!((duration.value, duration.derived), (Some(50), true));
    assert_eq!((duration.by.clone(), duration.against.clone()), (vec!["b-0".to_owned()], vec!["a-0".to_owned()]));
}

#[test]
fn every_id_ever_given_leads_on() {
    let first = report(Article { id: "m", published: "2023-05-08T14:00", start: "2023-05-08T13:35", ..A });
    let second = report(Article { id: "n", published: "2023-05-08T15:00", start: "2023-05-08T13:35", ..A });
    let earlier = report(Article { id: "z", published: "2023-05-08T13:40", start: "2023-05-08T13:35", ..A });
    let before = merge(std::slice::from_ref(&first), &[]);
    let id = before.all[0].id.clone();
    assert_eq!(merge(&[first.clone(), second.clone()], &[]).all[0].id, id);
    let found = merge(&[first.clone(), second.clone(), earlier.clone()], &[]);
    assert_ne!(found.all[0].id, id);
    assert_eq!(found.lookup(&id), Some(&found.all[0]));
    // The record goes; a store remembers where its id led.
    let after = merge(&[second, earlier], &[]);
    assert_eq!(after.lookup(&id), None);
    let forward = forwarding(&found.all, &after);
    assert_eq!(after.lookup(&forward[&id]), Some(&after.all[0]));
    // Extracted again with another start: the same id.
    let mut again = first;
    again.start = some("2023-05-08T13:30");
    assert_eq!(again.incident_id(), id);
}

fn target(report: &Report) -> Target {
    Target { article: report.source.article.clone(), service: report.service_key.clone(), start: report.start.map(|m| m.to_string()) }
}

fn edit(at: i64, action: Action) -> Edit {
    Edit { at, action, reason: "기사 확인".into() }
}

#[test]
fn a_persons_word_holds_and_the_later_wins() {
    let morning = report(Article { id: "a", published: "2023-05-08T09:00", start: "2023-05-08T08:00", ..A });
    let noon = report(Article { id: "b", published: "2023-05-08T13:00", start: "2023-05-08T12:00", ..A });
    let reports = vec![morning.clone(), noon.clone()];
    let (a, b) = (vec![target(&morning)], vec![target(&noon)]);
    let one = edit(10, Action::Merge { a: a.clone(), b: b.clone() });
    let two = edit(20, Action::Split { kept: a.clone(), out: b.clone() });
    assert_eq!(parts(&reports, &[]), ["a", "b"]);
    assert_eq!(parts(&reports, std::slice::from_ref(&one)), ["a b"]);
    assert_eq!(parts(&reports, &[two.clone(), one.clone()]), ["a", "b"]);
    let again = Edit { at: 30, ..one.clone() };
    assert_eq!(parts(&reports, &[again, two.clone(), one.clone()]), ["a b"]);
    // More articles, and the first comes out otherwise when extracted again.
    let mut changed = reports.clone();
    changed[0].start = some("2023-05-08T08:05");
    changed.push(report(Article { id: "c", published: "2023-05-08T14:00", start: "2023-05-08T12:03", ..A }));
    assert_eq!(parts(&changed, std::slice::from_ref(&one)), ["a b c"]);
    // Gone altogether: the edit waits.
    let found = merge(&changed[1..], std::slice::from_ref(&one));
    assert_eq!(found.dormant, [one]);
    assert_eq!(found.all.len(), 1);
}

#[test]
fn what_comes_after_a_split_goes_where_it_fits() {
    let first = report(Article { id: "a", start: "2023-05-08T13:00", ..A });
    let second = report(Article { id: "b", published: "2023-05-08T15:00", start: "2023-05-08T13:50", ..A });
    let late = report(Article { id: "c", published: "2023-05-08T16:00", start: "2023-05-08T13:48", ..A });
    let also = report(Article { id: "d", published: "2023-05-08T16:00", start: "2023-05-08T13:02", ..A });
    let split = edit(1, Action::Split { kept: vec![target(&first)], out: vec![target(&second)] });
    assert_eq!(parts(&[first.clone(), second.clone()], &[]), ["a b"]);
    assert_eq!(parts(&[first, second, late, also], &[split]), ["a d", "b c"]);
}

#[test]
fn a_value_that_a_person_gave_stays() {
    let first = report(Article { id: "a", start: "2023-05-08T13:00", end: "2023-05-08T13:30", ..A });
    let of = vec![target(&first)];
    let set = |n, set| edit(n, Action::Set { of: of.clone(), set });
    let edits = [
        set(2, Set::Start(Some(Given(at("2023-05-08T13:10"))))),
        set(1, Set::Start(Some(Given(at("2023-05-08T12:00"))))),
        set(3, Set::Cause(Some(Cause::Fire))),
        set(4, Set::Operator(None)),
    ];
    let second = report(Article { id: "b", published: "2023-05-08T15:00", start: "2023-05-08T13:00", ..A });
    let found = merge(&[first, second], &edits);
    let v = &found.all[0].values;
    assert_eq!((v.start.value, v.start.edited, v.start.by.len(), v.start.against.len()), (Some(at("2023-05-08T13:10")), true, 0, 2));
    assert_eq!((v.duration_min.value, v.duration_min.derived), (Some(20), true));
    assert_eq!((v.cause.value, v.cause.edited), (Some(Cause::Fire), true));
    assert_eq!((v.operator.value.clone(), v.operator.edited), (None, true));
    // As a store keeps it.
    for e in &edits {
        let line = serde_json::to_string(e).unwrap();
        assert_eq!(serde_json::from_str::<Edit>(&line).unwrap(), *e, "{line}");
    }
}

#[test]
fn one_cause_makes_a_root() {
    let mut all = records(
        "a",
        "2022-10-15T18:00",
        &[outage("카카오톡", "2022-10-15T15:30", ""), outage("다음", "2022-10-15T15:30", ""), outage("멜론", "2022-09-01", "")],
    );
    all[0].cause = Some(Cause::Fire);
    all[2].role = Role::Background;
    all.extend(records("b", "2022-10-15T19:00", &[outage("카카오", "2022-10-15T15:30", "")]));
    all.extend(records("c", "2022-10-15T19:00", &[outage("카카오맵", "2022-10-15T15:40", "")]));
    all.extend(records("d", "2022-10-15T19:00", &[outage("업비트", "2022-10-15T15:40", "")]));
    let found = merge(&all, &[]);
    let parts: Vec<Part> = found.all.iter().map(Part::of).collect();
    let roots = roots(&parts);
    assert_eq!(roots.len(), 1);
    let name = |id: &String| found.lookup(id).unwrap().values.service.value.clone().unwrap();
    assert_eq!(
        roots[0].parts.iter().map(name).collect::<BTreeSet<_>>(),
        ["다음", "카카오", "카카오맵", "카카오톡"].map(String::from).into()
    );
    assert_eq!(roots[0].head.as_ref().map(name).as_deref(), Some("카카오"));
    assert_eq!((roots[0].cause, roots[0].start, roots[0].articles), (Some(Cause::Fire), some("2022-10-15T15:30"), 3));
}

#[test]
fn no_time_is_too_strange() {
    let mut all = Vec::new();
    for (n, (start, end)) in
        [("9999-12-30T06:59", "0000-01-01T00:00"), ("0000-01-01", "9999-12-31"), ("", ""), ("9999", ""), ("", "9999-12-31")]
            .iter()
            .enumerate()
    {
        for (m, service) in ["카카오톡", "카카오"].iter().enumerate() {
            for (k, published) in ["", "0001-01-01", "9999-12-30T06:59"].iter().enumerate() {
                let mut report =
                    report(Article { id: &format!("{n}{m}{k}"), published, service, start, end, status: Status::Ongoing, ..A });
                report.duration_min = Some(u32::MAX);
                report.confidence = f64::NAN;
                all.push(report);
            }
        }
    }
    let found = merge(&all, &[]);
    assert_eq!(found.all.iter().map(|i| i.members.len()).sum::<usize>(), all.len());
    assert!(found.all.iter().all(|i| i.confidence.is_finite()));
    roots(&found.all.iter().map(Part::of).collect::<Vec<_>>());
}

#[test]
fn what_says_nothing_of_time_is_alone() {
    let talk = report(Article { id: "a", start: "", role: Role::Background, ..A });
    let company = report(Article { id: "b", service: "카카오", start: "2023", role: Role::Background, ..A });
    let news = report(Article { id: "c", service: "카카오", start: "", ..A });
    assert_eq!(parts(&[talk.clone(), company], &[]), ["a", "b"]);
    assert_eq!(parts(&[talk, news], &[]), ["a", "c"]);
}

fn any_report() -> impl Strategy<Value = Vec<Outage>> {
    let start = prop_oneof![
        6 => (0..6i64, 0..30i64).prop_map(|(day, slot)| format!("2023-05-{:02}T{:02}:{:02}", day * 4 + 1, slot / 3 + 8, slot % 3 * 20)),
        3 => (0..6i64).prop_map(|day| format!("2023-05-{:02}", day * 4 + 1)),
        2 => Just("2023-05".to_owned()),
        2 => Just("2023".to_owned()),
        1 => Just(String::new()),
    ];
    let service = prop_oneof![Just("카카오톡"), Just("카카오"), Just("카카오맵"), Just("네이버"), Just("다음")];
    let one = (service, start, proptest::option::of(1..400u32), 0..3usize, any::<bool>(), proptest::option::of(0..Cause::ALL.len()));
    let one = one.prop_map(|(service, start, duration, status, news, cause)| {
        let mut o = outage(service, &start, "");
        if let (Some(s), Some(d)) = (o.start.filter(|s| s.has_clock()), duration) {
            o.end = s.at().checked_add(jiff::SignedDuration::from_mins(i64::from(d))).ok().map(Moment::minute);
        }
        o.duration_min = duration;
        o.status = Status::ALL[status];
        o.role = if news { Role::Main } else { Role::Background };
        o.cause = cause.map(|c| Cause::ALL[c]);
        o
    });
    proptest::collection::vec(one, 1..4)
}

/// Articles by the handful, some of them copies of one text.
fn any_archive() -> impl Strategy<Value = Vec<Vec<Report>>> {
    let article = (any_report(), 0..30i64, 0..24i64, proptest::option::weighted(0.2, 0..3usize), 0..5usize);
    proptest::collection::vec(article, 1..14).prop_map(|articles| {
        let articles = articles.into_iter().enumerate();
        articles
            .map(|(n, (outages, day, hour, group, publisher))| {
                let published = format!("2023-05-{:02}T{hour:02}:30", day + 1);
                let mut of = records(&format!("a{n:02}"), &published, &outages);
                for report in &mut of {
                    report.source.group = group.map(|g| format!("g{g}"));
                    report.source.publisher = Some(format!("p{publisher}"));
                }
                of
            })
            .collect()
    })
}

fn any_edits(reports: &[Report], picks: &[(usize, usize, usize, bool)]) -> Vec<Edit> {
    let target = |n: usize| vec![target(&reports[n % reports.len()])];
    let edits = picks.iter().enumerate().map(|(n, (kind, a, b, _))| {
        let action = match kind % 3 {
            0 => Action::Merge { a: target(*a), b: target(*b) },
            1 => Action::Split { kept: target(*a), out: target(*b) },
            _ => Action::Set { of: target(*a), set: Set::Cause(Some(Cause::ALL[b % Cause::ALL.len()])) },
        };
        edit(n as i64, action)
    });
    edits.collect()
}

fn shuffled(reports: &[Report], seed: u64) -> Vec<Report> {
    let mut out = reports.to_vec();
    let mut state = seed | 1;
    for i in (1..out.len()).rev() {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        out.swap(i, (state >> 33) as usize % (i + 1));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(feature = "slow") { 2000 } else { 60 }, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_arrival_does_not_show(
        archive in any_archive(),
        picks in proptest::collection::vec((0..3usize, 0..99usize, 0..99usize, any::<bool>()), 0..4),
        seed in any::<u64>(),
    ) {
        let all: Vec<Report> = archive.concat();
        let edits = any_edits(&all, &picks);
        let found = merge(&all, &edits);
        let backwards: Vec<Edit> = edits.iter().rev().cloned().collect();
        prop_assert_eq!(&merge(&shuffled(&all, seed), &backwards), &found);

        // Each report is in one incident, and its id leads there.
        let members: BTreeSet<&str> = found.all.iter().flat_map(|i| i.members.iter().map(|m| m.report.as_str())).collect();
        prop_assert_eq!(found.all.iter().map(|i| i.members.len()).sum::<usize>(), all.len());
        prop_assert_eq!(members.len(), all.len());
        for report in &all {
            let incident = found.lookup(&report.incident_id()).unwrap();
            prop_assert!(incident.members.iter().any(|m| m.report == report.id));
        }
        for incident in &found.all {
            let v = &incident.values;
            let of: Vec<&Report> = all.iter().filter(|r| incident.members.iter().any(|m| m.report == r.id)).collect();
            // No value that no report gives.
            prop_assert!(v.start.value.is_none_or(|s| of.iter().any(|r| r.start == Some(s))));
            prop_assert!(v.end.value.is_none_or(|e| of.iter().any(|r| r.end == Some(e))));
            prop_assert!(v.duration_min.value.is_none_or(|d| v.duration_min.derived || of.iter().any(|r| r.duration_min == Some(d))));
            if let (Some(s), Some(e)) = (v.start.value, v.end.value) {
                prop_assert!(e.unix_bounds().1 >= s.unix_bounds().0);
                if let Some(minutes) = s.minutes_until(e) {
                    prop_assert_eq!(v.duration_min.value.map(i64::from), Some(minutes));
                }
            }
            if edits.is_empty() {
                // Two records of one article with other starts on one service are two.
                for (n, a) in of.iter().enumerate() {
                    for b in &of[n + 1..] {
                        let apart = a.source.article == b.source.article && a.service_key == b.service_key && a.start.is_some() && b.start.is_some();
                        prop_assert!(!apart || a.start == b.start, "{:?} {:?}", a, b);
                    }
                }
            }
        }
        let parts: Vec<Part> = found.all.iter().map(Part::of).collect();
        let backwards: Vec<Part> = parts.iter().rev().cloned().collect();
        prop_assert_eq!(roots(&parts), roots(&backwards));
    }

    #[test]
    fn one_at_a_time_is_all_at_once(
        archive in any_archive(),
        picks in proptest::collection::vec((0..3usize, 0..99usize, 0..99usize, any::<bool>()), 0..4),
        seed in any::<u64>(),
        gone in proptest::collection::vec(0..99usize, 0..4),
        changed in proptest::collection::vec((0..99usize, 0..40i64), 0..4),
    ) {
        let all: Vec<Report> = archive.concat();
        let edits = any_edits(&all, &picks);
        let mut store = Store::default();
        let mut known: Vec<Edit> = Vec::new();
        // Edits come in the midst of it.
        for (n, report) in shuffled(&all, seed).into_iter().enumerate() {
            store.step(&known, &[], vec![report]);
            if n % 3 == 0 && known.len() < edits.len() {
                let edit = edits[known.len()].clone();
                let named: Vec<Report> = edit.targets().flat_map(|t| store.reports.of_article(&t.article).unwrap()).collect();
                known.push(edit);
                store.step(&known, &named, vec![]);
            }
            store.check(&known)?;
        }
        for (n, minutes) in changed {
            // Extracted again: the same record with another start.
            let old = all[n % all.len()].clone();
            let mut new = old.clone();
            new.start = old.start.filter(|s| s.has_clock()).and_then(|s| s.at().checked_add(jiff::SignedDuration::from_mins(minutes)).ok()).map(Moment::minute);
            new.end = None;
            store.step(&known, &[old], vec![new]);
            store.check(&known)?;
        }
        for n in gone {
            let old = all[n % all.len()].id.clone();
            if let Some(old) = store.reports.0.remove(&old) {
                store.step(&known, &[old], vec![]);
                store.check(&known)?;
            }
        }
    }
}

/// What a store does: it keeps reports and incidents, and merges only the neighbourhood of what changed.
#[derive(Default)]
struct Store {
    reports: Memory,
    incidents: Vec<Incident>,
    roots: Vec<Root>,
}

impl Store {
    fn step(&mut self, edits: &[Edit], former: &[Report], new: Vec<Report>) {
        let mut changed: Vec<Report> = former.to_vec();
        changed.extend(new.iter().filter_map(|r| self.reports.0.get(&r.id)).cloned().collect::<Vec<_>>());
        for report in new {
            changed.push(report.clone());
            self.reports.0.insert(report.id.clone(), report);
        }
        let near = neighbourhood(&self.reports, edits, &changed).unwrap();
        let mut ids: BTreeSet<&str> = near.reports.iter().map(|r| r.id.as_str()).collect();
        ids.extend(changed.iter().map(|r| r.id.as_str()));
        let (old, kept): (Vec<Incident>, Vec<Incident>) = std::mem::take(&mut self.incidents)
            .into_iter()
            .partition(|i| near.settles(i) && i.members.iter().any(|m| ids.contains(m.report.as_str())));
        let new: Vec<Incident> = merge(&near.reports, edits).all.into_iter().filter(|i| near.settles(i)).collect();
        let mut parts: Vec<Part> = old.iter().map(Part::of).collect();
        parts.extend(new.iter().map(Part::of));
        self.incidents = kept;
        self.incidents.extend(new);
        let archive = Parts(self.incidents.iter().map(Part::of).collect());
        let near = root_neighbourhood(&archive, &parts).unwrap();
        let mut ids: BTreeSet<&str> = near.iter().map(|p| p.id.as_str()).collect();
        ids.extend(parts.iter().map(|p| p.id.as_str()));
        self.roots.retain(|r| !r.parts.iter().any(|p| ids.contains(p.as_str())));
        self.roots.extend(roots(&near));
    }

    fn check(&mut self, edits: &[Edit]) -> Result<(), TestCaseError> {
        let all: Vec<Report> = self.reports.0.values().cloned().collect();
        let mut whole = merge(&all, edits).all;
        whole.sort_by(|a, b| a.id.cmp(&b.id));
        self.incidents.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(&self.incidents, &whole);
        let mut of_whole = roots(&whole.iter().map(Part::of).collect::<Vec<_>>());
        of_whole.sort_by(|a, b| a.id.cmp(&b.id));
        self.roots.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(&self.roots, &of_whole);
        Ok(())
    }
}

struct Parts(Vec<Part>);

impl PartArchive for Parts {
    type Error = std::convert::Infallible;

    fn of_articles(&self, articles: &BTreeSet<&str>) -> Result<Vec<Part>, Self::Error> {
        let of = |p: &&Part| p.news.iter().chain(&p.recalled).any(|a| articles.contains(a.as_str()));
        Ok(self.0.iter().filter(of).cloned().collect())
    }

    fn one(&self, id: &str) -> Result<Option<Part>, Self::Error> {
        Ok(self.0.iter().find(|p| p.id == id).cloned())
    }

    fn family(&self, part: &Part) -> Result<Vec<Part>, Self::Error> {
        let near = |p: &&Part| match (p.window(), part.window()) {
            (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
            (None, None) => p.start.is_some() && p.start == part.start,
            _ => false,
        };
        let key = &part.service_key;
        let of = |p: &&Part| p.service_key == *key || p.uppers.contains(key) || part.uppers.contains(&p.service_key);
        Ok(self.0.iter().filter(near).filter(of).cloned().collect())
    }
}
