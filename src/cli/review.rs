//! `meoktong review`: fixtures whose records changed, old and new side by side, for a person to accept or refuse.

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Global, printable};
use crate::config::Config;
use crate::review::{Change, Comparison, Fixture, Group, ReviewError, Snapshot, find};

/// Where fixtures are looked for when none is named.
const FOLDERS: [&str; 2] = ["fixtures/site", "fixtures/article"];

/// The column of the fields' names.
const NAMES: usize = 16;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  meoktong review
  meoktong review fixtures/site/byeori
  meoktong review fixtures/site/byeori/articles/new.html     the first review of a new page
  meoktong review --accept fixtures/site
  meoktong review | less                                     only the differences

A fixture is a page NAME.html or an article NAME.json; its reviewed records are in NAME.records.json beside it. In a terminal each fixture whose
records changed is shown, as reviewed and as now, and is asked about. In a pipe the differences are printed. The exit status is 1 while any is not accepted.")]
pub(crate) struct ReviewArgs {
    /// Pages, articles, or folders of them [default: fixtures/site and fixtures/article, where they are]
    #[arg(value_name = "FIXTURE")]
    fixtures: Vec<PathBuf>,
    /// Accept every change without asking
    #[arg(long)]
    accept: bool,
}

/// A fixture whose records changed.
struct Changed {
    fixture: Fixture,
    now: Snapshot,
    comparison: Comparison,
    /// Nobody has reviewed it yet.
    new: bool,
}

#[derive(Debug, Default, PartialEq)]
struct Done {
    accepted: usize,
    open: usize,
}

pub(crate) fn run(global: &Global, args: ReviewArgs) -> anyhow::Result<u8> {
    let paths = match args.fixtures {
        given if !given.is_empty() => given,
        _ => FOLDERS.iter().map(PathBuf::from).filter(|p| p.is_dir()).collect(),
    };
    anyhow::ensure!(!paths.is_empty(), "neither {} nor {} is here: name the fixtures to review", FOLDERS[0], FOLDERS[1]);
    let fixtures = find(&paths)?;
    let pipeline = crate::Pipeline::open(&Config::load(global.config.as_deref())?)?;
    let total = fixtures.len();
    let (mut changed, mut bad) = (Vec::new(), 0);
    for fixture in fixtures {
        match compare(fixture, &pipeline) {
            Ok(found) => changed.extend(found),
            Err(error) => {
                bad += 1;
                anstream::eprintln!("{}", printable(&error.to_string()));
            }
        }
    }
    let unchanged = total - changed.len() - bad;
    let mut out = anstream::stdout().lock();
    let done = if args.accept {
        accept_all(&changed)?
    } else if std::io::stdin().is_terminal() && super::to_terminal() {
        ask(&changed, &mut std::io::stdin().lock(), &mut out, width())?
    } else {
        for changed in &changed {
            write!(out, "{}", unified(changed))?;
        }
        Done { accepted: 0, open: changed.len() }
    };
    out.flush()?;
    anstream::eprintln!("{unchanged} unchanged, {} accepted, {} not accepted, {bad} not readable", done.accepted, done.open);
    Ok(u8::from(done.open > 0 || bad > 0))
}

/// None where nothing changed.
fn compare(fixture: Fixture, pipeline: &crate::Pipeline) -> Result<Option<Changed>, ReviewError> {
    let expected = fixture.expected()?;
    let now = fixture.actual(pipeline)?;
    let comparison = Comparison::new(expected.as_ref(), &now);
    Ok((!comparison.same()).then(|| Changed { fixture, now, comparison, new: expected.is_none() }))
}

fn accept_all(changed: &[Changed]) -> Result<Done, ReviewError> {
    for Changed { fixture, now, .. } in changed {
        fixture.accept(now)?;
        anstream::eprintln!("accepted {}", path(&fixture.snapshot));
    }
    Ok(Done { accepted: changed.len(), open: 0 })
}

