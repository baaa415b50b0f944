//! `meoktong sources`: the catalogue with what the settings make of it.

use std::io::Write;

use super::{Global, table};
use crate::config::Config;
use crate::crawl::{Origin, Sources};

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
  enabled = true")]
    List {
        /// Only those that `crawl` asks
        #[arg(long)]
        enabled: bool,
        /// The form
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Jsonl,
}

pub(crate) fn run(global: &Global, args: SourcesArgs) -> anyhow::Result<u8> {
    let SourcesCommand::List { enabled, format } = args.command;
    let sources = Sources::load(&Config::load(global.config.as_deref())?)?;
    let shown: Vec<_> = sources.all().iter().filter(|s| s.enabled || !enabled).collect();
    let mut out = anstream::stdout().lock();
    match format {
        Format::Table => {
            let mut rows = table::new(&["ID", "ON", "PUBLISHER", "CATEGORY", "URL"]);
            for source in &shown {
                rows.add_row(vec![
                    table::cell(&source.id),
                    table::cell(if source.enabled { "on" } else { "-" }),
                    table::cell(source.publisher.as_deref().unwrap_or_default()),
                    table::cell(source.category.as_deref().unwrap_or_default()),
                    table::cell(&source.url),
                ]);
            }
            write!(out, "{}", table::render(&rows))?;
            out.flush()?;
            let on = shown.iter().filter(|s| s.enabled).count();
            anstream::eprintln!("{} sources, {on} of them on", shown.len());
        }
        Format::Jsonl => {
            for source in &shown {
                let line = serde_json::json!({
                    "id": source.id, "enabled": source.enabled, "kind": source.kind.name().to_string(), "url": source.url,
                    "publisher": source.publisher, "category": source.category,
                    "origin": match source.origin { Origin::BuiltIn => "built-in", Origin::Config => "config" },
                });
                writeln!(out, "{line}")?;
            }
            out.flush()?;
        }
    }
    Ok(0)
}
