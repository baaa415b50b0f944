//! Text → morphemes.
//!
//! A [`Tokenizer`] holds the memory-mapped dictionary, opens in milliseconds and may be shared between threads. Tokens borrow their
//! surface from the text and their details from the dictionary; nothing is copied. Tokens come in order, never overlap, never
//! hold white space at their edges, and cover every other character. A line is segmented by itself, a very long one in pieces of
//! at most 8 KB, so only the tokens grow with the text, not the lattice. What is a name, a symptom or a time is not decided here.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lindera::dictionary::{Dictionary, DictionaryBuilder, Lattice, Metadata, UserDictionary};
use lindera::mode::Mode;
use lindera::space_penalty::SpacePenaltyTable;
use lindera_dictionary::viterbi::{LatticeOptions, LexType, WordId};

use super::dictionary::{Context, DictionaryError, Manifest, read_manifest};

/// lindera's lattice grows with the sentence it is given, so no sentence is longer than this many bytes.
const LONGEST_PIECE: usize = 8 << 10;
/// How many idle lattices are kept for the next text; one a thread that tokenizes at the same time.
const IDLE_LATTICES: usize = 64;

macro_rules! parts_of_speech {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        /// A part of speech of the Sejong tag set, as mecab-ko-dic writes it.
        #[allow(clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Pos {
            $($(#[$meta])* $name,)+
            /// A word that the dictionary does not know, or a tag that this list does not.
            Unknown,
        }

        impl Pos {
            fn parse(tag: &str) -> Pos {
                match tag {
                    $(stringify!($name) => Pos::$name,)+
                    _ => Pos::Unknown,
                }
            }

            /// The tag as the dictionary writes it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Pos::$name => stringify!($name),)+
                    Pos::Unknown => "UNKNOWN",
                }
            }
        }
    };
}

parts_of_speech! {
    /// Common noun.
    NNG,
    /// Proper noun.
    NNP,
    /// Bound noun.
    NNB,
    /// Bound noun that counts (시간, 명, 원).
    NNBC,
    /// Numeral.
    NR,
    /// Pronoun.
    NP,
    /// Verb.
    VV,
    /// Adjective.
    VA,
    /// Auxiliary predicate.
    VX,
    /// Copula 이다.
    VCP,
    /// Negative copula 아니다.
    VCN,
    /// Determiner.
    MM,
    /// Adverb.
    MAG,
    /// Conjunctive adverb.
    MAJ,
    /// Interjection.
    IC,
    /// Subject particle.
    JKS,
    /// Complement particle.
    JKC,
    /// Genitive particle.
    JKG,
    /// Object particle.
    JKO,
    /// Adverbial particle.
    JKB,
    /// Vocative particle.
    JKV,
    /// Quotative particle.
    JKQ,
    /// Auxiliary particle (은, 도, 까지).
    JX,
    /// Conjunctive particle.
    JC,
    /// Ending before the final one (었, 겠).
    EP,
    /// Final ending.
    EF,
    /// Connective ending.
    EC,
    /// Ending that makes a noun.
    ETN,
    /// Ending that makes a determiner.
    ETM,
    /// Noun prefix.
    XPN,
    /// Suffix that makes a noun.
    XSN,
    /// Suffix that makes a verb.
    XSV,
    /// Suffix that makes an adjective.
    XSA,
    /// Root.
    XR,
    /// Full stop, question mark, exclamation mark.
    SF,
    /// Ellipsis.
    SE,
    /// Opening bracket.
    SSO,
    /// Closing bracket.
    SSC,
    /// Separator (, · / :).
    SC,
    /// Any other symbol.
    SY,
    /// Foreign letters.
    SL,
    /// Chinese characters.
    SH,
    /// Digits.
    SN,
    /// White space.
    SP,
}

impl Pos {
    /// NNG, NNP, NNB, NNBC, NR, NP.
    pub fn is_noun(self) -> bool {
        matches!(self, Pos::NNG | Pos::NNP | Pos::NNB | Pos::NNBC | Pos::NR | Pos::NP)
    }

