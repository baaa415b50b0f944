//! Incidents and articles in the formats of the report room.

use std::io::Write;

use super::ExportArgs;
use crate::config::Config;
use crate::record::Label;
use crate::report::{self, ArticleRow, Format, Options, RowWriter, Sourced, Written};
use crate::store::{ArticleFilter, IncidentSort, Store, StoredArticle};

/// How many incidents a feed holds unless told otherwise: a reader asks for it again and again.
const FEED_LIMIT: u64 = 100;

/// What the columns are.
pub(super) fn schema() -> String {
    format!(
        "# Incidents\n\n\
         One outage of one service a row, out of all articles that tell of it. Times are Korean, as ISO 8601 text at the precision that is known\n\
         (2023, 2023-05, 2023-05-15, 2023-05-15T12:10+09:00). What is not known is null in JSON and Parquet, empty in CSV.\n\n{}\n\
         # Articles\n\n{}\n\
         # Formats\n\n\
         - csv: RFC 4180, UTF-8, with a header; --bom puts a byte order mark before it, by which Excel knows UTF-8. A text that a spreadsheet would\n  \
           take for a formula (it begins with =, +, - or @) has an apostrophe before it. Lists have blanks between, or semicolons where an item has blanks.\n\
         - parquet: beside a time `start` stand `start_first` and `start_last`, the first and the last second that it may mean, as timestamps\n  \
           (milliseconds, UTC inside, zone Asia/Seoul). The meaning of a column is in its field's metadata as `description`.\n\
         - ics: an incident is an event; known to the minute it has instants in UTC, to the day, month or year it is an all-day event over all days that it\n  \
           may mean. UID is the incident's id with @meoktong. X-MEOKTONG-START and X-MEOKTONG-END hold the times as they are known.\n\
         - atom: an incident is an entry, its id tag:meoktong,2026:incident/ID, published with the first report, updated with the latest news.\n\
         - md: a table of the columns that people read.\n",
        report::schema::<Sourced>(),
        report::schema::<ArticleRow>(),
    )
}

pub(super) fn incidents(
    store: &Store,
    config: &Config,
    args: &ExportArgs,
    format: Format,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    let mut query = args.filter.query(config)?;
    query.sort = IncidentSort::Oldest;
    query.limit = args.limit;
    let mut options = Options { bom: args.bom, updated: None };
    if format == Format::Atom {
        query.sort = IncidentSort::Published;
        query.limit = query.limit.or(Some(FEED_LIMIT));
        // The feed says when it changed before it says what.
        store.each_incident(&query, false, |row, _| {
            options.updated = options.updated.max(row.last_reported.or(row.first_reported));
            anyhow::Ok(())
        })?;
    }
    let mut writer = report::incidents(format, Box::new(out), &options)?;
    store.each_incident(&query, true, |row, urls| Ok::<(), anyhow::Error>(writer.write(&Sourced { row, urls })?))?;
    finish(writer)
}

pub(super) fn articles(store: &Store, args: &ExportArgs, format: Format, out: &mut (dyn Write + Send)) -> anyhow::Result<()> {
    let mut writer = report::articles(format, Box::new(out), &Options { bom: args.bom, updated: None })?;
    for article in store.articles(&ArticleFilter::default()) {
        writer.write(&row(article?))?;
    }
    finish(writer)
}

fn finish<R>(writer: Box<dyn RowWriter<R> + '_>) -> anyhow::Result<()> {
    let Written { left_out, .. } = writer.finish()?;
    if left_out > 0 {
        let (what, are) = if left_out == 1 { ("incident", "is") } else { ("incidents", "are") };
        anstream::eprintln!("{left_out} {what} without any date {are} left out.");
    }
    Ok(())
}

fn row(stored: StoredArticle) -> ArticleRow {
    let StoredArticle { article, label, score, outages, .. } = stored;
    ArticleRow {
        id: article.id,
        url: article.url,
        publisher: article.publisher,
        title: article.title,
        authors: article.authors,
        published_at: article.published_at,
        modified_at: article.modified_at,
        label: match label {
            Label::Outage => "outage".to_owned(),
            Label::None => "none".to_owned(),
        },
        score,
        outages: u32::try_from(outages.len()).unwrap_or(u32::MAX),
        text: article.text,
    }
}
