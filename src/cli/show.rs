//! `meoktong show`: one record, what it rests on, and its article.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::json;

use super::table::{one_line, time};
use super::{Global, printable};
use crate::config::Config;
use crate::record::{Evidence, Place};
use crate::store::{OutageDetail, Store};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  meoktong show 3f2a91c0\n  meoktong show 3f2a91c0 --format json")]
pub(crate) struct ShowArgs {
    /// The record's id, or enough of its beginning (`meoktong outages` lists them)
    id: String,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

pub(crate) fn run(global: &Global, args: ShowArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let detail = Store::open_read_only(&config.database_path(global.db.as_deref())?)?.outage(&args.id)?;
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Text => write!(out, "{}", describe(&detail))?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &json(&detail)).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn json(detail: &OutageDetail) -> serde_json::Value {
    let article = &detail.article.article;
    json!({
        "id": detail.id,
        "outage": detail.outage,
        "article": {
            "id": article.id,
            "url": article.url,
            "canonical_url": article.canonical_url,
            "urls": detail.urls,
            "publisher": article.publisher,
            "title": article.title,
            "authors": article.authors,
            "published_at": article.published_at,
            "published_from": article.published_from,
            "modified_at": article.modified_at,
            "label": detail.article.label,
            "score": detail.article.score,
            "outages": detail.article.outages.len(),
            "extractor_version": detail.article.extractor_version,
        },
    })
}

fn describe(detail: &OutageDetail) -> String {
    let OutageDetail { outage, article: stored, .. } = detail;
    let article = &stored.article;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<11} {}", one_line(value));
        }
    };
    let or_empty = |t: &Option<String>| t.clone().unwrap_or_default();
    line("id", &detail.id);
    line("service", &outage.service);
    line("service_id", &or_empty(&outage.service_id));
    line("operator", &or_empty(&outage.operator));
    line("category", &or_empty(&outage.category));
    line("start", &time(outage.start));
    line("end", &time(outage.end));
    line("duration", &outage.duration_min.map(|n| format!("{n} min")).unwrap_or_default());
    line("cause", outage.cause.map_or("", |c| c.as_str()));
    line("status", outage.status.as_str());
    line("role", outage.role.as_str());
    line("keywords", &outage.keywords.join(", "));
    line("confidence", &format!("{:.2}", outage.confidence));
    line("article", &article.title);
    line("publisher", &or_empty(&article.publisher));
    line("published", &time(article.published_at));
    line("modified", &time(article.modified_at));
    for url in &detail.urls {
        line("url", url);
    }
    line("extractor", &stored.extractor_version);
    if !outage.evidence.is_empty() {
        text += "\nEvidence\n";
        for evidence in &outage.evidence {
            let source = if evidence.place == Place::Title { &article.title } else { &article.text };
            let _ = writeln!(text, "  {:<9} {:<5} {}", evidence.field, evidence.place, context(source, evidence));
        }
    }
    text
}

/// The quote in its surroundings: `… 지난 8일 [오후 1시 35분부터] 20분가량 …`.
fn context(source: &str, evidence: &Evidence) -> String {
    const AROUND: usize = 24;
    let characters: Vec<char> = source.chars().collect();
    let (from, to) = (evidence.from.min(characters.len()), evidence.to.min(characters.len()).max(evidence.from.min(characters.len())));
    let (first, last) = (from.saturating_sub(AROUND), (to + AROUND).min(characters.len()));
    let piece = |range: std::ops::Range<usize>| characters[range].iter().collect::<String>();
    // A context ends where the line does.
    let before = piece(first..from);
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = piece(to..last);
    let after = after.split('\n').next().unwrap_or_default();
    let dots = |cut: bool| if cut { "…" } else { "" };
    let (cut_before, cut_after) =
        (first > 0 && before.chars().count() == from - first, last < characters.len() && after.chars().count() == last - to);
    let text = format!("{}{before}[{}]{after}{}", dots(cut_before), evidence.quote, dots(cut_after));
    printable(&text.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;

    #[test]
    fn a_quote_is_shown_in_its_line() {
        let source = "첫 줄이다.\n지난 8일 오후 1시 35분부터 멈췄다.\n끝.";
        let at = source.chars().position(|c| c == '오').unwrap();
        let evidence = |from, to| Evidence {
            field: Field::Start,
            place: Place::Text,
            quote: source.chars().skip(from).take(to - from).collect(),
            from,
            to,
        };
        assert_eq!(context(source, &evidence(at, at + 11)), "지난 8일 [오후 1시 35분부터] 멈췄다.");
        let long = "가".repeat(100);
        let middle = Evidence { quote: "가".into(), ..evidence(0, 1) };
        let shown = context(&long, &Evidence { from: 50, to: 51, ..middle.clone() });
        assert!(shown.starts_with("…가") && shown.ends_with("가…") && shown.contains("[가]"), "{shown}");
        assert_eq!(context("", &Evidence { from: 7, to: 3, ..middle }), "[가]", "a wrong place is no panic");
    }
}
