//! Which sources there are: the built-in catalogue, and what the user's configuration adds, changes or switches off.

use std::path::{Path, PathBuf};

use super::schedule::Schedule;
use crate::config::{Config, ConfigError, Css, Engine, Pattern, SourceConfig, SourceKind};

const BUILTIN: &str = include_str!("../../dictionaries/sources.toml");

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name.
    pub id: String,
    /// What stands behind the URL.
    pub kind: Kind,
    /// Where it is.
    pub url: String,
    /// Who publishes it; none where it lists articles of many.
    pub publisher: Option<String>,
    /// What it is about.
    pub category: Option<String>,
    /// Whether `crawl` asks it without being told to.
    pub enabled: bool,
    /// When it is asked.
    pub schedule: Schedule,
    /// Which addresses are articles; all where it says nothing.
    pub article_url: Option<Pattern>,
    /// The day, month or year in which it was last known to work.
    pub last_seen: Option<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// What stands behind a source's URL, with what is needed to read it.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A sitemap, an index of sitemaps, or a robots.txt that names some.
    Sitemap,
    /// A page with links.
    List {
        /// Where on the page they are.
        links: Css,
    },
    /// A search engine.
    Search(Search),
}

/// What a search engine is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Who is asked.
    pub engine: Engine,
    /// What is asked; the symptom words where it is empty.
    pub queries: Vec<String>,
    /// The environment variables that hold the key, where the engine wants one.
    pub key_env: Vec<String>,
}

impl Kind {
    /// Its name in the configuration.
    pub fn name(&self) -> SourceKind {
        match self {
            Kind::Feed => SourceKind::Feed,
            Kind::Sitemap => SourceKind::Sitemap,
            Kind::List { .. } => SourceKind::List,
            Kind::Search(_) => SourceKind::Search,
        }
    }
}

impl Source {
    /// A feed of the configuration that is on and of which nothing else is said.
    pub fn feed(id: impl Into<String>, url: impl Into<String>) -> Source {
        Source {
            id: id.into(),
            kind: Kind::Feed,
            url: url.into(),
            publisher: None,
            category: None,
            enabled: true,
            schedule: Schedule::usual(SourceKind::Feed, None),
            article_url: None,
            last_seen: None,
            origin: Origin::Config,
        }
    }
}

/// Where a source is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Only in the built-in catalogue.
    BuiltIn,
    /// In the user's configuration, at least in part.
    Config,
}

/// All sources, in the order of the catalogue and then of the configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources(Vec<Source>);

/// Why the sources cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A declaration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No source has this id.
    #[error("no source has the id `{0}`; `meoktong sources list` shows all")]
    Unknown(String),
}

impl Sources {
    /// The built-in catalogue.
    pub fn builtin() -> Result<Sources, SourceError> {
        let path = Path::new("dictionaries/sources.toml");
        let mut sources = Sources::default();
        // The catalogue has the form of a configuration, so one reader checks both.
        for declared in &Config::parse(BUILTIN, path)?.sources {
            sources.add(declared, Origin::BuiltIn, path)?;
        }
        Ok(sources)
    }

    /// The catalogue with what the configuration makes of it.
    pub fn load(config: &Config) -> Result<Sources, SourceError> {
        let mut sources = Sources::builtin()?;
        let path = config.file.clone().unwrap_or_else(|| PathBuf::from(crate::config::FILE_NAME));
        for declared in &config.sources {
            sources.add(declared, Origin::Config, &path)?;
        }
        Ok(sources)
    }

    fn add(&mut self, declared: &SourceConfig, origin: Origin, path: &Path) -> Result<(), SourceError> {
        let known = self.0.iter_mut().find(|s| s.id == declared.id);
        let source = merge(known.as_deref(), declared, origin).map_err(|(line, message)| ConfigError::Line {
            file: path.to_owned(),
            line,
            message,
        })?;
        match known {
            Some(known) => *known = source,
            None => self.0.push(source),
        }
        Ok(())
    }

    /// All of them.
    pub fn all(&self) -> &[Source] {
        &self.0
    }

