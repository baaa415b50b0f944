//! When what is asked again: the times between two tries, for pages, hosts and sources. Rules only; the store keeps what they give.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::store::{HostState, PageState};
use crate::temporal::Moment;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// After its first fetch an article is asked for again, while it may still be corrected.
const REVISITS: [i64; 3] = [HOUR, 6 * HOUR, DAY];

/// An article that was published longer before its first fetch is corrected no more.
const YOUNG: i64 = 2 * DAY;

/// A little more than a week in all.
const RETRIES: &[i64] = &[5 * MINUTE, HOUR, 6 * HOUR, DAY, 2 * DAY, 4 * DAY];

/// What came cannot be read; the page may be mended, but hardly in a minute.
const UNREADABLE: &[i64] = &[HOUR, DAY];

/// Rules change seldom.
const DISALLOWED: &[i64] = &[DAY, 2 * DAY, 4 * DAY];

/// A page may be announced before it is there.
const MISSING: i64 = HOUR;

/// A host that fails so often in a row is left alone; a single page may fail for reasons of its own.
const PATIENCE: u32 = 3;

/// The first time that a host is left alone; each further failure doubles it.
const PUT_OFF: i64 = 5 * MINUTE;

/// A host that asks for more would be asking for ever.
const MOST_PATIENCE: i64 = 7 * DAY;

/// What was wrong with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// 404 or 410.
    Missing,
    /// A body came, but no article could be read from it.
    Unreadable,
    /// robots.txt forbids it.
    Disallowed,
    /// Anything else.
    Other,
}

/// What was wrong with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostTrouble {
    /// No answer, or one that tells of a fault.
    Failed,
    /// It asks for patience, or does not say what it allows.
    LeaveAlone,
}

fn later(now: Timestamp, seconds: i64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// Whether a status says that a page is not there.
pub(super) fn is_missing(status: Option<u16>) -> bool {
    matches!(status, Some(404 | 410))
}

/// How a page stands that has failed `failures` times before, last with `last_status`, and when it is tried again.
pub(super) fn after_failure(trouble: Trouble, failures: u32, last_status: Option<u16>, now: Timestamp) -> (PageState, Option<Timestamp>) {
    let retry = |waits: &[i64]| usize::try_from(failures).ok().and_then(|n| waits.get(n)).and_then(|wait| later(now, *wait));
    match trouble {
        Trouble::Missing if failures > 0 && is_missing(last_status) => (PageState::Gone, None),
        Trouble::Missing => (PageState::Failed, later(now, MISSING)),
        Trouble::Unreadable => (PageState::Failed, retry(UNREADABLE)),
        Trouble::Disallowed => (PageState::Disallowed, retry(DISALLOWED)),
        Trouble::Other => (PageState::Failed, retry(RETRIES)),
    }
}

/// When an article is asked for again that was first fetched at `first`; visits that were missed are not made up for.
pub(super) fn revisit(first: Timestamp, now: Timestamp, published_at: Option<Moment>) -> Option<Timestamp> {
    if published_at.is_some_and(|p| p.unix_bounds().1 < first.as_second() - YOUNG) {
        return None;
    }
    REVISITS.iter().filter_map(|wait| later(first, *wait)).find(|at| *at > now)
}

/// How a host stands after another failure.
pub(super) fn host_failed(before: &HostState, trouble: HostTrouble, asked: Option<Duration>, reason: String, now: Timestamp) -> HostState {
    let failures = before.failures.saturating_add(1);
    let level = match trouble {
        HostTrouble::LeaveAlone => Some(failures - 1),
        HostTrouble::Failed => failures.checked_sub(PATIENCE),
    };
    let own = level.map(|level| PUT_OFF.saturating_mul(1 << level.min(16)).min(DAY));
    let asked = asked.map(|a| i64::try_from(a.as_secs()).unwrap_or(i64::MAX).min(MOST_PATIENCE));
    HostState { failures, next_due: own.max(asked).and_then(|wait| later(now, wait)), reason: Some(reason) }
}

/// Until when a source is left alone that has failed `failures` times in a row.
pub(super) fn source_failed(failures: u32, now: Timestamp) -> Option<Timestamp> {
    let level = failures.checked_sub(PATIENCE)?;
    later(now, (HOUR << level.min(16)).min(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_page_is_tried_less_and_less_and_then_given_up() {
        let (mut now, mut failures, mut waits) = (0, 0, Vec::new());
        loop {
            let (state, next) = after_failure(Trouble::Other, failures, Some(500), at(now));
            assert_eq!(state, PageState::Failed);
            failures += 1;
            let Some(next) = next else { break };
            waits.push(next.as_second() - at(now).as_second());
            now += waits[waits.len() - 1];
        }
        assert_eq!(waits[..4], [300, 3600, 21_600, 86_400]);
        assert!(waits.is_sorted() && (7 * DAY..8 * DAY).contains(&now), "{waits:?}");
    }

    #[test]
    fn what_is_missing_twice_is_gone() {
        assert_eq!(after_failure(Trouble::Missing, 0, None, at(0)), (PageState::Failed, Some(at(HOUR))));
        assert_eq!(after_failure(Trouble::Missing, 1, Some(500), at(0)), (PageState::Failed, Some(at(HOUR))), "missing once");
        assert_eq!(after_failure(Trouble::Missing, 0, Some(404), at(0)), (PageState::Failed, Some(at(HOUR))), "it was there in between");
        assert_eq!(after_failure(Trouble::Missing, 1, Some(410), at(0)), (PageState::Gone, None));
    }

    #[test]
    fn the_young_are_visited_three_times() {
        for (now, expected) in [
            (0, Some(HOUR)),
            (HOUR - 1, Some(HOUR)),
            (HOUR, Some(6 * HOUR)),
            (5 * HOUR, Some(6 * HOUR)),
            (7 * HOUR, Some(DAY)),
            (DAY, None),
        ] {
            assert_eq!(revisit(at(0), at(now), None), expected.map(at), "{now}");
        }
        let day = |back: i64| Some(Moment::day(crate::temporal::KST.to_datetime(at(-back)).date()));
        assert!(revisit(at(0), at(0), day(DAY)).is_some());
        assert_eq!(revisit(at(0), at(0), day(4 * DAY)), None, "old when it was found");
    }

    #[test]
    fn a_host_is_asked_less_and_less() {
        let mut state = HostState::default();
        let mut waits = Vec::new();
        for _ in 0..14 {
            state = host_failed(&state, HostTrouble::Failed, None, "x".into(), at(0));
            waits.push(state.next_due.map_or(0, |t| t.as_second() - at(0).as_second()));
        }
        assert_eq!(waits[..5], [0, 0, 300, 600, 1200]);
        assert_eq!(waits[13], DAY, "{waits:?}");
        let asked = |seconds| {
            let state = host_failed(&HostState::default(), HostTrouble::LeaveAlone, Some(Duration::from_secs(seconds)), "x".into(), at(0));
            state.next_due.unwrap().as_second() - at(0).as_second()
        };
        assert_eq!((asked(1), asked(7200), asked(u64::MAX)), (300, 7200, 7 * DAY), "what it asks for at least");
    }

    #[test]
    fn a_source_is_asked_less_and_less() {
        let wait = |n| source_failed(n, at(0)).map(|t| t.as_second() - at(0).as_second());
        assert_eq!([0, 2, 3, 4, 40].map(wait), [None, None, Some(HOUR), Some(2 * HOUR), Some(DAY)]);
    }
}
