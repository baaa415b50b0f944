//! Records of many articles → incidents: one outage, once, with its best-supported facts and all its sources.
//!
//! ```text
//! reports ─▶ components ─▶ automatic groups ─▶ a person's edits ─▶ incidents ─▶ roots
//! records    that can       same service,       merge, split,      chosen       several services,
//! of articles  touch        times that agree    set                values       one cause
//! ```
//!
//! # What it promises
//!
//! **A function of the set.** [`merge`] depends on the set of reports and the set of edits, never on the order in which they came: everything
//! is brought into a canonical order first ([`Report`] by first publication, article, service, ordinal), ties are broken by it, and no state is
//! carried from one run to the next. So equal input gives equal incidents however it came about.
//!
//! **Local.** Two reports can touch each other only if they speak of the same service, or of a company and one of its products, in windows of time
//! that overlap, or if an edit names both. The incidents of a connected component of this relation depend on that component alone. A store that
//! sees reports come, change or go asks for [`neighbourhood`] of these and merges that: the incidents found replace all former ones of
//! the same reports, and the result is that of merging everything again (a property test holds both to it). A mention by month or year
//! needs to know what else there was in its time, but does not change it: that comes along only to be looked at ([`Neighbourhood::beside`]).
//! Roots have their own, wider relation: see [`roots`] and [`root_neighbourhood`].
//!
//! **Nothing is lost.** Every report is in exactly one incident. One that cannot be placed without guessing is an incident of its own.
//!
//! # How reports are merged
//!
//! 1. Starts known to the minute, of one service: pairs that agree are joined, the closest first, unless that would bring together two that
//!    contradict each other (spans that lie apart, or two records of one article, which are two outages by the contract of the record).
//! 2. Starts known to the day, or only an end, join the one group that they fit best; where two fit equally, the end, the duration and the time
//!    of publication decide, else they stay apart. Days without any minute form groups of their own.
//! 3. Months and years (background, told years later) join only the one group they can mean. News without any time joins the outage that
//!    was near its publication.
//!    In a period in which very much was reported they join nothing, and cost nothing.
//! 4. A company's bare name joins a product's outage only where it can mean no other product's; a product's month or year joins a company's day only
//!    where nothing of the product is known to the day then, and little of the company's whole family.
//! 5. A person's edits are replayed in the order of their time, so the later wins; see [`Edit`].
//!
//! # Ids
//!
//! Each report has an id *as an incident* ([`Report::incident_id`]), derived from its article, service and ordinal. An incident goes by that of its
//! anchor: the member published first, of these the smallest in the canonical order. New articles are published later and so leave the id as it is; a
//! merge keeps the older id. When an article comes in late that was published earlier, or an incident is split, the id can change, and has to if equal sets
//! are to have equal ids; but the id of every member leads to its incident ([`Incidents::lookup`]), so every id ever given leads on as
//! long as that record exists. For a record that is withdrawn, [`forwarding`] tells where its id leads; a store keeps these beside
//! the data and outside of the logical dump, which holds only what is a function of the set.
//!
//! # What it leaves to others
//!
//! No SQL, no input, no clock. Which articles are copies of one text is found elsewhere and comes in as [`Source::group`].

mod choose;
mod cluster;
mod edit;
mod neighbourhood;
mod report;
mod root;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use choose::{Chosen, Values};
pub use edit::{Action, Edit, Given, Set, Target};
pub use neighbourhood::{Archive, Memory, Neighbourhood, Probe, components, neighbourhood};
pub use report::{Families, Report, Source, reports};
pub use root::{Part, PartArchive, Root, root_neighbourhood, roots};

use report::bounds;

use crate::record::Role;
use crate::temporal::Moment;

/// The first 20 hex digits of the SHA-256 of `parts`, as the ids of records are made.
fn short_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(10).map(|b| format!("{b:02x}")).collect()
}

/// A report in an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The record ([`Report::id`]).
    pub report: String,
    /// The article that it is of.
    pub article: String,
    /// What the incident would be called if this were its anchor; leads to the incident.
    pub alias: String,
    /// The article's news, or background.
    pub role: Role,
    /// The service that the record speaks of ([`Report::service_key`]): a company's incident can hold its product's records.
    pub service_key: String,
    /// The start that it gives.
    pub start: Option<Moment>,
}

impl Member {
    /// What names the record in an [`Edit`].
    pub fn target(&self) -> Target {
        Target { article: self.article.clone(), service: self.service_key.clone(), start: self.start.map(|m| m.to_string()) }
    }
}

/// One outage of one service, as all articles together tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// The alias of its first member.
    pub id: String,
    /// What is held to be so, each value with the records behind it and against it.
    pub values: Values,
    /// How likely there was this outage, from 0 to 1: independent publishers add up.
    pub confidence: f64,
    /// When the first article about it came out.
    pub first_reported: Option<Moment>,
    /// When the latest article that has it as its news came out, else the latest at all.
    pub last_reported: Option<Moment>,
    /// How many articles tell of it.
    pub articles: usize,
    /// How many publishers do; all that print one wire text count as one.
    pub publishers: usize,
    /// Whether no article has it as its news.
    pub background: bool,
    /// The company-level services above the chosen one.
    pub uppers: Vec<String>,
    /// Whether others' services stand on the chosen one.
    pub provider: bool,
    /// Its records in canonical order; the first is the anchor.
    pub members: Vec<Member>,
}

