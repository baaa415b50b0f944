//! The files of `dictionaries/`: what the program knows, as data.
//!
//! Every file has the same form (any of `[[service]]`, `[[symptom]]`, `[[homonym]]`, `[[cause]]`, `[[cue]]`), so a file of the user's can hold
//! all of them. Files are read in order: a service with a known id extends and overrides the earlier entry, everything else is added.
//! Errors name the file and the line.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_spanned::Spanned;

/// A dictionary file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryFileError {
    /// It cannot be read.
    #[error("cannot read the dictionary {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It does not say what a dictionary says.
    #[error("{file}:{line}: {message}")]
    Content {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        message: String,
    },
}

/// The line, counted from 1, in which the byte `at` of `text` stands.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

/// A dictionary file's name and text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name that errors show.
    pub file: String,
    /// TOML.
    pub text: String,
}

impl Source {
    /// Reads a file of the user's.
    pub fn read(path: &Path) -> Result<Source, DictionaryFileError> {
        let text = std::fs::read_to_string(path).map_err(|source| DictionaryFileError::Read { path: path.to_owned(), source })?;
        Ok(Source { file: path.display().to_string(), text })
    }

    /// The dictionaries that come with the program.
    pub fn builtin() -> Vec<Source> {
        [
            ("dictionaries/services.toml", include_str!("../dictionaries/services.toml")),
            ("dictionaries/parts.toml", include_str!("../dictionaries/parts.toml")),
            ("dictionaries/symptoms.toml", include_str!("../dictionaries/symptoms.toml")),
            ("dictionaries/causes.toml", include_str!("../dictionaries/causes.toml")),
            ("dictionaries/cues.toml", include_str!("../dictionaries/cues.toml")),
        ]
        .into_iter()
        .map(|(file, text)| Source { file: file.to_owned(), text: text.to_owned() })
        .collect()
    }

    /// An error at the byte `at` of this file.
    pub fn error(&self, at: usize, message: impl Into<String>) -> DictionaryFileError {
        DictionaryFileError::Content { file: self.file.clone(), line: line_of(&self.text, at), message: message.into() }
    }

    /// Reads its entries.
    pub fn parse(self) -> Result<Dictionary, DictionaryFileError> {
        match toml::from_str(&self.text) {
            Ok(entries) => Ok(Dictionary { source: self, entries }),
            Err(e) => Err(self.error(e.span().map_or(0, |s| s.start), e.message().to_owned())),
        }
    }

    /// Reads the entries of all files, on two threads: one file, the services, outweighs all others.
    pub fn parse_all(sources: Vec<Source>) -> Result<Vec<Dictionary>, DictionaryFileError> {
        std::thread::scope(|scope| {
            let mut sources = sources.into_iter();
            let first = sources.next().map(|first| scope.spawn(move || first.parse()));
            let others: Vec<_> = sources.map(Source::parse).collect();
            let first = first.map(|f| f.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            first.into_iter().chain(others).collect()
        })
    }
}

/// A dictionary file with what it says.
#[derive(Debug)]
pub struct Dictionary {
    /// Its name and text, for errors.
    pub source: Source,
    /// What it says.
    pub entries: Entries,
}

/// All entries of one file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// Services and operators.
    #[serde(default)]
    pub service: Vec<Spanned<ServiceEntry>>,
    /// Words of failure.
    #[serde(default)]
    pub symptom: Vec<Spanned<SymptomEntry>>,
    /// The same letters with another sense.
    #[serde(default)]
    pub homonym: Vec<Spanned<HomonymEntry>>,
    /// What is given as a cause.
    #[serde(default)]
    pub cause: Vec<Spanned<CauseEntry>>,
    /// Words that tell what kind of statement a sentence is.
    #[serde(default)]
    pub cue: Vec<Spanned<CueEntry>>,
    /// Publishers, which [`crate::article`] reads.
    #[serde(default, rename = "publisher")]
    _publisher: serde::de::IgnoredAny,
}

/// A former name of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormerName {
    /// The name.
    pub name: String,
    /// The year or month until which it held.
    #[serde(default)]
    pub until: Option<String>,
}

/// A service as a dictionary file has it; see the head of `dictionaries/services.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// Unique, kebab-case.
    pub id: String,
    /// Its usual name. May be left out where an earlier entry with this id is extended.
    pub name: Option<String>,
    /// Who runs it.
    pub operator: Option<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// Other spellings.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Spellings (the name among them, perhaps) that count only where the context says so.
    #[serde(default)]
    pub weak: Vec<String>,
    /// Every spelling counts only where the context says so.
    #[serde(default)]
    pub ambiguous: bool,
    /// The context: one of these near it.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The context has to touch the name: right before it or right after it.
    #[serde(default)]
    pub adjacent: bool,
    /// Others' services stand on it: named as their failure's reason it is not what failed. So it is with what is of the category `cloud`, if
    /// nothing is said: an office suite or a messenger of that category is none.
    #[serde(default)]
    pub provider: Option<bool>,
    /// What it is called where its company has just been named: 카페, 인터넷.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Longer words that hold a spelling and are not the service.
    #[serde(default)]
    pub never: Vec<String>,
    /// Former names.
    #[serde(default)]
    pub former: Vec<FormerName>,
    /// The id of the company-level service above it.
    pub parent: Option<String>,
    /// Whether the entry is the company itself.
    #[serde(default)]
    pub company: bool,
}

/// Words of failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymptomEntry {
    /// The keyword that records give; without it the words of the text.
    pub word: Option<String>,
    /// 3 names an outage by itself, 2 where a service is its subject, 1 only supports.
    pub strength: u8,
    /// Regular expressions.
    pub patterns: Vec<String>,
}

/// The same letters with another sense.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomonymEntry {
    /// Regular expressions.
    pub patterns: Vec<String>,
}

/// What is given as a cause.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CauseEntry {
    /// One of the record's causes.
    pub id: String,
    /// The lower wins where several are said.
    pub rank: u8,
    /// Regular expressions.
    pub patterns: Vec<String>,
    /// What a pattern matched is no cause where one of these is in it.
    #[serde(default)]
    pub never: Vec<String>,
}

/// Words that tell what kind of statement a sentence is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CueEntry {
    /// One of the kinds in `dictionaries/cues.toml`.
    pub kind: String,
    /// Regular expressions.
    pub patterns: Vec<String>,
}
