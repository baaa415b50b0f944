//! The database: articles and what they said before, the outages they tell of with their evidence, fetched pages, what a crawl has still to do.
//! The only room that knows SQL.
//!
//! It promises: an article and its records are one transaction, and what a call reported as stored survives a kill or a power cut;
//! the same article stored again changes nothing, not even a row's id; an article under several URLs is kept once; ids come from content,
//! so equal input gives an equal [dump](Store::export_all). Deciding what a record is, and what a service's other names are, is left to the rooms before it.

mod archive;
mod articles;
mod copies;
mod dump;
mod frontier;
mod incidents;
mod migrations;
mod outages;
mod pages;
mod queries;
mod search;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::article::Article;
use crate::config::ArchiveConfig;
use crate::incident::{Edit, Families};
use crate::korean::Tokenizer;
use crate::record::{ArticleRecords, Outage};

use incidents::{Changes, FamiliesCache};

pub use archive::{ArchiveSize, Capture};
pub use articles::{ArticleFilter, ArticleVersion, Put, Reading, Reread, StoredArticle};
pub use frontier::{DueFilter, DuePage, Heartbeat, HostState, Listed, SourceState, Standing, StoredRobots};
pub use incidents::{Correction, StoredEdit};
pub use outages::{OutageDetail, OutageQuery, OutageRow, Sort};
pub use pages::{Page, PageHead, PageKind, PageState, Run, RunCounts, host_of};
pub use queries::{IncidentDetail, IncidentQuery, IncidentRecord, IncidentRow, IncidentSort, RootDetail};
pub use search::{Aliases, CANDIDATES, Found, Hit, IndexScope, Indexer, Mark, QueryError, Search, SearchFilter, SearchSort, SearchWords};

/// An open database.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    path: PathBuf,
    indexer: Option<Arc<Indexer>>,
    archive: ArchiveConfig,
    families: FamiliesCache,
}

/// So many captures may go with one transaction.
const PRUNE: usize = 64;

