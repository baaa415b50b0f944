//! The table of phrases: `fixtures/temporal/corpus.tsv` is the specification, this test reads it.

use std::fmt::Write;

use meoktong::temporal::{Expression, Moment, Value, find};

struct Row {
    line: usize,
    published: Option<Moment>,
    text: String,
    phrases: Vec<(usize, usize)>,
    values: Vec<String>,
}

/// Takes the braces out of a text; gives it with the bytes that they enclosed.
fn unmark(marked: &str) -> (String, Vec<(usize, usize)>) {
    let mut text = String::new();
    let mut phrases = Vec::new();
    let mut open = None;
    for c in marked.chars() {
        match c {
            '{' => open = Some(text.len()),
            '}' => phrases.push((open.take().expect("a closing brace has an opening one"), text.len())),
            c => text.push(c),
        }
    }
    (text, phrases)
}

fn rows() -> Vec<Row> {
    let table = include_str!("../fixtures/temporal/corpus.tsv");
    let mut rows = Vec::new();
    for (n, line) in table.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') || line.starts_with("published\t") {
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        let [published, marked, values] = cells.as_slice() else { panic!("line {}: three cells, not {}", n + 1, cells.len()) };
        let (text, phrases) = unmark(marked);
        let values: Vec<String> = if *values == "-" { Vec::new() } else { values.split("; ").map(str::to_owned).collect() };
        assert_eq!(phrases.len(), values.len(), "line {}: as many values as phrases", n + 1);
        let published = (!published.is_empty()).then(|| published.parse().unwrap_or_else(|e| panic!("line {}: {e}", n + 1)));
        rows.push(Row { line: n + 1, published, text, phrases, values });
    }
    rows
}

fn moment(moment: Option<Moment>) -> String {
    moment.map_or("?".to_owned(), |m| m.to_string().replace("+09:00", ""))
}

/// An expression in the notation of the table.
fn said(expression: &Expression) -> String {
    let mut out = match expression.value {
        Value::Moment(at) => moment(Some(at)),
        Value::Span { start, end } => format!("{}/{}", moment(start), moment(end)),
        Value::Duration(minutes) => format!("{minutes}m"),
    };
    if let Some(modifier) = expression.modifier {
        write!(out, " {}", modifier.as_str()).unwrap();
    }
    out
}

#[test]
fn every_phrase_has_its_value() {
    let rows = rows();
    assert!(rows.len() >= 600, "{} phrases", rows.len());
    let mut failures = String::new();
    let mut failed = 0;
    for row in &rows {
        let found = find(&row.text, row.published);
        // A span's brace may close before or behind its last particle; the bytes it begins with and its value are what counts.
        let right = found.len() == row.values.len()
            && found.iter().zip(&row.values).zip(&row.phrases).all(|((e, value), (from, to))| {
                let end = e.range.end == *to
                    || (matches!(e.value, Value::Span { .. }) && row.text[e.range.end.min(*to)..e.range.end.max(*to)].chars().count() <= 3);
                said(e) == *value && e.range.start == *from && end
            });
        if !right {
            failed += 1;
            writeln!(failures, "line {}, published {}: {}", row.line, moment(row.published), row.text).unwrap();
            for ((from, to), value) in row.phrases.iter().zip(&row.values) {
                writeln!(failures, "    expected {value:<40} {}", &row.text[*from..*to]).unwrap();
            }
            for e in &found {
                writeln!(failures, "    found    {:<40} {}", said(e), &row.text[e.range.clone()]).unwrap();
            }
        }
    }
    assert_eq!(failed, 0, "\n{failures}{failed} of {} phrases are wrong", rows.len());
}
