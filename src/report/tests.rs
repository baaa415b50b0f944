//! Each format against a reviewed file in `golden/`, and read back by somebody else's reader.

use std::io::Write;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::record::{Cause, Role, Status};

/// Output that can be looked at.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn moment(text: &str) -> Option<Moment> {
    Some(text.parse().unwrap())
}

fn row(id: &str, service: &str) -> IncidentRow {
    IncidentRow {
        id: id.to_owned(),
        service: service.to_owned(),
        service_id: None,
        operator: None,
        category: None,
        start: None,
        end: None,
        duration_min: None,
        cause: None,
        status: Status::Unknown,
        role: Role::Main,
        confidence: 0.9,
        articles: 1,
        publishers: 1,
        first_reported: None,
        last_reported: None,
        root: None,
        title: String::new(),
        url: None,
    }
}

fn bare(row: IncidentRow) -> Sourced {
    Sourced { row, urls: Vec::new() }
}

/// One of each sort: all known, known to the day, to the month, going on, without a start, without anything; and hostile texts.
fn samples() -> Vec<Sourced> {
    let mut samples = [
        IncidentRow {
            service_id: Some("kakaopay".into()),
            operator: Some("카카오페이".into()),
            category: Some("payment".into()),
            start: moment("2023-05-15T12:10"),
            end: moment("2023-05-15T14:15"),
            duration_min: Some(125),
            cause: Some(Cause::Network),
            status: Status::Resolved,
            articles: 3,
            publishers: 2,
            first_reported: moment("2023-05-15T12:41"),
            last_reported: moment("2023-05-16T09:00"),
            root: Some("00aa".into()),
            title: "카카오페이, 점심시간에 결제 접속 장애… 2시간 만에 복구; \"원인은 네트워크\", 이용자 불편이 이어졌다".into(),
            url: Some("https://news.example/1?a=1&b=2".into()),
            ..row("0a01", "카카오페이")
        },
        IncidentRow {
            start: moment("2022-10-15"),
            end: moment("2022-10-19T23:30"),
            cause: Some(Cause::Fire),
            status: Status::Resolved,
            first_reported: moment("2022-10-15T16:00"),
            ..row("0a02", "카카오톡")
        },
        IncidentRow { start: moment("2018-11"), role: Role::Background, first_reported: moment("2022-10-17"), ..row("0a03", "KT") },
        IncidentRow {
            start: moment("2024-02-29T23:50:30"),
            status: Status::Ongoing,
            last_reported: moment("2024-03-01T00:10"),
            title: "=HYPERLINK(\"https://evil.example\",\"눌러\")".into(),
            ..row("0a04", "토스 | [뱅크]")
        },
        IncidentRow {
            first_reported: moment("2024-03-02T08:00"),
            title: "첫 줄\n둘째 줄\u{1b}[31m <b>&\u{202e}".into(),
            url: Some("https://news.example/a>b|c".into()),
            ..row("0a05", "+서비스")
        },
        row("0a06", "이름뿐"),
    ]
    .map(|row| Sourced { urls: row.url.iter().cloned().collect(), row });
    samples[0].urls.push("https://paper.example/2".into());
    samples.into()
}

fn written(format: Format, rows: Vec<Sourced>, options: &Options) -> (Vec<u8>, Written) {
    let out = Buffer::default();
    let written = write_all(incidents(format, Box::new(out.clone()), options).unwrap(), rows).unwrap();
    let data = out.0.lock().unwrap().clone();
    (data, written)
}

fn text(format: Format) -> (String, Written) {
    let (data, written) = written(format, samples(), &Options::default());
    (String::from_utf8(data).unwrap(), written)
}

/// Compares with the reviewed file, line for line. `MEOKTONG_WRITE_GOLDEN=src/report/golden` writes the files anew, for review.
fn is_golden(actual: &str, golden: &str, name: &str) {
    let actual = actual.replace("\r\n", "\n").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    if let Ok(folder) = std::env::var("MEOKTONG_WRITE_GOLDEN") {
        return std::fs::write(format!("{folder}/{name}"), &actual).unwrap();
    }
    assert_eq!(actual, golden.replace("\r\n", "\n"), "{name}");
}

#[test]
fn each_format_is_as_reviewed() {
    let n = samples().len() as u64;
    for (format, golden, name, left_out) in [
        (Format::Json, include_str!("golden/incidents.json"), "incidents.json", 0),
        (Format::Jsonl, include_str!("golden/incidents.jsonl"), "incidents.jsonl", 0),
        (Format::Csv, include_str!("golden/incidents.csv"), "incidents.csv", 0),
        (Format::Markdown, include_str!("golden/incidents.md"), "incidents.md", 0),
        (Format::Calendar, include_str!("golden/incidents.ics"), "incidents.ics", 1),
        (Format::Atom, include_str!("golden/incidents.atom"), "incidents.atom", 1),
    ] {
        let (actual, written) = text(format);
        is_golden(&actual, golden, name);
        assert_eq!(written, Written { rows: n - left_out, left_out }, "{name}");
    }
}

