//! Any bytes as a WARC file: reading it ends, records lie in order, and going on at any of them gives the same record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meoktong::warc::http::Response;
use meoktong::warc::Reader;

fuzz_target!(|bytes: &[u8]| {
    let _ = Response::parse(bytes, 1 << 16);
    let mut reader = Reader::new(bytes);
    let mut last = None;
    // Every record and every error uses at least one byte, of what may be decompressed.
    for _ in 0..10_000 {
        let Some(next) = reader.next_where(|_| true).expect("memory does not fail") else { return };
        let Ok(record) = next else { continue };
        assert!(last < Some(record.place), "records come in order");
        last = Some(record.place);
        assert!(reader.offset() <= bytes.len() as u64);
        let rest = &bytes[record.place.offset as usize..];
        let again = Reader::at(rest, record.place).next_where(|_| true).expect("memory does not fail");
        assert_eq!(again.expect("it is there").expect("it was whole"), record);
        let _ = Response::parse(&record.block, 1 << 16);
    }
});
