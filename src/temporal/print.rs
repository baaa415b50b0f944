//! Prints moments and lengths the way a newspaper would.

use super::{Moment, Precision};

/// A moment in Korean, to be read back by [`find`](super::find):
///
/// ```
/// use meoktong::temporal::{Moment, korean};
/// let m: Moment = "2023-01-17T14:09".parse().unwrap();
/// assert_eq!(korean(&m), "2023년 1월 17일 오후 2시 9분");
/// assert_eq!(korean(&"2022-10".parse().unwrap()), "2022년 10월");
/// ```
pub fn korean(moment: &Moment) -> String {
    let (date, time) = (moment.date(), moment.at().time());
    let mut out = format!("{}년", date.year());
    if moment.precision() >= Precision::Month {
        out += &format!(" {}월", date.month());
    }
    if moment.precision() >= Precision::Day {
        out += &format!(" {}일", date.day());
    }
    if moment.precision() >= Precision::Minute {
        let (part, hour) = match time.hour() {
            h @ 0..12 => ("오전", h),
            12 => ("낮", 12),
            h => ("오후", h - 12),
        };
        out += &format!(" {part} {hour}시");
        if time.minute() > 0 || moment.precision() == Precision::Second {
            out += &format!(" {}분", time.minute());
        }
    }
    if moment.precision() == Precision::Second {
        out += &format!(" {}초", time.second());
    }
    out
}

/// A length in Korean, to be read back by [`find`](super::find); less than half a second is 0초.
///
/// ```
/// use meoktong::temporal::korean_length;
/// assert_eq!(korean_length(145.0), "2시간 25분");
/// assert_eq!(korean_length(7650.0), "5일 7시간 30분");
/// assert_eq!(korean_length(7200.0), "5일간");
/// ```
pub fn korean_length(minutes: f64) -> String {
    let seconds = (minutes.clamp(0.0, 1e12) * 60.0).round() as u64;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    if days > 0 && seconds.is_multiple_of(86_400) {
        // "5일" alone would be a date.
        return format!("{days}일간");
    }
    // "5일 30분" would be a date and a length: without hours the days are told in hours.
    let (days, hours) = if hours > 0 { (days, hours) } else { (0, days * 24) };
    let pieces = [(days, "일"), (hours, "시간"), (seconds / 60 % 60, "분"), (seconds % 60, "초")];
    let said: Vec<String> = pieces.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if said.is_empty() { "0초".to_owned() } else { said.join(" ") }
}
