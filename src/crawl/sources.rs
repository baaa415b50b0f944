//! Which sources there are: the built-in catalogue, and what the user's configuration adds, changes or switches off.

use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError, SourceConfig, SourceKind};

const BUILTIN: &str = include_str!("../../dictionaries/sources.toml");

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name.
    pub id: String,
    /// What stands behind the URL.
    pub kind: SourceKind,
    /// Where it is.
    pub url: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What it is about.
    pub category: Option<String>,
    /// Whether `crawl` asks it without being told to.
    pub enabled: bool,
    /// Where it is declared.
    pub origin: Origin,
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
        if let Some(source) = self.0.iter_mut().find(|s| s.id == declared.id) {
            source.kind = declared.kind.unwrap_or(source.kind);
            source.url = declared.url.clone().unwrap_or_else(|| source.url.clone());
            source.publisher = declared.publisher.clone().or_else(|| source.publisher.clone());
            source.category = declared.category.clone().or_else(|| source.category.clone());
            source.enabled = declared.enabled.unwrap_or(true);
            source.origin = origin;
            return Ok(());
        }
        let Some(url) = declared.url.clone() else {
            let message =
                format!("`{}` is no built-in source, so it needs a `url` (`meoktong sources list` shows the built-in ones)", declared.id);
            return Err(ConfigError::Line { file: path.to_owned(), line: declared.line, message }.into());
        };
        self.0.push(Source {
            id: declared.id.clone(),
            kind: declared.kind.unwrap_or_default(),
            url,
            publisher: declared.publisher.clone(),
            category: declared.category.clone(),
            enabled: declared.enabled.unwrap_or(true),
            origin,
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let sources = Sources::builtin().unwrap();
        assert!(sources.all().len() >= 150, "{}", sources.all().len());
        let mut urls: Vec<&str> = sources.all().iter().map(|s| s.url.as_str()).collect();
        urls.sort_unstable();
        urls.dedup();
        assert_eq!(urls.len(), sources.all().len(), "a feed is listed twice");
        assert!(sources.all().iter().all(|s| s.publisher.is_some() && s.category.is_some()));
        assert!((15..=30).contains(&sources.select(&[]).unwrap().len()));
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

    #[test]
    fn a_new_source_needs_a_url() {
        let config = Config::parse("\n[[source]]\nid = \"kahn-all\"", Path::new("m.toml")).unwrap();
        let error = Sources::load(&config).unwrap_err().to_string();
        assert!(error.contains("m.toml, line 2") && error.contains("needs a `url`"), "{error}");
    }
}
