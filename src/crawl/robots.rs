//! robots.txt: what a host allows. Fetching it is the crawler's; here is what each answer means (RFC 9309).
//!
//! - [`Rules::of_status`]: what the status alone says. 4xx opens the host, 401 and 403 too; 5xx closes it, and so does 429.
//! - [`Rules::read`]: what the file says.
//! - [`Rules::lifetime`]: how long that holds.
//!
//! The grammar, the groups and the matching are `robotxt`'s: it matches in linear time without regular expressions, compares percent-encoded as the
//! RFC wants it, and drops a line that the limit cuts. Where it is stricter or laxer than the RFC its input is put right before it, see `tidy`.
//! Google's custom of taking `index.html` for its folder is none of the RFC's and is not followed.

use std::borrow::Cow;
use std::time::Duration;

use robotxt::Robots;
use url::{Position, Url};

/// What is to be read of a robots.txt: a byte more than the 500 KiB that count, which tells a whole last line from a cut one.
pub const MAX_BYTES: usize = robotxt::BYTE_LIMIT + 1;

/// A crawl-delay beyond this would be a way to say no; it is cut to this.
pub const MAX_DELAY: Duration = Duration::from_secs(300);

/// What a host allows.
#[derive(Clone, Debug, PartialEq)]
pub enum Rules {
    /// Everything: it has no robots.txt.
    Open,
    /// Nothing, since its robots.txt could not be had, for this reason.
    Closed(String),
    /// What its robots.txt says.
    Read(Box<Robots>),
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
        Rules::Read(Box::new(Robots::parse(&tidy(bytes), product(user_agent))))
    }

    /// Whether `url` may be asked for.
    pub fn allow(&self, url: &Url) -> bool {
        match self {
            Rules::Open => true,
            Rules::Closed(_) => false,
            // In a URL the two are letters like others; in a rule only their encoded forms are.
            Rules::Read(robots) => {
                robots.is_allowed(&url[Position::BeforePath..Position::AfterQuery].replace('*', "%2A").replace('$', "%24"))
            }
        }
    }

    /// How long the host wants a crawler to wait between two requests; never more than [`MAX_DELAY`].
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Rules::Read(robots) => robots.crawl_delay().map(|d| d.min(MAX_DELAY)),
            _ => None,
        }
    }

    /// The sitemaps that it names, whoever they are for.
    pub fn sitemaps(&self) -> &[Url] {
        match self {
            Rules::Read(robots) => robots.sitemaps(),
            _ => &[],
        }
    }

    /// How long it may be taken for true: a day, as the RFC says; a host that could not be asked is soon asked again.
    pub fn lifetime(&self) -> Duration {
        match self {
            Rules::Open | Rules::Read(_) => Duration::from_secs(24 * 3600),
            Rules::Closed(_) => Duration::from_secs(15 * 60),
        }
    }
}

/// The name that robots.txt groups are matched by: `meoktong` of `meoktong/0.1 (+https://…)`.
pub(crate) fn product(user_agent: &str) -> &str {
    let end = user_agent.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    &user_agent[..end.unwrap_or(user_agent.len())]
}

