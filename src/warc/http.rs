//! The answer of a host, as the block of a `response` record holds it.

use std::io::Read;

/// More headers are no page's.
const MAX_HEADERS: usize = 256;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, as sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, its encodings undone.
    pub body: Vec<u8>,
}

/// Why an answer cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// It does not begin as one.
    #[error("it holds no HTTP answer: {0}")]
    Head(String),
    /// Its body cannot be decompressed.
    #[error("its body is said to be `{0}`, which it is not")]
    Encoding(String),
    /// Its body is compressed in a way that nobody here knows.
    #[error("its body is compressed as `{0}`, which cannot be read")]
    Unknown(String),
    /// Its body is too large.
    #[error("its body is larger than {0} bytes")]
    TooLarge(usize),
}

impl Response {
    /// The value of the first header of that name, each byte a character.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.headers, name)
    }

    /// Takes an answer apart; a body larger than `most` after decompression is refused.
    ///
    /// Archives often store a body decoded and leave the headers as they were sent: what does not begin as its encoding would is taken as it is.
    pub fn parse(block: &[u8], most: usize) -> Result<Response, HttpError> {
        let mut slots = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut slots);
        let mut lenient = httparse::ParserConfig::default();
        lenient
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true);
        // The library reads HTTP/1 only; what other versions say is the same.
        let renamed: Vec<u8>;
        let text =
            match block.strip_prefix(b"HTTP/2 ").or_else(|| block.strip_prefix(b"HTTP/2.0 ")).or_else(|| block.strip_prefix(b"HTTP/3 ")) {
                Some(rest) => {
                    renamed = [b"HTTP/1.1 ", rest].concat();
                    renamed.as_slice()
                }
                None => block,
            };
        let end = match lenient.parse_response(&mut head, text) {
            Ok(httparse::Status::Complete(end)) => end,
            Ok(httparse::Status::Partial) => return Err(HttpError::Head("its head is cut off".into())),
            Err(error) => return Err(HttpError::Head(error.to_string())),
        };
        let headers: Vec<(String, Vec<u8>)> = head.headers.iter().map(|h| (h.name.to_owned(), h.value.to_owned())).collect();
        let status = head.code.unwrap_or_default();
        let mut body = text.get(end..).unwrap_or_default().to_vec();
        if header(&headers, "transfer-encoding").is_some_and(|e| e.to_ascii_lowercase().contains("chunked"))
            && let Some(whole) = unchunk(&body)
        {
            body = whole;
        }
        let encodings = header(&headers, "content-encoding").unwrap_or_default().to_ascii_lowercase();
        // The last was applied last.
        for encoding in encodings.split(',').map(str::trim).rev() {
            body = decode(encoding, body, most)?;
        }
        if body.len() > most {
            return Err(HttpError::TooLarge(most));
        }
        Ok(Response { status, headers, body })
    }
}

fn header(headers: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    let (_, value) = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    Some(encoding_rs::mem::decode_latin1(value).trim().to_owned())
}

/// None where it is not in chunks. One that is cut off gives what there is.
fn unchunk(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let mut rest = body;
    let mut first = true;
    loop {
        let Ok(httparse::Status::Complete((at, size))) = httparse::parse_chunk_size(rest) else {
            return if first { None } else { Some(whole) };
        };
        first = false;
        let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else { return Some(whole) };
        let data = rest.get(at..).unwrap_or_default();
        let Some((chunk, after)) = data.split_at_checked(size) else {
            whole.extend_from_slice(data);
            return Some(whole);
        };
        whole.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).unwrap_or(after);
    }
}

