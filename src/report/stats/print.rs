//! The figures as CSV and as Markdown: a row a group.

use std::io::Write;

use super::{Figures, Stats};
use crate::report::{ReportError, csv::guarded, markdown::escaped};

const COLUMNS: [&str; 18] = [
    "by",
    "key",
    "name",
    "incidents",
    "known",
    "unknown",
    "ongoing",
    "downtime_min",
    "mean_min",
    "median_min",
    "longest_min",
    "longest_id",
    "mtbf_min",
    "before_incidents",
    "before_downtime_min",
    "before_mean_min",
    "before_median_min",
    "before_mtbf_min",
];

/// A row of output.
struct Line<'a> {
    by: &'a str,
    key: String,
    name: String,
    figures: &'a Figures,
    before: Option<&'a Figures>,
}

/// All, then the groups of each kind.
fn lines(stats: &Stats) -> Vec<Line<'_>> {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let mut lines = vec![Line { by: "all", key: String::new(), name: String::new(), figures: &stats.total, before: stats.before.as_ref() }];
    for grouping in &stats.groupings {
        let by = grouping.by.as_str();
        lines.extend(grouping.groups.iter().map(|g| Line {
            by,
            key: text(&g.key),
            name: g.name.clone().unwrap_or_else(|| "unknown".to_owned()),
            figures: &g.figures,
            before: g.before.as_ref(),
        }));
        lines.extend(grouping.others.iter().map(|o| Line {
            by,
            key: String::new(),
            name: format!("{} others", o.groups),
            figures: &o.figures,
            before: o.before.as_ref(),
        }));
    }
    lines
}

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

/// CSV with a header; the first row is all incidents.
pub fn csv(stats: &Stats, out: &mut dyn Write) -> Result<(), ReportError> {
    let io = |e: ::csv::Error| match e.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(COLUMNS).map_err(io)?;
    for line in lines(stats) {
        let (f, b) = (line.figures, line.before);
        let row: [String; COLUMNS.len()] = [
            line.by.to_owned(),
            guarded(&line.key).into_owned(),
            guarded(&line.name).into_owned(),
            f.incidents.to_string(),
            f.known.to_string(),
            f.unknown.to_string(),
            f.ongoing.to_string(),
            f.downtime_min.to_string(),
            number(f.mean_min),
            number(f.median_min),
            number(f.longest.as_ref().map(|l| l.minutes)),
            number(f.longest.as_ref().map(|l| &l.id)),
            number(f.mtbf_min),
            number(b.map(|b| b.incidents)),
            number(b.map(|b| b.downtime_min)),
            number(b.and_then(|b| b.mean_min)),
            number(b.and_then(|b| b.median_min)),
            number(b.and_then(|b| b.mtbf_min)),
        ];
        writer.write_record(row).map_err(io)?;
    }
    writer.flush()?;
    Ok(())
}

/// A Markdown table; the first row is all incidents.
pub fn markdown(stats: &Stats, out: &mut dyn Write) -> Result<(), ReportError> {
    out.write_all(
        b"| By | | Incidents | Before | Unknown duration | Downtime, min | Mean, min | Median, min | Longest, min | MTBF, min |\n\
          |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    )?;
    for line in lines(stats) {
        let f = line.figures;
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            line.by,
            escaped(&line.name),
            f.incidents,
            number(line.before.map(|b| b.incidents)),
            f.unknown,
            f.downtime_min,
            number(f.mean_min),
            number(f.median_min),
            number(f.longest.as_ref().map(|l| l.minutes)),
            number(f.mtbf_min),
        )?;
    }
    out.flush()?;
    Ok(())
}
