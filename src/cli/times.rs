//! `meoktong times`: the time expressions of texts and nothing else.
//!
//! JSON lines in, JSON lines out; with `--published`, plain text in and a listing for people out. Data goes to the given
//! output, complaints to the given error stream: a line that cannot be used is named by its number and the others still come out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use crate::temporal::{Expression, Moment, Value, find};

const MOMENT: Style = AnsiColor::Cyan.on_default();
const SPAN: Style = AnsiColor::Green.on_default().bold();
const LENGTH: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// The arguments of `meoktong times`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  meoktong times texts.jsonl
  echo '지난 8일 오후 1시 35분부터 20분간' | meoktong times --published 2023-05-17")]
pub struct TimesArgs {
    /// JSON lines with "id", "published_at" and "text", or plain text where --published is given; - is standard input
    #[arg(value_name = "PATH", default_value = "-")]
    pub path: PathBuf,

    /// Read plain text, published then: 2023-05-17 or 2023-05-17T09:00
    #[arg(long, value_name = "DATE")]
    pub published: Option<Moment>,
}

/// A line of input; any other key is ignored.
#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    published_at: Option<Moment>,
    text: String,
}

/// A line of output.
#[derive(Debug, Serialize)]
struct Output<'t> {
    id: serde_json::Value,
    times: Vec<Time<'t>>,
}

/// One expression as the output has it.
#[derive(Debug, Serialize)]
struct Time<'t> {
    text: &'t str,
    /// Characters, not bytes.
    from: usize,
    to: usize,
    kind: &'static str,
    start: Option<Moment>,
    end: Option<Moment>,
    minutes: Option<serde_json::Number>,
    modifier: Option<&'static str>,
}

/// Does the work: 0 if every line could be used, 1 if some could not.
///
/// `out` may be an [`anstream::AutoStream`]: the listing is coloured, the JSON lines never are.
pub fn run(args: &TimesArgs, stdin: &mut dyn BufRead, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<u8> {
    let mut file;
    let input: &mut dyn BufRead = if args.path.as_os_str() == "-" {
        stdin
    } else {
        file = BufReader::new(File::open(&args.path).with_context(|| format!("cannot open {}", args.path.display()))?);
        &mut file
    };
    let status = match args.published {
        Some(published) => listing(published, input, out).with_context(|| format!("cannot read {}", args.path.display())),
        None => json_lines(input, out, err).with_context(|| format!("cannot read {}", args.path.display())),
    };
    match status {
        // The reader of our output has seen enough (`| head`).
        Err(e) if e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => Ok(0),
        other => other,
    }
}

fn json_lines(input: &mut dyn BufRead, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut status = 0;
    let mut line = Vec::new();
    for number in 1u64.. {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let bytes = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Input>(bytes) {
            Ok(article) => {
                let found = find(&article.text, article.published_at);
                let output = Output { id: article.id, times: times(&article.text, &found) };
                serde_json::to_writer(&mut *out, &output)?;
                out.write_all(b"\n")?;
            }
            Err(e) => {
                status = 1;
                let hint = if bytes.starts_with(b"{") { "" } else { "; for plain text say --published DATE" };
                // serde_json counts lines within what it was given, which is always one line.
                let reason = e.to_string().replace(" at line 1", "");
                writeln!(err, "line {number}: {reason}{hint}")?;
            }
        }
    }
    out.flush()?;
    Ok(status)
}

/// The expressions with character offsets, counted in one pass.
fn times<'t>(text: &'t str, found: &[Expression]) -> Vec<Time<'t>> {
    let (mut at, mut chars) = (0, 0);
    let mut count = |to: usize| {
        chars += text[at..to].chars().count();
        at = to;
        chars
    };
    found
        .iter()
        .map(|e| Time {
            text: &text[e.range.clone()],
            from: count(e.range.start),
            to: count(e.range.end),
            kind: kind(e),
            start: e.start(),
            end: e.end(),
            minutes: e.minutes().and_then(number),
            modifier: e.modifier.map(|m| m.as_str()),
        })
        .collect()
}

fn kind(expression: &Expression) -> &'static str {
    match expression.value {
        Value::Moment(_) => "moment",
        Value::Span { .. } => "span",
        Value::Duration(_) => "duration",
    }
}

/// Whole minutes without a fraction, as people write them.
fn number(minutes: f64) -> Option<serde_json::Number> {
    if minutes.fract() == 0.0 && minutes.abs() < 9e15 { Some((minutes as i64).into()) } else { serde_json::Number::from_f64(minutes) }
}

