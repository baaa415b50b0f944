//! Which reports can touch each other, so that a store need not merge everything again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;

use super::Incident;
use super::edit::{Edit, Resolved};
use super::report::Report;

/// What a report can touch: all reports with `key` for their service or among their uppers, or with one of `uppers` for their service, whose
/// window ([`Report::window`]) overlaps `first..=last`; but of a day and a month or a year only those on one service, or where the month or year is
/// the upper's. What else touches is asked for apart, see [`Report::detached`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probe {
    /// [`Report::service_key`].
    pub key: String,
    /// [`Report::uppers`].
    pub uppers: Vec<String>,
    /// Unix seconds.
    pub first: i64,
    /// Unix seconds.
    pub last: i64,
    /// Whether it is known by its month or year alone ([`Report::period`]).
    pub coarse: bool,
    /// Where it is: whether it touches days of its uppers all the same.
    pub days_above: bool,
    /// Whether other services of its family are asked for; else only what tells the day of its own service.
    pub family: bool,
}

impl Probe {
    /// The probe of a report; none where it says nothing of time, and so touches only the copies of its text.
    pub fn of(report: &Report) -> Option<Probe> {
        let (first, last) = report.window()?;
        let coarse = report.period().is_some();
        Some(Probe {
            key: report.service_key.clone(),
            uppers: report.uppers.clone(),
            first,
            last,
            coarse,
            days_above: !coarse,
            family: true,
        })
    }

    /// Whether a report is found by it.
    pub fn finds(&self, report: &Report) -> bool {
        let coarse = report.period().is_some();
        let below = report.uppers.contains(&self.key) && (self.coarse || !coarse);
        let above = self.uppers.contains(&report.service_key) && (coarse || self.days_above);
        let own = report.service_key == self.key && (self.family || !coarse);
        (own || self.family && (below || above)) && report.window().is_some_and(|(first, last)| first <= self.last && self.first <= last)
    }
}

/// A month or a year in which a service and those below it have more reports that tell the day can mean no one outage. So what is known by such a period alone
/// joins nothing there, and does not tie all the reports of the period into one component: however much is written of a service, a new report
/// has a small neighbourhood.
pub(super) const CROWD: usize = if cfg!(test) { 8 } else { 60 };

/// Where reports are kept.
///
/// A store keeps beside each record its service key, its uppers (a row each), the two ends of its window, its wire text and whether it is official; with an
/// index over key and window each question is one look-up. Keys and uppers come from the dictionary, so other dictionaries ask for new ones, as they ask
/// for new records.
pub trait Archive {
    /// Why a look-up fails.
    type Error;
    /// All reports that the probe finds.
    fn related(&self, probe: &Probe) -> Result<Vec<Report>, Self::Error>;
    /// All reports of an article.
    fn of_article(&self, article: &str) -> Result<Vec<Report>, Self::Error>;
    /// How many reports without a [`Report::period`] are on this service or have it among their uppers, whose window overlaps that from `first` to `last`; beyond
    /// `most` any number above it will do.
    fn count(&self, key: &str, first: i64, last: i64, most: usize) -> Result<usize, Self::Error>;
    /// All reports on this service with this [`Report::period`].
    fn of_period(&self, key: &str, period: (i64, i64)) -> Result<Vec<Report>, Self::Error>;
    /// The periods that overlap the time from `first` to `last` of reports that have this service among their uppers, each once.
    fn periods_below(&self, key: &str, first: i64, last: i64) -> Result<Vec<(i64, i64)>, Self::Error>;
    /// All reports with this period that have this service among their uppers.
    fn below_of_period(&self, key: &str, period: (i64, i64)) -> Result<Vec<Report>, Self::Error>;
    /// All reports without a [`Report::window`] on this service of articles that print this wire text.
    fn copies(&self, group: &str, key: &str) -> Result<Vec<Report>, Self::Error>;
}

