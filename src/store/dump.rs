//! The logical dump: what the database says, and nothing of how or when it came to say it.
//!
//! A line is an article in the input form of `import` with all that is known of it, so a dump can be read back.

use std::io::Write;

use rusqlite::Connection;
use serde::Serialize;

use super::{ArticleFilter, Inner, StoreError, articles, copies};
use crate::article::PublishedFrom;
use crate::record::{Label, Outage};
use crate::temporal::Moment;

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    url: Option<&'a str>,
    canonical_url: Option<&'a str>,
    urls: Vec<String>,
    /// The smallest id among the articles that print the same text, where that is another's.
    copy_of: Option<String>,
    publisher: Option<&'a str>,
    title: &'a str,
    authors: &'a [String],
    published_at: Option<Moment>,
    published_from: Option<PublishedFrom>,
    modified_at: Option<Moment>,
    text: &'a str,
    label: Label,
    score: f64,
    outages: &'a [Outage],
}

pub(super) fn export_all(db: &Connection, writer: &mut dyn Write) -> Inner<u64> {
    const STEP: usize = 64;
    let filter = ArticleFilter::default();
    let (mut after, mut count) = (None::<String>, 0);
    loop {
        let step = articles::after(db, &filter, after.as_deref(), STEP)?;
        for stored in &step {
            let article = &stored.article;
            let line = Line {
                id: &article.id,
                url: article.url.as_deref(),
                canonical_url: article.canonical_url.as_deref(),
                urls: articles::urls(db, &article.id)?,
                copy_of: copies::group(db, &article.id)?.filter(|group| *group != article.id),
                publisher: article.publisher.as_deref(),
                title: &article.title,
                authors: &article.authors,
                published_at: article.published_at,
                published_from: article.published_from,
                modified_at: article.modified_at,
                text: &article.text,
                label: stored.label,
                score: stored.score,
                outages: &stored.outages,
            };
            serde_json::to_writer(&mut *writer, &line).map_err(|e| StoreError::Write(e.into()))?;
            writer.write_all(b"\n").map_err(StoreError::Write)?;
            count += 1;
        }
        match step.last() {
            Some(last) if step.len() == STEP => after = Some(last.article.id.clone()),
            _ => break,
        }
    }
    writer.flush().map_err(StoreError::Write)?;
    Ok(count)
}