    /// VV, VA, VX, VCP, VCN, XSV, XSA: what has endings.
    pub fn is_predicate(self) -> bool {
        matches!(self, Pos::VV | Pos::VA | Pos::VX | Pos::VCP | Pos::VCN | Pos::XSV | Pos::XSA)
    }

    /// JKS … JC.
    pub fn is_particle(self) -> bool {
        matches!(self, Pos::JKS | Pos::JKC | Pos::JKG | Pos::JKO | Pos::JKB | Pos::JKV | Pos::JKQ | Pos::JX | Pos::JC)
    }

    /// EP, EF, EC, ETN, ETM.
    pub fn is_ending(self) -> bool {
        matches!(self, Pos::EP | Pos::EF | Pos::EC | Pos::ETN | Pos::ETM)
    }

    /// SF … SY: punctuation and other symbols, not letters or digits.
    pub fn is_symbol(self) -> bool {
        matches!(self, Pos::SF | Pos::SE | Pos::SSO | Pos::SSC | Pos::SC | Pos::SY)
    }
}

impl fmt::Display for Pos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A token's tag: one part of speech, or several where one surface holds several morphemes (`VV+EP` for 갔).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag<'a>(&'a str);

impl<'a> Tag<'a> {
    /// The tag as the dictionary writes it.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Its parts of speech, in order.
    pub fn parts(self) -> impl Iterator<Item = Pos> + 'a {
        self.0.split('+').map(Pos::parse)
    }

    /// The first part of speech.
    pub fn first(self) -> Pos {
        Pos::parse(self.0.split('+').next().unwrap_or_default())
    }

    /// The last part of speech.
    pub fn last(self) -> Pos {
        Pos::parse(self.0.rsplit('+').next().unwrap_or_default())
    }

    /// Whether it has this part of speech anywhere.
    pub fn has(self, pos: Pos) -> bool {
        self.parts().any(|p| p == pos)
    }
}

impl PartialEq<Pos> for Tag<'_> {
    /// Whether the tag is this part of speech and nothing else.
    fn eq(&self, pos: &Pos) -> bool {
        self.0 == pos.as_str()
    }
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A morpheme, or several fused into one surface.
#[derive(Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// What stands there.
    pub surface: &'a str,
    /// What it is.
    pub tag: Tag<'a>,
    /// The dictionary's fields after the tag, NUL between them.
    details: &'a str,
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.surface, self.tag, self.range.start)
    }
}

impl<'a> Token<'a> {
    /// The dictionary form: of a predicate the stem with 다 (갔 → 가다, 했 → 하다), of a fused noun the noun, else the surface.
    pub fn lemma(&self) -> Cow<'a, str> {
        let (stem, pos) = match self.inflected() {
            Some(first) => first,
            None => (self.surface, self.tag.first()),
        };
        if pos.is_predicate() {
            Cow::Owned([stem, "다"].concat())
        } else if pos.is_noun() {
            Cow::Borrowed(stem)
        } else {
            Cow::Borrowed(self.surface)
        }
    }

    /// The morphemes that the dictionary splits the surface into, where it says so (카카오톡 → 카카오, 톡; 갔 → 가, 았).
    pub fn morphemes(&self) -> impl Iterator<Item = (&'a str, Pos)> + 'a {
        self.expression().split('+').filter_map(morpheme)
    }

    /// What kind of noun it is, in the dictionary's words (`인명`, `지명`, `행위`), where it says so.
    pub fn meaning(&self) -> Option<&'a str> {
        self.field(0).filter(|meaning| *meaning != "*")
    }

    fn inflected(&self) -> Option<(&'a str, Pos)> {
        if self.field(3) != Some("Inflect") {
            return None;
        }
        self.expression().split('+').next().and_then(morpheme)
    }

    fn expression(&self) -> &'a str {
        self.field(6).unwrap_or_default()
    }

    /// Fields after the tag: meaning, final consonant, reading, type, first tag, last tag, expression.
    fn field(&self, index: usize) -> Option<&'a str> {
        self.details.split('\0').nth(index)
    }
}

