//! When a source is asked: at an interval, or by a cron line in Korean time.
//!
//! - [`Schedule`]: what the configuration says, and the times that follow from it.
//! - [`Refresh`]: what a feed says of itself; it can make the crawl ask less often, never more often, and only up to [`MAX_WISH`].
//!
//! It promises: every time that comes out lies after the one that went in; the same id and time give the same answer, so a
//! restart moves nothing; jitter only lengthens. It reads no clock and waits for nothing.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::config::{SourceKind, parse_duration};

/// The most that a feed's own wish can lengthen the wait: news is not to be an hour late because of a default of the publisher's software.
pub const MAX_WISH: Duration = Duration::from_secs(3600);

/// The most by which jitter lengthens an interval.
const MAX_JITTER: Duration = Duration::from_secs(300);

/// The most by which jitter is late on a cron line, which names a minute.
const MAX_CRON_JITTER: Duration = Duration::from_secs(30);

/// All sources are asked within this time of the start.
const MAX_STAGGER: Duration = Duration::from_secs(60);

/// Sections that hardly ever tell of an outage, and so are asked seldom unless the configuration says otherwise.
const SLOW_CATEGORIES: &[&str] =
    &["cartoon", "column", "culture", "entertainment", "health", "medical", "people", "science", "sports", "women"];

/// When a source is asked.
///
/// ```
/// use meoktong::crawl::schedule::{Refresh, Schedule};
///
/// let last: jiff::Timestamp = "2023-05-15T03:07:00Z".parse().unwrap();
/// let next = Schedule::cron("*/10 9-18 * * mon-fri").unwrap().next("example", last, &Refresh::default());
/// // 12:10 in Korea, and a few seconds.
/// assert!(next.to_string().starts_with("2023-05-15T03:10:"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// So long after it was asked last.
    Every(Duration),
    /// When the clock shows it.
    Cron(Cron),
}

/// A cron line: minute, hour, day of the month, month, day of the week, in Korean time. Where both days are given either is enough.
#[derive(Clone)]
pub struct Cron {
    text: String,
    table: cronexpr::Crontab,
}

/// What a feed, or the answer that it came in, says of how often it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refresh {
    /// Asking more often is in vain (`ttl`, `sy:updatePeriod`).
    pub every: Option<Duration>,
    /// Hours of the day, UTC, in which asking is in vain (`skipHours`): bit 0 is midnight.
    pub quiet_hours: u32,
}

impl Schedule {
    /// Reads an interval: `"10m"`.
    pub fn every(text: &str) -> Result<Schedule, String> {
        match parse_duration(text)? {
            short if short < Duration::from_secs(1) => Err(format!("`{}` is too often: at least \"1s\"", text.escape_debug())),
            every => Ok(Schedule::Every(every)),
        }
    }

    /// Reads a cron line: `"*/10 * * * *"`.
    pub fn cron(text: &str) -> Result<Schedule, String> {
        text.parse().map(Schedule::Cron)
    }

    /// What holds for a source that says nothing itself.
    pub fn usual(kind: SourceKind, category: Option<&str>) -> Schedule {
        let minutes = match kind {
            _ if category.is_some_and(|c| SLOW_CATEGORIES.contains(&c)) => 60,
            SourceKind::Feed => 10,
            // A key allows so many questions a day, and one pass asks several.
            SourceKind::Sitemap | SourceKind::List | SourceKind::Search => 15,
        };
        Schedule::Every(Duration::from_secs(60 * minutes))
    }

    /// When a source that was never asked is asked first, by a crawl that begins at `start`: an interval soon, but not all at once, a cron
    /// line when it says.
    pub fn first(&self, id: &str, start: Timestamp) -> Timestamp {
        match self {
            Schedule::Every(every) => later(start, share(id, start, (*every / 4).min(MAX_STAGGER))),
            Schedule::Cron(_) => self.next(id, start, &Refresh::default()),
        }
    }

    /// When a source that was asked at `last` is asked again.
    pub fn next(&self, id: &str, last: Timestamp, refresh: &Refresh) -> Timestamp {
        let wish = refresh.every.unwrap_or_default().min(MAX_WISH);
        let (planned, jitter) = match self {
            Schedule::Every(every) => {
                let every = (*every).max(wish);
                (later(last, every), (every / 10).min(MAX_JITTER))
            }
            Schedule::Cron(cron) => {
                let slot = cron.next(last, wish);
                // The slot after it is never reached: two slots are at least a minute apart.
                (slot, MAX_CRON_JITTER)
            }
        };
        later(refresh.after_quiet(planned), share(id, last, jitter))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Cron(cron) => f.pad(&cron.text),
            Schedule::Every(every) => {
                let ms = every.as_millis();
                let (number, unit) = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
                    .into_iter()
                    .find(|(length, _)| ms > 0 && ms.is_multiple_of(*length))
                    .map_or((ms, "ms"), |(length, unit)| (ms / length, unit));
                f.pad(&format!("{number}{unit}"))
            }
        }
    }
}

