//! `meoktong sources check`: does every source still answer, and since when not.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::watch as channel;

use super::Format;
use crate::cli::crawl::{NoPages, block_on, words};
use crate::cli::table::{self, one_line};
use crate::cli::{Global, printable};
use crate::config::Config;
use crate::crawl::watch::HEARTBEAT;
use crate::crawl::{Event, Progress, Scope, Source, Sources, crawl};
use crate::store::{Heartbeat, HostState, SourceState, Store};
use crate::temporal::{KST, Moment};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong sources check
  meoktong sources check khan-all newsis-tech
  meoktong sources check --stored
  meoktong sources check --stored --format jsonl | jq -r 'select(.failures > 0) | .id'

Reads the sources as `crawl` would, robots.txt and delays included, and stores nothing. With --stored nobody is asked: what is shown is how the
last crawl or the watch found them, and whether the watch is alive. The exit status is 1 when a source fails.")]
pub(super) struct CheckArgs {
    /// These sources, enabled or not [default: every enabled source]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Show what the database knows; ask nobody
    #[arg(long)]
    stored: bool,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How a source is.
struct Health {
    id: String,
    url: String,
    /// When it was last asked, now or by a crawl; none: never.
    read_at: Option<Timestamp>,
    last_ok: Option<Timestamp>,
    failures: u32,
    reason: Option<String>,
    entries: Option<u64>,
    newest: Option<Moment>,
    next_due: Option<Timestamp>,
}

impl Health {
    fn stored(source: &Source, state: Option<SourceState>) -> Health {
        let (id, url) = (source.id.clone(), source.url.clone());
        match state {
            None => {
                Health { id, url, read_at: None, last_ok: None, failures: 0, reason: None, entries: None, newest: None, next_due: None }
            }
            Some(state) => Health {
                id,
                url,
                read_at: Some(state.last_read),
                last_ok: state.last_ok,
                failures: state.failures,
                reason: state.reason,
                entries: state.entries,
                newest: state.newest,
                next_due: state.next_due,
            },
        }
    }

    /// What is known, with what came of asking.
    fn asked(self, answer: Option<Answer>, now: Timestamp) -> Health {
        match answer {
            Some(Answer::Read { entries, newest }) => {
                Health { read_at: Some(now), last_ok: Some(now), failures: 0, reason: None, entries: Some(entries), newest, ..self }
            }
            Some(Answer::Failed(reason)) => {
                Health { read_at: Some(now), failures: self.failures.saturating_add(1), reason: Some(reason), ..self }
            }
            Some(Answer::PutOff(until)) => {
                let reason = match self.reason {
                    Some(reason) => format!("its host is left alone until {}: {reason}", minute(until)),
                    None => format!("its host is left alone until {}", minute(until)),
                };
                Health { failures: self.failures.max(1), reason: Some(reason), ..self }
            }
            None => Health { failures: self.failures.max(1), reason: Some("it was not asked: the check was stopped".into()), ..self },
        }
    }
}

/// What came of asking a source.
enum Answer {
    Read { entries: u64, newest: Option<Moment> },
    Failed(String),
    PutOff(Timestamp),
}

/// Collects what comes of asking.
struct Answers {
    of: Mutex<HashMap<String, Answer>>,
    bar: ProgressBar,
}

impl Progress for Answers {
    fn event(&self, event: Event<'_>) {
        let (id, answer) = match event {
            Event::Source { id, entries, newest, .. } => (id, Answer::Read { entries: entries as u64, newest }),
            Event::SourceFailed { id, reason } => (id, Answer::Failed(reason.to_owned())),
            Event::SourcePutOff { id, until } => (id, Answer::PutOff(until)),
            _ => return,
        };
        self.of.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), answer);
        self.bar.inc(1);
    }
}