#[test]
fn no_rows_are_a_whole_file_too() {
    let empty = |format| String::from_utf8(written(format, Vec::new(), &Options::default()).0).unwrap();
    assert_eq!(empty(Format::Json), "[]\n");
    assert_eq!(empty(Format::Jsonl), "");
    assert!(empty(Format::Csv).starts_with("id,service,"));
    assert_eq!(empty(Format::Csv).lines().count(), 1);
    assert_eq!(empty(Format::Markdown).lines().count(), 2);
    assert!(empty(Format::Calendar).parse::<icalendar::Calendar>().unwrap().components.is_empty());
    assert!(feed_rs::parser::parse(empty(Format::Atom).as_bytes()).unwrap().entries.is_empty());
}

#[test]
fn keys_are_the_columns() {
    fn keys<R: Row>(row: &R) -> Vec<String> {
        let line = serde_json::to_string(row).unwrap();
        // The order of an object's keys is lost in a value.
        let mut at: Vec<(usize, &str)> =
            R::COLUMNS.iter().map(|c| (line.find(&format!("\"{}\":", c.name)).expect(c.name), c.name)).collect();
        at.sort_unstable();
        let serde_json::Value::Object(object) = serde_json::from_str(&line).unwrap() else { panic!("{line}") };
        assert_eq!(object.len(), R::COLUMNS.len());
        assert_eq!(row.values().len(), R::COLUMNS.len());
        for (value, column) in row.values().iter().zip(R::COLUMNS) {
            let fits = match value {
                Value::Text(t) => matches!(column.kind, Kind::Text | Kind::Word) && (column.optional || t.is_some()),
                Value::Time(t) => column.kind == Kind::Time && (column.optional || t.is_some()),
                Value::Count(n) => column.kind == Kind::Count && (column.optional || n.is_some()),
                Value::Share(_) => column.kind == Kind::Share,
                Value::List(_) => column.kind == Kind::List,
            };
            assert!(fits, "{} {value:?}", column.name);
        }
        at.into_iter().map(|(_, name)| name.to_owned()).collect()
    }
    let names = |columns: &[Column]| columns.iter().map(|c| c.name.to_owned()).collect::<Vec<_>>();
    for row in samples() {
        assert_eq!(keys(&row), names(Sourced::COLUMNS));
    }
    assert_eq!(keys(&article("a", "제목")), names(ArticleRow::COLUMNS));
}

fn article(id: &str, title: &str) -> ArticleRow {
    ArticleRow {
        id: id.to_owned(),
        url: Some("https://news.example/1".into()),
        publisher: Some("한빛신문".into()),
        title: title.to_owned(),
        authors: vec!["김 기자".into(), "이 기자".into()],
        published_at: moment("2023-05-15T12:41"),
        modified_at: None,
        label: "outage".into(),
        score: 0.98,
        outages: 1,
        text: "첫 줄\n\"둘째\" 줄, 끝".into(),
    }
}

fn csv_rows(data: &[u8]) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = ::csv::Reader::from_reader(data.strip_prefix("\u{feff}".as_bytes()).unwrap_or(data));
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn csv_reads_back() {
    let (data, _) = written(Format::Csv, samples(), &Options { bom: true, ..Options::default() });
    assert!(data.starts_with(&[0xef, 0xbb, 0xbf]));
    let found = csv_rows(&data);
    assert_eq!(found.len(), samples().len());
    for (cells, Sourced { row, urls }) in found.iter().zip(samples()) {
        let time = |m: Option<Moment>| m.map(|m| m.to_string()).unwrap_or_default();
        assert_eq!(cells["id"], row.id);
        assert_eq!(csv::unguarded(&cells["service"]), row.service);
        assert_eq!(csv::unguarded(&cells["title"]), row.title);
        assert_eq!(cells["start"], time(row.start));
        assert_eq!(cells["end"], time(row.end));
        assert_eq!(cells["duration_min"], row.duration_min.map(|n| n.to_string()).unwrap_or_default());
        assert_eq!(cells["urls"], urls.join(" "));
    }
    let out = Buffer::default();
    write_all(articles(Format::Csv, Box::new(out.clone()), &Options::default()).unwrap(), [article("a", "@제목")]).unwrap();
    let found = csv_rows(&out.0.lock().unwrap().clone());
    assert_eq!(found[0]["title"], "'@제목");
    assert_eq!(found[0]["text"], "첫 줄\n\"둘째\" 줄, 끝");
    assert_eq!(found[0]["authors"], "김 기자; 이 기자");
}

