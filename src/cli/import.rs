//! `meoktong import`: articles in, as JSON lines or from WARC files; each is extracted and stored.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Global, printable};
use crate::Pipeline;
use crate::article::{Article, InputKind, PublishedFrom, sniff};
use crate::config::{Config, check_url};
use crate::crawl::{PageHints, Pipeline as _};
use crate::incident::Edit;
use crate::record::{ArticleRecords, Label};
use crate::store::{Batch, Listed, Page, PageKind, PageState, Put, Store, StoreError};
use crate::temporal::{KST, Moment, Precision};
use crate::warc::http::Response;
use crate::warc::{Place, Reader, Record};

/// One transaction.
const BATCH: usize = 200;

/// No article is as long; a file that is no JSON lines must not fill the memory.
const MAX_LINE: usize = 32 << 20;

/// A batch holds no more than this.
const MAX_BATCH_BYTES: usize = 64 << 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong import articles.jsonl
  meoktong import news.warc.gz --only-outages
  meoktong export --all --db a.db | meoktong import - --db b.db

A line is {\"id\", \"url\", \"publisher\", \"published_at\", \"title\", \"text\" or \"html\"}; other keys are ignored, records are always extracted anew.
Of WARC files the pages are read that hosts answered with (status 200, HTML). Each file may be compressed with gzip.
A line or record that cannot be used gives an error with its place; the others are stored, and the exit status is 1.
An import of files that was interrupted goes on where it was.")]
pub(crate) struct ImportArgs {
    /// JSON lines or WARC; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Store only articles that tell of an outage; the others are passed over, most of them without being read
    #[arg(long)]
    only_outages: bool,
    /// Begin files anew whose import was interrupted
    #[arg(long)]
    restart: bool,
}

/// The field of a record in which our own WARC files say how a page was found.
pub(super) const ORIGIN: &str = "Meoktong-Origin";

/// How a page was found: what the reader of the page is told beside its bytes.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The URL that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What lay between it and the one that answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// When it was first fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_fetched_at: Option<String>,
    /// When a source says it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// The headline in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whose source it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
}

#[derive(Default)]
struct Counts {
    new: u64,
    updated: u64,
    unchanged: u64,
    outages: u64,
    bad: u64,
    /// Pages of WARC files that hold no article, or none that is wanted.
    passed: u64,
    /// Whether any file was WARC.
    warc: bool,
}

/// What a line of our own export says beyond the input form.
#[derive(Default, Deserialize)]
struct Extra {
    canonical_url: Option<String>,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    authors: Vec<String>,
    published_from: Option<PublishedFrom>,
    modified_at: Option<Moment>,
}

/// What a batch is made of.
enum Item {
    Line(usize, Vec<u8>),
    Record(Record),
}

impl Item {
    fn size(&self) -> usize {
        match self {
            Item::Line(_, line) => line.len(),
            Item::Record(record) => record.block.len(),
        }
    }

    /// What messages call it.
    fn name(&self) -> String {
        match self {
            Item::Line(number, _) => format!("line {number}"),
            Item::Record(record) => format!("record at byte {}", record.place.offset),
        }
    }
}

/// What an item gave.
enum Given {
    Line(Box<(Article, ArticleRecords, Vec<String>)>),
    Page(Box<(Article, ArticleRecords, Page, Origin)>),
    /// Nothing that is wanted.
    Nothing,
    Wrong(String),
    /// What a dump tells beside its articles.
    Told(Option<Box<Edit>>),
}

/// How far an import has come in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Position {
    place: Place,
    /// Of JSON lines: so many came before.
    line: usize,
}

impl Position {
    fn parse(text: &str) -> Option<Position> {
        let numbers: Vec<u64> = text.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [offset, inside, line] = numbers[..] else { return None };
        Some(Position { place: Place { offset, inside }, line: usize::try_from(line).ok()? })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.place.offset, self.place.inside, self.line)
    }
}

