//! One request: out, and the answer in, within limits.
//!
//! - [`Fetcher::get`]: the request.
//! - [`Answer`]: what came; [`Head`]: what its headers say; [`Validators`]: what of them is sent back the next time.
//! - [`FetchError`]: why nothing came.
//! - [`Resolver`]: who knows the addresses of names; the system, unless a test says otherwise.
//!
//! It promises: only http and https; no private address, whether written in the URL or hidden behind a name, unless the configuration opens
//! it, and the address that was judged is the one that is connected to; no proxy that the configuration does not name; a head of at most 64 KiB; a body
//! never larger than its limit, counted after decompression; an end within the time limit, however slowly bytes come (which is why no least speed is
//! asked for); every failure a [`FetchError`]. Redirects are handed back, since where they lead is for robots.txt and politeness to judge, and is then
//! judged here as any other URL.
//!
//! Through a proxy it is the proxy that looks names up and connects. Then what can be known is still refused: private addresses in the URL, and names
//! for which this machine's resolver has any.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::error::Error as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

mod address;
mod head;
#[cfg(test)]
mod tests;

pub use address::{Resolver, SystemResolver};
pub use head::{Head, MAX_RETRY_AFTER};

use address::{Addresses, Refused, Unknown, may_ask, proxy_names};

use crate::config::{AddressRule, CrawlConfig, Proxy};

/// The largest head of an answer, in bytes. HTTP/1 stops reading at some 400 KiB.
const MAX_HEAD: usize = 64 << 10;

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    /// For names at the ports that a rule of their own opens: a name is looked up without knowing the port, so each has a client that knows. Made
    /// when it is needed.
    at_port: Arc<HashMap<u16, OnceLock<reqwest::Client>>>,
    config: Arc<CrawlConfig>,
    addresses: Addresses,
    /// Hosts to which a connection may have been kept.
    answered: Arc<Mutex<HashSet<String>>>,
    /// Whether the system has no CA certificates, so that no https host can be trusted.
    rootless: bool,
}

/// What the last answer of a URL said, to be sent back byte for byte. Each character is a byte (ISO 8859-1), since headers may hold any.
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
    NotModified(Head),
    /// It is elsewhere.
    Redirect(Url, Head),
    /// Any other status.
    Status(Head),
}

/// A body and what its headers say.
#[derive(Debug)]
pub struct Body {
    /// What came before it.
    pub head: Head,
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
    /// Too much before the body.
    #[error("its headers are larger than {0} bytes")]
    Headers(usize),
    /// A header of the source's own is none.
    #[error("a header of the request holds what no header may")]
    Header,
    /// It is compressed in a way that was not asked for.
    #[error("it is compressed as `{}`, which cannot be read", .0.escape_debug())]
    Encoding(String),
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
        Fetcher::with_resolver(config, Arc::new(SystemResolver))
    }

    /// The same, with names looked up by `resolver`.
    pub fn with_resolver(config: &CrawlConfig, resolver: Arc<dyn Resolver>) -> Result<Fetcher, SetupError> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Where the process already has one, that one is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let addresses =
            Addresses { allowed: config.allow_private.clone().into(), trusted: proxy_names(&config.proxy).into(), port: None, resolver };
        let (client, rootless) = client(config, &addresses)?;
        let ports = config.allow_private.iter().filter_map(AddressRule::port);
        let at_port = Arc::new(ports.map(|port| (port, OnceLock::new())).collect());
        Ok(Fetcher { client, at_port, config: Arc::new(config.clone()), addresses, answered: Arc::default(), rootless })
    }

    /// Asks for `url` once; a second time only where the host gave up a connection that had been kept, so that it may not have seen the first.
    pub async fn get(&self, url: &Url, validators: &Validators, limit: Limit) -> Result<Answer, FetchError> {
        self.get_with(url, &[], validators, limit).await
    }

    /// The same, with `headers` that only this host may see: keys.
    pub async fn get_with(
        &self,
        url: &Url,
        headers: &[(String, String)],
        validators: &Validators,
        limit: Limit,
    ) -> Result<Answer, FetchError> {
        let answer = tokio::time::timeout(self.config.timeout, self.ask(url, headers, validators, limit));
        answer.await.unwrap_or(Err(FetchError::Timeout(self.config.timeout)))
    }

    async fn ask(&self, url: &Url, headers: &[(String, String)], validators: &Validators, limit: Limit) -> Result<Answer, FetchError> {
        self.check(url).await?;
        let client = self.client(url)?;
        let mut request = client.get(without_login(url));
        for (name, value) in [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)] {
            if let Some(value) = value.as_deref().and_then(to_header) {
                request = request.header(name, value);
            }
        }
        for (name, value) in headers {
            let mut value = to_header(value).ok_or(FetchError::Header)?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let request = request.build().map_err(|e| self.explain(&e))?;
        let origin = url.origin().ascii_serialization();
        let again = request.try_clone().filter(|_| lock(&self.answered).contains(&origin));
        let mut response = match (client.execute(request).await, again) {
            // It went out on a connection that was kept, just as the host gave that up.
            (Err(error), Some(again)) if is_hang_up(&error) => client.execute(again).await,
            (answer, _) => answer,
        }
        .map_err(|e| self.explain(&e))?;
        lock(&self.answered).insert(origin);
        let size: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if size > MAX_HEAD {
            return Err(FetchError::Headers(MAX_HEAD));
        }
        let head = Head::of(&response);
        match head.status {
            200..=299 => {}
            304 => return Ok(Answer::NotModified(head)),
            301 | 302 | 303 | 307 | 308 => {
                let location = response.headers().get(header::LOCATION).ok_or(FetchError::Redirect)?;
                let target = url.join(&ascii(location.as_bytes())).map_err(|_| FetchError::Redirect)?;
                return Ok(Answer::Redirect(without_login(&target), head));
            }
            _ => return Ok(Answer::Status(head)),
        }
        let text = |name: HeaderName| response.headers().get(name).map(from_header);
        // What was asked for has been decompressed, and the header is gone.
        if let Some(encoding) = text(header::CONTENT_ENCODING).filter(|e| !e.is_empty() && !e.eq_ignore_ascii_case("identity")) {
            return Err(FetchError::Encoding(encoding));
        }
        let content_type = text(header::CONTENT_TYPE);
        let validators = Validators { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) };
        if let (Limit::Refuse(most), Some(announced)) = (limit, response.content_length())
            && announced > most as u64
        {
            return Err(FetchError::TooLarge(most));
        }
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
        Ok(Answer::Body(Body { head, content_type, validators, bytes }))
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, FetchError> {
        let port = url.port_or_known_default().filter(|_| matches!(url.host(), Some(Host::Domain(_))));
        let Some((port, made)) = port.and_then(|port| Some((port, self.at_port.get(&port)?))) else { return Ok(&self.client) };
        if let Some(client) = made.get() {
            return Ok(client);
        }
        let addresses = Addresses { port: Some(port), ..self.addresses.clone() };
        let (client, _) = client(&self.config, &addresses).map_err(|e| FetchError::Connect(e.to_string()))?;
        Ok(made.get_or_init(|| client))
    }

    /// What never comes before the client's resolver is judged here: addresses in the URL, and names that a proxy looks up.
    async fn check(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme);
        }
        let found = match url.host() {
            None => return Err(FetchError::Scheme),
            Some(Host::Ipv4(ip)) => vec![ip.into()],
            Some(Host::Ipv6(ip)) => vec![ip.into()],
            // Which of them the proxy would choose is unknown, so none may be private. A name that is unknown here may be known there.
            Some(Host::Domain(name)) if self.config.proxy != Proxy::None => {
                self.addresses.resolver.addresses(name).await.unwrap_or_default()
            }
            Some(Host::Domain(_)) => return Ok(()),
        };
        match found.into_iter().find(|ip| !may_ask(&self.addresses.allowed, *ip, url.port_or_known_default())) {
            Some(private) => Err(FetchError::Private(private)),
            None => Ok(()),
        }
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
            FetchError::Timeout(self.config.timeout)
        } else if error.is_connect() {
            let hint = if self.rootless { " (this system has no CA certificates, which https needs)" } else { "" };
            FetchError::Connect(root(error) + hint)
        } else {
            FetchError::Broken(root(error))
        }
    }
}