/// Puts right what `robotxt` takes otherwise than the RFC:
///
/// - a `User-agent` value counts up to the end of its product token, so that `meoktong/2.0` names meoktong too;
/// - a `Crawl-delay` between two `User-agent` lines does not part them, since a line that the RFC does not know must not change a group;
/// - a `Crawl-delay` that no crawler could wait for is the longest one that it would;
/// - a `$` that does not end a rule stands for itself;
/// - what a host writes in UTF-16 is read, too.
fn tidy(bytes: &[u8]) -> Vec<u8> {
    let bytes = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) if encoding != encoding_rs::UTF_8 => Cow::Owned(encoding.decode(bytes).0.into_owned().into_bytes()),
        Some((_, mark)) => Cow::Borrowed(&bytes[mark..]),
        None => Cow::Borrowed(bytes),
    };
    let bytes = whole_lines(&bytes);
    let mut out = Vec::with_capacity(bytes.len() + 1);
    // Whether a group's names are still being read, and the longest delay among them.
    let (mut naming, mut held) = (false, None::<f64>);
    for line in bytes.split(|b| matches!(b, b'\n' | b'\r' | 0)) {
        let line = line.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
        let Some((key, value)) = directive(line) else {
            push(&mut out, line);
            continue;
        };
        match key {
            Key::UserAgent => {
                naming = true;
                push(&mut out, &[b"User-agent: ", agent(value)].concat());
            }
            Key::CrawlDelay => match seconds(value) {
                Some(delay) if naming => held = Some(held.map_or(delay, |h| h.max(delay))),
                Some(delay) => push_delay(&mut out, delay),
                None => {}
            },
            Key::Rule => {
                naming = false;
                held.take().into_iter().for_each(|delay| push_delay(&mut out, delay));
                push(&mut out, &anchored(line));
            }
        }
    }
    held.into_iter().for_each(|delay| push_delay(&mut out, delay));
    out
}

/// What counts of a file: 500 KiB, without the line that they cut.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    match bytes.get(..MAX_BYTES) {
        None => bytes,
        Some(window) => &bytes[..window.iter().rposition(|b| matches!(b, b'\n' | b'\r' | 0)).unwrap_or(0)],
    }
}

fn push(out: &mut Vec<u8>, line: &[u8]) {
    out.extend_from_slice(line);
    out.push(b'\n');
}

fn push_delay(out: &mut Vec<u8>, seconds: f64) {
    push(out, format!("Crawl-delay: {seconds}").as_bytes());
}

#[derive(Clone, Copy)]
enum Key {
    UserAgent,
    CrawlDelay,
    Rule,
}

/// The spellings that `robotxt` takes, of the lines that are changed here.
const SPELLINGS: [(&str, Key); 15] = [
    ("user-agent", Key::UserAgent),
    ("user agent", Key::UserAgent),
    ("useragent", Key::UserAgent),
    ("crawl-delay", Key::CrawlDelay),
    ("crawl delay", Key::CrawlDelay),
    ("crawldelay", Key::CrawlDelay),
    ("allow", Key::Rule),
    ("alow", Key::Rule),
    ("allaw", Key::Rule),
    ("disallow", Key::Rule),
    ("dissallow", Key::Rule),
    ("dissalow", Key::Rule),
    ("disalow", Key::Rule),
    ("diasllow", Key::Rule),
    ("disallaw", Key::Rule),
];

/// A line's key and value; the colon may be missing where a space stands for it.
fn directive(line: &[u8]) -> Option<(Key, &[u8])> {
    let (spelling, key) =
        SPELLINGS.iter().find(|(s, _)| line.get(..s.len()).is_some_and(|start| start.eq_ignore_ascii_case(s.as_bytes())))?;
    let rest = &line[spelling.len()..];
    let value = rest.trim_ascii_start();
    match value.strip_prefix(b":") {
        Some(value) => Some((*key, value.trim_ascii())),
        None if value.len() < rest.len() => Some((*key, value)),
        None => None,
    }
}

