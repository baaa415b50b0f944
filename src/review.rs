//! Fixtures: articles whose records a person has reviewed, and what has changed in them since.
//!
//! A fixture is a page `NAME.html` or an article `NAME.json` (the form of a JSON line) and beside it `NAME.records.json`, the reviewed
//! [`Snapshot`]: what `extract --format jsonl` prints of it, but for what calibration moves (score, confidence) and what only names the article
//! (id, URL, publisher). Snapshots are compared as records, not as bytes: a record is known again by its service, role and start, and the
//! differences are told field by field. `{{BASE}}` in a page, its own address, is read as [`BASE_URL`].
//!
//! Asking the person is left to `meoktong review`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Pipeline;
use crate::article::{Article, ArticleError, Hints};
use crate::record::{ArticleRecords, Cause, Evidence, Label, Outage, Role, Status};
use crate::temporal::Moment;

/// Stands for the address that the pages of the bundled site have.
pub const BASE_URL: &str = "https://example.com";

/// The names that inputs end in.
const INPUTS: [&str; 2] = ["html", "json"];

/// The names that reviewed files beside an input end in: its records, what a careful reader would write down, the article it holds.
const REVIEWED: [&str; 3] = [".records.json", ".gold.json", ".article.json"];

/// A fixture that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A file or a folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// It.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A snapshot cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// It.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What lies beside the input is no snapshot.
    #[error("{}: no reviewed records: {source}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        source: serde_json::Error,
    },
    /// The input gives no article.
    #[error("{}: {source}", path.display())]
    Article {
        /// The input.
        path: PathBuf,
        /// Why.
        source: ArticleError,
    },
    /// The input holds several articles.
    #[error("{}: a fixture is one article, this holds {count}", path.display())]
    Several {
        /// The input.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// A reviewed file without the page or the article that it is of.
    #[error("{}: there is no .html or .json beside it that it could be of", path.display())]
    NoInput {
        /// The reviewed file.
        path: PathBuf,
    },
    /// Neither a folder nor a page nor an article.
    #[error("{}: a fixture is a .html page or an article as .json", path.display())]
    NoFixture {
        /// What was given.
        path: PathBuf,
    },
    /// A folder that holds none.
    #[error("{}: no fixture in it (NAME.html or NAME.json with NAME.records.json beside it)", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
}

/// An article with its reviewed records, as files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixture {
    /// The page or the article.
    pub input: PathBuf,
    /// The reviewed records; no such file where nobody has reviewed it yet.
    pub snapshot: PathBuf,
}

/// The fixtures that files and folders hold, in the order of their names, none twice.
///
/// In a folder, however deep, a page or an article is a fixture when something reviewed lies beside it: front pages and error pages have none. A
/// file that is named is one without that, so that a new one can be reviewed for the first time.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Fixture>, ReviewError> {
    let mut found = BTreeSet::new();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| ReviewError::Read { path: path.clone(), source })?;
        if !meta.is_dir() {
            found.insert(Fixture::of(path)?);
            continue;
        }
        let mut inside = BTreeSet::new();
        walk(path, &mut inside)?;
        if inside.is_empty() {
            return Err(ReviewError::Nothing { path: path.clone() });
        }
        found.append(&mut inside);
    }
    Ok(found.into_iter().collect())
}

fn walk(folder: &Path, found: &mut BTreeSet<Fixture>) -> Result<(), ReviewError> {
    let failed = |source| ReviewError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        // A link to a folder could lead round in a circle; the type here is the link's own.
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&path, found)?;
        } else if reviewed_stem(&path).is_some() {
            found.insert(Fixture::of(&path)?);
        }
    }
    Ok(())
}

/// `a/NAME` of a reviewed file `a/NAME.records.json`.
fn reviewed_stem(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = REVIEWED.iter().find_map(|ending| name.strip_suffix(ending)).filter(|stem| !stem.is_empty())?;
    Some(path.with_file_name(stem))
}

