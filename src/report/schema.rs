//! What the columns of an export are: one list for headers, for Parquet and for the documentation.

use std::fmt::Write as _;

use serde::Serialize;

use super::{ArticleRow, Sourced};
use crate::record::Cause;
use crate::temporal::Moment;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Text that many rows share.
    Word,
    /// A time in Korea at the precision that is known.
    Time,
    /// A whole number from 0.
    Count,
    /// A number from 0 to 1.
    Share,
    /// Several texts.
    List,
}

/// A column of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name: header, key and field.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it can be empty (null): not known.
    pub optional: bool,
    /// What it means.
    pub meaning: &'static str,
}

/// A value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Of [`Kind::Text`] and [`Kind::Word`].
    Text(Option<&'a str>),
    /// Of [`Kind::Time`].
    Time(Option<Moment>),
    /// Of [`Kind::Count`].
    Count(Option<u32>),
    /// Of [`Kind::Share`].
    Share(f64),
    /// Of [`Kind::List`].
    List(&'a [String]),
}

/// What can be exported: a fixed list of columns, and the same fields as JSON.
pub trait Row: Serialize {
    /// The columns in their order, which is that of the JSON keys too.
    const COLUMNS: &'static [Column];

    /// The value of each column.
    fn values(&self) -> Vec<Value<'_>>;
}

const fn column(name: &'static str, kind: Kind, optional: bool, meaning: &'static str) -> Column {
    Column { name, kind, optional, meaning }
}

impl Row for Sourced {
    const COLUMNS: &'static [Column] = &[
        column("id", Kind::Text, false, "the incident's id"),
        column("service", Kind::Word, false, "the service by its usual name"),
        column("service_id", Kind::Word, true, "the dictionary's id of the service; empty where no dictionary lists it"),
        column("operator", Kind::Word, true, "who runs it"),
        column("category", Kind::Word, true, "the kind of service: messenger, bank, telecom, …"),
        column("start", Kind::Time, true, "when it began"),
        column("end", Kind::Time, true, "when it was over"),
        column("duration_min", Kind::Count, true, "how long it lasted, in whole minutes"),
        column(
            "cause",
            Kind::Word,
            true,
            "network, traffic, system, change, hardware, power, fire, attack, third_party, disaster or investigating",
        ),
        column("status", Kind::Word, false, "the latest that is known: resolved, ongoing or unknown"),
        column("role", Kind::Word, false, "main where an article has it as its news, background where all only recall it"),
        column("confidence", Kind::Share, false, "how likely there was this outage, from 0 to 1"),
        column("articles", Kind::Count, false, "how many articles tell of it"),
        column("publishers", Kind::Count, false, "how many publishers do; all that print one wire text count as one"),
        column("first_reported", Kind::Time, true, "when the first article about it came out"),
        column("last_reported", Kind::Time, true, "when the latest news about it came out"),
        column("root", Kind::Text, true, "the root incident that it is a part of, where several services failed of one cause"),
        column("title", Kind::Text, false, "the headline of the first article"),
        column("url", Kind::Text, true, "where the first article stands"),
        column("urls", Kind::List, false, "where all its articles stand, the first published first"),
    ];

    fn values(&self) -> Vec<Value<'_>> {
        let row = &self.row;
        vec![
            Value::Text(Some(&row.id)),
            Value::Text(Some(&row.service)),
            Value::Text(row.service_id.as_deref()),
            Value::Text(row.operator.as_deref()),
            Value::Text(row.category.as_deref()),
            Value::Time(row.start),
            Value::Time(row.end),
            Value::Count(row.duration_min),
            Value::Text(row.cause.map(Cause::as_str)),
            Value::Text(Some(row.status.as_str())),
            Value::Text(Some(row.role.as_str())),
            Value::Share(row.confidence),
            Value::Count(Some(row.articles)),
            Value::Count(Some(row.publishers)),
            Value::Time(row.first_reported),
            Value::Time(row.last_reported),
            Value::Text(row.root.as_deref()),
            Value::Text(Some(&row.title)),
            Value::Text(row.url.as_deref()),
            Value::List(&self.urls),
        ]
    }
}

impl Row for ArticleRow {
    const COLUMNS: &'static [Column] = &[
        column("id", Kind::Text, false, "the article's id"),
        column("url", Kind::Text, true, "where it stands"),
        column("publisher", Kind::Word, true, "who published it"),
        column("title", Kind::Text, false, "its headline"),
        column("authors", Kind::List, false, "who wrote it"),
        column("published_at", Kind::Time, true, "when it was published"),
        column("modified_at", Kind::Time, true, "when it was last changed"),
        column("label", Kind::Word, false, "outage where it gave a record, else none"),
        column("score", Kind::Share, false, "how likely it tells of an outage, from 0 to 1"),
        column("outages", Kind::Count, false, "how many records it gave"),
        column("text", Kind::Text, false, "its text"),
    ];

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            Value::Text(Some(&self.id)),
            Value::Text(self.url.as_deref()),
            Value::Text(self.publisher.as_deref()),
            Value::Text(Some(&self.title)),
            Value::List(&self.authors),
            Value::Time(self.published_at),
            Value::Time(self.modified_at),
            Value::Text(Some(&self.label)),
            Value::Share(self.score),
            Value::Count(Some(self.outages)),
            Value::Text(Some(&self.text)),
        ]
    }
}

/// The documentation of an export's columns, in Markdown.
pub fn schema<R: Row>() -> String {
    let mut text = String::from("| Column | JSON | CSV | Parquet | Meaning |\n|---|---|---|---|---|\n");
    for column in R::COLUMNS {
        let (json, csv, parquet) = match column.kind {
            Kind::Text => ("string", "text", "string"),
            Kind::Word => ("string", "text", "string (dictionary)"),
            Kind::Time => ("string", "text", "string, two timestamps"),
            Kind::Count => ("number", "number", "uint32"),
            Kind::Share => ("number", "number", "double"),
            Kind::List => ("array of strings", "text", "list of strings"),
        };
        let (null, empty) = if column.optional { (" or null", " or empty") } else { ("", "") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {json}{null} | {csv}{empty} | {parquet}{null} | {} |", column.name, column.meaning);
    }
    text
}
