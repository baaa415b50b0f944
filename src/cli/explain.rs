//! `extract --explain`: the article with what was found in colour, and for each record why.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::printable;
use crate::article::Article;
use crate::extract::explain::{Explanation, MarkKind};
use crate::record::Place;

fn style(kind: MarkKind) -> Style {
    match kind {
        MarkKind::Service => AnsiColor::Cyan.on_default().bold(),
        MarkKind::OtherName => AnsiColor::Cyan.on_default().dimmed(),
        MarkKind::Symptom => AnsiColor::Red.on_default().bold(),
        MarkKind::Rejected => AnsiColor::Red.on_default().dimmed().strikethrough(),
        MarkKind::Time => AnsiColor::Yellow.on_default().bold(),
        MarkKind::OtherTime => AnsiColor::Yellow.on_default().dimmed(),
        MarkKind::Cause => AnsiColor::Magenta.on_default().bold(),
        MarkKind::Recovery => AnsiColor::Green.on_default().bold(),
    }
}

/// What a mark is called where there is no colour to tell it.
fn name(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Service => "service",
        MarkKind::OtherName => "name",
        MarkKind::Symptom => "failure",
        MarkKind::Rejected => "rejected",
        MarkKind::Time => "time",
        MarkKind::OtherTime => "other time",
        MarkKind::Cause => "cause",
        MarkKind::Recovery => "recovery",
    }
}

/// Prints it. Colours are left out by the stream where they are not wanted.
pub(crate) fn print(out: &mut impl Write, article: &Article, explanation: &Explanation) -> std::io::Result<()> {
    let bold = Style::new().bold();
    write!(out, "{bold}")?;
    passage(out, Place::Title, &article.title, explanation)?;
    writeln!(out, "{bold:#}")?;
    if let Some(at) = article.published_at {
        writeln!(out, "published {at}")?;
    }
    writeln!(out)?;
    passage(out, Place::Text, &article.text, explanation)?;
    writeln!(out, "\n")?;
    let kinds = [
        MarkKind::Service,
        MarkKind::OtherName,
        MarkKind::Symptom,
        MarkKind::Rejected,
        MarkKind::Time,
        MarkKind::OtherTime,
        MarkKind::Cause,
        MarkKind::Recovery,
    ];
    let legend: Vec<String> = kinds.iter().map(|k| format!("{}{}{:#}", style(*k), name(*k), style(*k))).collect();
    writeln!(out, "{}", legend.join("  "))?;
    if explanation.records.is_empty() {
        writeln!(out, "\nno outage")?;
    }
    for reasons in &explanation.records {
        let o = &reasons.outage;
        let show = |v: Option<String>| v.unwrap_or_else(|| "—".into());
        writeln!(
            out,
            "\n{bold}{}{bold:#}  {} ~ {}  {}",
            printable(&o.service),
            show(o.start.map(|m| m.to_string())),
            show(o.end.map(|m| m.to_string())),
            o.role
        )?;
        writeln!(
            out,
            "  {}  {}  cause {}  {}  confidence {:.2}",
            o.service_id.as_deref().unwrap_or("(in no dictionary)"),
            o.duration_min.map_or_else(|| "—".into(), |m| format!("{m} min")),
            show(o.cause.map(|c| c.to_string())),
            o.status,
            o.confidence
        )?;
        for e in &o.evidence {
            writeln!(out, "  {:9} “{}” ({} {}–{})", e.field, printable(&e.quote.replace('\n', " ")), e.place, e.from, e.to)?;
        }
        for s in &reasons.sentences {
            writeln!(out, "  from: {}", printable(s))?;
        }
        let features: Vec<String> = reasons.features.iter().map(|(n, w)| format!("{n} {w:+.1}")).collect();
        writeln!(out, "  confidence from: {}", features.join(", "))?;
    }
    if !explanation.rejected.is_empty() {
        writeln!(out, "\nrejected")?;
        for r in &explanation.rejected {
            writeln!(out, "  “{}”: {}", printable(&r.quote), r.reason)?;
        }
    }
    Ok(())
}

fn passage(out: &mut impl Write, place: Place, text: &str, explanation: &Explanation) -> std::io::Result<()> {
    let mut at = 0;
    for mark in explanation.marks.iter().filter(|m| m.place == place) {
        let style = style(mark.kind);
        write!(out, "{}{style}{}{style:#}", printable(&text[at..mark.range.start]), printable(&text[mark.range.clone()]))?;
        at = mark.range.end;
    }
    write!(out, "{}", printable(&text[at..]))
}
