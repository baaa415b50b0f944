//! MeCab's compiled dictionary (version 102) → entries and definitions.
//!
//! `sys.dic` and `unk.dic` are a header of ten `u32` (the first is the file's size, masked), the charset in 32 bytes, a Darts double
//! array over the surfaces, the tokens of each surface, and the features as NUL-terminated strings. `char.bin` holds 32-byte names of
//! the character categories and a `u32` for each code point; `matrix.bin` two `u16` sizes and the `i16` costs. All numbers are
//! little-endian. Every offset that a file gives is checked: damaged bytes are an error, never a panic.

use std::borrow::Cow;
use std::fmt::Write;

use super::error::DictionaryError;

const MAGIC: u32 = 0xef71_8f77;
const VERSION: u32 = 102;
const HEADER: usize = 72;
const TOKEN: usize = 16;
/// No surface in any MeCab dictionary comes near; a longer walk up the double array is a loop.
const LONGEST_SURFACE: usize = 4096;

/// A word of the dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub surface: String,
    pub left: u16,
    pub right: u16,
    pub cost: i16,
    /// The fields after the cost, separated by commas or NULs as `separator` says.
    pub feature: Cow<'a, str>,
}

/// The entries of a compiled `sys.dic` or `unk.dic`, ordered by surface.
pub(super) fn entries<'a>(file: &str, bytes: &'a [u8]) -> Result<Vec<Entry<'a>>, DictionaryError> {
    let wrong = |reason: &str| DictionaryError::corrupt(file, reason);
    if bytes.len() < HEADER {
        return Err(wrong("it is shorter than its header"));
    }
    let header: Vec<u32> = bytes[..40].as_chunks().0.iter().map(|c| u32::from_le_bytes(*c)).collect();
    if (header[0] ^ MAGIC) as usize != bytes.len() {
        return Err(wrong(&format!("it has {} bytes, its header says {}", bytes.len(), header[0] ^ MAGIC)));
    }
    if header[1] != VERSION {
        return Err(wrong(&format!("it is of dictionary version {}, only {VERSION} is known", header[1])));
    }
    let charset = bytes[40..HEADER].split(|b| *b == 0).next().unwrap_or_default();
    if !charset.eq_ignore_ascii_case(b"utf-8") && !charset.eq_ignore_ascii_case(b"utf8") {
        return Err(wrong(&format!("its charset is {}, not UTF-8", String::from_utf8_lossy(charset))));
    }
    let [count, array, tokens, features] = [header[3], header[6], header[7], header[8]].map(|n| n as usize);
    if array.checked_add(tokens).and_then(|n| n.checked_add(features)).and_then(|n| n.checked_add(HEADER)) != Some(bytes.len()) {
        return Err(wrong("the sizes in its header do not add up to the file"));
    }
    let (array, rest) = bytes[HEADER..].split_at(array);
    let (tokens, features) = rest.split_at(tokens);
    let surfaces = DoubleArray::read(array).ok_or_else(|| wrong("its double array has no root or two states at one place"))?;
    let tokens = tokens.as_chunks::<TOKEN>().0;

    let mut entries = Vec::with_capacity(count.min(tokens.len()));
    for (state, value) in surfaces.terminals() {
        let surface = surfaces.key(state).ok_or_else(|| wrong("its double array has a state without a way to the root"))?;
        let surface = String::from_utf8(surface).map_err(|_| wrong("a surface is not UTF-8"))?;
        let (first, length) = ((value >> 8) as usize, (value & 0xff) as usize);
        let of_surface = tokens.get(first..first + length).ok_or_else(|| wrong("a surface points outside the tokens"))?;
        for token in of_surface {
            let u16_at = |at: usize| u16::from_le_bytes([token[at], token[at + 1]]);
            let start = u32::from_le_bytes([token[8], token[9], token[10], token[11]]) as usize;
            let feature = features.get(start..).ok_or_else(|| wrong("a token points outside the features"))?;
            let end = feature.iter().position(|b| *b == 0).ok_or_else(|| wrong("a feature does not end"))?;
            let feature = std::str::from_utf8(&feature[..end]).map_err(|_| wrong("a feature is not UTF-8"))?;
            entries.push(Entry {
                surface: surface.clone(),
                left: u16_at(0),
                right: u16_at(2),
                cost: u16_at(6).cast_signed(),
                feature: Cow::Borrowed(feature),
            });
        }
    }
    if entries.len() != count {
        return Err(wrong(&format!("it holds {} entries, its header says {count}", entries.len())));
    }
    entries.sort_by(|a, b| a.surface.cmp(&b.surface));
    Ok(entries)
}

