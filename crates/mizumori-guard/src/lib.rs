//! Passwords that leaked, so that none of them is chosen again: an exact index of their hashes, range answers, a filter, the
//! policy that a new password is held to, and a private check of pairs of account and password.
//!
//! This crate opens no socket and runs no server. It keeps hashes, never passwords; but an unsalted hash of a weak password is
//! as good as the password, and an index is to be kept accordingly.

mod answer;
mod digest;
mod error;
mod export;
mod filter;
mod format;
mod held;
mod hex;
mod import;
mod index;
mod map;
mod own;
mod policy;
pub mod private;
mod row;
mod salted;
mod segment;
mod words;

pub use answer::RangeAnswer;
pub use digest::{HashKind, PasswordHash, Prefix};
pub use error::{GuardError, LineFault, Result};
pub use export::{Export, ExportOrder, export, export_ranges};
pub use filter::{Filter, Rate, WrittenFilter, is_filter};
pub use import::{
    DumpSource, Format, Harvest, Import, Imported, InputFile, Observer, Order, Passwords, What,
};
pub use index::{Change, Damage, Forgotten, ImportStatus, Index, IndexWriter, KindStatus, Status, verify};
pub use own::spellings;
pub use policy::{ALONE, Advice, Leaked, Policy, Reason, Verdict, WITH_SECOND_FACTOR};
pub use salted::Salted;
pub use segment::Segment;
pub use words::By;
