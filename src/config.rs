//! `meoktong.toml`: what a user may set, read and checked.
//!
//! Every key has a default, so no file is needed. What cannot be used is refused with the file, the line and what would be right there;
//! nothing is ignored in silence. Paths in the file are relative to the file. Which sources exist is for [`crate::crawl::Sources`].

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use scraper::Selector;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::crawl::schedule::Schedule;
use crate::store::IndexScope;

/// The name of the file that is read from the working directory when none is given.
pub const FILE_NAME: &str = "meoktong.toml";

/// The settings of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The file that they came from; none where all are defaults.
    pub file: Option<PathBuf>,
    /// `database`
    pub database: Option<PathBuf>,
    /// `[crawl]`
    pub crawl: CrawlConfig,
    /// `[[source]]`, in the order of the file.
    pub sources: Vec<SourceConfig>,
    /// `[archive]`
    pub archive: ArchiveConfig,
    /// `[dictionaries]`
    pub dictionaries: DictionariesConfig,
    /// `[search]`
    pub search: SearchConfig,
}

/// `[crawl]`: how pages are fetched.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrawlConfig {
    /// What the crawler calls itself; its part before `/` is the name that robots.txt rules are looked up by.
    #[serde(deserialize_with = "user_agent")]
    pub user_agent: String,
    /// How who is asked can reach who asks: a web address or an e-mail address, added to the user agent.
    #[serde(deserialize_with = "contact")]
    pub contact: Option<String>,
    /// Between the end of one request to a host and the start of the next.
    #[serde(deserialize_with = "duration")]
    pub delay: Duration,
    /// How many hosts are asked at once.
    #[serde(deserialize_with = "concurrency")]
    pub concurrency: usize,
    /// For one request, from connecting to the last byte of the body.
    #[serde(deserialize_with = "positive_duration")]
    pub timeout: Duration,
    /// The largest body, after decompression, in bytes.
    #[serde(deserialize_with = "size")]
    pub max_body: usize,
    /// Private addresses that may be asked all the same.
    pub allow_private: Vec<AddressRule>,
    /// Whether requests go through a proxy.
    pub proxy: Proxy,
}

impl CrawlConfig {
    /// What the crawler calls itself, with the contact: `meoktong/0.1 (+https://example.org/contact)`.
    pub fn agent(&self) -> String {
        match &self.contact {
            Some(contact) if !self.user_agent.contains(contact.as_str()) => format!("{} (+{contact})", self.user_agent),
            _ => self.user_agent.clone(),
        }
    }

    /// The contact's e-mail address, where it is one.
    pub fn email(&self) -> Option<&str> {
        let contact = self.contact.as_deref()?;
        let address = contact.strip_prefix("mailto:").unwrap_or(contact);
        is_email(address).then_some(address)
    }
}

impl Default for CrawlConfig {
    fn default() -> CrawlConfig {
        CrawlConfig {
            user_agent: concat!("meoktong/", env!("CARGO_PKG_VERSION")).to_owned(),
            contact: None,
            delay: Duration::from_secs(1),
            concurrency: 32,
            timeout: Duration::from_secs(20),
            max_body: 8 << 20,
            allow_private: Vec::new(),
            proxy: Proxy::None,
        }
    }
}

/// `[archive]`: how much of the fetched pages is kept, for better rules later.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchiveConfig {
    /// How long what a page said before it was changed is kept; nothing at all is kept where this is nothing.
    #[serde(deserialize_with = "age")]
    pub keep: Duration,
    /// How long what a page says now is kept; without it as long as there is room.
    #[serde(deserialize_with = "some_age")]
    pub keep_last: Option<Duration>,
    /// The most that all may take, compressed, in bytes; what pages said before they were changed goes first, then the oldest.
    #[serde(deserialize_with = "large_size")]
    pub max_size: u64,
}

impl Default for ArchiveConfig {
    fn default() -> ArchiveConfig {
        ArchiveConfig { keep: Duration::from_secs(90 * 86_400), keep_last: None, max_size: 10 << 30 }
    }
}

