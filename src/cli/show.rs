//! `meoktong show`: one incident, what was reported of it when by whom, what is disputed, and what it all rests on; or one record with its article.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::json;

use super::incident::told;
use super::table::{end, one_line, time};
use super::{Global, printable};
use crate::config::Config;
use crate::record::{Evidence, Place, Role};
use crate::store::{IncidentDetail, IncidentRecord, OutageDetail, Store, StoreError};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  meoktong show 3f2a91c0\n  meoktong show 3f2a91c0 --format json")]
pub(crate) struct ShowArgs {
    /// The id of an incident (a former one too) or of a record, or enough of its beginning (`meoktong outages` lists them)
    id: String,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

pub(crate) fn run(global: &Global, args: ShowArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let store = Store::open_read_only(&config.database_path(global.db.as_deref())?)?;
    // A record's id leads to its incident, too; who asks for it wants the record.
    let (text, value) = match store.outage(&args.id) {
        Ok(detail) => {
            let incident = store.incident(&detail.id).ok().map(|i| i.row.id);
            (describe(&detail, incident.as_deref()), json(&detail, incident.as_deref()))
        }
        Err(StoreError::NotFound(_) | StoreError::Ambiguous(_)) => {
            let detail = store.incident(&args.id)?;
            (describe_incident(&detail), serde_json::to_value(&detail).map_err(std::io::Error::from)?)
        }
        Err(error) => return Err(error.into()),
    };
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Text => write!(out, "{text}")?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &value).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(0)
}

/// What a record says of a field, as it is shown.
fn said(record: &IncidentRecord, field: &str) -> String {
    match field {
        "service" => record.service.clone(),
        "start" => time(record.start),
        "end" => time(record.end),
        "duration_min" => record.duration_min.map(|n| format!("{n} min")).unwrap_or_default(),
        "cause" => record.cause.map(|c| c.to_string()).unwrap_or_default(),
        "status" => record.status.to_string(),
        _ => String::new(),
    }
}

fn publishers<'a>(records: impl Iterator<Item = &'a IncidentRecord>) -> BTreeSet<&'a str> {
    records.map(|r| r.publisher.as_deref().unwrap_or(&r.article)).collect()
}

/// How a value was chosen: by how many publishers, against which.
fn chosen(detail: &IncidentDetail, field: &str) -> String {
    if detail.edited.iter().any(|f| f == field) {
        return "given by hand".to_owned();
    }
    let has = |list: &[String]| list.iter().any(|f| f == field);
    let by = publishers(detail.records.iter().filter(|r| has(&r.supports)));
    let mut text = String::new();
    if detail.derived.iter().any(|f| f == field) {
        text += "computed from start and end";
    }
    if !by.is_empty() {
        let _ = write!(text, "{}{} publisher{}", if text.is_empty() { "" } else { "; " }, by.len(), if by.len() == 1 { "" } else { "s" });
    }
    let mut against: Vec<String> = Vec::new();
    for record in detail.records.iter().filter(|r| has(&r.disputes)) {
        let who = record.publisher.as_deref().unwrap_or("?");
        let line = match said(record, field) {
            value if value.is_empty() => who.to_owned(),
            value => format!("{value} ({who})"),
        };
        if !against.contains(&line) {
            against.push(line);
        }
    }
    if !against.is_empty() {
        let _ = write!(text, "{}against {}", if text.is_empty() { "" } else { "; " }, against.join(", "));
    }
    text
}

