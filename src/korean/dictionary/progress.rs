//! How an installation tells what it is doing.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

/// Told about the steps of an installation. Every method may be called from any thread.
pub trait Progress: Send + Sync {
    /// A step begins; `total` is how many bytes it will go through, where that is known.
    fn step(&self, message: &str, total: Option<u64>);
    /// The step went through `bytes` more.
    fn advance(&self, bytes: u64);
    /// Something the user should know, whatever the step.
    fn note(&self, message: &str);
    /// There is no further step.
    fn finish(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn finish(&self) {}
}

/// A progress bar on standard error, or a plain line a step where that is no terminal.
#[derive(Debug, Default)]
pub struct Bar {
    bar: Mutex<Option<ProgressBar>>,
}

impl Bar {
    /// A bar that shows from the first step on.
    pub fn new() -> Bar {
        Bar::default()
    }

    fn with(&self, work: impl FnOnce(&mut Option<ProgressBar>)) {
        work(&mut self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn step(&self, message: &str, total: Option<u64>) {
        if !std::io::stderr().is_terminal() {
            line(message);
            return;
        }
        self.with(|bar| {
            if let Some(previous) = bar.take() {
                previous.finish_and_clear();
            }
            let new = match total {
                Some(total) => ProgressBar::new(total).with_style(style("{msg} {wide_bar} {bytes}/{total_bytes}")),
                None => ProgressBar::new_spinner().with_style(style("{spinner} {msg} {elapsed}")),
            };
            new.enable_steady_tick(std::time::Duration::from_millis(120));
            new.set_message(message.to_owned());
            *bar = Some(new);
        });
    }

    fn advance(&self, bytes: u64) {
        self.with(|bar| {
            if let Some(bar) = bar {
                bar.inc(bytes);
            }
        });
    }

    fn note(&self, message: &str) {
        self.with(|bar| match bar {
            Some(bar) => bar.suspend(|| line(message)),
            None => line(message),
        });
    }

    fn finish(&self) {
        self.with(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn line(message: &str) {
    // A closed standard error must not end an installation.
    let _ = writeln!(std::io::stderr(), "{message}");
}