/// A Darts double array, read from its leaves to its root: a state is named by its base, which no two states share.
struct DoubleArray {
    units: Vec<(i32, u32)>,
    state_of_base: Vec<u32>,
}

impl DoubleArray {
    fn read(bytes: &[u8]) -> Option<DoubleArray> {
        let units: Vec<(i32, u32)> = bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|u| (i32::from_le_bytes([u[0], u[1], u[2], u[3]]), u32::from_le_bytes([u[4], u[5], u[6], u[7]])))
            .collect();
        let mut state_of_base = vec![u32::MAX; units.len()];
        for (state, (base, _)) in units.iter().enumerate() {
            if *base <= 0 {
                continue;
            }
            let slot = state_of_base.get_mut(*base as usize)?;
            if *slot != u32::MAX {
                return None;
            }
            *slot = state as u32;
        }
        (units.first()?.0 > 0).then_some(DoubleArray { units, state_of_base })
    }

    /// The base of each state that ends a key, with the key's value.
    fn terminals(&self) -> impl Iterator<Item = (u32, u32)> {
        let leaves = self.units.iter().enumerate().skip(1);
        leaves.filter(|(at, (base, check))| *base < 0 && *at == *check as usize).map(|(_, (base, check))| (*check, !*base as u32))
    }

    /// The bytes on the way from the root to the state with this base.
    fn key(&self, mut base: u32) -> Option<Vec<u8>> {
        let root = self.units[0].0 as u32;
        let mut key = Vec::new();
        while base != root {
            let state = *self.state_of_base.get(base as usize)?;
            let (_, parent) = *self.units.get(state as usize)?;
            key.push(u8::try_from(state.checked_sub(parent)?.checked_sub(1)?).ok()?);
            if key.len() > LONGEST_SURFACE {
                return None;
            }
            base = parent;
        }
        key.reverse();
        Some(key)
    }
}

/// `matrix.bin` → lindera's `matrix.mtx`: the costs stand in the same order, only the header differs.
pub(super) fn matrix(file: &str, bytes: &[u8]) -> Result<Vec<u8>, DictionaryError> {
    let Some((header, costs)) = bytes.split_first_chunk::<4>() else {
        return Err(DictionaryError::corrupt(file, "it is shorter than its header"));
    };
    let (right, left) = (u16::from_le_bytes([header[0], header[1]]), u16::from_le_bytes([header[2], header[3]]));
    if usize::from(right) * usize::from(left) * 2 != costs.len() {
        return Err(DictionaryError::corrupt(file, format!("a matrix of {right} × {left} costs does not have {} bytes", costs.len())));
    }
    if i16::try_from(right.max(left)).is_err() {
        return Err(DictionaryError::corrupt(file, format!("a matrix of {right} × {left} is larger than lindera can hold")));
    }
    let mut out = Vec::with_capacity(costs.len() + 6);
    out.extend((-1i16).to_le_bytes());
    out.extend(header);
    out.extend(costs);
    Ok(out)
}

/// `char.bin` → `char.def`.
pub(super) fn char_def(file: &str, bytes: &[u8]) -> Result<String, DictionaryError> {
    let wrong = |reason: &str| DictionaryError::corrupt(file, reason);
    let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| wrong("it is shorter than its header"))?;
    let count = u32::from_le_bytes(*count) as usize;
    // A code point's categories are a mask of 18 bits.
    if count == 0 || count > 18 || rest.len() < count * 32 {
        return Err(wrong("its number of categories cannot be"));
    }
    let (names, points) = rest.split_at(count * 32);
    let names = names
        .as_chunks::<32>()
        .0
        .iter()
        .map(|name| std::str::from_utf8(name.split(|b| *b == 0).next().unwrap_or_default()).ok())
        .map(|name| name.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')))
        .collect::<Option<Vec<&str>>>()
        .ok_or_else(|| wrong("a category's name is no word"))?;
    let points: Vec<u32> = points.as_chunks().0.iter().map(|c| u32::from_le_bytes(*c)).collect();
    if points.len() != 0xffff {
        return Err(wrong("it does not describe 65535 code points"));
    }

    let default_of = |info: u32| (info >> 18 & 0xff) as usize;
    let mut out = String::new();
    for (category, name) in names.iter().enumerate() {
        // The three settings stand beside each code point; a category that is no code point's default has none and is never asked.
        let info = points.iter().copied().find(|info| default_of(*info) == category).unwrap_or(0);
        let _ = writeln!(out, "{name} {} {} {}", info >> 31, info >> 30 & 1, info >> 26 & 0xf);
    }
    let mut start = 0;
    for run in points.chunk_by(|a, b| a == b) {
        let (end, info) = (start + run.len() - 1, run[0]);
        let default = default_of(info);
        let mut categories: Vec<&str> = vec![names.get(default).ok_or_else(|| wrong("a code point has an unknown category"))?];
        categories.extend(names.iter().enumerate().filter(|(i, _)| *i != default && info >> i & 1 == 1).map(|(_, name)| *name));
        // Whatever no range names is DEFAULT.
        if categories != ["DEFAULT"] {
            let _ = writeln!(out, "0x{start:04X}..0x{end:04X} {}", categories.join(" "));
        }
        start = end + 1;
    }
    Ok(out)
}