/// Stretches of time that lie apart.
type Spans = Vec<(i64, i64)>;

/// What is asked of a stretch of time: service, uppers, and by what kind of report.
type Question = (String, Vec<String>, (bool, bool, bool, Reach));

/// What a change may reach.
#[derive(Clone, Debug, Default)]
pub struct Neighbourhood {
    /// In the order of their ids.
    pub reports: Vec<Report>,
    /// Those that are only needed to see where others belong: what merging makes of them is not complete.
    pub beside: BTreeSet<String>,
}

impl Neighbourhood {
    /// Whether the incident that merging made of these reports is that of the whole archive; the others are as they were before.
    pub fn settles(&self, incident: &Incident) -> bool {
        !incident.members.iter().any(|m| self.beside.contains(&m.report))
    }
}

/// How a change reaches a report. A month's or a year's mention joins one of the outages of its service in that time, and changes nothing about which
/// outages there are: so what lies elsewhere in its time has to be known where the mention may belong elsewhere now, but is not itself changed, and
/// what is beside that again is not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Reach {
    /// Where a mention belongs hangs on it.
    Beside,
    /// Its incident may be another.
    Near,
    /// Which outages its service had may be otherwise now.
    Touched,
}

/// All reports whose incidents may be others now that reports or edits have come, changed or gone, and what it takes to merge them.
///
/// `archive` and `edits` are as they are after the change; `changed` are the new and the former versions of what changed, also those that are
/// gone; an edit that came or went is told by the reports of the articles that it names. Merging what is returned gives the new incidents of these reports
/// (those that [`Neighbourhood::settles`] holds for), and no incident of any other report is another than before.
pub fn neighbourhood<A: Archive>(archive: &A, edits: &[Edit], changed: &[Report]) -> Result<Neighbourhood, A::Error> {
    let mut edits_of: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, edit) in edits.iter().enumerate() {
        for article in edit.targets().map(|t| t.article.as_str()).collect::<BTreeSet<_>>() {
            edits_of.entry(article).or_default().push(n);
        }
    }
    let mut found: BTreeMap<String, (Report, Reach)> = BTreeMap::new();
    let mut queue: Vec<(Report, Reach)> = changed.iter().map(|r| (r.clone(), Reach::Touched)).collect();
    let mut asked: HashMap<Question, Spans> = HashMap::new();
    let mut articles: HashSet<String> = HashSet::new();
    let mut counts = Counts { archive, most: CROWD + changed.len(), known: HashMap::new() };
    while let Some((report, reach)) = queue.pop() {
        let mut next: Vec<(Report, Reach)> = Vec::new();
        let edited = edits_of.get(report.source.article.as_str());
        // A person's word binds what it names, wherever it lies.
        let reach = if edited.is_some() { reach.max(Reach::Near) } else { reach };
        match Probe::of(&report) {
            Some(probe) if counts.may_be_crowded(&report)? => {
                next.extend(archive.of_period(&probe.key, (probe.first, probe.last))?.into_iter().map(|r| (r, reach)));
            }
            Some(mut probe) => {
                probe.days_above |= !counts.may_be_detached(&report)?;
                probe.family = reach > Reach::Beside;
                // Fifty papers on one outage have fifty windows, of which the first few hold the rest.
                let how = (probe.coarse, probe.days_above, edited.is_some(), reach);
                let spans = asked.entry((probe.key.clone(), probe.uppers.clone(), how)).or_default();
                if !spans.iter().any(|(first, last)| *first <= probe.first && probe.last <= *last) {
                    for other in archive.related(&probe)? {
                        let own = other.service_key == report.service_key;
                        // What stays crowded touches only its like.
                        let like = own && other.period() == report.period();
                        if !like && counts.may_be_crowded(&other)? {
                            continue;
                        }
                        let reach = match (own, probe.coarse, other.period().is_some()) {
                            // A mention that comes, goes or moves changes the incident it was in, or is in now; one that a person has joined to others
                            // brings its incident along.
                            (true, true, false) if reach == Reach::Touched || edited.is_some() => Reach::Near,
                            (true, true, false) => Reach::Beside,
                            (true, _, _) => reach,
                            // Its time may be crowded now.
                            (false, false, true) => reach,
                            (false, _, _) => Reach::Near,
                        };
                        next.push((other, reach));
                    }
                    if !probe.coarse && probe.family {
                        // What came or went may also have made the family of an upper too large for mentions of others below it.
                        let uppers = probe.uppers.iter().filter(|_| reach == Reach::Touched);
                        for key in std::iter::once(&probe.key).chain(uppers) {
                            for period in archive.periods_below(key, probe.first, probe.last)? {
                                let n = counts.of(key, period)?;
                                if n > counts.most || *key != probe.key && n + counts.most <= 2 * CROWD {
                                    continue;
                                }
                                for other in archive.below_of_period(key, period)? {
                                    if !counts.may_be_detached(&other)? {
                                        next.push((other, Reach::Near));
                                    }
                                }
                            }
                        }
                    }
                    let (mut first, mut last) = (probe.first, probe.last);
                    spans.retain(|span| {
                        let apart = span.1 < first || last < span.0;
                        if !apart {
                            (first, last) = (first.min(span.0), last.max(span.1));
                        }
                        apart
                    });
                    spans.push((first, last));
                }
            }
            None => {
                // Alone, unless it is a copy; whether it is still there its article tells.
                let here = archive.of_article(&report.source.article)?;
                next.extend(here.into_iter().filter(|r| r.id == report.id).map(|r| (r, reach)));
                if let Some(group) = &report.source.group {
                    next.extend(archive.copies(group, &report.service_key)?.into_iter().map(|r| (r, reach)));
                }
            }
        }
        for n in edited.into_iter().flatten() {
            for target in edits[*n].targets() {
                if articles.insert(target.article.clone()) {
                    next.extend(archive.of_article(&target.article)?.into_iter().map(|r| (r, Reach::Near)));
                }
            }
        }
        for (report, reach) in next {
            let known = found.get(&report.id).map(|(_, r)| *r);
            if known.is_none_or(|known| known < reach) {
                found.insert(report.id.clone(), (report.clone(), reach));
                queue.push((report, reach));
            }
        }
    }
    let mut out = Neighbourhood::default();
    for (id, (mut report, reach)) in found {
        (report.crowded, report.detached) = counts.marks(&report)?;
        if reach == Reach::Beside && !edits_of.contains_key(report.source.article.as_str()) {
            out.beside.insert(id);
        }
        out.reports.push(report);
    }
    Ok(out)
}

