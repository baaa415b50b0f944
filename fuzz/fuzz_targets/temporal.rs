//! Any text, any time of publication: no panic, and ranges that quote the text, in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meoktong::temporal::{Expression, Moment, find, find_in_title};

fn check(text: &str, found: &[Expression]) {
    let mut last = 0;
    for e in found {
        assert!(e.range.start >= last && e.range.start < e.range.end, "{:?}", e.range);
        assert!(text.get(e.range.clone()).is_some(), "{:?}", e.range);
        last = e.range.end;
        for part in e.parts.iter().flat_map(|p| [&p.start, &p.end, &p.duration]).flatten() {
            assert!(text.get(part.clone()).is_some(), "{part:?}");
        }
    }
}

fuzz_target!(|data: (i16, u8, u8, u16, &str)| {
    let (year, month, day, minute, text) = data;
    let published = format!("{:04}-{:02}-{:02}T{:02}:{:02}", year.unsigned_abs() % 10_000, month % 12 + 1, day % 31 + 1, minute / 60 % 24, minute % 60);
    let published: Option<Moment> = published.parse().ok();
    check(text, &find(text, published));
    check(text, &find_in_title(text, published));
});
