//! CSV for spreadsheets and data frames: RFC 4180 with a header, UTF-8, lists joined by blanks (URLs hold none) or semicolons.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and headlines come from outside. Such a text gets an apostrophe
//! before it, [`unguarded`] takes it off again.

use std::borrow::Cow;
use std::io::Write;

use super::{Out, ReportError, Row, RowWriter, Value, Written};

/// Writes CSV.
pub struct Writer<'a> {
    csv: ::csv::Writer<Out<'a>>,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Writes the header; before it the byte order mark if asked for.
    pub fn new<R: Row>(mut out: Out<'a>, bom: bool) -> Result<Writer<'a>, ReportError> {
        if bom {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let mut csv = ::csv::Writer::from_writer(out);
        csv.write_record(R::COLUMNS.iter().map(|c| c.name)).map_err(io)?;
        Ok(Writer { csv, written: Written::default() })
    }
}

impl<R: Row> RowWriter<R> for Writer<'_> {
    fn write(&mut self, row: &R) -> Result<(), ReportError> {
        for value in row.values() {
            self.csv.write_field(cell(value).as_bytes()).map_err(io)?;
        }
        self.csv.write_record(None::<&[u8]>).map_err(io)?;
        self.written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        self.csv.flush()?;
        Ok(self.written)
    }
}

/// A closed pipe is known by its plain I/O error.
fn io(error: ::csv::Error) -> std::io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn cell(value: Value<'_>) -> Cow<'_, str> {
    match value {
        Value::Text(text) => guarded(text.unwrap_or_default()),
        Value::Time(time) => time.map(|m| m.to_string()).unwrap_or_default().into(),
        Value::Count(n) => n.map(|n| n.to_string()).unwrap_or_default().into(),
        Value::Share(x) => x.to_string().into(),
        Value::List(items) => {
            let blank = if items.iter().any(|i| i.contains(' ')) { "; " } else { " " };
            Cow::Owned(guarded(&items.join(blank)).into_owned())
        }
    }
}

/// Whether a spreadsheet could take the text for a formula, apostrophes before it aside. Spreadsheets fold full-width signs and pass over
/// white space, so these count too.
fn is_formula(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) || text.trim_start().starts_with(['=', '+', '-', '@'])
}

/// The text as a cell that no spreadsheet computes.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// The text that a cell of this room stands for.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}