/// How many reports that tell the day there are where the marks of others depend on it.
struct Counts<'a, A> {
    archive: &'a A,
    /// A period that has more even without what changed was crowded before.
    most: usize,
    known: HashMap<(String, (i64, i64)), usize>,
}

impl<A: Archive> Counts<'_, A> {
    fn of(&mut self, key: &str, period: (i64, i64)) -> Result<usize, A::Error> {
        let of = (key.to_owned(), period);
        if let Some(known) = self.known.get(&of) {
            return Ok(*known);
        }
        let n = self.archive.count(key, period.0, period.1, self.most)?;
        self.known.insert(of, n);
        Ok(n)
    }

    /// [`Report::crowded`] now and before.
    fn may_be_crowded(&mut self, report: &Report) -> Result<bool, A::Error> {
        let Some(period) = report.period() else { return Ok(false) };
        Ok(self.of(&report.service_key, period)? > self.most)
    }

    /// [`Report::detached`] now and before.
    fn may_be_detached(&mut self, report: &Report) -> Result<bool, A::Error> {
        let changed = self.most - CROWD;
        self.detached(report, changed, self.most)
    }

    fn detached(&mut self, report: &Report, own: usize, upper: usize) -> Result<bool, A::Error> {
        let Some(period) = report.period() else { return Ok(false) };
        for key in &report.uppers {
            if self.of(key, period)? > upper {
                return Ok(true);
            }
        }
        Ok(!report.uppers.is_empty() && self.of(&report.service_key, period)? > own)
    }

    fn marks(&mut self, report: &Report) -> Result<(bool, bool), A::Error> {
        let Some(period) = report.period() else { return Ok((false, false)) };
        Ok((self.of(&report.service_key, period)? > CROWD, self.detached(report, 0, CROWD)?))
    }
}

