//! The words of failure, of cause and of attitude, compiled from the dictionaries.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::dictionaries::{DictionaryFileError, Source};
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
    regex: Regex,
}

struct CauseRule {
    cause: Cause,
    rank: u8,
    regex: Regex,
    never: Option<Regex>,
}

/// The compiled dictionaries of words.
pub struct Lexicon {
    /// Any symptom at all: the door that most articles do not pass.
    any: Regex,
    symptoms: Vec<SymptomRule>,
    homonyms: Option<Regex>,
    causes: Vec<CauseRule>,
    cues: BTreeMap<Cue, Regex>,
}

impl Lexicon {
    /// Compiles it from dictionary files.
    pub fn load(sources: &[Source]) -> Result<Lexicon, DictionaryFileError> {
        let mut symptoms = Vec::new();
        let mut all = Vec::new();
        let mut homonyms = Vec::new();
        let mut causes = Vec::new();
        let mut cues: BTreeMap<Cue, Vec<String>> = BTreeMap::new();
        for source in sources {
            let entries = source.parse()?;
            for spanned in entries.symptom {
                let at = spanned.span().start;
                let entry = spanned.into_inner();
                if !(1..=3).contains(&entry.strength) {
                    return Err(source.error(at, format!("strength {} is not 1, 2 or 3", entry.strength)));
                }
                let regex = compile(source, at, &entry.patterns)?;
                if entry.strength > 1 {
                    all.extend(entry.patterns);
                }
                symptoms.push(SymptomRule { word: entry.word, strength: entry.strength, regex });
            }
            for spanned in entries.homonym {
                let at = spanned.span().start;
                compile(source, at, &spanned.get_ref().patterns)?;
                homonyms.extend(spanned.into_inner().patterns);
            }
            for spanned in entries.cause {
                let at = spanned.span().start;
                let entry = spanned.into_inner();
                let cause: Cause = entry.id.parse().map_err(|e| source.error(at, format!("{e}")))?;
                let never = if entry.never.is_empty() { None } else { Some(compile(source, at, &entry.never)?) };
                causes.push(CauseRule { cause, rank: entry.rank, regex: compile(source, at, &entry.patterns)?, never });
            }
            for spanned in entries.cue {
                let at = spanned.span().start;
                let entry = spanned.into_inner();
                let Some((_, cue)) = Cue::NAMES.iter().find(|(name, _)| *name == entry.kind) else {
                    let known: Vec<&str> = Cue::NAMES.iter().map(|(name, _)| *name).collect();
                    return Err(source.error(at, format!("`{}` is no kind of cue: expected one of {}", entry.kind, known.join(", "))));
                };
                compile(source, at, &entry.patterns)?;
                cues.entry(*cue).or_default().extend(entry.patterns);
            }
        }
        let builtin = Source { file: "dictionaries".into(), text: String::new() };
        let homonyms = if homonyms.is_empty() { None } else { Some(compile(&builtin, 0, &homonyms)?) };
        let cues = cues.into_iter().map(|(cue, p)| Ok((cue, compile(&builtin, 0, &p)?))).collect::<Result<_, DictionaryFileError>>()?;
        Ok(Lexicon { any: compile(&builtin, 0, &all)?, symptoms, homonyms, causes, cues })
    }

    /// Whether the text has a word of failure at all, whatever its sense.
    pub fn has_symptom(&self, text: &str) -> bool {
        self.any.is_match(text)
    }

    /// The words of failure in `range` of `text`, without homonyms; the strongest where they overlap.
    pub fn symptoms(&self, text: &str, range: Range<usize>) -> Vec<SymptomMatch> {
        let part = &text[range.clone()];
        let mut found: Vec<SymptomMatch> = Vec::new();
        for rule in &self.symptoms {
            for m in rule.regex.find_iter(part) {
                let end = m.start() + m.as_str().trim_end().trim_end_matches(['.', ',', '…', '’', '\'', '"', '”']).len();
                found.push(SymptomMatch {
                    range: range.start + m.start()..range.start + end.max(m.start() + 1),
                    word: rule.word.clone(),
                    strength: rule.strength,
                });
            }
        }
        if found.is_empty() {
            return found;
        }
        if let Some(homonyms) = &self.homonyms {
            let other: Vec<Range<usize>> = homonyms.find_iter(part).map(|m| range.start + m.start()..range.start + m.end()).collect();
            found.retain(|s| !other.iter().any(|h| h.start < s.range.end && s.range.start < h.end));
        }
        found.retain(|s| text.is_char_boundary(s.range.end));
        found.sort_by_key(|s| (std::cmp::Reverse(s.strength), std::cmp::Reverse(s.range.len()), s.range.start));
        let mut kept: Vec<SymptomMatch> = Vec::new();
        for s in found {
            if !kept.iter().any(|k| k.range.start < s.range.end && s.range.start < k.range.end) {
                kept.push(s);
            }
        }
        kept.sort_by_key(|s| s.range.start);
        kept
    }

    /// The causes that `range` of `text` names.
    pub fn causes(&self, text: &str, range: Range<usize>) -> Vec<CauseMatch> {
        let part = &text[range.clone()];
        let mut found: Vec<CauseMatch> = Vec::new();
        for rule in &self.causes {
            for m in rule.regex.find_iter(part).filter(|m| rule.never.as_ref().is_none_or(|n| !n.is_match(m.as_str()))) {
                found.push(CauseMatch { range: range.start + m.start()..range.start + m.end(), cause: rule.cause, rank: rule.rank });
            }
        }
        found.sort_by_key(|c| (c.range.start, c.rank));
        found
    }

    /// The first place in `range` of `text` that has this cue.
    pub fn cue(&self, cue: Cue, text: &str, range: Range<usize>) -> Option<Range<usize>> {
        let m = self.cues.get(&cue)?.find(&text[range.clone()])?;
        Some(range.start + m.start()..range.start + m.end())
    }

    /// Every place in `range` of `text` that has this cue.
    pub fn cues(&self, cue: Cue, text: &str, range: Range<usize>) -> Vec<Range<usize>> {
        let Some(regex) = self.cues.get(&cue) else { return Vec::new() };
        regex.find_iter(&text[range.clone()]).map(|m| range.start + m.start()..range.start + m.end()).collect()
    }

    /// Whether `text`, which follows a name, begins with a noun that may stand there.
    pub(crate) fn name_suffix(&self, text: &str) -> bool {
        self.cues.get(&Cue::NameSuffix).is_some_and(|r| r.is_match(text))
    }
}

fn compile(source: &Source, at: usize, patterns: &[String]) -> Result<Regex, DictionaryFileError> {
    for pattern in patterns {
        if Regex::new(pattern).map_err(|e| source.error(at, regex_message(pattern, &e)))?.is_match("") {
            return Err(source.error(at, format!("the pattern `{pattern}` matches nothing at all as well as anything")));
        }
    }
    let joined = patterns.iter().map(|p| format!("(?:{p})")).collect::<Vec<_>>().join("|");
    RegexBuilder::new(&joined)
        .size_limit(64 << 20)
        .dfa_size_limit(32 << 20)
        .build()
        .map_err(|e| source.error(at, regex_message(&joined, &e)))
}

fn regex_message(pattern: &str, error: &regex::Error) -> String {
    let reason = error.to_string();
    let last = reason.lines().last().unwrap_or("").trim_start_matches("error: ");
    format!("`{}` is no regular expression: {last}", pattern.chars().take(80).collect::<String>())
}
