use std::io::Write;

use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn record(kind: &str, name: &str, block: &[u8]) -> Vec<u8> {
    let head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\nName: {name}\r\nContent-Length: {}\r\n\r\n", block.len());
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

/// What a file holds, a line a record: its name, or what is wrong with it.
fn names(file: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(file);
    let mut names = Vec::new();
    while let Some(next) = reader.next_where(|fields| fields.iter().all(|(_, v)| v != "request")).unwrap() {
        names.push(match next {
            Ok(record) => record.field("name").unwrap().to_owned(),
            Err(broken) => format!("! {broken}"),
        });
        assert!(names.len() < 100, "it comes to an end");
    }
    names
}

#[test]
fn records_come_plain_or_compressed_one_by_one_or_all_in_one() {
    let parts = [
        record("warcinfo", "a", b"x: y\r\n"),
        record("request", "b", b"GET /"),
        record("response", "c", &[0; 99_999]),
        record("response", "d", b""),
    ];
    let one_by_one: Vec<u8> = parts.iter().flat_map(|p| gzip(p)).collect();
    for file in [parts.concat(), one_by_one, gzip(&parts.concat())] {
        assert_eq!(names(&file), ["a", "c", "d"]);
    }
    assert_eq!(names(b""), [""; 0]);
    assert_eq!(names(b"\r\n\r\n"), [""; 0]);
    let odd = b"WARC/1.1\nname : folded\n  twice\nCONTENT-LENGTH:3\n\nabc\n\n\n\nWARC/0.18\nName: next\nContent-Length: 0\n\n";
    assert_eq!(names(odd), ["folded twice", "next"]);
}

#[test]
fn reading_goes_on_at_any_place() {
    let parts: Vec<Vec<u8>> = (0..40).map(|n| record("response", &n.to_string(), &vec![n; 999 * usize::from(n)])).collect();
    let one_by_one: Vec<u8> = parts.iter().flat_map(|p| gzip(p)).collect();
    for file in [parts.concat(), one_by_one, gzip(&parts.concat())] {
        let all = names(&file);
        assert_eq!(all.len(), 40);
        let mut reader = Reader::new(file.as_slice());
        for n in 1..=40 {
            let record = reader.next_where(|_| true).unwrap().unwrap().unwrap();
            for place in [record.place, reader.place()] {
                let mut rest = Reader::at(&file[place.offset as usize..], place);
                let mut found = Vec::new();
                while let Some(next) = rest.next_where(|_| true).unwrap() {
                    let next = next.unwrap();
                    found.push(next.field("name").unwrap().to_owned());
                    if found.len() == 1 && place == record.place {
                        assert_eq!(next, record, "the same record is at the same place");
                    }
                }
                assert_eq!(found, all[if place == record.place { n - 1 } else { n }..]);
            }
            assert!(reader.offset() <= file.len() as u64);
        }
    }
}

#[test]
fn what_is_broken_is_told_with_its_place_and_the_next_record_is_found() {
    let (good, next) = (record("response", "good", b"a"), record("response", "next", b"z"));
    let at = good.len();
    for (bad, reason) in [
        (&b"WARC/1.0\r\nName: x\r\n\r\n"[..], "it has no Content-Length"),
        (b"WARC/1.0\r\nContent-Length: much\r\n\r\n", "its Content-Length is no number"),
        (b"WARC/1.0\r\nContent-Length: 99999999999999\r\n\r\n", "it has 99999999999999 bytes"),
        (b"WARC/1.0\r\nContent-Length: -1\r\n\r\n", "its Content-Length is no number"),
        (b"WARC/1.0\r\nname\r\n\r\n", "`name` is no field"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "it begins with `HTTP/1.1 200 OK`"),
        (&[0; 70_000], "its head is longer than 65536 bytes"),
        (&[b"WARC/1.0 ".as_slice(), &[b'x'; 70_000]].concat(), "its head is longer than 65536 bytes"),
    ] {
        let bad = [bad, b"\r\n\r\n"].concat();
        let place = format!("! record at byte {at}");
        for file in [[&good[..], &bad, &next].concat(), gzip(&[&good[..], &bad, &next].concat())] {
            let found = names(&file);
            assert_eq!((found.len(), found[0].as_str(), found.last().unwrap().as_str()), (3, "good", "next"), "{reason}: {found:?}");
            assert!(found[1].contains(reason), "{reason}: {found:?}");
            assert_eq!(found[1].starts_with(&place), file[0] == b'W', "{found:?}");
        }
        let members = [gzip(&good), gzip(&bad), gzip(&next)].concat();
        let found = names(&members);
        assert_eq!((found.len(), found[0].as_str(), found[2].as_str()), (3, "good", "next"), "{reason}: {found:?}");
        assert!(found[1].starts_with(&format!("! record at byte {}", gzip(&good).len())), "{found:?}");
    }
}

#[test]
fn broken_compression_loses_one_record() {
    // It does not compress, so that it spans the member.
    let mut random = fastrand::Rng::with_seed(7);
    let noise: Vec<u8> = (0..300_000).map(|_| random.u8(..)).collect();
    let parts = ["a", "b", "c"].map(|name| gzip(&record("response", name, &noise)));
    for at in [0, 2, 3, 30, 100_000, parts[1].len() - 6, parts[1].len() - 2] {
        let mut bad = parts[1].clone();
        bad[at] ^= 0x5a;
        let found = names(&[&parts[0][..], &bad, &parts[2]].concat());
        // A checksum that is wrong is known only after the record.
        assert_eq!((found.first().unwrap().as_str(), found.last().unwrap().as_str()), ("a", "c"), "{at}: {found:?}");
        assert!(found.len() <= 4 && found.iter().any(|f| f.starts_with('!')), "{at}: {found:?}");
    }
    for cut in [1, 9, 20, 1000, parts[1].len() - 1] {
        let found = names(&[&parts[0][..], &parts[1][..cut]].concat());
        assert_eq!(found[0], "a");
        assert!(found.len() <= 3 && found.last().unwrap().starts_with('!'), "{cut}: {found:?}");
    }
}

#[test]
fn a_claim_is_not_held_and_a_bomb_is_passed_over() {
    let zeros = vec![0; 3 << 20];
    let bomb = gzip(&[&b"WARC/1.0\r\nContent-Length: 60000000\r\n\r\n"[..], &zeros].concat());
    let found = names(&[&bomb[..], &gzip(&record("response", "next", b""))].concat());
    assert!(found[0].contains("it is cut off: ") && found[0].contains("of its 60000000 bytes are missing"), "{found:?}");
    assert_eq!(found[1], "next");
    let head = format!("WARC/1.0\r\nContent-Length: {}\r\n\r\n", MAX_RECORD + 1);
    let large = gzip(&[head.as_bytes(), &vec![0; MAX_RECORD as usize + 1], b"\r\n\r\n"].concat());
    let found = names(&[&large[..], &gzip(&record("response", "next", b""))].concat());
    assert!(found[0].contains("more than the"), "{found:?}");
    assert_eq!(found[1..], ["next"]);
}

fn answer<'a>(url: &'a str, headers: &'a [(String, Vec<u8>)], body: &'a [u8], fields: &'a [(&'a str, String)]) -> Answer<'a> {
    let fetched_at = "2023-05-15T03:10:00Z".parse().unwrap();
    Answer { url, fetched_at, status: 200, protocol: Some("HTTP/2"), headers, body, fields }
}

