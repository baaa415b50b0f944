//! `meoktong outages`: queries over the incidents, or over the records that they are made of.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::filter::Filter;
use super::{Global, printable, table};
use crate::config::Config;
use crate::record::{Role, Status};
use crate::report::csv::guarded;
use crate::store::{IncidentQuery, IncidentRow, IncidentSort, OutageQuery, OutageRow, Sort, Store};
use crate::temporal;

/// A terminal is not flooded.
const TABLE_LIMIT: u64 = 50;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong outages --since 지난달
  meoktong outages --service 카톡 --min-duration 2h --sort duration
  meoktong outages --group 카카오 --cause network --format csv --bom > kakao.csv
  meoktong outages --text 예매 --columns start,service,title

A row is an incident: one outage, out of all articles that tell of it. Times are Korean; END without a day is on the day of START.
--since and --until go by what a time may mean: an outage known to the month lies on each day of it. `meoktong show ID` tells the rest.")]
pub(crate) struct OutagesArgs {
    #[command(flatten)]
    filter: Filter,
    /// Only this state (resolved, ongoing, unknown)
    #[arg(long, value_name = "STATE", conflicts_with = "ongoing")]
    status: Option<Status>,
    /// Only what goes on as far as is known
    #[arg(long)]
    ongoing: bool,
    /// main: only what was an article's news; background: only what was never more than recalled
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// Only what is known to have lasted so long (2h, 90m, 1h30m, 3d, 2시간 30분; a bare number is minutes)
    #[arg(long, value_name = "LENGTH", value_parser = minutes)]
    min_duration: Option<u32>,
    /// Only what stands in the headlines, names or words of failure of its articles, spaces or not; may be given again
    #[arg(long, value_name = "WORDS")]
    text: Vec<String>,
    /// The records of the articles instead of the incidents that they make
    #[arg(long, conflicts_with_all = ["min_duration", "text", "groups"])]
    records: bool,
    /// The order
    #[arg(long, value_enum, default_value_t = SortBy::Start)]
    sort: SortBy,
    /// At most so many [default: 50 as a table, else all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// These fields in this order (id,service,start,…)
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    columns: Vec<String>,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Begin CSV with the mark by which Excel knows UTF-8
    #[arg(long)]
    bom: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum SortBy {
    /// The latest start first
    Start,
    /// The earliest start first
    Oldest,
    /// The longest first
    Duration,
    /// The latest end first
    End,
    /// The most reported first
    Articles,
    /// By the service's name
    Service,
    /// The latest first report first
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

/// A length in whole minutes.
fn minutes(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let wrong = || "expected a length such as 2h, 90m, 1h30m, 3d or 2시간 30분".to_owned();
    let minutes = if let Ok(minutes) = text.parse::<u32>() {
        f64::from(minutes)
    } else if let Ok(span) = text.parse::<jiff::Span>() {
        span.total((jiff::Unit::Minute, jiff::SpanRelativeTo::days_are_24_hours())).map_err(|_| wrong())?
    } else {
        let found = temporal::find(text, None);
        let [one] = found.as_slice() else { return Err(wrong()) };
        let whole = one.range == (0..text.len());
        match one.value {
            temporal::Value::Duration(minutes) if whole => minutes,
            _ => return Err(wrong()),
        }
    };
    // From 0 to what a record can hold: the cast is exact.
    if (0.0..=f64::from(u32::MAX)).contains(&minutes) { Ok(minutes.ceil() as u32) } else { Err(wrong()) }
}

pub(crate) fn run(global: &Global, args: OutagesArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let known: &[&str] = if args.records { OutageRow::COLUMNS } else { IncidentRow::COLUMNS };
    if let Some(unknown) = args.columns.iter().find(|c| !known.contains(&c.as_str())) {
        anstream::eprintln!("error: `{}` is no column; the columns are {}", printable(unknown), known.join(", "));
        return Ok(2);
    }
    if args.bom && args.format != Format::Csv {
        anstream::eprintln!("error: --bom goes with --format csv");
        return Ok(2);
    }
    let store = Store::open_read_only(&config.database_path(global.db.as_deref())?)?;
    let status = if args.ongoing { Some(Status::Ongoing) } else { args.status };
    let cut = args.format == Format::Table && args.limit.is_none();
    // One more than is shown tells whether there are more.
    let limit = if cut { Some(TABLE_LIMIT + 1) } else { args.limit };
    if args.records {
        let sort = match args.sort {
            SortBy::Start => Sort::Start,
            SortBy::Oldest => Sort::Oldest,
            SortBy::Duration => Sort::Duration,
            SortBy::Service => Sort::Service,
            SortBy::Published => Sort::Published,
            SortBy::End | SortBy::Articles => {
                anstream::eprintln!("error: records are not sorted by end or articles; leave --records out");
                return Ok(2);
            }
        };
        let mut query = OutageQuery {
            operators: args.filter.operators.clone(),
            category: args.filter.category.clone(),
            cause: args.filter.cause,
            status,
            role: args.role,
            since: args.filter.since.map(|g| g.start),
            until: args.filter.until.map(|g| g.end),
            sort,
            limit,
            ..OutageQuery::default()
        };
        for given in &args.filter.services {
            // The dictionary knows other names; what it does not know may still stand in a record.
            if let Some((id, name)) = crate::resolve_service(&config, given)? {
                query.service_ids.push(id);
                query.services.push(name);
            }
            query.service_ids.push(given.clone());
            query.services.push(given.clone());
        }
        return print(store.outages(&query)?, &args, cut, "record", table::outages);
    }
    let query = IncidentQuery {
        status,
        role: args.role,
        min_duration: args.min_duration,
        text: args.text.clone(),
        sort: match args.sort {
            SortBy::Start => IncidentSort::Start,
            SortBy::Oldest => IncidentSort::Oldest,
            SortBy::Duration => IncidentSort::Duration,
            SortBy::End => IncidentSort::End,
            SortBy::Articles => IncidentSort::Articles,
            SortBy::Service => IncidentSort::Service,
            SortBy::Published => IncidentSort::Published,
        },
        limit,
        ..args.filter.query(&config)?
    };
    print(store.incidents(&query)?, &args, cut, "incident", table::incidents)
}

/// A row that can be printed field by field.
pub(super) trait Fields: Serialize {
    /// The fields of CSV, in order.
    const COLUMNS: &'static [&'static str];

    /// The headline and where it stands.
    fn article(&self) -> (&str, Option<&str>);
}

impl Fields for OutageRow {
    const COLUMNS: &'static [&'static str] = &[
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

    fn article(&self) -> (&str, Option<&str>) {
        (&self.title, self.url.as_deref())
    }
}

impl Fields for IncidentRow {
    const COLUMNS: &'static [&'static str] = &[
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
        "confidence",
        "articles",
        "publishers",
        "first_reported",
        "last_reported",
        "root",
        "title",
        "url",
    ];

