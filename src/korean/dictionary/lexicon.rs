//! The files of a dictionary → a dictionary directory that lindera opens.
//!
//! The words are written here rather than by lindera's own builder, in lindera's format, so that those which a left space makes
//! dearer (particles, endings) get the first ids: lindera weighs the spaces by a table over word ids that it fills when it opens, and
//! ten thousand of 816,283 entries then suffice (see [`super::super::token`]). Definitions, trie and metadata are lindera's work.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use lindera::dictionary::{Dictionary, DictionaryBuilder, Metadata};
use lindera_dictionary::dictionary::metadata::DICTIONARY_FORMAT_VERSION;
use lindera_dictionary::dictionary::prefix_dictionary::PrefixDictionary;
use lindera_dictionary::viterbi::{LexType, WordEntry, WordId};
use serde::{Deserialize, Serialize};

use super::decompile::{self, Entry};
use super::error::DictionaryError;
use super::progress::Progress;
use super::source::{Files, Material};

/// What the files below look like to lindera; another number means that [`write_words`] and [`decompile::matrix`] must be looked at.
const _: () = assert!(DICTIONARY_FORMAT_VERSION == 2);

/// How many bytes an entry of `dict.vals` has: word id, cost, left id, right id.
const VALUE: usize = 10;

/// ko-dic as lindera describes it; the space penalty is `left-space-penalty-factor` of mecab-ko-dic's dicrc by first tag.
const METADATA: &str = r#"{
  "name": "ko-dic", "encoding": "UTF-8",
  "default_word_cost": -10000, "default_left_context_id": 0, "default_right_context_id": 0, "default_field_value": "*",
  "flexible_csv": false, "skip_invalid_cost_or_id": false, "normalize_details": false,
  "dictionary_schema": {"fields": ["surface", "left_context_id", "right_context_id", "cost", "part_of_speech_tag", "meaning",
    "presence_absence", "reading", "type", "first_part_of_speech", "last_part_of_speech", "expression"]},
  "user_dictionary_schema": {"fields": ["surface", "part_of_speech_tag", "reading"]},
  "space_penalty": {"rules": [
    {"pos": ["EC", "EF", "EP", "ETM", "ETN", "VCP", "XSA", "XSN", "XSV"], "cost": 3000},
    {"pos": ["JC", "JKB", "JKC", "JKG", "JKO", "JKQ", "JKS", "JKV", "JX"], "cost": 6000}]}
}"#;

/// Where words of one tag and ending stand in the connection matrix, and what they usually cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The left context id that most of them have.
    pub left: u16,
    /// The right context id that most of them have.
    pub right: u16,
    /// The median of their costs.
    pub cost: i16,
}

/// What a dictionary directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// How many entries.
    pub entries: usize,
    /// No word with this id or a higher one is made dearer by a space before it.
    pub penalised: usize,
    /// By tag, and by whether the last syllable has a final consonant (`NNP/T`, `NNP/F`, `SF/*`).
    pub contexts: BTreeMap<String, Context>,
}

/// Builds the dictionary into `out`; `scratch` takes the intermediate files.
pub(super) fn build(material: &Material, scratch: &Path, out: &Path, progress: &dyn Progress) -> Result<Facts, DictionaryError> {
    match material {
        Material::Compiled(files) => {
            progress.step("decompiling ko-dic", None);
            let entries = decompile::entries("sys.dic", &files["sys.dic"])?;
            let definitions = Files::from([
                ("char.def".to_owned(), decompile::char_def("char.bin", &files["char.bin"])?.into_bytes()),
                ("unk.def".to_owned(), decompile::unk_def("unk.dic", &files["unk.dic"])?.into_bytes()),
            ]);
            progress.step("building ko-dic for lindera", None);
            write(&out.join("matrix.mtx"), &decompile::matrix("matrix.bin", &files["matrix.bin"])?)?;
            build_definitions(&definitions, scratch, out)?;
            write_words(entries, out)?;
        }
        Material::Source(files) => {
            progress.step("building ko-dic for lindera", None);
            let entries = csv_entries(files)?;
            build_definitions(files, scratch, out)?;
            builder(out)?.build_connection_cost_matrix(scratch, out, None).map_err(DictionaryError::lindera("build", out))?;
            write_words(entries, out)?;
        }
        Material::Lindera(files) => {
            progress.step("copying the dictionary", None);
            for (name, bytes) in files {
                write(&out.join(name), bytes)?;
            }
        }
    }
    progress.step("checking the dictionary", None);
    inspect(out)
}

