//! Tables: fitted to the terminal, plain and unfolded in a pipe; Korean counts two columns a letter.

use std::io::IsTerminal;

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{printable, to_terminal};
use crate::record::{ArticleRecords, Outage};
use crate::store::{IncidentRow, OutageRow};
use crate::temporal::{Moment, Precision};

/// From this width on, a list of outages shows headlines too.
const WIDE: u16 = 110;

/// The shortest beginning of an id that a list shows; `show` takes it.
const ID_SHOWN: usize = 8;

/// An empty table.
pub(super) fn new(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec());
    if to_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        // Where the terminal does not tell its width, the usual one.
        if table.width().is_none_or(|w| w < 20) {
            table.set_width(80);
        }
    } else {
        table.force_no_tty().set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

/// Text from outside as a cell: one line, nothing that a terminal would obey.
pub(super) fn cell(text: &str) -> Cell {
    Cell::new(one_line(text))
}

pub(super) fn one_line(text: &str) -> String {
    printable(&text.replace('\n', " "))
}

/// Whether there is room for what is good to know but not needed.
pub(super) fn is_wide() -> bool {
    !to_terminal() || Table::new().width().is_some_and(|w| w >= WIDE)
}

/// The table's text, without blanks at the ends of lines.
pub(super) fn render(table: &Table) -> String {
    table.trim_fmt() + "\n"
}

/// A list of incidents.
pub(super) fn incidents(rows: &[IncidentRow]) -> String {
    let wide = is_wide();
    let mut header = vec!["ID", "SERVICE", "START", "END", "MIN", "CAUSE", "STATUS", "N"];
    if wide {
        header.push("FIRST ARTICLE");
    }
    let mut table = new(&header);
    for right in [4, 7] {
        if let Some(column) = table.column_mut(right) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let shown = id_length(rows.iter().map(|r| r.id.as_str()));
    for row in rows {
        let mut cells = vec![
            cell(row.id.get(..shown).unwrap_or(&row.id)),
            cell(&row.service),
            cell(&time(row.start)),
            cell(&end(row.start, row.end)),
            cell(&row.duration_min.map(|n| n.to_string()).unwrap_or_default()),
            cell(row.cause.map_or("", |c| c.as_str())),
            cell(row.status.as_str()),
            cell(&row.articles.to_string()),
        ];
        if wide {
            cells.push(cell(&shorten(&one_line(&row.title), 60)));
        }
        table.add_row(cells);
    }
    fold_only(&mut table, &[1, 8]);
    render(&table)
}

/// A table of the fields that were asked for.
pub(super) fn fields(columns: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = columns.iter().map(|c| c.to_uppercase()).collect();
    let mut table = new(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        let shown = columns.iter().zip(row).map(|(column, value)| match *column {
            "start" | "end" | "first_reported" | "last_reported" | "published_at" => cell(&time(value.parse().ok())),
            _ => cell(value),
        });
        table.add_row(shown.collect::<Vec<_>>());
    }
    for (column, name) in table.column_iter_mut().zip(columns) {
        if matches!(*name, "duration_min" | "articles" | "publishers" | "confidence") {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let foldable: Vec<usize> =
        (0..columns.len()).filter(|i| matches!(columns[*i], "service" | "operator" | "keywords" | "title" | "url" | "publisher")).collect();
    fold_only(&mut table, &foldable);
    render(&table)
}

/// A list of records.
pub(super) fn outages(rows: &[OutageRow]) -> String {
    let wide = is_wide();
    let mut header = vec!["ID", "SERVICE", "START", "END", "MIN", "CAUSE", "STATUS"];
    if wide {
        header.push("ARTICLE");
    }
    let mut table = new(&header);
    if let Some(column) = table.column_mut(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let shown = id_length(rows.iter().map(|r| r.id.as_str()));
    for row in rows {
        let mut cells = vec![
            cell(row.id.get(..shown).unwrap_or(&row.id)),
            cell(&row.service),
            cell(&time(row.start)),
            cell(&end(row.start, row.end)),
            cell(&row.duration_min.map(|n| n.to_string()).unwrap_or_default()),
            cell(row.cause.map_or("", |c| c.as_str())),
            cell(row.status.as_str()),
        ];
        if wide {
            cells.push(cell(&shorten(&one_line(&row.title), 60)));
        }
        table.add_row(cells);
    }
    fold_only(&mut table, &[1, 7]);
    render(&table)
}

/// The records of articles that are not stored.
pub(super) fn records(found: &[(&ArticleRecords, &Outage)]) -> String {
    let wide = is_wide();
    let mut header = vec!["SERVICE", "START", "END", "MIN", "CAUSE", "STATUS", "ROLE"];
    if wide {
        header.push("ARTICLE");
    }
    let mut table = new(&header);
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for (article, outage) in found {
        let mut cells = vec![
            cell(&outage.service),
            cell(&time(outage.start)),
            cell(&end(outage.start, outage.end)),
            cell(&outage.duration_min.map(|n| n.to_string()).unwrap_or_default()),
            cell(outage.cause.map_or("", |c| c.as_str())),
            cell(outage.status.as_str()),
            cell(outage.role.as_str()),
        ];
        if wide {
            cells.push(cell(&shorten(&one_line(&article.title), 60)));
        }
        table.add_row(cells);
    }
    fold_only(&mut table, &[0, 7]);
    render(&table)
}

/// A progress bar on standard error; none where that is no terminal.
pub(super) fn progress(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:32}} {{pos}}/{{len}} {what} {{eta}}")) {
        bar.set_style(style);
    }
    bar
}

/// Only the service (and the headline) may fold; a time or an id in two lines is hard to read.
pub(super) fn fold_only(table: &mut Table, foldable: &[usize]) {
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(i > 0), 0));
        if !foldable.contains(&i) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

/// As many digits of the ids as tell them apart, at least eight.
fn id_length<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    let common = |pair: &[&str]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    ids.windows(2).map(|pair| common(pair) + 1).max().unwrap_or_default().max(ID_SHOWN)
}

