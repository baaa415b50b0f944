//! `PATH|URL|-`: where the commands `extract` and `article` read from.

use std::io::{BufRead, BufReader, Read};

use anyhow::Context;
use url::Url;

use crate::article::{Article, ArticleError, Hints, InputKind, Publishers, read_bytes, read_json_line, sniff};
use crate::config::Config;
use crate::crawl::fetch::{Answer, Fetcher, Limit, Validators};

/// A page or a text is read whole, up to here; JSON lines are read one by one.
const MAX_DOCUMENT: u64 = 256 << 20;

/// How many redirects a URL of the user's may take.
const MAX_REDIRECTS: usize = 10;

/// Reads the articles of one input in order and hands each to `each`, which may end the work with an error; what cannot be used is handed over as
/// an error with its line.
pub(crate) fn read(
    input: &str,
    hints: &Hints,
    config: &Config,
    publishers: &Publishers,
    mut each: impl FnMut(Result<Article, ArticleError>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if input.starts_with("http://") || input.starts_with("https://") {
        let (bytes, hints) = fetch(input, hints, config)?;
        return read_bytes(&bytes, &hints, publishers).into_iter().try_for_each(each);
    }
    let source: Box<dyn Read> = if input == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let file = std::fs::File::open(input).with_context(|| format!("cannot open {input}"))?;
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            anyhow::bail!("{input} is a directory: give a page, a text or JSON lines");
        }
        Box::new(file)
    };
    let name = || if input == "-" { "standard input".to_owned() } else { input.to_owned() };
    let mut source = BufReader::with_capacity(1 << 16, source);
    let head = source.fill_buf().with_context(|| format!("cannot read {}", name()))?;
    let first = head.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    // One object a line; a JSON document that goes over several lines is read whole.
    let lines = sniff(head) == InputKind::Json
        && (first.len() >= head.len() || serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok() || !head.starts_with(b"{\n"));
    if lines {
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            number += 1;
            let read =
                source.by_ref().take(MAX_DOCUMENT).read_until(b'\n', &mut line).with_context(|| format!("cannot read {}", name()))?;
            if read == 0 {
                return Ok(());
            }
            if !line.trim_ascii().is_empty() {
                each(read_json_line(&line, number, publishers))?;
            }
        }
    }
    let mut bytes = Vec::new();
    source.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", name()))?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        anyhow::bail!("{} is larger than {} MiB: no page or article is", name(), MAX_DOCUMENT >> 20);
    }
    read_bytes(&bytes, hints, publishers).into_iter().try_for_each(each)
}

fn fetch(url: &str, hints: &Hints, config: &Config) -> anyhow::Result<(Vec<u8>, Hints)> {
    let given = url;
    let mut url = Url::parse(url).with_context(|| format!("{given} is no URL"))?;
    let fetcher = Fetcher::new(&config.crawl)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for _ in 0..=MAX_REDIRECTS {
        let answer = runtime
            .block_on(fetcher.get(&url, &Validators::default(), Limit::Refuse(config.crawl.max_body)))
            .with_context(|| format!("cannot fetch {url}"))?;
        match answer {
            Answer::Redirect(next, _) => url = next,
            Answer::Body(body) => {
                let hints = Hints {
                    url: Some(hints.url.clone().unwrap_or_else(|| url.to_string())),
                    content_type: body.content_type,
                    fetched_at: Some(now()),
                    ..hints.clone()
                };
                return Ok((body.bytes, hints));
            }
            Answer::Status(head) => anyhow::bail!("cannot fetch {url}: the server answered {}", head.status),
            Answer::NotModified(_) => anyhow::bail!("cannot fetch {url}: the server answered 304 to a question without a condition"),
        }
    }
    anyhow::bail!("cannot fetch {given}: more than {MAX_REDIRECTS} redirects")
}

/// Now, in Korean time.
fn now() -> crate::temporal::Moment {
    crate::temporal::Moment::minute(crate::temporal::KST.to_datetime(jiff::Timestamp::now()))
}