/// Marks what is known by a period alone: [`Report::crowded`], [`Report::detached`].
pub(super) fn mark(reports: &mut [Report]) {
    let mut counts: HashMap<(String, (i64, i64)), usize> = HashMap::new();
    for report in reports.iter() {
        let keys = std::iter::once(&report.service_key).chain(&report.uppers);
        counts.extend(report.period().into_iter().flat_map(|p| keys.clone().map(move |key| ((key.clone(), p), 0))));
    }
    if counts.is_empty() {
        return;
    }
    let mut windows: HashMap<&str, Vec<(i64, i64)>> = HashMap::new();
    for report in reports.iter().filter(|r| r.period().is_none()) {
        for key in std::iter::once(&report.service_key).chain(&report.uppers) {
            windows.entry(key).or_default().extend(report.window());
        }
    }
    for ((key, (first, last)), n) in &mut counts {
        let of = windows.get(key.as_str()).into_iter().flatten();
        *n = of.filter(|w| w.0 <= *last && *first <= w.1).take(CROWD + 1).count();
    }
    for report in reports {
        if let Some(period) = report.period() {
            let of = |key: &String| counts.get(&(key.clone(), period)).copied().unwrap_or_default();
            let own = of(&report.service_key);
            // A neighbourhood holds less than was counted, never more.
            report.detached |= !report.uppers.is_empty() && (own > 0 || report.uppers.iter().any(|u| of(u) > CROWD));
            report.crowded |= own > CROWD;
        }
    }
}

/// The connected components of a set of reports, as indices. Any order within.
pub fn components(reports: &[Report], edits: &[Edit]) -> Vec<Vec<usize>> {
    let mut reports = reports.to_vec();
    mark(&mut reports);
    let all: Vec<&Report> = reports.iter().collect();
    let edits: Vec<&Edit> = edits.iter().collect();
    let by_article = super::edit::by_article(&all, &edits);
    let resolved: Vec<Resolved<'_>> = edits.iter().map(|e| Resolved::new(e, &all, &by_article)).collect();
    components_of(&all, &resolved)
}

