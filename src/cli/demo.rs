//! `meoktong demo`: the whole pipeline against the bundled news site.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::crawl::{block_on, crawl, describe};
use super::{Global, printable, table};
use crate::config::{Config, CrawlConfig, data_dir};
use crate::crawl::Source;
use crate::demo::{DemoSite, Publisher};
use crate::store::{OutageQuery, Store};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong demo
  MEOKTONG_DATA_DIR=/tmp/try meoktong demo

The site is served on 127.0.0.1 and its articles go into a database of their own, made anew each time:
your own database is not touched, and no network is needed once the dictionary is installed.")]
pub(crate) struct DemoArgs {}

pub(crate) fn run(global: &Global, _: DemoArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let pipeline = Arc::new(crate::Pipeline::open(&config)?);
    let path = data_dir()?.join("demo").join("meoktong.db");
    remove(&path)?;
    let store = pipeline.prepare(Store::open(&path)?, &config)?;
    let summary = block_on(async {
        let site = DemoSite::start().await?;
        let publishers = site.publishers();
        anstream::eprintln!("Crawling the bundled news site: {} publishers on 127.0.0.1", publishers.len());
        let crawl_config = CrawlConfig {
            user_agent: config.crawl.user_agent.clone(),
            contact: config.crawl.contact.clone(),
            delay: Duration::from_millis(20),
            allow_private: publishers
                .iter()
                .map(|p| p.address.to_string().parse())
                .collect::<Result<_, String>>()
                .map_err(anyhow::Error::msg)?,
            ..CrawlConfig::default()
        };
        let sources: Vec<Source> = publishers.iter().map(source).collect();
        let count = sources.len();
        let summary = crawl(&crawl_config, sources, store, pipeline).await?;
        anstream::eprint!("{}", describe(&summary, count));
        anyhow::Ok(summary)
    })?;
    let rows = Store::open_read_only(&path)?.outages(&OutageQuery::default())?;
    anstream::eprintln!();
    let mut out = anstream::stdout().lock();
    write!(out, "{}", table::outages(&rows))?;
    out.flush()?;
    anstream::eprintln!();
    let place = printable(&path.display().to_string());
    anstream::eprintln!("The site holds a page that fails, one that is gone and one that robots.txt forbids, to show how that looks.");
    anstream::eprintln!("The database is {place}");
    if let Some(row) = rows.first() {
        anstream::eprintln!("Try next: meoktong show {} --db {}", &row.id[..row.id.len().min(8)], quoted(&place));
        anstream::eprintln!("          meoktong outages --since 2023 --format csv --db {}", quoted(&place));
    }
    // The failing pages belong to the show; a crawl that found nothing, or was stopped, does not.
    Ok(u8::from(rows.is_empty() || summary.interrupted))
}

fn source(publisher: &Publisher) -> Source {
    Source { publisher: Some(publisher.name.clone()), ..Source::feed(&publisher.dir, &publisher.feed) }
}

/// The database of the last demo, with what SQLite keeps beside it.
fn remove(path: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove the last demo's {}", Path::new(&file).display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    if path.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c)) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}
