//! `dictionaries/pages.toml`: words and selectors for any news page.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::publisher::{LayoutEntry, Publisher};
use scraper::Selector;

const TOML: &str = include_str!("../../dictionaries/pages.toml");

/// What pages have in common.
pub(super) struct PageWords {
    pub meta_published: Vec<String>,
    pub meta_modified: Vec<String>,
    /// A published label and the gap up to its date.
    pub published_label: Regex,
    pub modified_label: Regex,
    pub title_meta: Vec<String>,
    pub sections: Vec<String>,
    /// A name as only publishers have.
    pub site_name: Regex,
    pub publisher_meta: Vec<String>,
    pub author_meta: Vec<String>,
    pub roles: Vec<String>,
    pub drop: Vec<Selector>,
    pub enough: usize,
    pub tracking: Vec<String>,
    /// Labels before a host that only say on what device it is read.
    pub twins: Vec<String>,
    /// Last parts of a path that name the folder itself.
    pub index: Vec<String>,
    /// Forms of a path, and what they become.
    pub rewrite: Vec<(Regex, String)>,
    pub layouts: Vec<Publisher>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dates: Dates,
    title: Title,
    publisher: Meta,
    author: Author,
    body: Body,
    url: Url,
    layout: Vec<LayoutEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dates {
    published: Vec<String>,
    modified: Vec<String>,
    meta_published: Vec<String>,
    meta_modified: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    meta: Vec<String>,
    sections: Vec<String>,
    site_name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    meta: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Author {
    meta: Vec<String>,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    drop: Vec<String>,
    enough: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    tracking: Vec<String>,
    twins: Vec<String>,
    index: Vec<String>,
    rewrite: Vec<(String, String)>,
}

/// The words, read once.
pub(super) fn words() -> &'static PageWords {
    // The file is part of the program and `reads` tests it: a mistake in it cannot reach a user.
    static WORDS: LazyLock<PageWords> = LazyLock::new(|| read(TOML).expect("the built-in dictionaries/pages.toml is tested"));
    &WORDS
}

fn read(text: &str) -> Result<PageWords, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let label = |words: &[String]| {
        let mut words: Vec<String> = words.iter().map(|w| regex::escape(w).replace(' ', r"\s?")).collect();
        words.sort_by_key(|w| std::cmp::Reverse(w.len()));
        // The gap may be a colon, a line break between two elements, brackets.
        Regex::new(&format!(r"(?:{})\s{{0,3}}[:：|\])]?\s{{0,6}}$", words.join("|"))).map_err(|e| e.to_string())
    };
    Ok(PageWords {
        published_label: label(&file.dates.published)?,
        modified_label: label(&file.dates.modified)?,
        meta_published: file.dates.meta_published,
        meta_modified: file.dates.meta_modified,
        title_meta: file.title.meta,
        sections: file.title.sections,
        site_name: Regex::new(&format!("^(?:{})$", file.title.site_name)).map_err(|e| e.to_string())?,
        publisher_meta: file.publisher.meta,
        author_meta: file.author.meta,
        roles: file.author.roles,
        drop: file.body.drop.iter().map(|s| Selector::parse(s).map_err(|e| format!("{s}: {e}"))).collect::<Result<_, _>>()?,
        enough: file.body.enough,
        tracking: file.url.tracking,
        twins: file.url.twins,
        index: file.url.index,
        rewrite: file
            .url
            .rewrite
            .into_iter()
            .map(|(pattern, to)| Regex::new(&pattern).map(|p| (p, to)).map_err(|e| e.to_string()))
            .collect::<Result<_, _>>()?,
        layouts: file
            .layout
            .into_iter()
            .map(|l| l.compile(text, "dictionaries/pages.toml").map_err(|e| e.to_string()))
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        let words = read(TOML).unwrap();
        assert!(words.layouts.len() >= 3);
        assert!(words.published_label.is_match("기자 입력 "));
        assert!(words.published_label.is_match("승인\n"));
        assert!(words.modified_label.is_match("최종수정: "));
        assert!(!words.published_label.is_match("수정 "));
    }
}
