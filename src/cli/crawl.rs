//! `meoktong crawl`: one pass over the sources.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use super::table::one_line;
use super::{Global, printable};
use crate::article::Article;
use crate::config::{Config, CrawlConfig};
use crate::crawl::lock::CrawlLock;
use crate::crawl::{Event, Kind, PageHints, Pipeline, Progress, Scope, Source, Sources, Summary, search};
use crate::record::ArticleRecords;
use crate::store::{Put, Store};
use crate::temporal::Moment;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong crawl
  meoktong crawl --source newsis-tech --source khan-tech
  meoktong crawl --since 2026-11-01
  meoktong crawl --dry-run
  meoktong crawl --config my.toml --db outages.db

Reads the sources, then fetches what is due: new pages; articles again 1 hour, 6 hours and 1 day after they were first fetched, if they have
changed; pages that failed, less and less often, for a week. Ctrl-C ends the crawl after the pages that are under way, and the next crawl
goes on from there; nothing stored is lost, not even if the program is killed.")]
pub(crate) struct CrawlArgs {
    /// Only this source, enabled or not; may be given again [default: every enabled source]
    #[arg(long = "source", value_name = "ID")]
    sources: Vec<String>,
    /// Fetch no page that its source says was published before this day or time
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// Read sources and robots.txt, print the pages that would be fetched, and store nothing
    #[arg(long)]
    dry_run: bool,
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
    let count = sources.len();
    let words = words(&config, &sources)?;
    let scope = Scope { sources, named: !args.sources.is_empty(), since: args.since, dry: args.dry_run, words, ..Scope::default() };
    if args.dry_run {
        return dry_run(&config, scope, &path);
    }
    let _lock = CrawlLock::take(&path, "crawl")?;
    let pipeline = Arc::new(crate::Pipeline::open(&config)?);
    let store = pipeline.prepare(Store::open(&path)?, &config)?;
    let summary = block_on(crawl(&config.crawl, scope, store, pipeline))?;
    anstream::eprint!("{}", describe(&summary, count));
    anstream::eprintln!("The database is {}", printable(&path.display().to_string()));
    Ok(u8::from(!summary.failed.is_empty() || summary.interrupted))
}

/// What the searches among `sources` ask for that have no queries of their own.
pub(super) fn words(config: &Config, sources: &[Source]) -> anyhow::Result<Vec<String>> {
    if !sources.iter().any(|s| matches!(&s.kind, Kind::Search(search) if search.queries.is_empty())) {
        return Ok(Vec::new());
    }
    let mut files = crate::dictionaries::Source::builtin();
    for path in &config.dictionaries.extra {
        files.push(crate::dictionaries::Source::read(path)?);
    }
    let dictionaries = crate::dictionaries::Source::parse_all(files)?;
    Ok(search::words(dictionaries.iter().flat_map(|d| &d.entries.symptom).map(|s| s.get_ref())))
}

/// Prints what a crawl would fetch. A database that is not there is not made, only played.
fn dry_run(config: &Config, scope: Scope, path: &Path) -> anyhow::Result<u8> {
    let elsewhere = if path.exists() { None } else { Some(tempfile::tempdir()?) };
    let store = Store::open(elsewhere.as_ref().map(|folder| folder.path().join("meoktong.db")).as_deref().unwrap_or(path))?;
    let count = scope.sources.len();
    let summary = block_on(crawl(&config.crawl, scope, store, Arc::new(NoPages)))?;
    let Summary { sources, unchanged, .. } = &summary;
    anstream::eprint!(
        "{sources} of {count} sources read, nothing stored; {unchanged} listed pages are stored already\n{}",
        problems(&summary)
    );
    Ok(u8::from(!summary.failed.is_empty() || summary.interrupted))
}

/// A dry crawl has no page to read, and needs no Korean dictionary.
pub(super) struct NoPages;

impl Pipeline for NoPages {
    fn version(&self) -> &str {
        ""
    }

    fn page(&self, _: &[u8], _: PageHints) -> Result<(Article, ArticleRecords), String> {
        Err("a dry run reads no pages".into())
    }

    fn line(&self, _: &[u8], number: usize) -> Result<(Article, ArticleRecords), String> {
        Err(format!("line {number}: a dry run reads no lines"))
    }
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
    scope: impl Into<Scope>,
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
    let summary = crate::crawl::crawl(config, scope, store, pipeline, bar.clone(), Arc::new(jiff::Timestamp::now), stopped).await;
    listener.abort();
    bar.bar.finish_and_clear();
    Ok(summary?)
}

/// What a crawl did, for people.
pub(super) fn describe(summary: &Summary, sources: usize) -> String {
    let Summary { new, unchanged, updated, outages, .. } = summary;
    let text = format!(
        "{} of {sources} sources read: {new} new articles, {updated} updated, {unchanged} unchanged; {outages} outage records\n",
        summary.sources
    );
    text + &problems(summary)
}

/// What did not go smoothly, for people.
fn problems(summary: &Summary) -> String {
    let mut text = String::new();
    if !summary.disallowed.is_empty() {
        text += &format!("{} not allowed by robots.txt\n", summary.disallowed.len());
    }
    if summary.put_off > 0 {
        text += &format!("{} put off: they or their hosts failed too often, or asked for patience\n", summary.put_off);
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
            Event::Source { id, .. } => {
                self.bar.set_message(format!("{id} read"));
                return;
            }
            Event::Due { pages } => {
                self.bar.set_length(pages);
                self.bar.set_position(0);
                return;
            }
            Event::Planned { url } => {
                self.bar.inc(1);
                // A reader that has seen enough is no reason to stop in the middle.
                self.bar.suspend(|| _ = writeln!(anstream::stdout(), "{}", one_line(url)));
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
            Event::SourceFailed { .. }
            | Event::SourcePutOff { .. }
            | Event::Watching { .. }
            | Event::Trouble { .. }
            | Event::Network { .. }
            | Event::Note { .. }
            | Event::ClockSetBack { .. } => return,
            Event::Disallowed { .. } | Event::Unchanged { .. } => {}
        }
        self.bar.inc(1);
        let [new, outages, failed] = [&self.new, &self.outages, &self.failed].map(|n| n.load(Ordering::Relaxed));
        self.bar.set_message(format!("{new} new, {outages} outages, {failed} failed"));
    }
}
