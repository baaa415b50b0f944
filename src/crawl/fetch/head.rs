//! What an answer's headers say.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use reqwest::header::{self, HeaderMap, HeaderName};

/// A longer wish to be left alone is cut to this.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Nothing counts as fresh for longer.
const MAX_FRESH: Duration = Duration::from_secs(7 * 24 * 3600);

/// What an answer says before its body.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// Such as `HTTP/1.1`.
    pub protocol: &'static str,
    /// The address that answered; through a proxy it is the proxy's.
    pub address: Option<SocketAddr>,
    /// All headers as received, names in lower case. `Content-Encoding` and `Content-Length` are gone where the body was decompressed.
    pub headers: Vec<(String, Vec<u8>)>,
    /// `Retry-After`: how long the host wants to be left alone, at most [`MAX_RETRY_AFTER`].
    pub retry_after: Option<Duration>,
    /// By `Cache-Control` or `Expires`: how long nothing new is to be had.
    pub fresh_for: Option<Duration>,
}

impl Head {
    pub(super) fn of(response: &reqwest::Response) -> Head {
        let headers = response.headers();
        let protocol = match response.version() {
            reqwest::Version::HTTP_09 => "HTTP/0.9",
            reqwest::Version::HTTP_10 => "HTTP/1.0",
            reqwest::Version::HTTP_2 => "HTTP/2",
            reqwest::Version::HTTP_3 => "HTTP/3",
            _ => "HTTP/1.1",
        };
        // By the host's own clock where it tells it, since its dates are by that one, too.
        let now = date(headers, header::DATE).unwrap_or_else(SystemTime::now);
        Head {
            status: response.status().as_u16(),
            protocol,
            address: response.remote_addr(),
            headers: headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_owned())).collect(),
            retry_after: retry_after(headers, now),
            fresh_for: fresh_for(headers, now),
        }
    }
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()
}

fn whole_seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // More than fits is as long as can be.
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = whole_seconds(text).or_else(|| Some(date(headers, header::RETRY_AFTER)?.duration_since(now).unwrap_or_default()))?;
    Some(wait.min(MAX_RETRY_AFTER))
}

/// RFC 9111, for a cache of one's own; nothing where it is stale at once.
fn fresh_for(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok());
    let directives: Vec<(String, &str)> = values
        .flat_map(|v| v.split(','))
        .map(|d| d.split_once('=').unwrap_or((d, "")))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"')))
        .collect();
    if directives.iter().any(|(name, _)| name == "no-cache" || name == "no-store") {
        return None;
    }
    let lifetime = match directives.iter().find(|(name, _)| name == "max-age") {
        Some((_, age)) => whole_seconds(age)?,
        None => date(headers, header::EXPIRES)?.duration_since(now).ok()?,
    };
    let age = headers.get(header::AGE).and_then(|v| whole_seconds(v.to_str().ok()?.trim())).unwrap_or_default();
    Some(lifetime.saturating_sub(age).min(MAX_FRESH)).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(lines: &[&str]) -> HeaderMap {
        let parse = |line: &&str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        lines.iter().map(parse).collect()
    }

    fn now() -> SystemTime {
        httpdate::parse_http_date("Mon, 15 May 2023 03:10:00 GMT").unwrap()
    }

    #[test]
    fn how_long_a_host_wants_to_be_left_alone() {
        for (value, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 120 ", Some(120)),
            ("99999999999999999999999999", Some(24 * 3600)),
            ("Mon, 15 May 2023 03:12:00 GMT", Some(120)),
            ("Monday, 15-May-23 03:12:00 GMT", Some(120)),
            ("Mon May 15 03:12:00 2023", Some(120)),
            ("Mon, 15 May 2023 03:00:00 GMT", Some(0)),
            ("Fri, 15 May 2093 03:00:00 GMT", Some(24 * 3600)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("곧", None),
        ] {
            let found = retry_after(&headers(&[&format!("retry-after: {value}")]), now());
            assert_eq!(found, expected.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(retry_after(&headers(&[]), now()), None);
    }

    #[test]
    fn how_long_an_answer_is_fresh() {
        for (lines, expected) in [
            (&["cache-control: max-age=600"][..], Some(600)),
            (&["cache-control: public, MAX-AGE = \"600\" , must-revalidate"], Some(600)),
            (&["cache-control: public", "cache-control: max-age=600"], Some(600)),
            (&["cache-control: max-age=600", "age: 100"], Some(500)),
            (&["cache-control: max-age=600", "age: 700"], None),
            (&["cache-control: max-age=600", "expires: Mon, 15 May 2023 03:11:00 GMT"], Some(600)),
            (&["cache-control: max-age=99999999999999999999999"], Some(7 * 24 * 3600)),
            (&["cache-control: max-age=0"], None),
            (&["cache-control: max-age=-1"], None),
            (&["cache-control: max-age"], None),
            (&["cache-control: no-cache, max-age=600"], None),
            (&["cache-control: max-age=600, no-store"], None),
            (&["cache-control: s-maxage=600"], None),
            (&["expires: Mon, 15 May 2023 03:11:00 GMT"], Some(60)),
            (&["expires: Mon, 15 May 2023 03:11:00 GMT", "cache-control: public"], Some(60)),
            (&["expires: Mon, 15 May 2023 03:09:00 GMT"], None),
            (&["expires: 0"], None),
            (&["expires: -1"], None),
            (&[], None),
        ] {
            assert_eq!(fresh_for(&headers(lines), now()), expected.map(Duration::from_secs), "{lines:?}");
        }
    }
}