/// `가/VV/*` → 가, VV.
fn morpheme(part: &str) -> Option<(&str, Pos)> {
    let mut fields = part.split('/');
    let surface = fields.next().filter(|s| !s.is_empty())?;
    Some((surface, Pos::parse(fields.next()?)))
}

/// Segments Korean text by ko-dic, and by the user's words where there are any.
pub struct Tokenizer {
    dictionary: Dictionary,
    user: Option<UserDictionary>,
    /// The details of each user word, as the dictionary writes them.
    user_details: Vec<String>,
    mode: Mode,
    spaces: Option<SpacePenaltyTable>,
    idle: Mutex<Vec<Lattice>>,
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("user_words", &self.user_details.len()).finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Opens the dictionary in `dir`, as [`ensure`](super::dictionary::ensure) returns it, with the words that come with meoktong.
    pub fn open(dir: &Path) -> Result<Tokenizer, DictionaryError> {
        Tokenizer::open_with_words(dir, Some(include_str!("../../dictionaries/words.csv")))
    }

    /// Opens the dictionary with user words: rows of `surface,tag,reading[,cost[,left id,right id]]`, `#` begins a comment.
    ///
    /// A row without a cost costs what words of its tag usually cost, so it competes with the dictionary's words instead of winning
    /// wherever its letters stand; a lower cost wins more often. Context ids default to those that words of its tag usually have.
    pub fn open_with_words(dir: &Path, words: Option<&str>) -> Result<Tokenizer, DictionaryError> {
        let manifest = read_manifest(dir)?;
        let dictionary = Dictionary::load_from_path(dir).map_err(lindera("open", dir))?;
        let (user, user_details) = match words {
            Some(words) => user_dictionary(words, &dictionary, &manifest, dir)?,
            None => (None, Vec::new()),
        };
        let spaces = match &dictionary.metadata.space_penalty {
            Some(rules) => {
                // Only the first words are weighed, so the table need not be filled for the others.
                let mut first = dictionary.clone();
                let mut words = (*first.prefix_dictionary).clone();
                let length = words.words_idx_data.len().min(manifest.penalised.saturating_mul(4));
                words.words_idx_data = words.words_idx_data[..length].to_vec().into();
                first.prefix_dictionary = Arc::new(words);
                Some(SpacePenaltyTable::build(rules, &first, user.as_ref()).map_err(lindera("open", dir))?)
            }
            None => None,
        };
        Ok(Tokenizer { dictionary, user, user_details, mode: Mode::Normal, spaces, idle: Mutex::default() })
    }

    /// The morphemes of a text.
    pub fn tokenize<'a>(&'a self, text: &'a str) -> Vec<Token<'a>> {
        self.tokenize_range(text, 0..text.len())
    }

