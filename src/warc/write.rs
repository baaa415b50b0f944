//! Pages → records of WARC 1.1.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The answer that a page gave.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// The URL that gave it.
    pub url: &'a str,
    /// When.
    pub fetched_at: Timestamp,
    /// The status.
    pub status: u16,
    /// Such as `HTTP/2`.
    pub protocol: Option<&'a str>,
    /// The headers.
    pub headers: &'a [(String, Vec<u8>)],
    /// The body, its encodings undone.
    pub body: &'a [u8],
    /// Further named fields of the record.
    pub fields: &'a [(&'a str, String)],
}

/// Writes records, a gzip member each.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Begins a file: writes its `warcinfo`. `about` is what it says, a name and a value each.
    pub fn new(out: W, at: Timestamp, about: &[(&str, &str)]) -> io::Result<Writer<W>> {
        let block: String = about.iter().map(|(name, value)| format!("{name}: {}\r\n", one_line(value))).collect();
        let mut writer = Writer { out };
        let fields = [("WARC-Type", "warcinfo".to_owned()), ("Content-Type", "application/warc-fields".to_owned())];
        writer.record(at, &fields, &[], block.as_bytes())?;
        Ok(writer)
    }

    /// Writes a `response`.
    pub fn response(&mut self, answer: &Answer<'_>) -> io::Result<()> {
        let reason = reqwest::StatusCode::from_u16(answer.status).ok().and_then(|s| s.canonical_reason()).unwrap_or_default();
        let version = if answer.protocol == Some("HTTP/1.0") { "HTTP/1.0" } else { "HTTP/1.1" };
        // What readers of the format read is HTTP/1; what it was is a field beside it.
        let mut block = format!("{version} {} {reason}\r\n", answer.status).into_bytes();
        for (name, value) in answer.headers {
            // They speak of the body as it was sent.
            if ["transfer-encoding", "content-encoding", "content-length"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
                continue;
            }
            block.extend_from_slice(one_line(name).as_bytes());
            block.extend_from_slice(b": ");
            block.extend(value.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
            block.extend_from_slice(b"\r\n");
        }
        block.extend_from_slice(format!("content-length: {}\r\n\r\n", answer.body.len()).as_bytes());
        block.extend_from_slice(answer.body);
        let protocol = match answer.protocol {
            Some("HTTP/2") => Some("h2"),
            Some("HTTP/3") => Some("h3"),
            Some("HTTP/1.1") => Some("http/1.1"),
            Some("HTTP/1.0") => Some("http/1.0"),
            _ => None,
        };
        let mut fields = vec![
            ("WARC-Type", "response".to_owned()),
            ("WARC-Target-URI", one_line(answer.url)),
            ("WARC-Payload-Digest", digest(answer.body)),
            ("Content-Type", "application/http; msgtype=response".to_owned()),
        ];
        fields.extend(protocol.map(|p| ("WARC-Protocol", p.to_owned())));
        self.record(answer.fetched_at, &fields, answer.fields, &block)
    }

    fn record(&mut self, at: Timestamp, fields: &[(&str, String)], more: &[(&str, String)], block: &[u8]) -> io::Result<()> {
        let mut head = String::from("WARC/1.1\r\n");
        let digest = digest(block);
        let all = fields.iter().chain(more);
        let rest = [
            ("WARC-Date", at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("WARC-Block-Digest", digest.clone()),
            ("Content-Length", block.len().to_string()),
        ];
        for (name, value) in all.chain(&rest) {
            head += &format!("{name}: {}\r\n", one_line(value));
        }
        let mut member = GzEncoder::new(&mut self.out, Compression::default());
        // From what the record says, so that the same export gives the same file.
        let id = id(&head);
        let head = head.replacen("\r\n", &format!("\r\nWARC-Record-ID: {id}\r\n"), 1);
        member.write_all(head.as_bytes())?;
        member.write_all(b"\r\n")?;
        member.write_all(block)?;
        member.write_all(b"\r\n\r\n")?;
        member.finish()?;
        Ok(())
    }

    /// Hands what it writes to back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// A value cannot begin a new field.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", data_encoding::BASE32.encode(&Sha256::digest(bytes)))
}

fn id(content: &str) -> String {
    let hash = Sha256::digest(content.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(b, h)| *b = h);
    // As a UUID of version 8, whose bits are the maker's own.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default());
    format!("<urn:uuid:{}>", parts.join("-"))
}
