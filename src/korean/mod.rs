//! Korean text: the ko-dic dictionary, morphemes, sentences, numerals.
//!
//! All of it works on byte ranges into the caller's text and promises never to panic on any text. What the morphemes mean for an
//! outage is left to `extract`, what a time expression means to `temporal`.

pub mod dictionary;
pub mod number;
pub mod sentence;
pub mod token;

pub use sentence::sentences;
pub use token::{Pos, Tag, Token, Tokenizer};
