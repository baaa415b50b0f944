//! Bytes → text, whatever encoding a Korean page is in and whatever it claims.
//!
//! A label (byte order mark, HTTP header, `<meta>`, XML declaration) is believed as long as it decodes cleanly. One that does not is overruled by
//! UTF-8 or CP949 where they do, since a wrong label is far more common than a page full of broken characters. Without a label `chardetng` guesses.
//! [`Decoded::from`] says which of these it was.
//! `EUC-KR` always means CP949 (windows-949), of which it is a subset.
//!
//! Left to others: normalisation of the text ([`normalize`](super::normalize())), reading the HTML.

use encoding_rs::{EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ArticleError;

/// How far into a page a label is looked for. The HTML standard says 1024; Korean pages with long comments above their head need more.
const LABEL_WINDOW: usize = 8192;

/// How much of the input decides between encodings; the rest follows.
const SAMPLE: usize = 512 * 1024;

/// Text and the encoding that it was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text. What could not be decoded is U+FFFD.
    pub text: String,
    /// The encoding's name as the WHATWG standard has it; `EUC-KR` is CP949.
    pub encoding: &'static str,
    /// Whether the input's own label was wrong.
    pub overruled: bool,
    /// What decided.
    pub from: EncodingFrom,
    /// The labels, by their encoding's name, the most trusted first: the HTTP header's, then the input's own.
    pub labels: Vec<&'static str>,
}

/// What decided on an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingFrom {
    /// A byte order mark.
    ByteOrderMark,
    /// Every other byte is zero, as in UTF-16.
    ZeroBytes,
    /// A label that decodes cleanly.
    Label,
    /// The bytes are sound in this encoding, and not in that of the label, if there is one.
    SoundBytes,
    /// A guess by statistics.
    Guess,
}

impl EncodingFrom {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            EncodingFrom::ByteOrderMark => "its byte order mark",
            EncodingFrom::ZeroBytes => "every other byte is zero",
            EncodingFrom::Label => "its label",
            EncodingFrom::SoundBytes => "its bytes are sound in no other",
            EncodingFrom::Guess => "a guess",
        }
    }
}

/// Decodes the bytes of a page or a text file. `content_type` is the HTTP header, if there is one.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> Result<Decoded, ArticleError> {
    if let Some(kind) = magic(bytes) {
        return Err(ArticleError::Binary(kind));
    }
    let bytes = match Encoding::for_bom(bytes) {
        Some((encoding, length)) if encoding == UTF_8 || is_utf16(&bytes[length..]) => {
            return finish(encoding, &bytes[length..], EncodingFrom::ByteOrderMark, &[]);
        }
        // Two stray bytes that look like the mark of UTF-16 before a page in another encoding.
        Some((_, length)) => &bytes[length..],
        None => bytes,
    };
    if let Some(encoding) = utf16_by_zeros(bytes) {
        return finish(encoding, bytes, EncodingFrom::ZeroBytes, &[]);
    }
    if is_binary(bytes) {
        return Err(ArticleError::Binary("binary data"));
    }
    let labels: Vec<&'static Encoding> = content_type.and_then(charset_parameter).into_iter().chain(label_in(bytes)).collect();
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let (encoding, from) = choose(sample, &labels);
    finish(encoding, bytes, from, &labels)
}

/// Whether what stands behind the mark of UTF-16 can be UTF-16: its spaces, line ends and markup have zero bytes, which no text in another encoding has.
/// A few words without a space have none, but then they are no sound text in another encoding either.
fn is_utf16(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.contains(&0) {
        return true;
    }
    let sound = |encoding| {
        let quality = quality(encoding, sample);
        quality.bad == 0 && (quality.hangul * 2 > quality.wide || sample.is_ascii())
    };
    !sound(UTF_8) && !sound(EUC_KR)
}

fn finish(encoding: &'static Encoding, bytes: &[u8], from: EncodingFrom, labels: &[&'static Encoding]) -> Result<Decoded, ArticleError> {
    let overruled = labels.first().is_some_and(|label| *label != encoding);
    let labels = labels.iter().map(|l| l.name()).collect();
    let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
    let (mut bad, mut all) = (0, 0);
    for c in text.chars() {
        all += 1;
        bad += usize::from(c == '\u{FFFD}');
    }
    // A broken character here and there is common; a text of which every tenth character is broken is none.
    if bad > 8 && bad * 10 > all {
        return Err(ArticleError::Undecodable { encoding: encoding.name(), bad });
    }
    Ok(Decoded { text, encoding: encoding.name(), overruled, from, labels })
}