    fn article(&self) -> (&str, Option<&str>) {
        (&self.title, self.url.as_deref())
    }
}

fn print<R: Fields>(mut rows: Vec<R>, args: &OutagesArgs, cut: bool, what: &str, list: fn(&[R]) -> String) -> anyhow::Result<u8> {
    let more = cut && rows.len() as u64 > TABLE_LIMIT;
    if more {
        rows.pop();
    }
    let columns: Vec<&str> = args.columns.iter().map(String::as_str).collect();
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Table if rows.is_empty() => anstream::eprintln!("No {what} matches."),
        Format::Table if columns.is_empty() => write!(out, "{}", list(&rows))?,
        Format::Table => {
            let cells = rows.iter().map(|row| chosen(row, &columns)).collect::<anyhow::Result<Vec<_>>>()?;
            write!(out, "{}", table::fields(&columns, &cells))?;
        }
        Format::Json | Format::Jsonl => json(&rows, &columns, args.format == Format::Json, &mut out)?,
        Format::Csv => {
            if args.bom {
                out.write_all("\u{feff}".as_bytes())?;
            }
            csv_of(&rows, &columns, &mut out)?;
        }
        Format::Md => write!(out, "{}", markdown(&rows, &columns)?)?,
    }
    out.flush()?;
    if more {
        anstream::eprintln!("Only the first {TABLE_LIMIT} are shown; --limit N shows more.");
    }
    Ok(0)
}

