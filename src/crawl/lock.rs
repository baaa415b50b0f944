//! One crawl at a time on one database: two would ask the same hosts twice as often as they may be asked.
//!
//! The lock is the system's, on a file beside the database: it ends with the process, however that ends. Who only reads the database needs none.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The right to crawl into a database; it ends when this goes.
#[derive(Debug)]
pub struct CrawlLock {
    _file: File,
}

/// Why there is no right to crawl.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("`meoktong {command}`{} crawls into {} already: stop that first, or give another database with --db", process(.pid), database.display())]
    Taken {
        /// The database.
        database: PathBuf,
        /// What the process does.
        command: String,
        /// The process, where the file says which.
        pid: Option<u32>,
    },
    /// The file cannot be used.
    #[error("cannot lock {}: {error}", file.display())]
    File {
        /// The lock's file.
        file: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
}

fn process(pid: &Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl CrawlLock {
    /// Takes the right to crawl into `database` for `command`, or tells who has it. Does not wait.
    pub fn take(database: &Path, command: &str) -> Result<CrawlLock, LockError> {
        let path = beside(database);
        let wrong = |error| LockError::File { file: path.clone(), error };
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        // What stands in it is its holder's to replace.
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(wrong)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Some systems let nobody read a locked file; then it is not known who has it.
                let _ = file.take(100).read_to_string(&mut text);
                let (pid, command) = text.trim().split_once(' ').unwrap_or_default();
                let known = ["crawl", "watch"].into_iter().find(|c| *c == command).unwrap_or("crawl");
                return Err(LockError::Taken { database: database.to_owned(), command: known.into(), pid: pid.parse().ok() });
            }
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(wrong)?;
        writeln!(file, "{} {command}", std::process::id()).and_then(|()| file.flush()).map_err(wrong)?;
        Ok(CrawlLock { _file: file })
    }
}

/// The lock's file; it stays when the lock ends, since to remove it could take it from under the next holder.
fn beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_who_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("new/m.db");
        let first = CrawlLock::take(&database, "watch").unwrap();
        let refused = CrawlLock::take(&database, "crawl").unwrap_err().to_string();
        let pid = std::process::id();
        assert!(refused.contains(&format!("`meoktong watch` (process {pid})")) && refused.contains("m.db already"), "{refused}");
        CrawlLock::take(&folder.path().join("other.db"), "crawl").unwrap();
        drop(first);
        let second = CrawlLock::take(&database, "crawl").unwrap();
        let refused = CrawlLock::take(&database, "watch").unwrap_err().to_string();
        assert!(refused.contains(&format!("`meoktong crawl` (process {pid})")), "{refused}");
        drop(second);
        std::fs::write(beside(&database), "\x1b[31m; rm").unwrap();
        CrawlLock::take(&database, "crawl").unwrap();
        let folder_instead = folder.path().join("folder.db");
        std::fs::create_dir(beside(&folder_instead)).unwrap();
        assert!(matches!(CrawlLock::take(&folder_instead, "crawl"), Err(LockError::File { .. })));
    }
}