    /// The morphemes of a part of a text; their ranges count from the beginning of the whole text.
    ///
    /// A range that ends inside a character or outside the text is narrowed to whole characters.
    pub fn tokenize_range<'a>(&'a self, text: &'a str, range: Range<usize>) -> Vec<Token<'a>> {
        let end = boundary_before(text, range.end);
        let start = (range.start..end).find(|at| text.is_char_boundary(*at)).unwrap_or(end);
        let Some(part) = text.get(start..end) else { return Vec::new() };
        let mut lattice = self.idle().pop().unwrap_or_default();
        let mut offsets = Vec::new();
        let mut tokens = Vec::with_capacity(part.len() / 5);
        for piece in pieces(part) {
            let base = start + piece.start;
            self.segment(&part[piece], base, &mut lattice, &mut offsets, &mut tokens);
        }
        let mut idle = self.idle();
        if idle.len() < IDLE_LATTICES {
            idle.push(lattice);
        }
        tokens
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Lattice>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn segment<'a>(
        &'a self,
        piece: &'a str,
        base: usize,
        lattice: &mut Lattice,
        offsets: &mut Vec<(usize, WordId)>,
        tokens: &mut Vec<Token<'a>>,
    ) {
        let mut options = LatticeOptions::new(&self.mode);
        options.space_penalty = self.spaces.as_ref();
        let dictionary = &self.dictionary;
        lattice.set_text_with_options(
            &dictionary.prefix_dictionary,
            &self.user.as_ref().map(|user| &user.dict),
            &dictionary.character_definition,
            &dictionary.unknown_dictionary,
            &dictionary.connection_cost_matrix,
            piece,
            &options,
        );
        lattice.tokens_offset_into(offsets);
        if offsets.first().is_none_or(|(start, _)| *start != 0) {
            // No way through the lattice: no dictionary we build has such a piece, but one from elsewhere may.
            offsets.insert(0, (0, WordId::new(LexType::Unknown, u32::MAX)));
        }
        for (i, (start, word)) in offsets.iter().enumerate() {
            let end = offsets.get(i + 1).map_or(piece.len(), |next| next.0);
            let Some(surface) = piece.get(*start..end) else { continue };
            let trimmed = surface.trim_start();
            let start = base + start + (surface.len() - trimmed.len());
            let surface = trimmed.trim_end();
            if !surface.is_empty() {
                let (tag, details) = self.details(*word).split_once('\0').unwrap_or(("UNKNOWN", ""));
                tokens.push(Token { range: start..start + surface.len(), surface, tag: Tag(tag), details });
            }
        }
    }

    /// The NUL-joined fields of a word; empty where the dictionary has none.
    fn details(&self, word: WordId) -> &str {
        let id = word.id() as usize;
        match word.lex_type() {
            LexType::System => {
                let words = &self.dictionary.prefix_dictionary;
                let offset = words.words_idx_data.as_chunks::<4>().0.get(id).map(|bytes| u32::from_le_bytes(*bytes));
                offset.and_then(|offset| packed(&words.words_data, offset))
            }
            LexType::User => self.user_details.get(id).map(String::as_str),
            LexType::Unknown => {
                let words = &self.dictionary.unknown_dictionary;
                words.words_idx_data.get(id).and_then(|offset| packed(&words.words_data, *offset))
            }
        }
        .unwrap_or_default()
    }
}

/// A string with its length before it, at an offset.
fn packed(data: &[u8], offset: u32) -> Option<&str> {
    let (length, rest) = data.get(offset as usize..)?.split_first_chunk::<4>()?;
    std::str::from_utf8(rest.get(..u32::from_le_bytes(*length) as usize)?).ok()
}

/// The lines of a text without their ends, long ones cut.
fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        while at < bytes.len() && matches!(bytes[at], b'\n' | b'\r') {
            at += 1;
        }
        if at == bytes.len() {
            return None;
        }
        let start = at;
        let window = &bytes[start..bytes.len().min(start + LONGEST_PIECE)];
        let line = window.iter().position(|b| matches!(b, b'\n' | b'\r'));
        at = match line {
            Some(length) => start + length,
            None if window.len() < LONGEST_PIECE => bytes.len(),
            None => start + cut(&text[start..boundary_before(text, start + LONGEST_PIECE)]),
        };
        Some(start..at)
    })
}

