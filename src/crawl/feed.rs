//! A feed's bytes → its entries. RSS, Atom and JSON Feed through feed-rs; here are the encoding, the dates as Korean feeds write them,
//! what a feed says of how often it changes, and the limits.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use encoding_rs::{EUC_KR, Encoding, UTF_8};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::schedule::Refresh;
use super::xml::{self, Node};
use crate::temporal::{KST, Moment, Precision};

/// A feed that lists more is cut, and says so.
pub const MAX_ENTRIES: usize = 5000;

/// What a source says of one article.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The article.
    pub url: Url,
    /// Its headline, if the source gives one.
    pub title: Option<String>,
    /// When it was published, in Korean time, at the precision that the source gives.
    pub published_at: Option<Moment>,
    /// When it changed last, where the source says that of its own.
    pub modified_at: Option<Moment>,
    /// Who publishes it, where the source lists articles of many.
    pub publisher: Option<String>,
}

impl Entry {
    /// An article of which nothing else is known.
    pub fn new(url: Url) -> Entry {
        Entry { url, title: None, published_at: None, modified_at: None, publisher: None }
    }
}

/// What a feed holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// In the feed's order; entries without a usable link are left out.
    pub entries: Vec<Entry>,
    /// How many were left out behind [`MAX_ENTRIES`].
    pub cut: usize,
    /// How often it says that it changes.
    pub refresh: Refresh,
}

/// Why bytes are no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no feed could be read from it: {0}")]
pub struct FeedError(String);

/// Reads a feed that came from `base` with the header `content_type`.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<Feed, FeedError> {
    let text = decode(bytes, content_type);
    // The declaration is true no more, and a blank before it would be a fault.
    let text = undeclared(&text);
    let text = if text.starts_with('<') { mend(text) } else { text.to_owned() };
    let parser = feed_rs::parser::Builder::new()
        .base_uri(Some(base.as_str()))
        // jiff's instant prints in a form that the feed library's clock reads; the type itself is none of ours.
        .timestamp_parser(|text| moment(text).and_then(instant).and_then(|t| t.to_string().parse().ok()))
        .build();
    let feed = parser.parse(text.as_bytes()).map_err(|e| FeedError(e.to_string()))?;
    let cut = feed.entries.len().saturating_sub(MAX_ENTRIES);
    let entries = feed.entries.into_iter().take(MAX_ENTRIES).filter_map(|entry| {
        let link = entry.links.iter().find(|l| matches!(l.rel.as_deref(), None | Some("alternate"))).map(|l| l.href.as_str());
        // An RSS guid is the article's address unless it says otherwise; some feeds give only that.
        let url = match link {
            Some(link) => article_url(base, link),
            None => Url::parse(entry.id.trim()).ok().and_then(web_url),
        }?;
        let published = entry.published.and_then(|t| from_instant(t.timestamp(), t.timestamp_subsec_nanos().into()));
        let updated = entry.updated.and_then(|t| from_instant(t.timestamp(), t.timestamp_subsec_nanos().into()));
        Some(Entry {
            title: entry.title.map(|t| t.content.trim().to_owned()).filter(|t| !t.is_empty()),
            published_at: published.or(updated),
            // The library repeats the date of publication where there is no other.
            modified_at: updated.filter(|_| published.is_some() && updated != published),
            ..Entry::new(url)
        })
    });
    let entries = entries.collect();
    Ok(Feed { entries, cut, refresh: refresh(&text) })
}

/// The address of an article that is linked as `link` in what came from `base`: on the web, without a fragment and without credentials.
pub(super) fn article_url(base: &Url, link: &str) -> Option<Url> {
    // Nothing, relative to a feed, would be the feed.
    let link = Some(link.trim()).filter(|l| !l.is_empty() && !l.starts_with('#'))?;
    base.join(link).ok().and_then(web_url)
}

/// An address on the web, without what a fetch has no use for.
pub(super) fn web_url(mut url: Url) -> Option<Url> {
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    url.set_fragment(None);
    // A link is no place for credentials; both fail only for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url)
}