/// One `[[source]]`: a new source, or what changes in the built-in one of the same id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceConfig {
    /// Its name.
    pub id: String,
    /// What stands behind the URL.
    pub kind: Option<SourceKind>,
    /// Where it is.
    pub url: Option<String>,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What it is about.
    pub category: Option<String>,
    /// Whether `crawl` asks it.
    pub enabled: Option<bool>,
    /// `every` or `cron`: when it is asked.
    pub schedule: Option<Schedule>,
    /// Of a list: where on the page its links are.
    pub links: Option<Css>,
    /// Which addresses are articles; all where it is not given.
    pub article_url: Option<Pattern>,
    /// Of a search: who is asked.
    pub engine: Option<Engine>,
    /// Of a search: what is asked, instead of the symptom words.
    pub queries: Option<Vec<String>>,
    /// Of a search: the environment variables that hold its key.
    pub key_env: Option<Vec<String>>,
    /// The day, month or year in which it was last known to work.
    pub last_seen: Option<String>,
    /// The line of its `[[source]]`, for messages.
    pub line: usize,
    /// The lines of the keys that only some kinds have, for messages.
    pub lines_of_keys: Vec<(&'static str, usize)>,
}

/// What stands behind a source's URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// RSS, Atom or JSON Feed.
    #[default]
    Feed,
    /// A sitemap, an index of sitemaps, or a robots.txt that names some.
    Sitemap,
    /// A page with links.
    List,
    /// A search engine.
    Search,
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            SourceKind::Feed => "feed",
            SourceKind::Sitemap => "sitemap",
            SourceKind::List => "list",
            SourceKind::Search => "search",
        })
    }
}

/// A search engine for news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Google News.
    Google,
    /// The news search of Naver's developer API.
    Naver,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Engine::Google => "google",
            Engine::Naver => "naver",
        })
    }
}

/// A CSS selector, with the text that it was made of.
#[derive(Clone, Debug)]
pub struct Css {
    text: String,
    selector: Selector,
}

impl Css {
    /// The selector.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }
}

impl FromStr for Css {
    type Err = String;

    fn from_str(text: &str) -> Result<Css, String> {
        match Selector::parse(text) {
            Ok(selector) => Ok(Css { text: text.to_owned(), selector }),
            Err(error) => {
                let reason = error.to_string();
                // For what it has no words for, the library asks to be told.
                let reason =
                    if reason.starts_with("Unexpected error") { String::new() } else { format!(" ({})", reason.replace('\n', " ")) };
                Err(format!("`{}` is no CSS selector{reason}: expected one such as \"ul.news a.title\"", text.escape_debug()))
            }
        }
    }
}