/// Shows one after another and takes the answers.
fn ask(changed: &[Changed], answers: &mut dyn BufRead, out: &mut dyn Write, width: usize) -> anyhow::Result<Done> {
    let mut done = Done::default();
    for (n, change) in changed.iter().enumerate() {
        write!(out, "{}", side_by_side(change, n + 1, changed.len(), width))?;
        match answer(answers, out)? {
            Answer::Yes => {
                change.fixture.accept(&change.now)?;
                done.accepted += 1;
            }
            Answer::No => done.open += 1,
            Answer::All => {
                let rest = accept_all(&changed[n..])?;
                return Ok(Done { accepted: done.accepted + rest.accepted, ..done });
            }
            Answer::Quit => {
                done.open += changed.len() - n;
                return Ok(done);
            }
        }
    }
    Ok(done)
}

#[derive(Debug, PartialEq)]
enum Answer {
    Yes,
    No,
    All,
    Quit,
}

/// Asks until it understands; the end of the input is an answer too.
fn answer(answers: &mut dyn BufRead, out: &mut dyn Write) -> std::io::Result<Answer> {
    loop {
        write!(out, "accept? [y]es [n]o [a]ll [q]uit ")?;
        out.flush()?;
        let mut line = String::new();
        if answers.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(Answer::Quit);
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(Answer::Yes),
            "n" | "no" => return Ok(Answer::No),
            "a" | "all" => return Ok(Answer::All),
            "q" | "quit" => return Ok(Answer::Quit),
            _ => {}
        }
    }
}

fn width() -> usize {
    // Where the terminal does not tell its width, the usual one.
    comfy_table::Table::new().width().map(usize::from).filter(|w| *w >= 40).unwrap_or(80)
}

fn path(path: &Path) -> String {
    printable(&path.display().to_string())
}

const BOLD: Style = Style::new().bold();

fn old_style() -> Style {
    AnsiColor::Red.on_default()
}

fn new_style() -> Style {
    AnsiColor::Green.on_default()
}

/// The differences alone, as a diff.
fn unified(changed: &Changed) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}{}\n", path(&changed.fixture.input), if changed.new { ": not reviewed yet" } else { "" });
    for line in changed.comparison.to_string().lines() {
        let style = match line.trim_start().chars().next() {
            Some('-') if line.starts_with("  ") => old_style(),
            Some('+') if line.starts_with("  ") => new_style(),
            _ => Style::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {style}{}{style:#}", printable(line));
    }
    text + "\n"
}

/// The whole of it in two columns, what changed marked with an asterisk and in colour.
fn side_by_side(changed: &Changed, number: usize, of: usize, width: usize) -> String {
    let column = width.saturating_sub(NAMES + 3) / 2;
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "\n{BOLD}{}{BOLD:#} ({number} of {of})", path(&changed.fixture.input));
    if changed.new {
        let _ = writeln!(text, "not reviewed yet");
    }
    let _ = writeln!(text, "{:NAMES$}{} │ now", "", padded("reviewed", column));
    for group in &changed.comparison.groups {
        let word = match group.change {
            Change::Same => " unchanged",
            Change::Changed => "",
            Change::Added => " new",
            Change::Removed => " gone",
        };
        let _ = writeln!(text, "{BOLD}{}{BOLD:#}{word}", printable(&group.heading));
        if group.change != Change::Same {
            columns(&mut text, group, column);
        }
    }
    text
}

fn columns(text: &mut String, group: &Group, column: usize) {
    // Evidence that stays needs no reading again.
    let quiet = |field: &str| field == "evidence";
    for row in group.rows.iter().filter(|r| !r.same() || !quiet(r.field)) {
        let side = |value: &Option<String>| wrapped(&printable(&value.as_deref().unwrap_or_default().replace('\n', " ")), column);
        let (old, new) = (side(&row.old), side(&row.new));
        let (mark, styles) = if row.same() { (' ', [Style::new(); 2]) } else { ('*', [old_style(), new_style()]) };
        for line in 0..old.len().max(new.len()) {
            let name = if line == 0 { row.field } else { "" };
            let mark = if line == 0 { mark } else { ' ' };
            let piece = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
            let ([a, b], names) = (styles, NAMES - 2);
            let (left, right) = (padded(&piece(&old), column), piece(&new));
            let _ = writeln!(text, "{mark} {name:<names$}{a}{left}{a:#} │ {b}{right}{b:#}");
        }
    }
    let same = group.rows.iter().filter(|r| r.same() && quiet(r.field)).count();
    if same > 0 {
        let _ = writeln!(text, "  {:<1$}{same} unchanged", "evidence", NAMES - 2);
    }
}