impl Cron {
    /// The first slot that is after `last`, and at least `wish` after the minute of `last`.
    fn next(&self, last: Timestamp, wish: Duration) -> Timestamp {
        let from = match wish.as_secs() {
            0 => last,
            // A second before the wish: that the crawl was a little late in its minute is not to cost it the next slot.
            seconds => later(minute_of(last), Duration::from_secs(seconds - 1)).max(last),
        };
        // The library's search adds years, which must not overflow, and ends after four without a slot: the line is then one for a leap day
        // around 2100.
        if from.as_second() > Timestamp::MAX.as_second() - 10 * 366 * 86_400 {
            return Timestamp::MAX;
        }
        cronexpr::MakeTimestamp::from_second(from.as_second())
            .and_then(|from| self.table.find_next(from))
            .map_or(Timestamp::MAX, |slot| slot.timestamp())
    }
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Cron, String> {
        let wrong = |why: &str| {
            format!(
                "`{}` is no cron line: {why}; expected minute, hour, day, month and weekday, such as \"*/10 * * * *\"",
                text.escape_debug()
            )
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != 5 {
            return Err(wrong(&format!("it has {} fields", fields.len())));
        }
        let text = fields.join(" ");
        let table = cronexpr::parse_crontab(&format!("{text} Asia/Seoul")).map_err(|error| {
            let message = error.to_string();
            // Its first lines draw the input, with a mark under the fault.
            wrong(message.rsplit('^').next().unwrap_or(&message).trim())
        })?;
        if table.find_next("2024-01-01T00:00:00Z").is_err() {
            return Err(wrong("that day never comes"));
        }
        Ok(Cron { text, table })
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Cron) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({:?})", self.text)
    }
}

impl Refresh {
    /// The same where asking again within `age` is in vain as well (`Cache-Control: max-age`).
    pub fn fresh_for(self, age: Duration) -> Refresh {
        Refresh { every: self.every.max(Some(age)).filter(|every| !every.is_zero()), ..self }
    }

    /// `planned`, or the end of the quiet hours that it falls into; a wish of this kind has its bound too.
    fn after_quiet(&self, planned: Timestamp) -> Timestamp {
        let hour = |t: Timestamp| t.as_second().div_euclid(3600);
        let quiet = |t: Timestamp| self.quiet_hours >> hour(t).rem_euclid(24) & 1 == 1;
        if !quiet(planned) {
            return planned;
        }
        let end = Timestamp::from_second((hour(planned) + 1) * 3600).unwrap_or(planned);
        if quiet(end) { later(planned, MAX_WISH) } else { end }
    }
}

fn minute_of(t: Timestamp) -> Timestamp {
    Timestamp::from_second(t.as_second().div_euclid(60) * 60).unwrap_or(t)
}

