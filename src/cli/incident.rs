//! `meoktong incident`: a person's corrections of incidents. They hold from then on, whatever articles come and whatever better rules say, until
//! they are taken back.

use std::io::Write as _;

use super::{Global, printable};
use crate::config::Config;
use crate::incident::{Action, Edit, Given, Set};
use crate::record::{Cause, Status};
use crate::store::{Correction, Store};
use crate::temporal::{KST, Moment};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong incident merge 3f2a91c0 77be01d2 --reason \"same failure, two names\"
  meoktong incident split 3f2a91c0 --record 5d1e22aa
  meoktong incident edit 3f2a91c0 cause=power end=2023-05-08T14:10 --reason \"the operator's report\"
  meoktong incident edits
  meoktong incident undo 2")]
pub(crate) struct IncidentArgs {
    #[command(subcommand)]
    command: IncidentCommand,
}

#[derive(clap::Subcommand)]
enum IncidentCommand {
    /// Say that two incidents are one
    #[command(after_help = "Examples:\n  meoktong incident merge 3f2a91c0 77be01d2 --reason \"same failure, two names\"")]
    Merge {
        /// An incident
        a: String,
        /// The other
        b: String,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Say that some records are of another incident than the rest
    #[command(after_help = "Examples:\n  meoktong incident split 3f2a91c0 --record 5d1e22aa --record 9c00f3d1")]
    Split {
        /// The incident
        id: String,
        /// A record that goes (`meoktong show ID` lists them); may be given again
        #[arg(long = "record", value_name = "RECORD", required = true)]
        records: Vec<String>,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Give values of an incident; an empty one says that nobody knows
    #[command(
        after_help = "Examples:\n  meoktong incident edit 3f2a91c0 cause=power end=2023-05-08T14:10 --reason \"the operator's report\""
    )]
    Edit {
        /// The incident
        id: String,
        /// service, operator, category, start, end, duration_min, cause or status, and the value
        #[arg(value_name = "FIELD=VALUE", required = true, value_parser = set)]
        values: Vec<Set>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// List the corrections
    #[command(after_help = "Examples:\n  meoktong incident edits --format jsonl")]
    Edits {
        /// The form
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Take a correction back
    #[command(after_help = "Examples:\n  meoktong incident undo 2")]
    Undo {
        /// Its number (`meoktong incident edits` lists them)
        number: i64,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Jsonl,
}

/// `field=value` as what it sets.
fn set(text: &str) -> Result<Set, String> {
    const FIELDS: &str = "service, operator, category, start, end, duration_min, cause, status";
    let Some((field, value)) = text.split_once('=') else { return Err(format!("expected FIELD=VALUE, FIELD one of {FIELDS}")) };
    let (field, value) = (field.trim(), value.trim());
    let given = (!value.is_empty()).then_some(value);
    let owned = || given.map(str::to_owned);
    let time = || given.map(|v| v.parse::<Moment>().map(Given).map_err(|e| format!("{field}: {e}"))).transpose();
    Ok(match field {
        "service" => Set::Service(owned().ok_or("service: a name is needed")?),
        "operator" => Set::Operator(owned()),
        "category" => Set::Category(owned()),
        "start" => Set::Start(time()?),
        "end" => Set::End(time()?),
        "duration_min" => {
            Set::DurationMin(given.map(|v| v.parse().map_err(|_| format!("duration_min: `{v}` is no number of minutes"))).transpose()?)
        }
        "cause" => Set::Cause(given.map(|v| v.parse::<Cause>().map_err(|e| format!("cause: {e}"))).transpose()?),
        "status" => Set::Status(value.parse::<Status>().map_err(|e| format!("status: {e}"))?),
        other => return Err(format!("`{other}` is no field of an incident; the fields are {FIELDS}")),
    })
}

pub(crate) fn run(global: &Global, args: IncidentArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let path = config.database_path(global.db.as_deref())?;
    // A question makes no database, and a correction without one is a mistake.
    let store = Store::open_read_only(&path)?;
    let now = jiff::Timestamp::now().as_second();
    let (corrections, reason) = match args.command {
        IncidentCommand::Edits { format } => return edits(&store, format),
        IncidentCommand::Undo { number } => {
            drop(store);
            let edit = Store::open(&path)?.undo(number)?;
            anstream::eprintln!("Taken back: {}", told(number, &edit));
            return Ok(0);
        }
        IncidentCommand::Merge { a, b, reason } => (vec![Correction::Merge(a, b)], reason),
        IncidentCommand::Split { id, records, reason } => (vec![Correction::Split(id, records)], reason),
        IncidentCommand::Edit { id, values, reason } => (values.into_iter().map(|set| Correction::Set(id.clone(), set)).collect(), reason),
    };
    drop(store);
    let mut store = Store::open(&path)?;
    for correction in &corrections {
        let (number, incident) = store.correct(correction, &reason, now)?;
        anstream::eprintln!(
            "Edit {number}; `meoktong show {incident}` shows the incident, `meoktong incident undo {number}` takes it back."
        );
    }
    Ok(0)
}

fn edits(store: &Store, format: Format) -> anyhow::Result<u8> {
    let all = store.edits()?;
    let mut out = anstream::stdout().lock();
    for stored in &all {
        match format {
            Format::Text => {
                let ids: Vec<&str> = stored.incidents.iter().map(|id| id.get(..8).unwrap_or(id)).collect();
                let at = if ids.is_empty() { "no record of it is left".to_owned() } else { ids.join(", ") };
                writeln!(out, "{}  [{at}]", told(stored.number, &stored.edit))?;
            }
            Format::Jsonl => {
                let line = serde_json::json!({ "number": stored.number, "incidents": stored.incidents, "edit": stored.edit });
                writeln!(out, "{line}")?;
            }
        }
    }
    out.flush()?;
    if all.is_empty() {
        anstream::eprintln!("No correction was made.");
    }
    Ok(0)
}

/// A correction in one line.
pub(super) fn told(number: i64, edit: &Edit) -> String {
    let made =
        jiff::Timestamp::from_second(edit.at).map(|t| super::table::time(Some(Moment::minute(KST.to_datetime(t))))).unwrap_or_default();
    let what = match &edit.action {
        Action::Merge { a, b } => format!("merge of {} and {} records", a.len(), b.len()),
        Action::Split { kept, out } => format!("split of {} records from {}", out.len(), kept.len()),
        Action::Set { set, .. } => {
            // As it is kept: {"field": …, "value": …}.
            let value = serde_json::to_value(set).unwrap_or_default();
            let field = value["field"].as_str().unwrap_or_default();
            match &value["value"] {
                serde_json::Value::Null => format!("{field} not known"),
                serde_json::Value::String(text) => format!("{field}={text}"),
                other => format!("{field}={other}"),
            }
        }
    };
    let reason = if edit.reason.is_empty() { String::new() } else { format!(": {}", edit.reason) };
    printable(&format!("{number}  {made}  {what}{reason}").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_where_they_are_given() {
        assert_eq!(set("cause=fire"), Ok(Set::Cause(Some(Cause::Fire))));
        assert_eq!(set("cause="), Ok(Set::Cause(None)));
        assert_eq!(set("start = 2023-05"), Ok(Set::Start(Some(Given("2023-05".parse().unwrap())))));
        assert_eq!(set("duration_min=20"), Ok(Set::DurationMin(Some(20))));
        assert_eq!(set("service=a=b"), Ok(Set::Service("a=b".into())));
        for (text, part) in [
            ("cause", "FIELD=VALUE"),
            ("cause=gremlins", "gremlins"),
            ("end=soon", "end"),
            ("status=", "status"),
            ("service=", "name"),
            ("role=main", "`role`"),
        ] {
            assert!(set(text).unwrap_err().contains(part), "{text}: {:?}", set(text));
        }
    }
}
