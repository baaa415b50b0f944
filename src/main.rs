//! The command line; all work is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    meoktong::cli::run()
}