impl Fixture {
    /// The fixture of an input, or of a reviewed file beside it.
    pub fn of(path: &Path) -> Result<Fixture, ReviewError> {
        let with = |stem: &Path, ending: &str| {
            let mut name = stem.as_os_str().to_owned();
            name.push(".");
            name.push(ending);
            PathBuf::from(name)
        };
        if let Some(stem) = reviewed_stem(path) {
            let input = INPUTS.iter().map(|ending| with(&stem, ending)).find(|p| p.is_file());
            let input = input.ok_or_else(|| ReviewError::NoInput { path: path.to_owned() })?;
            return Ok(Fixture { input, snapshot: with(&stem, "records.json") });
        }
        if !path.extension().is_some_and(|e| INPUTS.iter().any(|known| e == *known)) {
            return Err(ReviewError::NoFixture { path: path.to_owned() });
        }
        Ok(Fixture { input: path.to_owned(), snapshot: with(&path.with_extension(""), "records.json") })
    }

    /// The article that the input holds.
    pub fn article(&self, pipeline: &Pipeline) -> Result<Article, ReviewError> {
        let bytes = std::fs::read(&self.input).map_err(|source| ReviewError::Read { path: self.input.clone(), source })?;
        let bytes = crate::demo::replace(&bytes, crate::demo::BASE, BASE_URL.as_bytes());
        let mut read = pipeline.read(&bytes, &Hints::default());
        match (read.pop(), read.len()) {
            (Some(article), 0) => article.map_err(|source| ReviewError::Article { path: self.input.clone(), source }),
            (None, _) => Err(ReviewError::Article { path: self.input.clone(), source: ArticleError::Empty }),
            (Some(_), others) => Err(ReviewError::Several { path: self.input.clone(), count: others + 1 }),
        }
    }

    /// What the extractor makes of it.
    pub fn actual(&self, pipeline: &Pipeline) -> Result<Snapshot, ReviewError> {
        Ok(Snapshot::from(&pipeline.extractor().extract(&self.article(pipeline)?)))
    }

    /// What was reviewed; none where nobody has yet.
    pub fn expected(&self) -> Result<Option<Snapshot>, ReviewError> {
        match std::fs::read_to_string(&self.snapshot) {
            Ok(text) => {
                serde_json::from_str(&text).map(Some).map_err(|source| ReviewError::Snapshot { path: self.snapshot.clone(), source })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ReviewError::Read { path: self.snapshot.clone(), source }),
        }
    }

    /// Makes `records` the reviewed ones.
    pub fn accept(&self, records: &Snapshot) -> Result<(), ReviewError> {
        std::fs::write(&self.snapshot, records.to_json()).map_err(|source| ReviewError::Write { path: self.snapshot.clone(), source })
    }
}

/// The records of an article, without what may change while they stay right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The headline.
    pub title: String,
    /// When it was published.
    pub published_at: Option<Moment>,
    /// Whether it has records.
    pub label: Label,
    /// The records.
    pub outages: Vec<Record>,
}

/// A record of a [`Snapshot`]: an [`Outage`] without its confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // They are those of `Outage`.
pub struct Record {
    pub service: String,
    pub service_id: Option<String>,
    pub operator: Option<String>,
    pub category: Option<String>,
    pub start: Option<Moment>,
    pub end: Option<Moment>,
    pub duration_min: Option<u32>,
    pub cause: Option<Cause>,
    pub status: Status,
    pub role: Role,
    pub keywords: Vec<String>,
    pub evidence: Vec<Evidence>,
}

impl From<&Outage> for Record {
    fn from(outage: &Outage) -> Record {
        let Outage { service, service_id, operator, category, start, end, duration_min, cause, status, role, keywords, evidence, .. } =
            outage.clone();
        Record { service, service_id, operator, category, start, end, duration_min, cause, status, role, keywords, evidence }
    }
}