fn later(t: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| t.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

/// A part of `most` that looks random and is always the same for a source and a time.
fn share(id: &str, at: Timestamp, most: Duration) -> Duration {
    let digest = Sha256::new().chain_update(id).chain_update([0]).chain_update(at.as_second().to_be_bytes()).finalize();
    let number = digest.iter().take(4).fold(0u32, |n, b| n << 8 | u32::from(*b));
    // At most `most`, so it fits.
    Duration::from_millis((most.as_millis() as u64).saturating_mul(u64::from(number)) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporal::KST;

    fn kst(text: &str) -> Timestamp {
        KST.to_timestamp(text.parse().unwrap()).unwrap()
    }

    fn shown(t: Timestamp) -> String {
        KST.to_datetime(t).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn slots(line: &str, from: &str, many: usize) -> Vec<String> {
        let cron: Cron = line.parse().unwrap_or_else(|e| panic!("{e}"));
        let mut at = kst(from);
        (0..many)
            .map(|_| {
                at = cron.next(at, Duration::ZERO);
                shown(at)
            })
            .collect()
    }

    #[test]
    fn cron_lines_mean_korean_time() {
        let from = "2023-05-15T12:34:56";
        for (line, expected) in [
            ("*/10 * * * *", vec!["2023-05-15 12:40", "2023-05-15 12:50", "2023-05-15 13:00"]),
            ("35 * * * *", vec!["2023-05-15 12:35", "2023-05-15 13:35"]),
            ("0 9 * * *", vec!["2023-05-16 09:00", "2023-05-17 09:00"]),
            ("0 9,18 * * *", vec!["2023-05-15 18:00", "2023-05-16 09:00"]),
            ("0 7-9 * * *", vec!["2023-05-16 07:00", "2023-05-16 08:00", "2023-05-16 09:00", "2023-05-17 07:00"]),
            ("5-59/20 23 * * *", vec!["2023-05-15 23:05", "2023-05-15 23:25", "2023-05-15 23:45", "2023-05-16 23:05"]),
            ("0 0 1 * *", vec!["2023-06-01 00:00", "2023-07-01 00:00"]),
            ("0 0 31 * *", vec!["2023-05-31 00:00", "2023-07-31 00:00"]),
            ("0 0 29 2 *", vec!["2024-02-29 00:00", "2028-02-29 00:00"]),
            ("0 0 * jan,JUL *", vec!["2023-07-01 00:00", "2023-07-02 00:00"]),
            ("0 8 * * mon-fri", vec!["2023-05-16 08:00", "2023-05-17 08:00", "2023-05-18 08:00", "2023-05-19 08:00", "2023-05-22 08:00"]),
            ("0 8 * * 0", vec!["2023-05-21 08:00"]),
            ("0 8 * * 7", vec!["2023-05-21 08:00"]),
            // Day of the month or day of the week: either is enough where both are given.
            ("0 0 20 * 1", vec!["2023-05-20 00:00", "2023-05-22 00:00", "2023-05-29 00:00"]),
            ("59 23 31 12 *", vec!["2023-12-31 23:59", "2024-12-31 23:59"]),
        ] {
            assert_eq!(slots(line, from, expected.len()), expected, "{line}");
        }
        // A slot is after the time that was given, not at it.
        assert_eq!(slots("0 * * * *", "2023-05-15T12:00:00", 1), ["2023-05-15 13:00"]);
    }

    #[test]
    fn what_is_no_cron_line_is_refused_with_what_would_be_right() {
        for (line, part) in [
            ("", "0 fields"),
            ("* * * *", "4 fields"),
            ("* * * * * *", "6 fields"),
            ("@hourly", "1 fields"),
            ("* * * * * UTC", "6 fields"),
            ("60 * * * *", "0..=59"),
            ("* 24 * * *", "0..=23"),
            ("* * 0 * *", "1..=31"),
            ("* * * 13 *", "1..=12"),
            ("* * * * 8", "0..=7"),
            ("*/0 * * * *", "step"),
            ("10-5 * * * *", "ascending"),
            ("x * * * *", "no cron line"),
            ("0 0 31 2 *", "never comes"),
        ] {
            let error = Schedule::cron(line).unwrap_err();
            assert!(error.contains(part) && error.contains("*/10 * * * *"), "{line}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn intervals() {
        assert_eq!(Schedule::every("10m"), Ok(Schedule::Every(Duration::from_secs(600))));
        for wrong in ["0s", "10ms", "soon", ""] {
            assert!(Schedule::every(wrong).is_err(), "{wrong}");
        }
        for text in ["10m", "90s", "1h", "2d", "1500ms"] {
            assert_eq!(Schedule::every(text).unwrap().to_string(), text);
        }
        assert_eq!(Schedule::cron(" 0  9 * * * ").unwrap().to_string(), "0 9 * * *");
        assert_eq!(Schedule::usual(SourceKind::Feed, Some("tech")).to_string(), "10m");
        assert_eq!(Schedule::usual(SourceKind::Feed, Some("sports")).to_string(), "1h");
    }

    #[test]
    fn sources_are_spread() {
        let start = kst("2023-05-15T12:00:00");
        let every = Schedule::every("10m").unwrap();
        let starts: Vec<Timestamp> = (0..100).map(|n| every.first(&format!("source-{n}"), start)).collect();
        assert!(starts.iter().all(|t| *t >= start && *t <= later(start, MAX_STAGGER)));
        let in_first_half = starts.iter().filter(|t| **t < later(start, MAX_STAGGER / 2)).count();
        assert!((25..=75).contains(&in_first_half), "{in_first_half} of 100 in the first half");
        assert_eq!(every.first("a", start), every.first("a", start));
    }

    #[test]
    fn a_feed_can_ask_for_longer_never_for_shorter() {
        let last = kst("2023-05-15T12:00:20");
        let wish = |minutes: u64| Refresh { every: Some(Duration::from_secs(60 * minutes)), ..Refresh::default() };
        let wait = |schedule: &Schedule, refresh: &Refresh| schedule.next("a", last, refresh).duration_since(last).as_secs();
        let ten = Schedule::every("10m").unwrap();
        for (refresh, least, most) in [(wish(5), 600, 660), (wish(30), 1800, 1980), (wish(60 * 24), 3600, 3900)] {
            let wait = wait(&ten, &refresh);
            assert!((least..=most).contains(&wait), "{refresh:?}: {wait}");
        }
        let slow = Schedule::every("6h").unwrap();
        assert!((21_600..=21_900).contains(&wait(&slow, &wish(60 * 24))), "a longer interval holds");
        let cron = Schedule::cron("*/10 * * * *").unwrap();
        for (refresh, slot) in [(Refresh::default(), "12:10"), (wish(10), "12:10"), (wish(15), "12:20"), (wish(600), "13:00")] {
            assert_eq!(shown(cron.next("a", last, &refresh)), format!("2023-05-15 {slot}"), "{refresh:?}");
        }
    }

    #[test]
    fn the_longer_wish_counts() {
        let minutes = |m: u64| Duration::from_secs(60 * m);
        let of = |m| Refresh { every: Some(minutes(m)), quiet_hours: 1 };
        assert_eq!(of(10).fresh_for(minutes(30)), of(30));
        assert_eq!(of(30).fresh_for(minutes(10)), of(30));
        assert_eq!(Refresh::default().fresh_for(minutes(5)).every, Some(minutes(5)));
        assert_eq!(Refresh::default().fresh_for(Duration::ZERO), Refresh::default());
    }

    #[test]
    fn quiet_hours_are_kept_up_to_the_bound() {
        // 12:55 in Korea is 03:55 UTC.
        let last = kst("2023-05-15T12:55:00");
        let ten = Schedule::every("10m").unwrap();
        let quiet = |hours: &[u32]| Refresh { every: None, quiet_hours: hours.iter().fold(0, |bits, h| bits | 1 << h) };
        assert_eq!(&shown(ten.next("a", last, &quiet(&[4])))[..13], "2023-05-15 14");
        assert_eq!(&shown(ten.next("a", last, &quiet(&[3])))[..13], "2023-05-15 13");
        let all = Refresh { every: None, quiet_hours: u32::MAX };
        assert!(ten.next("a", last, &all).duration_since(last).as_secs() <= 3600 + 660);
    }

    proptest::proptest! {
        #[test]
        fn a_next_time_is_later_and_always_the_same(
            id in ".{0,8}",
            seconds in -2_000_000_000i64..250_000_000_000,
            every in 1u64..1_000_000,
            wish in proptest::option::of(0u64..1_000_000),
            quiet_hours in proptest::prelude::any::<u32>(),
            line in proptest::sample::select(vec!["* * * * *", "*/7 1-3 * * *", "0 0 1 1 *", "3 4 * * sun", "0 0 29 2 *"]),
        ) {
            let last = Timestamp::from_second(seconds).unwrap();
            let refresh = Refresh { every: wish.map(Duration::from_secs), quiet_hours };
            let cron = Schedule::cron(line).unwrap();
            let Schedule::Cron(table) = &cron else { unreachable!() };
            let planned = [later(last, Duration::from_secs(every)), table.next(last, Duration::ZERO)];
            for (schedule, planned) in [Schedule::Every(Duration::from_secs(every)), cron.clone()].iter().zip(planned) {
                let next = schedule.next(&id, last, &refresh);
                proptest::prop_assert!(next > last);
                proptest::prop_assert_eq!(next, schedule.next(&id, last, &refresh));
                proptest::prop_assert!(next >= planned, "jitter and a feed only lengthen");
                let most = planned.as_second().max(last.as_second() + 3600) + 3600 + 300 + 3600;
                proptest::prop_assert!(matches!(schedule, Schedule::Cron(_)) || next.as_second() <= most, "and only so far");
                proptest::prop_assert!(schedule.first(&id, last) >= last);
            }
        }

        #[test]
        fn no_line_is_a_panic(line in "[-*/,0-9A-Za-z#L ?월]{0,20}", fields in proptest::collection::vec("[-*/,0-9LW#?]{1,4}", 5)) {
            let _ = Schedule::cron(&line);
            let _ = Schedule::cron(&fields.join(" "));
            let _ = Schedule::every(&line);
        }
    }
}
