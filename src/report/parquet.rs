//! Apache Parquet, for data frames and databases.
//!
//! Columns are named as everywhere. A time is three columns: `start` is the text at the precision that is known, `start_first` and `start_last` are
//! the first and the last second that it may mean, as instants (milliseconds, UTC inside, shown in Asia/Seoul). Words that many rows share are
//! dictionaries. Each column's meaning stands in its field's metadata as `description`.
//!
//! Rows go out in groups of up to [`GROUP_ROWS`], so memory does not grow with their number.

use std::collections::HashMap;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{
    ArrayBuilder, Float64Builder, ListBuilder, StringBuilder, StringDictionaryBuilder, TimestampMillisecondBuilder, UInt32Builder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::{Column, Kind, Out, ReportError, Row, RowWriter, Value, Written};

/// Rows of a row group.
pub const GROUP_ROWS: usize = 65_536;

/// Rows that are turned into columns at once.
const BATCH_ROWS: usize = 4096;

/// Bytes of a row group, where the rows are long.
const GROUP_BYTES: usize = 64 << 20;

const ZONE: &str = "Asia/Seoul";

/// Writes Parquet.
pub struct Writer<'a> {
    file: ArrowWriter<Out<'a>>,
    schema: SchemaRef,
    columns: Vec<Builder>,
    rows: usize,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Writes the head of the file.
    pub fn new<R: Row>(out: Out<'a>) -> Result<Writer<'a>, ReportError> {
        let schema = Arc::new(schema(R::COLUMNS));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_created_by(concat!("meoktong ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let file = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(error)?;
        let columns = R::COLUMNS.iter().map(|c| Builder::new(c.kind)).collect();
        Ok(Writer { file, schema, columns, rows: 0, written: Written::default() })
    }

    fn flush_batch(&mut self) -> Result<(), ReportError> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays = self.columns.iter_mut().flat_map(Builder::finish).collect();
        self.rows = 0;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|e| ReportError::Parquet(e.to_string()))?;
        self.file.write(&batch).map_err(error)
    }
}

impl<R: Row> RowWriter<R> for Writer<'_> {
    fn write(&mut self, row: &R) -> Result<(), ReportError> {
        for ((builder, value), column) in self.columns.iter_mut().zip(row.values()).zip(R::COLUMNS) {
            builder.append(value, column)?;
        }
        self.rows += 1;
        self.written.rows += 1;
        if self.rows == BATCH_ROWS { self.flush_batch() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        self.flush_batch()?;
        let mut out = self.file.into_inner().map_err(error)?;
        std::io::Write::flush(&mut out)?;
        Ok(self.written)
    }
}

/// The library wraps what the output says.
fn error(error: ParquetError) -> ReportError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => ReportError::Io(*io),
            Err(other) => ReportError::Parquet(other.to_string()),
        },
        other => ReportError::Parquet(other.to_string()),
    }
}

fn schema(columns: &[Column]) -> Schema {
    let instant = || DataType::Timestamp(TimeUnit::Millisecond, Some(ZONE.into()));
    let mut fields = Vec::new();
    for column in columns {
        let mut add = |name: String, kind: DataType, meaning: String| {
            fields.push(Field::new(name, kind, column.optional).with_metadata(HashMap::from([("description".to_owned(), meaning)])));
        };
        let (name, meaning) = (column.name.to_owned(), column.meaning.to_owned());
        match column.kind {
            Kind::Text => add(name, DataType::Utf8, meaning),
            Kind::Word => add(name, DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into()), meaning),
            Kind::Count => add(name, DataType::UInt32, meaning),
            Kind::Share => add(name, DataType::Float64, meaning),
            Kind::List => add(name, DataType::List(Field::new("item", DataType::Utf8, false).into()), meaning),
            Kind::Time => {
                add(name, DataType::Utf8, format!("{meaning}, at the precision that is known"));
                add(format!("{}_first", column.name), instant(), format!("the first second that `{}` may mean", column.name));
                add(format!("{}_last", column.name), instant(), format!("the last second that `{}` may mean", column.name));
            }
        }
    }
    Schema::new(fields)
}

/// A column in the making.
enum Builder {
    Text(StringBuilder),
    Word(StringDictionaryBuilder<Int32Type>),
    Count(UInt32Builder),
    Share(Float64Builder),
    List(ListBuilder<StringBuilder>),
    Time { text: StringBuilder, first: TimestampMillisecondBuilder, last: TimestampMillisecondBuilder },
}

impl Builder {
    fn new(kind: Kind) -> Builder {
        let instants = || TimestampMillisecondBuilder::new().with_timezone(ZONE);
        match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Word => Builder::Word(StringDictionaryBuilder::new()),
            Kind::Count => Builder::Count(UInt32Builder::new()),
            Kind::Share => Builder::Share(Float64Builder::new()),
            Kind::List => Builder::List(ListBuilder::new(StringBuilder::new()).with_field(Field::new("item", DataType::Utf8, false))),
            Kind::Time => Builder::Time { text: StringBuilder::new(), first: instants(), last: instants() },
        }
    }

    fn append(&mut self, value: Value<'_>, column: &Column) -> Result<(), ReportError> {
        match (self, value) {
            (Builder::Text(b), Value::Text(text)) => b.append_option(text),
            (Builder::Word(b), Value::Text(text)) => b.append_option(text),
            (Builder::Count(b), Value::Count(n)) => b.append_option(n),
            (Builder::Share(b), Value::Share(x)) => b.append_value(x),
            (Builder::List(b), Value::List(items)) => {
                for item in items {
                    b.values().append_value(item);
                }
                b.append(true);
            }
            (Builder::Time { text, first, last }, Value::Time(time)) => {
                let bounds = time.map(|m| m.unix_bounds());
                text.append_option(time.map(|m| m.to_string()));
                first.append_option(bounds.map(|b| b.0.saturating_mul(1000)));
                last.append_option(bounds.map(|b| b.1.saturating_mul(1000)));
            }
            (_, value) => return Err(ReportError::Parquet(format!("the column {} cannot hold {value:?}", column.name))),
        }
        Ok(())
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        match self {
            Builder::Text(b) => vec![ArrayBuilder::finish(b)],
            Builder::Word(b) => vec![ArrayBuilder::finish(b)],
            Builder::Count(b) => vec![ArrayBuilder::finish(b)],
            Builder::Share(b) => vec![ArrayBuilder::finish(b)],
            Builder::List(b) => vec![ArrayBuilder::finish(b)],
            Builder::Time { text, first, last } => {
                vec![ArrayBuilder::finish(text), ArrayBuilder::finish(first), ArrayBuilder::finish(last)]
            }
        }
    }
}
