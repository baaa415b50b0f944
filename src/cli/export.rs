//! `meoktong export`: stored data, for other programs.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::import::{ORIGIN, Origin};
use super::{Global, outages, printable};
use crate::config::Config;
use crate::store::{ArticleFilter, Capture, OutageQuery, Store};
use crate::warc::{Answer, Writer};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong export --all > everything.jsonl
  meoktong export --articles --output articles.jsonl
  meoktong export --format csv --output outages.csv
  meoktong export --format warc --output pages.warc.gz

--all is the whole content, the same for equal databases however they came about; `meoktong import` reads it back.
warc is the raw archive: every version of every page that is kept, as WARC 1.1, a gzip member a record.")]
pub(crate) struct ExportArgs {
    /// Articles with their records and evidence: the logical dump (JSON lines)
    #[arg(long, conflicts_with = "articles")]
    all: bool,
    /// Articles as `extract --format jsonl` prints them (JSON lines) [default: outage records]
    #[arg(long)]
    articles: bool,
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
    /// Comma-separated, with a header; outage records only
    Csv,
    /// The fetched pages that are kept, as a web archive
    Warc,
}

pub(crate) fn run(global: &Global, args: ExportArgs) -> anyhow::Result<u8> {
    if args.format != Format::Jsonl && (args.all || args.articles) {
        let form = if args.format == Format::Csv { "CSV" } else { "WARC, which holds pages" };
        anstream::eprintln!("error: articles do not fit into {form}; leave --format out, or --all and --articles");
        return Ok(2);
    }
    if args.format == Format::Warc && args.output.is_none() && super::to_terminal() {
        anstream::eprintln!("error: a WARC file is nothing for a terminal; give a file with --output");
        return Ok(2);
    }
    let config = Config::load(global.config.as_deref())?;
    let store = Store::open_read_only(&config.database_path(global.db.as_deref())?)?;
    match &args.output {
        None => write(&store, &args, &mut std::io::stdout().lock())?,
        Some(path) => to_file(path, |out| write(&store, &args, out))?,
    }
    Ok(0)
}

fn write(store: &Store, args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut out = BufWriter::new(out);
    if args.format == Format::Warc {
        warc(store, &mut out)?;
    } else if args.all {
        store.export_all(&mut out)?;
    } else if args.articles {
        for article in store.articles(&ArticleFilter::default()) {
            serde_json::to_writer(&mut out, &article?.records()).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
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
fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let context = || format!("cannot write {}", printable(&path.display().to_string()));
    // A device or a pipe is written to, not replaced.
    if path.metadata().is_ok_and(|m| !m.is_file()) {
        return write(&mut std::fs::OpenOptions::new().write(true).open(path).with_context(context)?).with_context(context);
    }
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
    write(file.as_file_mut()).with_context(context)?;
    file.as_file().sync_all().with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}
