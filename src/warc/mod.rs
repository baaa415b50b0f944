//! WARC files, the format of web archives: records in, one after another, and out.
//!
//! - [`Reader`]: a stream → its records, plain or compressed with gzip, a member a record or all in one.
//! - [`Record`]: one record; [`Place`]: where it stands, so that reading can go on there.
//! - [`http`]: the answer of a host that a record holds, with its encodings undone.
//! - [`Writer`]: pages → WARC 1.1, a gzip member a record.
//!
//! It promises: bounded memory, whatever the file holds; a broken record is one error, with its place, and the next one is found again; what is
//! not wanted is passed over without being held; what is written is read back as it was. What a page says is left to others.
//!
//! Why not a library: those that there are know no place to go on at, have no limits, and give up at the first broken record.

pub mod http;
mod read;
mod write;

pub use read::{Broken, Place, Reader, Record};
pub use write::{Answer, Writer};

/// The largest record that is held, in bytes; a larger one is an error.
pub const MAX_RECORD: u64 = 64 << 20;

#[cfg(test)]
mod tests;
