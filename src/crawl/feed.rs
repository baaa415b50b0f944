//! A feed's bytes → its entries. RSS, Atom and JSON Feed through feed-rs; here are the encoding, the dates as Korean feeds write them,
//! and the limits.

use std::collections::HashMap;

use encoding_rs::{EUC_KR, Encoding, UTF_8};
use url::Url;

use crate::temporal::{KST, Moment, Precision};

/// A feed that lists more is cut, and says so.
pub const MAX_ENTRIES: usize = 5000;

/// One entry of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The article.
    pub url: Url,
    /// Its headline, if the feed gives one.
    pub title: Option<String>,
    /// When it was published, in Korean time.
    pub published_at: Option<Moment>,
}

/// What a feed holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// In the feed's order; entries without a usable link are left out.
    pub entries: Vec<Entry>,
    /// How many were left out behind [`MAX_ENTRIES`].
    pub cut: usize,
}

/// Why bytes are no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no feed could be read from it: {0}")]
pub struct FeedError(String);

/// Reads a feed that came from `base` with the header `content_type`.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<Feed, FeedError> {
    let text = decode(bytes, content_type);
    let text = if text.starts_with('<') { mend(&text) } else { text };
    let parser = feed_rs::parser::Builder::new()
        .base_uri(Some(base.as_str()))
        // jiff's instant prints in a form that the feed library's clock reads; the type itself is none of ours.
        .timestamp_parser(|text| date(text).and_then(|t| t.to_string().parse().ok()))
        .build();
    let feed = parser.parse(text.as_bytes()).map_err(|e| FeedError(e.to_string()))?;
    let cut = feed.entries.len().saturating_sub(MAX_ENTRIES);
    let entries = feed.entries.into_iter().take(MAX_ENTRIES).filter_map(|entry| {
        let link = entry.links.iter().find(|l| matches!(l.rel.as_deref(), None | Some("alternate"))).map(|l| l.href.clone());
        // An RSS guid is the article's address unless it says otherwise; some feeds give only that.
        let url = link.map_or_else(|| Url::parse(entry.id.trim()), |l| base.join(l.trim()));
        let mut url = url.ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())?;
        url.set_fragment(None);
        // A link is no place for credentials; both fail only for URLs without a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let published_at = entry.published.or(entry.updated).and_then(|t| jiff::Timestamp::from_second(t.timestamp()).ok());
        Some(Entry {
            url,
            title: entry.title.map(|t| t.content.trim().to_owned()).filter(|t| !t.is_empty()),
            published_at: published_at.map(|t| Moment::new(KST.to_datetime(t), Precision::Second)),
        })
    });
    Ok(Feed { entries: entries.collect(), cut })
}

/// The text in whatever encoding it has. What is sound UTF-8 is UTF-8: headers and declarations are often wrong, text in EUC-KR
/// is never sound UTF-8 by chance. Then the declaration counts, then the header, then Korea's old encoding.
fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    let text = match Encoding::for_bom(bytes) {
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
    };
    // The declaration is true no more.
    let text = text.trim_start();
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start().to_owned(),
        None => text.to_owned(),
    }
}

/// Makes XML of what feeds take for it: control characters go, an `&` that begins no reference is escaped, HTML's entities become their
/// characters. What is well-formed stays as it is.
fn mend(text: &str) -> String {
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
fn date(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    let instant = |m: Moment| KST.to_timestamp(m.at()).ok();
    let numeric = text.replace(['.', '/'], "-").replace("- ", "-");
    if let Some(moment) = text.parse().ok().or_else(|| numeric.parse::<Moment>().ok()).or_else(|| spaced_offset(text)) {
        return instant(moment);
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let clock = text.strip_suffix("KST").unwrap_or(text).trim_end();
    // With an offset of its own the second form is none; `KST` alone would be read as an unknown zone, which RFC 822 takes for UTC.
    let korean = format!("{clock} +0900");
    let forms = if clock == text { [text, &korean] } else { [&korean, ""] };
    forms.iter().find_map(|t| parser.parse_timestamp(t).ok())
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
            "2023-05-15T12:10:00+09:00",
            "2023-05-15T03:10:00.000Z",
            "2023-05-15 12:10:00",
            "2023-05-15 12:10:00 +0900",
            "2023.05.15 12:10:00",
            "2023. 05. 15 12:10:00",
            "2023/05/15 12:10",
        ] {
            assert_eq!(date(text).map(|t| t.to_string()).as_deref(), Some("2023-05-15T03:10:00Z"), "{text}");
        }
        for text in ["", "어제", "Mon, 99 May 2023 12:10:00 +0900", "15:10"] {
            assert_eq!(date(text), None, "{text}");
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
            let _ = date(&xml);
            let mended = mend(&xml);
            proptest::prop_assert_eq!(mend(&mended), mended, "what is mended stays so");
        }
    }

    #[test]
    fn a_huge_feed_is_cut_and_says_so() {
        let items: String = (0..MAX_ENTRIES + 7).map(|n| format!("<item><link>/{n}</link></item>")).collect();
        let feed = read(rss(&items).as_bytes()).unwrap();
        assert_eq!((feed.entries.len(), feed.cut), (MAX_ENTRIES, 7));
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
