//! Where a dictionary comes from: a wheel, an archive, a directory → the files of it that count, in memory.
//!
//! Only file names are taken from an archive, never paths, and nothing of it is written to disk as it stands.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::error::DictionaryError;
use super::progress::Progress;

/// The largest file of ko-dic (matrix.def) has 130 MB; whatever is larger is no dictionary.
const LARGEST_FILE: u64 = 400 << 20;

const COMPILED: &[&str] = &["sys.dic", "unk.dic", "char.bin", "matrix.bin"];
const DEFINITIONS: &[&str] = &["char.def", "unk.def", "matrix.def"];
pub(super) const LINDERA: &[&str] =
    &["metadata.json", "dict.trie", "dict.vals", "dict.valsidx", "dict.words", "dict.wordsidx", "matrix.mtx", "char_def.bin", "unk.bin"];

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The files of one dictionary.
pub(super) enum Material {
    /// What MeCab compiled.
    Compiled(Files),
    /// The CSV and definition files that it is compiled from.
    Source(Files),
    /// A dictionary already built for lindera.
    Lindera(Files),
}

/// Reads what `path` holds.
pub(super) fn read(path: &Path, progress: &dyn Progress) -> Result<Material, DictionaryError> {
    let metadata = fs::metadata(path).map_err(DictionaryError::io("read", path))?;
    let folders = if metadata.is_dir() { directory(path, progress)? } else { archive(path, progress)? };
    if folders.is_empty() {
        return Err(DictionaryError::NotADictionary { path: path.to_owned(), reason: "none of its files is a dictionary's".to_owned() });
    }
    let mut reasons = Vec::new();
    // An archive may hold further CSV files in folders of their own (user-dic), so a folder is taken whole or not at all.
    for files in folders.into_values() {
        match complete(files) {
            Ok(material) => return Ok(material),
            Err(reason) => reasons.push(reason),
        }
    }
    reasons.dedup();
    Err(DictionaryError::NotADictionary { path: path.to_owned(), reason: reasons.join("; ") })
}

fn complete(files: Files) -> Result<Material, String> {
    let missing = |names: &[&str]| -> Vec<String> { names.iter().filter(|n| !files.contains_key(**n)).map(|n| n.to_string()).collect() };
    let needed = |names: &[&str]| match missing(names) {
        names if names.is_empty() => Ok(()),
        names => Err(format!("{} missing", names.join(", "))),
    };
    if files.contains_key("sys.dic") {
        needed(COMPILED)?;
        Ok(Material::Compiled(files))
    } else if files.contains_key("dict.trie") {
        needed(LINDERA)?;
        Ok(Material::Lindera(files))
    } else {
        needed(DEFINITIONS)?;
        if !files.keys().any(|name| name.ends_with(".csv")) {
            return Err("no CSV file".to_owned());
        }
        Ok(Material::Source(files))
    }
}

fn counts(name: &str) -> bool {
    [COMPILED, DEFINITIONS, LINDERA].iter().any(|names| names.contains(&name)) || name.ends_with(".csv")
}

fn directory(path: &Path, progress: &dyn Progress) -> Result<BTreeMap<String, Files>, DictionaryError> {
    let mut files = Files::new();
    for entry in fs::read_dir(path).map_err(DictionaryError::io("read", path))? {
        let entry = entry.map_err(DictionaryError::io("read", path))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if counts(&name) {
            let file = entry.path();
            let open = File::open(&file).map_err(DictionaryError::io("read", &file))?;
            let bytes = read_whole(open, &name, progress).map_err(|e| e.at(&file))?;
            files.insert(name, bytes);
        }
    }
    Ok(if files.is_empty() { BTreeMap::new() } else { BTreeMap::from([(String::new(), files)]) })
}