/// `unk.dic` → `unk.def`.
pub(super) fn unk_def(file: &str, bytes: &[u8]) -> Result<String, DictionaryError> {
    let mut out = String::new();
    for entry in entries(file, bytes)? {
        let _ = writeln!(out, "{},{},{},{},{}", entry.surface, entry.left, entry.right, entry.cost, entry.feature);
    }
    Ok(out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A surface and its readings: left id, right id, cost, feature.
    pub type Word<'a> = (&'a str, &'a [(u16, u16, i16, &'a str)]);

    /// Compiles words as MeCab does, with a double array that finds a place for each state by trying.
    pub fn compile(words: &[Word<'_>]) -> Vec<u8> {
        let mut words = words.to_vec();
        words.sort_by_key(|w| w.0);
        let (mut tokens, mut features, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (_, readings) in &words {
            values.push(((tokens.len() / TOKEN) << 8 | readings.len()) as i32);
            for (left, right, cost, feature) in *readings {
                tokens.extend([left.to_le_bytes(), right.to_le_bytes(), 0u16.to_le_bytes(), cost.to_le_bytes()].concat());
                tokens.extend((features.len() as u32).to_le_bytes());
                tokens.extend(0u32.to_le_bytes());
                features.extend(feature.bytes().chain([0]));
            }
        }
        let keys: Vec<&[u8]> = words.iter().map(|w| w.0.as_bytes()).collect();
        let mut units = vec![(0i32, 0u32); 1 << 14];
        let mut bases = std::collections::BTreeSet::new();
        fn place(
            keys: &[&[u8]],
            values: &[i32],
            depth: usize,
            state: usize,
            units: &mut [(i32, u32)],
            bases: &mut std::collections::BTreeSet<usize>,
        ) {
            let code = |key: &[u8]| key.get(depth).map_or(0, |b| usize::from(*b) + 1);
            let mut codes: Vec<usize> = keys.iter().map(|k| code(k)).collect();
            codes.dedup();
            let base = (1..).find(|b| !bases.contains(b) && codes.iter().all(|c| b + c != 0 && units[b + c] == (0, 0))).unwrap();
            bases.insert(base);
            units[state].0 = base as i32;
            codes.iter().for_each(|c| units[base + c] = (i32::MAX, base as u32));
            for c in codes {
                let at: Vec<usize> = (0..keys.len()).filter(|i| code(keys[*i]) == c).collect();
                if c == 0 {
                    units[base].0 = -values[at[0]] - 1;
                } else {
                    place(&keys[at[0]..=at[at.len() - 1]], &values[at[0]..=at[at.len() - 1]], depth + 1, base + c, units, bases);
                }
            }
        }
        place(&keys, &values, 0, 0, &mut units, &mut bases);
        units.truncate(units.iter().rposition(|unit| *unit != (0, 0)).unwrap() + 1);
        let array: Vec<u8> = units.iter().flat_map(|(b, c)| [b.to_le_bytes(), c.to_le_bytes()].concat()).collect();
        let size = HEADER + array.len() + tokens.len() + features.len();
        let mut out = Vec::new();
        let numbers = [size as u32 ^ MAGIC, VERSION, 0, (tokens.len() / TOKEN) as u32, 1, 1, array.len() as u32, tokens.len() as u32];
        numbers.iter().chain(&[features.len() as u32, 0]).for_each(|n| out.extend(n.to_le_bytes()));
        out.extend(b"UTF-8".iter().chain(&[0; 27]));
        [array, tokens, features].iter().for_each(|part| out.extend(part));
        out
    }

    pub const WORDS: &[Word<'_>] = &[
        ("먹통", &[(1, 2, 2639, "NNG,*,T,먹통,*,*,*,*")]),
        ("먹", &[(3, 4, -100, "VV,*,T,먹,*,*,*,*"), (1, 2, 3000, "NNG,*,T,먹,*,*,*,*")]),
        ("장애", &[(1, 2, 803, "NNG,*,F,장애,*,*,*,*")]),
        (",", &[(1, 2, 1, "SC,*,*,*,*,*,*,*")]),
    ];

    /// A `char.bin` with DEFAULT, SPACE and HANGUL.
    pub fn compile_chars() -> Vec<u8> {
        let mut out = 3u32.to_le_bytes().to_vec();
        for name in ["DEFAULT", "SPACE", "HANGUL"] {
            out.extend(name.bytes().chain(std::iter::repeat(0)).take(32));
        }
        for c in 0..0xffffu32 {
            let info = match c {
                0x20 | 0x09..=0x0d => 1 << 30 | 1 << 18 | 0b010,
                0xac00..=0xd7a3 => 1 << 30 | 2 << 26 | 2 << 18 | 0b100,
                0x3007 => 1 << 30 | 2 << 26 | 2 << 18 | 0b110,
                _ => 1 << 30 | 0b001,
            };
            out.extend(u32::to_le_bytes(info));
        }
        out
    }

    #[test]
    fn gives_back_what_was_compiled() {
        let bytes = compile(WORDS);
        let found: Vec<(String, u16, u16, i16, String)> =
            entries("sys.dic", &bytes).unwrap().into_iter().map(|e| (e.surface, e.left, e.right, e.cost, e.feature.into_owned())).collect();
        let mut expected: Vec<(String, u16, u16, i16, String)> = WORDS
            .iter()
            .flat_map(|(surface, readings)| readings.iter().map(|r| (surface.to_string(), r.0, r.1, r.2, r.3.to_string())))
            .collect();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, expected);
    }

    #[test]
    fn damage_is_an_error() {
        let good = compile(WORDS);
        for length in [0, 10, HEADER - 1, HEADER, good.len() / 2, good.len() - 1] {
            assert!(entries("sys.dic", &good[..length]).is_err(), "cut to {length}");
        }
        for at in [0, 4, 12, 24, 28, 32, 40] {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            assert!(entries("sys.dic", &bad).is_err(), "byte {at} flipped");
        }
        assert!(entries("sys.dic", &good).is_ok());
    }

    #[test]
    fn no_flipped_byte_panics() {
        let good = compile(&WORDS[..2]);
        for at in (0..good.len()).step_by(7) {
            for mask in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= mask;
                let _ = entries("sys.dic", &bad);
            }
        }
    }

    #[test]
    fn characters_become_ranges() {
        let def = char_def("char.bin", &compile_chars()).unwrap();
        assert!(def.starts_with("DEFAULT 0 1 0\nSPACE 0 1 0\nHANGUL 0 1 2\n"), "{def}");
        assert!(def.contains("\n0x0009..0x000D SPACE\n"), "{def}");
        assert!(def.contains("\n0xAC00..0xD7A3 HANGUL\n"), "{def}");
        assert!(def.contains("\n0x3007..0x3007 HANGUL SPACE\n"), "{def}");
        assert!(char_def("char.bin", &compile_chars()[..1000]).is_err());
        assert!(char_def("char.bin", &[]).is_err());
    }

    #[test]
    fn a_matrix_keeps_its_costs() {
        let bytes: Vec<u8> = [2i16, 3, 1, 2, 3, 4, 5, -6].iter().flat_map(|n| n.to_le_bytes()).collect();
        let out = matrix("matrix.bin", &bytes).unwrap();
        let numbers: Vec<i16> = out.as_chunks().0.iter().map(|c| i16::from_le_bytes(*c)).collect();
        assert_eq!(numbers, [-1, 2, 3, 1, 2, 3, 4, 5, -6]);
        assert!(matrix("matrix.bin", &bytes[..10]).is_err());
        assert!(matrix("matrix.bin", &[1]).is_err());
    }
}
