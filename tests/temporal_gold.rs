//! On the development gold: of the starts and ends that the articles state, the share that some time expression gives.

use std::collections::BTreeSet;
use std::path::Path;

use meoktong::evaluate::read_gold;
use meoktong::temporal::{Moment, Precision, Value, find, find_in_title};

/// Every moment that the expressions of a text can stand for: their ends, and start plus a length said anywhere.
fn moments(text: &str, title: &str, published: Option<Moment>) -> BTreeSet<Moment> {
    let mut found = BTreeSet::new();
    let mut lengths = Vec::new();
    let expressions = find(text, published).into_iter().chain(find_in_title(title, published));
    for e in expressions {
        found.extend(e.start());
        found.extend(e.end());
        if let Value::Duration(minutes) = e.value {
            lengths.push(minutes);
        }
    }
    let sums: Vec<Moment> = found
        .iter()
        .filter(|m| m.has_clock())
        .flat_map(|m| lengths.iter().filter_map(|l| m.at().checked_add(jiff::SignedDuration::from_secs((l * 60.0) as i64)).ok()))
        .map(Moment::minute)
        .collect();
    found.extend(sums);
    found
}

#[test]
fn finds_the_times_that_the_gold_states() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gold/dev.jsonl");
    let gold = read_gold(std::io::BufReader::new(std::fs::File::open(path).unwrap())).unwrap();
    let (mut asked, mut missing) = (0, Vec::new());
    for article in &gold {
        let found = moments(&article.text, &article.title, article.published_at);
        for outage in &article.outages {
            for (name, want) in [("start", outage.start), ("end", outage.end)] {
                let Some(want) = want else { continue };
                // The day of publication needs no words; what readers differ on is not asked.
                let unsaid = article.published_at.is_some_and(|p| want == Moment::new(p.at(), p.precision().min(Precision::Day)));
                if unsaid || outage.loose.iter().any(|l| l == name) {
                    continue;
                }
                asked += 1;
                // A finer value says the coarser one too.
                if !found.iter().any(|m| m.precision() >= want.precision() && m.agrees_with(want)) {
                    missing.push(format!("{} {} {name} {want}", article.id, outage.service));
                }
            }
        }
    }
    let share = 1.0 - missing.len() as f64 / asked as f64;
    assert!(asked > 350, "only {asked} asked");
    assert!(share >= 0.97, "{share:.4} of {asked}; missing:\n{}", missing.join("\n"));
}