/// What a feed says before its first entry of how often it changes. What cannot be read says nothing.
fn refresh(text: &str) -> Refresh {
    const DAY: u64 = 86_400;
    let (mut ttl, mut period, mut frequency, mut quiet_hours) = (None, None, 1, 0u32);
    let read = |path: &[String], node: Node| {
        let Some(name) = path.last() else { return ControlFlow::Continue(()) };
        let parent = path.len().checked_sub(2).map_or("", |p| path[p].as_str());
        match (parent, name.as_str(), node) {
            (_, "item" | "entry", Node::Open) => return ControlFlow::Break(()),
            ("channel", "ttl", Node::Close { text }) => ttl = text.parse::<u64>().ok().map(|minutes| minutes.saturating_mul(60)),
            ("channel" | "feed", "updatePeriod", Node::Close { text }) => {
                period = match text.to_ascii_lowercase().as_str() {
                    "hourly" => Some(3600),
                    "daily" => Some(DAY),
                    "weekly" => Some(7 * DAY),
                    "monthly" => Some(30 * DAY),
                    "yearly" => Some(365 * DAY),
                    _ => None,
                }
            }
            ("channel" | "feed", "updateFrequency", Node::Close { text }) => frequency = text.parse::<u64>().unwrap_or(1).max(1),
            // Hours are 0 to 23; some count to 24.
            ("skipHours", "hour", Node::Close { text }) => {
                quiet_hours |= text.parse::<u32>().ok().filter(|h| *h <= 24).map_or(0, |h| 1 << (h % 24));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    };
    // A fault further on is for the feed's reader to report.
    let _ = xml::walk(text, read);
    let every = ttl.into_iter().chain(period.map(|p| p / frequency)).max();
    Refresh { every: every.filter(|s| *s > 0).map(Duration::from_secs), quiet_hours }
}

/// The text in whatever encoding it has. What is sound UTF-8 is UTF-8: headers and declarations are often wrong, text in EUC-KR
/// is never sound UTF-8 by chance. Then the declaration counts, then the header, then Korea's old encoding.
pub(super) fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    match Encoding::for_bom(bytes) {
        Some((encoding, length)) => encoding.decode_without_bom_handling(&bytes[length..]).0.into_owned(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                let head = &bytes[..bytes.len().min(200)];
                let declared = attribute(&String::from_utf8_lossy(head), "encoding").and_then(|l| Encoding::for_label(l.as_bytes()));
                let header = || content_type.and_then(|c| attribute(c, "charset")).and_then(|l| Encoding::for_label(l.as_bytes()));
                let encoding = declared.filter(|e| *e != UTF_8).or_else(|| header().filter(|e| *e != UTF_8)).unwrap_or(EUC_KR);
                encoding.decode_without_bom_handling(bytes).0.into_owned()
            }
        },
    }
}

fn undeclared(text: &str) -> &str {
    let text = text.trim_start();
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}

/// Makes XML of what feeds take for it: control characters go, an `&` that begins no reference is escaped, HTML's entities become their
/// characters. What is well-formed stays as it is.
pub(super) fn mend(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r')).collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut entities = HashMap::new();
    while let Some(at) = rest.find(['&', '<']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        // In CDATA an ampersand is only an ampersand.
        let taken = if from.starts_with("<![CDATA[") {
            let end = from.find("]]>").unwrap_or(from.len());
            out.push_str(&from[..end]);
            end
        } else if from.starts_with('<') {
            out.push('<');
            1
        } else {
            ampersand(from, &mut out, &mut entities)
        };
        rest = &from[taken..];
    }
    out + rest
}

/// Writes what the `&` at the beginning of `text` stands for; gives the bytes that are used up.
fn ampersand<'a>(text: &'a str, out: &mut String, entities: &mut HashMap<&'a str, Option<String>>) -> usize {
    const LONGEST: usize = 32;
    /// HTML has more, but no feed uses them; looking each up takes its time.
    const MOST: usize = 500;
    let name = text.bytes().skip(1).take(LONGEST).position(|b| b == b';').map(|length| &text[1..=length]);
    let Some(name) = name.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')) else {
        out.push_str("&amp;");
        return 1;
    };
    let reference = &text[..name.len() + 2];
    let known = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        }
        .is_ok_and(|n| char::from_u32(n).is_some_and(|c| !c.is_control())),
        None => ["amp", "lt", "gt", "quot", "apos"].contains(&name),
    };
    if known {
        out.push_str(reference);
        return reference.len();
    }
    if !entities.contains_key(reference) && entities.len() < MOST {
        let decoded: String = scraper::Html::parse_fragment(reference).root_element().text().collect();
        let usable = decoded != reference && !decoded.contains(|c: char| c.is_control() || "&<".contains(c));
        entities.insert(reference, usable.then_some(decoded));
    }
    if let Some(Some(decoded)) = entities.get(reference) {
        out.push_str(decoded);
        return reference.len();
    }
    out.push_str("&amp;");
    1
}

