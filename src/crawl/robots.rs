//! robots.txt: what a host allows. Fetching it is the crawler's; here is what each answer means (RFC 9309).

use std::time::Duration;

use texting_robots::Robot;
use url::Url;

/// What is read of a robots.txt; the rest is ignored.
pub const MAX_BYTES: usize = 500 << 10;

/// A crawl-delay beyond this would be a way to say no; it is cut to this.
const MAX_DELAY: Duration = Duration::from_secs(300);

/// What a host allows.
#[derive(Debug)]
pub enum Rules {
    /// Everything: it has no robots.txt.
    Open,
    /// Nothing, since its robots.txt could not be had, for this reason.
    Closed(String),
    /// What its robots.txt says.
    Read(Box<Robot>),
}

impl Rules {
    /// What the HTTP status alone says; `None`: the body counts.
    pub fn of_status(status: u16) -> Option<Rules> {
        match status {
            200..=299 => None,
            // "Too many requests" says nothing of the rules.
            429 => Some(Rules::Closed("status 429".into())),
            400..=499 => Some(Rules::Open),
            _ => Some(Rules::Closed(format!("status {status}"))),
        }
    }

    /// Reads a robots.txt for the crawler that calls itself `user_agent`.
    pub fn read(bytes: &[u8], user_agent: &str) -> Rules {
        let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match Robot::new(product(user_agent), bytes) {
            Ok(robot) => Rules::Read(Box::new(robot)),
            Err(error) => Rules::Closed(error.to_string()),
        }
    }

    /// Whether `url` may be asked for.
    pub fn allow(&self, url: &Url) -> bool {
        match self {
            Rules::Open => true,
            Rules::Closed(_) => false,
            Rules::Read(robot) => robot.allowed(url.as_str()),
        }
    }

    /// How long the host wants a crawler to wait between two requests.
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Rules::Read(robot) => robot.delay.and_then(|s| Duration::try_from_secs_f32(s).ok()).map(|d| d.min(MAX_DELAY)),
            _ => None,
        }
    }
}

/// The name that robots.txt groups are matched by: `meoktong` of `meoktong/0.1 (+https://…)`.
fn product(user_agent: &str) -> &str {
    user_agent.split(['/', ' ']).next().unwrap_or(user_agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(robots: &str, path: &str) -> bool {
        Rules::read(robots.as_bytes(), "meoktong/0.1 (+https://example.org)")
            .allow(&Url::parse(&format!("https://example.com{path}")).unwrap())
    }

    #[test]
    fn groups_precedence_and_wildcards() {
        for (robots, path, expected) in [
            ("", "/a", true),
            ("User-agent: *\nDisallow: /", "/a", false),
            ("User-agent: *\nDisallow:", "/a", true),
            ("User-agent: other\nDisallow: /", "/a", true),
            ("User-agent: *\nDisallow: /\n\nUser-agent: meoktong\nAllow: /", "/a", true),
            ("User-agent: MEOKTONG\nDisallow: /a", "/a/1", false),
            ("User-agent: other\nUser-agent: meoktong\nDisallow: /a", "/a", false),
            ("User-agent: *\nDisallow: /a\nAllow: /a/open", "/a/open/1", true),
            ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", true),
            ("User-agent: *\nDisallow: /*.php$", "/x.php", false),
            ("User-agent: *\nDisallow: /*.php$", "/x.php?a", true),
            ("User-agent: *\nDisallow: /뉴스", "/%EB%89%B4%EC%8A%A4", false),
            ("\u{feff}User-agent: *\r\nDisallow: /a\r\n", "/a", false),
            ("User-agent: *\nDisallow: /a # 까닭", "/a", false),
            ("<html><body>not found</body></html>", "/a", true),
        ] {
            assert_eq!(allowed(robots, path), expected, "{robots:?} {path}");
        }
    }

    #[test]
    fn what_a_status_means() {
        assert!(Rules::of_status(200).is_none());
        assert!(matches!(Rules::of_status(404), Some(Rules::Open)));
        assert!(matches!(Rules::of_status(403), Some(Rules::Open)));
        for closed in [429, 500, 503] {
            assert!(matches!(Rules::of_status(closed), Some(Rules::Closed(_))), "{closed}");
        }
    }

    #[test]
    fn a_delay_is_read_and_bounded() {
        let delay = |value: &str| Rules::read(format!("User-agent: *\nCrawl-delay: {value}").as_bytes(), "meoktong").delay();
        assert_eq!(delay("2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("86400"), Some(MAX_DELAY));
        for odd in ["-1", "NaN", "soon", ""] {
            assert_eq!(delay(odd), None, "{odd}");
        }
    }

    #[test]
    fn only_the_first_500_kib_count() {
        let long = format!("User-agent: *\n{}Disallow: /a", "# x\n".repeat(MAX_BYTES / 4));
        assert!(allowed(&long, "/a"));
    }
}
