//! `meoktong.toml`: what a user may set, read and checked.
//!
//! Every key has a default, so no file is needed. What cannot be used is refused with the file, the line and what would be right there;
//! nothing is ignored in silence. Paths in the file are relative to the file. Which sources exist is for [`crate::crawl::Sources`].

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

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
    /// `[dictionaries]`
    pub dictionaries: DictionariesConfig,
}

/// `[crawl]`: how pages are fetched.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrawlConfig {
    /// What the crawler calls itself; its part before `/` is the name that robots.txt rules are looked up by.
    #[serde(deserialize_with = "user_agent")]
    pub user_agent: String,
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
}

impl Default for CrawlConfig {
    fn default() -> CrawlConfig {
        CrawlConfig {
            user_agent: concat!("meoktong/", env!("CARGO_PKG_VERSION")).to_owned(),
            delay: Duration::from_secs(1),
            concurrency: 32,
            timeout: Duration::from_secs(20),
            max_body: 8 << 20,
            allow_private: Vec::new(),
        }
    }
}

/// One `[[source]]`: a new source, or what changes in the built-in one of the same id.
#[derive(Clone, Debug, PartialEq)]
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
    /// The line of its `[[source]]`, for messages.
    pub line: usize,
}

/// What stands behind a source's URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// RSS, Atom or JSON Feed.
    #[default]
    Feed,
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            SourceKind::Feed => "feed",
        })
    }
}

/// `[dictionaries]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DictionariesConfig {
    /// The user's own TOML files, which extend or override the built-in ones.
    pub extra: Vec<PathBuf>,
}

/// A private address that may be asked: `127.0.0.1`, `127.0.0.1:8080` or `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRule {
    network: IpAddr,
    prefix: u8,
    port: Option<u16>,
}

impl AddressRule {
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
    dictionaries: DictionariesConfig,
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
            dictionaries: DictionariesConfig { extra: file.dictionaries.extra.iter().map(|p| base.join(p)).collect() },
        };
        for table in file.source {
            let line = crate::dictionaries::line_of(text, table.span().start);
            let table = table.into_inner();
            let (id, at) = (table.id.get_ref(), table.id.span().start);
            if id.is_empty() || !id.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
                return Err(wrong(
                    at,
                    format!("`{}` is no id of a source: letters, digits, `-`, `_` and `.`, such as \"yonhap-it\"", id.escape_debug()),
                ));
            }
            if let Some(other) = config.sources.iter().find(|s| s.id == *id) {
                return Err(wrong(at, format!("the source `{id}` is already in line {}: give each its own id", other.line)));
            }
            if let Some(url) = &table.url {
                check_url(url.get_ref()).map_err(|message| wrong(url.span().start, message))?;
            }
            config.sources.push(SourceConfig {
                id: table.id.into_inner(),
                kind: table.kind,
                url: table.url.map(Spanned::into_inner),
                publisher: table.publisher,
                category: table.category,
                enabled: table.enabled,
                line,
            });
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

fn concurrency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        n @ 1..=1024 => Ok(n),
        n => Err(serde::de::Error::custom(format!("{n} hosts at once is not possible: expected 1 to 1024"))),
    }
}

fn user_agent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let agent = String::deserialize(deserializer)?;
    let product = agent.split(['/', ' ']).next().unwrap_or_default();
    if product.is_empty() || !agent.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(serde::de::Error::custom(
            "expected a name and a way to reach you, such as \"meoktong/0.1 (+https://example.org/contact)\"",
        ));
    }
    Ok(agent)
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
            [[source]]
            id = "a"
            kind = "feed"
            url = "https://www.example.com/rss"
            publisher = "예시"
            category = "tech"
            enabled = false
            [dictionaries]
            extra = ["my.toml", "/abs/x.toml"]
            "#,
        )
        .unwrap();
        assert_eq!(config.database_path(None).unwrap(), Path::new("conf/data/m.db"));
        assert_eq!(config.database_path(Some(Path::new("x.db"))).unwrap(), Path::new("x.db"));
        assert_eq!((config.crawl.delay, config.crawl.timeout), (Duration::from_millis(1500), Duration::from_secs(60)));
        assert_eq!((config.crawl.concurrency, config.crawl.max_body), (4, 2 << 20));
        assert_eq!(config.dictionaries.extra, [Path::new("conf/my.toml"), Path::new("/abs/x.toml")]);
        assert_eq!((config.sources[0].line, config.sources[0].enabled), (10, Some(false)));
    }

    #[test]
    fn a_wrong_line_is_named_with_what_would_be_right() {
        for (text, line, parts) in [
            ("\n[crawl]\nuser_agnt = \"x\"\n", 3, &["user_agnt", "did you mean `user_agent`?"][..]),
            ("colour = 1", 1, &["unknown key `colour`", "database, crawl, source, dictionaries"]),
            ("[crawl]\ndelay = \"soon\"", 2, &["`soon` is no duration", "\"10m\""]),
            ("[crawl]\ndelay = 1", 2, &["expected a string"]),
            ("[crawl]\ntimeout = \"0s\"", 2, &["more than nothing"]),
            ("[crawl]\nmax_body = \"8 Mib\"", 2, &["is no size", "8MiB"]),
            ("[crawl]\nconcurrency = 0", 2, &["1 to 1024"]),
            ("[crawl]\nallow_private = [\"127.0.0.1\", \"home\"]", 2, &["`home` is no address"]),
            ("[crawl]\nuser_agent = \"\"", 2, &["a way to reach you"]),
            ("[[source]]\nid = \"a\"\nkind = \"sitemap\"", 3, &["`sitemap` is not possible here: expected feed"]),
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
