//! The crawl: sources → feeds → pages → the database, politely.
//!
//! - [`Sources`]: which sources there are.
//! - [`feed`]: a feed's bytes → its entries.
//! - [`robots`]: what a host allows.
//! - [`politeness`]: who may be asked when.
//! - [`fetch`]: one request within limits.
//! - `request`: from a URL to what it gives, through robots.txt, turns and redirects.
//! - `frontier`: when what is asked again.
//! - `writer`: the one way to the database.
//! - `engine`: brings them together; [`crawl`] starts it for one pass, [`mod@watch`] for as long as it is wanted.
//! - [`lock`]: one crawl at a time on one database.
//!
//! It promises: one request at a time and a delay for each host; robots.txt is obeyed, for what redirects lead to as well; what a source
//! listed is stored with the list, so a crawl that was stopped or killed goes on where it was; what is stored is asked for again only while
//! it is young, and then only for what changed; who fails is asked less and less; one bad page or feed is one entry in the summary's
//! failures and never stops the rest. What a page holds is left to a [`Pipeline`].

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch as channel;
use url::Url;

pub mod discover;
mod engine;
pub mod feed;
pub mod fetch;
mod frontier;
pub mod list;
pub mod lock;
pub mod politeness;
mod request;
pub mod robots;
pub mod schedule;
pub mod search;
pub mod sitemap;
mod sources;
pub mod watch;
mod writer;
mod xml;

pub use sources::{Kind, Origin, Search, Source, SourceError, Sources};
pub use watch::{Plan, Status, watch};
pub use xml::XmlError;

use crate::article::Article;
use crate::config::CrawlConfig;
use crate::record::{ArticleRecords, Outage};
use crate::store::{Put, Store, StoreError};
use crate::temporal::Moment;
use engine::{Engine, Shared};
use fetch::Fetcher;
use writer::Writer;

/// What is known of a page beside its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct PageHints {
    /// The URL that was asked.
    pub url: Url,
    /// Where redirects led; the same where there were none.
    pub final_url: Url,
    /// The header, as it came.
    pub content_type: Option<String>,
    /// When the feed says it was published.
    pub feed_date: Option<Moment>,
    /// The headline in the feed.
    pub feed_title: Option<String>,
    /// Whose source led there.
    pub publisher: Option<String>,
    /// When it was first fetched.
    pub fetched_at: Moment,
}

/// What makes records of a page. It is called on threads that may block.
pub trait Pipeline: Send + Sync {
    /// The version that the records are marked with.
    fn version(&self) -> &str;

    /// The article that a page holds, and its records; else why there is none.
    fn page(&self, bytes: &[u8], hints: PageHints) -> Result<(Article, ArticleRecords), String>;

    /// The article that a JSON line holds, and its records; else what is wrong with the line, which the message names by its `number`.
    fn line(&self, line: &[u8], number: usize) -> Result<(Article, ArticleRecords), String>;
}