pub(crate) fn run(global: &Global, args: ImportArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let path = config.database_path(global.db.as_deref())?;
    let pipeline = Pipeline::open(&config)?;
    let mut store = pipeline.prepare(Store::open(&path)?, &config)?;
    let items = ItemReader { pipeline: &pipeline, only_outages: args.only_outages, most: config.crawl.max_body };
    let mut import = Import { store: &mut store, items, restart: args.restart, counts: Counts::default() };
    for file in &args.files {
        import.file(file)?;
    }
    let Counts { new, updated, unchanged, outages, bad, passed, warc } = import.counts;
    let rest = if warc {
        format!("{bad} lines or records could not be used, {passed} pages passed over")
    } else {
        format!("{bad} lines could not be used")
    };
    anstream::eprintln!("{new} new articles, {updated} updated, {unchanged} unchanged; {outages} outage records; {rest}");
    anstream::eprintln!("The database is {}", printable(&path.display().to_string()));
    Ok(u8::from(bad > 0))
}

struct Import<'a> {
    store: &'a mut Store,
    items: ItemReader<'a>,
    restart: bool,
    counts: Counts,
}

/// Makes articles of items, on any thread.
#[derive(Clone, Copy)]
struct ItemReader<'a> {
    pipeline: &'a Pipeline,
    only_outages: bool,
    /// The largest page, in bytes.
    most: usize,
}

/// Where items come from.
enum Items<R: Read> {
    Lines { input: BufReader<R>, position: Position },
    Records(Box<Reader<R>>),
}

impl Import<'_> {
    fn file(&mut self, file: &Path) -> anyhow::Result<()> {
        let name = printable(&file.display().to_string());
        let context = || format!("cannot read {name}");
        if file == Path::new("-") {
            let mut input = std::io::stdin().lock();
            let mut begin = Vec::new();
            (&mut input).take(BEGIN as u64).read_to_end(&mut begin).with_context(context)?;
            let bar = progress(None);
            return self.stream(Form::of(&begin), begin.chain(bar.wrap_read(input)), Position::default(), None, &bar, &name);
        }
        let mut opened = File::open(file).with_context(|| format!("cannot open {name}"))?;
        let length = opened.metadata().ok().filter(|m| m.is_file()).map(|m| m.len());
        let mut begin = Vec::new();
        (&mut opened).take(BEGIN as u64).read_to_end(&mut begin).with_context(context)?;
        let form = Form::of(&begin);
        let bar = progress(length);
        let Some(length) = length else {
            return self.stream(form, begin.chain(bar.wrap_read(opened)), Position::default(), None, &bar, &name);
        };
        let task = self.task(&begin, length);
        let mut position = Position::default();
        if !self.restart
            && let Some(known) = self.store.progress(&task)?.as_deref().and_then(Position::parse)
        {
            position = known;
            anstream::eprintln!("{name}: going on at byte {}, where the last import was interrupted", known.place.offset);
        }
        // Of lines in gzip only the decompressed place is known.
        let seek = if form == Form::PackedLines { 0 } else { position.place.offset };
        opened.seek(SeekFrom::Start(seek)).with_context(context)?;
        bar.set_position(seek);
        self.stream(form, bar.wrap_read(opened), position, Some(&task), &bar, &name)
    }

    /// The file by what is in it, not by its name, and what is wanted of it.
    fn task(&self, begin: &[u8], length: u64) -> String {
        let hash = Sha256::new().chain_update(length.to_be_bytes()).chain_update(begin).finalize();
        let hash: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
        format!("import {hash}{}", if self.items.only_outages { " only outages" } else { "" })
    }

    fn stream(
        &mut self,
        form: Form,
        input: impl Read,
        position: Position,
        task: Option<&str>,
        bar: &ProgressBar,
        name: &str,
    ) -> anyhow::Result<()> {
        match form {
            Form::Warc => {
                self.counts.warc = true;
                self.items(Items::Records(Box::new(Reader::at(input, position.place))), task, bar, name)
            }
            Form::Lines => self.items(lines(input, position), task, bar, name),
            Form::PackedLines => {
                let mut input = MultiGzDecoder::new(input);
                std::io::copy(&mut (&mut input).take(position.place.offset), &mut std::io::sink())
                    .with_context(|| format!("cannot read {name}"))?;
                self.items(lines(input, position), task, bar, name)
            }
        }
    }

    fn items<R: Read>(&mut self, mut items: Items<R>, task: Option<&str>, bar: &ProgressBar, name: &str) -> anyhow::Result<()> {
        loop {
            let (mut batch, mut bytes): (Vec<Item>, usize) = (Vec::new(), 0);
            let mut ended = false;
            let begin = items.used();
            // Much that is passed over is a reason to say how far it is, too.
            while batch.len() < BATCH && bytes < MAX_BATCH_BYTES && items.used() - begin < MAX_BATCH_BYTES as u64 {
                match items.next().with_context(|| format!("cannot read {name}"))? {
                    Next::End => {
                        ended = true;
                        break;
                    }
                    Next::Wrong(reason) => self.report(bar, name, &reason),
                    Next::Skip => {}
                    Next::Item(item) => {
                        bytes += item.size();
                        batch.push(item);
                    }
                }
            }
            let position = if ended { None } else { Some(items.position().to_string()) };
            self.put(&batch, task.map(|task| (task, position)), bar, name)?;
            if ended {
                bar.finish_and_clear();
                return Ok(());
            }
        }
    }

    /// Extracts a batch on all cores and stores it in one transaction, with how far the import has come.
    fn put(&mut self, batch: &[Item], task: Option<(&str, Option<String>)>, bar: &ProgressBar, name: &str) -> anyhow::Result<()> {
        let items = self.items;
        let given = on_all_cores(batch, |item| items.read(item));
        let version = items.pipeline.version();
        let mut done = Counts::default();
        let mut wrong = Vec::new();
        for given in &given {
            if let Given::Told(Some(edit)) = given {
                self.store.put_edit(edit)?;
            }
        }
        let mut transaction = self.store.batch()?;
        for (item, given) in batch.iter().zip(given) {
            let (put, outages) = match given {
                Given::Wrong(reason) => {
                    wrong.push(reason);
                    continue;
                }
                Given::Nothing => {
                    done.passed += 1;
                    continue;
                }
                Given::Told(_) => continue,
                Given::Line(line) => {
                    let (article, records, urls) = *line;
                    (transaction.put(&article, &records, version, &urls), records.outages.len())
                }
                Given::Page(page) => {
                    let (article, records, page, origin) = *page;
                    (put_page(&mut transaction, &article, &records, version, &page, origin), records.outages.len())
                }
            };
            match put {
                Ok(Put::Unchanged) => done.unchanged += 1,
                Ok(put) => {
                    *if put == Put::New { &mut done.new } else { &mut done.updated } += 1;
                    done.outages += outages as u64;
                }
                Err(error @ StoreError::Unstorable { .. }) => wrong.push(format!("{}: {error}", item.name())),
                Err(error) => return Err(error.into()),
            }
        }
        if let Some((task, position)) = task {
            transaction.set_progress(task, position.as_deref())?;
        }
        transaction.commit()?;
        wrong.iter().for_each(|reason| self.report(bar, name, reason));
        // Counted only now: what is reported as stored is stored.
        let counts = &mut self.counts;
        counts.new += done.new;
        counts.updated += done.updated;
        counts.unchanged += done.unchanged;
        counts.outages += done.outages;
        counts.passed += done.passed;
        let articles = counts.new + counts.updated + counts.unchanged;
        bar.set_message(format!("{articles} articles, {} outages, {} bad", counts.outages, counts.bad));
        Ok(())
    }

    fn report(&mut self, bar: &ProgressBar, name: &str, message: &str) {
        self.counts.bad += 1;
        bar.suspend(|| anstream::eprintln!("{name}: {}", printable(message)));
    }
}

