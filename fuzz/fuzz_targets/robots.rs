//! Any bytes for a robots.txt: reading it and asking it must not panic, and its limits hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meoktong::crawl::robots::{MAX_DELAY, Rules};
use url::Url;

fuzz_target!(|input: (&[u8], &str, &str)| {
    let (robots, agent, path) = input;
    let rules = Rules::read(robots, agent);
    if let Ok(url) = Url::parse("https://example.com").and_then(|base| base.join(path)) {
        let _ = rules.allow(&url);
    }
    assert!(rules.delay().is_none_or(|d| d <= MAX_DELAY));
    assert!(rules.sitemaps().iter().all(|s| !s.as_str().is_empty()));
});