/// What happened to one URL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A source was read.
    Source {
        /// Its id.
        id: &'a str,
        /// Pages of it that are due, most of them new.
        pages: usize,
        /// How many articles it lists.
        entries: usize,
        /// When the newest of them was published.
        newest: Option<Moment>,
    },
    /// A source could not be read.
    SourceFailed {
        /// Its id.
        id: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A source was not asked, since it, or its host, has failed too often or asked for patience.
    SourcePutOff {
        /// Its id.
        id: &'a str,
        /// Until when.
        until: Timestamp,
    },
    /// All sources were read; what follows are pages.
    Due {
        /// So many at most.
        pages: u64,
    },
    /// It would be fetched, were the crawl not dry.
    Planned {
        /// The page.
        url: &'a str,
    },
    /// The host says that a page is as it was.
    Unchanged {
        /// The page.
        url: &'a str,
    },
    /// A page gave an article.
    Stored {
        /// New, or changed, or not.
        put: Put,
        /// Where redirects led.
        url: &'a str,
        /// Its headline.
        title: &'a str,
        /// How many records it has.
        outages: usize,
        /// Those that were not stored before.
        fresh: &'a [Outage],
    },
    /// robots.txt forbids it.
    Disallowed {
        /// The page.
        url: &'a str,
    },
    /// How a watch is; told many times a second.
    Watching {
        /// That.
        status: Status,
    },
    /// A watch cannot work with its database, and tries again.
    Trouble {
        /// Why.
        reason: &'a str,
        /// How long it waits before.
        wait: std::time::Duration,
    },
    /// No host can be reached any more, or one can again.
    Network {
        /// Which of the two.
        gone: bool,
    },
    /// Words for people, of whoever runs the crawl.
    Note {
        /// They.
        text: &'a str,
    },
    /// The system's clock was set back.
    ClockSetBack {
        /// What it showed.
        from: Timestamp,
        /// What it shows.
        to: Timestamp,
    },
    /// It failed.
    Failed {
        /// The page or feed.
        url: &'a str,
        /// Why.
        reason: &'a str,
    },
}

/// Is told what happens, from many tasks.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// Nobody watches.
impl Progress for () {
    fn event(&self, _: Event<'_>) {}
}

/// How a crawl went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Sources that were read.
    pub sources: u64,
    /// New articles.
    pub new: u64,
    /// Articles that were known and have not changed, or were not asked for again.
    pub unchanged: u64,
    /// Articles that have changed.
    pub updated: u64,
    /// Records of new and changed articles.
    pub outages: u64,
    /// Pages and feeds that failed, and why; sorted.
    pub failed: Vec<(String, String)>,
    /// Pages that robots.txt forbids; sorted.
    pub disallowed: Vec<String>,
    /// Sources and pages that were not asked for, because they, or their hosts, have failed too often or asked for patience.
    pub put_off: u64,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Why a crawl could not be done at all.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// No request can be sent.
    #[error(transparent)]
    Setup(#[from] fetch::SetupError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that works with the database ended by a fault of ours.
    #[error("working with the database failed inside meoktong, which is a fault to report: {0}")]
    Writer(#[from] tokio::task::JoinError),
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a crawl is to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// The sources that are read.
    pub sources: Vec<Source>,
    /// Whether they were asked for by name: then they are read even if they failed often, and only pages that they list are fetched.
    pub named: bool,
    /// No page is fetched that its source says was published earlier.
    pub since: Option<Moment>,
    /// Nothing is stored and no page is fetched: what would be is told as [`Event::Planned`]. Sources and robots.txt are read.
    pub dry: bool,
    /// Only the sources are read.
    pub only_sources: bool,
    /// What a search asks for that has no queries of its own, see [`search::words`].
    pub words: Vec<String>,
}

/// All that is due, from these sources and earlier ones.
impl From<Vec<Source>> for Scope {
    fn from(sources: Vec<Source>) -> Scope {
        Scope { sources, ..Scope::default() }
    }
}

/// Crawls into `store`, until done or until `stop` says so: reads the sources, then fetches what is due.
pub async fn crawl(
    config: &CrawlConfig,
    scope: impl Into<Scope>,
    store: Store,
    pipeline: Arc<dyn Pipeline>,
    progress: Arc<dyn Progress>,
    clock: Clock,
    stop: channel::Receiver<bool>,
) -> Result<Summary, CrawlError> {
    let Scope { sources, named, since, dry, only_sources, words } = scope.into();
    let fetcher = Fetcher::new(config)?;
    let (writer, thread) = Writer::start(store, dry);
    let engine = Engine {
        shared: Arc::new(Shared {
            named,
            since,
            only_sources,
            words,
            dry,
            ..Shared::new(config, fetcher, writer, pipeline, progress, clock, stop)
        }),
    };
    let summary = engine.run(sources).await;
    // The writer's thread ends with the last who could give it work.
    drop(engine);
    thread.await??;
    Ok(summary)
}
