//! One request: out, and the answer in, within limits.
//!
//! It promises: only http and https; no private address, whether written in the URL or hidden behind a name, unless the configuration opens
//! it; no proxy that the environment names; a body never larger than its limit, counted after decompression; every failure a
//! [`FetchError`]. Redirects are handed back, since where they lead is for robots.txt and politeness to judge.

use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

use crate::config::{AddressRule, CrawlConfig};

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    addresses: Arc<Addresses>,
    timeout: Duration,
    /// Whether the system has no CA certificates, so that no https host can be trusted.
    rootless: bool,
}

/// What the last answer of a URL said, to be sent back byte for byte.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validators {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub last_modified: Option<String>,
}

/// How much of a body is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// A larger one is a failure.
    Refuse(usize),
    /// Of a larger one only the beginning is read.
    Cut(usize),
}

/// An answer that is no failure.
#[derive(Debug)]
pub enum Answer {
    /// A body.
    Body(Body),
    /// 304: what is known is still so.
    NotModified,
    /// It is elsewhere.
    Redirect(Url),
    /// Any other status.
    Status(u16),
}

/// A body and what its headers say.
#[derive(Debug)]
pub struct Body {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// For the next time.
    pub validators: Validators,
    /// The bytes, decompressed.
    pub bytes: Vec<u8>,
}

/// Why a request gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not a web address.
    #[error("only http and https addresses are fetched")]
    Scheme,
    /// The address is private.
    #[error("its address {0} is private ([crawl] allow_private can open it)")]
    Private(IpAddr),
    /// The name leads nowhere.
    #[error("its name has no address: {0}")]
    Name(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// Too slow.
    #[error("no complete answer within {}", seconds(*.0))]
    Timeout(Duration),
    /// Too large.
    #[error("its body is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke, or what came is no HTTP.
    #[error("the answer is broken: {0}")]
    Broken(String),
    /// A redirect to nowhere.
    #[error("it redirects to no web address")]
    Redirect,
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Why no request can be sent at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare for requests: {0}")]
pub struct SetupError(String);

impl Fetcher {
    /// Prepares for requests.
    pub fn new(config: &CrawlConfig) -> Result<Fetcher, SetupError> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Where the process already has one, that one is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let addresses = Arc::new(Addresses { allowed: config.allow_private.clone() });
        let agent = HeaderValue::from_str(&config.user_agent).map_err(|e| SetupError(e.to_string()))?;
        let mut headers = HeaderMap::new();
        let accept = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.8";
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("ko, en;q=0.5"));
        let builder = || {
            reqwest::Client::builder()
                .user_agent(agent.clone())
                .default_headers(headers.clone())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .timeout(config.timeout)
                .connect_timeout(config.timeout)
                .pool_max_idle_per_host(1)
                .http1_max_headers(200)
                .http2_max_header_list_size(64 << 10)
                .dns_resolver(addresses.clone())
        };
        // A bare container has no CA certificates: https is then hopeless, but http, and with it the demo, is not.
        let (client, rootless) = match builder().build() {
            Ok(client) => (client, false),
            Err(_) => (builder().tls_certs_only([]).build().map_err(|e| SetupError(format!("{e}: {}", root(&e))))?, true),
        };
        Ok(Fetcher { client, addresses, timeout: config.timeout, rootless })
    }

    /// Asks for `url` once.
    pub async fn get(&self, url: &Url, validators: &Validators, limit: Limit) -> Result<Answer, FetchError> {
        self.check(url)?;
        let mut request = self.client.get(url.clone());
        for (name, value) in [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)] {
            if let Some(value) = value.as_ref().and_then(|v| HeaderValue::from_str(v).ok()) {
                request = request.header(name, value);
            }
        }
        let mut response = request.send().await.map_err(|e| self.explain(&e))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => {}
            304 => return Ok(Answer::NotModified),
            301 | 302 | 303 | 307 | 308 => {
                let location = response.headers().get(header::LOCATION).and_then(|l| std::str::from_utf8(l.as_bytes()).ok());
                let target = location.and_then(|l| url.join(l).ok()).ok_or(FetchError::Redirect)?;
                return Ok(Answer::Redirect(target));
            }
            _ => return Ok(Answer::Status(status)),
        }
        let text = |name: HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let content_type = text(header::CONTENT_TYPE);
        let validators = Validators { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.explain(&e))? {
            bytes.extend_from_slice(&chunk);
            match limit {
                Limit::Refuse(most) if bytes.len() > most => return Err(FetchError::TooLarge(most)),
                Limit::Cut(most) if bytes.len() >= most => {
                    bytes.truncate(most);
                    break;
                }
                _ => {}
            }
        }
        Ok(Answer::Body(Body { status, content_type, validators, bytes }))
    }

    /// A literal address never comes before the resolver, so it is judged here.
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme);
        }
        let literal: IpAddr = match url.host() {
            None => return Err(FetchError::Scheme),
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
        };
        if self.addresses.allow(literal, url.port_or_known_default()) { Ok(()) } else { Err(FetchError::Private(literal)) }
    }

    fn explain(&self, error: &reqwest::Error) -> FetchError {
        let mut source = error.source();
        while let Some(cause) = source {
            if let Some(refused) = cause.downcast_ref::<Refused>() {
                return FetchError::Private(refused.0);
            }
            if let Some(unknown) = cause.downcast_ref::<Unknown>() {
                return FetchError::Name(unknown.0.clone());
            }
            source = cause.source();
        }
        if error.is_timeout() {
            FetchError::Timeout(self.timeout)
        } else if error.is_connect() {
            let hint = if self.rootless { " (this system has no CA certificates, which https needs)" } else { "" };
            FetchError::Connect(root(error) + hint)
        } else {
            FetchError::Broken(root(error))
        }
    }
}

