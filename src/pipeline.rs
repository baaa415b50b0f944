//! The way from bytes to an article and its records, put together once and shared by all commands.

use std::path::Path;
use std::sync::Arc;

use crate::article::{Article, ArticleError, Hints, PublisherError, Publishers, read_bytes, read_html, read_json_line};
use crate::config::Config;
use crate::crawl::PageHints;
use crate::dictionaries::{DictionaryFileError, Source};
use crate::extract::Extractor;
use crate::extract::gazetteer::Gazetteer;
use crate::incident::Families;
use crate::korean::Tokenizer;
use crate::korean::dictionary::{self, Bar, DictionaryError, Progress};
use crate::record::ArticleRecords;

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
}

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
        Ok(Pipeline { publishers, extractor: Extractor::new(tokenizer, words) })
    }

    /// Makes records.
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// Which company is above which service, as a store wants to know it ([`Store::use_families`](crate::store::Store::use_families)).
    pub fn families(&self) -> Arc<Families> {
        Arc::new(Families::new(self.extractor.gazetteer()))
    }

    /// How publishers' pages are read.
    pub fn publishers(&self) -> &Publishers {
        &self.publishers
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

/// The id and the usual name of the service that goes by `name`, an alias or an id. Opens no Korean dictionary.
pub fn resolve_service(config: &Config, name: &str) -> Result<Option<(String, String)>, DictionaryFileError> {
    let mut sources = Source::builtin();
    for path in &config.dictionaries.extra {
        sources.push(Source::read(Path::new(path))?);
    }
    let gazetteer = Gazetteer::load(&Source::parse_all(sources)?)?;
    Ok(gazetteer.resolve(name).map(|s| (s.id.clone(), s.name.clone())))
}

impl crate::crawl::Pipeline for Pipeline {
    fn version(&self) -> &str {
        self.extractor.version()
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