#[test]
fn what_is_written_is_as_the_format_wants_it() {
    let headers = [("content-type".to_owned(), b"text/html".to_vec()), ("content-encoding".into(), b"gzip".to_vec())];
    let fields = [("X-Own", "값\r\nWARC-Type: metadata".to_owned())];
    let write = || {
        let mut writer = Writer::new(Vec::new(), "2023-05-16T00:00:00Z".parse().unwrap(), &[("software", "x/1")]).unwrap();
        writer.response(&answer("https://example.com/1", &headers, b"<p>", &fields)).unwrap();
        writer.into_inner()
    };
    let file = write();
    assert_eq!(file, write(), "the same pages give the same file");
    let mut reader = Reader::new(file.as_slice());
    let info = reader.next_where(|_| true).unwrap().unwrap().unwrap();
    assert_eq!((info.field("WARC-Type"), info.block.as_slice()), (Some("warcinfo"), &b"software: x/1\r\n"[..]));
    let page = reader.next_where(|_| true).unwrap().unwrap().unwrap();
    assert_eq!(page.block, b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>");
    for (name, value) in [
        ("WARC-Type", "response"),
        ("WARC-Target-URI", "https://example.com/1"),
        ("WARC-Date", "2023-05-15T03:10:00Z"),
        ("Content-Type", "application/http; msgtype=response"),
        ("WARC-Protocol", "h2"),
        ("X-Own", "값  WARC-Type: metadata"),
    ] {
        assert_eq!(page.field(name), Some(value), "{name}");
    }
    let sha256 = "sha256:".len() + 56;
    assert!(["WARC-Payload-Digest", "WARC-Block-Digest"].iter().all(|n| page.field(n).is_some_and(|d| d.len() == sha256)));
    let ids: std::collections::BTreeSet<_> = [&info, &page].map(|r| r.field("WARC-Record-ID").unwrap().to_owned()).into();
    assert!(ids.len() == 2 && ids.iter().all(|id| id.starts_with("<urn:uuid:") && id.len() == 47 && id.ends_with('>')), "{ids:?}");
    let members = file.windows(3).filter(|w| *w == [0x1f, 0x8b, 8]).count();
    assert_eq!(members, 2, "a member a record");
    assert_eq!(reader.next_where(|_| true).unwrap().map(|_| ()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read_back(pages in proptest::collection::vec(("[a-z/?=가-힣]{0,20}", proptest::collection::vec(("[a-z-]{1,9}", "[ -~]{0,20}"), 0..4), proptest::collection::vec(any::<u8>(), 0..3000), "(?s).{0,20}"), 0..6)) {
        let mut writer = Writer::new(Vec::new(), jiff::Timestamp::UNIX_EPOCH, &[]).unwrap();
        for (path, headers, body, own) in &pages {
            let headers: Vec<(String, Vec<u8>)> = headers.iter().map(|(n, v)| (format!("x{n}"), v.trim().as_bytes().to_vec())).collect();
            let url = format!("https://example.com/{path}");
            writer.response(&answer(&url, &headers, body, &[("X-Own", own.clone())])).unwrap();
        }
        let file = writer.into_inner();
        let mut reader = Reader::new(file.as_slice());
        for (path, headers, body, own) in pages {
            let record = reader.next_where(|f| f.iter().any(|(n, v)| n == "WARC-Type" && v == "response")).unwrap().unwrap().unwrap();
            prop_assert_eq!(record.field("warc-target-uri").unwrap(), format!("https://example.com/{path}"));
            let own = own.replace(['\r', '\n'], " ");
            prop_assert_eq!(record.field("x-own").unwrap(), own.trim());
            let response = http::Response::parse(&record.block, 1 << 20).unwrap();
            prop_assert_eq!(&response.body, &body);
            let sent: Vec<(String, Vec<u8>)> = headers.into_iter().map(|(n, v)| (format!("x{n}"), v.trim().as_bytes().to_vec())).collect();
            prop_assert_eq!(&response.headers[..sent.len()], &sent[..]);
        }
        prop_assert!(reader.next_where(|f| f.iter().all(|(_, v)| v != "warcinfo")).unwrap().is_none());
    }

    #[test]
    fn nothing_breaks_the_reader(bytes in proptest::collection::vec(prop_oneof![
        Just(b"WARC/1.0\r\n".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(record("response", "whole", b"abc")),
        Just(gzip(b"WARC/1.0\r\nContent-Length: 9\r\n\r\nab")),
        Just(gzip(&record("response", "member", b"abc"))),
        Just(vec![0x1f, 0x8b, 8]),
        proptest::collection::vec(any::<u8>(), 0..20),
    ], 0..12)) {
        let whole = gzip(&record("response", "last", b"abc"));
        let file = [bytes.concat(), whole].concat();
        let mut reader = Reader::new(file.as_slice());
        let mut records = 0;
        while let Some(next) = reader.next_where(|_| true).unwrap() {
            records += 1;
            prop_assert!(records < 1000);
            if let Ok(record) = next {
                let _ = http::Response::parse(&record.block, 1000);
                let mut again = Reader::at(&file[record.place.offset as usize..], record.place);
                prop_assert_eq!(again.next_where(|_| true).unwrap().unwrap().unwrap(), record);
            }
        }
        let _ = http::Response::parse(&file, 1000);
    }
}
