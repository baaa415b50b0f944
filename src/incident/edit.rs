//! A person's corrections.
//!
//! An edit names records, not incidents and not rows: by article, service and start ([`Target`]). So it holds when more articles arrive and when
//! the archive is extracted again with other rules, even if the record came out a little different. Edits are replayed in the order of their
//! time upon the automatic groups, so where two contradict each other the later wins. One of which no record is left is dormant: it is kept, and
//! counts again when a record is back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::cluster::near;
use super::report::{HOUR, Report, When, bounds};
use crate::record::{Cause, Status};
use crate::temporal::Moment;

/// A record, in words that outlive it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The article's id.
    pub article: String,
    /// The service ([`Report::service_key`]).
    pub service: String,
    /// The start that the record had, as text.
    pub start: Option<String>,
}

impl Target {
    /// The record that is meant, among those of its article: of the same service, else of a company or product of it if only one is; of several
    /// the one with the same start, then one that may be the same, then the nearest.
    fn find(&self, of_article: &[usize], reports: &[&Report]) -> Option<usize> {
        let mut same: Vec<usize> = of_article.iter().copied().filter(|i| reports[*i].service_key == self.service).collect();
        if same.is_empty() {
            same = of_article.iter().copied().filter(|i| reports[*i].uppers.contains(&self.service)).collect();
            let keys: BTreeSet<&str> = same.iter().map(|i| reports[*i].service_key.as_str()).collect();
            if keys.len() != 1 {
                return None;
            }
        }
        let want = self.start.as_deref().and_then(|s| s.parse::<Moment>().ok());
        let distance = |i: usize| match (want, reports[i].start) {
            (None, None) => (0, 0),
            (Some(a), Some(b)) if a == b => (0, 0),
            (Some(a), Some(b)) if near(a, b) => (1, 0),
            (Some(a), Some(b)) => (2, (bounds(a).0 - bounds(b).0).abs()),
            _ => (3, 0),
        };
        same.into_iter().min_by_key(|i| (distance(*i), *i))
    }
}

/// A value that a person gives. `null` says that nobody knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum Set {
    /// The service's name.
    Service(String),
    /// Who runs it.
    Operator(Option<String>),
    /// The kind of service.
    Category(Option<String>),
    /// The start.
    Start(Option<Given>),
    /// The end.
    End(Option<Given>),
    /// Minutes.
    DurationMin(Option<u32>),
    /// The cause.
    Cause(Option<Cause>),
    /// The status.
    Status(Status),
}

/// A moment that has an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Given(pub Moment);

impl PartialOrd for Given {
    fn partial_cmp(&self, other: &Given) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Given {
    fn cmp(&self, other: &Given) -> std::cmp::Ordering {
        (self.0.at(), self.0.precision()).cmp(&(other.0.at(), other.0.precision()))
    }
}

/// What a person said. An incident is named by its records, the anchor first: the first that is still there counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The two are one.
    Merge {
        /// The records of one.
        a: Vec<Target>,
        /// The records of the other.
        b: Vec<Target>,
    },
    /// These records are another incident than those. What comes later and fits the ones that were taken out better goes with them.
    Split {
        /// The records that stay.
        kept: Vec<Target>,
        /// The records that go.
        out: Vec<Target>,
    },
    /// A value of the incident.
    Set {
        /// The incident's records.
        of: Vec<Target>,
        /// The value.
        #[serde(flatten)]
        set: Set,
    },
}

/// A correction. Edits are ordered by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// When it was made, in Unix seconds.
    pub at: i64,
    /// What was said.
    #[serde(flatten)]
    pub action: Action,
    /// Why.
    pub reason: String,
}

impl Edit {
    /// Every record that it names.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let (a, b): (&[Target], &[Target]) = match &self.action {
            Action::Merge { a, b } => (a, b),
            Action::Split { kept, out } => (kept, out),
            Action::Set { of, .. } => (of, &[]),
        };
        a.iter().chain(b)
    }
}

/// For each article that an edit names, its reports.
pub(super) fn by_article<'a>(reports: &[&'a Report], edits: &[&Edit]) -> HashMap<&'a str, Vec<usize>> {
    let named: BTreeSet<&str> = edits.iter().flat_map(|e| e.targets().map(|t| t.article.as_str())).collect();
    let mut out: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, report) in reports.iter().enumerate() {
        if named.contains(report.source.article.as_str()) {
            out.entry(&report.source.article).or_default().push(i);
        }
    }
    out
}

/// An edit with the reports that its targets mean today.
pub(super) struct Resolved<'a> {
    edit: &'a Edit,
    first: Vec<usize>,
    second: Vec<usize>,
}