fn decode(encoding: &str, body: Vec<u8>, most: usize) -> Result<Vec<u8>, HttpError> {
    let read = |input: &mut dyn Read| -> Result<Vec<u8>, HttpError> {
        let mut out = Vec::new();
        match input.take(most as u64 + 1).read_to_end(&mut out) {
            Ok(_) if out.len() > most => Err(HttpError::TooLarge(most)),
            Ok(_) => Ok(out),
            // One that is cut off gives what there is.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !out.is_empty() => Ok(out),
            Err(_) => Err(HttpError::Encoding(encoding.to_owned())),
        }
    };
    let is_text = |body: &[u8]| body.trim_ascii_start().starts_with(b"<");
    match encoding {
        "" | "identity" | "none" => Ok(body),
        "gzip" | "x-gzip" if body.starts_with(&[0x1f, 0x8b]) => read(&mut flate2::read::MultiGzDecoder::new(body.as_slice())),
        "zstd" if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => match zstd::stream::read::Decoder::new(body.as_slice()) {
            Ok(mut decoder) => read(&mut decoder),
            Err(_) => Err(HttpError::Encoding(encoding.to_owned())),
        },
        "gzip" | "x-gzip" | "zstd" => Ok(body),
        "deflate" | "br" if is_text(&body) || body.is_empty() => Ok(body),
        // Some mean zlib by it, as the standard does, some what is inside.
        "deflate" => read(&mut flate2::read::ZlibDecoder::new(body.as_slice())).or_else(|error| match error {
            HttpError::TooLarge(_) => Err(error),
            _ => read(&mut flate2::read::DeflateDecoder::new(body.as_slice())),
        }),
        "br" => read(&mut brotli_decompressor::Decompressor::new(body.as_slice(), 4096)),
        _ if is_text(&body) => Ok(body),
        _ => Err(HttpError::Unknown(encoding.chars().take(40).collect())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PAGE: &[u8] = "<html><p>가톡이 멈췄다.</p></html>".as_bytes();

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(bytes).unwrap();
        out
    }

    fn chunks(bytes: &[u8]) -> Vec<u8> {
        let mut out: Vec<u8> = bytes.chunks(7).flat_map(|c| [format!("{:x};x=1\r\n", c.len()).as_bytes(), c, b"\r\n"].concat()).collect();
        out.extend(b"0\r\n\r\n");
        out
    }

    fn body(headers: &str, body: &[u8]) -> Result<Vec<u8>, HttpError> {
        let block = [b"HTTP/1.1 200 OK\r\n", headers.as_bytes(), b"\r\n", body].concat();
        Response::parse(&block, 10_000).map(|r| r.body)
    }

    #[test]
    fn every_encoding_is_undone_and_a_lie_is_seen_through() {
        for (headers, sent) in [
            ("", PAGE.to_vec()),
            ("Content-Encoding: gzip\r\n", gzip(PAGE)),
            ("content-encoding: X-GZIP\r\n", gzip(PAGE)),
            ("Content-Encoding: br\r\n", brotli(PAGE)),
            ("Content-Encoding: zstd\r\n", zstd::bulk::compress(PAGE, 3).unwrap()),
            ("Content-Encoding: deflate\r\n", zlib(PAGE)),
            ("Content-Encoding: deflate\r\n", deflate(PAGE)),
            ("Content-Encoding: deflate, gzip\r\n", gzip(&zlib(PAGE))),
            ("Transfer-Encoding: chunked\r\n", chunks(PAGE)),
            ("Transfer-Encoding: gzip, chunked\r\nContent-Encoding: gzip\r\n", chunks(&gzip(PAGE))),
            ("Content-Encoding: gzip\r\n", PAGE.to_vec()),
            ("Content-Encoding: br\r\n", PAGE.to_vec()),
            ("Content-Encoding: new\r\n", PAGE.to_vec()),
            ("Transfer-Encoding: chunked\r\n", PAGE.to_vec()),
            ("X: ignored \u{1}\r\nContent-Encoding : gzip\r\n", gzip(PAGE)),
        ] {
            assert_eq!(body(headers, &sent).unwrap(), PAGE, "{headers}");
        }
        let cut = gzip(PAGE);
        assert!(PAGE.starts_with(&body("Content-Encoding: gzip\r\n", &cut[..cut.len() - 9]).unwrap()));
    }

    #[test]
    fn bombs_and_nonsense_are_refused() {
        let zeros = vec![b'0'; 100_000];
        for (encoding, sent) in [
            ("gzip", gzip(&zeros)),
            ("br", brotli(&zeros)),
            ("deflate", zlib(&zeros)),
            ("zstd", zstd::bulk::compress(&zeros, 3).unwrap()),
            ("identity", zeros.clone()),
        ] {
            assert_eq!(body(&format!("Content-Encoding: {encoding}\r\n"), &sent), Err(HttpError::TooLarge(10_000)), "{encoding}");
        }
        assert_eq!(body("Content-Encoding: lzx\r\n", b"\x01\x02"), Err(HttpError::Unknown("lzx".into())));
        assert_eq!(body("Content-Encoding: gzip\r\n", b"\x1f\x8b\x01"), Err(HttpError::Encoding("gzip".into())));
        for block in [&b""[..], b"HTTP/1.1 200 OK\r\nA: b\r\n", b"<html>", b"HTTP/1.1 abc\r\n\r\n"] {
            assert!(matches!(Response::parse(block, 9), Err(HttpError::Head(_))), "{block:?}");
        }
    }

    #[test]
    fn heads_of_every_version_are_read() {
        for block in [&b"HTTP/2 404\r\nA: b\r\n\r\nx"[..], b"HTTP/1.0 404 Not Found\nA: b\n\nx", b"HTTP/3 404 \r\nA: b\r\n\r\nx"] {
            let response = Response::parse(block, 9).unwrap();
            assert_eq!((response.status, response.header("a").as_deref(), response.body.as_slice()), (404, Some("b"), &b"x"[..]));
        }
    }
}