/// A client, and whether it has to do without CA certificates.
fn client(config: &CrawlConfig, addresses: &Addresses) -> Result<(reqwest::Client, bool), SetupError> {
    let builder = || builder(config, Arc::new(addresses.clone()));
    match builder()?.build() {
        Ok(client) => Ok((client, false)),
        // A bare container has no CA certificates: https is then hopeless, but http, and with it the demo, is not.
        Err(_) => {
            let client = builder()?.tls_certs_only([]).build();
            Ok((client.map_err(|e| SetupError(format!("{e}: {}", root(&e))))?, true))
        }
    }
}

fn builder(config: &CrawlConfig, addresses: Arc<Addresses>) -> Result<reqwest::ClientBuilder, SetupError> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|e| SetupError(format!("`{}`: {e}", text.escape_debug())));
    let mut headers = HeaderMap::new();
    let accept = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.8";
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("ko, en;q=0.5"));
    if let Some(email) = config.email() {
        headers.insert(header::FROM, value(email)?);
    }
    let builder = reqwest::Client::builder()
        .user_agent(value(&config.agent())?)
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Of several addresses the first that is dead must not use up all the time.
        .connect_timeout(config.timeout)
        .pool_max_idle_per_host(1)
        .http1_max_headers(200)
        .http2_max_header_list_size(MAX_HEAD as u32)
        .dns_resolver(addresses);
    Ok(match &config.proxy {
        Proxy::None => builder.no_proxy(),
        Proxy::Environment => builder,
        Proxy::At(url) => builder.proxy(reqwest::Proxy::all(url.clone()).map_err(|e| SetupError(e.to_string()))?),
    })
}

/// A name and password in a URL from outside are nobody's to send.
fn without_login(url: &Url) -> Url {
    let mut url = url.clone();
    // They fail only where there is no host, and then there is no login.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Bytes of a URL as text: what is no ASCII percent-encoded as it came, so that CP949 leads where it should.
fn ascii(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|b| if b.is_ascii() { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect(),
    }
}

fn from_header(value: &HeaderValue) -> String {
    encoding_rs::mem::decode_latin1(value.as_bytes()).into_owned()
}

fn to_header(text: &str) -> Option<HeaderValue> {
    if !encoding_rs::mem::is_str_latin1(text) {
        return None;
    }
    HeaderValue::from_bytes(&encoding_rs::mem::encode_latin1_lossy(text)).ok()
}

/// Whether the connection ended before any answer.
fn is_hang_up(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let hyper = cause.downcast_ref::<hyper::Error>().is_some_and(|e| e.is_incomplete_message() || e.is_canceled() || e.is_closed());
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if hyper || matches!(io, Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)) {
            return true;
        }
        source = cause.source();
    }
    false
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The innermost cause: the outer ones only repeat that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}
