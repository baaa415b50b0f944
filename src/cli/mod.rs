//! The command line: one file a subcommand. Messages for people go to standard error, data to standard output.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod article;
mod crawl;
mod demo;
mod dictionary;
mod evaluate;
mod explain;
mod export;
mod extract;
mod filter;
mod import;
mod incident;
mod input;
mod outages;
mod review;
mod search;
mod show;
mod sources;
mod stats;
mod table;
mod times;
mod watch;

/// Reads Korean news and writes down which digital service was down, when, how long and why.
#[derive(Parser)]
#[command(name = "meoktong", version, max_term_width = 100, after_help = "Start with `meoktong demo`.")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Global {
    /// The settings [default: meoktong.toml in the working directory, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The database [default: the settings' `database`, else meoktong.db in the data directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub db: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole pipeline against the bundled news site on loopback
    Demo(demo::DemoArgs),
    /// Make one pass over the sources: fetch, extract, store
    Crawl(crawl::CrawlArgs),
    /// Crawl by the sources' schedules until stopped
    Watch(watch::WatchArgs),
    /// Extract outage records from given articles
    Extract(extract::ExtractArgs),
    /// Show the article that a page holds
    Article(article::ArticleArgs),
    /// Show the time expressions of a text and what they mean
    Times(times::TimesArgs),
    /// Query the incidents: outages, each out of all articles that tell of it
    Outages(outages::OutagesArgs),
    /// Show one incident, or one record, with all that it rests on
    Show(show::ShowArgs),
    /// Correct incidents by hand: merge, split, edit, undo
    Incident(incident::IncidentArgs),
    /// Count the stored incidents: how many, how long, how often
    Stats(stats::StatsArgs),
    /// Search the stored articles for words
    Search(search::SearchArgs),
    /// Take articles in from JSON lines or WARC files, extract and store
    Import(import::ImportArgs),
    /// Write stored data out
    Export(export::ExportArgs),
    /// List the sources
    Sources(sources::SourcesArgs),
    /// Compare extracted records with a gold file
    Evaluate(evaluate::EvaluateArgs),
    /// Walk the fixtures whose records changed; accept or refuse
    Review(review::ReviewArgs),
    /// Install or check the Korean dictionary
    Dictionary(dictionary::DictionaryArgs),
}

/// Runs the program: reads the command line, does the work, gives the exit status (0 fine, 1 failed in part or whole, 2 wrong command line).
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let global = &cli.global;
    let result = match cli.command {
        Command::Demo(args) => demo::run(global, args),
        Command::Crawl(args) => crawl::run(global, args),
        Command::Watch(args) => watch::run(global, args),
        Command::Extract(args) => extract::run(global, args),
        Command::Article(args) => article::run(global, args),
        Command::Times(args) => {
            times::run(&args, &mut std::io::stdin().lock(), &mut anstream::stdout().lock(), &mut anstream::stderr().lock())
        }
        Command::Outages(args) => outages::run(global, args),
        Command::Show(args) => show::run(global, args),
        Command::Search(args) => search::run(global, args),
        Command::Incident(args) => incident::run(global, args),
        Command::Stats(args) => stats::run(global, args),
        Command::Import(args) => import::run(global, args),
        Command::Export(args) => export::run(global, args),
        Command::Sources(args) => sources::run(global, args),
        Command::Evaluate(args) => evaluate::run(global, args),
        Command::Review(args) => review::run(global, args),
        Command::Dictionary(args) => dictionary::run(args),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            // A reader that has seen enough (`| head`) is no failure.
            if error.chain().any(is_broken_pipe) {
                return ExitCode::SUCCESS;
            }
            anstream::eprintln!("{}error:{} {}", bold_red().render(), bold_red().render_reset(), printable(&format!("{error:#}")));
            ExitCode::from(1)
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = match error.downcast_ref::<csv::Error>().map(csv::Error::kind) {
        // It does not name its source.
        Some(csv::ErrorKind::Io(io)) => Some(io),
        _ => error.downcast_ref::<std::io::Error>(),
    };
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

fn bold_red() -> anstyle::Style {
    anstyle::AnsiColor::Red.on_default().bold()
}

/// Text from outside, made safe for a terminal: control characters and those that turn the direction of writing are shown, not obeyed.
pub(crate) fn printable(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().flat_map(|c| if obeyed(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// Whether standard output is a terminal.
pub(crate) fn to_terminal() -> bool {
    std::io::stdout().is_terminal()
}
