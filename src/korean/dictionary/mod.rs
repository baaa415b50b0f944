//! ko-dic, the Korean morphological dictionary: brought once, built for lindera, kept in the user's data directory.
//!
//! [`ensure`] is what a command that needs tokens calls; [`install`] and [`check`] are the two halves of `meoktong dictionary`.
//! An installed dictionary is a directory that appeared by one rename, so it is whole or absent: a kill leaves only a working
//! directory behind, which the next installation removes, and a second process waits for the first. Nothing here prints; whoever
//! wants to see how it goes hands in a [`Progress`]. Reading text with the dictionary is left to [`super::token`].

mod decompile;
mod error;
mod fetch;
mod install;
mod lexicon;
mod progress;
mod source;

pub use error::DictionaryError;
pub use install::{InstallOptions, Installed, check, data_dir, ensure, find, install};
pub use lexicon::Context;
pub use progress::{Bar, Progress, Silent};

pub(crate) use install::{Manifest, read_manifest};
