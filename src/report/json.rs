//! JSON: one array, or one object a line. An array too comes out row by row, so that it needs no memory.

use std::io::Write;

use super::{Out, ReportError, Row, RowWriter, Written};

/// One object a line.
pub struct Lines<'a> {
    out: Out<'a>,
    written: Written,
}

impl<'a> Lines<'a> {
    /// Nothing is written before the first row.
    pub fn new(out: Out<'a>) -> Lines<'a> {
        Lines { out, written: Written::default() }
    }
}

impl<R: Row> RowWriter<R> for Lines<'_> {
    fn write(&mut self, row: &R) -> Result<(), ReportError> {
        object(&mut self.out, row)?;
        self.out.write_all(b"\n")?;
        self.written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        self.out.flush()?;
        Ok(self.written)
    }
}

/// One array, an object a line.
pub struct Array<'a> {
    out: Out<'a>,
    written: Written,
}

impl<'a> Array<'a> {
    /// Nothing is written before the first row.
    pub fn new(out: Out<'a>) -> Array<'a> {
        Array { out, written: Written::default() }
    }
}

impl<R: Row> RowWriter<R> for Array<'_> {
    fn write(&mut self, row: &R) -> Result<(), ReportError> {
        self.out.write_all(if self.written.rows == 0 { b"[\n" } else { b",\n" })?;
        object(&mut self.out, row)?;
        self.written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        self.out.write_all(if self.written.rows == 0 { b"[]\n" } else { b"\n]\n" })?;
        self.out.flush()?;
        Ok(self.written)
    }
}

fn object(out: &mut Out<'_>, row: &impl Row) -> Result<(), ReportError> {
    // Rows hold strings, numbers and lists, so the only failure is that of the output.
    Ok(serde_json::to_writer(out, row).map_err(std::io::Error::from)?)
}