#[test]
fn articles_have_no_calendar() {
    for format in [Format::Markdown, Format::Calendar, Format::Atom] {
        let error = articles(format, Box::new(Buffer::default()), &Options::default()).err().expect("refused");
        assert!(error.to_string().contains("incidents only"), "{error}");
    }
}

#[test]
fn calendar_reads_back() {
    let (text, _) = text(Format::Calendar);
    for line in text.split_inclusive("\r\n") {
        assert!(line.ends_with("\r\n") && line.len() <= 77, "{line:?}");
        assert!(!line.trim_end_matches("\r\n").contains(char::is_control), "{line:?}");
    }
    use icalendar::Component;
    let calendar: icalendar::Calendar = text.parse().unwrap();
    let events: Vec<&icalendar::Event> = calendar.components.iter().filter_map(|c| c.as_event()).collect();
    assert_eq!(events.len(), 5);
    assert_eq!(events[0].get_uid(), Some("0a01@meoktong"));
    assert_eq!(events[0].get_summary(), Some("카카오페이 outage, 125 min"));
    assert!(events[0].get_description().unwrap().contains("복구; \"원인은 네트워크\", 이용자"));
    let times = |n: usize| (events[n].property_value("DTSTART"), events[n].property_value("DTEND"));
    assert_eq!(times(0), (Some("20230515T031000Z"), Some("20230515T051500Z")));
    // The end of an all-day event is the day after.
    assert_eq!(times(1), (Some("20221015"), Some("20221020")));
    assert!(matches!(events[1].get_start(), Some(icalendar::DatePerhapsTime::Date(_))));
    assert_eq!(times(2), (Some("20181101"), Some("20181201")));
    assert_eq!(events[2].get_summary(), Some("KT outage (2018-11)"));
    assert_eq!(times(3), (Some("20240229T145030Z"), None));
    assert_eq!(times(4), (Some("20240302"), Some("20240303")));
    assert_eq!(events[4].get_summary(), Some("+서비스 outage (start unknown)"));
}

#[test]
fn an_end_known_to_the_day_never_makes_an_event_longer_than_is_known() {
    let ends = |end: &str, minutes: Option<u32>| {
        let row = IncidentRow { start: moment("2024-02-28T10:00"), end: moment(end), duration_min: minutes, ..row("0b", "가") };
        let text = String::from_utf8(written(Format::Calendar, vec![bare(row)], &Options::default()).0).unwrap();
        text.lines().find_map(|l| l.strip_prefix("DTEND:").map(str::to_owned))
    };
    assert_eq!(ends("2024-03-01", None).as_deref(), Some("20240229T150000Z"));
    assert_eq!(ends("2024-02-28", None), None);
    assert_eq!(ends("2024-02-28", Some(90)).as_deref(), Some("20240228T023000Z"));
    assert_eq!(ends("2024", None), None);
    assert_eq!(ends("2024-02-28T09:00", None), None);
}

#[test]
fn atom_reads_back() {
    let (text, _) = text(Format::Atom);
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    assert_eq!(feed.updated.unwrap().to_rfc3339(), "2023-05-16T00:00:00+00:00");
    assert_eq!(feed.entries.len(), 5);
    let first = &feed.entries[0];
    assert_eq!(first.id, "tag:meoktong,2026:incident/0a01");
    assert_eq!(first.title.as_ref().unwrap().content, "카카오페이 outage 2023-05-15 12:10 (125 min)");
    assert_eq!(first.published.unwrap().to_rfc3339(), "2023-05-15T03:41:00+00:00");
    let links: Vec<(&str, Option<&str>)> = first.links.iter().map(|l| (l.href.as_str(), l.rel.as_deref())).collect();
    assert_eq!(links, [("https://news.example/1?a=1&b=2", Some("alternate")), ("https://paper.example/2", Some("related"))]);
    let content = feed.entries[4].content.as_ref().unwrap().body.as_ref().unwrap();
    assert!(content.contains("<b>&"), "{content}");
    let given = Options { updated: moment("2024-04-01"), ..Options::default() };
    let (data, _) = written(Format::Atom, samples(), &given);
    assert_eq!(feed_rs::parser::parse(data.as_slice()).unwrap().updated.unwrap().to_rfc3339(), "2024-03-31T15:00:00+00:00");
}

