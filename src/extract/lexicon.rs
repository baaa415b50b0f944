//! The words of failure, of cause and of attitude, compiled from the dictionaries.
//!
//! A rule is an alternation of regular expressions. Dozens of them over every sentence would cost more than its segmentation, so a gate
//! (`gate`) tells first which of them can begin in it at all; what is found is the same as without.

use std::collections::BTreeMap;
use std::ops::Range;

use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;

use super::gate::{Gate, Hits};
use crate::dictionaries::{Dictionary, DictionaryFileError, Source};
use crate::record::Cause;

/// A kind of cue; `dictionaries/cues.toml` says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Cue {
    Recovery,
    Ongoing,
    Background,
    Again,
    Hypothetical,
    Planned,
    Denied,
    Statistics,
    Policy,
    Source,
    Platform,
    Market,
    Onset,
    OtherEvent,
    Notice,
    UnrelatedTime,
    Corrected,
    NameSuffix,
    Drill,
    Entering,
    Media,
    Team,
}

impl Cue {
    const NAMES: &'static [(&'static str, Cue)] = &[
        ("recovery", Cue::Recovery),
        ("ongoing", Cue::Ongoing),
        ("background", Cue::Background),
        ("again", Cue::Again),
        ("hypothetical", Cue::Hypothetical),
        ("planned", Cue::Planned),
        ("denied", Cue::Denied),
        ("statistics", Cue::Statistics),
        ("policy", Cue::Policy),
        ("source", Cue::Source),
        ("platform", Cue::Platform),
        ("market", Cue::Market),
        ("onset", Cue::Onset),
        ("other_event", Cue::OtherEvent),
        ("notice", Cue::Notice),
        ("unrelated_time", Cue::UnrelatedTime),
        ("corrected", Cue::Corrected),
        ("name_suffix", Cue::NameSuffix),
        ("drill", Cue::Drill),
        ("entering", Cue::Entering),
        ("media", Cue::Media),
        ("team", Cue::Team),
    ];
}

/// A word of failure in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymptomMatch {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// The keyword for records; without it the words of the text.
    pub word: Option<String>,
    /// 3 names an outage by itself, 2 where a service is its subject, 1 only supports.
    pub strength: u8,
}

/// A cause in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseMatch {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// The class.
    pub cause: Cause,
    /// The lower wins.
    pub rank: u8,
}

struct SymptomRule {
    word: Option<String>,
    strength: u8,
}

struct CauseRule {
    cause: Cause,
    rank: u8,
    never: Option<Regex>,
}

/// The compiled dictionaries of words.
pub struct Lexicon {
    /// Any symptom at all: the door that most articles do not pass.
    any: Option<Regex>,
    name_suffix: Option<Regex>,
    causes: Vec<CauseRule>,
    symptoms: Vec<SymptomRule>,
    /// Its rules: the cues, the causes, the symptoms, the homonyms.
    gate: Gate,
}

/// Where the rules may find something in one text.
pub(crate) struct Marks(Hits);

/// Regular expressions of the dictionaries that make up one rule.
#[derive(Default)]
struct Patterns<'d>(Vec<(&'d Source, usize, &'d str)>);

impl<'d> Patterns<'d> {
    fn of(source: &'d Source, at: usize, patterns: &'d [String]) -> Patterns<'d> {
        Patterns(patterns.iter().map(|pattern| (source, at, pattern.as_str())).collect())
    }

    /// Adds them to the gate as its next rule.
    fn enter(&self, gate: &mut Gate) -> Result<(), DictionaryFileError> {
        gate.next_rule();
        for (source, at, pattern) in &self.0 {
            gate.add(pattern).map_err(|reason| source.error(*at, message(pattern, &reason)))?;
        }
        Ok(())
    }

    fn compile(&self) -> Result<Option<Regex>, DictionaryFileError> {
        let Some((source, at, _)) = self.0.first() else { return Ok(None) };
        let joined = self.0.iter().map(|(_, _, pattern)| format!("(?:{pattern})")).collect::<Vec<_>>().join("|");
        let config = Config::new().nfa_size_limit(Some(64 << 20)).hybrid_cache_capacity(32 << 20).which_captures(WhichCaptures::Implicit);
        let regex = Regex::builder().configure(config).build(&joined);
        regex.map(Some).map_err(|e| source.error(*at, message(&joined, &e.to_string())))
    }
}