fn describe_incident(detail: &IncidentDetail) -> String {
    let row = &detail.row;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: &str, note: &str| {
        if !value.is_empty() {
            let note = if note.is_empty() { String::new() } else { format!("  ({})", one_line(note)) };
            let _ = writeln!(text, "{name:<11} {}{note}", one_line(value));
        }
    };
    let or_empty = |t: &Option<String>| t.clone().unwrap_or_default();
    line("id", &row.id, "");
    line("service", &row.service, &chosen(detail, "service"));
    line("service_id", &or_empty(&row.service_id), "");
    line("operator", &or_empty(&row.operator), "");
    line("category", &or_empty(&row.category), "");
    line("start", &time(row.start), &chosen(detail, "start"));
    line("end", &time(row.end), &chosen(detail, "end"));
    line("duration", &row.duration_min.map(|n| format!("{n} min")).unwrap_or_default(), &chosen(detail, "duration_min"));
    line("cause", row.cause.map_or("", |c| c.as_str()), &chosen(detail, "cause"));
    line("status", row.status.as_str(), &chosen(detail, "status"));
    line("confidence", &format!("{:.2}", row.confidence), "");
    let background = if row.role == Role::Background { ", none as its news" } else { "" };
    let plural = |n: u32, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    line("reported", &format!("{} of {}{background}", plural(row.articles, "article"), plural(row.publishers, "publisher")), "");
    line("first", &time(row.first_reported), "");
    line("last", &time(row.last_reported), "");

    if let Some(root) = &detail.of_root {
        let cause = root.cause.map(|c| format!(" ({c})")).unwrap_or_default();
        let _ = writeln!(text, "\nOne cause{cause}: {} outages, {}", root.parts.len(), plural(root.articles, "article"));
        for part in &root.parts {
            let mark = if part.id == row.id { "▸" } else { " " };
            let head = if root.head.as_ref() == Some(&part.id) { "  the others stand on it" } else { "" };
            let _ =
                writeln!(text, "{mark} {}  {}  {}{head}", part.id.get(..8).unwrap_or(&part.id), time(part.start), one_line(&part.service));
        }
    }

    text += "\nTimeline\n";
    for record in &detail.records {
        let mut says = Vec::new();
        if let Some(start) = record.start {
            let ended = end(record.start, record.end);
            says.push(format!("{}{}", time(Some(start)), if ended.is_empty() { String::new() } else { format!(" – {ended}") }));
        } else if record.end.is_some() {
            says.push(format!("– {}", time(record.end)));
        }
        says.extend(record.duration_min.map(|n| format!("{n} min")));
        says.extend(record.cause.map(|c| c.to_string()));
        says.push(record.status.to_string());
        if record.official {
            says.push("in the operator's words".to_owned());
        }
        if record.role == Role::Background {
            says.push("background".to_owned());
        }
        let who = record.publisher.as_deref().unwrap_or("?");
        let _ = writeln!(text, "{}  {}  {}", time(record.published_at), one_line(who), one_line(&record.title));
        let _ = writeln!(text, "    {}: {}", one_line(&record.service), says.join(", "));
        if !record.disputes.is_empty() {
            let _ = writeln!(text, "    otherwise than most: {}", record.disputes.join(", "));
        }
        for evidence in &record.evidence {
            let source = if evidence.place == Place::Title { &record.title } else { &record.text };
            let _ = writeln!(text, "    {:<9} {}", evidence.field, context(source, evidence));
        }
        let url = record.url.as_deref().map(|u| format!("  {}", one_line(u))).unwrap_or_default();
        let _ = writeln!(text, "    record {}{url}", record.id);
    }

    if !detail.edits.is_empty() {
        text += "\nCorrections\n";
        for (number, edit) in &detail.edits {
            let _ = writeln!(text, "  {}", told(*number, edit));
        }
    }
    text
}

fn json(detail: &OutageDetail, incident: Option<&str>) -> serde_json::Value {
    let article = &detail.article.article;
    json!({
        "id": detail.id,
        "incident": incident,
        "outage": detail.outage,
        "article": {
            "id": article.id,
            "url": article.url,
            "canonical_url": article.canonical_url,
            "urls": detail.urls,
            "publisher": article.publisher,
            "title": article.title,
            "authors": article.authors,
            "published_at": article.published_at,
            "published_from": article.published_from,
            "modified_at": article.modified_at,
            "label": detail.article.label,
            "score": detail.article.score,
            "outages": detail.article.outages.len(),
            "extractor_version": detail.article.extractor_version,
        },
    })
}

