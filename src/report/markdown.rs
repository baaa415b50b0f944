//! A Markdown table for people: the columns that are read, not all that there are.

use std::io::Write;

use super::{Out, ReportError, RowWriter, Sourced, Written, is_direction};
use crate::record::Cause;
use crate::temporal::Moment;

/// Writes a Markdown table.
pub struct Writer<'a> {
    out: Out<'a>,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Nothing is written before the first row.
    pub fn new(out: Out<'a>) -> Writer<'a> {
        Writer { out, written: Written::default() }
    }

    fn header(&mut self) -> Result<(), ReportError> {
        self.out.write_all(
            b"| Service | Start | End | Minutes | Cause | Status | Articles | First report |\n|---|---|---|--:|---|---|--:|---|\n",
        )?;
        Ok(())
    }
}

impl RowWriter<Sourced> for Writer<'_> {
    fn write(&mut self, incident: &Sourced) -> Result<(), ReportError> {
        let row = &incident.row;
        if self.written.rows == 0 {
            self.header()?;
        }
        let title = escaped(&row.title);
        let article = match &row.url {
            Some(url) => format!("[{}](<{}>)", if title.is_empty() { "article" } else { &title }, destination(url)),
            None => title,
        };
        writeln!(
            self.out,
            "| {} | {} | {} | {} | {} | {} | {} | {article} |",
            escaped(&row.service),
            time(row.start),
            time(row.end),
            row.duration_min.map(|n| n.to_string()).unwrap_or_default(),
            row.cause.map_or("", Cause::as_str),
            row.status,
            row.articles,
        )?;
        self.written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        if self.written.rows == 0 {
            self.header()?;
        }
        self.out.flush()?;
        Ok(self.written)
    }
}

/// All times are Korean, so the offset says nothing to a reader.
fn time(moment: Option<Moment>) -> String {
    moment.map(|m| m.to_string().trim_end_matches("+09:00").replace('T', " ")).unwrap_or_default()
}

/// Text in a cell: nothing in it ends the cell or the line, or is markup.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_control() || is_direction(c) => out.push(' '),
            '\\' | '|' | '[' | ']' | '<' | '>' | '*' | '_' | '`' | '~' | '&' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// A URL between `<` and `>`.
fn destination(url: &str) -> String {
    let bad = |c: char| c.is_control() || is_direction(c) || matches!(c, '<' | '>' | '|' | '\\');
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        if bad(c) {
            out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|b| format!("%{b:02X}")));
        } else {
            out.push(c);
        }
    }
    out
}
