//! `meoktong stats`: figures of many incidents, for people as tables with bars and sparklines.

use std::io::Write;

use comfy_table::{CellAlignment, Color};

use super::filter::Filter;
use super::{Global, table};
use crate::config::Config;
use crate::report::stats::{self, By, Figures, Group, Grouping, Question, Stats, Tally};
use crate::store::{Store, StoreError};
use crate::temporal::{KST, Moment};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong stats
  meoktong stats --since 2023 --until 2023 --by service --top 10
  meoktong stats --operator 카카오 --by month --by hour
  meoktong stats --since 2024-01 --by category --format csv > categories.csv

An incident belongs to the period in which it began; with --since, the figures stand beside those of the period before, which is as
long. A duration that is not known counts as unknown, never as zero. Overlapping outages of one service are down once. UNKNOWN: how
many durations are not known; DOWN: downtime; MEAN and MEDIAN: time to recover; MTBF: mean time from one failure of a service to its next.")]
pub(crate) struct StatsArgs {
    /// Group by this; may be given again [default: an overview of all]
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    by: Vec<ByArg>,
    #[command(flatten)]
    filter: Filter,
    /// At most so many groups of a kind, the rest in one; months, weekdays and hours are always whole
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum ByArg {
    /// The service
    Service,
    /// Who runs it
    Operator,
    /// The kind of service
    Category,
    /// Why it failed
    Cause,
    /// The month in which it began
    Month,
    /// The day of the week on which it began
    Weekday,
    /// The hour in which it began
    Hour,
}

impl From<ByArg> for By {
    fn from(by: ByArg) -> By {
        match by {
            ByArg::Service => By::Service,
            ByArg::Operator => By::Operator,
            ByArg::Category => By::Category,
            ByArg::Cause => By::Cause,
            ByArg::Month => By::Month,
            ByArg::Weekday => By::Weekday,
            ByArg::Hour => By::Hour,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// Comma-separated, with a header; a row a group
    Csv,
    /// A Markdown table; a row a group
    Md,
}

pub(crate) fn run(global: &Global, args: StatsArgs) -> anyhow::Result<u8> {
    let config = Config::load(global.config.as_deref())?;
    let store = Store::open_read_only(&config.database_path(global.db.as_deref())?)?;
    let overview = args.by.is_empty();
    let mut by: Vec<By> = args.by.into_iter().map(By::from).collect();
    if overview {
        by = By::ALL.to_vec();
    }
    let top = args.top.and_then(|n| usize::try_from(n).ok()).or((overview && args.format == Format::Table).then_some(OVERVIEW_TOP));
    let now = KST.to_datetime(jiff::Timestamp::now());
    // Whole days against whole days, unless it is a matter of hours.
    let (since, until) = (args.filter.since.map(|g| g.start), args.filter.until.map(|g| g.end));
    let now = if since.is_some_and(Moment::has_clock) { Moment::minute(now) } else { Moment::day(now.date()) };
    let question = Question { by, since, until, now, top };
    let mut query = args.filter.query(&config)?;
    (query.since, query.until) = question.reach();
    let mut tally = Tally::new(question);
    store.each_incident(&query, false, |row, _| {
        tally.add(&row);
        Ok::<(), StoreError>(())
    })?;
    let stats = tally.finish();
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Table => write!(out, "{}", render(&stats, overview, terminal()))?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &stats).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Csv => stats::csv(&stats, &mut out)?,
        Format::Md => stats::markdown(&stats, &mut out)?,
    }
    out.flush()?;
    Ok(0)
}

/// Groups of each kind where no grouping was asked for.
const OVERVIEW_TOP: usize = 5;

/// Columns of the longest bar.
const BAR: u64 = 12;

/// From this width on, a table of groups shows the longest outage too.
const WIDE: u16 = 90;

/// How much of a terminal there is; none for a pipe, which gets no bars.
fn terminal() -> Option<u16> {
    super::to_terminal().then(|| table::new(&[]).width().unwrap_or(80))
}

/// The figures for people; `overview` where no grouping was asked for.
fn render(stats: &Stats, overview: bool, terminal: Option<u16>) -> String {
    let mut parts = vec![head(stats)];
    let mut lines = Vec::new();
    for grouping in &stats.groupings {
        match terminal {
            // Times are a line each where all is shown; a pipe gets them where they are asked for.
            Some(width) if overview && grouping.by.is_time() => lines.extend(sparkline(grouping, width)),
            None if overview && grouping.by.is_time() => {}
            _ => parts.push(groups(grouping, stats.before.is_some(), terminal)),
        }
    }
    if !lines.is_empty() {
        parts.insert(1, lines.concat());
    }
    parts.join("\n")
}

fn head(stats: &Stats) -> String {
    let mut text = String::new();
    let moment = |m| table::time(Some(m));
    match (stats.since, stats.until) {
        (Some(since), Some(until)) => text += &format!("{} to {}", moment(since), moment(until)),
        (Some(since), None) => text += &format!("Since {}", moment(since)),
        (None, Some(until)) => text += &format!("Until {}", moment(until)),
        (None, None) => text += "All times",
    }
    if let Some(before) = stats.before_period {
        text += &format!(", against {} to {}", moment(before.since), moment(before.until));
    }
    text += "\n\n";
    let (now, before) = (&stats.total, stats.before.as_ref());
    let mut total = table::new(if before.is_some() { &["", "NOW", "BEFORE", "CHANGE"] } else { &["", "ALL"] });
    for n in 1..4 {
        if let Some(column) = total.column_mut(n) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let count = |pick: fn(&Figures) -> u64| (pick(now).to_string(), before.map(|b| (pick(b).to_string(), change(pick(now), pick(b)))));
    let time = |pick: fn(&Figures) -> Option<f64>| {
        let change = |b: &Figures| pick(now).zip(pick(b)).map(|(now, then)| signed(now - then, &span((now - then).abs())));
        (pick(now).map(span), before.map(|b| (pick(b).map(span), change(b))))
    };
    for (name, (now, before)) in
        [("Incidents", count(|f| f.incidents)), ("  duration unknown", count(|f| f.unknown)), ("  of these ongoing", count(|f| f.ongoing))]
    {
        let (then, change) = before.unzip();
        total.add_row([Some(name.to_owned()), Some(now), then, change].into_iter().flatten());
    }
    for (name, (now, before)) in [
        ("Downtime", time(|f| Some(f.downtime_min as f64).filter(|_| f.known > 0))),
        ("Mean time to recover", time(|f| f.mean_min)),
        ("Median time to recover", time(|f| f.median_min)),
        ("Longest", time(|f| f.longest.as_ref().map(|l| f64::from(l.minutes)))),
        ("Mean time between failures", time(|f| f.mtbf_min)),
    ] {
        let known = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let mut row = vec![name.to_owned(), known(now)];
        if let Some((then, change)) = before {
            row.extend([known(then), known(change)]);
        }
        total.add_row(row);
    }
    table::fold_only(&mut total, &[]);
    text += &table::render(&total);
    if let Some(longest) = &now.longest {
        let start = longest.start.map(|s| format!(" {}", table::time(Some(s)))).unwrap_or_default();
        text += &format!("Longest: {}{start}, incident {}\n", table::one_line(&longest.service), longest.id);
    }
    let mut left = Vec::new();
    if stats.uncertain > 0 {
        left.push(format!("{} that may lie in the period", stats.uncertain));
    }
    if stats.undated > 0 {
        left.push(format!("{} without any time", stats.undated));
    }
    if !left.is_empty() {
        text += &format!("Not counted: {}.\n", left.join(", "));
    }
    text
}

fn groups(grouping: &Grouping, compared: bool, terminal: Option<u16>) -> String {
    let compared = compared && grouping.by != By::Month;
    let recurs = matches!(grouping.by, By::Service | By::Operator | By::Category);
    let longest = terminal.is_none_or(|width| width >= WIDE);
    let name = grouping.by.as_str().to_uppercase();
    let mut header = vec![name.as_str(), "COUNT"];
    header.extend(compared.then_some("BEFORE"));
    header.extend(["UNKNOWN", "DOWN", "MEAN", "MEDIAN"]);
    header.extend(longest.then_some("LONGEST"));
    header.extend(recurs.then_some("MTBF"));
    let figures = header.len();
    // Last, so that a terminal that makes these characters wide breaks no line.
    header.extend(terminal.map(|_| ""));
    let mut table = table::new(&header);
    for n in 1..figures {
        if let Some(column) = table.column_mut(n) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let others = grouping.others.iter().map(|o| (format!("({} others)", o.groups), &o.figures, o.before.as_ref()));
    let rows = grouping.groups.iter().map(|g| (g.name.clone().unwrap_or_else(|| "(unknown)".to_owned()), &g.figures, g.before.as_ref()));
    let most = grouping.groups.iter().filter(|g| g.key.is_some()).map(|g| g.figures.incidents).max().unwrap_or_default();
    // What has no name has no bar: it would be the longest and say nothing.
    let bars = grouping.groups.iter().map(|g| g.key.as_ref().map_or(String::new(), |_| bar(g.figures.incidents, most)));
    for ((name, figures, before), bar) in rows.chain(others).zip(bars.chain([String::new()])) {
        let time = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), span);
        let mut cells = vec![table::cell(&table::shorten(&table::one_line(&name), 40)), table::cell(&figures.incidents.to_string())];
        if compared {
            cells.push(table::cell(&before.map_or(0, |b| b.incidents).to_string()));
        }
        cells.push(table::cell(&figures.unknown.to_string()));
        cells.push(table::cell(&time(Some(figures.downtime_min as f64).filter(|_| figures.known > 0))));
        cells.push(table::cell(&time(figures.mean_min)));
        cells.push(table::cell(&time(figures.median_min)));
        if longest {
            cells.push(table::cell(&time(figures.longest.as_ref().map(|l| f64::from(l.minutes)))));
        }
        if recurs {
            cells.push(table::cell(&time(figures.mtbf_min)));
        }
        if terminal.is_some() {
            cells.push(table::cell(&bar).fg(Color::Cyan));
        }
        table.add_row(cells);
    }
    table::fold_only(&mut table, &[0]);
    table::render(&table)
}

/// A bar to an eighth of a column.
fn bar(count: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = if most == 0 { 0 } else { (count * BAR * 8).div_ceil(most) };
    // The remainder of eight is in the list.
    let full = usize::try_from(eighths / 8).unwrap_or_default();
    "█".repeat(full) + EIGHTHS[(eighths % 8) as usize]
}

/// One line: what it is by, the first, a column each, the last. More months than fit are added up to quarters or years.
fn sparkline(grouping: &Grouping, width: u16) -> Option<String> {
    const LEVELS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let keyed: Vec<&Group> = grouping.groups.iter().filter(|g| g.key.is_some()).collect();
    let (first, last) = (keyed.first()?.key.as_deref()?, keyed.last()?.key.as_deref()?);
    // The labels take some 40 columns.
    let room = usize::from(width).saturating_sub(44).max(12);
    let mut name = grouping.by.as_str();
    let mut counts: Vec<u64> = keyed.iter().map(|g| g.figures.incidents).collect();
    if grouping.by == By::Month {
        for (months, wider) in [(1, "month"), (3, "quarter"), (12, "year")] {
            name = wider;
            counts = added_up(&keyed, months);
            if counts.len() <= room {
                break;
            }
        }
    }
    let most = counts.iter().copied().max()?;
    let line: String = counts.iter().map(|n| LEVELS[(n * 8).div_ceil(most.max(1)).min(8) as usize]).collect();
    Some(format!("By {name:<8} {first:<7} {line} {last}  peak {most}\n"))
}

/// The months' incidents by calendar quarter or year.
fn added_up(groups: &[&Group], months: u16) -> Vec<u64> {
    let bin = |g: &Group| {
        let (year, month) = g.key.as_deref()?.split_once('-')?;
        Some((year.parse::<u16>().ok()?, (month.parse::<u16>().ok()? - 1) / months))
    };
    groups.chunk_by(|a, b| bin(a) == bin(b)).map(|chunk| chunk.iter().map(|g| g.figures.incidents).sum()).collect()
}

fn change(now: u64, then: u64) -> String {
    signed(now as f64 - then as f64, &now.abs_diff(then).to_string())
}

fn signed(difference: f64, text: &str) -> String {
    match difference {
        d if d > 0.0 => format!("+{text}"),
        d if d < 0.0 => format!("-{text}"),
        _ => "=".to_owned(),
    }
}

/// Minutes for people: 45m, 2h05m, 3d04h, 120d.
fn span(minutes: f64) -> String {
    let minutes = minutes.round() as u64;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{rest}m"),
        (0, _) => format!("{hours}h{rest:02}m"),
        (1..100, _) => format!("{days}d{hours:02}h"),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::record::{Role, Status};
    use crate::report::stats::stats;
    use crate::store::IncidentRow;

    fn row(id: usize, service: &str, start: &str, minutes: Option<u32>) -> IncidentRow {
        IncidentRow {
            id: id.to_string(),
            service: service.to_owned(),
            service_id: None,
            operator: None,
            category: None,
            start: Some(start.parse().unwrap()),
            end: None,
            duration_min: minutes,
            cause: None,
            status: Status::Resolved,
            role: Role::Main,
            confidence: 0.9,
            articles: 1,
            publishers: 1,
            first_reported: None,
            last_reported: None,
            root: None,
            title: String::new(),
            url: None,
        }
    }

    fn rows() -> Vec<IncidentRow> {
        vec![
            row(1, "카카오톡", "2023-05-08T13:35", Some(20)),
            row(2, "카카오톡", "2023-06-01T09:00", Some(130)),
            row(3, "KT 인터넷\u{1b}[31m", "2023-06-02T09:00", None),
            row(4, "카카오톡", "2022-06-02T09:00", Some(10)),
        ]
    }

    fn asked(by: &[By]) -> Stats {
        let question = Question {
            by: by.to_vec(),
            since: Some("2023".parse().unwrap()),
            until: Some("2023".parse().unwrap()),
            now: "2024-01-01".parse().unwrap(),
            top: None,
        };
        stats(&rows(), question)
    }

    #[test]
    fn lengths_are_short() {
        for (minutes, text) in
            [(0.0, "0m"), (0.4, "0m"), (59.5, "1h00m"), (125.0, "2h05m"), (1440.0, "1d00h"), (5000.0, "3d11h"), (144_000.0, "100d")]
        {
            assert_eq!(span(minutes), text);
        }
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0, 0), "");
        assert_eq!(bar(0, 7), "");
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(1, 2), "██████");
        assert_eq!(bar(5, 5), "████████████");
    }

    #[test]
    fn columns_line_up_under_korean_letters() {
        for terminal in [None, Some(80), Some(120)] {
            let text = groups(&asked(&[By::Service]).groupings[0], true, terminal);
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 3, "{text}");
            // Up to the last figure, behind which only the bar stands.
            let width = lines[0].width();
            for (line, last) in lines[1..].iter().zip(["23d19h", "-"]) {
                let at = line.rfind(last).unwrap() + last.len();
                assert_eq!(line[..at].width(), width, "{text}");
            }
            assert_eq!(text.contains('█'), terminal.is_some());
            assert!(!text.contains('\u{1b}') || terminal.is_some(), "{text:?}");
            assert!(lines.iter().all(|l| l.width() <= terminal.unwrap_or(80).into()), "{text}");
        }
    }

    #[test]
    fn months_that_do_not_fit_are_added_up() {
        let rows: Vec<IncidentRow> = (0..240).map(|n| row(n, "가", &format!("{}-{:02}", 2001 + n / 12, n % 12 + 1), None)).collect();
        let question = Question { by: vec![By::Month], since: None, until: None, now: "2024-01-01".parse().unwrap(), top: None };
        let stats = stats(&rows, question);
        for (width, name, columns) in [(300, "month", 240), (130, "quarter", 80), (80, "year", 20)] {
            let line = sparkline(&stats.groupings[0], width).unwrap();
            assert!(line.starts_with(&format!("By {name}")) && line.width() < width.into(), "{line}");
            assert_eq!(line.matches('█').count(), columns);
            assert!(line.contains("2001-01") && line.contains("2020-12"), "{line}");
        }
        assert_eq!(sparkline(&asked(&[By::Operator]).groupings[0], 80), None);
    }

    #[test]
    fn the_head_tells_now_and_before() {
        let text = render(&asked(&By::ALL), true, None);
        for line in [
            "2023 to 2023, against 2022-01-01 to 2022-12-31",
            "Incidents                       3      1     +2",
            "  duration unknown              1      0     +1",
            "Downtime                    2h30m    10m +2h20m",
            "Longest: 카카오톡 2023-06-01 09:00, incident 2",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