impl PartialEq for Css {
    fn eq(&self, other: &Css) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Css {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A regular expression, with the text that it was made of.
#[derive(Clone, Debug)]
pub struct Pattern(regex::Regex);

impl Pattern {
    /// Whether it is found in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Pattern, String> {
        regex::Regex::new(text).map(Pattern).map_err(|error| {
            // The first lines draw the expression with a mark under the fault, the last says what it is.
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            format!("`{}` is no regular expression ({reason}): expected one such as \"/news/[0-9]+\"", text.escape_debug())
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}

/// `[dictionaries]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DictionariesConfig {
    /// The user's own TOML files, which extend or override the built-in ones.
    pub extra: Vec<PathBuf>,
}

/// `[search]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// Which articles can be searched.
    pub index: IndexScope,
}

/// `[crawl] proxy`: what stands between the crawler and the hosts. Through a proxy the address that is connected to is the proxy's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// Nothing, whatever the environment says.
    #[default]
    None,
    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    Environment,
    /// This one.
    At(url::Url),
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Proxy, String> {
        if text == "environment" {
            return Ok(Proxy::Environment);
        }
        match check_url(text) {
            Ok(url) if matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none() => Ok(Proxy::At(url)),
            _ => {
                // With a password in it the address is not repeated.
                let shown = if text.contains('@') { "this".into() } else { format!("`{}`", text.escape_debug()) };
                Err(format!("{shown} is no proxy: expected \"environment\" or an address such as \"http://proxy.example.org:3128\""))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Proxy, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A private address that may be asked: `127.0.0.1`, `127.0.0.1:8080` or `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRule {
    network: IpAddr,
    prefix: u8,
    port: Option<u16>,
}

impl AddressRule {
    /// The only port that it opens.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the rule opens `address`; a rule with a port opens nothing where the port is not known.
    pub fn covers(&self, address: IpAddr, port: Option<u16>) -> bool {
        let same = match (self.network, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                shared_bits(u128::from(net.to_bits()) << 96, u128::from(ip.to_bits()) << 96) >= self.prefix
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => shared_bits(net.to_bits(), ip.to_bits()) >= self.prefix,
            _ => false,
        };
        same && (self.port.is_none() || self.port == port)
    }
}

fn shared_bits(a: u128, b: u128) -> u8 {
    (a ^ b).leading_zeros() as u8
}

impl FromStr for AddressRule {
    type Err = String;

    fn from_str(text: &str) -> Result<AddressRule, String> {
        let bits = |ip: IpAddr| if ip.is_ipv4() { 32 } else { 128 };
        if let Ok(ip) = text.parse::<IpAddr>() {
            let ip = ip.to_canonical();
            return Ok(AddressRule { network: ip, prefix: bits(ip), port: None });
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            let ip = socket.ip().to_canonical();
            return Ok(AddressRule { network: ip, prefix: bits(ip), port: Some(socket.port()) });
        }
        if let Some((ip, prefix)) = text.split_once('/')
            && let (Ok(ip), Ok(prefix)) = (ip.parse::<IpAddr>(), prefix.parse::<u8>())
            && prefix <= bits(ip)
        {
            return Ok(AddressRule { network: ip, prefix, port: None });
        }
        Err(format!("`{text}` is no address: expected 127.0.0.1, 127.0.0.1:8080 or 10.0.0.0/8"))
    }
}

impl<'de> Deserialize<'de> for AddressRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AddressRule, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A line of it is wrong.
    #[error("{}, line {line}: {message}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// No directory for data can be told.
    #[error("no place for the data: set MEOKTONG_DATA_DIR (or HOME)")]
    NoDataDir,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<PathBuf>,
    #[serde(default)]
    crawl: CrawlConfig,
    #[serde(default)]
    source: Vec<Spanned<SourceTable>>,
    #[serde(default)]
    archive: ArchiveConfig,
    #[serde(default)]
    dictionaries: DictionariesConfig,
    #[serde(default)]
    search: SearchConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    id: Spanned<String>,
    kind: Option<SourceKind>,
    url: Option<Spanned<String>>,
    publisher: Option<String>,
    category: Option<String>,
    enabled: Option<bool>,
    every: Option<Spanned<String>>,
    cron: Option<Spanned<String>>,
    links: Option<Spanned<String>>,
    article_url: Option<Spanned<String>>,
    engine: Option<Spanned<Engine>>,
    queries: Option<Spanned<Vec<String>>>,
    key_env: Option<Spanned<Vec<String>>>,
    last_seen: Option<Spanned<String>>,
}

/// Reads a value's text; a fault is at the value.
fn read<T>(value: &Option<Spanned<String>>, of: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, (usize, String)> {
    value.as_ref().map(|v| of(v.get_ref()).map_err(|message| (v.span().start, message))).transpose()
}

impl SourceTable {
    /// What it says, checked as far as that can be without knowing the built-in source of its id; else where it is wrong and why.
    fn check(self, text: &str, line: usize) -> Result<SourceConfig, (usize, String)> {
        let (id, at) = (self.id.get_ref(), self.id.span().start);
        if id.is_empty() || !id.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
            let message = format!("`{}` is no id of a source: letters, digits, `-`, `_` and `.`, such as \"yonhap-it\"", id.escape_debug());
            return Err((at, message));
        }
        let url = read(&self.url, |url| check_url(url).map(|_| url.to_owned()))?;
        let schedule = match (read(&self.every, Schedule::every)?, read(&self.cron, Schedule::cron)?) {
            (Some(_), Some(_)) => {
                let at = self.cron.as_ref().map_or(0, |c| c.span().start);
                return Err((at, format!("`{id}` has both `every` and `cron`: keep one")));
            }
            (every, cron) => every.or(cron),
        };
        if let Some(queries) = &self.queries {
            let most = crate::crawl::search::MAX_QUESTIONS;
            if queries.get_ref().is_empty() || queries.get_ref().len() > most || queries.get_ref().iter().any(|q| q.trim().is_empty()) {
                return Err((
                    queries.span().start,
                    format!("expected 1 to {most} queries, none of them empty, such as [\"접속 장애\", \"먹통\"]"),
                ));
            }
        }
        if let Some(names) = &self.key_env {
            let name = |n: &String| {
                !n.is_empty() && !n.starts_with(|c: char| c.is_ascii_digit()) && n.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
            };
            if names.get_ref().len() != 2 || !names.get_ref().iter().all(name) {
                let message = "expected the names of two environment variables, such as [\"NAVER_CLIENT_ID\", \"NAVER_CLIENT_SECRET\"]; the key itself stays out of the file";
                return Err((names.span().start, message.into()));
            }
        }
        let last_seen = read(&self.last_seen, |seen| match seen.parse::<crate::temporal::Moment>() {
            Ok(moment) if !moment.has_clock() => Ok(seen.to_owned()),
            _ => Err(format!("`{}` is no date: expected \"2022-07\" or \"2022-07-15\"", seen.escape_debug())),
        })?;
        let lines_of_keys = [
            ("links", self.links.as_ref().map(Spanned::span)),
            ("engine", self.engine.as_ref().map(Spanned::span)),
            ("queries", self.queries.as_ref().map(Spanned::span)),
            ("key_env", self.key_env.as_ref().map(Spanned::span)),
        ];
        Ok(SourceConfig {
            kind: self.kind,
            url,
            publisher: self.publisher,
            category: self.category,
            enabled: self.enabled,
            schedule,
            links: read(&self.links, str::parse)?,
            article_url: read(&self.article_url, str::parse)?,
            engine: self.engine.map(Spanned::into_inner),
            queries: self.queries.map(Spanned::into_inner),
            key_env: self.key_env.map(Spanned::into_inner),
            last_seen,
            line,
            lines_of_keys: lines_of_keys
                .into_iter()
                .filter_map(|(key, span)| Some((key, crate::dictionaries::line_of(text, span?.start))))
                .collect(),
            id: self.id.into_inner(),
        })
    }
}

impl Config {
    /// Reads `file`, which must then exist; else `meoktong.toml` of the working directory if it is there; else all is default.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        let path = file.unwrap_or(Path::new(FILE_NAME));
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&text, path),
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => Err(ConfigError::Read { file: path.to_owned(), error }),
        }
    }

    /// Reads the text of a configuration; `path` is for messages and for what is relative to it.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let wrong =
            |at: usize, message: String| ConfigError::Line { file: path.to_owned(), line: crate::dictionaries::line_of(text, at), message };
        let file: File = toml::from_str(text).map_err(|e| wrong(e.span().map_or(0, |s| s.start), explain(e.message())))?;
        let base = path.parent().unwrap_or(Path::new(""));
        let mut config = Config {
            file: Some(path.to_owned()),
            database: file.database.map(|p| base.join(p)),
            crawl: file.crawl,
            sources: Vec::new(),
            archive: file.archive,
            dictionaries: DictionariesConfig { extra: file.dictionaries.extra.iter().map(|p| base.join(p)).collect() },
            search: file.search,
        };
        for table in file.source {
            let line = crate::dictionaries::line_of(text, table.span().start);
            let table = table.into_inner();
            let at = table.id.span().start;
            let source = table.check(text, line).map_err(|(at, message)| wrong(at, message))?;
            if let Some(other) = config.sources.iter().find(|s| s.id == source.id) {
                return Err(wrong(at, format!("the source `{}` is already in line {}: give each its own id", source.id, other.line)));
            }
            config.sources.push(source);
        }
        Ok(config)
    }

    /// The database: the one given on the command line, else the configuration's, else `meoktong.db` in the data directory.
    pub fn database_path(&self, given: Option<&Path>) -> Result<PathBuf, ConfigError> {
        match given.or(self.database.as_deref()) {
            Some(path) => Ok(path.to_owned()),
            None => Ok(data_dir()?.join("meoktong.db")),
        }
    }
}

/// Where meoktong keeps its data: `$MEOKTONG_DATA_DIR`, else `$XDG_DATA_HOME/meoktong`, else `~/.local/share/meoktong`.
pub fn data_dir() -> Result<PathBuf, ConfigError> {
    crate::korean::dictionary::data_dir().map_err(|_| ConfigError::NoDataDir)
}

/// Whether `url` can be fetched at all: http or https, with a host.
pub(crate) fn check_url(url: &str) -> Result<url::Url, String> {
    match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(parsed),
        Ok(_) => Err(format!("`{}` is no web address: it begins with http:// or https://", url.escape_debug())),
        Err(error) => Err(format!("`{}` is no web address: {error}", url.escape_debug())),
    }
}

/// Puts a TOML or serde message into words a user can act on: names the known key nearest to an unknown one.
fn explain(message: &str) -> String {
    let message = message.trim();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.strip_prefix("unknown field"), message.strip_prefix("unknown variant"), quoted.split_first()) {
        (Some(_), _, Some((key, known))) => {
            let near = known.iter().map(|k| (distance(key, k), k)).min().filter(|(d, k)| *d <= k.len().div_ceil(3));
            let hint = near.map(|(_, k)| format!("did you mean `{k}`? ")).unwrap_or_default();
            format!("unknown key `{key}`; {hint}known here: {}", known.join(", "))
        }
        (_, Some(_), Some((value, known))) => format!("`{value}` is not possible here: expected {}", known.join(", ")),
        _ if message.starts_with("missing field") => message.replace("missing field", "missing key"),
        _ => message.replace('\n', " "),
    }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let change = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Reads `"1s"`, `"10m"`, `"1h"`, `"500ms"`, `"2d"`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{}` is no duration: expected a number and ms, s, m, h or d, such as \"1s\" or \"10m\"", text.escape_debug());
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let scale = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * scale).ok().filter(|d| d.as_secs() <= 366 * 86_400).ok_or_else(wrong)
}

/// Reads `"8MiB"`, `"500KB"`, `"1024"`.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let wrong = || format!("`{}` is no size: expected a number and B, KB, KiB, MB, MiB, GB or GiB, such as \"8MiB\"", text.escape_debug());
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let scale: usize = match unit.trim() {
        "" | "B" => 1,
        "KB" => 1000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.parse::<usize>().ok().and_then(|n| n.checked_mul(scale)).ok_or_else(wrong)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn positive_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match duration(deserializer)? {
        Duration::ZERO => Err(serde::de::Error::custom("it must be more than nothing, such as \"20s\"")),
        some => Ok(some),
    }
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match parse_size(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)? {
        0 => Err(serde::de::Error::custom("it must be more than nothing, such as \"8MiB\"")),
        some => Ok(some),
    }
}

fn large_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    size(deserializer).map(|size| size as u64)
}

/// Like a duration, but years of days are no mistake.
fn age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    const LONGEST: u64 = 36_500;
    let text = String::deserialize(deserializer)?;
    let days = text.trim().strip_suffix('d').and_then(|days| days.trim().parse::<u64>().ok()).filter(|days| *days <= LONGEST);
    match days {
        Some(days) => Ok(Duration::from_secs(days * 86_400)),
        None => parse_duration(&text).map_err(serde::de::Error::custom),
    }
}

