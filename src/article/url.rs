//! One name for one page, however the link to it was written.

use sha2::{Digest, Sha256};
use url::Url;

use super::Publishers;
use super::words::words;

/// The URL without what does not say which page it is: fragment, default port, tracking parameters, and where the publisher's rule lists
/// the parameters that matter (`keep_params`), all others. Text that is no absolute `http` or `https` URL stays as it is.
pub fn canonical(url: &str, publishers: &Publishers) -> String {
    let Ok(mut parsed) = Url::parse(url.trim()) else { return url.trim().to_owned() };
    if !matches!(parsed.scheme(), "http" | "https") {
        return parsed.into();
    }
    parsed.set_fragment(None);
    // Both fail only for URLs without a host, which http URLs have.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    let keep = parsed.host_str().and_then(|host| publishers.by_host(host)).and_then(|p| p.keep_params.as_deref());
    let tracking = &words().tracking;
    // The raw pieces, not decoded ones: re-encoding could change what the server sees.
    let query: Option<String> = parsed.query().map(|query| {
        let kept = query.split('&').filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            match keep {
                Some(keep) => keep.iter().any(|k| k == name),
                None => !part.is_empty() && !tracking.iter().any(|pattern| is_like(name, pattern)),
            }
        });
        kept.collect::<Vec<_>>().join("&")
    });
    parsed.set_query(query.as_deref().filter(|q| !q.is_empty()));
    parsed.into()
}

fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// An article's id from its canonical URL. `http` and `https` are the same page.
pub(super) fn id_of_url(canonical: &str) -> String {
    short_hash(&[canonical.split_once("://").map_or(canonical, |(_, rest)| rest)])
}

/// An article's id where there is no URL.
pub(super) fn id_of_text(title: &str, text: &str) -> String {
    short_hash(&[title, "\0", text])
}

fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let rules = Publishers::parse(&[("t.toml", "[[publisher]]\nname='가'\ndomain='rule.example'\nkeep_params=['no']\n")]).unwrap();
        for (from, to) in [
            ("HTTP://News.Example.COM:80/a/B?x=1&utm_source=feed&fbclid=2#top", "http://news.example.com/a/B?x=1"),
            ("https://example.com:443/a?utm_medium=x", "https://example.com/a"),
            ("https://example.com/a?b=%ea%b0%80&a=1&from=rss", "https://example.com/a?b=%ea%b0%80&a=1"),
            ("https://www.rule.example/v?no=12&section=3&ref=x", "https://www.rule.example/v?no=12"),
            ("https://rule.example/v?section=3", "https://rule.example/v"),
            ("https://user:pw@example.com/", "https://example.com/"),
            ("  https://예시.example/기사 ", "https://xn--vv4b11d.example/%EA%B8%B0%EC%82%AC"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
            ("file:///a.html#x", "file:///a.html#x"),
            ("no url", "no url"),
        ] {
            let found = canonical(from, &rules);
            assert_eq!(found, to, "{from}");
            assert_eq!(canonical(&found, &rules), found, "{from} twice");
        }
        assert_eq!(id_of_url("http://example.com/a"), id_of_url("https://example.com/a"));
        assert_eq!(id_of_url("http://example.com/a").len(), 16);
        assert_ne!(id_of_text("가", "나"), id_of_text("가나", ""));
    }
}
