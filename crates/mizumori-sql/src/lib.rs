//! Dumps and lakes as tables, asked in SQL.
//!
//! A [`Session`] answers questions with DataFusion. `scan('PATH', …)` is the scan engine as a table: columns that nobody asked for are
//! not worked out, and what a filter says of domains and sources is the scan's to look for. `exposures`, `counts` and `sources`
//! are a lake's tables at one version; what no question names is not read.
//!
//! Invariants: no table has a column in which an account, a user name or a secret could be read; a question changes
//! nothing; what does not fit into memory goes to files that hold ciphertext only.

mod columns;
mod domains;
mod dump_scan;
mod dump_table;
mod dumps;
mod error;
mod gather;
mod lake_schema;
mod lake_table;
mod session;
mod spill;

pub use datafusion::arrow;
pub use dumps::{FindDumps, FoundDumps, ReadDumps, SourceOf, Troubles};
pub use error::SqlError;
pub use session::{Answer, Ended, Room, Session};