/// The innermost cause: the outer ones only repeat that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}

/// Which addresses may be asked; also the resolver, so that the address that was judged is the one that is connected to.
#[derive(Debug)]
struct Addresses {
    allowed: Vec<AddressRule>,
}

impl Addresses {
    /// A name is judged without a port, so only rules without one open what is behind it.
    fn allow(&self, address: IpAddr, port: Option<u16>) -> bool {
        is_public(address) || self.allowed.iter().any(|rule| rule.covers(address, port))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is private")]
struct Refused(IpAddr);

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unknown(String);

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        // The future outlives the call.
        let rules = Addresses { allowed: self.allowed.clone() };
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|e| Unknown(e.to_string()))?;
            let (open, closed): (Vec<SocketAddr>, Vec<SocketAddr>) = found.partition(|a| rules.allow(a.ip(), None));
            match (open.is_empty(), closed.first()) {
                (true, Some(private)) => Err(Refused(private.ip()).into()),
                (true, None) => Err(Unknown("the name is known but leads nowhere".into()).into()),
                (false, _) => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}

/// Whether an address is one of the open internet. What is not surely so is not.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation() || ip.is_multicast();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (18..20).contains(&b);
    !(special || shared || protocol || benchmark || a == 0 || a >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b) {
        // NAT64 and 6to4 carry an IPv4 address, which is where they lead.
        (0x64, 0xff9b) => (c, d, e, f) == (0, 0, 0, 0) && v4(g, h),
        (0x2002, _) => v4(b, c),
        // Teredo, ORCHID and benchmarks; documentation.
        (0x2001, 0..0x200) | (0x2001, 0xdb8) => false,
        (0x3fff, 0..0x1000) => false,
        // All that is handed out as global unicast.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_every_dress() {
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001::1",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "100.63.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    fn fetcher(allow: &[&str]) -> Fetcher {
        let allow_private = allow.iter().map(|a| a.parse().unwrap()).collect();
        Fetcher::new(&CrawlConfig { allow_private, timeout: Duration::from_secs(5), ..Default::default() }).unwrap()
    }

    async fn outcome(fetcher: &Fetcher, url: &str) -> Result<Answer, FetchError> {
        fetcher.get(&Url::parse(url).unwrap(), &Validators::default(), Limit::Refuse(1000)).await
    }

    #[tokio::test]
    async fn private_addresses_are_refused_however_they_are_written() {
        let fetcher = fetcher(&[]);
        for url in [
            "http://127.0.0.1:1/",
            "http://2130706433:1/",
            "http://0x7f.1:1/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]:1/",
            "http://localhost:1/",
        ] {
            assert!(matches!(outcome(&fetcher, url).await, Err(FetchError::Private(_))), "{url}");
        }
        assert_eq!(outcome(&fetcher, "ftp://example.com/").await.unwrap_err(), FetchError::Scheme);
        assert_eq!(outcome(&fetcher, "file:///etc/passwd").await.unwrap_err(), FetchError::Scheme);
    }

    #[tokio::test]
    async fn a_rule_opens_what_it_names_and_no_more() {
        let with_port = fetcher(&["127.0.0.1:1"]);
        // Nothing listens on port 1, so to be let through is to find no connection.
        assert!(matches!(outcome(&with_port, "http://127.0.0.1:1/").await, Err(FetchError::Connect(_))));
        assert!(matches!(outcome(&with_port, "http://127.0.0.1:2/").await, Err(FetchError::Private(_))));
        assert!(matches!(outcome(&with_port, "http://localhost:1/").await, Err(FetchError::Private(_))), "a name may lead to any port");
        let whole = fetcher(&["127.0.0.0/8", "::1"]);
        assert!(matches!(outcome(&whole, "http://localhost:1/").await, Err(FetchError::Connect(_))));
    }

    #[tokio::test]
    async fn an_unknown_name_is_said_to_be_one() {
        // A machine without a name server may take longer than we wait.
        let outcome = outcome(&fetcher(&[]), "http://no-such-host.invalid/").await;
        assert!(matches!(outcome, Err(FetchError::Name(_) | FetchError::Timeout(_))), "{outcome:?}");
    }
}