fn choose(sample: &[u8], labels: &[&'static Encoding]) -> (&'static Encoding, EncodingFrom) {
    use EncodingFrom::{Guess, Label, SoundBytes};
    let by = |encoding, other| (encoding, if labels.contains(&encoding) { Label } else { other });
    let ascii_only = sample.is_ascii();
    if ascii_only && !labels.iter().any(|l| !l.is_ascii_compatible() || *l == encoding_rs::ISO_2022_JP) {
        return by(labels.first().copied().unwrap_or(UTF_8), SoundBytes);
    }
    // Text in another encoding is never valid UTF-8 for more than a few characters, so validity outweighs any label.
    let utf8 = quality(UTF_8, sample);
    if utf8.clean() && (utf8.wide >= 3 || labels.first() == Some(&UTF_8)) {
        return by(UTF_8, SoundBytes);
    }
    let cp949 = quality(EUC_KR, sample);
    for label in labels {
        let found = quality(label, sample);
        // A single-byte label "decodes" anything: CP949 text under it comes out clean and is still nonsense.
        if found.clean() && !(label.is_single_byte() && cp949.clean() && cp949.hangul * 2 > cp949.wide) {
            return (label, Label);
        }
    }
    if cp949.clean() && cp949.hangul * 2 > cp949.wide {
        return by(EUC_KR, SoundBytes);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(Some(b"kr"), chardetng::Utf8Detection::Allow);
    let mut candidates = labels.to_vec();
    candidates.extend([UTF_8, EUC_KR, guess]);
    // `min_by_key` keeps the first of equals: labels before guesses.
    by(candidates.into_iter().min_by_key(|e| quality(e, sample).badness()).unwrap_or(UTF_8), Guess)
}

/// How well an encoding fits.
struct Quality {
    bad: usize,
    wide: usize,
    hangul: usize,
}

impl Quality {
    /// A cut at the end and a slip in ten thousand characters are forgiven.
    fn clean(&self) -> bool {
        self.bad <= 1 + self.wide / 1000
    }

    fn badness(&self) -> usize {
        self.bad * 1_000_000 / (self.wide + self.bad).max(1)
    }
}

fn quality(encoding: &'static Encoding, sample: &[u8]) -> Quality {
    let text = encoding.decode_without_bom_handling(sample).0;
    let mut quality = Quality { bad: 0, wide: 0, hangul: 0 };
    for c in text.chars().filter(|c| !c.is_ascii()) {
        match c {
            '\u{FFFD}' | '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' => quality.bad += 1,
            '가'..='힣' => {
                quality.hangul += 1;
                quality.wide += 1;
            }
            _ => quality.wide += 1,
        }
    }
    quality
}

/// The encoding that a `Content-Type` value names.
fn charset_parameter(content_type: &str) -> Option<&'static Encoding> {
    let at = find_ignoring_case(content_type.as_bytes(), b"charset")?;
    let rest = content_type[at + b"charset".len()..].trim_start().strip_prefix('=')?;
    for_label(rest.trim_start().trim_start_matches(['"', '\'']))
}

fn for_label(text: &str) -> Option<&'static Encoding> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))).unwrap_or(text.len());
    let label = &text[..end];
    // Names that Korean servers use and the WHATWG standard does not know.
    if ["cp949", "ms949", "x-windows-949", "uhc", "euckr"].iter().any(|l| label.eq_ignore_ascii_case(l)) {
        return Some(EUC_KR);
    }
    Encoding::for_label(label.as_bytes())
}

/// The encodings that `<meta>` and the XML declaration name. Either can only be read when the bytes are no UTF-16, so that label means UTF-8.
fn label_in(bytes: &[u8]) -> Vec<&'static Encoding> {
    let window = &bytes[..bytes.len().min(LABEL_WINDOW)];
    let mut found = Vec::new();
    let mut add = |encoding: Option<&'static Encoding>| {
        if let Some(e) = encoding {
            found.push(if e == UTF_16LE || e == UTF_16BE { UTF_8 } else { e });
        }
    };
    let ascii = |part: &[u8]| -> String { part.iter().map(|b| if b.is_ascii() { *b as char } else { ' ' }).collect() };
    if window.trim_ascii_start().starts_with(b"<?xml") {
        let head = ascii(&window[..window.len().min(256)]);
        if let Some(at) = head.find("encoding") {
            add(head[at + 8..].trim_start().strip_prefix('=').and_then(|r| for_label(r.trim_start().trim_start_matches(['"', '\'']))));
        }
    }
    let mut from = 0;
    while let Some(at) = find_ignoring_case(&window[from..], b"<meta") {
        let start = from + at;
        let length = window[start..].iter().position(|b| *b == b'>').unwrap_or(window.len() - start);
        add(charset_parameter(&ascii(&window[start..start + length])));
        from = start + length.max(5);
    }
    found
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w.eq_ignore_ascii_case(needle))
}