impl<'a> Resolved<'a> {
    pub(super) fn new(edit: &'a Edit, reports: &[&Report], by_article: &HashMap<&str, Vec<usize>>) -> Resolved<'a> {
        let find = |targets: &[Target]| -> Vec<usize> {
            let mut seen = BTreeSet::new();
            let found = targets.iter().filter_map(|t| t.find(by_article.get(t.article.as_str())?, reports));
            found.filter(|i| seen.insert(*i)).collect()
        };
        let (first, second) = match &edit.action {
            Action::Merge { a, b } => (find(a), find(b)),
            Action::Split { kept, out } => (find(kept), find(out)),
            Action::Set { of, .. } => (find(of), Vec::new()),
        };
        Resolved { edit, first, second }
    }

    pub(super) fn edit(&self) -> &'a Edit {
        self.edit
    }

    pub(super) fn reports(&self) -> impl Iterator<Item = usize> + '_ {
        self.first.iter().chain(&self.second).copied()
    }

    pub(super) fn is_dormant(&self) -> bool {
        match self.edit.action {
            Action::Set { .. } => self.first.is_empty(),
            Action::Merge { .. } | Action::Split { .. } => self.first.is_empty() || self.second.is_empty(),
        }
    }
}

/// The automatic groups of a component after its edits, which are in the order of their time, each with the values that were set for it.
pub(super) fn replay<'a>(automatic: Vec<Vec<usize>>, edits: &[&Resolved<'a>], reports: &[&Report]) -> Vec<(Vec<usize>, Vec<&'a Set>)> {
    let mut group_of: BTreeMap<usize, usize> = BTreeMap::new();
    let mut groups = automatic;
    for (n, group) in groups.iter().enumerate() {
        group_of.extend(group.iter().map(|i| (*i, n)));
    }
    for edit in edits.iter().filter(|e| !e.is_dormant()) {
        match edit.edit.action {
            Action::Merge { .. } => {
                let (a, b) = (group_of[&edit.first[0]], group_of[&edit.second[0]]);
                if a != b {
                    let moved = std::mem::take(&mut groups[b]);
                    group_of.extend(moved.iter().map(|i| (*i, a)));
                    groups[a].extend(moved);
                }
            }
            Action::Split { .. } => split(edit, &mut groups, &mut group_of, reports),
            Action::Set { .. } => {}
        }
    }
    let mut sets: BTreeMap<usize, Vec<&Set>> = BTreeMap::new();
    for edit in edits.iter().filter(|e| !e.is_dormant()) {
        if let Action::Set { set, .. } = &edit.edit.action {
            sets.entry(group_of[&edit.first[0]]).or_default().push(set);
        }
    }
    let groups = groups.into_iter().enumerate().filter(|(_, g)| !g.is_empty());
    groups
        .map(|(n, mut members)| {
            members.sort_unstable();
            (members, sets.remove(&n).unwrap_or_default())
        })
        .collect()
}

fn split(edit: &Resolved<'_>, groups: &mut Vec<Vec<usize>>, group_of: &mut BTreeMap<usize, usize>, reports: &[&Report]) {
    let from = group_of[&edit.first[0]];
    let out: BTreeSet<usize> = edit.second.iter().copied().filter(|i| group_of[i] == from).collect();
    let kept: BTreeSet<usize> = edit.first.iter().copied().filter(|i| group_of[i] == from && !out.contains(i)).collect();
    if out.is_empty() || kept.is_empty() {
        return;
    }
    let fit = |i: usize, to: &BTreeSet<usize>| to.iter().map(|j| likeness(reports[i], reports[*j])).max().unwrap_or_default();
    let (stay, go): (Vec<usize>, Vec<usize>) =
        groups[from].iter().partition(|i| !out.contains(i) && (kept.contains(i) || fit(**i, &kept) >= fit(**i, &out)));
    group_of.extend(go.iter().map(|i| (*i, groups.len())));
    groups[from] = stay;
    groups.push(go);
}

/// How alike two reports are in service and start.
fn likeness(a: &Report, b: &Report) -> i64 {
    let service = if a.service_key == b.service_key { 4 * HOUR } else { 0 };
    let start = match (When::of(a), When::of(b)) {
        (When::Minute { start: s, .. }, When::Minute { start: t, .. }) => (3 * HOUR - (s - t).abs()).max(0),
        _ => match (a.start, b.start) {
            (Some(s), Some(t)) if s.agrees_with(t) => HOUR,
            _ => 0,
        },
    };
    service + start
}
