//! What merging costs: everything at once, and the neighbourhood of one report, which is what adding an article pays beside its queries.
//! `cargo bench --bench incident`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use meoktong::incident::{Part, Report, Source, merge, roots};
use meoktong::record::{Cause, Role, Status};
use meoktong::temporal::Moment;

fn main() {
    divan::main();
}

/// The same numbers on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as i64 % n
    }
}

fn day() -> jiff::civil::DateTime {
    jiff::civil::datetime(2012, 1, 1, 0, 0, 0, 0)
}

fn after(minutes: i64) -> jiff::civil::DateTime {
    day().checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap_or(day())
}

/// Outages of `services` services in `days`, each told by `articles` articles: most to the minute, some to the day, some years later.
fn reports(outages: usize, articles: usize, services: i64, days: i64) -> Vec<Report> {
    let mut numbers = Numbers(7);
    let mut out = Vec::with_capacity(outages * articles);
    for outage in 0..outages {
        let service = numbers.below(services);
        let start = numbers.below(days * 1440);
        for n in 0..articles {
            let published = start + 10 + numbers.below(1440);
            let told = after(start + numbers.below(4) * 5);
            let (start, published) = match numbers.below(10) {
                0..=5 => (Some(Moment::minute(told)), published),
                6 | 7 => (Some(Moment::day(told.date())), published),
                8 => (None, published),
                _ => (Some(Moment::new(told, meoktong::temporal::Precision::Month)), published + 500_000),
            };
            let article = format!("{outage:06}-{n:04}");
            out.push(Report {
                id: format!("r{article}"),
                source: Source {
                    article,
                    publisher: Some(format!("p{}", numbers.below(60))),
                    published_at: Some(Moment::minute(after(published))),
                    group: None,
                },
                ordinal: 0,
                service_key: format!("id:s{service}"),
                uppers: vec![format!("id:c{}", service % 200)],
                service: format!("서비스 {service}"),
                service_id: Some(format!("s{service}")),
                operator: None,
                category: None,
                start,
                end: None,
                duration_min: (numbers.below(3) == 0).then_some(30),
                cause: (numbers.below(3) == 0).then_some(Cause::System),
                status: if numbers.below(2) == 0 { Status::Resolved } else { Status::Ongoing },
                role: Role::Main,
                confidence: 0.9,
                provider: false,
                official: false,
                crowded: false,
                detached: false,
            });
        }
    }
    out
}

/// 100,000 outages in 15 years, 5 articles each.
#[divan::bench(sample_count = 3)]
fn everything_at_once(bencher: Bencher) {
    let reports = reports(100_000, 5, 1_800, 15 * 365);
    bencher.counter(ItemsCount::new(reports.len())).bench_local(|| black_box(merge(&reports, &[])));
}

#[divan::bench(sample_count = 3)]
fn all_roots(bencher: Bencher) {
    let found = merge(&reports(100_000, 5, 1_800, 15 * 365), &[]);
    let parts: Vec<Part> = found.all.iter().map(Part::of).collect();
    bencher.counter(ItemsCount::new(parts.len())).bench_local(|| black_box(roots(&parts)));
}

/// One service, one week, so many articles.
#[divan::bench(args = [10, 100, 500, 5_000])]
fn neighbourhood(bencher: Bencher, articles: usize) {
    let reports = reports(5, articles / 5, 1, 7);
    bencher.counter(ItemsCount::new(reports.len())).bench_local(|| black_box(merge(&reports, &[])));
}
