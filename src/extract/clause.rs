//! What is known of a clause: names and times with the part they play in it, words of failure, of recovery and of cause.

use std::ops::Range;

use super::Extractor;
use super::gazetteer::Service;
use super::lexicon::{CauseMatch, SymptomMatch};
use crate::record::Place;
use crate::temporal::{Anchor, Expression};

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
    Earlier,
}

impl Rejection {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Rejection::Hypothetical => "only thought of: a condition, a fear, a precaution",
            Rejection::Denied => "said not to have happened",
            Rejection::Planned => "planned and announced ahead",
            Rejection::Statistics => "a sum over many, no single outage",
            Rejection::Earlier => "an earlier one, of which only the distance is told",
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

pub(crate) fn is_provider(extractor: &Extractor, service: &ServiceRef) -> bool {
    matches!(service, ServiceRef::Listed(i) if extractor.gazetteer.services()[*i].provider)
}

/// Whether a service stands above another: its company, or the office that runs it.
pub(crate) fn runs(services: &[Service], house: usize, part: usize) -> bool {
    house != part && (services[part].parent == Some(house) || services[part].operator.as_deref() == Some(services[house].name.as_str()))
}

/// Whether a listed service is a product of a listed company.
pub(crate) fn is_product_of(extractor: &Extractor, product: &ServiceRef, company: &ServiceRef) -> bool {
    let services = extractor.gazetteer.services();
    match (product, company) {
        (ServiceRef::Listed(p), ServiceRef::Listed(c)) => services[*c].company && runs(services, *c, *p),
        _ => false,
    }
}

pub(crate) fn is_category(extractor: &Extractor, service: &ServiceRef, categories: &[&str]) -> bool {
    match service {
        ServiceRef::Unlisted(_) => false,
        ServiceRef::Listed(i) => extractor.gazetteer.services()[*i].category.as_deref().is_some_and(|c| categories.contains(&c)),
    }
}
