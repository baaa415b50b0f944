//! `meoktong extract`: outage records from given articles, or anew from the stored ones.

use std::io::Write;

use anyhow::Context;
use url::Url;

use super::import::on_all_cores;
use super::{Global, explain, input, printable, table, to_terminal};
use crate::Pipeline;
use crate::article::{Article, Hints};
use crate::config::Config;
use crate::crawl::{PageHints, Pipeline as _};
use crate::record::{ArticleRecords, Outage};
use crate::store::{ArticleFilter, Capture, Reading, Reread, Store, StoreError, StoredArticle};
use crate::temporal::{KST, Moment, Precision};

/// One step of `--stored`: what is held in memory, and one transaction.
const STEP: usize = 64;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong extract article.html
  meoktong extract articles.jsonl --format jsonl
  echo '카카오톡이 8일 오후 1시 35분부터 20분간 먹통이 됐다.' | meoktong extract - --published 2023-05-17
  meoktong extract article.txt --explain
  meoktong extract --stored
  meoktong extract --stored --since 2026-01 --limit 10000

JSON lines are {\"id\", \"url\", \"publisher\", \"published_at\", \"title\", \"text\" or \"html\"}. A line that cannot be used gives an error with its number,
the others still come out, and the exit status is 1.")]
pub(crate) struct ExtractArgs {
    /// A page, a text or JSON lines; `-` is standard input
    #[arg(value_name = "PATH|URL|-", required_unless_present = "stored")]
    input: Option<String>,
    /// The form [default: table in a terminal, jsonl in a pipe]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// When it was published, for what does not say so itself: 2023-05-17 or 2023-05-17T09:00, Korean time
    #[arg(long, value_name = "DATE")]
    published: Option<Moment>,
    /// The URL that a file or standard input came from
    #[arg(long)]
    url: Option<String>,
    /// Show the article with what was found, and why each record is there
    #[arg(long, conflicts_with = "format")]
    explain: bool,
    /// Go over the articles of the database again with the rules of today: their pages where these are kept, else their texts.
    /// What the same rules have read is passed over; what was interrupted goes on
    #[arg(long, conflicts_with_all = ["input", "format", "explain", "published", "url"])]
    stored: bool,
    /// With --stored: those that the same rules have read, too
    #[arg(long, requires = "stored", conflicts_with = "input")]
    all: bool,
    /// With --stored: no article that was published before this day or time
    #[arg(long, requires = "stored", conflicts_with = "input", value_name = "WHEN")]
    since: Option<Moment>,
    /// With --stored: no more articles than this
    #[arg(long, requires = "stored", conflicts_with = "input", value_name = "N")]
    limit: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON array of all articles
    Json,
    /// One JSON object an article
    Jsonl,
}

pub(crate) fn run(global: &Global, args: ExtractArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let pipeline = Pipeline::open(&config)?;
    let Some(from) = args.input.as_deref() else { return stored(global, &args, &config, &pipeline) };
    let format = args.format.unwrap_or(if to_terminal() { Format::Table } else { Format::Jsonl });
    let hints = Hints { url: args.url.clone(), published_at: args.published, ..Hints::default() };
    let mut out = anstream::stdout().lock();
    let mut bad = 0u64;
    let mut printed = 0u64;
    let mut rows: Vec<(Article, ArticleRecords)> = Vec::new();
    if format == Format::Json && !args.explain {
        write!(out, "[")?;
    }
    input::read(from, &hints, &config, pipeline.publishers(), |article| {
        let article = match article {
            Ok(article) => article,
            Err(error) => {
                bad += 1;
                anstream::eprintln!("{}: {}", printable(if from == "-" { "standard input" } else { from }), printable(&error.to_string()));
                return Ok(());
            }
        };
        if args.explain {
            if printed > 0 {
                writeln!(out, "\n{}\n", "─".repeat(60))?;
            }
            explain::print(&mut out, &article, &pipeline.extractor().explain(&article))?;
            printed += 1;
            return Ok(());
        }
        let records = pipeline.extractor().extract(&article);
        match format {
            Format::Table => rows.push((article, records)),
            Format::Json | Format::Jsonl => {
                if format == Format::Json && printed > 0 {
                    write!(out, ",\n ")?;
                }
                serde_json::to_writer(&mut out, &records).map_err(std::io::Error::from)?;
                if format == Format::Jsonl {
                    writeln!(out)?;
                }
            }
        }
        printed += 1;
        Ok(())
    })?;
    match format {
        _ if args.explain => {}
        Format::Json => writeln!(out, "]")?,
        Format::Table => write!(out, "{}", describe(&rows))?,
        Format::Jsonl => {}
    }
    out.flush()?;
    Ok(u8::from(bad > 0))
}

/// Every article with its records, or a word that it tells of none.
fn describe(rows: &[(Article, ArticleRecords)]) -> String {
    let found: Vec<(&ArticleRecords, &Outage)> = rows.iter().flat_map(|(_, r)| r.outages.iter().map(move |o| (r, o))).collect();
    if found.is_empty() {
        return match rows {
            [] => String::new(),
            [_] => "No outage in this article.\n".to_owned(),
            _ => format!("No outage in these {} articles.\n", rows.len()),
        };
    }
    table::records(&found)
}

fn stored(global: &Global, args: &ExtractArgs, config: &Config, pipeline: &Pipeline) -> anyhow::Result<u8> {
    let path = config.database_path(global.db.as_deref())?;
    anyhow::ensure!(path.exists(), "there is no database {}: `meoktong crawl` or `meoktong import` makes one", path.display());
    let mut store = pipeline.prepare(Store::open(&path)?, config)?;
    let version = pipeline.version().to_owned();
    let filter = ArticleFilter { not_by_version: Some(version.clone()).filter(|_| !args.all), since: args.since, ..Default::default() };
    // Articles carry the version of the rules that read them, which tells how far a pass came; where that does not count, it is noted.
    let task = args.all.then(|| format!("extract {version} since {}", args.since.map(|s| s.to_string()).unwrap_or_default()));
    let mut after = match &task {
        Some(task) => store.progress(task)?,
        None => None,
    };
    let total = store.count_articles(&filter, after.as_deref())?;
    let mut left = args.limit.unwrap_or(u64::MAX);
    let bar = table::progress(total.min(left), "articles");
    let (mut seen, mut articles, mut changed, mut sum) = (0u64, 0u64, 0u64, Reread::default());
    while left > 0 {
        let step = store.articles_after(&filter, after.as_deref(), STEP.min(usize::try_from(left).unwrap_or(STEP)))?;
        let Some(last) = step.last() else { break };
        after = Some(last.article.id.clone());
        left -= step.len() as u64;
        let step: Vec<(StoredArticle, Vec<Capture>)> =
            step.into_iter().map(|s| store.captures_of(&s.article.id).map(|pages| (s, pages))).collect::<Result<_, _>>()?;
        let read = on_all_cores(&step, |(stored, pages)| {
            (pipeline.extractor().extract(&stored.article), pages.iter().filter_map(|page| reading(page, pipeline)).collect::<Vec<_>>())
        });
        let mut batch = store.batch()?;
        for ((stored, _), (by_text, readings)) in step.iter().zip(read) {
            let id = &stored.article.id;
            let done = match batch.reread(id, &by_text, &readings, &version) {
                // Two articles have turned out to be one, and this one was read with the other.
                Err(StoreError::NotFound(_)) => continue,
                done => done.with_context(|| format!("article {id}"))?,
            };
            changed += u64::from(done.records());
            articles += u64::from(done.article);
            sum += done;
        }
        if let Some(task) = &task {
            batch.set_progress(task, after.as_deref())?;
        }
        batch.commit()?;
        seen += step.len() as u64;
        bar.inc(step.len() as u64);
    }
    let found = if args.limit.is_none() && args.since.is_none() { unread(&mut store, pipeline, args.all)? } else { 0 };
    if let Some(task) = task.filter(|_| left > 0) {
        let mut batch = store.batch()?;
        batch.set_progress(&task, None)?;
        batch.commit()?;
    }
    bar.finish_and_clear();
    let Reread { new, changed: other, withdrawn, .. } = sum;
    anstream::eprintln!(
        "{seen} articles read again, the records of {changed} changed: {new} records new, {other} changed, {withdrawn} withdrawn"
    );
    if articles > 0 || found > 0 {
        anstream::eprintln!("{articles} articles themselves changed, {found} pages gave an article that gave none before");
    }
    Ok(0)
}

/// What a kept page says today; none where it is no article any more, which is no reason to lose the one that is stored.
fn reading(page: &Capture, pipeline: &Pipeline) -> Option<Reading> {
    let asked = Url::parse(&page.url).ok()?;
    let final_url = page.final_url.as_deref().map_or_else(|| Ok(asked.clone()), Url::parse).ok()?;
    let urls = page.final_url.iter().chain(&page.via).chain([&page.url]).cloned().collect();
    let hints = PageHints {
        url: asked,
        final_url,
        content_type: page.content_type.clone(),
        feed_date: page.published_at,
        feed_title: page.title.clone(),
        publisher: page.publisher.clone(),
        fetched_at: Moment::new(KST.to_datetime(page.first_fetched_at.unwrap_or(page.fetched_at)), Precision::Minute),
    };
    let (article, records) = pipeline.page(&page.body, hints).ok()?;
    Some(Reading { article, records, urls, page: page.url.clone() })
}

/// Reads the pages that gave no article to earlier rules; gives how many do now.
fn unread(store: &mut Store, pipeline: &Pipeline, all: bool) -> anyhow::Result<u64> {
    let version = pipeline.version().to_owned();
    let (mut after, mut found) = (0, 0);
    loop {
        let step = store.captures_unread(Some(version.as_str()).filter(|_| !all), after, STEP)?;
        let Some(last) = step.last() else { return Ok(found) };
        after = last.id;
        let read = on_all_cores(&step, |page| reading(page, pipeline));
        let mut batch = store.batch()?;
        for (page, reading) in step.into_iter().zip(read) {
            match reading {
                None => batch.note_read(page.id, &version)?,
                Some(reading) => {
                    batch.put_from(&reading.article, &reading.records, &version, &page.into_page())?;
                    found += 1;
                }
            }
        }
        batch.commit()?;
    }
}
