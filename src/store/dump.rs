//! The logical dump: what the database says, and nothing of how or when it came to say it.
//!
//! First the articles, a line each in the input form of `import` with all that is known of them; then a person's edits, `{"edit": …}`. A dump can be read
//! back from these. What follows from them comes last, to be compared: `{"incident": …}` and `{"root": …}`.

use std::io::Write;

use rusqlite::Connection;
use serde::Serialize;

use super::{ArticleFilter, Inner, StoreError, articles, copies, incidents, queries};
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
    let mut edits: Vec<_> = incidents::edits(db)?.into_iter().map(|e| e.edit).collect();
    edits.sort();
    for edit in edits {
        line(writer, "edit", &edit)?;
    }
    let mut after = String::new();
    loop {
        let step = queries::dumped_after(db, &after, STEP)?;
        for (_, incident) in &step {
            line(writer, "incident", incident)?;
        }
        match step.into_iter().next_back() {
            Some((id, _)) => after = id,
            None => break,
        }
    }
    for root in queries::dumped_roots(db)? {
        line(writer, "root", &root)?;
    }
    writer.flush().map_err(StoreError::Write)?;
    Ok(count)
}

fn line(writer: &mut dyn Write, kind: &str, value: &impl Serialize) -> Inner<()> {
    let write = |writer: &mut dyn Write| -> std::io::Result<()> {
        write!(writer, "{{\"{kind}\":")?;
        serde_json::to_writer(&mut *writer, value)?;
        writer.write_all(b"}\n")
    };
    Ok(write(writer).map_err(StoreError::Write)?)
}
