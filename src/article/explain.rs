//! How a page was read: which of the many ways gave each value, what was left out, what was not believed.
//!
//! Left to others: reading. Every step hands over where its value came from as a [`Trail`], which borrows and costs nothing; only
//! [`explain_html`](super::explain_html) makes an [`Explanation`] of it.

use serde::Serialize;

use super::{EncodingFrom, PublishedFrom};
use crate::temporal::Moment;

/// Where a value came from, while the page is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trail<'a> {
    pub by: &'static str,
    pub detail: Option<&'a str>,
}

impl<'a> Trail<'a> {
    pub fn of(by: &'static str) -> Trail<'a> {
        Trail { by, detail: None }
    }

    pub fn at(by: &'static str, detail: &'a str) -> Trail<'a> {
        Trail { by, detail: Some(detail) }
    }
}

impl From<Trail<'_>> for Origin {
    fn from(trail: Trail<'_>) -> Origin {
        Origin { by: trail.by, detail: trail.detail.map(str::to_owned) }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// `rule` (the publisher's), `json-ld`, `meta`, `time`, `layout`, `h1`, `title`, `visible` (what a reader sees), `link`, `library`, `script`,
    /// `density`, `given`, `url`, `feed` or `fetch`.
    pub by: &'static str,
    /// The selector, the name of the `<meta>`, the property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{} {detail}", self.by),
            None => f.write_str(self.by),
        }
    }
}

/// A date that the page or what is known of it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DateFound {
    /// The date, in Korean time.
    pub at: Moment,
    /// Where it is from.
    pub from: Origin,
    /// Whether it is the one that was taken.
    pub chosen: bool,
}

/// A URL that the page names as its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UrlFound {
    /// The URL.
    pub url: String,
    /// Where it is from.
    pub from: Origin,
    /// Why it was not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<&'static str>,
}

/// Something of the body's element that is no part of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The selector, or the kind of boilerplate.
    pub by: String,
    /// What it says.
    pub text: String,
}

/// How bytes became text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charset {
    /// The encoding (`EUC-KR` is CP949).
    pub name: &'static str,
    /// What decided.
    pub from: EncodingFrom,
    /// The labels of header and page, the most trusted first.
    pub labels: Vec<&'static str>,
    /// Whether the most trusted label was wrong.
    pub overruled: bool,
}

/// How a page was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// How its bytes became text.
    pub charset: Charset,
    /// The publisher whose rule applied.
    pub rule: Option<String>,
    /// The layout of a publishing system that it has.
    pub layout: Option<String>,
    /// What gave the title.
    pub title: Option<Origin>,
    /// What gave the publisher.
    pub publisher: Option<Origin>,
    /// What gave the authors.
    pub authors: Option<Origin>,
    /// Every date of publication that was found, the most trusted first.
    pub published: Vec<DateFound>,
    /// Where the one that was taken is from.
    pub published_from: Option<PublishedFrom>,
    /// Every date of a change that was found.
    pub modified: Vec<DateFound>,
    /// What the page names as its own address.
    pub urls: Vec<UrlFound>,
    /// The page's AMP form, where it names one.
    pub amp_url: Option<String>,
    /// What gave the body.
    pub body: Option<Origin>,
    /// What was left out of the body's element.
    pub dropped: Vec<Dropped>,
}
