//! `meoktong watch`: the crawl that goes on until it is stopped, for a terminal and for a service manager.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::{mpsc, watch as channel};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;

use super::crawl::{block_on, words};
use super::table::one_line;
use super::{Global, printable};
use crate::config::Config;
use crate::crawl::lock::CrawlLock;
use crate::crawl::{Event, Plan, Progress, Sources, Status, watch};
use crate::record::Outage;
use crate::store::{Put, Store};
use crate::temporal::{KST, Moment};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong watch
  meoktong watch --config my.toml --db outages.db
  meoktong watch --log json 2>> watch.log
  kill -HUP PID                        read the settings again
  meoktong sources check --stored      how the sources and the watch are

Asks each source when its `every` or `cron` says, and fetches pages as they become due. In a terminal it shows a line that tells how it stands,
elsewhere it writes a log. It runs until Ctrl-C or SIGTERM and then ends within 10 seconds; what was not done is done the next time. Only one
watch or crawl may work on a database; everything else may read it meanwhile.")]
pub(crate) struct WatchArgs {
    /// Write a log to standard error [default: text, or a live line in a terminal]
    #[arg(long, value_enum, value_name = "FORM")]
    log: Option<LogForm>,
    /// The least important messages that the log has
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Info)]
    log_level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogForm {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Level {
    /// What keeps it from working
    Error,
    /// What fails
    Warn,
    /// Outages, new articles, how it stands every ten minutes
    Info,
    /// Every source and page
    Debug,
}

impl Level {
    fn filter(self) -> LevelFilter {
        match self {
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
        }
    }
}

pub(crate) fn run(global: &Global, args: WatchArgs) -> anyhow::Result<u8> {
    let path = Config::load(global.config.as_deref())?.database_path(global.db.as_deref())?;
    let _lock = CrawlLock::take(&path, "watch")?;
    let plan = plan(global)?;
    // What is wrong with the database shows before anything else begins.
    drop(Store::open(&path)?);
    let progress: Arc<dyn Progress> = match args.log {
        None if std::io::stderr().is_terminal() => Arc::new(Line::new()),
        form => {
            log_to_stderr(form.unwrap_or(LogForm::Text), args.log_level)?;
            Arc::new(Log::default())
        }
    };
    block_on(until_stopped(global.clone(), path, plan, progress))?;
    Ok(0)
}

/// What the settings say now.
fn plan(global: &Global) -> anyhow::Result<Plan> {
    let config = Config::load(global.config.as_deref())?;
    let sources = Sources::load(&config)?.select(&[])?;
    if sources.is_empty() {
        anyhow::bail!("no source is enabled: add a [[source]] to the settings (`meoktong sources list` shows all)");
    }
    let words = words(&config, &sources)?;
    let pipeline = Arc::new(crate::Pipeline::open(&config)?);
    let (opened, settings) = (pipeline.clone(), config.clone());
    let prepare = Arc::new(move |store| opened.prepare(store, &settings));
    Ok(Plan { config: config.crawl, sources, words, pipeline, prepare })
}

async fn until_stopped(global: Global, path: PathBuf, plan: Plan, progress: Arc<dyn Progress>) -> anyhow::Result<()> {
    let (stop, stopped) = channel::channel(false);
    let (change, changes) = mpsc::channel(1);
    let signals = Signals::new()?;
    let listener = tokio::spawn(listen(signals, global, path.clone(), progress.clone(), stop, change));
    say(&*progress, Said::Began { sources: plan.sources.len(), database: &path.display().to_string() });
    let watched = watch(&path, plan, changes, progress.clone(), Arc::new(jiff::Timestamp::now), stopped).await;
    listener.abort();
    say(&*progress, Said::Ended);
    Ok(watched?)
}

/// What signals ask for.
enum Asked {
    Stop,
    Reload,
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let of = |kind| signal(kind);
        Ok(Signals { interrupt: of(SignalKind::interrupt())?, terminate: of(SignalKind::terminate())?, hang_up: of(SignalKind::hangup())? })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Asked::Stop,
            Some(()) = self.terminate.recv() => Asked::Stop,
            Some(()) = self.hang_up.recv() => Asked::Reload,
            else => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) -> Asked {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Asked::Stop,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Obeys signals. Settings that cannot be used are told, and the old ones stay. A second request to stop ends the program at once.
async fn listen(
    mut signals: Signals,
    global: Global,
    path: PathBuf,
    progress: Arc<dyn Progress>,
    stop: channel::Sender<bool>,
    change: mpsc::Sender<Plan>,
) {
    let mut is_stopping = false;
    loop {
        match signals.next().await {
            Asked::Stop if is_stopping => std::process::exit(130),
            Asked::Stop => {
                is_stopping = true;
                say(&*progress, Said::Stopping);
                stop.send_replace(true);
            }
            Asked::Reload => {
                let (global, path) = (global.clone(), path.clone());
                let read = tokio::task::spawn_blocking(move || {
                    let plan = plan(&global)?;
                    let moved = Config::load(global.config.as_deref())?.database_path(global.db.as_deref())? != path;
                    anyhow::Ok((plan, moved))
                });
                match read.await.map_err(anyhow::Error::from).and_then(|read| read) {
                    Ok((plan, moved)) => {
                        say(&*progress, Said::Reloaded { sources: plan.sources.len(), moved });
                        // Nobody takes it where the watch has ended.
                        let _ = change.send(plan).await;
                    }
                    Err(error) => say(&*progress, Said::NotReloaded { reason: &format!("{error:#}") }),
                }
            }
        }
    }
}

/// What the program itself has to say, beside what the crawl tells.
#[derive(Clone, Copy)]
enum Said<'a> {
    Began { sources: usize, database: &'a str },
    Reloaded { sources: usize, moved: bool },
    NotReloaded { reason: &'a str },
    Stopping,
    Ended,
}

/// To the log, or, where the terminal has the live line, to people.
fn say(progress: &dyn Progress, said: Said<'_>) {
    let moved = |moved| if moved { "; another database is used only after a restart" } else { "" };
    if !tracing::dispatcher::has_been_set() {
        let text = match said {
            Said::Began { sources, database } => format!("Watching {sources} sources into {}; Ctrl-C ends it", printable(database)),
            Said::Reloaded { sources, moved: m } => format!("The settings were read again: {sources} sources{}", moved(m)),
            Said::NotReloaded { reason } => format!("The new settings are not used: {}", printable(reason)),
            Said::Stopping => "Ending what is under way; Ctrl-C again ends at once".to_owned(),
            Said::Ended => "Ended; nothing stored is lost".to_owned(),
        };
        return progress.event(Event::Note { text: &text });
    }
    match said {
        Said::Began { sources, database } => tracing::info!(sources, database, pid = std::process::id(), "watching"),
        Said::Reloaded { sources, moved: m } => tracing::info!(sources, "the settings were read again{}", moved(m)),
        Said::NotReloaded { reason } => tracing::error!(reason, "the new settings are not used"),
        Said::Stopping => tracing::info!("ending what is under way"),
        Said::Ended => tracing::info!("ended"),
    }
}

fn log_to_stderr(form: LogForm, level: Level) -> anyhow::Result<()> {
    // Of the libraries only what goes wrong.
    let targets = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level.filter()).with_default(level.filter().min(LevelFilter::WARN));
    let registry = tracing_subscriber::registry().with(targets);
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let layer = || tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match form {
        LogForm::Text => tracing::subscriber::set_global_default(registry.with(layer().with_ansi(colour)))?,
        LogForm::Json => {
            tracing::subscriber::set_global_default(registry.with(layer().json().flatten_event(true).with_current_span(false)))?
        }
    }
    Ok(())
}

fn minute(at: jiff::Timestamp) -> String {
    Moment::minute(KST.to_datetime(at)).to_string()
}

/// A field of the log that may be missing.
fn text(moment: Option<Moment>) -> String {
    moment.map_or_else(String::new, |m| m.to_string())
}

/// How it stands is logged so often.
const STATUS: Duration = Duration::from_secs(600);

/// Writes the log.
#[derive(Default)]
struct Log {
    told: std::sync::Mutex<Option<std::time::Instant>>,
}

impl Log {
    fn is_time(&self) -> bool {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_time = told.is_none_or(|at| at.elapsed() >= STATUS);
        if is_time {
            *told = Some(std::time::Instant::now());
        }
        is_time
    }
}

impl Progress for Log {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Source { id, pages, entries, newest } if pages > 0 => {
                tracing::info!(source = id, due = pages, entries, newest = text(newest), "source read");
            }
            Event::Source { id, entries, newest, .. } => tracing::debug!(source = id, entries, newest = text(newest), "source read"),
            Event::SourceFailed { id, reason } => tracing::warn!(source = id, reason = one_line(reason), "source failed"),
            Event::SourcePutOff { id, until } => tracing::debug!(source = id, until = minute(until), "source put off"),
            Event::Stored { put, url, title, outages, fresh } => {
                let title = one_line(title);
                match put {
                    Put::New => tracing::info!(url, title, outages, "new article"),
                    Put::Updated => tracing::info!(url, title, outages, "changed article"),
                    Put::Unchanged => tracing::debug!(url, "unchanged"),
                }
                for Outage { service, service_id, start, end, status, .. } in fresh {
                    let (service, service_id) = (one_line(service), service_id.as_deref().unwrap_or_default());
                    let (start, end) = (text(*start), text(*end));
                    tracing::info!(service, service_id, start, end, status = status.as_str(), url, title, "outage");
                }
            }
            Event::Unchanged { url } => tracing::debug!(url, "unchanged"),
            Event::Disallowed { url } => tracing::debug!(url, "robots.txt forbids it"),
            Event::Failed { url, reason } => tracing::warn!(url, reason = one_line(reason), "failed"),
            Event::Watching { status: Status { sources, reading, due, fetched, outages, failed, next } } => {
                if self.is_time() {
                    let next = next.map_or_else(String::new, minute);
                    tracing::info!(sources, reading, due, fetched, outages, failed, next, "status");
                }
            }
            Event::Trouble { reason, wait } => {
                tracing::error!(reason = one_line(reason), wait_s = wait.as_secs(), "the database cannot be used; trying again");
            }
            Event::Network { gone: true } => tracing::warn!("no host can be reached; waiting for the network"),
            Event::Network { gone: false } => tracing::info!("hosts can be reached again"),
            Event::ClockSetBack { from, to } => tracing::warn!(from = minute(from), to = minute(to), "the clock was set back"),
            Event::Note { text } => tracing::info!("{text}"),
            Event::Due { .. } | Event::Planned { .. } => {}
        }
    }
}

