//! iCalendar (RFC 5545): an outage is an event, so that any calendar shows what was down when.
//!
//! `UID` comes from the incident's id, so a calendar that reads the file again updates what it has. What is known to the minute is an instant in
//! UTC; what is known to the day, the month or the year is an all-day event over all the days that it may mean, and the summary says so. An end
//! that is known to the day while the start has a clock time is taken as the beginning of its day: the event is never longer than what is known.
//! Without an end the event has none. An incident without a start stands on the day of its end, else of its first report, and says so; without any date it
//! is [left out](super::Written::left_out). `X-MEOKTONG-START` and `X-MEOKTONG-END` hold the times as they are known. `DTSTAMP` is the latest news, not
//! the clock, so equal incidents give equal files. Events are transparent: an outage keeps nobody busy.

use std::io::Write;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Out, ReportError, RowWriter, Sourced, Written, minutes, plain};
use crate::store::IncidentRow;
use crate::temporal::{KST, Moment, Precision};

/// Writes iCalendar.
pub struct Writer<'a> {
    out: Out<'a>,
    begun: bool,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Nothing is written before the first row.
    pub fn new(out: Out<'a>) -> Writer<'a> {
        Writer { out, begun: false, written: Written::default() }
    }

    fn begin(&mut self) -> Result<(), ReportError> {
        if !self.begun {
            self.begun = true;
            let id = concat!("-//meoktong//", env!("CARGO_PKG_VERSION"), "//EN");
            write!(
                self.out,
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{id}\r\nCALSCALE:GREGORIAN\r\nX-WR-CALNAME:meoktong\r\nX-WR-TIMEZONE:Asia/Seoul\r\n"
            )?;
        }
        Ok(())
    }
}

impl RowWriter<Sourced> for Writer<'_> {
    fn write(&mut self, row: &Sourced) -> Result<(), ReportError> {
        self.begin()?;
        let Some(event) = event(row) else {
            self.written.left_out += 1;
            return Ok(());
        };
        self.out.write_all(event.as_bytes())?;
        self.written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        self.begin()?;
        self.out.write_all(b"END:VCALENDAR\r\n")?;
        self.out.flush()?;
        Ok(self.written)
    }
}

/// A point of the calendar.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Day(Date),
    Instant(Moment),
}

/// Begin and end of the event, the end exclusive as in RFC 5545.
fn span(row: &IncidentRow) -> Option<(At, Option<At>)> {
    let Some(start) = row.start else {
        // Both are days on which it is known to have been news, not when it began.
        let day = row.end.or(row.first_reported)?;
        return days(day, day);
    };
    if !start.has_clock() {
        return days(start, row.end.filter(|e| e.date() >= start.date()).unwrap_or(start));
    }
    let exact = row.end.filter(|e| e.has_clock()).map(|e| e.at());
    let lasted = || start.at().checked_add(i64::from(minutes(row)?).minutes()).ok();
    let over = exact.or_else(lasted).or_else(|| Some(row.end?.at()));
    let end = over.filter(|at| *at > start.at()).map(|at| At::Instant(Moment::new(at, Precision::Second)));
    Some((At::Instant(start), end))
}

/// All the days from the first that `from` may mean to the last that `to` may.
fn days(from: Moment, to: Moment) -> Option<(At, Option<At>)> {
    let last = match to.precision() {
        Precision::Year => to.date().last_of_year(),
        Precision::Month => to.date().last_of_month(),
        Precision::Day | Precision::Minute | Precision::Second => to.date(),
    };
    // After the end of time there is no day.
    Some((At::Day(from.date()), last.tomorrow().ok().map(At::Day)))
}

fn utc(moment: Moment) -> String {
    KST.to_timestamp(moment.at()).map(|t| t.strftime("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default()
}

/// The content lines of an event.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A line, folded: no more than 75 octets, none of which is in the middle of a letter.
    fn raw(&mut self, line: &str) {
        let mut octets = 0;
        for c in line.chars().filter(|c| !c.is_control()) {
            if octets + c.len_utf8() > 75 {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    fn text(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => line.extend(['\\', c]),
                '\n' => line.push_str("\\n"),
                _ => line.push(c),
            }
        }
        self.raw(&line);
    }

    fn at(&mut self, name: &str, at: At) {
        match at {
            At::Instant(moment) => self.raw(&format!("{name}:{}", utc(moment))),
            At::Day(date) => self.raw(&format!("{name};VALUE=DATE:{}", date.strftime("%Y%m%d"))),
        }
    }
}

fn event(incident: &Sourced) -> Option<String> {
    let row = &incident.row;
    let (from, to) = span(row)?;
    let stamp = row.last_reported.or(row.first_reported).or(row.end).or(row.start)?;
    let mut lines = Lines::default();
    lines.raw("BEGIN:VEVENT");
    lines.text("UID", &format!("{}@meoktong", row.id));
    lines.at("DTSTAMP", At::Instant(stamp));
    lines.at("LAST-MODIFIED", At::Instant(stamp));
    if let Some(first) = row.first_reported {
        lines.at("CREATED", At::Instant(first));
    }
    lines.at("DTSTART", from);
    if let Some(to) = to {
        lines.at("DTEND", to);
    }
    lines.text("SUMMARY", &plain(&summary(row)));
    lines.text("DESCRIPTION", &plain(&description(incident)));
    if let Some(url) = &row.url {
        lines.raw(&format!("URL:{url}"));
    }
    if let Some(category) = &row.category {
        lines.text("CATEGORIES", category);
    }
    lines.raw("STATUS:CONFIRMED");
    lines.raw("TRANSP:TRANSPARENT");
    for (name, time) in [("X-MEOKTONG-START", row.start), ("X-MEOKTONG-END", row.end)] {
        if let Some(time) = time {
            lines.raw(&format!("{name}:{time}"));
        }
    }
    lines.raw("END:VEVENT");
    Some(lines.0)
}

fn summary(row: &IncidentRow) -> String {
    let mut text = format!("{} outage", row.service);
    match row.start {
        None => text += " (start unknown)",
        Some(start) if start.precision() < Precision::Day => text += &format!(" ({start})"),
        Some(_) => {}
    }
    match minutes(row) {
        Some(minutes) => text += &format!(", {minutes} min"),
        None if row.status == crate::record::Status::Ongoing => text += ", ongoing",
        None => {}
    }
    text
}

/// What is known, a line a field, and where it was read.
pub(super) fn description(incident: &Sourced) -> String {
    let row = &incident.row;
    let time = |m: Option<Moment>| m.map(|m| m.to_string().replacen('T', " ", 1).replace("+09:00", " KST"));
    let mut lines = Vec::new();
    let mut add = |name: &str, value: Option<String>| lines.extend(value.map(|v| format!("{name}: {v}")));
    add("Service", Some(row.service.clone()));
    add("Operator", row.operator.clone());
    add("Start", time(row.start));
    add("End", time(row.end));
    add("Duration", minutes(row).map(|m| format!("{m} min")));
    add("Cause", row.cause.map(|c| c.to_string()));
    add("Status", Some(row.status.to_string()));
    add("First reported", time(row.first_reported));
    add("Last reported", time(row.last_reported));
    add("Articles", Some(row.articles.to_string()));
    add("Publishers", Some(row.publishers.to_string()));
    add("Headline", Some(row.title.clone()).filter(|t| !t.is_empty()));
    let urls = if incident.urls.is_empty() { row.url.as_slice() } else { &incident.urls };
    lines.extend(urls.iter().cloned());
    lines.join("\n")
}
