//! Which reports of a component tell of one outage, before a person has said anything.
//!
//! Every step takes the groups of the step before as they are and decides each report by them alone, so nothing depends on which
//! report is looked at first; where order matters (the closest pair first), it is by distance and then canonical.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{DAY, HOUR, MINUTE, NEWS, Report, When, bounds};
use crate::record::Cause;
use crate::temporal::{Moment, Precision};

/// Papers that differ by so much still mean one start.
const NEAR: i64 = 30 * MINUTE;
/// Starts further apart are joined only over a third between them, or where the spans overlap.
const FAR: i64 = 90 * MINUTE;
/// Starts further apart, whose spans do not overlap, are two outages.
const APART: i64 = 180 * MINUTE;
/// Where both ends are known, what begins so long after the other's end is another outage.
const PAUSE: i64 = 5 * MINUTE;
/// Where one end is known.
const LONG_PAUSE: i64 = 30 * MINUTE;
/// What is published so long before an outage began does not tell of it.
const EARLY: i64 = 15 * MINUTE;

/// A group of reports on one service.
#[derive(Clone, Debug)]
struct Group {
    members: Vec<usize>,
    /// First and last known start; for groups of days the bounds of these.
    first: i64,
    last: i64,
    until: i64,
    /// The days on which a start is known to lie, as their first second.
    days: BTreeSet<i64>,
    minutes: Vec<i64>,
    /// Known by a month or a year only.
    coarse: Option<Precision>,
    /// Known by the news alone.
    news: bool,
}

/// The automatic groups, as indices into `reports`, which is in canonical order; each group sorted, all sorted by their first.
pub(super) fn groups(reports: &[&Report]) -> Vec<Vec<usize>> {
    let whens: Vec<When> = reports.iter().map(|r| When::of(r)).collect();
    let all = Component { reports, whens: &whens };
    let mut by_service: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, r) in reports.iter().enumerate() {
        by_service.entry(&r.service_key).or_default().push(i);
    }
    let services: BTreeMap<&str, Vec<Group>> = by_service.into_iter().map(|(key, members)| (key, all.service(&members))).collect();
    let mut out = if services.len() > 1 { all.companies(&services) } else { services.into_values().flatten().map(|g| g.members).collect() };
    out.iter_mut().for_each(|g| g.sort_unstable());
    out.sort();
    out
}

struct Component<'a> {
    reports: &'a [&'a Report],
    whens: &'a [When],
}