fn describe(detail: &OutageDetail, incident: Option<&str>) -> String {
    let OutageDetail { outage, article: stored, .. } = detail;
    let article = &stored.article;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<11} {}", one_line(value));
        }
    };
    let or_empty = |t: &Option<String>| t.clone().unwrap_or_default();
    line("id", &detail.id);
    line("incident", incident.unwrap_or_default());
    line("service", &outage.service);
    line("service_id", &or_empty(&outage.service_id));
    line("operator", &or_empty(&outage.operator));
    line("category", &or_empty(&outage.category));
    line("start", &time(outage.start));
    line("end", &time(outage.end));
    line("duration", &outage.duration_min.map(|n| format!("{n} min")).unwrap_or_default());
    line("cause", outage.cause.map_or("", |c| c.as_str()));
    line("status", outage.status.as_str());
    line("role", outage.role.as_str());
    line("keywords", &outage.keywords.join(", "));
    line("confidence", &format!("{:.2}", outage.confidence));
    line("article", &article.title);
    line("publisher", &or_empty(&article.publisher));
    line("published", &time(article.published_at));
    line("modified", &time(article.modified_at));
    for url in &detail.urls {
        line("url", url);
    }
    line("extractor", &stored.extractor_version);
    if !outage.evidence.is_empty() {
        text += "\nEvidence\n";
        for evidence in &outage.evidence {
            let source = if evidence.place == Place::Title { &article.title } else { &article.text };
            let _ = writeln!(text, "  {:<9} {:<5} {}", evidence.field, evidence.place, context(source, evidence));
        }
    }
    text
}

/// The quote in its surroundings: `… 지난 8일 [오후 1시 35분부터] 20분가량 …`.
fn context(source: &str, evidence: &Evidence) -> String {
    const AROUND: usize = 24;
    let characters: Vec<char> = source.chars().collect();
    let (from, to) = (evidence.from.min(characters.len()), evidence.to.min(characters.len()).max(evidence.from.min(characters.len())));
    let (first, last) = (from.saturating_sub(AROUND), (to + AROUND).min(characters.len()));
    let piece = |range: std::ops::Range<usize>| characters[range].iter().collect::<String>();
    // A context ends where the line does.
    let before = piece(first..from);
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = piece(to..last);
    let after = after.split('\n').next().unwrap_or_default();
    let dots = |cut: bool| if cut { "…" } else { "" };
    let (cut_before, cut_after) =
        (first > 0 && before.chars().count() == from - first, last < characters.len() && after.chars().count() == last - to);
    let text = format!("{}{before}[{}]{after}{}", dots(cut_before), evidence.quote, dots(cut_after));
    printable(&text.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;

    #[test]
    fn a_quote_is_shown_in_its_line() {
        let source = "첫 줄이다.\n지난 8일 오후 1시 35분부터 멈췄다.\n끝.";
        let at = source.chars().position(|c| c == '오').unwrap();
        let evidence = |from, to| Evidence {
            field: Field::Start,
            place: Place::Text,
            quote: source.chars().skip(from).take(to - from).collect(),
            from,
            to,
        };
        assert_eq!(context(source, &evidence(at, at + 11)), "지난 8일 [오후 1시 35분부터] 멈췄다.");
        let long = "가".repeat(100);
        let middle = Evidence { quote: "가".into(), ..evidence(0, 1) };
        let shown = context(&long, &Evidence { from: 50, to: 51, ..middle.clone() });
        assert!(shown.starts_with("…가") && shown.ends_with("가…") && shown.contains("[가]"), "{shown}");
        assert_eq!(context("", &Evidence { from: 7, to: 3, ..middle }), "[가]", "a wrong place is no panic");
    }
}