/// Every line that has an expression, marked, and below it what each means.
fn listing(published: Moment, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<u8> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let found = find(&text, Some(published));
    let mut rest = found.as_slice();
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let to = from + line.len();
        let here = &rest[..rest.partition_point(|e| e.range.start < to)];
        rest = &rest[here.len()..];
        if !here.is_empty() {
            marked(line.trim_end(), from, here, out)?;
            let width = here.iter().map(|e| text[e.range.clone()].width()).max().unwrap_or(0);
            for e in here {
                let quote = &text[e.range.clone()];
                let style = style(e);
                let padding = " ".repeat(width - quote.width());
                writeln!(out, "    {style}{quote}{style:#}{padding}  {}", meaning(e))?;
            }
        }
        from = to;
    }
    if found.is_empty() {
        writeln!(out, "{FAINT}no time expression{FAINT:#}")?;
    }
    out.flush()?;
    Ok(0)
}

fn marked(line: &str, from: usize, here: &[Expression], out: &mut dyn Write) -> io::Result<()> {
    let mut at = 0;
    for e in here {
        // An expression never holds a line break, so it ends where its line does at the latest.
        let (start, end) = (e.range.start - from, (e.range.end - from).min(line.len()));
        let style = style(e);
        write!(out, "{}{style}{}{style:#}", &line[at..start], &line[start..end])?;
        at = end;
    }
    writeln!(out, "{}", &line[at..])
}

fn style(expression: &Expression) -> Style {
    match expression.value {
        Value::Moment(_) => MOMENT,
        Value::Span { .. } => SPAN,
        Value::Duration(_) => LENGTH,
    }
}

fn meaning(expression: &Expression) -> String {
    let end = |m: Option<Moment>| m.map_or("?".to_owned(), |m| m.to_string());
    let mut said = match expression.value {
        Value::Moment(moment) => moment.to_string(),
        Value::Span { start, end: last } => format!("{} – {}", end(start), end(last)),
        Value::Duration(_) => String::new(),
    };
    if let Some(minutes) = expression.minutes() {
        if !said.is_empty() {
            said += "  ";
        }
        said += &format!("{} min", (minutes * 100.0).round() / 100.0);
    }
    if let Some(modifier) = expression.modifier {
        said += &format!("  {}", modifier.as_str());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(published: Option<&str>, input: &[u8]) -> (u8, String, String) {
        let args = TimesArgs { path: "-".into(), published: published.map(|p| p.parse().unwrap()) };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = run(&args, &mut &*input, &mut out, &mut err).unwrap();
        (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn json_lines_carry_the_contract() {
        let line = r#"{"id": "a", "published_at": "2023-05-17", "text": "😀 지난 8일 오후 1시 35분부터 20여 분간, 30초 만에"}"#;
        let (status, out, err) = called(None, line.as_bytes());
        assert_eq!((status, err.as_str()), (0, ""));
        let expected = concat!(
            r#"{"id":"a","times":[{"text":"지난 8일 오후 1시 35분부터 20여 분간","from":2,"to":26,"kind":"span","#,
            r#""start":"2023-05-08T13:35+09:00","end":"2023-05-08T13:55+09:00","minutes":20,"modifier":"about"},"#,
            r#"{"text":"30초","from":28,"to":31,"kind":"duration","start":null,"end":null,"minutes":0.5,"modifier":null}]}"#,
            "\n"
        );
        assert_eq!(out, expected);
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_come_out() {
        let input = b"{\"id\": 1, \"text\": \"2022\xeb\x85\x84\"}\n\nnonsense\n{\"id\": 2, \"published_at\": \"yesterday\", \"text\": \"\"}\n{\"id\": 3, \"text\": \"\xff\"}\n{\"id\": 4, \"text\": \"\"}";
        let (status, out, err) = called(None, input);
        assert_eq!(status, 1);
        assert_eq!(out.lines().count(), 2);
        assert!(out.starts_with(r#"{"id":1,"times":[{"text":"2022년","from":0,"to":5,"kind":"moment","start":"2022""#), "{out}");
        assert_eq!(out.lines().last(), Some(r#"{"id":4,"times":[]}"#));
        let numbers: Vec<&str> = err.lines().map(|l| l.split(':').next().unwrap()).collect();
        assert_eq!(numbers, ["line 3", "line 4", "line 5"]);
        assert!(err.contains("--published") && err.contains("yesterday"), "{err}");
    }

    #[test]
    fn plain_text_is_listed() {
        let (status, out, _) = called(Some("2023-05-17"), "먹통\n어제 오후 3시께 멈췄다.\n".as_bytes());
        assert_eq!(status, 0);
        let plain = anstream::adapter::strip_str(&out).to_string();
        assert_eq!(plain, "어제 오후 3시께 멈췄다.\n    어제 오후 3시께  2023-05-16T15:00+09:00  about\n");
        assert!(out.contains('\u{1b}'));
        let (_, out, _) = called(Some("2023-05-17"), "먹통\n".as_bytes());
        assert!(out.contains("no time expression"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let args = TimesArgs { path: "no-such-file.jsonl".into(), published: None };
        let error = run(&args, &mut &b""[..], &mut Vec::new(), &mut Vec::new()).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-file.jsonl"));
    }
}
