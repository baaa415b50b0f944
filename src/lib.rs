//! meoktong (먹통) reads Korean news and writes down which digital service was down, when, how long and why.
//!
//! ```text
//! source ─▶ crawl ─▶ article ─▶ korean ─▶ extract ─▶ store ─▶ report
//! feed      polite   page to    morphemes records    SQLite   table,
//!           fetch    text+date  sentences +evidence           JSON, CSV
//! ```
//!
//! Each room knows only the rooms before it; data flows one way and nothing calls back. What the program knows of the world (services, words of
//! failure, causes, feeds, publishers, time words) is data in `dictionaries/`; the rooms hold algorithms and name no company.
//!
//! [`Pipeline`] is the way from the bytes of a page to an article and its records:
//!
//! ```no_run
//! use meoktong::{Pipeline, config::Config};
//!
//! let pipeline = Pipeline::open(&Config::default())?;
//! let articles = pipeline.read("카카오톡이 8일 오후 1시 35분부터 20분간 먹통이 됐다.".as_bytes(), &Default::default());
//! for article in articles.into_iter().flatten() {
//!     println!("{}", serde_json::to_string(&pipeline.extractor().extract(&article))?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod article;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod demo;
pub mod dictionaries;
pub mod evaluate;
pub mod extract;
pub mod incident;
pub mod korean;
mod pipeline;
pub mod record;
pub mod report;
pub mod review;
pub mod store;
pub mod temporal;
pub mod warc;

pub use pipeline::{Pipeline, PipelineError, gazetteer, resolve_service};