fn metadata(dir: &Path) -> Result<Metadata, DictionaryError> {
    Metadata::load(METADATA.as_bytes()).map_err(DictionaryError::lindera("build", dir))
}

fn builder(dir: &Path) -> Result<DictionaryBuilder, DictionaryError> {
    metadata(dir).map(DictionaryBuilder::new)
}

fn build_definitions(files: &Files, scratch: &Path, out: &Path) -> Result<(), DictionaryError> {
    for name in ["char.def", "unk.def", "matrix.def"] {
        if let Some(bytes) = files.get(name) {
            write(&scratch.join(name), bytes)?;
        }
    }
    // lindera takes a line of unk.def apart without looking how many fields it has.
    let unknown = String::from_utf8_lossy(&files["unk.def"]);
    if let Some(line) = unknown.lines().find(|line| line.split(',').count() < 5) {
        return Err(DictionaryError::corrupt("unk.def", format!("`{line}` has fewer than five fields")));
    }
    let failed = || DictionaryError::lindera("build", out);
    let builder = builder(out)?;
    builder.build_metadata(out, None).map_err(failed())?;
    let characters = builder.build_character_definition(scratch, out).map_err(failed())?;
    if characters.category_definitions.len() != characters.category_names.len() {
        return Err(DictionaryError::corrupt("char.def", "a range has a category that is defined nowhere, or one is defined twice"));
    }
    builder.build_unknown_dictionary(scratch, out, &characters, None).map_err(failed())
}

fn csv_entries(files: &Files) -> Result<Vec<Entry<'static>>, DictionaryError> {
    let mut entries = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".csv")) {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
        for row in reader.records() {
            let row = row.map_err(|e| DictionaryError::corrupt(name, e.to_string()))?;
            let wrong =
                |reason: &str| DictionaryError::corrupt(name, format!("line {}: {reason}", row.position().map_or(0, csv::Position::line)));
            if row.len() < 5 {
                return Err(wrong("fewer than five fields"));
            }
            entries.push(Entry {
                surface: row[0].to_owned(),
                left: row[1].trim().parse().map_err(|_| wrong("the left context id is no number"))?,
                right: row[2].trim().parse().map_err(|_| wrong("the right context id is no number"))?,
                cost: row[3].trim().parse().map_err(|_| wrong("the cost is no number"))?,
                feature: Cow::Owned(row.iter().skip(4).collect::<Vec<_>>().join(",")),
            });
        }
    }
    entries.sort_by(|a, b| a.surface.cmp(&b.surface));
    Ok(entries)
}

/// Writes `dict.trie`, `dict.valsidx`, `dict.vals`, `dict.words` and `dict.wordsidx` of entries that are ordered by surface.
fn write_words(entries: Vec<Entry<'_>>, out: &Path) -> Result<(), DictionaryError> {
    let metadata = metadata(out)?;
    let penalty = |entry: &Entry<'_>| {
        let tag = entry.feature.split(',').next().unwrap_or_default();
        metadata.space_penalty.as_ref().is_some_and(|rules| rules.cost_for_tag(tag) != 0)
    };
    let mut order: Vec<u32> = (0..entries.len() as u32).collect();
    order.sort_by_key(|i| !penalty(&entries[*i as usize]));
    let mut ids = vec![0u32; entries.len()];
    let (mut words, mut words_index) = (Vec::new(), Vec::with_capacity(entries.len() * 4));
    for (id, entry) in order.iter().enumerate() {
        ids[*entry as usize] = id as u32;
        let details = entries[*entry as usize].feature.replace(',', "\0");
        words_index.extend((words.len() as u32).to_le_bytes());
        words.extend((details.len() as u32).to_le_bytes());
        words.extend(details.as_bytes());
    }
    write(&out.join("dict.words"), &words)?;
    write(&out.join("dict.wordsidx"), &words_index)?;
    drop((words, words_index, order));

    let mut surfaces = BTreeMap::<String, Vec<WordEntry>>::new();
    for (entry, id) in entries.into_iter().zip(ids) {
        // A few surfaces of ko-dic end in a space, which no token does.
        let surface = entry.surface.trim();
        if !surface.is_empty() {
            let value = WordEntry::new(WordId::new(LexType::System, id), entry.cost, entry.left, entry.right);
            surfaces.entry(surface.to_owned()).or_default().push(value);
        }
    }
    let (trie, index) = PrefixDictionary::serialize_trie(&surfaces).map_err(DictionaryError::lindera("build", out))?;
    let mut values = Vec::with_capacity(surfaces.len() * VALUE);
    for value in surfaces.values().flatten() {
        values.extend(value.word_id().id().to_le_bytes());
        values.extend(value.word_cost().to_le_bytes());
        values.extend((value.left_id() as u16).to_le_bytes());
        values.extend((value.right_id() as u16).to_le_bytes());
    }
    write(&out.join("dict.trie"), &trie)?;
    write(&out.join("dict.valsidx"), &index)?;
    write(&out.join("dict.vals"), &values)
}

