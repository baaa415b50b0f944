//! An article → outage records with their evidence.
//!
//! The way: names, words of failure, times and cues are found in title and text ([`gazetteer`], [`lexicon`], [`crate::temporal`]); sentences are
//! cut into clauses that say one thing (`analysis`), in which each name and each time has its part (`names`, `times`); clauses that speak of the same
//! outage are gathered into events by their days (`event`, `days`), which are looked over once more at the end (`settle`); each event gives a record a
//! service (`fields`). An article without any word of failure is passed over before any of that.
//!
//! Services, words of failure, causes and most cues are data in `dictionaries/`; the code holds the particles, endings and small words by which
//! a Korean sentence hangs together, and names no company.

mod analysis;
mod clause;
mod days;
mod event;
pub mod explain;
mod fields;
mod gate;
pub mod gazetteer;
pub mod lexicon;
mod names;
mod reading;
mod script;
mod settle;
mod times;
mod unlisted;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::article::Article;
use crate::dictionaries::{DictionaryFileError, Source};
use crate::korean::Tokenizer;
use crate::record::{ArticleRecords, Label, Place};
use gazetteer::Gazetteer;
use lexicon::Lexicon;

/// The longest text that is read, in bytes: some 87,000 syllables, several times the longest article. What comes after is no news report, and
/// tying every sentence of it to every event would take time out of proportion.
const LONGEST: usize = 256 << 10;

/// Makes records of articles. Opens in milliseconds, is shared freely between threads.
pub struct Extractor {
    pub(crate) gazetteer: Gazetteer,
    pub(crate) lexicon: Arc<Lexicon>,
    pub(crate) tokenizer: Arc<Tokenizer>,
    version: String,
}

/// The dictionaries of names and words, compiled.
pub struct Dictionaries {
    gazetteer: Gazetteer,
    lexicon: Lexicon,
    version: String,
}

impl Extractor {
    /// Compiles the built-in dictionaries and the user's files, which extend and override them.
    pub fn dictionaries(extra: &[PathBuf]) -> Result<Dictionaries, DictionaryFileError> {
        let mut sources = Source::builtin();
        for path in extra {
            sources.push(Source::read(path)?);
        }
        let mut hash = Sha256::new();
        for source in &sources {
            hash.update(source.text.as_bytes());
        }
        let hash: String = hash.finalize().iter().take(4).map(|b| format!("{b:02x}")).collect();
        let version = format!("{}+{hash}", env!("CARGO_PKG_VERSION"));
        let dictionaries = Source::parse_all(sources)?;
        Ok(Dictionaries { gazetteer: Gazetteer::load(&dictionaries)?, lexicon: Lexicon::load(&dictionaries)?, version })
    }

    /// An extractor that knows these words.
    pub fn new(tokenizer: Tokenizer, words: Dictionaries) -> Extractor {
        Extractor { gazetteer: words.gazetteer, lexicon: Arc::new(words.lexicon), tokenizer: Arc::new(tokenizer), version: words.version }
    }

    /// The program's version and a fingerprint of the words it goes by. Stored records carry it, so that other rules show.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What it tells morphemes apart with.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// The words of failure it knows.
    pub fn lexicon(&self) -> &Arc<Lexicon> {
        &self.lexicon
    }

    /// The services it knows.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }

    /// The records of one article.
    pub fn extract(&self, article: &Article) -> ArticleRecords {
        let outages = if self.lexicon.has_symptom(head(&article.title)) || self.lexicon.has_symptom(head(&article.text)) {
            self.outages(article)
        } else {
            Vec::new()
        };
        let score = outages.iter().map(|o| o.confidence).fold(0.0, f64::max);
        ArticleRecords {
            id: article.id.clone(),
            url: article.url.clone(),
            title: article.title.clone(),
            publisher: article.publisher.clone(),
            published_at: article.published_at,
            label: if outages.is_empty() { Label::None } else { Label::Outage },
            score,
            outages,
        }
    }

    /// Whether a text has any word of failure: without one it has no record.
    pub fn has_symptom(&self, text: &str) -> bool {
        self.lexicon.has_symptom(text)
    }

    /// Why the records of one article are as they are.
    pub fn explain(&self, article: &Article) -> explain::Explanation {
        let script = script::Script::read(head(&article.text));
        let mut account = self.read(article, script.as_ref(), explain::explain);
        if let Some(script) = script {
            script.restore_account(&mut account, &article.text);
        }
        account
    }

    fn outages(&self, article: &Article) -> Vec<crate::record::Outage> {
        let script = script::Script::read(head(&article.text));
        let mut outages = self.read(article, script.as_ref(), fields::records);
        if let Some(script) = script {
            outages.iter_mut().for_each(|outage| script.restore(outage, &article.text));
        }
        outages
    }

    fn read<T>(
        &self,
        article: &Article,
        script: Option<&script::Script>,
        then: impl FnOnce(&Extractor, &reading::Reading<'_>, &[reading::Event]) -> T,
    ) -> T {
        let text = script.map_or(head(&article.text), |s| &s.text);
        let title = analysis::read(self, (Place::Title, head(&article.title), text), article.published_at, 0, &[]);
        let sentences = title.clauses.last().map_or(0, |c| c.sentence + 1);
        let headline: Vec<clause::ServiceRef> = title.clauses.iter().flat_map(|c| c.affected().map(|n| n.service.clone())).collect();
        let text = analysis::read(self, (Place::Text, text, head(&article.title)), article.published_at, sentences, &headline);
        let passages = [title, text];
        let reading = reading::Reading::new(&passages, article.published_at);
        let events = event::assemble(self, &reading);
        then(self, &reading, &events)
    }
}

/// What is read of a text.
pub(crate) fn head(text: &str) -> &str {
    let end = (0..=text.len().min(LONGEST)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
