//! What a person asks for, and how FTS5 is asked for it.
//!
//! All words must be there; `"…"` is a phrase; `-` excludes; `OR` (or `|`) between two says that either will do and binds closer than a blank;
//! `title:` and `text:` look only there; brackets group. Any input is a query or an error that names the character, and what FTS5 gets is made of
//! quoted words only, so that nothing a person types reaches its own syntax.

use super::words;
use crate::korean::Tokenizer;

/// No one asks for more, and FTS5 has limits of its own.
const MOST_WORDS: usize = 64;
const MOST_CHARACTERS: usize = 2000;
const DEEPEST: usize = 16;

/// Why a query cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {position} of the query: {message}")]
pub struct QueryError {
    /// Which character, from 1.
    pub position: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

fn wrong<T>(position: usize, message: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError { position, message: message.into() })
}

/// A query, understood but not yet cut into morphemes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchWords(Group);

impl std::str::FromStr for SearchWords {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<SearchWords, QueryError> {
        let symbols = lex(text)?;
        let end = text.chars().count() + 1;
        let mut parser = Parser { symbols: &symbols, at: 0, end };
        let group = parser.group(0, 1)?;
        match symbols.get(parser.at) {
            Some((position, _)) => wrong(*position, "`)` closes nothing"),
            None => Ok(SearchWords(group)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Title,
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    position: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    position: usize,
    exclude: bool,
    /// Any of these will do.
    choices: Vec<Unit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unit {
    position: usize,
    column: Option<Column>,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Word(String),
    Phrase(String),
    Group(Group),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Symbol {
    Word(String),
    Phrase(String),
    Column(Column),
    Minus,
    Or,
    Open,
    Close,
}

fn lex(text: &str) -> Result<Vec<(usize, Symbol)>, QueryError> {
    const QUOTES: [char; 4] = ['"', '“', '”', '„'];
    let mut symbols = Vec::new();
    let mut words = 0;
    let mut chars = text.chars().zip(1..).peekable();
    while let Some((c, position)) = chars.next() {
        if position > MOST_CHARACTERS {
            return wrong(position, format!("a query has at most {MOST_CHARACTERS} characters"));
        }
        let symbol = match c {
            c if c.is_whitespace() => {
                if let Some((at, Symbol::Minus | Symbol::Column(_))) = symbols.last() {
                    return wrong(*at, "nothing follows; a word goes on right here, without a blank");
                }
                continue;
            }
            '(' => Symbol::Open,
            ')' => Symbol::Close,
            '|' => Symbol::Or,
            '-' | '−' if matches!(symbols.last(), Some((_, Symbol::Minus))) => {
                return wrong(position, "a word that is left out has one `-` before it");
            }
            '-' | '−' => Symbol::Minus,
            c if QUOTES.contains(&c) => {
                let mut phrase = String::new();
                loop {
                    match chars.next() {
                        None => return wrong(position, "the quotation mark is never closed"),
                        Some((c, _)) if QUOTES.contains(&c) => break,
                        Some((c, _)) => phrase.push(c),
                    }
                }
                Symbol::Phrase(phrase)
            }
            c => {
                let mut word = String::from(c);
                let mut column = None;
                while let Some((c, _)) = chars.next_if(|(c, _)| !c.is_whitespace() && !"()|".contains(*c) && !QUOTES.contains(c)) {
                    // `title:`, but no web address; what comes behind it is read as if it stood alone.
                    let named = c == ':' && word.bytes().all(|b| b.is_ascii_lowercase()) && chars.peek().is_none_or(|(c, _)| *c != '/');
                    if named {
                        column = Some(match word.as_str() {
                            "title" => Column::Title,
                            "text" => Column::Text,
                            _ => return wrong(position, format!("there is no field `{word}`: title: or text:")),
                        });
                        break;
                    }
                    word.push(c);
                }
                match column {
                    Some(column) => Symbol::Column(column),
                    None if word == "OR" => Symbol::Or,
                    None => Symbol::Word(word),
                }
            }
        };
        words += usize::from(matches!(symbol, Symbol::Word(_) | Symbol::Phrase(_)));
        if words > MOST_WORDS {
            return wrong(position, format!("a query has at most {MOST_WORDS} words"));
        }
        symbols.push((position, symbol));
    }
    Ok(symbols)
}

struct Parser<'a> {
    symbols: &'a [(usize, Symbol)],
    at: usize,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Symbol> {
        self.symbols.get(self.at).map(|(_, symbol)| symbol)
    }

    fn position(&self) -> usize {
        self.symbols.get(self.at).map_or(self.end, |(position, _)| *position)
    }

    /// Up to a closing bracket or the end.
    fn group(&mut self, depth: usize, position: usize) -> Result<Group, QueryError> {
        if depth > DEEPEST {
            return wrong(position, format!("brackets stand in one another at most {DEEPEST} deep"));
        }
        let mut parts = Vec::new();
        while !matches!(self.peek(), None | Some(Symbol::Close)) {
            parts.push(self.part(depth)?);
        }
        if parts.is_empty() {
            if depth > 0 && self.peek().is_none() {
                return wrong(position, "the bracket is never closed");
            }
            return wrong(position, "there is no word to look for");
        }
        if parts.iter().all(|p| p.exclude) {
            return wrong(position, "this only leaves out; name a word that must be there");
        }
        Ok(Group { position, parts })
    }

    fn part(&mut self, depth: usize) -> Result<Part, QueryError> {
        let position = self.position();
        let exclude = self.peek() == Some(&Symbol::Minus);
        self.at += usize::from(exclude);
        let mut choices = vec![self.unit(depth)?];
        while self.peek() == Some(&Symbol::Or) {
            let or = self.position();
            self.at += 1;
            if exclude || self.peek() == Some(&Symbol::Minus) {
                return wrong(or, "what is left out cannot stand beside OR; use brackets: -(a OR b)");
            }
            choices.push(self.unit(depth)?);
        }
        Ok(Part { position, exclude, choices })
    }

    fn unit(&mut self, depth: usize) -> Result<Unit, QueryError> {
        let position = self.position();
        let mut column = None;
        if let Some(Symbol::Column(given)) = self.peek() {
            column = Some(*given);
            self.at += 1;
        }
        let here = self.position();
        let symbol = self.peek().cloned();
        self.at += 1;
        let what = match symbol {
            Some(Symbol::Word(word)) => What::Word(word),
            Some(Symbol::Phrase(phrase)) => What::Phrase(phrase),
            Some(Symbol::Open) => {
                let group = self.group(depth + 1, here)?;
                if self.peek() != Some(&Symbol::Close) {
                    return wrong(here, "the bracket is never closed");
                }
                self.at += 1;
                What::Group(group)
            }
            Some(Symbol::Or) => return wrong(here, "OR stands between two words"),
            Some(Symbol::Minus) => return wrong(here, "`-` stands before the field: -title:word"),
            Some(Symbol::Column(_)) => return wrong(here, "one field is enough"),
            Some(Symbol::Close) | None => return wrong(here, "a word is missing"),
        };
        Ok(Unit { position, column, what })
    }
}

/// A query as FTS5 takes it, and what a hit shows as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compiled {
    pub expression: String,
    /// The words that follow each other, and whether they count in the title and in the text.
    pub wanted: Vec<Wanted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub words: Vec<String>,
    pub title: bool,
    pub text: bool,
}

/// Other names of what a word names.
pub type Aliases<'a> = &'a dyn Fn(&str) -> Vec<String>;

impl SearchWords {
    pub(super) fn compile(&self, tokenizer: &Tokenizer, aliases: Aliases<'_>) -> Result<Compiled, QueryError> {
        let mut compiler = Compiler { tokenizer, aliases, wanted: Vec::new() };
        let expression = compiler.group(&self.0, None, true)?;
        Ok(Compiled { expression, wanted: compiler.wanted })
    }
}

struct Compiler<'a> {
    tokenizer: &'a Tokenizer,
    aliases: Aliases<'a>,
    wanted: Vec<Wanted>,
}

impl Compiler<'_> {
    fn group(&mut self, group: &Group, column: Option<Column>, shown: bool) -> Result<String, QueryError> {
        let (mut must, mut must_not) = (Vec::new(), Vec::new());
        for part in &group.parts {
            let mut choices = Vec::new();
            for unit in &part.choices {
                choices.extend(self.unit(unit, column, shown && !part.exclude)?);
            }
            // Of "카카오톡 이 결제" the particle is no condition; of a choice it would be all.
            if choices.len() < part.choices.len() {
                if part.exclude || part.choices.len() > 1 {
                    return wrong(part.position, "this is only a particle or an ending, which no index holds");
                }
                continue;
            }
            let any = choices.join(" OR ");
            if part.exclude { must_not.push(any) } else { must.push(format!("({any})")) }
        }
        if must.is_empty() {
            return wrong(group.position, "there are only particles and endings, which no index holds; add a noun or a verb");
        }
        let must = must.join(" AND ");
        Ok(if must_not.is_empty() { must } else { format!("({must}) NOT ({})", must_not.join(" OR ")) })
    }