/// The value in `… name="value" …` or `… name=value; …`.
fn attribute(text: &str, name: &str) -> Option<String> {
    // ASCII lower-casing keeps byte positions.
    let at = text.to_ascii_lowercase().find(name)? + name.len();
    let rest = text[at..].trim_start().strip_prefix('=')?.trim_start();
    let value: String =
        rest.trim_start_matches(['"', '\'']).chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    (!value.is_empty()).then_some(value)
}

/// A feed's date: RFC 822 or ISO 8601 by the book; in practice also without an offset or with `KST`, both of which mean Korean time,
/// with dots or slashes, or with a weekday that is wrong.
pub(super) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let numeric = text.replace(['.', '/'], "-").replace("- ", "-");
    if let Some(moment) = text.parse().ok().or_else(|| numeric.parse::<Moment>().ok()).or_else(|| spaced_offset(text)) {
        return Some(moment);
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let named = month_by_name(text);
    let text = named.as_deref().unwrap_or(text);
    let clock = text.strip_suffix("KST").unwrap_or(text).trim_end();
    // With an offset of its own the second form is none; `KST` alone would be read as an unknown zone, which RFC 822 takes for UTC.
    let korean = format!("{clock} +0900");
    let forms = if clock == text { [text, &korean] } else { [&korean, ""] };
    match forms.iter().find_map(|t| parser.parse_timestamp(t).ok()) {
        Some(at) => Some(Moment::new(KST.to_datetime(at), Precision::Second)),
        // As a page would show it to a reader: 2023년 5월 8일 오후 1시 35분.
        None => crate::article::parse_date(text).map(|found| found.at),
    }
}