#[test]
fn parquet_reads_back() {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Int32Type, TimestampMillisecondType, UInt32Type};

    // More than a batch, so that dictionaries differ between batches.
    let rows: Vec<Sourced> = (0..1700)
        .flat_map(|_| samples())
        .enumerate()
        .map(|(n, mut r)| {
            r.row.id = n.to_string();
            r
        })
        .collect();
    let (data, written) = written(Format::Parquet, rows.clone(), &Options::default());
    assert_eq!(written.rows, rows.len() as u64);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(data)).unwrap();
    let start_last = reader.schema().field_with_name("start_last").unwrap().clone();
    assert_eq!(start_last.data_type().to_string(), "Timestamp(ms, \"Asia/Seoul\")");
    assert_eq!(start_last.metadata()["description"], "the last second that `start` may mean");
    let mut n = 0;
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let services = column("service").as_dictionary::<Int32Type>().downcast_dict::<arrow_array::StringArray>().unwrap();
        let starts = column("start").as_string::<i32>();
        let first = column("start_first").as_primitive::<TimestampMillisecondType>();
        let last = column("start_last").as_primitive::<TimestampMillisecondType>();
        let minutes = column("duration_min").as_primitive::<UInt32Type>();
        let urls = column("urls").as_list::<i32>();
        for i in 0..batch.num_rows() {
            use arrow_array::{Array, ArrayAccessor};
            let Sourced { row, urls: expected } = &rows[n];
            assert_eq!(services.value(i), row.service);
            assert_eq!(starts.is_valid(i).then(|| starts.value(i).to_owned()), row.start.map(|m| m.to_string()));
            let bounds = (first.is_valid(i)).then(|| (first.value(i) / 1000, last.value(i) / 1000));
            assert_eq!(bounds, row.start.map(Moment::unix_bounds));
            assert_eq!(minutes.is_valid(i).then(|| minutes.value(i)), row.duration_min);
            let list = urls.value(i);
            assert_eq!(list.as_string::<i32>().iter().flatten().collect::<Vec<_>>(), *expected);
            n += 1;
        }
    }
    assert_eq!(n, rows.len());
}

#[test]
fn the_documented_columns_are_those_of_the_code() {
    let document = schema::<Sourced>();
    for column in Sourced::COLUMNS {
        assert!(document.contains(&format!("| `{}` |", column.name)));
    }
}

/// An output that ends like `| head`.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_closed_output_is_known_by_its_error() {
    for format in [Format::Json, Format::Jsonl, Format::Csv, Format::Markdown, Format::Parquet, Format::Calendar, Format::Atom] {
        let done = incidents(format, Box::new(Closed), &Options::default()).and_then(|writer| write_all(writer, samples()));
        assert!(matches!(&done, Err(ReportError::Io(e)) if e.kind() == std::io::ErrorKind::BrokenPipe), "{format:?} {done:?}");
    }
}

proptest! {
    #[test]
    fn any_text_survives_csv_and_none_is_a_formula(title in "['=+@\\-\t\r\n ＝＠,;\"가a]{0,8}") {
        let row = IncidentRow { title: title.clone(), ..row("0c", "가") };
        let (data, _) = written(Format::Csv, vec![bare(row)], &Options::default());
        let cells = csv_rows(&data);
        let cell = &cells[0]["title"];
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
        prop_assert_eq!(csv::unguarded(cell), title);
    }

    #[test]
    fn any_text_stays_in_its_cell_of_markdown(title in "\\PC{0,20}", control in "[\n\r|\\\\`\u{1b}]{0,3}") {
        let row = IncidentRow { title: title + &control, url: Some(control), ..row("0c", "가") };
        let text = String::from_utf8(written(Format::Markdown, vec![bare(row)], &Options::default()).0).unwrap();
        prop_assert_eq!(text.lines().count(), 3);
        let line = text.lines().last().unwrap();
        let bars = line.char_indices().filter(|(i, c)| *c == '|' && !escaped_at(line, *i)).count();
        prop_assert_eq!(bars, 9);
    }

    #[test]
    fn any_text_is_whole_xml_and_ical(title in any::<String>(), service in any::<String>()) {
        let row = IncidentRow { title, start: moment("2024-01-01"), ..row("0c", &service) };
        let (data, _) = written(Format::Atom, vec![bare(row.clone())], &Options::default());
        prop_assert_eq!(feed_rs::parser::parse(data.as_slice()).unwrap().entries.len(), 1);
        let text = String::from_utf8(written(Format::Calendar, vec![bare(row)], &Options::default()).0).unwrap();
        prop_assert!(text.split_inclusive("\r\n").all(|l| l.ends_with("\r\n") && l.len() <= 77));
        prop_assert_eq!(text.parse::<icalendar::Calendar>().unwrap().components.len(), 1);
    }
}

/// Whether an odd number of backslashes stands before.
fn escaped_at(line: &str, at: usize) -> bool {
    line[..at].bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}