/// A time as people write it: all times here are Korean, so the offset says nothing.
pub(super) fn time(moment: Option<Moment>) -> String {
    moment.map(|m| m.to_string().trim_end_matches("+09:00").replace('T', " ")).unwrap_or_default()
}

/// The end, shortened to the clock where it is on the day of the start, else to the days after it and the clock (+1d 07:00).
pub(super) fn end(start: Option<Moment>, end: Option<Moment>) -> String {
    let text = time(end);
    match (start, end) {
        (Some(s), Some(e)) if s.precision() >= Precision::Day && e.has_clock() && s.date() == e.date() => {
            text.split_once(' ').map_or(text.clone(), |(_, clock)| clock.to_owned())
        }
        (Some(s), Some(e)) if s.precision() >= Precision::Day && e.has_clock() && e.date() > s.date() => {
            let days = s.date().until(e.date()).map_or(0, |span| span.get_days());
            text.split_once(' ').map_or(text.clone(), |(_, clock)| format!("+{days}d {clock}"))
        }
        _ => text,
    }
}

/// At most `width` columns, with an ellipsis where something is left out.
pub(super) fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used < width
    });
    kept.collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Option<Moment> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn times_are_shortened_without_losing_anything() {
        assert_eq!(time(moment("2023-05-15T12:10")), "2023-05-15 12:10");
        assert_eq!(time(moment("2023-05")), "2023-05");
        assert_eq!(end(moment("2023-05-15T12:10"), moment("2023-05-15T14:15")), "14:15");
        assert_eq!(end(moment("2023-05-15"), moment("2023-05-15T14:15")), "14:15");
        assert_eq!(end(moment("2023-05-14T23:10"), moment("2023-05-15T01:15")), "+1d 01:15");
        assert_eq!(end(moment("2023-05-15"), moment("2023-05-15")), "2023-05-15");
        assert_eq!(end(moment("2023"), moment("2023-01-01T14:15")), "2023-01-01 14:15");
        assert_eq!(end(None, None), "");
    }

    #[test]
    fn korean_letters_count_twice() {
        assert_eq!(shorten("카카오톡", 8), "카카오톡");
        assert_eq!(shorten("카카오톡 먹통", 9), "카카오톡…");
        assert_eq!(shorten("abc", 2), "a…");
    }

    #[test]
    fn nothing_in_a_cell_reaches_the_terminal_as_a_command() {
        assert_eq!(one_line("a\x1b[31m\nb\r\u{9b}"), "a\\u{1b}[31m b\\r\\u{9b}");
    }
}