/// The product token of a `User-agent` value. One that names nobody still begins a group.
fn agent(value: &[u8]) -> &[u8] {
    match value.split_first() {
        Some((b'*', rest)) if rest.first().is_none_or(u8::is_ascii_whitespace) => b"*",
        _ => &value[..value.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_.".contains(b))).unwrap_or(value.len())],
    }
}

/// The number of seconds that a `Crawl-delay` begins with, cut to what is waited.
fn seconds(value: &[u8]) -> Option<f64> {
    let end = value.iter().position(|b| !(b.is_ascii_digit() || *b == b'.')).unwrap_or(value.len());
    let number: f64 = std::str::from_utf8(&value[..end]).ok()?.parse().ok()?;
    Some(number.min(MAX_DELAY.as_secs_f64()))
}

/// A rule in which only a `$` at the end is an anchor.
fn anchored(line: &[u8]) -> Vec<u8> {
    let last = line.len().saturating_sub(1);
    let mut out = Vec::with_capacity(line.len());
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'$' if at < last => out.extend_from_slice(b"%24"),
            byte => out.push(*byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(robots: impl AsRef<[u8]>) -> Rules {
        Rules::read(robots.as_ref(), "meoktong/0.1 (+https://example.org)")
    }

    fn allows(rules: &Rules, path: &str) -> bool {
        rules.allow(&Url::parse(&format!("https://example.com{path}")).unwrap())
    }

    /// Each robots.txt, the paths that it opens and those that it closes.
    fn check(table: &[(&str, &[&str], &[&str])]) {
        for (robots, open, closed) in table {
            let rules = rules(robots);
            for path in *open {
                assert!(allows(&rules, path), "{robots:?} should open {path}");
            }
            for path in *closed {
                assert!(!allows(&rules, path), "{robots:?} should close {path}");
            }
        }
    }

    #[test]
    fn lines_and_keys() {
        check(&[
            ("", &["/", "/a"], &[]),
            ("\n\n\n", &["/a"], &[]),
            ("User-agent: *\nDisallow: /", &["/robots.txt"], &["/", "/a", "/a?b", "/robots.txt/a", "/robots.txt?a"]),
            ("User-agent: *\nDisallow:", &["/", "/a"], &[]),
            ("User-agent: *\nDisallow: \nAllow: ", &["/a"], &[]),
            // Keys in any case, with blanks around and in front.
            ("USER-AGENT: *\nDISALLOW: /a\nALLOW: /a/b", &["/a/b"], &["/a"]),
            ("uSeR-aGeNt: *\ndIsAlLoW: /a\naLlOw: /a/b", &["/a/b"], &["/a"]),
            ("  User-agent :  *  \n\tDisallow\t:\t/a\t", &["/b"], &["/a"]),
            ("User-agent:*\nDisallow:/a", &["/b"], &["/a"]),
            // A forgotten colon, common slips of the pen.
            ("User-agent *\nDisallow /a", &["/b"], &["/a"]),
            ("user agent: *\ndisallow: /a", &["/b"], &["/a"]),
            ("useragent: *\ndisallow: /a", &["/b"], &["/a"]),
            (
                "User-agent: *\nDissallow: /a\nDissalow: /b\nDisalow: /c\nDiasllow: /d\nDisallaw: /e",
                &["/f"],
                &["/a", "/b", "/c", "/d", "/e"],
            ),
            ("User-agent: *\nDisallow", &["/"], &[]),
            ("User-agent: *\nDisallowed: /a\nNo-allow: /\nDisallow: /b", &["/a"], &["/b"]),
            ("name: *\nrule: /", &["/a"], &[]),
            // Comments.
            ("# of old\nUser-agent: * # all\nDisallow: /a # 까닭\n#Disallow: /b", &["/b"], &["/a", "/a/1"]),
            ("User-agent: *\nDisallow: /a#b", &["/b"], &["/a", "/ab"]),
            ("User-agent: *\nDisallow: # nothing", &["/a"], &[]),
            // Line ends: LF, CRLF, CR, mixed, none at the end, NUL.
            ("User-agent: *\r\nDisallow: /a\r\n\r\nDisallow: /b\r\n", &["/c"], &["/a", "/b"]),
            ("User-agent: *\rDisallow: /a\r\rDisallow: /b\r", &["/c"], &["/a", "/b"]),
            ("User-agent: *\nDisallow: /a\r\nDisallow: /b\rDisallow: /c", &["/d"], &["/a", "/b", "/c"]),
            ("User-agent: *\0Disallow: /a\0", &["/b"], &["/a"]),
            // A byte order mark counts only at the beginning.
            ("\u{feff}User-agent: *\nDisallow: /a", &["/b"], &["/a"]),
            ("User-agent: *\n\u{feff}Disallow: /a\nDisallow: /b", &["/a"], &["/b"]),
            // What is no robots.txt closes nothing.
            ("<html><body>not found</body></html>", &["/a"], &[]),
            ("#!/bin/sh\nexit 1", &["/a"], &[]),
        ]);
    }

    #[test]
    fn groups() {
        check(&[
            // Rules before the first group belong to nobody.
            ("Disallow: /a\nUser-agent: *\nDisallow: /b", &["/a"], &["/b"]),
            ("Allow: /a\n\nUser-agent: *\nDisallow: /", &[], &["/a"]),
            ("Disallow: /a", &["/a"], &[]),
            // Only a group of its own replaces the one for all, wherever it stands.
            ("User-agent: other\nDisallow: /", &["/a"], &[]),
            ("User-agent: *\nDisallow: /a\n\nUser-agent: meoktong\nDisallow: /b", &["/a"], &["/b"]),
            ("User-agent: meoktong\nDisallow: /b\n\nUser-agent: *\nDisallow: /a", &["/a"], &["/b"]),
            ("User-agent: *\nDisallow: /\n\nUser-agent: meoktong\nAllow: /", &["/a"], &[]),
            ("User-agent: *\nDisallow: /\n\nUser-agent: meoktong\nDisallow:", &["/a"], &[]),
            ("User-agent: *\nDisallow: /\n\nUser-agent: meoktong", &["/a"], &[]),
            ("User-agent: *\nDisallow: /\nUser-agent: other\nAllow: /", &[], &["/a"]),
            // Several names, one group; blank lines end none.
            ("User-agent: other\nUser-agent: meoktong\nDisallow: /a", &["/b"], &["/a"]),
            ("User-agent: meoktong\nUser-agent: other\nDisallow: /a", &["/b"], &["/a"]),
            ("User-agent: meoktong\n\n\nUser-agent: other\n\nDisallow: /a\n\nDisallow: /b", &["/c"], &["/a", "/b"]),
            // A rule ends the names: the next name begins a group.
            ("User-agent: meoktong\nDisallow: /a\nUser-agent: other\nDisallow: /b", &["/b"], &["/a"]),
            // All groups of one name are one.
            (
                "User-agent: meoktong\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: meoktong\nDisallow: /c",
                &["/b"],
                &["/a", "/c"],
            ),
            ("User-agent: *\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: *\nDisallow: /c", &["/b"], &["/a", "/c"]),
            ("User-agent: meoktong\nDisallow: /\nUser-agent: meoktong\nAllow: /a", &["/a"], &["/b"]),
            // What the RFC does not know changes no group.
            ("User-agent: meoktong\nSitemap: https://example.com/s.xml\nUser-agent: other\nDisallow: /a", &["/b"], &["/a"]),
            ("User-agent: meoktong\nHost: example.com\nUser-agent: other\nDisallow: /a", &["/b"], &["/a"]),
            ("User-agent: meoktong\nCrawl-delay: 1\nUser-agent: other\nDisallow: /a", &["/b"], &["/a"]),
            ("User-agent: *\nSitemap: https://example.com/s.xml\nDisallow: /a\nNoindex: /b\nDisallow: /c", &["/b"], &["/a", "/c"]),
        ]);
    }

    #[test]
    fn names() {
        check(&[
            ("User-agent: MEOKTONG\nDisallow: /", &[], &["/a"]),
            ("User-agent: MeokTong\nDisallow: /", &[], &["/a"]),
            // Up to the end of the product token, and all of it.
            ("User-agent: meoktong/2.0\nDisallow: /", &[], &["/a"]),
            ("User-agent: meoktong news reader\nDisallow: /", &[], &["/a"]),
            ("User-agent: meoktong*\nDisallow: /", &[], &["/a"]),
            ("User-agent: meok\nDisallow: /", &["/a"], &[]),
            ("User-agent: meoktongbot\nDisallow: /", &["/a"], &[]),
            ("User-agent: the meoktong\nDisallow: /", &["/a"], &[]),
            ("User-agent: *\nDisallow: /\nUser-agent: meoktong news\nAllow: /a", &["/a", "/b"], &[]),
            // `*` means all only when it stands alone.
            ("User-agent: * everyone\nDisallow: /", &[], &["/a"]),
            ("User-agent: *bot\nDisallow: /", &["/a"], &[]),
            ("User-agent:\nDisallow: /", &["/a"], &[]),
            ("User-agent: 먹통\nDisallow: /", &["/a"], &[]),
            ("User-agent: *\nDisallow: /a\nUser-agent:\nDisallow: /b", &["/b"], &["/a"]),
        ]);
        for (agent, closed) in [
            ("meoktong", true),
            ("MEOKTONG/9 (+mailto:a@example.org)", true),
            ("meoktong (x)", true),
            ("meoktong;x", true),
            ("mein-meoktong/1", false),
            ("meoktong-de/1", false),
            ("meoktong.2/1", false),
        ] {
            let rules = Rules::read(b"User-agent: meoktong\nDisallow: /", agent);
            assert_eq!(allows(&rules, "/a"), !closed, "{agent}");
        }
        let numbered = Rules::read(b"User-agent: bot.2_x-y/3\nDisallow: /", "Bot.2_X-Y/1");
        assert!(!allows(&numbered, "/a"));
    }

    #[test]
    fn the_longest_rule_counts_and_allow_wins_a_tie() {
        check(&[
            ("User-agent: *\nDisallow: /a\nAllow: /a/open", &["/a/open", "/a/open/1", "/b"], &["/a", "/a/ope"]),
            ("User-agent: *\nAllow: /a/open\nDisallow: /a", &["/a/open"], &["/a/1"]),
            ("User-agent: *\nDisallow: /a/page.html\nAllow: /a/", &["/a/", "/a/b"], &["/a/page.html"]),
            ("User-agent: *\nAllow: /a/page.html\nDisallow: /a/", &["/a/page.html", "/a"], &["/a/"]),
            ("User-agent: *\nAllow: /a\nDisallow: /a", &["/a"], &[]),
            ("User-agent: *\nDisallow: /a\nAllow: /a", &["/a"], &[]),
            ("User-agent: *\nDisallow: /\nAllow: /", &["/", "/a"], &[]),
            ("User-agent: *\nDisallow: /a\nAllow: /a/", &["/a/", "/a/b"], &["/a", "/ab"]),
            ("User-agent: *\nAllow: /news\nDisallow: /*.html", &["/news"], &["/news.html"]),
            ("User-agent: *\nAllow: /news/x.\nDisallow: /*.html", &["/news/x.html"], &["/news/y.html"]),
            ("User-agent: *\nAllow: /news\nDisallow: /*.htm", &[], &["/news.htm"]),
            ("User-agent: *\nAllow: /$\nDisallow: /", &["/"], &["/a", "/?a"]),
            ("User-agent: *\nAllow: /p\nDisallow: /", &["/page"], &["/q"]),
            // Lengths are of the encoded rule.
            ("User-agent: *\nDisallow: /가*\nAllow: /%EA%B0%80/", &["/가/1"], &["/가"]),
        ]);
    }

    #[test]
    fn paths_and_wildcards() {
        check(&[
            // Case counts, and the beginning of the path.
            ("User-agent: *\nDisallow: /Fish", &["/fish", "/catFish", "/?q=/Fish"], &["/Fish", "/Fish.html", "/Fish/1", "/Fish?a"]),
            ("User-agent: *\nDisallow: /fish*", &["/Fish", "/catfish"], &["/fish", "/fisher", "/fish/1", "/fish?id=1"]),
            ("User-agent: *\nDisallow: /fish/", &["/fish", "/fish.html", "/Fish/"], &["/fish/", "/fish/?id=1", "/fish/salmon"]),
            ("User-agent: *\nDisallow: fish", &["/a"], &["/fish"]),
            // `*`
            ("User-agent: *\nDisallow: *", &[], &["/", "/a"]),
            ("User-agent: *\nDisallow: /*", &[], &["/", "/a"]),
            ("User-agent: *\nDisallow: *.php", &["/a"], &["/a.php"]),
            (
                "User-agent: *\nDisallow: /*.php",
                &["/php", "/a.PHP", "/?php"],
                &["/a.php", "/b/a.php", "/a.php?c", "/a.php5", "/a.php/", "/x?f=a.php", "//b/c.php.html"],
            ),
            ("User-agent: *\nDisallow: /fish*.php", &["/fish.PHP", "/a/fish.php"], &["/fish.php", "/fishes/cat.php?a"]),
            ("User-agent: *\nDisallow: /a/*/c", &["/a/c", "/a/b/d"], &["/a/b/c", "/a//c", "/a/b/b/c", "/a/b/cd"]),
            ("User-agent: *\nDisallow: /a***b", &["/a", "/b"], &["/ab", "/axxb"]),
            ("User-agent: *\nDisallow: /*ab*ab$", &["/ab", "/aab"], &["/abab", "/xabyab"]),
            // `$`
            ("User-agent: *\nDisallow: /a$", &["/a/", "/ab", "/a?b"], &["/a"]),
            ("User-agent: *\nDisallow: /*.php$", &["/a.php?b", "/a.php5", "/a.php/", "/a.PHP", "/aphp"], &["/a.php", "/b/a.php"]),
            ("User-agent: *\nDisallow: /$", &["/a"], &["/"]),
            ("User-agent: *\nDisallow: /a*$", &["/b"], &["/a", "/ab"]),
            ("User-agent: *\nDisallow: /a$b", &["/a", "/ab"], &["/a$b", "/a$b/c", "/a%24b"]),
            ("User-agent: *\nDisallow: /a$$", &["/a"], &["/a$"]),
            // Encoded, the two are letters like others.
            ("User-agent: *\nDisallow: /a%2Ab", &["/axb"], &["/a*b", "/a%2ab"]),
            ("User-agent: *\nDisallow: /a%24", &["/a"], &["/a$", "/a$b", "/a%24"]),
            // A question mark, too.
            ("User-agent: *\nDisallow: /*?", &["/a"], &["/a?", "/a?b=c"]),
            ("User-agent: *\nDisallow: /view.php?id=", &["/view.php", "/view.php?no=1"], &["/view.php?id=1"]),
            ("User-agent: *\nDisallow: /a?u=http://b.example/c&d", &["/a?u=http://b.example/"], &["/a?u=http://b.example/c&d&e"]),
            // index.html is a name like others.
            ("User-agent: *\nAllow: /a/index.html\nDisallow: /", &["/a/index.html"], &["/a/", "/a/index.htm"]),
            // Fragments never reach a host.
            ("User-agent: *\nDisallow: /*b", &["/a#b"], &["/ab#c"]),
        ]);
    }

    #[test]
    fn percent_encoding_both_ways() {
        check(&[
            ("User-agent: *\nDisallow: /뉴스", &["/소식"], &["/뉴스/1", "/%EB%89%B4%EC%8A%A4", "/%eb%89%b4%ec%8a%a4/1"]),
            ("User-agent: *\nDisallow: /%EB%89%B4%EC%8A%A4", &["/%EB%89"], &["/뉴스", "/%eb%89%b4%ec%8a%a4"]),
            ("User-agent: *\nDisallow: /%eb%89%b4*.html", &["/뉴.htm"], &["/뉴스.html"]),
            ("User-agent: *\nDisallow: /*?q=먹통", &["/?q=장애"], &["/find?q=%EB%A8%B9%ED%86%B5"]),
            // Unreserved letters are the same however they are written.
            ("User-agent: *\nDisallow: /%61%62", &["/b"], &["/ab", "/%61b"]),
            ("User-agent: *\nDisallow: /~a", &["/a"], &["/~a", "/%7Ea", "/%7ea"]),
            // Reserved ones are not.
            ("User-agent: *\nDisallow: /a%2Fb", &["/a/b"], &["/a%2fb"]),
            ("User-agent: *\nDisallow: /a/b", &["/a%2Fb"], &["/a/b"]),
            ("User-agent: *\nDisallow: /a%3Fb", &["/a?b"], &["/a%3fb"]),
            ("User-agent: *\nDisallow: /a b", &["/ab"], &["/a b", "/a%20b"]),
            // What is no encoding stands for itself.
            ("User-agent: *\nDisallow: /100%", &["/10"], &["/100%", "/100%zz"]),
        ]);
        // A host that writes CP949 means those bytes.
        let rules = rules(b"User-agent: *\nDisallow: /\xb4\xba\xbd\xba");
        assert!(!allows(&rules, "/%B4%BA%BD%BA"));
        assert!(allows(&rules, "/%B4%BA"));
    }

    #[test]
    fn utf_16_is_read() {
        let text = "User-agent: *\r\nDisallow: /뉴스";
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        for bytes in [little, big] {
            let rules = rules(bytes);
            assert!(!allows(&rules, "/뉴스/1") && allows(&rules, "/a"));
        }
    }

    #[test]
    fn what_a_status_means() {
        assert!(Rules::of_status(200).is_none());
        assert!(Rules::of_status(204).is_none());
        for open in [400, 401, 403, 404, 410, 418, 451] {
            assert_eq!(Rules::of_status(open), Some(Rules::Open), "{open}");
        }
        for closed in [429, 500, 502, 503, 599, 304, 999] {
            let rules = Rules::of_status(closed).unwrap();
            assert_eq!(rules, Rules::Closed(format!("status {closed}")));
            assert!(!allows(&rules, "/a"), "{closed}");
            assert!(rules.lifetime() < Rules::Open.lifetime(), "it is asked again before the day is over");
        }
        assert!(allows(&Rules::Open, "/a"));
    }

    #[test]
    fn a_delay_is_read_and_bounded() {
        let delay = |value: &str| rules(format!("User-agent: *\nCrawl-delay: {value}")).delay();
        assert_eq!(delay("2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("3 # seconds"), Some(Duration::from_secs(3)));
        assert_eq!(delay("3s"), Some(Duration::from_secs(3)));
        assert_eq!(delay("0"), Some(Duration::ZERO));
        for endless in ["86400", "99999999999999999999999999", "300.5"] {
            assert_eq!(delay(endless), Some(MAX_DELAY), "{endless}");
        }
        for odd in ["-1", "NaN", "inf", "soon", "", "1.2.3", "."] {
            assert_eq!(delay(odd), None, "{odd}");
        }
        for (robots, expected) in [
            ("User-agent: *\nCrawl-delay: 2\nDisallow: /\nUser-agent: meoktong\nDisallow: /a", None),
            ("User-agent: meoktong\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 2", Some(7)),
            ("User-agent: *\nCrawl-delay: 2\nUser-agent: meoktong\nDisallow: /a", Some(2)),
            ("User-agent: meoktong\nDisallow: /a\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 2", Some(7)),
            ("User-agent: other\nDisallow: /\nCrawl-delay: 9\nUser-agent: *\nDisallow: /a\nCrawlDelay 4", Some(4)),
        ] {
            assert_eq!(rules(robots).delay(), expected.map(Duration::from_secs), "{robots:?}");
        }
    }

    #[test]
    fn sitemaps_are_for_everyone() {
        let rules = rules(
            "Sitemap: https://example.com/1.xml\nUser-agent: other\nDisallow: /\nSITEMAP:https://example.com/뉴스.xml # news\n\
             sitemap: not a URL\nSite-map: http://other.example/3.xml.gz\r\nUser-agent: *\nDisallow: /a",
        );
        let found: Vec<&str> = rules.sitemaps().iter().map(Url::as_str).collect();
        assert_eq!(found, ["https://example.com/1.xml", "https://example.com/%EB%89%B4%EC%8A%A4.xml", "http://other.example/3.xml.gz"]);
        assert!(!allows(&rules, "/a"));
        assert!(Rules::Open.sitemaps().is_empty());
    }

    #[test]
    fn only_the_first_500_kib_count_and_only_whole_lines() {
        const LIMIT: usize = 500 << 10;
        let start = "User-agent: *\nDisallow: /a\n";
        let padded = |up_to: usize| format!("{start}{}\n", "#".repeat(up_to - start.len() - 1));
        // A line that ends where the limit is.
        let fits = padded(LIMIT - "Disallow: /b".len()) + "Disallow: /b\nDisallow: /c\n";
        let all = rules(&fits);
        assert!(!allows(&all, "/a") && !allows(&all, "/b") && allows(&all, "/c"));
        // As it is fetched, cut after what is wanted: the last line is known to be cut, so that "/news/x" does not become "/".
        let cut = padded(LIMIT - "Disallow: /".len()) + "Disallow: /news/x\n";
        for bytes in [cut.as_bytes(), &cut.as_bytes()[..MAX_BYTES]] {
            let cut = rules(bytes);
            assert!(!allows(&cut, "/a") && allows(&cut, "/news/x") && allows(&cut, "/"));
        }
        // One line without an end.
        assert!(allows(&rules("User-agent: *".repeat(50_000)), "/a"));
    }

    proptest::proptest! {
        #[test]
        fn a_rule_closes_the_path_that_it_is(path in "/[a-z가-힣%0-9A-F*?=&;:@!~ _.+,'()/\\[\\]-]{0,20}") {
            let url = Url::parse(&format!("https://example.com{path}")).unwrap();
            let rules = rules(format!("User-agent: *\nDisallow: {}", &url[Position::BeforePath..]));
            proptest::prop_assert!(!rules.allow(&url) || url.path() == "/robots.txt");
        }

        #[test]
        fn any_bytes_are_read(robots: Vec<u8>, lines in "((User-agent|disallow|Crawl-delay|allow|Sitemap)[: ]{0,2}[*$a-z0-9./%가-힣\\x00#-]{0,9}[\r\n]{0,2}){0,9}", path: String) {
            let mut url = Url::parse("https://example.com").unwrap();
            url.set_path(&path);
            url.set_query(Some(&path));
            for bytes in [robots.as_slice(), lines.as_bytes(), &[robots.as_slice(), lines.as_bytes()].concat()] {
                let rules = rules(bytes);
                rules.allow(&url);
                proptest::prop_assert!(rules.delay().is_none_or(|d| d <= MAX_DELAY));
                proptest::prop_assert_eq!(rules.clone(), Rules::read(&tidy(bytes), "meoktong"), "what is put right stays so");
            }
        }
    }

    #[test]
    fn a_rule_made_to_be_slow_is_not() {
        let begin = std::time::Instant::now();
        let stars = format!("User-agent: *\nDisallow: /{}$\n", "*a".repeat(100_000));
        let many = format!("User-agent: *\n{}", "Disallow: /*a*b*c$\n".repeat(25_000));
        for robots in [stars, many] {
            let rules = rules(robots);
            assert!(allows(&rules, &format!("/{}", "ab".repeat(1000))));
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    }
}