/// The last character boundary that is not after `at`.
fn boundary_before(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    // Offset 0 is a boundary, and no character is longer than four bytes.
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where to cut a piece that has no line end: after the last sentence, else after the last space, else where it ends.
fn cut(piece: &str) -> usize {
    let spaces = || piece.char_indices().rev().filter(|(_, c)| c.is_whitespace()).map(|(at, c)| at + c.len_utf8());
    let half = piece.len() / 2;
    let sentence = spaces().take_while(|at| *at > half).find(|at| piece[..*at].trim_end().ends_with(['.', '?', '!']));
    sentence.or_else(|| spaces().next()).unwrap_or(piece.len())
}

fn lindera(action: &'static str, dir: &Path) -> impl FnOnce(lindera::error::LinderaError) -> DictionaryError {
    let dir: PathBuf = dir.to_owned();
    move |cause| DictionaryError::Lindera { action, dir, cause: Box::new(cause) }
}

/// Builds lindera's user dictionary in memory, with the details of each of its words.
fn user_dictionary(
    words: &str,
    dictionary: &Dictionary,
    manifest: &Manifest,
    dir: &Path,
) -> Result<(Option<UserDictionary>, Vec<String>), DictionaryError> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut details = Vec::new();
    for (line, text) in (1..).zip(words.lines()) {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let wrong = |reason: String| DictionaryError::Words { line, reason };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut row = csv::StringRecord::new();
        reader.read_record(&mut row).map_err(|e| wrong(e.to_string()))?;
        if !matches!(row.len(), 3 | 4 | 6) {
            return Err(wrong(format!("it has {} fields", row.len())));
        }
        let (surface, tag, reading) = (&row[0], &row[1], &row[2]);
        if surface.is_empty() || surface.contains(['\0', '\n']) {
            return Err(wrong("the surface is empty or holds a control character".to_owned()));
        }
        let reading = if reading.is_empty() { surface } else { reading };
        let last = last_consonant(reading);
        let usual = usual(manifest, tag, last).ok_or_else(|| wrong(format!("`{tag}` is no tag of ko-dic (NNG, NNP, VV, …)")))?;
        let number = |index: usize, name: &str| {
            row.get(index).map(|n| n.parse::<i64>().map_err(|_| wrong(format!("`{n}` is no {name}")))).transpose()
        };
        let cost = number(3, "cost")?.unwrap_or(usual.cost.into());
        let cost = i16::try_from(cost).map_err(|_| wrong(format!("the cost {cost} is not between {} and {}", i16::MIN, i16::MAX)))?;
        let matrix = &dictionary.connection_cost_matrix;
        let context =
            |id: Option<i64>, usual: u16, size: u32, map: fn(&lindera_dictionary::dictionary::context_id_map::ContextIdMap, u16) -> u16| {
                let Some(id) = id else { return Ok(usual) };
                // An id outside the matrix would make lindera panic on the first sentence with the word.
                let id = u16::try_from(id)
                    .ok()
                    .filter(|id| u32::from(*id) < size)
                    .ok_or_else(|| wrong(format!("the context id {id} is not below {size}")))?;
                Ok(dictionary.metadata.context_id_map.as_ref().map_or(id, |mapping| map(mapping, id)))
            };
        let left = context(number(4, "context id")?, usual.left, matrix.backward_size, |m, id| m.map_left(id))?;
        let right = context(number(5, "context id")?, usual.right, matrix.forward_size, |m, id| m.map_right(id))?;
        let fields = [tag, "*", last, reading, "*", "*", "*", "*"];
        let (left, right, cost) = (left.to_string(), right.to_string(), cost.to_string());
        let record = [surface, &left, &right, &cost].into_iter().chain(fields);
        rows.write_record(record).map_err(|e| wrong(e.to_string()))?;
        details.push(fields.join("\0"));
    }
    if details.is_empty() {
        return Ok((None, details));
    }
    let rows = rows.into_inner().map_err(|e| DictionaryError::Words { line: 0, reason: e.to_string() })?;
    let metadata = Metadata::clone(&dictionary.metadata);
    let user = DictionaryBuilder::new(metadata).build_user_dict_from_reader(rows.as_slice()).map_err(lindera("build", dir))?;
    Ok((Some(user), details))
}

/// `T` where a reading ends in a final consonant, `F` where it does not, `*` where it ends in no Hangul syllable.
fn last_consonant(reading: &str) -> &'static str {
    match reading.chars().next_back() {
        Some(c @ '가'..='힣') if !(c as u32 - '가' as u32).is_multiple_of(28) => "T",
        Some('가'..='힣') => "F",
        _ => "*",
    }
}

