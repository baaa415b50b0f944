//! `meoktong search`: full-text search of the stored articles.

use std::io::Write;

use comfy_table::Table;
use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Global, bold_red, printable, table, to_terminal};
use crate::config::Config;
use crate::korean::Tokenizer;
use crate::korean::dictionary::{self, Bar};
use crate::record::Label;
use crate::store::{CANDIDATES, Hit, IndexScope, Mark, Search, SearchFilter, SearchSort, SearchWords, Store, StoreError};
use crate::temporal::Moment;

/// Articles that are indexed in one transaction.
const STEP: usize = 500;

/// From so many articles on, the index is tidied up afterwards.
const MANY: u64 = 20_000;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong search 접속장애
  meoktong search '\"결제 오류\" 카드 -게임' --since 2023
  meoktong search '먹통 OR 불통 title:카카오톡' --sort date --format jsonl
  meoktong search 먹통 --service 카톡 --without 게임

All words must be there, in whatever form: 접속장애, 접속 장애 and 접속장애가 find each other. \"…\" is a phrase, -word leaves out, OR between two words
says that either will do, title:word and text:word look only there, (…) groups. A word that begins with - has to be in quotation marks with the
others, or goes with --without. A service is found under its other names too.
Only articles with a word of failure are indexed, unless the settings say [search] index = \"all\".")]
pub(crate) struct SearchArgs {
    /// What to look for
    #[arg(required_unless_present = "reindex", value_name = "WORDS")]
    words: Vec<String>,
    /// Leave out articles with this word; may be given again
    #[arg(long, value_name = "WORD")]
    without: Vec<String>,
    /// Only articles with a record of this service: its name, another name of it, or its id; may be given again
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Only articles of this publisher
    #[arg(long, value_name = "NAME")]
    publisher: Option<String>,
    /// Only articles with this label (outage, none)
    #[arg(long, value_name = "LABEL")]
    label: Option<Label>,
    /// Only articles published in this time or later (2023, 2023-05, 2023-05-15)
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only articles published by the end of this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// The order
    #[arg(long, value_enum, default_value_t = SortBy::Relevance)]
    sort: SortBy,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Look only for the names that are given, not for a service's other names
    #[arg(long)]
    no_aliases: bool,
    /// Make the index anew first
    #[arg(long)]
    reindex: bool,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SortBy {
    /// The best match first, of equal ones the newer
    Relevance,
    /// The latest article first
    Date,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
}

pub(crate) fn run(global: &Global, args: SearchArgs) -> anyhow::Result<u8> {
    let words = [args.words.clone(), args.without.iter().map(|w| format!("-({w})")).collect()].concat().join(" ");
    let words: Option<SearchWords> = match words.parse() {
        Ok(words) => Some(words),
        Err(_) if args.words.is_empty() && args.reindex => None,
        Err(error) => return Ok(wrong_query(&error)),
    };
    let config = Config::load(global.config.as_deref())?;
    let path = config.database_path(global.db.as_deref())?;
    let mut store = Store::open_read_only(&path)?;
    if args.reindex || !store.is_indexed(config.search.index)? {
        let mut writing = Store::open(&path)?;
        match index(&config, &mut writing, args.reindex) {
            Ok(()) => store = writing,
            // Who may only read can still search what is indexed.
            Err(error) if !args.reindex && cannot_write(&error) => {
                anstream::eprintln!("The database cannot be written, so articles that are not indexed yet are not found.");
            }
            Err(error) => return Err(error),
        }
    }
    let Some(words) = words else { return Ok(0) };
    let gazetteer = crate::gazetteer(&config)?;
    let tokenizer = Tokenizer::open(&dictionary::ensure(&dictionary::data_dir()?, &Bar::new())?)?;
    let aliases = |name: &str| match args.no_aliases {
        true => Vec::new(),
        false => gazetteer.sure_names(name).into_iter().filter(|n| n.chars().count() > 1).map(str::to_owned).collect(),
    };
    let search = match Search::new(&words, &tokenizer, &aliases) {
        Ok(search) => search,
        Err(error) => return Ok(wrong_query(&error)),
    };
    let width = to_terminal().then(|| Table::new().width().filter(|w| *w >= 20).map_or(80, usize::from));
    let mut filter = SearchFilter {
        publisher: args.publisher,
        label: args.label,
        since: args.since,
        until: args.until,
        sort: match args.sort {
            SortBy::Relevance => SearchSort::Relevance,
            SortBy::Date => SearchSort::Date,
        },
        limit: args.limit,
        now: Timestamp::now(),
        // Two lines in a terminal, which folding at blanks does not fill.
        snippet: width.map_or(160, |w| (w.saturating_sub(INDENT + 4) * 2).max(40)),
        ..SearchFilter::default()
    };
    for given in args.services {
        // The dictionary knows other names; what it does not know may still stand in a record.
        if let Some(service) = gazetteer.resolve(&given) {
            filter.service_ids.push(service.id.clone());
            filter.services.push(service.name.clone());
        }
        filter.service_ids.push(given.clone());
        filter.services.push(given);
    }
    let found = store.search(&tokenizer, &search, &filter)?;
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Table if found.hits.is_empty() => {
            anstream::eprintln!("No article matches.");
            if config.search.index == IndexScope::Outages {
                anstream::eprintln!(
                    "Only articles with a word of failure are indexed; [search] index = \"all\" in the settings indexes all."
                );
            }
        }
        Format::Table => write!(out, "{}", describe(&found.hits, width))?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &found.hits).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Jsonl => {
            for hit in &found.hits {
                serde_json::to_writer(&mut out, hit).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
    }
    out.flush()?;
    if args.format == Format::Table && found.matches > found.hits.len() as u64 {
        let at_least = if found.matches >= u64::from(CANDIDATES) { "at least " } else { "" };
        anstream::eprintln!("{} of {at_least}{} articles are shown; --limit N shows more.", found.hits.len(), found.matches);
    }
    Ok(0)
}

fn wrong_query(error: &dyn std::error::Error) -> u8 {
    anstream::eprintln!("{}error:{} {}", bold_red().render(), bold_red().render_reset(), printable(&error.to_string()));
    2
}

fn index(config: &Config, store: &mut Store, anew: bool) -> anyhow::Result<()> {
    let indexer = crate::Pipeline::open(config)?.indexer(config.search.index);
    let waiting = store.begin_index(&indexer, anew)?;
    let bar = table::progress(waiting, "articles indexed");
    loop {
        let done = store.index(&indexer, STEP)?;
        bar.inc(done as u64);
        if done == 0 {
            break;
        }
    }
    if waiting >= MANY {
        store.tidy_index()?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn cannot_write(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(StoreError::is_read_only)
}

/// Where the headline begins.
const INDENT: usize = 18;

/// The hits for people: date, headline and publisher, the snippet, the address. Without a width nothing is folded or left out.
fn describe(hits: &[Hit], width: Option<usize>) -> String {
    let mut text = String::new();
    let room = width.map(|w| w.saturating_sub(INDENT).max(20));
    for (n, hit) in hits.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        let publisher = hit.publisher.as_deref().map(table::one_line).unwrap_or_default();
        // The headline's first line ends with the publisher where there is room for both.
        let mut lines = fold(&marked(&hit.title, &hit.title_marks, false, false), room);
        if !publisher.is_empty() {
            let publisher = format!("({publisher})");
            let last = lines.last().map_or(0, |line| line.iter().map(|(c, _)| c.width().unwrap_or(0)).sum());
            let fits = room.is_none_or(|room| last + 1 + publisher.width() <= room);
            let plain = publisher.chars().map(|c| (c, false));
            match lines.last_mut() {
                Some(line) if fits => line.extend(std::iter::once((' ', false)).chain(plain)),
                _ => lines.extend(fold(&plain.collect::<Vec<_>>(), room)),
            }
        }
        lines.extend(fold(&marked(&hit.snippet, &hit.snippet_marks, hit.cut_before, hit.cut_after), room));
        if let Some(url) = &hit.url {
            // An address in two lines cannot be clicked.
            lines.push(table::one_line(url).chars().map(|c| (c, false)).collect());
        }
        for (n, line) in lines.iter().filter(|line| !line.is_empty()).enumerate() {
            let first = if n == 0 { table::time(hit.published_at) } else { String::new() };
            text += &format!("{first:<INDENT$}{}\n", render(line));
        }
    }
    text
}

/// Characters, and whether they are a part of what was looked for.
type Line = Vec<(char, bool)>;

fn marked(text: &str, marks: &[Mark], cut_before: bool, cut_after: bool) -> Line {
    let mut line = Line::new();
    let mut marks = marks.iter().peekable();
    line.extend(cut_before.then_some(('…', false)));
    for (at, c) in text.chars().enumerate() {
        while marks.next_if(|m| m.to <= at).is_some() {}
        let found = marks.peek().is_some_and(|m| m.from <= at);
        line.extend(table::one_line(c.encode_utf8(&mut [0; 4])).chars().map(|c| (c, found)));
    }
    line.extend(cut_after.then_some(('…', false)));
    line
}

/// Lines of at most `width` columns, broken at blanks where that is possible.
fn fold(line: &[(char, bool)], width: Option<usize>) -> Vec<Line> {
    let Some(width) = width else { return vec![line.to_vec()] };
    let mut lines = Vec::new();
    let mut rest = line;
    loop {
        let mut used = 0;
        let fitting = rest
            .iter()
            .take_while(|(c, _)| {
                used += c.width().unwrap_or(0);
                used <= width
            })
            .count();
        if fitting == rest.len() {
            lines.push(rest.to_vec());
            return lines;
        }
        let blank = rest[..=fitting].iter().rposition(|(c, _)| *c == ' ').filter(|at| *at > 0);
        // A letter wider than the line stands alone.
        let end = blank.unwrap_or(fitting.max(1));
        lines.push(rest[..end].to_vec());
        rest = &rest[end..];
        while let [(' ', _), more @ ..] = rest {
            rest = more;
        }
    }
}

fn render(line: &[(char, bool)]) -> String {
    let bold = anstyle::Style::new().bold();
    let mut text = String::new();
    let mut within = false;
    for (c, found) in line {
        if *found != within {
            text += &if *found { bold.render().to_string() } else { bold.render_reset().to_string() };
            within = *found;
        }
        text.push(*c);
    }
    if within {
        text += &bold.render_reset().to_string();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit() -> Hit {
        Hit {
            id: "a".into(),
            url: Some("https://news.example.com/1".into()),
            publisher: Some("예시일보".into()),
            published_at: "2023-05-15T12:10".parse().ok(),
            title: "카카오톡 먹통\u{1b}".into(),
            label: Label::Outage,
            score: Some(1.0),
            snippet: "낮 12시 접속 장애가 나".into(),
            cut_before: true,
            cut_after: false,
            title_marks: vec![Mark { from: 5, to: 7 }],
            snippet_marks: vec![Mark { from: 6, to: 11 }],
        }
    }

    #[test]
    fn hits_are_laid_out_for_people() {
        let text = describe(&[hit()], None);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            "2023-05-15 12:10  카카오톡 먹통\\u{1b} (예시일보)\n                  …낮 12시 접속 장애가 나\n                  https://news.example.com/1\n"
        );
        assert!(text.contains("\u{1b}[1m먹통\u{1b}[0m") && text.contains("\u{1b}[1m접속 장애\u{1b}[0m가"), "{text:?}");
        // In a narrow terminal no line but the address is longer, and a mark goes on over the fold.
        let text = describe(&[hit(), hit()], Some(38));
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(plain.lines().filter(|l| !l.contains("http")).all(|l| l.width() <= 38), "{plain}");
        assert!(plain.contains("…낮 12시 접속 장애가\n"), "{plain}");
    }

    #[test]
    fn lines_are_folded_without_loss() {
        let line: Line = "가나다 라마바사 abc".chars().map(|c| (c, false)).collect();
        let folded: Vec<String> = fold(&line, Some(7)).iter().map(|l| render(l)).collect();
        assert_eq!(folded, ["가나다", "라마바", "사 abc"]);
        assert_eq!(fold(&line, Some(1)).len(), 10, "a letter wider than the line stands alone");
        assert_eq!(fold(&[], Some(7)), [Line::new()]);
    }
}
