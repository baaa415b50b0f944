//! Texts whose sentences go over several lines: what a newsreader says, as broadcasters put it on their pages (a line is a breath), and
//! pages that were laid out for narrow screens.
//!
//! It promises: only a text with a line like "◀ 앵커 ▶", or one where many lines end in the middle of a sentence, is touched, and there
//! only line ends within a sentence, which become blanks; every place of the text that is read leads back to its place in the text as printed.

use super::explain::Explanation;
use crate::record::{Outage, Place};

/// A sentence of a newsreader has no more line ends; below the text a page lists other things.
const MOST_BREAKS: usize = 5;

/// A text with its sentences in one line each.
pub(crate) struct Script {
    /// What is read.
    pub text: String,
    /// The bytes of it that stand for one byte more of the text as printed, in order.
    longer: Vec<usize>,
}

impl Script {
    /// A text as it is read; none where nothing changes.
    pub fn read(printed: &str) -> Option<Script> {
        let mut read = 0;
        let spoken = printed.split_inclusive('\n').find_map(|line| {
            read += line.len();
            (line.ends_with('\n') && line.contains('◀') && line.trim_end().ends_with('▶')).then(|| read - 1)
        });
        let said = spoken.or_else(|| wrapped(printed).then_some(0))?;
        let mut script = Script { text: printed[..said].to_owned(), longer: Vec::new() };
        let mut rest = &printed[said..];
        let mut breaks = 0;
        while let Some(end) = rest.find('\n') {
            let (line, behind) = rest.split_at(end);
            let next = behind.trim_start_matches('\n');
            script.text.push_str(line);
            let goes_on = if spoken.is_some() {
                breaks_off(line) && next.starts_with(|c: char| c.is_alphanumeric())
            } else {
                // An empty line parts paragraphs.
                behind.len() - next.len() == 1 && is_cut(line) && !next.trim().is_empty()
            };
            if breaks < MOST_BREAKS && goes_on {
                script.longer.extend(std::iter::repeat_n(script.text.len(), behind.len() - next.len() - 1));
                script.text.push(' ');
                breaks += 1;
            } else {
                script.text.push_str(&behind[..behind.len() - next.len()]);
                breaks = 0;
            }
            rest = next;
        }
        script.text.push_str(rest);
        (script.text != printed).then_some(script)
    }

    /// Gives the evidence of a record the places and the words of the text as printed.
    pub fn restore(&self, outage: &mut Outage, printed: &str) {
        for evidence in outage.evidence.iter_mut().filter(|e| e.place == Place::Text) {
            let byte = |chars: usize| self.text.char_indices().nth(chars).map_or(self.text.len(), |(at, _)| at);
            let (from, to) = (self.printed(byte(evidence.from)), self.printed(byte(evidence.to)));
            if let (Some(before), Some(quote)) = (printed.get(..from), printed.get(from..to)) {
                evidence.from = before.chars().count();
                evidence.to = evidence.from + quote.chars().count();
                evidence.quote = quote.to_owned();
            }
        }
    }

    /// The same for the account of an article.
    pub fn restore_account(&self, account: &mut Explanation, printed: &str) {
        for mark in account.marks.iter_mut().filter(|m| m.place == Place::Text) {
            mark.range = self.printed(mark.range.start)..self.printed(mark.range.end);
        }
        account.records.iter_mut().for_each(|record| self.restore(&mut record.outage, printed));
    }

    /// Where a byte of the text that is read stands in the text as printed.
    fn printed(&self, at: usize) -> usize {
        at + self.longer.partition_point(|longer| *longer < at)
    }
}

/// Whether a line of a script ends within a sentence.
fn breaks_off(line: &str) -> bool {
    let line = line.trim();
    line.ends_with(|c: char| c.is_alphanumeric() || c == ',') && !line.starts_with(['◀', '[', '('])
}

/// Whether the lines of a text break in the middle of its sentences.
fn wrapped(text: &str) -> bool {
    const SHORTEST: usize = 10;
    const ENDS: [&str; 21] = [
        "은", "는", "을", "를", "이", "가", "에", "의", "와", "과", "에서", "에게", "던", "고", "며", "면서", "지만", "으나", "동안",
        "까지", ",",
    ];
    let (mut all, mut broken) = (0, 0);
    for line in text.lines().map(str::trim).filter(|line| line.chars().nth(SHORTEST - 1).is_some()) {
        all += 1;
        broken += usize::from(ENDS.iter().any(|end| line.ends_with(end)));
    }
    broken >= 3 && broken * 5 >= all
}

/// Whether a line of a wrapped text goes on in the next one; a heading or a name is shorter than such a line.
fn is_cut(line: &str) -> bool {
    const SHORTEST: usize = 8;
    let words = line.trim();
    words.chars().nth(SHORTEST - 1).is_some() && !words.ends_with(['.', '?', '!', '…', '”', '"', '’', '\'', ')', ']', '>', ':', ';', '|'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCRIPT: &str = "한마음병원 전산 멈춤\n\n◀ 앵커 ▶\n\n한마음병원이 오전 한때\n\n전산 장애로\n어수선했습니다.\n\n◀ INT ▶ 이용객\n\n\"내내 기다렸지\"\n\n전산망이 멈춰 선 것은\n\n오전 9시 반쯤.";

    #[test]
    fn sentences_are_put_together() {
        let read = Script::read(SCRIPT).unwrap();
        assert_eq!(
            read.text,
            "한마음병원 전산 멈춤\n\n◀ 앵커 ▶\n\n한마음병원이 오전 한때 전산 장애로 어수선했습니다.\n\n◀ INT ▶ 이용객\n\n\"내내 기다렸지\"\n\n전산망이 멈춰 선 것은 오전 9시 반쯤."
        );
        assert!(Script::read("전산망이 멈춰 선 것은\n\n오전 9시 반쯤.").is_none());
        assert!(Script::read("◀ 앵커 ▶").is_none());
    }

    /// A bar stands for a line end that stays one.
    #[test]
    fn lines_laid_out_for_a_narrow_screen_are_put_together() {
        let laid_out = "4일 오전 장이 열린 직후에\n주문이 늦게 체결됐다.|회사는 이날 낸 공지에서\n“처리가 늦다”면서 신속히\n조치하겠다고 했다.|전날에도 1시간 동안\n주문이 막혔다.";
        let read = Script::read(&laid_out.replace('|', "\n")).unwrap();
        assert_eq!(read.text, laid_out.replace('\n', " ").replace('|', "\n"));
        assert!(Script::read("접속 장애를 겪고 하루 종일 답을 기다린 이용자들은\n불편을 호소했다.").is_none());
    }

    proptest! {
        #[test]
        fn every_place_leads_back(text in "(◀ 앵커 ▶\n)?([가나 .,\"◀▶\n]{0,12}(가나가나가나가나은)?\n){0,8}[가나]{0,3}") {
            if let Some(read) = Script::read(&text) {
                for (at, c) in read.text.char_indices() {
                    let there = text[read.printed(at)..].chars().next();
                    prop_assert!(there == Some(c) || c == ' ' && there == Some('\n'), "{at} of {:?}", read.text);
                }
                prop_assert_eq!(read.printed(read.text.len()), text.len());
            }
        }
    }
}
