//! `meoktong evaluate`: extracted records against a gold file.

use std::io::{BufReader, Write};
use std::path::PathBuf;

use anyhow::Context;

use super::{Global, printable};
use crate::article::{Article, PublishedFrom};
use crate::evaluate::{Aliases, Counts, Evaluation, FIELDS, GoldArticle, read_gold};
use crate::record::Outage;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  meoktong evaluate fixtures/gold/dev.jsonl\n  meoktong evaluate fixtures/gold/dev.jsonl --errors")]
pub(crate) struct EvaluateArgs {
    /// Articles with the records that a careful reader made, one a line
    gold: PathBuf,
    /// Groups of names that mean one service, a JSON list of lists [default: aliases.json beside the gold file, where there is one]
    #[arg(long, value_name = "FILE")]
    aliases: Option<PathBuf>,
    /// List every miss, false alarm and wrong field, article by article
    #[arg(long)]
    errors: bool,
    /// Print the figures as one JSON object
    #[arg(long)]
    json: bool,
    /// Fail where the F1 of articles, events or whole records is below these
    #[arg(long, value_name = "ARTICLE,EVENT,STRICT", value_delimiter = ',')]
    at_least: Vec<f64>,
}

/// A gold article as the extractor reads it.
pub(crate) fn article_of(gold: &GoldArticle) -> Article {
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    Article {
        id: gold.id.clone(),
        url: some(&gold.url),
        canonical_url: None,
        publisher: some(&gold.publisher),
        title: crate::article::normalize_line(&gold.title),
        authors: Vec::new(),
        published_at: gold.published_at,
        published_from: gold.published_at.map(|_| PublishedFrom::Given),
        modified_at: None,
        text: crate::article::normalize(&gold.text).into_owned(),
    }
}

pub(crate) fn run(global: &Global, args: EvaluateArgs) -> anyhow::Result<u8> {
    if !(args.at_least.is_empty() || args.at_least.len() == 3) {
        anstream::eprintln!("error: --at-least takes three figures: the F1 of articles, events and whole records");
        return Ok(2);
    }
    let pipeline = crate::Pipeline::open(&crate::config::Config::load(global.config.as_deref())?)?;
    let file = std::fs::File::open(&args.gold).with_context(|| format!("cannot open {}", args.gold.display()))?;
    let gold = read_gold(BufReader::new(file)).with_context(|| args.gold.display().to_string())?;
    let beside = args.gold.with_file_name("aliases.json");
    let aliases = match args.aliases.or_else(|| beside.exists().then_some(beside)) {
        None => Aliases::default(),
        Some(path) => {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Aliases::from_json(&text).with_context(|| path.display().to_string())?
        }
    };
    let mut result = Evaluation::default();
    for article in &gold {
        let records: Vec<Outage> = pipeline.extractor().extract(&article_of(article)).outages;
        result.add(&aliases, article, &records);
    }
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", json(&result))?;
    } else {
        if args.errors {
            print_errors(&mut out, &result, &gold)?;
        }
        print_figures(&mut out, &result)?;
    }
    out.flush()?;
    let reached = [result.article.f1(), result.event.f1(), result.strict.f1()];
    let below: Vec<String> = args
        .at_least
        .iter()
        .zip(reached)
        .zip(["article", "event", "strict"])
        .filter(|((want, got), _)| *got + 1e-9 < **want)
        .map(|((want, got), name)| format!("{name} F1 {got:.3} is below {want:.3}"))
        .collect();
    if !below.is_empty() {
        anyhow::bail!("{}", below.join(", "));
    }
    Ok(0)
}

fn print_errors(out: &mut impl Write, result: &Evaluation, gold: &[GoldArticle]) -> std::io::Result<()> {
    for article in gold {
        let notes: Vec<&str> = result.notes.iter().filter(|n| n.article == article.id).map(|n| n.text.as_str()).collect();
        if notes.is_empty() {
            continue;
        }
        writeln!(out, "{}  {}", article.id, printable(&article.title))?;
        for note in notes {
            writeln!(out, "    {}", printable(note))?;
        }
    }
    writeln!(out)
}

fn print_figures(out: &mut impl Write, result: &Evaluation) -> std::io::Result<()> {
    writeln!(out, "{} articles", result.articles)?;
    for (name, c) in [("article", result.article), ("event", result.event), ("strict", result.strict)] {
        writeln!(out, "{name:8} precision {:.3}  recall {:.3}  F1 {:.3}", c.precision(), c.recall(), c.f1())?;
    }
    for (name, (right, asked)) in FIELDS.iter().zip(result.fields) {
        let share = if asked == 0 { "—".to_owned() } else { format!("{:.3}", right as f64 / asked as f64) };
        writeln!(out, "  {name:9} {share} of {asked}")?;
    }
    writeln!(out, "  confidence  records  right")?;
    for (low, high) in [(0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)] {
        let inside: Vec<bool> = result.confidences.iter().filter(|(c, _)| (low..high).contains(c)).map(|(_, r)| *r).collect();
        if !inside.is_empty() {
            let right = inside.iter().filter(|r| **r).count();
            writeln!(out, "  {low:.1} – {:.1}   {:7}  {:.3}", f64::min(high, 1.0), inside.len(), right as f64 / inside.len() as f64)?;
        }
    }
    Ok(())
}

fn json(result: &Evaluation) -> serde_json::Value {
    let counts = |c: Counts| serde_json::json!({"precision": round(c.precision()), "recall": round(c.recall()), "f1": round(c.f1())});
    let fields: serde_json::Map<String, serde_json::Value> = FIELDS
        .iter()
        .zip(result.fields)
        .map(|(name, (right, asked))| {
            let share = (asked > 0).then(|| round(right as f64 / asked as f64));
            ((*name).to_owned(), serde_json::json!([share, asked]))
        })
        .collect();
    serde_json::json!({
        "articles": result.articles,
        "article": counts(result.article),
        "event": counts(result.event),
        "strict": counts(result.strict),
        "fields": fields,
    })
}

fn round(x: f64) -> f64 {
    (x * 10_000.0).round() / 10_000.0
}
