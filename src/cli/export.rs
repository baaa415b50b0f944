//! `meoktong export`: stored data, for other programs.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::filter::Filter;
use super::import::{ORIGIN, Origin};
use super::{Global, outages, printable};
use crate::config::Config;
use crate::report;
use crate::store::{ArticleFilter, Capture, OutageQuery, Store};
use crate::warc::{Answer, Writer};

mod report_formats;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong export --all > everything.jsonl
  meoktong export --articles --output articles.jsonl
  meoktong export --format csv --bom --output outages.csv
  meoktong export --format parquet --since 2020 --output outages.parquet
  meoktong export --format ics --service 카카오톡 --output kakaotalk.ics
  meoktong export --format atom --limit 50 > feed.xml
  meoktong export --format warc --output pages.warc.gz

Without --all, --articles or --records it is the incidents; --schema tells what the columns are. --all is the whole content, the same for equal databases however they came about; `meoktong import` reads it back.
warc is the raw archive: every version of every page that is kept, as WARC 1.1, a gzip member a record.")]
pub(crate) struct ExportArgs {
    /// Articles with their records and evidence: the logical dump (JSON lines)
    #[arg(long, conflicts_with = "articles")]
    all: bool,
    /// Articles: as `extract --format jsonl` prints them, or as a table in CSV or Parquet [default: incidents]
    #[arg(long)]
    articles: bool,
    /// The records of single articles, of which incidents are made, in JSON lines or CSV
    #[arg(long, conflicts_with_all = ["all", "articles"])]
    records: bool,
    /// Tell what the columns are, in Markdown, and export nothing
    #[arg(long)]
    schema: bool,
    #[command(flatten)]
    filter: Filter,
    /// At most so many incidents [default: all, of a feed 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Begin CSV with a byte order mark, by which Excel knows UTF-8
    #[arg(long)]
    bom: bool,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Format {
    /// One JSON object a line
    Jsonl,
    /// One JSON array
    Json,
    /// Comma-separated, with a header
    Csv,
    /// A Markdown table
    Md,
    /// Apache Parquet
    Parquet,
    /// iCalendar: an incident is an event
    Ics,
    /// An Atom feed: an incident is an entry, the latest first
    Atom,
    /// The fetched pages that are kept, as a web archive
    Warc,
}

impl Format {
    /// None: no form of incidents or articles.
    fn report(self) -> Option<report::Format> {
        Some(match self {
            Format::Warc => return None,
            Format::Jsonl => report::Format::Jsonl,
            Format::Json => report::Format::Json,
            Format::Csv => report::Format::Csv,
            Format::Md => report::Format::Markdown,
            Format::Parquet => report::Format::Parquet,
            Format::Ics => report::Format::Calendar,
            Format::Atom => report::Format::Atom,
        })
    }
}

/// Why the options do not go together.
fn wrong(args: &ExportArgs) -> Option<&'static str> {
    let lines = args.format == Format::Jsonl;
    let filtered = args.filter.is_any() || args.limit.is_some();
    if args.format == Format::Warc && (args.all || args.articles || args.records || args.bom || filtered) {
        Some("a WARC file holds all pages that are kept; leave --all, --articles, --records, --bom and the filters out")
    } else if args.format == Format::Warc && args.output.is_none() && super::to_terminal() {
        Some("a WARC file is nothing for a terminal; give a file with --output")
    } else if args.all && !lines {
        Some("--all is JSON lines; leave --format out")
    } else if args.articles && !matches!(args.format, Format::Jsonl | Format::Csv | Format::Parquet) {
        Some("articles go out as jsonl, csv or parquet")
    } else if args.records && !matches!(args.format, Format::Jsonl | Format::Csv) {
        Some("records go out as jsonl or csv")
    } else if (args.all || args.articles || args.records) && filtered {
        Some("only incidents can be chosen from; leave the filters and --limit out, or --all, --articles and --records")
    } else if args.bom && (args.format != Format::Csv || args.records) {
        Some("--bom goes with --format csv, of incidents or articles")
    } else if args.format == Format::Parquet && args.output.is_none() && super::to_terminal() {
        Some("Parquet is nothing for a terminal; give a file with --output")
    } else {
        None
    }
}