/// UTF-16 without a byte order mark: markup and spaces leave every other byte zero.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(2048)];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = head.len() / 16;
    if head.len() < 8 {
        return None;
    }
    let plausible = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling(&head[..head.len() & !1]).0;
        let known = text
            .chars()
            .filter(|c| matches!(c, ' '..='~' | '\n' | '\r' | '\t' | '가'..='힣' | '\u{2010}'..='\u{206F}' | '\u{3000}'..='\u{303F}'))
            .count();
        known * 10 >= text.chars().count() * 9
    };
    if odd > enough && even * 20 < odd && plausible(UTF_16LE) {
        Some(UTF_16LE)
    } else if even > enough && odd * 20 < even && plausible(UTF_16BE) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Control characters have no place in text in any ASCII-compatible encoding; a stray one is forgiven.
fn is_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(64 * 1024)];
    let control = sample.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    control > 4 && control * 100 > sample.len()
}

fn magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF-", "a PDF file"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"PK\x03\x04", "a ZIP archive (or a document of an office program)"),
        (b"\x1F\x8B", "gzip-compressed data"),
        (b"\x28\xB5\x2F\xFD", "zstd-compressed data"),
        (b"\x7FELF", "a program"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\xD0\xCF\x11\xE0", "a document of an office program"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"Rar!\x1A", "a RAR archive"),
        (b"ID3\x03", "an audio file"),
        (b"ID3\x04", "an audio file"),
        (b"OggS\0", "an audio file"),
        (b"\0\0\x01\0", "an icon"),
    ];
    if let Some((_, kind)) = MAGIC.iter().find(|(m, _)| bytes.starts_with(m)) {
        return Some(kind);
    }
    match bytes.get(4..12) {
        Some(tag) if tag.starts_with(b"ftyp") => Some("a video file"),
        _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Some("a WebP picture"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "메신저가 오늘 낮 한때 멈췄다. 똠방각하도 펲시콜라도 읽힌다.";

    fn page(label: &str) -> String {
        format!("<html><head><meta charset=\"{label}\"><title>먹통</title></head><body>{TEXT}</body></html>")
    }

    fn cp949(text: &str) -> Vec<u8> {
        EUC_KR.encode(text).0.into_owned()
    }

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
    }

    fn check(bytes: &[u8], header: Option<&str>, encoding: &str, overruled: bool) {
        let decoded = decode(bytes, header).unwrap();
        assert!(decoded.text.contains(TEXT), "{header:?}: {}", decoded.text);
        assert_eq!((decoded.encoding, decoded.overruled), (encoding, overruled), "{header:?}");
    }

    #[test]
    fn believes_a_right_label() {
        check(page("utf-8").as_bytes(), None, "UTF-8", false);
        check(page("x").as_bytes(), Some("text/html; charset=UTF-8"), "UTF-8", false);
        check(&cp949(&page("euc-kr")), None, "EUC-KR", false);
        check(&cp949(&page("ks_c_5601-1987")), None, "EUC-KR", false);
        check(&cp949(&page("")), Some("text/html; charset=\"MS949\""), "EUC-KR", false);
        let http_equiv = format!("<META http-equiv='Content-Type' content='text/html; charset=euc-kr'>{TEXT}");
        check(&cp949(&http_equiv), None, "EUC-KR", false);
        check(&cp949(&format!("<?xml version='1.0' encoding='euc-kr'?><p>{TEXT}")), None, "EUC-KR", false);
    }

    #[test]
    fn overrules_a_lying_label() {
        check(page("euc-kr").as_bytes(), None, "UTF-8", true);
        check(page("iso-8859-1").as_bytes(), None, "UTF-8", true);
        check(page("utf-8").as_bytes(), Some("text/html; charset=euc-kr"), "UTF-8", true);
        check(&cp949(&page("utf-8")), None, "EUC-KR", true);
        check(&cp949(&page("utf-8")), Some("text/html; charset=iso-8859-1"), "EUC-KR", true);
        check(&cp949(&page("euc-kr")), Some("text/html; charset=utf-8"), "EUC-KR", true);
        check(page("utf-16").as_bytes(), None, "UTF-8", false);
    }

    #[test]
    fn guesses_without_a_label() {
        check(TEXT.as_bytes(), None, "UTF-8", false);
        check(&cp949(TEXT), None, "EUC-KR", false);
    }

    #[test]
    fn reads_utf16_and_byte_order_marks() {
        check(&[b"\xEF\xBB\xBF".as_slice(), page("euc-kr").as_bytes()].concat(), None, "UTF-8", false);
        check(&[b"\xFF\xFE".as_slice(), &utf16(TEXT, true)].concat(), None, "UTF-16LE", false);
        check(&utf16(&page("utf-8"), true), Some("text/html; charset=utf-8"), "UTF-16LE", false);
        check(&utf16(&page("utf-8"), false), None, "UTF-16BE", false);
    }

    #[test]
    fn a_mark_of_utf16_before_other_bytes_is_no_mark() {
        for mark in [b"\xFF\xFE".as_slice(), b"\xFE\xFF"] {
            check(&[mark, page("utf-8").as_bytes()].concat(), None, "UTF-8", false);
            check(&[mark, &cp949(&page("euc-kr"))].concat(), None, "EUC-KR", false);
            check(&[mark, &cp949(&page("utf-8"))].concat(), None, "EUC-KR", true);
            check(&[mark, TEXT.as_bytes()].concat(), Some("text/html; charset=utf-8"), "UTF-8", false);
            assert_eq!(decode(&[mark, b"<p>only ASCII</p>"].concat(), None).unwrap().text, "<p>only ASCII</p>");
        }
        // Hangul alone leaves no zero byte.
        for little in [true, false] {
            let mark: &[u8] = if little { b"\xFF\xFE" } else { b"\xFE\xFF" };
            assert_eq!(decode(&[mark, &utf16("접속장애", little)].concat(), None).unwrap().text, "접속장애");
            assert_eq!(decode(&[mark, &utf16(TEXT, little)].concat(), Some("text/html; charset=euc-kr")).unwrap().text, TEXT);
        }
    }

    #[test]
    fn says_what_decided() {
        for (bytes, header, from, labels) in [
            (page("utf-8").into_bytes(), None, EncodingFrom::Label, vec!["UTF-8"]),
            (cp949(&page("utf-8")), Some("text/html; charset=euc-kr"), EncodingFrom::Label, vec!["EUC-KR", "UTF-8"]),
            (cp949(&page("utf-8")), None, EncodingFrom::SoundBytes, vec!["UTF-8"]),
            (page("euc-kr").into_bytes(), None, EncodingFrom::SoundBytes, vec!["EUC-KR"]),
            (TEXT.as_bytes().to_vec(), None, EncodingFrom::SoundBytes, vec![]),
            ([b"\xEF\xBB\xBF", page("euc-kr").as_bytes()].concat(), None, EncodingFrom::ByteOrderMark, vec![]),
            (utf16(&page("utf-8"), true), None, EncodingFrom::ZeroBytes, vec![]),
            (
                encoding_rs::WINDOWS_1252.encode("Le service a été coupé à midi, paraît-il, où ça ?").0.into_owned(),
                None,
                EncodingFrom::Guess,
                vec![],
            ),
        ] {
            let decoded = decode(&bytes, header).unwrap();
            assert_eq!((decoded.from, decoded.labels), (from, labels), "{header:?} {}", decoded.encoding);
        }
    }

    #[test]
    fn survives_a_cut_and_a_slip() {
        let text = page("utf-8").repeat(30);
        let at = text.rfind('힌').unwrap() + 1;
        check(&text.as_bytes()[..at], None, "UTF-8", false);
        let mut bytes = text.into_bytes();
        bytes.insert(3, 0xB0);
        check(&bytes, None, "UTF-8", false);
    }

    #[test]
    fn refuses_binary() {
        for bytes in
            [b"%PDF-1.7 ...".as_slice(), b"\x89PNG\r\n", b"PK\x03\x04aa", &[0u8; 4096], &(0..=255).cycle().take(9000).collect::<Vec<u8>>()]
        {
            assert!(matches!(decode(bytes, Some("text/html")), Err(ArticleError::Binary(_))));
        }
        assert_eq!(finish(UTF_8, &[0xC1; 100], EncodingFrom::Label, &[]), Err(ArticleError::Undecodable { encoding: "UTF-8", bad: 100 }));
        assert_eq!(decode(b"", None).unwrap().text, "");
    }

    #[test]
    fn forgives_a_stray_zero() {
        let mut bytes = page("utf-8").into_bytes();
        bytes.push(0);
        check(&bytes, None, "UTF-8", false);
    }
}