pub(super) fn run(global: &Global, args: CheckArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let sources = Sources::load(&config)?.select(&args.ids)?;
    let path = config.database_path(global.db.as_deref())?;
    let now = Timestamp::now();
    let known = if args.stored || path.exists() { Some(Store::open_read_only(&path)?) } else { None };
    let mut health = Vec::new();
    for source in &sources {
        let state = known.as_ref().map_or(Ok(None), |store| store.source_state(&source.id))?;
        health.push(Health::stored(source, state));
    }
    let hosts = known.as_ref().map_or(Ok(Vec::new()), |store| store.hosts_left_alone(now))?;
    let heartbeat = known.as_ref().map_or(Ok(None), Store::heartbeat)?;
    drop(known);
    if !args.stored {
        let mut answers = ask(&config, sources, &path)?;
        health = health
            .into_iter()
            .map(|h| {
                let answer = answers.remove(&h.id);
                h.asked(answer, now)
            })
            .collect();
    }
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Table => {
            write!(out, "{}", show(&health, &hosts))?;
            out.flush()?;
            let failing = health.iter().filter(|h| h.failures > 0).count();
            let never = health.iter().filter(|h| h.read_at.is_none()).count();
            let never = if never > 0 { format!(", {never} never read") } else { String::new() };
            anstream::eprintln!("{} sources, {failing} failing{never}", health.len());
            if let Some(beat) = &heartbeat {
                anstream::eprintln!("{}", printable(&describe(beat, now)));
            }
        }
        Format::Jsonl => {
            let iso = |at: Option<Timestamp>| at.map(|at| second(at).to_string());
            for h in &health {
                let line = json!({
                    "id": h.id, "url": h.url, "ok": h.failures == 0, "read_at": iso(h.read_at), "last_ok": iso(h.last_ok),
                    "failures": h.failures, "reason": h.reason, "entries": h.entries, "newest": h.newest.map(|m| m.to_string()),
                    "next_due": iso(h.next_due),
                });
                writeln!(out, "{line}")?;
            }
            for (host, state) in &hosts {
                let line = json!({"host": host, "failures": state.failures, "until": iso(state.next_due), "reason": state.reason});
                writeln!(out, "{line}")?;
            }
            if let Some(beat) = &heartbeat {
                let line = json!({"watch": {
                    "pid": beat.pid, "started_at": iso(Some(beat.started_at)), "beat_at": iso(Some(beat.beat_at)),
                    "ended_at": iso(beat.ended_at), "alive": is_alive(beat, now),
                }});
                writeln!(out, "{line}")?;
            }
            out.flush()?;
        }
    }
    Ok(u8::from(health.iter().any(|h| h.failures > 0)))
}

/// Asks every source, and stores nothing.
fn ask(config: &Config, sources: Vec<Source>, path: &Path) -> anyhow::Result<HashMap<String, Answer>> {
    let elsewhere = if path.exists() { None } else { Some(tempfile::tempdir()?) };
    let store = Store::open(elsewhere.as_ref().map(|folder| folder.path().join("meoktong.db")).as_deref().unwrap_or(path))?;
    let words = words(config, &sources)?;
    let answers = Arc::new(Answers { of: Mutex::default(), bar: table::progress(sources.len() as u64, "sources") });
    // By name: who was put off is asked all the same, unless the host asked for patience.
    let scope = Scope { sources, named: true, dry: true, only_sources: true, words, since: None };
    let asked = block_on(async {
        let (stop, stopped) = channel::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.send_replace(true);
            }
            // Without signals nobody can ask for an end.
            std::future::pending::<()>().await;
        });
        Ok(crawl(&config.crawl, scope, store, Arc::new(NoPages), answers.clone(), Arc::new(Timestamp::now), stopped).await?)
    });
    answers.bar.finish_and_clear();
    asked?;
    let mut answers = answers.of.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *answers))
}

fn show(health: &[Health], hosts: &[(String, HostState)]) -> String {
    let dash = || "-".to_owned();
    let at = |at: Option<Timestamp>| at.map_or_else(dash, minute);
    let mut rows = table::new(&["ID", "LAST OK", "FAILURES", "ENTRIES", "NEWEST", "NEXT DUE", "REASON"]);
    for h in health {
        rows.add_row(
            [
                h.id.clone(),
                at(h.last_ok),
                h.failures.to_string(),
                h.entries.map_or_else(dash, |n| n.to_string()),
                h.newest.map_or_else(dash, |m| m.to_string()),
                at(h.next_due),
                h.reason.clone().unwrap_or_else(dash),
            ]
            .map(|text| table::cell(&text)),
        );
    }
    let mut text = table::render(&rows);
    if !hosts.is_empty() {
        let mut rows = table::new(&["HOST LEFT ALONE", "UNTIL", "FAILURES", "REASON"]);
        for (host, state) in hosts {
            let reason = state.reason.clone().unwrap_or_else(dash);
            rows.add_row([host.clone(), at(state.next_due), state.failures.to_string(), reason].map(|text| table::cell(&text)));
        }
        text += "\n";
        text += &table::render(&rows);
    }
    text
}

fn describe(beat: &Heartbeat, now: Timestamp) -> String {
    let Heartbeat { pid, started_at, beat_at, ended_at } = beat;
    let (since, last) = (minute(*started_at), minute(*beat_at));
    match ended_at {
        Some(ended) => format!("No watch runs; the last one ended at {}", minute(*ended)),
        None if is_alive(beat, now) => format!("The watch (process {pid}) runs since {since}"),
        None => format!("The watch (process {pid}, since {since}) has not been heard of since {last}: it hangs, or was killed"),
    }
}

/// A busy database may keep it quiet for a while.
fn is_alive(beat: &Heartbeat, now: Timestamp) -> bool {
    let most = SignedDuration::try_from(HEARTBEAT * 4).unwrap_or(SignedDuration::MAX);
    beat.ended_at.is_none() && now.duration_since(beat.beat_at) <= most
}

fn minute(at: Timestamp) -> String {
    one_line(&Moment::minute(KST.to_datetime(at)).to_string())
}

fn second(at: Timestamp) -> Moment {
    Moment::new(KST.to_datetime(at), crate::temporal::Precision::Second)
}