/// `Mon, 15 05 2023 12:10:00 +0900` has a number where RFC 822 wants the month's name; gives it with the name.
fn month_by_name(text: &str) -> Option<String> {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let digits = |word: &&str, most: usize| word.len() <= most && word.bytes().all(|b| b.is_ascii_digit());
    let at = words.windows(3).position(|w| digits(&w[0], 2) && digits(&w[1], 2) && w[2].len() == 4 && digits(&w[2], 4))? + 1;
    words[at] = NAMES.get(words[at].parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(words.join(" "))
}

/// The precisions in an order that [`instant`] and [`from_instant`] agree on.
const PRECISIONS: [Precision; 5] = [Precision::Second, Precision::Minute, Precision::Day, Precision::Month, Precision::Year];

/// A moment as the instant that the feed library wants. No feed counts nanoseconds, so these carry the precision through it.
fn instant(moment: Moment) -> Option<Timestamp> {
    let precision = PRECISIONS.iter().position(|p| *p == moment.precision())?;
    KST.to_timestamp(moment.at()).ok()?.checked_add(SignedDuration::from_nanos(precision as i64)).ok()
}

fn from_instant(seconds: i64, nanoseconds: i64) -> Option<Moment> {
    let precision = usize::try_from(nanoseconds).ok().and_then(|n| PRECISIONS.get(n)).copied().unwrap_or(Precision::Second);
    Some(Moment::new(KST.to_datetime(Timestamp::from_second(seconds).ok()?), precision))
}

/// `2023-05-15 12:10:00 +0900`
fn spaced_offset(text: &str) -> Option<Moment> {
    let (clock, offset) = text.rsplit_once(' ')?;
    offset.starts_with(['+', '-', 'Z']).then(|| format!("{clock}{offset}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Feed, FeedError> {
        parse(bytes, Some("text/xml; charset=utf-8"), &Url::parse("https://news.example.com/rss/all.xml").unwrap())
    }

    fn rss(items: &str) -> String {
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>예시</title>{items}</channel></rss>")
    }

    #[test]
    fn reads_rss_atom_rdf_and_json() {
        let feeds = [
            rss("<item><title>가톡 먹통</title><link>/a/1#top</link><pubDate>Mon, 15 May 2023 12:10:00 +0900</pubDate></item>"),
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><id>x</id><updated>2023-05-15T03:10:00Z</updated><entry><id>1</id>\
             <title>가톡 먹통</title><link rel=\"self\" href=\"/self\"/><link href=\"https://news.example.com/a/1\"/><updated>2023-05-15T03:10:00Z</updated></entry></feed>"
                .into(),
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
             <channel><title>t</title><link>https://x</link><description>d</description></channel><item><title>가톡 먹통</title>\
             <link>https://news.example.com/a/1</link><description>d</description><dc:date>2023-05-15T12:10:00+09:00</dc:date></item></rdf:RDF>"
                .into(),
            r#"{"version": "https://jsonfeed.org/version/1", "title": "t", "items": [{"id": "1", "url": "https://news.example.com/a/1",
               "title": "가톡 먹통", "content_text": "x", "date_published": "2023-05-15T12:10:00+09:00"}]}"#
                .into(),
        ];
        for feed in feeds {
            let feed = read(feed.as_bytes()).unwrap_or_else(|e| panic!("{e}: {feed}"));
            let expected = Entry {
                url: Url::parse("https://news.example.com/a/1").unwrap(),
                title: Some("가톡 먹통".into()),
                published_at: "2023-05-15T12:10:00".parse().ok(),
                modified_at: None,
                publisher: None,
            };
            assert_eq!(feed.entries, [expected]);
        }
    }

    #[test]
    fn whatever_the_encoding_and_whatever_it_claims() {
        let body = rss("<item><title>뷁 접속 장애</title><link>https://a.example.com/1</link></item>");
        let korean = body.replace("utf-8", "euc-kr");
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(body.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let forms = [
            ("UTF-8", body.clone().into_bytes()),
            ("UTF-8 that claims EUC-KR", korean.clone().into_bytes()),
            ("UTF-8 with a BOM", [b"\xef\xbb\xbf".as_slice(), body.as_bytes()].concat()),
            ("CP949 under a header that says UTF-8", EUC_KR.encode(&korean).0.into_owned()),
            ("CP949 that claims UTF-8", EUC_KR.encode(&body).0.into_owned()),
            ("UTF-16", utf16),
        ];
        for (name, bytes) in forms {
            let feed = read(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(feed.entries[0].title.as_deref(), Some("뷁 접속 장애"), "{name}");
        }
    }

    #[test]
    fn dates_as_feeds_write_them() {
        for text in [
            "Mon, 15 May 2023 12:10:00 +0900",
            "Mon, 15 May 2023 03:10:00 GMT",
            "Sun, 15 May 2023 12:10:00 +0900",
            "15 May 2023 12:10:00 +0900",
            "Mon, 15 May 2023 12:10:00 KST",
            "Mon, 15 May 2023 12:10:00",
            "Mon, 15 May  2023 12:10:00 +0900",
            "Mon, 15 May 2023 12:10:00 +09:00",
            "Mon, 15 05 2023 12:10:00 +0900",
            "Mon, 15 05 2023 12:10:00",
            "Mon,15 May 2023 12:10:00 +0900",
            "2023-05-15T12:10:00+09:00",
            "2023-05-15T03:10:00.000Z",
            "2023-05-15 12:10:00",
            "2023-05-15 12:10:00 +0900",
            "2023.05.15 12:10:00",
            "2023. 05. 15 12:10:00",
            "2023/05/15 12:10",
        ] {
            let moment = moment(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(KST.to_timestamp(moment.at()).unwrap().to_string(), "2023-05-15T03:10:00Z", "{text}");
        }
        for text in ["", "어제", "Mon, 99 May 2023 12:10:00 +0900", "15:10"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn entries_without_a_usable_link_are_left_out() {
        let feed =
            rss("<item><title>a</title></item><item><link>javascript:alert(1)</link></item><item><link>mailto:a@example.com</link></item>\
             <item><guid>https://news.example.com/by-guid</guid></item><item><link>https://user:secret@news.example.com/ok</link></item>");
        let urls: Vec<String> = read(feed.as_bytes()).unwrap().entries.into_iter().map(|e| e.url.to_string()).collect();
        assert_eq!(urls, ["https://news.example.com/by-guid", "https://news.example.com/ok"]);
    }

    #[test]
    fn small_faults_of_real_feeds_are_borne() {
        let feed = |title: &str, link: &str| rss(&format!("<item><title>{title}</title><link>{link}</link></item>"));
        for (name, feed, title, url) in [
            ("a bare ampersand in a link", feed("a", "https://x.example.com/?a=1&b=2"), "a", "https://x.example.com/?a=1&b=2"),
            (
                "a bare ampersand in a title",
                feed("R&D 예산 & 통신", "https://x.example.com/1"),
                "R&D 예산 & 통신",
                "https://x.example.com/1",
            ),
            ("an entity of HTML", feed("가톡&nbsp;먹통&hellip;", "https://x.example.com/1"), "가톡\u{a0}먹통…", "https://x.example.com/1"),
            (
                "a control character as a reference",
                feed("가톡&#11; 먹통", "https://x.example.com/1"),
                "가톡&#11; 먹통",
                "https://x.example.com/1",
            ),
            ("a control character", feed("가톡\u{b}\u{1f} 먹통", "https://x.example.com/1"), "가톡 먹통", "https://x.example.com/1"),
            (
                "blank lines before the declaration",
                format!("\r\n\n{}", feed("a", "https://x.example.com/1")),
                "a",
                "https://x.example.com/1",
            ),
            (
                "a link in CDATA with blanks",
                feed("<![CDATA[가톡 & 먹통]]>", "<![CDATA[ https://x.example.com/?a=1&b=2 ]]>"),
                "가톡 & 먹통",
                "https://x.example.com/?a=1&b=2",
            ),
            (
                "what is escaped stays so",
                feed("a &amp; b &lt;c&gt; &#44032;&#xAC01;", "https://x.example.com/?a=1&amp;b=2"),
                "a & b <c> 가각",
                "https://x.example.com/?a=1&b=2",
            ),
        ] {
            let entries = read(feed.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}")).entries;
            assert_eq!(entries.len(), 1, "{name}");
            assert_eq!((entries[0].title.as_deref(), entries[0].url.as_str()), (Some(title), url), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_is_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), xml in "(<|>|&|;|&#|item|rss|<!\\[CDATA\\[|\\]\\]>|먹통|[a-z ]){0,40}") {
            let _ = read(&bytes);
            let _ = read(rss(&xml).as_bytes());
            let _ = moment(&xml);
            let mended = mend(&xml);
            proptest::prop_assert_eq!(mend(&mended), mended, "what is mended stays so");
        }
    }

    #[test]
    fn relative_links_and_formats_of_old() {
        let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><id>x</id><updated>2023-05-15T03:10:00Z</updated>\
            <entry><id>tag:x,1</id><title>가</title><link href=\"../a/1?x=1&amp;y=2\"/><updated>2023-05-15T04:10:00Z</updated><published>2023-05-15T03:10:00Z</published></entry></feed>";
        let json = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": "1", "url": "/a/1?x=1&y=2", "title": "가", "content_text": "x",
            "date_published": "2023-05-15T12:10:00+09:00", "date_modified": "2023-05-15T13:10:00+09:00"}]}"#;
        let old = |version: &str| {
            format!(
                "<rss version=\"{version}\"><channel><title>t</title><link>https://x.example.com</link><description>d</description><language>ko</language>\
                 <item><title>가</title><link>/a/1?x=1&amp;y=2</link><pubDate>Mon, 15 May 2023 12:10:00 KST</pubDate></item></channel></rss>"
            )
        };
        for (name, feed, modified) in [
            ("Atom", atom.to_owned(), Some("2023-05-15T13:10:00")),
            ("JSON", json.to_owned(), Some("2023-05-15T13:10:00")),
            ("RSS 0.91", old("0.91"), None),
            ("RSS 0.92", old("0.92"), None),
        ] {
            let feed = read(feed.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
            let expected = Entry {
                title: Some("가".into()),
                published_at: "2023-05-15T12:10:00".parse().ok(),
                modified_at: modified.map(|m| m.parse().unwrap()),
                ..Entry::new(Url::parse("https://news.example.com/a/1?x=1&y=2").unwrap())
            };
            assert_eq!(feed.entries, [expected], "{name}");
        }
    }

    #[test]
    fn a_date_is_as_precise_as_the_feed_gives_it() {
        for (text, expected) in [
            ("2023-05-08", "2023-05-08"),
            ("2023-05-08 13:35", "2023-05-08T13:35+09:00"),
            ("2023. 5. 8. 13:35", "2023-05-08T13:35+09:00"),
            ("2023년 5월 8일 오후 1시 35분", "2023-05-08T13:35+09:00"),
            ("2023-05-08 13:35:07", "2023-05-08T13:35:07+09:00"),
            ("2023-05-08T04:35:07.123Z", "2023-05-08T13:35:07+09:00"),
            ("Mon, 08 May 2023 13:35:07 KST", "2023-05-08T13:35:07+09:00"),
        ] {
            let feed = rss(&format!("<item><link>/1</link><pubDate>{text}</pubDate></item>"));
            let published = read(feed.as_bytes()).unwrap().entries[0].published_at.map(|m| m.to_string());
            assert_eq!(published.as_deref(), Some(expected), "{text}");
        }
        let feed = read(rss("<item><link>/1</link></item><item><link>/2</link><pubDate>조금 전</pubDate></item>").as_bytes()).unwrap();
        assert!(feed.entries.iter().all(|e| e.published_at.is_none()) && feed.entries.len() == 2, "no date is no reason to leave it out");
    }

    #[test]
    fn what_a_feed_says_of_how_often_it_changes() {
        let refresh = |head: &str| read(rss(&format!("{head}<item><link>/1</link></item>")).as_bytes()).unwrap().refresh;
        let seconds = |s| Some(Duration::from_secs(s));
        let sy = "xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"";
        for (head, every, quiet_hours) in [
            ("", None, 0),
            ("<ttl>30</ttl>", seconds(1800), 0),
            ("<ttl> 60 </ttl><ttl>x</ttl>", None, 0),
            ("<ttl>0</ttl>", None, 0),
            ("<ttl>99999999999999999999</ttl>", None, 0),
            (&format!("<sy:updatePeriod {sy}>hourly</sy:updatePeriod><sy:updateFrequency {sy}>2</sy:updateFrequency>"), seconds(1800), 0),
            (&format!("<sy:updatePeriod {sy}>\n daily</sy:updatePeriod>"), seconds(86_400), 0),
            (
                &format!("<ttl>5</ttl><sy:updatePeriod {sy}>hourly</sy:updatePeriod><sy:updateFrequency {sy}>0</sy:updateFrequency>"),
                seconds(3600),
                0,
            ),
            ("<skipHours><hour>0</hour><hour>23</hour><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>", None, 1 | 1 << 23),
            ("<image><ttl>9</ttl></image>", None, 0),
        ] {
            assert_eq!(refresh(head), Refresh { every, quiet_hours }, "{head}");
        }
        let later = read(rss("<item><link>/1</link><ttl>7</ttl></item>").as_bytes()).unwrap();
        assert_eq!(later.refresh, Refresh::default(), "an entry speaks for itself");
    }

    #[test]
    fn entities_are_not_expanded() {
        // A billion laughs: ten levels of ten.
        let mut bomb = String::from("<!DOCTYPE rss [<!ENTITY a0 \"ha\">");
        for n in 1..=10 {
            bomb += &format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
        }
        bomb += "]><rss version=\"2.0\"><channel><title>&a10;</title><item><title>&a10;</title><link>https://x.example.com/1</link></item></channel></rss>";
        let started = std::time::Instant::now();
        // Refused or read, but as it stands.
        if let Ok(feed) = read(bomb.as_bytes()) {
            assert!(feed.entries.iter().all(|e| e.title.as_ref().is_none_or(|t| t.len() < 100)), "{:?}", feed.entries);
        }
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_huge_feed_is_cut_and_says_so() {
        let items: String = (0..10_000).map(|n| format!("<item><link>/{n}</link></item>")).collect();
        let feed = read(rss(&items).as_bytes()).unwrap();
        assert_eq!((feed.entries.len(), feed.cut), (MAX_ENTRIES, 10_000 - MAX_ENTRIES));
    }

    #[test]
    fn what_is_no_feed_is_refused() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><rss version=\"2.0\"><channel><title>&b;&b;&b;</title></channel></rss>";
        for bytes in [&b""[..], b"<html><body>404</body></html>", b"\0\x01\x02", b"{\"a\": 1}", "없는 페이지".as_bytes()] {
            assert!(read(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
        assert!(read(bomb.as_bytes()).map_or(0, |f| f.entries.len()) == 0);
        let deep = "<a>".repeat(100_000);
        assert!(read(deep.as_bytes()).is_err());
    }
}
