//! `meoktong extract`: outage records from given articles, or anew from the stored ones.

use std::io::Write;

use anyhow::Context;

use super::{Global, explain, input, printable, table, to_terminal};
use crate::Pipeline;
use crate::article::{Article, Hints};
use crate::config::Config;
use crate::record::{ArticleRecords, Outage};
use crate::store::{ArticleFilter, Store};
use crate::temporal::Moment;

/// One step of `--stored`.
const STEP: usize = 200;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong extract article.html
  meoktong extract articles.jsonl --format jsonl
  echo '카카오톡이 8일 오후 1시 35분부터 20분간 먹통이 됐다.' | meoktong extract - --published 2023-05-17
  meoktong extract article.txt --explain
  meoktong extract --stored

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
    /// Go over the articles of the database again with the rules of today
    #[arg(long, conflicts_with_all = ["input", "format", "explain", "published", "url"])]
    stored: bool,
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
    let Some(from) = args.input.as_deref() else { return stored(global, &config, &pipeline) };
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

fn stored(global: &Global, config: &Config, pipeline: &Pipeline) -> anyhow::Result<u8> {
    let path = config.database_path(global.db.as_deref())?;
    anyhow::ensure!(path.exists(), "there is no database {}: `meoktong crawl` or `meoktong import` makes one", path.display());
    let mut store = Store::open(&path)?;
    store.use_families(&pipeline.families())?;
    let (total, _) = store.counts()?;
    let bar = table::progress(total, "articles");
    let version = pipeline.extractor().version().to_owned();
    let mut after: Option<String> = None;
    let (mut seen, mut changed) = (0u64, 0u64);
    loop {
        let step = store.articles_after(&ArticleFilter::default(), after.as_deref(), STEP)?;
        let Some(last) = step.last() else { break };
        after = Some(last.article.id.clone());
        for stored in &step {
            let records = pipeline.extractor().extract(&stored.article);
            seen += 1;
            changed += u64::from(
                store.replace_records(&stored.article.id, &records, &version).with_context(|| format!("article {}", stored.article.id))?,
            );
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    anstream::eprintln!("{seen} articles read again, the records of {changed} changed");
    Ok(0)
}