impl From<&ArticleRecords> for Snapshot {
    fn from(records: &ArticleRecords) -> Snapshot {
        Snapshot {
            title: records.title.clone(),
            published_at: records.published_at,
            label: records.label,
            outages: records.outages.iter().map(Record::from).collect(),
        }
    }
}

impl Snapshot {
    /// The file's text: a field a line, a piece of evidence a line, keys in the order of the contract.
    pub fn to_json(&self) -> String {
        let mut text = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(&mut text, Lines::default());
        // Into memory, and strings are its only keys: neither can fail.
        let written = self.serialize(&mut writer);
        debug_assert!(written.is_ok());
        text.push(b'\n');
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Pretty JSON down to the records; what is inside their fields stays on a line of its own.
#[derive(Default)]
struct Lines {
    depth: usize,
    empty: bool,
}

/// The document, the list of records, a record, a list in it: below, all is on one line.
const DEEP: usize = 4;

impl Lines {
    fn open(&mut self, out: &mut (impl std::io::Write + ?Sized), bracket: &[u8]) -> std::io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn close(&mut self, out: &mut (impl std::io::Write + ?Sized), bracket: &[u8]) -> std::io::Result<()> {
        let line = !self.empty && self.depth <= DEEP;
        self.depth -= 1;
        self.empty = false;
        if line {
            write!(out, "\n{:1$}", "", 2 * self.depth)?;
        }
        out.write_all(bracket)
    }

    fn item(&mut self, out: &mut (impl std::io::Write + ?Sized), first: bool) -> std::io::Result<()> {
        self.empty = false;
        match (self.depth <= DEEP, first) {
            (true, first) => write!(out, "{}\n{:2$}", if first { "" } else { "," }, "", 2 * self.depth),
            (false, true) => Ok(()),
            (false, false) => out.write_all(b", "),
        }
    }
}

impl serde_json::ser::Formatter for Lines {
    fn begin_object<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.open(out, b"{")
    }
    fn end_object<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.close(out, b"}")
    }
    fn begin_array<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.open(out, b"[")
    }
    fn end_array<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.close(out, b"]")
    }
    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
        self.item(out, first)
    }
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
        self.item(out, first)
    }
    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Same,
    /// It is another in some field.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// A field before and after; none where the record, or this piece of evidence, is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The field's name.
    pub field: &'static str,
    /// As it was reviewed.
    pub old: Option<String>,
    /// As it is now.
    pub new: Option<String>,
}

impl Row {
    /// Whether both are equal.
    pub fn same(&self) -> bool {
        self.old == self.new
    }
}

/// The article's own fields, or a record, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is called: `article`, or the record's service and role.
    pub heading: String,
    /// What became of it.
    pub change: Change,
    /// Its fields.
    pub rows: Vec<Row>,
}

/// Reviewed records against those of today: the article first, then record by record. Displays as the differences alone, in the manner of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The article and its records.
    pub groups: Vec<Group>,
}

/// How an absent value is written; no value is empty or a dash.
const NONE: &str = "—";

impl Comparison {
    /// Compares; without reviewed records all is new.
    pub fn new(old: Option<&Snapshot>, new: &Snapshot) -> Comparison {
        let article = group("article".to_owned(), old.map(article_fields), Some(article_fields(new)));
        let none = Vec::new();
        let (old, new) = (old.map_or(&none, |s| &s.outages), &new.outages);
        let mut groups = vec![article];
        for (before, after) in pairs(old, new) {
            let (before, after) = (before.map(|i| &old[i]), after.map(|i| &new[i]));
            let heading = after.or(before).map(|r| format!("{} ({})", r.service, r.role)).unwrap_or_default();
            groups.push(group(heading, before.map(record_fields), after.map(record_fields)));
        }
        Comparison { groups }
    }

