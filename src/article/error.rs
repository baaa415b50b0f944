//! What can be wrong with an input, in words a person can act on.

/// Why an input gives no [`Article`](super::Article).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    /// There is nothing to read.
    #[error("the input is empty")]
    Empty,
    /// The bytes are a picture, an archive, a program: no text.
    #[error("not a text: this is {0}; give an HTML page, plain text or JSON lines")]
    Binary(&'static str),
    /// No encoding makes text of the bytes.
    #[error("not readable as text in any known encoding (best guess {encoding}, {bad} undecodable characters)")]
    Undecodable {
        /// The encoding that came closest.
        encoding: &'static str,
        /// How many characters it could not decode.
        bad: usize,
    },
    /// A feed or sitemap where an article was expected.
    #[error("this is a feed or another XML document, not an article page")]
    NotAPage,
    /// A page with neither headline nor body.
    #[error("no article found{}: the page has neither a headline nor a body text", in_url(.url))]
    NoArticle {
        /// The page's URL, if known.
        url: Option<String>,
    },
    /// A JSON line that is not JSON.
    #[error("line {line}: not a JSON object: {message}")]
    Json {
        /// Number of the line, from 1.
        line: usize,
        /// What the JSON parser says.
        message: String,
    },
    /// A JSON line with a field that cannot be used.
    #[error("line {line}: field `{field}`: {message}")]
    Field {
        /// Number of the line, from 1.
        line: usize,
        /// The field.
        field: &'static str,
        /// What was expected and what came.
        message: String,
    },
    /// A JSON line without a body.
    #[error("line {line}: neither `text` nor `html`: an article needs one of them")]
    NoBody {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A JSON line whose `html` gives no article.
    #[error("line {line}: {error}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with the page.
        error: Box<ArticleError>,
    },
}

fn in_url(url: &Option<String>) -> String {
    url.as_ref().map(|u| format!(" in {u}")).unwrap_or_default()
}