/// So many texts are given their numbers in one transaction.
const CATCH_UP: usize = 500;

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error("database {}: {error}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Its reason.
        error: rusqlite::Error,
    },
    /// The folder for the database cannot be made.
    #[error("cannot make the folder {} for the database: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// Nothing is there to be read.
    #[error("there is no database {} yet: `meoktong crawl` or `meoktong import` makes it", .0.display())]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{} is no SQLite database: give another file with --db", .0.display())]
    NotADatabase(PathBuf),
    /// It is a database, but of another program.
    #[error("{} is a database of another program, which is left untouched: give another file with --db", .0.display())]
    Foreign(PathBuf),
    /// A later meoktong wrote it.
    #[error("{} was written by a newer meoktong (its schema is {found}, this program knows up to {known}): use that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The latest known here.
        known: i64,
    },
    /// A value in the database is none that meoktong writes.
    #[error("the database holds `{value}` as {field}: {reason}")]
    Corrupt {
        /// Table and column.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A record cannot be stored.
    #[error("the article {article} cannot be stored: {reason}")]
    Unstorable {
        /// The article's id.
        article: String,
        /// Why not.
        reason: String,
    },
    /// No record has this id.
    #[error("no record has the id `{0}`; `meoktong outages` lists the ids")]
    NotFound(String),
    /// Several records' ids begin so.
    #[error("more than one record has an id that begins with `{0}`: give more of it")]
    Ambiguous(String),
    /// No incident has this id.
    #[error("no incident or record has the id `{0}`; `meoktong outages` lists the ids")]
    NoIncident(String),
    /// Several incidents' ids begin so.
    #[error("more than one incident has an id that begins with `{0}`: give more of it")]
    AmbiguousIncident(String),
    /// A correction that makes no sense.
    #[error("{0}")]
    CannotEdit(String),
    /// The dump cannot be written.
    #[error("cannot write the export: {0}")]
    Write(#[from] std::io::Error),
}

impl StoreError {
    /// Whether the database may only be read.
    pub fn is_read_only(&self) -> bool {
        matches!(self, StoreError::Sqlite { error, .. } if error.sqlite_error_code() == Some(ErrorCode::ReadOnly))
    }
}

/// Errors inside the room carry no path; [`Store`] adds it on the way out.
#[derive(Debug)]
enum Fault {
    Sqlite(rusqlite::Error),
    Other(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Other(error)
    }
}

impl Fault {
    fn at(self, path: &Path) -> StoreError {
        match self {
            Fault::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => StoreError::NotADatabase(path.to_owned()),
            Fault::Sqlite(error) => StoreError::Sqlite { path: path.to_owned(), error },
            Fault::Other(error) => error,
        }
    }
}

type Inner<T> = Result<T, Fault>;

impl Store {
    /// Opens the database for reading and writing; makes it, and its folder, where there is none, and brings an older one up to date.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Folder { path: folder.to_owned(), error })?;
        }
        let mut store = Store::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, |db| {
            check_owner(db, path)?;
            use_wal(db)?;
            migrate(db, path)
        })?;
        if !store.read(copies::are_current)? {
            while !store.read(copies::are_current)? {
                store.write(|tx| copies::catch_up(tx, CATCH_UP))?;
            }
            store.change(|tx, changes, _| {
                changes.regrouped().extend(copies::all(tx)?);
                // Those that no longer are.
                changes.regrouped().extend(incidents::wired(tx)?);
                Ok(())
            })?;
        }
        Ok(store)
    }

    /// Opens the database for reading; it must be there. Only an older schema is brought up to date first.
    pub fn open_read_only(path: &Path) -> Result<Store, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let mut version = 0;
        let store = Store::open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY, |db| {
            version = check_owner(db, path)?;
            Ok(())
        })?;
        if version < migrations::VERSION || !store.read(copies::are_current)? {
            drop(store);
            return Store::open(path);
        }
        Ok(store)
    }

    fn open_with(path: &Path, flags: OpenFlags, prepare: impl FnOnce(&mut Connection) -> Inner<()>) -> Result<Store, StoreError> {
        if path.is_dir() {
            return Err(StoreError::NotADatabase(path.to_owned()));
        }
        let opened = || -> Inner<Connection> {
            let mut db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            db.busy_timeout(Duration::from_secs(30))?;
            db.set_prepared_statement_cache_capacity(256);
            // A plan does not depend on what is asked for: else every new value makes SQLite prepare the statement again.
            db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            db.pragma_update(None, "foreign_keys", true)?;
            // KiB. An incident's neighbourhood lies all over a large file.
            db.pragma_update(None, "cache_size", -16384)?;
            // What was reported as stored must survive a power cut too, which NORMAL does not promise in WAL mode.
            db.pragma_update(None, "synchronous", "FULL")?;
            // Every thousand pages, as SQLite has it, one article in ten of a large database waits for the pages of the others to be written back: an
            // article touches a hundred, as its keys lie all over the file. So it is one in a hundred and sixty, and the log takes up to 64 MB.
            db.pragma_update(None, "wal_autocheckpoint", 16000)?;
            prepare(&mut db)?;
            Ok(db)
        };
        let db = opened().map_err(|fault| fault.at(path))?;
        Ok(Store { db, path: path.to_owned(), indexer: None, archive: ArchiveConfig::default(), families: FamiliesCache::default() })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on what is stored is indexed for the search, in the same transaction. Without it articles wait for [`Store::index`].
    pub fn with_indexer(self, indexer: Indexer) -> Store {
        Store { indexer: Some(Arc::new(indexer)), ..self }
    }

    /// Says what of the pages is to be kept, from now on. What is kept already goes in small steps with later pages, or by [`Store::prune`].
    pub fn set_archive(&mut self, archive: &ArchiveConfig) {
        self.archive = archive.clone();
    }

    /// Stores an article with its records, and the page it came from if given, in one transaction.
    ///
    /// An article is known again by its canonical URL, else its URL, else its id. Of two readings under different ids (a crawl's and an
    /// import's) the later state, else the fuller text, is kept, with its id.
    pub fn put(
        &mut self,
        article: &Article,
        records: &ArticleRecords,
        extractor_version: &str,
        page: Option<&Page>,
    ) -> Result<Put, StoreError> {
        let archive = self.archive.clone();
        self.change(|tx, changes, families| {
            let put = articles::put(tx, article, records, extractor_version, page, (&archive, changes, families))?;
            if let Some(page) = page {
                archive::prune(tx, &archive, page.fetched_at, PRUNE)?;
            }
            Ok(put)
        })
    }

    /// Begins a batch: many articles in one transaction, for imports. Nothing of it is stored before [`Batch::commit`].
    pub fn batch(&mut self) -> Result<Batch<'_>, StoreError> {
        let Store { db, path, indexer, archive, families } = self;
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| Fault::from(e).at(path))?;
        let mark = if indexer.is_some() { search::mark(&tx).map_err(|fault| fault.at(path))? } else { 0 };
        let index = indexer.as_deref().map(|indexer| (indexer, mark));
        Ok(Batch { tx, path, index, archive, kept: None, families, changes: Changes::default() })
    }

    /// Replaces the records of a stored article by what today's rules give. `false`: they were the same.
    pub fn replace_records(&mut self, article_id: &str, records: &ArticleRecords, extractor_version: &str) -> Result<bool, StoreError> {
        self.change(|tx, changes, families| articles::replace_records(tx, article_id, records, extractor_version, (changes, families)))
    }

    /// Notes more URLs that lead to a stored article.
    pub fn add_urls<'a>(&mut self, article_id: &str, urls: impl IntoIterator<Item = &'a str>) -> Result<(), StoreError> {
        self.write(|tx| articles::add_urls(tx, article_id, urls))
    }

    /// Notes how a fetch went that gave no article: a feed, or a failure.
    pub fn put_page(&mut self, page: &Page) -> Result<(), StoreError> {
        let archive = self.archive.clone();
        self.write(|tx| pages::put(tx, page, None, None, &archive))
    }

    /// What is known of a URL without its body: enough to ask again only for what changed.
    pub fn page_head(&self, url: &str) -> Result<Option<PageHead>, StoreError> {
        self.read(|db| pages::head(db, url))
    }

    /// The last body that a URL gave, as it came.
    pub fn page_body(&self, url: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| pages::body(db, url))
    }

    /// The id of the article that a URL led to.
    pub fn article_at(&self, url: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| articles::at_url(db, url))
    }

    /// An article with its records.
    pub fn article(&self, id: &str) -> Result<Option<StoredArticle>, StoreError> {
        self.read(|db| articles::load(db, id))
    }

    /// What an article said before it was changed, from the first version on; what it says now is not among them.
    pub fn article_versions(&self, id: &str) -> Result<Vec<ArticleVersion>, StoreError> {
        self.read(|db| articles::versions(db, id))
    }

    /// How a host fails; none where it is well.
    pub fn host_state(&self, host: &str) -> Result<Option<HostState>, StoreError> {
        self.read(|db| frontier::host(db, host))
    }

    /// How a source is; none where it was never read.
    pub fn source_state(&self, id: &str) -> Result<Option<SourceState>, StoreError> {
        self.read(|db| frontier::source(db, id))
    }

    /// The hosts that are left alone at `now`, in order, and why.
    pub fn hosts_left_alone(&self, now: jiff::Timestamp) -> Result<Vec<(String, HostState)>, StoreError> {
        self.read(|db| frontier::hosts_left_alone(db, now))
    }

    /// How the watch is that runs on this database, or ran last.
    pub fn heartbeat(&self) -> Result<Option<Heartbeat>, StoreError> {
        self.read(frontier::heartbeat)
    }

    /// Up to `limit` articles in the order of their ids, beginning behind `after`: walk a large database in steps, writing in between.
    pub fn articles_after(&self, filter: &ArticleFilter, after: Option<&str>, limit: usize) -> Result<Vec<StoredArticle>, StoreError> {
        self.read(|db| articles::after(db, filter, after, limit))
    }

    /// How many articles pass the filter behind `after`.
    pub fn count_articles(&self, filter: &ArticleFilter, after: Option<&str>) -> Result<u64, StoreError> {
        self.read(|db| articles::count(db, filter, after))
    }

    /// Every article that passes the filter, in the order of their ids.
    pub fn articles<'a>(&'a self, filter: &'a ArticleFilter) -> impl Iterator<Item = Result<StoredArticle, StoreError>> + 'a {
        const STEP: usize = 64;
        let (mut after, mut step, mut ended) = (None::<String>, Vec::new().into_iter(), false);
        std::iter::from_fn(move || {
            loop {
                if let Some(article) = step.next() {
                    return Some(Ok(article));
                }
                if ended {
                    return None;
                }
                match self.articles_after(filter, after.as_deref(), STEP) {
                    Ok(found) => {
                        ended = found.len() < STEP;
                        after = found.last().map(|a| a.article.id.clone());
                        step = found.into_iter();
                    }
                    Err(error) => {
                        ended = true;
                        return Some(Err(error));
                    }
                }
            }
        })
    }

    /// How many articles and how many records there are.
    pub fn counts(&self) -> Result<(u64, u64), StoreError> {
        self.read(|db| {
            Ok(db.query_row("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM outages)", [], |r| {
                Ok((r.get::<_, i64>(0)?.cast_unsigned(), r.get::<_, i64>(1)?.cast_unsigned()))
            })?)
        })
    }

    /// The records that match, without their evidence.
    pub fn outages(&self, query: &OutageQuery) -> Result<Vec<OutageRow>, StoreError> {
        self.read(|db| outages::query(db, query))
    }

    /// One record with its evidence and its article, by its id or the beginning of it.
    pub fn outage(&self, id: &str) -> Result<OutageDetail, StoreError> {
        self.read(|db| outages::detail(db, id))
    }

    /// The articles that have the words. Only what is indexed is found; see [`Store::is_indexed`].
    pub fn search(&self, tokenizer: &Tokenizer, search: &Search, filter: &SearchFilter) -> Result<Found, StoreError> {
        self.read(|db| search::search(db, tokenizer, search, filter))
    }

    /// Whether every article is indexed for the search that this scope chooses.
    pub fn is_indexed(&self, scope: IndexScope) -> Result<bool, StoreError> {
        self.read(|db| search::is_complete(db, scope))
    }

    /// Begins to index what waits, or `anew` everything; how many articles [`Store::index`] will have to look at.
    pub fn begin_index(&mut self, indexer: &Indexer, anew: bool) -> Result<u64, StoreError> {
        self.write(|tx| search::prepare(tx, indexer, anew))
    }

    /// Looks at up to `most` articles that wait, in one transaction; how many there were, 0 when none is left.
    pub fn index(&mut self, indexer: &Indexer, most: usize) -> Result<usize, StoreError> {
        self.write(|tx| search::index(tx, indexer, 0, most))
    }

    /// Tidies the index up after much was indexed, for fast searches.
    pub fn tidy_index(&mut self) -> Result<(), StoreError> {
        self.write(|tx| search::optimize(tx))
    }

    /// Writes the logical dump: a JSON line an article, sorted, with nothing in it that depends on how or when the database came about.
    pub fn export_all(&self, writer: &mut dyn std::io::Write) -> Result<u64, StoreError> {
        self.read(|db| dump::export_all(db, writer))
    }

    /// Lets some of what the archive is no longer to keep go; `false`: nothing is left to go.
    pub fn prune(&mut self, now: jiff::Timestamp) -> Result<bool, StoreError> {
        let archive = self.archive.clone();
        self.write(|tx| archive::prune(tx, &archive, now, PRUNE)).map(|gone| gone == PRUNE)
    }

    /// What the archive holds.
    pub fn archive_size(&self) -> Result<ArchiveSize, StoreError> {
        self.read(archive::full_size)
    }

    /// Up to `limit` of the pages that are kept, every version of each, in the order in which they were fetched, going on behind `after`.
    pub fn captures_after(&self, after: Option<&Capture>, limit: usize) -> Result<Vec<Capture>, StoreError> {
        self.read(|db| archive::after(db, after, limit))
    }

    /// What the pages of an article say now, as far as it is kept, in the order in which they were fetched.
    pub fn captures_of(&self, article_id: &str) -> Result<Vec<Capture>, StoreError> {
        self.read(|db| archive::of_article(db, article_id))
    }

    /// Up to `limit` of the pages behind the capture `after` that gave no article, where other rules than those of `version` read them last;
    /// without a version all that gave none.
    pub fn captures_unread(&self, version: Option<&str>, after: i64, limit: usize) -> Result<Vec<Capture>, StoreError> {
        self.read(|db| archive::unread(db, version, after, limit))
    }

    /// How far a task has come that goes over much; none where it is done or was never begun.
    pub fn progress(&self, task: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| archive::progress(db, task))
    }

    /// The articles that print the same text as this one, each alike or through others; sorted, and without itself.
    pub fn copies_of(&self, article_id: &str) -> Result<Vec<String>, StoreError> {
        self.read(|db| copies::beside(db, article_id))
    }

    /// The name of the group of articles that print the same text: the smallest id among them. None where there is no such article.
    pub fn copy_group(&self, article_id: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| copies::group(db, article_id))
    }

    /// The incidents that match.
    pub fn incidents(&self, query: &IncidentQuery) -> Result<Vec<IncidentRow>, StoreError> {
        self.read(|db| queries::list(db, query))
    }

    /// Hands over the incidents that match, one after the other, so that memory does not grow with their number. With `articles`, beside each the
    /// addresses of all its articles, the first published first; without, the row has no headline and no address.
    pub fn each_incident<E: From<StoreError>>(
        &self,
        query: &IncidentQuery,
        articles: bool,
        mut each: impl FnMut(IncidentRow, Vec<String>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        self.read(|db| {
            queries::walk(db, query, articles, &mut |row, urls| {
                stopped = each(row, urls).err();
                stopped.is_none()
            })
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// How SQLite answers a query, a line a step, to see which indexes it uses.
    pub fn incidents_plan(&self, query: &IncidentQuery) -> Result<Vec<String>, StoreError> {
        self.read(|db| queries::plan(db, query))
    }

    /// One incident with all that was reported of it: by its id, a former id, a record's id, or the beginning of one.
    pub fn incident(&self, id: &str) -> Result<IncidentDetail, StoreError> {
        self.read(|db| queries::detail(db, id))
    }

    /// How many incidents there are.
    pub fn count_incidents(&self) -> Result<u64, StoreError> {
        self.read(|db| Ok(db.query_row("SELECT count(*) FROM incidents", [], |r| r.get::<_, i64>(0))?.cast_unsigned()))
    }

    /// Keeps a person's correction, made at `now` (Unix seconds); gives its number and the incident that it led to.
    pub fn correct(&mut self, correction: &Correction, reason: &str, now: i64) -> Result<(i64, String), StoreError> {
        self.write(|tx| incidents::correct(tx, correction, reason, now))
    }

    /// Keeps a correction as another database had it; gives its number.
    pub fn put_edit(&mut self, edit: &Edit) -> Result<i64, StoreError> {
        self.write(|tx| incidents::put_edit(tx, edit))
    }

    /// The corrections, in the order of their time.
    pub fn edits(&self) -> Result<Vec<StoredEdit>, StoreError> {
        self.read(incidents::listed_edits)
    }

    /// Takes a correction back.
    pub fn undo(&mut self, number: i64) -> Result<Edit, StoreError> {
        self.write(|tx| incidents::undo(tx, number))
    }

    /// Says which company is above which service from now on, by the dictionaries that are used with the database. Where these are others than before,
    /// the incidents of the services that they change are made anew; `true`: there were such.
    pub fn use_families(&mut self, families: &Arc<Families>) -> Result<bool, StoreError> {
        let cache = std::mem::take(&mut self.families);
        let done = self.write(|tx| incidents::use_families(tx, &cache, families));
        self.families = cache;
        done
    }

    /// Notes that a crawl began.
    pub fn begin_run(&mut self, started: jiff::Timestamp) -> Result<Run, StoreError> {
        self.write(|tx| pages::begin_run(tx, started))
    }

    /// Notes how a crawl ended.
    pub fn finish_run(&mut self, run: Run, finished: jiff::Timestamp, counts: &RunCounts) -> Result<(), StoreError> {
        self.write(|tx| pages::finish_run(tx, run, finished, counts))
    }

    /// Like [`Store::write`], for what changes records: the incidents follow in the same transaction.
    fn change<T>(&mut self, work: impl FnOnce(&Connection, &mut Changes, &FamiliesCache) -> Inner<T>) -> Result<T, StoreError> {
        let families = std::mem::take(&mut self.families);
        let done = self.write(|tx| {
            let mut changes = Changes::default();
            let value = work(tx, &mut changes, &families)?;
            incidents::refresh(tx, &mut changes)?;
            Ok(value)
        });
        self.families = families;
        done
    }

    fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Inner<T>) -> Result<T, StoreError> {
        let Store { db, path, indexer, .. } = self;
        // Immediate: a read that turns into a write could be refused without waiting for the other writer.
        let done = || -> Inner<T> {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mark = if indexer.is_some() { search::mark(&tx)? } else { 0 };
            let value = work(&tx)?;
            if let Some(indexer) = indexer {
                search::index(&tx, indexer, mark, usize::MAX)?;
            }
            tx.commit()?;
            Ok(value)
        };
        done().map_err(|fault| fault.at(path))
    }

    /// One read transaction, so that what several statements see is one state.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Inner<T>) -> Result<T, StoreError> {
        let done = || -> Inner<T> {
            let tx = self.db.unchecked_transaction()?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        done().map_err(|fault| fault.at(&self.path))
    }
}

/// Many changes in one transaction. Each is whole or not there at all: where one fails, the rest is not touched.
#[derive(Debug)]
pub struct Batch<'a> {
    tx: Transaction<'a>,
    path: &'a Path,
    /// Who indexes what is put, and behind which number that waits.
    index: Option<(&'a Indexer, i64)>,
    archive: &'a ArchiveConfig,
    /// When the latest page of the batch was fetched.
    kept: Option<jiff::Timestamp>,
    families: &'a FamiliesCache,
    changes: Changes,
}

impl Batch<'_> {
    /// Like [`Store::put`], with further URLs that lead to the article.
    pub fn put(
        &mut self,
        article: &Article,
        records: &ArticleRecords,
        extractor_version: &str,
        urls: &[String],
    ) -> Result<Put, StoreError> {
        let archive = self.archive;
        self.change(|db, changes, families| {
            let put = articles::put(db, article, records, extractor_version, None, (archive, changes, families))?;
            if !urls.is_empty()
                && let Some(id) = articles::resolve(db, article)?
            {
                articles::add_urls(db, &id, urls.iter().map(String::as_str))?;
            }
            Ok(put)
        })
    }

    /// Like [`Store::put`], with the page that the article came from.
    pub fn put_from(
        &mut self,
        article: &Article,
        records: &ArticleRecords,
        extractor_version: &str,
        page: &Page,
    ) -> Result<Put, StoreError> {
        let archive = self.archive;
        self.kept = self.kept.max(Some(page.fetched_at));
        self.change(|db, changes, families| {
            articles::put(db, article, records, extractor_version, Some(page), (archive, changes, families))
        })
    }

    /// Stores what a page of another archive says. Where something later is known of it, only the raw archive takes it. `listed`, `publisher` and
    /// `first` are what is known of how it was found.
    pub fn put_past(
        &mut self,
        (article, records): (&Article, &ArticleRecords),
        extractor_version: &str,
        page: &Page,
        (listed, publisher, first): (&Listed, Option<&str>, Option<jiff::Timestamp>),
    ) -> Result<Put, StoreError> {
        let archive = self.archive;
        self.kept = self.kept.max(Some(page.fetched_at));
        self.change(|db, changes, families| {
            let put = articles::put_past(db, article, records, extractor_version, page, (archive, changes, families))?;
            frontier::note_origin(db, listed, publisher, first)?;
            Ok(put)
        })
    }

    /// Brings an article to what its pages say by the rules of today, as if they came for the first time: its records, its text, its name.
    /// `by_text` is what its stored text says, and counts where no page is kept.
    pub fn reread(
        &mut self,
        article_id: &str,
        by_text: &ArticleRecords,
        readings: &[Reading],
        extractor_version: &str,
    ) -> Result<Reread, StoreError> {
        let archive = self.archive;
        self.change(|db, changes, families| {
            articles::reread(db, article_id, by_text, readings, extractor_version, (archive, changes, families))
        })
    }

    /// Like [`Store::put_page`].
    pub fn put_page(&mut self, page: &Page) -> Result<(), StoreError> {
        let archive = self.archive;
        self.step(|db| pages::put(db, page, None, None, archive))
    }

    /// Notes how far a task has come, together with what it did; `None`: it is done.
    pub fn set_progress(&mut self, task: &str, position: Option<&str>) -> Result<(), StoreError> {
        self.step(|db| archive::set_progress(db, task, position))
    }

    /// Notes which rules read a page that gave no article.
    pub fn note_read(&mut self, capture: i64, version: &str) -> Result<(), StoreError> {
        self.step(|db| archive::read_by(db, capture, version))
    }

    /// Notes that a page is as it was, and when to ask it again.
    pub fn unchanged(&mut self, url: &str, next_due: Option<jiff::Timestamp>) -> Result<(), StoreError> {
        self.step(|db| pages::unchanged(db, url, next_due))
    }

    /// Leaves a page as it is, until later.
    pub fn defer(&mut self, url: &str, until: jiff::Timestamp) -> Result<(), StoreError> {
        self.step(|db| frontier::defer(db, url, until))
    }

    /// Notes what a source lists. Tells how each listed page stands; one that was not known is due at `now`.
    pub fn put_listing(
        &mut self,
        source: &str,
        publisher: Option<&str>,
        listed: &[Listed],
        now: jiff::Timestamp,
    ) -> Result<Vec<Standing>, StoreError> {
        self.step(|db| frontier::note(db, source, publisher, listed, now))
    }

    /// Like [`Store::page_head`].
    pub fn page_head(&self, url: &str) -> Result<Option<PageHead>, StoreError> {
        self.look(|db| pages::head(db, url))
    }

    /// Like [`Store::page_body`].
    pub fn page_body(&self, url: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.look(|db| pages::body(db, url))
    }

    /// Up to `limit` hosts behind `after` that had a page due by then, in order.
    pub fn due_hosts(&self, by: jiff::Timestamp, after: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        self.look(|db| frontier::due_hosts(db, by, after, limit))
    }

    /// Up to `limit` pages of a host that are due, those that became so last first, going on behind the last page of the step before.
    pub fn due_pages(&self, host: &str, filter: &DueFilter, after: Option<&DuePage>, limit: usize) -> Result<Vec<DuePage>, StoreError> {
        self.look(|db| frontier::due_pages(db, host, filter, after, limit))
    }

    /// How many pages are due.
    pub fn count_due(&self, filter: &DueFilter) -> Result<u64, StoreError> {
        self.look(|db| frontier::count_due(db, filter))
    }

    /// How many pages are due of hosts that are left alone at `now`.
    pub fn count_put_off(&self, filter: &DueFilter, now: jiff::Timestamp) -> Result<u64, StoreError> {
        self.look(|db| frontier::count_put_off(db, filter, now))
    }

    /// Like [`Store::host_state`].
    pub fn host_state(&self, host: &str) -> Result<Option<HostState>, StoreError> {
        self.look(|db| frontier::host(db, host))
    }

    /// Notes how a host is; `None`: well.
    pub fn put_host_state(&mut self, host: &str, state: Option<&HostState>) -> Result<(), StoreError> {
        self.step(|db| frontier::put_host(db, host, state))
    }

    /// The last answer to a request for a host's robots.txt that said what it is.
    pub fn robots(&self, host: &str) -> Result<Option<StoredRobots>, StoreError> {
        self.look(|db| frontier::robots(db, host))
    }

    /// Notes a host's robots.txt.
    pub fn put_robots(&mut self, host: &str, robots: &StoredRobots) -> Result<(), StoreError> {
        self.step(|db| frontier::put_robots(db, host, robots))
    }

    /// Like [`Store::source_state`].
    pub fn source_state(&self, id: &str) -> Result<Option<SourceState>, StoreError> {
        self.look(|db| frontier::source(db, id))
    }

    /// Notes how a source is.
    pub fn put_source_state(&mut self, id: &str, state: &SourceState) -> Result<(), StoreError> {
        self.step(|db| frontier::put_source(db, id, state))
    }

    /// Notes how the watch is.
    pub fn put_heartbeat(&mut self, beat: &Heartbeat) -> Result<(), StoreError> {
        self.step(|db| frontier::put_heartbeat(db, beat))
    }

    /// Makes due at `now` what is put off beyond `latest`: for when a clock had been wrong. Tells how many pages that were.
    pub fn recall(&mut self, now: jiff::Timestamp, latest: jiff::Timestamp) -> Result<u64, StoreError> {
        self.step(|db| frontier::recall(db, now, latest))
    }

    /// The article that is stored where this one would be, with its records.
    pub fn article_like(&self, article: &Article) -> Result<Option<StoredArticle>, StoreError> {
        self.look(|db| articles::resolve(db, article)?.map_or(Ok(None), |id| articles::load(db, &id)))
    }

    /// Like [`Store::begin_run`].
    pub fn begin_run(&mut self, started: jiff::Timestamp) -> Result<Run, StoreError> {
        self.step(|db| pages::begin_run(db, started))
    }

    /// Like [`Store::finish_run`].
    pub fn finish_run(&mut self, run: Run, finished: jiff::Timestamp, counts: &RunCounts) -> Result<(), StoreError> {
        self.step(|db| pages::finish_run(db, run, finished, counts))
    }

    /// Makes it last; the incidents are brought up to date first, once for all of it. Some of what the archive is no longer to keep goes with it.
    pub fn commit(mut self) -> Result<(), StoreError> {
        let mut done = || -> Inner<()> {
            incidents::refresh(&self.tx, &mut self.changes)?;
            if let Some(now) = self.kept {
                archive::prune(&self.tx, self.archive, now, PRUNE)?;
            }
            if let Some((indexer, mark)) = self.index {
                search::index(&self.tx, indexer, mark, usize::MAX)?;
            }
            Ok(())
        };
        done().and_then(|()| Ok(self.tx.commit()?)).map_err(|fault| fault.at(self.path))
    }

    /// Like [`Batch::step`], for what changes records. What a step that failed noted is looked at once more, and found as it was.
    fn change<T>(&mut self, work: impl FnOnce(&Connection, &mut Changes, &FamiliesCache) -> Inner<T>) -> Result<T, StoreError> {
        let mut changes = std::mem::take(&mut self.changes);
        let families = self.families;
        let done = self.step(|db| work(db, &mut changes, families));
        self.changes = changes;
        done
    }

    fn step<T>(&mut self, work: impl FnOnce(&Connection) -> Inner<T>) -> Result<T, StoreError> {
        let done = || -> Inner<T> {
            let step = self.tx.savepoint()?;
            let value = work(&step)?;
            step.commit()?;
            Ok(value)
        };
        done().map_err(|fault| fault.at(self.path))
    }

    fn look<T>(&self, work: impl FnOnce(&Connection) -> Inner<T>) -> Result<T, StoreError> {
        work(&self.tx).map_err(|fault| fault.at(self.path))
    }
}

/// Checks that the database is ours, or empty, and not newer than this program; gives the version of its schema.
fn check_owner(db: &Connection, path: &Path) -> Inner<i64> {
    let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
    let owner: i32 = db.pragma_query_value(None, "application_id", |r| r.get(0))?;
    if owner != migrations::APPLICATION_ID {
        let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
        if owner != 0 || version != 0 || tables != 0 {
            return Err(StoreError::Foreign(path.to_owned()).into());
        }
    }
    if version > migrations::VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known: migrations::VERSION }.into());
    }
    Ok(version)
}