impl Component<'_> {
    /// The groups of one service.
    fn service(&self, members: &[usize]) -> Vec<Group> {
        let mut groups = self.minutes(members);
        self.days(members, &mut groups);
        for precision in [Precision::Month, Precision::Year] {
            self.coarse(members, precision, &mut groups);
        }
        self.news(members, &mut groups);
        self.rest(members, &mut groups);
        groups
    }

    fn article(&self, i: usize) -> &str {
        &self.reports[i].source.article
    }

    /// Starts to the minute: the closest pairs first, never joining what contradicts.
    fn minutes(&self, members: &[usize]) -> Vec<Group> {
        struct Node<'a> {
            start: i64,
            end: Option<i64>,
            until: i64,
            members: Vec<usize>,
            articles: BTreeSet<&'a str>,
        }
        let mut nodes: BTreeMap<i64, Node<'_>> = BTreeMap::new();
        for i in members {
            let When::Minute { start, end, until } = self.whens[*i] else { continue };
            let node =
                nodes.entry(start).or_insert_with(|| Node { start, end: None, until, members: Vec::new(), articles: BTreeSet::new() });
            node.end = node.end.max(end);
            node.until = node.until.max(until);
            node.members.push(*i);
            node.articles.insert(self.article(*i));
        }
        let nodes: Vec<Node<'_>> = nodes.into_values().collect();
        /// How well two starts agree: the class first, then how far they are apart.
        fn affinity(a: &Node<'_>, b: &Node<'_>) -> Option<(u8, i64)> {
            let apart = b.start - a.start;
            let pause = a.end.map(|end| b.start - end);
            let contradicted = match (pause, b.end.is_some()) {
                (Some(pause), true) => pause > PAUSE && apart > 2 * PAUSE,
                (Some(pause), false) => pause > LONG_PAUSE && apart > NEAR,
                (None, _) => false,
            };
            if contradicted || !a.articles.is_disjoint(&b.articles) {
                return None;
            }
            if apart <= FAR {
                Some((u8::from(apart > NEAR), apart))
            } else if b.start <= a.until {
                Some((2, apart))
            } else {
                (apart <= APART).then_some((3, apart))
            }
        }
        let mut pairs = Vec::new();
        let mut allowed: Vec<Bits> = (0..nodes.len()).map(|_| Bits::new(nodes.len())).collect();
        for (i, a) in nodes.iter().enumerate() {
            allowed[i].set(i);
            for (j, b) in nodes.iter().enumerate().skip(i + 1) {
                if b.start - a.start > APART && b.start > a.until {
                    break;
                }
                if let Some((class, apart)) = affinity(a, b) {
                    allowed[i].set(j);
                    allowed[j].set(i);
                    if class < 3 {
                        pairs.push((class, apart, i, j));
                    }
                }
            }
        }
        pairs.sort_unstable();
        let mut of: Vec<usize> = (0..nodes.len()).collect();
        let mut members: Vec<Vec<usize>> = (0..nodes.len()).map(|i| vec![i]).collect();
        for (_, _, i, j) in pairs {
            let (a, b) = (of[i].min(of[j]), of[i].max(of[j]));
            if a == b || !members[b].iter().all(|n| allowed[a].has(*n)) {
                continue;
            }
            let moved = std::mem::take(&mut members[b]);
            moved.iter().for_each(|n| of[*n] = a);
            members[a].extend(moved);
            let other = std::mem::take(&mut allowed[b]);
            allowed[a].and(&other);
        }
        members
            .into_iter()
            .filter(|m| !m.is_empty())
            .map(|m| self.group(m.iter().flat_map(|n| nodes[*n].members.iter().copied()).collect()))
            .collect()
    }

    /// A group of timed reports.
    fn group(&self, members: Vec<usize>) -> Group {
        let mut group = Group {
            first: i64::MAX,
            last: i64::MIN,
            until: i64::MIN,
            days: BTreeSet::new(),
            minutes: Vec::new(),
            coarse: None,
            news: false,
            members: Vec::new(),
        };
        for i in members {
            match self.whens[i] {
                When::Minute { start, until, .. } => {
                    group.first = group.first.min(start);
                    group.last = group.last.max(start);
                    group.until = group.until.max(until);
                    group.days.insert(day_of(start));
                    group.minutes.push(start);
                }
                When::Day { first, last, until, .. } => {
                    group.first = group.first.min(first);
                    group.last = group.last.max(last);
                    group.until = group.until.max(until);
                    group.days.insert(first);
                }
                When::Coarse { first, last, precision } => {
                    group.first = group.first.min(first);
                    group.last = group.last.max(last);
                    group.until = group.until.max(last);
                    group.coarse = Some(precision);
                }
                When::News { first, last } => {
                    group.first = group.first.min(first);
                    group.last = group.last.max(last);
                    group.until = group.until.max(last);
                    group.news = true;
                }
                When::Crowded { .. } | When::Never => {}
            }
            group.members.push(i);
        }
        group.members.sort_unstable();
        group.minutes.sort_unstable();
        group.minutes.dedup();
        group
    }

    /// Whether an article of the report has another record with a start in the group: two records of one article are two outages.
    fn parted(&self, i: usize, members: &[usize]) -> bool {
        self.reports[i].start.is_some()
            && members
                .iter()
                .any(|m| *m != i && self.reports[*m].start.is_some() && self.article(*m) == self.article(i) && self.differ(*m, i))
    }

    fn differ(&self, a: usize, b: usize) -> bool {
        self.whens[a] != self.whens[b] && self.reports[a].start != self.reports[b].start
    }

    /// Whether the report came out before the group's outage began.
    fn too_early(&self, i: usize, group: &Group) -> bool {
        self.reports[i].published().is_some_and(|(_, last)| last.saturating_add(EARLY) < group.first)
    }

    fn days(&self, members: &[usize], groups: &mut Vec<Group>) {
        let minutes = groups.clone();
        let mut wishes = Vec::new();
        let mut left: BTreeSet<usize> = BTreeSet::new();
        for i in members.iter().copied().filter(|i| matches!(self.whens[*i], When::Day { .. })) {
            let mut fits: Vec<(i32, i64, usize)> = Vec::new();
            for (n, group) in minutes.iter().enumerate() {
                if let Some(fit) = self.fit_of_day(i, group) {
                    // News of the day means the last outage that had begun by then.
                    let near = self.reports[i].published().filter(|p| p.1 - group.first < DAY + DAY / 2);
                    fits.push((fit, near.map_or(i64::MIN, |_| group.first), n));
                }
            }
            fits.sort_unstable_by(|a, b| b.cmp(a));
            match fits.as_slice() {
                [] => {
                    left.insert(i);
                }
                [a, b, ..] if (a.0, a.1) == (b.0, b.1) => {
                    left.insert(i);
                }
                [a, ..] => wishes.push((std::cmp::Reverse(a.0), i, a.2)),
            }
        }
        // Two records of one article that wish for one group: the better fit gets it.
        wishes.sort_unstable();
        let mut extra: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        for (_, i, n) in wishes {
            if self.parted(i, &extra[n]) {
                left.insert(i);
            } else {
                extra[n].push(i);
            }
        }
        for (group, extra) in groups.iter_mut().zip(extra) {
            // The bounds stay those of the minutes: what is better known is not made vaguer.
            group.members.extend(extra);
            group.members.sort_unstable();
        }
        groups.extend(self.days_alone(&left));
    }

    /// How well a day fits a group of minutes: none where it contradicts.
    fn fit_of_day(&self, i: usize, group: &Group) -> Option<i32> {
        let When::Day { first, last, end, until, starts } = self.whens[i] else { return None };
        if self.parted(i, &group.members) || self.too_early(i, group) {
            return None;
        }
        let same_day = group.days.contains(&first);
        let overlap = first <= group.until && group.first <= until.max(last);
        let mut fit = match (starts, same_day, overlap) {
            (true, true, _) => 8,
            (_, _, true) => 4,
            (false, true, false) => 2,
            _ => return None,
        };
        let ends: Vec<i64> = group.members.iter().filter_map(|m| self.clock_end(*m)).collect();
        if let Some(end) = end
            && !ends.is_empty()
        {
            fit += if ends.iter().any(|e| (e - end).abs() <= NEAR) { 2 } else { -2 };
        }
        if let Some(length) = self.reports[i].duration_min {
            let lengths: Vec<u32> = group.members.iter().filter_map(|m| self.reports[*m].duration_min).collect();
            if !lengths.is_empty() {
                fit += if lengths.iter().any(|l| similar(*l, length)) { 1 } else { -1 };
            }
        }
        // An end alone, far from all known ends, is the end of another outage.
        (starts || fit > 2 || ends.is_empty()).then_some(fit)
    }

    fn clock_end(&self, i: usize) -> Option<i64> {
        match self.whens[i] {
            When::Minute { end, .. } | When::Day { end, .. } => end,
            _ => None,
        }
    }

    /// Days without any minute: one group a day, and days that the span of another reaches join it.
    fn days_alone(&self, left: &BTreeSet<usize>) -> Vec<Group> {
        let mut days: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for i in left {
            if let When::Day { first, .. } = self.whens[*i] {
                days.entry(first).or_default().push(*i);
            }
        }
        let mut groups: Vec<Group> = Vec::new();
        for members in days.into_values() {
            let next = self.group(members);
            let joined = groups.last_mut().filter(|g| next.first <= g.until && !next.members.iter().any(|i| self.parted(*i, &g.members)));
            match joined {
                Some(group) => *group = self.group(group.members.iter().chain(&next.members).copied().collect()),
                None => groups.push(next),
            }
        }
        groups
    }

    /// Months and years.
    fn coarse(&self, members: &[usize], wanted: Precision, groups: &mut Vec<Group>) {
        let known = groups.clone();
        let mut extra: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let mut left: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for i in members.iter().copied() {
            let When::Coarse { first, last, precision } = self.whens[i] else { continue };
            if precision != wanted {
                continue;
            }
            let fits: Vec<usize> = (0..known.len())
                .filter(|n| {
                    let g = &known[*n];
                    first <= g.first && g.last <= last && !self.parted(i, &g.members) && !self.too_early(i, g)
                })
                .collect();
            match self.only(i, &fits, &known) {
                Some(n) => extra[n].push(i),
                None => left.entry(first).or_default().push(i),
            }
        }
        for (group, extra) in groups.iter_mut().zip(extra) {
            group.members.extend(extra);
            group.members.sort_unstable();
        }
        groups.extend(left.into_values().map(|members| self.group(members)));
    }

    /// The only group that fits, or the only one that agrees in what the report says of the cause and the length.
    fn only(&self, i: usize, fits: &[usize], groups: &[Group]) -> Option<usize> {
        if let [n] = fits {
            return Some(*n);
        }
        let report = self.reports[i];
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for n in fits {
            let others = || groups[*n].members.iter().map(|m| self.reports[*m]);
            let cause = report.cause.filter(|c| *c != Cause::Investigating).is_some_and(|c| others().any(|o| o.cause == Some(c)));
            let length = report.duration_min.is_some_and(|l| others().any(|o| o.duration_min.is_some_and(|m| similar(l, m))));
            scored.push((u32::from(cause) + 2 * u32::from(length), *n));
        }
        scored.sort_unstable_by(|a, b| b.cmp(a));
        match scored.as_slice() {
            [a, b, ..] if a.0 > b.0 => Some(a.1),
            _ => None,
        }
    }

    /// News without a time: the outage nearest before it came out, if only one was so near.
    fn news(&self, members: &[usize], groups: &mut Vec<Group>) {
        let known = groups.clone();
        let mut extra: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let mut left: Vec<usize> = Vec::new();
        for i in members.iter().copied() {
            let When::News { first, last } = self.whens[i] else { continue };
            let mut near: Vec<(i64, usize)> = Vec::new();
            for (n, group) in known.iter().enumerate().filter(|(_, g)| g.coarse.is_none()) {
                let after = (first - group.until).max(0);
                if group.first <= last.saturating_add(EARLY) && after <= NEWS {
                    near.push((
                        if after <= DAY {
                            0
                        } else if after <= 3 * DAY {
                            1
                        } else {
                            2
                        },
                        n,
                    ));
                }
            }
            let best = near.iter().map(|(tier, _)| *tier).min();
            let fits: Vec<usize> = near.iter().filter(|(tier, _)| Some(*tier) == best).map(|(_, n)| *n).collect();
            match self.only(i, &fits, &known) {
                Some(n) => extra[n].push(i),
                None => left.push(i),
            }
        }
        for (group, extra) in groups.iter_mut().zip(extra) {
            group.members.extend(extra);
            group.members.sort_unstable();
        }
        // What is left came out within two days of each other: one outage, of which nobody gave the time.
        left.sort_by_key(|i| (self.whens[*i].news_first(), *i));
        let mut alone: Vec<Vec<usize>> = Vec::new();
        for i in left {
            let first = self.whens[i].news_first();
            match alone.last_mut().filter(|g| first - self.whens[g[0]].news_first() <= 2 * DAY) {
                Some(group) => group.push(i),
                None => alone.push(vec![i]),
            }
        }
        groups.extend(alone.into_iter().map(|members| self.group(members)));
    }

    /// What says nothing of time is alone, but for the copies of one text; what has too much to choose from is with its like.
    fn rest(&self, members: &[usize], groups: &mut Vec<Group>) {
        let mut copies: BTreeMap<(&str, usize), Vec<usize>> = BTreeMap::new();
        for i in members.iter().copied().filter(|i| self.whens[*i] == When::Never) {
            let report = self.reports[i];
            match report.source.group.as_deref() {
                Some(group) => copies.entry((group, report.ordinal)).or_default().push(i),
                None => groups.push(self.group(vec![i])),
            }
        }
        groups.extend(copies.into_values().map(|members| self.group(members)));
        let mut crowded: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
        for i in members.iter().copied() {
            if let When::Crowded { first, last } = self.whens[i] {
                crowded.entry((first, last)).or_default().push(i);
            }
        }
        groups.extend(crowded.into_values().map(|members| self.group(members)));
    }

    /// A company's bare name and its products.
    fn companies(&self, services: &BTreeMap<&str, Vec<Group>>) -> Vec<Vec<usize>> {
        // One list of all groups, with the keys of their services.
        let mut keys: Vec<&str> = Vec::new();
        let mut groups: Vec<&Group> = Vec::new();
        for (key, of) in services {
            groups.extend(of);
            keys.resize(groups.len(), key);
        }
        let uppers: Vec<BTreeSet<&str>> =
            groups.iter().map(|g| g.members.iter().flat_map(|i| self.reports[*i].uppers.iter().map(String::as_str)).collect()).collect();
        let articles: Vec<BTreeSet<&str>> = groups.iter().map(|g| g.members.iter().map(|i| self.article(*i)).collect()).collect();
        let mut wishes: Vec<(i64, usize, usize)> = Vec::new();
        for (c, company) in groups.iter().enumerate() {
            let mut fits: Vec<(i64, usize)> = Vec::new();
            for (p, product) in groups.iter().enumerate() {
                if uppers[p].contains(keys[c])
                    && let Some(apart) = self.fit_of_product(company, product)
                {
                    fits.push((apart, p));
                }
            }
            // It may mean any of several products, or one of two outages of one: then it means none.
            if let [(apart, p)] = fits.as_slice()
                && articles[c].is_disjoint(&articles[*p])
            {
                wishes.push((*apart, c, *p));
            }
        }
        // The nearest first; one group of a company a product, and a chain only upwards.
        wishes.sort_unstable();
        let mut of: Vec<usize> = (0..groups.len()).collect();
        let mut taken: BTreeSet<(usize, &str)> = BTreeSet::new();
        for (_, c, p) in wishes {
            let (from, to) = (of[c], of[p]);
            let apart = (0..groups.len())
                .filter(|a| of[*a] == from)
                .all(|a| (0..groups.len()).filter(|b| of[*b] == to).all(|b| articles[a].is_disjoint(&articles[b])));
            if from != to && apart && taken.insert((to, keys[c])) {
                of.iter_mut().filter(|o| **o == from).for_each(|o| *o = to);
            }
        }
        let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (n, group) in groups.iter().enumerate() {
            out.entry(of[n]).or_default().extend(&group.members);
        }
        out.into_values().collect()
    }

    /// How far a company's outage is from a product's, if they may be one.
    fn fit_of_product(&self, company: &Group, product: &Group) -> Option<i64> {
        // What says nothing of time.
        if company.first > company.last || product.first > product.last {
            return None;
        }
        match (company.coarse, product.coarse) {
            (None, None) => {}
            // A month of one holds the day of the other.
            (Some(_), None) => return (company.first <= product.first && product.last <= company.last).then_some(DAY),
            (None, Some(_)) => {
                let held = product.first <= company.first && company.last <= product.last;
                return (held && !product.members.iter().any(|i| self.reports[*i].detached)).then_some(DAY);
            }
            (Some(a), Some(b)) => return (a == b && company.first == product.first).then_some(DAY),
        }
        if company.news || product.news {
            let (a, b) = if company.news { (company, product) } else { (product, company) };
            let gap = (a.first - b.until).max(b.first - a.until).max(0);
            return (gap <= DAY).then_some(DAY + gap);
        }
        let overlap = company.first <= product.until && product.first <= company.until;
        if company.minutes.is_empty() || product.minutes.is_empty() {
            return (overlap || !company.days.is_disjoint(&product.days)).then_some(HOUR);
        }
        let pairs = company.minutes.iter().flat_map(|a| product.minutes.iter().map(move |b| (a - b).abs()));
        let apart = pairs.min()?;
        (apart <= FAR || overlap).then_some(apart)
    }
}

impl When {
    fn news_first(self) -> i64 {
        match self {
            When::News { first, .. } => first,
            _ => i64::MAX,
        }
    }
}

/// The first second of the Korean day.
fn day_of(second: i64) -> i64 {
    let kst = 9 * HOUR;
    (second + kst).div_euclid(DAY) * DAY - kst
}

/// Whether two durations may be one: "20여분" is 22.
fn similar(a: u32, b: u32) -> bool {
    a.abs_diff(b) <= (a.max(b) / 5).max(3)
}

/// Whether two moments may be one, to the tolerance that papers differ by.
pub(super) fn near(a: Moment, b: Moment) -> bool {
    match a.has_clock() && b.has_clock() {
        true => (bounds(a).0 - bounds(b).0).abs() <= NEAR,
        false => a.agrees_with(b),
    }
}

#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(n: usize) -> Bits {
        Bits(vec![0; n.div_ceil(64)])
    }

    fn set(&mut self, n: usize) {
        self.0[n / 64] |= 1 << (n % 64);
    }

    fn has(&self, n: usize) -> bool {
        self.0[n / 64] >> (n % 64) & 1 == 1
    }

    fn and(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }
}
