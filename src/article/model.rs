//! The model that every input fills.

use serde::{Deserialize, Serialize};

use crate::temporal::Moment;

/// Where an article's `published_at` came from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishedFrom {
    /// The input gave it (a JSON line's field, `--published`).
    Given,
    /// The page says so.
    Page,
    /// A date in the URL.
    Url,
    /// The feed's entry.
    Feed,
    /// Nothing better: the time of the fetch.
    Fetch,
}

/// A news article, whatever it was read from.
///
/// `title` and `text` are as printed: NFC, full-width digits and Latin letters folded to ASCII, lines trimmed, no control characters but `\n`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Given by the input, else derived from the canonical URL, else from title and text.
    pub id: String,
    /// The URL that it was read from.
    pub url: Option<String>,
    /// The URL that the page names as its own.
    pub canonical_url: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// The headline.
    pub title: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it was published, in Korean time.
    pub published_at: Option<Moment>,
    /// Where `published_at` came from.
    pub published_from: Option<PublishedFrom>,
    /// When it was last changed, in Korean time.
    pub modified_at: Option<Moment>,
    /// The body, a paragraph a line.
    pub text: String,
}