/// The change of the journal's mode is refused, not queued, while another process makes it too.
fn use_wal(db: &Connection) -> Inner<()> {
    for _ in 0..100 {
        match db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => std::thread::sleep(Duration::from_millis(50)),
            other => return Ok(other?),
        }
    }
    Ok(db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?)
}

/// A bar on standard error for what can take minutes, where that is a terminal.
fn progress() -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(0);
    if !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    if let Ok(style) = indicatif::ProgressStyle::with_template("Bringing the database up to date {bar:32} {pos}/{len} articles {eta}") {
        bar.set_style(style);
    }
    bar
}

fn migrate(db: &mut Connection, path: &Path) -> Inner<()> {
    let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if version == migrations::VERSION {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster since the version was read.
    let version = check_owner(&tx, path)?;
    let mut build = false;
    for (to, step) in (1..).zip(migrations::STEPS).skip(usize::try_from(version).unwrap_or(0)) {
        tx.execute_batch(step)?;
        if to == migrations::ARCHIVE {
            archive::adopt(&tx)?;
        }
        build |= *step == migrations::INCIDENTS;
    }
    // Behind all steps: the code reads the tables as they are today.
    if build {
        let bar = progress();
        incidents::build(&tx, &FamiliesCache::default(), |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
    }
    tx.pragma_update(None, "application_id", migrations::APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", migrations::VERSION)?;
    tx.commit()?;
    Ok(())
}

/// What the database knows of itself by this name, if anything.
fn fact(db: &Connection, name: &str) -> Inner<Option<i64>> {
    Ok(db.prepare_cached("SELECT value FROM facts WHERE name = ?1")?.query_row([name], |r| r.get(0)).optional()?)
}

fn set_fact(db: &Connection, name: &str, value: i64) -> Inner<()> {
    db.prepare_cached("INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")?
        .execute(params![name, value])?;
    Ok(())
}

/// The first 20 hex digits of the SHA-256 of `parts`: long enough that a million ids do not meet.
fn short_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(10).map(|b| format!("{b:02x}")).collect()
}

/// The ids that an article's records have: from the article, the service and the start, and from their order only where these are the same.
pub fn outage_ids(article_id: &str, outages: &[Outage]) -> Vec<String> {
    let mut seen = std::collections::HashMap::<(&str, Option<crate::temporal::Moment>), usize>::new();
    outages
        .iter()
        .map(|outage| {
            let ordinal = seen.entry((&outage.service, outage.start)).and_modify(|n| *n += 1).or_insert(0);
            let start = outage.start.map(|m| m.to_string()).unwrap_or_default();
            short_hash([article_id, &outage.service, &start, &ordinal.to_string()])
        })
        .collect()
}

/// Reads a value that was written as text.
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(field: &'static str, text: String) -> Inner<T> {
    text.parse().map_err(|e: T::Err| StoreError::Corrupt { field, reason: e.to_string(), value: text.chars().take(80).collect() }.into())
}

fn parse_option<T: std::str::FromStr<Err: std::fmt::Display>>(field: &'static str, text: Option<String>) -> Inner<Option<T>> {
    text.map(|t| parse(field, t)).transpose()
}

fn parse_list(field: &'static str, text: String) -> Inner<Vec<String>> {
    serde_json::from_str(&text)
        .map_err(|e| StoreError::Corrupt { field, reason: e.to_string(), value: text.chars().take(80).collect() }.into())
}

fn list(values: impl IntoIterator<Item: Into<String>>) -> String {
    serde_json::Value::from(values.into_iter().map(Into::into).collect::<Vec<String>>()).to_string()
}

#[cfg(test)]
mod tests;
