//! The way from bytes to an article and its records, put together once and shared by all commands.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::article::{Article, ArticleError, Hints, PublisherError, Publishers, decode, read_bytes, read_html, read_json_line};
use crate::config::Config;
use crate::crawl::PageHints;
use crate::dictionaries::{DictionaryFileError, Source};
use crate::extract::Extractor;
use crate::extract::gazetteer::Gazetteer;
use crate::incident::Families;
use crate::korean::Tokenizer;
use crate::korean::dictionary::{self, Bar, DictionaryError, Progress};
use crate::record::ArticleRecords;
use crate::store::{IndexScope, Indexer, Store, StoreError};

/// Why the pipeline cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The Korean dictionary cannot be installed or opened.
    #[error(transparent)]
    Dictionary(#[from] DictionaryError),
    /// A dictionary file of services, words or causes cannot be used.
    #[error(transparent)]
    Words(#[from] DictionaryFileError),
    /// A publisher's rule cannot be used.
    #[error(transparent)]
    Publishers(#[from] PublisherError),
}

/// Reader and extractor, ready to use. Safe to share between threads.
pub struct Pipeline {
    publishers: Publishers,
    extractor: Extractor,
    version: String,
}

/// The built-in rules by which pages are read; the user's files are part of the extractor's version.
const PAGE_RULES: [&str; 3] = [
    include_str!("../dictionaries/pages.toml"),
    include_str!("../dictionaries/publishers.toml"),
    include_str!("../dictionaries/boilerplate.toml"),
];

impl Pipeline {
    /// Opens it by the settings. Installs the Korean dictionary on first need, with a progress bar on standard error.
    pub fn open(config: &Config) -> Result<Pipeline, PipelineError> {
        Pipeline::open_with(config, &Bar::new())
    }

    /// Opens it by the settings; an installation of the dictionary tells `progress` how it goes.
    pub fn open_with(config: &Config, progress: &dyn Progress) -> Result<Pipeline, PipelineError> {
        // The user's files are read before the dictionary is fetched: a wrong line shows at once.
        let extra = &config.dictionaries.extra;
        let publishers = publishers(extra)?;
        let words = Extractor::dictionaries(extra)?;
        let dir = dictionary::ensure(&dictionary::data_dir()?, progress)?;
        let tokenizer = Tokenizer::open(&dir)?;
        let extractor = Extractor::new(tokenizer, words);
        let rules = PAGE_RULES.iter().fold(Sha256::new(), |hash, rules| hash.chain_update(rules.as_bytes())).finalize();
        let rules: String = rules.iter().take(4).map(|b| format!("{b:02x}")).collect();
        Ok(Pipeline { publishers, version: format!("{}.{rules}", extractor.version()), extractor })
    }

    /// Makes records.
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// Makes a database that was just opened ready for what this pipeline gives: what is indexed of it for the search, which pages are kept, and which
    /// company is above which service.
    pub fn prepare(&self, store: Store, config: &Config) -> Result<Store, StoreError> {
        let mut store = store.with_indexer(self.indexer(config.search.index));
        store.set_archive(&config.archive);
        store.use_families(&self.families())?;
        Ok(store)
    }

    /// Indexes articles for the search, those that the scope chooses.
    pub fn indexer(&self, scope: IndexScope) -> Indexer {
        Indexer::new(self.extractor.tokenizer().clone(), self.extractor.lexicon().clone(), scope)
    }

    /// Which company is above which service, as a store wants to know it ([`Store::use_families`]).
    pub fn families(&self) -> Arc<Families> {
        Arc::new(Families::new(self.extractor.gazetteer()))
    }

    /// How publishers' pages are read.
    pub fn publishers(&self) -> &Publishers {
        &self.publishers
    }

    /// Whether a page can hold a word of failure at all: cheap, and never wrong where it says no. Most pages need no further reading then.
    pub fn may_report(&self, page: &[u8], content_type: Option<&str>) -> bool {
        // What cannot be decoded is for the reader to refuse.
        let Ok(decoded) = decode(page, content_type) else { return true };
        let is_jamo = |c: char| ('\u{1100}'..='\u{11ff}').contains(&c);
        // Letters may be written as escapes, in pieces, or wide; then only reading tells.
        if ["\\u", "&#"].iter().any(|escape| decoded.text.contains(escape)) || decoded.text.contains(is_jamo) {
            return true;
        }
        let mut bare = String::with_capacity(decoded.text.len());
        let mut in_tag = false;
        for c in decoded.text.chars() {
            match c {
                '<' => in_tag = true,
                '>' => in_tag = false,
                c if in_tag => bare.extend(Some(c).filter(|c| *c == '"')),
                c if c.is_whitespace() => bare.extend(Some(' ').filter(|_| !bare.ends_with(' '))),
                c => bare.push(c),
            }
        }
        // Attributes hold titles and summaries, and a stray `<` in a script hides what follows: the page as it is counts, too.
        self.extractor.has_symptom(&bare) || self.extractor.has_symptom(&decoded.text)
    }

    /// The articles that an input holds: one of a page or a text, many of JSON lines; for what cannot be used, why.
    pub fn read(&self, bytes: &[u8], hints: &Hints) -> Vec<Result<Article, ArticleError>> {
        read_bytes(bytes, hints, &self.publishers)
    }
}

/// How publishers' pages are read, by the built-in rules and the user's.
pub(crate) fn publishers(extra: &[std::path::PathBuf]) -> Result<Publishers, PipelineError> {
    let files = extra.iter().map(|p| Source::read(p)).collect::<Result<Vec<_>, _>>()?;
    let files: Vec<(&str, &str)> = files.iter().map(|s| (s.file.as_str(), s.text.as_str())).collect();
    Ok(Publishers::load(&files)?)
}

/// The names of services, built-in and the user's. Opens no Korean dictionary.
pub fn gazetteer(config: &Config) -> Result<Gazetteer, DictionaryFileError> {
    let mut sources = Source::builtin();
    for path in &config.dictionaries.extra {
        sources.push(Source::read(Path::new(path))?);
    }
    Gazetteer::load(&Source::parse_all(sources)?)
}

/// The id and the usual name of the service that goes by `name`, an alias or an id. Opens no Korean dictionary.
pub fn resolve_service(config: &Config, name: &str) -> Result<Option<(String, String)>, DictionaryFileError> {
    Ok(gazetteer(config)?.resolve(name).map(|s| (s.id.clone(), s.name.clone())))
}

impl crate::crawl::Pipeline for Pipeline {
    fn version(&self) -> &str {
        &self.version
    }

    fn page(&self, bytes: &[u8], hints: PageHints) -> Result<(Article, ArticleRecords), String> {
        let hints = Hints {
            url: Some(hints.final_url.to_string()),
            content_type: hints.content_type,
            published_at: None,
            feed_date: hints.feed_date,
            feed_title: hints.feed_title,
            feed_publisher: hints.publisher,
            fetched_at: Some(hints.fetched_at),
        };
        let article = read_html(bytes, &hints, &self.publishers).map_err(|e| e.to_string())?;
        let records = self.extractor.extract(&article);
        Ok((article, records))
    }

    fn line(&self, line: &[u8], number: usize) -> Result<(Article, ArticleRecords), String> {
        let article = read_json_line(line, number, &self.publishers).map_err(|e| e.to_string())?;
        let records = self.extractor.extract(&article);
        Ok((article, records))
    }
}
