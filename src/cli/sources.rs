//! `meoktong sources`: the catalogue with what the settings make of it; what one source or page gives.

use std::io::Write;

mod check;
mod test;

use super::{Global, table};
use crate::config::Config;
use crate::crawl::schedule::Schedule;
use crate::crawl::{Kind, Origin, Sources};

#[derive(clap::Args)]
pub(crate) struct SourcesArgs {
    #[command(subcommand)]
    command: SourcesCommand,
}

#[derive(clap::Subcommand)]
enum SourcesCommand {
    /// Show every source: built in, and from the settings
    #[command(after_help = "Examples:
  meoktong sources list
  meoktong sources list --enabled

To switch a source on or off, or to add one, in meoktong.toml:
  [[source]]
  id = \"khan-tech\"
  enabled = true
  every = \"5m\"

  [[source]]
  id = \"my-list\"
  kind = \"list\"                  # feed, sitemap, list or search
  url = \"https://www.example.com/it\"
  links = \"ul.news a.title\"      # where on the page the links are
  cron = \"*/10 9-18 * * mon-fri\" # Korean time")]
    List {
        /// Only those that `crawl` asks
        #[arg(long)]
        enabled: bool,
        /// The form
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Show what would be read of a page, or of a source's first articles, and which rule gave it
    Test(test::TestArgs),
    /// Show whether every source still answers
    Check(check::CheckArgs),
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Jsonl,
}

pub(crate) fn run(global: &Global, args: SourcesArgs) -> anyhow::Result<u8> {
    let (enabled, format) = match args.command {
        SourcesCommand::List { enabled, format } => (enabled, format),
        SourcesCommand::Test(args) => return test::run(global, args),
        SourcesCommand::Check(args) => return check::run(global, args),
    };
    let sources = Sources::load(&Config::load(global.config.as_deref())?)?;
    let shown: Vec<_> = sources.all().iter().filter(|s| s.enabled || !enabled).collect();
    let mut out = anstream::stdout().lock();
    match format {
        Format::Table => {
            const NARROW: [&str; 5] = ["ID", "ON", "WHEN", "PUBLISHER", "URL"];
            const WIDE: [&str; 8] = ["ID", "ON", "KIND", "WHEN", "SEEN", "PUBLISHER", "CATEGORY", "URL"];
            let header: &[&str] = if table::is_wide() { &WIDE } else { &NARROW };
            let mut rows = table::new(header);
            for source in &shown {
                let (kind, schedule) = (source.kind.name().to_string(), source.schedule.to_string());
                rows.add_row(header.iter().map(|column| {
                    table::cell(match *column {
                        "ID" => &source.id,
                        "ON" => {
                            if source.enabled {
                                "on"
                            } else {
                                "-"
                            }
                        }
                        "KIND" => &kind,
                        "WHEN" => &schedule,
                        "SEEN" => source.last_seen.as_deref().unwrap_or("-"),
                        "PUBLISHER" => source.publisher.as_deref().unwrap_or_default(),
                        "CATEGORY" => source.category.as_deref().unwrap_or_default(),
                        _ => &source.url,
                    })
                }));
            }
            write!(out, "{}", table::render(&rows))?;
            out.flush()?;
            let on = shown.iter().filter(|s| s.enabled).count();
            anstream::eprintln!("{} sources, {on} of them on", shown.len());
        }
        Format::Jsonl => {
            for source in &shown {
                let mut line = serde_json::json!({
                    "id": source.id, "enabled": source.enabled, "kind": source.kind.name().to_string(), "url": source.url,
                    "publisher": source.publisher, "category": source.category,
                    "origin": match source.origin { Origin::BuiltIn => "built-in", Origin::Config => "config" },
                    "last_seen": source.last_seen, "article_url": source.article_url.as_ref().map(ToString::to_string),
                });
                match &source.schedule {
                    Schedule::Every(_) => line["every"] = source.schedule.to_string().into(),
                    Schedule::Cron(_) => line["cron"] = source.schedule.to_string().into(),
                }
                match &source.kind {
                    Kind::Feed | Kind::Sitemap => {}
                    Kind::List { links } => line["links"] = links.to_string().into(),
                    Kind::Search(search) => {
                        line["engine"] = search.engine.to_string().into();
                        line["queries"] = search.queries.clone().into();
                        line["key_env"] = search.key_env.clone().into();
                    }
                }
                writeln!(out, "{line}")?;
            }
            out.flush()?;
        }
    }
    Ok(0)
}