/// Filled with blanks to the column's width; a Korean letter takes two columns.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Lines of at most `width` columns, at least one, broken at a blank where one is not far back.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width.max(2)
            && let Some(line) = lines.last_mut()
        {
            let blank = line.rfind(' ').filter(|at| *at > line.len() / 2);
            let next = blank.map(|at| line.split_off(at + 1)).unwrap_or_default();
            line.truncate(line.trim_end().len());
            used = next.width();
            lines.push(next);
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
            used += wide;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Label, Role, Status};
    use crate::review::Record;

    fn snapshot(start: &str) -> Snapshot {
        let record = Record {
            service: "가나다라마바사아자차카타파하 서비스".into(),
            service_id: None,
            operator: Some("운영사".into()),
            category: None,
            start: start.parse().ok(),
            end: None,
            duration_min: None,
            cause: None,
            status: Status::Unknown,
            role: Role::Main,
            keywords: vec!["접속 장애".into(), "먹통".into()],
            evidence: vec![],
        };
        Snapshot { title: "제목".into(), published_at: None, label: Label::Outage, outages: vec![record] }
    }

    fn changed(folder: &Path, count: usize) -> Vec<Changed> {
        let of = |n: usize| {
            let fixture = Fixture::of(&folder.join(format!("{n}.html"))).unwrap();
            fixture.accept(&snapshot("2022")).unwrap();
            let now = snapshot("2023-05-15T12:10");
            Changed { comparison: Comparison::new(fixture.expected().unwrap().as_ref(), &now), fixture, now, new: false }
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn answers_are_obeyed() {
        for (answers, accepted) in [
            ("y\nn\nyes\n", &[true, false, true][..]),
            ("Y\nq\n", &[true, false, false]),
            ("n\na\n", &[false, true, true]),
            ("what?\n\ny\nn\nn\n", &[true, false, false]),
            ("y\n", &[true, false, false]),
            ("", &[false, false, false]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let changed = changed(folder.path(), 3);
            let done = ask(&changed, &mut answers.as_bytes(), &mut Vec::new(), 80).unwrap();
            let now: Vec<bool> = changed.iter().map(|c| c.fixture.expected().unwrap().as_ref() == Some(&c.now)).collect();
            assert_eq!(now, accepted, "{answers:?}");
            let yes = accepted.iter().filter(|a| **a).count();
            assert_eq!(done, Done { accepted: yes, open: 3 - yes }, "{answers:?}");
        }
    }

    #[test]
    fn both_columns_stand_upright() {
        let folder = tempfile::tempdir().unwrap();
        let shown = anstream::adapter::strip_str(&side_by_side(&changed(folder.path(), 1)[0], 1, 1, 80)).to_string();
        let bars: Vec<usize> = shown.lines().filter_map(|l| l.split_once('│')).map(|(left, _)| left.width()).collect();
        assert!(bars.len() >= 12 && bars.iter().all(|at| *at == bars[0]), "{shown}");
        assert!(shown.lines().skip(2).all(|l| l.width() <= 80), "{shown}");
        assert!(shown.lines().any(|l| l.starts_with("* start ") && l.contains("2022") && l.ends_with("2023-05-15T12:10+09:00")), "{shown}");
        assert!(shown.contains("article unchanged"), "{shown}");
    }

    #[test]
    fn long_values_are_broken_and_nothing_is_lost() {
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("가나다라마", 4), ["가나", "다라", "마"]);
        assert_eq!(wrapped("접속 장애가 났다", 12), ["접속 장애가", "났다"]);
        assert_eq!(wrapped("abc", 0), ["ab", "c"]);
    }
}
