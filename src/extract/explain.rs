//! Why the records are as they are: what was found where, which sentences each record rests on, what was rejected and why.

use std::ops::Range;

use super::Extractor;
use super::clause::{NameRole, Passage, TimeRole};
use super::reading::{Event, Reading};
use crate::record::{Outage, Place};

/// What a marked stretch of title or text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A service that may have failed.
    Service,
    /// A name that only speaks, a share, a place of talk.
    OtherName,
    /// A word of failure that counts.
    Symptom,
    /// A word of failure that was rejected.
    Rejected,
    /// A time that counts.
    Time,
    /// A time of something else.
    OtherTime,
    /// A cause.
    Cause,
    /// A word of recovery.
    Recovery,
}

/// A marked stretch of title or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Title or text.
    pub place: Place,
    /// Bytes of it.
    pub range: Range<usize>,
    /// What it is.
    pub kind: MarkKind,
}

/// A word of failure that gave no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedWord {
    /// The words.
    pub quote: String,
    /// Why.
    pub reason: String,
}

/// Why one record is there.
#[derive(Clone, Debug)]
pub struct Reasons {
    /// The record.
    pub outage: Outage,
    /// The sentences that it rests on.
    pub sentences: Vec<String>,
    /// What its confidence is made of: the feature and what it adds to the log-odds.
    pub features: Vec<(String, f64)>,
}

/// The account of one article.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// Marked stretches, in order, not overlapping.
    pub marks: Vec<Mark>,
    /// The records with their reasons.
    pub records: Vec<Reasons>,
    /// What was rejected.
    pub rejected: Vec<RejectedWord>,
}

pub(super) fn explain(extractor: &Extractor, reading: &Reading<'_>, events: &[Event]) -> Explanation {
    let mut marks = Vec::new();
    let mut rejected = Vec::new();
    for passage in reading.passages {
        mark(passage, &mut marks);
        for clause in &passage.clauses {
            for (symptom, reason) in &clause.rejected {
                rejected.push(RejectedWord { quote: around(passage.text, &symptom.range), reason: reason.reason().to_owned() });
            }
        }
    }
    marks.sort_by_key(|m| (m.place, m.range.start, m.kind));
    let mut kept: Vec<Mark> = Vec::new();
    for m in marks {
        if kept.last().is_none_or(|k| k.place != m.place || k.range.end <= m.range.start) {
            kept.push(m);
        }
    }
    let records = super::fields::explained(extractor, reading, events);
    Explanation { marks: kept, records, rejected }
}

fn mark(passage: &Passage<'_>, marks: &mut Vec<Mark>) {
    for clause in &passage.clauses {
        let mut add = |range: &Range<usize>, kind| marks.push(Mark { place: passage.place, range: range.clone(), kind });
        for n in &clause.names {
            add(&n.range, if n.role == NameRole::Affected { MarkKind::Service } else { MarkKind::OtherName });
        }
        for s in &clause.symptoms {
            add(&s.range, MarkKind::Symptom);
        }
        for (s, _) in &clause.rejected {
            add(&s.range, MarkKind::Rejected);
        }
        for t in &clause.times {
            add(&t.expression.range, if t.role == TimeRole::Aside { MarkKind::OtherTime } else { MarkKind::Time });
        }
        for c in &clause.causes {
            add(&c.range, MarkKind::Cause);
        }
        for r in &clause.recovery {
            add(r, MarkKind::Recovery);
        }
    }
}

/// The words with a little of what stands around them.
fn around(text: &str, range: &Range<usize>) -> String {
    let from = super::clause::window_back(text, range.start, 16);
    let to = super::clause::window(text, range.end, 16);
    text[from..to].split_whitespace().collect::<Vec<_>>().join(" ")
}
