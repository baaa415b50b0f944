//! `meoktong dictionary`: install ko-dic, check what is installed.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::korean::dictionary::{self, Bar, InstallOptions, Installed};

/// Installs or checks the Korean dictionary (ko-dic)
#[derive(Debug, Args)]
pub(crate) struct DictionaryArgs {
    #[command(subcommand)]
    command: DictionaryCommand,
}

#[derive(Debug, Subcommand)]
enum DictionaryCommand {
    /// Brings ko-dic and builds it into the data directory (once; commands that need it do so by themselves)
    #[command(after_help = "Examples:
  meoktong dictionary install
  meoktong dictionary install --from python_mecab_ko_dic-2.1.1.post2-py3-none-any.whl
  meoktong dictionary install --from mecab-ko-dic-2.1.1-20180720.tar.gz
  MEOKTONG_DATA_DIR=/srv/meoktong meoktong dictionary install")]
    Install {
        /// A wheel, an archive or a directory that is already here, instead of fetching
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
        /// Build again even where a good dictionary is installed
        #[arg(long)]
        force: bool,
    },
    /// Reads every byte of the installed dictionary; prints its version, entries and place
    #[command(after_help = "Examples:\n  meoktong dictionary check")]
    Check,
}

/// Runs `meoktong dictionary`.
pub(crate) fn run(args: DictionaryArgs) -> anyhow::Result<u8> {
    match args.command {
        DictionaryCommand::Install { from, force } => {
            let before = dictionary::find(&dictionary::data_dir()?);
            let installed = dictionary::install(&InstallOptions { data_dir: None, from, force }, &Bar::new())?;
            let stayed = !force && matches!(before, Ok(Some(_)));
            let how = if stayed { "is already installed (--force builds it again)" } else { "is installed" };
            eprintln!("ko-dic {how}: {} entries in {}", installed.entries, installed.dir.display());
        }
        DictionaryCommand::Check => print(&dictionary::check(&dictionary::data_dir()?)?)?,
    }
    Ok(0)
}

fn print(installed: &Installed) -> anyhow::Result<()> {
    let Installed { dir, version, source, sha256, entries, bytes } = installed;
    let mut out = anstream::stdout().lock();
    writeln!(out, "version  {version}")?;
    writeln!(out, "entries  {entries}")?;
    writeln!(out, "place    {}", dir.display())?;
    writeln!(out, "size     {:.1} MB", *bytes as f64 / 1e6)?;
    writeln!(out, "source   {source}")?;
    writeln!(out, "sha256   {}", sha256.as_deref().unwrap_or("-"))?;
    Ok(())
}