impl ItemReader<'_> {
    fn read(&self, item: &Item) -> Given {
        if let Item::Line(_, line) = item
            && let Some(told) = told(line)
        {
            return Given::Told(told.edit.map(Box::new));
        }
        match item {
            Item::Line(number, line) => match read_line(line, *number, self.pipeline) {
                Ok((_, records, _)) if self.only_outages && records.label == Label::None => Given::Nothing,
                Ok(read) => Given::Line(Box::new(read)),
                Err(reason) => Given::Wrong(reason),
            },
            Item::Record(record) => match self.read_record(record) {
                Ok(Some(page)) => Given::Page(Box::new(page)),
                Ok(None) => Given::Nothing,
                Err(reason) => Given::Wrong(format!("{}: {reason}", item.name())),
            },
        }
    }

    /// None: it holds no article, or none that is wanted.
    fn read_record(&self, record: &Record) -> Result<Option<(Article, ArticleRecords, Page, Origin)>, String> {
        let uri = record.field("WARC-Target-URI").ok_or("it has no WARC-Target-URI")?;
        let Ok(url) = check_url(uri.trim_start_matches('<').trim_end_matches('>')) else { return Ok(None) };
        let date = record.field("WARC-Date").ok_or("it has no WARC-Date")?;
        let fetched_at: Timestamp = date.parse().map_err(|_| format!("its WARC-Date `{}` is no time", date.escape_debug()))?;
        let fetched_at = Timestamp::from_second(fetched_at.as_second()).map_err(|e| e.to_string())?;
        let response = Response::parse(&record.block, self.most).map_err(|e| e.to_string())?;
        let content_type = response.header("content-type");
        let is_html = match &content_type {
            Some(kind) => kind.to_ascii_lowercase().contains("html"),
            None => sniff(&response.body) == InputKind::Html,
        };
        if response.status != 200 || !is_html || response.body.is_empty() {
            return Ok(None);
        }
        if self.only_outages && !self.pipeline.may_report(&response.body, content_type.as_deref()) {
            return Ok(None);
        }
        let origin: Origin = record.field(ORIGIN).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let first: Option<Timestamp> = origin.first_fetched_at.as_deref().and_then(|text| text.parse().ok());
        let asked = origin.asked.as_deref().and_then(|asked| check_url(asked).ok()).unwrap_or_else(|| url.clone());
        let hints = PageHints {
            url: asked.clone(),
            final_url: url.clone(),
            content_type: content_type.clone(),
            feed_date: origin.published_at,
            feed_title: origin.title.clone(),
            publisher: origin.publisher.clone(),
            fetched_at: Moment::new(KST.to_datetime(first.unwrap_or(fetched_at)), Precision::Minute),
        };
        // A page without an article is no mistake of the file's.
        let Ok((article, records)) = self.pipeline.page(&response.body, hints) else { return Ok(None) };
        if self.only_outages && records.label == Label::None {
            return Ok(None);
        }
        let protocol = match record.field("WARC-Protocol") {
            Some("h2") => "HTTP/2",
            Some("h3") => "HTTP/3",
            _ if record.block.starts_with(b"HTTP/1.0") => "HTTP/1.0",
            _ => "HTTP/1.1",
        };
        let page = Page {
            url: asked.into(),
            kind: PageKind::Article,
            state: PageState::Fetched,
            final_url: Some(url.into()),
            via: origin.via.clone(),
            status: Some(response.status),
            etag: response.header("etag"),
            last_modified: response.header("last-modified"),
            content_type,
            protocol: Some(protocol.to_owned()),
            headers: response.headers,
            fetched_at,
            next_due: None,
            failures: 0,
            reason: None,
            body: Some(response.body),
        };
        Ok(Some((article, records, page, origin)))
    }
}