/// The live line in a terminal, with what is worth keeping above it.
struct Line {
    bar: ProgressBar,
}

impl Line {
    fn new() -> Line {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Line { bar }
    }

    fn keep(&self, text: &str) {
        self.bar.suspend(|| anstream::eprintln!("{text}"));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Line {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Watching { status: Status { sources, reading, due, fetched, outages, failed, next } } => {
                let reading = if reading > 0 { format!(" ({reading} now)") } else { String::new() };
                let next = next.map_or_else(String::new, |at| format!(", next at {}", KST.to_datetime(at).time().strftime("%H:%M:%S")));
                self.bar.set_message(format!(
                    "{sources} sources{reading}, {due} pages due, {fetched} fetched, {outages} outages, {failed} failed{next}"
                ));
            }
            Event::Stored { url, title, fresh, .. } => {
                for Outage { service, start, status, .. } in fresh {
                    let start = start.map_or_else(|| "-".to_owned(), |m| m.to_string());
                    self.keep(&format!("{}  {start}  {}  {}  {}", one_line(service), status.as_str(), one_line(title), one_line(url)));
                }
            }
            Event::SourceFailed { id, reason } => self.keep(&format!("source {}: {}", one_line(id), one_line(reason))),
            Event::Trouble { reason, wait } => {
                self.keep(&format!("The database cannot be used; trying again in {} s: {}", wait.as_secs(), one_line(reason)));
            }
            Event::Network { gone: true } => self.keep("No host can be reached; waiting for the network"),
            Event::Network { gone: false } => self.keep("Hosts can be reached again"),
            Event::ClockSetBack { from, to } => self.keep(&format!("The clock was set back from {} to {}", minute(from), minute(to))),
            Event::Note { text } => self.keep(text),
            Event::Source { .. }
            | Event::SourcePutOff { .. }
            | Event::Due { .. }
            | Event::Planned { .. }
            | Event::Unchanged { .. }
            | Event::Disallowed { .. }
            | Event::Failed { .. } => {}
        }
    }
}