fn usual(manifest: &Manifest, tag: &str, last: &str) -> Option<Context> {
    let of = |last: &str| manifest.contexts.get(&format!("{tag}/{last}")).copied();
    of(last).or_else(|| of("F")).or_else(|| of("T")).or_else(|| of("*"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::dictionary::{Silent, data_dir, ensure};
    use super::*;

    /// The installed dictionary's tokenizer, for tests of any room; installs the dictionary where it is missing.
    pub static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::open(&place()).unwrap());

    fn place() -> PathBuf {
        ensure(&data_dir().unwrap(), &Silent).unwrap()
    }

    fn tagged(text: &str) -> String {
        TOKENIZER.tokenize(text).iter().map(|t| format!("{}/{}", t.surface, t.tag)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn segments_news() {
        for (text, expected) in [
            ("카카오톡이 먹통이 됐다.", "카카오톡/NNP 이/JKS 먹통/NNG 이/JKS 됐/VV+EP 다/EF ./SF"),
            ("접속 장애가 발생했다.", "접속/NNG 장애/NNG 가/JKS 발생/NNG 했/XSV+EP 다/EF ./SF"),
            ("오후 1시 35분부터 20분가량", "오후/NNG 1/SN 시/NNBC 35/SN 분/NNBC 부터/JX 20/SN 분/NNBC 가량/NNG"),
            ("API 서버 3대가 멈췄다", "API/SL 서버/NNG 3/SN 대/NNBC 가/JKS 멈췄/VV+EP 다/EC"),
        ] {
            assert_eq!(tagged(text), expected);
        }
    }

    #[test]
    fn a_space_before_a_particle_makes_it_dear() {
        // Without the penalty of mecab-ko, 시 becomes an ending and 에서 stays a particle.
        assert!(tagged("서울 시 에서").contains("시/NNG"), "{}", tagged("서울 시 에서"));
    }

    #[test]
    fn lemmas_are_dictionary_forms() {
        for (text, surface, lemma) in [
            ("집에 갔다.", "갔", "가다"),
            ("접속이 안 됐다.", "됐", "되다"),
            ("복구했다.", "했", "하다"),
            ("밥을 먹었다.", "먹", "먹다"),
            ("일어났다.", "일어났", "일어나다"),
            ("친구를 도와 준다.", "도와", "돕다"),
            ("장애가 크다.", "장애", "장애"),
            ("장애가 크다.", "가", "가"),
            ("큰 장애", "큰", "크다"),
        ] {
            let tokens = TOKENIZER.tokenize(text);
            let token = tokens.iter().find(|t| t.surface == surface).unwrap_or_else(|| panic!("{surface} in {tokens:?}"));
            assert_eq!(token.lemma(), lemma, "{text}: {token:?}");
        }
    }

    #[test]
    fn tags_have_parts() {
        let tokens = TOKENIZER.tokenize("서버가 멈췄다");
        let stopped = tokens.iter().find(|t| t.surface == "멈췄").unwrap();
        assert_eq!(stopped.tag.parts().collect::<Vec<_>>(), [Pos::VV, Pos::EP]);
        assert!(stopped.tag.has(Pos::EP) && stopped.tag.first().is_predicate() && stopped.tag.last().is_ending());
        assert!(tokens[0].tag == Pos::NNG && stopped.tag != Pos::VV);
        assert_eq!(stopped.morphemes().collect::<Vec<_>>(), [("멈추", Pos::VV), ("었", Pos::EP)]);
        let app = &TOKENIZER.tokenize("카카오톡")[0];
        assert_eq!(app.morphemes().collect::<Vec<_>>(), [("카카오", Pos::NNG), ("톡", Pos::NNG)]);
    }

    #[test]
    fn ranges_count_from_the_beginning_of_the_text() {
        let text = "첫 줄\r\n  카카오톡이 멈췄다.\n\n끝";
        for token in TOKENIZER.tokenize(text) {
            assert_eq!(&text[token.range.clone()], token.surface);
        }
        let start = text.find("멈췄").unwrap();
        let tokens = TOKENIZER.tokenize_range(text, start..text.len());
        assert_eq!((tokens[0].range.start, tokens[0].surface), (start, "멈췄"));
        // Inside a character, backwards, outside.
        assert_eq!(TOKENIZER.tokenize_range("가나", 1..5).len(), 0);
        #[allow(clippy::reversed_empty_ranges)]
        let backwards = 4..2;
        assert!(TOKENIZER.tokenize_range("가나", backwards).is_empty());
        assert!(TOKENIZER.tokenize_range("가나", 7..90).is_empty());
    }

    #[test]
    fn user_words_compete_and_can_win() {
        let words = "# a comment\n먹통폰,NNG,먹통폰\n토스,NNP,토스\n";
        let with = Tokenizer::open_with_words(&place(), Some(words)).unwrap();
        let surfaces = |t: &Tokenizer, text: &str| t.tokenize(text).iter().map(|t| t.surface.to_owned()).collect::<Vec<_>>();
        assert_eq!(surfaces(&with, "먹통폰이 나왔다")[0], "먹통폰");
        assert_eq!(surfaces(&TOKENIZER, "먹통폰이 나왔다")[0], "먹통");
        // A user word at a usual cost leaves the longer word of the dictionary alone.
        assert_eq!(surfaces(&with, "토스트를 먹었다")[0], "토스트");
        let dear = Tokenizer::open_with_words(&place(), Some("먹통폰,NNG,먹통폰,32000,1780,3534\n")).unwrap();
        assert_eq!(surfaces(&dear, "먹통폰이 나왔다")[0], "먹통");
        let token = &with.tokenize("먹통폰이")[0];
        assert_eq!((token.tag.as_str(), token.lemma().as_ref()), ("NNG", "먹통폰"));
    }

    #[test]
    fn bad_user_words_name_the_line() {
        for (words, reason) in [
            ("가,NNG\n", "2 fields"),
            ("\n# comment\n가,없음,가\n", "line 3"),
            ("가,NNG,가,싸다\n", "no cost"),
            ("가,NNG,가,99999\n", "not between"),
            ("가,NNG,가,1,60000,1\n", "not below"),
            ("가,NNG,가,1,-1,1\n", "not below"),
            (",NNG,가\n", "empty"),
        ] {
            let message = Tokenizer::open_with_words(&place(), Some(words)).unwrap_err().to_string();
            assert!(message.contains(reason), "{words}: {message}");
        }
    }

    #[test]
    fn a_directory_without_a_dictionary_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Tokenizer::open(dir.path()), Err(DictionaryError::Damaged { .. })));
    }

    #[test]
    fn long_lines_are_cut_between_words() {
        let sentence = "카카오톡이 멈췄다. ";
        let text = sentence.repeat(2000);
        for piece in pieces(&text) {
            assert!(piece.len() <= LONGEST_PIECE && text[piece].ends_with(". "));
        }
        let once = TOKENIZER.tokenize(sentence).len();
        assert_eq!(TOKENIZER.tokenize(&text).len(), once * 2000);
        // Nowhere to cut.
        for unit in ["가", "a", "1", "漢", "😀", "\u{0}", "."] {
            let text = unit.repeat(30_000);
            let tokens = TOKENIZER.tokenize(&text);
            assert_eq!(tokens.iter().map(|t| t.surface.len()).sum::<usize>(), text.len(), "{unit}");
        }
    }

    #[test]
    fn threads_share_it() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&*TOKENIZER);
        let expected = tagged("접속 장애가 발생했다.");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(tagged("접속 장애가 발생했다."), expected));
            }
        });
    }

    proptest! {
        #[test]
        fn tokens_are_in_order_and_cover_all_but_spaces(text in "([가-힣]{1,6}|[ \t\r\n]|[a-z0-9]{1,4}|했다\\.|\\PC|.){0,60}") {
            let mut at = 0;
            for token in TOKENIZER.tokenize(&text) {
                prop_assert!(text[at..token.range.start].chars().all(char::is_whitespace));
                prop_assert_eq!(&text[token.range.clone()], token.surface);
                prop_assert!(!token.surface.is_empty() && token.surface.trim() == token.surface && !token.lemma().is_empty());
                at = token.range.end;
            }
            prop_assert!(text[at..].chars().all(char::is_whitespace));
        }
    }
}