fn put_page(
    batch: &mut Batch<'_>,
    article: &Article,
    records: &ArticleRecords,
    version: &str,
    page: &Page,
    origin: Origin,
) -> Result<Put, StoreError> {
    let first = origin.first_fetched_at.as_deref().and_then(|text| text.parse().ok());
    let listed = Listed { url: page.url.clone(), title: origin.title, published_at: origin.published_at, publisher: None };
    batch.put_past((article, records), version, page, (&listed, origin.publisher.as_deref(), first))
}

/// So much of a file says what it is.
const BEGIN: usize = 64 << 10;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Lines,
    /// JSON lines in gzip.
    PackedLines,
    Warc,
}

impl Form {
    fn of(begin: &[u8]) -> Form {
        if begin.starts_with(b"WARC/") {
            return Form::Warc;
        }
        if !begin.starts_with(&[0x1f, 0x8b]) {
            return Form::Lines;
        }
        let mut inside = [0; 5];
        match MultiGzDecoder::new(begin).read_exact(&mut inside) {
            Ok(()) if &inside == b"WARC/" => Form::Warc,
            _ => Form::PackedLines,
        }
    }
}

fn lines<R: Read>(input: R, position: Position) -> Items<R> {
    Items::Lines { input: BufReader::with_capacity(1 << 16, input), position }
}

impl<R: Read> Items<R> {
    fn next(&mut self) -> std::io::Result<Next> {
        match self {
            Items::Lines { input, position } => {
                let mut used = 0;
                let next = next_line(input, &mut used)?;
                position.place.offset += used;
                position.line += 1;
                Ok(match next {
                    NextLine::End => Next::End,
                    NextLine::TooLong => Next::Wrong(format!("line {}: longer than {} MiB", position.line, MAX_LINE >> 20)),
                    NextLine::Whole(line) if line.trim_ascii().is_empty() => Next::Skip,
                    NextLine::Whole(line) => Next::Item(Item::Line(position.line, line)),
                })
            }
            Items::Records(reader) => Ok(match reader.next_where(is_answer)? {
                None => Next::End,
                Some(Ok(record)) => Next::Item(Item::Record(record)),
                Some(Err(broken)) => Next::Wrong(broken.to_string()),
            }),
        }
    }