impl Incident {
    /// What names the incident in an [`Edit`]: all its records, the anchor first.
    pub fn targets(&self) -> Vec<Target> {
        self.members.iter().map(Member::target).collect()
    }
}

/// Incidents and where each id leads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    /// In the order of their anchors.
    pub all: Vec<Incident>,
    /// Edits of which no target was among the reports. They stay, and count again when a target is back.
    pub dormant: Vec<Edit>,
}

impl Incidents {
    /// The incident that an id leads to: its own, or that of any of its members.
    pub fn lookup(&self, id: &str) -> Option<&Incident> {
        self.all.iter().find(|i| i.members.iter().any(|m| m.alias == id))
    }

    /// For each alias the incident's id.
    pub fn aliases(&self) -> BTreeMap<&str, &str> {
        self.all.iter().flat_map(|i| i.members.iter().map(|m| (m.alias.as_str(), i.id.as_str()))).collect()
    }
}

/// All incidents of a set of reports, with a person's edits. Of reports with one id only one counts.
pub fn merge(reports: &[Report], edits: &[Edit]) -> Incidents {
    let mut seen = BTreeSet::new();
    let mut marked: Vec<&Report> = reports.iter().collect();
    marked.sort_by(|a, b| a.cmp_canonical(b));
    let mut marked: Vec<Report> = marked.into_iter().filter(|r| seen.insert(r.id.as_str())).cloned().collect();
    neighbourhood::mark(&mut marked);
    let sorted: Vec<&Report> = marked.iter().collect();
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort();
    edits.dedup();

    let by_article = edit::by_article(&sorted, &edits);
    let resolved: Vec<edit::Resolved<'_>> = edits.iter().map(|e| edit::Resolved::new(e, &sorted, &by_article)).collect();
    let mut component_of = vec![0; sorted.len()];
    let components = neighbourhood::components_of(&sorted, &resolved);
    for (n, component) in components.iter().enumerate() {
        component.iter().for_each(|i| component_of[*i] = n);
    }
    let mut edits_of: HashMap<usize, Vec<&edit::Resolved<'_>>> = HashMap::new();
    for edit in &resolved {
        // All its targets are in one component: that is what joins components.
        if let Some(first) = edit.reports().next() {
            edits_of.entry(component_of[first]).or_default().push(edit);
        }
    }
    let mut groups: Vec<(Vec<usize>, Vec<&Set>)> = Vec::new();
    for (n, component) in components.iter().enumerate() {
        let members: Vec<&Report> = component.iter().map(|i| sorted[*i]).collect();
        let automatic = cluster::groups(&members).into_iter().map(|g| g.into_iter().map(|i| component[i]).collect()).collect();
        let edits = edits_of.get(&n).map_or(&[][..], Vec::as_slice);
        groups.extend(edit::replay(automatic, edits, &sorted));
    }
    groups.sort_by_key(|(members, _)| members[0]);
    let all = groups
        .into_iter()
        .map(|(members, sets)| {
            let members: Vec<&Report> = members.into_iter().map(|i| sorted[i]).collect();
            incident(&members, &sets)
        })
        .collect();
    let dormant = resolved.iter().filter(|e| e.is_dormant()).map(|e| e.edit().clone()).collect();
    Incidents { all, dormant }
}

/// `members` is not empty and in canonical order.
fn incident(members: &[&Report], sets: &[&Set]) -> Incident {
    let values = choose::choose(members, sets);
    let articles: BTreeSet<&str> = members.iter().map(|r| r.source.article.as_str()).collect();
    let voices: BTreeSet<report::Voice<'_>> = members.iter().map(|r| r.voice()).collect();
    let background = members.iter().all(|r| r.role == Role::Background);
    let published = |news: bool| {
        let of = members.iter().filter(move |r| !news || r.role == Role::Main);
        of.filter_map(|r| r.source.published_at)
    };
    let key = values.service_key.clone();
    let of_service = members.iter().find(|r| r.service_key == key);
    Incident {
        id: members[0].incident_id(),
        confidence: choose::confidence(members),
        first_reported: published(false).min_by_key(|m| bounds(*m)),
        last_reported: published(!background).max_by_key(|m| bounds(*m)),
        articles: articles.len(),
        publishers: voices.len(),
        background,
        uppers: of_service.map(|r| r.uppers.clone()).unwrap_or_default(),
        provider: of_service.is_some_and(|r| r.provider),
        members: members
            .iter()
            .map(|r| Member {
                report: r.id.clone(),
                article: r.source.article.clone(),
                alias: r.incident_id(),
                role: r.role,
                service_key: r.service_key.clone(),
                start: r.start,
            })
            .collect(),
        values,
    }
}

/// Where the ids of `before` that no report of `after` answers to lead now: to the incident that holds most of what the old one held. An id whose
/// records are all gone leads nowhere and is not among them.
pub fn forwarding(before: &[Incident], after: &Incidents) -> BTreeMap<String, String> {
    let aliases = after.aliases();
    let mut out = BTreeMap::new();
    for old in before {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in &old.members {
            if let Some(id) = aliases.get(member.alias.as_str()) {
                *votes.entry(id).or_default() += 1;
            }
        }
        // Of equals the first in the order of the ids, which says nothing but is always the same.
        let Some(to) = votes.iter().max_by_key(|(id, n)| (**n, std::cmp::Reverse(**id))).map(|(id, _)| (*id).to_owned()) else { continue };
        for member in old.members.iter().filter(|m| !aliases.contains_key(m.alias.as_str())) {
            out.insert(member.alias.clone(), to.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests;