    /// Those with these ids, enabled or not; all that are enabled where none is given.
    pub fn select(&self, ids: &[String]) -> Result<Vec<Source>, SourceError> {
        if ids.is_empty() {
            return Ok(self.0.iter().filter(|s| s.enabled).cloned().collect());
        }
        ids.iter().map(|id| self.0.iter().find(|s| s.id == *id).cloned().ok_or_else(|| SourceError::Unknown(id.clone()))).collect()
    }
}

/// The source that a declaration makes of the `known` one of the same id, or anew; else the line that is wrong and why.
fn merge(known: Option<&Source>, declared: &SourceConfig, origin: Origin) -> Result<Source, (usize, String)> {
    let name = declared.kind.or_else(|| known.map(|k| k.kind.name())).unwrap_or_default();
    // What the kind needs is kept only as long as the kind stays.
    let same = known.filter(|k| k.kind.name() == name);
    let kind = kind(name, same.map(|k| &k.kind), declared)?;
    let url = match (&declared.url, known) {
        (Some(url), _) => url.clone(),
        (None, Some(known)) if engine(&known.kind) == engine(&kind) => known.url.clone(),
        (None, None) if engine(&kind).is_none() => {
            let message =
                format!("`{}` is no built-in source, so it needs a `url` (`meoktong sources list` shows the built-in ones)", declared.id);
            return Err((declared.line, message));
        }
        (None, _) => match engine(&kind) {
            Some(Engine::Google) => "https://news.google.com/rss/search".into(),
            Some(Engine::Naver) => "https://openapi.naver.com/v1/search/news.json".into(),
            None => return Err((declared.line, format!("`{}` was a search, so it needs a `url` now", declared.id))),
        },
    };
    let moved = known.is_some_and(|k| k.url != url);
    let category = declared.category.clone().or_else(|| known.and_then(|k| k.category.clone()));
    Ok(Source {
        id: declared.id.clone(),
        schedule: declared
            .schedule
            .clone()
            .or_else(|| same.map(|k| k.schedule.clone()))
            .unwrap_or_else(|| Schedule::usual(name, category.as_deref())),
        kind,
        publisher: declared.publisher.clone().or_else(|| known.and_then(|k| k.publisher.clone())),
        category,
        enabled: declared.enabled.unwrap_or(true),
        article_url: declared.article_url.clone().or_else(|| known.and_then(|k| k.article_url.clone())),
        // What was seen was seen at the old address.
        last_seen: declared.last_seen.clone().or_else(|| known.filter(|_| !moved).and_then(|k| k.last_seen.clone())),
        origin,
        url,
    })
}

fn kind(name: SourceKind, same: Option<&Kind>, declared: &SourceConfig) -> Result<Kind, (usize, String)> {
    let allowed: &[&str] = match name {
        SourceKind::Feed | SourceKind::Sitemap => &[],
        SourceKind::List => &["links"],
        SourceKind::Search => &["engine", "queries", "key_env"],
    };
    if let Some((key, line)) = declared.lines_of_keys.iter().find(|(key, _)| !allowed.contains(key)) {
        let kind = if *key == "links" { SourceKind::List } else { SourceKind::Search };
        return Err((*line, format!("`{key}` is for kind = \"{kind}\", and `{}` is a {name}", declared.id)));
    }
    Ok(match name {
        SourceKind::Feed => Kind::Feed,
        SourceKind::Sitemap => Kind::Sitemap,
        SourceKind::List => {
            let links = declared.links.clone().or_else(|| match same {
                Some(Kind::List { links }) => Some(links.clone()),
                _ => None,
            });
            let message = || {
                let id = &declared.id;
                format!("`{id}` is a list, so it needs `links`, the CSS selector of its links, such as \"ul.news a.title\"")
            };
            Kind::List { links: links.ok_or_else(|| (declared.line, message()))? }
        }
        SourceKind::Search => {
            let same = match same {
                Some(Kind::Search(search)) => Some(search),
                _ => None,
            };
            let message = || format!("`{}` is a search, so it needs an `engine`: google or naver", declared.id);
            let engine = declared.engine.or(same.map(|s| s.engine)).ok_or_else(|| (declared.line, message()))?;
            if let (Engine::Google, Some((_, line))) = (engine, declared.lines_of_keys.iter().find(|(key, _)| *key == "key_env")) {
                return Err((*line, "`key_env` is for engine = \"naver\"; Google News wants no key".into()));
            }
            let key_env = match engine {
                Engine::Google => Vec::new(),
                Engine::Naver => declared
                    .key_env
                    .clone()
                    .or_else(|| same.filter(|s| s.engine == engine).map(|s| s.key_env.clone()))
                    .unwrap_or_else(|| ["NAVER_CLIENT_ID", "NAVER_CLIENT_SECRET"].map(str::to_owned).into()),
            };
            let queries = declared.queries.clone().or_else(|| same.map(|s| s.queries.clone())).unwrap_or_default();
            Kind::Search(Search { engine, queries, key_env })
        }
    })
}

