//! `meoktong import`: articles in, as JSON lines; each is extracted and stored.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{Global, printable};
use crate::article::{Article, PublishedFrom};
use crate::config::Config;
use crate::crawl::Pipeline;
use crate::incident::Edit;
use crate::record::ArticleRecords;
use crate::store::{Put, Store, StoreError};
use crate::temporal::Moment;

/// One transaction.
const BATCH: usize = 200;

/// No article is as long; a file that is no JSON lines must not fill the memory.
const MAX_LINE: usize = 32 << 20;

/// A batch holds no more than this.
const MAX_BATCH_BYTES: usize = 64 << 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong import articles.jsonl
  zcat archive.jsonl.gz | meoktong import -
  meoktong export --all --db a.db | meoktong import - --db b.db

A line is {\"id\", \"url\", \"publisher\", \"published_at\", \"title\", \"text\" or \"html\"}; other keys are ignored, records are always extracted anew.
A line that cannot be used gives an error with its number; the others are stored, and the exit status is 1.")]
pub(crate) struct ImportArgs {
    /// JSON lines; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Default)]
struct Counts {
    new: u64,
    updated: u64,
    unchanged: u64,
    outages: u64,
    bad: u64,
}

/// What a line of our own export says beyond the input form.
#[derive(Default, Deserialize)]
struct Extra {
    canonical_url: Option<String>,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    authors: Vec<String>,
    published_from: Option<PublishedFrom>,
    modified_at: Option<Moment>,
}

type Line = (usize, Vec<u8>);
type Extracted = Result<(Article, ArticleRecords, Vec<String>), String>;

pub(crate) fn run(global: &Global, args: ImportArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let path = config.database_path(global.db.as_deref())?;
    let pipeline = crate::Pipeline::open(&config)?;
    let mut store = Store::open(&path)?;
    store.use_families(&pipeline.families())?;
    let mut counts = Counts::default();
    for file in &args.files {
        import(file, &pipeline, &mut store, &mut counts)?;
    }
    let Counts { new, updated, unchanged, outages, bad } = counts;
    anstream::eprintln!(
        "{new} new articles, {updated} updated, {unchanged} unchanged; {outages} outage records; {bad} lines could not be used"
    );
    anstream::eprintln!("The database is {}", printable(&path.display().to_string()));
    Ok(u8::from(bad > 0))
}

fn import(file: &Path, pipeline: &dyn Pipeline, store: &mut Store, counts: &mut Counts) -> anyhow::Result<()> {
    let name = printable(&file.display().to_string());
    let (input, length): (Box<dyn Read>, Option<u64>) = if file == Path::new("-") {
        (Box::new(std::io::stdin().lock()), None)
    } else {
        let opened = File::open(file).with_context(|| format!("cannot open {name}"))?;
        let length = opened.metadata().ok().filter(|m| m.is_file()).map(|m| m.len());
        (Box::new(opened), length)
    };
    let bar = progress(length);
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut number = 0;
    loop {
        let (mut batch, mut bytes): (Vec<Line>, usize) = (Vec::new(), 0);
        let mut ended = false;
        while batch.len() < BATCH && bytes < MAX_BATCH_BYTES {
            number += 1;
            match next_line(&mut input).with_context(|| format!("cannot read {name}"))? {
                Next::End => {
                    ended = true;
                    break;
                }
                Next::TooLong => report(&bar, counts, &name, &format!("line {number}: longer than {} MiB", MAX_LINE >> 20)),
                Next::Line(line) => {
                    bytes += line.len();
                    bar.inc(line.len() as u64 + 1);
                    if !line.trim_ascii().is_empty() {
                        batch.push((number, line));
                    }
                }
            }
        }
        put(&batch, pipeline, store, counts, &bar, &name)?;
        if ended {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

/// Extracts a batch on all cores and stores it in one transaction.
fn put(
    batch: &[Line],
    pipeline: &dyn Pipeline,
    store: &mut Store,
    counts: &mut Counts,
    bar: &ProgressBar,
    name: &str,
) -> anyhow::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let (edits, batch): (Vec<_>, Vec<_>) = batch.iter().map(|line| (told(&line.1), line)).partition(|(told, _)| told.is_some());
    let batch: Vec<&Line> = batch.into_iter().map(|(_, line)| line).collect();
    let read = extract(&batch, pipeline);
    let mut done = Counts::default();
    for edit in edits.into_iter().filter_map(|(told, _)| told?.edit) {
        store.put_edit(&edit)?;
    }
    let mut transaction = store.batch()?;
    for ((number, _), read) in batch.iter().zip(read) {
        let (article, records, urls) = match read {
            Ok(read) => read,
            Err(reason) => {
                report(bar, counts, name, &reason);
                continue;
            }
        };
        match transaction.put(&article, &records, pipeline.version(), &urls) {
            Ok(Put::Unchanged) => done.unchanged += 1,
            Ok(put) => {
                *if put == Put::New { &mut done.new } else { &mut done.updated } += 1;
                done.outages += records.outages.len() as u64;
            }
            Err(error @ StoreError::Unstorable { .. }) => report(bar, counts, name, &format!("line {number}: {error}")),
            Err(error) => return Err(error.into()),
        }
    }
    transaction.commit()?;
    // Counted only now: what is reported as stored is stored.
    counts.new += done.new;
    counts.updated += done.updated;
    counts.unchanged += done.unchanged;
    counts.outages += done.outages;
    bar.set_message(format!(
        "{} articles, {} outages, {} bad lines",
        counts.new + counts.updated + counts.unchanged,
        counts.outages,
        counts.bad
    ));
    Ok(())
}

/// What a dump tells beside its articles: a person's edits are kept; what follows from articles and edits will follow again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    edit: Option<Edit>,
    #[serde(rename = "incident")]
    _incident: Option<serde::de::IgnoredAny>,
    #[serde(rename = "root")]
    _root: Option<serde::de::IgnoredAny>,
}

fn told(line: &[u8]) -> Option<Told> {
    let line = line.trim_ascii_start();
    let may = [&b"{\"edit\":"[..], b"{\"incident\":", b"{\"root\":"].iter().any(|head| line.starts_with(head));
    may.then(|| serde_json::from_slice(line).ok()).flatten()
}

/// One result a line, in order.
fn extract(batch: &[&Line], pipeline: &dyn Pipeline) -> Vec<Extracted> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(batch.len().max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut read = Vec::new();
        loop {
            // One after another from a common counter: long articles must not gather in one thread.
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some((number, line)) = batch.get(at) else { return read };
            read.push((at, read_line(line, *number, pipeline)));
        }
    };
    let mut all: Vec<(usize, Extracted)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, read)| read).collect()
}

