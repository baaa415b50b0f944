//! A stream of bytes → records.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::MAX_RECORD;

/// The largest head of a record, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// A record that is passed over may be no longer: what a few bytes of gzip can claim must not keep us for days.
const MAX_PASSED: u64 = 4 << 30;

/// Where a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The byte of the file at which it begins, or the gzip member that holds it.
    pub offset: u64,
    /// So many bytes of the member, decompressed, come before it.
    pub inside: u64,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub place: Place,
    /// Its named fields, in order, as written.
    pub fields: Vec<(String, String)>,
    /// Its block.
    pub block: Vec<u8>,
}

impl Record {
    /// The value of a field, by its name in whatever case.
    pub fn field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// A record that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("record at byte {}{}: {reason}", place.offset, if place.inside > 0 { format!(" (+{} decompressed)", place.inside) } else { String::new() })]
pub struct Broken {
    /// Where it stands.
    pub place: Place,
    /// What is wrong with it.
    pub reason: String,
}

/// Bytes with a place, in which one can look ahead.
struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    offset: u64,
    ended: bool,
}

impl<R: Read> Source<R> {
    fn new(input: R, offset: u64) -> Source<R> {
        Source { input, buffer: Vec::new(), start: 0, offset, ended: false }
    }

    /// At least `wanted` of the bytes to come, if there are as many.
    fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        const STEP: usize = 64 << 10;
        while self.buffer.len() - self.start < wanted && !self.ended {
            self.buffer.drain(..self.start);
            self.start = 0;
            let held = self.buffer.len();
            self.buffer.resize(held + STEP.max(wanted - held), 0);
            let read = loop {
                match self.input.read(self.buffer.get_mut(held..).unwrap_or_default()) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        Ok(self.buffer.get(self.start..).unwrap_or_default())
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, amount: usize) {
        let amount = amount.min(self.buffer.len() - self.start);
        self.start += amount;
        self.offset += amount as u64;
    }
}

enum Layer<R: Read> {
    Plain(Source<R>),
    Member {
        bytes: Box<Source<GzDecoder<Source<R>>>>,
        offset: u64,
    },
    /// Between two states, and after a failure of the input.
    None,
}

/// Why a record could not be read.
enum Fault {
    /// The input itself failed: there is nothing more to be had.
    Input(io::Error),
    /// What stands there is wrong.
    Wrong(String),
}

/// Errors of the input and of what gzip makes of it come through one door.
fn fault(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Wrong("it is cut off".into()),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Fault::Wrong(format!("its compression is broken: {error}")),
        _ => Fault::Input(error),
    }
}

/// Reads records, one after another.
pub struct Reader<R: Read> {
    layer: Layer<R>,
    /// Whether what comes next must be searched for.
    lost: bool,
    /// So much of the first member is passed over.
    skip: u64,
}

impl<R: Read> Reader<R> {
    /// Reads from the beginning.
    pub fn new(input: R) -> Reader<R> {
        Reader::at(input, Place::default())
    }

    /// Goes on at `place`; `input` is already at its `offset`.
    pub fn at(input: R, place: Place) -> Reader<R> {
        Reader { layer: Layer::Plain(Source::new(input, place.offset)), lost: false, skip: place.inside }
    }

    /// How far reading has come: going on there gives what comes next.
    pub fn place(&self) -> Place {
        match &self.layer {
            Layer::Plain(source) => Place { offset: source.offset, inside: 0 },
            Layer::Member { offset, bytes } => Place { offset: *offset, inside: bytes.offset },
            Layer::None => Place::default(),
        }
    }

    /// So many bytes of the input have been used, for a progress bar.
    pub fn offset(&self) -> u64 {
        match &self.layer {
            Layer::Plain(source) => source.offset,
            Layer::Member { bytes, .. } => bytes.input.get_ref().offset,
            Layer::None => 0,
        }
    }