/// Sorted, in the order of their first.
pub(super) fn components_of(reports: &[&Report], edits: &[Resolved<'_>]) -> Vec<Vec<usize>> {
    let mut sets = Sets::new(reports.len());
    let windows: Vec<Option<(i64, i64)>> = reports.iter().map(|r| r.window()).collect();
    let mut own: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut below: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut copies: HashMap<(&str, &str), usize> = HashMap::new();
    let mut crowded: HashMap<(&str, (i64, i64)), usize> = HashMap::new();
    let mut periods: HashMap<(&str, (i64, i64)), usize> = HashMap::new();
    for (i, report) in reports.iter().enumerate() {
        if windows[i].is_some() {
            own.entry(&report.service_key).or_default().push(i);
            periods.extend(report.period().map(|p| ((report.service_key.as_str(), p), i)));
            report.uppers.iter().for_each(|u| below.entry(u).or_default().push(i));
        } else if let Some(period) = report.period() {
            let first = *crowded.entry((&report.service_key, period)).or_insert(i);
            sets.join(first, i);
        } else if let Some(group) = &report.source.group {
            let first = *copies.entry((group, &report.service_key)).or_insert(i);
            sets.join(first, i);
        }
    }
    for (key, mut members) in own {
        members.sort_by_key(|i| windows[*i]);
        // Windows that follow on one another without a gap: one block.
        let mut blocks: Vec<(i64, i64, usize)> = Vec::new();
        for i in members {
            let Some((first, last)) = windows[i] else { continue };
            match blocks.last_mut().filter(|b| first <= b.1) {
                Some(block) => {
                    block.1 = block.1.max(last);
                    sets.join(block.2, i);
                }
                None => blocks.push((first, last, i)),
            }
        }
        for i in below.get(key).into_iter().flatten() {
            let Some((first, last)) = windows[*i] else { continue };
            if let Some(period) = reports[*i].period() {
                periods.get(&(key, period)).into_iter().for_each(|upper| sets.join(*upper, *i));
                if reports[*i].detached {
                    continue;
                }
            }
            let from = blocks.partition_point(|b| b.1 < first);
            for block in blocks[from..].iter().take_while(|b| b.0 <= last) {
                sets.join(block.2, *i);
            }
        }
    }
    for edit in edits {
        let mut named = edit.reports();
        if let Some(first) = named.next() {
            named.for_each(|i| sets.join(first, i));
        }
    }
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..reports.len() {
        out.entry(sets.find(i)).or_default().push(i);
    }
    let mut out: Vec<Vec<usize>> = out.into_values().collect();
    out.sort();
    out
}

/// Union-find.
pub(super) struct Sets(Vec<usize>);

impl Sets {
    pub(super) fn new(n: usize) -> Sets {
        Sets((0..n).collect())
    }

    pub(super) fn find(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// Reports in memory, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub BTreeMap<String, Report>);

impl Memory {
    /// Keeps these.
    pub fn new(reports: impl IntoIterator<Item = Report>) -> Memory {
        Memory(reports.into_iter().map(|r| (r.id.clone(), r)).collect())
    }

    fn filter(&self, keep: impl Fn(&Report) -> bool) -> Result<Vec<Report>, Infallible> {
        Ok(self.0.values().filter(|r| keep(r)).cloned().collect())
    }
}

impl Archive for Memory {
    type Error = Infallible;

    fn related(&self, probe: &Probe) -> Result<Vec<Report>, Infallible> {
        self.filter(|r| probe.finds(r))
    }

    fn of_article(&self, article: &str) -> Result<Vec<Report>, Infallible> {
        self.filter(|r| r.source.article == article)
    }

    fn count(&self, key: &str, first: i64, last: i64, _: usize) -> Result<usize, Infallible> {
        let of = |r: &&Report| r.period().is_none() && (r.service_key == key || r.uppers.iter().any(|u| u == key));
        Ok(self.0.values().filter(of).filter_map(Report::window).filter(|w| w.0 <= last && first <= w.1).count())
    }

    fn of_period(&self, key: &str, period: (i64, i64)) -> Result<Vec<Report>, Infallible> {
        self.filter(|r| r.service_key == key && r.period() == Some(period))
    }

    fn periods_below(&self, key: &str, first: i64, last: i64) -> Result<Vec<(i64, i64)>, Infallible> {
        let below = self.0.values().filter(|r| r.uppers.iter().any(|u| u == key));
        let periods: BTreeSet<(i64, i64)> = below.filter_map(Report::period).filter(|p| p.0 <= last && first <= p.1).collect();
        Ok(periods.into_iter().collect())
    }

    fn below_of_period(&self, key: &str, period: (i64, i64)) -> Result<Vec<Report>, Infallible> {
        self.filter(|r| r.period() == Some(period) && r.uppers.iter().any(|u| u == key))
    }

    fn copies(&self, group: &str, key: &str) -> Result<Vec<Report>, Infallible> {
        self.filter(|r| r.window().is_none() && r.source.group.as_deref() == Some(group) && r.service_key == key)
    }
}
