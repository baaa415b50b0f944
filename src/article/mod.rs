//! A page, a text or a JSON line → an [`Article`].
//!
//! ```text
//! bytes ─▶ charset ─▶ html ─▶ metadata ─┐
//!                       └───▶ body ─────┼─▶ input ─▶ Article
//! plain text, JSON lines ───────────────┘            └─▶ fingerprint, to know one story in many papers
//! ```
//!
//! [`explain_html`] reads a page as [`read_html`] does and says what gave each value; [`canonical`] gives the one name of a page's many addresses.
//!
//! Promises: no panic and bounded memory whatever the bytes are; `title` and `text` as printed (see [`normalize`](fn@normalize)); every time is
//! Korean time and `published_from` says where it came from; the same input gives the same article.
//!
//! Left to others: fetching, what the article says. Rules are data: `dictionaries/pages.toml`, `publishers.toml`, `boilerplate.toml`.

mod body;
pub mod boilerplate;
mod charset;
mod dates;
mod error;
mod explain;
mod fingerprint;
mod html;
mod input;
mod metadata;
mod model;
mod normalize;
mod publisher;
mod structured;
mod url;
mod words;

pub use boilerplate::boilerplate_lines;
pub use charset::{Decoded, EncodingFrom, decode};
pub use dates::FoundDate;
pub use dates::parse as parse_date;
pub use error::ArticleError;
pub use explain::{Charset, DateFound, Dropped, Explanation, Origin, UrlFound};
pub use fingerprint::{FEW_SENTENCES, FEW_SENTENCES_LETTERS, FINGERPRINT_VERSION, Fingerprint, SAME_SHARE, fingerprint, same_text};
pub(crate) use html::parse as parse_html;
pub use input::{Hints, InputKind, explain_html, read_bytes, read_html, read_json_line, read_text, sniff};
pub use model::{Article, PublishedFrom};
pub use normalize::{normalize, normalize_line};
pub use publisher::{Pick, Publisher, PublisherError, Publishers};
pub use url::canonical;
