//! `meoktong export`: stored data, for other programs.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Global, outages, printable};
use crate::config::Config;
use crate::store::{ArticleFilter, OutageQuery, Store};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong export --all > everything.jsonl
  meoktong export --articles --output articles.jsonl
  meoktong export --format csv --output outages.csv

--all is the whole content, the same for equal databases however they came about; `meoktong import` reads it back.")]
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
}

pub(crate) fn run(global: &Global, args: ExportArgs) -> anyhow::Result<u8> {
    if args.format == Format::Csv && (args.all || args.articles) {
        anstream::eprintln!("error: articles do not fit into CSV; leave --format out, or --all and --articles");
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
    if args.all {
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