/// Opens what was built and looks at every entry: its ids must lie inside the matrix, or lindera would panic on a sentence.
fn inspect(dir: &Path) -> Result<Facts, DictionaryError> {
    let dictionary = Dictionary::load_from_path(dir).map_err(DictionaryError::lindera("open", dir))?;
    let damaged = |reason: String| DictionaryError::Damaged { dir: dir.to_owned(), reason };
    let matrix = &dictionary.connection_cost_matrix;
    let outside = |left: u32, right: u32| left >= matrix.backward_size || right >= matrix.forward_size;
    if dictionary.unknown_dictionary.costs.iter().any(|e| outside(e.left_id(), e.right_id())) {
        return Err(damaged("an entry for unknown words points outside the matrix".to_owned()));
    }
    if dictionary.metadata.dictionary_schema.get_custom_field_index("part_of_speech_tag") != Some(0)
        || dictionary.metadata.dictionary_schema.get_custom_field_index("expression") != Some(7)
    {
        return Err(damaged("its words do not have the fields of ko-dic".to_owned()));
    }
    let words = dictionary.prefix_dictionary.word_count();
    let mut penalised = 0;
    let mut entries = 0;
    let mut seen = HashMap::<(&str, &str), (HashMap<(u16, u16), usize>, Vec<i16>)>::new();
    for value in dictionary.prefix_dictionary.vals_data.as_chunks::<VALUE>().0 {
        let id = u32::from_le_bytes([value[0], value[1], value[2], value[3]]) as usize;
        let cost = i16::from_le_bytes([value[4], value[5]]);
        let (left, right) = (u16::from_le_bytes([value[6], value[7]]), u16::from_le_bytes([value[8], value[9]]));
        if outside(left.into(), right.into()) || id >= words {
            return Err(damaged(format!("entry {entries} points outside the dictionary")));
        }
        entries += 1;
        let mut details = dictionary.word_details_iter(id);
        let tag = details.next().unwrap_or_default();
        if dictionary.metadata.space_penalty.as_ref().is_some_and(|rules| rules.cost_for_tag(tag) != 0) {
            penalised = penalised.max(id + 1);
        }
        if !tag.contains('+') {
            let last = details.nth(1).unwrap_or("*");
            let (ids, costs) = seen.entry((tag, last)).or_default();
            *ids.entry((left, right)).or_default() += 1;
            costs.push(cost);
        }
    }
    if entries == 0 {
        return Err(damaged("it has no entry".to_owned()));
    }
    let contexts = seen.into_iter().filter_map(|((tag, last), (ids, mut costs))| {
        let ((left, right), _) = ids.into_iter().max_by_key(|(ids, count)| (*count, std::cmp::Reverse(*ids)))?;
        let middle = costs.len() / 2;
        let cost = *costs.select_nth_unstable(middle).1;
        Some((format!("{tag}/{last}"), Context { left, right, cost }))
    });
    let contexts = contexts.collect();
    Ok(Facts { entries, penalised, contexts })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), DictionaryError> {
    fs::write(path, bytes).map_err(DictionaryError::io("write", path))
}