    fn position(&self) -> Position {
        match self {
            Items::Lines { position, .. } => *position,
            Items::Records(reader) => Position { place: reader.place(), line: 0 },
        }
    }

    /// Bytes of the input, for telling how much was passed over.
    fn used(&self) -> u64 {
        match self {
            Items::Lines { position, .. } => position.place.offset,
            Items::Records(reader) => reader.offset(),
        }
    }
}

/// Whether a record holds the answer of a host to a request for a page.
fn is_answer(fields: &[(String, String)]) -> bool {
    let is = |name: &str, test: fn(&str) -> bool| {
        fields.iter().any(|(n, value)| n.eq_ignore_ascii_case(name) && test(&value.to_ascii_lowercase()))
    };
    is("WARC-Type", |kind| kind == "response") && is("Content-Type", |kind| kind.starts_with("application/http"))
}

/// What a dump tells beside its articles: a person's edits are kept; what follows from articles and edits will follow again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    edit: Option<Edit>,
    #[serde(rename = "incident")]
    _incident: Option<serde::de::IgnoredAny>,
    #[serde(rename = "root")]
    _root: Option<serde::de::IgnoredAny>,
}

fn told(line: &[u8]) -> Option<Told> {
    let line = line.trim_ascii_start();
    let may = [&b"{\"edit\":"[..], b"{\"incident\":", b"{\"root\":"].iter().any(|head| line.starts_with(head));
    may.then(|| serde_json::from_slice(line).ok()).flatten()
}

/// One result an item, in order.
pub(super) fn on_all_cores<T: Sync, U: Send>(items: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            // One after another from a common counter: long articles must not gather in one thread.
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut all: Vec<(usize, U)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}

fn read_line(line: &[u8], number: usize, pipeline: &Pipeline) -> Result<(Article, ArticleRecords, Vec<String>), String> {
    let (mut article, records) = pipeline.line(line, number)?;
    // Keys of other programs that happen to have these names are no reason to refuse the line.
    let extra: Extra = serde_json::from_slice(line).unwrap_or_default();
    article.canonical_url = extra.canonical_url.or(article.canonical_url);
    article.modified_at = extra.modified_at.or(article.modified_at);
    if article.published_at.is_some() {
        article.published_from = extra.published_from.or(article.published_from);
    }
    if article.authors.is_empty() {
        article.authors = extra.authors;
    }
    Ok((article, records, extra.urls))
}

enum Next {
    Item(Item),
    Wrong(String),
    /// An empty line.
    Skip,
    End,
}

enum NextLine {
    Whole(Vec<u8>),
    TooLong,
    End,
}

/// The next line without its end; one that is too long is skipped without being held. `used` counts its bytes.
fn next_line(input: &mut impl BufRead, used: &mut u64) -> std::io::Result<NextLine> {
    let mut line = Vec::new();
    let read = input.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
    *used += read as u64;
    if read == 0 {
        return Ok(NextLine::End);
    }
    if line.pop_if(|b| *b == b'\n').is_some() || line.len() <= MAX_LINE {
        return Ok(NextLine::Whole(line));
    }
    loop {
        let (skip, found) = match input.fill_buf()? {
            [] => return Ok(NextLine::TooLong),
            buffer => match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            },
        };
        input.consume(skip);
        *used += skip as u64;
        if found {
            return Ok(NextLine::TooLong);
        }
    }
}

fn progress(length: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{spinner} {bytes}/{total_bytes} [{bar:20}] {wide_msg}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {wide_msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_they_may_and_long_ones_are_skipped() {
        let mut text = b"a\n\nb\r\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_LINE + 1));
        text.extend(b"\nlast");
        let mut input = BufReader::new(text.as_slice());
        let (mut read, mut used) = (Vec::new(), 0);
        loop {
            match next_line(&mut input, &mut used).unwrap() {
                NextLine::Whole(line) => read.push(String::from_utf8(line).unwrap()),
                NextLine::TooLong => read.push("too long".into()),
                NextLine::End => break,
            }
        }
        assert_eq!(read, ["a", "", "b\r", "too long", "last"]);
        assert_eq!(used, text.len() as u64);
    }
}