impl Lexicon {
    /// Compiles it from dictionary files.
    pub fn load(dictionaries: &[Dictionary]) -> Result<Lexicon, DictionaryFileError> {
        let mut cues: Vec<Patterns> = Cue::NAMES.iter().map(|_| Patterns::default()).collect();
        let (mut causes, mut symptoms) = (Vec::new(), Vec::new());
        let (mut any, mut homonyms) = (Patterns::default(), Patterns::default());
        for Dictionary { source, entries } in dictionaries {
            let patterns = |at: usize, patterns| -> Result<Patterns<'_>, DictionaryFileError> {
                let patterns = Patterns::of(source, at, patterns);
                if patterns.0.is_empty() { Err(source.error(at, "it has no pattern")) } else { Ok(patterns) }
            };
            for spanned in &entries.symptom {
                let (at, entry) = (spanned.span().start, spanned.get_ref());
                if !(1..=3).contains(&entry.strength) {
                    return Err(source.error(at, format!("strength {} is not 1, 2 or 3", entry.strength)));
                }
                let own = patterns(at, &entry.patterns)?;
                if entry.strength > 1 {
                    any.0.extend(&own.0);
                }
                symptoms.push((entry, own));
            }
            for spanned in &entries.homonym {
                homonyms.0.extend(patterns(spanned.span().start, &spanned.get_ref().patterns)?.0);
            }
            for spanned in &entries.cause {
                let (at, entry) = (spanned.span().start, spanned.get_ref());
                let cause: Cause = entry.id.parse().map_err(|e| source.error(at, format!("{e}")))?;
                causes.push((cause, entry.rank, patterns(at, &entry.patterns)?, Patterns::of(source, at, &entry.never)));
            }
            for spanned in &entries.cue {
                let (at, entry) = (spanned.span().start, spanned.get_ref());
                let Some((_, cue)) = Cue::NAMES.iter().find(|(name, _)| *name == entry.kind) else {
                    let known: Vec<&str> = Cue::NAMES.iter().map(|(name, _)| *name).collect();
                    return Err(source.error(at, format!("`{}` is no kind of cue: expected one of {}", entry.kind, known.join(", "))));
                };
                cues[*cue as usize].0.extend(patterns(at, &entry.patterns)?.0);
            }
        }
        let mut gate = Gate::default();
        let gated = cues.iter().chain(causes.iter().map(|c| &c.2)).chain(symptoms.iter().map(|s| &s.1)).chain([&homonyms]);
        gated.into_iter().try_for_each(|rule| rule.enter(&mut gate))?;
        let causes = causes.into_iter().map(|(cause, rank, _, never)| {
            // No gate stands before these, but each of them must be right as well.
            never.enter(&mut Gate::default())?;
            Ok(CauseRule { cause, rank, never: never.compile()? })
        });
        Ok(Lexicon {
            any: any.compile()?,
            name_suffix: cues[Cue::NameSuffix as usize].compile()?,
            causes: causes.collect::<Result<_, _>>()?,
            symptoms: symptoms.into_iter().map(|(s, _)| SymptomRule { word: s.word.clone(), strength: s.strength }).collect(),
            gate,
        })
    }

    /// Goes over a text once, for [`Lexicon::cue_in`] and [`Lexicon::cues_in`].
    pub(crate) fn mark(&self, text: &str) -> Marks {
        Marks(self.gate.hits(text, 0..text.len()))
    }

    /// Whether the text has a word of failure at all, whatever its sense.
    pub fn has_symptom(&self, text: &str) -> bool {
        self.any.as_ref().is_some_and(|any| any.is_match(text))
    }

    /// The words of failure in `range` of `text`, without homonyms; the strongest where they overlap.
    pub fn symptoms(&self, text: &str, range: Range<usize>) -> Vec<SymptomMatch> {
        self.symptoms_in(&Marks(self.gate.hits(text, range.clone())), text, range)
    }

    /// [`Lexicon::symptoms`] in a text that was marked.
    pub(crate) fn symptoms_in(&self, marks: &Marks, text: &str, range: Range<usize>) -> Vec<SymptomMatch> {
        let mut found: Vec<SymptomMatch> = Vec::new();
        for (number, rule) in (self.first_symptom()..).zip(&self.symptoms) {
            for m in self.gate.matches(number, &marks.0, text, range.clone()) {
                let words = text[m.clone()].trim_end().trim_end_matches(['.', ',', '…', '’', '\'', '"', '”']);
                found.push(SymptomMatch { range: m.start..m.start + words.len().max(1), word: rule.word.clone(), strength: rule.strength });
            }
        }
        if found.is_empty() {
            return found;
        }
        let other: Vec<_> = self.gate.matches(self.first_symptom() + self.symptoms.len(), &marks.0, text, range).collect();
        found.retain(|s| other[..other.partition_point(|h| h.start < s.range.end)].last().is_none_or(|h| h.end <= s.range.start));
        found.retain(|s| text.is_char_boundary(s.range.end));
        found.sort_by_key(|s| (std::cmp::Reverse(s.strength), std::cmp::Reverse(s.range.len()), s.range.start));
        // What is kept does not overlap, so that only its neighbours need a look.
        let mut kept: BTreeMap<usize, SymptomMatch> = BTreeMap::new();
        for s in found {
            if kept.range(..s.range.end).next_back().is_none_or(|(_, k)| k.range.end <= s.range.start) {
                kept.insert(s.range.start, s);
            }
        }
        kept.into_values().collect()
    }

    /// The causes that `range` of `text` names.
    pub fn causes(&self, text: &str, range: Range<usize>) -> Vec<CauseMatch> {
        self.causes_in(&Marks(self.gate.hits(text, range.clone())), text, range)
    }

    /// [`Lexicon::causes`] in a text that was marked.
    pub(crate) fn causes_in(&self, marks: &Marks, text: &str, range: Range<usize>) -> Vec<CauseMatch> {
        let mut found: Vec<CauseMatch> = Vec::new();
        for (number, rule) in (Cue::NAMES.len()..).zip(&self.causes) {
            let meant = |m: &Range<usize>| rule.never.as_ref().is_none_or(|never| !never.is_match(&text[m.clone()]));
            for m in self.gate.matches(number, &marks.0, text, range.clone()).filter(meant) {
                // A pattern may hold what stands before its words: " 설정을 바꾸다가 오류".
                let lead = text[m.clone()].chars().take_while(|c| !c.is_alphanumeric()).map(char::len_utf8).sum::<usize>();
                found.push(CauseMatch { range: m.start + lead..m.end, cause: rule.cause, rank: rule.rank });
            }
        }
        found.sort_by_key(|c| (c.range.start, c.rank));
        found
    }

    /// The first place in `range` of `text` that has this cue.
    pub fn cue(&self, cue: Cue, text: &str, range: Range<usize>) -> Option<Range<usize>> {
        self.cue_in(&Marks(self.gate.hits(text, range.clone())), cue, text, range)
    }

    /// Every place in `range` of `text` that has this cue.
    pub fn cues(&self, cue: Cue, text: &str, range: Range<usize>) -> Vec<Range<usize>> {
        self.cues_in(&Marks(self.gate.hits(text, range.clone())), cue, text, range)
    }

    /// [`Lexicon::cue`] in a text that was marked.
    pub(crate) fn cue_in(&self, marks: &Marks, cue: Cue, text: &str, range: Range<usize>) -> Option<Range<usize>> {
        self.gate.matches(cue as usize, &marks.0, text, range).next()
    }

    /// [`Lexicon::cues`] in a text that was marked.
    pub(crate) fn cues_in(&self, marks: &Marks, cue: Cue, text: &str, range: Range<usize>) -> Vec<Range<usize>> {
        self.gate.matches(cue as usize, &marks.0, text, range).collect()
    }

    fn first_symptom(&self) -> usize {
        Cue::NAMES.len() + self.causes.len()
    }

    /// Whether `text`, which follows a name, begins with a noun that may stand there.
    pub(crate) fn name_suffix(&self, text: &str) -> bool {
        self.name_suffix.as_ref().is_some_and(|suffix| suffix.is_match(text))
    }
}

fn message(pattern: &str, reason: &str) -> String {
    let last = reason.lines().last().unwrap_or("").trim_start_matches("error: ");
    format!("`{}` is no regular expression: {last}", pattern.chars().take(80).collect::<String>())
}