    /// The next record whose fields `wanted` likes; the others are passed over. None at the end.
    pub fn next_where(&mut self, mut wanted: impl FnMut(&[(String, String)]) -> bool) -> io::Result<Option<Result<Record, Broken>>> {
        loop {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(Fault::Input(error)) => return Err(error),
                Err(Fault::Wrong(reason)) => {
                    self.lost = true;
                    return Ok(Some(Err(Broken { place: self.place(), reason })));
                }
            }
            let place = self.place();
            match self.record(place, &mut wanted) {
                Ok(Some(record)) => return Ok(Some(Ok(record))),
                Ok(None) => {}
                Err(Fault::Input(error)) => return Err(error),
                Err(Fault::Wrong(reason)) => {
                    self.lost = true;
                    return Ok(Some(Err(Broken { place, reason })));
                }
            }
        }
    }

    /// Goes to the beginning of a record; `false`: there is none any more.
    fn advance(&mut self) -> Result<bool, Fault> {
        if std::mem::take(&mut self.lost) && !self.search()? {
            return Ok(false);
        }
        loop {
            // Records end with two empty lines, and files may have more.
            while let Some(b'\r' | b'\n') = self.fill()?.first() {
                self.consume(1);
            }
            if !self.fill()?.is_empty() {
                if let Layer::Plain(source) = &mut self.layer
                    && source.peek(2).map_err(Fault::Input)?.starts_with(&[0x1f, 0x8b])
                {
                    self.enter();
                    let mut left = std::mem::take(&mut self.skip);
                    while left > 0 {
                        let n = self.fill()?.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                        if n == 0 {
                            break;
                        }
                        self.consume(n);
                        left -= n as u64;
                    }
                    continue;
                }
                return Ok(true);
            }
            match std::mem::replace(&mut self.layer, Layer::None) {
                Layer::Member { bytes, .. } => self.layer = Layer::Plain(bytes.input.into_inner()),
                layer => {
                    self.layer = layer;
                    return Ok(false);
                }
            }
        }
    }

    /// Into the gzip member that begins here.
    fn enter(&mut self) {
        self.layer = match std::mem::replace(&mut self.layer, Layer::None) {
            Layer::Plain(source) => Layer::Member { offset: source.offset, bytes: Box::new(Source::new(GzDecoder::new(source), 0)) },
            other => other,
        };
    }

    /// After what was broken: to the next member that holds a record, or the next line that begins one. `false`: there is none.
    fn search(&mut self) -> Result<bool, Fault> {
        const WINDOW: usize = 4 << 10;
        // Inside a member there may be more records; if it is its compression that is broken, there are not.
        if let Layer::Member { .. } = self.layer {
            match self.search_lines() {
                Ok(true) => return Ok(true),
                Err(Fault::Input(error)) => return Err(Fault::Input(error)),
                Ok(false) | Err(Fault::Wrong(_)) => {}
            }
            if let Layer::Member { bytes, .. } = std::mem::replace(&mut self.layer, Layer::None) {
                self.layer = Layer::Plain(bytes.input.into_inner());
            }
        }
        let Layer::Plain(source) = &mut self.layer else { return Ok(false) };
        loop {
            let ahead = source.peek(WINDOW).map_err(Fault::Input)?;
            if ahead.is_empty() {
                return Ok(false);
            }
            let next = ahead.iter().enumerate().position(|(i, b)| match b {
                0x1f => ahead.get(i..).is_some_and(|a| a.starts_with(&[0x1f, 0x8b, 8])),
                b'W' => ahead.get(i..).is_some_and(|a| a.starts_with(b"WARC/")) && (i == 0 || ahead.get(i - 1) == Some(&b'\n')),
                _ => false,
            });
            match next {
                // At the window's end what begins there may be cut.
                None => {
                    let sure = if ahead.len() < WINDOW { ahead.len() } else { ahead.len() - 8 };
                    source.consume(sure);
                }
                Some(0) if ahead.starts_with(&[0x1f]) => {
                    let mut begin = [0; 5];
                    // The same bytes stand in compressed data by chance, too.
                    if GzDecoder::new(ahead).read_exact(&mut begin).is_ok() && &begin == b"WARC/" {
                        return Ok(true);
                    }
                    source.consume(1);
                }
                Some(at) if ahead.get(at) == Some(&b'W') => {
                    source.consume(at);
                    return Ok(true);
                }
                Some(at) => source.consume(at),
            }
        }
    }

    /// To the next line of the member that begins a record.
    fn search_lines(&mut self) -> Result<bool, Fault> {
        let mut passed = 0;
        loop {
            let ahead = self.fill()?;
            if ahead.is_empty() {
                return Ok(false);
            }
            let Some(end) = ahead.iter().position(|b| *b == b'\n') else {
                let n = ahead.len();
                passed += n as u64;
                self.consume(n);
                if passed > MAX_PASSED {
                    return Ok(false);
                }
                continue;
            };
            passed += end as u64 + 1;
            self.consume(end + 1);
            if let Layer::Member { bytes, .. } = &mut self.layer
                && bytes.peek(5).map_err(fault)?.starts_with(b"WARC/")
            {
                return Ok(true);
            }
            if passed > MAX_PASSED {
                return Ok(false);
            }
        }
    }

    /// The record that begins here, if it is wanted.
    fn record(&mut self, place: Place, wanted: &mut impl FnMut(&[(String, String)]) -> bool) -> Result<Option<Record>, Fault> {
        let mut room = MAX_HEAD;
        let version = self.line(&mut room)?;
        if !version.starts_with("WARC/") {
            let begin: String = version.chars().take(40).collect();
            return Err(Fault::Wrong(format!("it begins with `{}` instead of `WARC/1.1`", begin.escape_debug())));
        }
        let mut fields: Vec<(String, String)> = Vec::new();
        loop {
            let line = self.line(&mut room)?;
            if line.is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            let Some((name, value)) = line.split_once(':') else {
                let line: String = line.chars().take(40).collect();
                return Err(Fault::Wrong(format!("`{}` is no field", line.escape_debug())));
            };
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let length = match field(&fields, "content-length").map(str::parse::<u64>) {
            Some(Ok(length)) => length,
            Some(Err(_)) => return Err(Fault::Wrong("its Content-Length is no number".into())),
            None => return Err(Fault::Wrong("it has no Content-Length".into())),
        };
        if !wanted(&fields) {
            if length > MAX_PASSED {
                return Err(Fault::Wrong(format!("it claims {length} bytes")));
            }
            self.pass(length)?;
            return Ok(None);
        }
        if length > MAX_RECORD {
            if length <= MAX_PASSED {
                self.pass(length)?;
            }
            return Err(Fault::Wrong(format!("it has {length} bytes, more than the {MAX_RECORD} that are read")));
        }
        // What is claimed is not held before it is there.
        let mut block = Vec::new();
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            let ahead = self.fill()?;
            let Some(part) = ahead.get(..ahead.len().min(left)).filter(|p| !p.is_empty()) else {
                return Err(Fault::Wrong(format!("it is cut off: {left} of its {length} bytes are missing")));
            };
            block.extend_from_slice(part);
            let n = part.len();
            left -= n;
            self.consume(n);
        }
        Ok(Some(Record { place, fields, block }))
    }

    fn pass(&mut self, length: u64) -> Result<(), Fault> {
        let mut left = length;
        while left > 0 {
            let n = self.fill()?.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if n == 0 {
                return Err(Fault::Wrong(format!("it is cut off: {left} of its {length} bytes are missing")));
            }
            self.consume(n);
            left -= n as u64;
        }
        Ok(())
    }

    /// A line without its end. `room`: so many bytes of the head are left.
    fn line(&mut self, room: &mut usize) -> Result<String, Fault> {
        let mut line = Vec::new();
        loop {
            let ahead = self.fill()?;
            if ahead.is_empty() {
                return Err(Fault::Wrong("it is cut off in its head".into()));
            }
            let (part, ended) = match ahead.iter().position(|b| *b == b'\n') {
                Some(end) => (end + 1, true),
                None => (ahead.len(), false),
            };
            if part > *room {
                // Else the search for the next record would find this one for ever.
                self.consume(part);
                return Err(Fault::Wrong(format!("its head is longer than {MAX_HEAD} bytes")));
            }
            *room -= part;
            line.extend_from_slice(ahead.get(..part).unwrap_or_default());
            self.consume(part);
            if ended {
                while let Some(b'\n' | b'\r') = line.last() {
                    line.pop();
                }
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
        }
    }

    fn fill(&mut self) -> Result<&[u8], Fault> {
        match &mut self.layer {
            Layer::Plain(source) => source.fill_buf().map_err(Fault::Input),
            Layer::Member { bytes, .. } => bytes.fill_buf().map_err(fault),
            Layer::None => Ok(&[]),
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.layer {
            Layer::Plain(source) => source.consume(amount),
            Layer::Member { bytes, .. } => bytes.consume(amount),
            Layer::None => {}
        }
    }
}