fn some_age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    age(deserializer).map(Some)
}

fn concurrency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        n @ 1..=1024 => Ok(n),
        n => Err(serde::de::Error::custom(format!("{n} hosts at once is not possible: expected 1 to 1024"))),
    }
}

fn user_agent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let agent = String::deserialize(deserializer)?;
    if crate::crawl::robots::product(&agent).is_empty() || !agent.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(serde::de::Error::custom(
            "expected a name and a way to reach you, such as \"meoktong/0.1 (+https://example.org/contact)\"",
        ));
    }
    Ok(agent)
}

/// It goes into a header, and there into a comment in brackets, so nothing that could end either may be in it.
fn contact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"()\\\"<>".contains(&b));
    if plain && (check_url(&text).is_ok() || is_email(text.strip_prefix("mailto:").unwrap_or(&text))) {
        return Ok(Some(text));
    }
    Err(serde::de::Error::custom(format!(
        "`{}` is no contact: expected a web address or an e-mail address, such as \"https://example.org/contact\" or \"mailto:crawler@example.org\"",
        text.escape_debug()
    )))
}

fn is_email(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
    text.split_once('@').is_some_and(|(local, domain)| part(local) && part(domain) && !domain.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("conf/meoktong.toml"))
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        let config = parse("").unwrap();
        assert_eq!(config, Config { file: Some("conf/meoktong.toml".into()), ..Config::default() });
    }

    #[test]
    fn reads_every_key() {
        let config = parse(
            r#"
            database = "data/m.db"
            [crawl]
            user_agent = "bot/1 (+https://example.org)"
            delay = "1.5s"
            concurrency = 4
            timeout = "1m"
            max_body = "2MiB"
            allow_private = ["127.0.0.1", "10.0.0.0/8", "[::1]:80"]
            contact = "mailto:bot@example.org"
            proxy = "http://proxy.example.org:3128"
            [[source]]
            id = "a"
            kind = "feed"
            url = "https://www.example.com/rss"
            publisher = "예시"
            category = "tech"
            enabled = false
            every = "30m"
            article_url = "/news/[0-9]+"
            last_seen = "2022-07"
            [[source]]
            id = "b"
            kind = "list"
            url = "https://www.example.com/it"
            cron = "*/10 9-18 * * mon-fri"
            links = "ul.news a"
            [[source]]
            id = "c"
            kind = "search"
            engine = "naver"
            queries = ["접속 장애"]
            key_env = ["MY_ID", "MY_SECRET"]
            [dictionaries]
            extra = ["my.toml", "/abs/x.toml"]
            [search]
            index = "all"
            "#,
        )
        .unwrap();
        assert_eq!(config.database_path(None).unwrap(), Path::new("conf/data/m.db"));
        assert_eq!(config.database_path(Some(Path::new("x.db"))).unwrap(), Path::new("x.db"));
        assert_eq!((config.crawl.delay, config.crawl.timeout), (Duration::from_millis(1500), Duration::from_secs(60)));
        assert_eq!((config.crawl.concurrency, config.crawl.max_body), (4, 2 << 20));
        assert_eq!(config.dictionaries.extra, [Path::new("conf/my.toml"), Path::new("/abs/x.toml")]);
        assert_eq!((config.search.index, parse("").unwrap().search.index), (IndexScope::All, IndexScope::Outages));
        let [feed, list, search] = config.sources.as_slice() else { panic!("{:?}", config.sources) };
        assert_eq!((feed.line, feed.enabled, feed.kind), (12, Some(false), Some(SourceKind::Feed)));
        assert_eq!((feed.schedule.clone(), feed.last_seen.as_deref()), (Some(Schedule::every("30m").unwrap()), Some("2022-07")));
        assert!(
            feed.article_url
                .as_ref()
                .is_some_and(|p| p.is_match("https://www.example.com/news/12") && !p.is_match("https://www.example.com/ad"))
        );
        assert_eq!(
            (list.schedule.clone(), list.links.clone()),
            (Some(Schedule::cron("*/10 9-18 * * mon-fri").unwrap()), Some("ul.news a".parse().unwrap()))
        );
        assert_eq!((search.engine, search.queries.clone()), (Some(Engine::Naver), Some(vec!["접속 장애".into()])));
        assert_eq!(search.key_env, Some(vec!["MY_ID".into(), "MY_SECRET".into()]));
        assert_eq!(config.crawl.proxy, Proxy::At("http://proxy.example.org:3128".parse().unwrap()));
        assert_eq!(parse("[crawl]\nproxy = \"environment\"").unwrap().crawl.proxy, Proxy::Environment);
        assert_eq!(config.crawl.contact.as_deref(), Some("mailto:bot@example.org"));
    }

    #[test]
    fn the_contact_is_part_of_the_name() {
        for (agent, contact, expected, email) in [
            ("bot/1", None, "bot/1", None),
            ("bot/1", Some("https://example.org/bot"), "bot/1 (+https://example.org/bot)", None),
            ("bot/1", Some("mailto:a@example.org"), "bot/1 (+mailto:a@example.org)", Some("a@example.org")),
            ("bot/1", Some("a+b@example.org"), "bot/1 (+a+b@example.org)", Some("a+b@example.org")),
            ("bot/1 (+https://example.org/bot)", Some("https://example.org/bot"), "bot/1 (+https://example.org/bot)", None),
        ] {
            let text = contact.map(|c| format!("contact = \"{c}\"")).unwrap_or_default();
            let config = parse(&format!("[crawl]\nuser_agent = \"{agent}\"\n{text}")).unwrap().crawl;
            assert_eq!((config.agent().as_str(), config.email()), (expected, email));
        }
    }

    #[test]
    fn a_wrong_line_is_named_with_what_would_be_right() {
        for (text, line, parts) in [
            ("\n[crawl]\nuser_agnt = \"x\"\n", 3, &["user_agnt", "did you mean `user_agent`?"][..]),
            ("colour = 1", 1, &["unknown key `colour`", "database, crawl, source, archive, dictionaries, search"]),
            ("[crawl]\ndelay = \"soon\"", 2, &["`soon` is no duration", "\"10m\""]),
            ("[crawl]\ndelay = 1", 2, &["expected a string"]),
            ("[crawl]\ntimeout = \"0s\"", 2, &["more than nothing"]),
            ("[crawl]\nmax_body = \"8 Mib\"", 2, &["is no size", "8MiB"]),
            ("[crawl]\nconcurrency = 0", 2, &["1 to 1024"]),
            ("[crawl]\nallow_private = [\"127.0.0.1\", \"home\"]", 2, &["`home` is no address"]),
            ("[crawl]\nuser_agent = \"\"", 2, &["a way to reach you"]),
            ("[[source]]\nid = \"a\"\nkind = \"rss\"", 3, &["`rss` is not possible here", "feed", "sitemap", "list", "search"]),
            ("[[source]]\nid = \"a\"\nengine = \"bing\"", 3, &["`bing` is not possible here", "google", "naver"]),
            ("[[source]]\nid = \"a\"\nevry = \"10m\"", 3, &["unknown key `evry`", "did you mean `every`?"]),
            ("[[source]]\nid = \"a\"\nevery = \"10\"", 3, &["`10` is no duration", "\"10m\""]),
            ("[[source]]\nid = \"a\"\nevery = \"1ms\"", 3, &["too often"]),
            ("[[source]]\nid = \"a\"\n\ncron = \"60 * * * *\"", 4, &["no cron line", "0..=59", "\"*/10 * * * *\""]),
            ("[[source]]\nid = \"a\"\nevery = \"1h\"\ncron = \"0 * * * *\"", 4, &["both `every` and `cron`"]),
            ("[[source]]\nid = \"a\"\nlinks = \"a[\"", 3, &["`a[` is no CSS selector", "a.title"]),
            ("[[source]]\nid = \"a\"\nlinks = \"\"", 3, &["`` is no CSS selector: expected"]),
            ("[[source]]\nid = \"a\"\narticle_url = \"(\"", 3, &["`(` is no regular expression", "unclosed group"]),
            ("[[source]]\nid = \"a\"\nqueries = []", 3, &["1 to 100 queries"]),
            ("[[source]]\nid = \"a\"\nqueries = [\"먹통\", \" \"]", 3, &["none of them empty"]),
            ("[[source]]\nid = \"a\"\nkey_env = [\"NAVER_CLIENT_ID\"]", 3, &["two environment variables"]),
            ("[[source]]\nid = \"a\"\nkey_env = [\"a b\", \"c\"]", 3, &["two environment variables"]),
            ("[[source]]\nid = \"a\"\nlast_seen = \"lately\"", 3, &["`lately` is no date", "\"2022-07\""]),
            ("[crawl]\nuser_agent = \"(x)\"", 2, &["a way to reach you"]),
            ("[crawl]\nuser_agent = \"a\\r\\nX-Evil: 1\"", 2, &["a way to reach you"]),
            ("[crawl]\ncontact = \"me\"", 2, &["`me` is no contact", "mailto:"]),
            ("[crawl]\ncontact = \"\"", 2, &["no contact"]),
            ("[crawl]\ncontact = \"a@b\\r\\nX-Evil: 1\"", 2, &["no contact"]),
            ("[crawl]\ncontact = \"https://example.org/) evil (\"", 2, &["no contact"]),
            ("[crawl]\ncontact = \"https://example.org/먹통\"", 2, &["no contact"]),
            ("[crawl]\ncontact = \"javascript:alert@x\"", 2, &["no contact"]),
            ("[crawl]\nproxy = \"\"", 2, &["is no proxy", "environment"]),
            ("[crawl]\nproxy = \"env\"", 2, &["`env` is no proxy"]),
            ("[crawl]\nproxy = \"socks5://127.0.0.1:9\"", 2, &["no proxy"]),
            ("[crawl]\nproxy = \"http://a/path\"", 2, &["no proxy"]),
            ("[crawl]\nproxy = true", 2, &["expected a string"]),
            ("[[source]]\nurl = \"https://example.com\"", 1, &["missing key `id`"]),
            ("[[source]]\nid = \"a b\"", 2, &["no id of a source"]),
            ("[[source]]\nid = \"a\"\nurl = \"file:///etc/passwd\"", 3, &["no web address"]),
            ("[[source]]\nid = \"a\"\n[[source]]\nid = \"a\"", 4, &["already in line 1"]),
            ("database = ", 1, &["string"]),
        ] {
            match parse(text) {
                Err(ConfigError::Line { line: at, message, .. }) => {
                    assert_eq!(at, line, "{text}: {message}");
                    for part in parts {
                        assert!(message.contains(part), "{text}: {message}");
                    }
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_given_file_must_be_there() {
        let error = Config::load(Some(Path::new("no/such.toml"))).unwrap_err().to_string();
        assert!(error.contains("no/such.toml"), "{error}");
    }

    #[test]
    fn the_archive_has_an_age_and_a_size() {
        let config = parse("[archive]\nkeep = \"0d\"\nkeep_last = \"3650d\"\nmax_size = \"1GiB\"").unwrap().archive;
        let days = |n: u64| Duration::from_secs(n * 86_400);
        assert_eq!(config, ArchiveConfig { keep: days(0), keep_last: Some(days(3650)), max_size: 1 << 30 });
        assert_eq!(parse("").unwrap().archive, ArchiveConfig { keep: days(90), keep_last: None, max_size: 10 << 30 });
        for wrong in ["keep = \"99999999d\"", "keep = \"90\"", "keep_last = 3", "max_size = \"0\"", "max = \"1GiB\""] {
            assert!(matches!(parse(&format!("[archive]\n{wrong}")), Err(ConfigError::Line { line: 2, .. })), "{wrong}");
        }
    }

    #[test]
    fn address_rules_cover_what_they_say() {
        let covers = |rule: &str, ip: &str, port| rule.parse::<AddressRule>().unwrap().covers(ip.parse().unwrap(), port);
        assert!(covers("127.0.0.1", "127.0.0.1", None));
        assert!(!covers("127.0.0.1", "127.0.0.2", None));
        assert!(covers("127.0.0.1:80", "127.0.0.1", Some(80)));
        assert!(!covers("127.0.0.1:80", "127.0.0.1", Some(81)));
        assert!(!covers("127.0.0.1:80", "127.0.0.1", None));
        assert!(covers("10.0.0.0/8", "10.200.3.4", Some(1)));
        assert!(!covers("10.0.0.0/8", "11.0.0.1", Some(1)));
        assert!(covers("0.0.0.0/0", "10.0.0.1", None));
        assert!(!covers("0.0.0.0/0", "::1", None));
        assert!(covers("127.0.0.0/8", "::ffff:127.0.0.1", None), "an IPv4 address written as IPv6 is the same address");
        assert!(covers("fd00::/8", "fd12::1", None));
        for wrong in ["", "localhost", "10.0.0.0/33", "1.2.3", "::/129"] {
            assert!(wrong.parse::<AddressRule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_and_sizes() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1h"), Ok(Duration::from_secs(3600)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_size("8MiB"), Ok(8_388_608));
        assert_eq!(parse_size("12"), Ok(12));
        for wrong in ["", "s", "1", "1.2.3s", "-1s", "1y", "99999999999999999999999d"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "MiB", "1.5MiB", "-1", "99999999999999999999", "18446744073709551615GiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