    /// `None`: it asks for nothing.
    fn unit(&mut self, unit: &Unit, column: Option<Column>, shown: bool) -> Result<Option<String>, QueryError> {
        if let (Some(outer), Some(inner)) = (column, unit.column)
            && outer != inner
        {
            return wrong(unit.position, "this field stands within the other field");
        }
        let column = unit.column.or(column);
        let mut alternatives = match &unit.what {
            What::Group(group) => return Ok(Some(format!("({})", self.group(group, column, shown)?))),
            What::Phrase(phrase) => {
                let words: Vec<String> = words::words(self.tokenizer, phrase).into_iter().map(|w| w.text).collect();
                Vec::from_iter((!words.is_empty()).then_some(words))
            }
            What::Word(word) => words::analyses(self.tokenizer, word),
        };
        if alternatives.is_empty() {
            let (What::Word(text) | What::Phrase(text)) = &unit.what else { return Ok(None) };
            if !text.contains(char::is_alphanumeric) {
                return wrong(unit.position, format!("`{}` has neither letter nor digit", text.escape_debug()));
            }
            return Ok(None);
        }
        if let What::Word(word) = &unit.what {
            for name in (self.aliases)(words::stem(self.tokenizer, word)) {
                for words in words::analyses(self.tokenizer, &name) {
                    if !alternatives.contains(&words) {
                        alternatives.push(words);
                    }
                }
            }
        }
        let filter = match column {
            Some(Column::Title) => "{title} : ",
            Some(Column::Text) => "{text} : ",
            None => "",
        };
        let phrases: Vec<String> = alternatives.iter().map(|words| format!("\"{}\"", words.join(" ").replace('"', ""))).collect();
        if shown {
            let (title, text) = (column != Some(Column::Text), column != Some(Column::Title));
            self.wanted.extend(alternatives.into_iter().map(|words| Wanted { words, title, text }));
        }
        Ok(Some(format!("{filter}({})", phrases.join(" OR "))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::korean::token::tests::TOKENIZER;

    fn compiled(text: &str) -> Result<String, QueryError> {
        let aliases = |name: &str| if name == "카톡" { vec!["카카오톡".to_owned()] } else { vec![] };
        Ok(text.parse::<SearchWords>()?.compile(&TOKENIZER, &aliases)?.expression)
    }

    #[test]
    fn queries_are_understood() {
        for (text, expected) in [
            ("kt", r#"(("kt"))"#),
            ("접속장애가 kt", r#"(("접속 장애")) AND (("kt"))"#),
            (r#""접속 장애" -mbc"#, r#"((("접속 장애"))) NOT (("mbc"))"#),
            ("kt OR lg sk", r#"(("kt") OR ("lg")) AND (("sk"))"#),
            ("kt|lg", r#"(("kt") OR ("lg"))"#),
            ("title:kt", r#"({title} : ("kt"))"#),
            ("text:(kt -sk)", r#"(((({text} : ("kt"))) NOT ({text} : ("sk"))))"#),
            ("kt -(sk OR mbc)", r#"((("kt"))) NOT (((("sk") OR ("mbc"))))"#),
            ("카톡이 kt", r#"(("카 톡" OR "카카오 톡")) AND (("kt"))"#),
            (r#""카톡""#, r#"(("카 톡"))"#),
            ("https://a.example/", r#"(("https a example"))"#),
            ("e-mail NOT near", r#"(("e mail")) AND (("not")) AND (("near"))"#),
            ("sk 는 kt", r#"(("sk")) AND (("kt"))"#),
        ] {
            assert_eq!(compiled(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults_name_the_character() {
        for (text, position, part) in [
            ("", 1, "no word"),
            ("   ", 1, "no word"),
            ("-kt", 1, "only leaves out"),
            ("kt \"접속", 4, "never closed"),
            ("kt (접속", 4, "never closed"),
            ("kt)", 3, "closes nothing"),
            ("kt (", 4, "never closed"),
            ("kt ()", 4, "no word"),
            ("OR kt", 1, "between two"),
            ("kt OR", 6, "missing"),
            ("kt OR -sk", 4, "brackets"),
            ("kt --sk", 5, "one `-`"),
            ("kt - sk", 4, "nothing follows"),
            ("kt titel:sk", 4, "no field `titel`"),
            ("title:text:sk", 7, "one field"),
            ("title:-sk", 7, "before the field"),
            ("title: sk", 1, "nothing follows"),
            ("title:(text:sk)", 8, "within"),
            ("!!", 1, "neither letter"),
            ("kt \"\"", 4, "neither letter"),
            ("는", 1, "only particles"),
            ("kt OR 는", 1, "particle"),
        ] {
            let error = compiled(text).expect_err(text);
            assert_eq!((error.position, error.message.contains(part)), (position, true), "{text}: {error}");
        }
        assert!(compiled(&"(".repeat(100)).unwrap_err().message.contains("deep"));
        assert!(compiled(&"a ".repeat(100)).unwrap_err().message.contains("64 words"));
        assert!(compiled(&"a ".repeat(30)).is_ok());
        assert!(compiled(&format!("{}a", " ".repeat(3000))).unwrap_err().message.contains("2000 characters"));
    }

    proptest! {
        #[test]
        fn any_input_is_a_query_or_an_error(text in "(\\PC|[-()\"|: ]|OR|title:|kt|는|[가-힣]{1,4}){0,30}") {
            if let Err(error) = compiled(&text) {
                prop_assert!(error.position >= 1 && error.position <= text.chars().count() + 1, "{}: {}", text, error);
            }
        }
    }
}