fn read_line(line: &[u8], number: usize, pipeline: &dyn Pipeline) -> Extracted {
    let (mut article, records) = pipeline.line(line, number)?;
    // Keys of other programs that happen to have these names are no reason to refuse the line.
    let extra: Extra = serde_json::from_slice(line).unwrap_or_default();
    article.canonical_url = extra.canonical_url.or(article.canonical_url);
    article.modified_at = extra.modified_at.or(article.modified_at);
    if article.published_at.is_some() {
        article.published_from = extra.published_from.or(article.published_from);
    }
    if article.authors.is_empty() {
        article.authors = extra.authors;
    }
    Ok((article, records, extra.urls))
}

fn report(bar: &ProgressBar, counts: &mut Counts, name: &str, message: &str) {
    counts.bad += 1;
    bar.suspend(|| anstream::eprintln!("{name}: {}", printable(message)));
}

enum Next {
    Line(Vec<u8>),
    TooLong,
    End,
}

/// The next line without its end; one that is too long is skipped without being held.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Next> {
    let mut line = Vec::new();
    if input.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(Next::End);
    }
    if line.pop_if(|b| *b == b'\n').is_some() || line.len() <= MAX_LINE {
        return Ok(Next::Line(line));
    }
    loop {
        let (skip, found) = match input.fill_buf()? {
            [] => return Ok(Next::TooLong),
            buffer => match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            },
        };
        input.consume(skip);
        if found {
            return Ok(Next::TooLong);
        }
    }
}

fn progress(length: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{spinner} {bytes}/{total_bytes} [{bar:20}] {wide_msg}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {wide_msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_they_may_and_long_ones_are_skipped() {
        let mut text = b"a\n\nb\r\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_LINE + 1));
        text.extend(b"\nlast");
        let mut input = BufReader::new(text.as_slice());
        let mut read = Vec::new();
        loop {
            match next_line(&mut input).unwrap() {
                Next::Line(line) => read.push(String::from_utf8(line).unwrap()),
                Next::TooLong => read.push("too long".into()),
                Next::End => break,
            }
        }
        assert_eq!(read, ["a", "", "b\r", "too long", "last"]);
    }
}