pub(crate) fn run(global: &Global, args: ExportArgs) -> anyhow::Result<u8> {
    if let Some(wrong) = wrong(&args) {
        anstream::eprintln!("error: {wrong}");
        return Ok(2);
    }
    if args.schema {
        std::io::stdout().write_all(report_formats::schema().as_bytes())?;
        return Ok(0);
    }
    let config = Config::load(global.config.as_deref())?;
    let store = Store::open_read_only(&config.database_path(global.db.as_deref())?)?;
    match &args.output {
        None => write(&store, &config, &args, &mut std::io::stdout())?,
        Some(path) => to_file(path, |out| write(&store, &config, &args, out))?,
    }
    Ok(0)
}

fn write(store: &Store, config: &Config, args: &ExportArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<()> {
    let mut out = BufWriter::new(out);
    let Some(format) = args.format.report() else {
        warc(store, &mut out)?;
        return Ok(out.flush()?);
    };
    if args.all {
        store.export_all(&mut out)?;
    } else if args.articles && args.format != Format::Jsonl {
        report_formats::articles(store, args, format, &mut out)?;
    } else if args.articles {
        for article in store.articles(&ArticleFilter::default()) {
            serde_json::to_writer(&mut out, &article?.records()).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
    } else if !args.records {
        report_formats::incidents(store, config, args, format, &mut out)?;
    } else {
        let rows = store.outages(&OutageQuery::default())?;
        if args.format == Format::Csv {
            outages::csv(&rows, &mut out)?;
        } else {
            for row in &rows {
                serde_json::to_writer(&mut out, row).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Every page that is kept, in the order in which they were fetched.
fn warc(store: &Store, out: &mut dyn Write) -> anyhow::Result<()> {
    /// So many pages are held at once.
    const STEP: usize = 16;
    let about = [
        ("software", concat!("meoktong/", env!("CARGO_PKG_VERSION"))),
        ("format", "WARC File Format 1.1"),
        ("conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
    ];
    let mut writer = Writer::new(out, jiff::Timestamp::now(), &about)?;
    let mut last: Option<Capture> = None;
    loop {
        let mut step = store.captures_after(last.as_ref(), STEP)?;
        for page in &step {
            // Beside the record, since it is no part of what the host said.
            let origin = Origin {
                asked: Some(page.url.clone()).filter(|asked| page.final_url.as_ref().is_some_and(|url| url != asked)),
                via: page.via.clone(),
                first_fetched_at: page.first_fetched_at.filter(|first| *first != page.fetched_at).map(|first| first.to_string()),
                published_at: page.published_at,
                title: page.title.clone(),
                publisher: page.publisher.clone(),
            };
            let mut fields = Vec::new();
            if origin != Origin::default() {
                fields.push((ORIGIN, serde_json::to_string(&origin).map_err(std::io::Error::from)?));
            }
            writer.response(&Answer {
                url: page.final_url.as_deref().unwrap_or(&page.url),
                fetched_at: page.fetched_at,
                status: page.status.unwrap_or(200),
                protocol: page.protocol.as_deref(),
                headers: &page.headers,
                body: &page.body,
                fields: &fields,
            })?;
        }
        match step.pop() {
            Some(end) => last = Some(end),
            None => return Ok(()),
        }
    }
}

/// Writes beside the file and renames, so that what was there before stays until the new one is whole.
fn to_file(path: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let context = || format!("cannot write {}", printable(&path.display().to_string()));
    // A device or a pipe is written to, not replaced.
    if path.metadata().is_ok_and(|m| !m.is_file()) {
        return write(&mut std::fs::OpenOptions::new().write(true).open(path).with_context(context)?).with_context(context);
    }
    let mut temporary = tempfile::Builder::new();
    // A temporary file is its owner's alone; what is exported is for whom the user's mask lets read it.
    #[cfg(unix)]
    temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = temporary.tempfile_in(folder).with_context(context)?;
    write(file.as_file_mut()).with_context(context)?;
    file.as_file().sync_all().with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}