    /// Whether nothing changed.
    pub fn same(&self) -> bool {
        self.groups.iter().all(|g| g.change == Change::Same)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in self.groups.iter().filter(|g| g.change != Change::Same) {
            let word = match group.change {
                Change::Same | Change::Changed => "",
                Change::Added => ": new",
                Change::Removed => ": gone",
            };
            writeln!(f, "{}{word}", group.heading)?;
            for row in group.rows.iter().filter(|r| !r.same()) {
                for (sign, value) in [('-', &row.old), ('+', &row.new)] {
                    if let Some(value) = value {
                        writeln!(f, "  {sign} {:<12} {}", row.field, value.replace('\n', " "))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Which record of old is which of new: the closest kinship first, and in the order of the files. Old alone is gone, new alone was added.
fn pairs(old: &[Record], new: &[Record]) -> Vec<(Option<usize>, Option<usize>)> {
    let kinships: [fn(&Record, &Record) -> bool; 4] = [
        |a, b| a.service == b.service && a.role == b.role && a.start == b.start,
        |a, b| a.service == b.service && a.role == b.role,
        |a, b| a.service == b.service,
        |a, b| a.service_id.is_some() && a.service_id == b.service_id,
    ];
    let mut partner: Vec<Option<usize>> = vec![None; new.len()];
    let mut left: Vec<usize> = (0..old.len()).collect();
    for kin in kinships {
        left.retain(|i| {
            let free = (0..new.len()).find(|j| partner[*j].is_none() && kin(&old[*i], &new[*j]));
            free.inspect(|j| partner[*j] = Some(*i)).is_none()
        });
    }
    let kept = partner.into_iter().enumerate().map(|(j, i)| (i, Some(j)));
    kept.chain(left.into_iter().map(|i| (Some(i), None))).collect()
}

type Fields = Vec<(&'static str, String)>;

fn group(heading: String, old: Option<Fields>, new: Option<Fields>) -> Group {
    let there = (old.is_some(), new.is_some());
    let rows = rows(old.unwrap_or_default(), new.unwrap_or_default());
    let change = match there {
        (true, true) if rows.iter().all(Row::same) => Change::Same,
        (true, true) => Change::Changed,
        (false, _) => Change::Added,
        (true, false) => Change::Removed,
    };
    Group { heading, change, rows }
}

/// Equal fields beside each other, then changed ones; a field may be there several times (evidence), in any order.
fn rows(old: Fields, new: Fields) -> Vec<Row> {
    let mut names: Vec<&'static str> = Vec::new();
    for (field, _) in old.iter().chain(&new) {
        if !names.contains(field) {
            names.push(field);
        }
    }
    let mut rows = Vec::new();
    for field in names {
        let of = |fields: &Fields| -> Vec<String> { fields.iter().filter(|(f, _)| *f == field).map(|(_, v)| v.clone()).collect() };
        let mut after = of(&new);
        let mut gone = Vec::new();
        for value in of(&old) {
            match after.iter().position(|v| *v == value) {
                Some(at) => {
                    after.remove(at);
                    rows.push(Row { field, old: Some(value.clone()), new: Some(value) });
                }
                None => gone.push(value),
            }
        }
        let (mut gone, mut after) = (gone.into_iter(), after.into_iter());
        loop {
            match (gone.next(), after.next()) {
                (None, None) => break,
                (old, new) => rows.push(Row { field, old, new }),
            }
        }
    }
    rows
}

fn shown(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| NONE.to_owned(), |v| v.to_string())
}

fn article_fields(snapshot: &Snapshot) -> Fields {
    vec![("title", snapshot.title.clone()), ("published_at", shown(snapshot.published_at)), ("label", snapshot.label.to_string())]
}

fn record_fields(record: &Record) -> Fields {
    let mut fields = vec![
        ("service", record.service.clone()),
        ("service_id", shown(record.service_id.as_ref())),
        ("operator", shown(record.operator.as_ref())),
        ("category", shown(record.category.as_ref())),
        ("start", shown(record.start)),
        ("end", shown(record.end)),
        ("duration_min", shown(record.duration_min)),
        ("cause", shown(record.cause)),
        ("status", record.status.to_string()),
        ("role", record.role.to_string()),
        ("keywords", record.keywords.join(", ")),
    ];
    let evidence = |e: &Evidence| format!("{} “{}” {} {}–{}", e.field, e.quote, e.place, e.from, e.to);
    fields.extend(record.evidence.iter().map(|e| ("evidence", evidence(e))));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Field, Place};

    fn record(service: &str, start: &str) -> Record {
        Record {
            service: service.into(),
            service_id: Some(format!("id-{service}")),
            operator: None,
            category: Some("messenger".into()),
            start: start.parse().ok(),
            end: None,
            duration_min: Some(20),
            cause: Some(Cause::Network),
            status: Status::Resolved,
            role: Role::Main,
            keywords: vec!["먹통".into()],
            evidence: vec![Evidence { field: Field::Service, place: Place::Title, quote: service.into(), from: 0, to: 2 }],
        }
    }

    fn snapshot(outages: Vec<Record>) -> Snapshot {
        Snapshot { title: "가톡 \"먹통\"".into(), published_at: "2023-05-15".parse().ok(), label: Label::Outage, outages }
    }

    #[test]
    fn the_file_is_pretty_and_reads_back() {
        let before = snapshot(vec![record("가톡", "2023-05-15T12:10")]);
        let text = before.to_json();
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), before);
        let expected = r#"{
  "title": "가톡 \"먹통\"",
  "published_at": "2023-05-15",
  "label": "outage",
  "outages": [
    {
      "service": "가톡",
      "service_id": "id-가톡",
      "operator": null,
      "category": "messenger",
      "start": "2023-05-15T12:10+09:00",
      "end": null,
      "duration_min": 20,
      "cause": "network",
      "status": "resolved",
      "role": "main",
      "keywords": [
        "먹통"
      ],
      "evidence": [
        {"field": "service", "in": "title", "quote": "가톡", "from": 0, "to": 2}
      ]
    }
  ]
}
"#;
        assert_eq!(text, expected);
        let empty = Snapshot { label: Label::None, ..snapshot(vec![]) };
        assert!(empty.to_json().ends_with("  \"outages\": []\n}\n"), "{}", empty.to_json());
        let mistyped = text.replace("\"cause\"", "\"couse\"");
        let error = serde_json::from_str::<Snapshot>(&mistyped).unwrap_err().to_string();
        assert!(error.contains("couse") && error.contains("line 14"), "{error}");
    }

    #[test]
    fn differences_are_told_record_by_record() {
        let old = snapshot(vec![record("가톡", "2023-05-15T12:10"), record("나페이", "2023-05-15"), record("다뱅크", "2022")]);
        assert!(Comparison::new(Some(&old), &old).same());
        assert_eq!(Comparison::new(Some(&old), &old).to_string(), "");
        let mut shuffled = old.clone();
        shuffled.outages.rotate_left(1);
        assert!(Comparison::new(Some(&old), &shuffled).same(), "records are known by what they say, not by their place");

        let mut new = old.clone();
        new.outages[0].start = "2023-05-15T12:20".parse().ok();
        new.outages[0].cause = None;
        new.outages[0].evidence[0].quote = "가톡의".into();
        new.outages[0].evidence[0].to = 3;
        new.outages[2] = record("라게임", "2023-05-15");
        let comparison = Comparison::new(Some(&old), &new);
        let changes: Vec<(&str, Change)> = comparison.groups.iter().map(|g| (g.heading.as_str(), g.change)).collect();
        assert_eq!(
            changes,
            [
                ("article", Change::Same),
                ("가톡 (main)", Change::Changed),
                ("나페이 (main)", Change::Same),
                ("라게임 (main)", Change::Added),
                ("다뱅크 (main)", Change::Removed)
            ]
        );
        let text = comparison.to_string();
        let beginning = "가톡 (main)
  - start        2023-05-15T12:10+09:00
  + start        2023-05-15T12:20+09:00
  - cause        network
  + cause        —
  - evidence     service “가톡” title 0–2
  + evidence     service “가톡의” title 0–3
라게임 (main): new
  + service      라게임
";
        assert!(text.starts_with(beginning), "{text}");
        assert!(text.contains("다뱅크 (main): gone\n  - service      다뱅크\n"), "{text}");
    }

    #[test]
    fn the_nearest_record_is_the_same_one() {
        let twice = |first, second| vec![record("가톡", first), record("가톡", second)];
        let renamed = Record { service: "가톡 PC".into(), ..record("가톡", "2023-01-02") };
        let (old, new) = (twice("2023-01-01", "2023-01-02"), twice("2023-01-02", "2023-01-03"));
        assert_eq!(pairs(&old, &new), [(Some(1), Some(0)), (Some(0), Some(1))]);
        assert_eq!(pairs(&old[1..], &[renamed]), [(Some(0), Some(0))]);
        let background = Record { role: Role::Background, ..record("가톡", "2023-01-01") };
        assert_eq!(pairs(&old[..1], &[background, record("가톡", "2022")]), [(None, Some(0)), (Some(0), Some(1))]);
        assert_eq!(pairs(&[], &old), [(None, Some(0)), (None, Some(1))]);
    }

    #[test]
    fn evidence_is_a_set() {
        let e = |quote: &str| ("evidence", quote.to_owned());
        let row = |old: Option<&str>, new: Option<&str>| Row { field: "evidence", old: old.map(Into::into), new: new.map(Into::into) };
        let rows = rows(vec![e("a"), e("b"), e("b"), e("c")], vec![e("c"), e("b"), e("d")]);
        assert_eq!(rows, [row(Some("b"), Some("b")), row(Some("c"), Some("c")), row(Some("a"), Some("d")), row(Some("b"), None)]);
    }

    #[test]
    fn fixtures_are_what_is_reviewed_or_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("deep")).unwrap();
        for name in ["b.html", "b.records.json", "b.gold.json", "index.html", "deep/a.json", "deep/a.gold.json", "deep/notes.txt"] {
            std::fs::write(path(name), "{}").unwrap();
        }
        let names = |paths: &[PathBuf]| -> Vec<(PathBuf, PathBuf)> {
            let local = |p: &PathBuf| p.strip_prefix(folder.path()).unwrap().to_owned();
            find(paths).unwrap().iter().map(|f| (local(&f.input), local(&f.snapshot))).collect()
        };
        let (a, b) = (("deep/a.json".into(), "deep/a.records.json".into()), ("b.html".into(), "b.records.json".into()));
        assert_eq!(names(&[path("")]), [b.clone(), a]);
        assert_eq!(names(&[path("b.records.json"), path("b.html")]), [b]);
        assert_eq!(names(&[path("index.html")]), [("index.html".into(), "index.records.json".into())]);
        assert!(matches!(find(&[path("deep/notes.txt")]), Err(ReviewError::NoFixture { .. })));
        assert!(matches!(find(&[path("none")]), Err(ReviewError::Read { .. })));
        std::fs::remove_file(path("deep/a.json")).unwrap();
        assert!(matches!(find(&[path("")]), Err(ReviewError::NoInput { .. })));
        std::fs::remove_file(path("deep/a.gold.json")).unwrap();
        assert!(matches!(find(&[path("deep")]), Err(ReviewError::Nothing { .. })));
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let fixture = Fixture::of(&folder.path().join("a.html")).unwrap();
        assert_eq!(fixture.expected().unwrap(), None);
        let records = snapshot(vec![record("가톡", "2023")]);
        fixture.accept(&records).unwrap();
        assert_eq!(fixture.expected().unwrap(), Some(records));
        std::fs::write(&fixture.snapshot, "{\n \"title\": 1}").unwrap();
        let error = fixture.expected().unwrap_err().to_string();
        assert!(error.contains("a.records.json") && error.contains("line 2"), "{error}");
    }
}
