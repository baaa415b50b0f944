//! `meoktong article`: the article that a page holds.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Global;
use crate::article::{Article, Hints};
use crate::config::Config;
use crate::temporal::Moment;

/// Reads an article from a page, a text or JSON lines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  meoktong article page.html
  meoktong article https://news.example.com/article/1 --format json
  curl -s URL | meoktong article - --url URL")]
pub(crate) struct ArticleArgs {
    /// A file, an http(s) URL, or `-` for standard input.
    #[arg(value_name = "PATH|URL|-")]
    pub input: String,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The URL that a file or standard input came from.
    #[arg(long)]
    pub url: Option<String>,
}

/// How an article is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Headline, a line about it, body.
    Text,
    /// One JSON object a line.
    Json,
}

/// The public form of an article.
#[derive(Debug, Serialize)]
struct ArticleView<'a> {
    url: Option<&'a str>,
    publisher: Option<&'a str>,
    title: &'a str,
    authors: &'a [String],
    published_at: Option<Moment>,
    modified_at: Option<Moment>,
    text: &'a str,
}

impl<'a> From<&'a Article> for ArticleView<'a> {
    fn from(article: &'a Article) -> ArticleView<'a> {
        ArticleView {
            url: article.canonical_url.as_deref().or(article.url.as_deref()),
            publisher: article.publisher.as_deref(),
            title: &article.title,
            authors: &article.authors,
            published_at: article.published_at,
            modified_at: article.modified_at,
            text: &article.text,
        }
    }
}

/// Prints an article.
fn print(article: &Article, format: Format, out: &mut dyn Write) -> std::io::Result<()> {
    let view = ArticleView::from(article);
    if format == Format::Json {
        serde_json::to_writer(&mut *out, &view)?;
        return writeln!(out);
    }
    if !view.title.is_empty() {
        writeln!(out, "{}", view.title)?;
    }
    let mut about: Vec<String> = Vec::new();
    about.extend(view.publisher.map(str::to_owned));
    if !view.authors.is_empty() {
        about.push(view.authors.join(", "));
    }
    about.extend(view.published_at.map(|at| at.to_string()));
    about.extend(view.modified_at.map(|at| format!("수정 {at}")));
    if !about.is_empty() {
        writeln!(out, "{}", about.join(" · "))?;
    }
    if let Some(url) = view.url {
        writeln!(out, "{url}")?;
    }
    writeln!(out, "\n{}", view.text)
}

pub(crate) fn run(global: &Global, args: ArticleArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let publishers = crate::pipeline::publishers(&config.dictionaries.extra)?;
    let hints = Hints { url: args.url.clone(), ..Hints::default() };
    let mut out = anstream::stdout().lock();
    let mut bad = 0u64;
    super::input::read(&args.input, &hints, &config, &publishers, |article| {
        match article {
            Ok(article) => print(&article, args.format, &mut out)?,
            Err(error) => {
                bad += 1;
                anstream::eprintln!("{}: {}", super::printable(&args.input), super::printable(&error.to_string()));
            }
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(u8::from(bad > 0))
}