/// Some fields of a row, in the order that was asked for.
struct Picked<'a>(&'a [&'a str], &'a Value);

impl Serialize for Picked<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|c| (c, &self.1[c])))
    }
}

fn json<R: Fields>(rows: &[R], columns: &[&str], whole: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let values = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    let picked: Vec<Picked<'_>> = values.iter().map(|v| Picked(columns, v)).collect();
    let io = std::io::Error::from;
    match (whole, columns.is_empty()) {
        (true, true) => serde_json::to_writer_pretty(&mut *out, rows).map_err(io)?,
        (true, false) => serde_json::to_writer_pretty(&mut *out, &picked).map_err(io)?,
        (false, all) => {
            for (row, picked) in rows.iter().zip(&picked) {
                if all { serde_json::to_writer(&mut *out, row) } else { serde_json::to_writer(&mut *out, picked) }.map_err(io)?;
                writeln!(out)?;
            }
            return Ok(());
        }
    }
    Ok(writeln!(out)?)
}

/// The values of a row as text; a list's with `;` between.
fn chosen<R: Fields>(row: &R, columns: &[&str]) -> anyhow::Result<Vec<String>> {
    let value = serde_json::to_value(row)?;
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(|v| v.as_str().unwrap_or_default()).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    };
    Ok(columns.iter().map(|c| text(&value[c])).collect())
}

/// Every field of the contract, one record a line. No text is a formula to a spreadsheet.
pub(super) fn csv(rows: &[OutageRow], out: &mut dyn Write) -> anyhow::Result<()> {
    csv_of(rows, &[], out)
}

fn csv_of<R: Fields>(rows: &[R], columns: &[&str], out: &mut dyn Write) -> anyhow::Result<()> {
    // A closed pipe is known by its plain I/O error.
    let io = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    let columns = if columns.is_empty() { R::COLUMNS } else { columns };
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns).map_err(io)?;
    for row in rows {
        writer.write_record(chosen(row, columns)?.iter().map(|cell| guarded(cell).into_owned())).map_err(io)?;
    }
    writer.flush()?;
    Ok(())
}

fn markdown<R: Fields>(rows: &[R], columns: &[&str]) -> anyhow::Result<String> {
    let usual = ["service", "start", "end", "duration_min", "cause", "status", "articles", "title"];
    let columns = if columns.is_empty() { &usual[..] } else { columns };
    let right = |c: &&str| matches!(*c, "duration_min" | "articles" | "publishers" | "confidence");
    let mut text = format!("| {} |\n", columns.join(" | "));
    text += &format!("|{}|\n", columns.iter().map(|c| if right(c) { "--:" } else { "---" }).collect::<Vec<_>>().join("|"));
    // What would end a cell, a link or begin markup is escaped.
    let plain = |t: &str| {
        let t = printable(&t.replace('\n', " "));
        t.chars().flat_map(|c| ["\\", ""][usize::from(!"\\|[]<>*_`".contains(c))].chars().chain([c])).collect::<String>()
    };
    for row in rows {
        let cells = columns.iter().zip(chosen(row, columns)?).map(|(column, value)| match (*column, row.article().1) {
            ("title", Some(url)) => format!("[{}](<{}>)", plain(&value), printable(url).replace(['<', '>', '|', '\n'], "")),
            ("start" | "end" | "first_reported" | "last_reported" | "published_at", _) => table::time(value.parse().ok()),
            _ => plain(&value),
        });
        text += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_letters_and_in_words() {
        for (text, expected) in
            [("2h", 120), ("90m", 90), ("1h30m", 90), ("3d", 4320), ("45", 45), ("2시간", 120), ("2시간 30분", 150), ("30s", 1)]
        {
            assert_eq!(minutes(text), Ok(expected), "{text}");
        }
        for text in ["", "-2h", "long", "어제", "1e99", "99999999999"] {
            assert!(minutes(text).is_err(), "{text}");
        }
    }
}