fn archive(path: &Path, progress: &dyn Progress) -> Result<BTreeMap<String, Files>, DictionaryError> {
    let mut file = File::open(path).map_err(DictionaryError::io("read", path))?;
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(DictionaryError::io("read", path))?;
    let file = File::open(path).map_err(DictionaryError::io("read", path))?;
    match magic[..] {
        [b'P', b'K', ..] => unzip(path, file, progress),
        [0x1f, 0x8b, ..] => untar(path, file, progress),
        _ => Err(DictionaryError::NotADictionary {
            path: path.to_owned(),
            reason: "it is neither a wheel (zip) nor a .tar.gz archive".to_owned(),
        }),
    }
}

fn unzip(path: &Path, file: File, progress: &dyn Progress) -> Result<BTreeMap<String, Files>, DictionaryError> {
    let broken = |reason: String| DictionaryError::corrupt(&path.display().to_string(), reason);
    let mut zip = zip::ZipArchive::new(std::io::BufReader::new(file)).map_err(|e| broken(e.to_string()))?;
    let mut folders = BTreeMap::<String, Files>::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|e| broken(e.to_string()))?;
        let full = entry.name().map_err(|e| broken(e.to_string()))?.into_owned();
        let (folder, name) = full.rsplit_once('/').unwrap_or(("", &full));
        // Reading to the end checks the entry's CRC, so the others are read too: a damaged wheel is not to be trusted at all.
        if counts(name) {
            let bytes = read_whole(entry, name, progress).map_err(|e| e.at(path))?;
            folders.entry(folder.to_owned()).or_default().insert(name.to_owned(), bytes);
        } else {
            std::io::copy(&mut entry.by_ref().take(LARGEST_FILE), &mut std::io::sink()).map_err(|e| broken(format!("{full}: {e}")))?;
        }
    }
    Ok(folders)
}

fn untar(path: &Path, file: File, progress: &dyn Progress) -> Result<BTreeMap<String, Files>, DictionaryError> {
    let broken = |reason: std::io::Error| DictionaryError::corrupt(&path.display().to_string(), reason.to_string());
    let mut tar = tar::Archive::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file)));
    let mut folders = BTreeMap::<String, Files>::new();
    for entry in tar.entries().map_err(&broken)? {
        let entry = entry.map_err(&broken)?;
        let full = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (folder, name) = full.rsplit_once('/').unwrap_or(("", &full));
        if entry.header().entry_type().is_file() && counts(name) {
            let bytes = read_whole(entry, name, progress).map_err(|e| e.at(path))?;
            folders.entry(folder.to_owned()).or_default().insert(name.to_owned(), bytes);
        }
    }
    // The checksum stands at the very end, after what tar reads.
    std::io::copy(&mut tar.into_inner().take(LARGEST_FILE), &mut std::io::sink()).map_err(&broken)?;
    Ok(folders)
}

enum ReadError {
    TooLarge(String),
    Io(String, std::io::Error),
}

impl ReadError {
    fn at(self, path: &Path) -> DictionaryError {
        match self {
            ReadError::TooLarge(name) => DictionaryError::NotADictionary {
                path: path.to_owned(),
                reason: format!("{name} is larger than {} MB", LARGEST_FILE >> 20),
            },
            // What the decoders of zip and gzip find wrong comes as one of these.
            ReadError::Io(name, e)
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::InvalidData
                        | std::io::ErrorKind::InvalidInput
                        | std::io::ErrorKind::UnexpectedEof
                        | std::io::ErrorKind::Other
                ) =>
            {
                DictionaryError::corrupt(&format!("{} in {}", name, path.display()), e.to_string())
            }
            ReadError::Io(_, cause) => DictionaryError::Io { action: "read", path: path.to_owned(), cause },
        }
    }
}

fn read_whole(mut from: impl Read, name: &str, progress: &dyn Progress) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        from.by_ref().take(1 << 20).read_to_end(&mut bytes).map_err(|e| ReadError::Io(name.to_owned(), e))?;
        if bytes.len() == before {
            return Ok(bytes);
        }
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(ReadError::TooLarge(name.to_owned()));
        }
        progress.advance((bytes.len() - before) as u64);
    }
}
