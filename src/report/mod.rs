//! What other programs get: incidents and articles in their formats, and the figures of many incidents.
//!
//! ```text
//! rows of the store ─▶ RowWriter ─▶ JSON, JSON lines, CSV, Markdown, Parquet, iCalendar, Atom
//!                   └▶ Tally     ─▶ Stats
//! ```
//!
//! A [`RowWriter`] takes one row after the other and holds no more than its format needs: a row for text, a group of rows for Parquet. What the
//! columns are is written down once, in [`Row::COLUMNS`]: headers, the Parquet schema and the documentation ([`schema`]) come from there, and the
//! JSON keys are held to it by a test.
//!
//! Times leave this room as they are known: the text at its precision, and where a format has a type for instants ([Parquet](parquet),
//! [iCalendar](calendar)) the ends of what the text may mean beside it. Nothing is made up to fill a field.
//!
//! No SQL, no clock, no terminal: where the rows come from, and tables for people, is left to others.

pub mod atom;
pub mod calendar;
pub mod csv;
pub mod json;
pub mod markdown;
pub mod parquet;
mod schema;
pub mod stats;

use std::io::Write;

use serde::Serialize;

use crate::store::IncidentRow;
use crate::temporal::Moment;

pub use schema::{Column, Kind, Row, Value, schema};

/// An incident in an export, with all its sources.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sourced {
    /// The incident.
    #[serde(flatten)]
    pub row: IncidentRow,
    /// Where all its articles stand, the first published first.
    pub urls: Vec<String>,
}

/// How long it lasted: as given, else from the clock times of start and end.
fn minutes(row: &IncidentRow) -> Option<u32> {
    row.duration_min.or_else(|| u32::try_from(row.start?.minutes_until(row.end?)?).ok())
}

/// An article in an export, without its records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArticleRow {
    /// The article's id.
    pub id: String,
    /// Where it stands.
    pub url: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// Its headline.
    pub title: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it was published.
    pub published_at: Option<Moment>,
    /// When it was last changed.
    pub modified_at: Option<Moment>,
    /// `outage` or `none`.
    pub label: String,
    /// How likely it tells of an outage, from 0 to 1.
    pub score: f64,
    /// How many records it gave.
    pub outages: u32,
    /// The text.
    pub text: String,
}

/// The formats for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON array.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated, with a header.
    Csv,
    /// A Markdown table.
    Markdown,
    /// Apache Parquet.
    Parquet,
    /// iCalendar: each incident an event.
    Calendar,
    /// An Atom feed: each incident an entry.
    Atom,
}

/// What a format can be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// CSV begins with a byte order mark, by which Excel knows UTF-8.
    pub bom: bool,
    /// When the feed last changed; none: when the first row did, which is right where the latest news come first.
    pub updated: Option<Moment>,
}

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows in the output.
    pub rows: u64,
    /// Rows that the format has no place for: an incident without any date is no event of a calendar.
    pub left_out: u64,
}

/// Why an export came to an end.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The output takes no more.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The Parquet library refuses.
    #[error("cannot write Parquet: {0}")]
    Parquet(String),
    /// The format holds something else.
    #[error("{0} holds incidents only: articles go out as JSON, JSON lines, CSV or Parquet")]
    NoArticles(&'static str),
}

/// Takes rows in, puts a format out. Without [`finish`](RowWriter::finish) the output is not whole.
pub trait RowWriter<R> {
    /// One more row.
    fn write(&mut self, row: &R) -> Result<(), ReportError>;

    /// Ends the output and flushes it.
    fn finish(self: Box<Self>) -> Result<Written, ReportError>;
}

/// Where the output goes.
pub type Out<'a> = Box<dyn Write + Send + 'a>;

/// A writer for incidents.
pub fn incidents<'a>(format: Format, out: Out<'a>, options: &Options) -> Result<Box<dyn RowWriter<Sourced> + 'a>, ReportError> {
    Ok(match format {
        Format::Markdown => Box::new(markdown::Writer::new(out)),
        Format::Calendar => Box::new(calendar::Writer::new(out)),
        Format::Atom => Box::new(atom::Writer::new(out, options.updated)),
        Format::Json | Format::Jsonl | Format::Csv | Format::Parquet => rows(format, out, options)?,
    })
}

/// A writer for articles.
pub fn articles<'a>(format: Format, out: Out<'a>, options: &Options) -> Result<Box<dyn RowWriter<ArticleRow> + 'a>, ReportError> {
    rows(format, out, options)
}

fn rows<'a, R: Row + 'a>(format: Format, out: Out<'a>, options: &Options) -> Result<Box<dyn RowWriter<R> + 'a>, ReportError> {
    Ok(match format {
        Format::Json => Box::new(json::Array::new(out)),
        Format::Jsonl => Box::new(json::Lines::new(out)),
        Format::Csv => Box::new(csv::Writer::new::<R>(out, options.bom)?),
        Format::Parquet => Box::new(parquet::Writer::new::<R>(out)?),
        Format::Markdown => return Err(ReportError::NoArticles("Markdown")),
        Format::Calendar => return Err(ReportError::NoArticles("iCalendar")),
        Format::Atom => return Err(ReportError::NoArticles("Atom")),
    })
}

/// All rows at once.
pub fn write_all<R>(mut writer: Box<dyn RowWriter<R> + '_>, rows: impl IntoIterator<Item = R>) -> Result<Written, ReportError> {
    for row in rows {
        writer.write(&row)?;
    }
    writer.finish()
}

/// A moment in RFC 3339, as its first instant.
fn rfc3339(moment: Moment) -> String {
    moment.at().strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string()
}

/// Text from outside for people: nothing in it is obeyed, neither control characters nor those that turn the direction of writing.
fn plain(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' || is_direction(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| !obeyed(*c)).collect()
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
