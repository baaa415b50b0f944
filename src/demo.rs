//! The bundled news site on loopback: six invented publishers, each a host of its own, for `meoktong demo` and the tests.
//!
//! It serves what `fixtures/site` holds, compiled into the program, and remembers every request, so that a test can ask the server how the
//! crawler behaved. It knows nothing of the crawler.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/site");

/// Stands in the files for the server's own address.
pub(crate) const BASE: &[u8] = b"{{BASE}}";

/// The running site. It stops when this goes.
#[derive(Debug)]
pub struct DemoSite {
    publishers: Vec<Publisher>,
}

/// One publisher's running host.
#[derive(Debug)]
pub struct Publisher {
    /// Its name.
    pub name: String,
    /// Its folder, which serves as its id.
    pub dir: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// The address of its feed.
    pub feed: String,
    log: Log,
    server: JoinHandle<()>,
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path and query.
    pub path: String,
    /// What it was answered with.
    pub status: u16,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Whether it asked only for what changed.
    pub conditional: bool,
    /// When it came.
    pub at: Instant,
}

type Log = Arc<Mutex<Vec<Asked>>>;

/// Why the site does not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of it is missing or wrong.
    #[error("the bundled site is broken: {0}")]
    Site(String),
    /// No port can be had.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
}

#[derive(Deserialize)]
struct Site {
    publisher: Vec<Declared>,
}

/// What the server needs of a publisher; site.toml tells more, for tests and readers.
#[derive(Deserialize)]
struct Declared {
    dir: String,
    name: String,
    feed: String,
    charset: Option<String>,
}

struct Host {
    dir: String,
    base: String,
    charset: Option<String>,
    status: HashMap<String, u16>,
    log: Log,
}

impl DemoSite {
    /// Starts a host for each publisher, on ports that are free.
    pub async fn start() -> Result<DemoSite, DemoError> {
        let broken = |file: &str, why: &dyn std::fmt::Display| DemoError::Site(format!("{file}: {why}"));
        let text = |file: &str| FILES.get_file(file).and_then(|f| f.contents_utf8());
        let site = text("site.toml").ok_or_else(|| broken("site.toml", &"it is missing"))?;
        let site: Site = toml::from_str(site).map_err(|e| broken("site.toml", &e))?;
        let mut publishers = Vec::new();
        for declared in site.publisher {
            let file = format!("{}/status.toml", declared.dir);
            let status = toml::from_str(text(&file).unwrap_or_default()).map_err(|e| broken(&file, &e))?;
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            let log = Log::default();
            let base = format!("http://{address}");
            let feed = format!("{base}{}", declared.feed);
            let host = Host { dir: declared.dir.clone(), base, charset: declared.charset, status, log: log.clone() };
            let router = Router::new().fallback(answer).with_state(Arc::new(host));
            let server = tokio::spawn(async move {
                // It ends only with the task.
                let _ = axum::serve(listener, router).await;
            });
            publishers.push(Publisher { name: declared.name, dir: declared.dir, address, feed, log, server });
        }
        Ok(DemoSite { publishers })
    }

    /// The hosts.
    pub fn publishers(&self) -> &[Publisher] {
        &self.publishers
    }
}

impl Publisher {
    /// Every request so far, in order.
    pub fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(host): State<Arc<Host>>, request: Request) -> Response<Body> {
    let header = |name| request.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let known = header(header::IF_NONE_MATCH);
    let response = host.file(request.uri().path(), known);
    host.log.lock().unwrap_or_else(PoisonError::into_inner).push(Asked {
        path: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        status: response.status().as_u16(),
        user_agent: header(header::USER_AGENT).map(str::to_owned),
        conditional: known.is_some(),
        at: Instant::now(),
    });
    response
}

impl Host {
    fn file(&self, path: &str, known_etag: Option<&str>) -> Response<Body> {
        if let Some(status) = self.status.get(path).and_then(|s| StatusCode::from_u16(*s).ok()) {
            return plain(status);
        }
        let name = path.trim_start_matches('/');
        let name = if name.is_empty() { "index.html" } else { name };
        // What was reviewed lies beside the pages but is not part of the site.
        let public = ![".records.json", ".gold.json", ".toml"].iter().any(|ending| name.ends_with(ending));
        let Some(file) = FILES.get_file(format!("{}/{name}", self.dir)).filter(|_| public) else { return plain(StatusCode::NOT_FOUND) };
        let body = replace(file.contents(), BASE, self.base.as_bytes());
        let digest = Sha256::digest(&body);
        let etag: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        let etag = format!("\"{etag}\"");
        let mut response = if known_etag == Some(etag.as_str()) {
            let mut response = plain(StatusCode::NOT_MODIFIED);
            *response.body_mut() = Body::empty();
            response
        } else {
            Response::new(Body::from(body))
        };
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        for (name, value) in [(header::ETAG, etag), (header::CONTENT_TYPE, self.content_type(name))] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }

    fn content_type(&self, name: &str) -> String {
        let essence = match name.rsplit_once('.').map_or("", |(_, e)| e) {
            "html" | "htm" => "text/html",
            "xml" if name.contains("atom") => "application/atom+xml",
            "xml" | "rdf" => "application/xml",
            "txt" => "text/plain",
            "css" => "text/css",
            "js" => "text/javascript",
            "json" => "application/json",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            _ => "application/octet-stream",
        };
        match &self.charset {
            Some(charset) if essence.starts_with("text/") || essence.ends_with("xml") => format!("{essence}; charset={charset}"),
            _ => essence.to_owned(),
        }
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(status.canonical_reason().unwrap_or("?")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// Works on bytes: some of the pages are in EUC-KR.
pub(crate) fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|w| w == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_put_in_between_bytes_of_any_encoding() {
        assert_eq!(replace(b"\xb0\xa1{{BASE}}/a{{BASE}}\xb0", BASE, b"http://x"), b"\xb0\xa1http://x/ahttp://x\xb0");
        assert_eq!(replace(b"{{BASE}", BASE, b"x"), b"{{BASE}");
        assert_eq!(replace(b"", BASE, b"x"), b"");
    }

    #[tokio::test]
    async fn serves_the_site_and_remembers_who_asked() {
        let site = DemoSite::start().await.unwrap();
        assert!(site.publishers().len() >= 4);
        let client = crate::crawl::fetch::Fetcher::new(&crate::config::CrawlConfig {
            allow_private: vec!["127.0.0.1".parse().unwrap()],
            user_agent: "tester/1".into(),
            ..Default::default()
        })
        .unwrap();
        use crate::crawl::fetch::{Answer, Limit, Validators};
        let get =
            async |url: &str, validators: &Validators| client.get(&url.parse().unwrap(), validators, Limit::Refuse(1 << 20)).await.unwrap();
        for publisher in site.publishers() {
            let Answer::Body(body) = get(&publisher.feed, &Validators::default()).await else { panic!("{}", publisher.feed) };
            assert!(!body.bytes.windows(BASE.len()).any(|w| w == BASE));
            assert!(matches!(get(&publisher.feed, &body.validators).await, Answer::NotModified(_)));
            let hidden = format!("http://{}/status.toml", publisher.address);
            assert!(matches!(get(&hidden, &Validators::default()).await, Answer::Status(head) if [404, 500].contains(&head.status)));
            let log = publisher.log();
            assert_eq!(log.iter().map(|a| (a.status, a.conditional)).collect::<Vec<_>>(), [(200, false), (304, true), (404, false)]);
            assert!(log.iter().all(|a| a.user_agent.as_deref() == Some("tester/1")));
        }
    }
}