fn engine(kind: &Kind) -> Option<Engine> {
    match kind {
        Kind::Search(search) => Some(search.engine),
        Kind::Feed | Kind::Sitemap | Kind::List { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let sources = Sources::builtin().unwrap();
        let feeds = sources.all().iter().filter(|s| s.kind == Kind::Feed);
        assert!(feeds.clone().count() >= 150, "{}", feeds.count());
        let mut urls: Vec<&str> = sources.all().iter().map(|s| s.url.as_str()).collect();
        urls.sort_unstable();
        urls.dedup();
        assert_eq!(urls.len(), sources.all().len(), "a source is listed twice");
        for source in sources.all() {
            let search = matches!(source.kind, Kind::Search(_));
            assert!(source.category.is_some() && source.publisher.is_some() != search, "{}: {:?}", source.id, source.publisher);
            let tried = !search && !source.url.ends_with("/robots.txt");
            assert_eq!(source.last_seen.is_some(), tried, "{}", source.id);
        }
        let on = sources.select(&[]).unwrap();
        assert!((15..=30).contains(&on.len()), "{}", on.len());
        // What is asked by default is what is known to have worked lately, and needs no key.
        assert!(on.iter().all(|s| s.last_seen.as_deref().is_some_and(|seen| seen >= "2026")), "{on:?}");
    }

    #[test]
    fn the_configuration_adds_overrides_and_switches_off() {
        let text = "[[source]]\nid = \"khan-all\"\nenabled = false\n[[source]]\nid = \"khan-tech\"\n[[source]]\nid = \"mine\"\nurl = \"https://example.com/rss\"";
        let sources = Sources::load(&Config::parse(text, Path::new("m.toml")).unwrap()).unwrap();
        let enabled = sources.select(&[]).unwrap();
        assert!(enabled.iter().all(|s| s.id != "khan-all"));
        assert!(
            enabled.iter().any(|s| s.id == "khan-tech" && s.publisher.as_deref() == Some("경향신문")),
            "to name a source is to want it"
        );
        assert_eq!(enabled.last().map(|s| (s.id.as_str(), s.origin)), Some(("mine", Origin::Config)));
        assert_eq!(sources.select(&["khan-all".into()]).unwrap().len(), 1, "asked for by name it is used all the same");
        assert!(matches!(sources.select(&["none".into()]), Err(SourceError::Unknown(_))));
    }

    fn load(text: &str) -> Result<Sources, SourceError> {
        Sources::load(&Config::parse(text, Path::new("m.toml"))?)
    }

    fn one(text: &str, id: &str) -> Source {
        load(text).unwrap_or_else(|e| panic!("{e}")).select(&[id.into()]).unwrap().remove(0)
    }

    #[test]
    fn a_source_of_each_kind() {
        let text = "[[source]]\nid = \"s\"\nkind = \"sitemap\"\nurl = \"https://example.com/robots.txt\"\nevery = \"5m\"\n\
            [[source]]\nid = \"l\"\nkind = \"list\"\nurl = \"https://example.com/it\"\nlinks = \"a.t\"\ncron = \"0 9 * * *\"\n\
            [[source]]\nid = \"g\"\nkind = \"search\"\nengine = \"google\"\nqueries = [\"먹통\"]\n\
            [[source]]\nid = \"n\"\nkind = \"search\"\nengine = \"naver\"\nurl = \"http://127.0.0.1:8080/\"";
        let s = one(text, "s");
        assert_eq!((s.kind, s.schedule.to_string(), s.last_seen), (Kind::Sitemap, "5m".into(), None));
        let l = one(text, "l");
        assert_eq!((l.kind, l.schedule.to_string()), (Kind::List { links: "a.t".parse().unwrap() }, "0 9 * * *".into()));
        let g = one(text, "g");
        assert_eq!(g.kind, Kind::Search(Search { engine: Engine::Google, queries: vec!["먹통".into()], key_env: vec![] }));
        assert_eq!(g.url, "https://news.google.com/rss/search");
        let n = one(text, "n");
        let key_env = vec!["NAVER_CLIENT_ID".into(), "NAVER_CLIENT_SECRET".into()];
        assert_eq!(n.kind, Kind::Search(Search { engine: Engine::Naver, queries: vec![], key_env }));
        assert_eq!(n.url, "http://127.0.0.1:8080/");
    }

    #[test]
    fn an_override_keeps_what_it_does_not_name() {
        let before = one("", "khan-tech");
        let after = one("[[source]]\nid = \"khan-tech\"\ncron = \"0 9 * * *\"\nenabled = false", "khan-tech");
        let schedule = Schedule::cron("0 9 * * *").unwrap();
        assert_eq!(after, Source { schedule, enabled: false, origin: Origin::Config, ..before.clone() });
        let moved = one("[[source]]\nid = \"khan-tech\"\nurl = \"https://example.com/\"", "khan-tech");
        assert_eq!((moved.last_seen, moved.publisher), (None, before.publisher), "what was seen was not seen there");
        let list = one("[[source]]\nid = \"khan-tech\"\nkind = \"list\"\nlinks = \"a\"", "khan-tech");
        assert_eq!((list.kind, list.url), (Kind::List { links: "a".parse().unwrap() }, before.url));
        let naver = one("[[source]]\nid = \"google-news\"\nengine = \"naver\"", "google-news");
        assert_eq!(naver.url, "https://openapi.naver.com/v1/search/news.json", "another engine is elsewhere");
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_the_line() {
        let mine = "[[source]]\nid = \"mine\"\nurl = \"https://example.com/\"\n";
        for (text, line, part) in [
            (format!("{mine}kind = \"list\""), 1, "needs `links`"),
            (format!("{mine}kind = \"search\""), 1, "needs an `engine`"),
            (format!("{mine}links = \"a\""), 4, "`links` is for kind = \"list\", and `mine` is a feed"),
            (format!("{mine}kind = \"sitemap\"\nqueries = [\"먹통\"]"), 5, "`queries` is for kind = \"search\""),
            (format!("{mine}kind = \"list\"\nlinks = \"a\"\nengine = \"google\""), 6, "`engine` is for kind = \"search\""),
            (format!("{mine}kind = \"search\"\nengine = \"google\"\nkey_env = [\"A\", \"B\"]"), 6, "wants no key"),
            ("[[source]]\nid = \"khan-tech\"\nlinks = \"a\"".into(), 3, "`khan-tech` is a feed"),
            ("[[source]]\nid = \"google-news\"\nkind = \"feed\"".into(), 1, "needs a `url` now"),
        ] {
            let error = load(&text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("m.toml, line {line}: ")) && error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_new_source_needs_a_url() {
        let config = Config::parse("\n[[source]]\nid = \"kahn-all\"", Path::new("m.toml")).unwrap();
        let error = Sources::load(&config).unwrap_err().to_string();
        assert!(error.contains("m.toml, line 2") && error.contains("needs a `url`"), "{error}");
    }
}
