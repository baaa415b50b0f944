//! `meoktong crawl`: one pass over the sources.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use super::table::one_line;
use super::{Global, printable};
use crate::config::{Config, CrawlConfig};
use crate::crawl::{Event, Pipeline, Progress, Source, Sources, Summary};
use crate::store::{Put, Store};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong crawl
  meoktong crawl --source newsis-tech --source khan-tech
  meoktong crawl --config my.toml --db outages.db

What is stored already is not fetched again. Ctrl-C ends the crawl after the pages that are under way; nothing stored is lost.")]
pub(crate) struct CrawlArgs {
    /// Only this source, enabled or not; may be given again [default: every enabled source]
    #[arg(long = "source", value_name = "ID")]
    sources: Vec<String>,
}

pub(crate) fn run(global: &Global, args: CrawlArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let sources = Sources::load(&config)?.select(&args.sources)?;
    if sources.is_empty() {
        anyhow::bail!(
            "no source is enabled: add a [[source]] to the settings, or name one with --source (`meoktong sources list` shows all)"
        );
    }
    let path = config.database_path(global.db.as_deref())?;
    let pipeline = Arc::new(crate::Pipeline::open(&config)?);
    let store = Store::open(&path)?;
    let count = sources.len();
    let summary = block_on(crawl(&config.crawl, sources, store, pipeline))?;
    anstream::eprint!("{}", describe(&summary, count));
    anstream::eprintln!("The database is {}", printable(&path.display().to_string()));
    Ok(u8::from(!summary.failed.is_empty() || summary.interrupted))
}

/// Runs to the end of `work`, and no longer: the system's look-up of a name may outlast every time limit.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// Crawls with a progress bar, until done or until Ctrl-C; a second Ctrl-C ends the program at once.
pub(super) async fn crawl(
    config: &CrawlConfig,
    sources: Vec<Source>,
    store: Store,
    pipeline: Arc<dyn Pipeline>,
) -> anyhow::Result<Summary> {
    let (stop, stopped) = watch::channel(false);
    let bar = Arc::new(Bar::new());
    let watched = bar.clone();
    let listener = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.send_replace(true);
            watched.bar.suspend(|| anstream::eprintln!("Ending after the pages that are under way; Ctrl-C again ends at once."));
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
        // Without signals nobody can ask for an end.
        std::future::pending::<()>().await;
    });
    let summary = crate::crawl::crawl(config, sources, store, pipeline, bar.clone(), Arc::new(jiff::Timestamp::now), stopped).await;
    listener.abort();
    bar.bar.finish_and_clear();
    Ok(summary?)
}

/// What a crawl did, for people.
pub(super) fn describe(summary: &Summary, sources: usize) -> String {
    let Summary { new, unchanged, updated, outages, .. } = summary;
    let mut text = format!(
        "{} of {sources} sources read: {new} new articles, {updated} updated, {unchanged} unchanged; {outages} outage records\n",
        summary.sources
    );
    if !summary.disallowed.is_empty() {
        text += &format!("{} not allowed by robots.txt\n", summary.disallowed.len());
    }
    if !summary.failed.is_empty() {
        text += &format!("{} failed:\n", summary.failed.len());
        for (url, reason) in &summary.failed {
            text += &format!("  {}: {}\n", one_line(url), one_line(reason));
        }
    }
    if summary.interrupted {
        text += "Stopped before the end; the next crawl goes on from here.\n";
    }
    text
}

/// The progress bar on standard error; silent where that is no terminal.
struct Bar {
    bar: ProgressBar,
    new: AtomicU64,
    outages: AtomicU64,
    failed: AtomicU64,
}

impl Bar {
    fn new() -> Bar {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} pages [{bar:20}] {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Bar { bar, new: AtomicU64::new(0), outages: AtomicU64::new(0), failed: AtomicU64::new(0) }
    }
}

impl Progress for Bar {
    fn event(&self, event: Event<'_>) {
        let add = |counter: &AtomicU64, n: usize| counter.fetch_add(n as u64, Ordering::Relaxed);
        match event {
            Event::Source { pages, .. } => {
                self.bar.inc_length(pages as u64);
                return;
            }
            Event::Stored { put, outages, .. } => {
                if put != Put::Unchanged {
                    add(&self.new, 1);
                    add(&self.outages, outages);
                }
            }
            Event::Failed { .. } => {
                add(&self.failed, 1);
            }
            Event::Disallowed { .. } => {}
        }
        self.bar.inc(1);
        let [new, outages, failed] = [&self.new, &self.outages, &self.failed].map(|n| n.load(Ordering::Relaxed));
        self.bar.set_message(format!("{new} new, {outages} outages, {failed} failed"));
    }
}
