//! `meoktong outages`: queries over the stored records.

use std::io::Write;

use super::{Global, printable, table};
use crate::config::Config;
use crate::record::{Cause, Status};
use crate::store::{OutageQuery, OutageRow, Sort, Store};
use crate::temporal::Moment;

/// A terminal is not flooded.
const TABLE_LIMIT: u64 = 50;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong outages --since 2023-05 --until 2023-06
  meoktong outages --service 카톡 --sort duration
  meoktong outages --operator 카카오 --cause network --format csv > kakao.csv

A row is a record: one outage as one article tells it. Times are Korean; END without a day is on the day of START.
--since and --until go by what a time may mean: an outage known to the month lies on each day of it.")]
pub(crate) struct OutagesArgs {
    /// Only this service: its name, another name of it, or its id; may be given again
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Only services that this company runs
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// Only this kind of service (messenger, payment, bank, telecom, cloud, …)
    #[arg(long, value_name = "KIND")]
    category: Option<String>,
    /// Only this cause (network, traffic, system, change, hardware, power, fire, attack, third_party, disaster, investigating)
    #[arg(long, value_name = "CAUSE")]
    cause: Option<Cause>,
    /// Only this state (resolved, ongoing, unknown)
    #[arg(long, value_name = "STATE", conflicts_with = "ongoing")]
    status: Option<Status>,
    /// Only what was going on when the article was written
    #[arg(long)]
    ongoing: bool,
    /// Only what lasted into this time or began later (2023, 2023-05, 2023-05-15, 2023-05-15T12:10)
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only what began by the end of this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// The order
    #[arg(long, value_enum, default_value_t = SortBy::Start)]
    sort: SortBy,
    /// At most so many [default: 50 as a table, else all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SortBy {
    /// The latest start first
    Start,
    /// The earliest start first
    Oldest,
    /// The longest first
    Duration,
    /// By the service's name
    Service,
    /// The latest article first
    Published,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated, with a header
    Csv,
    /// A Markdown table
    Md,
}

pub(crate) fn run(global: &Global, args: OutagesArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let store = Store::open_read_only(&config.database_path(global.db.as_deref())?)?;
    let mut query = OutageQuery {
        operator: args.operator,
        category: args.category,
        cause: args.cause,
        status: if args.ongoing { Some(Status::Ongoing) } else { args.status },
        since: args.since,
        until: args.until,
        sort: match args.sort {
            SortBy::Start => Sort::Start,
            SortBy::Oldest => Sort::Oldest,
            SortBy::Duration => Sort::Duration,
            SortBy::Service => Sort::Service,
            SortBy::Published => Sort::Published,
        },
        limit: args.limit,
        ..OutageQuery::default()
    };
    for given in args.services {
        // The dictionary knows other names; what it does not know may still stand in a record.
        if let Some((id, name)) = crate::resolve_service(&config, &given)? {
            query.service_ids.push(id);
            query.services.push(name);
        }
        query.service_ids.push(given.clone());
        query.services.push(given);
    }
    let cut = args.format == Format::Table && query.limit.is_none();
    if cut {
        // One more than is shown tells whether there are more.
        query.limit = Some(TABLE_LIMIT + 1);
    }
    let mut rows = store.outages(&query)?;
    let more = cut && rows.len() as u64 > TABLE_LIMIT;
    if more {
        rows.pop();
    }
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Table if rows.is_empty() => anstream::eprintln!("No record matches."),
        Format::Table => write!(out, "{}", table::outages(&rows))?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Jsonl => {
            for row in &rows {
                serde_json::to_writer(&mut out, row).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        Format::Csv => csv(&rows, &mut out)?,
        Format::Md => write!(out, "{}", markdown(&rows))?,
    }
    out.flush()?;
    if more {
        anstream::eprintln!("Only the first {TABLE_LIMIT} are shown; --limit N shows more.");
    }
    Ok(0)
}

const COLUMNS: [&str; 19] = [
    "id",
    "service",
    "service_id",
    "operator",
    "category",
    "start",
    "end",
    "duration_min",
    "cause",
    "status",
    "role",
    "keywords",
    "confidence",
    "articles",
    "publishers",
    "title",
    "url",
    "publisher",
    "published_at",
];

fn values(row: &OutageRow) -> [String; COLUMNS.len()] {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let time = |m: Option<Moment>| m.map(|m| m.to_string()).unwrap_or_default();
    [
        row.id.clone(),
        row.service.clone(),
        text(&row.service_id),
        text(&row.operator),
        text(&row.category),
        time(row.start),
        time(row.end),
        row.duration_min.map(|n| n.to_string()).unwrap_or_default(),
        row.cause.map(|c| c.to_string()).unwrap_or_default(),
        row.status.to_string(),
        row.role.to_string(),
        row.keywords.join(";"),
        row.confidence.to_string(),
        row.articles.to_string(),
        row.publishers.to_string(),
        row.title.clone(),
        text(&row.url),
        text(&row.publisher),
        time(row.published_at),
    ]
}

/// Every field of the contract, one record a line.
pub(super) fn csv(rows: &[OutageRow], out: &mut dyn Write) -> anyhow::Result<()> {
    // A closed pipe is known by its plain I/O error.
    let io = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS).map_err(io)?;
    for row in rows {
        writer.write_record(values(row)).map_err(io)?;
    }
    writer.flush()?;
    Ok(())
}

fn markdown(rows: &[OutageRow]) -> String {
    let mut text = String::from("| Service | Start | End | Minutes | Cause | Status | Article |\n|---|---|---|--:|---|---|---|\n");
    // What would end a cell, a link or begin markup is escaped.
    let plain = |t: &str| {
        let t = printable(&t.replace('\n', " "));
        t.chars().flat_map(|c| ["\\", ""][usize::from(!"\\|[]<>*_`".contains(c))].chars().chain([c])).collect::<String>()
    };
    for row in rows {
        let article = match &row.url {
            Some(url) => format!("[{}](<{}>)", plain(&row.title), printable(url).replace(['<', '>', '|', '\n'], "")),
            None => plain(&row.title),
        };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {article} |\n",
            plain(&row.service),
            table::time(row.start),
            table::time(row.end),
            row.duration_min.map(|n| n.to_string()).unwrap_or_default(),
            row.cause.map_or("", Cause::as_str),
            row.status,
        );
    }
    text
}
